#include "base/ossl.h"

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

void
cert_list_free(cert_list *list)
{
	sk_X509_pop_free(list, X509_free);
}

void
cert_list_borrow(cert_list *into, const cert_list *from)
{
	for (int i = 0; i < sk_X509_num(from); i++)
		promise(sk_X509_push(into, sk_X509_value(from, i)) > 0);
}

bool
fail_ossl(struct err *e, enum err_class class, const char *fmt, ...)
{
	char text[160];
	const char *reason = NULL;
	unsigned long code = ERR_peek_last_error();
	va_list ap;

	if (code != 0)
		reason = ERR_reason_error_string(code);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ERR_clear_error();
	if (reason == NULL)
		return fail(e, class, "%s", text);
	return fail(e, class, "%s (%s)", text, reason);
}

static pthread_once_t fetching = PTHREAD_ONCE_INIT;
static EVP_MD *fetched;

static void
fetch_sha256(void)
{
	fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
	promise(fetched != NULL);
}

/* EVP_sha256() is looked up at every use, for longer than a short text takes to hash. */
static const EVP_MD *
md_sha256(void)
{
	pthread_once(&fetching, fetch_sha256);
	return fetched;
}

void
sha256(unsigned char out[SHA256_LEN], struct span s)
{
	promise(EVP_Digest(s.ptr != NULL ? s.ptr : (const unsigned char *)"", s.len, out, NULL, md_sha256(), NULL) == 1);
}

void
hmac_sha256(unsigned char out[SHA256_LEN], struct span key, struct span data)
{
	unsigned n = SHA256_LEN;

	promise(HMAC(EVP_sha256(), key.ptr, (int)key.len, data.ptr, data.len, out, &n) != NULL);
}

bool
random_bytes(void *out, size_t n, struct err *e)
{
	promise(n <= 1 << 20);
	if (RAND_bytes(out, (int)n) != 1)
		return fail_ossl(e, ERR_BUG, "no random bytes");
	return true;
}

/*
 * DER and PEM.  Every decoder reads one object and refuses what follows it.
 */

#define DECODE(T, d2i, what)								\
	const unsigned char *p = der.ptr;						\
	own(T) *x = NULL;								\
	if (der.len > LONG_MAX / 2)							\
		return fail(e, ERR_LIMIT, what ": too long");				\
	x = d2i(NULL, &p, (long)der.len);						\
	if (x == NULL)									\
		return fail_ossl(e, ERR_INPUT, "not " what);				\
	ERR_clear_error();	/* of extensions that OpenSSL looked at unasked */	\
	if (p != der.ptr + der.len)							\
		return fail(e, ERR_INPUT, "%td bytes after " what, der.ptr + der.len - p);	\
	*out = take(&x);								\
	return true

static bool
crl_from_der(X509_CRL **out, struct span der, struct err *e)
{
	DECODE(X509_CRL, d2i_X509_CRL, "a CRL");
}

/* A library context without algorithms: what is decoded in it keeps its key as
 * octets, because there is no decoder to try. */
static OSSL_LIB_CTX *no_algorithms;

static void
no_algorithms_make(void)
{
	no_algorithms = OSSL_LIB_CTX_new();
	promise(no_algorithms != NULL && OSSL_PROVIDER_load(no_algorithms, "null") != NULL);
}

static void *
decode_plainly(const ASN1_ITEM *type, const unsigned char **p, long len)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, no_algorithms_make);
	return ASN1_item_d2i_ex(NULL, p, len, type, no_algorithms, NULL);
}
#define d2i_plain_req(x, p, len) decode_plainly(ASN1_ITEM_rptr(X509_REQ), p, len)
#define d2i_plain_cert(x, p, len) decode_plainly(ASN1_ITEM_rptr(X509), p, len)
#define d2i_plain_pkcs7(x, p, len) decode_plainly(ASN1_ITEM_rptr(PKCS7), p, len)

bool
csr_from_der(X509_REQ **out, struct span der, struct err *e)
{
	DECODE(X509_REQ, d2i_plain_req, "a certificate request");
}

