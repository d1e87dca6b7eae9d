/*
 * base/ossl.h -- the glue to OpenSSL: owners, errors, and the few operations
 * that every folder needs.  The only PKI nouns in base.
 *
 * fail_ossl drains OpenSSL's error queue at the call that filled it, so no
 * stale error is ever reported for the next request.
 */
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"

#define SHA256_LEN 32
#define KEY_ID_LEN 32		/* SHA-256 of the DER SubjectPublicKeyInfo */

OWN_WITH(X509, X509_free)
OWN_WITH(X509_CRL, X509_CRL_free)
OWN_WITH(X509_REQ, X509_REQ_free)
OWN_WITH(X509_NAME, X509_NAME_free)
OWN_WITH(X509_EXTENSION, X509_EXTENSION_free)
OWN_WITH(X509_REVOKED, X509_REVOKED_free)
OWN_WITH(X509_STORE, X509_STORE_free)
OWN_WITH(X509_STORE_CTX, X509_STORE_CTX_free)
OWN_WITH(EVP_PKEY, EVP_PKEY_free)
OWN_WITH(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
OWN_WITH(EVP_MD_CTX, EVP_MD_CTX_free)
OWN_WITH(EC_KEY, EC_KEY_free)
OWN_WITH(EC_POINT, EC_POINT_free)
OWN_WITH(ECDSA_SIG, ECDSA_SIG_free)
OWN_WITH(BIGNUM, BN_free)
OWN_WITH(BIO, BIO_free_all)
OWN_WITH(CMS_ContentInfo, CMS_ContentInfo_free)
OWN_WITH(TS_REQ, TS_REQ_free)
OWN_WITH(TS_RESP, TS_RESP_free)
OWN_WITH(TS_STATUS_INFO, TS_STATUS_INFO_free)
OWN_WITH(TS_RESP_CTX, TS_RESP_CTX_free)
OWN_WITH(PKCS7, PKCS7_free)
OWN_WITH(ASN1_INTEGER, ASN1_INTEGER_free)
OWN_WITH(ASN1_OBJECT, ASN1_OBJECT_free)
OWN_WITH(ASN1_OCTET_STRING, ASN1_OCTET_STRING_free)
OWN_WITH(ASN1_TIME, ASN1_TIME_free)
OWN_WITH(GENERAL_NAMES, GENERAL_NAMES_free)

/* A stack of certificates that owns them. */
typedef STACK_OF(X509) cert_list;
void cert_list_free(cert_list *);
OWN_WITH(cert_list, cert_list_free)
/* Members that stay the other list's: such a list is freed with sk_X509_free alone. */
void cert_list_borrow(cert_list *into, const cert_list *from);

/* fail() with OpenSSL's newest reason behind the text; empties the queue. */
bool fail_ossl(struct err *, enum err_class, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

void sha256(unsigned char out[SHA256_LEN], struct span);
/* key is 16 octets: FORMATS 4. */
void hmac_sha256(unsigned char out[SHA256_LEN], struct span key, struct span data);
/* Never falls back: ERR_BUG. */
must_check bool random_bytes(void *out, size_t n, struct err *);

/* One DER object and nothing after it; PEM where text is natural. */
/* A shell: its key stays octets (X509_get_X509_PUBKEY) and verifies nothing;
 * reading one takes 5 us, not 0.1 ms. */
must_check bool cert_shell_from_der(X509 **out, struct span, struct err *);
must_check bool cert_from_der(X509 **out, struct span der, struct err *);
/* The same, and the same object for the same octets while they are remembered
 * (an RSA key is decoded in 0.1 ms): never to be changed.  Any thread. */
must_check bool cert_shared(X509 **out, struct span der, struct err *);
must_check bool crl_shared(X509_CRL **out, struct span der, struct err *);
/* CMS SignedData whose certificates are shells. */
must_check bool pkcs7_shell_from_der(PKCS7 **out, struct span der, struct err *);
/* DER, or the first PEM certificate. */
must_check bool cert_from_any(X509 **out, struct span, struct err *);
/* All PEM certificates of a text, in order, appended. */
must_check bool certs_from_pem(cert_list *into, struct span, struct err *);
void cert_to_der(struct buf *out, const X509 *);
void cert_to_pem(struct buf *out, X509 *);
must_check bool crl_from_any(X509_CRL **out, struct span, struct err *);
/* DER, or all PEM CRLs of a text, appended; none is refused. */
must_check bool crls_from_any(STACK_OF(X509_CRL) *into, struct span, struct err *);
void crl_to_der(struct buf *out, const X509_CRL *);
/* Its key is not decoded (X509_REQ_get_X509_PUBKEY has it as octets). */
must_check bool csr_from_der(X509_REQ **out, struct span, struct err *);
must_check bool csr_from_any(X509_REQ **out, struct span, struct err *);
void csr_to_der(struct buf *out, const X509_REQ *);

/* Key names: the hash of the SubjectPublicKeyInfo. */
void key_id_of(unsigned char out[KEY_ID_LEN], const EVP_PKEY *);
/* The certificate's SubjectPublicKeyInfo, of a shell too. */
void cert_spki(struct buf *out, const X509 *);
void key_id_of_cert(unsigned char out[KEY_ID_LEN], const X509 *);
/* P-256, P-384, P-521: a named curve and an uncompressed point that is on it,
 * the only DER of its key.  NULL: something else.  OpenSSL's own way takes
 * 0.1 ms to find a decoder. */
EC_KEY *ec_key_of_spki(struct span spki);
/* Would that be a key?  In a fifth of the time again. */
bool ec_spki_good(struct span spki);
/* A public key out of its DER SubjectPublicKeyInfo. */
must_check bool pubkey_from_spki(EVP_PKEY **out, struct span der, struct err *);
void pubkey_to_spki(struct buf *out, const EVP_PKEY *);

/* ECDSA P-256: r||s of 64 octets (XML, tokens) <-> DER (CMS, X.509). */
must_check bool ecdsa_raw_to_der(struct buf *out, struct span raw, struct err *);
must_check bool ecdsa_der_to_raw(unsigned char raw[64], struct span der, struct err *);
/* True only if sig (DER) is key's signature over the SHA-256 digest. */
bool ecdsa_verify(EVP_PKEY *key, struct span digest, struct span sig_der);

int64_t asn1_time_secs(const ASN1_TIME *);		/* broken: INT64_MIN */
/* word: an OpenSSL short name, or an OID in dots. */
bool oid_is(const ASN1_OBJECT *, const char *word);
/* One attribute of a name as UTF-8; ERR_ABSENT, or ERR_INPUT if given twice. */
must_check bool name_attr(struct buf *out, const X509_NAME *, int nid, struct err *);
/* A serial number as lower-case hex, no leading zeros dropped inside octets. */
void serial_hex(struct buf *out, const ASN1_INTEGER *);
