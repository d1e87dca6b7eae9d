/*
 * antin order list | show ID -- the orders that the register keeps, out of its
 * database or a backup's; no daemon is asked.
 */
#include "api/cli/order_kept.h"

#include "api/cli/command.h"
#include "base/clock.h"
#include "base/cms.h"
#include "base/file.h"
#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>

#define KEPT "SELECT a.id, a.verb, a.signer, a.cms, a.entry, a.time, c.person, c.name, c.der, l.entry, l.record, l.salt, w.outcome, w.expires " \
	"FROM order_accepted a JOIN log_entry l ON l.idx = a.entry LEFT JOIN certificate c ON c.serial = a.signer LEFT JOIN order_waiting w ON w.id = a.id "
static const enum reg_type types[COLUMNS] = { [ID] = REG_BYTES, [VERB] = REG_TEXT, [SIGNER] = REG_BYTES, [CMS] = REG_BYTES, [ENTRY] = REG_INT, [TIME] = REG_INT,
	[PERSON] = REG_TEXT, [NAME] = REG_TEXT, [DER] = REG_BYTES, [LEAF] = REG_BYTES, [RECORD] = REG_BYTES, [SALT] = REG_BYTES, [OUTCOME] = REG_TEXT, [EXPIRES] = REG_INT };

/* A text of the row, "" where there is none. */
static json_t *
text_of(const struct value *c)
{
	return c->null ? json_string("") : json_stringn((const char *)c->s.ptr, c->s.len);
}

static json_t *
hex_of(struct span s)
{
	own_struct(buf) hex = buf_new(1 << 10);

	hex_put(&hex, s);
	return json_string(buf_str(&hex));
}

const char *
kept_state(const struct value *c, int64_t now)
{
	if (c[EXPIRES].null || (!c[OUTCOME].null && span_eq_str(c[OUTCOME].s, "consented")))
		return "done";
	if (!c[OUTCOME].null)
		return "withdrawn";
	return c[EXPIRES].i >= now ? "waits" : "expired";
}

bool
kept_order(struct order *o, struct buf *text, struct span cms, struct err *e)
{
	own(CMS_ContentInfo) *shell = NULL;

	*text = buf_new(ORDER_MAX);
	return cms_read(&shell, cms, e) && cms_content_unchecked(text, shell, e) && order_parse(o, buf_span(text), e);
}

static bool
read_order(struct order *o, struct span cms, struct err *e)
{
	own_struct(buf) text = buf_new(0);

	return kept_order(o, &text, cms, e);
}

/* As list and show tell it. */
static json_t *
order_json(const struct value *c, const struct order *o, const struct entry *x, int64_t now)
{
	json_t *subjects = json_array(), *j;
	char when[TIME_TEXT];

	for (size_t i = 0; i < o->nsubjects; i++)
		json_array_append_new(subjects, json_string(o->subject[i].id));
	time_text_utc(when, c[TIME].i);
	j = json_pack("{s:o, s:o, s:s, s:o, s:s#, s:o, s:o, s:o, s:s, s:I, s:o}", "id", hex_of(c[ID].s), "verb", text_of(&c[VERB]), "state", kept_state(c, now),
	    "person", text_of(&c[PERSON]), "role", (const char *)x->category.ptr, (int)x->category.len, "name", text_of(&c[NAME]), "signer", hex_of(c[SIGNER].s),
	    "subject", subjects, "time", when, "entry", (json_int_t)c[ENTRY].i, "order", json_deep_copy(o->json));
	promise(j != NULL);
	return j;
}

/*
 * list
 */

struct listing { const struct args *a; int64_t now; json_t *items; };

static bool
has_subject(const struct order *o, const char *id)
{
	for (size_t i = 0; i < o->nsubjects; i++)
		if (strcmp(o->subject[i].id, id) == 0)
			return true;
	return false;
}

static bool
see_order(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct listing *l = ctx;
	const char *target = args_get(l->a, "target"), *state = args_get(l->a, "state");
	own_struct(order) o = { .nsubjects = 0 };
	struct entry x;

	if (!read_order(&o, c[CMS].s, e) || !entry_read(&x, c[LEAF].s, e))
		return fail_in(e, "the order of entry %lld", (long long)c[ENTRY].i);
	if ((target == NULL || has_subject(&o, target)) && (state == NULL || strcmp(state, kept_state(c, l->now)) == 0)) {
		json_t *j = order_json(c, &o, &x, l->now);

		json_object_del(j, "order");
		json_array_append_new(l->items, j);
	}
	return true;
}

static void
print_line(const json_t *j)
{
	const json_t *subjects = json_object_get(j, "subject");
	size_t more = json_array_size(subjects) - 1;

	printf("%s  %-17s %-9s %s (%s)  %s  %s", json_string_value(json_object_get(j, "time")), json_string_value(json_object_get(j, "verb")),
	    json_string_value(json_object_get(j, "state")), json_string_value(json_object_get(j, "person")), json_string_value(json_object_get(j, "role")),
	    json_string_value(json_object_get(j, "id")), json_string_value(json_array_get(subjects, 0)));
	if (more > 0)
		printf(" and %zu more", more);
	printf("\n");
}

