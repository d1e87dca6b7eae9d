/* tile_parse, bundle_next; entry_read of what a bundle holds. */
#include "tests/fuzz/target.h"

#include "register/entry.h"
#include "register/tile.h"

static void
as_path(struct span s)
{
	own_str char *path = span_dup_str(s);
	own_struct(buf) again = buf_new(200);
	unsigned width;
	uint64_t n;
	int level;

	if (!tile_parse(&level, &n, &width, path))
		return;
	promise(level >= TILE_ENTRIES && level < 64 && width >= 1 && width <= TILE_WIDTH);
	tile_path(&again, level, n, width);
	promise(strcmp(buf_str(&again), path) == 0);
}

static void
as_bundle(struct span s)
{
	own_struct(buf) again = buf_new(1 << 24);
	struct span rest = s, one;
	struct entry x;
	struct err e;

	while (rest.len > 0) {
		if (!bundle_next(&rest, &one, &e))
			return;
		bundle_put(&again, one);
		(void)!entry_read(&x, one, &e);
	}
	promise(span_eq(buf_span(&again), s));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_path(span_of(data, size));
	as_bundle(span_of(data, size));
	return 0;
}
