/* Prepare and finish: who may sign what, and that nothing but the prepared
 * officer's signature over the prepared octets becomes a signature. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/json.h"
#include "tests/register/database.h"
#include "tests/signer/world.h"
#include "verifier/ticket.h"

static struct office o;

static int begin(void **state) { office_begin(&o); return 0; }
static int end(void **state) { office_end(&o); return 0; }

static void
who_may_prepare(void **state)
{
	static const struct { const char *name, *sample; enum staff by; const char *word; } cases[] = {
		{ "the city's officer", "gpxd-01", DIEP, NULL },
		{ "the department's own officer", "gpxd-02", BLIK, NULL },
		{ "agency out of scope", "gpxd-01", BLIK, "no appointment (officer) for agency H99.31.07" },
		{ "appointed for another kind", "gpxd-01", HOA, "kind construction" },
		{ "mode that the kind allows", "gpxd-01", TL, NULL },
		{ "mode that the kind does not allow", "gphn-01", TL, "no appointment (officer)" },
		{ "appointment that ended", "gpxd-01", PAST, "no appointment (officer)" },
		{ "no appointment", "gpxd-01", NOBODY, "no appointment (officer)" },
		{ "a clerk", "gpxd-01", CLERK, "no appointment (officer)" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own(json_t) *prepared = NULL;
		struct err e = { ERR_NONE, "" };
		char handle[33];
		bool done;

		office_draft(&o, handle, cases[i].sample, NULL);
		done = office_prepare(&o, &prepared, o.staff[cases[i].by].cert, (const char *const[]){ handle }, 1, &e);
		if (cases[i].word != NULL)
			office_refused(cases[i].name, done, &e, ERR_POLICY, cases[i].word);
		else
			assert_done(done, e);
		assert_true(office_is(&o, handle, "draft"));
	}
}

/* Certificates that are real, and not an official's, or not ours. */
static void
whose_certificate(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(X509) *stranger = X509_new();
	own(X509) *twin = X509_dup(o.staff[DIEP].cert);
	own(json_t) *prepared = NULL;
	char handle[33];
	struct err e;

	ASN1_INTEGER_set(X509_get_serialNumber(stranger), 4711);
	X509_set_pubkey(stranger, key);
	X509_gmtime_adj(X509_getm_notBefore(stranger), 0);
	X509_gmtime_adj(X509_getm_notAfter(stranger), 86400);
	assert_true(X509_sign(stranger, key, EVP_sha256()) > 0);
	/* The officer's own serial number on another key. */
	X509_set_pubkey(twin, key);
	assert_true(X509_sign(twin, key, EVP_sha256()) > 0);
	office_draft(&o, handle, "gpxd-01", NULL);

	const struct { const char *name; X509 *cert; const char *word; } cases[] = {
		{ "an administrator's", o.w.admin[MAI].cert, "profile administrator does not sign permits" },
		{ "the issuing authority's", o.w.issuing, "no certificate with this serial number" },
		{ "a stranger's", stranger, "no certificate with this serial number" },
		{ "a forged twin of the officer's", twin, "not the certificate that was issued" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		office_refused(cases[i].name, office_prepare(&o, &prepared, cases[i].cert, (const char *const[]){ handle }, 1, &e), &e, ERR_POLICY, cases[i].word);
}

static void
what_may_be_prepared(void **state)
{
	own(json_t) *prepared = NULL;
	char draft[33], done[33], issued[33];
	struct err e;

	office_draft(&o, draft, "gpxd-01", NULL);
	office_signed(&o, done, "gpxd-01", NULL);
	office_issued(&o, issued, "vpdd-01", "99-00777-01");

	const struct { const char *name, *handle[3]; size_t n; enum err_class class; const char *word; } cases[] = {
		{ "signed already", { done }, 1, ERR_CONFLICT, "not a draft any more (signed)" },
		{ "issued already", { issued }, 1, ERR_CONFLICT, "not a draft any more (issued)" },
		{ "two, and neither can be signed", { done, issued }, 2, ERR_CONFLICT, "permit 1: this permit is not a draft any more (signed)" },
		{ "none with this handle", { "00000000000000000000000000000000" }, 1, ERR_ABSENT, "no permit with this handle" },
		{ "no handle at all", { "xyz" }, 1, ERR_INPUT, "32 hex digits" },
		{ "one handle twice", { draft, draft }, 2, ERR_INPUT, "stands twice" },
		{ "none", { NULL }, 0, ERR_LIMIT, "1 to 500" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		office_refused(cases[i].name, office_prepare(&o, &prepared, o.staff[DIEP].cert, cases[i].handle, cases[i].n, &e), &e, cases[i].class, cases[i].word);
	assert_true(office_is(&o, draft, "draft"));
}

/* Those that cannot be signed are left out, and told with their reasons. */
static void
some_may_be_prepared(void **state)
{
	static const char nowhere[] = "00000000000000000000000000000000";
	own(json_t) *prepared = NULL, *answer = NULL;
	own_str char *request = NULL;
	char draft[33], done[33], elsewhere[33];
	struct err e;

	office_draft(&o, draft, "gpxd-02", NULL);
	office_draft(&o, elsewhere, "gpxd-01", NULL);	/* not BLIK's agency */
	office_signed(&o, done, "gpxd-02", NULL);
	assert_done(office_prepare(&o, &prepared, o.staff[BLIK].cert, (const char *const[]){ done, draft, nowhere, elsewhere }, 4, &e), e);
	assert_int_equal(json_array_size(json_object_get(prepared, "documents")), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(prepared, "documents"), 0), "handle")), draft);

	static const struct { enum err_class class; const char *word; } why[] = {
		{ ERR_CONFLICT, "not a draft any more (signed)" }, { ERR_ABSENT, "no permit with this handle" }, { ERR_POLICY, "no appointment (officer)" },
	};
	own(json_t) *refused = json_pack("{s:O}", "results", json_object_get(prepared, "refused"));

	assert_int_equal(json_array_size(json_object_get(prepared, "refused")), COUNT(why));
	for (size_t i = 0; i < COUNT(why); i++)
		office_result(why[i].word, refused, i, why[i].class, why[i].word);
	request = office_signatures(prepared, o.staff[BLIK].key);
	assert_done(office_finish(&o, &answer, request, &e), e);
	assert_int_equal(json_array_size(json_object_get(answer, "results")), 1);
	assert_true(office_is(&o, draft, "signed") && office_is(&o, elsewhere, "draft"));
}

/*
 * Finish.
 */

/* Drafts, prepared by DIEP. */
static json_t *
two_prepared(char a[33], char b[33])
{
	json_t *prepared = NULL;
	struct err e;

	office_draft(&o, a, "gpxd-01", NULL);
	office_draft(&o, b, "gphn-01", NULL);
	assert_done(office_prepare(&o, &prepared, o.staff[DIEP].cert, (const char *const[]){ a, b }, 2, &e), e);
	return prepared;
}

/* The permit is verified alone, by what the certificate says: what would not be sealed
 * is not signed. */
static void
what_the_certificate_does_not_say(void **state)
{
	static const struct { const char *name, *spoil, *mend; enum staff who; const char *code, *word; } rows[] = {
		{ "an appointment with another title", "UPDATE appointment SET title = 'CHỦ TỊCH' WHERE person = 'CB-000101'",
		  "UPDATE appointment SET title = 'PHÓ CHỦ TỊCH' WHERE person = 'CB-000101'", DIEP, "certificate-title", "the title of the appointment" },
		{ "an appointment of the city, a certificate of a department", "UPDATE appointment SET agency = 'H99' WHERE person = 'CB-000102'",
		  "UPDATE appointment SET agency = 'H99.14' WHERE person = 'CB-000102'", BLIK, "certificate-agency", "the certificate is of an agency" },
	};
	char handle[33];
	const char *const one[] = { handle };

	office_draft(&o, handle, "gpxd-01", NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		own(json_t) *prepared = NULL;
		struct err e = { ERR_NONE, "" };

		database_do(o.w.database, rows[i].spoil);
		office_refused(rows[i].name, office_prepare(&o, &prepared, o.staff[rows[i].who].cert, one, 1, &e), &e, ERR_POLICY, rows[i].word);
		assert_case(rows[i].name, strcmp(e.code, rows[i].code) == 0 && e.vi[0] != '\0');
		database_do(o.w.database, rows[i].mend);
	}
	office_sign(&o, DIEP, handle);
}

/* TUQ. signs as long as who authorises may, and not from when it was not said by whom. */
static void
by_authorisation(void **state)
{
	own(json_t) *prepared = NULL, *answer = NULL, *again = NULL;
	own_str char *signatures = NULL;
	own_struct(buf) file = buf_new(SIGNER_MESSAGE_MAX);
	char first[33], handle[33];
	const char *const one[] = { handle };
	struct err e;

	office_appoint(&o, PAST, "officer", "H99", "KT.", "*", NULL);
	office_authorise(&o, NOBODY, PAST, "H99", "construction");
	office_draft(&o, first, "gpxd-01", NULL);
	office_sign(&o, NOBODY, first);
	office_file(&o, &file, first);
	assert_non_null(strstr(buf_str(&file), "TUQ."));
	office_draft(&o, handle, "gpxd-01", NULL);
	assert_done(office_prepare(&o, &prepared, o.staff[NOBODY].cert, one, 1, &e), e);
	signatures = office_signatures(prepared, o.staff[NOBODY].key);
	/* As it was before: TUQ. of nobody. */
	database_do(o.w.database, "CREATE TABLE kept AS SELECT id, authorised_by FROM appointment WHERE mode = 'TUQ.';"
	    "UPDATE appointment SET authorised_by = NULL WHERE mode = 'TUQ.'");
	office_refused("by nobody", office_prepare(&o, &again, o.staff[NOBODY].cert, one, 1, &e), &e, ERR_POLICY, "no appointment (officer)");
	database_do(o.w.database, "UPDATE appointment SET authorised_by = (SELECT authorised_by FROM kept WHERE kept.id = appointment.id) WHERE mode = 'TUQ.'; DROP TABLE kept");

	office_dismiss(&o, PAST);
	assert_done(office_finish(&o, &answer, signatures, &e), e);
	office_result("finished after the end", answer, 0, ERR_POLICY, "no appointment (officer)");
	office_refused("prepared after the end", office_prepare(&o, &again, o.staff[NOBODY].cert, one, 1, &e), &e, ERR_POLICY, "no appointment (officer)");
}

enum trick { HONEST, FOREIGN_KEY, SWAPPED, OTHER_SESSION, SHORT, ZERO, NOT_BASE64, MISSING, OTHER_HANDLE };

/* What finish is sent, made wrong for the first document. */
static char *
tricked(enum trick how, const json_t *prepared, const json_t *other)
{
	own_str char *honest = office_signatures(prepared, o.staff[how == FOREIGN_KEY ? BLIK : DIEP].key);
	own_str char *else_text = office_signatures(other, o.staff[DIEP].key);
	own(json_t) *j = json_loads(honest, 0, NULL);
	own(json_t) *of_other = json_loads(else_text, 0, NULL);
	json_t *list = json_object_get(j, "signatures"), *one = json_array_get(list, 0), *two = json_array_get(list, 1);
	own_struct(buf) text = buf_new(1 << 20);
	own_struct(buf) zero = buf_new(256);
	static const unsigned char zeros[64];

	base64_put(&zero, span_of(zeros, sizeof(zeros)));
	switch (how) {
	case HONEST: case FOREIGN_KEY: break;
	case SWAPPED: json_object_set(one, "signature", json_object_get(two, "signature")); break;
	case OTHER_SESSION: json_object_set(one, "signature", json_object_get(json_array_get(json_object_get(of_other, "signatures"), 0), "signature")); break;
	case SHORT: json_object_set_new(one, "signature", json_string("AAAA")); break;
	case ZERO: json_object_set_new(one, "signature", json_string(buf_str(&zero))); break;
	case NOT_BASE64: json_object_set_new(one, "signature", json_string("!!!")); break;
	case MISSING: json_array_remove(list, 0); break;
	case OTHER_HANDLE: json_object_set_new(one, "handle", json_string("00000000000000000000000000000000")); break;
	}
	json_write(&text, j);
	return xstrdup(buf_str(&text));
}

static void
what_becomes_a_signature(void **state)
{
	static const struct { const char *name; enum trick how; bool second_too; const char *word; } cases[] = {
		{ "honest", HONEST, false, NULL },
		{ "another officer's key", FOREIGN_KEY, true, "not the officer's over what was prepared" },
		{ "the signature of the other document", SWAPPED, false, "not the officer's over what was prepared" },
		{ "the signature of another preparation", OTHER_SESSION, false, "not the officer's over what was prepared" },
		{ "three octets", SHORT, false, "signature has 64 bytes, not 3" },
		{ "64 zeros", ZERO, false, "not the officer's over what was prepared" },
		{ "not base64", NOT_BASE64, false, "base64: length is not a multiple of four" },
		{ "none", MISSING, false, "no signature came for this permit" },
		{ "of a permit that was not prepared", OTHER_HANDLE, false, "no signature came for this permit" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char a[33], b[33], c[33], d[33];
		own(json_t) *prepared = two_prepared(a, b);
		own(json_t) *other = two_prepared(c, d);
		own_str char *request = tricked(cases[i].how, prepared, other);
		own(json_t) *answer = NULL;
		struct err e;

		assert_done(office_finish(&o, &answer, request, &e), e);
		office_result(cases[i].name, answer, 0, ERR_INPUT, cases[i].word);
		office_result(cases[i].name, answer, 1, ERR_INPUT, cases[i].second_too ? cases[i].word : NULL);
		assert_case(cases[i].name, office_is(&o, a, cases[i].word == NULL ? "signed" : "draft"));
		assert_case(cases[i].name, office_is(&o, b, cases[i].second_too ? "draft" : "signed"));
		assert_int_equal(json_array_size(json_object_get(answer, "results")), cases[i].how == OTHER_HANDLE ? 3 : 2);
		if (cases[i].how == OTHER_HANDLE)
			office_result(cases[i].name, answer, 2, ERR_INPUT, "not prepared in this session");
		/* What failed is over: the session is used. */
		office_refused("used", office_finish(&o, &answer, request, &e), &e, ERR_CONFLICT, "used, expired or unknown");
	}
}

/* What has not the form uses nothing up: the honest signatures still come. */
static void
what_has_not_the_form(void **state)
{
	static const struct { const char *name, *entries, *word; } cases[] = {
		{ "no object", "[\"x\"]", "signature 1: expected a JSON object" },
		{ "no signature", "[{\"handle\":\"%s\"}]", "signature 1" },
		{ "no text", "[{\"handle\":\"%s\",\"signature\":7}]", "signature 1" },
		{ "something more", "[{\"handle\":\"%s\",\"signature\":\"\",\"digest\":\"\"}]", "digest" },
		{ "no handle's form", "[{\"handle\":\"0%s\",\"signature\":\"\"}]", "32 hex digits" },
		{ "a handle in capitals", "[{\"handle\":\"ABCDEFABCDEFABCDEFABCDEFABCDEFAB\",\"signature\":\"\"}]", "32 hex digits" },
		{ "one permit twice", "[{\"handle\":\"%s\",\"signature\":\"\"},{\"handle\":\"%s\",\"signature\":\"\"}]", "signature 2: a second one for the same permit" },
		{ "one permit twice, right and wrong", "[{\"handle\":\"%s\",\"signature\":\"AAAA\"},{\"handle\":\"%s\",\"signature\":\"BBBB\"}]", "a second one" },
		{ "an object", "{}", "signatures" },
	};
	char a[33], b[33];
	own(json_t) *prepared = two_prepared(a, b), *answer = NULL;
	own_str char *request = office_signatures(prepared, o.staff[DIEP].key);
	const char *session = json_string_value(json_object_get(prepared, "session"));
	struct err e;

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) text = buf_new(1 << 16);

		buf_printf(&text, "{\"session\":\"%s\",\"signatures\":", session);
		for (const char *c = cases[i].entries; *c != '\0'; c++)
			if (c[0] == '%' && c[1] == 's') {
				buf_put_str(&text, a);
				c++;
			} else {
				buf_put_byte(&text, (unsigned char)*c);
			}
		buf_put_str(&text, "}");
		office_refused(cases[i].name, office_finish(&o, &answer, buf_str(&text), &e), &e, ERR_INPUT, cases[i].word);
	}
	assert_done(office_finish(&o, &answer, request, &e), e);
	assert_true(office_is(&o, a, "signed") && office_is(&o, b, "signed"));
}

