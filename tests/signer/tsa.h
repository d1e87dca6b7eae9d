/* tests/signer/tsa.h -- another authority that gives time stamps (tests/signer/tsa.py):
 * a folder with its certificates, CRLs and row of policy, and its server.
 *
 * It answers as its mode says: a word of tsa.py's table. */
#pragma once

#include "base/bytes.h"

#include <sys/types.h>

struct tsa { char folder[40]; pid_t server; unsigned port; };

void tsa_begin(struct tsa *);
void tsa_end(struct tsa *);
void tsa_mode(const struct tsa *, const char *mode);
/* How many requests began with this word ("POST", "GET", "POST <imprint>") so far. */
unsigned tsa_heard(const struct tsa *, const char *word);
/* How many different imprints it was asked for. */
unsigned tsa_imprints(const struct tsa *);
/* A file of the folder. */
char *tsa_path(const struct tsa *, const char *name);
/* The section [antin-tsa-outside] that asks it, with its CRLs root.crl and another, such
 * as issuing.pem; more: further lines, may be "". */
char *tsa_section(const struct tsa *, const char *run, const char *policy, const char *crl, const char *more);
/* Copies the row over timestamps.xml of a copy of the policy. */
void tsa_into_policy(const struct tsa *, const char *policy);
