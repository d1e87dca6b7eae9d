/* kill -9 of antin-ca at every place between two steps of the first whole batch
 * of OCSP responses, again and again in one world: what was recorded and not
 * signed is never finished, no number comes twice, and until a batch is whole
 * nobody is told anything that is not signed and true.  And of one that was ordered:
 * the order is kept or not, and with it comes the batch; of
 * the responder's renewal: it is made once.  (Deltas:
 * tests/crash/sweep.py.) */
#include "tests/base/test.h"

#include "api/ocsp.h"
#include "base/clock.h"
#include "base/pack.h"
#include "register/fsck.h"
#include "tests/ca/world.h"
#include "tests/register/database.h"
#include "verifier/ocsp.h"

#include <openssl/ocsp.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef ANTIN_FAULTS
int
main(void)
{
	return 77;		/* a build without fault points */
}
#else

OWN_WITH(OCSP_REQUEST, OCSP_REQUEST_free)

static struct world w;

static X509 *
first_certificate(void)
{
	own(json_t) *list = world_list(&w, "{\"what\":\"certificates\",\"state\":\"active\"}");
	const char *id = json_string_value(json_object_get(json_array_get(json_object_get(list, "items"), 0), "id"));
	own_struct(buf) der = buf_new(CA_MESSAGE_MAX);
	X509 *x = NULL;
	struct err e;

	assert_non_null(id);
	assert_done(world_text(&w, CA_CERTIFICATE, id, &der, &e) && cert_from_any(&x, buf_span(&der), &e), e);
	return x;
}

static enum cert_state
asked(struct ocsp_shelf *s, X509 *cert)
{
	own(OCSP_REQUEST) *r = OCSP_REQUEST_new();
	own_struct(buf) out = buf_new(1 << 16);
	unsigned char *der = NULL;
	struct revocation says;
	struct pack_head head;
	struct err e;
	int n;

	assert_non_null(OCSP_request_add0_id(r, OCSP_cert_to_id(EVP_sha1(), cert, w.issuing)));
	n = i2d_OCSP_REQUEST(r, &der);
	ocsp_answer(s, span_of(der, (size_t)n), clock_now(), &out, &head);
	OPENSSL_free(der);
	assert_done(ocsp_lookup(&says, buf_span(&out), cert, w.issuing, clock_now() + 1, &e), e);
	return says.state;
}

static void
killed_at_the_first_batch(void **state)
{
	static const char *const faults[] = { "ca ocsp.reserve:1", "ca ocsp.reserve done:1", "ca ocsp.put:1", "ca ocsp.put done:1", "ca ocsp.put:9",
		"ca ocsp.put done:16", "ca ocsp.publish:1", "ca ocsp.publish done:1" };
	own(X509) *cert = NULL;
	own_str char *public = NULL;
	struct ocsp_shelf *s;

	world_make_with_ocsp(&w);
	world_start_below(&w);
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct fsck f;
		struct err e;
		int status = 0;

		if (world_start_ca(&w, faults[i], &status))
			status = world_wait_ca(&w);
		assert_case(faults[i], WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		assert_done(fsck_run(&f, w.database, NULL, &e), e);
	}
	world_start(&w);
	cert = first_certificate();
	public = world_path(&w, "public");
	s = ocsp_shelf_new(public);
	for (time_t until = 0; asked(s, cert) != CERT_GOOD && wait_more(&until);)
		;
	assert_int_equal(asked(s, cert), CERT_GOOD);
	ocsp_shelf_free(s);
}

static int64_t
database_of(const char *sql)
{
	struct values v = { .n = 0 };

	return database_int(w.database, sql, &v, -1);
}

#define WHOLES "SELECT count(*) FROM ocsp WHERE follows IS NULL AND signed <> 0"

static void
killed_when_ordered_to_publish(void **state)
{
	static const struct { const char *fault; bool kept; } rows[] = {
		{ "ca order:1", false }, { "ca order done:1", true }, { "ca ocsp.reserve:1", true }, { "ca ocsp.put done:3", true },
	};
	own(json_t) *with = json_pack("{s:[s]}", "what", "ocsp");
	struct draft d = { .by = SEC, .verb = "authority.publish", .id = "H99" };

	draft_with(&d, with);
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t before = database_of(WHOLES);
		struct fsck f;
		struct err e;

		(void)world_stop_ca(&w, SIGTERM);
		assert_case(rows[i].fault, world_start_ca(&w, rows[i].fault, NULL));
		(void)!world_order(&w, &d, NULL, &e);
		assert_case(rows[i].fault, WIFSIGNALED(world_wait_ca(&w)));
		assert_done(fsck_run(&f, w.database, NULL, &e), e);
		assert_case(rows[i].fault, database_of(WHOLES) == before);
		assert_case(rows[i].fault, world_start_ca(&w, NULL, NULL));
		if (!rows[i].kept)
			assert_done(world_order(&w, &d, NULL, &e), e);
		for (int t = 0; t < 3000 && database_of(WHOLES) == before; t++)
			usleep(10000);
		assert_case(rows[i].fault, database_of(WHOLES) == before + 1);
	}
}

#define RESPONDERS "SELECT count(*) FROM certificate WHERE profile = 'ocsp' AND state = 'active'"

/* The register's dates are moved, because nobody waits a year: last, for fsck would see it. */
static void
killed_when_the_responder_is_renewed(void **state)
{
	static const char *const faults[] = { "ca reserve:1", "ca reserve done:1", "ca sign:2", "ca sign done:2", "ca commit:1", "ca commit done:1" };

	w.broken = true;
	for (size_t i = 0; i < COUNT(faults); i++) {
		int64_t before = database_of(RESPONDERS);
		int status = 0;

		(void)world_stop_ca(&w, SIGTERM);
		database_do(w.database, "UPDATE certificate SET not_after = not_after - 300 * 86400 WHERE profile = 'ocsp' AND state = 'active' AND not_after > time + 300 * 86400");
		if (world_start_ca(&w, faults[i], &status))
			status = world_wait_ca(&w);
		assert_case(faults[i], WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		assert_case(faults[i], world_start_ca(&w, NULL, NULL));
		for (int t = 0; t < 3000 && database_of(RESPONDERS) == before; t++)
			usleep(10000);
		assert_case(faults[i], database_of(RESPONDERS) == before + 1);
		assert_case(faults[i], database_of("SELECT count(*) FROM certificate WHERE state = 'reserved'") == 0);
	}
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(killed_at_the_first_batch), cmocka_unit_test(killed_when_ordered_to_publish),
		cmocka_unit_test(killed_when_the_responder_is_renewed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
