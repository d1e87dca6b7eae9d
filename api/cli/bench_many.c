/*
 * batch: permits submitted a second, ten thousand in one request of JSON Lines,
 * durable when they are answered; against the same by requests of their own on 64
 * connections.
 *
 * batch-memory: the largest resident set of the two daemons that such a batch goes
 * through, after it.
 *
 * event: while a batch is under way, from the answer to another submission until the
 * feed has told it; of a hundred the slowest but one.
 */
#include "api/cli/bench.h"
#include "api/cli/load.h"

#include "base/clock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINES 10000
#define SINGLE 2000		/* by requests of their own */
#define CONNECTIONS 64
#define BATCH_MAX (16u << 20)
#define MEMORY_MB 64.0
#define EVENT_MS 200.0
#define EVENTS_MAX 4000
#define FEED_WAIT "10"

struct bench_many { double batch_per_sec, single_per_sec, memory_mb, event_ms; size_t events; };

static bool
submit_lines(const struct bench_world *w, const char *key, struct err *e)
{
	own_struct(buf) lines = buf_new(BATCH_MAX), answer = buf_new(HTTP_ANSWER_MAX);
	struct span rest, line;
	size_t done = 0;

	for (size_t i = 0; i < LINES; i++) {
		bench_submission(&lines, i);
		buf_put_byte(&lines, '\n');
	}
	if (!buf_ok(&lines, "batch", e) || !bench_call(&answer, w, &(struct http_request){ .method = "POST", .path = "/v1/permits/batch", .type = "application/jsonl",
	    .body = buf_span(&lines), .idempotency = key }, e))
		return false;
	rest = buf_span(&answer);
	while (span_take_line(&rest, &line))
		done += memmem(line.ptr, line.len, "\"status\":201", 12) != NULL;
	return done == LINES || fail(e, ERR_BUG, "of %d lines %zu were recorded", LINES, done);
}

static void
put_single(void *state, size_t i, struct buf *out)
{
	own_struct(buf) body = buf_new(8192);
	own_str char *extra = xprintf("Authorization: Bearer " BENCH_API_KEY "\r\nIdempotency-Key: single-%zu\r\n", i);

	bench_submission(&body, i);
	load_post_with(out, "/v1/permits", "application/json", extra, buf_span(&body));
}

static bool
take_single(void *state, size_t i, unsigned status, struct span body, struct err *e)
{
	return status == 201 || fail(e, ERR_BUG, "a submission was answered %u", status);
}

static bool
take_turns(struct bench_many *m, const struct bench_world *w, struct err *e)
{
	const struct load singles = { .port = w->port, .connections = CONNECTIONS, .n = SINGLE, .request = put_single, .answer = take_single };
	double secs, api, signer;
	int64_t start;

	if (!load_run(&secs, &singles, e))
		return false;
	m->single_per_sec = SINGLE / secs;
	start = clock_mono_ms();
	if (!submit_lines(w, "bench-turn", e))
		return false;
	m->batch_per_sec = LINES * 1000.0 / (double)(clock_mono_ms() - start);
	if (!bench_memory(&api, w, "antin-api", e) || !bench_memory(&signer, w, "antin-signer", e))
		return false;
	m->memory_mb = api > signer ? api : signer;
	return true;
}

/*
 * The feed.
 */

/* Behind the cursor, which moves on; *seen: the handle was among the items. */
static bool
look_at_feed(const struct bench_world *w, int64_t *after, const char *handle, bool *seen, struct err *e)
{
	own_str char *path = xprintf("/v1/events?after=%lld&wait=" FEED_WAIT, (long long)*after);
	own_struct(buf) answer = buf_new(HTTP_ANSWER_MAX);
	own(json_t) *j = NULL;

	if (!bench_get(&answer, w, path, e) || !json_read(&j, buf_span(&answer), e) || !json_take_int(after, j, "next", e))
		return false;
	*seen = memmem(answer.ptr, answer.len, handle, strlen(handle)) != NULL;
	return true;
}

static bool
feed_begin(const struct bench_world *w, int64_t *after, struct err *e)
{
	int64_t before = -2;

	for (*after = -1; *after != before;) {
		own_str char *path = xprintf("/v1/events?after=%lld", (long long)*after);
		own_struct(buf) answer = buf_new(HTTP_ANSWER_MAX);
		own(json_t) *j = NULL;

		before = *after;
		if (!bench_get(&answer, w, before < 0 ? "/v1/events" : path, e) || !json_read(&j, buf_span(&answer), e) || !json_take_int(after, j, "next", e))
			return false;
	}
	return true;
}

