/* Names and widths of tiles, bundles, nodes folded out of tiles; and the
 * published log of transparency-dev/tessera made again, octet for octet, where
 * it is beside the checkout. */
#include "tests/base/test.h"

#include "base/file.h"
#include "register/note.h"
#include "register/tile_cache.h"

#include <string.h>
#include <unistd.h>

#define VECTORS SOURCE_DIR "/../shared/vectors/tessera-log"
#define VKEY "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

static void
test_paths(void **state)
{
	static const struct { int level; uint64_t n; unsigned width; const char *want; } cases[] = {
		{ 0, 0, 256, "tile/0/000" },
		{ 0, 0, 1, "tile/0/000.p/1" },
		{ 0, 0, 255, "tile/0/000.p/255" },
		{ 0, 999, 256, "tile/0/999" },
		{ 0, 1000, 256, "tile/0/x001/000" },
		{ 1, 1234067, 256, "tile/1/x001/x234/067" },
		{ 3, 1234067, 8, "tile/3/x001/x234/067.p/8" },
		{ 5, 0, 256, "tile/5/000" },
		{ TILE_ENTRIES, 0, 256, "tile/entries/000" },
		{ TILE_ENTRIES, 7, 70, "tile/entries/007.p/70" },
		{ TILE_ENTRIES, 1000000, 256, "tile/entries/x001/x000/000" },
		{ 0, UINT64_MAX >> 8, 256, "tile/0/x072/x057/x594/x037/x927/935" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) b = buf_new(200);

		tile_path(&b, cases[i].level, cases[i].n, cases[i].width);
		assert_case(cases[i].want, strcmp(buf_str(&b), cases[i].want) == 0);
	}
}

