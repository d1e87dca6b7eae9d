/*
 * ca/authority.h -- the authority that this process is: its names, its keys
 * elsewhere, and whom it asks.
 *
 * It has generations: the same name with one key after another (roll_over.h).
 * The newest issues; each signs its own CRL and OCSP responses as long as it
 * lives.  Made once at the start; afterwards read by every thread, but for the
 * newest generation, which a roll-over puts in front, and the clocks of CRLs and
 * OCSP responses, which have their own locks (reissue.h).  Owns everything below.
 */
#pragma once

#include "base/ossl.h"
#include "base/pack.h"
#include "ca/gate.h"
#include "hsm/remote_key.h"
#include "policy/policy.h"
#include "register/client.h"

#include <stdatomic.h>

#define GENERATIONS_MAX PACK_ISSUERS_MAX

struct authority;
struct generation {
	struct authority *a;
	int64_t n;			/* 1: the ceremony's */
	X509 *issuing;			/* judged under the root */
	unsigned char key_id[KEY_ID_LEN];
	char policy[128];		/* OID of its certificate, which what it issues has, too (RFC 5280 6.1) */
	struct hsm *hsm;
	struct crl_clock *crl;		/* crl_issue.c's own */
	struct ocsp_clock *ocsp;	/* ocsp_issue.c's own */
	struct generation *older;	/* NULL: none */
};

struct authority {
	const struct policy *policy;
	const struct tier *tier;
	X509 *root;
	_Atomic(struct generation *) newest;
	char org[64];			/* organizationIdentifier of the issuing certificates */
	char *site;			/* "https://host", where crl/ is found */
	struct reg *reg;
	struct gate *gate;
	struct left_behind *left;	/* left_behind.c's own */
	atomic_uint orders;		/* being carried out: OCSP responses give way (ocsp_issue.h) */
	struct hsm *(*token)(const struct generation *);	/* that of its daemon, to be freed */
};

/* Fills names and ids from the two certificates, the first generation's; takes
 * both.  Refuses an issuing certificate that is not the root's, or of another tier. */
must_check bool authority_take(struct authority *, X509 *root, X509 *issuing, const char *site, int64_t now, struct err *);
void authority_close(struct authority *);

/* The next generation's, not in front yet.  Takes the certificate, also when it
 * refuses: one of another name or tier, of a key that a generation had, or not the root's. */
must_check bool generation_new(struct generation **out, struct authority *, X509 *issuing, int64_t now, struct err *);
void generation_free(struct generation *);
/* Of its CRL and its OCSP responses in log and register: 0, the first. */
int64_t generation_shard(const struct generation *);
/* From now on it issues. */
void authority_put(struct authority *, struct generation *);

/* Signatures (r||s, HSM_SIGNATURE_LEN each) over to-be-signed octets, with a key
 * of the generation's token; up to HSM_BATCH_MAX. */
must_check bool authority_raw(struct generation *, const unsigned char key_id[KEY_ID_LEN], const struct span *tbs, size_t n, struct buf *raw, struct err *);
/* Signs to-be-signed octets (n of them) with the issuing key and appends the
 * signed objects (certificate or CRL) to out[i].  One way to antin-hsm for up
 * to HSM_BATCH_MAX. */
must_check bool authority_sign(struct generation *, const struct span *tbs, struct buf *out, size_t n, struct err *);

/* reg_run between two fault points, "ca <step>" and "ca <step> done". */
must_check bool authority_run(struct authority *, const char *step, struct reg_unit *, struct reg_results *, struct err *);
