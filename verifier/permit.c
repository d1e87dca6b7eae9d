#include "verifier/permit.h"

#include "base/clock.h"
#include "verifier/code.h"

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <stdlib.h>

#define GRAMMAR_MAX (1u << 20)

OWN_WITH(xmlRelaxNGParserCtxt, xmlRelaxNGFreeParserCtxt)
OWN_WITH(xmlRelaxNGValidCtxt, xmlRelaxNGFreeValidCtxt)
OWN_WITH(xmlDoc, xmlFreeDoc)

/* own: made here out of a policy that was only opened, not the policy's. */
struct kind_rules { const struct kind *kind; struct kind *own; xmlRelaxNG *grammar; };
struct permit_grammars { const struct policy *policy; xmlRelaxNG *envelope; struct kind_rules *kind; size_t nkinds; struct err refused; };

/*
 * Grammars.
 */

static void
keep_first(void *ctx, const xmlError *err)
{
	struct err *e = ctx;

	if (e->class != ERR_NONE)
		return;
	fail(e, ERR_INPUT, "line %d: %.180s", err->line, err->message == NULL ? "not as the grammar says" : err->message);
	e->text[strcspn(e->text, "\r\n")] = '\0';
}

static void
keep_structured(void *ctx, xmlErrorPtr err)
{
	keep_first(ctx, err);
}

static bool
compile(xmlRelaxNG **out, struct span text, const char *what, struct err *e)
{
	own(xmlRelaxNGParserCtxt) *p = xmlRelaxNGNewMemParserCtxt((const char *)text.ptr, (int)text.len);
	struct err why = { ERR_NONE, "" };

	promise(p != NULL);
	xmlRelaxNGSetParserStructuredErrors(p, keep_structured, &why);
	*out = xmlRelaxNGParse(p);
	return *out != NULL || fail(e, ERR_BUG, "the grammar of %s: %s", what, why.text);
}

static bool
add_kind(struct permit_grammars *g, const struct kind *k, struct err *e)
{
	own_struct(buf) text = buf_new(GRAMMAR_MAX);
	xmlRelaxNG *grammar;

	kind_grammar(&text, k);
	if (!buf_ok(&text, "a grammar", e) || !compile(&grammar, buf_span(&text), k->id, e))
		return false;
	g->kind = xrealloc(g->kind, (g->nkinds + 1) * sizeof(*g->kind));
	g->kind[g->nkinds++] = (struct kind_rules){ .kind = k, .grammar = grammar };
	return true;
}

bool
permit_grammars_load(struct permit_grammars **out, const struct policy *p, struct err *e)
{
	own(permit_grammars) *g = xalloc(sizeof(*g));
	struct span envelope;
	bool good;

	xmlInitParser();
	g->policy = p;
	good = policy_text(&envelope, p, "/grammar/permit.rng", e) && compile(&g->envelope, envelope, "permits", e);
	for (const struct kind *k = p->kind; good && k < p->kind + p->nkinds; k++)
		good = add_kind(g, k, e);
	if (good)
		*out = take(&g);
	return good;
}

bool
permit_grammars_held(const struct permit_grammars *g, struct err *e)
{
	if (g->refused.class != ERR_NONE)
		*e = g->refused;
	return g->refused.class == ERR_NONE;
}

void
permit_grammars_free(struct permit_grammars *g)
{
	xmlRelaxNGFree(g->envelope);
	for (size_t i = 0; i < g->nkinds; i++) {
		xmlRelaxNGFree(g->kind[i].grammar);
		kind_free(g->kind[i].own);
	}
	free(g->kind);
	free(g);
}

static bool
validate(xmlRelaxNG *grammar, xmlDoc *doc, struct err *e)
{
	own(xmlRelaxNGValidCtxt) *v = xmlRelaxNGNewValidCtxt(grammar);
	struct err why = { ERR_NONE, "" };

	promise(v != NULL);
	xmlRelaxNGSetValidStructuredErrors(v, keep_structured, &why);
	if (xmlRelaxNGValidateDoc(v, doc) == 0)
		return true;
	if (why.class == ERR_NONE)
		fail(&why, ERR_INPUT, "not as the grammar says");
	*e = why;
	return false;
}

static const struct kind_rules *
known_rules(const struct permit_grammars *g, const char *id)
{
	for (size_t i = 0; i < g->nkinds; i++)
		if (strcmp(g->kind[i].kind->id, id) == 0)
			return &g->kind[i];
	return NULL;
}

