#include "hsm/child.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/jail.h"
#include "base/log.h"
#include "hsm/log_memory.h"
#include "hsm/token.h"
#include "register/log_key.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct child {
	const struct settings *settings;
	struct page *page;
	struct token *token;		/* NULL in a deputy */
	struct token_key keys[TOKEN_KEYS_MAX];
	size_t nkeys;
	/* kind log */
	const struct token_key *log_key;
	struct log_memory memory;
	pthread_mutex_t memory_lock;
};

/*
 * Calls into the module.
 */

static unsigned
call_begin(struct page *p)
{
	int64_t now = clock_mono_ms();

	for (unsigned i = 0; i < PAGE_SLOTS; i++) {
		int64_t none = 0;

		if (atomic_load_explicit(&p->started[i], memory_order_relaxed) == 0 &&
		    atomic_compare_exchange_strong(&p->started[i], &none, now))
			return i;
	}
	promise(!"a slot for every connection");
	return 0;
}

static void
call_end(struct page *p, unsigned slot)
{
	atomic_store(&p->started[slot], 0);
}

/* Ends this process in an orderly way, saying why: the loop sees SIGTERM, running
 * requests get their answers.  To the main thread, for only its signals reach
 * signalfd; tgkill, because the jail has no kill. */
static void
end_soon(struct child *c, const struct err *why)
{
	int ready = CHILD_READY;

	if (atomic_compare_exchange_strong(&c->page->state, &ready, CHILD_FAILED))
		c->page->why = *why;
	log_error("%s: this process ends and a new one tries", why->text);
	syscall(SYS_tgkill, getpid(), getpid(), SIGTERM);
}

static bool
sign_guarded(struct child *c, const struct token_key *key, struct span digest, struct buf *raw, struct err *e)
{
	unsigned slot = call_begin(c->page);
	bool lost = false;
	bool done = token_sign(c->token, key, digest, raw, &lost, e);

	call_end(c->page, slot);
	if (lost)
		end_soon(c, e);
	return done;
}

/*
 * Requests.
 */

/* To a caller a token that was pulled out is a token that does not work now,
 * never "no such thing"; where it was looked for is in the log. */
static bool
deputy_answers(const struct child *c, struct err *e)
{
	if (c->page->why.class == ERR_ABSENT)
		return fail(e, ERR_TOKEN, "the token \"%s\" is not in its reader", c->settings->token);
	*e = c->page->why;
	return false;
}

static const struct token_key *
key_of(const struct child *c, struct span id)
{
	for (size_t i = 0; i < c->nkeys; i++)
		if (c->keys[i].alg != HSM_ALG_NONE && memcmp(c->keys[i].id, id.ptr, KEY_ID_LEN) == 0)
			return &c->keys[i];
	return NULL;
}

/* The same refusal whether the key is absent or not this caller's. */
static bool
on_sign(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct child *c = state;
	own_struct(buf) raw = buf_new(HSM_BATCH_MAX * HSM_SIGNATURE_LEN);
	struct span digests = msg_span(in, 2);
	const struct token_key *key;

	if (c->token == NULL)
		return deputy_answers(c, e);
	key = key_of(c, msg_span(in, 0));
	if (key == NULL || !settings_allow(c->settings, who, key->id)) {
		char text[2 * KEY_ID_LEN + 1];

		hex_text(text, msg_span(in, 0));
		return fail(e, ERR_POLICY, "%s may not sign with the key %.16s...: %s does not name it for this caller",
		    caller_word(who), text, c->settings->name);
	}
	if (msg_u64(in, 1) != (uint64_t)key->alg)
		return fail(e, ERR_POLICY, "the key \"%s\" does not sign with algorithm %llu", key->label,
		    (unsigned long long)msg_u64(in, 1));
	if (digests.len == 0 || digests.len % SHA256_LEN != 0 || digests.len > HSM_BATCH_MAX * SHA256_LEN)
		return fail(e, ERR_INPUT, "1 to %d digests of %d octets are signed at once, these are %zu octets",
		    HSM_BATCH_MAX, SHA256_LEN, digests.len);
	FAULT_POINT("hsm.sign");
	for (size_t at = 0; at < digests.len; at += SHA256_LEN) {
		struct span digest = span_of(digests.ptr + at, SHA256_LEN);

		FAULT_NOTE("sign", digest);
		if (!sign_guarded(c, key, digest, &raw, e))
			return false;
	}
	FAULT_POINT("hsm.signed");
	msg_put(out, buf_span(&raw));
	return true;
}

