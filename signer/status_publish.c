/*
 * The status list (permit_life.h; verifier/status_list.h), a function of a
 * prefix of the log and of its day (status_prefix.h): recorded before it is signed,
 * published; at every change (those that come together share one), hourly, and
 * when a day begins in Vietnam: suspensions begin and end with days.  Valid
 * fourteen days.
 */
#include "signer/permit_life.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "verifier/cose.h"
#include "verifier/status_list.h"

#include <stdlib.h>
#include <time.h>

#define LIST 1
#define VALID_SECS (14 * 86400)
#define EVERY_SECS 3600
#define RETRY_MAX_SECS 30		/* the first try again comes after one */
#define PERMITS_MAX (4u << 20)
#define TURNS 4			/* of several signers at once */

struct status_clock {
	pthread_mutex_t lock, making;
	pthread_cond_t changed;
	bool dirty;
	pthread_t thread;
};

void
status_changed(const struct service *s)
{
	pthread_mutex_lock(&s->status->lock);
	s->status->dirty = true;
	pthread_cond_signal(&s->status->changed);
	pthread_mutex_unlock(&s->status->lock);
}

/* One octet a place: those that the first `size` entries show as issued. */
static bool
read_places(struct buf *out, const struct service *s, uint64_t size, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.places");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[1];
	bool more;

	reg_int(&read, "list", LIST);
	reg_int(&read, "size", (int64_t)size);
	if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, 1, &more, e))
		return false;
	while (more) {
		while (out->len < (size_t)c[0].i)
			buf_put_byte(out, STATUS_NONE);
		buf_put_byte(out, STATUS_IN_FORCE);
		if (!buf_ok(out, "status list", e) || !reg_next(&rows, c, 1, &more, e))
			return false;
	}
	return true;
}

/* And what was recorded of them, as of a day.  Rows of one place lie together. */
static bool
read_changes(struct buf *places, const struct service *s, uint64_t size, int32_t day, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.changed_places");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[6];
	int64_t idx = -1;
	struct life l;
	bool more;

	reg_int(&read, "list", LIST);
	reg_int(&read, "size", (int64_t)size);
	if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, 6, &more, e))
		return false;
	while (more) {
		if (c[0].i < 0 || (uint64_t)c[0].i >= places->len)
			return fail(e, ERR_BUG, "a change of a permit without a place");
		if (c[0].i != idx)
			life_begin(&l, day, LIFE_OPEN);
		idx = c[0].i;
		life_add(&l, &(struct life_change){ .entry = c[1].i, .act = (enum life_act)c[2].i, .from = (int32_t)c[3].i,
		    .until = c[4].null ? LIFE_OPEN : (int32_t)c[4].i, .ends = c[5].null ? -1 : c[5].i });
		places->ptr[idx] = (unsigned char)life_code(&l);
		if (!reg_next(&rows, c, 6, &more, e))
			return false;
	}
	return true;
}

static bool
next_number(const struct service *s, int64_t now, int64_t *out, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("status.last");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[4];
	bool more;

	*out = now;
	if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, 4, &more, e))
		return false;
	if (more && c[0].i >= *out)
		*out = c[0].i + 1;
	return true;
}

static bool
reserve(const struct service *s, int64_t number, int64_t now, uint64_t size, const struct hash *root, struct span tbs, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	unsigned char digest[SHA256_LEN];

	sha256(digest, tbs);
	reg_verb(&u, "status.reserve");
	reg_text(&u, "org", s->org);
	reg_text(&u, "kind", "status");
	reg_int(&u, "number", number);
	reg_int(&u, "list", LIST);
	reg_int(&u, "this_update", now);
	reg_int(&u, "next_update", now + VALID_SECS);
	reg_int(&u, "size", (int64_t)size);
	reg_bytes(&u, "root", span_of(root->octet, HASH_LEN));
	reg_bytes(&u, "sha256", span_of(digest, sizeof(digest)));
	reg_bytes(&u, "tbs", tbs);
	FAULT_POINT("signer.status-reserve");
	return reg_run(s->reg, &u, NULL, e);
}

