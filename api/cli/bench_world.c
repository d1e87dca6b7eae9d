#include "api/cli/bench_world.h"

#include "api/cli/command.h"
#include "api/cli/load.h"
#include "base/clock.h"
#include "base/cms.h"
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIN "12345678"
#define START_MS 60000
#define ORDER_SECS 600
#define WORDS_MAX 24

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	return remove(path);
}

void
bench_dir_drop(struct bench_dir *d)
{
	if (d->path[0] != '\0')
		nftw(d->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	d->path[0] = '\0';
}

bool
bench_dir_make(struct bench_dir *d, struct err *e)
{
	snprintf(d->path, sizeof(d->path), "/tmp/antin-bench-XXXXXX");
	return mkdtemp(d->path) != NULL || fail(e, ERR_STORE, "cannot make a folder below /tmp");
}

static bool
put_text(const struct bench_dir *d, const char *name, const char *text, struct err *e)
{
	own_str char *path = xprintf("%s/%s", d->path, name);

	return file_write(path, span_str(text), 0600, e);
}

/* Every DIR in the text becomes the folder. */
static char *
with_dir(const struct bench_dir *d, const char *text)
{
	own_struct(buf) b = buf_new(1 << 16);
	const char *at;

	while ((at = strstr(text, "DIR")) != NULL) {
		buf_put(&b, text, (size_t)(at - text));
		buf_put_str(&b, d->path);
		text = at + 3;
	}
	buf_put_str(&b, text);
	return xstrdup(buf_str(&b));
}

/* program: "antin" is the one beside this. */
static _Noreturn void
become(const struct bench_dir *d, const char *program, char *words)
{
	own_str char *conf = xprintf("%s/softhsm.conf", d->path);
	own_str char *log = xprintf("%s/log.txt", d->path);
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	own_str char *antin = NULL;
	char *argv[WORDS_MAX + 1] = { (char *)program };
	size_t n = 1;
	struct err e;

	for (char *w = strsep(&words, " "); w != NULL && n < WORDS_MAX; w = strsep(&words, " "))
		argv[n++] = w;
	setenv("SOFTHSM2_CONF", conf, 1);
	dup2(out, 1);
	dup2(out, 2);
	if (strcmp(program, "antin") != 0)
		execvp(program, argv);
	else if (command_beside(&antin, program, &e))
		execv(antin, argv);
	_exit(127);
}

X509 *
bench_self_signed(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	X509_EXTENSION *ca = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");

	promise(x != NULL && ca != NULL && X509_set_version(x, X509_VERSION_3) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"bench", -1, -1, 0) == 1 &&
	    X509_set_issuer_name(x, name) == 1 && X509_gmtime_adj(X509_getm_notBefore(x), -3600) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), 365 * 86400L) != NULL && X509_set_pubkey(x, key) == 1 && X509_add_ext(x, ca, -1) == 1 &&
	    X509_sign(x, key, EVP_sha256()) > 0);
	X509_EXTENSION_free(ca);
	return x;
}

bool
bench_sign_digest(unsigned char raw[64], EVP_PKEY *key, const unsigned char digest[SHA256_LEN], struct err *e)
{
	own(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new(key, NULL);
	unsigned char der[128];
	size_t len = sizeof(der);

	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 || EVP_PKEY_sign(ctx, der, &len, digest, SHA256_LEN) != 1)
		return fail_ossl(e, ERR_BUG, "cannot sign");
	return ecdsa_der_to_raw(raw, span_of(der, len), e);
}

static pid_t
spawn(const struct bench_dir *d, const char *program, const char *words)
{
	own_str char *line = with_dir(d, words);
	pid_t pid = fork();

	if (pid == 0)
		become(d, program, line);
	return pid;
}

pid_t
bench_spawn(const struct bench_dir *d, const char *words)
{
	return spawn(d, "antin", words);
}

bool
bench_program(const struct bench_dir *d, const char *program, const char *words, struct err *e)
{
	pid_t pid = spawn(d, program, words);
	int status = -1;

	if (pid > 0)
		waitpid(pid, &status, 0);
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
	    fail(e, ERR_BUG, "%s %.60s... did not succeed (see log.txt; the folder is removed at the end)", program, words);
}

bool
bench_self(const struct bench_dir *d, const char *words, struct err *e)
{
	return bench_program(d, "antin", words, e);
}

