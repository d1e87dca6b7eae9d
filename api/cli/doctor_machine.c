/* The machine, and what lies on it beside the register. */
#include "api/cli/doctor.h"
#include "api/cli/recheck.h"

#include "base/file.h"
#include "base/ossl.h"
#include "hsm/settings.h"
#include "hsm/token.h"
#include "register/backup.h"
#include "signer/stamp.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each word of a list; false as soon as one is not well. */
static bool
each_word(const char *list, bool (*see)(const struct doctor *, const char *word, struct buf *, struct err *), const struct doctor *d, struct buf *says, struct err *e)
{
	own_str char *copy = xstrdup(list);
	char *rest = copy;

	for (char *word = strsep(&rest, " \t"); word != NULL; word = strsep(&rest, " \t"))
		if (*word != '\0' && !see(d, word, says, e))
			return fail_in(e, "%s", word);
	return true;
}

/*
 * Certificates in files: the site's for TLS, a courier's ...
 */

static bool
see_one_file(const struct doctor *d, const char *path, struct buf *says, struct err *e)
{
	own_struct(buf) text = buf_new(1u << 20);
	own(X509) *cert = NULL;
	char day[TIME_TEXT];
	int64_t end;

	if (!file_read(&text, path, e) || !cert_from_any(&cert, buf_span(&text), e))
		return false;
	end = asn1_time_secs(X509_get0_notAfter(cert));
	date_text(day, day_in_vietnam(end));
	buf_printf(says, "%s%s until %s", says->len > 0 ? "; " : "", path, day);
	return check_lasts("the certificate", end, d->ahead, e);
}

enum health
see_files(const struct doctor *d, struct buf *says, struct err *e)
{
	if (d->conf.certificates[0] == '\0')
		return skipped(says, "certificates");
	return well(each_word(d->conf.certificates, see_one_file, d, says, e));
}

/*
 * PIN counters.  A vendor's module is foreign code and may hang: a process of
 * its own for each, with a deadline.
 */

#define PIN_DEADLINE_SECS 10
#define PIN_UNREADABLE 100

static const char *const pin_word[] = {
	[TOKEN_PIN_FINE] = "fine", [TOKEN_PIN_LOW] = "few tries are left: a wrong PIN was given", [TOKEN_PIN_LAST_TRY] = "one try is left",
	[TOKEN_PIN_LOCKED] = "the PIN is locked", [TOKEN_PIN_UNSET] = "no PIN is set",
};

static _Noreturn void
look_at_pin(const struct settings *s)
{
	enum token_pin state;
	struct err e;

	alarm(PIN_DEADLINE_SECS);
	if (s->module_config[0] != '\0')
		setenv("SOFTHSM2_CONF", s->module_config, 1);
	if (token_pin_state(s->module, s->token, &state, &e))
		_exit((int)state);
	(void)!write(STDERR_FILENO, e.text, strlen(e.text));
	_exit(PIN_UNREADABLE);
}

