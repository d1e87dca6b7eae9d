/*
 * ca/proto.h -- what antin-ca can be asked.
 *
 * CA_REQUEST	JSON {"profile", "agency", "name" (for a seal: left out or the agency's), "csr"
 *		(base64 of the DER), and where the profile is a person's: "person", "title", ?"token", of the profile mail
 *		"mail", the mailbox} -> {"id", "hash", "state", "key", "facts"}.
 *		Sent again, it answers with the request that is there already.  It makes a
 *		request that waits for an order, and nothing else.
 * CA_ORDER	CMS (verifier/order.h) -> JSON {"done": verb, "certificates": [{"request",
 *		"serial", "not_after", "pem"}], "ids": [...], "crl": number}: what there is of it.
 *		  cert.approve      subject: id of a request, its hash
 *		  cert.reject       subject: id of a request, its hash
 *		  cert.revoke       subject: serial (40 hex digits), SHA-256 of the certificate;
 *		                    with {?"code": word of RFC 5280 5.3.1, ?"invalidity": RFC 3339}
 *		  cert.suspend, cert.resume   subject as of cert.revoke; no `with`
 *		  cert.renew        subject as of cert.revoke; no `with` -> results
 *		  cert.modify       subject as of cert.revoke; with {"changes": [{?"name", ?"title",
 *		                    ?"agency"}]}, one for each subject -> results: [{"id", "done",
 *		                    "request", "serial", "not_after", "pem" or "class", "text"}]
 *		  key.block         subject: SHA-256 (hex) of a SubjectPublicKeyInfo, SHA-256 of
 *		                    canonical `with`; with {?"invalidity": RFC 3339} -> ids: its
 *		                    certificates, revoked in the same act
 *		  authority.root-crl subject: the SHA-256 of a CRL of the root, SHA-256 of canonical
 *		                    `with`; with {"crl": base64 of its DER} -> ids: the subject
 *		  authority.publish subject: the authority's own agency, SHA-256 of canonical
 *		                    `with`; with {"what": ["crl", "ocsp"]} or one of them -> crl
 *		  person.appoint    subject: the person, SHA-256 of canonical `with`;
 *		                    with {"person", "role", "agency", "title", "mode", "kinds": [...],
 *		                    "from", ?"to" (dates), "decision", ?"authorised_by" (of the mode TUQ.,
 *		                    and of no other: the id of an appointment)} -> ids: of the appointment
 *		  person.end        subject: id of an appointment, its hash; effective: the day
 *		  token.register    subject: the USB token's serial number, SHA-256 of canonical
 *		                    `with`; with {"model", "person", "agency", "state": "held"
 *		                    or "lost"}
 *		  program.register  subject: SHA-256 (hex) of the program's API key or of its certificate's
 *		                    SubjectPublicKeyInfo,
 *		                    SHA-256 of canonical `with`; with {"name", "agencies": [...],
 *		                    "kinds": [...], "rights": ["submit", "read"] or one of them,
 *		                    "responsible", "expires" (RFC 3339)}
 *		  order.consent, order.withdraw   subject: id of an order that waits, SHA-256 of its
 *		                    CMS; no `with`.  Consented, the answer is that of the order itself
 *		An order that takes two people (policy) answers {"waits": {"verb", "id", "hash", "expires"}}.
 * CA_LIST	the program that asks (as in signer/proto.h: certificate, SHA-256 of a key, or empty), JSON {"what": "requests", ?"state", ?"agency", ?"after"} | {"what": "certificates", ?"name",
 *		?"agency", ?"key" | "serial" | "person", ?"expires_before", ?"state", ?"after"} (ca/search.h) | {"what": "appointments", "person"} | {"what": "orders",
 *		?"after"} | {"what": "waiting", ?"id"} | {"what": "tokens", "person"} | {"what": "head"} | {"what": "changes", "person",
 *		"subject": [{"id", "hash"}], "changes"} (what cert.modify signed by that person would do)
 *		-> {"items": [...], ?"next"}; each item that an order
 *		can name has "id" and "hash".  An agency stands for itself and all below it; the next
 *		page is behind "next", and empty when there is none.  "requests", "orders" and "waiting" (of one id with its CMS, base64), and
 *		"certificates" by name, key or end, are for programs with the
 *		right "read": requests and certificates of their agencies, orders where the agency of this
 *		authority is among them.  The others are public.  "head" gives {"size", "root"} for an order's `after`.
 * CA_CERTIFICATE serial (hex) -> DER.
 */
#pragma once

#include "base/msg.h"

#define CA_MESSAGE_MAX (4u << 20)

#define CA_MESSAGES(X) \
	X(CA_REQUEST, CALLER_API | CALLER_CLI, "s", "s") \
	X(CA_ORDER, CALLER_API | CALLER_CLI, "b", "s") \
	X(CA_LIST, CALLER_API | CALLER_CLI, "bs", "s") \
	X(CA_CERTIFICATE, CALLER_API | CALLER_CLI | CALLER_VERIFIER, "s", "b")

enum ca_message { CA_MESSAGES_FIRST = 0x500, CA_MESSAGES(MSG_ENUM) };
