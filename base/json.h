/*
 * base/json.h -- jansson, made strict.
 *
 * Reading refuses duplicate keys, bytes after the value, NUL in strings, and
 * more than JSON_MAX bytes.  A shape is checked with json_take_*: each names
 * the key in its refusal; json_only() refuses keys that no one asked for.
 * Writing is canonical: sorted keys, no spaces, UTF-8 as it is.
 *
 * own(json_t) *j = NULL;  frees by reference count.
 */
#pragma once

#include <jansson.h>

#include "base/bytes.h"

#define JSON_MAX (4u << 20)

OWN_WITH(json_t, json_decref)

must_check bool json_read(json_t **out, struct span text, struct err *);
/* Sorted, compact.  Appends to b. */
void json_write(struct buf *b, const json_t *);

/* Borrowed results, which live as long as obj. */
must_check bool json_take_str(const char **out, const json_t *obj, const char *key, struct err *);
must_check bool json_take_int(int64_t *out, const json_t *obj, const char *key, struct err *);
must_check bool json_take_obj(json_t **out, const json_t *obj, const char *key, struct err *);
must_check bool json_take_arr(json_t **out, const json_t *obj, const char *key, struct err *);
/* NULL or fallback when the key is absent; wrong type is still refused. */
must_check bool json_may_str(const char **out, const json_t *obj, const char *key, struct err *);
/* The text there; "" where there is none. */
const char *json_text(const json_t *obj, const char *key);
/* Fixed-size octets written as hex. */
must_check bool json_take_hex(unsigned char *out, size_t len, const json_t *obj, const char *key, struct err *);
/* keys: NULL-terminated. */
must_check bool json_only(const json_t *obj, const char *const keys[], struct err *);
