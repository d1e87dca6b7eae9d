/*
 * antin ceremony FILE -- makes root, issuing authority and the bundle that
 * starts an authority.  FILE is what the auditor signs on paper:
 *
 *	{"tier","agency","root_name","issuing_name","site","origin","log_state","out",
 *	 "root":{"token","pin_file"} or {"token","custodians"} (api/cli/custody.h),
 *	 "issuing":{"token","pin_file"}, "log":{...},
 *	 "administrators":[{"person","name","title","agency","roles":[...],"csr":FILE}],
 *	 "services":[{"profile","name","agency","csr":FILE}]}
 *
 * Writes root.crt, issuing.crt, root.crl, ceremony.cms and transcript.txt
 * (api/cli/transcript.h) into out.
 *
 * antin ceremony shares FILE -- before it, once: makes the root's token and the
 * shares of its custodians.
 *
 * antin ceremony rehearse FILE --in DIR -- both of the same file, with tokens of
 * SoftHSM in a new folder: every name ends in "(DIỄN TẬP)", requests that are
 * not there yet are made up, and nothing outside the folder is touched.
 *
 * A later generation's (ca/roll_over.h) has "generation" and what every later
 * ceremony has,
 *	"root_certificate":FILE, "root_crl":FILE,	the root's last CRL
 *	"revoke":[{"certificate":FILE,"reason":WORD,"date":RFC 3339}]
 * instead of root_name, origin, log_state, log and administrators ("revoke" may be left
 * out), and writes issuing-N.crt, root.crl, roll-over.cms, which an order
 * authority.roll-over takes, and the transcript.
 *
 * The yearly one (ca/root_crl.h) has those three, "out" and "root", and nothing else;
 * whoever revokes nothing says so ("revoke":[]).  It writes root.crl, which an order
 * authority.root-crl takes, and the transcript.  A later ceremony is rehearsed with
 * what a rehearsal left: its root, its shares and SOFTHSM2_CONF=DIR/softhsm.conf.
 */
#include "api/cli/command.h"
#include "api/cli/custody.h"
#include "api/cli/keyboard.h"
#include "api/cli/transcript.h"

#include "base/clock.h"
#include "base/file.h"
#include "ca/ceremony.h"
#include "hsm/log_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

const struct arg_option ceremony_options[] = {
	{ "module", "FILE", false, "PKCS#11 module (SoftHSM's)" },
	{ "policy-folder", "DIR", false, "the policy" },
	{ "share", "FILE", true, "a custodian's share (else each is asked for)" },
	{ "in", "DIR", false, "rehearse: a new folder" },
	{ NULL },
};

struct held { struct token *token; struct token_key key; };

/* One ceremony: its file, who opened the root. */
struct holding { const struct args *args; const char *name; struct span text; json_t *plan; bool rehearsal; struct custody custody; struct buf present; };

#define PRESENT_MAX 200

/* What the plan's people, services, log and root's CRL borrow. */
struct entries {
	struct root_revocation revoke[ROOT_CRL_REVOKED_MAX];
	struct buf last_crl;
	struct ceremony_person person[CEREMONY_PEOPLE_MAX];
	struct ceremony_service service[CEREMONY_PEOPLE_MAX];
	struct buf csr[2 * CEREMONY_PEOPLE_MAX];
	char *roles[CEREMONY_PEOPLE_MAX], *log_vkey;
	size_t ncsr, nroles, nrevoke;
};

static void
entries_drop(struct entries *x)
{
	for (size_t i = 0; i < x->ncsr; i++)
		buf_drop(&x->csr[i]);
	for (size_t i = 0; i < x->nroles; i++)
		free(x->roles[i]);
	for (size_t i = 0; i < x->nrevoke; i++)
		X509_free(x->revoke[i].cert);
	buf_drop(&x->last_crl);
	free(x->log_vkey);
}

