#include "register/witnessing.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "register/courier_proto.h"
#include "register/log_state.h"
#include "register/witness_request.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define STEP_MS 100		/* between two looks at what is published */
#define ROUND_MS 500		/* between the beginnings of two rounds at least */
#define GRACE_MS 200		/* after the quorum, for those who are nearly there */
#define PATIENCE_MS (2 * COURIER_WHOLE_MS + 2000)
#define AGAIN_MS 5000		/* after a round without its quorum */
#define RENEW_MS 3600000		/* a log that does not grow is cosigned anew */
#define STATUS_MS 10000

static const struct msg_type courier_types[] = { COURIER_MESSAGES(MSG_TYPE) };

/* One witness, and the thread that asks it. */
struct member {
	struct witnessing *w;
	size_t at;			/* place in the policy */
	char *vkey;
	pthread_t thread;
	/* Under the lock: */
	uint64_t round;			/* the last that it has done */
	bool cosigned;			/* in the round that runs: */
	struct buf line;
	uint64_t size;			/* what it cosigned last, as it told */
	int64_t time;
	char trouble[256];		/* "": none */
};

struct witnessing {
	const struct log_policy *policy;
	struct publisher *publisher;
	struct peer *courier;
	struct store *store;
	pthread_mutex_t store_lock;
	pthread_t thread;
	struct member member[LOG_POLICY_MAX];

	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stop;
	uint64_t round;
	struct checkpoint c;		/* of the round */
	struct buf note;		/* signed by the log alone */

	/* The coordinator's own: */
	size_t told;			/* cosignatures published of the round */
	bool met;			/* the last round met its quorum */
	int64_t began, status_at;	/* monotonic, ms */
	uint64_t witnessed;
	int64_t as_of;
};

/*
 * The database: what is published, and what is remembered of the witnesses.
 */

struct published { uint64_t size; struct buf *note; };

static bool
take_published(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct published *p = ctx;

	p->size = (uint64_t)c[0].i;
	buf_put_span(p->note, c[1].s);
	return buf_ok(p->note, "checkpoint", e);
}

static bool
newest(struct witnessing *w, struct published *out, struct err *e)
{
	static const enum reg_type types[] = { REG_INT, REG_TEXT };
	bool good;

	out->size = 0;
	pthread_mutex_lock(&w->store_lock);
	good = store_run(w->store, "SELECT size, note FROM log_published", NULL, types, 2, take_published, out, NULL, e);
	pthread_mutex_unlock(&w->store_lock);
	return good;
}

/* A server may have gone and come back. */
static bool
revive(struct witnessing *w, struct err *e)
{
	bool good;

	pthread_mutex_lock(&w->store_lock);
	good = !store_is_lost(w->store) || store_revive(w->store, e);
	pthread_mutex_unlock(&w->store_lock);
	return good;
}

static bool
write_row(struct witnessing *w, const char *sql, const struct values *v, uint64_t *rows, struct err *e)
{
	bool good;

	pthread_mutex_lock(&w->store_lock);
	good = store_run(w->store, sql, v, NULL, 0, NULL, NULL, rows, e);
	pthread_mutex_unlock(&w->store_lock);
	return good;
}

static bool
remember_member(struct witnessing *w, const struct member *m, uint64_t size, int64_t time, struct err *e)
{
	struct values v = { .n = 0 };

	values_span(&v, "vkey", REG_TEXT, span_str(m->vkey));
	values_int(&v, "size", (int64_t)size);
	values_int(&v, "time", time);
	return write_row(w, "INSERT INTO log_witness (vkey, size, time) VALUES ($vkey, $size, $time) "
	    "ON CONFLICT (vkey) DO UPDATE SET size = excluded.size, time = excluded.time", &v, NULL, e);
}

static bool
remember_witnessed(struct witnessing *w, uint64_t size, int64_t as_of, struct span note, struct err *e)
{
	struct values v = { .n = 0 };

	values_int(&v, "size", (int64_t)size);
	values_int(&v, "as_of", as_of);
	values_span(&v, "note", REG_TEXT, note);
	return write_row(w, "INSERT INTO log_witnessed (one, size, as_of, note) VALUES (1, $size, $as_of, $note) "
	    "ON CONFLICT (one) DO UPDATE SET size = excluded.size, as_of = excluded.as_of, note = excluded.note", &v, NULL, e);
}

