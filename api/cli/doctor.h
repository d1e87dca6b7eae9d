/*
 * api/cli/doctor.h -- one thing that `antin doctor` looks at: a function that
 * says what it found.
 *
 * What to look at is the configuration's section [antin-doctor] (or --public and
 * --policy alone); a check whose things are not configured is SKIPPED and says
 * so.  What is configured and cannot be looked at is an ALARM, never skipped.
 *
 * Two ends of looking ahead, both in Vietnam's days (policy/holidays.h):
 *
 *	ahead	what a person must renew: twelve days from now, and on to the end
 *		of the next day that is worked
 *	shut	what renews itself: to the end of the next day that is worked, so
 *		that a stop on the last evening before Tet is seen before the world
 *		is without it
 *
 * To add a check: a function in the file of its noun, a line here, a row in
 * doctor.c.
 */
#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "policy/holidays.h"
#include "register/log_policy.h"
#include "register/store.h"

#define HOUR 3600

struct doctor_conf {
	char *public, *witness_policy, *database, *site, *policy, *certificates, *tokens, *backups, *recheck, *outside, *command;
	int64_t backup_hours, recheck_hours;
	bool unsynchronised;
};

struct doctor {
	struct doctor_conf conf;
	const char *config;		/* the file, for the sections of `tokens`; NULL */
	struct log_policy *witnesses;	/* NULL: not given */
	struct holidays holidays;	/* none: weekends alone */
	struct store *db;		/* open during a look; NULL: not configured, or db_error */
	struct err db_error;
	int64_t now, ahead, shut;
};

/* WELL with what was found in says; ALARM with e filled; SKIPPED with why. */
enum health { ALARM = 0, WELL, SKIPPED };
typedef enum health doctor_check(const struct doctor *, struct buf *says, struct err *);

enum health well(bool good);
/* Says that this key of [antin-doctor] is not set. */
enum health skipped(struct buf *says, const char *key);
must_check bool read_public(const struct doctor *, const char *name, struct buf *out, struct err *);
void put_age(struct buf *says, const struct doctor *, int64_t t);
/* Not older than that, and not from tomorrow. */
must_check bool check_age(const struct doctor *, const char *what, int64_t t, int64_t max_secs, struct err *);
/* How many keys the authority has issued with (ca/roll_over.h), and where the issuing
 * certificate of one of them stands in public/. */
#define ISSUING_NAME 32
must_check bool doctor_generations(const struct doctor *, int64_t *n, struct err *);
void doctor_issuing(char name[ISSUING_NAME], int64_t generation);
/* Lasts beyond `until`. */
must_check bool check_lasts(const char *what, int64_t not_after, int64_t until, struct err *);

/* doctor_public.c: what the world may copy. */
doctor_check see_checkpoint, see_witnessed, see_split, see_crls, see_status_list, see_authority;
/* doctor_register.c: what the register says. */
doctor_check see_log, see_certificates, see_policy, see_approvers, see_archive;
/* doctor_served.c: what the world is answered. */
doctor_check see_crl_served, see_ocsp_served;
/* doctor_stamps.c: who stamps for us. */
doctor_check see_stamps;
/* doctor_machine.c: the machine and what lies on it. */
doctor_check see_files, see_pins, see_clock, see_backup, see_recheck, see_holidays, see_room;