/* Of a kind that the policy has not taken in, out of its octets. */
static bool
learn_rules(struct permit_grammars *g, const char *id, struct err *e)
{
	own(kind_t) *k = NULL;

	if (!policy_kind_read(&k, g->policy, id, e) || (k != NULL && !add_kind(g, k, e)))
		return false;
	if (k != NULL)
		g->kind[g->nkinds - 1].own = take(&k);
	return true;
}

static bool
find_rules(const struct kind_rules **out, const xmlNode *content, struct permit_grammars *g, struct err *e)
{
	own_str char *attribute = xml_attr(content, "kind");
	const char *id = attribute == NULL ? "" : attribute;

	if (known_rules(g, id) == NULL && !learn_rules(g, id, e)) {
		g->refused = *e;
		return false;
	}
	*out = known_rules(g, id);
	return *out != NULL || fail(e, ERR_INPUT, "there is no kind of permit called \"%.40s\"", id);
}

static bool
validate_content(const struct kind_rules *r, xmlDoc *doc, struct err *e)
{
	return validate(r->grammar, doc, e) || fail_in(e, "the content of kind %s", r->kind->id);
}

bool
permit_check_content(struct span content, struct permit_grammars *g, struct err *e)
{
	const struct kind_rules *r;
	struct xml x;
	bool good;

	if (!xml_parse(&x, content, e))
		return false;
	good = find_rules(&r, x.root, g, e) && validate_content(r, x.doc, e);
	xml_drop(&x);
	return good;
}

/*
 * Positions.
 */

void
permit_drop(struct permit *p)
{
	char **const texts[] = { &p->handle, &p->agency, &p->agency_name, &p->dossier, &p->holder, &p->number, &p->shortcode,
		&p->voicecode, &p->log_origin, &p->status_uri, &p->amends, &p->decision, &p->reason };

	for (size_t i = 0; i < p->nofficers; i++)
		xades_drop(&p->officer[i]);
	xades_drop(&p->seal);
	xades_drop(&p->reaffirm);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(*texts[i]);
	xml_drop(&p->xml);
	*p = (struct permit){ 0 };
}

static bool
check_root(const xmlNode *root, struct err *e)
{
	if (!xml_is(root, NS_PERMIT, "permit"))
		return fail(e, ERR_INPUT, "not a permit: the root is not <permit xmlns=\"" NS_PERMIT "\">");
	if (root->properties != NULL)
		return fail(e, ERR_INPUT, "the root has an attribute, which no signature would cover");
	for (const xmlNode *c = root->children; c != NULL; c = c->next)
		if (c->type != XML_ELEMENT_NODE)
			return fail(e, ERR_INPUT, "line %ld: text between the parts, which no signature would cover", xmlGetLineNo((xmlNode *)c));
	return true;
}

static bool
check_content(struct permit *p, struct permit_grammars *g, struct err *e)
{
	own(xmlDoc) *alone = xmlNewDoc((const xmlChar *)"1.0");
	const struct kind_rules *r;
	xmlNode *copy;

	if (!find_rules(&r, p->content, g, e))
		return false;
	p->kind = r->kind;
	copy = alone == NULL ? NULL : xmlDocCopyNode(p->content, alone, 1);
	promise(copy != NULL);
	xmlDocSetRootElement(alone, copy);
	return validate_content(r, alone, e);
}

/* Officers are the run of signatures after the content, each over those before it. */
static bool
read_officers(struct permit *p, xmlNode **at, const struct policy *policy, struct err *e)
{
	xmlNode *targets[XADES_OFFICERS_MAX + 1] = { p->content };
	char id[24];

	while (xml_is(*at, NS_DS, "Signature")) {
		if (p->nofficers == XADES_OFFICERS_MAX)
			return fail(e, ERR_LIMIT, "more than %d officers' signatures", XADES_OFFICERS_MAX);
		snprintf(id, sizeof(id), "officer-%u", (unsigned char)(p->nofficers + 1));
		if (!xades_read(&p->officer[p->nofficers], *at, id, targets, p->nofficers + 1, policy, e))
			return false;
		targets[++p->nofficers] = *at;
		*at = xml_next(*at);
	}
	return p->nofficers > 0 || fail(e, ERR_INPUT, "no officer has signed");
}

