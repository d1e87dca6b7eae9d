/*
 * verifier/xml.h -- hostile XML: parsed within limits, walked, canonicalised.
 *
 * xml_parse refuses (with where and which rule): more than XML_SIZE_MAX bytes,
 * anything but UTF-8, any DOCTYPE (so there is no entity but the five of XML),
 * any comment or processing instruction, deeper, more elements or more
 * attributes than the limits, and two attributes called Id, ID, id or xml:id
 * with one value.  No network, no file, no HUGE.
 *
 * xml_c14n is exclusive C14N 1.0 without comments and without a PrefixList, of
 * a subtree, in the context of its document.
 *
 * Pure; one document is one thread's.  The only file of verifier that calls
 * libxml2's parser on a peer's bytes.
 */
#pragma once

#include <libxml/tree.h>

#include "base/ossl.h"

#define XML_SIZE_MAX (8u << 20)
#define XML_DEPTH_MAX 24
#define XML_ELEMENTS_MAX 20000
#define XML_ATTRIBUTES_MAX 20000	/* of all elements */
#define XML_ELEMENT_ATTRIBUTES_MAX 16
#define XML_IDS_MAX 128
#define XML_NS_MAX 200			/* octets of a namespace name */

#define NS_PERMIT "urn:antin:permit:1"
#define NS_DS "http://www.w3.org/2000/09/xmldsig#"
#define NS_XADES "http://uri.etsi.org/01903/v1.3.2#"
#define NS_XADES141 "http://uri.etsi.org/01903/v1.4.1#"
#define ALG_EXC_C14N "http://www.w3.org/2001/10/xml-exc-c14n#"

struct xml { xmlDoc *doc; xmlNode *root; size_t elements; };
void xml_drop(struct xml *);

must_check bool xml_parse(struct xml *out, struct span text, struct err *);
/* The same, of a document that is not ours: comments and processing instructions are
 * kept, and count as elements do; a byte order mark is passed over. */
must_check bool xml_parse_foreign(struct xml *out, struct span text, struct err *);

/* First child element, next sibling element; NULL at the end. */
xmlNode *xml_child(const xmlNode *);
xmlNode *xml_next(const xmlNode *);
bool xml_is(const xmlNode *, const char *ns, const char *name);
/* The first child element with this name in its parent's own namespace; NULL. */
xmlNode *xml_child_named(const xmlNode *, const char *name);
/* The whole text below an element, appended; white space is kept. */
void xml_text(struct buf *out, const xmlNode *);
/* The same, malloc'd; and an attribute without namespace, NULL if absent. */
char *xml_text_dup(const xmlNode *);
char *xml_attr(const xmlNode *, const char *name);
/* The value of the element's base64 text; white space between is allowed, as
 * XML-DSig does. */
must_check bool xml_base64(struct buf *out, const xmlNode *, struct err *);
/* "/permit/Signature[2]/SignedInfo", for refusals. */
void xml_where(char *out, size_t n, const xmlNode *);
/* Refuses (ERR_INPUT), naming the place. */
bool xml_fail(struct err *, const xmlNode *, const char *what);
/* The element that has this Id; NULL. */
xmlNode *xml_by_id(xmlNode *root, const char *id);

must_check bool xml_c14n(struct buf *out, const xmlNode *, struct err *);
/* Digest of the canonical octets with SHA-256, SHA-384 or SHA-512. */
must_check bool xml_digest(unsigned char out[EVP_MAX_MD_SIZE], size_t *len, const xmlNode *, const EVP_MD *, struct err *);
