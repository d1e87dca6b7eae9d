#include "api/ocsp.h"

#include "api/ocsp_request.h"
#include "api/public.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DELTA PACK_SHARDS		/* the slot behind them */
#define SERIAL_LEN 20
#define LOOK_MS 200			/* between two looks at the folder */
#define CACHE_SECS 3600
#define FILE_MAX (PACK_MAX + 1024)

/* A file that is mapped; ptr NULL: there is none, or (bad) one that cannot be used. */
struct slot { bool bad; void *ptr; size_t len; dev_t dev; ino_t ino; struct timespec changed; struct pack pack; };

/* What one issuing key's responder has signed. */
struct board { struct slot slot[PACK_SHARDS + 1]; };

struct ocsp_shelf {
	const char *public;
	pthread_rwlock_t lock;		/* guards the boards */
	atomic_llong looked;		/* clock_mono_ms */
	struct board board[PACK_ISSUERS_MAX];	/* folders ocsp, ocsp1 ... */
	size_t n;			/* boards: the first, and those that have been seen; the newest key's is the last */
};

struct ocsp_shelf *
ocsp_shelf_new(const char *public)
{
	struct ocsp_shelf *s = xalloc(sizeof(*s));

	s->public = public;
	s->looked = INT64_MIN;
	s->n = 1;
	pthread_rwlock_init(&s->lock, NULL);
	return s;
}

static void
slot_drop(struct slot *s)
{
	if (s->ptr != NULL)
		munmap(s->ptr, s->len);
	*s = (struct slot){ .ptr = NULL };
}

void
ocsp_shelf_free(struct ocsp_shelf *s)
{
	for (size_t k = 0; k < s->n; k++)
		for (size_t i = 0; i <= DELTA; i++)
			slot_drop(&s->board[k].slot[i]);
	pthread_rwlock_destroy(&s->lock);
	free(s);
}

/*
 * The folder.
 */

static bool
is_same(const struct slot *s, const struct stat *st)
{
	return s->dev == st->st_dev && s->ino == st->st_ino && (off_t)s->len == st->st_size &&
	    s->changed.tv_sec == st->st_ctim.tv_sec && s->changed.tv_nsec == st->st_ctim.tv_nsec;
}

static bool
slot_map(struct slot *out, int fd, const struct stat *st, struct err *e)
{
	struct slot s = { .len = (size_t)st->st_size, .dev = st->st_dev, .ino = st->st_ino, .changed = st->st_ctim };

	if (!S_ISREG(st->st_mode) || s.len == 0 || s.len > FILE_MAX)
		return fail(e, ERR_INPUT, "no file of 1 to %u octets", FILE_MAX);
	s.ptr = mmap(NULL, s.len, PROT_READ, MAP_SHARED, fd, 0);
	if (s.ptr == MAP_FAILED)
		return fail(e, ERR_STORE, "cannot map it: %m");
	if (!pack_open(&s.pack, span_of(s.ptr, s.len), e) || (s.pack.key_len != SERIAL_LEN && !fail(e, ERR_INPUT, "its keys are no serial numbers"))) {
		slot_drop(&s);
		return false;
	}
	*out = s;
	return true;
}

/* antin-register replaces files whole (rename): what is mapped stays what it was.
 * What a file that cannot be used would say is unknown: its certificates get
 * tryLater, and of the delta's any may be one of them. */
static void
look_at(struct board *b, const char *folder, size_t i)
{
	own_str char *path = i == DELTA ? xprintf("%s/delta.pack", folder) : xprintf("%s/%zx.pack", folder, i);
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct slot new = { .ptr = NULL };
	struct stat st;
	struct err e;

	if (fd >= 0 && fstat(fd, &st) == 0) {
		if (is_same(&b->slot[i], &st))
			return;
		if (!slot_map(&new, fd, &st, &e)) {
			log_warn("%s: %s", path, e.text);	/* once */
			new = (struct slot){ .bad = true, .len = (size_t)st.st_size, .dev = st.st_dev, .ino = st.st_ino, .changed = st.st_ctim };
		}
	} else {
		new.bad = errno != ENOENT;
		if (new.bad && !b->slot[i].bad)
			log_warn("%s: %m", path);
	}
	slot_drop(&b->slot[i]);
	b->slot[i] = new;
}

