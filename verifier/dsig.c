#include "verifier/dsig.h"

#include "base/text.h"
#include "verifier/dsig_properties.h"
#include "verifier/file_uri.h"

#include <stdlib.h>

#define TYPE_PROPERTIES "http://uri.etsi.org/01903#SignedProperties"
#define TYPE_MANIFEST NS_DS "Manifest"
#define ALG_ENVELOPED NS_DS "enveloped-signature"
#define ALG_BASE64 NS_DS "base64"
#define ALG_XPATH "http://www.w3.org/TR/1999/REC-xpath-19991116"
#define ALG_XPATH2 "http://www.w3.org/2002/06/xmldsig-filter2"
#define NS_DS11 "http://www.w3.org/2009/xmldsig11#"

/* Policy says which of these are taken, and until when; what stands in neither place
 * is refused. */
static const struct dsig_hash hashes[] = {
	{ "http://www.w3.org/2001/04/xmlenc#sha256", "SHA256" },
	{ "http://www.w3.org/2001/04/xmldsig-more#sha384", "SHA384" },
	{ "http://www.w3.org/2001/04/xmlenc#sha512", "SHA512" },
	{ "http://www.w3.org/2007/05/xmldsig-more#sha3-256", "SHA3-256" },
	{ "http://www.w3.org/2007/05/xmldsig-more#sha3-384", "SHA3-384" },
	{ "http://www.w3.org/2007/05/xmldsig-more#sha3-512", "SHA3-512" },
	{ NS_DS "sha1", "SHA1" },
	{ "http://www.w3.org/2001/04/xmldsig-more#md5", "MD5" },
};

