/*
 * api/qr.h -- QR codes as SVG (libqrencode; the one file with qrencode.h).
 *
 * Text and a tail of digits are encoded as two segments, bytes and numeric, as
 * the printed seal wants it (10 bits for three digits); error correction M.
 */
#pragma once

#include "base/bytes.h"

#define QR_TEXT_MAX 2000

/* An <svg> element with a quiet zone of four modules.  digits may be "". */
must_check bool qr_svg(struct buf *out, const char *text, const char *digits, struct err *);
