/* The policy as text (policy.h): a change of policy is a diff that people can
 * read. */
#include "policy/policy.h"

#include "base/clock.h"

static void
render_field(struct buf *out, const struct field *f, unsigned depth)
{
	static const char *const type[] = { "group", "text", "decimal", "integer", "date", "point" };
	static const char *const show[] = { "public", "masked", "hidden" };

	buf_printf(out, "%*sfield %s %s %s%s%s \"%s\" \"%s\"\n", (int)depth * 2, "", f->name, type[f->type], show[f->show],
	    f->optional ? " optional" : "", f->many ? " many" : "", f->vi, f->en);
	for (size_t i = 0; i < f->nchildren; i++)
		render_field(out, &f->child[i], depth + 1);
}

static void
render_kind(struct buf *out, const struct kind *k)
{
	static const char *const by[] = { "book", "running", "given" };

	buf_printf(out, "kind %s %s \"%s\" \"%s\"\n  number by %s", k->id, k->loai, k->vi, k->en, by[k->numbering]);
	if (k->numbering == NUMBER_GIVEN)
		buf_printf(out, " of the form %s%s", k->given, k->mst_check ? " with check digit" : "");
	else
		buf_printf(out, " %s as %s{%u}%s", k->book, k->before, k->width, k->after);
	buf_printf(out, "%s\n  modes%s\n  holder %s\n", k->numbers_public ? ", public" : "", k->modes, k->holder[0] ? k->holder : "-");
	if (k->valid_to[0] != '\0')
		buf_printf(out, "  valid %s to %s\n", k->valid_from, k->valid_to);
	for (size_t i = 0; i < k->root.nchildren; i++)
		render_field(out, &k->root.child[i], 1);
}

static void
render_rules(struct buf *out, const struct policy *p)
{
	for (size_t i = 0; i < p->nrules; i++) {
		const struct answer_rule *r = &p->rule[i];

		buf_printf(out, "when verdict=%s sub=%s in-force=%s way=%s tier=%s case=%s answer %s\n", r->verdict ?: "*", r->sub ?: "*",
		    r->in_force ?: "*", r->way ?: "*", r->tier ?: "*", r->reason ?: "-", r->answer);
	}
}

void
policy_render(struct buf *out, const struct policy *p)
{
	char from[TIME_TEXT], to[TIME_TEXT];

	for (size_t i = 0; i < p->ntiers; i++)
		buf_printf(out, "tier %s %s %s mark \"%s\" prefix \"%s\"\n", p->tier[i].id, p->tier[i].policy, p->tier[i].legal ? "legal" : "no-legal-value", p->tier[i].mark, p->tier[i].prefix[LANG_VI]);
	for (size_t i = 0; i < p->nprofiles; i++)
		buf_printf(out, "profile %s years %lld ca %s path %lld usage %s eku %s%s subject %s\n", p->profile[i].id, (long long)p->profile[i].years, p->profile[i].ca ? "yes" : "no",
		    (long long)p->profile[i].path_length, p->profile[i].key_usage, p->profile[i].eku[0] ? p->profile[i].eku : "-", p->profile[i].eku_critical ? " critical" : "", p->profile[i].subject);
	for (size_t i = 0; i < p->nalgorithms; i++) {
		date_text(from, p->algorithm[i].new_until);
		date_text(to, p->algorithm[i].old_until);
		buf_printf(out, "algorithm %s new until %s old until %s bits %lld\n", p->algorithm[i].id, from, to, (long long)p->algorithm[i].least_bits);
	}
	for (size_t i = 0; i < p->nverbs; i++)
		buf_printf(out, "verb %s by %s within %lld s\n", p->verb[i].id, p->verb[i].roles, (long long)p->verb[i].secs);
	for (size_t i = 0; i < p->nagencies; i++)
		buf_printf(out, "agency %s \"%s\" \"%s\"\n", p->agency[i].id, p->agency[i].name, p->agency[i].brief);
	for (size_t i = 0; i < p->nkinds; i++)
		render_kind(out, &p->kind[i]);
	for (size_t i = 0; i < p->nanswers; i++)
		buf_printf(out, "answer %s %s %s \"%s\" \"%s\"\n", p->answer[i].id, p->answer[i].sign, p->answer[i].colour, p->answer[i].say[LANG_VI], p->answer[i].act[LANG_VI]);
	render_rules(out, p);
}
