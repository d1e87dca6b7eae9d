#include "base/file.h"

#include "base/crew.h"
#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITERS 8

/* A full disk may have room again. */
static enum err_class
class_of(int number)
{
	return number == ENOSPC || number == EDQUOT ? ERR_LATER : ERR_STORE;
}

bool
fd_read(struct buf *out, int fd, const char *what, struct err *e)
{
	unsigned char piece[16384];

	for (;;) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(e, ERR_STORE, "cannot read %s: %s", what, strerror(errno));
		if (n == 0)
			return true;
		buf_put(out, piece, (size_t)n);
		if (!buf_ok(out, what, e))
			return false;
	}
}

bool
file_read(struct buf *out, const char *path, struct err *e)
{
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail(e, errno == ENOENT ? ERR_ABSENT : ERR_STORE, "cannot open %s: %s",
		    path, strerror(errno));
	return fd_read(out, fd, path, e);
}

bool
fd_write(int fd, struct span s, struct err *e)
{
	while (s.len > 0) {
		ssize_t n = write(fd, s.ptr, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(e, class_of(errno), "cannot write: %s", strerror(errno));
		s.ptr += n;
		s.len -= (size_t)n;
	}
	return true;
}

static bool
folder_sync(const char *path, struct err *e)
{
	own_str char *copy = xstrdup(path);
	own_fd int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0)
		return fail(e, ERR_STORE, "cannot make the folder of %s durable: %s", path, strerror(errno));
	return true;
}

static bool
write_and_sync(int fd, struct span content, mode_t mode, const char *path, struct err *e)
{
	if (!fd_write(fd, content, e))
		return fail_in(e, "%s", path);
	if (fchmod(fd, mode) != 0 || fsync(fd) != 0)
		return fail(e, ERR_STORE, "cannot make %s durable: %s", path, strerror(errno));
	return true;
}

/* All but the folder's fsync. */
static bool
replace(const char *path, struct span content, mode_t mode, struct err *e)
{
	own_str char *temp = xprintf("%s.XXXXXX", path);
	own_fd int fd = mkostemp(temp, O_CLOEXEC);

	if (fd < 0)
		return fail(e, class_of(errno), "cannot create a file beside %s: %s", path, strerror(errno));
	if (!write_and_sync(fd, content, mode, path, e)) {
		unlink(temp);
		return false;
	}
	FAULT_PATH("before rename", path);
	if (rename(temp, path) != 0) {
		fail(e, class_of(errno), "cannot rename to %s: %s", path, strerror(errno));
		unlink(temp);
		return false;
	}
	FAULT_PATH("renamed", path);
	return true;
}

bool
file_write(const char *path, struct span content, mode_t mode, struct err *e)
{
	return replace(path, content, mode, e) && folder_sync(path, e);
}

struct writing { const struct file_new *file; mode_t mode; bool failed; struct err e; };

static void
write_one(void *state, size_t i)
{
	struct writing *w = state;
	struct err e;

	if (!replace(w->file[i].path, w->file[i].content, w->mode, &e) && !__atomic_exchange_n(&w->failed, true, __ATOMIC_SEQ_CST))
		w->e = e;
}

static bool
same_folder(const char *a, const char *b)
{
	size_t n = (size_t)(strrchr(a, '/') - a);

	return strncmp(a, b, n + 1) == 0 && strchr(b + n + 1, '/') == NULL;
}

bool
files_write(const struct file_new *file, size_t n, mode_t mode, struct err *e)
{
	struct writing w = { .file = file, .mode = mode };

	crew_run(WRITERS, n, write_one, &w);
	if (w.failed) {
		*e = w.e;
		return false;
	}
	for (size_t i = 0, k; i < n; i++) {
		for (k = 0; k < i && !same_folder(file[i].path, file[k].path); k++)
			;
		if (k == i && !folder_sync(file[i].path, e))
			return false;
	}
	return true;
}

bool
folder_make(const char *path, mode_t mode, struct err *e)
{
	own_str char *p = xstrdup(path);

	for (char *s = p + 1;; s++) {
		char kept = *s;

		if (kept != '/' && kept != '\0')
			continue;
		*s = '\0';
		if (mkdir(p, mode) != 0) {
			if (errno != EEXIST)
				return fail(e, class_of(errno), "cannot create the folder %s: %s", p, strerror(errno));
		} else if (!folder_sync(p, e)) {
			return false;
		}
		*s = kept;
		if (kept == '\0')
			return true;
	}
}

bool
memfd_sealed(int *out, struct span content, struct err *e)
{
	own_fd int fd = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return fail(e, ERR_STORE, "cannot create a memory file: %s", strerror(errno));
	if (!fd_write(fd, content, e))
		return false;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
		return fail(e, ERR_STORE, "cannot seal a memory file: %s", strerror(errno));
	*out = fd;
	fd = -1;
	return true;
}

bool
memfd_map(struct span *out, int fd, size_t max, struct err *e)
{
	int need = F_SEAL_WRITE | F_SEAL_SHRINK;
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	void *p;

	if (seals < 0 || (seals & need) != need || fstat(fd, &st) != 0)
		return fail(e, ERR_INPUT, "the document did not come as a sealed memory file");
	if (st.st_size < 0 || (uint64_t)st.st_size > max)
		return fail(e, ERR_LIMIT, "the document has more than %zu bytes", max);
	if (st.st_size == 0) {
		*out = SPAN_NONE;
		return true;
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return fail(e, ERR_STORE, "cannot map a memory file: %s", strerror(errno));
	*out = span_of(p, (size_t)st.st_size);
	return true;
}

void
memfd_unmap(struct span s)
{
	if (s.len > 0)
		munmap((void *)s.ptr, s.len);
}
