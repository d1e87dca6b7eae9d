#include "api/routes.h"

#include "api/answer.h"
#include "api/batch.h"
#include "api/checks.h"
#include "api/dossier.h"
#include "api/edxml.h"
#include "api/events.h"
#include "api/forward.h"
#include "api/gazette.h"
#include "api/lookup.h"
#include "api/ocsp.h"
#include "api/ocsp_request.h"
#include "api/open_day.h"
#include "api/parcel.h"
#include "api/public.h"
#include "api/sheet.h"
#include "api/verdict_page.h"
#include "base/log.h"
#include "ca/proto.h"
#include "signer/proto.h"
#include "signer/tsa_proto.h"
#include "verifier/proto.h"

#include <stdlib.h>

#define ORDER_MAX (256u << 10)		/* 128 KiB of order, and the CMS around it */
#define LIST_MAX (16u << 10)
#define REQUEST_MAX (64u << 10)
#define PREPARE_MAX (256u << 10)
#define FINISH_MAX (1u << 20)
#define SUBMISSION_MAX (4u << 20)
#define STAMP_MAX (16u << 10)
#define FORM_MAX (8u << 10)
#define ANSWER_FORM_MAX (VERIFY_DOCUMENT_MAX + (64u << 10))	/* the file, and the form around it */
#define EVENTS_MAX (1u << 20)
#define ARG_MAX 4096

/* The first that fits is taken: what is asked most stands first, and a row without
 * {x} before one with that would fit, too. */
