/*
 * api/cli/csv.h -- a table as spreadsheets write it (RFC 4180), a row at a time.
 *
 * UTF-8, with or without a byte-order mark; fields separated by commas, or by
 * semicolons where the first line has those and no comma; quoted fields may hold
 * both, line ends and doubled quotes.  A quote inside an unquoted field, anything
 * behind a closing one, and a row of more fields than CSV_FIELDS_MAX are refused.
 * Empty lines are passed over.
 *
 * Borrows the text.
 */
#pragma once

#include "base/bytes.h"

#define CSV_FIELDS_MAX 32

struct csv { struct span rest; char separator; size_t line; };
struct csv csv_open(struct span text);

struct csv_row { size_t line, n; char *field[CSV_FIELDS_MAX]; };	/* line: where it begins, from 1 */
void csv_row_drop(struct csv_row *);
/* *more is false after the last row. */
must_check bool csv_next(struct csv *, struct csv_row *out, bool *more, struct err *);
