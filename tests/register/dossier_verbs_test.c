/* The verb dossier.event against a real database: what the law of a dossier's
 * steps refuses, what the public entry shows, what fsck says afterwards. */
#include "tests/base/test.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/ossl.h"
#include "register/client.h"
#include "register/fsck.h"
#include "register/lost.h"
#include "register/run.h"
#include "tests/register/database.h"
#include "tests/register/unit.h"

#include <unistd.h>

#define CODE_DAY 20387		/* 2025-10-26 */
#define A "H99.31.07-251026-0042"
#define B "H99.31.07-251026-0043"
#define C "H99.31.07-251026-0044"
#define NOTHING INT64_MIN

static char dir[] = "/tmp/antin-dossier-XXXXXX";
static char *database;
static struct runner *runner;
static int64_t named[200];	/* entries by the row that made them */

struct event { const char *code, *step; int64_t day, due; int corrects; const char *key, *agency, *kind; unsigned char handle; };

static void
put_int(struct reg_unit *u, const char *field, int64_t v)
{
	if (v == NOTHING)
		reg_null(u, field);
	else
		reg_int(u, field, v);
}

static void
put_event(struct reg_unit *u, const struct event *x, int64_t corrects)
{
	unsigned char handle[HANDLE_LEN];
	const char *kind = x->kind ?: "construction";

	memset(handle, x->handle != 0 ? x->handle : x->code[20], sizeof(handle));
	reg_verb(u, "dossier.event");
	reg_bytes(u, "handle", span_of(handle, sizeof(handle)));
	reg_text(u, "agency", x->agency ?: "H99.31.07");
	if (kind[0] == '\0')
		reg_null(u, "kind");
	else
		reg_text(u, "kind", kind);
	reg_text(u, "code", x->code);
	reg_int(u, "code_day", CODE_DAY);
	reg_text(u, "running", x->code + 17);
	reg_text(u, "step", x->step);
	reg_int(u, "day", x->day);
	put_int(u, "due", x->due);
	reg_text(u, "reason", "Nguyễn Văn A bổ sung bản vẽ");
	put_int(u, "corrects", corrects);
	reg_bytes(u, "program", span_str("program"));
	reg_text(u, "key", x->key);
	reg_bytes(u, "sha256", span_str("01234567890123456789012345678901"));
}

static int64_t
size_now(void)
{
	uint64_t seen = UINT64_MAX;

	return (int64_t)runner_wait_change(runner, &seen, 0);
}

/* word: NULL where it is recorded, else the first word of the sentence. */
struct row { const char *name; struct event x; enum err_class class; const char *word; };

static void
go(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		own_struct(reg_unit) u = reg_unit_new();
		own_str char *key = r->x.key != NULL ? xstrdup(r->x.key) : xprintf("%s %lld", r->name, (long long)size_now());
		struct event x = r->x;
		int64_t before = size_now();
		struct err e = { ERR_NONE, "" };
		bool done;

		x.key = key;
		put_event(&u, &x, x.corrects < 0 ? 1000000 : x.corrects > 0 ? named[x.corrects] : NOTHING);
		done = unit_run(runner, CALLER_SIGNER, &u, NULL, &e);
		if (done != (r->word == NULL) || (!done && (e.class != r->class || strncmp(e.text, r->word, strlen(r->word)) != 0 || e.text[strlen(r->word)] != ':')))
			print_error("%s: %s\n", r->name, done ? "recorded" : e.text);
		assert_case(r->name, done == (r->word == NULL));
		assert_case(r->name, done || (e.class == r->class && strncmp(e.text, r->word, strlen(r->word)) == 0));
		assert_case(r->name, size_now() == before + done);
		if (done)
			named[i + 1] = before;
	}
}

#define N NOTHING
#define D CODE_DAY

