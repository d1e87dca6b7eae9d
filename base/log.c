#include "base/log.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* The one state of the process that has no other home: its name and how much
 * it says.  Set once, before threads. */
static const char *log_name = "antin";
static enum log_level log_least = LOG_INFO_;

void
log_open(const char *name, enum log_level least)
{
	log_name = name;
	log_least = least;
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	static const char *const word[] = { "debug", "info", "warn", "error" };
	char when[TIME_TEXT], line[1024];
	va_list ap;
	int n, m;

	if (level < log_least)
		return;
	time_text_utc(when, clock_now());
	n = snprintf(line, sizeof(line), "%s %s[%d] %s: ", when, log_name, (int)getpid(), word[level]);
	va_start(ap, fmt);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	n += m < (int)sizeof(line) - n - 1 ? m : (int)sizeof(line) - n - 2;
	line[n++] = '\n';
	/* One write a line, so that lines of many processes do not mix. */
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}

const char *
log_quote(char out[200], const char *text)
{
	size_t n = 0, taken = 0;

	out[n++] = '"';
	for (const unsigned char *s = (const unsigned char *)text; *s && taken < 80 && n < 190; s++, taken++) {
		if (*s < 0x20 || *s == 0x7f || *s == '"' || *s == '\\')
			n += (size_t)snprintf(out + n, 200 - n, "\\x%02x", *s);
		else
			out[n++] = (char)*s;
	}
	out[n++] = '"';
	out[n] = '\0';
	return out;
}