/* Every part up to the last that there is. */
static size_t
parts_of(xmlNode *out[XADES_TARGETS_MAX], const struct permit *p)
{
	xmlNode *const rest[] = { p->issuance, p->seal.element, p->reaffirmation };
	size_t n = 0;

	out[n++] = p->content;
	for (size_t i = 0; i < p->nofficers; i++)
		out[n++] = p->officer[i].element;
	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]) && rest[i] != NULL; i++)
		out[n++] = rest[i];
	return n;
}

static bool
read_reaffirmation(struct permit *p, xmlNode *at, const struct policy *policy, struct err *e)
{
	xmlNode *targets[XADES_TARGETS_MAX];

	if (!xml_is(at, NS_PERMIT, "reaffirmation"))
		return fail(e, ERR_INPUT, "after the seal may come <reaffirmation>, and nothing else");
	p->reaffirmation = at;
	at = xml_next(at);
	if (at == NULL || xml_next(at) != NULL)
		return fail(e, ERR_INPUT, "after <reaffirmation> must come its signature, and nothing else");
	p->reaffirmed = xades_read(&p->reaffirm, at, "reaffirm", targets, parts_of(targets, p), policy, e);
	return p->reaffirmed;
}

static bool
read_seal(struct permit *p, xmlNode *at, const struct policy *policy, struct err *e)
{
	xmlNode *targets[XADES_TARGETS_MAX];

	if (at == NULL)
		return fail(e, ERR_INPUT, "after <issuance> must come the seal");
	p->sealed = xades_read(&p->seal, at, "seal", targets, parts_of(targets, p), policy, e);
	at = xml_next(at);
	return p->sealed && (at == NULL || read_reaffirmation(p, at, policy, e));
}

static bool
read_parts(struct permit *p, const struct policy *policy, struct permit_grammars *g, struct err *e)
{
	xmlNode *at = xml_child(p->xml.root);

	p->content = at;
	if (!xml_is(at, NS_PERMIT, "content"))
		return fail(e, ERR_INPUT, "the first part must be <content>");
	at = xml_next(at);
	if (!check_content(p, g, e) || !read_officers(p, &at, policy, e))
		return false;
	if (at == NULL)
		return true;
	p->issuance = at;
	return xml_is(at, NS_PERMIT, "issuance") ? read_seal(p, xml_next(at), policy, e)
						 : fail(e, ERR_INPUT, "after the officers' signatures must come <issuance>");
}

/*
 * Facts.
 */

static char *
text_of(const xmlNode *parent, const char *name)
{
	const xmlNode *n = xml_child_named(parent, name);

	return n == NULL ? xstrdup("") : xml_text_dup(n);
}

static bool
day_of(int32_t *out, const xmlNode *n, const char *attribute, int32_t open, struct err *e)
{
	own_str char *text = n == NULL ? NULL : xml_attr(n, attribute);

	*out = open;
	return text == NULL || date_parse(out, text, e) || fail_in(e, "<validity %s>", attribute);
}

/* The grammar has both or none. */
static bool
read_version(struct permit *p, struct err *e)
{
	const xmlNode *amends = xml_child_named(p->content, "amends");
	own_str char *version = xml_attr(p->content, "version");
	own_str char *day = amends == NULL ? NULL : xml_attr(amends, "day");

	p->version = strtoll(version, NULL, 10);
	p->amends = amends == NULL ? NULL : xml_text_dup(amends);
	return amends == NULL || date_parse(&p->amends_day, day, e) || fail_in(e, "<amends>");
}

static bool
read_content_facts(struct permit *p, struct err *e)
{
	const xmlNode *agency = xml_child_named(p->content, "agency");
	const xmlNode *validity = xml_child_named(p->content, "validity");
	const xmlNode *holder = xml_child(xml_child_named(p->content, "holders"));

	p->handle = text_of(p->content, "code");
	p->agency = xml_attr(agency, "id");
	p->agency_name = text_of(agency, "name");
	p->dossier = text_of(p->content, "dossier");
	p->holder = text_of(holder, "name");
	return read_version(p, e) && day_of(&p->valid_from, validity, "from", INT32_MIN, e) && day_of(&p->valid_to, validity, "to", INT32_MAX, e);
}

static uint64_t
index_of(const xmlNode *n)
{
	own_str char *text = xml_attr(n, "index");

	return strtoull(text, NULL, 10);	/* the grammar has its digits */
}

static char *
plain_code(const xmlNode *parent, const char *name)
{
	own_str char *text = text_of(parent, name);
	char *plain = xalloc(strlen(text) + 1), *w = plain;

	for (const char *r = text; *r != '\0'; r++)
		if (*r != '-')
			*w++ = *r;
	return plain;
}

