#include "policy/kind.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdlib.h>

static const char *const show_word[] = { "public", "masked", "hidden" };
static const char *const numbering_word[] = { "book", "running", "given" };

/* The grammar of kind files allows only these words. */
static int
word_index(xmlNode *n, const char *name, const char *fallback, const char *const words[], int count)
{
	own_str char *w = attr(n, name, fallback);

	for (int i = 0; i < count; i++)
		if (strcmp(words[i], w) == 0)
			return i;
	promise(!"a word that the grammar allows");
	return 0;
}

static void
load_ring(struct ring *r, xmlNode *n)
{
	if (n != NULL)
		*r = (struct ring){ attr(n, "corners", NULL), attr(n, "meridian", NULL), attr(n, "zone", NULL), attr(n, "area", NULL) };
}

static bool
is_of(const struct field *group, const char *name, enum field_type type, bool many)
{
	const struct field *x = field_find(group, name);

	return x != NULL && x->type == type && x->many == many && (many || !x->optional);
}

/* beside: the group in which the plot stands, where its area may be stated. */
static bool
check_ring(const struct field *x, const struct field *beside, const struct policy_file *f, xmlNode *at, struct err *e)
{
	const struct ring *r = &x->ring;

	if (r->corners == NULL)
		return true;
	if (x->many)
		return fail_at(e, f, at, "the ring of %s is of one plot, and there may be many", x->name);
	if (!is_of(x, r->corners, FIELD_POINT, true) || !is_of(x, r->meridian, FIELD_CODE, false) || !is_of(x, r->zone, FIELD_INTEGER, false))
		return fail_at(e, f, at, "the ring of %s names as corners no list of points, as meridian no code or as zone no integer of it", x->name);
	return r->area == NULL || is_of(beside, r->area, FIELD_DECIMAL, false) || fail_at(e, f, at, "the ring of %s names as area no decimal field beside it", x->name);
}

static void
load_parcel(struct parcel_parts *p, xmlNode *n)
{
	if (n != NULL)
		*p = (struct parcel_parts){ attr(n, "commune", NULL), attr(n, "sheet", NULL), attr(n, "number", NULL) };
}

/* The commune alone may be left out: then no parcel is named. */
static bool
check_parcel(const struct field *x, const struct policy_file *f, xmlNode *at, struct err *e)
{
	const struct parcel_parts *p = &x->parcel;
	const struct field *commune = p->commune == NULL ? NULL : field_find(x, p->commune);

	if (p->commune == NULL)
		return true;
	return (commune != NULL && commune->type == FIELD_UNIT && !commune->many && is_of(x, p->sheet, FIELD_INTEGER, false) && is_of(x, p->number, FIELD_INTEGER, false)) ||
	    fail_at(e, f, at, "the parcel of %s names as commune no unit, or as sheet or number no integer of it", x->name);
}

static bool
find_list(struct field *x, const struct code_list *codes, size_t ncodes)
{
	for (size_t i = 0; i < ncodes; i++)
		if (strcmp(codes[i].id, x->list) == 0)
			x->codes = &codes[i];
	return x->list[0] == '\0' || x->codes != NULL;
}

static void
load_field(struct field *x, xmlNode *n)
{
	own_str char *type = attr(n, "type", "text");

	x->name = attr(n, "name", NULL);
	x->vi = attr(n, "vi", NULL);
	x->en = attr(n, "en", NULL);
	x->fr = attr(n, "fr", NULL);
	x->type = field_type_from_word(type);
	promise(x->type != FIELD_TYPES);	/* the grammar */
	x->show = (enum field_show)word_index(n, "show", "public", show_word, 3);
	x->optional = attr_yes(n, "optional", false);
	x->many = attr_yes(n, "many", false);
	x->min_length = (size_t)attr_int(n, "min-length", 0);
	x->max_length = (size_t)attr_int(n, "max-length", 0);
	x->min = attr(n, "min", "");
	x->max = attr(n, "max", "");
	x->decimals = (unsigned)attr_int(n, "decimals", FIELD_DECIMALS_ANY);
	x->unit = attr(n, "unit", "");
	x->shape = attr(n, "shape", "");
	x->list = attr(n, "list", "");
	load_ring(&x->ring, child_named(n, "ring"));
	load_parcel(&x->parcel, child_named(n, "parcel"));
	field_limits_default(x);
}

