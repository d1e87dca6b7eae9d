/* A proof of five entries' log, whole and then spoilt in every place. */
#include "tests/base/test.h"

#include "base/cbor.h"
#include "register/tlog_proof.h"
#include "tests/register/tiles.h"

#include <openssl/evp.h>
#include <string.h>

#define ORIGIN "test.example/log"
#define SIZE 5
#define INDEX 2

static const unsigned char salt[SALT_LEN] = { 1, 2, 3 };
static const char record[] = "the record";
static struct note_key key;
static struct buf entry, note, proof;
static struct hash leaves[SIZE];

static void
sign_checkpoint(const struct checkpoint *c)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	own_struct(buf) text = buf_new(1000);
	unsigned char public[NOTE_KEY_LEN], signature[64];
	size_t n = sizeof(public), len = sizeof(signature);
	struct err e;

	checkpoint_text(&text, c);
	assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, public, &n), 1);
	assert_done(note_key_new(&key, ORIGIN, public, &e), e);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &len, text.ptr, text.len), 1);
	buf_put_span(&note, buf_span(&text));
	buf_put_byte(&note, '\n');
	note_line(&note, &key, signature);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
}

static int
start(void **state)
{
	struct entry x = { .type = 5, .time = 1700000000, .prev = -1 };
	struct checkpoint c = { .origin = ORIGIN, .size = SIZE };
	struct hash path[MERKLE_PROOF_MAX];
	struct err e;
	size_t n;

	entry = buf_new(ENTRY_MAX + 64);
	note = buf_new(NOTE_MAX);
	proof = buf_new(TLOG_PROOF_MAX);
	entry_commit(x.commit, salt, span_str(record));
	assert_done(entry_write(&entry, &x, &e), e);
	for (unsigned i = 0; i < SIZE; i++)
		merkle_leaf(&leaves[i], i == INDEX ? buf_span(&entry) : span_of(&i, sizeof(i)));
	assert_done(merkle_root_of(&c.root, SIZE, tiles_of_leaves, leaves, &e), e);
	assert_done(merkle_prove_inclusion(path, &n, INDEX, SIZE, tiles_of_leaves, leaves, &e), e);
	sign_checkpoint(&c);
	tlog_proof_write(&proof, INDEX, path, n, buf_span(&entry), span_str(record), salt, buf_span(&note));
	return 0;
}

static int
stop(void **state)
{
	buf_drop(&entry);
	buf_drop(&note);
	buf_drop(&proof);
	return 0;
}

static bool
proves(struct span text, struct err *e)
{
	struct tlog_proof p;
	struct checkpoint c;
	struct entry x;
	bool good;

	if (!tlog_proof_read(&p, text, e))
		return false;
	good = tlog_proof_check(&p, &key, &c, &x, e);
	tlog_proof_drop(&p);
	return good;
}

static void
test_whole(void **state)
{
	struct tlog_proof p;
	struct checkpoint c;
	struct entry x;
	struct err e;

	assert_done(tlog_proof_read(&p, buf_span(&proof), &e), e);
	assert_done(tlog_proof_check(&p, &key, &c, &x, &e), e);
	assert_true(p.index == INDEX && c.size == SIZE && x.type == 5 && x.time == 1700000000);
	assert_true(span_eq_str(p.record, record) && memcmp(p.salt, salt, SALT_LEN) == 0);
	tlog_proof_drop(&p);
}

static void
test_every_octet_counts(void **state)
{
	struct err e;

	for (size_t i = 0; i < proof.len; i++) {
		proof.ptr[i] ^= 1;
		assert_false(proves(buf_span(&proof), &e));
		proof.ptr[i] ^= 1;
		assert_false(proves(span_of(proof.ptr, i), &e));
	}
	assert_true(proves(buf_span(&proof), &e));
}

