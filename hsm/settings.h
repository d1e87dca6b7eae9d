/*
 * hsm/settings.h -- what one antin-hsm is told: its token, and who may sign
 * with which keys.
 *
 * The access list is closed: a caller that is not named has no socket, a key
 * that is not named cannot be used.  `sign.ca = ID ID` names keys by key id
 * (64 hex digits), `sign.ca = *` every key of the token that Antin can use.
 *
 * Read once by the keeper, before anything else; never changed.
 */
#pragma once

#include "base/conf.h"
#include "base/ossl.h"
#include "base/serve.h"
#include "hsm/proto.h"

#define ACL_KEYS_MAX 32

enum hsm_kind { HSM_KIND_SIGN, HSM_KIND_LOG };

struct acl {
	bool all;
	size_t n;
	unsigned char id[ACL_KEYS_MAX][KEY_ID_LEN];
};

struct settings {
	/* as configured */
	char *run, *module, *module_config, *token, *kind_word, *writes, *state, *origin;
	char *sign_ca, *sign_signer, *sign_tsa, *sign_cli;
	int64_t uid_base, deadline_ms, start_ms, connections;
	/* as understood */
	const char *name;		/* the section: antin-hsm-issuing */
	enum hsm_kind kind;
	unsigned callers;		/* or of msg_caller: who has a socket */
	struct acl acl[CALLERS];	/* by bit number of the caller */
};

extern const struct conf_option settings_table[];
must_check bool settings_read(struct settings *, const char *path, const char *section, struct err *);
must_check bool settings_parse(struct settings *, struct span text, const char *section, struct err *);

/* Whether a caller may sign with this key. */
bool settings_allow(const struct settings *, enum msg_caller, const unsigned char id[KEY_ID_LEN]);
