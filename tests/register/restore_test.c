/* A backup is made while the register works, and put back; what was published
 * after it comes back from tiles that nobody trusts.  The tiles here are written
 * by this test out of the database's rows, signed with a key of its own. */
#include "tests/base/test.h"

#include "base/file.h"
#include "base/ossl.h"
#include "register/backup.h"
#include "register/client.h"
#include "register/fsck.h"
#include "register/hold.h"
#include "register/move.h"
#include "register/restore.h"
#include "register/run.h"
#include "register/store.h"
#include "register/tile.h"
#include "tests/register/database.h"
#include "tests/register/unit.h"

#include <pthread.h>
#include <unistd.h>

#define ORIGIN "test.example/log"

static char dir[] = "/tmp/antin-restore-XXXXXX";
static struct runner *runner;
static EVP_PKEY *log_key;
static struct note_key log_public;
static char vkey[300];

static const char *
in_dir(const char *name)
{
	static char path[8][300];
	static unsigned at;

	at = (at + 1) % 8;
	snprintf(path[at], sizeof(path[at]), "%s/%s", dir, name);
	return path[at];
}

static void
shell(const char *format, const char *a, const char *b)
{
	own_str char *command = xprintf(format, a, b);

	assert_int_equal(system(command), 0);
}

/*
 * Where it is put back: a file in the state, or a server that has nothing yet.
 */

static char *place;

static const char *
restored_place(void)
{
	return place != NULL ? place : in_dir("back/register.db");
}

static int
nothing_there(void **state)
{
	shell("rm -rf %s/back && mkdir %s/back", dir, dir);
	free(place);
	place = database_is_server() ? database_new(dir) : NULL;
	return 0;
}

static bool
is_there(void)
{
	struct store *s = NULL;
	int64_t n = 0;
	struct err e;

	if (place == NULL)
		return access(in_dir("back/register.db"), F_OK) == 0;
	/* Whether the schema was made already is no matter. */
	assert_done(store_open(&s, place, STORE_WRITE, &e), e);
	assert_done(store_int(s, "SELECT size FROM log_head", NULL, 0, &n, &e), e);
	store_free(s);
	return n != 0;
}

static int64_t
look(const char *database, const char *sql, const struct values *v)
{
	struct store *s = NULL;
	int64_t n;
	struct err e;

	assert_done(store_open(&s, database, STORE_READ, &e), e);
	assert_done(store_int(s, sql, v, INT64_MIN, &n, &e), e);
	store_free(s);
	return n;
}

/*
 * Work.
 */

static struct span
id_of(unsigned char id[20], unsigned n)
{
	memset(id, 0x40, 20);
	id[18] = (unsigned char)(n >> 8);
	id[19] = (unsigned char)n;
	return span_of(id, 20);
}

/* Sixteen octets: a handle, a request, an order. */
static struct span
handle_of(unsigned char id[20], unsigned n)
{
	return span_of(id_of(id, n).ptr + 4, 16);
}

static bool
open_book(const char *agency, const char *book, int64_t next, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();

	reg_verb(&u, "book.open");
	reg_text(&u, "agency", agency);
	reg_text(&u, "book", book);
	reg_int(&u, "year", 2026);
	reg_int(&u, "next", next);
	return unit_run(runner, CALLER_SIGNER, &u, NULL, e);
}

static bool
submit(unsigned n, const char *agency, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	own_str char *key = xprintf("k%u", n);
	unsigned char id[20];

	reg_verb(&u, "permit.submit");
	reg_bytes(&u, "handle", handle_of(id, n));
	reg_text(&u, "kind", "construction");
	reg_text(&u, "agency", agency);
	reg_text(&u, "dossier", "d");
	reg_text(&u, "holder", "h");
	reg_null(&u, "given");
	reg_null(&u, "valid_to");
	reg_bytes(&u, "content", span_str("content"));
	reg_bytes(&u, "program", span_str("p"));
	reg_text(&u, "key", key);
	reg_bytes(&u, "sha256", span_str("s"));
	reg_int(&u, "received_day", 20000);
	return unit_run(runner, CALLER_SIGNER, &u, NULL, e);
}

static void
put_about(struct reg_unit *u, const char *verb, unsigned n, const char *agency)
{
	unsigned char id[20];

	reg_verb(u, verb);
	reg_bytes(u, "handle", handle_of(id, n));
	reg_text(u, "agency", agency);
	reg_text(u, "kind", "construction");
}

static void
put_signing(struct reg_unit *u, unsigned n, const char *agency, const char *officers, const char *person)
{
	put_about(u, "permit.officer_signed", n, agency);
	reg_bytes(u, "officers", span_str(officers));
	reg_text(u, "person", person);
	reg_bytes(u, "serial", span_str("s"));
}

static bool
officer_signs(unsigned n, const char *agency, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();

	put_signing(&u, n, agency, "o", "CB");
	return unit_run(runner, CALLER_SIGNER, &u, NULL, e);
}

/* The first of two officers, then the second. */
static bool
two_sign(unsigned n, const char *agency, struct err *e)
{
	for (int turn = 1; turn <= 2; turn++) {
		own_struct(reg_unit) u = reg_unit_new();

		put_signing(&u, n, agency, turn == 1 ? "o1" : "o1o2", turn == 1 ? "CB1" : "CB2");
		reg_int(&u, "turn", turn);
		reg_int(&u, "waits", turn == 1);
		if (!unit_run(runner, CALLER_SIGNER, &u, NULL, e))
			return false;
	}
	return true;
}

static bool
reserve(unsigned n, const char *agency, const char *book, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	own_str char *code = xprintf("C%u", n), *voice = xprintf("V%u", n);

	put_about(&u, "permit.reserve_allotted", n, agency);
	reg_text(&u, "book", book);
	reg_int(&u, "year", 2026);
	reg_int(&u, "day", 20000);
	reg_text(&u, "pattern_before", "");
	reg_int(&u, "pattern_width", 1);
	reg_text(&u, "pattern_after", "/X");
	reg_text(&u, "short_code", code);
	reg_text(&u, "voice_code", voice);
	reg_bytes(&u, "officers_sha256", span_str("o"));
	return unit_run(runner, CALLER_SIGNER, &u, NULL, e);
}

