#include "register/witness_request.h"

void
witness_request_write(struct buf *out, const struct witness_request *r)
{
	buf_printf(out, "old %llu\n", (unsigned long long)r->old);
	for (size_t i = 0; i < r->n; i++) {
		base64_put(out, span_of(r->proof[i].octet, HASH_LEN));
		buf_put_byte(out, '\n');
	}
	buf_put_byte(out, '\n');
	buf_put_span(out, r->note);
}

/* old <size> */
static bool
read_old(struct witness_request *r, struct span *body, struct err *e)
{
	static const char word[] = "old ";
	struct span line;

	if (!span_take_line(body, &line) || line.len < strlen(word) || memcmp(line.ptr, word, strlen(word)) != 0)
		return fail(e, ERR_INPUT, "the first line is \"old\" and a size");
	return decimal_get(&r->old, span_of(line.ptr + strlen(word), line.len - strlen(word)), e) || fail_in(e, "old size");
}

/* Hashes to an empty line. */
static bool
read_proof(struct witness_request *r, struct span *body, struct err *e)
{
	struct span line;

	while (span_take_line(body, &line)) {
		own_struct(buf) hash = buf_new(64);

		if (line.len == 0)
			return true;
		if (r->n == WITNESS_PROOF_MAX)
			return fail(e, ERR_INPUT, "more than %d hashes", WITNESS_PROOF_MAX);
		if (!base64_get(&hash, line, e) || hash.len != HASH_LEN)
			return fail(e, ERR_INPUT, "line %zu of the proof is not a hash", r->n + 1);
		memcpy(r->proof[r->n++].octet, hash.ptr, HASH_LEN);
	}
	return fail(e, ERR_INPUT, "no empty line after the proof");
}

bool
witness_request_read(struct witness_request *out, struct span body, struct err *e)
{
	struct witness_request r = { .old = 0 };
	struct span signatures;

	if (!read_old(&r, &body, e) || !read_proof(&r, &body, e) || !note_split(&r.text, &signatures, body, e) ||
	    !checkpoint_parse_any(&r.c, r.text, e))
		return false;
	r.note = body;
	*out = r;
	return true;
}
