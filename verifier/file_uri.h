/*
 * verifier/file_uri.h -- which file beside a foreign document a URI names, in XML
 * signatures and in manifests of containers (RFC 3986 4.2: a relative reference).
 *
 * Taken: a path that goes down only, with %xx read; what it names is text as people see it.
 * Refused: a scheme, a query, a fragment, an absolute path, "..", a backslash.  Not here:
 * whether there is such a file.  Pure.
 */
#pragma once

#include "base/bytes.h"

#define FILE_URI_NAME_MAX 1024

/* The name; or NULL and why not, for a sentence that says where. */
char *file_uri_name(const char *uri, const char **why);
