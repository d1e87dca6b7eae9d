#include "api/batch.h"

#include "api/forward.h"
#include "api/lines.h"
#include "api/seats.h"
#include "base/crew.h"
#include "base/ossl.h"
#include "signer/proto.h"

#include <stdlib.h>

#define GROUP_LINES 32
#define GROUP_OCTETS (1u << 20)
#define CREW 8				/* lines at once: they share the register's commits */
#define ANSWERS_MAX (10u << 20)		/* what is left of HTTP_REPLY_MAX is for the short answers of all other lines */
#define FAILED_IN_A_ROW_MAX 16

static const struct err_rule
    too_many = { ERR_LATER, "as many batches are under way as may be; wait until one has ended", "batches",
	"Đang có đủ số lô được gửi cùng lúc; xin đợi một lô xong rồi gửi lại." },
    ask_again = { ERR_LATER, "not answered in this batch; send this line again under the same key", "ask-again",
	"Dòng này chưa được trả lời trong lô này; xin gửi lại với cùng khóa." },
    long_line = { ERR_LIMIT, NULL, "line-too-long", "Dòng này quá dài." },
    many_lines = { ERR_LIMIT, NULL, "too-many-lines", "Lô có quá nhiều dòng; từ dòng này trở đi không được xem." };

/* A line of a group, and what became of it. */
struct entry {
	size_t line, at, len;		/* at: in the batch's text */
	bool too_long, done;
	json_t *answer, *more;		/* own; more: of a refusal, may be NULL */
	struct err e;
};

struct batch {
	const struct api *api;
	struct buf who;
	unsigned char program[SHA256_LEN];
	char key[BATCH_KEY_MAX + 1];
	struct lines lines;
	struct buf text, answers;
	struct entry entry[GROUP_LINES];
	size_t n;
	unsigned failed;		/* in a row, for reasons of ours */
	bool stopped;			/* the rest is answered ask_again */
	bool over;			/* the rest is not looked at */
};

struct seats *
batches_new(void)
{
	return seats_new(BATCHES_MAX, BATCHES_OF_PROGRAM, &too_many);
}

/*
 * A group.
 */

