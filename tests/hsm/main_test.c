/* tests/hsm/main_test.c -- antin-hsm started wrongly: each refusal is a sentence,
 * an exit code and no PIN try more than a person asked for. */
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

static const struct { const char *name; struct daemon_options o; int code; const char *says; } bad_starts[] = {
	{ "wrong PIN", { "pins", "9999-wrong", false, "sign.ca = *", NULL }, 1, "wrong PIN for the token \"pins\"" },
	{ "few tries are left", { "pins", TEST_PIN, false, "sign.ca = *", NULL }, 1, "few PIN tries are left" },
	{ "no PIN", { "served", NULL, false, "sign.ca = *", NULL }, 1, "no PIN: give --pin-fd" },
	{ "empty PIN", { "served", "", false, "sign.ca = *", NULL }, 1, "the PIN is empty" },
	{ "no such token", { "absent", TEST_PIN, false, "sign.ca = *", NULL }, 1, "no token labelled \"absent\"" },
	{ "no such module", { "served", TEST_PIN, false, "sign.ca = *\nmodule = /nonexistent.so", NULL }, 1, "/nonexistent.so" },
	{ "not a module", { "served", TEST_PIN, false, "sign.ca = *\nmodule = /usr/lib/x86_64-linux-gnu/libm.so.6", NULL }, 1, "" },
	{ "nobody may sign", { "served", TEST_PIN, false, "", NULL }, 1, "nobody may sign" },
	{ "key not on the token", { "served", TEST_PIN, false,
	    "sign.ca = 0000000000000000000000000000000000000000000000000000000000000000", NULL }, 1, "is not on the token" },
	{ "a short key id", { "served", TEST_PIN, false, "sign.ca = 00ff", NULL }, 1, "64 hex digits" },
	{ "star and a key", { "served", TEST_PIN, false,
	    "sign.ca = * 0000000000000000000000000000000000000000000000000000000000000000", NULL }, 1, "* stands alone" },
	{ "unknown option", { "served", TEST_PIN, false, "sign.ca = *\ncolour = red", NULL }, 1, "unknown key colour" },
	{ "unknown kind", { "served", TEST_PIN, false, "sign.ca = *\nkind = both", NULL }, 1, "sign or log" },
	{ "state without log", { "served", TEST_PIN, false, "sign.ca = *\nstate = /tmp", NULL }, 1, "belong to kind = log" },
	{ "log that also signs", { "served", TEST_PIN, false, "sign.ca = *\nkind = log\nstate = /tmp\norigin = x", NULL }, 1, "checkpoints only" },
	{ "log without state", { "served", TEST_PIN, false, "kind = log\norigin = x", NULL }, 1, "needs state and origin" },
	{ "unknown argument", { "served", TEST_PIN, false, "sign.ca = *", "--pin=1234" }, 64, "" },
};

static void
test_start_refusals(void **state)
{
	softhsm_token("pins");
	for (size_t i = 0; i < COUNT(bad_starts); i++) {
		struct daemon d;
		int code = 0;

		assert_case(bad_starts[i].name, !daemon_start(&d, &bad_starts[i].o, &code));
		if (strstr(buf_str(&d.said), bad_starts[i].says) == NULL)
			print_error("it said: %s\n", buf_str(&d.said));
		assert_case(bad_starts[i].name, strstr(buf_str(&d.said), bad_starts[i].says) != NULL);
		assert_case(bad_starts[i].name, code == bad_starts[i].code);
		assert_case(bad_starts[i].name, strstr(buf_str(&d.said), "9999-wrong") == NULL);
		buf_drop(&d.said);
		free(d.name);
	}
}

/* One wrong PIN makes SoftHSM count low; only a person's word spends a try. */
static void
test_attended_start(void **state)
{
	struct daemon_options o = { "pins", TEST_PIN, false, "sign.ca = *", "--attended" };
	struct daemon d;
	int code;

	assert_true(daemon_start(&d, &o, &code));
	assert_int_equal(daemon_stop(&d), 0);
	buf_drop(&d.said);
	free(d.name);
	o.argument = NULL;	/* the right PIN cleared the count */
	assert_true(daemon_start(&d, &o, &code));
	assert_int_equal(daemon_stop(&d), 0);
	buf_drop(&d.said);
	free(d.name);
}

static void
test_start_that_hangs(void **state)
{
	static const enum mock_command hangs[] = { MOCK_START_HANGS, MOCK_LOGIN_HANGS };

	for (size_t i = 0; i < COUNT(hangs); i++) {
		struct daemon_options o = { "served", TEST_PIN, true, "sign.ca = *\nstart_ms = 400", NULL };
		struct daemon d;
		int code;

		atomic_store(&daemon_page()->command, hangs[i]);
		assert_false(daemon_start(&d, &o, &code));
		atomic_store(&daemon_page()->command, MOCK_NOTHING);
		assert_non_null(strstr(buf_str(&d.said), "did not start within 400 ms"));
		buf_drop(&d.said);
		free(d.name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_refusals),
		cmocka_unit_test(test_attended_start),
		cmocka_unit_test(test_start_that_hangs),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
