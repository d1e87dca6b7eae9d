/*
 * base/tls.h -- what TLS needs of GnuTLS beside the server itself: the site's
 * key and certificate, checked before the jail closes, and who is at the other
 * end (the one file with gnutls.h).
 *
 * The site's key proves the host's name and nothing else.  A client may show a
 * certificate; whether the program that it names may do anything is said by
 * the daemon that is asked, not here.
 */
#pragma once

#include "base/bytes.h"

struct tls_site {
	struct buf certificate, key, client_ca;		/* PEM */
};
/* Refuses a key that others can read, or that is not the certificate's. */
must_check bool tls_site_read(struct tls_site *, const char *certificate, const char *key, const char *client_ca, struct err *);
/* Wipes the key. */
void tls_site_drop(struct tls_site *);

/* TLS 1.2 and 1.3, authenticated encryption with forward secrecy. */
extern const char tls_priorities[];

/* The client's certificate, DER; nothing when it showed none.  Refused (policy)
 * when it does not lead to client_ca, for clientAuth, today.  session: GnuTLS's. */
must_check bool tls_peer(struct buf *der, void *session, struct err *);
