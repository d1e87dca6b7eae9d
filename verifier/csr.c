#include "verifier/csr.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <limits.h>
#include <stdlib.h>

#define FOUND_NUMBERS 8
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192
#define SMALL_PRIME_MAX 7919
#define FERMAT_STEPS 100

enum rule {
	NOT_A_REQUEST, TOO_LONG, ALGORITHM_UNKNOWN, DIGEST_WEAK, KEY_UNREADABLE, KEY_TYPE, RSA_LENGTH, RSA_EXPONENT_EVEN, RSA_EXPONENT, RSA_FACTOR,
	RSA_ROCA, RSA_CLOSE_PRIMES, EC_SPELT_OUT, EC_POINT_FORM, EC_CURVE, EC_OFF_CURVE, NO_PROOF
};

static const struct err_rule rules[] = {
	[NOT_A_REQUEST] = { ERR_INPUT, NULL, "csr-malformed", "Đây không phải là yêu cầu cấp chứng thư số (PKCS#10) hợp lệ." },
	[TOO_LONG] = { ERR_LIMIT, NULL, "csr-too-long", "Yêu cầu cấp chứng thư số quá dài." },
	[ALGORITHM_UNKNOWN] = { ERR_INPUT, NULL, "csr-algorithm-unknown", "Yêu cầu được ký bằng thuật toán không được biết ở đây." },
	[DIGEST_WEAK] = { ERR_POLICY, NULL, "csr-digest-weak", "Yêu cầu được ký với hàm băm không được chấp nhận; cần SHA-256, SHA-384 hoặc SHA-512." },
	[KEY_UNREADABLE] = { ERR_INPUT, NULL, "key-unreadable", "Không đọc được khóa công khai trong yêu cầu." },
	[KEY_TYPE] = { ERR_POLICY, NULL, "key-type", "Loại khóa này không được chấp nhận; chỉ nhận RSA và EC." },
	[RSA_LENGTH] = { ERR_POLICY, NULL, "rsa-length", "Độ dài khóa RSA không được chấp nhận; cần từ 2048 đến 8192 bit." },
	[RSA_EXPONENT_EVEN] = { ERR_POLICY, NULL, "rsa-exponent-even", "Số mũ công khai của khóa RSA là số chẵn." },
	[RSA_EXPONENT] = { ERR_POLICY, NULL, "rsa-exponent", "Số mũ công khai của khóa RSA không nằm giữa 65537 và 2^64." },
	[RSA_FACTOR] = { ERR_POLICY, NULL, "rsa-small-factor", "Mô-đun của khóa RSA có thừa số nhỏ." },
	[RSA_ROCA] = { ERR_POLICY, NULL, "rsa-roca", "Khóa RSA do bộ sinh khóa bị lỗi tạo ra (ROCA, CVE-2017-15361)." },
	[RSA_CLOSE_PRIMES] = { ERR_POLICY, NULL, "rsa-close-primes", "Hai số nguyên tố của khóa RSA quá gần nhau." },
	[EC_SPELT_OUT] = { ERR_POLICY, NULL, "ec-curve-spelt-out", "Đường cong elip phải được nêu bằng tên, không ghi tham số." },
	[EC_POINT_FORM] = { ERR_POLICY, NULL, "ec-point-form", "Khóa EC không được ghi ở dạng không nén theo RFC 5480." },
	[EC_CURVE] = { ERR_POLICY, NULL, "ec-curve", "Đường cong elip này không được chấp nhận; chỉ nhận P-256, P-384 và P-521." },
	[EC_OFF_CURVE] = { ERR_POLICY, NULL, "ec-point", "Khóa EC không phải là một điểm trên đường cong của nó." },
	[NO_PROOF] = { ERR_INPUT, NULL, "no-possession", "Chữ ký của yêu cầu không đúng: chưa chứng minh được người xin giữ khóa." },
};

/* RFC 4055 3.1: MGF1 by the same digest and the one trailer there is; a missing
 * digest is SHA-1, a missing length of salt 20.  *salt: -1 if that is not so. */
