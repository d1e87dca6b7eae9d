/* Until when a permit's proofs last, and what prolongs them: archive time stamps
 * and the log (verifier/signature.h). */
#include "tests/base/test.h"
#include "tests/verifier/permit_maker.h"

#include "base/clock.h"

#define YEAR (365 * (int64_t)DAY_SECS)
#define SIGNATURE_END "</xades:UnsignedSignatureProperties>"

static struct maker *m;
/* The maker's own authority gives time until 2029 (+3 years); the next one from 2028 on. */
static struct maker_party next_tsa;
static struct buf issued, archived, twice;

#define STAMPED(tsa, digest, years) (&(struct maker_stamping){ .by = tsa, .md = digest, .when = maker_now + (int64_t)((years) * (double)YEAR) })

static int
set_up(void **state)
{
	const struct maker_recipe recipe = { 0 };
	own_struct(buf) first = buf_new(XML_SIZE_MAX);

	m = maker_new();
	next_tsa = maker_tsa(m, maker_now + 2 * YEAR, maker_now + 5 * YEAR);
	issued = buf_new(XML_SIZE_MAX);
	archived = buf_new(XML_SIZE_MAX);
	twice = buf_new(XML_SIZE_MAX);
	maker_permit(m, &recipe, &issued);
	maker_archive(m, &archived, buf_span(&issued), STAMPED(&next_tsa, EVP_sha512(), 2.5));
	maker_archive(m, &first, buf_span(&issued), STAMPED(&m->tsa, EVP_sha256(), 1));
	maker_archive(m, &twice, buf_span(&first), STAMPED(&next_tsa, EVP_sha512(), 2.5));
	return 0;
}

static int
tear_down(void **state)
{
	buf_drop(&issued);
	buf_drop(&archived);
	buf_drop(&twice);
	maker_party_drop(&next_tsa);
	maker_free(m);
	return 0;
}

struct when { double years; int64_t known_since; const struct evidence *evidence; };

static void
judge(struct report *r, struct span document, const struct when *w)
{
	own(evidence_t) *own_evidence = maker_evidence(m, NULL);
	const struct judge_question q = { .document = document, .at = maker_now + (int64_t)(w->years * (double)YEAR), .day = day_in_vietnam(maker_now), .policy = m->policy,
		.grammars = m->grammars, .evidence = w->evidence != NULL ? w->evidence : own_evidence, .known_since = w->known_since };

	judge_permit(r, &q);
}

/* archive: years after which the newest archive time stamp that holds was made; 0: none holds. */
static void
expect(const char *name, struct span document, const struct when *w, enum verdict verdict, enum sub_indication sub, double archive)
{
	int64_t want = archive == 0 ? INT64_MIN : maker_now + (int64_t)(archive * (double)YEAR);
	struct report r;

	judge(&r, document, w);
	if (r.verdict != verdict || r.sub != sub)
		print_error("%s: %s %s: %s\n", name, verdict_word(r.verdict), sub_word(r.sub), r.reasons.n > 0 ? r.reasons.at[0].en : "");
	assert_case(name, r.verdict == verdict && r.sub == sub);
	assert_case(name, r.nsignatures == 0 || r.signature[r.nsignatures - 1].archived == want);
	report_drop(&r);
}

