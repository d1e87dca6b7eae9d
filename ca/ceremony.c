#include "ca/ceremony.h"

#include "base/clock.h"
#include "base/cms.h"
#include "ca/der.h"
#include "ca/issue.h"
#include "ca/lint.h"
#include "ca/request.h"
#include "register/list_entry.h"
#include "verifier/cert.h"
#include "verifier/crl.h"
#include "verifier/csr.h"

#include <stdio.h>
#include <stdlib.h>

#define CERT_MAX 8192
#define FACTS_MAX 4096
#define APPOINTMENT_ID_LEN 16
#define CEREMONY "ceremony/1"
#define ROLL_OVER "roll-over/1"

void
ceremony_result_drop(struct ceremony_result *r)
{
	buf_drop(&r->root);
	buf_drop(&r->issuing);
	buf_drop(&r->root_crl);
	buf_drop(&r->bundle);
}

void
ceremony_drop(struct ceremony *c)
{
	json_decref(c->json);
	X509_free(c->root);
	X509_free(c->issuing);
	buf_drop(&c->root_crl);
	*c = (struct ceremony){ .json = NULL };
}

/*
 * Making: where the root's token is.
 */

/* The mark of a tier stands in no name of another's: neither can be read as the
 * other.  (That it stands in its own, a lint asks.) */
static bool
check_marks(const struct policy *p, const struct tier *mine, const char *name, struct err *e)
{
	for (size_t i = 0; i < p->ntiers; i++) {
		const char *mark = p->tier[i].mark;

		if (&p->tier[i] != mine && mark != NULL && mark[0] != '\0' && strstr(name, mark) != NULL)
			return fail(e, ERR_POLICY, "the name \"%s\" bears the mark of the tier %s", name, p->tier[i].id);
	}
	return true;
}

static bool
plan_authority(struct certificate_plan *c, const struct ceremony_plan *p, const char *profile, const char *name, EVP_PKEY *key, struct err *e)
{
	own_struct(buf) spki = buf_new(sizeof(c->spki));
	const struct agency *agency = policy_agency(p->policy, p->agency);

	*c = (struct certificate_plan){ .profile = policy_profile(p->policy, profile), .tier = policy_tier(p->policy, p->tier) };
	if (c->profile == NULL || c->tier == NULL || agency == NULL)
		return fail(e, ERR_ABSENT, "ceremony: the policy does not know the profile %s, the tier %s or the agency %s", profile, p->tier, p->agency);
	c->policy = c->tier->policy;
	if (!check_marks(p->policy, c->tier, name, e))
		return false;
	snprintf(c->name, sizeof(c->name), "%s", name);
	snprintf(c->organisation, sizeof(c->organisation), "%s", agency->name);
	snprintf(c->agency, sizeof(c->agency), "%s", agency->id);
	pubkey_to_spki(&spki, key);
	if (!buf_ok(&spki, "key", e))
		return false;
	memcpy(c->spki, spki.ptr, spki.len);
	c->spki_len = spki.len;
	sha256(c->key_id, buf_span(&spki));
	return serial_draw(&c->serial, e);
}

static bool
make_authority(struct buf *out, X509 **cert, const struct certificate_plan *c, X509 *issuer, EVP_PKEY *key, struct err *e)
{
	own_struct(buf) tbs = buf_new(CERT_MAX);

	*out = buf_new(CERT_MAX);
	return certificate_tbs(&tbs, c, issuer, NULL, e) && lint_tbs(buf_span(&tbs), c, issuer, e) &&
	    signed_by(out, key, buf_span(&tbs), e) && cert_from_der(cert, buf_span(out), e);
}

/* The one that is, or a new one. */
static bool
make_root(struct ceremony_result *r, X509 **root, const struct ceremony_plan *p, struct err *e)
{
	struct certificate_plan c;

	if (p->root != NULL) {
		promise(X509_up_ref(p->root) == 1);
		*root = p->root;
		r->root = buf_new(CERT_MAX);
		cert_to_der(&r->root, *root);
		return buf_ok(&r->root, "root", e);
	}
	if (!plan_authority(&c, p, "root", p->root_name, p->root_key, e))
		return false;
	c.not_before = p->now - BACKDATE_SECS;
	c.not_after = p->now + c.profile->years * 365 * DAY_SECS;
	return make_authority(&r->root, root, &c, NULL, p->root_key, e);
}

static bool
check_root_key(X509 *root, const struct ceremony_plan *p, struct err *e)
{
	return EVP_PKEY_eq(X509_get0_pubkey(root), p->root_key) == 1 || fail(e, ERR_INPUT, "the root's token has another key than the root's certificate");
}

