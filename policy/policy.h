/*
 * policy/policy.h -- what is allowed, loaded once at the start: a folder of
 * XML files -> structs -> const pointers.
 *
 * A reload is a new process.  policy_hash is the SHA-256 over the sorted names
 * and bytes of every file, and becomes a log entry when it changes.
 *
 * Loading checks each file by its grammar and all of them against each other;
 * a refusal names file, line and rule.  After loading nothing changes: any
 * thread may read.
 *
 * A command that judges one document and ends need not check what no verdict on it
 * rests upon: it opens the policy.  Every file is read, and hashed, as in loading; agencies,
 * tiers, algorithms, time-stamping authorities and profiles are checked and there, of the lists
 * of codes the names.  Of the kinds there is none: policy_kind_read makes one out of its
 * octets, without opening any file, so that it may be named by the document, in a jail.
 */
#pragma once

#include "policy/agency.h"
#include "policy/kind.h"
#include "policy/lang.h"
#include "policy/time_authority.h"
#include "policy/verdict.h"

struct role { char *id, *vi, *en; };
struct order_verb { char *id, *roles, *vi, *en; int64_t secs, people; };	/* people: how many must sign, 1 or 2 */
struct tier { char *id, *policy, *formerly, *vi, *en, *fr, *mark, *prefix[3], *prefix_sms; bool legal; };
struct algorithm { char *id, *uri, *remark, *key; int64_t least_bits; int32_t new_until, old_until; };
struct profile {
	char *id, *vi, *en;
	int64_t years, path_length;	/* -1: none */
	int64_t renew_days;		/* before its end a certificate may be renewed on its key; 0: never */
	bool ca, eku_critical, person;
	bool ocsp;			/* a certificate names where OCSP is asked */
	char *key_usage;		/* space-separated OpenSSL short names */
	char *eku;			/* one OpenSSL short name or OID; "": none */
	char *mail_domains;		/* space-separated: where a mailbox may be (mailbox.h); "": names none */
	char *subject;			/* authority, person, agency, service */
};

struct answer { char *id, *sign, *colour, *word[LANGS], *say[LANGS], *act[LANGS], *sms; };
struct answer_rule { char *answer, *verdict, *sub, *in_force, *way, *tier, *reason; };

/* One file: its name below the folder ("/kinds/construction.xml"), its octets and their SHA-256. */
struct policy_part { char *name; struct buf text; unsigned char digest[32]; };

struct policy {
	char *folder;			/* refusals name it */
	unsigned char hash[32];
	struct policy_part *part; size_t nparts;	/* in the order of the hash: of each its name, LF and digest */
	struct code_list *codes; size_t ncodes;
	struct kind *kind; size_t nkinds;
	struct profile *profile; size_t nprofiles;
	struct agency *agency; size_t nagencies;
	struct role *role; size_t nroles;
	struct order_verb *verb; size_t nverbs;
	struct tier *tier; size_t ntiers;
	struct algorithm *algorithm; size_t nalgorithms;
	struct time_authority *time_authority; size_t ntime_authorities;
	struct answer *answer; size_t nanswers;
	struct answer_rule *rule; size_t nrules;
};

must_check bool policy_load(struct policy **out, const char *folder, struct err *);
/* report: with the answers, for whoever tells people the verdict (report_json). */
must_check bool policy_open(struct policy **out, const char *folder, bool report, struct err *);
/* By its grammar, as in loading; kind_free.  NULL: there is no such kind.  A kind that is
 * there and does not hold is a refusal. */
must_check bool policy_kind_read(struct kind **out, const struct policy *, const char *id, struct err *);
/* The octets of one file ("/grammar/permit.rng"); ERR_ABSENT. */
must_check bool policy_text(struct span *out, const struct policy *, const char *name, struct err *);
void policy_free(struct policy *);
typedef struct policy policy_t;
OWN_WITH(policy_t, policy_free)

/* NULL when there is none. */
const struct kind *policy_kind(const struct policy *, const char *id);
const struct kind *policy_kind_by_loai(const struct policy *, const char *loai);
const struct profile *policy_profile(const struct policy *, const char *id);
const struct agency *policy_agency(const struct policy *, const char *id);
const struct order_verb *policy_verb(const struct policy *, const char *id);
const struct tier *policy_tier(const struct policy *, const char *id);
/* By its policy OID or the one that it had formerly. */
const struct tier *policy_tier_by_oid(const struct policy *, const char *oid);
const struct algorithm *policy_algorithm(const struct policy *, const char *id);
const struct algorithm *policy_algorithm_by_uri(const struct policy *, const char *uri);
/* Of the rows that date keys of a kind ("rsa"), shorter than methods ask for now, the one
 * for this length; NULL: too short for any time. */
const struct algorithm *policy_key(const struct policy *, const char *kind, int64_t bits);
const struct time_authority *policy_time_authority(const struct policy *, const char *id);
const struct answer *policy_answer(const struct policy *, const char *id);
/* Is one of the words of a list that is separated by spaces. */
bool word_in(const char *list, const char *word);
/* Its certificates commit a person: permits and orders are signed with them. */
bool profile_commits(const struct profile *);
/* The agency itself or one below it: equal, or scope + "." is a prefix. */
bool agency_within(const char *agency, const char *scope);
/* On that day, does `later` stand in the place of `earlier`: the same agency, or its
 * successor, or its successor's, each when the one before it had ended? */
bool policy_succeeds(const struct policy *, const char *later, const char *earlier, int32_t day);

/* The first rule that fits; there always is one for these arguments. */
struct answer_case { enum verdict verdict; enum sub_indication sub; enum in_force in_force; const char *way, *tier, *reason; };
const struct answer *answer_pick(const struct policy *, const struct answer_case *);
/* Fills {name} from pairs name, value, ... NULL; an unknown name stays "…". */
void answer_fill(struct buf *out, const char *text, const char *const values[]);

/* The whole policy as text, one fact a line, for people and for snapshots, which
 * are kept chapter by chapter. */
void policy_render(struct buf *out, const struct policy *);
struct policy_chapter { const char *name; void (*render)(struct buf *out, const struct policy *); };
const struct policy_chapter *policy_chapters(size_t *n);
