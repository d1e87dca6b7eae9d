/*
 * antin tiers: the list of other authorities whose signatures are judged beside the city's own
 * (verifier/tier_list.h).
 *
 *	antin tiers sign PLAN --certificate root.crt --token T --out F    the list, shown and signed
 *	antin tiers check F --trust FILE|DIR [--seen FILE] [--at T]       may it be relied on?
 *
 * PLAN is JSON: {"version","until","tiers":[{"id","vi","en","fr","anchors":[FILE...]}]}.
 * What is signed has the certificates in it.  With --seen the newest version is kept, as
 * antin-verifier does (tiers_seen).
 */
#include "api/cli/command.h"
#include "api/cli/keyboard.h"

#include "base/clock.h"
#include "base/cms.h"
#include "base/file.h"
#include "base/text.h"
#include "verifier/evidence.h"
#include "verifier/tier_list.h"

#include <stdio.h>
#include <stdlib.h>

#define CERTIFICATE_MAX (64u << 10)

const struct arg_option tiers_options[] = {
	KEYBOARD_OPTIONS,
	{ "certificate", "FILE", false, "sign: the root's certificate" },
	{ "out", "FILE", false, "sign: the signed list" },
	{ "yes", NULL, false, "sign: do not ask before" },
	{ "trust", "FILE|DIR", true, "check: the root's certificate, or the folder of the anchors" },
	{ "seen", "FILE", false, "check: which version was seen last; is brought up to date" },
	{ "at", "TIME", false, "as of then (now)" },
	{ "policy-folder", "DIR", false, "the policy" },
	{ NULL },
};

/*
 * sign
 */

