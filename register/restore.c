#include "register/restore.h"

#include "base/cbor.h"
#include "base/fault.h"
#include "base/file.h"
#include "register/backup.h"
#include "register/client.h"
#include "register/fsck.h"
#include "register/hold.h"
#include "register/move.h"
#include "register/reimport.h"
#include "register/run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATABASE "register.db"
#define PARTIAL DATABASE ".restoring"

/*
 * The state must be empty but for the lock and what an earlier try left.
 */

static bool
clear_state(const char *state, struct err *e)
{
	DIR *d = opendir(state);
	struct dirent *x;
	bool good = d != NULL || fail(e, ERR_ABSENT, "cannot open the folder %s: %s", state, strerror(errno));

	while (good && (x = readdir(d)) != NULL) {
		if (strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0 || strcmp(x->d_name, DATABASE HOLD_SUFFIX) == 0)
			continue;
		if (strncmp(x->d_name, PARTIAL, strlen(PARTIAL)) != 0)
			good = fail(e, ERR_CONFLICT, "%s/%s is there: a backup is put back into an empty state only", state, x->d_name);
		else if (unlinkat(dirfd(d), x->d_name, 0) != 0)
			good = fail(e, ERR_STORE, "cannot remove %s/%s: %s", state, x->d_name, strerror(errno));
	}
	if (d != NULL)
		closedir(d);
	return good;
}

