/* Archive time stamps of sealed permits: made when a longer one can be had, and not
 * before; beside the permit as it was issued. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "tests/register/database.h"
#include "tests/signer/world.h"
#include "verifier/proto.h"

#include <signal.h>
#include <unistd.h>

static struct office o;
static struct peer *to_verifier;
static char first[33], second[33], third[33];

static int64_t count(const char *sql) { return database_int(o.w.database, sql, NULL, -1); }

static bool
becomes(const char *sql, int64_t want)
{
	for (int i = 0; i < 3000; i++) {
		if (count(sql) == want)
			return true;
		usleep(10000);
	}
	return false;
}

static void
again(void)
{
	world_stop(&o.signer, SIGTERM);
	office_start_signer(&o);
}

static int
begin(void **state)
{
	static const struct msg_type types[] = { VERIFY_MESSAGES(MSG_TYPE) };
	own_str char *socket = NULL;
	struct err e;

	office_begin(&o);
	socket = world_path(&o.w, "run/antin-verifier.api.sock");
	to_verifier = peer_new(socket, types, COUNT(types), VERIFY_MESSAGE_MAX, 60000);
	assert_done(office_open_book(&o, CLERK, "H99.31.07", "GPXD", year_of_day(day_in_vietnam(clock_now())), 1, &e), e);
	office_signed(&o, first, "gpxd-01", NULL);
	office_seal(&o, first);
	office_signed(&o, second, "gpxd-01", NULL);
	office_seal(&o, second);
	return 0;
}

static int
end(void **state)
{
	peer_free(to_verifier);
	office_end(&o);
	return 0;
}

static json_t *
judged(struct span file, const char *options)
{
	own_struct(msg) in = msg_new(VERIFY_FILE, 4096);
	own_struct(msg) reply = msg_new(0, 1);
	json_t *report = NULL;
	struct err e;
	int fd;

	assert_done(memfd_sealed(&fd, file, &e), e);
	msg_put_str(&in, options);
	msg_put_fd(&in, fd);
	assert_done(peer_call(to_verifier, &in, &reply, &e) && json_read(&report, msg_span(&reply, 0), &e), e);
	return report;
}

static void
not_before_its_time(void **state)
{
	own_struct(buf) issued = buf_new(SIGNER_MESSAGE_MAX);
	own_struct(buf) copy = buf_new(SIGNER_MESSAGE_MAX);

	assert_int_equal(count("SELECT count(*) FROM permit_renewal"), 0);
	own_str char *lasting = xprintf("SELECT count(*) FROM permit WHERE proven_until > %lld", (long long)(clock_now() + 4 * 365 * (int64_t)DAY_SECS));

	assert_int_equal(count(lasting), 2);
	office_file(&o, &issued, first);
	office_archived(&o, &copy, first);
	assert_true(span_eq(buf_span(&issued), buf_span(&copy)));
}

/* All are due from here on; the stamper has the certificate that it had.  One stamp
 * tells that, and nothing is recorded. */
static void
not_without_a_longer_one(void **state)
{
	int64_t batches = count("SELECT count(*) FROM stamp_batch");

	office_renew_from_now(&o);
	again();
	assert_true(becomes("SELECT count(*) FROM stamp_batch", batches + 1));
	world_stop(&o.signer, SIGTERM);
	assert_int_equal(count("SELECT count(*) FROM permit_renewal"), 0);
	assert_int_equal(count("SELECT count(*) FROM stamp_batch"), batches + 1);
}

static void
once_with_a_longer_one(void **state)
{
	own_struct(buf) issued = buf_new(SIGNER_MESSAGE_MAX);
	own_struct(buf) copy = buf_new(SIGNER_MESSAGE_MAX);
	own(json_t) *report = NULL, *as_issued = NULL;
	const json_t *seal;

	office_next_stamper(&o);
	again();
	assert_true(becomes("SELECT count(*) FROM permit_renewal", 2));
	again();
	office_signed(&o, third, "gpxd-01", NULL);
	office_seal(&o, third);
	again();
	world_stop(&o.signer, SIGTERM);
	office_start_signer(&o);
	assert_int_equal(count("SELECT count(*) FROM permit_renewal"), 2);
	assert_int_equal(count("SELECT count(*) FROM permit_renewal r JOIN permit p ON p.handle = r.handle AND p.proven_until = r.until AND r.n = 1 AND r.sha256 <> p.sha256"), 2);
	office_file(&o, &issued, first);
	office_archived(&o, &copy, first);
	assert_true(copy.len > issued.len);
	report = judged(buf_span(&copy), "{}");
	seal = json_array_get(json_object_get(report, "signatures"), 1);
	assert_string_equal(json_text(report, "verdict"), "TOTAL-PASSED");
	assert_true(json_is_true(json_object_get(json_object_get(report, "register"), "known")));
	assert_string_equal(json_text(json_object_get(report, "in_force"), "answer"), "yes");
	assert_false(json_is_null(json_object_get(seal, "archived")));
	as_issued = judged(buf_span(&issued), "{}");
	assert_string_equal(json_text(as_issued, "verdict"), "TOTAL-PASSED");
	assert_true(json_is_null(json_object_get(json_array_get(json_object_get(as_issued, "signatures"), 1), "archived")));
	assert_true(json_is_true(json_object_get(json_object_get(as_issued, "register"), "known")));
}

