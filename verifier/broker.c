#include "verifier/broker.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/ossl.h"
#include "register/entry.h"
#include "register/tile.h"
#include "register/tlog_proof.h"
#include "verifier/code.h"
#include "verifier/proto.h"
#include "verifier/report.h"
#include "verifier/worker.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define DEADLINE_MS 10000
#define PERMIT_COLUMNS 24
#define PACK_MAX (64u << 20)

/*
 * Counting misses: per asker; a code that is not one of ours does not count.
 */

#define ASKERS 4096
#define MISSES_ALLOWED 10
#define WINDOW_SECS 600
#define PAUSE_SECS 300

struct misses {
	pthread_mutex_t lock;
	struct { char who[48]; int64_t since, until; unsigned n; } at[ASKERS];
};

struct misses *
misses_new(void)
{
	struct misses *m = xalloc(sizeof(*m));

	pthread_mutex_init(&m->lock, NULL);
	return m;
}

static size_t
slot_of(const char *who)
{
	uint32_t h = 2166136261u;

	for (; *who != '\0'; who++)
		h = (h ^ (unsigned char)*who) * 16777619u;
	return h % ASKERS;
}

/* Minutes left of the pause, 0 when this asker may ask. */
static int
paused(struct misses *m, const char *who, int64_t now)
{
	size_t i = slot_of(who);
	int left = 0;

	pthread_mutex_lock(&m->lock);
	if (strcmp(m->at[i].who, who) == 0 && m->at[i].until > now)
		left = (int)((m->at[i].until - now + 59) / 60);
	pthread_mutex_unlock(&m->lock);
	return left;
}

static void
count_miss(struct misses *m, const char *who, int64_t now)
{
	size_t i = slot_of(who);

	pthread_mutex_lock(&m->lock);
	if (strcmp(m->at[i].who, who) != 0 || now - m->at[i].since > WINDOW_SECS) {
		memset(&m->at[i], 0, sizeof(m->at[i]));
		strncpy(m->at[i].who, who, sizeof(m->at[i].who) - 1);
		m->at[i].since = now;
	}
	if (++m->at[i].n >= MISSES_ALLOWED) {
		m->at[i].until = now + PAUSE_SECS;
		m->at[i].n = 0;
	}
	pthread_mutex_unlock(&m->lock);
}

/*
 * Evidence: what is published now.
 */

static bool
add_folder(struct buf *items, size_t *n, const char *folder, const char *sub, struct err *e)
{
	own_str char *path = xprintf("%s/%s", folder, sub);
	DIR *d = opendir(path);

	if (d == NULL)
		return true;
	for (struct dirent *x = readdir(d); x != NULL; x = readdir(d)) {
		own_str char *file = xprintf("%s/%s", path, x->d_name);
		own_struct(buf) octets = buf_new(PACK_MAX);
		struct err ignored;

		if (x->d_name[0] != '.' && file_read(&octets, file, &ignored))
			pack_add(items, n, x->d_name, buf_span(&octets));
	}
	closedir(d);
	return buf_ok(items, "evidence", e);
}

static bool
make_evidence(int *fd, const struct broker *b, struct err *e)
{
	static const char *const folders[] = { "crl", "status", "ca" };
	own_struct(buf) items = buf_new(PACK_MAX);
	own_struct(buf) pack = buf_new(PACK_MAX);
	size_t n = 0;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (!add_folder(&items, &n, b->public_folder, folders[i], e))
			return false;
	/* The service signer's certificate, whose status lists these are. */
	own_struct(reg_unit) read = reg_read_new("cert.by_profile");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[14];
	bool more;

	reg_text(&read, "profile", "service-signer");
	if (!reg_read(b->reg, &read, &rows, e) || !reg_next(&rows, c, 14, &more, e))
		return false;
	while (more) {
		pack_add(&items, &n, "service.crt", c[6].s);
		if (!reg_next(&rows, c, 14, &more, e))
			return false;
	}
	pack_end(&pack, buf_span(&items), n);
	return buf_ok(&pack, "evidence", e) && memfd_sealed(fd, buf_span(&pack), e);
}

/*
 * Judging.
 */

static bool
judge_in_worker(json_t **out, struct broker *b, int document, int64_t at, int32_t day, const char *way, struct err *e)
{
	own_struct(msg) ask = msg_new(WORK_JUDGE, 256);
	own_struct(msg) reply = msg_new(0, 1);
	int evidence;

	msg_put_u64(&ask, (uint64_t)at);
	msg_put_u64(&ask, (uint64_t)(int64_t)day);
	msg_put_str(&ask, way);
	msg_put_fd(&ask, document);
	if (!make_evidence(&evidence, b, e))
		return false;
	msg_put_fd(&ask, evidence);
	return zygote_do(b->zygote, &ask, &reply, WORK_ANSWER_MAX, DEADLINE_MS, e) && json_read(out, msg_span(&reply, 0), e);
}

