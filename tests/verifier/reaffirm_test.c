/* A permit whose officer's key was in other hands when he signed, reaffirmed by his
 * agency: what that takes from the verdict, and what it does not (verifier/judge.h). */
#include "tests/base/test.h"
#include "tests/verifier/mutate.h"
#include "tests/verifier/permit_maker.h"

#include "base/clock.h"
#include "base/file.h"

#include <fnmatch.h>
#include <unistd.h>

#define YEAR (365 * (int64_t)DAY_SECS)
/* The officer signs ten minutes before maker_now, the seal a minute later; the agency
 * reaffirms a minute before maker_now. */
#define LOST (maker_now - 3600)
#define REVOKED (maker_now - 300)

static struct maker *m;

static int set_up(void **state) { m = maker_new(); return 0; }
static int tear_down(void **state) { maker_free(m); return 0; }

static X509_CRL *the_officers(void) { return maker_revoking(m, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST); }

static void
make(struct buf *out, const struct maker_recipe *recipe, const struct maker_reaffirming *how)
{
	own_struct(buf) sealed = buf_new(XML_SIZE_MAX);

	maker_permit(m, recipe, &sealed);
	if (how != NULL)
		maker_reaffirm(m, out, buf_span(&sealed), how);
	else
		buf_put_span(out, buf_span(&sealed));
}

static void
judged(struct report *r, struct span document, X509_CRL *crl)
{
	own(evidence_t) *v = maker_evidence(m, crl);

	maker_judge(m, r, document, v);
}

static void
says_why(void **state)
{
	own_struct(buf) doc = buf_new(XML_SIZE_MAX);
	own(X509_CRL) *crl = the_officers();
	own(json_t) *j = NULL;
	const struct report_signature *s;
	struct report r;

	make(&doc, &(struct maker_recipe){ 0 }, &(struct maker_reaffirming){ 0 });
	judged(&r, buf_span(&doc), crl);
	maker_expect("reaffirmed", &r, VERDICT_PASSED, SUB_NONE);
	s = r.signature;
	assert_int_equal(r.nsignatures, 3);
	assert_string_equal(s[0].id, "officer-1");
	assert_string_equal(s[2].id, "reaffirm");
	assert_true(s[0].verdict == VERDICT_FAILED && s[0].sub == SUB_REVOKED && s[0].reaffirmed && !s[0].valid_then && s[0].integrity && s[0].revoked == LOST);
	assert_true(!s[1].reaffirmed && s[1].verdict == VERDICT_PASSED && !s[2].reaffirmed && s[2].verdict == VERDICT_PASSED && s[2].proof == PROOF_STAMP);
	assert_string_equal(s[0].reasons.at[1].vi, "Cơ quan cấp giấy đã xác nhận lại theo Quyết định 512/QĐ-UBND ngày 22/11/2026.");
	assert_string_equal(s[0].reasons.at[1].en, "Reaffirmed by the agency: decision 512/QĐ-UBND of 2026-11-22.");
	assert_string_equal(r.remarks.at[0].en, s[0].reasons.at[1].en);
	j = report_json(&r, m->policy, "file", maker_now);
	assert_true(json_is_true(json_object_get(json_array_get(json_object_get(j, "signatures"), 0), "reaffirmed")));
	assert_null(json_object_get(json_array_get(json_object_get(j, "signatures"), 1), "reaffirmed"));
	assert_string_equal(json_text(json_object_get(json_object_get(j, "permit"), "reaffirmation"), "decision"), "512/QĐ-UBND");
	assert_string_equal(json_text(json_object_get(json_object_get(j, "permit"), "reaffirmation"), "day"), MAKER_DAY);
	report_drop(&r);

	/* Who does not know of the revocation is told of none. */
	judged(&r, buf_span(&doc), NULL);
	maker_expect("without the newer CRL", &r, VERDICT_PASSED, SUB_NONE);
	assert_true(r.signature[0].verdict == VERDICT_PASSED && !r.signature[0].reaffirmed && r.remarks.n == 1);
	report_drop(&r);
}

