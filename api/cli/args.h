/*
 * api/cli/args.h -- the command line of one command: a table of options, read
 * into a list that is asked by name.
 *
 * "--name value", "--name=value" or a bare "--name"; everything else is
 * positional; "--" ends the options.  An unknown option, a missing value or an
 * option given twice that may not be is refused with a sentence (exit 64).
 * Every command knows --json, --help without listing them.
 */
#pragma once

#include "base/bytes.h"

struct arg_option {
	const char *name;	/* without the dashes; NULL ends the table */
	const char *value;	/* name of the value for --help; NULL: none; "[X]": may be left out (only as --name=X) */
	bool many;
	const char *doc;
};

#define ARGS_MAX 1024

struct args {
	const struct arg_option *table;
	struct { const char *name, *value; } given[ARGS_MAX];
	size_t ngiven;
	const char *word[ARGS_MAX];	/* positional */
	size_t nwords;
	bool json, help;
};

must_check bool args_parse(struct args *, const struct arg_option *table, int argc, char **argv, struct err *);
bool args_has(const struct args *, const char *name);
/* NULL when not given (or given without its optional value). */
const char *args_get(const struct args *, const char *name);
/* The i-th value of a repeated option, NULL after the last. */
const char *args_nth(const struct args *, const char *name, size_t i);
/* The value, or a refusal that names the option. */
must_check bool args_need(const struct args *, const char *name, const char **out, struct err *);
/* RFC 3339 in an option; fallback when it is not given. */
must_check bool args_time(const struct args *, const char *name, int64_t fallback, int64_t *out, struct err *);
void args_help(struct buf *, const struct arg_option *table);
