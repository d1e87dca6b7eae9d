/*
 * signer/proto.h -- what antin-signer can be asked.
 *
 * SIGNER_SUBMIT   who submits (SHA-256 of its certificate or API key, hex),
 *                 idempotency key, submission (JSON) -> {"handle","kind",
 *                 "agency","dossier","holder","remarks","again"}
 * SIGNER_LIST     {"state":"draft"|"signed"|"sealing"|"issued"|"withdrawn",
 *                 ?"after":entry} -> {"items":[{"handle","kind","agency",
 *                 "dossier","holder","state","number","shortcode","voicecode",
 *                 "hash"}]}; hash: what an order about it names
 * SIGNER_PREPARE  {"handles":[...]}, the officer's certificate (DER) ->
 *                 {"session","expires","ticket" (base64 CMS),
 *                 "documents":[{"handle","digest"}]}
 * SIGNER_FINISH   {"session","signatures":[{"handle","signature" (base64 of
 *                 r||s)}]} -> {"results":[{"handle","done",?"class",?"text"}]}
 * SIGNER_ORDER    a signed order (CMS) -> what was done, JSON:
 *                   permit.seal       subject: handle, SHA-256 of the officer-signed
 *                                     file; with {?"day"}
 *                                     -> results as of SIGNER_FINISH; what is not done
 *                                     is numbered, and its seal follows by itself
 *                   permit.withdraw   subject: handle, SHA-256 of the sealed file;
 *                                     with {"decision"}; effective: from which day
 *                   permit.open-book  subject: the agency, SHA-256 of canonical
 *                                     `with`; with {"book","year","next"}
 * SIGNER_PERMIT   handle, short code, voice code -> the file as it is now
 */
#pragma once

#include "base/msg.h"

#define SIGNER_MESSAGE_MAX (12u << 20)

#define SIGNER_MESSAGES(X) \
	X(SIGNER_SUBMIT, CALLER_API | CALLER_CLI, "sss", "s") \
	X(SIGNER_LIST, CALLER_API | CALLER_CLI, "s", "s") \
	X(SIGNER_PREPARE, CALLER_API | CALLER_CLI, "sb", "s") \
	X(SIGNER_FINISH, CALLER_API | CALLER_CLI, "s", "s") \
	X(SIGNER_ORDER, CALLER_API | CALLER_CLI, "b", "s") \
	X(SIGNER_PERMIT, CALLER_API | CALLER_CLI, "s", "b")

enum signer_message { SIGNER_MESSAGES_FIRST = 0x600, SIGNER_MESSAGES(MSG_ENUM) };
