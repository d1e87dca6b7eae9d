/* tests/hsm/log_memory_test.c -- the log's key signs one history: the memory by
 * itself, then antin-hsm of kind log over a token, also across a restart. */
#include "tests/base/test.h"

#include "tests/hsm/daemon.h"
#include "tests/hsm/softhsm.h"

#include "base/file.h"
#include "hsm/log_memory.h"
#include "register/log_key.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define ORIGIN "log.test.invalid/antin"
#define LEAVES 40

static struct hash leaves[LEAVES];
static struct token_key log_key;
static char *state_dir;

/*
 * A small log, its nodes computed from its leaves.
 */

static void
subtree(struct hash *out, uint64_t from, uint64_t n)
{
	struct hash left, right;

	if (n == 1) {
		*out = leaves[from];
		return;
	}
	subtree(&left, from, n / 2);
	subtree(&right, from + n / 2, n / 2);
	merkle_node(out, &left, &right);
}

static bool
node(void *ctx, unsigned level, uint64_t index, struct hash *out, struct err *e)
{
	subtree(out, index << level, 1ull << level);
	return true;
}

static struct checkpoint
at_size(uint64_t size)
{
	struct checkpoint c = { .origin = ORIGIN, .size = size };
	struct merkle_edge edge = { .size = 0 };

	for (uint64_t i = 0; i < size; i++)
		merkle_append(&edge, &leaves[i]);
	merkle_root(&c.root, &edge);
	return c;
}

static struct buf
proof_of(uint64_t from, uint64_t to)
{
	struct buf b = buf_new(MERKLE_PROOF_MAX * HASH_LEN);
	struct hash proof[MERKLE_PROOF_MAX];
	size_t n = 0;
	struct err e;

	if (from > 0 && to > from)
		assert_done(merkle_prove_consistency(proof, &n, from, to, node, NULL, &e), e);
	for (size_t i = 0; i < n; i++)
		buf_put(&b, proof[i].octet, HASH_LEN);
	return b;
}

static int
begin(void **state)
{
	struct token *t;
	struct err e;

	for (unsigned i = 0; i < LEAVES; i++)
		merkle_leaf(&leaves[i], span_of(&i, sizeof(i)));
	softhsm_begin();
	softhsm_token("log");
	t = softhsm_open("log");
	assert_done(token_generate(t, HSM_ED25519, "log", &log_key, &e), e);
	token_drop(&t);
	daemon_page();
	state_dir = softhsm_path("state");
	assert_int_equal(mkdir(state_dir, 0700), 0);
	return 0;
}

static int
end(void **state)
{
	free(state_dir);
	softhsm_end();
	return 0;
}

/*
 * The memory.
 */