/* Orders go on to mean the permit as it was issued. */
static void
an_order_about_it(void **state)
{
	own(json_t) *with = json_pack("{s:s, s:s}", "decision", "12/QĐ-TN", "note", "x");
	const char *const handles[] = { first };
	const struct permit_order order = { .by = CLERK, .verb = "permit.annotate", .handle = handles, .n = 1, .with = with };
	own(json_t) *answer = NULL, *report = NULL;
	own_struct(buf) copy = buf_new(SIGNER_MESSAGE_MAX);
	struct err e;

	assert_done(office_order(&o, &answer, &order, &e), e);
	office_archived(&o, &copy, first);
	report = judged(buf_span(&copy), "{}");
	assert_string_equal(json_text(json_object_get(report, "in_force"), "answer"), "noted");
}

/* Policy ends SHA-256 in a hundred days: what relies on it gets a stamp that does not,
 * though no certificate lasts longer; what does not rely on it is left alone. */
static void
an_algorithm_that_ends(void **state)
{
	char day[TIME_TEXT];

	assert_int_equal(count("SELECT count(*) FROM permit WHERE proven_by = 'sha512 ecdsa-sha256'"), 2);
	assert_int_equal(count("SELECT count(*) FROM permit WHERE proven_by = 'sha256 sha512 ecdsa-sha256'"), 1);
	date_text(day, day_in_vietnam(clock_now()) + 100);
	own_str char *command = xprintf("sed -i '/id=\"sha256\"/s/-until=\"[^\"]*\"/-until=\"%s\"/g' '%s/algorithms.xml'", day, o.w.policy_folder);

	assert_int_equal(world_shell(&o.w, command), 0);
	again();
	assert_true(becomes("SELECT count(*) FROM permit WHERE proven_by = 'sha512 ecdsa-sha256'", 3));
	again();
	world_stop(&o.signer, SIGTERM);
	office_start_signer(&o);
	assert_int_equal(count("SELECT count(*) FROM permit_renewal"), 3);
}

/* A copy that ages in its turn gets a stamp more, and keeps the one that it has. */
static void
once_more(void **state)
{
	own(json_t) *report = NULL;
	own_struct(buf) copy = buf_new(SIGNER_MESSAGE_MAX);

	office_next_stamper(&o);
	again();
	assert_true(becomes("SELECT count(*) FROM permit_renewal WHERE n = 2", 3));
	office_archived(&o, &copy, first);
	report = judged(buf_span(&copy), "{}");
	assert_string_equal(json_text(report, "verdict"), "TOTAL-PASSED");
}

static void
what_has_no_copy(void **state)
{
	unsigned char mine[SHA256_LEN];
	char draft[33];
	struct err e;

	office_draft(&o, draft, "gpxd-01", NULL);
	assert_done(hex_get_fixed(mine, sizeof(mine), span_str(o.program), &e), e);
	const struct { const char *name, *handle; struct span who; enum err_class class; } rows[] = {
		{ "a draft", draft, span_of(mine, sizeof(mine)), ERR_ABSENT },
		{ "for nobody", first, span_of(NULL, 0), ERR_POLICY },
		{ "what is not there", "00000000000000000000000000000000", span_of(mine, sizeof(mine)), ERR_ABSENT },
		{ "no code", "abc", span_of(mine, sizeof(mine)), ERR_INPUT },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(msg) in = msg_new(SIGNER_ARCHIVED, 256);
		own_struct(msg) reply = msg_new(0, 1);

		msg_put(&in, rows[i].who);
		msg_put_str(&in, rows[i].handle);
		office_refused(rows[i].name, peer_call(o.to_signer, &in, &reply, &e), &e, rows[i].class, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_before_its_time), cmocka_unit_test(not_without_a_longer_one), cmocka_unit_test(once_with_a_longer_one),
		cmocka_unit_test(an_order_about_it), cmocka_unit_test(an_algorithm_that_ends), cmocka_unit_test(once_more),
		cmocka_unit_test(what_has_no_copy),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
