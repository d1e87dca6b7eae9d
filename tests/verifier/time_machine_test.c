/*
 * What a signature is worth, by when it was made, what happened since, and what shows it:
 * one row a scenario.  Where Antin answers otherwise than ETSI EN 319 102-1, the row says
 * what and why; where it agrees, but others read the clause otherwise, a line above it does.
 *
 * Clauses and steps are those of V1.4.1 (2024-06), of which the document itself was not at
 * hand: a public catalogue of requirements has the text of 5.1.3 to 5.6.3.4, and three
 * programs quote it step by step and carry it out: DSS of the European Commission
 * (esig/dss), Verifiable (Lumoin), pyHanko.  They were read one against another.
 *
 * The standard validates as of now (5.3), and looks back from there (5.5, 5.6); Antin
 * judges as of what is proven, once.  A list that is fresh, from before a certificate's end,
 * and silent, is taken here for what knows that it was not revoked, as DSS and Verifiable
 * take it; one from after the end says so of what it names alone (5.2.6.4 NOTE 4, NOTE 8,
 * 5.6.2.2.4 NOTE 3).  Of several reasons for INDETERMINATE any may be given (5.1.3).
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

enum who {
	NOBODY, LIVE, ENDED, YOUNG, UNBORN, RSA1024, RSA1536, SHA1_SIGNED, SERVER, BY_OLD_CA, BY_SHA1_CA, BY_OLD_ROOT, BY_STRANGER,
	ISSUING, OLD_CA, SHA1_CA, OLD_ROOT, STRANGER, TSA, ENDED_TSA, WHOS
};
enum form { CADES, PERMIT };
/* What is wrong with the document itself. */
enum spoilt { WHOLE, DETACHED, PLAIN, POLICY, ALTERED, BENT, CUT, NO_RIGHT };
struct result { enum verdict verdict; enum sub_indication sub; };

/* Certificates of the CAdES rows: from, to in days; by: NOBODY: the root. */
static const struct { const char *name; enum who by; int from, to, bits; bool sha1, self; const char *usage; } certificates[WHOS] = {
	[LIVE] = { "certificate until +300", ISSUING, -700, 300 }, [ENDED] = { "certificate until -100", ISSUING, -700, -100 },
	[YOUNG] = { "certificate from -10", ISSUING, -10, 300 }, [UNBORN] = { "certificate from +10", ISSUING, 10, 300 },
	[RSA1024] = { "RSA 1024, until 2013", ISSUING, -7000, -5000, 1024 }, [RSA1536] = { "RSA 1536", ISSUING, -5000, 300, 1536 },
	[SHA1_SIGNED] = { "certificate signed over SHA-1, until 2013", ISSUING, -7000, -5000, .sha1 = true },
	[SERVER] = { "no certificate for signatures", ISSUING, -700, 300, .usage = "critical,keyAgreement" },
	[BY_OLD_CA] = { "certificate that outlives its CA's", OLD_CA, -700, 300 }, [BY_SHA1_CA] = { "certificate until 2013, of a CA's signed over SHA-1", SHA1_CA, -7000, -5000 },
	[BY_OLD_ROOT] = { "certificate that outlives its anchor", OLD_ROOT, -700, 300 }, [BY_STRANGER] = { "certificate by whoever", STRANGER, -700, 300 },
	[ISSUING] = { "issuing CA", NOBODY, -7300, 4000 }, [OLD_CA] = { "issuing CA until -40", NOBODY, -7300, -40 },
	[SHA1_CA] = { "issuing CA, signed over SHA-1", NOBODY, -7300, 4000, .sha1 = true }, [OLD_ROOT] = { "anchor until -20", NOBODY, -7300, -20, .self = true },
	[STRANGER] = { "no anchor", NOBODY, -7300, 4000, .self = true },
	[TSA] = { "time stamps", NOBODY, -7300, 4000 }, [ENDED_TSA] = { "time stamps until -50", NOBODY, -700, -50 },
};

/* No row can have them. */
static const struct { enum sub_indication sub; const char *why; } impossible[] = {
	{ SUB_EXPIRED, "5.3.4 4): only a time stamp on the content, which is signed, proves that a signature is later than something; those are not judged" },
	{ SUB_NO_POE, "5.6.2.2.4 2)a): within past validation alone, which gives the status of now instead (5.6.2.4.4 2))" },
	{ SUB_POLICY_PROCESSING_ERROR, "5.2.4.4: no policy that a signature names is fetched or processed; any but our own is not available" },
};

