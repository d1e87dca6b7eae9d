/*
 * antin notices -- which certificates end soon, as a feed (Atom, RFC 4287) that
 * the world may read: one entry for a certificate and a threshold.
 *
 * Whose certificate it is stands nowhere in it: serial number, profile and agency
 * are what the public log says of it.  The person's agency knows whom to ask, and
 * the certificate itself is at /v1/certificates/SERIAL for whom it concerns.
 *
 * An entry's id and time follow from the certificate and the threshold alone, so
 * that a reader sees each once, however often the feed is made.  It stays until
 * thirty days after the end; "renewed" says that there is a later certificate of
 * the same profile, agency and name.
 *
 * Reads the register and changes nothing; writes one file, whole (made anew by a
 * timer, policy/systemd/antin-recheck.timer).
 */
#include "api/cli/command.h"

#include "base/clock.h"
#include "base/file.h"
#include "register/store.h"

#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

#define DAYS_MAX 8
#define DAY_MOST 730
#define GONE_SECS (30 * DAY_SECS)
#define FEED_MAX (16u << 20)
#define ENTRIES_MAX 20000	/* of 600 octets */

static const int64_t usual_days[] = { 60, 30, 14, 3 };

const struct arg_option notices_options[] = {
	{ "state", "DIR", false, "the register's state, as in [antin-register]" },
	{ "database", "NAME", false, "instead: a file, or a server (postgresql://...)" },
	{ "site", "URL", false, "where the world finds the feed and the certificates" },
	{ "days", "N", true, "a threshold: so many days before the end (60, 30, 14, 3)" },
	{ "out", "FILE", false, "the feed (standard output), as PUBLIC/ca/expiring.atom" },
	{ "at", "TIME", false, "as of this time (RFC 3339; now)" },
	{ NULL },
};

struct notices {
	const char *site;
	int64_t days[DAYS_MAX];
	size_t ndays;
	int64_t now, newest;		/* newest: time of the youngest entry */
	struct buf entries;
	uint64_t n;
};

/*
 * One entry.
 */

static void
put_entry(struct notices *f, const struct value *c, int64_t days)
{
	char serial[64], until[TIME_TEXT], updated[TIME_TEXT], day[TIME_TEXT];
	int64_t crossed = c[3].i - days * DAY_SECS;
	const char *ends = c[3].i <= f->now ? "đã hết hạn ngày / ended on" : "hết hạn ngày / ends on";

	hex_text(serial, c[0].s);
	time_text_utc(until, c[3].i);
	time_text_utc(updated, crossed);
	date_text(day, day_in_vietnam(c[3].i));
	if (crossed > f->newest)
		f->newest = crossed;
	f->n++;
	buf_printf(&f->entries, "<entry><id>urn:antin:expiry:%s:%lld</id><title>%.*s %.*s: %s %s</title><updated>%s</updated>"
	    "<link href=\"%s/v1/certificates/%s\"/><category term=\"%.*s\"/><category term=\"%lld-days\"/>%s"
	    "<summary>serial %s, notAfter %s</summary></entry>\n", serial, (long long)days, (int)c[1].s.len, (const char *)c[1].s.ptr,
	    (int)c[2].s.len, (const char *)c[2].s.ptr, ends, day, updated, f->site, serial, (int)c[1].s.len, (const char *)c[1].s.ptr, (long long)days,
	    c[4].i != 0 ? "<category term=\"renewed\"/>" : "", serial, until);
}

static bool
see_certificate(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct notices *f = ctx;

	if (c[0].s.len >= 32)
		return fail(e, ERR_STORE, "certificate: a serial number of %zu octets", c[0].s.len);
	for (size_t i = 0; i < f->ndays; i++)
		if (c[3].i - f->days[i] * DAY_SECS <= f->now)
			put_entry(f, c, f->days[i]);
	return f->n <= ENTRIES_MAX || fail(e, ERR_LIMIT, "more than %d notices: fewer or smaller --days", ENTRIES_MAX);
}

