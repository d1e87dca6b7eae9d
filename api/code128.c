#include "api/code128.h"

#define CODE_B 100
#define START_C 105
#define STOP 106
#define QUIET 10			/* modules on each side, ISO/IEC 15417 4.2 */

/* Widths of bar, space, bar, ... of each symbol value. */
static const char *const widths[] = {
	"212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213",
	"221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132",
	"221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",
	"212123", "212321", "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
	"231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
	"231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
	"314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214",
	"112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
	"111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
	"214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311", "113141",
	"114131", "311141", "411131", "211412", "211214", "211232", "2331112",
};

bool
code128_symbols(unsigned char out[CODE128_SYMBOLS_MAX], size_t *n, const char *digits, struct err *e)
{
	size_t len = strlen(digits), k = 0;
	unsigned sum = START_C;

	if (len == 0 || len > CODE128_DIGITS_MAX || strspn(digits, "0123456789") != len)
		return fail(e, ERR_INPUT, "a bar code takes 1 to %d digits", CODE128_DIGITS_MAX);
	out[k++] = START_C;
	for (size_t i = 0; i + 1 < len; i += 2)
		out[k++] = (unsigned char)((digits[i] - '0') * 10 + digits[i + 1] - '0');
	if (len % 2 == 1) {
		out[k++] = CODE_B;
		out[k++] = (unsigned char)(digits[len - 1] - ' ');
	}
	for (size_t i = 1; i < k; i++)
		sum += (unsigned)i * out[i];
	out[k++] = (unsigned char)(sum % 103);
	out[k++] = STOP;
	*n = k;
	return true;
}

bool
code128_svg(struct buf *out, const char *digits, unsigned height, struct err *e)
{
	unsigned char symbol[CODE128_SYMBOLS_MAX];
	unsigned x = QUIET, total;
	size_t n;

	if (!code128_symbols(symbol, &n, digits, e))
		return false;
	total = (unsigned)(n - 1) * 11 + 13 + 2 * QUIET;
	buf_printf(out, "<svg class=\"code128\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %u %u\" role=\"img\" "
	    "aria-label=\"%s\" shape-rendering=\"crispEdges\"><path fill=\"#000\" d=\"", total, height, digits);
	for (size_t i = 0; i < n; i++)
		for (const char *w = widths[symbol[i]]; *w != 0; w++) {
			unsigned wide = (unsigned)(*w - '0');

			if ((w - widths[symbol[i]]) % 2 == 0)
				buf_printf(out, "M%u 0h%uv%uh-%uz", x, wide, height, wide);
			x += wide;
		}
	buf_put_str(out, "\"/></svg>");
	return buf_ok(out, "the bar code", e);
}
