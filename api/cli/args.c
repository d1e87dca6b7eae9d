#include "api/cli/args.h"

#include "base/clock.h"

static const struct arg_option common[] = {
	{ "json", NULL, false, "answer as JSON" },
	{ "help", NULL, false, "this text" },
	{ NULL },
};

static const struct arg_option *
find_option(const struct arg_option *table, const char *name, size_t len)
{
	for (; table->name != NULL; table++)
		if (strlen(table->name) == len && strncmp(table->name, name, len) == 0)
			return table;
	return NULL;
}

static bool
take_option(struct args *a, int argc, char **argv, int *i, struct err *e)
{
	const char *name = argv[*i] + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] == '=' ? name + len + 1 : NULL;
	const struct arg_option *o = find_option(a->table, name, len);

	if (o == NULL)
		o = find_option(common, name, len);
	if (o == NULL)
		return fail(e, ERR_INPUT, "unknown option --%.*s (try --help)", (int)len, name);
	if (o->value == NULL && value != NULL)
		return fail(e, ERR_INPUT, "--%s takes no value", o->name);
	if (o->value != NULL && o->value[0] != '[' && value == NULL) {
		if (*i + 1 >= argc)
			return fail(e, ERR_INPUT, "--%s needs a value: %s", o->name, o->value);
		value = argv[++*i];
	}
	if (!o->many && args_has(a, o->name))
		return fail(e, ERR_INPUT, "--%s is given twice", o->name);
	promise(a->ngiven < ARGS_MAX);
	a->given[a->ngiven].name = o->name;
	a->given[a->ngiven++].value = value;
	return true;
}

bool
args_parse(struct args *a, const struct arg_option *table, int argc, char **argv, struct err *e)
{
	bool options = true;

	*a = (struct args){ .table = table };
	if (argc > ARGS_MAX)
		return fail(e, ERR_LIMIT, "more than %d words", ARGS_MAX);
	for (int i = 0; i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (options && strncmp(argv[i], "--", 2) == 0) {
			if (!take_option(a, argc, argv, &i, e))
				return false;
		} else {
			a->word[a->nwords++] = argv[i];
		}
	}
	a->json = args_has(a, "json");
	a->help = args_has(a, "help");
	return true;
}

bool
args_has(const struct args *a, const char *name)
{
	for (size_t i = 0; i < a->ngiven; i++)
		if (strcmp(a->given[i].name, name) == 0)
			return true;
	return false;
}

const char *
args_nth(const struct args *a, const char *name, size_t n)
{
	for (size_t i = 0; i < a->ngiven; i++)
		if (strcmp(a->given[i].name, name) == 0 && n-- == 0)
			return a->given[i].value;
	return NULL;
}

const char *
args_get(const struct args *a, const char *name)
{
	return args_nth(a, name, 0);
}

bool
args_need(const struct args *a, const char *name, const char **out, struct err *e)
{
	*out = args_get(a, name);
	if (*out == NULL)
		return fail(e, ERR_INPUT, "--%s is needed (try --help)", name);
	return true;
}

bool
args_time(const struct args *a, const char *name, int64_t fallback, int64_t *out, struct err *e)
{
	const char *text = args_get(a, name);

	*out = fallback;
	if (text == NULL)
		return true;
	if (!time_parse(out, text, e))
		return fail_in(e, "--%s", name);
	return true;
}

static void
help_rows(struct buf *b, const struct arg_option *table)
{
	for (; table->name != NULL; table++) {
		own_str char *left = table->value == NULL ? xprintf("--%s", table->name)
		    : table->value[0] == '[' ? xprintf("--%s[=%s", table->name, table->value + 1)
		    : xprintf("--%s %s%s", table->name, table->value, table->many ? " ..." : "");

		buf_printf(b, "  %-28s %s\n", left, table->doc);
	}
}

void
args_help(struct buf *b, const struct arg_option *table)
{
	help_rows(b, table);
	help_rows(b, common);
}
