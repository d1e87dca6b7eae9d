/* Signed notes and checkpoints, signed here with a key of the test's own, and
 * everything that is not one. */
#include "tests/base/test.h"

#include "register/note.h"

#include <openssl/evp.h>
#include <string.h>

#define ORIGIN "test.example/log"
#define DASH "\xe2\x80\x94 "

static EVP_PKEY *key;
static struct note_key known, witness;	/* one key of two kinds: the tests sign for both */

static void
sign(unsigned char signature[64], struct span text)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = 64;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &n, text.ptr, text.len), 1);
	EVP_MD_CTX_free(ctx);
}

static void
put_note(struct buf *out, const char *text, const struct note_key *by)
{
	unsigned char signature[64];

	sign(signature, span_str(text));
	buf_printf(out, "%s\n", text);
	note_line(out, by, signature);
}

static void
put_checkpoint(struct buf *out, const char *origin, uint64_t size)
{
	struct checkpoint c = { .size = size, .root = { { 7, 7 } } };
	own_struct(buf) text = buf_new(1000);

	strcpy(c.origin, origin);
	checkpoint_text(&text, &c);
	put_note(out, buf_str(&text), &known);
}

static void
test_a_checkpoint_both_ways(void **state)
{
	static const uint64_t sizes[] = { 0, 1, 9, 10, 256, 4294967296, 9223372036854775807 };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		own_struct(buf) note = buf_new(NOTE_MAX);
		struct checkpoint back;
		struct err e;

		put_checkpoint(&note, ORIGIN, sizes[i]);
		assert_done(checkpoint_check(&back, buf_span(&note), &known, &e), e);
		assert_int_equal(back.size, sizes[i]);
		assert_string_equal(back.origin, ORIGIN);
		assert_int_equal(back.root.octet[1], 7);
	}
}

/* No octet of a note can change, be cut off or be added. */
static void
test_every_octet_counts(void **state)
{
	own_struct(buf) note = buf_new(NOTE_MAX);
	struct checkpoint back;
	struct err e;

	put_checkpoint(&note, ORIGIN, 42);
	for (size_t i = 0; i < note.len; i++) {
		note.ptr[i] ^= 1;
		assert_false(checkpoint_check(&back, buf_span(&note), &known, &e));
		note.ptr[i] ^= 1;
		assert_false(checkpoint_check(&back, span_of(note.ptr, i), &known, &e));
	}
	buf_put_byte(&note, '\n');
	assert_false(checkpoint_check(&back, buf_span(&note), &known, &e));
}

static void
test_checkpoint_texts(void **state)
{
#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	static const struct { const char *name, *text; bool good; } cases[] = {
		{ "as it should be", "o\n5\n" ROOT "\n", true },
		{ "size nothing", "o\n0\n" ROOT "\n", true },
		{ "empty", "", false },
		{ "two lines", "o\n5\n", false },
		{ "last line not ended", "o\n5\n" ROOT, false },
		{ "a fourth line", "o\n5\n" ROOT "\nmore\n", false },
		{ "no origin", "\n5\n" ROOT "\n", false },
		{ "no size", "o\n\n" ROOT "\n", false },
		{ "a leading zero", "o\n05\n" ROOT "\n", false },
		{ "a sign", "o\n+5\n" ROOT "\n", false },
		{ "a negative size", "o\n-5\n" ROOT "\n", false },
		{ "hexadecimal", "o\n0x5\n" ROOT "\n", false },
		{ "a space", "o\n5 \n" ROOT "\n", false },
		{ "a size of 20 digits", "o\n18446744073709551616\n" ROOT "\n", false },
		{ "a root that is too short", "o\n5\nAAAA\n", false },
		{ "a root of 33 octets", "o\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", false },
		{ "a root without padding", "o\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n", false },
		{ "a root of another alphabet", "o\n5\n47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=\n", false },
		{ "a carriage return", "o\r\n5\r\n" ROOT "\r\n", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { ERR_NONE, "" };
		struct checkpoint c;

		assert_case(cases[i].name, checkpoint_parse(&c, span_str(cases[i].text), &e) == cases[i].good);
		assert_case(cases[i].name, cases[i].good || e.class == ERR_INPUT);
	}
}

