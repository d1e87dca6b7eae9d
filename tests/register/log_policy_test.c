/* Policies of c2sp.org/tlog-policy: what is one, and what it asks of a
 * checkpoint; signed here by a log and up to five witnesses of the test's own. */
#include "tests/base/test.h"

#include "register/log_policy.h"

#include <openssl/evp.h>
#include <string.h>

#define ORIGIN "test.example/log"
#define WITNESSES 5

static EVP_PKEY *log_key, *witness_key[WITNESSES];
static struct note_key log_name, witness_name[WITNESSES];
static char *log_vkey, *vkey[WITNESSES];

static void
sign(unsigned char signature[64], EVP_PKEY *key, struct span text)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = 64;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &n, text.ptr, text.len), 1);
	EVP_MD_CTX_free(ctx);
}

/* times[i] < 0: witness i is silent. */
static void
put_note(struct buf *note, const char *origin, const int64_t times[WITNESSES])
{
	struct checkpoint c = { .size = 9, .root = { { 1 } } };
	own_struct(buf) text = buf_new(1000);
	unsigned char signature[64];

	strcpy(c.origin, origin);
	checkpoint_text(&text, &c);
	buf_put_span(note, buf_span(&text));
	buf_put_byte(note, '\n');
	sign(signature, log_key, buf_span(&text));
	note_line(note, &log_name, signature);
	for (int i = 0; i < WITNESSES; i++) {
		own_struct(buf) timed = buf_new(1000);

		if (times[i] < 0)
			continue;
		cosignature_text(&timed, times[i], buf_span(&text));
		sign(signature, witness_key[i], buf_span(&timed));
		cosignature_line(note, &witness_name[i], times[i], signature);
	}
}

/* L, A to E in a pattern stand for the vkeys; the rest is as it stands. */
static void
put_policy(struct buf *out, const char *pattern)
{
	for (const char *p = pattern; *p != '\0'; p++) {
		if (*p != '$')
			buf_put_byte(out, (unsigned char)*p);
		else if (*++p == 'L')
			buf_put_str(out, log_vkey);
		else
			buf_put_str(out, vkey[*p - 'A']);
	}
}

#define W(x) "witness " #x " $" #x "\n"

