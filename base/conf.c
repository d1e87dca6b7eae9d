#include "base/conf.h"

#include "base/file.h"

#include <stdlib.h>

#define CONF_FILE_MAX (256u << 10)
#define CONF_OPTIONS_MAX 64

static bool
set_int(int64_t *out, const struct conf_option *o, const char *text, struct err *e)
{
	char *end;
	long long v = strtoll(text, &end, 10);

	if (end == text || *end != '\0' || v < o->min || v > o->max)
		return fail(e, ERR_INPUT, "%s is a whole number from %lld to %lld", o->key,
		    (long long)o->min, (long long)o->max);
	*out = v;
	return true;
}

static bool
set_bool(bool *out, const struct conf_option *o, const char *text, struct err *e)
{
	if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		return fail(e, ERR_INPUT, "%s is yes or no", o->key);
	*out = text[0] == 'y';
	return true;
}

static bool
set_value(void *conf, const struct conf_option *o, const char *text, struct err *e)
{
	void *at = (char *)conf + o->field;

	switch (o->type) {
	case CONF_INT:
		return set_int(at, o, text, e);
	case CONF_BOOL:
		return set_bool(at, o, text, e);
	case CONF_STR:
		*(char **)at = xstrdup(text);
		return true;
	}
	return fail(e, ERR_BUG, "option %s has no type", o->key);
}

static char *
trim(char *s)
{
	char *end;

	while (*s == ' ' || *s == '\t')
		s++;
	end = s + strlen(s);
	while (end > s && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		*--end = '\0';
	return s;
}

static bool
take_option(void *conf, const struct conf_option *table, bool *seen, char *text, struct err *e)
{
	char *eq = strchr(text, '=');
	char *key;

	if (eq == NULL)
		return fail(e, ERR_INPUT, "expected \"key = value\"");
	*eq = '\0';
	key = trim(text);
	for (size_t i = 0; table[i].key != NULL; i++) {
		if (strcmp(table[i].key, key) != 0)
			continue;
		if (seen[i])
			return fail(e, ERR_INPUT, "%s is given twice", key);
		seen[i] = true;
		return set_value(conf, &table[i], trim(eq + 1), e);
	}
	return fail(e, ERR_INPUT, "unknown key %.40s", key);
}

static bool
fill_defaults(void *conf, const struct conf_option *table, const bool *seen,
    const char *name, const char *section, struct err *e)
{
	for (size_t i = 0; table[i].key != NULL; i++) {
		if (seen[i])
			continue;
		if (table[i].def == NULL)
			return fail(e, ERR_INPUT, "%s: [%s] needs %s (%s)", name, section,
			    table[i].key, table[i].doc);
		if (!set_value(conf, &table[i], table[i].def, e))
			return false;
	}
	return true;
}

bool
conf_parse(void *conf, const struct conf_option *table, struct span text,
    const char *name, const char *section, struct err *e)
{
	own_str char *copy = span_dup_str(text);
	own_str char *wanted = xprintf("[%s]", section);
	bool seen[CONF_OPTIONS_MAX] = { false };
	bool inside = false, found = false;
	unsigned number = 0;
	char *next = copy;

	/* What follows would be there to be seen, and not be read. */
	if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL)
		return fail(e, ERR_INPUT, "%s has an octet of zero; it is a text", name);
	for (char *s = strsep(&next, "\n"); s != NULL; s = strsep(&next, "\n")) {
		number++;
		s = trim(s);
		if (*s == '\0' || *s == '#')
			continue;
		if (*s == '[') {
			inside = strcmp(s, wanted) == 0;
			if (inside && found)
				return fail(e, ERR_INPUT, "%s:%u: %s is given twice", name, number, wanted);
			found |= inside;
			continue;
		}
		if (inside && !take_option(conf, table, seen, s, e))
			return fail_in(e, "%s:%u", name, number);
	}
	if (!found)
		return fail(e, ERR_INPUT, "%s has no section %s", name, wanted);
	return fill_defaults(conf, table, seen, name, section, e);
}

bool
conf_read(void *conf, const struct conf_option *table, const char *path,
    const char *section, struct err *e)
{
	own_struct(buf) text = buf_new(CONF_FILE_MAX);

	return file_read(&text, path, e) &&
	    conf_parse(conf, table, buf_span(&text), path, section, e);
}

void
conf_help(struct buf *out, const struct conf_option *table)
{
	for (; table->key != NULL; table++) {
		buf_printf(out, "  %-18s %s", table->key, table->doc);
		if (table->type == CONF_INT)
			buf_printf(out, " (%lld to %lld)", (long long)table->min, (long long)table->max);
		if (table->def == NULL)
			buf_put_str(out, " [required]\n");
		else
			buf_printf(out, " [%s]\n", table->def);
	}
}
