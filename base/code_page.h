/*
 * base/code_page.h -- text of programs older than Unicode: Windows code page 1258,
 * TCVN3 and VNI, by table.
 *
 * Strict both ways.  An octet that the page has not, or not there, is refused by line,
 * column (counted in octets, from 1) and value; nothing is guessed, and nothing put in
 * its place.  What is UTF-8 already, with anything but ASCII in it, is refused as well:
 * in no page does Vietnamese look so, and 1258 has nearly every octet.  What comes out
 * is in NFC.
 *
 * The pages, all over ASCII (of its controls TAB, LF and CR alone):
 *	windows-1258	as Microsoft has it: a tone is an octet of its own behind its vowel;
 *		letters that stand in the page with their tone are read in either writing,
 *		and written as the page has them.  A tone behind anything else is refused.
 *	TCVN3	TCVN 5712:1993 VN3 (the .Vn... or ABC fonts), one octet a letter.  It has no
 *		capital letter with a tone: a capital font (.VnTimeH) draws the small ones
 *		so, and which font it was the octets do not say.  Read from such a text are
 *		small letters.  It is not VN1 (TCVN5712-1 of iconv), which has those capitals in the
 *		place of controls, and tones of their own: refused.
 *	VNI	VNI for Windows: a vowel and behind it an octet for its tone and hat, a few
 *		letters in one octet; a mark is as small or capital as its vowel.  Of the
 *		signs that VNI fonts have beside the letters (quotation marks, dashes) no
 *		two lists agree: refused.
 *
 * Tables, and not iconv: it knows neither TCVN3 nor VNI, and differs from one system to
 * the next in what it lets pass.  Pure; any thread.
 */
#pragma once

#include "base/bytes.h"

struct code_page;

/* By its name in Antin's own formats ("windows-1258", "TCVN3", "VNI"); NULL: none. */
const struct code_page *code_page_named(const char *name);
const char *code_page_name(const struct code_page *);
/* Of all there are the i-th, NULL after the last. */
const struct code_page *code_page_nth(size_t i);

/* Appends the text as UTF-8. */
must_check bool code_page_get(struct buf *utf8, const struct code_page *, struct span, struct err *);
/* Appends JSON text, which must be UTF-8; what the page has not becomes \uXXXX. */
void code_page_put_json(struct buf *, const struct code_page *, struct span utf8);
