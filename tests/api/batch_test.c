/* Many submissions in one request: each line by itself, wherever the body is cut, with
 * limits in every direction.  antin-signer is a small one in a child process. */
#include "tests/base/test.h"

#include "api/batch.h"
#include "api/lines.h"
#include "base/json.h"
#include "base/ossl.h"
#include "base/serve.h"
#include "signer/proto.h"
#include "tests/api/client.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/antin-batch-XXXXXX";
static pid_t signer_pid;
static struct api api;
static struct http *http;
static uint16_t port;
static struct { _Atomic unsigned asked, begun[32]; } *seen;	/* submissions that reached the daemon; shared with it */

/*
 * The daemon: a line's text says what becomes of it.
 */

static bool
on_submit(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	const char *text = msg_str(in, 2);
	own_str char *answer = NULL;
	unsigned n;

	atomic_fetch_add(&seen->asked, 1);
	if (sscanf(text, "{\"begun\":%u}", &n) == 1)
		atomic_fetch_add(&seen->begun[n], 1);
	if (strstr(text, "policy") != NULL)
		return fail(e, ERR_POLICY, "this program may not submit for agency H99.14");
	if (strstr(text, "later") != NULL)
		return fail(e, ERR_LATER, "/run/antin-verifier.signer.sock: no answer in time");
	if (strstr(text, "wrong") != NULL) {
		msg_put_str(out, "{\"problems\":[{\"field\":\"a.b\",\"path\":\"/a/b\",\"code\":\"missing\",\"vi\":\"B: còn thiếu\",\"en\":\"B: missing\"}]}");
		return true;
	}
	answer = xprintf("{\"key\":\"%s\",\"length\":%zu,\"big\":\"%*s\",\"again\":%s}", msg_str(in, 1), strlen(text),
	    strstr(text, "big") != NULL ? 1 << 20 : 0, "", strstr(text, "again") != NULL ? "true" : "false");
	msg_put_str(out, answer);
	return true;
}

/* The program whose key is "reader" may not submit. */
static bool
on_may(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	unsigned char reader[SHA256_LEN];

	sha256(reader, span_str("reader"));
	if (span_eq(msg_span(in, 0), span_of(reader, sizeof(reader))) || strcmp(msg_str(in, 1), "submit") != 0)
		return fail(e, ERR_POLICY, "this program has no right to submit");
	return true;
}

static const struct serve_route routes[] = {
	{ { SIGNER_SUBMIT, "SIGNER_SUBMIT", CALLER_API, "bss", "s" }, on_submit },
	{ { SIGNER_MAY, "SIGNER_MAY", CALLER_API, "bs", "" }, on_may },
};

static pid_t
daemon_start(void)
{
	struct place place = { dir, 0 };
	struct serve *serve;
	struct err e;
	pid_t pid = fork();

	if (pid == 0)
		_exit(serve_new(&serve, &place, "antin-signer", routes, COUNT(routes), SIGNER_MESSAGE_MAX, 64, &e) && serve_run(serve, NULL, &e) ? 0 : 1);
	return pid;
}

static int
setup(void **state)
{
	const struct http_limits limits = { .header_max = 16 << 10, .bodies_max = 1 << 20, .threads = 4,
		.connections = 64, .per_address = 32, .idle_secs = 10, .request_secs = 10 };
	struct http_site site;
	struct err e;
	int door;

	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED || mkdtemp(dir) == NULL)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	signer_pid = daemon_start();
	api = (struct api){ .public = dir, .host = "x", .site = "x", .batches = batches_new() };
	api_peers(&api, dir);
	site = routes_site(&api, "");
	return peer_wait(api.signer, 5000, &e) && http_listen(&door, &port, "127.0.0.1:0", &e) && http_start(&http, door, &limits, &site, NULL, &e) ? 0 : -1;
}

static int
teardown(void **state)
{
	own_str char *socket = xprintf("%s/antin-signer.api.sock", dir);

	http_stop(http);
	kill(signer_pid, SIGTERM);
	waitpid(signer_pid, NULL, 0);
	unlink(socket);
	return rmdir(dir);
}

