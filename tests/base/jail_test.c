/* What a jailed process cannot do, tried in children. */
#include "tests/base/test.h"

#include "base/file.h"
#include "base/jail.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/antin-jail-XXXXXX";
static char inside[64], outside[64];

static bool can_compute(void) { return malloc(1 << 20) != NULL; }
static bool can_read_inside(void) { return open(inside, O_RDONLY) >= 0; }
static bool can_write_inside(void) { return open(inside, O_WRONLY) >= 0; }
static bool can_read_outside(void) { return open(outside, O_RDONLY) >= 0; }
static bool can_truncate_outside(void) { return truncate(outside, 0) == 0; }
static bool can_truncate_inside(void) { return truncate(inside, 1) == 0; }
static bool can_unix(void) { return socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }
static bool can_inet(void) { return socket(AF_INET, SOCK_STREAM, 0) >= 0; }
static bool can_fork(void) { pid_t p = fork(); if (p == 0) _exit(0); return p > 0; }
static bool can_exec(void) { return execl("/bin/true", "true", (char *)NULL) == 0; }

static const struct {
	const char *name;
	unsigned abilities;
	bool path, write;
	bool (*act)(void);
	bool want;
} cases[] = {
	{ "a worker computes", 0, false, false, can_compute, true },
	{ "a worker opens nothing", 0, true, true, can_read_inside, false },
	{ "a worker has no unix socket", 0, false, false, can_unix, false },
	{ "a worker has no inet socket", 0, false, false, can_inet, false },
	{ "a worker does not fork", 0, false, false, can_fork, false },
	{ "a worker does not exec", 0, false, false, can_exec, false },
	{ "threads are not processes", JAIL_THREADS, false, false, can_fork, false },
	{ "reading below a path", JAIL_READ, true, false, can_read_inside, true },
	{ "reading beside it", JAIL_READ, true, false, can_read_outside, false },
	{ "writing where only reading is granted", JAIL_READ | JAIL_WRITE, true, false, can_write_inside, false },
	{ "writing where it is granted", JAIL_READ | JAIL_WRITE, true, true, can_write_inside, true },
	{ "truncate outside", JAIL_READ | JAIL_WRITE, true, true, can_truncate_outside, false },
	{ "truncate by path is never granted", JAIL_READ | JAIL_WRITE, true, true, can_truncate_inside, false },
	{ "unix sockets", JAIL_UNIX, false, false, can_unix, true },
	{ "unix is not inet", JAIL_UNIX, false, false, can_inet, false },
	{ "fork", JAIL_FORK, false, false, can_fork, true },
	{ "fork is not exec", JAIL_FORK, false, false, can_exec, false },
};

static bool
in_child(size_t i)
{
	struct jail_path paths[] = { { dir, cases[i].write }, { NULL } };
	struct jail j = { .abilities = cases[i].abilities, .paths = cases[i].path ? paths : NULL };
	pid_t pid = fork();
	int status;
	struct err e;

	if (pid == 0) {
		if (!jail_enter(&j, &e)) {
			fprintf(stderr, "%s\n", e.text);
			_exit(2);
		}
		_exit(cases[i].act() ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_case(cases[i].name, WIFEXITED(status) && WEXITSTATUS(status) != 2);
	return WEXITSTATUS(status) == 1;
}

static void
test_abilities(void **state)
{
	struct err e;

	assert_non_null(mkdtemp(dir));
	snprintf(inside, sizeof(inside), "%s/file", dir);
	snprintf(outside, sizeof(outside), "%s.outside", dir);
	assert_true(file_write(inside, span_str("content"), 0600, &e));
	assert_true(file_write(outside, span_str("content"), 0600, &e));
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_case(cases[i].name, in_child(i) == cases[i].want);
	unlink(outside);
	unlink(inside);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_abilities) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