/* Kept and said once for each view that a witness holds against us. */
static void
tell_split(struct member *m, uint64_t size, struct span note, const char *sentence)
{
	struct values v = { .n = 0 };
	uint64_t rows = 0;
	struct err e;

	values_span(&v, "vkey", REG_TEXT, span_str(m->vkey));
	values_int(&v, "size", (int64_t)size);
	values_int(&v, "time", clock_now());
	values_span(&v, "sentence", REG_TEXT, span_str(sentence));
	values_span(&v, "note", REG_TEXT, note);
	if (!write_row(m->w, "INSERT INTO log_split (vkey, size, time, sentence, note) VALUES ($vkey, $size, $time, $sentence, $note) "
	    "ON CONFLICT (vkey, size) DO NOTHING", &v, &rows, &e))
		log_error("SPLIT VIEW, and it cannot be recorded (%s): %s", e.text, sentence);
	else if (rows > 0)
		log_error("SPLIT VIEW: %s", sentence);
}

/*
 * One witness.
 */

static bool
put_request(struct member *m, struct buf *out, uint64_t old, const struct checkpoint *c, struct span note, struct err *e)
{
	struct tile_source source = { log_tile_get, m->w->store };
	struct witness_request r = { .old = old, .note = note };
	bool good = true;

	if (old > 0 && old < c->size) {
		pthread_mutex_lock(&m->w->store_lock);
		good = merkle_prove_consistency(r.proof, &r.n, old, c->size, tile_node, &source, e);
		pthread_mutex_unlock(&m->w->store_lock);
	}
	if (!good)
		return false;
	witness_request_write(out, &r);
	return buf_ok(out, "request", e);
}

/* Of what came back, the one line that this witness's key stands for. */
static bool
take_line(const struct member *m, struct span note, struct span answer, struct buf *line, int64_t *time, struct err *e)
{
	own_struct(buf) both = buf_new(2 * NOTE_MAX);
	struct note_word word;

	buf_put_span(&both, note);
	buf_put_span(&both, answer);
	if (!buf_ok(&both, "answer", e) || !note_look(&word, buf_span(&both), &m->w->policy->witness[m->at].key, e))
		return false;
	if (!word.there)
		return fail(e, ERR_INPUT, "the answer is not signed with its key");
	buf_put_span(line, word.line);
	buf_put_byte(line, '\n');
	*time = word.time;
	return buf_ok(line, "cosignature", e);
}

static bool
head_size(struct witnessing *w, uint64_t *out, struct err *e)
{
	int64_t size;
	bool good;

	pthread_mutex_lock(&w->store_lock);
	good = store_int(w->store, "SELECT size FROM log_head", NULL, 0, &size, e);
	pthread_mutex_unlock(&w->store_lock);
	*out = (uint64_t)size;
	return good;
}

/* Another size than we thought: what it says is where to prove from, unless
 * this log never was that large. */
static bool
take_size(struct member *m, struct span answer, uint64_t *old, const struct checkpoint *c, struct span note, struct err *e)
{
	const char *name = m->w->policy->witness[m->at].name;
	struct span line;
	uint64_t told, head;

	if (!span_take_line(&answer, &line) || answer.len > 0 || !decimal_get(&told, line, e))
		return fail(e, ERR_INPUT, "the answer 409 tells no size");
	if (told == *old)
		return fail(e, ERR_INPUT, "it refuses the old size that it asks for");
	if (!head_size(m->w, &head, e))
		return false;
	if (told > head) {
		own_str char *sentence = xprintf("the witness %s has cosigned %llu entries of this log, which has %llu", name,
		    (unsigned long long)told, (unsigned long long)head);

		tell_split(m, told, note, sentence);
		return fail(e, ERR_CONFLICT, "%s", sentence);
	}
	if (told > c->size)
		return fail(e, ERR_LATER, "it has cosigned a newer checkpoint already");
	*old = told;
	return true;
}

