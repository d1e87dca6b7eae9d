/*
 * api/edxml.h -- an issued permit as an edXML message: for document systems, which send one
 * another nothing else.
 *
 *	GET /v1/permits/{code}/edxml?to=AGENCY[&to_name=TEXT]
 *
 * Whoever may have the permit's file may have it so.  The file is the one attachment, octet for
 * octet, its SHA-256 beside it; what stands around it is read out of it by antin-verifier,
 * and nothing of the message is signed: who receives it checks the attachment.  The message is
 * only written here; nothing of ours reads or sends one.
 *
 * The standard is QCVN 102:2016/BTTTT (Circular 10/2016/TT-BTTTT) with Amendment 1:2022
 * (Circular 01/2022/TT-BTTTT).  Of its text only the beginning could be read, not the tables of
 * elements, and no schema: namespace, names, nesting and order are those that several
 * programs in use write and read, which agree in them, and have not been held against the text.
 * Where they differ:
 *	Type, TypeDetail	0: the list of document types, as far as seen, has no permits;
 *		TypeName says which kind it is
 *	ContentTransferEncoded	base64 of the file itself; some zip it first, and who reads takes both
 *	ContentId	"cid:" and the handle, in both places
 *	Description	carries the digest, for which there is no element
 *	DocumentId	agency, day, number, as those who read take it apart
 *	DigitalSignature, DueDate, ToPlaces, ResponseFor	left out
 *	BussinessDocType	0 (new) of a newer version of a permit, too: which one it replaces
 *		the attachment says
 *	Content	what the verifier says of the permit on that day
 */
#pragma once

#include "api/routes.h"
#include "base/json.h"

/* To whom, and when; file: the sealed permit. */
struct edxml { const char *to, *to_name; struct span file; int64_t now; };

/* Handler of the route. */
bool edxml_run(struct call *, struct err *);
/* report: the verifier's, on the file.  Refuses a permit without its number. */
must_check bool edxml_write(struct buf *out, const struct edxml *, const json_t *report, struct err *);
