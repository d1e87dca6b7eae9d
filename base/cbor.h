/*
 * base/cbor.h -- deterministic CBOR (RFC 8949 4.2.1): a small writer and a
 * strict reader.
 *
 * Written and read: unsigned and negative integers of up to 64 bits, byte and
 * text strings, arrays, maps, tags, false, true, null.  Not: floats,
 * indefinite lengths, undefined.  The reader refuses everything that is not
 * the one deterministic form: longer heads than needed, unsorted or duplicate
 * map keys (bytewise order of the encoded keys), text that is not UTF-8,
 * trailing bytes (cbor_end), nesting deeper than CBOR_DEPTH.
 *
 * The writer counts nothing: the caller says how many items follow and, in a
 * map, writes keys in order (a test of every writer reads back strictly).
 */
#pragma once

#include "base/bytes.h"

#define CBOR_DEPTH 16

void cbor_put_uint(struct buf *, uint64_t);
void cbor_put_int(struct buf *, int64_t);
void cbor_put_bytes(struct buf *, struct span);
void cbor_put_text(struct buf *, const char *);
void cbor_put_text_span(struct buf *, struct span);
void cbor_put_array(struct buf *, size_t items);
void cbor_put_map(struct buf *, size_t pairs);
void cbor_put_tag(struct buf *, uint64_t tag);
void cbor_put_bool(struct buf *, bool);
void cbor_put_null(struct buf *);
/* [class, sentence, code, words]: one refusal among the answers to many. */
void cbor_put_refusal(struct buf *, const struct err *);

struct cbor { const unsigned char *at, *end; };		/* a read position */

enum cbor_kind { CBOR_UINT, CBOR_NINT, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY,
	CBOR_MAP, CBOR_TAG, CBOR_FALSE, CBOR_TRUE, CBOR_NULL };

/* Checks the whole of s against the rules above: one item, nothing after it. */
must_check bool cbor_check(struct span s, struct err *);
/* A reader over bytes that cbor_check accepted, or that are checked as read. */
static inline struct cbor cbor_read(struct span s) { return (struct cbor){ s.ptr, s.len > 0 ? s.ptr + s.len : s.ptr }; }

/* Each reads one item's head and refuses any other kind, naming what. */
must_check bool cbor_peek(const struct cbor *, enum cbor_kind *, struct err *);
must_check bool cbor_get_uint(struct cbor *, uint64_t *, const char *what, struct err *);
must_check bool cbor_get_int(struct cbor *, int64_t *, const char *what, struct err *);
must_check bool cbor_get_bytes(struct cbor *, struct span *, const char *what, struct err *);
must_check bool cbor_get_text(struct cbor *, struct span *, const char *what, struct err *);
must_check bool cbor_get_array(struct cbor *, size_t *items, const char *what, struct err *);
must_check bool cbor_get_map(struct cbor *, size_t *pairs, const char *what, struct err *);
must_check bool cbor_get_tag(struct cbor *, uint64_t *, const char *what, struct err *);
must_check bool cbor_get_refusal(struct cbor *, struct err *refusal, struct err *);
must_check bool cbor_get_bool(struct cbor *, bool *, const char *what, struct err *);
/* True and advanced if the next item is null; false and unmoved otherwise. */
bool cbor_null(struct cbor *);
/* Passes over one whole item and gives its bytes. */
must_check bool cbor_skip(struct cbor *, struct span *item, struct err *);
must_check bool cbor_end(const struct cbor *, const char *what, struct err *);
