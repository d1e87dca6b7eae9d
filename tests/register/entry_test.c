/* The octets of an entry never change: a golden one, made by hand from the
 * format; and what is not an entry. */
#include "tests/base/test.h"

#include "base/cbor.h"
#include "register/entry.h"

#include <string.h>

/* [2, 5, 1700000000, "H99.31.07", "construction", h'00..0f', commit, kid, 7, [0, 1]] */
#define GOLDEN_HEAD "8a" "02" "05" "1a6553f100" "694839392e33312e3037" "6c636f6e737472756374696f6e" "50000102030405060708090a0b0c0d0e0f"
#define GOLDEN_KID "481011121314151617"
#define GOLDEN_TAIL "07" "820001"
/* HMAC-SHA-256(16 times 0xaa, 01 || SHA-256("record")), by Python's hmac. */
#define GOLDEN_COMMIT "1fd3136d64c93d0fa7ee778dd6443feea77f2343a883076ec7144a12dad2a80f"

static const unsigned char salt[SALT_LEN] = { 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa };

static const unsigned char public_item[] = { 0x82, 0, 1 };

static struct entry
an_entry(void)
{
	static const unsigned char handle[HANDLE_LEN] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	static const unsigned char kid[KID_LEN] = { 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17 };
	struct entry x = { .type = 5, .time = 1700000000, .org = span_str("H99.31.07"), .category = span_str("construction"),
		.handle = span_of(handle, HANDLE_LEN), .prev = 7, .public_ = span_of(public_item, sizeof(public_item)) };

	memcpy(x.kid, kid, KID_LEN);
	entry_commit(x.commit, salt, span_str("record"));
	return x;
}

static void
test_golden(void **state)
{
	own_struct(buf) made = buf_new(1000);
	own_struct(buf) hex = buf_new(2000);
	struct entry x = an_entry(), back;
	struct err e;

	assert_done(entry_write(&made, &x, &e), e);
	hex_put(&hex, buf_span(&made));
	assert_string_equal(buf_str(&hex), GOLDEN_HEAD "5820" GOLDEN_COMMIT GOLDEN_KID GOLDEN_TAIL);
	assert_done(entry_read(&back, buf_span(&made), &e), e);
	assert_true(back.type == 5 && back.time == 1700000000 && back.prev == 7);
	assert_true(span_eq_str(back.org, "H99.31.07") && span_eq_str(back.category, "construction"));
	assert_true(span_eq(back.handle, x.handle) && span_eq(back.public_, x.public_));
	assert_done(entry_means(&back, span_str("record"), salt, &e), e);
}

static void
test_handles(void **state)
{
	unsigned char old[HANDLE_LEN], one[HANDLE_LEN], other[HANDLE_LEN], later[HANDLE_LEN];
	struct err e;

	assert_true(handle_draw(old, 0xffffffff, &e) && handle_draw(one, 0x100000000, &e) && handle_draw(other, 0x100000000, &e) &&
	    handle_draw(later, 0x100000001, &e));
	assert_true(memcmp(old, one, HANDLE_LEN) < 0 && memcmp(one, later, HANDLE_LEN) < 0 && memcmp(other, later, HANDLE_LEN) < 0);
	assert_memory_equal(one, "\1\0\0\0\0", 5);
	assert_memory_not_equal(one, other, HANDLE_LEN);
}

/* The least there is: everything that may be null is. */
static void
test_nulls(void **state)
{
	own_struct(buf) made = buf_new(1000);
	struct entry x = { .type = 10, .time = 1, .prev = -1 }, back;
	struct err e;

	assert_done(entry_write(&made, &x, &e), e);
	assert_done(entry_read(&back, buf_span(&made), &e), e);
	assert_true(back.org.len == 0 && back.category.len == 0 && back.handle.len == 0 && back.public_.len == 0 && back.prev == -1);
}

static void
test_commitment(void **state)
{
	struct entry x = an_entry();
	unsigned char other[SALT_LEN] = { 0xab };
	struct err e;

	assert_true(entry_means(&x, span_str("record"), salt, &e));
	assert_false(entry_means(&x, span_str("recorD"), salt, &e));
	assert_false(entry_means(&x, span_str(""), salt, &e));
	assert_false(entry_means(&x, span_str("record"), other, &e));
	x.commit[31] ^= 1;
	assert_false(entry_means(&x, span_str("record"), salt, &e));
}

