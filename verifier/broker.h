/*
 * verifier/broker.h -- between those who ask and the workers: it has the
 * deadline and the kill, adds what the register knows, counts wrong codes.
 *
 * "Genuine" needs both the worker's PASSED and the register's knowledge of
 * these very octets.
 */
#pragma once

#include "base/serve.h"
#include "policy/policy.h"
#include "register/client.h"
#include "verifier/zygote.h"

struct misses;

struct broker {
	const struct policy *policy;
	struct zygote *zygote;
	struct reg *reg;
	const char *public_folder, *telephone, *host;
	struct misses *misses;
};

struct misses *misses_new(void);
size_t broker_routes(const struct serve_route **out);
