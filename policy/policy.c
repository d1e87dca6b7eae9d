#include "policy/policy.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/ossl.h"
#include "policy/mailbox.h"

#include <dirent.h>
#include <stdlib.h>

#define PART_MAX (1u << 20)
#define VERB_MINUTES_MAX (7 * 24 * 60)	/* an order is for now, not for a drawer */

/*
 * Every file once: what is read is what is hashed.
 */

static bool
ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

static int
is_policy(const struct dirent *d)
{
	return ends_with(d->d_name, ".xml") || ends_with(d->d_name, ".rng");
}

static bool
read_part(struct policy *p, const char *sub, const char *name, struct err *e)
{
	own_str char *path = xprintf("%s%s/%s", p->folder, sub, name);
	struct policy_part *part;

	p->part = xrealloc(p->part, (p->nparts + 1) * sizeof(*part));
	part = &p->part[p->nparts++];
	*part = (struct policy_part){ .name = xprintf("%s/%s", sub, name), .text = buf_new(PART_MAX) };
	if (!file_read(&part->text, path, e))
		return false;
	sha256(part->digest, buf_span(&part->text));
	return true;
}

static bool
read_folder(struct policy *p, const char *sub, struct err *e)
{
	own_str char *folder = xprintf("%s%s", p->folder, sub);
	struct dirent **list = NULL;
	int n = scandir(folder, &list, is_policy, alphasort);
	bool good = true;

	for (int i = 0; i < n; i++) {
		good = good && read_part(p, sub, list[i]->d_name, e);
		free(list[i]);
	}
	free(list);
	return good;
}

static bool
read_parts(struct policy *p, struct err *e)
{
	own_struct(buf) all = buf_new(PART_MAX);

	if (!read_folder(p, "", e) || !read_folder(p, "/codes", e) || !read_folder(p, "/grammar", e) || !read_folder(p, "/kinds", e) || !read_folder(p, "/profiles", e))
		return false;
	for (size_t i = 0; i < p->nparts; i++) {
		buf_printf(&all, "%s\n", p->part[i].name);
		buf_put(&all, p->part[i].digest, sizeof(p->part[i].digest));
	}
	sha256(p->hash, buf_span(&all));
	return buf_ok(&all, "a policy's files", e);
}

static const struct policy_part *
part_named(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->nparts; i++)
		if (strcmp(p->part[i].name, name) == 0)
			return &p->part[i];
	return NULL;
}

bool
policy_text(struct span *out, const struct policy *p, const char *name, struct err *e)
{
	const struct policy_part *part = part_named(p, name);

	if (part == NULL)
		return fail(e, ERR_ABSENT, "there is no %s%s", p->folder, name);
	*out = buf_span(&part->text);
	return true;
}

static bool
open_grammar(struct grammar **g, const struct policy *p, const char *name, struct err *e)
{
	own_str char *below = xprintf("/grammar/%s.rng", name), *path = xprintf("%s%s", p->folder, below);
	struct span text;

	return policy_text(&text, p, below, e) && grammar_open(g, path, text, e);
}

static bool
open_part(struct policy_file *f, const struct policy *p, const char *name, const struct grammar *g, struct err *e)
{
	own_str char *path = xprintf("%s%s", p->folder, name);
	struct span text;

	return policy_text(&text, p, name, e) && policy_file_open(f, path, text, g, e);
}

/*
 * Rows.
 */

static bool
read_agency(struct policy *p, const struct policy_file *f, xmlNode *n, struct err *e)
{
	struct agency *a = &p->agency[p->nagencies++];

	if (!agency_read(a, f, n, e))
		return false;
	return policy_agency(p, a->id) == a || fail_at(e, f, n, "the agency %s stands twice", a->id);
}

static bool
read_role(struct policy *p, const struct policy_file *f, xmlNode *n, struct err *e)
{
	p->role[p->nroles++] = (struct role){ attr(n, "id", NULL), attr(n, "vi", NULL), attr(n, "en", NULL) };
	return true;
}

