#include "policy/field.h"

#include "base/clock.h"
#include "base/text.h"
#include "policy/mailbox.h"
#include "policy/parcel.h"

#include <stdio.h>
#include <stdlib.h>

#define MONEY_MAX "1000000000000000"	/* a thousand times the state's budget */
#define DIGITS "0123456789"

/*
 * The checks of single types.  A refusal names what its sentence needs.
 */

/* Cut at a character: what is named may be a stranger's. */
bool
field_refuse(struct field_refusal *r, enum field_fault fault, const char *what)
{
	size_t n = strlen(what);

	if (n >= sizeof(r->what))
		n = sizeof(r->what) - 1;
	while (n > 0 && ((unsigned char)what[n] & 0xc0) == 0x80)
		n--;
	r->fault = fault;
	memcpy(r->what, what, n);
	r->what[n] = '\0';
	return false;
}

static bool
refuse_number(struct field_refusal *r, enum field_fault fault, unsigned long n)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", n);
	return field_refuse(r, fault, text);
}

static bool
all_digits(const char *s)
{
	return s[0] != '\0' && s[strspn(s, DIGITS)] == '\0';
}

static bool
check_limits_of_number(const struct field *f, const char *text, struct field_refusal *r)
{
	const char *point = strchr(text, '.');

	if (f->min[0] != '\0' && strtod(text, NULL) < strtod(f->min, NULL))
		return field_refuse(r, FAULT_BELOW, f->min);
	if (f->max[0] != '\0' && strtod(text, NULL) > strtod(f->max, NULL))
		return field_refuse(r, FAULT_ABOVE, f->max);
	return f->decimals == FIELD_DECIMALS_ANY || point == NULL || strlen(point + 1) <= f->decimals || refuse_number(r, FAULT_DECIMALS, f->decimals);
}

static bool
check_number(const struct field *f, const char *text, int32_t today, struct field_refusal *r)
{
	return check_limits_of_number(f, text, r);
}

static bool
check_money(const struct field *f, const char *text, int32_t today, struct field_refusal *r)
{
	if (text[0] == '-')
		return field_refuse(r, FAULT_BELOW, "0");
	return strtod(text, NULL) > strtod(MONEY_MAX, NULL) ? field_refuse(r, FAULT_ABOVE, MONEY_MAX) : check_limits_of_number(f, text, r);
}

static bool
check_year(const struct field *f, const char *text, int32_t today, struct field_refusal *r)
{
	if (strlen(text) != 4 || !all_digits(text) || text[0] == '0')
		return field_refuse(r, FAULT_TYPE, text);
	return check_limits_of_number(f, text, r);
}

/* Days as text sort as days do. */
static bool
check_day(const struct field *f, const char *text, int32_t today, struct field_refusal *r)
{
	char now[TIME_TEXT];
	const char *min = f->min, *max = f->max;
	int32_t day;
	struct err e;

	date_text(now, today);
	min = strcmp(min, "today") == 0 ? now : min;
	max = strcmp(max, "today") == 0 ? now : max;
	if (!date_parse(&day, text, &e))
		return field_refuse(r, FAULT_TYPE, text);
	if (min[0] != '\0' && strcmp(text, min) < 0)
		return field_refuse(r, FAULT_BELOW, min);
	return max[0] == '\0' || strcmp(text, max) <= 0 || field_refuse(r, FAULT_ABOVE, max);
}

/* "2026-11-03/2027-11-02", ISO 8601-1 5.5.1 */
static bool
check_day_range(const struct field *f, const char *text, int32_t today, struct field_refusal *r)
{
	char from[11];

	if (strlen(text) != 21 || text[10] != '/')
		return field_refuse(r, FAULT_TYPE, text);
	snprintf(from, sizeof(from), "%.10s", text);
	if (!check_day(f, from, today, r) || !check_day(f, text + 11, today, r))
		return false;
	return strcmp(from, text + 11) <= 0 || field_refuse(r, FAULT_RANGE_ORDER, text);
}

