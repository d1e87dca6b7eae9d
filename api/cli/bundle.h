/*
 * api/cli/bundle.h -- a bundle (permit_bundle.h) while it is made: its files, and the
 * steps of its CHECK.txt, which each part adds together with what they check.
 *
 * Files may be added in any order; every name once.
 */
#pragma once

#include "api/cli/permit_history.h"
#include "base/clock.h"
#include "register/log_policy.h"
#include "register/note.h"

#define BUNDLE_FILES_MAX 8192	/* four of each entry, six more of each order: history_read bounds those */

struct bundle_file { char *name; struct buf body; };

struct bundle {
	const struct history *h;
	const struct log_policy *witnesses;	/* may be NULL */
	struct permit permit;		/* as issued */
	struct permit again;		/* the reaffirmed copy; empty: none */
	X509 *root;			/* borrowed */
	struct bundle_file file[BUNDLE_FILES_MAX];
	size_t n;
	struct buf check;		/* the steps of CHECK.txt */
	struct buf note;		/* the checkpoint that covers every entry */
	struct checkpoint head;
};

/* A file more; its body is written by the caller, and looked at with buf_ok at the end. */
struct buf *bundle_add(struct bundle *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void bundle_put_crl(struct buf *out, const X509_CRL *);
void bundle_as_of(int64_t *at, const X509_CRL *);	/* a CRL that is a little younger than *at is asked as of its own time */
void bundle_gmt(char out[TIME_TEXT], int64_t t);

/* bundle_signatures.c: the authority's certificates; each signature with what it brings and its time stamp. */
void bundle_authority(struct bundle *);
must_check bool bundle_signatures(struct bundle *, struct err *);

/* bundle_orders.c: an order with the CRL that was the newest when it was taken; whose key
 * was lost, as of when, and that the agency knew it when it reaffirmed. */
must_check bool bundle_order(struct bundle *, const struct history_entry *, struct err *);
must_check bool bundle_reaffirmation(struct bundle *, struct err *);

/* bundle_log.c: the checkpoint, before any entry; entries with their proofs; by what
 * right the officers signed, as the log has it. */
must_check bool bundle_checkpoint(struct bundle *, struct err *);
must_check bool bundle_entry(struct bundle *, const struct history_entry *, struct err *);
must_check bool bundle_appointments(struct bundle *, struct err *);
