/*
 * antin -- the command line: whole programs for one person's machine.
 *
 * The commands that need neither daemon nor token nor database, and so meet what
 * strangers wrote, are this program: it links no network.  Every other word is
 * antin-office's, which lies beside it and takes its place.
 */
#include "api/cli/command.h"

#include "base/log.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	const struct command *c = argc < 2 ? NULL : command_find(offline_commands, argv[1]);
	own_str char *office = NULL;
	struct err e;

	log_open("antin", LOG_INFO_);
	/* What a signature is worth is no matter of a machine's openssl.cnf; nothing is tidied up for an end. */
	promise(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) == 1);
	if (c != NULL)
		return command_run(c, argc, argv);
	if (command_beside(&office, "antin-office", &e)) {
		execv(office, argv);
		fail(&e, ERR_BUG, "cannot run %s: %s", office, strerror(errno));
	}
	fprintf(stderr, "antin: %s\n", e.text);
	return err_exit(e.class);
}