static bool
roles_known(const struct policy *p, const char *list)
{
	own_str char *copy = xstrdup(list);
	char *rest = copy;

	for (char *w = strsep(&rest, " "); w != NULL; w = strsep(&rest, " ")) {
		bool known = false;

		for (size_t i = 0; i < p->nroles; i++)
			known |= strcmp(p->role[i].id, w) == 0;
		if (!known)
			return false;
	}
	return true;
}

static bool
read_verb(struct policy *p, const struct policy_file *f, xmlNode *n, struct err *e)
{
	struct order_verb *v = &p->verb[p->nverbs++];
	int64_t minutes = attr_int(n, "minutes", 0);

	*v = (struct order_verb){ .id = attr(n, "id", NULL), .roles = attr(n, "roles", NULL), .vi = attr(n, "vi", NULL),
		.en = attr(n, "en", NULL), .people = attr_int(n, "people", 1) };
	if (policy_verb(p, v->id) != v)
		return fail_at(e, f, n, "the verb %s stands twice", v->id);
	if (!roles_known(p, v->roles))
		return fail_at(e, f, n, "the verb %s names a role that is none", v->id);
	/* Consent is what a second person gives; antin-signer keeps no order waiting. */
	if (v->people == 2 && (strncmp(v->id, "order.", 6) == 0 || strncmp(v->id, "permit.", 7) == 0))
		return fail_at(e, f, n, "the verb %s is one person's", v->id);
	if (minutes < 1 || minutes > VERB_MINUTES_MAX)
		return fail_at(e, f, n, "the verb %s has no life time of 1 to %d minutes", v->id, VERB_MINUTES_MAX);
	v->secs = minutes * 60;
	return true;
}

static bool
oid_of_tier(const struct tier *t, const char *oid)
{
	return strcmp(t->policy, oid) == 0 || (t->formerly[0] != '\0' && strcmp(t->formerly, oid) == 0);
}

/* Now or formerly. */
static bool
shares_oid(const struct policy *p, const struct tier *t)
{
	for (const struct tier *other = p->tier; other < t; other++)
		if (oid_of_tier(other, t->policy) || oid_of_tier(t, other->policy) || oid_of_tier(t, other->formerly))
			return true;
	return false;
}

static bool
read_tier(struct policy *p, const struct policy_file *f, xmlNode *n, struct err *e)
{
	struct tier *t = &p->tier[p->ntiers++];

	*t = (struct tier){ .id = attr(n, "id", NULL), .policy = attr(n, "policy", NULL), .formerly = attr(n, "formerly", ""),
		.vi = attr(n, "vi", NULL), .en = attr(n, "en", NULL), .fr = attr(n, "fr", NULL), .mark = attr(n, "mark", ""), .prefix = { attr(n, "prefix-vi", ""), attr(n, "prefix-en", ""), attr(n, "prefix-fr", "") },
		.prefix_sms = attr(n, "prefix-sms", ""), .legal = attr_yes(n, "legal", false) };
	if (policy_tier(p, t->id) != t || shares_oid(p, t))
		return fail_at(e, f, n, "two tiers with one name or one policy OID (%s)", t->id);
	/* What has no legal value says so in every name and every answer. */
	if (!t->legal && (t->mark[0] == '\0' || t->prefix[LANG_VI][0] == '\0' || t->prefix[LANG_EN][0] == '\0' || t->prefix_sms[0] == '\0'))
		return fail_at(e, f, n, "the tier %s has no legal value and does not say so (mark and prefixes)", t->id);
	/* A demonstration does not become law by another word in one attribute. */
	if (t->legal && (t->mark[0] != '\0' || t->prefix[LANG_VI][0] != '\0' || t->prefix[LANG_EN][0] != '\0' || t->prefix[LANG_FR][0] != '\0' || t->prefix_sms[0] != '\0'))
		return fail_at(e, f, n, "the tier %s has legal value and bears the mark or prefix of one that has none", t->id);
	return true;
}

