#include "api/cli/question.h"

#include "base/code_page.h"
#include "base/json.h"
#include "base/text.h"

enum form { FORM_UTF8, FORM_UTF8_MARK, FORM_UTF16_LITTLE, FORM_UTF16_BIG, FORMS };
static const struct { const char *mark; size_t len; } forms[] = {
	[FORM_UTF8] = { "", 0 }, [FORM_UTF8_MARK] = { "\xef\xbb\xbf", 3 }, [FORM_UTF16_LITTLE] = { "\xff\xfe", 2 }, [FORM_UTF16_BIG] = { "\xfe\xff", 2 },
};

static size_t
form_of(struct span s)
{
	for (size_t i = FORM_UTF8_MARK; i < FORMS; i++)
		if (s.len >= forms[i].len && memcmp(s.ptr, forms[i].mark, forms[i].len) == 0)
			return i;
	return FORM_UTF8;
}

static bool
text_of(struct buf *utf8, struct question *q, struct span s, struct err *e)
{
	if (q->page != NULL)
		return code_page_get(utf8, code_page_named(q->page), s, e);
	q->form = form_of(s);
	s = span_of(s.ptr + forms[q->form].len, s.len - forms[q->form].len);
	if (q->form == FORM_UTF16_LITTLE || q->form == FORM_UTF16_BIG)
		return utf16_get(utf8, s, q->form == FORM_UTF16_BIG, e);
	buf_put_span(utf8, s);
	return utf8_check(buf_span(utf8), e) || fail_in(e, "UTF-8, or UTF-16 with its byte-order mark; other code pages have folders of their own (tcvn3, vni, cp1258)");
}

void
question_mark(struct buf *out, const struct question *q)
{
	if (q->page == NULL)
		buf_put(out, forms[q->form].mark, forms[q->form].len);
}

void
question_tell(struct buf *out, const struct question *q, struct span answer)
{
	if (q->page != NULL) {
		code_page_put_json(out, code_page_named(q->page), answer);
		return;
	}
	if (q->form == FORM_UTF16_LITTLE || q->form == FORM_UTF16_BIG)
		utf16_put(out, answer, q->form == FORM_UTF16_BIG);
	else
		buf_put_span(out, answer);
}

/*
 * Lines.
 */

/* Said by who converted, whatever stands there already. */
static void
put_submission(struct buf *lines, const struct question *q, json_t *j)
{
	if (q->page != NULL && json_is_object(j))
		json_object_set_new(j, "converted", json_string(q->page));
	json_write(lines, j);
}

static void
put_line(struct buf *lines, const struct question *q, struct span line)
{
	own(json_t) *j = NULL;
	struct err ignored;

	if (json_read(&j, line, &ignored))
		put_submission(lines, q, j);
	else
		buf_put_span(lines, line);
	buf_put_byte(lines, '\n');
}

static void
put_lines(struct buf *lines, const struct question *q, struct span text)
{
	struct span line;

	if (q->page == NULL) {
		buf_put_span(lines, text);
		return;
	}
	while (span_next_line(&text, &line))
		put_line(lines, q, line);
}

static bool
check_many(struct span text, struct err *e)
{
	static const struct err_rule many = { ERR_LIMIT, NULL, "too-many-lines", "Tệp có quá nhiều dòng; chưa dòng nào được nộp." };
	struct span line;
	size_t n = 0;

	while (span_next_line(&text, &line))
		n++;
	return n <= QUESTION_LINES_MAX || fail_rule(e, &many, "the file has %zu lines, and may have %d; none was handed in", n, QUESTION_LINES_MAX);
}

bool
question_lines(struct buf *lines, struct question *q, struct span octets, bool many, struct err *e)
{
	own_struct(buf) text = buf_new(lines->max);
	own(json_t) *j = NULL;

	if (!text_of(&text, q, octets, e) || !buf_ok(&text, "the question", e))
		return false;
	if (span_is_blank(buf_span(&text)))
		return fail(e, ERR_INPUT, "the file has no submission");
	if (many && !check_many(buf_span(&text), e))
		return false;
	if (many)
		put_lines(lines, q, buf_span(&text));
	else if (json_read(&j, buf_span(&text), e))
		put_submission(lines, q, j);
	else
		return false;
	return buf_ok(lines, "the question", e);
}
