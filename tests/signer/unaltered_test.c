/* Whoever has the database's password, or the disk: each column of each table,
 * each row, each published file is altered, and fsck says which it was; and a
 * history made again from one end to the other, which only a checkpoint that
 * somebody has seen can tell.
 *
 * The city works on a file.  On PostgreSQL what is altered is altered in a copy of
 * the file, whose table then takes the place of the server's. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "hsm/log_memory.h"
#include "register/backup.h"
#include "register/copy.h"
#include "register/fsck.h"
#include "register/log_state.h"
#include "register/lost.h"
#include "register/publish.h"
#include "register/report_publish.h"
#include "register/restore.h"
#include "register/run.h"
#include "register/schema.h"
#include "tests/register/database.h"
#include "tests/signer/world.h"

#include <ftw.h>
#include <signal.h>
#include <sqlite3.h>
#include <unistd.h>

#define APART 1000003		/* what an altered number is off by */
#define KEYS_MAX 6
#define NAME_SHOWN 40		/* octets of a value in a refusal (register/store.c) */
#define ROWS_A_COLUMN 3
#ifdef __SANITIZE_ADDRESS__
#define SLOW true
#else
#define SLOW false
#endif

/* Columns that may be altered and nobody is deceived; each says why.  fsck must
 * not see them either, else they do not belong here. */
static const struct { const char *table, *column, *why; } harmless[] = {
	{ "session", "id", "a preparation that is not found is refused, and made again" },
	{ "session", "body", "what the officer signed is checked against what finish makes again from the permit" },
	{ "session", "expires", "the ticket, signed, says when it ends" },
	{ "ocsp", "signed", "not 0 is what it was; 0 has a whole batch made anew" },
	{ "log_witnessed", "as_of", "a proof that somebody takes home has each witness's own time" },
	{ "log_witness", "vkey", "each witness is asked anew, and says itself what it cosigned" },
	{ "log_witness", "size", "the same" },
	{ "log_witness", "time", "the same" },
	{ "log_split", "vkey", "a witness that holds another view says so again whenever it is asked" },
	{ "log_split", "size", "the same" },
	{ "log_split", "time", "the same" },
	{ "log_split", "sentence", "the same" },
	{ "log_split", "note", "the same" },
	{ "log_beat", "one", "a replica that hears of a later moment than it has refuses by its own age" },
	{ "log_beat", "time", "the same" },
	{ "publication", "seq", "the order in which files are written; each file is its row's" },
};

static struct office o;
static struct buf base;			/* the register as it is, one file */
static char *database, *public;		/* the copies that are altered */
static sqlite3 *db;
static bool on_server;
static char *server;			/* a schema of its own, which fsck judges instead of the file */
static char touched[64], dirty[64];	/* the table just altered; the one that the server has otherwise than base */

/*
 * A city at work.
 */

static void
stop_all(void)
{
	pid_t *all[] = { &o.signer, &o.tsa, &o.w.ca };

	for (size_t i = 0; i < COUNT(all); i++)
		world_stop(all[i], SIGTERM);
	world_stop(&o.w.reg, SIGTERM);
}

/* The database is lost with what came after its backup, and put back. */
static void
restore(const char *backup)
{
	own_str char *state = world_path(&o.w, "state"), *tiles = world_path(&o.w, "public");
	own_str char *command = xprintf("rm '%s'/register.db*", state);
	struct restore q = { .backup = backup, .state = state, .tiles = tiles };
	struct restored r;
	struct err e;

	stop_all();
	assert_int_equal(system(command), 0);
	assert_done(restore_run(&r, &q, &e), e);
	assert_true(r.count > 0);
	world_start_register(&o.w);
	assert_true(world_start_ca(&o.w, NULL, NULL));
	o.tsa = world_start_process(&o.w, "antin-tsa", "antin-tsa", false);
	office_start_signer(&o);
}

/* handle: a permit that an officer has signed. */
static void
lose_and_restore(const char *handle)
{
	own_str char *register_db = world_path(&o.w, "state/register.db"), *folder = world_path(&o.w, "backup");
	own_struct(backup) b = { .made = 0 };
	own(EVP_PKEY) *key = key_new();
	own(EVP_PKEY) *other = key_new();
	own(X509) *kept = NULL;
	own(X509) *gone = NULL;
	struct err e;

	assert_done(backup_make(&b, register_db, folder, clock_now(), &e), e);
	office_seal(&o, handle);
	kept = world_enrol(&o.w, "official", "H99", "Người Mới (thử nghiệm)", "CB-000091", "Chuyên viên", key);
	gone = world_enrol(&o.w, "official", "H99", "Người Đi (thử nghiệm)", "CB-000092", "Chuyên viên", other);
	office_certificate(&o, "cert.suspend", kept);
	office_block(&o, gone);
	restore(folder);
}

/* Lists are signed after they are recorded, and lost ones made again: none is left
 * unsigned, and no file is newer than its row, or has none yet (a lost delta's);
 * what changed last has its OCSP response. */
static void
wait_signed(void)
{
	own_str char *path = world_path(&o.w, "state/register.db");
	int64_t left = 1;
	struct store *s;
	struct err e;

	assert_done(store_open(&s, path, STORE_READ, &e), e);
	for (int i = 0; i < 1200 && left > 0; i++, usleep(50000))
		assert_done(store_int(s, "SELECT (SELECT count(*) FROM crl WHERE der IS NULL) + (SELECT count(*) FROM status_list WHERE cwt IS NULL) + "
		    "(SELECT count(*) FROM publication WHERE NOT (" LOST_IS_CURRENT ")) + (SELECT count(*) FROM list_lost WHERE kind = 'ocsp-delta' AND "
		    "number > (SELECT coalesce(max(number), 0) FROM ocsp WHERE follows IS NOT NULL AND signed <> 0)) + "
		    "(SELECT count(*) FROM ocsp AS o WHERE signed = 0 AND number = (SELECT max(number) FROM ocsp WHERE shard = o.shard)) + "
		    "(SELECT count(*) FROM certificate WHERE max(coalesce(issued_entry, 0), coalesce(ended_entry, 0)) >= "
		    "(SELECT coalesce(max(size), 0) FROM ocsp WHERE signed <> 0))", NULL, 0, &left, &e), e);
	assert_int_equal(left, 0);
	store_free(s);
}

