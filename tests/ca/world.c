#include "tests/ca/world.h"

#include "base/clock.h"
#include "base/cms.h"
#include "base/file.h"
#include "base/serve.h"
#include "register/fsck.h"
#include "tests/base/test.h"
#include "tests/ca/left.h"
#include "tests/register/database.h"
#include "verifier/csr.h"
#include "verifier/proto.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIN "4711-test"
#define READY_MS 30000
#define ORIGIN "xacthuc.hoagiang.example/register"
#define SITE "https://xacthuc.hoagiang.example"

const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libsofthsm2.so\n";
}

char *
world_path(const struct world *w, const char *name)
{
	return xprintf("%s/%s", w->dir, name);
}

static void
write_file(const struct world *w, const char *name, struct span content)
{
	own_str char *path = world_path(w, name);
	struct err e;

	assert_done(file_write(path, content, 0600, &e), e);
}

static struct secret *
secret_text(const char *text)
{
	struct secret *s = secret_new();

	assert_non_null(s);
	s->len = strlen(text);
	memcpy(s->octet, text, s->len);
	return s;
}

struct token *
world_token(const char *label)
{
	own_secret struct secret *so = secret_text("security-4711");
	own_secret struct secret *pin = secret_text(PIN);
	struct token *t = NULL;
	struct err e;

	assert_done(token_create(TOKEN_SOFTHSM, label, so, pin, &e), e);
	assert_done(token_open(&t, TOKEN_SOFTHSM, label, pin, &e), e);
	return t;
}

struct token *
world_token_again(const char *label)
{
	own_secret struct secret *pin = secret_text(PIN);
	struct token *t = NULL;
	struct err e;

	assert_done(token_open(&t, TOKEN_SOFTHSM, label, pin, &e), e);
	return t;
}

EVP_PKEY *
key_new(void)
{
	EVP_PKEY *k = EVP_EC_gen("P-256");

	assert_non_null(k);
	return k;
}

void
csr_of(struct buf *out, EVP_PKEY *key)
{
	own(X509_REQ) *r = X509_REQ_new();

	assert_non_null(r);
	X509_REQ_set_version(r, 0);
	assert_int_equal(X509_REQ_set_pubkey(r, key), 1);
	assert_true(X509_REQ_sign(r, key, EVP_sha256()) > 0);
	csr_to_der(out, r);
}

static void
make_folders(struct world *w)
{
	static const char *const names[] = { "tokens", "run", "state", "public", "log", "trust" };
	own_str char *tokens = NULL;
	own_str char *conf = NULL;
	own_str char *text = NULL;

	snprintf(w->dir, sizeof(w->dir), "/tmp/antin-ca-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	for (size_t i = 0; i < COUNT(names); i++) {
		own_str char *path = world_path(w, names[i]);

		assert_int_equal(mkdir(path, 0700), 0);
	}
	tokens = world_path(w, "state");
	w->database = database_new(tokens);
	str_drop(&tokens);
	tokens = world_path(w, "tokens");
	conf = world_path(w, "softhsm2.conf");
	text = xprintf("directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", tokens);
	write_file(w, "softhsm2.conf", span_str(text));
	setenv("SOFTHSM2_CONF", conf, 1);
}

static void
write_config(struct world *w, const char *sections)
{
	const char *d = w->dir;
	own_str char *text = xprintf(
	    "[antin-register]\nrun = %s/run\nstate = %s/state\npublic = %s/public\norigin = " ORIGIN "\ndatabase = %s\n"
	    "[antin-hsm-log]\nrun = %s/run\ntoken = log\nkind = log\nmodule_config = %s/softhsm2.conf\nwrites = %s/tokens\nstate = %s/log\norigin = " ORIGIN "\n"
	    "[antin-hsm-issuing]\nrun = %s/run\ntoken = issuing\nsign.ca = *\nmodule_config = %s/softhsm2.conf\nwrites = %s/tokens\n"
	    "[antin-verifier]\nrun = %s/run\npolicy = %s\ntrust = %s/trust\npublic = %s/public\nhost = xacthuc.hoagiang.example\n"
	    "[antin-ca]\nrun = %s/run\npolicy = %s\nroot = %s/root.crt\nceremony = %s/ceremony.p7m\n%s",
	    d, d, d, w->database, d, d, d, d, d, d, d, d, w->policy_folder, d, d, d, w->policy_folder, d, d, sections);

	write_file(w, "antin.conf", span_str(text));
}

