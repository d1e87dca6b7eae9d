/* A small daemon in a child process, its door tried from outside. */
#include "tests/base/test.h"

#include "base/file.h"
#include "base/jail.h"
#include "base/serve.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define ECHO_MESSAGES(X)				\
	X(ECHO_BACK, CALLER_API, "us", "su")		\
	X(ECHO_LENGTH, CALLER_API, "F", "u")		\
	X(ECHO_SECRET, CALLER_CA, "", "")

enum { ECHO_MESSAGES(MSG_ENUM) };
static const struct msg_type types[] = { ECHO_MESSAGES(MSG_TYPE) };

static bool
on_back(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	if (msg_u64(in, 0) == 7)
		return fail(e, ERR_POLICY, "seven is refused");
	msg_put_str(out, msg_str(in, 1));
	msg_put_u64(out, msg_u64(in, 0));
	return true;
}

static bool
on_length(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct span doc;

	if (!memfd_map(&doc, in->fd[0], 1000, e))
		return false;
	msg_put_u64(out, doc.len);
	memfd_unmap(doc);
	return true;
}

static bool
on_secret(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	return true;
}

static const struct serve_route routes[] = {
	{ { ECHO_BACK, "ECHO_BACK", CALLER_API, "us", "su" }, on_back },
	{ { ECHO_LENGTH, "ECHO_LENGTH", CALLER_API, "F", "u" }, on_length },
	{ { ECHO_SECRET, "ECHO_SECRET", CALLER_CA, "", "" }, on_secret },
};

static char dir[] = "/tmp/antin-serve-XXXXXX";
static pid_t daemon_pid;
static struct peer *peer;
static char *api_socket;

static _Noreturn void
daemon_main(const struct place *place)
{
	const struct jail jail = { .abilities = JAIL_THREADS | JAIL_UNIX };
	struct serve *s;
	struct err e;

	if (!serve_new(&s, place, "echo", routes, COUNT(routes), 4096, 8, &e) ||
	    !jail_enter(&jail, &e) || !serve_run(s, NULL, &e)) {
		fprintf(stderr, "%s\n", e.text);
		_exit(1);
	}
	_exit(0);
}

static int
start(void **state)
{
	static struct place place;
	struct err e;

	assert_non_null(mkdtemp(dir));
	place.run = dir;
	api_socket = place_socket(&place, "echo", CALLER_API);
	daemon_pid = fork();
	if (daemon_pid == 0)
		daemon_main(&place);
	peer = peer_new(api_socket, types, COUNT(types), 4096, 5000);
	return peer_wait(peer, 5000, &e) ? 0 : -1;
}

static int
stop(void **state)
{
	int status;

	kill(daemon_pid, SIGTERM);
	waitpid(daemon_pid, &status, 0);
	peer_free(peer);
	free(api_socket);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static void
test_round_trip_and_refusal(void **state)
{
	own_struct(msg) m = msg_new(ECHO_BACK, 1000);
	own_struct(msg) r = msg_new(0, 1);
	own_struct(msg) seven = msg_new(ECHO_BACK, 1000);
	struct err e;

	msg_put_u64(&m, 8);
	msg_put_str(&m, "Đặng");
	assert_true(peer_call(peer, &m, &r, &e));
	assert_string_equal(msg_str(&r, 0), "Đặng");
	assert_int_equal(msg_u64(&r, 1), 8);
	msg_put_u64(&seven, 7);
	msg_put_str(&seven, "");
	assert_false(peer_call(peer, &seven, &r, &e));
	assert_int_equal(e.class, ERR_POLICY);
	assert_string_equal(e.text, "seven is refused");
}

static void
test_document_travels_as_descriptor(void **state)
{
	own_struct(msg) m = msg_new(ECHO_LENGTH, 10);
	own_struct(msg) r = msg_new(0, 1);
	own_struct(msg) open_file = msg_new(ECHO_LENGTH, 10);
	struct err e;
	int fd;

	assert_true(memfd_sealed(&fd, span_str("twelve bytes"), &e));
	msg_put_fd(&m, fd);
	assert_true(peer_call(peer, &m, &r, &e));
	assert_int_equal(msg_u64(&r, 0), 12);
	/* A file that could still change under the reader is refused. */
	msg_put_fd(&open_file, dup(0));
	assert_false(peer_call(peer, &open_file, &r, &e));
	assert_int_equal(e.class, ERR_INPUT);
}

/* Raw bytes to the daemon; true if it closed the connection without a word. */
static bool
closes_on(const void *bytes, size_t n)
{
	own_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char answer;

	strcpy(a.sun_path, api_socket);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	shutdown(fd, SHUT_WR);
	return read(fd, &answer, 1) <= 0;
}

static void
test_bad_frames_end_the_connection(void **state)
{
	static const struct { const char *name; unsigned char b[32]; size_t n; } cases[] = {
		{ "too long", { 0x7f, 0xff, 0xff, 0xff, 0, 0, 1, 0 }, 8 },
		{ "shorter than its head", { 0, 0, 0, 1, 0, 0, 0, 0 }, 8 },
		{ "unknown type", { 0, 0, 0, 4, 0, 99, 0, 0 }, 8 },
		{ "another caller's message", { 0, 0, 0, 4, 0, ECHO_SECRET, 0, 0 }, 8 },
		{ "fields missing", { 0, 0, 0, 4, 0, ECHO_BACK, 0, 0 }, 8 },
		{ "field beyond the frame", { 0, 0, 0, 8, 0, ECHO_BACK, 1, 0, 0, 0, 0, 9 }, 12 },
		{ "bytes after the last field", { 0, 0, 0, 5, 0, ECHO_BACK, 0, 0, 1 }, 9 },
		{ "a descriptor that did not come", { 0, 0, 0, 4, 0, ECHO_LENGTH, 0, 1 }, 8 },
		{ "not UTF-8", { 0, 0, 0, 21, 0, ECHO_BACK, 2, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 1, 0xff }, 25 },
		{ "NUL in text", { 0, 0, 0, 21, 0, ECHO_BACK, 2, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 1, 0 }, 25 },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		assert_case(cases[i].name, closes_on(cases[i].b, cases[i].n));
	test_round_trip_and_refusal(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip_and_refusal),
		cmocka_unit_test(test_document_travels_as_descriptor),
		cmocka_unit_test(test_bad_frames_end_the_connection),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
