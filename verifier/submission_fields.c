#include "verifier/submission_fields.h"

#include "base/clock.h"
#include "base/text.h"
#include "policy/geometry.h"
#include "policy/parcel.h"

#include <math.h>
#include <stdlib.h>

#define KEY_SHOWN 60		/* octets of a key that nobody knows */

/*
 * Where a problem is.
 */

struct spot
spot_new(const char *field, const char *path, const char *vi, const char *en)
{
	return (struct spot){ xstrdup(field), xstrdup(path), xstrdup(vi), xstrdup(en), NULL };
}

void
spot_drop(struct spot *s)
{
	free(s->field);
	free(s->path);
	free(s->vi);
	free(s->en);
	*s = (struct spot){ NULL };
}

/* RFC 6901 3: "~" and "/" of a key are written "~0" and "~1". */
static void
put_token(struct buf *out, const char *key)
{
	for (; *key != '\0'; key++)
		if (*key == '~' || *key == '/')
			buf_put_str(out, *key == '~' ? "~0" : "~1");
		else
			buf_put_byte(out, (unsigned char)*key);
}

static struct spot
spot_below(const struct spot *up, const char *key, const struct field *f)
{
	const char *dot = up->field[0] != '\0' ? "." : "", *in = up->vi[0] != '\0' ? " › " : "";
	own_struct(buf) path = buf_new(SUBMISSION_MAX * 4);

	buf_printf(&path, "%s/", up->path);
	put_token(&path, key);
	return (struct spot){ xprintf("%s%s%s", up->field, dot, key), xstrdup(buf_str(&path)), xprintf("%s%s%s", up->vi, in, f != NULL ? f->vi : key),
		xprintf("%s%s%s", up->en, in, f != NULL ? f->en : key), f };
}

static struct spot
spot_item(const struct spot *list, size_t i)
{
	return (struct spot){ xprintf("%s[%zu]", list->field, i + 1), xprintf("%s/%zu", list->path, i), xprintf("%s %zu", list->vi, i + 1),
		xprintf("%s %zu", list->en, i + 1), list->f };
}

void
submission_note(json_t *list, const char *field, char *vi, char *en)
{
	json_t *one = json_pack("{s:s, s:s, s:s}", "field", field, "vi", vi, "en", en);

	free(vi);
	free(en);
	if (one != NULL)
		json_array_append_new(list, one);
}

bool
submission_problem(struct reading *r, const struct spot *at, enum field_fault fault, const char *what)
{
	own_struct(buf) vi = buf_new(SUBMISSION_MAX * 4), en = buf_new(SUBMISSION_MAX * 4);
	struct field_refusal why;
	json_t *one;

	if (json_array_size(r->s->problems) >= SUBMISSION_PROBLEMS_MAX)
		return false;
	(void)field_refuse(&why, fault, what);
	buf_printf(&vi, "%s: ", at->vi);
	field_say(&vi, FIELD_VI, at->f, &why);
	buf_printf(&en, "%s: ", at->en);
	field_say(&en, FIELD_EN, at->f, &why);
	one = json_pack("{s:s, s:s, s:s, s:s, s:s}", "field", at->field, "path", at->path, "code", field_fault_word(fault), "vi", buf_str(&vi), "en", buf_str(&en));
	promise(one != NULL);
	json_array_append_new(r->s->problems, one);
	return false;
}

/* "U+00D0" out of a refusal of text_check, "" if it names none. */
static void
code_point(char out[16], const char *text)
{
	const char *at = strstr(text, "U+");
	size_t n = at == NULL ? 0 : 2 + strspn(at + 2, "0123456789ABCDEF");

	snprintf(out, 16, "%.*s", n > 15 ? 15 : (int)n, at == NULL ? "" : at);
}

bool
submission_text(struct buf *out, struct reading *r, const json_t *j, const struct spot *at, bool lines)
{
	struct span in = span_of(json_string_value(j), json_string_length(j));
	struct err e = { ERR_NONE, "" };
	bool changed = false;
	char point[16];

	if (!utf8_check(in, &e) || !text_to_nfc(out, in, &changed, &e))
		return submission_problem(r, at, FAULT_UNREADABLE, e.text);
	if (!text_check(buf_span(out), lines, &e)) {
		code_point(point, e.text);
		return submission_problem(r, at, point[0] != '\0' ? FAULT_CHARACTER : FAULT_CONTROL, point);
	}
	if (out->len == 0)
		return submission_problem(r, at, FAULT_EMPTY, "");
	if (changed)
		submission_note(r->s->remarks, at->field, xprintf("%s: đã chuyển sang Unicode dựng sẵn (NFC)", at->vi), xprintf("%s: brought to Unicode NFC", at->en));
	return true;
}