void
token_csr(struct buf *out, struct token *t, const char *label)
{
	own(EVP_PKEY) *pkey = NULL;
	struct token_key key;
	struct err e;

	assert_done(token_generate(t, HSM_ECDSA_P256, label, &key, &e), e);
	assert_done(token_pkey(&pkey, t, &key, &e), e);
	*out = buf_new(4096);
	csr_of(out, pkey);
}

static void
hold_ceremony(struct world *w, const struct world_more *more)
{
	own_token struct token *root = world_token("root");
	own_token struct token *issuing = world_token("issuing");
	own_token struct token *log = world_token("log");
	own(EVP_PKEY) *root_pkey = NULL;
	own(EVP_PKEY) *issuing_pkey = NULL;
	struct token_key root_key, issuing_key, log_key;
	struct ceremony_person people[ADMINS];
	struct err e;

	assert_done(token_generate(root, HSM_ECDSA_P256, "root", &root_key, &e), e);
	assert_done(token_generate(issuing, HSM_ECDSA_P256, "issuing", &issuing_key, &e), e);
	assert_done(token_generate(log, HSM_ED25519, "log", &log_key, &e), e);
	assert_done(token_pkey(&root_pkey, root, &root_key, &e), e);
	assert_done(token_pkey(&issuing_pkey, issuing, &issuing_key, &e), e);
	for (size_t i = 0; i < ADMINS; i++) {
		const struct person *p = &w->admin[i];

		people[i] = (struct ceremony_person){ p->person, p->name, p->title, p->agency, p->roles, buf_span(&p->csr) };
	}
	struct ceremony_plan plan = {
		.policy = w->policy, .tier = "demonstration", .agency = "H99", .root_name = "Hòa Giang – gốc THỬ NGHIỆM",
		.issuing_name = "Hòa Giang – cấp chứng thư THỬ NGHIỆM", .site = SITE, .log_vkey = "log+00000000+",
		.root_key = root_pkey, .issuing_key = issuing_pkey, .person = people, .npersons = ADMINS, .now = clock_now(),
	};
	w->issuing_token = issuing;
	if (more != NULL)
		more->ceremony(w, &plan);
	w->issuing_token = NULL;
	assert_done(ceremony_make(&w->made, &plan, &e), e);
	assert_done(cert_from_der(&w->root, buf_span(&w->made.root), &e), e);
	assert_done(cert_from_der(&w->issuing, buf_span(&w->made.issuing), &e), e);
	write_file(w, "root.crt", buf_span(&w->made.root));
	write_file(w, "trust/root.crt", buf_span(&w->made.root));
	write_file(w, "root.crl", buf_span(&w->made.root_crl));
	write_file(w, "issuing.crt", buf_span(&w->made.issuing));
	write_file(w, "ceremony.p7m", buf_span(&w->made.bundle));
}

void
world_ocsp(const struct world *w, struct ceremony_plan *plan)
{
	static struct ceremony_service service;
	static struct buf csr;		/* as long as the plan */

	buf_drop(&csr);
	token_csr(&csr, w->issuing_token, "ocsp");
	service = (struct ceremony_service){ "ocsp", "Trả lời trạng thái THỬ NGHIỆM", "H99", buf_span(&csr) };
	plan->service = &service;
	plan->nservices = 1;
}

static const char *
no_sections(const struct world *w)
{
	return "";
}

void
world_make_with_ocsp(struct world *w)
{
	static const struct world_more more = { world_ocsp, no_sections };

	world_make_more(w, &more);
}

void
world_make(struct world *w)
{
	world_make_more(w, NULL);
}