static json_t *
plain_answer(const struct broker *b, const char *reason, int minutes)
{
	struct answer_case c = { .reason = reason, .way = "code" };
	struct answer_facts f = ANSWER_FACTS_NONE;
	/* Even an answer about nothing says under which authority it is given. */
	const struct tier *tier = b->policy->ntiers > 0 ? &b->policy->tier[0] : NULL;

	f.telephone = b->telephone;
	f.host = b->host;
	f.at = clock_now();
	f.wait_minutes = minutes;
	return json_pack("{s:s, s:o}", "case", reason, "answer", answer_json(answer_pick(b->policy, &c), tier, &f));
}

/* PASSED, and not octets that the register knows: not simply genuine. */
static bool
check_known(json_t *report, struct broker *b, struct span document, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.by_sha256");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[PERMIT_COLUMNS];
	unsigned char digest[SHA256_LEN];
	char handle[2 * HANDLE_LEN + 1];
	bool more;

	sha256(digest, document);
	reg_bytes(&read, "sha256", span_of(digest, sizeof(digest)));
	if (!reg_read(b->reg, &read, &rows, e) || !reg_next(&rows, c, PERMIT_COLUMNS, &more, e))
		return false;
	json_object_set_new(report, "registered", json_boolean(more));
	if (more) {
		hex_text(handle, c[0].s);
		json_object_set_new(report, "handle", json_string(handle));
	} else if (strcmp(json_string_value(json_object_get(report, "signature")) ?: "", "passed") == 0) {
		struct answer_case unknown = { .verdict = VERDICT_PASSED, .in_force = FORCE_UNKNOWN, .way = "file", .tier = "" };
		struct answer_facts f = ANSWER_FACTS_NONE;
		const char *tier = json_string_value(json_object_get(report, "tier"));

		f.telephone = b->telephone;
		f.host = b->host;
		f.at = clock_now();
		json_object_set_new(report, "answer", answer_json(answer_pick(b->policy, &unknown), tier != NULL ? policy_tier(b->policy, tier) : NULL, &f));
	}
	return true;
}

static bool
put_json(struct msg *out, json_t *j)
{
	own_struct(buf) text = buf_new(VERIFY_MESSAGE_MAX);

	json_write(&text, j);
	msg_put_str(out, buf_str(&text));
	return true;
}

static bool
take_options(const char *text, int64_t *at, int32_t *day, struct err *e)
{
	static const char *const keys[] = { "at", "day", "way", NULL };
	own(json_t) *j = NULL;
	const char *when = NULL, *date = NULL;

	*at = clock_now();
	if (text[0] != '\0' && (!json_read(&j, span_str(text), e) || !json_only(j, keys, e) || !json_may_str(&when, j, "at", e) || !json_may_str(&date, j, "day", e)))
		return false;
	if (when != NULL && !time_parse(at, when, e))
		return fail_in(e, "\"at\"");
	*day = day_in_vietnam(*at);
	return date == NULL || date_parse(day, date, e) || fail_in(e, "\"day\"");
}

static bool
on_file(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct broker *b = state;
	own(json_t) *report = NULL;
	struct span document;
	int64_t at;
	int32_t day;
	bool good;

	if (!take_options(msg_str(in, 0), &at, &day, e) || !memfd_map(&document, in->fd[0], VERIFY_DOCUMENT_MAX, e))
		return false;
	good = judge_in_worker(&report, b, dup(in->fd[0]), at, day, "file", e) && check_known(report, b, document, e);
	memfd_unmap(document);
	return good && put_json(out, report);
}

/*
 * Codes.
 */

static bool
judge_code(json_t **out, struct broker *b, const struct reg_cell c[PERMIT_COLUMNS], struct err *e)
{
	int64_t now = clock_now();
	char handle[2 * HANDLE_LEN + 1];
	int document;

	if (!memfd_sealed(&document, c[18].s, e) || !judge_in_worker(out, b, document, now, day_in_vietnam(now), "code", e))
		return false;
	hex_text(handle, c[0].s);
	json_object_set_new(*out, "handle", json_string(handle));
	json_object_set_new(*out, "case", json_string("permit"));
	json_object_set_new(*out, "registered", json_true());
	return true;
}

static bool
look_up(json_t **out, struct broker *b, const char *code, const char *who, int64_t now, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.by_code");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[PERMIT_COLUMNS];
	bool more;

	reg_text(&read, "code", code);
	if (!reg_read(b->reg, &read, &rows, e) || !reg_next(&rows, c, PERMIT_COLUMNS, &more, e))
		return false;
	if (!more || c[18].null) {
		count_miss(b->misses, who, now);
		*out = plain_answer(b, "code-not-found", 0);
		return true;
	}
	return judge_code(out, b, c, e);
}

static bool
on_lookup(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct broker *b = state;
	own_struct(buf) plain = buf_new(TYPED_MAX + 1);
	own(json_t) *answer = NULL;
	const char *asker = msg_str(in, 1);
	int64_t now = clock_now();
	enum typed typed = typed_what(msg_span(in, 0), &plain);
	int minutes = paused(b->misses, asker, now);

	if (typed == TYPED_SHORT || typed == TYPED_VOICE) {
		if (minutes > 0)
			answer = plain_answer(b, "too-many-tries", minutes);
		else if (!look_up(&answer, b, buf_str(&plain), asker, now, e))
			return false;
	} else {
		answer = plain_answer(b, typed == TYPED_NUMBER || typed == TYPED_DOSSIER ? "code-not-found" : "code-mistyped", 0);
	}
	return put_json(out, answer);
}