static bool
load_fields(struct field *group, const struct policy_file *f, xmlNode *n, const struct code_list *codes, size_t ncodes, struct err *e)
{
	group->nchildren = count_named(n, "field");
	group->child = xalloc(group->nchildren * sizeof(struct field));
	size_t i = 0;
	struct err why;

	for (xmlNode *c = child_named(n, "field"); c != NULL; c = next_named(c, "field"), i++) {
		struct field *x = &group->child[i];

		load_field(x, c);
		for (size_t k = 0; k < i; k++)
			if (strcmp(group->child[k].name, x->name) == 0)
				return fail_at(e, f, c, "the field %s stands twice in its group", x->name);
		if ((child_named(c, "field") != NULL) != (x->type == FIELD_GROUP))
			return fail_at(e, f, c, "a group has fields, and only a group (%s)", x->name);
		if (!field_limits_good(x, &why))
			return fail_at(e, f, c, "%s", why.text);
		if (!find_list(x, codes, ncodes))
			return fail_at(e, f, c, "there is no list of codes %s (%s)", x->list, x->name);
		if (!load_fields(x, f, c, codes, ncodes, e))
			return false;
	}
	i = 0;
	for (xmlNode *c = child_named(n, "field"); c != NULL; c = next_named(c, "field"), i++)
		if (!check_ring(&group->child[i], group, f, c, e) || !check_parcel(&group->child[i], f, c, e))
			return false;
	return true;
}

/* "{n}/GPXD-{agency}", "{n:6}/HGI-GPHN" */
static bool
split_pattern(struct kind *k, const struct policy_file *f, xmlNode *n, const char *pattern, struct err *e)
{
	const char *open = strstr(pattern, "{n"), *close = open == NULL ? NULL : strchr(open, '}');

	if (close == NULL || (open[2] != '}' && open[2] != ':'))
		return fail_at(e, f, n, "the pattern %s has no {n} or {n:width}", pattern);
	k->width = open[2] == ':' ? (unsigned)strtoul(open + 3, NULL, 10) : 1;
	if (k->width < 1 || k->width > 9)
		return fail_at(e, f, n, "a number's width is 1 to 9");
	k->before = span_dup_str(span_of(pattern, (size_t)(open - pattern)));
	k->after = xstrdup(close + 1);
	return true;
}

static bool
load_numbering(struct kind *k, const struct policy_file *f, xmlNode *root, struct err *e)
{
	xmlNode *n = child_named(root, "number");
	own_str char *pattern = attr(n, "pattern", "{n}");

	k->numbering = (enum numbering)word_index(n, "by", NULL, numbering_word, 3);
	k->book = attr(n, "book", k->id);
	k->given = attr(n, "shape", "");
	k->mst_check = attr_yes(n, "check-digit", false);
	k->numbers_public = attr_yes(n, "public", false);
	if ((k->numbering == NUMBER_GIVEN) != (k->given[0] != '\0'))
		return fail_at(e, f, n, "a given number, and only that, has a shape");
	return split_pattern(k, f, n, pattern, e);
}

static bool
check_named_field(const struct kind *k, const struct policy_file *f, xmlNode *at, const char *name, enum field_type type, struct err *e)
{
	const struct field *x = field_find(&k->root, name);

	if (name[0] != '\0' && (x == NULL || x->type != type))
		return fail_at(e, f, at, "%s is no %s field of this kind", name, field_type_word(type));
	return true;
}

/* On each day somebody signs: looked at where that changes. */
static bool
check_turns(const struct kind *k, const struct policy_file *f, xmlNode *root, struct err *e)
{
	bool good = k->nturns <= KIND_TURNS_MAX && kind_turn(k, 0, INT32_MIN) != NULL;

	for (const struct turn *t = k->turn; good && t < k->turn + k->nturns; t++)
		good = t->from <= t->to && (t->to == INT32_MAX || kind_turn(k, 0, t->to + 1) != NULL);
	return good || fail_at(e, f, root, "1 to %d officers sign, on each day at least one, none who ends before beginning", KIND_TURNS_MAX);
}

