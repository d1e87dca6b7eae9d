/*
 * The commands that need no daemon, no token and no database: verify, path,
 * status, csr, policy.
 */
#include "api/cli/command.h"

#include "base/clock.h"
#include "base/file.h"
#include "verifier/crl_status.h"
#include "verifier/csr.h"
#include "verifier/evidence.h"
#include "verifier/ocsp.h"
#include "verifier/path.h"
#include "verifier/report.h"
#include "verifier/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FILE_MAX (16u << 20)

const char *
command_policy_folder(const struct args *a)
{
	static const char *const places[] = { ANTIN_POLICY_SOURCE, "/usr/share/antin/policy" };
	const char *given = args_get(a, "policy-folder");
	struct stat st;

	for (size_t i = 0; given == NULL && i < sizeof(places) / sizeof(places[0]); i++)
		if (stat(places[i], &st) == 0)
			given = places[i];
	return given != NULL ? given : places[0];
}

static bool
read_named(struct buf *out, const char *path, struct err *e)
{
	return file_read(out, path, e);
}

/*
 * verify
 */

static const struct arg_option verify_options[] = {
	{ "content", "FILE", false, "what a detached signature is about" },
	{ "trust", "FILE|DIR", true, "anchors, roots or not; and the log's key" },
	{ "evidence", "DIR", false, "CRLs, OCSP responses, certificates, status lists, proofs" },
	{ "tiers", "FILE", false, "signed list of other authorities (antin tiers); signed by an anchor of --trust" },
	{ "tiers-seen", "FILE", false, "which version of it was seen last; is brought up to date" },
	{ "at", "TIME", false, "judge at this time (RFC 3339; now)" },
	{ "in-force", "[DATE]", false, "also: in force on that day (today)?" },
	{ "insecure-no-revocation", NULL, false, "judge without revocation data; the report says so" },
	{ "policy-folder", "DIR", false, "the policy" },
	{ NULL },
};

static void
print_reasons(const struct reasons *r, const char *indent)
{
	for (size_t i = 0; i < r->n; i++)
		printf("%s%s\n%s%s\n", indent, r->at[i].vi, indent, r->at[i].en);
}

static void
print_report(const struct report *r)
{
	printf("%s%s%s\n", verdict_word(r->verdict), sub_word(r->sub)[0] ? " / " : "", sub_word(r->sub));
	if (r->format != NULL)
		printf("%s\n", r->format);
	if (r->tier != NULL)
		printf("%s\n%s\n", r->tier->prefix[LANG_VI][0] ? r->tier->prefix[LANG_VI] : r->tier->vi, r->tier->prefix[LANG_EN][0] ? r->tier->prefix[LANG_EN] : r->tier->en);
	for (size_t i = 0; i < r->nunder; i++)
		printf("%s: %s%s%s\n", r->under[i].tier != NULL ? r->under[i].tier->vi : "chứng thực của hệ thống này", verdict_word(r->under[i].verdict),
		    sub_word(r->under[i].sub)[0] ? " / " : "", sub_word(r->under[i].sub));
	print_reasons(&r->reasons, "");
	for (size_t i = 0; i < r->nsignatures; i++) {
		const struct report_signature *s = &r->signature[i];
		char claimed[TIME_TEXT] = "?";

		if (s->claimed != INT64_MIN)
			time_text_vn(claimed, s->claimed);
		printf("  %s%s%s: %s%s%s; %s, %s; %s\n", s->id, s->file[0] ? " in " : "", s->file, verdict_word(s->verdict), sub_word(s->sub)[0] ? " / " : "", sub_word(s->sub), s->signer, s->organisation, claimed);
		print_reasons(&s->reasons, "    ");
	}
	for (size_t i = 0; i < json_array_size(r->files); i++)
		printf("  signed: %s\n", json_text(json_array_get(r->files, i), "name"));
	if (r->format != NULL)
		print_reasons(&r->remarks, "");
	printf("signature: %s\nin_force: %s\n", verdict_short(r->verdict), in_force_word(r->in_force));
	if (r->insecure_no_revocation)
		printf("judged without revocation data, as asked\n");
}

