#include "base/http.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CERTIFICATE_MAX (16u << 10)
#define TIME_MAX 253402300799		/* the end of the year 9999 */
#define PIECE_MAX (1u << 20)		/* the library's are smaller: its memory of a connection */
#define LOOPS_MIN 4
#define LOOPS_MAX 16
#define LAST_WORDS_MS 2000		/* for what was answered when the server ends */

/*
 * Loops, two a processor, read requests and send answers; hands run what may wait for
 * somebody.  A request that a hand has is asleep for its loop.
 */
struct http {
	struct MHD_Daemon *daemon;
	struct http_limits limits;
	struct http_site site;
	bool tls;
	_Atomic size_t bodies;		/* octets held for requests that are being read */
	pthread_t *hand;
	unsigned hands;
	pthread_mutex_t lock;		/* of what follows */
	pthread_cond_t some;		/* something is parked or has ended, or the end has come */
	pthread_cond_t work;		/* something waits for a hand, or the end has come */
	struct reading *parked, *waiting, **last;	/* waiting: for a hand, in order */
	size_t handed;			/* requests that a hand has had, and that are not over */
	uint64_t wakes;			/* how often all were woken */
	bool ending;
};

/* One request while it is read; MHD keeps the pointer. */
struct reading {
	struct http *http;
	struct http_request request;
	struct buf body, certificate;
	size_t body_max, held;		/* held: counted in http.bodies */
	bool too_large, crowded;
	time_t began;
	char method[16], *path;		/* a longer method is none that a route takes */
	bool handed;
	bool (*job)(struct reading *), (*then)(struct reading *);	/* a hand's, while it has the request; false: parked */
	struct reading *next;		/* parked, or waiting, too */
	struct buf piece;		/* of a body, while it is a hand's */
	int64_t since, due;		/* when it was parked first, and until when; 0: never */
	struct http_reply reply;
	bool answered;
	struct http_stream stream;
	struct buf flow;		/* of the stream: octets on their way, `sent` of them sent */
	size_t sent;
};

static const struct { enum err_class class; const char *vi, *en; } sentence[] = {
	{ ERR_INPUT, "Yêu cầu viết chưa đúng.", "The request is malformed." },
	{ ERR_POLICY, "Yêu cầu không được phép.", "The request is refused." },
	{ ERR_ABSENT, "Không tìm thấy.", "There is no such thing here." },
	{ ERR_LIMIT, "Vượt quá giới hạn.", "A limit was passed." },
	{ ERR_TOKEN, "Thiết bị giữ khóa chưa dùng được.", "The key device is not ready." },
	{ ERR_STORE, "Sổ đăng ký chưa ghi được.", "The register cannot write now." },
	{ ERR_CONFLICT, "Dữ liệu đã thay đổi; xem lại rồi gửi lại.", "It has changed meanwhile; look again." },
	{ ERR_LATER, "Hệ thống đang bận; xin thử lại sau.", "The service is busy; try again later." },
	{ ERR_BUG, "Lỗi ở phía chúng tôi.", "The fault is ours." },
};

const char *
http_header(const struct http_request *r, const char *name)
{
	return r->connection ? MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name) : NULL;
}

const char *
http_query(const struct http_request *r, const char *name)
{
	return r->connection ? MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name) : NULL;
}

void
http_reply_drop(struct http_reply *r)
{
	buf_drop(&r->body);
	if (r->stream.more != NULL)
		r->stream.drop(r->stream.state);
	r->stream.more = NULL;
}

static json_t *
say_json(const struct err *e)
{
	size_t i = 0;

	if (e->vi[0] != '\0')
		return json_pack("{s:s, s:s}", "vi", e->vi, "en", e->text);
	while (i + 1 < sizeof(sentence) / sizeof(sentence[0]) && sentence[i].class != e->class)
		i++;
	return json_pack("{s:s, s:s}", "vi", sentence[i].vi, "en", sentence[i].en);
}

