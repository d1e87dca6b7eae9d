#include "verifier/tlv.h"

#define CONSTRUCTED 0x20

bool
tlv_next(struct tlv *out, struct span *rest)
{
	const unsigned char *p = rest->ptr;
	size_t head = 2, len;

	if (rest->len < 2 || (p[0] & 0x1f) == 0x1f)
		return false;
	len = p[1];
	if (len >= 0x80) {
		size_t n = len & 0x7f;

		if (n < 1 || n > 4 || rest->len < 2 + n || p[2] == 0)
			return false;
		len = 0;
		for (size_t i = 0; i < n; i++)
			len = len << 8 | p[2 + i];
		if (len < 0x80)
			return false;
		head += n;
	}
	if (len > rest->len - head)
		return false;
	*out = (struct tlv){ p[0], span_of(p + head, len), span_of(p, head + len) };
	*rest = span_of(p + head + len, rest->len - head - len);
	return true;
}

bool
tlv_take(struct tlv *out, struct span *rest, unsigned char tag)
{
	return tlv_next(out, rest) && out->tag == tag;
}

bool
tlv_if(struct tlv *out, struct span *rest, unsigned char tag)
{
	return rest->len > 0 && rest->ptr[0] == tag && tlv_next(out, rest);
}

bool
tlv_well_formed(struct span s, unsigned depth)
{
	struct tlv one;

	while (s.len > 0)
		if (depth == 0 || !tlv_next(&one, &s) || ((one.tag & CONSTRUCTED) != 0 && !tlv_well_formed(one.body, depth - 1)))
			return false;
	return true;
}
