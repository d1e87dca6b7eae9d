#include "signer/parcel.h"

#include "base/clock.h"
#include "policy/parcel.h"
#include "policy/vn2000.h"
#include "signer/feed.h"
#include "verifier/submission.h"

#include <stdlib.h>

#define SPAN 5000			/* entries a page walks through, at most */
#define PAGES 8
#define OCTETS (1u << 20)		/* of plots on a page */

/* entry, handle, kind, agency, dossier, number, short code, version, day, valid_to, changes, parcels, plots */
enum { ENTRY, HANDLE, KIND, AGENCY, DOSSIER, NUMBER, CODE, VERSION, DAY, VALID_TO, CHANGES, PARCELS, PLOTS, COLUMNS };

/*
 * One permit.
 */

/* What became of it, and in a word as of today. */
static bool
put_acts(json_t *item, const struct service *s, const struct reg_cell c[COLUMNS], int32_t today, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.changes");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell change[PERMIT_CHANGE_CELLS];
	json_t *acts = json_array();
	struct life l;
	bool more;

	json_object_set_new(item, "acts", acts);
	life_begin(&l, today, c[VALID_TO].null ? LIFE_OPEN : (int32_t)c[VALID_TO].i);
	reg_bytes(&read, "handle", c[HANDLE].s);
	if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, change, PERMIT_CHANGE_CELLS, &more, e))
		return false;
	while (more) {
		const struct life_change is = permit_change_of(change);

		life_add(&l, &is);
		json_array_append_new(acts, json_pack("{s:I, s:s, s:o, s:o}", "entry", (json_int_t)is.entry, "what", life_word(is.act),
		    "from", reg_day_json(&change[2]), "until", reg_day_json(&change[3])));
		if (!reg_next(&rows, change, PERMIT_CHANGE_CELLS, &more, e))
			return false;
	}
	json_object_set_new(item, "state", json_string(life_state("issued", &l)));
	return true;
}

/* Keys of one length, a space between. */
static json_t *
parcels_json(const struct reg_cell *c)
{
	json_t *list = json_array();
	char text[PARCEL_TEXT];

	for (size_t at = 0; !c->null && at + PARCEL_KEY_LEN <= c->s.len; at += PARCEL_KEY_LEN + 1) {
		own_str char *key = span_dup_str(span_of(c->s.ptr + at, PARCEL_KEY_LEN));

		parcel_text(text, key);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

static bool
item_json(json_t **out, const struct service *s, const struct reg_cell c[COLUMNS], int32_t today, struct err *e)
{
	static const struct { const char *name; int cell; } texts[] = { { "kind", KIND }, { "agency", AGENCY }, { "dossier", DOSSIER }, { "number", NUMBER }, { "shortcode", CODE } };
	own(json_t) *item = NULL, *plots = NULL;
	char handle[HANDLE_HEX];

	hex_text(handle, c[HANDLE].s);
	item = json_pack("{s:I, s:s, s:I, s:o, s:o, s:o}", "entry", (json_int_t)c[ENTRY].i, "handle", handle, "version", (json_int_t)c[VERSION].i,
	    "day", reg_day_json(&c[DAY]), "until", reg_day_json(&c[VALID_TO]), "parcels", parcels_json(&c[PARCELS]));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		json_object_set_new(item, texts[i].name, reg_text_json(&c[texts[i].cell]));
	if ((!c[PLOTS].null && !json_read(&plots, c[PLOTS].s, e)) || !put_acts(item, s, c, today, e))
		return false;
	json_object_set_new(item, "vn2000", plots != NULL ? json_incref(plots) : json_array());
	*out = take(&item);
	return true;
}

/*
 * Which touch a parcel.
 */

bool
parcel_permits(json_t **out, const struct service *s, struct span who, const char *parcel, uint64_t after, int64_t now, struct err *e)
{
	own_struct(program) asks = { .id = { 0 } };
	own_struct(reg_unit) read = reg_read_new("parcel.permits");
	own_struct(reg_rows) rows = { .left = 0 };
	own(json_t) *items = json_array(), *j = NULL;
	char key[PARCEL_TEXT], plain[PARCEL_TEXT];
	struct reg_cell c[COLUMNS];
	struct feed_head seen;
	size_t octets = 0;
	int64_t last = 0;
	bool more;

	if (!program_find(&asks, s, who, RIGHT_READ, now, e))
		return false;
	if (!parcel_key(key, parcel) || after > INT64_MAX)
		return fail(e, ERR_INPUT, "a parcel is asked for as commune/sheet/parcel (00070/45/1027), and behind an entry of the log");
	parcel_text(plain, key);
	reg_text(&read, "parcel", key);
	reg_int(&read, "after", after == 0 ? -1 : (int64_t)after);
	reg_agencies(&read, asks.scope.agencies);
	feed_put_kinds(&read, &asks.scope);
	if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, COLUMNS, &more, e))
		return false;
	seen = (struct feed_head){ .replica_size = rows.size, .as_of = rows.as_of };
	while (more && octets < OCTETS) {
		json_t *item = NULL;

		if (!item_json(&item, s, c, day_in_vietnam(now), e))
			return false;
		json_array_append_new(items, item);
		octets += c[PLOTS].null ? 0 : c[PLOTS].s.len;
		last = c[ENTRY].i;
		if (!reg_next(&rows, c, COLUMNS, &more, e))
			return false;
	}
	j = json_pack("{s:s, s:O, s:o}", "parcel", plain, "items", items, "next", more || json_array_size(items) == PARCEL_ITEMS ? json_integer(last) : json_null());
	if (!feed_put_state(j, s, &seen, e))
		return false;
	*out = take(&j);
	return true;
}

