/* cose_read, status_list_peek_kid, status_list_read_payload, status_list_get. */
#include "tests/fuzz/target.h"

#include "verifier/cose.h"
#include "verifier/status_list.h"

static void
as_payload(struct span s)
{
	struct status_list l;
	unsigned value;
	struct err e;

	if (!status_list_read_payload(&l, s, &e))
		return;
	for (uint64_t i = 0; i < 64; i++)
		if (status_list_get(&l, i, &value, &e))
			promise(value < (1u << l.bits));
	status_list_drop(&l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char kid[8];
	struct cose c;
	struct err e;

	(void)!status_list_peek_kid(kid, span_of(data, size), &e);
	if (cose_read(&c, span_of(data, size), &e))
		as_payload(c.payload);
	as_payload(span_of(data, size));
	return 0;
}
