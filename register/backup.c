#include "register/backup.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/json.h"
#include "base/ossl.h"
#include "register/copy.h"
#include "register/fsck.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST_MAX (1u << 20)
#define WORD "backup/1"

static const char *const kept_elsewhere[] = {
	"the tokens (root, issuing, seal, service, tsa, log): keys never leave them",
	"the PINs, apart from the tokens",
	"the memory of the log's key (last-checkpoint in the state of antin-hsm-log)",
	"the configuration, the ceremony's bundle and certificates",
	"what is public (tiles, checkpoint, lists): the web site and its mirrors have it",
	"the keys of programs: the register knows their hashes",
};

void
backup_drop(struct backup *b)
{
	buf_drop(&b->note);
}

/*
 * The octets of the copy.
 */

static bool
digest_fd(unsigned char out[SHA256_LEN], int64_t *size, int fd, const char *what, struct err *e)
{
	own(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	static unsigned char piece[1 << 16];
	ssize_t n;

	*size = 0;
	promise(ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1);
	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno != EINTR)
			return fail(e, ERR_STORE, "cannot read %s: %s", what, strerror(errno));
		if (n < 0)
			continue;
		promise(EVP_DigestUpdate(ctx, piece, (size_t)n) == 1);
		*size += n;
	}
	promise(EVP_DigestFinal_ex(ctx, out, NULL) == 1);
	return true;
}

static bool
digest_file(unsigned char out[SHA256_LEN], int64_t *size, const char *path, bool sync, struct err *e)
{
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail(e, errno == ENOENT ? ERR_ABSENT : ERR_STORE, "cannot open %s: %s", path, strerror(errno));
	if (sync && fsync(fd) != 0)
		return fail(e, ERR_STORE, "cannot make %s durable: %s", path, strerror(errno));
	return digest_fd(out, size, fd, path, e);
}

/*
 * The manifest.
 */

static json_t *
hex_json(struct span s)
{
	own_struct(buf) hex = buf_new(1024);

	hex_put(&hex, s);
	return json_string(buf_str(&hex));
}

static json_t *
log_json(const struct backup *b)
{
	own_struct(buf) root = buf_new(100);

	base64_put(&root, span_of(b->log.root.octet, HASH_LEN));
	return json_pack("{s:s, s:I, s:s, s:s}", "origin", b->log.origin, "size", (json_int_t)b->log.size, "root", buf_str(&root), "key", b->key);
}

static bool
write_manifest(struct backup *b, const char *folder, struct err *e)
{
	own_str char *database = xprintf("%s/" BACKUP_DATABASE, folder);
	own_str char *path = xprintf("%s/" BACKUP_MANIFEST, folder);
	own_struct(buf) text = buf_new(MANIFEST_MAX);
	own(json_t) *elsewhere = json_array();
	own(json_t) *j = NULL;
	unsigned char digest[SHA256_LEN];
	char made[TIME_TEXT];
	int64_t size;

	if (!digest_file(digest, &size, database, true, e))
		return false;
	for (size_t i = 0; i < sizeof(kept_elsewhere) / sizeof(kept_elsewhere[0]); i++)
		json_array_append_new(elsewhere, json_string(kept_elsewhere[i]));
	time_text_utc(made, b->made);
	j = json_pack("{s:s, s:s, s:I, s:o, s:s, s:[{s:s, s:I, s:o}], s:O}", "antin", WORD, "made", made, "schema", (json_int_t)b->schema,
	    "log", log_json(b), "checkpoint", buf_str(&b->note), "files", "name", BACKUP_DATABASE, "size", (json_int_t)size,
	    "sha256", hex_json(span_of(digest, SHA256_LEN)), "kept_elsewhere", elsewhere);
	promise(j != NULL);
	json_write(&text, j);
	buf_put_byte(&text, '\n');
	sha256(b->sha256, buf_span(&text));
	return buf_ok(&text, "manifest", e) && file_write(path, buf_span(&text), 0600, e);
}

