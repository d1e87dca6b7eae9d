/* tlog_proof_read, tlog_proof_check, tlog_proof_write. */
#include "tests/fuzz/target.h"

#include "register/tlog_proof.h"

#define VKEY "xacthuc.hoagiang.example/register+da89c5e4+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_struct(buf) again = buf_new(2 * TLOG_PROOF_MAX);
	struct checkpoint c;
	struct tlog_proof p;
	struct note_key key;
	struct entry x;
	struct err e;

	promise(note_key_parse(&key, VKEY, &e));
	if (!tlog_proof_read(&p, span_of(data, size), &e))
		return 0;
	(void)!tlog_proof_check(&p, &key, &c, &x, &e);
	tlog_proof_write(&again, p.index, p.path, p.n, p.entry, p.record, p.salt, p.note);
	promise(span_eq(buf_span(&again), span_of(data, size)));
	tlog_proof_drop(&p);
	return 0;
}