enum said { SAID_NO = 0, SAID_YES, SAID_SIZE };

static enum said
ask_once(struct member *m, uint64_t *old, const struct checkpoint *c, struct span note, struct buf *line, int64_t *time, struct err *e)
{
	own_struct(buf) request = buf_new(WITNESS_REQUEST_MAX);
	own_struct(msg) ask = msg_new(COURIER_POST, COURIER_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(0, 1);
	const char *name = m->w->policy->witness[m->at].name;
	uint64_t status;

	if (!put_request(m, &request, *old, c, note, e))
		return SAID_NO;
	msg_put_str(&ask, name);
	msg_put(&ask, buf_span(&request));
	if (!peer_call(m->w->courier, &ask, &reply, e))
		return SAID_NO;
	status = msg_u64(&reply, 0);
	if (status == 200)
		return take_line(m, note, msg_span(&reply, 2), line, time, e) ? SAID_YES : SAID_NO;
	if (status == 409 && strncmp(msg_str(&reply, 1), "text/x.tlog.size", 16) == 0)
		return take_size(m, msg_span(&reply, 2), old, c, note, e) ? SAID_SIZE : SAID_NO;
	/* Ours is a proof by construction; some witnesses answer 409 to another root. */
	if (status == 422 || status == 409) {
		own_str char *sentence = xprintf("the witness %s refuses %llu entries: they do not follow from the %llu that it cosigned under this log's name",
		    name, (unsigned long long)c->size, (unsigned long long)*old);

		tell_split(m, *old, note, sentence);
		fail(e, ERR_CONFLICT, "%s", sentence);
		return SAID_NO;
	}
	fail(e, ERR_LATER, "it answers %llu", (unsigned long long)status);
	return SAID_NO;
}

/* Once more when it told us from where to prove. */
static bool
ask(struct member *m, const struct checkpoint *c, struct span note, struct buf *line, int64_t *time, struct err *e)
{
	uint64_t old = m->size <= c->size ? m->size : c->size;	/* only this thread changes it */
	enum said said = ask_once(m, &old, c, note, line, time, e);

	if (said == SAID_SIZE) {
		said = ask_once(m, &old, c, note, line, time, e);
		if (said == SAID_SIZE)
			fail(e, ERR_LATER, "another asks it at the same time");
	}
	return said == SAID_YES;
}

static void
member_done(struct member *m, uint64_t round, const struct checkpoint *c, bool good, struct buf *line, int64_t time, const struct err *e)
{
	struct witnessing *w = m->w;
	bool news = good != (m->trouble[0] == '\0');

	pthread_mutex_lock(&w->lock);
	m->round = round;
	snprintf(m->trouble, sizeof(m->trouble), "%s", good ? "" : e->text);
	if (good) {
		m->size = c->size;
		m->time = time;
	}
	if (good && w->round == round) {
		m->cosigned = true;
		buf_reset(&m->line);
		buf_put_span(&m->line, buf_span(line));
	}
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	if (news && good)
		log_info("the witness %s cosigns again", w->policy->witness[m->at].name);
	else if (news)
		log_warn("the witness %s does not cosign: %s", w->policy->witness[m->at].name, e->text);
}

static void *
member_main(void *arg)
{
	struct member *m = arg;
	struct witnessing *w = m->w;

	for (;;) {
		own_struct(buf) note = buf_new(NOTE_MAX);
		own_struct(buf) line = buf_new(1024);
		struct checkpoint c;
		int64_t time = 0;
		uint64_t round;
		struct err e;
		bool good;

		pthread_mutex_lock(&w->lock);
		while (!w->stop && m->round == w->round)
			pthread_cond_wait(&w->changed, &w->lock);
		if (w->stop) {
			pthread_mutex_unlock(&w->lock);
			return NULL;
		}
		round = w->round;
		c = w->c;
		buf_put_span(&note, buf_span(&w->note));
		pthread_mutex_unlock(&w->lock);
		good = ask(m, &c, buf_span(&note), &line, &time, &e);
		member_done(m, round, &c, good, &line, time, &e);
	}
}

/*
 * Rounds.  The lock is held where a function is called *_locked.
 */

static size_t
cosigned_locked(const struct witnessing *w, bool *all)
{
	size_t n = 0;

	*all = true;
	for (size_t i = 0; i < w->policy->nwitnesses; i++) {
		n += w->member[i].cosigned;
		*all &= w->member[i].round == w->round;
	}
	return n;
}

static bool
assemble_locked(const struct witnessing *w, struct buf *note, struct quorum *q, struct err *e)
{
	buf_reset(note);
	buf_put_span(note, buf_span(&w->note));
	for (size_t i = 0; i < w->policy->nwitnesses; i++)
		if (w->member[i].cosigned)
			buf_put_span(note, buf_span(&w->member[i].line));
	return buf_ok(note, "checkpoint", e) && log_policy_quorum(q, w->policy, buf_span(note), e);
}

static void
sleep_locked(struct witnessing *w, int ms)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&w->changed, &w->lock, &until);
}