static bool
read_algorithm(struct policy *p, const struct policy_file *f, xmlNode *n, struct err *e)
{
	struct algorithm *a = &p->algorithm[p->nalgorithms++];

	*a = (struct algorithm){ .id = attr(n, "id", NULL), .uri = attr(n, "uri", ""), .remark = attr(n, "remark", ""), .key = attr(n, "key", ""), .least_bits = attr_int(n, "least-bits", 0) };
	if (policy_algorithm(p, a->id) != a)
		return fail_at(e, f, n, "the algorithm %s stands twice", a->id);
	if (!attr_day(f, n, "new-until", 0, &a->new_until, e) || !attr_day(f, n, "old-until", 0, &a->old_until, e))
		return false;
	/* Below nothing there is no key that is too short. */
	if (a->least_bits < 0)
		return fail_at(e, f, n, "%s has a least length below zero", a->id);
	if (a->key[0] != '\0' && (a->uri[0] != '\0' || a->least_bits == 0))
		return fail_at(e, f, n, "%s dates keys: it has a least length and no URI", a->id);
	return a->new_until <= a->old_until || fail_at(e, f, n, "%s is accepted longer for new signatures than for old ones", a->id);
}

static bool
read_time_authority(struct policy *p, const struct policy_file *f, xmlNode *n, struct err *e)
{
	struct time_authority *a = &p->time_authority[p->ntime_authorities++];

	if (!time_authority_read(a, f, n, e))
		return false;
	return policy_time_authority(p, a->id) == a || fail_at(e, f, n, "the time-stamping authority %s stands twice", a->id);
}

static const char *const lang_word[LANGS] = { "vi", "en", "fr" };

static void
read_texts(xmlNode *n, const char *name, char *out[LANGS])
{
	for (xmlNode *c = child_named(n, name); c != NULL; c = next_named(c, name)) {
		own_str char *lang = attr(c, "lang", NULL);

		for (int i = 0; i < LANGS; i++)
			if (strcmp(lang, lang_word[i]) == 0)
				out[i] = node_text(c);
	}
}

static bool
read_answer(struct policy *p, const struct policy_file *f, xmlNode *n, struct err *e)
{
	struct answer *a = &p->answer[p->nanswers++];
	xmlNode *word = child_named(n, "word"), *sms = child_named(n, "sms");

	*a = (struct answer){ .id = attr(n, "id", NULL), .sign = attr(n, "sign", NULL), .colour = attr(n, "colour", NULL) };
	for (int i = 0; i < LANGS; i++)
		a->word[i] = attr(word, lang_word[i], NULL);
	read_texts(n, "say", a->say);
	read_texts(n, "do", a->act);
	a->sms = sms != NULL ? node_text(sms) : NULL;
	return policy_answer(p, a->id) == a || fail_at(e, f, n, "the answer %s stands twice", a->id);
}

static bool
read_rule(struct policy *p, const struct policy_file *f, xmlNode *n, struct err *e)
{
	struct answer_rule *r = &p->rule[p->nrules++];
	enum verdict v;
	enum sub_indication s;
	enum in_force i;

	*r = (struct answer_rule){ attr(n, "answer", NULL), attr(n, "verdict", NULL), attr(n, "sub", NULL), attr(n, "in-force", NULL),
		attr(n, "way", NULL), attr(n, "tier", NULL), attr(n, "case", NULL) };
	if (policy_answer(p, r->answer) == NULL)
		return fail_at(e, f, n, "there is no answer %s", r->answer);
	if ((r->verdict != NULL && !verdict_from_word(&v, r->verdict)) || (r->sub != NULL && !sub_from_word(&s, r->sub)) ||
	    (r->in_force != NULL && !in_force_from_word(&i, r->in_force)))
		return fail_at(e, f, n, "a verdict, sub-indication or state that is none");
	return true;
}

