/* A submission becomes a draft: the one unsigned act, which makes a draft and
 * nothing else (permit_life.h). */
#include "signer/permit_life.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "verifier/proto.h"

#include <stdlib.h>


/* The worker's answer: canonical content, and facts as JSON. */
static bool
ask_gate(const struct service *s, struct span submission, const char *handle, struct msg *reply, struct err *e)
{
	own_struct(msg) ask = msg_new(GATE_SUBMISSION, 256);
	int fd;

	if (!memfd_sealed(&fd, submission, e))
		return false;
	msg_put_str(&ask, handle);
	msg_put_fd(&ask, fd);
	return peer_call(s->verifier, &ask, reply, e);
}

struct program { char name[128], agencies[512], kinds[512]; };

static void
copy(char *out, size_t size, struct span s)
{
	size_t n = s.len < size - 1 ? s.len : size - 1;

	memcpy(out, s.ptr, n);
	out[n] = '\0';
}

static bool
find_program(struct program *p, const struct service *s, struct span id, int64_t now, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("program.by_id");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[4];

	reg_bytes(&read, "id", id);
	if (!reg_one(s->reg, &read, &rows, c, 4, "such program", e)) {
		if (e->class != ERR_ABSENT)
			return false;
		return fail(e, ERR_POLICY, "this program is not known here; a security officer's order program.register lets it submit");
	}
	if (now > c[3].i)
		return fail(e, ERR_POLICY, "this program's right to submit has expired");
	copy(p->name, sizeof(p->name), c[0].s);
	copy(p->agencies, sizeof(p->agencies), c[1].s);
	copy(p->kinds, sizeof(p->kinds), c[2].s);
	return true;
}

static bool
in_scope(const struct program *p, const char *agency, const char *kind, struct err *e)
{
	own_str char *copy = xstrdup(p->agencies);
	bool within = false;
	char *rest = copy;

	for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " "))
		within |= agency_within(agency, word);
	if (!within)
		return fail(e, ERR_POLICY, "this program may not submit for agency %.60s", agency);
	if (strcmp(p->kinds, "*") != 0 && !word_in(p->kinds, kind))
		return fail(e, ERR_POLICY, "this program may not submit permits of kind %.60s", kind);
	return true;
}

/* The same key again: the same draft when the octets are the same. */
static bool
seen_before(json_t **out, bool *seen, const struct service *s, struct span program, const char *key, const unsigned char digest[SHA256_LEN], struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.submitted");
	own_struct(reg_rows) rows = { .left = 0 };
	char handle[HANDLE_HEX];
	struct reg_cell c[2];
	bool more;

	reg_bytes(&read, "program", program);
	reg_text(&read, "key", key);
	*seen = false;
	if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, 2, &more, e))
		return false;
	if (!more)
		return true;
	if (!span_eq(c[1].s, span_of(digest, SHA256_LEN)))
		return fail(e, ERR_CONFLICT, "this idempotency key was used for another submission");
	hex_text(handle, c[0].s);
	*seen = true;
	*out = json_pack("{s:s, s:b}", "handle", handle, "again", 1);
	return true;
}

static bool
record_draft(const struct service *s, const unsigned char handle[HANDLE_LEN], struct span program, const char *key,
    const unsigned char digest[SHA256_LEN], struct span content, const json_t *facts, int64_t now, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	const char *kind, *agency, *dossier, *holder;
	const json_t *given = json_object_get(facts, "given"), *valid_to = json_object_get(facts, "valid_to");
	int32_t last = 0;

	if (!json_take_str(&kind, facts, "kind", e) || !json_take_str(&agency, facts, "agency", e) ||
	    !json_take_str(&dossier, facts, "dossier", e) || !json_take_str(&holder, facts, "holder", e))
		return false;
	if (json_is_string(valid_to) && !date_parse(&last, json_string_value(valid_to), e))
		return false;
	reg_verb(&u, "permit.submit");
	reg_bytes(&u, "handle", span_of(handle, HANDLE_LEN));
	reg_text(&u, "kind", kind);
	reg_text(&u, "agency", agency);
	reg_text(&u, "dossier", dossier);
	reg_text(&u, "holder", holder);
	if (json_is_string(given))
		reg_text(&u, "given", json_string_value(given));
	else
		reg_null(&u, "given");
	if (json_is_string(valid_to))
		reg_int(&u, "valid_to", last);
	else
		reg_null(&u, "valid_to");
	reg_bytes(&u, "content", content);
	reg_bytes(&u, "program", program);
	reg_text(&u, "key", key);
	reg_bytes(&u, "sha256", span_of(digest, SHA256_LEN));
	reg_int(&u, "received_day", day_in_vietnam(now));
	FAULT_POINT("signer.submit");
	return reg_run(s->reg, &u, NULL, e);
}

bool
submit(json_t **out, const struct service *s, const char *program_hex, const char *key, const char *submission, int64_t now, struct err *e)
{
	own_struct(buf) id = buf_new(64);
	own_struct(msg) reply = msg_new(0, 1);
	own(json_t) *facts = NULL;
	unsigned char handle[HANDLE_LEN], digest[SHA256_LEN];
	char handle_text[HANDLE_HEX];
	struct program program;
	const char *kind, *agency;
	bool seen;

	if (!hex_get(&id, span_str(program_hex), e) || id.len != SHA256_LEN)
		return fail(e, ERR_POLICY, "a submission comes from a known program (certificate or API key)");
	if (key[0] == '\0' || strlen(key) > 100)
		return fail(e, ERR_INPUT, "a submission has an Idempotency-Key of 1 to 100 characters");
	sha256(digest, span_str(submission));
	if (!find_program(&program, s, buf_span(&id), now, e) || !seen_before(out, &seen, s, buf_span(&id), key, digest, e))
		return false;
	if (seen)
		return true;
	if (!random_bytes(handle, sizeof(handle), e))
		return false;
	hex_text(handle_text, span_of(handle, HANDLE_LEN));
	if (!ask_gate(s, span_str(submission), handle_text, &reply, e) || !json_read(&facts, msg_span(&reply, 1), e) ||
	    !json_take_str(&kind, facts, "kind", e) || !json_take_str(&agency, facts, "agency", e) || !in_scope(&program, agency, kind, e))
		return false;
	if (!record_draft(s, handle, buf_span(&id), key, digest, msg_span(&reply, 0), facts, now, e))
		/* The same key may have been quicker on another connection. */
		return e->class == ERR_CONFLICT && seen_before(out, &seen, s, buf_span(&id), key, digest, e) && seen;
	json_object_set_new(facts, "handle", json_string(handle_text));
	json_object_set_new(facts, "again", json_false());
	*out = take(&facts);
	return true;
}
