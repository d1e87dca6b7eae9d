/*
 * tests/verifier/mutate.h -- ways to change one place of an XML file.
 *
 * A site is an element, an attribute, a namespace declaration or a text, with a
 * path that names a ds:Signature by its Id, and the second of a name by ":2":
 * "/permit/seal/SignedInfo/Reference:2", "/permit/content/@kind", "/permit/@xmlns",
 * "/permit/issuance/number/text()".
 *
 * A mutation works on one site of a fresh copy and says whether it applies
 * there.  Hostile ones change what is said; benign ones only how it is written,
 * so that exclusive C14N gives the same octets.
 */
#pragma once

#include "verifier/xml.h"

enum site_kind { SITE_ELEMENT, SITE_ATTRIBUTE, SITE_DECLARATION, SITE_TEXT };
struct site { enum site_kind kind; xmlNode *node; xmlAttr *attribute; xmlNs *ns; char path[400]; };

/* The n-th site in document order; false beyond the last. */
bool site_find(struct site *out, xmlDoc *, size_t n);

struct mutation { const char *name; enum site_kind on; bool benign; bool (*apply)(struct site *); };
const struct mutation *mutations(size_t *n);
const struct mutation *mutation_find(const char *name, enum site_kind);

/* A sign of the text becomes another of its class, so that the grammar is not
 * the first to notice.  base64: in its length octets, or in the last ones. */
void text_twist_head(char *text, bool base64);
void text_twist_tail(char *text, bool base64);

xmlDoc *mutate_parse(struct span text);
void mutate_dump(struct buf *out, xmlDoc *doc);