static void
begins_with_its_reception(void **state)
{
	static const struct row rows[] = {
		{ "paused, never received", { A, "paused", D + 1, N }, ERR_ABSENT, "not-received" },
		{ "resumed, never received", { A, "resumed", D + 1, N }, ERR_ABSENT, "not-received" },
		{ "returned, never received", { A, "returned", D + 1, N }, ERR_ABSENT, "not-received" },
		{ "refused, never received", { A, "refused", D + 1, N }, ERR_ABSENT, "not-received" },
		{ "done, never received", { A, "done", D + 1, N }, ERR_ABSENT, "not-received" },
		{ "no step", { A, "", D, D + 5 }, ERR_INPUT, "step-unknown" },
		{ "an unknown step", { A, "lost", D, D + 5 }, ERR_INPUT, "step-unknown" },
		{ "a step in capitals", { A, "Received", D, D + 5 }, ERR_INPUT, "step-unknown" },
		{ "a day before that of the code", { A, "received", D - 1, D + 5 }, ERR_INPUT, "day-of-code" },
		{ "a day behind that of the code", { A, "received", D + 1, D + 5 }, ERR_INPUT, "day-of-code" },
		{ "without a due day", { A, "received", D, N }, ERR_INPUT, "due-where" },
		{ "due before it came", { A, "received", D, D - 1 }, ERR_INPUT, "due-before" },
		{ "a correction of nothing", { A, "received", D, D + 5, -1 }, ERR_ABSENT, "not-received" },
		{ "received", { A, "received", D, D + 5 } },
		{ "received twice", { A, "received", D, D + 5 }, ERR_CONFLICT, "received-before" },
		{ "received twice under another handle", { A, "received", D, D + 5, .handle = 7 }, ERR_CONFLICT, "received-before" },
		{ "received twice by another agency", { A, "received", D, D + 5, .agency = "H99.14", .handle = 7 }, ERR_CONFLICT, "received-before" },
		{ "due on the same day", { B, "received", D, D } },
		{ "another agency's dossier", { A, "paused", D + 1, N, .agency = "H99.14" }, ERR_ABSENT, "not-received" },
		{ "another kind's dossier", { A, "paused", D + 1, N, .kind = "enterprise" }, ERR_ABSENT, "not-received" },
		{ "of no kind", { A, "paused", D + 1, N, .kind = "" }, ERR_ABSENT, "not-received" },
		{ "another dossier's handle", { A, "paused", D + 1, N, .handle = '3' }, ERR_ABSENT, "not-received" },
	};

	go(rows, COUNT(rows));
}

static void
moves_along_its_edges(void **state)
{
	static const struct row rows[] = {
		{ "resumed without a pause", { A, "resumed", D + 1, N }, ERR_CONFLICT, "step-order" },
		{ "a due day with a pause", { A, "paused", D + 1, D + 9 }, ERR_INPUT, "due-where" },
		{ "a due day with done", { A, "done", D + 1, D + 9 }, ERR_INPUT, "due-where" },
		{ "before it was received", { A, "paused", D - 1, N }, ERR_INPUT, "day-order" },
		{ "tomorrow's year", { A, "paused", 30000, N }, ERR_INPUT, "day-future" },
		{ "paused", { A, "paused", D + 2, N } },
		{ "paused twice", { A, "paused", D + 3, N }, ERR_CONFLICT, "step-order" },
		{ "done while paused", { A, "done", D + 3, N }, ERR_CONFLICT, "step-order" },
		{ "received again while paused", { A, "received", D, D + 5 }, ERR_CONFLICT, "received-before" },
		{ "resumed before the pause", { A, "resumed", D + 1, N }, ERR_INPUT, "day-order" },
		{ "resumed, due before that day", { A, "resumed", D + 4, D + 3 }, ERR_INPUT, "due-before" },
		{ "resumed with a new due day", { A, "resumed", D + 4, D + 9 } },
		{ "resumed twice", { A, "resumed", D + 4, N }, ERR_CONFLICT, "step-order" },
		{ "paused once more, the same day", { A, "paused", D + 4, N } },
		{ "resumed, the due day stays", { A, "resumed", D + 5, N } },
		{ "done", { A, "done", D + 6, N } },
		{ "done twice", { A, "done", D + 6, N }, ERR_CONFLICT, "step-order" },
		{ "paused after the end", { A, "paused", D + 7, N }, ERR_CONFLICT, "step-order" },
		{ "resumed after the end", { A, "resumed", D + 7, N }, ERR_CONFLICT, "step-order" },
		{ "returned after the end", { A, "returned", D + 7, N }, ERR_CONFLICT, "step-order" },
		{ "refused after the end", { A, "refused", D + 7, N }, ERR_CONFLICT, "step-order" },
		{ "received after the end", { A, "received", D, D + 5 }, ERR_CONFLICT, "received-before" },
		{ "returned", { B, "returned", D + 1, N } },
		{ "received after it was returned", { B, "received", D, D + 5 }, ERR_CONFLICT, "received-before" },
		{ "done after it was returned", { B, "done", D + 2, N }, ERR_CONFLICT, "step-order" },
		{ "refused after it was returned", { B, "refused", D + 2, N }, ERR_CONFLICT, "step-order" },
		{ "a correction of the first of two pauses", { A, "paused", D + 3, N, 6 }, ERR_CONFLICT, "corrects-other" },
		{ "a correction of the second", { A, "paused", D + 5, N, 14 } },
	};

	go(rows, COUNT(rows));
}

