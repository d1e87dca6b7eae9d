/*
 * verifier/broker.h -- the half of antin-verifier that speaks with others: hands
 * documents to workers, asks the register, words the answer.
 *
 * It parses nothing that a stranger wrote but the few signs of a typed code; of
 * a document it takes the hash, by which the register is asked; of a foreign one the register
 * knows nothing, and nothing of its word is told.  "Genuine" needs both a worker's PASSED and the
 * register's knowledge of these very bytes.  Whether a permit is in force, the
 * register says; without it nobody is told that one is.
 */
#pragma once

#include "base/serve.h"
#include "policy/policy.h"
#include "register/client.h"
#include "register/tile_cache.h"
#include "verifier/misses.h"
#include "verifier/nursery.h"
#include "verifier/tier_list.h"

struct broker {
	const struct policy *policy;
	struct nursery *nursery;
	struct reg *reg;
	struct tile_cache *tiles;	/* of the proofs that were made */
	struct misses *misses, *numbers;	/* of codes; of numbers with a name */
	const struct tier *tier;	/* of this installation, where a document names none */
	const struct tier_list *tiers;	/* other authorities'; NULL: none */
	const char *host, *telephone;
	int32_t golive;
};

const struct serve_route *broker_routes(size_t *n);
