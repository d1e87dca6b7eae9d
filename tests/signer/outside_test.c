/* antin-tsa-outside as it runs, jail and all, and an authority that is slow, dead or
 * lying (tests/signer/tsa.py): what it brings, and all that it does not. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "signer/outside_proto.h"
#include "tests/signer/tsa.h"
#include "verifier/tst.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 30000	/* nobody is that slow */

static struct tsa tsa;
static char folder[] = "/tmp/antin-outside-XXXXXX";
static pid_t process;
static struct peer *peer;
static uint64_t drawn;

/*
 * The process.
 */

/* With root.crl and this one. */
static void
outside_start_with(const char *crl, const char *more)
{
	static const struct msg_type types[] = { OUTSIDE_MESSAGES(MSG_TYPE) };
	own_str char *conf = xprintf("%s/conf", folder), *policy = xprintf("%s/policy", folder), *socket = xprintf("%s/antin-tsa-outside.signer.sock", folder);
	own_str char *text = tsa_section(&tsa, folder, policy, crl, more);
	struct err e;

	assert_done(file_write(conf, span_str(text), 0644, &e), e);
	process = fork();
	if (process == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(BINARY_DIR "/bin/antin-tsa-outside", "antin-tsa-outside", "--config", conf, NULL);
		_exit(127);
	}
	peer = peer_new(socket, types, COUNT(types), OUTSIDE_MESSAGE_MAX, PATIENCE_MS + 5000);
	assert_done(peer_wait(peer, 20000, &e), e);
}

static void
outside_stop(void)
{
	peer_free(peer);
	kill(process, SIGTERM);
	assert_int_equal(waitpid(process, NULL, 0), process);
}

static json_t *
state_of(void)
{
	own_struct(msg) ask = msg_new(OUTSIDE_STATE, 16), reply = msg_new(0, 1);
	json_t *j = NULL;
	struct err e;

	assert_done(peer_call(peer, &ask, &reply, &e) && json_read(&j, msg_span(&reply, 0), &e), e);
	return j;
}

static bool
has_crls(void)
{
	own(json_t) *j = state_of();
	json_t *one;
	size_t i, n = 0;

	json_array_foreach(json_object_get(j, "crls"), i, one)
		n += json_is_string(json_object_get(one, "until"));
	return n == 2;
}

static void
outside_start(const char *more)
{
	outside_start_with("issuing.pem", more);
	for (time_t until = 0; !has_crls() && wait_more(&until);)
		continue;
}

/* An imprint that was never asked for. */
static void
draw(unsigned char imprint[SHA256_LEN])
{
	drawn++;
	sha256(imprint, span_of(&drawn, sizeof(drawn)));
}

static bool
ask(const char *authority, const unsigned char imprint[SHA256_LEN], uint64_t patience, struct buf *token, struct err *e)
{
	own_struct(msg) m = msg_new(OUTSIDE_STAMP, OUTSIDE_MESSAGE_MAX), reply = msg_new(0, 1);

	msg_put_str(&m, authority);
	msg_put(&m, span_of(imprint, SHA256_LEN));
	msg_put_u64(&m, patience);
	if (!peer_call(peer, &m, &reply, e))
		return false;
	buf_put_span(token, msg_span(&reply, 0));
	return buf_ok(token, "token", e);
}

static unsigned
heard(const unsigned char imprint[SHA256_LEN])
{
	char hex[2 * SHA256_LEN + 1];
	own_str char *word = NULL;

	hex_text(hex, span_of(imprint, SHA256_LEN));
	word = xprintf("POST %s", hex);
	return tsa_heard(&tsa, word);
}

static void
refused(const char *name, const unsigned char imprint[SHA256_LEN], enum err_class class, const char *says)
{
	own_struct(buf) token = buf_new(TST_MAX);
	struct err e = { ERR_NONE, "" };
	bool done = ask("thu", imprint, PATIENCE_MS, &token, &e);

	if (done || e.class != class || strstr(e.text, says) == NULL)
		print_error("%s: %s, %s\n", name, done ? "done" : err_word(e.class), e.text);
	assert_case(name, !done && e.class == class && strstr(e.text, says) != NULL);
}

