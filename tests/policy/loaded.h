/* The policy as it is, for a group of tests. */
#pragma once

#include "policy/policy.h"

static struct policy *policy;

static int
policy_set_up(void **state)
{
	struct err e = { ERR_NONE, "" };

	if (policy_load(&policy, SOURCE_DIR "/policy", &e))
		return 0;
	print_error("%s\n", e.text);
	return -1;
}

static int
policy_tear_down(void **state)
{
	policy_free(policy);
	return 0;
}
