/*
 * signer/permit_life.h -- a permit, from draft to its end.
 *
 * Invariants
 *  1. The content is fixed when the draft is recorded; an officer signs those
 *     octets and no others.
 *  2. An officer's signature with its evidence is frozen when it is recorded.
 *  3. Nothing is sealed without the clerk's order, bound to the hash of those
 *     frozen octets.
 *  4. Number, codes and place in the status list are allotted in the transaction
 *     that reserves the seal; nothing of them is ever used twice.
 *  5. The seal signs octets that follow from the reservation alone, so that
 *     recovery signs the same digest again and no number is lost.  While its time
 *     stamp is waited for, the signature is the one that was made (kept_seal.c).
 *  6. What leaves has been judged with the verifier's own code.
 *
 *	(none)  --permit.submit, submit.c-------------> draft
 *	draft   --permit.officer_signed, finish.c-----> signed; draft, while others sign after
 *	signed  --permit.reserve_*, seal.c------------> sealing
 *	sealing --permit.issue, seal_one--------------> issued
 *	draft, signed  --permit.return, order_change.c-> void: never a permit
 *
 * What becomes of an issued permit are facts beside it (policy/life.h), each by
 * an order: permit.suspend, .resume, .withdraw, .restore, .void, .annotate
 * (order_change.c).
 *
 * Its octets stay as they were issued; copies with an archive time stamp more come beside
 * them, so that it can be verified when its certificates are over (renew.h).  Where others
 * had an officer's key when he signed, the agency may seal a copy once more, by an order
 * permit.reaffirm (reaffirm.c): reserved first, as a seal is, and the status is that of a
 * permit with a note from then on.
 *
 * A newer version of an issued permit is a permit of its own, with another content,
 * other signatures, codes and place, and the same number (amend.h); the unit that
 * issues it supersedes the one before (permit.supersede).
 */
#pragma once

#include <pthread.h>

#include "base/ossl.h"
#include "hsm/remote_key.h"
#include "policy/life.h"
#include "policy/policy.h"
#include "policy/scope.h"
#include "register/client.h"
#include "register/entry.h"
#include "verifier/order.h"
#include "verifier/permit.h"
#include "verifier/report.h"
#include "verifier/tst.h"

#define HANDLE_HEX (2 * HANDLE_LEN + 1)

/* What antin-signer works with, gathered once at the start. */
struct service {
	const struct policy *policy;
	struct judges *judges;			/* judges.c's own */
	struct reg *reg;
	struct hsm *seal, *key;			/* seal token; service signer's token */
	struct peer *verifier, *tsa;
	struct peer *outside;			/* another authority's stamps; NULL: none are taken */
	const struct time_authority *authority;	/* its row */
	const char *outside_kinds;		/* of which permits: ids, separated by spaces, or "*" */
	const char *origin, *status_uri, *org;
	X509 *root, *issuing, *signer;		/* signer: tickets and status lists */
	struct buf root_crl;			/* DER, of the beginning: the issuing certificate's status */
	EVP_PKEY *signer_key;
	struct status_clock *status;		/* status_publish.c's own */
	struct seal_again *again;		/* seal_again.c's own */
	struct kept_seals *kept;		/* kept_seal.c's own */
	struct open_days *open_days;		/* open_day.c's own */
};

/* A permit as the register has it; borrows from rows. */
struct permit_row {
	struct span handle, content, officers, sealed, sha256, serial;
	char kind[64], agency[64], state[16];
	struct span dossier, holder, given, number, shortcode, voicecode, person;
	struct span converted;		/* from this code page; empty: it came in Unicode */
	int64_t valid_to, list, idx, day, reserved_entry;
	int64_t changes, version;	/* changes: how many were recorded since its issue */
	bool has_given;
};

#define PERMIT_COLUMNS 25
void permit_row_take(struct permit_row *, const struct reg_cell cells[PERMIT_COLUMNS]);
must_check bool permit_by_handle(const struct service *, struct reg_rows *, struct permit_row *, const unsigned char handle[HANDLE_LEN], struct err *);
/* The file as it is now: content and officers, or the sealed permit. */
must_check bool permit_file(struct buf *out, const struct permit_row *, struct err *);
/* The same, and of a draft that nobody has signed its content: what an order to erase it is signed upon. */
must_check bool permit_erasable(struct buf *out, const struct permit_row *, struct err *);

/* life.c: of permit.changes one row; the life as of a day; and in a word (life_state). */
enum { CHANGE_DECISION = 5, CHANGE_REASON, CHANGE_NOTE, PERMIT_CHANGE_CELLS = 11 };
struct life_change permit_change_of(const struct reg_cell cell[PERMIT_CHANGE_CELLS]);
must_check bool permit_life(struct life *out, const struct service *, const struct permit_row *, int32_t day, struct err *);
must_check bool permit_word(const char **out, const struct service *, const struct permit_row *, int32_t day, struct err *);

