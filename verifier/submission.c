#include "verifier/submission.h"

#include "base/clock.h"
#include "base/code_page.h"
#include "base/text.h"
#include "register/entry.h"
#include "verifier/code.h"
#include "verifier/submission_fields.h"

#include <stdlib.h>

#define CONTENT_MAX (512u << 10)
#define LINE_CHARS_MAX 1000
#define LINE_CHARS_MAX_WORD "1000"

void
submission_drop(struct submission *s)
{
	buf_drop(&s->content);
	free(s->dossier);
	free(s->procedure);
	free(s->holder);
	free(s->given);
	free(s->amends);
	buf_drop(&s->parcels);
	json_decref(s->plots);
	json_decref(s->remarks);
	json_decref(s->problems);
	*s = (struct submission){ 0 };
}

/*
 * The head of the content.
 */

/* What either shape says, before it is checked. */
struct told {
	const json_t *kind, *agency, *agency_name, *dossier, *procedure, *step, *number, *amends, *converted;
	json_t *fields;			/* own: only the kind's fields */
	bool by_loai;
};

/* Parts of the head: as either shape calls them, and as people do. */
enum part { PART_WHOLE, PART_KIND, PART_AGENCY, PART_DOSSIER, PART_PROCEDURE, PART_STEP, PART_NUMBER, PART_AMENDS, PART_CONVERTED, PART_FIELDS, PART_HOLDER, PART_VALIDITY };
static const struct { const char *ours, *loai, *vi, *en; } parts[] = {
	[PART_WHOLE] = { "", "", "đơn nộp", "the submission" }, [PART_KIND] = { "kind", "loai", "loại giấy", "kind" },
	[PART_AGENCY] = { "agency", "co_quan_cap.ma", "cơ quan cấp", "agency" }, [PART_DOSSIER] = { "dossier", "ma_ho_so", "mã hồ sơ", "dossier code" },
	[PART_PROCEDURE] = { "procedure", "ten_thu_tuc", "tên thủ tục", "procedure" }, [PART_STEP] = { "step", "step", "bước xử lý", "step" },
	[PART_NUMBER] = { "number", "so_ky_hieu", "số giấy", "number" }, [PART_AMENDS] = { "amends", "amends", "giấy phép được điều chỉnh", "the permit that it amends" },
	[PART_CONVERTED] = { "converted", "converted", "bảng mã gốc", "the code page that it was converted from" },
	[PART_FIELDS] = { "fields", "fields", "nội dung", "fields" },
	[PART_HOLDER] = { "", "", "người được cấp", "holder" }, [PART_VALIDITY] = { "", "", "thời hạn", "validity" },
};

/* "co_quan_cap.ma" -> "/co_quan_cap/ma" */
static struct spot
spot_of(enum part p, bool by_loai)
{
	const char *field = by_loai ? parts[p].loai : parts[p].ours;
	own_str char *path = xprintf("%s%s", field[0] != '\0' ? "/" : "", field);
	char *dot = strchr(path, '.');

	if (dot != NULL)
		*dot = '/';
	return spot_new(field, path, parts[p].vi, parts[p].en);
}

static bool
problem_at(struct reading *r, const struct told *t, enum part p, enum field_fault fault, const char *what)
{
	own_struct(spot) at = spot_of(p, t->by_loai);

	return submission_problem(r, &at, fault, what);
}

/* Of the kind's own fields, which lie at the top in the samples' shape. */
static bool
problem_of_field(struct reading *r, const struct told *t, enum part p, const char *field, enum field_fault fault)
{
	own_str char *path = xprintf("%s%s%s", t->by_loai ? "" : "/fields", field[0] != '\0' ? "/" : "", field);
	own_struct(spot) at = spot_new(field, path, parts[p].vi, parts[p].en);

	return submission_problem(r, &at, fault, "");
}

static void
told_drop(struct told *t)
{
	json_decref(t->fields);
}

/* What the samples' system keeps beside the content; not ours to sign. */
static const char *const aside[] = { "id", "so_ky_hieu", "ngay_cap", "dia_danh", "nguoi_ky", "hard_cases", "thay_the", "thu_hoi",
	"dinh_chi", "bien_dong", "loai", "co_quan_cap", "ma_ho_so", "ten_thu_tuc", "amends", "converted", NULL };
