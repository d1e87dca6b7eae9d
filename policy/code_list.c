#include "policy/code_list.h"

#include <stdlib.h>

#define FIRST_DAY (-25567)	/* 1900-01-01 */

static bool
read_code(struct code_list *l, const struct policy_file *f, xmlNode *n, struct err *e)
{
	struct code *c = &l->code[l->n++];

	*c = (struct code){ .value = attr(n, "value", NULL), .vi = attr(n, "vi", NULL), .en = attr(n, "en", NULL) };
	if (code_find(l, c->value, strlen(c->value)) != c)
		return fail_at(e, f, n, "the code %s stands twice", c->value);
	if (!attr_day(f, n, "from", FIRST_DAY, &c->from, e) || !attr_day(f, n, "to", INT32_MAX, &c->to, e))
		return false;
	return c->from <= c->to || fail_at(e, f, n, "the code %s ends before it begins", c->value);
}

bool
code_list_read(struct code_list *l, const struct policy_file *f, struct err *e)
{
	xmlNode *root = xmlDocGetRootElement(f->doc);
	bool good = true;

	*l = (struct code_list){ 0 };
	l->id = attr(root, "id", NULL);
	l->vi = attr(root, "vi", NULL);
	l->en = attr(root, "en", NULL);
	l->code = xalloc(count_named(root, "code") * sizeof(struct code));
	for (xmlNode *n = child_named(root, "code"); good && n != NULL; n = next_named(n, "code"))
		good = read_code(l, f, n, e);
	if (!good)
		code_list_free_members(l);
	return good;
}

void
code_list_free_members(struct code_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->code[i].value);
		free(l->code[i].vi);
		free(l->code[i].en);
	}
	free(l->code);
	free(l->id);
	free(l->vi);
	free(l->en);
	*l = (struct code_list){ 0 };
}

const struct code *
code_find(const struct code_list *l, const char *value, size_t len)
{
	for (size_t i = 0; i < l->n; i++)
		if (strlen(l->code[i].value) == len && memcmp(l->code[i].value, value, len) == 0)
			return &l->code[i];
	return NULL;
}

bool
code_used_on(const struct code *c, int32_t day)
{
	return day >= c->from && day <= c->to;
}
