/*
 * antin-office -- the commands of `antin` (antin.c) that speak to a daemon, a token or
 * a database, and the help that lists them all.  Nobody types its name.
 *
 * log, report, doctor, backup, restore, impact, recheck, notices, permit story,
 * bundle and kept need no daemon and no network.  The others speak to antin-api over
 * HTTP and to a token of the person at the keyboard; `up` starts the daemons.
 */
#include "api/cli/command.h"

#include "base/log.h"

#include <stdio.h>

static const struct command commands[] = {
	{ "log", "verify|prove|fsck", "proofs and the consistency of the register", log_options, command_log },
	{ "report", "SPEC", "a report, a CRL or a status list, made again from the log's tiles alone", report_options, command_report },
	{ "doctor", "", "is what the authority publishes whole and fresh?", doctor_options, command_doctor },
	{ "tiers", "sign PLAN | check FILE", "the list of other authorities whose signatures are judged beside the city's own", tiers_options, command_tiers },
	{ "up", "", "starts the processes of one configuration and stops them together", up_options, command_up },
	{ "token", "init|key|list", "PKCS#11 tokens and keys", token_options, command_token },
	{ "ceremony", "shares|rehearse FILE, or FILE", "makes root and issuing authority and the bundle that starts an authority; later on a new key, and each year the root's CRL", ceremony_options, command_ceremony },
	{ "enrol", "", "makes a key on a token and asks for a certificate", enrol_options, command_enrol },
	{ "order", "VERB ID... | list | show ID | verify ID", "an order, shown, signed with a token and sent; those that are kept", order_options, command_order },
	{ "certificate", "list | modify", "looks for certificates; changes what they say, from a table", certificate_options, command_certificate },
	{ "permit", "submit|list|sign|get|sheet|proof|story|bundle|kept", "permits, from a draft to paper, and to a court", permit_options, command_permit },
	{ "dossier", "report FILE|- | show CODE", "what happened to dossiers, and where one stands", dossier_options, command_dossier },
	{ "watch", "FOLDER", "hands in what other programs lay into a folder, and lays the answers beside it", watch_options, command_watch },
	{ "backup", "[verify DIR]", "a copy of the register that can be put back, made while it works", backup_options, command_backup },
	{ "restore", "", "a backup put back, and what came after it taken from the public log", restore_options, command_restore },
	{ "move", "", "the register out of one database into another", move_options, command_move },
	{ "impact", "", "what a key signed that others know now: what stands, what is to be signed again", impact_options, command_impact },
	{ "recheck", "", "every permit, certificate, order and list that is stored, looked at again", recheck_options, command_recheck },
	{ "notices", "", "certificates that end soon, as a feed", notices_options, command_notices },
	{ "bench", "", "each figure beside its limit, measured in the same run", bench_options, command_bench },
	{ NULL },
};

static void
help_table(FILE *out, const struct command *c)
{
	for (; c->name != NULL; c++)
		fprintf(out, "  %-11s %s\n", c->name, c->doc);
}

static int
help(FILE *out)
{
	fprintf(out, "usage: antin COMMAND ...   (antin COMMAND --help says more)\n\n");
	help_table(out, offline_commands);
	help_table(out, commands);
	fprintf(out, "\nexit: 0 passed or done, 1 failed or refused, 2 indeterminate, 64 usage, 70 internal, 75 try later\n");
	return out == stdout ? 0 : EXIT_USAGE_;
}

int
main(int argc, char **argv)
{
	const struct command *c;

	log_open("antin", LOG_INFO_);
	if (argc < 2)
		return help(stderr);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return help(stdout);
	c = command_find(commands, argv[1]);
	if (c != NULL)
		return command_run(c, argc, argv);
	fprintf(stderr, "antin: there is no command \"%.40s\"\n", argv[1]);
	return help(stderr);
}
