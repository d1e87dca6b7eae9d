#include "register/public_item.h"

#include "base/cbor.h"

#define DAY_MAX 4000000		/* twelve thousand years; so a day is an int32_t and has a date */

/* The values of one array, and of an array within it. */
static bool
take_items(struct public_item *out, size_t *n, struct cbor *c, unsigned depth, struct err *e)
{
	size_t items;

	if (!cbor_get_array(c, &items, "public", e))
		return false;
	while (items-- > 0) {
		struct public_item *x = &out[*n];
		enum cbor_kind kind;

		if (!cbor_peek(c, &kind, e))
			return false;
		if (kind == CBOR_ARRAY && depth == 0) {
			if (!take_items(out, n, c, depth + 1, e))
				return false;
			continue;
		}
		if (*n == PUBLIC_ITEMS_MAX)
			return fail(e, ERR_LIMIT, "the public item has more than %d values", PUBLIC_ITEMS_MAX);
		++*n;
		x->kind = kind == CBOR_BYTES ? 'b' : kind == CBOR_TEXT ? 't' : 'i';
		if (!(x->kind == 'b' ? cbor_get_bytes(c, &x->s, "public", e) : x->kind == 't' ? cbor_get_text(c, &x->s, "public", e) : cbor_get_int(c, &x->i, "public", e)))
			return false;
	}
	return true;
}

static bool
fits(const struct public_item *x, size_t n, const char *shape)
{
	if (strlen(shape) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (x[i].kind != shape[i])
			return false;
	return true;
}

bool
public_items(struct public_item out[PUBLIC_ITEMS_MAX], const struct entry *x, const char *const *shapes, size_t *which, struct err *e)
{
	struct cbor c = cbor_read(x->public_);
	size_t n = 0;

	if (x->public_.len == 0)
		return fail(e, ERR_INPUT, "an entry of type %llu without its public item", (unsigned long long)x->type);
	if (!take_items(out, &n, &c, 0, e))
		return false;
	for (size_t i = 0; shapes[i] != NULL; i++)
		if (fits(out, n, shapes[i])) {
			if (which != NULL)
				*which = i;
			return true;
		}
	return fail(e, ERR_INPUT, "an entry of type %llu whose public item has another shape", (unsigned long long)x->type);
}

bool
public_day(int32_t *out, int64_t day, struct err *e)
{
	if (day < 0 || day > DAY_MAX)
		return fail(e, ERR_INPUT, "day %lld", (long long)day);
	*out = (int32_t)day;
	return true;
}
