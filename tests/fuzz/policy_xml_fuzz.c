/* policy_load, policy_render, kind_grammar, answer_pick: the input is one file of
 * a policy, which its root element names; the others are the project's own. */
#include "tests/fuzz/target.h"

#include "policy/policy.h"

#include <ftw.h>
#include <libxml/relaxng.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define POLICY SOURCE_DIR "/policy"

static const struct place { const char *root, *file, *own; } places[] = {
	{ "<agencies", "agencies.xml", "agencies.xml" }, { "<roles", "roles.xml", "roles.xml" }, { "<tiers", "tiers.xml", "tiers.xml" },
	{ "<algorithms", "algorithms.xml", "algorithms.xml" }, { "<answers", "answers.xml", "answers.xml" }, { "<timestamps", "timestamps.xml", "timestamps.xml" },
	{ "<codes", "codes/one.xml", "codes/land-types.xml" },
	{ "<kind", "kinds/one.xml", "kinds/land-use.xml" }, { "<profile", "profiles/one.xml", "profiles/official.xml" },
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
lead_to_own(const struct place *p)
{
	own_str char *to = xprintf(POLICY "/%s", p->own);

	lead(p->file, to);
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
static const char *const lists[] = { "axis-orders", "birth-places", "central-meridians", "construction-classes", "sexes" };

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
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		own_str char *name = xprintf("codes/%s.xml", lists[i]), *to = xprintf(POLICY "/codes/%s.xml", lists[i]);

		lead(name, to);
	}
	lead("grammar", POLICY "/grammar");
	for (size_t i = 0; i < PLACES; i++)
		lead_to_own(&places[i]);
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
	own_str char *here = NULL;
	own(policy_t) *p = NULL;
	struct err e = { .class = ERR_BUG };

	if (place == NULL)
		return 0;
	if (input == 0)
		make_folder();
	promise(ftruncate(input, 0) == 0 && pwrite(input, data, size, 0) == (ssize_t)size);
	here = xprintf("/proc/self/fd/%d", input);
	lead(place->file, here);
	if (policy_load(&p, folder, &e))
		check_policy(p);
	else
		promise(e.text[0] != '\0' && e.class != ERR_BUG && e.class != ERR_STORE);
	lead_to_own(place);
	return 0;
}
