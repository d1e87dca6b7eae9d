#include "ca/ocsp_issue.h"

#include "base/clock.h"
#include "base/crew.h"
#include "base/log.h"
#include "base/pack.h"
#include "ca/ocsp_response.h"
#include "ca/publish_order.h"
#include "ca/reissue.h"
#include "ca/responder.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GATHER_NS 300000000	/* changes that come together share a delta */
#define TURNS 4			/* of several authorities at once */
#define CHUNK 32		/* digests a frame to antin-hsm */
#define CREW 3			/* two cores, and one waiting for the token */
#define GIVE_WAY_MS 40		/* a slice: a hundred thousand responses are two minutes late at worst */
#define TBS_MAX 1024
#define BODY_MAX 2048
#define ROWS_MAX (4u << 20)

struct ocsp_clock { struct reissue *again; bool absent; };	/* it was said that there is no responder */

struct ocsp_clock *
ocsp_clock_new(void)
{
	struct ocsp_clock *c = xalloc(sizeof(*c));

	c->again = reissue_new();
	return c;
}

void
ocsp_kind(char out[OCSP_KIND_TEXT], int64_t shard, bool delta)
{
	promise(shard >= 0 && shard < GENERATIONS_MAX);
	if (shard == 0)
		snprintf(out, OCSP_KIND_TEXT, "ocsp%s", delta ? "-delta" : "");
	else
		snprintf(out, OCSP_KIND_TEXT, "ocsp%d%s", (int)shard, delta ? "-delta" : "");
}

/*
 * What is known.
 */

/* latest: thisUpdate of the batch with the greatest number; seen: how much of the
 * log the last batch knew, if it is published. */
struct before { int64_t greatest, number, latest, base, base_at; uint64_t base_size, seen; bool has_base; unsigned char responder[OCSP_SERIAL_LEN]; };

static bool
read_before(struct generation *g, struct before *b, struct err *e)
{
	own_struct(reg_unit) ask_number = reg_read_new("ocsp.number");
	own_struct(reg_unit) ask_last = reg_read_new("ocsp.last");
	own_struct(reg_unit) ask_greatest = reg_read_new("ocsp.greatest");
	own_struct(reg_rows) greatest = { .left = 0 };
	own_struct(reg_rows) numbers = { .left = 0 };
	own_struct(reg_rows) rows = { .left = 0 };
	char whole[OCSP_KIND_TEXT], delta[OCSP_KIND_TEXT];
	struct reg_cell c[6];
	bool more;

	ocsp_kind(whole, generation_shard(g), false);
	ocsp_kind(delta, generation_shard(g), true);
	reg_int(&ask_number, "shard", generation_shard(g));
	reg_text(&ask_number, "whole", whole);
	reg_text(&ask_number, "delta", delta);
	reg_int(&ask_last, "shard", generation_shard(g));
	reg_text(&ask_last, "whole", whole);
	if (!reg_one(g->a->reg, &ask_greatest, &greatest, c, 1, "greatest number of a batch", e))
		return false;
	*b = (struct before){ .greatest = c[0].i };
	if (!reg_read(g->a->reg, &ask_number, &numbers, e) || !reg_next(&numbers, c, 4, &more, e))
		return false;
	if (more) {
		b->number = c[0].i;
		b->latest = c[1].i;
		b->seen = c[3].i != 0 ? (uint64_t)c[2].i : 0;
	}
	if (!reg_read(g->a->reg, &ask_last, &rows, e) || !reg_next(&rows, c, 6, &more, e))
		return false;
	b->has_base = more && c[5].i != 0 && c[4].s.len == sizeof(b->responder);
	if (b->has_base) {
		b->base = c[0].i;
		b->base_size = (uint64_t)c[1].i;
		b->base_at = c[2].i;
		memcpy(b->responder, c[4].s.ptr, sizeof(b->responder));
	}
	return true;
}

