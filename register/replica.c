#include "register/replica.h"

#include "base/clock.h"

#define CLOCKS_APART_SECS 60	/* of two machines that keep the time */

bool
replica_beat(struct store *s, int64_t now, struct err *e)
{
	struct values v = { .n = 0 };

	values_int(&v, "time", now);
	return store_do(s, "INSERT INTO log_beat (one, time) VALUES (1, $time) ON CONFLICT (one) DO UPDATE SET time = excluded.time "
	    "WHERE excluded.time > log_beat.time", &v, e);
}

static bool
take_as_of(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct as_of *out = ctx;

	*out = (struct as_of){ .size = (uint64_t)c[0].i, .time = c[1].i };
	return true;
}

bool
replica_as_of(struct as_of *out, struct store *s, int64_t now, int64_t max_age_secs, struct err *e)
{
	static const enum reg_type types[] = { REG_INT, REG_INT };
	char text[TIME_TEXT];
	uint64_t rows;

	if (!store_run(s, "SELECT size, log_beat.time FROM log_head JOIN log_beat ON log_beat.one = log_head.one", NULL, types, 2, take_as_of, out, &rows, e))
		return false;
	if (rows != 1)
		return fail(e, ERR_LATER, "this replica has not heard from the register yet; ask again later");
	time_text_vn(text, out->time);
	if (out->time > now + CLOCKS_APART_SECS)
		return fail(e, ERR_LATER, "this replica shows the register as of %s, which is still to come; ask again later", text);
	return now - out->time <= max_age_secs ||
	    fail(e, ERR_LATER, "this replica shows the register as of %s, more than %lld seconds ago; ask again later", text, (long long)max_age_secs);
}
