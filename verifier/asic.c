/* What a container's signatures stand for (asic.h). */
#include "verifier/asic.h"

#include "verifier/file_uri.h"
#include "verifier/xml.h"

#include <stdlib.h>
#include <strings.h>

#define META "META-INF/"
#define META_LEN 9
#define MIME_S "application/vnd.etsi.asic-s+zip"
#define MIME_E "application/vnd.etsi.asic-e+zip"
#define NS_ASIC "http://uri.etsi.org/02918/v1.2.1#"

/* What META-INF may hold; alone: the one name that ASiC-S has for it. */
enum meta { ROLE_CADES, ROLE_XADES, ROLE_STAMP, ROLE_MANIFEST, ROLE_ARCHIVE, ROLE_OTHER, ROLE_MEDIA, ROLES };
static const struct { const char *prefix, *suffix, *alone; enum meta role; } roles[] = {
	{ "signature", ".p7s", "signature.p7s", ROLE_CADES },
	{ "signatures", ".xml", "signatures.xml", ROLE_XADES },
	{ "timestamp", ".tst", "timestamp.tst", ROLE_STAMP },
	{ "ASiCManifest", ".xml", NULL, ROLE_MANIFEST },
	{ "ASiCArchiveManifest", ".xml", NULL, ROLE_ARCHIVE },
	{ "ASiCEvidenceRecordManifest", ".xml", NULL, ROLE_OTHER },
	{ "evidencerecord", ".ers", NULL, ROLE_OTHER },
	{ "evidencerecord", ".xml", NULL, ROLE_OTHER },
	{ "manifest", ".xml", NULL, ROLE_MEDIA },
};

bool
asic_is(struct span d)
{
	return container_is(d);
}

static bool
is_meta(const struct container_entry *n)
{
	return strncmp(n->name, META, META_LEN) == 0;
}

bool
asic_is_data(const struct container_entry *n)
{
	return !n->folder && !is_meta(n) && strcmp(n->name, "mimetype") != 0;
}

static bool
ends_with(const char *s, const char *end)
{
	size_t a = strlen(s), b = strlen(end);

	return a >= b && strcmp(s + a - b, end) == 0;
}

/* ROLES: none.  manifest.xml is a whole name. */
static enum meta
role_of(const struct container_entry *n, bool extended)
{
	const char *name = n->name + META_LEN;

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]) && strchr(name, '/') == NULL; i++) {
		size_t least = strlen(roles[i].prefix) + strlen(roles[i].suffix);
		bool fits = strlen(name) >= least && strncmp(name, roles[i].prefix, strlen(roles[i].prefix)) == 0 && ends_with(name, roles[i].suffix);

		if (roles[i].role == ROLE_MEDIA)
			fits = fits && strlen(name) == least;
		if (!extended)
			fits = roles[i].alone != NULL && strcmp(name, roles[i].alone) == 0;
		if (fits)
			return roles[i].role;
	}
	return ROLES;
}

/*
 * What a container must have before anything in it is read.
 */

static bool
signs(const struct container *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (is_meta(&c->entry[i]) && !c->entry[i].folder && role_of(&c->entry[i], true) <= ROLE_STAMP)
			return true;
	return false;
}

static bool
read_mimetype(struct asic *a, struct err *e)
{
	const struct container_entry *first = &a->c.entry[0];

	if (strcmp(first->name, "mimetype") != 0 || !first->stored || !first->bare)
		return fail(e, ERR_INPUT, "the container's first entry is not \"mimetype\", stored, without further fields (EN 319 162-1 A.1)");
	a->extended = span_eq_str(buf_span(&first->octets), MIME_E);
	return a->extended || span_eq_str(buf_span(&first->octets), MIME_S) || fail(e, ERR_INPUT, "the container's mimetype is neither that of ASiC-S nor of ASiC-E");
}

static bool
check_meta(const struct asic *a, struct err *e)
{
	for (size_t i = 0; i < a->c.n; i++) {
		const struct container_entry *n = &a->c.entry[i];

		if (strncasecmp(n->name, META, META_LEN - 1) == 0 && !is_meta(n))
			return fail(e, ERR_INPUT, "the entry \"%.100s\" is in META-INF for some programs and not for others", n->name);
		if (is_meta(n) && strcmp(n->name, META) != 0 && role_of(n, a->extended) == ROLES)
			return fail(e, ERR_INPUT, "the entry \"%.100s\" has no place in META-INF of %s (EN 319 162-1)", n->name, a->extended ? "ASiC-E" : "ASiC-S");
	}
	return true;
}

static bool
add_signature(struct asic_signature **out, struct asic *a, const struct container_entry *n, enum asic_format format, struct err *e)
{
	if (a->nsignatures == ASIC_SIGNATURES_MAX)
		return fail(e, ERR_LIMIT, "more than %d files with signatures", ASIC_SIGNATURES_MAX);
	*out = &a->signature[a->nsignatures++];
	(*out)->entry = n;
	(*out)->format = format;
	return true;
}

