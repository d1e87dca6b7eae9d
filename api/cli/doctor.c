/*
 * antin doctor -- is what the authority publishes whole and fresh?
 *
 * A table of checks, one line each; exit 0 when none alarms.  It reads the
 * folder that the world may copy (or a copy of it, anywhere) and asks no
 * daemon: what people can see is what is judged.  A check that cannot be made
 * alarms, unless what it needs was not given (--policy), which is said.
 *
 * To add a check: a function that says what it found, and a row in checks[].
 */
#include "api/cli/command.h"

#include "base/clock.h"
#include "base/file.h"
#include "register/log_policy.h"
#include "register/tile.h"
#include "register/entry.h"
#include "verifier/cert.h"
#include "verifier/cose.h"
#include "verifier/crl.h"
#include "verifier/status_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#define FILE_MAX (16u << 20)
#define HOUR 3600

const struct arg_option doctor_options[] = {
	{ "public", "DIR", false, "what the authority publishes, or a copy of it" },
	{ "policy", "FILE", false, "which witnesses must have cosigned (c2sp.org/tlog-policy)" },
	{ "at", "TIME", false, "as of this time (RFC 3339; now)" },
	{ NULL },
};

struct doctor { const char *public; struct log_policy *policy; int64_t now; };

/* WELL with what was found in says; ALARM with e filled; SKIPPED with why. */
enum health { ALARM = 0, WELL, SKIPPED };

static enum health
well(bool good)
{
	return good ? WELL : ALARM;
}

static bool
read_public(const struct doctor *d, const char *name, struct buf *out, struct err *e)
{
	own_str char *path = xprintf("%s/%s", d->public, name);

	return file_read(out, path, e);
}

static void
put_age(struct buf *says, const struct doctor *d, int64_t t)
{
	char text[TIME_TEXT];

	time_text_utc(text, t);
	buf_printf(says, "%s, %lld minutes ago", text, (long long)((d->now - t) / 60));
}

/* Not older than that, and not from tomorrow. */
static bool
check_age(const struct doctor *d, const char *what, int64_t t, int64_t max_secs, struct err *e)
{
	char text[TIME_TEXT];

	time_text_utc(text, t);
	if (t > d->now + 300)
		return fail(e, ERR_CONFLICT, "%s is of %s, which is still to come", what, text);
	return d->now - t <= max_secs || fail(e, ERR_CONFLICT, "%s is of %s, older than %lld hours", what, text, (long long)(max_secs / HOUR));
}

/*
 * The log.
 */

static bool
published_checkpoint(const struct doctor *d, const char *name, struct checkpoint *c, struct err *e)
{
	own_str char *vkey = xprintf("%s/log.vkey", d->public);
	own_struct(buf) note = buf_new(NOTE_MAX);
	struct note_key key;

	return read_public(d, name, &note, e) && note_key_read(&key, vkey, e) && checkpoint_check(c, buf_span(&note), &key, e);
}

/* The entry that the checkpoint ends with, out of its bundle. */
static bool
last_entry_time(const struct doctor *d, uint64_t size, int64_t *out, struct err *e)
{
	uint64_t n = (size - 1) / TILE_WIDTH;
	own_struct(buf) name = buf_new(200), bundle = buf_new(TILE_WIDTH * (2 + ENTRY_MAX));
	struct span rest, entry = SPAN_NONE;
	struct entry x;

	tile_path(&name, TILE_ENTRIES, n, (unsigned)(size - n * TILE_WIDTH));
	if (!read_public(d, buf_str(&name), &bundle, e))
		return false;
	rest = buf_span(&bundle);
	while (rest.len > 0)
		if (!bundle_next(&rest, &entry, e))
			return false;
	if (!entry_read(&x, entry, e))
		return false;
	*out = x.time;
	return true;
}

