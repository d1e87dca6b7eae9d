/* antin-courier as it runs, jail and all: what it carries, and all that it does
 * not; the other end is a server of the test's own that answers as told. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/msg.h"
#include "register/courier_proto.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define VKEY_A "witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN"
#define VKEY_B "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
#define VKEY_C "witness2.example.org+2e55b896+BIZ7fpceQWd60IfqQeS9IAnmNOCZjMDne8lZuguz/bi9"

static char folder[] = "/tmp/antin-courier-XXXXXX";
static pid_t courier;
static struct peer *peer;
static int door;
static unsigned short port;
static char last[4096];		/* request as the server heard it */
static const char *reply;
static int reply_after_ms;
static unsigned heard;
static pthread_mutex_t answering = PTHREAD_MUTEX_INITIALIZER;

/* One request, one answer, and the end. */
static void *
server(void *unused)
{
	for (;;) {
		int fd = accept(door, NULL, NULL);
		size_t n = 0;
		ssize_t got;

		if (fd < 0)
			return NULL;
		pthread_mutex_lock(&answering);
		heard++;
		memset(last, 0, sizeof(last));
		while (n < sizeof(last) - 1 && strstr(last, "\n.end") == NULL && (got = read(fd, last + n, sizeof(last) - 1 - n)) > 0)
			n += (size_t)got;
		usleep((unsigned)reply_after_ms * 1000);
		if (write(fd, reply, strlen(reply)) < 0)
			print_message("the courier hung up\n");
		close(fd);
		pthread_mutex_unlock(&answering);
	}
}

/* The server may still be writing what the courier no longer reads. */
static void
forget_reply(void)
{
	pthread_mutex_lock(&answering);
	reply = "";
	pthread_mutex_unlock(&answering);
}

/* The body ends as the server expects. */
static bool
post(const char *witness, const char *body, struct msg *out, struct err *e)
{
	own_struct(msg) ask = msg_new(COURIER_POST, COURIER_MESSAGE_MAX);

	msg_put_str(&ask, witness);
	msg_put_str(&ask, body);
	return peer_call(peer, &ask, out, e);
}

