/* The verbs and reads of the log itself, orders, sessions, publications. */
#include "register/lost.h"
#include "register/verbs.h"

#define DAEMONS (CALLER_CA | CALLER_SIGNER | CALLER_TSA)

/* What every signed order is held against, and how it is kept. */
#define NEW_ORDER { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM order_accepted WHERE id = $order_id)", ERR_CONFLICT, "this order was accepted before; an order acts once" }
#define AFTER_RESTORE { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM reimport WHERE entry >= $after_size)", ERR_CONFLICT, \
	"since this order was signed the register was restored, and cannot know whether it was carried out; look again and sign a new one" }
#define KEEP_ORDER "INSERT INTO order_accepted (id, verb, signer, cms, entry, time) VALUES ($order_id, $act, $signer, $cms, $entry, $time)"

/* Of one that waited before a restore nobody knows what became of it. */
#define WAITS { "SELECT 1 FROM order_waiting w WHERE id = $waiting AND sha256 = $sha256 AND outcome IS NULL AND " \
	"NOT EXISTS (SELECT 1 FROM reimport r WHERE r.entry >= w.entry)", ERR_CONFLICT, "no such order waits: it was carried out or withdrawn, or is from before a restore" }

static const struct verb verbs[] = {
	{ .name = "policy.adopt", .callers = DAEMONS, .entry = 10, .org = "org", .public = "hash",
	  .in = { { "org", REG_TEXT }, { "what", REG_TEXT }, { "hash", REG_BYTES }, { "body", REG_BYTES, true } },
	  .project = { "INSERT INTO policy_adopted (entry, what, hash, body, time) VALUES ($entry, $what, $hash, $body, $time)" } },

	/* An order's own entry; its effects are further verbs of the same unit. */
	{ .name = "order.accept", .callers = CALLER_CA | CALLER_SIGNER, .entry = 9, .org = "org", .category = "role", .order = true,
	  .in = { { "org", REG_TEXT }, { "role", REG_TEXT }, { "order_id", REG_BYTES }, { "act", REG_TEXT }, { "signer", REG_BYTES },
		  { "cms", REG_BYTES }, { "after_size", REG_INT }, { "after_root", REG_BYTES } },
	  .check = { NEW_ORDER, AFTER_RESTORE },
	  .project = { KEEP_ORDER } },

	/* An order that takes two people, when the first has signed: it is kept and does nothing yet. */
	{ .name = "order.wait", .callers = CALLER_CA, .entry = 9, .org = "org", .category = "role", .order = true,
	  .in = { { "org", REG_TEXT }, { "role", REG_TEXT }, { "order_id", REG_BYTES }, { "act", REG_TEXT }, { "signer", REG_BYTES },
		  { "cms", REG_BYTES }, { "after_size", REG_INT }, { "after_root", REG_BYTES },
		  { "person", REG_TEXT }, { "sha256", REG_BYTES }, { "expires", REG_INT } },
	  .check = { NEW_ORDER, AFTER_RESTORE },
	  .project = { KEEP_ORDER,
		       "INSERT INTO order_waiting (id, person, sha256, expires, entry) VALUES ($order_id, $person, $sha256, $expires, $entry)" } },

	/* The second person's order; what the first one ordered follows in the same unit. */
	{ .name = "order.consent", .callers = CALLER_CA, .entry = 9, .org = "org", .category = "role", .order = true,
	  .in = { { "org", REG_TEXT }, { "role", REG_TEXT }, { "order_id", REG_BYTES }, { "act", REG_TEXT }, { "signer", REG_BYTES },
		  { "cms", REG_BYTES }, { "after_size", REG_INT }, { "after_root", REG_BYTES },
		  { "person", REG_TEXT }, { "waiting", REG_BYTES }, { "sha256", REG_BYTES } },
	  .check = { NEW_ORDER, AFTER_RESTORE, WAITS,
		     { "SELECT 1 FROM order_waiting WHERE id = $waiting AND person <> $person", ERR_POLICY,
		       "this takes two people, and one person's two signatures are one" },
		     { "SELECT 1 FROM order_waiting WHERE id = $waiting AND expires >= $time", ERR_CONFLICT, "the order that waited has expired; sign a new one" } },
	  .project = { KEEP_ORDER, "UPDATE order_waiting SET outcome = 'consented', ended_entry = $entry WHERE id = $waiting" } },

	/* Who signed first takes it back. */
	{ .name = "order.withdraw", .callers = CALLER_CA, .entry = 9, .org = "org", .category = "role", .order = true,
	  .in = { { "org", REG_TEXT }, { "role", REG_TEXT }, { "order_id", REG_BYTES }, { "act", REG_TEXT }, { "signer", REG_BYTES },
		  { "cms", REG_BYTES }, { "after_size", REG_INT }, { "after_root", REG_BYTES },
		  { "person", REG_TEXT }, { "waiting", REG_BYTES }, { "sha256", REG_BYTES } },
	  .check = { NEW_ORDER, AFTER_RESTORE, WAITS,
		     { "SELECT 1 FROM order_waiting WHERE id = $waiting AND person = $person", ERR_POLICY, "an order that waits is withdrawn by who signed it" } },
	  .project = { KEEP_ORDER, "UPDATE order_waiting SET outcome = 'withdrawn', ended_entry = $entry WHERE id = $waiting" } },

	/* Nothing about the subject of an order may be newer than what its signer saw. */
	{ .name = "order.fresh", .callers = CALLER_CA | CALLER_SIGNER, .entry = VERB_QUIET,
	  .in = { { "subject", REG_BYTES }, { "after_size", REG_INT } },
	  .check = { { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM log_subject WHERE handle = $subject AND last >= $after_size)", ERR_CONFLICT,
		       "something about the subject changed since you looked; look again and sign a new order" } } },

	{ .name = "stamp.batch", .callers = CALLER_TSA, .entry = 8, .org = "org", .public = "kind number first last size sha256",
	  .in = { { "org", REG_TEXT }, { "kind", REG_TEXT }, { "first", REG_INT }, { "last", REG_INT }, { "size", REG_INT }, { "sha256", REG_BYTES }, { "body", REG_BYTES } },
	  .allot = { { "number", REG_INT, "SELECT max(n) + 1 FROM (SELECT coalesce(max(number), 0) AS n FROM stamp_batch UNION ALL "
			       "SELECT coalesce(max(number), 0) FROM list_lost WHERE kind = 'tst') AS given" } },
	  .project = { "INSERT INTO stamp_batch (entry, number, first, last, body, time) VALUES ($entry, $number, $first, $last, $body, $time)" } },

	/* After a restore: entries first to last came back without their records
	 * (lost.h); lost: CBOR array of their indexes; backup: SHA-256 of its manifest. */
	{ .name = "log.reimported", .callers = CALLER_REGISTER, .entry = 18, .public = "first last",
	  .in = { { "first", REG_INT }, { "last", REG_INT }, { "lost", REG_BYTES }, { "backup", REG_BYTES }, { "checkpoint", REG_TEXT } },
	  .project = { lost_places, lost_books } },

	/* The day's report, made by antin-register itself from what is published; its files are put in the same unit. */
	{ .name = "report.publish", .callers = CALLER_REGISTER, .entry = 11, .public = "spec size sha256",
	  .in = { { "spec", REG_TEXT }, { "size", REG_INT }, { "sha256", REG_BYTES }, { "json_sha256", REG_BYTES }, { "html_sha256", REG_BYTES },
		  { "index_sha256", REG_BYTES }, { "css_sha256", REG_BYTES } },
	  .check = { { "SELECT 1 WHERE $size BETWEEN 1 AND $entry", ERR_BUG, "a report is about what the log has" } },
	  .project = { "INSERT INTO report (entry, spec, size, sha256, json_sha256, html_sha256, index_sha256, css_sha256, time) "
		       "VALUES ($entry, $spec, $size, $sha256, $json_sha256, $html_sha256, $index_sha256, $css_sha256, $time)" } },

	/* The same octets again are no publication: seq says what is yet to be written. */
	{ .name = "publish.put", .callers = CALLER_CA | CALLER_SIGNER | CALLER_REGISTER, .entry = VERB_QUIET,
	  .in = { { "path", REG_TEXT }, { "body", REG_BYTES } },
	  .project = { "INSERT INTO publication (path, body, seq) VALUES ($path, $body, (SELECT coalesce(max(seq), 0) + 1 FROM publication)) "
		       "ON CONFLICT (path) DO UPDATE SET body = excluded.body, seq = excluded.seq WHERE publication.body IS DISTINCT FROM excluded.body" } },

	{ .name = "session.put", .callers = CALLER_SIGNER, .entry = VERB_QUIET,
	  .in = { { "id", REG_BYTES }, { "body", REG_BYTES }, { "expires", REG_INT } },
	  .project = { "DELETE FROM session WHERE expires < $time", "INSERT INTO session (id, body, expires) VALUES ($id, $body, $expires)" } },

	{ .name = "session.take", .callers = CALLER_SIGNER, .entry = VERB_QUIET,
	  .in = { { "id", REG_BYTES } },
	  .check = { { "SELECT 1 FROM session WHERE id = $id AND expires >= $time", ERR_CONFLICT,
		       "this preparation is used, expired or unknown; prepare again" } },
	  .allot = { { "body", REG_BYTES, "SELECT body FROM session WHERE id = $id" } },
	  .project = { "DELETE FROM session WHERE id = $id" } },
	{ .name = NULL },
};