static void
what_is_healed_and_what_is_not(void **state)
{
	struct maker_party second = maker_official(m, "Trần Lê", "PHÓ CHỦ TỊCH", "H99.31.07", maker_now - YEAR, maker_now + YEAR),
	    others = maker_seal(m, "H99.14", maker_now - YEAR, maker_now + YEAR), again = maker_seal(m, "H99.31.07", maker_now - YEAR, maker_now + YEAR),
	    tier = maker_other_tier(m, "H99.31.07");
	const struct maker_recipe usual = { 0 }, late_stamp = { .officer_time = LOST - 60, .officer_stamp = LOST + 60 }, elsewhere = { .officer = &m->other_officer },
	    mode = { .mode = "PP. CHỦ TỊCH" }, unproven = { .no_officer_stamp = true, .no_seal_stamp = true }, after = { .officer_time = REVOKED + 60 }, before = { .officer_time = LOST - 60 },
	    two = { .second = &second };
	const struct maker_reaffirming now = { 0 }, other_seal = { .by = &again }, early = { .when = REVOKED - 60 }, early_stamp = { .stamp = REVOKED - 60 }, early_claim = { .when = REVOKED - 60, .stamp = maker_now - 30 },
	    no_stamp = { .no_stamp = true }, by_others = { .by = &others }, by_officer = { .by = &m->officer }, by_stranger = { .by = &m->stranger }, by_tier = { .by = &tier }, late_claim = { .when = maker_now + 400, .stamp = maker_now - 30 }, tomorrow = { .day = "2026-11-23" };
	const struct { const char *name; const struct maker_recipe *recipe; const struct maker_reaffirming *how; X509 *revoked; int64_t date; int reason; int64_t invalidity; enum verdict verdict; enum sub_indication sub; } rows[] = {
		{ "made in the window", &usual, &now, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_PASSED, SUB_NONE },
		{ "by another seal of the agency", &usual, &other_seal, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_PASSED, SUB_NONE },
		{ "claimed before, proven in the window", &late_stamp, &now, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_PASSED, SUB_NONE },
		{ "older than the loss", &before, &now, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_PASSED, SUB_NONE },
		{ "in the second in which the key was lost", &usual, &now, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, maker_now - 598, VERDICT_PASSED, SUB_NONE },

		{ "not reaffirmed", &usual, NULL, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "not reaffirmed, claimed before", &late_stamp, NULL, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE },
		{ "revoked for another reason", &usual, &now, m->officer.cert, REVOKED, CRL_REASON_SUPERSEDED, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "revoked for leaving the agency", &usual, &now, m->officer.cert, REVOKED, CRL_REASON_AFFILIATION_CHANGED, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "signed after the revocation itself", &after, &now, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "no window at all", &usual, &now, m->officer.cert, maker_now - 900, CRL_REASON_KEY_COMPROMISE, 0, VERDICT_FAILED, SUB_REVOKED },
		{ "a window that is over", &usual, &now, m->officer.cert, maker_now - 800, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "suspended only", &usual, &now, m->officer.cert, maker_now - 900, CRL_REASON_CERTIFICATE_HOLD, 0, VERDICT_INDETERMINATE, SUB_TRY_LATER },
		{ "reaffirmed before anybody knew", &usual, &early, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "stamped before anybody knew", &usual, &early_stamp, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "claimed before anybody knew", &usual, &early_claim, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "claimed later than it is proven", &usual, &late_claim, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "of another day than it is claimed", &usual, &tomorrow, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "of another day, nothing revoked", &usual, &tomorrow, NULL, 0, 0, 0, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "nothing proves when it was reaffirmed", &usual, &no_stamp, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "nothing proves when it was signed", &unproven, &now, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "by another agency", &usual, &by_others, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "by another agency, nothing revoked", &usual, &by_others, NULL, 0, 0, 0, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "by the officer himself", &usual, &by_officer, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "by an officer, nothing revoked", &usual, &by_officer, NULL, 0, 0, 0, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "by a stranger", &usual, &by_stranger, NULL, 0, 0, 0, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
		{ "by one of another tier", &usual, &by_tier, NULL, 0, 0, 0, VERDICT_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE },
		{ "an officer of another agency", &elsewhere, &now, m->other_officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "an officer in a mode of nobody", &mode, &now, m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "one officer too many", &two, &now, second.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "the seal's own key was lost", &usual, &other_seal, m->seal.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
		{ "the key that reaffirms was lost", &usual, &other_seal, again.cert, maker_now - 30, CRL_REASON_KEY_COMPROMISE, LOST, VERDICT_FAILED, SUB_REVOKED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) doc = buf_new(XML_SIZE_MAX);
		own(X509_CRL) *crl = rows[i].revoked == NULL ? NULL : maker_revoking(m, rows[i].revoked, rows[i].date, rows[i].reason, rows[i].invalidity);
		struct report r;

		make(&doc, rows[i].recipe, rows[i].how);
		judged(&r, buf_span(&doc), crl);
		maker_expect(rows[i].name, &r, rows[i].verdict, rows[i].sub);
		report_drop(&r);
	}
	maker_party_drop(&second);
	maker_party_drop(&others);
	maker_party_drop(&again);
	maker_party_drop(&tier);
}

/* Two keys lost, by one decision; and one that is lost later, of which it says nothing. */
static void
several_keys(void **state)
{
	struct maker_party second = maker_official(m, "Trần Lê", "PHÓ CHỦ TỊCH", "H99.31.07", maker_now - YEAR, maker_now + YEAR), again = maker_seal(m, "H99.31.07", maker_now - YEAR, maker_now + YEAR);
	const struct { const char *name; struct maker_revoked of[3]; size_t n; enum verdict verdict; enum sub_indication sub; } rows[] = {
		{ "both", { { m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST }, { second.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST } }, 2, VERDICT_PASSED, SUB_NONE },
		{ "the second", { { second.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST } }, 1, VERDICT_PASSED, SUB_NONE },
		{ "the second, when it was reaffirmed already", { { m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST }, { second.cert, maker_now - 30, CRL_REASON_KEY_COMPROMISE, LOST } }, 2, VERDICT_FAILED, SUB_REVOKED },
		{ "both, and the key that reaffirms", { { m->officer.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST }, { second.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST },
			{ again.cert, REVOKED, CRL_REASON_KEY_COMPROMISE, LOST } }, 3, VERDICT_FAILED, SUB_REVOKED },
	};
	struct kind *kind = (struct kind *)policy_kind(m->policy, "construction");
	const struct kind was = *kind;
	struct turn turn[] = { { (char *)" KT. ", INT32_MIN, INT32_MAX }, { (char *)" KT. ", INT32_MIN, INT32_MAX } };

	kind->turn = turn;
	kind->nturns = 2;
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) doc = buf_new(XML_SIZE_MAX);
		own(X509_CRL) *crl = maker_crl(m, maker_now - 10, maker_now + 14 * DAY_SECS, rows[i].of, rows[i].n);
		struct report r;

		make(&doc, &(struct maker_recipe){ .second = &second }, &(struct maker_reaffirming){ .by = &again });
		judged(&r, buf_span(&doc), crl);
		maker_expect(rows[i].name, &r, rows[i].verdict, rows[i].sub);
		report_drop(&r);
	}
	*kind = was;
	maker_party_drop(&second);
	maker_party_drop(&again);
}

