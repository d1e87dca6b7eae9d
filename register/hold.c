#include "register/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool
give_to_owner(const char *path, struct err *e)
{
	own_str char *copy = xstrdup(path);
	struct stat want, is;

	if (geteuid() != 0)
		return true;
	if (stat(dirname(copy), &want) != 0 || stat(path, &is) != 0)
		return fail(e, ERR_STORE, "cannot look at %s: %s", path, strerror(errno));
	if ((want.st_uid != is.st_uid || want.st_gid != is.st_gid) && chown(path, want.st_uid, want.st_gid) != 0)
		return fail(e, ERR_STORE, "cannot give %s to the owner of its folder: %s", path, strerror(errno));
	return true;
}

static bool
hold_file(struct hold *h, const char *database, struct err *e)
{
	own_str char *path = xprintf("%s" HOLD_SUFFIX, database);
	own_fd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return fail(e, ERR_STORE, "cannot open %s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? fail(e, ERR_CONFLICT, "a register runs on %s; stop it first", database) :
		    fail(e, ERR_STORE, "cannot lock %s: %s", path, strerror(errno));
	if (!give_to_owner(path, e))
		return false;
	h->fd = fd;
	fd = -1;
	return true;
}

static bool
hold_server(struct hold *h, const char *database, struct err *e)
{
	struct store *s = NULL;
	bool leads = false;

	if (!store_open(&s, database, STORE_WRITE, e))
		return false;
	if (!store_lead(s, &leads, e) || (!leads && !fail(e, ERR_CONFLICT, "a register runs on %s; stop it first", database))) {
		store_free(s);
		return false;
	}
	h->store = s;
	return true;
}

bool
hold_register(struct hold *h, const char *database, struct err *e)
{
	*h = HOLD_NONE;
	return store_is_server(database) || hold_file(h, database, e);
}

bool
hold_alone(struct hold *h, const char *database, struct err *e)
{
	*h = HOLD_NONE;
	return store_is_server(database) ? hold_server(h, database, e) : hold_file(h, database, e);
}

void
hold_drop(struct hold *h)
{
	fd_drop(&h->fd);
	store_free(h->store);
	*h = HOLD_NONE;
}
