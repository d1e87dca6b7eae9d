/*
 * ca/root_crl.h -- the root's CRL, which says of each issuing certificate whether
 * it was revoked (RFC 5280 5).  Without one that is current nothing below the root
 * is good to anybody.
 *
 * The root is offline, so people make it at a ceremony: the first with the
 * authority, one with each new issuing key (ceremony.h), and one a year in between.
 * An order authority.root-crl brings that one here:
 *
 *	"subject"	one: the SHA-256 of the CRL
 *	"with"		{"crl": base64 of its DER}
 *
 * What holds of a CRL and the one before it, at the ceremony and once more at the
 * order:
 *  1. The root signed it; its number is greater, its thisUpdate not earlier.
 *  2. Every entry of the one before is in it as it was, for ever: issuing
 *     certificates are few, and what they signed is judged as of a time past.
 *
 * It is taken also when it revokes the issuing certificate that is in front: that
 * must not wait.  What is issued then is good to nobody, until a roll-over
 * (roll_over.h) puts another key in front; and what stamps under that certificate
 * prove is proven no more, but where a stamp of another key stands over it.
 *
 * After a restore that lost the record of one, the order that is given first is
 * that one's again (register/cert_verbs.c): only its octets say what it revoked.
 *
 * root_crl_make runs in the command line, where the root's token is.
 */
#pragma once

#include "base/ossl.h"

#define ROOT_CRL_MAX (1u << 16)
#define ROOT_CRL_VALID_SECS (366 * 86400)	/* renewed at a yearly ceremony */
#define ROOT_CRL_REVOKED_MAX 50			/* at one ceremony */

/* An issuing certificate that is to be revoked; reason: of RFC 5280 5.3.1. */
struct root_revocation { X509 *cert; int reason; int64_t date; };
must_check bool root_crl_reason(int *out, const char *word, struct err *);

struct root_crl_plan {
	EVP_PKEY *key;				/* of the root's token */
	X509 *root;
	struct span last;			/* DER of the one before; empty: this is the first */
	const struct root_revocation *revoke; size_t nrevoke;
	int64_t now;
};
must_check bool root_crl_make(struct buf *out, const struct root_crl_plan *, struct err *);

/* The two invariants; both are DER. */
must_check bool root_crl_follows(struct span next, struct span last, X509 *root, struct err *);

struct authority;
struct reg_unit;
/* Records and publishes it, in the unit of an order.  Refuses one that does not follow
 * the one that is published, is of a time to come, has ended or lasts too long. */
must_check bool root_crl_put(struct reg_unit *, struct authority *, struct span der, int64_t now, struct err *);
/* A roll-over's: its bundle may be older than what was published meanwhile, which
 * then has all its entries, and stays. */
must_check bool root_crl_put_newer(struct reg_unit *, struct authority *, struct span der, int64_t now, struct err *);
