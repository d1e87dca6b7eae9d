/* tests/ca/next_key.h -- a world whose authority has a second key ready: a token
 * "issuing-2", a small ceremony under the same root, and the order with its bundle. */
#pragma once

#include "tests/ca/world.h"

/* A ceremony for a later generation; of its parts one may be another. */
struct next_variant { const char *name, *site; int64_t generation; EVP_PKEY *issuing, *root_key; X509 *root; struct span last_crl; };

struct next_key {
	struct token *root_token;	/* in the safe at other times */
	EVP_PKEY *root_pkey;
	struct ceremony_result made;
	X509 *issuing;
};

#define NEXT_NAME "Hòa Giang – cấp chứng thư THỬ NGHIỆM"
#define NEXT_SITE "https://xacthuc.hoagiang.example"

/* The world, nothing started, and what the second ceremony made. */
void next_make(struct world *, struct next_key *);
void next_drop(struct next_key *);
pid_t next_start_hsm(const struct world *);
must_check bool next_hold(struct ceremony_result *, const struct world *, const struct next_key *, const struct next_variant *, struct span csr, struct err *);
/* The order with this bundle and another approver's consent; verb, id, hash and with are put in where `as` has none. */
must_check bool next_order(struct world *, const struct draft *as, struct span bundle, json_t **answer, struct err *);
