/* Records and the public part of entries (run.h). */
#include "register/run.h"

#include "base/cbor.h"
#include "base/text.h"

#include <stdlib.h>

static void
put_value(struct buf *out, const struct value *v)
{
	if (v->null)
		cbor_put_null(out);
	else if (v->type == REG_INT)
		cbor_put_int(out, v->i);
	else if (v->type == REG_TEXT)
		cbor_put_text_span(out, v->s);
	else
		cbor_put_bytes(out, v->s);
}

/* Order of encoded text keys: shorter first, then bytewise. */
static int
by_key(const void *a, const void *b)
{
	const char *x = (*(const struct value *const *)a)->name, *y = (*(const struct value *const *)b)->name;
	size_t nx = strlen(x), ny = strlen(y);

	return nx != ny ? (nx < ny ? -1 : 1) : strcmp(x, y);
}

void
record_write(struct buf *out, const struct verb *verb, const struct values *fields)
{
	struct value name = { .name = "verb", .type = REG_TEXT, .s = span_str(verb->name) };
	const struct value *sorted[VALUES_MAX + 1] = { &name };
	size_t n = 1;

	for (size_t i = 0; i < fields->n; i++)
		sorted[n++] = &fields->v[i];
	qsort(sorted, n, sizeof(sorted[0]), by_key);
	cbor_put_map(out, n);
	for (size_t i = 0; i < n; i++) {
		cbor_put_text(out, sorted[i]->name);
		put_value(out, sorted[i]);
	}
}

static bool
field_of(const struct verb *verb, struct span name, const char **out, enum reg_type *type)
{
	for (const struct verb_field *f = verb->in; f->name != NULL; f++)
		if (span_eq_str(name, f->name)) {
			*out = f->name;
			*type = f->type;
			return true;
		}
	for (const struct verb_allot *a = verb->allot; a->name != NULL; a++)
		if (span_eq_str(name, a->name)) {
			*out = a->name;
			*type = a->type;
			return true;
		}
	return false;
}

static bool
get_value(struct cbor *c, struct values *into, const char *name, enum reg_type type, struct err *e)
{
	struct span s;
	int64_t i;

	if (cbor_null(c)) {
		values_null(into, name, type);
		return true;
	}
	if (type == REG_INT) {
		if (!cbor_get_int(c, &i, name, e))
			return false;
		values_int(into, name, i);
		return true;
	}
	if (!(type == REG_TEXT ? cbor_get_text(c, &s, name, e) : cbor_get_bytes(c, &s, name, e)))
		return false;
	values_span(into, name, type, s);
	return true;
}

/* The verb's name stands somewhere among the keys; find it first. */
static bool
find_verb(const struct verb **out, struct span record, struct err *e)
{
	struct cbor c = cbor_read(record);
	struct span key, item;
	size_t n;

	if (!cbor_check(record, e) || !cbor_get_map(&c, &n, "record", e))
		return false;
	while (n-- > 0) {
		if (!cbor_get_text(&c, &key, "key", e))
			return false;
		if (span_eq_str(key, "verb")) {
			own_str char *name = NULL;

			if (!cbor_get_text(&c, &item, "verb", e))
				return false;
			name = span_dup_str(item);
			*out = verb_find(name);
			return *out != NULL || fail(e, ERR_INPUT, "a record of the unknown verb %.40s", name);
		}
		if (!cbor_skip(&c, &item, e))
			return false;
	}
	return fail(e, ERR_INPUT, "a record without its verb");
}

/* A field that came to the verb later is null in the records before it. */
static void
put_absent(struct values *v, const struct verb *verb)
{
	for (const struct verb_field *f = verb->in; f->name != NULL; f++)
		if (f->optional && values_get(v, f->name) == NULL)
			values_null(v, f->name, f->type);
}