static void
test_what_is_a_policy(void **state)
{
	static const struct { const char *name, *text; bool good; } cases[] = {
		{ "nothing asked", "quorum none\n", true },
		{ "a log alone", "log $L\nquorum none\n", true },
		{ "with addresses", "log $L https://log.example/\nwitness A $A https://w.example/\nquorum A\n", true },
		{ "white space and comments", " \t\n# a note\n\t # another\n\twitness  A\t$A \nquorum A\n", true },
		{ "groups of groups", W(A) W(B) W(C) W(D) "group x 2 A B C\ngroup y all x D\nquorum y\n", true },
		{ "names of other octets", "witness \xe1\xba\xa4n $A\nquorum \xe1\xba\xa4n\n", true },
		{ "a group named like a key word", W(A) "group any any A\nquorum any\n", true },
		{ "the quorum before what it does not need", W(A) "quorum A\n" W(B), true },
		{ "empty", "", false },
		{ "no quorum", "log $L\n", false },
		{ "two quorums", W(A) "quorum A\nquorum A\n", false },
		{ "a quorum of nobody", "quorum A\n", false },
		{ "a quorum before its witness", "quorum A\n" W(A), false },
		{ "a quorum of two words", W(A) W(B) "quorum A B\n", false },
		{ "a last line that does not end", W(A) "quorum A", false },
		{ "a carriage return", "quorum none\r\n", false },
		{ "a NUL's neighbour", "quorum none\n\x01\n", false },
		{ "a delete character", "quorum none\n# \x7f\n", false },
		{ "an unknown line", "quorum none\nmonitor m\n", false },
		{ "an upper-case word", "Quorum none\n", false },
		{ "a log without a key", "log\nquorum none\n", false },
		{ "a log with too much", "log $L a b\nquorum none\n", false },
		{ "a log twice", "log $L\nlog $L\nquorum none\n", false },
		{ "a witness's key for a log", "log $A\nquorum none\n", false },
		{ "a log's key for a witness", "witness A $L\nquorum A\n", false },
		{ "a witness without a key", "witness A\nquorum none\n", false },
		{ "a witness named none", "witness none $A\nquorum none\n", false },
		{ "a name twice", "witness A $A\nwitness A $B\nquorum A\n", false },
		{ "a key twice", "witness A $A\nwitness B $A\nquorum A\n", false },
		{ "a group with a witness's name", W(A) "group A any A\nquorum A\n", false },
		{ "a group without members", "group g any\nquorum none\n", false },
		{ "a group of nobody known", "group g any A\nquorum none\n", false },
		{ "a group of itself", W(A) "group g any A g\nquorum g\n", false },
		{ "a group of none", "group g any none\nquorum g\n", false },
		{ "one member twice", W(A) "group g any A A\nquorum g\n", false },
		{ "one member of two groups", W(A) W(B) "group g any A\ngroup h any A B\nquorum h\n", false },
		{ "more than there are", W(A) W(B) "group g 3 A B\nquorum g\n", false },
		{ "none of them", W(A) W(B) "group g 0 A B\nquorum g\n", false },
		{ "a number with a zero before it", W(A) W(B) "group g 02 A B\nquorum g\n", false },
		{ "a negative number", W(A) "group g -1 A\nquorum g\n", false },
		{ "most of them", W(A) "group g most A\nquorum g\n", false },
		{ "a damaged key", "witness A x+00000000+AAAA\nquorum A\n", false },
	};
	struct log_policy *p = xalloc(sizeof(*p));

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) text = buf_new(LOG_POLICY_TEXT_MAX);
		struct err e = { ERR_NONE, "" };

		put_policy(&text, cases[i].text);
		assert_case(cases[i].name, log_policy_parse(p, buf_span(&text), &e) == cases[i].good);
		assert_case(cases[i].name, cases[i].good || (e.class == ERR_INPUT && strncmp(e.text, "log policy", 10) == 0));
	}
	free(p);
}

static void
test_what_a_policy_asks(void **state)
{
#define TWO_OF_THREE W(A) W(B) W(C) "group g 2 A B C\nquorum g\n"
#define NESTED W(A) W(B) W(C) W(D) W(E) "group x 2 A B C\ngroup y any D E\ngroup z all x y\nquorum z\n"
	static const struct { const char *name, *policy; int64_t times[WITNESSES]; bool met; int64_t as_of; } cases[] = {
		{ "nobody is asked, nobody says", "quorum none\n", { -1, -1, -1, -1, -1 }, true, INT64_MAX },
		{ "nobody is asked, one says", W(A) "quorum none\n", { 5, -1, -1, -1, -1 }, true, INT64_MAX },
		{ "one is asked and says", W(A) "quorum A\n", { 5, -1, -1, -1, -1 }, true, 5 },
		{ "one is asked, another says", W(A) W(B) "quorum A\n", { -1, 5, -1, -1, -1 }, false, 0 },
		{ "one is asked and is silent", W(A) "quorum A\n", { -1, 5, 6, 7, 8 }, false, 0 },
		{ "two of three, all three: the two newest count", TWO_OF_THREE, { 10, 30, 20, -1, -1 }, true, 20 },
		{ "two of three, two", TWO_OF_THREE, { 10, -1, 20, -1, -1 }, true, 10 },
		{ "two of three, one", TWO_OF_THREE, { 10, -1, -1, -1, -1 }, false, 0 },
		{ "two of three, one and strangers", TWO_OF_THREE, { 10, -1, -1, 20, 30 }, false, 0 },
		{ "any", W(A) W(B) "group g any A B\nquorum g\n", { 7, 9, -1, -1, -1 }, true, 9 },
		{ "all", W(A) W(B) "group g all A B\nquorum g\n", { 7, 9, -1, -1, -1 }, true, 7 },
		{ "all but one", W(A) W(B) "group g all A B\nquorum g\n", { 7, -1, -1, -1, -1 }, false, 0 },
		{ "two groups, both", NESTED, { 10, 30, -1, 20, -1 }, true, 10 },
		{ "two groups, the newest of each", NESTED, { 10, 30, 40, 20, 35 }, true, 30 },
		{ "two groups, one only", NESTED, { 10, 30, 40, -1, -1 }, false, 0 },
		{ "two groups, too few of one", NESTED, { 10, -1, -1, 20, 30 }, false, 0 },
	};
	struct log_policy *p = xalloc(sizeof(*p));

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) text = buf_new(LOG_POLICY_TEXT_MAX);
		own_struct(buf) note = buf_new(NOTE_MAX);
		struct err e = { ERR_NONE, "" };
		struct checkpoint c;
		struct quorum q;

		put_policy(&text, "log $L\n");
		put_policy(&text, cases[i].policy);
		put_note(&note, ORIGIN, cases[i].times);
		assert_case(cases[i].name, log_policy_parse(p, buf_span(&text), &e));
		assert_case(cases[i].name, log_policy_quorum(&q, p, buf_span(&note), &e));
		assert_case(cases[i].name, q.met == cases[i].met && (!q.met || q.as_of == cases[i].as_of));
		assert_case(cases[i].name, log_policy_check(&c, &q, p, buf_span(&note), &e) == cases[i].met);
		assert_case(cases[i].name, cases[i].met || e.class == ERR_POLICY);
	}
	free(p);
}