static const char *const aside_told[] = { "thay_the", "thu_hoi", "dinh_chi", "bien_dong", NULL };

static void
tell_sample(struct told *t, const json_t *j, struct reading *r)
{
	const json_t *agency = json_object_get(j, "co_quan_cap");

	*t = (struct told){ .kind = json_object_get(j, "loai"), .agency = json_object_get(agency, "ma"),
		.agency_name = json_object_get(agency, "ten"), .dossier = json_object_get(j, "ma_ho_so"),
		.procedure = json_object_get(j, "ten_thu_tuc"), .number = json_object_get(j, "so_ky_hieu"),
		.amends = json_object_get(j, "amends"), .converted = json_object_get(j, "converted"), .fields = json_copy((json_t *)j), .by_loai = true };
	for (size_t i = 0; aside[i] != NULL; i++)
		json_object_del(t->fields, aside[i]);
	for (size_t i = 0; aside_told[i] != NULL; i++)
		if (json_object_get(j, aside_told[i]) != NULL && !json_is_null(json_object_get(j, aside_told[i])))
			submission_note(r->s->remarks, aside_told[i], xprintf("%s: là việc sau khi cấp, không thuộc nội dung ký", aside_told[i]),
			    xprintf("%s: an event after issue, not part of what is signed", aside_told[i]));
}

static bool
tell_envelope(struct told *t, const json_t *j, struct reading *r)
{
	static const char *const keys[] = { "kind", "agency", "dossier", "procedure", "step", "number", "amends", "converted", "fields", NULL };
	struct err e = { ERR_NONE, "" };

	if (!json_only(j, keys, &e))
		return problem_at(r, t, PART_WHOLE, FAULT_ENVELOPE, e.text);
	*t = (struct told){ .kind = json_object_get(j, "kind"), .agency = json_object_get(j, "agency"),
		.dossier = json_object_get(j, "dossier"), .procedure = json_object_get(j, "procedure"),
		.step = json_object_get(j, "step"), .number = json_object_get(j, "number"),
		.amends = json_object_get(j, "amends"), .converted = json_object_get(j, "converted"), .fields = json_incref(json_object_get(j, "fields")) };
	return true;
}

static const char *
string_of(const json_t *j)
{
	const char *s = json_string_value(j);

	return s == NULL || strlen(s) != json_string_length(j) ? "" : s;
}

static bool
read_kind(struct reading *r, const struct told *t)
{
	const char *word = string_of(t->kind);

	r->s->kind = t->by_loai ? policy_kind_by_loai(r->policy, word) : policy_kind(r->policy, word);
	return r->s->kind != NULL || problem_at(r, t, PART_KIND, FAULT_KIND, word);
}

static bool
read_agency(struct reading *r, const struct told *t)
{
	const char *id = string_of(t->agency);
	const struct agency *a = policy_agency(r->policy, id);
	const char *name;

	if (a == NULL)
		return problem_at(r, t, PART_AGENCY, FAULT_AGENCY, id);
	if (r->today > a->to) {
		own_str char *next = a->successor[0] != '\0' ? xprintf(" (→ %s)", a->successor) : xstrdup("");

		return problem_at(r, t, PART_AGENCY, FAULT_AGENCY_ENDED, next);
	}
	if (r->today < a->from)
		return problem_at(r, t, PART_AGENCY, FAULT_AGENCY_NOT_YET, id);
	r->s->agency = a;
	name = agency_name_on(a, r->today);
	if (t->agency_name != NULL && strcmp(string_of(t->agency_name), name) != 0)
		submission_note(r->s->remarks, "co_quan_cap.ten", xprintf("tên cơ quan: ghi theo danh mục, %s", name),
		    xprintf("name of the agency: written as the directory has it, %s", name));
	return true;
}

static bool
read_dossier(struct reading *r, const struct told *t)
{
	const char *code = string_of(t->dossier);

	if (!dossier_code_ok(code))
		return problem_at(r, t, PART_DOSSIER, FAULT_DOSSIER, code);
	r->s->dossier = xstrdup(code);
	return true;
}

