/*
 * verifier/code.h -- the codes that a person types, and what a typed text is.
 *
 * Short code XXXX-XXXX-XXXX-C: 26 signs without vowels and without D, L, Q, W,
 * 12 random (56 bits), check sign ISO 7064 MOD 27,26.  Voice code: 12 random
 * digits and a Damm check digit.  Input forgives case, spaces, dots, hyphens,
 * O for 0 and I for 1.  A code with a wrong check is never looked up.
 *
 * Codes as kept and compared: plain, upper case, no separators.
 */
#pragma once

#include "base/bytes.h"

#define SHORT_CODE_LEN 13
#define VOICE_CODE_LEN 13
#define SHORT_CODE_TEXT 17		/* XXXX-XXXX-XXXX-C and NUL */

/* Fresh codes, plain, NUL-terminated; the text form is for printing. */
must_check bool short_code_draw(char out[SHORT_CODE_LEN + 1], struct err *);
must_check bool voice_code_draw(char out[VOICE_CODE_LEN + 1], struct err *);
void short_code_text(char out[SHORT_CODE_TEXT], const char code[SHORT_CODE_LEN + 1]);
/* Exactly plain form and right check. */
bool short_code_ok(const char *code);
bool voice_code_ok(const char *code);

enum typed { TYPED_UNKNOWN = 0, TYPED_MISTYPED, TYPED_SHORT, TYPED_VOICE, TYPED_DOSSIER, TYPED_QR, TYPED_NUMBER, TYPED_HASH };
#define TYPED_MAX 2000
/* What was typed; plain receives the code as kept (or the dossier code, or the
 * QR's digits).  TYPED_HASH: the SHA-256 of a file, 64 hexadecimal digits, one of
 * them a letter, kept in small letters.  TYPED_NUMBER: looks like a permit's printed number.  A URL of
 * ours (https://host/#digits) is read as its fragment. */
enum typed typed_what(struct span text, struct buf *plain);

/* A dossier code of any of the three generations, with a date that exists:
 *
 *	000.00.14.H99-261001-0007	the agency's groups from below, 0s: none
 *	H99.31.07-261026-0042		from above
 *	H99.031.07-261026-01000042	the same, groups of three digits too; the
 *					system's own two digits before the number
 *
 * It is kept as it came.  agency: its groups from above, whatever the order in
 * the code; day: when the dossier was received; running: the last group. */
#define DOSSIER_CODE_MAX 64
struct dossier_code { char agency[40], running[16]; int32_t day; };
bool dossier_code_read(struct dossier_code *out, const char *code);
bool dossier_code_ok(const char *);
