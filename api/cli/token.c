/* antin token -- tokens and keys: init, key, list. */
#include "api/cli/command.h"
#include "api/cli/keyboard.h"

#include <stdio.h>

const struct arg_option token_options[] = {
	KEYBOARD_OPTIONS,
	{ "so-pin-file", "FILE", false, "init: read the security officer's PIN from this file" },
	{ "so-pin-fd", "N", false, "init: or from this descriptor" },
	{ "algorithm", "NAME", false, "key: p256 (default) or ed25519 (the log's own token)" },
	{ "label", "TEXT", false, "key: label of the new key (the key id)" },
	{ NULL },
};

static bool
print_key(const struct args *a, const struct token *t, const struct token_key *k, struct err *e)
{
	own_struct(buf) uri = buf_new(4096);
	char id[2 * KEY_ID_LEN + 1];

	hex_text(id, span_of(k->id, KEY_ID_LEN));
	if (!token_key_uri(&uri, t, k, e))
		return false;
	if (a->json) {
		own(json_t) *j = json_pack("{s:s, s:s, s:s}", "id", id, "label", k->label, "uri", buf_str(&uri));

		promise(j != NULL);
		command_print_json(j);
	} else {
		printf("%s  %s\n", id, buf_str(&uri));
	}
	return true;
}

static bool
token_init(const struct args *a, struct err *e)
{
	own_secret struct secret *so_pin = secret_new();
	own_secret struct secret *pin = secret_new();
	const char *label;

	if (so_pin == NULL || pin == NULL)
		return fail(e, ERR_LIMIT, "no memory that can be locked for a PIN (ulimit -l)");
	if (!args_need(a, "token", &label, e) ||
	    !keyboard_pin(so_pin, a, "so-pin", "PIN of the security officer", e) ||
	    !keyboard_pin(pin, a, "pin", "new PIN", e) ||
	    !token_create(keyboard_module(a), label, so_pin, pin, e))
		return false;
	if (!a->json)
		printf("token %s made\n", label);
	return true;
}

static bool
token_make_key(const struct args *a, struct err *e)
{
	const char *name = args_get(a, "algorithm");
	enum hsm_alg alg = name == NULL || strcmp(name, "p256") == 0 ? HSM_ECDSA_P256
	    : strcmp(name, "ed25519") == 0 ? HSM_ED25519 : HSM_ALG_NONE;
	own_token struct token *t = NULL;
	struct token_key key;

	if (alg == HSM_ALG_NONE)
		return fail(e, ERR_INPUT, "--algorithm is p256 or ed25519");
	return keyboard_token(&t, a, e) &&
	    token_generate(t, alg, args_get(a, "label"), &key, e) && print_key(a, t, &key, e);
}

static bool
token_list(const struct args *a, struct err *e)
{
	own_token struct token *t = NULL;
	struct token_key keys[TOKEN_KEYS_MAX];
	size_t n;

	if (!keyboard_token(&t, a, e) || !token_keys(t, keys, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!print_key(a, t, &keys[i], e))
			return false;
	return true;
}

int
command_token(const struct args *a)
{
	static const struct { const char *word; bool (*run)(const struct args *, struct err *); } verbs[] = {
		{ "init", token_init }, { "key", token_make_key }, { "list", token_list },
	};
	struct err e;

	for (size_t i = 0; a->nwords == 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].word, a->word[0]) == 0)
			return verbs[i].run(a, &e) ? 0 : command_refuse(a, &e);
	fail(&e, ERR_INPUT, "antin token init, key or list");
	return command_usage(a, &e);
}
