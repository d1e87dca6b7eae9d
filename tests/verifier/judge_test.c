/* What a permit is worth, by evidence, time and authority. */
#include "tests/base/test.h"
#include "tests/verifier/permit_maker.h"

#include "base/clock.h"

#define HOUR 3600
#define YEAR (365 * (int64_t)DAY_SECS)

static struct maker *m;

static int set_up(void **state) { m = maker_new(); return 0; }
static int tear_down(void **state) { maker_free(m); return 0; }

/* Makes, judges with this CRL (NULL: nothing revoked), expects. */
static void
try(const char *name, const struct maker_recipe *recipe, X509_CRL *crl, enum verdict verdict, enum sub_indication sub)
{
	own_struct(buf) doc = buf_new(XML_SIZE_MAX);
	own(evidence_t) *v = maker_evidence(m, crl);
	struct report r;

	maker_permit(m, recipe, &doc);
	maker_judge(m, &r, buf_span(&doc), v);
	maker_expect(name, &r, verdict, sub);
	report_drop(&r);
}

static void
an_ordinary_permit_passes(void **state)
{
	own_struct(buf) doc = buf_new(XML_SIZE_MAX);
	own(evidence_t) *v = maker_evidence(m, NULL);
	const struct maker_recipe recipe = { 0 };
	struct report r;

	maker_permit(m, &recipe, &doc);
	maker_judge(m, &r, buf_span(&doc), v);
	maker_expect("ordinary", &r, VERDICT_PASSED, SUB_NONE);
	assert_int_equal(r.nsignatures, 2);
	assert_string_equal(r.tier->id, "demonstration");
	assert_string_equal(r.number, "245/GPXD");
	assert_int_equal(r.signature[0].proof, PROOF_STAMP);
	assert_int_equal(r.in_force, FORCE_UNKNOWN);
	assert_int_equal(report_exit(&r, false), 0);
	assert_int_equal(report_exit(&r, true), 2);
	report_drop(&r);
}

static void
other_ways_to_sign(void **state)
{
	struct maker_party rsa = maker_rsa_official(m, "H99.31.07"), city = maker_official(m, "Lý Quốc Bửu", "CHỦ TỊCH", "H99", maker_now - YEAR, maker_now + YEAR),
	    second = maker_official(m, "Trần Lê", "PHÓ CHỦ TỊCH", "H99.31.07", maker_now - YEAR, maker_now + YEAR);

	try("RSA-PSS", &(struct maker_recipe){ .officer = &rsa, .alg = XADES_RSA_PSS_SHA256 }, NULL, VERDICT_PASSED, SUB_NONE);
	try("RSA PKCS#1", &(struct maker_recipe){ .officer = &rsa, .alg = XADES_RSA_SHA256 }, NULL, VERDICT_PASSED, SUB_NONE);
	try("two officers where one signs", &(struct maker_recipe){ .second = &second }, NULL, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE);
	try("an agency above", &(struct maker_recipe){ .officer = &city, .title = "CHỦ TỊCH", .mode = "" }, NULL, VERDICT_PASSED, SUB_NONE);
	try("in one's own name", &(struct maker_recipe){ .mode = "" }, NULL, VERDICT_PASSED, SUB_NONE);
	try("without stamps", &(struct maker_recipe){ .no_officer_stamp = true, .no_seal_stamp = true }, NULL, VERDICT_PASSED, SUB_NONE);
	maker_party_drop(&rsa);
	maker_party_drop(&city);
	maker_party_drop(&second);
}

