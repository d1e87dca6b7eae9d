#include "tests/verifier/dsig_maker.h"

#include "tests/base/test.h"
#include "tests/verifier/mutate.h"

#include <libxml/c14n.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#define TEXT_MAX (12u << 20)

void
dsig_edit(struct buf *text, const char *from, const char *to)
{
	own_str char *s = span_dup_str(buf_span(text));
	char *at = strstr(s, from);

	if (at == NULL)
		print_error("nowhere: %s\n", from);
	assert_non_null(at);
	buf_reset(text);
	buf_put(text, s, (size_t)(at - s));
	buf_put_str(text, to);
	buf_put_str(text, at + strlen(from));
	assert_false(text->failed);
}

static char *
base64_of(struct span octets)
{
	own_struct(buf) b = buf_new(TEXT_MAX);

	base64_put(&b, octets);
	return xstrdup(buf_str(&b));
}

char *
dsig_base64(const X509 *x)
{
	own_struct(buf) der = buf_new(1 << 16);

	cert_to_der(&der, x);
	return base64_of(buf_span(&der));
}

/* libxml2's canonical form of what is not left out. */
struct part { const xmlNode *top, *left_out; bool all; };

static int
is_wanted(void *ctx, xmlNode *n, xmlNode *parent)
{
	const struct part *p = ctx;
	bool within = p->top == NULL;

	for (n = n->type == XML_NAMESPACE_DECL || n->type == XML_ATTRIBUTE_NODE ? parent : n; n != NULL; n = n->parent) {
		if (n == p->left_out || (p->all && xml_is(n, NS_DS, "Signature")))
			return 0;
		within |= n == p->top;
	}
	return within;
}

static void
canonical(struct buf *out, xmlDoc *doc, struct part p, int form)
{
	xmlBuffer *b = xmlBufferCreate();
	xmlOutputBuffer *io = xmlOutputBufferCreateBuffer(b, NULL);

	assert_true(xmlC14NExecute(doc, is_wanted, &p, form, NULL, 0, io) >= 0);
	xmlOutputBufferClose(io);
	buf_put(out, xmlBufferContent(b), (size_t)xmlBufferLength(b));
	xmlBufferFree(b);
}

static const EVP_MD *
md_of(const struct dsig_recipe *r)
{
	return r->md == NULL ? EVP_sha256() : r->md;
}

static char *
digest_of(struct span octets, const EVP_MD *md)
{
	unsigned char got[EVP_MAX_MD_SIZE];
	unsigned len;

	assert_int_equal(EVP_Digest(octets.ptr, octets.len, got, &len, md, NULL), 1);
	return base64_of(span_of(got, len));
}

#define OR(a, b) ((a) != NULL ? (a) : (b))
#define DIGEST_OF(r) OR((r)->digest, "http://www.w3.org/2001/04/xmlenc#sha256")

static void
put_reference(struct buf *out, const struct dsig_recipe *r, const struct dsig_ref *ref, size_t i)
{
	buf_printf(out, "<ds:Reference URI=\"%s\"%s%s%s>", ref->uri, ref->type != NULL ? " Type=\"" : "", OR(ref->type, ""), ref->type != NULL ? "\"" : "");
	if (ref->transforms != NULL)
		buf_printf(out, "<ds:Transforms>%s</ds:Transforms>", ref->transforms);
	buf_printf(out, "<ds:DigestMethod Algorithm=\"%s\"/><ds:DigestValue>@D%u@</ds:DigestValue></ds:Reference>", DIGEST_OF(r), (unsigned)i);
}