json_t *
http_problem_json(unsigned status, const struct err *e, json_t *more)
{
	json_t *j = json_pack("{s:s, s:s, s:i, s:s, s:s, s:o}", "type", "about:blank",
	    "title", MHD_get_reason_phrase_for(status), "status", (int)status,
	    "class", err_word(e->class), "detail", e->text, "say", say_json(e));

	if (j == NULL)		/* a sentence that is not UTF-8 is not repeated */
		return json_pack("{s:s, s:i, s:s}", "type", "about:blank", "status", (int)status, "class", err_word(e->class));
	if (e->code[0] != '\0')
		json_object_set_new(j, "code", json_string(e->code));
	if (more != NULL)
		json_object_update(j, more);
	return j;
}

static void
put_problem(struct http_reply *r, unsigned status, const struct err *e, json_t *more)
{
	own(json_t) *j = http_problem_json(status, e, more);
	__typeof__(r->extra) extra = r->extra;
	unsigned retry_secs = r->retry_secs;

	http_reply_drop(r);
	*r = (struct http_reply){ .status = status, .type = "application/problem+json", .extra = extra,
		.retry_secs = retry_secs != 0 ? retry_secs : status == 503 ? 20 : 0, .body = buf_new(HTTP_REPLY_MAX) };
	json_write(&r->body, j);
}

void
http_problem(struct http_reply *r, unsigned status, const struct err *e)
{
	put_problem(r, status, e, NULL);
}

void
http_refuse_with(struct http_reply *r, const struct err *e, json_t *more)
{
	put_problem(r, (unsigned)err_http(e->class), e, more);
}

void
http_refuse(struct http_reply *r, const struct err *e)
{
	http_problem(r, (unsigned)err_http(e->class), e);
}

/* What every answer carries, or every one that a browser may take for a page; the
 * page's own files are the only source of anything. */
static const struct { const char *name, *value; bool of_pages; } always[] = {
	{ "Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'", true },
	{ "X-Content-Type-Options", "nosniff", false },
	{ "Referrer-Policy", "no-referrer", true },
	{ "X-Frame-Options", "DENY", true },
	{ "Cross-Origin-Resource-Policy", "same-origin", true },
	{ "Permissions-Policy", "geolocation=(), microphone=(), payment=()", true },
};

/* Not by printf: of a short answer it is a good part. */
static char *
put_number(char *at, unsigned n)
{
	char digit[10];
	size_t len = 0;

	do
		digit[len++] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	while (len > 0)
		*at++ = digit[--len];
	*at = '\0';
	return at;
}

static void
put_pair(char *at, int n)
{
	at[0] = (char)('0' + n / 10 % 10);
	at[1] = (char)('0' + n % 10);
}

/* RFC 9110 5.6.7. */
static void
put_time(struct MHD_Response *m, const char *name, int64_t t)
{
	char text[] = "day, 00 mon 0000 00:00:00 GMT";
	struct time_parts p;

	if (t <= 0 || t > TIME_MAX)
		return;
	p = time_split(t);
	memcpy(text, &"SunMonTueWedThuFriSat"[3 * p.weekday], 3);
	put_pair(text + 5, p.day);
	memcpy(text + 8, &"JanFebMarAprMayJunJulAugSepOctNovDec"[3 * (p.month - 1)], 3);
	put_pair(text + 12, p.year / 100);
	put_pair(text + 14, p.year);
	put_pair(text + 17, p.hour);
	put_pair(text + 20, p.minute);
	put_pair(text + 23, p.second);
	MHD_add_response_header(m, name, text);
}

static void
put_cache(struct MHD_Response *m, const struct http_reply *r)
{
	char text[128];

	if (r->cache_secs == 0) {
		MHD_add_response_header(m, "Cache-Control", r->cache ?: "no-store");
		return;
	}
	strcpy(put_number(stpcpy(text, "max-age="), r->cache_secs), ", public, no-transform, must-revalidate");
	MHD_add_response_header(m, "Cache-Control", text);
}

