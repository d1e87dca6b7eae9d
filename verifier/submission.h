/*
 * verifier/submission.h -- what a workflow system submits: JSON -> canonical
 * <content> octets.
 *
 * Two shapes are read: our envelope
 *	{"kind","agency","dossier","procedure",?"step",?"number",?"amends",?"converted",?"fields"{...}}
 * and a permit as the samples write it ("loai", "co_quan_cap", "ma_ho_so", ...,
 * the kind's fields at the top level); what the samples say about the signer,
 * number-as-printed, and life after issue is not content and is left aside,
 * with a remark each.
 *
 * "converted", in either, is the code page (base/code_page.h) that the text was in before whoever
 * hands it in made it Unicode.  It is no content: it is for the officers to know.
 *
 * Every value is checked by its field (policy/field.h), as of the day of the
 * submission.  Every refusal names the field in Vietnamese and English; all are
 * collected before the refusal, up to SUBMISSION_PROBLEMS_MAX.  Text is brought
 * to NFC with a remark; what deceives the eye is refused (base/text.h).
 *
 * The result has been checked by the kind's own grammar, too: a net that should
 * find nothing any more.  Pure.
 */
#pragma once

#include "base/json.h"
#include "policy/policy.h"
#include "verifier/permit.h"

#define SUBMISSION_MAX (256u << 10)
#define SUBMISSION_PROBLEMS_MAX 100
#define SUBMISSION_ITEMS_MAX 200	/* of a field with many values, the corners of a plot too */

struct submission {
	const struct kind *kind;
	const struct agency *agency;
	struct buf content;		/* canonical <content> octets; none yet of a later version whose number is not known */
	char *dossier, *procedure, *holder;
	char *given;			/* number that comes with it, or NULL */
	const char *converted;		/* from this code page, or NULL */
	char *amends;			/* handle of the permit of which it is a new version, or NULL */
	int32_t valid_from, valid_to;	/* INT32_MIN, INT32_MAX: open */
	struct buf parcels;		/* keys (policy/parcel.h) of those that it names, each once, a space between */
	json_t *plots;			/* [{"meridian","zone","corners":["northing easting",...]}], the numbers as they are signed */
	json_t *remarks;		/* [{"field","vi","en"}] */
	json_t *problems;		/* [{"field","path","code","vi","en"}]; when refused, mostly not empty */
};
void submission_drop(struct submission *);

/* What the register knows of the permit that is amended: which version this one
 * becomes, and the day of the one before. */
struct submission_amended { int64_t version; int32_t day; };

/* handle: 32 hex digits, the permit's <code>.  amended may be NULL: a submission
 * that amends is then checked and its facts are told, without content.  On refusal
 * out->problems tells all, e the first. */
must_check bool submission_read(struct submission *out, struct span json, const char *handle, int32_t today, const struct submission_amended *amended,
    const struct policy *, struct permit_grammars *, struct err *);
/* {"kind","agency","dossier","procedure","holder","given","amends","converted","valid_from","valid_to","remarks",
 * "parcels","plots"}; null where none. */
json_t *submission_facts(struct submission *);