static void
report_dossiers(void)
{
	static const char *const report[] = { "report", NULL };
	static const char events[] = "{\"dossier\":\"H99.31.07-251026-0042\",\"step\":\"received\",\"day\":\"2025-10-26\",\"due\":\"2025-11-05\",\"kind\":\"construction\"}\n"
	    "{\"dossier\":\"H99.31.07-251026-0042\",\"step\":\"paused\",\"day\":\"2025-10-28\",\"reason\":\"Chờ bản vẽ\"}\n"
	    "{\"dossier\":\"H99.31.07-251026-0042\",\"step\":\"resumed\",\"day\":\"2025-10-30\",\"due\":\"2025-11-07\"}\n"
	    "{\"dossier\":\"000.00.14.H99-251026-0007\",\"step\":\"received\",\"day\":\"2025-10-26\",\"due\":\"2025-11-05\"}\n";
	own(json_t) *answer = NULL;
	char program[65];
	struct err e;

	office_program_with(&o, program, "H99", "*", report, clock_now() + 86400);
	assert_done(office_report(&o, &answer, program, "city", events, &e), e);
	assert_int_equal(json_integer_value(json_object_get(answer, "done")), 4);
}

static void
register_token(const char *serial, const char *state)
{
	own(json_t) *with = json_pack("{s:s, s:s, s:s, s:s}", "model", "thẻ thử nghiệm", "person", "CB-000094", "agency", "H99", "state", state);
	struct draft d = { .by = MAI, .verb = "token.register", .id = serial };
	struct err e;

	draft_with(&d, with);
	assert_done(world_order(&o.w, &d, NULL, &e), e);
}

/* On the same key: a request, a reservation and a certificate of its own, and the end
 * of the old one.  A renewal is the same without that end, and years away. */
static void
change_title(void)
{
	own(json_t) *with = json_pack("{s:[{s:s}]}", "changes", "title", "Phó phòng");
	own(EVP_PKEY) *key = key_new();
	own(X509) *cert = world_enrol(&o.w, "official", "H99", "Người Đổi (thử nghiệm)", "CB-000093", "Chuyên viên", key);
	const struct order_subject subject = subject_of(cert);
	struct draft d = { .by = MAI, .verb = "cert.modify", .with = with, .subjects = &subject, .nsubjects = 1 };
	struct err e;

	assert_done(world_order(&o.w, &d, NULL, &e), e);
}

/* Every permit so far gets an archive time stamp. */
static void
renew(void)
{
	own_str char *path = world_path(&o.w, "state/register.db");
	int64_t left = 1;
	struct store *s;
	struct err e;

	office_renew_from_now(&o);
	office_next_stamper(&o);
	world_stop(&o.signer, SIGTERM);
	office_start_signer(&o);
	assert_done(store_open(&s, path, STORE_READ, &e), e);
	for (int i = 0; i < 1200 && left > 0; i++, usleep(50000))
		assert_done(store_int(s, "SELECT count(*) FROM permit p WHERE issued_entry IS NOT NULL AND NOT EXISTS (SELECT 1 FROM permit_renewal r WHERE r.handle = p.handle)", NULL, 1, &left, &e), e);
	assert_int_equal(left, 0);
	store_free(s);
}

/* The other sample's works have a plot; and a parcel. */
static json_t *
works_with_a_place(void)
{
	own_str char *text = office_sample("gpxd-02", NULL);
	own(json_t) *sample = NULL;
	json_t *works;
	struct err e;

	assert_done(json_read(&sample, span_str(text), &e), e);
	works = json_object_get(sample, "cong_trinh");
	json_object_set_new(works, "thua_dat", json_pack("[s]", "26734/27/318"));
	return json_pack("{s:O}", "cong_trinh", works);
}

/* Signed by HOA, whose key was lost by then, and reaffirmed. */
static void
reaffirm(void)
{
	char handle[33], with[160], today[TIME_TEXT];

	office_appoint(&o, HOA, "officer", "H99", "KT.", "*", NULL);
	office_draft(&o, handle, "gpxd-01", NULL);
	office_sign(&o, HOA, handle);
	office_seal(&o, handle);
	office_lose_key(&o, o.staff[HOA].cert);
	date_text(today, day_in_vietnam(clock_now()));
	snprintf(with, sizeof(with), "{\"decision\":\"512/QĐ-UBND\",\"decided\":\"%s\"}", today);
	office_acted(&o, handle, "permit.reaffirm", with, 0);
}

static void
work(void)
{
	own(json_t) *decision = json_pack("{s:s}", "decision", "512/QĐ-SCT");
	char one[33], two[33], newer[33], both[33], given[33], signed_[33], draft[33], program[65];
	struct permit_order withdraw = { CLERK, "permit.withdraw", (const char *const[]){ two }, 1, decision };
	own(json_t) *answer = NULL, *works = works_with_a_place();
	struct err e;

	office_book(&o, "H99.31.07", "GPXD", 245);
	for (int year = 1940; year < 2020; year++)
		assert_done(office_open_book(&o, CLERK, "H99.31.07", "GPXD", year, 1, &e), e);
	office_signed(&o, one, "gpxd-01", NULL);
	office_signed(&o, two, "gpxd-01", NULL);
	office_signed(&o, given, "vpdd-01", "99-00100-01");
	office_signed(&o, signed_, "gpxd-01", NULL);
	office_draft(&o, draft, "gpxd-01", NULL);
	office_seal(&o, one);
	office_seal(&o, two);
	office_seal(&o, given);
	assert_done(office_order(&o, &answer, &withdraw, &e), e);
	office_amended(&o, newer, one, "gpxd-01", works);
	office_sign(&o, DIEP, newer);
	office_seal(&o, newer);
	renew();
	reaffirm();
	office_draft_well(&o, both);
	office_sign(&o, TL, both);
	office_sign(&o, DIEP, both);
	office_program(&o, program, "H99.14", "*", clock_now() + 86400);
	report_dossiers();
	office_authorise(&o, NOBODY, DIEP, "H99", "construction");
	office_dismiss(&o, BLIK);
	office_block(&o, o.staff[NOBODY].cert);
	office_certificate(&o, "cert.suspend", o.staff[TL].cert);
	office_certificate(&o, "cert.resume", o.staff[TL].cert);
	office_certificate(&o, "cert.suspend", o.staff[TL].cert);
	office_revoke(&o, o.staff[TL].cert);
	office_certificate(&o, "cert.suspend", o.w.admin[LOCAL].cert);
	change_title();
	register_token("TK-1", "held");
	register_token("TK-2", "held");
	register_token("TK-2", "lost");
	lose_and_restore(signed_);
}

