#include "api/public.h"

#include "api/answer.h"
#include "api/page.h"
#include "base/file.h"
#include "base/ossl.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define PATH_LEN_MAX 200
#define FOREVER "public, max-age=31536000, immutable"
#define A_MINUTE "public, max-age=60"
#define ASK "no-cache"

/* By the beginning and the end of the path; the first row that fits. */
static const struct { const char *begin, *end, *type, *cache; } types[] = {
	{ "/", ".html", "text/html; charset=utf-8", ASK },
	{ "/", ".css", "text/css; charset=utf-8", ASK },
	{ "/", ".js", "text/javascript; charset=utf-8", ASK },
	{ "/", ".yaml", "application/yaml", ASK },
	{ "/", ".csv", "text/csv; charset=utf-8", ASK },
	{ "/", ".json", "application/json", ASK },
	{ "/checkpoint", "", "text/plain; charset=utf-8", ASK },
	{ "/witnesses.json", "", "application/json", ASK },
	{ "/log.vkey", "", "text/plain; charset=utf-8", A_MINUTE },
	{ "/tile/", "", "application/octet-stream", FOREVER },
	{ "/crl/", ".crl", "application/pkix-crl", A_MINUTE },
	{ "/ca/", ".crl", "application/pkix-crl", A_MINUTE },
	{ "/ca/", ".atom", "application/atom+xml", ASK },
	{ "/ca/", ".crt", "application/pkix-cert", A_MINUTE },
	{ "/status/", ".cwt", "application/statuslist+cwt", A_MINUTE },
	{ "/", "", "application/octet-stream", A_MINUTE },
};

static void
type_put(struct http_reply *r, const char *path)
{
	size_t i = 0, n = strlen(path), end;

	for (;; i++) {
		end = strlen(types[i].end);
		if (strncmp(path, types[i].begin, strlen(types[i].begin)) == 0 && n >= end && strcmp(path + n - end, types[i].end) == 0)
			break;
	}
	r->type = types[i].type;
	r->cache = types[i].cache;
}

void
etag_put(struct call *c, struct span what)
{
	const char *have = http_header(c->in, "If-None-Match");
	unsigned char hash[SHA256_LEN];

	sha256(hash, what);
	hex_text(c->out->etag, span_of(hash, SHA256_LEN));
	if (have != NULL && strstr(have, c->out->etag) != NULL) {
		c->out->status = 304;
		buf_reset(&c->out->body);
	}
}

bool
public_unindexed(struct call *c, const char *type, struct err *e)
{
	c->out->type = type;
	c->out->cache = "no-cache";
	c->out->extra.name = "X-Robots-Tag";
	c->out->extra.value = "noindex, nofollow";
	if (!buf_ok(&c->out->body, "the answer", e))
		return false;
	etag_put(c, buf_span(&c->out->body));
	return true;
}

/* A row without a name where there is none. */
static const struct page_file *
file_named(const char *name)
{
	const struct page_file *f = page_files;

	while (f->name != NULL && strcmp(f->name, name) != 0)
		f++;
	return f;
}

bool
page_file(struct call *c, struct err *e)
{
	const struct page_file *f = file_named(c->in->path + 1);

	if (f->name == NULL)
		return fail(e, ERR_ABSENT, "there is no such page");
	buf_put(&c->out->body, f->octets, f->len);
	type_put(c->out, c->in->path);
	etag_put(c, buf_span(&c->out->body));
	return true;
}

bool
page_home(struct call *c, struct err *e)
{
	static const char field[] = "name=\"lang\" id=\"lang\" value=\"";
	enum lang l = answer_lang(http_query(c->in, "lang"));
	const struct page_file *f = file_named("index.html");
	const unsigned char *at = memmem(f->octets, f->len, field, sizeof(field) - 1);
	size_t n = (size_t)(at - f->octets) + sizeof(field) - 1;

	promise(at != NULL);
	answer_head(&c->out->body, l, NULL);
	buf_put(&c->out->body, f->octets, n);
	buf_put_str(&c->out->body, answer_lang_word(l));
	buf_put(&c->out->body, f->octets + n + 2, f->len - n - 2);	/* behind "vi" */
	type_put(c->out, "/index.html");
	etag_put(c, buf_span(&c->out->body));
	return buf_ok(&c->out->body, "the page", e);
}

bool
page_health(struct call *c, struct err *e)
{
	c->out->type = "application/json";
	buf_put_str(&c->out->body, "{\"alive\":true}");
	return true;
}

static bool
path_ok(const char *path)
{
	char before = 0;

	if (strlen(path) > PATH_LEN_MAX)
		return false;
	for (; *path != 0; before = *path++) {
		unsigned char u = (unsigned char)*path;

		if (!isascii(u) || (!isalnum(u) && strchr("-_./", u) == NULL))
			return false;
		if (before == '/' && (u == '.' || u == '/'))
			return false;
	}
	return before != '/';
}

static bool
open_public(int *out, const struct call *c, const char *name, struct err *e)
{
	own_str char *path = xprintf("%s%s", c->api->public, name);
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == EIO))
		return fail(e, ERR_STORE, "cannot read the file now: %s", strerror(errno));
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return fail(e, ERR_ABSENT, "there is no such file");
	*out = fd;
	fd = -1;
	return true;
}

static bool
send_public(struct call *c, const char *name, struct err *e)
{
	own_fd int fd = -1;

	if (!open_public(&fd, c, name, e) || !fd_read(&c->out->body, fd, "the file", e))
		return false;
	type_put(c->out, name);
	etag_put(c, buf_span(&c->out->body));
	return true;
}

bool
public_file(struct call *c, struct err *e)
{
	return path_ok(c->in->path) ? send_public(c, c->in->path, e) : fail(e, ERR_ABSENT, "there is no such file");
}

bool
public_reports(struct call *c, struct err *e)
{
	return send_public(c, "/report/index.html", e) || (e->class == ERR_ABSENT && fail(e, ERR_ABSENT, "there are no reports yet: the first come after the first day"));
}