static const struct row {
	const char *name;
	enum form form;
	enum who by;
	enum spoilt spoilt;
	const char *md;			/* of the signature; NULL: SHA-256 */
	int claimed, stamp;
	enum who stamper;
	int archive, log;		/* of permits; 0: none */
	struct { enum who who; int day, reason, invalid; } revoked;
	struct { int from, to; } list;	/* the issuing CA's CRL; 0, 0: of the judgement's day ... */
	struct { int from, to; } silent;	/* ... and another one, that names nobody; 0, 0: none */
	const char *list_md, *root_md;	/* that they, and the root's, are signed over; NULL: SHA-256 */
	int at;
	struct result standard;
	const char *clause;
	struct result ours;
	const char *why;		/* NULL: as the standard */
	int due;			/* when it tells to ask again; 0: it need not */
} rows[] = {
#define BY(who, claimed_, at_) .form = CADES, .by = who, .claimed = claimed_, .stamp = NONE, .at = at_
#define STAMPED(who, claimed_, stamp_) .form = CADES, .by = who, .claimed = claimed_, .stamp = stamp_, .stamper = TSA
#define SEALED(at_) .form = PERMIT, .by = LIVE, .at = at_
#define REVOKED(who, ...) .revoked = { who, __VA_ARGS__ }
#define LIST(a, b) .list = { a, b }
#define SILENT(a, b) .silent = { a, b }
#define PASSED .standard = { VERDICT_PASSED, SUB_NONE }
#define INDETERMINATE(s) .standard = { VERDICT_INDETERMINATE, SUB_##s }
#define FAILED(s) .standard = { VERDICT_FAILED, SUB_##s }
#define OURS(v, s, because) .ours = { VERDICT_##v, SUB_##s }, .why = because
#define CONDEMNS "a claim at or after the revocation condemns the signature: its holder says it himself (5.3.4 4) has a proof only from what is signed)"
#define LATER "what is stamped was there: a later claim is untrue, and what is judged by it is not known"
#define HAND "from the invalidity date on nobody can say whose hand it was (RFC 5280 5.3.2)"
#define RFC3161 "a token from before stays good when its key was given up in order (RFC 3161 4), as in the chain model (5.6.2.2.4 2)b))"
#define EITHER "it is over, too, and waiting mends nothing: of several reasons any may be given (5.1.3)"
#define SILENCE "a list from before its end does not tell of the days until then: what is said is what would help, a proof of time (Table 7 has it for both)"
#define NAMED "the signature names its certificate by a digest, so that the stamp proves it, too (5.6.2.3.4 4)b)); 5.5.4 NOTE 7 leaves that to 5.6"
	/* Validity. */
	{ "alive, no stamp", BY(LIVE, -30, 0), PASSED, .clause = "5.3.4 7)" },
	{ "alive, stamped", STAMPED(LIVE, -30, -30), PASSED, .clause = "5.5.4 4)b), 11)" },
	{ "expired, no stamp, a list from before its end", BY(ENDED, -200, 0), LIST(-150, -120), INDETERMINATE(TRY_LATER), .clause = "5.2.6.4 4)a), 5.5.4 6)", OURS(INDETERMINATE, OUT_OF_BOUNDS_NO_POE, EITHER) },
	{ "expired, no stamp, a list from before its end that lasts", BY(ENDED, -200, 0), LIST(-120, 30), INDETERMINATE(OUT_OF_BOUNDS_NOT_REVOKED), .clause = "5.2.6.4 7)", OURS(INDETERMINATE, OUT_OF_BOUNDS_NO_POE, SILENCE) },
	/* Verifiable takes the silence of such a list for OUT_OF_BOUNDS_NOT_REVOKED, DSS for none (TRY_LATER). */
	{ "expired, no stamp, a list from after its end does not name it", BY(ENDED, -200, 0), INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.2.6.4 7), NOTE 8" },
	{ "expired, stamped before its end", STAMPED(ENDED, -200, -200), LIST(-150, -120), PASSED, .clause = "5.5.4 6), 11)" },
	{ "expired, stamped before its end, a list from before it that lasts", STAMPED(ENDED, -200, -200), LIST(-120, 30), PASSED, .clause = "5.5.4 4)d)a" },
	{ "expired, stamped on its last day", STAMPED(ENDED, -200, -101), LIST(-150, -90), PASSED, .clause = "5.5.4 6), 11)" },
	{ "expired, stamped in its last second", STAMPED(ENDED, -200, -100), LIST(-150, -90), PASSED, .clause = "5.5.4 6), 11)" },
	{ "expired, stamped after its end", STAMPED(ENDED, -200, -50), LIST(-150, -120), INDETERMINATE(TRY_LATER), .clause = "5.5.4 6)", OURS(INDETERMINATE, OUT_OF_BOUNDS_NO_POE, EITHER) },
	{ "expired, stamped after its end, a list from before it that lasts", STAMPED(ENDED, -200, -50), LIST(-120, 30), INDETERMINATE(OUT_OF_BOUNDS_NOT_REVOKED), .clause = "5.5.4 4)d)b", OURS(INDETERMINATE, OUT_OF_BOUNDS_NO_POE, SILENCE) },
	{ "stamped before its certificate began", STAMPED(YOUNG, -30, -20), FAILED(NOT_YET_VALID), .clause = "5.5.4 4)b)" },
	{ "claims to be older than its certificate, no stamp", BY(YOUNG, -30, 0), PASSED, .clause = "5.2.8.4.2.2, 5.3.4 7)" },
	/* DSS and Verifiable: OUT_OF_BOUNDS_NOT_REVOKED by a list from before it began. */
	{ "not yet valid, no stamp", BY(UNBORN, -1, 0), INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.2.6.4 7), NOTE 8" },
	{ "not yet valid, stamped", STAMPED(UNBORN, -1, -1), FAILED(NOT_YET_VALID), .clause = "5.5.4 4)b)" },
	{ "claims a time to come, no stamp", BY(LIVE, 5, 0), PASSED, .clause = "5.2.8.4.2.2, 5.3.4 7)" },
	/* Revocation. */
	{ "revoked after its stamp", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -10, 0, 0), PASSED, .clause = "5.5.4 4)a)a.ii" },
	{ "key compromised after its stamp", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -10, CRL_REASON_KEY_COMPROMISE, 0), PASSED, .clause = "5.5.4 4)a)a.ii" },
	{ "superseded after its stamp", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -10, CRL_REASON_SUPERSEDED, 0), PASSED, .clause = "5.5.4 4)a)a.ii" },
	{ "ceased after its stamp", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -10, CRL_REASON_CESSATION_OF_OPERATION, 0), PASSED, .clause = "5.5.4 4)a)a.ii" },
	{ "revoked, no stamp", BY(LIVE, -30, 0), REVOKED(LIVE, -10, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4 4)b)" },
	{ "key compromised, no stamp", BY(LIVE, -30, 0), REVOKED(LIVE, -10, CRL_REASON_KEY_COMPROMISE, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4 4)b)" },
	{ "superseded, no stamp", BY(LIVE, -30, 0), REVOKED(LIVE, -10, CRL_REASON_SUPERSEDED, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4 4)b)" },
	{ "ceased, no stamp", BY(LIVE, -30, 0), REVOKED(LIVE, -10, CRL_REASON_CESSATION_OF_OPERATION, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4 4)b)" },
	{ "claims to be older than the revocation, stamped after it", STAMPED(LIVE, -30, -5), REVOKED(LIVE, -10, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4 4)a)b" },
	{ "revoked in the very second of its stamp", STAMPED(LIVE, -30, -10), REVOKED(LIVE, -10, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4 4)a)b" },
	{ "made after the revocation, stamped", STAMPED(LIVE, -5, -5), REVOKED(LIVE, -10, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4 4)a)b", OURS(FAILED, REVOKED, CONDEMNS) },
	{ "made after the revocation, no stamp", BY(LIVE, -5, 0), REVOKED(LIVE, -10, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4 4)b), 5.3.4 4)", OURS(FAILED, REVOKED, CONDEMNS) },
	{ "stamped after the day its key was lost, before the revocation", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -10, CRL_REASON_KEY_COMPROMISE, -40), PASSED, .clause = "5.5.4 4)a)a.ii", OURS(FAILED, REVOKED, HAND) },
	{ "claims to be older than the loss, stamped between it and the revocation", STAMPED(LIVE, -50, -30), REVOKED(LIVE, -10, CRL_REASON_KEY_COMPROMISE, -40), PASSED, .clause = "5.5.4 4)a)a.ii", OURS(INDETERMINATE, REVOKED_NO_POE, HAND) },
	{ "stamped before the day its key was lost", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -10, CRL_REASON_KEY_COMPROMISE, -20), PASSED, .clause = "5.5.4 4)a)a.ii" },
	{ "key lost, no stamp", BY(LIVE, -50, 0), REVOKED(LIVE, -10, CRL_REASON_KEY_COMPROMISE, -40), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4 4)b)" },
	{ "ceased, with an invalidity date before its stamp", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -10, CRL_REASON_CESSATION_OF_OPERATION, -40), PASSED, .clause = "5.5.4 4)a)a.ii", OURS(FAILED, REVOKED, "the invalidity date counts whatever the reason") },
	{ "an invalidity date after the revocation", STAMPED(LIVE, -30, -8), REVOKED(LIVE, -10, CRL_REASON_KEY_COMPROMISE, -5), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4 4)a)b" },
	{ "expired, revoked before, stamped before both", STAMPED(ENDED, -200, -200), REVOKED(ENDED, -150, 0, 0), PASSED, .clause = "5.5.4 4)a)a.ii" },
	{ "expired, revoked before, stamped between", STAMPED(ENDED, -160, -120), REVOKED(ENDED, -150, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4 4)a)b" },
	{ "expired, revoked before, stamped after both", STAMPED(ENDED, -200, -50), REVOKED(ENDED, -150, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4 4)a)b" },
	{ "expired, revoked before, no stamp", BY(ENDED, -200, 0), REVOKED(ENDED, -150, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4 4)b)" },
	{ "expired, revoked before, made between, no stamp", BY(ENDED, -120, 0), REVOKED(ENDED, -150, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4 4)b), 5.3.4 4)", OURS(FAILED, REVOKED, CONDEMNS) },
	{ "expired, revoked after its end, stamped between", STAMPED(ENDED, -60, -50), REVOKED(ENDED, -20, 0, 0), INDETERMINATE(OUT_OF_BOUNDS_NOT_REVOKED), .clause = "5.5.4 4)a)a.iii" },
	{ "revoked, by a list that is over", BY(LIVE, -30, 0), REVOKED(LIVE, -20, 0, 0), LIST(-15, -3), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4 4)b)" },
	{ "revoked, by a list that is over, made after it", BY(LIVE, -10, 0), REVOKED(LIVE, -20, 0, 0), LIST(-15, -3), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4 4)b), 5.3.4 4)", OURS(FAILED, REVOKED, CONDEMNS) },
	{ "revoked, by the latest list, which is over; an older one lasts", BY(LIVE, -30, 0), REVOKED(LIVE, -20, 0, 0), LIST(-15, -3), SILENT(-25, 30), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4 4), NOTE 4" },
	{ "stamped, then revoked, by a list that is over", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -20, 0, 0), LIST(-15, -3), PASSED, .clause = "5.5.4 4)a)a.ii" },
	/* Suspension. */
	{ "suspended after its stamp", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -10, CRL_REASON_CERTIFICATE_HOLD, 0), PASSED, .clause = "5.5.4 7)a)" },
	{ "suspended, no stamp", BY(LIVE, -30, 0), REVOKED(LIVE, -10, CRL_REASON_CERTIFICATE_HOLD, 0), INDETERMINATE(TRY_LATER), .clause = "5.2.6.4 4)c), 5.5.4 7)b)", .due = 7 },
	{ "stamped while suspended", STAMPED(LIVE, -30, -30), REVOKED(LIVE, -40, CRL_REASON_CERTIFICATE_HOLD, 0), INDETERMINATE(TRY_LATER), .clause = "5.5.4 7)b)", .due = 7 },
	{ "suspended, by a list that is over", BY(LIVE, -30, 0), REVOKED(LIVE, -20, CRL_REASON_CERTIFICATE_HOLD, 0), LIST(-15, -3), INDETERMINATE(TRY_LATER), .clause = "5.2.6.4 4)c)", .due = -3 },
	{ "suspended, by the latest list, which is over; an older one lasts", BY(LIVE, -30, 0), REVOKED(LIVE, -20, CRL_REASON_CERTIFICATE_HOLD, 0), LIST(-15, -3), SILENT(-25, 30), INDETERMINATE(TRY_LATER), .clause = "5.2.6.4 4), 4)c)", .due = -3 },
	{ "expired, suspended before, no stamp", BY(ENDED, -200, 0), REVOKED(ENDED, -150, CRL_REASON_CERTIFICATE_HOLD, 0), INDETERMINATE(TRY_LATER), .clause = "5.2.6.4 4)c)", .due = 7 },
	{ "suspended once, resumed, stamped meanwhile", STAMPED(LIVE, -30, -30), LIST(-1, 7), PASSED, .clause = "5.5.4 4)b), 11)" },
	{ "suspended by a list that lasts, resumed by a later one", BY(LIVE, -30, 0), REVOKED(LIVE, -20, CRL_REASON_CERTIFICATE_HOLD, 0), LIST(-15, 30), SILENT(-1, 7), PASSED, .clause = "5.2.6.4 4)" },
	{ "revoked out of the suspension, stamped while it lasted", STAMPED(LIVE, -45, -30), REVOKED(LIVE, -40, CRL_REASON_KEY_COMPROMISE, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4 4)a)b" },
	/* The issuing CA, and the anchor. */
	{ "the CA revoked after its stamp", STAMPED(LIVE, -30, -30), REVOKED(ISSUING, -10, 0, 0), PASSED, .clause = "5.5.4 4)a)a.ii" },
	{ "the CA revoked, no stamp", BY(LIVE, -30, 0), REVOKED(ISSUING, -10, 0, 0), INDETERMINATE(REVOKED_CA_NO_POE), .clause = "5.2.6.4 4)d)" },
	{ "the CA superseded, no stamp", BY(LIVE, -30, 0), REVOKED(ISSUING, -10, CRL_REASON_SUPERSEDED, 0), INDETERMINATE(REVOKED_CA_NO_POE), .clause = "5.2.6.4 4)d)" },
	{ "the CA compromised after its stamp", STAMPED(LIVE, -30, -30), REVOKED(ISSUING, -10, CRL_REASON_CA_COMPROMISE, 0), PASSED, .clause = "5.5.4 4)a)a.ii" },
	{ "the CA compromised before its stamp", STAMPED(LIVE, -30, -5), REVOKED(ISSUING, -10, CRL_REASON_CA_COMPROMISE, 0), INDETERMINATE(REVOKED_CA_NO_POE), .clause = "5.5.4 4)a)b" },
	{ "the CA's key lost before its stamp, revoked after it", STAMPED(LIVE, -30, -30), REVOKED(ISSUING, -10, CRL_REASON_CA_COMPROMISE, -40), PASSED, .clause = "5.5.4 4)a)a.ii", OURS(INDETERMINATE, REVOKED_CA_NO_POE, HAND) },
	/* DSS asks no dates of CAs: REVOCATION_OUT_OF_BOUNDS_NO_POE by its list (8). */
	{ "the CA over, no stamp", BY(BY_OLD_CA, -60, 0), LIST(-41, 7), INDETERMINATE(CERTIFICATE_CHAIN_GENERAL_FAILURE), .clause = "5.2.6.4 4)e)" },
	/* To the letter 5.2.6.4 4)e) ends it before 5.6 is reached, in the shell model. */
	{ "the CA over, stamped before", STAMPED(BY_OLD_CA, -60, -60), LIST(-70, -50), INDETERMINATE(REVOCATION_OUT_OF_BOUNDS_NO_POE), .clause = "5.2.6.4 8), 5.6.2.4.4 1)b), 7)" },
	{ "the CA over, stamped before, revoked later", STAMPED(BY_OLD_CA, -60, -60), REVOKED(BY_OLD_CA, -45, 0, 0), LIST(-42, 7), INDETERMINATE(REVOCATION_OUT_OF_BOUNDS_NO_POE), .clause = "5.2.6.4 8), 5.6.2.4.4 1)b), 7)" },
	{ "the CA over, stamped before, revoked before", STAMPED(BY_OLD_CA, -70, -60), REVOKED(BY_OLD_CA, -65, 0, 0), LIST(-62, -50), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4 4)a)b" },
	{ "the anchor over, no stamp", BY(BY_OLD_ROOT, -30, 0), PASSED, .clause = "5.2.6.4 NOTE 1, RFC 5280 6.1.1 (d)", OURS(INDETERMINATE, NO_CERTIFICATE_CHAIN_FOUND_NO_POE, "an anchor's own end is its sunset date (5.2.6.4 3))") },
	{ "the anchor over, stamped before", STAMPED(BY_OLD_ROOT, -30, -30), LIST(-40, -25), PASSED, .clause = "5.5.4 6), 11)" },
	/* Time stamps. */
	{ "alive, its stamp's key was lost since", STAMPED(LIVE, -30, -30), REVOKED(TSA, -10, CRL_REASON_KEY_COMPROMISE, 0), PASSED, .clause = "5.5.4 3)b), 11)" },
	{ "expired, its stamp's key was lost since", STAMPED(ENDED, -200, -200), REVOKED(TSA, -10, CRL_REASON_KEY_COMPROMISE, 0), LIST(-150, -120), INDETERMINATE(TRY_LATER), .clause = "5.4.4 2), 5.5.4 3)b), 6)", OURS(INDETERMINATE, OUT_OF_BOUNDS_NO_POE, EITHER) },
	{ "expired, its stamp's service ceased since", STAMPED(ENDED, -200, -200), REVOKED(TSA, -10, CRL_REASON_CESSATION_OF_OPERATION, 0), LIST(-150, -120), INDETERMINATE(TRY_LATER), .clause = "5.4.4 2), 5.5.4 3)b), 6)", OURS(PASSED, NONE, RFC3161) },
	{ "expired, its stamp's certificate was superseded since", STAMPED(ENDED, -200, -200), REVOKED(TSA, -10, CRL_REASON_SUPERSEDED, 0), LIST(-150, -120), INDETERMINATE(TRY_LATER), .clause = "5.4.4 2), 5.5.4 3)b), 6)", OURS(PASSED, NONE, RFC3161) },
	{ "expired, its stamp's certificate, too", .form = CADES, .by = ENDED, .claimed = -200, .stamp = -200, .stamper = ENDED_TSA, LIST(-150, -120), INDETERMINATE(TRY_LATER), .clause = "5.4.4 2), 5.5.4 3)b), 6)", OURS(INDETERMINATE, OUT_OF_BOUNDS_NO_POE, EITHER) },
	{ "alive, its stamp's certificate expired", .form = CADES, .by = LIVE, .claimed = -200, .stamp = -200, .stamper = ENDED_TSA, PASSED, .clause = "5.5.4 3)b), 11)" },
	{ "revoked, its stamp's certificate expired", .form = CADES, .by = LIVE, .claimed = -200, .stamp = -200, .stamper = ENDED_TSA, REVOKED(LIVE, -10, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.4.4 2), 5.5.4 3)b), 4)a)b" },
	{ "revoked, stamped by whoever", .form = CADES, .by = LIVE, .claimed = -30, .stamp = -30, .stamper = LIVE, REVOKED(LIVE, -10, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.4.4 2), 5.5.4 3)b), 4)a)b" },
	{ "claims to be later than its stamp", STAMPED(LIVE, -20, -30), PASSED, .clause = "5.5.4 4)e), 5)", OURS(INDETERMINATE, TIMESTAMP_ORDER_FAILURE, LATER) },
	{ "revoked, and the stamp is of a day to come", STAMPED(LIVE, -30, 5), REVOKED(LIVE, -10, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4 3)b), 4)a)b" },
	/* Evidence.  Without any the path is not found valid (5.2.6.4 4)e)); DSS and Verifiable say
	 * TRY_LATER, too, as Table 6 describes it. */
	{ "no list, no stamp", BY(LIVE, -30, 0), LIST(NEVER, NEVER), INDETERMINATE(TRY_LATER), .clause = "5.1.3 Table 6, 5.2.6.4 4)" },
	{ "no list, stamped", STAMPED(LIVE, -30, -30), LIST(NEVER, NEVER), INDETERMINATE(TRY_LATER), .clause = "5.1.3 Table 6, 5.2.6.4 4)" },
	{ "a stale list, no stamp", BY(LIVE, -30, 0), LIST(-20, -3), INDETERMINATE(TRY_LATER), .clause = "5.2.5.4 2), 5.2.6.4 4)a)", .due = -3 },
	{ "a list that is stale now, and covers the stamp", STAMPED(LIVE, -30, -10), LIST(-20, -3), PASSED, .clause = "5.2.5.4 2), 5.5.4 6)" },
	{ "a list that was over before the stamp", STAMPED(LIVE, -30, -30), LIST(-60, -40), INDETERMINATE(TRY_LATER), .clause = "5.2.5.4 2), 5.5.4 6)", .due = -40 },
	/* Neither 5.2.5.4 nor RFC 5280 6.3.3 asks whether a list is too new; only past validation does (5.6.2.2.4 2)a)). */
	{ "a list from the future", BY(LIVE, -30, 0), LIST(2, 9), PASSED, .clause = "5.2.5.4 2), 5.2.6.4 4)a)" },
	{ "expired, stamped, and a list from after its end alone", STAMPED(ENDED, -200, -200), INDETERMINATE(OUT_OF_BOUNDS_NO_POE), .clause = "5.2.6.4 7), NOTE 8, 5.5.4 4)b)b, NOTE 9",
	    OURS(INDETERMINATE, TRY_LATER, "that it is older than the end is proven: what is missing is a list from before it, and DSS says so, too") },
	/* Algorithms: SHA-1 and RSA 1024 until 2009, RSA 1536 until 2016. */
	{ "SHA-1, stamped in 2009", STAMPED(SHA1_SIGNED, -6490, -6480), .md = "SHA1", LIST(-6400, -6000), INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.5.4 10)",
	    OURS(PASSED, NONE, NAMED ", and policy relies on SHA-1 for what is proven (old-until)") },
	{ "a certificate signed over SHA-1, stamped in 2009", STAMPED(SHA1_SIGNED, -6490, -6480), LIST(-6400, -6000), INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.5.4 10)", OURS(PASSED, NONE, NAMED) },
	{ "a certificate signed over SHA-1, stamped in 2011", STAMPED(SHA1_SIGNED, -6490, -5500), LIST(-5600, -5300), INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.5.4 10)" },
	{ "its CA's certificate signed over SHA-1, stamped in 2009", STAMPED(BY_SHA1_CA, -6490, -6480), LIST(-6400, -6000), INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.5.4 10), NOTE 7" },
	{ "a list signed over SHA-1, stamped in 2009", STAMPED(RSA1024, -6490, -6480), LIST(-6400, -6000), .list_md = "SHA1", INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.5.4 10)" },
	{ "a list of today signed over SHA-1", BY(LIVE, -30, 0), .list_md = "SHA1", INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.2.8.4.1 NOTE 2, 5.5.4 10)" },
	{ "a list signed over a digest that policy does not know", BY(LIVE, -30, 0), .list_md = "SHA224", INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.2.8.4.1 NOTE 2, 5.5.4 10)" },
	{ "revoked, by a list signed over SHA-1", BY(LIVE, -30, 0), REVOKED(LIVE, -10, 0, 0), .list_md = "SHA1", INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4 4)b)" },
	{ "expired, stamped before, the list of the stamp's CA signed over SHA-1", STAMPED(ENDED, -200, -200), LIST(-150, -120), .root_md = "SHA1", INDETERMINATE(TRY_LATER), .clause = "5.4.4 2), 5.2.8.4.1 NOTE 2, 5.5.4 3)b), 6)", OURS(INDETERMINATE, OUT_OF_BOUNDS_NO_POE, EITHER) },
	{ "SHA-1, no stamp", BY(LIVE, -30, 0), .md = "SHA1", INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.2.8.4.1, 5.3.4 6)" },
	{ "SHA-1, stamped after its time", STAMPED(LIVE, -30, -30), .md = "SHA1", INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.5.4 4)c)" },
	{ "SHA-1, claims to be of its time", STAMPED(SHA1_SIGNED, -6490, -5500), .md = "SHA1", LIST(-5600, -5300), INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.5.4 9)" },
	{ "SHA-1, stamped in 2009, judged in 2036", STAMPED(SHA1_SIGNED, -6490, -6480), .md = "SHA1", LIST(-6400, -6000), .at = 3500, INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.5.4 10)",
	    OURS(INDETERMINATE, CRYPTO_CONSTRAINTS_FAILURE, "no proof of time can help: policy ends what was proven, too (old-until), before others can be made to fit it") },
	/* 5.3.4 6) gives it for what is signed over a time stamp alone; DSS and pyHanko say so of what is not known, too. */
	{ "MD5, no stamp", BY(RSA1536, -30, 0), .md = "MD5", INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.2.8.4.1", OURS(INDETERMINATE, CRYPTO_CONSTRAINTS_FAILURE, "no time is known until which it was secure: no proof of time can help (Table 6)") },
	{ "RSA 1024, stamped in 2009", STAMPED(RSA1024, -6490, -6480), LIST(-6400, -6000), PASSED, .clause = "5.5.4 6), 9), 11)" },
	{ "RSA 1024, stamped in 2011", STAMPED(RSA1024, -6490, -5500), LIST(-5600, -5300), INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.5.4 9)" },
	{ "RSA 1536, stamped in 2015", STAMPED(RSA1536, -4100, -4000), LIST(-4100, -3900), PASSED, .clause = "5.5.4 6), 9), 11)" },
	{ "RSA 1536, stamped in 2018", STAMPED(RSA1536, -4100, -3000), LIST(-3100, -2900), INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.5.4 9)" },
	{ "RSA 1536, no stamp", BY(RSA1536, -4100, 0), INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.2.8.4.1, 5.3.4 6)" },
	/* What no time mends. */
	{ "not whole", BY(LIVE, -30, 0), .spoilt = CUT, FAILED(FORMAT_FAILURE), .clause = "5.2.2.3, 5.3.4 1)" },
	{ "another content", BY(LIVE, -30, 0), .spoilt = ALTERED, FAILED(HASH_FAILURE), .clause = "5.2.7.4 2)" },
	{ "another signature value", BY(LIVE, -30, 0), .spoilt = BENT, FAILED(SIG_CRYPTO_FAILURE), .clause = "5.2.7.4 4)" },
	{ "without its content", BY(LIVE, -30, 0), .spoilt = DETACHED, INDETERMINATE(SIGNED_DATA_NOT_FOUND), .clause = "5.2.7.4 1)" },
	/* DSS takes the certificate that came along; 5.2.3.4 asks for a signed reference or copy. */
	{ "names no certificate", BY(LIVE, -30, 0), .spoilt = PLAIN, INDETERMINATE(NO_SIGNING_CERTIFICATE_FOUND), .clause = "5.2.3.4" },
	{ "names a policy", BY(LIVE, -30, 0), .spoilt = POLICY, INDETERMINATE(SIGNATURE_POLICY_NOT_AVAILABLE), .clause = "5.2.4.4" },
	{ "by whoever", BY(BY_STRANGER, -30, 0), INDETERMINATE(NO_CERTIFICATE_CHAIN_FOUND), .clause = "5.2.6.4 2)a)" },
	{ "by a certificate for other things", BY(SERVER, -30, 0), INDETERMINATE(CHAIN_CONSTRAINTS_FAILURE), .clause = "5.2.6.4 5)" },
	{ "a permit, by an officer without the right", SEALED(1), .spoilt = NO_RIGHT, INDETERMINATE(SIG_CONSTRAINTS_FAILURE), .clause = "5.2.8.4.1" },
	/* Permits. */
	{ "a permit, the next day", SEALED(1), PASSED, .clause = "5.5.4 4)b), 11)" },
	{ "a permit, signers expired, its stamps' certificate not", SEALED(700), PASSED, .clause = "5.5.4 4)d)a" },
	{ "a permit without stamps, signers expired", SEALED(400), .stamp = NONE, INDETERMINATE(OUT_OF_BOUNDS_NOT_REVOKED), .clause = "5.2.6.4 7)", OURS(INDETERMINATE, OUT_OF_BOUNDS_NO_POE, SILENCE) },
	{ "a permit without stamps, in the log since", SEALED(400), .stamp = NONE, .log = 1, PASSED, .clause = "5.5.4 1), 4)d)a" },
	{ "a permit without stamps, in the log too late", SEALED(400), .stamp = NONE, .log = 390, INDETERMINATE(OUT_OF_BOUNDS_NOT_REVOKED), .clause = "5.5.4 1), 4)d)b", OURS(INDETERMINATE, OUT_OF_BOUNDS_NO_POE, SILENCE) },
	{ "a permit, the certificate of its stamps expired", SEALED(1100), INDETERMINATE(OUT_OF_BOUNDS_NOT_REVOKED), .clause = "5.4.4 2), 5.5.4 3)b), 4)d)b", OURS(INDETERMINATE, OUT_OF_BOUNDS_NO_POE, SILENCE) },
	{ "a permit, archived before that", SEALED(1200), .archive = 900, PASSED, .clause = "5.6.2.4.4 3), 5.6.3.4 5)c), 7)" },
	{ "a permit, archived after that", SEALED(1300), .archive = 1200, INDETERMINATE(OUT_OF_BOUNDS_NOT_REVOKED), .clause = "5.6.2.4.4 6), 5.6.3.4 5)d), 7)", OURS(INDETERMINATE, OUT_OF_BOUNDS_NO_POE, SILENCE) },
	/* Of this and the next the CA's certificate is over, too: to the letter 5.2.6.4 4)e) ends both; DSS asks no dates of CAs. */
	{ "a permit, its archive stamp's certificate expired", SEALED(1900), .archive = 900, INDETERMINATE(OUT_OF_BOUNDS_NOT_REVOKED), .clause = "5.6.2.4.4 6), 5.6.3.4 5)d), 7)", OURS(INDETERMINATE, OUT_OF_BOUNDS_NO_POE, SILENCE) },
	{ "a permit, in the log, all certificates of stamps expired", SEALED(1900), .archive = 900, .log = 901, PASSED, .clause = "5.6.1, 5.6.2.4.4 3), 5.6.3.4 5)c), 7)" },
	{ "a permit, its archive stamp older than what it covers", SEALED(10), .archive = -30, PASSED, .clause = "5.6.3.4 3)", OURS(INDETERMINATE, TIMESTAMP_ORDER_FAILURE, "an archive time stamp that is older than what it covers is untrue, and what it proves is not known") },
	{ "a permit, an officer's claim later than the stamp", SEALED(1), .claimed = 2, PASSED, .clause = "5.5.4 4)e), 5)", OURS(INDETERMINATE, TIMESTAMP_ORDER_FAILURE, LATER) },
	{ "a permit, the newest list signed over SHA-1", SEALED(1), .list_md = "SHA1", INDETERMINATE(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), .clause = "5.5.4 10)" },
	{ "a permit, an officer revoked later", SEALED(3), REVOKED(LIVE, 2, 0, 0), PASSED, .clause = "5.5.4 4)a)a.ii" },
	{ "a permit without stamps, an officer revoked later", SEALED(3), .stamp = NONE, REVOKED(LIVE, 2, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4 4)b)" },
	{ "a permit without stamps, in the log, an officer revoked later", SEALED(3), .stamp = NONE, .log = 1, REVOKED(LIVE, 2, 0, 0), PASSED, .clause = "5.5.4 1), 4)a)a.ii" },
	{ "a permit without stamps, in the log after an officer was revoked", SEALED(4), .stamp = NONE, .log = 3, REVOKED(LIVE, 2, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4 1), 4)a)b" },
	{ "a permit by an officer revoked before", SEALED(1), REVOKED(LIVE, -1, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.5.4 4)a)b", OURS(FAILED, REVOKED, CONDEMNS) },
	{ "a permit, an officer's key lost before it, revoked later", SEALED(3), REVOKED(LIVE, 2, CRL_REASON_KEY_COMPROMISE, -1), PASSED, .clause = "5.5.4 4)a)a.ii", OURS(FAILED, REVOKED, HAND) },
	{ "a permit, an officer suspended later", SEALED(3), REVOKED(LIVE, 2, CRL_REASON_CERTIFICATE_HOLD, 0), PASSED, .clause = "5.5.4 7)a)" },
	{ "a permit by an officer who was suspended", SEALED(3), REVOKED(LIVE, -1, CRL_REASON_CERTIFICATE_HOLD, 0), INDETERMINATE(TRY_LATER), .clause = "5.5.4 7)b)", .due = 17 },
	{ "a permit, an officer revoked before his end, judged after it", SEALED(400), .stamp = NONE, REVOKED(LIVE, 300, 0, 0), INDETERMINATE(REVOKED_NO_POE), .clause = "5.2.6.4 4)b)" },
	{ "a permit, expired signers, the key of its stamps lost", SEALED(400), REVOKED(TSA, 300, CRL_REASON_KEY_COMPROMISE, 0), INDETERMINATE(TRY_LATER), .clause = "5.4.4 2), 5.5.4 3)b), 6)", OURS(INDETERMINATE, OUT_OF_BOUNDS_NO_POE, EITHER) },
	{ "a permit, archived before the key of its stamps was lost", SEALED(400), .archive = 200, REVOKED(TSA, 300, CRL_REASON_KEY_COMPROMISE, 0), PASSED, .clause = "5.6.2.2.4 2)b), 5.6.2.4.4 5), 5.6.3.4 5)c), 7)" },
	{ "a permit, expired signers, its stamps' service ceased", SEALED(400), REVOKED(TSA, 300, CRL_REASON_CESSATION_OF_OPERATION, 0), INDETERMINATE(TRY_LATER), .clause = "5.4.4 2), 5.5.4 3)b), 6)", OURS(PASSED, NONE, RFC3161) },
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

