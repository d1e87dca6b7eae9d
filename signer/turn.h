/*
 * signer/turn.h -- a draft and the officer whose turn it is to sign it: by what right,
 * and what octets.
 *
 * For prepare.c, and for finish.c, which makes the same octets again.  Looks at what is
 * so now; keeps and records nothing, and checks no signature.  Refusals have their rule:
 * other-turn, signed-already, certificate-title, certificate-agency.  Any thread.
 */
#pragma once

#include "signer/permit_life.h"
#include "verifier/xades_write.h"

/* One document of a batch. */
struct piece {
	unsigned char handle[HANDLE_LEN];
	struct reg_rows rows;
	struct permit_row permit;	/* borrows from rows */
	const struct turn *turn;
	size_t nth;			/* of the officers who sign, the first is 1 */
	struct appointment appointment;
	struct xades_tbs tbs;
};
void piece_drop(struct piece *);

/* The signature's Id. */
#define PIECE_ID 24
void piece_id(char out[PIECE_ID], const struct piece *);
/* Whose turn it is: as many have signed as there are signatures. */
must_check bool piece_turn(struct piece *, const struct service *, int32_t day, struct err *);
/* Refused early; the register refuses it in any case. */
must_check bool piece_not_signed(const struct piece *, const struct service *, const char *person, struct err *);
/* The appointment with which this officer signs in this turn, and a certificate that says the same. */
must_check bool piece_right(struct appointment *, const struct piece *, const struct service *, const struct active_cert *officer, int32_t day, struct err *);
/* What is signed, with the appointment that stands in the piece. */
must_check bool piece_tbs(struct piece *, const struct service *, const struct active_cert *officer, int64_t time, struct err *);
