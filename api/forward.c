#include "api/forward.h"

#include "api/seats.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/ossl.h"
#include "base/text.h"
#include "ca/proto.h"
#include "signer/proto.h"
#include "signer/tsa_proto.h"
#include "verifier/proto.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define KEY_MAX 256			/* characters of an API key */
#define IDEMPOTENCY_MAX 128
#define CERTIFICATE_MAX (16u << 10)

bool
text_fits(struct span s, const char *what, struct err *e)
{
	if (s.len == 0)
		return fail(e, ERR_INPUT, "%s is empty", what);
	if (memchr(s.ptr, 0, s.len) != NULL)
		return fail(e, ERR_INPUT, "%s contains a NUL", what);
	return utf8_check(s, e) || fail_in(e, "%s", what);
}

bool
number_read(int64_t *out, const char *text, int64_t absent, int64_t max, const char *name, struct err *e)
{
	size_t n = text != NULL ? strlen(text) : 0;

	*out = absent;
	if (text == NULL)
		return true;
	if (n == 0 || n > 18 || strspn(text, "0123456789") != n)
		return fail(e, ERR_INPUT, "\"%s\" is a number, 0 to %lld", name, (long long)max);
	*out = strtoll(text, NULL, 10);
	return *out <= max || fail(e, ERR_INPUT, "\"%s\" is a number, 0 to %lld", name, (long long)max);
}

static bool
reply_is(struct call *c, const struct msg *reply, const char *type, struct err *e)
{
	struct span s = msg_span(reply, 0);

	c->out->type = type;
	buf_put_span(&c->out->body, s);
	return buf_ok(&c->out->body, "the answer", e);
}

static bool
ask(struct peer *peer, const struct msg *request, struct msg *reply, struct err *e)
{
	FAULT_POINT("api.ask");
	if (!peer_call(peer, request, reply, e))
		return false;
	FAULT_POINT("api.asked");
	return true;
}

bool
call_json(struct call *c, struct peer *peer, const struct msg *request, struct err *e)
{
	own_struct(msg) reply = msg_new(0, HTTP_REPLY_MAX);

	return ask(peer, request, &reply, e) && reply_is(c, &reply, "application/json", e);
}

/* The body, one field, to a daemon; JSON back. */
static bool
pass_text(struct call *c, struct peer *peer, uint16_t type, struct err *e)
{
	own_struct(msg) m = msg_new(type, HTTP_REPLY_MAX);

	if (!text_fits(c->in->body, "the body", e))
		return false;
	msg_put(&m, c->in->body);
	return call_json(c, peer, &m, e);
}

static bool
pass_octets(struct call *c, struct peer *peer, uint16_t type, struct err *e)
{
	own_struct(msg) m = msg_new(type, HTTP_REPLY_MAX);

	if (c->in->body.len == 0)
		return fail(e, ERR_INPUT, "the body is empty");
	msg_put(&m, c->in->body);
	return call_json(c, peer, &m, e);
}

bool forward_request(struct call *c, struct err *e) { return pass_text(c, c->api->ca, CA_REQUEST, e); }
bool forward_order_ca(struct call *c, struct err *e) { return pass_octets(c, c->api->ca, CA_ORDER, e); }
bool forward_order_signer(struct call *c, struct err *e) { return pass_octets(c, c->api->signer, SIGNER_ORDER, e); }
bool forward_finish(struct call *c, struct err *e) { return pass_text(c, c->api->signer, SIGNER_FINISH, e); }

bool
forward_certificate(struct call *c, struct err *e)
{
	own_struct(msg) m = msg_new(CA_CERTIFICATE, HTTP_REPLY_MAX);
	own_struct(msg) reply = msg_new(0, HTTP_REPLY_MAX);
	size_t n = strlen(c->arg);

	if (n == 0 || n > 40 || strspn(c->arg, "0123456789abcdef") != n)
		return fail(e, ERR_INPUT, "a serial number is up to 40 hexadecimal digits, lower case");
	msg_put_str(&m, c->arg);
	if (!peer_call(c->api->ca, &m, &reply, e))
		return false;
	snprintf(c->out->file_name, sizeof(c->out->file_name), "%s.crt", c->arg);
	return reply_is(c, &reply, "application/pkix-cert", e);
}