static void
put_headers(struct MHD_Response *m, const struct http_reply *r)
{
	char text[128];

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (!always[i].of_pages || !r->no_page)
			MHD_add_response_header(m, always[i].name, always[i].value);
	if (r->type != NULL)
		MHD_add_response_header(m, "Content-Type", r->type);
	put_cache(m, r);
	put_time(m, "Last-Modified", r->modified);
	put_time(m, "Expires", r->expires);
	if (r->extra.name != NULL)
		MHD_add_response_header(m, r->extra.name, r->extra.value);
	if (r->retry_secs != 0) {
		snprintf(text, sizeof(text), "%u", r->retry_secs);
		MHD_add_response_header(m, "Retry-After", text);
	}
	if (r->etag[0] != 0) {
		strcpy(stpcpy(stpcpy(text, "\""), r->etag), "\"");
		MHD_add_response_header(m, "ETag", text);
	}
	if (r->file_name[0] != 0) {
		snprintf(text, sizeof(text), "attachment; filename=\"%s\"", r->file_name);
		MHD_add_response_header(m, "Content-Disposition", text);
	}
}

static enum MHD_Result
send_reply(struct MHD_Connection *connection, struct http_reply *r)
{
	enum MHD_Result sent;
	struct MHD_Response *m;
	unsigned char *octets;
	struct err e;

	if (r->body.failed) {
		(void)!fail(&e, ERR_LIMIT, "the answer is longer than %u octets", HTTP_REPLY_MAX);
		http_problem(r, 500, &e);
	}
	octets = r->body.ptr != NULL ? r->body.ptr : xalloc(1);
	m = MHD_create_response_from_buffer_with_free_callback(r->body.len, octets, free);
	if (m == NULL) {
		free(octets);
		r->body = buf_new(1);
		return MHD_NO;
	}
	r->body = buf_new(1);		/* given away */
	put_headers(m, r);
	sent = MHD_queue_response(connection, r->status, m);
	MHD_destroy_response(m);
	return sent;
}

/*
 * Hands.
 */

static void
wait_for_hand(struct reading *r)
{
	struct http *h = r->http;

	r->next = NULL;
	*h->last = r;
	h->last = &r->next;
	pthread_cond_signal(&h->work);
}

/* From its loop, which goes on when the job is done; false: the server ends, the
 * loop does it.  The library calls once more for a request that is asleep when its
 * body has just ended: the hand that has it goes on. */
static bool
hand_over(struct reading *r, bool (*job)(struct reading *))
{
	struct http *h = r->http;
	bool taken;

	pthread_mutex_lock(&h->lock);
	taken = r->job != NULL || !h->ending;
	if (r->job != NULL) {
		r->then = job;
	} else if (taken) {
		h->handed += !r->handed;
		r->handed = true;
		r->job = job;
		MHD_suspend_connection(r->request.connection);
		wait_for_hand(r);
	}
	pthread_mutex_unlock(&h->lock);
	return taken;
}

static struct reading *
next_for_hand(struct http *h)
{
	struct reading *r;

	pthread_mutex_lock(&h->lock);
	while (h->waiting == NULL && !h->ending)
		pthread_cond_wait(&h->work, &h->lock);
	r = h->waiting;
	if (r != NULL)
		h->waiting = r->next;
	if (h->waiting == NULL)
		h->last = &h->waiting;
	pthread_mutex_unlock(&h->lock);
	return r;
}

static bool
is_with_hand(struct reading *r)
{
	bool with;

	pthread_mutex_lock(&r->http->lock);
	with = r->job != NULL;
	pthread_mutex_unlock(&r->http->lock);
	return with;
}

