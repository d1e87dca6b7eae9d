/* log_policy_parse, log_policy_quorum, log_policy_check. */
#include "tests/fuzz/target.h"

#include "register/log_policy.h"

#include <stdlib.h>

#define NOTE "test.example/log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\xe2\x80\x94 test.example/log AAAAAAAA\n"

/* Members are defined before their group, so that judging ends. */
static void
check_places(const struct log_policy *p)
{
	for (size_t g = 0; g < p->ngroups; g++) {
		promise(p->group[g].need >= 1 && p->group[g].need <= p->group[g].n);
		for (size_t i = 0; i < p->group[g].n; i++) {
			int at = p->group[g].member[i];

			promise(at >= 0 && at < LOG_POLICY_MAX ? (size_t)at < p->nwitnesses : (size_t)at - LOG_POLICY_MAX < g);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log_policy *p = xalloc(sizeof(*p));
	struct checkpoint c;
	struct quorum q;
	struct err e;

	if (log_policy_parse(p, span_of(data, size), &e)) {
		check_places(p);
		if (log_policy_quorum(&q, p, span_str(NOTE), &e))
			promise(q.met == (p->quorum == LOG_POLICY_NONE));
		promise(!log_policy_check(&c, &q, p, span_str(NOTE), &e));
	}
	free(p);
	return 0;
}