static int64_t
number_of(unsigned n)
{
	own_str char *sql = xprintf("SELECT CAST(replace(number, '/X', '') AS INTEGER) FROM permit WHERE short_code = 'C%u'", n);

	return look(runner_database(runner), sql, NULL);
}

static bool
issue(unsigned n, const char *agency, const char *book, int64_t idx, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	unsigned char id[20];

	put_about(&u, "permit.issue", n, agency);
	reg_int(&u, "list", 1);
	reg_int(&u, "idx", idx);
	reg_int(&u, "day", 20000);
	reg_text(&u, "book", book);
	reg_int(&u, "year", 2026);
	reg_int(&u, "n", number_of(n));
	reg_bytes(&u, "issuance", span_str("i"));
	reg_bytes(&u, "sealed", span_str("x"));
	reg_bytes(&u, "sha256", handle_of(id, n));
	return unit_run(runner, CALLER_SIGNER, &u, NULL, e);
}

/* Its submission, or what came last of it. */
static int64_t
entry_of(unsigned n, bool last)
{
	struct values v = { .n = 0 };
	unsigned char id[20];

	values_span(&v, "handle", REG_BYTES, handle_of(id, n));
	return look(runner_database(runner), last ? "SELECT last FROM log_subject WHERE handle = $handle" : "SELECT entry FROM permit WHERE handle = $handle", &v);
}

static bool
erase(unsigned n, const char *agency, int64_t idx, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	unsigned char id[20];

	put_about(&u, "permit.erase", n, agency);
	reg_int(&u, "idx", idx);
	reg_bytes(&u, "order_id", handle_of(id, n));
	return unit_run(runner, CALLER_SIGNER, &u, NULL, e);
}

static bool
withdraw(unsigned n, const char *agency, int64_t idx, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();

	put_about(&u, "permit.withdraw", n, agency);
	reg_int(&u, "list", 1);
	reg_int(&u, "idx", idx);
	reg_int(&u, "status", 1);
	reg_int(&u, "from", 20001);
	reg_text(&u, "decision", "1/QĐ");
	reg_text(&u, "reason", "r");
	return unit_run(runner, CALLER_SIGNER, &u, NULL, e);
}

static void
must_seal(unsigned n, const char *agency, const char *book, int64_t idx)
{
	struct err e;

	assert_done(submit(n, agency, &e) && officer_signs(n, agency, &e) && reserve(n, agency, book, &e) && issue(n, agency, book, idx, &e), e);
}

static bool
request(unsigned n, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	unsigned char id[20];

	reg_verb(&u, "request.submit");
	reg_null(&u, "token");
	reg_null(&u, "mail");
	reg_bytes(&u, "id", handle_of(id, n));
	reg_text(&u, "facts", "{}");
	reg_bytes(&u, "csr", span_str("c"));
	reg_bytes(&u, "key_id", handle_of(id, n));
	reg_text(&u, "profile", "official");
	reg_null(&u, "person");
	reg_text(&u, "agency", "H99");
	return unit_run(runner, CALLER_CA, &u, NULL, e);
}

static bool
certify(unsigned n, bool issued, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	unsigned char id[20], serial[20];

	reg_verb(&u, "cert.reserve");
	reg_text(&u, "org", "H99");
	reg_bytes(&u, "serial", id_of(serial, n));
	reg_bytes(&u, "request", handle_of(id, n));
	reg_text(&u, "profile", "official");
	reg_null(&u, "person");
	reg_text(&u, "name", "n");
	reg_text(&u, "agency", "H99");
	reg_bytes(&u, "key_id", handle_of(id, n));
	reg_bytes(&u, "tbs", span_str("t"));
	reg_int(&u, "not_before", 0);
	reg_int(&u, "not_after", 4000000000);
	reg_int(&u, "generation", 1);
	reg_int(&u, "commits", 0);
	if (!issued)
		return unit_run(runner, CALLER_CA, &u, NULL, e);
	reg_verb(&u, "cert.issue");
	reg_text(&u, "org", "H99");
	reg_text(&u, "profile", "official");
	reg_bytes(&u, "request", handle_of(id, n));
	reg_bytes(&u, "serial", id_of(serial, n));
	reg_int(&u, "not_after", 4000000000);
	reg_int(&u, "generation", 1);
	reg_bytes(&u, "der", span_str("d"));
	return unit_run(runner, CALLER_CA, &u, NULL, e);
}

static bool
end_certificate(const char *verb, unsigned n, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	unsigned char id[20], serial[20];

	reg_verb(&u, verb);
	reg_text(&u, "org", "H99");
	reg_text(&u, "profile", "official");
	reg_bytes(&u, "request", handle_of(id, n));
	reg_bytes(&u, "serial", id_of(serial, n));
	reg_int(&u, "not_after", 4000000000);
	reg_int(&u, "reason", 1);
	reg_int(&u, "date", 1000 + n);
	if (strcmp(verb, "cert.revoke") == 0)
		reg_null(&u, "invalidity");
	reg_int(&u, "shard", 0);
	return unit_run(runner, CALLER_CA, &u, NULL, e);
}

static bool
put_list(const char *verb, const char *kind, int64_t number, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	bool crl = strcmp(kind, "crl") == 0;
	uint64_t seen = UINT64_MAX;

	reg_verb(&u, verb);
	reg_text(&u, "org", "H99");
	reg_text(&u, "kind", kind);
	reg_int(&u, "number", number);
	reg_int(&u, crl ? "shard" : "list", crl ? 0 : 1);
	reg_int(&u, "this_update", number);
	reg_int(&u, "next_update", number + 100);
	reg_int(&u, "size", (int64_t)runner_wait_change(runner, &seen, 0));
	reg_bytes(&u, "root", span_str("0123456789abcdef0123456789abcdef"));
	reg_bytes(&u, "sha256", span_str("s"));
	reg_bytes(&u, "tbs", span_str("t"));
	return unit_run(runner, crl ? CALLER_CA : CALLER_SIGNER, &u, NULL, e);
}

static bool
put_stamps(int64_t *number, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	struct store *s = NULL;
	bool good;

	reg_verb(&u, "stamp.batch");
	reg_text(&u, "org", "H99");
	reg_text(&u, "kind", "tst");
	reg_int(&u, "first", 1);
	reg_int(&u, "last", 2);
	reg_int(&u, "size", 3);
	reg_bytes(&u, "sha256", span_str("s"));
	reg_bytes(&u, "body", span_str("b"));
	good = unit_run(runner, CALLER_TSA, &u, NULL, e) && store_open(&s, runner_database(runner), STORE_READ, e) &&
	    store_int(s, "SELECT max(number) FROM stamp_batch", NULL, 0, number, e);
	store_free(s);
	return good;
}

