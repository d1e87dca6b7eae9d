/*
 * verifier/proto.h -- what antin-verifier can be asked.
 *
 * VERIFY_FILE      a document (sealed memfd), options as JSON
 *                  {?"at":RFC 3339,?"day":date,"way":"file",?"evidence":true} -> report, JSON
 *		    (report.h), with "register": what the register knows of
 *		    these very bytes, which decides "in_force"
 * VERIFY_LOOKUP    what a person typed (code.h), who asks (a device key or an address
 *                  block, for counting misses), and the day that the answer is to
 *                  hold for ("": today) -> answer, JSON; of the SHA-256 of a file that
 *                  was issued {"answer","in_force","verdict","sub","sha256","checked"}
 * GATE_CSR         certificate requests in DER, a CBOR array of GATE_CSRS_MAX byte
 *                  strings at most -> for each where its parts are
 *                  (csr_found_get) or a refusal (cbor_get_refusal); the asker
 *                  proves possession on its own copy (csr_prove), and believes
 *                  nothing else
 * GATE_SUBMISSION  day, version, day of the version before, handle (hex), a
 *                  submission (JSON) -> canonical octets of <content>, and what the
 *                  signer needs to know of it, JSON.  Version 0: the signer does not
 *                  know yet; a submission that amends then has no octets.  Where
 *                  it is refused for what it says, no octets and {"problems":[...]}
 *                  (submission.h)
 * VERIFY_ENTRY     the place of a file in a zip (from 0), the zip (sealed memfd) -> how many
 *                  files it has, this one's name and octets (zipped.h), or a CBOR refusal in
 *                  their place: no file that cannot be taken speaks for the others
 * VERIFY_PROOF     a permit's handle -> its .tlog-proof
 * VERIFY_DOSSIER   like VERIFY_LOOKUP for a dossier's code alone: another kind of
 *                  code is refused by its name, looked up nowhere, not counted.
 *                  Of both the answer to one that is known has "dossier":
 *                  {"code","agency","kind","step","step_say","since","due",
 *                  "permits":[{"kind","agency","state","state_say","day"}],"as_of"}
 * VERIFY_PUBLICATIONS  an agency, a year (0: every), the last entry of the page before
 *                  (0: none) -> what it makes public (gazette.h), JSON: {"agency",
 *                  "items","next","prefix",?"replica"}
 * VERIFY_DAY       a day (since 1970) that is over, the last entry of the page before (0: none)
 *                  -> what was made public on it, the oldest first, JSON: {"items","next","prefix"},
 *                  each item with "agency"
 * VERIFY_PUBLISHERS    -> the agencies, and the kinds that are looked up by number, JSON:
 *                  {"agencies":[{"id","name","ended"}],"lookups":[{"id","vi","en"}],"prefix"}
 * VERIFY_NUMBER    a kind, a number, its holder's name, and who asks -> answer, JSON; of one
 *                  that is known {"answer","in_force","permit" (an item of gazette.h),
 *                  ?"replica"}.  Misses are counted, apart from those of codes, whether
 *                  number or name was wrong (misses.h)
 *
 * Each document meets a worker of its own, which dies with it; what the register
 * itself holds, and certificate requests, meet lasting ones.
 */
#pragma once

#include "base/msg.h"

#define VERIFY_DOCUMENT_MAX (8u << 20)
#define VERIFY_MESSAGE_MAX (12u << 20)
#define VERIFY_ZIP_MAX (16u << 20)
#define GATE_CSRS_MAX 64
#define LOOKUP_NUMBER_MAX 100	/* characters */
#define LOOKUP_HOLDER_MAX 300

#define VERIFY_MESSAGES(X) \
	X(VERIFY_FILE, CALLER_API | CALLER_SIGNER | CALLER_CLI, "sF", "s") \
	X(VERIFY_LOOKUP, CALLER_API | CALLER_CLI, "sss", "s") \
	X(GATE_CSR, CALLER_CA, "b", "b") \
	X(GATE_SUBMISSION, CALLER_SIGNER, "uuusF", "bs") \
	X(VERIFY_ENTRY, CALLER_API, "uF", "ubbb") \
	X(VERIFY_PROOF, CALLER_API | CALLER_CLI, "s", "s") \
	X(VERIFY_DOSSIER, CALLER_API | CALLER_CLI, "ss", "s") \
	X(VERIFY_PUBLICATIONS, CALLER_API | CALLER_CLI, "suu", "s") \
	X(VERIFY_DAY, CALLER_SIGNER | CALLER_CLI, "uu", "s") \
	X(VERIFY_PUBLISHERS, CALLER_API | CALLER_CLI, "", "s") \
	X(VERIFY_NUMBER, CALLER_API | CALLER_CLI, "ssss", "s")

enum verify_message { VERIFY_MESSAGES_FIRST = 0x400, VERIFY_MESSAGES(MSG_ENUM) };