void
bench_csr(struct buf *der, EVP_PKEY *key)
{
	own(X509_REQ) *req = X509_REQ_new();

	promise(req != NULL && X509_REQ_set_version(req, X509_REQ_VERSION_1) == 1 && X509_REQ_set_pubkey(req, key) == 1 &&
	    X509_REQ_sign(req, key, EVP_sha256()) > 0);
	csr_to_der(der, req);
}

/*
 * Tokens, ceremony, configuration.
 */

static const char softhsm[] = "directories.tokendir = DIR/tokens\nobjectstore.backend = file\nlog.level = ERROR\n";

static const char *const tokens[] = { "root", "issuing", "log", "service", "tsa", "seal" };

static const char ceremony[] =
    "{\"tier\": \"demonstration\", \"agency\": \"H99\", \"root_name\": \"Gốc THỬ NGHIỆM (đo)\", \"issuing_name\": \"Cấp chứng thư THỬ NGHIỆM (đo)\","
    " \"site\": \"http://127.0.0.1\", \"origin\": \"bench.example/log\", \"log_state\": \"DIR/logkey\", \"out\": \"DIR\","
    " \"root\": {\"token\": \"root\", \"pin_file\": \"DIR/pins/root.pin\"}, \"issuing\": {\"token\": \"issuing\", \"pin_file\": \"DIR/pins/issuing.pin\"},"
    " \"log\": {\"token\": \"log\", \"pin_file\": \"DIR/pins/log.pin\"}, \"administrators\": ["
    "{\"person\": \"CB-000001\", \"name\": \"Người duyệt (đo)\", \"title\": \"Quản trị\", \"agency\": \"H99\", \"roles\": [\"approver\"], \"csr\": \"DIR/0.csr\"},"
    "{\"person\": \"CB-000002\", \"name\": \"Cán bộ an toàn (đo)\", \"title\": \"Cán bộ\", \"agency\": \"H99\", \"roles\": [\"security-officer\"], \"csr\": \"DIR/1.csr\"}],"
    " \"services\": [{\"profile\": \"tsa\", \"name\": \"Dấu thời gian THỬ NGHIỆM\", \"agency\": \"H99\", \"csr\": \"DIR/tsa.csr\"},"
    "{\"profile\": \"ocsp\", \"name\": \"Trả lời trạng thái THỬ NGHIỆM\", \"agency\": \"H99\", \"csr\": \"DIR/ocsp.csr\"},"
    "{\"profile\": \"service-signer\", \"name\": \"Dịch vụ ký THỬ NGHIỆM\", \"agency\": \"H99\", \"csr\": \"DIR/service.csr\"}]}";

static const char config[] =
    "[up]\nprocesses = antin-hsm-log%s antin-register antin-hsm-issuing antin-hsm-seal antin-hsm-service antin-hsm-tsa antin-verifier antin-ca antin-tsa antin-signer antin-api\n"
    "run = DIR/run\npins = DIR/pins\n"
    "[antin-hsm-log]\nrun = DIR/run\ntoken = log\nkind = log\nmodule_config = DIR/softhsm.conf\nwrites = DIR/tokens\nstate = DIR/logkey\norigin = bench.example/log\n"
    "[antin-register]\nrun = DIR/run\nstate = DIR/register\npublic = DIR/public\norigin = bench.example/log\n%s"
    "[antin-hsm-issuing]\nrun = DIR/run\ntoken = issuing\nmodule_config = DIR/softhsm.conf\nwrites = DIR/tokens\nsign.ca = *\n"
    "[antin-hsm-seal]\nrun = DIR/run\ntoken = seal\nmodule_config = DIR/softhsm.conf\nwrites = DIR/tokens\nsign.signer = *\n"
    "[antin-hsm-service]\nrun = DIR/run\ntoken = service\nmodule_config = DIR/softhsm.conf\nwrites = DIR/tokens\nsign.signer = *\n"
    "[antin-hsm-tsa]\nrun = DIR/run\ntoken = tsa\nmodule_config = DIR/softhsm.conf\nwrites = DIR/tokens\nsign.tsa = *\n"
    "[antin-verifier]\nrun = DIR/run\npolicy = " ANTIN_POLICY_SOURCE "\ntrust = DIR/trust\npublic = DIR/public\nhost = 127.0.0.1\n"
    "[antin-ca]\nrun = DIR/run\npolicy = " ANTIN_POLICY_SOURCE "\nroot = DIR/root.crt\nceremony = DIR/ceremony.cms\n"
    "[antin-tsa]\nrun = DIR/run\ntrust_unsynchronised_clock = yes\n"
    "[antin-signer]\nrun = DIR/run\npolicy = " ANTIN_POLICY_SOURCE "\norigin = bench.example/log\nstatus_uri = http://127.0.0.1/status/1.cwt\n"
    "root = DIR/root.crt\nroot_crl = DIR/root.crl\nissuing = DIR/issuing.crt\n"
    "[antin-api]\nrun = DIR/run\npublic = DIR/public\nlisten = 127.0.0.1:0\nport_file = DIR/public/port\nhost = 127.0.0.1\nsite = Đo\nper_address = 1000\nthreads = 192\n";