/* The shortest fixed-point text that reads back as the same number. */
static bool
decimal_text(char out[64], const json_t *j)
{
	double d = json_number_value(j);

	if (json_is_integer(j))
		return snprintf(out, 64, "%" JSON_INTEGER_FORMAT, json_integer_value(j)) < 64;
	if (!isfinite(d) || fabs(d) >= 1e15)
		return false;
	for (int digits = 0; digits <= 17; digits++) {
		snprintf(out, 64, "%.*f", digits, d);
		if (strtod(out, NULL) == d)
			break;
	}
	if (strtod(out, NULL) != d)
		return false;
	if (strcmp(out, "-0") == 0)
		strcpy(out, "0");
	return true;
}

static bool
pair_text(char out[128], const json_t *j)
{
	char x[64], y[64];

	if (json_array_size(j) != 2 || !json_is_number(json_array_get(j, 0)) || !json_is_number(json_array_get(j, 1)) ||
	    !decimal_text(x, json_array_get(j, 0)) || !decimal_text(y, json_array_get(j, 1)))
		return false;
	return snprintf(out, 128, "%s %s", x, y) < 128;
}

/* The text of what is no text in JSON; false: it has not the type's form. */
static bool
plain_text(char out[128], enum field_form form, const json_t *j)
{
	switch (form) {
	case FORM_INTEGER:
		return json_is_integer(j) && decimal_text(out, j);
	case FORM_NUMBER:
		return json_is_number(j) && decimal_text(out, j);
	case FORM_BOOLEAN:
		return json_is_boolean(j) && snprintf(out, 128, "%s", json_is_true(j) ? "true" : "false") > 0;
	case FORM_PAIR:
		return pair_text(out, j);
	case FORM_GROUP:
	case FORM_TEXT:
		break;
	}
	return false;
}

/*
 * Where it is: parcels and plots.
 */

/* However often it is named, and in whichever way it is written. */
static void
note_parcel(struct submission *s, const char *key)
{
	if (strstr(buf_str(&s->parcels), key) == NULL)
		buf_printf(&s->parcels, "%s%s", s->parcels.len > 0 ? " " : "", key);
}

/* Of a group that names a parcel in parts; without the commune it names none. */
static bool
check_parcel(struct reading *r, const struct field *f, const json_t *group, const struct spot *at)
{
	const char *commune = json_string_value(json_object_get(group, f->parcel.commune));
	char text[64], key[PARCEL_TEXT];

	if (commune == NULL)
		return true;
	snprintf(text, sizeof(text), "%.5s/%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT, commune, json_integer_value(json_object_get(group, f->parcel.sheet)),
	    json_integer_value(json_object_get(group, f->parcel.number)));
	if (!parcel_key(key, text)) {
		own_struct(spot) here = spot_below(at, f->parcel.commune, field_find(f, f->parcel.commune));

		return submission_problem(r, &here, FAULT_DIGITS, "5");
	}
	note_parcel(r->s, key);
	return true;
}

static bool
put_value(struct buf *out, struct reading *r, const json_t *j, const struct spot *at)
{
	own_struct(buf) text = buf_new(SUBMISSION_MAX * 4);
	struct field_refusal why;
	char plain[128], key[PARCEL_TEXT];

	if (field_form(at->f->type) == FORM_TEXT && json_is_string(j)) {
		if (!submission_text(&text, r, j, at, field_has_lines(at->f)))
			return false;
	} else {
		if (!plain_text(plain, field_form(at->f->type), j))
			return submission_problem(r, at, FAULT_TYPE, "");
		buf_put_str(&text, plain);
	}
	if (!field_check(at->f, buf_str(&text), r->today, &why))
		return submission_problem(r, at, why.fault, why.what);
	if (at->f->type == FIELD_PARCEL && parcel_key(key, buf_str(&text)))
		note_parcel(r->s, key);
	text_put_xml(out, buf_span(&text));
	return true;
}