static bool
load_turns(struct kind *k, const struct policy_file *f, xmlNode *root, struct err *e)
{
	k->turn = xalloc(count_named(root, "signer") * sizeof(struct turn));
	for (xmlNode *c = child_named(root, "signer"); c != NULL; c = next_named(c, "signer")) {
		struct turn *t = &k->turn[k->nturns++];
		own_str char *modes = attr(c, "modes", NULL);

		t->modes = xprintf(" %s ", modes);
		if (!attr_day(f, c, "from", INT32_MIN, &t->from, e) || !attr_day(f, c, "to", INT32_MAX, &t->to, e))
			return false;
	}
	return check_turns(k, f, root, e);
}

bool
kind_read(struct kind *k, const struct policy_file *f, const struct code_list *codes, size_t ncodes, struct err *e)
{
	xmlNode *root = xmlDocGetRootElement(f->doc), *holder = child_named(root, "holder");
	xmlNode *validity = child_named(root, "validity"), *publish = child_named(root, "publish");
	bool good;

	*k = (struct kind){ 0 };
	k->id = attr(root, "id", NULL);
	k->loai = attr(root, "loai", NULL);
	k->vi = attr(root, "vi", NULL);
	k->en = attr(root, "en", NULL);
	k->fr = attr(root, "fr", NULL);
	k->term_years = validity != NULL ? attr_int(validity, "years", 0) : 0;
	k->keep_years = attr_int(child_named(root, "keep"), "years", 0);
	k->published = publish != NULL;
	k->publish_years = publish != NULL ? attr_int(publish, "years", 0) : 0;
	k->publish_within = publish != NULL ? attr_int(publish, "within", 0) : 0;
	k->looked_up = child_named(root, "lookup") != NULL;
	k->holder = attr(holder, "field", "");
	k->valid_from = validity != NULL ? attr(validity, "from", "") : xstrdup("");
	k->valid_to = validity != NULL ? attr(validity, "to", "") : xstrdup("");
	good = load_turns(k, f, root, e) && load_numbering(k, f, root, e) && load_fields(&k->root, f, child_named(root, "fields"), codes, ncodes, e) &&
	    check_named_field(k, f, holder, k->holder, FIELD_GROUP, e) &&
	    check_named_field(k, f, root, k->valid_from, FIELD_DATE, e) &&
	    check_named_field(k, f, root, k->valid_to, FIELD_DATE, e) &&
	    (k->term_years == 0 || (k->valid_from[0] != '\0' && k->valid_to[0] != '\0') || fail_at(e, f, root, "a term is from one field to another")) &&
	    (!k->published || k->numbers_public || fail_at(e, f, publish, "what is published has public numbers")) &&
	    (!k->looked_up || k->published || fail_at(e, f, root, "what is looked up by its number is published"));
	if (!good)
		kind_free_members(k);
	return good;
}

static void
free_fields(struct field *group)
{
	for (size_t i = 0; i < group->nchildren; i++) {
		struct field *x = &group->child[i];

		free(x->name); free(x->vi); free(x->en); free(x->fr); free(x->min); free(x->max); free(x->unit); free(x->shape); free(x->list);
		free(x->ring.corners); free(x->ring.meridian); free(x->ring.zone); free(x->ring.area);
		free(x->parcel.commune); free(x->parcel.sheet); free(x->parcel.number);
		free_fields(x);
	}
	free(group->child);
}

void
kind_free_members(struct kind *k)
{
	char **const members[] = { &k->id, &k->loai, &k->vi, &k->en, &k->fr, &k->book, &k->before, &k->after, &k->given,
		&k->holder, &k->valid_from, &k->valid_to };

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		free(*members[i]);
	for (size_t i = 0; i < k->nturns; i++)
		free(k->turn[i].modes);
	free(k->turn);
	free_fields(&k->root);
	*k = (struct kind){ 0 };
}

void
kind_free(struct kind *k)
{
	if (k == NULL)
		return;
	kind_free_members(k);
	free(k);
}

const struct turn *
kind_turn(const struct kind *k, size_t n, int32_t day)
{
	for (const struct turn *t = k->turn; t < k->turn + k->nturns; t++)
		if (day >= t->from && day <= t->to && n-- == 0)
			return t;
	return NULL;
}

bool
kind_publishes_fields(const struct kind *k, int32_t issued, int32_t today)
{
	int64_t years = year_of_day(today) - year_of_day(issued);
	char from[TIME_TEXT], now[TIME_TEXT];

	if (!k->published || k->publish_years == 0 || years != k->publish_years)
		return k->published && (k->publish_years == 0 || years < k->publish_years);
	date_text(from, issued);
	date_text(now, today);
	return strcmp(now + 4, from + 4) <= 0;
}

