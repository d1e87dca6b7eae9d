#include "signer/renew.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "verifier/proto.h"
#include "verifier/xades_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define EVERY_SECS 3600
#define AGAIN_SECS 1			/* doubled, before what failed is tried again */
#define PAGE 200		/* permit.renewable */

struct due { unsigned char handle[HANDLE_LEN]; int64_t until, entry; };
/* Of a new archive time stamp. */
struct reliance { int64_t until; char by[LT_BY_MAX]; };
/* What one round did; no_longer: a new stamp would not outlast the newest there is. */
struct round { size_t renewed, failed; bool no_longer; struct err first; };

/* The strongest that policy takes for new signatures on this day. */
static const EVP_MD *
archive_digest(const struct policy *p, int32_t day)
{
	static const char *const ids[] = { "sha512", "sha384", "sha256" };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct algorithm *a = policy_algorithm(p, ids[i]);

		if (a != NULL && day <= a->new_until)
			return EVP_get_digestbyname(a->id);
	}
	return EVP_sha512();
}

/* *since: when it was recorded. */
static bool
read_copy(struct buf *out, int64_t *since, const struct service *s, struct span handle, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.copy");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[2];
	struct entry came;

	reg_bytes(&read, "handle", handle);
	if (!reg_one(s->reg, &read, &rows, c, 2, "issued permit", e) || !entry_read(&came, c[1].s, e))
		return false;
	*since = came.time;
	buf_put_span(out, c[0].s);
	return buf_ok(out, "permit", e);
}

bool
renew_copy(struct buf *out, const struct service *s, struct span handle, struct err *e)
{
	int64_t since;

	return read_copy(out, &since, s, handle, e);
}

static bool
passes(const struct service *s, struct span file, int64_t known_since)
{
	struct report r;
	bool good;

	judges_report(&r, s, file, clock_now(), known_since);
	good = r.verdict == VERDICT_PASSED;
	report_drop(&r);
	return good;
}

/* Where a permit's own proofs have ended already, the register's word for its octets says
 * more than a stamp of today over them. */
static bool
in_time(const struct service *s, struct span file, int64_t since, struct err *e)
{
	return passes(s, file, 0) || !passes(s, file, since) ||
	    fail(e, ERR_POLICY, "its own proofs have ended, and the register's word alone holds it: a copy would prove less");
}

/* What the next archive time stamp of this file covers. */
static bool
next_imprint(unsigned char out[EVP_MAX_MD_SIZE], const struct service *s, struct span file, const EVP_MD *md, struct err *e)
{
	struct permit_grammars *g = judges_take(s->judges);
	struct permit p = { .sealed = false };
	bool good = permit_read(&p, file, s->policy, g, e) &&
	    (permit_last(&p)->narchives < XADES_ARCHIVES_MAX || fail(e, ERR_LIMIT, "it has %d archive time stamps, and no verifier reads more", XADES_ARCHIVES_MAX)) &&
	    xades_archive_imprint(out, permit_last(&p), permit_last(&p)->narchives, md, e);

	permit_drop(&p);
	judges_give(s->judges, g);
	return good;
}

/* The new stamp holds; whether the permit does is no question of its age. */
static bool
check_copy(const struct service *s, struct span file, int64_t since, struct err *e)
{
	const struct report_signature *last;
	struct report r;
	bool good;

	judges_report(&r, s, file, clock_now(), 0);
	last = &r.signature[r.nsignatures == 0 ? 0 : r.nsignatures - 1];
	good = r.nsignatures > 0 && last->archived != INT64_MIN && last->archived >= since;
	if (!good)
		fail(e, ERR_BUG, "self-check: the archive time stamp does not hold (%s %.120s)", verdict_word(r.verdict),
		    r.nsignatures > 0 && last->reasons.n > 0 ? last->reasons.at[0].en : "");
	report_drop(&r);
	return good;
}