/* As the kind would have it; MAKER_DAY is day 20779. */
static void
several_officers(void **state)
{
	struct maker_party second = maker_official(m, "Trần Lê", "PHÓ CHỦ TỊCH", "H99.31.07", maker_now - YEAR, maker_now + YEAR);
	const struct maker_recipe one = { 0 }, both = { .second = &second }, twice = { .second = &m->officer }, alone = { .second = &second, .second_alone = true },
	    both_unsealed = { .second = &second, .unsealed = true };
	/* Modes of the turns; the days of the first. */
	const struct { const char *name, *modes[3]; int32_t from, to; const struct maker_recipe *recipe; enum verdict verdict; enum sub_indication sub; } rows[] = {
		{ "both", { " KT. ", " KT. " }, INT32_MIN, INT32_MAX, &both, VERDICT_PASSED, SUB_NONE },
		{ "one of two", { " KT. ", " KT. " }, INT32_MIN, INT32_MAX, &one, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "two of three", { " KT. ", " KT. ", " KT. " }, INT32_MIN, INT32_MAX, &both, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "one person twice", { " KT. ", " KT. " }, INT32_MIN, INT32_MAX, &twice, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "the first in a mode of the second", { " TL. ", " KT. " }, INT32_MIN, INT32_MAX, &both, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "the second in a mode of the first", { " KT. ", " TL. " }, INT32_MIN, INT32_MAX, &both, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "the second does not cover the first", { " KT. ", " KT. " }, INT32_MIN, INT32_MAX, &alone, VERDICT_FAILED, SUB_FORMAT_FAILURE },
		{ "issued before two were asked", { " KT. ", " KT. " }, 20780, INT32_MAX, &one, VERDICT_PASSED, SUB_NONE },
		{ "on the first day on which two are", { " KT. ", " KT. " }, 20779, INT32_MAX, &one, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "on the last day on which two were", { " KT. ", " KT. " }, INT32_MIN, 20779, &both, VERDICT_PASSED, SUB_NONE },
		{ "after two were asked", { " KT. ", " KT. " }, INT32_MIN, 20778, &both, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "without a seal", { " KT. ", " KT. " }, INT32_MIN, INT32_MAX, &both_unsealed, VERDICT_FAILED, SUB_FORMAT_FAILURE },
	};
	struct kind *kind = (struct kind *)policy_kind(m->policy, "construction");
	const struct kind was = *kind;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct turn turn[3];

		kind->turn = turn;
		for (kind->nturns = 0; kind->nturns < 3 && rows[i].modes[kind->nturns] != NULL; kind->nturns++)
			turn[kind->nturns] = (struct turn){ (char *)rows[i].modes[kind->nturns], kind->nturns == 0 ? rows[i].from : INT32_MIN, kind->nturns == 0 ? rows[i].to : INT32_MAX };
		try(rows[i].name, rows[i].recipe, NULL, rows[i].verdict, rows[i].sub);
		*kind = was;
	}
	maker_party_drop(&second);
}

