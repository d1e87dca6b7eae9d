/*
 * ca/list.h -- what administrators look at before they order: requests,
 * certificates, appointments, orders, and the head of the log (CA_LIST).
 *
 * Only reading.  Every item that an order can name carries the id and the hash
 * that the order must give; "head" the size and root for its `after`.
 *
 * Any thread.
 */
#pragma once

#include "ca/authority.h"

must_check bool list_answer(struct authority *, struct span who, const char *json, int64_t now, struct buf *answer, struct err *);
/* DER of an issued certificate. */
must_check bool list_certificate(struct authority *, const char *serial_hex, struct buf *der, struct err *);
