/* The published proofs (good and bad) of transparency-dev/merkle, where they
 * are beside the checkout, and proofs of our own at every size. */
#include "tests/base/test.h"

#include "base/file.h"
#include "base/json.h"
#include "register/merkle.h"
#include "tests/register/tiles.h"

#include <fts.h>
#include <string.h>

#define VECTORS SOURCE_DIR "/../shared/vectors/merkle"
#define LEAVES 300

static struct hash leaves[LEAVES];

static void
test_every_proof_of_small_trees(void **state)
{
	struct hash roots[LEAVES + 1], proof[MERKLE_PROOF_MAX];
	struct merkle_edge edge = { 0 };
	struct err e;
	size_t n;

	for (unsigned i = 0; i < LEAVES; i++)
		merkle_leaf(&leaves[i], span_of(&i, sizeof(i)));
	merkle_root(&roots[0], &edge);
	for (unsigned i = 0; i < LEAVES; i++) {
		merkle_append(&edge, &leaves[i]);
		merkle_root(&roots[i + 1], &edge);
	}
	for (uint64_t size = 1; size <= LEAVES; size += size < 70 ? 1 : 23) {
		for (uint64_t i = 0; i < size; i++) {
			assert_done(merkle_prove_inclusion(proof, &n, i, size, tiles_of_leaves, leaves, &e), e);
			assert_done(merkle_check_inclusion(&leaves[i], i, size, proof, n, &roots[size], &e), e);
			assert_false(merkle_check_inclusion(&leaves[i], i, size, proof, n, &roots[size - 1], &e));
			assert_false(merkle_check_inclusion(&leaves[(i + 1) % LEAVES], i, size, proof, n, &roots[size], &e));
			if (n > 0)
				assert_false(merkle_check_inclusion(&leaves[i], i, size, proof, n - 1, &roots[size], &e));
		}
		for (uint64_t old = 1; old <= size; old++) {
			assert_done(merkle_prove_consistency(proof, &n, old, size, tiles_of_leaves, leaves, &e), e);
			assert_done(merkle_check_consistency(old, size, &roots[old], &roots[size], proof, n, &e), e);
			assert_false(merkle_check_consistency(old, size, &roots[old - 1], &roots[size], proof, n, &e));
		}
	}
	assert_false(merkle_prove_inclusion(proof, &n, 5, 5, tiles_of_leaves, leaves, &e));
	assert_false(merkle_prove_consistency(proof, &n, 0, 5, tiles_of_leaves, leaves, &e));
}

/* false: the vector's hash does not have 32 octets. */
static bool
hash_of(const json_t *j, const char *key, struct hash *out)
{
	const char *text = json_string_value(json_object_get(j, key));
	own_struct(buf) b = buf_new(1000);
	struct err e;

	if (text == NULL || !base64_get(&b, span_str(text), &e) || b.len != HASH_LEN)
		return false;
	memcpy(out->octet, b.ptr, HASH_LEN);
	return true;
}

static bool
proof_of(const json_t *j, struct hash proof[MERKLE_PROOF_MAX], size_t *n)
{
	const json_t *list = json_object_get(j, "proof");

	*n = json_array_size(list);
	for (size_t i = 0; i < *n; i++) {
		own(json_t) *one = json_pack("{s:O}", "h", json_array_get(list, i));

		if (i >= MERKLE_PROOF_MAX || !hash_of(one, "h", &proof[i]))
			return false;
	}
	return true;
}

static uint64_t
int_of(const json_t *j, const char *key)
{
	double d = json_real_value(json_object_get(j, key));

	return d >= 1.8e19 ? UINT64_MAX : (uint64_t)d;
}
#define INT(j, key) int_of(j, key)

/* 1 agrees, 0 differs, -1 cannot be said with hashes of 32 octets. */
static int
agrees(const char *path, const json_t *j)
{
	bool want = !json_is_true(json_object_get(j, "wantErr")), got;
	struct hash proof[MERKLE_PROOF_MAX], a, b;
	struct err e;
	size_t n;

	if (!proof_of(j, proof, &n))
		return want ? -1 : 1;
	if (strstr(path, "/inclusion/") != NULL) {
		if (!hash_of(j, "leafHash", &a) || !hash_of(j, "root", &b))
			return want ? -1 : 1;
		got = merkle_check_inclusion(&a, INT(j, "leafIdx"), INT(j, "treeSize"), proof, n, &b, &e);
	} else {
		if (!hash_of(j, "root1", &a) || !hash_of(j, "root2", &b))
			return want ? -1 : 1;
		got = merkle_check_consistency(INT(j, "size1"), INT(j, "size2"), &a, &b, proof, n, &e);
	}
	return got == want;
}

static void
test_published_vectors(void **state)
{
	char *const roots[] = { (char *)VECTORS, NULL };
	FTS *walk = fts_open(roots, FTS_LOGICAL, NULL);
	unsigned seen = 0, left_out = 0;

	for (FTSENT *f = fts_read(walk); f != NULL; f = fts_read(walk)) {
		own_struct(buf) text = buf_new(1 << 20);
		own(json_t) *j = NULL;
		struct err e;
		int fate;

		if (f->fts_info != FTS_F)
			continue;
		assert_done(file_read(&text, f->fts_path, &e), e);
		/* Sizes of 64 bits that no signed integer holds: real numbers then, outside any tree. */
		j = json_loads(buf_str(&text), JSON_DECODE_INT_AS_REAL, NULL);
		assert_non_null(j);
		fate = agrees(f->fts_path, j);
		assert_case(f->fts_path, fate != 0);
		seen++;
		left_out += fate < 0;
	}
	fts_close(walk);
	if (seen == 0)
		skip();
	printf("%u published proofs, %u left out (roots that are not 32 bytes)\n", seen, left_out);
	assert_true(left_out <= 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_proof_of_small_trees),
		cmocka_unit_test(test_published_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
