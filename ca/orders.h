/*
 * ca/orders.h -- carries out orders on certificates, people and programs.
 *
 * Nobody is believed because of the connection: an order is a signature of an
 * administrator's own token, looked up, checked and recorded here.  In this
 * order, each refusal with its sentence:
 *
 *	signer	 a certificate that this register issued to a person, active now
 *	shape	 signature and text (verifier/order.c)
 *	verb	 one of the table, with its longest life from policy/roles.xml
 *	subject	 each is what its hash says (the person saw it)
 *	role	 an appointment of the signer, in force today, whose role may give
 *		 the order, and whose agency holds the subject's
 *	people	 who orders is not whom it is about
 *	new	 the register: id not seen, `after` a prefix of this log, nothing
 *		 about the subjects newer (one unit with the effect)
 *
 * The order is kept verbatim with its effect, or there is neither.
 *
 * Where policy asks two people (people="2") the first signed order is held against
 * all this, kept verbatim, and waits until it expires.  order.consent of another
 * person, whose subject is that order by id and SHA-256 of its octets, holds it
 * against all this once more, for both, and carries it out: one unit.
 */
#pragma once

#include "ca/authority.h"

/* Does it, durably; answer: JSON of ca/proto.h. */
must_check bool order_carry_out(struct authority *, struct span cms, int64_t now, struct buf *answer, struct err *);
