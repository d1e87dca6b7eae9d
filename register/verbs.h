/*
 * register/verbs.h -- what can be done to the register: named verbs and named
 * reads, as data.
 *
 * A verb is one row of a table (log_verbs.c, cert_verbs.c ...):
 *
 *	in	the fields that the caller gives, with types
 *	check	SELECTs that must yield a row; else the class and the sentence, and
 *		for people and programs outside a code and words in Vietnamese
 *	allot	SELECTs whose one value becomes a further field (a number, an index)
 *	project	the DML that changes the state tables
 *
 * SQL names its parameters after the fields ($serial), and may use two more:
 * $entry, the index of the log entry being made, and $time, its time; `project` of a
 * verb with `words` a third, $words: those of the text field that it names, for
 * searching (text_words).
 *
 * With an entry type, the fields given and allotted are the record (a
 * deterministic CBOR map, "verb" among its keys); the record is stored with a
 * random salt, and the log entry commits to it (FORMATS: the register).  State
 * tables are projections of records: replaying every record through `project`
 * alone, into an empty database, gives the same tables.  So `project` may use
 * nothing but the fields, $entry, $time, $words and the tables.
 *
 * A verb without an entry (VERB_QUIET) may touch only columns that are derived
 * (octets that a committed hash already fixes) or ephemeral (sessions,
 * publications); register/tables.c names them.
 *
 * org, category, handle name the fields that go into the entry's head; public
 * lists the fields that the entry shows to everybody ("a b ?[c d]": the group
 * is left out when c is null).  fsck makes the entry's words again from the
 * record: what comes to a verb later is optional, and in `public` such a group.
 *
 * A verb with `order` carries an accepted order: fields order_id (16 octets),
 * after_size, after_root.  The register itself refuses an order id seen before,
 * an (after_size, after_root) that is not a prefix of this log, and a handle
 * with an entry at or beyond after_size.
 */
#pragma once

#include "base/msg.h"

enum reg_type { REG_INT, REG_TEXT, REG_BYTES };

#define VERB_QUIET (-1)
#define VERB_FIELDS_MAX 28

struct verb_field { const char *name; enum reg_type type; bool optional; };
struct verb_check { const char *sql; enum err_class class; const char *sentence, *code, *vi; };
struct verb_allot { const char *name; enum reg_type type; const char *sql; };

struct verb {
	const char *name;
	unsigned callers;
	int entry;
	struct verb_field in[VERB_FIELDS_MAX];		/* ends with a NULL name, as all lists here */
	struct verb_check check[16];
	struct verb_allot allot[6];
	const char *project[8];
	const char *org, *category, *handle, *public, *words;	/* NULL: none */
	bool order;
};

struct read {
	const char *name;
	unsigned callers;
	struct verb_field in[8];
	const char *sql;
	enum reg_type out[29];
	unsigned columns;
};

/* Borrowed for ever; NULL when there is none. */
const struct verb *verb_find(const char *name);
const struct read *read_find(const char *name);
/* For tests and fsck: the i-th verb, NULL after the last. */
const struct verb *verb_nth(size_t i);

/* The tables of each noun, collected by verbs.c; each ends with a NULL name. */
const struct verb *log_verbs(void);
const struct verb *cert_verbs(void);
const struct verb *permit_verbs(void);
const struct verb *dossier_verbs(void);
const struct read *log_reads(void);
const struct read *cert_reads(void);
const struct read *permit_reads(void);
const struct read *dossier_reads(void);
const struct read *feed_reads(void);
const struct read *gazette_reads(void);
const struct read *parcel_reads(void);
