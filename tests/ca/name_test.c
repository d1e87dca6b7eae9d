/* Names in certificates: what is taken and what is refused, with which code; how they
 * stand in the certificate, as certtool reads them; and that two people of one name
 * stay two. */
#include "tests/base/test.h"

#include "base/file.h"
#include "base/text.h"
#include "ca/name.h"
#include "ca/serial.h"
#include "tests/ca/world.h"

#include <stdlib.h>

static struct world w;

static int
begin(void **state)
{
	world_begin(&w);
	return 0;
}

static int
end(void **state)
{
	world_end(&w);
	return 0;
}

#define TEN "Nguyễn Thị"			/* ten characters, fourteen octets */
#define SIXTY TEN TEN TEN TEN TEN TEN

static void
names_that_are_taken(void **state)
{
	static const char *const rows[] = { "An", "Đ", "Nguyễn Văn An", "H'Hen Niê", "Sở Xây dựng (thử nghiệm)", "Trần-Lê", SIXTY "Ngọc",
		"1234567890123456789012345678901234567890123456789012345678901234", "Phòng 1, tầng 2" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e;

		assert_done(name_check("name", rows[i], &e), e);
	}
}

static const struct refusal { const char *name, *text, *code, *word; enum err_class class; } refusals[] = {
	{ "empty", "", "name-missing", "is missing", ERR_INPUT },
	{ "a space before", " An", "name-space", "begins or ends", ERR_INPUT },
	{ "a space behind", "An ", "name-space", "begins or ends", ERR_INPUT },
	{ "a space alone", " ", "name-space", "begins or ends", ERR_INPUT },
	{ "no-break space", "Nguyễn\u00a0An", "name-space", "U+0020", ERR_INPUT },
	{ "no-break space before", "\u00a0An", "name-space", "U+0020", ERR_INPUT },
	{ "thin space", "Nguyễn\u2009An", "name-space", "U+0020", ERR_INPUT },
	{ "ideographic space", "An\u3000", "name-space", "U+0020", ERR_INPUT },
	{ "a tab", "Nguyễn\tAn", "name-character", "a tab", ERR_INPUT },
	{ "a line", "Nguyễn\nAn", "name-character", "line break", ERR_INPUT },
	{ "a bell", "An\a", "name-character", "U+0007", ERR_INPUT },
	{ "delete", "An\x7f", "name-character", "U+007F", ERR_INPUT },
	{ "C1", "An\xc2\x85", "name-character", "U+0085", ERR_INPUT },
	{ "the last of C1", "An\xc2\x9f", "name-character", "U+009F", ERR_INPUT },
	{ "right to left", "An \u202egnoh", "name-character", "U+202E", ERR_INPUT },
	{ "left to right", "An\u202a", "name-character", "U+202A", ERR_INPUT },
	{ "an isolate", "An\u2066b\u2069", "name-character", "U+2066", ERR_INPUT },
	{ "a mark", "An\u200f", "name-character", "U+200F", ERR_INPUT },
	{ "an Arabic mark", "An\u061c", "name-character", "U+061C", ERR_INPUT },
	{ "zero width", "Ng\u200buyễn", "name-character", "U+200B", ERR_INPUT },
	{ "a joiner", "Ng\u200duyễn", "name-character", "U+200D", ERR_INPUT },
	{ "a word joiner", "Ng\u2060uyễn", "name-character", "U+2060", ERR_INPUT },
	{ "a byte-order mark", "\ufeffAn", "name-character", "U+FEFF", ERR_INPUT },
	{ "a soft hyphen", "Ng\u00aduyễn", "name-character", "U+00AD", ERR_INPUT },
	{ "Eth for Đ", "\u00d0ức", "name-character", "U+00D0", ERR_INPUT },
	{ "African D for Đ", "\u0189ức", "name-character", "U+0189", ERR_INPUT },
	{ "a tag", "An\U000e0041", "name-character", "U+E0041", ERR_INPUT },
	{ "sixty-five", SIXTY "Ngọcc", "name-length", "64 characters", ERR_LIMIT },
	{ "sixty-five of ASCII", "12345678901234567890123456789012345678901234567890123456789012345", "name-length", "64 characters", ERR_LIMIT },
};

static void
names_that_are_refused(void **state)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *r = &refusals[i];
		struct err e = { .class = ERR_NONE };

		world_refused(r->name, name_check("name", r->text, &e), &e, r->class, r->word);
		assert_case(r->name, strcmp(e.code, r->code) == 0 && e.vi[0] != '\0');
		world_refused(r->name, name_check("title", r->text, &e), &e, r->class, "\"title\"");
	}
	/* Signed bytes are not changed: another form is refused. */
	struct err e = { .class = ERR_NONE };

	world_refused("apart", name_check("name", "Nguye\u0302\u0303n", &e), &e, ERR_INPUT, "normal form C");
	assert_string_equal(e.code, "name-form");
}

