/* The first N entries out of a folder of tiles: every size, full and partial
 * tiles, and whatever somebody changed in the folder. */
#include "tests/base/test.h"

#include "base/cbor.h"
#include "base/file.h"
#include "register/list_entry.h"
#include "register/prefix.h"
#include "register/public_item.h"
#include "tests/register/tiles.h"

#include <unistd.h>

#define ENTRIES 700

static struct tiles t;
static struct hash root_at[ENTRIES + 1];

static int
begin(void **state)
{
	tiles_begin(&t);
	tiles_root(&root_at[0], &t);
	for (unsigned i = 0; i < ENTRIES; i++) {
		own_struct(buf) public_ = buf_new(64);

		cbor_put_array(&public_, 1);
		cbor_put_uint(&public_, i);
		tiles_event(&t, 3, 1795000000 + i / 3, "H99", "construction", NULL, buf_span(&public_));
		tiles_root(&root_at[i + 1], &t);
		/* Sizes that were published on the way. */
		if (i == 99 || i == 298 || i == 511)
			tiles_publish(&t);
	}
	tiles_publish(&t);
	return 0;
}

static int
end(void **state)
{
	tiles_end(&t);
	return 0;
}

static bool
count(void *ctx, uint64_t index, const struct entry *x, struct err *e)
{
	static const char *const shapes[] = { "i", NULL };
	struct public_item p[PUBLIC_ITEMS_MAX];
	uint64_t *n = ctx;

	assert_true(index == (*n)++);
	assert_done(public_items(p, x, shapes, NULL, e), *e);
	assert_true(p[0].i == (int64_t)index);
	return true;
}

static void
test_every_size(void **state)
{
	struct prefix p;
	struct err e;

	assert_done(prefix_open(&p, t.dir, &t.known, &e), e);
	assert_true(p.head.size == ENTRIES && strcmp(p.head.origin, TILES_ORIGIN) == 0);
	for (uint64_t size = 0; size <= ENTRIES; size++) {
		struct hash root;
		uint64_t n = 0;

		assert_done(prefix_read(&p, size, count, &n, &root, &e), e);
		assert_true(n == size && hash_eq(&root, &root_at[size]));
	}
}

/* Without the checkpoint: size and root from somewhere else. */
static void
test_a_head_from_elsewhere(void **state)
{
	static const uint64_t sizes[] = { 1, 50, 100, 256, 299, 512, ENTRIES };
	struct prefix p = { .folder = t.dir };
	struct err e;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		uint64_t n = 0;

		p.head.size = sizes[i];
		p.head.root = root_at[sizes[i]];
		assert_done(prefix_read(&p, sizes[i], count, &n, NULL, &e), e);
		n = 0;
		p.head.root.octet[31] ^= 1;
		assert_false(prefix_read(&p, sizes[i], count, &n, NULL, &e));
		n = 0;
		assert_false(prefix_read(&p, sizes[i] - 1, count, &n, NULL, &e) && sizes[i] > 1);
	}
	p.head.size = 10;
	assert_false(prefix_read(&p, 11, count, NULL, NULL, &e));
	assert_int_equal(e.class, ERR_ABSENT);
}

static void
change(const char *name, size_t at)
{
	own_str char *path = tiles_path(&t, name);
	own_struct(buf) octets = buf_new(1 << 20);
	struct err e;

	assert_done(file_read(&octets, path, &e), e);
	octets.ptr[at < octets.len ? at : octets.len - 1] ^= 1;
	assert_done(file_write(path, buf_span(&octets), 0644, &e), e);
}

static bool
ignore(void *ctx, uint64_t index, const struct entry *x, struct err *e)
{
	return true;
}

static bool
reads(uint64_t size, struct err *e)
{
	struct prefix p;

	return prefix_open(&p, t.dir, NULL, e) && prefix_read(&p, size, ignore, NULL, NULL, e);
}

