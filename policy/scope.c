#include "policy/scope.h"

#include "policy/policy.h"

#include <stdlib.h>

static const char *const rights[] = { RIGHT_SUBMIT, RIGHT_READ, RIGHT_REPORT };

void
scope_drop(struct scope *s)
{
	free(s->agencies);
	free(s->kinds);
	free(s->rights);
	*s = (struct scope){ NULL };
}

bool
right_known(const char *word)
{
	for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++)
		if (strcmp(rights[i], word) == 0)
			return true;
	return false;
}

bool
scope_allows(const struct scope *s, const char *right, int64_t now, struct err *e)
{
	if (now > s->expires)
		return fail(e, ERR_POLICY, "this program's rights have expired");
	return word_in(s->rights, right) || fail(e, ERR_POLICY, "this program has no right to %s", right);
}

bool
scope_has_agency(const struct scope *s, const char *agency)
{
	own_str char *copy = xstrdup(s->agencies);
	char *rest = copy;

	for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " "))
		if (word[0] != '\0' && agency_within(agency, word))
			return true;
	return false;
}

void
scope_put_within(struct buf *out, const struct scope *s, const char *agency)
{
	own_str char *copy = xstrdup(s->agencies);
	char *rest = copy;

	if (agency != NULL && scope_has_agency(s, agency)) {
		buf_put_str(out, agency);
		return;
	}
	for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " "))
		if (word[0] != '\0' && (agency == NULL || agency_within(word, agency)))
			buf_printf(out, "%s%s", out->len > 0 ? " " : "", word);
}

bool
scope_has_kind(const struct scope *s, const char *kind)
{
	return word_in(s->kinds, "*") || word_in(s->kinds, kind);
}
