/*
 * hsm/ckr.h -- PKCS#11 return values: their names, the class of refusal each
 * means, and which of them say that this process can no longer use its token.
 *
 * Pure; any thread.
 */
#pragma once

#include "base/err.h"

/* "CKR_PIN_INCORRECT"; "CKR_?" for a value that the standard does not know. */
const char *ckr_name(unsigned long);
enum err_class ckr_class(unsigned long);
/* The session, the login or the device is gone: only a new process helps. */
bool ckr_is_lost(unsigned long);
/* fail() with the name of rv behind the text. */
bool fail_ckr(struct err *, unsigned long rv, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