static bool
read_profile(struct policy *p, const struct policy_file *f, xmlNode *n, struct err *e)
{
	struct profile *x = &p->profile[p->nprofiles++];

	*x = (struct profile){ .id = attr(n, "id", NULL), .vi = attr(n, "vi", NULL), .en = attr(n, "en", NULL), .years = attr_int(n, "years", 0),
		.path_length = attr_int(n, "path-length", -1), .ca = attr_yes(n, "ca", false), .eku_critical = attr_yes(n, "eku-critical", false),
		.person = attr_yes(n, "person", false), .key_usage = attr(n, "key-usage", NULL), .eku = attr(n, "extended-key-usage", ""), .mail_domains = attr(n, "mail-domains", ""),
		.subject = attr(n, "subject", NULL), .renew_days = attr_int(n, "renew-days", 0), .ocsp = attr_yes(n, "ocsp", false) };
	if (x->years < 1 || x->years > 30)
		return fail_at(e, f, n, "a profile lasts 1 to 30 years");
	if (x->renew_days < 0 || x->renew_days > x->years * 365 / 2)
		return fail_at(e, f, n, "a certificate is renewed in the second half of its life, if at all");
	if (x->ca && x->renew_days > 0)
		return fail_at(e, f, n, "a CA's certificate is a ceremony's to renew");
	if (x->ca != (strstr(x->key_usage, "keyCertSign") != NULL))
		return fail_at(e, f, n, "a CA has keyCertSign, and only a CA (RFC 5280 4.2.1.3)");
	if (x->ocsp && (x->ca || word_in(x->eku, "OCSPSigning")))
		return fail_at(e, f, n, "OCSP answers for neither a CA nor a responder (RFC 6960 4.2.2.2.1)");
	if ((x->mail_domains[0] != '\0') != (strcmp(x->eku, "emailProtection") == 0))
		return fail_at(e, f, n, "a profile for mail names its mail-domains, and no other does");
	if (x->mail_domains[0] != '\0' && (!x->person || !mail_domains_good(x->mail_domains)))
		return fail_at(e, f, n, "mail-domains are a person's: domains in small letters, a space between two");
	return true;
}

static bool
read_kind(struct policy *p, const struct policy_file *f, xmlNode *n, struct err *e)
{
	struct kind *k = &p->kind[p->nkinds];

	if (!kind_read(k, f, p->codes, p->ncodes, e))
		return false;
	p->nkinds++;
	return policy_kind_by_loai(p, k->loai) == k || fail_at(e, f, n, "two kinds with one loai (%s)", k->loai);
}

static bool
read_codes(struct policy *p, const struct policy_file *f, xmlNode *n, struct err *e)
{
	if (!code_list_read(&p->codes[p->ncodes], f, e))
		return false;
	p->ncodes++;
	return true;
}

/*
 * Files.
 */

typedef bool row_reader(struct policy *, const struct policy_file *, xmlNode *, struct err *);
struct rows { const char *element; size_t array, size; row_reader *read; };