static bool
copy_file(const char *from, const char *to, struct err *e)
{
	static unsigned char piece[1 << 16];
	own_fd int in = open(from, O_RDONLY | O_CLOEXEC);
	own_fd int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t n;

	if (in < 0 || out < 0)
		return fail(e, ERR_STORE, "cannot copy %s to %s: %s", from, to, strerror(errno));
	while ((n = read(in, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno != EINTR)
			return fail(e, ERR_STORE, "cannot read %s: %s", from, strerror(errno));
		if (n > 0 && !fd_write(out, span_of(piece, (size_t)n), e))
			return fail_in(e, "%s", to);
	}
	return true;
}

/*
 * What was published after the backup.
 */

static bool
check_origin(const struct checkpoint *c, const struct backup *b, const char *what, struct err *e)
{
	return b->log.origin[0] == '\0' || strcmp(c->origin, b->log.origin) == 0 ||
	    fail(e, ERR_INPUT, "%s of the log %.80s, the backup is of %.80s", what, c->origin, b->log.origin);
}

static bool
key_of(struct note_key *out, const struct restore *q, const struct backup *b, struct err *e)
{
	const char *text = q->key != NULL ? q->key : b->key;

	if (text[0] == '\0')
		return fail(e, ERR_INPUT, "the backup does not say the log's key; give it, from where you trust it, with --key");
	return note_key_parse(out, text, e);
}

static bool
target_of(struct checkpoint *out, const struct restore *q, const struct note_key *key, const struct backup *b, struct err *e)
{
	if (!reimport_checkpoint(out, q->tiles, key, e) || !check_origin(out, b, "the tiles are", e))
		return false;
	if (q->is_signed != NULL && strcmp(q->is_signed->origin, out->origin) != 0)
		return fail(e, ERR_INPUT, "the key's memory is of the log %.80s, the tiles are of %.80s", q->is_signed->origin, out->origin);
	return true;
}

/* As far as this checkpoint at least: what is there must be of its log, what is
 * missing the tiles must have. */
static bool
reach(struct store *s, const struct restore *q, const struct backup *b, const struct checkpoint *c, const char *what, uint64_t *count, struct err *e)
{
	uint64_t more = 0;

	if (q->tiles == NULL && c->size > b->log.size)
		return fail(e, ERR_INPUT, "the backup has %llu entries, witnesses cosigned %llu: the rest is in the public tiles (--tiles)",
		    (unsigned long long)b->log.size, (unsigned long long)c->size);
	if (!reimport_run(s, q->tiles, c, &more, e))
		return fail_in(e, "up to what %s", what);
	*count += more;
	return true;
}

/* Whoever cosigned it: the log's own signature says that it is of this log. */
static bool
reach_witnessed(struct store *s, const struct restore *q, const struct note_key *key, const struct backup *b, const char *path, uint64_t *count, struct err *e)
{
	own_struct(buf) note = buf_new(NOTE_MAX);
	struct checkpoint c;

	if (!file_read(&note, path, e))
		return false;
	if (!checkpoint_check(&c, buf_span(&note), key, e) || !check_origin(&c, b, "it is", e))
		return fail_in(e, "%s", path);
	return reach(s, q, b, &c, "witnesses cosigned", count, e);
}

static bool
reach_published(struct store *s, const struct restore *q, const struct note_key *key, const struct backup *b, struct checkpoint *target, uint64_t *count, struct err *e)
{
	own_str char *cosigned = xprintf("%s/checkpoint.witnessed", q->tiles);

	if (!target_of(target, q, key, b, e) || !reimport_run(s, q->tiles, target, count, e))
		return false;
	if (q->is_signed != NULL && q->is_signed->size >= target->size && !reach(s, q, b, q->is_signed, "the key signed", count, e))
		return false;
	return access(cosigned, F_OK) != 0 || reach_witnessed(s, q, key, b, cosigned, count, e);
}

static bool
import_entries(struct store *s, const struct restore *q, const struct backup *b, struct checkpoint *target, uint64_t *count, struct err *e)
{
	struct note_key key;

	if (!key_of(&key, q, b, e) || !store_begin(s, STORE_LOCK, e) ||
	    (q->tiles != NULL && !reach_published(s, q, &key, b, target, count, e)) ||
	    (q->witnessed != NULL && !reach_witnessed(s, q, &key, b, q->witnessed, count, e)))
		return false;
	FAULT_POINT("restore.imported");
	return store_commit(s, e);
}

static bool
read_published(const struct restore *q, struct buf *note, struct err *e)
{
	own_str char *path = xprintf("%s/checkpoint", q->tiles);

	return file_read(note, path, e);
}

static void
put_indexes(struct buf *out, uint64_t first, uint64_t count)
{
	cbor_put_array(out, count);
	for (uint64_t i = 0; i < count; i++)
		cbor_put_uint(out, first + i);
}

/* The entry of type 18, made as every other: by its verb. */
static bool
say_lost(const char *database, const struct restore *q, const struct backup *b, const char *origin, const struct restored *r, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	own_struct(buf) note = buf_new(NOTE_MAX);
	own_struct(buf) lost = buf_new(32u << 20);
	own_struct(buf) unit = buf_new(40u << 20);
	own_struct(buf) result = buf_new(1 << 16);
	struct runner *runner;
	bool good;

	put_indexes(&lost, r->first, r->count);
	if (!buf_ok(&lost, "list of lost records", e) || !read_published(q, &note, e))
		return false;
	reg_verb(&u, "log.reimported");
	reg_int(&u, "first", (int64_t)r->first);
	reg_int(&u, "last", (int64_t)(r->first + r->count - 1));
	reg_bytes(&u, "lost", buf_span(&lost));
	reg_bytes(&u, "backup", span_of(b->sha256, sizeof(b->sha256)));
	reg_text_span(&u, "checkpoint", buf_span(&note));
	reg_verb(&u, "end");
	cbor_put_array(&unit, 1);
	buf_put_span(&unit, buf_span(&u.verbs));
	if (!buf_ok(&unit, "unit", e) || !runner_new(&runner, database, origin, e))
		return false;
	good = runner_unit(runner, CALLER_REGISTER, buf_span(&unit), &result, e);
	runner_stop(runner);
	return good;
}

static bool
close_whole(struct store *s, struct restored *r, struct err *e)
{
	int64_t size, closed;

	/* No journal stays beside the file: it alone gets the name. */
	if (!store_int(s, "SELECT size FROM log_head WHERE one = 1", NULL, 0, &size, e) ||
	    !store_int(s, "SELECT count(*) FROM book WHERE closed IS NOT NULL", NULL, 0, &closed, e) ||
	    !store_do(s, "DELETE FROM session", NULL, e) ||
	    !store_run(s, "PRAGMA journal_mode = DELETE", NULL, NULL, 0, NULL, NULL, NULL, e))
		return false;
	r->entries = (uint64_t)size;
	r->closed = (uint64_t)closed;
	return true;
}

/* Steps 3 and 4, on the copy. */
static bool
bring_forward(const char *partial, const struct restore *q, const struct backup *b, struct restored *r, struct err *e)
{
	struct checkpoint target = { .size = 0 };
	struct store *s = NULL;
	bool good = store_open(&s, partial, STORE_WRITE, e);

	if (good && (q->tiles != NULL || q->witnessed != NULL))
		good = import_entries(s, q, b, &target, &r->count, e);
	store_free(s);
	if (!good)
		return false;
	r->first = b->log.size;
	if (r->count > 0 && !say_lost(partial, q, b, target.origin, r, e))
		return false;
	FAULT_POINT("restore.told");
	s = NULL;
	good = store_open(&s, partial, STORE_WRITE, e) && close_whole(s, r, e);
	store_free(s);
	return good;
}

static bool
sync_path(const char *path, int flags, struct err *e)
{
	own_fd int fd = open(path, flags | O_CLOEXEC);

	return (fd >= 0 && fsync(fd) == 0) || fail(e, ERR_STORE, "cannot make %s durable: %s", path, strerror(errno));
}

static bool
give_name(const char *partial, const char *database, const char *state, struct err *e)
{
	if (!sync_path(partial, O_RDONLY, e) || !give_to_owner(partial, e))
		return false;
	FAULT_POINT("restore.before-rename");
	if (renameat2(AT_FDCWD, partial, AT_FDCWD, database, RENAME_NOREPLACE) != 0)
		return fail(e, errno == EEXIST ? ERR_CONFLICT : ERR_STORE, "cannot rename to %s: %s", database, strerror(errno));
	FAULT_POINT("restore.renamed");
	return sync_path(state, O_RDONLY | O_DIRECTORY, e);
}

/* Into a server: every row in one transaction. */
static bool
give_rows(const char *partial, const char *database, struct err *e)
{
	struct fsck f;

	return move_rows(&f, partial, database, e) &&
	    (unlink(partial) == 0 || fail(e, ERR_STORE, "cannot remove %s: %s", partial, strerror(errno)));
}

static bool
put_back(struct restored *r, const struct restore *q, const struct backup *b, const char *database, struct err *e)
{
	own_str char *source = xprintf("%s/" BACKUP_DATABASE, q->backup);
	own_str char *partial = xprintf("%s/" PARTIAL, q->state);
	struct fsck f;

	if (!clear_state(q->state, e) || !copy_file(source, partial, e))
		return false;
	FAULT_POINT("restore.copied");
	if (!bring_forward(partial, q, b, r, e))
		return false;
	FAULT_POINT("restore.brought-forward");
	if (!fsck_run(&f, partial, q->tiles, e))
		return fail_in(e, "what would be put back is not sound");
	return store_is_server(database) ? give_rows(partial, database, e) : give_name(partial, database, q->state, e);
}

bool
restore_run(struct restored *out, const struct restore *q, struct err *e)
{
	own_str char *database = q->database != NULL ? xstrdup(q->database) : xprintf("%s/" DATABASE, q->state);
	own_struct(hold) held = HOLD_NONE;
	own_struct(backup) b = { .made = 0 };
	struct restored r = { 0 };

	if (!hold_alone(&held, database, e) || !clear_state(q->state, e) || !backup_verify(&b, q->backup, e))
		return false;
	FAULT_POINT("restore.begun");
	if (!put_back(&r, q, &b, database, e))
		return false;
	*out = r;
	return true;
}