static bool
anchor_json(json_t **out, const char *path, struct err *e)
{
	own_struct(buf) file = buf_new(CERTIFICATE_MAX), der = buf_new(CERTIFICATE_MAX), text = buf_new(2 * CERTIFICATE_MAX);
	own(X509) *cert = NULL;
	unsigned char hash[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	if (!file_read(&file, path, e) || (!cert_from_any(&cert, buf_span(&file), e) && !fail_in(e, "%s", path)))
		return false;
	cert_to_der(&der, cert);
	base64_put(&text, buf_span(&der));
	sha256(hash, buf_span(&der));
	hex_text(hex, span_of(hash, sizeof(hash)));
	*out = json_pack("{s:s, s:s}", "sha256", hex, "certificate", buf_str(&text));
	return true;
}

/* Files become certificates; everything else is the list's own to check. */
static bool
fill_anchors(json_t *plan, struct err *e)
{
	json_t *tiers, *tier, *files, *file;
	size_t i, k;

	if (!json_take_arr(&tiers, plan, "tiers", e))
		return false;
	json_array_foreach(tiers, i, tier) {
		own(json_t) *anchors = json_array();

		if (!json_take_arr(&files, tier, "anchors", e))
			return false;
		json_array_foreach(files, k, file) {
			json_t *one;

			if (!json_is_string(file))
				return fail(e, ERR_INPUT, "\"anchors\" names files");
			if (!anchor_json(&one, json_string_value(file), e))
				return false;
			json_array_append_new(anchors, one);
		}
		json_object_set(tier, "anchors", anchors);
	}
	return true;
}

static bool
write_list(struct buf *text, const struct args *a, int64_t now, struct err *e)
{
	own_struct(buf) octets = buf_new(TIER_LIST_MAX);
	own(json_t) *plan = NULL;
	char made[TIME_TEXT];

	if (!file_read(&octets, a->word[1], e) || !json_read(&plan, buf_span(&octets), e) || !fill_anchors(plan, e))
		return false;
	time_text_vn(made, now);
	json_object_set_new(plan, "antin", json_string("tiers/1"));
	json_object_set_new(plan, "made", json_string(made));
	json_write(text, plan);
	return buf_ok(text, "the list", e);
}

static void
show(FILE *out, const struct tier_list *l)
{
	char until[TIME_TEXT];

	time_text_vn(until, l->until);
	fprintf(out, "version %" PRId64 ", until %s\n", l->version, until);
	for (size_t i = 0; i < l->n; i++) {
		fprintf(out, "%s: %s / %s\n", l->tier[i].is.id, l->tier[i].is.vi, l->tier[i].is.en);
		for (int k = 0; k < sk_X509_num(l->tier[i].anchors); k++) {
			X509 *cert = sk_X509_value(l->tier[i].anchors, k);
			own_struct(buf) der = buf_new(CERTIFICATE_MAX);
			unsigned char hash[SHA256_LEN];
			char hex[2 * SHA256_LEN + 1];
			struct cert_facts f;
			struct err ignored;

			cert_to_der(&der, cert);
			sha256(hash, buf_span(&der));
			hex_text(hex, span_of(hash, sizeof(hash)));
			if (!cert_facts_read(&f, cert, &ignored))
				f.name[0] = '\0';
			text_show(f.name);	/* whoever made it: it writes no line of what is to be signed */
			fprintf(out, "  %s  %s\n", hex, f.name);
		}
	}
}

static bool
confirm(const struct args *a, const struct tier_list *l, struct err *e)
{
	char answer[16] = "";

	if (args_has(a, "yes"))
		return true;
	show(stderr, l);
	fprintf(stderr, "sign this list? (yes/no) ");
	return (fgets(answer, sizeof(answer), stdin) != NULL && strcmp(answer, "yes\n") == 0) || fail(e, ERR_POLICY, "not signed");
}

static bool
sign_list(struct buf *cms, const struct args *a, struct span text, const cert_list *roots, struct err *e)
{
	own_token struct token *t = NULL;
	own(EVP_PKEY) *pkey = NULL;
	struct token_key key;
	X509 *root = sk_X509_value(roots, 0);

	return keyboard_token(&t, a, e) && keyboard_key(&key, t, root, e) && token_pkey(&pkey, t, &key, e) && cms_sign_attached(pkey, root, text, cms, e);
}

/* Opened as whoever relies on it will, before it is given away. */
static bool
do_sign(struct tier_list *l, const struct args *a, const struct policy *policy, int64_t now, struct err *e)
{
	own_struct(buf) text = buf_new(TIER_LIST_MAX), cms = buf_new(CMS_MAX);
	own(evidence_t) *root = evidence_new();
	own_struct(tier_list) draft = { 0 };
	const char *certificate, *out;

	if (!args_need(a, "certificate", &certificate, e) || !args_need(a, "out", &out, e) || !evidence_add_trust(root, certificate, e))
		return false;
	if (sk_X509_num(root->anchors) != 1)
		return fail(e, ERR_INPUT, "--certificate is one certificate");
	return write_list(&text, a, now, e) && tier_list_parse(&draft, buf_span(&text), policy, e) && confirm(a, &draft, e) &&
	    sign_list(&cms, a, buf_span(&text), root->anchors, e) && tier_list_open(l, buf_span(&cms), root->anchors, policy, now, e) && file_write(out, buf_span(&cms), 0644, e);
}

/*
 * check
 */

static bool
do_check(struct tier_list *l, const struct args *a, const struct policy *policy, int64_t now, struct err *e)
{
	own_struct(buf) octets = buf_new(TIER_LIST_MAX);
	own(evidence_t) *trust = evidence_new();
	const char *path;

	if (!args_need(a, "trust", &path, e))
		return false;
	for (size_t i = 0; args_nth(a, "trust", i) != NULL; i++)
		if (!evidence_add_trust(trust, args_nth(a, "trust", i), e))
			return false;
	return file_read(&octets, a->word[1], e) && tier_list_open(l, buf_span(&octets), trust->anchors, policy, now, e) &&
	    (args_get(a, "seen") == NULL || tier_list_seen(l, args_get(a, "seen"), e));
}

static const struct { const char *word; bool (*run)(struct tier_list *, const struct args *, const struct policy *, int64_t now, struct err *); } words[] = {
	{ "sign", do_sign }, { "check", do_check },
};

static void
tell(const struct args *a, const struct tier_list *l)
{
	char hex[2 * SHA256_LEN + 1], until[TIME_TEXT];

	hex_text(hex, span_of(l->sha256, SHA256_LEN));
	time_text_vn(until, l->until);
	if (a->json) {
		own(json_t) *j = json_pack("{s:b, s:I, s:s, s:s, s:i}", "done", 1, "version", (json_int_t)l->version, "until", until, "sha256", hex, "tiers", (int)l->n);

		command_print_json(j);
	} else {
		show(stdout, l);
	}
}

int
command_tiers(const struct args *a)
{
	own(policy_t) *policy = NULL;
	own_struct(tier_list) l = { 0 };
	int64_t now;
	struct err e;

	for (size_t i = 0; a->nwords == 2 && i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(a->word[0], words[i].word) != 0)
			continue;
		if (!args_time(a, "at", clock_now(), &now, &e))
			return command_usage(a, &e);
		if (!policy_load(&policy, command_policy_folder(a), &e) || !words[i].run(&l, a, policy, now, &e))
			return command_refuse(a, &e);
		tell(a, &l);
		return 0;
	}
	(void)!fail(&e, ERR_INPUT, "antin tiers sign PLAN | check FILE");
	return command_usage(a, &e);
}
