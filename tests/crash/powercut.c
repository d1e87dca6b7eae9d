/*
 * tests/crash/powercut.c -- a preloaded shim that remembers what a power cut
 * would take away (tests only).
 *
 * A kill -9 loses nothing that was written, so it cannot show a missing fsync.
 * This shim writes to POWERCUT_LOG, before each change below POWERCUT_DIR, how
 * to undo it, and after each successful fsync or fdatasync that the file (or
 * the folder) is safe.  After the kill, powercut_apply undoes, newest first,
 * every change that was not made safe.
 *
 * Records, one line each, octets in hex:
 *	W path offset old-size old-octets	before a write
 *	T path old-size old-tail		before ftruncate
 *	C path					a file was created
 *	R to from old-octets-of-to|-		before a rename
 *	U path old-octets			before an unlink
 *	S path					file is safe (its W and T)
 *	D path					folder is safe (its C, R and U)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static const char *dir;
static __thread int inside;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void
start(void)
{
	const char *path = getenv("POWERCUT_LOG");

	dir = getenv("POWERCUT_DIR");
	if (log_fd >= 0 || path == NULL || dir == NULL)
		return;
	log_fd = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
	if (log_fd >= 0) {
		int high = fcntl(log_fd, F_DUPFD, 900);

		REAL(close)(log_fd);
		log_fd = high;
	}
}

static int
below(const char *path)
{
	return dir != NULL && log_fd >= 0 && strncmp(path, dir, strlen(dir)) == 0;
}

static int
path_of(int fd, char out[PATH_MAX])
{
	char link[64];
	ssize_t n;

	start();
	if (log_fd < 0 || fd == log_fd)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, out, PATH_MAX - 1);
	if (n <= 0)
		return 0;
	out[n] = '\0';
	/* The shared-memory index of SQLite is rebuilt, never relied on. */
	return below(out) && !(n > 4 && strcmp(out + n - 4, "-shm") == 0);
}

static void
hex(char *out, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sprintf(out + 2 * i, "%02x", p[i]);
	if (n == 0)
		strcpy(out, "-");
}

static void
put(const char *fmt, ...)
{
	char *line;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (n < 0 || REAL(write)(log_fd, line, (size_t)n) != n)
		abort();
	free(line);
}

/* Old octets of a range, as hex; the caller frees. */
static char *
old_range(const char *path, off_t at, size_t n, off_t *size)
{
	int fd = REAL(open)(path, O_RDONLY | O_CLOEXEC);
	struct stat st = { 0 };
	unsigned char *bytes = malloc(n + 1);
	char *text = malloc(2 * n + 2);
	ssize_t got = 0;

	if (fd >= 0 && fstat(fd, &st) == 0)
		got = pread(fd, bytes, n, at);
	if (fd >= 0)
		REAL(close)(fd);
	*size = st.st_size;
	hex(text, bytes, got > 0 ? (size_t)got : 0);
	free(bytes);
	return text;
}

static void
before_write(int fd, off_t at, size_t n)
{
	char path[PATH_MAX];
	off_t size;
	char *old;

	if (inside || !path_of(fd, path))
		return;
	inside = 1;
	pthread_mutex_lock(&lock);
	old = old_range(path, at, n, &size);
	put("W %s %lld %lld %s\n", path, (long long)at, (long long)size, old);
	free(old);
	pthread_mutex_unlock(&lock);
	inside = 0;
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	before_write(fd, at, n);
	return REAL(pwrite64)(fd, p, n, at);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	before_write(fd, at, n);
	return REAL(pwrite)(fd, p, n, at);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	off_t at = lseek(fd, 0, SEEK_CUR);

	if (at >= 0)
		before_write(fd, at, n);
	return REAL(write)(fd, p, n);
}

static int
before_truncate(int fd, off_t want)
{
	char path[PATH_MAX];
	struct stat st;
	off_t size;
	char *old;

	if (!path_of(fd, path) || fstat(fd, &st) != 0)
		return 0;
	pthread_mutex_lock(&lock);
	old = old_range(path, want, st.st_size > want ? (size_t)(st.st_size - want) : 0, &size);
	put("T %s %lld %s\n", path, (long long)size, old);
	free(old);
	pthread_mutex_unlock(&lock);
	return 0;
}