static bool
read_number(struct reading *r, const struct told *t)
{
	const struct kind *k = r->s->kind;
	struct err e;

	if (k->numbering != NUMBER_GIVEN)
		return t->by_loai || t->number == NULL || json_is_null(t->number) || problem_at(r, t, PART_NUMBER, FAULT_NUMBER_UNASKED, "");
	if (!kind_check_given(k, string_of(t->number), &e))
		return problem_at(r, t, PART_NUMBER, shape_fits(k->given, string_of(t->number)) ? FAULT_CHECK_DIGIT : FAULT_SHAPE, k->given);
	r->s->given = xstrdup(string_of(t->number));
	return true;
}

static bool
read_amends(struct reading *r, const struct told *t)
{
	const char *handle = string_of(t->amends);

	if (t->amends == NULL || json_is_null(t->amends))
		return true;
	if (!hex_is(handle, HANDLE_LEN))
		return problem_at(r, t, PART_AMENDS, FAULT_AMENDS, "");
	r->s->amends = xstrdup(handle);
	return true;
}

static bool
read_converted(struct reading *r, const struct told *t)
{
	const char *name = string_of(t->converted);
	const struct code_page *from = code_page_named(name);

	if (t->converted == NULL || json_is_null(t->converted))
		return true;
	if (from == NULL)
		return problem_at(r, t, PART_CONVERTED, FAULT_CONVERTED, name);
	r->s->converted = code_page_name(from);
	return true;
}

static bool
read_line(char **out, struct reading *r, const struct told *t, const json_t *j, enum part p)
{
	own_struct(spot) at = spot_of(p, t->by_loai);
	own_struct(buf) text = buf_new(SUBMISSION_MAX * 4);

	if (j == NULL || json_is_null(j))
		return true;
	if (!json_is_string(j))
		return submission_problem(r, &at, FAULT_NO_TEXT, "");
	if (!submission_text(&text, r, j, &at, false))
		return false;
	if (utf8_count(buf_span(&text)) > LINE_CHARS_MAX)
		return submission_problem(r, &at, FAULT_LONG, LINE_CHARS_MAX_WORD);
	*out = xstrdup(buf_str(&text));
	return true;
}

/*
 * Holders: which fields of the kind name them.
 */

static const char *const name_fields[] = { "ten_vn", "ho_ten", "ten", NULL };
static const char *const id_fields[] = { "so_dinh_danh", "ma_so_doanh_nghiep", "ma_so", "so_dang_ky", NULL };
static const char *const address_fields[] = { "dia_chi", "tru_so", NULL };

/* The clean text of the first of these fields that is there; NULL if none. */
static char *
first_of(const json_t *group, const char *const names[])
{
	own_struct(buf) out = buf_new(SUBMISSION_MAX * 4);
	bool changed;
	struct err e;

	for (size_t i = 0; names[i] != NULL; i++) {
		const json_t *v = json_object_get(group, names[i]);

		if (json_is_string(v) && json_string_length(v) > 0 && text_to_nfc(&out, span_of(json_string_value(v), json_string_length(v)), &changed, &e))
			return xstrdup(buf_str(&out));
	}
	return NULL;
}

static void
put_element(struct buf *out, const char *name, const char *text)
{
	if (text == NULL)
		return;
	buf_printf(out, "<%s>", name);
	text_put_xml(out, span_str(text));
	buf_printf(out, "</%s>", name);
}

static bool
put_holder(struct buf *out, struct reading *r, const struct told *t, const json_t *group)
{
	own_str char *name = first_of(group, name_fields);
	own_str char *id = first_of(group, id_fields);
	own_str char *address = first_of(group, address_fields);

	if (name == NULL)
		return problem_of_field(r, t, PART_HOLDER, r->s->kind->holder, FAULT_HOLDER);
	buf_put_str(out, "<holder>");
	put_element(out, "name", name);
	put_element(out, "id", id);
	put_element(out, "address", address);
	buf_put_str(out, "</holder>");
	if (r->s->holder == NULL)
		r->s->holder = xstrdup(name);
	return true;
}

