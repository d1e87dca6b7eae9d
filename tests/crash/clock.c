/*
 * tests/crash/clock.c -- a preloaded shim that sets the clock of the processes it
 * is loaded into (tests only): CLOCK_FILE holds the seconds, eight octets in the
 * machine's order, by which it is off, and may change while they run.
 *
 * CLOCK_MONOTONIC stays as it is, as it does when a real clock is set.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *off;
static int (*real_clock)(clockid_t, struct timespec *);

/* Before main, and so before every jail. */
__attribute__((constructor)) static void
start(void)
{
	const char *path = getenv("CLOCK_FILE");
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	void *page = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*off), PROT_READ, MAP_SHARED, fd, 0);

	real_clock = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	if (page == MAP_FAILED || real_clock == NULL)
		abort();	/* a test with the right clock would show nothing */
	off = page;
	close(fd);
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int rc;

	if (real_clock == NULL)
		start();
	rc = real_clock(id, ts);
	if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		ts->tv_sec += *off;
	return rc;
}

time_t
time(time_t *out)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (out != NULL)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

int
gettimeofday(struct timeval *tv, void *zone)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}
