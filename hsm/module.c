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

/* PKCS11_update_slots of 0.4.12 frees slots that it still lists once a token's
 * slot number changes (tried), and releasing a list closes every session of its
 * tokens: each look makes a new list, and lists are kept. */
struct slot_list { PKCS11_SLOT *slots; unsigned n; struct slot_list *older; };

struct login { CK_SLOT_ID slot; unsigned count; PKCS11_SLOT *at; };

struct module {
	char *path;
	PKCS11_CTX *ctx;
	CK_FUNCTION_LIST *fn;
	struct slot_list *lists;
	struct login logins[LOGINS_MAX];
};

/* A module is initialised once a process whoever uses it (PKCS#11 C_Initialize),
 * so this list is the process's. */
static struct module modules[MODULES_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The CKR that libp11 left in OpenSSL's queue (its "CKR code" is the number of
 * an error library, the reason is the CKR); CKR_OK if it left none. */
static CK_RV
last_ckr(void)
{
	unsigned long code = ERR_peek_last_error();

	return code != 0 && ERR_GET_LIB(code) == ERR_get_CKR_code() ? (CK_RV)ERR_GET_REASON(code) : CKR_OK;
}

static bool
fail_libp11(struct err *e, enum err_class class, const char *text)
{
	CK_RV rv = last_ckr();

	if (rv == CKR_OK)
		return fail_ossl(e, class, "%s", text);
	ERR_clear_error();
	return fail_ckr(e, rv, "%s", text);
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
look(struct module *m, struct err *e)
{
	struct slot_list *l = xalloc(sizeof(*l));

	if (PKCS11_enumerate_slots(m->ctx, &l->slots, &l->n) != 0) {
		free(l);
		return fail_libp11(e, ERR_TOKEN, "the module does not list its tokens");
	}
	ERR_clear_error();	/* libp11 leaves remarks about empty slots */
	l->older = m->lists;
	m->lists = l;
	return true;
}

static bool
find_locked(struct module_token *out, struct module *m, const char *label, struct err *e)
{
	PKCS11_SLOT *found = NULL;
	const struct slot_list *l;

	if (!look(m, e))
		return false;
	l = m->lists;
	for (unsigned i = 0; i < l->n; i++) {
		const PKCS11_TOKEN *t = l->slots[i].token;

		if (t == NULL || !t->initialized || strcmp(t->label, label) != 0)
			continue;
		if (found != NULL)
			return fail(e, ERR_CONFLICT, "two tokens are labelled \"%s\": one of them has to go", label);
		found = &l->slots[i];
	}
	if (found == NULL)
		return fail(e, ERR_ABSENT, "there is no token labelled \"%s\" (looked through %u slots of %s)",
		    label, l->n, m->path);
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
	if (look(m, e)) {
		for (unsigned i = 0; i < m->lists->n && !done; i++) {
			PKCS11_SLOT *s = &m->lists->slots[i];

			if (s->token == NULL || s->token->initialized)
				continue;
			describe(out, m, s);
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
	for (const struct slot_list *l = m->lists; l != NULL; l = l->older)
		for (unsigned i = 0; i < l->n; i++)
			if (PKCS11_get_slotid_from_slot(&l->slots[i]) == id)
				return &l->slots[i];
	return NULL;
}

/* After a wrong PIN: what the token tells of the tries that are left. */
static const char *
tries_left(const struct module_token *t)
{
	CK_TOKEN_INFO info;

	if (t->fn->C_GetTokenInfo(t->slot, &info) != CKR_OK)
		return "";
	if (info.flags & CKF_USER_PIN_LOCKED)
		return "; the PIN is locked now";
	if (info.flags & CKF_USER_PIN_FINAL_TRY)
		return "; only one is left";
	return info.flags & CKF_USER_PIN_COUNT_LOW ? "; few may be left" : "";
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
			bool wrong = last_ckr() == CKR_PIN_INCORRECT;

			fail_libp11(e, ERR_TOKEN, "the token refused the login");
			if (!wrong)
				return false;
			return fail(e, ERR_POLICY, "wrong PIN for the token \"%s\": one try was spent%s", t->label, tries_left(t));
		}
	}
	if (l->count++ == 0)
		l->at = s;
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

	pthread_mutex_lock(&lock);
	l = login_of(t->module, t->slot);
	promise(l->count > 0);
	if (--l->count == 0)
		PKCS11_logout(l->at);
	ERR_clear_error();
	pthread_mutex_unlock(&lock);
}
