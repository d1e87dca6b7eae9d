#include "hsm/child.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "base/jail.h"
#include "base/log.h"
#include "hsm/token.h"

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

/* Ends this process in an orderly way: the loop sees SIGTERM, running requests
 * get their answers.  To the main thread, for only its signals reach signalfd;
 * tgkill, because the jail has no kill. */
static void
end_soon(void)
{
	syscall(SYS_tgkill, getpid(), getpid(), SIGTERM);
}

static bool
sign_guarded(struct child *c, const struct token_key *key, struct span digest, struct buf *raw, struct err *e)
{
	unsigned slot = call_begin(c->page);
	bool lost = false;
	bool done = token_sign(c->token, key, digest, raw, &lost, e);

	call_end(c->page, slot);
	if (lost) {
		log_error("%s: this process ends and a new one tries", e->text);
		end_soon();
	}
	return done;
}

/*
 * Requests.
 */

static bool
deputy_answers(const struct child *c, struct err *e)
{
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
	own_struct(buf) raw = buf_new(HSM_SIGNATURE_LEN);
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
	if (!sign_guarded(c, key, msg_span(in, 2), &raw, e))
		return false;
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

const struct serve_route *
child_routes(const struct settings *s, size_t *n)
{
	static const struct msg_type types[] = { HSM_MESSAGES(MSG_TYPE) };
	static serve_handler *const run[] = { [HSM_KEYS - HSM_KEYS] = on_keys, [HSM_SIGN - HSM_KEYS] = on_sign };
	static struct serve_route routes[sizeof(types) / sizeof(types[0])];

	*n = sizeof(routes) / sizeof(routes[0]);
	for (size_t i = 0; i < *n; i++) {
		routes[i] = (struct serve_route){ .type = types[i], .run = run[i] };
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

static bool
start(struct child *c, const struct child_job *j, struct err *e)
{
	return log_in(c, j, e) && token_keys(c->token, c->keys, &c->nkeys, e) &&
	    check_acl(c, e) && enter_jail(c->settings, e);
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