/* The last signature grows: stamps before the reaffirmation stay on the seal, later ones come
 * behind what reaffirms, and prove all that it covers. */
static void
renewed_before_and_after(void **state)
{
	struct maker_party next = maker_tsa(m, maker_now, maker_now + 5 * YEAR);
	own_struct(buf) sealed = buf_new(XML_SIZE_MAX), renewed = buf_new(XML_SIZE_MAX), doc = buf_new(XML_SIZE_MAX), later = buf_new(XML_SIZE_MAX);
	own(X509_CRL) *crl = the_officers();
	own(evidence_t) *v = maker_evidence(m, crl);
	struct judge_question q = { .at = maker_now + 2 * YEAR, .day = day_in_vietnam(maker_now), .policy = m->policy, .grammars = m->grammars, .evidence = v };
	struct report r;

	maker_permit(m, &(struct maker_recipe){ 0 }, &sealed);
	maker_archive(m, &renewed, buf_span(&sealed), &(struct maker_stamping){ &m->tsa, EVP_sha512(), maker_now - 120, NULL });
	maker_reaffirm(m, &doc, buf_span(&renewed), &(struct maker_reaffirming){ 0 });
	maker_archive(m, &later, buf_span(&doc), &(struct maker_stamping){ &next, EVP_sha512(), maker_now + YEAR / 2, NULL });
	judged(&r, buf_span(&doc), crl);
	maker_expect("a renewed copy, reaffirmed", &r, VERDICT_PASSED, SUB_NONE);
	assert_int_equal(r.signature[1].archived, maker_now - 120);
	assert_int_equal(r.signature[2].archived, INT64_MIN);
	report_drop(&r);
	/* Officer and seal have certificates until +1 year, the first stamper until +3. */
	q.at = maker_now + 4 * YEAR;
	q.document = buf_span(&doc);
	judge_permit(&r, &q);
	assert_int_not_equal(r.verdict, VERDICT_PASSED);
	report_drop(&r);
	q.document = buf_span(&later);
	judge_permit(&r, &q);
	maker_expect("renewed after that", &r, VERDICT_PASSED, SUB_NONE);
	assert_true(r.signature[0].reaffirmed && r.signature[2].archived == maker_now + YEAR / 2);
	report_drop(&r);
	maker_party_drop(&next);
}

