#include "api/qr.h"

#include <qrencode.h>

#define QUIET 4

typedef QRinput qr_input;
typedef QRcode qr_code;
OWN_WITH(qr_input, QRinput_free)
OWN_WITH(qr_code, QRcode_free)

static bool
append(QRinput *q, QRencodeMode mode, const char *s)
{
	return *s == 0 || QRinput_append(q, mode, (int)strlen(s), (const unsigned char *)s) == 0;
}

static void
put_svg(struct buf *out, const QRcode *c)
{
	int side = c->width + 2 * QUIET;

	buf_printf(out, "<svg class=\"qr\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
	    "aria-label=\"QR\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path fill=\"#000\" d=\"", side, side, side, side);
	for (int y = 0; y < c->width; y++)
		for (int x = 0; x < c->width; ) {
			int run = 0;

			while (x + run < c->width && c->data[y * c->width + x + run] & 1)
				run++;
			if (run > 0)
				buf_printf(out, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, run, run);
			x += run > 0 ? run : 1;
		}
	buf_put_str(out, "\"/></svg>");
}

bool
qr_svg(struct buf *out, const char *text, const char *digits, struct err *e)
{
	own(qr_input) *q = NULL;
	own(qr_code) *c = NULL;

	if (strlen(text) + strlen(digits) > QR_TEXT_MAX)
		return fail(e, ERR_LIMIT, "a QR code takes %d characters here", QR_TEXT_MAX);
	if (*text == 0 && *digits == 0)
		return fail(e, ERR_INPUT, "a QR code of nothing");
	if (strspn(digits, "0123456789") != strlen(digits))
		return fail(e, ERR_INPUT, "the tail of a QR code is digits");
	q = QRinput_new2(0, QR_ECLEVEL_M);
	if (q == NULL || !append(q, QR_MODE_8, text) || !append(q, QR_MODE_NUM, digits))
		return fail(e, ERR_INPUT, "the text does not fit a QR code");
	c = QRcode_encodeInput(q);
	if (c == NULL)
		return fail(e, ERR_LIMIT, "the text does not fit a QR code");
	put_svg(out, c);
	return buf_ok(out, "the QR code", e);
}
