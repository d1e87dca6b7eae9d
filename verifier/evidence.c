#include "verifier/evidence.h"

#include "base/file.h"
#include "verifier/proved.h"

#include <openssl/err.h>

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

struct evidence *
evidence_new(void)
{
	struct evidence *v = xalloc(sizeof(*v));

	v->anchors = sk_X509_new_null();
	v->bag = sk_X509_new_null();
	v->crls = sk_X509_CRL_new_null();
	promise(v->anchors != NULL && v->bag != NULL && v->crls != NULL);
	return v;
}

static void
free_bufs(struct buf *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_drop(&list[i]);
	free(list);
}

void
evidence_free(struct evidence *v)
{
	if (v == NULL)
		return;
	cert_list_free(v->anchors);
	cert_list_free(v->bag);
	sk_X509_CRL_pop_free(v->crls, X509_CRL_free);
	free_bufs(v->list, v->nlists);
	free_bufs(v->proof, v->nproofs);
	free(v->settled);
	free(v);
}

void
evidence_add_cert(struct evidence *v, X509 *cert)
{
	promise(X509_up_ref(cert) == 1 && sk_X509_push(v->bag, cert) > 0);
}

void
evidence_add_crl(struct evidence *v, X509_CRL *crl)
{
	promise(X509_CRL_up_ref(crl) == 1 && sk_X509_CRL_push(v->crls, crl) > 0);
}

/*
 * Pieces by their ending.
 */

static bool
add_certs(struct evidence *v, struct span octets, bool trusted, struct err *e)
{
	cert_list *into = trusted ? v->anchors : v->bag;
	X509 *one = NULL;

	if (octets.len > 11 && memmem(octets.ptr, octets.len, "-----BEGIN ", 11) != NULL)
		return certs_from_pem(into, octets, e);
	if (!cert_shared(&one, octets, e))
		return false;
	promise(sk_X509_push(into, one) > 0);
	return true;
}

static bool
add_crl(struct evidence *v, struct span octets, bool trusted, struct err *e)
{
	X509_CRL *one = NULL;

	if (!crl_from_any(&one, octets, e))
		return false;
	promise(sk_X509_CRL_push(v->crls, one) > 0);
	return true;
}

static void
keep(struct buf **list, size_t *n, struct span octets)
{
	*list = xrealloc(*list, (*n + 1) * sizeof(struct buf));
	(*list)[*n] = buf_new(EVIDENCE_FILE_MAX);
	buf_put_span(&(*list)[(*n)++], octets);
}

static bool
add_list(struct evidence *v, struct span octets, bool trusted, struct err *e)
{
	keep(&v->list, &v->nlists, octets);
	return true;
}

static bool
add_proof(struct evidence *v, struct span octets, bool trusted, struct err *e)
{
	keep(&v->proof, &v->nproofs, octets);
	return true;
}

static bool
add_log_key(struct evidence *v, struct span octets, bool trusted, struct err *e)
{
	own_str char *text = span_dup_str(octets);

	if (!trusted)
		return true;
	text[strcspn(text, "\r\n")] = '\0';
	if (!note_key_parse(&v->log, text, e))
		return false;
	v->has_log = true;
	return true;
}

static const struct { const char *ending; bool (*add)(struct evidence *, struct span, bool, struct err *); } pieces[] = {
	{ ".crt", add_certs }, { ".cer", add_certs }, { ".pem", add_certs }, { ".der", add_certs }, { ".crl", add_crl },
	{ ".cwt", add_list }, { ".tlog-proof", add_proof }, { ".vkey", add_log_key },
};

static bool
ends_with(const char *name, const char *ending)
{
	size_t n = strlen(name), k = strlen(ending);

	return n > k && strcmp(name + n - k, ending) == 0;
}

bool
evidence_add(struct evidence *v, const char *name, struct span octets, bool trusted, struct err *e)
{
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		if (ends_with(name, pieces[i].ending))
			return pieces[i].add(v, octets, trusted, e) || fail_in(e, "%s", name);
	return true;
}

static bool
add_file(struct evidence *v, const char *path, bool named, bool trusted, struct err *e)
{
	own_struct(buf) octets = buf_new(EVIDENCE_FILE_MAX);
	bool known = false;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		known |= ends_with(path, pieces[i].ending);
	if (!known && !named)
		return true;
	if (!file_read(&octets, path, e))
		return false;
	/* A file that was named without a telling end is a certificate. */
	return known ? evidence_add(v, path, buf_span(&octets), trusted, e) : add_certs(v, buf_span(&octets), trusted, e) || fail_in(e, "%s", path);
}