static void
read_pss(int *digest, int *salt, const RSA_PSS_PARAMS *pss)
{
	const ASN1_OBJECT *mask = NULL;
	const void *value = NULL;
	X509_ALGOR *inner = NULL;
	int64_t length = 20, trailer = 1;
	int type = V_ASN1_UNDEF, masked = NID_sha1;

	*digest = pss->hashAlgorithm != NULL ? OBJ_obj2nid(pss->hashAlgorithm->algorithm) : NID_sha1;
	if (pss->maskGenAlgorithm != NULL) {
		X509_ALGOR_get0(&mask, &type, &value, pss->maskGenAlgorithm);
		inner = type == V_ASN1_SEQUENCE ? ASN1_item_unpack(value, ASN1_ITEM_rptr(X509_ALGOR)) : NULL;
		masked = OBJ_obj2nid(mask) == NID_mgf1 && inner != NULL ? OBJ_obj2nid(inner->algorithm) : NID_undef;
		X509_ALGOR_free(inner);
	}
	if ((pss->saltLength != NULL && ASN1_INTEGER_get_int64(&length, pss->saltLength) != 1) ||
	    (pss->trailerField != NULL && ASN1_INTEGER_get_int64(&trailer, pss->trailerField) != 1) ||
	    masked != *digest || trailer != 1 || length < 0 || length > RSA_BITS_MAX / 8)
		length = -1;
	*salt = (int)length;
}

static bool
check_pss(int *digest, int *salt, const X509_REQ *req, struct err *e)
{
	const X509_ALGOR *alg = NULL;
	const ASN1_OBJECT *oid;
	const void *value = NULL;
	RSA_PSS_PARAMS *pss;
	int type;

	X509_REQ_get0_signature(req, NULL, &alg);
	X509_ALGOR_get0(&oid, &type, &value, alg);
	pss = type == V_ASN1_SEQUENCE ? ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS)) : NULL;
	if (pss == NULL)
		return fail_rule(e, &rules[ALGORITHM_UNKNOWN], "the parameters of RSASSA-PSS cannot be read (RFC 4055 3.1)");
	read_pss(digest, salt, pss);
	RSA_PSS_PARAMS_free(pss);
	return *salt >= 0 || fail_rule(e, &rules[ALGORITHM_UNKNOWN], "RSASSA-PSS by two digests, or with a salt or trailer that there is not (RFC 4055 3.1)");
}

static bool
check_digest(int *out, int *salt, const X509_REQ *req, struct err *e)
{
	int nid = X509_REQ_get_signature_nid(req), digest = NID_undef, key;

	if (OBJ_find_sigid_algs(nid, &digest, &key) != 1)
		return fail_rule(e, &rules[ALGORITHM_UNKNOWN], "the request is signed with an algorithm that is not known here");
	*salt = CSR_NO_PSS;
	if (nid == NID_rsassaPss && !check_pss(&digest, salt, req, e))
		return false;
	*out = digest;
	if (digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512)
		return true;
	return fail_rule(e, &rules[DIGEST_WEAK], "the request is signed with %s; SHA-256, SHA-384 or SHA-512 is needed", OBJ_nid2ln(digest));
}

/* Trial division by every odd number up to SMALL_PRIME_MAX. */
static bool
check_small_factors(const BIGNUM *n, struct err *e)
{
	for (BN_ULONG d = 3; d <= SMALL_PRIME_MAX; d += 2)
		if (BN_mod_word(n, d) == 0)
			return fail_rule(e, &rules[RSA_FACTOR], "the RSA modulus has the small factor %lu", (unsigned long)d);
	return BN_is_odd(n) || fail_rule(e, &rules[RSA_FACTOR], "the RSA modulus is even");
}

/* CVE-2017-15361: modulo each of these primes the modulus of such a key is a
 * power of 65537; for a sound key that holds for all of them by chance once in
 * 2^27. */
