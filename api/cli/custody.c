#include "api/cli/custody.h"

#include "api/cli/keyboard.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

bool
custody_read(struct custody *out, const json_t *token, struct err *e)
{
	static const char *const keys[] = { "needed", "of", "shares", NULL };
	const json_t *c = json_object_get(token, "custodians");
	int64_t needed, of;

	*out = (struct custody){ .needed = 0 };
	if (c == NULL)
		return true;
	if (json_object_get(token, "pin_file") != NULL)
		return fail(e, ERR_INPUT, "a token has custodians or a pin_file, not both");
	if (!json_is_object(c) || !json_only(c, keys, e) || !json_take_int(&needed, c, "needed", e) || !json_take_int(&of, c, "of", e) || !json_take_str(&out->folder, c, "shares", e))
		return fail(e, ERR_INPUT, "\"custodians\" is {\"needed\",\"of\",\"shares\"}");
	if (needed < 2 || needed > of || of > SHARES_MAX)
		return fail(e, ERR_INPUT, "custodians: 2 or more are needed, of at most %d", SHARES_MAX);
	out->needed = (unsigned)needed;
	out->of = (unsigned)of;
	return true;
}

/* Secrets of one splitting, all or none. */
struct hands { struct secret *text[SHARES_MAX]; };

static void
hands_drop(struct hands *h)
{
	for (size_t i = 0; i < SHARES_MAX; i++)
		secret_drop(&h->text[i]);
}

static bool
hands_new(struct hands *h, unsigned n, struct err *e)
{
	for (unsigned i = 0; i < n; i++) {
		h->text[i] = secret_new();
		if (h->text[i] == NULL)
			return fail(e, ERR_LIMIT, "no memory that can be locked for shares (ulimit -l)");
	}
	return true;
}

/*
 * Making.
 */

/* A new file: a share is written over nothing. */
static bool
write_share(const char *folder, unsigned number, const struct secret *text, struct err *e)
{
	own_str char *path = xprintf("%s/share-%u.txt", folder, number);
	own_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return fail(e, errno == EEXIST ? ERR_CONFLICT : ERR_STORE, "cannot make %s: %s", path, strerror(errno));
	if (!fd_write(fd, span_of(text->octet, text->len), e) || !fd_write(fd, span_str("\n"), e))
		return false;
	return fsync(fd) == 0 || fail(e, ERR_STORE, "cannot make %s durable: %s", path, strerror(errno));
}

static void
put_set(struct buf *present, const struct custody *c, const unsigned char set[SHARE_SET_LEN])
{
	char hex[2 * SHARE_SET_LEN + 1];

	hex_text(hex, span_of(set, SHARE_SET_LEN));
	buf_printf(present, "%u of %u custodians, set %s", c->needed, c->of, hex);
}

/* Shares first: a token whose shares could not be written would be lost. */
bool
custody_make(struct buf *present, const struct args *a, const char *label, const struct custody *c, struct err *e)
{
	own_secret struct secret *pin = secret_new();
	own_struct(hands) h = { { NULL } };
	unsigned char set[SHARE_SET_LEN];

	if (c->needed == 0)
		return fail(e, ERR_INPUT, "the root has no custodians in this file");
	if (pin == NULL || !hands_new(&h, c->of, e))
		return fail(e, ERR_LIMIT, "no memory that can be locked for shares (ulimit -l)");
	if (!shares_draw(pin, h.text, set, label, c->needed, c->of, e) || !folder_make(c->folder, 0700, e))
		return false;
	for (unsigned i = 0; i < c->of; i++)
		if (!write_share(c->folder, i + 1, h.text[i], e))
			return false;
	put_set(present, c, set);
	return token_create(keyboard_module(a), label, pin, pin, e);
}

/*
 * Opening.
 */

static bool
take_one(struct secret *text, const struct args *a, unsigned i, struct err *e)
{
	own_str char *what = xprintf("share of custodian %u", i + 1);
	const char *path = args_nth(a, "share", i);
	own_fd int fd = -1;

	if (!args_has(a, "share"))
		return keyboard_pin(text, a, "share", what, e);
	if (path == NULL)
		return fail(e, ERR_POLICY, "%u shares were given: more custodians are needed", i);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(e, ERR_ABSENT, "cannot open %s: %s", path, strerror(errno));
	return secret_read(text, fd, e) || fail_in(e, "%s", path);
}

static bool
check_share(struct buf *present, const struct custody *c, const struct secret *text, bool first, struct err *e)
{
	struct share_facts f;

	if (!share_read(&f, text, e))
		return false;
	if (f.needed != c->needed || f.of != c->of)
		return fail(e, ERR_POLICY, "share %u is of %u custodians of whom %u are needed: the file says otherwise", f.number, f.of, f.needed);
	if (first) {
		put_set(present, c, f.set);
		buf_put_str(present, ", present:");
	}
	buf_printf(present, " %u", f.number);
	return true;
}

bool
custody_open(struct secret *pin, struct buf *present, const struct args *a, const char *label, const struct custody *c, struct err *e)
{
	own_struct(hands) h = { { NULL } };

	if (!hands_new(&h, c->needed, e))
		return false;
	if (args_nth(a, "share", c->needed) != NULL)
		return fail(e, ERR_POLICY, "more than %u shares were given", c->needed);
	for (unsigned i = 0; i < c->needed; i++)
		if (!take_one(h.text[i], a, i, e) || !check_share(present, c, h.text[i], i == 0, e))
			return false;
	return shares_join(pin, label, h.text, c->needed, e);
}
