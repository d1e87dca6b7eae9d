/*
 * antin report SPEC --size N: what the first N entries of a log say, made again
 * from its tiles alone; no daemon, no database, no network.
 *
 * A report (register/report.h) goes to standard output as CSV, or with --out
 * into a folder as CSV, JSON and page.  crl, ocsp, ocsp-delta and status are the
 * octets that were signed as the newest CRL, batch of OCSP responses and status
 * list (ca/crl_prefix.h, ca/ocsp_prefix.h, signer/status_prefix.h), checked
 * against what their entry says.
 *
 * With --policy the report publications is held against what each kind asks (`within` of
 * `publish`): a row an agency and kind, of those that ask something.
 */
#include "api/cli/command.h"

#include "base/file.h"
#include "ca/authority.h"
#include "ca/crl_prefix.h"
#include "ca/ocsp_prefix.h"
#include "policy/policy.h"
#include "register/keyed.h"
#include "register/report_page.h"
#include "signer/status_prefix.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TBS_MAX (48u << 20)
#define CERTIFICATE_MAX (64u << 10)

const struct arg_option report_options[] = {
	{ "size", "N", false, "the first N entries (all that the checkpoint has)" },
	{ "tiles", "DIR", false, "folder with checkpoint and tile/ (the current one)" },
	{ "key", "VKEY|FILE", false, "the log's key (the folder's log.vkey: then any log will do)" },
	{ "root", "BASE64", false, "the root of N entries, known from elsewhere, instead of a checkpoint" },
	{ "origin", "NAME", false, "with --root: the log's name" },
	{ "out", "DIR", false, "write the files there instead of one to standard output" },
	{ "issuer", "FILE", false, "crl, ocsp: the issuer's certificate; status: the signer's" },
	{ "responder", "FILE", false, "ocsp: the responder's certificate" },
	{ "shard", "N", false, "crl, ocsp: of the authority's key N + 1 (0)" },
	{ "policy", "DIR", false, "publications: how many were in time, by the rule of each kind" },
	{ "uri", "URI", false, "status: the list's address" },
	{ NULL },
};

static bool
take_size(uint64_t *size, const struct args *a, uint64_t all, struct err *e)
{
	const char *text = args_get(a, "size");
	char *end;

	*size = all;
	if (text == NULL)
		return true;
	*size = strtoull(text, &end, 10);
	return (text[0] >= '0' && text[0] <= '9' && *end == '\0') || fail(e, ERR_INPUT, "--size is a number of entries");
}

/* The head that is trusted: --root of --size, else the folder's checkpoint. */
static bool
open_log(struct prefix *p, const struct args *a, struct err *e)
{
	const char *folder = args_get(a, "tiles"), *root = args_get(a, "root"), *key = args_get(a, "key"), *origin;
	own_struct(buf) octets = buf_new(HASH_LEN);
	struct note_key known;

	if (folder == NULL)
		folder = ".";
	if (root == NULL)
		return (key == NULL || note_key_given(&known, key, e)) && prefix_open(p, folder, key != NULL ? &known : NULL, e);
	*p = (struct prefix){ .folder = folder };
	if (!args_need(a, "origin", &origin, e) || !take_size(&p->head.size, a, 0, e) || !base64_get(&octets, span_str(root), e))
		return false;
	if (octets.len != HASH_LEN || strlen(origin) >= sizeof(p->head.origin))
		return fail(e, ERR_INPUT, "--root is a hash in base64, --origin the name of a log");
	memcpy(p->head.root.octet, octets.ptr, HASH_LEN);
	snprintf(p->head.origin, sizeof(p->head.origin), "%s", origin);
	return true;
}

/*
 * Reports.
 */

static bool
put_file(const char *folder, const char *name, struct span content, struct err *e)
{
	own_str char *path = xprintf("%s/%s", folder, name);

	return file_write(path, content, 0644, e);
}

static bool
write_files(const char *folder, const char *name, const struct log_report_files *f, struct err *e)
{
	own_str char *csv = xprintf("%s.csv", name);
	own_str char *json = xprintf("%s.json", name);
	own_str char *html = xprintf("%s.html", name);

	return folder_make(folder, 0755, e) && put_file(folder, "report.css", span_str(log_report_css), e) &&
	    put_file(folder, json, buf_span(&f->json), e) && put_file(folder, html, buf_span(&f->html), e) && put_file(folder, csv, buf_span(&f->csv), e);
}