static const struct route table[] = {
	{ "GET", "/ocsp/{request}", SLASHES | AT_ONCE, 0, ocsp_get, "is a certificate revoked? RFC 6960, the request in base64" },
	{ "POST", "/ocsp", AT_ONCE, OCSP_REQUEST_MAX, ocsp_post, "the same, the request as body" },
	{ "GET", "/", AT_ONCE, 0, page_home, "the citizen's page" },
	{ "GET", "/style.css", AT_ONCE, 0, page_file, "its looks" },
	{ "GET", "/page.js", AT_ONCE, 0, page_file, "its hands" },
	{ "GET", "/sheet.css", AT_ONCE, 0, page_file, "the looks of the permit sheet" },
	{ "GET", "/openapi.yaml", AT_ONCE, 0, page_file, "this interface" },
	{ "GET", "/report.schema.json", AT_ONCE, 0, page_file, "what a report on a document looks like" },
	{ "POST", "/answer", 0, ANSWER_FORM_MAX, answer_run, "the answer to a code or a file, as a page" },
	{ "GET", "/cong-khai", 0, 0, gazette_agencies_run, "whose permits are made public" },
	{ "GET", "/cong-khai/{agency}", 0, 0, gazette_run, "what an agency makes public, as a page" },
	{ "GET", "/cong-khai/{agency}/atom", 0, 0, gazette_feed_run, "and as a feed" },
	{ "GET", "/tra-cuu", 0, 0, lookup_page_run, "a form to look a permit up by its number and its holder's name" },
	{ "POST", "/tra-cuu", 0, FORM_MAX, lookup_form_run, "the answer to it, as a page" },
	{ "GET", "/healthz", AT_ONCE, 0, page_health, "is the process alive" },
	{ "POST", "/v1/requests", 0, REQUEST_MAX, forward_request, "asks for a certificate" },
	{ "POST", "/v1/orders/ca", 0, ORDER_MAX, forward_order_ca, "a signed order about certificates and people" },
	{ "POST", "/v1/orders/signer", 0, ORDER_MAX, forward_order_signer, "a signed order about permits" },
	{ "POST", "/v1/list/ca", 0, LIST_MAX, forward_list_ca, "requests, certificates, appointments, orders and those that wait" },
	{ "POST", "/v1/list/permits", 0, LIST_MAX, forward_list_permits, "permits by state" },
	{ "GET", "/v1/certificates/{serial}", 0, 0, forward_certificate, "a certificate, DER" },
	{ "POST", "/v1/permits", 0, SUBMISSION_MAX, forward_submit, "hands in a permit to be signed" },
	{ "POST", "/v1/permits/batch", 0, HTTP_PIECES, batch_run, "hands in up to 10,000 permits, one a line", &batch_pieces },
	{ "POST", "/v1/permits/prepare", 0, PREPARE_MAX, forward_prepare, "what an officer will sign" },
	{ "POST", "/v1/permits/finish", 0, FINISH_MAX, forward_finish, "the officer's signatures" },
	{ "GET", "/v1/permits/{code}", 0, 0, forward_permit, "the permit file" },
	{ "GET", "/v1/permits/{code}/archived", 0, 0, forward_archived, "the copy of an issued permit whose proofs last longest" },
	{ "GET", "/v1/permits/{code}/proof", 0, 0, forward_proof, "proof that the register holds its issue" },
	{ "GET", "/v1/permits/{code}/edxml", 0, 0, edxml_run, "the permit as an edXML message to an agency" },
	{ "GET", "/v1/permits/{code}/sheet", 0, 0, sheet_run, "the permit as an A4 page" },
	{ "POST", "/v1/verify", 0, VERIFY_DOCUMENT_MAX, forward_verify, "judges a file" },
	{ "POST", "/v1/verify/page", 0, VERIFY_DOCUMENT_MAX, verdict_page_run, "the same as a page to print" },
	{ "POST", "/v1/verify/batch", 0, HTTP_PIECES, checks_run, "judges up to 10,000 files or codes, one a line or a zip", &checks_pieces },
	{ "GET", "/v1/events", 0, 0, events_run, "what happened to permits and dossiers, in the order of the log; waits, or streams" },
	{ "GET", "/v1/parcels/{parcel}", SLASHES, 0, parcel_run, "which permits touch a parcel of land: commune/sheet/parcel" },
	{ "GET", "/v1/parcels.geojson", 0, 0, places_run, "where permits lie about which something was recorded since" },
	{ "GET", "/v1/codes/{typed}", SLASHES, 0, forward_lookup, "looks up what a person typed" },
	{ "GET", "/v1/files/{sha256}", 0, 0, forward_hash, "is a file with this SHA-256 one that was issued, and in force?" },
	{ "POST", "/v1/dossiers/events", 0, EVENTS_MAX, dossier_report_run, "what happened to dossiers, up to 500 events" },
	{ "GET", "/v1/dossiers/{code}", 0, 0, dossier_run, "a dossier's step, days and permits" },
	{ "GET", "/v1/publications", 0, 0, publications_run, "what an agency makes public of its permits" },
	{ "GET", "/v1/open-data/{day}", 0, 0, open_day_run, "what was made public on a day, as a file" },
	{ "GET", "/v1/open-data/{day}/signature", 0, 0, open_day_signature_run, "its detached signature" },
	{ "POST", "/v1/lookup", 0, FORM_MAX, lookup_run, "looks up a permit by its number and its holder's name" },
	{ "POST", "/v1/timestamps", 0, STAMP_MAX, forward_stamp, "time stamps, RFC 3161" },
	{ "GET", "/checkpoint", AT_ONCE, 0, public_file, "the register's size and root, signed" },
	{ "GET", "/checkpoint.witnessed", AT_ONCE, 0, public_file, "the newest that its quorum of witnesses has cosigned" },
	{ "GET", "/witnesses.json", AT_ONCE, 0, public_file, "which witness cosigned what, and whether one saw another log" },
	{ "GET", "/log.vkey", AT_ONCE, 0, public_file, "the key of the checkpoint" },
	{ "GET", "/tile/{path}", SLASHES | AT_ONCE, 0, public_file, "the register's tiles" },
	{ "GET", "/crl/{path}", SLASHES | AT_ONCE, 0, public_file, "revocation lists" },
	{ "GET", "/ca/{path}", SLASHES | AT_ONCE, 0, public_file, "certificates of the authority" },
	{ "GET", "/status/{path}", SLASHES | AT_ONCE, 0, public_file, "status lists of permits" },
	{ "GET", "/report/", 0, 0, public_reports, "the list of reports" },
	{ "GET", "/report/{path}", SLASHES | AT_ONCE, 0, public_file, "reports about the register, as page, CSV and JSON" },
	{ NULL },
};

const struct route *
routes_all(void)
{
	return table;
}

#define MESSAGES(list) ({ static const struct msg_type t_[] = { list(MSG_TYPE) }; t_; }), \
	sizeof((struct msg_type[]){ list(MSG_TYPE) }) / sizeof(struct msg_type)

static struct peer *
peer_of(const char *run, const char *daemon, const struct msg_type *types, size_t n, size_t max, int timeout_ms)
{
	own_str char *path = xprintf("%s/%s.api.sock", run, daemon);

	return peer_new(path, types, n, max, timeout_ms);
}

void
api_peers(struct api *a, const char *run)
{
	a->ca = peer_of(run, "antin-ca", MESSAGES(CA_MESSAGES), CA_MESSAGE_MAX, 30000);
	a->signer = peer_of(run, "antin-signer", MESSAGES(SIGNER_MESSAGES), SIGNER_MESSAGE_MAX, 60000);
	a->verifier = peer_of(run, "antin-verifier", MESSAGES(VERIFY_MESSAGES), VERIFY_MESSAGE_MAX, 30000);
	a->tsa = peer_of(run, "antin-tsa", MESSAGES(TSA_MESSAGES), TSA_MESSAGE_MAX, 20000);
}