/*
 * As many as a ticket takes.
 */

#define MANY TICKET_DOCUMENTS_MAX

/* Draft i is made like sample i of three. */
static void
many_drafts(char handle[][33], size_t n)
{
	static const char *const samples[] = { "gpxd-01", "gphn-01", "gpxd-02" };

	for (size_t i = 0; i < n; i++)
		office_draft(&o, handle[i], samples[i % COUNT(samples)], NULL);
}

static json_t *
signature_of(const json_t *signatures, size_t i)
{
	return json_object_get(json_array_get(signatures, i), "signature");
}

static void
set_signature(json_t *signatures, size_t i, json_t *to)
{
	json_object_set_new(json_array_get(signatures, i), "signature", to);
}

/* What is wrong with the signatures of a batch, and with nothing else of it: their places in it. */
static const struct { const char *name; size_t at; const char *word; } wrong[] = {
	{ "the next one's", 0, "not the officer's over what was prepared" },
	{ "the one's before", 1, "not the officer's over what was prepared" },
	{ "another officer's", 10, "not the officer's over what was prepared" },
	{ "altered", 77, "not the officer's over what was prepared" },
	{ "cut short", 250, "signature has 64 bytes, not 3" },
	{ "none", MANY - 1, "no signature came for this permit" },
};

