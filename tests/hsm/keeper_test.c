/* tests/hsm/keeper_test.c -- how antin-hsm outlives its module and its token,
 * without spending a PIN try. */
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
test_child_killed(void **state)
{
	struct daemon d;
	struct hsm *h = daemon_up(&d, "sign.ca = *", true, "ca");
	int logins = atomic_load(&daemon_page()->logins);
	struct err e;

	for (int i = 0; i < 3; i++) {
		pid_t child = daemon_child(&d, "hsm-module");

		assert_true(child > 0);
		assert_done(daemon_sign(h, &daemon_mine, &e), e);
		usleep(1100000);	/* it has lived long enough to be replaced at once */
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_done(daemon_sign(h, &daemon_mine, &e), e);
		assert_true(daemon_next_child(&d, child) > 0);
	}
	assert_int_equal(atomic_load(&daemon_page()->logins) - logins, 3);
	daemon_down(&d, h);
}

static void
test_module_crashes(void **state)
{
	struct daemon d;
	struct hsm *h = daemon_up(&d, "sign.ca = *", true, "ca");
	struct err e;

	atomic_store(&daemon_page()->command, MOCK_SIGN_CRASHES);
	assert_false(daemon_sign(h, &daemon_mine, &e));
	atomic_store(&daemon_page()->command, MOCK_NOTHING);
	assert_done(daemon_sign_soon(h, 8000, &e), e);
	daemon_down(&d, h);
}

static void
test_device_error(void **state)
{
	struct daemon d;
	struct hsm *h = daemon_up(&d, "sign.ca = *", true, "ca");
	pid_t child = daemon_child(&d, "hsm-module");
	struct err e;

	atomic_store(&daemon_page()->command, MOCK_SIGN_FAILS);
	assert_false(daemon_sign(h, &daemon_mine, &e));
	assert_int_equal(e.class, ERR_TOKEN);
	assert_non_null(strstr(e.text, "CKR_DEVICE_ERROR"));
	atomic_store(&daemon_page()->command, MOCK_NOTHING);
	assert_true(daemon_next_child(&d, child) > 0);
	usleep(300000);		/* until the deputy is gone */
	assert_done(daemon_sign_soon(h, 8000, &e), e);
	atomic_store(&daemon_page()->command, MOCK_SIGN_SHORT);
	assert_false(daemon_sign(h, &daemon_mine, &e));
	assert_int_equal(e.class, ERR_TOKEN);
	assert_non_null(strstr(e.text, "63 octets"));
	atomic_store(&daemon_page()->command, MOCK_NOTHING);
	assert_done(daemon_sign_soon(h, 8000, &e), e);
	daemon_down(&d, h);
}

static void *
let_go(void *arg)
{
	usleep(700000);
	atomic_store(&daemon_page()->command, MOCK_NOTHING);
	return NULL;
}

static void
test_module_hangs(void **state)
{
	struct daemon d;
	struct hsm *h = daemon_up(&d, "sign.ca = *\ndeadline_ms = 300", true, "ca");
	int64_t from = clock_mono_ms();
	pid_t child;
	pthread_t t;
	struct err e;

	/* Twice: the request is sent again once, then its caller is told. */
	usleep(1100000);
	child = daemon_child(&d, "hsm-module");
	atomic_store(&daemon_page()->command, MOCK_SIGN_HANGS);
	from = clock_mono_ms();
	assert_false(daemon_sign(h, &daemon_mine, &e));
	assert_true(e.class == ERR_LATER || e.class == ERR_TOKEN);
	assert_true(clock_mono_ms() - from < 3000);
	atomic_store(&daemon_page()->command, MOCK_NOTHING);
	assert_done(daemon_sign_soon(h, 8000, &e), e);
	assert_true(daemon_child(&d, "hsm-module") != child);
	/* Once: the second process answers. */
	usleep(1100000);
	atomic_store(&daemon_page()->command, MOCK_SIGN_HANGS);
	assert_int_equal(pthread_create(&t, NULL, let_go, NULL), 0);
	assert_done(daemon_sign_soon(h, 5000, &e), e);
	pthread_join(t, NULL);
	hsm_free(h);
	assert_int_equal(daemon_stop(&d), 0);
	assert_non_null(strstr(buf_str(&d.said), "passed its deadline"));
	buf_drop(&d.said);
	free(d.name);
}

