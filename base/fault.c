#include "base/fault.h"

#ifdef ANTIN_FAULTS

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
trace(const char *name)
{
	const char *path = getenv("ANTIN_FAULT_TRACE");
	char line[128];
	size_t n = strnlen(name, sizeof(line) - 1);
	int fd;

	if (path == NULL)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	memcpy(line, name, n);
	line[n] = '\n';
	if (write(fd, line, n + 1) < 0)
		abort();
	close(fd);
}

void
fault_point(const char *name)
{
	static atomic_int reached;
	const char *want = getenv("ANTIN_FAULT");
	const char *colon = want == NULL ? NULL : strrchr(want, ':');

	trace(name);
	if (colon == NULL || strlen(name) != (size_t)(colon - want) ||
	    strncmp(want, name, (size_t)(colon - want)) != 0)
		return;
	if (atomic_fetch_add(&reached, 1) + 1 != atoi(colon + 1))
		return;
	kill(getpid(), SIGKILL);
	_exit(FAULT_EXIT);	/* a jail does not let it kill */
}

#else
typedef int fault_none;	/* a translation unit may not be empty */
#endif