static bool
ask(const char *name, const char *title, const char *person, EVP_PKEY *key, json_t **out, struct err *e)
{
	own_struct(buf) csr = buf_new(4096), text = buf_new(CA_MESSAGE_MAX);
	own_str char *body = NULL;

	csr_of(&csr, key);
	body = ask_text("official", "H99.14", name, person, title, buf_span(&csr));
	return world_text(&w, CA_REQUEST, body, &text, e) && json_read(out, buf_span(&text), e);
}

/* Through the authority: with class and code, and nothing recorded. */
static void
requests_that_are_refused(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(json_t) *before = world_list(&w, "{\"what\":\"head\"}");
	own(json_t) *after = NULL;

	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *r = &refusals[i];
		own(json_t) *answer = NULL;
		struct err e = { .class = ERR_NONE };

		world_refused(r->name, ask(r->text, "Chuyên viên", "CB-850001", key, &answer, &e), &e, r->class, r->word);
		assert_case(r->name, strcmp(e.code, r->code) == 0);
		world_refused(r->name, ask("An", r->text, "CB-850001", key, &answer, &e), &e, r->class, r->word);
		assert_case(r->name, strcmp(e.code, r->code) == 0);
	}
	after = world_list(&w, "{\"what\":\"head\"}");
	assert_int_equal(json_integer_value(json_object_get(after, "size")), json_integer_value(json_object_get(before, "size")));
}

/* What another keyboard or another system sends: the same letters, in parts. */
static void
what_comes_in_parts_is_put_together(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(json_t) *one = NULL, *two = NULL;
	const json_t *facts;
	struct err e;

	assert_done(ask("Nguye\u0302\u0303n Va\u0306n A\u0301nh", "Chuye\u0302n vie\u0302n", "CB-850002", key, &one, &e), e);
	facts = json_object_get(one, "facts");
	assert_string_equal(json_string_value(json_object_get(facts, "name")), "Nguyễn Văn Ánh");
	assert_string_equal(json_string_value(json_object_get(facts, "title")), "Chuyên viên");
	assert_done(ask("Nguyễn Văn Ánh", "Chuyên viên", "CB-850002", key, &two, &e), e);
	assert_true(json_equal(one, two));
}

/*
 * In certificates.
 */

static struct span
name_der(const X509_NAME *n)
{
	const unsigned char *der;
	size_t len;

	assert_int_equal(X509_NAME_get0_der((X509_NAME *)n, &der, &len), 1);
	return span_of(der, len);
}

/* Text as UTF8String; country and serialNumber as PrintableString (X.520 6.2.9). */
static void
strings_are_right(const char *name, const X509_NAME *n)
{
	for (int i = 0; i < X509_NAME_entry_count(n); i++) {
		X509_NAME_ENTRY *a = X509_NAME_get_entry(n, i);
		int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(a));
		bool printable = nid == NID_countryName || nid == NID_serialNumber;

		assert_case(name, ASN1_STRING_type(X509_NAME_ENTRY_get_data(a)) == (printable ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING));
	}
}

/* Every letter, both cases: certtool reads the name as it was asked for. */
static void
every_letter_arrives(void **state)
{
	static const char *const rows[] = {
		"AÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬ EÈÉẺẼẸÊỀẾỂỄỆ IÌÍỈĨỊ YỲÝỶỸỴ", "OÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢ UÙÚỦŨỤƯỪỨỬỮỰ DĐ",
		"aàáảãạăằắẳẵặâầấẩẫậ eèéẻẽẹêềếểễệ iìíỉĩị yỳýỷỹỵ", "oòóỏõọôồốổỗộơờớởỡợ uùúủũụưừứửữự dđ", SIXTY "Ngọc",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(EVP_PKEY) *key = key_new();
		own_str char *person = xprintf("CB-86000%zu", i);
		own(X509) *cert = world_enrol(&w, "official", "H99.14", rows[i], person, rows[COUNT(rows) - 1 - i], key);
		own_str char *look = xprintf("certtool -i --infile letters.pem | grep -qF 'CN=%s' && certtool -i --infile letters.pem | grep -qF 'title=%s'", rows[i], rows[COUNT(rows) - 1 - i]);
		own_str char *other = xprintf("openssl x509 -in letters.pem -noout -subject -nameopt oneline,utf8,-esc_msb | grep -qF 'CN = %s, serialNumber = %s'", rows[i], person);

		strings_are_right(rows[i], X509_get_subject_name(cert));
		world_pem(&w, "letters.pem", cert);
		assert_case(rows[i], world_shell(&w, look) == 0);
		assert_case(rows[i], world_shell(&w, other) == 0);
	}
}