/* 401: come again and say who you are. */
static void
ask_who(struct call *c)
{
	c->out->status = 401;
	c->out->extra.name = "WWW-Authenticate";
	c->out->extra.value = "Bearer";
}

static bool
key_form(const char *key)
{
	size_t n = 0;

	while (key[n] > ' ' && key[n] < 0x7f)
		n++;
	return n > 0 && n <= KEY_MAX && key[n] == 0;
}

bool
caller_of(struct buf *who, struct call *c, struct err *e)
{
	const char *value = http_header(c->in, "Authorization");
	unsigned char hash[SHA256_LEN];

	if (c->in->certificate.len > 0) {
		buf_put_span(who, c->in->certificate);
		return buf_ok(who, "who asks", e);
	}
	if (value == NULL || strncasecmp(value, "Bearer ", 7) != 0)
		return true;
	value += 7;
	value += strspn(value, " ");
	if (!key_form(value))
		return fail(e, ERR_INPUT, "an API key has 1 to %d printable characters of ASCII", KEY_MAX);
	sha256(hash, span_str(value));
	buf_put(who, hash, sizeof(hash));
	return buf_ok(who, "who asks", e);
}

bool
caller_need(struct buf *who, struct call *c, struct err *e)
{
	if (!caller_of(who, c, e))
		return false;
	if (who->len > 0)
		return true;
	ask_who(c);
	return fail(e, ERR_POLICY, "a program's client certificate or API key is needed (Authorization: Bearer KEY)");
}

/* Some lists are for everybody; which, antin-ca knows. */
bool
forward_list_ca(struct call *c, struct err *e)
{
	own_struct(msg) m = msg_new(CA_LIST, HTTP_REPLY_MAX);
	own_struct(buf) who = buf_new(CALLER_MAX);

	if (!caller_of(&who, c, e) || !text_fits(c->in->body, "the body", e))
		return false;
	msg_put(&m, buf_span(&who));
	msg_put(&m, c->in->body);
	if (call_json(c, c->api->ca, &m, e))
		return true;
	if (e->class == ERR_POLICY && who.len == 0)
		ask_who(c);
	return false;
}

bool
forward_list_permits(struct call *c, struct err *e)
{
	own_struct(msg) m = msg_new(SIGNER_LIST, HTTP_REPLY_MAX);
	own_struct(buf) who = buf_new(CALLER_MAX);

	if (!caller_need(&who, c, e) || !text_fits(c->in->body, "the body", e))
		return false;
	msg_put(&m, buf_span(&who));
	msg_put(&m, c->in->body);
	return call_json(c, c->api->signer, &m, e);
}

/* "cong_trinh.ten: Công trình › Tên công trình: còn thiếu (và 2 chỗ khác)" */
static json_t *
problems_say(const json_t *problems, const char *lang, const char *more)
{
	const json_t *first = json_array_get(problems, 0);
	const char *field = json_string_value(json_object_get(first, "field")) ?: "", *say = json_string_value(json_object_get(first, lang)) ?: "";
	own_str char *rest = json_array_size(problems) > 1 ? xprintf(" (%s: %zu)", more, json_array_size(problems) - 1) : xstrdup("");

	return json_sprintf("%s%s%s%s", field, field[0] != '\0' ? ": " : "", say, rest);
}