/* Status lists are made hourly, so a log that lives has an entry of the last two. */
static enum health
see_checkpoint(const struct doctor *d, struct buf *says, struct err *e)
{
	struct checkpoint c;
	int64_t t;

	if (!published_checkpoint(d, "checkpoint", &c, e))
		return ALARM;
	if (c.size == 0)
		return well(fail(e, ERR_CONFLICT, "the log has no entry"));
	if (!last_entry_time(d, c.size, &t, e) || !check_age(d, "the log's last entry", t, 2 * HOUR, e))
		return ALARM;
	buf_printf(says, "%llu entries, the last ", (unsigned long long)c.size);
	put_age(says, d, t);
	return WELL;
}

static enum health
see_witnessed(const struct doctor *d, struct buf *says, struct err *e)
{
	own_struct(buf) note = buf_new(2 * NOTE_MAX);
	struct checkpoint c;
	struct quorum q;

	if (d->policy == NULL) {
		buf_put_str(says, "no --policy was given");
		return SKIPPED;
	}
	if (!read_public(d, "checkpoint.witnessed", &note, e) || !log_policy_check(&c, &q, d->policy, buf_span(&note), e))
		return ALARM;
	if (q.as_of != INT64_MAX && !check_age(d, "the last checkpoint with its quorum of witnesses", q.as_of, 24 * HOUR, e))
		return ALARM;
	buf_printf(says, "%llu entries, ", (unsigned long long)c.size);
	quorum_text(says, d->policy, &q);
	return WELL;
}

/* What antin-register says of its witnesses; one that runs says it again and again. */
static bool
split_views(const struct doctor *d, const json_t *j, struct err *e)
{
	const char *time, *sentence;
	json_t *split;
	int64_t t;

	if (!json_take_str(&time, j, "time", e) || !time_parse(&t, time, e) || !json_take_arr(&split, j, "split", e))
		return false;
	if (json_array_size(split) > 0) {
		const json_t *one = json_array_get(split, 0);

		if (!json_take_str(&sentence, one, "sentence", e) || !json_take_str(&time, one, "time", e))
			return false;
		return fail(e, ERR_CONFLICT, "%zu seen; %s: %.180s", json_array_size(split), time, sentence);
	}
	return check_age(d, "witnesses.json", t, HOUR, e);
}

static enum health
see_split(const struct doctor *d, struct buf *says, struct err *e)
{
	own_struct(buf) text = buf_new(1u << 20);
	own(json_t) *j = NULL;

	if (!read_public(d, "witnesses.json", &text, e)) {
		if (e->class != ERR_ABSENT || d->policy != NULL)
			return ALARM;
		buf_put_str(says, "no witness is asked");
		return SKIPPED;
	}
	if (!json_read(&j, buf_span(&text), e) || !split_views(d, j, e))
		return ALARM;
	buf_put_str(says, "none seen");
	return WELL;
}

/*
 * Certificates and permits.
 */

static bool
read_crl(const struct doctor *d, const char *crl, const char *issuer, struct crl_facts *f, struct err *e)
{
	own_struct(buf) der = buf_new(FILE_MAX), cert = buf_new(FILE_MAX);
	own(X509_CRL) *list = NULL;
	own(X509) *ca = NULL;

	return read_public(d, crl, &der, e) && crl_from_any(&list, buf_span(&der), e) && read_public(d, issuer, &cert, e) &&
	    cert_from_any(&ca, buf_span(&cert), e) && crl_check(f, list, ca, e);
}

static bool
see_one_crl(const struct doctor *d, const char *crl, const char *issuer, int64_t max_secs, struct buf *says, struct err *e)
{
	struct crl_facts f;
	char text[TIME_TEXT];

	if (!read_crl(d, crl, issuer, &f, e) || (max_secs > 0 && !check_age(d, crl, f.this_update, max_secs, e)))
		return false;
	time_text_utc(text, f.next_update);
	if (f.next_update <= d->now)
		return fail(e, ERR_CONFLICT, "%s was over on %s", crl, text);
	buf_printf(says, "%s%s number %llu, good until %s", says->len > 0 ? "; " : "", crl, (unsigned long long)f.number, text);
	return true;
}

