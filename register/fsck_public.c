#include "register/fsck_public.h"

#include "base/cbor.h"
#include "base/file.h"
#include "base/pack.h"
#include "register/entry.h"
#include "register/log_state.h"
#include "register/lost.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUNDLE_MAX (TILE_WIDTH * (2 + ENTRY_MAX))
#define BODY_MAX (64u << 20)
#define WAITS 30
#define WAIT_US 100000

/*
 * The checkpoint.
 */

/* The file is that one line, as the publisher writes it. */
static bool
read_key(struct note_key *key, const char *folder, struct err *e)
{
	own_str char *path = xprintf("%s/log.vkey", folder);
	own_struct(buf) there = buf_new(1024);
	own_struct(buf) line = buf_new(1024);
	own_str char *text = NULL;

	if (!file_read(&there, path, e))
		return false;
	text = span_dup_str(span_of(there.ptr, there.len > 0 ? there.len - 1 : 0));
	if (!note_key_parse(key, text, e))
		return fail_in(e, "%s", path);
	note_key_text(&line, key);
	buf_put_byte(&line, '\n');
	return span_eq(buf_span(&line), buf_span(&there)) || fail(e, ERR_STORE, "%s is not the line of a key", path);
}

bool
fsck_public_read(struct checkpoint *out, const char *folder, struct err *e)
{
	own_str char *path = xprintf("%s/checkpoint", folder);
	own_struct(buf) note = buf_new(NOTE_MAX);
	struct note_key key;

	return file_read(&note, path, e) && read_key(&key, folder, e) &&
	    (checkpoint_check(out, buf_span(&note), &key, e) || fail_in(e, "%s", path));
}

static bool
check_note(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	return note_check(c[0].s, ctx, e) || fail_in(e, "log_published, row 1");
}

bool
fsck_public_note(struct store *db, const char *folder, struct err *e)
{
	static const enum reg_type type[] = { REG_TEXT };
	struct note_key key;

	return read_key(&key, folder, e) && store_run(db, "SELECT note FROM log_published", NULL, type, 1, check_note, &key, NULL, e);
}

static bool
check_witnessed(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	return c[0].s.len == 0 || note_check(c[0].s, ctx, e) || fail_in(e, "log_witnessed, row 1");
}

bool
fsck_public_witnessed(struct store *db, bool remembered, const char *folder, struct err *e)
{
	static const enum reg_type type[] = { REG_TEXT };
	own_str char *path = xprintf("%s/checkpoint.witnessed", folder);
	own_struct(buf) note = buf_new(NOTE_MAX);
	struct note_key key;
	struct checkpoint c;
	int64_t published;

	if (!read_key(&key, folder, e) || !store_int(db, "SELECT size FROM log_published", NULL, 0, &published, e) ||
	    !store_run(db, "SELECT note FROM log_witnessed", NULL, type, 1, check_witnessed, &key, NULL, e))
		return false;
	if (!file_read(&note, path, e))
		return e->class == ERR_ABSENT;
	if (!checkpoint_check(&c, buf_span(&note), &key, e))
		return fail_in(e, "%s", path);
	/* Beyond what this register has published: it was put back, and has not asked yet. */
	return remembered || c.size > (uint64_t)published || fail(e, ERR_STORE, "log_witnessed, row 1 is missing: a cosigned checkpoint is published and none is remembered");
}

/*
 * Tiles and bundles.
 */

static bool
put_entry(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	bundle_put(ctx, c[0].s);
	return true;
}

/* The octets of a tile or a bundle, out of what was recomputed. */
static bool
remake(struct buf *out, const struct fsck_public *p, int level, uint64_t n, unsigned width, struct err *e)
{
	static const enum reg_type type[] = { REG_BYTES };
	struct values v = { .n = 0 };
	struct hash h[TILE_WIDTH];

	if (level != TILE_ENTRIES) {
		if (!log_tile_get(p->replay, (unsigned)level, n * TILE_WIDTH, width, h, e))
			return false;
		buf_put(out, h, width * sizeof(h[0]));
		return true;
	}
	values_int(&v, "from", (int64_t)(n * TILE_WIDTH));
	values_int(&v, "to", (int64_t)(n * TILE_WIDTH + width));
	return store_run(p->db, "SELECT entry FROM log_entry WHERE idx >= $from AND idx < $to ORDER BY idx", &v, type, 1, put_entry, out, NULL, e);
}

