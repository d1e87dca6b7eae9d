/*
 * verifier/tier_list.h -- whose signatures are judged beside the city's own: tiers of
 * trust, each with its anchors, in one signed file.
 *
 *	{"antin":"tiers/1","version":N,"made":T,"until":T,"tiers":[{"id","vi","en","fr",
 *	 "anchors":[{"sha256":hex,"certificate":base64 of DER}]}]}
 *
 * signed as CMS (base/cms.h) by an anchor of the trust folder, the city's own root: what
 * `openssl cms -verify` checks.  Such an anchor may not stand in the list itself: a tier is
 * another authority's, and no tier has the name of one of ours (policy/tiers.xml).
 *
 * Refused: another key's, an older one than was seen, another one of the same
 * version, one that is over or of tomorrow, an anchor in two tiers or not the one whose
 * hash stands beside it.  The newest that was seen is kept in a small file: "N sha256\n".
 * Whoever refuses a list goes on without it: under its tiers nothing passes then.
 *
 * What a tier means for a document is document.h's.  Reading is pure; tier_list_seen has a file.
 */
#pragma once

#include "policy/policy.h"
#include "verifier/cert.h"

#define TIER_LIST_MAX (1u << 20)	/* octets */
#define TIERS_MAX 8
#define TIER_ANCHORS_MAX 16

struct listed_tier { struct tier is; cert_list *anchors; };

struct tier_list {
	int64_t version, made, until;
	unsigned char sha256[SHA256_LEN];	/* of the signed file */
	struct listed_tier tier[TIERS_MAX]; size_t n;
};
void tier_list_drop(struct tier_list *);

/* The content alone; for makers. */
must_check bool tier_list_parse(struct tier_list *out, struct span json, const struct policy *, struct err *);
/* Signed by one of the anchors, and in force at `now`. */
must_check bool tier_list_open(struct tier_list *out, struct span cms, const cert_list *anchors, const struct policy *, int64_t now, struct err *);
/* Against what was seen before, which it then is (a file that does not exist yet: nothing was). */
must_check bool tier_list_seen(const struct tier_list *, const char *path, struct err *);
/* NULL: none of this name. */
const struct tier *tier_list_find(const struct tier_list *, const char *id);