/* The true proof, told with something else. */
static void
test_other_tales(void **state)
{
	static const unsigned char other_salt[SALT_LEN] = { 9 };
	static const struct { const char *name; uint64_t index; size_t drop; const char *record; const unsigned char *salt; bool good; } cases[] = {
		{ "the true one", INDEX, 0, record, salt, true },
		{ "the neighbour's index", INDEX + 1, 0, record, salt, false },
		{ "outside the tree", SIZE, 0, record, salt, false },
		{ "an index of 18 digits", 999999999999999999, 0, record, salt, false },
		{ "a path without its last hash", INDEX, 1, record, salt, false },
		{ "a path without any", INDEX, 3, record, salt, false },
		{ "another record", INDEX, 0, "another record", salt, false },
		{ "no record", INDEX, 0, "", salt, false },
		{ "another salt", INDEX, 0, record, other_salt, false },
	};
	struct hash path[MERKLE_PROOF_MAX];
	struct err e;
	size_t n;

	assert_done(merkle_prove_inclusion(path, &n, INDEX, SIZE, tiles_of_leaves, leaves, &e), e);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) text = buf_new(TLOG_PROOF_MAX);

		tlog_proof_write(&text, cases[i].index, path, n - cases[i].drop, buf_span(&entry), span_str(cases[i].record), cases[i].salt, buf_span(&note));
		e = (struct err){ ERR_NONE, "" };
		assert_case(cases[i].name, proves(buf_span(&text), &e) == cases[i].good);
		assert_case(cases[i].name, cases[i].good || e.class == ERR_INPUT);
	}
}

static void
test_not_a_proof(void **state)
{
#define MAGIC "c2sp.org/tlog-proof@v1\n"
	static const struct { const char *name, *text; } cases[] = {
		{ "empty", "" },
		{ "another version", "c2sp.org/tlog-proof@v2\nextra gA==\nindex 1\n\nnote\n" },
		{ "no extra", MAGIC "index 1\n\nnote\n" },
		{ "extra that is not base64", MAGIC "extra ????\nindex 1\n\nnote\n" },
		{ "extra with nothing in it", MAGIC "extra \nindex 1\n\nnote\n" },
		{ "extra that is an empty array", MAGIC "extra gA==\nindex 1\n\nnote\n" },
		{ "extra that is not CBOR", MAGIC "extra ////\nindex 1\n\nnote\n" },
		{ "extra with a salt of one octet", MAGIC "extra g0BAQQA=\nindex 1\n\nnote\n" },
		{ "no index", MAGIC "extra g0BAUAAAAAAAAAAAAAAAAAAAAAA=\n\nnote\n" },
		{ "an index line with nothing after its space", MAGIC "extra g0BAUAAAAAAAAAAAAAAAAAAAAAA=\nindex \n\nnote\n" },
		{ "no empty line before the checkpoint", MAGIC "extra g0BAUAAAAAAAAAAAAAAAAAAAAAA=\nindex 1\nnote" },
		{ "a negative index", MAGIC "extra g0BAUAAAAAAAAAAAAAAAAAAAAAA=\nindex -1\n\nnote\n" },
		{ "an index with a zero before it", MAGIC "extra g0BAUAAAAAAAAAAAAAAAAAAAAAA=\nindex 01\n\nnote\n" },
		{ "a hash that is too short", MAGIC "extra g0BAUAAAAAAAAAAAAAAAAAAAAAA=\nindex 1\nAAAA\n\nnote\n" },
		{ "no checkpoint", MAGIC "extra g0BAUAAAAAAAAAAAAAAAAAAAAAA=\nindex 1\n\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { ERR_NONE, "" };
		struct tlog_proof p;

		assert_case(cases[i].name, !tlog_proof_read(&p, span_str(cases[i].text), &e));
		assert_case(cases[i].name, e.class == ERR_INPUT);
	}
}

static void
test_too_many_hashes(void **state)
{
	own_struct(buf) text = buf_new(TLOG_PROOF_MAX);
	struct hash path[MERKLE_PROOF_MAX + 1] = { 0 };
	struct tlog_proof p;
	struct err e;

	tlog_proof_write(&text, INDEX, path, MERKLE_PROOF_MAX + 1, buf_span(&entry), span_str(record), salt, buf_span(&note));
	assert_false(tlog_proof_read(&p, buf_span(&text), &e));
	assert_int_equal(e.class, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_every_octet_counts),
		cmocka_unit_test(test_other_tales),
		cmocka_unit_test(test_not_a_proof),
		cmocka_unit_test(test_too_many_hashes),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