static const struct read reads[] = {
	{ .name = "log.head", .callers = DAEMONS | CALLER_VERIFIER, .columns = 3, .out = { REG_INT, REG_INT, REG_BYTES },
	  .sql = "SELECT size, time, edge FROM log_head" },
	{ .name = "log.published", .callers = DAEMONS | CALLER_VERIFIER, .columns = 2, .out = { REG_INT, REG_TEXT },
	  .sql = "SELECT size, note FROM log_published" },
	/* No row: no witness is asked; size 0: none has cosigned yet. */
	{ .name = "log.witnessed", .callers = DAEMONS | CALLER_VERIFIER, .columns = 3, .out = { REG_INT, REG_TEXT, REG_INT },
	  .sql = "SELECT size, note, as_of FROM log_witnessed" },
	{ .name = "log.entry", .callers = DAEMONS | CALLER_VERIFIER, .columns = 3, .out = { REG_BYTES, REG_BYTES, REG_BYTES },
	  .in = { { "idx", REG_INT } }, .sql = "SELECT entry, record, salt FROM log_entry WHERE idx = $idx" },
	{ .name = "log.tile", .callers = CALLER_VERIFIER, .columns = 2, .out = { REG_INT, REG_BYTES },
	  .in = { { "level", REG_INT }, { "n", REG_INT } }, .sql = "SELECT width, hashes FROM log_tile WHERE level = $level AND n = $n" },
	{ .name = "publish.last", .callers = DAEMONS, .columns = 1, .out = { REG_BYTES }, .in = { { "path", REG_TEXT } },
	  .sql = "SELECT body FROM publication WHERE path = $path" },
	{ .name = "roll_over.recorded", .callers = CALLER_CA, .columns = 1, .out = { REG_BYTES }, .in = { { "known", REG_INT } },
	  .sql = "SELECT body FROM policy_adopted WHERE what = 'roll-over' ORDER BY entry LIMIT 8 OFFSET $known" },
	{ .name = "policy.last", .callers = DAEMONS, .columns = 3, .out = { REG_BYTES, REG_BYTES, REG_INT },
	  .in = { { "what", REG_TEXT } }, .sql = "SELECT hash, body, entry FROM policy_adopted WHERE what = $what ORDER BY entry DESC LIMIT 1" },
	{ .name = "orders", .callers = CALLER_CA | CALLER_SIGNER, .columns = 6, .out = { REG_BYTES, REG_TEXT, REG_BYTES, REG_BYTES, REG_INT, REG_INT },
	  .in = { { "after", REG_INT } }, .sql = "SELECT id, verb, signer, cms, time, entry FROM order_accepted WHERE entry > $after ORDER BY entry LIMIT 200" },
	/* Those that have the authority publish, from an entry on. */
	{ .name = "orders.to_publish", .callers = CALLER_CA, .columns = 1, .out = { REG_BYTES },
	  .in = { { "since", REG_INT } }, .sql = "SELECT cms FROM order_accepted WHERE entry >= $since AND verb = 'authority.publish' ORDER BY entry" },
	{ .name = "order.accepted", .callers = CALLER_SIGNER, .columns = 1, .out = { REG_INT }, .in = { { "id", REG_BYTES } },
	  .sql = "SELECT entry FROM order_accepted WHERE id = $id" },
	{ .name = "order.waiting", .callers = CALLER_CA, .columns = 4, .out = { REG_BYTES, REG_TEXT, REG_INT, REG_TEXT }, .in = { { "id", REG_BYTES } },
	  .sql = "SELECT a.cms, w.person, w.expires, w.outcome FROM order_waiting w JOIN order_accepted a ON a.id = w.id WHERE w.id = $id" },
	{ .name = "orders.waiting", .callers = CALLER_CA, .columns = 5, .out = { REG_BYTES, REG_TEXT, REG_TEXT, REG_BYTES, REG_INT }, .in = { { "now", REG_INT }, { "id", REG_BYTES, true } },
	  .sql = "SELECT a.id, a.verb, w.person, a.cms, w.expires FROM order_waiting w JOIN order_accepted a ON a.id = w.id "
		 "WHERE w.outcome IS NULL AND w.expires >= $now AND ($id IS NULL OR w.id = $id) ORDER BY w.expires LIMIT 200" },
	{ .name = NULL },
};

const struct verb *log_verbs(void) { return verbs; }
const struct read *log_reads(void) { return reads; }