/* A successor's seal, when the agency is over on that day. */
static void
by_the_successor(void **state)
{
	struct agency *a = (struct agency *)policy_agency(m->policy, "H99.31.07");
	const struct agency was = *a;
	struct maker_party heir = maker_seal(m, "H99.14", maker_now - YEAR, maker_now + YEAR);
	own_struct(buf) doc = buf_new(XML_SIZE_MAX);
	own(X509_CRL) *crl = the_officers();
	const struct { const char *name; int32_t to; enum verdict verdict; enum sub_indication sub; } rows[] = {
		{ "ended before", 20778, VERDICT_PASSED, SUB_NONE }, { "on its last day", 20779, VERDICT_FAILED, SUB_REVOKED }, { "it goes on", INT32_MAX, VERDICT_FAILED, SUB_REVOKED } };

	make(&doc, &(struct maker_recipe){ 0 }, &(struct maker_reaffirming){ .by = &heir });
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct report r;

		a->to = rows[i].to;
		a->successor = (char *)"H99.14";
		judged(&r, buf_span(&doc), crl);
		maker_expect(rows[i].name, &r, rows[i].verdict, rows[i].sub);
		report_drop(&r);
	}
	*a = was;
	maker_party_drop(&heir);
}

static void
replaced(struct buf *out, struct span text, const char *from, const char *to)
{
	const unsigned char *at = memmem(text.ptr, text.len, from, strlen(from));

	assert_non_null(at);
	buf_put(out, text.ptr, (size_t)(at - text.ptr));
	buf_put_str(out, to);
	buf_put(out, at + strlen(from), text.len - (size_t)(at - text.ptr) - strlen(from));
}

#define DS_OPEN(id) "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"" id "\">"

static struct span
from_to(struct span text, const char *from, const char *to)
{
	const unsigned char *a = memmem(text.ptr, text.len, from, strlen(from)), *b = memmem(text.ptr, text.len, to, strlen(to));

	assert_true(a != NULL && b != NULL && b > a);
	return span_of(a, (size_t)(b - a));
}

/* Parts, by letter: C content, 1 the officer, I issuance, S seal, A reaffirmation, R its
 * signature; a capital of this permit, O and o: the last two of another's. */
