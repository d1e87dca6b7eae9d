/*
 * signer/session.h -- what prepare keeps for finish: whose certificate, the time in
 * the signatures, and of each document its handle, turn and appointment.
 *
 * Taken once (the register sees to it), and gone SESSION_SECS after prepare, also where
 * it was put back meanwhile.  Octets to be signed are not kept: they follow from it.
 */
#pragma once

#include "signer/permit_life.h"
#include "verifier/ticket.h"

#define SESSION_SECS TICKET_LIFE_SECS

struct session {
	unsigned char id[16];
	char serial[128];		/* hex, of the officer's certificate */
	int64_t time;			/* of prepare */
	json_t *documents;		/* [{"handle","title","mode","turn"}], own */
};
void session_drop(struct session *);

must_check bool session_put(const struct service *, const struct session *, struct err *);
must_check bool session_take(struct session *, const struct service *, const char *id_hex, struct err *);
