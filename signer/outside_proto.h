/*
 * signer/outside_proto.h -- what antin-tsa-outside can be asked.
 *
 * OUTSIDE_STAMP  id of the authority (policy/timestamps.xml), SHA-256 imprint,
 *	milliseconds that the caller waits -> time-stamp token, DER; the CRLs that it has of
 *	the authority, DER, one behind the other.
 *	Refused with later: it is not there in that time.  It is being asked for all the
 *	same, and kept for whoever asks for the same imprint again.
 * OUTSIDE_STATE  -> JSON: {"authority","answered" (when, or null),"secs" (that it took),
 *	"waiting","refused" (the last refusal since, or null),"crls":[{"url","until"}]}.
 */
#pragma once

#include "base/msg.h"

#define OUTSIDE_CRL_MAX (2u << 20)
#define OUTSIDE_CRLS_MAX 8
#define OUTSIDE_MESSAGE_MAX (OUTSIDE_CRLS_MAX * OUTSIDE_CRL_MAX + (1u << 20))

#define OUTSIDE_MESSAGES(X) \
	X(OUTSIDE_STAMP, CALLER_SIGNER, "shu", "bb") \
	X(OUTSIDE_STATE, CALLER_SIGNER | CALLER_CLI, "", "s")

enum outside_message { OUTSIDE_MESSAGES_FIRST = 0x780, OUTSIDE_MESSAGES(MSG_ENUM) };
