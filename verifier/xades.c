#include "verifier/xades.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdlib.h>

#define BAG_CERT_MAX (16u << 10)
#define CRL_MAX (6u << 20)
#define STAMP_MAX (32u << 10)
#define TYPE_PROPERTIES "http://uri.etsi.org/01903#SignedProperties"

void
xades_drop(struct xades *x)
{
	cert_list_drop(&x->bag);
	sk_X509_CRL_pop_free(x->crls, X509_CRL_free);
	for (size_t i = 0; i < x->nstamps; i++)
		buf_drop(&x->stamp[i]);
	for (size_t i = 0; i < x->narchives; i++)
		buf_drop(&x->archive[i].stamp);
	*x = (struct xades){ 0 };
}

/*
 * The walk.  `at` is the next element to be read; each step takes exactly the
 * one that the schema has there.
 */

static bool
step(xmlNode **out, xmlNode **at, const char *ns, const char *name, const xmlNode *parent, struct err *e)
{
	own_str char *what = NULL;

	*out = *at;
	if (!xml_is(*at, ns, name)) {
		what = xprintf("<%s> must stand here", name);
		return xml_fail(e, *at != NULL ? *at : parent, what);
	}
	*at = xml_next(*at);
	return true;
}

static bool
end(const xmlNode *at, struct err *e)
{
	return at == NULL || xml_fail(e, at, "an element that has no place here");
}

/* The element's only child. */
static bool
inside(xmlNode **out, const xmlNode *n, const char *ns, const char *name, struct err *e)
{
	xmlNode *at = xml_child(n);

	return step(out, &at, ns, name, n, e) && end(at, e);
}

/* Exactly these attributes, all without namespace; NULL ends the list. */
static bool
attributes(const xmlNode *n, struct err *e, ...)
{
	va_list ap;
	size_t want = 0, have = 0;

	for (const xmlAttr *a = n->properties; a != NULL; a = a->next)
		have++;
	va_start(ap, e);
	for (const char *name = va_arg(ap, const char *); name != NULL; name = va_arg(ap, const char *), want++)
		if (xmlHasNsProp(n, (const xmlChar *)name, NULL) == NULL) {
			va_end(ap);
			return xml_fail(e, n, "an attribute is missing");
		}
	va_end(ap);
	return have == want || xml_fail(e, n, "an attribute that has no place here");
}

static bool
attribute_is(const xmlNode *n, const char *name, const char *value, struct err *e)
{
	own_str char *v = xml_attr(n, name);
	own_str char *what = NULL;

	if (v != NULL && strcmp(v, value) == 0)
		return true;
	what = xprintf("its %s must be \"%.60s\"", name, value);
	return xml_fail(e, n, what);
}

static bool
empty(const xmlNode *n, struct err *e)
{
	return n->children == NULL || xml_fail(e, n, "nothing may stand in it");
}

/* White space between elements says nothing, and where no signature covers it
 * would be the one thing that anybody could change. */
static bool
only_elements(const xmlNode *n, struct err *e)
{
	const xmlNode *first = xml_child(n);

	for (const xmlNode *c = n->children; first != NULL && c != NULL; c = c->next) {
		if (c->type != XML_ELEMENT_NODE)
			return xml_fail(e, n, "text between its elements");
		if (!only_elements(c, e))
			return false;
	}
	return true;
}

static bool
take_exc_c14n(const xmlNode *n, struct err *e)
{
	return attributes(n, e, "Algorithm", NULL) && attribute_is(n, "Algorithm", ALG_EXC_C14N, e) && empty(n, e);
}

static bool
take_text(char *out, size_t size, const xmlNode *n, struct err *e)
{
	own_str char *text = xml_text_dup(n);

	if (strlen(text) >= size)
		return xml_fail(e, n, "its text is too long");
	if (xml_child(n) != NULL)
		return xml_fail(e, n, "only text may stand here");
	memcpy(out, text, strlen(text) + 1);
	return true;
}