/* Files of rows; the first are those that verdicts are judged by. */
static const struct { const char *file; struct rows rows[2]; } tables[] = {
	{ "agencies", { { "agency", offsetof(struct policy, agency), sizeof(struct agency), read_agency } } },
	{ "tiers", { { "tier", offsetof(struct policy, tier), sizeof(struct tier), read_tier } } },
	{ "algorithms", { { "algorithm", offsetof(struct policy, algorithm), sizeof(struct algorithm), read_algorithm } } },
	{ "timestamps", { { "authority", offsetof(struct policy, time_authority), sizeof(struct time_authority), read_time_authority } } },
#define TABLES_VERDICT 4
	{ "answers", { { "answer", offsetof(struct policy, answer), sizeof(struct answer), read_answer },
			 { "when", offsetof(struct policy, rule), sizeof(struct answer_rule), read_rule } } },
#define TABLES_REPORT 5
	{ "roles", { { "role", offsetof(struct policy, role), sizeof(struct role), read_role },
		       { "verb", offsetof(struct policy, verb), sizeof(struct order_verb), read_verb } } },
};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static bool
read_rows(struct policy *p, const struct policy_file *f, const struct rows *r, struct err *e)
{
	xmlNode *root = xmlDocGetRootElement(f->doc);

	*(void **)((char *)p + r->array) = xalloc(count_named(root, r->element) * r->size);
	for (xmlNode *n = child_named(root, r->element); n != NULL; n = next_named(n, r->element))
		if (!r->read(p, f, n, e))
			return false;
	return true;
}

static bool
load_table(struct policy *p, size_t t, struct err *e)
{
	own_str char *name = xprintf("/%s.xml", tables[t].file);
	struct policy_file f;
	struct grammar *g = NULL;
	bool good = open_grammar(&g, p, tables[t].file, e) && open_part(&f, p, name, g, e);

	grammar_free(g);
	if (!good)
		return false;
	for (size_t i = 0; good && i < 2 && tables[t].rows[i].element != NULL; i++)
		good = read_rows(p, &f, &tables[t].rows[i], e);
	policy_file_close(&f);
	return good;
}

/* A file of a folder is one row, and has its name: so no two have one. */
static const struct folder { const char *below, *grammar; struct rows rows; }
	codes_folder = { "/codes/", "codes", { .array = offsetof(struct policy, codes), .size = sizeof(struct code_list), .read = read_codes } },
	kinds_folder = { "/kinds/", "kind", { .array = offsetof(struct policy, kind), .size = sizeof(struct kind), .read = read_kind } },
	profiles_folder = { "/profiles/", "profile", { .array = offsetof(struct policy, profile), .size = sizeof(struct profile), .read = read_profile } };

static bool
check_name(const struct policy_file *f, struct err *e)
{
	xmlNode *root = xmlDocGetRootElement(f->doc);
	own_str char *id = attr(root, "id", ""), *name = xprintf("%s.xml", id);

	return strcmp(strrchr(f->path, '/') + 1, name) == 0 || fail_at(e, f, root, "the file of %s is called %s", id, name);
}

static bool
load_file(struct policy *p, const char *name, const struct grammar *g, row_reader *read, struct err *e)
{
	struct policy_file f;
	bool good;

	if (!open_part(&f, p, name, g, e))
		return false;
	good = read(p, &f, xmlDocGetRootElement(f.doc), e) && check_name(&f, e);
	policy_file_close(&f);
	return good;
}

static bool
is_below(const struct policy_part *part, const struct folder *d)
{
	return strncmp(part->name, d->below, strlen(d->below)) == 0 && ends_with(part->name, ".xml");
}

static size_t
count_below(const struct policy *p, const struct folder *d)
{
	size_t n = 0;

	for (size_t i = 0; i < p->nparts; i++)
		n += is_below(&p->part[i], d);
	return n;
}

/* Every file of a folder in the order of names, by one grammar. */
static bool
load_folder(struct policy *p, const struct folder *d, struct err *e)
{
	size_t n = count_below(p, d);
	struct grammar *g = NULL;
	bool good = (n > 0 || fail(e, ERR_ABSENT, "there is no .xml file in %s%s", p->folder, d->below)) && open_grammar(&g, p, d->grammar, e);

	*(void **)((char *)p + d->rows.array) = xalloc(n * d->rows.size);
	for (size_t i = 0; good && i < p->nparts; i++)
		if (is_below(&p->part[i], d))
			good = load_file(p, p->part[i].name, g, d->rows.read, e);
	grammar_free(g);
	return good;
}

