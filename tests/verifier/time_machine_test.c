/*
 * What a signature is worth, by when it was made, what happened since, and what shows it:
 * one row a scenario.  What ETSI EN 319 102-1 (V1.3.1) gives was written down before any
 * of it was run, from what its clauses are known to say, without the text at hand; where
 * Antin answers otherwise, the row says what and why.
 *
 * Days count from the day of the judgement in most rows: -30 is thirty days before it.  A
 * permit is signed on day 0 and judged later.
 *
 * usage: time_machine_test [print]	prints the table, in Markdown
 */
#include "tests/base/test.h"
#include "tests/verifier/permit_maker.h"
#include "tests/verifier/pki.h"

#include "base/clock.h"
#include "verifier/cades.h"

#define CONTENT "Hồ sơ thử nghiệm\n"
#define NONE INT_MIN
#define NEVER -100000		/* no list at all */

enum who { NOBODY, LIVE, ENDED, YOUNG, UNBORN, RSA1024, RSA1536, SHA1_SIGNED, ISSUING, TSA, ENDED_TSA, WHOS };
enum form { CADES, PERMIT };
struct result { enum verdict verdict; enum sub_indication sub; };

/* Certificates of the CAdES rows: from, to in days. */
static const struct { const char *name; int from, to, bits; bool sha1; } certificates[WHOS] = {
	[LIVE] = { "certificate until +300", -700, 300, 0, false }, [ENDED] = { "certificate until -100", -700, -100, 0, false },
	[YOUNG] = { "certificate from -10", -10, 300, 0, false }, [UNBORN] = { "certificate from +10", 10, 300, 0, false },
	[RSA1024] = { "RSA 1024, until 2013", -7000, -5000, 1024, false }, [RSA1536] = { "RSA 1536", -5000, 300, 1536, false },
	[SHA1_SIGNED] = { "certificate signed over SHA-1, until 2013", -7000, -5000, 0, true },
	[ISSUING] = { "issuing CA", -7300, 4000, 0, false }, [TSA] = { "time stamps", -7300, 4000, 0, false }, [ENDED_TSA] = { "time stamps until -50", -700, -50, 0, false },
};