/*
 * Tests.
 */

/* Looked at by another: `openssl ts -verify`. */
static bool
verified(struct span token, const unsigned char imprint[SHA256_LEN])
{
	own_str char *file = tsa_path(&tsa, "got.tst"), *command = NULL;
	char hex[2 * SHA256_LEN + 1];
	struct err e;

	hex_text(hex, span_of(imprint, SHA256_LEN));
	assert_done(file_write(file, token, 0644, &e), e);
	command = xprintf("cd %s && openssl ts -verify -token_in -in got.tst -digest %s -CAfile root.crt -untrusted issuing.crt >verify.out 2>&1", tsa.folder, hex);
	return system(command) == 0;
}

static void
brings_a_stamp_and_keeps_it(void **state)
{
	own_struct(buf) token = buf_new(TST_MAX), again = buf_new(TST_MAX);
	unsigned char imprint[SHA256_LEN], other[SHA256_LEN];
	own(json_t) *now = NULL;
	struct err e;

	draw(imprint);
	draw(other);
	tsa_mode(&tsa, "good");
	outside_start("");
	assert_done(ask("thu", imprint, PATIENCE_MS, &token, &e), e);
	assert_true(verified(buf_span(&token), imprint));
	assert_false(verified(buf_span(&token), other));
	/* The same, and nobody was asked for it a second time. */
	assert_done(ask("thu", imprint, 0, &again, &e), e);
	assert_true(span_eq(buf_span(&token), buf_span(&again)));
	assert_int_equal(heard(imprint), 1);
	/* It was a request as RFC 3161 3.4 has it. */
	assert_true(tsa_heard(&tsa, "POST ? ") == 0);
	now = state_of();
	assert_true(json_is_string(json_object_get(now, "answered")) && json_is_null(json_object_get(now, "refused")));
	/* Whoever asks for another authority is at the wrong door. */
	assert_false(ask("khac", other, PATIENCE_MS, &again, &e));
	assert_int_equal(e.class, ERR_ABSENT);
	assert_int_equal(heard(other), 0);
	outside_stop();
}