static int
command_verify(const struct args *a)
{
	const char *trust[ARGS_MAX + 1] = { NULL };
	const char *folder = command_policy_folder(a);
	struct verify_request q = { .evidence = args_get(a, "evidence"), .content = args_get(a, "content"), .trust = trust, .tiers = args_get(a, "tiers"), .tiers_seen = args_get(a, "tiers-seen"), .now = clock_now(),
		.insecure_no_revocation = args_has(a, "insecure-no-revocation") };
	own(policy_t) *policy = NULL;
	struct report *r = xalloc(sizeof(*r));
	struct err e;
	int code;

	if (a->nwords != 1) {
		fail(&e, ERR_INPUT, "antin verify FILE");
		return command_usage(a, &e);
	}
	q.document = a->word[0];
	for (size_t i = 0; args_nth(a, "trust", i) != NULL; i++)
		trust[i] = args_nth(a, "trust", i);
	if (!args_time(a, "at", clock_now(), &q.at, &e))
		return command_usage(a, &e);
	q.day = day_in_vietnam(q.at);
	if (args_get(a, "in-force") != NULL && !date_parse(&q.day, args_get(a, "in-force"), &e))
		return command_usage(a, &e);
	if (!policy_open(&policy, folder, a->json, &e) || !verify_file(r, &q, policy, &e))
		return command_refuse(a, &e);
	code = report_exit(r, args_has(a, "in-force"));
	if (a->json) {
		own(json_t) *j = report_json(r, policy, "file", q.at);

		command_print_json(j);
	} else {
		print_report(r);
	}
	report_drop(r);
	free(r);
	return code;
}

/*
 * path
 */

static const struct arg_option path_options[] = {
	{ "trust", "FILE", true, "anchors" },
	{ "untrusted", "FILE", true, "further certificates" },
	{ "crl", "FILE", true, "CRLs" },
	{ "at", "TIME", false, "judge at this time (now)" },
	{ "purpose", "NAME", false, "any, serverAuth, clientAuth, emailProtection, codeSigning, timeStamping, OCSPSigning" },
	{ "policy", "OID", true, "acceptable certificate policies" },
	{ "explicit-policy", NULL, false, "a valid policy is required" },
	{ "inhibit-policy-mapping", NULL, false, "policies are not mapped" },
	{ "inhibit-any-policy", NULL, false, "anyPolicy does not count" },
	{ "require-crl", NULL, false, "every certificate needs a CRL" },
	{ NULL },
};

static bool
add_all(struct evidence *v, const struct args *a, const char *option, bool trusted, struct err *e)
{
	for (size_t i = 0; args_nth(a, option, i) != NULL; i++)
		if (!(trusted ? evidence_add_trust(v, args_nth(a, option, i), e) : evidence_add_path(v, args_nth(a, option, i), e)))
			return false;
	return true;
}

static bool
add_crls(struct evidence *v, const struct args *a, struct err *e)
{
	for (size_t i = 0; args_nth(a, "crl", i) != NULL; i++) {
		own_struct(buf) octets = buf_new(FILE_MAX);

		if (!read_named(&octets, args_nth(a, "crl", i), e) || !crls_from_any(v->crls, buf_span(&octets), e))
			return fail_in(e, "%s", args_nth(a, "crl", i));
	}
	return true;
}

static bool
read_cert(X509 **out, const char *path, struct err *e)
{
	own_struct(buf) octets = buf_new(FILE_MAX);

	return (read_named(&octets, path, e) && cert_from_any(out, buf_span(&octets), e)) || fail_in(e, "%s", path);
}

static int
print_path(const struct args *a, const struct path_result *r)
{
	int code = r->verdict == VERDICT_PASSED ? 0 : r->sub == SUB_TRY_LATER ? EXIT_INDETERMINATE : 1;

	if (a->json) {
		own(json_t) *j = json_pack("{s:b, s:s, s:s, s:s, s:i}", "path", r->verdict == VERDICT_PASSED, "verdict", verdict_word(r->verdict),
		    "sub", sub_word(r->sub), "reason", r->reason, "length", sk_X509_num(r->chain));

		command_print_json(j);
		return code;
	}
	if (r->verdict == VERDICT_PASSED)
		printf("a path of %d certificates\n", sk_X509_num(r->chain));
	else
		printf("no path: %s (%s)\n", r->reason, sub_word(r->sub));
	return code;
}

