/* The policy as text (policy.h): a change of policy is a diff that people can
 * read.  Nothing that a policy file says is left out; the snapshot test changes
 * every attribute and every text and looks for it here. */
#include "policy/policy.h"

#include "base/clock.h"

static const char *
yes_no(bool x)
{
	return x ? "yes" : "no";
}

/* What is empty is not shown. */
static void
line(struct buf *out, const char *name, const char *value)
{
	if (value != NULL && value[0] != '\0')
		buf_printf(out, "  %s: %s\n", name, value);
}

static void
number_line(struct buf *out, const char *name, int64_t n)
{
	buf_printf(out, "  %s: %lld\n", name, (long long)n);
}

static void
day_line(struct buf *out, const char *name, int32_t day)
{
	char text[TIME_TEXT];

	if (day == INT32_MAX)
		return;
	date_text(text, day);
	line(out, name, text);
}

static void
render_tiers(struct buf *out, const struct policy *p)
{
	for (const struct tier *t = p->tier; t < p->tier + p->ntiers; t++) {
		buf_printf(out, "tier %s\n", t->id);
		line(out, "policy", t->policy);
		line(out, "formerly", t->formerly);
		line(out, "legal value", yes_no(t->legal));
		line(out, "vi", t->vi);
		line(out, "en", t->en);
		line(out, "fr", t->fr);
		line(out, "mark", t->mark);
		line(out, "prefix vi", t->prefix[LANG_VI]);
		line(out, "prefix en", t->prefix[LANG_EN]);
		line(out, "prefix fr", t->prefix[LANG_FR]);
		line(out, "prefix of messages", t->prefix_sms);
	}
}

static void
render_profiles(struct buf *out, const struct policy *p)
{
	for (const struct profile *x = p->profile; x < p->profile + p->nprofiles; x++) {
		buf_printf(out, "profile %s\n", x->id);
		line(out, "vi", x->vi);
		line(out, "en", x->en);
		number_line(out, "years", x->years);
		line(out, "ca", yes_no(x->ca));
		if (x->path_length >= 0)
			number_line(out, "path length", x->path_length);
		line(out, "key usage", x->key_usage);
		line(out, "extended key usage", x->eku);
		line(out, "extended key usage is critical", yes_no(x->eku_critical));
		line(out, "mailboxes in", x->mail_domains);
		line(out, "subject", x->subject);
		line(out, "a person's", yes_no(x->person));
		line(out, "names where OCSP is asked", yes_no(x->ocsp));
		if (x->renew_days > 0)
			number_line(out, "renewed on its key, days before its end", x->renew_days);
	}
}

static void
render_algorithms(struct buf *out, const struct policy *p)
{
	for (const struct algorithm *a = p->algorithm; a < p->algorithm + p->nalgorithms; a++) {
		buf_printf(out, "algorithm %s\n", a->id);
		line(out, "uri", a->uri);
		line(out, "keys", a->key);
		number_line(out, "least bits", a->least_bits);
		day_line(out, "new until", a->new_until);
		day_line(out, "old until", a->old_until);
		line(out, "remark", a->remark);
	}
}

static void
render_authority_cert(struct buf *out, const char *name, const cert_list *list)
{
	for (int i = 0; i < sk_X509_num(list); i++) {
		own_struct(buf) der = buf_new(1 << 16);
		unsigned char digest[SHA256_LEN];

		cert_to_der(&der, sk_X509_value(list, i));
		sha256(digest, buf_span(&der));
		buf_printf(out, "  %s: SHA-256 ", name);
		hex_put(out, span_of(digest, sizeof(digest)));
		buf_put_byte(out, '\n');
	}
}

static void
render_time_authorities(struct buf *out, const struct policy *p)
{
	for (const struct time_authority *a = p->time_authority; a < p->time_authority + p->ntime_authorities; a++) {
		buf_printf(out, "time-stamping authority %s\n", a->id);
		line(out, "vi", a->vi);
		line(out, "en", a->en);
		line(out, "policies", a->policies);
		day_line(out, "from", a->from);
		day_line(out, "to", a->to);
		render_authority_cert(out, "anchor", a->anchor);
		render_authority_cert(out, "between", a->between);
	}
}

