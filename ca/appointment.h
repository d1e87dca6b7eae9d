/*
 * ca/appointment.h -- who may order what, where, on which day: a person's
 * appointments as the register holds them.
 *
 * An appointment binds a person, not a certificate (ARCHITECTURE: how data
 * flows); it covers an agency and all below it.  TUQ. rests on the appointment of
 * who authorises, and has ended when that one has.
 *
 * Any thread.
 */
#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "ca/authority.h"

#define APPOINTMENT_ID 16
#define APPOINTMENTS_MAX 64

struct appointment {
	unsigned char id[APPOINTMENT_ID];
	char person[64], role[40], agency[64], title[256], mode[8], kinds[512];
	int32_t from_day, to_day, ended_day;	/* INT32_MAX: none */
	bool authorised;
	unsigned char authorised_by[APPOINTMENT_ID];	/* where it is: TUQ. */
};

/* All of a person, also ended ones; at most APPOINTMENTS_MAX, and those that ended
 * first are left out.  More do not live: the register takes none (person.appoint). */
must_check bool appointments_read(struct authority *, const char *person, struct appointment out[APPOINTMENTS_MAX], size_t *n, struct err *);
must_check bool appointment_read(struct authority *, const unsigned char id[APPOINTMENT_ID], struct appointment *, struct err *);

/* In force on this day, for this agency? */
bool appointment_covers(const struct appointment *, int32_t day, const char *agency);

/* Canonical facts, without the end: what an order person.end names by hash. */
json_t *appointment_json(const struct appointment *);
void appointment_hash(unsigned char out[SHA256_LEN], const struct appointment *);