static void
refuses_the_rest(void **state)
{
	static const struct { const char *mode; enum err_class class; const char *says; } cases[] = {
		{ "wrong imprint", ERR_INPUT, "of something else" },
		{ "wrong nonce", ERR_INPUT, "another nonce" },
		{ "no nonce", ERR_INPUT, "another nonce" },
		{ "without certificate", ERR_ABSENT, "certificate is not at hand" },
		{ "another policy", ERR_POLICY, "policy 1.3.6.1.4.1.99999.7.2" },
		{ "a stranger", ERR_POLICY, "its certificate: unable to get" },
		{ "an expired certificate", ERR_POLICY, "its certificate: certificate has expired" },
		{ "yesterday", ERR_POLICY, "not the time when it was asked for" },
		{ "tomorrow", ERR_POLICY, "not the time when it was asked for" },
		{ "refused", ERR_POLICY, "unacceptedPolicy" },
		{ "garbage", ERR_INPUT, "not a time-stamp response" },
		{ "empty", ERR_INPUT, "not a time-stamp response" },
		{ "behind it", ERR_INPUT, "not a time-stamp response" },
		{ "cut", ERR_INPUT, "not a time-stamp response" },
		{ "hang up", ERR_LATER, "returned nothing" },
		{ "endless", ERR_LIMIT, "the answer has more than 65536 bytes" },
		{ "a drop at a time", ERR_LATER, "Timeout was reached" },
		{ "hold", ERR_LATER, "Timeout was reached" },
		{ "HTTP 500", ERR_LATER, "HTTP 500" },
		{ "a redirection", ERR_LATER, "HTTP 302" },
		{ "as text", ERR_INPUT, "something else than application/timestamp-reply" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned char imprint[SHA256_LEN], next[SHA256_LEN];
		own(json_t) *now = NULL;

		draw(imprint);
		draw(next);
		tsa_mode(&tsa, cases[i].mode);
		outside_start("secs = 2\n");
		refused(cases[i].mode, imprint, cases[i].class, cases[i].says);
		assert_case(cases[i].mode, heard(imprint) == 1);
		/* And who asks next is told so, and the authority left alone for a while. */
		refused(cases[i].mode, next, cases[i].class, cases[i].says);
		assert_case(cases[i].mode, heard(next) == 0);
		now = state_of();
		assert_case(cases[i].mode, json_is_string(json_object_get(now, "refused")) && json_is_null(json_object_get(now, "answered")));
		outside_stop();
	}
}

/* Nothing of a refusal is kept, and the authority is asked again by itself. */
static void
is_asked_again(void **state)
{
	own_struct(buf) token = buf_new(TST_MAX);
	unsigned char imprint[SHA256_LEN];
	struct err e;

	draw(imprint);
	tsa_mode(&tsa, "wrong imprint");
	outside_start("");
	refused("wrong imprint", imprint, ERR_INPUT, "of something else");
	tsa_mode(&tsa, "good");
	for (time_t until = 0; !ask("thu", imprint, PATIENCE_MS, &token, &e) && wait_more(&until);)
		continue;
	assert_true(verified(buf_span(&token), imprint));
	outside_stop();
}

/* Who has no patience goes, and finds it later; and no more are asked for at once than
 * the configuration says. */
static void
is_not_waited_for(void **state)
{
	unsigned char imprint[5][SHA256_LEN];
	own_struct(buf) token = buf_new(TST_MAX);
	own(json_t) *now = NULL;
	struct err e;

	tsa_mode(&tsa, "hold");
	outside_start("at_once = 2\n");
	for (size_t i = 0; i < COUNT(imprint); i++) {
		draw(imprint[i]);
		assert_false(ask("thu", imprint[i], 0, &token, &e));
		assert_int_equal(e.class, ERR_LATER);
		assert_non_null(strstr(e.text, "not there yet"));
	}
	for (time_t until = 0; heard(imprint[0]) + heard(imprint[1]) < 2 && wait_more(&until);)
		continue;
	now = state_of();
	assert_int_equal(json_integer_value(json_object_get(now, "waiting")), COUNT(imprint));
	assert_int_equal(heard(imprint[0]) + heard(imprint[1]), 2);
	assert_int_equal(heard(imprint[2]) + heard(imprint[3]) + heard(imprint[4]), 0);
	assert_false(ask("thu", imprint[0], 50, &token, &e));
	tsa_mode(&tsa, "good");
	for (size_t i = 0; i < COUNT(imprint); i++) {
		own_struct(buf) one = buf_new(TST_MAX);

		assert_done(ask("thu", imprint[i], PATIENCE_MS, &one, &e), e);
		assert_true(verified(buf_span(&one), imprint[i]));
		assert_int_equal(heard(imprint[i]), 1);
	}
	outside_stop();
}

static void
authorization_is_told_to_the_authority(void **state)
{
	own_str char *file = xprintf("%s/word", folder), *more = xprintf("authorization = %s\n", file);
	own_struct(buf) token = buf_new(TST_MAX);
	unsigned char imprint[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];
	own_struct(buf) text = buf_new(1 << 20);
	own_str char *path = tsa_path(&tsa, "heard"), *wanted = NULL;
	struct err e;

	draw(imprint);
	hex_text(hex, span_of(imprint, SHA256_LEN));
	assert_done(file_write(file, span_str("Basic dGh1OnRodQ==\n"), 0600, &e), e);
	outside_start(more);
	assert_done(ask("thu", imprint, PATIENCE_MS, &token, &e), e);
	outside_stop();
	assert_done(file_read(&text, path, &e), e);
	wanted = xprintf("POST %s 0x", hex);
	assert_non_null(strstr(buf_str(&text), wanted));
	assert_non_null(strstr(strstr(buf_str(&text), wanted), " application/timestamp-query Basic_dGh1OnRodQ==\n"));
}

/* Not known to be good is not good; the stamp is kept, and there when it is known. */
static void
nothing_without_crls(void **state)
{
	static const struct { const char *name, *says; } cases[] = {
		{ "strange-root.crl", "no certificate of thu made this CRL" }, { "late.crl", "this CRL is out of date" },
		{ "there-is-none.crl", "HTTP 404" }, { "garbage.crl", "not a CRL" },
	};
	own_str char *garbage = tsa_path(&tsa, "garbage.crl"), *log = xprintf("%s/log", folder);
	int before = dup(2);
	struct err e;

	assert_done(file_write(garbage, span_str("no CRL at all"), 0644, &e), e);
	tsa_mode(&tsa, "good");
	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) said = buf_new(1 << 16);
		unsigned char imprint[SHA256_LEN];

		draw(imprint);
		assert_non_null(freopen(log, "w", stderr));
		outside_start_with(cases[i].name, "");
		dup2(before, 2);
		refused(cases[i].name, imprint, ERR_LATER, "there is no CRL yet");
		refused(cases[i].name, imprint, ERR_LATER, "there is no CRL yet");
		assert_case(cases[i].name, heard(imprint) == 1);
		for (time_t until = 0; strstr(buf_str(&said), cases[i].says) == NULL && wait_more(&until);) {
			buf_reset(&said);
			assert_done(file_read(&said, log, &e), e);
		}
		assert_case(cases[i].name, strstr(buf_str(&said), cases[i].says) != NULL);
		outside_stop();
	}
	close(before);
}

