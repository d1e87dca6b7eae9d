/*
 * antin certificate list -- certificates looked for in the authority's register: by
 * name without diacritics, agency, key, serial number, staff number, end, state.
 *
 * A line each, in the order in which they were made: serial number, state, profile,
 * agency, last day, staff number, name.  Asked of the service: it says what the
 * program that asks may see.
 */
#include "api/cli/command.h"
#include "api/cli/http.h"
#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

/* Option, key of the query (ca/search.h). */
static const struct { const char *option, *key; } wanted[] = {
	{ "name", "name" }, { "agency", "agency" }, { "token", "key" }, { "serial", "serial" }, { "person", "person" },
	{ "expires-before", "expires_before" }, { "state", "state" },
};

static bool
make_query(json_t **out, const struct args *a, struct err *e)
{
	own(json_t) *query = json_pack("{s:s}", "what", "certificates");

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const char *text = args_get(a, wanted[i].option);

		if (text != NULL && !utf8_check(span_str(text), e))
			return fail_in(e, "--%s", wanted[i].option);
		if (text != NULL)
			json_object_set_new(query, wanted[i].key, json_string(text));
	}
	*out = take(&query);
	return true;
}

static bool
read_all(json_t *all, json_t *query, const struct http_service *service, struct err *e)
{
	json_t *items, *next;

	for (;;) {
		own(json_t) *answer = NULL;

		if (!http_json(&answer, service, "POST", "/v1/list/ca", query, e) || !json_take_arr(&items, answer, "items", e))
			return false;
		json_array_extend(all, items);
		next = json_object_get(answer, "next");
		if (next == NULL)
			return true;
		json_object_set(query, "after", next);
	}
}

static const char *
text_of(const json_t *item, const char *key)
{
	return json_string_value(json_object_get(item, key)) ?: "-";
}

static void
tell(const json_t *item)
{
	char last[TIME_TEXT] = "-";
	struct err ignored;
	int64_t end;

	if (time_parse(&end, text_of(item, "not_after"), &ignored))
		date_text(last, day_in_vietnam(end));
	printf("%s  %-8s %-15s %-10s %s  %-10s  %s\n", text_of(item, "id"), text_of(item, "state"), text_of(item, "profile"), text_of(item, "agency"), last,
	    text_of(item, "person"), text_of(item, "name"));
}

bool
certificate_list(const struct args *a, struct err *e)
{
	own_struct(http_service) service = { .base = NULL };
	own(json_t) *query = NULL;
	own(json_t) *items = json_array();
	own(json_t) *all = json_pack("{s:O}", "items", items);
	json_t *item;
	size_t i;

	if (!make_query(&query, a, e) || !http_service_open(&service, a, e) || !read_all(items, query, &service, e))
		return false;
	if (a->json)
		command_print_json(all);
	else
		json_array_foreach(items, i, item)
			tell(item);
	return true;
}