/* Officer and seal have certificates until +1 year. */
static void
how_long_it_lasts(void **state)
{
	own_struct(buf) late = buf_new(XML_SIZE_MAX);
	own_struct(buf) stranger = buf_new(XML_SIZE_MAX);

	maker_archive(m, &late, buf_span(&issued), STAMPED(&next_tsa, EVP_sha256(), 3.5));
	maker_archive(m, &stranger, buf_span(&issued), STAMPED(&next_tsa, EVP_sha256(), 1.5));
	const struct { const char *name; const struct buf *document; double years; enum verdict verdict; enum sub_indication sub; double archive; } rows[] = {
		{ "as issued, signers expired, the stamp's certificate not", &issued, 2, VERDICT_PASSED, SUB_NONE, 0 },
		{ "as issued, on the stamp's last days", &issued, 2.99, VERDICT_PASSED, SUB_NONE, 0 },
		{ "as issued, the stamp's certificate expired", &issued, 3.01, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 0 },
		{ "archived in time, before that", &archived, 2.9, VERDICT_PASSED, SUB_NONE, 2.5 },
		{ "archived in time, after that", &archived, 4, VERDICT_PASSED, SUB_NONE, 2.5 },
		{ "archived in time, the archive's own certificate expired", &archived, 5.01, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 0 },
		{ "archived twice", &twice, 4, VERDICT_PASSED, SUB_NONE, 2.5 },
		{ "archived when the stamp's certificate had expired", &late, 4, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 3.5 },
		{ "archived before the archive's certificate began", &stranger, 4, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		expect(rows[i].name, buf_span(rows[i].document), &(struct when){ .years = rows[i].years }, rows[i].verdict, rows[i].sub, rows[i].archive);
}

/* What the register or its log says of the octets outlives every stamp. */
static void
the_log_prolongs_it(void **state)
{
	own(evidence_t) *proof = maker_evidence(m, NULL), *other = maker_evidence(m, NULL);

	maker_log_proof(m, proof, buf_span(&issued), maker_now);
	maker_log_proof(m, other, buf_span(&archived), maker_now);
	expect("known to the register since", buf_span(&issued), &(struct when){ .years = 4, .known_since = maker_now }, VERDICT_PASSED, SUB_NONE, 0);
	expect("known too late", buf_span(&issued), &(struct when){ .years = 4, .known_since = maker_now + 7 * YEAR / 2 }, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 0);
	expect("with the log's proof", buf_span(&issued), &(struct when){ .years = 4, .evidence = proof }, VERDICT_PASSED, SUB_NONE, 0);
	expect("with the proof of other octets", buf_span(&issued), &(struct when){ .years = 4, .evidence = other }, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 0);
}

static void
a_key_that_is_lost(void **state)
{
	const struct maker_revoked first = { m->tsa.cert, maker_now + 27 * YEAR / 10, 1, 0 }, second = { next_tsa.cert, maker_now + 27 * YEAR / 10, 1, 0 },
	    earlier = { m->tsa.cert, maker_now + 27 * YEAR / 10, 1, maker_now + 24 * YEAR / 10 };
	own(X509_CRL) *lost = maker_crl(m, maker_now + 28 * YEAR / 10, maker_now + 29 * YEAR / 10, &first, 1);
	own(X509_CRL) *both = maker_crl(m, maker_now + 28 * YEAR / 10, maker_now + 29 * YEAR / 10, &second, 1);
	own(X509_CRL) *since = maker_crl(m, maker_now + 28 * YEAR / 10, maker_now + 29 * YEAR / 10, &earlier, 1);
	own(evidence_t) *v = maker_evidence(m, lost), *w = maker_evidence(m, both), *x = maker_evidence(m, since);

	expect("the stamp's key lost, nothing older shows it", buf_span(&issued), &(struct when){ .years = 2.85, .evidence = v }, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 0);
	expect("the stamp's key lost after the archive's time", buf_span(&archived), &(struct when){ .years = 2.85, .evidence = v }, VERDICT_PASSED, SUB_NONE, 2.5);
	expect("the archive's key lost", buf_span(&archived), &(struct when){ .years = 2.85, .evidence = w }, VERDICT_PASSED, SUB_NONE, 0);
	expect("the second archive's key lost, while the first holds", buf_span(&twice), &(struct when){ .years = 2.85, .evidence = w }, VERDICT_PASSED, SUB_NONE, 0);
	expect("the stamp's key said to be lost before the archive's time", buf_span(&archived), &(struct when){ .years = 2.85, .evidence = x }, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 2.5);
	expect("the archive's key lost, and the stamp's certificate expired", buf_span(&archived), &(struct when){ .years = 3.1, .evidence = w }, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 0);
}

/* When the stamp's certificate has expired the CRLs do not list it any more; what they
 * said when the archive time stamp was made is what counts. */
static void
a_revocation_is_not_forgotten(void **state)
{
	const struct maker_revoked lost = { m->tsa.cert, maker_now + 3 * YEAR / 2, 1, 0 };
	own(X509_CRL) *then = maker_crl(m, maker_now + 5 * YEAR / 2 - 60, maker_now + 5 * YEAR / 2 + 14 * DAY_SECS, &lost, 1);
	own(X509_CRL) *now = maker_crl(m, maker_now + 4 * YEAR - 60, maker_now + 4 * YEAR + 14 * DAY_SECS, NULL, 0);
	own(evidence_t) *v = maker_evidence(m, now);
	own_struct(buf) told = buf_new(XML_SIZE_MAX);
	struct maker_stamping s = *STAMPED(&next_tsa, EVP_sha512(), 2.5);

	s.crl = then;
	maker_archive(m, &told, buf_span(&issued), &s);
	expect("before it expired", buf_span(&told), &(struct when){ .years = 2.6 }, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 2.5);
	expect("after it expired", buf_span(&told), &(struct when){ .years = 4 }, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 2.5);
	expect("with the CRL of today, too", buf_span(&told), &(struct when){ .years = 4, .evidence = v }, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 2.5);
	s.crl = m->issuing_crl;		/* over since long */
	buf_reset(&told);
	maker_archive(m, &told, buf_span(&issued), &s);
	expect("with a CRL from before it, and none of then", buf_span(&told), &(struct when){ .years = 2.6, .evidence = v }, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 2.5);
}

/* SHA-256 is relied on until +2.7 years; what it secured then must be shown by something
 * that is not of it. */
static void
a_hash_that_is_retired(void **state)
{
	own_struct(buf) same = buf_new(XML_SIZE_MAX);
	own_struct(buf) late = buf_new(XML_SIZE_MAX);
	struct algorithm *a = (struct algorithm *)policy_algorithm(m->policy, "sha256");
	const int32_t was = a->old_until;

	maker_archive(m, &same, buf_span(&issued), STAMPED(&next_tsa, EVP_sha256(), 2.5));
	maker_archive(m, &late, buf_span(&issued), STAMPED(&next_tsa, EVP_sha384(), 2.8));
	a->old_until = day_in_vietnam(maker_now + 27 * YEAR / 10);
	expect("before its last day", buf_span(&issued), &(struct when){ .years = 2.6 }, VERDICT_PASSED, SUB_NONE, 0);
	expect("after it", buf_span(&issued), &(struct when){ .years = 2.9 }, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 0);
	expect("archived over SHA-512", buf_span(&archived), &(struct when){ .years = 2.9 }, VERDICT_PASSED, SUB_NONE, 2.5);
	expect("archived over SHA-256", buf_span(&same), &(struct when){ .years = 2.9 }, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 0);
	expect("archived over SHA-384, too late", buf_span(&late), &(struct when){ .years = 2.9 }, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 2.8);
	expect("the register's word goes by SHA-256, too", buf_span(&issued), &(struct when){ .years = 2.9, .known_since = maker_now }, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 0);
	a->old_until = day_in_vietnam(maker_now) + 1;
	expect("while all certificates are good", buf_span(&issued), &(struct when){ .years = 3.0 / 365 }, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE, 0);
	a->old_until = was;
}

/* Text of the document with the first `old` behind the n-th `at` replaced. */
static void
replaced(struct buf *out, const struct buf *in, const char *at, const char *old, const char *new)
{
	const char *from = strstr(buf_str((struct buf *)in), at), *found = from == NULL ? NULL : strstr(from, old);

	assert_non_null(found);
	buf_reset(out);
	buf_put(out, in->ptr, (size_t)(found - (const char *)in->ptr));
	buf_put_str(out, new);
	buf_put_str(out, found + strlen(old));
}

/* What an archive time stamp covers is noticed when it changes, and so is what stands
 * where it has no place. */
static void
altered(void **state)
{
	own_struct(buf) x = buf_new(XML_SIZE_MAX);
	own_struct(buf) y = buf_new(XML_SIZE_MAX);
	const struct when later = { .years = 4 };
	const char *inner, *outer;

	replaced(&x, &archived, "<issuance", "<place>Thành", "<place>Thanh");
	expect("a place", buf_span(&x), &later, VERDICT_FAILED, SUB_HASH_FAILURE, 0);
	replaced(&x, &archived, "Id=\"seal\"", "<xades:EncapsulatedCRLValue>", "<xades:EncapsulatedCRLValue> ");
	expect("white space in the evidence that it covers", buf_span(&x), &later, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 0);
	replaced(&x, &twice, "Id=\"seal\"", "<xadesv141:ArchiveTimeStamp", "<xadesv141:ArchiveTimeStamp");
	inner = strstr(buf_str(&twice), "<xadesv141:ArchiveTimeStamp");
	outer = strstr(inner + 1, "<xadesv141:ArchiveTimeStamp");
	buf_reset(&x);
	buf_put(&x, twice.ptr, (size_t)(inner - buf_str(&twice)));
	buf_put_str(&x, outer);
	expect("without the one before it", buf_span(&x), &later, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, 0);
	replaced(&x, &archived, "<xadesv141:ArchiveTimeStamp", "<xadesv141:TimeStampValidationData", "<xadesv141:TimeStampValidation");
	expect("another element behind it", buf_span(&x), &later, VERDICT_FAILED, SUB_FORMAT_FAILURE, 0);
	replaced(&x, &archived, "<xadesv141:ArchiveTimeStamp", "xml-exc-c14n#\"", "xml-exc-c14n#WithComments\"");
	expect("another canonicalisation", buf_span(&x), &later, VERDICT_FAILED, SUB_FORMAT_FAILURE, 0);
	replaced(&x, &archived, "<xadesv141:ArchiveTimeStamp", "<xadesv141:ArchiveTimeStamp", "<xadesv141:ArchiveTimeStamp Id=\"a\"");
	expect("an attribute", buf_span(&x), &later, VERDICT_FAILED, SUB_FORMAT_FAILURE, 0);
	/* The officers' elements are frozen: the same stamp in one of them has no place. */
	buf_reset(&y);
	buf_put_str(&y, strstr(buf_str(&archived), "<xadesv141:ArchiveTimeStamp"));
	*strstr((char *)y.ptr, SIGNATURE_END) = '\0';
	own_str char *moved = xprintf("%s" SIGNATURE_END, (const char *)y.ptr);

	replaced(&x, &issued, "Id=\"officer-1\"", SIGNATURE_END, moved);
	expect("in an officer's signature", buf_span(&x), &later, VERDICT_FAILED, SUB_FORMAT_FAILURE, 0);
}

static void
many(void **state)
{
	own_struct(buf) a = buf_new(XML_SIZE_MAX);
	own_struct(buf) b = buf_new(XML_SIZE_MAX);

	buf_put_span(&a, buf_span(&issued));
	for (int i = 1; i <= XADES_ARCHIVES_MAX; i++) {
		buf_reset(&b);
		maker_archive(m, &b, buf_span(&a), STAMPED(&next_tsa, EVP_sha512(), 2 + i * 0.05));
		buf_reset(&a);
		buf_put_span(&a, buf_span(&b));
	}
	expect("as many as are accepted", buf_span(&a), &(struct when){ .years = 4 }, VERDICT_PASSED, SUB_NONE, 2 + XADES_ARCHIVES_MAX * 0.05);
	buf_reset(&b);
	maker_archive(m, &b, buf_span(&a), STAMPED(&next_tsa, EVP_sha512(), 2.9));
	expect("one more", buf_span(&b), &(struct when){ .years = 4 }, VERDICT_FAILED, SUB_FORMAT_FAILURE, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_long_it_lasts), cmocka_unit_test(the_log_prolongs_it), cmocka_unit_test(a_key_that_is_lost), cmocka_unit_test(a_revocation_is_not_forgotten),
		cmocka_unit_test(a_hash_that_is_retired), cmocka_unit_test(altered), cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