/*
 * Where they lie: GeoJSON.
 */

struct ring_point { double longitude, latitude; };

/* The corners in degrees, the first again at the end; false: not such as a worker tells. */
static bool
ring_read(struct ring_point p[SUBMISSION_ITEMS_MAX + 1], size_t *n, const json_t *plot)
{
	int meridian = vn2000_meridian(json_text(plot, "meridian"));
	int64_t zone = json_integer_value(json_object_get(plot, "zone"));
	const json_t *corners = json_object_get(plot, "corners"), *corner;
	size_t i;

	if (meridian < 0 || json_array_size(corners) < 3 || json_array_size(corners) > SUBMISSION_ITEMS_MAX)
		return false;
	json_array_foreach(corners, i, corner) {
		double at[2];

		if (!json_is_string(corner) || sscanf(json_string_value(corner), "%lf %lf", &at[0], &at[1]) != 2)
			return false;
		vn2000_wgs84(&p[i].longitude, &p[i].latitude, meridian, zone, at);
	}
	*n = i;
	if (p[0].longitude != p[i - 1].longitude || p[0].latitude != p[i - 1].latitude)
		p[(*n)++] = p[0];
	return true;
}

/* RFC 7946 3.1.6: an outer ring goes against the clock. */
static bool
goes_with_the_clock(const struct ring_point *p, size_t n)
{
	double twice = 0;

	for (size_t i = 0; i + 1 < n; i++)
		twice += (p[i].longitude - p[0].longitude) * (p[i + 1].latitude - p[0].latitude) - (p[i + 1].longitude - p[0].longitude) * (p[i].latitude - p[0].latitude);
	return twice < 0;
}

/* Eight digits of a degree are a millimetre. */
static void
put_ring(struct buf *out, const struct ring_point *p, size_t n)
{
	bool turn = goes_with_the_clock(p, n);

	buf_put_str(out, "[[");
	for (size_t i = 0; i < n; i++) {
		const struct ring_point *at = &p[turn ? n - 1 - i : i];

		buf_printf(out, "%s[%.8f,%.8f]", i > 0 ? "," : "", at->longitude, at->latitude);
	}
	buf_put_str(out, "]]");
}

