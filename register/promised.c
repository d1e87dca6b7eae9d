#include "register/promised.h"

#include "base/file.h"
#include "register/log_state.h"

#include <libgen.h>
#include <stdio.h>

/* One of them, and where it was found. */
struct found { const struct promised *p; const char *what; struct checkpoint c; };

static bool
take_checkpoint(struct found *f, struct span note, struct err *e)
{
	return checkpoint_check(&f->c, note, f->p->key, e) || fail_in(e, "the %s checkpoint", f->what);
}

static bool
take_row(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	return c[0].s.len == 0 || take_checkpoint(ctx, c[0].s, e);
}

static bool
find_row(struct found *f, struct store *s, const char *sql, struct err *e)
{
	static const enum reg_type type[] = { REG_TEXT };

	return store_run(s, sql, NULL, type, 1, take_row, f, NULL, e);
}

static bool
find_file(struct found *f, const char *name, struct err *e)
{
	own_str char *path = xprintf("%s/%s", f->p->folder, name);
	own_struct(buf) note = buf_new(NOTE_MAX);

	if (!file_read(&note, path, e))
		return e->class == ERR_ABSENT;
	return take_checkpoint(f, buf_span(&note), e) || fail_in(e, "%s", path);
}

/* And the command that helps. */
static bool
fail_behind(const struct promised *p, uint64_t head, uint64_t more, const char *what, struct err *e)
{
	own_str char *copy = xstrdup(p->database);
	bool server = store_is_server(p->database);

	return fail(e, ERR_STORE, "%llu entries here, %llu %s: refusing to fork the log; into an empty %s: antin restore --from BACKUP --%s %s --tiles %s",
	    (unsigned long long)head, (unsigned long long)more, what, server ? "database" : "state", server ? "database" : "state",
	    server ? p->database : dirname(copy), p->folder);
}

static bool
keeps(const struct found *f, struct store *s, uint64_t head, struct err *e)
{
	struct tile_source source = { log_tile_get, s };
	unsigned long long size = f->c.size;
	struct hash root;

	if (size > head)
		return f->p->may_lag || fail_behind(f->p, head, size, f->what, e);
	if (size == 0)
		return true;
	if (!merkle_root_of(&root, size, tile_node, &source, e))
		return false;
	return hash_eq(&root, &f->c.root) ||
	    fail(e, ERR_STORE, "the %s checkpoint of size %llu is of another log; refusing to start", f->what, size);
}

/* The head is read last: another register on the database may be at work. */
bool
promised_check(struct checkpoint *published, const struct promised *p, struct store *s, struct err *e)
{
	struct found found[] = { { p, "published" }, { p, "cosigned" }, { p, "published" }, { p, "cosigned" } };
	int64_t head;

	if (!find_row(&found[0], s, "SELECT note FROM log_published", e) || !find_row(&found[1], s, "SELECT note FROM log_witnessed", e) ||
	    !find_file(&found[2], "checkpoint", e) || !find_file(&found[3], "checkpoint.witnessed", e) ||
	    !store_int(s, "SELECT size FROM log_head", NULL, 0, &head, e))
		return false;
	if (p->is_signed > (uint64_t)head)
		return fail_behind(p, (uint64_t)head, p->is_signed, "signed", e);
	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++)
		if (!keeps(&found[i], s, (uint64_t)head, e))
			return false;
	*published = !p->may_lag && found[0].c.size < found[2].c.size ? found[0].c : found[2].c;
	return true;
}
