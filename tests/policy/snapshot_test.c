/*
 * The policy as text, kept in tests/policy/snapshots/CHAPTER.txt, so that a
 * change of policy is a change that people read.  And proof that the text keeps
 * nothing back: every attribute and every text of every policy file is changed,
 * in some places each; the policy is refused, or its text is another.
 *
 * Run with the word `renew` it writes the snapshots instead.
 */
#include "tests/base/test.h"

#include "base/file.h"
#include "policy/policy.h"

#include <dirent.h>
#include <ftw.h>
#include <libxml/parser.h>
#include <sys/stat.h>
#include <unistd.h>

#define POLICY SOURCE_DIR "/policy"
#define SNAPSHOTS SOURCE_DIR "/tests/policy/snapshots"
#define TEXT_MAX (1u << 20)
#define FEW 9	/* an attribute of so few values is tried with all of them */

static char folder[] = "/tmp/antin-snapshot-XXXXXX";

/*
 * Snapshots.
 */

static void
chapter_text(struct buf *out, const struct policy_chapter *c)
{
	own(policy_t) *p = NULL;
	struct err e;

	assert_done(policy_load(&p, POLICY, &e), e);
	c->render(out, p);
}

static void
print_difference(const char *name, const char *is, const char *was)
{
	while (*is != '\0' && *is == *was) {
		is++;
		was++;
	}
	print_error("%s: \"%.*s\", in the snapshot \"%.*s\"; policy/README.md says how to renew it\n", name, (int)strcspn(is, "\n"), is,
	    (int)strcspn(was, "\n"), was);
}

static void
the_policy_is_that_of_the_snapshots(void **state)
{
	size_t n;
	const struct policy_chapter *c = policy_chapters(&n);

	for (size_t i = 0; i < n; i++) {
		own_struct(buf) is = buf_new(TEXT_MAX), was = buf_new(TEXT_MAX);
		own_str char *path = xprintf(SNAPSHOTS "/%s.txt", c[i].name);
		struct err e;

		assert_done(file_read(&was, path, &e), e);
		chapter_text(&is, &c[i]);
		if (!span_eq(buf_span(&is), buf_span(&was)))
			print_difference(c[i].name, buf_str(&is), buf_str(&was));
		assert_case(c[i].name, span_eq(buf_span(&is), buf_span(&was)));
	}
}

static void
no_snapshot_is_left_over(void **state)
{
	DIR *d = opendir(SNAPSHOTS);
	size_t n, files = 0;

	assert_non_null(d);
	policy_chapters(&n);
	for (struct dirent *x = readdir(d); x != NULL; x = readdir(d))
		files += x->d_name[0] != '.';
	closedir(d);
	assert_int_equal(files, n);
}

static int
renew(void)
{
	size_t n;
	const struct policy_chapter *c = policy_chapters(&n);

	for (size_t i = 0; i < n; i++) {
		own_struct(buf) text = buf_new(TEXT_MAX);
		own_str char *path = xprintf(SNAPSHOTS "/%s.txt", c[i].name);
		struct err e;

		chapter_text(&text, &c[i]);
		if (!file_write(path, buf_span(&text), 0644, &e)) {
			fprintf(stderr, "%s\n", e.text);
			return 1;
		}
	}
	return 0;
}

/*
 * A copy of the policy that may be spoilt.
 */

static char *files[64];
static size_t nfiles;

static int
copy_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	own_str char *to = xprintf("%s%s", folder, path + strlen(POLICY));
	own_struct(buf) text = buf_new(TEXT_MAX);
	struct err e;

	if (kind == FTW_D)
		return mkdir(to, 0700) != 0 && ftw->level > 0;
	if (strstr(path, ".xml") == NULL && strstr(path, ".rng") == NULL)
		return 0;
	if (strstr(path, ".xml") != NULL)
		files[nfiles++] = xstrdup(path + strlen(POLICY));
	return nfiles == COUNT(files) || !file_read(&text, path, &e) || !file_write(to, buf_span(&text), 0600, &e);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

