/* Orders and tickets: the CMS around them, and the JSON inside. */
#include "tests/base/test.h"
#include "tests/verifier/pki.h"

#include "base/cms.h"
#include "verifier/order.h"
#include "verifier/ticket.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define ID "000102030405060708090a0b0c0d0e0f"
#define ROOT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define HEAD "{\"antin\":\"order/1\",\"id\":\"" ID "\",\"verb\":\"cert.revoke\","
#define SUBJECT "\"subject\":[{\"id\":\"a\",\"hash\":\"" HASH "\"}],"
#define TIMES "\"effective\":\"2026-11-22T15:00:00+07:00\",\"made\":\"2026-11-22T15:00:00+07:00\",\"expires\":\"2026-11-22T16:00:00+07:00\","
#define AFTER "\"after\":{\"size\":3,\"root\":\"" ROOT "\"}}"
#define GOOD HEAD SUBJECT "\"reason\":\"r\"," TIMES AFTER
#define WITH_SUBJECT(s) HEAD "\"subject\":" s ",\"reason\":\"r\"," TIMES AFTER
#define WITH_TIMES(made, expires) HEAD SUBJECT "\"reason\":\"r\",\"effective\":\"2026-11-22T08:00:00Z\",\"made\":" made ",\"expires\":" expires "," AFTER
#define WITH_AFTER(a) HEAD SUBJECT "\"reason\":\"r\"," TIMES "\"after\":" a "}"

static struct pki_party signer, other, twin;

static int
begin(void **state)
{
	signer = pki_party(&(struct pki_wish){ "Administrator" }, NULL);
	other = pki_party(&(struct pki_wish){ "Other" }, NULL);
	twin = pki_party(&(struct pki_wish){ "Administrator" }, NULL);
	return 0;
}

static int
end(void **state)
{
	pki_drop(&signer);
	pki_drop(&other);
	pki_drop(&twin);
	return 0;
}

static void
texts_that_are_no_order(void **state)
{
	static const struct { const char *name, *json; } cases[] = {
		{ "empty", "" }, { "garbage", "order" }, { "a list", "[]" }, { "an empty object", "{}" },
		{ "bytes behind", GOOD "x" },
		{ "a key twice", "{\"antin\":\"order/1\"," "\"antin\":\"order/1\"}" },
		{ "a key that no one knows", HEAD SUBJECT "\"force\":true,\"reason\":\"r\"," TIMES AFTER },
		{ "another version", "{\"antin\":\"order/2\",\"id\":\"" ID "\",\"verb\":\"v\"," SUBJECT "\"reason\":\"r\"," TIMES AFTER },
		{ "a short id", "{\"antin\":\"order/1\",\"id\":\"00\",\"verb\":\"v\"," SUBJECT "\"reason\":\"r\"," TIMES AFTER },
		{ "no verb", "{\"antin\":\"order/1\",\"id\":\"" ID "\",\"verb\":\"\"," SUBJECT "\"reason\":\"r\"," TIMES AFTER },
		{ "no reason", HEAD SUBJECT TIMES AFTER },
		{ "a reason that is no text", HEAD SUBJECT "\"reason\":1," TIMES AFTER },
		{ "no subject", WITH_SUBJECT("[]") },
		{ "a subject that is no list", WITH_SUBJECT("{}") },
		{ "a subject without a hash", WITH_SUBJECT("[{\"id\":\"a\"}]") },
		{ "a subject with more keys", WITH_SUBJECT("[{\"id\":\"a\",\"hash\":\"" HASH "\",\"x\":1}]") },
		{ "a subject without an id", WITH_SUBJECT("[{\"id\":\"\",\"hash\":\"" HASH "\"}]") },
		{ "a subject twice", WITH_SUBJECT("[{\"id\":\"a\",\"hash\":\"" HASH "\"},{\"id\":\"a\",\"hash\":\"" HASH "\"}]") },
		{ "expires before it is made", WITH_TIMES("\"2026-11-22T09:00:00Z\"", "\"2026-11-22T08:00:00Z\"") },
		{ "expires when it is made", WITH_TIMES("\"2026-11-22T08:00:00Z\"", "\"2026-11-22T08:00:00Z\"") },
		{ "a time that is none", WITH_TIMES("\"yesterday\"", "\"2026-11-22T08:00:00Z\"") },
		{ "a time as a number", WITH_TIMES("1795336920", "\"2026-11-22T08:00:00Z\"") },
		{ "made before there was a clock", WITH_TIMES("\"0640-11-22T08:00:00Z\"", "\"2026-11-22T08:00:00Z\"") },
		{ "expires in a year of five digits", WITH_TIMES("\"2026-11-22T08:00:00Z\"", "\"9999-12-31T23:59:59-01:00\"") },
		{ "a root too short", WITH_AFTER("{\"size\":3,\"root\":\"AAAA\"}") },
		{ "a negative size", WITH_AFTER("{\"size\":-1,\"root\":\"" ROOT "\"}") },
		{ "details that are no object", HEAD SUBJECT "\"reason\":\"r\",\"with\":[]," TIMES AFTER },
	};
	struct order o;
	struct err e;

	assert_done(order_parse(&o, span_str(GOOD), &e), e);
	assert_true(o.nsubjects == 1 && o.after_size == 3 && o.made == 1795334400 && o.expires == o.made + 3600);
	order_drop(&o);
	for (size_t i = 0; i < COUNT(cases); i++) {
		e = (struct err){ 0 };
		assert_case(cases[i].name, !order_parse(&o, span_str(cases[i].json), &e));
		assert_case(cases[i].name, e.text[0] != '\0' && (e.class == ERR_INPUT || e.class == ERR_LIMIT));
	}
}

