/*
 * register/witness_key.h -- the key of a witness: Ed25519, in a file of its
 * owner's alone (PKCS#8 PEM, mode 0600), which `openssl genpkey -algorithm
 * ed25519` could have made.
 *
 * One key is one witness: what a cosignature signs does not name who signs, so
 * a key under two names would speak for both (c2sp.org/tlog-cosignature).
 */
#pragma once

#include "register/note.h"

struct witness_key;
typedef struct witness_key witness_key_t;

/* A new file; one that exists is refused and left as it is. */
must_check bool witness_key_make(const char *path, struct err *);
/* Refuses a file that others can read, and what is no Ed25519 key. */
must_check bool witness_key_read(struct witness_key **out, const char *path, const char *name, struct err *);
void witness_key_free(struct witness_key *);
OWN_WITH(witness_key_t, witness_key_free)
const struct note_key *witness_key_name(const struct witness_key *);
/* Appends the line for a checkpoint's text. */
must_check bool witness_key_cosign(struct buf *out, const struct witness_key *, int64_t time, struct span text, struct err *);