static bool
store_signed(const struct service *s, int64_t number, struct span cwt, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();

	reg_verb(&u, "status.signed");
	reg_int(&u, "number", number);
	reg_bytes(&u, "cwt", cwt);
	reg_verb(&u, "publish.put");
	reg_text(&u, "path", "status/1.cwt");
	reg_bytes(&u, "body", cwt);
	FAULT_POINT("signer.status-signed");
	return reg_run(s->reg, &u, NULL, e);
}

static bool
make_list(const struct service *s, int64_t now, struct err *e)
{
	own_struct(buf) statuses = buf_new(PERMITS_MAX);
	own_struct(buf) protected_ = buf_new(256);
	own_struct(buf) payload = buf_new(STATUS_LIST_MAX);
	own_struct(buf) tbs = buf_new(STATUS_LIST_MAX);
	own_struct(buf) raw = buf_new(128);
	own_struct(buf) cwt = buf_new(STATUS_LIST_MAX);
	unsigned char kid[8], key_id[KEY_ID_LEN], digest[SHA256_LEN];
	struct status_list check;
	struct hash root;
	uint64_t size;
	int64_t number;

	status_list_kid(kid, s->signer);
	key_id_of_cert(key_id, s->signer);
	if (!reg_head(s->reg, &size, &root, e) || !read_places(&statuses, s, size, e) ||
	    !read_changes(&statuses, s, size, day_in_vietnam(now), e) || !next_number(s, now, &number, e) ||
	    !status_list_payload(&protected_, &payload, kid, s->status_uri, now, now + VALID_SECS, size, root.octet, statuses.ptr, statuses.len, e))
		return false;
	cose_tbs(&tbs, buf_span(&protected_), SPAN_NONE, buf_span(&payload));
	sha256(digest, buf_span(&tbs));
	if (!reserve(s, number, now, size, &root, buf_span(&tbs), e) || !hsm_sign(s->key, key_id, HSM_ECDSA_P256, span_of(digest, SHA256_LEN), &raw, e))
		return false;
	cose_write(&cwt, buf_span(&protected_), buf_span(&payload), buf_span(&raw));
	if (!buf_ok(&cwt, "status list", e) || !status_list_open(&check, buf_span(&cwt), s->signer, e))
		return fail_in(e, "self-check");
	status_list_drop(&check);
	return store_signed(s, number, buf_span(&cwt), e);
}

bool
status_publish(const struct service *s, int64_t now, struct err *e)
{
	bool good = false;

	pthread_mutex_lock(&s->status->making);
	/* Another antin-signer on the same register may have recorded its own
	 * meanwhile: then from the start. */
	for (unsigned i = 0; !good && i < TURNS && (i == 0 || e->class == ERR_CONFLICT); i++)
		good = make_list(s, now, e);
	pthread_mutex_unlock(&s->status->making);
	return good;
}

static unsigned
until_next(int64_t now)
{
	int64_t midnight = day_start_vietnam(day_in_vietnam(now) + 1) - now;

	return midnight < EVERY_SECS ? (unsigned)midnight + 1 : EVERY_SECS;
}

static void *
status_main(void *arg)
{
	const struct service *s = arg;
	unsigned wait = until_next(clock_now()), retry = 0;

	for (;;) {
		struct timespec until = clock_mono_in(1000 * (int64_t)wait);
		struct err e;

		pthread_mutex_lock(&s->status->lock);
		while (!s->status->dirty && pthread_cond_clockwait(&s->status->changed, &s->status->lock, CLOCK_MONOTONIC, &until) == 0)
			continue;
		s->status->dirty = false;
		pthread_mutex_unlock(&s->status->lock);
		if (status_publish(s, clock_now(), &e)) {
			wait = until_next(clock_now());
			retry = 0;
			continue;
		}
		wait = retry = retry == 0 ? 1 : 2 * retry < RETRY_MAX_SECS ? 2 * retry : RETRY_MAX_SECS;
		log_warn("status list: %s; again in %u seconds", e.text, wait);
	}
	return NULL;
}

void
status_start(struct service *s)
{
	promise(pthread_create(&s->status->thread, NULL, status_main, s) == 0);
	status_changed(s);
}

struct status_clock *
status_clock_new(void)
{
	struct status_clock *c = xalloc(sizeof(*c));

	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->making, NULL);
	pthread_cond_init(&c->changed, NULL);
	return c;
}