static void
print_made(const struct args *a, const char *name, uint64_t size, const struct hash *root, const unsigned char digest[SHA256_LEN], const struct list_entry *said)
{
	char hex[2 * SHA256_LEN + 1];
	own_struct(buf) base64 = buf_new(64);

	hex_text(hex, span_of(digest, SHA256_LEN));
	base64_put(&base64, span_of(root->octet, HASH_LEN));
	if (a->json) {
		own(json_t) *j = json_pack("{s:b, s:s, s:I, s:s, s:s}", "done", 1, "spec", name, "size", (json_int_t)size, "root", buf_str(&base64), "sha256", hex);

		if (said != NULL) {
			json_object_set_new(j, "number", json_integer(said->number));
			json_object_set_new(j, "entry", json_integer((json_int_t)said->index));
		}
		command_print_json(j);
	} else if (said != NULL) {
		printf("%s %lld of entry %llu, from the first %llu entries, root %s\nSHA-256 %s, as the entry says\n", name, (long long)said->number,
		    (unsigned long long)said->index, (unsigned long long)size, buf_str(&base64), hex);
	} else {
		printf("%s from the first %llu entries, root %s\nSHA-256 of the CSV %s\n", name, (unsigned long long)size, buf_str(&base64), hex);
	}
}

/* The report publications, by the rules of kinds. */
struct deadline { int64_t within, in_time, late; };

static void
print_deadline(void *json, const struct span key[KEYED_TEXTS], void *thing)
{
	const struct deadline *d = thing;
	own_str char *agency = span_dup_str(key[0]), *kind = span_dup_str(key[1]);

	if (json != NULL)
		json_array_append_new(json, json_pack("{s:s, s:s, s:I, s:I, s:I}", "agency", agency, "kind", kind, "within", (json_int_t)d->within,
		    "in_time", (json_int_t)d->in_time, "late", (json_int_t)d->late));
	else
		printf("deadline,%s,%s,%lld,%lld,%lld\n", agency, kind, (long long)d->within, (long long)d->in_time, (long long)d->late);
}

static bool
run_deadlines(const struct args *a, const struct prefix *p, uint64_t size, struct err *e)
{
	const struct log_report_spec *spec = log_report_publications();
	own(json_t) *rows = a->json ? json_array() : NULL;
	struct keyed deadlines = keyed_new(sizeof(struct deadline));
	struct policy *policy;
	struct log_report r;

	if (!policy_load(&policy, args_get(a, "policy"), e))
		return false;
	if (!log_report_make(&r, &spec, 1, p, size, e)) {
		policy_free(policy);
		return false;
	}
	for (size_t i = 0; i < r.n; i++) {
		const struct kind *k = policy_kind(policy, log_report_text(&r, i, PUBLICATIONS_KIND));
		struct deadline *d;

		if (k == NULL || k->publish_within == 0)
			continue;
		d = keyed_at(&deadlines, span_str(log_report_text(&r, i, PUBLICATIONS_AGENCY)), span_str(k->id), SPAN_NONE);
		d->within = k->publish_within;
		*(log_report_number(&r, i, PUBLICATIONS_DAYS) <= d->within ? &d->in_time : &d->late) += log_report_number(&r, i, PUBLICATIONS_RECORDED);
	}
	if (rows == NULL)
		printf("row,agency,kind,within,in_time,late\n");
	keyed_each(&deadlines, print_deadline, rows);
	if (rows != NULL) {
		own(json_t) *j = json_pack("{s:b, s:s, s:I, s:O}", "done", 1, "spec", spec->name, "size", (json_int_t)size, "deadlines", rows);

		command_print_json(j);
	}
	keyed_drop(&deadlines);
	log_report_drop(&r);
	policy_free(policy);
	return true;
}

static bool
run_report(const struct args *a, const struct log_report_spec *spec, const struct prefix *p, uint64_t size, struct err *e)
{
	const char *out = args_get(a, "out");
	struct log_report_files f = { .csv = buf_new(0) };
	struct log_report r;
	bool good;

	if (args_get(a, "policy") != NULL && spec != log_report_publications())
		return fail(e, ERR_INPUT, "--policy is for the report publications");
	if (args_get(a, "policy") != NULL && out != NULL)
		return fail(e, ERR_INPUT, "what --policy asks for is printed, and --out writes none of it");
	if (args_get(a, "policy") != NULL)
		return run_deadlines(a, p, size, e);
	if (!log_report_make(&r, &spec, 1, p, size, e))
		return false;
	good = log_report_files_make(&f, &r, e) && (out == NULL || write_files(out, spec->name, &f, e));
	if (good && out == NULL && !a->json)
		good = fd_write(STDOUT_FILENO, buf_span(&f.csv), e);
	else if (good)
		print_made(a, spec->name, size, &r.at.root, f.sha256, NULL);
	log_report_files_drop(&f);
	log_report_drop(&r);
	return good;
}

/*
 * Signed lists.
 */

typedef bool list_again(struct buf *tbs, struct list_entry *, const struct prefix *, uint64_t size, X509 *, const struct args *, struct err *);

