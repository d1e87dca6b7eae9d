#include "api/cli/keyboard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static bool
ask(struct secret *pin, const char *what, struct err *e)
{
	own_fd int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	struct termios loud, quiet;
	ssize_t n;

	if (tty < 0 || tcgetattr(tty, &loud) != 0)
		return fail(e, ERR_INPUT, "no terminal to ask for the %s at; give a file or a descriptor", what);
	quiet = loud;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	dprintf(tty, "%s: ", what);
	tcsetattr(tty, TCSAFLUSH, &quiet);
	n = read(tty, pin->octet, SECRET_MAX);
	tcsetattr(tty, TCSAFLUSH, &loud);
	dprintf(tty, "\n");
	if (n <= 0)
		return fail(e, ERR_INPUT, "no %s was typed", what);
	pin->len = (size_t)n;
	if (pin->octet[n - 1] == '\n')
		pin->len--;
	return true;
}

bool
keyboard_pin(struct secret *pin, const struct args *a, const char *prefix, const char *what, struct err *e)
{
	own_str char *file_option = xprintf("%s-file", prefix);
	own_str char *fd_option = xprintf("%s-fd", prefix);
	const char *file = args_get(a, file_option);
	const char *number = args_get(a, fd_option);
	own_fd int fd = -1;

	if (file == NULL && number == NULL)
		return ask(pin, what, e);
	if (file != NULL) {
		fd = open(file, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return fail(e, ERR_ABSENT, "cannot open %s: %s", file, strerror(errno));
	} else {
		char *end;
		long n = strtol(number, &end, 10);

		if (*end != '\0' || n < 0 || n > 1 << 20)
			return fail(e, ERR_INPUT, "--%s is a descriptor's number", fd_option);
		fd = (int)n;
	}
	return secret_read(pin, fd, e);
}

const char *
keyboard_module(const struct args *a)
{
	const char *module = args_get(a, "module");

	return module != NULL ? module : TOKEN_SOFTHSM;
}

bool
keyboard_token(struct token **out, const struct args *a, struct err *e)
{
	own_secret struct secret *pin = secret_new();
	const char *label;

	if (pin == NULL)
		return fail(e, ERR_LIMIT, "no memory that can be locked for a PIN (ulimit -l)");
	return args_need(a, "token", &label, e) &&
	    keyboard_pin(pin, a, "pin", "PIN", e) &&
	    token_open(out, keyboard_module(a), label, pin, e);
}

bool
keyboard_key(struct token_key *out, struct token *t, const X509 *cert, struct err *e)
{
	struct token_key keys[TOKEN_KEYS_MAX];
	unsigned char id[KEY_ID_LEN];
	size_t n, found = 0;

	if (cert != NULL) {
		key_id_of_cert(id, cert);
		return token_find(t, id, out, e);
	}
	if (!token_keys(t, keys, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (keys[i].alg == HSM_ECDSA_P256 && found++ == 0)
			*out = keys[i];
	if (found != 1)
		return fail(e, ERR_ABSENT, "token %s has %zu signing keys; name the certificate", token_label(t), found);
	return true;
}
