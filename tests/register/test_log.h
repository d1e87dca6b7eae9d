/*
 * A log of a test's own: leaf i is the number i; of a fork at f, every leaf from
 * f on is another.  What it signs, and what it asks of a witness.
 */
#pragma once

#include "register/note.h"

#include <openssl/evp.h>

#define NO_FORK UINT64_MAX

struct test_log { EVP_PKEY *key; struct note_key name; char *vkey; };
void test_log_new(struct test_log *, const char *origin);
void test_log_drop(struct test_log *);
void test_log_root(struct hash *out, uint64_t size, uint64_t fork);
size_t test_log_prove(struct hash proof[MERKLE_PROOF_MAX], uint64_t from, uint64_t to, uint64_t fork);
/* A checkpoint, signed. */
void test_log_note(struct buf *out, const struct test_log *, uint64_t size, uint64_t fork);
/* The body of add-checkpoint: old, proof, checkpoint. */
void test_log_request(struct buf *out, const struct test_log *, uint64_t old, uint64_t size, uint64_t fork);
/* Ed25519 over text. */
void test_sign(unsigned char signature[64], EVP_PKEY *, struct span text);