static const struct dsig_method methods[] = {
	{ "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "SHA256", EVP_PKEY_EC, false },
	{ "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", "SHA384", EVP_PKEY_EC, false },
	{ "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512", "SHA512", EVP_PKEY_EC, false },
	{ "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1", "SHA1", EVP_PKEY_EC, false },
	{ "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "SHA256", EVP_PKEY_RSA, false },
	{ "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", "SHA384", EVP_PKEY_RSA, false },
	{ "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "SHA512", EVP_PKEY_RSA, false },
	{ NS_DS "rsa-sha1", "SHA1", EVP_PKEY_RSA, false },
	{ "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", "SHA256", EVP_PKEY_RSA, true },
	{ "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1", "SHA384", EVP_PKEY_RSA, true },
	{ "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1", "SHA512", EVP_PKEY_RSA, true },
	{ "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519", NULL, EVP_PKEY_ED25519, false },
};

/*
 * The walk: `at` is the next element to be read.
 */

bool
dsig_step(const xmlNode **out, const xmlNode **at, const char *ns, const char *name, const xmlNode *parent, struct err *e)
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

bool
dsig_end(const xmlNode *at, struct err *e)
{
	return at == NULL || xml_fail(e, at, "an element that has no place here");
}

static bool
read_hash(const struct dsig_hash **out, const xmlNode *n, struct err *e)
{
	own_str char *uri = xml_attr(n, "Algorithm");

	for (size_t i = 0; uri != NULL && i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if (strcmp(hashes[i].uri, uri) == 0)
			return *out = &hashes[i], dsig_end(xml_child(n), e);
	return xml_fail(e, n, "this digest algorithm is not known here");
}

bool
dsig_read_digest(struct dsig_digest *out, const xmlNode *parent, const xmlNode *at, struct err *e)
{
	own_struct(buf) octets = buf_new(EVP_MAX_MD_SIZE);
	const xmlNode *method, *value;

	if (!dsig_step(&method, &at, NS_DS, "DigestMethod", parent, e) || !dsig_step(&value, &at, NS_DS, "DigestValue", parent, e) ||
	    !dsig_end(at, e) || !read_hash(&out->hash, method, e) || !dsig_end(xml_child(value), e) || !xml_base64(&octets, value, e) ||
	    !buf_ok(&octets, "the digest", e))
		return false;
	if (octets.len != (size_t)EVP_MD_get_size(EVP_get_digestbyname(out->hash->md)))
		return xml_fail(e, value, "the digest has not the length of its algorithm");
	memcpy(out->octet, octets.ptr, octets.len);
	out->len = octets.len;
	return true;
}

static bool
read_method(struct dsig_signature *s, const xmlNode *n, struct err *e)
{
	own_str char *uri = xml_attr(n, "Algorithm");

	for (size_t i = 0; uri != NULL && i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i].uri, uri) == 0)
			return s->method = &methods[i], dsig_end(xml_child(n), e);
	return xml_fail(e, n, "this signature algorithm is not known here");
}

/*
 * References.
 */

/* By their letters, white space aside, and for the prefix by what it is bound to. */
static bool
means_all_but_signatures(const xmlNode *transform, bool second)
{
	own_struct(buf) text = buf_new(1 << 10);
	const xmlNode *x = xml_child(transform);
	own_str char *filter = NULL;
	struct span got;
	const xmlNs *ns;
	const char *prefix;

	if (!xml_is(x, second ? ALG_XPATH2 : NS_DS, "XPath") || xml_next(x) != NULL || xml_child(x) != NULL)
		return false;
	xml_text(&text, x);
	got = span_trim(buf_span(&text));
	if (second) {
		filter = xml_attr(x, "Filter");
		prefix = filter != NULL && strcmp(filter, "subtract") == 0 && span_eq_str(got, "/descendant::ds:Signature") ? "ds" : NULL;
	} else {
		prefix = span_eq_str(got, "not(ancestor-or-self::ds:Signature)") ? "ds" : span_eq_str(got, "not(ancestor-or-self::dsig:Signature)") ? "dsig" : NULL;
	}
	ns = prefix == NULL ? NULL : xmlSearchNs(x->doc, (xmlNode *)x, (const xmlChar *)prefix);
	return ns != NULL && strcmp((const char *)ns->href, NS_DS) == 0;
}

/* What is left out first, a canonical form last, base64 alone. */
static bool
read_transform(struct dsig_reference *r, const xmlNode *n, bool first, bool *last, struct err *e)
{
	own_str char *uri = xml_attr(n, "Algorithm");

	r->transformed = true;
	if (*last || uri == NULL)
		return xml_fail(e, n, "a transform that has no place here");
	if (canon_form_is(n))
		return *last = true, canon_form_read(&r->form, n, e);
	if (strcmp(uri, ALG_BASE64) == 0) {
		r->base64 = *last = true;
		return (first || xml_fail(e, n, "a transform that has no place here")) && dsig_end(xml_child(n), e);
	}
	if (strcmp(uri, ALG_ENVELOPED) == 0)
		return r->left_out = true, dsig_end(xml_child(n), e);
	if ((strcmp(uri, ALG_XPATH) == 0 && means_all_but_signatures(n, false)) || (strcmp(uri, ALG_XPATH2) == 0 && means_all_but_signatures(n, true)))
		return r->left_out = r->all_left_out = true;
	return xml_fail(e, n, "this transform is not on the list of those allowed");
}

static bool
read_transforms(struct dsig_reference *r, const xmlNode *list, struct err *e)
{
	const xmlNode *at = xml_child(list), *n;
	bool last = false;

	for (size_t i = 0; at != NULL; i++) {
		if (i == DSIG_TRANSFORMS_MAX)
			return xml_fail(e, at, "more transforms than are accepted");
		if (!dsig_step(&n, &at, NS_DS, "Transform", list, e) || !read_transform(r, n, i == 0, &last, e))
			return false;
	}
	return true;
}

static bool
read_name(struct dsig_reference *r, const char *uri, const xmlNode *n, struct err *e)
{
	const char *why;

	r->about = DSIG_CONTENT;
	r->name = file_uri_name(uri, &why);
	return r->name != NULL || xml_fail(e, n, why);
}

static bool
is_plain_id(const char *id)
{
	return id[0] != '\0' && strpbrk(id, "()/'\" \t\r\n#") == NULL;
}

static bool
read_uri(struct dsig *d, struct dsig_reference *r, const xmlNode *n, struct err *e)
{
	own_str char *uri = xml_attr(n, "URI");

	if (uri == NULL)
		return xml_fail(e, n, "a reference without a URI");
	if (uri[0] == '\0')
		return r->about = DSIG_DOCUMENT, true;
	if (uri[0] != '#')
		return read_name(r, uri, n, e);
	if (!is_plain_id(uri + 1))
		return xml_fail(e, n, "a pointer that is no Id is not followed");
	r->about = DSIG_ELEMENT;
	r->target = xml_by_id(d->xml.root, uri + 1);
	return true;
}

static bool
is_below(const xmlNode *n, const xmlNode *top)
{
	while (n != NULL && n != top)
		n = n->parent;
	return n != NULL;
}

/* Its octets are signed, and no attribute: it has those of the schema, whatever they say. */
static bool
is_bare_object(const xmlNode *n)
{
	static const char *const known[] = { "Id", "MimeType", "Encoding" };

	if (!xml_is(n, NS_DS, "Object") || xml_child(n) != NULL)
		return false;
	for (const xmlAttr *a = n->properties; a != NULL; a = a->next) {
		bool found = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			found |= a->ns == NULL && strcmp((const char *)a->name, known[i]) == 0;
		if (!found)
			return false;
	}
	return true;
}

/* What the transforms make of what the URI names must have a meaning. */
static bool
check_reference(const struct dsig_signature *s, const struct dsig_reference *r, struct err *e)
{
	if (r->about == DSIG_CONTENT && r->transformed)
		return xml_fail(e, r->element, "a file beside the document is signed as it is, without transforms");
	if (r->base64 && (r->about != DSIG_ELEMENT || (r->target != NULL && !is_bare_object(r->target))))
		return xml_fail(e, r->element, "base64 is read of a ds:Object with nothing but text and the attributes that XML-DSig has for it");
	if (r->left_out && r->about == DSIG_ELEMENT && r->target != NULL && !is_below(s->element, r->target))
		return xml_fail(e, r->element, "the signature is not within what it leaves it out of");
	return true;
}

/* Reached by position; the reference of that Type, and no other, names them. */
static bool
check_type(const struct dsig_signature *s, const struct dsig_reference *r, struct err *e)
{
	own_str char *type = xml_attr(r->element, "Type");
	bool says = type != NULL && strcmp(type, TYPE_PROPERTIES) == 0, is = r->target != NULL && r->target == s->properties;

	if (type != NULL && strcmp(type, TYPE_MANIFEST) == 0)
		return xml_fail(e, r->element, "a ds:Manifest is not judged: what it lists could be anything");
	if (says != is)
		return xml_fail(e, r->element, "the reference to SignedProperties does not name this signature's own");
	return !is || (!r->left_out && !r->base64) || xml_fail(e, r->element, "SignedProperties are signed as they are");
}

static bool
read_reference(struct dsig *d, struct dsig_signature *s, const xmlNode *n, struct err *e)
{
	struct dsig_reference *r = &s->ref[s->nrefs++];
	const xmlNode *at = xml_child(n);

	r->element = n;
	if (xml_is(at, NS_DS, "Transforms")) {
		if (!read_transforms(r, at, e))
			return false;
		at = xml_next(at);
	}
	if (!read_uri(d, r, n, e))
		return false;
	for (const struct dsig_reference *other = s->ref; r->name != NULL && other < r; other++)
		if (other->name != NULL && strcmp(other->name, r->name) == 0)
			return xml_fail(e, n, "a file is signed twice");
	return dsig_read_digest(&r->digest, n, at, e) && check_reference(s, r, e) && check_type(s, r, e);
}

/*
 * SignedInfo, SignatureValue, KeyInfo.
 */

/* The properties are signed where they are there, and something else is. */
static bool
check_references(const struct dsig_signature *s, struct err *e)
{
	size_t properties = 0;

	for (size_t i = 0; i < s->nrefs; i++)
		properties += s->properties != NULL && s->ref[i].target == s->properties;
	if (s->properties != NULL && properties != 1)
		return xml_fail(e, s->signed_info, "SignedProperties are not signed, or twice");
	return s->nrefs > properties || xml_fail(e, s->signed_info, "nothing but its own properties is signed");
}

static bool
read_signed_info(struct dsig *d, struct dsig_signature *s, struct err *e)
{
	const xmlNode *at = xml_child(s->signed_info), *form, *method, *reference;

	if (!dsig_step(&form, &at, NS_DS, "CanonicalizationMethod", s->signed_info, e) || !canon_form_read(&s->form, form, e) ||
	    !dsig_step(&method, &at, NS_DS, "SignatureMethod", s->signed_info, e) || !read_method(s, method, e))
		return false;
	do {
		if (s->nrefs == DSIG_REFERENCES_MAX)
			return xml_fail(e, at, "more references than are accepted");
		if (!dsig_step(&reference, &at, NS_DS, "Reference", s->signed_info, e) || !read_reference(d, s, reference, e))
			return false;
	} while (at != NULL);
	return check_references(s, e);
}

static bool
read_value(struct dsig_signature *s, struct err *e)
{
	own_struct(buf) value = buf_new(DSIG_VALUE_MAX);

	if (!dsig_end(xml_child(s->value_node), e) || !xml_base64(&value, s->value_node, e) || !buf_ok(&value, "SignatureValue", e))
		return false;
	if (value.len == 0)
		return xml_fail(e, s->value_node, "it is empty");
	memcpy(s->value, value.ptr, value.len);
	s->value_len = value.len;
	return true;
}

/* Certificates alone are taken out of it. */
static bool
read_key_info(struct dsig_signature *s, struct err *e)
{
	for (const xmlNode *data = s->key_info == NULL ? NULL : xml_child(s->key_info); data != NULL; data = xml_next(data))
		for (const xmlNode *n = xml_is(data, NS_DS, "X509Data") ? xml_child(data) : NULL; n != NULL; n = xml_next(n))
			if (xml_is(n, NS_DS, "X509Certificate") && !dsig_read_certificate(s, n, e))
				return false;
	s->nkey_info = sk_X509_num(s->bag);
	return true;
}

/*
 * Signatures, in the order of the document.
 */

static bool
no_text(const xmlNode *n, struct err *e)
{
	for (const xmlNode *c = n->children; c != NULL; c = c->next)
		if (c->type == XML_TEXT_NODE && xml_child(n) != NULL && !xmlIsBlankNode(c))
			return xml_fail(e, n, "text between its elements");
	return true;
}

/* What is signed, or must be, stands right below its signature; a signature within is read by itself. */
static bool
is_looked_at_elsewhere(const xmlNode *n)
{
	return xml_is(n, NS_DS, "Signature") || (xml_is(n->parent, NS_DS, "Signature") && (xml_is(n, NS_DS, "Object") || xml_is(n, NS_DS, "SignedInfo")));
}

/* Parts that nobody signs hold nothing that a reader of the document could take for its
 * content: neither elements of others nor text beside elements. */
static bool
check_unsigned(const xmlNode *n, struct err *e)
{
	static const char *const spaces[] = { NS_DS, NS_XADES, NS_XADES141, NS_DS11, ALG_EXC_C14N };
	bool known = false;

	for (size_t i = 0; n->ns != NULL && i < sizeof(spaces) / sizeof(spaces[0]); i++)
		known |= strcmp((const char *)n->ns->href, spaces[i]) == 0;
	if (!known)
		return xml_fail(e, n, "an element of another kind in a part of a signature that nobody signs");
	if (!no_text(n, e))
		return false;
	for (const xmlNode *c = xml_child(n); c != NULL; c = xml_next(c))
		if (!is_looked_at_elsewhere(c) && !check_unsigned(c, e))
			return false;
	return true;
}

/* The frames of the qualifying properties, and the unsigned ones. */
static bool
check_around(const struct dsig_signature *s, struct err *e)
{
	const xmlNode *after = s->properties == NULL ? NULL : xml_next(s->properties);

	return check_unsigned(s->element, e) && (s->object == NULL || (no_text(s->object, e) && no_text(xml_child(s->object), e))) &&
	    (after == NULL || check_unsigned(after, e));
}

static bool
read_signature(struct dsig *d, struct dsig_signature *s, struct err *e)
{
	const xmlNode *n = s->element, *at = xml_child(n), *object;

	if (!dsig_step(&s->signed_info, &at, NS_DS, "SignedInfo", n, e) || !dsig_step(&s->value_node, &at, NS_DS, "SignatureValue", n, e))
		return false;
	if (xml_is(at, NS_DS, "KeyInfo") && !dsig_step(&s->key_info, &at, NS_DS, "KeyInfo", n, e))
		return false;
	while (at != NULL)
		if (!dsig_step(&object, &at, NS_DS, "Object", n, e) || !dsig_find_properties(s, object, e))
			return false;
	return check_around(s, e) && read_value(s, e) && read_key_info(s, e) && dsig_read_properties(s, e) && read_signed_info(d, s, e);
}

/* XAdES CounterSignature stands in its place among the unsigned properties and signs the value. */
static bool
check_within(struct dsig *d, struct dsig_signature *s, size_t outer, struct err *e)
{
	const xmlNode *property = s->element->parent;
	const struct dsig_signature *o = &d->signature[outer];

	if (o->unsigned_list == NULL || property->parent != o->unsigned_list || !xml_is(property, NS_XADES, "CounterSignature"))
		return xml_fail(e, s->element, "a signature within another that is not its counter-signature");
	for (size_t i = 0; i < s->nrefs; i++)
		if (s->ref[i].target == o->value_node)
			return s->counters = outer, true;
	return xml_fail(e, s->element, "a counter-signature that does not sign the value of the signature it stands in");
}

/* A reader may take what stands before a comment for all of a text; no signature says otherwise. */
static bool
splits_text(const xmlNode *comment)
{
	const xmlNode *beside[] = { comment->prev, comment->next };

	for (size_t i = 0; i < 2; i++)
		if (beside[i] != NULL && beside[i]->type == XML_TEXT_NODE && !xmlIsBlankNode(beside[i]))
			return true;
	return false;
}

static bool
walk(struct dsig *d, const xmlNode *n, size_t outer, struct err *e)
{
	struct dsig_signature *s = &d->signature[d->n];
	size_t inner = outer;

	if (n->ns != NULL && strcmp((const char *)n->ns->href, NS_PERMIT) == 0)
		return xml_fail(e, n, "a permit of the city stands by itself");
	if (xml_is(n, NS_DS, "Manifest"))
		return xml_fail(e, n, "a ds:Manifest is not judged: what it lists could be anything");
	if (xml_is(n, NS_DS, "Signature")) {
		if (d->n == DSIG_SIGNATURES_MAX)
			return fail(e, ERR_LIMIT, "more than %d signatures", (int)DSIG_SIGNATURES_MAX);
		inner = d->n++;
		*s = (struct dsig_signature){ .element = n, .counters = DSIG_NONE, .claimed = INT64_MIN, .bag = sk_X509_new_null(), .crls = sk_X509_CRL_new_null(), .issuer_serial = buf_new(1 << 12) };
		promise(s->bag != NULL && s->crls != NULL);
		if (!read_signature(d, s, e) || (outer != DSIG_NONE && !check_within(d, s, outer, e)))
			return false;
	}
	for (const xmlNode *c = n->children; c != NULL; c = c->next) {
		if (c->type == XML_COMMENT_NODE && splits_text(c))
			return xml_fail(e, n, "a comment within a text, where it could hide a part of it");
		d->comments |= c->type == XML_COMMENT_NODE;
		if (inner != DSIG_NONE && (c->type == XML_COMMENT_NODE || c->type == XML_PI_NODE))
			return xml_fail(e, n, "a comment or an instruction within a signature");
		if (c->type == XML_ELEMENT_NODE && !walk(d, c, inner, e))
			return false;
	}
	return true;
}

/* Properties that stand where no signature has its own would be read by somebody else. */
static bool
check_places(const struct dsig *d, const xmlNode *n, struct err *e)
{
	bool found = !xml_is(n, NS_XADES, "SignedProperties") && !xml_is(n, NS_XADES, "QualifyingProperties") && !xml_is(n, NS_DS, "SignedInfo");

	for (size_t i = 0; i < d->n && !found; i++)
		found = n == d->signature[i].properties || n == d->signature[i].signed_info ||
		    (d->signature[i].properties != NULL && n == d->signature[i].properties->parent);
	if (!found)
		return xml_fail(e, n, "a part of a signature stands outside of any");
	for (const xmlNode *c = xml_child(n); c != NULL; c = xml_next(c))
		if (!check_places(d, c, e))
			return false;
	return true;
}

/* A signature elsewhere in the document that signs another's value. */
static void
find_counters(struct dsig *d)
{
	for (size_t i = 0; i < d->n; i++)
		for (size_t r = 0; r < d->signature[i].nrefs; r++)
			for (size_t k = 0; k < d->n; k++)
				if (k != i && d->signature[i].ref[r].target == d->signature[k].value_node && d->signature[i].counters == DSIG_NONE)
					d->signature[i].counters = k;
}

static bool
holds(struct span d, const char *text)
{
	return memmem(d.ptr, d.len, text, strlen(text)) != NULL;
}

bool
dsig_is(struct span d)
{
	return d.len > 0 && (d.ptr[0] == '<' || d.ptr[0] == 0xef) && holds(d, NS_DS) && !holds(d, NS_PERMIT);
}

bool
dsig_read(struct dsig *out, struct span document, struct err *e)
{
	*out = (struct dsig){ .signature = xalloc(DSIG_SIGNATURES_MAX * sizeof(struct dsig_signature)) };
	if (!xml_parse_foreign(&out->xml, document, e))
		return false;
	out->budget = canon_budget_of(&out->xml);
	if (!walk(out, out->xml.root, DSIG_NONE, e) || !check_places(out, out->xml.root, e))
		return false;
	find_counters(out);
	return out->n > 0 || fail(e, ERR_ABSENT, "nobody has signed it");
}

static void
signature_drop(struct dsig_signature *s)
{
	for (size_t i = 0; i < s->nrefs; i++) {
		str_drop(&s->ref[i].name);
		canon_form_drop(&s->ref[i].form);
	}
	for (size_t i = 0; i < s->nstamps; i++) {
		buf_drop(&s->stamp[i]);
		canon_form_drop(&s->stamp_form[i]);
	}
	canon_form_drop(&s->form);
	buf_drop(&s->issuer_serial);
	cert_list_free(s->bag);
	sk_X509_CRL_pop_free(s->crls, X509_CRL_free);
}

void
dsig_drop(struct dsig *d)
{
	for (size_t i = 0; i < d->n; i++)
		signature_drop(&d->signature[i]);
	free(d->signature);
	xml_drop(&d->xml);
}