static bool
time_event(const struct bench_world *w, size_t i, int64_t *after, double *ms, struct err *e)
{
	own_str char *key = xprintf("event-%zu", i);
	own_struct(buf) body = buf_new(8192), answer = buf_new(HTTP_ANSWER_MAX);
	own(json_t) *j = NULL;
	const char *handle;
	bool seen = false;
	int64_t from;

	bench_submission(&body, i);
	if (!bench_call(&answer, w, &(struct http_request){ .method = "POST", .path = "/v1/permits", .type = "application/json", .body = buf_span(&body), .idempotency = key }, e))
		return false;
	from = clock_mono_ms();
	if (!json_read(&j, buf_span(&answer), e) || !json_take_str(&handle, j, "handle", e))
		return false;
	while (!seen)
		if (!look_at_feed(w, after, handle, &seen, e))
			return false;
	*ms = (double)(clock_mono_ms() - from);
	return true;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* As many as there are while another process's batch is under way. */
static bool
time_beside(struct bench_many *m, const struct bench_world *w, int64_t after, double ms[EVENTS_MAX], struct err *e)
{
	bool good = true, over = false;
	int status = 0;
	pid_t pid;

	pid = fork();
	if (pid == 0)
		_exit(submit_lines(w, "bench-beside", e) ? 0 : 1);
	if (pid < 0)
		return fail(e, ERR_LATER, "cannot start another process");
	while (good && !over && m->events < EVENTS_MAX) {
		over = waitpid(pid, &status, WNOHANG) != 0;
		good = over || (time_event(w, m->events, &after, &ms[m->events], e) && ++m->events > 0);
	}
	if (!good)
		kill(pid, SIGKILL);
	if (!over)
		waitpid(pid, &status, 0);
	return good && (status == 0 || fail(e, ERR_BUG, "the batch beside it failed"));
}

static bool
time_events(struct bench_many *m, const struct bench_world *w, struct err *e)
{
	double *ms = xalloc(EVENTS_MAX * sizeof(*ms));
	int64_t after;
	bool good = feed_begin(w, &after, e) && time_beside(m, w, after, ms, e) &&
	    (m->events >= 100 || fail(e, ERR_BUG, "only %zu events while the batch was under way", m->events));

	qsort(ms, m->events, sizeof(*ms), by_size);
	m->event_ms = m->events > 0 ? ms[m->events - 1 - m->events / 100] : 0;
	free(ms);
	return good;
}

/* Once a run. */
static bool
many(struct bench *b, struct err *e)
{
	if (b->many != NULL)
		return true;
	if (!bench_authority(b, true, e))
		return false;
	b->many = xalloc(sizeof(*b->many));
	*b->many = (struct bench_many){ .events = 0 };
	return take_turns(b->many, &b->world, e) && time_events(b->many, &b->world, e);
}

bool
bench_batch(struct bench *b, struct figure *f, struct err *e)
{
	if (!many(b, e))
		return false;
	*f = (struct figure){ .value = b->many->batch_per_sec, .limit = b->many->single_per_sec, .unit = "durable submissions/s, 10,000 lines in one request",
		.limit_is = "by requests of their own, 64 connections" };
	return true;
}

bool
bench_batch_memory(struct bench *b, struct figure *f, struct err *e)
{
	if (!many(b, e))
		return false;
	*f = (struct figure){ .value = b->many->memory_mb, .limit = MEMORY_MB, .at_most = true, .unit = "MB resident at most, antin-api or antin-signer, after 10,000 lines",
		.limit_is = "MB asked for" };
	return true;
}

bool
bench_event(struct bench *b, struct figure *f, struct err *e)
{
	if (!many(b, e))
		return false;
	*f = (struct figure){ .value = b->many->event_ms, .limit = EVENT_MS, .at_most = true, .unit = f->text, .limit_is = "ms asked for" };
	snprintf(f->text, sizeof(f->text), "ms (p99 of %zu) from a submission's answer to its event, beside a batch", b->many->events);
	return true;
}
