/*
 * hsm/ec_key.h -- an EVP_PKEY whose private half is elsewhere: a P-256 public
 * key with an EC_KEY_METHOD that asks a function for each signature.
 *
 * What the function refuses lies in OpenSSL's queue as class and sentence;
 * fail_key() (remote_key.h) finds it there.  The function is called on the
 * thread that signs.
 *
 * Checked: the answer has 64 octets and 0 < r, s < order.  Private to hsm/.
 */
#pragma once

#include "base/ossl.h"
#include "hsm/proto.h"

typedef bool ec_sign_fn(void *where, const void *key, struct span digest, struct buf *raw, struct err *);

#define EC_KEY_NOTE_MAX 512
/* key: octets that are copied into the EVP_PKEY and handed to sign. */
must_check bool ec_key_elsewhere(EVP_PKEY **out, struct span spki, ec_sign_fn *sign,
    void *where, struct span key, struct err *);
