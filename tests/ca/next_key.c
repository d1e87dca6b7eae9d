#include "tests/ca/next_key.h"

#include "tests/base/test.h"

#include "base/clock.h"

static const char *
section_two(const struct world *w)
{
	static char text[1024];

	snprintf(text, sizeof(text), "[antin-hsm-issuing-2]\nrun = %s/run\ntoken = issuing-2\nsign.ca = *\nmodule_config = %s/softhsm2.conf\nwrites = %s/tokens\n", w->dir, w->dir, w->dir);
	return text;
}

bool
next_hold(struct ceremony_result *out, const struct world *w, const struct next_key *n, const struct next_variant *v, struct span csr, struct err *e)
{
	const struct ceremony_service service = { "ocsp", "Trả lời trạng thái 2 THỬ NGHIỆM", "H99", csr };
	struct ceremony_plan plan = {
		.policy = w->policy, .tier = "demonstration", .agency = "H99", .issuing_name = v->name != NULL ? v->name : NEXT_NAME,
		.site = v->site != NULL ? v->site : NEXT_SITE, .root_key = v->root_key != NULL ? v->root_key : n->root_pkey, .root = v->root != NULL ? v->root : w->root,
		.issuing_key = v->issuing, .generation = v->generation != 0 ? v->generation : 2, .now = clock_now(),
		.service = &service, .nservices = csr.len > 0, .crl = { .last = v->last_crl.len > 0 ? v->last_crl : buf_span(&w->made.root_crl) },
	};

	return ceremony_make(out, &plan, e);
}

void
next_make(struct world *w, struct next_key *n)
{
	static const struct world_more more = { world_ocsp, section_two };
	own_token struct token *second = NULL;
	own_struct(buf) csr = buf_new(4096);
	own(EVP_PKEY) *pkey = NULL;
	struct token_key key, keys[TOKEN_KEYS_MAX];
	struct err e;
	size_t i;

	world_make_more(w, &more);
	n->root_token = world_token_again("root");
	assert_done(token_keys(n->root_token, keys, &i, &e) && token_pkey(&n->root_pkey, n->root_token, &keys[0], &e), e);
	second = world_token("issuing-2");
	assert_done(token_generate(second, HSM_ECDSA_P256, "issuing", &key, &e), e);
	assert_done(token_pkey(&pkey, second, &key, &e), e);
	token_csr(&csr, second, "ocsp");
	assert_done(next_hold(&n->made, w, n, &(struct next_variant){ .issuing = pkey }, buf_span(&csr), &e), e);
	assert_done(cert_from_der(&n->issuing, buf_span(&n->made.issuing), &e), e);
}

void
next_drop(struct next_key *n)
{
	ceremony_result_drop(&n->made);
	X509_free(n->issuing);
	EVP_PKEY_free(n->root_pkey);
	token_free(n->root_token);
}

pid_t
next_start_hsm(const struct world *w)
{
	return world_start_process(w, "antin-hsm", "antin-hsm-issuing-2", true);
}

bool
next_order(struct world *w, const struct draft *as, struct span bundle, json_t **answer, struct err *e)
{
	own_struct(buf) base64 = buf_new(1 << 20), text = buf_new(1 << 20);
	own(json_t) *with = NULL;
	char hex[2 * SHA256_LEN + 1];
	unsigned char hash[SHA256_LEN];
	struct draft d = *as;

	base64_put(&base64, bundle);
	with = json_pack("{s:s}", "bundle", buf_str(&base64));
	json_write(&text, with);
	sha256(hash, bundle);
	hex_text(hex, span_of(hash, sizeof(hash)));
	d.verb = "authority.roll-over";
	d.with = d.with == NULL ? with : d.with;
	d.id = d.id == NULL ? hex : d.id;
	sha256(d.hash, buf_span(&text));
	return world_order_of_two(w, &d, d.by == NAM ? MAI : NAM, answer, e);
}
