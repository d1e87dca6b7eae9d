/* Which issued permits touch a parcel of land, and where those lie about which
 * something was recorded: the reads behind signer/parcel.h.
 *
 * Of a parcel along the index of parcels, in the order of the issues.  Of places a read
 * walks through entries $after + 1 to $upto, as the event feed does, and tells each
 * permit once, at the newest of its entries among them.  Whose permits they are is a
 * condition of both. */
#include "register/proto.h"
#include "register/verbs.h"
#include "register/within.h"

#define TEXT(x) #x
#define LIMIT(n) TEXT(n)
#define SPAN(entry) " WHERE " entry " > $after AND " entry " <= $upto "
#define PLACED "p.handle, p.kind, p.agency, p.dossier, p.number, p.short_code, p.version, p.day, p.valid_to, " \
	"(SELECT count(*) FROM permit_change n WHERE n.handle = p.handle), p.parcels"
#define OF_PROGRAM "p.state = 'issued' AND " IN_AGENCIES " AND ($kinds IS NULL OR replace($kinds, ' ' || p.kind || ' ', '') <> $kinds)"
#define PLACED_OUT REG_INT, REG_BYTES, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_INT, REG_INT, REG_INT, REG_INT, REG_TEXT, REG_TEXT

static const struct read reads[] = {
	{ .name = "parcel.permits", .callers = CALLER_SIGNER, .columns = 13, .out = { PLACED_OUT },
	  .in = { { "parcel", REG_TEXT }, { "after", REG_INT }, AGENCIES_IN, { "kinds", REG_TEXT, true } },
	  .sql = WITH_AGENCIES "SELECT x.entry, " PLACED ", p.plots FROM permit_parcel x JOIN permit p ON p.handle = x.handle "
		 "WHERE x.parcel = $parcel AND x.entry > $after AND " OF_PROGRAM " ORDER BY x.entry LIMIT " LIMIT(PARCEL_ITEMS) },
	/* A plot of more corners than a feed can bear is not told; its permit is. */
	{ .name = "parcel.places", .callers = CALLER_SIGNER, .columns = 13, .out = { PLACED_OUT },
	  .in = { { "after", REG_INT }, { "upto", REG_INT }, AGENCIES_IN, { "kinds", REG_TEXT, true } },
	  .sql = WITH_AGENCIES ", told(handle, entry) AS (SELECT handle, max(entry) FROM (SELECT handle, issued_entry AS entry FROM permit" SPAN("issued_entry")
		 "UNION ALL SELECT handle, entry FROM permit_change" SPAN("entry") ") f GROUP BY handle) "
		 "SELECT t.entry, " PLACED ", CASE WHEN length(p.plots) <= 65536 THEN p.plots END FROM told t JOIN permit p ON p.handle = t.handle "
		 "WHERE (p.parcels IS NOT NULL OR p.plots IS NOT NULL) AND " OF_PROGRAM " ORDER BY t.entry LIMIT " LIMIT(PARCEL_ITEMS) },
	{ .name = NULL },
};

const struct read *parcel_reads(void) { return reads; }