static bool
put_with_dir(const struct bench_dir *d, const char *name, const char *text, struct err *e)
{
	own_str char *whole = with_dir(d, text);

	return put_text(d, name, whole, e);
}

static const char courier[] = "[antin-courier]\nrun = DIR/run\npolicy = DIR/witness.policy\n", cosigned[] = "witness_policy = DIR/witness.policy\n";

/* Where witnesses cosign, antin-courier asks them. */
static bool
put_config(const struct bench_world *w, struct err *e)
{
	bool asked = w->witness.pid[0] > 0;
	own_str char *text = xprintf(config, asked ? " antin-courier" : "", asked ? cosigned : "");
	own_str char *whole = xprintf("%s%s", text, asked ? courier : "");

	return put_with_dir(&w->dir, "antin.conf", whole, e);
}

static bool
make_folders(const struct bench_dir *d, struct err *e)
{
	static const char *const names[] = { "tokens", "pins", "run", "register", "public", "trust", "logkey" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		own_str char *path = xprintf("%s/%s", d->path, names[i]);

		if (!folder_make(path, 0700, e))
			return false;
	}
	return true;
}

static bool
make_tokens(const struct bench_dir *d, struct err *e)
{
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		own_str char *pin = xprintf("pins/%s.pin", tokens[i]);
		own_str char *words = xprintf("token init --token %s --so-pin-file DIR/%s --pin-file DIR/%s", tokens[i], pin, pin);

		if (!put_text(d, pin, PIN, e) || !bench_self(d, words, e))
			return false;
	}
	return bench_self(d, "enrol --token issuing --label ocsp --pin-file DIR/pins/issuing.pin --csr-out DIR/ocsp.csr", e) &&
	    bench_self(d, "enrol --token tsa --pin-file DIR/pins/tsa.pin --csr-out DIR/tsa.csr", e) &&
	    bench_self(d, "enrol --token service --pin-file DIR/pins/service.pin --csr-out DIR/service.csr", e) &&
	    bench_self(d, "enrol --token seal --pin-file DIR/pins/seal.pin --csr-out DIR/seal.csr", e);
}

static bool
put_csr(const struct bench_world *w, enum bench_who who, struct err *e)
{
	own_struct(buf) der = buf_new(4096);
	own_str char *path = xprintf("%s/%d.csr", w->dir.path, (int)who);

	bench_csr(&der, w->who[who].key);
	return file_write(path, buf_span(&der), 0600, e);
}

static bool
hold_ceremony(struct bench_world *w, struct err *e)
{
	own_str char *root = xprintf("%s/root.crt", w->dir.path);
	own_str char *trust = xprintf("%s/trust/root.crt", w->dir.path);
	own_struct(buf) pem = buf_new(1 << 16);

	return put_csr(w, BENCH_APPROVER, e) && put_csr(w, BENCH_SECURITY, e) && put_with_dir(&w->dir, "ceremony.json", ceremony, e) &&
	    bench_self(&w->dir, "ceremony DIR/ceremony.json --policy-folder " ANTIN_POLICY_SOURCE, e) &&
	    file_read(&pem, root, e) && file_write(trust, buf_span(&pem), 0600, e);
}

/*
 * Running.
 */

