/*
 * antin -- the command line: whole programs for one person's machine.
 *
 * verify, path, status, csr, log, report, policy, doctor, backup, restore, impact,
 * recheck, notices, permit story, bundle and kept need no daemon and no network.
 * The others speak to antin-api over HTTP and to a token of the person at the
 * keyboard; `up` starts the daemons.
 */
#include "api/cli/command.h"

#include "base/log.h"

#include <stdio.h>

#define PRINTED_MAX (1u << 30)

static const struct command commands[] = {
	{ "verify", "FILE", "any signed document: verdict and report", verify_options, command_verify },
	{ "path", "LEAF", "one certificate: a path to an anchor, or the reason why not", path_options, command_path },
	{ "status", "CERT", "good, revoked or unknown, from a CRL or an OCSP response", status_options, command_status },
	{ "csr", "FILE", "would the authority take this request?", csr_options, command_csr },
	{ "log", "verify|prove|fsck", "proofs and the consistency of the register", log_options, command_log },
	{ "report", "SPEC", "a report, a CRL or a status list, made again from the log's tiles alone", report_options, command_report },
	{ "policy", "check|show DIR", "is this policy whole and consistent?", policy_options, command_policy },
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
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static int
help(FILE *out)
{
	fprintf(out, "usage: antin COMMAND ...   (antin COMMAND --help says more)\n\n");
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(out, "  %-11s %s\n", commands[i].name, commands[i].doc);
	fprintf(out, "\nexit: 0 passed or done, 1 failed or refused, 2 indeterminate, 64 usage, 70 internal, 75 try later\n");
	return out == stdout ? 0 : EXIT_USAGE_;
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

int
main(int argc, char **argv)
{
	static struct args args;
	struct err e;

	log_open("antin", LOG_INFO_);
	if (argc < 2)
		return help(stderr);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return help(stdout);
	for (size_t i = 0; i < NCOMMANDS; i++) {
		if (strcmp(commands[i].name, argv[1]) != 0)
			continue;
		if (!args_parse(&args, commands[i].options, argc - 2, argv + 2, &e))
			return command_usage(&args, &e);
		if (args.help)
			return help_command(&commands[i]);
		return commands[i].run(&args);
	}
	fprintf(stderr, "antin: there is no command \"%.40s\"\n", argv[1]);
	return help(stderr);
}
