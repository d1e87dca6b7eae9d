/*
 * signer/proto.h -- what antin-signer can be asked.
 *
 * `who` is the program that asks: its certificate (DER, profile program, active
 * here; the caller saw the key proven), or SHA-256 of its API key, 32 octets;
 * empty for whoever gave neither.  A certificate's program is registered under
 * the SHA-256 of its SubjectPublicKeyInfo.  It must have the right: "submit" for
 * SIGNER_SUBMIT, "report" for SIGNER_DOSSIERS, the one named for SIGNER_MAY,
 * "read" for the others.  What lies outside its agencies and
 * kinds is answered like what does not exist.
 *
 * SIGNER_SUBMIT   who, idempotency key, submission (JSON) -> {"handle","kind",
 *                 "agency","dossier","holder","amends","converted","version","remarks","again"};
 *                 one that amends is held against the permit before (amend.h); refused for
 *                 what it says: {"problems":[{"field","path","code","vi","en"}]}, and
 *                 nothing is recorded
 * SIGNER_LIST     who, {"state":"draft"|"signed"|"sealing"|"returned"|"issued"|
 *                 "suspended"|"withdrawn"|"superseded"|"void", ?"after":entry} -> {"items":[{"handle","kind","agency",
 *                 "dossier","holder","state","number","version","shortcode",
 *                 "voicecode","officers","hash","converted"}],?"next":entry}; officers: how
 *                 many have signed; hash: what an order about it names; ?"waits":{"code","vi"} of one
 *                 that was numbered: why its seal is not there yet
 * SIGNER_PREPARE  who, {"handles":[...]}, the officer's certificate (DER) ->
 *                 {"session","expires","ticket" (base64 CMS),
 *                 "documents":[{"handle","digest"}],"refused":[as results]}: up to
 *                 500; those that cannot be signed are left out, and where that
 *                 leaves none the whole is refused
 * SIGNER_FINISH   {"session","signatures":[{"handle","signature" (base64 of
 *                 r||s)}]} -> {"results":[{"handle","done",?"class",?"text",?"code",?"vi"}]}:
 *                 each prepared permit in its order, then what was not prepared
 * SIGNER_ORDER    a signed order (CMS) -> what was done, JSON:
 *                   permit.seal       subject: handle, SHA-256 of the officer-signed
 *                                     file; with {?"day"}
 *                                     -> results as of SIGNER_FINISH; what is not done
 *                                     is numbered, and its seal follows by itself
 *                   permit.withdraw, .restore, .suspend, .resume, .void, .annotate
 *                                     subject: handle, SHA-256 of the sealed file;
 *                                     with {"decision"} and more (FORMATS 3);
 *                                     effective: from which day
 *                   permit.reaffirm   subject: handle, SHA-256 of the sealed file; with
 *                                     {"decision","decided"} (FORMATS 3)
 *                                     -> results as of permit.seal
 *                   permit.return     subject: handle, SHA-256 of the officer-signed
 *                                     file or the draft's content
 *                   permit.open-book  subject: the agency, SHA-256 of canonical
 *                                     `with`; with {"book","year","next"}
 * SIGNER_PERMIT   who, handle -> the file as it is now.  With a short or voice
 *                 code in the handle's place `who` is not looked at: the code is
 *                 what the holder of the paper has, and antin-api counts misses.
 * SIGNER_ARCHIVED who, handle (or a code, as above) -> of an issued permit the copy whose
 *                 proofs last longest (renew.h): as issued until one is made
 * SIGNER_MAY_READ who, handle -> the permit's state; refused as SIGNER_PERMIT is
 * SIGNER_MAY     who, a right ("submit") -> nothing; refused unless the program has it now
 * SIGNER_DOSSIERS who, idempotency key, events (verifier/dossier.h) ->
 *                 {"results":[{"index","dossier","done":true,"entry","again"} |
 *                 {"index","dossier","done":false,"class","code","vi","en"}],
 *                 "done":count,"refused":count}; an event without a key of its
 *                 own has the message's with its place behind it
 * SIGNER_DOSSIER_PERMITS  who, a dossier's code -> {"permits":[{"handle","kind",
 *                 "agency","state","number","shortcode","day"}]}, those that the
 *                 program sees
 * SIGNER_EVENTS   who, index of the first entry that counts -> what happened since
 *                 to permits and dossiers, JSON (feed.h)
 * SIGNER_PARCEL   who, a parcel's code, an entry (0: none) -> the permits that touch it,
 *                 issued behind that entry, JSON (parcel.h)
 * SIGNER_PLACES   who, index of the first entry that counts -> where those permits lie
 *                 about which something was recorded since, GeoJSON (parcel.h)
 * SIGNER_OPEN_DAY a day (YYYY-MM-DD) that is over, an entry (0: none) -> what was made public
 *                 on it behind that entry, JSON Lines, and a detached JWS (open_day.h)
 * SIGNER_REPORT   options as of VERIFY_FILE without "at", a document (sealed memfd) -> what antin-verifier
 *                 says of it, as a compact JWS whose typ is "antin-report": no one else's
 *                 words are signed
 * SIGNER_GROWN    a size of the log, milliseconds -> the size that it has, when it is
 *                 another or the time is over (2 seconds at most)
 */
#pragma once

#include "base/msg.h"

#define SIGNER_MESSAGE_MAX (12u << 20)

#define SIGNER_MESSAGES(X) \
	X(SIGNER_SUBMIT, CALLER_API | CALLER_CLI, "bss", "s") \
	X(SIGNER_LIST, CALLER_API | CALLER_CLI, "bs", "s") \
	X(SIGNER_PREPARE, CALLER_API | CALLER_CLI, "bsb", "s") \
	X(SIGNER_FINISH, CALLER_API | CALLER_CLI, "s", "s") \
	X(SIGNER_ORDER, CALLER_API | CALLER_CLI, "b", "s") \
	X(SIGNER_PERMIT, CALLER_API | CALLER_CLI, "bs", "b") \
	X(SIGNER_ARCHIVED, CALLER_API | CALLER_CLI, "bs", "b") \
	X(SIGNER_MAY_READ, CALLER_API | CALLER_CLI, "bs", "s") \
	X(SIGNER_MAY, CALLER_API | CALLER_CLI, "bs", "") \
	X(SIGNER_DOSSIERS, CALLER_API | CALLER_CLI, "bss", "s") \
	X(SIGNER_DOSSIER_PERMITS, CALLER_API | CALLER_CLI, "bs", "s") \
	X(SIGNER_EVENTS, CALLER_API | CALLER_CLI, "bu", "s") \
	X(SIGNER_PARCEL, CALLER_API | CALLER_CLI, "bsu", "s") \
	X(SIGNER_OPEN_DAY, CALLER_API | CALLER_CLI, "su", "bb") \
	X(SIGNER_REPORT, CALLER_API, "sF", "s") \
	X(SIGNER_PLACES, CALLER_API | CALLER_CLI, "bu", "s") \
	X(SIGNER_GROWN, CALLER_API, "uu", "u")

enum signer_message { SIGNER_MESSAGES_FIRST = 0x600, SIGNER_MESSAGES(MSG_ENUM) };
