/* The verbs and reads of requests, certificates, appointments, CRLs, programs. */
#include "register/verbs.h"
#include "register/within.h"

/* What was suspended is so no more: resumed, or revoked. */
#define END_HOLD "UPDATE certificate_hold SET ended_entry = $entry WHERE serial = $serial AND ended_entry IS NULL"

/*
 * No order leaves fewer than two approvers: with one alone nobody can approve what
 * that one asks for.  Counted are people: appointed to approve on the day of the
 * entry, with no end on record, not even one that lies ahead, and with a
 * certificate that is active, has not expired and commits its person (orders are
 * given with it).  Where there are fewer already (a demonstration has one) an order
 * may change anything but who they are.
 * `stays`: what of an approver is left.  state || '' leads the database from the
 * few approvers to their certificates, never by way of all that are active.
 */
#define TODAY "(($time + 25200) / 86400)"	/* in Vietnam */
#define APPROVERS_STAY(stays) \
	{ "SELECT 1 FROM (SELECT count(DISTINCT ap.person) AS had, count(DISTINCT CASE WHEN " stays " THEN ap.person END) AS keeps " \
	  "FROM appointment ap JOIN certificate ac ON ac.person = ap.person WHERE ap.role = 'approver' AND ap.ended_day IS NULL AND " \
	  "ap.from_day <= " TODAY " AND (ap.to_day IS NULL OR ap.to_day >= " TODAY ") AND ac.state || '' = 'active' AND ac.commits = 1 AND ac.not_after >= $time) AS approvers " \
	  "WHERE keeps >= 2 OR keeps = had", ERR_POLICY, "this would leave fewer than two active approvers; appoint another, or certify one anew, first" }
#define APPROVERS_WITHOUT_CERTIFICATE APPROVERS_STAY("ac.serial <> $serial")
#define APPROVERS_WITHOUT_APPOINTMENT APPROVERS_STAY("ap.id <> $id")

#define NOT_BLOCKED { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM key_blocked WHERE key_id = $key_id)", ERR_POLICY, "this key is blocked for ever: others know it", \
	"key-blocked", "Khóa này bị chặn vĩnh viễn vì người khác cũng biết nó." }

/*
 * A mailbox is one person's: of the request's whose $mail it is, and of everybody
 * who has a certificate for it that lives or (`asked`) a request that waits.  Who
 * has left takes the certificate along only until it has ended.
 */
#define MAILBOX_IS_FREE(mail, person, asked) \
	{ "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM request AS other WHERE other.mail = " mail " AND other.person <> " person " AND (" asked \
	  "EXISTS (SELECT 1 FROM certificate AS oc WHERE oc.person = other.person AND oc.request = other.id AND oc.state IN ('reserved', 'active', 'held') AND oc.not_after >= $time)))", \
	  ERR_POLICY, "this mailbox is another person's", "mail-of-another", "Địa chỉ thư điện tử này đã thuộc người khác." }
#define OF_REQUEST(column) "(SELECT " column " FROM request AS mine WHERE mine.id = $request)"

/*
 * When an appointment ended.  TUQ. ends with that of who authorises, which is not
 * TUQ. itself; one that names none, from before it had to, gives no right.
 */
#define APPOINTED_END "CASE WHEN a.mode <> 'TUQ.' THEN a.ended_day WHEN b.id IS NULL THEN a.from_day " \
	"WHEN b.ended_day < coalesce(a.ended_day, b.ended_day + 1) THEN b.ended_day ELSE a.ended_day END"
#define APPOINTED "a.id, a.role, a.agency, a.title, a.mode, a.kinds, a.from_day, a.to_day, " APPOINTED_END ", a.person, a.authorised_by " \
	"FROM appointment a LEFT JOIN appointment b ON b.id = a.authorised_by"
#define APPOINTED_COLUMNS 11
#define APPOINTED_OUT { REG_BYTES, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_INT, REG_INT, REG_INT, REG_TEXT, REG_BYTES }