/* Refused for what it says: the first problem for people, and all of them. */
static bool
fail_problems(json_t **more, json_t *problems, struct err *e)
{
	json_t *say = json_pack("{s:o, s:o}", "vi", problems_say(problems, "vi", "và số chỗ khác"), "en", problems_say(problems, "en", "and others"));

	*more = json_pack("{s:o, s:O}", "say", say, "problems", problems);
	(void)!fail(e, ERR_INPUT, "%s", json_string_value(json_object_get(say, "vi")) ?: "");
	return fail_named(e, "submission", NULL);
}

bool
submission_ask(json_t **answer, json_t **more, const struct api *api, struct span who, const char *key, struct span text, struct err *e)
{
	own_struct(msg) m = msg_new(SIGNER_SUBMIT, HTTP_REPLY_MAX);
	own_struct(msg) reply = msg_new(0, HTTP_REPLY_MAX);
	own(json_t) *j = NULL;
	json_t *problems;

	msg_put(&m, who);
	msg_put_str(&m, key);
	msg_put(&m, text);
	if (!ask(api->signer, &m, &reply, e) || !answer_read(&j, msg_span(&reply, 0), e))
		return false;
	problems = json_object_get(j, "problems");
	if (problems != NULL)
		return fail_problems(more, problems, e);
	*answer = take(&j);
	return true;
}

unsigned
submission_status(const json_t *answer)
{
	return json_is_true(json_object_get(answer, "again")) ? 200 : 201;
}

bool
idempotency_key(const char **out, struct call *c, struct err *e)
{
	const char *key = http_header(c->in, "Idempotency-Key");

	if (key == NULL || *key == 0 || strlen(key) > IDEMPOTENCY_MAX)
		return fail(e, ERR_INPUT, "the header Idempotency-Key, 1 to %d characters, is needed", IDEMPOTENCY_MAX);
	*out = key;
	return text_fits(span_str(key), "Idempotency-Key", e);
}

bool
forward_submit(struct call *c, struct err *e)
{
	own_struct(buf) who = buf_new(CALLER_MAX);
	own(json_t) *answer = NULL, *more = NULL;
	const char *key;

	if (!caller_need(&who, c, e) || !idempotency_key(&key, c, e) || !text_fits(c->in->body, "the body", e))
		return false;
	if (!submission_ask(&answer, &more, c->api, buf_span(&who), key, c->in->body, e)) {
		if (more != NULL)
			http_refuse_with(c->out, e, more);
		return more != NULL;
	}
	c->out->status = submission_status(answer);
	c->out->type = "application/json";
	json_write(&c->out->body, answer);
	return buf_ok(&c->out->body, "the answer", e);
}

bool
forward_prepare(struct call *c, struct err *e)
{
	static const char *const keys[] = { "handles", "certificate", NULL };
	own_struct(msg) m = msg_new(SIGNER_PREPARE, HTTP_REPLY_MAX);
	own_struct(buf) der = buf_new(CERTIFICATE_MAX), rest = buf_new(HTTP_REPLY_MAX), who = buf_new(CALLER_MAX);
	own(json_t) *j = NULL;
	const char *certificate;

	if (!caller_need(&who, c, e) || !json_read(&j, c->in->body, e) || !json_only(j, keys, e) || !json_take_str(&certificate, j, "certificate", e))
		return false;
	if (!base64_get(&der, span_str(certificate), e) || !buf_ok(&der, "the certificate", e))
		return fail_in(e, "\"certificate\"");
	json_object_del(j, "certificate");
	json_write(&rest, j);
	msg_put(&m, buf_span(&who));
	msg_put(&m, buf_span(&rest));
	msg_put(&m, buf_span(&der));
	return call_json(c, c->api->signer, &m, e);
}