/* One that was prepared and never finished. */
static void
leave_a_session(void)
{
	own(json_t) *answer = NULL;
	char draft[33];
	struct err e;

	office_draft(&o, draft, "gpxd-01", NULL);
	assert_done(office_prepare(&o, &answer, o.staff[DIEP].cert, (const char *const[]){ draft }, 1, &e), e);
}

/* The day's reports, as antin-register makes and publishes them. */
static void
make_reports(const char *path)
{
	static const char origin[] = "xacthuc.hoagiang.example/register";
	own_str char *folder = world_path(&o.w, "public");
	own_str char *key = world_path(&o.w, "run/antin-hsm-log.register.sock");
	static struct publisher *publisher;	/* as long as the process, as everywhere */
	struct reporter *reporter;
	struct runner *runner;
	struct err e;

	assert_done(runner_new(&runner, path, origin, &e), e);
	assert_done(publisher_new(&publisher, runner, folder, origin, key, &e), e);
	assert_done(reporter_new(&reporter, runner, folder, 0, clock_now(), &e), e);
	assert_done(publisher_flush(publisher, &e), e);
	assert_done(reporter_make(reporter, &e), e);
	assert_done(publisher_flush(publisher, &e), e);
	publisher_start(publisher);
	publisher_stop(publisher);
	reporter_stop(reporter);
	runner_stop(runner);
}

static void
copy_public(void)
{
	own_str char *from = world_path(&o.w, "public");
	own_str char *command = xprintf("rm -rf '%s' && cp -r '%s' '%s'", public, from, public);

	assert_int_equal(system(command), 0);
}

static sqlite3_stmt *prepare_(const char *sql);

/* The columns' values as a server reads them in SQL. */
static void
put_literals(struct buf *sql, const char *table)
{
	own_str char *info = xprintf("PRAGMA table_info(%s)", table);
	sqlite3_stmt *s = prepare_(info);

	while (sqlite3_step(s) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(s, 1), *type = (const char *)sqlite3_column_text(s, 2);

		if (sqlite3_column_int(s, 0) > 0)
			buf_put_str(sql, " || ', ' || ");
		if (strcmp(type, "BLOB") == 0)
			buf_printf(sql, "CASE WHEN %s IS NULL THEN 'NULL' ELSE '''\\x' || hex(%s) || '''' END", name, name);
		else
			buf_printf(sql, "quote(%s)", name);
	}
	sqlite3_finalize(s);
}

/* The file's table as it is now takes the place of the server's. */
static void
follow(const char *table)
{
	own_struct(buf) literals = buf_new(1 << 16);
	own_struct(buf) script = buf_new(256u << 20);
	own_str char *sql = NULL;
	sqlite3_stmt *s;

	put_literals(&literals, table);
	sql = xprintf("SELECT %s FROM %s", buf_str(&literals), table);
	buf_printf(&script, "BEGIN; DELETE FROM %s;\n", table);
	for (s = prepare_(sql); sqlite3_step(s) == SQLITE_ROW;) {
		buf_printf(&script, "INSERT INTO %s VALUES (", table);
		buf_put(&script, sqlite3_column_text(s, 0), (size_t)sqlite3_column_bytes(s, 0));
		buf_put_str(&script, ");\n");
	}
	sqlite3_finalize(s);
	buf_put_str(&script, "COMMIT");
	database_do(server, buf_str(&script));
}

/* A copy whose administrator has taken its constraints away. */
static char *
copy_to_server(const char *path)
{
	static const char free_hand[] = "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conname, conrelid::regclass AS t FROM pg_constraint "
	    "WHERE connamespace = current_schema()::regnamespace AND contype IN ('c', 'f') LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.t, c.conname); END LOOP; END $$";
	struct store *from, *to;
	struct err e;
	char *name;

	setenv("ANTIN_DATABASE", "postgres", 1);
	name = database_new(NULL);
	unsetenv("ANTIN_DATABASE");
	assert_done(store_open(&from, path, STORE_READ, &e), e);
	assert_done(store_open(&to, name, STORE_WRITE, &e), e);
	assert_done(store_copy(from, to, &e), e);
	store_free(from);
	store_free(to);
	database_do(name, free_hand);
	return name;
}