/*
 * ASiC-S.
 */

static bool
read_simple(struct asic *a, struct err *e)
{
	struct asic_signature *s = NULL;
	size_t data = 0, ndata = 0;

	for (size_t i = 0; i < a->c.n; i++) {
		const struct container_entry *n = &a->c.entry[i];

		if (asic_is_data(n)) {
			data = i;
			ndata++;
		} else if (is_meta(n) && !n->folder && !add_signature(&s, a, n, (enum asic_format)role_of(n, false), e)) {
			return false;
		}
	}
	if (ndata != 1 || strchr(a->c.entry[data].name, '/') != NULL)
		return fail(e, ERR_INPUT, "ASiC-S has one file, outside any folder; here are %zu (EN 319 162-1 4.3)", ndata);
	if (a->nsignatures != 1)
		return fail(e, ERR_INPUT, "ASiC-S has one file with signatures or a time stamp (EN 319 162-1 4.3)");
	s->content = s->format == ASIC_XADES ? NULL : &a->c.entry[data];
	s->covers[data] = s->format != ASIC_XADES;
	return true;
}

/*
 * Manifests of ASiC-E (EN 319 162-1 A.4).
 */

struct reading { struct asic *a; const struct policy *policy; const struct container_entry *manifest; };

static bool
manifest_fails(const struct reading *r, struct err *e, const char *what)
{
	return fail(e, ERR_INPUT, "%.100s: %s", r->manifest->name, what);
}

static bool
entry_of(const struct container_entry **out, const struct reading *r, const xmlNode *n, struct err *e)
{
	own_str char *uri = xml_attr(n, "URI"), *name = NULL;
	const char *why = "a reference without a URI";

	name = uri == NULL ? NULL : file_uri_name(uri, &why);
	if (name == NULL)
		return manifest_fails(r, e, why);
	*out = container_find(&r->a->c, name);
	return *out != NULL || fail(e, ERR_INPUT, "%.60s: it names \"%.80s\", which is not in the container", r->manifest->name, name);
}

/* DigestMethod, DigestValue and, empty, DataObjectReferenceExtensions. */
static bool
read_digest(struct asic_reference *ref, const struct reading *r, const xmlNode *n, struct err *e)
{
	own_struct(buf) value = buf_new(EVP_MAX_MD_SIZE);
	const xmlNode *method = xml_child(n), *digest = method == NULL ? NULL : xml_next(method), *more = digest == NULL ? NULL : xml_next(digest);
	own_str char *uri = NULL;

	if (!xml_is(method, NS_DS, "DigestMethod") || xml_child(method) != NULL || !xml_is(digest, NS_DS, "DigestValue") || xml_child(digest) != NULL)
		return manifest_fails(r, e, "a reference without DigestMethod and DigestValue");
	if (more != NULL && (!xml_is(more, NS_ASIC, "DataObjectReferenceExtensions") || more->children != NULL || xml_next(more) != NULL))
		return manifest_fails(r, e, "extensions of a reference are not taken");
	if (!xml_base64(&value, digest, e))
		return false;
	uri = xml_attr(method, "Algorithm");
	ref->digest = uri == NULL ? NULL : policy_algorithm_by_uri(r->policy, uri);
	ref->len = value.len;
	memcpy(ref->value, buf_str(&value), value.len);
	return true;
}

static bool
read_reference(struct asic_signature *s, const struct reading *r, const xmlNode *n, struct err *e)
{
	struct asic_reference *ref = &s->ref[s->nrefs];
	const struct container_entry *file;

	if (!xml_is(n, NS_ASIC, "DataObjectReference"))
		return manifest_fails(r, e, "something else than DataObjectReference stands behind SigReference");
	if (s->nrefs == ASIC_REFERENCES_MAX)
		return fail(e, ERR_LIMIT, "%.60s: more than %d references", r->manifest->name, ASIC_REFERENCES_MAX);
	if (!entry_of(&file, r, n, e))
		return false;
	ref->file = (size_t)(file - r->a->c.entry);
	if (!asic_is_data(file) || s->covers[ref->file])
		return fail(e, ERR_INPUT, "%.60s: it names \"%.80s\" twice, or that is none of the files", r->manifest->name, file->name);
	s->covers[ref->file] = true;
	s->nrefs++;
	return read_digest(ref, r, n, e);
}