static bool
appoint(unsigned n, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	unsigned char id[20];

	reg_verb(&u, "person.appoint");
	reg_bytes(&u, "id", handle_of(id, n));
	reg_text(&u, "person", "CB");
	reg_text(&u, "role", "officer");
	reg_text(&u, "agency", "H99");
	reg_text(&u, "title", "t");
	reg_text(&u, "mode", "");
	reg_text(&u, "kinds", "*");
	reg_int(&u, "from_day", 1);
	reg_null(&u, "to_day");
	reg_text(&u, "decision", "d");
	return unit_run(runner, CALLER_CA, &u, NULL, e);
}

static bool
end_appointment(unsigned n, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	unsigned char id[20];

	reg_verb(&u, "person.end");
	reg_bytes(&u, "id", handle_of(id, n));
	reg_text(&u, "agency", "H99");
	reg_int(&u, "day", 20001);
	return unit_run(runner, CALLER_CA, &u, NULL, e);
}

static bool
accept_order(unsigned n, uint64_t size, const struct hash *root, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	unsigned char id[20];

	reg_verb(&u, "order.accept");
	reg_text(&u, "org", "H99");
	reg_text(&u, "role", "clerk");
	reg_bytes(&u, "order_id", handle_of(id, n));
	reg_text(&u, "act", "permit.seal");
	reg_bytes(&u, "signer", span_str("s"));
	reg_bytes(&u, "cms", span_str("c"));
	reg_int(&u, "after_size", (int64_t)size);
	reg_bytes(&u, "after_root", span_of(root->octet, HASH_LEN));
	return unit_run(runner, CALLER_SIGNER, &u, NULL, e);
}

/*
 * Publishing, by hand.
 */

static void
put_file(const char *folder, const char *name, struct span content)
{
	own_str char *path = xprintf("%s/%s", folder, name);
	own_str char *above = xstrdup(path);
	struct err e;

	*strrchr(above, '/') = '\0';
	assert_done(folder_make(above, 0755, &e) && file_write(path, content, 0644, &e), e);
}

struct tiles { const char *folder; uint64_t size; struct buf bundle; };

static bool
put_tile(void *ctx, const struct value *c, unsigned columns, struct err *e)
{
	const struct tiles *t = ctx;
	unsigned level = (unsigned)c[0].i;
	uint64_t n = (uint64_t)c[1].i, left = tile_count(t->size, level) - n * TILE_WIDTH;
	unsigned width = left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH;
	own_struct(buf) name = buf_new(200);

	tile_path(&name, (int)level, n, width);
	put_file(t->folder, buf_str(&name), span_of(c[2].s.ptr, width * HASH_LEN));
	return true;
}

static bool
put_entry(void *ctx, const struct value *c, unsigned columns, struct err *e)
{
	struct tiles *t = ctx;
	uint64_t idx = (uint64_t)c[0].i;

	bundle_put(&t->bundle, c[1].s);
	if ((idx + 1) % TILE_WIDTH == 0 || idx + 1 == t->size) {
		own_struct(buf) name = buf_new(200);

		tile_path(&name, TILE_ENTRIES, idx / TILE_WIDTH, (unsigned)(idx % TILE_WIDTH) + 1);
		put_file(t->folder, buf_str(&name), buf_span(&t->bundle));
		buf_reset(&t->bundle);
	}
	return true;
}

static void
sign_checkpoint(struct buf *note, const struct checkpoint *c)
{
	own(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	unsigned char signature[64];
	size_t n = sizeof(signature);

	checkpoint_text(note, c);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, log_key), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &n, note->ptr, note->len), 1);
	buf_put_byte(note, '\n');
	note_line(note, &log_public, signature);
}

/* What the register would have published now; the database remembers it. */
static struct checkpoint
publish(const char *folder)
{
	struct checkpoint c = { .origin = ORIGIN };
	own_struct(buf) note = buf_new(NOTE_MAX);
	own_str char *line = xprintf("%s\n", vkey);
	static const enum reg_type tile[] = { REG_INT, REG_INT, REG_BYTES }, entry[] = { REG_INT, REG_BYTES };
	struct tiles t = { .folder = folder, .bundle = buf_new(1 << 20) };
	struct values v = { .n = 0 };
	struct store *s = NULL;
	struct fsck f;
	struct err e;

	assert_done(fsck_run(&f, runner_database(runner), NULL, &e), e);
	t.size = c.size = f.entries;
	c.root = f.root;
	assert_done(store_open(&s, runner_database(runner), STORE_WRITE, &e), e);
	assert_done(store_run(s, "SELECT level, n, hashes FROM log_tile", NULL, tile, 3, put_tile, &t, NULL, &e), e);
	assert_done(store_run(s, "SELECT idx, entry FROM log_entry ORDER BY idx", NULL, entry, 2, put_entry, &t, NULL, &e), e);
	sign_checkpoint(&note, &c);
	put_file(folder, "checkpoint", buf_span(&note));
	put_file(folder, "log.vkey", span_str(line));
	values_int(&v, "size", (int64_t)c.size);
	values_span(&v, "note", REG_TEXT, buf_span(&note));
	values_span(&v, "key", REG_TEXT, span_str(vkey));
	assert_done(store_do(s, "INSERT INTO log_published (one, size, note, key) VALUES (1, $size, $note, $key) "
	    "ON CONFLICT (one) DO UPDATE SET size = excluded.size, note = excluded.note", &v, &e), e);
	store_free(s);
	buf_drop(&t.bundle);
	return c;
}

/*
 * The story: what a backup has, what was lost after it.
 */

static struct checkpoint before, after;		/* published with the backup, and last */