/* What an office has whose log is witnessed, and replicated. */
static void
remember_witnesses(sqlite3 *live)
{
	static const char rows[] = "INSERT INTO log_witness SELECT 'w1.example+00000000+AA', size, 1700000000 FROM log_published; "
	    "INSERT INTO log_witnessed SELECT 1, size, 1700000000, note FROM log_published; "
	    "INSERT INTO log_split SELECT 'w2.example+00000000+AA', size, 1700000000, 'another view', note FROM log_published; "
	    "INSERT INTO log_beat VALUES (1, 1700000000)";
	own_str char *folder = world_path(&o.w, "public");
	own_str char *command = xprintf("cp '%s/checkpoint' '%s/checkpoint.witnessed'", folder, folder);

	assert_int_equal(sqlite3_exec(live, rows, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(system(command), 0);
}

static int
begin(void **state)
{
	own_str char *path = NULL;
	sqlite3 *live;
	struct err e;

	office_begin(&o);
	work();
	leave_a_session();
	wait_signed();
	stop_all();
	path = world_path(&o.w, "state/register.db");
	make_reports(path);
	database = world_path(&o.w, "altered.db");
	public = world_path(&o.w, "altered-public");
	assert_int_equal(sqlite3_open(path, &live), SQLITE_OK);
	assert_int_equal(sqlite3_exec(live, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL), SQLITE_OK);
	remember_witnesses(live);
	sqlite3_close(live);
	base = buf_new(64u << 20);
	assert_done(file_read(&base, path, &e), e);
	copy_public();
	if (on_server) {
		server = copy_to_server(path);
		snprintf(dirty, sizeof(dirty), "session");	/* which is never copied */
	}
	return 0;
}

static int
end(void **state)
{
	world_start_register(&o.w);
	buf_drop(&base);
	free(database);
	free(public);
	free(server);
	office_end(&o);
	return 0;
}

/*
 * Altering.
 */

/* The register as it is, open to somebody who heeds no constraint. */
static void
fresh(void)
{
	FILE *f = fopen(database, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(base.ptr, 1, base.len, f), base.len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA ignore_check_constraints = 1; PRAGMA foreign_keys = 0; PRAGMA synchronous = 0; PRAGMA journal_mode = MEMORY", NULL, NULL, NULL), SQLITE_OK);
	if (server != NULL && dirty[0] != '\0')
		follow(dirty);
	dirty[0] = '\0';
}

static bool
sound(struct fsck *f, struct err *e)
{
	if (server != NULL && touched[0] != '\0') {
		follow(touched);
		memcpy(dirty, touched, sizeof(dirty));
	}
	touched[0] = '\0';
	sqlite3_close(db);
	db = NULL;
	return fsck_run(f, on_server ? server : database, public, e);
}

static sqlite3_stmt *
prepare_(const char *sql)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		print_error("%s: %s\n", sqlite3_errmsg(db), sql);
	assert_non_null(s);
	return s;
}

struct column { char name[64], type[16]; bool may_be_null; };
struct table_of { char name[64]; struct column column[40]; unsigned columns, key[KEYS_MAX], keys; int64_t rows; };

static void
look_at_table(struct table_of *t, const char *name)
{
	own_str char *sql = xprintf("PRAGMA table_info(%s)", name);
	own_str char *count = xprintf("SELECT count(*) FROM %s", name);
	sqlite3_stmt *s = prepare_(sql);

	*t = (struct table_of){ .columns = 0 };
	snprintf(t->name, sizeof(t->name), "%s", name);
	while (sqlite3_step(s) == SQLITE_ROW) {
		struct column *c = &t->column[t->columns];
		int key = sqlite3_column_int(s, 5);

		snprintf(c->name, sizeof(c->name), "%s", (const char *)sqlite3_column_text(s, 1));
		snprintf(c->type, sizeof(c->type), "%s", (const char *)sqlite3_column_text(s, 2));
		c->may_be_null = sqlite3_column_int(s, 3) == 0 && key == 0;
		if (key > 0) {
			t->key[key - 1] = t->columns;
			t->keys++;
		}
		t->columns++;
	}
	sqlite3_finalize(s);
	s = prepare_(count);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	t->rows = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
}

/* A row's values, in the table's order; kept by the statement. */
static sqlite3_stmt *
row_at(const struct table_of *t, int64_t n)
{
	own_struct(buf) sql = buf_new(4096);
	sqlite3_stmt *s;

	buf_printf(&sql, "SELECT * FROM %s ORDER BY ", t->name);
	for (unsigned i = 0; i < t->keys; i++)
		buf_printf(&sql, "%s%s", i > 0 ? ", " : "", t->column[t->key[i]].name);
	buf_printf(&sql, " LIMIT 1 OFFSET %lld", (long long)n);
	s = prepare_(buf_str(&sql));
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	return s;
}

static void
put_named(struct buf *b, sqlite3_value *v)
{
	const void *p = sqlite3_value_blob(v);
	size_t len = (size_t)sqlite3_value_bytes(v);

	len = len < NAME_SHOWN ? len : NAME_SHOWN;
	if (sqlite3_value_type(v) == SQLITE_BLOB)
		hex_put(b, span_of(p, len));
	else
		buf_put(b, p, len);
}

/* Its key as a refusal writes it; an entry has a name of its own. */
static char *
name_of(const struct table_of *t, sqlite3_stmt *row)
{
	own_struct(buf) b = buf_new(1024);

	if (strcmp(t->name, "log_entry") == 0)
		buf_put_str(&b, "entry ");
	for (unsigned i = 0; i < t->keys; i++) {
		buf_put_str(&b, i > 0 ? ", " : "");
		put_named(&b, sqlite3_column_value(row, (int)t->key[i]));
	}
	return xstrdup(buf_str(&b));
}

static char *
name_at(const struct table_of *t, int64_t n)
{
	sqlite3_stmt *row = row_at(t, n);
	char *name = name_of(t, row);

	sqlite3_finalize(row);
	return name;
}

/* Another value of the column's type. */
static void
bind_altered(sqlite3_stmt *to, int at, sqlite3_stmt *row, unsigned column, const char *type)
{
	own_struct(buf) b = buf_new(64u << 20);

	if (strcmp(type, "INTEGER") == 0) {
		sqlite3_bind_int64(to, at, sqlite3_column_int64(row, (int)column) + APART);
		return;
	}
	buf_put(&b, sqlite3_column_blob(row, (int)column) ?: "", (size_t)sqlite3_column_bytes(row, (int)column));
	if (strcmp(type, "TEXT") == 0) {
		buf_put_byte(&b, 'x');
		sqlite3_bind_text(to, at, (const char *)b.ptr, (int)b.len, SQLITE_TRANSIENT);
	} else {
		if (b.len == 0)
			buf_put_byte(&b, 0);
		b.ptr[b.len - 1] ^= 1;
		sqlite3_bind_blob(to, at, b.ptr, (int)b.len, SQLITE_TRANSIENT);
	}
}

static void
bind_keys(sqlite3_stmt *to, int from, const struct table_of *t, sqlite3_stmt *row)
{
	for (unsigned i = 0; i < t->keys; i++)
		sqlite3_bind_value(to, from + (int)i, sqlite3_column_value(row, (int)t->key[i]));
}

static void
put_where(struct buf *sql, const struct table_of *t)
{
	for (unsigned i = 0; i < t->keys; i++)
		buf_printf(sql, "%s%s = ?", i > 0 ? " AND " : " WHERE ", t->column[t->key[i]].name);
	buf_put_str(sql, " RETURNING *");
}

/* A statement that ends in RETURNING *: the row's name as it is then. */
static char *
run_one_row(const struct table_of *t, sqlite3_stmt *s)
{
	int r = sqlite3_step(s);
	char *name;

	if (r != SQLITE_ROW)
		print_error("%s: %s\n", sqlite3_errmsg(db), sqlite3_sql(s));
	assert_int_equal(r, SQLITE_ROW);
	name = name_of(t, s);
	assert_int_equal(sqlite3_step(s), SQLITE_DONE);
	sqlite3_finalize(s);
	snprintf(touched, sizeof(touched), "%s", t->name);
	return name;
}

enum how { ALTER, TAKE_AWAY };	/* a value; TAKE_AWAY: null */

static char *
alter_value(const struct table_of *t, int64_t n, unsigned column, enum how how)
{
	own_struct(buf) sql = buf_new(4096);
	sqlite3_stmt *row = row_at(t, n), *s;
	char *name;

	buf_printf(&sql, "UPDATE %s SET %s = ?", t->name, t->column[column].name);
	put_where(&sql, t);
	s = prepare_(buf_str(&sql));
	if (how == ALTER)
		bind_altered(s, 1, row, column, t->column[column].type);
	bind_keys(s, 2, t, row);
	name = run_one_row(t, s);
	sqlite3_finalize(row);
	return name;
}

static char *
delete_row(const struct table_of *t, int64_t n)
{
	own_struct(buf) sql = buf_new(4096);
	sqlite3_stmt *row = row_at(t, n), *s;
	char *name;

	buf_printf(&sql, "DELETE FROM %s", t->name);
	put_where(&sql, t);
	s = prepare_(buf_str(&sql));
	bind_keys(s, 1, t, row);
	name = run_one_row(t, s);
	sqlite3_finalize(row);
	return name;
}

static bool
is_unique(const struct table_of *t, unsigned column)
{
	static const char *const unique[] = { "short_code", "voice_code", "sha256", "idx", "number", "code", "entry" };

	for (unsigned i = 0; i < t->keys; i++)
		if (t->key[i] == column)
			return true;
	for (size_t i = 0; i < COUNT(unique); i++)
		if (strcmp(t->column[column].name, unique[i]) == 0)
			return true;
	return false;
}

/* The same row once more, under another name. */
static char *
add_row(const struct table_of *t, int64_t n)
{
	own_struct(buf) sql = buf_new(4096);
	sqlite3_stmt *row = row_at(t, n), *s;
	char *name;

	buf_printf(&sql, "INSERT INTO %s VALUES (", t->name);
	for (unsigned i = 0; i < t->columns; i++)
		buf_put_str(&sql, i > 0 ? ", ?" : "?");
	buf_put_str(&sql, ") RETURNING *");
	s = prepare_(buf_str(&sql));
	for (unsigned i = 0; i < t->columns; i++)
		if (is_unique(t, i) && sqlite3_column_type(row, (int)i) != SQLITE_NULL)
			bind_altered(s, (int)i + 1, row, i, t->column[i].type);
		else
			sqlite3_bind_value(s, (int)i + 1, sqlite3_column_value(row, (int)i));
	name = run_one_row(t, s);
	sqlite3_finalize(row);
	return name;
}

static void
rename_row(const struct table_of *t, sqlite3_stmt *row, sqlite3_stmt *to, bool aside)
{
	own_struct(buf) sql = buf_new(4096);
	sqlite3_stmt *s;

	buf_printf(&sql, "UPDATE %s SET ", t->name);
	for (unsigned i = 0; i < t->keys; i++)
		buf_printf(&sql, "%s%s = ?", i > 0 ? ", " : "", t->column[t->key[i]].name);
	put_where(&sql, t);
	s = prepare_(buf_str(&sql));
	bind_keys(s, 1, t, to);
	if (aside)
		bind_altered(s, 1, to, t->key[0], t->column[t->key[0]].type);
	bind_keys(s, 1 + (int)t->keys, t, row);
	free(run_one_row(t, s));
}

/* The first row and the last take each other's names: what each said is still
 * there, said of another. */
static void
swap_rows(const struct table_of *t)
{
	own_struct(buf) sql = buf_new(4096);
	sqlite3_stmt *first = row_at(t, 0), *last = row_at(t, t->rows - 1), *aside;

	rename_row(t, first, first, true);
	buf_printf(&sql, "SELECT ");
	for (unsigned i = 0; i < t->columns; i++)
		buf_printf(&sql, "%s?", i > 0 ? ", " : "");
	aside = prepare_(buf_str(&sql));
	for (unsigned i = 0; i < t->columns; i++)
		sqlite3_bind_value(aside, (int)i + 1, sqlite3_column_value(first, (int)i));
	bind_altered(aside, (int)t->key[0] + 1, first, t->key[0], t->column[t->key[0]].type);
	assert_int_equal(sqlite3_step(aside), SQLITE_ROW);
	rename_row(t, last, first, false);
	rename_row(t, aside, last, false);
	sqlite3_finalize(aside);
	sqlite3_finalize(first);
	sqlite3_finalize(last);
}

/*
 * What fsck must say.
 */

static bool
is_harmless(const char *table, const char *column)
{
	for (size_t i = 0; i < COUNT(harmless); i++)
		if (strcmp(harmless[i].table, table) == 0 && strcmp(harmless[i].column, column) == 0)
			return true;
	return false;
}

static bool
all_harmless(const struct table_of *t)
{
	for (unsigned i = 0; i < t->columns; i++)
		if (!is_harmless(t->name, t->column[i].name))
			return false;
	return true;
}

/* row and now: its names before and after. */
static void
must_name(const char *what, const struct table_of *t, const char *row, const char *now, bool passed, const struct err *e)
{
	bool named = !passed && (strstr(e->text, row) != NULL || strstr(e->text, now) != NULL) &&
	    (strstr(e->text, t->name) != NULL || strcmp(t->name, "log_entry") == 0);

	if (!named)
		print_error("%s, row %s: fsck %s\n", what, row, passed ? "sees nothing" : e->text);
	assert_true(named);
}

/* A signature taken away from a list that is not the last is told, not refused:
 * a process that ended leaves the same. */
static bool
told_missing(const struct fsck *f, const struct table_of *t, const char *row)
{
	own_str char *want = xprintf("%s %s", t->name, row);

	return f->derived.missing == 1 && strcmp(f->derived.missing_last, want) == 0;
}

/* Is a refusal to say which column it is?  A key's is the row's name; entries and
 * tiles are hashes all over. */
static bool
column_is_named(const struct table_of *t, unsigned column)
{
	own_str char *word = xprintf(", %s,", t->column[column].name);
	const struct table *flags;

	for (unsigned i = 0; i < t->keys; i++)
		if (t->key[i] == column)
			return false;
	for (size_t i = 0; (flags = table_nth(i)) != NULL; i++) {
		own_str char *committed = xprintf(", %s,", flags->committed ?: "");

		if (strcmp(flags->name, t->name) == 0)
			return !flags->log && strstr(committed, word) != NULL;
	}
	return false;
}

static void
try_value(const struct table_of *t, int64_t n, unsigned column, enum how how)
{
	own_str char *what = xprintf("%s.%s %s", t->name, t->column[column].name, how == ALTER ? "altered" : "taken away");
	own_str char *row = NULL;
	own_str char *now = NULL;
	struct fsck f;
	struct err e;
	bool passed;

	fresh();
	row = name_at(t, n);
	now = alter_value(t, n, column, how);
	passed = sound(&f, &e);
	if (is_harmless(t->name, t->column[column].name))
		assert_case(what, passed);
	else if (!(passed && how == TAKE_AWAY && told_missing(&f, t, row)))
		must_name(what, t, row, now, passed, &e);
	if (!passed && column_is_named(t, column))
		assert_case(what, strstr(e.text, t->column[column].name) != NULL);
}

static void
try_row(const struct table_of *t, int64_t n, char *(*act)(const struct table_of *, int64_t), const char *word)
{
	own_str char *what = xprintf("%s: a row %s", t->name, word);
	own_str char *row = NULL;
	struct fsck f;
	struct err e;
	bool passed;

	fresh();
	row = act(t, n);
	passed = sound(&f, &e);
	if (all_harmless(t))
		assert_case(what, passed);
	else
		must_name(what, t, row, row, passed, &e);
}

static void
try_swap(const struct table_of *t)
{
	own_str char *what = xprintf("%s: two rows swapped", t->name);
	own_str char *first = NULL;
	own_str char *last = NULL;
	struct fsck f;
	struct err e;
	bool passed;

	fresh();
	first = name_at(t, 0);
	last = name_at(t, t->rows - 1);
	swap_rows(t);
	passed = sound(&f, &e);
	must_name(what, t, first, last, passed, &e);
}

/* Which rows of a table: the first, the middle, the last. */
static unsigned
rows_of(const struct table_of *t, int64_t at[ROWS_A_COLUMN])
{
	const int64_t wish[] = { t->rows / 2, t->rows - 1, 0 };
	unsigned n = 0;

	for (unsigned i = 0; i < (SLOW || on_server ? 1 : ROWS_A_COLUMN) && (int64_t)n < t->rows; i++)
		at[n++] = wish[i];
	return n;
}

typedef void each_table(const struct table_of *);

static void
for_each_table(each_table *act)
{
	static char names[64][64];
	unsigned n = 0;
	sqlite3_stmt *s;

	fresh();
	s = prepare_("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name");
	while (sqlite3_step(s) == SQLITE_ROW)
		snprintf(names[n++], sizeof(names[0]), "%s", (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	sqlite3_close(db);
	assert_true(n >= 18);
	for (unsigned i = 0; i < n; i++) {
		struct table_of t;

		fresh();
		look_at_table(&t, names[i]);
		sqlite3_close(db);
		if (t.rows == 0)
			print_error("the city made no row of %s\n", names[i]);
		assert_true(t.rows > 0);
		act(&t);
	}
}

static void
alter_columns(const struct table_of *t)
{
	int64_t at[ROWS_A_COLUMN];
	unsigned n = rows_of(t, at);

	for (unsigned i = 0; i < n; i++)
		for (unsigned c = 0; c < t->columns; c++) {
			sqlite3_stmt *row;
			bool null;

			fresh();
			row = row_at(t, at[i]);
			null = sqlite3_column_type(row, (int)c) == SQLITE_NULL;
			sqlite3_finalize(row);
			sqlite3_close(db);
			try_value(t, at[i], c, ALTER);
			if (t->column[c].may_be_null && !null)
				try_value(t, at[i], c, TAKE_AWAY);
		}
}

static void
alter_rows(const struct table_of *t)
{
	int64_t at[ROWS_A_COLUMN];
	unsigned n = rows_of(t, at);

	for (unsigned i = 0; i < n; i++) {
		try_row(t, at[i], delete_row, "taken away");
		try_row(t, at[i], add_row, "added");
	}
	if (t->rows > 1 && t->keys < t->columns && !all_harmless(t))
		try_swap(t);
}

static void
test_as_it_is(void **state)
{
	struct fsck f;
	struct err e;

	fresh();
	assert_done(sound(&f, &e), e);
	assert_true(f.entries > TILE_WIDTH && f.published == f.entries && f.derived.missing == 0 && f.derived.signatures > 2);
}

static void
test_every_column(void **state)
{
	for_each_table(alter_columns);
}

static void
test_every_row(void **state)
{
	for_each_table(alter_rows);
}

/* Every committed column is one of the schema's, and none of them harmless. */
static void
test_the_list_is_the_schema(void **state)
{
	const struct table *t;

	for (size_t i = 0; (t = table_nth(i)) != NULL; i++) {
		own_str char *columns = xstrdup(t->committed);
		char *rest = columns;
		struct table_of is;

		fresh();
		look_at_table(&is, t->name);
		sqlite3_close(db);
		assert_case(t->name, is.keys == (t->keys > 0 ? t->keys : 1));
		for (char *word = strtok_r(columns, ", ", &rest); word != NULL; word = strtok_r(NULL, ", ", &rest)) {
			bool known = false;

			for (unsigned c = 0; c < is.columns; c++)
				known |= strcmp(is.column[c].name, word) == 0;
			assert_case(word, known && !is_harmless(t->name, word));
		}
	}
	for (size_t i = 0; i < COUNT(harmless); i++)
		assert_true(harmless[i].why[0] != '\0');
}

/*
 * Files.
 */

static unsigned files_tried;

static void
refused_file(const char *path, const char *what)
{
	struct fsck f;
	struct err e;
	bool passed;

	fresh();
	passed = sound(&f, &e);
	if (passed || strstr(e.text, path + strlen(public)) == NULL)
		print_error("%s %s: fsck %s\n", path, what, passed ? "sees nothing" : e.text);
	assert_true(!passed && strstr(e.text, path + strlen(public)) != NULL);
}

static void
write_octets(const char *path, struct span s)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(s.ptr, 1, s.len, f), s.len);
	fclose(f);
}

static int
alter_file(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	own_struct(buf) b = buf_new(1 << 24);
	struct err e;

	if (kind != FTW_F)
		return 0;
	/* The partial tiles of earlier checkpoints are many of a kind. */
	if (strstr(path, ".p/") != NULL && files_tried % 7 != 0 && files_tried++ < UINT32_MAX)
		return 0;
	files_tried++;
	assert_done(file_read(&b, path, &e), e);
	b.ptr[b.len / 2] ^= 1;
	write_octets(path, buf_span(&b));
	refused_file(path, "altered");
	b.ptr[b.len / 2] ^= 1;
	write_octets(path, span_of(b.ptr, b.len - 1));
	refused_file(path, "cut");
	write_octets(path, buf_span(&b));
	return 0;
}

static void
test_every_file(void **state)
{
	copy_public();
	files_tried = 0;
	assert_int_equal(nftw(public, alter_file, 16, FTW_PHYS), 0);
	assert_true(files_tried > 10);
	copy_public();
}

static void
test_files_missing_and_more(void **state)
{
	static const char *const needed[] = { "checkpoint", "log.vkey", "tile/0/000", "tile/entries/000", "tile/1/000.p/1", "crl/0.crl", "status/1.cwt", "ca/issuing.crt" };
	static const char *const planted[] = { "tile/0/000.p/256", "tile/0/0", "tile/entries/000.p/1x", "tile/9/000", "tile/readme" };
	struct fsck f;
	struct err e;

	for (size_t i = 0; i < COUNT(needed); i++) {
		own_str char *path = xprintf("%s/%s", public, needed[i]);

		copy_public();
		assert_case(needed[i], unlink(path) == 0);
		refused_file(path, "taken away");
	}
	for (size_t i = 0; i < COUNT(planted); i++) {
		own_str char *path = xprintf("%s/%s", public, planted[i]);
		own_str char *folder = xprintf("mkdir -p \"$(dirname '%s')\"", path);

		copy_public();
		assert_int_equal(system(folder), 0);
		write_octets(path, span_str("x"));
		refused_file(path, "planted");
	}
	/* A file that a process began and never renamed is nobody's. */
	copy_public();
	own_str char *begun = xprintf("%s/tile/0/000.p/9.Zx81bQ", public);
	own_str char *folder = xprintf("mkdir -p '%s/tile/0/000.p'", public);

	assert_int_equal(system(folder), 0);
	write_octets(begun, span_str("half"));
	fresh();
	assert_done(sound(&f, &e), e);
	copy_public();
}

/*
 * Everything made again.
 */

struct forged { struct store *real, *db; struct log_state *state; int64_t victim; };

/* One letter of what the permit's holder is called. */
static void
falsify(struct buf *record)
{
	static const char field[] = "holder";
	unsigned char *at = memmem(record->ptr, record->len, field, sizeof(field) - 1);

	assert_non_null(at);
	at += sizeof(field) + 1;	/* its head of one octet or two, and into it */
	while (*at != 'n' && *at != 'N')
		at++;
	*at = 'm';
}

static void
put_entry(const struct forged *f, int64_t idx, struct span entry, struct span record, struct span salt)
{
	struct values v = { .n = 0 };
	struct err e;

	values_int(&v, "idx", idx);
	values_span(&v, "entry", REG_BYTES, entry);
	if (salt.len > 0) {
		values_span(&v, "record", REG_BYTES, record);
		values_span(&v, "salt", REG_BYTES, salt);
	} else {
		values_null(&v, "record", REG_BYTES);
		values_null(&v, "salt", REG_BYTES);
	}
	assert_done(store_do(f->db, "INSERT INTO log_entry (idx, entry, record, salt) VALUES ($idx, $entry, $record, $salt)", &v, &e), e);
}

static void
put_subject(const struct forged *f, struct span handle, int64_t idx)
{
	struct values v = { .n = 0 };
	struct err e;

	values_span(&v, "handle", REG_BYTES, handle);
	values_int(&v, "last", idx);
	if (handle.len > 0)
		assert_done(store_do(f->db, "INSERT INTO log_subject (handle, last) VALUES ($handle, $last) ON CONFLICT (handle) DO UPDATE SET last = excluded.last", &v, &e), e);
}

static bool
forge_entry(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct forged *f = ctx;
	own_struct(buf) record = buf_new(1 << 24);
	own_struct(buf) octets = buf_new(2 * ENTRY_MAX);
	const struct verb *verb;
	struct values fields;
	struct entry x;
	struct hash leaf;

	buf_put_span(&record, c[2].s);
	assert_done(entry_read(&x, c[1].s, e), *e);
	if (c[0].i == f->victim)
		falsify(&record);
	if (!c[2].null)
		entry_commit(x.commit, c[3].s.ptr, buf_span(&record));
	assert_done(entry_write(&octets, &x, e), *e);
	merkle_leaf(&leaf, buf_span(&octets));
	put_entry(f, c[0].i, buf_span(&octets), buf_span(&record), c[3].s);
	put_subject(f, x.handle, c[0].i);
	assert_done(log_state_append(f->state, f->db, &leaf, e), *e);
	f->state->time = x.time;
	if (c[2].null)
		return lost_project(f->db, &x, c[0].i, e);
	assert_done(record_read(&fields, &verb, buf_span(&record), e), *e);
	return verb_replay(f->db, verb, buf_span(&record), (uint64_t)c[0].i, x.time, e);
}

/* The whole register, as if the holder had always been called otherwise. */
static void
forge(struct forged *f, const char *path)
{
	static const enum reg_type types[] = { REG_INT, REG_BYTES, REG_BYTES, REG_BYTES };
	own_str char *copy = NULL;
	struct err e;

	fresh();
	assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_done(store_open(&f->real, database, STORE_READ, &e), e);
	assert_done(store_open(&f->db, path, STORE_WRITE, &e), e);
	assert_done(store_int(f->real, "SELECT min(entry) FROM permit", NULL, -1, &f->victim, &e), e);
	assert_true(f->victim > 0);
	assert_done(store_do(f->db, "BEGIN", NULL, &e), e);
	assert_done(store_run(f->real, "SELECT idx, entry, record, salt FROM log_entry ORDER BY idx", NULL, types, 4, forge_entry, f, NULL, &e), e);
	assert_done(log_state_save(f->state, f->db, &e), e);
	assert_done(store_do(f->db, "COMMIT", NULL, &e), e);
	/* What is derived is true of both. */
	copy = xprintf("ATTACH '%s' AS real; INSERT INTO publication SELECT * FROM real.publication; "
	    "UPDATE crl SET der = (SELECT r.der FROM real.crl AS r WHERE r.number = crl.number); "
	    "UPDATE ocsp SET signed = (SELECT r.signed FROM real.ocsp AS r WHERE r.number = ocsp.number); "
	    "UPDATE status_list SET cwt = (SELECT r.cwt FROM real.status_list AS r WHERE r.number = status_list.number)", database);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, copy, NULL, NULL, NULL) != SQLITE_OK)
		print_error("%s\n", sqlite3_errmsg(db));
	assert_int_equal(sqlite3_errcode(db), SQLITE_OK);
	sqlite3_close(db);
}

