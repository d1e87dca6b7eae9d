/* The verbs and reads of permits, books, numbers, status lists. */
#include "register/entry.h"
#include "register/lost.h"
#include "register/verbs.h"

/* A number with zeros before it up to a width, never cut. */
#define PADDED(n, width) "CASE WHEN length(CAST(" n " AS TEXT)) < " width \
	" THEN substr('000000000', 1, CAST(" width " - length(CAST(" n " AS TEXT)) AS INTEGER)) ELSE '' END || CAST(" n " AS TEXT)"
/* What went on in entries whose records are lost is not done a second time. */
#define NOT_LOST { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM permit_lost WHERE handle = $handle)", ERR_CONFLICT, \
	"this permit was being sealed, or was, when the register was lost; what is missing is submitted again" }
/* Behind every place that was given, also those that no table knows any more. */
#define NEXT_PLACE "SELECT max(n) + 1 FROM (SELECT coalesce(max(idx), -1) AS n FROM permit WHERE list = 1 UNION ALL " \
	"SELECT coalesce(max(idx), -1) FROM permit_lost WHERE list = 1 UNION ALL SELECT coalesce(max(places), 0) - 1 FROM reimport) AS given"

/* An erased entry's effect is undone; lost.c does the same. */
#define ERASE_SIGNED "UPDATE permit SET state = 'draft', (officers, officer_person, officer_serial, signed_entry) = (SELECT t.officers, t.officer_person, t.officer_serial, " \
	"t.signed_entry FROM permit_turn t WHERE t.handle = permit.handle ORDER BY t.n DESC LIMIT 1) WHERE state IN ('draft', 'signed') AND signed_entry = $idx"
/* What an officer had signed before is the permit's own again. */
#define ERASE_TURN(more) "DELETE FROM permit_turn WHERE " more "EXISTS (SELECT 1 FROM permit p WHERE p.handle = permit_turn.handle AND p.signed_entry = permit_turn.signed_entry)"
/* The signatures of what was returned are erased next, whoever had signed. */
#define ERASE_RETURNED "UPDATE permit SET state = CASE WHEN officers IS NULL THEN 'draft' ELSE 'signed' END " \
	"WHERE state = 'void' AND handle IN (SELECT handle FROM permit_change WHERE entry = $idx)"
const char erase_signed[] = ERASE_SIGNED, erase_turn[] = ERASE_TURN(""), erase_returned[] = ERASE_RETURNED;
/* Between number and seal of a newer version what becomes of this one would be
 * overtaken by it: nobody escapes a withdrawal so.  One that a restore lost is not
 * sealed any more. */
#define NOT_AMENDED_NOW { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM permit q WHERE q.amends = $handle AND q.state = 'sealing' AND " \
	"NOT EXISTS (SELECT 1 FROM permit_lost l WHERE l.handle = q.handle))", ERR_CONFLICT, \
	"a newer version of this permit is being sealed; once it is, it is that one which orders are about", "amended-now", \
	"đang đóng dấu bản mới của giấy phép này; xong rồi thì lệnh phải ghi cho bản mới" }
/* The permit that $handle amends, as a. */
#define AMENDED " FROM permit p JOIN permit a ON a.handle = p.amends WHERE p.handle = $handle"
#define ISSUED_OR_LOST "SELECT 1 FROM permit WHERE handle = $handle AND state = 'issued' UNION ALL " \
	"SELECT 1 FROM permit_lost WHERE handle = $handle AND list IS NOT NULL"
/* The parcels that a permit names, a row each: keys of one length, a space between. */
#define PARCELS "INSERT INTO permit_parcel (parcel, entry, handle) WITH RECURSIVE named(n, parcels) AS (SELECT 0, parcels FROM permit WHERE handle = $handle AND length(parcels) > 0 " \
	"UNION ALL SELECT n + 1, parcels FROM named WHERE (n + 2) * 17 - 1 <= length(parcels)) SELECT substr(parcels, n * 17 + 1, 16), $entry, $handle FROM named"
/* Of a permit's newest copy: {column}, or that of the permit as issued. */
#define NEWEST(column, issued) "coalesce((SELECT r." column " FROM permit_renewal r WHERE r.handle = permit.handle ORDER BY r.n DESC LIMIT 1), " issued ")"
/* A copy behind those that there are; what its newest stamp proves. */
#define COPY_COMES "INSERT INTO permit_renewal (handle, n, sealed, sha256, until, entry) " \
	"SELECT $handle, 1 + (SELECT count(*) FROM permit_renewal WHERE handle = $handle), $sealed, $sha256, $until, $entry", \
	"UPDATE permit SET proven_until = $until, proven_by = $by WHERE handle = $handle"
#define IS_ISSUED { "SELECT 1 FROM permit WHERE handle = $handle AND state = 'issued'", ERR_CONFLICT, "this permit is not issued" }
/* What becomes of an issued permit; whether the act is lawful then, antin-signer
 * has looked at (policy/life.h), and order.fresh that nothing came between. */
