#include "base/fault.h"

#ifdef ANTIN_FAULTS

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME_MAX_ 96
#define SLOTS 8
#define STEPS_MAX 4096
#define PAGE_LEN (64u << 20)	/* of the file; sparse */
#define TEXT_AT 4096

/* tests/crash/sweep.py knows this layout. */
enum slot_state { SLOT_FREE, SLOT_KILL, SLOT_HOLD, SLOT_KILLED, SLOT_HELD, SLOT_LET_GO };
struct slot {
	atomic_uint state;
	uint32_t pid;
	atomic_ulong reached;
	uint64_t n;
	char program[48], point[NAME_MAX_];
};
struct page {
	struct slot slot[SLOTS];
	atomic_ulong text_len;
};

static struct page *page;
static char program[48];

/* Before main, before a jail, in every process that is begun. */
__attribute__((constructor)) static void
map_page(int argc, char **argv, char **envp)
{
	const char *path = getenv("ANTIN_FAULT_PAGE");
	const char *name = strrchr(argv[0], '/');
	int fd;

	name = name == NULL ? argv[0] : name + 1;
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], "--section") == 0)
			name = argv[i + 1];
	strncpy(program, name, sizeof(program) - 1);
	if (path == NULL)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		abort();
	page = mmap(NULL, PAGE_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (page == MAP_FAILED)
		abort();
}

static void
put_line(const char *a, const char *b)
{
	size_t na = strlen(program), nb = strlen(a), nc = strlen(b), n = na + nb + nc + 3;
	unsigned long at = atomic_fetch_add(&page->text_len, n);
	char *p = (char *)page + TEXT_AT + at;

	if (TEXT_AT + at + n > PAGE_LEN)
		abort();
	memcpy(p, program, na);
	p[na] = '\t';
	memcpy(p + na + 1, a, nb);
	p[na + 1 + nb] = '\t';
	memcpy(p + na + nb + 2, b, nc);
	p[n - 1] = '\n';
}

/* As abruptly as kill -9, which a jail may not have. */
static _Noreturn void
die(void)
{
	syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), SIGKILL);
	for (;;)
		pause();
}

static void
visit(struct slot *s, const char *name)
{
	unsigned how = atomic_load(&s->state);

	if ((how != SLOT_KILL && how != SLOT_HOLD) || strcmp(s->program, program) != 0 || strcmp(s->point, name) != 0)
		return;
	if (atomic_fetch_add(&s->reached, 1) + 1 != s->n)
		return;
	s->pid = (uint32_t)getpid();
	atomic_store(&s->state, how == SLOT_KILL ? SLOT_KILLED : SLOT_HELD);
	if (how == SLOT_KILL)
		die();
	while (atomic_load(&s->state) == SLOT_HELD)
		usleep(2000);
}

void
fault_point(const char *name)
{
	static atomic_int reached;
	const char *want = getenv("ANTIN_FAULT");
	const char *colon = want == NULL ? NULL : strrchr(want, ':');

	if (page != NULL) {
		put_line(name, "");
		for (size_t i = 0; i < SLOTS; i++)
			visit(&page->slot[i], name);
	}
	if (colon == NULL || strlen(name) != (size_t)(colon - want) || strncmp(want, name, (size_t)(colon - want)) != 0)
		return;
	if (atomic_fetch_add(&reached, 1) + 1 == atoi(colon + 1))
		die();
}

static _Thread_local const char *steps[STEPS_MAX];
static _Thread_local size_t nsteps;

void
fault_step(const char *name)
{
	if (nsteps == STEPS_MAX)
		abort();
	steps[nsteps++] = name;
	fault_point(name);
}

void
fault_steps(const char *suffix)
{
	char name[NAME_MAX_];

	for (size_t i = 0; i < nsteps; i++) {
		snprintf(name, sizeof(name), "%s %s", steps[i], suffix);
		fault_point(name);
	}
}

void
fault_steps_end(const char *suffix)
{
	fault_steps(suffix);
	nsteps = 0;
}

/* The last three parts are enough to tell one kind of file from another. */
void
fault_path(const char *what, const char *path)
{
	const char *from = path + strlen(path);
	char name[NAME_MAX_];
	size_t n;

	for (int parts = 0; from > path; from--)
		if (from[-1] == '/' && ++parts == 3)
			break;
	n = (size_t)snprintf(name, sizeof(name), "%s ", what);
	for (; *from != '\0' && n + 1 < sizeof(name); from++) {
		bool digit = isdigit((unsigned char)*from);

		if (!digit || name[n - 1] != 'N')
			name[n++] = digit ? 'N' : *from;
	}
	name[n] = '\0';
	fault_point(name);
}

void
fault_note(const char *what, struct span s)
{
	char name[NAME_MAX_];
	char *hex;

	if (page == NULL)
		return;
	hex = xalloc(2 * s.len + 1);
	hex_text(hex, s);
	snprintf(name, sizeof(name), "!%s", what);
	put_line(name, hex);
	free(hex);
}

#else
typedef int fault_none;	/* a translation unit may not be empty */
#endif