/*
 * Gates: hostile octets go to a worker and come back harmless.
 */

static bool
on_csr(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct broker *b = state;
	own_struct(msg) ask = msg_new(WORK_CSR, 16);
	own_struct(msg) reply = msg_new(0, 1);

	msg_put_fd(&ask, dup(in->fd[0]));
	if (!zygote_do(b->zygote, &ask, &reply, WORK_ANSWER_MAX, DEADLINE_MS, e))
		return false;
	msg_put(out, msg_span(&reply, 0));
	return true;
}

static bool
on_submission(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct broker *b = state;
	own_struct(msg) ask = msg_new(WORK_SUBMISSION, 256);
	own_struct(msg) reply = msg_new(0, 1);

	msg_put(&ask, msg_span(in, 0));
	msg_put_fd(&ask, dup(in->fd[0]));
	if (!zygote_do(b->zygote, &ask, &reply, WORK_ANSWER_MAX, DEADLINE_MS, e))
		return false;
	msg_put(out, msg_span(&reply, 0));
	msg_put(out, msg_span(&reply, 1));
	return true;
}

/*
 * Proofs.
 */

static bool
tile_of_register(void *ctx, unsigned level, uint64_t from, unsigned count, struct hash *out, struct err *e)
{
	struct broker *b = ctx;
	own_struct(reg_unit) read = reg_read_new("log.tile");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[2];
	size_t at = from % TILE_WIDTH;

	reg_int(&read, "level", level);
	reg_int(&read, "n", (int64_t)(from / TILE_WIDTH));
	if (!reg_one(b->reg, &read, &rows, c, 2, "such tile", e))
		return false;
	if (at + count > c[1].s.len / HASH_LEN)
		return fail(e, ERR_ABSENT, "the log has no hash there");
	memcpy(out, c[1].s.ptr + at * HASH_LEN, count * HASH_LEN);
	return true;
}

static bool
published(struct broker *b, uint64_t *size, struct buf *note, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("log.published");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[2];

	if (!reg_one(b->reg, &read, &rows, c, 2, "published checkpoint", e))
		return false;
	*size = (uint64_t)c[0].i;
	buf_put_span(note, c[1].s);
	return buf_ok(note, "checkpoint", e);
}

static bool
write_proof(struct buf *out, struct broker *b, uint64_t idx, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("log.entry");
	own_struct(reg_rows) rows = { .left = 0 };
	own_struct(buf) note = buf_new(NOTE_MAX);
	struct tile_source source = { tile_of_register, b };
	struct hash path[MERKLE_PROOF_MAX];
	struct reg_cell c[3];
	uint64_t size;
	size_t n;

	reg_int(&read, "idx", (int64_t)idx);
	if (!published(b, &size, &note, e))
		return false;
	if (idx >= size)
		return fail(e, ERR_LATER, "the proof follows within seconds: the checkpoint that holds this entry is not published yet");
	if (!reg_one(b->reg, &read, &rows, c, 3, "such entry", e) || !merkle_prove_inclusion(path, &n, idx, size, tile_node, &source, e))
		return false;
	if (c[1].null || c[2].s.len != SALT_LEN)
		return fail(e, ERR_ABSENT, "the record behind this entry was erased");
	tlog_proof_write(out, idx, path, n, c[0].s, c[1].s, c[2].s.ptr, buf_span(&note));
	return buf_ok(out, "proof", e);
}

static bool
on_proof(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct broker *b = state;
	own_struct(reg_unit) read = reg_read_new("permit.by_handle");
	own_struct(reg_rows) rows = { .left = 0 };
	own_struct(buf) proof = buf_new(TLOG_PROOF_MAX);
	struct reg_cell c[PERMIT_COLUMNS];
	unsigned char handle[HANDLE_LEN];

	if (!hex_get_fixed(handle, HANDLE_LEN, msg_span(in, 0), e))
		return fail_in(e, "handle");
	reg_bytes(&read, "handle", span_of(handle, HANDLE_LEN));
	if (!reg_one(b->reg, &read, &rows, c, PERMIT_COLUMNS, "permit with this handle", e))
		return false;
	if (c[23].null)
		return fail(e, ERR_CONFLICT, "this permit is not issued yet");
	if (!write_proof(&proof, b, (uint64_t)c[23].i, e))
		return false;
	msg_put_str(out, buf_str(&proof));
	return true;
}

#define route_VERIFY_FILE on_file
#define route_VERIFY_LOOKUP on_lookup
#define route_GATE_CSR on_csr
#define route_GATE_SUBMISSION on_submission
#define route_VERIFY_PROOF on_proof
#define ROUTE(name, callers, in, out) { { name, #name, callers, in, out }, route_##name },

size_t
broker_routes(const struct serve_route **out)
{
	static const struct serve_route routes[] = { VERIFY_MESSAGES(ROUTE) };

	*out = routes;
	return sizeof(routes) / sizeof(routes[0]);
}
