/*
 * register/log_key.h -- what antin-register may ask the process that holds the
 * log's key: one question that can harm nothing, and its public key.
 *
 * LOG_KEY_CHECKPOINT  origin, size, root, proof of consistency with the last
 *	checkpoint that this key signed (n * 32 octets) -> Ed25519 signature of 64
 *	octets over the checkpoint text of register/note.h.  The key's process
 *	remembers the last (origin, size, root) durably before it answers, and
 *	refuses (ERR_POLICY) another origin, a smaller size, the same size with
 *	another root, a proof that does not prove.  The same checkpoint may be
 *	asked for again.
 * LOG_KEY_PUBLIC  -> the 32 octets of the public key, and the last size signed.
 */
#pragma once

#include "base/msg.h"

#define LOG_KEY_MESSAGE_MAX (8u << 10)

#define LOG_KEY_MESSAGES(X) \
	X(LOG_KEY_CHECKPOINT, CALLER_REGISTER, "suhb", "b") \
	X(LOG_KEY_PUBLIC, CALLER_REGISTER | CALLER_CLI, "", "hu")

enum log_key_message { LOG_KEY_FIRST = 0x200, LOG_KEY_MESSAGES(MSG_ENUM) };
