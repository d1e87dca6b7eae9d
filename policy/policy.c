#include "policy/policy.h"

#include "base/clock.h"
#include "base/file.h"
#include "policy/mailbox.h"

#include <openssl/evp.h>

#include <dirent.h>
#include <stdlib.h>

#define VERB_MINUTES_MAX (7 * 24 * 60)	/* an order is for now, not for a drawer */

/*
 * Reading one file of rows.
 */

struct loader { struct policy *p; const char *folder; EVP_MD_CTX *hash; };

static bool
open_grammar(struct grammar **g, const struct loader *l, const char *name, struct err *e)
{
	own_str char *path = xprintf("%s/grammar/%s.rng", l->folder, name);

	return grammar_open(g, path, e);
}

static bool
open_one(const struct loader *l, struct policy_file *f, const char *name, const char *grammar, struct err *e)
{
	own_str char *path = xprintf("%s/%s", l->folder, name);
	struct grammar *g = NULL;
	bool good = open_grammar(&g, l, grammar, e) && policy_file_open(f, path, g, e);

	grammar_free(g);
	return good;
}

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
load_profile(struct policy *p, const struct policy_file *f, xmlNode *n, struct err *e)
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
	return policy_profile(p, x->id) == x || fail_at(e, f, n, "the profile %s stands twice", x->id);
}

/* Files of rows: name, row element, reader, where the count and the array lie. */
typedef bool row_reader(struct policy *, const struct policy_file *, xmlNode *, struct err *);
static const struct { const char *file, *row; size_t array, size; row_reader *read; } tables[] = {
	{ "agencies", "agency", offsetof(struct policy, agency), sizeof(struct agency), read_agency },
	{ "roles", "role", offsetof(struct policy, role), sizeof(struct role), read_role },
	{ "roles", "verb", offsetof(struct policy, verb), sizeof(struct order_verb), read_verb },
	{ "tiers", "tier", offsetof(struct policy, tier), sizeof(struct tier), read_tier },
	{ "algorithms", "algorithm", offsetof(struct policy, algorithm), sizeof(struct algorithm), read_algorithm },
	{ "timestamps", "authority", offsetof(struct policy, time_authority), sizeof(struct time_authority), read_time_authority },
	{ "answers", "answer", offsetof(struct policy, answer), sizeof(struct answer), read_answer },
	{ "answers", "when", offsetof(struct policy, rule), sizeof(struct answer_rule), read_rule },
};

static bool
load_tables(const struct loader *l, struct err *e)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		own_str char *name = xprintf("%s.xml", tables[t].file);
		struct policy_file f;
		bool good = true;
		xmlNode *root;

		if (!open_one(l, &f, name, tables[t].file, e))
			return false;
		root = xmlDocGetRootElement(f.doc);
		*(void **)((char *)l->p + tables[t].array) = xalloc(count_named(root, tables[t].row) * tables[t].size);
		for (xmlNode *n = child_named(root, tables[t].row); good && n != NULL; n = next_named(n, tables[t].row))
			good = tables[t].read(l->p, &f, n, e);
		policy_file_close(&f);
		if (!good)
			return false;
	}
	return true;
}

static int
is_xml(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".xml") == 0;
}

static int
is_policy(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return is_xml(d) || (n > 4 && strcmp(d->d_name + n - 4, ".rng") == 0);
}

static bool
load_kind_file(const struct loader *l, const char *path, const struct grammar *g, struct err *e)
{
	struct kind *k = &l->p->kind[l->p->nkinds];

	if (!kind_load(k, path, g, l->p->codes, l->p->ncodes, e))
		return false;
	l->p->nkinds++;
	if (policy_kind(l->p, k->id) != k || policy_kind_by_loai(l->p, k->loai) != k)
		return fail(e, ERR_INPUT, "%s: two kinds with one id or one loai (%s)", path, k->id);
	return true;
}

static bool
load_codes_file(const struct loader *l, const char *path, const struct grammar *g, struct err *e)
{
	struct code_list *c = &l->p->codes[l->p->ncodes];

	if (!code_list_load(c, path, g, e))
		return false;
	l->p->ncodes++;
	for (const struct code_list *o = l->p->codes; o < c; o++)
		if (strcmp(o->id, c->id) == 0)
			return fail(e, ERR_INPUT, "%s: two lists of codes with one id (%s)", path, c->id);
	return true;
}

static bool
load_profile_file(const struct loader *l, const char *path, const struct grammar *g, struct err *e)
{
	struct policy_file f;
	bool good;

	if (!policy_file_open(&f, path, g, e))
		return false;
	good = load_profile(l->p, &f, xmlDocGetRootElement(f.doc), e);
	policy_file_close(&f);
	return good;
}

typedef bool load_file(const struct loader *, const char *path, const struct grammar *, struct err *);

/* Every .xml of a folder in the order of names, by one grammar. */
static bool
load_folder(const struct loader *l, const char *sub, const char *grammar, size_t size, size_t array, load_file *load, struct err *e)
{
	own_str char *folder = xprintf("%s/%s", l->folder, sub);
	struct dirent **list = NULL;
	int n = scandir(folder, &list, is_xml, alphasort);
	struct grammar *g = NULL;
	bool good = (n > 0 || fail(e, ERR_ABSENT, "there is no .xml file in %s", folder)) && open_grammar(&g, l, grammar, e);

	*(void **)((char *)l->p + array) = xalloc((size_t)(n > 0 ? n : 1) * size);
	for (int i = 0; i < n; i++) {
		own_str char *path = xprintf("%s/%s", folder, list[i]->d_name);

		good = good && load(l, path, g, e);
		free(list[i]);
	}
	free(list);
	grammar_free(g);
	return good;
}

