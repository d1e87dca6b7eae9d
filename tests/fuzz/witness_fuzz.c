/* witness_add, witness_show: what anybody may send to a witness. */
#include "tests/fuzz/target.h"

#include "register/witness.h"

#include <stdlib.h>
#include <unistd.h>

#define ORIGIN "xacthuc.hoagiang.example/register"
#define POLICY "log " ORIGIN "+da89c5e4+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\nquorum none\n"

static struct witness *witness;

static void
make_witness(void)
{
	static struct log_policy logs;
	static struct witness_key *key;
	char folder[] = "/tmp/antin-fuzz-XXXXXX";
	own_str char *path = NULL;
	struct err e;

	promise(mkdtemp(folder) != NULL);
	path = xprintf("%s/key.pem", folder);
	promise(log_policy_parse(&logs, span_str(POLICY), &e));
	promise(witness_key_make(path, &e) && witness_key_read(&key, path, "witness.example/w", &e));
	promise(unlink(path) == 0 && rmdir(folder) == 0);
	promise(witness_new(&witness, &logs, key, ":memory:", &e));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct witness_answer a = { .status = 0 };
	own_str char *hash = NULL;

	if (witness == NULL)
		make_witness();
	witness_add(witness, span_of(data, size), 1795340000, &a);
	promise(a.status == 200 || (a.status >= 400 && a.status <= 422));
	witness_answer_drop(&a);
	a = (struct witness_answer){ .status = 0 };
	hash = span_dup_str(span_of(data, size));
	witness_show(witness, hash, &a);
	promise(a.status == 200 || a.status == 404);
	witness_answer_drop(&a);
	return 0;
}