/*
 * The client.
 */

#define HEAD "POST /v1/permits/batch HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
#define PROGRAM "Authorization: Bearer k1\r\n"
#define IDEM "Idempotency-Key: k\r\n"

/* The status, and the answer's body in out. */
static int
answer_of(struct buf *out, int fd)
{
	own_struct(buf) all = buf_new(64 << 20);
	int status = client_answer(&all, fd);
	const char *body = strstr(buf_str(&all), "\r\n\r\n");

	if (body == NULL)
		return 0;
	buf_reset(out);
	buf_put_str(out, body + 4);
	return status;
}

static int
send_whole(struct buf *out, const char *headers, struct span body)
{
	own_fd int fd = client_dial(port);
	own_str char *head = xprintf(HEAD "%sContent-Length: %zu\r\n\r\n", headers, body.len);

	client_put(fd, span_str(head));
	client_put(fd, body);
	return answer_of(out, fd);
}

/* In chunks of so many octets. */
static int
send_cut(struct buf *out, struct span body, size_t size)
{
	own_struct(buf) text = buf_new(16 << 20);
	own_fd int fd = client_dial(port);

	buf_put_str(&text, HEAD PROGRAM IDEM "Transfer-Encoding: chunked\r\n\r\n");
	for (size_t at = 0; at < body.len; at += size) {
		size_t n = body.len - at < size ? body.len - at : size;

		buf_printf(&text, "%zx\r\n", n);
		buf_put(&text, body.ptr + at, n);
		buf_put_str(&text, "\r\n");
	}
	buf_put_str(&text, "0\r\n\r\n");
	client_put(fd, buf_span(&text));
	return answer_of(out, fd);
}

static json_t *
next_answer(struct span *rest)
{
	json_t *j = NULL;
	struct span line;
	struct err e;

	if (!span_take_line(rest, &line))
		return NULL;
	assert_done(json_read(&j, line, &e), e);
	return j;
}

/* "1 201,3 400 submission": line, status and code of each answer. */
static void
in_short(struct buf *out, struct buf *answers)
{
	struct span rest = buf_span(answers);
	json_t *j;

	buf_reset(out);
	while ((j = next_answer(&rest)) != NULL) {
		const char *code = json_string_value(json_object_get(j, "code"));

		buf_printf(out, "%s%d %d%s%s", out->len > 0 ? "," : "", (int)json_integer_value(json_object_get(j, "line")),
		    (int)json_integer_value(json_object_get(j, "status")), code != NULL ? " " : "", code ?: "");
		json_decref(j);
	}
	assert_int_equal(rest.len, 0);
}

/*
 * Lines.
 */

static const struct { const char *name, *body, *want; } bodies[] = {
	{ "one line", "{}\n", "1 201" },
	{ "without its end", "{}", "1 201" },
	{ "three", "{}\n{\"a\":1}\n{\"a\":2}\n", "1 201,2 201,3 201" },
	{ "lines of Windows", "{}\r\n{\"a\":1}\r\n", "1 201,2 201" },
	{ "empty lines are counted", "\n{}\n\n \t\r\n{}", "2 201,5 201" },
	{ "what is there already", "{\"again\":1}\n{}\n", "1 200,2 201" },
	{ "refused for what it says", "{}\n{\"wrong\":1}\n{}\n", "1 201,2 400 submission,3 201" },
	{ "refused for whom", "{\"policy\":1}\n{}\n", "1 403,2 201" },
	{ "not now", "{\"later\":1}\n{}\n", "1 503,2 201" },
	{ "not UTF-8", "{\"a\":\"\xc3\"}\n{}\n", "1 400,2 201" },
	{ "an overlong zero", "{\"a\":\"\xc0\x80\"}\n{}\n", "1 400,2 201" },
	{ "refused at the end, without its own", "{}\n{\"wrong\":1}", "1 201,2 400 submission" },
};