static const struct verb verbs[] = {
	{ .name = "request.submit", .callers = CALLER_CA, .entry = 13, .org = "agency", .category = "profile", .handle = "id",
	  .in = { { "id", REG_BYTES }, { "facts", REG_TEXT }, { "csr", REG_BYTES }, { "key_id", REG_BYTES }, { "profile", REG_TEXT },
		  { "person", REG_TEXT, true }, { "agency", REG_TEXT }, { "token", REG_TEXT, true }, { "mail", REG_TEXT, true } },
	  .check = { NOT_BLOCKED, MAILBOX_IS_FREE("$mail", "$person", "other.state = 'pending' OR "),
		     { "SELECT 1 WHERE $token IS NULL OR EXISTS (SELECT 1 FROM token WHERE serial = $token AND person = $person AND state = 'held')", ERR_POLICY,
		       "this token is not registered to this person, or is lost", "token-not-held", "Thiết bị khóa này chưa đăng ký cho người này, hoặc đã báo mất." },
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM request WHERE key_id = $key_id AND facts = $facts AND state <> 'rejected')", ERR_CONFLICT,
		       "this was asked for before", "request-again", "Yêu cầu này đã được gửi trước đó." },
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM certificate WHERE key_id = $key_id AND "
		       "(person IS DISTINCT FROM $person OR (person IS NULL AND agency <> $agency)))", ERR_POLICY,
		       "this key already belongs to somebody else's certificate", "key-of-another", "Khóa này đã thuộc chứng thư số của người khác." },
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM request WHERE key_id = $key_id AND state = 'pending' AND "
		       "(person IS DISTINCT FROM $person OR (person IS NULL AND agency <> $agency)))", ERR_POLICY,
		       "somebody else asks for a certificate with this key", "key-asked-by-another", "Người khác đang xin chứng thư số với khóa này." } },
	  .project = { "INSERT INTO request (id, facts, csr, key_id, profile, person, agency, state, entry, time, token, mail) "
		       "VALUES ($id, $facts, $csr, $key_id, $profile, $person, $agency, 'pending', $entry, $time, $token, $mail)" } },

	{ .name = "request.reject", .callers = CALLER_CA, .entry = 13, .org = "agency", .handle = "id",
	  .in = { { "id", REG_BYTES }, { "agency", REG_TEXT }, { "reason", REG_TEXT } },
	  .check = { { "SELECT 1 FROM request WHERE id = $id AND state = 'pending'", ERR_CONFLICT, "this request is not waiting any more" } },
	  .project = { "UPDATE request SET state = 'rejected', reason = $reason WHERE id = $id" } },

	/* A USB token is one person's. */
	{ .name = "token.register", .callers = CALLER_CA, .entry = 13, .org = "agency",
	  .in = { { "serial", REG_TEXT }, { "model", REG_TEXT }, { "person", REG_TEXT }, { "agency", REG_TEXT }, { "state", REG_TEXT } },
	  .check = { { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM token WHERE serial = $serial AND person <> $person)", ERR_CONFLICT,
		       "this token is registered to another person" },
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM token WHERE serial = $serial AND state = 'lost')", ERR_CONFLICT, "this token was lost, and stays so" },
		     { "SELECT 1 WHERE $state <> 'lost' OR EXISTS (SELECT 1 FROM token WHERE serial = $serial)", ERR_ABSENT, "this token was never registered" } },
	  .project = { "INSERT INTO token (serial, model, person, agency, state, entry) VALUES ($serial, $model, $person, $agency, $state, $entry) "
		       "ON CONFLICT (serial) DO UPDATE SET model = excluded.model, agency = excluded.agency, state = excluded.state, entry = excluded.entry" } },

	{ .name = "cert.reserve", .callers = CALLER_CA, .entry = 0, .org = "org", .handle = "request", .words = "name",
	  .in = { { "org", REG_TEXT }, { "serial", REG_BYTES }, { "request", REG_BYTES }, { "profile", REG_TEXT }, { "person", REG_TEXT, true },
		  { "name", REG_TEXT }, { "agency", REG_TEXT }, { "key_id", REG_BYTES }, { "tbs", REG_BYTES },
		  { "not_before", REG_INT }, { "not_after", REG_INT }, { "generation", REG_INT, true }, { "commits", REG_INT, true } },
	  .check = { NOT_BLOCKED, MAILBOX_IS_FREE(OF_REQUEST("mail"), OF_REQUEST("person"), ""),
		     /* Records older than the second generation name none: theirs is the first.
		      * An older generation goes on answering for its own certificates. */
		     { "SELECT 1 WHERE $generation = 1 + (SELECT count(*) FROM policy_adopted WHERE what = 'roll-over') OR "
		       "($profile = 'ocsp' AND $generation <= (SELECT count(*) FROM policy_adopted WHERE what = 'roll-over'))", ERR_CONFLICT,
		       "another generation of the authority issues; try again" },
		     { "SELECT 1 FROM request WHERE id = $request AND state = 'pending'", ERR_CONFLICT, "this request is not waiting any more" },
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM certificate WHERE serial = $serial) AND "
		       "NOT EXISTS (SELECT 1 FROM certificate_lost WHERE serial = $serial)", ERR_BUG, "a serial number was drawn twice" } },
	  /* Older records do not say what commits a person: then it was the certificates of
	   * these two profiles, whatever the policy has now. */
	  .project = { "UPDATE request SET state = 'approved' WHERE id = $request",
		       "INSERT INTO certificate (serial, request, profile, person, name, agency, key_id, tbs, not_before, not_after, state, entry, time, generation, words, commits) "
		       "VALUES ($serial, $request, $profile, $person, $name, $agency, $key_id, $tbs, $not_before, $not_after, 'reserved', $entry, $time, coalesce($generation, 1), $words, "
		       "coalesce($commits, CASE WHEN $profile IN ('administrator', 'official') THEN 1 ELSE 0 END))" } },

	{ .name = "cert.issue", .callers = CALLER_CA, .entry = 1, .org = "org", .category = "profile", .handle = "request",
	  .public = "serial not_after generation",
	  .in = { { "org", REG_TEXT }, { "profile", REG_TEXT }, { "request", REG_BYTES }, { "serial", REG_BYTES }, { "not_after", REG_INT },
		  { "generation", REG_INT }, { "der", REG_BYTES } },
	  .check = { { "SELECT 1 FROM certificate WHERE serial = $serial AND state = 'reserved'", ERR_CONFLICT, "this serial number is not reserved" } },
	  .project = { "UPDATE certificate SET state = 'active', der = $der, issued_entry = $entry WHERE serial = $serial" } },

	/* Revoked (reason of RFC 5280 5.3.1) or, for a reservation, voided. */
	{ .name = "cert.revoke", .callers = CALLER_CA, .entry = 2, .org = "org", .category = "profile", .handle = "request",
	  .public = "serial not_after reason date ?[invalidity] shard",
	  .in = { { "org", REG_TEXT }, { "profile", REG_TEXT }, { "request", REG_BYTES }, { "serial", REG_BYTES }, { "not_after", REG_INT },
		  { "reason", REG_INT }, { "date", REG_INT }, { "invalidity", REG_INT, true }, { "shard", REG_INT } },
	  .check = { { "SELECT 1 FROM certificate WHERE serial = $serial AND state IN ('active', 'held') UNION ALL "
		       "SELECT 1 FROM certificate_lost WHERE serial = $serial AND state = 'active'", ERR_CONFLICT, "this certificate is not active" },
		     APPROVERS_WITHOUT_CERTIFICATE },
	  .project = { "UPDATE certificate SET state = 'revoked', revoked_at = $date, reason = $reason, invalidity = $invalidity, ended_entry = $entry WHERE serial = $serial",
		       "UPDATE certificate_lost SET state = 'revoked', revoked_at = $date, reason = $reason, invalidity = $invalidity, ended_entry = $entry WHERE serial = $serial",
		       END_HOLD } },

	/* Suspended, and back: certificateHold, and in the log alone removeFromCRL. */
	{ .name = "cert.suspend", .callers = CALLER_CA, .entry = 2, .org = "org", .category = "profile", .handle = "request",
	  .public = "serial not_after reason date shard",
	  .in = { { "org", REG_TEXT }, { "profile", REG_TEXT }, { "request", REG_BYTES }, { "serial", REG_BYTES }, { "not_after", REG_INT },
		  { "reason", REG_INT }, { "date", REG_INT }, { "shard", REG_INT } },
	  .check = { { "SELECT 1 FROM certificate WHERE serial = $serial AND state = 'active'", ERR_CONFLICT, "this certificate is not active" },
		     { "SELECT 1 WHERE $reason = 6", ERR_BUG, "a suspension has the reason certificateHold" },
		     APPROVERS_WITHOUT_CERTIFICATE },
	  .project = { "UPDATE certificate SET state = 'held', revoked_at = $date, reason = $reason, ended_entry = $entry WHERE serial = $serial",
		       "INSERT INTO certificate_hold (serial, entry, since, not_after) VALUES ($serial, $entry, $date, $not_after)" } },

	{ .name = "cert.resume", .callers = CALLER_CA, .entry = 2, .org = "org", .category = "profile", .handle = "request",
	  .public = "serial not_after reason date shard",
	  .in = { { "org", REG_TEXT }, { "profile", REG_TEXT }, { "request", REG_BYTES }, { "serial", REG_BYTES }, { "not_after", REG_INT },
		  { "reason", REG_INT }, { "date", REG_INT }, { "shard", REG_INT } },
	  .check = { { "SELECT 1 FROM certificate WHERE serial = $serial AND state = 'held'", ERR_CONFLICT, "this certificate is not suspended" },
		     { "SELECT 1 WHERE $reason = 8", ERR_BUG, "a resume has the reason removeFromCRL" } },
	  .project = { "UPDATE certificate SET state = 'active', revoked_at = NULL, reason = NULL, ended_entry = $entry WHERE serial = $serial",
		       END_HOLD } },

	{ .name = "cert.void", .callers = CALLER_CA, .entry = 2, .org = "org", .category = "profile", .handle = "request",
	  .public = "serial not_after reason date shard",
	  .in = { { "org", REG_TEXT }, { "profile", REG_TEXT }, { "request", REG_BYTES }, { "serial", REG_BYTES }, { "not_after", REG_INT },
		  { "reason", REG_INT }, { "date", REG_INT }, { "shard", REG_INT } },
	  .check = { { "SELECT 1 FROM certificate WHERE serial = $serial AND state = 'reserved'", ERR_CONFLICT, "this serial number is not reserved" } },
	  .project = { "UPDATE certificate SET state = 'void', revoked_at = $date, reason = $reason, ended_entry = $entry WHERE serial = $serial",
		       "UPDATE request SET state = 'pending' WHERE id = $request" } },

	/* Last in its unit, after the revocation of every certificate with the key: a
	 * key that is blocked has none that lives, and gets none. */
	{ .name = "key.block", .callers = CALLER_CA, .entry = 20, .org = "org", .public = "key_id",
	  .in = { { "org", REG_TEXT }, { "key_id", REG_BYTES }, { "reason", REG_TEXT } },
	  .check = { { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM key_blocked WHERE key_id = $key_id)", ERR_CONFLICT, "this key is blocked already" },
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM certificate WHERE key_id = $key_id AND state NOT IN ('revoked', 'void'))", ERR_CONFLICT,
		       "a certificate with this key was made meanwhile; look again" } },
	  .project = { "INSERT INTO key_blocked (key_id, reason, entry, time) VALUES ($key_id, $reason, $entry, $time)",
		       "UPDATE request SET state = 'rejected', reason = $reason WHERE key_id = $key_id AND state = 'pending'" } },

	{ .name = "person.appoint", .callers = CALLER_CA, .entry = 10, .org = "agency", .category = "role", .handle = "id",
	  .in = { { "id", REG_BYTES }, { "person", REG_TEXT }, { "role", REG_TEXT }, { "agency", REG_TEXT }, { "title", REG_TEXT }, { "mode", REG_TEXT },
		  { "kinds", REG_TEXT }, { "from_day", REG_INT }, { "to_day", REG_INT, true }, { "decision", REG_TEXT }, { "authorised_by", REG_BYTES, true } },
	  /* As many as are read (ca/appointment.h): no heap of small ones hides a great one. */
	  .check = { { "SELECT 1 WHERE (SELECT count(*) FROM appointment WHERE person = $person AND (ended_day IS NULL OR ended_day > " TODAY ")) < 64", ERR_LIMIT,
		       "this person has 64 appointments already; end some first" },
		     { "SELECT 1 WHERE CASE WHEN $mode = 'TUQ.' THEN 1 ELSE 0 END = CASE WHEN $authorised_by IS NULL THEN 0 ELSE 1 END", ERR_BUG,
		       "TUQ. names whose authorisation it is, and no other mode does" },
		     { "SELECT 1 WHERE $authorised_by IS NULL OR EXISTS (SELECT 1 FROM appointment WHERE id = $authorised_by AND mode <> 'TUQ.' AND "
		       "(ended_day IS NULL OR ended_day > $to_day))", ERR_POLICY, "the right of who authorises has ended, or ends before", "authority-ended",
		       "quyền của người ủy quyền đã chấm dứt, hoặc chấm dứt trước" } },
	  .project = { "INSERT INTO appointment (id, person, role, agency, title, mode, kinds, from_day, to_day, decision, entry, authorised_by) "
		       "VALUES ($id, $person, $role, $agency, $title, $mode, $kinds, $from_day, $to_day, $decision, $entry, $authorised_by)" } },

	{ .name = "person.end", .callers = CALLER_CA, .entry = 10, .org = "agency", .handle = "id",
	  .in = { { "id", REG_BYTES }, { "agency", REG_TEXT }, { "day", REG_INT } },
	  .check = { { "SELECT 1 FROM appointment WHERE id = $id AND ended_day IS NULL", ERR_CONFLICT, "this appointment has ended already, or never was" },
		     APPROVERS_WITHOUT_APPOINTMENT },
	  .project = { "UPDATE appointment SET ended_day = $day WHERE id = $id" } },

	/* The authority goes on with a new key (ca/roll_over.h). */
	{ .name = "authority.roll_over", .callers = CALLER_CA, .entry = 10, .org = "org", .public = "hash",
	  .in = { { "org", REG_TEXT }, { "generation", REG_INT }, { "hash", REG_BYTES }, { "body", REG_BYTES } },
	  .check = { { "SELECT 1 WHERE $generation = 2 + (SELECT count(*) FROM policy_adopted WHERE what = 'roll-over')", ERR_CONFLICT,
		       "another roll-over was recorded meanwhile" } },
	  .project = { "INSERT INTO policy_adopted (entry, what, hash, body, time) VALUES ($entry, 'roll-over', $hash, $body, $time)" } },

	/* The root's next CRL, from a ceremony (ca/root_crl.h); size: its octets.  What a
	 * restore lost may have entries that nobody here knows of: it comes first. */
	{ .name = "authority.root_crl", .callers = CALLER_CA, .entry = 8, .org = "org", .public = "kind number this_update next_update size sha256",
	  .in = { { "org", REG_TEXT }, { "kind", REG_TEXT }, { "number", REG_INT }, { "this_update", REG_INT }, { "next_update", REG_INT },
		  { "size", REG_INT }, { "sha256", REG_BYTES }, { "follows", REG_BYTES }, { "body", REG_BYTES } },
	  .check = { { "SELECT 1 FROM publication WHERE path = 'crl/root.crl' AND body = $follows", ERR_CONFLICT, "another CRL of the root was published meanwhile" },
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM list_lost AS l WHERE l.kind = 'root' AND l.number = (SELECT max(number) FROM list_lost WHERE kind = 'root') "
		       "AND l.sha256 <> $sha256 AND NOT EXISTS (SELECT 1 FROM policy_adopted WHERE what = 'root-crl' AND hash = l.sha256))", ERR_CONFLICT,
		       "a restore lost the record of the root's CRL that is public; order that one first" } },
	  .project = { "INSERT INTO policy_adopted (entry, what, hash, body, time) VALUES ($entry, 'root-crl', $sha256, $body, $time)" } },

	/* A function of the first `size` entries, whose root it names.  Older records
	 * have the octets' length there, and no root. */
	{ .name = "crl.reserve", .callers = CALLER_CA, .entry = 8, .org = "org", .public = "kind number this_update next_update size ?[root] sha256",
	  .in = { { "org", REG_TEXT }, { "kind", REG_TEXT }, { "number", REG_INT }, { "shard", REG_INT }, { "this_update", REG_INT }, { "next_update", REG_INT },
		  { "size", REG_INT }, { "root", REG_BYTES, true }, { "sha256", REG_BYTES }, { "tbs", REG_BYTES } },
	  .check = { { "SELECT 1 WHERE $root IS NOT NULL AND $size <= $entry", ERR_BUG, "a CRL names the log that it follows from" },
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM crl WHERE number >= $number) AND "
		       "NOT EXISTS (SELECT 1 FROM list_lost WHERE kind LIKE 'crl%' AND number >= $number)", ERR_CONFLICT, "a CRL with this number or a later one exists" },
		     /* Of two authorities' CRLs the later one has seen what the earlier one had. */
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM crl WHERE number = (SELECT max(number) FROM crl WHERE shard = $shard) AND entry >= $size)", ERR_CONFLICT,
		       "another CRL was recorded meanwhile" } },
	  .project = { "INSERT INTO crl (number, shard, tbs, this_update, next_update, entry) VALUES ($number, $shard, $tbs, $this_update, $next_update, $entry)" } },

	{ .name = "crl.signed", .callers = CALLER_CA, .entry = VERB_QUIET,
	  .in = { { "number", REG_INT }, { "der", REG_BYTES } },
	  .check = { { "SELECT 1 FROM crl WHERE number = $number", ERR_CONFLICT, "this CRL number is not reserved" },
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM crl WHERE number > $number AND shard = (SELECT shard FROM crl WHERE number = $number))", ERR_CONFLICT,
		       "a later CRL was recorded meanwhile" } },
	  .project = { "UPDATE crl SET der = $der WHERE number = $number" } },

	/* A batch of OCSP responses, whole (follows null) or what changed since a whole
	 * one that is signed: a function of the first `size` entries. */
	{ .name = "ocsp.reserve", .callers = CALLER_CA, .entry = 8, .org = "org", .public = "kind number this_update next_update size root sha256",
	  .in = { { "org", REG_TEXT }, { "kind", REG_TEXT }, { "number", REG_INT }, { "shard", REG_INT, true }, { "follows", REG_INT, true }, { "responder", REG_BYTES },
		  { "this_update", REG_INT }, { "next_update", REG_INT }, { "size", REG_INT }, { "root", REG_BYTES }, { "sha256", REG_BYTES } },
	  .check = { { "SELECT 1 WHERE $shard IS NOT NULL", ERR_BUG, "a batch of OCSP responses is of a generation of the authority" },
		      { "SELECT 1 WHERE $size <= $entry", ERR_BUG, "a batch of OCSP responses names the log that it follows from" },
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM ocsp WHERE number >= $number) AND "
		       "NOT EXISTS (SELECT 1 FROM list_lost WHERE kind LIKE 'ocsp%' AND number >= $number)", ERR_CONFLICT,
		       "a batch of OCSP responses with this number or a later one exists" },
		     /* Of two authorities' batches the later one has seen what the earlier one had. */
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM ocsp WHERE number = (SELECT max(number) FROM ocsp WHERE shard = $shard) AND entry >= $size)", ERR_CONFLICT,
		       "another batch of OCSP responses was recorded meanwhile" },
		     { "SELECT 1 WHERE $follows IS NULL OR EXISTS (SELECT 1 FROM ocsp WHERE number = $follows AND signed <> 0 AND "
		       "number = (SELECT max(number) FROM ocsp WHERE follows IS NULL AND shard = $shard))", ERR_CONFLICT, "the batch of OCSP responses that this one follows is not the last whole one, signed" } },
	  .project = { "INSERT INTO ocsp (number, follows, responder, this_update, next_update, size, sha256, signed, entry, shard) "
		       "VALUES ($number, $follows, $responder, $this_update, $next_update, $size, $sha256, 0, $entry, coalesce($shard, 0))" } },

	/* Goes before a pack of the batch is put: not when a later batch is under way. */
	{ .name = "ocsp.turn", .callers = CALLER_CA, .entry = VERB_QUIET,
	  .in = { { "number", REG_INT } },
	  .check = { { "SELECT 1 FROM ocsp WHERE number = $number AND NOT EXISTS (SELECT 1 FROM ocsp AS later WHERE later.number > $number AND later.shard = ocsp.shard)", ERR_CONFLICT,
		       "a later batch of OCSP responses was recorded meanwhile" } } },

	/* All its packs are put. */
	{ .name = "ocsp.signed", .callers = CALLER_CA, .entry = VERB_QUIET,
	  .in = { { "number", REG_INT } },
	  .check = { { "SELECT 1 FROM ocsp WHERE number = $number AND NOT EXISTS (SELECT 1 FROM ocsp AS later WHERE later.number > $number AND later.shard = ocsp.shard)", ERR_CONFLICT,
		       "a later batch of OCSP responses was recorded meanwhile" } },
	  .project = { "UPDATE ocsp SET signed = 1 WHERE number = $number" } },

	{ .name = "program.register", .callers = CALLER_CA, .entry = 10, .org = "org",
	  .in = { { "org", REG_TEXT }, { "id", REG_BYTES }, { "name", REG_TEXT }, { "agencies", REG_TEXT }, { "kinds", REG_TEXT },
		  { "rights", REG_TEXT, true }, { "responsible", REG_TEXT }, { "expires", REG_INT } },
	  /* Records older than the rights have none: such a program may submit. */
	  .check = { { "SELECT 1 WHERE $rights IS NOT NULL", ERR_INPUT, "a program is registered with its rights" } },
	  .project = { "INSERT INTO program (id, name, agencies, kinds, rights, responsible, expires, entry) "
		       "VALUES ($id, $name, $agencies, $kinds, coalesce($rights, 'submit'), $responsible, $expires, $entry) "
		       "ON CONFLICT (id) DO UPDATE SET name = excluded.name, agencies = excluded.agencies, kinds = excluded.kinds, rights = excluded.rights, "
		       "responsible = excluded.responsible, expires = excluded.expires, entry = excluded.entry" } },
	{ .name = NULL },
};

