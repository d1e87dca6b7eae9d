/* Certificates by profile and by their state when the last entry was made. */
#include "register/report.h"

#include "register/keyed.h"
#include "register/public_item.h"

#include <stdlib.h>

#define SERIAL_LEN 20

enum { HOLD = 6, RESUMED = 8 };	/* reasons of a type 2 entry */
enum { ROW, PROFILE, STATE, CERTIFICATES };

static const struct log_report_column columns[] = {
	{ "row", "dòng", "row" }, { "profile", "Loại chứng thư", "Profile" }, { "state", "Tình trạng", "State" }, { "certificates", "Số chứng thư", "Certificates", true },
	{ NULL },
};

static const struct log_report_part parts[] = {
	{ "certificates", "Theo loại và tình trạng", "By profile and state", "state", { "certificates" } },
	{ NULL },
};

/* An entry of type 1 or 2, as it comes; sorted at the end, so that those of one
 * serial number stand together. */
struct event { unsigned char serial[SERIAL_LEN]; bool ended; uint64_t index; int64_t not_after, reason; const char *profile; };
struct state { struct event *event; size_t n, room; struct keyed profiles; };

static void *
begin(void)
{
	struct state *s = xalloc(sizeof(*s));

	s->profiles = keyed_new(64);
	return s;
}

static void
drop(void *state)
{
	struct state *s = state;

	keyed_drop(&s->profiles);
	free(s->event);
	free(s);
}

/* One copy of each name. */
static const char *
profile_name(struct state *s, struct span name, struct err *e)
{
	char *copy;

	if (name.len >= s->profiles.size) {
		(void)!fail(e, ERR_LIMIT, "a profile's name of %zu bytes", name.len);
		return NULL;
	}
	copy = keyed_at(&s->profiles, name, SPAN_NONE, SPAN_NONE);
	if (name.len > 0)
		memcpy(copy, name.ptr, name.len);
	return copy;
}

static bool
entry(void *state, uint64_t index, const struct entry *x, struct err *e)
{
	static const char *const issued[] = { "bii", NULL }, *const ended[] = { "biiii", "biiiii", NULL };
	struct public_item p[PUBLIC_ITEMS_MAX];
	struct state *s = state;
	struct event *new;

	if (x->type != 1 && x->type != 2)
		return true;
	if (!public_items(p, x, x->type == 1 ? issued : ended, NULL, e))
		return false;
	if (p[0].s.len != SERIAL_LEN)
		return fail(e, ERR_INPUT, "a serial number of %zu octets", p[0].s.len);
	if (s->n == s->room) {
		s->room = s->room * 2 + 64;
		s->event = xrealloc(s->event, s->room * sizeof(*s->event));
	}
	new = &s->event[s->n++];
	*new = (struct event){ .ended = x->type == 2, .index = index, .not_after = p[1].i, .reason = x->type == 2 ? p[2].i : 0, .profile = profile_name(s, x->category, e) };
	memcpy(new->serial, p[0].s.ptr, SERIAL_LEN);
	return new->profile != NULL;
}

static int
by_serial(const void *a, const void *b)
{
	const struct event *x = a, *y = b;
	int order = memcmp(x->serial, y->serial, SERIAL_LEN);

	if (order == 0)
		order = (int)x->ended - (int)y->ended;
	return order != 0 ? order : x->index < y->index ? -1 : x->index > y->index;
}

/* Of one certificate, by its first and last event and the time: a suspension
 * is over when the certificate is. */
static const char *
word_of(const struct event *first, const struct event *last, int64_t time)
{
	if (first->ended)
		return "void";
	if (last->ended && last->reason != HOLD && last->reason != RESUMED)
		return "revoked";
	if (first->not_after < time)
		return "expired";
	return last->ended && last->reason == HOLD ? "held" : "active";
}

static void
add(void *report, const struct span key[KEYED_TEXTS], void *thing)
{
	log_report_add(report, (const struct log_report_cell[REPORT_COLUMNS_MAX]){ [ROW] = cell_text(span_str("certificates")), [PROFILE] = cell_text(key[0]), [STATE] = cell_text(key[1]),
	    [CERTIFICATES] = cell_number(*(int64_t *)thing) });
}

static void
end(void *state, int64_t time, struct log_report *r)
{
	struct keyed count = keyed_new(sizeof(int64_t));
	struct state *s = state;

	if (s->n > 0)
		qsort(s->event, s->n, sizeof(*s->event), by_serial);
	for (size_t i = 0, next; i < s->n; i = next) {
		const struct event *first = &s->event[i], *last = first;

		for (next = i + 1; next < s->n && memcmp(s->event[next].serial, first->serial, SERIAL_LEN) == 0; next++)
			last = &s->event[next];
		++*(int64_t *)keyed_at(&count, span_str(first->profile), span_str(word_of(first, last, time)), SPAN_NONE);
	}
	keyed_each(&count, add, r);
	keyed_drop(&count);
}

static const struct log_report_spec spec = {
	.name = "certificates", .vi = "Chứng thư theo tình trạng", .en = "Certificates by state",
	.counts_vi = "active: đang dùng; expired: hết hạn; held: tạm ngừng; revoked: đã thu hồi; void: số đã giữ chỗ nhưng không cấp. Một chứng thư vừa thu hồi vừa hết hạn tính là đã thu hồi.",
	.counts_en = "active, expired, held (suspended), revoked; void: a serial number that was reserved and came to nothing. Revoked and expired counts as revoked.",
	.columns = columns, .parts = parts, .begin = begin, .entry = entry, .end = end, .drop = drop,
};

const struct log_report_spec *log_report_certificates(void) { return &spec; }
