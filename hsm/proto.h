/*
 * hsm/proto.h -- what antin-hsm can be asked, and nothing else.
 *
 * HSM_KEYS	"" -> deterministic CBOR: an array of keys, each
 *		[key id (32 octets), algorithm, SubjectPublicKeyInfo DER, label].
 *		Only keys that this caller may sign with.
 * HSM_SIGN	key id, algorithm, digests -> signatures.  ECDSA P-256: 1 to
 *		HSM_BATCH_MAX digests of 32 octets, one after the other, and as
 *		many r||s of 64 octets, in that order, or a refusal of all.  The
 *		key id is the SHA-256 of the SubjectPublicKeyInfo.
 *
 * Which callers have a socket at all, and which keys each may use, is the
 * daemon's configuration (sign.ca, sign.signer ...).  A message that is not in
 * this table, or that the caller may not send, ends the connection.  The kind
 * `log` serves none of these but the messages of register/log_key.h.
 */
#pragma once

#include "base/msg.h"

#define HSM_MESSAGE_MAX (64u << 10)

#define HSM_BATCH_MAX 128

#define HSM_CALLERS (CALLER_CA | CALLER_SIGNER | CALLER_TSA | CALLER_CLI)

#define HSM_MESSAGES(X) \
	X(HSM_KEYS, HSM_CALLERS, "", "b") \
	X(HSM_SIGN, HSM_CALLERS, "hub", "b")

enum hsm_message { HSM_MESSAGES_FIRST = 0x300, HSM_MESSAGES(MSG_ENUM) };

/* The numbers travel and are kept; never reuse one. */
enum hsm_alg {
	HSM_ALG_NONE = 0,
	HSM_ECDSA_P256 = 1,	/* digests of 32 octets (SHA-256); signatures r||s */
	HSM_ED25519 = 2,	/* only on the log's token, never by HSM_SIGN */
};

#define HSM_SIGNATURE_LEN 64	/* of both */
