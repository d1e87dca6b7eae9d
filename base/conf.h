/*
 * base/conf.h -- configuration: "key = value" in [sections], one table of
 * options a program.
 *
 * The table drives parsing, checking, defaults and --help.  A program reads
 * its own section; an unknown key there, a key given twice, a value outside
 * its bounds, a missing required key or an octet of zero refuses the start and
 * says where.  '#' begins a comment line.  Values are not quoted.
 *
 *	static const struct conf_option options[] = {
 *		{ "listen", CONF_STR, .field = offsetof(struct my_conf, listen),
 *		  .def = "127.0.0.1:8080", .doc = "address and port of the pages" },
 *		{ NULL }
 *	};
 */
#pragma once

#include "base/bytes.h"

enum conf_type { CONF_STR, CONF_INT, CONF_BOOL };

struct conf_option {
	const char *key;
	enum conf_type type;
	size_t field;		/* offset of char *, int64_t or bool */
	int64_t min, max;	/* CONF_INT */
	const char *def;	/* NULL: required; "" is an empty string */
	const char *doc;
};

/* Fills *conf from section of the file.  Strings are malloc'd and live as long
 * as the process. */
must_check bool conf_read(void *conf, const struct conf_option *, const char *path,
    const char *section, struct err *);
/* The same from text already read; name is for refusals. */
must_check bool conf_parse(void *conf, const struct conf_option *, struct span text,
    const char *name, const char *section, struct err *);
/* One line an option, for --help. */
void conf_help(struct buf *, const struct conf_option *);
