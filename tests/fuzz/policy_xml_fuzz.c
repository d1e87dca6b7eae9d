/* policy_load, policy_render, kind_grammar, answer_pick: the input is one file of
 * a policy, which its root element names, and in a folder its id; the others are
 * the project's own. */
#include "tests/fuzz/target.h"

#include "policy/policy.h"

#include <ftw.h>
#include <libxml/relaxng.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define POLICY SOURCE_DIR "/policy"

static const struct place { const char *root, *own, *folder; } places[] = {
	{ "<agencies", "agencies.xml" }, { "<roles", "roles.xml" }, { "<tiers", "tiers.xml" },
	{ "<algorithms", "algorithms.xml" }, { "<answers", "answers.xml" }, { "<timestamps", "timestamps.xml" },
	{ "<codes", "codes/land-types.xml", "codes" }, { "<kind", "kinds/land-use.xml", "kinds" }, { "<profile", "profiles/official.xml", "profiles" },
};
#define PLACES (sizeof(places) / sizeof(places[0]))

static char folder[] = "/tmp/antin-fuzz-XXXXXX";
static int input;	/* memory that the file of the input's place leads to */

static void
lead(const char *name, const char *to)
{
	own_str char *at = xprintf("%s/%s", folder, name);

	(void)unlink(at);
	promise(symlink(to, at) == 0);
}

static void
take_away(const char *name)
{
	own_str char *at = xprintf("%s/%s", folder, name);

	(void)unlink(at);
}

static void
lead_to_own(const char *name)
{
	own_str char *to = xprintf(POLICY "/%s", name);

	lead(name, to);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

static void
remove_folder(void)
{
	(void)nftw(folder, remove_one, 8, FTW_PHYS | FTW_DEPTH);
}

/* Lists that kinds name, beside the one that is tried. */
static const char *const lists[] = { "codes/axis-orders.xml", "codes/birth-places.xml", "codes/central-meridians.xml", "codes/construction-classes.xml", "codes/sexes.xml" };
#define LISTS (sizeof(lists) / sizeof(lists[0]))

static void
make_folder(void)
{
	static const char *const below[] = { "codes", "kinds", "profiles" };
	struct err e;

	promise(mkdtemp(folder) != NULL && atexit(remove_folder) == 0 && (input = memfd_create("input", MFD_CLOEXEC)) > 0);
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		own_str char *path = xprintf("%s/%s", folder, below[i]);

		promise(folder_make(path, 0700, &e));
	}
	for (size_t i = 0; i < LISTS; i++)
		lead_to_own(lists[i]);
	lead_to_own("grammar");
	for (size_t i = 0; i < PLACES; i++)
		lead_to_own(places[i].own);
}

/* Where the input belongs: a file of a folder is called by its id. */
static char *
name_of(const struct place *p, struct span text)
{
	const char *at = memmem(text.ptr, text.len, " id=\"", 5), *end = (const char *)text.ptr + text.len;
	size_t n = 0;

	if (p->folder == NULL || at == NULL)
		return xstrdup(p->own);
	for (at += 5; at + n < end && n < 40 && (at[n] == '-' || (at[n] >= 'a' && at[n] <= 'z')); n++)
		;
	return n == 0 ? xstrdup(p->own) : xprintf("%s/%.*s.xml", p->folder, (int)n, at);
}

static void
put_back(const struct place *p, const char *name)
{
	take_away(name);
	lead_to_own(p->own);
	for (size_t i = 0; i < LISTS; i++)
		if (strcmp(lists[i], name) == 0)
			lead_to_own(name);
}

static const struct place *
place_of(struct span text)
{
	for (size_t i = 0; i < PLACES; i++)
		if (memmem(text.ptr, text.len, places[i].root, strlen(places[i].root)) != NULL)
			return &places[i];
	return NULL;
}

/* What permits of a kind are held against is a grammar. */
static void
check_kind(const struct kind *k)
{
	own_struct(buf) text = buf_new(1 << 24);
	xmlRelaxNGParserCtxt *parser;
	xmlRelaxNG *schema;

	buf_put_str(&text, "<grammar xmlns=\"http://relaxng.org/ns/structure/1.0\"><start>");
	kind_grammar(&text, k);
	buf_put_str(&text, "</start></grammar>");
	parser = xmlRelaxNGNewMemParserCtxt(buf_str(&text), (int)text.len);
	promise(parser != NULL && (schema = xmlRelaxNGParse(parser)) != NULL);
	xmlRelaxNGFree(schema);
	xmlRelaxNGFreeParserCtxt(parser);
	promise(k->width >= 1 && k->width <= 9);
}

static void
check_policy(const struct policy *p)
{
	own_struct(buf) text = buf_new(1 << 24);
	struct answer_case c = { .way = "qr", .tier = "" };
	struct err e;

	policy_render(&text, p);
	promise(buf_ok(&text, "policy", &e) && answer_pick(p, &c) != NULL);
	for (size_t i = 0; i < p->nkinds; i++)
		check_kind(&p->kind[i]);
	for (size_t i = 0; i < p->nprofiles; i++)
		promise(p->profile[i].years >= 1 && p->profile[i].years <= 30);
	for (size_t i = 0; i < p->nverbs; i++)
		promise(p->verb[i].secs > 0 && (p->verb[i].people == 1 || p->verb[i].people == 2));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct place *place = place_of(span_of(data, size));
	own_str char *here = NULL, *name = NULL;
	own(policy_t) *p = NULL;
	struct err e = { .class = ERR_BUG };

	if (place == NULL)
		return 0;
	if (input == 0)
		make_folder();
	promise(ftruncate(input, 0) == 0 && pwrite(input, data, size, 0) == (ssize_t)size);
	here = xprintf("/proc/self/fd/%d", input);
	name = name_of(place, span_of(data, size));
	take_away(place->own);
	lead(name, here);
	if (policy_load(&p, folder, &e))
		check_policy(p);
	else
		promise(e.text[0] != '\0' && e.class != ERR_BUG && e.class != ERR_STORE);
	put_back(place, name);
	return 0;
}
