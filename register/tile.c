#include "register/tile.h"

#include <stdio.h>

void
tile_path(struct buf *out, int level, uint64_t n, unsigned width)
{
	char group[8][5];
	unsigned groups = 0;

	if (level == TILE_ENTRIES)
		buf_put_str(out, "tile/entries/");
	else
		buf_printf(out, "tile/%d/", level);
	do {
		promise(groups < 8);
		snprintf(group[groups++], sizeof(group[0]), "%03u", (unsigned)(n % 1000));
		n /= 1000;
	} while (n > 0);
	while (groups-- > 0)
		buf_printf(out, "%s%s%s", groups > 0 ? "x" : "", group[groups], groups > 0 ? "/" : "");
	if (width < TILE_WIDTH)
		buf_printf(out, ".p/%u", width);
}

/* "001" or "x001": three digits, into *n. */
static bool
take_group(const char **at, uint64_t *n, bool *more)
{
	const char *c = *at;

	*more = *c == 'x';
	c += *more;
	for (int i = 0; i < 3; i++, c++) {
		if (*c < '0' || *c > '9' || *n > UINT64_MAX / 10 - 1)
			return false;
		*n = *n * 10 + (uint64_t)(*c - '0');
	}
	if (*more && *c++ != '/')
		return false;
	*at = c;
	return true;
}

static bool
take_number(const char **at, unsigned max, unsigned *out)
{
	*out = 0;
	for (; **at >= '0' && **at <= '9'; ++*at) {
		*out = *out * 10 + (unsigned)(**at - '0');
		if (*out > max)
			return false;
	}
	return true;
}

/* Reads loosely, and compares with what tile_path makes of it. */
bool
tile_parse(int *level, uint64_t *n, unsigned *width, const char *path)
{
	own_struct(buf) again = buf_new(200);
	const char *at = path;
	unsigned l = 0;
	bool more = true;

	*n = 0;
	*width = TILE_WIDTH;
	if (strncmp(at, "tile/", 5) != 0)
		return false;
	at += 5;
	*level = TILE_ENTRIES;
	if (strncmp(at, "entries/", 8) == 0) {
		at += 8;
	} else {
		if (!take_number(&at, 63, &l) || *at++ != '/')
			return false;
		*level = (int)l;
	}
	while (more)
		if (!take_group(&at, n, &more))
			return false;
	if (strncmp(at, ".p/", 3) == 0) {
		at += 3;
		if (!take_number(&at, TILE_WIDTH - 1, width) || *width == 0)
			return false;
	}
	tile_path(&again, *level, *n, *width);
	return strcmp(buf_str(&again), path) == 0;
}

uint64_t
tile_count(uint64_t size, unsigned level)
{
	return level >= 8 ? 0 : size >> (8 * level);
}

void
bundle_put(struct buf *out, struct span entry)
{
	promise(entry.len <= 0xffff);
	buf_put_u16(out, (uint16_t)entry.len);
	buf_put_span(out, entry);
}

bool
bundle_next(struct span *bundle, struct span *entry, struct err *e)
{
	uint16_t n;

	if (bundle->len < 2)
		return fail(e, ERR_INPUT, "an entry bundle ends inside a length");
	n = get_u16(bundle->ptr);
	if (n > bundle->len - 2)
		return fail(e, ERR_INPUT, "an entry is longer than its bundle");
	*entry = span_of(bundle->ptr + 2, n);
	bundle->ptr += 2 + n;
	bundle->len -= 2 + (size_t)n;
	return true;
}

bool
tile_node(void *source, unsigned level, uint64_t index, struct hash *out, struct err *e)
{
	const struct tile_source *s = source;
	struct hash h[128];
	unsigned n = 1u << (level % 8);

	if (!s->get(s->ctx, level / 8, index << (level % 8), n, h, e))
		return false;
	for (; n > 1; n /= 2)
		for (unsigned i = 0; i < n / 2; i++)
			merkle_node(&h[i], &h[2 * i], &h[2 * i + 1]);
	*out = h[0];
	return true;
}