static void
parts(void **state)
{
	own_struct(buf) doc = buf_new(XML_SIZE_MAX), other = buf_new(XML_SIZE_MAX);
	own(X509_CRL) *crl = the_officers();
	struct maker_party again = maker_seal(m, "H99.31.07", maker_now - YEAR, maker_now + YEAR);

	make(&doc, &(struct maker_recipe){ 0 }, &(struct maker_reaffirming){ 0 });
	make(&other, &(struct maker_recipe){ .sample = "gpxd-02" }, &(struct maker_reaffirming){ .by = &again, .decision = "513/QĐ-UBND" });
	const struct span d = buf_span(&doc), x = buf_span(&other);
	const struct { char letter; struct span text; } part[] = {
		{ 'C', from_to(d, "<content ", DS_OPEN("officer-1")) }, { '1', from_to(d, DS_OPEN("officer-1"), "<issuance ") }, { 'I', from_to(d, "<issuance ", DS_OPEN("seal")) },
		{ 'S', from_to(d, DS_OPEN("seal"), "<reaffirmation ") }, { 'A', from_to(d, "<reaffirmation ", DS_OPEN("reaffirm")) }, { 'R', from_to(d, DS_OPEN("reaffirm"), "</permit>") },
		{ 'O', from_to(x, "<reaffirmation ", DS_OPEN("reaffirm")) }, { 'o', from_to(x, DS_OPEN("reaffirm"), "</permit>") } };
	static const struct { const char *letters; enum verdict verdict; enum sub_indication sub; } rows[] = {
		{ "C1ISAR", VERDICT_PASSED, SUB_NONE }, { "C1IS", VERDICT_FAILED, SUB_REVOKED },
		{ "C1ISA", VERDICT_FAILED, SUB_FORMAT_FAILURE }, { "C1ISR", VERDICT_FAILED, SUB_FORMAT_FAILURE }, { "C1IAR", VERDICT_FAILED, SUB_FORMAT_FAILURE },
		{ "C1IR", VERDICT_FAILED, SUB_FORMAT_FAILURE }, { "C1AR", VERDICT_FAILED, SUB_FORMAT_FAILURE }, { "C1R", VERDICT_FAILED, SUB_FORMAT_FAILURE }, { "CISAR", VERDICT_FAILED, SUB_FORMAT_FAILURE },
		{ "C1ISRA", VERDICT_FAILED, SUB_FORMAT_FAILURE }, { "C1ARIS", VERDICT_FAILED, SUB_FORMAT_FAILURE }, { "ARC1IS", VERDICT_FAILED, SUB_FORMAT_FAILURE },
		{ "C1ISARAR", VERDICT_FAILED, SUB_FORMAT_FAILURE }, { "C1ISAAR", VERDICT_FAILED, SUB_FORMAT_FAILURE }, { "C1ISARR", VERDICT_FAILED, SUB_FORMAT_FAILURE }, { "C1ISARS", VERDICT_FAILED, SUB_FORMAT_FAILURE },
		{ "C1ISARoO", VERDICT_FAILED, SUB_FORMAT_FAILURE }, { "C1ISOo", VERDICT_FAILED, SUB_REVOKED }, { "C1ISOR", VERDICT_FAILED, SUB_REVOKED }, { "C1ISAo", VERDICT_FAILED, SUB_REVOKED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) text = buf_new(XML_SIZE_MAX);
		struct report r;

		buf_put_str(&text, "<permit xmlns=\"" NS_PERMIT "\">");
		for (const char *l = rows[i].letters; *l != '\0'; l++)
			for (size_t k = 0; k < COUNT(part); k++)
				if (part[k].letter == *l)
					buf_put_span(&text, part[k].text);
		buf_put_str(&text, "</permit>");
		judged(&r, buf_span(&text), crl);
		maker_expect(rows[i].letters, &r, rows[i].verdict, rows[i].sub);
		report_drop(&r);
	}
	maker_party_drop(&again);
}