/* Custodians are the root's alone. */
static bool
take_pin(struct secret *pin, struct holding *c, const json_t *one, const char *name, const char *label, struct err *e)
{
	const char *pin_file;
	own_fd int fd = -1;

	if (strcmp(name, "root") == 0 && (!custody_read(&c->custody, one, e) || (c->custody.needed > 0 && !custody_open(pin, &c->present, c->args, label, &c->custody, e))))
		return false;
	if (strcmp(name, "root") == 0 && c->custody.needed > 0)
		return true;
	if (!json_take_str(&pin_file, one, "pin_file", e))
		return false;
	fd = open(pin_file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(e, ERR_ABSENT, "cannot read the PIN of the token %s", label);
	return secret_read(pin, fd, e);
}

static bool
open_token(struct held *h, struct holding *c, const char *name, enum hsm_alg alg, struct err *e)
{
	own_secret struct secret *pin = secret_new();
	struct token_key keys[TOKEN_KEYS_MAX];
	const char *label;
	json_t *one;
	size_t n;

	if (pin == NULL)
		return fail(e, ERR_LIMIT, "no memory that can be locked for a PIN (ulimit -l)");
	if (!json_take_obj(&one, c->plan, name, e) || !json_take_str(&label, one, "token", e))
		return false;
	if (!take_pin(pin, c, one, name, label, e) || !token_open(&h->token, keyboard_module(c->args), label, pin, e) || !token_keys(h->token, keys, &n, e))
		return fail_in(e, "%s", name);
	/* By its name: on the issuing token lies the OCSP responder's key, too. */
	for (size_t i = 0; i < n; i++)
		if (keys[i].alg == alg && strcmp(keys[i].label, name) == 0) {
			h->key = keys[i];
			return true;
		}
	if (strcmp(name, "root") == 0 && json_object_get(c->plan, "root_certificate") != NULL)
		return fail(e, ERR_ABSENT, "the token %s has no key \"root\"; this ceremony is of a root that is", label);
	return token_generate(h->token, alg, name, &h->key, e) || fail_in(e, "%s", name);
}

static bool
read_csr(struct span *out, struct entries *x, const json_t *j, struct err *e)
{
	struct buf *der = &x->csr[x->ncsr];
	own_struct(buf) text = buf_new(1 << 16);
	own(X509_REQ) *req = NULL;
	const char *path;

	if (!json_take_str(&path, j, "csr", e) || !file_read(&text, path, e) || !csr_from_any(&req, buf_span(&text), e))
		return false;
	*der = buf_new(1 << 16);
	x->ncsr++;
	csr_to_der(der, req);
	*out = buf_span(der);
	return buf_ok(der, "CSR", e);
}

static char *
join_roles(const json_t *j)
{
	const json_t *roles = json_object_get(j, "roles");
	own_struct(buf) b = buf_new(1024);

	for (size_t i = 0; i < json_array_size(roles); i++)
		buf_printf(&b, "%s%s", i > 0 ? " " : "", json_string_value(json_array_get(roles, i)) ?: "");
	return xstrdup(buf_str(&b));
}

static bool
take_people(struct ceremony_plan *plan, struct entries *x, const json_t *j, struct err *e)
{
	struct ceremony_person *p = x->person;
	json_t *list, *one;
	size_t i;

	plan->person = p;
	if (!json_take_arr(&list, j, "administrators", e))
		return false;
	json_array_foreach(list, i, one) {
		if (i >= CEREMONY_PEOPLE_MAX || !json_take_str(&p[i].person, one, "person", e) || !json_take_str(&p[i].name, one, "name", e) ||
		    !json_take_str(&p[i].title, one, "title", e) || !json_take_str(&p[i].agency, one, "agency", e) || !read_csr(&p[i].csr, x, one, e))
			return fail_in(e, "administrator %zu", i + 1);
		p[i].roles = x->roles[x->nroles++] = join_roles(one);
		plan->npersons++;
	}
	return true;
}

static bool
take_services(struct ceremony_plan *plan, struct entries *x, const json_t *j, struct err *e)
{
	struct ceremony_service *s = x->service;
	json_t *list, *one;
	size_t i;

	plan->service = s;
	if (!json_take_arr(&list, j, "services", e))
		return false;
	json_array_foreach(list, i, one) {
		if (i >= CEREMONY_PEOPLE_MAX || !json_take_str(&s[i].profile, one, "profile", e) || !json_take_str(&s[i].name, one, "name", e) ||
		    !json_take_str(&s[i].agency, one, "agency", e) || !read_csr(&s[i].csr, x, one, e))
			return fail_in(e, "service %zu", i + 1);
		plan->nservices++;
	}
	return true;
}

static bool
put_cert(const char *folder, const char *name, struct span der, struct err *e)
{
	own_str char *path = xprintf("%s/%s", folder, name);
	own(X509) *cert = NULL;
	own_struct(buf) pem = buf_new(1 << 16);

	if (!cert_from_der(&cert, der, e))
		return false;
	cert_to_pem(&pem, cert);
	return file_write(path, buf_span(&pem), 0644, e);
}

static bool
put_file(const char *folder, const char *name, struct span octets, struct err *e)
{
	own_str char *path = xprintf("%s/%s", folder, name);

	return file_write(path, octets, 0644, e);
}

static bool
begin_log(struct ceremony_plan *plan, struct entries *x, const struct held *log, const json_t *j, struct err *e)
{
	own_struct(buf) vkey = buf_new(512);
	const char *origin, *state;
	struct note_key key;

	if (!json_take_str(&origin, j, "origin", e) || !json_take_str(&state, j, "log_state", e))
		return false;
	/* The last 32 octets of an Ed25519 SubjectPublicKeyInfo are the key. */
	if (log->key.spki_len < NOTE_KEY_LEN || !note_key_new(&key, origin, log->key.spki + log->key.spki_len - NOTE_KEY_LEN, e) ||
	    !folder_make(state, 0700, e) || !log_memory_begin(state, log->key.id, origin, e))
		return false;
	note_key_text(&vkey, &key);
	plan->log_vkey = x->log_vkey = xstrdup(buf_str(&vkey));
	return true;
}

/* What only one of the two kinds has. */
static bool
take_first(struct ceremony_plan *plan, struct entries *x, struct held *log, struct holding *c, const json_t *j, struct err *e)
{
	return json_take_str(&plan->root_name, j, "root_name", e) && open_token(log, c, "log", HSM_ED25519, e) && take_people(plan, x, j, e) && begin_log(plan, x, log, j, e);
}

static bool
take_cert(X509 **out, const json_t *j, const char *key, struct err *e)
{
	own_struct(buf) text = buf_new(1 << 16);
	const char *path;

	return json_take_str(&path, j, key, e) && file_read(&text, path, e) && (cert_from_any(out, buf_span(&text), e) || fail_in(e, "%s", path));
}

static bool
take_last_crl(struct root_crl_plan *plan, struct entries *x, const json_t *j, struct err *e)
{
	own_struct(buf) text = buf_new(ROOT_CRL_MAX);
	own(X509_CRL) *crl = NULL;
	const char *path;

	if (!json_take_str(&path, j, "root_crl", e) || !file_read(&text, path, e) || !(crl_from_any(&crl, buf_span(&text), e) || fail_in(e, "%s", path)))
		return false;
	x->last_crl = buf_new(ROOT_CRL_MAX);
	crl_to_der(&x->last_crl, crl);
	plan->last = buf_span(&x->last_crl);
	return buf_ok(&x->last_crl, "the root's last CRL", e);
}

static bool
take_revoked(struct root_crl_plan *plan, struct entries *x, const json_t *j, struct err *e)
{
	static const char *const keys[] = { "certificate", "reason", "date", NULL };
	struct root_revocation *r = x->revoke;
	const char *reason, *date;
	json_t *list, *one;
	size_t i;

	plan->revoke = r;
	if (!json_take_arr(&list, j, "revoke", e))
		return false;
	json_array_foreach(list, i, one) {
		if (i >= ROOT_CRL_REVOKED_MAX)
			return fail(e, ERR_LIMIT, "a ceremony revokes at most %d certificates", ROOT_CRL_REVOKED_MAX);
		if (!json_only(one, keys, e) || !json_take_str(&reason, one, "reason", e) || !root_crl_reason(&r[i].reason, reason, e) ||
		    !json_take_str(&date, one, "date", e) || !time_parse(&r[i].date, date, e) || !take_cert(&r[i].cert, one, "certificate", e))
			return fail_in(e, "certificate %zu to be revoked", i + 1);
		plan->nrevoke = ++x->nrevoke;
	}
	return true;
}

static bool
take_later(struct ceremony_plan *plan, struct entries *x, const json_t *j, struct err *e)
{
	return json_take_int(&plan->generation, j, "generation", e) && take_cert(&plan->root, j, "root_certificate", e) && take_last_crl(&plan->crl, x, j, e) &&
	    (json_object_get(j, "revoke") == NULL || take_revoked(&plan->crl, x, j, e));
}

static bool
put_result(const struct ceremony_plan *plan, const struct ceremony_result *r, const char *out, struct err *e)
{
	own_str char *issuing = plan->root == NULL ? xstrdup("issuing.crt") : xprintf("issuing-%d.crt", (int)plan->generation);

	return folder_make(out, 0755, e) && (plan->root != NULL || put_cert(out, "root.crt", buf_span(&r->root), e)) && put_cert(out, issuing, buf_span(&r->issuing), e) &&
	    put_file(out, "root.crl", buf_span(&r->root_crl), e) && put_file(out, plan->root == NULL ? "ceremony.cms" : "roll-over.cms", buf_span(&r->bundle), e);
}

/* t: what was made; the rest is filled in. */
static bool
put_transcript(const char *folder, const struct holding *c, struct transcript t, const struct held *root, struct err *e)
{
	own_struct(buf) text = buf_new(CEREMONY_MAX);
	own_struct(buf) present = buf_new(PRESENT_MAX);

	buf_put_span(&present, buf_span(&c->present));
	if (c->custody.needed == 0)
		buf_put_str(&present, "một mã PIN / one PIN");
	t.plan_name = c->name;
	t.plan = c->text;
	t.root_token = token_label(root->token);
	t.signatures = c->custody.needed;
	t.rehearsal = c->rehearsal;
	t.custody = buf_str(&present);
	return transcript_write(&text, &t, e) && put_file(folder, "transcript.txt", buf_span(&text), e);
}

static bool
make(struct ceremony_plan *plan, struct entries *x, struct holding *c, struct held *root, struct held *issuing, struct held *log, struct err *e)
{
	struct ceremony_result r = { buf_new(1 << 16), buf_new(1 << 16), buf_new(1 << 20), buf_new(CEREMONY_MAX) };
	const json_t *j = c->plan;
	const char *out;
	bool good, later = json_object_get(j, "generation") != NULL;

	good = json_take_str(&plan->tier, j, "tier", e) && json_take_str(&plan->agency, j, "agency", e) && json_take_str(&plan->issuing_name, j, "issuing_name", e) &&
	    json_take_str(&plan->site, j, "site", e) && json_take_str(&out, j, "out", e) &&
	    open_token(root, c, "root", HSM_ECDSA_P256, e) && open_token(issuing, c, "issuing", HSM_ECDSA_P256, e) &&
	    (later ? take_later(plan, x, j, e) : take_first(plan, x, log, c, j, e)) && take_services(plan, x, j, e) &&
	    token_pkey(&plan->root_key, root->token, &root->key, e) && token_pkey(&plan->issuing_key, issuing->token, &issuing->key, e) &&
	    ceremony_make(&r, plan, e) && put_result(plan, &r, out, e) &&
	    put_transcript(out, c, (struct transcript){ .p = plan, .crl = &plan->crl, .r = &r, .root_key = plan->root_key, .now = plan->now }, root, e);
	if (good)
		printf("ceremony held%s: %s, root CRL, bundle and transcript are in %s\n", c->rehearsal ? " as a rehearsal" : "",
		    later ? "the next issuing certificate" : "root and issuing certificates", out);
	ceremony_result_drop(&r);
	return good;
}

/* The yearly one: the root alone. */
static bool
make_crl(struct root_crl_plan *plan, struct entries *x, struct holding *c, struct held *root, struct err *e)
{
	static const char *const keys[] = { "root_certificate", "root_crl", "revoke", "out", "root", NULL };
	struct ceremony_result r = { buf_new(1), buf_new(1), buf_new(ROOT_CRL_MAX), buf_new(1) };
	const char *out;
	bool good;

	good = json_only(c->plan, keys, e) && json_take_str(&out, c->plan, "out", e) && take_cert(&plan->root, c->plan, "root_certificate", e) &&
	    take_last_crl(plan, x, c->plan, e) && take_revoked(plan, x, c->plan, e) && open_token(root, c, "root", HSM_ECDSA_P256, e) &&
	    token_pkey(&plan->key, root->token, &root->key, e) && root_crl_make(&r.root_crl, plan, e) && folder_make(out, 0755, e) &&
	    put_file(out, "root.crl", buf_span(&r.root_crl), e) &&
	    put_transcript(out, c, (struct transcript){ .crl = plan, .r = &r, .root_key = plan->key, .now = plan->now }, root, e);
	if (good)
		printf("ceremony held: the root's next CRL and transcript are in %s\n", out);
	ceremony_result_drop(&r);
	return good;
}

static bool
hold_crl(struct holding *c, struct err *e)
{
	struct held root = { NULL };
	struct root_crl_plan plan = { .now = clock_now() };
	own_struct(entries) x = { .ncsr = 0 };
	bool good = make_crl(&plan, &x, c, &root, e);

	EVP_PKEY_free(plan.key);
	X509_free(plan.root);
	token_free(root.token);
	return good;
}

static bool
hold_authority(struct holding *c, struct err *e)
{
	struct held root = { NULL }, issuing = { NULL }, log = { NULL };
	struct ceremony_plan plan = { .now = clock_now() };
	const char *folder = args_get(c->args, "policy-folder");
	own_struct(entries) x = { .ncsr = 0 };
	own(policy_t) *policy = NULL;
	bool good;

	if (!policy_load(&policy, folder != NULL ? folder : ANTIN_POLICY_SOURCE, e))
		return false;
	plan.policy = policy;
	good = make(&plan, &x, c, &root, &issuing, &log, e);
	EVP_PKEY_free(plan.root_key);
	EVP_PKEY_free(plan.issuing_key);
	X509_free(plan.root);
	token_free(root.token);
	token_free(issuing.token);
	token_free(log.token);
	return good;
}

static bool
hold(struct holding *c, struct err *e)
{
	bool yearly = json_object_get(c->plan, "revoke") != NULL && json_object_get(c->plan, "generation") == NULL;

	return yearly ? hold_crl(c, e) : hold_authority(c, e);
}

/*
 * The root's token and its shares.
 */

static bool
make_shares(struct holding *c, struct err *e)
{
	const char *label;
	json_t *root;

	if (!json_take_obj(&root, c->plan, "root", e) || !json_take_str(&label, root, "token", e) || !custody_read(&c->custody, root, e) ||
	    !custody_make(&c->present, c->args, label, &c->custody, e))
		return false;
	printf("token %s made: %s; each takes one share out of %s and leaves none behind\n", label, buf_str(&c->present), c->custody.folder);
	return true;
}
/*
 * A rehearsal.
 */

#define REHEARSAL " (DIỄN TẬP)"

static bool
rehearse_token(const struct holding *c, json_t *plan, const char *name, const char *folder, struct err *e)
{
	own_str char *pin_file = xprintf("%s/%s.pin", folder, name);
	own_secret struct secret *pin = secret_new();
	unsigned char drawn[8];
	char hex[2 * sizeof(drawn) + 1];
	const char *label;
	json_t *one;

	if (pin == NULL || !json_take_obj(&one, plan, name, e) || !json_take_str(&label, one, "token", e) || !random_bytes(drawn, sizeof(drawn), e))
		return fail_in(e, "%s", name);
	hex_text(hex, span_of(drawn, sizeof(drawn)));
	memcpy(pin->octet, hex, sizeof(hex) - 1);
	pin->len = sizeof(hex) - 1;
	json_object_set_new(one, "pin_file", json_string(pin_file));
	return file_write(pin_file, span_of(hex, sizeof(hex) - 1), 0600, e) && token_create(keyboard_module(c->args), label, pin, pin, e);
}

/* The last of them come: as good as any others. */
static bool
rehearse_root(struct holding *c, struct args *shares, json_t *plan, const char *folder, struct err *e)
{
	own_str char *inner = xprintf("%s/shares", folder);
	json_t *root, *custodians;
	struct custody custody;
	const char *label;

	if (!json_take_obj(&root, plan, "root", e) || !json_take_str(&label, root, "token", e) || !custody_read(&custody, root, e))
		return false;
	if (custody.needed == 0)
		return rehearse_token(c, plan, "root", folder, e);
	custody.folder = inner;
	custodians = json_object_get(root, "custodians");
	json_object_set_new(custodians, "shares", json_string(inner));
	if (!custody_make(&c->present, c->args, label, &custody, e))
		return false;
	buf_reset(&c->present);
	for (unsigned i = custody.of - custody.needed; i < custody.of; i++) {
		shares->given[shares->ngiven].name = "share";
		shares->given[shares->ngiven++].value = xprintf("%s/share-%u.txt", inner, i + 1);	/* as long as the process */
	}
	return true;
}

/* Who has no key yet is stood in for. */
static bool
rehearse_requests(json_t *plan, const char *list, const char *folder, struct err *e)
{
	json_t *people, *one;
	const char *csr;
	size_t i;

	if (!json_take_arr(&people, plan, list, e))
		return false;
	json_array_foreach(people, i, one) {
		own_str char *path = xprintf("%s/%s-%zu.csr", folder, list, i + 1);
		own(EVP_PKEY) *key = EVP_EC_gen("P-256");
		own(X509_REQ) *req = X509_REQ_new();
		own_struct(buf) der = buf_new(1 << 16);

		if (!json_take_str(&csr, one, "csr", e))
			return false;
		if (access(csr, R_OK) == 0)
			continue;
		if (key == NULL || req == NULL || X509_REQ_set_pubkey(req, key) != 1 || X509_REQ_sign(req, key, EVP_sha256()) <= 0)
			return fail_ossl(e, ERR_BUG, "cannot make up a request");
		csr_to_der(&der, req);
		json_object_set_new(one, "csr", json_string(path));
		if (!file_write(path, buf_span(&der), 0644, e))
			return false;
	}
	return true;
}

static bool
mark_name(json_t *plan, const char *key, struct err *e)
{
	own_str char *marked = NULL;
	const char *name;

	if (!json_take_str(&name, plan, key, e))
		return false;
	marked = xprintf("%s" REHEARSAL, name);
	json_object_set_new(plan, key, json_string(marked));
	return true;
}

static void
move_in(json_t *plan, const char *key, const char *folder)
{
	own_str char *path = xprintf("%s/%s", folder, key);

	json_object_set_new(plan, key, json_string(path));
}

/* Tokens of its own: SoftHSM reads this file when it is loaded. */
static bool
rehearse_softhsm(const char *folder, struct err *e)
{
	own_str char *tokens = xprintf("%s/tokens", folder);
	own_str char *path = xprintf("%s/softhsm.conf", folder);
	own_str char *text = xprintf("directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n", tokens);

	if (!folder_make(tokens, 0700, e) || !file_write(path, span_str(text), 0600, e))
		return false;
	return setenv("SOFTHSM2_CONF", path, 1) == 0 || fail(e, ERR_BUG, "no room in the environment");
}

static bool
rehearse(struct holding *c, struct err *e)
{
	static struct args args;
	const char *given;
	own_str char *folder = NULL;

	if (!args_need(c->args, "in", &given, e))
		return false;
	if (json_object_get(c->plan, "root_certificate") != NULL)
		return fail(e, ERR_INPUT, "a rehearsal makes a root of its own: a later ceremony is rehearsed behind that, with its root_certificate");
	if (args_has(c->args, "module") || args_has(c->args, "share"))
		return fail(e, ERR_INPUT, "a rehearsal takes neither --module nor --share: its tokens and shares are its own");
	if (mkdir(given, 0700) != 0)
		return fail(e, ERR_CONFLICT, "cannot make the folder %s: %s", given, strerror(errno));
	folder = realpath(given, NULL);
	args = *c->args;
	if (folder == NULL || !rehearse_softhsm(folder, e) || !rehearse_root(c, &args, c->plan, folder, e) || !rehearse_token(c, c->plan, "issuing", folder, e) ||
	    !rehearse_token(c, c->plan, "log", folder, e) || !rehearse_requests(c->plan, "administrators", folder, e) ||
	    !rehearse_requests(c->plan, "services", folder, e) || !mark_name(c->plan, "root_name", e) || !mark_name(c->plan, "issuing_name", e))
		return false;
	move_in(c->plan, "out", folder);
	move_in(c->plan, "log_state", folder);
	c->args = &args;
	c->rehearsal = true;
	return hold(c, e);
}

/*
 * The command.
 */

static const struct { const char *word; bool (*run)(struct holding *, struct err *); } words[] = {
	{ "shares", make_shares }, { "rehearse", rehearse },
};

/* Shares and PIN stand in memory that the library took, too: none of it goes into a core file. */
static bool
leave_no_core(struct err *e)
{
	return prctl(PR_SET_DUMPABLE, 0) == 0 || fail(e, ERR_BUG, "cannot forbid a core file: %s", strerror(errno));
}

int
command_ceremony(const struct args *a)
{
	own_struct(buf) text = buf_new(1 << 20);
	own(json_t) *j = NULL;
	struct holding c = { .args = a, .present = buf_new(PRESENT_MAX) };
	bool (*run)(struct holding *, struct err *) = a->nwords == 1 ? hold : NULL;
	struct err e;
	bool good;

	for (size_t i = 0; a->nwords == 2 && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(a->word[0], words[i].word) == 0)
			run = words[i].run;
	if (run == NULL) {
		fail(&e, ERR_INPUT, "antin ceremony FILE, antin ceremony shares FILE or antin ceremony rehearse FILE --in DIR");
		return command_usage(a, &e);
	}
	c.name = a->word[a->nwords - 1];
	good = leave_no_core(&e) && file_read(&text, c.name, &e) && json_read(&j, buf_span(&text), &e);
	c.text = buf_span(&text);
	c.plan = j;
	good = good && run(&c, &e);
	buf_drop(&c.present);
	return good ? 0 : command_refuse(a, &e);
}