/* The year is the number's: a later version keeps both, whatever its own date. */
static bool
check_year(const struct permit *p, long year, struct err *e)
{
	if (p->version == 1)
		return year == year_of_day(p->day) || fail(e, ERR_INPUT, "<issuance>: the year is not that of the date");
	if (p->amends_day > p->day)
		return fail(e, ERR_INPUT, "<issuance>: the date is before that of the version which is amended");
	return year <= year_of_day(p->amends_day) || fail(e, ERR_INPUT, "<issuance>: the year is after that of the version which is amended");
}

static bool
read_issuance_facts(struct permit *p, struct err *e)
{
	const xmlNode *log = xml_child_named(p->issuance, "log"), *status = xml_child_named(p->issuance, "status");
	own_str char *day = text_of(p->issuance, "date");
	own_str char *year = text_of(p->issuance, "year");

	p->number = text_of(p->issuance, "number");
	p->shortcode = plain_code(p->issuance, "shortcode");
	p->voicecode = plain_code(p->issuance, "voicecode");
	p->log_origin = xml_attr(log, "origin");
	p->log_index = index_of(log);
	p->status_uri = xml_attr(status, "list");
	p->status_index = index_of(status);
	if (!date_parse(&p->day, day, e))
		return fail_in(e, "<issuance>");
	return check_year(p, strtol(year, NULL, 10), e);
}

/* The decision comes before the reaffirmation, and neither before the permit. */
static bool
read_reaffirmation_facts(struct permit *p, struct err *e)
{
	own_str char *decided = text_of(p->reaffirmation, "decided");
	own_str char *day = text_of(p->reaffirmation, "day");

	p->decision = text_of(p->reaffirmation, "decision");
	p->reason = text_of(p->reaffirmation, "reason");
	if (!date_parse(&p->decided, decided, e) || !date_parse(&p->reaffirmed_day, day, e))
		return fail_in(e, "<reaffirmation>");
	return (p->day <= p->decided && p->decided <= p->reaffirmed_day) ||
	    fail(e, ERR_INPUT, "<reaffirmation>: its days are not those of the issue, of the decision and of the reaffirmation, in this order");
}

const struct xades *
permit_last(const struct permit *p)
{
	return p->reaffirmed ? &p->reaffirm : &p->seal;
}

bool
permit_reaffirm_targets(struct xades_target out[XADES_TARGETS_MAX], size_t *n, const struct permit *p, struct span reaffirmation, struct err *e)
{
	xmlNode *parts[XADES_TARGETS_MAX];
	size_t k = parts_of(parts, p), len;

	if (!p->sealed || p->reaffirmed)
		return fail(e, ERR_POLICY, "only a sealed permit is reaffirmed, and once");
	for (size_t i = 0; i < k; i++) {
		unsigned char digest[EVP_MAX_MD_SIZE];
		own_str char *id = xml_attr(parts[i], "Id");

		if (!xml_digest(digest, &len, parts[i], EVP_sha256(), e))
			return false;
		snprintf(out[i].id, sizeof(out[i].id), "%s", id);
		memcpy(out[i].digest, digest, SHA256_LEN);
	}
	out[k] = (struct xades_target){ .id = "reaffirmation" };
	sha256(out[k].digest, reaffirmation);
	*n = k + 1;
	return true;
}

bool
permit_read(struct permit *out, struct span text, const struct policy *policy, struct permit_grammars *g, struct err *e)
{
	struct permit p = { 0 };
	bool good = xml_parse(&p.xml, text, e) && check_root(p.xml.root, e) && validate(g->envelope, p.xml.doc, e) &&
	    read_parts(&p, policy, g, e) && read_content_facts(&p, e) && (!p.sealed || read_issuance_facts(&p, e)) &&
	    (!p.reaffirmed || read_reaffirmation_facts(&p, e));

	if (!good) {
		permit_drop(&p);
		return false;
	}
	*out = p;
	return true;
}

/*
 * For people.
 */

/* As the paper prints it: 03/11/2027 and 331,2, where the signed octets have
 * 2027-11-03 and 331.2. */
static char *
as_printed(const struct field *f, char *value)
{
	int32_t day;
	struct err ignored;

	if (f->type == FIELD_DATE && date_parse(&day, value, &ignored)) {
		char *printed = xprintf("%.2s/%.2s/%.4s", value + 8, value + 5, value);

		free(value);
		return printed;
	}
	for (char *c = value; (f->type == FIELD_DECIMAL || f->type == FIELD_POINT) && *c != '\0'; c++)
		if (*c == '.')
			*c = ',';
	return value;
}