static void
text_param(struct values *v, const char *name, const char *text)
{
	if (text != NULL)
		values_span(v, name, REG_TEXT, span_str(text));
	else
		values_null(v, name, REG_TEXT);
}

static bool
check_state_word(const char *word, struct err *e)
{
	return word == NULL || word_in("done waits expired withdrawn", word) || fail(e, ERR_INPUT, "--state is done, waits, expired or withdrawn");
}

static bool
list(const struct args *a, struct store *db, struct err *e)
{
	struct listing l = { a, clock_now(), json_array() };
	own(json_t) *items = l.items;
	struct values v = { .n = 0 };
	json_t *item;
	int64_t since;
	size_t i;

	if (!check_state_word(args_get(a, "state"), e) || !args_time(a, "since", 0, &since, e))
		return false;
	text_param(&v, "verb", args_get(a, "verb"));
	text_param(&v, "who", args_get(a, "who"));
	values_int(&v, "since", since);
	if (!store_run(db, KEPT "WHERE ($verb IS NULL OR a.verb = $verb) AND ($who IS NULL OR c.person = $who) AND a.time >= $since ORDER BY a.entry",
	    &v, types, COLUMNS, see_order, &l, NULL, e))
		return false;
	if (a->json)
		command_print_json(items);
	else
		json_array_foreach(items, i, item)
			print_line(item);
	return true;
}

/*
 * One order.
 */

void
kept_drop(struct kept *k)
{
	for (size_t i = 0; i < COLUMNS; i++)
		buf_drop(&k->octets[i]);
	order_drop(&k->order);
}

static bool
take_row(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct kept *k = ctx;

	k->found = true;
	for (size_t i = 0; i < COLUMNS; i++) {
		k->c[i] = c[i];
		if (c[i].null || types[i] == REG_INT)
			continue;
		k->octets[i] = buf_new(2 * ORDER_MAX + 1);
		buf_put_span(&k->octets[i], c[i].s);
		if (!buf_ok(&k->octets[i], "the order's row", e))
			return false;
		k->c[i].s = buf_span(&k->octets[i]);
	}
	return true;
}

bool
kept_find(struct kept *k, const struct args *a, struct store *db, struct err *e)
{
	unsigned char id[ORDER_ID_LEN];
	struct values v = { .n = 0 };

	if (!hex_get_fixed(id, sizeof(id), span_str(a->word[1]), e))
		return fail(e, ERR_INPUT, "an order's id has %d hex digits", 2 * ORDER_ID_LEN);
	values_span(&v, "id", REG_BYTES, span_of(id, sizeof(id)));
	if (!store_run(db, KEPT "WHERE a.id = $id", &v, types, COLUMNS, take_row, k, NULL, e))
		return false;
	if (!k->found)
		return fail(e, ERR_ABSENT, "the register keeps no order %s", a->word[1]);
	return read_order(&k->order, k->c[CMS].s, e) && entry_read(&k->entry, k->c[LEAF].s, e);
}

static bool
show(const struct args *a, struct store *db, struct err *e)
{
	own_struct(kept) k = { .found = false };
	own(json_t) *j = NULL;

	if (!kept_find(&k, a, db, e))
		return false;
	if (args_has(a, "out") && !file_write(args_get(a, "out"), k.c[CMS].s, 0644, e))
		return false;
	j = order_json(k.c, &k.order, &k.entry, clock_now());
	if (a->json)
		command_print_json(j);
	else {
		own_struct(buf) text = buf_new(ORDER_MAX + 1);

		print_line(j);
		json_write(&text, json_object_get(j, "order"));
		printf("%s, certificate %s, entry %lld\n%s\n", json_string_value(json_object_get(j, "name")), json_string_value(json_object_get(j, "signer")),
		    (long long)k.c[ENTRY].i, buf_str(&text));
	}
	return true;
}

static const struct { const char *word; size_t words; bool (*run)(const struct args *, struct store *, struct err *); } words[] = {
	{ "list", 1, list }, { "show", 2, show }, { "verify", 2, order_proof },
};

bool
order_kept_word(const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return true;
	return false;
}

int
order_kept(const struct args *a)
{
	struct store *db = NULL;
	const char *database;
	struct err e;
	bool good = false;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, a->word[0]) != 0)
			continue;
		if (a->nwords != words[i].words) {
			fail(&e, ERR_INPUT, "antin order list, or show ID, or verify ID, with --database FILE");
			return command_usage(a, &e);
		}
		if (!args_need(a, "database", &database, &e))
			return command_usage(a, &e);
		good = store_open(&db, database, STORE_READ, &e) && store_begin(db, STORE_SNAPSHOT, &e) && words[i].run(a, db, &e);
		store_free(db);
	}
	return good ? 0 : command_refuse(a, &e);
}
