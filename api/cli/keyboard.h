/*
 * api/cli/keyboard.h -- the person's token as the commands use it: which
 * module, which token, and the PIN, asked at the terminal without echo or read
 * from a file or a descriptor.  Never from an argument or the environment.
 */
#pragma once

#include "api/cli/args.h"
#include "hsm/token.h"

/* Rows for an option table. */
#define KEYBOARD_OPTIONS								\
	{ "module", "FILE", false, "PKCS#11 module (SoftHSM's)" },			\
	{ "token", "LABEL", false, "label of the token" },				\
	{ "pin-file", "FILE", false, "read the PIN from this file (else it is asked)" },	\
	{ "pin-fd", "N", false, "read the PIN from this descriptor" }

/* The PIN named by option prefix ("pin", "so-pin"): prefix-file, prefix-fd, or asked. */
must_check bool keyboard_pin(struct secret *, const struct args *, const char *prefix, const char *what, struct err *);
const char *keyboard_module(const struct args *);
must_check bool keyboard_token(struct token **out, const struct args *, struct err *);
/* The token's one P-256 key, or the one that belongs to cert when it is given. */
must_check bool keyboard_key(struct token_key *out, struct token *, const X509 *cert, struct err *);
