#include "verifier/submission_fields.h"

#include "base/clock.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>

#define TEXT_CHARS_MAX 4000
#define ITEMS_MAX 200

void
submission_note(json_t *list, const char *path, char *vi, char *en)
{
	json_t *one = json_pack("{s:s, s:s, s:s}", "field", path, "vi", vi, "en", en);

	free(vi);
	free(en);
	if (one != NULL)
		json_array_append_new(list, one);
}

bool
submission_problem(struct reading *r, const char *path, char *vi, char *en)
{
	if (json_array_size(r->s->problems) >= SUBMISSION_PROBLEMS_MAX) {
		free(vi);
		free(en);
		return false;
	}
	submission_note(r->s->problems, path, vi, en);
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
submission_text(struct buf *out, struct reading *r, const json_t *j, const char *path, const char *vi, const char *en, size_t chars_max)
{
	struct span in = span_of(json_string_value(j), json_string_length(j));
	struct err e = { ERR_NONE, "" };
	bool changed = false;
	char point[16];

	if (!utf8_check(in, &e) || !text_to_nfc(out, in, &changed, &e))
		return submission_problem(r, path, xprintf("%s: chữ không đọc được", vi), xprintf("%s: %s", en, e.text));
	if (!text_check(buf_span(out), false, &e)) {
		code_point(point, e.text);
		return submission_problem(r, path, point[0] != '\0' ? xprintf("%s: có ký tự %s không được dùng (trông giống chữ khác hoặc không nhìn thấy); xin gõ lại", vi, point)
		    : xprintf("%s: có ký tự điều khiển hoặc xuống dòng; xin gõ lại trên một dòng", vi), xprintf("%s: %s", en, e.text));
	}
	if (out->len == 0)
		return submission_problem(r, path, xprintf("%s: để trống", vi), xprintf("%s: empty", en));
	if (utf8_count(buf_span(out)) > chars_max)
		return submission_problem(r, path, xprintf("%s: dài quá %zu ký tự", vi, chars_max), xprintf("%s: longer than %zu characters", en, chars_max));
	if (changed)
		submission_note(r->s->remarks, path, xprintf("%s: đã chuyển sang Unicode dựng sẵn (NFC)", vi), xprintf("%s: brought to Unicode NFC", en));
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
put_point(struct buf *out, const json_t *j)
{
	char x[64], y[64];

	if (json_array_size(j) != 2 || !json_is_number(json_array_get(j, 0)) || !json_is_number(json_array_get(j, 1)) ||
	    !decimal_text(x, json_array_get(j, 0)) || !decimal_text(y, json_array_get(j, 1)))
		return false;
	buf_printf(out, "%s %s", x, y);
	return true;
}

static bool
put_value(struct buf *out, struct reading *r, const struct field *f, const json_t *j, const char *path)
{
	static const struct { const char *vi, *en; } wants[] = {
		[FIELD_GROUP] = { "một nhóm mục", "a group of fields" }, [FIELD_TEXT] = { "chữ", "text" },
		[FIELD_DECIMAL] = { "số", "a number" }, [FIELD_INTEGER] = { "số nguyên", "a whole number" },
		[FIELD_DATE] = { "ngày, dạng NNNN-TT-NN", "a date, as YYYY-MM-DD" }, [FIELD_POINT] = { "hai số", "two numbers" },
	};
	char number[64];
	int32_t day;
	struct err e;
	bool good = false;

	switch (f->type) {
	case FIELD_TEXT:
		if (json_is_string(j)) {
			own_struct(buf) text = buf_new(SUBMISSION_MAX * 4);

			if (!submission_text(&text, r, j, path, f->vi, f->en, TEXT_CHARS_MAX))
				return false;
			text_put_xml(out, buf_span(&text));
			return true;
		}
		break;
	case FIELD_DECIMAL:
	case FIELD_INTEGER:
		good = (f->type == FIELD_DECIMAL ? json_is_number(j) : json_is_integer(j)) && decimal_text(number, j);
		if (good)
			buf_put_str(out, number);
		break;
	case FIELD_DATE:
		good = json_is_string(j) && strlen(json_string_value(j)) == json_string_length(j) && date_parse(&day, json_string_value(j), &e);
		if (good)
			buf_put_str(out, json_string_value(j));
		break;
	case FIELD_POINT:
		good = put_point(out, j);
		break;
	case FIELD_GROUP:
		break;
	}
	return good || submission_problem(r, path, xprintf("%s: phải là %s", f->vi, wants[f->type].vi), xprintf("%s: must be %s", f->en, wants[f->type].en));
}

static bool
put_one(struct buf *out, struct reading *r, const struct field *f, const json_t *j, const char *path)
{
	bool good;

	buf_printf(out, "<%s>", f->name);
	if (f->type == FIELD_GROUP && json_is_object(j))
		good = submission_group(out, r, f, j, path);
	else
		good = put_value(out, r, f, j, path);
	buf_printf(out, "</%s>", f->name);
	return good;
}

static bool
put_many(struct buf *out, struct reading *r, const struct field *f, const json_t *j, const char *path)
{
	size_t n = json_array_size(j);
	bool good = true;

	if (!json_is_array(j) || (n == 0 && !f->optional) || n > ITEMS_MAX)
		return submission_problem(r, path, xprintf("%s: phải là danh sách có từ 1 đến %d mục", f->vi, ITEMS_MAX),
		    xprintf("%s: must be a list of 1 to %d items", f->en, ITEMS_MAX));
	for (size_t i = 0; i < n; i++) {
		own_str char *at = xprintf("%s[%zu]", path, i + 1);

		good = put_one(out, r, f, json_array_get(j, i), at) && good;
	}
	return good;
}

/* Written by the system of the samples beside the fields, for people. */
static bool
is_annotation(const char *key)
{
	return strcmp(key, "canh_bao") == 0 || strcmp(key, "hard_cases") == 0;
}

static bool
check_keys(struct reading *r, const struct field *group, const json_t *j, const char *path)
{
	const char *key;
	json_t *value;
	bool good = true;

	json_object_foreach((json_t *)j, key, value) {
		own_str char *at = xprintf("%s%s%.60s", path, path[0] != '\0' ? "." : "", key);

		if (field_find(group, key) == NULL && !is_annotation(key) && !json_is_null(value))
			good = submission_problem(r, at, xprintf("%.60s: loại giấy này không có mục này", key),
			    xprintf("%.60s: this kind of permit has no such field", key));
	}
	return good;
}

bool
submission_group(struct buf *out, struct reading *r, const struct field *group, const json_t *j, const char *path)
{
	bool good = check_keys(r, group, j, path);

	for (size_t i = 0; i < group->nchildren; i++) {
		const struct field *f = &group->child[i];
		const json_t *value = json_object_get(j, f->name);
		own_str char *at = xprintf("%s%s%s", path, path[0] != '\0' ? "." : "", f->name);

		if (value == NULL || json_is_null(value)) {
			if (!f->optional)
				good = submission_problem(r, at, xprintf("%s: còn thiếu", f->vi), xprintf("%s: missing", f->en));
		} else if (f->many) {
			good = put_many(out, r, f, value, at) && good;
		} else {
			good = put_one(out, r, f, value, at) && good;
		}
	}
	return good;
}