static bool
put_holders(struct buf *out, struct reading *r, const struct told *t)
{
	const char *field = r->s->kind->holder;
	const json_t *group = field[0] == '\0' ? t->fields : json_object_get(t->fields, field);
	bool good = true;

	buf_put_str(out, "<holders>");
	if (!json_is_array(group))
		good = put_holder(out, r, t, group);
	for (size_t i = 0; i < json_array_size(group); i++)
		good = put_holder(out, r, t, json_array_get(group, i)) && good;
	buf_put_str(out, "</holders>");
	return good;
}

/*
 * The whole.
 */

static void
put_day(struct buf *out, const json_t *fields, const char *name, const char *attribute, int32_t *day)
{
	const char *text = name[0] == '\0' ? "" : string_of(json_object_get(fields, name));
	struct err e;

	if (text[0] != '\0' && date_parse(day, text, &e))
		buf_printf(out, " %s=\"%s\"", attribute, text);
}

/* The last day of five years from 30/07/2026 is 29/07/2031. */
static bool
term_fits(const struct submission *s)
{
	char from[TIME_TEXT], to[TIME_TEXT];
	long years;

	if (s->kind->term_years == 0 || s->valid_from == INT32_MIN || s->valid_to == INT32_MAX)
		return true;
	date_text(from, s->valid_from);
	date_text(to, s->valid_to);
	years = strtol(to, NULL, 10) - strtol(from, NULL, 10);
	return years < s->kind->term_years || (years == s->kind->term_years && strcmp(to + 4, from + 4) < 0);
}

static bool
put_validity(struct buf *out, struct reading *r, const struct told *t)
{
	struct submission *s = r->s;

	if (s->kind->valid_from[0] == '\0' && s->kind->valid_to[0] == '\0')
		return true;
	buf_put_str(out, "<validity");
	put_day(out, t->fields, s->kind->valid_from, "from", &s->valid_from);
	put_day(out, t->fields, s->kind->valid_to, "to", &s->valid_to);
	buf_put_str(out, "></validity>");
	if (s->valid_from > s->valid_to)
		return problem_of_field(r, t, PART_VALIDITY, s->kind->valid_to, FAULT_VALIDITY);
	return term_fits(s) || problem_of_field(r, t, PART_VALIDITY, s->kind->valid_to, FAULT_TERM);
}

static bool
read_head(struct reading *r, const struct told *t, char **step)
{
	bool good = read_kind(r, t);

	good = read_agency(r, t) && good;
	good = read_dossier(r, t) && good;
	good = read_line(&r->s->procedure, r, t, t->procedure, PART_PROCEDURE) && good;
	good = read_line(step, r, t, t->step, PART_STEP) && good;
	if (!json_is_object(t->fields))
		good = problem_at(r, t, PART_FIELDS, FAULT_MISSING, "");
	if (r->s->kind == NULL || !json_is_object(t->fields))
		return false;
	if (r->s->procedure == NULL)
		r->s->procedure = xstrdup(r->s->kind->vi);
	good = read_number(r, t) && good;
	good = read_amends(r, t) && good;
	return read_converted(r, t) && good;
}

/* Before anybody has looked, a later version is the second, of today. */
static void
put_version(struct buf *out, const struct submission *s, const struct submission_amended *amended, int32_t today, const char *handle)
{
	char day[TIME_TEXT];

	date_text(day, amended != NULL ? amended->day : today);
	buf_printf(out, "version=\"%lld\"><code>%s</code>", (long long)(s->amends == NULL ? 1 : amended != NULL ? amended->version : 2), handle);
	if (s->amends != NULL)
		buf_printf(out, "<amends day=\"%s\">%s</amends>", day, s->amends);
}

static void
put_head(struct buf *out, const struct submission *s, const struct submission_amended *amended, int32_t today, const char *handle, const char *step)
{
	buf_printf(out, "<content xmlns=\"" NS_PERMIT "\" Id=\"content\" kind=\"%s\" ", s->kind->id);
	put_version(out, s, amended, today, handle);
	buf_put_str(out, "<agency id=\"");
	text_put_xml_attr(out, span_str(s->agency->id));
	buf_put_str(out, "\">");
	put_element(out, "name", agency_name_on(s->agency, today));
	if (s->agency->parent != NULL && s->agency->parent[0] != '\0')
		put_element(out, "parent", s->agency->parent);
	buf_put_str(out, "</agency>");
	put_element(out, "dossier", s->dossier);
	put_element(out, "procedure", s->procedure);
	put_element(out, "step", step);
}

