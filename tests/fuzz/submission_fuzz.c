/* submission_read with the project's own policy: what a workflow system submits is
 * refused with words, or becomes content that is canonical and its kind's. */
#include "tests/fuzz/target.h"

#include "base/json.h"
#include "base/text.h"
#include "verifier/submission.h"
#include "verifier/xml.h"

#define HANDLE "000102030405060708090a0b0c0d0e0f"
#define TODAY 20779	/* 2026-11-22 */

static struct policy *policy;
static struct permit_grammars *grammars;

static void
check_content(struct submission *s)
{
	own_struct(buf) again = buf_new(1 << 20);
	struct err e;
	struct xml x;

	promise(json_array_size(s->problems) == 0 && s->kind != NULL && s->agency != NULL && s->holder != NULL);
	promise(text_is_nfc(buf_span(&s->content)) && xml_parse(&x, buf_span(&s->content), &e) && xml_c14n(&again, x.root, &e));
	promise(span_eq(buf_span(&again), buf_span(&s->content)));
	xml_drop(&x);
	json_decref(submission_facts(s));
}

static void
check_problems(const struct submission *s)
{
	json_t *one;
	size_t i;

	promise(json_array_size(s->problems) <= SUBMISSION_PROBLEMS_MAX);
	json_array_foreach(s->problems, i, one) {
		const char *vi = json_string_value(json_object_get(one, "vi")), *path = json_string_value(json_object_get(one, "path"));

		promise(vi != NULL && vi[0] != '\0' && json_string_length(json_object_get(one, "en")) > 0 && json_string_length(json_object_get(one, "code")) > 0);
		promise(path != NULL && (path[0] == '\0' || path[0] == '/'));
	}
}

/* Of one that amends the version is known only later. */
static void
read_as_later_version(const uint8_t *data, size_t size)
{
	const struct submission_amended amended = { .version = 2, .day = TODAY };
	struct submission s;
	struct err e;

	promise(submission_read(&s, span_of(data, size), HANDLE, TODAY, &amended, policy, grammars, &e));
	check_content(&s);
	submission_drop(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct submission s;
	struct err e = { .class = ERR_BUG };

	if (policy == NULL)
		promise(policy_load(&policy, SOURCE_DIR "/policy", &e) && permit_grammars_load(&grammars, policy, &e));
	if (submission_read(&s, span_of(data, size), HANDLE, TODAY, NULL, policy, grammars, &e)) {
		if (s.amends == NULL)
			check_content(&s);
		else
			read_as_later_version(data, size);
		promise(s.amends == NULL || s.content.len == 0);
	} else {
		promise(e.text[0] != '\0' && e.class != ERR_BUG);
		check_problems(&s);
	}
	submission_drop(&s);
	return 0;
}
