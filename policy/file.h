/*
 * policy/file.h -- one policy file: parsed, and valid by its RELAX NG grammar.  Its
 * octets were read before (policy.h); the path names it in refusals.
 *
 * Policy files are ours (root-owned, hashed, never a peer's), and still parsed
 * without DTD, entities or network, so that a policy means what it shows.
 * Attribute values live as long as the file.
 */
#pragma once

#include <libxml/tree.h>

#include "base/bytes.h"

#define POLICY_NS "urn:antin:policy:1"

struct policy_file { xmlDoc *doc; char *path; };

/* A RELAX NG file, compiled once for all the files that it judges; NULL is freed. */
struct grammar;
must_check bool grammar_open(struct grammar **, const char *path, struct span text, struct err *);
void grammar_free(struct grammar *);

must_check bool policy_file_open(struct policy_file *, const char *path, struct span text, const struct grammar *, struct err *);
void policy_file_close(struct policy_file *);

/* First child element, next sibling element; NULL at the end.  name NULL: any. */
xmlNode *child_named(xmlNode *, const char *name);
xmlNode *next_named(xmlNode *, const char *name);
size_t count_named(xmlNode *, const char *name);
bool node_is(const xmlNode *, const char *name);
/* malloc'd; fallback (may be NULL) when there is no such attribute. */
char *attr(xmlNode *, const char *name, const char *fallback);
int64_t attr_int(xmlNode *, const char *name, int64_t fallback);
bool attr_yes(xmlNode *, const char *name, bool fallback);
/* A day; a refusal names file and line. */
must_check bool attr_day(const struct policy_file *, xmlNode *, const char *name, int32_t fallback, int32_t *out, struct err *);
/* Text content, white space folded; malloc'd. */
char *node_text(xmlNode *);
/* Fills e with "path:line: ..." */
bool fail_at(struct err *, const struct policy_file *, const xmlNode *, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