static bool
put_one(struct buf *out, struct reading *r, const json_t *j, const struct spot *at)
{
	bool good;

	buf_printf(out, "<%s>", at->f->name);
	if (at->f->type == FIELD_GROUP && json_is_object(j))
		good = submission_group(out, r, at->f, j, at) && (at->f->parcel.commune == NULL || check_parcel(r, at->f, j, at));
	else
		good = put_value(out, r, j, at);
	buf_printf(out, "</%s>", at->f->name);
	return good;
}

static bool
put_many(struct buf *out, struct reading *r, const json_t *j, const struct spot *at)
{
	size_t n = json_array_size(j);
	bool good = true;

	if (!json_is_array(j) || (n == 0 && !at->f->optional) || n > SUBMISSION_ITEMS_MAX) {
		own_str char *most = xprintf("%d", SUBMISSION_ITEMS_MAX);

		return submission_problem(r, at, FAULT_LIST, most);
	}
	for (size_t i = 0; i < n; i++) {
		own_struct(spot) item = spot_item(at, i);

		good = put_one(out, r, json_array_get(j, i), &item) && good;
	}
	return good;
}

/* Written by the system of the samples beside the fields, for people. */
static bool
is_annotation(const char *key)
{
	return strcmp(key, "canh_bao") == 0 || strcmp(key, "hard_cases") == 0;
}

/* A stranger's key may be long: it is cut, at a character. */
static char *
key_shown(const char *key)
{
	size_t n = strnlen(key, KEY_SHOWN);

	while (n > 0 && ((unsigned char)key[n] & 0xc0) == 0x80)
		n--;
	return xprintf("%.*s", (int)n, key);
}

static bool
check_keys(struct reading *r, const struct field *group, const json_t *j, const struct spot *at)
{
	const char *key;
	json_t *value;
	bool good = true;

	json_object_foreach((json_t *)j, key, value) {
		own_str char *shown = key_shown(key);
		own_struct(spot) here = spot_below(at, shown, NULL);

		if (field_find(group, key) == NULL && !is_annotation(key) && !json_is_null(value))
			good = submission_problem(r, &here, FAULT_UNKNOWN, "");
	}
	return good;
}

static json_t *
corners_told(const json_t *corners)
{
	json_t *told = json_array();
	const json_t *corner;
	char text[128];
	size_t i;

	json_array_foreach(corners, i, corner)
		json_array_append_new(told, pair_text(text, corner) ? json_string(text) : json_null());
	return told;
}

/* beside: the group in which the plot stands. */
static bool
check_plot(struct reading *r, const struct field *f, const json_t *plot, const json_t *beside, const struct spot *at)
{
	double corner[SUBMISSION_ITEMS_MAX][2];
	const json_t *corners = json_object_get(plot, f->ring.corners), *area = f->ring.area == NULL ? NULL : json_object_get(beside, f->ring.area);
	struct plot p = { .meridian = json_string_value(json_object_get(plot, f->ring.meridian)), .zone = json_integer_value(json_object_get(plot, f->ring.zone)),
		.corner = corner, .n = json_array_size(corners), .area = json_is_number(area) ? json_number_value(area) : -1 };
	struct field_refusal why;

	for (size_t i = 0; i < p.n; i++)
		for (size_t k = 0; k < 2; k++)
			corner[i][k] = json_number_value(json_array_get(json_array_get(corners, i), k));
	if (!geometry_check(&p, &why))
		return submission_problem(r, at, why.fault, why.what);
	json_array_append_new(r->s->plots, json_pack("{s:s, s:I, s:o}", "meridian", p.meridian, "zone", (json_int_t)p.zone, "corners", corners_told(corners)));
	return true;
}

static bool
put_field(struct buf *out, struct reading *r, const json_t *beside, const json_t *value, const struct spot *at)
{
	const struct field *f = at->f;

	if (value == NULL || json_is_null(value))
		return f->optional || submission_problem(r, at, FAULT_MISSING, "");
	if (f->many)
		return put_many(out, r, value, at);
	return put_one(out, r, value, at) && (f->ring.corners == NULL || check_plot(r, f, value, beside, at));
}

bool
submission_group(struct buf *out, struct reading *r, const struct field *group, const json_t *j, const struct spot *at)
{
	bool good = check_keys(r, group, j, at);

	for (size_t i = 0; i < group->nchildren; i++) {
		const struct field *f = &group->child[i];
		own_struct(spot) here = spot_below(at, f->name, f);

		good = put_field(out, r, j, json_object_get(j, f->name), &here) && good;
	}
	return good;
}