static void
put_properties(struct buf *out, const struct dsig_recipe *r, const char *id)
{
	own_struct(buf) der = buf_new(1 << 16);
	own_str char *digest = NULL;
	own(BIGNUM) *serial = NULL;
	const X509 *x = OR(r->named, r->by)->cert;
	char *decimal;

	cert_to_der(&der, x);
	digest = digest_of(buf_span(&der), md_of(r));
	serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	decimal = BN_bn2dec(serial);
	buf_printf(out, "<ds:Object><xades:QualifyingProperties xmlns:xades=\"" NS_XADES "\" Target=\"#%s\"><xades:SignedProperties Id=\"%s-props\"><xades:SignedSignatureProperties>"
	    "<xades:SigningTime>2026-11-22T06:30:00Z</xades:SigningTime><xades:SigningCertificate%s><xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm=\"%s\"/>"
	    "<ds:DigestValue>%s</ds:DigestValue></xades:CertDigest>", id, id, r->elder ? "" : "V2", DIGEST_OF(r), digest);
	if (r->elder)
		buf_printf(out, "<xades:IssuerSerial><ds:X509IssuerName>CN=x</ds:X509IssuerName><ds:X509SerialNumber>%s</ds:X509SerialNumber></xades:IssuerSerial>", decimal);
	buf_printf(out, "</xades:Cert></xades:SigningCertificate%s></xades:SignedSignatureProperties></xades:SignedProperties>", r->elder ? "" : "V2");
	if (r->unsigned_ != NULL)
		buf_printf(out, "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>%s</xades:UnsignedSignatureProperties></xades:UnsignedProperties>", r->unsigned_);
	buf_put_str(out, "</xades:QualifyingProperties></ds:Object>");
	OPENSSL_free(decimal);
}

static void
put_key_info(struct buf *out, const struct dsig_recipe *r)
{
	own_struct(buf) text = buf_new(1 << 16);
	own_str char *cert = dsig_base64(OR(r->key_of, r->by)->cert);

	buf_put_str(&text, OR(r->key_info, "<ds:X509Data><ds:X509Certificate>@CERT@</ds:X509Certificate></ds:X509Data>"));
	if (strstr(buf_str(&text), "@CERT@") != NULL)
		dsig_edit(&text, "@CERT@", cert);
	buf_printf(out, "<ds:KeyInfo>%s</ds:KeyInfo>", buf_str(&text));
}

/* The references of a recipe and, of XAdES, that of the properties. */
struct references { struct dsig_ref at[4]; size_t n; char properties[64]; };

static void
all_references(struct references *out, const struct dsig_recipe *r, const char *id)
{
	*out = (struct references){ 0 };
	while (out->n < 3 && r->ref[out->n].uri != NULL) {
		out->at[out->n] = r->ref[out->n];
		out->n++;
	}
	snprintf(out->properties, sizeof(out->properties), "#%s-props", id);
	if (!r->plain && !r->no_properties_reference)
		out->at[out->n++] = (struct dsig_ref){ .uri = out->properties, .transforms = DSIG_EXC, .type = "http://uri.etsi.org/01903#SignedProperties", .form = XML_C14N_EXCLUSIVE_1_0 };
}

