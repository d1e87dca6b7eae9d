/* dsig_is, dsig_read, dsig_signer_certificate, dsig_verify, dsig_stamped, dsig_cover, dsig_covered. */
#include "tests/fuzz/target.h"

#include "verifier/dsig.h"

#include <openssl/err.h>

static void
look_at(struct dsig *d, size_t i)
{
	const struct dsig_signature *s = &d->signature[i];
	const struct document_content content = { "content", { (const unsigned char *)"x", 1 } };
	struct dsig_check check = { .contents = &content, .ncontents = 1 };
	struct err e;

	promise(s->nrefs >= 1 && s->nrefs <= DSIG_REFERENCES_MAX && s->value_len >= 1 && s->value_len <= DSIG_VALUE_MAX && s->nstamps <= DSIG_STAMPS_MAX);
	promise(s->counters == DSIG_NONE || s->counters < d->n);
	for (size_t k = 0; k < s->nstamps; k++) {
		own_struct(buf) octets = buf_new(1 << 16);

		(void)!dsig_stamped(&octets, d, s, k, &e);
	}
	check.signer = dsig_signer_certificate(s, NULL, &e);
	if (check.signer != NULL)
		(void)dsig_verify(d, s, &check, &e);
	dsig_cover(d, i);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dsig d;
	struct err e;

	(void)dsig_is(span_of(data, size));
	if (dsig_read(&d, span_of(data, size), &e)) {
		char where[160];
		bool partial;

		promise(d.n >= 1 && d.n <= DSIG_SIGNATURES_MAX);
		for (size_t i = 0; i < d.n; i++)
			look_at(&d, i);
		(void)dsig_covered(&d, &partial, where);
	}
	dsig_drop(&d);
	promise(ERR_peek_error() == 0);
	return 0;
}
