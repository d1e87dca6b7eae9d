/*
 * hsm/module.h -- PKCS#11 modules, the tokens in them, PIN flags and logins:
 * what libp11 does for us, and the one place that includes its header.
 *
 * A module is loaded once a process and stays; load it after fork.  libp11's
 * lists of slots are kept, never released or updated (module.c says why): a
 * look costs some kilobytes, so look at start, not in a loop.  A login is
 * counted; the last module_logout() logs out.
 *
 * Private to hsm/.  Any thread; one lock.
 */
#pragma once

#include "hsm/token.h"

struct _CK_FUNCTION_LIST;	/* the entry points, as p11-kit's pkcs11.h names them */

struct module;

struct module_token {
	struct module *module;
	struct _CK_FUNCTION_LIST *fn;
	unsigned long slot;
	enum token_pin pin;
	char label[TOKEN_LABEL_MAX + 1];
};

/* Loads and initialises the module, or gives the one loaded before. */
must_check bool module_load(struct module **out, const char *path, struct err *);
const char *module_path(const struct module *);
/* The token with this label.  ERR_ABSENT: none; ERR_CONFLICT: more than one. */
must_check bool module_find(struct module_token *out, struct module *, const char *label, struct err *);
/* A slot with a token that is not initialised yet. */
must_check bool module_free_slot(struct module_token *out, struct module *, struct err *);
/* ERR_POLICY: the PIN is wrong or locked, and one try was spent. */
must_check bool module_login(const struct module_token *, const struct secret *pin, struct err *);
void module_logout(const struct module_token *);
