/*
 * ca/request.h -- a request for a certificate: what somebody asks for, made
 * into facts that an order can name by their hash.
 *
 * Facts are canonical JSON {"agency","name","person","profile","spki","title"},
 * all texts, spki in base64; "token", the serial number of the USB token, where one is
 * named (registered to the person by an order: order_token.c); "mail", the mailbox,
 * where the profile is for mail (policy/mailbox.h; never out of the CSR); of an order about a certificate that is there also
 * "renews" or "replaces", its serial number (order_anew.c).  Of the CSR only the key is taken, after a worker of
 * antin-verifier has found its proof of possession good; no byte of it is
 * decoded in this process.  The agency's full name comes from policy when the
 * certificate is made, not from the asker.
 *
 * A request gives nobody anything: it waits for an order (orders.h).
 */
#pragma once

#include "base/json.h"
#include "ca/authority.h"
#include "register/entry.h"

#define REQUEST_ID_LEN HANDLE_LEN

struct request_facts {
	const struct profile *profile;
	const struct agency *agency;
	const char *name, *person, *title;	/* "": none; borrow from json */
	const char *renews, *replaces, *token, *mail;	/* NULL: none */
	struct buf text, spki;
	unsigned char key_id[KEY_ID_LEN];
	json_t *json;
};
void request_facts_drop(struct request_facts *);

/* Facts as recorded.  Refuses what policy does not know. */
must_check bool request_facts_read(struct request_facts *, const struct policy *, struct span text, struct err *);

/* What is asked (names, not yet trusted) and the key that the gate gave. */
struct request_ask {
	const char *profile, *agency, *name, *person, *title;
	const char *renews, *replaces;		/* serial of the certificate with this key; NULL: none */
	const char *token;			/* serial number of the USB token; NULL: none is named */
	const char *mail;			/* mailbox; NULL: none */
	struct span csr, spki;
};
/* A staff number: capital letters, digits and hyphens; never a citizen's ID of
 * twelve digits, because the certificate is public. */
must_check bool person_check(const char *person, struct err *);
/* A USB token's: a few letters, digits and hyphens. */
must_check bool token_serial_check(const char *serial, struct err *);
/* Facts as they will be recorded: names checked against policy and text rules. */
must_check bool request_facts_make(struct request_facts *, const struct policy *, const struct request_ask *, struct err *);

/* Is the agency there today?  One that is merged or abolished gets no certificate
 * any more; those it has live on until they are revoked. */
must_check bool request_agency_there(const struct request_facts *, int64_t now, struct err *);

/* Appends request.submit to unit under a fresh id. */
must_check bool request_put(struct reg_unit *, unsigned char id[REQUEST_ID_LEN], const struct request_facts *, struct span csr, int64_t now, struct err *);
/* The newest request with these facts that is not rejected; false in *found if none.
 * state may be NULL, else 16 octets. */
must_check bool request_same(struct authority *, const struct request_facts *, bool *found, unsigned char id[REQUEST_ID_LEN], char state[16], struct err *);

/* CA_REQUEST. */
must_check bool request_submit(struct authority *, const char *json, int64_t now, struct buf *answer, struct err *);