static bool
see_all(struct notices *f, struct store *db, struct err *e)
{
	static const enum reg_type types[] = { REG_BYTES, REG_TEXT, REG_TEXT, REG_INT, REG_INT };
	struct values v = { .n = 0 };
	int64_t most = 0;

	for (size_t i = 0; i < f->ndays; i++)
		most = f->days[i] > most ? f->days[i] : most;
	values_int(&v, "gone", f->now - GONE_SECS);
	values_int(&v, "ahead", f->now + most * DAY_SECS);
	return store_run(db, "SELECT serial, profile, agency, not_after, CASE WHEN EXISTS (SELECT 1 FROM certificate n WHERE n.profile = c.profile AND n.agency = c.agency "
	    "AND n.name = c.name AND n.person IS NOT DISTINCT FROM c.person AND n.state = 'active' AND n.not_after > c.not_after) THEN 1 ELSE 0 END "
	    "FROM certificate c WHERE state IN ('active', 'held') AND not_after BETWEEN $gone AND $ahead ORDER BY not_after, serial",
	    &v, types, 5, see_certificate, f, NULL, e) && buf_ok(&f->entries, "the feed", e);
}

/*
 * The feed.
 */

/* It stands in XML as it is. */
static bool
check_site(const char *site, struct err *e)
{
	bool good = strncmp(site, "http://", 7) == 0 || strncmp(site, "https://", 8) == 0;

	for (const char *p = site; *p != '\0'; p++)
		good = good && (isalnum((unsigned char)*p) || strchr("-._~:/[]", *p) != NULL);
	return good || fail(e, ERR_INPUT, "--site is an http or https address without a query");
}

static bool
take_days(struct notices *f, const struct args *a, struct err *e)
{
	for (const char *text; (text = args_nth(a, "days", f->ndays)) != NULL; f->ndays++) {
		uint64_t days;

		if (f->ndays == DAYS_MAX || !decimal_get(&days, span_str(text), e) || days < 1 || days > DAY_MOST)
			return fail(e, ERR_INPUT, "--days is from 1 to %d, at most %d of them", DAY_MOST, DAYS_MAX);
		f->days[f->ndays] = (int64_t)days;
	}
	if (f->ndays > 0)
		return true;
	f->ndays = sizeof(usual_days) / sizeof(usual_days[0]);
	memcpy(f->days, usual_days, sizeof(usual_days));
	return true;
}

static bool
write_feed(struct notices *f, const char *out, struct err *e)
{
	own_struct(buf) feed = buf_new(FEED_MAX);
	char updated[TIME_TEXT];

	time_text_utc(updated, f->newest);
	buf_printf(&feed, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>%s/ca/expiring.atom</id>"
	    "<title>Chứng thư sắp hết hạn / Certificates that end soon</title><author><name>Antin</name></author><updated>%s</updated>"
	    "<link rel=\"self\" href=\"%s/ca/expiring.atom\"/>\n", f->site, updated, f->site);
	buf_put_span(&feed, buf_span(&f->entries));
	buf_put_str(&feed, "</feed>\n");
	if (!buf_ok(&feed, "the feed", e))
		return false;
	return out != NULL ? file_write(out, buf_span(&feed), 0644, e) : fd_write(STDOUT_FILENO, buf_span(&feed), e);
}

static bool
make_feed(struct notices *f, const char *database, const char *out, struct err *e)
{
	struct store *db;
	bool good;

	if (!store_open(&db, database, STORE_READ, e))
		return false;
	good = see_all(f, db, e);
	store_free(db);
	return good && write_feed(f, out, e);
}

int
command_notices(const struct args *a)
{
	struct notices f = { .newest = 0, .entries = buf_new(FEED_MAX) };
	own_str char *database = NULL;
	const char *out = args_get(a, "out");
	struct err e;
	bool good;

	if (a->nwords != 0 || !args_need(a, "site", &f.site, &e) || !check_site(f.site, &e) || !command_database(&database, a, &e) ||
	    !take_days(&f, a, &e) || !args_time(a, "at", clock_now(), &f.now, &e)) {
		if (a->nwords != 0)
			fail(&e, ERR_INPUT, "antin notices --state DIR --site URL");
		return command_usage(a, &e);
	}
	good = make_feed(&f, database, out, &e);
	buf_drop(&f.entries);
	if (!good)
		return command_refuse(a, &e);
	if (a->json && out != NULL) {
		own(json_t) *j = json_pack("{s:b, s:I}", "done", 1, "notices", (json_int_t)f.n);

		command_print_json(j);
	}
	return 0;
}