static void
begin_round(struct witnessing *w, const struct published *p)
{
	pthread_mutex_lock(&w->lock);
	w->round++;
	w->c.size = p->size;
	buf_reset(&w->note);
	buf_put_span(&w->note, buf_span(p->note));
	for (size_t i = 0; i < w->policy->nwitnesses; i++)
		w->member[i].cosigned = false;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	w->told = 0;
	w->met = false;
	w->began = clock_mono_ms();
}

/* Until the quorum is met and a moment has gone by, or all have answered. */
static void
wait_round(struct witnessing *w)
{
	own_struct(buf) note = buf_new(NOTE_MAX);
	int64_t until = w->began + PATIENCE_MS;
	bool met = false, all = false;
	struct quorum q;
	struct err e;

	pthread_mutex_lock(&w->lock);
	while (!w->stop && clock_mono_ms() < until) {
		cosigned_locked(w, &all);
		if (all)
			break;
		if (!met && assemble_locked(w, &note, &q, &e) && q.met) {
			met = true;
			until = clock_mono_ms() + GRACE_MS;
		}
		sleep_locked(w, STEP_MS);
	}
	pthread_mutex_unlock(&w->lock);
}

/* The cosigned checkpoint is on the disk before it is remembered. */
static bool
publish_round(struct witnessing *w, struct err *e)
{
	own_struct(buf) note = buf_new(NOTE_MAX);
	struct quorum q;
	bool good, all;

	pthread_mutex_lock(&w->lock);
	w->told = cosigned_locked(w, &all);
	good = assemble_locked(w, &note, &q, e);
	pthread_mutex_unlock(&w->lock);
	if (!good)
		return false;
	w->met = false;
	if (!q.met)
		return true;
	if (!publisher_cosigned(w->publisher, w->c.size, buf_span(&note), e) ||
	    !remember_witnessed(w, w->c.size, q.as_of, buf_span(&note), e))
		return false;
	w->met = true;
	w->witnessed = w->c.size;
	w->as_of = q.as_of;
	return true;
}

/*
 * What is told.
 */

static bool
take_split(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	own_str char *vkey = span_dup_str(c[0].s), *sentence = span_dup_str(c[3].s);
	char time[TIME_TEXT];

	time_text_utc(time, c[2].i);
	json_array_append_new(ctx, json_pack("{s:s, s:I, s:s, s:s}", "key", vkey, "size", (json_int_t)c[1].i, "time", time, "sentence", sentence));
	return true;
}

static bool
split_json(struct witnessing *w, json_t **out, struct err *e)
{
	static const enum reg_type types[] = { REG_TEXT, REG_INT, REG_INT, REG_TEXT };
	bool good;

	*out = json_array();
	pthread_mutex_lock(&w->store_lock);
	good = store_run(w->store, "SELECT vkey, size, time, sentence FROM log_split ORDER BY time, vkey, size LIMIT 100", NULL, types, 4, take_split, *out, NULL, e);
	pthread_mutex_unlock(&w->store_lock);
	return good;
}

static json_t *
time_or_null(int64_t t)
{
	char text[TIME_TEXT];

	if (t == 0)
		return json_null();
	time_text_utc(text, t);
	return json_string(text);
}

