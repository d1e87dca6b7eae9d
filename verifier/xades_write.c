#include "verifier/xades_write.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>

#define XMLNS_PERMIT " xmlns=\"urn:antin:permit:1\""
#define XMLNS_DS " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\""
#define XMLNS_XADES " xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\""
#define XMLNS_XADES141 " xmlns:xadesv141=\"http://uri.etsi.org/01903/v1.4.1#\""
#define END_UNSIGNED "</xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
#define END_SIGNATURE "</xades:QualifyingProperties></ds:Object></ds:Signature>"
#define EXC_C14N "http://www.w3.org/2001/10/xml-exc-c14n#"
#define URI_SHA256 "http://www.w3.org/2001/04/xmlenc#sha256"
#define TYPE_PROPERTIES "http://uri.etsi.org/01903#SignedProperties"
#define TBS_MAX (64u << 10)

static const char *const method_uri[] = {
	[XADES_ECDSA_SHA256] = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
	[XADES_RSA_PSS_SHA256] = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
	[XADES_RSA_SHA256] = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
};

bool
xades_alg_of(enum xades_alg *out, EVP_PKEY *key, struct err *e)
{
	int type = EVP_PKEY_get_base_id(key);

	if (type == EVP_PKEY_EC && EVP_PKEY_get_bits(key) == 256)
		*out = XADES_ECDSA_SHA256;
	else if (type == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) >= 2048)
		*out = XADES_RSA_PSS_SHA256;
	else
		return fail(e, ERR_POLICY, "permits are signed with ECDSA P-256 or RSA of at least 2048 bits, not with this key");
	return true;
}

void
xades_tbs_drop(struct xades_tbs *t)
{
	buf_drop(&t->signed_info);
	buf_drop(&t->properties);
}

/* xmlns: " xmlns:ds=..." where the element stands alone, "" inside its document. */
static void
put_digest(struct buf *b, const char *xmlns, const unsigned char digest[SHA256_LEN])
{
	buf_printf(b, "<ds:DigestMethod%s Algorithm=\"" URI_SHA256 "\"></ds:DigestMethod><ds:DigestValue%s>", xmlns, xmlns);
	base64_put(b, span_of(digest, SHA256_LEN));
	buf_put_str(b, "</ds:DigestValue>");
}

static void
put_role(struct buf *b, const char *role)
{
	if (role == NULL || role[0] == '\0')
		return;
	buf_put_str(b, "<xades:ClaimedRole>");
	text_put_xml(b, span_str(role));
	buf_put_str(b, "</xades:ClaimedRole>");
}

static void
put_signature_properties(struct buf *b, const struct xades_signer *s, const char *xmlns)
{
	unsigned char digest[SHA256_LEN];
	char time[TIME_TEXT];

	time_text_vn(time, s->time);
	sha256(digest, s->certificate);
	buf_printf(b, "<xades:SignedSignatureProperties><xades:SigningTime>%s</xades:SigningTime>"
	    "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>", time);
	put_digest(b, xmlns, digest);
	buf_put_str(b, "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
	    "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId>"
	    "<xades:Identifier Qualifier=\"OIDAsURN\">urn:oid:" XADES_POLICY_OID "</xades:Identifier></xades:SigPolicyId><xades:SigPolicyHash>");
	put_digest(b, xmlns, s->policy_hash);
	buf_put_str(b, "</xades:SigPolicyHash></xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>");
	if (s->title != NULL) {
		buf_put_str(b, "<xades:SignerRoleV2><xades:ClaimedRoles>");
		put_role(b, s->title);
		put_role(b, s->mode);
		buf_put_str(b, "</xades:ClaimedRoles></xades:SignerRoleV2>");
	}
	buf_put_str(b, "</xades:SignedSignatureProperties>");
}

static void
put_properties(struct buf *b, const struct xades_signer *s, size_t ntargets, bool alone)
{
	buf_printf(b, "<xades:SignedProperties%s Id=\"%s-props\">", alone ? XMLNS_XADES : "", s->id);
	put_signature_properties(b, s, alone ? XMLNS_DS : "");
	buf_put_str(b, "<xades:SignedDataObjectProperties>");
	for (size_t i = 1; i <= ntargets; i++)
		buf_printf(b, "<xades:DataObjectFormat ObjectReference=\"#%s-r%zu\"><xades:MimeType>application/xml</xades:MimeType>"
		    "</xades:DataObjectFormat>", s->id, i);
	buf_put_str(b, "</xades:SignedDataObjectProperties></xades:SignedProperties>");
}

