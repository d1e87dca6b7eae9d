/* witness_request_read, witness_request_write. */
#include "tests/fuzz/target.h"

#include "register/witness_request.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_struct(buf) again = buf_new(1 << 20);
	struct witness_request r;
	struct err e;

	if (witness_request_read(&r, span_of(data, size), &e)) {
		promise(r.n <= WITNESS_PROOF_MAX && r.c.size <= INT64_MAX);
		witness_request_write(&again, &r);
		promise(span_eq(buf_span(&again), span_of(data, size)));
	}
	return 0;
}