#define CHANGE(verb, type, act) \
	{ .name = verb, .callers = CALLER_SIGNER, .entry = type, .org = "agency", .category = "kind", .handle = "handle", \
	  .public = "list idx status from ?[until]", \
	  .in = { { "handle", REG_BYTES }, { "agency", REG_TEXT }, { "kind", REG_TEXT }, { "list", REG_INT }, { "idx", REG_INT }, { "status", REG_INT }, { "from", REG_INT }, \
		  { "until", REG_INT, true }, { "ends", REG_INT, true }, { "decision", REG_TEXT }, { "reason", REG_TEXT }, { "note", REG_TEXT, true }, { "other", REG_BYTES, true } }, \
	  .check = { IS_ISSUED, NOT_LOST, NOT_AMENDED_NOW, \
		     { "SELECT 1 WHERE $status = " #act, ERR_BUG, "the act is not that of " verb } }, \
	  .project = { "INSERT INTO permit_change (entry, handle, act, from_day, until_day, ends, decision, reason, note, other) " \
		       "VALUES ($entry, $handle, $status, $from, $until, $ends, $decision, $reason, $note, $other)" } }

static const struct verb verbs[] = {
	{ .name = "permit.submit", .callers = CALLER_SIGNER, .entry = 3, .org = "agency", .category = "kind", .handle = "handle", .public = "received_day",
	  .in = { { "handle", REG_BYTES }, { "kind", REG_TEXT }, { "agency", REG_TEXT }, { "dossier", REG_TEXT }, { "holder", REG_TEXT }, { "given", REG_TEXT, true },
		  { "valid_to", REG_INT, true }, { "content", REG_BYTES }, { "program", REG_BYTES }, { "key", REG_TEXT }, { "sha256", REG_BYTES }, { "received_day", REG_INT },
		  { "version", REG_INT, true }, { "amends", REG_BYTES, true }, { "parcels", REG_TEXT, true }, { "plots", REG_TEXT, true }, { "converted", REG_TEXT, true } },
	  .check = { { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM submission WHERE program = $program AND key = $key)", ERR_CONFLICT,
		       "this idempotency key was used before" },
		     { "SELECT 1 WHERE ($amends IS NULL AND $version IS NULL) OR ($amends IS NOT NULL AND $version > 1)", ERR_BUG, "a later version amends, the first does not" },
		     { "SELECT 1 WHERE $amends IS NULL OR EXISTS (SELECT 1 FROM permit WHERE handle = $amends AND state = 'issued' AND kind = $kind)", ERR_CONFLICT,
		       "what is amended is no issued permit of this kind" } },
	  .project = { "INSERT INTO permit (handle, kind, agency, dossier, holder, given, valid_to, content, state, entry, time, version, amends, parcels, plots, converted) "
		       "VALUES ($handle, $kind, $agency, $dossier, $holder, $given, $valid_to, $content, 'draft', $entry, $time, coalesce($version, 1), $amends, $parcels, $plots, $converted)",
		       "INSERT INTO submission (program, key, sha256, handle) VALUES ($program, $key, $sha256, $handle)" } },

	{ .name = "permit.officer_signed", .callers = CALLER_SIGNER, .entry = 4, .org = "agency", .category = "kind", .handle = "handle",
	  .in = { { "handle", REG_BYTES }, { "agency", REG_TEXT }, { "kind", REG_TEXT }, { "officers", REG_BYTES }, { "person", REG_TEXT }, { "serial", REG_BYTES },
		  { "turn", REG_INT, true }, { "waits", REG_INT, true } },
	  .check = { { "SELECT 1 FROM permit WHERE handle = $handle AND state = 'draft'", ERR_CONFLICT, "this permit is not a draft any more" }, NOT_LOST,
		     { "SELECT 1 FROM permit p WHERE handle = $handle AND coalesce($turn, 1) = 1 + (SELECT count(*) FROM permit_turn t WHERE t.handle = p.handle) + "
		       "CASE WHEN officers IS NULL THEN 0 ELSE 1 END", ERR_CONFLICT, "another officer has signed since this was prepared; prepare again", "turn-passed",
		       "đã có người khác ký sau khi chuẩn bị; phải chuẩn bị lại" },
		     { "SELECT 1 FROM permit p WHERE handle = $handle AND (officer_person IS NULL OR officer_person <> $person) AND "
		       "NOT EXISTS (SELECT 1 FROM permit_turn t WHERE t.handle = p.handle AND t.officer_person = $person)", ERR_POLICY, "one person signs a permit once", "signed-already",
		       "mỗi người chỉ ký một giấy phép một lần" } },
	  .project = { "INSERT INTO permit_turn (handle, n, officers, officer_person, officer_serial, signed_entry) SELECT handle, "
		       "1 + (SELECT count(*) FROM permit_turn t WHERE t.handle = permit.handle), officers, officer_person, officer_serial, signed_entry FROM permit "
		       "WHERE handle = $handle AND officers IS NOT NULL",
		       "UPDATE permit SET state = CASE WHEN $waits = 1 THEN 'draft' ELSE 'signed' END, officers = $officers, officer_person = $person, officer_serial = $serial, signed_entry = $entry WHERE handle = $handle" } },

	{ .name = "book.open", .callers = CALLER_SIGNER, .entry = 10, .org = "agency",
	  .in = { { "agency", REG_TEXT }, { "book", REG_TEXT }, { "year", REG_INT }, { "next", REG_INT } },
	  .check = { { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM book WHERE agency = $agency AND book = $book AND year = $year AND closed IS NULL)", ERR_CONFLICT,
		       "this book is open already" },
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM book WHERE agency = $agency AND book = $book AND year = $year AND next > $next)", ERR_CONFLICT,
		       "this book was closed by a restore, and numbers from there on are known to be given" },
		     { "SELECT 1 WHERE $next BETWEEN 1 AND 99999999", ERR_INPUT, "a first number is 1 to 99999999" } },
	  .project = { "INSERT INTO book (agency, book, year, next, is_public) VALUES ($agency, $book, $year, $next, 0) "
		       "ON CONFLICT (agency, book, year) DO UPDATE SET next = excluded.next, closed = NULL" } },

	/* The next number of a book; in the same unit as the reservation that uses it. */
	{ .name = "permit.reserve_allotted", .callers = CALLER_SIGNER, .entry = 14, .org = "agency", .category = "kind", .handle = "handle",
	  .in = { { "handle", REG_BYTES }, { "agency", REG_TEXT }, { "kind", REG_TEXT }, { "book", REG_TEXT }, { "year", REG_INT }, { "day", REG_INT },
		  { "pattern_before", REG_TEXT }, { "pattern_width", REG_INT }, { "pattern_after", REG_TEXT },
		  { "short_code", REG_TEXT }, { "voice_code", REG_TEXT }, { "officers_sha256", REG_BYTES } },
	  .check = { { "SELECT 1 FROM permit WHERE handle = $handle AND state = 'signed'", ERR_CONFLICT, "this permit does not wait for its seal" }, NOT_LOST,
		     { "SELECT 1 FROM book WHERE agency = $agency AND book = $book AND year = $year", ERR_POLICY,
		       "the book of this agency and year is not open; an order permit.open-book sets its first number" },
		     { "SELECT 1 FROM book WHERE agency = $agency AND book = $book AND year = $year AND closed IS NULL", ERR_POLICY,
		       "this book is closed after a restore; an order permit.open-book sets its next number" } },
	  .allot = { { "n", REG_INT, "SELECT next FROM book WHERE agency = $agency AND book = $book AND year = $year" },
		     { "number", REG_TEXT, "SELECT $pattern_before || " PADDED("next", "$pattern_width") " || $pattern_after FROM book "
					   "WHERE agency = $agency AND book = $book AND year = $year" },
		     { "list", REG_INT, "SELECT 1" },
		     { "idx", REG_INT, NEXT_PLACE } },
	  .project = { "UPDATE book SET next = next + 1 WHERE agency = $agency AND book = $book AND year = $year",
		       "INSERT INTO number_used (agency, scope, year, number, version, handle) VALUES ($agency, $book, $year, $number, 1, $handle)",
		       "UPDATE permit SET state = 'sealing', number = $number, day = $day, short_code = $short_code, voice_code = $voice_code, "
		       "list = $list, idx = $idx, reserved_entry = $entry WHERE handle = $handle" } },

	{ .name = "permit.reserve_given", .callers = CALLER_SIGNER, .entry = 14, .org = "agency", .category = "kind", .handle = "handle",
	  .in = { { "handle", REG_BYTES }, { "agency", REG_TEXT }, { "kind", REG_TEXT }, { "day", REG_INT }, { "number", REG_TEXT },
		  { "short_code", REG_TEXT }, { "voice_code", REG_TEXT }, { "officers_sha256", REG_BYTES } },
	  .check = { { "SELECT 1 FROM permit WHERE handle = $handle AND state = 'signed'", ERR_CONFLICT, "this permit does not wait for its seal" }, NOT_LOST,
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM number_used WHERE agency = $agency AND scope = $kind AND year = 0 AND number = $number AND version = 1)",
		       ERR_CONFLICT, "this number is used already" } },
	  .allot = { { "list", REG_INT, "SELECT 1" },
		     { "idx", REG_INT, NEXT_PLACE } },
	  .project = { "INSERT INTO number_used (agency, scope, year, number, version, handle) VALUES ($agency, $kind, 0, $number, 1, $handle)",
		       "UPDATE permit SET state = 'sealing', number = $number, day = $day, short_code = $short_code, voice_code = $voice_code, "
		       "list = $list, idx = $idx, reserved_entry = $entry WHERE handle = $handle" } },

	/* The number that the permit has which is amended; one amendment at a time. */
	{ .name = "permit.reserve_amended", .callers = CALLER_SIGNER, .entry = 14, .org = "agency", .category = "kind", .handle = "handle",
	  .in = { { "handle", REG_BYTES }, { "agency", REG_TEXT }, { "kind", REG_TEXT }, { "day", REG_INT },
		  { "short_code", REG_TEXT }, { "voice_code", REG_TEXT }, { "officers_sha256", REG_BYTES }, { "seen", REG_INT } },
	  .check = { { "SELECT 1 FROM permit WHERE handle = $handle AND state = 'signed'", ERR_CONFLICT, "this permit does not wait for its seal" }, NOT_LOST,
		     { "SELECT 1" AMENDED " AND (SELECT count(*) FROM permit_change c WHERE c.handle = a.handle) = $seen", ERR_CONFLICT,
		       "something became of the permit that is amended just now; look again and sign a new order" },
		     { "SELECT 1" AMENDED " AND a.state = 'issued' AND NOT EXISTS (SELECT 1 FROM permit_lost l WHERE l.handle = a.handle)", ERR_CONFLICT,
		       "what is amended is no issued permit" },
		     /* Of one that a restore lost nobody knows whether it was sealed. */
		     { "SELECT 1" AMENDED " AND NOT EXISTS (SELECT 1 FROM permit q WHERE q.amends = a.handle AND q.handle IN (SELECT l.handle FROM permit_lost l))", ERR_CONFLICT,
		       "a newer version of this permit was lost while it was being sealed; it is issued anew", "amend-lost", "một bản điều chỉnh của giấy phép này đã mất trong khi đóng dấu; phải cấp lại" },
		     { "SELECT 1" AMENDED " AND NOT EXISTS (SELECT 1 FROM permit q WHERE q.amends = a.handle AND q.state = 'sealing')", ERR_CONFLICT,
		       "another amendment of this permit is being sealed", "amend-under-way", "đang đóng dấu một bản điều chỉnh khác của giấy phép này" },
		     { "SELECT 1" AMENDED " AND NOT EXISTS (SELECT 1 FROM number_used n JOIN number_used m ON m.agency = n.agency AND m.scope = n.scope AND m.year = n.year "
		       "AND m.number = n.number WHERE n.handle = a.handle AND m.version = p.version)", ERR_CONFLICT,
		       "another version took this one's place; submit it again", "amend-version-taken", "đã có bản khác mang thứ tự này; phải nộp lại" } },
	  .allot = { { "number", REG_TEXT, "SELECT a.number" AMENDED },
		     { "list", REG_INT, "SELECT 1" },
		     { "idx", REG_INT, NEXT_PLACE } },
	  .project = { "INSERT INTO number_used (agency, scope, year, number, version, handle) SELECT n.agency, n.scope, n.year, n.number, p.version, p.handle "
		       "FROM permit p JOIN number_used n ON n.handle = p.amends WHERE p.handle = $handle",
		       "UPDATE permit SET state = 'sealing', number = $number, day = $day, short_code = $short_code, voice_code = $voice_code, "
		       "list = $list, idx = $idx, reserved_entry = $entry WHERE handle = $handle" } },

	{ .name = "permit.issue", .callers = CALLER_SIGNER, .entry = 5, .org = "agency", .category = "kind", .handle = "handle",
	  .public = "list idx day ?[book year n]",
	  .in = { { "handle", REG_BYTES }, { "agency", REG_TEXT }, { "kind", REG_TEXT }, { "list", REG_INT }, { "idx", REG_INT }, { "day", REG_INT },
		  { "book", REG_TEXT, true }, { "year", REG_INT, true }, { "n", REG_INT, true },
		  { "issuance", REG_BYTES }, { "sealed", REG_BYTES }, { "sha256", REG_BYTES }, { "until", REG_INT, true }, { "by", REG_TEXT, true } },
	  .check = { { "SELECT 1 FROM permit WHERE handle = $handle AND state = 'sealing'", ERR_CONFLICT, "this permit is not being sealed" }, NOT_LOST },
	  .project = { "UPDATE permit SET state = 'issued', issuance = $issuance, sealed = $sealed, sha256 = $sha256, issued_entry = $entry, "
		       "proven_until = coalesce($until, 0), proven_by = coalesce($by, '') WHERE handle = $handle",
		       "UPDATE book SET is_public = 1 WHERE agency = $agency AND book = $book AND year = $year AND is_public = 0", PARCELS } },

	/* A copy with an archive time stamp more: `until` when, and `by` which algorithms, that
	 * one proves something (verifier/signature.h).  The permit as issued stays beside it. */
	{ .name = "permit.renew", .callers = CALLER_SIGNER, .entry = 22, .org = "agency", .category = "kind", .handle = "handle",
	  .in = { { "handle", REG_BYTES }, { "agency", REG_TEXT }, { "kind", REG_TEXT }, { "sealed", REG_BYTES }, { "sha256", REG_BYTES }, { "until", REG_INT }, { "by", REG_TEXT } },
	  .check = { IS_ISSUED, NOT_LOST,
		     { "SELECT 1 FROM permit WHERE handle = $handle AND (proven_until < $until OR proven_by <> $by)", ERR_CONFLICT, "a copy that lasts as long is there already" },
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM permit_reaffirmation WHERE handle = $handle AND made_entry IS NULL)", ERR_CONFLICT,
		       "this permit is being reaffirmed, and its copy is renewed after that" } },
	  .project = { COPY_COMES } },

	/* The agency stands by its permit though an officer's key was lost (signer/reaffirm.c): first
	 * what is going to be sealed, of which copy; then the copy that it became. */
	{ .name = "permit.reserve_reaffirm", .callers = CALLER_SIGNER, .entry = 23, .org = "agency", .category = "kind", .handle = "handle",
	  .in = { { "handle", REG_BYTES }, { "agency", REG_TEXT }, { "kind", REG_TEXT }, { "base", REG_BYTES }, { "decision", REG_TEXT }, { "decided", REG_INT }, { "day", REG_INT },
		  { "reason", REG_TEXT } },
	  .check = { IS_ISSUED, NOT_LOST, NOT_AMENDED_NOW,
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM permit_reaffirmation WHERE handle = $handle)", ERR_CONFLICT,
		       "this permit is reaffirmed already", "reaffirmed-already", "giấy phép này đã được xác nhận lại rồi" },
		     { "SELECT 1 FROM permit WHERE handle = $handle AND " NEWEST("sha256", "sha256") " = $base", ERR_CONFLICT,
		       "this permit got a newer copy just now; send the order again" } },
	  .project = { "INSERT INTO permit_reaffirmation (handle, base, decision, decided, day, reason, entry) VALUES ($handle, $base, $decision, $decided, $day, $reason, $entry)" } },
	{ .name = "permit.reaffirm", .callers = CALLER_SIGNER, .entry = 7, .org = "agency", .category = "kind", .handle = "handle",
	  .public = "list idx status from",
	  .in = { { "handle", REG_BYTES }, { "agency", REG_TEXT }, { "kind", REG_TEXT }, { "list", REG_INT }, { "idx", REG_INT }, { "status", REG_INT }, { "from", REG_INT },
		  { "decision", REG_TEXT }, { "reason", REG_TEXT }, { "sealed", REG_BYTES }, { "sha256", REG_BYTES }, { "until", REG_INT }, { "by", REG_TEXT } },
	  .check = { IS_ISSUED, NOT_LOST, { "SELECT 1 WHERE $status = 14", ERR_BUG, "a reaffirmation is act 14" },
		     { "SELECT 1 FROM permit_reaffirmation WHERE handle = $handle AND made_entry IS NULL", ERR_CONFLICT, "this permit is not being reaffirmed" } },
	  .project = { "INSERT INTO permit_change (entry, handle, act, from_day, decision, reason) VALUES ($entry, $handle, $status, $from, $decision, $reason)",
		       "UPDATE permit_reaffirmation SET made_entry = $entry WHERE handle = $handle", COPY_COMES } },

	/* In the unit that issues its newer version, `other`. */
	{ .name = "permit.supersede", .callers = CALLER_SIGNER, .entry = 6, .org = "agency", .category = "kind", .handle = "handle",
	  .public = "list idx status from",
	  .in = { { "handle", REG_BYTES }, { "agency", REG_TEXT }, { "kind", REG_TEXT }, { "list", REG_INT }, { "idx", REG_INT }, { "status", REG_INT }, { "from", REG_INT },
		  { "other", REG_BYTES } },
	  .check = { { "SELECT 1 WHERE $status = 3", ERR_BUG, "a replacement is act 3" },
		     { "SELECT 1 FROM permit WHERE handle = $other AND amends = $handle AND state = 'issued'", ERR_BUG, "what replaces it is no issued newer version of it" } },
	  .project = { "INSERT INTO permit_change (entry, handle, act, from_day, other) VALUES ($entry, $handle, $status, $from, $other)" } },

	{ .name = "permit.withdraw", .callers = CALLER_SIGNER, .entry = 7, .org = "agency", .category = "kind", .handle = "handle",
	  .public = "list idx status from",
	  .in = { { "handle", REG_BYTES }, { "agency", REG_TEXT }, { "kind", REG_TEXT }, { "list", REG_INT }, { "idx", REG_INT }, { "status", REG_INT }, { "from", REG_INT },
		  { "decision", REG_TEXT }, { "reason", REG_TEXT } },
	  .check = { { ISSUED_OR_LOST, ERR_CONFLICT, "only an issued permit can be withdrawn, and once" }, NOT_AMENDED_NOW,
		     { "SELECT 1 WHERE $status = 1", ERR_BUG, "a withdrawal is act 1" },
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM permit_change w WHERE w.handle = $handle AND w.act = 1 AND w.from_day <= $from AND NOT EXISTS "
		       "(SELECT 1 FROM permit_change r WHERE r.handle = w.handle AND r.act = 5 AND r.entry > w.entry))", ERR_CONFLICT,
		       "only an issued permit can be withdrawn, and once" } },
	  .project = { "INSERT INTO permit_change (entry, handle, act, from_day, decision, reason) VALUES ($entry, $handle, $status, $from, $decision, $reason)" } },
	CHANGE("permit.suspend", 7, 2),
	CHANGE("permit.resume", 7, 0),
	CHANGE("permit.void", 7, 4),
	CHANGE("permit.restore", 7, 5),
	CHANGE("permit.annotate", 7, 12),
	CHANGE("permit.lift", 7, 13),

	/* Not taken as it is: what is submitted again is another draft. */
	{ .name = "permit.return", .callers = CALLER_SIGNER, .entry = 17, .org = "agency", .category = "kind", .handle = "handle",
	  .in = { { "handle", REG_BYTES }, { "agency", REG_TEXT }, { "kind", REG_TEXT }, { "from", REG_INT }, { "reason", REG_TEXT } },
	  .check = { { "SELECT 1 FROM permit WHERE handle = $handle AND state IN ('draft', 'signed')", ERR_CONFLICT, "only what is not numbered yet is returned" }, NOT_LOST },
	  .project = { "UPDATE permit SET state = 'void' WHERE handle = $handle",
		       "INSERT INTO permit_change (entry, handle, act, from_day, reason) VALUES ($entry, $handle, 20, $from, $reason)" } },

	/* What never became a permit, at the asking of whom it is about: the record and
	 * salt of its entries, the officer's signature first, and all rows that they
	 * made.  Replaying the log without these records gives the same tables.  An
	 * issued permit is kept as long as the law keeps it. */
	{ .name = "permit.erase", .callers = CALLER_SIGNER, .entry = ENTRY_ERASED, .org = "agency", .category = "kind", .public = "idx order_id",
	  .in = { { "handle", REG_BYTES }, { "agency", REG_TEXT }, { "kind", REG_TEXT }, { "idx", REG_INT }, { "order_id", REG_BYTES } },
	  .check = { { "SELECT 1 FROM permit p WHERE handle = $handle AND ((state = 'draft' AND entry = $idx AND officers IS NULL) OR (state IN ('draft', 'signed') AND signed_entry = $idx) OR "
		       "(state = 'void' AND EXISTS (SELECT 1 FROM permit_change c WHERE c.handle = p.handle AND c.entry = $idx)))", ERR_CONFLICT,
		       "only what was never numbered is erased, what came last first" } },
	  .project = { "UPDATE log_entry SET record = NULL, salt = NULL WHERE idx = $idx", ERASE_SIGNED, ERASE_TURN("handle = $handle AND "), ERASE_RETURNED,
		       "DELETE FROM permit_change WHERE handle = $handle AND entry = $idx",
		       "DELETE FROM submission WHERE handle = $handle AND EXISTS (SELECT 1 FROM permit WHERE handle = $handle AND entry = $idx)",
		       "DELETE FROM permit WHERE handle = $handle AND entry = $idx" } },

	/* As crl.reserve. */
	{ .name = "status.reserve", .callers = CALLER_SIGNER, .entry = 8, .org = "org", .public = "kind number this_update next_update size ?[root] sha256",
	  .in = { { "org", REG_TEXT }, { "kind", REG_TEXT }, { "number", REG_INT }, { "list", REG_INT }, { "this_update", REG_INT }, { "next_update", REG_INT },
		  { "size", REG_INT }, { "root", REG_BYTES, true }, { "sha256", REG_BYTES }, { "tbs", REG_BYTES } },
	  .check = { { "SELECT 1 WHERE $root IS NOT NULL AND $size <= $entry", ERR_BUG, "a status list names the log that it follows from" },
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM status_list WHERE number >= $number) AND "
		       "NOT EXISTS (SELECT 1 FROM list_lost WHERE kind = 'status' AND number >= $number)", ERR_CONFLICT, "a status list with this number or a later one exists" },
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM status_list WHERE number = (SELECT max(number) FROM status_list) AND entry >= $size)", ERR_CONFLICT,
		       "another status list was recorded meanwhile" } },
	  .project = { "INSERT INTO status_list (number, list, tbs, this_update, next_update, entry) VALUES ($number, $list, $tbs, $this_update, $next_update, $entry)" } },

	{ .name = "status.signed", .callers = CALLER_SIGNER, .entry = VERB_QUIET,
	  .in = { { "number", REG_INT }, { "cwt", REG_BYTES } },
	  .check = { { "SELECT 1 FROM status_list WHERE number = $number", ERR_CONFLICT, "this status list is not reserved" },
		     { "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM status_list WHERE number > $number)", ERR_CONFLICT, "a later status list was recorded meanwhile" } },
	  .project = { "UPDATE status_list SET cwt = $cwt WHERE number = $number" } },
	{ .name = NULL },
};

