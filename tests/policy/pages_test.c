/*
 * What the pages name is there: each word in `...` of policy/LAW.md, policy/cps.md and
 * policy/README.md, and of the tables of README.md that say where things are.
 * Such a word is a file, a route, a command, a word of the policy, or a state
 * change of the register; what is none of these is a page that rots.
 */
#include "tests/base/test.h"

#include "base/file.h"
#include "policy/policy.h"

#include <glob.h>

#define PAGE_MAX (1u << 20)

static policy_t *policy;
static char *routes, *commands, *verbs, *grammars;

/* All files of a pattern, one behind the other. */
static char *
read_all(const char *pattern)
{
	own_struct(buf) all = buf_new(PAGE_MAX);
	own_str char *path = xprintf(SOURCE_DIR "/%s", pattern);
	glob_t g;
	struct err e;

	assert_int_equal(glob(path, GLOB_BRACE, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		own_struct(buf) one = buf_new(PAGE_MAX);

		assert_done(file_read(&one, g.gl_pathv[i], &e), e);
		buf_put_span(&all, buf_span(&one));
	}
	globfree(&g);
	return xstrdup(buf_str(&all));
}

static int
set_up(void **state)
{
	struct err e;

	assert_done(policy_load(&policy, SOURCE_DIR "/policy", &e), e);
	routes = read_all("api/routes.c");
	commands = read_all("api/cli/{offline,main}.c");
	verbs = read_all("register/*_verbs.c");
	grammars = read_all("policy/grammar/*.rng");
	return 0;
}

static int
tear_down(void **state)
{
	policy_free(policy);
	free(routes);
	free(commands);
	free(verbs);
	free(grammars);
	return 0;
}

/*
 * What a word may be.
 */

static bool
holds(const char *text, const char *before, const char *word, const char *after)
{
	own_str char *whole = xprintf("%s%s%s", before, word, after);

	return strstr(text, whole) != NULL;
}

/* Beside the root, or beside the page that speaks. */
static bool
is_file(const char *word)
{
	static const char *const beside[] = { "", "policy/" };

	for (size_t i = 0; i < COUNT(beside); i++) {
		own_str char *path = xprintf(SOURCE_DIR "/%s%s", beside[i], word);
		glob_t g;
		int rc = glob(path, 0, NULL, &g);

		globfree(&g);
		if (rc == 0)
			return true;
	}
	return false;
}

/* "/v1/permits", or below a route that takes the rest of a path. */
static bool
is_route(const char *word)
{
	own_str char *below = xstrdup(word);
	char *slash = strrchr(below, '/');

	if (word[0] != '/' || slash == below)
		return word[0] == '/' && holds(routes, "\"", word, "\"");
	slash[1] = '\0';
	return holds(routes, "\"", word, "\"") || holds(routes, "\"", below, "{path}\"");
}

/* Is it one of "verify|prove|fsck", or of "check|show DIR"? */
static bool
is_subcommand(const char *list, const char *word)
{
	size_t n = strcspn(list, "\" ");

	for (const char *at = list; at < list + n; at += strcspn(at, "| \"") + 1)
		if (strcspn(at, "| \"") == strlen(word) && strncmp(at, word, strlen(word)) == 0)
			return true;
	return false;
}

/* The words of a command's row, which is not an option's of its name; NULL: there is none. */
static const char *
words_of(const char *name)
{
	own_str char *row = xprintf("{ \"%s\", \"", name), *run = xprintf("command_%s }", name);

	for (const char *at = commands; (at = strstr(at, row)) != NULL; at++)
		if (memmem(at, strcspn(at, "\n"), run, strlen(run)) != NULL)
			return at + strlen(row);
	return NULL;
}

/* "antin NAME", "antin NAME WORD ..."; an order's word is a verb. */
static bool
is_command(const char *word)
{
	own_str char *copy = xstrdup(word);
	char *rest = copy, *program = strsep(&rest, " "), *name = strsep(&rest, " "), *sub = strsep(&rest, " ");
	const char *words = name == NULL ? NULL : words_of(name);

	if (strcmp(program, "antin") != 0 || words == NULL)
		return false;
	if (sub == NULL || sub[0] == '-')
		return true;
	return strcmp(name, "order") == 0 ? policy_verb(policy, sub) != NULL : is_subcommand(words, sub);
}

static bool
is_word_of_policy(const char *word)
{
	for (size_t i = 0; i < policy->nroles; i++)
		if (strcmp(policy->role[i].id, word) == 0)
			return true;
	return policy_verb(policy, word) != NULL || policy_kind(policy, word) != NULL || policy_profile(policy, word) != NULL ||
	    policy_answer(policy, word) != NULL || policy_tier(policy, word) != NULL || policy_algorithm(policy, word) != NULL;
}

/* An attribute, an element or a value that a policy file may have; or NAME="VALUE". */
static bool
is_word_of_grammar(const char *word)
{
	const char *equals = strstr(word, "=\"");

	if (equals != NULL) {
		own_str char *name = span_dup_str(span_of(word, (size_t)(equals - word)));
		own_str char *value = span_dup_str(span_of(equals + 2, strcspn(equals + 2, "\"")));

		return holds(grammars, "<attribute name=\"", name, "\"") && holds(grammars, "<value>", value, "</value>");
	}
	return holds(grammars, " name=\"", word, "\"") || holds(grammars, "<value>", word, "</value>");
}

static bool
is_state_change(const char *word)
{
	return holds(verbs, ".name = \"", word, "\"");
}

static const struct { const char *name; bool (*is)(const char *); } kinds[] = {
	{ "file", is_file }, { "route", is_route }, { "command", is_command }, { "word of the policy", is_word_of_policy },
	{ "word of a grammar", is_word_of_grammar }, { "state change", is_state_change },
};

static bool
exists(const char *word)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].is(word))
			return true;
	return false;
}

