/*
 * base/bytes.h -- bytes: borrowed (struct span), growing (struct buf), secret
 * (struct secret); hex, base64, base64url and decimal.
 *
 * A span never owns.  A buf owns, grows, and is born with a maximum: writing
 * beyond it makes it failed, and a failed buf stays failed, so a builder asks
 * once, at the end.  A secret is locked in memory, wiped when dropped and left
 * out of core files; it has no span view on purpose.
 *
 * Small allocations that our own code decides the size of never fail: xalloc
 * aborts.  Sizes chosen by a peer are bounded first (ERR_LIMIT).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"

struct span { const unsigned char *ptr; size_t len; };

#define SPAN_NONE ((struct span){ NULL, 0 })
static inline struct span span_of(const void *p, size_t n) { return (struct span){ p, n }; }
/* NULL gives the empty span. */
static inline struct span span_str(const char *s) { return (struct span){ (const unsigned char *)s, s ? strlen(s) : 0 }; }
bool span_eq(struct span, struct span);
bool span_eq_str(struct span, const char *);
/* Nothing but the white space of JSON? */
bool span_is_blank(struct span);
/* Constant in time; lengths are not secret. */
bool span_eq_secret(struct span, struct span);
/* A malloc'd copy with a NUL behind it; the caller frees. */
char *span_dup_str(struct span);
/* The next line, without its LF; advances.  false: none is left that ends. */
bool span_take_line(struct span *text, struct span *line);
/* Without ASCII white space at either end. */
struct span span_trim(struct span);
/* The same, and the last may lack its LF.  false: nothing is left. */
bool span_next_line(struct span *text, struct span *line);

struct buf { unsigned char *ptr; size_t len, cap, max; bool failed; };

/* own_struct(buf) b = buf_new(max); */
static inline struct buf buf_new(size_t max) { return (struct buf){ .max = max }; }
void buf_drop(struct buf *);
void buf_reset(struct buf *);			/* empties, keeps memory and maximum */
void buf_put(struct buf *, const void *, size_t);
void buf_put_span(struct buf *, struct span);
void buf_put_str(struct buf *, const char *);
void buf_put_byte(struct buf *, unsigned char);
void buf_put_u16(struct buf *, uint16_t);	/* big-endian, here and below */
void buf_put_u32(struct buf *, uint32_t);
void buf_put_u64(struct buf *, uint64_t);
void buf_printf(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for n bytes at the end, counted as written; NULL when failed. */
unsigned char *buf_extend(struct buf *, size_t n);
static inline struct span buf_span(const struct buf *b) { return span_of(b->ptr, b->len); }
/* The content as a NUL-terminated string (the NUL is not counted); never NULL. */
const char *buf_str(struct buf *);
/* ERR_LIMIT, naming what, if the maximum was passed. */
must_check bool buf_ok(const struct buf *, const char *what, struct err *);

uint16_t get_u16(const unsigned char *);
uint32_t get_u32(const unsigned char *);
uint64_t get_u64(const unsigned char *);

#define SECRET_MAX 256
struct secret { unsigned char octet[SECRET_MAX]; size_t len; };
/* Locked and wiped; NULL when the system refuses to lock memory. */
struct secret *secret_new(void);
void secret_free(struct secret *);
/* own_secret struct secret *pin = secret_new(); */
#define own_secret __attribute__((cleanup(secret_drop)))
void secret_drop(struct secret **);
/* Reads to end of file, drops one final newline, refuses more than SECRET_MAX. */
must_check bool secret_read(struct secret *, int fd, struct err *);

void *xalloc(size_t);			/* zeroed, or abort */
void *xrealloc(void *, size_t);
char *xstrdup(const char *);
char *xprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* hex and base64.  out of *_put is appended to; a decoder refuses anything but
 * the one right form (no white space, right padding, zero spare bits); hex may
 * be of either case, as people type it. */
void hex_put(struct buf *, struct span);
/* For fixed sizes: writes 2 * len + 1 characters. */
void hex_text(char *out, struct span);
must_check bool hex_get(struct buf *out, struct span text, struct err *);
/* Exactly len octets. */
/* Small hex digits, of so many octets? */
bool hex_is(const char *text, size_t octets);
must_check bool hex_get_fixed(unsigned char *out, size_t len, struct span text, struct err *);
void base64_put(struct buf *, struct span);
must_check bool base64_get(struct buf *out, struct span text, struct err *);
void base64url_put(struct buf *, struct span);		/* no padding */
must_check bool base64url_get(struct buf *out, struct span text, struct err *);
/* At most 19 digits, no sign, no leading zero. */
must_check bool decimal_get(uint64_t *out, struct span text, struct err *);
