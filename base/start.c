#include "base/start.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static _Noreturn void
help(const struct conf_option *options, const char *name)
{
	own_struct(buf) b = buf_new(1 << 16);

	conf_help(&b, options);
	printf("usage: %s --config FILE [--section %s]\nkeys of the section:\n%s", name, name, buf_str(&b));
	exit(0);
}

void
start_conf(void *conf, const struct conf_option *options, const char *name, int argc, char **argv)
{
	const char *config = NULL, *section = name;
	struct err e;

	log_open(name, LOG_INFO_);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0)
			help(options, name);
		if (i + 1 < argc && strcmp(argv[i], "--config") == 0) {
			config = argv[++i];
		} else if (i + 1 < argc && strcmp(argv[i], "--section") == 0) {
			section = argv[++i];
		} else {
			fprintf(stderr, "%s: unknown argument %s (try --help)\n", name, argv[i]);
			exit(64);
		}
	}
	if (config == NULL) {
		fprintf(stderr, "%s: --config FILE is needed (try --help)\n", name);
		exit(64);
	}
	if (!conf_read(conf, options, config, section, &e))
		exit(start_refused(&e));
}

void
start_ready(void)
{
	const char *fd = getenv("ANTIN_READY_FD");

	if (fd != NULL && write((int)strtol(fd, NULL, 10), "ready\n", 6) != 6)
		log_warn("nobody heard that the start is done");
}

int
start_refused(const struct err *e)
{
	log_error("%s", e->text);
	return err_exit(e->class) ?: 70;
}