static bool
check_boolean(const struct field *f, const char *text, int32_t today, struct field_refusal *r)
{
	return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 || field_refuse(r, FAULT_TYPE, text);
}

static bool
check_code(const struct field *f, const char *text, int32_t today, struct field_refusal *r)
{
	const struct code *c = code_find(f->codes, text, strlen(text));

	if (c == NULL)
		return field_refuse(r, FAULT_CODE, text);
	return code_used_on(c, today) || field_refuse(r, FAULT_CODE_CLOSED, text);
}

/*
 * Place of registration of birth (3), century and sex (1: even a man's, odd a
 * woman's, two a century from 1900 on), year (2), random (6).  All twelve digits
 * are there before one of them is counted with.
 */
static bool
check_personal_id(const struct field *f, const char *text, int32_t today, struct field_refusal *r)
{
	int year;

	if (strlen(text) != 12 || !all_digits(text))
		return field_refuse(r, FAULT_DIGITS, "12");
	year = 1900 + (text[3] - '0') / 2 * 100 + (text[4] - '0') * 10 + text[5] - '0';
	if (year > year_of_day(today))
		return refuse_number(r, FAULT_BIRTH_YEAR, (unsigned long)year);
	/* From 101 on they are other countries. */
	if (strncmp(text, "000", 3) == 0 || (f->codes != NULL && strncmp(text, "100", 3) <= 0 && code_find(f->codes, text, 3) == NULL)) {
		char place[4] = { text[0], text[1], text[2], '\0' };

		return field_refuse(r, FAULT_BIRTH_PLACE, place);
	}
	return true;
}

/* Ten digits, the last a check digit; a branch has "-" and three more. */
static bool
check_tax_code(const struct field *f, const char *text, int32_t today, struct field_refusal *r)
{
	size_t n = strlen(text);

	if ((n != 10 && n != 14) || strspn(text, DIGITS) != 10 || (n == 14 && (text[10] != '-' || !all_digits(text + 11))))
		return field_refuse(r, FAULT_DIGITS, "10 / 13");
	return tax_code_digit_good(text) || field_refuse(r, FAULT_CHECK_DIGIT, text);
}

/* 0 and nine or ten digits, + and a country's 8 to 15, or a service number 1800, 1900. */
static bool
check_phone(const struct field *f, const char *text, int32_t today, struct field_refusal *r)
{
	size_t n = 0;

	for (const char *s = text; *s != '\0'; s++) {
		bool parts = s > text && (*s == ' ' || *s == '.' || *s == '-') && strchr(DIGITS, s[1]) != NULL && s[1] != '\0';

		n += *s >= '0' && *s <= '9';
		if (!(*s >= '0' && *s <= '9') && !parts && !(*s == '+' && s == text))
			return field_refuse(r, FAULT_TYPE, text);
	}
	if (text[0] == '+' ? n >= 8 && n <= 15 && text[1] != '0' : text[0] == '0' ? n == 10 || n == 11 :
	    (strncmp(text, "1800", 4) == 0 || strncmp(text, "1900", 4) == 0) && (n == 8 || n == 10))
		return true;
	return field_refuse(r, FAULT_TYPE, text);
}

static bool
check_mail(const struct field *f, const char *text, int32_t today, struct field_refusal *r)
{
	const char *at = strrchr(text, '@');
	own_str char *lower = mailbox_lower_domain(text);
	const char *domain = at == NULL ? "" : strrchr(lower, '@') + 1;
	struct err e;

	/* Any domain: of its own it is checked for its form alone. */
	return (strchr(domain, ' ') == NULL && mail_domains_good(domain) && mailbox_check(lower, domain, &e)) || field_refuse(r, FAULT_TYPE, text);
}

