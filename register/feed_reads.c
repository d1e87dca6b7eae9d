/* What happened to permits and dossiers, in the order of the log: the read behind
 * the event feed (signer/feed.h).
 *
 * No table of its own: which entry did what stands in the state tables, each with
 * an index, so that a new event costs nothing here and what is erased is gone.  A
 * read walks through entries $after + 1 to $upto and no further, whoever asks;
 * whose events they are is a condition of the read.  A dossier's step stands at
 * its newest correction.  A restore is everybody's. */
#include "register/verbs.h"
#include "register/within.h"

#define FEED_ITEMS 500
#define TEXT(x) #x
#define LIMIT(n) TEXT(n)
#define SPAN(entry) " WHERE " entry " > $after AND " entry " <= $upto "
#define NO_INT "CAST(NULL AS bigint)"
#define NO_TEXT "CAST(NULL AS text)"
/* entry, verb, act, word, handle, kind, agency, dossier, number, code, first, last */
#define OF_PERMIT(entry, verb, number, code, first, last) "SELECT " entry " AS entry, '" verb "' AS verb, " NO_INT " AS act, " NO_TEXT " AS word, handle, kind, agency, " \
	"dossier, " number " AS number, " code " AS code, " first " AS first, " last " AS last FROM permit" SPAN(entry)

static const struct read reads[] = {
	{ .name = "feed", .callers = CALLER_SIGNER, .columns = 13,
	  .in = { { "after", REG_INT }, { "upto", REG_INT }, AGENCIES_IN, { "kinds", REG_TEXT, true } },
	  .out = { REG_INT, REG_TEXT, REG_INT, REG_TEXT, REG_BYTES, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_INT, REG_INT, REG_BYTES },
	  .sql = WITH_AGENCIES "SELECT f.entry, verb, act, word, handle, kind, agency, dossier, number, code, first, last, l.entry FROM ("
		 OF_PERMIT("entry", "permit.submit", NO_TEXT, NO_TEXT, NO_INT, NO_INT)
		 "UNION ALL " OF_PERMIT("signed_entry", "permit.officer_signed", NO_TEXT, NO_TEXT, NO_INT, NO_INT)
		 "UNION ALL SELECT t.signed_entry, 'permit.officer_signed', " NO_INT ", " NO_TEXT ", p.handle, p.kind, p.agency, p.dossier, " NO_TEXT ", " NO_TEXT ", " NO_INT ", " NO_INT
			" FROM permit_turn t JOIN permit p ON p.handle = t.handle" SPAN("t.signed_entry")
		 "UNION ALL " OF_PERMIT("reserved_entry", "permit.reserve", "number", NO_TEXT, "day", NO_INT)
		 "UNION ALL " OF_PERMIT("issued_entry", "permit.issue", "number", "short_code", "day", "valid_to")
		 "UNION ALL SELECT entry, 'permit.issue', " NO_INT ", " NO_TEXT ", handle, kind, agency, " NO_TEXT ", " NO_TEXT ", " NO_TEXT ", day, " NO_INT " FROM permit_lost"
			SPAN("entry") "AND list IS NOT NULL "
		 "UNION ALL SELECT c.entry, 'permit.change', c.act, " NO_TEXT ", c.handle, coalesce(p.kind, x.kind), coalesce(p.agency, x.agency), p.dossier, p.number, p.short_code, "
			"c.from_day, c.until_day FROM permit_change c LEFT JOIN permit p ON p.handle = c.handle LEFT JOIN permit_lost x ON x.handle = c.handle" SPAN("c.entry")
		 "UNION ALL SELECT s.entry, 'dossier.event', " NO_INT ", s.step, d.handle, d.kind, d.agency, d.code, " NO_TEXT ", " NO_TEXT ", s.day, s.due "
			"FROM dossier_step s JOIN dossier d ON d.handle = s.handle" SPAN("s.entry")
		 "UNION ALL SELECT entry, 'log.reimported', " NO_INT ", " NO_TEXT ", CAST(NULL AS bytea), " NO_TEXT ", " NO_TEXT ", " NO_TEXT ", " NO_TEXT ", " NO_TEXT ", first, last "
			"FROM reimport" SPAN("entry")
		 ") f JOIN log_entry l ON l.idx = f.entry WHERE verb = 'log.reimported' OR "
		 "(" IN_AGENCIES " AND ($kinds IS NULL OR replace($kinds, ' ' || kind || ' ', '') <> $kinds)) ORDER BY f.entry LIMIT " LIMIT(FEED_ITEMS) },
	/* The newest restore's entry; no row: there was none. */
	{ .name = "feed.restored", .callers = CALLER_SIGNER, .columns = 1, .out = { REG_INT }, .sql = "SELECT entry FROM reimport ORDER BY entry DESC LIMIT 1" },
	{ .name = NULL },
};

const struct read *feed_reads(void) { return reads; }