#define CERT_COLUMNS "serial, request, profile, person, name, agency, der, tbs, not_before, not_after, state, revoked_at, reason, invalidity"
/* Of a certificate whose record is lost: its entry stands where the TBS would,
 * and it is nobody's but to be revoked. */
#define LOST_COLUMNS "serial, request, profile, NULL, '', org, NULL, (SELECT log_entry.entry FROM log_entry WHERE idx = certificate_lost.entry) AS octets, time, not_after, " \
	"CASE state WHEN 'active' THEN 'lost' ELSE state END, revoked_at, reason, invalidity"
#define CERT_OUT { REG_BYTES, REG_BYTES, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_BYTES, REG_BYTES, REG_INT, REG_INT, REG_TEXT, REG_INT, REG_INT, REG_INT, REG_INT }
/* Date and reason of its end, as far as the first $size entries show it. */
#define ANSWERED_COLUMNS "serial, CASE WHEN ended_entry < $size THEN revoked_at END AS date, CASE WHEN ended_entry < $size THEN reason END AS why, coalesce(ended_entry, 0) AS ended"
#define ANSWERED_KNOWN "(issued_entry < $size OR (state = 'void' AND ended_entry < $size))"
#define ANSWERED_OUT { REG_BYTES, REG_INT, REG_INT, REG_INT }
/* words: a pattern of LIKE. */
#define CERT_LIST(list, how, ...) { .name = list, .callers = CALLER_CA, .columns = 15, .out = CERT_OUT, \
	.in = { { "after", REG_INT }, AGENCIES_IN, { "words", REG_TEXT, true }, { "before", REG_INT, true }, { "state", REG_TEXT, true }, __VA_ARGS__ }, \
	.sql = WITH_AGENCIES "SELECT " CERT_COLUMNS ", entry FROM certificate WHERE entry IN (SELECT entry FROM certificate WHERE " how " AND " IN_AGENCIES \
	    " AND ($words IS NULL OR words LIKE $words) AND ($before IS NULL OR not_after < $before) AND ($state IS NULL OR state = $state) ORDER BY entry LIMIT 200) ORDER BY entry" }