/* To its loop, or on with what came meanwhile. */
static bool
give_back(struct reading *r)
{
	struct http *h = r->http;
	bool (*job)(struct reading *);

	pthread_mutex_lock(&h->lock);
	job = r->job = r->then;
	r->then = NULL;
	if (job == NULL)
		MHD_resume_connection(r->request.connection);
	pthread_mutex_unlock(&h->lock);
	return job == NULL;		/* then r may be no more */
}

static void *
hand_main(void *http)
{
	struct reading *r;

	while ((r = next_for_hand(http)) != NULL)
		while (r->job(r) && !give_back(r))
			continue;
	return NULL;
}

/*
 * Requests that wait.  A handler that found nothing saw the world as it was before it
 * began: when all were woken since, it runs again instead of being parked, so
 * that nothing falls between looking and waiting.
 */

static uint64_t
wakes_seen(struct http *h)
{
	uint64_t seen;

	pthread_mutex_lock(&h->lock);
	seen = h->wakes;
	pthread_mutex_unlock(&h->lock);
	return seen;
}

/* From a hand.  False: something happened since, or the server ends; nothing is parked. */
static bool
park(struct reading *r, uint64_t seen, int64_t until)
{
	struct http *h = r->http;
	bool parked;

	pthread_mutex_lock(&h->lock);
	parked = h->wakes == seen && !h->ending;
	r->request.over = h->ending;
	if (parked) {
		r->due = until;
		r->next = h->parked;
		h->parked = r;
		pthread_cond_broadcast(&h->some);
	}
	pthread_mutex_unlock(&h->lock);
	return parked;
}

/* With the lock. */
static void
wake(struct http *h, bool all, int64_t now)
{
	h->wakes += all;
	for (struct reading **at = &h->parked, *r; (r = *at) != NULL;) {
		if (!all && r->due > now) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		wait_for_hand(r);
	}
}

void
http_wake(struct http *h, bool all)
{
	int64_t now = clock_mono_ms();

	pthread_mutex_lock(&h->lock);
	wake(h, all, now);
	pthread_mutex_unlock(&h->lock);
}

bool
http_parked_wait(struct http *h, int timeout_ms)
{
	struct timespec until = clock_mono_in(timeout_ms);
	bool some;

	pthread_mutex_lock(&h->lock);
	while (h->parked == NULL && !h->ending && pthread_cond_clockwait(&h->some, &h->lock, CLOCK_MONOTONIC, &until) == 0)
		continue;
	some = h->parked != NULL;
	pthread_mutex_unlock(&h->lock);
	return some;
}

/*
 * Answers without an end.
 */

/* A hand looks what flows next; false: nothing yet, it is parked. */
static bool
flow_on(struct reading *r)
{
	for (;;) {
		uint64_t seen = wakes_seen(r->http);
		int64_t wait_ms = 1000;

		if (r->request.over)
			return true;
		buf_reset(&r->flow);
		r->sent = 0;
		r->request.over = !r->stream.more(r->stream.state, &r->request, &r->flow, &wait_ms) || r->flow.failed;
		if (r->flow.len > 0)
			return true;
		if (!r->request.over && park(r, seen, clock_mono_ms() + wait_ms))
			return false;
	}
}

/* 0: a hand looks for more. */
static ssize_t
stream_read(void *state, uint64_t at, char *out, size_t max)
{
	struct reading *r = state;
	size_t n = r->flow.len - r->sent;

	if (n == 0)
		return !r->request.over && hand_over(r, flow_on) ? 0 : MHD_CONTENT_READER_END_OF_STREAM;
	n = n < max ? n : max;
	memcpy(out, r->flow.ptr + r->sent, n);
	r->sent += n;
	return (ssize_t)n;
}

