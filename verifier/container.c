#include "verifier/container.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zip.h>

#define LOCAL_HEAD 30
#define CENTRAL_HEAD 46
#define END_LEN 22
#define FLAG_ENCRYPTED 0x0001u
#define FLAG_DESCRIPTOR 0x0008u
#define FLAGS_TAKEN 0x080eu	/* how hard it was deflated, a descriptor behind it, a name in UTF-8 */
#define FLAG_UTF8 0x0800u
#define METHOD_STORED 0
#define METHOD_DEFLATED 8

bool
container_is(struct span d)
{
	return d.len >= 4 && (memcmp(d.ptr, "PK\3\4", 4) == 0 || memcmp(d.ptr, "PK\5\6", 4) == 0);
}

/*
 * Little-endian numbers; the caller has seen that they are there.
 */

static unsigned
le16(const unsigned char *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static uint32_t
le32(const unsigned char *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

/* So many octets from the front. */
static bool
cut(struct span *out, struct span *rest, size_t n)
{
	if (n > rest->len)
		return false;
	*out = span_of(rest->ptr, n);
	*rest = span_of(rest->ptr + n, rest->len - n);
	return true;
}

/* What both headers say of an entry. */
struct head { unsigned flags, method; uint32_t moment, crc, packed, size; struct span name, extra; };

struct layout {
	struct container *c;
	struct span local, central;	/* what is left of each */
	uint64_t inflated, offset;	/* so far */
};

static bool
malformed(struct err *e, const char *what)
{
	return fail(e, ERR_INPUT, "the container's %s is not as a zip has it", what);
}

static bool
entry_fails(struct err *e, const struct container_entry *n, const char *what)
{
	return fail(e, ERR_INPUT, "the entry \"%.100s\" %s", n->name, what);
}

/*
 * Names.
 */

/* Empty, "." or ".."; and what Windows, which takes dots and blanks off the end, has under another name. */
static bool
is_upward(struct span part)
{
	return part.len == 0 || part.ptr[part.len - 1] == '.' || part.ptr[part.len - 1] == ' ';
}

static bool
check_parts(const struct container_entry *n, struct err *e)
{
	for (const char *p = n->name; *p != '\0';) {
		size_t len = strcspn(p, "/");

		if (is_upward(span_of(p, len)))
			return entry_fails(e, n, "has a name that is absolute, goes up, has an empty part or one that ends in a dot or a blank");
		p += len + (p[len] == '/');
	}
	return true;
}

static bool
take_name(struct container_entry *n, const struct head *h, struct err *e)
{
	struct err why;
	bool plain = true;

	if (h->name.len < 1 || h->name.len > CONTAINER_NAME_MAX)
		return fail(e, ERR_LIMIT, "an entry's name of %zu bytes, where 1 to %d are taken", h->name.len, CONTAINER_NAME_MAX);
	if (memchr(h->name.ptr, '\0', h->name.len) != NULL || !text_check(h->name, false, &why))
		return fail(e, ERR_INPUT, "an entry's name has characters that are not seen, or is not UTF-8");
	memcpy(n->name, h->name.ptr, h->name.len);
	for (size_t i = 0; i < h->name.len; i++)
		plain &= h->name.ptr[i] < 0x80;
	if (!plain && (h->flags & FLAG_UTF8) == 0)
		return entry_fails(e, n, "has a name of which it is not said that it is UTF-8");
	if (!text_is_nfc(h->name) || strpbrk(n->name, "\\:") != NULL)
		return entry_fails(e, n, "has a name that other programs read otherwise (backslash, colon, not NFC)");
	n->folder = h->name.ptr[h->name.len - 1] == '/';
	return check_parts(n, e);
}

/* Folded, with a stroke behind a folder's: one begins with the other where they are in each other's way. */
static void
fold(struct buf *out, const struct container_entry *n)
{
	struct err e;

	promise(text_casefold(out, span_str(n->name), &e));
	if (!n->folder)
		buf_put_byte(out, '/');
}

/* The same, or a file as the folder of another. */
static bool
collide(const struct container_entry *a, struct span fa, const struct container_entry *b, struct span fb)
{
	if (fa.len > fb.len)
		return collide(b, fb, a, fa);
	return memcmp(fa.ptr, fb.ptr, fa.len) == 0 && (fa.len == fb.len || !a->folder);
}

static bool
check_apart(const struct container *c, struct err *e)
{
	own_struct(buf) mine = buf_new(8 * CONTAINER_NAME_MAX), other = buf_new(8 * CONTAINER_NAME_MAX);

	for (size_t i = 0; i < c->n; i++) {
		buf_reset(&mine);
		fold(&mine, &c->entry[i]);
		for (size_t k = 0; k < i; k++) {
			buf_reset(&other);
			fold(&other, &c->entry[k]);
			if (collide(&c->entry[i], buf_span(&mine), &c->entry[k], buf_span(&other)))
				return entry_fails(e, &c->entry[i], "has a name that is another's, but for its case, or lies below a file");
		}
	}
	return true;
}

/*
 * The layout.
 */

/* Times, owners, and Java's mark; any other may give the entry another name, size or place. */
static bool
check_extra(const struct container_entry *n, struct span extra, struct err *e)
{
	static const unsigned taken[] = { 0x5455, 0x7875, 0x000a, 0xcafe };
	struct span head, body;

	while (extra.len > 0) {
		bool known = false;

		if (!cut(&head, &extra, 4) || !cut(&body, &extra, le16(head.ptr + 2)))
			return entry_fails(e, n, "has further fields that are not well-formed");
		for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
			known |= taken[i] == le16(head.ptr);
		if (!known)
			return entry_fails(e, n, "has a further field that may change what it says");
	}
	return true;
}

static bool
check_method(const struct container_entry *n, const struct head *h, struct err *e)
{
	if ((h->flags & FLAG_ENCRYPTED) != 0)
		return entry_fails(e, n, "is encrypted");
	if ((h->flags & ~FLAGS_TAKEN) != 0 || (h->method != METHOD_STORED && h->method != METHOD_DEFLATED))
		return entry_fails(e, n, "is kept in a way that is not taken (stored and deflated are)");
	if (h->method == METHOD_STORED && h->packed != h->size)
		return entry_fails(e, n, "is stored with two lengths");
	return !n->folder || h->size == 0 || entry_fails(e, n, "is a folder with a content");
}

static bool
check_size(struct layout *l, const struct container_entry *n, const struct head *h, struct err *e)
{
	l->inflated += h->size;
	if (l->inflated > CONTAINER_INFLATED_MAX)
		return fail(e, ERR_LIMIT, "a container that inflates to more than %u bytes", CONTAINER_INFLATED_MAX);
	if (h->size > CONTAINER_RATIO_FROM && h->size / CONTAINER_RATIO_MAX > h->packed)
		return fail(e, ERR_LIMIT, "the entry \"%.100s\" inflates to more than %d times its length", n->name, CONTAINER_RATIO_MAX);
	return true;
}

/* The upper half is Unix's mode where a Unix wrote it. */
static bool
check_mode(const struct container_entry *n, uint32_t attributes, struct err *e)
{
	unsigned type = attributes >> 16 & S_IFMT;

	return type == 0 || type == (n->folder ? S_IFDIR : S_IFREG) || entry_fails(e, n, "is neither a file nor a folder");
}

static void
read_head(struct head *h, const unsigned char *p)
{
	*h = (struct head){ .flags = le16(p), .method = le16(p + 2), .moment = le32(p + 4), .crc = le32(p + 8), .packed = le32(p + 12), .size = le32(p + 16) };
}

static bool
take_central(struct layout *l, struct container_entry *n, struct head *h, struct err *e)
{
	struct span p, comment;

	if (!cut(&p, &l->central, CENTRAL_HEAD) || memcmp(p.ptr, "PK\1\2", 4) != 0)
		return malformed(e, "central directory");
	read_head(h, p.ptr + 8);
	if (!cut(&h->name, &l->central, le16(p.ptr + 28)) || !cut(&h->extra, &l->central, le16(p.ptr + 30)) || !cut(&comment, &l->central, le16(p.ptr + 32)))
		return malformed(e, "central directory");
	if (!take_name(n, h, e) || !check_method(n, h, e) || !check_size(l, n, h, e) || !check_mode(n, le32(p.ptr + 38), e) || !check_extra(n, h->extra, e))
		return false;
	n->stored = h->method == METHOD_STORED;
	if (comment.len > 0 || le16(p.ptr + 34) != 0)
		return entry_fails(e, n, "has a comment, or lies on another disk");
	return le32(p.ptr + 42) == l->offset || entry_fails(e, n, "does not lie right behind the one before it");
}

/* Behind the octets, with its mark or without (APPNOTE 4.3.9). */
static bool
take_descriptor(struct layout *l, const struct head *h)
{
	struct span p;

	if (l->local.len >= 4 && memcmp(l->local.ptr, "PK\7\10", 4) == 0 && !cut(&p, &l->local, 4))
		return false;
	return cut(&p, &l->local, 12) && le32(p.ptr) == h->crc && le32(p.ptr + 4) == h->packed && le32(p.ptr + 8) == h->size;
}

/* Where a descriptor follows, the local header may leave its numbers out. */
static bool
numbers_agree(const struct head *h, const struct head *local)
{
	bool later = (h->flags & FLAG_DESCRIPTOR) != 0;

	return (local->crc == h->crc || (later && local->crc == 0)) && (local->packed == h->packed || (later && local->packed == 0)) &&
	    (local->size == h->size || (later && local->size == 0));
}

static bool
take_local(struct layout *l, struct container_entry *n, const struct head *h, struct err *e)
{
	const unsigned char *start = l->local.ptr;
	struct span p, octets;
	struct head local;

	if (!cut(&p, &l->local, LOCAL_HEAD) || memcmp(p.ptr, "PK\3\4", 4) != 0)
		return entry_fails(e, n, "has no local header where it must lie");
	read_head(&local, p.ptr + 6);
	if (!cut(&local.name, &l->local, le16(p.ptr + 26)) || !cut(&local.extra, &l->local, le16(p.ptr + 28)))
		return entry_fails(e, n, "has a local header that is cut short");
	if (!span_eq(local.name, h->name) || local.flags != h->flags || local.method != h->method || local.moment != h->moment || !numbers_agree(h, &local))
		return entry_fails(e, n, "is another by its local header than by the central directory");
	if (!check_extra(n, local.extra, e))
		return false;
	n->bare = local.extra.len == 0 && h->extra.len == 0;
	if (!cut(&octets, &l->local, h->packed) || ((h->flags & FLAG_DESCRIPTOR) != 0 && !take_descriptor(l, h)))
		return entry_fails(e, n, "is cut short, or its lengths are not the ones behind it");
	l->offset += (size_t)(l->local.ptr - start);
	n->octets = buf_new(h->size);
	return true;
}

static bool
take_end(struct layout *l, size_t *n, struct span d, struct err *e)
{
	const unsigned char *end = d.ptr + d.len - END_LEN;
	uint32_t offset, len;

	if (d.len < END_LEN || memcmp(end, "PK\5\6", 4) != 0 || le16(end + 20) != 0)
		return malformed(e, "last part (a comment, or bytes behind its end?)");
	*n = le16(end + 10);
	len = le32(end + 12);
	offset = le32(end + 16);
	if (le32(end + 4) != 0 || le16(end + 8) != *n || (uint64_t)offset + len != d.len - END_LEN)
		return malformed(e, "end record");
	if (*n > CONTAINER_ENTRIES_MAX)
		return fail(e, ERR_LIMIT, "a container of more than %d entries", CONTAINER_ENTRIES_MAX);
	l->local = span_of(d.ptr, offset);
	l->central = span_of(d.ptr + offset, len);
	return true;
}

static bool
check_layout(struct container *c, struct span d, struct err *e)
{
	struct layout l = { .c = c };
	size_t n = 0;

	if (!take_end(&l, &n, d, e))
		return false;
	for (; c->n < n; c->n++) {
		struct head h;

		if (!take_central(&l, &c->entry[c->n], &h, e) || !take_local(&l, &c->entry[c->n], &h, e))
			return false;
	}
	if (l.local.len > 0 || l.central.len > 0)
		return fail(e, ERR_INPUT, "the container has %zu bytes that belong to no entry", l.local.len + l.central.len);
	return check_apart(c, e);
}

/*
 * The octets.
 */

/* octets has the length that was said as its maximum, which may be none; one more is asked for. */
static bool
inflate_entry(struct container_entry *n, zip_file_t *f)
{
	unsigned char piece[16 << 10];
	zip_int64_t got;

	while ((got = zip_fread(f, piece, sizeof(piece))) > 0) {
		if ((size_t)got > n->octets.max - n->octets.len)
			return false;
		buf_put(&n->octets, piece, (size_t)got);
	}
	return got == 0 && n->octets.len == n->octets.max;
}

static bool
read_entry(struct container_entry *n, zip_t *z, size_t i, struct err *e)
{
	zip_stat_t st;
	zip_file_t *f;
	bool good;

	if (zip_stat_index(z, i, ZIP_FL_ENC_RAW, &st) != 0 || (st.valid & (ZIP_STAT_NAME | ZIP_STAT_SIZE)) != (ZIP_STAT_NAME | ZIP_STAT_SIZE) ||
	    strcmp(st.name, n->name) != 0 || st.size != n->octets.max)
		return entry_fails(e, n, "is another to libzip");
	f = zip_fopen_index(z, i, 0);
	good = f != NULL && inflate_entry(n, f);
	if (f != NULL)
		good = zip_fclose(f) == 0 && good;
	return good || entry_fails(e, n, "does not inflate to what is said of it");
}

static bool
read_entries(struct container *c, struct span d, struct err *e)
{
	zip_error_t why;
	zip_source_t *s;
	zip_t *z;
	bool good;

	zip_error_init(&why);
	s = zip_source_buffer_create(d.ptr, d.len, 0, &why);
	z = s == NULL ? NULL : zip_open_from_source(s, ZIP_RDONLY | ZIP_CHECKCONS, &why);
	if (z == NULL) {
		zip_source_free(s);
		fail(e, ERR_INPUT, "the container: %s", zip_error_strerror(&why));
		zip_error_fini(&why);
		return false;
	}
	good = zip_get_num_entries(z, 0) == (zip_int64_t)c->n || malformed(e, "number of entries");
	for (size_t i = 0; good && i < c->n; i++)
		good = read_entry(&c->entry[i], z, i, e);
	zip_discard(z);
	return good;
}

bool
container_read(struct container *out, struct span d, struct err *e)
{
	*out = (struct container){ 0 };
	if (d.len > CONTAINER_SIZE_MAX)
		return fail(e, ERR_LIMIT, "a container of more than %u bytes", CONTAINER_SIZE_MAX);
	return check_layout(out, d, e) && read_entries(out, d, e);
}

void
container_drop(struct container *c)
{
	for (size_t i = 0; i < c->n; i++)
		buf_drop(&c->entry[i].octets);
}

const struct container_entry *
container_find(const struct container *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->entry[i].name, name) == 0)
			return &c->entry[i];
	return NULL;
}
