/*
 * register/merkle.h -- Merkle tree hashing of RFC 6962 2.1 (= RFC 9162 2.1).
 *
 * Leaf: SHA-256(0x00 || entry).  Node: SHA-256(0x01 || left || right).
 * Here: hashes, the growing right edge of a tree, proofs made from a source of
 * nodes, proofs verified.  Not here: where nodes are kept (tile.h, store.h).
 *
 * Pure, links nothing of ours but base; open to every level above.
 */
#pragma once

#include "base/bytes.h"

#define HASH_LEN 32
#define MERKLE_PROOF_MAX 64	/* hashes; a tree of 2^64 leaves needs no more */

struct hash { unsigned char octet[HASH_LEN]; };

bool hash_eq(const struct hash *, const struct hash *);
void merkle_empty(struct hash *out);				/* SHA-256 of nothing */
void merkle_leaf(struct hash *out, struct span entry);
void merkle_node(struct hash *out, const struct hash *left, const struct hash *right);

/* The right edge: roots of the perfect subtrees, largest first. */
struct merkle_edge { uint64_t size; unsigned n; struct hash node[64]; };
/* Zeroed is the empty tree. */
void merkle_append(struct merkle_edge *, const struct hash *leaf);
void merkle_root(struct hash *out, const struct merkle_edge *);

/* The root of the perfect subtree of 2^level leaves that begins at
 * index << level. */
typedef bool merkle_source(void *ctx, unsigned level, uint64_t index, struct hash *out, struct err *);
must_check bool merkle_prove_inclusion(struct hash proof[MERKLE_PROOF_MAX], size_t *n, uint64_t index,
    uint64_t size, merkle_source *, void *ctx, struct err *);
must_check bool merkle_prove_consistency(struct hash proof[MERKLE_PROOF_MAX], size_t *n, uint64_t size1,
    uint64_t size2, merkle_source *, void *ctx, struct err *);
must_check bool merkle_root_of(struct hash *out, uint64_t size, merkle_source *, void *ctx, struct err *);

/* RFC 9162 2.1.3.2 and 2.1.4.2.  Refuse (ERR_INPUT): an index outside the tree,
 * a proof of another length than the sizes ask for, another root; consistency
 * from size 0; equal sizes with a proof or with other roots. */
must_check bool merkle_check_inclusion(const struct hash *leaf, uint64_t index, uint64_t size,
    const struct hash *proof, size_t n, const struct hash *root, struct err *);
must_check bool merkle_check_consistency(uint64_t size1, uint64_t size2, const struct hash *root1,
    const struct hash *root2, const struct hash *proof, size_t n, struct err *);
