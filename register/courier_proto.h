/*
 * register/courier_proto.h -- what antin-courier can be asked: to carry one
 * body to one address of its own configuration, and the answer back.
 *
 * COURIER_POST  name of a witness, body -> HTTP status, content type, body.
 *	Refused: a witness that its policy gives no address (absent), one that
 *	cannot be reached in time (later), an answer beyond COURIER_ANSWER_MAX
 *	(limit).  What comes back is the peer's: the caller believes none of it.
 */
#pragma once

#include "base/msg.h"

#define COURIER_ANSWER_MAX (64u << 10)
#define COURIER_BODY_MAX (64u << 10)
#define COURIER_MESSAGE_MAX (COURIER_ANSWER_MAX + 1024)
#define COURIER_WHOLE_MS 5000		/* and no longer, whatever the peer does */

#define COURIER_MESSAGES(X) \
	X(COURIER_POST, CALLER_REGISTER, "sb", "usb")

enum courier_message { COURIER_MESSAGES_FIRST = 0x800, COURIER_MESSAGES(MSG_ENUM) };
