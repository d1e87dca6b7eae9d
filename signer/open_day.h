/*
 * signer/open_day.h -- what a day made public, as a signed file: for the warehouse that
 * keeps a copy, and for whoever publishes it further.
 *
 * JSON Lines.  The first line is {"antin":"open-data/1","day","after","next","items",
 * "log","as_of","prefix"}; each of the others an item of the gazette (verifier/gazette.h)
 * with its agency, in the order of the log.  A day of more than OPEN_DAY_OCTETS goes on in
 * the file behind its entry `next`.  A file is what the day of its making ("as_of") may
 * tell: of a permit that does not stand any more no fields, however they stood there
 * before.  Where nothing has changed, who makes it again that day makes the same octets.
 *
 * The signature is a detached JWS (RFC 7515 appendix F; unencoded payload, RFC 7797) by the
 * key of the service, ES256, with its certificate and the issuing one in x5c: what was
 * fetched shows where it comes from when nobody answers any more.
 *
 * A few files are kept for OPEN_DAY_SECS, and one is made at a time: whoever comes
 * meanwhile for another one is asked to come again, as those who sign permits wait in
 * the same line.
 *
 * Not here: a time stamp (the days' entries are in the log), files that stay; who may
 * have it is everybody.
 */
#pragma once

#include "signer/permit_life.h"

#define OPEN_DAY_OCTETS (4u << 20)
#define OPEN_DAY_SECS 3600

struct open_days;
struct open_days *open_days_new(void);

/* Appends the file and its signature.  Refused: what is no day, or a day that is not over. */
must_check bool open_day(struct buf *file, struct buf *jws, struct open_days *, const struct service *, const char *day, uint64_t after, int64_t now, struct err *);
