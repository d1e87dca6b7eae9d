/*
 * ca/search.h -- what is looked for among certificates, as the register's reads take
 * it (cert.list and those beside it).
 *
 * A query has at most one of "person" (staff number), "serial", "token" (serial number
 * of the USB token that its request named) and "key" (SHA-256 of
 * the public key, which `antin token list` shows of a token's), and any of "name",
 * "agency" (with all below it), "state" and "expires_before" (a day of Vietnam).
 * A name is found by the beginnings of its words, in their order, without diacritics
 * and case: "nguyen an" and "d" find "Nguyễn Đình An".
 *
 * Not here: whose query it is, and which agencies those may see (list.c).
 *
 * Pure; any thread.
 */
#pragma once

#include "base/json.h"
#include "register/client.h"

/* It looks for people: for programs with the right to read, among their agencies. */
bool search_is_for_programs(const json_t *query);
/* All but the cursor.  Refuses what is no query; what is refused has made no read. */
must_check bool search_certificates(struct reg_unit *out, const json_t *query, const char *agencies, struct err *);
