/* tests/hsm/child_test.c -- what the module child answers, and what it does not
 * answer at all. */
#include "tests/base/test.h"

#include "tests/hsm/daemon.h"
#include "tests/hsm/softhsm.h"

#include "base/clock.h"
#include "base/msg.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int
begin(void **state)
{
	daemon_begin();
	return 0;
}

static int
end(void **state)
{
	softhsm_end();
	return 0;
}

static void
test_keys_and_access(void **state)
{
	char mine_hex[2 * KEY_ID_LEN + 1];
	own_str char *more = NULL;
	struct hsm_key keys[HSM_KEYS_MAX];
	own_str char *tsa_socket = NULL;
	own_str char *signer_socket = NULL;
	struct hsm *h, *tsa, *signer;
	struct daemon d;
	struct stat st;
	size_t n = 99;
	struct err e;

	hex_text(mine_hex, span_of(daemon_mine.id, KEY_ID_LEN));
	more = xprintf("sign.ca = %s\nsign.tsa = *", mine_hex);
	h = daemon_up(&d, more, false, "ca");
	assert_done(daemon_sign(h, &daemon_mine, &e), e);
	assert_false(daemon_sign(h, &daemon_other, &e));
	assert_int_equal(e.class, ERR_POLICY);
	assert_non_null(strstr(e.text, "ca may not sign"));
	assert_done(hsm_keys(h, keys, &n, &e), e);
	assert_int_equal(n, 1);
	assert_memory_equal(keys[0].id, daemon_mine.id, KEY_ID_LEN);
	assert_memory_equal(keys[0].spki, daemon_mine.spki, daemon_mine.spki_len);
	assert_string_equal(keys[0].label, "mine");
	tsa_socket = daemon_socket(&d, "tsa");
	tsa = hsm_new(tsa_socket);
	assert_done(hsm_keys(tsa, keys, &n, &e), e);
	assert_int_equal(n, 2);
	assert_done(daemon_sign(tsa, &daemon_other, &e), e);
	hsm_free(tsa);
	/* The signer is not named: it has no door. */
	signer_socket = daemon_socket(&d, "signer");
	signer = hsm_new(signer_socket);
	assert_false(daemon_sign(signer, &daemon_mine, &e));
	assert_int_equal(e.class, ERR_LATER);
	hsm_free(signer);
	assert_int_equal(stat(tsa_socket, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	daemon_down(&d, h);
}

/* A key made while antin-hsm serves: at once for whoever may use every key, for
 * nobody whose keys are named. */
static void
test_a_key_made_later(void **state)
{
	char mine_hex[2 * KEY_ID_LEN + 1];
	own_str char *more = NULL;
	own_str char *tsa_socket = NULL;
	own_token struct token *t = NULL;
	struct hsm *h, *tsa;
	struct token_key late;
	struct daemon d;
	struct err e;

	hex_text(mine_hex, span_of(daemon_mine.id, KEY_ID_LEN));
	more = xprintf("sign.ca = %s\nsign.tsa = *", mine_hex);
	h = daemon_up(&d, more, false, "ca");
	tsa_socket = daemon_socket(&d, "tsa");
	tsa = hsm_new(tsa_socket);
	t = softhsm_open("served");
	assert_done(token_generate(t, HSM_ECDSA_P256, "late", &late, &e), e);
	assert_done(daemon_sign(tsa, &late, &e), e);
	assert_false(daemon_sign(h, &late, &e));
	assert_int_equal(e.class, ERR_POLICY);
	late.id[0] ^= 1;
	assert_false(daemon_sign(tsa, &late, &e));
	assert_int_equal(e.class, ERR_POLICY);
	hsm_free(tsa);
	daemon_down(&d, h);
}

static const struct { const char *name; size_t len; enum hsm_alg alg; enum err_class want; } bad_requests[] = {
	{ "empty", 0, HSM_ECDSA_P256, ERR_INPUT },
	{ "31 octets", 31, HSM_ECDSA_P256, ERR_INPUT },
	{ "33 octets", 33, HSM_ECDSA_P256, ERR_INPUT },
	{ "one digest too many", (HSM_BATCH_MAX + 1) * 32, HSM_ECDSA_P256, ERR_INPUT },
	{ "no algorithm", 32, HSM_ALG_NONE, ERR_POLICY },
	{ "another algorithm", 32, HSM_ED25519, ERR_POLICY },
	{ "no such algorithm", 32, (enum hsm_alg)77, ERR_POLICY },
};

static void
test_request_refusals(void **state)
{
	static const struct msg_type types[] = { HSM_MESSAGES(MSG_TYPE) };
	unsigned char digests[(HSM_BATCH_MAX + 1) * 32] = { 0 };
	struct daemon d;
	struct hsm *h = daemon_up(&d, "sign.ca = *", false, "ca");
	own_str char *socket = daemon_socket(&d, "ca");
	struct peer *p = peer_new(socket, types, COUNT(types), HSM_MESSAGE_MAX, 5000);

	for (size_t i = 0; i < COUNT(bad_requests); i++) {
		own_struct(msg) request = msg_new(HSM_SIGN, HSM_MESSAGE_MAX);
		own_struct(msg) reply = msg_new(0, 1);
		struct err e;

		msg_put(&request, span_of(daemon_mine.id, KEY_ID_LEN));
		msg_put_u64(&request, bad_requests[i].alg);
		msg_put(&request, span_of(digests, bad_requests[i].len));
		assert_case(bad_requests[i].name, !peer_call(p, &request, &reply, &e));
		assert_case(bad_requests[i].name, e.class == bad_requests[i].want);
	}
	peer_free(p);
	daemon_down(&d, h);
}

static int
connect_raw(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(a.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* What is not in the table is not answered: the connection ends. */
static void
test_unknown_messages_end_the_connection(void **state)
{
	static const uint16_t types[] = { 0, 1, HSM_SIGN + 1, HSM_MESSAGES_FIRST, 0x201, 0x202, HSM_SIGN | MSG_REPLY, MSG_REFUSED };
	struct daemon d;
	struct hsm *h = daemon_up(&d, "sign.ca = *", false, "ca");
	own_str char *socket = daemon_socket(&d, "ca");
	struct err e;

	for (size_t i = 0; i < COUNT(types); i++) {
		own_struct(msg) m = msg_new(types[i], 1024);
		own_struct(msg) reply = msg_new(0, 1);
		int fd = connect_raw(socket);

		assert_done(msg_send(fd, &m, 1000, &e), e);
		assert_false(msg_recv(fd, &reply, 1024, 3000, &e));
		assert_int_equal(e.class, ERR_ABSENT);
		close(fd);
	}
	/* A field of another shape, and octets that are no frame. */
	for (int i = 0; i < 2; i++) {
		own_struct(msg) m = msg_new(HSM_SIGN, 1024);
		own_struct(msg) reply = msg_new(0, 1);
		int fd = connect_raw(socket);

		msg_put_str(&m, "not 32 octets");
		if (i == 0)
			assert_done(msg_send(fd, &m, 1000, &e), e);
		else
			assert_int_equal(write(fd, "GET / HTTP/1.1\r\n\r\n", 18), 18);
		assert_false(msg_recv(fd, &reply, 1024, 3000, &e));
		assert_true(e.class == ERR_ABSENT || e.class == ERR_LATER);
		close(fd);
	}
	assert_done(daemon_sign(h, &daemon_mine, &e), e);
	daemon_down(&d, h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_and_access),
		cmocka_unit_test(test_a_key_made_later),
		cmocka_unit_test(test_request_refusals),
		cmocka_unit_test(test_unknown_messages_end_the_connection),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