static void
test_memory(void **state)
{
	own_str char *dir = softhsm_path("memory");
	unsigned char id[KEY_ID_LEN] = { 1 }, other[KEY_ID_LEN] = { 2 };
	struct log_memory m;
	struct checkpoint c = at_size(5), wrong = at_size(6);
	struct err e;

	assert_int_equal(mkdir(dir, 0700), 0);
	assert_false(log_memory_open(&m, dir, id, ORIGIN, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_non_null(strstr(e.text, "is missing"));
	assert_done(log_memory_begin(dir, id, ORIGIN, &e), e);
	assert_done(log_memory_begin(dir, id, ORIGIN, &e), e);
	assert_false(log_memory_begin(dir, other, ORIGIN, &e));
	assert_false(log_memory_begin(dir, id, "other.invalid", &e));
	assert_false(log_memory_begin(dir, id, "", &e));
	assert_false(log_memory_begin(dir, id, "two\nlines", &e));
	assert_false(log_memory_open(&m, dir, other, ORIGIN, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_false(log_memory_open(&m, dir, id, "other.invalid", &e));
	assert_done(log_memory_open(&m, dir, id, ORIGIN, &e), e);
	assert_int_equal(m.last.size, 0);
	assert_false(log_memory_allows(&m, &c, span_of(wrong.root.octet, HASH_LEN), &e));
	assert_done(log_memory_allows(&m, &c, SPAN_NONE, &e), e);
	assert_done(log_memory_advance(&m, &c, &e), e);
	free(m.path);
	assert_done(log_memory_open(&m, dir, id, ORIGIN, &e), e);
	assert_int_equal(m.last.size, 5);
	assert_true(hash_eq(&m.last.root, &c.root));
	assert_false(log_memory_begin(dir, id, ORIGIN, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	free(m.path);
}

/* Every pair of sizes of a small log with its own proof is allowed; the same
 * with any octet of the proof or the root changed is not. */
static void
test_every_step(void **state)
{
	struct err e;

	for (uint64_t from = 1; from < 20; from++)
		for (uint64_t to = from; to < 20; to++) {
			struct log_memory m = { .last = at_size(from) };
			struct checkpoint next = at_size(to);
			own_struct(buf) proof = proof_of(from, to);

			assert_done(log_memory_allows(&m, &next, buf_span(&proof), &e), e);
			for (size_t i = 0; i < proof.len; i += 7) {
				proof.ptr[i] ^= 1;
				assert_false(log_memory_allows(&m, &next, buf_span(&proof), &e));
				assert_int_equal(e.class, ERR_POLICY);
				proof.ptr[i] ^= 1;
			}
			next.root.octet[to % HASH_LEN] ^= 1;
			assert_false(log_memory_allows(&m, &next, buf_span(&proof), &e));
			assert_int_equal(e.class, ERR_POLICY);
		}
}

static void
test_broken_files(void **state)
{
	static const char *const bad[] = {
		"", "antin log memory 1\n", "antin log memory 2\n00\n", "{}",
		"antin log memory 1\n0100000000000000000000000000000000000000000000000000000000000000\n",
		"antin log memory 1\n0100000000000000000000000000000000000000000000000000000000000000\n" ORIGIN "\n-1\nAAAA\n",
		"antin log memory 1\n0100000000000000000000000000000000000000000000000000000000000000\n" ORIGIN "\n5\nAAAA\n",
		"antin log memory 1\nzz00000000000000000000000000000000000000000000000000000000000000\n" ORIGIN "\n5\nAAAA\n",
	};
	own_str char *dir = softhsm_path("broken");
	own_str char *path = softhsm_path("broken/last-checkpoint");
	unsigned char id[KEY_ID_LEN] = { 1 };
	struct log_memory m;
	struct err e;

	assert_int_equal(mkdir(dir, 0700), 0);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_done(file_write(path, span_str(bad[i]), 0600, &e), e);
		assert_case(bad[i], !log_memory_open(&m, dir, id, ORIGIN, &e));
		assert_case(bad[i], !log_memory_begin(dir, id, ORIGIN, &e));
	}
}

/*
 * The process.
 */

static const struct msg_type types[] = { LOG_KEY_MESSAGES(MSG_TYPE) };

static struct peer *
up(struct daemon *d, const char *argument, int *code)
{
	own_str char *more = xprintf("kind = log\nstate = %s\norigin = %s", state_dir, ORIGIN);
	struct daemon_options o = { .token = "log", .pin = TEST_PIN, .more = more, .argument = argument };
	own_str char *socket = NULL;

	if (!daemon_start(d, &o, code))
		return NULL;
	socket = daemon_socket(d, "register");
	return peer_new(socket, types, COUNT(types), LOG_KEY_MESSAGE_MAX, 5000);
}

static bool
ask(struct peer *p, const struct checkpoint *c, struct span proof, struct err *e)
{
	own_struct(msg) request = msg_new(LOG_KEY_CHECKPOINT, LOG_KEY_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(0, 1);
	own_struct(buf) text = buf_new(1024);
	own_struct(buf) note = buf_new(2048);
	struct note_key key;

	msg_put_str(&request, c->origin);
	msg_put_u64(&request, c->size);
	msg_put(&request, span_of(c->root.octet, HASH_LEN));
	msg_put(&request, proof);
	if (!peer_call(p, &request, &reply, e))
		return false;
	assert_int_equal(msg_span(&reply, 0).len, 64);
	assert_done(note_key_new(&key, ORIGIN, log_key.spki + log_key.spki_len - 32, e), *e);
	checkpoint_text(&text, c);
	buf_put_span(&note, buf_span(&text));
	buf_put_byte(&note, '\n');
	note_line(&note, &key, msg_span(&reply, 0).ptr);
	assert_done(note_check(buf_span(&note), &key, e), *e);
	return true;
}

static bool
step(struct peer *p, uint64_t from, uint64_t to, struct err *e)
{
	struct checkpoint c = at_size(to);
	own_struct(buf) proof = proof_of(from, to);

	return ask(p, &c, buf_span(&proof), e);
}

static void
check_refusals(struct peer *p, uint64_t size)
{
	own_struct(buf) good = proof_of(size, size + 3);
	struct checkpoint c = at_size(size + 3);
	struct err e;

	assert_false(ask(p, &c, SPAN_NONE, &e));			/* not proven */
	assert_int_equal(e.class, ERR_POLICY);
	assert_false(ask(p, &c, span_of(good.ptr, good.len - 1), &e));	/* not whole hashes */
	assert_int_equal(e.class, ERR_INPUT);
	assert_false(ask(p, &c, span_of(good.ptr, good.len - HASH_LEN), &e));
	c.root.octet[0] ^= 1;						/* another history */
	assert_false(ask(p, &c, buf_span(&good), &e));
	assert_int_equal(e.class, ERR_POLICY);
	c = at_size(size - 1);						/* smaller */
	assert_false(ask(p, &c, SPAN_NONE, &e));
	assert_non_null(strstr(e.text, "smaller"));
	c = at_size(size);						/* the same size, another root */
	c.root.octet[31] ^= 1;
	assert_false(ask(p, &c, SPAN_NONE, &e));
	assert_non_null(strstr(e.text, "another root"));
	c = at_size(size + 3);						/* another log */
	strcpy(c.origin, "other.invalid");
	assert_false(ask(p, &c, buf_span(&good), &e));
	assert_int_equal(e.class, ERR_POLICY);
	c = at_size(0);
	assert_false(ask(p, &c, SPAN_NONE, &e));
}

static void
check_public(const struct daemon *d, uint64_t size)
{
	own_str char *socket = daemon_socket(d, "cli");
	struct peer *cli = peer_new(socket, types, COUNT(types), LOG_KEY_MESSAGE_MAX, 5000);
	own_struct(msg) request = msg_new(LOG_KEY_PUBLIC, LOG_KEY_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(0, 1);
	struct checkpoint c = at_size(1);
	struct err e;

	assert_done(peer_call(cli, &request, &reply, &e), e);
	assert_memory_equal(msg_span(&reply, 0).ptr, log_key.spki + log_key.spki_len - 32, 32);
	assert_int_equal(msg_u64(&reply, 1), size);
	/* The command line may read, not sign: its connection ends. */
	assert_false(ask(cli, &c, SPAN_NONE, &e));
	assert_int_equal(e.class, ERR_LATER);
	peer_free(cli);
}

static void
stop(struct daemon *d, struct peer *p)
{
	peer_free(p);
	assert_int_equal(daemon_stop(d), 0);
	buf_drop(&d->said);
	free(d->name);
}

static void
test_process(void **state)
{
	struct daemon d;
	struct peer *p;
	int code = 0;
	struct err e;

	assert_null(up(&d, NULL, &code));	/* nobody said that the log is new */
	assert_int_equal(code, 1);
	assert_non_null(strstr(buf_str(&d.said), "last-checkpoint is missing"));
	buf_drop(&d.said);
	free(d.name);
	p = up(&d, "--begin-log", &code);
	assert_non_null(p);
	assert_done(step(p, 0, 7, &e), e);
	assert_done(step(p, 7, 7, &e), e);
	check_refusals(p, 7);
	assert_done(step(p, 7, 12, &e), e);
	check_public(&d, 12);
	stop(&d, p);
	/* A new process remembers; the log is not new any more. */
	assert_null(up(&d, "--begin-log", &code));
	assert_non_null(strstr(buf_str(&d.said), "it is not new"));
	buf_drop(&d.said);
	free(d.name);
	p = up(&d, NULL, &code);
	assert_non_null(p);
	check_refusals(p, 12);
	check_public(&d, 12);
	assert_done(step(p, 12, 12, &e), e);
	/* So does a child after a kill. */
	usleep(1100000);
	assert_done(step(p, 12, 20, &e), e);
	code = daemon_child(&d, "hsm-module");
	assert_int_equal(kill(code, SIGKILL), 0);
	assert_true(daemon_next_child(&d, code) > 0);
	while (!step(p, 20, 20, &e))
		assert_int_equal(e.class, ERR_LATER);
	check_refusals(p, 20);
	assert_done(step(p, 20, 33, &e), e);
	stop(&d, p);
}

static bool
answers_public(const struct daemon *d)
{
	own_str char *socket = daemon_socket(d, "cli");
	struct peer *cli = peer_new(socket, types, COUNT(types), LOG_KEY_MESSAGE_MAX, 5000);
	own_struct(msg) request = msg_new(LOG_KEY_PUBLIC, LOG_KEY_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(0, 1);
	struct err e;
	bool good = peer_call(cli, &request, &reply, &e);

	peer_free(cli);
	return good;
}

/* What cannot be remembered is not signed. */
static void
test_no_memory_no_signature(void **state)
{
	own_str char *away = softhsm_path("state.away");
	struct daemon d;
	struct peer *p;
	int code;
	struct err e;

	p = up(&d, NULL, &code);
	assert_non_null(p);
	assert_int_equal(rename(state_dir, away), 0);
	assert_false(step(p, 33, 35, &e));
	if (e.class != ERR_STORE && e.class != ERR_LATER)
		print_error("refused with %s: %s\n", err_word(e.class), e.text);
	assert_true(e.class == ERR_STORE || e.class == ERR_LATER);
	assert_int_equal(rename(away, state_dir), 0);
	for (int i = 0; i < 100 && !step(p, 33, 36, &e); i++)
		usleep(100000);
	/* The deputy may have taken a connection: until it is gone. */
	for (int i = 0; i < 600 && !answers_public(&d); i++)
		usleep(100000);
	check_public(&d, 36);
	stop(&d, p);
}

static void
test_token_of_another_kind(void **state)
{
	own_str char *more = xprintf("kind = log\nstate = %s\norigin = %s", state_dir, ORIGIN);
	struct daemon_options o = { .token = "plain", .pin = TEST_PIN, .more = more };
	struct token *t;
	struct token_key k;
	struct daemon d;
	int code;
	struct err e;

	softhsm_token("plain");
	t = softhsm_open("plain");
	assert_done(token_generate(t, HSM_ECDSA_P256, "p", &k, &e), e);
	assert_false(daemon_start(&d, &o, &code));
	assert_non_null(strstr(buf_str(&d.said), "has no Ed25519 key"));
	buf_drop(&d.said);
	free(d.name);
	assert_done(token_generate(t, HSM_ED25519, "a", &k, &e), e);
	assert_false(daemon_start(&d, &o, &code));	/* the memory is another key's */
	assert_non_null(strstr(buf_str(&d.said), "belongs to another key"));
	buf_drop(&d.said);
	free(d.name);
	assert_done(token_generate(t, HSM_ED25519, "b", &k, &e), e);
	assert_false(daemon_start(&d, &o, &code));
	assert_non_null(strstr(buf_str(&d.said), "two Ed25519 keys"));
	buf_drop(&d.said);
	free(d.name);
	token_drop(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_every_step),
		cmocka_unit_test(test_broken_files),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_no_memory_no_signature),
		cmocka_unit_test(test_token_of_another_kind),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