static void
many_subjects(struct order *o, struct order_subject *list, size_t n)
{
	*o = (struct order){ .verb = "cert.approve", .subject = list, .nsubjects = n, .reason = "r", .made = PKI_NOW, .effective = PKI_NOW, .expires = PKI_NOW + 60 };
	for (size_t i = 0; i < n; i++)
		snprintf(list[i].id, sizeof(list[i].id), "%zu", i);
}

static void
how_many_subjects(void **state)
{
	struct order_subject *list = calloc(ORDER_SUBJECTS_MAX + 1, sizeof(*list));
	own_struct(buf) most = buf_new(1 << 20), more = buf_new(1 << 20), large = buf_new(ORDER_MAX + 1);
	struct order o, back;
	struct err e;

	assert_non_null(list);
	many_subjects(&o, list, ORDER_SUBJECTS_MAX);
	assert_done(order_write(&most, &o, &e), e);
	assert_done(order_parse(&back, buf_span(&most), &e), e);
	assert_int_equal(back.nsubjects, ORDER_SUBJECTS_MAX);
	order_drop(&back);
	many_subjects(&o, list, ORDER_SUBJECTS_MAX + 1);
	assert_done(order_write(&more, &o, &e), e);
	assert_false(order_parse(&back, buf_span(&more), &e));
	assert_int_equal(e.class, ERR_LIMIT);
	while (large.len <= ORDER_MAX)
		buf_put_byte(&large, ' ');
	assert_false(order_parse(&back, buf_span(&large), &e));
	assert_int_equal(e.class, ERR_LIMIT);
	assert_false(order_open(&back, buf_span(&large), signer.cert, &e));
	assert_int_equal(e.class, ERR_LIMIT);
	free(list);
}

