/*
 * Dossiers on time, by agency and by kind (type 19; FORMATS: the reports).
 *
 * What cannot be gained by it:
 *  - back-dating: an event took effect on the day it claims or on the day before
 *    its entry was made, whichever is later; a correction does not take it back
 *    before the day that stood, nor is made against the one who corrects late;
 *  - a later due date: it counts only while the old one has not passed, or on
 *    resuming from a pause that began before it passed;
 *  - pausing what is late already: it stays late;
 *  - keeping silent: numbers are missing from their series, and what is missing
 *    is not on time; what is unresolved after its due date is late.
 */
#include "register/report.h"

#include "base/clock.h"
#include "register/keyed.h"
#include "register/public_item.h"

#include <stdio.h>
#include <stdlib.h>

#define EVENT 19
#define GROUPS_MAX 65535
#define DIGITS_MAX 9
#define OWNED_DIGITS 6		/* from here on the first two digits name the system that numbers */

enum { ROW, AGENCY, KIND, DAY, FROM, TO, DOSSIERS, ON_TIME, LATE, OVERDUE, OPEN, PAUSED, NO_DUE, DUE_MOVED, REPORTED_LATE, MISSING, RATE };

static const struct log_report_column columns[] = {
	{ "row", "dòng", "row" }, { "agency", "Cơ quan", "Agency" }, { "kind", "Loại", "Kind" }, { "day", "Ngày nhận", "Day received" },
	{ "from", "Từ số", "From" }, { "to", "Đến số", "To" },
	{ "dossiers", "Hồ sơ", "Dossiers", true }, { "on_time", "Đúng hạn", "On time", true }, { "late", "Trễ hạn", "Late", true },
	{ "overdue", "trong đó chưa xong", "of these unresolved", true }, { "open", "Còn hạn", "Open", true }, { "paused", "Tạm dừng", "Paused", true },
	{ "no_due", "Không có hạn", "Without due date", true }, { "due_moved", "Dời hạn", "Due date moved", true },
	{ "reported_late", "Báo muộn", "Reported late", true }, { "missing", "Thiếu số", "Missing", true }, { "rate", "% đúng hạn", "% on time" },
	{ NULL },
};

static const struct log_report_part parts[] = {
	{ "agency", "Theo cơ quan", "By agency", "agency", { "on_time", "late", "missing" } },
	{ "kind", "Theo loại", "By kind", "kind", { "on_time", "late" } },
	{ "missing", "Số hồ sơ bị thiếu", "Missing dossier numbers", NULL, { NULL } },
	{ "reported-late", "Hồ sơ báo muộn", "Dossiers reported late", NULL, { NULL } },
	{ NULL },
};

/* Unresolved, paused or not, and what is known of it. */
enum { IS_RECEIVED = 1, HAS_DUE = 2, IS_PAUSED = 4, IS_RESOLVED = 8, WAS_MOVED = 16, CAME_LATE = 32 };

struct dossier {
	unsigned char handle[HANDLE_LEN];
	int32_t received, due, paused, resolved;
	uint32_t number;
	uint16_t group;
	uint8_t digits, flags;		/* digits 0: no number */
};

struct counts { int64_t dossiers, on_time, late, overdue, open, paused, no_due, due_moved, reported_late, missing; };
struct agency { bool known; uint16_t id; struct counts counts; };
struct group { bool known; uint16_t id; struct agency *agency; struct counts counts; };
struct name { struct span agency, kind; struct group *group; };

struct state {
	struct dossier *dossier;
	size_t n, room;
	uint32_t *place;		/* by handle: index + 1, 0: free */
	size_t places;			/* a power of two */
	struct keyed agencies, groups;
	struct name *name;		/* of groups, by id */
	const char **agency_name;	/* by id */
	size_t ngroups, nagencies;
};

