/* record_read, record_write, entry_of_fields. */
#include "tests/fuzz/target.h"

#include "register/run.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_struct(buf) one = buf_new(1 << 24);
	own_struct(buf) two = buf_new(1 << 24);
	own_struct(buf) public = buf_new(1 << 24);
	const struct verb *verb, *same;
	struct values fields, twice;
	struct entry x;
	struct err e;

	if (!record_read(&fields, &verb, span_of(data, size), &e))
		return 0;
	(void)!entry_of_fields(&x, &public, verb, &fields, &e);
	/* A field that older records lack is null from now on; then nothing changes. */
	record_write(&one, verb, &fields);
	promise(record_read(&twice, &same, buf_span(&one), &e) && same == verb);
	record_write(&two, verb, &twice);
	promise(span_eq(buf_span(&one), buf_span(&two)));
	return 0;
}