/* attributes: of the Reference, in canonical order. */
static void
put_reference(struct buf *b, const char *attributes, const unsigned char digest[SHA256_LEN])
{
	buf_printf(b, "<ds:Reference %s><ds:Transforms><ds:Transform Algorithm=\"" EXC_C14N "\"></ds:Transform></ds:Transforms>", attributes);
	put_digest(b, "", digest);
	buf_put_str(b, "</ds:Reference>");
}

static void
put_signed_info(struct buf *b, const struct xades_signer *s, const struct xades_target *target, size_t n,
    const unsigned char properties[SHA256_LEN])
{
	char attributes[160];

	buf_printf(b, "<ds:SignedInfo" XMLNS_DS "><ds:CanonicalizationMethod Algorithm=\"" EXC_C14N "\"></ds:CanonicalizationMethod>"
	    "<ds:SignatureMethod Algorithm=\"%s\"></ds:SignatureMethod>", method_uri[s->alg]);
	for (size_t i = 0; i < n; i++) {
		snprintf(attributes, sizeof(attributes), "Id=\"%s-r%zu\" URI=\"#%s\"", s->id, i + 1, target[i].id);
		put_reference(b, attributes, target[i].digest);
	}
	snprintf(attributes, sizeof(attributes), "Type=\"" TYPE_PROPERTIES "\" URI=\"#%s-props\"", s->id);
	put_reference(b, attributes, properties);
	buf_put_str(b, "</ds:SignedInfo>");
}

static bool
check_signer(const struct xades_signer *s, size_t ntargets, struct err *e)
{
	if (ntargets == 0 || ntargets > XADES_TARGETS_MAX)
		return fail(e, ERR_BUG, "a signature over %zu elements", ntargets);
	if (s->certificate.len == 0)
		return fail(e, ERR_BUG, "a signature needs its certificate");
	if (s->title == NULL)
		return true;
	if (s->title[0] == '\0')
		return fail(e, ERR_INPUT, "the signer's title is empty");
	return (text_check(span_str(s->title), false, e) || fail_in(e, "the signer's title")) &&
	    (s->mode == NULL || text_check(span_str(s->mode), false, e) || fail_in(e, "the mode of signing"));
}

bool
xades_prepare(struct xades_tbs *out, const struct xades_signer *s, const struct xades_target *target, size_t ntargets, struct err *e)
{
	struct xades_tbs t = { .signed_info = buf_new(TBS_MAX), .properties = buf_new(TBS_MAX) };
	own_struct(buf) alone = buf_new(TBS_MAX);
	unsigned char digest[SHA256_LEN];

	if (!check_signer(s, ntargets, e))
		return false;
	put_properties(&t.properties, s, ntargets, false);
	put_properties(&alone, s, ntargets, true);
	sha256(digest, buf_span(&alone));
	put_signed_info(&t.signed_info, s, target, ntargets, digest);
	if (!buf_ok(&t.signed_info, "SignedInfo", e) || !buf_ok(&t.properties, "SignedProperties", e) || !buf_ok(&alone, "SignedProperties", e)) {
		xades_tbs_drop(&t);
		return false;
	}
	sha256(t.digest, buf_span(&t.signed_info));
	*out = t;
	return true;
}

bool
xades_split(struct span out[XADES_OFFICERS_MAX], size_t *n, struct span officers, struct err *e)
{
	static const char open[] = "<ds:Signature" XMLNS_DS " Id=\"officer-", close[] = "</ds:Signature>";
	size_t count = 0;

	while (officers.len > 0) {
		const unsigned char *end = memmem(officers.ptr, officers.len, close, sizeof(close) - 1);
		size_t len;

		if (officers.len < sizeof(open) || memcmp(officers.ptr, open, sizeof(open) - 1) != 0 || end == NULL)
			return fail(e, ERR_BUG, "the officers' signatures are not whole elements");
		if (count == XADES_OFFICERS_MAX)
			return fail(e, ERR_LIMIT, "more than %d officers' signatures", XADES_OFFICERS_MAX);
		len = (size_t)(end - officers.ptr) + sizeof(close) - 1;
		out[count++] = span_of(officers.ptr, len);
		officers = span_of(officers.ptr + len, officers.len - len);
	}
	*n = count;
	return true;
}

bool
xades_officer_targets(struct xades_target out[XADES_TARGETS_MAX], size_t *n, struct span content, struct span before, struct err *e)
{
	struct span officer[XADES_OFFICERS_MAX];
	size_t k;

	if (!xades_split(officer, &k, before, e))
		return false;
	out[0] = (struct xades_target){ .id = "content" };
	sha256(out[0].digest, content);
	for (size_t i = 0; i < k; i++) {
		snprintf(out[i + 1].id, sizeof(out[i + 1].id), "officer-%u", (unsigned char)(i + 1));
		sha256(out[i + 1].digest, officer[i]);
	}
	*n = k + 1;
	return true;
}