static enum MHD_Result
send_stream(struct reading *r, struct MHD_Connection *connection)
{
	struct http_reply *reply = &r->reply;
	struct MHD_Response *m;
	enum MHD_Result sent;

	r->stream = reply->stream;
	reply->stream.more = NULL;	/* given away */
	r->flow = buf_new(HTTP_STREAM_MAX);
	r->request.over = false;
	m = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, stream_read, r, NULL);
	if (m == NULL)
		return MHD_NO;
	put_headers(m, reply);
	sent = MHD_queue_response(connection, reply->status, m);
	MHD_destroy_response(m);
	return sent;
}

/* Every request's is written: not by inet_ntop, which uses printf. */
static void
asker_put_v4(char *out, const struct in_addr *a)
{
	const unsigned char *octet = (const void *)a;

	for (int i = 0; i < 4; i++)
		out = stpcpy(put_number(out, octet[i]), i < 3 ? "." : "");
}

static void
asker_put(char out[HTTP_ADDRESS_MAX], const struct sockaddr *a)
{
	const struct sockaddr_in *v4 = (const void *)a;
	const struct sockaddr_in6 *v6 = (const void *)a;
	struct in6_addr block;
	char text[INET6_ADDRSTRLEN] = "";

	if (a == NULL || (a->sa_family != AF_INET && a->sa_family != AF_INET6)) {
		strcpy(out, "unknown");
	} else if (a->sa_family == AF_INET) {
		asker_put_v4(out, &v4->sin_addr);
	} else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], out, HTTP_ADDRESS_MAX);
	} else {
		block = v6->sin6_addr;
		memset(&block.s6_addr[8], 0, 8);
		inet_ntop(AF_INET6, &block, text, sizeof(text));
		snprintf(out, HTTP_ADDRESS_MAX, "%s/64", text);
	}
}

/* Behind the proxy that speaks TLS everybody would be one asker: the last
 * address it adds is believed, and only when it is the proxy that speaks. */
static void
asker_behind_proxy(struct http_request *r, const char *proxy)
{
	const char *list, *last;
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (proxy == NULL || proxy[0] == 0 || strcmp(r->asker, proxy) != 0)
		return;
	list = http_header(r, "X-Forwarded-For");
	if (list == NULL)
		return;
	last = strrchr(list, ',');
	last = last != NULL ? last + 1 : list;
	last += strspn(last, " ");
	if (inet_pton(AF_INET, last, &v4.sin_addr) == 1)
		asker_put(r->asker, (const struct sockaddr *)&v4);
	else if (inet_pton(AF_INET6, last, &v6.sin6_addr) == 1)
		asker_put(r->asker, (const struct sockaddr *)&v6);
}

static struct reading *
reading_new(struct http *h, struct MHD_Connection *connection, const char *method, const char *path)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct reading *r = xalloc(sizeof(*r));

	r->http = h;
	memcpy(r->method, method, strnlen(method, sizeof(r->method) - 1));
	r->path = xstrdup(path);
	r->certificate = buf_new(CERTIFICATE_MAX);
	r->reply = (struct http_reply){ .status = 200, .body = buf_new(HTTP_REPLY_MAX) };
	r->began = time(NULL);
	r->request = (struct http_request){ .method = r->method, .path = r->path, .connection = connection };
	asker_put(r->request.asker, info != NULL ? info->client_addr : NULL);
	asker_behind_proxy(&r->request, h->site.proxy);
	return r;
}

static void
reading_free(struct reading *r)
{
	struct http *h = r->http;
	struct http_site *site = &h->site;

	atomic_fetch_sub(&h->bodies, r->held);
	if (r->handed) {
		pthread_mutex_lock(&h->lock);
		h->handed--;
		pthread_cond_broadcast(&h->some);
		pthread_mutex_unlock(&h->lock);
	}
	if (r->request.work != NULL)
		site->drop(site->state, &r->request);
	if (r->stream.more != NULL)
		r->stream.drop(r->stream.state);
	http_reply_drop(&r->reply);
	buf_drop(&r->flow);
	buf_drop(&r->piece);
	buf_drop(&r->body);
	buf_drop(&r->certificate);
	free(r->path);
	free(r);
}

