#include "register/report_publish.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "base/log.h"
#include "register/report_page.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define REPORTS_MAX 16
#define UNIT_MAX (40u << 20)
#define LOOK_NS 200000000
#define RETRY_SECS 60

struct reporter {
	struct runner *runner;
	const char *folder;
	int64_t every, last;
	pthread_t thread;
	bool stop;
};

/* When the newest were recorded, by whichever register. */
static bool
read_last(const struct runner *runner, int64_t none, int64_t *last, struct err *e)
{
	struct store *store = NULL;
	bool good = store_open(&store, runner_database(runner), STORE_READ, e) &&
	    store_int(store, "SELECT time FROM report ORDER BY entry DESC LIMIT 1", NULL, none, last, e);

	store_free(store);
	return good;
}

bool
reporter_new(struct reporter **out, struct runner *runner, const char *folder, int64_t every, int64_t now, struct err *e)
{
	struct reporter *r = xalloc(sizeof(*r));

	if (!read_last(runner, now, &r->last, e)) {
		free(r);
		return false;
	}
	r->runner = runner;
	r->folder = folder;
	r->every = every;
	*out = r;
	return true;
}

/*
 * The unit: keys of each map in CBOR's order.
 */

static void
put_hash(struct buf *unit, const char *name, struct span of)
{
	unsigned char digest[SHA256_LEN];

	sha256(digest, of);
	cbor_put_text(unit, name);
	cbor_put_bytes(unit, span_of(digest, SHA256_LEN));
}

static void
put_entry(struct buf *unit, const struct log_report *r, const struct log_report_files *f, struct span index)
{
	cbor_put_array(unit, 2);
	cbor_put_text(unit, "report.publish");
	cbor_put_map(unit, 7);
	cbor_put_text(unit, "size");
	cbor_put_uint(unit, r->at.size);
	cbor_put_text(unit, "spec");
	cbor_put_text(unit, r->spec->name);
	put_hash(unit, "sha256", buf_span(&f->csv));
	put_hash(unit, "css_sha256", span_str(log_report_css));
	put_hash(unit, "html_sha256", buf_span(&f->html));
	put_hash(unit, "json_sha256", buf_span(&f->json));
	put_hash(unit, "index_sha256", index);
}

static void
put_file(struct buf *unit, const char *name, const char *suffix, struct span body)
{
	own_str char *path = xprintf("report/%s%s", name, suffix);

	cbor_put_array(unit, 2);
	cbor_put_text(unit, "publish.put");
	cbor_put_map(unit, 2);
	cbor_put_text(unit, "body");
	cbor_put_bytes(unit, body);
	cbor_put_text(unit, "path");
	cbor_put_text(unit, path);
}

static bool
put_unit(struct buf *unit, const struct log_report *r, struct log_report_files *files, size_t n, struct err *e)
{
	own_struct(buf) index = buf_new(LOG_REPORT_MAX);

	for (size_t i = 0; i < n; i++)
		if (!log_report_files_make(&files[i], &r[i], e))
			return false;
	if (!log_report_index(&index, r, files, n, e))
		return false;
	cbor_put_array(unit, 4 * n + 2);
	for (size_t i = 0; i < n; i++) {
		put_entry(unit, &r[i], &files[i], buf_span(&index));
		put_file(unit, r[i].spec->name, ".csv", buf_span(&files[i].csv));
		put_file(unit, r[i].spec->name, ".json", buf_span(&files[i].json));
		put_file(unit, r[i].spec->name, ".html", buf_span(&files[i].html));
	}
	put_file(unit, "index", ".html", buf_span(&index));
	put_file(unit, "report", ".css", span_str(log_report_css));
	return buf_ok(unit, "reports", e);
}

static bool
record(struct reporter *r, const struct log_report *reports, size_t n, struct err *e)
{
	struct log_report_files files[REPORTS_MAX] = { 0 };
	own_struct(buf) unit = buf_new(UNIT_MAX);
	own_struct(buf) result = buf_new(1 << 20);
	bool good = put_unit(&unit, reports, files, n, e) && runner_unit(r->runner, CALLER_REGISTER, buf_span(&unit), &result, e);

	for (size_t i = 0; i < n; i++)
		log_report_files_drop(&files[i]);
	return good;
}

bool
reporter_make(struct reporter *r, struct err *e)
{
	const struct log_report_spec *specs[REPORTS_MAX];
	struct log_report reports[REPORTS_MAX];
	struct prefix p;
	size_t n = 0;
	bool good;

	while (n < REPORTS_MAX && (specs[n] = log_report_nth(n)) != NULL)
		n++;
	if (!prefix_open(&p, r->folder, NULL, e) || !log_report_make(reports, specs, n, &p, p.head.size, e))
		return false;
	good = record(r, reports, n, e);
	for (size_t i = 0; i < n; i++)
		log_report_drop(&reports[i]);
	return good;
}

/* Days begin at midnight in Vietnam, shorter periods with them. */
static int64_t
period(const struct reporter *r, int64_t t)
{
	return (t + VIETNAM_OFFSET) / r->every;
}

static void *
reporter_main(void *arg)
{
	struct reporter *r = arg;
	int64_t not_before = 0;
	struct err e;

	while (!__atomic_load_n(&r->stop, __ATOMIC_SEQ_CST)) {
		int64_t now = clock_now();

		nanosleep(&(struct timespec){ .tv_nsec = LOOK_NS }, NULL);
		if (clock_mono_ms() < not_before || period(r, now) <= period(r, r->last))
			continue;
		/* Another register on the same database may have made them. */
		if (read_last(r->runner, r->last, &r->last, &e) && (period(r, now) <= period(r, r->last) || reporter_make(r, &e))) {
			r->last = period(r, now) <= period(r, r->last) ? r->last : now;
			continue;
		}
		not_before = clock_mono_ms() + 1000 * RETRY_SECS;
		log_warn("no reports: %s; again in %d seconds", e.text, RETRY_SECS);
	}
	return NULL;
}

void
reporter_start(struct reporter *r)
{
	if (r->every > 0)
		promise(pthread_create(&r->thread, NULL, reporter_main, r) == 0);
}

void
reporter_stop(struct reporter *r)
{
	__atomic_store_n(&r->stop, true, __ATOMIC_SEQ_CST);
	if (r->every > 0)
		pthread_join(r->thread, NULL);
	free(r);
}