static bool
check_roca(const BIGNUM *n, struct err *e)
{
	static const unsigned primes[] = { 11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157 };

	for (size_t i = 0; i < sizeof(primes) / sizeof(primes[0]); i++) {
		unsigned p = primes[i], r = (unsigned)BN_mod_word(n, p), x = 1;
		bool member = false;

		for (unsigned k = 0; k < p && !member; k++) {
			member = x == r;
			x = x * (65537 % p) % p;
		}
		if (!member)
			return true;
	}
	return fail_rule(e, &rules[RSA_ROCA], "the RSA key has the fingerprint of a broken generator (ROCA, CVE-2017-15361)");
}

/* Fermat: n = a^2 - b^2 with a near sqrt(n) when the primes are close. */
static bool
fermat_finds(const BIGNUM *n, bool *found)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *a, *b2, *r, *q, *x;
	bool good;

	promise(ctx != NULL);
	BN_CTX_start(ctx);
	a = BN_CTX_get(ctx);
	b2 = BN_CTX_get(ctx);
	r = BN_CTX_get(ctx);
	q = BN_CTX_get(ctx);
	x = BN_CTX_get(ctx);
	good = x != NULL;
	/* a = ceil(sqrt(n)) by Newton's iteration from above. */
	good = good && BN_one(a) && BN_lshift(a, a, BN_num_bits(n) / 2 + 1);
	for (bool falling = true; good && falling;) {
		good = BN_div(q, NULL, n, a, ctx) && BN_add(q, q, a) && BN_rshift1(x, q);
		falling = good && BN_cmp(x, a) < 0;
		if (falling)
			good = BN_copy(a, x) != NULL;
	}
	good = good && BN_sqr(r, a, ctx);
	if (good && BN_cmp(r, n) < 0)
		good = BN_add_word(a, 1);
	*found = false;
	for (int i = 0; good && i < FERMAT_STEPS && !*found; i++) {
		good = BN_sqr(b2, a, ctx) && BN_sub(b2, b2, n);
		/* Is b2 a square?  Newton again, from above. */
		good = good && BN_one(x) && BN_lshift(x, x, BN_num_bits(b2) / 2 + 1);
		for (bool falling = true; good && falling && !BN_is_zero(b2);) {
			good = BN_div(q, NULL, b2, x, ctx) && BN_add(q, q, x) && BN_rshift1(r, q);
			falling = good && BN_cmp(r, x) < 0;
			if (falling)
				good = BN_copy(x, r) != NULL;
		}
		good = good && BN_sqr(r, x, ctx);
		*found = good && (BN_is_zero(b2) || BN_cmp(r, b2) == 0);
		good = good && BN_add_word(a, 1);
	}
	BN_CTX_end(ctx);
	BN_CTX_free(ctx);
	return good;
}

static bool
check_rsa(EVP_PKEY *key, struct err *e)
{
	own(BIGNUM) *n = NULL;
	own(BIGNUM) *exponent = NULL;
	int bits = EVP_PKEY_get_bits(key);
	bool close;

	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
		return fail_rule(e, &rules[RSA_LENGTH], "an RSA key of %d bits; %d to %d are taken", bits, RSA_BITS_MIN, RSA_BITS_MAX);
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1 || EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1)
		return fail_ossl(e, ERR_INPUT, "the RSA key cannot be read") || fail_as(e, &rules[KEY_UNREADABLE]);
	if (!BN_is_odd(exponent))
		return fail_rule(e, &rules[RSA_EXPONENT_EVEN], "the RSA exponent is even");
	if (BN_num_bits(exponent) < 17 || BN_num_bits(exponent) > 64)
		return fail_rule(e, &rules[RSA_EXPONENT], "the RSA exponent is not between 65537 and 2^64");
	if (!check_small_factors(n, e) || !check_roca(n, e))
		return false;
	promise(fermat_finds(n, &close));
	return !close || fail_rule(e, &rules[RSA_CLOSE_PRIMES], "the RSA key's two primes are close together (Fermat's method finds them)");
}