/* The issuing authority's is made anew each day; the root's at ceremonies. */
static enum health
see_crls(const struct doctor *d, struct buf *says, struct err *e)
{
	return well(see_one_crl(d, "crl/0.crl", "ca/issuing.crt", 25 * HOUR, says, e) &&
	    see_one_crl(d, "crl/root.crl", "ca/root.crt", 0, says, e));
}

/* Its times alone: whoever relies on the list checks the signature. */
static enum health
see_status_list(const struct doctor *d, struct buf *says, struct err *e)
{
	own_struct(buf) cwt = buf_new(STATUS_LIST_MAX);
	struct status_list l;
	struct cose c;
	bool good;

	if (!read_public(d, "status/1.cwt", &cwt, e) || !cose_read(&c, buf_span(&cwt), e) || !status_list_read_payload(&l, c.payload, e))
		return ALARM;
	good = check_age(d, "the status list", l.issued, 2 * HOUR, e);
	if (good && l.expires <= d->now)
		good = fail(e, ERR_CONFLICT, "the status list has expired");
	buf_put_str(says, "made ");
	put_age(says, d, l.issued);
	status_list_drop(&l);
	return well(good);
}

/*
 * The machine.
 */

#define ROOM_MIN_MB 1024
#define ROOM_MIN_PERCENT 5

static enum health
see_room(const struct doctor *d, struct buf *says, struct err *e)
{
	unsigned long long free_mb, percent;
	struct statvfs s;

	if (statvfs(d->public, &s) != 0)
		return well(fail(e, ERR_STORE, "%s: %s", d->public, strerror(errno)));
	free_mb = (unsigned long long)s.f_bavail * s.f_frsize >> 20;
	percent = s.f_blocks > 0 ? (unsigned long long)s.f_bavail * 100 / s.f_blocks : 0;
	if (free_mb < ROOM_MIN_MB || percent < ROOM_MIN_PERCENT)
		return well(fail(e, ERR_STORE, "%llu MB are left, %llu %%; less than %d MB or %d %% is too little", free_mb, percent, ROOM_MIN_MB, ROOM_MIN_PERCENT));
	buf_printf(says, "%llu MB are left, %llu %%", free_mb, percent);
	return WELL;
}

static const struct check {
	const char *name;
	enum health (*see)(const struct doctor *, struct buf *says, struct err *);
} checks[] = {
	{ "checkpoint", see_checkpoint },
	{ "witnessed", see_witnessed },
	{ "split view", see_split },
	{ "crl", see_crls },
	{ "status list", see_status_list },
	{ "disk", see_room },
};

static const char *const health_word[] = { [ALARM] = "ALARM", [WELL] = "well", [SKIPPED] = "skipped" };

/* Every check, whatever the one before said. */
static bool
see_all(const struct doctor *d, json_t *out)
{
	bool good = true;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		own_struct(buf) says = buf_new(4096);
		struct err e = { ERR_NONE, "" };
		enum health h = checks[i].see(d, &says, &e);
		const char *sentence = h == ALARM ? e.text : buf_str(&says);

		good &= h != ALARM;
		if (out != NULL)
			json_array_append_new(out, json_pack("{s:s, s:s, s:s}", "check", checks[i].name, "health", health_word[h], "says", sentence));
		else
			printf("%-8s %-12s %s\n", health_word[h], checks[i].name, sentence);
	}
	return good;
}

int
command_doctor(const struct args *a)
{
	struct doctor d = { .policy = args_has(a, "policy") ? xalloc(sizeof(*d.policy)) : NULL };
	own(json_t) *list = a->json ? json_array() : NULL;
	struct err e;
	bool good;

	if (!args_need(a, "public", &d.public, &e) || !args_time(a, "at", clock_now(), &d.now, &e))
		return command_usage(a, &e);
	if (d.policy != NULL && !log_policy_read(d.policy, args_get(a, "policy"), &e))
		return command_refuse(a, &e);
	good = see_all(&d, list);
	free(d.policy);
	if (a->json)
		command_print_json(list);
	return good ? 0 : 1;
}
