#include "policy/holidays.h"

#include "base/clock.h"
#include "base/file.h"

#include <string.h>

#define FILE_MAX (64u << 10)
#define DATE_LEN 10

static struct span
skip_blanks(struct span s)
{
	while (s.len > 0 && (*s.ptr == ' ' || *s.ptr == '\t')) {
		s.ptr++;
		s.len--;
	}
	return s;
}

/* Takes a date from the front, if there is one. */
static bool
take_date(int32_t *day, struct span *rest)
{
	char text[DATE_LEN + 1];
	struct err ignored;

	if (rest->len < DATE_LEN || (rest->len > DATE_LEN && rest->ptr[DATE_LEN] != ' ' && rest->ptr[DATE_LEN] != '\t'))
		return false;
	memcpy(text, rest->ptr, DATE_LEN);
	text[DATE_LEN] = '\0';
	if (!date_parse(day, text, &ignored))
		return false;
	*rest = skip_blanks(span_of(rest->ptr + DATE_LEN, rest->len - DATE_LEN));
	return true;
}

static bool
parse_line(struct holidays *h, struct span line, struct err *e)
{
	struct holiday d;

	if (!take_date(&d.from, &line))
		return fail(e, ERR_INPUT, "a holiday begins with its day, YYYY-MM-DD");
	if (!take_date(&d.to, &line))
		d.to = d.from;
	if (line.len == 0)
		return fail(e, ERR_INPUT, "a holiday has a name");
	if (d.to < d.from || (h->n > 0 && d.from <= holidays_end(h)))
		return fail(e, ERR_INPUT, "holidays stand in their order and do not overlap");
	if (h->n == HOLIDAYS_MAX)
		return fail(e, ERR_LIMIT, "more than %d holidays", HOLIDAYS_MAX);
	h->day[h->n++] = d;
	return true;
}

bool
holidays_parse(struct holidays *out, struct span text, struct err *e)
{
	struct holidays h = { .n = 0 };
	struct span line;

	for (int n = 1; span_take_line(&text, &line); n++) {
		line = skip_blanks(line);
		if (line.len > 0 && *line.ptr != '#' && !parse_line(&h, line, e))
			return fail_in(e, "line %d", n);
	}
	if (h.n == 0)
		return fail(e, ERR_INPUT, "no holiday is named");
	*out = h;
	return true;
}

bool
holidays_read(struct holidays *out, const char *path, struct err *e)
{
	own_struct(buf) text = buf_new(FILE_MAX);

	return file_read(&text, path, e) && (holidays_parse(out, buf_span(&text), e) || fail_in(e, "%s", path));
}

/* Day 0 was a Thursday. */
static bool
is_weekend(int32_t day)
{
	int32_t since_sunday = ((day + 4) % 7 + 7) % 7;

	return since_sunday == 0 || since_sunday == 6;
}

bool
day_is_free(const struct holidays *h, int32_t day)
{
	for (size_t i = 0; i < h->n; i++)
		if (day >= h->day[i].from && day <= h->day[i].to)
			return true;
	return is_weekend(day);
}

int32_t
day_worked(const struct holidays *h, int32_t day)
{
	while (day_is_free(h, day))
		day++;
	return day;
}

int32_t
holidays_end(const struct holidays *h)
{
	return h->day[h->n - 1].to;
}
