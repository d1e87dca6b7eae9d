/*
 * antin log verify PROOF -- is the entry in the log, and who says so?
 * antin log verify CHECKPOINT --public DIR -- does what is published now hold,
 * unchanged, all that this checkpoint stood for when somebody kept it?
 *
 * --key: the log's own word is enough.  --policy: a checkpoint counts only with
 * the quorum of witnesses that the policy asks for (c2sp.org/tlog-policy).
 */
#include "api/cli/command.h"

#include "base/clock.h"
#include "base/file.h"
#include "register/fsck.h"
#include "register/log_policy.h"
#include "register/prefix.h"
#include "register/tlog_proof.h"

#include <stdio.h>
#include <stdlib.h>

/* What was proven. */
struct proven { struct checkpoint c; struct entry x; struct quorum q; };

/* Quorum first; then the proof under the key of the log that signed. */
static bool
check_policy(struct proven *out, const struct tlog_proof *p, const struct log_policy *policy, struct err *e)
{
	if (!log_policy_check(&out->c, &out->q, policy, p->note, e))
		return false;
	for (size_t i = 0; i < policy->nlogs; i++) {
		struct note_word word;

		if (strcmp(policy->log[i].key.name, out->c.origin) == 0 && note_look(&word, p->note, &policy->log[i].key, e) && word.there)
			return tlog_proof_check(p, &policy->log[i].key, &out->c, &out->x, e);
	}
	return fail(e, ERR_BUG, "a checkpoint that no log signed");
}

static json_t *
quorum_json(const struct log_policy *policy, const struct quorum *q)
{
	json_t *by = json_array();
	char when[TIME_TEXT];

	for (size_t i = 0; i < policy->nwitnesses; i++) {
		if (!q->by[i])
			continue;
		time_text_utc(when, q->time[i]);
		json_array_append_new(by, json_pack("{s:s, s:s}", "witness", policy->witness[i].name, "time", when));
	}
	time_text_utc(when, q->as_of == INT64_MAX ? 0 : q->as_of);
	return json_pack("{s:b, s:o, s:o}", "met", q->met, "by", by, "as_of", q->as_of == INT64_MAX ? json_null() : json_string(when));
}

static void
tell(const struct args *a, const struct tlog_proof *p, const struct proven *x, const struct log_policy *policy)
{
	own_struct(buf) who = buf_new(16u << 10);
	char when[TIME_TEXT];

	time_text_utc(when, x->x.time);
	if (a->json) {
		own(json_t) *j = json_pack("{s:b, s:I, s:I, s:s, s:s, s:I, s:o}", "proven", 1, "index", (json_int_t)p->index, "type", (json_int_t)x->x.type, "time", when,
		    "log", x->c.origin, "size", (json_int_t)x->c.size, "quorum", policy != NULL ? quorum_json(policy, &x->q) : json_null());

		command_print_json(j);
		return;
	}
	printf("entry %llu of type %llu, made %s, is in the log %s of size %llu\n", (unsigned long long)p->index, (unsigned long long)x->x.type, when, x->c.origin,
	    (unsigned long long)x->c.size);
	if (policy == NULL)
		return;
	quorum_text(&who, policy, &x->q);
	printf("cosigned: %s\n", buf_str(&who));
}

static bool
verify(const struct args *a, const struct tlog_proof *p, struct err *e)
{
	struct log_policy *policy = args_has(a, "policy") ? xalloc(sizeof(*policy)) : NULL;
	struct proven x = { .q = { .met = false } };
	struct note_key key;
	bool good;

	if (policy != NULL)
		good = log_policy_read(policy, args_get(a, "policy"), e) && check_policy(&x, p, policy, e);
	else
		good = note_key_given(&key, args_get(a, "key"), e) && tlog_proof_check(p, &key, &x.c, &x.x, e);
	if (good)
		tell(a, p, &x, policy);
	free(policy);
	return good;
}

static bool
pass_over(void *ctx, uint64_t index, const struct entry *x, struct err *e)
{
	return true;
}

/* A history that was made again from one end to the other is consistent by
 * itself, and not with a checkpoint that was seen before. */
