/*
 * ca/authority.h -- the authority that this process is: its names, its key
 * elsewhere, and whom it asks.
 *
 * Made once at the start; afterwards read by every thread, but for the clocks
 * of CRLs and OCSP responses, which have their own locks (reissue.h).  Borrows nothing; owns everything below.
 */
#pragma once

#include "base/ossl.h"
#include "ca/gate.h"
#include "hsm/remote_key.h"
#include "policy/policy.h"
#include "register/client.h"

struct authority {
	const struct policy *policy;
	const struct tier *tier;
	X509 *root, *issuing;		/* the second was judged under the first at the start */
	unsigned char key_id[KEY_ID_LEN];
	char org[64];			/* organizationIdentifier of the issuing certificate */
	char *site;			/* "https://host", where crl/ is found */
	struct hsm *hsm;
	struct reg *reg;
	struct gate *gate;
	struct crl_clock *crl;		/* crl_issue.c's own */
	struct ocsp_clock *ocsp;	/* ocsp_issue.c's own */
	struct left_behind *left;	/* left_behind.c's own */
};

/* Fills names and ids from the two certificates; takes both.  Refuses an
 * issuing certificate that is not the root's, or of another tier. */
must_check bool authority_take(struct authority *, X509 *root, X509 *issuing, const char *site, int64_t now, struct err *);
void authority_close(struct authority *);

/* Signatures (r||s, HSM_SIGNATURE_LEN each) over to-be-signed octets, with a key
 * of the issuing token; up to HSM_BATCH_MAX. */
must_check bool authority_raw(struct authority *, const unsigned char key_id[KEY_ID_LEN], const struct span *tbs, size_t n, struct buf *raw, struct err *);
/* Signs to-be-signed octets (n of them) with the issuing key and appends the
 * signed objects (certificate or CRL) to out[i].  One way to antin-hsm for up
 * to HSM_BATCH_MAX. */
must_check bool authority_sign(struct authority *, const struct span *tbs, struct buf *out, size_t n, struct err *);

/* reg_run between two fault points, "ca <step>" and "ca <step> done". */
must_check bool authority_run(struct authority *, const char *step, struct reg_unit *, struct reg_results *, struct err *);