static bool
make_chain(struct ceremony_result *r, X509 **root, X509 **issuing, const struct ceremony_plan *p, struct err *e)
{
	struct certificate_plan c;

	if (!make_root(r, root, p, e) || !check_root_key(*root, p, e) ||
	    !plan_authority(&c, p, "issuing", p->issuing_name, p->issuing_key, e) || !certificate_dates(&c, *root, p->now, e))
		return false;
	snprintf(c.crl_url, sizeof(c.crl_url), "%s/%s", p->site, ROOT_CRL_PATH);
	return make_authority(&r->issuing, issuing, &c, *root, p->root_key, e);
}

static bool
make_root_crl(struct ceremony_result *r, X509 *root, const struct ceremony_plan *p, struct err *e)
{
	struct root_crl_plan c = p->crl;

	if ((c.last.len > 0) != (p->root != NULL))
		return fail(e, ERR_INPUT, "a later generation's ceremony is given the root's last CRL, and the first is not");
	c.key = p->root_key;
	c.root = root;
	c.now = p->now;
	r->root_crl = buf_new(ROOT_CRL_MAX);
	return root_crl_make(&r->root_crl, &c, e);
}

static json_t *
base64_json(struct span s)
{
	own_struct(buf) b = buf_new(CEREMONY_MAX);

	base64_put(&b, s);
	promise(!b.failed);
	return json_string(buf_str(&b));
}

static json_t *
words_json(const char *words)
{
	json_t *list = json_array();

	for (const char *w = words; *w != '\0'; w += strspn(w, " ")) {
		size_t n = strcspn(w, " ");

		json_array_append_new(list, json_stringn(w, n));
		w += n;
	}
	return list;
}

/* Everything is asked of policy and of the gate here, where people still sit
 * together, and once more when the bundle is adopted. */
static bool
check_entry(const struct ceremony_plan *p, const struct request_ask *ask, struct err *e)
{
	own_struct(buf) spki = buf_new(1024);
	own_struct(request_facts) facts = { .profile = NULL };
	struct request_ask full = *ask;

	if (!csr_gate(&spki, ask->csr, e))
		return false;
	full.spki = buf_span(&spki);
	return request_facts_make(&facts, p->policy, &full, e);
}

static bool
check_roles(const struct policy *p, const json_t *roles, struct err *e)
{
	size_t i;
	json_t *r;

	if (json_array_size(roles) == 0)
		return fail(e, ERR_INPUT, "an administrator without a role");
	json_array_foreach(roles, i, r) {
		bool known = false;

		for (size_t k = 0; k < p->nroles; k++)
			known |= json_is_string(r) && strcmp(p->role[k].id, json_string_value(r)) == 0;
		if (!known)
			return fail(e, ERR_ABSENT, "there is no role %.40s", json_is_string(r) ? json_string_value(r) : "of that form");
	}
	return true;
}

static bool
put_people(json_t *list, const struct ceremony_plan *p, struct err *e)
{
	for (size_t i = 0; i < p->npersons; i++) {
		const struct ceremony_person *a = &p->person[i];
		struct request_ask ask = { .profile = "administrator", .agency = a->agency, .name = a->name, .person = a->person, .title = a->title, .csr = a->csr };
		json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "person", a->person, "name", a->name, "title", a->title,
		    "agency", a->agency, "roles", words_json(a->roles), "csr", base64_json(a->csr));

		if (j == NULL || json_array_append_new(list, j) != 0)
			return fail(e, ERR_INPUT, "ceremony: administrator %zu: a text is not UTF-8", i + 1);
		if (!check_roles(p->policy, json_object_get(j, "roles"), e) || !check_entry(p, &ask, e))
			return fail_in(e, "ceremony: administrator %zu", i + 1);
	}
	return true;
}

static bool
put_services(json_t *list, const struct ceremony_plan *p, struct err *e)
{
	for (size_t i = 0; i < p->nservices; i++) {
		const struct ceremony_service *s = &p->service[i];
		struct request_ask ask = { .profile = s->profile, .agency = s->agency, .name = s->name, .person = "", .title = "", .csr = s->csr };
		json_t *j = json_pack("{s:s, s:s, s:s, s:o}", "profile", s->profile, "name", s->name, "agency", s->agency, "csr", base64_json(s->csr));

		if (j == NULL || json_array_append_new(list, j) != 0)
			return fail(e, ERR_INPUT, "ceremony: service %zu: a text is not UTF-8", i + 1);
		if (!check_entry(p, &ask, e))
			return fail_in(e, "ceremony: service %zu", i + 1);
	}
	return true;
}

