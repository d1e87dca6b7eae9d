/*
 * register/within.h -- a read that sees some agencies alone, each with all below
 * it, as SQL.
 *
 * The read begins with WITH_AGENCIES, has IN_AGENCIES among its conditions where a
 * column `agency` is seen, and the fields AGENCIES_IN, which reg_agencies
 * (client.h) fills in: the codes in $width characters each, one after the other;
 * null: all agencies.  Both databases understand it.
 */
#pragma once

#define WITH_AGENCIES "WITH RECURSIVE asked(n) AS (SELECT 0 WHERE length($agencies) > 0 UNION ALL SELECT n + 1 FROM asked WHERE (n + 2) * CAST($width AS INTEGER) <= length($agencies)), " \
	"within(code) AS (SELECT rtrim(substr($agencies, n * CAST($width AS INTEGER) + 1, CAST($width AS INTEGER))) FROM asked) "
#define IN_AGENCIES "($agencies IS NULL OR EXISTS (SELECT 1 FROM within WHERE agency = code OR substr(agency, 1, length(code) + 1) = code || '.'))"
#define AGENCIES_IN { "agencies", REG_TEXT, true }, { "width", REG_INT }