static void *
begin(void)
{
	struct state *s = xalloc(sizeof(*s));

	s->agencies = keyed_new(sizeof(struct agency));
	s->groups = keyed_new(sizeof(struct group));
	return s;
}

static void
drop(void *state)
{
	struct state *s = state;

	for (size_t i = 0; i < s->nagencies; i++)
		free((void *)s->agency_name[i]);
	keyed_drop(&s->agencies);
	keyed_drop(&s->groups);
	free(s->agency_name);
	free(s->name);
	free(s->place);
	free(s->dossier);
	free(s);
}

/*
 * Dossiers by handle: open addressing, at most half full.
 */

static size_t
place_of(const struct state *s, const unsigned char handle[HANDLE_LEN])
{
	uint64_t a, b;
	size_t i;

	memcpy(&a, handle, 8);
	memcpy(&b, handle + 8, 8);
	i = (size_t)((a ^ (b * UINT64_C(0x9e3779b97f4a7c15))) >> 7);
	for (i &= s->places - 1; s->place[i] != 0; i = (i + 1) & (s->places - 1))
		if (memcmp(s->dossier[s->place[i] - 1].handle, handle, HANDLE_LEN) == 0)
			break;
	return i;
}

static void
grow(struct state *s)
{
	if (s->n == s->room) {
		s->room = s->room * 2 + 1024;
		s->dossier = xrealloc(s->dossier, s->room * sizeof(*s->dossier));
	}
	if (2 * (s->n + 1) <= s->places)
		return;
	s->places = s->places == 0 ? 4096 : s->places * 2;
	free(s->place);
	s->place = xalloc(s->places * sizeof(*s->place));
	for (size_t i = 0; i < s->n; i++)
		s->place[place_of(s, s->dossier[i].handle)] = (uint32_t)(i + 1);
}

static bool
group_of(struct state *s, const struct entry *x, uint16_t *id, struct err *e)
{
	struct agency *a = keyed_at(&s->agencies, x->org, SPAN_NONE, SPAN_NONE);
	struct group *g = keyed_at(&s->groups, x->org, x->category, SPAN_NONE);

	if (s->ngroups == GROUPS_MAX)
		return fail(e, ERR_LIMIT, "more than %d agencies and kinds", GROUPS_MAX);
	if (!a->known) {
		a->known = true;
		a->id = (uint16_t)s->nagencies;
		s->agency_name = xrealloc(s->agency_name, (s->nagencies + 1) * sizeof(*s->agency_name));
		s->agency_name[s->nagencies++] = span_dup_str(x->org);
	}
	if (!g->known) {
		g->known = true;
		g->id = (uint16_t)s->ngroups;
		g->agency = a;
		s->name = xrealloc(s->name, (s->ngroups + 1) * sizeof(*s->name));
		s->name[s->ngroups++].group = g;
	}
	*id = g->id;
	return true;
}

static struct dossier *
dossier_of(struct state *s, const struct entry *x, struct err *e)
{
	struct dossier new = { .flags = 0 };
	size_t i;

	if (x->handle.len != HANDLE_LEN) {
		(void)!fail(e, ERR_INPUT, "a dossier's event without its handle");
		return NULL;
	}
	grow(s);
	i = place_of(s, x->handle.ptr);
	if (s->place[i] != 0)
		return &s->dossier[s->place[i] - 1];
	if (!group_of(s, x, &new.group, e))
		return NULL;
	memcpy(new.handle, x->handle.ptr, HANDLE_LEN);
	s->dossier[s->n++] = new;
	s->place[i] = (uint32_t)s->n;
	return &s->dossier[s->n - 1];
}

/*
 * Events.
 */

/* made: the day of the entry; took: the day that the event took effect. */
struct event { int32_t day, made, took, due; bool has_due; struct span running; };