static void
nothing_of_a_revoked_certificate(void **state)
{
	own_struct(buf) token = buf_new(TST_MAX);
	unsigned char imprint[SHA256_LEN];
	struct err e;

	draw(imprint);
	tsa_mode(&tsa, "revoked");
	outside_start("");
	refused("revoked", imprint, ERR_POLICY, "is revoked");
	/* It is not kept. */
	tsa_mode(&tsa, "good");
	for (time_t until = 0; !ask("thu", imprint, PATIENCE_MS, &token, &e) && wait_more(&until);)
		continue;
	assert_true(verified(buf_span(&token), imprint));
	assert_int_equal(heard(imprint), 2);
	outside_stop();
}

static void
does_not_start(const char *name, const char *options, const char *says)
{
	own_str char *conf = xprintf("%s/conf", folder), *log = xprintf("%s/log", folder);
	own_str char *text = xprintf("[antin-tsa-outside]\nrun = %s\npolicy = %s/policy\n%s", folder, folder, options);
	/* The leak checker cannot work in a jail. */
	own_str char *command = xprintf("ASAN_OPTIONS=detect_leaks=0 timeout 5 " BINARY_DIR "/bin/antin-tsa-outside --config %s 2>%s", conf, log);
	own_struct(buf) said = buf_new(1 << 16);
	struct err e;
	int status;

	assert_done(file_write(conf, span_str(text), 0644, &e), e);
	status = system(command);
	assert_done(file_read(&said, log, &e), e);
	if (strstr(buf_str(&said), says) == NULL)
		print_error("%s: %s\n", name, buf_str(&said));
	assert_case(name, WIFEXITED(status) && WEXITSTATUS(status) == 1 && strstr(buf_str(&said), says) != NULL);
}

