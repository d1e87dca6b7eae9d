/*
 * antin order VERB ID... -- an order, shown, signed with the person's token and
 * sent.
 *
 * What each subject's hash is made of is fetched and hashed here, and shown, so
 * that a front end in the wrong hands cannot slip another thing under it; the
 * daemon compares the hash with what it has.
 */
#include "api/cli/command.h"
#include "api/cli/http.h"
#include "api/cli/keyboard.h"
#include "api/cli/ordering.h"

#include "base/clock.h"
#include "base/cms.h"
#include "base/file.h"
#include "verifier/order.h"

#include <stdio.h>
#include <stdlib.h>

#define LIFE_MINUTES 10
#define LIFE_MINUTES_MAX (30 * 24 * 60)

const struct arg_option order_options[] = {
	KEYBOARD_OPTIONS,
	{ "certificate", "FILE", false, "the signer's certificate" },
	SERVICE_OPTIONS,
	{ "reason", "TEXT", false, "why" },
	{ "effective", "TIME", false, "from when (now)" },
	{ "minutes", "N", false, "until it expires (10); one that takes two people may wait longer" },
	{ "with", "JSON", false, "what the verb needs to know" },
	{ "out", "FILE", false, "write the signed order here and send it to nobody; show: as it is kept" },
	{ "database", "FILE", false, "list, show, verify: the register's database, or a backup's" },
	{ "verb", "VERB", false, "list: of this verb" },
	{ "who", "PERSON", false, "list: signed by this person" },
	{ "target", "ID", false, "list: with this subject" },
	{ "since", "TIME", false, "list: taken since then" },
	{ "state", "WORD", false, "list: done, waits, expired or withdrawn" },
	{ "issuer", "FILE", false, "verify: the certificate of the authority that issues" },
	{ "key", "VKEY|FILE", false, "verify: the log's key" },
	{ "yes", NULL, false, "do not ask before signing" },
	{ NULL },
};

struct making {
	const struct args *a;
	struct http_service service;
	const char *verb;
	struct order order;
	json_t *with;
};

/* Hash of the canonical "with": for orders that act on what they say themselves. */
static bool
hash_with(struct making *m, struct order_subject *s, struct err *e)
{
	own_struct(buf) text = buf_new(ORDER_MAX);

	if (m->with == NULL)
		return fail(e, ERR_INPUT, "%s needs --with JSON", m->verb);
	json_write(&text, m->with);
	sha256(s->hash, buf_span(&text));
	return true;
}

/* What is approved is what is shown: the hash is made here. */
static bool
hash_item(struct order_subject *s, const json_t *item, struct err *e)
{
	own_struct(buf) text = buf_new(1 << 20);
	const json_t *facts = json_object_get(item, "facts");

	if (facts == NULL)
		return json_take_hex(s->hash, SHA256_LEN, item, "hash", e);
	json_write(&text, facts);
	sha256(s->hash, buf_span(&text));
	fprintf(stderr, "  %s  %s\n", s->id, buf_str(&text));
	return true;
}

/* From the authority's requests, page by page: the one with this id, its facts shown. */
static bool
hash_request(struct making *m, struct order_subject *s, struct err *e)
{
	json_t *items, *item, *next = NULL;
	size_t i;

	do {
		own(json_t) *ask = json_pack("{s:s, s:o*}", "what", "requests", "after", next);
		own(json_t) *answer = NULL;

		if (!http_json(&answer, &m->service, "POST", "/v1/list/ca", ask, e) || !json_take_arr(&items, answer, "items", e))
			return false;
		json_array_foreach(items, i, item)
			if (strcmp(json_string_value(json_object_get(item, "id")) ?: "", s->id) == 0)
				return hash_item(s, item, e);
		next = json_incref(json_object_get(answer, "next"));
	} while (next != NULL);
	return fail(e, ERR_ABSENT, "there is no %.40s among the requests that wait", s->id);
}