/* Table 6: with TRY_LATER, when. */
static bool
tells_when(const struct report *r, int due)
{
	char when[TIME_TEXT];
	bool told = false;

	time_text_vn(when, day(due));
	for (size_t i = 0; i < r->reasons.n; i++)
		told |= strstr(r->reasons.at[i].en, "until") != NULL && strstr(r->reasons.at[i].en, when) != NULL;
	return told;
}

/* Every row speaks before the table fails: *bad counts. */
static void
expect(size_t *bad, const struct row *row, struct report *r)
{
	struct result want = expected(row);
	bool as_expected = r->verdict == want.verdict && r->sub == want.sub && (row->due == 0 || tells_when(r, row->due));

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

static const struct pki_party *
issuer_of(enum who w)
{
	return certificates[w].by == NOBODY ? &root : &party[certificates[w].by];
}

static void
make_party(enum who w)
{
	bool ca = w >= ISSUING && w < TSA;
	const struct pki_wish wish = { .name = certificates[w].name, .constraints = ca ? "critical,CA:TRUE" : NULL, .usage = ca ? "critical,keyCertSign,cRLSign" : certificates[w].usage,
		.eku = w >= TSA ? "critical,timeStamping" : NULL, .key = key_of(w), .md = certificates[w].sha1 ? EVP_sha1() : NULL,
		.from = day(certificates[w].from), .to = day(certificates[w].to) };

	party[w] = pki_party(&wish, certificates[w].self ? NULL : issuer_of(w));
}

/* Authorities before those they certify. */
static int
begin(void **state)
{
	struct err e;

	assert_done(policy_load(&policy, SOURCE_DIR "/policy", &e), e);
	root = pki_party(&(struct pki_wish){ .name = "Gốc (thử nghiệm)", .constraints = "critical,CA:TRUE", .usage = "critical,keyCertSign,cRLSign", .from = day(-7400), .to = day(5000) }, NULL);
	for (enum who w = ISSUING; w < WHOS; w++)
		make_party(w);
	for (enum who w = LIVE; w < ISSUING; w++)
		make_party(w);
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

/* A policy that nobody has: SEQUENCE { OID 2.25.1, SEQUENCE { SEQUENCE { SHA-256 }, OCTET STRING } }. */
static void
name_policy(CMS_SignerInfo *si)
{
	static const unsigned char id[] = { 0x30, 0x16, 0x06, 0x02, 0x69, 0x01, 0x30, 0x10, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x01, 0x00 };

	assert_int_equal(CMS_signed_add1_attr_by_NID(si, NID_id_smime_aa_ets_sigPolicyId, V_ASN1_SEQUENCE, id, sizeof(id)), 1);
}

static CMS_SignerInfo *
add_signer(CMS_ContentInfo *cms, const struct row *r)
{
	own(ASN1_TIME) *t = ASN1_TIME_set(NULL, (time_t)day(r->claimed));
	CMS_SignerInfo *si = CMS_add1_signer(cms, party[r->by].cert, party[r->by].key, EVP_get_digestbyname(r->md != NULL ? r->md : "SHA256"),
	    CMS_BINARY | CMS_NOSMIMECAP | (r->spoilt == PLAIN ? 0u : (unsigned)CMS_CADES));

	assert_true(si != NULL && t != NULL);
	assert_int_equal(CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime, ASN1_STRING_type(t), t, -1), 1);
	if (r->spoilt == POLICY)
		name_policy(si);
	return si;
}

/* The content stands before the signature, and the signature's value last. */
static void
spoil(struct buf *der, enum spoilt how)
{
	unsigned char *content = memmem(der->ptr, der->len, CONTENT, strlen(CONTENT));

	if (how == CUT)
		der->len--;
	if (how == BENT)
		der->ptr[der->len - 1] ^= 1;
	if (how == ALTERED)
		content[0] ^= 1;
}

static void
make_cades(struct buf *out, const struct row *r)
{
	unsigned flags = CMS_BINARY | (r->spoilt == DETACHED ? (unsigned)CMS_DETACHED : 0u);
	own(CMS_ContentInfo) *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | flags);
	own(BIO) *in = BIO_new_mem_buf(CONTENT, -1);
	CMS_SignerInfo *si = add_signer(cms, r);
	unsigned char *octets = NULL;
	int n;

	assert_int_equal(CMS_add1_cert(cms, issuer_of(r->by)->cert), 1);
	assert_int_equal(CMS_final(cms, in, NULL, flags), 1);
	if (r->stamp != NONE)
		stamp(si, r);
	n = i2d_CMS_ContentInfo(cms, &octets);
	assert_true(n > 0);
	buf_put(out, octets, (size_t)n);
	OPENSSL_free(octets);
	spoil(out, r->spoilt);
}

