/*
 * register/lost.h -- entries whose records are lost: what their public fields
 * still do to the state tables.
 *
 * After a restore, entries beyond the backup come back from the public tiles
 * without record and salt (reimport.h).  What the world was told must stay true
 * all the same, and nothing that was given may be given again:
 *
 *	1	the serial number is used; the certificate can be revoked by it
 *	2	revoked stays revoked, suspended suspended, and on the CRL; resumed is resumed
 *	5	the place in the status list is used, and the number where it is public
 *	6, 7	what became of a permit, without decision and reason
 *	8	the numbers of lists and batches are used; the root's CRL that is public
 *		stays, and is recorded once more by its order
 *	10	an appointment with a second entry has ended: on that day, as far as we know
 *	13	a request with a second entry was rejected
 *	14	a permit whose seal was reserved is not sealed again
 *	16	erased is erased
 *	18	an earlier restore
 *	19	a dossier that is known goes on to the step, or the step is corrected
 *	20	a blocked key is blocked
 *
 * Of all others nothing is known but that they were.  Orders among them could be
 * presented again: after type 18 the register refuses every order that was
 * signed looking at an earlier log (order.accept).
 *
 * The same for the restore that does it and for fsck that does it again; SQLite
 * only, as both are.
 */
#pragma once

#include "register/entry.h"
#include "register/store.h"

must_check bool lost_project(struct store *, const struct entry *, int64_t idx, struct err *);

/* A condition on rows of `publication`: not a list older than one whose number
 * is lost.  What is public already is newer, until the next one is signed. */
#define LOST_OCSP_KIND "'ocsp' || CASE shard WHEN 0 THEN '' ELSE CAST(shard AS text) END"
#define LOST_IS_CURRENT \
	"NOT EXISTS (SELECT 1 FROM list_lost AS l WHERE l.kind LIKE 'crl%' AND path = 'crl/' || CASE l.kind WHEN 'crl' THEN '0' ELSE substr(l.kind, 4) END || '.crl' AND l.number > " \
	"(SELECT coalesce(max(number), 0) FROM crl WHERE der IS NOT NULL AND path = 'crl/' || shard || '.crl')) AND " \
	"NOT EXISTS (SELECT 1 FROM list_lost AS l WHERE l.kind LIKE 'ocsp%' AND l.kind NOT LIKE '%-delta' AND path LIKE l.kind || '/%' AND l.number > " \
	"(SELECT coalesce(max(number), 0) FROM ocsp WHERE follows IS NULL AND signed <> 0 AND l.kind = " LOST_OCSP_KIND ")) AND " \
	"NOT EXISTS (SELECT 1 FROM list_lost AS l WHERE l.kind LIKE 'ocsp%-delta' AND path = replace(l.kind, '-delta', '/delta.pack') AND l.number > " \
	"(SELECT coalesce(max(number), 0) FROM ocsp WHERE signed <> 0 AND l.kind = " LOST_OCSP_KIND " || '-delta')) AND " \
	"(path <> 'status/1.cwt' OR NOT EXISTS (SELECT 1 FROM list_lost WHERE kind = 'status' AND number > " \
	"(SELECT coalesce(max(number), 0) FROM status_list WHERE cwt IS NOT NULL))) AND " \
	"(path <> 'crl/root.crl' OR NOT EXISTS (SELECT 1 FROM list_lost AS l WHERE l.kind = 'root' AND " \
	"NOT EXISTS (SELECT 1 FROM policy_adopted AS p WHERE p.what = 'root-crl' AND p.entry > l.entry)))"

/* Type 18, whether its record is there (log.reimported) or lost, too. */
extern const char lost_places[], lost_books[];
/* permit_verbs.c: the effect of an erased entry is undone. */
extern const char erase_signed[], erase_turn[], erase_returned[];