static bool
on_keys(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct child *c = state;
	own_struct(buf) list = buf_new(HSM_MESSAGE_MAX);
	const struct token_key *mine[TOKEN_KEYS_MAX];
	size_t n = 0;

	if (c->token == NULL)
		return deputy_answers(c, e);
	for (size_t i = 0; i < c->nkeys; i++)
		if (c->keys[i].alg != HSM_ALG_NONE && settings_allow(c->settings, who, c->keys[i].id))
			mine[n++] = &c->keys[i];
	cbor_put_array(&list, n);
	for (size_t i = 0; i < n; i++) {
		cbor_put_array(&list, 4);
		cbor_put_bytes(&list, span_of(mine[i]->id, KEY_ID_LEN));
		cbor_put_uint(&list, mine[i]->alg);
		cbor_put_bytes(&list, span_of(mine[i]->spki, mine[i]->spki_len));
		cbor_put_text(&list, mine[i]->label);
	}
	if (!buf_ok(&list, "list of keys", e))
		return false;
	msg_put(out, buf_span(&list));
	return true;
}

/*
 * Kind log.
 */

static bool
sign_checkpoint(struct child *c, const struct checkpoint *next, struct span proof, struct buf *raw, struct err *e)
{
	own_struct(buf) text = buf_new(1024);

	if (!log_memory_allows(&c->memory, next, proof, e))
		return false;
	if (!log_memory_advance(&c->memory, next, e)) {
		end_soon(c, e);	/* a failed fsync is not tried again */
		return false;
	}
	checkpoint_text(&text, next);
	FAULT_NOTE("checkpoint", buf_span(&text));
	FAULT_POINT("hsm.log.sign");
	return buf_ok(&text, "checkpoint", e) && sign_guarded(c, c->log_key, buf_span(&text), raw, e);
}

static bool
on_checkpoint(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct child *c = state;
	own_struct(buf) raw = buf_new(HSM_SIGNATURE_LEN);
	struct checkpoint next = { .size = 0 };
	bool done;

	if (c->token == NULL)
		return deputy_answers(c, e);
	if (msg_span(in, 0).len >= sizeof(next.origin))
		return fail(e, ERR_INPUT, "an origin of %zu octets", msg_span(in, 0).len);
	strcpy(next.origin, msg_str(in, 0));
	next.size = msg_u64(in, 1);
	memcpy(next.root.octet, msg_span(in, 2).ptr, HASH_LEN);
	pthread_mutex_lock(&c->memory_lock);
	done = sign_checkpoint(c, &next, msg_span(in, 3), &raw, e);
	pthread_mutex_unlock(&c->memory_lock);
	if (!done) {
		log_warn("checkpoint refused: %s", e->text);
		return false;
	}
	FAULT_POINT("hsm.log.signed");
	msg_put(out, buf_span(&raw));
	return true;
}

static bool
on_public(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct child *c = state;

	if (c->token == NULL)
		return deputy_answers(c, e);
	FAULT_POINT("hsm.log.public");
	msg_put(out, span_of(c->log_key->spki + c->log_key->spki_len - NOTE_KEY_LEN, NOTE_KEY_LEN));
	pthread_mutex_lock(&c->memory_lock);
	msg_put_u64(out, c->memory.last.size);
	pthread_mutex_unlock(&c->memory_lock);
	return true;
}

/*
 * Routes.
 */

static const struct msg_type sign_types[] = { HSM_MESSAGES(MSG_TYPE) };
static const struct msg_type log_types[] = { LOG_KEY_MESSAGES(MSG_TYPE) };
#define TYPES(table) (sizeof(table) / sizeof((table)[0]))

static const struct { uint16_t id; serve_handler *run; } handlers[] = {
	{ HSM_KEYS, on_keys }, { HSM_SIGN, on_sign },
	{ LOG_KEY_CHECKPOINT, on_checkpoint }, { LOG_KEY_PUBLIC, on_public },
};

static serve_handler *
handler_of(uint16_t id)
{
	for (size_t i = 0; i < TYPES(handlers); i++)
		if (handlers[i].id == id)
			return handlers[i].run;
	promise(!"a handler for every message");
	return NULL;
}

const struct serve_route *
child_routes(const struct settings *s, size_t *n)
{
	static struct serve_route routes[8];
	const struct msg_type *types = s->kind == HSM_KIND_LOG ? log_types : sign_types;

	*n = s->kind == HSM_KIND_LOG ? TYPES(log_types) : TYPES(sign_types);
	promise(*n <= TYPES(routes));
	for (size_t i = 0; i < *n; i++) {
		routes[i] = (struct serve_route){ .type = types[i], .run = handler_of(types[i].id) };
		routes[i].type.callers &= s->callers;
	}
	return routes;
}

/*
 * Start.
 */

static void
ring(const struct child_job *j)
{
	uint64_t one = 1;

	if (write(j->bell, &one, sizeof(one)) != sizeof(one))
		log_error("the keeper's bell: %m");
}