bool
bench_world_again(struct bench_world *w, struct err *e)
{
	own_str char *ready = xprintf("%s/ready", w->dir.path);
	own_str char *port = xprintf("%s/public/port", w->dir.path);
	own_struct(buf) text = buf_new(64);
	int64_t end = clock_mono_ms() + START_MS;

	unlink(ready);
	w->up = bench_spawn(&w->dir, "up --config DIR/antin.conf --ready-file DIR/ready");
	while (access(ready, R_OK) != 0) {
		if (clock_mono_ms() > end || waitpid(w->up, NULL, WNOHANG) != 0)
			return fail(e, ERR_LATER, "the authority for the measurement did not start");
		usleep(50000);
	}
	if (!file_read(&text, port, e))
		return false;
	w->port = (uint16_t)strtoul(buf_str(&text), NULL, 10);
	free(w->url);
	w->url = xprintf("http://127.0.0.1:%u", w->port);
	w->api = (struct http_service){ .base = w->url };
	return load_wait(w->port, START_MS, e);
}

static bool
fetch_certificate(X509 **out, const struct bench_world *w, const char *query, const char *profile, struct err *e)
{
	own(json_t) *ask = NULL;
	own(json_t) *answer = NULL;
	own_struct(buf) der = buf_new(1 << 16);
	own_str char *path = NULL;
	json_t *items, *item;
	size_t i;

	if (!json_read(&ask, span_str(query), e) || !http_json(&answer, &w->api, "POST", "/v1/list/ca", ask, e) || !json_take_arr(&items, answer, "items", e))
		return false;
	json_array_foreach(items, i, item)
		if (profile == NULL || strcmp(json_string_value(json_object_get(item, "profile")) ?: "", profile) == 0)
			path = path != NULL ? path : xprintf("/v1/certificates/%s", json_string_value(json_object_get(item, "id")) ?: "");
	return (path != NULL || fail(e, ERR_ABSENT, "no certificate of %s", query)) &&
	    http_call(&der, &(struct http_request){ .service = &w->api, .method = "GET", .path = path }, e) && cert_from_der(out, buf_span(&der), e);
}

static bool
fetch_of_person(struct bench_world *w, enum bench_who who, struct err *e)
{
	own_str char *query = xprintf("{\"what\":\"certificates\",\"person\":\"CB-00000%d\",\"state\":\"active\"}", (int)who + 1);

	return fetch_certificate(&w->who[who].cert, w, query, NULL, e);
}

bool
bench_world_start(struct bench_world *w, bool witnessed, struct err *e)
{
	*w = (struct bench_world){ .up = 0 };
	for (int i = 0; i < BENCH_PEOPLE; i++) {
		w->who[i].key = EVP_EC_gen("P-256");
		promise(w->who[i].key != NULL);
	}
	if (!bench_dir_make(&w->dir, e) || !make_folders(&w->dir, e) || !put_with_dir(&w->dir, "softhsm.conf", softhsm, e) ||
	    !make_tokens(&w->dir, e) || !hold_ceremony(w, e) || (witnessed && !bench_witness_start(&w->witness, w->dir.path, e)) || !put_config(w, e))
		return false;
	return bench_world_again(w, e) && fetch_of_person(w, BENCH_APPROVER, e) && fetch_of_person(w, BENCH_SECURITY, e) &&
	    fetch_certificate(&w->service, w, "{\"what\":\"certificates\",\"state\":\"active\"}", "service-signer", e);
}

void
bench_world_stop(struct bench_world *w)
{
	if (w->up > 0) {
		kill(w->up, SIGTERM);
		waitpid(w->up, NULL, 0);
	}
	w->up = 0;
}

void
bench_world_drop(struct bench_world *w)
{
	bench_world_stop(w);
	bench_witness_stop(&w->witness);
	for (int i = 0; i < BENCH_PEOPLE; i++) {
		EVP_PKEY_free(w->who[i].key);
		X509_free(w->who[i].cert);
	}
	X509_free(w->service);
	free(w->url);
	bench_dir_drop(&w->dir);
	*w = (struct bench_world){ .up = 0 };
}

/*
 * Orders.
 */

static bool
look(struct order *o, const struct bench_world *w, struct err *e)
{
	own(json_t) *ask = json_pack("{s:s}", "what", "head");
	own(json_t) *head = NULL;
	own_struct(buf) root = buf_new(64);
	const char *text;
	int64_t size;

	if (!http_json(&head, &w->api, "POST", "/v1/list/ca", ask, e) || !json_take_int(&size, head, "size", e) ||
	    !json_take_str(&text, head, "root", e) || !base64_get(&root, span_str(text), e) || root.len != SHA256_LEN)
		return false;
	o->after_size = (uint64_t)size;
	memcpy(o->after_root, root.ptr, SHA256_LEN);
	return true;
}

