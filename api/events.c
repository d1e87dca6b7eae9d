#include "api/events.h"

#include "api/forward.h"
#include "api/public.h"
#include "api/seats.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/ossl.h"
#include "signer/proto.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define HEARTBEAT_MS 15000
#define AWAY_MS 1000			/* a stream asks again, when the signer did not answer */
#define GROWN_MS 500			/* what the watching thread waits for at once */
#define PACE_MS 20			/* between two wakings */

/* The streams that are open, and the thread that wakes who waits. */
struct streams {
	struct seats *seats;
	pthread_t watch;
	_Atomic bool end;
	const struct api *api;
	struct http *http;
};

static const struct err_rule too_many = { ERR_LATER, "this program has as many event streams open as it may; close one first", "streams",
	"Chương trình này đã mở đủ số luồng sự kiện; hãy đóng bớt." };

struct streams *
streams_new(void)
{
	struct streams *s = xalloc(sizeof(*s));

	s->seats = seats_new(STREAMS_MAX, STREAMS_OF_PROGRAM, &too_many);
	return s;
}

/*
 * What there is.
 */

static bool
ask_feed(json_t **out, const struct api *api, struct span who, uint64_t from, struct err *e)
{
	own_struct(msg) m = msg_new(SIGNER_EVENTS, HTTP_REPLY_MAX);
	own_struct(msg) reply = msg_new(0, HTTP_REPLY_MAX);

	msg_put(&m, who);
	msg_put_u64(&m, from);
	return peer_call(api->signer, &m, &reply, e) && answer_read(out, msg_span(&reply, 0), e);
}

static bool
is_streamed(const struct call *c)
{
	const char *accept = http_header(c->in, "Accept");

	return accept != NULL && strstr(accept, "text/event-stream") != NULL;
}

static bool
cursor(int64_t *after, const struct call *c, struct err *e)
{
	const char *last = is_streamed(c) ? http_header(c->in, "Last-Event-ID") : NULL;

	if (last != NULL && last[0] != '\0')
		return number_read(after, last, -1, INT64_MAX, "Last-Event-ID", e);
	return number_read(after, http_query(c->in, "after"), -1, INT64_MAX, "after", e);
}

/*
 * A stream: Server-Sent Events, as HTML says.
 */

struct flow {
	const struct api *api;
	struct buf who;
	unsigned char program[SHA256_LEN];
	int64_t after, told;		/* told: the id that the client has */
	json_int_t restored;		/* -1: none; -2: nothing said of it yet */
	int64_t spoke;			/* when something was sent last */
};

static void
flow_drop(void *state)
{
	struct flow *f = state;

	seats_leave(f->api->streams->seats, f->program);
	buf_drop(&f->who);
	free(f);
}

static void
put_event(struct buf *out, const char *event, const json_t *data)
{
	buf_printf(out, "event: %s\ndata: ", event);
	json_write(out, data);
	buf_put_str(out, "\n\n");
}

static void
put_items(struct flow *f, struct buf *out, const json_t *answer)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "items"), i, item) {
		f->told = json_integer_value(json_object_get(item, "entry"));
		buf_printf(out, "id: %lld\n", (long long)f->told);
		put_event(out, json_string_value(json_object_get(item, "what")) ?: "", item);
	}
	f->after = json_integer_value(json_object_get(answer, "next"));
}

/* The newest restore is said at the beginning, and when there is another. */
static void
put_restored(struct flow *f, struct buf *out, const json_t *answer)
{
	const json_t *is = json_object_get(answer, "restored");
	json_int_t restored = json_is_integer(is) ? json_integer_value(is) : -1;
	own(json_t) *data = json_pack("{s:O}", "restored", (json_t *)is);

	if (restored != f->restored)
		put_event(out, "log", data);
	f->restored = restored;
}

/* The program lost its right, or asked for what is not there. */
static bool
put_refusal(struct buf *out, const struct err *e)
{
	own(json_t) *data = json_pack("{s:s, s:s, s:s}", "class", err_word(e->class), "code", e->code, "detail", e->text);

	put_event(out, "refused", data);
	return false;
}

/* A comment, and how far was looked, so that a client that comes again needs not
 * go through what is not its own. */
static void
put_heartbeat(struct flow *f, struct buf *out)
{
	if (f->after > f->told)
		buf_printf(out, "id: %lld\n", (long long)f->after);
	f->told = f->after;
	buf_put_str(out, ": alive\n\n");
}