static void
when_it_may_be_carried_out(void **state)
{
	const struct order o = { .verb = "v", .made = PKI_NOW, .expires = PKI_NOW + 600 };
	struct err e;

	assert_done(order_timely(&o, PKI_NOW - 300, 600, &e), e);
	assert_done(order_timely(&o, PKI_NOW + 600, 600, &e), e);
	assert_false(order_timely(&o, PKI_NOW - 301, 600, &e));
	assert_false(order_timely(&o, PKI_NOW + 601, 600, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_false(order_timely(&o, PKI_NOW, 599, &e));
}

enum twist { ORDINARY, TWO_SIGNERS, NO_SIGNER, DETACHED, NO_ESS, SHA1_DIGEST, SHA512_DIGEST, BY_KEY_ID, MORE_CERTS, NO_CERTS, NO_ATTRS, OTHER_TYPE };

static void
make_cms(struct buf *der, enum twist twist, const struct pki_party *by)
{
	unsigned flags = CMS_BINARY | CMS_NOSMIMECAP | (twist == NO_ESS || twist == NO_ATTRS ? 0u : (unsigned)CMS_CADES) |
	    (twist == BY_KEY_ID ? (unsigned)CMS_USE_KEYID : 0u) | (twist == NO_CERTS ? (unsigned)CMS_NOCERTS : 0u) | (twist == NO_ATTRS ? (unsigned)CMS_NOATTR : 0u);
	unsigned whole = CMS_PARTIAL | CMS_BINARY | (twist == DETACHED ? (unsigned)CMS_DETACHED : 0u);
	const EVP_MD *md = twist == SHA1_DIGEST ? EVP_sha1() : twist == SHA512_DIGEST ? EVP_sha512() : EVP_sha256();
	own(CMS_ContentInfo) *cms = CMS_sign(NULL, NULL, NULL, NULL, whole);
	own(BIO) *in = BIO_new_mem_buf(GOOD, -1);
	unsigned char *out = NULL;
	int n;

	if (twist != NO_SIGNER)
		assert_non_null(CMS_add1_signer(cms, by->cert, by->key, md, flags));
	if (twist == TWO_SIGNERS)
		assert_non_null(CMS_add1_signer(cms, other.cert, other.key, md, flags));
	if (twist == MORE_CERTS)
		assert_int_equal(CMS_add1_cert(cms, other.cert), 1);
	if (twist == OTHER_TYPE)
		CMS_set1_eContentType(cms, OBJ_nid2obj(NID_id_smime_ct_TSTInfo));
	/* OpenSSL refuses to finish without a signer, and leaves it as it stands. */
	assert_true(CMS_final(cms, in, NULL, flags | (twist == DETACHED ? (unsigned)CMS_DETACHED : 0u)) == 1 || twist == NO_SIGNER);
	n = i2d_CMS_ContentInfo(cms, &out);
	assert_true(n > 0);
	buf_put(der, out, (size_t)n);
	OPENSSL_free(out);
}

static void
signatures(void **state)
{
	const struct { const char *name; enum twist twist; const struct pki_party *by, *asked; bool good; } cases[] = {
		{ "ordinary", ORDINARY, &signer, &signer, true },
		{ "another's", ORDINARY, &other, &signer },
		{ "another's certificate is asked", ORDINARY, &signer, &other },
		{ "a certificate of the same name", ORDINARY, &twin, &signer },
		{ "two signers", TWO_SIGNERS, &signer, &signer },
		{ "no signer", NO_SIGNER, &signer, &signer },
		{ "detached", DETACHED, &signer, &signer },
		{ "no signing-certificate-v2", NO_ESS, &signer, &signer },
		{ "SHA-1", SHA1_DIGEST, &signer, &signer },
		{ "SHA-512", SHA512_DIGEST, &signer, &signer },
		{ "named by key identifier", BY_KEY_ID, &signer, &signer },
		{ "further certificates", MORE_CERTS, &signer, &signer },
		{ "no certificate", NO_CERTS, &signer, &signer },
		{ "no signed attributes", NO_ATTRS, &signer, &signer },
		{ "of another content type", OTHER_TYPE, &signer, &signer },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) der = buf_new(1 << 16), serial = buf_new(64);
		struct order o;
		struct err e = { 0 };
		bool taken;

		make_cms(&der, cases[i].twist, cases[i].by);
		taken = order_signer(&serial, buf_span(&der), &e) && order_open(&o, buf_span(&der), cases[i].asked->cert, &e);
		if (taken)
			order_drop(&o);
		if (taken != cases[i].good)
			print_error("%s: %s\n", cases[i].name, e.text);
		assert_case(cases[i].name, taken == cases[i].good && (taken || e.text[0] != '\0'));
	}
}

/* No octet of the message can be changed, left out at the end or added; but for
 * the two version numbers of CMS, which no signature covers and nothing reads. */
static void
no_octet_can_be_changed(void **state)
{
	own_struct(buf) der = buf_new(1 << 16);
	struct order o;
	struct err e;
	size_t taken = 0;

	assert_done(cms_sign_attached(signer.key, signer.cert, span_str(GOOD), &der, &e), e);
	for (size_t i = 0; i < der.len; i++) {
		der.ptr[i] ^= 1;
		if (order_open(&o, buf_span(&der), signer.cert, &e)) {
			assert_true(i > 2 && der.ptr[i - 2] == 0x02 && der.ptr[i - 1] == 0x01);
			taken++;
			order_drop(&o);
		}
		der.ptr[i] ^= 1;
		assert_false(order_open(&o, span_of(der.ptr, i), signer.cert, &e));
	}
	assert_int_equal(taken, 2);
	buf_put_byte(&der, 0);
	assert_false(order_open(&o, buf_span(&der), signer.cert, &e));
}

static void
a_second_opinion(void **state)
{
	own_struct(buf) der = buf_new(1 << 16);
	char *folder = pki_folder();
	struct err e;

	assert_done(cms_sign_attached(signer.key, signer.cert, span_str(GOOD), &der, &e), e);
	pki_write(folder, "order.cms", buf_span(&der));
	pki_write(folder, "want.json", span_str(GOOD));
	pki_write_cert(folder, "signer.pem", signer.cert);
	pki_write_cert(folder, "other.pem", other.cert);
	if (pki_run(folder, "openssl version") != 0) {
		pki_remove(folder);
		skip();
	}
#define VERIFY "openssl cms -verify -cades -inform DER -in order.cms -binary -purpose any -attime 1795336920 -CAfile signer.pem -out got.json -nointern -certfile "
	assert_int_equal(pki_run(folder, VERIFY "signer.pem && cmp got.json want.json"), 0);
	assert_int_not_equal(pki_run(folder, VERIFY "other.pem"), 0);
	pki_remove(folder);
}

static void
open_ticket(const char *name, struct ticket *t, const struct pki_party *by, const unsigned char *asked, int64_t now, bool good)
{
	own_struct(buf) json = buf_new(1 << 20), der = buf_new(1 << 20);
	struct ticket back;
	struct err e = { 0 };
	bool taken;

	assert_done(ticket_write(&json, t, &e), e);
	assert_done(cms_sign_attached(by->key, by->cert, buf_span(&json), &der, &e), e);
	taken = ticket_open(&back, buf_span(&der), signer.cert, asked, now, &e);
	if (taken != good)
		print_error("%s: %s\n", name, e.text);
	assert_case(name, taken == good);
	if (taken) {
		assert_case(name, back.n == t->n && strcmp(back.document[0].holder, "Bà Đỗ Thị Ánh") == 0);
		ticket_drop(&back);
	}
}

static void
tickets(void **state)
{
	static const unsigned char another[KEY_ID_LEN] = { 1 };
	struct ticket_document doc[TICKET_DOCUMENTS_MAX + 1];
	struct ticket t = { .expires = PKI_NOW + TICKET_LIFE_SECS, .document = doc, .n = 1 };
	own_struct(buf) json = buf_new(1 << 20);
	struct err e;

	for (size_t i = 0; i < COUNT(doc); i++)
		doc[i] = (struct ticket_document){ .kind = "construction", .agency = "H99.31.07", .holder = "Bà Đỗ Thị Ánh", .dossier = "1" };
	open_ticket("ordinary", &t, &signer, t.officer, PKI_NOW, true);
	open_ticket("the last second", &t, &signer, t.officer, t.expires, true);
	open_ticket("expired", &t, &signer, t.officer, t.expires + 1, false);
	open_ticket("of a far future", &t, &signer, t.officer, PKI_NOW - 3600, false);
	open_ticket("another officer's", &t, &signer, another, PKI_NOW, false);
	open_ticket("by another key", &t, &other, t.officer, PKI_NOW, false);
	open_ticket("by a service of the same name", &t, &twin, t.officer, PKI_NOW, false);
	t.n = TICKET_DOCUMENTS_MAX;
	open_ticket("as many as can be", &t, &signer, t.officer, PKI_NOW, true);
	t.n = TICKET_DOCUMENTS_MAX + 1;
	assert_false(ticket_write(&json, &t, &e));
	t.n = 0;
	assert_false(ticket_write(&json, &t, &e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_that_are_no_order),
		cmocka_unit_test(how_many_subjects),
		cmocka_unit_test(when_it_may_be_carried_out),
		cmocka_unit_test(signatures),
		cmocka_unit_test(no_octet_can_be_changed),
		cmocka_unit_test(a_second_opinion),
		cmocka_unit_test(tickets),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