/* Does the request say that it is larger than its route takes? */
static bool
length_refused(const struct reading *r, struct err *e)
{
	const char *text = http_header(&r->request, "Content-Length");
	char *end;
	unsigned long long n;

	if (text == NULL)
		return false;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno == 0 && *end == 0 && n <= r->body_max)
		return false;
	(void)!fail(e, ERR_LIMIT, "the body may have %zu octets here, it has %.20s", r->body_max, text);
	return true;
}

/* A certificate that is shown must be good, whatever is asked. */
static bool
client_known(struct reading *r, struct MHD_Connection *connection, struct err *e)
{
	const union MHD_ConnectionInfo *info;

	if (!r->http->tls)
		return true;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	if (info == NULL || info->tls_session == NULL)
		return fail(e, ERR_BUG, "a connection without its TLS session");
	if (!tls_peer(&r->certificate, info->tls_session, e))
		return false;
	r->request.certificate = buf_span(&r->certificate);
	return true;
}

/* First call of a request: headers are here, the body is not. */
static enum MHD_Result
begin(struct reading *r, struct MHD_Connection *connection)
{
	struct http_reply reply __attribute__((cleanup(http_reply_drop))) = { .status = 200, .body = buf_new(HTTP_REPLY_MAX) };
	struct http_site *site = &r->http->site;
	struct err e;

	if (!client_known(r, connection, &e)) {
		http_refuse(&reply, &e);
		return send_reply(connection, &reply);
	}
	if (!site->admit(site->state, &r->request, &r->body_max, &reply))
		return send_reply(connection, &reply);
	if (length_refused(r, &e)) {
		http_refuse(&reply, &e);
		return send_reply(connection, &reply);
	}
	r->body = buf_new(r->body_max == HTTP_PIECES ? 1 : r->body_max + 1);
	return MHD_YES;
}

static bool
take_piece(struct reading *r)
{
	struct http_site *site = &r->http->site;

	site->piece(site->state, &r->request, buf_span(&r->piece));
	return true;
}

static enum MHD_Result
collect_piece(struct reading *r, const char *octets, size_t *n)
{
	if (is_with_hand(r))
		return MHD_YES;		/* it comes again */
	buf_drop(&r->piece);
	r->piece = buf_new(PIECE_MAX);
	buf_put(&r->piece, octets, *n);
	*n = 0;
	return r->piece.failed || (!hand_over(r, take_piece) && !take_piece(r)) ? MHD_NO : MHD_YES;
}

static enum MHD_Result
collect(struct reading *r, const char *octets, size_t *n)
{
	struct http *h = r->http;

	if (time(NULL) - r->began > (time_t)(r->body_max == HTTP_PIECES ? HTTP_PIECES_SECS : h->limits.request_secs))
		return MHD_NO;
	if (r->body_max == HTTP_PIECES)
		return collect_piece(r, octets, n);
	if (*n > r->body_max - r->body.len)
		r->too_large = true;
	if (!r->too_large && !r->crowded) {
		if (atomic_fetch_add(&h->bodies, *n) + *n > h->limits.bodies_max) {
			atomic_fetch_sub(&h->bodies, *n);
			r->crowded = true;
		} else {
			r->held += *n;
			buf_put(&r->body, octets, *n);
		}
	}
	*n = 0;
	return MHD_YES;
}

/* Runs the handler; false: the request is parked. */
static bool
run(struct reading *r)
{
	struct http_site *site = &r->http->site;

	for (;;) {
		uint64_t seen = wakes_seen(r->http);
		int64_t now = clock_mono_ms(), until;

		if (r->since == 0)
			r->since = now;
		r->request.over |= r->due != 0 && now >= r->due;
		site->run(site->state, &r->request, &r->reply);
		r->answered = r->reply.park_ms <= 0 || r->request.over;
		if (r->answered)
			return true;
		r->request.mark = r->reply.mark;
		/* How long is said the first time. */
		until = r->due != 0 ? r->due : r->since + r->reply.park_ms;
		http_reply_drop(&r->reply);
		r->reply = (struct http_reply){ .status = 200, .body = buf_new(HTTP_REPLY_MAX) };
		if (park(r, seen, until))
			return false;
	}
}

