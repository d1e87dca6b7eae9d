/* cades_is, cades_read, cades_signer_certificate, cades_digest_holds, cades_signature_holds. */
#include "tests/fuzz/target.h"

#include "verifier/cades.h"

#include <openssl/err.h>

static bool
inside(struct span part, struct span whole)
{
	return part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len;
}

static void
look_at(const struct cades *c, const struct cades_signer *s)
{
	X509 *x = cades_signer_certificate(c, s, NULL);

	promise(inside(s->value, buf_span(&c->der)) && s->value.len <= CADES_VALUE_MAX && s->nstamps <= CADES_STAMPS_MAX);
	promise(s->attributes.len == 0 || inside(s->message_digest, s->attributes));
	promise(x == NULL || s->has_ess);
	(void)cades_digest_holds(s, c->content);
	if (x != NULL)
		(void)cades_signature_holds(s, x);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cades c;
	struct err e;

	(void)cades_is(span_of(data, size));
	if (cades_read(&c, span_of(data, size), &e)) {
		promise(c.nsigners >= 1 && c.nsigners <= CADES_SIGNERS_MAX && sk_X509_num(c.bag) <= CADES_CERTS_MAX);
		for (size_t i = 0; i < c.nsigners; i++)
			look_at(&c, &c.signer[i]);
	}
	cades_drop(&c);
	promise(ERR_peek_error() == 0);
	return 0;
}