_Noreturn static void
give_up(const struct child_job *j, const struct err *e)
{
	j->page->why = *e;
	atomic_store(&j->page->state, CHILD_FAILED);
	ring(j);
	_exit(1);
}

/* Looks before it logs in: a try is only spent on a PIN that stands well, or by
 * a person. */
static bool
log_in(struct child *c, const struct child_job *j, struct err *e)
{
	const struct settings *s = c->settings;
	enum token_pin pin;
	bool done;

	if (!token_pin_state(s->module, s->token, &pin, e))
		return false;
	done = j->attended ? token_open(&c->token, s->module, s->token, j->pin, e)
	    : token_open_unattended(&c->token, s->module, s->token, j->pin, e);
	if (!done && e->class == ERR_POLICY && (j->attended || pin == TOKEN_PIN_FINE))
		atomic_store(&j->page->pin_refused, true);
	return done;
}

/* Every key that the configuration names is there. */
static bool
check_acl(const struct child *c, struct err *e)
{
	for (unsigned bit = 0; bit < CALLERS; bit++) {
		const struct acl *a = &c->settings->acl[bit];

		for (size_t i = 0; i < a->n; i++) {
			char text[2 * KEY_ID_LEN + 1];

			if (key_of(c, span_of(a->id[i], KEY_ID_LEN)) != NULL)
				continue;
			hex_text(text, span_of(a->id[i], KEY_ID_LEN));
			return fail(e, ERR_ABSENT, "sign.%s names the key %.16s..., which is not on the token \"%s\"",
			    caller_word((enum msg_caller)(1u << bit)), text, c->settings->token);
		}
	}
	return true;
}

static bool
enter_jail(const struct settings *s, struct err *e)
{
	struct jail_path paths[3] = { { NULL, false } };
	struct jail jail = { .abilities = JAIL_THREADS | JAIL_INET, .paths = paths };
	unsigned n = 0;

	if (s->writes[0] != '\0')
		paths[n++] = (struct jail_path){ s->writes, true };
	if (s->state[0] != '\0')
		paths[n++] = (struct jail_path){ s->state, true };
	if (n > 0)
		jail.abilities |= JAIL_READ | JAIL_WRITE;
	return jail_enter(&jail, e);
}

/* The token of the log holds one Ed25519 key, and what it signed last is known. */
static bool
open_log(struct child *c, const struct child_job *j, struct err *e)
{
	const struct settings *s = c->settings;

	if (s->kind != HSM_KIND_LOG)
		return true;
	for (size_t i = 0; i < c->nkeys; i++) {
		if (c->keys[i].alg != HSM_ED25519)
			continue;
		if (c->log_key != NULL)
			return fail(e, ERR_CONFLICT, "the token \"%s\" has two Ed25519 keys: which is the log's?", s->token);
		c->log_key = &c->keys[i];
	}
	if (c->log_key == NULL)
		return fail(e, ERR_ABSENT, "the token \"%s\" has no Ed25519 key", s->token);
	if (j->begin_log && !log_memory_begin(s->state, c->log_key->id, s->origin, e))
		return false;
	pthread_mutex_init(&c->memory_lock, NULL);
	return log_memory_open(&c->memory, s->state, c->log_key->id, s->origin, e);
}

static bool
start(struct child *c, const struct child_job *j, struct err *e)
{
	return log_in(c, j, e) && token_keys(c->token, c->keys, &c->nkeys, e) &&
	    check_acl(c, e) && open_log(c, j, e) && enter_jail(c->settings, e);
}

_Noreturn static void
serve_until_told(const struct child_job *j, struct child *c)
{
	struct err e;

	if (!serve_run(j->serve, c, &e))
		log_warn("%s", e.text);
	_exit(0);
}

void
child_run(const struct child_job *j)
{
	static struct child c;
	struct err e = { ERR_NONE, "" };

	prctl(PR_SET_NAME, "hsm-module");
	c = (struct child){ .settings = j->settings, .page = j->page };
	/* Locks are not inherited by a fork. */
	if (mlock(j->pin, sizeof(*j->pin)) != 0)
		fail(&e, ERR_BUG, "cannot lock the PIN in memory: %m");
	else
		start(&c, j, &e);
	secret_free(j->pin);
	if (e.class != ERR_NONE)
		give_up(j, &e);
	atomic_store(&j->page->state, CHILD_READY);
	ring(j);
	serve_until_told(j, &c);
}

void
deputy_run(const struct child_job *j)
{
	static struct child c;
	struct jail jail = { .abilities = JAIL_THREADS | JAIL_INET };
	struct err e;

	prctl(PR_SET_NAME, "hsm-deputy");
	secret_free(j->pin);
	c = (struct child){ .settings = j->settings, .page = j->page };
	if (!jail_enter(&jail, &e)) {
		log_error("%s", e.text);
		_exit(1);
	}
	serve_until_told(j, &c);
}
