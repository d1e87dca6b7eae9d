#include "hsm/module.h"

#include "hsm/ckr.h"

#include <libp11.h>
#include <openssl/err.h>
#include <p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

#define MODULES_MAX 4
#define LOGINS_MAX 16

struct login { CK_SLOT_ID slot; unsigned count; };

struct module {
	char *path;
	PKCS11_CTX *ctx;
	CK_FUNCTION_LIST *fn;
	PKCS11_SLOT *slots;
	unsigned nslots;
	struct login logins[LOGINS_MAX];
};

/* A module is initialised once a process whoever uses it (PKCS#11 C_Initialize),
 * so this list is the process's. */
static struct module modules[MODULES_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* What libp11 left in OpenSSL's queue, when it is a CKR. */
static bool
fail_libp11(struct err *e, enum err_class class, const char *text)
{
	int rv = ERR_get_CKR_code();

	if (rv <= 0)
		return fail_ossl(e, class, "%s", text);
	ERR_clear_error();
	return fail_ckr(e, (unsigned long)rv, "%s", text);
}

/* libp11 does not give its function list away: the same library, asked again. */
static bool
entry_points(CK_FUNCTION_LIST **out, const char *path, struct err *e)
{
	void *lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	CK_C_GetFunctionList get;
	void *symbol;

	if (lib == NULL)
		return fail(e, ERR_ABSENT, "the PKCS#11 module %s cannot be loaded: %s", path, dlerror());
	symbol = dlsym(lib, "C_GetFunctionList");
	if (symbol == NULL)
		return fail(e, ERR_ABSENT, "%s is not a PKCS#11 module: it has no C_GetFunctionList", path);
	memcpy(&get, &symbol, sizeof(get));
	if (get(out) != CKR_OK || *out == NULL)
		return fail(e, ERR_ABSENT, "the PKCS#11 module %s gives no function list", path);
	return true;
}

static bool
load_into(struct module *m, const char *path, struct err *e)
{
	if (!entry_points(&m->fn, path, e))
		return false;
	m->ctx = PKCS11_CTX_new();
	promise(m->ctx != NULL);
	if (PKCS11_CTX_load(m->ctx, path) != 0) {
		PKCS11_CTX_free(m->ctx);
		m->ctx = NULL;
		return fail_libp11(e, ERR_TOKEN, "the PKCS#11 module did not start");
	}
	m->path = xstrdup(path);
	return true;
}

bool
module_load(struct module **out, const char *path, struct err *e)
{
	bool done = false;
	size_t i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < MODULES_MAX && modules[i].path != NULL; i++)
		if (strcmp(modules[i].path, path) == 0)
			break;
	if (i == MODULES_MAX)
		fail(e, ERR_LIMIT, "more than %d PKCS#11 modules in one process", MODULES_MAX);
	else
		done = modules[i].path != NULL || load_into(&modules[i], path, e);
	if (done)
		*out = &modules[i];
	pthread_mutex_unlock(&lock);
	return done;
}

const char *
module_path(const struct module *m)
{
	return m->path;
}

static enum token_pin
pin_of(const PKCS11_TOKEN *t)
{
	if (!t->userPinSet)
		return TOKEN_PIN_UNSET;
	if (t->userPinLocked)
		return TOKEN_PIN_LOCKED;
	if (t->userPinFinalTry)
		return TOKEN_PIN_LAST_TRY;
	return t->userPinCountLow ? TOKEN_PIN_LOW : TOKEN_PIN_FINE;
}

static void
describe(struct module_token *out, struct module *m, PKCS11_SLOT *s)
{
	*out = (struct module_token){ .module = m, .fn = m->fn, .slot = PKCS11_get_slotid_from_slot(s) };
	if (s->token->initialized) {
		out->pin = pin_of(s->token);
		snprintf(out->label, sizeof(out->label), "%s", s->token->label);
	}
}

static bool
refresh(struct module *m, struct err *e)
{
	if (PKCS11_update_slots(m->ctx, &m->slots, &m->nslots) != 0)
		return fail_libp11(e, ERR_TOKEN, "the module does not list its tokens");
	ERR_clear_error();	/* libp11 leaves remarks about empty slots */
	return true;
}