bool
cert_shell_from_der(X509 **out, struct span der, struct err *e)
{
	DECODE(X509, d2i_plain_cert, "a certificate");
}

bool
pkcs7_shell_from_der(PKCS7 **out, struct span der, struct err *e)
{
	DECODE(PKCS7, d2i_plain_pkcs7, "signed data");
}

/* With a key that needs no decoder (ec_key_of_spki), and the octets as they were; NULL:
 * another key, or none. */
static X509 *
cert_with_plain_key(struct span der)
{
	own_struct(buf) spki = buf_new(der.len + 1);
	own_struct(buf) octets = buf_new(der.len + 1);
	own(EVP_PKEY) *key = EVP_PKEY_new();
	own(X509) *x = NULL;
	EC_KEY *ec = NULL;
	struct err ignored;

	promise(key != NULL);
	if (!cert_shell_from_der(&x, der, &ignored))
		return NULL;
	cert_spki(&spki, x);
	ec = ec_key_of_spki(buf_span(&spki));
	if (ec == NULL)
		return NULL;
	promise(EVP_PKEY_assign_EC_KEY(key, ec) == 1 && X509_set_pubkey(x, key) == 1);
	cert_to_der(&octets, x);
	return span_eq(buf_span(&octets), der) ? take(&x) : NULL;
}

static bool
cert_by_openssl(X509 **out, struct span der, struct err *e)
{
	DECODE(X509, d2i_X509, "a certificate");
}

bool
cert_from_der(X509 **out, struct span der, struct err *e)
{
	X509 *x = cert_with_plain_key(der);

	if (x == NULL)
		return cert_by_openssl(out, der, e);
	*out = x;
	return true;
}

/*
 * Certificates and CRLs that come again and again, decoded once.  A few places for each
 * hash: two of one path that fall together do not drive each other out in turn.
 */
#define SHARED_WAYS 4
#define SHARED_SETS 16

struct shared {
	size_t len_max;			/* what is longer is decoded each time */
	bool (*decode)(void **, struct span, struct err *);
	void (*free)(void *);
	int (*up_ref)(void *);
	pthread_mutex_t lock;
	struct { struct { void *x; struct buf der; } place[SHARED_WAYS]; size_t next; } set[SHARED_SETS];
};

/* By what tells such things apart, the signature at their end. */
static size_t
set_of(struct span der)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = der.len > 64 ? der.len - 64 : 0; i < der.len; i++)
		h = (h ^ der.ptr[i]) * 1099511628211u;
	return (h >> 32) % SHARED_SETS;
}

static void *
find_shared(struct shared *s, struct span der)
{
	size_t set = set_of(der);
	void *found = NULL;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < SHARED_WAYS && found == NULL; i++)
		if (s->set[set].place[i].x != NULL && span_eq(buf_span(&s->set[set].place[i].der), der))
			found = s->set[set].place[i].x;
	promise(found == NULL || s->up_ref(found) == 1);
	pthread_mutex_unlock(&s->lock);
	return found;
}

static void
keep_shared(struct shared *s, void *x, struct span der)
{
	size_t set = set_of(der), i;

	pthread_mutex_lock(&s->lock);
	i = s->set[set].next++ % SHARED_WAYS;
	s->free(s->set[set].place[i].x);
	buf_drop(&s->set[set].place[i].der);
	s->set[set].place[i].der = buf_new(s->len_max);
	buf_put_span(&s->set[set].place[i].der, der);
	promise(s->up_ref(x) == 1);
	s->set[set].place[i].x = x;
	pthread_mutex_unlock(&s->lock);
}

static bool
take_shared(void **out, struct shared *s, struct span der, struct err *e)
{
	if (der.len > s->len_max)
		return s->decode(out, der, e);
	*out = find_shared(s, der);
	if (*out != NULL)
		return true;
	if (!s->decode(out, der, e))
		return false;
	keep_shared(s, *out, der);
	return true;
}

static bool decode_cert(void **out, struct span der, struct err *e) { return cert_from_der((X509 **)out, der, e); }
static void drop_cert(void *x) { X509_free(x); }
static int hold_cert(void *x) { return X509_up_ref(x); }