static bool
flow_more(void *state, const struct http_request *in, struct buf *out, int64_t *wait_ms)
{
	struct flow *f = state;
	own(json_t) *answer = NULL;
	int64_t now = clock_mono_ms();
	struct err e;

	if (ask_feed(&answer, f->api, buf_span(&f->who), (uint64_t)(f->after + 1), &e)) {
		put_restored(f, out, answer);
		put_items(f, out, answer);
		*wait_ms = HEARTBEAT_MS;
	} else if (e.class == ERR_POLICY || e.class == ERR_CONFLICT) {
		return put_refusal(out, &e);
	} else {
		*wait_ms = AWAY_MS;
	}
	if (out->len == 0 && now - f->spoke >= HEARTBEAT_MS)
		put_heartbeat(f, out);
	if (out->len > 0)
		f->spoke = now;
	return true;
}

/* What can be refused is refused before the stream begins. */
static bool
stream_begin(struct call *c, struct span who, int64_t after, struct err *e)
{
	own(json_t) *answer = NULL;
	unsigned char program[SHA256_LEN];
	struct flow *f;

	if (!ask_feed(&answer, c->api, who, (uint64_t)(after + 1), e))
		return false;
	sha256(program, who);
	if (!seats_take(c->api->streams->seats, program, e))
		return false;
	f = xalloc(sizeof(*f));
	*f = (struct flow){ .api = c->api, .after = after, .told = after, .restored = -2, .spoke = clock_mono_ms(), .who = buf_new(CALLER_MAX) };
	buf_put_span(&f->who, who);
	memcpy(f->program, program, sizeof(program));
	c->out->stream = (struct http_stream){ flow_more, flow_drop, f };
	c->out->type = "text/event-stream";
	c->out->cache = "no-store";
	return true;
}

bool
events_run(struct call *c, struct err *e)
{
	own_struct(buf) who = buf_new(CALLER_MAX);
	own(json_t) *answer = NULL;
	int64_t after, wait;
	uint64_t from;

	if (!caller_need(&who, c, e) || !cursor(&after, c, e) || !number_read(&wait, http_query(c->in, "wait"), 0, EVENTS_WAIT_MAX, "wait", e))
		return false;
	if (is_streamed(c))
		return stream_begin(c, buf_span(&who), after, e);
	from = c->in->mark > after ? (uint64_t)c->in->mark : (uint64_t)(after + 1);
	if (!ask_feed(&answer, c->api, buf_span(&who), from, e))
		return false;
	if (json_array_size(json_object_get(answer, "items")) == 0 && wait > 0 && !c->in->over) {
		c->out->park_ms = wait * 1000;
		c->out->mark = json_integer_value(json_object_get(answer, "next")) + 1;
		return true;
	}
	c->out->type = "application/json";
	c->out->cache = "private, no-cache";
	json_write(&c->out->body, answer);
	etag_put(c, buf_span(&c->out->body));
	return buf_ok(&c->out->body, "the answer", e);
}

/*
 * The thread that wakes who waits.
 */

static bool
grown(uint64_t *size, const struct streams *s, struct err *e)
{
	own_struct(msg) m = msg_new(SIGNER_GROWN, 256);
	own_struct(msg) reply = msg_new(0, 256);

	msg_put_u64(&m, *size);
	msg_put_u64(&m, GROWN_MS);
	if (!peer_call(s->api->signer, &m, &reply, e))
		return false;
	*size = msg_u64(&reply, 0);
	return true;
}

static void
rest(int64_t ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

static void *
watch(void *arg)
{
	struct streams *s = arg;
	uint64_t size = 0;
	bool away = false;

	while (!s->end) {
		uint64_t was = size;
		struct err e;
		bool good;

		if (!http_parked_wait(s->http, GROWN_MS))
			continue;
		good = grown(&size, s, &e);
		if (!good && !away)
			log_warn("who waits for events waits on: %s", e.text);
		away = !good;
		http_wake(s->http, good && size != was);
		rest(good ? PACE_MS : AWAY_MS / 5);
	}
	return NULL;
}

bool
events_watch(const struct api *api, struct http *http, struct err *e)
{
	struct streams *s = api->streams;

	s->api = api;
	s->http = http;
	return pthread_create(&s->watch, NULL, watch, s) == 0 || fail(e, ERR_BUG, "no thread for who waits for events");
}

void
events_watch_end(const struct api *api)
{
	api->streams->end = true;
	pthread_join(api->streams->watch, NULL);
}