static void
choose_policy(struct world *w, const char *kind)
{
	own_str char *copy = NULL;

	w->policy_folder = kind == NULL ? xstrdup(SOURCE_DIR "/policy") : world_path(w, "policy");
	if (kind == NULL)
		return;
	copy = xprintf("cp -r '" SOURCE_DIR "/policy' '%s' && cp '%s' '%s/kinds/'", w->policy_folder, kind, w->policy_folder);
	assert_int_equal(system(copy), 0);
}

void
world_make_more(struct world *w, const struct world_more *more)
{
	static const struct person people[ADMINS] = {
		[MAI] = { .person = "QT-000001", .name = "Người duyệt một", .title = "Quản trị viên", .agency = "H99", .roles = "approver" },
		[NAM] = { .person = "QT-000002", .name = "Người duyệt hai", .title = "Quản trị viên", .agency = "H99", .roles = "approver" },
		[SEC] = { .person = "QT-000003", .name = "Cán bộ an toàn", .title = "Cán bộ", .agency = "H99", .roles = "security-officer" },
		[LOCAL] = { .person = "QT-000004", .name = "Người duyệt Sở", .title = "Quản trị viên", .agency = "H99.14", .roles = "approver" },
	};
	struct err e;

	*w = (struct world){ .reg = 0 };
	make_folders(w);
	choose_policy(w, more == NULL ? NULL : more->kind);
	assert_done(policy_load(&w->policy, w->policy_folder, &e), e);
	for (size_t i = 0; i < ADMINS; i++) {
		w->admin[i] = people[i];
		w->admin[i].key = key_new();
		w->admin[i].csr = buf_new(4096);
		csr_of(&w->admin[i].csr, w->admin[i].key);
	}
	hold_ceremony(w, more);
	write_config(w, more != NULL ? more->sections(w) : "");
}

/*
 * Processes.
 */

static bool
wait_ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[6];
	bool ready = poll(&p, 1, READY_MS) == 1 && read(fd, text, sizeof(text)) == sizeof(text);

	close(fd);
	return ready;
}

static void
redirect(const struct world *w, const char *name)
{
	own_str char *file = xprintf("%s/%s.err", w->dir, name);
	int fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (fd >= 0)
		dup2(fd, 2);
}

static _Noreturn void
become(const struct world *w, const char *program, const char *section, const char *more, int pin, int ready, const char *fault)
{
	own_str char *config = world_path(w, "antin.conf");
	own_str char *path = xprintf("%s/bin/%s", BINARY_DIR, program);
	char pin_text[16], ready_text[16];
	const char *args[12] = { path, "--config", config, "--section", section };
	size_t n = 5;

	snprintf(pin_text, sizeof(pin_text), "%d", pin);
	snprintf(ready_text, sizeof(ready_text), "%d", ready);
	if (pin >= 0) {
		args[n++] = "--pin-fd";
		args[n++] = pin_text;
	}
	if (more != NULL)
		args[n++] = more;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	redirect(w, section);
	setenv("ANTIN_READY_FD", ready_text, 1);
	setenv("ASAN_OPTIONS", "detect_leaks=0", 0);	/* the leak checker cannot work in a jail */
	if (fault != NULL)
		setenv("ANTIN_FAULT", fault, 1);
	execv(path, (char *const *)args);
	_exit(126);
}

static pid_t
start(const struct world *w, const char *program, const char *section, const char *more, bool pin, const char *fault, bool *ready)
{
	int pins[2] = { -1, -1 }, readies[2];
	pid_t pid;

	assert_int_equal(pipe(readies), 0);
	if (pin) {
		assert_int_equal(pipe(pins), 0);
		assert_int_equal(write(pins[1], PIN, strlen(PIN)), strlen(PIN));
		close(pins[1]);
	}
	pid = fork();
	if (pid == 0) {
		close(readies[0]);
		become(w, program, section, more, pins[0], readies[1], fault);
	}
	close(readies[1]);
	if (pin)
		close(pins[0]);
	*ready = wait_ready(readies[0]);
	return pid;
}

