#include "tests/register/unit.h"

#include "base/cbor.h"

#define UNIT_MAX (8u << 20)

void
unit_body(struct buf *out, struct reg_unit *u)
{
	size_t verbs = u->nverbs;

	reg_verb(u, "end");	/* closes the last */
	cbor_put_array(out, verbs);
	buf_put_span(out, buf_span(&u->verbs));
}

bool
unit_run(struct runner *runner, unsigned callers, struct reg_unit *u, struct buf *result, struct err *e)
{
	own_struct(buf) body = buf_new(UNIT_MAX), unseen = buf_new(UNIT_MAX);

	unit_body(&body, u);
	return runner_unit(runner, callers, buf_span(&body), result != NULL ? result : &unseen, e);
}