/* Of lists that nothing is looked up in, that they are there. */
static void
name_codes(struct policy *p)
{
	p->codes = xalloc(count_below(p, &codes_folder) * sizeof(struct code_list));
	for (size_t i = 0; i < p->nparts; i++) {
		const char *name = p->part[i].name + strlen(codes_folder.below);

		if (is_below(&p->part[i], &codes_folder))
			p->codes[p->ncodes++].id = span_dup_str(span_of(name, strlen(name) - strlen(".xml")));
	}
}

static const struct answer_rule *rule_of(const struct policy *, const struct answer_case *);

/* Whoever asks is always answered: answer_pick promises a rule for every case.
 * A judgement without a tier fits only rows that ask for none: it is the
 * hardest to answer, so that no other tier need be tried. */
static bool
check_answers(const struct policy *p, struct err *e)
{
	static const char *const ways[] = { "file", "code", "qr", "number", "hash" };
	enum { WAYS = sizeof(ways) / sizeof(ways[0]) };
	static const char *const cases[] = { "no-signature", "status-undated", "code-mistyped", "code-not-found", "number-not-found", "hash-unknown", "dossier-code", "dossier-code-undated", "too-many-tries", "too-many-numbers", "busy" };
	static const struct { enum in_force in_force; const char *reason; } variants[] = { { FORCE_SUSPENDED, "open" }, { FORCE_VOID, "alone" } };

	for (int n = 0; n < VERDICTS * SUB_INDICATIONS * FORCES * WAYS; n++) {
		struct answer_case c = { .verdict = (enum verdict)(n / (SUB_INDICATIONS * FORCES * WAYS)), .sub = (enum sub_indication)(n / (FORCES * WAYS) % SUB_INDICATIONS),
			.in_force = (enum in_force)(n / WAYS % FORCES), .way = ways[n % WAYS], .tier = "" };

		if (rule_of(p, &c) == NULL)
			return fail(e, ERR_INPUT, "%s/answers.xml: no row fits verdict=%s sub=%s in-force=%s way=%s", p->folder, verdict_short(c.verdict),
			    sub_word(c.sub), in_force_word(c.in_force), c.way);
	}
	for (size_t i = 0; i < WAYS * sizeof(variants) / sizeof(variants[0]); i++) {
		struct answer_case c = { .verdict = VERDICT_PASSED, .in_force = variants[i / WAYS].in_force, .way = ways[i % WAYS], .tier = "", .reason = variants[i / WAYS].reason };

		if (rule_of(p, &c) == NULL)
			return fail(e, ERR_INPUT, "%s/answers.xml: no row fits in-force=%s way=%s case=%s", p->folder, in_force_word(c.in_force), c.way, c.reason);
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (rule_of(p, &(struct answer_case){ .way = "code", .tier = "", .reason = cases[i] }) == NULL)
			return fail(e, ERR_INPUT, "%s/answers.xml: no row fits case=%s", p->folder, cases[i]);
	return true;
}

/* The first ntables tables, and the profiles. */
static bool
load_first(struct policy *p, size_t ntables, struct err *e)
{
	for (size_t t = 0; t < ntables; t++)
		if (!load_table(p, t, e))
			return false;
	return agencies_agree(p->agency, p->nagencies, e) && load_folder(p, &profiles_folder, e) && (p->nanswers == 0 || check_answers(p, e));
}

static bool
load_all(struct policy *p, struct err *e)
{
	return load_first(p, TABLES, e) && load_folder(p, &codes_folder, e) && load_folder(p, &kinds_folder, e);
}

static struct policy *
policy_new(const char *folder)
{
	struct policy *p = xalloc(sizeof(*p));

	p->folder = xstrdup(folder);
	return p;
}

bool
policy_load(struct policy **out, const char *folder, struct err *e)
{
	own(policy_t) *p = policy_new(folder);

	if (!read_parts(p, e) || !load_all(p, e))
		return false;
	*out = take(&p);
	return true;
}

bool
policy_open(struct policy **out, const char *folder, bool report, struct err *e)
{
	own(policy_t) *p = policy_new(folder);

	if (!read_parts(p, e) || !load_first(p, report ? TABLES_REPORT : TABLES_VERDICT, e))
		return false;
	name_codes(p);
	*out = take(&p);
	return true;
}

bool
policy_kind_read(struct kind **out, const struct policy *p, const char *id, struct err *e)
{
	own_str char *name = xprintf("/kinds/%s.xml", id);
	own(kind_t) *k = NULL;
	struct policy_file f;
	struct grammar *g = NULL;
	bool good;

	*out = NULL;
	if (part_named(p, name) == NULL)
		return true;
	good = open_grammar(&g, p, kinds_folder.grammar, e) && open_part(&f, p, name, g, e);
	grammar_free(g);
	if (!good)
		return false;
	k = xalloc(sizeof(*k));
	good = kind_read(k, &f, p->codes, p->ncodes, e) && check_name(&f, e);
	policy_file_close(&f);
	if (good)
		*out = take(&k);
	return good;
}

/* The strings of rows live as long as the process; tests and tools that load
 * many policies free the arrays and the kinds. */
static void
free_strings(void *rows, size_t n, size_t size, size_t strings)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < strings; k++)
			free(((char **)((char *)rows + i * size))[k]);
	free(rows);
}

