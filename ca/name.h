/*
 * ca/name.h -- what a name or title in a certificate may be.
 *
 * UTF-8 in NFC, 1 to NAME_CHARS_MAX characters (not octets), without what deceives the
 * eye (base/text.h), no space but U+0020 and none at the ends.  Each rule has a code
 * for programs and words in Vietnamese.
 *
 * What people send is brought into NFC once, where it comes in (request.c); what is
 * signed is never changed, so there another form is refused.  The lints before the
 * signature (lint.c) are a second opinion and use nothing of this.
 *
 * Pure; any thread.
 */
#pragma once

#include "base/json.h"

#define NAME_CHARS_MAX 64	/* RFC 5280 A.1: ub-common-name, ub-title */

/* what: the field that the refusal names. */
must_check bool name_check(const char *what, const char *text, struct err *);
/* The text under key, where there is one, in NFC. */
must_check bool name_to_nfc(json_t *object, const char *key, struct err *);