static struct buf sound;	/* the whole text of the policy as it is */
static unsigned char sound_hash[32];

/* The policy as it is takes time stamps of nobody else, and has no row to be changed. */
static bool
other_authorities(void)
{
	own_str char *to = xprintf("%s/timestamps.xml", folder);
	own_struct(buf) text = buf_new(TEXT_MAX);
	struct err e;

	return file_read(&text, TEST_DATA "/timestamps.xml", &e) && file_write(to, buf_span(&text), 0600, &e);
}

static int
set_up(void **state)
{
	own(policy_t) *p = NULL;
	struct err e;

	if (mkdtemp(folder) == NULL || nftw(POLICY, copy_one, 8, FTW_PHYS) != 0 || !other_authorities() || !policy_load(&p, folder, &e))
		return 1;
	sound = buf_new(TEXT_MAX);
	policy_render(&sound, p);
	memcpy(sound_hash, p->hash, 32);
	return !buf_ok(&sound, "the policy", &e);
}

static int
tear_down(void **state)
{
	buf_drop(&sound);
	for (size_t i = 0; i < nfiles; i++)
		free(files[i]);
	return nftw(folder, remove_one, 8, FTW_PHYS | FTW_DEPTH);
}

/*
 * Changes.
 */

static size_t refused, shown, hidden;

/* What is read and rendered by one line of code need not be changed in every one of
 * hundreds of rows: each attribute, text and element in up to PLACES places. */
#ifdef __SANITIZE_ADDRESS__	/* several times slower: the same code in fewer places */
#define PLACES 2
#else
#define PLACES 5
#endif
static struct { char name[80]; unsigned n; } tried[400];

static bool
tried_enough(const xmlNode *n, const char *what)
{
	char name[80];
	size_t i = 0;

	snprintf(name, sizeof(name), "%s/%s/%s", n->parent != NULL && n->parent->name != NULL ? (const char *)n->parent->name : "", (const char *)n->name, what);
	while (i < COUNT(tried) && tried[i].n > 0 && strcmp(tried[i].name, name) != 0)
		i++;
	assert_true(i < COUNT(tried));
	strcpy(tried[i].name, name);
	return ++tried[i].n > PLACES;
}