static void
test_lines(void **state)
{
	own_struct(buf) answers = buf_new(64 << 20), got = buf_new(1 << 20);

	for (size_t i = 0; i < COUNT(bodies); i++) {
		assert_int_equal(send_whole(&answers, PROGRAM IDEM, span_str(bodies[i].body)), 200);
		in_short(&got, &answers);
		if (strcmp(buf_str(&got), bodies[i].want) != 0)
			print_error("%s: %s\n", bodies[i].name, buf_str(&got));
		assert_case(bodies[i].name, strcmp(buf_str(&got), bodies[i].want) == 0);
		for (size_t size = 1; size <= strlen(bodies[i].body); size++) {
			assert_int_equal(send_cut(&answers, span_str(bodies[i].body), size), 200);
			in_short(&got, &answers);
			assert_case(bodies[i].name, strcmp(buf_str(&got), bodies[i].want) == 0);
		}
	}
}

/* A NUL is one line's fault, too. */
static void
test_nul(void **state)
{
	static const char body[] = "{\"a\":\"\0\"}\n{}\n";
	own_struct(buf) answers = buf_new(1 << 20), got = buf_new(1 << 20);

	assert_int_equal(send_whole(&answers, PROGRAM IDEM, span_of(body, sizeof(body) - 1)), 200);
	in_short(&got, &answers);
	assert_string_equal(buf_str(&got), "1 400,2 201");
}

/* An answer's line is what the single submission would have been answered. */
static void
test_members(void **state)
{
	static const char line[] = "{\"a\":1}";
	own_struct(buf) answers = buf_new(1 << 20);
	own_str char *key = NULL;
	unsigned char digest[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];
	struct span rest;
	own(json_t) *first = NULL, *twin = NULL, *wrong = NULL, *later = NULL;

	assert_int_equal(send_whole(&answers, PROGRAM IDEM, span_str("{\"a\":1}\n{\"a\":1}\r\n{\"wrong\":1}\n{\"later\":1}\n")), 200);
	rest = buf_span(&answers);
	first = next_answer(&rest);
	twin = next_answer(&rest);
	wrong = next_answer(&rest);
	later = next_answer(&rest);
	sha256(digest, span_str(line));
	hex_text(hex, span_of(digest, sizeof(digest)));
	key = xprintf("k/%.32s", hex);
	assert_string_equal(json_string_value(json_object_get(first, "key")), key);
	assert_string_equal(json_string_value(json_object_get(twin, "key")), key);
	assert_int_equal(json_integer_value(json_object_get(twin, "length")), strlen(line));
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(wrong, "problems"), 0), "path")), "/a/b");
	assert_non_null(strstr(json_string_value(json_object_get(json_object_get(wrong, "say"), "vi")), "còn thiếu"));
	assert_string_equal(json_string_value(json_object_get(wrong, "class")), "input");
	assert_string_equal(json_string_value(json_object_get(later, "class")), "later");
	assert_null(strstr(buf_str(&answers), ".sock"));	/* how this machine is laid out */
}

/*
 * Limits.
 */

static void
put_many(struct buf *out, const char *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s\n", line);
}

static size_t
count_of(struct buf *text, const char *piece)
{
	size_t n = 0;

	for (const char *at = buf_str(text); (at = strstr(at, piece)) != NULL; at++)
		n++;
	return n;
}