static bool
add_folder(struct evidence *v, const char *path, unsigned depth, bool trusted, unsigned *files, struct err *e)
{
	struct dirent **list = NULL;
	int n = scandir(path, &list, NULL, alphasort);
	bool good = n >= 0 || fail(e, ERR_ABSENT, "cannot read the folder %s", path);

	for (int i = 0; i < n; i++) {
		own_str char *inner = xprintf("%s/%s", path, list[i]->d_name);
		struct stat st;

		if (good && list[i]->d_name[0] != '.' && stat(inner, &st) == 0) {
			if (S_ISDIR(st.st_mode))
				good = depth == 0 || add_folder(v, inner, depth - 1, trusted, files, e);
			else if (++*files > EVIDENCE_FILES_MAX)
				good = fail(e, ERR_LIMIT, "%s: more than %d files", path, EVIDENCE_FILES_MAX);
			else
				good = add_file(v, inner, false, trusted, e);
		}
		free(list[i]);
	}
	free(list);
	return good;
}

static bool
add_path(struct evidence *v, const char *path, bool trusted, struct err *e)
{
	unsigned files = 0;
	struct stat st;

	if (stat(path, &st) != 0)
		return fail(e, ERR_ABSENT, "there is no %s", path);
	return S_ISDIR(st.st_mode) ? add_folder(v, path, 1, trusted, &files, e) : add_file(v, path, true, trusted, e);
}

bool evidence_add_trust(struct evidence *v, const char *path, struct err *e) { return add_path(v, path, true, e); }
bool evidence_add_path(struct evidence *v, const char *path, struct err *e) { return add_path(v, path, false, e); }

/*
 * Questions.
 */

X509 *
evidence_issuer(const struct evidence *v, const cert_list *more, X509 *cert)
{
	const cert_list *lists[] = { v->anchors, v->bag, more };

	for (size_t l = 0; l < 3; l++)
		for (int i = 0; i < sk_X509_num(lists[l]); i++) {
			X509 *x = sk_X509_value(lists[l], i);

			if (X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(cert)) == 0 && proved_cert(cert, x))
				return x;
			ERR_clear_error();
		}
	return NULL;
}

static void
settle(struct settled_crl *out, const struct evidence *v, X509_CRL *crl)
{
	const cert_list *lists[] = { v->anchors, v->bag };
	struct revocation unused;
	struct err ignored;

	for (size_t l = 0; l < 2; l++)
		for (int i = 0; i < sk_X509_num(lists[l]); i++)
			if (crl_check(&out->facts, crl, sk_X509_value(lists[l], i), &ignored)) {
				/* The first look-up sorts the entries. */
				crl_lookup(&unused, crl, X509_get0_serialNumber(sk_X509_value(lists[l], i)));
				out->issuer = sk_X509_value(lists[l], i);
				return;
			}
}

void
evidence_settle(struct evidence *v)
{
	for (int i = 0; i < sk_X509_num(v->bag); i++)
		(void)evidence_issuer(v, NULL, sk_X509_value(v->bag, i));	/* its signature is proved from then on */
	free(v->settled);
	v->nsettled = sk_X509_CRL_num(v->crls);
	v->settled = xalloc(((size_t)v->nsettled + 1) * sizeof(*v->settled));
	for (int i = 0; i < v->nsettled; i++)
		settle(&v->settled[i], v, sk_X509_CRL_value(v->crls, i));
}

struct best { struct revocation says; int64_t this_update; bool found; };
/* now: of those that last; over: of those that were over, that name it; due: their latest end. */
struct bests { struct best now, over; int64_t due; };

/* settled may be NULL: the CRL is checked now. */
static void
consider(struct bests *b, X509_CRL *crl, const struct settled_crl *settled, X509 *cert, X509 *issuer, int64_t at)
{
	int64_t this_update = asn1_time_secs(X509_CRL_get0_lastUpdate(crl));
	bool known = settled != NULL && settled->issuer != NULL && X509_cmp(settled->issuer, issuer) == 0, over;
	struct revocation says;
	struct crl_facts f;
	struct err ignored;

	/* Cheap questions first: a CRL may be long. */
	if (b->now.found && this_update <= b->now.this_update)
		return;
	if (known)
		f = settled->facts;
	else if (!crl_check(&f, crl, issuer, &ignored))
		return;
	over = f.next_update < at;
	crl_lookup(&says, crl, X509_get0_serialNumber(cert));
	if (over && f.next_update > b->due)
		b->due = f.next_update;
	if (over && (says.state != CERT_REVOKED || says.date > f.this_update || (b->over.found && f.this_update <= b->over.this_update)))
		return;
	if (says.state != CERT_REVOKED && f.this_update > asn1_time_secs(X509_get0_notAfter(cert)))
		return;
	says.by = crl;
	says.due = f.next_update;
	*(over ? &b->over : &b->now) = (struct best){ says, f.this_update, true };
}