static bool
make_bundle(struct ceremony_result *r, X509 *root, const struct ceremony_plan *p, struct err *e)
{
	own(json_t) *people = json_array();
	own(json_t) *services = json_array();
	own(json_t) *j = NULL;
	own_struct(buf) text = buf_new(CEREMONY_MAX);
	char made[TIME_TEXT];
	bool later = p->root != NULL;

	if ((p->npersons == 0) != later || p->npersons > CEREMONY_PEOPLE_MAX || p->nservices > CEREMONY_PEOPLE_MAX)
		return fail(e, ERR_LIMIT, "a ceremony names 1 to %d administrators (a later generation's none) and at most as many services", CEREMONY_PEOPLE_MAX);
	if (!put_people(people, p, e) || !put_services(services, p, e))
		return false;
	time_text_utc(made, p->now);
	j = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:O}", "antin", later ? ROLL_OVER : CEREMONY, "tier", p->tier, "site", p->site,
	    "made", made, "root", base64_json(buf_span(&r->root)), "issuing", base64_json(buf_span(&r->issuing)),
	    "root_crl", base64_json(buf_span(&r->root_crl)), "services", services);
	if (j == NULL || (later ? json_object_set_new(j, "generation", json_integer(p->generation))
	    : json_object_set_new(j, "log", json_string(p->log_vkey)) | json_object_set(j, "administrators", people)) != 0)
		return fail(e, ERR_INPUT, "ceremony: a text is not UTF-8");
	json_write(&text, j);
	r->bundle = buf_new(CEREMONY_MAX);
	return buf_ok(&text, "ceremony", e) && cms_sign_attached(p->root_key, root, buf_span(&text), &r->bundle, e);
}

bool
ceremony_make(struct ceremony_result *out, const struct ceremony_plan *p, struct err *e)
{
	own_struct(ceremony_result) r = { .root = buf_new(1) };
	own(X509) *root = NULL;
	own(X509) *issuing = NULL;

	if (strncmp(p->site, "http", 4) != 0)
		return fail(e, ERR_INPUT, "ceremony: the site is an http or https address");
	if (!make_chain(&r, &root, &issuing, p, e) || !make_root_crl(&r, root, p, e) || !make_bundle(&r, root, p, e))
		return false;
	*out = r;
	r = (struct ceremony_result){ .root = buf_new(1) };
	return true;
}

/*
 * Opening.
 */

static bool
take_base64(struct buf *out, const json_t *j, const char *key, struct err *e)
{
	const char *text;

	*out = buf_new(CEREMONY_MAX);
	return json_take_str(&text, j, key, e) && (base64_get(out, span_str(text), e) || fail_in(e, "\"%s\"", key));
}

static bool
check_root(struct ceremony *c, X509 *root, struct err *e)
{
	own_struct(buf) mine = buf_new(CERT_MAX);
	own_struct(buf) named = buf_new(1);

	cert_to_der(&mine, root);
	if (!take_base64(&named, c->json, "root", e))
		return false;
	return span_eq(buf_span(&mine), buf_span(&named)) || fail(e, ERR_POLICY, "the bundle names another root");
}

/* Which of the two it is, and what only one of them says. */
static bool
take_kind(struct ceremony *c, struct err *e)
{
	static const char *const first[] = { "antin", "tier", "site", "log", "made", "root", "issuing", "root_crl", "administrators", "services", NULL };
	static const char *const later[] = { "antin", "tier", "site", "generation", "made", "root", "issuing", "root_crl", "services", NULL };
	const char *antin;

	if (!json_take_str(&antin, c->json, "antin", e))
		return false;
	if (strcmp(antin, CEREMONY) == 0) {
		c->generation = 1;
		return json_only(c->json, first, e) && json_take_str(&c->log_vkey, c->json, "log", e);
	}
	if (strcmp(antin, ROLL_OVER) != 0)
		return fail(e, ERR_INPUT, "\"antin\" is neither " CEREMONY " nor " ROLL_OVER);
	return json_only(c->json, later, e) && json_take_int(&c->generation, c->json, "generation", e) &&
	    (c->generation >= 2 || fail(e, ERR_INPUT, "\"generation\" of a roll-over is 2 or more"));
}