static void
test_long_line(void **state)
{
	static const struct { const char *name, *end; size_t octets; const char *want; } rows[] = {
		{ "as long as may be", "\n", LINE_OCTETS_MAX, "1 201,2 201,3 201" },
		{ "with the end of Windows", "\r\n", LINE_OCTETS_MAX, "1 201,2 201,3 201" },
		{ "one octet more", "\n", LINE_OCTETS_MAX + 1, "1 201,2 413 line-too-long,3 201" },
		{ "one octet more and a return", "\r\n", LINE_OCTETS_MAX + 1, "1 201,2 413 line-too-long,3 201" },
		{ "three mebibytes more", "\n", LINE_OCTETS_MAX + (3 << 20), "1 201,2 413 line-too-long,3 201" },
	};
	own_struct(buf) answers = buf_new(1 << 20), got = buf_new(1 << 20);

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) body = buf_new(8 << 20);

		buf_put_str(&body, "{}\n");
		memset(buf_extend(&body, rows[i].octets), 'x', rows[i].octets);
		buf_printf(&body, "%s{}\n", rows[i].end);
		assert_int_equal(send_whole(&answers, PROGRAM IDEM, buf_span(&body)), 200);
		in_short(&got, &answers);
		if (strcmp(buf_str(&got), rows[i].want) != 0)
			print_error("%s: %s\n", rows[i].name, buf_str(&got));
		assert_case(rows[i].name, strcmp(buf_str(&got), rows[i].want) == 0);
	}
}

static void
test_too_many_lines(void **state)
{
	own_struct(buf) body = buf_new(16 << 20), answers = buf_new(16 << 20);
	unsigned before = seen->asked;

	put_many(&body, "{\"policy\":1}", BATCH_LINES_MAX + 500);
	assert_int_equal(send_whole(&answers, PROGRAM IDEM, buf_span(&body)), 200);
	assert_int_equal(seen->asked - before, BATCH_LINES_MAX);
	assert_int_equal(count_of(&answers, "\n"), BATCH_LINES_MAX + 1);
	assert_int_equal(count_of(&answers, "\"line\":10001,"), 1);
	assert_int_equal(count_of(&answers, "too-many-lines"), 1);
}

/* Answers that are too large for the whole: told to ask again, every one of them. */
static void
test_answers_without_room(void **state)
{
	own_struct(buf) body = buf_new(16 << 20), answers = buf_new(32 << 20);

	put_many(&body, "{\"big\":1}", 12);
	put_many(&body, "{}", BATCH_LINES_MAX - 12);
	assert_int_equal(send_whole(&answers, PROGRAM IDEM, buf_span(&body)), 200);
	assert_int_equal(count_of(&answers, "\n"), BATCH_LINES_MAX);
	assert_in_range(count_of(&answers, "\"code\":\"ask-again\""), BATCH_LINES_MAX - 40, BATCH_LINES_MAX - 9);
}

/* While nothing can be recorded, not every line is tried. */
static void
test_outage(void **state)
{
	own_struct(buf) body = buf_new(16 << 20), answers = buf_new(16 << 20);
	unsigned before = seen->asked;

	put_many(&body, "{\"later\":1}", 500);
	assert_int_equal(send_whole(&answers, PROGRAM IDEM, buf_span(&body)), 200);
	assert_in_range(seen->asked - before, 16, 64);
	assert_int_equal(count_of(&answers, "\n"), 500);
	assert_int_equal(count_of(&answers, "\"status\":503"), 500);
	assert_in_range(count_of(&answers, "ask-again"), 430, 484);
}

/* One line that fails so is no outage. */
static void
test_no_outage(void **state)
{
	own_struct(buf) body = buf_new(16 << 20), answers = buf_new(16 << 20);

	for (int i = 0; i < 40; i++)
		buf_put_str(&body, "{\"later\":1}\n{}\n");
	assert_int_equal(send_whole(&answers, PROGRAM IDEM, buf_span(&body)), 200);
	assert_int_equal(count_of(&answers, "\"status\":201"), 40);
	assert_int_equal(count_of(&answers, "ask-again"), 0);
}

/*
 * Who, and how many at once.
 */

#define KEY_64 "0123456789012345678901234567890123456789012345678901234567890123"

