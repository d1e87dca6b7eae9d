/* json_read, json_write. */
#include "tests/fuzz/target.h"

#include "base/json.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_struct(buf) one = buf_new(1 << 24);
	own_struct(buf) two = buf_new(1 << 24);
	own(json_t) *j = NULL;
	own(json_t) *again = NULL;
	struct err e;

	if (!json_read(&j, span_of(data, size), &e))
		return 0;
	json_write(&one, j);
	promise(json_read(&again, buf_span(&one), &e));
	json_write(&two, again);
	promise(span_eq(buf_span(&one), buf_span(&two)));
	return 0;
}
