/* Erasing what never became a permit: by the right person, entry by entry, and
 * nothing that anybody may copy changes. */
#include "tests/base/test.h"

#include "base/file.h"
#include "register/copy.h"
#include "register/fsck.h"
#include "register/log_state.h"
#include "tests/register/database.h"
#include "tests/signer/world.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

static struct office o;
static json_t *decision;

static int
begin(void **state)
{
	office_begin(&o);
	decision = json_pack("{s:s}", "decision", "07/QĐ-TN");
	office_book(&o, "H99.31.07", "GPXD", 1);
	return 0;
}

static int
end(void **state)
{
	json_decref(decision);
	o.w.broken = true;	/* fsck there expects that nothing was erased; the last test does it */
	office_end(&o);
	return 0;
}

/* What the order is signed upon, out of the list. */
static void
listed_hash(unsigned char hash[SHA256_LEN], const char *state, const char *handle)
{
	own_str char *ask = xprintf("{\"state\":\"%s\"}", state);
	own(json_t) *list = NULL;
	json_t *item;
	struct err e;
	size_t i;

	assert_done(office_list(&o, &list, ask, &e), e);
	json_array_foreach(json_object_get(list, "items"), i, item)
		if (strcmp(json_string_value(json_object_get(item, "handle")), handle) == 0) {
			hash_from_hex(hash, item);
			return;
		}
	assert_true(!"it is listed");
}

struct try { const char *name, *handle, *state; EVP_PKEY *key; X509 *cert; const json_t *with; bool other_hash; };

static bool
erase(const struct try *t, struct err *e)
{
	struct order_subject subject = { .number = NULL };
	struct draft d = { .by = SEC, .key = t->key, .cert = t->cert, .verb = "permit.erase", .with = t->with, .subjects = &subject, .nsubjects = 1 };
	own_struct(buf) cms = buf_new(1 << 20);
	own(json_t) *answer = NULL;

	snprintf(subject.id, sizeof(subject.id), "%s", t->handle);
	listed_hash(subject.hash, t->state, t->handle);
	subject.hash[0] ^= t->other_hash;
	order_cms(&o.w, &d, &cms);
	return office_send_order(&o, &answer, buf_span(&cms), e);
}

