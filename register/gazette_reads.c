/* What an agency makes public of its permits, the newest first: the read behind its
 * gazette (verifier/gazette.h).
 *
 * Two facts are public: that a permit was issued, and what was decided about it
 * since.  Each is read along an index, this agency's permits and the city's
 * decisions, backwards from entry $before.  What has no seal is not there, nor a
 * permit whose kind is not among $kinds (" a b "), nor what is a note or the
 * replacement by a newer version: that one's issue says so.  Content is given with
 * an issue alone, and where it is not longer than a list can bear.
 *
 * The same of all agencies, of a span of entries in their order, is what a day made
 * public.
 *
 * The issues of one number, the newest first, are read for whoever knows the holder's
 * name, too; a number of a book comes again each year, so that these have pages as well. */
#include "register/proto.h"
#include "register/verbs.h"

#define TEXT(x) #x
#define LIMIT(n) TEXT(n)
#define CONTENT_MAX 65536
#define NO_INT "CAST(NULL AS bigint)"
#define NO_TEXT "CAST(NULL AS text)"
#define OF_PERMIT "p.handle, p.kind, p.number, p.version, p.day, p.valid_to, (SELECT count(*) FROM permit_change n WHERE n.handle = p.handle)"
#define ISSUE "p.issued_entry, " NO_INT ", " OF_PERMIT ", p.day, " NO_INT ", " NO_TEXT ", CASE WHEN length(p.content) <= " LIMIT(CONTENT_MAX) " THEN p.content END, " \
	"(SELECT l.entry FROM log_entry l WHERE l.idx = p.issued_entry)"
#define ITEM_OUT REG_INT, REG_INT, REG_BYTES, REG_TEXT, REG_TEXT, REG_INT, REG_INT, REG_INT, REG_INT, REG_INT, REG_INT, REG_TEXT, REG_BYTES, REG_BYTES
#define OF_KINDS "p.state = 'issued' AND replace($kinds, ' ' || p.kind || ' ', '') <> $kinds"
#define PUBLIC "p.agency = $agency AND " OF_KINDS
#define CHANGE "c.entry, c.act, " OF_PERMIT ", c.from_day, c.until_day, c.decision, CAST(NULL AS bytea), (SELECT l.entry FROM log_entry l WHERE l.idx = c.entry)"
#define CHANGES "FROM permit_change c JOIN permit p ON p.handle = c.handle WHERE c.act IN (0, 1, 2, 4, 5) AND "

static const struct read reads[] = {
	{ .name = "gazette", .callers = CALLER_VERIFIER, .columns = 14,
	  .in = { { "agency", REG_TEXT }, { "kinds", REG_TEXT }, { "before", REG_INT }, { "from", REG_INT }, { "to", REG_INT } },
	  .out = { ITEM_OUT },
	  .sql = "SELECT " ISSUE " FROM permit p WHERE p.issued_entry < $before AND p.day >= $from AND p.day <= $to AND " PUBLIC
		 " UNION ALL "
		 "SELECT " CHANGE " " CHANGES "c.entry < $before AND c.from_day >= $from AND c.from_day <= $to AND " PUBLIC
		 " ORDER BY 1 DESC LIMIT " LIMIT(GAZETTE_ITEMS) },
	{ .name = "gazette.span", .callers = CALLER_VERIFIER, .columns = 15,
	  .in = { { "kinds", REG_TEXT }, { "from", REG_INT }, { "upto", REG_INT } }, .out = { ITEM_OUT, REG_TEXT },
	  .sql = "SELECT " ISSUE ", p.agency FROM permit p WHERE p.issued_entry >= $from AND p.issued_entry < $upto AND " OF_KINDS
		 " UNION ALL "
		 "SELECT " CHANGE ", p.agency " CHANGES "c.entry >= $from AND c.entry < $upto AND " OF_KINDS
		 " ORDER BY 1 LIMIT " LIMIT(GAZETTE_ITEMS) },
	/* Nothing long is read before the name is known to be right: a wrong number costs the same. */
	{ .name = "gazette.holders", .callers = CALLER_VERIFIER, .columns = 3,
	  .in = { { "kind", REG_TEXT }, { "number", REG_TEXT }, { "capitals", REG_TEXT }, { "before", REG_INT } }, .out = { REG_INT, REG_BYTES, REG_TEXT },
	  .sql = "SELECT issued_entry, handle, holder FROM permit WHERE kind = $kind AND number IN ($number, $capitals) AND state = 'issued' AND issued_entry < $before "
		 "ORDER BY issued_entry DESC LIMIT " LIMIT(GAZETTE_ITEMS) },
	{ .name = "gazette.issue", .callers = CALLER_VERIFIER, .columns = 14, .in = { { "handle", REG_BYTES } }, .out = { ITEM_OUT },
	  .sql = "SELECT " ISSUE " FROM permit p WHERE p.handle = $handle AND p.state = 'issued'" },
	{ .name = NULL },
};

const struct read *gazette_reads(void) { return reads; }
