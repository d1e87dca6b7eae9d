/* A key that others know: blocked for ever, and every certificate with it revoked
 * in the same act, or neither. */
#include "tests/base/test.h"

#include "base/file.h"
#include "tests/ca/world.h"
#include "verifier/crl.h"

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

/* SEC's order about this key; it takes somebody else's consent. */
static struct draft
block(char hex[2 * KEY_ID_LEN + 1], const EVP_PKEY *key, const json_t *with)
{
	struct draft d = { .by = SEC, .verb = "key.block", .id = hex };
	unsigned char id[KEY_ID_LEN];

	key_id_of(id, key);
	hex_text(hex, span_of(id, sizeof(id)));
	draft_with(&d, with);
	return d;
}

/* Asks for an official's certificate of this person with this key. */
static bool
ask(EVP_PKEY *key, const char *person, const char *title, json_t **out, struct err *e)
{
	own_struct(buf) csr = buf_new(4096), text = buf_new(CA_MESSAGE_MAX);
	own_str char *body = NULL;

	csr_of(&csr, key);
	body = ask_text("official", "H99.14", "Người lộ khóa", person, title, buf_span(&csr));
	return world_text(&w, CA_REQUEST, body, &text, e) && json_read(out, buf_span(&text), e);
}

/* As the published CRL has it; soon, for it is published after the order. */
static void
is_listed(const char *name, X509 *cert, int64_t invalidity)
{
	struct revocation r;

	assert_case(name, world_revoked(&w, cert, &r) && r.reason == 1 && r.invalidity == invalidity);
}

static void
blocks_that_are_refused(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(EVP_PKEY) *authority = X509_get_pubkey(w.issuing);
	const struct { const char *name, *id, *with; bool authority, hash; enum err_class class; const char *word; } rows[] = {
		{ .name = "no hash of a key", .id = "00ff", .class = ERR_INPUT, .word = "is no hash of a key" },
		{ .name = "the hash of something else", .hash = true, .class = ERR_CONFLICT, .word = "hash of subject" },
		{ .name = "a reason of one's own", .with = "{\"code\":\"superseded\"}", .class = ERR_INPUT, .word = "code" },
		{ .name = "known tomorrow", .with = "{\"invalidity\":\"2126-01-01T00:00:00Z\"}", .class = ERR_INPUT, .word = "future" },
		{ .name = "no time", .with = "{\"invalidity\":\"May\"}", .class = ERR_INPUT, .word = "invalidity" },
		{ .name = "the authority's own", .authority = true, .class = ERR_POLICY, .word = "own key" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(json_t) *with = NULL;
		char hex[2 * KEY_ID_LEN + 1];
		struct err e = { ERR_NONE, "" };
		struct draft d;

		assert_done(json_read(&with, span_str(rows[i].with == NULL ? "{}" : rows[i].with), &e), e);
		d = block(hex, rows[i].authority ? authority : key, with);
		d.id = rows[i].id == NULL ? d.id : rows[i].id;
		d.hash[0] ^= rows[i].hash;
		world_refused(rows[i].name, world_order(&w, &d, NULL, &e), &e, rows[i].class, rows[i].word);
	}
}

static void
a_blocked_key_has_no_certificate_and_gets_none(void **state)
{
	own(json_t) *with = json_pack("{s:s}", "invalidity", "2026-05-03T00:00:00Z");
	own(EVP_PKEY) *key = key_new();
	own(X509) *first = world_enrol(&w, "official", "H99.14", "Người lộ khóa", "CB-000400", "Chuyên viên", key);
	own(X509) *second = world_enrol(&w, "official", "H99.14", "Người lộ khóa", "CB-000400", "Phó phòng", key);
	own(json_t) *waiting = NULL, *again = NULL, *answer = NULL;
	const struct order_subject held = subject_of(second);
	char hex[2 * KEY_ID_LEN + 1];
	struct draft d = block(hex, key, with), approve = { .by = MAI, .verb = "cert.approve" }, hold = { .by = SEC, .verb = "cert.suspend", .subjects = &held, .nsubjects = 1 };
	struct err e;

	assert_done(ask(key, "CB-000400", "Trưởng phòng", &waiting, &e), e);
	/* One of the two is held, which does not save it. */
	assert_done(world_order(&w, &hold, NULL, &e), e);
	assert_done(world_order_of_two(&w, &d, NAM, &answer, &e), e);
	assert_int_equal(json_array_size(json_object_get(answer, "ids")), 2);
	is_listed("the first", first, INT64_C(1777766400));
	is_listed("the one that was held", second, INT64_C(1777766400));
	approve.id = json_string_value(json_object_get(waiting, "id"));
	hash_from_hex(approve.hash, waiting);
	world_refused("what waited", world_order(&w, &approve, NULL, &e), &e, ERR_CONFLICT, "not waiting");
	world_refused("asked for anew", ask(key, "CB-000400", "Giám đốc", &again, &e), &e, ERR_POLICY, "blocked for ever");
	world_refused("asked for by another", ask(key, "CB-000401", "Giám đốc", &again, &e), &e, ERR_POLICY, "blocked for ever");
	world_refused("blocked twice", world_order_of_two(&w, &d, NAM, NULL, &e), &e, ERR_CONFLICT, "blocked already");
}

static void
a_key_that_nobody_has_yet_is_blocked(void **state)
{
	own(json_t) *with = json_object(), *request = NULL;
	own(EVP_PKEY) *key = key_new();
	char hex[2 * KEY_ID_LEN + 1];
	struct draft d = block(hex, key, with);
	struct err e;

	assert_done(world_order_of_two(&w, &d, MAI, NULL, &e), e);
	world_refused("asked for later", ask(key, "CB-000402", "Chuyên viên", &request, &e), &e, ERR_POLICY, "blocked for ever");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_that_are_refused),
		cmocka_unit_test(a_blocked_key_has_no_certificate_and_gets_none),
		cmocka_unit_test(a_key_that_nobody_has_yet_is_blocked),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