/* A province's two digits or a commune's five (Decision 19/2025). */
static bool
check_unit(const struct field *f, const char *text, int32_t today, struct field_refusal *r)
{
	size_t n = strlen(text);

	if ((n != 2 && n != 5) || !all_digits(text))
		return field_refuse(r, FAULT_DIGITS, "2 / 5");
	return f->codes == NULL || check_code(f, text, today, r);
}

static bool
check_parcel(const struct field *f, const char *text, int32_t today, struct field_refusal *r)
{
	char key[PARCEL_TEXT];

	return parcel_key(key, text) || field_refuse(r, FAULT_TYPE, text);
}

/* "512/QĐ-SCT", "CQ 01234567": letters and digits, parted by one sign, with a digit somewhere. */
static bool
check_document(const struct field *f, const char *text, int32_t today, struct field_refusal *r)
{
	const char parts[] = " /-.";

	if (f->shape[0] != '\0' && !shape_fits(f->shape, text))
		return field_refuse(r, FAULT_SHAPE, f->shape);
	if (strpbrk(text, DIGITS) == NULL)
		return field_refuse(r, FAULT_TYPE, text);
	for (const char *s = text; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		bool sign = strchr(parts, c) != NULL, other = c < 0x80 && !sign && !(c >= '0' && c <= '9') && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z');

		if (other || (sign && (s == text || s[1] == '\0' || strchr(parts, s[1]) != NULL)))
			return field_refuse(r, FAULT_TYPE, text);
	}
	return true;
}

/*
 * The table of types.
 */

#define STRING "<data type=\"string\"><param name=\"minLength\">1</param><param name=\"maxLength\">4000</param></data>"
#define LIMITS_LENGTH 1u	/* which limits a kind's file may set */
#define LIMITS_VALUE 2u
#define LIMITS_DECIMALS 4u
#define LIMITS_SHAPE 8u
#define LIMITS_LIST 16u

