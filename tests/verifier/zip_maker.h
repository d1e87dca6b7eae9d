/*
 * tests/verifier/zip_maker.h -- zip files for tests, each as wrong as the case wants it.
 */
#pragma once

#include "base/bytes.h"

/* Zero members mean the ordinary: stored, the same in both headers. */
struct zip_entry {
	const char *name;
	struct span octets;
	bool deflated, descriptor;
	unsigned flags, method;		/* flags: more of them; method: instead, only said */
	const char *local_name;		/* another in the local header */
	uint32_t size, local_size;	/* said instead; size in both, local_size in the local header alone */
	uint32_t crc;			/* said instead */
	struct span extra, local_extra;
	const char *comment;
	unsigned mode;			/* Unix */
	const char *gap;		/* octets before it */
};

struct zip_wish {
	const char *comment, *before_directory, *behind;	/* octets */
	unsigned count;			/* said instead */
	unsigned leave_out;		/* so many of the last entries are not in the directory */
	bool swap;			/* the directory has the last two the other way round */
};

void zip_make(struct buf *out, const struct zip_entry *, size_t n, const struct zip_wish *);