static int
command_path(const struct args *a)
{
	own(evidence_t) *v = evidence_new();
	own(X509) *leaf = NULL;
	const char *policies[64] = { NULL };
	struct path_request q = { .purpose = args_get(a, "purpose"), .explicit_policy = args_has(a, "explicit-policy"),
		.inhibit_mapping = args_has(a, "inhibit-policy-mapping"), .inhibit_any = args_has(a, "inhibit-any-policy"),
		.require_crl = args_has(a, "require-crl") };
	struct path_result r;
	struct err e;
	int code;

	if (a->nwords != 1 || !args_has(a, "trust")) {
		fail(&e, ERR_INPUT, "antin path LEAF --trust FILE ...");
		return command_usage(a, &e);
	}
	for (size_t i = 0; i < 63 && args_nth(a, "policy", i) != NULL; i++)
		policies[i] = args_nth(a, "policy", i);
	if (!args_time(a, "at", clock_now(), &q.at, &e))
		return command_usage(a, &e);
	if (!read_cert(&leaf, a->word[0], &e) || !add_all(v, a, "trust", true, &e) || !add_all(v, a, "untrusted", false, &e) || !add_crls(v, a, &e))
		return command_refuse(a, &e);
	q.leaf = leaf;
	q.anchors = v->anchors;
	q.bag = v->bag;
	q.crls = sk_X509_CRL_num(v->crls) > 0 ? v->crls : NULL;
	q.policies = policies[0] != NULL ? policies : NULL;
	if (!path_judge(&r, &q, &e))
		return command_usage(a, &e);
	code = print_path(a, &r);
	path_result_drop(&r);
	return code;
}

/*
 * status
 */

static const struct arg_option status_options[] = {
	{ "issuer", "FILE", false, "the certificate's issuer; behind it, issuers of CRLs" },
	{ "crl", "FILE", false, "a CRL, or several in PEM: parts, a delta" },
	{ "ocsp", "FILE", false, "or an OCSP response" },
	{ "at", "TIME", false, "at this time (now)" },
	{ NULL },
};

/* A file of certificates: the issuer is the first. */
static bool
read_issuers(cert_list *out, const char *path, struct err *e)
{
	own_struct(buf) octets = buf_new(FILE_MAX);
	X509 *one = NULL;

	if (!read_named(&octets, path, e) || !certs_from_pem(out, buf_span(&octets), e) ||
	    (sk_X509_num(out) == 0 && !(cert_from_any(&one, buf_span(&octets), e) && sk_X509_push(out, one) > 0)))
		return fail_in(e, "%s", path);
	return true;
}

/* What cannot be relied on says nothing: unknown, and *why. */
static bool
ask_status(enum cert_state *out, struct err *why, const struct args *a, X509 *cert, cert_list *issuers, int64_t at, struct err *e)
{
	const char *crl = args_get(a, "crl"), *said = "";
	own_struct(buf) octets = buf_new(64u << 20);
	X509 *issuer = sk_X509_value(issuers, 0);
	struct revocation says = { .state = CERT_UNKNOWN };
	STACK_OF(X509_CRL) *crls;

	if (X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(issuer)) != 0 || X509_verify(cert, X509_get0_pubkey(issuer)) != 1)
		return fail_ossl(e, ERR_POLICY, "the certificate is not this issuer's");
	if (!read_named(&octets, crl != NULL ? crl : args_get(a, "ocsp"), e))
		return false;
	if (crl == NULL) {
		*out = ocsp_lookup(&says, buf_span(&octets), cert, issuer, at, why) ? says.state : CERT_UNKNOWN;
		return true;
	}
	crls = sk_X509_CRL_new_null();
	promise(crls != NULL);
	*out = crls_from_any(crls, buf_span(&octets), why) ? crl_status(&said, cert, issuer, issuers, crls, at) : CERT_UNKNOWN;
	if (said[0] != '\0')
		fail(why, ERR_POLICY, "%s", said);
	sk_X509_CRL_pop_free(crls, X509_CRL_free);
	return true;
}

