/* order_parse, order_write; of what begins as DER does: order_signer, order_open. */
#include "tests/fuzz/target.h"

#include "base/cms.h"
#include "verifier/order.h"

/* Room for what is longer when it is canonical. */
#define WRITTEN_MAX (8u * ORDER_MAX)

/* What was read is written, read and written again as the same octets. */
static void
write_twice(const struct order *o)
{
	own_struct(buf) one = buf_new(WRITTEN_MAX);
	own_struct(buf) two = buf_new(WRITTEN_MAX);
	own_struct(order) again = { .nsubjects = 0 };
	struct err e;

	promise(o->nsubjects >= 1 && o->nsubjects <= ORDER_SUBJECTS_MAX && o->made < o->expires && o->verb[0] != '\0');
	promise(order_write(&one, o, &e));
	if (one.len > ORDER_MAX)
		return;
	promise(order_parse(&again, buf_span(&one), &e) && order_write(&two, &again, &e));
	promise(span_eq(buf_span(&one), buf_span(&two)));
}

/* Opened with the certificate that came along, as no daemon does it: so that
 * what lies behind the signature is reached. */
static void
open_signed(struct span der)
{
	own_struct(buf) serial = buf_new(1 << 16);
	own_struct(order) o = { .nsubjects = 0 };
	own(CMS_ContentInfo) *cms = NULL;
	struct err e;

	(void)!order_signer(&serial, der, &e);
	if (!cms_read(&cms, der, &e))
		return;
	own(cert_list) *certs = CMS_get1_certs(cms);
	if (sk_X509_num(certs) == 1 && order_open(&o, der, sk_X509_value(certs, 0), &e))
		write_twice(&o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_struct(order) o = { .nsubjects = 0 };
	struct err e;

	if (size > 0 && data[0] == 0x30)
		open_signed(span_of(data, size));
	else if (order_parse(&o, span_of(data, size), &e))
		write_twice(&o);
	return 0;
}
