#include "api/cli/command.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <unistd.h>

#define PRINTED_MAX (1u << 30)

int
command_usage(const struct args *a, const struct err *e)
{
	command_refuse(a, e);
	return EXIT_USAGE_;
}

int
command_refuse(const struct args *a, const struct err *e)
{
	if (a->json) {
		own(json_t) *j = json_pack("{s:b, s:s, s:s}", "done", 0, "class", err_word(e->class), "text", e->text);

		promise(j != NULL);
		if (e->code[0] != '\0')
			json_object_update_new(j, json_pack("{s:s, s:s}", "code", e->code, "vi", e->vi));
		command_print_json(j);
	} else if (e->vi[0] != '\0') {
		fprintf(stderr, "antin: %s\nantin: %s\n", e->vi, e->text);
	} else {
		fprintf(stderr, "antin: %s\n", e->text);
	}
	return err_exit(e->class);
}

void
command_print_json(const json_t *j)
{
	own_struct(buf) b = buf_new(PRINTED_MAX);

	json_write(&b, j);
	promise(!b.failed);
	printf("%s\n", buf_str(&b));
}

bool
command_beside(char **out, const char *program, struct err *e)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0)
		return fail(e, ERR_BUG, "/proc/self/exe: %s", strerror(errno));
	self[n] = '\0';
	*out = xprintf("%s/%s", dirname(self), program);
	return true;
}

const struct command *
command_find(const struct command *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (name != NULL && strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

static int
help_command(const struct command *c)
{
	own_struct(buf) b = buf_new(1 << 16);

	args_help(&b, c->options);
	printf("usage: antin %s %s [options]\n%s\n\n%s", c->name, c->words, c->doc, buf_str(&b));
	return 0;
}

int
command_run(const struct command *c, int argc, char **argv)
{
	static struct args args;
	struct err e;

	if (!args_parse(&args, c->options, argc - 2, argv + 2, &e))
		return command_usage(&args, &e);
	return args.help ? help_command(c) : c->run(&args);
}
