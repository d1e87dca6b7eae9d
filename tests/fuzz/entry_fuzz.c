/* entry_read, entry_write. */
#include "tests/fuzz/target.h"

#include "register/entry.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_struct(buf) again = buf_new(2 * ENTRY_MAX);
	struct entry x;
	struct err e;

	if (entry_read(&x, span_of(data, size), &e)) {
		promise(entry_write(&again, &x, &e));
		promise(span_eq(buf_span(&again), span_of(data, size)));
	}
	return 0;
}