static bool
take_parts(struct ceremony *c, const struct policy *p, struct err *e)
{
	own_struct(buf) issuing = buf_new(1);
	own(X509_CRL) *crl = NULL;
	struct crl_facts facts;
	const struct tier *tier;

	if (!take_kind(c, e) || !json_take_str(&c->tier, c->json, "tier", e) || !json_take_str(&c->site, c->json, "site", e) ||
	    !take_base64(&issuing, c->json, "issuing", e) || !cert_from_der(&c->issuing, buf_span(&issuing), e) ||
	    !take_base64(&c->root_crl, c->json, "root_crl", e) || !crl_from_any(&crl, buf_span(&c->root_crl), e) ||
	    !crl_check(&facts, crl, c->root, e))
		return false;
	tier = cert_tier(c->issuing, p);
	return (tier != NULL && strcmp(tier->id, c->tier) == 0) || fail(e, ERR_POLICY, "the issuing certificate is not of the tier %.40s", c->tier);
}

bool
ceremony_open(struct ceremony *out, struct span bundle, X509 *root, const struct policy *p, struct err *e)
{
	own(CMS_ContentInfo) *cms = NULL;
	own_struct(buf) text = buf_new(CEREMONY_MAX);
	own_struct(ceremony) c = { .json = NULL };
	int64_t signed_at;

	promise(X509_up_ref(root) == 1);
	c.root = root;
	sha256(c.hash, bundle);
	if (!cms_read(&cms, bundle, e) || !cms_open(&text, &signed_at, cms, root, e) ||
	    !json_read(&c.json, buf_span(&text), e) || !check_root(&c, root, e) || !take_parts(&c, p, e))
		return fail_in(e, "ceremony bundle");
	*out = c;
	c = (struct ceremony){ .json = NULL };
	return true;
}

/*
 * Adopting: antin-ca's first start.
 */

/* One entry of "administrators" or "services" -> its facts. */
static bool
entry_facts(struct request_facts *facts, struct buf *csr, const json_t *j, bool person, const struct policy *p, struct err *e)
{
	struct request_ask ask = { .profile = "administrator", .person = "", .title = "" };
	own_struct(buf) spki = buf_new(1024);

	if (!json_take_str(&ask.name, j, "name", e) || !json_take_str(&ask.agency, j, "agency", e) || !take_base64(csr, j, "csr", e) ||
	    !csr_gate(&spki, buf_span(csr), e))
		return false;
	if (person ? !json_take_str(&ask.person, j, "person", e) || !json_take_str(&ask.title, j, "title", e)
		   : !json_take_str(&ask.profile, j, "profile", e))
		return false;
	ask.csr = buf_span(csr);
	ask.spki = buf_span(&spki);
	return request_facts_make(facts, p, &ask, e);
}

static bool
put_appointments(struct reg_unit *u, const json_t *j, int64_t now, struct err *e)
{
	const char *person, *title, *agency;
	unsigned char id[APPOINTMENT_ID_LEN];
	json_t *roles, *r;
	size_t i;

	if (!json_take_str(&person, j, "person", e) || !json_take_str(&title, j, "title", e) ||
	    !json_take_str(&agency, j, "agency", e) || !json_take_arr(&roles, j, "roles", e))
		return false;
	json_array_foreach(roles, i, r) {
		if (!json_is_string(r) || !random_bytes(id, sizeof(id), e))
			return fail(e, ERR_INPUT, "a role is not a word");
		reg_verb(u, "person.appoint");
		reg_bytes(u, "id", span_of(id, sizeof(id)));
		reg_text(u, "person", person);
		reg_text(u, "role", json_string_value(r));
		reg_text(u, "agency", agency);
		reg_text(u, "title", title);
		reg_text(u, "mode", "");
		reg_text(u, "kinds", "*");
		reg_int(u, "from_day", day_in_vietnam(now));
		reg_null(u, "to_day");
		reg_text(u, "decision", "ceremony");
	}
	return true;
}

static void
put_publication(struct reg_unit *u, const char *path, struct span body)
{
	reg_verb(u, "publish.put");
	reg_text(u, "path", path);
	reg_bytes(u, "body", body);
}

static void
put_bundle(struct reg_unit *u, const struct authority *a, const struct ceremony *c, struct span bundle)
{
	own_struct(buf) root = buf_new(CERT_MAX);

	cert_to_der(&root, c->root);
	reg_verb(u, "policy.adopt");
	reg_text(u, "org", a->org);
	reg_text(u, "what", "ceremony");
	reg_bytes(u, "hash", span_of(c->hash, SHA256_LEN));
	reg_bytes(u, "body", bundle);
	put_publication(u, "ca/root.crt", buf_span(&root));
}

/* What is to be done with each entry of the bundle. */
typedef bool entry_step(void *state, struct authority *, const json_t *entry, bool person, const struct request_facts *, struct span csr, int64_t now, struct err *);

