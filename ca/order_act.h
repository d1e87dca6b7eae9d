/*
 * ca/order_act.h -- one order while it is carried out: who signed it, what it is
 * about, the unit that records it with its effect, and the answer.
 *
 * For the verbs (order_anew.c, order_certificate.c, order_consent.c,
 * order_person.c, order_token.c, publish_order.c, roll_over.c, root_crl.c), in their order of use: the
 * subject, its hash, role and scope, then the unit.  Refusals have their sentence;
 * nothing is done before act_run.  Not here: signature, lifetime and the table of
 * verbs (orders.c).
 */
#pragma once

#include "ca/appointment.h"
#include "ca/authority.h"
#include "ca/serial.h"
#include "verifier/order.h"

#define CERT_COLUMNS 15		/* of cert.by_serial and its like; the last is the generation */
#define REQUEST_COLUMNS 9

struct act {
	struct authority *a;
	struct order *o;
	const struct order_verb *verb;
	struct span cms;
	unsigned char signer[SERIAL_LEN];
	char person[64], signer_agency[64];
	struct appointment appointment[APPOINTMENTS_MAX];
	size_t nappointments;
	const char *role;	/* the first that allowed it */
	struct act *second;	/* of an order that takes two people: the consent to it; else NULL */
	int64_t now;
	int32_t today;
	struct reg_unit unit;	/* the order and its effect */
	json_t *answer;
};

/* Looks up who signed, then opens the order; cert: the signer's, for as long as the act. */
must_check bool act_open(struct act *, X509 **cert, struct err *);
/* Finds the verb and does what it says. */
must_check bool act_verb(struct act *, struct err *);
/* Is this the first of two signatures?  Then act_run keeps the order, and nothing
 * else is done. */
bool act_waits(const struct act *);

must_check bool act_one_subject(const struct act *, struct err *);
must_check bool act_subject_id(unsigned char *out, size_t len, const struct order_subject *, const char *what, struct err *);
/* Is it what the person saw? */
must_check bool act_hash(const struct order_subject *, struct span what, struct err *);
/* Of an order that says in "with" what it does: that is what the hash is of. */
must_check bool act_with_hash(const struct act *, struct err *);
must_check bool act_bare(const struct act *, struct err *);
/* Role and scope for one agency, of everybody who signed. */
must_check bool act_may(struct act *, const char *agency, struct err *);
must_check bool act_other_person(const struct act *, const char *person, struct err *);

/* The unit: the order first, then each subject's freshness, then what it does. */
void act_put_accept(struct act *);
void act_put_about(struct reg_unit *, const char *verb, const struct act *second, const struct act *first);
void act_put_fresh(struct act *, struct span handle);
must_check bool act_run(struct act *, struct err *);
void act_answer_id(struct act *, struct span id);

/* What becomes of a certificate, and from which states; c: its row. */
struct ending { const char *verb, *from; int code; int64_t invalidity; };
void act_put_ending(struct reg_unit *, const struct reg_cell *c, const struct ending *, int64_t now);
/* The CRL that tells what was ended. */
void act_tell(struct act *);

/* order_anew.c */
bool order_renew(struct act *, struct err *), order_modify(struct act *, struct err *);
/* What an order on these certificates would do, row by row (CA_LIST "changes"). */
must_check bool anew_preview(struct authority *, const json_t *query, int64_t now, json_t *answer, struct err *);
/* order_certificate.c */
bool order_approve(struct act *, struct err *), order_reject(struct act *, struct err *), order_revoke(struct act *, struct err *);
bool order_suspend(struct act *, struct err *), order_resume(struct act *, struct err *), order_block_key(struct act *, struct err *);
/* order_consent.c */
bool order_consent(struct act *, struct err *), order_withdraw(struct act *, struct err *);
/* order_person.c */
bool order_appoint(struct act *, struct err *), order_end(struct act *, struct err *), order_program(struct act *, struct err *);
/* order_token.c */
bool order_token(struct act *, struct err *);
/* publish_order.c */
bool order_publish(struct act *, struct err *);
/* roll_over.c */
bool order_roll_over(struct act *, struct err *);
/* root_crl.c */
bool order_root_crl(struct act *, struct err *);
