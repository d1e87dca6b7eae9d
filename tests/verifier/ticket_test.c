/* What the officer's program believes: a ticket of the pinned signer, for this officer's
 * key, now; and nothing else. */
#include "tests/base/test.h"

#include "base/cms.h"
#include "base/json.h"
#include "tests/verifier/pki.h"
#include "verifier/ticket.h"

static struct pki_party root, signer, sister, officer;
static unsigned char officer_key[KEY_ID_LEN], sister_key[KEY_ID_LEN];

static int
setup(void **state)
{
	root = pki_ca("Gốc", NULL);
	signer = pki_party(&(struct pki_wish){ .name = "Dịch vụ ký" }, &root);
	sister = pki_party(&(struct pki_wish){ .name = "Dịch vụ ký" }, &root);
	officer = pki_party(&(struct pki_wish){ .name = "Người ký" }, &root);
	key_id_of_cert(officer_key, officer.cert);
	key_id_of_cert(sister_key, sister.cert);
	return 0;
}

static int
teardown(void **state)
{
	pki_drop(&root);
	pki_drop(&signer);
	pki_drop(&sister);
	pki_drop(&officer);
	return 0;
}

/* A ticket of n documents, as the service writes it. */
static void
written(struct buf *out, size_t n, int64_t expires)
{
	struct ticket t = { .expires = expires, .n = n, .document = xalloc((n + 1) * sizeof(struct ticket_document)) };
	struct err e;

	memset(t.id, 7, sizeof(t.id));
	memcpy(t.officer, officer_key, sizeof(t.officer));
	for (size_t i = 0; i < n; i++) {
		t.document[i] = (struct ticket_document){ "construction", "H99.31.07", "Nguyễn Văn Mẫu", "H99.31.07-261026-0042", i == 1 ? "TCVN3" : NULL, { 0 } };
		t.document[i].digest[0] = (unsigned char)i;
		t.document[i].digest[1] = (unsigned char)(i >> 8);
	}
	assert_done(ticket_write(out, &t, &e), e);
	ticket_drop(&t);
}

static void
signed_by(struct buf *cms, const struct pki_party *by, struct span text)
{
	struct err e;

	assert_done(cms_sign_attached(by->key, by->cert, text, cms, &e), e);
}

static bool
opens(struct span cms, X509 *pinned, const unsigned char key[KEY_ID_LEN], int64_t now, struct err *e)
{
	struct ticket t = { .n = 0 };
	bool good = ticket_open(&t, cms, pinned, key, now, e);

	ticket_drop(&t);
	return good;
}

static void
reads_the_same(void **state)
{
	static const size_t sizes[] = { 1, 2, TICKET_DOCUMENTS_MAX };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		own_struct(buf) text = buf_new(TICKET_MAX), cms = buf_new(2 * TICKET_MAX), again = buf_new(TICKET_MAX);
		struct ticket t = { .n = 0 };
		struct err e;

		written(&text, sizes[i], PKI_NOW + TICKET_LIFE_SECS);
		signed_by(&cms, &signer, buf_span(&text));
		assert_done(ticket_open(&t, buf_span(&cms), signer.cert, officer_key, PKI_NOW, &e), e);
		assert_int_equal(t.n, sizes[i]);
		assert_string_equal(t.document[0].holder, "Nguyễn Văn Mẫu");
		assert_null(t.document[0].converted);
		assert_true(t.n == 1 || strcmp(t.document[1].converted, "TCVN3") == 0);
		assert_done(ticket_write(&again, &t, &e), e);
		assert_true(span_eq(buf_span(&again), buf_span(&text)));
		ticket_drop(&t);
	}
}

static void
how_many_are_written(void **state)
{
	static const size_t sizes[] = { 0, TICKET_DOCUMENTS_MAX + 1 };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		own_struct(buf) text = buf_new(TICKET_MAX);
		struct ticket t = { .n = sizes[i] };	/* no document is looked at */
		struct err e;

		assert_false(ticket_write(&text, &t, &e));
		assert_int_equal(e.class, ERR_LIMIT);
	}
}