void
evidence_status(struct revocation *out, int64_t *as_of, const struct evidence *v, const crl_list *more, X509 *cert, X509 *issuer, int64_t at)
{
	struct bests b = { .due = INT64_MIN };
	const struct best *best = &b.now;

	for (int i = 0; i < sk_X509_CRL_num(v->crls); i++)
		consider(&b, sk_X509_CRL_value(v->crls, i), i < v->nsettled ? &v->settled[i] : NULL, cert, issuer, at);
	for (int i = 0; i < sk_X509_CRL_num(more); i++)
		consider(&b, sk_X509_CRL_value(more, i), NULL, cert, issuer, at);
	if (b.over.found && (!b.now.found || b.over.this_update > b.now.this_update))
		best = &b.over;
	*out = best->found ? best->says : (struct revocation){ .state = CERT_UNKNOWN, .date = INT64_MIN, .invalidity = INT64_MIN, .due = b.due };
	*as_of = best->found ? best->this_update : INT64_MIN;
}

static X509 *
signer_of(const struct evidence *v, const unsigned char kid[8])
{
	const cert_list *lists[] = { v->bag, v->anchors };

	for (size_t l = 0; l < 2; l++)
		for (int i = 0; i < sk_X509_num(lists[l]); i++) {
			unsigned char got[8];

			status_list_kid(got, sk_X509_value(lists[l], i));
			if (memcmp(got, kid, sizeof(got)) == 0)
				return sk_X509_value(lists[l], i);
		}
	return NULL;
}

bool
evidence_status_list(struct status_list *out, const struct evidence *v, const char *uri, int64_t at,
    evidence_signer_ok *ok, void *ctx, struct err *e)
{
	struct status_list best = { .issued = INT64_MIN };

	for (size_t i = 0; i < v->nlists; i++) {
		struct status_list l;
		unsigned char kid[8];
		struct err ignored;
		X509 *cert;

		if (!status_list_peek_kid(kid, buf_span(&v->list[i]), &ignored))
			continue;
		cert = signer_of(v, kid);
		if (cert == NULL || !status_list_open(&l, buf_span(&v->list[i]), cert, &ignored))
			continue;
		if (strcmp(l.uri, uri) != 0 || l.issued <= best.issued || !ok(ctx, cert, at)) {
			status_list_drop(&l);
			continue;
		}
		if (best.issued != INT64_MIN)
			status_list_drop(&best);
		best = l;
	}
	if (best.issued == INT64_MIN)
		return fail(e, ERR_ABSENT, "no status list for %.120s is at hand", uri);
	*out = best;
	return true;
}

/* Is it about this?  Asked before any signature is checked: evidence may be of many. */
static bool
speaks_of(const struct tlog_proof *p, uint64_t type, const unsigned char handle[HANDLE_LEN])
{
	struct entry x;
	struct err ignored;

	return entry_read(&x, p->entry, &ignored) && x.type == type && x.handle.len == HANDLE_LEN && memcmp(x.handle.ptr, handle, HANDLE_LEN) == 0;
}

bool
evidence_proof(const struct evidence *v, uint64_t type, const unsigned char handle[HANDLE_LEN],
    struct tlog_proof *out, int64_t *t, struct err *e)
{
	for (size_t i = 0; v->has_log && i < v->nproofs; i++) {
		struct tlog_proof p;
		struct checkpoint c;
		struct entry x;
		struct err ignored;

		if (!tlog_proof_read(&p, buf_span(&v->proof[i]), &ignored))
			continue;
		if (speaks_of(&p, type, handle) && tlog_proof_check(&p, &v->log, &c, &x, &ignored)) {
			*t = x.time;
			*out = p;
			return true;
		}
		tlog_proof_drop(&p);
	}
	return fail(e, ERR_ABSENT, "no proof of the log is at hand");
}