static json_t *
member_json(const struct witnessing *w, size_t i)
{
	const struct member *m = &w->member[i];

	return json_pack("{s:s, s:s, s:I, s:o, s:s}", "name", w->policy->witness[i].name, "key", m->vkey, "size", (json_int_t)m->size,
	    "time", time_or_null(m->time), "trouble", m->trouble);
}

static bool
tell_status(struct witnessing *w, struct err *e)
{
	own(json_t) *split = NULL;
	own(json_t) *members = json_array();
	own(json_t) *j = NULL;
	own_struct(buf) text = buf_new(256u << 10);
	char now[TIME_TEXT];

	if (!split_json(w, &split, e))
		return false;
	time_text_utc(now, clock_now());
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->policy->nwitnesses; i++)
		json_array_append_new(members, member_json(w, i));
	j = json_pack("{s:s, s:s, s:I, s:I, s:o, s:O, s:O}", "log", w->c.origin, "time", now, "size", (json_int_t)w->c.size,
	    "witnessed", (json_int_t)w->witnessed, "as_of", time_or_null(w->as_of), "witnesses", members, "split", split);
	pthread_mutex_unlock(&w->lock);
	if (j == NULL)
		return fail(e, ERR_BUG, "the witnesses cannot be told of");
	json_write(&text, j);
	buf_put_byte(&text, '\n');
	return buf_ok(&text, "witnesses.json", e) && publisher_put(w->publisher, "witnesses.json", buf_span(&text), e);
}

/* Now and then, and whenever the quorum comes or goes. */
static bool
keep_status(struct witnessing *w, bool news, struct err *e)
{
	int64_t now = clock_mono_ms();

	if (!news && w->status_at != 0 && now < w->status_at + STATUS_MS)
		return true;
	w->status_at = now;
	for (size_t i = 0; i < w->policy->nwitnesses; i++) {
		struct member *m = &w->member[i];
		uint64_t size;
		int64_t time;

		pthread_mutex_lock(&w->lock);
		size = m->size;
		time = m->time;
		pthread_mutex_unlock(&w->lock);
		if (time != 0 && !remember_member(w, m, size, time, e))
			return false;
	}
	return tell_status(w, e);
}

/*
 * The coordinator.
 */

static bool
is_due(struct witnessing *w, const struct published *p)
{
	int64_t now = clock_mono_ms();

	if (p->size == 0 || (w->began != 0 && now < w->began + ROUND_MS))
		return false;
	if (p->size != w->c.size || w->began == 0)
		return true;
	return now > w->began + (w->met ? RENEW_MS : AGAIN_MS);
}

/* A cosignature that came after its round was over, and no other round is due. */
static bool
is_late(struct witnessing *w)
{
	bool all, late;

	pthread_mutex_lock(&w->lock);
	late = cosigned_locked(w, &all) > w->told;
	pthread_mutex_unlock(&w->lock);
	return late;
}

static bool
step(struct witnessing *w, struct err *e)
{
	own_struct(buf) note = buf_new(NOTE_MAX);
	struct published p = { 0, &note };
	bool met = w->met, late;

	if (!revive(w, e) || !newest(w, &p, e))
		return false;
	if (is_due(w, &p)) {
		begin_round(w, &p);
		wait_round(w);
		return publish_round(w, e) && keep_status(w, met != w->met, e);
	}
	late = is_late(w);
	return (!late || publish_round(w, e)) && keep_status(w, late, e);
}

static bool
is_stopping(struct witnessing *w)
{
	bool stop;

	pthread_mutex_lock(&w->lock);
	if (!w->stop)
		sleep_locked(w, STEP_MS);
	stop = w->stop;
	pthread_mutex_unlock(&w->lock);
	return stop;
}

static void *
coordinator_main(void *arg)
{
	struct witnessing *w = arg;
	bool told = false;
	struct err e;

	while (!is_stopping(w)) {
		bool good = step(w, &e);

		if (!good && !told)
			log_warn("witnesses: %s", e.text);
		told = !good;
	}
	return NULL;
}