/* One of the threads looks, now and then; the others go on. */
static void
look(struct ocsp_shelf *s)
{
	long long before = atomic_load(&s->looked), now = clock_mono_ms();

	if (now - LOOK_MS < before || !atomic_compare_exchange_strong(&s->looked, &before, now))
		return;
	pthread_rwlock_wrlock(&s->lock);
	for (size_t k = 0; k < PACK_ISSUERS_MAX; k++) {
		own_str char *folder = k == 0 ? xprintf("%s/ocsp", s->public) : xprintf("%s/ocsp%zu", s->public, k);

		if (k > 0 && k >= s->n && access(folder, F_OK) != 0)
			break;
		if (k >= s->n)
			s->n = k + 1;
		for (size_t i = 0; i <= DELTA; i++)
			look_at(&s->board[k], folder, i);
	}
	pthread_rwlock_unlock(&s->lock);
}

/*
 * The answer.
 */

enum { MALFORMED = 1, TRY_LATER = 3, UNAUTHORIZED = 6 };	/* RFC 6960 4.2.1 */

static void
put_refusal(struct buf *out, unsigned char status)
{
	const unsigned char der[] = { 0x30, 0x03, 0x0a, 0x01, status };

	buf_put(out, der, sizeof(der));
}

/* What a pack is about (ca/ocsp_response.h): the issuer's name and key by SHA-1,
 * then by SHA-256. */
static bool
is_about(const struct pack *p, const struct ocsp_cert_id *id)
{
	size_t at = id->hash == OCSP_HASH_SHA1 ? 0 : 40, len = id->hash == OCSP_HASH_SHA1 ? 20 : 32;

	return id->hash != OCSP_HASH_OTHER && p->head.about.len == 104 &&
	    span_eq(id->name, span_of(p->head.about.ptr + at, len)) && span_eq(id->key, span_of(p->head.about.ptr + at + len, len));
}

static bool
about_one(const struct ocsp_request *r, const struct pack *p)
{
	for (size_t i = 0; i < r->n; i++)
		if (!is_about(p, &r->id[i]) || !span_eq(r->id[i].serial, r->id[0].serial))
			return false;
	return true;
}

/* Is the delta the newer word on what this pack holds?  A delta that adds to an
 * older batch has been overtaken. */
static bool
adds_to(const struct slot *delta, const struct pack *whole)
{
	return delta->ptr != NULL && delta->pack.head.follows == whole->head.number;
}

/* A newer batch is being written and the delta that adds to it is there already. */
static bool
is_behind(const struct slot *delta, const struct pack *whole)
{
	return delta->ptr != NULL && delta->pack.head.follows > whole->head.number;
}

/* *ours: the board is about the certificate's issuer, and nobody else can answer. */
static unsigned char
find_on(const struct board *b, const struct ocsp_request *r, int64_t now, struct buf *out, struct pack_head *head, bool *ours)
{
	const struct slot *delta = &b->slot[DELTA], *slot = &b->slot[pack_shard(r->id[0].serial)];
	struct span serial = r->id[0].serial, body;
	const struct pack *p = &slot->pack;
	unsigned char *at;

	*ours = false;
	if (slot->ptr == NULL)
		return TRY_LATER;
	if (!about_one(r, p))
		return UNAUTHORIZED;
	*ours = true;
	if (delta->bad || is_behind(delta, p) || now >= p->head.next_update)
		return TRY_LATER;
	if (adds_to(delta, p) && pack_find(&delta->pack, serial, &body))
		p = &delta->pack;
	else if (!pack_find(p, serial, &body))
		return UNAUTHORIZED;
	if (now >= p->head.next_update)
		return TRY_LATER;
	at = buf_extend(out, body.len + p->tail.len);
	if (at != NULL)
		memcpy(mempcpy(at, body.ptr, body.len), p->tail.ptr, p->tail.len);
	*head = p->head;
	head->kind = span_str("ocsp");
	head->about = serial;
	return 0;
}