/* in_time: the old due date had not passed when the change began. */
static void
set_due(struct dossier *d, const struct event *v, bool in_time)
{
	if (!v->has_due || (d->flags & IS_RESOLVED))
		return;
	if (d->flags & HAS_DUE) {
		if (v->due > d->due && !in_time)
			return;
		if (v->due > d->due)
			d->flags |= WAS_MOVED;
	}
	d->due = v->due;
	d->flags |= HAS_DUE;
}

static void
set_number(struct dossier *d, struct span running)
{
	if (running.len == 0 || running.len > DIGITS_MAX)
		return;
	d->digits = (uint8_t)running.len;
	for (size_t i = 0; i < running.len; i++)
		d->number = d->number * 10 + (uint32_t)(running.ptr[i] - '0');
}

/* Day and number stand in the dossier's code and do not change. */
static void
on_received(struct dossier *d, const struct event *v)
{
	if (!(d->flags & IS_RECEIVED)) {
		d->received = v->day;
		set_number(d, v->running);
		if (v->made > v->day + 1)
			d->flags |= CAME_LATE;
	}
	d->flags |= IS_RECEIVED;
	set_due(d, v, v->made - 1 <= d->due);
}

/* before: the day that stood. */
static int32_t
corrected(int32_t before, const struct event *v)
{
	int32_t day = v->day > before ? v->day : before;

	return day < v->took ? day : v->took;
}

static void
on_paused(struct dossier *d, const struct event *v)
{
	d->paused = (d->flags & IS_PAUSED) ? corrected(d->paused, v) : v->took;
	d->flags |= IS_PAUSED;
}

static void
on_resumed(struct dossier *d, const struct event *v)
{
	set_due(d, v, ((d->flags & IS_PAUSED) ? d->paused : v->made - 1) <= d->due);
	d->flags &= (uint8_t)~IS_PAUSED;
}

/* The last one decides. */
static void
on_resolved(struct dossier *d, const struct event *v)
{
	d->resolved = (d->flags & IS_RESOLVED) ? corrected(d->resolved, v) : v->took;
	d->flags |= IS_RESOLVED;
}

static const struct { const char *step; void (*on)(struct dossier *, const struct event *); } steps[] = {
	{ "received", on_received }, { "paused", on_paused }, { "resumed", on_resumed },
	{ "returned", on_resolved }, { "refused", on_resolved }, { "done", on_resolved },
};

/* [step, day, ?[due], running]. */
static bool
take_event(struct event *v, size_t *step, const struct entry *x, struct err *e)
{
	static const char *const shapes[] = { "tit", "tiit", NULL };
	struct public_item p[PUBLIC_ITEMS_MAX];
	size_t shape;

	if (!public_items(p, x, shapes, &shape, e) || !public_day(&v->day, p[1].i, e) || !public_day(&v->made, day_in_vietnam(x->time), e))
		return false;
	v->has_due = shape == 1;
	if (v->has_due && !public_day(&v->due, p[2].i, e))
		return false;
	v->took = v->day > v->made - 1 ? v->day : v->made - 1;
	v->running = p[2 + shape].s;
	for (size_t i = 0; i < v->running.len; i++)
		if (v->running.ptr[i] < '0' || v->running.ptr[i] > '9')
			return fail(e, ERR_INPUT, "a dossier's number that is not digits");
	for (*step = 0; *step < sizeof(steps) / sizeof(steps[0]); ++*step)
		if (span_eq_str(p[0].s, steps[*step].step))
			return true;
	return fail(e, ERR_INPUT, "a dossier's step that is none");
}

static bool
entry(void *state, uint64_t index, const struct entry *x, struct err *e)
{
	struct dossier *d;
	struct event v;
	size_t step;

	if (x->type != EVENT)
		return true;
	if (!take_event(&v, &step, x, e))
		return false;
	d = dossier_of(state, x, e);
	if (d == NULL)
		return false;
	steps[step].on(d, &v);
	return true;
}

/*
 * What became of them.
 */

