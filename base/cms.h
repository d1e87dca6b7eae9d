/*
 * base/cms.h -- one shape of CMS: attached SignedData by one signer (RFC 5652),
 * as orders, tickets and the ceremony's bundle use it.
 *
 * Made: content type data, SHA-256, signed attributes with content type,
 * message digest, signing time and signing-certificate-v2 (RFC 5035), the
 * signer's certificate included.  `openssl cms -verify` reads it.
 *
 * Read: the same shape and nothing else.  cms_signer_serial tells who claims to
 * have signed, before anything is believed; cms_open checks the signature with
 * the certificate that the *caller* found for it, never with one that came
 * along.
 */
#pragma once

#include "base/ossl.h"

#define CMS_MAX (4u << 20)

/* key: a private key or one that signs elsewhere (token, antin-hsm). */
must_check bool cms_sign_attached(EVP_PKEY *key, X509 *cert, struct span content, struct buf *der, struct err *);

must_check bool cms_read(CMS_ContentInfo **out, struct span der, struct err *);
/* Serial number of the one signer, as hex; refuses another count of signers
 * and signers named by key identifier. */
must_check bool cms_signer_serial(struct buf *hex, CMS_ContentInfo *, struct err *);
/* The content, nothing checked: to show what somebody is about to look into. */
must_check bool cms_content_unchecked(struct buf *content, CMS_ContentInfo *, struct err *);
/* The content, once its one signature is cert's, over SHA-256, with
 * signing-certificate-v2 naming cert.  *signed_at: the claimed signing time. */
must_check bool cms_open(struct buf *content, int64_t *signed_at, CMS_ContentInfo *, X509 *cert, struct err *);
