/*
 * api/cli/command.h -- what the commands of `antin` share.
 *
 * A command is a row of a table: its words ("order cert.approve" is the
 * command "order"), its options, and a function that does the work and returns
 * an exit code of the contract:
 *
 *	0 passed or done, 1 failed or refused, 2 indeterminate,
 *	64 usage, 70 internal, 75 try later.
 *
 * A refusal is one sentence on standard error (with --json: one object on
 * standard output), written by command_refuse.
 */
#pragma once

#include "api/cli/args.h"
#include "base/json.h"

#define EXIT_INDETERMINATE 2
#define EXIT_USAGE_ 64

struct command {
	const char *name;
	const char *words;	/* "FILE..." for --help */
	const char *doc;	/* one line */
	const struct arg_option *options;
	int (*run)(const struct args *);
};

/* In a table that ends with NULL; NULL: it is none of these. */
const struct command *command_find(const struct command *table, const char *name);
/* argv is the whole line; the exit code. */
int command_run(const struct command *, int argc, char **argv);
/* Those of antin itself; the others are antin-office's (main.c). */
extern const struct command offline_commands[];
/* The path of another program of ours: it lies in the folder of this one. */
must_check bool command_beside(char **out, const char *program, struct err *);

/* Prints the refusal and gives its exit code. */
int command_refuse(const struct args *, const struct err *);
/* A wrong use of the command line: 64. */
int command_usage(const struct args *, const struct err *);
/* With --json the object alone; else nothing. */
void command_print_json(const json_t *);

/* --database, else the file in --state; one of both is needed. */
must_check bool command_database(char **out, const struct args *, struct err *);
/* Where the policy lies: --policy-folder, else beside the build, else installed. */
const char *command_policy_folder(const struct args *);

/* The commands, a file each. */
int command_log(const struct args *);
int command_doctor(const struct args *);
int command_up(const struct args *);
int command_token(const struct args *);
int command_ceremony(const struct args *);
int command_enrol(const struct args *);
int command_order(const struct args *);
bool order_kept_word(const char *word);	/* list, show, verify */
int order_kept(const struct args *);
int command_certificate(const struct args *);
bool certificate_list(const struct args *, struct err *);	/* one of its words */
int command_permit(const struct args *);
bool permit_is_lines(const struct args *);	/* of submit: many, one a line */
int permit_submit_lines(const struct args *);
bool permit_sign(const struct args *, struct err *);
bool permit_kept(const struct args *, struct err *);
must_check bool permit_put_out(const struct args *, struct span octets, mode_t mode, struct err *);	/* --out, else standard output */
void permit_print_said(const json_t *said, const char *list);	/* remarks of an answer, problems of a refusal */
int command_dossier(const struct args *);
int command_watch(const struct args *);
int command_bench(const struct args *);
int command_backup(const struct args *);
int command_restore(const struct args *);
int command_move(const struct args *);
int command_impact(const struct args *);
int command_recheck(const struct args *);
int command_notices(const struct args *);
int command_report(const struct args *);
int command_tiers(const struct args *);

extern const struct arg_option log_options[], doctor_options[], up_options[], token_options[], ceremony_options[], enrol_options[],
    order_options[], certificate_options[], permit_options[], dossier_options[], watch_options[], bench_options[], backup_options[], restore_options[], move_options[],
    report_options[], tiers_options[], impact_options[], recheck_options[], notices_options[];