/*
 * Beginning and end.
 */

static bool
take_member(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct witnessing *w = ctx;

	for (size_t i = 0; i < w->policy->nwitnesses; i++)
		if (span_eq_str(c[0].s, w->member[i].vkey)) {
			w->member[i].size = (uint64_t)c[1].i;
			w->member[i].time = c[2].i;
		}
	return true;
}

static bool
take_witnessed(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct witnessing *w = ctx;

	w->witnessed = (uint64_t)c[0].i;
	w->as_of = c[1].i;
	return true;
}

/* Where there is nothing to remember yet, that is recorded: from now on proofs
 * wait for witnesses. */
static bool
recall(struct witnessing *w, struct err *e)
{
	static const enum reg_type member[] = { REG_TEXT, REG_INT, REG_INT }, witnessed[] = { REG_INT, REG_INT };
	struct values none = { .n = 0 };

	values_span(&none, "note", REG_TEXT, span_str(""));
	return store_run(w->store, "SELECT vkey, size, time FROM log_witness", NULL, member, 3, take_member, w, NULL, e) &&
	    store_do(w->store, "INSERT INTO log_witnessed (one, size, as_of, note) VALUES (1, 0, 0, $note) ON CONFLICT (one) DO NOTHING", &none, e) &&
	    store_run(w->store, "SELECT size, as_of FROM log_witnessed", NULL, witnessed, 2, take_witnessed, w, NULL, e);
}

static bool
check_policy(struct witnessing *w, struct err *e)
{
	const struct note_key *own = publisher_key(w->publisher);
	bool named = false;

	if (w->policy->quorum == LOG_POLICY_NONE)
		return fail(e, ERR_INPUT, "witness_policy: its quorum is none, so nobody need be asked; leave it out");
	for (size_t i = 0; i < w->policy->nlogs; i++)
		named |= w->policy->log[i].key.kind == own->kind && memcmp(w->policy->log[i].key.id, own->id, sizeof(own->id)) == 0 &&
		    memcmp(w->policy->log[i].key.key, own->key, NOTE_KEY_LEN) == 0;
	if (w->policy->nlogs > 0 && !named)
		return fail(e, ERR_INPUT, "witness_policy names other logs than %s with its key", own->name);
	for (size_t i = 0; i < w->policy->nwitnesses; i++) {
		own_struct(buf) vkey = buf_new(512);

		note_key_text(&vkey, &w->policy->witness[i].key);
		w->member[i] = (struct member){ .w = w, .at = i, .vkey = xstrdup(buf_str(&vkey)), .line = buf_new(1024) };
	}
	snprintf(w->c.origin, sizeof(w->c.origin), "%s", own->name);
	return true;
}

bool
witnessing_new(struct witnessing **out, struct publisher *publisher, const char *database, const struct log_policy *policy, const char *courier, struct err *e)
{
	struct witnessing *w = xalloc(sizeof(*w));

	w->publisher = publisher;
	w->policy = policy;
	w->note = buf_new(NOTE_MAX);
	w->courier = peer_new(courier, courier_types, sizeof(courier_types) / sizeof(courier_types[0]), COURIER_MESSAGE_MAX, COURIER_WHOLE_MS + 2000);
	promise(pthread_mutex_init(&w->lock, NULL) == 0 && pthread_mutex_init(&w->store_lock, NULL) == 0 && pthread_cond_init(&w->changed, NULL) == 0);
	if (!check_policy(w, e) || !store_open(&w->store, database, STORE_WRITE, e) || !recall(w, e))
		return false;
	*out = w;
	return true;
}

void
witnessing_start(struct witnessing *w)
{
	for (size_t i = 0; i < w->policy->nwitnesses; i++)
		promise(pthread_create(&w->member[i].thread, NULL, member_main, &w->member[i]) == 0);
	promise(pthread_create(&w->thread, NULL, coordinator_main, w) == 0);
}

void
witnessing_stop(struct witnessing *w)
{
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	for (size_t i = 0; i < w->policy->nwitnesses; i++)
		pthread_join(w->member[i].thread, NULL);
	store_free(w->store);
}