static void
what_it_may_say(void **state)
{
	static const struct { const char *name; struct maker_reaffirming how; enum verdict verdict; } rows[] = {
		{ "a decision of the day of the issue", { .decided = MAKER_DAY }, VERDICT_PASSED },
		{ "from before the permit", { .decided = "2026-11-21" }, VERDICT_FAILED },
		{ "reaffirmed before it was decided", { .decided = "2026-11-23" }, VERDICT_FAILED },
		{ "a number of a hundred signs", { .decision = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456/ĐĐ" }, VERDICT_PASSED },
		{ "a longer one", { .decision = "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567/ĐĐ" }, VERDICT_FAILED },
		{ "no number", { .decision = "" }, VERDICT_FAILED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) doc = buf_new(XML_SIZE_MAX);
		struct report r;

		make(&doc, &(struct maker_recipe){ 0 }, &rows[i].how);
		judged(&r, buf_span(&doc), NULL);
		maker_expect(rows[i].name, &r, rows[i].verdict, rows[i].verdict == VERDICT_PASSED ? SUB_NONE : SUB_FORMAT_FAILURE);
		report_drop(&r);
	}
}

/* Where a change may pass: what no signature covers (FORMATS 1), of the last signature alone. */
static bool
is_free(const char *path)
{
	return fnmatch("/permit/reaffirm/KeyInfo/X509Data/X509Certificate*", path, 0) == 0 || fnmatch("/permit/reaffirm/Object/QualifyingProperties/UnsignedProperties*", path, 0) == 0;
}

static void
every_place_of_it_changed(void **state)
{
	own_struct(buf) doc = buf_new(XML_SIZE_MAX);
	own(X509_CRL) *crl = the_officers();
	own(evidence_t) *v = maker_evidence(m, crl);
	size_t n, tried = 0, passed = 0;
	const struct mutation *x = mutations(&n);
	struct site site;
	struct report r;
	xmlDoc *parsed;

	evidence_add_cert(v, m->seal.cert);
	make(&doc, &(struct maker_recipe){ 0 }, &(struct maker_reaffirming){ 0 });
	parsed = mutate_parse(buf_span(&doc));
	for (size_t at = 0; site_find(&site, parsed, at); at++)
		for (size_t i = 0; i < n && (fnmatch("/permit/seal*", site.path, 0) == 0 || fnmatch("/permit/reaffirm*", site.path, 0) == 0); i++) {
			own_struct(buf) text = buf_new(2 * XML_SIZE_MAX);
			xmlDoc *copy = xmlCopyDoc(parsed, 1);
			struct site here;

			assert_true(site_find(&here, copy, at));
			if (here.kind == x[i].on && x[i].apply(&here)) {
				mutate_dump(&text, copy);
				maker_judge(m, &r, buf_span(&text), v);
				tried++;
				passed += r.verdict == VERDICT_PASSED && !x[i].benign;
				if (r.verdict == VERDICT_PASSED ? !x[i].benign && !is_free(site.path) : x[i].benign)
					print_error("%s %s: %s\n", site.path, x[i].name, verdict_word(r.verdict));
				assert_true(r.verdict == VERDICT_PASSED ? x[i].benign || is_free(site.path) : !x[i].benign);
				report_drop(&r);
			}
			xmlFreeDoc(copy);
		}
	xmlFreeDoc(parsed);
	assert_true(tried > 4000 && passed > 10);
}

/* Another's word: xmlsec1 over each signature, openssl over the stamp. */
static int
xmlsec1(const char *folder, const char *id)
{
	own_str char *command = xprintf("xmlsec1 --verify --id-attr:Id http://www.w3.org/2000/09/xmldsig#:Signature --id-attr:Id urn:antin:permit:1:content --id-attr:Id urn:antin:permit:1:issuance "
	    "--id-attr:Id urn:antin:permit:1:reaffirmation --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties --trusted-pem %s/root.pem --untrusted-pem %s/issuing.pem "
	    "--enabled-key-data x509 --verification-time '2026-11-22 08:42:00' --node-xpath \"//*[local-name()='Signature'][@Id='%s']\" %s/permit.xml >/dev/null 2>&1", folder, folder, id, folder);

	return system(command);
}

static void
xmlsec1_says_the_same(void **state)
{
	static const struct { const char *name, *from, *to; bool officer, seal, reaffirm; } rows[] = {
		{ "as made", "512/QĐ-UBND", "512/QĐ-UBND", true, true, true },
		{ "another decision", "512/QĐ-UBND", "513/QĐ-UBND", true, true, false },
		{ "another day", "<decided>2026-11-22", "<decided>2026-11-21", true, true, false },
		{ "another number", "245/GPXD", "246/GPXD", true, false, false },
		{ "another permit", "<dossier>H99", "<dossier>H98", false, false, false },
	};
	char folder[] = "/tmp/antin-reaffirm-XXXXXX";
	own_struct(buf) doc = buf_new(XML_SIZE_MAX), root = buf_new(1 << 14), issuing = buf_new(1 << 14);
	struct err e;

	if (access("/usr/bin/xmlsec1", X_OK) != 0)
		skip();
	assert_non_null(mkdtemp(folder));
	own_str char *path = xprintf("%s/permit.xml", folder), *clean = xprintf("rm -rf %s", folder), *root_path = xprintf("%s/root.pem", folder), *issuing_path = xprintf("%s/issuing.pem", folder);
	cert_to_pem(&root, m->root.cert);
	cert_to_pem(&issuing, m->issuing.cert);
	assert_done(file_write(root_path, buf_span(&root), 0600, &e) && file_write(issuing_path, buf_span(&issuing), 0600, &e), e);
	make(&doc, &(struct maker_recipe){ 0 }, &(struct maker_reaffirming){ 0 });
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) text = buf_new(XML_SIZE_MAX);

		replaced(&text, buf_span(&doc), rows[i].from, rows[i].to);
		assert_done(file_write(path, buf_span(&text), 0600, &e), e);
		assert_case(rows[i].name, (xmlsec1(folder, "officer-1") == 0) == rows[i].officer);
		assert_case(rows[i].name, (xmlsec1(folder, "seal") == 0) == rows[i].seal);
		assert_case(rows[i].name, (xmlsec1(folder, "reaffirm") == 0) == rows[i].reaffirm);
	}
	assert_int_equal(system(clean), 0);
}

