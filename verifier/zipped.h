/*
 * verifier/zipped.h -- one file out of a zip that somebody sent: names and octets, and
 * no more; nothing is written anywhere.
 *
 * Runs in a worker that reads this one file and ends: what a bomb costs, it costs its own
 * answer.  Refused: what is no zip or has trailing or multi-disk tricks that libzip
 * refuses, more than ZIPPED_FILES_MAX files, a folder, an encrypted file, one that is larger
 * than a document may be, or larger than it says.
 */
#pragma once

#include "base/bytes.h"

#define ZIPPED_FILES_MAX 10000
#define ZIPPED_NAME_MAX 1000

/* *files: how many there are; index: from 0.  name is UTF-8.  Refused with ERR_ABSENT where
 * the zip itself cannot be read, or has not so many. */
must_check bool zipped_file(size_t *files, struct buf *name, struct buf *octets, struct span zip, uint64_t index, struct err *);