static bool
read_log(struct backup *b, const json_t *j, struct err *e)
{
	static const char *const keys[] = { "origin", "size", "root", "key", NULL };
	own_struct(buf) root = buf_new(64);
	const char *origin, *text, *key;
	int64_t size;

	if (!json_only(j, keys, e) || !json_take_str(&origin, j, "origin", e) || !json_take_int(&size, j, "size", e) ||
	    !json_take_str(&text, j, "root", e) || !json_take_str(&key, j, "key", e) || !base64_get(&root, span_str(text), e))
		return false;
	if (root.len != HASH_LEN || size < 0 || strlen(origin) >= sizeof(b->log.origin) || strlen(key) >= sizeof(b->key))
		return fail(e, ERR_INPUT, "\"log\" is not what a backup says of its log");
	snprintf(b->log.origin, sizeof(b->log.origin), "%s", origin);
	snprintf(b->key, sizeof(b->key), "%s", key);
	b->log.size = (uint64_t)size;
	memcpy(b->log.root.octet, root.ptr, HASH_LEN);
	return true;
}

struct listed { unsigned char sha256[SHA256_LEN]; int64_t size; };

static bool
read_listed(struct listed *f, const json_t *j, struct err *e)
{
	static const char *const keys[] = { "name", "size", "sha256", NULL };
	json_t *files;
	const json_t *one;
	const char *name;

	if (!json_take_arr(&files, j, "files", e))
		return false;
	one = json_array_get(files, 0);
	if (json_array_size(files) != 1)
		return fail(e, ERR_INPUT, "a backup lists one file");
	if (!json_only(one, keys, e) || !json_take_str(&name, one, "name", e) || !json_take_int(&f->size, one, "size", e) ||
	    !json_take_hex(f->sha256, SHA256_LEN, one, "sha256", e))
		return false;
	return strcmp(name, BACKUP_DATABASE) == 0 || fail(e, ERR_INPUT, "a backup's file is " BACKUP_DATABASE);
}

static bool
read_manifest(struct backup *b, struct listed *f, struct span text, struct err *e)
{
	static const char *const keys[] = { "antin", "made", "schema", "log", "checkpoint", "files", "kept_elsewhere", NULL };
	own(json_t) *j = NULL;
	const char *word, *made, *note;
	json_t *log;

	if (!json_read(&j, text, e) || !json_only(j, keys, e) || !json_take_str(&word, j, "antin", e) || !json_take_str(&made, j, "made", e) ||
	    !json_take_int(&b->schema, j, "schema", e) || !json_take_obj(&log, j, "log", e) || !json_take_str(&note, j, "checkpoint", e))
		return false;
	if (strcmp(word, WORD) != 0)
		return fail(e, ERR_INPUT, "this is %.40s, not " WORD, word);
	buf_put_str(&b->note, note);
	sha256(b->sha256, text);
	return buf_ok(&b->note, "checkpoint", e) && time_parse(&b->made, made, e) && read_log(b, log, e) && read_listed(f, j, e);
}

static bool
open_manifest(struct backup *out, struct listed *f, const char *folder, struct err *e)
{
	own_str char *path = xprintf("%s/" BACKUP_MANIFEST, folder);
	own_struct(buf) text = buf_new(MANIFEST_MAX);
	struct backup b = { .note = buf_new(NOTE_MAX) };

	if (!file_read(&text, path, e))
		return fail_in(e, "this is no backup");
	if (!read_manifest(&b, f, buf_span(&text), e)) {
		backup_drop(&b);
		return fail_in(e, "%s", path);
	}
	*out = b;
	return true;
}

bool
backup_read(struct backup *out, const char *folder, struct err *e)
{
	struct listed ignored;

	return open_manifest(out, &ignored, folder, e);
}

/*
 * Judging.
 */

static bool
check_octets(const struct listed *f, const char *database, struct err *e)
{
	unsigned char digest[SHA256_LEN];
	int64_t size;

	if (!digest_file(digest, &size, database, false, e))
		return false;
	return (size == f->size && memcmp(digest, f->sha256, SHA256_LEN) == 0) ||
	    fail(e, ERR_STORE, "%s is not the file that the manifest lists; this backup is not used", database);
}

static bool
check_log(const struct backup *b, const char *database, struct err *e)
{
	struct fsck f;

	if (!fsck_run(&f, database, NULL, e))
		return false;
	return (f.entries == b->log.size && hash_eq(&f.root, &b->log.root)) ||
	    fail(e, ERR_STORE, "%s holds another log than the manifest says", database);
}

bool
backup_verify(struct backup *out, const char *folder, struct err *e)
{
	own_str char *database = xprintf("%s/" BACKUP_DATABASE, folder);
	struct listed f;

	if (!open_manifest(out, &f, folder, e))
		return false;
	if (check_octets(&f, database, e) && check_log(out, database, e))
		return true;
	backup_drop(out);
	return false;
}

/*
 * Making.
 */

