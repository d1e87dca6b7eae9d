/*
 * verifier/worker.h -- what a worker does with its one document.
 *
 *	VERIFY_FILE	at (u64), day (u64), since when the register has it (u64, 0: it has not), is what was relied on wanted (u64),
 *			document (memfd) -> report JSON without its answer
 *	VERIFY_ENTRY	place, zip (memfd) -> files, name, octets, refusal (CBOR, empty: none)
 *	GATE_CSR	request -> where its parts are (csr.h)
 *	VERIFY_PUBLICATIONS  contents (CBOR, an array of byte strings) -> of each its lines or null, JSON
 *	GATE_SUBMISSION	day, version, day amended, handle, submission (memfd) -> content, facts JSON
 *
 * A zygote_work: runs in a process that can do nothing but compute.  The state
 * is loaded before the zygote is forked and is only read.
 */
#pragma once

#include "base/msg.h"
#include "verifier/judge.h"

struct worker {
	const struct policy *policy;
	struct permit_grammars *grammars;
	const struct evidence *evidence;
	const struct tier_list *tiers;	/* may be NULL */
};

bool worker_run(void *state, const struct msg *in, struct msg *out, struct err *e);