static void
corrections(void **state)
{
	static const struct row rows[] = {
		{ "received", { C, "received", D, D + 5 } },					/* 1 */
		{ "due later", { C, "received", D, D + 6, 1 } },				/* 2 */
		{ "what was corrected already", { C, "received", D, D + 7, 1 }, ERR_CONFLICT, "corrects-other" },
		{ "another day than the code's", { C, "received", D + 1, D + 7, 2 }, ERR_INPUT, "day-of-code" },
		{ "due before the day", { C, "received", D, D - 1, 2 }, ERR_INPUT, "due-before" },
		{ "another step", { C, "paused", D + 1, N, 2 }, ERR_CONFLICT, "corrects-other" },
		{ "an entry that is not there", { C, "received", D, D + 7, -1 }, ERR_CONFLICT, "corrects-other" },
		{ "another dossier's", { A, "received", D, D + 7, 2 }, ERR_CONFLICT, "corrects-other" },
		{ "paused", { C, "paused", D + 2, N } },					/* 9 */
		{ "the pause was a day later", { C, "paused", D + 3, N, 9 } },			/* 10 */
		{ "before it was received", { C, "paused", D - 1, N, 10 }, ERR_INPUT, "day-between" },
		{ "not come yet", { C, "paused", 30000, N, 10 }, ERR_INPUT, "day-future" },
		{ "due of a pause", { C, "paused", D + 3, D + 9, 10 }, ERR_INPUT, "due-where" },
		{ "the reception while paused", { C, "received", D, D + 8, 2 } },		/* 14 */
		{ "resumed", { C, "resumed", D + 5, N } },					/* 15 */
		{ "the pause, which would read as a new one", { C, "paused", D + 4, N, 10 }, ERR_CONFLICT, "corrects-later" },
		{ "resumed a day earlier", { C, "resumed", D + 4, D + 12, 15 } },		/* 17 */
		{ "resumed before the pause", { C, "resumed", D + 2, N, 17 }, ERR_INPUT, "day-between" },
		{ "done", { C, "done", D + 10, N } },						/* 19 */
		{ "the pause now, too late", { C, "paused", D + 5, N, 10 }, ERR_INPUT, "day-between" },
		{ "the pause now", { C, "paused", D + 4, N, 10 } },				/* 21 */
		{ "another dossier's pause", { A, "paused", D + 2, N, 10 }, ERR_CONFLICT, "corrects-other" },
		{ "done before it was resumed", { C, "done", D + 3, N, 19 }, ERR_INPUT, "day-between" },
		{ "done earlier", { C, "done", D + 8, N, 19 } },				/* 24 */
	};

	go(rows, COUNT(rows));
}

static void
once_a_key(void **state)
{
	static const struct row rows[] = {
		{ "a key", { "H99.31.07-251026-0045", "received", D, D + 5, .key = "k" } },
		{ "again", { "H99.31.07-251026-0045", "received", D, D + 5, .key = "k" }, ERR_CONFLICT, "key-used" },
		{ "for another", { "H99.31.07-251026-0046", "received", D, D + 5, .key = "k" }, ERR_CONFLICT, "key-used" },
	};

	go(rows, COUNT(rows));
}

