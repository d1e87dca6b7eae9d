#include "verifier/nursery.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/jail.h"
#include "base/log.h"
#include "verifier/worker.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define NURSERY_FORK 1
#define NURSERY_ZYGOTE 2
#define LOAD_TIMEOUT_MS 30000
#define LOOK_MS 50		/* what is published is looked at no oftener */

/* What is read from public/, and watched. */
static const char *const published[] = { "ca", "crl", "status", NULL };

struct nursed { struct zygote *zygote; struct verdicts *verdicts; uint64_t seen; unsigned users; bool old; };

struct nursery { int control; const char *public, *trust; pthread_mutex_t lock; struct nursed *now; uint64_t seen; int64_t looked_ms; };

/*
 * In the nursery's process.
 */

static bool
load(struct evidence *v, const struct nursery_settings *s, struct err *e)
{
	if (!evidence_add_trust(v, s->trust, e))
		return false;
	for (size_t i = 0; published[i] != NULL; i++) {
		own_str char *folder = xprintf("%s/%s", s->public, published[i]);

		if (access(folder, R_OK) == 0 && !evidence_add_path(v, folder, e))
			return false;
	}
	return true;
}

static bool
hatch(int *control, const struct nursery_settings *s, struct err *e)
{
	own(evidence_t) *v = evidence_new();
	struct worker w = { s->policy, s->grammars, v, s->tiers };
	const struct zygote_settings z = { .state = &w, .work = worker_run, .memory_max = s->memory_max, .cpu_secs = s->cpu_secs };
	struct zygote *zygote;

	if (!load(v, s, e))
		return false;
	evidence_settle(v);
	if (!zygote_start(&zygote, &z, e))
		return false;
	*control = zygote_release(zygote);
	return true;
}

static _Noreturn void
nursery_main(const struct nursery_settings *s, int control)
{
	const struct jail_path paths[] = { { s->policy_folder, false }, { s->trust, false }, { s->public, false }, { "/dev/urandom", false }, { NULL } };
	const struct jail jail = { .abilities = JAIL_FORK | JAIL_READ, .paths = paths, .uid = s->uid, .gid = s->uid };
	struct err e;

	jail_die_with_parent();
	jail_close_others(&control, 1);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);	/* zygotes that ended are nobody's concern */
	if (!jail_enter(&jail, &e)) {
		log_error("nursery: %s", e.text);
		_exit(70);
	}
	for (;;) {
		own_struct(msg) in = msg_new(0, 16);
		own_struct(msg) out = msg_new(NURSERY_ZYGOTE, 4096);
		int zygote;

		if (!msg_recv(control, &in, 64, -1, &e))
			_exit(0);
		FAULT_POINT("verifier.nursery");
		if (hatch(&zygote, s, &e))
			msg_put_fd(&out, zygote);
		else
			msg_refuse(&out, &e);
		if (!msg_send(control, &out, LOAD_TIMEOUT_MS, &e))
			_exit(1);
	}
}

/*
 * In the broker's process.
 */

static uint64_t
mix(uint64_t h, uint64_t v)
{
	return (h ^ v) * 1099511628211u;
}

/* A number that changes when a file of the folder does. */
static uint64_t
fingerprint_of(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *f;
	struct stat st;
	uint64_t h = 0;

	while (d != NULL && (f = readdir(d)) != NULL)
		if (f->d_name[0] != '.' && fstatat(dirfd(d), f->d_name, &st, 0) == 0)
			h += mix(mix(mix(mix(14695981039346656037u, st.st_ino), (uint64_t)st.st_mtim.tv_sec), (uint64_t)st.st_mtim.tv_nsec), (uint64_t)st.st_size);
	if (d != NULL)
		closedir(d);
	return h;
}

/* What is published, and in trust other authorities' newer CRLs. */
static uint64_t
fingerprint(const struct nursery *n)
{
	uint64_t h = fingerprint_of(n->trust);

	for (size_t i = 0; published[i] != NULL; i++) {
		own_str char *folder = xprintf("%s/%s", n->public, published[i]);

		h += fingerprint_of(folder);
	}
	return h;
}

static bool
ask(struct nursery *n, struct zygote **out, struct err *e)
{
	own_struct(msg) order = msg_new(NURSERY_FORK, 16);
	own_struct(msg) reply = msg_new(0, 16);

	if (!msg_send(n->control, &order, LOAD_TIMEOUT_MS, e) || !msg_recv(n->control, &reply, 4096, LOAD_TIMEOUT_MS, e)) {
		/* Nothing can be judged any more: whoever started us starts us again. */
		log_error("the process that prepares workers is gone: %s", e->text);
		_exit(70);
	}
	if (msg_is_refusal(&reply, e))
		return false;
	if (reply.nfd != 1)
		return fail(e, ERR_BUG, "no zygote came");
	*out = zygote_adopt(msg_take_fd(&reply, 0));
	return true;
}

bool
nursery_start(struct nursery **out, const struct nursery_settings *s, struct err *e)
{
	struct nursery *n = xalloc(sizeof(*n));
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return fail(e, ERR_BUG, "socketpair: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		return fail(e, ERR_LATER, "cannot fork: %s", strerror(errno));
	if (pid == 0) {
		close(pair[0]);
		nursery_main(s, pair[1]);
	}
	close(pair[1]);
	n->control = pair[0];
	n->public = s->public;
	n->trust = s->trust;
	pthread_mutex_init(&n->lock, NULL);
	*out = n;
	return true;
}

static void
let_go(struct nursed *z)
{
	if (z == NULL || z->users > 0)
		return;
	zygote_stop(z->zygote);
	verdicts_free(z->verdicts);
	free(z);
}

static bool
renew(struct nursery *n, uint64_t seen, struct err *e)
{
	struct zygote *zygote;

	if (!ask(n, &zygote, e))
		return false;
	if (n->now != NULL) {
		n->now->old = true;
		let_go(n->now);
	}
	n->now = xalloc(sizeof(*n->now));
	*n->now = (struct nursed){ .zygote = zygote, .verdicts = verdicts_new(), .seen = seen };
	return true;
}

/* Looked at again after LOOK_MS, under the lock. */
static uint64_t
published_now(struct nursery *n)
{
	int64_t now = clock_mono_ms();

	if (n->now == NULL || now - n->looked_ms >= LOOK_MS) {
		n->seen = fingerprint(n);
		n->looked_ms = now;
	}
	return n->seen;
}

bool
nursery_zygote(struct nursed **out, struct nursery *n, struct err *e)
{
	uint64_t seen;
	bool good = true;

	pthread_mutex_lock(&n->lock);
	seen = published_now(n);
	if (n->now == NULL || n->now->seen != seen || !zygote_alive(n->now->zygote))
		good = renew(n, seen, e);
	if (good) {
		n->now->users++;
		*out = n->now;
	}
	pthread_mutex_unlock(&n->lock);
	return good;
}

struct zygote *
nursed_zygote(struct nursed *z)
{
	return z->zygote;
}

struct verdicts *
nursed_verdicts(struct nursed *z)
{
	return z->verdicts;
}

void
nursery_done(struct nursery *n, struct nursed *z)
{
	pthread_mutex_lock(&n->lock);
	z->users--;
	if (z->old)
		let_go(z);
	pthread_mutex_unlock(&n->lock);
}