void
policy_free(struct policy *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->nparts; i++) {
		free(p->part[i].name);
		buf_drop(&p->part[i].text);
	}
	free(p->part);
	free(p->folder);
	for (size_t i = 0; i < p->nkinds; i++)
		kind_free_members(&p->kind[i]);
	free(p->kind);
	for (size_t i = 0; i < p->ncodes; i++)
		code_list_free_members(&p->codes[i]);
	free(p->codes);
	for (size_t i = 0; i < p->nprofiles; i++) {
		struct profile *x = &p->profile[i];

		free(x->id); free(x->vi); free(x->en); free(x->key_usage); free(x->eku); free(x->subject); free(x->mail_domains);
	}
	free(p->profile);
	for (size_t i = 0; i < p->nagencies; i++)
		agency_free_members(&p->agency[i]);
	free(p->agency);
	for (size_t i = 0; i < p->ntime_authorities; i++)
		time_authority_free_members(&p->time_authority[i]);
	free(p->time_authority);
	free_strings(p->role, p->nroles, sizeof(struct role), 3);
	free_strings(p->verb, p->nverbs, sizeof(struct order_verb), 4);
	free_strings(p->tier, p->ntiers, sizeof(struct tier), 11);
	free_strings(p->algorithm, p->nalgorithms, sizeof(struct algorithm), 4);
	free_strings(p->answer, p->nanswers, sizeof(struct answer), sizeof(struct answer) / sizeof(char *));
	free_strings(p->rule, p->nrules, sizeof(struct answer_rule), 7);
	free(p);
}

/*
 * Looking up.
 */

#define LOOKUP(name, type, list, count, field)				\
const struct type *							\
name(const struct policy *p, const char *id)				\
{									\
	for (size_t i = 0; i < p->count; i++)				\
		if (strcmp(p->list[i].field, id) == 0)			\
			return &p->list[i];				\
	return NULL;							\
}

LOOKUP(policy_kind, kind, kind, nkinds, id)
LOOKUP(policy_kind_by_loai, kind, kind, nkinds, loai)
LOOKUP(policy_profile, profile, profile, nprofiles, id)
LOOKUP(policy_agency, agency, agency, nagencies, id)
LOOKUP(policy_verb, order_verb, verb, nverbs, id)
LOOKUP(policy_tier, tier, tier, ntiers, id)
LOOKUP(policy_algorithm, algorithm, algorithm, nalgorithms, id)
static LOOKUP(by_uri, algorithm, algorithm, nalgorithms, uri)