/* Its entries are sorted, which the first look-up does otherwise, while others walk along them. */
static bool
decode_crl(void **out, struct span der, struct err *e)
{
	if (!crl_from_der((X509_CRL **)out, der, e))
		return false;
	sk_X509_REVOKED_sort(X509_CRL_get_REVOKED(*out));
	return true;
}

static void drop_crl(void *x) { X509_CRL_free(x); }
static int hold_crl(void *x) { return X509_CRL_up_ref(x); }

static struct shared certs = { 16u << 10, decode_cert, drop_cert, hold_cert, PTHREAD_MUTEX_INITIALIZER, { { .next = 0 } } };
static struct shared crls = { 64u << 10, decode_crl, drop_crl, hold_crl, PTHREAD_MUTEX_INITIALIZER, { { .next = 0 } } };

bool
cert_shared(X509 **out, struct span der, struct err *e)
{
	return take_shared((void **)out, &certs, der, e);
}

bool
crl_shared(X509_CRL **out, struct span der, struct err *e)
{
	return take_shared((void **)out, &crls, der, e);
}

bool
pubkey_from_spki(EVP_PKEY **out, struct span der, struct err *e)
{
	DECODE(EVP_PKEY, d2i_PUBKEY, "a public key");
}

/* What stands before the point, to the octet (RFC 5480 2). */
static const struct { int nid; struct span head; size_t point; } curves[] = {
	{ NID_X9_62_prime256v1, { (const unsigned char *)"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00", 26 }, 65 },
	{ NID_secp384r1, { (const unsigned char *)"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00", 23 }, 97 },
	{ NID_secp521r1, { (const unsigned char *)"\x30\x81\x9b\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23\x03\x81\x86\x00", 25 }, 133 },
};

/* A curve made once is copied in a fifth of the time that making it takes. */
static EC_GROUP *groups[sizeof(curves) / sizeof(curves[0])];
static pthread_once_t groups_once = PTHREAD_ONCE_INIT;

static void
make_groups(void)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		groups[i] = EC_GROUP_new_by_curve_name(curves[i].nid);
}

/* NULL: the head is of none.  *point: what stands behind it. */
static const EC_GROUP *
group_of_spki(struct span *point, struct span spki)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		struct span head = curves[i].head;

		if (spki.len != head.len + curves[i].point || memcmp(spki.ptr, head.ptr, head.len) != 0 || spki.ptr[head.len] != POINT_CONVERSION_UNCOMPRESSED)
			continue;
		promise(pthread_once(&groups_once, make_groups) == 0 && groups[i] != NULL);
		*point = span_of(spki.ptr + head.len, curves[i].point);
		return groups[i];
	}
	return NULL;
}

bool
ec_spki_good(struct span spki)
{
	struct span octets;
	const EC_GROUP *group = group_of_spki(&octets, spki);
	own(EC_POINT) *point = group != NULL ? EC_POINT_new(group) : NULL;
	bool good = point != NULL && EC_POINT_oct2point(group, point, octets.ptr, octets.len, NULL) == 1;

	ERR_clear_error();
	return good;
}

EC_KEY *
ec_key_of_spki(struct span spki)
{
	struct span octets;
	const EC_GROUP *group = group_of_spki(&octets, spki);
	own(EC_KEY) *key = group != NULL ? EC_KEY_new() : NULL;

	if (group == NULL)
		return NULL;
	promise(key != NULL && EC_KEY_set_group(key, group) == 1);
	if (EC_KEY_oct2key(key, octets.ptr, octets.len, NULL) == 1)
		return take(&key);
	ERR_clear_error();
	return NULL;
}

static bool
looks_like_pem(struct span s)
{
	return s.len > 11 && memmem(s.ptr, s.len, "-----BEGIN ", 11) != NULL;
}

