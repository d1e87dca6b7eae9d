#include "verifier/ticket.h"

#include "base/clock.h"
#include "base/cms.h"

#include <stdlib.h>

void
ticket_drop(struct ticket *t)
{
	free(t->document);
	json_decref(t->json);
	*t = (struct ticket){ .n = 0 };
}

bool
ticket_write(struct buf *out, const struct ticket *t, struct err *e)
{
	char id[33], officer[2 * KEY_ID_LEN + 1], digest[2 * SHA256_LEN + 1], expires[TIME_TEXT];
	own(json_t) *list = json_array();
	own(json_t) *j = NULL;

	if (t->n < 1 || t->n > TICKET_DOCUMENTS_MAX)
		return fail(e, ERR_LIMIT, "a ticket has 1 to %d documents", TICKET_DOCUMENTS_MAX);
	for (size_t i = 0; i < t->n; i++) {
		const struct ticket_document *d = &t->document[i];
		json_t *one;

		hex_text(digest, span_of(d->digest, SHA256_LEN));
		one = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "kind", d->kind, "agency", d->agency, "holder", d->holder,
		    "dossier", d->dossier, "digest_alg", "sha256", "digest", digest);
		if (one == NULL)
			return fail(e, ERR_INPUT, "a ticket's texts are not UTF-8");
		if (d->converted != NULL)
			json_object_set_new(one, "converted", json_string(d->converted));
		json_array_append_new(list, one);
	}
	hex_text(id, span_of(t->id, sizeof(t->id)));
	hex_text(officer, span_of(t->officer, KEY_ID_LEN));
	time_text_utc(expires, t->expires);
	j = json_pack("{s:s, s:s, s:s, s:s, s:O}", "antin", "ticket/1", "id", id, "officer", officer, "expires", expires, "documents", list);
	promise(j != NULL);
	json_write(out, j);
	return buf_ok(out, "ticket", e);
}

static bool
take_document(struct ticket_document *d, const json_t *j, struct err *e)
{
	static const char *const keys[] = { "kind", "agency", "holder", "dossier", "converted", "digest_alg", "digest", NULL };
	const char *alg;

	if (!json_only(j, keys, e) || !json_take_str(&d->kind, j, "kind", e) || !json_take_str(&d->agency, j, "agency", e) ||
	    !json_take_str(&d->holder, j, "holder", e) || !json_take_str(&d->dossier, j, "dossier", e) || !json_may_str(&d->converted, j, "converted", e) ||
	    !json_take_str(&alg, j, "digest_alg", e) || !json_take_hex(d->digest, SHA256_LEN, j, "digest", e))
		return false;
	return strcmp(alg, "sha256") == 0 || fail(e, ERR_POLICY, "the digest is not SHA-256");
}

static bool
take_ticket(struct ticket *t, struct err *e)
{
	static const char *const keys[] = { "antin", "id", "officer", "expires", "documents", NULL };
	const char *antin, *expires;
	json_t *list;

	if (!json_only(t->json, keys, e) || !json_take_str(&antin, t->json, "antin", e) || !json_take_hex(t->id, sizeof(t->id), t->json, "id", e) ||
	    !json_take_hex(t->officer, KEY_ID_LEN, t->json, "officer", e) || !json_take_str(&expires, t->json, "expires", e) ||
	    !time_parse(&t->expires, expires, e) || !json_take_arr(&list, t->json, "documents", e))
		return false;
	if (strcmp(antin, "ticket/1") != 0)
		return fail(e, ERR_INPUT, "\"antin\" is not ticket/1");
	if (json_array_size(list) < 1 || json_array_size(list) > TICKET_DOCUMENTS_MAX)
		return fail(e, ERR_LIMIT, "a ticket has 1 to %d documents", TICKET_DOCUMENTS_MAX);
	t->n = json_array_size(list);
	t->document = xalloc(t->n * sizeof(*t->document));
	for (size_t i = 0; i < t->n; i++)
		if (!take_document(&t->document[i], json_array_get(list, i), e))
			return fail_in(e, "document %zu", i + 1);
	return true;
}

bool
ticket_open(struct ticket *out, struct span der, X509 *signer, const unsigned char officer[KEY_ID_LEN], int64_t now, struct err *e)
{
	own(CMS_ContentInfo) *cms = NULL;
	own_struct(buf) content = buf_new(TICKET_MAX);
	struct ticket t = { .n = 0 };
	int64_t signed_at;
	bool good;

	if (!cms_read(&cms, der, e) || !cms_open(&content, &signed_at, cms, signer, e) || !json_read(&t.json, buf_span(&content), e))
		return fail_in(e, "ticket");
	good = take_ticket(&t, e);
	if (good && memcmp(t.officer, officer, KEY_ID_LEN) != 0)
		good = fail(e, ERR_POLICY, "it is for another officer's key");
	if (good && (now > t.expires || t.expires > now + TICKET_LIFE_SECS + 60))
		good = fail(e, ERR_CONFLICT, "it has expired; prepare again");
	if (!good) {
		ticket_drop(&t);
		return fail_in(e, "ticket");
	}
	*out = t;
	return true;
}