bool
code_plain(char out[40], const char *text, struct err *e)
{
	size_t n = 0, hex = 0;

	for (; *text != 0; text++) {
		unsigned char u = (unsigned char)*text;

		if (u == ' ' || u == '-' || u == '.')
			continue;
		if (!isascii(u) || !isalnum(u) || n == 32)
			return fail(e, ERR_INPUT, "a permit is asked for by its handle, short code or voice code");
		hex += isxdigit(u) != 0;
		out[n++] = (char)toupper(u);
	}
	out[n] = 0;
	if (n != 13 && !(n == 32 && hex == 32))
		return fail(e, ERR_INPUT, "a code has 13 signs, a handle 32 hexadecimal digits");
	for (size_t i = 0; n == 32 && i < n; i++)
		out[i] = (char)tolower((unsigned char)out[i]);
	return true;
}

bool
day_fits(const char *s, struct err *e)
{
	static const char form[] = "dddd-dd-dd";

	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return fail(e, ERR_INPUT, "day is not of the form yyyy-mm-dd");
	return s[sizeof(form) - 1] == 0 || fail(e, ERR_INPUT, "day is not of the form yyyy-mm-dd");
}

bool
verify_document(const struct api *api, struct span document, const struct verify_wish *wish, struct buf *report, struct err *e)
{
	own_struct(msg) m = msg_new(wish->sign ? (uint16_t)SIGNER_REPORT : (uint16_t)VERIFY_FILE, HTTP_REPLY_MAX);
	own_struct(msg) reply = msg_new(0, HTTP_REPLY_MAX);
	own(json_t) *options = json_pack("{s:s}", "way", "file");
	own_struct(buf) text = buf_new(1000);
	int fd;

	if (wish->evidence)
		json_object_set_new(options, "evidence", json_true());
	if (wish->day != NULL)
		json_object_set_new(options, "day", json_string(wish->day));
	json_write(&text, options);
	if (!memfd_sealed(&fd, document, e))
		return false;
	msg_put(&m, buf_span(&text));
	msg_put_fd(&m, fd);
	if (!peer_call(wish->sign ? api->signer : api->verifier, &m, &reply, e))
		return false;
	buf_put_span(report, msg_span(&reply, 0));
	return buf_ok(report, "the report", e);
}

static bool
asks_for(const struct call *c, const char *name)
{
	const char *value = http_query(c->in, name);

	return value != NULL && strcmp(value, "1") == 0;
}

bool
verify_body(struct call *c, bool sign, struct buf *report, struct err *e)
{
	const struct verify_wish wish = { http_query(c->in, "day"), asks_for(c, "evidence"), sign };

	if (c->in->body.len == 0)
		return fail(e, ERR_INPUT, "the document is empty");
	return (wish.day == NULL || day_fits(wish.day, e)) && verify_document(c->api, c->in->body, &wish, report, e);
}

/* One at a time from an address, two in all: they wait for the token that officers wait for. */
static bool
verify_signed(struct call *c, struct err *e)
{
	unsigned char seat[SHA256_LEN];
	bool good;

	sha256(seat, span_str(c->in->asker));
	if (!seats_take(c->api->signings, seat, e))
		return false;
	good = verify_body(c, true, &c->out->body, e);
	seats_leave(c->api->signings, seat);
	return good;
}

struct seats *
signings_new(void)
{
	static const struct err_rule full = { ERR_LATER, "as many reports are being signed as may be; come again", "signings",
		"Đang ký đủ số báo cáo cùng lúc; xin thử lại sau ít giây." };

	return seats_new(2, 1, &full);
}

bool
forward_verify(struct call *c, struct err *e)
{
	bool sign = asks_for(c, "signed");

	c->out->type = sign ? "application/jose" : "application/json";
	return sign ? verify_signed(c, e) : verify_body(c, false, &c->out->body, e);
}

bool
lookup_text(struct buf *out, const struct api *api, const char *typed, const char *day, const char *asker, struct err *e)
{
	own_struct(msg) m = msg_new(VERIFY_LOOKUP, HTTP_REPLY_MAX);
	own_struct(msg) reply = msg_new(0, HTTP_REPLY_MAX);

	if (!text_fits(span_str(typed), "the code", e))
		return false;
	msg_put_str(&m, typed);
	msg_put_str(&m, asker);
	msg_put_str(&m, day != NULL ? day : "");
	if (!peer_call(api->verifier, &m, &reply, e))
		return false;
	buf_put_span(out, msg_span(&reply, 0));
	return buf_ok(out, "the answer", e);
}