/* The batch with its six faults. */
static char *
spoilt(const json_t *prepared)
{
	own_str char *honest = office_signatures(prepared, o.staff[DIEP].key), *foreign = office_signatures(prepared, o.staff[BLIK].key);
	own(json_t) *j = json_loads(honest, 0, NULL);
	own(json_t) *of_other = json_loads(foreign, 0, NULL);
	json_t *list = json_object_get(j, "signatures"), *first = json_incref(signature_of(list, 0));
	own_struct(buf) text = buf_new(1 << 20);
	own_str char *altered = xstrdup(json_string_value(signature_of(list, 77)));

	assert_int_equal(json_array_size(list), MANY);
	set_signature(list, 0, json_incref(signature_of(list, 1)));
	set_signature(list, 1, first);
	set_signature(list, 10, json_incref(signature_of(json_object_get(of_other, "signatures"), 10)));
	altered[20] = altered[20] == 'A' ? 'B' : 'A';
	set_signature(list, 77, json_string(altered));
	set_signature(list, 250, json_string("AAAA"));
	json_array_remove(list, MANY - 1);
	json_write(&text, j);
	return xstrdup(buf_str(&text));
}

static const char *
wrong_at(size_t i)
{
	for (size_t k = 0; k < COUNT(wrong); k++)
		if (wrong[k].at == i)
			return wrong[k].word;
	return NULL;
}