#define REQUEST_COLUMNS "id, facts, csr, key_id, profile, person, agency, state, time"
#define REQUEST_OUT { REG_BYTES, REG_TEXT, REG_BYTES, REG_BYTES, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_INT }
#define ANY_DAEMON (CALLER_CA | CALLER_SIGNER | CALLER_VERIFIER | CALLER_TSA)

static const struct read reads[] = {
	{ .name = "cert.by_serial", .callers = ANY_DAEMON, .columns = 15, .out = CERT_OUT, .in = { { "serial", REG_BYTES } },
	  .sql = "SELECT " CERT_COLUMNS ", generation FROM certificate WHERE serial = $serial UNION ALL SELECT " LOST_COLUMNS ", generation FROM certificate_lost WHERE serial = $serial" },
	{ .name = "cert.by_key", .callers = ANY_DAEMON, .columns = 15, .out = CERT_OUT, .in = { { "key_id", REG_BYTES } },
	  .sql = "SELECT " CERT_COLUMNS ", generation FROM certificate WHERE key_id = $key_id AND der IS NOT NULL ORDER BY entry DESC LIMIT 1" },
	/* All that live, or are about to. */
	{ .name = "cert.with_key", .callers = CALLER_CA, .columns = 15, .out = CERT_OUT, .in = { { "key_id", REG_BYTES } },
	  .sql = "SELECT " CERT_COLUMNS ", generation FROM certificate WHERE key_id = $key_id AND state NOT IN ('revoked', 'void') ORDER BY entry" },
	{ .name = "key.blocked", .callers = CALLER_CA, .columns = 3, .out = { REG_TEXT, REG_INT, REG_INT }, .in = { { "key_id", REG_BYTES } },
	  .sql = "SELECT reason, entry, time FROM key_blocked WHERE key_id = $key_id" },
	{ .name = "cert.by_profile", .callers = ANY_DAEMON, .columns = 15, .out = CERT_OUT, .in = { { "profile", REG_TEXT } },
	  .sql = "SELECT " CERT_COLUMNS ", generation FROM certificate WHERE profile = $profile AND state = 'active' AND der IS NOT NULL ORDER BY entry DESC LIMIT 200" },
	{ .name = "cert.seal", .callers = ANY_DAEMON, .columns = 15, .out = CERT_OUT, .in = { { "agency", REG_TEXT } },
	  .sql = "SELECT " CERT_COLUMNS ", generation FROM certificate WHERE profile = 'seal' AND agency = $agency AND state = 'active' AND der IS NOT NULL ORDER BY entry DESC LIMIT 1" },
	{ .name = "cert.reserved", .callers = CALLER_CA, .columns = 15, .out = CERT_OUT,
	  .sql = "SELECT " CERT_COLUMNS ", generation FROM certificate WHERE state = 'reserved' ORDER BY entry" },
	/* What a CRL holds that follows from the first `size` entries: revoked, void and held, unexpired or expired since
	 * the thisUpdate of the last CRL among them. */
	{ .name = "cert.listed", .callers = CALLER_CA, .columns = 4, .out = { REG_BYTES, REG_INT, REG_INT, REG_INT },
	  .in = { { "since", REG_INT }, { "size", REG_INT }, { "generation", REG_INT } },
	  .sql = "SELECT serial, revoked_at, reason, invalidity FROM certificate WHERE state IN ('revoked', 'void') AND generation = $generation AND not_after >= $since AND ended_entry < $size UNION ALL "
		 "SELECT serial, revoked_at, reason, invalidity FROM certificate_lost WHERE state = 'revoked' AND not_after >= $since AND ended_entry < $size AND generation = $generation UNION ALL "
		 "SELECT serial, since, 6, NULL FROM certificate_hold WHERE not_after >= $since AND entry < $size AND (ended_entry IS NULL OR ended_entry >= $size) AND "
		 "$generation IN (SELECT generation FROM certificate WHERE serial = certificate_hold.serial UNION ALL SELECT generation FROM certificate_lost WHERE serial = certificate_hold.serial)" },
	/* What a batch of OCSP responses holds that follows from the first `size` entries: issued or void, not expired
	 * at `at`; all of them in order of serial, or those with an entry from `from` on. */
	{ .name = "cert.answered", .callers = CALLER_CA, .columns = 4, .out = ANSWERED_OUT, .in = { { "after", REG_BYTES }, { "at", REG_INT }, { "size", REG_INT }, { "generation", REG_INT } },
	  .sql = "SELECT * FROM (SELECT " ANSWERED_COLUMNS " FROM certificate WHERE serial > $after AND not_after >= $at AND generation = $generation AND " ANSWERED_KNOWN " ORDER BY serial LIMIT 4096) AS known UNION ALL "
		 "SELECT * FROM (SELECT " ANSWERED_COLUMNS " FROM certificate_lost WHERE serial > $after AND not_after >= $at AND generation = $generation AND entry < $size ORDER BY serial LIMIT 4096) AS lost ORDER BY 1 LIMIT 4096" },
	{ .name = "cert.answered_since", .callers = CALLER_CA, .columns = 4, .out = ANSWERED_OUT, .in = { { "from", REG_INT }, { "at", REG_INT }, { "size", REG_INT }, { "generation", REG_INT } },
	  .sql = "SELECT " ANSWERED_COLUMNS " FROM certificate WHERE serial IN (SELECT serial FROM certificate WHERE issued_entry >= $from UNION ALL "
		 "SELECT serial FROM certificate WHERE ended_entry >= $from) AND not_after >= $at AND generation = $generation AND " ANSWERED_KNOWN " UNION ALL "
		 "SELECT " ANSWERED_COLUMNS " FROM certificate_lost WHERE (entry >= $from OR ended_entry >= $from) AND not_after >= $at AND generation = $generation AND entry < $size ORDER BY 1" },
	/* One row: the first `size` entries end a suspension and do not revoke. */
	{ .name = "cert.resumed", .callers = CALLER_CA, .columns = 1, .out = { REG_INT }, .in = { { "serial", REG_BYTES }, { "size", REG_INT } },
	  .sql = "SELECT max(ended_entry) FROM certificate_hold WHERE serial = $serial AND ended_entry < $size AND NOT EXISTS ("
		 "SELECT 1 FROM certificate WHERE serial = $serial AND state IN ('revoked', 'void') AND ended_entry < $size) AND NOT EXISTS ("
		 "SELECT 1 FROM certificate_lost WHERE serial = $serial AND state = 'revoked' AND ended_entry < $size) HAVING count(*) > 0" },
	/* Known by their public entries alone. */
	{ .name = "cert.lost", .callers = CALLER_CA, .columns = 15, .in = { { "after", REG_INT } },
	  .out = { REG_BYTES, REG_BYTES, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_BYTES, REG_BYTES, REG_INT, REG_INT, REG_TEXT, REG_INT, REG_INT, REG_INT, REG_INT },
	  .sql = "SELECT " LOST_COLUMNS ", entry FROM certificate_lost WHERE entry > $after ORDER BY entry LIMIT 200" },
	/* By who, which or what is named; or all, looked for in the index that holds all
	 * that is asked of them: a hundred thousand without a row being read. */
	CERT_LIST("cert.list", "entry > $after", { NULL }),
	CERT_LIST("cert.list_person", "person = $person AND +entry > $after", { "person", REG_TEXT }),
	CERT_LIST("cert.list_serial", "serial = $serial AND +entry > $after", { "serial", REG_BYTES }),
	CERT_LIST("cert.list_token", "person = (SELECT person FROM token WHERE serial = $token) AND request IN (SELECT id FROM request WHERE token = $token) AND +entry > $after", { "token", REG_TEXT }),
	CERT_LIST("cert.list_key", "key_id = $key_id AND +entry > $after", { "key_id", REG_BYTES }),
	{ .name = "token.by_serial", .callers = CALLER_CA, .columns = 5, .out = { REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT }, .in = { { "serial", REG_TEXT } },
	  .sql = "SELECT serial, model, person, agency, state FROM token WHERE serial = $serial" },
	{ .name = "tokens", .callers = CALLER_CA, .columns = 5, .out = { REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT }, .in = { { "person", REG_TEXT } },
	  .sql = "SELECT serial, model, person, agency, state FROM token WHERE person = $person ORDER BY serial LIMIT 200" },
	{ .name = "request.by_id", .callers = CALLER_CA, .columns = 9, .out = REQUEST_OUT, .in = { { "id", REG_BYTES } },
	  .sql = "SELECT " REQUEST_COLUMNS " FROM request WHERE id = $id" },
	/* ids: any number of ids of 16 octets, one after the other; rows in their order. */
	{ .name = "request.by_ids", .callers = CALLER_CA, .columns = 9, .out = REQUEST_OUT, .in = { { "ids", REG_BYTES } },
	  .sql = "WITH RECURSIVE asked(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM asked WHERE (n + 2) * 16 <= length($ids)) "
		 "SELECT " REQUEST_COLUMNS " FROM asked JOIN request ON id = substr($ids, n * 16 + 1, 16) ORDER BY n" },
	{ .name = "request.same", .callers = CALLER_CA, .columns = 9, .out = REQUEST_OUT, .in = { { "key_id", REG_BYTES }, { "facts", REG_TEXT } },
	  .sql = "SELECT " REQUEST_COLUMNS " FROM request WHERE key_id = $key_id AND facts = $facts" },
	{ .name = "request.list", .callers = CALLER_CA, .columns = 10, .in = { { "after", REG_INT }, AGENCIES_IN, { "state", REG_TEXT } },
	  .out = { REG_BYTES, REG_TEXT, REG_BYTES, REG_BYTES, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_INT, REG_INT },
	  .sql = WITH_AGENCIES "SELECT " REQUEST_COLUMNS ", entry FROM request WHERE state = $state AND entry > $after AND " IN_AGENCIES " ORDER BY entry LIMIT 500" },
	{ .name = "appointments", .callers = ANY_DAEMON, .columns = APPOINTED_COLUMNS, .out = APPOINTED_OUT, .in = { { "person", REG_TEXT } },
	  .sql = "SELECT " APPOINTED " WHERE a.person = $person ORDER BY coalesce(" APPOINTED_END ", 10000000), a.entry" },
	{ .name = "appointment.by_id", .callers = CALLER_CA, .columns = APPOINTED_COLUMNS, .out = APPOINTED_OUT, .in = { { "id", REG_BYTES } },
	  .sql = "SELECT " APPOINTED " WHERE a.id = $id" },
	{ .name = "crl.last", .callers = ANY_DAEMON, .columns = 5, .out = { REG_INT, REG_BYTES, REG_BYTES, REG_INT, REG_INT }, .in = { { "shard", REG_INT } },
	  .sql = "SELECT number, tbs, der, this_update, next_update FROM crl WHERE shard = $shard ORDER BY number DESC LIMIT 1" },
	/* The greatest number that was ever given, and when: of all shards, which count together. */
	{ .name = "crl.number", .callers = CALLER_CA, .columns = 2, .out = { REG_INT, REG_INT },
	  .sql = "SELECT number, this_update FROM crl UNION ALL SELECT number, first FROM list_lost WHERE kind LIKE 'crl%' ORDER BY 1 DESC LIMIT 1" },
	{ .name = "crl.last_below", .callers = CALLER_CA, .columns = 2, .out = { REG_INT, REG_INT }, .in = { { "size", REG_INT }, { "shard", REG_INT }, { "kind", REG_TEXT } },
	  .sql = "SELECT number, this_update FROM crl WHERE entry < $size AND shard = $shard UNION ALL "
		 "SELECT number, first FROM list_lost WHERE kind = $kind AND entry < $size ORDER BY 1 DESC LIMIT 1" },
	{ .name = "crl.last_signed", .callers = CALLER_CA, .columns = 2, .out = { REG_INT, REG_BYTES }, .in = { { "shard", REG_INT } },
	  .sql = "SELECT number, tbs FROM crl WHERE der IS NOT NULL AND shard = $shard ORDER BY number DESC LIMIT 1" },
	/* The last, when it bears no signature yet. */
	{ .name = "crl.unsigned", .callers = CALLER_CA, .columns = 2, .out = { REG_INT, REG_BYTES }, .in = { { "shard", REG_INT } },
	  .sql = "SELECT number, tbs FROM crl WHERE number = (SELECT max(number) FROM crl WHERE shard = $shard) AND der IS NULL" },
	/* The greatest number that was ever given to a batch, of all shards. */
	{ .name = "ocsp.greatest", .callers = CALLER_CA, .columns = 1, .out = { REG_INT },
	  .sql = "SELECT coalesce(max(number), 0) FROM (SELECT number FROM ocsp UNION ALL SELECT number FROM list_lost WHERE kind LIKE 'ocsp%') AS given" },
	/* The last whole batch; one whose pack is lost is as good as never signed. */
	{ .name = "ocsp.last", .callers = CALLER_CA, .columns = 6, .out = { REG_INT, REG_INT, REG_INT, REG_INT, REG_BYTES, REG_INT },
	  .in = { { "shard", REG_INT }, { "whole", REG_TEXT } },
	  .sql = "SELECT number, size, this_update, next_update, responder, signed FROM ocsp WHERE follows IS NULL AND shard = $shard UNION ALL "
		 "SELECT number, 0, first, last, sha256, 0 FROM list_lost WHERE kind = $whole ORDER BY 1 DESC LIMIT 1" },
	/* The last batch of either kind: its number, its time, how much of the log it has seen, if it is signed. */
	{ .name = "ocsp.number", .callers = CALLER_CA, .columns = 4, .out = { REG_INT, REG_INT, REG_INT, REG_INT },
	  .in = { { "shard", REG_INT }, { "whole", REG_TEXT }, { "delta", REG_TEXT } },
	  .sql = "SELECT number, this_update, size, signed FROM ocsp WHERE shard = $shard UNION ALL "
		 "SELECT number, first, 0, 0 FROM list_lost WHERE kind IN ($whole, $delta) ORDER BY 1 DESC LIMIT 1" },
	{ .name = "program.by_id", .callers = CALLER_SIGNER | CALLER_CA, .columns = 4, .out = { REG_TEXT, REG_TEXT, REG_TEXT, REG_INT }, .in = { { "id", REG_BYTES } },
	  .sql = "SELECT agencies, kinds, rights, expires FROM program WHERE id = $id" },
	{ .name = NULL },
};

const struct verb *cert_verbs(void) { return verbs; }
const struct read *cert_reads(void) { return reads; }
