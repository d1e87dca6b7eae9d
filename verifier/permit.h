/*
 * verifier/permit.h -- a permit file: its parts by position, and the facts in it.
 *
 *	child 1		content
 *	child 2..k+1	ds:Signature officer-1 .. officer-k	(k >= 1)
 *	child k+2	issuance				(sealed permits)
 *	child k+3	ds:Signature seal
 *	child k+4	reaffirmation				(reaffirmed copies)
 *	child k+5	ds:Signature reaffirm
 *
 * A reaffirmation is the agency's word that it stands by a permit though others had an
 * officer's key when he signed: the number and day of its decision, why, and a signature of
 * its seal, or of its successor's, over every part before and over this (judge.h).
 *
 * permit_read refuses (always FORMAT_FAILURE) what the grammar of the envelope
 * (policy/grammar/permit.rng) or of the kind does not allow, and anything
 * between the root's children.  Facts are read only from elements that the
 * seal's references cover.
 *
 * A grammar is compiled once: permit_grammars_load, before a jail closes, those of every
 * kind of the policy.  Of one that was only opened (policy.h) the kind that a document
 * names is taken in when it is asked for; a kind that does not hold says nothing about
 * the document: permit_grammars_held.  Pure, in both cases; grammars may be used by one
 * thread at a time.
 */
#pragma once

#include "base/json.h"
#include "policy/policy.h"
#include "verifier/xades.h"
#include "verifier/xades_write.h"

struct permit_grammars;
must_check bool permit_grammars_load(struct permit_grammars **out, const struct policy *, struct err *);
/* The refusal of a kind that was asked for since: whatever was judged is worth nothing. */
must_check bool permit_grammars_held(const struct permit_grammars *, struct err *);
void permit_grammars_free(struct permit_grammars *);
typedef struct permit_grammars permit_grammars;
OWN_WITH(permit_grammars, permit_grammars_free)

struct permit {
	struct xml xml;
	const struct kind *kind;
	bool sealed, reaffirmed;
	size_t nofficers;
	struct xades officer[XADES_OFFICERS_MAX], seal, reaffirm;
	xmlNode *content, *issuance, *reaffirmation;
	char *handle, *agency, *agency_name, *dossier, *holder;	/* holder: the first one's name */
	int64_t version;		/* 1: the first */
	char *amends;			/* handle of the version before; NULL: the first */
	int32_t amends_day;		/* on which that one was issued */
	char *number, *shortcode, *voicecode, *log_origin, *status_uri;	/* NULL unless sealed */
	int32_t day;			/* of issue */
	int32_t valid_from, valid_to;	/* INT32_MIN, INT32_MAX: open */
	uint64_t log_index, status_index;
	char *decision, *reason;	/* of the reaffirmation; NULL: none */
	int32_t decided, reaffirmed_day;
};

must_check bool permit_read(struct permit *out, struct span text, const struct policy *, struct permit_grammars *, struct err *);
void permit_drop(struct permit *);
/* Of a sealed permit the signature that grows: the last one. */
const struct xades *permit_last(const struct permit *);
/* What reaffirms a sealed permit covers beside its own properties: every part, and the
 * canonical octets of <reaffirmation>.  Refused where it is reaffirmed already. */
must_check bool permit_reaffirm_targets(struct xades_target out[XADES_TARGETS_MAX], size_t *n, const struct permit *, struct span reaffirmation, struct err *);
/* Validates canonical <content> octets by the kind's grammar (writers' self-check). */
must_check bool permit_check_content(struct span content, struct permit_grammars *, struct err *);

/* Canonical <content> octets of a kind that is made public (kind.h), as lines for
 * people, in the order of the kind: [{"name","vi","en","value","depth"}] of its public
 * fields.  Masked ones are left out as hidden ones are: a mask keeps the end of a
 * value, and whoever takes a whole list away has many ends to compare.  A kind that is
 * not made public is refused. */
must_check bool permit_content_public(json_t **lines, struct span content, struct permit_grammars *, struct err *);
/* What is shown of it: {"handle","kind","kind_vi","kind_en","agency","agency_name",
 * "agency_short","parent","dossier","procedure","holder","valid_from","valid_to",
 * "version","amends","lines",?"number",?"day",?"place",?"shortcode",?"voicecode",
 * ?"reaffirmation"};
 * amends: {"handle","day"} of the version before, or null; lines: as above, with the
 * masked fields as their masks; reaffirmation: {"decision","decided","reason","day"}. */
json_t *permit_json(const struct permit *, const struct policy *);