/* Enough witnesses do not make a checkpoint of another log, nor mend a line
 * that is wrong. */
static void
test_what_no_quorum_heals(void **state)
{
	static const int64_t all[WITNESSES] = { 1, 2, 3, 4, 5 };
	struct log_policy *p = xalloc(sizeof(*p));
	own_struct(buf) text = buf_new(LOG_POLICY_TEXT_MAX);
	own_struct(buf) other = buf_new(NOTE_MAX);
	own_struct(buf) note = buf_new(NOTE_MAX);
	unsigned char signature[64] = { 3 };
	struct checkpoint c;
	struct quorum q;
	struct err e;

	put_policy(&text, "log $L\n" TWO_OF_THREE);
	assert_done(log_policy_parse(p, buf_span(&text), &e), e);
	put_note(&other, "other.example/log", all);
	assert_false(log_policy_check(&c, &q, p, buf_span(&other), &e));
	assert_int_equal(e.class, ERR_POLICY);
	put_note(&note, ORIGIN, all);
	assert_done(log_policy_check(&c, &q, p, buf_span(&note), &e), e);
	cosignature_line(&note, &witness_name[3], 6, signature);	/* nobody of this policy */
	assert_done(log_policy_check(&c, &q, p, buf_span(&note), &e), e);
	cosignature_line(&note, &witness_name[0], 6, signature);
	assert_false(log_policy_check(&c, &q, p, buf_span(&note), &e));
	assert_int_equal(e.class, ERR_INPUT);
	/* A policy without logs knows no checkpoint. */
	buf_reset(&text);
	put_policy(&text, TWO_OF_THREE);
	assert_done(log_policy_parse(p, buf_span(&text), &e), e);
	assert_false(log_policy_check(&c, &q, p, buf_span(&note), &e));
	free(p);
}