static void
add_line(json_t *lines, const struct field *f, const char *value, int depth, bool mask)
{
	own_struct(buf) masked = buf_new(1 << 16);
	json_t *line;

	if (mask)
		field_mask(&masked, value);
	line = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i}", "name", f->name, "vi", f->vi, "en", f->en, "fr", f->fr,
	    "value", mask ? buf_str(&masked) : value, "depth", depth);
	promise(line != NULL && json_array_append_new(lines, line) == 0);
}

static void
add_lines(json_t *lines, const struct field *group, const xmlNode *parent, int depth, enum field_show most)
{
	for (const xmlNode *n = xml_child(parent); n != NULL; n = xml_next(n)) {
		const struct field *f = field_find(group, (const char *)n->name);
		own_str char *value = NULL;

		if (f == NULL || f->show > most)
			continue;
		value = f->type == FIELD_GROUP ? xstrdup("") : as_printed(f, xml_text_dup(n));
		add_line(lines, f, value, depth, f->show == SHOW_MASKED);
		if (f->type == FIELD_GROUP)
			add_lines(lines, f, n, depth + 1, most);
	}
}

static json_t *
lines_of(const struct kind *k, const xmlNode *content, enum field_show most)
{
	json_t *lines = json_array();

	add_lines(lines, &k->root, xml_child_named(content, "fields"), 0, most);
	return lines;
}

bool
permit_content_public(json_t **lines, struct span content, struct permit_grammars *g, struct err *e)
{
	const struct kind_rules *r;
	struct xml x;
	bool good;

	if (!xml_parse(&x, content, e))
		return false;
	good = find_rules(&r, x.root, g, e) && (r->kind->published || fail(e, ERR_POLICY, "permits of the kind %s are not made public", r->kind->id)) &&
	    validate_content(r, x.doc, e);
	if (good)
		*lines = lines_of(r->kind, x.root, SHOW_PUBLIC);
	xml_drop(&x);
	return good;
}

static json_t *
day_or_null(int32_t day)
{
	char text[TIME_TEXT];

	if (day == INT32_MIN || day == INT32_MAX)
		return json_null();
	date_text(text, day);
	return json_string(text);
}

static void
add_issuance(json_t *j, const struct permit *p)
{
	own_str char *place = text_of(p->issuance, "place");
	char code[SHORT_CODE_TEXT] = "";

	if (strlen(p->shortcode) == SHORT_CODE_LEN)
		short_code_text(code, p->shortcode);
	json_object_set_new(j, "number", json_string(p->number));
	json_object_set_new(j, "day", day_or_null(p->day));
	json_object_set_new(j, "place", json_string(place));
	json_object_set_new(j, "shortcode", json_string(code));
	json_object_set_new(j, "voicecode", json_string(p->voicecode));
}

static json_t *
amends_json(const struct permit *p)
{
	return p->amends == NULL ? json_null() : json_pack("{s:s, s:o}", "handle", p->amends, "day", day_or_null(p->amends_day));
}

json_t *
permit_json(const struct permit *p, const struct policy *policy)
{
	const struct agency *a = policy_agency(policy, p->agency);
	own_str char *parent = text_of(xml_child_named(p->content, "agency"), "parent");
	own_str char *procedure = text_of(p->content, "procedure");
	json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:o, s:o}", "handle", p->handle, "kind", p->kind->id,
	    "kind_vi", p->kind->vi, "kind_en", p->kind->en, "kind_fr", p->kind->fr, "agency", p->agency, "agency_name", p->agency_name,
	    "agency_short", a != NULL ? agency_brief_on(a, p->sealed ? p->day : INT32_MAX) : p->agency_name, "parent", parent, "dossier", p->dossier, "procedure", procedure,
	    "holder", p->holder, "valid_from", day_or_null(p->valid_from), "valid_to", day_or_null(p->valid_to),
	    "version", (json_int_t)p->version, "amends", amends_json(p), "lines", lines_of(p->kind, p->content, SHOW_MASKED));

	promise(j != NULL);
	if (p->sealed)
		add_issuance(j, p);
	if (p->reaffirmed)
		json_object_set_new(j, "reaffirmation", json_pack("{s:s, s:o, s:s, s:o}", "decision", p->decision, "decided", day_or_null(p->decided),
		    "reason", p->reason, "day", day_or_null(p->reaffirmed_day)));
	return j;
}
