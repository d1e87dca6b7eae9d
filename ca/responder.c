#include "ca/responder.h"

void
responder_drop(struct responder *r)
{
	X509_free(r->cert);
	r->cert = NULL;
}

enum { SERIAL, DER = 6, NOT_AFTER = 9, GENERATION = 14, COLUMNS };	/* of cert.by_profile */

bool
responder_find(struct generation *g, int64_t now, struct responder *out, bool *found, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("cert.by_profile");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[COLUMNS];
	bool more;

	*found = false;
	reg_text(&ask, "profile", "ocsp");
	if (!reg_read(g->a->reg, &ask, &rows, e) || !reg_next(&rows, c, COLUMNS, &more, e))
		return false;
	while (more && (c[NOT_AFTER].i <= now || c[GENERATION].i != g->n))
		if (!reg_next(&rows, c, COLUMNS, &more, e))
			return false;
	if (!more)
		return true;
	promise(c[SERIAL].s.len == sizeof(out->serial));
	*out = (struct responder){ .not_after = c[NOT_AFTER].i };
	memcpy(out->serial, c[SERIAL].s.ptr, sizeof(out->serial));
	if (!cert_from_der(&out->cert, c[DER].s, e))
		return fail_in(e, "the OCSP responder's certificate");
	key_id_of_cert(out->key_id, out->cert);
	*found = true;
	return true;
}
