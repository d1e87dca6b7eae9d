/* The verb and the reads of dossiers: what the one-stop shop's programs report.
 *
 * Each sentence begins with a word for machines and a colon; signer/dossier.c
 * says the same in Vietnamese. */
#include "register/verbs.h"

/* What the dossier would do next by this step, if it is a new one. */
#define FOLLOWS "EXISTS (SELECT 1 FROM dossier JOIN dossier_edge ON from_step = step WHERE handle = $handle AND to_step = $step)"

/* A public entry does not say that it is a correction.  Its reader knows all the
 * same: a step that no edge reaches from where the dossier stands corrects the
 * dossier's last step of that name.  So no correction may look like a step. */
static const struct verb verbs[] = {
	{ .name = "dossier.event", .callers = CALLER_SIGNER, .entry = 19, .org = "agency", .category = "kind", .handle = "handle",
	  .public = "step day ?[due] running",
	  .in = { { "handle", REG_BYTES }, { "agency", REG_TEXT }, { "kind", REG_TEXT, true }, { "code", REG_TEXT }, { "code_day", REG_INT }, { "running", REG_TEXT },
		  { "step", REG_TEXT }, { "day", REG_INT }, { "due", REG_INT, true }, { "reason", REG_TEXT, true }, { "corrects", REG_INT, true },
		  { "program", REG_BYTES }, { "key", REG_TEXT }, { "sha256", REG_BYTES } },
	  .check = { { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM dossier_event WHERE program = $program AND key = $key)", ERR_CONFLICT,
		       "key-used: this idempotency key was used for another event" },
		     { "SELECT 1 WHERE $step = 'received' OR EXISTS (SELECT 1 FROM dossier_edge WHERE to_step = $step)", ERR_INPUT,
		       "step-unknown: a step is received, paused, resumed, returned, refused or done" },
		     { "SELECT 1 WHERE $day * 86400 - 25200 <= $time", ERR_INPUT, "day-future: the day has not come yet" },
		     { "SELECT 1 WHERE $step <> 'received' OR $day = $code_day", ERR_INPUT, "day-of-code: a dossier is received on the day in its code" },
		     { "SELECT 1 WHERE $step = 'resumed' OR ($step = 'received') = ($due IS NOT NULL)", ERR_INPUT,
		       "due-where: a due day comes with received, may come again with resumed, and with no other step" },
		     { "SELECT 1 WHERE $due IS NULL OR $due >= $day", ERR_INPUT, "due-before: the due day lies before the step's own" },
		     { "SELECT 1 WHERE $step <> 'received' OR $corrects IS NOT NULL OR NOT EXISTS (SELECT 1 FROM dossier WHERE code = $code)", ERR_CONFLICT,
		       "received-before: this dossier was received before" },
		     { "SELECT 1 WHERE ($step = 'received' AND $corrects IS NULL) OR EXISTS (SELECT 1 FROM dossier WHERE handle = $handle AND code = $code "
		       "AND agency = $agency AND coalesce(kind, '') = coalesce($kind, '') AND running = $running)", ERR_ABSENT,
		       "not-received: no such dossier was received here" },
		     { "SELECT 1 WHERE $corrects IS NOT NULL OR $step = 'received' OR " FOLLOWS, ERR_CONFLICT,
		       "step-order: this step does not follow from where the dossier stands" },
		     { "SELECT 1 WHERE $corrects IS NOT NULL OR $step = 'received' OR EXISTS (SELECT 1 FROM dossier WHERE handle = $handle AND since <= $day)", ERR_INPUT,
		       "day-order: the day lies before that of the step before it" },
		     { "SELECT 1 WHERE $corrects IS NULL OR EXISTS (SELECT 1 FROM dossier_step s WHERE s.entry = $corrects AND s.handle = $handle AND s.step = $step "
		       "AND NOT EXISTS (SELECT 1 FROM dossier_step l WHERE l.handle = s.handle AND l.n > s.n AND l.step = s.step))", ERR_CONFLICT,
		       "corrects-other: a correction names the entry that stands for the dossier's last step of the same name" },
		     { "SELECT 1 WHERE $corrects IS NULL OR NOT " FOLLOWS, ERR_CONFLICT,
		       "corrects-later: at this moment the correction would read as a new step; send it after the dossier's next step" },
		     { "SELECT 1 WHERE $corrects IS NULL OR NOT EXISTS (SELECT 1 FROM dossier_step s JOIN dossier_step o ON o.handle = s.handle WHERE s.entry = $corrects "
		       "AND ((o.n = s.n - 1 AND o.day > $day) OR (o.n = s.n + 1 AND o.day < $day)))", ERR_INPUT,
		       "day-between: the corrected day lies before the step before or behind the step after" } },
	  .project = { "INSERT INTO dossier (handle, code, agency, kind, running, steps, step, since, due, entry, time) "
		       "SELECT $handle, $code, $agency, $kind, $running, 0, $step, $day, $due, $entry, $time WHERE $step = 'received' AND $corrects IS NULL",
		       "UPDATE dossier SET steps = steps + 1, step = $step WHERE handle = $handle AND $corrects IS NULL",
		       "INSERT INTO dossier_step (handle, n, step, day, due, reason, entry) "
		       "SELECT handle, steps, $step, $day, $due, $reason, $entry FROM dossier WHERE handle = $handle AND $corrects IS NULL",
		       "UPDATE dossier_step SET day = $day, due = $due, reason = $reason, entry = $entry WHERE entry = $corrects",
		       "UPDATE dossier SET since = (SELECT s.day FROM dossier_step s WHERE s.handle = $handle AND s.n = dossier.steps), "
		       "due = (SELECT s.due FROM dossier_step s WHERE s.handle = $handle AND s.due IS NOT NULL ORDER BY s.n DESC LIMIT 1) WHERE handle = $handle",
		       "INSERT INTO dossier_event (program, key, sha256, entry) VALUES ($program, $key, $sha256, $entry)" } },
	{ .name = NULL },
};