/* name is taken over. */
static void
hash_part(const struct loader *l, char *name, struct span text)
{
	struct policy_part *part;

	l->p->part = xrealloc(l->p->part, (l->p->nparts + 1) * sizeof(*part));
	part = &l->p->part[l->p->nparts++];
	part->name = name;
	promise(EVP_Digest(text.ptr, text.len, part->digest, NULL, EVP_sha256(), NULL) == 1);
	EVP_DigestUpdate(l->hash, name, strlen(name));
	EVP_DigestUpdate(l->hash, "\n", 1);
	EVP_DigestUpdate(l->hash, part->digest, sizeof(part->digest));
}

/* Names and bytes of all files, in the order of names, into the hash. */
static bool
hash_folder(const struct loader *l, const char *sub, struct err *e)
{
	own_str char *folder = xprintf("%s%s", l->folder, sub);
	struct dirent **list = NULL;
	int n = scandir(folder, &list, is_policy, alphasort);
	bool good = true;

	for (int i = 0; i < n; i++) {
		own_str char *path = xprintf("%s/%s", folder, list[i]->d_name);
		own_struct(buf) text = buf_new(1 << 20);

		good = good && file_read(&text, path, e);
		if (good)
			hash_part(l, xprintf("%s/%s", sub, list[i]->d_name), buf_span(&text));
		free(list[i]);
	}
	free(list);
	return good;
}

static const struct answer_rule *rule_of(const struct policy *, const struct answer_case *);

/* Whoever asks is always answered: answer_pick promises a rule for every case.
 * A judgement without a tier fits only rows that ask for none: it is the
 * hardest to answer, so that no other tier need be tried. */
static bool
check_answers(const struct policy *p, const char *folder, struct err *e)
{
	static const char *const ways[] = { "file", "code", "qr", "number" };
	enum { WAYS = sizeof(ways) / sizeof(ways[0]) };
	static const char *const cases[] = { "no-signature", "code-mistyped", "code-not-found", "number-not-found", "dossier-code", "too-many-tries", "too-many-numbers", "busy" };
	static const struct { enum in_force in_force; const char *reason; } variants[] = { { FORCE_SUSPENDED, "open" }, { FORCE_VOID, "alone" } };

	for (int n = 0; n < VERDICTS * SUB_INDICATIONS * FORCES * WAYS; n++) {
		struct answer_case c = { .verdict = (enum verdict)(n / (SUB_INDICATIONS * FORCES * WAYS)), .sub = (enum sub_indication)(n / (FORCES * WAYS) % SUB_INDICATIONS),
			.in_force = (enum in_force)(n / WAYS % FORCES), .way = ways[n % WAYS], .tier = "" };

		if (rule_of(p, &c) == NULL)
			return fail(e, ERR_INPUT, "%s/answers.xml: no row fits verdict=%s sub=%s in-force=%s way=%s", folder, verdict_short(c.verdict),
			    sub_word(c.sub), in_force_word(c.in_force), c.way);
	}
	for (size_t i = 0; i < WAYS * sizeof(variants) / sizeof(variants[0]); i++) {
		struct answer_case c = { .verdict = VERDICT_PASSED, .in_force = variants[i / WAYS].in_force, .way = ways[i % WAYS], .tier = "", .reason = variants[i / WAYS].reason };

		if (rule_of(p, &c) == NULL)
			return fail(e, ERR_INPUT, "%s/answers.xml: no row fits in-force=%s way=%s case=%s", folder, in_force_word(c.in_force), c.way, c.reason);
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (rule_of(p, &(struct answer_case){ .way = "code", .tier = "", .reason = cases[i] }) == NULL)
			return fail(e, ERR_INPUT, "%s/answers.xml: no row fits case=%s", folder, cases[i]);
	return true;
}

bool
policy_load(struct policy **out, const char *folder, struct err *e)
{
	struct loader l = { xalloc(sizeof(struct policy)), folder, EVP_MD_CTX_new() };
	bool good;

	promise(l.hash != NULL && EVP_DigestInit_ex(l.hash, EVP_sha256(), NULL) == 1);
	good = load_tables(&l, e) && agencies_agree(l.p->agency, l.p->nagencies, e) &&
	    load_folder(&l, "codes", "codes", sizeof(struct code_list), offsetof(struct policy, codes), load_codes_file, e) &&
	    load_folder(&l, "kinds", "kind", sizeof(struct kind), offsetof(struct policy, kind), load_kind_file, e) &&
	    load_folder(&l, "profiles", "profile", sizeof(struct profile), offsetof(struct policy, profile), load_profile_file, e) &&
	    check_answers(l.p, folder, e) && hash_folder(&l, "", e) && hash_folder(&l, "/codes", e) && hash_folder(&l, "/grammar", e) && hash_folder(&l, "/kinds", e) && hash_folder(&l, "/profiles", e);
	promise(EVP_DigestFinal_ex(l.hash, l.p->hash, NULL) == 1);
	EVP_MD_CTX_free(l.hash);
	if (!good) {
		policy_free(l.p);
		return false;
	}
	*out = l.p;
	return true;
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
	for (size_t i = 0; i < p->nparts; i++)
		free(p->part[i].name);
	free(p->part);
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