static const struct type {
	const char *word;
	enum field_form form;
	size_t max_length;
	unsigned limits;
	bool (*check)(const struct field *, const char *, int32_t, struct field_refusal *);
	const char *grammar, *vi, *en;	/* vi, en: after "must be" */
} types[FIELD_TYPES] = {
	[FIELD_GROUP] = { "group", FORM_GROUP, 0, 0, NULL, "", "một nhóm mục", "a group of fields" },
	[FIELD_TEXT] = { "text", FORM_TEXT, 4000, LIMITS_LENGTH, NULL, STRING, "chữ", "text" },
	[FIELD_LINES] = { "lines", FORM_TEXT, 4000, LIMITS_LENGTH, NULL, STRING, "chữ, có thể nhiều dòng", "text, of several lines perhaps" },
	[FIELD_INTEGER] = { "integer", FORM_INTEGER, 20, LIMITS_VALUE, check_number, "<data type=\"integer\"/>", "số nguyên", "a whole number" },
	[FIELD_DECIMAL] = { "decimal", FORM_NUMBER, 64, LIMITS_VALUE | LIMITS_DECIMALS, check_number, "<data type=\"decimal\"/>", "số", "a number" },
	[FIELD_MONEY] = { "money", FORM_INTEGER, 20, LIMITS_VALUE, check_money, "<data type=\"integer\"/>", "số tiền, đồng chẵn", "an amount in whole VND" },
	[FIELD_DATE] = { "date", FORM_TEXT, 10, LIMITS_VALUE, check_day, "<data type=\"date\"/>", "ngày có thật, dạng NNNN-TT-NN", "a date, as YYYY-MM-DD" },
	[FIELD_DATE_RANGE] = { "date-range", FORM_TEXT, 21, LIMITS_VALUE, check_day_range, STRING, "hai ngày có thật, dạng NNNN-TT-NN/NNNN-TT-NN",
	  "two dates, as YYYY-MM-DD/YYYY-MM-DD" },
	[FIELD_YEAR] = { "year", FORM_INTEGER, 4, LIMITS_VALUE, check_year, "<data type=\"integer\"/>", "năm có bốn chữ số", "a year of four digits" },
	[FIELD_BOOLEAN] = { "boolean", FORM_BOOLEAN, 5, 0, check_boolean, "<choice><value>true</value><value>false</value></choice>", "có hoặc không (true, false)", "true or false" },
	[FIELD_CODE] = { "code", FORM_TEXT, 100, LIMITS_LIST, check_code, STRING, "mã", "a code" },
	[FIELD_PERSONAL_ID] = { "personal-id", FORM_TEXT, 4000, LIMITS_LIST, check_personal_id, STRING, "số định danh cá nhân", "a personal ID number" },
	[FIELD_TAX_CODE] = { "tax-code", FORM_TEXT, 4000, 0, check_tax_code, STRING, "mã số doanh nghiệp (mã số thuế)", "an enterprise's tax code" },
	[FIELD_PHONE] = { "phone", FORM_TEXT, 30, 0, check_phone, STRING, "số điện thoại, bắt đầu bằng 0, dấu + hoặc 1800, 1900", "a telephone number that begins with 0, +, 1800 or 1900" },
	[FIELD_MAIL] = { "mail", FORM_TEXT, 254, 0, check_mail, STRING, "địa chỉ thư điện tử", "an e-mail address" },
	[FIELD_ADDRESS] = { "address", FORM_TEXT, 1000, LIMITS_LENGTH, NULL, STRING, "địa chỉ, bằng chữ", "an address, as text" },
	[FIELD_UNIT] = { "unit", FORM_TEXT, 5, LIMITS_LIST, check_unit, STRING, "mã đơn vị hành chính", "the code of an administrative unit" },
	[FIELD_PARCEL] = { "parcel", FORM_TEXT, 20, 0, check_parcel, STRING, "mã thửa đất, dạng xã/tờ/thửa: 00070/45/1027", "a land parcel, as commune/sheet/parcel: 00070/45/1027" },
	[FIELD_POINT] = { "point", FORM_PAIR, 128, 0, NULL, "<list><data type=\"decimal\"/><data type=\"decimal\"/></list>", "hai số", "two numbers" },
	[FIELD_DOCUMENT] = { "document", FORM_TEXT, 60, LIMITS_LENGTH | LIMITS_SHAPE, check_document, STRING, "số, ký hiệu văn bản, như 512/QĐ-SCT", "the number of a document, like 512/QĐ-SCT" },
};

enum field_form field_form(enum field_type t) { return types[t].form; }
const char *field_type_word(enum field_type t) { return types[t].word; }
const char *field_grammar(enum field_type t) { return types[t].grammar; }
bool field_has_lines(const struct field *f) { return f->type == FIELD_LINES; }

enum field_type
field_type_from_word(const char *word)
{
	int t = 0;

	while (t < FIELD_TYPES && strcmp(types[t].word, word) != 0)
		t++;
	return (enum field_type)t;
}

/*
 * Limits.
 */

void
field_limits_default(struct field *f)
{
	if (f->min_length == 0 && types[f->type].max_length > 0)
		f->min_length = 1;
	if (f->max_length == 0)
		f->max_length = types[f->type].max_length;
}

static bool
limit_reads(const struct field *f, const char *limit)
{
	char *end;
	int32_t day;
	struct err e;

	if (limit[0] == '\0')
		return true;
	if (f->type == FIELD_DATE || f->type == FIELD_DATE_RANGE)
		return strcmp(limit, "today") == 0 || date_parse(&day, limit, &e);
	(void)strtod(limit, &end);
	return *end == '\0' && strspn(limit, "-." DIGITS) == strlen(limit);
}

static bool
limits_contrary(const struct field *f)
{
	if (f->min[0] == '\0' || f->max[0] == '\0' || strcmp(f->min, "today") == 0 || strcmp(f->max, "today") == 0)
		return false;
	return f->type == FIELD_DATE || f->type == FIELD_DATE_RANGE ? strcmp(f->min, f->max) > 0 : strtod(f->min, NULL) > strtod(f->max, NULL);
}

