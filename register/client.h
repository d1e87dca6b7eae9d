/*
 * register/client.h -- antin-register from another process: units of verbs,
 * and reads.
 *
 *	own_struct(reg_unit) u = reg_unit_new();
 *	reg_verb(&u, "cert.revoke");
 *	reg_bytes(&u, "serial", serial);  reg_int(&u, "reason", 1);  reg_null(&u, "invalidity");
 *	if (!reg_run(reg, &u, &results, e)) ...
 *	reg_result_int(&results, 0, "entry", &idx, e)
 *
 * Fields may come in any order.  A refusal carries the verb's own class and
 * sentence.  After a call that failed with ERR_LATER it is unknown whether the
 * unit ran: read before trying again.
 *
 * Any number of threads; connections are pooled.
 */
#pragma once

#include "base/cbor.h"
#include "base/json.h"
#include "register/merkle.h"
#include "register/proto.h"

struct reg;
struct reg *reg_new(const char *socket);
must_check bool reg_wait(struct reg *, int timeout_ms, struct err *);

struct reg_unit { struct buf verbs, fields; size_t nverbs, nfields; const char *open; struct { size_t off, len, key; } f[32]; };
struct reg_unit reg_unit_new(void);
void reg_unit_drop(struct reg_unit *);
void reg_verb(struct reg_unit *, const char *name);
void reg_int(struct reg_unit *, const char *field, int64_t);
void reg_text(struct reg_unit *, const char *field, const char *text);
void reg_text_span(struct reg_unit *, const char *field, struct span);
void reg_bytes(struct reg_unit *, const char *field, struct span);
void reg_null(struct reg_unit *, const char *field);
/* The fields of a read by agencies (within.h): codes, separated by spaces; NULL: all. */
void reg_agencies(struct reg_unit *, const char *codes);

struct reg_results { struct msg reply; };
void reg_results_drop(struct reg_results *);
/* results may be NULL when nothing is asked of them. */
must_check bool reg_run(struct reg *, struct reg_unit *, struct reg_results *results, struct err *);
must_check bool reg_result_int(const struct reg_results *, size_t verb, const char *field, int64_t *, struct err *);
/* Borrows from results. */
must_check bool reg_result_span(const struct reg_results *, size_t verb, const char *field, struct span *, struct err *);

/* A read: parameters are added with the functions above to a unit that was
 * begun with reg_read_new. */
struct reg_unit reg_read_new(const char *name);
/* size and as_of, of a register that reads from a replica: everything before that
 * time is in it; else 0. */
struct reg_rows { struct msg reply; struct cbor at; size_t left; uint64_t size; int64_t as_of; };
void reg_rows_drop(struct reg_rows *);
must_check bool reg_read(struct reg *, struct reg_unit *read, struct reg_rows *rows, struct err *);

struct reg_cell { bool null; int64_t i; struct span s; };
/* The next row into cells (as many as the read has columns); *more is false
 * after the last.  Spans borrow from rows. */
must_check bool reg_next(struct reg_rows *, struct reg_cell *cells, size_t columns, bool *more, struct err *);
/* Exactly one row, or ERR_ABSENT with "there is no <what>". */
must_check bool reg_one(struct reg *, struct reg_unit *read, struct reg_rows *, struct reg_cell *cells, size_t columns,
    const char *what, struct err *);
/* A text or a day (as 2026-11-03) for an answer; null where there is none. */
json_t *reg_text_json(const struct reg_cell *);
json_t *reg_day_json(const struct reg_cell *);
/* Size and root of the log: what is committed now. */
must_check bool reg_head(struct reg *, uint64_t *size, struct hash *root, struct err *);
must_check bool reg_flush(struct reg *, struct err *);
