#include "register/merkle.h"

#include <openssl/sha.h>

/* The functions beneath EVP: no allocation, nothing looked up.  A log is some
 * sixty octets hashed a million times, where that costs more than the hashing. */
static void
digest(struct hash *out, unsigned char tag, struct span s)
{
	SHA256_CTX ctx;

	promise(SHA256_Init(&ctx) == 1 && SHA256_Update(&ctx, &tag, 1) == 1 && (s.len == 0 || SHA256_Update(&ctx, s.ptr, s.len) == 1) &&
	    SHA256_Final(out->octet, &ctx) == 1);
}

bool
hash_eq(const struct hash *a, const struct hash *b)
{
	return memcmp(a->octet, b->octet, HASH_LEN) == 0;
}

void
merkle_empty(struct hash *out)
{
	SHA256_CTX ctx;

	promise(SHA256_Init(&ctx) == 1 && SHA256_Final(out->octet, &ctx) == 1);
}

void
merkle_leaf(struct hash *out, struct span entry)
{
	digest(out, 0, entry);
}

void
merkle_node(struct hash *out, const struct hash *left, const struct hash *right)
{
	unsigned char both[2 * HASH_LEN];

	memcpy(both, left->octet, HASH_LEN);
	memcpy(both + HASH_LEN, right->octet, HASH_LEN);
	digest(out, 1, span_of(both, sizeof(both)));
}

void
merkle_append(struct merkle_edge *edge, const struct hash *leaf)
{
	edge->node[edge->n++] = *leaf;
	edge->size++;
	/* Each trailing zero bit of the new size closes one subtree. */
	for (uint64_t s = edge->size; (s & 1) == 0; s >>= 1) {
		edge->n--;
		merkle_node(&edge->node[edge->n - 1], &edge->node[edge->n - 1], &edge->node[edge->n]);
	}
}

void
merkle_root(struct hash *out, const struct merkle_edge *edge)
{
	if (edge->n == 0) {
		merkle_empty(out);
		return;
	}
	*out = edge->node[edge->n - 1];
	for (unsigned i = edge->n - 1; i-- > 0;)
		merkle_node(out, &edge->node[i], out);
}

/* The largest power of two smaller than n (n >= 2), as an exponent. */
static unsigned
split_level(uint64_t n)
{
	return 63 - (unsigned)__builtin_clzll(n - 1);
}

struct prover { merkle_source *source; void *ctx; struct hash *proof; size_t n; };

/* MTH of leaves [from, from + n). */
static bool
range_root(const struct prover *p, uint64_t from, uint64_t n, struct hash *out, struct err *e)
{
	struct hash left, right;
	unsigned level;
	uint64_t k;

	promise(n > 0);
	if ((n & (n - 1)) == 0) {
		level = (unsigned)__builtin_ctzll(n);
		return p->source(p->ctx, level, from >> level, out, e);
	}
	level = split_level(n);
	k = 1ull << level;
	if (!range_root(p, from, k, &left, e) || !range_root(p, from + k, n - k, &right, e))
		return false;
	merkle_node(out, &left, &right);
	return true;
}

static bool
push_root(struct prover *p, uint64_t from, uint64_t n, struct err *e)
{
	promise(p->n < MERKLE_PROOF_MAX);
	return range_root(p, from, n, &p->proof[p->n++], e);
}

static bool
path(struct prover *p, uint64_t index, uint64_t from, uint64_t n, struct err *e)
{
	uint64_t k;

	if (n == 1)
		return true;
	k = 1ull << split_level(n);
	if (index < k)
		return path(p, index, from, k, e) && push_root(p, from + k, n - k, e);
	return path(p, index - k, from + k, n - k, e) && push_root(p, from, k, e);
}

/* RFC 6962 2.1.2, SUBPROOF(m, D[from, from + n), whole). */
static bool
subproof(struct prover *p, uint64_t m, uint64_t from, uint64_t n, bool whole, struct err *e)
{
	uint64_t k;

	if (m == n)
		return whole || push_root(p, from, n, e);
	k = 1ull << split_level(n);
	if (m <= k)
		return subproof(p, m, from, k, whole, e) && push_root(p, from + k, n - k, e);
	return subproof(p, m - k, from + k, n - k, false, e) && push_root(p, from, k, e);
}

