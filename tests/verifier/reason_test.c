/* What is said of a document: every sentence in every language, whatever stands in it. */
#include "tests/base/test.h"

#include "verifier/reason.h"

static const char *const langs[LANGS] = { "vi", "en", "fr" };

static void
every_sentence_has_every_language(void **state)
{
	for (enum said what = SUB_NONE + 1; what < SAIDS; what++) {
		struct reasons r = { .n = 0 };
		own(json_t) *j = NULL;

		reason_add(&r, what, "một", "hai", "ba", NULL);
		assert_int_equal(r.n, 1);
		j = reason_json(&r.at[0]);
		for (enum lang l = 0; l < LANGS; l++) {
			const char *text = json_text(j, langs[l]);

			assert_true(strlen(text) > 2 && strlen(text) < REASON_TEXT / 2);
			assert_null(strpbrk(text, "{}"));
			assert_null(strstr(text, "…"));
		}
		assert_string_not_equal(r.at[0].vi, r.at[0].fr);
		assert_string_not_equal(r.at[0].en, r.at[0].fr);
	}
}

static void
values_stand_in_their_places(void **state)
{
	struct reasons r = { .n = 0 };

	reason_add(&r, SAID_REAFFIRMED, "512/QĐ-UBND", "22/11/2026", "2026-11-22", NULL);
	assert_string_equal(r.at[0].vi, "Cơ quan cấp giấy đã xác nhận lại theo Quyết định 512/QĐ-UBND ngày 22/11/2026.");
	assert_string_equal(r.at[0].en, "Reaffirmed by the agency: decision 512/QĐ-UBND of 2026-11-22.");
	assert_string_equal(r.at[0].fr, "Confirmé par l’autorité : décision 512/QĐ-UBND du 22/11/2026.");
	reason_sub(&r, SUB_HASH_FAILURE, "object 2");
	assert_string_equal(r.at[1].en, "The content was changed after signing: object 2.");
	reason_sub(&r, SUB_HASH_FAILURE, NULL);
	assert_string_equal(r.at[2].en, "The content was changed after signing.");
	/* A value is no sentence: what looks like a place in it stays. */
	reason_sub(&r, SUB_HASH_FAILURE, "{2} and {");
	assert_string_equal(r.at[3].en, "The content was changed after signing: {2} and {.");
}

/* A name cut within a letter, or none at all, takes no sentence out of the JSON. */
static void
a_strangers_words_are_words(void **state)
{
	struct reasons r = { .n = 0 };
	own_str char *name = xalloc(2001);
	own(json_t) *j = NULL;

	for (size_t odd = 0; odd < 2; odd++) {
		memset(name, 0, 2001);
		memset(name, 'x', odd);
		for (size_t i = odd; i + 2 < 2000; i += 2)
			memcpy(name + i, "Đ", 2);
		reason_add(&r, SAID_ENTRY_UNSIGNED, name, NULL);
	}
	reason_add(&r, SAID_ENTRY_UNSIGNED, "\xff\n\x80", NULL);
	while (r.n < REPORT_REASONS_MAX)
		reason_sub(&r, SUB_NO_POE, NULL);
	reason_sub(&r, SUB_NO_POE, NULL);
	assert_int_equal(r.n, REPORT_REASONS_MAX);
	j = reasons_json(&r);
	assert_int_equal(json_array_size(j), REPORT_REASONS_MAX);
	assert_string_equal(json_text(json_array_get(j, 2), "fr"), "Le fichier ??? du conteneur n’est signé par personne.");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sentence_has_every_language),
		cmocka_unit_test(values_stand_in_their_places),
		cmocka_unit_test(a_strangers_words_are_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
