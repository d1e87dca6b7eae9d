#include "register/witnessing.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "register/courier_proto.h"
#include "register/witness_ask.h"

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
#define ROLL_CALL_MS (COURIER_WHOLE_MS + 1000)	/* before the first */

/* One witness, and the thread that asks it. */
struct member {
	struct witnessing *w;
	struct witness_ask ask;
	char *vkey;
	pthread_t thread;
	/* Under the lock: */
	uint64_t round;			/* the last that it has done */
	bool cosigned;			/* in the round that runs: */
	struct buf line;
	bool objects;			/* it holds a view that this log does not follow from */
	uint64_t size;			/* what it cosigned last, as it told */
	int64_t time;
	char trouble[256];		/* "": none */
};

struct witnessing {
	const struct log_policy *policy;
	struct publisher *publisher;
	struct witness_memory *memory;
	pthread_t thread;
	struct member member[LOG_POLICY_MAX];

	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stop;
	bool split;			/* a view was recorded that nobody was told of yet */
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
 * One witness.
 */

/* Kept and said once for each view that a witness holds against us. */
static void
tell_split(const struct member *m, const struct witness_split *split, struct span note)
{
	bool new = false;
	struct err e;

	if (split->sentence[0] == '\0')
		return;
	if (!witness_memory_put_split(m->ask.memory, m->vkey, split, clock_now(), note, &new, &e))
		log_error("SPLIT VIEW, and it cannot be recorded (%s): %s", e.text, split->sentence);
	if (!new)
		return;
	log_error("SPLIT VIEW: %s", split->sentence);
	pthread_mutex_lock(&m->w->lock);
	m->w->split = true;
	pthread_mutex_unlock(&m->w->lock);
}

static void
member_done(struct member *m, uint64_t round, const struct checkpoint *c, bool good, bool objects, struct buf *line, int64_t time, const struct err *e)
{
	struct witnessing *w = m->w;
	bool news = good != (m->trouble[0] == '\0');

	pthread_mutex_lock(&w->lock);
	m->round = round;
	m->objects = objects;
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
		log_info("the witness %s cosigns again", m->ask.name);
	else if (news)
		log_warn("the witness %s does not cosign: %s", m->ask.name, e->text);
}

static void *
member_main(void *arg)
{
	struct member *m = arg;
	struct witnessing *w = m->w;

	for (;;) {
		own_struct(buf) note = buf_new(NOTE_MAX);
		own_struct(buf) line = buf_new(1024);
		struct witness_split split;
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
		good = witness_ask(&m->ask, m->size, &c, buf_span(&note), &line, &time, &split, &e);
		tell_split(m, &split, buf_span(&note));
		member_done(m, round, &c, good, split.sentence[0] != '\0', &line, time, &e);
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
	struct timespec until = clock_mono_in(ms);

	pthread_cond_clockwait(&w->changed, &w->lock, CLOCK_MONOTONIC, &until);
}

static void
begin_round(struct witnessing *w, uint64_t size, struct span note)
{
	pthread_mutex_lock(&w->lock);
	w->round++;
	w->c.size = size;
	buf_reset(&w->note);
	buf_put_span(&w->note, note);
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
	    !witness_memory_put_witnessed(w->memory, w->c.size, q.as_of, buf_span(&note), e))
		return false;
	w->met = true;
	w->witnessed = w->c.size;
	w->as_of = q.as_of;
	return true;
}

/*
 * The roll call.  A checkpoint that counts has its quorum; while those who have
 * not cosigned this log as it is could be one, there may be such a checkpoint
 * that this log does not follow from.  Nobody's silence stops the log, and no
 * lie of fewer than a quorum does while the others answer.
 */

static bool
may_be_another_locked(const struct witnessing *w)
{
	bool silent[LOG_POLICY_MAX] = { false };

	for (size_t i = 0; i < w->policy->nwitnesses; i++)
		silent[i] = !w->member[i].cosigned;
	return log_policy_enough(w->policy, silent);
}

static const struct member *
objector_locked(const struct witnessing *w)
{
	for (size_t i = 0; i < w->policy->nwitnesses; i++)
		if (w->member[i].objects)
			return &w->member[i];
	return NULL;
}

bool
witnessing_roll_call(struct witnessing *w, struct err *e)
{
	own_struct(buf) note = buf_new(NOTE_MAX);
	int64_t until = clock_mono_ms() + ROLL_CALL_MS;
	const struct member *objector;
	bool all = false, doubt = true;

	for (size_t i = 0; i < w->policy->nwitnesses; i++)
		promise(pthread_create(&w->member[i].thread, NULL, member_main, &w->member[i]) == 0);
	if (!publisher_newest(w->publisher, &w->c, &note, e))
		return false;
	begin_round(w, w->c.size, buf_span(&note));
	pthread_mutex_lock(&w->lock);
	while (doubt && !all && clock_mono_ms() < until) {
		sleep_locked(w, STEP_MS);
		cosigned_locked(w, &all);
		doubt = may_be_another_locked(w);
	}
	objector = doubt ? objector_locked(w) : NULL;
	if (objector != NULL)
		(void)!fail(e, ERR_STORE, "%.160s: refusing to fork the log; antin restore --tiles brings what is missing", objector->trouble);
	pthread_mutex_unlock(&w->lock);
	if (doubt && objector == NULL)
		log_warn("the witnesses that can say that they know no other log are too few; going on");
	return objector == NULL;
}

/*
 * What is told.
 */

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