/* An element whose Algorithm policy lists. */
static bool
take_algorithm(const struct algorithm **out, const xmlNode *n, const struct policy *p, struct err *e)
{
	own_str char *uri = xml_attr(n, "Algorithm");

	if (!attributes(n, e, "Algorithm", NULL) || !empty(n, e))
		return false;
	*out = policy_algorithm_by_uri(p, uri);
	return *out != NULL || xml_fail(e, n, "this algorithm is not on the list of those allowed");
}

/* Permits are digested by SHA-2; policy lists what foreign documents use, too. */
static const EVP_MD *
digest_of(const struct algorithm *a)
{
	static const char *const ids[] = { "sha256", "sha384", "sha512" };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (strcmp(ids[i], a->id) == 0)
			return EVP_get_digestbyname(ids[i]);
	return NULL;
}

/* ds:DigestMethod, ds:DigestValue, nothing else. */
static bool
take_digest(struct xades_digest *out, const xmlNode *parent, xmlNode *at, const struct policy *p, struct err *e)
{
	own_struct(buf) octets = buf_new(EVP_MAX_MD_SIZE);
	xmlNode *method, *value;

	if (!step(&method, &at, NS_DS, "DigestMethod", parent, e) || !step(&value, &at, NS_DS, "DigestValue", parent, e) ||
	    !end(at, e) || !take_algorithm(&out->alg, method, p, e) || !attributes(value, e, NULL) || !end(xml_child(value), e))
		return false;
	out->md = digest_of(out->alg);
	if (out->md == NULL)
		return xml_fail(e, method, "this algorithm is not on the list of those allowed");
	if (!xml_base64(&octets, value, e) || !buf_ok(&octets, "the digest", e))
		return false;
	if (octets.len != (size_t)EVP_MD_get_size(out->md))
		return xml_fail(e, value, "the digest has not the length of its algorithm");
	memcpy(out->octet, octets.ptr, octets.len);
	out->len = octets.len;
	return true;
}

/*
 * SignedInfo.
 */

static bool
take_reference(struct xades *x, const xmlNode *n, const char *ref_id, const char *uri, const struct policy *p, struct err *e)
{
	xmlNode *at = xml_child(n), *transforms, *transform;
	bool last = ref_id == NULL;

	return (last ? attributes(n, e, "Type", "URI", NULL) && attribute_is(n, "Type", TYPE_PROPERTIES, e)
		     : attributes(n, e, "Id", "URI", NULL) && attribute_is(n, "Id", ref_id, e)) &&
	    attribute_is(n, "URI", uri, e) && step(&transforms, &at, NS_DS, "Transforms", n, e) &&
	    attributes(transforms, e, NULL) && inside(&transform, transforms, NS_DS, "Transform", e) && take_exc_c14n(transform, e) &&
	    take_digest(&x->ref[x->nrefs].digest, n, at, p, e);
}

/* Reference i names the element at position i: its Id, read from the element. */
static bool
take_target(struct xades *x, xmlNode **at, xmlNode *target, size_t i, const struct policy *p, struct err *e)
{
	own_str char *id = xml_attr(target, "Id");
	own_str char *uri = xprintf("#%s", id == NULL ? "" : id);
	own_str char *ref_id = xprintf("%s-r%zu", x->id, i + 1);
	xmlNode *n;

	if (!step(&n, at, NS_DS, "Reference", x->signed_info, e) ||
	    !take_reference(x, n, target == x->properties ? NULL : ref_id, uri, p, e))
		return false;
	x->ref[x->nrefs++].target = target;
	return true;
}