static void
as_many_as_may_be(void **state)
{
	static char handle[MANY + 1][33];
	const char *named[MANY + 1];
	own(json_t) *prepared = NULL, *answer = NULL, *again = NULL;
	own_str char *request = NULL;
	struct err e;

	many_drafts(handle, MANY + 1);
	for (size_t i = 0; i <= MANY; i++)
		named[i] = handle[i];
	office_refused("one too many", office_prepare(&o, &prepared, o.staff[DIEP].cert, named, MANY + 1, &e), &e, ERR_LIMIT, "1 to 500");
	assert_done(office_prepare(&o, &prepared, o.staff[DIEP].cert, named, MANY, &e), e);
	assert_int_equal(json_array_size(json_object_get(prepared, "documents")), MANY);
	request = spoilt(prepared);
	assert_done(office_finish(&o, &answer, request, &e), e);
	assert_int_equal(json_array_size(json_object_get(answer, "results")), MANY);
	for (size_t i = 0; i < MANY; i++) {
		const json_t *result = json_array_get(json_object_get(answer, "results"), i);

		assert_string_equal(json_string_value(json_object_get(result, "handle")), handle[i]);
		office_result(handle[i], answer, i, wrong_at(i) == NULL ? ERR_NONE : ERR_INPUT, wrong_at(i));
	}
	office_refused("the whole batch again", office_finish(&o, &again, request, &e), &e, ERR_CONFLICT, "used, expired or unknown");
	for (size_t k = 0; k < COUNT(wrong); k++)
		assert_case(wrong[k].name, office_is(&o, handle[wrong[k].at], "draft"));
	assert_true(office_is(&o, handle[2], "signed") && office_is(&o, handle[MANY], "draft"));
}