static const struct read reads[] = {
	{ .name = "dossier.by_code", .callers = CALLER_SIGNER, .columns = 3, .out = { REG_BYTES, REG_TEXT, REG_TEXT }, .in = { { "code", REG_TEXT } },
	  .sql = "SELECT handle, agency, kind FROM dossier WHERE code = $code" },
	{ .name = "dossier.reported", .callers = CALLER_SIGNER, .columns = 2, .out = { REG_BYTES, REG_INT }, .in = { { "program", REG_BYTES }, { "key", REG_TEXT } },
	  .sql = "SELECT sha256, entry FROM dossier_event WHERE program = $program AND key = $key" },
	{ .name = "dossier.permits", .callers = CALLER_SIGNER, .columns = 9,
	  .out = { REG_BYTES, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_INT, REG_INT, REG_INT }, .in = { { "code", REG_TEXT } },
	  .sql = "SELECT handle, kind, agency, state, number, short_code, day, valid_to, (SELECT count(*) FROM permit_change WHERE permit_change.handle = permit.handle) FROM permit WHERE dossier = $code ORDER BY entry LIMIT 100" },
	/* What antin-verifier says of a dossier, and no more: a dossier's code can be
	 * guessed from its neighbours, so that it leads to no permit's code. */
	{ .name = "known.dossier", .callers = CALLER_VERIFIER, .columns = 5, .out = { REG_TEXT, REG_TEXT, REG_TEXT, REG_INT, REG_INT }, .in = { { "code", REG_TEXT } },
	  .sql = "SELECT agency, kind, step, since, due FROM dossier WHERE code = $code" },
	{ .name = "known.dossier_permits", .callers = CALLER_VERIFIER, .columns = 8, .out = { REG_TEXT, REG_TEXT, REG_TEXT, REG_INT, REG_INT, REG_BYTES, REG_INT, REG_INT },
	  .in = { { "code", REG_TEXT } },
	  .sql = "SELECT kind, agency, state, day, time, handle, valid_to, (SELECT count(*) FROM permit_change WHERE permit_change.handle = permit.handle) FROM permit WHERE dossier = $code ORDER BY entry LIMIT 100" },
	{ .name = NULL },
};

const struct verb *dossier_verbs(void) { return verbs; }
const struct read *dossier_reads(void) { return reads; }