/* "" is the URI of those that have none. */
const struct algorithm *
policy_algorithm_by_uri(const struct policy *p, const char *uri)
{
	return uri[0] == '\0' ? NULL : by_uri(p, uri);
}

const struct algorithm *
policy_key(const struct policy *p, const char *kind, int64_t bits)
{
	const struct algorithm *best = NULL;

	for (const struct algorithm *a = p->algorithm; a < p->algorithm + p->nalgorithms; a++)
		if (strcmp(a->key, kind) == 0 && a->least_bits <= bits && (best == NULL || a->least_bits > best->least_bits))
			best = a;
	return best;
}

LOOKUP(policy_time_authority, time_authority, time_authority, ntime_authorities, id)
LOOKUP(policy_answer, answer, answer, nanswers, id)

const struct tier *
policy_tier_by_oid(const struct policy *p, const char *oid)
{
	for (size_t i = 0; i < p->ntiers; i++)
		if (oid_of_tier(&p->tier[i], oid))
			return &p->tier[i];
	return NULL;
}

bool
word_in(const char *list, const char *word)
{
	size_t n = strlen(word);

	if (n == 0)
		return false;	/* strstr would find it for ever */
	for (const char *s = list; (s = strstr(s, word)) != NULL; s += n)
		if ((s == list || s[-1] == ' ') && (s[n] == '\0' || s[n] == ' '))
			return true;
	return false;
}

bool
profile_commits(const struct profile *f)
{
	return f->person && word_in(f->key_usage, "nonRepudiation");
}

bool
agency_within(const char *agency, const char *scope)
{
	size_t n = strlen(scope);

	return strncmp(agency, scope, n) == 0 && (agency[n] == '\0' || agency[n] == '.');
}

bool
policy_succeeds(const struct policy *p, const char *later, const char *earlier, int32_t day)
{
	const struct agency *a = policy_agency(p, earlier);

	/* As many steps as there are agencies: a ring of successors ends, too. */
	for (size_t i = 0; a != NULL && i <= p->nagencies; i++) {
		if (strcmp(a->id, later) == 0)
			return true;
		a = a->to < day && a->successor[0] != '\0' ? policy_agency(p, a->successor) : NULL;
	}
	return false;
}

static bool
fits(const char *rule, const char *fact)
{
	return rule == NULL || (fact != NULL && strcmp(rule, fact) == 0);
}

static const struct answer_rule *
rule_of(const struct policy *p, const struct answer_case *c)
{
	for (size_t i = 0; i < p->nrules; i++) {
		const struct answer_rule *r = &p->rule[i];

		/* A rule with a case is for that case alone, and the reverse. */
		if ((r->reason != NULL) != (c->reason != NULL) || !fits(r->reason, c->reason))
			continue;
		if (fits(r->verdict, verdict_short(c->verdict)) && fits(r->sub, sub_word(c->sub)) &&
		    fits(r->in_force, in_force_word(c->in_force)) && fits(r->way, c->way) && fits(r->tier, c->tier))
			return r;
	}
	return NULL;
}

const struct answer *
answer_pick(const struct policy *p, const struct answer_case *c)
{
	const struct answer_rule *r = rule_of(p, c);

	promise(r != NULL);
	return policy_answer(p, r->answer);
}

void
answer_fill(struct buf *out, const char *text, const char *const values[])
{
	for (const char *s = text; *s != '\0'; s++) {
		const char *close = *s == '{' ? strchr(s, '}') : NULL;
		size_t i = 0;

		if (close == NULL) {
			buf_put_byte(out, (unsigned char)*s);
			continue;
		}
		while (values[i] != NULL && !(strlen(values[i]) == (size_t)(close - s - 1) && strncmp(values[i], s + 1, (size_t)(close - s - 1)) == 0))
			i += 2;
		buf_put_str(out, values[i] != NULL ? values[i + 1] : "…");
		s = close;
	}
}
