#include "tests/base/test.h"

#include "tests/register/test_log.h"

#include <string.h>

void
test_sign(unsigned char signature[64], EVP_PKEY *key, struct span text)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = 64;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &n, text.ptr, text.len), 1);
	EVP_MD_CTX_free(ctx);
}

void
test_log_new(struct test_log *l, const char *origin)
{
	own_struct(buf) text = buf_new(1000);
	unsigned char public[NOTE_KEY_LEN];
	size_t n = sizeof(public);
	struct err e;

	l->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	assert_non_null(l->key);
	assert_int_equal(EVP_PKEY_get_raw_public_key(l->key, public, &n), 1);
	assert_done(note_key_new(&l->name, origin, public, &e), e);
	note_key_text(&text, &l->name);
	l->vkey = xstrdup(buf_str(&text));
}

void
test_log_drop(struct test_log *l)
{
	EVP_PKEY_free(l->key);
	free(l->vkey);
}

static bool
from_numbers(void *ctx, unsigned level, uint64_t index, struct hash *out, struct err *e)
{
	struct merkle_edge edge = { 0 };

	for (uint64_t i = index << level; i < (index + 1) << level; i++) {
		uint64_t leaf = i < *(uint64_t *)ctx ? i : ~i;
		struct hash h;

		merkle_leaf(&h, span_of(&leaf, sizeof(leaf)));
		merkle_append(&edge, &h);
	}
	merkle_root(out, &edge);
	return true;
}

void
test_log_root(struct hash *out, uint64_t size, uint64_t fork)
{
	struct err e;

	merkle_empty(out);
	if (size > 0)
		assert_done(merkle_root_of(out, size, from_numbers, &fork, &e), e);
}

size_t
test_log_prove(struct hash proof[MERKLE_PROOF_MAX], uint64_t from, uint64_t to, uint64_t fork)
{
	size_t n = 0;
	struct err e;

	if (from > 0 && from < to)
		assert_done(merkle_prove_consistency(proof, &n, from, to, from_numbers, &fork, &e), e);
	return n;
}

void
test_log_note(struct buf *out, const struct test_log *l, uint64_t size, uint64_t fork)
{
	own_struct(buf) text = buf_new(1000);
	struct checkpoint c = { .size = size };
	unsigned char signature[64];

	strcpy(c.origin, l->name.name);
	test_log_root(&c.root, size, fork);
	checkpoint_text(&text, &c);
	test_sign(signature, l->key, buf_span(&text));
	buf_put_span(out, buf_span(&text));
	buf_put_byte(out, '\n');
	note_line(out, &l->name, signature);
}

void
test_log_request(struct buf *out, const struct test_log *l, uint64_t old, uint64_t size, uint64_t fork)
{
	struct hash proof[MERKLE_PROOF_MAX];
	size_t n = test_log_prove(proof, old, size, fork);

	buf_printf(out, "old %llu\n", (unsigned long long)old);
	for (size_t i = 0; i < n; i++) {
		base64_put(out, span_of(proof[i].octet, HASH_LEN));
		buf_put_byte(out, '\n');
	}
	buf_put_byte(out, '\n');
	test_log_note(out, l, size, fork);
}