static bool
take_signed_info(struct xades *x, xmlNode *const targets[], size_t ntargets, const struct policy *p, struct err *e)
{
	xmlNode *at = xml_child(x->signed_info), *c14n, *method;

	if (!attributes(x->signed_info, e, NULL) || !step(&c14n, &at, NS_DS, "CanonicalizationMethod", x->signed_info, e) ||
	    !take_exc_c14n(c14n, e) || !step(&method, &at, NS_DS, "SignatureMethod", x->signed_info, e) ||
	    !take_algorithm(&x->method, method, p, e))
		return false;
	if (!xades_is_method(x->method))
		return xml_fail(e, method, "this algorithm is not one for signatures");
	for (size_t i = 0; i < ntargets; i++)
		if (!take_target(x, &at, targets[i], i, p, e))
			return false;
	return take_target(x, &at, x->properties, ntargets, p, e) && end(at, e);
}

/*
 * SignedProperties.
 */

static bool
take_signing_certificate(struct xades *x, const xmlNode *n, const struct policy *p, struct err *e)
{
	xmlNode *cert, *digest;

	return attributes(n, e, NULL) && inside(&cert, n, NS_XADES, "Cert", e) && attributes(cert, e, NULL) &&
	    inside(&digest, cert, NS_XADES, "CertDigest", e) && attributes(digest, e, NULL) &&
	    take_digest(&x->signer_digest, digest, xml_child(digest), p, e);
}

static bool
take_signature_policy(struct xades *x, const xmlNode *n, const struct policy *p, struct err *e)
{
	static const char urn[] = "urn:oid:";
	struct xades_digest digest;
	xmlNode *id, *policy, *identifier, *hash, *at;
	char text[160];

	if (!inside(&policy, n, NS_XADES, "SignaturePolicyId", e))
		return false;
	at = xml_child(policy);
	if (!step(&id, &at, NS_XADES, "SigPolicyId", policy, e) || !step(&hash, &at, NS_XADES, "SigPolicyHash", policy, e) || !end(at, e) ||
	    !inside(&identifier, id, NS_XADES, "Identifier", e) || !attributes(identifier, e, "Qualifier", NULL) ||
	    !attribute_is(identifier, "Qualifier", "OIDAsURN", e) || !take_text(text, sizeof(text), identifier, e) ||
	    !take_digest(&digest, hash, xml_child(hash), p, e))
		return false;
	if (strncmp(text, urn, sizeof(urn) - 1) != 0 || strlen(text) - (sizeof(urn) - 1) >= sizeof(x->policy_oid))
		return xml_fail(e, identifier, "not an object identifier as a URN");
	strcpy(x->policy_oid, text + sizeof(urn) - 1);
	memcpy(x->policy_hash, digest.octet, digest.len);
	return true;
}

static bool
take_role(struct xades *x, xmlNode **at, const xmlNode *parent, struct err *e)
{
	xmlNode *n, *roles, *role, *claimed;

	if (!xml_is(*at, NS_XADES, "SignerRoleV2"))
		return true;
	if (!step(&n, at, NS_XADES, "SignerRoleV2", parent, e) || !inside(&roles, n, NS_XADES, "ClaimedRoles", e))
		return false;
	claimed = xml_child(roles);
	if (!step(&role, &claimed, NS_XADES, "ClaimedRole", roles, e) || !take_text(x->title, sizeof(x->title), role, e))
		return false;
	return claimed == NULL || (step(&role, &claimed, NS_XADES, "ClaimedRole", roles, e) &&
	    take_text(x->mode, sizeof(x->mode), role, e) && end(claimed, e));
}

static bool
take_signature_properties(struct xades *x, const xmlNode *n, const struct policy *p, struct err *e)
{
	xmlNode *at = xml_child(n), *time, *certificate, *policy;
	char text[64];

	return attributes(n, e, NULL) && step(&time, &at, NS_XADES, "SigningTime", n, e) && take_text(text, sizeof(text), time, e) &&
	    (time_parse(&x->claimed, text, e) || fail_in(e, "SigningTime")) &&
	    step(&certificate, &at, NS_XADES, "SigningCertificateV2", n, e) && take_signing_certificate(x, certificate, p, e) &&
	    step(&policy, &at, NS_XADES, "SignaturePolicyIdentifier", n, e) && take_signature_policy(x, policy, p, e) &&
	    take_role(x, &at, n, e) && end(at, e);
}