bool
field_limits_good(const struct field *f, struct err *e)
{
	const struct type *t = &types[f->type];

	if (!(t->limits & LIMITS_VALUE) && (f->min[0] != '\0' || f->max[0] != '\0'))
		return fail(e, ERR_INPUT, "the field %s has min or max, which no %s field has", f->name, t->word);
	if (!(t->limits & LIMITS_LENGTH) && (f->min_length > 1 || f->max_length != t->max_length))
		return fail(e, ERR_INPUT, "the field %s has a length, which no %s field has", f->name, t->word);
	if (!(t->limits & LIMITS_DECIMALS) && f->decimals != FIELD_DECIMALS_ANY)
		return fail(e, ERR_INPUT, "the field %s has decimals, which no %s field has", f->name, t->word);
	if (!(t->limits & LIMITS_SHAPE) && f->shape[0] != '\0')
		return fail(e, ERR_INPUT, "the field %s has a shape, which no %s field has", f->name, t->word);
	if (!(t->limits & LIMITS_LIST) && f->list[0] != '\0')
		return fail(e, ERR_INPUT, "the field %s has a list, which no %s field has", f->name, t->word);
	if (f->type == FIELD_CODE && f->list[0] == '\0')
		return fail(e, ERR_INPUT, "the field %s is a code of no list", f->name);
	if (!limit_reads(f, f->min) || !limit_reads(f, f->max))
		return fail(e, ERR_INPUT, "the field %s has a min or max that is no %s", f->name, t->word);
	if (limits_contrary(f) || f->min_length > f->max_length)
		return fail(e, ERR_INPUT, "the field %s has a least value above its greatest", f->name);
	if (f->max_length > t->max_length)
		return fail(e, ERR_INPUT, "the field %s may be longer than a %s field can (%zu)", f->name, t->word, t->max_length);
	return true;
}

bool
field_check(const struct field *f, const char *text, int32_t today, struct field_refusal *r)
{
	size_t chars = utf8_count(span_str(text));

	*r = (struct field_refusal){ FAULT_NONE, "" };
	if (chars < f->min_length)
		return refuse_number(r, FAULT_SHORT, f->min_length);
	if (chars > f->max_length)
		return refuse_number(r, FAULT_LONG, f->max_length);
	return types[f->type].check == NULL || types[f->type].check(f, text, today, r);
}

/*
 * What is said.  {what} is the refusal's, {type} the type's, {unit} the field's.
 */