static void
test_not_larger_than_512(void **state)
{
	own_struct(buf) made = buf_new(2000);
	struct entry x = an_entry();
	char org[ENTRY_MAX];
	struct err e;

	memset(org, 'o', sizeof(org));
	x.org = span_of(org, sizeof(org));
	assert_false(entry_write(&made, &x, &e));
	assert_int_equal(e.class, ERR_LIMIT);
}

static void
test_refusals(void **state)
{
#define COMMIT "5820" GOLDEN_COMMIT
	static const struct { const char *name, *hex; bool good; } cases[] = {
		{ "the golden one", GOLDEN_HEAD COMMIT GOLDEN_KID GOLDEN_TAIL, true },
		{ "nothing", "", false },
		{ "another octet after it", GOLDEN_HEAD COMMIT GOLDEN_KID GOLDEN_TAIL "00", false },
		{ "version 1", "8a01051a6553f100f6f6f6" COMMIT GOLDEN_KID "f6f6", false },
		{ "version 3", "8a03051a6553f100f6f6f6" COMMIT GOLDEN_KID "f6f6", false },
		{ "nine items", "8902051a6553f100f6f6f6" COMMIT GOLDEN_KID "f6", false },
		{ "eleven items", "8b02051a6553f100f6f6f6" COMMIT GOLDEN_KID "f6f6f6", false },
		{ "a map", "a0", false },
		{ "a negative type", "8a02201a6553f100f6f6f6" COMMIT GOLDEN_KID "f6f6", false },
		{ "a time of eight octets that needs four", "8a02051b000000006553f100f6f6f6" COMMIT GOLDEN_KID "f6f6", false },
		{ "a time that is text", "8a02056131f6f6f6" COMMIT GOLDEN_KID "f6f6", false },
		{ "an organisation in octets", "8a02051a6553f1004130f6f6" COMMIT GOLDEN_KID "f6f6", false },
		{ "a handle of 15", "8a02051a6553f100f6f64f000102030405060708090a0b0c0d0e" COMMIT GOLDEN_KID "f6f6", false },
		{ "a handle of 17", "8a02051a6553f100f6f651000102030405060708090a0b0c0d0e0f10" COMMIT GOLDEN_KID "f6f6", false },
		{ "no commitment", "8a02051a6553f100f6f6f6f6" GOLDEN_KID "f6f6", false },
		{ "a short commitment", "8a02051a6553f100f6f6f64100" GOLDEN_KID "f6f6", false },
		{ "a short kid", "8a02051a6553f100f6f6f6" COMMIT "4100f6f6", false },
		{ "prev that is text", "8a02051a6553f100f6f6f6" COMMIT GOLDEN_KID "6131f6", false },
		{ "prev below zero", "8a02051a6553f100f6f6f6" COMMIT GOLDEN_KID "20f6", false },
		{ "an organisation that is empty, not null", "8a02051a6553f10060f6f6" COMMIT GOLDEN_KID "f6f6", false },
		{ "a handle that is empty, not null", "8a02051a6553f100f6f640" COMMIT GOLDEN_KID "f6f6", false },
		{ "public with a key twice", "8a02051a6553f100f6f6f6" COMMIT GOLDEN_KID "f6a201020103", false },
		{ "public that is a float", "8a02051a6553f100f6f6f6" COMMIT GOLDEN_KID "f6f93c00", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) b = buf_new(1000);
		struct err e = { ERR_NONE, "" };
		struct entry x;

		assert_done(hex_get(&b, span_str(cases[i].hex), &e), e);
		assert_case(cases[i].name, entry_read(&x, buf_span(&b), &e) == cases[i].good);
		assert_case(cases[i].name, cases[i].good || e.class == ERR_INPUT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden), cmocka_unit_test(test_handles),
		cmocka_unit_test(test_nulls),
		cmocka_unit_test(test_commitment),
		cmocka_unit_test(test_not_larger_than_512),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
