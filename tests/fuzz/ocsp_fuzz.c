/* ocsp_request_read. */
#include "tests/fuzz/target.h"

#include "api/ocsp_request.h"

static bool
inside(struct span part, struct span whole)
{
	return part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span octets = span_of(data, size);
	struct ocsp_request r;
	struct err e;

	if (!ocsp_request_read(&r, octets, &e)) {
		promise(e.class == ERR_INPUT || e.class == ERR_LIMIT);
		return 0;
	}
	promise(r.n >= 1 && r.n <= OCSP_CERT_IDS_MAX);
	for (size_t i = 0; i < r.n; i++) {
		promise(inside(r.id[i].name, octets) && inside(r.id[i].key, octets) && inside(r.id[i].serial, octets) && r.id[i].serial.len > 0);
		promise(r.id[i].hash == OCSP_HASH_OTHER || r.id[i].name.len == (r.id[i].hash == OCSP_HASH_SHA1 ? 20 : 32));
	}
	return 0;
}