static bool
build(struct reading *r, const struct told *t, const struct submission_amended *amended, const char *handle)
{
	struct buf *out = &r->s->content;
	own_str char *step = NULL;
	own_struct(buf) fields = buf_new(CONTENT_MAX);
	own_struct(spot) root = spot_new("", t->by_loai ? "" : "/fields", "", "");
	bool good = read_head(r, t, &step);

	if (r->s->kind == NULL || !json_is_object(t->fields))
		return false;
	good = submission_group(&fields, r, &r->s->kind->root, t->fields, &root) && good;
	if (!good)
		return false;
	put_head(out, r->s, amended, r->today, handle, step);
	good = put_holders(out, r, t);
	buf_put_str(out, "<fields>");
	buf_put_span(out, buf_span(&fields));
	buf_put_str(out, "</fields>");
	good = put_validity(out, r, t) && good;
	buf_put_str(out, "</content>");
	return good;
}

static bool
fail_first(const struct submission *s, struct err *e)
{
	const char *en = string_of(json_object_get(json_array_get(s->problems, 0), "en"));

	return fail(e, ERR_INPUT, "%s", en);
}

bool
submission_read(struct submission *out, struct span text, const char *handle, int32_t today, const struct submission_amended *amended,
    const struct policy *policy, struct permit_grammars *grammars, struct err *e)
{
	own(json_t) *j = NULL;
	struct reading r = { .s = out, .policy = policy, .today = today };
	struct told t = { 0 };
	bool good;

	*out = (struct submission){ .content = buf_new(CONTENT_MAX), .valid_from = INT32_MIN, .valid_to = INT32_MAX,
		.parcels = buf_new(SUBMISSION_MAX), .plots = json_array(), .remarks = json_array(), .problems = json_array() };
	if (!hex_is(handle, HANDLE_LEN))
		return fail(e, ERR_BUG, "a handle is 32 hex digits");
	if (text.len > SUBMISSION_MAX)
		return fail(e, ERR_LIMIT, "the submission has %zu bytes (limit %u)", text.len, SUBMISSION_MAX);
	if (!json_read(&j, text, e))
		return false;
	if (!json_is_object(j))
		return fail(e, ERR_INPUT, "the submission is not a JSON object");
	good = true;
	if (json_object_get(j, "loai") != NULL)
		tell_sample(&t, j, &r);
	else
		good = tell_envelope(&t, j, &r);
	good = good && build(&r, &t, amended, handle);
	told_drop(&t);
	if (!good)
		return fail_first(out, e);
	if (!buf_ok(&out->content, "the content", e) || !buf_ok(&out->parcels, "the parcels", e) || !permit_check_content(buf_span(&out->content), grammars, e))
		return false;
	/* Nobody signs a version that was only supposed. */
	if (out->amends != NULL && amended == NULL)
		buf_reset(&out->content);
	return true;
}

static json_t *
day_or_null(int32_t day)
{
	char text[TIME_TEXT];

	if (day == INT32_MIN || day == INT32_MAX)
		return json_null();
	date_text(text, day);
	return json_string(text);
}

json_t *
submission_facts(struct submission *s)
{
	const char *parcels = s->parcels.len > 0 ? buf_str(&s->parcels) : NULL;
	json_t *plots = json_array_size(s->plots) > 0 ? s->plots : NULL;
	json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s?, s:s?, s:o, s:o, s:O, s:s?, s:O?}", "kind", s->kind->id, "agency", s->agency->id,
	    "dossier", s->dossier, "procedure", s->procedure, "holder", s->holder, "given", s->given, "amends", s->amends, "converted", s->converted,
	    "valid_from", day_or_null(s->valid_from), "valid_to", day_or_null(s->valid_to), "remarks", s->remarks,
	    "parcels", parcels, "plots", plots);

	promise(j != NULL);
	return j;
}
