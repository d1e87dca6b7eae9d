/* The samples become content; everything doubtful is refused by name. */
#include "tests/base/test.h"
#include "tests/verifier/permit_maker.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "verifier/submission.h"

#define HANDLE "000102030405060708090a0b0c0d0e0f"
#define TODAY 20779	/* 2026-11-22 */

static struct maker *m;

static int set_up(void **state) { m = maker_new(); return 0; }
static int tear_down(void **state) { maker_free(m); return 0; }

static bool
submit(struct submission *s, struct span json, struct err *e)
{
	*e = (struct err){ ERR_NONE, "" };
	return submission_read(s, json, HANDLE, TODAY, NULL, m->policy, m->grammars, e);
}

static json_t *
sample(const char *id)
{
	own_struct(buf) text = buf_new(JSON_MAX);
	json_t *j;
	struct err e;

	maker_sample(&text, id);
	assert_done(json_read(&j, buf_span(&text), &e), e);
	return j;
}

static bool
submit_json(struct submission *s, const json_t *j, struct err *e)
{
	own_struct(buf) text = buf_new(JSON_MAX);

	json_write(&text, j);
	return submit(s, buf_span(&text), e);
}

static void
every_sample_becomes_content(void **state)
{
	static const char *const ids[] = { "gpxd-01", "gpxd-02", "dkkd-01", "dkdt-01", "dkdt-02", "vpdd-01", "vpdd-02", "gphn-01", "gphn-02", "qsdd-01", "qsdd-02" };

	for (size_t i = 0; i < COUNT(ids); i++) {
		own(json_t) *j = sample(ids[i]);
		struct submission s;
		struct err e;
		struct xml x;
		own_struct(buf) again = buf_new(1 << 20);

		if (!submit_json(&s, j, &e))
			print_error("%s: %s\n", ids[i], e.text);
		assert_case(ids[i], json_array_size(s.problems) == 0);
		/* The octets are canonical already, and NFC. */
		assert_done(xml_parse(&x, buf_span(&s.content), &e), e);
		assert_done(xml_c14n(&again, x.root, &e), e);
		assert_case(ids[i], span_eq(buf_span(&again), buf_span(&s.content)));
		assert_case(ids[i], text_is_nfc(buf_span(&s.content)));
		assert_case(ids[i], s.dossier != NULL && s.holder != NULL && s.procedure != NULL);
		assert_case(ids[i], (s.kind->numbering == NUMBER_GIVEN) == (s.given != NULL));
		xml_drop(&x);
		submission_drop(&s);
	}
}

static void
a_look_alike_is_refused_until_corrected(void **state)
{
	own(json_t) *j = sample("dkkd-02");
	struct submission s;
	struct err e;

	assert_false(submit_json(&s, j, &e));
	assert_int_equal(json_array_size(s.problems), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(s.problems, 0), "field")), "dai_dien.ho_ten");
	assert_non_null(strstr(json_string_value(json_object_get(json_array_get(s.problems, 0), "vi")), "U+00D0"));
	submission_drop(&s);
	json_object_set_new(json_object_get(j, "dai_dien"), "ho_ten", json_string("Đỗ Đăng Đạt"));
	assert_done(submit_json(&s, j, &e), e);
	assert_string_equal(s.given, "9906543227");
	submission_drop(&s);
}

static void
decomposed_text_is_brought_to_nfc_with_a_remark(void **state)
{
	own(json_t) *j = sample("gpxd-02");
	struct submission s;
	struct err e;

	assert_done(submit_json(&s, j, &e), e);
	assert_true(json_array_size(s.remarks) >= 3);
	submission_drop(&s);
}

static void
numbers_become_their_shortest_text(void **state)
{
	own(json_t) *j = sample("gpxd-01");
	struct submission s;
	struct err e;

	assert_done(submit_json(&s, j, &e), e);
	assert_non_null(strstr(buf_str(&s.content), "<mat_do_xay_dung_pct>80</mat_do_xay_dung_pct>"));
	assert_non_null(strstr(buf_str(&s.content), "<he_so_su_dung_dat>4.1</he_so_su_dung_dat>"));
	submission_drop(&s);
	json_object_set_new(json_object_get(j, "cong_trinh"), "he_so_su_dung_dat", json_real(0.1 + 0.2));
	assert_done(submit_json(&s, j, &e), e);
	assert_non_null(strstr(buf_str(&s.content), "<he_so_su_dung_dat>0.30000000000000004</he_so_su_dung_dat>"));
	submission_drop(&s);
}

