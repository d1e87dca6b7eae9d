/*
 * base/pack.h -- many small answers in one file: sorted keys, offsets, bodies.
 *
 *	8 octets	"ANTINPK1"
 *	4 x u32		octets of the head, of a key; keys; octets of the tail
 *	head		deterministic CBOR [kind, number, follows|null, size,
 *			thisUpdate, nextUpdate, about]
 *	keys		all of one length, ascending
 *	offsets		u32 each, one more than keys, from the first body's first octet
 *	bodies, tail	an answer is its body and, behind it, the tail that all share
 *
 * Big-endian.  A pack is one part of a batch of answers that was made of the
 * log's first `size` entries.  `follows`: the number of the batch that this one
 * adds to; what it does not hold is as that one says, and nothing is known
 * without it.  `about` is its reader's own.
 *
 * pack_open looks at every key and offset once; what it accepts can be searched
 * for ever without leaving the octets, which are borrowed (a mapped file, say).
 * Refuses: another magic, a cut or longer file, keys out of order, offsets that
 * go back.
 *
 * Not here: what answers say, who signed them, whether they are still fresh.
 *
 * Pure; any thread.
 */
#pragma once

#include "base/bytes.h"

#define PACK_MAX (32u << 20)
#define PACK_KEY_MAX 64
#define PACK_ALONE (-1)		/* it follows nothing */

struct pack_head { struct span kind, about; int64_t number, follows, this_update, next_update; uint64_t size; };

struct pack { struct pack_head head; size_t key_len, n; const unsigned char *keys, *offsets; struct span bodies, tail; };

must_check bool pack_open(struct pack *out, struct span octets, struct err *);
struct span pack_key(const struct pack *, size_t i);
struct span pack_body(const struct pack *, size_t i);
/* Keys are random but for their first two bits: which of the packs of a batch
 * one belongs into. */
#define PACK_SHARDS 16
#define PACK_ISSUERS_MAX 8	/* issuing keys of one authority; each has a folder of packs */
size_t pack_shard(struct span key);
/* False: there is no such key. */
bool pack_find(const struct pack *, struct span key, struct span *body);

struct pack_writer { struct buf keys, offsets, bodies; size_t key_len, n; };
struct pack_writer pack_begin(size_t key_len);
/* Keys ascending (a promise). */
void pack_add(struct pack_writer *, struct span key, struct span body);
must_check bool pack_end(struct buf *out, struct pack_writer *, const struct pack_head *, struct span tail, struct err *);
void pack_writer_drop(struct pack_writer *);