/* The program that asks (signer/proto.h), with the right asked for. */
struct program { unsigned char id[SHA256_LEN]; struct scope scope; };
void program_drop(struct program *);
must_check bool program_find(struct program *, const struct service *, struct span who, const char *right, int64_t now, struct err *);
bool program_sees(const struct program *, const struct permit_row *);
/* A permit that the program does not see is refused like one that is not there. */
must_check bool permit_for_program(const struct service *, const struct program *, struct reg_rows *, struct permit_row *,
    const unsigned char handle[HANDLE_LEN], struct err *);

/* lt_evidence.c: the certificate of the authority's key that issued one of ours, DER. */
must_check bool issuing_of(struct buf *der, const struct service *, X509 *, struct err *);

/* An active certificate of the register. */
struct active_cert { X509 *cert; char person[64], agency[64], title[256], profile[40]; int64_t generation; struct buf der; };
void active_cert_drop(struct active_cert *);
must_check bool active_cert_find(struct active_cert *, const struct service *, const char *serial_hex, int64_t now, struct err *);

/* Does this person hold one of the roles for this agency on this day?  For officers
 * also kind, turn and title (NULL: any); the appointment's title and mode are given. */
struct right { const char *person, *roles, *agency, *title; const struct kind *kind; const struct turn *turn; int32_t day; };
struct appointment { char role[40], title[256], mode[256]; };
must_check bool appointment_find(struct appointment *, const struct service *, const struct right *, struct err *);

/* lt_evidence.c: a time stamp over a signature's value, and what the paths of the
 * signature and of the stamp need. */
#define LT_MAX 12
#define LT_BY_MAX 80
struct lt_evidence {
	struct buf stamp, cert_der[LT_MAX], crl_der[LT_MAX];
	size_t ncerts, ncrls;
	struct span cert[LT_MAX], crl[LT_MAX];	/* of the above */
	int64_t until;				/* when the stamp proves nothing any more by itself ... */
	char by[LT_BY_MAX];			/* ... and the algorithms that it relies on, each once, separated by spaces */
};
void lt_evidence_drop(struct lt_evidence *);
struct lt_wish {
	const char *kind;			/* of the permit */
	int64_t generation;			/* of the signer's certificate */
	struct span value;			/* of the signature */
	int64_t signed_at;			/* the stamp's time is after this */
	int64_t until;				/* monotonic ms: how long another authority is waited for */
};
must_check bool lt_evidence_get(struct lt_evidence *, const struct service *, const struct lt_wish *, struct err *);
/* No stamp: of every key of the authority the certificate and the newest CRL, and the root's. */
must_check bool lt_today(struct lt_evidence *, const struct service *, struct err *);
/* The same for an archive time stamp over this imprint, by antin-tsa. */
must_check bool lt_archive_get(struct lt_evidence *, const struct service *, const EVP_MD *md, struct span imprint, struct err *);
/* The same of this module's two files. */
void lt_note_proof(struct lt_evidence *, const struct service *, const struct tst *, const cert_list *path);
must_check bool lt_add_cert(struct lt_evidence *, struct span der, struct err *);
must_check bool lt_add_crl(struct lt_evidence *, struct span der, struct err *);
/* lt_outside.c: another authority's stamp, with all that its path needs.  Not there in
 * time: refused under the rule stamp-waits, and there when asked again a while later. */
bool lt_is_outside(const struct service *, const char *kind);
must_check bool lt_outside(struct lt_evidence *, const struct service *, const struct lt_wish *, struct err *);
/* A refusal under that rule? */
bool stamp_waits(const struct err *);

/* Handlers: JSON in, JSON out.  Of what is submitted and refused for what it says,
 * out has the problems (proto.h). */
must_check bool submit(json_t **out, const struct service *, struct span who, const char *key, const char *submission, int64_t now, struct err *);
must_check bool prepare(json_t **out, const struct service *, struct span who, const char *request, struct span officer, int64_t now, struct err *);
must_check bool finish(json_t **out, const struct service *, const char *request, int64_t now, struct err *);
must_check bool order_act(json_t **out, const struct service *, struct span cms, int64_t now, struct err *);
must_check bool list(json_t **out, const struct service *, struct span who, const char *request, int64_t now, struct err *);
must_check bool dossier_report(json_t **out, const struct service *, struct span who, const char *key, struct span events, int64_t now, struct err *);
must_check bool dossier_permits(json_t **out, const struct service *, struct span who, const char *code, int64_t now, struct err *);

