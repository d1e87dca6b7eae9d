/* csr_gate, csr_read, csr_prove, csr_found_get, csr_found_put. */
#include "tests/fuzz/target.h"

#include "verifier/csr.h"

#include <openssl/err.h>

#define SPKI_MAX (4u << 10)

/* What is taken, OpenSSL's own verification takes, and of the same key. */
static void
second_opinion(struct span octets, struct span spki)
{
	own(X509_REQ) *shell = NULL, *req = NULL;
	own_struct(buf) theirs = buf_new(SPKI_MAX), plain = buf_new(CSR_MAX);
	const unsigned char *at;
	EVP_PKEY *key;
	struct err e;

	promise(csr_from_any(&shell, octets, &e));
	csr_to_der(&plain, shell);
	at = plain.ptr;
	promise((req = d2i_X509_REQ(NULL, &at, (long)plain.len)) != NULL && (key = X509_REQ_get0_pubkey(req)) != NULL);
	promise(X509_REQ_verify(req, key) == 1);
	pubkey_to_spki(&theirs, key);
	promise(span_eq(buf_span(&theirs), spki));
}

/* A worker's answer travels; another answer proves no other key. */
static void
in_a_message(const struct csr_found *f, struct span der)
{
	own_struct(buf) message = buf_new(1 << 10);
	struct csr_found again;
	struct span key;
	struct cbor c;
	struct err e;

	csr_found_put(&message, f);
	c = cbor_read(buf_span(&message));
	promise(csr_found_get(&again, &c, &e) && cbor_end(&c, "", &e) && memcmp(&again, f, sizeof(again)) == 0);
	if (csr_prove(&key, &again, der, &e))
		promise(key.ptr >= der.ptr && key.ptr + key.len <= der.ptr + der.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_struct(buf) spki = buf_new(SPKI_MAX);
	struct span octets = span_of(data, size);
	struct csr_found f = { .digest = 0 };
	struct err e = { .class = ERR_BUG };

	if (csr_read(&f, octets, &e))
		in_a_message(&f, octets);
	else
		promise(e.code[0] != '\0' && e.vi[0] != '\0');
	if (csr_gate(&spki, octets, &e))
		second_opinion(octets, buf_span(&spki));
	else
		promise(spki.len == 0 && e.code[0] != '\0' && e.vi[0] != '\0');
	promise(ERR_peek_error() == 0);
	return 0;
}
