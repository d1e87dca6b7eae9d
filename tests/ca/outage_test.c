/* What antin-ca does when the token, the register or the truth is away. */
#include "tests/base/test.h"

#include "base/file.h"
#include "tests/ca/world.h"
#include "tests/register/database.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct world w;

static int
begin(void **state)
{
	world_begin(&w);
	return 0;
}

static int
end(void **state)
{
	world_end(&w);
	return 0;
}

static size_t
count(const char *state)
{
	own_str char *query = xprintf("{\"what\":\"certificates\",\"state\":\"%s\"}", state);
	own(json_t) *list = world_list(&w, query);

	return json_array_size(json_object_get(list, "items"));
}

static bool
on_crl(const char *serial)
{
	own_struct(buf) der = buf_new(1 << 20);
	own_struct(buf) want = buf_new(64);
	own_str char *path = world_path(&w, "public/crl/0.crl");
	struct err e;

	assert_done(hex_get(&want, span_str(serial), &e), e);
	return file_read(&der, path, &e) && memmem(der.ptr, der.len, want.ptr, want.len) != NULL;
}

/* Reserved, then the token is gone: voided at once, the request waits again,
 * and once the token is back everything goes on. */
static void
the_token_is_away(void **state)
{
	own(json_t) *request = world_request(&w, "CB-000401", "H99.14");
	struct draft d = draft_approval(request);
	struct err e;

	world_stop(&w.hsm, SIGTERM);
	assert_false(world_order(&w, &d, NULL, &e));
	assert_true(e.class == ERR_LATER || e.class == ERR_TOKEN);
	assert_int_equal(count("reserved"), 0);
	assert_int_equal(count("void"), 1);
	world_start_hsm(&w);
	assert_done(world_order(&w, &d, NULL, &e), e);

	/* The next CRL, here that of a start, has the voided serial. */
	own(json_t) *list = world_list(&w, "{\"what\":\"certificates\",\"state\":\"void\"}");
	const char *serial = json_string_value(json_object_get(json_array_get(json_object_get(list, "items"), 0), "id"));

	assert_int_equal(WEXITSTATUS(world_stop_ca(&w, SIGTERM)), 0);
	assert_true(world_start_ca(&w, NULL, NULL));
	for (time_t until = 0; !on_crl(serial) && wait_more(&until);)
		;
	assert_true(on_crl(serial));
}

static void
the_register_is_killed(void **state)
{
	own(json_t) *request = world_request(&w, "CB-000402", "H99.14");
	struct draft d = draft_approval(request);
	own_struct(buf) cms = buf_new(ORDER_MAX);
	own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
	size_t active = count("active");
	struct err e;

	order_cms(&w, &d, &cms);
	world_stop(&w.reg, SIGKILL);
	assert_false(world_bytes(&w, CA_ORDER, buf_span(&cms), &text, &e));
	assert_int_equal(e.class, ERR_LATER);
	world_start_register(&w);
	/* The very same order, because it was never accepted. */
	assert_done(world_bytes(&w, CA_ORDER, buf_span(&cms), &text, &e), e);
	assert_int_equal(count("active"), active + 1);
}

static void
the_gate_is_away(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own_struct(buf) csr = buf_new(4096);
	own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
	own_str char *body = NULL;
	struct err e;

	csr_of(&csr, key);
	body = ask_text("official", "H99.14", "Người xin", "CB-000403", "Chuyên viên", buf_span(&csr));
	world_stop(&w.gate, SIGTERM);
	assert_false(world_text(&w, CA_REQUEST, body, &text, &e));
	assert_int_equal(e.class, ERR_LATER);
	world_start_gate(&w);
	assert_done(world_text(&w, CA_REQUEST, body, &text, &e), e);
}

static void
refuses_to_start(const char *name, const char *word)
{
	own_struct(buf) said = buf_new(1 << 20);
	own_str char *path = world_path(&w, "antin-ca.err");
	int status = 0;
	struct err e;

	unlink(path);
	assert_case(name, !world_start_ca(&w, NULL, &status));
	assert_case(name, WIFEXITED(status) && WEXITSTATUS(status) != 0);
	assert_done(file_read(&said, path, &e), e);
	if (strstr(buf_str(&said), word) == NULL)
		print_error("%s: %s\n", name, buf_str(&said));
	assert_case(name, strstr(buf_str(&said), word) != NULL);
}

static void
another_ceremony_is_refused(void **state)
{
	own_struct(buf) bundle = buf_new(CEREMONY_MAX);
	own_str char *path = world_path(&w, "ceremony.p7m");
	own_str char *root_path = world_path(&w, "root.crt");
	own_struct(buf) other = buf_new(1 << 16);
	struct err e;

	assert_done(file_read(&bundle, path, &e), e);
	world_stop_ca(&w, SIGTERM);
	bundle.ptr[bundle.len / 2] ^= 1;
	assert_done(file_write(path, buf_span(&bundle), 0600, &e), e);
	refuses_to_start("a changed bundle", "ceremony bundle");
	bundle.ptr[bundle.len / 2] ^= 1;
	assert_done(file_write(path, buf_span(&bundle), 0600, &e), e);
	cert_to_der(&other, w.issuing);
	assert_done(file_write(root_path, buf_span(&other), 0600, &e), e);
	refuses_to_start("another root", "ceremony bundle");
	assert_done(file_write(root_path, buf_span(&w.made.root), 0600, &e), e);
	assert_true(world_start_ca(&w, NULL, NULL));
}

/* Somebody with the disk takes a revocation back: no CRL without it is signed. */
static void
the_guard_stops_a_forgotten_revocation(void **state)
{
	world_stop_ca(&w, SIGTERM);
	world_stop(&w.reg, SIGTERM);
	w.broken = true;
	database_do(w.database, "UPDATE certificate SET state = 'active' WHERE state = 'void'");
	world_start_register(&w);
	refuses_to_start("forgotten", "CRL guard");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_token_is_away),
		cmocka_unit_test(the_register_is_killed),
		cmocka_unit_test(the_gate_is_away),
		cmocka_unit_test(another_ceremony_is_refused),
		cmocka_unit_test(the_guard_stops_a_forgotten_revocation),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