/* What the child says is the refusal. */
static bool
pin_state(int *state, const struct settings *s, struct err *e)
{
	char text[160] = "";
	int says[2], status = 0;
	ssize_t n;
	pid_t pid;

	if (pipe(says) != 0)
		return fail(e, ERR_LATER, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		dup2(says[1], STDERR_FILENO);
		look_at_pin(s);
	}
	close(says[1]);
	n = pid > 0 ? read(says[0], text, sizeof(text) - 1) : 0;
	close(says[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return fail(e, ERR_LATER, "cannot look at the token: %s", strerror(errno));
	if (!WIFEXITED(status))
		return fail(e, ERR_TOKEN, "its module did not answer in %d seconds", PIN_DEADLINE_SECS);
	*state = WEXITSTATUS(status);
	text[n > 0 ? n : 0] = '\0';
	return *state != PIN_UNREADABLE || fail(e, ERR_TOKEN, "%s", text);
}

static bool
see_one_pin(const struct doctor *d, const char *section, struct buf *says, struct err *e)
{
	struct settings *s = xalloc(sizeof(*s));	/* its texts live as long as the process */
	bool good = settings_read(s, d->config, section, e);
	int state = 0;

	good = good && pin_state(&state, s, e);
	if (good && state != TOKEN_PIN_FINE)
		good = fail(e, ERR_POLICY, "%s", state <= TOKEN_PIN_UNSET ? pin_word[state] : "its state is not known");
	if (good)
		buf_printf(says, "%s%s", says->len > 0 ? ", " : "", s->token);
	free(s);
	return good;
}

enum health
see_pins(const struct doctor *d, struct buf *says, struct err *e)
{
	if (d->conf.tokens[0] == '\0')
		return skipped(says, "tokens");
	return well(each_word(d->conf.tokens, see_one_pin, d, says, e));
}

/* The kernel's own judgement, which a chrony or ntpd that works keeps up. */
enum health
see_clock(const struct doctor *d, struct buf *says, struct err *e)
{
	if (stamp_clock_ok()) {
		buf_put_str(says, "synchronised, to a second");
		return WELL;
	}
	if (!d->conf.unsynchronised)
		return well(fail(e, ERR_CONFLICT, "the kernel does not say that the clock is synchronised to a second"));
	buf_put_str(says, "not synchronised, as the configuration allows");
	return SKIPPED;
}

/*
 * The newest backup.
 */

static bool
newest_backup(const char *folder, int64_t *made, struct err *e)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	*made = INT64_MIN;
	if (dir == NULL)
		return fail(e, ERR_ABSENT, "%s: %s", folder, strerror(errno));
	while ((entry = readdir(dir)) != NULL) {
		own_str char *path = xprintf("%s/%s", folder, entry->d_name);
		own_struct(backup) b = { .made = 0 };
		struct err other;

		if (entry->d_name[0] != '.' && backup_read(&b, path, &other) && b.made > *made)
			*made = b.made;
	}
	closedir(dir);
	return *made != INT64_MIN || fail(e, ERR_ABSENT, "there is no backup in %s", folder);
}

enum health
see_backup(const struct doctor *d, struct buf *says, struct err *e)
{
	int64_t made;

	if (d->conf.backups[0] == '\0')
		return skipped(says, "backups");
	if (!newest_backup(d->conf.backups, &made, e) || !check_age(d, "the newest backup", made, d->conf.backup_hours * HOUR, e))
		return ALARM;
	put_age(says, d, made);
	return WELL;
}

/*
 * The nightly look at everything stored: the last that ended, and what the one
 * under way has found already.
 */

static bool
none_bad(const struct recheck_round *r, struct err *e)
{
	const struct recheck_bad *b = &r->named[0];

	if (r->began == INT64_MIN || r->bad == 0)
		return true;
	return fail(e, ERR_STORE, "%lld bad, the first: %s %s: %.100s", (long long)r->bad, r->nnamed > 0 ? b->what : "", r->nnamed > 0 ? b->id : "", r->nnamed > 0 ? b->why : "");
}

enum health
see_recheck(const struct doctor *d, struct buf *says, struct err *e)
{
	struct recheck m;

	if (d->conf.recheck[0] == '\0')
		return skipped(says, "recheck");
	if (!recheck_read(&m, d->conf.recheck, e) || !none_bad(&m.now, e))
		return ALARM;
	if (m.last.began == INT64_MIN)
		return well(fail(e, ERR_ABSENT, "none has ended yet"));
	if (!none_bad(&m.last, e) || !check_age(d, "the last re-check", m.last.ended, d->conf.recheck_hours * HOUR, e))
		return ALARM;
	buf_printf(says, "%lld permits, %lld certificates, %lld signatures, none bad; ended ", (long long)m.last.permits, (long long)m.last.certificates, (long long)m.last.signatures);
	put_age(says, d, m.last.ended);
	return WELL;
}

enum health
see_holidays(const struct doctor *d, struct buf *says, struct err *e)
{
	char day[TIME_TEXT];

	if (d->conf.policy[0] == '\0')
		return skipped(says, "policy");
	if (d->holidays.n == 0)
		return well(fail(e, ERR_ABSENT, "%s/holidays cannot be read: looking ahead over weekends alone", d->conf.policy));
	date_text(day, holidays_end(&d->holidays));
	if (holidays_end(&d->holidays) < day_in_vietnam(d->now) + 365)
		return well(fail(e, ERR_CONFLICT, "%s/holidays ends on %s: put the coming years in", d->conf.policy, day));
	date_text(day, day_in_vietnam(d->ahead - 1));
	buf_printf(says, "looking ahead to %s", day);
	return WELL;
}

/*
 * Room.
 */

#define ROOM_MIN_MB 1024
#define ROOM_MIN_PERCENT 5

static bool
see_one_room(const struct doctor *d, const char *folder, struct buf *says, struct err *e)
{
	unsigned long long free_mb, percent;
	struct statvfs s;

	if (statvfs(folder, &s) != 0)
		return fail(e, ERR_STORE, "%s", strerror(errno));
	free_mb = (unsigned long long)s.f_bavail * s.f_frsize >> 20;
	percent = s.f_blocks > 0 ? (unsigned long long)s.f_bavail * 100 / s.f_blocks : 0;
	if (free_mb < ROOM_MIN_MB || percent < ROOM_MIN_PERCENT)
		return fail(e, ERR_STORE, "%llu MB are left, %llu %%; less than %d MB or %d %% is too little", free_mb, percent, ROOM_MIN_MB, ROOM_MIN_PERCENT);
	buf_printf(says, "%s%llu MB are left, %llu %%", says->len > 0 ? "; " : "", free_mb, percent);
	return true;
}

enum health
see_room(const struct doctor *d, struct buf *says, struct err *e)
{
	bool file = d->conf.database[0] != '\0' && !store_is_server(d->conf.database);
	own_str char *places = xprintf("%s %s %s", d->conf.public, file ? d->conf.database : "", d->conf.backups);

	return well(each_word(places, see_one_room, d, says, e));
}