static void
test_refused_as_a_whole(void **state)
{
	static const struct { const char *name, *headers, *body; int status; const char *piece; } rows[] = {
		{ "nobody", IDEM, "{}\n", 401, "API key" },
		{ "no right", "Authorization: Bearer reader\r\n" IDEM, "{}\n", 403, "no right to submit" },
		{ "no idempotency key", PROGRAM, "{}\n", 400, "Idempotency-Key" },
		{ "a key as long as may be", PROGRAM "Idempotency-Key: " KEY_64 "\r\n", "{}\n", 200, "\"line\":1" },
		{ "a key too long", PROGRAM "Idempotency-Key: " KEY_64 "4\r\n", "{}\n", 400, "1 to 64 characters" },
		{ "nothing", PROGRAM IDEM, "", 400, "at least one line" },
		{ "empty lines alone", PROGRAM IDEM, "\n\r\n  \n", 400, "at least one line" },
	};
	own_struct(buf) answers = buf_new(1 << 20);

	for (size_t i = 0; i < COUNT(rows); i++) {
		int status = send_whole(&answers, rows[i].headers, span_str(rows[i].body));

		if (status != rows[i].status || strstr(buf_str(&answers), rows[i].piece) == NULL)
			print_error("%s: %d %s\n", rows[i].name, status, buf_str(&answers));
		assert_case(rows[i].name, status == rows[i].status && strstr(buf_str(&answers), rows[i].piece) != NULL);
	}
}

/* Refused from the headers: no octet of the body was sent. */
static void
test_refused_before_the_body(void **state)
{
	static const char head[] = HEAD IDEM "Authorization: Bearer reader\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n";
	own_struct(buf) answers = buf_new(1 << 20);
	own_fd int fd = client_dial(port);

	client_put(fd, span_str(head));
	assert_int_equal(answer_of(&answers, fd), 403);
}

/* A batch that has its place: of its lines some were asked, and no more come. */
static int
begun(void)
{
	static unsigned n;
	own_struct(buf) part = buf_new(1 << 16);
	own_str char *line = xprintf("{\"begun\":%u}", n);

	assert_true(n < COUNT(seen->begun));
	buf_put_str(&part, HEAD PROGRAM IDEM "Content-Length: 1000000\r\n\r\n");
	put_many(&part, line, 64);
	for (time_t until = 0; wait_more(&until);) {
		struct pollfd p = { client_dial(port), POLLIN, 0 };

		client_put(p.fd, buf_span(&part));
		while (seen->begun[n] == 0 && poll(&p, 1, 10) == 0 && wait_more(&until))
			;
		if (seen->begun[n] > 0) {
			n++;
			return p.fd;
		}
		close(p.fd);	/* refused: one that has gone still has its place */
	}
	assert_true(!"a batch begins");
	return -1;
}

static bool
soon(int status)
{
	own_struct(buf) answers = buf_new(1 << 20);
	time_t until = 0;
	int is;

	do
		is = send_whole(&answers, PROGRAM IDEM, span_str("{}\n"));
	while (is != status && wait_more(&until));
	return is == status;
}

static void
test_seats(void **state)
{
	own_struct(buf) answers = buf_new(1 << 20);
	int a = begun(), b = begun();

	assert_int_equal(send_whole(&answers, PROGRAM IDEM, span_str("{}\n")), 503);
	assert_non_null(strstr(buf_str(&answers), "\"code\":\"batches\""));
	assert_int_equal(send_whole(&answers, "Authorization: Bearer k2\r\n" IDEM, span_str("{}\n")), 200);
	close(a);
	assert_true(soon(200));
	close(b);
}

/* Gone in the middle, again and again: no place stays taken.  (An end that comes in one
 * event with the octets before it is seen only when the connection has been idle.) */
static void
test_gone_in_the_middle(void **state)
{
	for (int i = 0; i < 20; i++)
		close(begun());
	assert_true(soon(200));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lines), cmocka_unit_test(test_nul), cmocka_unit_test(test_members),
		cmocka_unit_test(test_long_line), cmocka_unit_test(test_too_many_lines), cmocka_unit_test(test_answers_without_room),
		cmocka_unit_test(test_outage), cmocka_unit_test(test_no_outage), cmocka_unit_test(test_refused_as_a_whole),
		cmocka_unit_test(test_refused_before_the_body), cmocka_unit_test(test_seats), cmocka_unit_test(test_gone_in_the_middle) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
