/*
 * verifier/order.h -- an order: a small JSON text that says exactly what is to
 * happen, signed as CMS by the person's own token (FORMATS: an order).
 *
 * Read by ca and signer themselves, the one hostile thing they parse: at most
 * ORDER_MAX octets, one shape, the signer looked up first by the caller.
 *
 * {"antin":"order/1","id":<32 hex>,"verb":"cert.revoke",
 *  "subject":[{"id":"...","hash":"<64 hex>",?"number":"..."}],
 *  "reason":"...","effective":"<RFC 3339>","made":...,"expires":...,
 *  "after":{"size":N,"root":"<base64>"},?"with":{...}}
 *
 * Checked here: shape, exact keys, limits, times in order, signature,
 * signing-certificate-v2.  Not here: the signer's role and state, whether the
 * order is new, what it acts on; those are the daemon's and the register's.
 */
#pragma once

#include "base/json.h"
#include "base/ossl.h"

#define ORDER_MAX (128u << 10)
#define ORDER_SUBJECTS_MAX 500
#define ORDER_ID_LEN 16

struct order_subject {
	char id[80];
	unsigned char hash[SHA256_LEN];
	const char *number;		/* NULL when there is none; borrows from the order */
};

struct order {
	unsigned char id[ORDER_ID_LEN];
	char verb[40];
	struct order_subject *subject;
	size_t nsubjects;
	const char *reason;
	int64_t effective, made, expires;
	uint64_t after_size;
	unsigned char after_root[SHA256_LEN];
	const json_t *with;		/* an object, or NULL */
	json_t *json;			/* owns the texts */
};

void order_drop(struct order *);

/* Serial of who claims to have signed, hex; nothing is believed yet. */
must_check bool order_signer(struct buf *serial_hex_out, struct span cms, struct err *);
/* The order, once its signature is cert's. */
must_check bool order_open(struct order *out, struct span cms, X509 *cert, struct err *);
/* The JSON alone; for makers, and for showing what one is about to sign. */
must_check bool order_parse(struct order *out, struct span json, struct err *);
/* Canonical JSON of an order (json member is ignored). */
must_check bool order_write(struct buf *out, const struct order *, struct err *);
/* Now within made .. expires, with five minutes for clocks before made, and
 * expires - made at most life_secs. */
must_check bool order_timely(const struct order *, int64_t now, int64_t life_secs, struct err *);