static void
until_the_backup(void)
{
	struct err e;
	int64_t number = 0;

	assert_done(open_book("H99.1", "A", 245, &e) && open_book("H99.2", "B", 1, &e) && open_book("H99.3", "C", 7, &e), e);
	must_seal(1, "H99.1", "A", 0);		/* 245: withdrawn afterwards */
	must_seal(2, "H99.1", "A", 1);		/* 246 */
	assert_done(submit(3, "H99.1", &e) && officer_signs(3, "H99.1", &e), e);	/* sealed afterwards */
	assert_done(submit(4, "H99.1", &e), e);						/* still a draft */
	assert_done(submit(5, "H99.3", &e) && officer_signs(5, "H99.3", &e), e);	/* reserved afterwards */
	must_seal(6, "H99.3", "C", 2);
	assert_done(submit(7, "H99.1", &e), e);						/* erased afterwards */
	assert_done(submit(8, "H99.1", &e) && officer_signs(8, "H99.1", &e), e);	/* erased whole afterwards */
	assert_done(submit(9, "H99.1", &e) && officer_signs(9, "H99.1", &e), e);	/* its signature erased afterwards */
	assert_done(submit(61, "H99.1", &e) && two_sign(61, "H99.1", &e), e);	/* erased whole afterwards */
	assert_done(submit(62, "H99.1", &e) && two_sign(62, "H99.1", &e), e);	/* the second's signature erased afterwards */
	for (unsigned n = 10; n < 16; n++)
		assert_done(request(n, &e), e);
	assert_done(certify(10, true, &e) && certify(11, true, &e) && certify(12, false, &e) && certify(13, false, &e), e);
	assert_done(appoint(30, &e) && appoint(31, &e), e);
	assert_done(put_list("crl.reserve", "crl", 100, &e) && put_list("status.reserve", "status", 200, &e) && put_stamps(&number, &e), e);
	assert_int_equal(number, 1);
	/* More than one bundle. */
	for (unsigned n = 0; n < 260; n++)
		assert_done(open_book("H98", "B", 1, &e) || e.class == ERR_CONFLICT, e);
	for (unsigned n = 1000; n < 1260; n++)
		assert_done(request(n, &e), e);
}

static void
after_the_backup(void)
{
	int64_t number = 0;
	struct err e;

	assert_done(withdraw(1, "H99.1", 0, &e), e);
	assert_done(reserve(3, "H99.1", "A", &e) && issue(3, "H99.1", "A", 3, &e), e);	/* 247 */
	must_seal(20, "H99.1", "A", 4);							/* 248 */
	assert_done(withdraw(20, "H99.1", 4, &e), e);
	assert_done(reserve(5, "H99.3", "C", &e), e);		/* its number is nowhere public */
	assert_done(certify(14, true, &e) && certify(15, false, &e), e);
	assert_done(end_certificate("cert.revoke", 10, &e), e);	/* of the backup */
	assert_done(end_certificate("cert.void", 12, &e), e);	/* reserved in the backup */
	assert_done(request(16, &e) && certify(16, true, &e) && end_certificate("cert.revoke", 16, &e), e);
	assert_done(end_certificate("cert.void", 15, &e), e);
	assert_done(end_appointment(30, &e), e);
	assert_done(erase(7, "H99.1", entry_of(7, false), &e), e);
	assert_done(erase(8, "H99.1", entry_of(8, true), &e) && erase(8, "H99.1", entry_of(8, false), &e), e);
	assert_done(erase(9, "H99.1", entry_of(9, true), &e), e);
	assert_done(erase(61, "H99.1", entry_of(61, true), &e) && erase(61, "H99.1", entry_of(61, false) + 1, &e) && erase(61, "H99.1", entry_of(61, false), &e), e);
	assert_done(erase(62, "H99.1", entry_of(62, true), &e), e);
	assert_done(submit(21, "H99.1", &e) && erase(21, "H99.1", entry_of(21, false), &e), e);	/* of the lost part itself */
	assert_done(put_list("crl.reserve", "crl", 500, &e) && put_list("status.reserve", "status", 600, &e) && put_stamps(&number, &e) && put_stamps(&number, &e), e);
	assert_int_equal(number, 3);
	assert_done(accept_order(40, before.size, &before.root, &e), e);
	for (unsigned n = 2000; n < 2260; n++)
		assert_done(request(n, &e), e);
}

static int
start(void **state)
{
	unsigned char octets[32];
	own_struct(buf) text = buf_new(300);
	size_t n = sizeof(octets);
	struct backup b;
	struct err e;

	if (mkdtemp(dir) == NULL)
		return -1;
	log_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	assert_int_equal(EVP_PKEY_get_raw_public_key(log_key, octets, &n), 1);
	assert_done(note_key_new(&log_public, ORIGIN, octets, &e), e);
	note_key_text(&text, &log_public);
	snprintf(vkey, sizeof(vkey), "%s", buf_str(&text));
	shell("mkdir %s/state %s/back", dir, dir);
	assert_done(runner_new(&runner, in_dir("state/register.db"), ORIGIN, &e), e);
	until_the_backup();
	before = publish(in_dir("public"));
	assert_done(backup_make(&b, in_dir("state/register.db"), in_dir("backup"), 1795000000, &e), e);
	backup_drop(&b);
	after_the_backup();
	after = publish(in_dir("public"));
	runner_stop(runner);
	return 0;
}

static int
stop(void **state)
{
	EVP_PKEY_free(log_key);
	shell("rm -rf %s%s", dir, "");
	return 0;
}

/*
 * Backups.
 */

static void
a_backup_says_what_it_is(void **state)
{
	own_struct(backup) b = { .made = 0 };
	own_struct(backup) verified = { .made = 0 };
	struct err e;

	assert_done(backup_read(&b, in_dir("backup"), &e), e);
	assert_int_equal(b.made, 1795000000);
	assert_int_equal(b.log.size, before.size);
	assert_true(hash_eq(&b.log.root, &before.root));
	assert_string_equal(b.log.origin, ORIGIN);
	assert_string_equal(b.key, vkey);
	assert_done(backup_verify(&verified, in_dir("backup"), &e), e);
	shell("test \"$(ls %s/backup | tr '\\n' ' ')\" = 'manifest.json register.db ' && test \"$(stat -c %%a %s/backup)\" = 700", dir, dir);
	shell("test \"$(stat -c %%a %s/backup/register.db %s/backup/manifest.json | sort -u)\" = 600", dir, dir);
}

