#include "verifier/dsig_properties.h"

#include "base/clock.h"

#include <openssl/err.h>

#define CERT_MAX (16u << 10)
#define CRL_MAX (6u << 20)
#define TOKEN_MAX (32u << 10)

bool
dsig_find_properties(struct dsig_signature *s, const xmlNode *object, struct err *e)
{
	const xmlNode *qualifying = xml_child(object), *at, *unsigned_ = NULL;
	own_str char *id = xml_attr(s->element, "Id"), *target = NULL;

	if (!xml_is(qualifying, NS_XADES, "QualifyingProperties"))
		return true;
	if (s->object != NULL || xml_next(qualifying) != NULL)
		return xml_fail(e, qualifying, "QualifyingProperties stand once in a signature, alone in their Object");
	target = xml_attr(qualifying, "Target");
	if (id == NULL || target == NULL || target[0] != '#' || strcmp(target + 1, id) != 0)
		return xml_fail(e, qualifying, "its Target is not the Id of the signature that it stands in");
	at = xml_child(qualifying);
	s->object = object;
	if (!dsig_step(&s->properties, &at, NS_XADES, "SignedProperties", qualifying, e) ||
	    (at != NULL && !dsig_step(&unsigned_, &at, NS_XADES, "UnsignedProperties", qualifying, e)) || !dsig_end(at, e))
		return false;
	if (unsigned_ != NULL && xml_is(xml_child(unsigned_), NS_XADES, "UnsignedSignatureProperties"))
		s->unsigned_list = xml_child(unsigned_);
	s->passed_over += unsigned_ != NULL && (s->unsigned_list == NULL || xml_next(s->unsigned_list) != NULL);
	return true;
}

/* Octets in base64, and no element. */
static bool
read_octets(struct buf *out, const xmlNode *n, const char *what, struct err *e)
{
	return dsig_end(xml_child(n), e) && xml_base64(out, n, e) && buf_ok(out, what, e);
}

bool
dsig_read_certificate(struct dsig_signature *s, const xmlNode *n, struct err *e)
{
	own_struct(buf) der = buf_new(CERT_MAX);
	X509 *x;

	if (sk_X509_num(s->bag) >= DSIG_CERTS_MAX)
		return xml_fail(e, n, "more certificates than are accepted");
	if (!read_octets(&der, n, "a certificate", e))
		return false;
	if (!cert_shared(&x, buf_span(&der), e))
		return fail_in(e, "certificate that came along");
	promise(sk_X509_push(s->bag, x) > 0);
	return true;
}

/*
 * Signed.
 */

static bool
read_time(struct dsig_signature *s, const xmlNode *n, struct err *e)
{
	own_str char *text = xml_text_dup(n);

	if (s->claimed != INT64_MIN)
		return xml_fail(e, n, "a second time of signing");
	return dsig_end(xml_child(n), e) && (time_parse(&s->claimed, text, e) || fail_in(e, "SigningTime"));
}

static bool
read_serial(struct dsig_signature *s, const xmlNode *n, struct err *e)
{
	const xmlNode *serial = xml_child(n);
	own_str char *text = NULL;

	while (serial != NULL && !xml_is(serial, NS_DS, "X509SerialNumber"))
		serial = xml_next(serial);
	text = serial == NULL ? NULL : xml_text_dup(serial);
	if (text == NULL || text[0] == '\0' || strlen(text) >= sizeof(s->serial) || strspn(text, "0123456789") != strlen(text))
		return xml_fail(e, n, "the signer's serial number is none");
	strcpy(s->serial, text);
	return true;
}

/* The first is the signer's (EN 319 132-1 5.2.2.2). */
static bool
read_certificate(struct dsig_signature *s, const xmlNode *n, bool second, struct err *e)
{
	const xmlNode *at = xml_child(n), *cert, *digest;

	if (s->has_certificate)
		return xml_fail(e, n, "the signer's certificate is named twice");
	s->has_certificate = true;
	if (!dsig_step(&cert, &at, NS_XADES, "Cert", n, e))
		return false;
	at = xml_child(cert);
	if (!dsig_step(&digest, &at, NS_XADES, "CertDigest", cert, e) || !dsig_read_digest(&s->certificate, digest, xml_child(digest), e))
		return false;
	if (at == NULL)
		return second || xml_fail(e, cert, "<IssuerSerial> must stand here");
	if (!xml_is(at, NS_XADES, second ? "IssuerSerialV2" : "IssuerSerial"))
		return xml_fail(e, at, "an element that has no place here");
	return (second ? read_octets(&s->issuer_serial, at, "IssuerSerialV2", e) : read_serial(s, at, e)) && dsig_end(xml_next(at), e);
}

static bool
read_signed(struct dsig_signature *s, const xmlNode *n, struct err *e)
{
	if (xml_is(n, NS_XADES, "SigningTime"))
		return read_time(s, n, e);
	if (xml_is(n, NS_XADES, "SigningCertificateV2"))
		return read_certificate(s, n, true, e);
	if (xml_is(n, NS_XADES, "SigningCertificate"))
		return read_certificate(s, n, false, e);
	s->has_policy |= xml_is(n, NS_XADES, "SignaturePolicyIdentifier");
	return true;
}

/* A format is said of a reference of this signature. */
static bool
check_format(const struct dsig_signature *s, const xmlNode *n, struct err *e)
{
	own_str char *about = xml_attr(n, "ObjectReference");

	for (const xmlNode *r = xml_child(s->signed_info); about != NULL && r != NULL; r = xml_next(r)) {
		own_str char *id = xml_attr(r, "Id");

		if (xml_is(r, NS_DS, "Reference") && id != NULL && about[0] == '#' && strcmp(about + 1, id) == 0)
			return true;
	}
	return xml_fail(e, n, "its ObjectReference names no reference of this signature");
}

