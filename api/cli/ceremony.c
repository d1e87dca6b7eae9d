/*
 * antin ceremony FILE -- makes root, issuing authority and the bundle that
 * starts an authority.  FILE is what the auditor signs on paper:
 *
 *	{"tier","agency","root_name","issuing_name","site","origin","log_state","out",
 *	 "root":{"token","pin_file"}, "issuing":{...}, "log":{...},
 *	 "administrators":[{"person","name","title","agency","roles":[...],"csr":FILE}],
 *	 "services":[{"profile","name","agency","csr":FILE}]}
 *
 * Writes root.crt, issuing.crt, root.crl, ceremony.cms into out.
 */
#include "api/cli/command.h"
#include "api/cli/keyboard.h"

#include "base/clock.h"
#include "base/file.h"
#include "ca/ceremony.h"
#include "hsm/log_memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

const struct arg_option ceremony_options[] = {
	{ "module", "FILE", false, "PKCS#11 module (SoftHSM's)" },
	{ "policy-folder", "DIR", false, "the policy" },
	{ NULL },
};

struct held { struct token *token; struct token_key key; };

static bool
open_token(struct held *h, const struct args *a, const json_t *j, const char *name, enum hsm_alg alg, struct err *e)
{
	own_secret struct secret *pin = secret_new();
	struct token_key keys[TOKEN_KEYS_MAX];
	const char *label, *pin_file;
	own_fd int fd = -1;
	json_t *one;
	size_t n;

	if (!json_take_obj(&one, j, name, e) || !json_take_str(&label, one, "token", e) || !json_take_str(&pin_file, one, "pin_file", e))
		return false;
	fd = open(pin_file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pin == NULL)
		return fail(e, ERR_ABSENT, "cannot read the PIN of the token %s", label);
	if (!secret_read(pin, fd, e) || !token_open(&h->token, keyboard_module(a), label, pin, e) || !token_keys(h->token, keys, &n, e))
		return fail_in(e, "%s", name);
	/* By its name: on the issuing token lies the OCSP responder's key, too. */
	for (size_t i = 0; i < n; i++)
		if (keys[i].alg == alg && strcmp(keys[i].label, name) == 0) {
			h->key = keys[i];
			return true;
		}
	return token_generate(h->token, alg, name, &h->key, e) || fail_in(e, "%s", name);
}

static bool
read_csr(struct buf *out, const json_t *j, struct err *e)
{
	own_struct(buf) text = buf_new(1 << 16);
	own(X509_REQ) *req = NULL;
	const char *path;

	if (!json_take_str(&path, j, "csr", e) || !file_read(&text, path, e) || !csr_from_any(&req, buf_span(&text), e))
		return false;
	csr_to_der(out, req);
	return buf_ok(out, "CSR", e);
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
take_people(struct ceremony_plan *plan, const json_t *j, struct err *e)
{
	struct ceremony_person *p = xalloc(CEREMONY_PEOPLE_MAX * sizeof(*p));
	json_t *list, *one;
	size_t i;

	plan->person = p;
	if (!json_take_arr(&list, j, "administrators", e))
		return false;
	json_array_foreach(list, i, one) {
		struct buf *csr = xalloc(sizeof(*csr));

		*csr = buf_new(1 << 16);
		if (i >= CEREMONY_PEOPLE_MAX || !json_take_str(&p[i].person, one, "person", e) || !json_take_str(&p[i].name, one, "name", e) ||
		    !json_take_str(&p[i].title, one, "title", e) || !json_take_str(&p[i].agency, one, "agency", e) || !read_csr(csr, one, e))
			return fail_in(e, "administrator %zu", i + 1);
		p[i].roles = join_roles(one);
		p[i].csr = buf_span(csr);
		plan->npersons++;
	}
	return true;
}

static bool
take_services(struct ceremony_plan *plan, const json_t *j, struct err *e)
{
	struct ceremony_service *s = xalloc(CEREMONY_PEOPLE_MAX * sizeof(*s));
	json_t *list, *one;
	size_t i;

	plan->service = s;
	if (!json_take_arr(&list, j, "services", e))
		return false;
	json_array_foreach(list, i, one) {
		struct buf *csr = xalloc(sizeof(*csr));

		*csr = buf_new(1 << 16);
		if (i >= CEREMONY_PEOPLE_MAX || !json_take_str(&s[i].profile, one, "profile", e) || !json_take_str(&s[i].name, one, "name", e) ||
		    !json_take_str(&s[i].agency, one, "agency", e) || !read_csr(csr, one, e))
			return fail_in(e, "service %zu", i + 1);
		s[i].csr = buf_span(csr);
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
begin_log(struct ceremony_plan *plan, const struct held *log, const json_t *j, struct err *e)
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
	plan->log_vkey = xstrdup(buf_str(&vkey));
	return true;
}

static bool
hold(const struct args *a, const json_t *j, const char *policy_path, struct err *e)
{
	struct held root = { NULL }, issuing = { NULL }, log = { NULL };
	struct ceremony_plan plan = { .now = clock_now() };
	struct ceremony_result r = { buf_new(1 << 16), buf_new(1 << 16), buf_new(1 << 20), buf_new(CEREMONY_MAX) };
	struct policy *policy;
	const char *out;
	bool good;

	if (!policy_load(&policy, policy_path, e))
		return false;
	plan.policy = policy;
	good = json_take_str(&plan.tier, j, "tier", e) && json_take_str(&plan.agency, j, "agency", e) && json_take_str(&plan.root_name, j, "root_name", e) &&
	    json_take_str(&plan.issuing_name, j, "issuing_name", e) && json_take_str(&plan.site, j, "site", e) && json_take_str(&out, j, "out", e) &&
	    open_token(&root, a, j, "root", HSM_ECDSA_P256, e) && open_token(&issuing, a, j, "issuing", HSM_ECDSA_P256, e) &&
	    open_token(&log, a, j, "log", HSM_ED25519, e) && take_people(&plan, j, e) && take_services(&plan, j, e) && begin_log(&plan, &log, j, e) &&
	    token_pkey(&plan.root_key, root.token, &root.key, e) && token_pkey(&plan.issuing_key, issuing.token, &issuing.key, e) &&
	    ceremony_make(&r, &plan, e) && folder_make(out, 0755, e) && put_cert(out, "root.crt", buf_span(&r.root), e) &&
	    put_cert(out, "issuing.crt", buf_span(&r.issuing), e) && put_file(out, "root.crl", buf_span(&r.root_crl), e) &&
	    put_file(out, "ceremony.cms", buf_span(&r.bundle), e);
	if (good)
		printf("ceremony held: root and issuing certificates, root CRL and bundle are in %s\n", out);
	EVP_PKEY_free(plan.root_key);
	EVP_PKEY_free(plan.issuing_key);
	token_free(root.token);
	token_free(issuing.token);
	token_free(log.token);
	return good;
}

int
command_ceremony(const struct args *a)
{
	own_struct(buf) text = buf_new(1 << 20);
	own(json_t) *j = NULL;
	const char *policy = args_get(a, "policy-folder");
	struct err e;

	if (a->nwords != 1) {
		fail(&e, ERR_INPUT, "antin ceremony FILE");
		return command_usage(a, &e);
	}
	if (!file_read(&text, a->word[0], &e) || !json_read(&j, buf_span(&text), &e) || !hold(a, j, policy != NULL ? policy : ANTIN_POLICY_SOURCE, &e))
		return command_refuse(a, &e);
	return 0;
}