/* One bit of any file that counts. */
static void
test_one_bit(void **state)
{
	static const struct { const char *file; size_t at; uint64_t size; } rows[] = {
		{ "tile/entries/000", 60, ENTRIES }, { "tile/entries/000", 0, ENTRIES }, { "tile/entries/001", 3000, 300 },
		{ "tile/entries/002.p/188", 70, ENTRIES }, { "tile/entries/002.p/188", 100000, ENTRIES },
		{ "tile/0/001", 43 * HASH_LEN, 300 }, { "tile/1/000.p/2", 35, 256 }, { "tile/0/002.p/188", 188 * HASH_LEN - 1, 512 },
		{ "checkpoint", 30, 256 }, { "checkpoint", 60, 256 }, { "checkpoint", 150, 256 }, { "log.vkey", 40, 256 },
	};
	struct err e;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_done(reads(rows[i].size, &e), e);
		change(rows[i].file, rows[i].at);
		assert_case(rows[i].file, !reads(rows[i].size, &e) && e.text[0] != '\0');
		change(rows[i].file, rows[i].at);
	}
	assert_done(reads(ENTRIES, &e), e);
}

static void
test_what_is_missing(void **state)
{
	static const struct { const char *file; uint64_t size; bool still; } rows[] = {
		{ "tile/entries/000", ENTRIES, false }, { "tile/entries/002.p/188", 513, false },
		{ "tile/entries/002.p/188", 512, true }, { "tile/0/002.p/188", 513, false }, { "checkpoint", 1, false },
		/* a narrower part of a tile that became full serves those who need no more */
		{ "tile/entries/001", 299, true }, { "tile/entries/001", 300, false },
	};
	struct err e;

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_str char *path = tiles_path(&t, rows[i].file);
		own_str char *away = xprintf("%s.away", path);
		bool good;

		assert_int_equal(rename(path, away), 0);
		good = reads(rows[i].size, &e);
		assert_int_equal(rename(away, path), 0);
		if (good != rows[i].still)
			print_error("%s\n", good ? "read" : e.text);
		assert_case(rows[i].file, good == rows[i].still && (good || e.class == ERR_ABSENT));
	}
}

static void
test_another_key(void **state)
{
	struct note_key other = t.known;
	struct prefix p;
	struct err e;

	other.key[0] ^= 1;
	assert_false(prefix_open(&p, t.dir, &other, &e));
}

static bool
refuse(void *ctx, uint64_t index, const struct entry *x, struct err *e)
{
	return index < 5 || fail(e, ERR_INPUT, "not this one");
}

static void
test_a_refusal_is_handed_on(void **state)
{
	struct prefix p;
	struct err e;

	assert_done(prefix_open(&p, t.dir, NULL, &e), e);
	assert_false(prefix_read(&p, ENTRIES, refuse, NULL, NULL, &e));
	assert_string_equal(e.text, "bundle 0: entry 5: not this one");
}

/* Shapes of the public item. */
static void
test_public_items(void **state)
{
	static const struct { const char *name, *hex; int shape; } rows[] = {
		{ "a flat group", "86010719512b6447505844 1907ea 18f5", 1 },
		{ "the group in an array", "84010719512b836447505844 1907ea 18f5", 1 },
		{ "without the group", "83010719512b", 0 },
		{ "too few", "820107", -1 },
		{ "a text for a number", "8301076161", -1 },
		{ "null", "830107f6", -1 },
		{ "an array in an array in an array", "840107018181 01", -1 },
		{ "a map", "a10102", -1 },
		{ "too many", "9101010101010101010101010101010101 01", -1 },
	};
	static const char *const shapes[] = { "iii", "iiitii", NULL };

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) hex = buf_new(256);
		own_struct(buf) octets = buf_new(256);
		struct public_item p[PUBLIC_ITEMS_MAX];
		struct entry x = { .type = 5 };
		size_t shape = 0;
		struct err e;

		for (const char *c = rows[i].hex; *c != '\0'; c++)
			if (*c != ' ')
				buf_put_byte(&hex, (unsigned char)*c);
		assert_done(hex_get(&octets, buf_span(&hex), &e), e);
		x.public_ = buf_span(&octets);
		assert_case(rows[i].name, public_items(p, &x, shapes, &shape, &e) == (rows[i].shape >= 0));
		assert_case(rows[i].name, rows[i].shape < 0 || shape == (size_t)rows[i].shape);
	}
	assert_false(public_items((struct public_item[PUBLIC_ITEMS_MAX]){ { 0 } }, &(struct entry){ .type = 5 }, shapes, NULL, &(struct err){ 0 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_a_head_from_elsewhere),
		cmocka_unit_test(test_one_bit),
		cmocka_unit_test(test_what_is_missing),
		cmocka_unit_test(test_another_key),
		cmocka_unit_test(test_a_refusal_is_handed_on),
		cmocka_unit_test(test_public_items),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
