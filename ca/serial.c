#include "ca/serial.h"

#include "base/ossl.h"

bool
serial_draw(struct serial *out, struct err *e)
{
	struct serial s;

	if (!random_bytes(s.octet, sizeof(s.octet), e))
		return fail_in(e, "serial number");
	s.octet[0] = (unsigned char)(0x40 | (s.octet[0] & 0x3f));
	*out = s;
	return true;
}

bool
serial_well_formed(const struct serial *s)
{
	return s->octet[0] >= 0x40 && s->octet[0] <= 0x7f;
}