static bool
submit_line(const struct batch *b, struct entry *x, struct err *e)
{
	struct span text = span_of(b->text.ptr + x->at, x->len);
	own_str char *key = NULL;
	unsigned char digest[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	if (x->too_long)
		return fail_rule(e, &long_line, "a line may have %u octets", LINE_OCTETS_MAX);
	if (b->stopped)
		return fail_by(e, &ask_again);
	if (!text_fits(text, "the line", e))
		return false;
	sha256(digest, text);
	hex_text(hex, span_of(digest, sizeof(digest)));
	key = xprintf("%s/%.32s", b->key, hex);
	return submission_ask(&x->answer, &x->more, b->api, buf_span(&b->who), key, text, e);
}

static void
do_entry(void *state, size_t i)
{
	struct batch *b = state;
	struct entry *x = &b->entry[i];

	x->done = submit_line(b, x, &x->e);
	if (!x->done)
		routes_hide_inside(&x->e);
}

/* The answer's line as text; what x had is given back. */
static void
entry_tell(struct buf *out, struct entry *x)
{
	json_t *j = x->done ? take(&x->answer) : http_problem_json((unsigned)err_http(x->e.class), &x->e, x->more);

	if (x->done)
		json_object_set_new(j, "status", json_integer(submission_status(j)));
	json_object_set_new(j, "line", json_integer((json_int_t)x->line));
	json_write(out, j);
	buf_put_byte(out, '\n');
	json_decref(j);
	json_decref(x->more);
	x->more = NULL;
}

static void
put_answer(struct batch *b, struct entry *x)
{
	own_struct(buf) text = buf_new(HTTP_REPLY_MAX);

	entry_tell(&text, x);
	if (text.failed || b->answers.len + text.len > ANSWERS_MAX) {
		b->stopped = true;
		x->done = false;
		(void)!fail_by(&x->e, &ask_again);
		buf_drop(&text);
		text = buf_new(HTTP_REPLY_MAX);
		entry_tell(&text, x);
	}
	buf_put_span(&b->answers, buf_span(&text));
}

static bool
is_ours(const struct entry *x)
{
	return !x->done && err_http(x->e.class) >= 500;
}

static void
group_do(struct batch *b)
{
	crew_run(CREW, b->n, do_entry, b);
	for (size_t i = 0; i < b->n; i++) {
		b->failed = is_ours(&b->entry[i]) ? b->failed + 1 : 0;
		if (b->failed >= FAILED_IN_A_ROW_MAX)
			b->stopped = true;
		put_answer(b, &b->entry[i]);
	}
	b->n = 0;
	buf_reset(&b->text);
}

static struct entry *
next_entry(struct batch *b, size_t octets)
{
	if (b->n == GROUP_LINES || octets > b->text.max - b->text.len)
		group_do(b);
	b->entry[b->n] = (struct entry){ .line = b->lines.number, .at = b->text.len, .len = octets };
	return &b->entry[b->n++];
}

/*
 * Lines.
 */

static void
take_line(struct batch *b, enum line what, struct span line)
{
	struct entry *x;

	if (b->over || (what == LINE_WHOLE && span_is_blank(line)))
		return;
	if (b->lines.number > BATCH_LINES_MAX) {
		group_do(b);
		b->over = true;
		x = next_entry(b, 0);
		(void)!fail_rule(&x->e, &many_lines, "a batch has %d lines; from this one on none is looked at", BATCH_LINES_MAX);
		put_answer(b, x);
		b->n = 0;
		return;
	}
	x = next_entry(b, what == LINE_WHOLE ? line.len : 0);
	x->too_long = what == LINE_TOO_LONG;
	if (what == LINE_WHOLE)
		buf_put_span(&b->text, line);
}

static void
batch_piece(void *work, struct span octets)
{
	struct batch *b = work;
	struct span line;
	enum line what;

	while ((what = lines_next(&b->lines, &octets, &line)) != LINE_NONE)
		take_line(b, what, line);
}

/*
 * The request.
 */

static void
batch_drop(void *work)
{
	struct batch *b = work;

	seats_leave(b->api->batches, b->program);
	lines_drop(&b->lines);
	buf_drop(&b->who);
	buf_drop(&b->text);
	buf_drop(&b->answers);
	free(b);
}

static bool
may_submit(const struct call *c, struct span who, struct err *e)
{
	own_struct(msg) m = msg_new(SIGNER_MAY, HTTP_REPLY_MAX);
	own_struct(msg) reply = msg_new(0, HTTP_REPLY_MAX);

	msg_put(&m, who);
	msg_put_str(&m, "submit");
	return peer_call(c->api->signer, &m, &reply, e);
}

/* What can be refused is refused before the body comes; each line is asked for its
 * right again. */
static bool
batch_begin(void **work, struct call *c, struct err *e)
{
	own_struct(buf) who = buf_new(CALLER_MAX);
	unsigned char program[SHA256_LEN];
	const char *key;
	struct batch *b;

	if (!caller_need(&who, c, e) || !idempotency_key(&key, c, e))
		return false;
	if (strlen(key) > BATCH_KEY_MAX)
		return fail(e, ERR_INPUT, "a batch has an Idempotency-Key of 1 to %d characters", BATCH_KEY_MAX);
	sha256(program, buf_span(&who));
	if (!may_submit(c, buf_span(&who), e) || !seats_take(c->api->batches, program, e))
		return false;
	b = xalloc(sizeof(*b));
	*b = (struct batch){ .api = c->api, .who = who, .lines = lines_new(), .text = buf_new(GROUP_OCTETS), .answers = buf_new(HTTP_REPLY_MAX) };
	who = buf_new(1);
	memcpy(b->program, program, sizeof(b->program));
	strcpy(b->key, key);
	*work = b;
	return true;
}

bool
batch_run(struct call *c, struct err *e)
{
	struct batch *b = c->in->work;
	struct span line;
	enum line what = lines_end(&b->lines, &line);

	if (what != LINE_NONE)
		take_line(b, what, line);
	group_do(b);
	if (b->answers.len == 0)
		return fail(e, ERR_INPUT, "a batch has at least one line");
	c->out->type = "application/jsonl";
	buf_drop(&c->out->body);
	c->out->body = b->answers;
	b->answers = buf_new(1);
	return buf_ok(&c->out->body, "the answers", e);
}

const struct route_pieces batch_pieces = { batch_begin, batch_piece, batch_drop };
