#include "policy/time_authority.h"

#include <stdlib.h>

#define CERT_MAX (16u << 10)

/* base64 without the white space of an XML file's lines. */
static bool
text_der(struct buf *der, xmlNode *n, struct err *e)
{
	own_str char *text = node_text(n);
	char *to = text;

	for (const char *from = text; *from != '\0'; from++)
		if (*from != ' ')
			*to++ = *from;
	*to = '\0';
	return base64_get(der, span_str(text), e);
}

static bool
read_certs(cert_list **out, const char *name, const struct policy_file *f, xmlNode *n, struct err *e)
{
	cert_list *all = *out = sk_X509_new_null();

	promise(all != NULL);
	for (xmlNode *c = child_named(n, name); c != NULL; c = next_named(c, name)) {
		own_struct(buf) der = buf_new(CERT_MAX);
		X509 *one = NULL;
		struct err why;

		if (!text_der(&der, c, &why) || !cert_from_der(&one, buf_span(&der), &why))
			return fail_at(e, f, c, "%s", why.text);
		promise(sk_X509_push(all, one) > 0);
		if (X509_check_ca(one) == 0)
			return fail_at(e, f, c, "the certificate is no certification authority's");
	}
	return true;
}

bool
time_authority_read(struct time_authority *a, const struct policy_file *f, xmlNode *n, struct err *e)
{
	*a = (struct time_authority){ .id = attr(n, "id", NULL), .vi = attr(n, "vi", NULL), .en = attr(n, "en", NULL), .policies = attr(n, "policies", NULL) };
	if (!attr_day(f, n, "from", 0, &a->from, e) || !attr_day(f, n, "to", INT32_MAX, &a->to, e))
		return false;
	if (a->to < a->from)
		return fail_at(e, f, n, "the time-stamping authority %s ends before it begins", a->id);
	if (count_named(n, "certificate") > TIME_AUTHORITY_CERTS_MAX)
		return fail_at(e, f, n, "more than %d certificates between anchor and stamp", TIME_AUTHORITY_CERTS_MAX);
	return read_certs(&a->anchor, "anchor", f, n, e) && read_certs(&a->between, "certificate", f, n, e);
}

void
time_authority_free_members(struct time_authority *a)
{
	free(a->id);
	free(a->vi);
	free(a->en);
	free(a->policies);
	cert_list_free(a->anchor);
	cert_list_free(a->between);
}

bool
time_authority_on(const struct time_authority *a, int32_t day)
{
	return day >= a->from && day <= a->to;
}
