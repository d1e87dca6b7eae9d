/*
 * verifier/container.h -- a zip file of a stranger's, of which every octet is accounted
 * for, read into memory.
 *
 * First the layout, before anything is inflated.  Refused (with the entry and the
 * rule): more than the limits below, by what the headers say; entries that do not follow
 * each other from the first octet to the central directory, in its order, without a gap
 * or an overlap; a local header that says anything else than the central directory;
 * anything behind the end record, comments, ZIP64, several disks; encryption, methods
 * other than stored and deflated, links; further fields that could rename an entry;
 * names that are absolute or go up, with backslash, colon, control or invisible
 * characters, not in NFC, with a part that ends in a dot or a blank, twice, or the same
 * but for their case; a file where another name has a folder.  So two programs cannot
 * read two containers out of one file.
 *
 * Then libzip reads them, and must find the same; an entry that inflates to another
 * length or CRC than was said is refused, at the length that was said.
 *
 * Pure.  Not for a zip that only carries files to us (zipped.h): nobody else relies on what
 * that one holds.
 */
#pragma once

#include "base/bytes.h"

#define CONTAINER_SIZE_MAX (8u << 20)
#define CONTAINER_ENTRIES_MAX 128
#define CONTAINER_INFLATED_MAX (16u << 20)	/* of all entries */
#define CONTAINER_RATIO_MAX 100			/* of an entry of more than CONTAINER_RATIO_FROM */
#define CONTAINER_RATIO_FROM (64u << 10)
#define CONTAINER_NAME_MAX 200

struct container_entry {
	char name[CONTAINER_NAME_MAX + 1];
	bool folder, stored, bare;	/* bare: without further fields */
	struct buf octets;
};

struct container { size_t n; struct container_entry entry[CONTAINER_ENTRIES_MAX]; };

/* Does it begin as a zip file does? */
bool container_is(struct span);
must_check bool container_read(struct container *out, struct span, struct err *);
void container_drop(struct container *);
/* NULL: no such entry. */
const struct container_entry *container_find(const struct container *, const char *name);