static void
what_cannot_be_reaffirmed(void **state)
{
	own_struct(buf) unsealed = buf_new(XML_SIZE_MAX), doc = buf_new(XML_SIZE_MAX), out = buf_new(XML_SIZE_MAX);
	struct xades_target target[XADES_TARGETS_MAX];
	struct permit p;
	struct err e;
	size_t n;

	make(&unsealed, &(struct maker_recipe){ .unsealed = true }, NULL);
	make(&doc, &(struct maker_recipe){ 0 }, &(struct maker_reaffirming){ 0 });
	const struct span files[] = { buf_span(&unsealed), buf_span(&doc) };

	for (size_t i = 0; i < COUNT(files); i++) {
		assert_done(permit_read(&p, files[i], m->policy, m->grammars, &e), e);
		assert_false(permit_reaffirm_targets(target, &n, &p, SPAN_NONE, &e));
		assert_int_equal(e.class, ERR_POLICY);
		permit_drop(&p);
	}
	assert_false(permit_reaffirm(&out, span_str("<permit></permit>"), SPAN_NONE, SPAN_NONE, &e));
	assert_false(permit_reaffirm(&out, files[1], span_str("<reaffirmation>"), SPAN_NONE, &e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_why), cmocka_unit_test(what_is_healed_and_what_is_not), cmocka_unit_test(several_keys), cmocka_unit_test(renewed_before_and_after),
		cmocka_unit_test(by_the_successor), cmocka_unit_test(parts), cmocka_unit_test(what_it_may_say), cmocka_unit_test(every_place_of_it_changed),
		cmocka_unit_test(xmlsec1_says_the_same), cmocka_unit_test(what_cannot_be_reaffirmed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