static bool
take_formats(const struct xades *x, const xmlNode *n, size_t ntargets, struct err *e)
{
	xmlNode *at = xml_child(n), *format, *mime;

	for (size_t i = 0; i < ntargets; i++) {
		own_str char *ref = xprintf("#%s-r%zu", x->id, i + 1);

		if (!step(&format, &at, NS_XADES, "DataObjectFormat", n, e) || !attributes(format, e, "ObjectReference", NULL) ||
		    !attribute_is(format, "ObjectReference", ref, e) || !inside(&mime, format, NS_XADES, "MimeType", e))
			return false;
	}
	return attributes(n, e, NULL) && end(at, e);
}

static bool
take_properties(struct xades *x, size_t ntargets, const struct policy *p, struct err *e)
{
	xmlNode *at = xml_child(x->properties), *signature, *objects;

	return step(&signature, &at, NS_XADES, "SignedSignatureProperties", x->properties, e) &&
	    step(&objects, &at, NS_XADES, "SignedDataObjectProperties", x->properties, e) && end(at, e) &&
	    take_signature_properties(x, signature, p, e) && take_formats(x, objects, ntargets, e);
}

/*
 * Evidence: KeyInfo and the unsigned properties.
 */

static bool
take_certificate(struct xades *x, const xmlNode *n, struct err *e)
{
	own_struct(buf) der = buf_new(BAG_CERT_MAX);
	own(X509) *cert = NULL;

	if (sk_X509_num(x->bag) >= XADES_BAG_MAX)
		return xml_fail(e, n, "more certificates than are accepted");
	if (!attributes(n, e, NULL) || !end(xml_child(n), e) || !xml_base64(&der, n, e) || !buf_ok(&der, "a certificate", e) ||
	    !cert_shared(&cert, buf_span(&der), e))
		return false;
	promise(sk_X509_push(x->bag, cert) > 0);
	cert = NULL;
	return true;
}

static bool
take_certificates(struct xades *x, const xmlNode *list, const char *ns, const char *name, struct err *e)
{
	xmlNode *at = xml_child(list), *n;

	if (!attributes(list, e, NULL))
		return false;
	do {
		if (!step(&n, &at, ns, name, list, e) || !take_certificate(x, n, e))
			return false;
	} while (at != NULL);
	return true;
}

/* XAdESTimeStampType, of signature and archive alike. */
static bool
take_token(struct buf *out, const xmlNode *n, struct err *e)
{
	xmlNode *at = xml_child(n), *c14n, *token;

	return attributes(n, e, NULL) && step(&c14n, &at, NS_DS, "CanonicalizationMethod", n, e) && take_exc_c14n(c14n, e) &&
	    step(&token, &at, NS_XADES, "EncapsulatedTimeStamp", n, e) && attributes(token, e, NULL) && end(at, e) &&
	    end(xml_child(token), e) && xml_base64(out, token, e) && buf_ok(out, "a time stamp", e);
}

static bool
take_stamp(struct xades *x, const xmlNode *n, struct err *e)
{
	if (x->nstamps == XADES_STAMPS_MAX)
		return xml_fail(e, n, "more time stamps than are accepted");
	x->stamp[x->nstamps] = buf_new(STAMP_MAX);
	return take_token(&x->stamp[x->nstamps++], n, e);
}

static bool
take_crl(struct xades *x, const xmlNode *n, struct err *e)
{
	own_struct(buf) der = buf_new(CRL_MAX);
	own(X509_CRL) *crl = NULL;

	if (sk_X509_CRL_num(x->crls) >= XADES_CRLS_MAX)
		return xml_fail(e, n, "more CRLs than are accepted");
	if (!attributes(n, e, NULL) || !end(xml_child(n), e) || !xml_base64(&der, n, e) || !buf_ok(&der, "a CRL", e))
		return false;
	if (!crl_shared(&crl, buf_span(&der), e))
		return xml_fail(e, n, "not a CRL in DER");
	promise(sk_X509_CRL_push(x->crls, crl) > 0);
	crl = NULL;
	return true;
}