/* Does the path fit?  arg: what the one {x} stands for. */
static bool
fits(const struct route *r, const char *path, struct span *arg)
{
	const char *p = r->pattern, *tail;
	size_t len, tail_len;

	*arg = SPAN_NONE;
	while (*p == *path && *p != '\0' && *p != '{') {
		p++;
		path++;
	}
	if (*p != '{')
		return *p == *path;
	tail = strchr(p, '}') + 1;
	tail_len = strlen(tail);
	len = strlen(path);
	if (len <= tail_len || strcmp(path + len - tail_len, tail) != 0)
		return false;
	*arg = span_of(path, len - tail_len);
	return (r->how & SLASHES) != 0 || memchr(arg->ptr, '/', arg->len) == NULL;
}

/* HEAD is answered by whoever answers GET. */
static bool
takes(const struct route *r, const char *method)
{
	return strcmp(r->method, method) == 0 || (strcmp(r->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* The route; NULL with *other set when the path is known for another method. */
static const struct route *
find(const struct http_request *in, struct span *arg, const struct route **other)
{
	*other = NULL;
	for (const struct route *r = table; r->method != NULL; r++) {
		if (!fits(r, in->path, arg))
			continue;
		if (takes(r, in->method))
			return r;
		*other = r;
	}
	return NULL;
}

void
routes_hide_inside(struct err *e)
{
	if (strstr(e->text, ".sock") == NULL && e->class != ERR_BUG)
		return;
	log_warn("%s", e->text);
	(void)!fail(e, e->class, "a part of the service does not answer now");
}

/* With the status that the handler has set, or its class's. */
static bool
put_refusal(struct http_reply *out, struct err *e)
{
	routes_hide_inside(e);
	http_problem(out, out->status >= 400 ? out->status : (unsigned)err_http(e->class), e);
	return false;
}

static bool
begin_pieces(void **work, const struct route *r, struct api *api, const struct http_request *in, struct http_reply *out)
{
	struct call c = { .api = api, .in = in, .out = out, .arg = "" };
	struct err e = { ERR_NONE, "" };

	return r->pieces->begin(work, &c, &e) || put_refusal(out, &e);
}

static bool
admit(void *api, struct http_request *in, size_t *body_max, struct http_reply *out)
{
	const struct route *r, *other;
	struct span arg;
	struct err e;

	r = find(in, &arg, &other);
	if (r != NULL && arg.len > ARG_MAX) {
		(void)!fail(&e, ERR_LIMIT, "the address is longer than %d characters", ARG_MAX);
		http_problem(out, 414, &e);
		return false;
	}
	if (r != NULL) {
		in->route = r;
		in->at_once = (r->how & AT_ONCE) != 0;
		*body_max = r->body_max;
		return r->pieces == NULL || begin_pieces(&in->work, r, api, in, out);
	}
	if (other != NULL) {
		(void)!fail(&e, ERR_INPUT, "this address takes %s", other->method);
		out->extra.name = "Allow";
		out->extra.value = strcmp(other->method, "GET") == 0 ? "GET, HEAD" : other->method;
		http_problem(out, 405, &e);
		return false;
	}
	(void)!fail(&e, ERR_ABSENT, "there is nothing at this address");
	http_refuse(out, &e);
	return false;
}

/* Of a request that was admitted. */
static const struct route *
route_of(const struct http_request *in, struct span *arg)
{
	const struct route *r = in->route;

	promise(r != NULL && fits(r, in->path, arg));
	return r;
}

static void
piece(void *api, struct http_request *in, struct span octets)
{
	struct span arg;

	route_of(in, &arg)->pieces->piece(in->work, octets);
}

static void
drop(void *api, struct http_request *in)
{
	struct span arg;

	route_of(in, &arg)->pieces->drop(in->work);
}

static void
run(void *api, const struct http_request *in, struct http_reply *out)
{
	struct span arg = SPAN_NONE;
	const struct route *r = route_of(in, &arg);
	bool last = arg.len > 0 && arg.ptr[arg.len] == '\0';	/* of the path: nothing to cut off */
	own_str char *text = last ? NULL : span_dup_str(arg);
	struct err e = { ERR_NONE, "" };
	struct call c = { .api = api, .in = in, .out = out, .arg = last ? (const char *)arg.ptr : text };

	if (!r->run(&c, &e))
		(void)!put_refusal(out, &e);
}

struct http_site
routes_site(struct api *api, const char *proxy)
{
	return (struct http_site){ .admit = admit, .run = run, .state = api, .proxy = proxy, .piece = piece, .drop = drop };
}
