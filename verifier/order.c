#include "verifier/order.h"

#include "base/clock.h"
#include "base/cms.h"

#include <stdio.h>
#include <stdlib.h>

#define CLOCK_SKEW_SECS 300
#define TIME_END INT64_C(253402300800)	/* of year 9999 in UTC: what RFC 3339 can write */

void
order_drop(struct order *o)
{
	free(o->subject);
	json_decref(o->json);
	*o = (struct order){ .nsubjects = 0 };
}

static bool
take_time(int64_t *out, const json_t *j, const char *key, struct err *e)
{
	const char *text;

	if (!json_take_str(&text, j, key, e))
		return false;
	if (!time_parse(out, text, e))
		return fail_in(e, "\"%s\"", key);
	return (*out >= 0 && *out < TIME_END) || fail(e, ERR_INPUT, "\"%s\" lies before 1970 or after 9999", key);
}

static bool
take_subject(struct order_subject *s, const json_t *j, struct err *e)
{
	static const char *const keys[] = { "id", "hash", "number", NULL };
	const char *id;

	if (!json_only(j, keys, e) || !json_take_str(&id, j, "id", e) ||
	    !json_take_hex(s->hash, SHA256_LEN, j, "hash", e) || !json_may_str(&s->number, j, "number", e))
		return false;
	if (id[0] == '\0' || strlen(id) >= sizeof(s->id))
		return fail(e, ERR_LIMIT, "\"id\" has 1 to %zu bytes", sizeof(s->id) - 1);
	snprintf(s->id, sizeof(s->id), "%s", id);
	return true;
}

static bool
take_subjects(struct order *o, struct err *e)
{
	json_t *list;

	if (!json_take_arr(&list, o->json, "subject", e))
		return false;
	if (json_array_size(list) < 1 || json_array_size(list) > ORDER_SUBJECTS_MAX)
		return fail(e, ERR_LIMIT, "an order has 1 to %d subjects", ORDER_SUBJECTS_MAX);
	o->nsubjects = json_array_size(list);
	o->subject = xalloc(o->nsubjects * sizeof(*o->subject));
	for (size_t i = 0; i < o->nsubjects; i++) {
		if (!take_subject(&o->subject[i], json_array_get(list, i), e))
			return fail_in(e, "subject %zu", i + 1);
		for (size_t k = 0; k < i; k++)
			if (strcmp(o->subject[k].id, o->subject[i].id) == 0)
				return fail(e, ERR_INPUT, "the subject %s stands twice", o->subject[i].id);
	}
	return true;
}

static bool
take_after(struct order *o, struct err *e)
{
	static const char *const keys[] = { "size", "root", NULL };
	own_struct(buf) root = buf_new(64);
	json_t *after;
	const char *text;
	int64_t size;

	if (!json_take_obj(&after, o->json, "after", e) || !json_only(after, keys, e) ||
	    !json_take_int(&size, after, "size", e) || !json_take_str(&text, after, "root", e))
		return false;
	if (size < 0 || !base64_get(&root, span_str(text), e) || root.len != SHA256_LEN)
		return fail(e, ERR_INPUT, "\"after\" is a size and a root of 32 bytes");
	o->after_size = (uint64_t)size;
	memcpy(o->after_root, root.ptr, SHA256_LEN);
	return true;
}

static bool
take_all(struct order *o, struct err *e)
{
	static const char *const keys[] = { "antin", "id", "verb", "subject", "reason", "effective", "made", "expires", "after", "with", NULL };
	const char *antin, *verb;

	if (!json_only(o->json, keys, e) || !json_take_str(&antin, o->json, "antin", e))
		return false;
	if (strcmp(antin, "order/1") != 0)
		return fail(e, ERR_INPUT, "\"antin\" is not order/1");
	if (!json_take_hex(o->id, ORDER_ID_LEN, o->json, "id", e) || !json_take_str(&verb, o->json, "verb", e) ||
	    !take_subjects(o, e) || !json_take_str(&o->reason, o->json, "reason", e) ||
	    !take_time(&o->effective, o->json, "effective", e) || !take_time(&o->made, o->json, "made", e) ||
	    !take_time(&o->expires, o->json, "expires", e) || !take_after(o, e))
		return false;
	if (strlen(verb) >= sizeof(o->verb) || verb[0] == '\0')
		return fail(e, ERR_INPUT, "\"verb\" is no verb");
	snprintf(o->verb, sizeof(o->verb), "%s", verb);
	o->with = json_object_get(o->json, "with");
	if (o->with != NULL && !json_is_object(o->with))
		return fail(e, ERR_INPUT, "\"with\" is not an object");
	return o->made < o->expires || fail(e, ERR_INPUT, "an order expires after it is made");
}

