/*
 * verifier/ticket.h -- what the officer's own program believes: which documents
 * are to be signed, said by the signing service's key (FORMATS: the ticket).
 *
 * {"antin":"ticket/1","id":<32 hex>,"officer":<SPKI hash>,"expires":...,
 *  "documents":[{"kind","agency","holder","dossier",?"converted","digest_alg":"sha256","digest"}]}
 * (converted: the code page that the submission was converted from) inside CMS SignedData by the service signer's key, which the program pins.
 * At most 500 documents; five minutes; once (the service sees to that).
 */
#pragma once

#include "base/json.h"
#include "base/ossl.h"

#define TICKET_DOCUMENTS_MAX 500
#define TICKET_LIFE_SECS 300
#define TICKET_MAX (1u << 20)

struct ticket_document { const char *kind, *agency, *holder, *dossier, *converted; /* may be NULL */ unsigned char digest[SHA256_LEN]; };

struct ticket {
	unsigned char id[16], officer[KEY_ID_LEN];
	int64_t expires;
	struct ticket_document *document;
	size_t n;
	json_t *json;		/* owns the texts of a ticket that was read */
};
void ticket_drop(struct ticket *);

/* Canonical JSON, for the service to sign. */
must_check bool ticket_write(struct buf *out, const struct ticket *, struct err *);
/* signer: the pinned certificate.  Refuses one that expired or is for another
 * officer's key. */
must_check bool ticket_open(struct ticket *out, struct span cms, X509 *signer, const unsigned char officer[KEY_ID_LEN],
    int64_t now, struct err *);