static void
starts_with_nothing_wrong(void **state)
{
	static const struct { const char *name, *key, *value, *says; } cases[] = {
		{ "an authority that policy lacks", "authority", "khac", "has no authority khac" },
		{ "no address", "url", "ftp://127.0.0.1/", "an address of http or https" },
		{ "a file as an address", "url", "/etc/passwd", "an address of http or https" },
		{ "a CRL in a file", "crls", "file:///etc/passwd", "an address of http or https" },
		{ "a password in an address", "url", "https://thu:thu@tsa.example/", "password in it" },
		{ "and of a CRL", "crls", "http://thu@tsa.example/thu.crl", "password in it" },
		{ "no time at all", "secs", "0", "secs" },
		{ "everybody at once", "at_once", "1000", "at_once" },
		{ "a word that is nowhere", "authorization", "/nowhere", "/nowhere" },
		{ "a word of two lines", "authorization", "FOLDER/two", "is not one line" },
		{ "a word of nothing", "authorization", "FOLDER/none", "is not one line" },
		{ "a key that is none", "uri", "http://127.0.0.1/", "uri" },
	};
	own_str char *two = xprintf("%s/two", folder), *none = xprintf("%s/none", folder);
	struct err e;

	assert_done(file_write(two, span_str("Basic YQ==\nX-Other: 1\n"), 0600, &e) && file_write(none, span_str("\n"), 0600, &e), e);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *url = strcmp(cases[i].key, "url") == 0 ? cases[i].value : "http://127.0.0.1:1/", *crls = strcmp(cases[i].key, "crls") == 0 ? cases[i].value : "http://127.0.0.1:1/a";
		const char *authority = strcmp(cases[i].key, "authority") == 0 ? cases[i].value : "thu";
		bool further = url != cases[i].value && crls != cases[i].value && authority != cases[i].value;
		own_str char *value = strncmp(cases[i].value, "FOLDER", 6) == 0 ? xprintf("%s%s", folder, cases[i].value + 6) : xstrdup(cases[i].value);
		own_str char *last = further ? xprintf("%s = %s\n", cases[i].key, value) : xstrdup("");
		own_str char *text = xprintf("authority = %s\nurl = %s\ncrls = %s\n%s", authority, url, crls, last);

		does_not_start(cases[i].name, text, cases[i].says);
	}
}

/* A word that everybody on the way reads would be nobody's secret. */
static void
authorization_wants_https(void **state)
{
	static const char *const urls[] = { "http://tsa.example/", "http://127.0.0.1.example/", "http://localhost.example:80/", "http://[2001:db8::1]/" };
	own_str char *file = xprintf("%s/word", folder);
	struct err e;

	assert_done(file_write(file, span_str("Basic dGh1OnRodQ==\n"), 0600, &e), e);
	for (size_t i = 0; i < COUNT(urls); i++) {
		own_str char *text = xprintf("authority = thu\nurl = %s\ncrls = http://127.0.0.1:1/a\nauthorization = %s\n", urls[i], file);

		does_not_start(urls[i], text, "must be one of https");
	}
}

static int
begin(void **state)
{
	own_str char *copy = NULL, *policy = NULL;

	signal(SIGPIPE, SIG_IGN);
	if (mkdtemp(folder) == NULL)
		return -1;
	copy = xprintf("cp -r '" SOURCE_DIR "/policy' %s/policy", folder);
	policy = xprintf("%s/policy", folder);
	if (system(copy) != 0)
		return -1;
	tsa_begin(&tsa);
	tsa_into_policy(&tsa, policy);
	return 0;
}

static int
end(void **state)
{
	own_str char *remove = xprintf("rm -r %s", folder);

	tsa_end(&tsa);
	return system(remove);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(brings_a_stamp_and_keeps_it),
		cmocka_unit_test(refuses_the_rest),
		cmocka_unit_test(is_asked_again),
		cmocka_unit_test(is_not_waited_for),
		cmocka_unit_test(authorization_is_told_to_the_authority),
		cmocka_unit_test(authorization_wants_https),
		cmocka_unit_test(nothing_without_crls),
		cmocka_unit_test(nothing_of_a_revoked_certificate),
		cmocka_unit_test(starts_with_nothing_wrong),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