/* What was read whole is answered: by a hand, where that may take time. */
static bool
answer(struct reading *r)
{
	struct err e;

	if (r->too_large) {
		(void)!fail(&e, ERR_LIMIT, "the body is longer than the %zu octets allowed here", r->body_max);
		http_refuse(&r->reply, &e);
	} else if (r->crowded) {
		(void)!fail(&e, ERR_LATER, "too many documents are being received at once");
		http_refuse(&r->reply, &e);
	} else {
		r->request.body = buf_span(&r->body);
		if (!r->request.at_once)
			return !hand_over(r, run) && run(r);
		r->http->site.run(r->http->site.state, &r->request, &r->reply);
		promise(r->reply.park_ms <= 0);
	}
	return true;
}

static enum MHD_Result
finish(struct reading *r, struct MHD_Connection *connection)
{
	if (!r->answered && !answer(r))
		return MHD_YES;
	return r->reply.stream.more != NULL ? send_stream(r, connection) : send_reply(connection, &r->reply);
}

static enum MHD_Result
on_request(void *state, struct MHD_Connection *connection, const char *path, const char *method,
    const char *version, const char *octets, size_t *n, void **request)
{
	struct reading *r = *request;

	if (r == NULL) {
		r = reading_new(state, connection, method, path);
		*request = r;
		return begin(r, connection);
	}
	return *n != 0 ? collect(r, octets, n) : finish(r, connection);
}

static void
on_end(void *state, struct MHD_Connection *connection, void **request, enum MHD_RequestTerminationCode why)
{
	if (*request != NULL)
		reading_free(*request);
	*request = NULL;
}

/* What the library says is about peers' mistakes; it goes nowhere. */
static void
on_log(void *state, const char *format, va_list args)
{
}

static bool
address_read(struct sockaddr_storage *out, socklen_t *len, const char *where, struct err *e)
{
	const char *colon = strrchr(where, ':');
	own_str char *host = NULL;
	struct sockaddr_in *v4 = (void *)out;
	struct sockaddr_in6 *v6 = (void *)out;
	unsigned long port;
	char *end;
	size_t n;

	if (colon == NULL || colon == where || colon[1] < '0' || colon[1] > '9')
		return fail(e, ERR_INPUT, "listen: \"%.60s\" is not address:port", where);
	port = strtoul(colon + 1, &end, 10);
	if (*end != 0 || port > 65535)
		return fail(e, ERR_INPUT, "listen: \"%.60s\" has no port between 0 and 65535", where);
	n = (size_t)(colon - where);
	memset(out, 0, sizeof(*out));
	if (where[0] == '[' && where[n - 1] == ']') {
		host = span_dup_str(span_of(where + 1, n - 2));
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		*len = sizeof(*v6);
		if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1)
			return true;
	} else {
		host = span_dup_str(span_of(where, n));
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		*len = sizeof(*v4);
		if (inet_pton(AF_INET, host, &v4->sin_addr) == 1)
			return true;
	}
	return fail(e, ERR_INPUT, "listen: \"%.60s\" is not an address in numbers", host);
}

bool
http_listen(int *out, uint16_t *port, const char *where, struct err *e)
{
	struct sockaddr_storage a;
	socklen_t len;
	own_fd int fd = -1;
	int on = 1;

	if (!address_read(&a, &len, where, e))
		return false;
	fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, (struct sockaddr *)&a, len) != 0 || listen(fd, 512) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		return fail(e, ERR_STORE, "cannot listen on %.60s: %s", where, strerror(errno));
	*port = ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port : ((struct sockaddr_in *)&a)->sin_port);
	*out = fd;
	fd = -1;
	return true;
}