bool
xades_seal_targets(struct xades_target out[XADES_TARGETS_MAX], size_t *n, struct span content, struct span officers,
    struct span issuance, struct err *e)
{
	if (officers.len == 0)
		return fail(e, ERR_POLICY, "no seal without an officer's signature");
	if (!xades_officer_targets(out, n, content, officers, e))
		return false;
	out[*n] = (struct xades_target){ .id = "issuance" };
	sha256(out[*n].digest, issuance);
	++*n;
	return true;
}

static void
put_value(struct buf *b, const char *xmlns, struct span signature)
{
	buf_printf(b, "<ds:SignatureValue%s>", xmlns);
	base64_put(b, signature);
	buf_put_str(b, "</ds:SignatureValue>");
}

void
xades_imprint(unsigned char out[SHA256_LEN], struct span signature)
{
	own_struct(buf) b = buf_new(TBS_MAX);

	put_value(&b, XMLNS_DS, signature);
	sha256(out, buf_span(&b));
}

static void
put_octets(struct buf *b, const char *element, struct span octets)
{
	buf_printf(b, "<xades:%s>", element);
	base64_put(b, octets);
	buf_printf(b, "</xades:%s>", element);
}

/* What stands in SignatureTimeStamp and ArchiveTimeStamp alike. */
static void
put_stamp(struct buf *b, struct span token)
{
	buf_put_str(b, "<ds:CanonicalizationMethod Algorithm=\"" EXC_C14N "\"></ds:CanonicalizationMethod>");
	put_octets(b, "EncapsulatedTimeStamp", token);
}

static void
put_values(struct buf *b, const struct xades_evidence *v)
{
	if (v->ncerts > 0) {
		buf_put_str(b, "<xades:CertificateValues>");
		for (size_t i = 0; i < v->ncerts; i++)
			put_octets(b, "EncapsulatedX509Certificate", v->cert[i]);
		buf_put_str(b, "</xades:CertificateValues>");
	}
	if (v->ncrls > 0) {
		buf_put_str(b, "<xades:RevocationValues><xades:CRLValues>");
		for (size_t i = 0; i < v->ncrls; i++)
			put_octets(b, "EncapsulatedCRLValue", v->crl[i]);
		buf_put_str(b, "</xades:CRLValues></xades:RevocationValues>");
	}
}

static void
put_evidence(struct buf *b, const struct xades_evidence *v)
{
	buf_put_str(b, "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>");
	if (v->stamp.len > 0) {
		buf_put_str(b, "<xades:SignatureTimeStamp>");
		put_stamp(b, v->stamp);
		buf_put_str(b, "</xades:SignatureTimeStamp>");
	}
	put_values(b, v);
	buf_put_str(b, END_UNSIGNED);
}

bool
xades_archive(struct buf *out, struct span permit, const struct xades_evidence *v, struct err *e)
{
	static const char end[] = END_UNSIGNED END_SIGNATURE "</permit>";
	size_t keep = permit.len - (sizeof(end) - 1);

	if (permit.len < sizeof(end) || memcmp(permit.ptr + keep, end, sizeof(end) - 1) != 0)
		return fail(e, ERR_BUG, "this is no sealed permit with its evidence");
	buf_put(out, permit.ptr, keep);
	buf_put_str(out, "<xadesv141:ArchiveTimeStamp" XMLNS_XADES141 ">");
	put_stamp(out, v->stamp);
	buf_put_str(out, "</xadesv141:ArchiveTimeStamp><xadesv141:TimeStampValidationData" XMLNS_XADES141 ">");
	put_values(out, v);
	buf_put_str(out, "</xadesv141:TimeStampValidationData>");
	buf_put_str(out, end);
	return buf_ok(out, "the permit", e);
}

