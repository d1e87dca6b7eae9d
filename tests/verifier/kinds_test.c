/* Every kind of the policy has a submission that is taken, and refuses others of
 * it; its <content> is what its own grammar allows, in and out. */
#include "tests/base/test.h"
#include "tests/verifier/permit_maker.h"

#include "base/file.h"
#include "verifier/submission.h"

#define HANDLE "000102030405060708090a0b0c0d0e0f"
#define TODAY 20779	/* 2026-11-22 */

static struct maker *m;
static json_t *all;		/* tests/data/kinds.json */

static int
set_up(void **state)
{
	own_struct(buf) text = buf_new(JSON_MAX);
	struct err e;

	m = maker_new();
	return !file_read(&text, TEST_DATA "/kinds.json", &e) || !json_read(&all, buf_span(&text), &e);
}

static int
tear_down(void **state)
{
	json_decref(all);
	maker_free(m);
	return 0;
}

static bool
submit(struct submission *s, const json_t *j, struct err *e)
{
	own_struct(buf) text = buf_new(JSON_MAX);

	*e = (struct err){ ERR_NONE, "" };
	json_write(&text, j);
	return submission_read(s, buf_span(&text), HANDLE, TODAY, NULL, m->policy, m->grammars, e);
}

static json_t *
submission_of(const char *kind)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(all, "submissions"), i, one)
		if (strcmp(json_string_value(json_object_get(one, "kind")), kind) == 0)
			return json_deep_copy(one);
	return NULL;
}

static void
each_is_taken(void **state)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(all, "submissions"), i, one) {
		const char *kind = json_string_value(json_object_get(one, "kind"));
		struct submission s;
		struct err e;

		if (!submit(&s, one, &e))
			print_error("%s: %s\n", kind, e.text);
		assert_case(kind, json_array_size(s.problems) == 0 && s.holder != NULL && e.class == ERR_NONE);
		submission_drop(&s);
	}
}

/* A kind without a sample here is one of those in permits.json. */
static void
no_kind_is_left_out(void **state)
{
	static const char *const elsewhere[] = { "construction", "enterprise", "household-business", "investment", "land-use", "practitioner", "representative-office" };
	size_t left = COUNT(elsewhere);

	for (size_t i = 0; i < m->policy->nkinds; i++) {
		own(json_t) *j = submission_of(m->policy->kind[i].id);

		for (size_t k = 0; j == NULL && k < COUNT(elsewhere); k++)
			if (strcmp(elsewhere[k], m->policy->kind[i].id) == 0) {
				left--;
				k = COUNT(elsewhere);
				j = json_true();
			}
		assert_case(m->policy->kind[i].id, j != NULL);
	}
	assert_int_equal(left, 0);
}

/* "a/b/0/c" inside fields; value JSON, NULL takes it away. */
static void
change(json_t *j, const char *path, const char *value)
{
	own_str char *copy = xstrdup(path);
	json_t *in = json_object_get(j, "fields");
	char *rest = copy, *key = strsep(&rest, "/");

	for (; rest != NULL; key = strsep(&rest, "/"))
		in = json_is_array(in) ? json_array_get(in, strtoul(key, NULL, 10)) : json_object_get(in, key);
	if (value == NULL)
		json_object_del(in, key);
	else if (json_is_array(in))
		json_array_set_new(in, strtoul(key, NULL, 10), json_loads(value, JSON_DECODE_ANY, NULL));
	else
		json_object_set_new(in, key, json_loads(value, JSON_DECODE_ANY, NULL));
}