static pid_t
start_sure(const struct world *w, const char *program, const char *section, const char *more, bool pin)
{
	bool ready;
	pid_t pid = start(w, program, section, more, pin, NULL, &ready);

	if (!ready)
		print_error("%s did not start, see %s/%s.err\n", section, w->dir, section);
	assert_true(ready);
	return pid;
}

pid_t
world_start_process(const struct world *w, const char *program, const char *section, bool pin)
{
	return start_sure(w, program, section, NULL, pin);
}

bool
world_start_ca(struct world *w, const char *fault, int *status)
{
	bool ready;
	int st;

	w->ca = start(w, "antin-ca", "antin-ca", NULL, false, fault, &ready);
	if (ready)
		return true;
	assert_int_equal(waitpid(w->ca, &st, 0), w->ca);
	w->ca = 0;
	if (status != NULL)
		*status = st;
	return false;
}

int
world_wait_ca(struct world *w)
{
	int status;

	assert_int_equal(waitpid(w->ca, &status, 0), w->ca);
	w->ca = 0;
	return status;
}

int
world_stop_ca(struct world *w, int sig)
{
	assert_int_equal(kill(w->ca, sig), 0);
	return world_wait_ca(w);
}

static X509 *
certificate_of(struct world *w, const char *person)
{
	own_str char *query = xprintf("{\"what\":\"certificates\",\"person\":\"%s\",\"state\":\"active\"}", person);
	own(json_t) *list = world_list(w, query);
	const json_t *item = json_array_get(json_object_get(list, "items"), 0);
	own_struct(buf) der = buf_new(8192);
	X509 *cert;
	struct err e;

	assert_non_null(item);
	assert_done(world_text(w, CA_CERTIFICATE, json_string_value(json_object_get(item, "id")), &der, &e), e);
	assert_done(cert_from_der(&cert, buf_span(&der), &e), e);
	return cert;
}

void
world_start_gate(struct world *w)
{
	w->gate = start_sure(w, "antin-verifier", "antin-verifier", NULL, false);
}

void
world_start_register_to_end(struct world *w, const char *fault)
{
	bool ready;

	w->reg = start(w, "antin-register", "antin-register", NULL, false, fault, &ready);
}

int
world_wait_register(struct world *w)
{
	int status = 0;

	for (int i = 0; i < 2000; i++) {
		pid_t ended = waitpid(w->reg, &status, WNOHANG);

		if (ended == w->reg) {
			w->reg = 0;
			return status;
		}
		usleep(10000);
	}
	return -1;
}

void
world_start_register(struct world *w)
{
	w->reg = start_sure(w, "antin-register", "antin-register", NULL, false);
}

void
world_start_hsm(struct world *w)
{
	w->hsm = start_sure(w, "antin-hsm", "antin-hsm-issuing", NULL, true);
}

void
world_start_below(struct world *w)
{
	static const struct msg_type types[] = { CA_MESSAGES(MSG_TYPE) };
	own_str char *socket = world_path(w, "run/antin-ca.api.sock");

	w->log = start_sure(w, "antin-hsm", "antin-hsm-log", "--begin-log", true);
	world_start_register(w);
	world_start_hsm(w);
	world_start_gate(w);
	w->to_ca = peer_new(socket, types, COUNT(types), CA_MESSAGE_MAX, 60000);
}

static void
fetch_certificates(struct world *w)
{
	for (size_t i = 0; i < ADMINS; i++)
		w->admin[i].cert = certificate_of(w, w->admin[i].person);
}

void
world_start(struct world *w)
{
	if (w->reg == 0)
		world_start_below(w);
	if (!world_start_ca(w, NULL, NULL)) {
		print_error("antin-ca did not start, see %s/antin-ca.err\n", w->dir);
		assert_true(!"antin-ca starts");
	}
	if (w->admin[0].cert == NULL)
		fetch_certificates(w);
}

void
world_begin(struct world *w)
{
	world_make(w);
	world_start(w);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	return remove(path);
}