	if (!witness_memory_splits(w->memory, &split, e))
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

/* Now and then, and whenever the quorum comes or goes, or a split view is seen. */
static bool
keep_status(struct witnessing *w, bool news, struct err *e)
{
	int64_t now = clock_mono_ms();

	pthread_mutex_lock(&w->lock);
	news |= w->split;
	w->split = false;
	pthread_mutex_unlock(&w->lock);
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
		if (time != 0 && !witness_memory_put_member(w->memory, m->vkey, size, time, e))
			return false;
	}
	return tell_status(w, e);
}

/*
 * The coordinator.
 */

static bool
is_due(const struct witnessing *w, uint64_t size)
{
	int64_t now = clock_mono_ms();

	if (size == 0 || (w->began != 0 && now < w->began + ROUND_MS))
		return false;
	if (size != w->c.size || w->began == 0)
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
	bool met = w->met, late;
	uint64_t size;

	if (!witness_memory_revive(w->memory, e) || !witness_memory_published(w->memory, &size, &note, e))
		return false;
	if (is_due(w, size)) {
		begin_round(w, size, buf_span(&note));
		wait_round(w);
		return publish_round(w, e) && keep_status(w, met != w->met, e);
	}
	late = size > 0 && is_late(w);
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
	return true;
}

static bool
open_members(struct witnessing *w, struct peer *courier, struct err *e)
{
	for (size_t i = 0; i < w->policy->nwitnesses; i++) {
		own_struct(buf) vkey = buf_new(512);
		struct member *m = &w->member[i];

		note_key_text(&vkey, &w->policy->witness[i].key);
		*m = (struct member){ .w = w, .vkey = xstrdup(buf_str(&vkey)), .line = buf_new(1024),
			.ask = { w->policy->witness[i].name, &w->policy->witness[i].key, courier, w->memory } };
		if (!witness_memory_member(w->memory, m->vkey, &m->size, &m->time, e))
			return false;
	}
	return true;
}

bool
witnessing_new(struct witnessing **out, struct publisher *publisher, const char *database, const struct log_policy *policy, const char *courier, struct err *e)
{
	struct witnessing *w = xalloc(sizeof(*w));

	w->publisher = publisher;
	w->policy = policy;
	w->note = buf_new(NOTE_MAX);
	snprintf(w->c.origin, sizeof(w->c.origin), "%s", publisher_key(publisher)->name);
	promise(pthread_mutex_init(&w->lock, NULL) == 0 && pthread_cond_init(&w->changed, NULL) == 0);
	if (!check_policy(w, e) || !witness_memory_open(&w->memory, database, e) || !open_members(w, witness_courier(courier), e) ||
	    !witness_memory_witnessed(w->memory, &w->witnessed, &w->as_of, e))
		return false;
	*out = w;
	return true;
}

void
witnessing_start(struct witnessing *w)
{
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
	witness_memory_free(w->memory);
}