static void
test_carried(void **state)
{
	static const struct { const char *name, *reply; uint64_t status; const char *type, *body; } cases[] = {
		{ "a cosignature", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc", 200, "text/plain", "abc" },
		{ "a size", "HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\nContent-Length: 2\r\nConnection: close\r\n\r\n7\n", 409, "text/x.tlog.size", "7\n" },
		{ "a refusal without words", "HTTP/1.1 422 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 422, "", "" },
		{ "no type, no length", "HTTP/1.0 200 OK\r\n\r\nabc", 200, "", "abc" },
		{ "a type of other octets", "HTTP/1.1 200 OK\r\nContent-Type: te\xffxt\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 200, "te?xt", "" },
		{ "a redirection is an answer", "HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 302, "", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(msg) out = msg_new(0, 1);
		struct err e;

		reply = cases[i].reply;
		heard = 0;
		assert_case(cases[i].name, post("a", "old 0\n\n.end", &out, &e));
		assert_case(cases[i].name, msg_u64(&out, 0) == cases[i].status && strcmp(msg_str(&out, 1), cases[i].type) == 0 &&
		    span_eq_str(msg_span(&out, 2), cases[i].body));
		assert_case(cases[i].name, heard == 1);
		assert_case(cases[i].name, strncmp(last, "POST /prefix/add-checkpoint HTTP/1.1\r\n", 38) == 0);
		assert_case(cases[i].name, strstr(last, "\r\n\r\nold 0\n\n.end") != NULL);
	}
}

static void
test_not_carried(void **state)
{
	own_struct(msg) out = msg_new(0, 1);
	own_struct(buf) large = buf_new(1 << 20);
	struct err e;

	heard = 0;
	reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	assert_false(post("nobody", ".end", &out, &e));
	assert_int_equal(e.class, ERR_ABSENT);
	assert_false(post("silent", ".end", &out, &e));		/* the policy gives it no address */
	assert_int_equal(e.class, ERR_ABSENT);
	assert_false(post("http://127.0.0.1/", ".end", &out, &e));
	assert_int_equal(e.class, ERR_ABSENT);
	while (large.len <= COURIER_BODY_MAX)
		buf_put_str(&large, "0123456789\n");
	assert_false(post("a", buf_str(&large), &out, &e));
	assert_int_equal(heard, 0);
	assert_false(post("closed", "\n.end", &out, &e));	/* nobody listens there */
	assert_int_equal(e.class, ERR_LATER);

	reply = "no HTTP at all\r\n\r\n";
	assert_false(post("a", "\n.end", &out, &e));
	assert_int_equal(e.class, ERR_LATER);
	reply = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
	assert_false(post("a", "\n.end", &out, &e));
	assert_int_equal(e.class, ERR_LATER);
	buf_reset(&large);
	buf_printf(&large, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n", COURIER_ANSWER_MAX + 1);
	for (unsigned i = 0; i <= COURIER_ANSWER_MAX; i++)
		buf_put_byte(&large, 'a');
	reply = buf_str(&large);
	assert_false(post("a", "\n.end", &out, &e));
	assert_int_equal(e.class, ERR_LIMIT);
	forget_reply();
}

/* A peer that takes its time gets five seconds, no more. */
static void
test_in_time(void **state)
{
	own_struct(msg) out = msg_new(0, 1);
	int64_t began = clock_mono_ms();
	struct err e;

	reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	reply_after_ms = 6000;
	assert_false(post("a", "\n.end", &out, &e));
	assert_int_equal(e.class, ERR_LATER);
	assert_true(clock_mono_ms() - began >= COURIER_WHOLE_MS - 100 && clock_mono_ms() - began < COURIER_WHOLE_MS + 900);
	reply_after_ms = 0;
}

/* It is in its jail: no other socket of this machine's processes, no file. */
static void
test_configurations(void **state)
{
	static const struct { const char *name, *policy; } cases[] = {
		{ "no policy", NULL },
		{ "a policy that is none", "witness a\n" },
		{ "an address of another kind", "witness a " VKEY_A " file:///etc/passwd\nquorum a\n" },
		{ "an address without a scheme", "witness a " VKEY_A " 127.0.0.1:80\nquorum a\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_str char *policy = xprintf("%s/other.policy", folder), *conf = xprintf("%s/other.conf", folder);
		own_str char *text = xprintf("[antin-courier]\nrun = %s/other\npolicy = %s\n", folder, policy);
		own_str char *command = xprintf("mkdir -p %s/other; timeout 5 %s/bin/antin-courier --config %s 2>/dev/null", folder, BINARY_DIR, conf);
		struct err e;
		int status;

		assert_done(file_write(conf, span_str(text), 0644, &e), e);
		unlink(policy);
		if (cases[i].policy != NULL)
			assert_done(file_write(policy, span_str(cases[i].policy), 0644, &e), e);
		status = system(command);
		assert_case(cases[i].name, WIFEXITED(status) && WEXITSTATUS(status) == 1);
	}
}

static bool
listen_somewhere(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	pthread_t thread;

	door = socket(AF_INET, SOCK_STREAM, 0);
	if (door < 0 || bind(door, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(door, 16) != 0 || getsockname(door, (struct sockaddr *)&a, &n) != 0)
		return false;
	port = ntohs(a.sin_port);
	return pthread_create(&thread, NULL, server, NULL) == 0;
}

static int
start(void **state)
{
	static const struct msg_type types[] = { COURIER_MESSAGES(MSG_TYPE) };
	own_str char *policy = NULL, *conf = NULL, *text = NULL, *rules = NULL, *socket_path = NULL;
	struct err e;

	signal(SIGPIPE, SIG_IGN);
	if (mkdtemp(folder) == NULL || !listen_somewhere())
		return -1;
	policy = xprintf("%s/policy", folder);
	conf = xprintf("%s/conf", folder);
	rules = xprintf("witness a " VKEY_A " http://127.0.0.1:%u/prefix/\nwitness silent " VKEY_B "\nwitness closed " VKEY_C " http://127.0.0.1:1\nquorum a\n", port);
	text = xprintf("[antin-courier]\nrun = %s\npolicy = %s\n", folder, policy);
	socket_path = xprintf("%s/antin-courier.register.sock", folder);
	if (!file_write(policy, span_str(rules), 0644, &e) || !file_write(conf, span_str(text), 0644, &e))
		return -1;
	courier = fork();
	if (courier == 0) {
		execl(BINARY_DIR "/bin/antin-courier", "antin-courier", "--config", conf, NULL);
		_exit(127);
	}
	peer = peer_new(socket_path, types, COUNT(types), COURIER_MESSAGE_MAX, COURIER_WHOLE_MS + 3000);
	return peer_wait(peer, 10000, &e) ? 0 : -1;
}

static int
stop(void **state)
{
	own_str char *remove = xprintf("rm -r %s", folder);

	peer_free(peer);
	kill(courier, SIGTERM);
	waitpid(courier, NULL, 0);
	return system(remove);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_carried),
		cmocka_unit_test(test_not_carried),
		cmocka_unit_test(test_in_time),
		cmocka_unit_test(test_configurations),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