int
ftruncate64(int fd, off64_t want)
{
	before_truncate(fd, want);
	return REAL(ftruncate64)(fd, want);
}

int
ftruncate(int fd, off_t want)
{
	before_truncate(fd, want);
	return REAL(ftruncate)(fd, want);
}

static void
safe(int fd)
{
	char path[PATH_MAX];
	struct stat st;

	if (!path_of(fd, path) || fstat(fd, &st) != 0)
		return;
	pthread_mutex_lock(&lock);
	put("%c %s\n", S_ISDIR(st.st_mode) ? 'D' : 'S', path);
	pthread_mutex_unlock(&lock);
}

int
fsync(int fd)
{
	int r = REAL(fsync)(fd);

	if (r == 0)
		safe(fd);
	return r;
}

int
fdatasync(int fd)
{
	int r = REAL(fdatasync)(fd);

	if (r == 0)
		safe(fd);
	return r;
}

static void
created(const char *path)
{
	char full[PATH_MAX];

	start();
	if (path[0] != '/' && realpath(path, full) != NULL)
		path = full;
	if (!below(path))
		return;
	pthread_mutex_lock(&lock);
	put("C %s\n", path);
	pthread_mutex_unlock(&lock);
}

static int
open_seen(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode)
{
	struct stat st;
	int fresh = (flags & O_CREAT) && stat(path, &st) != 0;
	int fd = real(path, flags, mode);

	if (fd >= 0 && fresh)
		created(path);
	return fd;
}

#define OPEN_LIKE(name)							\
int									\
name(const char *path, int flags, ...)					\
{									\
	mode_t mode = 0;						\
	va_list ap;							\
									\
	if (flags & O_CREAT) {						\
		va_start(ap, flags);					\
		mode = va_arg(ap, mode_t);				\
		va_end(ap);						\
	}								\
	return open_seen(REAL(name), path, flags, mode);		\
}

OPEN_LIKE(open)
OPEN_LIKE(open64)

int
mkostemp(char *template, int flags)
{
	int fd = REAL(mkostemp)(template, flags);

	if (fd >= 0)
		created(template);
	return fd;
}

int
mkostemp64(char *template, int flags)
{
	return mkostemp(template, flags);
}

static char *
whole(const char *path)
{
	struct stat st;
	off_t size;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return strdup("none");
	return old_range(path, 0, (size_t)st.st_size, &size);
}

int
rename(const char *from, const char *to)
{
	char *old;

	start();
	if (below(to)) {
		pthread_mutex_lock(&lock);
		old = whole(to);
		put("R %s %s %s\n", to, from, old);
		free(old);
		pthread_mutex_unlock(&lock);
	}
	return REAL(rename)(from, to);
}

/* As our programs call it: paths as they stand, nothing written over. */
int
renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	start();
	if (below(to)) {
		pthread_mutex_lock(&lock);
		put("R %s %s none\n", to, from);
		pthread_mutex_unlock(&lock);
	}
	return REAL(renameat2)(from_dir, from, to_dir, to, flags);
}

int
unlink(const char *path)
{
	char *old;

	start();
	if (below(path)) {
		pthread_mutex_lock(&lock);
		old = whole(path);
		if (strcmp(old, "none") != 0)
			put("U %s %s\n", path, old);
		free(old);
		pthread_mutex_unlock(&lock);
	}
	return REAL(unlink)(path);
}

/* The log must outlive a process that closes what it does not know. */
int
close(int fd)
{
	if (fd == log_fd && fd >= 0)
		return 0;
	return REAL(close)(fd);
}

int
close_range(unsigned first, unsigned last, int flags)
{
	int (*real)(unsigned, unsigned, int) = REAL(close_range);

	start();
	if (log_fd < 0 || (unsigned)log_fd < first || (unsigned)log_fd > last)
		return real(first, last, flags);
	if ((unsigned)log_fd > first)
		real(first, (unsigned)log_fd - 1, flags);
	return real((unsigned)log_fd + 1, last, flags);
}
