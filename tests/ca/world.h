/* tests/ca/world.h -- a city's authority in a folder of its own: SoftHSM tokens,
 * a ceremony, antin-register, antin-hsm, the gate and antin-ca running; two
 * approvers, one security officer and one administrator of a single agency. */
#pragma once

#include "ca/ceremony.h"
#include "ca/proto.h"
#include "hsm/token.h"
#include "policy/policy.h"
#include "verifier/crl.h"
#include "verifier/order.h"

#include <sys/types.h>

enum who { MAI, NAM, SEC, LOCAL, ADMINS };	/* approver, approver, security officer, approver of H99.14 only */

struct person { const char *person, *name, *title, *agency, *roles; EVP_PKEY *key; X509 *cert; struct buf csr; };

struct world {
	char dir[64];
	char *database;				/* on both kinds: tests/register/database.h */
	struct policy *policy;
	char *policy_folder;			/* the project's own, or a copy in dir */
	struct person admin[ADMINS];
	struct ceremony_result made;
	X509 *root, *issuing;
	struct token *issuing_token;		/* while the ceremony is held */
	pid_t reg, hsm, log, gate, ca;
	struct peer *to_ca;			/* as antin-api */
	bool broken;				/* a test changed the database: no fsck at the end */
};

/* What a test of more than the authority adds: services to the ceremony (called
 * when tokens can be made), sections to the configuration, and one kind of permit,
 * a file, to the policy (NULL: none). */
struct world_more { void (*ceremony)(const struct world *, struct ceremony_plan *); const char *(*sections)(const struct world *); const char *kind; };

/* With token, ceremony and files, nothing started. */
void world_make(struct world *);
void world_make_more(struct world *, const struct world_more *);
/* With an OCSP responder, whose key is on the issuing token; what it adds to a ceremony. */
void world_make_with_ocsp(struct world *);
void world_ocsp(const struct world *, struct ceremony_plan *);
struct token *world_token(const char *label);
struct token *world_token_again(const char *label);	/* one that is there */
/* A daemon of the configuration, with the tokens' PIN if asked; ready. */
pid_t world_start_process(const struct world *, const char *program, const char *section, bool pin);
/* All daemons but antin-ca. */
void world_start_below(struct world *);
void world_start_register(struct world *);
/* With ANTIN_FAULT, ready or not; what became of it says world_wait_register. */
void world_start_register_to_end(struct world *, const char *fault);
int world_wait_register(struct world *);
void world_start_hsm(struct world *);
void world_start_gate(struct world *);
void world_stop(pid_t *, int signal);
/* All daemons; fetches the administrators' certificates. */
void world_start(struct world *);
void world_begin(struct world *);
void world_end(struct world *);
/* DIR/name, malloc'd. */
char *world_path(const struct world *, const char *name);

/* antin-ca alone.  fault: ANTIN_FAULT or NULL.  False if it ended before it was
 * ready; *status as of waitpid (may be NULL). */
bool world_start_ca(struct world *, const char *fault, int *status);
int world_stop_ca(struct world *, int signal);
/* Waits until antin-ca ended by itself. */
int world_wait_ca(struct world *);

/* One call; reply: field 0 appended to out. */
must_check bool world_text(struct world *, uint16_t type, const char *text, struct buf *out, struct err *);
must_check bool world_bytes(struct world *, uint16_t type, struct span, struct buf *out, struct err *);
json_t *world_list(struct world *, const char *query);
int64_t world_log_size(struct world *);
/* As a program (SHA-256 of its key; empty: nobody). */
must_check bool world_list_as(struct world *, struct span who, const char *query, struct buf *, struct err *);

EVP_PKEY *key_new(void);
/* A key on the token, and a request with it. */
void token_csr(struct buf *out, struct token *, const char *label);
void csr_of(struct buf *out, EVP_PKEY *);
/* JSON of CA_REQUEST; person and title may be NULL. */
char *ask_text(const char *profile, const char *agency, const char *name, const char *person, const char *title, struct span csr);
/* The same with a mailbox, NULL: without; of an agency's clerk. */
char *mail_ask(const char *profile, const char *person, const char *mail, EVP_PKEY *);

struct draft {
	enum who by;
	EVP_PKEY *key; X509 *cert;		/* of another signer than `by` */
	const char *verb, *id;
	unsigned char hash[SHA256_LEN];
	const json_t *with;
	const struct order_subject *subjects; size_t nsubjects;	/* instead of id and hash */
	int64_t made_ago, life;			/* 0: now, five minutes */
	int64_t effective;			/* 0: now */
	const unsigned char *order_id;		/* NULL: fresh */
	int64_t after_size;			/* 0: the head now */
	const unsigned char *after_root;
	const char *reason;			/* NULL: some reason */
};
/* What the order says is what it is about. */
void draft_with(struct draft *, const json_t *with);
/* MAI's approval of a request, which the caller keeps. */
struct draft draft_approval(const json_t *request);
/* The signed order. */
void order_cms(struct world *, const struct draft *, struct buf *cms);
must_check bool world_order(struct world *, const struct draft *, json_t **answer, struct err *);
/* d, then the consent of `by` to it; answer: that of the consent. */
must_check bool world_order_of_two(struct world *, const struct draft *d, enum who by, json_t **answer, struct err *);
/* The consent to what waits (an order's answer, kept by the caller), to be sent. */
struct draft consent_to(const json_t *waits, enum who by);
/* A shell's command in DIR; its exit status. */
int world_shell(const struct world *, const char *command);
/* The certificate in DIR/name, for others' programs. */
void world_pem(const struct world *, const char *name, X509 *);
/* Refused with this class, and a sentence with this word in it. */
void world_refused(const char *name, bool done, const struct err *, enum err_class, const char *word);
/* The order is, and nothing of it is in the log. */
void world_refuses(struct world *, const char *name, const struct draft *, enum err_class, const char *word);
/* The issuing authority's newest published CRL; NULL while there is none. */
X509_CRL *world_crl(const struct world *);
/* Waits until it is revoked there, for a list comes after the order; false if it never is. */
bool world_revoked(const struct world *, const X509 *, struct revocation *);
/* An official's request that waits. */
json_t *world_request(struct world *, const char *person, const char *agency);
/* Asks for a certificate and has MAI approve it; the PEM answer. */
X509 *world_enrol(struct world *, const char *profile, const char *agency, const char *name, const char *person, const char *title, EVP_PKEY *);
/* The same of a whole request, approved by another. */
X509 *world_enrol_ask(struct world *, const char *ask, enum who by);
void hash_from_hex(unsigned char out[SHA256_LEN], const json_t *item);
void hash_json(unsigned char out[SHA256_LEN], const json_t *);
/* A certificate as orders name it. */
struct order_subject subject_of(X509 *);