static void
render_roles(struct buf *out, const struct policy *p)
{
	for (const struct role *r = p->role; r < p->role + p->nroles; r++) {
		buf_printf(out, "role %s\n", r->id);
		line(out, "vi", r->vi);
		line(out, "en", r->en);
	}
	for (const struct order_verb *v = p->verb; v < p->verb + p->nverbs; v++) {
		buf_printf(out, "verb %s\n", v->id);
		line(out, "by", v->roles);
		number_line(out, "seconds", v->secs);
		number_line(out, "people", v->people);
		line(out, "vi", v->vi);
		line(out, "en", v->en);
	}
}

static void
render_agencies(struct buf *out, const struct policy *p)
{
	for (const struct agency *a = p->agency; a < p->agency + p->nagencies; a++) {
		buf_printf(out, "agency %s\n", a->id);
		line(out, "name", a->name);
		line(out, "short", a->brief);
		line(out, "symbol", a->symbol);
		line(out, "suffix", a->suffix);
		line(out, "parent", a->parent);
		line(out, "telephone", a->telephone);
		line(out, "place", a->place);
		day_line(out, "from", a->from);
		day_line(out, "to", a->to);
		line(out, "successor", a->successor);
		for (size_t i = 0; i < a->nwas; i++) {
			line(out, "was called", a->was[i].name);
			line(out, "for short", a->was[i].brief);
			day_line(out, "from", a->was[i].from);
			day_line(out, "to", a->was[i].to);
		}
	}
}

static void
render_limit(struct buf *out, const char *name, const char *value)
{
	if (value[0] != '\0')
		buf_printf(out, ", %s %s", name, value);
}

static void
render_field(struct buf *out, const struct field *f, unsigned depth)
{
	static const char *const show[] = { "public", "masked", "hidden" };

	buf_printf(out, "%*sfield %s: %s, %s%s%s", (int)depth * 2, "", f->name, field_type_word(f->type), show[f->show],
	    f->optional ? ", optional" : "", f->many ? ", many" : "");
	if (f->max_length > 0)
		buf_printf(out, ", %zu to %zu long", f->min_length, f->max_length);
	render_limit(out, "at least", f->min);
	render_limit(out, "at most", f->max);
	if (f->decimals != FIELD_DECIMALS_ANY)
		buf_printf(out, ", %u decimals", f->decimals);
	render_limit(out, "in", f->unit);
	render_limit(out, "of the list", f->list);
	render_limit(out, "of the form", f->shape);
	if (f->ring.corners != NULL)
		buf_printf(out, ", a ring of %s in meridian %s, zone %s, of area %s", f->ring.corners, f->ring.meridian, f->ring.zone, f->ring.area ?: "not stated");
	if (f->parcel.commune != NULL)
		buf_printf(out, ", a parcel of commune %s, sheet %s, number %s", f->parcel.commune, f->parcel.sheet, f->parcel.number);
	buf_printf(out, "; %s; %s; %s\n", f->vi, f->en, f->fr);
	for (size_t i = 0; i < f->nchildren; i++)
		render_field(out, &f->child[i], depth + 1);
}

static void
render_turns(struct buf *out, const struct kind *k)
{
	for (const struct turn *t = k->turn; t < k->turn + k->nturns; t++) {
		buf_printf(out, "  signed by an officer:%s\n", t->modes);
		if (t->from != INT32_MIN)
			day_line(out, "from", t->from);
		day_line(out, "to", t->to);
	}
}