static void
test_everything_made_again(void **state)
{
	own_str char *path = world_path(&o.w, "forged.db");
	own_str char *where = NULL;
	struct forged f = { .state = xalloc(sizeof(*f.state)) };
	struct tile_source real, forged;
	struct hash proof[MERKLE_PROOF_MAX], leaf, seen, root;
	struct fsck was, is;
	uint64_t size;
	struct err e;
	size_t n;

	fresh();
	assert_done(sound(&was, &e), e);
	forge(&f, path);
	real = (struct tile_source){ log_tile_get, f.real };
	forged = (struct tile_source){ log_tile_get, f.db };

	where = on_server ? copy_to_server(path) : xstrdup(path);
	/* By itself it is one consistent history. */
	assert_done(fsck_run(&is, where, NULL, &e), e);
	assert_true(is.entries == was.entries && !hash_eq(&is.root, &was.root));

	/* What is published is of the other. */
	assert_false(fsck_run(&is, where, public, &e));
	assert_string_equal(e.text, "the published checkpoint's root is not this log's");

	/* Any checkpoint that somebody has seen, from the altered entry on: no proof leads from it to what is there now. */
	for (size = (uint64_t)f.victim + 1; size < was.entries; size += 7) {
		assert_done(merkle_root_of(&seen, size, tile_node, &real, &e), e);
		assert_done(merkle_prove_consistency(proof, &n, size, was.entries, tile_node, &forged, &e), e);
		assert_false(merkle_check_consistency(size, was.entries, &seen, &is.root, proof, n, &e));
	}
	/* Before it both are the same log. */
	assert_done(merkle_root_of(&seen, (uint64_t)f.victim, tile_node, &real, &e), e);
	assert_done(merkle_root_of(&root, (uint64_t)f.victim, tile_node, &forged, &e), e);
	assert_true(hash_eq(&seen, &root));

	/* The log's key remembers what it signed, and signs no other history. */
	struct log_memory memory = { .last = { .origin = "log.example", .size = (uint64_t)f.victim + 1 } };
	struct checkpoint next = { .origin = "log.example", .size = was.entries, .root = was.root };

	assert_done(merkle_root_of(&memory.last.root, memory.last.size, tile_node, &real, &e), e);
	assert_done(merkle_prove_consistency(proof, &n, memory.last.size, was.entries, tile_node, &real, &e), e);
	assert_done(log_memory_allows(&memory, &next, span_of(proof, n * HASH_LEN), &e), e);
	assert_done(merkle_root_of(&next.root, was.entries, tile_node, &forged, &e), e);
	assert_done(merkle_prove_consistency(proof, &n, memory.last.size, was.entries, tile_node, &forged, &e), e);
	assert_false(log_memory_allows(&memory, &next, span_of(proof, n * HASH_LEN), &e));

	/* The citizen's proof of that entry leads to the old root alone. */
	assert_done(log_tile_get(f.real, 0, (uint64_t)f.victim, 1, &leaf, &e), e);
	assert_done(merkle_prove_inclusion(proof, &n, (uint64_t)f.victim, was.entries, tile_node, &real, &e), e);
	assert_done(merkle_check_inclusion(&leaf, (uint64_t)f.victim, was.entries, proof, n, &was.root, &e), e);
	assert_false(merkle_check_inclusion(&leaf, (uint64_t)f.victim, was.entries, proof, n, &next.root, &e));
	store_free(f.real);
	store_free(f.db);
	free(f.state);
}

int
main(void)
{
	const struct CMUnitTest rows[] = {
		cmocka_unit_test(test_as_it_is),
		cmocka_unit_test(test_the_list_is_the_schema),
		cmocka_unit_test(test_every_column),
		cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_everything_made_again),
	};
	const struct CMUnitTest files[] = { cmocka_unit_test(test_every_file), cmocka_unit_test(test_files_missing_and_more) };

	on_server = database_is_server();
	unsetenv("ANTIN_DATABASE");
	/* Files are the same whatever the database. */
	return cmocka_run_group_tests(rows, begin, on_server ? end : NULL) != 0 || (!on_server && cmocka_run_group_tests(files, NULL, end) != 0);
}