static void
count(struct counts *c, const struct dossier *d, int32_t today)
{
	bool due = d->flags & HAS_DUE, resolved = d->flags & IS_RESOLVED, paused = !resolved && (d->flags & IS_PAUSED);
	int32_t until = resolved ? d->resolved : paused ? d->paused : today;

	c->dossiers++;
	c->due_moved += (d->flags & WAS_MOVED) != 0;
	c->reported_late += (d->flags & CAME_LATE) != 0;
	if (!due)
		c->no_due++;
	else if (until > d->due) {
		c->late++;
		c->overdue += !resolved;
	} else if (resolved)
		c->on_time++;
	else if (paused)
		c->paused++;
	else
		c->open++;
}

/* A missing number has no kind, so only an agency has a rate. */
static void
add_counts(struct log_report *r, const char *row, struct span agency, struct span kind, const struct counts *c, bool rated)
{
	int64_t all = c->on_time + c->late + c->missing, share = all > 0 ? c->on_time * 10000 / all : 0;
	own_str char *rate = xprintf("%lld.%02lld", (long long)(share / 100), (long long)(share % 100));
	struct log_report_cell cell[REPORT_COLUMNS_MAX] = {
		[ROW] = cell_text(span_str(row)), [AGENCY] = cell_text(agency), [KIND] = cell_text(kind), [DOSSIERS] = cell_number(c->dossiers),
		[ON_TIME] = cell_number(c->on_time), [LATE] = cell_number(c->late), [OVERDUE] = cell_number(c->overdue), [OPEN] = cell_number(c->open),
		[PAUSED] = cell_number(c->paused), [NO_DUE] = cell_number(c->no_due), [DUE_MOVED] = cell_number(c->due_moved),
		[REPORTED_LATE] = cell_number(c->reported_late),
	};

	if (rated) {
		cell[MISSING] = cell_number(c->missing);
		cell[RATE] = all > 0 ? cell_text(span_str(rate)) : cell[RATE];
	}
	log_report_add(r, cell);
}

static void
add_agency(void *report, const struct span key[KEYED_TEXTS], void *thing)
{
	add_counts(report, "agency", key[0], SPAN_NONE, &((struct agency *)thing)->counts, true);
}

static void
add_kind(void *report, const struct span key[KEYED_TEXTS], void *thing)
{
	add_counts(report, "kind", key[0], key[1], &((struct group *)thing)->counts, false);
}

static void
learn_name(void *state, const struct span key[KEYED_TEXTS], void *thing)
{
	struct name *n = &((struct state *)state)->name[((struct group *)thing)->id];

	n->agency = key[0];
	n->kind = key[1];
}

/*
 * Series of numbers: one an agency, a day, a length, and from six digits on the
 * first two.
 */

struct number { int32_t day; uint16_t agency; uint8_t digits, owner; uint32_t n; };

static int
by_series(const void *a, const void *b)
{
	const struct number *x = a, *y = b;
	const int64_t order[] = { (int64_t)x->agency - y->agency, (int64_t)x->day - y->day, (int64_t)x->digits - y->digits,
		(int64_t)x->owner - y->owner, (int64_t)x->n - y->n };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (order[i] != 0)
			return order[i] < 0 ? -1 : 1;
	return 0;
}

static bool
same_series(const struct number *x, const struct number *y)
{
	return x->agency == y->agency && x->day == y->day && x->digits == y->digits && x->owner == y->owner;
}

static uint32_t
power_of_ten(unsigned n)
{
	uint32_t p = 1;

	while (n-- > 0)
		p *= 10;
	return p;
}

