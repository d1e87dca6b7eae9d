/*
 * verifier/judge.h -- a permit, the evidence and a time -> a verdict.
 *
 * Pure: no clock, file, network or key.  Judged per ETSI EN 319 102-1 (V1.4.1, whose clauses
 * this folder cites), one signature after the other: format, identification of the signer, signature
 * and digests, path to an anchor at the best signature time, revocation,
 * proof of existence (a trusted time stamp, else the log's proof of the issue;
 * signature.h says until when a stamp proves something, and how archive time stamps
 * and the log prolong that),
 * the claimed time, authority.  The document's verdict is the worst of them.
 *
 * Rules of ours beside the standard (FORMATS: the permit; each row of
 * tests/verifier/time_machine_test.c that differs from it says why): a signature whose
 * claimed time is at or after its certificate's revocation is TOTAL-FAILED /
 * REVOKED, also when the certificate has expired since; a claimed time alone never saves one;
 * one that is later than what proves the signature is TIMESTAMP_ORDER_FAILURE.  A signer without the right to
 * sign that kind is INDETERMINATE / SIG_CONSTRAINTS_FAILURE.
 *
 * The kind says how many officers sign, in which order and modes, on the day of the
 * issue (policy/kind.h); of a permit without a seal yet, on the day asked about, where
 * later ones may be missing.
 *
 * Where a certificate was revoked for keyCompromise with an invalidityDate, what its key signed
 * between that day and the revocation fails: nobody can say whose hand it was.  The agency
 * can (permit.h: the reaffirmation).  A reaffirming signature that passes by itself and was
 * made, as claimed and as proven, when the revocation was known, by the seal of the
 * permit's agency or of its successor on that day, takes that failure, and no other, from
 * the document's verdict.  The signature's own verdict stays as it is, with a remark.  It
 * heals no digest, no signer without a right, no key that others had unbounded, no second
 * failure of the same signature, and not the seal.
 *
 * A suspended certificate (certificateHold) asks whether its key was in other
 * hands from then on, and a later CRL answers (EN 319 102-1 5.2.6.4 4)c), 5.5.4 7)):
 *  - what was proven to exist before the suspension passes, whatever comes;
 *  - what was not is INDETERMINATE / TRY_LATER while the suspension lasts, whatever
 *    time it claims: no verdict is final before the answer;
 *  - resumed: the key was in the right hands all along.  The certificate is off the
 *    CRL (RFC 5280 5.3.1), and what was signed meanwhile passes;
 *  - revoked: it was not.  The CRL's date is the suspension's (ca/crl_issue.h), and
 *    what was signed meanwhile falls under the rules of revocation.
 * The newest CRL decides, one that does not cover the time only for the worse
 * (evidence.h); a document's own, from the time of the suspension, does not outlive the answer.
 */
#pragma once

#include "verifier/evidence.h"
#include "verifier/permit.h"
#include "verifier/report.h"
#include "verifier/tier_list.h"

/* An appointment that the caller knows of; without any, the certificate alone
 * speaks for its holder. */
struct judge_appointment { const char *person, *agency, *title, *mode, *kinds; int64_t from, to; };

struct judge_question {
	struct span document;
	int64_t at;				/* the time of the judgement */
	int32_t day;				/* in force on this day (Vietnam) */
	const struct policy *policy;
	struct permit_grammars *grammars;
	const struct evidence *evidence;	/* anchors, certificates, CRLs, status lists, proofs */
	int64_t known_since;			/* the caller knows of these very octets since then; 0: not */
	const struct judge_appointment *appointment;	/* NULL: not known, not judged */
	size_t nappointments;
	bool insecure_no_revocation;
	bool no_status_list;			/* the caller asks the register itself whether it is in force */
	bool used;				/* the report has what was relied on, to be kept */
	const struct tier_list *tiers;		/* of a foreign document also under these; NULL: none */
	const struct tier *under;		/* the anchors are this tier's; NULL: certificates name theirs */
	bool unsealed;				/* the permit waits for its seal: judge the officers alone */
};

/* Always gives a report: a document that cannot be read is a verdict too. */
void judge_permit(struct report *out, const struct judge_question *);
