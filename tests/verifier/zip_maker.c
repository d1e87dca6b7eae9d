#include "tests/verifier/zip_maker.h"

#include "tests/base/test.h"

#include <zlib.h>

#define ZIP_MAX (40u << 20)
#define ENTRIES_MAX 200

static void
put16(struct buf *out, unsigned n)
{
	buf_put_byte(out, (unsigned char)n);
	buf_put_byte(out, (unsigned char)(n >> 8));
}

static void
put32(struct buf *out, uint32_t n)
{
	put16(out, n & 0xffff);
	put16(out, n >> 16);
}

static void
deflate_raw(struct buf *out, struct span in)
{
	z_stream z = { 0 };
	unsigned char *at = buf_extend(out, in.len + in.len / 100 + 100);

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (unsigned char *)in.ptr;
	z.avail_in = (unsigned)in.len;
	z.next_out = at;
	z.avail_out = (unsigned)(in.len + in.len / 100 + 100);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->len = z.total_out;
	deflateEnd(&z);
}

struct head { unsigned flags, method; uint32_t crc, packed, size; };

static void
put_head(struct buf *out, const struct head *h, uint32_t size, bool later)
{
	put16(out, h->flags);
	put16(out, h->method);
	put16(out, 0);			/* time */
	put16(out, 0x5b76);		/* 2025-11-22 */
	put32(out, later ? 0 : h->crc);
	put32(out, later ? 0 : h->packed);
	put32(out, later ? 0 : size);
}

static void
put_local(struct buf *out, struct head *h, const struct zip_entry *n)
{
	own_struct(buf) packed = buf_new(ZIP_MAX);
	const char *name = n->local_name != NULL ? n->local_name : n->name;

	if (n->deflated)
		deflate_raw(&packed, n->octets);
	else
		buf_put_span(&packed, n->octets);
	*h = (struct head){ .flags = n->flags | 0x800u | (n->descriptor ? 8u : 0u), .method = n->method != 0 ? n->method : n->deflated ? 8 : 0,
		.crc = n->crc != 0 ? n->crc : (uint32_t)crc32(0, n->octets.ptr, (unsigned)n->octets.len), .packed = (uint32_t)packed.len, .size = n->size != 0 ? n->size : (uint32_t)n->octets.len };
	buf_put_str(out, n->gap != NULL ? n->gap : "");
	buf_put(out, "PK\3\4\24\0", 6);
	put_head(out, h, n->local_size != 0 ? n->local_size : h->size, n->descriptor);
	put16(out, (unsigned)strlen(name));
	put16(out, (unsigned)n->local_extra.len);
	buf_put_str(out, name);
	buf_put_span(out, n->local_extra);
	buf_put_span(out, buf_span(&packed));
	if (!n->descriptor)
		return;
	buf_put(out, "PK\7\10", 4);
	put32(out, h->crc);
	put32(out, h->packed);
	put32(out, h->size);
}

static void
put_central(struct buf *out, const struct head *h, const struct zip_entry *n, uint32_t offset)
{
	const char *comment = n->comment != NULL ? n->comment : "";

	buf_put(out, "PK\1\2\24\3\24\0", 8);
	put_head(out, h, h->size, false);
	put16(out, (unsigned)strlen(n->name));
	put16(out, (unsigned)n->extra.len);
	put16(out, (unsigned)strlen(comment));
	put16(out, 0);
	put16(out, 0);
	put32(out, (uint32_t)n->mode << 16);
	put32(out, offset);
	buf_put_str(out, n->name);
	buf_put_span(out, n->extra);
	buf_put_str(out, comment);
}

void
zip_make(struct buf *out, const struct zip_entry *entry, size_t n, const struct zip_wish *w)
{
	static struct head head[ENTRIES_MAX];
	static uint32_t offset[ENTRIES_MAX];
	const char *comment = w->comment != NULL ? w->comment : "";
	size_t start = out->len, directory, listed = n - w->leave_out;

	assert_true(n <= ENTRIES_MAX);
	for (size_t i = 0; i < n; i++) {
		offset[i] = (uint32_t)(out->len - start + (entry[i].gap != NULL ? strlen(entry[i].gap) : 0));
		put_local(out, &head[i], &entry[i]);
	}
	buf_put_str(out, w->before_directory != NULL ? w->before_directory : "");
	directory = out->len - start;
	for (size_t i = 0; i < listed; i++) {
		size_t k = !w->swap || i + 2 < listed ? i : listed - 1 - (i + 2 - listed);

		put_central(out, &head[k], &entry[k], offset[k]);
	}
	n = out->len - start;
	buf_put(out, "PK\5\6\0\0\0\0", 8);
	put16(out, w->count != 0 ? w->count : (unsigned)listed);
	put16(out, w->count != 0 ? w->count : (unsigned)listed);
	put32(out, (uint32_t)(n - directory));
	put32(out, (uint32_t)directory);
	put16(out, (unsigned)strlen(comment));
	buf_put_str(out, comment);
	buf_put_str(out, w->behind != NULL ? w->behind : "");
	assert_false(out->failed);
}