static bool
grown(const struct args *a, struct span note, struct err *e)
{
	struct checkpoint kept;
	struct note_key key;
	struct prefix now;
	struct hash root;

	if (!note_key_given(&key, args_get(a, "key"), e) || !checkpoint_check(&kept, note, &key, e) || !prefix_open(&now, args_get(a, "public"), &key, e))
		return false;
	if (kept.size > now.head.size)
		return fail(e, ERR_POLICY, "the checkpoint that was kept has %llu entries, what is published now %llu: the log was cut", (unsigned long long)kept.size,
		    (unsigned long long)now.head.size);
	if (!prefix_read(&now, kept.size, pass_over, NULL, &root, e))
		return false;
	if (!hash_eq(&root, &kept.root))
		return fail(e, ERR_POLICY, "the first %llu entries of what is published now are not those that the kept checkpoint stood for: history was changed",
		    (unsigned long long)kept.size);
	if (a->json) {
		own(json_t) *j = json_pack("{s:b, s:s, s:I, s:I}", "grown", 1, "log", kept.origin, "from", (json_int_t)kept.size, "to", (json_int_t)now.head.size);

		command_print_json(j);
	} else {
		printf("the log %s has grown from %llu to %llu entries, and the first %llu are the same\n", kept.origin, (unsigned long long)kept.size,
		    (unsigned long long)now.head.size, (unsigned long long)kept.size);
	}
	return true;
}

static int
log_verify(const struct args *a)
{
	own_struct(buf) text = buf_new(TLOG_PROOF_MAX);
	struct tlog_proof p;
	struct err e;
	bool good;

	if (a->nwords != 2 || args_has(a, "key") == args_has(a, "policy") || (args_has(a, "public") && !args_has(a, "key"))) {
		fail(&e, ERR_INPUT, "antin log verify PROOF --key VKEY, or --policy FILE; antin log verify CHECKPOINT --key VKEY --public DIR");
		return command_usage(a, &e);
	}
	if (args_has(a, "public"))
		return file_read(&text, a->word[1], &e) && grown(a, buf_span(&text), &e) ? 0 : command_refuse(a, &e);
	if (!file_read(&text, a->word[1], &e) || !tlog_proof_read(&p, buf_span(&text), &e))
		return command_refuse(a, &e);
	good = verify(a, &p, &e);
	tlog_proof_drop(&p);
	return good ? 0 : command_refuse(a, &e);
}

const struct arg_option log_options[] = {
	{ "database", "FILE", false, "fsck: the register's database" },
	{ "public", "DIR", false, "fsck: compare what is published, too; verify: a checkpoint that was kept with it" },
	{ "key", "VKEY|FILE", false, "verify: the log's key; its own word is enough" },
	{ "policy", "FILE", false, "verify: or which logs, and how many witnesses must have cosigned" },
	{ NULL },
};

static int
log_fsck(const struct args *a)
{
	const char *database;
	char root[2 * HASH_LEN + 1];
	struct fsck f;
	struct err e;

	if (!args_need(a, "database", &database, &e))
		return command_usage(a, &e);
	if (!fsck_run(&f, database, args_get(a, "public"), &e))
		return command_refuse(a, &e);
	hex_text(root, span_of(f.root.octet, HASH_LEN));
	if (a->json) {
		own(json_t) *j = json_pack("{s:b, s:I, s:I, s:I, s:I, s:s, s:I, s:s}", "consistent", 1, "entries", (json_int_t)f.entries, "records", (json_int_t)f.records, "lost", (json_int_t)f.lost,
		    "published", (json_int_t)f.published, "root", root, "unsigned", (json_int_t)f.derived.missing, "unsigned_last", f.derived.missing_last);

		command_print_json(j);
	} else {
		if (f.lost > 0)
			printf("%llu records were lost in a restore, as an entry says; what is public of them was replayed\n", (unsigned long long)f.lost);
		printf("consistent: %llu entries, every record replayed, %llu published, root %s\n", (unsigned long long)f.entries, (unsigned long long)f.published, root);
		if (f.derived.missing > 0)
			printf("%llu lists were reserved and bear no signature, the last is %s\n", (unsigned long long)f.derived.missing, f.derived.missing_last);
	}
	return 0;
}

int
command_log(const struct args *a)
{
	struct err e;

	if (a->nwords >= 1 && strcmp(a->word[0], "fsck") == 0)
		return log_fsck(a);
	if (a->nwords >= 1 && strcmp(a->word[0], "verify") == 0)
		return log_verify(a);
	fail(&e, ERR_INPUT, "antin log fsck or verify");
	return command_usage(a, &e);
}
