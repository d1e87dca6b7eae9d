/* Another authority's time stamps, as the process says that asks for them. */
#include "api/cli/doctor.h"

#include "signer/outside_proto.h"

#define CALL_MS 5000

static bool
ask(json_t **out, const char *socket, struct err *e)
{
	static const struct msg_type types[] = { OUTSIDE_MESSAGES(MSG_TYPE) };
	struct peer *peer = peer_new(socket, types, sizeof(types) / sizeof(types[0]), OUTSIDE_MESSAGE_MAX, CALL_MS);
	own_struct(msg) question = msg_new(OUTSIDE_STATE, 16), reply = msg_new(0, 1);
	bool good = peer_call(peer, &question, &reply, e) && json_read(out, msg_span(&reply, 0), e);

	peer_free(peer);
	return good;
}

/* Without them no stamp is taken: they must last until the office opens again. */
static bool
crls_last(const struct doctor *d, const json_t *crls, struct err *e)
{
	const json_t *one;
	size_t i;

	json_array_foreach(crls, i, one) {
		const char *url = json_string_value(json_object_get(one, "url")) ?: "", *until = json_string_value(json_object_get(one, "until"));
		int64_t t;

		if (until == NULL)
			return fail(e, ERR_ABSENT, "%.100s was not fetched yet", url);
		if (!time_parse(&t, until, e) || !check_lasts(url, t, d->shut, e))
			return false;
	}
	return true;
}

enum health
see_stamps(const struct doctor *d, struct buf *says, struct err *e)
{
	own(json_t) *now = NULL;
	const char *authority, *refused, *answered;

	if (d->conf.outside[0] == '\0')
		return skipped(says, "outside");
	if (!ask(&now, d->conf.outside, e))
		return ALARM;
	authority = json_string_value(json_object_get(now, "authority")) ?: "";
	refused = json_string_value(json_object_get(now, "refused"));
	answered = json_string_value(json_object_get(now, "answered"));
	if (refused != NULL)
		return well(fail(e, ERR_LATER, "%s (%lld wait)", refused, (long long)json_integer_value(json_object_get(now, "waiting"))));
	if (answered == NULL)
		buf_printf(says, "%s was not asked yet", authority);
	else
		buf_printf(says, "%s answered in %.1f s at %s, %lld wait", authority, json_number_value(json_object_get(now, "secs")), answered,
		    (long long)json_integer_value(json_object_get(now, "waiting")));
	return well(crls_last(d, json_object_get(now, "crls"), e));
}