static const struct { const char *word, *say[2]; } faults[FIELD_FAULTS] = {
	[FAULT_MISSING] = { "missing", { "còn thiếu", "missing" } },
	[FAULT_UNKNOWN] = { "unknown", { "loại giấy này không có mục này", "this kind of permit has no such field" } },
	[FAULT_TYPE] = { "type", { "phải là {type}", "must be {type}" } },
	[FAULT_LIST] = { "list", { "phải là danh sách có từ 1 đến {what} mục", "must be a list of 1 to {what} items" } },
	[FAULT_EMPTY] = { "empty", { "để trống", "empty" } },
	[FAULT_UNREADABLE] = { "unreadable", { "chữ không đọc được", "the text cannot be read: {what}" } },
	[FAULT_CHARACTER] = { "character", { "có ký tự {what} không được dùng (trông giống chữ khác hoặc không nhìn thấy); xin gõ lại",
	  "the character {what} is not used (it looks like another or cannot be seen); please type it again" } },
	[FAULT_CONTROL] = { "control", { "có ký tự điều khiển hoặc xuống dòng; xin gõ lại trên một dòng", "a control character or a line break; please type it on one line" } },
	[FAULT_SHORT] = { "too-short", { "ngắn hơn {what} ký tự", "shorter than {what} characters" } },
	[FAULT_LONG] = { "too-long", { "dài quá {what} ký tự", "longer than {what} characters" } },
	[FAULT_BELOW] = { "below", { "không được nhỏ hơn hoặc trước {what}{unit}", "must not be below or before {what}{unit}" } },
	[FAULT_ABOVE] = { "above", { "không được lớn hơn hoặc sau {what}{unit}", "must not be above or after {what}{unit}" } },
	[FAULT_DECIMALS] = { "decimals", { "có nhiều hơn {what} chữ số thập phân", "more than {what} digits after the point" } },
	[FAULT_RANGE_ORDER] = { "range-order", { "ngày đầu sau ngày cuối", "the first day is after the last" } },
	[FAULT_DIGITS] = { "digits", { "{type} phải có đúng số chữ số: {what}", "{type} must have exactly this many digits: {what}" } },
	[FAULT_BIRTH_YEAR] = { "birth-year", { "theo số này, người đó sinh năm {what}, là năm chưa tới", "by this number the person is born in {what}, a year to come" } },
	[FAULT_CHECK_DIGIT] = { "check-digit", { "sai chữ số kiểm tra; có thể gõ nhầm một chữ số", "the check digit is wrong; perhaps one digit is mistyped" } },
	[FAULT_SHAPE] = { "shape", { "không đúng mẫu {what} (9 là chữ số, A là chữ hoa)", "not of the form {what} (9 a digit, A a capital letter)" } },
	[FAULT_CODE] = { "code", { "không có \"{what}\" trong danh mục {list}", "there is no \"{what}\" in the list of {list}" } },
	[FAULT_CODE_CLOSED] = { "code-closed", { "\"{what}\" không dùng vào ngày nộp, theo danh mục {list}", "\"{what}\" is not used on the day of the submission, by the list of {list}" } },
	[FAULT_BIRTH_PLACE] = { "birth-place", { "ba số đầu, {what}, không phải mã nơi đăng ký khai sinh", "the first three digits, {what}, are no place where births are registered" } },
	[FAULT_REFERENCE] = { "reference", { "kinh tuyến trục {what} không hợp với múi chiếu 3° hoặc 6° đã ghi", "the central meridian {what} is none of the zone of 3° or 6° that is stated" } },
	[FAULT_CORNERS] = { "corners", { "phải có ít nhất ba đỉnh khác nhau", "at least three different corners are needed" } },
	[FAULT_AXES] = { "axes", { "đỉnh {what}: hai trục bị đổi chỗ; X (Bắc) đứng trước, Y (Đông) đứng sau", "corner {what}: the axes are exchanged; X (north) comes first, then Y (east)" } },
	[FAULT_OUTSIDE] = { "outside", { "đỉnh {what} nằm ngoài Việt Nam hoặc ngoài múi chiếu", "corner {what} lies outside Viet Nam or outside the zone" } },
	[FAULT_CORNER_TWICE] = { "corner-twice", { "đỉnh {what} trùng với đỉnh tiếp theo", "corner {what} is the next corner, too" } },
	[FAULT_CROSSED] = { "crossed", { "ranh giới tự cắt hoặc tự chạm (tại đỉnh hoặc hai cạnh {what})", "the boundary crosses or touches itself (at the corner or the two sides {what})" } },
	[FAULT_AREA] = { "area", { "diện tích tính theo các đỉnh là {what} m², khác xa diện tích đã ghi", "the corners enclose {what} m², far from the area that is stated" } },
	[FAULT_ENVELOPE] = { "envelope", { "đơn nộp có mục lạ ({what})", "the submission: {what}" } },
	[FAULT_NO_TEXT] = { "type", { "phải là chữ", "must be text" } },
	[FAULT_KIND] = { "kind", { "không có loại \"{what}\"", "there is no kind of permit called \"{what}\"" } },
	[FAULT_AGENCY] = { "agency", { "không có mã \"{what}\"", "there is no agency with code \"{what}\"" } },
	[FAULT_AGENCY_ENDED] = { "agency-ended", { "cơ quan này đã kết thúc hoạt động, không cấp giấy mới{what}", "this agency has ended and issues nothing new{what}" } },
	[FAULT_AGENCY_NOT_YET] = { "agency-not-yet", { "cơ quan này chưa hoạt động vào ngày nộp ({what})", "this agency is not there yet on the day of the submission ({what})" } },
	[FAULT_DOSSIER] = { "dossier", { "\"{what}\" không đúng dạng hoặc ngày không có thật", "\"{what}\" has not the form of a dossier code, or its date does not exist" } },
	[FAULT_NUMBER_UNASKED] = { "number-unasked", { "loại này do văn thư cho số, không nộp kèm", "this kind is numbered when it is sealed; none may come with it" } },
	[FAULT_AMENDS] = { "amends", { "phải là mã 32 chữ số thập lục phân của giấy phép được điều chỉnh", "must be the handle, 32 hexadecimal digits, of the permit that it amends" } },
	[FAULT_CONVERTED] = { "converted", { "không có bảng mã \"{what}\"", "there is no code page \"{what}\"" } },
	[FAULT_HOLDER] = { "holder", { "thiếu họ tên hoặc tên tổ chức", "neither a person's nor an organisation's name" } },
	[FAULT_VALIDITY] = { "validity", { "ngày hết hạn trước ngày bắt đầu", "it ends before it begins" } },
	[FAULT_TERM] = { "term", { "dài hơn thời hạn của loại giấy này", "longer than this kind of permit may last" } },
};