static void
for_the_signer_alone(void **state)
{
	static const unsigned others[] = { CALLER_CA, CALLER_TSA, CALLER_VERIFIER };

	for (size_t i = 0; i < COUNT(others); i++) {
		own_struct(reg_unit) u = reg_unit_new();
		struct err e;

		put_event(&u, &(struct event){ "H99.31.07-251026-0047", "received", D, D + 5, .key = "other" }, NOTHING);
		assert_false(unit_run(runner, others[i], &u, NULL, &e));
		assert_int_equal(e.class, ERR_POLICY);
	}
}

static bool
take_row(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct buf *out = ctx;

	buf_put_str(out, out->len > 0 && c[0].type == REG_TEXT ? "; " : "");
	buf_put_span(out, c[0].s);
	return true;
}

/* The rows of one column, past the register. */
static void
ask(struct buf *out, const char *sql, enum reg_type type)
{
	struct store *s = NULL;
	struct err e;

	assert_done(store_open(&s, database, STORE_READ, &e), e);
	assert_done(store_run(s, sql, NULL, &type, 1, take_row, out, NULL, &e), e);
	store_free(s);
}

static void
what_stands(void **state)
{
	own_struct(buf) dossiers = buf_new(4096), steps = buf_new(4096);

	ask(&dossiers, "SELECT substr(code, 18) || ' ' || step || ' ' || (since - 20387) || ' ' || (due - 20387) || ' ' || steps FROM dossier ORDER BY code", REG_TEXT);
	ask(&steps, "SELECT s.step || ' ' || (s.day - 20387) FROM dossier_step s JOIN dossier d ON d.handle = s.handle WHERE d.code = '" C "' ORDER BY s.n", REG_TEXT);
	assert_string_equal(buf_str(&dossiers), "0042 done 6 9 6; 0043 returned 1 0 2; 0044 done 8 12 4; 0045 received 0 5 1");
	assert_string_equal(buf_str(&steps), "received 0; paused 4; resumed 4; done 8");
}

static void
take_public(struct span public, const char *step, int64_t *day, int64_t *due, struct span *running)
{
	struct cbor c = cbor_read(public);
	struct span s = SPAN_NONE;
	struct err e;
	size_t n = 0;

	*due = NOTHING;
	assert_done(cbor_get_array(&c, &n, "public", &e) && cbor_get_text(&c, &s, "step", &e) && cbor_get_int(&c, day, "day", &e), e);
	assert_true(span_eq_str(s, step) && (n == 3 || n == 4));
	if (n == 4)
		assert_done(cbor_get_int(&c, due, "due", &e), e);
	assert_done(cbor_get_text(&c, running, "running", &e) && cbor_end(&c, "public", &e), e);
}

static void
the_public_entry(void **state)
{
	static const struct { const char *code, *step; int64_t day, due; const char *running; } rows[] = {
		{ "H99.31.07-251026-0050", "received", D, D + 5, "0050" }, { "H99.31.07-251026-0050", "done", D + 1, N, "0050" },
	};
	unsigned char handle[HANDLE_LEN];

	memset(handle, '0', sizeof(handle));
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(reg_unit) u = reg_unit_new();
		int64_t idx = size_now(), day, due;
		own_str char *sql = xprintf("SELECT entry FROM log_entry WHERE idx = %lld", (long long)idx);
		own_struct(buf) octets = buf_new(1024);
		own_str char *key = xprintf("public %zu", i);
		struct span running;
		struct entry x;
		struct err e;

		put_event(&u, &(struct event){ rows[i].code, rows[i].step, rows[i].day, rows[i].due, .key = key }, NOTHING);
		assert_done(unit_run(runner, CALLER_SIGNER, &u, NULL, &e), e);
		ask(&octets, sql, REG_BYTES);
		assert_done(entry_read(&x, buf_span(&octets), &e), e);
		assert_int_equal(x.type, 19);
		assert_true(span_eq_str(x.org, "H99.31.07") && span_eq_str(x.category, "construction") && span_eq(x.handle, span_of(handle, sizeof(handle))));
		take_public(x.public_, rows[i].step, &day, &due, &running);
		assert_true(day == rows[i].day && due == rows[i].due && span_eq_str(running, rows[i].running));
	}
}

