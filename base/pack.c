#include "base/pack.h"

#include "base/cbor.h"

static const char magic[8] = "ANTINPK1";
#define FIXED (sizeof(magic) + 4 * sizeof(uint32_t))
#define HEAD_ITEMS 7
#define HEAD_MAX 1024

/*
 * The head.
 */

static void
put_head(struct buf *out, const struct pack_head *h)
{
	cbor_put_array(out, HEAD_ITEMS);
	cbor_put_text_span(out, h->kind);
	cbor_put_int(out, h->number);
	if (h->follows == PACK_ALONE)
		cbor_put_null(out);
	else
		cbor_put_int(out, h->follows);
	cbor_put_uint(out, h->size);
	cbor_put_int(out, h->this_update);
	cbor_put_int(out, h->next_update);
	cbor_put_bytes(out, h->about);
}

static bool
read_head(struct pack_head *h, struct span octets, struct err *e)
{
	struct cbor c = cbor_read(octets);
	size_t items;

	h->follows = PACK_ALONE;
	if (!cbor_check(octets, e) || !cbor_get_array(&c, &items, "head", e) || !cbor_get_text(&c, &h->kind, "kind", e) || !cbor_get_int(&c, &h->number, "number", e))
		return false;
	if (!cbor_null(&c) && !cbor_get_int(&c, &h->follows, "follows", e))
		return false;
	if (!cbor_get_uint(&c, &h->size, "size", e) || !cbor_get_int(&c, &h->this_update, "thisUpdate", e) ||
	    !cbor_get_int(&c, &h->next_update, "nextUpdate", e) || !cbor_get_bytes(&c, &h->about, "about", e))
		return false;
	return items == HEAD_ITEMS && h->number >= 0 && h->follows >= PACK_ALONE ? true : fail(e, ERR_INPUT, "the head of a pack is of another shape");
}

/*
 * Reading.
 */

struct span
pack_key(const struct pack *p, size_t i)
{
	return span_of(p->keys + i * p->key_len, p->key_len);
}

static uint32_t
offset(const struct pack *p, size_t i)
{
	return get_u32(p->offsets + i * sizeof(uint32_t));
}

struct span
pack_body(const struct pack *p, size_t i)
{
	return span_of(p->bodies.ptr + offset(p, i), offset(p, i + 1) - offset(p, i));
}

static bool
check_rows(const struct pack *p, struct err *e)
{
	if (offset(p, 0) != 0 || offset(p, p->n) != p->bodies.len)
		return fail(e, ERR_INPUT, "a pack whose bodies are not where it says");
	for (size_t i = 0; i < p->n; i++)
		if (offset(p, i) > offset(p, i + 1))
			return fail(e, ERR_INPUT, "offset %zu of a pack goes back", i + 1);
	for (size_t i = 1; i < p->n; i++)
		if (memcmp(pack_key(p, i - 1).ptr, pack_key(p, i).ptr, p->key_len) >= 0)
			return fail(e, ERR_INPUT, "key %zu of a pack is out of order", i);
	return true;
}

bool
pack_open(struct pack *out, struct span octets, struct err *e)
{
	struct pack p = { .n = 0 };
	uint64_t head, tail, rows;

	if (octets.len < FIXED || octets.len > UINT32_MAX || memcmp(octets.ptr, magic, sizeof(magic)) != 0)
		return fail(e, ERR_INPUT, "this is no pack");
	head = get_u32(octets.ptr + 8);
	p.key_len = get_u32(octets.ptr + 12);
	p.n = get_u32(octets.ptr + 16);
	tail = get_u32(octets.ptr + 20);
	if (head > HEAD_MAX || p.key_len == 0 || p.key_len > PACK_KEY_MAX)
		return fail(e, ERR_LIMIT, "a pack with a head of %u octets and keys of %zu", (unsigned)head, p.key_len);
	rows = p.n * (uint64_t)(p.key_len + sizeof(uint32_t)) + sizeof(uint32_t);
	if (FIXED + head + rows + tail > octets.len)
		return fail(e, ERR_INPUT, "a pack that is cut off");
	p.keys = octets.ptr + FIXED + head;
	p.offsets = p.keys + p.n * p.key_len;
	p.bodies = span_of(octets.ptr + FIXED + head + rows, octets.len - FIXED - head - rows - tail);
	p.tail = span_of(octets.ptr + octets.len - tail, tail);
	if (!read_head(&p.head, span_of(octets.ptr + FIXED, head), e) || !check_rows(&p, e))
		return false;
	*out = p;
	return true;
}