const char *field_fault_word(enum field_fault f) { return faults[f].word; }

void
field_say(struct buf *out, enum field_lang lang, const struct field *f, const struct field_refusal *r)
{
	const struct type *t = f == NULL ? NULL : &types[f->type];
	const char *type = t == NULL ? "" : lang == FIELD_VI ? t->vi : t->en;

	for (const char *s = faults[r->fault].say[lang]; *s != '\0'; s++) {
		if (strncmp(s, "{what}", 6) == 0) {
			buf_put_str(out, r->what);
			s += 5;
		} else if (strncmp(s, "{type}", 6) == 0) {
			buf_put_str(out, type);
			s += 5;
		} else if (strncmp(s, "{unit}", 6) == 0) {
			if (f != NULL && f->unit[0] != '\0')
				buf_printf(out, " %s", f->unit);
			s += 5;
		} else if (strncmp(s, "{list}", 6) == 0) {
			if (f != NULL && f->codes != NULL)
				buf_put_str(out, lang == FIELD_VI ? f->codes->vi : f->codes->en);
			s += 5;
		} else {
			buf_put_byte(out, (unsigned char)*s);
		}
	}
}

/*
 * Small things.
 */

const struct field *
field_find(const struct field *group, const char *name)
{
	for (size_t i = 0; i < group->nchildren; i++)
		if (strcmp(group->child[i].name, name) == 0)
			return &group->child[i];
	return NULL;
}

void
field_mask(struct buf *out, const char *value)
{
	size_t n = strlen(value), keep = n > 6 ? n - 3 : n;

	while (keep > 0 && keep < n && ((unsigned char)value[keep] & 0xc0) == 0x80)
		keep--;
	for (size_t i = 0; i < keep; i++)
		if (((unsigned char)value[i] & 0xc0) != 0x80)
			buf_put_str(out, "•");
	buf_put_str(out, value + keep);
}

bool
tax_code_digit_good(const char *n)
{
	static const int weight[9] = { 31, 29, 23, 19, 17, 13, 7, 5, 3 };
	int sum = 0;

	for (int i = 0; i < 9; i++)
		sum += weight[i] * (n[i] - '0');
	return 10 - sum % 11 == n[9] - '0';
}

bool
shape_fits(const char *s, const char *n)
{
	for (; *s != '\0' && *n != '\0'; s++, n++) {
		bool good = *s == '9' ? *n >= '0' && *n <= '9' : *s == 'A' ? *n >= 'A' && *n <= 'Z' : *s == *n;

		if (!good)
			return false;
	}
	return *s == *n;
}