static void
put_signature(struct buf *out, const struct dsig_recipe *r, const struct references *refs, const char *id)
{
	buf_printf(out, "<ds:Signature xmlns:ds=\"" NS_DS "\" Id=\"%s\"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"%s\"/><ds:SignatureMethod Algorithm=\"%s\">%s</ds:SignatureMethod>",
	    id, OR(r->form, ALG_EXC_C14N), OR(r->method, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"), OR(r->method_inside, ""));
	for (size_t i = 0; i < refs->n; i++)
		put_reference(out, r, &refs->at[i], i);
	buf_printf(out, "</ds:SignedInfo><ds:SignatureValue Id=\"%s-value\">@VALUE@</ds:SignatureValue>", id);
	put_key_info(out, r);
	buf_put_str(out, OR(r->objects, ""));
	if (!r->plain)
		put_properties(out, r, id);
	buf_put_str(out, "</ds:Signature>");
}

static void
fill_digest(struct buf *text, const struct dsig_recipe *r, const struct dsig_ref *ref, const char *id, size_t i)
{
	xmlDoc *doc = mutate_parse(buf_span(text));
	xmlNode *root = xmlDocGetRootElement(doc);
	own_struct(buf) octets = buf_new(TEXT_MAX), raw = buf_new(TEXT_MAX);
	own_str char *digest = NULL, *mark = xprintf("@D%u@", (unsigned)i);
	bool within = strstr(OR(ref->transforms, ""), "enveloped-signature") != NULL;
	struct err e;

	if (ref->octets != NULL)
		buf_put_str(&octets, ref->octets);
	else if (ref->uri[0] == '\0' || xml_by_id(root, ref->uri + 1) != NULL)
		canonical(&octets, doc, (struct part){ ref->uri[0] == '\0' ? NULL : xml_by_id(root, ref->uri + 1), within ? xml_by_id(root, id) : NULL, ref->all_left_out }, ref->form);
	if (ref->base64) {
		assert_true(xml_base64(&raw, xml_by_id(root, ref->uri + 1), &e));
		digest = digest_of(buf_span(&raw), md_of(r));
	} else {
		digest = digest_of(buf_span(&octets), md_of(r));
	}
	dsig_edit(text, mark, digest);
	xmlFreeDoc(doc);
}

static void
sign(struct buf *out, const struct dsig_recipe *r, struct span octets)
{
	own(EVP_MD_CTX) *md = EVP_MD_CTX_new();
	unsigned char sig[1024], spki[1024], *p = spki;
	EVP_PKEY_CTX *ctx = NULL;
	size_t len = sizeof(sig);
	unsigned n;

	if (r->hmac) {
		int spki_len = i2d_PUBKEY(r->by->key, NULL);

		assert_true(spki_len > 0 && (size_t)spki_len <= sizeof(spki) && i2d_PUBKEY(r->by->key, &p) == spki_len);
		assert_non_null(HMAC(md_of(r), spki, spki_len, octets.ptr, octets.len, sig, &n));
		buf_put(out, sig, n);
		return;
	}
	assert_int_equal(EVP_DigestSignInit(md, &ctx, md_of(r), NULL, r->by->key), 1);
	if (r->pss)
		assert_true(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1);
	assert_int_equal(EVP_DigestSign(md, sig, &len, octets.ptr, octets.len), 1);
	if (EVP_PKEY_get_base_id(r->by->key) == EVP_PKEY_EC && !r->der) {
		const unsigned char *q = sig;
		ECDSA_SIG *two = d2i_ECDSA_SIG(NULL, &q, (long)len);
		int half = (EVP_PKEY_get_bits(r->by->key) + 7) / 8;

		assert_non_null(two);
		assert_true(BN_bn2binpad(ECDSA_SIG_get0_r(two), sig, half) == half && BN_bn2binpad(ECDSA_SIG_get0_s(two), sig + half, half) == half);
		len = 2 * (size_t)half;
		ECDSA_SIG_free(two);
	}
	buf_put(out, sig, len);
}

static int
form_of(const char *uri)
{
	return uri == NULL || strstr(uri, "exc-c14n") != NULL ? XML_C14N_EXCLUSIVE_1_0 : strstr(uri, "c14n11") != NULL ? XML_C14N_1_1 : XML_C14N_1_0;
}

static void
fill_value(struct buf *text, const struct dsig_recipe *r, const char *id)
{
	xmlDoc *doc = mutate_parse(buf_span(text));
	own_struct(buf) octets = buf_new(TEXT_MAX), value = buf_new(1 << 12);
	own_str char *base64 = NULL;
	xmlNode *n = xml_by_id(xmlDocGetRootElement(doc), id);

	canonical(&octets, doc, (struct part){ .top = xml_child(n) }, form_of(r->form));
	sign(&value, r, buf_span(&octets));
	base64 = base64_of(buf_span(&value));
	dsig_edit(text, "@VALUE@", base64);
	xmlFreeDoc(doc);
}

void
dsig_make(struct buf *out, const struct dsig_recipe *r)
{
	own_struct(buf) signature = buf_new(TEXT_MAX);
	const char *id = OR(r->id, "s");
	struct references refs;

	all_references(&refs, r, id);
	put_signature(&signature, r, &refs, id);
	buf_put_str(out, r->document);
	dsig_edit(out, "@SIG@", buf_str(&signature));
	for (size_t i = 0; i < refs.n; i++)
		fill_digest(out, r, &refs.at[i], id, i);
	fill_value(out, r, id);
}

char *
dsig_stamp(struct span text, const char *value_id, const struct pki_party *tsa, int64_t when)
{
	xmlDoc *doc = mutate_parse(text);
	own_struct(buf) octets = buf_new(1 << 16), token = buf_new(1 << 16);
	own_str char *base64 = NULL;
	unsigned char imprint[SHA256_LEN];

	canonical(&octets, doc, (struct part){ .top = xml_by_id(xmlDocGetRootElement(doc), value_id) }, XML_C14N_1_0);
	sha256(imprint, buf_span(&octets));
	pki_stamp(&token, tsa, span_of(imprint, sizeof(imprint)), &(struct pki_stamp){ .when = when });
	base64 = base64_of(buf_span(&token));
	xmlFreeDoc(doc);
	return xprintf("<xades:SignatureTimeStamp><xades:EncapsulatedTimeStamp>%s</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>", base64);
}
