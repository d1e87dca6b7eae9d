#include "signer/open_day.h"

#include "base/clock.h"
#include "signer/jws.h"
#include "verifier/proto.h"

#include <stdlib.h>

#define KEPT 4
#define FILE_MAX (OPEN_DAY_OCTETS + JSON_MAX + 4096)	/* a page more, and the first line */

struct made { int32_t day; uint64_t after; int64_t made; struct buf file, jws; };
struct open_days { pthread_mutex_t lock; bool making; struct made kept[KEPT]; };

struct open_days *
open_days_new(void)
{
	struct open_days *d = xalloc(sizeof(*d));

	pthread_mutex_init(&d->lock, NULL);
	return d;
}

static void
made_drop(struct made *m)
{
	buf_drop(&m->file);
	buf_drop(&m->jws);
	*m = (struct made){ .made = 0 };
}

/*
 * The file.
 */

static bool
ask_page(json_t **out, const struct service *s, int32_t day, uint64_t after, struct err *e)
{
	own_struct(msg) ask = msg_new(VERIFY_DAY, 256);
	own_struct(msg) reply = msg_new(0, VERIFY_MESSAGE_MAX);

	msg_put_u64(&ask, (uint64_t)day);
	msg_put_u64(&ask, after);
	return peer_call(s->verifier, &ask, &reply, e) && json_read(out, msg_span(&reply, 0), e);
}

/* The lines of items, of page after page; *next: where it goes on, 0 nowhere. */
static bool
put_items(struct buf *lines, size_t *items, uint64_t *next, json_t **prefix, const struct service *s, int32_t day, uint64_t after, struct err *e)
{
	for (*next = after; ; ) {
		own(json_t) *page = NULL;
		json_t *item, *goes_on;
		size_t i;

		if (!ask_page(&page, s, day, *next, e))
			return false;
		json_array_foreach(json_object_get(page, "items"), i, item) {
			json_write(lines, item);
			buf_put_str(lines, "\n");
			++*items;
		}
		if (*prefix == NULL)
			*prefix = json_incref(json_object_get(page, "prefix"));
		goes_on = json_object_get(page, "next");
		*next = json_is_integer(goes_on) ? (uint64_t)json_integer_value(goes_on) : 0;
		if (*next == 0 || lines->len >= OPEN_DAY_OCTETS)
			return buf_ok(lines, "the day", e);
	}
}

static bool
put_file(struct buf *out, const struct service *s, int32_t day, uint64_t after, int64_t now, struct err *e)
{
	own_struct(buf) lines = buf_new(FILE_MAX);
	own(json_t) *prefix = NULL, *head = NULL;
	char day_text[TIME_TEXT], made[TIME_TEXT];
	size_t items = 0;
	uint64_t next;

	if (!put_items(&lines, &items, &next, &prefix, s, day, after, e))
		return false;
	date_text(day_text, day);
	date_text(made, day_in_vietnam(now));
	head = json_pack("{s:s, s:s, s:I, s:o, s:I, s:s, s:s, s:O?}", "antin", "open-data/1", "day", day_text, "after", (json_int_t)after,
	    "next", next == 0 ? json_null() : json_integer((json_int_t)next), "items", (json_int_t)items, "log", s->origin, "as_of", made, "prefix", prefix);
	json_write(out, head);
	buf_put_str(out, "\n");
	buf_put_span(out, buf_span(&lines));
	return buf_ok(out, "the day", e);
}

/*
 * What is kept.
 */

static struct made *
kept(struct open_days *d, int32_t day, uint64_t after, int64_t now)
{
	for (struct made *m = d->kept; m < d->kept + KEPT; m++)
		if (m->made != 0 && m->day == day && m->after == after && now >= m->made && now - m->made < OPEN_DAY_SECS)
			return m;
	return NULL;
}

static void
keep(struct open_days *d, struct made *m)
{
	struct made *oldest = d->kept;

	for (struct made *k = d->kept; k < d->kept + KEPT; k++)
		if (k->made < oldest->made)
			oldest = k;
	made_drop(oldest);
	*oldest = *m;
	*m = (struct made){ .made = 0 };
}

/* What is kept is appended, or the maker's seat is taken (*mine). */
static bool
kept_or_seat(struct buf *file, struct buf *jws, bool *mine, struct open_days *d, int32_t day, uint64_t after, int64_t now, struct err *e)
{
	static const struct err_rule another = { ERR_LATER, "another day's file is being made; come again", "open-data-busy", "Đang lập tệp của ngày khác; xin thử lại sau ít giây." };
	const struct made *m;

	pthread_mutex_lock(&d->lock);
	m = kept(d, day, after, now);
	if (m != NULL) {
		buf_put_span(file, buf_span(&m->file));
		buf_put_span(jws, buf_span(&m->jws));
	}
	*mine = m == NULL && !d->making;
	d->making |= *mine;
	pthread_mutex_unlock(&d->lock);
	return m != NULL || *mine || fail_by(e, &another);
}

bool
open_day(struct buf *file, struct buf *jws, struct open_days *d, const struct service *s, const char *text, uint64_t after, int64_t now, struct err *e)
{
	static const struct err_rule no_day = { ERR_INPUT, "a day is written YYYY-MM-DD", "day", "Ngày được viết theo dạng NĂM-THÁNG-NGÀY, ví dụ 2026-11-03." };
	struct made m = { 0, after, now, buf_new(FILE_MAX), buf_new(JWS_OCTETS_MAX) };
	bool mine, good = true;

	if (!date_parse(&m.day, text, e))
		return fail_by(e, &no_day);
	if (!kept_or_seat(file, jws, &mine, d, m.day, after, now, e))
		return false;
	if (mine) {
		good = put_file(&m.file, s, m.day, after, now, e) && jws_detached(&m.jws, s, buf_span(&m.file), e);
		buf_put_span(file, buf_span(&m.file));
		buf_put_span(jws, buf_span(&m.jws));
		pthread_mutex_lock(&d->lock);
		d->making = false;
		if (good)
			keep(d, &m);
		pthread_mutex_unlock(&d->lock);
	}
	made_drop(&m);
	return good && buf_ok(file, "the day", e) && buf_ok(jws, "the signature", e);
}
