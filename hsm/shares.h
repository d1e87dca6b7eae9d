/*
 * hsm/shares.h -- the PIN of an offline token in the hands of several people: any
 * `needed` of `of` custodians open the token together, fewer learn nothing
 * (Shamir's scheme over GF(2^8), by libgfshare).
 *
 * The PIN is drawn here (96 bits; nobody ever sees it) and split together with a
 * check of its own, so that a set of wrong shares is refused before a try of the
 * token is spent.  A share is one line of text, at most SECRET_MAX octets, for a
 * medium of its own or for paper:
 *
 *	antin-share/1 TOKEN NEEDED OF NUMBER SET SHARE CHECK
 *
 * SET (8 hex digits) tells shares of one splitting from those of another, CHECK
 * (8) a typing error.  Both are public; what a share is, its custodian alone
 * knows.
 *
 * Not here: who the custodians are, and that they stay apart.
 */
#pragma once

#include "base/bytes.h"

#define SHARES_MAX 16
#define SHARE_SET_LEN 4

/* What is public of a share. */
struct share_facts { char token[33]; unsigned needed, of, number; unsigned char set[SHARE_SET_LEN]; };

/* Draws pin and splits it: text[0 .. of - 1].  2 <= needed <= of <= SHARES_MAX;
 * token is a word. */
must_check bool shares_draw(struct secret *pin, struct secret *const text[], unsigned char set[SHARE_SET_LEN],
    const char *token, unsigned needed, unsigned of, struct err *);
must_check bool share_read(struct share_facts *out, const struct secret *text, struct err *);
/* Needs exactly as many as the shares say, of one set, each another's, of this
 * token.  Refuses (ERR_POLICY) when what comes out is no PIN. */
must_check bool shares_join(struct secret *pin, const char *token, struct secret *const text[], size_t n, struct err *);
