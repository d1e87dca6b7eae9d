/*
 * signer/tsa_proto.h -- what antin-tsa can be asked.
 *
 * TSA_STAMP  TimeStampReq (RFC 3161) -> TimeStampResp, DER; a rejection is an
 *            answer too and stands inside.
 */
#pragma once

#include "base/msg.h"

#define TSA_MESSAGE_MAX (64u << 10)

#define TSA_MESSAGES(X) \
	X(TSA_STAMP, CALLER_API | CALLER_SIGNER, "b", "b")

enum tsa_message { TSA_MESSAGES_FIRST = 0x700, TSA_MESSAGES(MSG_ENUM) };
