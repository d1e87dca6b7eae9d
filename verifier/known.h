/*
 * verifier/known.h -- what the register knows of a permit, as antin-verifier
 * says it: state, days, decision, the bytes as issued.
 *
 * And of a dossier: step, days, and what permits came of it, without their codes:
 * a dossier's code can be guessed from its neighbours, a permit's must not be.
 *
 * Read through register/client.h; one of the few files of verifier that may.
 */
#pragma once

#include "base/json.h"
#include "policy/life.h"
#include "register/client.h"
#include "register/entry.h"
#include "register/tile_cache.h"

/* Of a register that reads from a replica (register/replica.h); 0: this moment. */
struct seen { int64_t as_of; uint64_t size; };

/* One of the things that became of it; texts are empty where there are none. */
struct known_change {
	struct life_change is;
	int64_t recorded;
	char decision[420], note[4100], replacement[128];	/* replacement: a number */
	int64_t version;		/* of what replaces it; 0: nothing does */
};

struct known {
	bool found;
	unsigned char handle[HANDLE_LEN], sha256[32];
	char state[16], kind[64], agency[64], dossier[80], number[128], shortcode[16], voicecode[16];
	int32_t day, valid_to;			/* INT32_MIN, INT32_MAX: none */
	struct known_change *change; size_t nchanges;
	int64_t issued_entry, time;		/* -1: not issued */
	int64_t since;				/* when these very octets were recorded; 0: not issued */
	int64_t witnessed, witnessed_as_of;	/* size of the newest cosigned checkpoint; -1: no witness is asked */
	struct seen seen;
	struct buf sealed;			/* empty until issued; by handle or code the copy whose proofs last longest */
};
void known_drop(struct known *);

/* found is false when there is no such permit; false only for a register that
 * cannot be asked. */
must_check bool known_by_text(struct known *out, struct reg *, const char *read, const char *field, const char *text, struct err *);
must_check bool known_by_bytes(struct known *out, struct reg *, const char *read, const char *field, struct span, struct err *);
/* FORCE_UNKNOWN for a permit that is not issued.  why: what makes it so, or NULL. */
enum in_force known_in_force(const struct known *, int32_t day, const struct known_change **why);
/* Is there a copy of it that its agency reaffirmed? */
bool known_reaffirmed(const struct known *);
/* From when that is so, and until when; INT32_MIN, INT32_MAX: no such day. */
int32_t known_from(const struct known_change *why);
int32_t known_until(const struct known *, const struct known_change *why);
/* The life of a permit as of a day, where a read tells how many changes there are. */
struct known_handle { struct span handle; int32_t valid_to; int64_t changes; };
must_check bool known_life(struct life *out, struct reg *, const struct known_handle *, int32_t day, struct err *);
/* As of a day: {"known","state","number","handle","from","until","decision",
 * "history":[{"what","say","from","until","decision","note","replacement","version","index",
 * "recorded"}],"log"}; log: null until issued, or {"index"} of the entry with "witnessed" (as of when
 * its quorum cosigned) or "pending_since" (issued, and not cosigned yet). */
json_t *known_json(const struct known *, int32_t day);
/* A dossier as the one-stop shop's programs reported it. */
struct known_dossier {
	bool found;
	char agency[64], kind[64], step[16];
	int32_t since, due;
	struct seen seen;
};
must_check bool known_dossier(struct known_dossier *out, struct reg *, const char *code, struct err *);
/* What permits were made from it: of each {"kind","agency","state","day"}, oldest
 * first.  state and since: of the last of them, "" without any. */
struct known_permits { json_t *list; char agency[64], state[16]; int32_t since; };
void known_permits_drop(struct known_permits *);
must_check bool known_permits(struct known_permits *out, struct reg *, const char *dossier, int32_t today, struct err *);

/* Whether each officer held an appointment for kind and agency, in the mode of the
 * signature, on the day of signing: `signatures` are those of a report about the very
 * octets that the register has, and get "appointed".  One of which the register has
 * no record of signing gets none.  *lacking: of one of them it is false. */
must_check bool known_appointed(bool *lacking, json_t *signatures, struct reg *, const struct known *, struct err *);

/* The .tlog-proof of the permit's `issued` entry, out of the register. */
must_check bool known_proof(struct buf *out, struct reg *, struct tile_cache *, const struct known *, struct err *);