static bool
check_tile(const struct fsck_public *p, int level, uint64_t n, unsigned width, struct err *e)
{
	own_struct(buf) name = buf_new(200);
	own_struct(buf) want = buf_new(BUNDLE_MAX);
	own_struct(buf) there = buf_new(BUNDLE_MAX);
	own_str char *path = NULL;

	tile_path(&name, level, n, width);
	path = xprintf("%s/%s", p->folder, buf_str(&name));
	if (!remake(&want, p, level, n, width, e) || !file_read(&there, path, e))
		return false;
	return span_eq(buf_span(&there), buf_span(&want)) || fail(e, ERR_STORE, "%s is not what the log says", path);
}

/* All that a checkpoint of this size stands on. */
static bool
check_whole(const struct fsck_public *p, uint64_t size, struct err *e)
{
	for (int level = TILE_ENTRIES; level < LOG_LEVELS; level++) {
		uint64_t count = tile_count(size, level == TILE_ENTRIES ? 0 : (unsigned)level);

		for (uint64_t n = 0; n * TILE_WIDTH < count; n++) {
			unsigned width = count - n * TILE_WIDTH < TILE_WIDTH ? (unsigned)(count - n * TILE_WIDTH) : TILE_WIDTH;

			if (!check_tile(p, level, n, width, e))
				return false;
		}
	}
	return true;
}

/* mkostemp's name of a file that never got its own. */
static bool
was_begun(const char *name)
{
	size_t len = strlen(name);
	const char *dot = len < 8 ? NULL : name + len - 7;

	if (dot == NULL || *dot != '.')
		return false;
	for (const char *c = dot + 1; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c))
			return false;
	return true;
}

/* A file that is left of an earlier size.  path: below the folder. */
static bool
check_left(const struct fsck_public *p, const char *path, struct err *e)
{
	uint64_t n, count;
	unsigned width;
	int level;

	if (!tile_parse(&level, &n, &width, path) || level >= LOG_LEVELS)
		return fail(e, ERR_STORE, "%s/%s is no tile of this log", p->folder, path);
	count = tile_count(p->entries, level == TILE_ENTRIES ? 0 : (unsigned)level);
	/* Of what was committed since we began to read. */
	if (n * TILE_WIDTH + width > count)
		return true;
	return check_tile(p, level, n, width, e);
}

static bool
check_folder(const struct fsck_public *p, const char *below, struct err *e)
{
	own_str char *path = xprintf("%s/%s", p->folder, below);
	DIR *d = opendir(path);
	struct dirent *entry;
	bool good = true;

	if (d == NULL)
		return fail(e, ERR_STORE, "cannot read the folder %s", path);
	while (good && (entry = readdir(d)) != NULL) {
		own_str char *name = xprintf("%s/%s", below, entry->d_name);
		own_str char *whole = xprintf("%s/%s", p->folder, name);
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || was_begun(entry->d_name))
			continue;
		if (lstat(whole, &st) != 0)
			good = fail(e, ERR_STORE, "cannot look at %s", whole);
		else
			good = S_ISDIR(st.st_mode) ? check_folder(p, name, e) : check_left(p, name, e);
	}
	closedir(d);
	return good;
}

bool
fsck_public_check(const struct fsck_public *p, const struct checkpoint *c, struct err *e)
{
	struct tile_source source = { log_tile_get, p->replay };
	struct hash root;

	if (c->size > p->entries)
		return fail(e, ERR_STORE, "%llu entries are published and the database has %llu", (unsigned long long)c->size, (unsigned long long)p->entries);
	if (!merkle_root_of(&root, c->size, tile_node, &source, e))
		return false;
	if (!hash_eq(&root, &c->root))
		return fail(e, ERR_STORE, "the published checkpoint's root is not this log's");
	return check_whole(p, c->size, e) && (c->size == 0 || check_folder(p, "tile", e));
}

/*
 * Publications.
 */