static void
a_backup_is_written_over_nothing(void **state)
{
	struct backup b;
	struct err e;

	assert_false(backup_make(&b, in_dir("state/register.db"), in_dir("backup/"), 1, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_false(backup_make(&b, in_dir("nothing.db"), in_dir("other"), 1, &e));
	assert_int_not_equal(access(in_dir("other"), F_OK), 0);
	/* What a try left is no backup, and the next one makes it. */
	shell("mkdir -p %s/third.partial && touch %s/third.partial/register.db", dir, dir);
	assert_false(backup_read(&b, in_dir("third.partial"), &e));
	assert_done(backup_make(&b, in_dir("state/register.db"), in_dir("third"), 1, &e), e);
	backup_drop(&b);
}

static void
a_register_that_is_not_sound_is_not_backed_up(void **state)
{
	struct backup b;
	struct err e;

	shell("cp %s/state/register.db %s/bad.db", dir, dir);
	shell("sqlite3 %s/bad.db 'UPDATE book SET next = next + 1 WHERE agency = \"H99.1\"'%s", dir, "");
	assert_false(backup_make(&b, in_dir("bad.db"), in_dir("of-bad"), 1, &e));
	assert_int_not_equal(access(in_dir("of-bad"), F_OK), 0);
}

static void *
work(void *arg)
{
	for (unsigned n = 3000; !__atomic_load_n((bool *)arg, __ATOMIC_SEQ_CST); n++) {
		struct err e;

		if (!request(n, &e))
			return (void *)1;
	}
	return NULL;
}

static void
the_register_works_while_it_is_backed_up(void **state)
{
	bool stop_now = false;
	pthread_t thread;
	uint64_t last = 0;
	void *bad;
	struct err e;

	shell("mkdir %s/busy%s", dir, "");
	assert_done(runner_new(&runner, in_dir("busy/register.db"), ORIGIN, &e), e);
	pthread_create(&thread, NULL, work, &stop_now);
	for (int i = 0; i < 4; i++) {
		own_str char *name = xprintf("busy/%d", i);
		own_struct(backup) b = { .made = 0 };

		assert_done(backup_make(&b, in_dir("busy/register.db"), in_dir(name), i, &e), e);
		assert_true(b.log.size >= last);
		last = b.log.size;
	}
	__atomic_store_n(&stop_now, true, __ATOMIC_SEQ_CST);
	pthread_join(thread, &bad);
	assert_null(bad);
	runner_stop(runner);
	assert_true(last > 0);
}

/*
 * Putting back.
 */


static bool
restore(struct restored *r, struct err *e)
{
	const struct restore q = { .backup = in_dir("backup"), .state = in_dir("back"), .database = place, .tiles = in_dir("public") };

	return restore_run(r, &q, e);
}

static int64_t
ask(const char *sql)
{
	struct values v = { .n = 0 };

	values_int(&v, "before", (int64_t)before.size);
	return look(restored_place(), sql, &v);
}

static void
what_was_published_is_there_again(void **state)
{
	static const struct { const char *name, *sql; int64_t want; } cases[] = {
		{ "a withdrawal of a permit that the backup has", "SELECT count(*) FROM permit JOIN permit_change USING (handle) WHERE act = 1 AND from_day = 20001 AND short_code = 'C1'", 1 },
		{ "one that was sealed meanwhile keeps its place", "SELECT idx FROM permit_lost p WHERE list = 1 AND NOT EXISTS (SELECT 1 FROM permit_change c WHERE c.handle = p.handle)", 3 },
		{ "one that was withdrawn too", "SELECT idx FROM permit_lost JOIN permit_change USING (handle) WHERE act = 1 AND from_day = 20001", 4 },
		{ "one that was being sealed", "SELECT count(*) FROM permit_lost WHERE list IS NULL", 1 },
		{ "the number of a public book goes on", "SELECT next FROM book WHERE agency = 'H99.1'", 249 },
		{ "and the book is open", "SELECT count(*) FROM book WHERE closed IS NULL AND agency = 'H99.1'", 1 },
		{ "a book whose numbers nobody saw is closed", "SELECT count(*) FROM book WHERE closed IS NOT NULL AND agency = 'H99.2'", 1 },
		{ "one with a seal that nobody saw is closed", "SELECT count(*) FROM book WHERE closed IS NOT NULL AND agency = 'H99.3'", 1 },
		{ "a certificate of the backup is revoked", "SELECT count(*) FROM certificate WHERE state = 'revoked' AND revoked_at = 1010", 1 },
		{ "a reservation of the backup is void", "SELECT count(*) FROM certificate WHERE state = 'void' AND revoked_at = 1012", 1 },
		{ "one that nobody touched", "SELECT count(*) FROM certificate WHERE state = 'reserved'", 1 },
		{ "certificates that are lost", "SELECT count(*) FROM certificate_lost", 3 },
		{ "of which one is active", "SELECT count(*) FROM certificate_lost WHERE state = 'active'", 1 },
		{ "the request of a void reservation waits again", "SELECT count(*) FROM request WHERE state = 'pending' AND id = (SELECT request FROM certificate WHERE state = 'void')", 1 },
		{ "an appointment has ended", "SELECT count(*) FROM appointment WHERE ended_day IS NOT NULL", 1 },
		{ "what was erased, a draft and a signed one, is erased in what the backup brought back", "SELECT count(*) FROM permit WHERE voice_code IS NULL AND state IN ('draft', 'signed')", 5 },
		{ "and no submission of it stands", "SELECT count(*) FROM submission", 8 },
		{ "the records of those entries and one signature's, with their salts", "SELECT count(*) FROM log_entry WHERE record IS NULL AND salt IS NULL AND idx < $before", 8 },
		{ "one whose signature alone was erased is a draft again", "SELECT count(*) FROM permit WHERE state = 'draft' AND officers IS NULL AND officer_person IS NULL", 2 },
		{ "one whose second signature was erased has the first", "SELECT count(*) FROM permit WHERE state = 'draft' AND officer_person = 'CB1' AND signed_entry IS NOT NULL", 1 },
		{ "and nothing else of it, nor of one that was erased whole", "SELECT count(*) FROM permit_turn", 0 },
		{ "numbers of lists", "SELECT count(*) FROM list_lost", 4 },
		{ "no session", "SELECT count(*) FROM session", 0 },
	};
	struct restored r;
	struct fsck f;
	struct err e;

	assert_done(restore(&r, &e), e);
	assert_int_equal(r.entries, after.size + 1);
	assert_int_equal(r.first, before.size);
	assert_int_equal(r.count, after.size - before.size);
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t got = ask(cases[i].sql);

		if (got != cases[i].want)
			print_error("%lld\n", (long long)got);
		assert_case(cases[i].name, got == cases[i].want);
	}
	assert_done(fsck_run(&f, restored_place(), in_dir("public"), &e), e);
	assert_int_equal(f.erased, 9);
	assert_int_equal(f.lost, after.size - before.size - 1);
	assert_int_equal(f.published, after.size);
	shell("test \"$(echo $(ls %s/back))\" = '%s'", dir, place != NULL ? "" : "register.db register.db.lock");
}

static void
the_register_goes_on(void **state)
{
	struct restored r;
	struct fsck f, again;
	int64_t number = 0;
	struct err e;

	assert_done(restore(&r, &e), e);
	assert_done(fsck_run(&f, restored_place(), NULL, &e), e);
	assert_done(runner_new(&runner, restored_place(), ORIGIN, &e), e);

	/* No order that could have been carried out already. */
	assert_false(accept_order(40, before.size, &before.root, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_false(accept_order(41, after.size, &after.root, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_done(accept_order(41, f.entries, &f.root, &e), e);

	/* No number, no place, no serial number twice. */
	assert_false(officer_signs(20, "H99.1", &e));
	assert_false(reserve(3, "H99.1", "A", &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_false(reserve(5, "H99.3", "C", &e));
	must_seal(50, "H99.1", "A", 6);		/* behind one that may be given */
	assert_int_equal(number_of(50), 249);
	assert_done(submit(51, "H99.3", &e) && officer_signs(51, "H99.3", &e), e);
	assert_false(reserve(51, "H99.3", "C", &e));
	assert_string_equal(e.text, "this book is closed after a restore; an order permit.open-book sets its next number");
	assert_false(open_book("H99.3", "C", 7, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_done(open_book("H99.3", "C", 9, &e) && reserve(51, "H99.3", "C", &e), e);
	assert_int_equal(number_of(51), 9);
	assert_false(open_book("H99.3", "C", 20, &e));
	assert_false(certify(14, true, &e));
	assert_false(put_list("crl.reserve", "crl", 500, &e));
	assert_false(put_list("status.reserve", "status", 600, &e));
	assert_done(put_list("crl.reserve", "crl", 501, &e) && put_list("status.reserve", "status", 601, &e) && put_stamps(&number, &e), e);
	assert_int_equal(number, 4);

	/* What is lost can be revoked and withdrawn, once. */
	assert_int_equal(ask("SELECT count(*) FROM certificate_lost WHERE state = 'active'"), 1);
	assert_done(end_certificate("cert.revoke", 14, &e), e);
	assert_false(end_certificate("cert.revoke", 14, &e));
	assert_false(end_certificate("cert.revoke", 16, &e));
	assert_done(withdraw(3, "H99.1", 3, &e), e);
	assert_false(withdraw(3, "H99.1", 3, &e));
	assert_false(withdraw(20, "H99.1", 4, &e));
	assert_false(withdraw(5, "H99.3", 5, &e));

	assert_done(fsck_run(&again, runner_database(runner), in_dir("public"), &e), e);
	assert_true(again.entries > f.entries);
	runner_stop(runner);
}

/* The later of two disasters, with the older backup: the entry that tells of
 * the first restore is lost too. */
static void
restored_twice(void **state)
{
	struct restore q = { .tiles = in_dir("second") };
	struct restored r;
	struct checkpoint c;
	struct fsck f;
	struct err e;

	assert_done(restore(&r, &e), e);
	assert_done(runner_new(&runner, restored_place(), ORIGIN, &e), e);
	must_seal(60, "H99.1", "A", 6);
	c = publish(in_dir("second"));
	runner_stop(runner);
	nothing_there(NULL);
	q.state = in_dir("back");
	q.database = place;
	q.backup = in_dir("backup");
	q.tiles = in_dir("second");
	assert_done(restore_run(&r, &q, &e), e);
	assert_int_equal(r.entries, c.size + 1);
	assert_int_equal(ask("SELECT count(*) FROM reimport"), 2);
	assert_int_equal(ask("SELECT next FROM book WHERE agency = 'H99.1'"), 250);
	assert_done(fsck_run(&f, restored_place(), in_dir("second"), &e), e);
}

static void
without_loss_nothing_is_said(void **state)
{
	struct restore q = { .backup = in_dir("backup"), .state = in_dir("back"), .database = place };
	struct restored r;
	struct err e;

	assert_done(restore_run(&r, &q, &e), e);
	assert_int_equal(r.entries, before.size);
	assert_int_equal(r.count, 0);
	assert_int_equal(ask("SELECT count(*) FROM book WHERE closed IS NOT NULL"), 0);
}

/*
 * Refusals.
 */

static void
refused_restores(void **state)
{
	static const struct { const char *name, *damage; enum err_class want; const char *says; } cases[] = {
		{ "one octet of the copy", "printf X | dd of=backup/register.db bs=1 seek=9000 conv=notrunc 2>/dev/null", ERR_STORE, "not the file that the manifest lists" },
		{ "a longer copy", "echo >>backup/register.db", ERR_STORE, "not the file that the manifest lists" },
		{ "no copy", "rm backup/register.db", ERR_ABSENT, "register.db" },
		{ "no manifest", "rm backup/manifest.json", ERR_ABSENT, "this is no backup" },
		{ "a manifest with a key more", "sed -i 's/{/{\"a\":1,/' backup/manifest.json", ERR_INPUT, "manifest.json" },
		{ "a manifest of another log's size", "sed -i 's/\"size\":\\([0-9]*\\)}/\"size\":1\\1}/' backup/manifest.json", ERR_STORE, "" },
		{ "another register with the right hash", "sqlite3 backup/register.db \"UPDATE book SET next = 99\" && sed -i \"s/\\\"sha256\\\":\\\"[0-9a-f]*/\\\"sha256\\\":\\\"$(sha256sum backup/register.db | cut -d' ' -f1)/\" backup/manifest.json",
		  ERR_STORE, "book, row" },
		{ "an entry of a bundle", "printf XXXX | dd of=\"$(ls public/tile/entries/*.p/* public/tile/entries/00[0-9] | tail -1)\" bs=1 seek=600 conv=notrunc 2>/dev/null", ERR_INPUT, "is not the one whose hash stands in" },
		{ "a hash of a tile", "for t in public/tile/0/*.p/* public/tile/0/00[0-9]; do printf XXXX | dd of=$t bs=1 seek=700 conv=notrunc 2>/dev/null; done", ERR_INPUT, "is not the one whose hash stands in" },
		{ "a tile above", "f=$(ls public/tile/1/*.p/* | tail -1); printf XXXX | dd of=$f bs=1 seek=5 conv=notrunc 2>/dev/null", ERR_STORE, "is not what the log says" },
		{ "a gap in the bundles", "mv public/tile/entries/002 public/gone || mv public/tile/entries/002.p public/gone", ERR_ABSENT, "the tiles have a gap" },
		{ "a gap in the tiles", "mv public/tile/0/002 public/gone || mv public/tile/0/002.p public/gone", ERR_ABSENT, "the tiles have a gap" },
		{ "no checkpoint", "rm public/checkpoint", ERR_ABSENT, "checkpoint" },
		{ "a checkpoint that nobody signed", "sed -i '2s/.*/999/' public/checkpoint", ERR_INPUT, "" },
		{ "somebody's file in the state", "touch back/notes", ERR_CONFLICT, "into an empty state only" },
		{ "a register in the state", "cp state/register.db back/", ERR_CONFLICT, "into an empty state only" },
		{ "no state", "rmdir back", ERR_STORE, "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct restored r;
		struct err e;

		shell("cd %s && rm -rf back good && mkdir back good && cp -a backup public good/%s", dir, "");
		shell("cd %s && { %s; } 2>/dev/null", dir, cases[i].damage);
		assert_case(cases[i].name, !restore(&r, &e));
		if (e.class != cases[i].want || strstr(e.text, cases[i].says) == NULL)
			print_error("%s: %s\n", cases[i].name, e.text);
		assert_case(cases[i].name, e.class == cases[i].want && strstr(e.text, cases[i].says) != NULL);
		assert_case(cases[i].name, !is_there() || strstr(cases[i].name, "a register in") != NULL);
		shell("cd %s && rm -rf backup public && mv good/* . && rmdir good && rm -rf back%s", dir, "");
	}
}

/* A checkpoint that the key signed over more than the tiles have. */
static void
a_checkpoint_newer_than_the_tiles(void **state)
{
	struct checkpoint c = after;
	own_struct(buf) note = buf_new(NOTE_MAX);
	struct restored r;
	struct err e;

	shell("cp %s/public/checkpoint %s/kept", dir, dir);
	c.size = after.size + 3;
	sign_checkpoint(&note, &c);
	put_file(in_dir("public"), "checkpoint", buf_span(&note));
	assert_false(restore(&r, &e));
	shell("mv %s/kept %s/public/checkpoint", dir, dir);
	assert_int_equal(e.class, ERR_ABSENT);
	assert_non_null(strstr(e.text, "the tiles have a gap"));
}

/* A process ended after the key had signed and before the checkpoint was
 * public: the tiles are there, and the key's memory says how far. */
static void
what_the_key_signed_beyond(void **state)
{
	struct restore q = { .backup = in_dir("backup"), .state = in_dir("back"), .database = place, .tiles = in_dir("public") };
	struct checkpoint wrong = after, other = after;
	own_struct(buf) note = buf_new(NOTE_MAX);
	struct restored r;
	struct err e;

	shell("cp %s/public/checkpoint %s/kept", dir, dir);
	sign_checkpoint(&note, &before);
	put_file(in_dir("public"), "checkpoint", buf_span(&note));
	wrong.root.octet[0] ^= 1;
	snprintf(other.origin, sizeof(other.origin), "another.example/log");
	q.is_signed = &wrong;
	assert_false(restore_run(&r, &q, &e));
	assert_int_equal(e.class, ERR_INPUT);
	q.is_signed = &other;
	assert_false(restore_run(&r, &q, &e));
	assert_non_null(strstr(e.text, "the key's memory is of the log another.example/log"));
	q.is_signed = &after;
	assert_done(restore_run(&r, &q, &e), e);
	assert_int_equal(r.entries, after.size + 1);
	shell("mv %s/kept %s/public/checkpoint", dir, dir);
}

static void
put_signed(const char *name, uint64_t size, const struct hash *root)
{
	struct checkpoint c = { .origin = ORIGIN, .size = size, .root = *root };
	own_struct(buf) note = buf_new(NOTE_MAX);

	sign_checkpoint(&note, &c);
	put_file(dir, name, buf_span(&note));
}

/* What witnesses have cosigned is a promise that the restored log keeps: it is
 * reached, or nothing is put back. */
static void
what_witnesses_cosigned(void **state)
{
	static const struct { const char *name, *tiles, *witnessed, *beside; enum err_class want; const char *says; uint64_t *entries; } cases[] = {
		{ "the backup has it all", NULL, "w/before", NULL, ERR_NONE, "", &before.size },
		{ "what is missing is in the tiles", "early", "w/after", NULL, ERR_NONE, "", &after.size },
		{ "the mirror's own", "early", NULL, "w/after", ERR_NONE, "", &after.size },
		{ "the newest of all", "early", "w/before", "w/after", ERR_NONE, "", &after.size },
		{ "more than the backup, and no tiles", NULL, "w/after", NULL, ERR_INPUT, "the rest is in the public tiles (--tiles)", NULL },
		{ "more than the tiles have", "early", "w/more", NULL, ERR_ABSENT, "up to what witnesses cosigned: the tiles have a gap", NULL },
		{ "more than they have, beside them", "early", NULL, "w/more", ERR_ABSENT, "up to what witnesses cosigned: the tiles have a gap", NULL },
		{ "another history", "early", "w/fork", NULL, ERR_INPUT, "they are of another log", NULL },
		{ "another history that the backup has all of", NULL, "w/early-fork", NULL, ERR_INPUT, "they are of another log", NULL },
		{ "nobody's signature", "early", "w/unsigned", NULL, ERR_INPUT, "w/unsigned", NULL },
		{ "no checkpoint", NULL, "backup/manifest.json", NULL, ERR_INPUT, "manifest.json", NULL },
		{ "no such file", "early", "w/none", NULL, ERR_ABSENT, "w/none", NULL },
	};
	struct hash wrong = after.root;

	wrong.octet[0] ^= 1;
	put_signed("w/before", before.size, &before.root);
	put_signed("w/after", after.size, &after.root);
	put_signed("w/more", after.size + 3, &after.root);
	put_signed("w/fork", after.size, &wrong);
	put_signed("w/early-fork", before.size, &wrong);
	shell("cd %s && sed '2s/.*/7/' w/after >w/unsigned && cp -r public early && cp w/before early/checkpoint%s", dir, "");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct restore q = { .backup = in_dir("backup"), .state = in_dir("back"), .database = place };
		struct restored r = { 0 };
		struct err e = { ERR_NONE, "" };
		bool good;

		if (cases[i].tiles != NULL)
			q.tiles = in_dir(cases[i].tiles);
		if (cases[i].witnessed != NULL)
			q.witnessed = in_dir(cases[i].witnessed);
		shell("cd %s && rm -f early/checkpoint.witnessed%s", dir, "");
		if (cases[i].beside != NULL)
			shell("cp %s %s/early/checkpoint.witnessed", in_dir(cases[i].beside), dir);
		good = restore_run(&r, &q, &e);
		if (!good && (e.class != cases[i].want || strstr(e.text, cases[i].says) == NULL))
			print_error("%s: %s\n", cases[i].name, e.text);
		assert_case(cases[i].name, good == (cases[i].want == ERR_NONE) && is_there() == good);
		assert_case(cases[i].name, good || (e.class == cases[i].want && strstr(e.text, cases[i].says) != NULL));
		assert_case(cases[i].name, !good || r.entries == *cases[i].entries + (r.count > 0));
		nothing_there(NULL);
	}
}

static void
tiles_of_another_log(void **state)
{
	struct restore q = { .backup = in_dir("backup"), .state = in_dir("back"), .database = place, .tiles = in_dir("others") };
	struct restored r;
	struct err e;

	shell("mkdir %s/other%s", dir, "");
	assert_done(runner_new(&runner, in_dir("other/register.db"), ORIGIN, &e), e);
	for (unsigned n = 0; n < 1200; n++)
		assert_done(request(n, &e), e);
	publish(in_dir("others"));
	runner_stop(runner);
	assert_false(restore_run(&r, &q, &e));
	assert_int_equal(e.class, ERR_INPUT);
	assert_false(is_there());
	/* The same with another key. */
	q.key = "test.example/log+00000000+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	q.tiles = in_dir("public");
	assert_false(restore_run(&r, &q, &e));
}

static void
a_running_register_is_not_restored_over(void **state)
{
	struct hold held;
	struct restored r;
	struct err e;

	assert_done((place != NULL ? hold_alone : hold_register)(&held, restored_place(), &e), e);	/* as the one that leads does */
	assert_false(restore(&r, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_non_null(strstr(e.text, "a register runs on"));
	hold_drop(&held);
	assert_done(restore(&r, &e), e);
	/* What was let go of is free at once, not when the server comes to see it. */
	for (int i = 0; i < 20; i++) {
		struct store *next;
		bool leads;

		assert_done(store_open(&next, restored_place(), STORE_WRITE, &e), e);
		assert_done(hold_alone(&held, restored_place(), &e), e);
		hold_drop(&held);
		assert_done(store_lead(next, &leads, &e), e);
		assert_true(leads);
		store_free(next);
	}
}

/* Somebody takes a record away and no entry says so; or an entry says so of
 * others than those that are missing. */
static void
fsck_wants_every_loss_explained(void **state)
{
	own_str char *take_record = xprintf("UPDATE log_entry SET record = NULL, salt = NULL WHERE idx = %llu", (unsigned long long)before.size - 1);
	own_str char *says = xprintf("record of entry %llu is missing and no entry says why", (unsigned long long)before.size - 1);
	struct restored r;
	struct fsck f;
	struct err e;

	assert_done(restore(&r, &e), e);
	/* Beside those that are lost. */
	database_do(restored_place(), take_record);
	assert_false(fsck_run(&f, restored_place(), NULL, &e));
	assert_non_null(strstr(e.text, says));
	nothing_there(NULL);
	assert_done(restore(&r, &e), e);
	database_do(restored_place(), "UPDATE certificate_lost SET not_after = 1");
	assert_false(fsck_run(&f, restored_place(), NULL, &e));
	assert_non_null(strstr(e.text, "certificate_lost"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_backup_says_what_it_is),
		cmocka_unit_test(a_backup_is_written_over_nothing),
		cmocka_unit_test(a_register_that_is_not_sound_is_not_backed_up),
		cmocka_unit_test(the_register_works_while_it_is_backed_up),
		cmocka_unit_test_setup(what_was_published_is_there_again, nothing_there),
		cmocka_unit_test_setup(the_register_goes_on, nothing_there),
		cmocka_unit_test_setup(restored_twice, nothing_there),
		cmocka_unit_test_setup(without_loss_nothing_is_said, nothing_there),
		cmocka_unit_test_setup(refused_restores, nothing_there),
		cmocka_unit_test_setup(a_checkpoint_newer_than_the_tiles, nothing_there),
		cmocka_unit_test_setup(what_the_key_signed_beyond, nothing_there),
		cmocka_unit_test_setup(what_witnesses_cosigned, nothing_there),
		cmocka_unit_test_setup(tiles_of_another_log, nothing_there),
		cmocka_unit_test_setup(a_running_register_is_not_restored_over, nothing_there),
		cmocka_unit_test_setup(fsck_wants_every_loss_explained, nothing_there),
	};

	/* The refusals come before the server is touched. */
	const struct CMUnitTest on_server[] = {
		cmocka_unit_test_setup(what_was_published_is_there_again, nothing_there),
		cmocka_unit_test_setup(the_register_goes_on, nothing_there),
		cmocka_unit_test_setup(restored_twice, nothing_there),
		cmocka_unit_test_setup(without_loss_nothing_is_said, nothing_there),
		cmocka_unit_test_setup(a_running_register_is_not_restored_over, nothing_there),
		cmocka_unit_test_setup(fsck_wants_every_loss_explained, nothing_there),
	};

	if (database_is_server())
		return cmocka_run_group_tests(on_server, start, stop);
	return cmocka_run_group_tests(tests, start, stop);
}
