/*
 * register/proto.h -- what antin-register can be asked.
 *
 * REG_RUN   units, a CBOR array of byte strings, at most REG_UNITS_MAX.  A unit
 *           is a deterministic CBOR array of [verb, {field: value ...}], run as
 *           one transaction or not at all, whatever becomes of the others -> a
 *           CBOR array, for each unit its result or its refusal: a byte string
 *           (CBOR array, a map a verb, of what was allotted, with "entry",
 *           absent for quiet verbs, and "time"), or [class, sentence].
 *           Answered after the commit is durable.
 * REG_READ  name of a read, CBOR map of its parameters -> CBOR array of rows,
 *           each an array of values; of what size of the log and of what time
 *           that is (replica.h), 0 and 0 for this moment.
 * REG_FLUSH publishes now what is committed; answers when it is published.
 */
#pragma once

#include "base/msg.h"

#define REG_MESSAGE_MAX (48u << 20)
#define REG_UNITS_MAX 128
#define GAZETTE_ITEMS 100	/* rows of the read "gazette" at most */
#define PARCEL_ITEMS 100	/* and of the reads "parcel.permits" and "parcel.places" */
#define REG_CALLERS (CALLER_CA | CALLER_SIGNER | CALLER_TSA | CALLER_VERIFIER)

#define REG_MESSAGES(X) \
	X(REG_RUN, REG_CALLERS, "b", "b") \
	X(REG_READ, REG_CALLERS, "sb", "buu") \
	X(REG_FLUSH, REG_CALLERS, "", "")

enum reg_message { REG_MESSAGES_FIRST = 0x100, REG_MESSAGES(MSG_ENUM) };