struct batch {
	char whole[OCSP_KIND_TEXT], delta[OCSP_KIND_TEXT];
	struct pack_head head;
	struct ocsp_about about;
	struct responder by;
	struct hash root;
	struct buf tail;
	struct ocsp_row *row;
	size_t n, room;
};

static void
batch_drop(struct batch *b)
{
	responder_drop(&b->by);
	buf_drop(&b->tail);
	free(b->row);
}

static bool
take_row(struct batch *b, const struct reg_cell c[4], struct err *e)
{
	struct ocsp_row *r;

	if (c[0].s.len != OCSP_SERIAL_LEN)
		return fail(e, ERR_BUG, "the register holds a serial number of %zu octets", c[0].s.len);
	if ((uint64_t)c[3].i >= b->head.size)
		return fail(e, ERR_CONFLICT, "a certificate changed while the batch was read");
	if (b->n == ROWS_MAX)
		return fail(e, ERR_LIMIT, "more than %u certificates", ROWS_MAX);
	if (b->n == b->room) {
		b->room = b->room * 2 + 64;
		b->row = xrealloc(b->row, b->room * sizeof(*b->row));
	}
	r = &b->row[b->n++];
	*r = (struct ocsp_row){ .date = c[1].null ? 0 : c[1].i, .reason = c[1].null ? OCSP_GOOD : (int)c[2].i };
	memcpy(r->serial, c[0].s.ptr, OCSP_SERIAL_LEN);
	return true;
}

/* One page of rows; *got: how many. */
static bool
take_rows(struct generation *g, struct batch *b, struct reg_unit *ask, size_t *got, struct err *e)
{
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[4];
	bool more;

	reg_int(ask, "at", b->about.this_update);
	reg_int(ask, "size", (int64_t)b->head.size);
	reg_int(ask, "generation", g->n);
	if (!reg_read(g->a->reg, ask, &rows, e))
		return false;
	for (*got = 0;; ++*got) {
		if (!reg_next(&rows, c, 4, &more, e))
			return false;
		if (!more)
			return true;
		if (!take_row(b, c, e))
			return false;
	}
}

static bool
read_all(struct generation *g, struct batch *b, struct err *e)
{
	size_t got = 1;

	while (got > 0) {
		own_struct(reg_unit) ask = reg_read_new("cert.answered");

		reg_bytes(&ask, "after", b->n == 0 ? span_of("", 0) : span_of(b->row[b->n - 1].serial, OCSP_SERIAL_LEN));
		if (!take_rows(g, b, &ask, &got, e))
			return false;
	}
	return true;
}

static bool
read_since(struct generation *g, struct batch *b, uint64_t from, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("cert.answered_since");
	size_t got;

	reg_int(&ask, "from", (int64_t)from);
	return take_rows(g, b, &ask, &got, e);
}

/*
 * Recording.
 */