/*
 * A list that is recorded and not signed in these rows may have been signed since
 * they were put into a backup: then its file is younger than its row, and is that
 * list.  Of each path: its to-be-signed octets, or the number of the batch that its
 * pack is of.
 */
#define RECORDED_CRL "(SELECT tbs FROM crl AS u WHERE der IS NULL AND path = 'crl/' || shard || '.crl' AND number = (SELECT max(number) FROM crl WHERE shard = u.shard))"
#define RECORDED_STATUS "(SELECT tbs FROM status_list WHERE cwt IS NULL AND path = 'status/1.cwt' AND number = (SELECT max(number) FROM status_list))"
#define RECORDED_BATCH "(SELECT number FROM ocsp AS u WHERE signed = 0 AND path LIKE " LOST_OCSP_KIND " || '/%' AND number = (SELECT max(number) FROM ocsp WHERE shard = u.shard))"

static bool
holds(struct span file, struct span part)
{
	return part.len > 0 && file.len >= part.len && memmem(file.ptr, file.len, part.ptr, part.len) != NULL;
}

/* RFC 9052 4.4: the last of the four that are signed; empty: it is none. */
static struct span
payload_of(struct span tbs)
{
	struct cbor c = cbor_read(tbs);
	struct span part = SPAN_NONE;
	struct err e;
	size_t n;

	if (!cbor_check(tbs, &e) || !cbor_get_array(&c, &n, "COSE", &e) || n != 4 || !cbor_get_text(&c, &part, "COSE", &e))
		return SPAN_NONE;
	for (n = 1; n < 4; n++)
		if (!cbor_get_bytes(&c, &part, "COSE", &e))
			return SPAN_NONE;
	return part;
}

/* c: columns from RECORDED_CRL on. */
static bool
is_recorded(struct span file, const struct value *c)
{
	struct pack pack;
	struct err e;

	if (!c[0].null)
		return holds(file, c[0].s);
	if (!c[1].null)
		return holds(file, payload_of(c[1].s));
	return !c[2].null && pack_open(&pack, file, &e) && pack.head.number == c[2].i;
}

/* suspect: the seq of a row whose file is another although a later row's has been
 * written; before: the same of the look before this one; 0: none. */
struct looking { const char *folder; bool same, passed; int64_t suspect, before; };

static bool
look_at_row(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct looking *l = ctx;
	own_str char *name = span_dup_str(c[0].s);
	own_str char *path = xprintf("%s/%s", l->folder, name);
	own_struct(buf) there = buf_new(BODY_MAX);
	bool read = file_read(&there, path, e);

	if (!read && e->class != ERR_ABSENT)
		return false;
	if (read && span_eq(buf_span(&there), c[1].s)) {
		l->passed = true;
		return true;
	}
	if (read && is_recorded(buf_span(&there), &c[3]))
		return true;
	l->same = false;
	fail(e, ERR_STORE, "publication, row %.60s: the file %s is %s", name, path, read ? "another" : "missing");
	if (!l->passed)
		return true;
	if (l->suspect == 0)
		l->suspect = c[2].i;
	return c[2].i != l->before;
}

/*
 * Files are written in the order of seq: one that is not its row's may yet be
 * written, if no later one has been; or it is newer than the rows that we read,
 * and the next look shows its row with another seq.
 */
bool
fsck_public_rows(struct store *db, const char *folder, struct err *e)
{
	static const enum reg_type types[] = { REG_TEXT, REG_BYTES, REG_INT, REG_BYTES, REG_BYTES, REG_INT };
	int64_t suspect = 0;

	for (unsigned i = 0; i < WAITS; i++) {
		struct looking l = { .folder = folder, .same = true, .before = suspect };

		if (!store_run(db, "SELECT path, body, seq, " RECORDED_CRL ", " RECORDED_STATUS ", " RECORDED_BATCH " FROM publication WHERE " LOST_IS_CURRENT " ORDER BY seq DESC",
		    NULL, types, 6, look_at_row, &l, NULL, e))
			return false;
		if (l.same)
			return true;
		suspect = l.suspect;
		usleep(WAIT_US);
	}
	return false;
}
