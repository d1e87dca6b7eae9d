/* tests/hsm/daemon.h -- antin-hsm run by a test over a SoftHSM token of
 * softhsm.h, with the mock module in front when asked. */
#pragma once

#include <sys/types.h>

#include "base/bytes.h"
#include "hsm/remote_key.h"
#include "hsm/token.h"
#include "tests/hsm/module_mock.h"

struct daemon_options {
	const char *token, *pin;	/* pin NULL: none is given */
	bool mock;			/* module_mock.so instead of SoftHSM */
	const char *more;		/* further lines of the section */
	const char *argument;		/* one more argument, or NULL */
};

struct daemon { pid_t pid; char *name; struct buf said; };

/* True when it is ready; false when it ended before, with *code its exit code.
 * What it wrote to standard error is in said after daemon_stop, or at once when
 * it ended. */
bool daemon_start(struct daemon *, const struct daemon_options *, int *code);
/* SIGTERM; the exit code. */
int daemon_stop(struct daemon *);
/* RUN/<name>.<caller>.sock, malloc'd. */
char *daemon_socket(const struct daemon *, const char *caller);
/* The process that antin-hsm forked, by its name ("hsm-module"); 0: none. */
pid_t daemon_child(const struct daemon *, const char *name);
/* Waits up to two seconds for another module child than before. */
pid_t daemon_next_child(const struct daemon *, pid_t before);
/* The page of the mock module; made on first use. */
struct mock_page *daemon_page(void);

/*
 * One token "served" with two P-256 keys, for the tests of the processes.
 */

extern struct token_key daemon_mine, daemon_other;
/* softhsm_begin, that token, the page. */
void daemon_begin(void);
/* antin-hsm over it with these further lines; the hsm of one caller. */
struct hsm *daemon_up(struct daemon *, const char *more, bool mock, const char *caller);
/* Stops it; it ended well and said no PIN. */
void daemon_down(struct daemon *, struct hsm *);
/* Asks for a signature and verifies it. */
bool daemon_sign(struct hsm *, const struct token_key *, struct err *);
/* With daemon_mine until it works, at most ms. */
bool daemon_sign_soon(struct hsm *, int ms, struct err *);