static void
test_token_pulled_out(void **state)
{
	own_str char *tokens = softhsm_path("tokens");
	own_str char *away = softhsm_path("away");
	struct daemon d;
	struct hsm *h = daemon_up(&d, "sign.ca = *", false, "ca");
	struct err e;

	assert_done(daemon_sign(h, &daemon_mine, &e), e);
	assert_int_equal(rename(tokens, away), 0);
	assert_false(daemon_sign_soon(h, 1200, &e) && daemon_sign_soon(h, 0, &e));
	assert_int_equal(e.class, ERR_TOKEN);
	for (int i = 0; i < 5; i++) {
		assert_false(daemon_sign(h, &daemon_mine, &e));
		usleep(50000);
	}
	assert_int_equal(rename(away, tokens), 0);
	assert_done(daemon_sign_soon(h, 10000, &e), e);
	hsm_free(h);
	assert_int_equal(daemon_stop(&d), 0);
	assert_non_null(strstr(buf_str(&d.said), "is back"));
	buf_drop(&d.said);
	free(d.name);
}

static void
test_no_login_when_few_tries_are_left(void **state)
{
	static const struct { enum mock_command command; const char *says; } rows[] = {
		{ MOCK_PIN_LOW, "few PIN tries are left" },
		{ MOCK_PIN_LAST, "only one PIN try is left" },
		{ MOCK_PIN_LOCKED, "its PIN is locked" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct daemon d;
		struct hsm *h = daemon_up(&d, "sign.ca = *", true, "ca");
		int logins = atomic_load(&daemon_page()->logins);
		struct err e;

		usleep(1100000);
		atomic_store(&daemon_page()->command, rows[i].command);
		assert_int_equal(kill(daemon_child(&d, "hsm-module"), SIGKILL), 0);
		usleep(600000);
		assert_false(daemon_sign(h, &daemon_mine, &e));
		assert_case(rows[i].says, e.class == ERR_POLICY && strstr(e.text, rows[i].says) != NULL);
		assert_int_equal(atomic_load(&daemon_page()->logins), logins);
		/* Somebody logged in by hand and the count is clear: it comes back. */
		atomic_store(&daemon_page()->command, MOCK_NOTHING);
		assert_done(daemon_sign_soon(h, 8000, &e), e);
		assert_int_equal(atomic_load(&daemon_page()->logins), logins + 1);
		daemon_down(&d, h);
	}
}

static void
test_refused_pin_is_never_tried_again(void **state)
{
	own_secret struct secret *old = secret_of(TEST_PIN);
	own_secret struct secret *fresh = secret_of("changed-4711");
	struct token *t = softhsm_open("served");
	struct daemon d;
	struct hsm *h = daemon_up(&d, "sign.ca = *", true, "ca");
	int logins;
	struct err e;

	usleep(1100000);
	assert_done(token_change_pin(t, old, fresh, &e), e);
	logins = atomic_load(&daemon_page()->logins);
	assert_int_equal(kill(daemon_child(&d, "hsm-module"), SIGKILL), 0);
	usleep(1500000);
	assert_false(daemon_sign(h, &daemon_mine, &e));
	assert_int_equal(e.class, ERR_POLICY);
	assert_non_null(strstr(e.text, "wrong PIN"));
	assert_int_equal(atomic_load(&daemon_page()->logins), logins + 1);
	assert_int_equal(kill(daemon_child(&d, "hsm-deputy"), SIGKILL), 0);
	usleep(300000);
	assert_false(daemon_sign(h, &daemon_mine, &e));
	assert_int_equal(e.class, ERR_POLICY);
	assert_int_equal(atomic_load(&daemon_page()->logins), logins + 1);
	assert_done(token_change_pin(t, fresh, old, &e), e);
	token_drop(&t);
	/* The right PIN by a person clears the count for the tests that follow. */
	t = softhsm_open("served");
	token_drop(&t);
	daemon_down(&d, h);
}

/* Not there, or only waiting for whoever adopted it. */
static bool
is_running(pid_t pid)
{
	own_str char *path = xprintf("/proc/%d/stat", pid);
	FILE *f = fopen(path, "r");
	char state = 'Z';

	if (f == NULL)
		return false;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	fclose(f);
	return state != 'Z';
}

static void
test_children_die_with_the_keeper(void **state)
{
	struct daemon d;
	struct hsm *h = daemon_up(&d, "sign.ca = *", false, "ca");
	pid_t child = daemon_child(&d, "hsm-module");
	int status;

	assert_true(child > 0);
	assert_int_equal(kill(d.pid, SIGKILL), 0);
	assert_int_equal(waitpid(d.pid, &status, 0), d.pid);
	for (time_t until = 0; is_running(child) && wait_more(&until);)
		;
	assert_false(is_running(child));
	hsm_free(h);
	buf_drop(&d.said);
	free(d.name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_child_killed),
		cmocka_unit_test(test_module_crashes),
		cmocka_unit_test(test_device_error),
		cmocka_unit_test(test_module_hangs),
		cmocka_unit_test(test_token_pulled_out),
		cmocka_unit_test(test_no_login_when_few_tries_are_left),
		cmocka_unit_test(test_refused_pin_is_never_tried_again),
		cmocka_unit_test(test_children_die_with_the_keeper),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