static bool
check_ec(EVP_PKEY *key, struct err *e)
{
	static const char *const curves[] = { "prime256v1", "secp384r1", "secp521r1" };
	own(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new(key, NULL);
	char name[64] = "", encoding[32] = "", form[32] = "";
	bool known = false;

	/* OpenSSL finds the name of a curve that is spelt out, too. */
	if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding, sizeof(encoding), NULL) != 1 ||
	    strcmp(encoding, OSSL_PKEY_EC_ENCODING_GROUP) != 0)
		return fail_ossl(e, ERR_POLICY, "the elliptic curve is spelt out, not named (RFC 5480 2.1.1)") || fail_as(e, &rules[EC_SPELT_OUT]);
	if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form, sizeof(form), NULL) != 1 ||
	    strcmp(form, OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 0)
		return fail_ossl(e, ERR_POLICY, "the point is compressed; one key has one form here, the uncompressed (RFC 5480 2.2)") || fail_as(e, &rules[EC_POINT_FORM]);
	if (EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) != 1)
		return fail_ossl(e, ERR_POLICY, "the elliptic curve is not a named one") || fail_as(e, &rules[EC_CURVE]);
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		known |= strcmp(name, curves[i]) == 0;
	if (!known)
		return fail_rule(e, &rules[EC_CURVE], "the curve %s; P-256, P-384 and P-521 are taken", name);
	/* The cofactor of these curves is 1: a point of the curve is of its group, and multiplying by the order would tell nothing more. */
	if (ctx == NULL || EVP_PKEY_public_check_quick(ctx) != 1)
		return fail_ossl(e, ERR_POLICY, "the key is not a point of its curve") || fail_as(e, &rules[EC_OFF_CURVE]);
	return true;
}

/* A point of a named curve, uncompressed, needs no decoder; whatever else it
 * is, the decoder says, for the reason if for nothing else. */
static bool
check_key(struct span spki, struct err *e)
{
	own(EVP_PKEY) *key = NULL;

	if (ec_spki_good(spki))
		return true;
	if (!pubkey_from_spki(&key, spki, e))
		return fail_rule(e, &rules[KEY_UNREADABLE], "the request's key cannot be read");
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return check_rsa(key, e);
	case EVP_PKEY_EC:
		return check_ec(key, e) && fail_rule(e, &rules[EC_POINT_FORM], "the key is not written as RFC 5480 2 asks");
	default:
		return fail_rule(e, &rules[KEY_TYPE], "a key of type %s; RSA and EC are taken", EVP_PKEY_get0_type_name(key) ?: "unknown");
	}
}

/*
 * Where things are: SEQUENCE { tbs, algorithm, BIT STRING signature }.
 */

static bool
next_element(const unsigned char **at, const unsigned char *end, int want, struct span *whole, struct span *content)
{
	const unsigned char *p = *at;
	int tag, class, kind;
	long len;

	kind = ASN1_get_object(&p, &len, &tag, &class, end - p);
	if ((kind & 0x81) != 0 || class != V_ASN1_UNIVERSAL || tag != want || len > end - p)
		return false;
	*whole = span_of(*at, (size_t)(p + len - *at));
	*content = span_of(p, (size_t)len);
	*at = p + len;
	return true;
}

static bool
slice(struct span *tbs, struct span *signature, struct span der)
{
	const unsigned char *at = der.ptr;
	struct span whole, body, ignored;

	if (!next_element(&at, der.ptr + der.len, V_ASN1_SEQUENCE, &whole, &body) || whole.len != der.len)
		return false;
	at = body.ptr;
	if (!next_element(&at, body.ptr + body.len, V_ASN1_SEQUENCE, tbs, &ignored) ||
	    !next_element(&at, body.ptr + body.len, V_ASN1_SEQUENCE, &whole, &ignored) ||
	    !next_element(&at, body.ptr + body.len, V_ASN1_BIT_STRING, &whole, signature) ||
	    at != body.ptr + body.len || signature->len < 2 || signature->ptr[0] != 0)
		return false;
	*signature = span_of(signature->ptr + 1, signature->len - 1);
	return true;
}