bool
bench_order_cms(struct buf *cms, const struct bench_world *w, enum bench_who who, const char *verb, struct order_subject *s, size_t n,
    const json_t *with, struct err *e)
{
	int64_t now = clock_now();
	struct order o = { .reason = "bench", .subject = s, .nsubjects = n, .with = with, .made = now, .effective = now, .expires = now + ORDER_SECS };
	own_struct(buf) text = buf_new(ORDER_MAX);

	snprintf(o.verb, sizeof(o.verb), "%s", verb);
	if (with != NULL && n == 1) {
		own_struct(buf) said = buf_new(ORDER_MAX);

		json_write(&said, with);
		sha256(s->hash, buf_span(&said));
	}
	return random_bytes(o.id, sizeof(o.id), e) && look(&o, w, e) && order_write(&text, &o, e) &&
	    cms_sign_attached(w->who[who].key, w->who[who].cert, buf_span(&text), cms, e);
}

bool
bench_order(json_t **answer, const struct bench_world *w, enum bench_who who, const char *verb, struct order_subject *s, size_t n,
    const json_t *with, struct err *e)
{
	const char *path = strncmp(verb, "permit.", 7) == 0 ? "/v1/orders/signer" : "/v1/orders/ca";
	own_struct(buf) cms = buf_new(2 * ORDER_MAX);
	own_struct(buf) body = buf_new(HTTP_ANSWER_MAX);
	own(json_t) *ignored = NULL;

	return bench_order_cms(&cms, w, who, verb, s, n, with, e) &&
	    http_call(&body, &(struct http_request){ .service = &w->api, .method = "POST", .path = path, .type = "application/cms", .body = buf_span(&cms) }, e) &&
	    json_read(answer != NULL ? answer : &ignored, buf_span(&body), e);
}

bool
bench_call(struct buf *out, const struct bench_world *w, const struct http_request *r, struct err *e)
{
	own_secret struct secret *key = secret_new();
	struct http_service as = w->api;
	struct http_request mine = *r;

	if (key == NULL)
		return fail(e, ERR_LIMIT, "no memory that can be locked (ulimit -l)");
	key->len = sizeof(BENCH_API_KEY) - 1;
	memcpy(key->octet, BENCH_API_KEY, key->len);
	as.api_key = key;
	mine.service = &as;
	return http_call(out, &mine, e);
}

bool
bench_get(struct buf *out, const struct bench_world *w, const char *path, struct err *e)
{
	return bench_call(out, w, &(struct http_request){ .method = "GET", .path = path }, e);
}

bool
bench_json(json_t **answer, const struct bench_world *w, const char *path, const json_t *body, struct err *e)
{
	own_struct(buf) text = buf_new(JSON_MAX);
	own_struct(buf) in = buf_new(HTTP_ANSWER_MAX);

	json_write(&text, body);
	return bench_call(&in, w, &(struct http_request){ .method = "POST", .path = path, .type = "application/json", .body = buf_span(&text) }, e) &&
	    json_read(answer, buf_span(&in), e);
}

/*
 * Staff.
 */

static bool
enrol(struct bench_world *w, const char *facts, struct span csr, struct err *e)
{
	own(json_t) *ask = NULL;
	own(json_t) *answer = NULL;
	own_struct(buf) text = buf_new(1 << 16);
	struct order_subject s = { "" };
	const char *id;

	base64_put(&text, csr);
	if (!json_read(&ask, span_str(facts), e))
		return false;
	json_object_set_new(ask, "csr", json_string(buf_str(&text)));
	if (!http_json(&answer, &w->api, "POST", "/v1/requests", ask, e) || !json_take_str(&id, answer, "id", e) ||
	    !json_take_hex(s.hash, SHA256_LEN, answer, "hash", e))
		return false;
	snprintf(s.id, sizeof(s.id), "%s", id);
	return bench_order(NULL, w, BENCH_APPROVER, "cert.approve", &s, 1, NULL, e);
}