/* {"handle","done",?"class",?"text"}: how one of several fared, and what happens
 * next (may be NULL); how this machine is laid out is told to the log only. */
json_t *result_json(const char *handle, bool done, const struct err *why, const char *next);

/* judges.c: grammars serve one thread at a time; whoever judges takes some and gives them back. */
#define JUDGES 4			/* who judges uses a core the while: more would only wait */
must_check bool judges_new(struct judges **out, const struct policy *, struct err *);
struct permit_grammars *judges_take(struct judges *);
void judges_give(struct judges *, struct permit_grammars *);
/* The verifier's own eyes on a file of ours, before it leaves: drop the report.
 * known_since: as of judge.h. */
void judges_report(struct report *out, const struct service *, struct span file, int64_t now, int64_t known_since);
/* By these certificates and CRLs, too. */
must_check bool judges_report_by(struct report *out, const struct service *, struct span file, int64_t now, const struct lt_evidence *, struct err *);

/* seal.c. */
/* Before a number is used up: are officers' signatures of so many octets, the last of them
 * `last`, and the seal that comes to them within what a verifier reads? */
must_check bool seal_has_room(size_t content, size_t officers, size_t last, struct err *);
#define SEAL_CREW 12			/* permits sealed at once: most wait for token and disk, whose ways they share */
/* One signature by the key of an agency's seal, with its time stamp and evidence (B-LT).
 * until: monotonic ms, how long another authority's stamp is waited for; its signature is
 * kept until then (kept_seal.c), and dropped by who records the element. */
struct seal_wish { const char *id, *kind; const struct active_cert *seal; int64_t time, until; const struct xades_target *target; size_t n; };
struct seal_made { unsigned char digest[SHA256_LEN]; struct buf element; int64_t until; char by[LT_BY_MAX]; /* as of its stamp (lt_evidence) */ };
void seal_made_drop(struct seal_made *);
must_check bool seal_sign(struct seal_made *out, const struct service *, const struct seal_wish *, struct err *);
/* The agency's active seal; seal_is_there: refused (policy) where it has none. */
must_check bool seal_certificate(struct active_cert *out, const struct service *, const char *agency, struct err *);
must_check bool seal_is_there(const struct service *, const char *agency, struct err *);
/* Reserves inside the unit of the order; seals what is reserved. */
must_check bool seal_reserve(struct reg_unit *, const struct service *, const struct permit_row *, int32_t day, struct err *);
/* until: monotonic ms, how long another authority's stamp is waited for. */
must_check bool seal_one(const struct service *, const unsigned char handle[HANDLE_LEN], int64_t until, struct err *);
/* How long those who sign and seal are kept waiting for all their stamps. */
#define STAMP_PATIENCE_MS 10000

/* kept_seal.c: a seal's signature without its time stamp, in memory until it has one.
 * Made anew it would be as good, but the stamp that comes is for this one. */
struct kept_seals *kept_seals_new(void);
/* By the digest that was signed; raw: appended, nothing where there is none. */
void kept_seal_get(struct kept_seals *, const unsigned char digest[SHA256_LEN], struct buf *raw);
void kept_seal_put(struct kept_seals *, const unsigned char digest[SHA256_LEN], struct span raw);
void kept_seal_drop(struct kept_seals *, const unsigned char digest[SHA256_LEN]);

/* reaffirm.c: the same of a permit that its agency reaffirms. */
must_check bool reaffirm_one(const struct service *, const unsigned char handle[HANDLE_LEN], int64_t until, struct err *);
/* Nothing of it waits. */
bool reaffirm_settled(const struct service *, const unsigned char handle[HANDLE_LEN]);

/* seal_again.c: a thread seals what was reserved and could not be sealed at
 * once, because the token, the clock or the disk failed: until it is done. */
enum seal_work { SEAL_ISSUE, SEAL_REAFFIRM };	/* seal_one, reaffirm_one */
struct seal_again *seal_again_new(void);
void seal_again_put(const struct service *, enum seal_work, const unsigned char handle[HANDLE_LEN], const struct err *why);
/* Why it was not sealed when it was tried last; false: it is not in the queue. */
bool seal_again_why(const struct service *, const unsigned char handle[HANDLE_LEN], struct err *why);
/* What the last run reserved goes into the queue; then the thread begins. */
must_check bool seal_again_start(const struct service *, struct err *);

/* status_publish.c: says that something changed; a thread publishes. */
void status_changed(const struct service *);
struct status_clock *status_clock_new(void);
void status_start(struct service *);
must_check bool status_publish(const struct service *, int64_t now, struct err *);
