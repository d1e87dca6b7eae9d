/*
 * register/log_policy.h -- whom a checkpoint must satisfy (c2sp.org/tlog-policy).
 *
 *	log <vkey> [url]
 *	witness <name> <vkey> [url]
 *	group <name> all|any|<k> <member>...
 *	quorum <name>|none
 *
 * A name is defined before it is used and is a member of one group at most;
 * there is exactly one quorum line; no key appears twice.  Names are octets,
 * nothing more.  Keys are Ed25519: a log's of type 1, a witness's of type 4.
 *
 * A quorum is as old as the oldest cosignature that it needs: of a group that
 * asks for k, the k newest members count.
 *
 * Pure; open to every level above.
 */
#pragma once

#include "register/note.h"

#define LOG_POLICY_MAX 48	/* logs, witnesses, groups; each */
#define LOG_POLICY_URL_MAX 256
#define LOG_POLICY_TEXT_MAX (64u << 10)
#define LOG_POLICY_NONE (-1)	/* quorum none */

struct log_policy {
	struct { struct note_key key; char url[LOG_POLICY_URL_MAX]; } log[LOG_POLICY_MAX];
	/* member and quorum are places: a witness's its index, a group's LOG_POLICY_MAX more. */
	struct { char name[NOTE_NAME_MAX]; struct note_key key; char url[LOG_POLICY_URL_MAX]; } witness[LOG_POLICY_MAX];
	struct { char name[NOTE_NAME_MAX]; size_t need, n; int member[2 * LOG_POLICY_MAX]; } group[LOG_POLICY_MAX];
	size_t nlogs, nwitnesses, ngroups;
	int quorum;
};

must_check bool log_policy_parse(struct log_policy *out, struct span text, struct err *);
must_check bool log_policy_read(struct log_policy *out, const char *path, struct err *);

struct quorum {
	bool met;
	int64_t as_of;				/* INT64_MAX when nobody is asked for */
	bool by[LOG_POLICY_MAX];		/* who cosigned, by place in witness[] */
	int64_t time[LOG_POLICY_MAX];
};
/* Who cosigned a note, and whether that is enough.  Refused: a cosignature by a
 * witness of the policy that does not verify. */
must_check bool log_policy_quorum(struct quorum *out, const struct log_policy *, struct span note, struct err *);
/* Would these, all of them, be enough? */
bool log_policy_enough(const struct log_policy *, const bool by[LOG_POLICY_MAX]);
/* The whole rule: signed by a log of the policy whose name is the origin, no
 * signature of its logs and witnesses wrong, the quorum met (else ERR_POLICY). */
must_check bool log_policy_check(struct checkpoint *out, struct quorum *, const struct log_policy *, struct span note, struct err *);
/* "2 of 3 witnesses (a, b)" and, where one is asked for, "as of T". */
void quorum_text(struct buf *out, const struct log_policy *, const struct quorum *);