/* As many as may be, and one more. */
static void
test_how_many(void **state)
{
	struct log_policy *p = xalloc(sizeof(*p));
	own_struct(buf) text = buf_new(LOG_POLICY_TEXT_MAX);
	unsigned char octets[NOTE_KEY_LEN] = { 0 };
	struct note_key k;
	struct err e;

	for (int i = 0; i <= LOG_POLICY_MAX; i++) {
		own_struct(buf) closed = buf_new(LOG_POLICY_TEXT_MAX);

		octets[0] = (unsigned char)i;
		assert_done(note_witness_new(&k, "w.example", octets, &e), e);
		buf_printf(&text, "witness w%d ", i);
		note_key_text(&text, &k);
		buf_printf(&text, "\ngroup g%d any w%d\n", i, i);
		buf_put_span(&closed, buf_span(&text));
		buf_put_str(&closed, "quorum g0\n");
		assert_true(log_policy_parse(p, buf_span(&closed), &e) == (i < LOG_POLICY_MAX));
	}
	assert_int_equal(e.class, ERR_LIMIT);
	assert_true(LOG_POLICY_MAX >= 32);
	buf_reset(&text);
	while (text.len <= LOG_POLICY_TEXT_MAX - 2)
		buf_put_str(&text, "#\n");
	text.max += 100;
	buf_put_str(&text, "quorum none\n");
	assert_false(log_policy_parse(p, buf_span(&text), &e));
	assert_int_equal(e.class, ERR_LIMIT);
	free(p);
}

/* Who could be a quorum, without a note. */
static void
test_who_is_enough(void **state)
{
	static const struct { const char *quorum; const char *enough, *too_few; } cases[] = {
		{ "group g 2 a b c\nquorum g\n", "ab bc ac abc abd", "a b c d ad bd" },
		{ "group g any a b\ngroup h all g c\nquorum h\n", "ac bc abc", "ab a c d cd" },
		{ "quorum d\n", "d abcd", "abc a" },
		{ "quorum none\n", "a d", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_str char *text = xprintf("witness a %s\nwitness b %s\nwitness c %s\nwitness d %s\n%s", vkey[0], vkey[1], vkey[2], vkey[3], cases[i].quorum);
		struct log_policy *p = xalloc(sizeof(*p));
		struct err e;

		assert_done(log_policy_parse(p, span_str(text), &e), e);
		for (int want = 0; want < 2; want++) {
			own_str char *words = xstrdup(want ? cases[i].enough : cases[i].too_few);
			char *rest = words, *word;

			while ((word = strsep(&rest, " ")) != NULL) {
				bool by[LOG_POLICY_MAX] = { false };

				for (const char *at = word; *at != '\0'; at++)
					by[*at - 'a'] = true;
				assert_case(cases[i].quorum, word[0] == '\0' || log_policy_enough(p, by) == want);
			}
		}
		free(p);
	}
}

static bool
key_new(EVP_PKEY **key, unsigned char public[NOTE_KEY_LEN])
{
	size_t n = NOTE_KEY_LEN;

	*key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return *key != NULL && EVP_PKEY_get_raw_public_key(*key, public, &n) == 1;
}

static int
start(void **state)
{
	unsigned char public[NOTE_KEY_LEN];
	struct buf text = buf_new(1000);
	struct err e;

	if (!key_new(&log_key, public) || !note_key_new(&log_name, ORIGIN, public, &e))
		return -1;
	note_key_text(&text, &log_name);
	log_vkey = xstrdup(buf_str(&text));
	for (int i = 0; i < WITNESSES; i++) {
		if (!key_new(&witness_key[i], public) || !note_witness_new(&witness_name[i], "w.example", public, &e))
			return -1;
		buf_reset(&text);
		note_key_text(&text, &witness_name[i]);
		vkey[i] = xstrdup(buf_str(&text));
	}
	buf_drop(&text);
	return 0;
}

static int
stop(void **state)
{
	EVP_PKEY_free(log_key);
	free(log_vkey);
	for (int i = 0; i < WITNESSES; i++) {
		EVP_PKEY_free(witness_key[i]);
		free(vkey[i]);
	}
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_a_policy),
		cmocka_unit_test(test_what_a_policy_asks),
		cmocka_unit_test(test_what_no_quorum_heals),
		cmocka_unit_test(test_how_many),
		cmocka_unit_test(test_who_is_enough),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
