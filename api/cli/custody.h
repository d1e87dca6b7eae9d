/*
 * api/cli/custody.h -- who opens the root's token at a ceremony: one PIN file, or
 * so many of its custodians (hsm/shares.h).
 *
 * In the ceremony's file:
 *
 *	"root":{"token","pin_file"}
 *	"root":{"token","custodians":{"needed","of","shares":FOLDER}}
 *
 * A token with custodians is made by `antin ceremony shares FILE`: its PIN is
 * drawn and split, each share written into FOLDER once, to be taken away by its
 * custodian; nobody keeps the PIN, and the security officer's PIN is the same.
 * At the ceremony shares come from files (--share) or are typed at the terminal
 * without echo; never from an argument, never into a log.
 */
#pragma once

#include "api/cli/args.h"
#include "base/json.h"
#include "hsm/shares.h"

struct custody { unsigned needed, of; const char *folder; };	/* needed 0: one PIN */
must_check bool custody_read(struct custody *out, const json_t *token, struct err *);
/* Makes the token and writes its shares; present: "token root: 3 of 5 custodians, set ..." */
must_check bool custody_make(struct buf *present, const struct args *, const char *label, const struct custody *, struct err *);
/* The PIN out of the shares; says whose came.  file: names of files, NULL to ask. */
must_check bool custody_open(struct secret *pin, struct buf *present, const struct args *, const char *label, const struct custody *, struct err *);