bool
turn_allows_mode(const struct turn *t, const char *mode)
{
	own_str char *word = xprintf(" %s ", mode[0] == '\0' ? "-" : mode);

	return strstr(t->modes, word) != NULL;
}

char *
kind_after(const struct kind *k, const char *symbol)
{
	const char *at = strstr(k->after, "{agency}");

	if (at == NULL)
		return xstrdup(k->after);
	return xprintf("%.*s%s%s", (int)(at - k->after), k->after, symbol, at + strlen("{agency}"));
}

bool
kind_check_given(const struct kind *k, const char *number, struct err *e)
{
	if (!shape_fits(k->given, number))
		return fail(e, ERR_INPUT, "the number %.40s is not of the form %s (9 a digit, A a capital letter)", number, k->given);
	if (k->mst_check && !tax_code_digit_good(number))
		return fail(e, ERR_INPUT, "the number %.40s has a wrong check digit (MOD 11)", number);
	return true;
}

/*
 * The grammar of <content>.
 */

static void
put_field(struct buf *out, const struct field *x)
{
	const char *wrap = x->many ? (x->optional ? "zeroOrMore" : "oneOrMore") : x->optional ? "optional" : NULL;

	if (wrap != NULL)
		buf_printf(out, "<%s>", wrap);
	buf_printf(out, "<element name=\"%s\">", x->name);
	buf_put_str(out, field_grammar(x->type));
	for (size_t i = 0; i < x->nchildren; i++)
		put_field(out, &x->child[i]);
	buf_put_str(out, "</element>");
	if (wrap != NULL)
		buf_printf(out, "</%s>", wrap);
}

/* A later version names the one that it amends; the first names none. */
#define CODE "<data type=\"string\"><param name=\"pattern\">[0-9a-f]{32}</param></data>"
#define VERSION "<choice><group><attribute name=\"version\" ns=\"\"><value>1</value></attribute><element name=\"code\">" CODE "</element></group>" \
	"<group><attribute name=\"version\" ns=\"\"><data type=\"string\"><param name=\"pattern\">[2-9]|[1-9][0-9]{1,2}</param></data></attribute>" \
	"<element name=\"code\">" CODE "</element><element name=\"amends\"><attribute name=\"day\" ns=\"\"><data type=\"date\"/></attribute>" CODE "</element></group></choice>"

void
kind_grammar(struct buf *out, const struct kind *k)
{
	static const char text[] = "<data type=\"string\"><param name=\"minLength\">1</param><param name=\"maxLength\">1000</param></data>";

	buf_printf(out, "<element name=\"content\" ns=\"urn:antin:permit:1\" xmlns=\"http://relaxng.org/ns/structure/1.0\" "
	    "datatypeLibrary=\"http://www.w3.org/2001/XMLSchema-datatypes\">"
	    "<attribute name=\"Id\" ns=\"\"><value>content</value></attribute>"
	    "<attribute name=\"kind\" ns=\"\"><value>%s</value></attribute>" VERSION
	    "<element name=\"agency\"><attribute name=\"id\" ns=\"\">%s</attribute><element name=\"name\">%s</element>"
	    "<optional><element name=\"parent\">%s</element></optional></element>"
	    "<element name=\"dossier\">%s</element><element name=\"procedure\">%s</element>"
	    "<optional><element name=\"step\">%s</element></optional>"
	    "<element name=\"holders\"><oneOrMore><element name=\"holder\"><element name=\"name\">%s</element>"
	    "<optional><element name=\"id\">%s</element></optional><optional><element name=\"address\">%s</element></optional>"
	    "</element></oneOrMore></element>", k->id, text, text, text, text, text, text, text, text, text);
	buf_put_str(out, "<element name=\"fields\">");
	for (size_t i = 0; i < k->root.nchildren; i++)
		put_field(out, &k->root.child[i]);
	buf_put_str(out, "</element><optional><element name=\"validity\"><optional><attribute name=\"from\" ns=\"\"><data type=\"date\"/></attribute></optional>"
	    "<optional><attribute name=\"to\" ns=\"\"><data type=\"date\"/></attribute></optional></element></optional></element>");
}
