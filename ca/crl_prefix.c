#include "ca/crl_prefix.h"

#include "ca/crl_issue.h"
#include "register/public_item.h"

#include <stdlib.h>

#define REVOCATION 2

static const char *const shapes[] = { "biiii", "biiiii", NULL };
enum { SERIAL, NOT_AFTER, REASON, DATE, INVALIDITY };	/* where there is one; then the shard */

struct ended { struct crl_row row; int64_t not_after; size_t n; };	/* n: which of them it was */
struct collecting { const struct list_entry *said; int64_t shard, since; struct ended *ended; size_t n, room; };

static bool
take_revocation(struct collecting *c, const struct entry *x, struct err *e)
{
	struct public_item p[PUBLIC_ITEMS_MAX];
	struct ended *new;
	size_t shape;

	if (!public_items(p, x, shapes, &shape, e))
		return false;
	if (p[SERIAL].s.len != sizeof(new->row.serial))
		return fail(e, ERR_INPUT, "a serial number of %zu octets", p[SERIAL].s.len);
	if (p[INVALIDITY + shape].i != c->shard)
		return true;
	if (c->n == c->room) {
		c->room = c->room * 2 + 64;
		c->ended = xrealloc(c->ended, c->room * sizeof(*c->ended));
	}
	new = &c->ended[c->n++];
	new->row = (struct crl_row){ .date = p[DATE].i, .reason = (int)p[REASON].i, .invalidity = shape == 1 ? p[INVALIDITY].i : INT64_MIN };
	new->not_after = p[NOT_AFTER].i;
	new->n = c->n;
	memcpy(new->row.serial, p[SERIAL].s.ptr, sizeof(new->row.serial));
	return true;
}

static bool
take_entry(void *ctx, uint64_t index, const struct entry *x, struct err *e)
{
	struct collecting *c = ctx;
	struct list_entry l;

	if (x->type == REVOCATION)	/* its org is the holder's agency */
		return take_revocation(c, x, e);
	if (x->type != LIST_ENTRY || !span_eq_str(x->org, c->said->org))
		return true;
	if (!list_entry_read(&l, index, x, e))
		return false;
	if (strcmp(l.kind, c->said->kind) == 0)
		c->since = l.this_update;
	return true;
}

static int
by_serial(const void *a, const void *b)
{
	const struct ended *x = a, *y = b;
	int order = memcmp(x->row.serial, y->row.serial, sizeof(x->row.serial));

	return order != 0 ? order : x->n < y->n ? -1 : x->n > y->n;
}

static bool
same_serial(const struct ended *x, const struct ended *y)
{
	return memcmp(x->row.serial, y->row.serial, sizeof(x->row.serial)) == 0;
}

/* Only a suspension is followed by anything, only a suspension by a resume. */
static bool
check_follows(const struct ended *x, const struct ended *before, struct err *e)
{
	if (before != NULL && before->row.reason != CRL_HOLD && (before->row.reason != CRL_RESUMED || x->row.reason == CRL_RESUMED))
		return fail(e, ERR_INPUT, "a serial number is revoked twice");
	return x->row.reason != CRL_RESUMED || (before != NULL && before->row.reason == CRL_HOLD) ||
	    fail(e, ERR_INPUT, "a certificate is resumed that was not suspended");
}

typedef struct crl_row crl_rows;
OWN_WITH(crl_rows, free)

static bool
write_tbs(struct buf *tbs, const struct collecting *c, X509 *issuer, struct err *e)
{
	own(crl_rows) *rows = xalloc((c->n + 1) * sizeof(*rows));
	size_t n = 0;

	if (c->n > 0)
		qsort(c->ended, c->n, sizeof(*c->ended), by_serial);
	for (size_t i = 0; i < c->n; i++) {
		const struct ended *x = &c->ended[i];
		const struct ended *before = i > 0 && same_serial(x - 1, x) ? x - 1 : NULL;
		bool last = i + 1 == c->n || !same_serial(x, x + 1);

		if (!check_follows(x, before, e))
			return false;
		if (last && x->row.reason != CRL_RESUMED && x->not_after >= c->since)
			rows[n++] = x->row;
	}
	return crl_tbs(tbs, issuer, c->said->number, c->said->this_update, c->said->next_update, rows, n, e);
}

bool
crl_from_prefix(struct buf *tbs, struct list_entry *said, const struct prefix *p, uint64_t size, X509 *issuer, int64_t shard, struct err *e)
{
	struct collecting c = { .said = said, .shard = shard };
	char kind[CRL_KIND_TEXT];
	struct hash root;
	bool good;

	crl_kind(kind, shard);
	good = list_entry_newest(said, p, size, kind, e) && prefix_read(p, said->size, take_entry, &c, &root, e) &&
	    write_tbs(tbs, &c, issuer, e) && list_entry_bears(said, &root, buf_span(tbs), e);
	free(c.ended);
	return good;
}