static void
hash_all(unsigned char out[SHA256_LEN], const struct batch *b)
{
	own(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	own_struct(buf) tbs = buf_new(TBS_MAX);

	promise(ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1);
	for (size_t i = 0; i < b->n; i++) {
		buf_reset(&tbs);
		ocsp_tbs(&tbs, &b->about, &b->row[i]);
		promise(EVP_DigestUpdate(ctx, tbs.ptr, tbs.len) == 1);
	}
	promise(EVP_DigestFinal_ex(ctx, out, NULL) == 1);
}

static bool
reserve(struct generation *g, const struct batch *b, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	unsigned char digest[SHA256_LEN];

	hash_all(digest, b);
	reg_verb(&u, "ocsp.reserve");
	reg_text(&u, "org", g->a->org);
	reg_text_span(&u, "kind", b->head.kind);
	reg_int(&u, "number", b->head.number);
	reg_int(&u, "shard", generation_shard(g));
	if (b->head.follows == PACK_ALONE)
		reg_null(&u, "follows");
	else
		reg_int(&u, "follows", b->head.follows);
	reg_bytes(&u, "responder", span_of(b->by.serial, sizeof(b->by.serial)));
	reg_int(&u, "this_update", b->about.this_update);
	reg_int(&u, "next_update", b->about.next_update);
	reg_int(&u, "size", (int64_t)b->head.size);
	reg_bytes(&u, "root", span_of(b->root.octet, HASH_LEN));
	reg_bytes(&u, "sha256", span_of(digest, sizeof(digest)));
	return authority_run(g->a, "ocsp.reserve", &u, NULL, e);
}

/*
 * Signing: a few threads take chunks of a pack's rows.
 */

struct signing {
	struct generation *g;
	const struct batch *b;
	const struct ocsp_row *row;
	size_t n;
	struct buf *body;
	atomic_bool failed;
	pthread_mutex_t lock, way;
	struct err e;
};

/* What the token made is a signature of the responder's key over what was recorded. */
static bool
put_body(struct signing *s, struct buf *body, struct span tbs, struct span raw, struct err *e)
{
	own_struct(buf) sig = buf_new(128);
	unsigned char digest[SHA256_LEN];

	sha256(digest, tbs);
	if (!ecdsa_raw_to_der(&sig, raw, e))
		return false;
	if (!ecdsa_verify(X509_get0_pubkey(s->b->by.cert), span_of(digest, sizeof(digest)), buf_span(&sig)))
		return fail(e, ERR_BUG, "the signature just made does not verify with the OCSP responder's key");
	*body = buf_new(BODY_MAX);
	ocsp_body(body, tbs, buf_span(&sig), s->b->tail.len);
	return buf_ok(body, "OCSP response", e);
}

static bool
sign_rows(struct signing *s, size_t from, size_t n, struct err *e)
{
	own_struct(buf) all = buf_new(CHUNK * TBS_MAX);
	own_struct(buf) raw = buf_new(CHUNK * HSM_SIGNATURE_LEN);
	size_t end[CHUNK];
	struct span tbs[CHUNK] = { SPAN_NONE };

	for (size_t i = 0; i < n; i++) {
		ocsp_tbs(&all, &s->b->about, &s->row[from + i]);
		end[i] = all.len;
	}
	for (size_t i = 0, at = 0; i < n; at = end[i++])
		tbs[i] = span_of(all.ptr + at, end[i] - at);
	if (!authority_raw(s->g, s->b->by.key_id, tbs, n, &raw, e))
		return fail_in(e, "the OCSP responder's key");
	for (size_t i = 0; i < n; i++)
		if (!put_body(s, &s->body[from + i], tbs[i], span_of(raw.ptr + i * HSM_SIGNATURE_LEN, HSM_SIGNATURE_LEN), e))
			return false;
	return true;
}

/* While orders are under way one slice is signed after the other. */
static void
give_way(struct signing *s)
{
	pthread_mutex_lock(&s->way);
	for (unsigned ms = 0; ms < GIVE_WAY_MS && atomic_load(&s->g->a->orders) > 0; ms += 2)
		usleep(2000);
	pthread_mutex_unlock(&s->way);
}

static void
sign_chunk(void *state, size_t i)
{
	struct signing *s = state;
	size_t at = i * CHUNK, left = s->n - at;
	struct err e;

	if (atomic_load(&s->failed))
		return;
	give_way(s);
	if (atomic_load(&s->failed) || sign_rows(s, at, left < CHUNK ? left : CHUNK, &e))
		return;
	pthread_mutex_lock(&s->lock);
	if (!atomic_exchange(&s->failed, true))
		s->e = e;
	pthread_mutex_unlock(&s->lock);
}

static bool
make_pack(struct buf *out, struct generation *g, const struct batch *b, const struct ocsp_row *row, size_t n, struct err *e)
{
	struct signing s = { .g = g, .b = b, .row = row, .n = n, .body = xalloc((n + 1) * sizeof(*s.body)), .lock = PTHREAD_MUTEX_INITIALIZER, .way = PTHREAD_MUTEX_INITIALIZER };
	struct pack_writer w = pack_begin(OCSP_SERIAL_LEN);
	bool good;

	crew_run(CREW, (n + CHUNK - 1) / CHUNK, sign_chunk, &s);
	if (s.failed)
		*e = s.e;
	for (size_t i = 0; i < n; i++) {
		if (!s.failed)
			pack_add(&w, span_of(row[i].serial, OCSP_SERIAL_LEN), buf_span(&s.body[i]));
		buf_drop(&s.body[i]);
	}
	free(s.body);
	good = !s.failed && pack_end(out, &w, &b->head, buf_span(&b->tail), e);
	pack_writer_drop(&w);
	return good;
}

/*
 * Publishing.
 */

static void
put_pack(struct reg_unit *u, const struct batch *b, const char *name, struct span pack)
{
	own_str char *path = xprintf("%s/%s.pack", b->whole, name);

	reg_verb(u, "ocsp.turn");
	reg_int(u, "number", b->head.number);
	reg_verb(u, "publish.put");
	reg_text(u, "path", path);
	reg_bytes(u, "body", pack);
}

static void
put_signed(struct reg_unit *u, const struct batch *b)
{
	reg_verb(u, "ocsp.signed");
	reg_int(u, "number", b->head.number);
}

static bool
publish_delta(struct generation *g, const struct batch *b, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	own_struct(buf) pack = buf_new(PACK_MAX);

	if (!make_pack(&pack, g, b, b->row, b->n, e))
		return false;
	put_pack(&u, b, "delta", buf_span(&pack));
	put_signed(&u, b);
	return authority_run(g->a, "ocsp.publish", &u, NULL, e);
}

/* One pack after the other, so that a large city's fit into memory. */
static bool
publish_whole(struct generation *g, const struct batch *b, struct err *e)
{
	own_struct(reg_unit) last = reg_unit_new();
	size_t from = 0;

	for (size_t shard = 0; shard < PACK_SHARDS; shard++) {
		own_struct(reg_unit) u = reg_unit_new();
		own_struct(buf) pack = buf_new(PACK_MAX);
		size_t to = from;
		char name[4];

		while (to < b->n && pack_shard(span_of(b->row[to].serial, OCSP_SERIAL_LEN)) == shard)
			to++;
		snprintf(name, sizeof(name), "%zx", shard);
		if (!make_pack(&pack, g, b, b->row + from, to - from, e))
			return false;
		put_pack(&u, b, name, buf_span(&pack));
		if (!authority_run(g->a, "ocsp.put", &u, NULL, e))
			return false;
		from = to;
	}
	promise(from == b->n);
	put_signed(&last, b);
	return authority_run(g->a, "ocsp.publish", &last, NULL, e);
}

/*
 * Issuing.
 */

static bool
begin_batch(struct generation *g, struct batch *b, const struct before *last, int64_t now, struct err *e)
{
	/* As a CRL's: it never goes back, whatever the clock says. */
	int64_t at = now > last->latest ? now : last->latest, until = at + OCSP_VALID_SECS;

	if (!reg_head(g->a->reg, &b->head.size, &b->root, e))
		return false;
	ocsp_kind(b->whole, generation_shard(g), false);
	ocsp_kind(b->delta, generation_shard(g), true);
	ocsp_about_fill(&b->about, g->issuing, b->by.cert);
	b->about.this_update = at;
	b->about.next_update = until < b->by.not_after ? until : b->by.not_after;
	b->head.number = now > last->greatest ? now : last->greatest + 1;
	b->head.this_update = at;
	b->head.next_update = b->about.next_update;
	b->head.about = ocsp_issuer_span(&b->about.issuer);
	b->tail = buf_new(BODY_MAX);
	ocsp_tail(&b->tail, b->by.cert);
	return buf_ok(&b->tail, "the OCSP responder's certificate", e);
}

static bool
issue_whole(struct generation *g, struct batch *b, struct err *e)
{
	b->head.kind = span_str(b->whole);
	b->head.follows = PACK_ALONE;
	b->n = 0;
	return read_all(g, b, e) && reserve(g, b, e) && publish_whole(g, b, e);
}

/* Nothing since the last batch: none is made. */
static bool
issue_delta(struct generation *g, struct batch *b, const struct before *last, bool *too_many, struct err *e)
{
	b->head.kind = span_str(b->delta);
	b->head.follows = last->base;
	if (last->seen > 0) {
		if (!read_since(g, b, last->seen, e))
			return false;
		if (b->n == 0)
			return true;
		b->n = 0;
	}
	if (!read_since(g, b, last->base_size, e))
		return false;
	*too_many = b->n > OCSP_DELTA_MAX;
	return *too_many || (reserve(g, b, e) && publish_delta(g, b, e));
}

static void
say_absent(struct ocsp_clock *c, bool absent)
{
	if (absent && !c->absent)
		log_warn("there is no active certificate of the profile ocsp: OCSP responses are not made");
	c->absent = absent;
}

/* None yet, by another responder, half a day old, of a clock that went wrong, or ordered since. */
static bool
whole_is_due(struct generation *g, const struct batch *b, const struct before *last, int64_t now, bool *due, struct err *e)
{
	*due = !last->has_base || memcmp(last->responder, b->by.serial, sizeof(last->responder)) != 0 ||
	    now >= last->base_at + OCSP_EVERY_SECS || now < last->base_at - OCSP_EVERY_SECS;
	return *due || publish_ordered(g->a, last->base_size, due, e);
}

static bool
issue_now(struct generation *g, int64_t now, int64_t *due, struct err *e)
{
	own_struct(batch) b = { .n = 0 };
	struct before last;
	bool found, whole;

	*due = now + OCSP_EVERY_SECS;
	if (!responder_find(g, now, &b.by, &found, e))
		return false;
	say_absent(g->ocsp, !found);
	if (!found)
		return true;
	if (!read_before(g, &last, e) || !begin_batch(g, &b, &last, now, e))
		return false;
	if (!whole_is_due(g, &b, &last, now, &whole, e))
		return false;
	if (!whole && !issue_delta(g, &b, &last, &whole, e))
		return false;
	if (whole)
		return issue_whole(g, &b, e);
	*due = last.base_at + OCSP_EVERY_SECS;
	return true;
}

bool
ocsp_issue(struct generation *g, int64_t now, int64_t *number, struct err *e)
{
	struct reissue *again = g->ocsp->again;
	struct before last;
	int64_t covers, due = 0;
	bool good = !reissue_begin(again, 0, &covers);

	/* Another antin-ca on the same register may have recorded its own meanwhile. */
	for (unsigned i = 0; !good && i < TURNS && (i == 0 || e->class == ERR_CONFLICT); i++)
		good = issue_now(g, now, &due, e);
	if (good)
		reissue_made(again, covers, due);
	reissue_end(again);
	if (!good || number == NULL)
		return good;
	if (!read_before(g, &last, e))
		return false;
	*number = last.number;
	return true;
}

void
ocsp_ask(struct generation *g)
{
	reissue_ask(g->ocsp->again);
}

static bool
make(void *generation, int64_t now, struct err *e)
{
	return ocsp_issue(generation, now, NULL, e);
}

void
ocsp_timer_start(struct generation *g)
{
	reissue_timer_start(g->ocsp->again, "no OCSP responses", GATHER_NS, make, g);
}

void
ocsp_stop(struct authority *a)
{
	for (struct generation *g = a->newest; g != NULL; g = g->older)
		reissue_stop(g->ocsp->again);
}
