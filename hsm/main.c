/*
 * antin-hsm -- one process family per token: the keeper (this program) and the
 * module child that it forks and replaces.
 *
 * Holds: the PIN (keeper), one PKCS#11 module and its login (child).
 * Hears: the callers that its section names, each on a socket of its own.
 * Can never: sign with a key outside its list, open a network connection, write
 * outside the token's folder.
 */
#include "base/file.h"
#include "base/log.h"
#include "hsm/keeper.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct arguments { const char *config, *section; int pin_fd; struct keeper_start how; };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "section", required_argument, NULL, 's' },
	{ "pin-fd", required_argument, NULL, 'p' },
	{ "attended", no_argument, NULL, 'a' },
	{ "begin-log", no_argument, NULL, 'b' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void
help(void)
{
	own_struct(buf) b = buf_new(1 << 16);

	buf_put_str(&b, "antin-hsm --config FILE [--section NAME] [--pin-fd N] [--attended] [--begin-log]\n"
	    "Signs with the keys of one token for the callers that its section names.\n"
	    "The PIN comes from descriptor N, or from the systemd credential \"pin\".\n"
	    "--attended: a person has just entered it, so log in although few tries are left.\n"
	    "--begin-log: the log is new, its key has signed nothing yet (kind = log, first start only).\n"
	    "Options of the section (default antin-hsm):\n");
	conf_help(&b, settings_table);
	fputs(buf_str(&b), stdout);
}

/* A small decimal number and nothing else; -1 otherwise. */
static int
fd_of(const char *text)
{
	size_t n = strlen(text);
	int fd = 0;

	if (n == 0 || n > 4 || strspn(text, "0123456789") != n)
		return -1;
	for (; *text != '\0'; text++)
		fd = fd * 10 + (*text - '0');
	return fd;
}

static bool
read_pin(struct secret *pin, int fd, struct err *e)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	own_str char *path = folder != NULL ? xprintf("%s/pin", folder) : NULL;
	own_fd int file = -1;

	if (fd < 0 && path == NULL)
		return fail(e, ERR_INPUT, "no PIN: give --pin-fd N or the systemd credential \"pin\"");
	if (fd < 0) {
		file = open(path, O_RDONLY | O_CLOEXEC);
		if (file < 0)
			return fail(e, ERR_ABSENT, "the credential \"pin\" cannot be read: %m");
		fd = file;
	}
	if (!secret_read(pin, fd, e))
		return false;
	if (pin->len == 0)
		return fail(e, ERR_INPUT, "the PIN is empty");
	if (fd > 2 && file < 0)
		close(fd);
	return true;
}

static bool
run(const struct arguments *a, struct err *e)
{
	static struct settings s;
	own_secret struct secret *pin = secret_new();

	if (pin == NULL)
		return fail(e, ERR_BUG, "the system does not let memory be locked for the PIN");
	if (!settings_read(&s, a->config, a->section, e) || !read_pin(pin, a->pin_fd, e) ||
	    !keeper_run(&s, pin, a->how, e))
		return false;
	/* Nothing is left that needs an orderly end, and what runs at exit in a
	 * build with sanitizers does not run in a jail. */
	secret_free(take(&pin));
	_exit(0);
}

/* getopt_long completes abbreviations; "--pin=1234" must not look like a way to
 * give a PIN. */
static bool
is_abbreviated(const char *arg)
{
	size_t n = strcspn(arg, "=");

	if (strncmp(arg, "--", 2) != 0)
		return false;
	for (const struct option *o = long_options; o->name != NULL; o++)
		if (strlen(o->name) == n - 2 && strncmp(o->name, arg + 2, n - 2) == 0)
			return false;
	return true;
}

int
main(int argc, char **argv)
{
	struct arguments a = { .section = "antin-hsm", .pin_fd = -1 };
	struct err e = { ERR_NONE, "" };
	int c;

	for (int i = 1; i < argc; i++) {
		if (!is_abbreviated(argv[i]))
			continue;
		fputs("antin-hsm: there is no such option; a PIN is never an argument\n", stderr);
		return 64;
	}
	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (c) {
		case 'c': a.config = optarg; break;
		case 's': a.section = optarg; break;
		case 'p': a.pin_fd = fd_of(optarg); break;
		case 'a': a.how.attended = true; break;
		case 'b': a.how.begin_log = true; break;
		case 'h': help(); return 0;
		default: return 64;
		}
	}
	if (a.config == NULL || optind != argc) {
		fputs("antin-hsm --config FILE [--section NAME] [--pin-fd N]; --help tells more\n", stderr);
		return 64;
	}
	log_open(a.section, LOG_INFO_);
	run(&a, &e);	/* returns with a refusal only */
	log_error("%s", e.text);
	_exit(err_exit(e.class));
}