/* MAKER_DAY is 2026-11-22: day 20779; the year in <issuance> is the number's. */
static void
a_later_version(void **state)
{
	static const struct { const char *name; struct submission_amended amended; int year; enum verdict verdict; } rows[] = {
		{ "of this year", { 2, 20700 }, 2026, VERDICT_PASSED }, { "of the same day", { 2, 20779 }, 2026, VERDICT_PASSED },
		{ "of an earlier year, with its number's", { 2, 20400 }, 2025, VERDICT_PASSED }, { "the seventh, of a number from long ago", { 7, 20700 }, 2021, VERDICT_PASSED },
		{ "a number that would be younger than the version before", { 2, 20400 }, 2026, VERDICT_FAILED }, { "a number of next year", { 2, 20700 }, 2027, VERDICT_FAILED },
		{ "older than the version before", { 2, 20780 }, 2026, VERDICT_FAILED },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		try(rows[i].name, &(struct maker_recipe){ .amends = "ffff02030405060708090a0b0c0d0e0f", .amended = rows[i].amended, .year = rows[i].year }, NULL, rows[i].verdict,
		    rows[i].verdict == VERDICT_PASSED ? SUB_NONE : SUB_FORMAT_FAILURE);
	try("a first version with another year", &(struct maker_recipe){ .year = 2025 }, NULL, VERDICT_FAILED, SUB_FORMAT_FAILURE);
}

static void
revocation_and_time(void **state)
{
	const struct maker_recipe stamped = { 0 }, bare = { .no_officer_stamp = true, .no_seal_stamp = true }, only_seal = { .no_officer_stamp = true },
	    backdated = { .officer_time = maker_now - 2 * HOUR, .officer_stamp = maker_now - HOUR, .seal_time = maker_now - HOUR + 60 };
	own(X509_CRL) *after = maker_revoking(m, m->officer.cert, maker_now - 300, 0, 0), *before = maker_revoking(m, m->officer.cert, maker_now - HOUR, 0, 0),
	    *between = maker_revoking(m, m->officer.cert, maker_now - HOUR - 1800, 0, 0), *lost = maker_revoking(m, m->officer.cert, maker_now - 300, 1, maker_now - HOUR),
	    *seal = maker_revoking(m, m->seal.cert, maker_now - 300, 0, 0), *tsa = maker_revoking(m, m->tsa.cert, maker_now - 300, 1, 0),
	    *tsa_ended = maker_revoking(m, m->tsa.cert, maker_now - 300, 5, 0), *stale = maker_crl(m, maker_now - 20 * DAY_SECS, maker_now - DAY_SECS, NULL, 0);

	try("revoked after the stamp", &stamped, after, VERDICT_PASSED, SUB_NONE);
	try("revoked, no stamps", &bare, after, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE);
	try("the seal's stamp proves the officer's signature", &only_seal, after, VERDICT_PASSED, SUB_NONE);
	try("signed after the revocation", &stamped, before, VERDICT_FAILED, SUB_REVOKED);
	try("signed after, no stamps", &bare, before, VERDICT_FAILED, SUB_REVOKED);
	try("claims to be older than the revocation, is not", &backdated, between, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE);
	try("signed after the key was lost", &stamped, lost, VERDICT_FAILED, SUB_REVOKED);
	try("seal revoked later", &stamped, seal, VERDICT_PASSED, SUB_NONE);
	try("seal revoked, no stamps", &bare, seal, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE);
	try("stamps of a stolen key prove nothing, and nothing needs proof", &stamped, tsa, VERDICT_PASSED, SUB_NONE);
	try("stamps of a key that was given up still prove", &stamped, tsa_ended, VERDICT_PASSED, SUB_NONE);
	try("stale CRL, none embedded", &(struct maker_recipe){ .no_evidence = true, .no_officer_stamp = true, .no_seal_stamp = true }, stale, VERDICT_INDETERMINATE, SUB_TRY_LATER);
}

/* judge.h: a suspension is a question, resuming or revoking is its answer.  The
 * signatures are some minutes old; each row has its like in the table above. */
static void
signed_while_suspended(void **state)
{
	const int64_t later = maker_now - 300, before = maker_now - HOUR;
	const struct maker_revoked stamped_by_held[] = { { m->officer.cert, later, 0, 0 }, { m->tsa.cert, before, CRL_REASON_CERTIFICATE_HOLD, 0 } },
	    stamped_before_hold[] = { { m->officer.cert, later, 0, 0 }, { m->tsa.cert, later, CRL_REASON_CERTIFICATE_HOLD, 0 } },
	    held = { m->officer.cert, before, CRL_REASON_CERTIFICATE_HOLD, 0 };
	own(X509_CRL) *held_later = maker_revoking(m, m->officer.cert, later, CRL_REASON_CERTIFICATE_HOLD, 0),
	    *held_before = maker_revoking(m, m->officer.cert, before, CRL_REASON_CERTIFICATE_HOLD, 0),
	    *seal_later = maker_revoking(m, m->seal.cert, later, CRL_REASON_CERTIFICATE_HOLD, 0), *seal_before = maker_revoking(m, m->seal.cert, before, CRL_REASON_CERTIFICATE_HOLD, 0),
	    *revoked_out_of_it = maker_revoking(m, m->officer.cert, before, CRL_REASON_KEY_COMPROMISE, 0), *resumed_revoked = maker_revoking(m, m->officer.cert, later, CRL_REASON_KEY_COMPROMISE, 0),
	    *issuing_before = maker_revoking(m, m->officer.cert, before, CRL_REASON_CERTIFICATE_HOLD, before - HOUR),
	    *meanwhile = maker_crl(m, maker_now - 500, maker_now + DAY_SECS, &held, 1), *earlier = maker_crl(m, before - 60, maker_now + DAY_SECS, NULL, 0),
	    *resumed = maker_crl(m, maker_now - 60, maker_now + DAY_SECS, NULL, 0), *over = maker_crl(m, before - DAY_SECS, before, NULL, 0),
	    *tsa_before = maker_crl(m, maker_now - 60, maker_now + DAY_SECS, stamped_by_held, 2), *tsa_later = maker_crl(m, maker_now - 60, maker_now + DAY_SECS, stamped_before_hold, 2);
	const struct { const char *name; X509_CRL *own_crl, *newest; bool bare; enum verdict verdict; enum sub_indication sub; } rows[] = {
		{ "suspended after the stamp", NULL, held_later, false, VERDICT_PASSED, SUB_NONE },
		{ "suspended since, no stamps", NULL, held_later, true, VERDICT_INDETERMINATE, SUB_TRY_LATER },
		{ "stamped while suspended", NULL, held_before, false, VERDICT_INDETERMINATE, SUB_TRY_LATER },
		{ "claims a time while suspended", NULL, held_before, true, VERDICT_INDETERMINATE, SUB_TRY_LATER },
		{ "suspended, with a day of loss that no suspension has", NULL, issuing_before, false, VERDICT_INDETERMINATE, SUB_TRY_LATER },
		{ "suspended, by its own list alone", meanwhile, over, false, VERDICT_INDETERMINATE, SUB_TRY_LATER },
		{ "suspended, its own list is from before", earlier, held_before, false, VERDICT_INDETERMINATE, SUB_TRY_LATER },
		{ "the seal, suspended after the stamp", NULL, seal_later, false, VERDICT_PASSED, SUB_NONE },
		{ "the seal, stamped while suspended", NULL, seal_before, false, VERDICT_INDETERMINATE, SUB_TRY_LATER },
		{ "resumed: stamped while suspended", NULL, resumed, false, VERDICT_PASSED, SUB_NONE },
		{ "resumed: its own list is of the suspension", meanwhile, resumed, false, VERDICT_PASSED, SUB_NONE },
		{ "resumed: no stamps", meanwhile, resumed, true, VERDICT_PASSED, SUB_NONE },
		{ "resumed, revoked later: stamped before that", meanwhile, resumed_revoked, false, VERDICT_PASSED, SUB_NONE },
		{ "resumed, revoked later: no stamps", meanwhile, resumed_revoked, true, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE },
		{ "revoked out of it: stamped while suspended", NULL, revoked_out_of_it, false, VERDICT_FAILED, SUB_REVOKED },
		{ "revoked out of it: its own list is of the suspension", meanwhile, revoked_out_of_it, false, VERDICT_FAILED, SUB_REVOKED },
		{ "revoked out of it: its own list is from before", earlier, revoked_out_of_it, false, VERDICT_FAILED, SUB_REVOKED },
		{ "revoked out of it: claims a time while suspended", NULL, revoked_out_of_it, true, VERDICT_FAILED, SUB_REVOKED },
		{ "revoked, stamped by a service that was suspended then", NULL, tsa_before, false, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE },
		{ "revoked, stamped by a service that was suspended later", NULL, tsa_later, false, VERDICT_PASSED, SUB_NONE },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		try(rows[i].name, &(struct maker_recipe){ .crl = rows[i].own_crl, .no_officer_stamp = rows[i].bare, .no_seal_stamp = rows[i].bare },
		    rows[i].newest, rows[i].verdict, rows[i].sub);
}

/* The embedded CRL alone says enough for the time that a stamp proves. */
static void
embedded_evidence_is_enough(void **state)
{
	own_struct(buf) doc = buf_new(XML_SIZE_MAX), root = buf_new(1 << 14);
	own(evidence_t) *v = evidence_new();
	struct judge_question q = { .at = maker_now + 5 * 30 * DAY_SECS, .policy = m->policy, .grammars = m->grammars, .evidence = v };
	struct report r;
	struct err e;

	maker_permit(m, &(struct maker_recipe){ 0 }, &doc);
	cert_to_der(&root, m->root.cert);
	assert_done(evidence_add(v, "root.crt", buf_span(&root), true, &e), e);
	q.document = buf_span(&doc);
	judge_permit(&r, &q);
	maker_expect("half a year later, only the anchor", &r, VERDICT_PASSED, SUB_NONE);
	report_drop(&r);
}

static void
without_revocation_data(void **state)
{
	own_struct(buf) doc = buf_new(XML_SIZE_MAX), root = buf_new(1 << 14);
	own(evidence_t) *v = evidence_new();
	struct judge_question q = { .at = maker_now, .policy = m->policy, .grammars = m->grammars, .evidence = v };
	struct report r;
	struct err e;

	maker_permit(m, &(struct maker_recipe){ .no_evidence = true }, &doc);
	cert_to_der(&root, m->root.cert);
	assert_done(evidence_add(v, "root.crt", buf_span(&root), true, &e), e);
	evidence_add_cert(v, m->issuing.cert);
	q.document = buf_span(&doc);
	judge_permit(&r, &q);
	maker_expect("no CRL", &r, VERDICT_INDETERMINATE, SUB_TRY_LATER);
	assert_int_equal(report_exit(&r, false), 2);
	report_drop(&r);
	q.insecure_no_revocation = true;
	judge_permit(&r, &q);
	maker_expect("insecure", &r, VERDICT_PASSED, SUB_NONE);
	assert_true(r.insecure_no_revocation);
	report_drop(&r);
}

static void
dates_of_certificates(void **state)
{
	struct maker_party expired = maker_official(m, "Hết Hạn", "PHÓ CHỦ TỊCH", "H99.31.07", maker_now - YEAR, maker_now - 300),
	    future = maker_official(m, "Chưa Đến", "PHÓ CHỦ TỊCH", "H99.31.07", maker_now - 300, maker_now + YEAR),
	    seal = maker_seal(m, "H99.31.07", maker_now - YEAR, maker_now - 300);

	try("expired since, stamped", &(struct maker_recipe){ .officer = &expired }, NULL, VERDICT_PASSED, SUB_NONE);
	try("expired since, no stamps", &(struct maker_recipe){ .officer = &expired, .no_officer_stamp = true, .no_seal_stamp = true }, NULL,
	    VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE);
	try("seal expired since, stamped", &(struct maker_recipe){ .seal = &seal }, NULL, VERDICT_PASSED, SUB_NONE);
	/* A CRL made after the certificate expired need not list it any more. */
	own(X509_CRL) *late = maker_crl(m, maker_now - 60, maker_now + DAY_SECS, NULL, 0);
	try("a later CRL says nothing, the embedded one does", &(struct maker_recipe){ .officer = &expired }, late, VERDICT_PASSED, SUB_NONE);
	try("a later CRL says nothing, and is alone", &(struct maker_recipe){ .officer = &expired, .no_evidence = true }, late, VERDICT_INDETERMINATE, SUB_TRY_LATER);
	try("stamped before its certificate was", &(struct maker_recipe){ .officer = &future }, NULL, VERDICT_FAILED, SUB_NOT_YET_VALID);
	maker_party_drop(&expired);
	maker_party_drop(&future);
	maker_party_drop(&seal);
}

static void
the_log_is_proof_where_there_is_no_stamp(void **state)
{
	own_struct(buf) doc = buf_new(XML_SIZE_MAX), other = buf_new(XML_SIZE_MAX);
	own(X509_CRL) *crl = maker_revoking(m, m->officer.cert, maker_now - 300, 0, 0);
	own(evidence_t) *v = maker_evidence(m, crl), *late = maker_evidence(m, crl), *wrong = maker_evidence(m, crl);
	const struct maker_recipe bare = { .no_officer_stamp = true, .no_seal_stamp = true };
	struct report r;

	maker_permit(m, &bare, &doc);
	maker_permit(m, &bare, &other);
	maker_log_proof(m, v, buf_span(&doc), maker_now - 400);
	maker_judge(m, &r, buf_span(&doc), v);
	maker_expect("issued before the revocation, by the log", &r, VERDICT_PASSED, SUB_NONE);
	assert_int_equal(r.signature[0].proof, PROOF_LOG);
	report_drop(&r);
	maker_log_proof(m, late, buf_span(&doc), maker_now - 200);
	maker_judge(m, &r, buf_span(&doc), late);
	maker_expect("issued after the revocation, by the log", &r, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE);
	report_drop(&r);
	maker_log_proof(m, wrong, buf_span(&other), maker_now - 400);
	maker_judge(m, &r, buf_span(&doc), wrong);
	maker_expect("the log's proof of other bytes", &r, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE);
	report_drop(&r);
}

static void
authority(void **state)
{
	struct maker_party other_seal = maker_seal(m, "H99.31.12", maker_now - YEAR, maker_now + YEAR), city_seal = maker_seal(m, "H99", maker_now - YEAR, maker_now + YEAR),
	    tier = maker_other_tier(m, "H99.31.07"), below = maker_official(m, "Cấp Dưới", "PHÓ CHỦ TỊCH", "H99.31.07", maker_now - YEAR, maker_now + YEAR),
	    sct = maker_official(m, "Lâm Thị Kiều Oanh", "GIÁM ĐỐC", "H99.05", maker_now - YEAR, maker_now + YEAR), sct_seal = maker_seal(m, "H99.05", maker_now - YEAR, maker_now + YEAR);
	const struct { const char *name; struct maker_recipe recipe; enum verdict verdict; enum sub_indication sub; } cases[] = {
		{ "officer of another agency", { .officer = &m->other_officer }, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "a title that the certificate has not", { .title = "CHỦ TỊCH" }, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "an invented mode", { .mode = "XX. CHỦ TỊCH" }, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "a mode that the kind does not allow", { .sample = "vpdd-01", .officer = &sct, .seal = &sct_seal, .title = "GIÁM ĐỐC", .mode = "TL. CHỦ TỊCH" },
			VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "the kind's own mode", { .sample = "vpdd-01", .officer = &sct, .seal = &sct_seal, .title = "GIÁM ĐỐC", .mode = "" }, VERDICT_PASSED, SUB_NONE },
		{ "another agency's seal", { .seal = &other_seal }, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "the seal of the agency above", { .seal = &city_seal }, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "an officer's certificate as the seal", { .seal = &m->officer }, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "a seal as the officer", { .officer = &m->seal }, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "a time-stamping certificate as the seal", { .seal = &m->tsa }, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "a certificate of another tier", { .officer = &tier }, VERDICT_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE },
		{ "a stranger", { .officer = &m->stranger }, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
		{ "a stranger's seal", { .seal = &m->stranger }, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		try(cases[i].name, &cases[i].recipe, NULL, cases[i].verdict, cases[i].sub);
	maker_party_drop(&other_seal);
	maker_party_drop(&city_seal);
	maker_party_drop(&tier);
	maker_party_drop(&below);
	maker_party_drop(&sct);
	maker_party_drop(&sct_seal);
}

static void
appointments_decide_when_they_are_known(void **state)
{
	own_struct(buf) doc = buf_new(XML_SIZE_MAX);
	own(evidence_t) *v = maker_evidence(m, NULL);
	char person[64] = "";
	struct report r;
	const struct { const char *name; struct judge_appointment a; enum sub_indication sub; } cases[] = {
		{ "appointed", { person, "H99.31.07", "PHÓ CHỦ TỊCH", "KT.", "construction", 0, INT64_MAX }, SUB_NONE },
		{ "another person", { "CB-1", "H99.31.07", "PHÓ CHỦ TỊCH", "KT.", "construction", 0, INT64_MAX }, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "another mode", { person, "H99.31.07", "PHÓ CHỦ TỊCH", "TL.", "construction", 0, INT64_MAX }, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "another kind", { person, "H99.31.07", "PHÓ CHỦ TỊCH", "KT.", "land-use", 0, INT64_MAX }, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "another title", { person, "H99.31.07", "CHỦ TỊCH", "KT.", "construction", 0, INT64_MAX }, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "ended", { person, "H99.31.07", "PHÓ CHỦ TỊCH", "KT.", "construction", 0, maker_now - DAY_SECS }, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "not begun", { person, "H99.31.07", "PHÓ CHỦ TỊCH", "KT.", "construction", maker_now, INT64_MAX }, SUB_SIG_CONSTRAINTS_FAILURE },
	};

	maker_permit(m, &(struct maker_recipe){ 0 }, &doc);
	maker_judge(m, &r, buf_span(&doc), v);
	strcpy(person, r.signature[0].person);
	report_drop(&r);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct judge_question q = { .document = buf_span(&doc), .at = maker_now, .policy = m->policy, .grammars = m->grammars,
			.evidence = v, .appointment = &cases[i].a, .nappointments = 1 };

		judge_permit(&r, &q);
		maker_expect(cases[i].name, &r, cases[i].sub == SUB_NONE ? VERDICT_PASSED : VERDICT_INDETERMINATE, cases[i].sub);
		report_drop(&r);
	}
}

static void
in_force(void **state)
{
	static const unsigned char statuses[] = { 0, 1, 2, 3, 12, 7 };
	static const struct { const char *name; uint64_t index; int days_old; enum in_force want; } cases[] = {
		{ "in force", 0, 0, FORCE_YES }, { "withdrawn", 1, 0, FORCE_WITHDRAWN }, { "suspended", 2, 0, FORCE_SUSPENDED },
		{ "superseded", 3, 0, FORCE_SUPERSEDED }, { "noted", 4, 0, FORCE_NOTED }, { "a value nobody knows", 5, 0, FORCE_UNKNOWN },
		{ "beyond the list", 600, 0, FORCE_UNKNOWN }, { "stale list", 0, 15, FORCE_UNKNOWN },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) doc = buf_new(XML_SIZE_MAX);
		own(evidence_t) *v = maker_evidence(m, NULL);
		struct report r;

		maker_status_list(m, v, statuses, sizeof(statuses), maker_now - 60 - cases[i].days_old * DAY_SECS);
		maker_permit(m, &(struct maker_recipe){ .status_index = cases[i].index }, &doc);
		maker_judge(m, &r, buf_span(&doc), v);
		maker_expect(cases[i].name, &r, VERDICT_PASSED, SUB_NONE);
		if (r.in_force != cases[i].want)
			print_error("%s: %s\n", cases[i].name, in_force_word(r.in_force));
		assert_case(cases[i].name, r.in_force == cases[i].want);
		assert_int_equal(report_exit(&r, true), r.in_force == FORCE_YES ? 0 : r.in_force == FORCE_UNKNOWN ? 2 : 1);
		report_drop(&r);
	}
}

static void
expiry_is_a_matter_of_the_day_asked(void **state)
{
	static const unsigned char statuses[] = { 0 };
	struct maker_party sct = maker_official(m, "Lâm Thị Kiều Oanh", "GIÁM ĐỐC", "H99.05", maker_now - YEAR, maker_now + YEAR),
	    seal = maker_seal(m, "H99.05", maker_now - YEAR, maker_now + YEAR);
	const struct maker_recipe recipe = { .sample = "vpdd-02", .officer = &sct, .seal = &seal, .title = "GIÁM ĐỐC", .mode = "" };
	static const struct { const char *day; enum in_force want; } cases[] = { { "2026-11-22", FORCE_YES }, { "2026-11-30", FORCE_YES },
		{ "2026-12-01", FORCE_EXPIRED }, { "2021-11-30", FORCE_UNKNOWN } };
	own_struct(buf) doc = buf_new(XML_SIZE_MAX);
	own(evidence_t) *v = maker_evidence(m, NULL);

	maker_permit(m, &recipe, &doc);
	maker_status_list(m, v, statuses, sizeof(statuses), maker_now - 60);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct judge_question q = { .document = buf_span(&doc), .at = maker_now, .policy = m->policy, .grammars = m->grammars, .evidence = v };
		struct report r;
		struct err e;

		assert_done(date_parse(&q.day, cases[i].day, &e), e);
		judge_permit(&r, &q);
		maker_expect(cases[i].day, &r, VERDICT_PASSED, SUB_NONE);
		assert_case(cases[i].day, r.in_force == cases[i].want);
		report_drop(&r);
	}
	maker_party_drop(&sct);
	maker_party_drop(&seal);
}

static void
a_permit_that_waits_for_its_seal(void **state)
{
	own_struct(buf) doc = buf_new(XML_SIZE_MAX);
	own(evidence_t) *v = maker_evidence(m, NULL);
	struct judge_question q = { .at = maker_now, .policy = m->policy, .grammars = m->grammars, .evidence = v };
	struct report r;

	maker_permit(m, &(struct maker_recipe){ .unsealed = true }, &doc);
	q.document = buf_span(&doc);
	judge_permit(&r, &q);
	maker_expect("no seal", &r, VERDICT_FAILED, SUB_FORMAT_FAILURE);
	report_drop(&r);
	q.unsealed = true;
	judge_permit(&r, &q);
	maker_expect("waiting", &r, VERDICT_PASSED, SUB_NONE);
	assert_int_equal(r.in_force, FORCE_UNKNOWN);
	report_drop(&r);
}

static void
nothing_signed_is_nothing_judged(void **state)
{
	static const char *const cases[] = { "", "hello", "%PDF-1.7", "<html><body/></html>", "<permit xmlns='urn:antin:permit:1'><content/></permit>", "\x89PNG" };
	own(evidence_t) *v = maker_evidence(m, NULL);

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct report r;

		maker_judge(m, &r, span_str(cases[i]), v);
		assert_case(cases[i], r.no_signature && r.verdict == VERDICT_INDETERMINATE && report_exit(&r, false) == 1);
		own(json_t) *j = report_json(&r, m->policy, "file", maker_now);
		assert_string_equal(json_string_value(json_object_get(json_object_get(j, "answer"), "id")), "no-signature");
		assert_string_equal(json_string_value(json_object_get(j, "signature")), "failed");
		report_drop(&r);
	}
}

/* Nobody is shown what anybody could have written. */
static void
strangers_content_is_not_shown(void **state)
{
	own_struct(buf) doc = buf_new(XML_SIZE_MAX);
	own(evidence_t) *v = maker_evidence(m, NULL);
	struct report r;

	maker_permit(m, &(struct maker_recipe){ .officer = &m->stranger, .seal = &m->stranger }, &doc);
	maker_judge(m, &r, buf_span(&doc), v);
	own(json_t) *j = report_json(&r, m->policy, "file", maker_now);
	assert_true(json_is_null(json_object_get(j, "permit")));
	assert_string_equal(json_string_value(json_object_get(json_object_get(j, "answer"), "id")), "issuer-unknown");
	report_drop(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ordinary_permit_passes),
		cmocka_unit_test(other_ways_to_sign),
		cmocka_unit_test(several_officers),
		cmocka_unit_test(a_later_version),
		cmocka_unit_test(revocation_and_time),
		cmocka_unit_test(signed_while_suspended),
		cmocka_unit_test(embedded_evidence_is_enough),
		cmocka_unit_test(without_revocation_data),
		cmocka_unit_test(dates_of_certificates),
		cmocka_unit_test(the_log_is_proof_where_there_is_no_stamp),
		cmocka_unit_test(authority),
		cmocka_unit_test(appointments_decide_when_they_are_known),
		cmocka_unit_test(in_force),
		cmocka_unit_test(expiry_is_a_matter_of_the_day_asked),
		cmocka_unit_test(a_permit_that_waits_for_its_seal),
		cmocka_unit_test(nothing_signed_is_nothing_judged),
		cmocka_unit_test(strangers_content_is_not_shown),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
