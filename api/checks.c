#include "api/checks.h"

#include "api/forward.h"
#include "api/groups.h"
#include "api/lines.h"
#include "api/seats.h"
#include "base/cbor.h"
#include "base/file.h"
#include "base/ossl.h"
#include "verifier/proto.h"

#include <stdlib.h>
#include <unistd.h>

#define CREW 4				/* each has a worker process */
#define NAME_MAX_OCTETS 1000

static const struct err_rule
    too_many = { ERR_LATER, "as many batches are being judged as may be; wait until one has ended", "checks",
	"Đang có đủ số lô được kiểm tra cùng lúc; xin đợi một lô xong rồi gửi lại." },
    ask_again = { ERR_LATER, "not judged in this batch; send it again", "ask-again", "Dòng này chưa được kiểm tra trong lô này; xin gửi lại." };

struct checks {
	const struct api *api;
	char asker[HTTP_ADDRESS_MAX];
	unsigned char seat[SHA256_LEN];
	bool full, zipped;
	struct lines lines;
	struct buf zip;
	int zip_fd;			/* sealed; -1: none yet */
	struct groups *groups;
};

struct seats *
checks_new(void)
{
	return seats_new(CHECKS_MAX, CHECKS_OF_ASKER, &too_many);
}

/*
 * What is told.
 */

/* What a program compares; the rest is in the whole report. */
static json_t *
report_brief(const json_t *report)
{
	static const char *const kept[] = { "verdict", "sub", "signature", "tier", "tiers", "format", "sha256", "in_force", "case", "typed", "wait", "replica" },
	    *const of_permit[] = { "number", "kind", "agency", "day", "valid_to" };
	const json_t *permit = json_object_get(report, "permit");
	json_t *j = json_pack("{s:{s:O*}}", "answer", "id", json_object_get(json_object_get(report, "answer"), "id"));

	promise(j != NULL);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (json_object_get(report, kept[i]) != NULL)
			json_object_set(j, kept[i], json_object_get(report, kept[i]));
	for (size_t i = 0; i < sizeof(of_permit) / sizeof(of_permit[0]); i++)
		if (json_object_get(permit, of_permit[i]) != NULL)
			json_object_set(j, of_permit[i], json_object_get(permit, of_permit[i]));
	return j;
}

static bool
tell(json_t **answer, const struct checks *k, struct span report, const char *name, struct err *e)
{
	own(json_t) *whole = NULL;

	if (!answer_read(&whole, report, e))
		return false;
	*answer = k->full ? json_incref(whole) : report_brief(whole);
	if (name != NULL && name[0] != '\0')
		json_object_set_new(*answer, "name", json_string(name));
	return true;
}

/*
 * A line.
 */

struct asked { const char *code, *document, *day, *name; };

static bool
read_line(struct asked *a, json_t **j, struct span text, struct err *e)
{
	static const char *const keys[] = { "code", "document", "day", "name", NULL };

	if (!text_fits(text, "the line", e) || !json_read(j, text, e) || !json_only(*j, keys, e) || !json_may_str(&a->code, *j, "code", e) ||
	    !json_may_str(&a->document, *j, "document", e) || !json_may_str(&a->day, *j, "day", e) || !json_may_str(&a->name, *j, "name", e))
		return false;
	if ((a->code == NULL) == (a->document == NULL))
		return fail(e, ERR_INPUT, "a line has either \"code\" or \"document\"");
	if (a->name != NULL && strlen(a->name) > NAME_MAX_OCTETS)
		return fail(e, ERR_LIMIT, "\"name\" has more than %d octets", NAME_MAX_OCTETS);
	return a->day == NULL || day_fits(a->day, e);
}

static bool
judge_document(struct buf *report, const struct checks *k, const struct asked *a, struct err *e)
{
	own_struct(buf) document = buf_new(VERIFY_DOCUMENT_MAX);

	if (!base64_get(&document, span_str(a->document), e) || !buf_ok(&document, "the document", e))
		return fail_in(e, "\"document\"");
	if (document.len == 0)
		return fail(e, ERR_INPUT, "the document is empty");
	return verify_document(k->api, buf_span(&document), &(struct verify_wish){ .day = a->day }, report, e);
}

static bool
check_line(void *state, json_t **answer, json_t **more, const struct group_line *line, struct err *e)
{
	const struct checks *k = state;
	own_struct(buf) report = buf_new(HTTP_REPLY_MAX);
	own(json_t) *j = NULL;
	struct asked a = { NULL };

	if (!read_line(&a, &j, line->text, e))
		return false;
	if (a.name != NULL)
		*more = json_pack("{s:s}", "name", a.name);
	return (a.code != NULL ? lookup_text(&report, k->api, a.code, a.day, k->asker, e) : judge_document(&report, k, &a, e)) &&
	    tell(answer, k, buf_span(&report), a.name, e);
}

/*
 * A file of a zip.
 */

static bool
take_file(struct msg *reply, const struct checks *k, uint64_t index, struct err *e)
{
	own_struct(msg) m = msg_new(VERIFY_ENTRY, 64);
	int fd = dup(k->zip_fd);

	if (fd < 0)
		return fail(e, ERR_LATER, "no descriptor is free");
	msg_put_u64(&m, index);
	msg_put_fd(&m, fd);
	return peer_call(k->api->verifier, &m, reply, e);
}