static void
who_and_when(void **state)
{
	static const struct { const char *name; const struct pki_party *by, *pinned; const unsigned char *key; int64_t expires; enum err_class class; const char *word; } cases[] = {
		{ "honest", &signer, &signer, officer_key, TICKET_LIFE_SECS, ERR_NONE, NULL },
		{ "at its last second", &signer, &signer, officer_key, 0, ERR_NONE, NULL },
		{ "a second later", &signer, &signer, officer_key, -1, ERR_CONFLICT, "expired" },
		{ "a clock that is a minute behind", &signer, &signer, officer_key, TICKET_LIFE_SECS + 60, ERR_NONE, NULL },
		{ "one that lives too long", &signer, &signer, officer_key, TICKET_LIFE_SECS + 61, ERR_CONFLICT, "expired" },
		{ "of another officer", &signer, &signer, sister_key, TICKET_LIFE_SECS, ERR_POLICY, "another officer's key" },
		{ "by another service of the same name", &sister, &signer, officer_key, TICKET_LIFE_SECS, ERR_INPUT, "not by this certificate" },
		{ "by the officer", &officer, &signer, officer_key, TICKET_LIFE_SECS, ERR_INPUT, "not by this certificate" },
		{ "by the root itself", &root, &signer, officer_key, TICKET_LIFE_SECS, ERR_INPUT, "not by this certificate" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) text = buf_new(TICKET_MAX), cms = buf_new(2 * TICKET_MAX);
		struct err e = { ERR_NONE, "" };
		bool good;

		written(&text, 2, PKI_NOW + cases[i].expires);
		signed_by(&cms, cases[i].by, buf_span(&text));
		good = opens(buf_span(&cms), cases[i].pinned->cert, cases[i].key, PKI_NOW, &e);
		if (cases[i].word == NULL)
			assert_done(good, e);
		else
			assert_refused(cases[i].name, good, &e, cases[i].class, cases[i].word);
	}
}

/* The signer itself signed it, and it is no ticket. */
static void
what_is_no_ticket(void **state)
{
	static const struct { const char *name, *from, *to; enum err_class class; const char *word; } cases[] = {
		{ "another thing", "ticket/1", "order/1", ERR_INPUT, "\"antin\" is not ticket/1" },
		{ "a later form", "ticket/1", "ticket/2", ERR_INPUT, "\"antin\" is not ticket/1" },
		{ "no documents", "\"documents\":[", "\"papers\":[", ERR_INPUT, "unknown key \"papers\"" },
		{ "another digest", "\"sha256\"", "\"sha1\"", ERR_POLICY, "document 1: the digest is not SHA-256" },
		{ "a digest cut short", "\"digest\":\"0000", "\"digest\":\"00", ERR_INPUT, "document 1: \"digest\": expected 64 hex digits, got 62" },
		{ "no hex", "\"digest\":\"0000", "\"digest\":\"zz00", ERR_INPUT, "document 1: \"digest\": not a hex digit at position 1" },
		{ "a key too long", "\"officer\":\"", "\"officer\":\"00", ERR_INPUT, "\"officer\": expected 64 hex digits, got 66" },
		{ "no time", "\"expires\":\"2026", "\"expires\":\"20x6", ERR_INPUT, "not a time of the form" },
		{ "something more", "\"agency\"", "\"pin\":\"1\",\"agency\"", ERR_INPUT, "document 1: unknown key \"pin\"" },
		{ "something more around it", "\"antin\"", "\"also\":1,\"antin\"", ERR_INPUT, "unknown key \"also\"" },
		{ "a key twice", "\"antin\"", "\"antin\":\"ticket/1\",\"antin\"", ERR_INPUT, "duplicate object key near '\"antin\"'" },
		{ "a number for a holder", "\"Nguyễn Văn Mẫu\"", "7", ERR_INPUT, "document 1: \"holder\" is not a string" },
		{ "a number for a kind", "\"construction\"", "7", ERR_INPUT, "document 1: \"kind\" is not a string" },
		{ "a number for an agency", "\"H99.31.07\"", "7", ERR_INPUT, "document 1: \"agency\" is not a string" },
		{ "a number for a dossier", "\"H99.31.07-261026-0042\"", "7", ERR_INPUT, "document 1: \"dossier\" is not a string" },
		{ "a number for a code page", "\"agency\"", "\"converted\":1258,\"agency\"", ERR_INPUT, "document 1: \"converted\" is not a string" },
		{ "no JSON", "{", "[", ERR_INPUT, "']' expected near ':'" },
		{ "something behind", "\"id\"", "\"id\":\"\"}{\"id\"", ERR_INPUT, "end of file expected near '{'" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) text = buf_new(TICKET_MAX), cms = buf_new(2 * TICKET_MAX);
		own_str char *changed = NULL;
		const char *whole, *at;
		struct err e;

		written(&text, 1, PKI_NOW + TICKET_LIFE_SECS);
		whole = buf_str(&text);
		at = strstr(whole, cases[i].from);
		assert_case(cases[i].name, at != NULL);
		changed = xprintf("%.*s%s%s", (int)(at - whole), whole, cases[i].to, at + strlen(cases[i].from));
		signed_by(&cms, &signer, span_str(changed));
		assert_refused(cases[i].name, opens(buf_span(&cms), signer.cert, officer_key, PKI_NOW, &e), &e, cases[i].class, cases[i].word);
	}
}