static bool
hash_fetched(struct making *m, struct order_subject *s, const char *path_format, struct err *e)
{
	own_struct(buf) octets = buf_new(HTTP_ANSWER_MAX);
	own_str char *path = xprintf("%s%s", path_format, s->id);

	if (!http_call(&octets, &(struct http_request){ .service = &m->service, .method = "GET", .path = path }, e))
		return false;
	sha256(s->hash, buf_span(&octets));
	return true;
}

static const char *
colon_of(const struct making *m, const struct order_subject *s)
{
	return strchr(m->a->word[1 + (s - m->order.subject)], ':');
}

/* "id:hash": the person has looked elsewhere. */
static bool
hash_given(struct making *m, struct order_subject *s, struct err *e)
{
	const char *colon = colon_of(m, s);

	if (colon == NULL || !hex_get_fixed(s->hash, SHA256_LEN, span_str(colon + 1), e))
		return fail(e, ERR_INPUT, "%s: name the subject as id:hash", m->verb);
	return true;
}

/* An order that waits: its octets are hashed here, and what they say is shown. */
static bool
take_waiting(struct order_subject *s, const json_t *item, struct err *e)
{
	own_struct(buf) der = buf_new(1 << 20), text = buf_new(ORDER_MAX), serial = buf_new(1 << 10);
	own(CMS_ContentInfo) *cms = NULL;
	const char *base64;

	if (!json_take_str(&base64, item, "cms", e) || !base64_get(&der, span_str(base64), e) || !cms_read(&cms, buf_span(&der), e) ||
	    !cms_signer_serial(&serial, cms, e) || !cms_content_unchecked(&text, cms, e))
		return fail_in(e, "the order that waits");
	sha256(s->hash, buf_span(&der));
	fprintf(stderr, "  %s, signed by certificate %s: %s\n", s->id, buf_str(&serial), buf_str(&text));
	return true;
}

static bool
hash_waiting(struct making *m, struct order_subject *s, struct err *e)
{
	own(json_t) *ask = json_pack("{s:s, s:s}", "what", "waiting", "id", s->id);
	own(json_t) *answer = NULL;
	json_t *items, *item;
	size_t i;

	if (!http_json(&answer, &m->service, "POST", "/v1/list/ca", ask, e) || !json_take_arr(&items, answer, "items", e))
		return false;
	json_array_foreach(items, i, item)
		if (strcmp(json_string_value(json_object_get(item, "id")) ?: "", s->id) == 0)
			return take_waiting(s, item, e);
	return fail(e, ERR_ABSENT, "no order %.40s waits", s->id);
}

/* What a restore lost cannot be fetched: its entry's hash is given. */
static bool
hash_certificate(struct making *m, struct order_subject *s, struct err *e)
{
	return colon_of(m, s) != NULL ? hash_given(m, s, e) : hash_fetched(m, s, "/v1/certificates/", e);
}

static bool
hash_permit(struct making *m, struct order_subject *s, struct err *e)
{
	return colon_of(m, s) != NULL ? hash_given(m, s, e) : hash_fetched(m, s, "/v1/permits/", e);
}

static const struct { const char *verb, *path; bool (*hash)(struct making *, struct order_subject *, struct err *); } verbs[] = {
	{ "cert.approve", "/v1/orders/ca", hash_request },
	{ "cert.reject", "/v1/orders/ca", hash_request },
	{ "cert.revoke", "/v1/orders/ca", hash_certificate },
	{ "cert.suspend", "/v1/orders/ca", hash_certificate },
	{ "cert.resume", "/v1/orders/ca", hash_certificate },
	{ "cert.renew", "/v1/orders/ca", hash_certificate },
	{ "cert.modify", "/v1/orders/ca", hash_certificate },
	{ "key.block", "/v1/orders/ca", hash_with },
	{ "authority.roll-over", "/v1/orders/ca", hash_with },
	{ "authority.root-crl", "/v1/orders/ca", hash_with },
	{ "authority.publish", "/v1/orders/ca", hash_with },
	{ "person.appoint", "/v1/orders/ca", hash_with },
	{ "person.end", "/v1/orders/ca", hash_given },
	{ "token.register", "/v1/orders/ca", hash_with },
	{ "program.register", "/v1/orders/ca", hash_with },
	{ "order.consent", "/v1/orders/ca", hash_waiting },
	{ "order.withdraw", "/v1/orders/ca", hash_waiting },
	{ "permit.seal", "/v1/orders/signer", hash_permit },
	{ "permit.return", "/v1/orders/signer", hash_permit },
	{ "permit.withdraw", "/v1/orders/signer", hash_permit },
	{ "permit.restore", "/v1/orders/signer", hash_permit },
	{ "permit.suspend", "/v1/orders/signer", hash_permit },
	{ "permit.resume", "/v1/orders/signer", hash_permit },
	{ "permit.void", "/v1/orders/signer", hash_permit },
	{ "permit.annotate", "/v1/orders/signer", hash_permit },
	{ "permit.reaffirm", "/v1/orders/signer", hash_permit },
	{ "permit.erase", "/v1/orders/signer", hash_permit },
	{ "permit.open-book", "/v1/orders/signer", hash_with },
};
#define NVERBS (sizeof(verbs) / sizeof(verbs[0]))

