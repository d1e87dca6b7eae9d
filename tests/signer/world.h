/* tests/signer/world.h -- an authority (tests/ca/world.h) and beside it all that
 * permits need: seal, service and stamping tokens, antin-tsa, antin-signer; a
 * program that submits, officers, clerks, three agencies with seals and books.
 *
 * Everything is real but the people's tokens, whose keys lie in memory.
 */
#pragma once

#include "signer/proto.h"
#include "tests/ca/world.h"

/* H99 is the city; H99.14 a department, H99.31.07 a ward, H99.05 a department
 * that gives numbers, H99.17 the department of health. */
enum staff {
	DIEP,			/* officer of the whole city, KT. */
	BLIK,			/* officer of H99.14 alone */
	HOA,			/* officer of the city, for land-use alone */
	TL,			/* officer of the city, in the mode TL. */
	PAST,			/* appointed until yesterday */
	NOBODY,			/* an official without an appointment */
	CLERK,			/* of the whole city */
	LOCAL_CLERK,		/* of H99.14 alone */
	STAFF
};

struct official { const char *person, *name, *title, *agency; EVP_PKEY *key; X509 *cert; };

struct office {
	struct world w;
	pid_t seal, service, stamps, tsa, signer;
	struct official staff[STAFF];
	struct peer *to_signer, *to_verifier;	/* as antin-api */
	char program[65];		/* of the whole city, every kind */
	unsigned keys;			/* idempotency keys used by office_draft */
	unsigned stampers;		/* made by office_next_stamper */
};

void office_begin(struct office *);
void office_end(struct office *);
void office_start_signer(struct office *);
void office_start_seal(struct office *);
/* Another certificate for the time stamps, that lasts longer; antin-tsa again with it. */
void office_next_stamper(struct office *);
/* antin-signer, when it starts next, renews whatever a new time stamp outlasts. */
void office_renew_from_now(struct office *);

/* A program's key hash, registered; agencies and kinds: one word each. */
void office_program_with(struct office *, char out[65], const char *agency, const char *kind, const char *const rights[], int64_t expires);
/* With the rights to submit and to read. */
void office_program(struct office *, char out[65], const char *agency, const char *kind, int64_t expires);
void office_appoint(struct office *, enum staff, const char *role, const char *agency, const char *mode, const char *kind, const char *to);
/* TUQ., by the newest appointment of the other. */
void office_authorise(struct office *, enum staff, enum staff by, const char *agency, const char *kind);
/* Ends every appointment of this person today. */
void office_dismiss(struct office *, enum staff);
/* MAI's order cert.suspend, cert.resume, cert.revoke. */
void office_certificate(struct office *, const char *verb, X509 *cert);
void office_revoke(struct office *, X509 *cert);
/* The same for keyCompromise, known to others since an hour ago: what was signed before this
 * call lies in that hour.  Comes back when the CRL says so. */
void office_lose_key(struct office *, X509 *cert);
/* SEC's order key.block, with MAI's consent. */
void office_block(struct office *, X509 *cert);

/* One message; the answer as JSON (NULL out: not looked at). */
must_check bool office_call(struct office *, json_t **out, uint16_t type, const struct span *field, size_t n, struct err *);
/* As o->program. */
must_check bool office_list(struct office *, json_t **out, const char *ask, struct err *);
must_check bool office_submit(struct office *, json_t **out, const char *program, const char *key, const char *submission, struct err *);
must_check bool office_may(struct office *, const char *program, const char *right, struct err *);
/* Events of dossiers, as one of the programs (office_program_with). */
must_check bool office_report(struct office *, json_t **out, const char *program, const char *key, const char *events, struct err *);
must_check bool office_prepare(struct office *, json_t **out, X509 *officer, const char *const *handle, size_t n, struct err *);
must_check bool office_finish(struct office *, json_t **out, const char *request, struct err *);
/* The same to antin-verifier. */
must_check bool office_verifier(struct office *, json_t **out, struct msg *in, struct err *);

/* A sample of tests/data/permits.json as JSON text; number: instead of its own,
 * may be NULL. */
char *office_sample(const char *id, const char *number);
/* A draft of this submission, or of a sample; its handle. */
void office_draft_of(struct office *, char handle[33], const char *submission);
void office_draft(struct office *, char handle[33], const char *sample, const char *number);
/* A draft of the kind that two officers sign: TL first, then DIEP (tests/data/well.xml). */
void office_draft_well(struct office *, char handle[33]);
/* prepare's answer, signed with this key: what finish is sent. */
char *office_signatures(const json_t *prepared, EVP_PKEY *);
/* Draft -> signed by one of the officers, or the test fails. */
void office_sign(struct office *, enum staff, const char *handle);
/* Submits a sample, with other members where `change` (may be NULL) has them, as a new version of a permit. */
must_check bool office_amend(struct office *, json_t **out, const char *handle, const char *sample, const json_t *change, struct err *);
/* A draft that amends, or the test fails. */
void office_amended(struct office *, char newer[33], const char *handle, const char *sample, const json_t *change);
/* Draft -> signed by DIEP; and -> issued, sealed by CLERK. */
void office_signed(struct office *, char handle[33], const char *sample, const char *number);
void office_issued(struct office *, char handle[33], const char *sample, const char *number);

/* The file as it is, and its hash. */
void office_file(struct office *, struct buf *out, const char *handle);
void office_hash(struct office *, unsigned char hash[SHA256_LEN], const char *handle);
/* A member of this text. */
bool json_is(const json_t *row, const char *key, const char *text);
/* The state that the register tells ("draft" ...), its number in the row. */
json_t *office_row(struct office *, const char *handle);
bool office_is(struct office *, const char *handle, const char *state);
/* One number of the register about a permit, which is $handle in the query. */
int64_t office_number(struct office *, const char *sql, const char *handle);

/* An order by one of the staff about a permit as it is now. */
struct permit_order { enum staff by; const char *verb; const char *const *handle; size_t n; const json_t *with; int64_t effective; /* 0: now */ };
void office_order_cms(struct office *, const struct permit_order *, struct buf *cms);
must_check bool office_send_order(struct office *, json_t **out, struct span cms, struct err *);
must_check bool office_order(struct office *, json_t **out, const struct permit_order *, struct err *);
/* CLERK's about one permit, from so many days on; with: JSON text, NULL: none.  office_acted: or the test fails. */
must_check bool office_act(struct office *, const char *handle, const char *verb, const char *with, int days, struct err *);
void office_acted(struct office *, const char *handle, const char *verb, const char *with, int days);
/* SEC's. */
must_check bool office_erase(struct office *, const char *const *handle, size_t n, struct err *);
must_check bool office_open_book(struct office *, enum staff, const char *agency, const char *book, int64_t year, int64_t next, struct err *);
/* This year's, by CLERK, or the test fails. */
void office_book(struct office *, const char *agency, const char *book, int64_t next);
/* Sealed by CLERK, or the test fails. */
void office_seal(struct office *, const char *handle);
/* The newest copy, as a program that may read it gets it. */
void office_archived(struct office *, struct buf *out, const char *handle);

/* Fails the test unless this refusal came: class and a word of its sentence. */
void office_refused(const char *name, bool done, const struct err *, enum err_class, const char *word);
/* results[i] of an answer as such a refusal; NULL word: it must be done. */
void office_result(const char *name, const json_t *answer, size_t i, enum err_class, const char *word);
