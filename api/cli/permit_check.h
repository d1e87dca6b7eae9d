/*
 * api/cli/permit_check.h -- CHECK.txt of a bundle: how each piece is checked, to read and
 * to run.
 *
 * A step is a sentence in Vietnamese and a command, in the order in which they are added.
 * The commands are those of bundle_check.sh, with which the text begins, and openssl and
 * xmlsec1.  A step's values go into both by name (answer_fill); what stands within quotes
 * in a command is quoted by the caller.
 *
 * Looks at no file: that what a step names is in the bundle is permit_bundle.c's.
 */
#pragma once

#include "base/bytes.h"

enum check_step {
	CHECK_ROOT, CHECK_LOG_KEY, CHECK_CHECKPOINT, CHECK_COSIGNED, CHECK_PATH, CHECK_SIGNED_WITH, CHECK_XML, CHECK_COVERS, CHECK_STAMP_ROOT, CHECK_STAMP_PATH, CHECK_STAMPED, CHECK_STAMP, CHECK_STAMP_TIME,
	CHECK_ORDER_PATH, CHECK_ORDER_ISSUER, CHECK_ORDER_CMS, CHECK_ORDER_TEXT, CHECK_ORDER_SEAL, CHECK_ORDER_ACT,
	CHECK_COPY, CHECK_DECISION_COPY, CHECK_DECISION_ORDER, CHECK_LOST_CRL, CHECK_LOST, CHECK_LOST_SIGNED, CHECK_LATER, CHECK_STANDS, CHECK_IN_LOG, CHECK_MEANS, CHECK_ABOUT,
	CHECK_RECORDS_ORDER, CHECK_RECORDS_PERMIT, CHECK_RECORDS_BASE, CHECK_RECORDS_COPY, CHECK_APPOINTED, CHECK_DECIDED, CHECK_POLICY, CHECK_POLICY_HASH, CHECK_POLICY_KIND
};

/* values: name, value ..., NULL. */
void check_add(struct buf *steps, enum check_step, const char *const values[]);
/* Within a shell's single quotes and on one line, whatever a name says. */
void check_quote(struct buf *out, const char *text);
/* The whole: how it begins, the sums of all files, the steps, the witnesses whose keys
 * the reader has, the verdict. */
void check_write(struct buf *out, struct span steps);

extern const char bundle_check_sh[];	/* bundle_check.sh */