/* The DER inside the first PEM block of one of the given names. */
static bool
pem_to_der(struct buf *out, struct span text, const char *const names[], struct err *e)
{
	own(BIO) *in = BIO_new_mem_buf(text.ptr, (int)text.len);
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long n = 0;

	promise(in != NULL);
	while (PEM_read_bio(in, &name, &header, &data, &n) == 1) {
		bool wanted = false;

		for (size_t i = 0; names[i] != NULL; i++)
			wanted |= strcmp(name, names[i]) == 0;
		if (wanted)
			buf_put(out, data, (size_t)n);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(data);
		if (wanted) {
			ERR_clear_error();
			return buf_ok(out, names[0], e);
		}
	}
	return fail_ossl(e, ERR_INPUT, "no PEM block of type %s", names[0]);
}

bool
cert_from_any(X509 **out, struct span s, struct err *e)
{
	static const char *const names[] = { "CERTIFICATE", "X509 CERTIFICATE", NULL };
	own_struct(buf) der = buf_new(1 << 20);

	if (!looks_like_pem(s))
		return cert_from_der(out, s, e);
	return pem_to_der(&der, s, names, e) && cert_from_der(out, buf_span(&der), e);
}

bool
crl_from_any(X509_CRL **out, struct span s, struct err *e)
{
	static const char *const names[] = { "X509 CRL", NULL };
	own_struct(buf) der = buf_new(64u << 20);

	if (!looks_like_pem(s))
		return crl_from_der(out, s, e);
	return pem_to_der(&der, s, names, e) && crl_from_der(out, buf_span(&der), e);
}

bool
csr_from_any(X509_REQ **out, struct span s, struct err *e)
{
	static const char *const names[] = { "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST", NULL };
	own_struct(buf) der = buf_new(1 << 20);

	if (!looks_like_pem(s))
		return csr_from_der(out, s, e);
	return pem_to_der(&der, s, names, e) && csr_from_der(out, buf_span(&der), e);
}

bool
certs_from_pem(cert_list *into, struct span text, struct err *e)
{
	own(BIO) *in = BIO_new_mem_buf(text.ptr, (int)text.len);
	unsigned char *der;
	X509 *x;
	long n;

	promise(in != NULL);
	while (PEM_bytes_read_bio(&der, &n, NULL, PEM_STRING_X509, in, NULL, NULL) == 1) {
		bool good = cert_shared(&x, span_of(der, (size_t)n), e);

		OPENSSL_free(der);
		if (!good)
			return fail_in(e, "PEM");
		promise(sk_X509_push(into, x) > 0);
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return fail_ossl(e, ERR_INPUT, "a broken certificate in PEM");
	ERR_clear_error();
	return true;
}

bool
crls_from_any(STACK_OF(X509_CRL) *into, struct span s, struct err *e)
{
	own(BIO) *in = BIO_new_mem_buf(s.ptr, (int)s.len);
	X509_CRL *x = NULL;

	promise(in != NULL);
	if (!looks_like_pem(s))
		return crl_from_der(&x, s, e) && sk_X509_CRL_push(into, x) > 0;
	while ((x = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL)) != NULL)
		promise(sk_X509_CRL_push(into, x) > 0);
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE || sk_X509_CRL_num(into) == 0)
		return fail_ossl(e, ERR_INPUT, "a broken CRL in PEM");
	ERR_clear_error();
	return true;
}

#define ENCODE(i2d, x)							\
	unsigned char *der = NULL;					\
	int n = i2d(x, &der);						\
	promise(n > 0);							\
	buf_put(out, der, (size_t)n);					\
	OPENSSL_free(der)

void
cert_to_der(struct buf *out, const X509 *x)
{
	ENCODE(i2d_X509, x);
}

void
crl_to_der(struct buf *out, const X509_CRL *x)
{
	ENCODE(i2d_X509_CRL, x);
}

void
csr_to_der(struct buf *out, const X509_REQ *x)
{
	ENCODE(i2d_X509_REQ, x);
}

void
pubkey_to_spki(struct buf *out, const EVP_PKEY *k)
{
	ENCODE(i2d_PUBKEY, k);
}

void
cert_to_pem(struct buf *out, X509 *x)
{
	own(BIO) *mem = BIO_new(BIO_s_mem());
	char *text;
	long n;

	promise(mem != NULL && PEM_write_bio_X509(mem, x) == 1);
	n = BIO_get_mem_data(mem, &text);
	buf_put(out, text, (size_t)n);
}

