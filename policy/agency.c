#include "policy/agency.h"

#include <stdlib.h>

/* Earlier names follow one another, the first on the agency's first day. */
static bool
read_names(struct agency *a, const struct policy_file *f, xmlNode *n, struct err *e)
{
	int32_t next = a->from;

	a->was = xalloc(count_named(n, "was") * sizeof(struct agency_name));
	for (xmlNode *c = child_named(n, "was"); c != NULL; c = next_named(c, "was")) {
		struct agency_name *w = &a->was[a->nwas++];

		*w = (struct agency_name){ attr(c, "name", NULL), attr(c, "short", NULL), next, 0 };
		if (!attr_day(f, c, "to", 0, &w->to, e))
			return false;
		if (w->to < next || w->to >= a->to)
			return fail_at(e, f, c, "the name \"%s\" of the agency %s ends before it begins, or no name comes after it", w->name, a->id);
		next = w->to + 1;
	}
	return true;
}

bool
agency_read(struct agency *a, const struct policy_file *f, xmlNode *n, struct err *e)
{
	*a = (struct agency){ .id = attr(n, "id", NULL), .name = attr(n, "name", NULL), .brief = attr(n, "short", NULL),
		.symbol = attr(n, "symbol", NULL), .suffix = attr(n, "suffix", ""), .parent = attr(n, "parent", ""),
		.telephone = attr(n, "telephone", NULL), .place = attr(n, "place", NULL), .successor = attr(n, "successor", "") };
	if (!attr_day(f, n, "from", 0, &a->from, e) || !attr_day(f, n, "to", INT32_MAX, &a->to, e))
		return false;
	if (a->to < a->from)
		return fail_at(e, f, n, "the agency %s ends before it begins", a->id);
	if (a->successor[0] != '\0' && a->to == INT32_MAX)
		return fail_at(e, f, n, "the agency %s has a successor and no last day", a->id);
	return read_names(a, f, n, e);
}

bool
agencies_agree(const struct agency *all, size_t n, struct err *e)
{
	for (const struct agency *a = all; a < all + n; a++) {
		const struct agency *s = all;

		if (a->successor[0] == '\0')
			continue;
		while (s < all + n && strcmp(s->id, a->successor) != 0)
			s++;
		if (s == all + n || !agency_on(s, a->to + 1))
			return fail(e, ERR_INPUT, "agencies.xml: the successor %s of the agency %s is not there on the day after it ended", a->successor, a->id);
	}
	return true;
}

void
agency_free_members(struct agency *a)
{
	char **const members[] = { &a->id, &a->name, &a->brief, &a->symbol, &a->suffix, &a->parent, &a->telephone, &a->place, &a->successor };

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		free(*members[i]);
	for (size_t i = 0; i < a->nwas; i++) {
		free(a->was[i].name);
		free(a->was[i].brief);
	}
	free(a->was);
}

bool
agency_on(const struct agency *a, int32_t day)
{
	return day >= a->from && day <= a->to;
}

static const struct agency_name *
earlier_name(const struct agency *a, int32_t day)
{
	for (size_t i = 0; i < a->nwas; i++)
		if (day <= a->was[i].to)
			return &a->was[i];
	return NULL;
}

const char *
agency_name_on(const struct agency *a, int32_t day)
{
	const struct agency_name *was = earlier_name(a, day);

	return was == NULL ? a->name : was->name;
}

const char *
agency_brief_on(const struct agency *a, int32_t day)
{
	const struct agency_name *was = earlier_name(a, day);

	return was == NULL ? a->brief : was->brief;
}
