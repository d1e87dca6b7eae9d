#include "register/tlog_proof.h"

#include "base/cbor.h"

#define MAGIC "c2sp.org/tlog-proof@v1"

void
tlog_proof_drop(struct tlog_proof *p)
{
	buf_drop(&p->extra);
}

void
tlog_proof_write(struct buf *out, uint64_t index, const struct hash *path, size_t n,
    struct span entry, struct span record, const unsigned char salt[SALT_LEN], struct span note)
{
	own_struct(buf) extra = buf_new(TLOG_PROOF_MAX);

	cbor_put_array(&extra, 3);
	cbor_put_bytes(&extra, entry);
	cbor_put_bytes(&extra, record);
	cbor_put_bytes(&extra, span_of(salt, SALT_LEN));
	buf_put_str(out, MAGIC "\nextra ");
	base64_put(out, buf_span(&extra));
	buf_printf(out, "\nindex %llu\n", (unsigned long long)index);
	for (size_t i = 0; i < n; i++) {
		base64_put(out, span_of(path[i].octet, HASH_LEN));
		buf_put_byte(out, '\n');
	}
	buf_put_byte(out, '\n');
	buf_put_span(out, note);
}

/* "word rest" -> rest */
static bool
after_word(struct span line, const char *word, struct span *rest)
{
	size_t n = strlen(word);

	if (line.len <= n || memcmp(line.ptr, word, n) != 0 || line.ptr[n] != ' ')
		return false;
	*rest = span_of(line.ptr + n + 1, line.len - n - 1);
	return true;
}

static bool
read_extra(struct tlog_proof *p, struct span text, struct err *e)
{
	struct cbor c;
	struct span salt;
	size_t n;

	if (!base64_get(&p->extra, text, e) || !cbor_check(buf_span(&p->extra), e))
		return fail_in(e, "proof, extra");
	c = cbor_read(buf_span(&p->extra));
	if (!cbor_get_array(&c, &n, "extra", e) || n != 3 || !cbor_get_bytes(&c, &p->entry, "entry", e) ||
	    !cbor_get_bytes(&c, &p->record, "record", e) || !cbor_get_bytes(&c, &salt, "salt", e) || salt.len != SALT_LEN)
		return fail(e, ERR_INPUT, "proof: extra is not [entry, record, salt]");
	memcpy(p->salt, salt.ptr, SALT_LEN);
	return true;
}

static bool
read_path(struct tlog_proof *p, struct span *text, struct err *e)
{
	struct span line;

	for (;;) {
		own_struct(buf) h = buf_new(64);

		if (!span_take_line(text, &line))
			return fail(e, ERR_INPUT, "proof: no empty line before the checkpoint");
		if (line.len == 0)
			break;
		if (p->n == MERKLE_PROOF_MAX)
			return fail(e, ERR_LIMIT, "proof: more than %d hashes", MERKLE_PROOF_MAX);
		if (!base64_get(&h, line, e) || h.len != HASH_LEN)
			return fail(e, ERR_INPUT, "proof: line %zu of the path is not a hash", p->n + 1);
		memcpy(p->path[p->n++].octet, h.ptr, HASH_LEN);
	}
	p->note = *text;
	return text->len > 0 || fail(e, ERR_INPUT, "proof: there is no checkpoint");
}

bool
tlog_proof_read(struct tlog_proof *out, struct span text, struct err *e)
{
	struct tlog_proof p = { .extra = buf_new(TLOG_PROOF_MAX) };
	struct span line, rest;
	bool good;

	if (text.len > TLOG_PROOF_MAX)
		return fail(e, ERR_LIMIT, "a proof of more than %u bytes", TLOG_PROOF_MAX);
	good = span_take_line(&text, &line) && span_eq_str(line, MAGIC) && span_take_line(&text, &line) &&
	    after_word(line, "extra", &rest);
	if (!good)
		return fail(e, ERR_INPUT, "not a proof of the form " MAGIC " with its extra line");
	good = read_extra(&p, rest, e);
	if (good && (!span_take_line(&text, &line) || !after_word(line, "index", &rest)))
		good = fail(e, ERR_INPUT, "proof: no index line");
	good = good && (decimal_get(&p.index, rest, e) || fail_in(e, "proof, index")) && read_path(&p, &text, e);
	if (!good) {
		tlog_proof_drop(&p);
		return false;
	}
	*out = p;
	return true;
}

bool
tlog_proof_check(const struct tlog_proof *p, const struct note_key *k, struct checkpoint *cp, struct entry *entry, struct err *e)
{
	struct hash leaf;

	if (!checkpoint_check(cp, p->note, k, e) || !entry_read(entry, p->entry, e))
		return false;
	merkle_leaf(&leaf, p->entry);
	return merkle_check_inclusion(&leaf, p->index, cp->size, p->path, p->n, &cp->root, e) &&
	    entry_means(entry, p->record, p->salt, e);
}