static bool
take_published(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct backup *b = ctx;
	struct span text, signatures;
	struct checkpoint seen;

	buf_put_span(&b->note, c[0].s);
	snprintf(b->key, sizeof(b->key), "%.*s", (int)c[1].s.len, (const char *)c[1].s.ptr);
	if (!buf_ok(&b->note, "checkpoint", e) || !note_split(&text, &signatures, c[0].s, e) || !checkpoint_parse(&seen, text, e))
		return fail_in(e, "the published checkpoint");
	snprintf(b->log.origin, sizeof(b->log.origin), "%s", seen.origin);
	return true;
}

/* All rows; and no journal beside them, so that the file is the whole of it. */
static bool
copy_rows(struct backup *b, const char *database, const char *copy, struct err *e)
{
	static const enum reg_type types[] = { REG_TEXT, REG_TEXT };
	struct store *from = NULL, *to = NULL;
	bool good = store_open(&from, database, STORE_READ, e) && store_open(&to, copy, STORE_WRITE, e) && store_copy(from, to, e) &&
	    store_int(to, "PRAGMA user_version", NULL, 0, &b->schema, e) &&
	    store_run(to, "SELECT note, key FROM log_published", NULL, types, 2, take_published, b, NULL, e) &&
	    store_run(to, "PRAGMA journal_mode = DELETE", NULL, NULL, 0, NULL, NULL, NULL, e);

	store_free(from);
	store_free(to);
	return good;
}

static bool
judge_copy(struct backup *b, const char *copy, struct err *e)
{
	struct fsck f;

	if (!fsck_run(&f, copy, NULL, e))
		return fail_in(e, "the register is not sound, so that no backup is made of it");
	b->log.size = f.entries;
	b->log.root = f.root;
	return true;
}

static bool
clear_partial(const char *partial, struct err *e)
{
	static const char *const files[] = { BACKUP_DATABASE, BACKUP_DATABASE "-wal", BACKUP_DATABASE "-shm", BACKUP_DATABASE "-journal", BACKUP_MANIFEST };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		own_str char *path = xprintf("%s/%s", partial, files[i]);

		if (unlink(path) != 0 && errno != ENOENT)
			return fail(e, ERR_STORE, "cannot remove %s: %s", path, strerror(errno));
	}
	if (mkdir(partial, 0700) != 0 && errno != EEXIST)
		return fail(e, ERR_STORE, "cannot create the folder %s: %s", partial, strerror(errno));
	return true;
}

static bool
give_name(const char *partial, const char *folder, struct err *e)
{
	own_str char *copy = xstrdup(folder);
	own_fd int above = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	FAULT_POINT("backup.before-rename");
	if (renameat2(AT_FDCWD, partial, AT_FDCWD, folder, RENAME_NOREPLACE) != 0)
		return fail(e, errno == EEXIST ? ERR_CONFLICT : ERR_STORE, "cannot rename to %s: %s", folder, strerror(errno));
	FAULT_POINT("backup.renamed");
	if (above < 0 || fsync(above) != 0)
		return fail(e, ERR_STORE, "cannot make the folder of %s durable: %s", folder, strerror(errno));
	return true;
}

static bool
fill_folder(struct backup *b, const char *database, const char *partial, struct err *e)
{
	own_str char *copy = xprintf("%s/" BACKUP_DATABASE, partial);

	if (!clear_partial(partial, e))
		return false;
	FAULT_POINT("backup.begun");
	if (!copy_rows(b, database, copy, e))
		return false;
	FAULT_POINT("backup.copied");
	if (chmod(copy, 0600) != 0)
		return fail(e, ERR_STORE, "%s: %s", copy, strerror(errno));
	return judge_copy(b, copy, e) && write_manifest(b, partial, e);
}

bool
backup_make(struct backup *out, const char *database, const char *folder, int64_t now, struct err *e)
{
	own_str char *name = xstrdup(folder);
	own_str char *partial = NULL;
	struct backup b = { .made = now, .note = buf_new(NOTE_MAX) };

	for (size_t n = strlen(name); n > 1 && name[n - 1] == '/'; n--)
		name[n - 1] = '\0';
	if (access(name, F_OK) == 0)
		return fail(e, ERR_CONFLICT, "%s exists already; a backup is written over nothing", name);
	partial = xprintf("%s.partial", name);
	if (!fill_folder(&b, database, partial, e) || !give_name(partial, name, e)) {
		backup_drop(&b);
		return false;
	}
	*out = b;
	return true;
}