static void
render_kinds(struct buf *out, const struct policy *p)
{
	static const char *const by[] = { "book", "running", "given" };

	for (const struct kind *k = p->kind; k < p->kind + p->nkinds; k++) {
		buf_printf(out, "kind %s\n", k->id);
		line(out, "loai", k->loai);
		line(out, "vi", k->vi);
		line(out, "en", k->en);
		line(out, "fr", k->fr);
		line(out, "number by", by[k->numbering]);
		line(out, "book", k->book);
		buf_printf(out, "  pattern: %s{%u}%s\n", k->before, k->width, k->after);
		line(out, "shape", k->given);
		line(out, "check digit", yes_no(k->mst_check));
		line(out, "numbers are public", yes_no(k->numbers_public));
		render_turns(out, k);
		line(out, "holder", k->holder);
		line(out, "valid from", k->valid_from);
		line(out, "valid to", k->valid_to);
		if (k->term_years > 0)
			number_line(out, "years at most", k->term_years);
		buf_printf(out, k->keep_years > 0 ? "  kept: %d years\n" : "  kept: for ever\n", (int)k->keep_years);
		if (k->published)
			buf_printf(out, k->publish_years > 0 ? "  made public: public fields for %d years\n" : "  made public: public fields while it stands\n", (int)k->publish_years);
		if (k->publish_within > 0)
			number_line(out, "made public within working days", k->publish_within);
		if (k->looked_up)
			buf_put_str(out, "  looked up: by anybody, by number and holder's name\n");
		for (size_t i = 0; i < k->root.nchildren; i++)
			render_field(out, &k->root.child[i], 1);
	}
}

static void
render_codes(struct buf *out, const struct policy *p)
{
	for (const struct code_list *l = p->codes; l < p->codes + p->ncodes; l++) {
		buf_printf(out, "codes %s\n", l->id);
		line(out, "vi", l->vi);
		line(out, "en", l->en);
		for (const struct code *c = l->code; c < l->code + l->n; c++) {
			char from[TIME_TEXT], to[TIME_TEXT] = "";

			date_text(from, c->from);
			if (c->to != INT32_MAX)
				date_text(to, c->to);
			buf_printf(out, "  code %s: %s; %s; from %s to %s\n", c->value, c->vi, c->en, from, to);
		}
	}
}

static void
texts(struct buf *out, const char *name, char *const text[LANGS])
{
	static const char *const lang[LANGS] = { "vi", "en", "fr" };

	for (int i = 0; i < LANGS; i++)
		if (text[i] != NULL)
			buf_printf(out, "  %s %s: %s\n", name, lang[i], text[i]);
}

/* Rules in their order: the first that fits is taken. */
static void
render_answers(struct buf *out, const struct policy *p)
{
	for (const struct answer *a = p->answer; a < p->answer + p->nanswers; a++) {
		buf_printf(out, "answer %s\n", a->id);
		line(out, "sign", a->sign);
		line(out, "colour", a->colour);
		texts(out, "word", a->word);
		texts(out, "say", a->say);
		texts(out, "do", a->act);
		line(out, "sms", a->sms);
	}
	for (const struct answer_rule *r = p->rule; r < p->rule + p->nrules; r++)
		buf_printf(out, "when verdict=%s sub=%s in-force=%s way=%s tier=%s case=%s answer %s\n", r->verdict ?: "*", r->sub ?: "*",
		    r->in_force ?: "*", r->way ?: "*", r->tier ?: "*", r->reason ?: "-", r->answer);
}

static const struct policy_chapter chapters[] = {
	{ "tiers", render_tiers }, { "profiles", render_profiles }, { "algorithms", render_algorithms }, { "timestamps", render_time_authorities },
	{ "roles", render_roles },
	{ "agencies", render_agencies }, { "codes", render_codes }, { "kinds", render_kinds }, { "answers", render_answers },
};

const struct policy_chapter *
policy_chapters(size_t *n)
{
	*n = sizeof(chapters) / sizeof(chapters[0]);
	return chapters;
}

void
policy_render(struct buf *out, const struct policy *p)
{
	for (size_t i = 0; i < sizeof(chapters) / sizeof(chapters[0]); i++)
		chapters[i].render(out, p);
}
