#include "register/witness.h"

#include "base/log.h"
#include "base/ossl.h"
#include "register/witness_store.h"

#include <pthread.h>
#include <stdlib.h>

struct witness {
	const struct log_policy *logs;
	const struct witness_key *key;
	struct witness_store *store;
	pthread_mutex_t lock;
};

/* How a request ends, in the order in which it is looked at. */
enum fate { COSIGNED, MALFORMED, UNKNOWN_LOG, UNSIGNED, OLDER_THAN_OLD, STALE, INCONSISTENT, FORGETFUL };

static const unsigned status_of[] = {
	[COSIGNED] = 200, [MALFORMED] = 400, [UNKNOWN_LOG] = 404, [UNSIGNED] = 403,
	[OLDER_THAN_OLD] = 400, [STALE] = 409, [INCONSISTENT] = 422, [FORGETFUL] = 503,
};

bool
witness_new(struct witness **out, const struct log_policy *logs, const struct witness_key *key, const char *database, struct err *e)
{
	struct witness *w = xalloc(sizeof(*w));

	*w = (struct witness){ .logs = logs, .key = key };
	if (!witness_store_open(&w->store, database, e)) {
		free(w);
		return false;
	}
	promise(pthread_mutex_init(&w->lock, NULL) == 0);
	*out = w;
	return true;
}

void
witness_free(struct witness *w)
{
	if (w == NULL)
		return;
	witness_store_free(w->store);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void
witness_answer_drop(struct witness_answer *a)
{
	buf_drop(&a->body);
}

/* Signed by one key of the log at least, and by none of them wrongly. */
static enum fate
check_log(const struct witness *w, const struct witness_request *r, struct err *e)
{
	bool known = false, good = false;

	for (size_t i = 0; i < w->logs->nlogs; i++) {
		const struct note_key *k = &w->logs->log[i].key;
		struct note_word word;

		if (strcmp(k->name, r->c.origin) != 0)
			continue;
		known = true;
		if (!note_look(&word, r->note, k, e))
			return UNSIGNED;
		good |= word.there;
	}
	if (!known) {
		fail(e, ERR_ABSENT, "no log of this witness");
		return UNKNOWN_LOG;
	}
	if (!good) {
		fail(e, ERR_POLICY, "not signed by a key of this log");
		return UNSIGNED;
	}
	return COSIGNED;
}

static bool
check_growth(const struct witness_request *r, const struct witness_view *view, struct err *e)
{
	struct hash empty;

	merkle_empty(&empty);
	if (r->c.size == 0 && !hash_eq(&r->c.root, &empty))
		return fail(e, ERR_INPUT, "a log without entries has another root");
	if (r->old > 0)
		return merkle_check_consistency(r->old, r->c.size, &view->root, &r->c.root, r->proof, r->n, e);
	return r->n == 0 || fail(e, ERR_INPUT, "a proof from a log without entries");
}

/* Two roots of one size, both signed: proof that the log has forked, whatever
 * else the request says. */
static bool
keep_fork(struct witness *w, const struct witness_request *r, const struct witness_view *view, int64_t now, struct err *e)
{
	bool new;

	if (!view->any || view->size != r->c.size || hash_eq(&view->root, &r->c.root))
		return true;
	if (!witness_store_fork(w->store, &r->c, r->note, now, &new, e))
		return false;
	if (new)
		log_error("the log %s has FORKED: it signed two roots at size %llu; both are kept", r->c.origin, (unsigned long long)r->c.size);
	return true;
}

static bool
remember(struct witness *w, const struct witness_request *r, struct buf *line, int64_t now, struct err *e)
{
	struct witness_view next = { .size = r->c.size, .root = r->c.root, .note = buf_new(2 * NOTE_MAX) };
	bool good = witness_key_cosign(line, w->key, now, r->text, e);

	buf_put_span(&next.note, r->note);
	buf_put_span(&next.note, buf_span(line));
	good = good && witness_store_put(w->store, r->c.origin, &next, now, e);
	witness_view_drop(&next);
	return good;
}

/* Inside the transaction, up to its commit. */
static enum fate
judge(struct witness *w, const struct witness_request *r, struct witness_view *view, struct buf *line, int64_t now, struct err *e)
{
	enum fate fate = COSIGNED;

	if (!witness_store_get(w->store, r->c.origin, view, e) || !keep_fork(w, r, view, now, e))
		return FORGETFUL;
	if (r->old != view->size) {
		fail(e, ERR_CONFLICT, "%llu", (unsigned long long)view->size);
		fate = STALE;
	} else if (!check_growth(r, view, e)) {
		fate = INCONSISTENT;
	} else if (!remember(w, r, line, now, e)) {
		return FORGETFUL;
	}
	return witness_store_commit(w->store, e) ? fate : FORGETFUL;
}

static enum fate
add(struct witness *w, struct span body, int64_t now, struct buf *line, struct err *e)
{
	struct witness_view view = { .note = buf_new(1) };
	struct witness_request r;
	enum fate fate;

	if (!witness_request_read(&r, body, e))
		return MALFORMED;
	fate = check_log(w, &r, e);
	if (fate != COSIGNED)
		return fate;
	if (r.old > r.c.size) {
		fail(e, ERR_INPUT, "the old size is beyond the checkpoint's");
		return OLDER_THAN_OLD;
	}
	pthread_mutex_lock(&w->lock);
	fate = witness_store_begin(w->store, e) ? judge(w, &r, &view, line, now, e) : FORGETFUL;
	witness_store_cancel(w->store);
	pthread_mutex_unlock(&w->lock);
	witness_view_drop(&view);
	return fate;
}

void
witness_add(struct witness *w, struct span body, int64_t now, struct witness_answer *out)
{
	own_struct(buf) line = buf_new(1024);
	struct err e = { ERR_NONE, "" };
	enum fate fate = add(w, body, now, &line, &e);

	*out = (struct witness_answer){ .status = status_of[fate], .type = fate == STALE ? "text/x.tlog.size" : "text/plain; charset=utf-8", .body = buf_new(2048) };
	if (fate == FORGETFUL)
		log_error("%s", e.text);
	if (fate == COSIGNED)
		buf_put_span(&out->body, buf_span(&line));
	else
		buf_printf(&out->body, "%s\n", fate == FORGETFUL ? "not now" : e.text);
}

void
witness_show(struct witness *w, const char *origin_hash, struct witness_answer *out)
{
	struct witness_view view = { .note = buf_new(1) };
	struct err e;

	*out = (struct witness_answer){ .status = 404, .type = "text/plain; charset=utf-8", .body = buf_new(2 * NOTE_MAX) };
	for (size_t i = 0; i < w->logs->nlogs; i++) {
		unsigned char digest[SHA256_LEN];
		char hex[2 * SHA256_LEN + 1];

		sha256(digest, span_str(w->logs->log[i].key.name));
		hex_text(hex, span_of(digest, sizeof(digest)));
		if (strcmp(hex, origin_hash) != 0 || view.any)
			continue;
		pthread_mutex_lock(&w->lock);
		if (!witness_store_get(w->store, w->logs->log[i].key.name, &view, &e)) {
			log_error("%s", e.text);
			out->status = 503;
		}
		pthread_mutex_unlock(&w->lock);
	}
	if (view.any) {
		out->status = 200;
		buf_put_span(&out->body, buf_span(&view.note));
	} else {
		buf_put_str(&out->body, out->status == 404 ? "no checkpoint of such a log\n" : "not now\n");
	}
	witness_view_drop(&view);
}