/* Of which issuing key: 0, the first. */
static bool
take_shard(int64_t *shard, const struct args *a, struct err *e)
{
	const char *text = args_get(a, "shard");

	*shard = text == NULL ? 0 : text[0] - '0';
	return (*shard >= 0 && *shard < GENERATIONS_MAX && (text == NULL || text[1] == '\0')) ||
	    fail(e, ERR_INPUT, "--shard is a number from 0 to %d", GENERATIONS_MAX - 1);
}

static bool
crl_again(struct buf *tbs, struct list_entry *said, const struct prefix *p, uint64_t size, X509 *cert, const struct args *a, struct err *e)
{
	int64_t shard;

	return take_shard(&shard, a, e) && crl_from_prefix(tbs, said, p, size, cert, shard, e);
}

static bool
status_again(struct buf *tbs, struct list_entry *said, const struct prefix *p, uint64_t size, X509 *cert, const struct args *a, struct err *e)
{
	const char *uri;

	return args_need(a, "uri", &uri, e) && status_from_prefix(tbs, said, p, size, cert, uri, e);
}

static bool
ocsp_one_again(bool delta, struct buf *tbs, struct list_entry *said, const struct prefix *p, uint64_t size, X509 *issuer, const struct args *a, struct err *e)
{
	own_struct(buf) octets = buf_new(CERTIFICATE_MAX);
	own(X509) *responder = NULL;
	const char *path;
	int64_t shard;

	return take_shard(&shard, a, e) && args_need(a, "responder", &path, e) && file_read(&octets, path, e) && cert_from_any(&responder, buf_span(&octets), e) &&
	    ocsp_from_prefix(tbs, said, p, size, delta, issuer, responder, shard, e);
}

static bool
ocsp_again(struct buf *tbs, struct list_entry *said, const struct prefix *p, uint64_t size, X509 *issuer, const struct args *a, struct err *e)
{
	return ocsp_one_again(false, tbs, said, p, size, issuer, a, e);
}

static bool
delta_again(struct buf *tbs, struct list_entry *said, const struct prefix *p, uint64_t size, X509 *issuer, const struct args *a, struct err *e)
{
	return ocsp_one_again(true, tbs, said, p, size, issuer, a, e);
}

static const struct { const char *name, *file; list_again *make; } lists[] = {
	{ "crl", "crl.tbs", crl_again }, { "ocsp", "ocsp.tbs", ocsp_again }, { "ocsp-delta", "ocsp-delta.tbs", delta_again }, { "status", "status.tbs", status_again },
};

static bool
run_list(const struct args *a, size_t i, const struct prefix *p, uint64_t size, struct err *e)
{
	const char *path, *out = args_get(a, "out");
	own_struct(buf) octets = buf_new(CERTIFICATE_MAX);
	own_struct(buf) tbs = buf_new(TBS_MAX);
	own(X509) *cert = NULL;
	struct list_entry said;

	if (!args_need(a, "issuer", &path, e) || !file_read(&octets, path, e) || !cert_from_any(&cert, buf_span(&octets), e) ||
	    !lists[i].make(&tbs, &said, p, size, cert, a, e))
		return false;
	if (out != NULL && (!folder_make(out, 0755, e) || !put_file(out, lists[i].file, buf_span(&tbs), e)))
		return false;
	if (out == NULL && !a->json)
		return fd_write(STDOUT_FILENO, buf_span(&tbs), e);
	print_made(a, lists[i].name, said.size, &said.root, said.sha256, &said);
	return true;
}

static void
say_specs(struct err *e)
{
	own_struct(buf) names = buf_new(200);
	const struct log_report_spec *s;

	for (size_t i = 0; (s = log_report_nth(i)) != NULL; i++)
		buf_printf(&names, "%s, ", s->name);
	(void)!fail(e, ERR_INPUT, "antin report SPEC: %scrl, ocsp, ocsp-delta or status", buf_str(&names));
}

int
command_report(const struct args *a)
{
	const char *name = a->nwords == 1 ? a->word[0] : "";
	const struct log_report_spec *spec = log_report_find(name);
	size_t list = 0, n = sizeof(lists) / sizeof(lists[0]);
	struct prefix p;
	uint64_t size;
	struct err e;

	while (list < n && strcmp(lists[list].name, name) != 0)
		list++;
	if (spec == NULL && list == n) {
		say_specs(&e);
		return command_usage(a, &e);
	}
	if (!take_size(&size, a, 0, &e))
		return command_usage(a, &e);
	if (!open_log(&p, a, &e) || !take_size(&size, a, p.head.size, &e) ||
	    !(spec != NULL ? run_report(a, spec, &p, size, &e) : run_list(a, list, &p, size, &e)))
		return command_refuse(a, &e);
	return 0;
}
