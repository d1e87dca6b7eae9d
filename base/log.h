/*
 * base/log.h -- the operations log: one line an event, on standard error.
 *
 *	2026-11-24T05:00:00Z antin-ca[812] warn: text
 *
 * It may be lost and may be turned down; the evidence is the register, never
 * this.  Libraries do not log, they fail(); processes log.  No key, PIN or
 * personal data; text that a peer chose goes through log_quote().
 */
#pragma once

#include "base/err.h"

enum log_level { LOG_DEBUG_, LOG_INFO_, LOG_WARN_, LOG_ERROR_ };

/* name is kept, not copied. */
void log_open(const char *name, enum log_level least);
void log_line(enum log_level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_info(...)  log_line(LOG_INFO_, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN_, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR_, __VA_ARGS__)
/* "text" with everything but printable ASCII and UTF-8 letters escaped, cut at
 * 80 bytes; the buffer is the caller's. */
const char *log_quote(char out[200], const char *text);