bool
order_parse(struct order *out, struct span json, struct err *e)
{
	struct order o = { .nsubjects = 0 };

	if (json.len > ORDER_MAX)
		return fail(e, ERR_LIMIT, "an order of more than %u bytes", ORDER_MAX);
	if (!json_read(&o.json, json, e) || !take_all(&o, e)) {
		order_drop(&o);
		return fail_in(e, "order");
	}
	*out = o;
	return true;
}

bool
order_signer(struct buf *out, struct span der, struct err *e)
{
	own(CMS_ContentInfo) *cms = NULL;

	if (der.len > ORDER_MAX)
		return fail(e, ERR_LIMIT, "an order of more than %u bytes", ORDER_MAX);
	return (cms_read(&cms, der, e) && cms_signer_serial(out, cms, e)) || fail_in(e, "order");
}

bool
order_open(struct order *out, struct span der, X509 *cert, struct err *e)
{
	own(CMS_ContentInfo) *cms = NULL;
	own_struct(buf) content = buf_new(ORDER_MAX);
	int64_t signed_at;

	if (der.len > ORDER_MAX)
		return fail(e, ERR_LIMIT, "an order of more than %u bytes", ORDER_MAX);
	if (!cms_read(&cms, der, e) || !cms_open(&content, &signed_at, cms, cert, e))
		return fail_in(e, "order");
	return order_parse(out, buf_span(&content), e);
}

bool
order_write(struct buf *out, const struct order *o, struct err *e)
{
	char id[2 * ORDER_ID_LEN + 1], hash[2 * SHA256_LEN + 1], made[TIME_TEXT], expires[TIME_TEXT], effective[TIME_TEXT];
	own(json_t) *list = json_array();
	own(json_t) *j = NULL;
	own_struct(buf) root = buf_new(64);

	for (size_t i = 0; i < o->nsubjects; i++) {
		json_t *s;

		hex_text(hash, span_of(o->subject[i].hash, SHA256_LEN));
		s = json_pack("{s:s, s:s}", "id", o->subject[i].id, "hash", hash);
		promise(s != NULL);
		if (o->subject[i].number != NULL)
			json_object_set_new(s, "number", json_string(o->subject[i].number));
		json_array_append_new(list, s);
	}
	hex_text(id, span_of(o->id, ORDER_ID_LEN));
	base64_put(&root, span_of(o->after_root, SHA256_LEN));
	time_text_utc(made, o->made);
	time_text_utc(expires, o->expires);
	time_text_utc(effective, o->effective);
	j = json_pack("{s:s, s:s, s:s, s:O, s:s, s:s, s:s, s:s, s:{s:I, s:s}}", "antin", "order/1", "id", id, "verb", o->verb,
	    "subject", list, "reason", o->reason, "effective", effective, "made", made, "expires", expires,
	    "after", "size", (json_int_t)o->after_size, "root", buf_str(&root));
	if (j == NULL)
		return fail(e, ERR_INPUT, "an order's texts are not UTF-8");
	if (o->with != NULL)
		json_object_set(j, "with", (json_t *)o->with);
	json_write(out, j);
	return buf_ok(out, "order", e);
}

bool
order_timely(const struct order *o, int64_t now, int64_t life_secs, struct err *e)
{
	if (o->expires - o->made > life_secs)
		return fail(e, ERR_POLICY, "the order %s may be valid for %lld minutes at most", o->verb, (long long)(life_secs / 60));
	if (now < o->made - CLOCK_SKEW_SECS)
		return fail(e, ERR_POLICY, "the order was made in the future; one of two clocks is wrong");
	if (now > o->expires)
		return fail(e, ERR_CONFLICT, "the order has expired; look again and sign a new one");
	return true;
}