static bool
take_crls(struct xades *x, const xmlNode *values, struct err *e)
{
	xmlNode *list, *at, *n;

	if (!attributes(values, e, NULL) || !inside(&list, values, NS_XADES, "CRLValues", e) || !attributes(list, e, NULL))
		return false;
	at = xml_child(list);
	do {
		if (!step(&n, &at, NS_XADES, "EncapsulatedCRLValue", list, e) || !take_crl(x, n, e))
			return false;
	} while (at != NULL);
	return true;
}

/* Certificates, then CRLs; both may be missing. */
static bool
take_values(struct xades *x, xmlNode **at, const xmlNode *parent, struct err *e)
{
	xmlNode *one;

	if (xml_is(*at, NS_XADES, "CertificateValues") && (!step(&one, at, NS_XADES, "CertificateValues", parent, e) ||
	    !take_certificates(x, one, NS_XADES, "EncapsulatedX509Certificate", e)))
		return false;
	return !xml_is(*at, NS_XADES, "RevocationValues") ||
	    (step(&one, at, NS_XADES, "RevocationValues", parent, e) && take_crls(x, one, e));
}

/* An archive time stamp, and behind it what its own validation needs. */
static bool
take_archive(struct xades *x, xmlNode **at, const xmlNode *parent, struct err *e)
{
	struct xades_archive *a = &x->archive[x->narchives];
	xmlNode *data, *values;

	if (x->narchives == XADES_ARCHIVES_MAX)
		return xml_fail(e, *at, "more archive time stamps than are accepted");
	if (!step(&a->element, at, NS_XADES141, "ArchiveTimeStamp", parent, e))
		return false;
	a->stamp = buf_new(STAMP_MAX);
	x->narchives++;
	if (!take_token(&a->stamp, a->element, e) || !step(&data, at, NS_XADES141, "TimeStampValidationData", parent, e))
		return false;
	values = xml_child(data);
	return attributes(data, e, NULL) && take_values(x, &values, data, e) && end(values, e);
}

/* The agency's own signatures grow after they were made; an officer's never does. */
static bool
may_grow(const struct xades *x)
{
	return strcmp(x->id, "seal") == 0 || strcmp(x->id, "reaffirm") == 0;
}

/* Time stamps, then certificates, then CRLs; then, where it grows, archive time stamps. */
static bool
take_unsigned(struct xades *x, const xmlNode *n, struct err *e)
{
	xmlNode *list, *at, *one;

	if (!attributes(n, e, NULL) || !inside(&list, n, NS_XADES, "UnsignedSignatureProperties", e) || !attributes(list, e, NULL))
		return false;
	x->unsigned_list = list;
	at = xml_child(list);
	if (at == NULL)
		return xml_fail(e, list, "it is empty");
	while (xml_is(at, NS_XADES, "SignatureTimeStamp"))
		if (!step(&one, &at, NS_XADES, "SignatureTimeStamp", list, e) || !take_stamp(x, one, e))
			return false;
	if (!take_values(x, &at, list, e))
		return false;
	while (may_grow(x) && xml_is(at, NS_XADES141, "ArchiveTimeStamp"))
		if (!take_archive(x, &at, list, e))
			return false;
	return end(at, e);
}

/* Of the value only the octets are signed for: it has one way to be written. */
static bool
is_plain_base64(const xmlNode *n, struct span octets)
{
	own_struct(buf) plain = buf_new(2 * XADES_VALUE_MAX + 4);
	own_str char *text = xml_text_dup(n);

	base64_put(&plain, octets);
	return span_eq_str(buf_span(&plain), text);
}

