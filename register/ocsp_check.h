/*
 * register/ocsp_check.h -- fsck's look at the packs of OCSP responses.
 *
 * Each pack belongs to a batch that is recorded; each response in it bears the
 * serial number that is its key, and a signature by the responder's certificate
 * that the batch names, which stands behind it.  What the packs of the last
 * whole batch had signed, in the order of serial numbers, has the recorded hash;
 * so has the delta.  While a whole batch is being written its packs stand beside
 * those of the one before.
 *
 * A second opinion on purpose: OpenSSL reads what ca/ocsp_response.c wrote.
 * Not here: whether the batch follows from the log (antin report ocsp).
 */
#pragma once

#include "base/ossl.h"
#include "base/pack.h"
#include "register/store.h"

struct ocsp_check {
	char folder[16];		/* "ocsp/", of later generations "ocsp1/" ... */
	struct ocsp_batch *batch;	/* ocsp_check.c's own */
	size_t n;
	X509 *responder;		/* of the pack looked at last */
	int64_t whole, delta;		/* numbers of the last that are signed; 0: none */
	int64_t number[PACK_SHARDS];	/* of each pack; 0: not seen */
	bool delta_seen;
	unsigned char whole_sha256[SHA256_LEN];
	EVP_MD_CTX *all;		/* over the shards as they come */
	uint64_t signatures;
};

/* One issuing key's batches. */
must_check bool ocsp_check_begin(struct ocsp_check *, struct store *, int64_t shard, struct err *);
/* Is this publication a pack of it? */
bool ocsp_check_is(const struct ocsp_check *, struct span path);
/* Paths in their order. */
must_check bool ocsp_check_file(struct ocsp_check *, struct span path, struct span body, struct err *);
must_check bool ocsp_check_end(struct ocsp_check *, struct err *);
void ocsp_check_drop(struct ocsp_check *);
