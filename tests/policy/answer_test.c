/* What Antin says: every judgement leads to exactly one answer, and every
 * answer keeps the limits that make it readable. */
#include "tests/base/test.h"

#include "base/text.h"
#include "tests/policy/loaded.h"

/* Typical values, as long as they get. */
static const char *const values[] = { "agency", "UBND phường An Phú Đông", "day", "03/11/2026", "time", "15:42", "today", "22/11/2026",
	"from", "05/10/2026", "until", "01/12/2026", "asof", "04/02/2027", "decision", "512/QĐ-SCT", "number", "245/GPXD", "replacement", "246/GPXD",
	"telephone", "1022", "host", "xacthuc.hoagiang.example", "golive", "01/01/2027", "wait", "5 phút", "retry", "20 giây", "step", "trình ký", "tier", NULL, NULL };
/* In an SMS: no diacritics, the agency shortened as it is there. */
static const char *const sms_values[] = { "agency", "UBND P.An Phu Dong", "day", "03/11/2026", "time", "15:42", "today", "22/11",
	"from", "05/10/2026", "until", "01/12/2026", "asof", "04/02/2027", "decision", "512/QD-SCT", "number", "000455/HGI-GPHN", "replacement", "246/GPXD",
	"telephone", "1022", "host", "xacthuc.hoagiang.example", "golive", "01/01/2027", "wait", "5 phut", "step", "TRINH KY", NULL };

/*
 * The mapping.
 */