/* The manifest's signature is another's: an entry that no manifest before it named. */
static bool
take_signature(struct asic_signature **out, const struct reading *r, const xmlNode *n, struct err *e)
{
	const struct container_entry *entry;
	enum meta role;

	if (!xml_is(n, NS_ASIC, "SigReference") || xml_child(n) != NULL)
		return manifest_fails(r, e, "SigReference must stand first");
	if (!entry_of(&entry, r, n, e))
		return false;
	role = is_meta(entry) ? role_of(entry, true) : ROLES;
	if (role != ROLE_CADES && role != ROLE_STAMP)
		return manifest_fails(r, e, "its SigReference is to something else than META-INF/signature*.p7s or META-INF/timestamp*.tst");
	for (size_t i = 0; i < r->a->nsignatures; i++)
		if (r->a->signature[i].entry == entry)
			return fail(e, ERR_INPUT, "\"%.100s\" is named by two manifests", entry->name);
	return add_signature(out, r->a, entry, (enum asic_format)role, e);
}

static bool
read_manifest(const struct reading *r, const xmlNode *root, struct err *e)
{
	struct asic_signature *s = NULL;
	const xmlNode *at = xml_child(root);

	if (!xml_is(root, NS_ASIC, "ASiCManifest"))
		return manifest_fails(r, e, "not an ASiCManifest (EN 319 162-1 A.4)");
	if (!take_signature(&s, r, at, e))
		return false;
	s->content = r->manifest;
	for (at = xml_next(at); at != NULL && !xml_is(at, NS_ASIC, "ASiCManifestExtensions"); at = xml_next(at))
		if (!read_reference(s, r, at, e))
			return false;
	if (at != NULL && (at->children != NULL || xml_next(at) != NULL))
		return manifest_fails(r, e, "extensions are not taken");
	return s->nrefs > 0 || manifest_fails(r, e, "it names no file");
}

static bool
open_manifest(const struct reading *r, struct err *e)
{
	own_struct(xml) x = { 0 };

	if (!xml_parse(&x, buf_span(&r->manifest->octets), e))
		return fail_in(e, "%.60s", r->manifest->name);
	return read_manifest(r, x.root, e);
}

/*
 * ASiC-E.
 */

/* Signed by nobody's manifest; time stamps may be those of archive manifests. */
static bool
check_named(const struct asic *a, struct err *e)
{
	for (size_t i = 0; i < a->c.n; i++) {
		const struct container_entry *n = &a->c.entry[i];
		enum meta role = is_meta(n) && !n->folder ? role_of(n, true) : ROLES;
		bool named = (role != ROLE_CADES && role != ROLE_STAMP) || (role == ROLE_STAMP && a->passed_over > 0);

		for (size_t k = 0; k < a->nsignatures; k++)
			named |= a->signature[k].entry == n;
		if (!named)
			return fail(e, ERR_INPUT, "no manifest names \"%.100s\", so that it signs nothing", n->name);
	}
	return true;
}

static bool
read_extended(struct asic *a, const struct policy *p, struct err *e)
{
	size_t ndata = 0;

	for (size_t i = 0; i < a->c.n; i++) {
		const struct container_entry *n = &a->c.entry[i];
		const struct reading r = { .a = a, .policy = p, .manifest = n };
		struct asic_signature *s;
		enum meta role = is_meta(n) && !n->folder ? role_of(n, true) : ROLES;

		if ((role == ROLE_MANIFEST && !open_manifest(&r, e)) || (role == ROLE_XADES && !add_signature(&s, a, n, ASIC_XADES, e)))
			return false;
		ndata += asic_is_data(n);
		a->passed_over += role == ROLE_ARCHIVE || role == ROLE_OTHER;
	}
	if (ndata == 0)
		return fail(e, ERR_INPUT, "there is no file in the container beside its signatures");
	return check_named(a, e);
}

bool
asic_read(struct asic *out, struct span d, const struct policy *p, struct err *e)
{
	*out = (struct asic){ 0 };
	if (!container_read(&out->c, d, e))
		return false;
	if (!signs(&out->c))
		return fail(e, ERR_ABSENT, "a zip in which nothing signs anything");
	if (!read_mimetype(out, e) || !check_meta(out, e))
		return false;
	return out->extended ? read_extended(out, p, e) : read_simple(out, e);
}

void
asic_drop(struct asic *a)
{
	container_drop(&a->c);
}

static bool
reference_holds(const struct asic *a, const struct asic_reference *r)
{
	const struct buf *file = &a->c.entry[r->file].octets;
	const EVP_MD *md = r->digest != NULL && strncmp(r->digest->id, "sha", 3) == 0 ? EVP_get_digestbyname(r->digest->id) : NULL;
	unsigned char got[EVP_MAX_MD_SIZE];
	unsigned len;

	return md != NULL && EVP_Digest(file->ptr, file->len, got, &len, md, NULL) == 1 && span_eq(span_of(got, len), span_of(r->value, r->len));
}

bool
asic_references_hold(const struct asic *a, const struct asic_signature *s, const struct container_entry **altered)
{
	for (size_t i = 0; i < s->nrefs; i++)
		if (!reference_holds(a, &s->ref[i])) {
			*altered = &a->c.entry[s->ref[i].file];
			return false;
		}
	return true;
}