/* What the signer looked at: size and root of the log. */
static bool
look_at_log(struct making *m, struct err *e)
{
	own(json_t) *ask = json_pack("{s:s}", "what", "head");
	own(json_t) *answer = NULL;
	own_struct(buf) root = buf_new(64);
	const char *text;
	int64_t size;

	if (!http_json(&answer, &m->service, "POST", "/v1/list/ca", ask, e) || !json_take_int(&size, answer, "size", e) || !json_take_str(&text, answer, "root", e))
		return false;
	if (!base64_get(&root, span_str(text), e) && !hex_get(&root, span_str(text), e))
		return false;
	if (root.len != SHA256_LEN)
		return fail(e, ERR_INPUT, "the log's root has %zu bytes", root.len);
	m->order.after_size = (uint64_t)size;
	memcpy(m->order.after_root, root.ptr, SHA256_LEN);
	return true;
}

/* All but the subjects. */
static bool
begin(struct making *m, struct err *e)
{
	const struct args *a = m->a;
	const char *text = args_get(a, "minutes");
	uint64_t minutes = LIFE_MINUTES;
	int64_t now = clock_now();

	if (text != NULL && (!decimal_get(&minutes, span_str(text), e) || minutes < 1 || minutes > LIFE_MINUTES_MAX))
		return fail(e, ERR_INPUT, "--minutes is a number of minutes, at most %d", LIFE_MINUTES_MAX);
	m->order.made = now;
	m->order.expires = now + 60 * (int64_t)minutes;
	m->order.reason = args_get(a, "reason") ?: "";
	m->order.with = m->with;
	snprintf(m->order.verb, sizeof(m->order.verb), "%s", m->verb);
	return args_time(a, "effective", now, &m->order.effective, e) && random_bytes(m->order.id, ORDER_ID_LEN, e) && look_at_log(m, e);
}

static bool
fill(struct making *m, size_t verb, struct err *e)
{
	const struct args *a = m->a;

	m->order.nsubjects = a->nwords - 1;
	m->order.subject = xalloc(a->nwords * sizeof(*m->order.subject));
	if (!begin(m, e))
		return false;
	for (size_t i = 0; i < m->order.nsubjects; i++) {
		struct order_subject *s = &m->order.subject[i];

		int id = (int)strcspn(a->word[i + 1], ":");

		if ((size_t)id >= sizeof(s->id))
			return fail(e, ERR_INPUT, "%.40s is no subject", a->word[i + 1]);
		snprintf(s->id, sizeof(s->id), "%.*s", id, a->word[i + 1]);
		if (!verbs[verb].hash(m, s, e))
			return false;
	}
	return true;
}

static bool
confirm(const struct making *m, const char *text, struct err *e)
{
	char answer[16] = "";

	if (args_has(m->a, "yes"))
		return true;
	fprintf(stderr, "%s\nsign this order? (yes/no) ", text);
	if (fgets(answer, sizeof(answer), stdin) == NULL || strcmp(answer, "yes\n") != 0)
		return fail(e, ERR_POLICY, "not signed");
	return true;
}