static void
test_counts(void **state)
{
	static const struct { const char *name; uint64_t size; unsigned level; uint64_t want; } cases[] = {
		{ "nothing", 0, 0, 0 },
		{ "leaves", 255, 0, 255 },
		{ "no full tile yet", 255, 1, 0 },
		{ "one full tile", 256, 1, 1 },
		{ "and a bit", 511, 1, 1 },
		{ "two levels", 65536, 2, 1 },
		{ "one less", 65535, 2, 0 },
		{ "every level there is", UINT64_MAX, 7, 255 },
		{ "no such level", UINT64_MAX, 8, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		assert_case(cases[i].name, tile_count(cases[i].size, cases[i].level) == cases[i].want);
}

static void
test_bundles(void **state)
{
	static const struct { const char *name; size_t len; unsigned char octets[8]; unsigned entries; bool whole; } cases[] = {
		{ "nothing", 0, { 0 }, 0, true },
		{ "one", 3, { 0, 1, 'a' }, 1, true },
		{ "an empty entry", 2, { 0, 0 }, 1, true },
		{ "two", 7, { 0, 1, 'a', 0, 2, 'b', 'c' }, 2, true },
		{ "half a length", 1, { 0 }, 0, false },
		{ "half a second length", 4, { 0, 1, 'a', 0 }, 1, false },
		{ "an entry cut off", 3, { 0, 2, 'a' }, 0, false },
		{ "an entry longer than everything", 2, { 0xff, 0xff }, 0, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span rest = span_of(cases[i].octets, cases[i].len), entry;
		struct err e = { ERR_NONE, "" };
		unsigned entries = 0;
		bool good = true;

		while (good && rest.len > 0)
			if ((good = bundle_next(&rest, &entry, &e)))
				entries++;
		assert_case(cases[i].name, good == cases[i].whole && entries == cases[i].entries);
		assert_case(cases[i].name, good || e.class == ERR_INPUT);
	}
}

/* Tiles of a tree of 70,000 leaves: three tile levels, the last two partial. */
#define LEAVES 70000

struct tiles { struct hash *level[3]; uint64_t n[3]; };

static bool
from_tiles(void *ctx, unsigned level, uint64_t from, unsigned count, struct hash *out, struct err *e)
{
	const struct tiles *t = ctx;

	if (level >= 3 || from + count > t->n[level])
		return fail(e, ERR_ABSENT, "no such tile");
	/* All that is asked for at once stands in one tile. */
	assert_true(from / TILE_WIDTH == (from + count - 1) / TILE_WIDTH);
	memcpy(out, t->level[level] + from, count * sizeof(*out));
	return true;
}

static void
fill_tiles(struct tiles *t, struct merkle_edge *edge)
{
	for (unsigned l = 0; l < 3; l++) {
		t->n[l] = tile_count(LEAVES, l);
		t->level[l] = calloc(t->n[l] > 0 ? t->n[l] : 1, sizeof(struct hash));
	}
	for (unsigned i = 0; i < LEAVES; i++) {
		merkle_leaf(&t->level[0][i], span_of(&i, sizeof(i)));
		merkle_append(edge, &t->level[0][i]);
	}
	for (unsigned l = 1; l < 3; l++)
		for (uint64_t i = 0; i < t->n[l]; i++) {
			struct merkle_edge part = { 0 };

			for (unsigned k = 0; k < TILE_WIDTH; k++)
				merkle_append(&part, &t->level[l - 1][i * TILE_WIDTH + k]);
			merkle_root(&t->level[l][i], &part);
		}
}

static void
test_proofs_out_of_tiles(void **state)
{
	struct tiles t;
	struct tile_source source = { from_tiles, &t };
	struct merkle_edge edge = { 0 };
	struct hash root, computed, half, proof[MERKLE_PROOF_MAX];
	struct err e;
	size_t n;

	fill_tiles(&t, &edge);
	merkle_root(&root, &edge);
	assert_done(merkle_root_of(&computed, LEAVES, tile_node, &source, &e), e);
	assert_true(hash_eq(&root, &computed));
	for (uint64_t i = 0; i < LEAVES; i += 4999) {
		assert_done(merkle_prove_inclusion(proof, &n, i, LEAVES, tile_node, &source, &e), e);
		assert_done(merkle_check_inclusion(&t.level[0][i], i, LEAVES, proof, n, &root, &e), e);
		proof[0].octet[0] ^= 1;
		assert_false(merkle_check_inclusion(&t.level[0][i], i, LEAVES, proof, n, &root, &e));
	}
	for (uint64_t old = 1; old < LEAVES; old = old * 3 + 1) {
		assert_done(merkle_root_of(&half, old, tile_node, &source, &e), e);
		assert_done(merkle_prove_consistency(proof, &n, old, LEAVES, tile_node, &source, &e), e);
		assert_done(merkle_check_consistency(old, LEAVES, &half, &root, proof, n, &e), e);
		half.octet[31] ^= 0x80;
		assert_false(merkle_check_consistency(old, LEAVES, &half, &root, proof, n, &e));
	}
	/* The same through a cache, whatever it held before: trees of several sizes
	 * have tiles in common and partial ones of their own. */
	struct tile_cache *cache = tile_cache_new();

	for (uint64_t size = LEAVES, i = 0; size > 1; size = size * 9 / 10, i += 4999) {
		struct tile_tree tree = { cache, source, size };
		struct hash other[MERKLE_PROOF_MAX];
		size_t m;

		for (unsigned again = 0; again < 2; again++) {
			assert_done(merkle_prove_inclusion(proof, &n, i % size, size, tile_node, &source, &e), e);
			assert_done(merkle_prove_inclusion(other, &m, i % size, size, tile_tree_node, &tree, &e), e);
			assert_true(n == m && memcmp(proof, other, n * sizeof(proof[0])) == 0);
		}
	}
	struct tile_tree tree = { cache, source, LEAVES };

	assert_false(tile_tree_node(&tree, 0, LEAVES, &computed, &e));
	assert_false(tile_tree_node(&tree, 3, LEAVES / 8, &computed, &e));
	assert_false(tile_tree_node(&tree, 63, 0, &computed, &e));
	assert_true(tile_tree_node(&tree, 16, 0, &computed, &e));
	tile_cache_free(cache);
	/* A tile that is missing is an error, not another root. */
	assert_false(merkle_root_of(&computed, LEAVES + 1, tile_node, &source, &e));
	for (unsigned l = 0; l < 3; l++)
		free(t.level[l]);
}

static void
same_as_published(const char *name, struct span made)
{
	own_str char *path = xprintf("%s/%s", VECTORS, name);
	own_struct(buf) published = buf_new(1 << 20);
	struct err e;

	assert_done(file_read(&published, path, &e), e);
	assert_case(name, span_eq(buf_span(&published), made));
}

static void
check_published_note(const struct merkle_edge *edge, const struct note_key *key)
{
	own_str char *path = xprintf("%s/checkpoint.%u", VECTORS, (unsigned)edge->size);
	own_struct(buf) note = buf_new(NOTE_MAX);
	own_struct(buf) text = buf_new(NOTE_MAX);
	struct checkpoint published, ours = { .size = edge->size };
	struct span signed_text, signatures;
	struct err e;

	assert_done(file_read(&note, path, &e), e);
	assert_done(checkpoint_check(&published, buf_span(&note), key, &e), e);
	strcpy(ours.origin, key->name);
	merkle_root(&ours.root, edge);
	assert_case(path, hash_eq(&ours.root, &published.root) && published.size == ours.size);
	/* What we would have had signed is what was signed. */
	checkpoint_text(&text, &ours);
	assert_done(note_split(&signed_text, &signatures, buf_span(&note), &e), e);
	assert_case(path, span_eq(signed_text, buf_span(&text)));
}

static void
test_the_published_log_again(void **state)
{
	static const char *const leaves[] = { "one", "two", "three", "four", "five", "six", "seven", "eit", "nain", "ten",
		"ileven", "twelf", "threeten", "fourten", "fivten" };
	own_struct(buf) bundle = buf_new(1 << 16);
	own_struct(buf) tile = buf_new(1 << 16);
	struct merkle_edge edge = { 0 };
	struct note_key key;
	struct err e;

	if (access(VECTORS, R_OK) != 0) {
		printf("the published log is not beside the checkout\n");
		skip();
	}
	assert_done(note_key_parse(&key, VKEY, &e), e);
	check_published_note(&edge, &key);
	for (unsigned i = 0; i < COUNT(leaves); i++) {
		own_struct(buf) tile_name = buf_new(200);
		own_struct(buf) bundle_name = buf_new(200);
		struct hash leaf;

		merkle_leaf(&leaf, span_str(leaves[i]));
		merkle_append(&edge, &leaf);
		buf_put(&tile, leaf.octet, HASH_LEN);
		bundle_put(&bundle, span_str(leaves[i]));
		tile_path(&tile_name, 0, 0, i + 1);
		tile_path(&bundle_name, TILE_ENTRIES, 0, i + 1);
		same_as_published(buf_str(&tile_name), buf_span(&tile));
		same_as_published(buf_str(&bundle_name), buf_span(&bundle));
		check_published_note(&edge, &key);
	}
	printf("%zu tiles, %zu bundles, %zu checkpoints\n", COUNT(leaves), COUNT(leaves), COUNT(leaves) + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_bundles),
		cmocka_unit_test(test_proofs_out_of_tiles),
		cmocka_unit_test(test_the_published_log_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
