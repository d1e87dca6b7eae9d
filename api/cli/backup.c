/*
 * antin backup, antin restore, antin move -- the register copied, put back,
 * moved to another database.  They read and write it through register's own
 * library, and need no token.
 */
#include "api/cli/command.h"

#include "base/clock.h"
#include "base/file.h"
#include "hsm/log_memory.h"
#include "register/backup.h"
#include "register/move.h"
#include "register/restore.h"

#include <stdio.h>

bool
command_database(char **out, const struct args *a, struct err *e)
{
	const char *named = args_get(a, "database"), *state;

	if (named != NULL && args_has(a, "state"))
		return fail(e, ERR_INPUT, "either --state or --database");
	if (named == NULL && !args_need(a, "state", &state, e))
		return false;
	*out = named != NULL ? xstrdup(named) : xprintf("%s/register.db", state);
	return true;
}

static json_t *
backup_json(const struct backup *b, int64_t now)
{
	own_struct(buf) root = buf_new(100);
	char made[TIME_TEXT];

	time_text_utc(made, b->made);
	base64_put(&root, span_of(b->log.root.octet, HASH_LEN));
	return json_pack("{s:b, s:s, s:I, s:s, s:I, s:s}", "done", 1, "made", made, "age", (json_int_t)(now - b->made),
	    "origin", b->log.origin, "entries", (json_int_t)b->log.size, "root", buf_str(&root));
}

static int
print_backup(const struct args *a, const struct backup *b, const char *folder, const char *what)
{
	if (a->json) {
		own(json_t) *j = backup_json(b, clock_now());

		command_print_json(j);
	} else {
		char made[TIME_TEXT];

		time_text_vn(made, b->made);
		printf("%s: %s, made %s, %llu entries, judged by fsck\n", folder, what, made, (unsigned long long)b->log.size);
	}
	return 0;
}

const struct arg_option backup_options[] = {
	{ "state", "DIR", false, "the register's state, as in [antin-register]" },
	{ "database", "NAME", false, "instead: a file, or a server (postgresql://...)" },
	{ "to", "DIR", false, "the new backup; must not exist" },
	{ NULL },
};

int
command_backup(const struct args *a)
{
	own_struct(backup) b = { .made = 0 };
	own_str char *database = NULL;
	const char *to;
	struct err e;

	if (a->nwords == 2 && strcmp(a->word[0], "verify") == 0)
		return backup_verify(&b, a->word[1], &e) ? print_backup(a, &b, a->word[1], "whole") : command_refuse(a, &e);
	if (a->nwords != 0) {
		fail(&e, ERR_INPUT, "antin backup --state DIR --to DIR, or antin backup verify DIR");
		return command_usage(a, &e);
	}
	if (!command_database(&database, a, &e) || !args_need(a, "to", &to, &e))
		return command_usage(a, &e);
	return backup_make(&b, database, to, clock_now(), &e) ? print_backup(a, &b, to, "a backup") : command_refuse(a, &e);
}

const struct arg_option restore_options[] = {
	{ "from", "DIR", false, "the backup" },
	{ "state", "DIR", false, "the register's state, empty" },
	{ "database", "NAME", false, "an empty server (postgresql://...), if not register.db in the state" },
	{ "tiles", "DIR", false, "what was published, or a mirror of it: what came after the backup is taken from there" },
	{ "key", "VKEY", false, "the log's key (as the backup says)" },
	{ "witnessed", "FILE", false, "a cosigned checkpoint, as a witness or a mirror has it: nothing of it may be missing" },
	{ "signed", "FILE", false, "last-checkpoint of antin-hsm-log, where the key has signed more than was published" },
	{ NULL },
};

static int
print_restored(const struct args *a, const struct restored *r)
{
	if (a->json) {
		own(json_t) *j = json_pack("{s:b, s:I, s:I, s:I, s:I}", "done", 1, "entries", (json_int_t)r->entries, "first", (json_int_t)r->first,
		    "lost", (json_int_t)r->count, "closed", (json_int_t)r->closed);

		command_print_json(j);
		return 0;
	}
	printf("put back: %llu entries, judged by fsck\n", (unsigned long long)r->entries);
	if (r->count == 0)
		return 0;
	printf("entries %llu to %llu came back from the public log without their records (entry %llu says so).  What that means:\n"
	       "  orders signed until now are refused; whoever waits for one looks again and signs a new one\n"
	       "  %llu books of numbers are closed: an order permit.open-book sets the next number of each\n"
	       "  appointments, programs and books that were new are ordered again; permits that were drafts are submitted again\n"
	       "  certificates and permits that were new can be revoked and withdrawn (antin order cert.revoke SERIAL:HASH; the hash of the entry)\n",
	    (unsigned long long)r->first, (unsigned long long)(r->first + r->count - 1), (unsigned long long)r->entries - 1, (unsigned long long)r->closed);
	return 0;
}

int
command_restore(const struct args *a)
{
	struct restore q = { .database = args_get(a, "database"), .tiles = args_get(a, "tiles"), .key = args_get(a, "key"),
		.witnessed = args_get(a, "witnessed") };
	const char *memory = args_get(a, "signed");
	struct checkpoint is_signed;
	struct restored r;
	struct err e;

	if (a->nwords != 0 || !args_need(a, "from", &q.backup, &e) || !args_need(a, "state", &q.state, &e)) {
		if (a->nwords != 0)
			fail(&e, ERR_INPUT, "antin restore --from DIR --state DIR --tiles DIR");
		return command_usage(a, &e);
	}
	if (memory != NULL && q.tiles == NULL) {
		fail(&e, ERR_INPUT, "--signed needs --tiles");
		return command_usage(a, &e);
	}
	if (memory != NULL && !log_memory_read(&is_signed, memory, &e))
		return command_refuse(a, &e);
	q.is_signed = memory != NULL ? &is_signed : NULL;
	return restore_run(&r, &q, &e) ? print_restored(a, &r) : command_refuse(a, &e);
}

const struct arg_option move_options[] = {
	{ "from", "NAME", false, "the database: a file, or a server (postgresql://...); no register runs on it" },
	{ "to", "NAME", false, "an empty one" },
	{ NULL },
};

int
command_move(const struct args *a)
{
	const char *from, *to;
	struct fsck f;
	struct err e;

	if (a->nwords != 0 || !args_need(a, "from", &from, &e) || !args_need(a, "to", &to, &e)) {
		if (a->nwords != 0)
			fail(&e, ERR_INPUT, "antin move --from NAME --to NAME");
		return command_usage(a, &e);
	}
	if (!move_run(&f, from, to, &e))
		return command_refuse(a, &e);
	if (a->json) {
		own(json_t) *j = json_pack("{s:b, s:I}", "done", 1, "entries", (json_int_t)f.entries);

		command_print_json(j);
	} else {
		printf("moved: %llu entries, judged by fsck on both sides; antin-register's configuration names the new one from now on\n", (unsigned long long)f.entries);
	}
	return 0;
}