static bool
check_file(void *state, json_t **answer, json_t **more, const struct group_line *line, struct err *e)
{
	const struct checks *k = state;
	own_struct(msg) reply = msg_new(0, HTTP_REPLY_MAX);
	own_struct(buf) report = buf_new(HTTP_REPLY_MAX);
	own_str char *name = NULL;
	struct cbor c;

	if (!take_file(&reply, k, line->number - 1, e))
		return false;
	name = span_dup_str(msg_span(&reply, 1));
	if (name[0] != '\0')
		*more = json_pack("{s:s}", "name", name);
	c = cbor_read(msg_span(&reply, 3));
	if (msg_span(&reply, 3).len > 0) {
		struct err refusal;

		if (cbor_get_refusal(&c, &refusal, e))
			*e = refusal;
		return false;
	}
	if (msg_span(&reply, 2).len == 0)
		return fail(e, ERR_INPUT, "the document is empty");
	return verify_document(k->api, msg_span(&reply, 2), &(struct verify_wish){ NULL }, &report, e) && tell(answer, k, buf_span(&report), name, e);
}

static unsigned
status_of(const json_t *answer)
{
	struct http_reply r = { .status = 200 };

	answer_status_put(&r, answer);
	return r.status;
}

static const struct group_work
    lines_work = { check_line, status_of, &ask_again, CREW, CHECKS_LINES_MAX, CHECKS_LINE_OCTETS_MAX, CHECKS_LINE_OCTETS_MAX + (1u << 20), HTTP_PIECES_SECS },
    files_work = { check_file, status_of, &ask_again, CREW, CHECKS_LINES_MAX, 0, 1, HTTP_PIECES_SECS };

static void
take_line(struct checks *k, enum line what, struct span line)
{
	if (what == LINE_TOO_LONG)
		groups_add_long(k->groups, k->lines.number);
	else if (!span_is_blank(line))
		groups_add(k->groups, k->lines.number, line);
}

/* A zip that cannot be read at all is refused as a whole. */
static bool
take_zip(struct checks *k, struct err *e)
{
	own_struct(msg) first = msg_new(0, HTTP_REPLY_MAX);
	size_t files;

	if (!buf_ok(&k->zip, "the zip", e) || !memfd_sealed(&k->zip_fd, buf_span(&k->zip), e))
		return false;
	buf_reset(&k->zip);
	if (!take_file(&first, k, 0, e))
		return false;
	files = (size_t)msg_u64(&first, 0);
	for (size_t i = 1; i <= files; i++)
		groups_add(k->groups, i, SPAN_NONE);
	return true;
}

/*
 * The request.
 */

static void
checks_piece(void *work, struct span octets)
{
	struct checks *k = work;
	struct span line;
	enum line what;

	if (k->zipped) {
		buf_put_span(&k->zip, octets);
		return;
	}
	while ((what = lines_next(&k->lines, &octets, &line)) != LINE_NONE)
		take_line(k, what, line);
}

static void
checks_drop(void *work)
{
	struct checks *k = work;

	seats_leave(k->api->checks, k->seat);
	lines_drop(&k->lines);
	buf_drop(&k->zip);
	if (k->zip_fd >= 0)
		close(k->zip_fd);
	groups_free(k->groups);
	free(k);
}

static bool
is_zip(struct call *c, bool *zipped, struct err *e)
{
	const char *type = http_header(c->in, "Content-Type");

	*zipped = type != NULL && strcasecmp(type, "application/zip") == 0;
	if (*zipped || type == NULL || strcasecmp(type, "application/jsonl") == 0 || strcasecmp(type, "application/x-ndjson") == 0)
		return true;
	c->out->status = 415;
	return fail(e, ERR_INPUT, "a batch is application/jsonl or application/zip");
}

static bool
checks_begin(void **work, struct call *c, struct err *e)
{
	const char *full = http_query(c->in, "full");
	unsigned char seat[SHA256_LEN];
	struct checks *k;
	bool zipped;

	sha256(seat, span_str(c->in->asker));
	if (!is_zip(c, &zipped, e) || !seats_take(c->api->checks, seat, e))
		return false;
	k = xalloc(sizeof(*k));
	*k = (struct checks){ .api = c->api, .full = full != NULL && strcmp(full, "1") == 0, .zipped = zipped, .lines = lines_new(CHECKS_LINE_OCTETS_MAX),
		.zip = buf_new(VERIFY_ZIP_MAX), .zip_fd = -1, .groups = groups_new(zipped ? &files_work : &lines_work, k) };
	memcpy(k->asker, c->in->asker, sizeof(k->asker));
	memcpy(k->seat, seat, sizeof(k->seat));
	*work = k;
	return true;
}

bool
checks_run(struct call *c, struct err *e)
{
	struct checks *k = c->in->work;
	struct span line;
	enum line what = lines_end(&k->lines, &line);

	if (what != LINE_NONE)
		take_line(k, what, line);
	if (k->zipped && !take_zip(k, e))
		return false;
	buf_drop(&c->out->body);
	c->out->body = groups_end(k->groups);
	if (c->out->body.len == 0)
		return fail(e, ERR_INPUT, "a batch has at least one line");
	c->out->type = "application/jsonl";
	return buf_ok(&c->out->body, "the answers", e);
}

const struct route_pieces checks_pieces = { checks_begin, checks_piece, checks_drop };
