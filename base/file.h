/*
 * base/file.h -- files whole: read, written durably, handed over as memory.
 *
 * file_write is temp, write, fsync, rename, fsync of the folder: after it
 * returns true the new content survives a power cut, and at no moment is
 * anything but the old or the new content to be seen under the name.  An fsync
 * that fails is not tried again (the page cache can no longer be trusted):
 * ERR_STORE, and the caller stops.  A full disk is ERR_LATER: nothing was
 * changed, and there may be room again.
 */
#pragma once

#include <sys/types.h>

#include "base/bytes.h"

/* Appends the file to out; ERR_ABSENT, ERR_LIMIT (out's maximum) or ERR_STORE. */
must_check bool file_read(struct buf *out, const char *path, struct err *);
must_check bool fd_read(struct buf *out, int fd, const char *what, struct err *);
must_check bool file_write(const char *path, struct span content, mode_t mode, struct err *);
/* The same for many, of which none waits for another: fsyncs run side by side, and
 * each folder is made durable once.  When it fails some are new, the others as
 * they were. */
struct file_new { const char *path; struct span content; };
must_check bool files_write(const struct file_new *, size_t n, mode_t mode, struct err *);
/* Creates the folder and those above it, durably; an existing one is fine. */
must_check bool folder_make(const char *path, mode_t mode, struct err *);
/* Writes everything, across short writes and EINTR. */
must_check bool fd_write(int fd, struct span content, struct err *);
/* A sealed memory file with this content (no name, cannot change any more). */
must_check bool memfd_sealed(int *out, struct span content, struct err *);
/* Maps a sealed memfd for reading; refuses one that is not sealed against
 * writing and shrinking, or is larger than max.  munmap with memfd_unmap. */
must_check bool memfd_map(struct span *out, int fd, size_t max, struct err *);
void memfd_unmap(struct span);
