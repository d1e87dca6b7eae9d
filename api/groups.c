#include "api/groups.h"

#include "api/routes.h"
#include "base/clock.h"
#include "base/crew.h"

#include <stdlib.h>

#define ANSWERS_MAX (10u << 20)		/* what is left of HTTP_REPLY_MAX is for the short answers of all other lines */

static const struct err_rule
    long_line = { ERR_LIMIT, NULL, "line-too-long", "Dòng này quá dài." },
    many_lines = { ERR_LIMIT, NULL, "too-many-lines", "Lô có quá nhiều dòng; từ dòng này trở đi không được xem." };

/* A line of a group, and what became of it. */
struct entry {
	size_t line, at, len;		/* at: in the group's text */
	bool too_long, done;
	json_t *answer, *more;		/* own; more: of a refusal, may be NULL */
	struct err e;
};

struct groups {
	const struct group_work *work;
	void *state;
	struct buf text, answers;
	struct entry entry[GROUP_LINES];
	size_t n;
	int64_t until;			/* of clock_mono_ms */
	unsigned failed;		/* in a row, for reasons of ours */
	bool stopped;			/* the rest is answered ask_again */
	bool over;			/* the rest is not looked at */
};

struct groups *
groups_new(const struct group_work *work, void *state)
{
	struct groups *g = xalloc(sizeof(*g));

	*g = (struct groups){ .work = work, .state = state, .text = buf_new(work->group_octets), .answers = buf_new(HTTP_REPLY_MAX),
		.until = clock_mono_ms() + 1000 * (int64_t)work->secs };
	return g;
}

void
groups_free(struct groups *g)
{
	buf_drop(&g->text);
	buf_drop(&g->answers);
	free(g);
}

static bool
do_line(const struct groups *g, struct entry *x, struct err *e)
{
	const struct group_line line = { x->line, x->len == 0 ? SPAN_NONE : span_of(g->text.ptr + x->at, x->len) };

	if (x->too_long)
		return fail_rule(e, &long_line, "a line may have %zu octets", g->work->line_octets);
	if (g->stopped)
		return fail_by(e, g->work->ask_again);
	return g->work->answer(g->state, &x->answer, &x->more, &line, e);
}

static void
do_entry(void *state, size_t i)
{
	struct groups *g = state;
	struct entry *x = &g->entry[i];

	x->done = do_line(g, x, &x->e);
	if (!x->done)
		routes_hide_inside(&x->e);
}

/* The answer's line as text; what x had is given back. */
static void
entry_tell(struct buf *out, const struct group_work *work, struct entry *x)
{
	json_t *j = x->done ? take(&x->answer) : http_problem_json((unsigned)err_http(x->e.class), &x->e, x->more);

	if (x->done)
		json_object_set_new(j, "status", json_integer(work->status(j)));
	json_object_set_new(j, "line", json_integer((json_int_t)x->line));
	json_write(out, j);
	buf_put_byte(out, '\n');
	json_decref(j);
	json_decref(x->more);
	x->more = NULL;
}

static void
put_answer(struct groups *g, struct entry *x)
{
	own_struct(buf) text = buf_new(HTTP_REPLY_MAX);

	entry_tell(&text, g->work, x);
	if (text.failed || g->answers.len + text.len > ANSWERS_MAX) {
		g->stopped = true;
		x->done = false;
		(void)!fail_by(&x->e, g->work->ask_again);
		buf_drop(&text);
		text = buf_new(HTTP_REPLY_MAX);
		entry_tell(&text, g->work, x);
	}
	buf_put_span(&g->answers, buf_span(&text));
}

static bool
is_ours(const struct entry *x)
{
	return !x->done && err_http(x->e.class) >= 500;
}

static void
group_do(struct groups *g)
{
	g->stopped |= clock_mono_ms() >= g->until;
	crew_run(g->work->crew, g->n, do_entry, g);
	for (size_t i = 0; i < g->n; i++) {
		g->failed = is_ours(&g->entry[i]) ? g->failed + 1 : 0;
		if (g->failed >= FAILED_IN_A_ROW_MAX)
			g->stopped = true;
		put_answer(g, &g->entry[i]);
	}
	g->n = 0;
	buf_reset(&g->text);
}

static struct entry *
next_entry(struct groups *g, size_t number, size_t octets)
{
	if (g->n == GROUP_LINES || octets > g->text.max - g->text.len)
		group_do(g);
	g->entry[g->n] = (struct entry){ .line = number, .at = g->text.len, .len = octets };
	return &g->entry[g->n++];
}

static void
too_many(struct groups *g, size_t number)
{
	struct entry *x;

	group_do(g);
	g->over = true;
	x = next_entry(g, number, 0);
	(void)!fail_rule(&x->e, &many_lines, "a batch has %zu lines; from this one on none is looked at", g->work->lines_max);
	put_answer(g, x);
	g->n = 0;
}

/* NULL: it is not looked at. */
static struct entry *
add(struct groups *g, size_t number, size_t octets)
{
	if (g->over)
		return NULL;
	if (number <= g->work->lines_max)
		return next_entry(g, number, octets);
	too_many(g, number);
	return NULL;
}

void
groups_add(struct groups *g, size_t number, struct span text)
{
	if (add(g, number, text.len) != NULL)
		buf_put_span(&g->text, text);
}

void
groups_add_long(struct groups *g, size_t number)
{
	struct entry *x = add(g, number, 0);

	if (x != NULL)
		x->too_long = true;
}

struct buf
groups_end(struct groups *g)
{
	struct buf all;

	group_do(g);
	all = g->answers;
	g->answers = buf_new(1);
	return all;
}
