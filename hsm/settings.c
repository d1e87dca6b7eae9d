#include "hsm/settings.h"

#include "hsm/token.h"

#include <stddef.h>

#define FIELD(name) offsetof(struct settings, name)

const struct conf_option settings_table[] = {
	{ "run", CONF_STR, .field = FIELD(run), .doc = "folder of the sockets" },
	{ "uid_base", CONF_INT, .field = FIELD(uid_base), .max = 2000000000, .def = "0", .doc = "first user id of Antin's processes; 0: one id for all" },
	{ "token", CONF_STR, .field = FIELD(token), .doc = "label of the token" },
	{ "kind", CONF_STR, .field = FIELD(kind_word), .def = "sign", .doc = "sign, or log (the public log's own Ed25519 key)" },
	{ "module", CONF_STR, .field = FIELD(module), .def = TOKEN_SOFTHSM, .doc = "the token's PKCS#11 module" },
	{ "module_config", CONF_STR, .field = FIELD(module_config), .def = "", .doc = "SoftHSM: its configuration file (becomes SOFTHSM2_CONF)" },
	{ "writes", CONF_STR, .field = FIELD(writes), .def = "", .doc = "the one folder that the module may write to (SoftHSM: its tokens)" },
	{ "sign.ca", CONF_STR, .field = FIELD(sign_ca), .def = "", .doc = "key ids that antin-ca may sign with, or *" },
	{ "sign.signer", CONF_STR, .field = FIELD(sign_signer), .def = "", .doc = "the same for antin-signer" },
	{ "sign.tsa", CONF_STR, .field = FIELD(sign_tsa), .def = "", .doc = "the same for antin-tsa" },
	{ "sign.cli", CONF_STR, .field = FIELD(sign_cli), .def = "", .doc = "the same for the command line" },
	{ "state", CONF_STR, .field = FIELD(state), .def = "", .doc = "kind log: the folder that remembers the last checkpoint" },
	{ "origin", CONF_STR, .field = FIELD(origin), .def = "", .doc = "kind log: the log's name, first line of every checkpoint" },
	{ "deadline_ms", CONF_INT, .field = FIELD(deadline_ms), .min = 50, .max = 600000, .def = "5000", .doc = "a call into the module that takes longer costs it its process" },
	{ "start_ms", CONF_INT, .field = FIELD(start_ms), .min = 100, .max = 600000, .def = "20000", .doc = "the same for loading the module and logging in" },
	{ "connections", CONF_INT, .field = FIELD(connections), .min = 1, .max = 128, .def = "64", .doc = "connections at once" },
	{ NULL },
};

/* The callers that can be named, and where. */
static const struct { enum msg_caller caller; size_t field; const char *key; } signers[] = {
	{ CALLER_CA, FIELD(sign_ca), "sign.ca" },
	{ CALLER_SIGNER, FIELD(sign_signer), "sign.signer" },
	{ CALLER_TSA, FIELD(sign_tsa), "sign.tsa" },
	{ CALLER_CLI, FIELD(sign_cli), "sign.cli" },
};
#define SIGNERS (sizeof(signers) / sizeof(signers[0]))

static bool
acl_parse(struct acl *out, const char *text, struct err *e)
{
	for (;;) {
		size_t n;

		text += strspn(text, " ,\t");
		n = strcspn(text, " ,\t");
		if (n == 0)
			break;
		if (n == 1 && *text == '*') {
			out->all = true;
			text++;
			continue;
		}
		if (out->n == ACL_KEYS_MAX)
			return fail(e, ERR_LIMIT, "more than %d keys", ACL_KEYS_MAX);
		if (!hex_get_fixed(out->id[out->n], KEY_ID_LEN, span_of(text, n), e))
			return fail(e, ERR_INPUT, "a key id has %d hex digits", 2 * KEY_ID_LEN);
		out->n++;
		text += n;
	}
	if (out->all && out->n > 0)
		return fail(e, ERR_INPUT, "* stands alone");
	return true;
}

static bool
understand_acl(struct settings *s, struct err *e)
{
	for (size_t i = 0; i < SIGNERS; i++) {
		const char *text = *(char **)((char *)s + signers[i].field);
		struct acl *a = &s->acl[__builtin_ctz((unsigned)signers[i].caller)];

		if (!acl_parse(a, text, e))
			return fail_in(e, "%s", signers[i].key);
		if (a->all || a->n > 0)
			s->callers |= signers[i].caller;
	}
	return true;
}

static bool
understand(struct settings *s, const char *section, struct err *e)
{
	s->name = xstrdup(section);
	if (strlen(s->token) == 0 || strlen(s->token) > TOKEN_LABEL_MAX)
		return fail(e, ERR_INPUT, "[%s] token: a label has 1 to %d octets", section, TOKEN_LABEL_MAX);
	if (!understand_acl(s, e))
		return fail_in(e, "[%s]", section);
	if (strcmp(s->kind_word, "sign") == 0) {
		if (s->callers == 0)
			return fail(e, ERR_INPUT, "[%s]: nobody may sign: name keys in sign.ca, sign.signer, sign.tsa or sign.cli", section);
		if (s->state[0] != '\0' || s->origin[0] != '\0')
			return fail(e, ERR_INPUT, "[%s]: state and origin belong to kind = log", section);
		s->kind = HSM_KIND_SIGN;
		return true;
	}
	if (strcmp(s->kind_word, "log") != 0)
		return fail(e, ERR_INPUT, "[%s] kind: sign or log", section);
	if (s->callers != 0)
		return fail(e, ERR_INPUT, "[%s]: the kind log signs checkpoints only; sign.* does not belong here", section);
	if (s->state[0] == '\0' || s->origin[0] == '\0')
		return fail(e, ERR_INPUT, "[%s]: kind = log needs state and origin", section);
	s->kind = HSM_KIND_LOG;
	s->callers = CALLER_REGISTER | CALLER_CLI;	/* register/log_key.h says who may ask what */
	return true;
}

bool
settings_parse(struct settings *s, struct span text, const char *section, struct err *e)
{
	*s = (struct settings){ .kind = HSM_KIND_SIGN };
	return conf_parse(s, settings_table, text, "configuration", section, e) && understand(s, section, e);
}

bool
settings_read(struct settings *s, const char *path, const char *section, struct err *e)
{
	*s = (struct settings){ .kind = HSM_KIND_SIGN };
	return conf_read(s, settings_table, path, section, e) && understand(s, section, e);
}

bool
settings_allow(const struct settings *s, enum msg_caller who, const unsigned char id[KEY_ID_LEN])
{
	const struct acl *a = &s->acl[__builtin_ctz((unsigned)who)];

	if (a->all)
		return true;
	for (size_t i = 0; i < a->n; i++)
		if (memcmp(a->id[i], id, KEY_ID_LEN) == 0)
			return true;
	return false;
}
