/*
 * signer/outside_crls.h -- another authority's CRLs, fetched from addresses of the
 * configuration and kept in memory.
 *
 * One counts when a certificate of the authority's row made it, it has not ended, and it is
 * not older than the one at hand, which stays until then.  Fetched anew every hour, a minute after it
 * could not be had.
 *
 * A thread of its own; whoever asks gets what is there.
 */
#pragma once

#include "base/json.h"
#include "policy/policy.h"
#include "signer/outside_http.h"

struct outside_crls;
/* Borrows all; urls: separated by spaces. */
must_check bool outside_crls_new(struct outside_crls **, const struct outside_way *, const char *urls, const struct time_authority *, struct err *);
void outside_crls_start(struct outside_crls *);
/* One behind the other, DER. */
void outside_crls_put(struct outside_crls *, struct buf *out);
/* [{"url","until"}]; until: null where none was fetched yet. */
json_t *outside_crls_json(struct outside_crls *);
