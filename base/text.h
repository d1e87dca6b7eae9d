/*
 * base/text.h -- what people's text may be.
 *
 * Text is UTF-8, normalised to NFC once, at intake; signed bytes are never
 * normalised.  text_check refuses what deceives the eye or breaks a line:
 * controls, bidirectional controls, zero-width characters, soft hyphens,
 * non-characters, and look-alikes: U+00D0 and U+0189 (for U+0110, D with
 * stroke).  The refusal names the character by code point.
 */
#pragma once

#include "base/bytes.h"

must_check bool utf8_check(struct span, struct err *);
/* Characters (code points), not bytes; the text must be UTF-8. */
size_t utf8_count(struct span);
/* UTF-16 of either order, without a byte-order mark: appends it as UTF-8, and back.
 * Refused: half a character, half a pair.  What is put must be UTF-8. */
must_check bool utf16_get(struct buf *utf8, struct span, bool big_endian, struct err *);
void utf16_put(struct buf *, struct span utf8, bool big_endian);
bool text_is_nfc(struct span);
/* Appends the NFC form; *changed tells whether it differs. */
must_check bool text_to_nfc(struct buf *out, struct span, bool *changed, struct err *);
/* lines: whether line feeds are allowed. */
must_check bool text_check(struct span, bool lines, struct err *);
/* Of a stranger's text that is only shown: what is no UTF-8, as where it was cut within a
 * letter, line feeds and what text_check refuses become '?'. */
void text_show(char *);
/* A space that is none of U+0020: no-break, thin, ideographic ... */
bool text_has_other_space(struct span);

/* Escapes for the inside of XML text as Canonical XML writes it
 * (& < > and CR), for XML attributes (& < " TAB LF CR), and for HTML. */
void text_put_xml(struct buf *, struct span);
void text_put_xml_attr(struct buf *, struct span);
void text_put_html(struct buf *, struct span);
/* The same between pieces of HTML; nothing at all where the text is empty. */
void text_put_html_part(struct buf *, const char *before, const char *text, const char *after);
/* Without diacritics, lower case, d for đ: for searching and for SMS.
 * Upper-case letters stay upper case when keep_case. */
must_check bool text_fold(struct buf *out, struct span, bool keep_case, struct err *);
/* As Unicode folds case, in NFC: two names that a file system may take for one are then the same. */
must_check bool text_casefold(struct buf *out, struct span, struct err *);
/* NFC, in capitals, without any blank: how a number is looked for that somebody typed. */
must_check bool text_capitals(struct buf *out, struct span, struct err *);
/* Its words, folded, a space before each: what is neither letter nor digit parts
 * them.  "Sở Xây dựng (TP)" -> " so xay dung tp". */
must_check bool text_words(struct buf *out, struct span, struct err *);