static int
print_status(const struct args *a, enum cert_state state, const struct err *why)
{
	static const char *const word[] = { "unknown", "good", "revoked" };
	static const int codes[] = { EXIT_INDETERMINATE, 0, 1 };
	const char *reason = state == CERT_UNKNOWN ? why->text : "";

	if (a->json) {
		own(json_t) *j = json_pack("{s:s, s:s}", "status", word[state], "reason", reason);

		command_print_json(j);
	} else {
		printf("%s\n", word[state]);
		if (reason[0] != '\0')
			fprintf(stderr, "antin: %s\n", reason);
	}
	return codes[state];
}

static int
command_status(const struct args *a)
{
	own(X509) *cert = NULL;
	cert_list *issuers;
	enum cert_state state = CERT_UNKNOWN;
	struct err e, why = { 0 };
	const char *issuer;
	int64_t at;
	bool done;

	if (a->nwords != 1 || (args_get(a, "crl") == NULL) == (args_get(a, "ocsp") == NULL)) {
		fail(&e, ERR_INPUT, "antin status CERT --issuer FILE, and --crl FILE or --ocsp FILE");
		return command_usage(a, &e);
	}
	if (!args_need(a, "issuer", &issuer, &e) || !args_time(a, "at", clock_now(), &at, &e))
		return command_usage(a, &e);
	issuers = sk_X509_new_null();
	promise(issuers != NULL);
	done = read_cert(&cert, a->word[0], &e) && read_issuers(issuers, issuer, &e) && ask_status(&state, &why, a, cert, issuers, at, &e);
	cert_list_free(issuers);
	return done ? print_status(a, state, &why) : command_refuse(a, &e);
}

/*
 * csr
 */

static const struct arg_option csr_options[] = { { NULL } };

static int
command_csr(const struct args *a)
{
	own_struct(buf) octets = buf_new(1 << 20);
	own_struct(buf) spki = buf_new(1 << 16);
	struct err e;
	bool accepted;

	if (a->nwords != 1) {
		fail(&e, ERR_INPUT, "antin csr FILE");
		return command_usage(a, &e);
	}
	if (!read_named(&octets, a->word[0], &e))
		return command_refuse(a, &e);
	accepted = csr_gate(&spki, buf_span(&octets), &e);
	if (a->json) {
		own(json_t) *j = json_pack("{s:b, s:s}", "accepted", accepted, "reason", accepted ? "" : e.text);

		promise(j != NULL);
		if (!accepted)
			json_object_update_new(j, json_pack("{s:s, s:s}", "code", e.code, "vi", e.vi));
		command_print_json(j);
	} else if (accepted) {
		printf("accepted\n");
	} else {
		printf("refused: %s\n%s\n%s\n", e.code, e.vi, e.text);
	}
	return accepted ? 0 : 1;
}

/*
 * policy
 */

static const struct arg_option policy_options[] = { { NULL } };

static int
command_policy(const struct args *a)
{
	own(policy_t) *policy = NULL;
	own_struct(buf) text = buf_new(4u << 20);
	char hash[65];
	struct err e;

	if (a->nwords < 1 || a->nwords > 2 || (strcmp(a->word[0], "check") != 0 && strcmp(a->word[0], "show") != 0)) {
		fail(&e, ERR_INPUT, "antin policy check or show, and the folder");
		return command_usage(a, &e);
	}
	if (!policy_load(&policy, a->nwords == 2 ? a->word[1] : command_policy_folder(a), &e))
		return command_refuse(a, &e);
	if (strcmp(a->word[0], "show") == 0) {
		policy_render(&text, policy);
		printf("%s", buf_str(&text));
		return 0;
	}
	hex_text(hash, span_of(policy->hash, 32));
	printf("in order: %zu kinds, %zu profiles, %zu answers, %zu agencies; hash %s\n", policy->nkinds, policy->nprofiles, policy->nanswers, policy->nagencies, hash);
	return 0;
}

const struct command offline_commands[] = {
	{ "verify", "FILE", "any signed document: verdict and report", verify_options, command_verify },
	{ "path", "LEAF", "one certificate: a path to an anchor, or the reason why not", path_options, command_path },
	{ "status", "CERT", "good, revoked or unknown, from a CRL or an OCSP response", status_options, command_status },
	{ "csr", "FILE", "would the authority take this request?", csr_options, command_csr },
	{ "policy", "check|show DIR", "is this policy whole and consistent?", policy_options, command_policy },
	{ NULL },
};
