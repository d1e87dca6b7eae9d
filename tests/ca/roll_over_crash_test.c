/* kill -9 of antin-ca at every place between two steps of a roll-over, then a
 * start: either the old key issues as before and the order can be given again, or
 * the new one does, with its CRL and its OCSP responder.  And a new token that
 * does not sign: what waits for it is tried again. */
#include "tests/base/test.h"

#include "register/fsck.h"
#include "tests/ca/next_key.h"
#include "tests/register/database.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef ANTIN_FAULTS
int
main(void)
{
	return 77;		/* a build without fault points */
}
#else

static struct world w;
static struct next_key next;
static pid_t second;

/* recorded: the register has the roll-over when antin-ca comes again.  The first
 * signature is the CRL of the start; the next two try the new token, for each of
 * the two people. */
static const struct { const char *fault; bool recorded; } rows[] = {
	{ "ca order:1", false }, { "ca order done:1", true }, { "ca reserve:1", true }, { "ca reserve done:1", true },
	{ "ca sign:2", false }, { "ca sign done:3", false }, { "ca sign:4", true }, { "ca sign done:4", true }, { "ca commit:1", true }, { "ca commit done:1", true },
};

static void
begin_world(void)
{
	next_make(&w, &next);
	world_start(&w);
	second = next_start_hsm(&w);
}

static void
end_world(void)
{
	world_stop(&second, SIGTERM);
	next_drop(&next);
	world_end(&w);
}

static void
kill_at(const char *fault)
{
	int status;
	struct err e;

	assert_int_equal(WEXITSTATUS(world_stop_ca(&w, SIGTERM)), 0);
	assert_case(fault, world_start_ca(&w, fault, NULL));
	/* Whether it is answered: what comes behind the record goes on by itself. */
	(void)!next_order(&w, &(struct draft){ .by = MAI }, buf_span(&next.made.bundle), NULL, &e);
	status = world_wait_ca(&w);
	assert_case(fault, WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Waits for the file: lists come soon after the start. */
static bool
is_public(const char *name)
{
	own_str char *path = world_path(&w, name);

	bool there = false;

	for (time_t until = 0; !there && wait_more(&until);)
		there = access(path, R_OK) == 0;
	return there;
}

static void
issues_with(const char *name, X509 *issuing)
{
	own(EVP_PKEY) *key = key_new();
	own(X509) *cert = world_enrol(&w, "official", "H99.14", "Người đến sau", "CB-710001", "Chuyên viên", key);

	assert_case(name, X509_verify(cert, X509_get0_pubkey(issuing)) == 1);
}

static size_t row;

static void
killed_while_it_rolls_over(void **state)
{
	const char *fault = rows[row].fault;
	struct fsck f;
	struct err e;

	begin_world();
	kill_at(fault);
	assert_done(fsck_run(&f, w.database, NULL, &e), e);
	assert_case(fault, world_start_ca(&w, NULL, NULL));
	issues_with(fault, rows[row].recorded ? next.issuing : w.issuing);
	if (!rows[row].recorded)
		assert_done(next_order(&w, &(struct draft){ .by = NAM }, buf_span(&next.made.bundle), NULL, &e), e);
	issues_with(fault, next.issuing);
	assert_case(fault, is_public("public/crl/1.crl") && is_public("public/ocsp1/0.pack") && is_public("public/crl/0.crl"));
	end_world();
}

#define OF_SECOND "SELECT count(*) FROM certificate WHERE generation = 2 AND state = "

static int64_t
count(const char *sql)
{
	return database_int(w.database, sql, NULL, -1);
}

/* The new token signs what it is tried with, and its process ends at the third
 * signature, the service's certificate or the CRL: the order is done all the same, and
 * the timer tries again until the services have their certificates, once. */
static void
services_are_tried_again(void **state)
{
	struct err e;

	next_make(&w, &next);
	world_start(&w);
	setenv("ANTIN_FAULT", "hsm.sign:3", 1);
	second = next_start_hsm(&w);
	unsetenv("ANTIN_FAULT");
	assert_done(next_order(&w, &(struct draft){ .by = MAI }, buf_span(&next.made.bundle), NULL, &e), e);
	for (int i = 0; i < 6000 && count(OF_SECOND "'active'") == 0; i++)
		usleep(10000);
	assert_int_equal(count(OF_SECOND "'active'"), 1);
	assert_true(is_public("public/ocsp1/0.pack"));
	assert_int_equal(count(OF_SECOND "'active'"), 1);
	end_world();
}

/* A process has one SoftHSM: each world in one of its own. */
int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(killed_while_it_rolls_over) }, again[] = { cmocka_unit_test(services_are_tried_again) };
	int failed = 0;

	for (row = 0; row <= COUNT(rows); row++) {
		int status = -1;
		pid_t pid = fork();

		if (pid == 0)
			_exit(row < COUNT(rows) ? cmocka_run_group_tests(tests, NULL, NULL) : cmocka_run_group_tests(again, NULL, NULL));
		waitpid(pid, &status, 0);
		failed += status != 0;
	}
	return failed;
}
#endif