static void
test_vkeys(void **state)
{
#define PUBLISHED "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
	static const struct { const char *name, *vkey; bool good; } cases[] = {
		{ "the published one", PUBLISHED, true },
		{ "empty", "", false },
		{ "a name alone", "example.com/log/testdata", false },
		{ "no key", "example.com/log/testdata+33d7b496", false },
		{ "no name", "+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx", false },
		{ "another id", "example.com/log/testdata+33d7b497+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx", false },
		{ "another name", "example.com/log/testdatb+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx", false },
		{ "another key", "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSw", false },
		{ "a name with a space", "example.com log+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx", false },
		{ "an id in upper case", "example.com/log/testdata+33D7B496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx", false },
		{ "an id that is too short", "example.com/log/testdata+33d7b4+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx", false },
		{ "a key of another type", "example.com/log/testdata+33d7b496+AuHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx", false },
		{ "a key that is too short", "example.com/log/testdata+33d7b496+AeHTu4Q3", false },
		{ "not base64", "example.com/log/testdata+33d7b496+!!!!", false },
		{ "something after it", PUBLISHED "\n", false },
		{ "a witness's", "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) text = buf_new(1000);
		struct err e = { ERR_NONE, "" };
		struct note_key k;

		assert_case(cases[i].name, note_key_parse(&k, cases[i].vkey, &e) == cases[i].good);
		assert_case(cases[i].name, cases[i].good || e.class == ERR_INPUT);
		if (!cases[i].good)
			continue;
		note_key_text(&text, &k);
		assert_string_equal(buf_str(&text), cases[i].vkey);
	}
}

/* Lines of others are passed over; a wrong line of the known key is not. */
static void
test_several_signatures(void **state)
{
	static const char text[] = "some text\n\nwith an empty line\n";
	own_struct(buf) note = buf_new(NOTE_MAX);
	own_struct(buf) others = buf_new(NOTE_MAX);
	unsigned char signature[64] = { 1 };
	struct note_key stranger = known, namesake = known;
	struct err e;

	strcpy(stranger.name, "witness.example");
	namesake.id[0] ^= 1;
	put_note(&others, text, &stranger);
	assert_false(note_check(buf_span(&others), &known, &e));
	note_line(&others, &namesake, signature);
	assert_false(note_check(buf_span(&others), &known, &e));

	put_note(&note, text, &known);
	note_line(&note, &stranger, signature);
	note_line(&note, &namesake, signature);
	assert_done(note_check(buf_span(&note), &known, &e), e);
	note_line(&note, &known, signature);
	assert_false(note_check(buf_span(&note), &known, &e));
	assert_non_null(strstr(e.text, "does not verify"));
}

static void
test_too_much(void **state)
{
	own_struct(buf) note = buf_new(2 * NOTE_MAX);
	own_struct(buf) longer = buf_new(2 * NOTE_MAX);
	unsigned char signature[64] = { 1 };
	struct note_key stranger = known;
	struct err e;

	strcpy(stranger.name, "witness.example");
	put_note(&note, "text\n", &known);
	for (int i = 1; i < NOTE_SIGNATURES_MAX; i++)
		note_line(&note, &stranger, signature);
	assert_done(note_check(buf_span(&note), &known, &e), e);
	note_line(&note, &stranger, signature);
	assert_false(note_check(buf_span(&note), &known, &e));
	assert_int_equal(e.class, ERR_LIMIT);

	while (longer.len < NOTE_MAX)
		buf_put_str(&longer, "0123456789\n");
	assert_false(note_check(buf_span(&longer), &known, &e));
	assert_int_equal(e.class, ERR_LIMIT);
}

static void
test_not_a_note(void **state)
{
	static const struct { const char *name, *note; } cases[] = {
		{ "empty", "" },
		{ "text alone", "text\n" },
		{ "no signature line", "text\n\n" },
		{ "a line without its end", "text\n\n" DASH "a AAAA" },
		{ "a hyphen for the dash", "text\n\n- " ORIGIN " AAAAAAAA\n" },
		{ "no name", "text\n\n" DASH "AAAAAAAA\n" },
		{ "not base64", "text\n\n" DASH ORIGIN " ????\n" },
		{ "too short for an id", "text\n\n" DASH ORIGIN " AAAA\n" },
		{ "text after the signatures", "text\n\n" DASH ORIGIN " AAAAAAAA\nmore\n" },
		{ "a tab", "te\txt\n\n" DASH ORIGIN " AAAAAAAA\n" },
		{ "a carriage return", "text\r\n\r\n" DASH ORIGIN " AAAAAAAA\r\n" },
		{ "not UTF-8", "te\xffxt\n\n" DASH ORIGIN " AAAAAAAA\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { ERR_NONE, "" };

		assert_case(cases[i].name, !note_check(span_str(cases[i].note), &known, &e));
		assert_case(cases[i].name, e.class == ERR_INPUT && e.text[0] != '\0');
	}
}

/* Signed by the right key, and yet of another log or no checkpoint. */
static void
test_another_log(void **state)
{
	own_struct(buf) other = buf_new(NOTE_MAX);
	own_struct(buf) prose = buf_new(NOTE_MAX);
	struct checkpoint c;
	struct err e;

	put_checkpoint(&other, "other.example/log", 5);
	assert_false(checkpoint_check(&c, buf_span(&other), &known, &e));
	assert_non_null(strstr(e.text, "another log"));
	put_note(&prose, "no checkpoint\n", &known);
	assert_false(checkpoint_check(&c, buf_span(&prose), &known, &e));
}

/* A witness and what it cosigned, published by another project (sunlight,
 * cmd/skylight/testdata/witness). */
#define WITNESS_VKEY "witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN"
#define WITNESSED "rome2026h1.example.org\n300\nlCkHUpkmVBEms2r2T1K6Og69+wUuuN3MIEW1/ezu2v0=\n\n" \
	DASH "rome2026h1.example.org kVB1JgAAAZtxtEwABAMARzBFAiEAi+mTa2xjL1IdWpH82OeciGsGvwRAP+f1WkfKaSZCfFECIHoNPZ/Q3y6UNzvKOO9cuLr6V16vPNfhwhle9f6r5H/Z\n" \
	DASH "witness.example.org uKLPIAAAAABpVGeAhm2bOvKc3LaB9PFN1ruG19Y5yqslmcAAbhftnn1Zznmo0LXFZq4LGvqKqLX8jWlwLKasxEGTLIqAVusneCBmBw==\n"

static void
test_a_published_cosignature(void **state)
{
	own_struct(buf) text = buf_new(1000);
	char note[] = WITNESSED;
	struct note_word w;
	struct note_key k;
	struct err e;

	assert_done(note_witness_parse(&k, WITNESS_VKEY, &e), e);
	note_key_text(&text, &k);
	assert_string_equal(buf_str(&text), WITNESS_VKEY);
	assert_done(note_look(&w, span_str(note), &k, &e), e);
	assert_true(w.there && w.time == 1767139200);
	assert_true(w.line.len == strlen(strstr(note, DASH "witness")) - 1);
	/* Any other root, size or time is none that it cosigned. */
	for (char *at = note; *at != ' '; at++) {
		if (*at == '\n')
			continue;
		*at ^= 1;
		assert_false(note_look(&w, span_str(note), &k, &e));
		*at ^= 1;
	}
	*(strstr(note, "uKLPIAAAAABp") + 11) = 'q';
	assert_false(note_look(&w, span_str(note), &k, &e));
}

static void
put_cosignature(struct buf *note, int64_t time)
{
	own_struct(buf) signed_ = buf_new(NOTE_MAX);
	struct span text, rest;
	unsigned char signature[64];
	struct err e;

	assert_done(note_split(&text, &rest, buf_span(note), &e), e);
	cosignature_text(&signed_, time, text);
	sign(signature, buf_span(&signed_));
	cosignature_line(note, &witness, time, signature);
}

/* A log's signature is no cosignature and the other way round, whoever made it. */
static void
test_kinds_are_apart(void **state)
{
	own_struct(buf) note = buf_new(NOTE_MAX);
	own_struct(buf) forged = buf_new(NOTE_MAX);
	unsigned char signature[64];
	struct note_word w;
	struct err e;

	put_checkpoint(&note, ORIGIN, 7);
	assert_done(note_look(&w, buf_span(&note), &witness, &e), e);
	assert_false(w.there);
	put_cosignature(&note, 1700000000);
	assert_done(note_look(&w, buf_span(&note), &witness, &e), e);
	assert_true(w.there && w.time == 1700000000);
	assert_done(note_check(buf_span(&note), &known, &e), e);
	/* Of several the newest counts. */
	put_cosignature(&note, 1700000100);
	put_cosignature(&note, 1700000050);
	assert_done(note_look(&w, buf_span(&note), &witness, &e), e);
	assert_int_equal(w.time, 1700000100);

	/* The log's signature under the witness's name and id. */
	put_checkpoint(&forged, ORIGIN, 7);
	sign(signature, span_str("nothing"));
	note_line(&forged, &witness, signature);
	assert_false(note_look(&w, buf_span(&forged), &witness, &e));
	assert_done(note_check(buf_span(&forged), &known, &e), e);
}

static void
test_cosignature_times(void **state)
{
	static const struct { const char *name; int64_t signed_, told; bool good; } cases[] = {
		{ "as signed", 1700000000, 1700000000, true },
		{ "the beginning of time", 0, 0, true },
		{ "the end of time", INT64_MAX, INT64_MAX, true },
		{ "a second later", 1700000000, 1700000001, false },
		{ "none", 1700000000, 0, false },
		{ "beyond 2^63 - 1", -1, -1, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) note = buf_new(NOTE_MAX);
		own_struct(buf) text = buf_new(NOTE_MAX);
		struct err e = { ERR_NONE, "" };
		unsigned char signature[64];
		struct span body, rest;
		struct note_word w;

		put_checkpoint(&note, ORIGIN, 7);
		assert_done(note_split(&body, &rest, buf_span(&note), &e), e);
		cosignature_text(&text, cases[i].signed_, body);
		sign(signature, buf_span(&text));
		cosignature_line(&note, &witness, cases[i].told, signature);
		assert_case(cases[i].name, note_look(&w, buf_span(&note), &witness, &e) == cases[i].good);
	}
}

static void
test_extension_lines(void **state)
{
	static const struct { const char *name, *text; bool good; } cases[] = {
		{ "none", "o\n5\n" ROOT "\n", true },
		{ "two", "o\n5\n" ROOT "\none\ntwo\n", true },
		{ "an empty one", "o\n5\n" ROOT "\n\n", false },
		{ "one that does not end", "o\n5\n" ROOT "\none", false },
		{ "a size that is none", "o\nfive\n" ROOT "\none\n", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { ERR_NONE, "" };
		struct checkpoint c;

		assert_case(cases[i].name, checkpoint_parse_any(&c, span_str(cases[i].text), &e) == cases[i].good);
	}
}

static int
start(void **state)
{
	unsigned char public[NOTE_KEY_LEN];
	size_t n = sizeof(public);
	struct err e;

	key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return key != NULL && EVP_PKEY_get_raw_public_key(key, public, &n) == 1 && note_key_new(&known, ORIGIN, public, &e) &&
	    note_witness_new(&witness, "witness.example/w", public, &e) ? 0 : -1;
}

static int
stop(void **state)
{
	EVP_PKEY_free(key);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_checkpoint_both_ways),
		cmocka_unit_test(test_every_octet_counts),
		cmocka_unit_test(test_checkpoint_texts),
		cmocka_unit_test(test_vkeys),
		cmocka_unit_test(test_several_signatures),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_not_a_note),
		cmocka_unit_test(test_another_log),
		cmocka_unit_test(test_a_published_cosignature),
		cmocka_unit_test(test_kinds_are_apart),
		cmocka_unit_test(test_cosignature_times),
		cmocka_unit_test(test_extension_lines),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