static const struct row {
	const char *name;
	enum form form;
	enum who by;
	const char *md;			/* of the signature; NULL: SHA-256 */
	int claimed, stamp;
	enum who stamper;
	int archive, log;		/* of permits; 0: none */
	struct { enum who who; int day, reason, invalid; } revoked;
	struct { int from, to; } list;	/* the issuing CA's CRL; 0, 0: of the judgement's day */
	int at;
	struct result standard;
	const char *clause;
	struct result ours;
	const char *why;		/* NULL: as the standard */
} rows[] = {
#define BY(who, claimed_, at_) .form = CADES, .by = who, .claimed = claimed_, .stamp = NONE, .at = at_
#define STAMPED(who, claimed_, stamp_) .form = CADES, .by = who, .claimed = claimed_, .stamp = stamp_, .stamper = TSA
#define SEALED(at_) .form = PERMIT, .by = LIVE, .at = at_
#define REVOKED(who, ...) .revoked = { who, __VA_ARGS__ }
#define LIST(a, b) .list = { a, b }
#define PASSED .standard = { VERDICT_PASSED, SUB_NONE }
#define INDETERMINATE(s) .standard = { VERDICT_INDETERMINATE, SUB_##s }
#define FAILED(s) .standard = { VERDICT_FAILED, SUB_##s }
#define OURS(v, s, because) .ours = { VERDICT_##v, SUB_##s }, .why = because
#define CONDEMNS "a claim at or after the revocation condemns the signature: its holder says it himself"
#define LATER "what is stamped was there: a later claim is untrue, and what is judged by it is not known"
#define HAND "from the invalidity date on nobody can say whose hand it was (RFC 5280 5.3.2)"
#define RFC3161 "a token from before stays good when its key was given up in order (RFC 3161 4)"
	/* Validity. */
	{ "alive, no stamp", BY(LIVE, -30, 0), PASSED, .clause = "5.3.4" },
	{ "alive, stamped", STAMPED(LIVE, -30, -30), PASSED, .clause = "5.5.4" },
	{ "expired, no stamp, a list from before its end", BY(ENDED, -200, 0), LIST(-150, -120), INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.2.6.4" },
	{ "expired, no stamp, a list from after its end does not name it", BY(ENDED, -200, 0), INDETERMINATE(OUT_OF_BOUNDS_NOT_REVOKED), .clause = "5.2.6.4",
	    OURS(INDETERMINATE, OUT_OF_BOUNDS_NO_POE, "a list need not name what had expired before it (RFC 5280 3.3): that it was not revoked is not known") },
	{ "expired, stamped before its end", STAMPED(ENDED, -200, -200), LIST(-150, -120), PASSED, .clause = "5.5.4" },
	{ "expired, stamped on its last day", STAMPED(ENDED, -200, -101), LIST(-150, -90), PASSED, .clause = "5.5.4" },
	{ "expired, stamped in its last second", STAMPED(ENDED, -200, -100), LIST(-150, -90), PASSED, .clause = "5.5.4" },
	{ "expired, stamped after its end", STAMPED(ENDED, -200, -50), LIST(-150, -120), INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.5.4" },
	{ "stamped before its certificate began", STAMPED(YOUNG, -30, -20), FAILED(NOT_YET_VALID), .clause = "5.5.4" },
	{ "claims to be older than its certificate, no stamp", BY(YOUNG, -30, 0), PASSED, .clause = "5.3.4" },
	{ "not yet valid, no stamp", BY(UNBORN, -1, 0), INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.2.6.4" },
	{ "not yet valid, stamped", STAMPED(UNBORN, -1, -1), FAILED(NOT_YET_VALID), .clause = "5.5.4" },
	{ "claims a time to come, no stamp", BY(LIVE, 5, 0), PASSED, .clause = "5.3.4" },
	/* Revocation. */
	{ "revoked after its stamp", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -10, 0, 0), PASSED, .clause = "5.5.4" },
	{ "key compromised after its stamp", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -10, CRL_REASON_KEY_COMPROMISE, 0), PASSED, .clause = "5.5.4" },
	{ "superseded after its stamp", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -10, CRL_REASON_SUPERSEDED, 0), PASSED, .clause = "5.5.4" },
	{ "ceased after its stamp", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -10, CRL_REASON_CESSATION_OF_OPERATION, 0), PASSED, .clause = "5.5.4" },
	{ "revoked, no stamp", BY(LIVE, -30, 0), REVOKED(LIVE, -10, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4" },
	{ "key compromised, no stamp", BY(LIVE, -30, 0), REVOKED(LIVE, -10, CRL_REASON_KEY_COMPROMISE, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4" },
	{ "superseded, no stamp", BY(LIVE, -30, 0), REVOKED(LIVE, -10, CRL_REASON_SUPERSEDED, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4" },
	{ "ceased, no stamp", BY(LIVE, -30, 0), REVOKED(LIVE, -10, CRL_REASON_CESSATION_OF_OPERATION, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4" },
	{ "claims to be older than the revocation, stamped after it", STAMPED(LIVE, -30, -5), REVOKED(LIVE, -10, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4" },
	{ "revoked in the very second of its stamp", STAMPED(LIVE, -30, -10), REVOKED(LIVE, -10, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4" },
	{ "made after the revocation, stamped", STAMPED(LIVE, -5, -5), REVOKED(LIVE, -10, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4", OURS(FAILED, REVOKED, CONDEMNS) },
	{ "made after the revocation, no stamp", BY(LIVE, -5, 0), REVOKED(LIVE, -10, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4", OURS(FAILED, REVOKED, CONDEMNS) },
	{ "stamped after the day its key was lost, before the revocation", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -10, CRL_REASON_KEY_COMPROMISE, -40), PASSED, .clause = "5.5.4", OURS(FAILED, REVOKED, HAND) },
	{ "claims to be older than the loss, stamped between it and the revocation", STAMPED(LIVE, -50, -30), REVOKED(LIVE, -10, CRL_REASON_KEY_COMPROMISE, -40), PASSED, .clause = "5.5.4", OURS(INDETERMINATE, REVOKED_NO_POE, HAND) },
	{ "stamped before the day its key was lost", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -10, CRL_REASON_KEY_COMPROMISE, -20), PASSED, .clause = "5.5.4" },
	{ "key lost, no stamp", BY(LIVE, -50, 0), REVOKED(LIVE, -10, CRL_REASON_KEY_COMPROMISE, -40), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4" },
	{ "ceased, with an invalidity date before its stamp", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -10, CRL_REASON_CESSATION_OF_OPERATION, -40), PASSED, .clause = "5.5.4", OURS(FAILED, REVOKED, "the invalidity date counts whatever the reason") },
	{ "an invalidity date after the revocation", STAMPED(LIVE, -30, -8), REVOKED(LIVE, -10, CRL_REASON_KEY_COMPROMISE, -5), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4" },
	{ "expired, revoked before, stamped before both", STAMPED(ENDED, -200, -200), REVOKED(ENDED, -150, 0, 0), PASSED, .clause = "5.5.4" },
	{ "expired, revoked before, stamped between", STAMPED(ENDED, -160, -120), REVOKED(ENDED, -150, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4" },
	/* Suspension. */
	{ "suspended after its stamp", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -10, CRL_REASON_CERTIFICATE_HOLD, 0), PASSED, .clause = "5.5.4" },
	{ "suspended, no stamp", BY(LIVE, -30, 0), REVOKED(LIVE, -10, CRL_REASON_CERTIFICATE_HOLD, 0), INDETERMINATE(TRY_LATER), .clause = "5.2.6.4" },
	{ "stamped while suspended", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -40, CRL_REASON_CERTIFICATE_HOLD, 0), INDETERMINATE(TRY_LATER), .clause = "5.2.6.4" },
	{ "suspended once, resumed, stamped meanwhile", STAMPED(LIVE, -30, -30), LIST(-1, 7), PASSED, .clause = "5.5.4" },
	{ "revoked out of the suspension, stamped while it lasted", STAMPED(LIVE, -45, -30), REVOKED(LIVE, -40, CRL_REASON_KEY_COMPROMISE, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4" },
	/* The issuing CA. */
	{ "the CA revoked after its stamp", STAMPED(LIVE, -30, -30), REVOKED(ISSUING, -10, 0, 0), PASSED, .clause = "5.5.4" },
	{ "the CA revoked, no stamp", BY(LIVE, -30, 0), REVOKED(ISSUING, -10, 0, 0), INDETERMINATE(REVOKED_CA_NO_POE), .clause = "5.2.6.4" },
	{ "the CA superseded, no stamp", BY(LIVE, -30, 0), REVOKED(ISSUING, -10, CRL_REASON_SUPERSEDED, 0), INDETERMINATE(REVOKED_CA_NO_POE), .clause = "5.2.6.4" },
	{ "the CA compromised after its stamp", STAMPED(LIVE, -30, -30), REVOKED(ISSUING, -10, CRL_REASON_CA_COMPROMISE, 0), PASSED, .clause = "5.5.4" },
	{ "the CA compromised before its stamp", STAMPED(LIVE, -30, -5), REVOKED(ISSUING, -10, CRL_REASON_CA_COMPROMISE, 0), INDETERMINATE(REVOKED_CA_NO_POE), .clause = "5.5.4" },
	{ "the CA's key lost before its stamp, revoked after it", STAMPED(LIVE, -30, -30), REVOKED(ISSUING, -10, CRL_REASON_CA_COMPROMISE, -40), PASSED, .clause = "5.5.4", OURS(INDETERMINATE, REVOKED_CA_NO_POE, HAND) },
	/* Time stamps. */
	{ "revoked after a stamp whose key was lost since", STAMPED(LIVE, -30, -30), REVOKED(TSA, -10, CRL_REASON_KEY_COMPROMISE, 0), PASSED, .clause = "5.5.4" },
	{ "expired, its stamp's key was lost since", STAMPED(ENDED, -200, -200), REVOKED(TSA, -10, CRL_REASON_KEY_COMPROMISE, 0), LIST(-150, -120), INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.4.4, 5.5.4" },
	{ "expired, its stamp's service ceased since", STAMPED(ENDED, -200, -200), REVOKED(TSA, -10, CRL_REASON_CESSATION_OF_OPERATION, 0), LIST(-150, -120), INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.4.4, 5.5.4", OURS(PASSED, NONE, RFC3161) },
	{ "expired, its stamp's certificate was superseded since", STAMPED(ENDED, -200, -200), REVOKED(TSA, -10, CRL_REASON_SUPERSEDED, 0), LIST(-150, -120), INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.4.4, 5.5.4", OURS(PASSED, NONE, RFC3161) },
	{ "expired, its stamp's certificate, too", .form = CADES, .by = ENDED, .claimed = -200, .stamp = -200, .stamper = ENDED_TSA, LIST(-150, -120), INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.4.4, 5.5.4" },
	{ "alive, its stamp's certificate expired", .form = CADES, .by = LIVE, .claimed = -200, .stamp = -200, .stamper = ENDED_TSA, PASSED, .clause = "5.5.4" },
	{ "revoked, its stamp's certificate expired", .form = CADES, .by = LIVE, .claimed = -200, .stamp = -200, .stamper = ENDED_TSA, REVOKED(LIVE, -10, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.4.4, 5.5.4" },
	{ "revoked, stamped by whoever", .form = CADES, .by = LIVE, .claimed = -30, .stamp = -30, .stamper = LIVE, REVOKED(LIVE, -10, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.4.4, 5.5.4" },
	{ "claims to be later than its stamp", STAMPED(LIVE, -20, -30), PASSED, .clause = "5.5.4", OURS(INDETERMINATE, TIMESTAMP_ORDER_FAILURE, LATER) },
	{ "revoked, and the stamp is of a day to come", STAMPED(LIVE, -30, 5), REVOKED(LIVE, -10, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4" },
	/* Evidence. */
	{ "no list, no stamp", BY(LIVE, -30, 0), LIST(NEVER, NEVER), INDETERMINATE(TRY_LATER), .clause = "5.2.5.4, 5.2.6.4" },
	{ "no list, stamped", STAMPED(LIVE, -30, -30), LIST(NEVER, NEVER), INDETERMINATE(TRY_LATER), .clause = "5.2.5.4, 5.2.6.4" },
	{ "a stale list, no stamp", BY(LIVE, -30, 0), LIST(-20, -3), INDETERMINATE(TRY_LATER), .clause = "5.2.5.4" },
	{ "a list that is stale now, and covers the stamp", STAMPED(LIVE, -30, -10), LIST(-20, -3), PASSED, .clause = "5.2.5.4, 5.5.4" },
	{ "a list that was over before the stamp", STAMPED(LIVE, -30, -30), LIST(-60, -40), INDETERMINATE(TRY_LATER), .clause = "5.2.5.4" },
	{ "a list from the future", BY(LIVE, -30, 0), LIST(2, 9), INDETERMINATE(TRY_LATER), .clause = "5.2.6.4",
	    OURS(PASSED, NONE, "who asks as of an earlier day has the lists of today, and a later list knows all that an earlier one did; it is the CA's own") },
	{ "expired, stamped, and a list from after its end alone", STAMPED(ENDED, -200, -200), INDETERMINATE(TRY_LATER), .clause = "5.2.6.4" },
	/* Algorithms: SHA-1 and RSA 1024 until 2009, RSA 1536 until 2016. */
	{ "SHA-1, stamped in 2009", STAMPED(SHA1_SIGNED, -6490, -6480), .md = "SHA1", LIST(-6400, -6000), PASSED, .clause = "5.2.8.4, 5.5.4" },
	{ "a certificate signed over SHA-1, stamped in 2011", STAMPED(SHA1_SIGNED, -6490, -5500), LIST(-5600, -5300), INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.2.6.4, 5.5.4" },
	{ "SHA-1, no stamp", BY(LIVE, -30, 0), .md = "SHA1", INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.2.8.4" },
	{ "SHA-1, stamped after its time", STAMPED(LIVE, -30, -30), .md = "SHA1", INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.5.4" },
	{ "SHA-1, claims to be of its time", STAMPED(SHA1_SIGNED, -6490, -5500), .md = "SHA1", LIST(-5600, -5300), INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.5.4" },
	{ "SHA-1, stamped in 2009, judged in 2036", STAMPED(SHA1_SIGNED, -6490, -6480), .md = "SHA1", LIST(-6400, -6000), .at = 3500, PASSED, .clause = "5.5.4",
	    OURS(INDETERMINATE, CRYPTO_CONSTRAINTS_FAILURE, "policy ends what was proven, too (old-until), before others can be made to fit it") },
	{ "MD5, no stamp", BY(RSA1536, -30, 0), .md = "MD5", INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE), .clause = "5.2.8.4" },
	{ "RSA 1024, stamped in 2009", STAMPED(RSA1024, -6490, -6480), LIST(-6400, -6000), PASSED, .clause = "5.2.8.4, 5.5.4" },
	{ "RSA 1024, stamped in 2011", STAMPED(RSA1024, -6490, -5500), LIST(-5600, -5300), INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.5.4" },
	{ "RSA 1536, stamped in 2015", STAMPED(RSA1536, -4100, -4000), LIST(-4100, -3900), PASSED, .clause = "5.2.8.4, 5.5.4" },
	{ "RSA 1536, stamped in 2018", STAMPED(RSA1536, -4100, -3000), LIST(-3100, -2900), INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.5.4" },
	{ "RSA 1536, no stamp", BY(RSA1536, -4100, 0), INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.2.8.4" },
	/* Permits. */
	{ "a permit, the next day", SEALED(1), PASSED, .clause = "5.5.4" },
	{ "a permit, signers expired, its stamps' certificate not", SEALED(700), PASSED, .clause = "5.5.4" },
	{ "a permit without stamps, signers expired", SEALED(400), .stamp = NONE, INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.2.6.4" },
	{ "a permit without stamps, in the log since", SEALED(400), .stamp = NONE, .log = 1, PASSED, .clause = "5.6.2.3" },
	{ "a permit without stamps, in the log too late", SEALED(400), .stamp = NONE, .log = 390, INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.6.2.3" },
	{ "a permit, the certificate of its stamps expired", SEALED(1100), INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.4.4, 5.5.4" },
	{ "a permit, archived before that", SEALED(1200), .archive = 900, PASSED, .clause = "5.6.3.4" },
	{ "a permit, archived after that", SEALED(1300), .archive = 1200, INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.6.3.4" },
	{ "a permit, its archive stamp's certificate expired", SEALED(1900), .archive = 900, INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.6.3.4" },
	{ "a permit, in the log, all certificates of stamps expired", SEALED(1900), .archive = 900, .log = 901, PASSED, .clause = "5.6.2.3, 5.6.3.4" },
	{ "a permit, its archive stamp older than what it covers", SEALED(10), .archive = -30, INDETERMINATE(TIMESTAMP_ORDER_FAILURE), .clause = "5.6.3.4" },
	{ "a permit, an officer's claim later than the stamp", SEALED(1), .claimed = 2, PASSED, .clause = "5.5.4", OURS(INDETERMINATE, TIMESTAMP_ORDER_FAILURE, LATER) },
	{ "a permit, an officer revoked later", SEALED(3), REVOKED(LIVE, 2, 0, 0), PASSED, .clause = "5.5.4" },
	{ "a permit without stamps, an officer revoked later", SEALED(3), .stamp = NONE, REVOKED(LIVE, 2, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4" },
	{ "a permit without stamps, in the log, an officer revoked later", SEALED(3), .stamp = NONE, .log = 1, REVOKED(LIVE, 2, 0, 0), PASSED, .clause = "5.6.2.3" },
	{ "a permit without stamps, in the log after an officer was revoked", SEALED(4), .stamp = NONE, .log = 3, REVOKED(LIVE, 2, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.6.2.3" },
	{ "a permit by an officer revoked before", SEALED(1), REVOKED(LIVE, -1, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4", OURS(FAILED, REVOKED, CONDEMNS) },
	{ "a permit, an officer's key lost before it, revoked later", SEALED(3), REVOKED(LIVE, 2, CRL_REASON_KEY_COMPROMISE, -1), PASSED, .clause = "5.5.4", OURS(FAILED, REVOKED, HAND) },
	{ "a permit, an officer suspended later", SEALED(3), REVOKED(LIVE, 2, CRL_REASON_CERTIFICATE_HOLD, 0), PASSED, .clause = "5.5.4" },
	{ "a permit by an officer who was suspended", SEALED(3), REVOKED(LIVE, -1, CRL_REASON_CERTIFICATE_HOLD, 0), INDETERMINATE(TRY_LATER), .clause = "5.2.6.4" },
	{ "a permit, expired signers, the key of its stamps lost", SEALED(400), REVOKED(TSA, 300, CRL_REASON_KEY_COMPROMISE, 0), INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.4.4, 5.5.4" },
	{ "a permit, archived before the key of its stamps was lost", SEALED(400), .archive = 200, REVOKED(TSA, 300, CRL_REASON_KEY_COMPROMISE, 0), PASSED, .clause = "5.6.2.4, 5.6.3.4" },
	{ "a permit, expired signers, its stamps' service ceased", SEALED(400), REVOKED(TSA, 300, CRL_REASON_CESSATION_OF_OPERATION, 0), INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.4.4, 5.5.4", OURS(PASSED, NONE, RFC3161) },
};

static int64_t
day(int n)
{
	return PKI_NOW + (int64_t)n * DAY_SECS;
}

static struct result
expected(const struct row *r)
{
	return r->why != NULL ? r->ours : r->standard;
}

/* Every row speaks before the table fails: *bad counts. */
static void
expect(size_t *bad, const struct row *row, struct report *r)
{
	struct result want = expected(row);
	bool as_expected = r->verdict == want.verdict && r->sub == want.sub;

	if (!as_expected)
		print_error("%s: %s %s: %s\n", row->name, verdict_word(r->verdict), sub_word(r->sub), r->reasons.n > 0 ? r->reasons.at[0].en : "");
	*bad += !as_expected;
	report_drop(r);
}

/*
 * CAdES.
 */

static struct pki_party root, party[WHOS];
static policy_t *policy;

static EVP_PKEY *
key_of(enum who w)
{
	return certificates[w].bits > 0 ? EVP_RSA_gen((unsigned)certificates[w].bits) : NULL;
}

static int
begin(void **state)
{
	const struct pki_wish top = { .name = "Gốc (thử nghiệm)", .constraints = "critical,CA:TRUE", .usage = "critical,keyCertSign,cRLSign", .from = day(-7400), .to = day(5000) };
	struct err e;

	assert_done(policy_load(&policy, SOURCE_DIR "/policy", &e), e);
	root = pki_party(&top, NULL);
	party[ISSUING] = pki_party(&(struct pki_wish){ .name = "Cấp phát (thử nghiệm)", .constraints = top.constraints, .usage = top.usage, .from = day(certificates[ISSUING].from), .to = day(certificates[ISSUING].to) }, &root);
	for (enum who w = LIVE; w < WHOS; w++)
		if (w != ISSUING)
			party[w] = pki_party(&(struct pki_wish){ .name = certificates[w].name, .eku = w >= TSA ? "critical,timeStamping" : NULL, .key = key_of(w),
				.md = certificates[w].sha1 ? EVP_sha1() : NULL, .from = day(certificates[w].from), .to = day(certificates[w].to) }, w >= TSA ? &root : &party[ISSUING]);
	return 0;
}

static int
end(void **state)
{
	for (enum who w = LIVE; w < WHOS; w++)
		pki_drop(&party[w]);
	pki_drop(&root);
	policy_free(policy);
	return 0;
}

static void
stamp(CMS_SignerInfo *si, const struct row *r)
{
	const ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(si);
	own_struct(buf) token = buf_new(1 << 20);
	unsigned char hash[SHA256_LEN];

	sha256(hash, span_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)));
	pki_stamp(&token, &party[r->stamper], span_of(hash, sizeof(hash)), &(struct pki_stamp){ .when = day(r->stamp) });
	assert_int_equal(CMS_unsigned_add1_attr_by_NID(si, NID_id_smime_aa_timeStampToken, V_ASN1_SEQUENCE, token.ptr, (int)token.len), 1);
}

static void
make_cades(struct buf *out, const struct row *r)
{
	own(CMS_ContentInfo) *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY);
	own(BIO) *in = BIO_new_mem_buf(CONTENT, -1);
	own(ASN1_TIME) *t = ASN1_TIME_set(NULL, (time_t)day(r->claimed));
	CMS_SignerInfo *si = CMS_add1_signer(cms, party[r->by].cert, party[r->by].key, EVP_get_digestbyname(r->md != NULL ? r->md : "SHA256"), CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES);
	unsigned char *octets = NULL;
	int n;

	assert_true(si != NULL && t != NULL);
	assert_int_equal(CMS_add1_cert(cms, party[ISSUING].cert), 1);
	assert_int_equal(CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime, ASN1_STRING_type(t), t, -1), 1);
	assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	if (r->stamp != NONE)
		stamp(si, r);
	n = i2d_CMS_ContentInfo(cms, &octets);
	assert_true(n > 0);
	buf_put(out, octets, (size_t)n);
	OPENSSL_free(octets);
}

/* A list of the root or the issuing CA, with the row's revocation where it is on it. */
static void
add_list(struct evidence *v, const struct pki_party *by, bool named, const struct row *r, int from, int to)
{
	const struct pki_entry entry = { .cert = party[r->revoked.who].cert, .date = day(r->revoked.day), .reason = r->revoked.reason, .invalidity = r->revoked.invalid == 0 ? 0 : day(r->revoked.invalid) };
	own(X509_CRL) *crl = pki_crl(by, &(struct pki_crl){ .from = day(from), .to = day(to), .entry = &entry, .n = named ? 1 : 0 });

	evidence_add_crl(v, crl);
}

static void
judge_cades(struct report *out, const struct row *r)
{
	bool at_root = r->revoked.who >= ISSUING, default_list = r->list.from == 0 && r->list.to == 0;
	own(evidence_t) *v = evidence_new();
	own_struct(buf) der = buf_new(1 << 20);
	const struct judge_question q = { .at = day(r->at), .policy = policy, .evidence = v };
	struct judge_question asked = q;

	make_cades(&der, r);
	asked.document = buf_span(&der);
	assert_true(X509_up_ref(root.cert) == 1 && sk_X509_push(v->anchors, root.cert) > 0);
	add_list(v, &root, at_root, r, at_root ? r->revoked.day + 1 : -60, r->at + 30);
	if (r->list.from != NEVER)
		add_list(v, &party[ISSUING], !at_root && r->revoked.who != NOBODY, r, default_list ? r->at - 1 : r->list.from, default_list ? r->at + 7 : r->list.to);
	evidence_settle(v);
	cades_judge(out, &asked, NULL);
}

static void
foreign_documents(void **state)
{
	size_t bad = 0;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct report r;

		if (rows[i].form != CADES)
			continue;
		judge_cades(&r, &rows[i]);
		expect(&bad, &rows[i], &r);
	}
	assert_int_equal(bad, 0);
}

/*
 * Permits, of a world of their own (permit_maker.h): officer and seal until +365, time
 * stamps until +1095, those of the archive until +1825.
 */

#define HOUR 3600

static void
make_permit(struct buf *out, struct maker *m, const struct maker_party *later, const struct row *r)
{
	const struct maker_recipe recipe = { .no_officer_stamp = r->stamp == NONE, .no_seal_stamp = r->stamp == NONE,
		.officer_stamp = r->claimed > 0 ? maker_now - r->claimed * HOUR : 0 };
	own_struct(buf) first = buf_new(XML_SIZE_MAX);

	maker_permit(m, &recipe, &first);
	if (r->archive == 0)
		buf_put_span(out, buf_span(&first));
	else
		maker_archive(m, out, buf_span(&first), &(struct maker_stamping){ .by = later, .md = EVP_sha512(), .when = day(r->archive) });
}

static void
judge_permit_row(struct report *out, struct maker *m, const struct maker_party *later, const struct row *r)
{
	const struct maker_revoked revoked = { r->revoked.who == TSA ? m->tsa.cert : m->officer.cert, day(r->revoked.day), r->revoked.reason, r->revoked.invalid == 0 ? 0 : day(r->revoked.invalid) };
	bool any = r->revoked.who != NOBODY;
	own(X509_CRL) *crl = any ? maker_crl(m, day(r->at) - HOUR, day(r->at + 14), &revoked, 1) : maker_crl(m, maker_now - 60, day(r->at + 14), NULL, 0);
	own(evidence_t) *v = maker_evidence(m, crl);
	own(X509_CRL) *root_crl = maker_root_crl(m, maker_now - 40 * DAY_SECS, day(r->at + 100));
	own_struct(buf) document = buf_new(XML_SIZE_MAX);

	evidence_add_crl(v, root_crl);
	make_permit(&document, m, later, r);
	if (r->log != 0)
		maker_log_proof(m, v, buf_span(&document), day(r->log));
	const struct judge_question q = { .document = buf_span(&document), .at = day(r->at), .day = day_in_vietnam(maker_now), .policy = m->policy, .grammars = m->grammars, .evidence = v };

	judge_permit(out, &q);
}

static void
permits(void **state)
{
	struct maker *m = maker_new();
	size_t bad = 0;
	struct maker_party later = maker_tsa(m, maker_now - 100 * (int64_t)DAY_SECS, maker_now + 1825 * (int64_t)DAY_SECS);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct report r;

		if (rows[i].form != PERMIT)
			continue;
		judge_permit_row(&r, m, &later, &rows[i]);
		expect(&bad, &rows[i], &r);
	}
	maker_party_drop(&later);
	maker_free(m);
	assert_int_equal(bad, 0);
}

/* The table says something: rows enough, a clause each, and a reason where Antin differs. */
static void
the_table_is_whole(void **state)
{
	assert_true(COUNT(rows) >= 60);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];

		assert_case(r->name, r->clause != NULL && (r->standard.sub == SUB_NONE) == (r->standard.verdict == VERDICT_PASSED));
		assert_case(r->name, r->why == NULL || r->ours.verdict != r->standard.verdict || r->ours.sub != r->standard.sub);
		for (size_t k = 0; k < i; k++)
			assert_case(r->name, strcmp(r->name, rows[k].name) != 0);
	}
}

static void
print_result(const struct result *r)
{
	printf(" %s%s%s |", verdict_word(r->verdict), r->sub == SUB_NONE ? "" : ", ", r->sub == SUB_NONE ? "" : sub_word(r->sub));
}

static void
print_table(void)
{
	printf("| scenario | document | EN 319 102-1 | clause | Antin | why otherwise |\n|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];

		printf("| %s | %s |", r->name, r->form == CADES ? "CAdES" : "permit");
		print_result(&r->standard);
		printf(" %s |", r->clause);
		if (r->why == NULL)
			printf(" the same | |\n");
		else {
			print_result(&r->ours);
			printf(" %s |\n", r->why);
		}
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_table_is_whole), cmocka_unit_test(foreign_documents), cmocka_unit_test(permits) };

	if (argc > 1 && strcmp(argv[1], "print") == 0)
		return print_table(), 0;
	return cmocka_run_group_tests(tests, begin, end);
}