static void
test_judgements(void **state)
{
	static const struct { enum verdict verdict; enum sub_indication sub; enum in_force in_force; const char *way, *tier, *want; } cases[] = {
		{ VERDICT_PASSED, SUB_NONE, FORCE_YES, "file", "city", "in-force" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_YES, "file", "demonstration", "in-force" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_YES, "code", "city", "in-force-by-code" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_YES, "qr", "city", "in-force-by-code" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_YES, "number", "demonstration", "in-force-by-number" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_WITHDRAWN, "number", "city", "withdrawn-by-number" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_SUPERSEDED, "number", "city", "superseded-by-number" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_SUSPENDED, "number", "city", "suspended-by-number" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_EXPIRED, "number", "city", "expired-by-number" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_VOID, "number", "city", "void-by-number" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_NOTED, "number", "city", "in-force-with-notes-by-number" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_UNKNOWN, "number", "city", "status-unknown" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_WITHDRAWN, "number", "other", "other-tier" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_YES, "hash", "city", "in-force-by-hash" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_NOTED, "hash", "city", "in-force-with-notes-by-hash" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_WITHDRAWN, "hash", "city", "not-in-force-by-hash" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_UNKNOWN, "hash", "city", "status-unknown" },
		{ VERDICT_FAILED, SUB_REVOKED, FORCE_YES, "hash", "city", "signed-after-block" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_WITHDRAWN, "file", "city", "withdrawn" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_WITHDRAWN, "code", "city", "withdrawn" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_SUPERSEDED, "file", "city", "superseded" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_SUSPENDED, "qr", "city", "suspended" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_EXPIRED, "file", "city", "expired" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_VOID, "file", "city", "void" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_NOTED, "file", "city", "in-force-with-notes" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_UNKNOWN, "file", "city", "status-unknown" },
		{ VERDICT_PASSED, SUB_NONE, FORCE_YES, "file", "other", "other-tier" },
		{ VERDICT_INDETERMINATE, SUB_TRY_LATER, FORCE_UNKNOWN, "file", "city", "status-unknown" },
		{ VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE, FORCE_YES, "file", "city", "status-unknown" },
		{ VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, FORCE_YES, "file", "city", "status-unknown" },
		{ VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NOT_REVOKED, FORCE_YES, "file", "", "status-unknown" },
		{ VERDICT_INDETERMINATE, SUB_REVOCATION_OUT_OF_BOUNDS_NO_POE, FORCE_YES, "file", "city", "status-unknown" },
		{ VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND_NO_POE, FORCE_YES, "file", "", "status-unknown" },
		{ VERDICT_INDETERMINATE, SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE, FORCE_YES, "file", "", "issuer-unknown" },
		{ VERDICT_INDETERMINATE, SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE, FORCE_UNKNOWN, "file", "other", "issuer-unknown" },
		{ VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE, FORCE_YES, "file", "city", "no-authority" },
		{ VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND, FORCE_YES, "file", "", "issuer-unknown" },
		{ VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND, FORCE_YES, "qr", "", "issuer-unknown" },
		{ VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND, FORCE_UNKNOWN, "file", "other", "issuer-unknown" },
		{ VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE, FORCE_UNKNOWN, "file", "other", "foreign-unknown" },
		{ VERDICT_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE, FORCE_UNKNOWN, "file", "other", "foreign-unknown" },
		{ VERDICT_FAILED, SUB_FORMAT_FAILURE, FORCE_UNKNOWN, "file", "other", "foreign-failed" },
		{ VERDICT_FAILED, SUB_HASH_FAILURE, FORCE_YES, "file", "city", "altered" },
		{ VERDICT_FAILED, SUB_SIG_CRYPTO_FAILURE, FORCE_UNKNOWN, "file", "city", "altered" },
		{ VERDICT_FAILED, SUB_FORMAT_FAILURE, FORCE_UNKNOWN, "file", "", "altered" },
		{ VERDICT_FAILED, SUB_SIG_CRYPTO_FAILURE, FORCE_YES, "qr", "city", "seal-false" },
		{ VERDICT_FAILED, SUB_REVOKED, FORCE_YES, "file", "city", "signed-after-block" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct answer_case c = { .verdict = cases[i].verdict, .sub = cases[i].sub, .in_force = cases[i].in_force, .way = cases[i].way, .tier = cases[i].tier };
		const struct answer *a = answer_pick(policy, &c);

		if (strcmp(a->id, cases[i].want) != 0)
			print_error("row %zu: %s\n", i, a->id);
		assert_case(cases[i].want, strcmp(a->id, cases[i].want) == 0);
	}
}

static void
test_cases_without_judgement(void **state)
{
	static const char *const cases[] = { "no-signature", "code-mistyped", "code-not-found", "number-not-found", "hash-unknown", "dossier-code", "dossier-code-undated", "too-many-tries", "too-many-numbers", "busy" };

	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(answer_pick(policy, &(struct answer_case){ .way = "code", .tier = "", .reason = cases[i] })->id, cases[i]);
}

static bool
says_genuine(const struct answer *a)
{
	return strstr(a->say[LANG_VI], "Giấy thật") != NULL || strstr(a->say[LANG_EN], "Genuine") != NULL || strstr(a->say[LANG_FR], "Authentique") != NULL;
}

/* Green only for what passed and holds; red never for what is merely unknown;
 * never an answer of another way of asking. */
static void
test_every_combination(void **state)
{
	static const char *const ways[] = { "file", "code", "qr", "number", "hash" }, *const tiers[] = { "", "demonstration", "city", "other" };
	size_t n = 0, seen = 0;
	bool used[64] = { false };

	assert_true(policy->nanswers <= COUNT(used));
	for (int v = 0; v < VERDICTS; v++)
		for (int s = 0; s < SUB_INDICATIONS; s++)
			for (int f = 0; f < FORCES; f++)
				for (size_t w = 0; w < COUNT(ways); w++)
					for (size_t t = 0; t < COUNT(tiers); t++, n++) {
						struct answer_case c = { (enum verdict)v, (enum sub_indication)s, (enum in_force)f, ways[w], tiers[t], NULL };
						const struct answer *a = answer_pick(policy, &c);
						bool holds = v == VERDICT_PASSED && (f == FORCE_YES) && t != 3;

						used[a - policy->answer] = true;
						assert_case(a->id, (strcmp(a->colour, "green") == 0) == holds);
						assert_case(a->id, (strcmp(a->colour, "red") == 0) == (v == VERDICT_FAILED || (v == VERDICT_INDETERMINATE && s == SUB_SIG_CONSTRAINTS_FAILURE && t != 3)));
						assert_case(a->id, strncmp(a->id, "foreign-", 8) != 0 || t == 3);
						assert_case(a->id, strcmp(a->id, "in-force") != 0 || w == 0);
						assert_case(a->id, strstr(a->id, "-by-number") == NULL || w == 3);
						assert_case(a->id, strstr(a->id, "-by-hash") == NULL || w == 4);
						assert_case(a->id, strcmp(a->id, "in-force-by-code") != 0 || w == 1 || w == 2);
						assert_case(a->id, w != 3 || !says_genuine(a));
						assert_case(a->id, strcmp(a->id, "seal-false") != 0 || w == 2);
						assert_case(a->id, strcmp(a->id, "altered") != 0 || w != 2);
					}
	assert_int_equal(n, VERDICTS * SUB_INDICATIONS * FORCES * 5 * 4);
	/* Every answer is reached by somebody. */
	for (size_t i = 0; i < policy->nrules; i++)
		if (policy->rule[i].reason != NULL)
			used[policy_answer(policy, policy->rule[i].answer) - policy->answer] = true;
	for (size_t i = 0; i < policy->nanswers; i++) {
		assert_case(policy->answer[i].id, used[i]);
		seen++;
	}
	assert_int_equal(seen, 42);
}

/* No row stands below one that already takes everything it asks for. */
static void
test_no_row_is_hidden(void **state)
{
	for (size_t i = 0; i < policy->nrules; i++)
		for (size_t k = 0; k < i; k++) {
			const struct answer_rule *late = &policy->rule[i], *early = &policy->rule[k];
			const char *const l[] = { late->verdict, late->sub, late->in_force, late->way, late->tier, late->reason };
			const char *const w[] = { early->verdict, early->sub, early->in_force, early->way, early->tier, early->reason };
			bool hides = (l[5] == NULL) == (w[5] == NULL);

			for (size_t m = 0; m < COUNT(l); m++)
				hides &= w[m] == NULL || (l[m] != NULL && strcmp(l[m], w[m]) == 0);
			assert_case(late->answer, !hides);
		}
}

/*
 * The words.
 */

static size_t
words(const char *text)
{
	size_t n = 0;

	for (const char *s = text; *s != '\0';) {
		size_t len = strcspn(s, " ");

		/* French puts a space before its colon; a mark alone is no word. */
		n += len > 1 || (len == 1 && strchr(":;!?-", *s) == NULL);
		s += len + strspn(s + len, " ");
	}
	return n;
}

static void
test_limits(void **state)
{
	static const char *const tier_of[LANGS] = { "chứng thực của Chính phủ", "Government certification", "la certification de l’État" };

	for (size_t i = 0; i < policy->nanswers; i++)
		for (int l = 0; l < LANGS; l++) {
			const struct answer *a = &policy->answer[i];
			const char *in[COUNT(values)];
			own_struct(buf) say = buf_new(4096), act = buf_new(4096);
			struct err e;

			memcpy(in, values, sizeof(in));
			in[COUNT(in) - 2] = tier_of[l];
			answer_fill(&say, a->say[l], in);
			answer_fill(&act, a->act[l], in);
			assert_case(a->id, strstr(buf_str(&say), "…") == NULL && strstr(buf_str(&act), "…") == NULL);
			if (words(buf_str(&say)) > 25 || words(buf_str(&act)) > 20)
				print_error("%s, language %d: %zu and %zu words\n", a->id, l, words(buf_str(&say)), words(buf_str(&act)));
			assert_case(a->id, words(buf_str(&say)) <= 25);
			assert_case(a->id, words(buf_str(&act)) <= 20);
			assert_case(a->id, text_is_nfc(buf_span(&say)) && text_check(buf_span(&say), false, &e));
			assert_case(a->id, text_is_nfc(buf_span(&act)) && text_check(buf_span(&act), false, &e));
			assert_case(a->id, a->word[l][0] != '\0' && a->sign[0] != '\0');
		}
}

/* 160 signs of the alphabet that no telephone changes. */
static void
test_sms(void **state)
{
	size_t n = 0;

	for (size_t i = 0; i < policy->nanswers; i++) {
		const struct answer *a = &policy->answer[i];
		own_struct(buf) text = buf_new(4096);

		if (a->sms == NULL)
			continue;
		answer_fill(&text, a->sms, sms_values);
		if (text.len > 160)
			print_error("%s: %zu: %s\n", a->id, text.len, buf_str(&text));
		assert_case(a->id, text.len <= 160);
		for (size_t k = 0; k < text.len; k++)
			assert_case(a->id, text.ptr[k] >= ' ' && text.ptr[k] < 0x7f && strchr("`[]{}\\^~|", text.ptr[k]) == NULL);
		n++;
	}
	assert_int_equal(n, 20);
}

/* A colour is never the only sign of a thing, and each has one sign. */
static void
test_signs(void **state)
{
	static const struct { const char *colour, *sign; } pairs[] = { { "green", "✔" }, { "amber", "!" }, { "blue", "?" }, { "red", "✖" }, { "grey", "–" } };

	for (size_t i = 0; i < policy->nanswers; i++) {
		bool good = false;

		for (size_t k = 0; k < COUNT(pairs); k++)
			good |= strcmp(policy->answer[i].colour, pairs[k].colour) == 0 && strcmp(policy->answer[i].sign, pairs[k].sign) == 0;
		assert_case(policy->answer[i].id, good);
	}
}

/* A code, or a number, proves that the city issued a permit, not that this paper is it. */
static void
test_a_code_never_says_the_paper_is_genuine(void **state)
{
	assert_true(says_genuine(policy_answer(policy, "in-force")));
	assert_false(says_genuine(policy_answer(policy, "in-force-by-code")));
	for (size_t i = 0; i < policy->nrules; i++)
		if (policy->rule[i].way != NULL && strcmp(policy->rule[i].way, "number") == 0)
			assert_case(policy->rule[i].answer, !says_genuine(policy_answer(policy, policy->rule[i].answer)));
}

/* Of a suspension and a cancellation there are two answers each, by number too. */
static void
test_variants(void **state)
{
	static const struct { enum in_force in_force; const char *reason, *way, *want; } cases[] = {
		{ FORCE_SUSPENDED, "open", "number", "suspended-open-by-number" }, { FORCE_SUSPENDED, "open", "code", "suspended-open" },
		{ FORCE_VOID, "alone", "number", "void-alone-by-number" }, { FORCE_VOID, "alone", "file", "void-alone" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct answer_case c = { VERDICT_PASSED, SUB_NONE, cases[i].in_force, cases[i].way, "city", cases[i].reason };

		assert_string_equal(answer_pick(policy, &c)->id, cases[i].want);
	}
}

static void
test_fill(void **state)
{
	static const char *const pairs[] = { "a", "1", "ab", "2", "empty", "", "nest", "{a}", NULL };
	static const struct { const char *text, *want; } cases[] = {
		{ "", "" }, { "no value", "no value" }, { "{a}", "1" }, { "{ab}{a}", "21" }, { "x{empty}y", "xy" },
		{ "{abc}", "…" }, { "{}", "…" }, { "{a", "{a" }, { "a}", "a}" }, { "{nest}", "{a}" }, { "{ a}", "…" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) out = buf_new(100);

		answer_fill(&out, cases[i].text, pairs);
		assert_case(cases[i].text, strcmp(buf_str(&out), cases[i].want) == 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judgements), cmocka_unit_test(test_variants), cmocka_unit_test(test_cases_without_judgement), cmocka_unit_test(test_every_combination),
		cmocka_unit_test(test_no_row_is_hidden), cmocka_unit_test(test_limits), cmocka_unit_test(test_sms), cmocka_unit_test(test_signs),
		cmocka_unit_test(test_a_code_never_says_the_paper_is_genuine), cmocka_unit_test(test_fill),
	};

	return cmocka_run_group_tests(tests, policy_set_up, policy_tear_down);
}
