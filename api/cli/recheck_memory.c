#include "api/cli/recheck.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

#include <stdio.h>

#define WORD "recheck/1"
#define MEMORY_MAX (1u << 20)

#define NO_ROUND ((struct recheck_round){ .began = INT64_MIN, .ended = INT64_MIN })

static const struct { const char *key; size_t at; } counts[] = {
	{ "certificates", offsetof(struct recheck_round, certificates) }, { "permits", offsetof(struct recheck_round, permits) },
	{ "orders", offsetof(struct recheck_round, orders) }, { "signatures", offsetof(struct recheck_round, signatures) },
	{ "bad", offsetof(struct recheck_round, bad) },
};
#define COUNTS (sizeof(counts) / sizeof(counts[0]))

/*
 * Writing.
 */

static json_t *
time_json(int64_t t)
{
	char text[TIME_TEXT];

	if (t == INT64_MIN)
		return json_null();
	time_text_utc(text, t);
	return json_string(text);
}

static json_t *
named_json(const struct recheck_round *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->nnamed; i++)
		promise(json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "what", r->named[i].what, "id", r->named[i].id, "why", r->named[i].why)) == 0);
	return list;
}

static json_t *
round_json(const struct recheck_round *r)
{
	own_struct(buf) after = buf_new(2 * RECHECK_AFTER_MAX + 1);
	json_t *j;

	if (r->began == INT64_MIN)
		return json_null();
	hex_put(&after, span_of(r->after, r->after_len));
	j = json_pack("{s:o, s:o, s:o, s:s, s:s}", "began", time_json(r->began), "ended", time_json(r->ended), "named", named_json(r),
	    "step", r->step, "after", buf_str(&after));
	promise(j != NULL);
	for (size_t i = 0; i < COUNTS; i++)
		json_object_set_new(j, counts[i].key, json_integer(*(const int64_t *)((const char *)r + counts[i].at)));
	return j;
}

bool
recheck_write(const struct recheck *m, const char *path, struct err *e)
{
	own(json_t) *j = json_pack("{s:s, s:o, s:o}", "antin", WORD, "last", round_json(&m->last), "now", round_json(&m->now));
	own_struct(buf) text = buf_new(MEMORY_MAX);

	promise(j != NULL);
	json_write(&text, j);
	buf_put_byte(&text, '\n');
	return buf_ok(&text, "the re-check's memory", e) && file_write(path, buf_span(&text), 0644, e);
}

/*
 * Reading.
 */

static bool
take_time(int64_t *out, const json_t *j, const char *key, struct err *e)
{
	const char *text;

	*out = INT64_MIN;
	if (json_is_null(json_object_get(j, key)))
		return true;
	return json_take_str(&text, j, key, e) && time_parse(out, text, e);
}

static bool
take_named(struct recheck_round *r, const json_t *j, struct err *e)
{
	json_t *list, *one;
	size_t i;

	if (!json_take_arr(&list, j, "named", e))
		return false;
	if (json_array_size(list) > RECHECK_NAMED)
		return fail(e, ERR_LIMIT, "more than %d are named", RECHECK_NAMED);
	json_array_foreach(list, i, one) {
		struct recheck_bad *b = &r->named[r->nnamed++];
		const char *what, *id, *why;

		if (!json_take_str(&what, one, "what", e) || !json_take_str(&id, one, "id", e) || !json_take_str(&why, one, "why", e))
			return false;
		snprintf(b->what, sizeof(b->what), "%s", what);
		snprintf(b->id, sizeof(b->id), "%s", id);
		snprintf(b->why, sizeof(b->why), "%s", why);
	}
	return true;
}

static bool
take_place(struct recheck_round *r, const json_t *j, struct err *e)
{
	own_struct(buf) after = buf_new(RECHECK_AFTER_MAX);
	const char *step, *hex;

	if (!json_take_str(&step, j, "step", e) || !json_take_str(&hex, j, "after", e) || !hex_get(&after, span_str(hex), e))
		return false;
	snprintf(r->step, sizeof(r->step), "%s", step);
	r->after_len = after.len;
	if (after.len > 0)
		memcpy(r->after, after.ptr, after.len);
	return true;
}

static bool
take_round(struct recheck_round *r, const json_t *j, const char *key, struct err *e)
{
	const json_t *one = json_object_get(j, key);

	*r = NO_ROUND;
	if (json_is_null(one))
		return true;
	if (!json_is_object(one))
		return fail(e, ERR_INPUT, "\"%s\" is no round", key);
	for (size_t i = 0; i < COUNTS; i++) {
		int64_t *n = (int64_t *)((char *)r + counts[i].at);

		if (!json_take_int(n, one, counts[i].key, e))
			return false;
		if (*n < 0)
			return fail(e, ERR_INPUT, "\"%s\" is less than none", counts[i].key);
	}
	if (!take_time(&r->began, one, "began", e) || !take_time(&r->ended, one, "ended", e) || !take_named(r, one, e) || !take_place(r, one, e))
		return false;
	return r->began != INT64_MIN || fail(e, ERR_INPUT, "\"%s\" has not begun", key);
}

bool
recheck_read(struct recheck *out, const char *path, struct err *e)
{
	static const char *const keys[] = { "antin", "last", "now", NULL };
	own_struct(buf) text = buf_new(MEMORY_MAX);
	own(json_t) *j = NULL;
	const char *word;

	if (!file_read(&text, path, e))
		return false;
	if (!json_read(&j, buf_span(&text), e) || !json_only(j, keys, e) || !json_take_str(&word, j, "antin", e) ||
	    (strcmp(word, WORD) != 0 && !fail(e, ERR_INPUT, "\"antin\" is not " WORD)) ||
	    !take_round(&out->last, j, "last", e) || !take_round(&out->now, j, "now", e))
		return fail_in(e, "%s", path);
	return true;
}