bool
xades_element(struct buf *out, const struct xades_signer *s, const struct xades_tbs *t, struct span signature,
    const struct xades_evidence *v, struct err *e)
{
	static const char head[] = "<ds:SignedInfo" XMLNS_DS;
	struct span info = buf_span(&t->signed_info);

	if (s->alg == XADES_ECDSA_SHA256 && signature.len != 64)
		return fail(e, ERR_BUG, "an ECDSA signature in XML is r||s of 64 octets, not %zu", signature.len);
	if (info.len < sizeof(head) || memcmp(info.ptr, head, sizeof(head) - 1) != 0)
		return fail(e, ERR_BUG, "this is not the SignedInfo that xades_prepare made");
	buf_printf(out, "<ds:Signature" XMLNS_DS " Id=\"%s\"><ds:SignedInfo", s->id);
	buf_put(out, info.ptr + sizeof(head) - 1, info.len - (sizeof(head) - 1));
	put_value(out, "", signature);
	buf_put_str(out, "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>");
	base64_put(out, s->certificate);
	buf_printf(out, "</ds:X509Certificate></ds:X509Data></ds:KeyInfo><ds:Object><xades:QualifyingProperties" XMLNS_XADES " Target=\"#%s\">", s->id);
	buf_put_span(out, buf_span(&t->properties));
	if (v != NULL && (v->stamp.len > 0 || v->ncerts > 0 || v->ncrls > 0))
		put_evidence(out, v);
	buf_put_str(out, END_SIGNATURE);
	return buf_ok(out, "the signature", e);
}

static void
put_text(struct buf *b, const char *element, const char *text)
{
	buf_printf(b, "<%s>", element);
	text_put_xml(b, span_str(text));
	buf_printf(b, "</%s>", element);
}

static void
put_place(struct buf *b, const char *element, uint64_t index, const char *attribute, const char *value)
{
	buf_printf(b, "<%s index=\"%llu\" %s=\"", element, (unsigned long long)index, attribute);
	text_put_xml_attr(b, span_str(value));
	buf_printf(b, "\"></%s>", element);
}

void
issuance_write(struct buf *out, const struct issuance *i)
{
	char day[TIME_TEXT];

	date_text(day, i->day);
	buf_put_str(out, "<issuance" XMLNS_PERMIT " Id=\"issuance\">");
	put_text(out, "number", i->number);
	if (i->book != NULL)
		put_text(out, "book", i->book);
	buf_printf(out, "<year>%d</year><date>%s</date>", i->year, day);
	put_text(out, "place", i->place);
	put_text(out, "shortcode", i->shortcode);
	put_text(out, "voicecode", i->voicecode);
	put_place(out, "log", i->log_index, "origin", i->log_origin);
	put_place(out, "status", i->status_index, "list", i->status_uri);
	buf_put_str(out, "</issuance>");
}

/* Inside its document the namespace stands on the root. */
static bool
put_inside(struct buf *out, const char *name, struct span alone, struct err *e)
{
	own_struct(buf) head = buf_new(128);

	buf_printf(&head, "<%s" XMLNS_PERMIT " Id=\"%s\"", name, name);
	if (alone.len < head.len || memcmp(alone.ptr, head.ptr, head.len) != 0)
		return fail(e, ERR_BUG, "these are not the canonical octets of <%s>", name);
	buf_printf(out, "<%s Id=\"%s\"", name, name);
	buf_put(out, alone.ptr + head.len, alone.len - head.len);
	return true;
}

void
reaffirmation_write(struct buf *out, const struct reaffirmation *r)
{
	char decided[TIME_TEXT], day[TIME_TEXT];

	date_text(decided, r->decided);
	date_text(day, r->day);
	buf_put_str(out, "<reaffirmation" XMLNS_PERMIT " Id=\"reaffirmation\">");
	put_text(out, "decision", r->decision);
	put_text(out, "decided", decided);
	put_text(out, "reason", r->reason);
	put_text(out, "day", day);
	buf_put_str(out, "</reaffirmation>");
}

bool
permit_reaffirm(struct buf *out, struct span permit, struct span reaffirmation, struct span element, struct err *e)
{
	static const char end[] = END_SIGNATURE "</permit>";
	size_t keep = permit.len - (sizeof("</permit>") - 1);

	if (permit.len < sizeof(end) || memcmp(permit.ptr + permit.len - (sizeof(end) - 1), end, sizeof(end) - 1) != 0)
		return fail(e, ERR_BUG, "this is no sealed permit");
	buf_put(out, permit.ptr, keep);
	if (!put_inside(out, "reaffirmation", reaffirmation, e))
		return false;
	buf_put_span(out, element);
	buf_put_str(out, "</permit>");
	return buf_ok(out, "the permit", e);
}

bool
permit_write(struct buf *out, struct span content, struct span officers, struct span issuance, struct span seal, struct err *e)
{
	buf_put_str(out, "<permit" XMLNS_PERMIT ">");
	if (!put_inside(out, "content", content, e))
		return false;
	buf_put_span(out, officers);
	if (issuance.len > 0 && !put_inside(out, "issuance", issuance, e))
		return false;
	buf_put_span(out, seal);
	buf_put_str(out, "</permit>");
	return buf_ok(out, "the permit", e);
}