static void
sessions(void **state)
{
	char a[33], b[33];
	own(json_t) *prepared = two_prepared(a, b);
	own_str char *request = office_signatures(prepared, o.staff[DIEP].key);
	own(json_t) *answer = NULL;
	struct err e;

	office_refused("a session that nobody began", office_finish(&o, &answer, "{\"session\":\"00112233445566778899aabbccddeeff\",\"signatures\":[]}", &e), &e,
	    ERR_CONFLICT, "used, expired or unknown");
	office_refused("no session's form", office_finish(&o, &answer, "{\"session\":\"00\",\"signatures\":[]}", &e), &e, ERR_INPUT, "session");
	office_refused("something more", office_finish(&o, &answer, "{\"session\":\"00112233445566778899aabbccddeeff\",\"signatures\":[],\"title\":\"CHỦ TỊCH\"}", &e), &e,
	    ERR_INPUT, "title");
	/* Five minutes pass, for the register. */
	database_do(o.w.database, "UPDATE session SET expires = 1");
	office_refused("expired", office_finish(&o, &answer, request, &e), &e, ERR_CONFLICT, "used, expired or unknown");
	assert_true(office_is(&o, a, "draft") && office_is(&o, b, "draft"));
}

/* Two officers prepare the same draft; the first to finish has signed it. */
static void
two_officers_one_draft(void **state)
{
	own(json_t) *of_diep = NULL, *of_tl = NULL, *first = NULL, *second = NULL, *mixed = NULL;
	own_str char *by_tl = NULL, *by_diep = NULL, *swapped = NULL;
	char handle[33], other[33];
	struct err e;

	office_draft(&o, handle, "gpxd-01", NULL);
	assert_done(office_prepare(&o, &of_diep, o.staff[DIEP].cert, (const char *const[]){ handle }, 1, &e), e);
	assert_done(office_prepare(&o, &of_tl, o.staff[TL].cert, (const char *const[]){ handle }, 1, &e), e);
	by_tl = office_signatures(of_tl, o.staff[TL].key);
	by_diep = office_signatures(of_diep, o.staff[DIEP].key);
	assert_done(office_finish(&o, &first, by_tl, &e), e);
	office_result("the first", first, 0, ERR_NONE, NULL);
	assert_done(office_finish(&o, &second, by_diep, &e), e);
	office_result("the second", second, 0, ERR_CONFLICT, "not a draft any more");

	/* One officer's session, the other's signature. */
	office_draft(&o, other, "gpxd-01", NULL);
	json_decref(take(&of_diep));
	assert_done(office_prepare(&o, &of_diep, o.staff[DIEP].cert, (const char *const[]){ other }, 1, &e), e);
	swapped = office_signatures(of_diep, o.staff[TL].key);
	assert_done(office_finish(&o, &mixed, swapped, &e), e);
	office_result("officers swapped", mixed, 0, ERR_INPUT, "not the officer's over what was prepared");
	assert_true(office_is(&o, other, "draft"));
}