void
key_id_of(unsigned char out[KEY_ID_LEN], const EVP_PKEY *k)
{
	own_struct(buf) spki = buf_new(1 << 16);

	pubkey_to_spki(&spki, k);
	sha256(out, buf_span(&spki));
}

void
cert_spki(struct buf *out, const X509 *x)
{
	ENCODE(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(x));
}

void
key_id_of_cert(unsigned char out[KEY_ID_LEN], const X509 *x)
{
	own_struct(buf) spki = buf_new(1 << 16);

	cert_spki(&spki, x);
	sha256(out, buf_span(&spki));
}

/*
 * ECDSA P-256.
 */

bool
ecdsa_raw_to_der(struct buf *out, struct span raw, struct err *e)
{
	own(ECDSA_SIG) *sig = ECDSA_SIG_new();
	BIGNUM *r, *s;
	unsigned char *der = NULL;
	int n;

	if (raw.len != 64)
		return fail(e, ERR_INPUT, "an ECDSA P-256 signature has 64 bytes, not %zu", raw.len);
	r = BN_bin2bn(raw.ptr, 32, NULL);
	s = BN_bin2bn(raw.ptr + 32, 32, NULL);
	promise(sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1);
	n = i2d_ECDSA_SIG(sig, &der);
	promise(n > 0);
	buf_put(out, der, (size_t)n);
	OPENSSL_free(der);
	return buf_ok(out, "signature", e);
}

bool
ecdsa_der_to_raw(unsigned char raw[64], struct span der, struct err *e)
{
	const unsigned char *p = der.ptr;
	own(ECDSA_SIG) *sig = d2i_ECDSA_SIG(NULL, &p, (long)der.len);

	if (sig == NULL || p != der.ptr + der.len)
		return fail_ossl(e, ERR_INPUT, "not an ECDSA signature in DER");
	if (BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32) != 32 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32) != 32)
		return fail_ossl(e, ERR_INPUT, "an ECDSA signature too large for P-256");
	return true;
}

bool
ecdsa_verify(EVP_PKEY *key, struct span digest, struct span sig)
{
	/* The key's own copy: no context is made for each signature. */
	EC_KEY *ec = (EC_KEY *)EVP_PKEY_get0_EC_KEY(key);
	bool good = ec != NULL && sig.len <= INT_MAX && digest.len <= INT_MAX &&
	    ECDSA_verify(0, digest.ptr, (int)digest.len, sig.ptr, (int)sig.len, ec) == 1;

	ERR_clear_error();
	return good;
}

/*
 * Small readings.
 */

int64_t
asn1_time_secs(const ASN1_TIME *t)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return INT64_MIN;
	return (int64_t)timegm(&tm);
}

bool
oid_is(const ASN1_OBJECT *oid, const char *word)
{
	own(ASN1_OBJECT) *want = OBJ_txt2obj(word, 0);

	ERR_clear_error();
	return want != NULL && OBJ_cmp(oid, want) == 0;
}

bool
name_attr(struct buf *out, const X509_NAME *name, int nid, struct err *e)
{
	int at = X509_NAME_get_index_by_NID((X509_NAME *)name, nid, -1);
	unsigned char *utf8 = NULL;
	int n;

	if (at < 0)
		return fail(e, ERR_ABSENT, "the name has no %s", OBJ_nid2ln(nid));
	if (X509_NAME_get_index_by_NID((X509_NAME *)name, nid, at) >= 0)
		return fail(e, ERR_INPUT, "the name has more than one %s", OBJ_nid2ln(nid));
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (n < 0)
		return fail_ossl(e, ERR_INPUT, "the %s of a name is not text", OBJ_nid2ln(nid));
	buf_put(out, utf8, (size_t)n);
	OPENSSL_free(utf8);
	return buf_ok(out, "name attribute", e);
}

void
serial_hex(struct buf *out, const ASN1_INTEGER *serial)
{
	hex_put(out, span_of(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)));
}