static struct csr_slice
slice_of(struct span part, struct span whole)
{
	return (struct csr_slice){ (uint32_t)(part.ptr - whole.ptr), (uint32_t)part.len };
}

/* The key as it stands in the request, and nothing like it in other words. */
static bool
find_key(struct span *key, X509_REQ *req, struct span tbs, struct err *e)
{
	own_struct(buf) der = buf_new(CSR_MAX);
	unsigned char *spki = NULL;
	int n = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(req), &spki);

	if (n > 0)
		buf_put(&der, spki, (size_t)n);
	OPENSSL_free(spki);
	if (n <= 0)
		return fail_ossl(e, ERR_INPUT, "the request's key cannot be read") || fail_as(e, &rules[KEY_UNREADABLE]);
	*key = span_of(memmem(tbs.ptr, tbs.len, der.ptr, der.len), der.len);
	return key->ptr != NULL || fail_rule(e, &rules[NOT_A_REQUEST], "the request's key is not in DER");
}

static bool
look(struct csr_found *out, struct span der, struct err *e)
{
	own(X509_REQ) *req = NULL;
	struct span tbs, signature, key;

	*out = (struct csr_found){ .digest = NID_undef, .salt = CSR_NO_PSS };
	if (der.len > CSR_MAX)
		return fail_rule(e, &rules[TOO_LONG], "a certificate request of more than %u bytes", CSR_MAX);
	if (!csr_from_der(&req, der, e))
		return fail_as(e, &rules[NOT_A_REQUEST]);
	if (X509_REQ_get_version(req) != X509_REQ_VERSION_1)
		return fail_rule(e, &rules[NOT_A_REQUEST], "a certificate request has version 1 (RFC 2986 4.1)");
	if (!check_digest(&out->digest, &out->salt, req, e))
		return false;
	if (!slice(&tbs, &signature, der))
		return fail_ossl(e, ERR_INPUT, "the request is not in DER") || fail_as(e, &rules[NOT_A_REQUEST]);
	if (!find_key(&key, req, tbs, e) || !check_key(key, e))
		return false;
	out->key = slice_of(key, der);
	out->tbs = slice_of(tbs, der);
	out->signature = slice_of(signature, der);
	return true;
}

bool
csr_read(struct csr_found *out, struct span der, struct err *e)
{
	bool good = look(out, der, e);

	/* Of what was tried and did not matter. */
	ERR_clear_error();
	return good;
}

/*
 * Proof of possession.
 */

static bool
take_slice(struct span *out, struct csr_slice s, struct span whole)
{
	*out = span_of(whole.ptr + s.at, s.len);
	return s.at <= whole.len && s.len <= whole.len - s.at;
}

static bool
ec_proves(EC_KEY *key, const EVP_MD *md, struct span tbs, struct span signature)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	return EVP_Digest(tbs.ptr, tbs.len, digest, &n, md, NULL) == 1 &&
	    ECDSA_verify(0, digest, (int)n, signature.ptr, (int)signature.len, key) == 1;
}

static bool
rsa_proves(EVP_PKEY *key, const EVP_MD *md, int salt, struct span tbs, struct span signature)
{
	own(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *settings;

	return ctx != NULL && EVP_DigestVerifyInit(ctx, &settings, md, NULL, key) == 1 &&
	    (salt == CSR_NO_PSS || (EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, salt) == 1)) &&
	    EVP_DigestVerify(ctx, signature.ptr, signature.len, tbs.ptr, tbs.len) == 1;
}

