/*
 * verifier/dsig_properties.h -- of dsig.c alone: the walk's steps, and what XAdES adds
 * to a signature (EN 319 132-1 5).
 */
#pragma once

#include "verifier/dsig.h"

/* The next element must be this one; nothing may be left. */
must_check bool dsig_step(const xmlNode **out, const xmlNode **at, const char *ns, const char *name, const xmlNode *parent, struct err *);
must_check bool dsig_end(const xmlNode *at, struct err *);
/* ds:DigestMethod and ds:DigestValue, and nothing behind them. */
must_check bool dsig_read_digest(struct dsig_digest *out, const xmlNode *parent, const xmlNode *at, struct err *);
must_check bool dsig_read_certificate(struct dsig_signature *, const xmlNode *, struct err *);

/* Is this ds:Object the one of the qualifying properties?  Notes them; refuses a second. */
must_check bool dsig_find_properties(struct dsig_signature *, const xmlNode *object, struct err *);
must_check bool dsig_read_properties(struct dsig_signature *, struct err *);
