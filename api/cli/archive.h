/*
 * api/cli/archive.h -- a zip file of a few small files, the same octets for the
 * same files: stored as they are, in the order given, without dates (all of
 * 1980-01-01), for their owner alone.
 */
#pragma once

#include "base/bytes.h"

struct archive_file { const char *name; struct span body; };
/* Appends; names are relative, with "/". */
must_check bool archive_write(struct buf *out, const struct archive_file *, size_t n, struct err *);
