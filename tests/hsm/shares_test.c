/* A PIN in the hands of several: any so many open it, fewer learn nothing, and
 * nothing that was altered, mixed or mistyped reaches the token. */
#include "tests/base/test.h"

#include "base/ossl.h"
#include "hsm/shares.h"

#define OF 5
#define NEEDED 3

static struct secret *text[OF], *other[OF], *pin;

static int
begin(void **state)
{
	struct secret *another = secret_new();
	unsigned char set[SHARE_SET_LEN];
	struct err e;

	pin = secret_new();
	for (unsigned i = 0; i < OF; i++) {
		text[i] = secret_new();
		other[i] = secret_new();
	}
	assert_done(shares_draw(pin, text, set, "root", NEEDED, OF, &e), e);
	assert_done(shares_draw(another, other, set, "root", NEEDED, OF, &e), e);
	assert_false(pin->len == another->len && memcmp(pin->octet, another->octet, pin->len) == 0);
	secret_free(another);
	return 0;
}

static int
end(void **state)
{
	secret_free(pin);
	for (unsigned i = 0; i < OF; i++) {
		secret_free(text[i]);
		secret_free(other[i]);
	}
	return 0;
}

/* Every three of five, in every order. */
static void
any_three_open_it(void **state)
{
	unsigned tried = 0;

	for (unsigned n = 0; n < OF * OF * OF; n++) {
		struct secret *const three[] = { text[n % OF], text[n / OF % OF], text[n / OF / OF] };
		struct secret *out = secret_new();
		struct err e;

		if (three[0] != three[1] && three[1] != three[2] && three[0] != three[2]) {
			assert_done(shares_join(out, "root", three, 3, &e), e);
			assert_true(out->len == pin->len && memcmp(out->octet, pin->octet, pin->len) == 0);
			tried++;
		}
		secret_free(out);
	}
	assert_int_equal(tried, 60);
}

/* No share holds the PIN, nor its digits one after the other. */
static void
a_share_is_not_the_pin(void **state)
{
	for (unsigned i = 0; i < OF; i++)
		assert_null(memmem(text[i]->octet, text[i]->len, pin->octet, pin->len));
}

static void
what_a_share_says(void **state)
{
	struct share_facts f;
	struct err e;

	assert_done(share_read(&f, text[3], &e), e);
	assert_string_equal(f.token, "root");
	assert_int_equal(f.number, 4);
	assert_int_equal(f.needed, NEEDED);
	assert_int_equal(f.of, OF);
}

static void
refuses(const char *name, struct secret *const given[], size_t n, const char *token, const char *word)
{
	struct secret *out = secret_new();
	struct err e = { ERR_NONE, "" };

	assert_case(name, !shares_join(out, token, given, n, &e));
	if (strstr(e.text, word) == NULL)
		print_error("%s: %s\n", name, e.text);
	assert_case(name, strstr(e.text, word) != NULL && out->len == 0);
	secret_free(out);
}

static void
what_is_not_joined(void **state)
{
	const struct { const char *name; struct secret *given[4]; size_t n; const char *token, *word; } rows[] = {
		{ "none", { NULL }, 0, "root", "1 to 16" },
		{ "one", { text[0] }, 1, "root", "3 shares are needed" },
		{ "two", { text[0], text[1] }, 2, "root", "3 shares are needed" },
		{ "four", { text[0], text[1], text[2], text[3] }, 4, "root", "3 shares are needed" },
		{ "one twice", { text[0], text[1], text[0] }, 3, "root", "share 1 was given twice" },
		{ "one of another splitting", { text[0], text[1], other[2] }, 3, "root", "another splitting" },
		{ "of another token", { text[0], text[1], text[2] }, 3, "issuing", "not of issuing" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		refuses(rows[i].name, rows[i].given, rows[i].n, rows[i].token, rows[i].word);
}

/* Every octet of a share, one after the other, in three ways. */
static void
a_mistyped_share(void **state)
{
	static const unsigned char flips[] = { 0x01, 0x10, 0x80 };
	struct secret *bad = secret_new();
	struct secret *const given[] = { text[0], bad, text[2] };

	for (size_t i = 0; i < text[1]->len; i++)
		for (size_t k = 0; k < COUNT(flips); k++) {
			struct secret *out = secret_new();
			struct err e;

			*bad = *text[1];
			bad->octet[i] ^= flips[k];
			assert_case("one octet changed", !shares_join(out, "root", given, 3, &e));
			secret_free(out);
		}
	for (size_t n = 0; n < text[1]->len; n++) {
		*bad = *text[1];
		bad->len = n;
		refuses("cut off", given, 3, "root", "share");
	}
	*bad = *text[1];
	bad->octet[bad->len++] = ' ';
	refuses("one space too many", given, 3, "root", "form");
	secret_free(bad);
}

/* A share whose own check fits and whose octets are not what was drawn: the
 * proof within the secret catches it before a try of the token is spent. */
static void
a_false_share(void **state)
{
	struct secret *bad = secret_new();
	struct secret *const given[] = { text[0], bad, text[2] };
	unsigned char digest[32];
	char *at;
	size_t len;

	*bad = *text[1];
	len = bad->len - 9;
	at = (char *)bad->octet + len - 1;
	*at = *at == '0' ? '1' : '0';
	sha256(digest, span_of(bad->octet, len));
	snprintf((char *)bad->octet + len, SECRET_MAX - len, " %02x%02x%02x%02x", digest[0], digest[1], digest[2], digest[3]);
	refuses("false", given, 3, "root", "do not give the PIN");
	secret_free(bad);
}

static void
what_is_not_drawn(void **state)
{
	static const struct { const char *name, *token; unsigned needed, of; } rows[] = {
		{ "one is enough", "root", 1, 5 }, { "more than there are", "root", 6, 5 }, { "too many", "root", 3, SHARES_MAX + 1 },
		{ "nobody", "root", 0, 0 }, { "two words", "my root", 2, 3 }, { "no name", "", 2, 3 },
		{ "a long name", "012345678901234567890123456789012", 2, 3 },
	};
	unsigned char set[SHARE_SET_LEN];

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct secret *out = secret_new();
		struct err e = { ERR_NONE, "" };

		assert_case(rows[i].name, !shares_draw(out, text, set, rows[i].token, rows[i].needed, rows[i].of, &e));
		assert_case(rows[i].name, e.class == ERR_INPUT && out->len == 0);
		secret_free(out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_three_open_it), cmocka_unit_test(a_share_is_not_the_pin), cmocka_unit_test(what_a_share_says),
		cmocka_unit_test(what_is_not_joined), cmocka_unit_test(a_mistyped_share), cmocka_unit_test(a_false_share), cmocka_unit_test(what_is_not_drawn),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