bool
record_read(struct values *out, const struct verb **verb, struct span record, struct err *e)
{
	struct cbor c = cbor_read(record);
	size_t n;

	out->n = 0;
	if (!find_verb(verb, record, e) || !cbor_get_map(&c, &n, "record", e))
		return false;
	while (n-- > 0) {
		struct span key, skipped;
		const char *name;
		enum reg_type type;

		if (!cbor_get_text(&c, &key, "key", e))
			return false;
		if (span_eq_str(key, "verb")) {
			if (!cbor_skip(&c, &skipped, e))
				return false;
			continue;
		}
		if (!field_of(*verb, key, &name, &type))
			return fail(e, ERR_INPUT, "a record of %s with an unknown field", (*verb)->name);
		if (out->n >= VALUES_MAX - 3)
			return fail(e, ERR_INPUT, "a record of %s with too many fields", (*verb)->name);
		if (!get_value(&c, out, name, type, e))
			return false;
	}
	put_absent(out, *verb);
	return true;
}

bool
verb_project(struct store *s, const struct verb *verb, const struct values *fields, struct err *e)
{
	const struct value *text = verb->words == NULL ? NULL : values_get(fields, verb->words);
	own_struct(buf) words = buf_new(1 << 20);
	struct values v = *fields;

	promise((text == NULL) == (verb->words == NULL));
	if (text != NULL && !text_words(&words, text->s, e))
		return fail_in(e, "%s", verb->words);
	if (text != NULL)
		values_span(&v, "words", REG_TEXT, buf_span(&words));
	for (size_t i = 0; verb->project[i] != NULL; i++)
		if (!store_do(s, verb->project[i], &v, e))
			return fail_in(e, "%s", verb->name);
	return true;
}

bool
verb_replay(struct store *s, const struct verb *verb, struct span record, uint64_t idx, int64_t time, struct err *e)
{
	const struct verb *of;
	struct values v;

	if (!record_read(&v, &of, record, e))
		return false;
	promise(of == verb);
	values_int(&v, "entry", (int64_t)idx);
	values_int(&v, "time", time);
	return verb_project(s, verb, &v, e) || fail_in(e, "replay");
}

/* Splits "a b ?[c d] e" into names; a group whose first value is null is left
 * out.  Two passes: count, then write. */
static bool
public_write(struct buf *out, const struct verb *verb, const struct values *fields, struct err *e)
{
	own_str char *copy = xstrdup(verb->public != NULL ? verb->public : "");
	const struct value *items[16];
	bool skipping = false;
	char *rest = copy;
	size_t n = 0;

	if (verb->public == NULL)
		return true;
	for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
		bool opens = word[0] == '?', closes = word[strlen(word) - 1] == ']';
		const struct value *v;

		if (opens)
			word += 2;
		if (closes)
			word[strlen(word) - 1] = '\0';
		v = values_get(fields, word);
		if (v == NULL)
			return fail(e, ERR_BUG, "%s: public names %s, which is no field", verb->name, word);
		if (opens)
			skipping = v->null;
		if (!skipping) {
			promise(n < 16);
			items[n++] = v;
		}
		if (closes)
			skipping = false;
	}
	cbor_put_array(out, n);
	for (size_t i = 0; i < n; i++)
		put_value(out, items[i]);
	return true;
}

static struct span
octets_of(const struct values *v, const char *field)
{
	const struct value *x = field == NULL ? NULL : values_get(v, field);

	return x == NULL || x->null ? SPAN_NONE : x->s;
}

bool
entry_of_fields(struct entry *out, struct buf *public, const struct verb *verb, const struct values *fields, struct err *e)
{
	if (!public_write(public, verb, fields, e))
		return false;
	*out = (struct entry){ .type = (uint64_t)verb->entry, .org = octets_of(fields, verb->org), .category = octets_of(fields, verb->category),
		.handle = octets_of(fields, verb->handle), .prev = -1, .public_ = buf_span(public) };
	return true;
}