size_t
pack_shard(struct span key)
{
	return (size_t)key.ptr[0] / (0x40 / PACK_SHARDS) % PACK_SHARDS;
}

static uint32_t
key_begins(const struct pack *p, size_t i)
{
	return get_u32(p->keys + i * p->key_len);
}

/* Where between two rows a key should be if keys are spread evenly. */
static size_t
guess(const struct pack *p, size_t from, size_t to, uint32_t begins)
{
	uint32_t low = key_begins(p, from), high = key_begins(p, to - 1);

	if (begins <= low || high <= low)
		return from;
	if (begins >= high)
		return to - 1;
	return from + (size_t)((uint64_t)(begins - low) * (to - 1 - from) / (high - low));
}

/* Guesses touch few rows of random keys; now and then a halving ends it whatever
 * the keys are. */
bool
pack_find(const struct pack *p, struct span key, struct span *body)
{
	size_t from = 0, to = p->n;
	bool by_guess = p->key_len >= sizeof(uint32_t);

	if (key.len != p->key_len)
		return false;
	for (unsigned turn = 0; from < to; turn++) {
		size_t at = by_guess && turn % 6 != 5 ? guess(p, from, to, get_u32(key.ptr)) : from + (to - from) / 2;
		int order = memcmp(key.ptr, pack_key(p, at).ptr, p->key_len);

		if (order == 0) {
			*body = pack_body(p, at);
			return true;
		}
		if (order < 0)
			to = at;
		else
			from = at + 1;
	}
	return false;
}

/*
 * Writing.
 */

struct pack_writer
pack_begin(size_t key_len)
{
	promise(key_len > 0 && key_len <= PACK_KEY_MAX);
	return (struct pack_writer){ buf_new(PACK_MAX), buf_new(PACK_MAX), buf_new(PACK_MAX), key_len, 0 };
}

void
pack_writer_drop(struct pack_writer *w)
{
	buf_drop(&w->keys);
	buf_drop(&w->offsets);
	buf_drop(&w->bodies);
}

void
pack_add(struct pack_writer *w, struct span key, struct span body)
{
	promise(key.len == w->key_len);
	promise(w->n == 0 || w->keys.failed || memcmp(w->keys.ptr + w->keys.len - key.len, key.ptr, key.len) < 0);
	buf_put_span(&w->keys, key);
	buf_put_u32(&w->offsets, (uint32_t)w->bodies.len);
	buf_put_span(&w->bodies, body);
	w->n++;
}

bool
pack_end(struct buf *out, struct pack_writer *w, const struct pack_head *h, struct span tail, struct err *e)
{
	own_struct(buf) head = buf_new(HEAD_MAX);

	put_head(&head, h);
	buf_put_u32(&w->offsets, (uint32_t)w->bodies.len);
	if (!buf_ok(&head, "head of a pack", e) || !buf_ok(&w->keys, "pack", e) || !buf_ok(&w->offsets, "pack", e) || !buf_ok(&w->bodies, "pack", e))
		return false;
	buf_put(out, magic, sizeof(magic));
	buf_put_u32(out, (uint32_t)head.len);
	buf_put_u32(out, (uint32_t)w->key_len);
	buf_put_u32(out, (uint32_t)w->n);
	buf_put_u32(out, (uint32_t)tail.len);
	buf_put_span(out, buf_span(&head));
	buf_put_span(out, buf_span(&w->keys));
	buf_put_span(out, buf_span(&w->offsets));
	buf_put_span(out, buf_span(&w->bodies));
	buf_put_span(out, tail);
	return buf_ok(out, "pack", e);
}
