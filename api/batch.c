#include "api/batch.h"

#include "api/forward.h"
#include "api/groups.h"
#include "api/lines.h"
#include "api/seats.h"
#include "base/ossl.h"
#include "signer/proto.h"

#include <stdlib.h>

static const struct err_rule
    too_many = { ERR_LATER, "as many batches are under way as may be; wait until one has ended", "batches",
	"Đang có đủ số lô được gửi cùng lúc; xin đợi một lô xong rồi gửi lại." },
    ask_again = { ERR_LATER, "not answered in this batch; send this line again under the same key", "ask-again",
	"Dòng này chưa được trả lời trong lô này; xin gửi lại với cùng khóa." };

struct batch {
	const struct api *api;
	struct buf who;
	unsigned char program[SHA256_LEN];
	char key[BATCH_KEY_MAX + 1];
	struct lines lines;
	struct groups *groups;
};

struct seats *
batches_new(void)
{
	return seats_new(BATCHES_MAX, BATCHES_OF_PROGRAM, &too_many);
}

static bool
submit_line(void *state, json_t **answer, json_t **more, const struct group_line *line, struct err *e)
{
	const struct batch *b = state;
	own_str char *key = NULL;
	unsigned char digest[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	if (!text_fits(line->text, "the line", e))
		return false;
	sha256(digest, line->text);
	hex_text(hex, span_of(digest, sizeof(digest)));
	key = xprintf("%s/%.32s", b->key, hex);
	return submission_ask(answer, more, b->api, buf_span(&b->who), key, line->text, e);
}

/* Lines at once share the register's commits. */
static const struct group_work submitting = { submit_line, submission_status, &ask_again, 8, BATCH_LINES_MAX, LINE_OCTETS_MAX, 1u << 20, HTTP_PIECES_SECS };

static void
take_line(struct batch *b, enum line what, struct span line)
{
	if (what == LINE_TOO_LONG)
		groups_add_long(b->groups, b->lines.number);
	else if (!span_is_blank(line))
		groups_add(b->groups, b->lines.number, line);
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
	groups_free(b->groups);
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
	*b = (struct batch){ .api = c->api, .who = who, .lines = lines_new(LINE_OCTETS_MAX), .groups = groups_new(&submitting, b) };
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
	buf_drop(&c->out->body);
	c->out->body = groups_end(b->groups);
	if (c->out->body.len == 0)
		return fail(e, ERR_INPUT, "a batch has at least one line");
	c->out->type = "application/jsonl";
	return buf_ok(&c->out->body, "the answers", e);
}

const struct route_pieces batch_pieces = { batch_begin, batch_piece, batch_drop };
