#include "register/witness_ask.h"

#include "register/courier_proto.h"
#include "register/witness_request.h"

#include <stdio.h>

static const struct msg_type courier_types[] = { COURIER_MESSAGES(MSG_TYPE) };

struct peer *
witness_courier(const char *socket)
{
	return peer_new(socket, courier_types, sizeof(courier_types) / sizeof(courier_types[0]), COURIER_MESSAGE_MAX, COURIER_WHOLE_MS + 2000);
}

/* Of what came back, the one line that this witness's key stands for. */
static bool
take_line(const struct witness_ask *w, struct span note, struct span answer, struct buf *line, int64_t *time, struct err *e)
{
	own_struct(buf) both = buf_new(2 * NOTE_MAX);
	struct note_word word;

	buf_put_span(&both, note);
	buf_put_span(&both, answer);
	if (!buf_ok(&both, "answer", e) || !note_look(&word, buf_span(&both), w->key, e))
		return false;
	if (!word.there)
		return fail(e, ERR_INPUT, "the answer is not signed with its key");
	buf_put_span(line, word.line);
	buf_put_byte(line, '\n');
	*time = word.time;
	return buf_ok(line, "cosignature", e);
}

/* Another size than we thought: what it says is where to prove from, unless
 * this log never was that large. */
static bool
take_size(const struct witness_ask *w, struct span answer, uint64_t *old, const struct checkpoint *c, struct witness_split *split, struct err *e)
{
	struct span line;
	uint64_t told, head;

	if (!span_take_line(&answer, &line) || answer.len > 0 || !decimal_get(&told, line, e) || told > INT64_MAX)
		return fail(e, ERR_INPUT, "the answer 409 tells no size");
	if (told == *old)
		return fail(e, ERR_INPUT, "it refuses the old size that it asks for");
	if (!witness_memory_head(w->memory, &head, e))
		return false;
	if (told > head) {
		split->size = told;
		snprintf(split->sentence, sizeof(split->sentence), "the witness %.80s has cosigned %llu entries of this log, which has %llu", w->name,
		    (unsigned long long)told, (unsigned long long)head);
		return fail(e, ERR_CONFLICT, "%s", split->sentence);
	}
	if (told > c->size)
		return fail(e, ERR_LATER, "it has cosigned a newer checkpoint already");
	*old = told;
	return true;
}

static bool
refused(const struct witness_ask *w, uint64_t old, const struct checkpoint *c, struct witness_split *split, struct err *e)
{
	split->size = old;
	snprintf(split->sentence, sizeof(split->sentence), "the witness %.80s refuses %llu entries: they do not follow from the %llu that it cosigned under this log's name",
	    w->name, (unsigned long long)c->size, (unsigned long long)old);
	return fail(e, ERR_CONFLICT, "%s", split->sentence);
}

enum said { SAID_NO = 0, SAID_YES, SAID_SIZE };

static enum said
judge(const struct witness_ask *w, const struct msg *reply, uint64_t *old, const struct checkpoint *c, struct span note,
    struct buf *line, int64_t *time, struct witness_split *split, struct err *e)
{
	uint64_t status = msg_u64(reply, 0);

	if (status == 200)
		return take_line(w, note, msg_span(reply, 2), line, time, e) ? SAID_YES : SAID_NO;
	if (status == 409 && strncmp(msg_str(reply, 1), "text/x.tlog.size", 16) == 0)
		return take_size(w, msg_span(reply, 2), old, c, split, e) ? SAID_SIZE : SAID_NO;
	/* Ours is a proof by construction; some witnesses answer 409 to another root. */
	if (status == 422 || status == 409)
		(void)!refused(w, *old, c, split, e);
	else
		fail(e, ERR_LATER, "it answers %llu", (unsigned long long)status);
	return SAID_NO;
}

static enum said
ask_once(const struct witness_ask *w, uint64_t *old, const struct checkpoint *c, struct span note, struct buf *line, int64_t *time,
    struct witness_split *split, struct err *e)
{
	struct witness_request r = { .old = *old, .note = note };
	own_struct(buf) request = buf_new(WITNESS_REQUEST_MAX);
	own_struct(msg) ask = msg_new(COURIER_POST, COURIER_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(0, 1);

	if (!witness_memory_prove(w->memory, *old, c->size, r.proof, &r.n, e))
		return SAID_NO;
	witness_request_write(&request, &r);
	if (!buf_ok(&request, "request", e))
		return SAID_NO;
	msg_put_str(&ask, w->name);
	msg_put(&ask, buf_span(&request));
	if (!peer_call(w->courier, &ask, &reply, e))
		return SAID_NO;
	return judge(w, &reply, old, c, note, line, time, split, e);
}

bool
witness_ask(const struct witness_ask *w, uint64_t old, const struct checkpoint *c, struct span note, struct buf *line, int64_t *time,
    struct witness_split *split, struct err *e)
{
	enum said said;

	split->sentence[0] = '\0';
	if (old > c->size)
		old = c->size;
	said = ask_once(w, &old, c, note, line, time, split, e);
	if (said == SAID_SIZE) {
		said = ask_once(w, &old, c, note, line, time, split, e);
		if (said == SAID_SIZE)
			fail(e, ERR_LATER, "another asks it at the same time");
	}
	return said == SAID_YES;
}
