/*
 * api/page.h -- the files of api/page and openapi.yaml, inside the program.
 * The build writes them as a table (embed.cmake).
 */
#pragma once

#include <stddef.h>

struct page_file { const char *name; const unsigned char *octets; size_t len; };

/* Ends with a row without a name. */
extern const struct page_file page_files[];