#define CHANGED "(SELECT count(*) FROM permit_change WHERE permit_change.handle = permit.handle)"
#define PERMIT_COMMON "handle, kind, agency, dossier, holder, given, valid_to, content, state, officers, officer_person, officer_serial, " \
	"number, short_code, voice_code, list, idx, day, sealed, sha256, " CHANGED ", version, reserved_entry, converted"
#define PERMIT_COLUMNS PERMIT_COMMON ", issued_entry"
/* The same, but the last: where the next page begins. */
#define LIST_COLUMNS PERMIT_COMMON ", entry"
#define PERMIT_TYPES REG_BYTES, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_INT, REG_BYTES, REG_TEXT, REG_BYTES, REG_TEXT, REG_BYTES, \
	REG_TEXT, REG_TEXT, REG_TEXT, REG_INT, REG_INT, REG_INT, REG_BYTES, REG_BYTES, REG_INT, REG_INT, REG_INT, REG_TEXT, REG_INT
#define PERMIT_OUT { PERMIT_TYPES }
/* Of the agency's seal certificate that is active now. */
#define SEAL_OF(column) "(SELECT c." column " FROM certificate c WHERE c.profile = 'seal' AND c.agency = permit.agency AND c.state = 'active' AND c.der IS NOT NULL ORDER BY c.entry DESC LIMIT 1)"
#define NOT_REAFFIRMED_NOW "NOT EXISTS (SELECT 1 FROM permit_reaffirmation f WHERE f.handle = permit.handle AND f.made_entry IS NULL)"
/* The entry by which the copy came. */
#define KNOWN_COLUMNS(sealed, came) "handle, state, kind, agency, dossier, number, day, valid_to, " CHANGED ", version, " sealed ", sha256, " \
	"short_code, voice_code, issued_entry, time, (SELECT size FROM log_witnessed), (SELECT as_of FROM log_witnessed), (SELECT l.entry FROM log_entry l WHERE l.idx = " came ")"