/* What a daemon wrote wrongly is no fault of the asker. */
bool
answer_read(json_t **out, struct span text, struct err *e)
{
	if (json_read(out, text, e))
		return true;
	e->class = ERR_BUG;
	return false;
}

/* The answers that are also a word of HTTP. */
static const struct { const char *id; unsigned status, retry_secs; } answer_status[] = {
	{ "too-many-tries", 429, 300 },
	{ "too-many-numbers", 429, 300 },
	{ "busy", 503, 20 },
};

void
answer_status_put(struct http_reply *out, const json_t *answer)
{
	const char *id = json_string_value(json_object_get(json_object_get(answer, "answer"), "id"));
	json_int_t wait = json_integer_value(json_object_get(answer, "wait"));

	for (size_t i = 0; id != NULL && i < sizeof(answer_status) / sizeof(answer_status[0]); i++)
		if (strcmp(id, answer_status[i].id) == 0) {
			out->status = answer_status[i].status;
			out->retry_secs = wait > 0 && wait < 86400 ? (unsigned)wait : answer_status[i].retry_secs;
		}
}

bool
forward_lookup(struct call *c, struct err *e)
{
	own(json_t) *j = NULL;
	const char *day = http_query(c->in, "day");

	if ((day != NULL && !day_fits(day, e)) || !lookup_text(&c->out->body, c->api, c->arg, day, c->in->asker, e) || !answer_read(&j, buf_span(&c->out->body), e))
		return false;
	c->out->type = "application/json";
	answer_status_put(c->out, j);
	return true;
}

bool
hash_fits(const char *s, struct err *e)
{
	unsigned char octets[SHA256_LEN];
	struct err why;

	return hex_get_fixed(octets, sizeof(octets), span_str(s), &why) || fail(e, ERR_INPUT, "the SHA-256 of a file has 64 hexadecimal digits");
}

bool
forward_hash(struct call *c, struct err *e)
{
	return hash_fits(c->arg, e) && forward_lookup(c, e);
}

bool
lookup_answer(json_t **out, struct call *c, const char *typed, const char *day, struct err *e)
{
	own_struct(buf) text = buf_new(HTTP_REPLY_MAX);

	if (!lookup_text(&text, c->api, typed, day, c->in->asker, e) || !answer_read(out, buf_span(&text), e))
		return false;
	answer_status_put(c->out, *out);
	return true;
}

bool
lookup_permit(json_t **out, struct call *c, const char *code, struct err *e)
{
	own(json_t) *j = NULL;

	if (!lookup_answer(&j, c, code, NULL, e))
		return false;
	if (c->out->status >= 400)
		return fail(e, ERR_LATER, "codes cannot be looked up now: too many tries, or the service is busy");
	if (json_object_size(json_object_get(j, "permit")) == 0)
		return fail(e, ERR_ABSENT, "there is no permit with this code");
	*out = take(&j);
	return true;
}

bool
is_handle(const char *code)
{
	return strlen(code) == 32;
}

bool
may_read(struct buf *state, struct call *c, const char *handle, struct err *e)
{
	own_struct(msg) m = msg_new(SIGNER_MAY_READ, HTTP_REPLY_MAX);
	own_struct(msg) reply = msg_new(0, HTTP_REPLY_MAX);
	own_struct(buf) who = buf_new(CALLER_MAX);

	if (!caller_need(&who, c, e))
		return false;
	msg_put(&m, buf_span(&who));
	msg_put_str(&m, handle);
	if (!peer_call(c->api->signer, &m, &reply, e))
		return false;
	buf_put_span(state, msg_span(&reply, 0));
	return buf_ok(state, "the state", e);
}

