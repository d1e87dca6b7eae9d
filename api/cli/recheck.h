/*
 * api/cli/recheck.h -- what the nightly look at everything stored found, and how
 * far one has come: a file, canonical JSON, written anew every few seconds.
 *
 *	{"antin":"recheck/1","last":ROUND|null,"now":ROUND|null}
 *	ROUND	{"began","ended" (null: under way),"certificates","permits",
 *		"orders","signatures","bad","named":[{"what","id","why"}],"step","after" (hex)}
 *
 * named has the first RECHECK_NAMED of those that are bad; no personal data.
 */
#pragma once

#include "base/bytes.h"

#define RECHECK_NAMED 20
#define RECHECK_AFTER_MAX 32

struct recheck_bad { char what[16], id[48], why[200]; };

struct recheck_round {
	int64_t began, ended;		/* INT64_MIN: not; began INT64_MIN: there is no such round */
	int64_t certificates, permits, orders, signatures, bad;
	struct recheck_bad named[RECHECK_NAMED];
	size_t nnamed;
	char step[16];			/* under way: in which step ... */
	unsigned char after[RECHECK_AFTER_MAX];	/* ... and behind which key */
	size_t after_len;
};

struct recheck { struct recheck_round last, now; };

/* ERR_ABSENT before the first. */
must_check bool recheck_read(struct recheck *out, const char *path, struct err *);
must_check bool recheck_write(const struct recheck *, const char *path, struct err *);