static bool
find_locked(struct module_token *out, struct module *m, const char *label, struct err *e)
{
	PKCS11_SLOT *found = NULL;

	if (!refresh(m, e))
		return false;
	for (unsigned i = 0; i < m->nslots; i++) {
		const PKCS11_TOKEN *t = m->slots[i].token;

		if (t == NULL || !t->initialized || strcmp(t->label, label) != 0)
			continue;
		if (found != NULL)
			return fail(e, ERR_CONFLICT, "two tokens are labelled \"%s\": one of them has to go", label);
		found = &m->slots[i];
	}
	if (found == NULL)
		return fail(e, ERR_ABSENT, "there is no token labelled \"%s\" (looked through %u slots of %s)",
		    label, m->nslots, m->path);
	describe(out, m, found);
	return true;
}

bool
module_find(struct module_token *out, struct module *m, const char *label, struct err *e)
{
	bool done;

	pthread_mutex_lock(&lock);
	done = find_locked(out, m, label, e);
	pthread_mutex_unlock(&lock);
	return done;
}

bool
module_free_slot(struct module_token *out, struct module *m, struct err *e)
{
	bool done = false;

	pthread_mutex_lock(&lock);
	if (refresh(m, e)) {
		for (unsigned i = 0; i < m->nslots && !done; i++) {
			if (m->slots[i].token == NULL || m->slots[i].token->initialized)
				continue;
			describe(out, m, &m->slots[i]);
			done = true;
		}
		if (!done)
			fail(e, ERR_ABSENT, "%s has no slot with an empty token", m->path);
	}
	pthread_mutex_unlock(&lock);
	return done;
}

static struct login *
login_of(struct module *m, CK_SLOT_ID slot)
{
	struct login *unused = NULL;

	for (size_t i = 0; i < LOGINS_MAX; i++) {
		if (m->logins[i].count > 0 && m->logins[i].slot == slot)
			return &m->logins[i];
		if (m->logins[i].count == 0)
			unused = &m->logins[i];
	}
	promise(unused != NULL);
	unused->slot = slot;
	return unused;
}

static PKCS11_SLOT *
slot_of(struct module *m, CK_SLOT_ID id)
{
	for (unsigned i = 0; i < m->nslots; i++)
		if (PKCS11_get_slotid_from_slot(&m->slots[i]) == id)
			return &m->slots[i];
	return NULL;
}

static bool
login_locked(const struct module_token *t, const char *pin, struct err *e)
{
	struct login *l = login_of(t->module, t->slot);
	PKCS11_SLOT *s = slot_of(t->module, t->slot);

	if (l->count == 0) {
		if (s == NULL)
			return fail(e, ERR_ABSENT, "the token \"%s\" was pulled out", t->label);
		if (PKCS11_login(s, 0, pin) != 0) {
			bool wrong = ERR_get_CKR_code() == CKR_PIN_INCORRECT;

			fail_libp11(e, ERR_TOKEN, "the token refused the login");
			if (!wrong)
				return false;
			return fail(e, ERR_POLICY, "wrong PIN for the token \"%s\": one try was spent", t->label);
		}
	}
	l->count++;
	return true;
}

bool
module_login(const struct module_token *t, const struct secret *pin, struct err *e)
{
	char text[SECRET_MAX];
	bool done;

	if (pin->len == 0 || pin->len >= sizeof(text) || memchr(pin->octet, 0, pin->len) != NULL)
		return fail(e, ERR_INPUT, "a PIN has 1 to %d octets, none of them zero", SECRET_MAX - 1);
	memcpy(text, pin->octet, pin->len);
	text[pin->len] = '\0';
	pthread_mutex_lock(&lock);
	done = login_locked(t, text, e);
	pthread_mutex_unlock(&lock);
	explicit_bzero(text, sizeof(text));
	return done;
}

void
module_logout(const struct module_token *t)
{
	struct login *l;
	PKCS11_SLOT *s;

	pthread_mutex_lock(&lock);
	l = login_of(t->module, t->slot);
	promise(l->count > 0);
	s = slot_of(t->module, t->slot);
	if (--l->count == 0 && s != NULL)
		PKCS11_logout(s);
	ERR_clear_error();
	pthread_mutex_unlock(&lock);
}
