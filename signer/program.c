/* The programs that submit and read (permit_life.h): who asks, and what of the
 * permits is there for it. */
#include "signer/permit_life.h"

void
program_drop(struct program *p)
{
	scope_drop(&p->scope);
}

static bool
find_row(struct program *p, const struct service *s, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("program.by_id");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[4];

	reg_bytes(&read, "id", span_of(p->id, sizeof(p->id)));
	if (!reg_one(s->reg, &read, &rows, c, 4, "such program", e)) {
		if (e->class != ERR_ABSENT)
			return false;
		return fail(e, ERR_POLICY, "this program is not known here; a security officer's order program.register gives it its rights");
	}
	p->scope = (struct scope){ span_dup_str(c[0].s), span_dup_str(c[1].s), span_dup_str(c[2].s), c[3].i };
	return true;
}

/* A certificate of ours that is active: known by its key, so that a renewed one
 * is the same program.  No API key (printable ASCII) has the hash of a key. */
static bool
id_of_certificate(unsigned char id[KEY_ID_LEN], const struct service *s, struct span der, int64_t now, struct err *e)
{
	struct active_cert ours = { .cert = NULL, .der = buf_new(1) };
	own_struct(buf) serial = buf_new(128);
	own(X509) *cert = NULL;
	bool good;

	if (!cert_shell_from_der(&cert, der, e))
		return fail_in(e, "the program's certificate");
	serial_hex(&serial, X509_get0_serialNumber(cert));
	if (!active_cert_find(&ours, s, buf_str(&serial), now, e))
		return false;
	good = span_eq(buf_span(&ours.der), der) || fail(e, ERR_POLICY, "this is not the certificate that was issued with its serial number");
	good = good && (strcmp(ours.profile, "program") == 0 || fail(e, ERR_POLICY, "a certificate of profile %s is no program's", ours.profile));
	if (good)
		key_id_of_cert(id, ours.cert);
	active_cert_drop(&ours);
	return good;
}

bool
program_find(struct program *p, const struct service *s, struct span who, const char *right, int64_t now, struct err *e)
{
	if (who.len < sizeof(p->id))
		return fail(e, ERR_POLICY, "this is for programs that are known here");
	if (who.len == sizeof(p->id))
		memcpy(p->id, who.ptr, sizeof(p->id));
	else if (!id_of_certificate(p->id, s, who, now, e))
		return false;
	return find_row(p, s, e) && scope_allows(&p->scope, right, now, e);
}

bool
program_sees(const struct program *p, const struct permit_row *permit)
{
	return scope_has_agency(&p->scope, permit->agency) && scope_has_kind(&p->scope, permit->kind);
}

bool
permit_for_program(const struct service *s, const struct program *p, struct reg_rows *rows, struct permit_row *permit,
    const unsigned char handle[HANDLE_LEN], struct err *e)
{
	bool found = permit_by_handle(s, rows, permit, handle, e);

	if (!found && e->class != ERR_ABSENT)
		return false;
	return (found && program_sees(p, permit)) || fail(e, ERR_ABSENT, "there is no permit with this handle");
}