/* A row of the page's example. */
static void
page_row(struct buf *out, const char *page, const char *name)
{
	const char *at = strstr(page, "<!-- example: dossier -->");
	own_str char *begin = xprintf("\n%-8s", name);
	struct err e;

	assert_non_null(at);
	at = strstr(at, begin);
	assert_non_null(at);
	at += strlen(begin);
	assert_done(hex_get(out, span_of(at, strcspn(at, "\n")), &e), e);
}

static void
put_example(struct values *v, const unsigned char handle[HANDLE_LEN], const unsigned char program[SHA256_LEN], const unsigned char event[SHA256_LEN])
{
	values_span(v, "handle", REG_BYTES, span_of(handle, HANDLE_LEN));
	values_span(v, "agency", REG_TEXT, span_str("H99.31.07"));
	values_span(v, "kind", REG_TEXT, span_str("construction"));
	values_span(v, "code", REG_TEXT, span_str("H99.31.07-261026-0042"));
	values_int(v, "code_day", 20752);
	values_span(v, "running", REG_TEXT, span_str("0042"));
	values_span(v, "step", REG_TEXT, span_str("received"));
	values_int(v, "day", 20752);
	values_int(v, "due", 20762);
	values_null(v, "reason", REG_TEXT);
	values_null(v, "corrects", REG_INT);
	values_span(v, "program", REG_BYTES, span_of(program, SHA256_LEN));
	values_span(v, "key", REG_TEXT, span_str("event-1"));
	values_span(v, "sha256", REG_BYTES, span_of(event, SHA256_LEN));
}

/* The example of FORMATS.md, made from its words by the verb. */
static void
the_pages_example(void **state)
{
	own_struct(buf) page = buf_new(1 << 20), record = buf_new(4096), public = buf_new(1024), wanted = buf_new(4096), octets = buf_new(1024), salt = buf_new(100);
	unsigned char handle[HANDLE_LEN], program[SHA256_LEN], event[SHA256_LEN];
	const struct verb *verb = verb_find("dossier.event");
	struct values v = { .n = 0 };
	struct entry x, made;
	struct err e;

	for (unsigned i = 0; i < HANDLE_LEN; i++)
		handle[i] = (unsigned char)(16 + i);
	sha256(program, span_str("a program's key"));
	sha256(event, span_str("the event"));
	put_example(&v, handle, program, event);
	record_write(&record, verb, &v);
	assert_done(entry_of_fields(&made, &public, verb, &v, &e), e);
	assert_done(file_read(&page, SOURCE_DIR "/policy/FORMATS.md", &e), e);
	page_row(&wanted, buf_str(&page), "record");
	page_row(&octets, buf_str(&page), "entry");
	page_row(&salt, buf_str(&page), "salt");
	assert_true(span_eq(buf_span(&record), buf_span(&wanted)));
	assert_done(entry_read(&x, buf_span(&octets), &e) && entry_means(&x, buf_span(&record), salt.ptr, &e), e);
	assert_true(x.type == 19 && span_eq(x.public_, made.public_) && span_eq(x.handle, made.handle) && span_eq(x.org, made.org) && span_eq(x.category, made.category));
}

struct following { struct store *to; size_t lost; };

/* A reception is there whole, of what followed only the public entry is left. */
static bool
follow(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct following *f = ctx;
	struct entry x;

	if (!entry_read(&x, c[1].s, e))
		return false;
	if (x.prev < 0)
		return verb_replay(f->to, verb_find("dossier.event"), c[2].s, (uint64_t)c[0].i, x.time, e);
	f->lost++;
	return lost_project(f->to, &x, c[0].i, e);
}

static void
lines_of(struct buf *out, struct store *s, const char *sql)
{
	static const enum reg_type type[] = { REG_TEXT };
	struct err e;

	assert_done(store_run(s, sql, NULL, type, 1, take_row, out, NULL, &e), e);
}

/* What a restore makes of entries whose records are lost: the same dossiers, but
 * for the reasons. */
