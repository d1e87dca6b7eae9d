#include "ca/ocsp_prefix.h"

#include "ca/ocsp_issue.h"
#include "ca/ocsp_response.h"
#include "register/public_item.h"

#include <stdlib.h>

#define ISSUED 1
#define ENDED 2
#define REMOVE_FROM_CRL 8		/* RFC 5280 5.3.1 */

static const char *const issued_shapes[] = { "bii", NULL };
static const char *const ended_shapes[] = { "biiii", "biiiii", NULL };
enum { SERIAL, NOT_AFTER, REASON, GENERATION = REASON, DATE, INVALIDITY };	/* where there is one; then the shard */

struct event { struct ocsp_row row; int64_t not_after; uint64_t index; };
struct collecting { const struct list_entry *said; const char *whole; int64_t shard; uint64_t since; struct event *event; size_t n, room; };

static bool
take_event(struct collecting *c, uint64_t index, const struct entry *x, struct err *e)
{
	struct public_item p[PUBLIC_ITEMS_MAX];
	struct event *new;
	int64_t shard;
	size_t shape;

	if (!public_items(p, x, x->type == ISSUED ? issued_shapes : ended_shapes, &shape, e))
		return false;
	if (p[SERIAL].s.len != OCSP_SERIAL_LEN)
		return fail(e, ERR_INPUT, "a serial number of %zu octets", p[SERIAL].s.len);
	shard = x->type == ISSUED ? p[GENERATION].i - 1 : p[INVALIDITY + shape].i;
	if (shard != c->shard)
		return true;
	if (c->n == c->room) {
		c->room = c->room * 2 + 64;
		c->event = xrealloc(c->event, c->room * sizeof(*c->event));
	}
	new = &c->event[c->n++];
	*new = (struct event){ .row = { .reason = OCSP_GOOD }, .not_after = p[NOT_AFTER].i, .index = index };
	memcpy(new->row.serial, p[SERIAL].s.ptr, OCSP_SERIAL_LEN);
	if (x->type == ENDED && p[REASON].i != REMOVE_FROM_CRL) {
		new->row.reason = (int)p[REASON].i;
		new->row.date = p[DATE].i;
	}
	return true;
}

static bool
take_entry(void *ctx, uint64_t index, const struct entry *x, struct err *e)
{
	struct collecting *c = ctx;
	struct list_entry l;

	if (x->type == ISSUED || x->type == ENDED)	/* their org is the holder's agency */
		return take_event(c, index, x, e);
	if (x->type != LIST_ENTRY || !span_eq_str(x->org, c->said->org))
		return true;
	if (!list_entry_read(&l, index, x, e))
		return false;
	if (strcmp(l.kind, c->whole) == 0)
		c->since = l.size;
	return true;
}

static int
by_serial(const void *a, const void *b)
{
	const struct event *x = a, *y = b;
	int order = memcmp(x->row.serial, y->row.serial, OCSP_SERIAL_LEN);

	return order != 0 ? order : x->index < y->index ? -1 : x->index > y->index;
}

static bool
write_tbs(struct buf *tbs, const struct collecting *c, bool delta, struct ocsp_about *about, struct err *e)
{
	about->this_update = c->said->this_update;
	about->next_update = c->said->next_update;
	if (c->n > 0)
		qsort(c->event, c->n, sizeof(*c->event), by_serial);
	for (size_t i = 0; i < c->n; i++) {
		const struct event *x = &c->event[i];
		bool newest = i + 1 == c->n || memcmp(x->row.serial, x[1].row.serial, OCSP_SERIAL_LEN) != 0;

		if (newest && x->not_after >= c->said->this_update && (!delta || x->index >= c->since))
			ocsp_tbs(tbs, about, &x->row);
	}
	return buf_ok(tbs, "batch of OCSP responses", e);
}

bool
ocsp_from_prefix(struct buf *tbs, struct list_entry *said, const struct prefix *p, uint64_t size, bool delta,
    X509 *issuer, X509 *responder, int64_t shard, struct err *e)
{
	char whole[OCSP_KIND_TEXT], kind[OCSP_KIND_TEXT];
	struct collecting c = { .said = said, .whole = whole, .shard = shard };
	struct ocsp_about about;
	struct hash root;
	bool good;

	ocsp_kind(whole, shard, false);
	ocsp_kind(kind, shard, delta);
	ocsp_about_fill(&about, issuer, responder);
	good = list_entry_newest(said, p, size, kind, e) && prefix_read(p, said->size, take_entry, &c, &root, e) &&
	    write_tbs(tbs, &c, delta, &about, e) && list_entry_bears(said, &root, buf_span(tbs), e);
	free(c.event);
	return good;
}