bool
merkle_prove_inclusion(struct hash proof[MERKLE_PROOF_MAX], size_t *n, uint64_t index,
    uint64_t size, merkle_source *source, void *ctx, struct err *e)
{
	struct prover p = { source, ctx, proof, 0 };

	if (index >= size)
		return fail(e, ERR_ABSENT, "there is no entry %llu in a log of %llu", (unsigned long long)index, (unsigned long long)size);
	if (!path(&p, index, 0, size, e))
		return false;
	*n = p.n;
	return true;
}

bool
merkle_prove_consistency(struct hash proof[MERKLE_PROOF_MAX], size_t *n, uint64_t size1,
    uint64_t size2, merkle_source *source, void *ctx, struct err *e)
{
	struct prover p = { source, ctx, proof, 0 };

	if (size1 == 0 || size1 > size2)
		return fail(e, ERR_INPUT, "no consistency proof from size %llu to %llu", (unsigned long long)size1, (unsigned long long)size2);
	if (!subproof(&p, size1, 0, size2, true, e))
		return false;
	*n = p.n;
	return true;
}

bool
merkle_root_of(struct hash *out, uint64_t size, merkle_source *source, void *ctx, struct err *e)
{
	struct prover p = { source, ctx, NULL, 0 };

	if (size == 0) {
		merkle_empty(out);
		return true;
	}
	return range_root(&p, 0, size, out, e);
}

bool
merkle_check_inclusion(const struct hash *leaf, uint64_t index, uint64_t size,
    const struct hash *proof, size_t n, const struct hash *root, struct err *e)
{
	uint64_t fn = index, sn = size - 1;
	struct hash r = *leaf;

	if (index >= size)
		return fail(e, ERR_INPUT, "inclusion proof: index %llu is outside a tree of %llu", (unsigned long long)index, (unsigned long long)size);
	for (size_t i = 0; i < n; i++) {
		if (sn == 0)
			return fail(e, ERR_INPUT, "inclusion proof: too long");
		if ((fn & 1) || fn == sn) {
			merkle_node(&r, &proof[i], &r);
			while (!(fn & 1) && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			merkle_node(&r, &r, &proof[i]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	if (sn != 0)
		return fail(e, ERR_INPUT, "inclusion proof: too short");
	if (!hash_eq(&r, root))
		return fail(e, ERR_INPUT, "inclusion proof: it does not lead to the root");
	return true;
}

/* The loop of RFC 9162 2.1.4.2, from step 4 on. */
static bool
fold_consistency(uint64_t fn, uint64_t sn, struct hash *fr, struct hash *sr,
    const struct hash *proof, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (sn == 0)
			return fail(e, ERR_INPUT, "consistency proof: too long");
		if ((fn & 1) || fn == sn) {
			merkle_node(fr, &proof[i], fr);
			merkle_node(sr, &proof[i], sr);
			while (!(fn & 1) && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			merkle_node(sr, sr, &proof[i]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	if (sn != 0)
		return fail(e, ERR_INPUT, "consistency proof: too short");
	return true;
}

bool
merkle_check_consistency(uint64_t size1, uint64_t size2, const struct hash *root1,
    const struct hash *root2, const struct hash *proof, size_t n, struct err *e)
{
	uint64_t fn = size1 - 1, sn = size2 - 1;
	struct hash fr, sr;
	bool perfect = (size1 & (size1 - 1)) == 0;

	if (size1 == 0 || size1 > size2)
		return fail(e, ERR_INPUT, "consistency proof: from size %llu to %llu", (unsigned long long)size1, (unsigned long long)size2);
	if (size1 == size2) {
		if (n != 0 || !hash_eq(root1, root2))
			return fail(e, ERR_INPUT, "consistency proof: two roots or a proof for one size");
		return true;
	}
	if (n == 0)
		return fail(e, ERR_INPUT, "consistency proof: empty");
	while (fn & 1) {
		fn >>= 1;
		sn >>= 1;
	}
	fr = sr = perfect ? *root1 : proof[0];
	if (!fold_consistency(fn, sn, &fr, &sr, perfect ? proof : proof + 1, perfect ? n : n - 1, e))
		return false;
	if (!hash_eq(&fr, root1))
		return fail(e, ERR_INPUT, "consistency proof: it does not lead to the older root");
	if (!hash_eq(&sr, root2))
		return fail(e, ERR_INPUT, "consistency proof: it does not lead to the newer root");
	return true;
}