/* A list of the root or the issuing CA, with the row's revocation where it is on it. */
static void
add_list(struct evidence *v, const struct pki_party *by, bool named, const struct row *r, int from, int to)
{
	const char *md = by == &root ? r->root_md : r->list_md;
	const struct pki_entry entry = { .cert = party[r->revoked.who].cert, .date = day(r->revoked.day), .reason = r->revoked.reason, .invalidity = r->revoked.invalid == 0 ? 0 : day(r->revoked.invalid) };
	own(X509_CRL) *crl = pki_crl(by, &(struct pki_crl){ .from = day(from), .to = day(to), .entry = &entry, .n = named ? 1 : 0, .md = md == NULL ? NULL : EVP_get_digestbyname(md) });

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
	assert_true(X509_up_ref(party[OLD_ROOT].cert) == 1 && sk_X509_push(v->anchors, party[OLD_ROOT].cert) > 0);
	add_list(v, &root, at_root, r, at_root ? r->revoked.day + 1 : -60, r->at + 30);
	if (r->list.from != NEVER)
		add_list(v, issuer_of(r->by), !at_root && r->revoked.who != NOBODY, r, default_list ? r->at - 1 : r->list.from, default_list ? r->at + 7 : r->list.to);
	if (r->silent.to != 0)
		add_list(v, issuer_of(r->by), false, r, r->silent.from, r->silent.to);
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
	const struct maker_recipe recipe = { .officer = r->spoilt == NO_RIGHT ? &m->other_officer : NULL, .no_officer_stamp = r->stamp == NONE, .no_seal_stamp = r->stamp == NONE,
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

	if (r->list_md != NULL)
		assert_true(X509_CRL_sign(crl, m->issuing.key, EVP_get_digestbyname(r->list_md)) > 0);
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

static bool
is_there(enum sub_indication sub)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (expected(&rows[i]).sub == sub)
			return true;
	return false;
}

static bool
is_impossible(enum sub_indication sub)
{
	for (size_t i = 0; i < COUNT(impossible); i++)
		if (impossible[i].sub == sub)
			return true;
	return false;
}

/* The table says something: rows enough, a clause each, and a reason where Antin differs; a row
 * for each sub-indication that there can be. */
static void
the_table_is_whole(void **state)
{
	assert_true(COUNT(rows) >= 60);
	for (enum sub_indication sub = SUB_NONE; sub < SUB_INDICATIONS; sub++)
		assert_case(sub_word(sub), is_there(sub) != is_impossible(sub));
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
	printf("\nNot given:\n");
	for (size_t i = 0; i < COUNT(impossible); i++)
		printf("- %s: %s.\n", sub_word(impossible[i].sub), impossible[i].why);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_table_is_whole), cmocka_unit_test(foreign_documents), cmocka_unit_test(permits) };

	if (argc > 1 && strcmp(argv[1], "print") == 0)
		return print_table(), 0;
	return cmocka_run_group_tests(tests, begin, end);
}