static void
and_others_are_refused(void **state)
{
	static const struct { const char *kind, *path, *value, *code; } cases[] = {
		{ "driving-licence", "hang/0", "\"A2\"", "code-closed" }, { "driving-licence", "hang", "[]", "list" }, { "driving-licence", "hang/1", "\"Z\"", "code" },
		{ "driving-licence", "ngay_trung_tuyen", "\"2026-11-23\"", "above" }, { "driving-licence", "hieu_luc_den", "\"2036-11-03\"", "term" },
		{ "driving-licence", "so_dinh_danh", "\"09919000773\"", "digits" },
		{ "judicial-record", "loai_phieu", "\"3\"", "code" }, { "judicial-record", "co_an_tich", "\"không\"", "type" }, { "judicial-record", "co_an_tich", "0", "type" },
		{ "judicial-record", "noi_dung", "\"a\\tb\"", "character" }, { "judicial-record", "gioi_tinh", "\"nam\"", "code" },
		{ "parking", "muc_thu_vnd", "-1", "below" }, { "parking", "muc_thu_vnd", "5000.5", "type" }, { "parking", "so_cho", "0", "below" },
		{ "parking", "hieu_luc_den", "\"2027-11-03\"", "term" }, { "parking", "chu_so_huu/dien_thoai", "\"12345\"", "type" },
		{ "tree-cutting", "cay", "[]", "list" }, { "tree-cutting", "cay/0/duong_kinh_cm", "62.55", "decimals" }, { "tree-cutting", "cay/0/hinh_thuc", "\"đốn\"", "code" },
		{ "tree-cutting", "ly_do", "\"x\"", "too-short" }, { "tree-cutting", "chu_so_huu/ma_so", "\"9901234561\"", "check-digit" },
		{ "environment", "quyet_dinh_dtm", "\"không số\"", "type" }, { "environment", "nuoc_thai_m3_ngay", "1000000.5", "above" }, { "environment", "du_an/loai_hinh", NULL, "missing" },
		{ "environment", "chu_so_huu/thu_dien_tu", "\"x@\"", "type" }, { "environment", "yeu_cau", "\"\"", "empty" },
		{ "planning-certificate", "thua_dat/0", "\"99070/45\"", "type" }, { "planning-certificate", "dien_tich_m2", "150", "area" },
		{ "planning-certificate", "toa_do_vn2000/dinh", "[[1195000,602000],[1195010,602010],[1195010,602000],[1195000,602010]]", "crossed" },
		{ "planning-certificate", "chuc_nang/0", "\"XYZ\"", "code" }, { "planning-certificate", "nguoi_de_nghi/ho_ten", NULL, "holder" },
		{ "food-safety", "tinh", "\"74\"", "code-closed" }, { "food-safety", "tinh", "\"999\"", "digits" }, { "food-safety", "loai_hinh", "\"chợ\"", "code" },
		{ "food-safety", "hieu_luc_tu", "\"2026-02-30\"", "type" },
		{ "pharmacy", "nam_thanh_lap", "26", "type" }, { "pharmacy", "nam_thanh_lap", "\"2026\"", "type" }, { "pharmacy", "nam_thanh_lap", "1899", "below" },
		{ "pharmacy", "phu_trach/chung_chi", "\"CCHN\"", "type" },
		{ "clinic", "phu_trach/gphn", "\"912/HGI-GPHN\"", "shape" }, { "clinic", "hinh_thuc", "\"nhà\"", "code" }, { "clinic", "giuong", "5001", "above" },
		{ "clinic", "co_so", NULL, "missing" },
		{ "school-enrolment", "nam_hoc", "\"2027-05-31/2026-09-05\"", "range-order" }, { "school-enrolment", "nam_hoc", "\"2026-2027\"", "type" },
		{ "school-enrolment", "lop", "13", "above" }, { "school-enrolment", "hoc_sinh/ngay_sinh", "\"2026-12-01\"", "above" },
		{ "school-enrolment", "hoc_sinh/so_dinh_danh", "\"099227001234\"", "birth-year" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own(json_t) *j = submission_of(cases[i].kind);
		own_str char *name = xprintf("%s %s %s", cases[i].kind, cases[i].path, cases[i].value ?: "");
		struct submission s;
		struct err e;
		const char *code;

		change(j, cases[i].path, cases[i].value);
		assert_case(name, !submit(&s, j, &e));
		code = json_string_value(json_object_get(json_array_get(s.problems, 0), "code"));
		if (code == NULL || strcmp(code, cases[i].code) != 0)
			print_error("%s: %s\n", name, code ?: e.text);
		assert_case(name, code != NULL && strcmp(code, cases[i].code) == 0 && json_array_size(s.problems) == 1);
		submission_drop(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_is_taken), cmocka_unit_test(no_kind_is_left_out), cmocka_unit_test(and_others_are_refused) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