#define KNOWN_OUT { REG_BYTES, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_INT, REG_INT, REG_INT, REG_INT, REG_BYTES, REG_BYTES, \
	REG_TEXT, REG_TEXT, REG_INT, REG_INT, REG_INT, REG_INT, REG_BYTES }
#define KNOWN_NEWEST KNOWN_COLUMNS(NEWEST("sealed", "sealed"), NEWEST("entry", "issued_entry"))
#define READERS (CALLER_SIGNER | CALLER_VERIFIER)
#define CHANGE_CELLS 11

static const struct read reads[] = {
	{ .name = "permit.by_handle", .callers = READERS, .columns = 25, .out = PERMIT_OUT, .in = { { "handle", REG_BYTES } },
	  .sql = "SELECT " PERMIT_COLUMNS " FROM permit WHERE handle = $handle" },
	{ .name = "permit.by_code", .callers = READERS, .columns = 25, .out = PERMIT_OUT, .in = { { "code", REG_TEXT } },
	  .sql = "SELECT " PERMIT_COLUMNS " FROM permit WHERE short_code = $code OR voice_code = $code" },
	{ .name = "permit.by_sha256", .callers = READERS, .columns = 25, .out = PERMIT_OUT, .in = { { "sha256", REG_BYTES } },
	  .sql = "SELECT " PERMIT_COLUMNS " FROM permit WHERE sha256 = $sha256" },
	{ .name = "permit.list", .callers = READERS, .columns = 25, .out = PERMIT_OUT, .in = { { "state", REG_TEXT }, { "after", REG_INT } },
	  .sql = "SELECT " LIST_COLUMNS " FROM permit WHERE state = $state AND entry > $after ORDER BY entry LIMIT 200" },
	/* All that a seal is made from: the day of the first version under its number, the reservation's entry, the seal's certificate. */
	{ .name = "permit.reserved", .callers = CALLER_SIGNER, .columns = 29, .out = { PERMIT_TYPES, REG_INT, REG_BYTES, REG_BYTES, REG_INT }, .in = { { "handle", REG_BYTES } },
	  .sql = "SELECT " PERMIT_COLUMNS ", (SELECT f.day FROM number_used n JOIN number_used m ON m.agency = n.agency AND m.scope = n.scope AND m.year = n.year AND m.number = n.number AND m.version = 1 "
		 "JOIN permit f ON f.handle = m.handle WHERE n.handle = permit.handle), (SELECT l.entry FROM log_entry l WHERE l.idx = permit.reserved_entry), "
		 SEAL_OF("der") ", " SEAL_OF("generation") " FROM permit WHERE handle = $handle" },
	/* Numbers without their seal: what a new antin-signer begins with. */
	{ .name = "permit.sealing", .callers = CALLER_SIGNER, .columns = 2, .out = { REG_BYTES, REG_INT }, .in = { { "after", REG_INT } },
	  .sql = "SELECT handle, entry FROM permit WHERE state = 'sealing' AND entry > $after AND "
		 "NOT EXISTS (SELECT 1 FROM permit_lost WHERE permit_lost.handle = permit.handle) ORDER BY entry LIMIT 500" },
	/* Reaffirmations without their seal; and one of them, with the entry that reserved it. */
	{ .name = "permit.reaffirming", .callers = CALLER_SIGNER, .columns = 2, .out = { REG_BYTES, REG_INT }, .in = { { "after", REG_INT } },
	  .sql = "SELECT handle, entry FROM permit_reaffirmation WHERE made_entry IS NULL AND entry > $after AND "
		 "NOT EXISTS (SELECT 1 FROM permit_lost WHERE permit_lost.handle = permit_reaffirmation.handle) ORDER BY entry LIMIT 500" },
	{ .name = "permit.reaffirmation", .callers = CALLER_SIGNER, .columns = 7, .out = { REG_BYTES, REG_TEXT, REG_INT, REG_INT, REG_TEXT, REG_INT, REG_BYTES }, .in = { { "handle", REG_BYTES } },
	  .sql = "SELECT r.base, r.decision, r.decided, r.day, r.reason, r.made_entry, l.entry FROM permit_reaffirmation r JOIN log_entry l ON l.idx = r.entry WHERE r.handle = $handle" },
	/* Whose proofs end before a moment (but for those that are being reaffirmed, whose copy is another by then), those that end first before the others; and the copy that lasts longest. */
	{ .name = "permit.renewable", .callers = CALLER_SIGNER, .columns = 3, .out = { REG_BYTES, REG_INT, REG_INT },
	  .in = { { "before", REG_INT }, { "until", REG_INT }, { "after", REG_INT } },
	  .sql = "SELECT handle, proven_until, issued_entry FROM permit WHERE issued_entry IS NOT NULL AND proven_until < $before AND (proven_until, issued_entry) > ($until, $after) AND "
		 NOT_REAFFIRMED_NOW " AND NOT EXISTS (SELECT 1 FROM permit_lost WHERE permit_lost.handle = permit.handle) ORDER BY proven_until, issued_entry LIMIT 200" },
	/* By which algorithms any are proven, one after the other; and those that are by these. */
	{ .name = "permit.proven_by", .callers = CALLER_SIGNER, .columns = 1, .out = { REG_TEXT }, .in = { { "after", REG_TEXT } },
	  .sql = "SELECT proven_by FROM permit WHERE issued_entry IS NOT NULL AND proven_by > $after ORDER BY proven_by LIMIT 1" },
	{ .name = "permit.renewable_by", .callers = CALLER_SIGNER, .columns = 3, .out = { REG_BYTES, REG_INT, REG_INT },
	  .in = { { "by", REG_TEXT }, { "after", REG_INT } },
	  .sql = "SELECT handle, proven_until, issued_entry FROM permit WHERE issued_entry IS NOT NULL AND proven_by = $by AND issued_entry > $after AND "
		 NOT_REAFFIRMED_NOW " AND NOT EXISTS (SELECT 1 FROM permit_lost WHERE permit_lost.handle = permit.handle) ORDER BY issued_entry LIMIT 200" },
	/* The newest copy, and the entry by which it came. */
	{ .name = "permit.copy", .callers = CALLER_SIGNER, .columns = 2, .out = { REG_BYTES, REG_BYTES }, .in = { { "handle", REG_BYTES } },
	  .sql = "SELECT " NEWEST("sealed", "sealed") ", (SELECT l.entry FROM log_entry l WHERE l.idx = " NEWEST("entry", "issued_entry") ") FROM permit "
		 "WHERE handle = $handle AND state = 'issued'" },
	/* What antin-verifier says of a permit, and no more. */
	{ .name = "known.by_handle", .callers = CALLER_VERIFIER, .columns = 19, .out = KNOWN_OUT, .in = { { "handle", REG_BYTES } },
	  .sql = "SELECT " KNOWN_NEWEST " FROM permit WHERE handle = $handle" },
	{ .name = "known.by_code", .callers = CALLER_VERIFIER, .columns = 19, .out = KNOWN_OUT, .in = { { "code", REG_TEXT } },
	  .sql = "SELECT " KNOWN_NEWEST " FROM permit WHERE short_code = $code OR voice_code = $code" },
	/* As issued, or a later copy: that one. */
	{ .name = "known.by_sha256", .callers = CALLER_VERIFIER, .columns = 19, .out = KNOWN_OUT, .in = { { "sha256", REG_BYTES } },
	  .sql = "SELECT " KNOWN_COLUMNS("coalesce((SELECT r.sealed FROM permit_renewal r WHERE r.sha256 = $sha256), sealed)", "coalesce((SELECT r.entry FROM permit_renewal r WHERE r.sha256 = $sha256), issued_entry)")
		 " FROM permit WHERE handle IN (SELECT p.handle FROM permit p WHERE p.sha256 = $sha256 UNION ALL SELECT r.handle FROM permit_renewal r WHERE r.sha256 = $sha256)" },
	/* Each officer's signature, beside each officer's appointment of that person that was there
	 * then.  An end that was ordered after the signature takes nothing back. */
	{ .name = "known.appointed", .callers = CALLER_VERIFIER, .columns = 12, .in = { { "handle", REG_BYTES } },
	  .out = { REG_INT, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_INT, REG_INT, REG_INT, REG_INT, REG_INT, REG_TEXT, REG_TEXT },
	  .sql = "WITH signed AS (SELECT n, officer_person AS person, signed_entry AS entry FROM permit_turn WHERE handle = $handle UNION ALL "
		 "SELECT 1 + (SELECT count(*) FROM permit_turn t WHERE t.handle = p.handle), officer_person, signed_entry FROM permit p WHERE p.handle = $handle AND signed_entry IS NOT NULL) "
		 "SELECT x.n, x.person, a.agency, a.mode, a.kinds, a.from_day, a.to_day, CASE WHEN s.last > x.entry THEN NULL ELSE a.ended_day END, "
		 "CASE WHEN t.last > x.entry THEN NULL ELSE b.ended_day END, a.entry, a.decision, a.title FROM signed x LEFT JOIN appointment a ON a.person = x.person AND a.role = 'officer' AND a.entry < x.entry "
		 "LEFT JOIN appointment b ON b.id = a.authorised_by LEFT JOIN log_subject s ON s.handle = a.id LEFT JOIN log_subject t ON t.handle = b.id ORDER BY x.n, a.entry" },
	{ .name = "permit.submitted", .callers = CALLER_SIGNER, .columns = 2, .out = { REG_BYTES, REG_BYTES }, .in = { { "program", REG_BYTES }, { "key", REG_TEXT } },
	  .sql = "SELECT handle, sha256 FROM submission WHERE program = $program AND key = $key" },
	{ .name = "permit.entries", .callers = CALLER_SIGNER, .columns = 3, .out = { REG_INT, REG_INT, REG_INT }, .in = { { "handle", REG_BYTES } },
	  .sql = "SELECT entry, signed_entry, (SELECT max(c.entry) FROM permit_change c WHERE c.handle = permit.handle) FROM permit WHERE handle = $handle" },
	/* The officers who signed before the last one. */
	{ .name = "permit.turns", .callers = CALLER_SIGNER, .columns = 2, .out = { REG_INT, REG_TEXT }, .in = { { "handle", REG_BYTES } },
	  .sql = "SELECT signed_entry, officer_person FROM permit_turn WHERE handle = $handle ORDER BY n" },
	/* The permit that this one is a newer version of. */
	{ .name = "permit.amended", .callers = CALLER_SIGNER, .columns = 25, .out = PERMIT_OUT, .in = { { "handle", REG_BYTES } },
	  .sql = "SELECT " PERMIT_COLUMNS " FROM permit WHERE handle = (SELECT n.amends FROM permit n WHERE n.handle = $handle)" },
	/* Of a permit's number: the day of its first version, and which version is the newest. */
	{ .name = "permit.number", .callers = CALLER_SIGNER, .columns = 2, .out = { REG_INT, REG_INT }, .in = { { "handle", REG_BYTES } },
	  .sql = "SELECT (SELECT f.day FROM number_used m JOIN permit f ON f.handle = m.handle WHERE m.agency = n.agency AND m.scope = n.scope AND m.year = n.year "
		 "AND m.number = n.number AND m.version = 1), (SELECT max(m.version) FROM number_used m WHERE m.agency = n.agency AND m.scope = n.scope AND m.year = n.year AND m.number = n.number) "
		 "FROM number_used n WHERE n.handle = $handle" },
	{ .name = "permit.reservation", .callers = READERS, .columns = 2, .out = { REG_BYTES, REG_BYTES }, .in = { { "entry", REG_INT } },
	  .sql = "SELECT record, entry FROM log_entry WHERE idx = $entry" },
	/* Those of them about which something was recorded since. */
	{ .name = "permit.list_changed", .callers = READERS, .columns = 25, .out = PERMIT_OUT, .in = { { "after", REG_INT } },
	  .sql = "SELECT " LIST_COLUMNS " FROM permit WHERE state = 'issued' AND entry > $after AND EXISTS (SELECT 1 FROM permit_change WHERE permit_change.handle = permit.handle) "
		 "ORDER BY entry LIMIT 200" },
	/* What became of a permit; the last three columns: number of the one that replaces it, the log's entry, that one's version. */
	{ .name = "permit.changes", .callers = READERS, .columns = CHANGE_CELLS, .in = { { "handle", REG_BYTES } },
	  .out = { REG_INT, REG_INT, REG_INT, REG_INT, REG_INT, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_BYTES, REG_INT },
	  .sql = "SELECT c.entry, c.act, c.from_day, c.until_day, c.ends, c.decision, c.reason, c.note, o.number, l.entry, o.version FROM permit_change c "
		 "JOIN log_entry l ON l.idx = c.entry LEFT JOIN permit o ON o.handle = c.other WHERE c.handle = $handle ORDER BY c.entry" },
	/* Places that the first `size` entries show, and what they say of them since (FORMATS: the status list). */
	{ .name = "permit.places", .callers = READERS, .columns = 1, .out = { REG_INT }, .in = { { "list", REG_INT }, { "size", REG_INT } },
	  .sql = "SELECT idx FROM permit WHERE list = $list AND issued_entry < $size AND "
		 "NOT EXISTS (SELECT 1 FROM permit_lost WHERE permit_lost.handle = permit.handle) UNION ALL "
		 "SELECT idx FROM permit_lost WHERE list = $list AND entry < $size ORDER BY 1" },
	{ .name = "permit.changed_places", .callers = READERS, .columns = 6, .out = { REG_INT, REG_INT, REG_INT, REG_INT, REG_INT, REG_INT },
	  .in = { { "list", REG_INT }, { "size", REG_INT } },
	  .sql = "SELECT coalesce(x.idx, p.idx), c.entry, c.act, c.from_day, c.until_day, c.ends FROM permit_change c LEFT JOIN permit p ON p.handle = c.handle "
		 "LEFT JOIN permit_lost x ON x.handle = c.handle WHERE c.entry < $size AND coalesce(x.list, p.list) = $list AND coalesce(x.entry, p.issued_entry) < $size "
		 "ORDER BY 1, 2" },
	/* A permit whose record is lost: whose it is, its place, its entry. */
	{ .name = "permit.lost", .callers = CALLER_SIGNER, .columns = 6, .out = { REG_BYTES, REG_TEXT, REG_TEXT, REG_INT, REG_INT, REG_BYTES }, .in = { { "handle", REG_BYTES } },
	  .sql = "SELECT permit_lost.handle, agency, kind, list, permit_lost.idx, log_entry.entry FROM permit_lost JOIN log_entry ON log_entry.idx = permit_lost.entry WHERE handle = $handle AND list IS NOT NULL" },
	{ .name = "status.last", .callers = READERS, .columns = 4, .out = { REG_INT, REG_BYTES, REG_BYTES, REG_INT },
	  .sql = "SELECT number, tbs, cwt, this_update FROM status_list UNION ALL "
		 "SELECT number, NULL, NULL, first FROM list_lost WHERE kind = 'status' ORDER BY 1 DESC LIMIT 1" },
	{ .name = NULL },
};

const struct verb *permit_verbs(void) { return verbs; }
const struct read *permit_reads(void) { return reads; }