static void
the_public_entries_are_enough(void **state)
{
	static const enum reg_type types[] = { REG_INT, REG_BYTES, REG_BYTES };
	static const char *const tables[] = {
		"SELECT code || ' ' || steps || ' ' || step || ' ' || since || ' ' || due || ' ' || entry || ' ' || time FROM dossier ORDER BY code",
		"SELECT d.code || ' ' || s.n || ' ' || s.step || ' ' || s.day || ' ' || coalesce(s.due, 0) || ' ' || s.entry FROM dossier_step s JOIN dossier d ON d.handle = s.handle ORDER BY d.code, s.n",
	};
	struct following f = { .lost = 0 };
	struct store *from = NULL;
	struct err e;

	assert_done(store_open(&from, database, STORE_READ, &e) && store_open(&f.to, "", STORE_MEMORY, &e), e);
	assert_done(store_run(from, "SELECT idx, entry, record FROM log_entry ORDER BY idx", NULL, types, 3, follow, &f, NULL, &e), e);
	assert_true(f.lost > 10);
	for (size_t i = 0; i < COUNT(tables); i++) {
		own_struct(buf) is = buf_new(1 << 16), again = buf_new(1 << 16);

		lines_of(&is, from, tables[i]);
		lines_of(&again, f.to, tables[i]);
		assert_true(is.len > 0);
		assert_string_equal(buf_str(&again), buf_str(&is));
	}
	store_free(from);
	store_free(f.to);
}

/* Behind the register's back: each change is found, and undone again is right. */
static void
fsck_finds_it(void **state)
{
	static const struct { const char *change, *undo; } rows[] = {
		{ "UPDATE dossier SET since = since - 1 WHERE code = '" A "'", "UPDATE dossier SET since = since + 1 WHERE code = '" A "'" },
		{ "UPDATE dossier SET due = due + 1 WHERE code = '" A "'", "UPDATE dossier SET due = due - 1 WHERE code = '" A "'" },
		{ "UPDATE dossier SET step = 'refused' WHERE code = '" A "'", "UPDATE dossier SET step = 'done' WHERE code = '" A "'" },
		{ "UPDATE dossier SET running = '0001' WHERE code = '" A "'", "UPDATE dossier SET running = '0042' WHERE code = '" A "'" },
		{ "UPDATE dossier SET agency = 'H99.14' WHERE code = '" A "'", "UPDATE dossier SET agency = 'H99.31.07' WHERE code = '" A "'" },
		{ "UPDATE dossier_step SET day = day - 1 WHERE step = 'returned'", "UPDATE dossier_step SET day = day + 1 WHERE step = 'returned'" },
		{ "UPDATE dossier_step SET reason = NULL WHERE step = 'returned'", "UPDATE dossier_step SET reason = 'Nguyễn Văn A bổ sung bản vẽ' WHERE step = 'returned'" },
		{ "UPDATE dossier_event SET entry = entry + 100 WHERE key = 'k'", "UPDATE dossier_event SET entry = entry - 100 WHERE key = 'k'" },
		{ "INSERT INTO dossier_edge VALUES ('done', 'received')", "DELETE FROM dossier_edge WHERE from_step = 'done'" },
	};
	struct fsck f;
	struct err e;

	assert_done(fsck_run(&f, database, NULL, &e), e);
	for (size_t i = 0; i < COUNT(rows); i++) {
		database_do(database, rows[i].change);
		assert_case(rows[i].change, !fsck_run(&f, database, NULL, &e) && strstr(e.text, "dossier") != NULL);
		database_do(database, rows[i].undo);
		assert_case(rows[i].undo, fsck_run(&f, database, NULL, &e));
	}
}

static int
begin(void **state)
{
	struct err e;

	assert_non_null(mkdtemp(dir));
	database = database_new(dir);
	assert_done(runner_new(&runner, database, "test/register", &e), e);
	return 0;
}

static int
end(void **state)
{
	runner_stop(runner);
	database_remove(database);
	free(database);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_with_its_reception),
		cmocka_unit_test(moves_along_its_edges),
		cmocka_unit_test(corrections),
		cmocka_unit_test(once_a_key),
		cmocka_unit_test(for_the_signer_alone),
		cmocka_unit_test(what_stands),
		cmocka_unit_test(the_public_entry),
		cmocka_unit_test(the_pages_example),
		cmocka_unit_test(the_public_entries_are_enough),
		cmocka_unit_test(fsck_finds_it),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