static bool
each_entry(struct authority *a, const struct ceremony *c, entry_step *step, void *state, int64_t now, struct err *e)
{
	static const struct { const char *key; bool person; } lists[] = { { "administrators", true }, { "services", false } };

	for (size_t i = 0; i < 2; i++) {
		json_t *list, *j;
		size_t k;

		if (lists[i].person && c->generation > 1)
			continue;
		if (!json_take_arr(&list, c->json, lists[i].key, e))
			return false;
		json_array_foreach(list, k, j) {
			own_struct(request_facts) facts = { .profile = NULL };
			own_struct(buf) csr = buf_new(1);

			if (!entry_facts(&facts, &csr, j, lists[i].person, a->policy, e) ||
			    !step(state, a, j, lists[i].person, &facts, buf_span(&csr), now, e))
				return fail_in(e, "ceremony, %s %zu", lists[i].key, k + 1);
		}
	}
	return true;
}

static bool
record_entry(void *state, struct authority *a, const json_t *j, bool person, const struct request_facts *facts, struct span csr, int64_t now, struct err *e)
{
	unsigned char id[REQUEST_ID_LEN];

	if (!request_put(state, id, facts, csr, now, e))
		return false;
	return !person || put_appointments(state, j, now, e);
}

/* What has no certificate yet; facts outlive the entry (issue_item borrows). */
struct adopting { struct issue_batch b; struct buf facts[2 * CEREMONY_PEOPLE_MAX]; };

static void
adopting_drop(struct adopting *d)
{
	for (size_t i = 0; i < d->b.n; i++)
		buf_drop(&d->facts[i]);
	issue_batch_drop(&d->b);
}

static bool
plan_entry(void *state, struct authority *a, const json_t *j, bool person, const struct request_facts *facts, struct span csr, int64_t now, struct err *e)
{
	struct adopting *d = state;
	struct issue_item *it = &d->b.item[d->b.n];
	char word[16];
	bool found;

	promise(d->b.n < 2 * CEREMONY_PEOPLE_MAX);
	if (!request_same(a, facts, &found, it->request, word, e))
		return false;
	if (!found || strcmp(word, "pending") != 0)
		return true;
	d->facts[d->b.n] = buf_new(FACTS_MAX);
	buf_put_span(&d->facts[d->b.n], buf_span(&facts->text));
	it->facts = buf_span(&d->facts[d->b.n++]);
	return true;
}

/* Is it recorded already?  Another one must not be. */
static bool
is_recorded(struct authority *a, const struct ceremony *c, bool *recorded, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("policy.last");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell cell[3];

	reg_text(&ask, "what", "ceremony");
	if (!reg_read(a->reg, &ask, &rows, e) || !reg_next(&rows, cell, 3, recorded, e))
		return false;
	if (*recorded && !span_eq(cell[0].s, span_of(c->hash, SHA256_LEN)))
		return fail(e, ERR_POLICY, "the register was begun with another ceremony");
	return true;
}

bool
ceremony_put(struct reg_unit *u, struct authority *a, const struct ceremony *c, int64_t now, struct err *e)
{
	own_struct(buf) issuing = buf_new(CERT_MAX);
	own_str char *path = c->generation == 1 ? xstrdup("ca/issuing.crt") : xprintf("ca/issuing-%d.crt", (int)c->generation);

	cert_to_der(&issuing, c->issuing);
	put_publication(u, path, buf_span(&issuing));
	if (c->generation == 1)
		put_publication(u, ROOT_CRL_PATH, buf_span(&c->root_crl));
	else if (!root_crl_put_newer(u, a, buf_span(&c->root_crl), now, e))
		return false;
	return each_entry(a, c, record_entry, u, now, e);
}

bool
ceremony_issue(struct authority *a, const struct ceremony *c, int64_t now, struct err *e)
{
	own_struct(reg_unit) none = reg_unit_new();
	own_struct(adopting) d = { .b.item = xalloc(2 * CEREMONY_PEOPLE_MAX * sizeof(struct issue_item)) };

	return each_entry(a, c, plan_entry, &d, now, e) &&
	    (d.b.n == 0 || (issue_plan(a, &d.b, now, e) && issue_run(a, &d.b, &none, now, e)));
}

bool
ceremony_adopt(struct authority *a, const struct ceremony *c, struct span bundle, int64_t now, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	bool recorded;

	if (!is_recorded(a, c, &recorded, e))
		return false;
	if (!recorded) {
		put_bundle(&u, a, c, bundle);
		if (!ceremony_put(&u, a, c, now, e) || !authority_run(a, "ceremony", &u, NULL, e))
			return false;
	}
	return ceremony_issue(a, c, now, e);
}