/* The issuer's name is the authority's, octet for octet: in certificates of each kind
 * and in the CRL. */
static void
issuers_are_copied(void **state)
{
	own(EVP_PKEY) *a = key_new();
	own(EVP_PKEY) *b = key_new();
	own(X509) *person = world_enrol(&w, "official", "H99.14", "Người Ký (thử nghiệm)", "CB-870001", "Chuyên viên", a);
	own(X509) *service = world_enrol(&w, "service-signer", "H99", "Phiếu ký (thử nghiệm)", NULL, NULL, b);
	own(X509_CRL) *crl = world_crl(&w);
	struct span issuing = name_der(X509_get_subject_name(w.issuing)), root = name_der(X509_get_subject_name(w.root));

	assert_true(span_eq(name_der(X509_get_issuer_name(person)), issuing));
	assert_true(span_eq(name_der(X509_get_issuer_name(service)), issuing));
	assert_true(span_eq(name_der(X509_get_issuer_name(w.admin[MAI].cert)), issuing));
	assert_true(span_eq(name_der(X509_CRL_get_issuer(crl)), issuing));
	assert_true(span_eq(name_der(X509_get_issuer_name(w.issuing)), root));
	assert_true(span_eq(name_der(X509_get_issuer_name(w.root)), root));
	assert_false(span_eq(root, issuing));
	strings_are_right("root", X509_get_subject_name(w.root));
	strings_are_right("issuing", X509_get_subject_name(w.issuing));
	strings_are_right("a service", X509_get_subject_name(service));
}

static const char *
state_of(const json_t *list, const X509 *cert)
{
	own_struct(buf) serial = buf_new(64);
	json_t *item;
	size_t i;

	serial_hex(&serial, X509_get0_serialNumber(cert));
	json_array_foreach(json_object_get(list, "items"), i, item)
		if (strcmp(json_string_value(json_object_get(item, "id")), buf_str(&serial)) == 0)
			return json_string_value(json_object_get(item, "state"));
	return "none";
}

/* One name, one agency, one title; two people.  A block of the one's key leaves the
 * other's certificate. */
static void
two_of_one_name_stay_two(void **state)
{
	own(EVP_PKEY) *a = key_new();
	own(EVP_PKEY) *b = key_new();
	own(X509) *one = world_enrol(&w, "official", "H99.14", "Nguyễn Văn An", "CB-880001", "Chuyên viên", a);
	own(X509) *two = world_enrol(&w, "official", "H99.14", "Nguyễn Văn An", "CB-880002", "Chuyên viên", b);
	own(json_t) *with = json_object(), *answer = NULL, *of_one = NULL, *of_two = NULL, *stolen = NULL;
	struct draft d = { .by = SEC, .verb = "key.block", .with = with };
	char hex[2 * KEY_ID_LEN + 1], first[64] = "", second[64] = "";
	unsigned char id[KEY_ID_LEN];
	struct revocation r;
	struct err e;

	assert_false(span_eq(name_der(X509_get_subject_name(one)), name_der(X509_get_subject_name(two))));
	assert_true(X509_NAME_get_text_by_NID(X509_get_subject_name(one), NID_serialNumber, first, sizeof(first)) > 0);
	assert_true(X509_NAME_get_text_by_NID(X509_get_subject_name(two), NID_serialNumber, second, sizeof(second)) > 0);
	assert_string_equal(first, "CB-880001");
	assert_string_equal(second, "CB-880002");
	world_refused("the other's key", ask("Nguyễn Văn An", "Chuyên viên", "CB-880002", a, &stolen, &e), &e, ERR_POLICY, "somebody else");
	key_id_of(id, a);
	hex_text(hex, span_of(id, sizeof(id)));
	d.id = hex;
	sha256(d.hash, span_str("{}"));
	assert_done(world_order_of_two(&w, &d, NAM, &answer, &e), e);
	assert_true(world_revoked(&w, one, &r));
	of_one = world_list(&w, "{\"what\":\"certificates\",\"person\":\"CB-880001\"}");
	of_two = world_list(&w, "{\"what\":\"certificates\",\"person\":\"CB-880002\"}");
	assert_string_equal(state_of(of_one, one), "revoked");
	assert_string_equal(state_of(of_two, two), "active");
	assert_string_equal(state_of(of_one, two), "none");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_are_taken),
		cmocka_unit_test(names_that_are_refused),
		cmocka_unit_test(requests_that_are_refused),
		cmocka_unit_test(what_comes_in_parts_is_put_together),
		cmocka_unit_test(every_letter_arrives),
		cmocka_unit_test(issuers_are_copied),
		cmocka_unit_test(two_of_one_name_stay_two),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