/* Not file_write, which waits for the disk: thousands of times here, for nothing. */
static void
write_quickly(const char *path, const xmlChar *xml, int len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(xml, 1, (size_t)len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* The file with its document as it is now; what the policy then comes to. */
static void
judge(const char *file, xmlDoc *doc, const char *what, const xmlNode *where)
{
	own_struct(buf) text = buf_new(TEXT_MAX);
	own_str char *path = xprintf("%s%s", folder, file);
	own(policy_t) *p = NULL;
	xmlChar *xml = NULL;
	int len = 0;
	struct err e;

	xmlDocDumpMemory(doc, &xml, &len);
	write_quickly(path, xml, len);
	xmlFree(xml);
	if (!policy_load(&p, folder, &e)) {
		refused++;
		return;
	}
	assert_memory_not_equal(p->hash, sound_hash, 32);
	policy_render(&text, p);
	if (!span_eq(buf_span(&text), buf_span(&sound))) {
		shown++;
		return;
	}
	hidden++;
	print_error("%s line %ld: %s is not seen in the text\n", file, xmlGetLineNo((xmlNode *)where), what);
}

static void
twist(char *text)
{
	char *c = text + strlen(text);

	while (c > text && !((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z')))
		c--;
	*c = *c >= '0' && *c <= '9' ? (*c == '1' ? '2' : '1') : *c >= 'A' && *c <= 'Z' ? (*c == 'B' ? 'C' : 'B') : *c == 'b' ? 'c' : 'b';
}

/* All values that attributes of this name have in this document. */
static size_t
values_of(const xmlNode *n, const xmlChar *name, char *out[FEW], size_t have)
{
	for (; n != NULL; n = n->next) {
		xmlChar *v = n->type == XML_ELEMENT_NODE ? xmlGetNoNsProp(n, name) : NULL;
		bool known = v == NULL;

		for (size_t i = 0; i < have && i < FEW; i++)
			known = known || strcmp(out[i], (const char *)v) == 0;
		if (!known && have < FEW)
			out[have] = xstrdup((const char *)v);
		have += !known;
		xmlFree(v);
		have = values_of(n->children, name, out, have);
	}
	return have;
}

static void
try_value(const char *file, xmlNode *n, const char *name, const char *value)
{
	own_str char *what = xprintf("%s=\"%s\"", name, value);

	xmlSetProp(n, (const xmlChar *)name, (const xmlChar *)value);
	judge(file, n->doc, what, n);
}

static void
change_attribute(const char *file, xmlNode *n, const char *name)
{
	static const char *const words[] = { "yes", "no" };
	own_str char *was = attr(n, name, NULL);
	own_str char *twisted = xstrdup(was);
	char *others[FEW] = { NULL };
	size_t nothers;

	if (tried_enough(n, name))
		return;
	nothers = values_of(xmlDocGetRootElement(n->doc), (const xmlChar *)name, others, 0);
	twist(twisted);
	try_value(file, n, name, twisted);
	for (size_t i = 0; i < COUNT(words); i++)
		if ((strcmp(was, "yes") == 0 || strcmp(was, "no") == 0) && strcmp(was, words[i]) != 0)
			try_value(file, n, name, words[i]);
	for (size_t i = 0; i < nothers && i < FEW; i++) {
		if (nothers < FEW && strcmp(was, others[i]) != 0)
			try_value(file, n, name, others[i]);
		free(others[i]);
	}
	xmlUnsetProp(n, (const xmlChar *)name);
	judge(file, n->doc, name, n);
	xmlNewProp(n, (const xmlChar *)name, (const xmlChar *)was);
}

static void
change_text(const char *file, xmlNode *n)
{
	own_str char *was = xstrdup((const char *)n->content);
	own_str char *twisted = xstrdup(was);

	if (strspn(was, " \t\r\n") == strlen(was) || tried_enough(n, "text"))
		return;
	twist(twisted);
	xmlNodeSetContent(n, NULL);
	xmlNodeAddContent(n, (const xmlChar *)twisted);
	judge(file, n->doc, "a text", n->parent);
	xmlNodeSetContent(n, NULL);
	xmlNodeAddContent(n, (const xmlChar *)was);
}

/* An element gone, and two of a kind in the other order. */
static void
remove_element(const char *file, xmlNode *n)
{
	xmlNode *parent = n->parent, *before = n->next;

	if (parent->type != XML_ELEMENT_NODE || tried_enough(n, "element"))
		return;
	xmlUnlinkNode(n);
	judge(file, parent->doc, (const char *)n->name, parent);
	if (before != NULL)
		xmlAddPrevSibling(before, n);
	else
		xmlAddChild(parent, n);
}

static void
change_all(const char *file, xmlNode *n)
{
	for (; n != NULL; n = n->next) {
		char *names[16];
		size_t count = 0;

		if (n->type == XML_TEXT_NODE)
			change_text(file, n);
		if (n->type != XML_ELEMENT_NODE)
			continue;
		for (xmlAttr *a = n->properties; a != NULL && count < COUNT(names); a = a->next)
			names[count++] = xstrdup((const char *)a->name);
		for (size_t i = 0; i < count; i++) {
			change_attribute(file, n, names[i]);
			free(names[i]);
		}
		change_all(file, n->children);
		remove_element(file, n);
	}
}

/* Of the elements of one name the first gets every attribute that its grammar
 * knows and that it lacks: what may be said must be shown. */

static char *
grammar_of(const char *file)
{
	const char *name = strrchr(file, '/') + 1;
	own_struct(buf) text = buf_new(TEXT_MAX);
	own_str char *path = strncmp(file, "/kinds/", 7) == 0 ? xprintf(POLICY "/grammar/kind.rng") :
	    strncmp(file, "/codes/", 7) == 0 ? xprintf(POLICY "/grammar/codes.rng") :
	    strncmp(file, "/profiles/", 10) == 0 ? xprintf(POLICY "/grammar/profile.rng") :
	    xprintf(POLICY "/grammar/%.*s.rng", (int)strcspn(name, "."), name);
	struct err e;

	assert_done(file_read(&text, path, &e), e);
	return xstrdup(buf_str(&text));
}

static void
add_attributes(const char *file, xmlNode *n, const char *grammar)
{
	static const char *const values[] = { "x", "1", "yes", "2030-01-01" };
	static const char opening[] = "<attribute name=\"";

	for (const char *a = strstr(grammar, opening); a != NULL; a = strstr(a + 1, opening)) {
		own_str char *name = span_dup_str(span_of(a + strlen(opening), strcspn(a + strlen(opening), "\"")));

		if (xmlHasProp(n, (const xmlChar *)name) != NULL)
			continue;
		for (size_t i = 0; i < COUNT(values); i++)
			try_value(file, n, name, values[i]);
		xmlUnsetProp(n, (const xmlChar *)name);
	}
}

static void
add_to_first(const char *file, xmlNode *n, const char *grammar, struct buf *done)
{
	for (; n != NULL; n = n->next) {
		own_str char *word = n->type == XML_ELEMENT_NODE ? xprintf(" %s ", (const char *)n->name) : xstrdup("");

		if (word[0] != '\0' && strstr(buf_str(done), word) == NULL) {
			buf_put_str(done, word);
			add_attributes(file, n, grammar);
		}
		add_to_first(file, n->children, grammar, done);
	}
}

static void
every_addition_is_refused_or_seen(void **state)
{
	static const char *const some[] = { "/agencies.xml", "/algorithms.xml", "/answers.xml", "/kinds/construction.xml", "/kinds/practitioner.xml",
		"/profiles/official.xml", "/roles.xml", "/tiers.xml" };

	for (size_t i = 0; i < COUNT(some); i++) {
		own_str char *path = xprintf("%s%s", folder, some[i]);
		own_str char *grammar = grammar_of(some[i]);
		own_struct(buf) text = buf_new(TEXT_MAX), done = buf_new(TEXT_MAX);
		xmlDoc *doc;
		struct err e;

		assert_done(file_read(&text, path, &e), e);
		doc = xmlReadMemory(buf_str(&text), (int)text.len, NULL, NULL, XML_PARSE_NONET);
		assert_non_null(doc);
		add_to_first(some[i], xmlDocGetRootElement(doc), grammar, &done);
		xmlFreeDoc(doc);
		assert_done(file_write(path, buf_span(&text), 0600, &e), e);
	}
	assert_int_equal(hidden, 0);
}

static void
every_change_is_refused_or_seen(void **state)
{
	for (size_t i = 0; i < nfiles; i++) {
		own_str char *path = xprintf("%s%s", folder, files[i]);
		own_struct(buf) text = buf_new(TEXT_MAX);
		xmlDoc *doc;
		struct err e;

		assert_done(file_read(&text, path, &e), e);
		doc = xmlReadMemory(buf_str(&text), (int)text.len, NULL, NULL, XML_PARSE_NONET);
		assert_non_null(doc);
		change_all(files[i], xmlDocGetRootElement(doc));
		xmlFreeDoc(doc);
		assert_done(file_write(path, buf_span(&text), 0600, &e), e);
	}
	print_message("%zu changes refused, %zu seen in the text\n", refused, shown);
	assert_int_equal(hidden, 0);
	assert_true(refused > 100 * PLACES && shown > 160 * PLACES);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_policy_is_that_of_the_snapshots),
		cmocka_unit_test(no_snapshot_is_left_over),
		cmocka_unit_test(every_addition_is_refused_or_seen),
		cmocka_unit_test(every_change_is_refused_or_seen),
	};

	if (argc == 2 && strcmp(argv[1], "renew") == 0)
		return renew();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