static void
what_is_not_there_is_not_found(void **state)
{
	static const char *const none[] = { "ca/none.c", "policy/none.xml", "/v1/none", "/v1/permits/none", "/none", "antin", "antin fly", "antin log fly",
		"antin order permit.fly", "antin policy", "permit.fly", "no-such-answer", "by=\"none\"", "none=\"book\"", "fly", "register/*_none.c" };
	static const char *const some[] = { "ca/issue.h", "kinds/*.xml", "agencies.xml", "/v1/permits", "/crl/0.crl", "antin verify", "antin log fsck",
		"antin policy check policy", "antin order permit.seal", "permit.seal", "clerk", "seal", "superseded", "by=\"book\"", "masked", "permit.issue" };

	for (size_t i = 0; i < COUNT(none); i++)
		assert_case(none[i], exists(none[i]) == (strcmp(none[i], "antin policy") == 0));
	for (size_t i = 0; i < COUNT(some); i++)
		assert_case(some[i], exists(some[i]));
}

/*
 * Pages.
 */

static size_t looked_at, missing;

/* The words in `...` of a text, up to its end; how many there were. */
static size_t
check_words(const char *page, const char *text, const char *end)
{
	size_t n = 0;

	for (const char *open = strchr(text, '`'); open != NULL && open < end; n++) {
		const char *close = strchr(open + 1, '`');
		own_str char *word = NULL;

		assert_true(close != NULL && close < end);
		word = span_dup_str(span_of(open + 1, (size_t)(close - open - 1)));
		looked_at++;
		if (!exists(word)) {
			missing++;
			print_error("%s: `%s` is nothing that exists\n", page, word);
		}
		open = strchr(close + 1, '`');
	}
	return n;
}

/* Lines that are fenced by ``` are commands; they are looked at by themselves. */
static char *
without_fences(const char *text)
{
	own_struct(buf) out = buf_new(PAGE_MAX);
	bool inside = false;

	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n')) {
		bool fence = strncmp(line, "```", 3) == 0;

		if (!fence && !inside)
			buf_put(&out, line, strcspn(line, "\n") + 1);
		inside = inside != fence;
	}
	return xstrdup(buf_str(&out));
}

/* Each row: three columns, who read its source, and something that answers. */
static void
law(void **state)
{
	own_str char *text = read_all("policy/LAW.md");
	size_t rows = 0;

	for (char *line = text; line != NULL; line = strchr(line, '\n') == NULL ? NULL : strchr(line, '\n') + 1) {
		const char *end = line + strcspn(line, "\n"), *source = line[0] == '|' ? strstr(line, " | ") : NULL;
		const char *answer = source == NULL ? NULL : strstr(source + 1, " | ");
		own_str char *middle = answer == NULL || answer > end ? NULL : span_dup_str(span_of(source, (size_t)(answer - source)));
		own_str char *row = span_dup_str(span_of(line, (size_t)(end - line)));

		if (middle == NULL || strncmp(line, "| asked", 7) == 0)
			continue;
		rows++;
		assert_case(row, strstr(middle, "(read") != NULL || strstr(middle, "(heard") != NULL);
		assert_case(row, check_words("policy/LAW.md", answer, end) > 0);
	}
	print_message("%zu rows, %zu words\n", rows, looked_at);
	assert_true(rows >= 25);
	assert_int_equal(missing, 0);
}

/* The draft of a practice statement: the outline's nine chapters, each with what is the software's; in force nowhere. */
static void
practice_statement(void **state)
{
	own_str char *text = read_all("policy/cps.md");
	char *at = text;

	for (char chapter = '1'; chapter <= '9'; chapter++) {
		own_str char *head = xprintf("\n## %c. ", chapter);
		char *next;

		at = strstr(at, head);
		assert_case(head, at != NULL);
		next = strstr(at + 1, "\n## ");
		assert_case(head, strstr(at, "*Software*") != NULL && (next == NULL || strstr(at, "*Software*") < next));
	}
	assert_non_null(strstr(text, "**It is not in force**"));
	assert_true(check_words("policy/cps.md", text, text + strlen(text)) > 50);
	assert_int_equal(missing, 0);
}

static void
readme_of_policy(void **state)
{
	own_str char *text = read_all("policy/README.md");
	own_str char *plain = without_fences(text);

	assert_true(check_words("policy/README.md", plain, plain + strlen(plain)) > 20);
	assert_int_equal(missing, 0);
	assert_non_null(strstr(text, "\nbuild/check/bin/policy_snapshot_test renew\n"));
	assert_true(is_file("tests/policy/snapshot_test.c"));
}

static void
readme(void **state)
{
	static const char *const sections[] = { "## One permit's life", "## Where is ...?", "## How to add" };
	own_str char *text = read_all("README.md");

	for (size_t i = 0; i < COUNT(sections); i++) {
		const char *from = strstr(text, sections[i]), *to = from == NULL ? NULL : strstr(from + 1, "\n## ");

		assert_case(sections[i], to != NULL && check_words("README.md", from, to) > 3);
	}
	assert_int_equal(missing, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_there_is_not_found),
		cmocka_unit_test(law), cmocka_unit_test(practice_statement),
		cmocka_unit_test(readme_of_policy),
		cmocka_unit_test(readme),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