static unsigned char
find(const struct ocsp_shelf *s, const struct ocsp_request *r, int64_t now, struct buf *out, struct pack_head *head)
{
	struct span serial = r->id[0].serial;
	unsigned char answer = UNAUTHORIZED;
	bool ours;

	if (serial.len != SERIAL_LEN || serial.ptr[0] < 0x40 || serial.ptr[0] > 0x7f)
		return UNAUTHORIZED;	/* no authority of ours gives such a number */
	/* The newest key's certificates are asked about most. */
	for (size_t k = s->n; k-- > 0;) {
		unsigned char one = find_on(&s->board[k], r, now, out, head, &ours);

		if (ours)
			return one;
		/* What cannot be read may be about this issuer. */
		if (one == TRY_LATER)
			answer = TRY_LATER;
	}
	return answer;
}

void
ocsp_answer(struct ocsp_shelf *s, struct span request, int64_t now, struct buf *out, struct pack_head *head)
{
	struct ocsp_request r;
	unsigned char refusal;
	struct err e;

	*head = (struct pack_head){ .kind = SPAN_NONE };
	if (!ocsp_request_read(&r, request, &e)) {
		put_refusal(out, MALFORMED);
		return;
	}
	look(s);
	pthread_rwlock_rdlock(&s->lock);
	refusal = find(s, &r, now, out, head);
	pthread_rwlock_unlock(&s->lock);
	if (refusal != 0)
		put_refusal(out, refusal);
}

/*
 * HTTP.
 */

/* Batch and serial number say which octets it is; to hash those would cost as much
 * as to find them. */
static void
put_etag(struct call *c, const struct pack_head *head)
{
	unsigned char id[sizeof(head->number) + SERIAL_LEN];

	memcpy(id, &head->number, sizeof(head->number));
	memcpy(id + sizeof(head->number), head->about.ptr, SERIAL_LEN);
	hex_text(c->out->etag, span_of(id, sizeof(id)));
}

/* RFC 5019 6.2: no cache keeps what is not signed; what is signed, an hour, and
 * never beyond its own end. */
static bool
reply(struct call *c, struct span request, struct err *e)
{
	int64_t now = clock_now();
	struct pack_head head;

	c->out->type = "application/ocsp-response";
	c->out->no_page = true;
	ocsp_answer(c->api->ocsp, request, now, &c->out->body, &head);
	if (head.kind.len == 0)
		return buf_ok(&c->out->body, "the answer", e);
	c->out->modified = head.this_update;
	c->out->expires = head.next_update;
	c->out->cache_secs = head.next_update - now > 2 * CACHE_SECS ? CACHE_SECS : (unsigned)((head.next_update - now + 1) / 2);
	put_etag(c, &head);
	return buf_ok(&c->out->body, "the answer", e);
}

/* Base64 as it is, or with %2F, %2B and %3D, which http.c has undone; some put two
 * slashes before it.  A request begins with SEQUENCE: never with a slash. */
bool
ocsp_get(struct call *c, struct err *e)
{
	const char *text = c->arg + strspn(c->arg, "/");
	own_struct(buf) request = buf_new(OCSP_REQUEST_MAX);
	struct err none;

	if (!base64_get(&request, span_str(text), &none) || request.failed)
		buf_reset(&request);	/* no request: malformed */
	return reply(c, buf_span(&request), e);
}

bool
ocsp_post(struct call *c, struct err *e)
{
	const char *type = http_header(c->in, "Content-Type");
	bool right = type != NULL && strcasecmp(type, "application/ocsp-request") == 0;

	return reply(c, right ? c->in->body : SPAN_NONE, e);
}
