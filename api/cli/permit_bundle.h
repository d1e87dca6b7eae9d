/*
 * api/cli/permit_bundle.h -- an issued permit with all that shows it to be one, for
 * somebody who has none of our programs, in thirty years.
 *
 *	permit.xml		as it was sealed
 *	reaffirmed.xml		of a reaffirmed permit the copy that its agency's seal reaffirms (verifier/permit.h); that signature's ID is reaffirm
 *	certificates/		root.pem, issuing.pem; of each signature ID: ID.pem, ID-issuer.pem, ID-stamp.pem; of each order: order-ENTRY.pem, order-ENTRY-issuer.pem
 *	crls/			what each signature brings with it, ID.pem; of each order the newest before it, order-ENTRY.pem, and the root's newest, order-ENTRY-issuer.pem;
 *				of an officer whose key was lost that which says so, the newest before the order of the reaffirmation, ID-lost.pem
 *	stamps/			ID.tst, the token; ID.octets, what it stamps
 *	orders/			ENTRY.cms, as it was signed; ENTRY.json, what it says
 *	log/			log.vkey, checkpoint; of each entry about it, of its orders and its officers' appointments: ENTRY.entry,
 *				.record, .salt and .path (hex, the leaf's sibling first)
 *	policy/			the kind's file; files, the hashes of all, whose hash the seal names (if today's policy is still that one)
 *	story.txt		permit_story.h, as of the last entry of the log
 *	story.html		the same to print (story_page.h), with the SHA-256 of all the other files but the sums
 *	CHECK.txt		how each piece is checked, to read and to run (permit_check.h)
 *	SHA256SUMS		of all of them
 *
 * Bundled from the same register it is the same octets.  It holds the data that the
 * permit holds: for whom it is made, and nobody else.
 *
 * What a bundle does not show: that the root and the log's key in it are the
 * authority's, or a witness's key in it a witness's (CHECK.txt says them), and what was decided after its checkpoint.
 */
#pragma once

#include "api/cli/permit_history.h"
#include "register/log_policy.h"

#define BUNDLE_MAX (256u << 20)

/* Refuses what was never issued, what does not pass today (as its reaffirmed copy, where there is one), a
 * reaffirmation whose order is not kept, orders whose certificate or
 * CRL a restore lost, and (ERR_LATER) entries that are not published yet, or not cosigned
 * as the witnesses' policy asks.  witnesses: whose cosignatures CHECK.txt checks by itself;
 * may be NULL: then whoever reads it gives their keys. */
must_check bool bundle_make(struct buf *zip, const struct history *, const char *policy_folder, const struct log_policy *witnesses, struct err *);