static bool
put_geometry(struct buf *out, const json_t *plots, struct err *e)
{
	struct ring_point p[SUBMISSION_ITEMS_MAX + 1];
	const json_t *plot;
	size_t i, n;

	if (json_array_size(plots) == 0) {
		buf_put_str(out, "null");
		return true;
	}
	buf_put_str(out, "{\"coordinates\":[");
	json_array_foreach(plots, i, plot) {
		if (!ring_read(p, &n, plot))
			return fail(e, ERR_BUG, "a plot of a permit cannot be read");
		buf_put_str(out, i > 0 ? "," : "");
		put_ring(out, p, n);
	}
	buf_put_str(out, "],\"type\":\"MultiPolygon\"}");
	return true;
}

static bool
put_feature(struct buf *out, const json_t *item, bool first, struct err *e)
{
	buf_printf(out, "%s{\"geometry\":", first ? "" : ",");
	if (!put_geometry(out, json_object_get(item, "vn2000"), e))
		return false;
	buf_printf(out, ",\"id\":\"%s\",\"properties\":", json_text(item, "handle"));
	json_write(out, item);
	buf_put_str(out, ",\"type\":\"Feature\"}");
	return true;
}

/* Of a program: what there is behind `after`, of a log of `size` entries. */
struct places { const struct service *s; const struct program *asks; int64_t after, size; int32_t today; size_t n, octets; struct buf *features; };

static bool
take_place(struct places *f, const struct reg_cell c[COLUMNS], struct err *e)
{
	own(json_t) *item = NULL;

	if (!item_json(&item, f->s, c, f->today, e) || !put_feature(f->features, item, f->n == 0, e))
		return false;
	f->after = c[ENTRY].i;
	f->octets += c[PLOTS].null ? 0 : c[PLOTS].s.len;
	f->n++;
	return true;
}

static bool
page(struct places *f, struct err *e)
{
	int64_t upto = f->size - 1 - f->after > SPAN ? f->after + SPAN : f->size - 1;
	own_struct(reg_unit) read = reg_read_new("parcel.places");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[COLUMNS];
	bool more;

	reg_int(&read, "after", f->after);
	reg_int(&read, "upto", upto);
	reg_agencies(&read, f->asks->scope.agencies);
	feed_put_kinds(&read, &f->asks->scope);
	if (!reg_read(f->s->reg, &read, &rows, e) || !reg_next(&rows, c, COLUMNS, &more, e))
		return false;
	while (more && f->octets < OCTETS)
		if (!take_place(f, c, e) || !reg_next(&rows, c, COLUMNS, &more, e))
			return false;
	/* A full page may have left some of its span behind. */
	if (!more && f->n < PARCEL_ITEMS)
		f->after = upto;
	return true;
}

bool
parcel_places(struct buf *out, const struct service *s, struct span who, uint64_t from, int64_t now, struct err *e)
{
	own_struct(program) asks = { .id = { 0 } };
	own_struct(buf) features = buf_new(out->max);
	struct places f = { .s = s, .asks = &asks, .today = day_in_vietnam(now), .features = &features };
	own_struct(buf) rest = buf_new(4096);
	own(json_t) *state = NULL;
	struct feed_head head;

	if (!program_find(&asks, s, who, RIGHT_READ, now, e) || !feed_head(&head, s, from, e))
		return false;
	f.after = (int64_t)from - 1;
	f.size = head.size;
	for (size_t i = 0; i < PAGES && f.n == 0 && f.after < f.size - 1; i++)
		if (!page(&f, e))
			return false;
	state = json_pack("{s:I, s:s}", "next", (json_int_t)f.after, "type", "FeatureCollection");
	if (!feed_put_state(state, s, &head, e))
		return false;
	json_write(&rest, state);
	buf_put_str(out, "{\"features\":[");
	buf_put_span(out, buf_span(&features));
	buf_printf(out, "],%s", buf_str(&rest) + 1);
	return buf_ok(out, "the places", e);
}