static bool
record(const struct service *s, const struct permit_row *p, struct span file, const struct reliance *new, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	unsigned char digest[SHA256_LEN];

	sha256(digest, file);
	reg_verb(&u, "permit.renew");
	reg_bytes(&u, "handle", p->handle);
	reg_text(&u, "agency", p->agency);
	reg_text(&u, "kind", p->kind);
	reg_bytes(&u, "sealed", file);
	reg_bytes(&u, "sha256", span_of(digest, sizeof(digest)));
	reg_int(&u, "until", new->until);
	reg_text(&u, "by", new->by);
	FAULT_POINT("signer.before-renew");
	return reg_run(s->reg, &u, NULL, e);
}

/* The copy that there is -> one with a stamp more; nothing in out where it would not last longer. */
static bool
make_copy(struct buf *out, struct reliance *new, const struct service *s, const struct due *d, struct err *e)
{
	const EVP_MD *md = archive_digest(s->policy, day_in_vietnam(clock_now()));
	own_struct(buf) old = buf_new(VERIFY_MESSAGE_MAX);
	own_struct(lt_evidence) v = { .ncerts = 0 };
	unsigned char imprint[EVP_MAX_MD_SIZE];
	int64_t since;

	if (!read_copy(&old, &since, s, span_of(d->handle, HANDLE_LEN), e) || !in_time(s, buf_span(&old), since, e) || !next_imprint(imprint, s, buf_span(&old), md, e) ||
	    !lt_archive_get(&v, s, md, span_of(imprint, (size_t)EVP_MD_get_size(md)), e))
		return false;
	new->until = v.until;
	memcpy(new->by, v.by, sizeof(new->by));
	if (v.until <= d->until)
		return true;
	const struct xades_evidence evidence = { .stamp = buf_span(&v.stamp), .cert = v.cert, .ncerts = v.ncerts, .crl = v.crl, .ncrls = v.ncrls };

	if (!xades_archive(out, buf_span(&old), &evidence, e))
		return false;
	return out->len <= VERIFY_DOCUMENT_MAX ||
	    fail(e, ERR_LIMIT, "with this archive time stamp the permit would have %zu octets, and no verifier reads more than %u", out->len, VERIFY_DOCUMENT_MAX);
}

static bool
renew_one(struct round *r, const struct service *s, const struct due *d, struct err *e)
{
	own_struct(buf) file = buf_new(64u << 20);
	own_struct(reg_rows) rows = { .left = 0 };
	struct permit_row p;
	struct reliance new;
	int64_t begun = clock_now();

	if (!permit_by_handle(s, &rows, &p, d->handle, e) || !make_copy(&file, &new, s, d, e))
		return false;
	r->no_longer = file.len == 0;
	if (r->no_longer)
		return true;
	if (!check_copy(s, buf_span(&file), begun, e))
		return false;
	if (!record(s, &p, buf_span(&file), &new, e))
		return e->class == ERR_CONFLICT;	/* another antin-signer was first */
	r->renewed++;
	return true;
}

/* A page of what is due, behind the last one of the page before: by its end, or by the
 * algorithms that it relies on. */
static bool
read_page(struct due out[PAGE], size_t *n, const struct service *s, struct reg_unit *read, struct err *e)
{
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[3];
	bool more;

	*n = 0;
	if (!reg_read(s->reg, read, &rows, e) || !reg_next(&rows, c, 3, &more, e))
		return false;
	for (; more && *n < PAGE; ++*n) {
		if (c[0].s.len != HANDLE_LEN)
			return fail(e, ERR_BUG, "the register holds a handle of %zu octets", c[0].s.len);
		memcpy(out[*n].handle, c[0].s.ptr, HANDLE_LEN);
		out[*n].until = c[1].i;
		out[*n].entry = c[2].i;
		if (!reg_next(&rows, c, 3, &more, e))
			return false;
	}
	return true;
}

static bool
read_ending(struct due out[PAGE], size_t *n, const struct service *s, int64_t before, const struct due *last, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.renewable");

	reg_int(&read, "before", before);
	reg_int(&read, "until", last->until);
	reg_int(&read, "after", last->entry);
	return read_page(out, n, s, &read, e);
}

