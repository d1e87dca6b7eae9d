/*
 * verifier/tlv.h -- DER, element by element: a definite length in its shortest
 * form, within what surrounds it; tags of one octet.  Nothing is copied.
 */
#pragma once

#include "base/bytes.h"

struct tlv { unsigned char tag; struct span body, whole; };

enum { TLV_INTEGER = 0x02, TLV_OCTETS = 0x04, TLV_NULL = 0x05, TLV_OID = 0x06, TLV_SEQUENCE = 0x30, TLV_SET = 0x31 };

bool tlv_next(struct tlv *out, struct span *rest);
/* The next one, of this tag. */
bool tlv_take(struct tlv *out, struct span *rest, unsigned char tag);
/* The next one where it has this tag, else nothing is taken. */
bool tlv_if(struct tlv *out, struct span *rest, unsigned char tag);
/* Is all of it elements, and all within constructed ones? */
bool tlv_well_formed(struct span, unsigned depth);
