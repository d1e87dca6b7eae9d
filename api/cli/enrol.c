/*
 * antin enrol -- a key on the person's own token, and a request for a
 * certificate: to a file (--csr-out) or to the service (--api).
 */
#include "api/cli/command.h"
#include "api/cli/http.h"
#include "api/cli/keyboard.h"

#include "base/file.h"

#include <stdio.h>

const struct arg_option enrol_options[] = {
	KEYBOARD_OPTIONS,
	{ "label", "TEXT", false, "label of the key on the token; made if it is not there" },
	{ "csr-out", "FILE", false, "write the request (PEM) here and ask nobody" },
	SERVICE_OPTIONS,
	{ "profile", "NAME", false, "official, mail, administrator, seal, qr-seal ..." },
	{ "agency", "CODE", false, "the agency's code" },
	{ "name", "TEXT", false, "full name" },
	{ "person", "ID", false, "staff number (never the citizen's ID)" },
	{ "title", "TEXT", false, "title in the agency" },
	{ "mail", "ADDRESS", false, "mailbox, for the profile mail" },
	{ NULL },
};

static bool
find_or_make(struct token_key *key, struct token *t, const char *label, struct err *e)
{
	if (label == NULL)
		label = "signing";
	if (token_find_label(t, label, key, e))
		return true;
	return e->class == ERR_ABSENT && token_generate(t, HSM_ECDSA_P256, label, key, e);
}

/* The subject is not looked at by anybody; only key and proof are. */
static bool
make_csr(X509_REQ **out, struct token *t, const struct token_key *key, struct err *e)
{
	own(EVP_PKEY) *pkey = NULL;
	own(X509_REQ) *req = X509_REQ_new();

	promise(req != NULL);
	if (!token_pkey(&pkey, t, key, e))
		return false;
	promise(X509_REQ_set_version(req, X509_REQ_VERSION_1) == 1 && X509_REQ_set_pubkey(req, pkey) == 1);
	if (X509_REQ_sign(req, pkey, EVP_sha256()) <= 0)
		return fail_ossl(e, ERR_TOKEN, "the token cannot sign the request");
	*out = take(&req);
	return true;
}

static bool
write_csr(X509_REQ *req, const char *path, struct err *e)
{
	own(BIO) *mem = BIO_new(BIO_s_mem());
	char *text;
	long n;

	promise(mem != NULL && PEM_write_bio_X509_REQ(mem, req) == 1);
	n = BIO_get_mem_data(mem, &text);
	return file_write(path, span_of(text, (size_t)n), 0644, e);
}

static bool
ask_service(const struct args *a, X509_REQ *req, struct err *e)
{
	static const char *const said[] = { "name", "person", "title", "mail" };
	own_struct(buf) der = buf_new(1 << 16);
	own_struct(buf) text = buf_new(1 << 17);
	own(json_t) *ask = NULL;
	own(json_t) *answer = NULL;
	own_struct(http_service) service = { .base = NULL };
	const char *profile, *agency, *id;

	if (!http_service_open(&service, a, e) || !args_need(a, "profile", &profile, e) || !args_need(a, "agency", &agency, e))
		return false;
	csr_to_der(&der, req);
	base64_put(&text, buf_span(&der));
	ask = json_pack("{s:s, s:s, s:s}", "profile", profile, "agency", agency, "csr", buf_str(&text));
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (args_get(a, said[i]) != NULL)
			json_object_set_new(ask, said[i], json_string(args_get(a, said[i])));
	if (!http_json(&answer, &service, "POST", "/v1/requests", ask, e) || !json_take_str(&id, answer, "id", e))
		return false;
	if (a->json)
		command_print_json(answer);
	else
		printf("%s\n", id);
	return true;
}

int
command_enrol(const struct args *a)
{
	own_token struct token *t = NULL;
	own(X509_REQ) *req = NULL;
	struct token_key key;
	struct err e;

	if (!keyboard_token(&t, a, &e) || !find_or_make(&key, t, args_get(a, "label"), &e) || !make_csr(&req, t, &key, &e))
		return command_refuse(a, &e);
	if (args_has(a, "csr-out") ? !write_csr(req, args_get(a, "csr-out"), &e) : !ask_service(a, req, &e))
		return command_refuse(a, &e);
	return 0;
}