bool
csr_prove(struct span *spki, const struct csr_found *f, struct span der, struct err *e)
{
	const EVP_MD *md = EVP_get_digestbynid(f->digest);
	struct span tbs, signature;
	own(EC_KEY) *ec = NULL;
	own(EVP_PKEY) *key = NULL;
	bool good;

	if (md == NULL || !take_slice(spki, f->key, der) || !take_slice(&tbs, f->tbs, der) || !take_slice(&signature, f->signature, der) ||
	    spki->ptr < tbs.ptr || spki->ptr + spki->len > tbs.ptr + tbs.len)
		return fail(e, ERR_BUG, "the request's parts are not inside it");
	ec = ec_key_of_spki(*spki);
	if (ec == NULL && !pubkey_from_spki(&key, *spki, e))
		return false;
	good = ec != NULL ? ec_proves(ec, md, tbs, signature) : rsa_proves(key, md, f->salt, tbs, signature);
	ERR_clear_error();
	return good || fail_rule(e, &rules[NO_PROOF], "the request's signature does not verify: no proof that its maker has the key");
}

bool
csr_gate(struct buf *spki, struct span csr, struct err *e)
{
	own_struct(buf) der = buf_new(CSR_MAX);
	own(X509_REQ) *req = NULL;
	struct csr_found f;
	struct span key;

	if (csr.len > CSR_MAX)
		return fail_rule(e, &rules[TOO_LONG], "a certificate request of more than %u bytes", CSR_MAX);
	if (!csr_from_any(&req, csr, e))
		return fail_as(e, &rules[NOT_A_REQUEST]);
	csr_to_der(&der, req);
	if (!buf_ok(&der, "certificate request", e) || !csr_read(&f, buf_span(&der), e) || !csr_prove(&key, &f, buf_span(&der), e))
		return false;
	buf_put_span(spki, key);
	return buf_ok(spki, "key", e);
}

/*
 * In a message.
 */

static struct csr_slice *
slice_nth(struct csr_found *f, size_t i)
{
	struct csr_slice *slices[] = { &f->key, &f->tbs, &f->signature };

	return slices[i];
}

void
csr_found_put(struct buf *b, const struct csr_found *f)
{
	struct csr_found copy = *f;
	own_struct(buf) numbers = buf_new(128);

	cbor_put_array(&numbers, FOUND_NUMBERS);
	for (size_t i = 0; i < 3; i++) {
		cbor_put_uint(&numbers, slice_nth(&copy, i)->at);
		cbor_put_uint(&numbers, slice_nth(&copy, i)->len);
	}
	cbor_put_uint(&numbers, (uint64_t)f->digest);
	cbor_put_uint(&numbers, (uint64_t)(f->salt + 1));	/* CSR_NO_PSS is 0 there */
	cbor_put_bytes(b, buf_span(&numbers));
}

bool
csr_found_get(struct csr_found *f, struct cbor *outer, struct err *e)
{
	uint64_t v[FOUND_NUMBERS];
	struct span numbers;
	struct cbor c;
	size_t n;

	if (!cbor_get_bytes(outer, &numbers, "request's parts", e))
		return false;
	c = cbor_read(numbers);
	if (!cbor_get_array(&c, &n, "request's parts", e))
		return false;
	if (n != FOUND_NUMBERS)
		return fail(e, ERR_BUG, "a request has %zu parts here", n);
	for (size_t i = 0; i < n; i++)
		if (!cbor_get_uint(&c, &v[i], "request's part", e))
			return false;
	*f = (struct csr_found){ .digest = v[6] <= INT_MAX ? (int)v[6] : NID_undef, .salt = v[7] <= RSA_BITS_MAX / 8 ? (int)v[7] - 1 : CSR_NO_PSS };
	for (size_t i = 0; i < 3; i++) {
		if (v[2 * i] > CSR_MAX || v[2 * i + 1] > CSR_MAX)
			return fail(e, ERR_BUG, "the request's parts are not inside it");
		*slice_nth(f, i) = (struct csr_slice){ (uint32_t)v[2 * i], (uint32_t)v[2 * i + 1] };
	}
	return cbor_end(&c, "request's parts", e);
}