static void
add_missing(struct state *s, struct log_report *r, const struct number *x, uint32_t from)
{
	own_str char *first = xprintf("%0*lu", x->digits, (unsigned long)from);
	own_str char *last = xprintf("%0*lu", x->digits, (unsigned long)x->n - 1);
	struct span agency = span_str(s->agency_name[x->agency]);
	char day[TIME_TEXT];

	date_text(day, x->day);
	log_report_add(r, (const struct log_report_cell[REPORT_COLUMNS_MAX]){ [ROW] = cell_text(span_str("missing")), [AGENCY] = cell_text(agency), [DAY] = cell_text(span_str(day)),
	    [FROM] = cell_text(span_str(first)), [TO] = cell_text(span_str(last)), [MISSING] = cell_number((int64_t)x->n - from) });
	((struct agency *)keyed_at(&s->agencies, agency, SPAN_NONE, SPAN_NONE))->counts.missing += (int64_t)x->n - from;
}

static void
find_missing(struct state *s, struct log_report *r)
{
	struct number *all = xalloc((s->n + 1) * sizeof(*all));
	uint32_t next = 0;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct dossier *d = &s->dossier[i];
		uint32_t base = d->digits >= OWNED_DIGITS ? power_of_ten(d->digits - 2u) : 1;

		if ((d->flags & IS_RECEIVED) && d->digits > 0)
			all[n++] = (struct number){ d->received, s->name[d->group].group->agency->id, d->digits, (uint8_t)(d->digits >= OWNED_DIGITS ? d->number / base : 0), d->number };
	}
	qsort(all, n, sizeof(*all), by_series);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || !same_series(&all[i - 1], &all[i]))
			next = 1 + (all[i].digits >= OWNED_DIGITS ? all[i].owner * power_of_ten(all[i].digits - 2u) : 0);
		if (all[i].n > next)
			add_missing(s, r, &all[i], next);
		next = all[i].n + 1 > next ? all[i].n + 1 : next;
	}
	free(all);
}

/* Day by day, agency and kind. */
static void
add_late(void *report, const struct span key[KEYED_TEXTS], void *thing)
{
	log_report_add(report, (const struct log_report_cell[REPORT_COLUMNS_MAX]){ [ROW] = cell_text(span_str("reported-late")), [AGENCY] = cell_text(key[0]), [KIND] = cell_text(key[1]),
	    [DAY] = cell_text(key[2]), [REPORTED_LATE] = cell_number(*(int64_t *)thing) });
}

static void
end(void *state, int64_t time, struct log_report *r)
{
	struct keyed late = keyed_new(sizeof(int64_t));
	int32_t today = day_in_vietnam(time);
	struct state *s = state;

	keyed_each(&s->groups, learn_name, s);
	for (size_t i = 0; i < s->n; i++) {
		const struct dossier *d = &s->dossier[i];
		const struct name *name = &s->name[d->group];
		char day[TIME_TEXT];

		count(&name->group->counts, d, today);
		count(&name->group->agency->counts, d, today);
		if (!(d->flags & CAME_LATE))
			continue;
		date_text(day, d->received);
		++*(int64_t *)keyed_at(&late, name->agency, name->kind, span_str(day));
	}
	find_missing(s, r);
	keyed_each(&s->groups, add_kind, r);
	keyed_each(&s->agencies, add_agency, r);
	keyed_each(&late, add_late, r);
	keyed_drop(&late);
}

static const struct log_report_spec spec = {
	.name = "on-time", .vi = "Hồ sơ đúng hạn", .en = "Dossiers on time",
	.counts_vi = "Trễ hạn gồm cả hồ sơ chưa xong mà đã quá hạn. Tỷ lệ = đúng hạn / (đúng hạn + trễ hạn + thiếu số): số hồ sơ không báo cũng là không đúng hạn. Ngày báo lùi không có tác dụng: một bước có hiệu lực sớm nhất từ hôm trước ngày ghi vào sổ.",
	.counts_en = "Late includes what is unresolved after its due date. Rate = on time / (on time + late + missing): a number that was never reported is not on time. Back-dating does not help: a step takes effect on the day before its entry in the log at the earliest.",
	.columns = columns, .parts = parts, .begin = begin, .entry = entry, .end = end, .drop = drop,
};

const struct log_report_spec *log_report_on_time(void) { return &spec; }