/* The last two: they take an officer's rights away. */
static void
dismissed_between_prepare_and_finish(void **state)
{
	own(json_t) *prepared = NULL, *answer = NULL, *again = NULL;
	own_str char *request = NULL;
	char handle[33];
	struct err e;

	office_draft(&o, handle, "gpxd-01", NULL);
	assert_done(office_prepare(&o, &prepared, o.staff[TL].cert, (const char *const[]){ handle }, 1, &e), e);
	request = office_signatures(prepared, o.staff[TL].key);
	office_dismiss(&o, TL);
	assert_done(office_finish(&o, &answer, request, &e), e);
	office_result("dismissed", answer, 0, ERR_POLICY, "no appointment (officer)");
	assert_true(office_is(&o, handle, "draft"));
	office_refused("dismissed", office_prepare(&o, &again, o.staff[TL].cert, (const char *const[]){ handle }, 1, &e), &e, ERR_POLICY, "no appointment (officer)");
}

static void
revoked_between_prepare_and_finish(void **state)
{
	own(json_t) *prepared = NULL, *answer = NULL, *again = NULL;
	own_str char *request = NULL;
	char handle[33];
	struct err e;

	office_draft(&o, handle, "gpxd-02", NULL);
	assert_done(office_prepare(&o, &prepared, o.staff[BLIK].cert, (const char *const[]){ handle }, 1, &e), e);
	request = office_signatures(prepared, o.staff[BLIK].key);
	office_revoke(&o, o.staff[BLIK].cert);
	office_refused("revoked", office_finish(&o, &answer, request, &e), &e, ERR_POLICY, "is not active (revoked)");
	assert_true(office_is(&o, handle, "draft"));
	office_refused("revoked", office_prepare(&o, &again, o.staff[BLIK].cert, (const char *const[]){ handle }, 1, &e), &e, ERR_POLICY, "is not active (revoked)");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_prepare),
		cmocka_unit_test(whose_certificate),
		cmocka_unit_test(what_may_be_prepared),
		cmocka_unit_test(some_may_be_prepared),
		cmocka_unit_test(what_becomes_a_signature),
		cmocka_unit_test(what_has_not_the_form),
		cmocka_unit_test(as_many_as_may_be),
		cmocka_unit_test(what_the_certificate_does_not_say),
		cmocka_unit_test(by_authorisation),
		cmocka_unit_test(sessions),
		cmocka_unit_test(two_officers_one_draft),
		cmocka_unit_test(dismissed_between_prepare_and_finish),
		cmocka_unit_test(revoked_between_prepare_and_finish),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