/* The database is what its log says, and so is what was published. */
static void
world_fsck(const struct world *w)
{
	own_str char *public = world_path(w, "public");
	struct fsck f;
	struct err e;

	assert_done(fsck_run(&f, w->database, public, &e), e);
	assert_true(f.entries > 0 && f.erased == 0);
}

void
world_stop(pid_t *pid, int sig)
{
	if (*pid > 0) {
		kill(*pid, sig);
		waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}

void
world_end(struct world *w)
{
	pid_t *all[] = { &w->ca, &w->gate, &w->hsm, &w->reg, &w->log };

	for (size_t i = 0; i < COUNT(all); i++)
		world_stop(all[i], SIGTERM);
	if (!w->broken)
		world_fsck(w);
	left_take(w);
	peer_free(w->to_ca);
	for (size_t i = 0; i < ADMINS; i++) {
		EVP_PKEY_free(w->admin[i].key);
		X509_free(w->admin[i].cert);
		buf_drop(&w->admin[i].csr);
	}
	ceremony_result_drop(&w->made);
	X509_free(w->root);
	X509_free(w->issuing);
	policy_free(w->policy);
	free(w->policy_folder);
	nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/*
 * Calls.
 */

bool
world_bytes(struct world *w, uint16_t type, struct span body, struct buf *out, struct err *e)
{
	own_struct(msg) in = msg_new(type, CA_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(type, CA_MESSAGE_MAX);

	msg_put(&in, body);
	if (!peer_call(w->to_ca, &in, &reply, e))
		return false;
	buf_put_span(out, msg_span(&reply, 0));
	return buf_ok(out, "reply", e);
}

bool
world_text(struct world *w, uint16_t type, const char *text, struct buf *out, struct err *e)
{
	return world_bytes(w, type, span_str(text), out, e);
}

bool
world_list_as(struct world *w, struct span who, const char *query, struct buf *out, struct err *e)
{
	own_struct(msg) in = msg_new(CA_LIST, CA_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(CA_LIST, CA_MESSAGE_MAX);

	msg_put(&in, who);
	msg_put_str(&in, query);
	if (!peer_call(w->to_ca, &in, &reply, e))
		return false;
	buf_put_span(out, msg_span(&reply, 0));
	return buf_ok(out, "reply", e);
}

json_t *
world_list(struct world *w, const char *query)
{
	own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
	json_t *j = NULL;
	struct err e;

	assert_done(world_list_as(w, SPAN_NONE, query, &text, &e), e);
	assert_done(json_read(&j, buf_span(&text), &e), e);
	return j;
}

int64_t
world_log_size(struct world *w)
{
	own(json_t) *head = world_list(w, "{\"what\":\"head\"}");

	return json_integer_value(json_object_get(head, "size"));
}

char *
ask_text(const char *profile, const char *agency, const char *name, const char *person, const char *title, struct span csr)
{
	own_struct(buf) csr_text = buf_new(1 << 16);
	own_struct(buf) out = buf_new(1 << 16);
	own(json_t) *j = NULL;

	base64_put(&csr_text, csr);
	j = json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:s}", "profile", profile, "agency", agency, "name", name, "person", person, "title", title,
	    "csr", buf_str(&csr_text));
	assert_non_null(j);
	json_write(&out, j);
	return xstrdup(buf_str(&out));
}

static void
fill_after(struct world *w, const struct draft *d, struct order *o)
{
	own(json_t) *head = NULL;
	own_struct(buf) root = buf_new(64);
	struct err e;

	if (d->after_root != NULL) {
		o->after_size = (uint64_t)d->after_size;
		memcpy(o->after_root, d->after_root, SHA256_LEN);
		return;
	}
	head = world_list(w, "{\"what\":\"head\"}");
	o->after_size = (uint64_t)json_integer_value(json_object_get(head, "size"));
	assert_done(base64_get(&root, span_str(json_string_value(json_object_get(head, "root"))), &e), e);
	memcpy(o->after_root, root.ptr, SHA256_LEN);
}

void
order_cms(struct world *w, const struct draft *d, struct buf *cms)
{
	struct order_subject one = { .number = NULL };
	struct order o = { .reason = d->reason != NULL ? d->reason : "theo quyết định", .with = d->with, .nsubjects = 1, .subject = &one };
	own_struct(buf) text = buf_new(ORDER_MAX);
	struct err e;

	snprintf(o.verb, sizeof(o.verb), "%s", d->verb);
	if (d->subjects != NULL) {
		o.subject = (struct order_subject *)d->subjects;
		o.nsubjects = d->nsubjects;
	} else {
		snprintf(one.id, sizeof(one.id), "%s", d->id);
		memcpy(one.hash, d->hash, SHA256_LEN);
	}
	o.made = clock_now() - d->made_ago;
	o.expires = o.made + (d->life == 0 ? 300 : d->life);
	o.effective = d->effective == 0 ? clock_now() : d->effective;
	if (d->order_id != NULL)
		memcpy(o.id, d->order_id, ORDER_ID_LEN);
	else
		assert_done(random_bytes(o.id, ORDER_ID_LEN, &e), e);
	fill_after(w, d, &o);
	assert_done(order_write(&text, &o, &e), e);
	assert_done(cms_sign_attached(d->key != NULL ? d->key : w->admin[d->by].key, d->cert != NULL ? d->cert : w->admin[d->by].cert, buf_span(&text), cms, &e), e);
}

bool
world_order(struct world *w, const struct draft *d, json_t **answer, struct err *e)
{
	own_struct(buf) cms = buf_new(ORDER_MAX);
	own_struct(buf) text = buf_new(CA_MESSAGE_MAX);

	order_cms(w, d, &cms);
	if (!world_bytes(w, CA_ORDER, buf_span(&cms), &text, e))
		return false;
	return answer == NULL || json_read(answer, buf_span(&text), e);
}

struct draft
consent_to(const json_t *answer, enum who by)
{
	const json_t *waits = json_object_get(answer, "waits");
	struct draft d = { .by = by, .verb = "order.consent", .id = json_string_value(json_object_get(waits, "id")) };

	assert_non_null(d.id);
	hash_from_hex(d.hash, waits);
	return d;
}

bool
world_order_of_two(struct world *w, const struct draft *d, enum who by, json_t **answer, struct err *e)
{
	own(json_t) *waits = NULL;
	struct draft consent;

	if (!world_order(w, d, &waits, e))
		return false;
	consent = consent_to(waits, by);
	return world_order(w, &consent, answer, e);
}

void
hash_from_hex(unsigned char out[SHA256_LEN], const json_t *item)
{
	struct err e;

	assert_done(json_take_hex(out, SHA256_LEN, item, "hash", &e), e);
}

void
hash_json(unsigned char out[SHA256_LEN], const json_t *j)
{
	own_struct(buf) text = buf_new(ORDER_MAX);

	json_write(&text, j);
	sha256(out, buf_span(&text));
}

struct order_subject
subject_of(X509 *cert)
{
	own_struct(buf) der = buf_new(8192), serial = buf_new(64);
	struct order_subject s = { .number = NULL };

	cert_to_der(&der, cert);
	sha256(s.hash, buf_span(&der));
	serial_hex(&serial, X509_get0_serialNumber(cert));
	snprintf(s.id, sizeof(s.id), "%s", buf_str(&serial));
	return s;
}

void
draft_with(struct draft *d, const json_t *with)
{
	d->with = with;
	hash_json(d->hash, with);
}

struct draft
draft_approval(const json_t *request)
{
	struct draft d = { .by = MAI, .verb = "cert.approve", .id = json_string_value(json_object_get(request, "id")) };

	hash_from_hex(d.hash, request);
	return d;
}

char *
mail_ask(const char *profile, const char *person, const char *mail, EVP_PKEY *key)
{
	own_struct(buf) csr = buf_new(4096);
	own_struct(buf) out = buf_new(1 << 16);
	own_str char *plain = NULL;
	own(json_t) *j = NULL;
	struct err e;

	csr_of(&csr, key);
	plain = ask_text(profile, "H99.14", "Lê Thị Văn Thư", person, person == NULL ? NULL : "Văn thư", buf_span(&csr));
	assert_done(json_read(&j, span_str(plain), &e), e);
	if (mail != NULL)
		json_object_set_new(j, "mail", json_string(mail));
	json_write(&out, j);
	return xstrdup(buf_str(&out));
}

static json_t *
request_of(struct world *w, const char *ask)
{
	own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
	json_t *request = NULL;
	struct err e;

	assert_done(world_text(w, CA_REQUEST, ask, &text, &e), e);
	assert_done(json_read(&request, buf_span(&text), &e), e);
	return request;
}

json_t *
world_request(struct world *w, const char *person, const char *agency)
{
	own(EVP_PKEY) *key = key_new();
	own_struct(buf) csr = buf_new(4096);
	own_str char *ask = NULL;

	csr_of(&csr, key);
	ask = ask_text("official", agency, "Người xin", person, "Chuyên viên", buf_span(&csr));
	return request_of(w, ask);
}

X509 *
world_enrol(struct world *w, const char *profile, const char *agency, const char *name, const char *person, const char *title, EVP_PKEY *key)
{
	own_struct(buf) csr = buf_new(4096);
	own_str char *ask = NULL;

	csr_of(&csr, key);
	ask = ask_text(profile, agency, name, person, title, buf_span(&csr));
	return world_enrol_ask(w, ask, MAI);
}

X509 *
world_enrol_ask(struct world *w, const char *ask, enum who by)
{
	own(json_t) *request = request_of(w, ask);
	own(json_t) *answer = NULL;
	struct draft d = draft_approval(request);
	const char *pem;
	X509 *cert;
	struct err e;

	d.by = by;
	assert_done(world_order(w, &d, &answer, &e), e);
	pem = json_string_value(json_object_get(json_array_get(json_object_get(answer, "certificates"), 0), "pem"));
	assert_non_null(pem);
	assert_done(cert_from_any(&cert, span_str(pem), &e), e);
	return cert;
}

void
world_refused(const char *name, bool done, const struct err *e, enum err_class class, const char *word)
{
	assert_refused(name, done, e, class, word);
}

void
world_refuses(struct world *w, const char *name, const struct draft *d, enum err_class class, const char *word)
{
	int64_t before = world_log_size(w);
	struct err e = { ERR_NONE, "" };

	assert_refused(name, world_order(w, d, NULL, &e), &e, class, word);
	assert_case(name, world_log_size(w) == before);
}

X509_CRL *
world_crl(const struct world *w)
{
	own_struct(buf) der = buf_new(1 << 20);
	own_str char *path = world_path(w, "public/crl/0.crl");
	X509_CRL *crl = NULL;
	struct err e;

	if (file_read(&der, path, &e))
		assert_done(crl_from_any(&crl, buf_span(&der), &e), e);
	else
		assert_int_equal(e.class, ERR_ABSENT);
	return crl;
}

bool
world_revoked(const struct world *w, const X509 *cert, struct revocation *r)
{
	r->state = CERT_GOOD;
	for (time_t until = 0; r->state != CERT_REVOKED && wait_more(&until);) {
		own(X509_CRL) *crl = world_crl(w);

		if (crl != NULL)
			crl_lookup(r, crl, X509_get0_serialNumber(cert));
	}
	return r->state == CERT_REVOKED;
}

int
world_shell(const struct world *w, const char *command)
{
	own_str char *all = xprintf("cd '%s' && { %s\n}", w->dir, command);

	return WEXITSTATUS(system(all));
}

void
world_pem(const struct world *w, const char *name, X509 *cert)
{
	own_str char *path = world_path(w, name);
	own_struct(buf) pem = buf_new(1 << 14);
	struct err e;

	cert_to_pem(&pem, cert);
	assert_done(file_write(path, buf_span(&pem), 0600, &e), e);
}