static bool
enrol_person(struct bench_world *w, enum bench_who who, const char *role, struct err *e)
{
	own_struct(buf) csr = buf_new(4096);
	own_str char *facts = xprintf("{\"profile\":\"official\",\"agency\":\"H99\",\"name\":\"Cán bộ (đo)\",\"title\":\"GIÁM ĐỐC\",\"person\":\"CB-00000%d\"}", (int)who + 1);
	own_str char *with = xprintf("{\"person\":\"CB-00000%d\",\"role\":\"%s\",\"agency\":\"H99\",\"title\":\"GIÁM ĐỐC\",\"mode\":\"\",\"kinds\":[\"*\"],"
	    "\"from\":\"2020-01-01\",\"decision\":\"01/QĐ\"}", (int)who + 1, role);
	struct order_subject s = { "" };
	own(json_t) *j = NULL;

	snprintf(s.id, sizeof(s.id), "CB-00000%d", (int)who + 1);
	bench_csr(&csr, w->who[who].key);
	return enrol(w, facts, buf_span(&csr), e) && fetch_of_person(w, who, e) && json_read(&j, span_str(with), e) &&
	    bench_order(NULL, w, BENCH_APPROVER, "person.appoint", &s, 1, j, e);
}

static bool
enrol_seal(struct bench_world *w, struct err *e)
{
	own_str char *path = xprintf("%s/seal.csr", w->dir.path);
	own_struct(buf) pem = buf_new(1 << 16);
	own_struct(buf) der = buf_new(1 << 16);
	own(X509_REQ) *req = NULL;

	if (!file_read(&pem, path, e) || !csr_from_any(&req, buf_span(&pem), e))
		return false;
	csr_to_der(&der, req);
	return enrol(w, "{\"profile\":\"seal\",\"agency\":\"" BENCH_AGENCY "\"}", buf_span(&der), e);
}

bool
bench_world_program(struct bench_world *w, struct err *e)
{
	own(json_t) *with = NULL;
	struct order_subject s = { "" };
	unsigned char id[SHA256_LEN];

	sha256(id, span_str(BENCH_API_KEY));
	hex_text(s.id, span_of(id, sizeof(id)));
	return json_read(&with, span_str("{\"name\":\"Một cửa (đo)\",\"agencies\":[\"H99\"],\"kinds\":[\"*\"],\"rights\":[\"submit\",\"read\"],\"responsible\":\"CB-000002\",\"expires\":\"2099-01-01T00:00:00Z\"}"), e) &&
	    bench_order(NULL, w, BENCH_SECURITY, "program.register", &s, 1, with, e);
}

static bool
open_book(struct bench_world *w, struct err *e)
{
	own(json_t) *with = NULL;
	struct order_subject s = { BENCH_AGENCY };

	return json_read(&with, span_str("{\"book\":\"GPHN\",\"year\":0,\"next\":1}"), e) &&
	    bench_order(NULL, w, BENCH_CLERK, "permit.open-book", &s, 1, with, e);
}

bool
bench_world_staff(struct bench_world *w, struct err *e)
{
	return enrol_person(w, BENCH_OFFICER, "officer", e) && enrol_person(w, BENCH_CLERK, "clerk", e) && enrol_seal(w, e) &&
	    bench_world_program(w, e) && open_book(w, e);
}

bool
bench_memory(double *mb, const struct bench_world *w, const char *daemon, struct err *e)
{
	own_str char *conf = xprintf("%s/antin.conf", w->dir.path);
	own_str char *name = xprintf("Name:\t%s\n", daemon);
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	*mb = 0;
	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		own_str char *words_path = xprintf("/proc/%s/cmdline", entry->d_name);
		own_str char *status_path = xprintf("/proc/%s/status", entry->d_name);
		own_struct(buf) words = buf_new(1 << 16);
		own_struct(buf) status = buf_new(1 << 16);
		const char *line;
		struct err ignored;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9' || !file_read(&words, words_path, &ignored) || !file_read(&status, status_path, &ignored))
			continue;
		line = strstr(buf_str(&status), "VmHWM:");
		if (line == NULL || memmem(words.ptr, words.len, conf, strlen(conf)) == NULL || strncmp(buf_str(&status), name, strlen(name)) != 0)
			continue;
		*mb = fmax(*mb, strtod(line + 6, NULL) / 1024);
	}
	if (proc != NULL)
		closedir(proc);
	return *mb > 0 || fail(e, ERR_ABSENT, "the process %s is not to be found", daemon);
}