static unsigned
loops(void)
{
	long n = 2 * sysconf(_SC_NPROCESSORS_ONLN);	/* connections fall on them unevenly */

	return n < LOOPS_MIN ? LOOPS_MIN : n > LOOPS_MAX ? LOOPS_MAX : (unsigned)n;
}

static bool
start_hands(struct http *h, struct err *e)
{
	h->last = &h->waiting;
	h->hand = xalloc(h->limits.threads * sizeof(*h->hand));
	while (h->hands < h->limits.threads)
		if (pthread_create(&h->hand[h->hands], NULL, hand_main, h) == 0)
			h->hands++;
		else
			return fail(e, ERR_LATER, "%u threads for requests are not to be had", h->limits.threads);
	return true;
}

/* What is parked or waits for one is done, and then nothing sleeps any more. */
static void
end_hands(struct http *h)
{
	pthread_mutex_lock(&h->lock);
	h->ending = true;
	wake(h, true, 0);
	pthread_cond_broadcast(&h->work);
	pthread_cond_broadcast(&h->some);
	pthread_mutex_unlock(&h->lock);
	for (unsigned i = 0; i < h->hands; i++)
		pthread_join(h->hand[i], NULL);
	free(h->hand);
}

/* Their loops send the answers of the last. */
static void
let_go(struct http *h)
{
	struct timespec until = clock_mono_in(LAST_WORDS_MS);

	pthread_mutex_lock(&h->lock);
	while (h->handed > 0 && pthread_cond_clockwait(&h->some, &h->lock, CLOCK_MONOTONIC, &until) == 0)
		continue;
	pthread_mutex_unlock(&h->lock);
}

bool
http_start(struct http **out, int socket, const struct http_limits *l, const struct http_site *site, const struct tls_site *tls, struct err *e)
{
	struct http *h = xalloc(sizeof(*h));
	const struct MHD_OptionItem secured[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, tls != NULL ? tls->certificate.ptr : NULL },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, tls != NULL ? tls->key.ptr : NULL },
		{ MHD_OPTION_HTTPS_MEM_TRUST, 0, tls != NULL ? tls->client_ca.ptr : NULL },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)tls_priorities },
		{ MHD_OPTION_END, 0, NULL },
	}, plain[] = { { MHD_OPTION_END, 0, NULL } };

	promise(l->header_max > 0 && l->bodies_max > 0 && l->threads > 0 && l->connections >= LOOPS_MAX &&
	    l->per_address > 0 && l->idle_secs > 0 && l->request_secs > 0);
	h->limits = *l;
	h->site = *site;
	h->tls = tls != NULL;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->some, NULL);
	pthread_cond_init(&h->work, NULL);
	if (!start_hands(h, e)) {
		end_hands(h);
		free(h);
		return false;
	}
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (h->tls ? MHD_USE_TLS : 0), 0, NULL, NULL, on_request, h,
	    MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
	    MHD_OPTION_ARRAY, h->tls ? secured : plain,
	    MHD_OPTION_LISTEN_SOCKET, socket,
	    MHD_OPTION_THREAD_POOL_SIZE, loops(),
	    MHD_OPTION_CONNECTION_LIMIT, l->connections,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, l->per_address,
	    MHD_OPTION_CONNECTION_TIMEOUT, l->idle_secs,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, l->header_max,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL,
	    MHD_OPTION_END);
	if (h->daemon == NULL) {
		end_hands(h);
		free(h);
		return fail(e, ERR_BUG, "the HTTP server does not start");
	}
	*out = h;
	return true;
}

void
http_stop(struct http *h)
{
	if (h == NULL)
		return;
	end_hands(h);
	let_go(h);
	MHD_stop_daemon(h->daemon);
	free(h);
}