static bool
read_relying(struct due out[PAGE], size_t *n, const struct service *s, const struct reliance *on, const struct due *last, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.renewable_by");

	reg_text(&read, "by", on->by);
	reg_int(&read, "after", last->entry);
	if (!read_page(out, n, s, &read, e))
		return false;
	for (size_t i = 0; i < *n; i++)
		if (on->until < out[i].until)
			out[i].until = on->until;
	return true;
}

/* on: those that rely on these algorithms; NULL: those whose proofs end before a moment,
 * the first to end first.  Where a new stamp does not outlast the newest of one, it does
 * not outlast those behind it. */
static bool
renew_all(struct round *r, const struct service *s, int64_t before, const struct reliance *on, struct err *e)
{
	struct due last = { .until = INT64_MIN, .entry = -1 }, *page = xalloc(PAGE * sizeof(*page));
	bool good = true;
	struct err why;
	size_t n;

	r->no_longer = false;
	do {
		good = on != NULL ? read_relying(page, &n, s, on, &last, e) : read_ending(page, &n, s, before, &last, e);
		for (size_t i = 0; good && i < n && !r->no_longer; i++) {
			if (!renew_one(r, s, &page[i], &why) && r->failed++ == 0)
				r->first = why;
			last = page[i];
		}
	} while (good && n == PAGE && !r->no_longer);
	free(page);
	return good;
}

/* The end of the first of these algorithms to end; one that policy no longer knows has ended. */
static int64_t
end_of(const struct policy *p, const char *by)
{
	own_str char *copy = xstrdup(by);
	int64_t end = INT64_MAX;
	char *rest = copy;

	for (char *id = strsep(&rest, " "); id != NULL; id = strsep(&rest, " ")) {
		const struct algorithm *a = policy_algorithm(p, id);
		int64_t its = a == NULL ? INT64_MIN : day_start_vietnam(a->old_until);

		end = its < end ? its : end;
	}
	return end;
}

/* The next set of algorithms that permits rely on; *more is false behind the last. */
static bool
next_reliance(struct reliance *x, bool *more, const struct service *s, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.proven_by");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[1];

	reg_text(&read, "after", x->by);
	if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, 1, more, e))
		return false;
	if (!*more)
		return true;
	snprintf(x->by, sizeof(x->by), "%.*s", (int)c[0].s.len, (const char *)c[0].s.ptr);
	x->until = end_of(s->policy, x->by);
	return true;
}

static bool
run_round(struct round *r, const struct service *s, int64_t before, struct err *e)
{
	struct reliance on = { .by = "" };
	bool more = true;

	if (!renew_all(r, s, before, NULL, e))
		return false;
	while (next_reliance(&on, &more, s, e) && more)
		if (on.until < before && !renew_all(r, s, before, &on, e))
			return false;
	return !more;
}

static void
tell(const struct round *r, struct err *told)
{
	if (r->renewed > 0)
		log_info("%zu permits got an archive time stamp", r->renewed);
	if (r->failed > 0 && strcmp(told->text, r->first.text) != 0)
		log_warn("%zu permits could not get an archive time stamp: %s", r->failed, r->first.text);
	*told = r->first;
}

struct renewing { const struct service *s; int64_t days; };

static void *
renew_main(void *arg)
{
	const struct renewing *w = arg;
	struct err told = { ERR_NONE, "" };
	time_t again = AGAIN_SECS;

	for (;;) {
		struct round r = { .first = { ERR_NONE, "" } };
		struct err e;

		if (!run_round(&r, w->s, clock_now() + w->days * DAY_SECS, &e) && r.failed++ == 0)
			r.first = e;
		tell(&r, &told);
		again = r.failed == 0 ? AGAIN_SECS : again < EVERY_SECS / 2 ? 2 * again : EVERY_SECS;
		nanosleep(&(struct timespec){ .tv_sec = r.failed == 0 ? EVERY_SECS : again }, NULL);
	}
	return NULL;
}

void
renew_start(const struct service *s, int64_t days)
{
	struct renewing *w = xalloc(sizeof(*w));
	pthread_t thread;

	*w = (struct renewing){ s, days };
	promise(pthread_create(&thread, NULL, renew_main, w) == 0);
}
