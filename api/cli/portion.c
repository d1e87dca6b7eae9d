#include "api/cli/portion.h"

#define PORTION_LINES 500
#define PORTION_OCTETS (8u << 20)

const struct err_rule portion_again = { ERR_LATER, NULL, "ask-again", "Dịch vụ chưa trả lời đủ; xin gửi lại, không dòng nào bị ghi hai lần." };

/* What is sent, and where each of its lines stands in the whole. */
struct portion {
	struct buf text;
	struct { struct span from; size_t number; } line[PORTION_LINES];	/* from: it and all that follows */
	size_t n;
	struct span rest;		/* behind the portion */
	size_t lines;
};

static void
portion_drop(struct portion *p)
{
	buf_drop(&p->text);
}

static void
portion_fill(struct portion *p, const struct portions *all)
{
	struct span from = all->rest, line;

	*p = (struct portion){ .text = buf_new(all->rest.len + 1), .rest = all->rest, .lines = all->lines };
	for (; p->n < PORTION_LINES && span_next_line(&p->rest, &line); from = p->rest) {
		if (p->n > 0 && p->text.len + line.len > PORTION_OCTETS) {
			p->rest = from;
			break;
		}
		p->lines++;
		if (span_is_blank(line))
			continue;
		p->line[p->n].from = from;
		p->line[p->n++].number = p->lines;
		buf_put_span(&p->text, line);
		buf_put_byte(&p->text, '\n');
	}
}

/* Line i and what follows it begin the next portion. */
static void
portion_cut(struct portion *p, size_t i)
{
	p->rest = p->line[i].from;
	p->lines = p->line[i].number - 1;
	p->n = i;
}

static bool
read_answer(json_t **out, const struct portion *p, size_t i, struct span text, struct err *e)
{
	own(json_t) *j = NULL;
	struct err why;

	if (i == p->n)
		return fail_rule(e, &portion_again, "the service answered more than was asked");
	if (!json_read(&j, text, &why))
		return fail_rule(e, &portion_again, "the service's answer to line %zu: %s", p->line[i].number, why.text);
	if (json_integer_value(json_object_get(j, "line")) != (json_int_t)i + 1)
		return fail_rule(e, &portion_again, "the service answered another line than %zu", p->line[i].number);
	json_object_set_new(j, "line", json_integer((json_int_t)p->line[i].number));
	*out = take(&j);
	return true;
}

/* Only room was lacking: those before it were answered, none for want of the service. */
static bool
had_no_room(const json_t *answer, size_t i, bool failed)
{
	return i > 0 && !failed && strcmp(json_text(answer, "code"), portion_again.code) == 0;
}

static bool
take_answers(struct portion *p, const struct portions *all, struct span answers, struct err *e)
{
	bool failed = false;
	struct span line;
	size_t i = 0;

	for (; span_take_line(&answers, &line); i++) {
		own(json_t) *answer = NULL;

		if (!read_answer(&answer, p, i, line, e))
			return false;
		if (had_no_room(answer, i, failed)) {
			portion_cut(p, i);
			return true;
		}
		failed = failed || json_integer_value(json_object_get(answer, "status")) >= 500;
		if (!all->answered(all->ctx, answer, e))
			return false;
	}
	return (i == p->n && answers.len == 0) || fail_rule(e, &portion_again, "of %zu lines the service answered %zu", p->n, i);
}

bool
portion_send(struct portions *all, struct err *e)
{
	own_struct(portion) p = { .n = 0 };
	own_struct(buf) answers = buf_new(HTTP_ANSWER_MAX);

	portion_fill(&p, all);
	if (p.n > 0 && (!http_call(&answers, &(struct http_request){ .service = all->service, .method = "POST", .path = "/v1/permits/batch", .type = "application/jsonl",
	    .body = buf_span(&p.text), .idempotency = all->key }, e) || !take_answers(&p, all, buf_span(&answers), e)))
		return false;
	all->rest = p.rest;
	all->lines = p.lines;
	return true;
}