static bool
fetch(struct msg *reply, enum signer_message which, struct call *c, const char *code, struct err *e)
{
	own_struct(msg) m = msg_new(which, HTTP_REPLY_MAX);
	own_struct(buf) who = buf_new(CALLER_MAX);
	own(json_t) *answer = NULL;

	if (is_handle(code) ? !caller_need(&who, c, e) : !lookup_permit(&answer, c, code, e))
		return false;
	msg_put(&m, buf_span(&who));
	msg_put_str(&m, code);
	return peer_call(c->api->signer, &m, reply, e);
}

bool
permit_fetch(struct msg *reply, struct call *c, const char *code, struct err *e)
{
	return fetch(reply, SIGNER_PERMIT, c, code, e);
}

static bool
forward_file(struct call *c, enum signer_message which, const char *ending, struct err *e)
{
	own_struct(msg) reply = msg_new(0, HTTP_REPLY_MAX);
	char code[40];

	if (!code_plain(code, c->arg, e) || !fetch(&reply, which, c, code, e))
		return false;
	snprintf(c->out->file_name, sizeof(c->out->file_name), "%s%s", code, ending);
	return reply_is(c, &reply, "application/xml", e);
}

bool forward_permit(struct call *c, struct err *e) { return forward_file(c, SIGNER_PERMIT, ".xml", e); }
bool forward_archived(struct call *c, struct err *e) { return forward_file(c, SIGNER_ARCHIVED, "-archived.xml", e); }

/* A proof holds the record, and so the whole permit. */
bool
forward_proof(struct call *c, struct err *e)
{
	own_struct(msg) m = msg_new(VERIFY_PROOF, HTTP_REPLY_MAX);
	own_struct(msg) reply = msg_new(0, HTTP_REPLY_MAX);
	own_struct(buf) state = buf_new(64);
	own(json_t) *answer = NULL;
	char code[40];

	if (!code_plain(code, c->arg, e))
		return false;
	if (is_handle(code) ? !may_read(&state, c, code, e) : !lookup_permit(&answer, c, code, e))
		return false;
	msg_put_str(&m, code);
	if (!peer_call(c->api->verifier, &m, &reply, e))
		return false;
	snprintf(c->out->file_name, sizeof(c->out->file_name), "%s.tlog-proof", code);
	return reply_is(c, &reply, "text/plain; charset=utf-8", e);
}

/* RFC 3161 knows one way to answer: a TimeStampResp.  What the daemon did not
 * say itself is a rejection of ours: badDataFormat(5), systemFailure(25). */
static const unsigned char stamp_bad[] = { 0x30, 0x09, 0x30, 0x07, 0x02, 0x01, 0x02, 0x03, 0x02, 0x02, 0x04 };
static const unsigned char stamp_down[] = { 0x30, 0x0c, 0x30, 0x0a, 0x02, 0x01, 0x02, 0x03, 0x05, 0x06, 0x00, 0x00, 0x00, 0x40 };

bool
forward_stamp(struct call *c, struct err *e)
{
	own_struct(msg) m = msg_new(TSA_STAMP, TSA_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(0, TSA_MESSAGE_MAX);
	const char *type = http_header(c->in, "Content-Type");

	c->out->type = "application/timestamp-reply";
	if (type == NULL || strcasecmp(type, "application/timestamp-query") != 0 || c->in->body.len == 0) {
		buf_put(&c->out->body, stamp_bad, sizeof(stamp_bad));
		return true;
	}
	msg_put(&m, c->in->body);
	if (!peer_call(c->api->tsa, &m, &reply, e)) {
		if (e->class == ERR_INPUT)
			buf_put(&c->out->body, stamp_bad, sizeof(stamp_bad));
		else
			buf_put(&c->out->body, stamp_down, sizeof(stamp_down));
		return true;
	}
	return reply_is(c, &reply, "application/timestamp-reply", e);
}