struct change { const char *name, *path, *value, *field, *code, *says; };

/* path "a/b": a field inside a group; value: JSON, NULL removes. */
static void
change(json_t *j, const struct change *c)
{
	own_str char *path = xstrdup(c->path);
	char *slash = strchr(path, '/');
	json_t *in = j;
	const char *key = path;

	if (slash != NULL) {
		*slash = '\0';
		in = json_object_get(j, path);
		if (json_is_array(in))
			in = json_array_get(in, 0);
		key = slash + 1;
	}
	if (c->value == NULL)
		json_object_del(in, key);
	else
		json_object_set_new(in, key, json_loads(c->value, JSON_DECODE_ANY, NULL));
}

static void
refusals_name_the_field(void **state)
{
	static const struct change cases[] = {
		{ "zero width", "cong_trinh/ten", "\"Nh\\u200b\\u00e0\"", "cong_trinh.ten", "character", "U+200B" },
		{ "bidi", "cong_trinh/ten", "\"abc\\u202edef\"", "cong_trinh.ten", "character", "U+202E" },
		{ "isolate", "cong_trinh/ten", "\"abc\\u2066def\"", "cong_trinh.ten", "character", "U+2066" },
		{ "soft hyphen", "cong_trinh/ten", "\"Thanh\\u00adtra\"", "cong_trinh.ten", "character", "U+00AD" },
		{ "eth", "chu_dau_tu/ho_ten", "\"\\u00d0\\u1eb7ng\"", "chu_dau_tu[1].ho_ten", "character", "U+00D0" },
		{ "African D", "chu_dau_tu/ho_ten", "\"\\u0189\\u1eb7ng\"", "chu_dau_tu[1].ho_ten", "character", "U+0189" },
		{ "control", "cong_trinh/ten", "\"a\\u0007b\"", "cong_trinh.ten", "character", "" },
		{ "line break", "cong_trinh/ten", "\"a\\nb\"", "cong_trinh.ten", "control", "" },
		{ "empty text", "cong_trinh/ten", "\"\"", "cong_trinh.ten", "empty", "empty" },
		{ "missing", "cong_trinh/ten", NULL, "cong_trinh.ten", "missing", "missing" },
		{ "null is missing", "cong_trinh/ten", "null", "cong_trinh.ten", "missing", "missing" },
		{ "missing group", "cong_trinh", NULL, "cong_trinh", "missing", "missing" },
		{ "text for number", "cong_trinh/chieu_cao_m", "\"17\"", "cong_trinh.chieu_cao_m", "type", "a number" },
		{ "number for text", "cong_trinh/ten", "17", "cong_trinh.ten", "type", "text" },
		{ "text for group", "cong_trinh", "\"x\"", "cong_trinh", "type", "group" },
		{ "group for list", "chu_dau_tu", "{}", "chu_dau_tu", "list", "list" },
		{ "empty list", "chu_dau_tu", "[]", "chu_dau_tu", "list", "list" },
		{ "list for text", "cong_trinh/ten", "[\"x\"]", "cong_trinh.ten", "type", "text" },
		{ "no such day", "cong_trinh/khoi_cong_truoc", "\"2027-02-30\"", "cong_trinh.khoi_cong_truoc", "type", "a date" },
		{ "date as people write", "cong_trinh/khoi_cong_truoc", "\"03/11/2027\"", "cong_trinh.khoi_cong_truoc", "type", "a date" },
		{ "unknown key", "cong_trinh/mau_son", "\"đỏ\"", "cong_trinh.mau_son", "unknown", "no such field" },
		{ "unknown key at the top", "la", "1", "la", "unknown", "no such field" },
		{ "unknown kind", "loai", "\"GIAY_PHEP_BAY\"", "loai", "kind", "no kind" },
		{ "kind is a number", "loai", "7", "loai", "kind", "no kind" },
		{ "unknown agency", "co_quan_cap", "{\"ma\":\"H99.99\"}", "co_quan_cap.ma", "agency", "no agency" },
		{ "no agency", "co_quan_cap", NULL, "co_quan_cap.ma", "agency", "no agency" },
		{ "bad dossier", "ma_ho_so", "\"H99.31.07-261326-0042\"", "ma_ho_so", "dossier", "dossier" },
		{ "no dossier", "ma_ho_so", NULL, "ma_ho_so", "dossier", "dossier" },
		{ "huge number", "cong_trinh/chieu_cao_m", "1e300", "cong_trinh.chieu_cao_m", "type", "a number" },
		{ "nobody", "chu_dau_tu/ho_ten", NULL, "chu_dau_tu", "holder", "name" },
		{ "eleven digits", "chu_dau_tu/so_dinh_danh", "\"09918500421\"", "chu_dau_tu[1].so_dinh_danh", "digits", "12" },
		{ "no digit at all", "chu_dau_tu/so_dinh_danh", "\"x\"", "chu_dau_tu[1].so_dinh_danh", "digits", "12" },
		{ "an ID of somebody yet to be born", "chu_dau_tu/so_dinh_danh", "\"099385004217\"", "chu_dau_tu[1].so_dinh_danh", "birth-year", "2085" },
		{ "an organisation's code mistyped", "chu_dau_tu/ma_so", "\"9901234561\"", "chu_dau_tu[1].ma_so", "check-digit", "digit" },
		{ "more than all", "cong_trinh/mat_do_xay_dung_pct", "100.5", "cong_trinh.mat_do_xay_dung_pct", "above", "100 %" },
		{ "less than nothing", "cong_trinh/chieu_cao_m", "-0.5", "cong_trinh.chieu_cao_m", "below", "0 m" },
		{ "too exact", "cong_trinh/chieu_cao_m", "17.625", "cong_trinh.chieu_cao_m", "decimals", "2 digits" },
		{ "a class that is none", "cong_trinh/cap", "\"V\"", "cong_trinh.cap", "code", "classes of works" },
		{ "a province that is none", "chu_dau_tu/so_dinh_danh", "\"003185004217\"", "chu_dau_tu[1].so_dinh_danh", "birth-place", "003" },
		{ "a name of one letter", "chu_dau_tu/ho_ten", "\"Y\"", "chu_dau_tu[1].ho_ten", "too-short", "2 characters" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own(json_t) *j = sample("gpxd-01");
		struct submission s;
		struct err e;
		const json_t *first;

		change(j, &cases[i]);
		assert_case(cases[i].name, !submit_json(&s, j, &e));
		first = json_array_get(s.problems, 0);
		if (first == NULL || strcmp(json_string_value(json_object_get(first, "field")), cases[i].field) != 0)
			print_error("%s: %s: %s\n", cases[i].name, first == NULL ? "?" : json_string_value(json_object_get(first, "field")), e.text);
		assert_case(cases[i].name, first != NULL && strcmp(json_string_value(json_object_get(first, "field")), cases[i].field) == 0);
		assert_case(cases[i].name, strcmp(json_string_value(json_object_get(first, "code")), cases[i].code) == 0);
		assert_case(cases[i].name, strstr(json_string_value(json_object_get(first, "en")), cases[i].says) != NULL);
		assert_case(cases[i].name, strlen(json_string_value(json_object_get(first, "vi"))) > 0 && e.class == ERR_INPUT);
		submission_drop(&s);
	}
}

/* The plot of the one that has one. */
static void
plots_are_checked(void **state)
{
	static const struct { const char *name, *key, *value, *field, *code; } cases[] = {
		{ "as it is", "thu_tu", "\"X = Bắc, Y = Đông (m)\"", NULL, NULL },
		{ "another order", "thu_tu", "\"Y = Đông, X = Bắc (m)\"", "thua.toa_do_vn2000.thu_tu", "code" },
		{ "another zone", "mui_chieu", "6", "thua.toa_do_vn2000", "reference" },
		{ "no such meridian", "kinh_tuyen_truc", "\"105°46'\"", "thua.toa_do_vn2000.kinh_tuyen_truc", "code" },
		{ "two corners", "dinh", "[[1195001.12,602334.87],[1195033.4,602341.05]]", "thua.toa_do_vn2000", "corners" },
		{ "exchanged", "dinh", "[[602334.87,1195001.12],[602341.05,1195033.4],[602373.66,1195027.98]]", "thua.toa_do_vn2000", "axes" },
		{ "half of it", "dinh", "[[1195001.12,602334.87],[1195033.4,602341.05],[1195027.98,602373.66]]", "thua.toa_do_vn2000", "area" },
		{ "three numbers", "dinh", "[[1195001.12,602334.87,3]]", "thua.toa_do_vn2000.dinh[1]", "type" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own(json_t) *j = sample("qsdd-01");
		struct submission s;
		struct err e;
		const json_t *first;

		json_object_set_new(json_object_get(json_object_get(j, "thua"), "toa_do_vn2000"), cases[i].key, json_loads(cases[i].value, JSON_DECODE_ANY, NULL));
		assert_case(cases[i].name, submit_json(&s, j, &e) == (cases[i].code == NULL));
		first = json_array_get(s.problems, 0);
		assert_case(cases[i].name, first == NULL || strcmp(json_string_value(json_object_get(first, "field")), cases[i].field) == 0);
		assert_case(cases[i].name, first == NULL || strcmp(json_string_value(json_object_get(first, "code")), cases[i].code) == 0);
		submission_drop(&s);
	}
}

static void
given_numbers_are_checked(void **state)
{
	own(json_t) *j = sample("dkdt-01");
	struct submission s;
	struct err e;

	json_object_set_new(j, "so_ky_hieu", json_string("99001234567"));
	assert_false(submit_json(&s, j, &e));
	assert_string_equal(json_string_value(json_object_get(json_array_get(s.problems, 0), "field")), "so_ky_hieu");
	submission_drop(&s);
}

static void
all_problems_come_at_once(void **state)
{
	own(json_t) *j = sample("gpxd-01");
	struct submission s;
	struct err e;

	json_object_set_new(json_object_get(j, "cong_trinh"), "ten", json_integer(1));
	json_object_del(json_object_get(j, "cong_trinh"), "cap");
	json_object_set_new(j, "ma_ho_so", json_string("x"));
	assert_false(submit_json(&s, j, &e));
	assert_int_equal(json_array_size(s.problems), 3);
	submission_drop(&s);
	for (int i = 0; i < 100; i++) {
		own_str char *key = xprintf("la_%d", i);

		json_object_set_new(j, key, json_integer(i));
	}
	assert_false(submit_json(&s, j, &e));
	assert_int_equal(json_array_size(s.problems), SUBMISSION_PROBLEMS_MAX);
	submission_drop(&s);
}

/* Issued by whom, on which day. */
static void
agencies_come_and_go(void **state)
{
	static const struct { const char *name, *agency, *day, *code, *en, *written; } cases[] = {
		{ "a ward", "H99.31.07", "2026-11-22", NULL, NULL, "<name>Ủy ban nhân dân phường An Phú Đông</name>" },
		{ "a district that is no more", "H99.21", "2026-11-22", "agency-ended", "H99.31.07", NULL },
		{ "on its last day", "H99.21", "2025-06-30", NULL, NULL, "<name>Ủy ban nhân dân quận Tân Hòa</name>" },
		{ "on the day after", "H99.21", "2025-07-01", "agency-ended", "issues nothing new", NULL },
		{ "one without a successor", "H99.22", "2026-11-22", "agency-ended", "issues nothing new", NULL },
		{ "before there were any", "H99.31.07", "2019-12-31", "agency-not-yet", "not there yet", NULL },
		{ "by its name of today", "H99.16", "2026-11-22", NULL, NULL, "<name>Sở Khoa học và Công nghệ</name>" },
		{ "by its name of then", "H99.16", "2025-02-28", NULL, NULL, "<name>Sở Thông tin và Truyền thông</name>" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own(json_t) *j = sample("gpxd-01");
		own_struct(buf) text = buf_new(JSON_MAX);
		struct submission s;
		struct err e = { ERR_NONE, "" };
		int32_t day;
		bool good;

		assert_done(date_parse(&day, cases[i].day, &e), e);
		json_object_set_new(json_object_get(j, "co_quan_cap"), "ma", json_string(cases[i].agency));
		json_write(&text, j);
		good = submission_read(&s, buf_span(&text), HANDLE, day, NULL, m->policy, m->grammars, &e);
		assert_case(cases[i].name, good == (cases[i].code == NULL));
		assert_case(cases[i].name, !good || strstr(buf_str(&s.content), cases[i].written) != NULL);
		assert_case(cases[i].name, good || (strcmp(json_string_value(json_object_get(json_array_get(s.problems, 0), "code")), cases[i].code) == 0 &&
		    strstr(e.text, cases[i].en) != NULL));
		submission_drop(&s);
	}
}

/* What whoever converted says of it is no content, and is told. */
static void
which_code_page_it_was(void **state)
{
	static const struct { const char *name, *value, *converted; bool good; } cases[] = {
		{ "TCVN3", "\"TCVN3\"", "TCVN3", true }, { "VNI", "\"VNI\"", "VNI", true }, { "1258", "\"windows-1258\"", "windows-1258", true }, { "null", "null", NULL, true },
		{ "small letters", "\"tcvn3\"", NULL, false }, { "Unicode", "\"UTF-16\"", NULL, false }, { "a name of a folder", "\"cp1258\"", NULL, false },
		{ "more than a name", "\"VNI\\u0000\"", NULL, false }, { "empty", "\"\"", NULL, false }, { "a number", "1258", NULL, false }, { "a list", "[\"VNI\"]", NULL, false },
	};
	own_struct(buf) plain = buf_new(JSON_MAX);

	for (size_t i = 0; i < COUNT(cases); i++) {
		own(json_t) *j = sample("gpxd-01"), *facts = NULL;
		struct submission s;
		struct err e = { ERR_NONE, "" };
		bool good;

		json_object_set_new(j, "converted", json_loads(cases[i].value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
		good = submit_json(&s, j, &e);
		assert_case(cases[i].name, good == cases[i].good);
		if (good) {
			facts = submission_facts(&s);
			assert_case(cases[i].name, strcmp(json_text(facts, "converted"), cases[i].converted ?: "") == 0);
			if (plain.len == 0)
				buf_put_span(&plain, buf_span(&s.content));
			assert_case(cases[i].name, span_eq(buf_span(&s.content), buf_span(&plain)));
		} else {
			const json_t *first = json_array_get(s.problems, 0);

			assert_case(cases[i].name, e.class == ERR_INPUT && (first == NULL || strcmp(json_text(first, "code"), "converted") == 0));
			assert_case(cases[i].name, first == NULL || strcmp(json_text(first, "path"), "/converted") == 0);
		}
		submission_drop(&s);
	}
}

#define BEFORE "ffff02030405060708090a0b0c0d0e0f"

/* Content is written when the register has said which version it is; before that what is wrong is told. */
static void
a_later_version(void **state)
{
	static const struct { const char *name; json_t *(*amends)(void); struct submission_amended amended; const char *written; bool good; } cases[] = {
		{ "the first", json_null, { 0, 0 }, "version=\"1\"><code>" HANDLE "</code><agency", true },
		{ "the second", NULL, { 2, 20700 }, "version=\"2\"><code>" HANDLE "</code><amends day=\"2026-09-04\">" BEFORE "</amends><agency", true },
		{ "the 999th", NULL, { 999, 20700 }, "version=\"999\"", true },
		{ "one too many", NULL, { 1000, 20700 }, NULL, false },
		{ "not known yet", NULL, { 0, 0 }, NULL, true },
		{ "yes", json_true, { 0, 0 }, NULL, false },
		{ "a list", json_array, { 0, 0 }, NULL, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own(json_t) *j = sample("gpxd-01");
		own_struct(buf) text = buf_new(JSON_MAX);
		struct submission s;
		struct err e = { ERR_NONE, "" };
		bool good;

		json_object_set_new(j, "amends", cases[i].amends == NULL ? json_string(BEFORE) : cases[i].amends());
		json_write(&text, j);
		good = submission_read(&s, buf_span(&text), HANDLE, TODAY, cases[i].amended.version > 0 ? &cases[i].amended : NULL, m->policy, m->grammars, &e);
		assert_case(cases[i].name, good == cases[i].good);
		assert_case(cases[i].name, !good || (s.amends != NULL) == (cases[i].amends == NULL));
		assert_case(cases[i].name, !good || (cases[i].written == NULL ? s.content.len == 0 : strstr(buf_str(&s.content), cases[i].written) != NULL));
		submission_drop(&s);
	}
}

/* What the grammar alone says of canonical content. */
static void
versions_by_the_grammar(void **state)
{
#define AMENDS "<amends day=\"2026-09-04\">" BEFORE "</amends>"
	static const struct { const char *name, *version, *amends; bool good; } cases[] = {
		{ "the first", "1", "", true }, { "a later one", "2", AMENDS, true }, { "the tenth", "10", AMENDS, true }, { "the first that amends", "1", AMENDS, false },
		{ "a later one that amends nothing", "2", "", false }, { "none", "0", AMENDS, false }, { "with a zero before", "02", AMENDS, false }, { "blank before", " 2", AMENDS, false },
		{ "a word", "x", AMENDS, false }, { "one of two", "2", AMENDS AMENDS, false }, { "no day", "2", "<amends>" BEFORE "</amends>", false },
		{ "a day that is none", "2", "<amends day=\"2026-02-30\">" BEFORE "</amends>", false }, { "no handle", "2", "<amends day=\"2026-09-04\"></amends>", false },
		{ "half a handle", "2", "<amends day=\"2026-09-04\">ffff0203</amends>", false },
	};
	own(json_t) *j = sample("gpxd-01");
	struct submission s;
	struct err e;
	const char *head = "version=\"1\"><code>" HANDLE "</code>", *at;

	assert_done(submit_json(&s, j, &e), e);
	at = strstr(buf_str(&s.content), head);
	assert_non_null(at);
	for (size_t i = 0; i < COUNT(cases); i++) {
		own_str char *content = xprintf("%.*sversion=\"%s\"><code>" HANDLE "</code>%s%s", (int)(at - buf_str(&s.content)), buf_str(&s.content), cases[i].version,
		    cases[i].amends, at + strlen(head));

		assert_case(cases[i].name, permit_check_content(span_str(content), m->grammars, &e) == cases[i].good);
	}
	submission_drop(&s);
}

/* RFC 6901, into what was handed in; and in the clerk's words. */
static void
a_problem_says_where(void **state)
{
	static const struct { const char *name, *change, *field, *path, *vi; } cases[] = {
		{ "in a list", "{\"chu_dau_tu\":[{\"ho_ten\":\"An B\"},{\"ho_ten\":7}]}", "chu_dau_tu[2].ho_ten", "/chu_dau_tu/1/ho_ten", "Chủ đầu tư 2 › Họ tên: phải là chữ" },
		{ "in the head", "{\"co_quan_cap\":{\"ma\":\"H00\"}}", "co_quan_cap.ma", "/co_quan_cap/ma", "cơ quan cấp: không có mã \"H00\"" },
		{ "a key with signs of a pointer", "{\"a/b~c\":1}", "a/b~c", "/a~1b~0c", "a/b~c: loại giấy này không có mục này" },
		{ "a key cut at a character", "{\"ạạạạạạạạạạạạạạạạạạạạạạạạ\":1}", "ạạạạạạạạạạạạạạạạạạạạ", "/ạạạạạạạạạạạạạạạạạạạạ", "ạạạạạạạạạạạạạạạạạạạạ: loại" },
		{ "a word cut at a character", "{\"ma_ho_so\":\"xạạạạạạạạạạạạạạạạạạạạạạạạ\"}", "ma_ho_so", "/ma_ho_so", "mã hồ sơ: \"xạạ" },
		{ "a key that is empty", "{\"\":1}", "", "/", ": loại giấy này" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own(json_t) *j = sample("gpxd-01");
		own(json_t) *with = json_loads(cases[i].change, 0, NULL);
		struct submission s;
		struct err e;
		const json_t *first;

		json_object_update(j, with);
		assert_case(cases[i].name, !submit_json(&s, j, &e) && json_array_size(s.problems) == 1);
		first = json_array_get(s.problems, 0);
		assert_string_equal(json_string_value(json_object_get(first, "field")), cases[i].field);
		assert_string_equal(json_string_value(json_object_get(first, "path")), cases[i].path);
		assert_case(cases[i].name, strncmp(json_string_value(json_object_get(first, "vi")), cases[i].vi, strlen(cases[i].vi)) == 0);
		submission_drop(&s);
	}
}

static void
octets_that_are_no_submission(void **state)
{
	static const char *const cases[] = { "", "[]", "null", "{", "{}", "{\"loai\":1}", "{\"a\":1,\"a\":2}", "\"x\"", "{\"kind\":\"construction\"}",
		"{\"kind\":\"construction\",\"agency\":\"H99.31.07\",\"dossier\":\"H99.31.07-261026-0042\",\"x\":1}",
		"{\"kind\":\"construction\",\"agency\":\"H99.31.07\",\"dossier\":\"H99.31.07-261026-0042\",\"fields\":[]}",
		"{\"kind\":\"construction\",\"agency\":\"H99.31.07\",\"dossier\":\"H99.31.07-261026-0042\",\"number\":\"1\",\"fields\":{}}" };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct submission s;
		struct err e;

		assert_case(cases[i], !submit(&s, span_str(cases[i]), &e));
		assert_case(cases[i], e.text[0] != '\0');
		submission_drop(&s);
	}
	own_struct(buf) huge = buf_new(1 << 20);
	struct submission s;
	struct err e;

	while (huge.len <= SUBMISSION_MAX)
		buf_put_str(&huge, "                ");
	assert_false(submit(&s, buf_span(&huge), &e));
	assert_int_equal(e.class, ERR_LIMIT);
	submission_drop(&s);
}

static void
our_own_envelope(void **state)
{
	own(json_t) *j = json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}}", "kind", "practitioner", "agency", "H99.17",
	    "dossier", "H99.17-260520-0088", "procedure", "Cấp mới", "fields", "ho_ten", "Đặng Huỳnh Mai Phương", "ngay_sinh", "1988-02-29",
	    "so_dinh_danh", "099188003307", "chuc_danh", "Bác sỹ", "pham_vi_hanh_nghe", "Răng", "hieu_luc_tu", "2026-06-15",
	    "hieu_luc_den", "2031-06-14", "noi_hanh_nghe", "Phòng khám");
	struct submission s;
	struct err e;

	assert_done(submit_json(&s, j, &e), e);
	assert_string_equal(s.holder, "Đặng Huỳnh Mai Phương");
	assert_non_null(strstr(buf_str(&s.content), "<validity from=\"2026-06-15\" to=\"2031-06-14\"></validity>"));
	submission_drop(&s);
	static const struct { const char *to, *code; } ends[] = { { "2020-06-14", "validity" }, { "2031-06-15", "term" }, { "2031-06-14", NULL } };

	for (size_t i = 0; i < COUNT(ends); i++) {
		json_object_set_new(json_object_get(j, "fields"), "hieu_luc_den", json_string(ends[i].to));
		assert_case(ends[i].to, submit_json(&s, j, &e) == (ends[i].code == NULL));
		if (ends[i].code != NULL) {
			assert_string_equal(json_string_value(json_object_get(json_array_get(s.problems, 0), "code")), ends[i].code);
			assert_string_equal(json_string_value(json_object_get(json_array_get(s.problems, 0), "path")), "/fields/hieu_luc_den");
		}
		submission_drop(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_becomes_content),
		cmocka_unit_test(a_look_alike_is_refused_until_corrected),
		cmocka_unit_test(decomposed_text_is_brought_to_nfc_with_a_remark),
		cmocka_unit_test(numbers_become_their_shortest_text),
		cmocka_unit_test(refusals_name_the_field),
		cmocka_unit_test(plots_are_checked),
		cmocka_unit_test(given_numbers_are_checked),
		cmocka_unit_test(all_problems_come_at_once),
		cmocka_unit_test(agencies_come_and_go),
		cmocka_unit_test(which_code_page_it_was),
		cmocka_unit_test(a_later_version),
		cmocka_unit_test(versions_by_the_grammar),
		cmocka_unit_test(a_problem_says_where),
		cmocka_unit_test(octets_that_are_no_submission),
		cmocka_unit_test(our_own_envelope),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
