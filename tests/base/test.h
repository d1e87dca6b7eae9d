/* tests/base/test.h -- what every cmocka test includes, in the order it asks for. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#undef fail	/* cmocka's; ours is in base/err.h */

#include "base/err.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* For what comes true soon, on a slow and busy machine too: gives up after a
 * minute.  for (time_t until = 0; !condition && wait_more(&until);) */
static inline bool
wait_more(time_t *until)
{
	struct timespec now, ten_ms = { 0, 10000000 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	*until = *until == 0 ? now.tv_sec + 60 : *until;
	nanosleep(&ten_ms, NULL);
	return now.tv_sec < *until;
}

/* For rows of a table of cases: says which one before it fails. */
#define assert_case(name, cond) do {						\
	if (!(cond)) {								\
		print_error("case \"%s\": %s does not hold\n", (name), #cond);	\
		_fail(__FILE__, __LINE__);					\
	}									\
} while (0)
/* For calls that fill a struct err: prints its sentence before it fails. */
#define assert_done(call, e) do {						\
	if (!(call)) {								\
		print_error("%s: %s\n", #call, (e).text);			\
		_fail(__FILE__, __LINE__);					\
	}									\
} while (0)
/* Refused with this class, and a sentence with this word in it. */
static inline void
assert_refused(const char *name, bool done, const struct err *e, enum err_class class, const char *word)
{
	if (done)
		print_error("%s: was done\n", name);
	else if (e->class != class || strstr(e->text, word) == NULL)
		print_error("%s: %s: %s\n", name, err_word(e->class), e->text);
	assert_case(name, !done && e->class == class && strstr(e->text, word) != NULL);
}
