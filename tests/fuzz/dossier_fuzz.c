/* What a program reports of dossiers: a batch is refused or each of its events
 * is; what is taken keeps its limits and reads the same again. */
#include "tests/fuzz/target.h"

#include "verifier/dossier.h"

static void
check_event(const struct dossier_event *x)
{
	struct dossier_code again;

	promise(dossier_code_read(&again, x->code) && strcmp(again.agency, x->part.agency) == 0 && again.day == x->part.day);
	promise(strcmp(x->code + strlen(x->code) - strlen(again.running), again.running) == 0);
	promise(dossier_step_say(x->step) != NULL && x->corrects >= -1);
	promise(x->reason == NULL || strlen(x->reason) <= 4 * DOSSIER_REASON_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_struct(dossier_batch) batch = { .n = 0 };
	struct err e;

	if (!dossier_batch_read(&batch, span_of(data, size), &e))
		return 0;
	promise(batch.n >= 1 && batch.n <= DOSSIER_BATCH_MAX);
	for (size_t i = 0; i < batch.n; i++) {
		struct dossier_why why;

		if (batch.item[i].good) {
			check_event(&batch.item[i].event);
			continue;
		}
		dossier_why(&why, &batch.item[i].e);
		promise(dossier_why_known(why.word) && strcmp(why.word, "inside") != 0);
	}
	return 0;
}
