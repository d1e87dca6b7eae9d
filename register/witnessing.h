/*
 * register/witnessing.h -- asks the witnesses of a policy to cosign what the log
 * has published, and publishes what met its quorum.
 *
 * A round takes the newest published checkpoint and asks every witness for it
 * at once, each on a thread of its own; it ends when the quorum is met (and a
 * moment later, for those who are nearly there) or everybody has answered.  A
 * witness that is slow takes part again when it is back.  Nothing waits for a
 * round: appending, signing, answering and publishing go on without witnesses.
 *
 *	public/checkpoint.witnessed	the newest checkpoint with its quorum
 *	public/checkpoint		gets the same lines while it is the newest
 *	public/witnesses.json		who cosigned what, and what is wrong
 *
 * A cosignature is added when the witness's key in the policy says so; what the
 * courier brings is believed for nothing else.  A witness that refuses what
 * this log can prove has seen another log under its name: that is kept
 * (log_split), logged once, and told in witnesses.json.
 *
 * Before the first round there is a roll call: nothing is published until the
 * witnesses were asked whether they hold a view that this log does not follow
 * from, or until six seconds are over.
 *
 * Threads of its own, with a database connection of their own.
 */
#pragma once

#include "register/log_policy.h"
#include "register/publish.h"

struct witnessing;

/* policy is borrowed; courier: the socket of the courier.  Refuses a policy whose
 * quorum is none, or that names other logs only. */
must_check bool witnessing_new(struct witnessing **out, struct publisher *, const char *database, const struct log_policy *policy,
    const char *courier, struct err *);
/* Refuses (ERR_STORE) when a witness objects, and those who did not cosign this log
 * as it is could be a quorum.  Once, and before publisher_start. */
must_check bool witnessing_roll_call(struct witnessing *, struct err *);
void witnessing_start(struct witnessing *);
void witnessing_stop(struct witnessing *);
