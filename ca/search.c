#include "ca/search.h"

#include "base/clock.h"
#include "base/ossl.h"
#include "base/text.h"
#include "ca/serial.h"
#include "register/entry.h"

#define SEARCH_MAX 1024		/* octets of what is looked for */

/* "nguyen an" -> "% nguyen% an%": words in this order, each the beginning of one in the
 * name.  There is no other sign in it: text_words leaves letters, digits and spaces. */
static bool
name_param(struct reg_unit *ask, const char *name, struct err *e)
{
	own_struct(buf) words = buf_new(SEARCH_MAX), pattern = buf_new(2 * SEARCH_MAX);

	if (name == NULL) {
		reg_null(ask, "words");
		return true;
	}
	if (!text_words(&words, span_str(name), e))
		return fail_in(e, "\"name\"");
	if (words.len == 0)
		return fail(e, ERR_INPUT, "\"name\" has no letter and no digit to look for");
	for (size_t i = 0; i < words.len; i++) {
		if (words.ptr[i] == ' ')
			buf_put_byte(&pattern, '%');
		buf_put_byte(&pattern, words.ptr[i]);
	}
	buf_put_byte(&pattern, '%');
	reg_text_span(ask, "words", buf_span(&pattern));
	return true;
}

/* A day of Vietnam: what ends before it begins. */
static bool
before_param(struct reg_unit *ask, const char *day_text, struct err *e)
{
	int32_t day;

	if (day_text == NULL) {
		reg_null(ask, "before");
		return true;
	}
	if (!date_parse(&day, day_text, e))
		return fail_in(e, "\"expires_before\"");
	reg_int(ask, "before", day_start_vietnam(day));
	return true;
}

static bool
state_param(struct reg_unit *ask, const char *state, struct err *e)
{
	static const char *const states[] = { "reserved", "active", "held", "revoked", "void" };

	for (size_t i = 0; state != NULL && i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i], state) == 0) {
			reg_text(ask, "state", state);
			return true;
		}
	if (state != NULL)
		return fail(e, ERR_INPUT, "\"state\" is reserved, active, held, revoked or void");
	reg_null(ask, "state");
	return true;
}

/* As people copy it, with colons and spaces. */
static bool
octets_param(struct reg_unit *ask, const char *field, size_t len, const char *text, struct err *e)
{
	own_struct(buf) hex = buf_new(SEARCH_MAX), octets = buf_new(SEARCH_MAX);

	for (const char *p = text; *p != '\0'; p++)
		if (*p != ':' && *p != ' ')
			buf_put_byte(&hex, (unsigned char)*p);
	if (!buf_ok(&hex, field, e) || !hex_get(&octets, buf_span(&hex), e) || octets.len != len)
		return fail(e, ERR_INPUT, "\"%s\" has %zu hex digits", field, 2 * len);
	reg_bytes(ask, field, buf_span(&octets));
	return true;
}

static bool
text_param(struct reg_unit *ask, const char *field, size_t len, const char *text, struct err *e)
{
	reg_text(ask, field, text);
	return true;
}

/* What names a certificate, or a few: each with a read of its own. */
static const struct naming {
	const char *key, *read, *field;
	size_t len;
	bool (*put)(struct reg_unit *, const char *field, size_t len, const char *text, struct err *);
} namings[] = {
	{ "person", "cert.list_person", "person", 0, text_param },
	{ "serial", "cert.list_serial", "serial", SERIAL_LEN, octets_param },
	{ "token", "cert.list_token", "token", 0, text_param },
	{ "key", "cert.list_key", "key_id", KEY_ID_LEN, octets_param },
};

static bool
find_naming(const struct naming **out, const json_t *query, struct err *e)
{
	*out = NULL;
	for (size_t i = 0; i < sizeof(namings) / sizeof(namings[0]); i++) {
		if (json_object_get(query, namings[i].key) == NULL)
			continue;
		if (*out != NULL)
			return fail(e, ERR_INPUT, "certificates are asked for by \"%s\" or \"%s\", not both", (*out)->key, namings[i].key);
		*out = &namings[i];
	}
	return true;
}

static bool
put_naming(struct reg_unit *ask, const struct naming *n, const json_t *query, struct err *e)
{
	const char *text;

	return n == NULL || (json_take_str(&text, query, n->key, e) && n->put(ask, n->field, n->len, text, e));
}

/* Whoever knows a staff number or a serial number is told what the certificate says,
 * which is public.  To look for people is another matter. */
bool
search_is_for_programs(const json_t *query)
{
	static const char *const keys[] = { "name", "key", "token", "expires_before" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(query, keys[i]) != NULL)
			return true;
	return false;
}

bool
search_certificates(struct reg_unit *ask, const json_t *query, const char *agencies, struct err *e)
{
	static const char *const keys[] = { "what", "person", "serial", "key", "token", "name", "expires_before", "state", "agency", "after", NULL };
	const char *name, *before, *state;
	const struct naming *by;

	if (!json_only(query, keys, e) || !find_naming(&by, query, e) || !json_may_str(&name, query, "name", e) ||
	    !json_may_str(&before, query, "expires_before", e) || !json_may_str(&state, query, "state", e))
		return false;
	*ask = reg_read_new(by == NULL ? "cert.list" : by->read);
	reg_agencies(ask, agencies);
	return name_param(ask, name, e) && before_param(ask, before, e) && state_param(ask, state, e) && put_naming(ask, by, query, e);
}