static bool
read_signed_properties(struct dsig_signature *s, struct err *e)
{
	const xmlNode *at = xml_child(s->properties), *list = NULL, *objects = NULL;

	if (xml_is(at, NS_XADES, "SignedSignatureProperties") && !dsig_step(&list, &at, NS_XADES, "SignedSignatureProperties", s->properties, e))
		return false;
	if (at != NULL && !dsig_step(&objects, &at, NS_XADES, "SignedDataObjectProperties", s->properties, e))
		return false;
	for (const xmlNode *n = list == NULL ? NULL : xml_child(list); n != NULL; n = xml_next(n))
		if (!read_signed(s, n, e))
			return false;
	for (const xmlNode *n = objects == NULL ? NULL : xml_child(objects); n != NULL; n = xml_next(n))
		if (xml_is(n, NS_XADES, "DataObjectFormat") && !check_format(s, n, e))
			return false;
	return dsig_end(at, e);
}

/*
 * Unsigned.
 */

static bool
read_stamp(struct dsig_signature *s, const xmlNode *n, struct err *e)
{
	const xmlNode *at = xml_child(n), *form = NULL, *token;
	size_t i;

	if (xml_is(at, NS_DS, "CanonicalizationMethod") && !dsig_step(&form, &at, NS_DS, "CanonicalizationMethod", n, e))
		return false;
	while (at != NULL) {
		if (s->nstamps == DSIG_STAMPS_MAX)
			return xml_fail(e, n, "more time stamps than are accepted");
		i = s->nstamps++;
		s->stamp[i] = buf_new(TOKEN_MAX);
		if (!dsig_step(&token, &at, NS_XADES, "EncapsulatedTimeStamp", n, e) || !read_octets(&s->stamp[i], token, "a time stamp", e) ||
		    (form != NULL && !canon_form_read(&s->stamp_form[i], form, e)))
			return false;
	}
	return true;
}

static bool
read_certificates(struct dsig_signature *s, const xmlNode *list, struct err *e)
{
	for (const xmlNode *n = xml_child(list); n != NULL; n = xml_next(n))
		if (xml_is(n, NS_XADES, "EncapsulatedX509Certificate") && !dsig_read_certificate(s, n, e))
			return false;
	return true;
}

static bool
read_crl(struct dsig_signature *s, const xmlNode *n, struct err *e)
{
	own_struct(buf) der = buf_new(CRL_MAX);
	X509_CRL *x;

	if (sk_X509_CRL_num(s->crls) >= DSIG_CRLS_MAX)
		return xml_fail(e, n, "more CRLs than are accepted");
	if (!read_octets(&der, n, "a CRL", e))
		return false;
	if (!crl_from_any(&x, buf_span(&der), e))
		return fail_in(e, "CRL that came along");
	promise(sk_X509_CRL_push(s->crls, x) > 0);
	return true;
}

static bool
read_status(struct dsig_signature *s, const xmlNode *values, struct err *e)
{
	for (const xmlNode *list = xml_child(values); list != NULL; list = xml_next(list)) {
		bool crls = xml_is(list, NS_XADES, "CRLValues");

		s->passed_over += !crls;
		for (const xmlNode *n = crls ? xml_child(list) : NULL; n != NULL; n = xml_next(n))
			if (!read_crl(s, n, e))
				return false;
	}
	return true;
}

static bool read_unsigned(struct dsig_signature *, const xmlNode *list, bool outer, struct err *);

static bool
read_evidence(struct dsig_signature *s, const xmlNode *data, struct err *e)
{
	return read_unsigned(s, data, false, e);
}

static bool
is_counter(struct dsig_signature *s, const xmlNode *n, struct err *e)
{
	return (xml_is(xml_child(n), NS_DS, "Signature") && xml_next(xml_child(n)) == NULL) || xml_fail(e, n, "not one counter-signature");
}

static const struct { const char *ns, *name; bool outer; bool (*read)(struct dsig_signature *, const xmlNode *, struct err *); } unsigned_kinds[] = {
	{ NS_XADES, "SignatureTimeStamp", true, read_stamp },
	{ NS_XADES, "CertificateValues", false, read_certificates },
	{ NS_XADES, "RevocationValues", false, read_status },
	{ NS_XADES, "CounterSignature", true, is_counter },
	{ NS_XADES141, "TimeStampValidationData", true, read_evidence },
};
#define UNSIGNED_KINDS (sizeof(unsigned_kinds) / sizeof(unsigned_kinds[0]))

static bool
read_unsigned(struct dsig_signature *s, const xmlNode *list, bool outer, struct err *e)
{
	for (const xmlNode *n = xml_child(list); n != NULL; n = xml_next(n)) {
		size_t i = 0;

		while (i < UNSIGNED_KINDS && !(xml_is(n, unsigned_kinds[i].ns, unsigned_kinds[i].name) && (outer || !unsigned_kinds[i].outer)))
			i++;
		if (i == UNSIGNED_KINDS)
			s->passed_over++;
		else if (!unsigned_kinds[i].read(s, n, e))
			return false;
	}
	return true;
}

bool
dsig_read_properties(struct dsig_signature *s, struct err *e)
{
	return s->properties == NULL || (read_signed_properties(s, e) && (s->unsigned_list == NULL || read_unsigned(s, s->unsigned_list, true, e)));
}