static void
who_may_erase_what(void **state)
{
	own(json_t) *nothing = json_object();
	char draft[33], issued[33], twenty[33];

	office_draft(&o, draft, "gpxd-01", NULL);
	office_issued(&o, issued, "gpxd-01", NULL);
	office_issued(&o, twenty, "vpdd-01", NULL);

	const struct { struct try try; enum err_class class; const char *word; } cases[] = {
		{ { "the clerk", draft, "draft", o.staff[CLERK].key, o.staff[CLERK].cert, decision, false }, ERR_POLICY, "no appointment (security-officer)" },
		{ { "the officer", draft, "draft", o.staff[DIEP].key, o.staff[DIEP].cert, decision, false }, ERR_POLICY, "no appointment (security-officer)" },
		{ { "an approver", draft, "draft", o.w.admin[MAI].key, o.w.admin[MAI].cert, decision, false }, ERR_POLICY, "no appointment (security-officer)" },
		{ { "without a decision", draft, "draft", NULL, NULL, nothing, false }, ERR_INPUT, "names its decision" },
		{ { "another content", draft, "draft", NULL, NULL, decision, true }, ERR_CONFLICT, "another version" },
		{ { "an issued permit", issued, "issued", NULL, NULL, decision, false }, ERR_CONFLICT, "only what never became a permit is erased; this one is issued: construction is kept for ever" },
		{ { "one whose kind is kept for years", twenty, "issued", NULL, NULL, decision, false }, ERR_CONFLICT, "representative-office is kept for 20 years from its end, and has not ended" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { ERR_NONE, "" };

		office_refused(cases[i].try.name, erase(&cases[i].try, &e), &e, cases[i].class, cases[i].word);
		assert_case(cases[i].try.name, office_is(&o, draft, "draft") && office_is(&o, issued, "issued"));
	}
}

/* The octets of every bundle, as they were published. */
static void
published(struct buf *out)
{
	own_str char *path = world_path(&o.w, "public");
	own_str char *list = xprintf("find '%s/tile' -type f -exec sha256sum {} + | sort -k2", path);
	FILE *f = popen(list, "r");
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		buf_put_str(out, line);
	pclose(f);
}

static bool
holds(const char *file, const char *text)
{
	own_str char *path = world_path(&o.w, file);
	own_struct(buf) b = buf_new(256u << 20);
	struct err e;

	return file_read(&b, path, &e) && memmem(b.ptr, b.len, text, strlen(text)) != NULL;
}

static void
record_and_rows_go_and_the_log_stays(void **state)
{
	own_struct(buf) before = buf_new(1 << 20);
	own_struct(buf) after = buf_new(1 << 20);
	own_str char *public = world_path(&o.w, "public");
	struct hash path[MERKLE_PROOF_MAX], leaf;
	char draft[33], done[33];
	int64_t submitted, signed_at;
	struct tile_source source;
	struct store *store;
	struct fsck was, is;
	struct err e;
	size_t n;

	office_draft(&o, draft, "gpxd-02", NULL);
	office_signed(&o, done, "gpxd-02", NULL);
	submitted = office_number(&o, "SELECT entry FROM permit WHERE handle = $handle", done);
	signed_at = office_number(&o, "SELECT last FROM log_subject WHERE handle = $handle", done);
	assert_true(submitted > 0 && signed_at > submitted);
	assert_done(fsck_run(&was, o.w.database, public, &e), e);
	assert_int_equal(was.erased, 0);
	published(&before);

	const struct try tries[] = { { "a draft", draft, "draft", NULL, NULL, decision, false }, { "what an officer has signed", done, "signed", NULL, NULL, decision, false } };

	for (size_t i = 0; i < COUNT(tries); i++)
		assert_done(erase(&tries[i], &e), e);
	for (size_t i = 0; i < COUNT(tries); i++) {
		assert_int_equal(office_number(&o, "SELECT count(*) FROM permit WHERE handle = $handle", tries[i].handle), 0);
		assert_int_equal(office_number(&o, "SELECT count(*) FROM submission WHERE handle = $handle", tries[i].handle), 0);
	}
	assert_int_equal(database_int(o.w.database, "SELECT count(*) FROM log_entry WHERE record IS NULL AND salt IS NULL", NULL, -1), 3);

	/* Three entries say so and two are the orders (the authority may have made a
	 * list meanwhile); nothing else is missing. */
	assert_done(fsck_run(&is, o.w.database, public, &e), e);
	assert_true(is.erased == 3 && is.lost == 0 && is.entries >= was.entries + 5);

	/* What was published stands, octet for octet; more came. */
	published(&after);
	for (char *line = strtok((char *)buf_str(&before), "\n"); line != NULL; line = strtok(NULL, "\n"))
		assert_case(line, strstr(buf_str(&after), line) != NULL);

	/* Proofs of the erased entry, under the old root and the new. */
	assert_done(store_open(&store, o.w.database, STORE_READ, &e), e);
	source = (struct tile_source){ log_tile_get, store };
	assert_done(log_tile_get(store, 0, (uint64_t)submitted, 1, &leaf, &e), e);
	assert_done(merkle_prove_inclusion(path, &n, (uint64_t)submitted, was.entries, tile_node, &source, &e), e);
	assert_done(merkle_check_inclusion(&leaf, (uint64_t)submitted, was.entries, path, n, &was.root, &e), e);
	assert_done(merkle_prove_inclusion(path, &n, (uint64_t)submitted, is.entries, tile_node, &source, &e), e);
	assert_done(merkle_check_inclusion(&leaf, (uint64_t)submitted, is.entries, path, n, &is.root, &e), e);
	store_free(store);
}

/* Not in a free page of the file either. */
static void
not_in_the_file(void **state)
{
	static const char name[] = "Khối nhà B2 – Trung tâm thương mại";
	pid_t *all[] = { &o.signer, &o.tsa, &o.w.ca };

	if (database_is_server())
		skip();		/* a server's dead rows are its own, until its vacuum */
	for (size_t i = 0; i < COUNT(all); i++)
		world_stop(all[i], SIGTERM);
	world_stop(&o.w.reg, SIGTERM);
	assert_true(holds("state/register.db", "Nhà ở riêng lẻ"));	/* of one that was not erased */
	assert_false(holds("state/register.db", name));
	world_start_register(&o.w);
}

/* A copy of the register, one statement later. */
static bool
sound_after(const char *sql, struct err *e)
{
	own_str char *folder = world_path(&o.w, "copy");
	own_str char *copy = NULL;
	struct store *from, *to;
	struct values v = { .n = 0 };
	unsigned char salt[16] = { 0 };
	struct fsck f;
	bool good;

	assert_true(mkdir(folder, 0700) == 0 || errno == EEXIST);
	copy = database_new(folder);
	database_remove(copy);
	assert_done(store_open(&from, o.w.database, STORE_READ, e), *e);
	assert_done(store_open(&to, copy, STORE_WRITE, e) && store_copy(from, to, e), *e);
	assert_done(fsck_run(&f, copy, NULL, e), *e);
	values_span(&v, "record", REG_BYTES, span_of("", 1));
	values_span(&v, "salt", REG_BYTES, span_of(salt, sizeof(salt)));
	assert_done(store_do(to, sql, &v, e), *e);
	good = fsck_run(&f, copy, NULL, e);
	store_free(from);
	store_free(to);
	return good;
}

/* A record that is gone and named by nobody, and one that is named and there. */
static void
nothing_else_passes_for_erased(void **state)
{
	static const char *const sql[] = {
		"UPDATE log_entry SET record = NULL, salt = NULL WHERE idx = 3",
		"UPDATE log_entry SET record = $record, salt = $salt WHERE idx = (SELECT min(idx) FROM log_entry WHERE record IS NULL)",
	};
	struct err e;

	for (size_t i = 0; i < COUNT(sql); i++)
		assert_case(sql[i], !sound_after(sql[i], &e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_erase_what),
		cmocka_unit_test(record_and_rows_go_and_the_log_stays),
		cmocka_unit_test(not_in_the_file),
		cmocka_unit_test(nothing_else_passes_for_erased),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