static bool
take_value(struct xades *x, struct err *e)
{
	own_struct(buf) value = buf_new(XADES_VALUE_MAX);

	if (!attributes(x->value_node, e, NULL) || !end(xml_child(x->value_node), e) || !xml_base64(&value, x->value_node, e) ||
	    !buf_ok(&value, "SignatureValue", e))
		return false;
	if (value.len == 0)
		return xml_fail(e, x->value_node, "it is empty");
	if (!is_plain_base64(x->value_node, buf_span(&value)))
		return xml_fail(e, x->value_node, "white space in the value");
	memcpy(x->value, value.ptr, value.len);
	x->value_len = value.len;
	return true;
}

static bool
take_key_info(struct xades *x, const xmlNode *n, struct err *e)
{
	xmlNode *data;

	return attributes(n, e, NULL) && inside(&data, n, NS_DS, "X509Data", e) &&
	    take_certificates(x, data, NS_DS, "X509Certificate", e);
}

/* Finds SignedProperties by position and pins the frames around them. */
static bool
take_object(struct xades *x, const xmlNode *object, xmlNode **unsigned_, struct err *e)
{
	own_str char *target = xprintf("#%s", x->id);
	own_str char *props = xprintf("%s-props", x->id);
	xmlNode *qualifying, *at;

	if (!attributes(object, e, NULL) || !inside(&qualifying, object, NS_XADES, "QualifyingProperties", e) ||
	    !attributes(qualifying, e, "Target", NULL) || !attribute_is(qualifying, "Target", target, e))
		return false;
	at = xml_child(qualifying);
	if (!step(&x->properties, &at, NS_XADES, "SignedProperties", qualifying, e) || !attributes(x->properties, e, "Id", NULL) ||
	    !attribute_is(x->properties, "Id", props, e))
		return false;
	*unsigned_ = at;
	return at == NULL || (step(unsigned_, &at, NS_XADES, "UnsignedProperties", qualifying, e) && end(at, e));
}

static bool
read_all(struct xades *x, xmlNode *n, xmlNode *const targets[], size_t ntargets, const struct policy *p, struct err *e)
{
	xmlNode *at = xml_child(n), *object, *unsigned_ = NULL;

	if (!xml_is(n, NS_DS, "Signature"))
		return xml_fail(e, n, "<Signature> must stand here");
	if (ntargets + 1 > XADES_REFERENCES_MAX)
		return fail(e, ERR_LIMIT, "a signature over %zu elements", ntargets);
	return only_elements(n, e) && attributes(n, e, "Id", NULL) && attribute_is(n, "Id", x->id, e) &&
	    step(&x->signed_info, &at, NS_DS, "SignedInfo", n, e) && step(&x->value_node, &at, NS_DS, "SignatureValue", n, e) &&
	    step(&x->key_info, &at, NS_DS, "KeyInfo", n, e) && step(&object, &at, NS_DS, "Object", n, e) && end(at, e) &&
	    take_object(x, object, &unsigned_, e) && take_signed_info(x, targets, ntargets, p, e) &&
	    take_properties(x, ntargets, p, e) && take_value(x, e) && take_key_info(x, x->key_info, e) &&
	    (unsigned_ == NULL || take_unsigned(x, unsigned_, e));
}

bool
xades_read(struct xades *out, xmlNode *signature, const char *id, xmlNode *const targets[], size_t ntargets,
    const struct policy *p, struct err *e)
{
	struct xades x = { .element = signature, .bag = sk_X509_new_null(), .crls = sk_X509_CRL_new_null() };

	promise(strlen(id) < sizeof(x.id) && x.bag != NULL && x.crls != NULL);
	strcpy(x.id, id);
	if (!read_all(&x, signature, targets, ntargets, p, e)) {
		xades_drop(&x);
		return false;
	}
	*out = x;
	return true;
}
