/*
 * api/code128.h -- Code 128 (ISO/IEC 15417) for a run of digits, as SVG.
 *
 * Pairs in set C; where the count is odd the last digit stands in set B, so
 * that the voice code's thirteen digits become start C, six pairs, code B, one
 * digit, check, stop.
 */
#pragma once

#include "base/bytes.h"

#define CODE128_DIGITS_MAX 40
#define CODE128_SYMBOLS_MAX (CODE128_DIGITS_MAX / 2 + 6)

/* Symbol values with start, check and stop; ERR_INPUT for what is no run of digits. */
must_check bool code128_symbols(unsigned char out[CODE128_SYMBOLS_MAX], size_t *n, const char *digits, struct err *);
/* An <svg> element, quiet zones included; height in modules. */
must_check bool code128_svg(struct buf *out, const char *digits, unsigned height, struct err *);
