/*
 * verifier/dossier.h -- what a one-stop shop's program reports of a dossier, as
 * it travels: one event, and a batch of them.
 *
 *	{"dossier":"H99.31.07-261026-0042","step":"received","day":"2026-10-26",
 *	 ?"due":"2026-11-05",?"kind":"construction",?"reason":...,?"corrects":index,
 *	 ?"key":...}
 *
 * A batch is a JSON array of such objects, or one object a line (JSON Lines).
 * Whether an event fits the dossier, the register says (register/dossier_verbs.c);
 * here is only what can be seen from the event itself.
 *
 * A refusal's sentence begins with a word for machines and a colon, in the
 * register's verb too; dossier_why takes it apart and has the Vietnamese.
 *
 * Pure.
 */
#pragma once

#include "base/json.h"
#include "policy/policy.h"
#include "verifier/code.h"

#define DOSSIER_BATCH_MAX 500
#define DOSSIER_KEY_MAX 100		/* octets */
#define DOSSIER_REASON_MAX 500		/* characters */

struct dossier_event {
	char code[DOSSIER_CODE_MAX + 1], step[16], kind[64], key[DOSSIER_KEY_MAX + 1];	/* kind, key: "" without */
	struct dossier_code part;
	int32_t day, due;		/* due: INT32_MIN without */
	int64_t corrects;		/* -1: nothing */
	char *reason;			/* NFC; NULL without */
};
void dossier_event_drop(struct dossier_event *);
must_check bool dossier_event_read(struct dossier_event *out, const json_t *, struct err *);

/* One of a batch: the event, or why it is none.  code: as it was given, to name
 * it in the answer, "" when it cannot be told. */
struct dossier_item { bool good; struct dossier_event event; struct err e; unsigned char sha256[32]; char code[DOSSIER_CODE_MAX + 1]; };
struct dossier_batch { size_t n; struct dossier_item *item; };
void dossier_batch_drop(struct dossier_batch *);
/* Refused as a whole: no event, more than DOSSIER_BATCH_MAX, an array that is no
 * JSON.  Whatever is wrong with one event or line is said of it alone. */
must_check bool dossier_batch_read(struct dossier_batch *out, struct span text, struct err *);

/* A refusal for machines and for people; borrowed from e or for ever. */
struct dossier_why { char word[32]; const char *vi, *en; };
void dossier_why(struct dossier_why *, const struct err *e);
/* Has the table this word?  For the test that reads the register's sentences. */
bool dossier_why_known(const char *word);

/* The step as people read it, by enum lang; NULL for a word that is no step. */
const char *const *dossier_step_say(const char *step);