static bool
sign_order(struct making *m, struct buf *cms, struct err *e)
{
	own_struct(buf) text = buf_new(ORDER_MAX);
	own_struct(buf) file = buf_new(1 << 16);
	own(X509) *cert = NULL;
	own_token struct token *t = NULL;
	own(EVP_PKEY) *pkey = NULL;
	struct token_key key;
	const char *path;

	if (!order_write(&text, &m->order, e) || !args_need(m->a, "certificate", &path, e) || !file_read(&file, path, e) || !cert_from_any(&cert, buf_span(&file), e) ||
	    !confirm(m, buf_str(&text), e) || !keyboard_token(&t, m->a, e) || !keyboard_key(&key, t, cert, e) || !token_pkey(&pkey, t, &key, e))
		return false;
	return cms_sign_attached(pkey, cert, buf_span(&text), cms, e);
}

/* What was not done of an order that was accepted is told by the exit code. */
static bool
all_done(struct span answer, struct err *e)
{
	own(json_t) *j = NULL;
	json_t *result;
	struct err ignored;
	size_t i;

	if (!json_read(&j, answer, &ignored))
		return true;
	json_array_foreach(json_object_get(j, "results"), i, result)
		if (json_is_false(json_object_get(result, "done")))
			return fail(e, err_from_word(json_string_value(json_object_get(result, "class")) ?: "") ?: ERR_BUG, "%s: %s",
			    json_string_value(json_object_get(result, "handle") ?: json_object_get(result, "id")) ?: "", json_string_value(json_object_get(result, "text")) ?: "not done");
	return true;
}

static bool
make_and_send(struct making *m, size_t verb, struct err *e)
{
	own_struct(buf) cms = buf_new(1 << 20);
	own_struct(buf) answer = buf_new(HTTP_ANSWER_MAX);
	const char *out = args_get(m->a, "out");

	if (!fill(m, verb, e) || !sign_order(m, &cms, e))
		return false;
	if (out != NULL)
		return file_write(out, buf_span(&cms), 0644, e);
	if (!http_call(&answer, &(struct http_request){ .service = &m->service, .method = "POST", .path = verbs[verb].path, .type = "application/cms", .body = buf_span(&cms) }, e))
		return false;
	printf("%s\n", buf_str(&answer));
	return all_done(buf_span(&answer), e);
}

bool
order_give(const struct args *a, const struct http_service *service, const char *verb, struct order_subject *subject, size_t n, json_t *with,
    struct buf *answer, struct err *e)
{
	struct making m = { .a = a, .service = *service, .verb = verb, .with = with, .order = { .subject = subject, .nsubjects = n } };
	own_struct(buf) cms = buf_new(1 << 20);

	return begin(&m, e) && sign_order(&m, &cms, e) && http_call(answer, &(struct http_request){ .service = service, .method = "POST",
	    .path = "/v1/orders/ca", .type = "application/cms", .body = buf_span(&cms) }, e);
}

int
command_order(const struct args *a)
{
	struct making m = { .a = a };
	const char *with = args_get(a, "with");
	struct err e;
	bool good;

	if (a->nwords > 0 && order_kept_word(a->word[0]))
		return order_kept(a);
	if (a->nwords < 2 || args_get(a, "api") == NULL) {
		fail(&e, ERR_INPUT, "antin order VERB ID... --token LABEL --certificate FILE --api URL");
		return command_usage(a, &e);
	}
	if ((with != NULL && !json_read(&m.with, span_str(with), &e)) || !http_service_open(&m.service, a, &e))
		return command_usage(a, &e);
	m.verb = a->word[0];
	for (size_t i = 0; i < NVERBS; i++) {
		if (strcmp(verbs[i].verb, m.verb) != 0)
			continue;
		good = make_and_send(&m, i, &e);
		http_service_drop(&m.service);
		free(m.order.subject);
		json_decref(m.with);
		return good ? 0 : command_refuse(a, &e);
	}
	fail(&e, ERR_INPUT, "there is no order %.40s", m.verb);
	return command_usage(a, &e);
}