/* 501 documents, signed all the same. */
static void
one_document_too_many(void **state)
{
	own_struct(buf) text = buf_new(TICKET_MAX), more = buf_new(2 * TICKET_MAX), cms = buf_new(2 * TICKET_MAX);
	own(json_t) *j = NULL;
	json_t *list;
	struct err e;

	written(&text, TICKET_DOCUMENTS_MAX, PKI_NOW + TICKET_LIFE_SECS);
	assert_done(json_read(&j, buf_span(&text), &e), e);
	list = json_object_get(j, "documents");
	json_array_append(list, json_array_get(list, 0));
	json_write(&more, j);
	signed_by(&cms, &signer, buf_span(&more));
	assert_false(opens(buf_span(&cms), signer.cert, officer_key, PKI_NOW, &e));
	assert_int_equal(e.class, ERR_LIMIT);
	json_array_clear(list);
	buf_reset(&more);
	buf_reset(&cms);
	json_write(&more, j);
	signed_by(&cms, &signer, buf_span(&more));
	assert_false(opens(buf_span(&cms), signer.cert, officer_key, PKI_NOW, &e));
	assert_int_equal(e.class, ERR_LIMIT);
}

/* No octet of it can be another: each is changed, and so is the length. */
static void
altered_octets(void **state)
{
	own_struct(buf) text = buf_new(TICKET_MAX), cms = buf_new(2 * TICKET_MAX);
	struct ticket t = { .n = 0 };
	size_t believed = 0;
	struct err e;

	written(&text, 1, PKI_NOW + TICKET_LIFE_SECS);
	signed_by(&cms, &signer, buf_span(&text));
	for (size_t i = 0; i < cms.len; i++) {
		cms.ptr[i] ^= 1;
		if (ticket_open(&t, buf_span(&cms), signer.cert, officer_key, PKI_NOW, &e)) {
			/* Certificates beside the signature decide nothing. */
			own_struct(buf) again = buf_new(TICKET_MAX);

			assert_done(ticket_write(&again, &t, &e), e);
			assert_true(span_eq(buf_span(&again), buf_span(&text)));
			ticket_drop(&t);
			believed++;
		}
		cms.ptr[i] ^= 1;
	}
	assert_true(believed < cms.len / 2);
	for (size_t n = 0; n < cms.len; n += 13)
		assert_false(opens(span_of(cms.ptr, n), signer.cert, officer_key, PKI_NOW, &e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(reads_the_same), cmocka_unit_test(how_many_are_written), cmocka_unit_test(who_and_when),
		cmocka_unit_test(what_is_no_ticket), cmocka_unit_test(one_document_too_many), cmocka_unit_test(altered_octets) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
