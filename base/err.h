/*
 * base/err.h -- how a function says no.
 *
 * A function that can fail returns bool ("done") and takes a struct err last;
 * the line that knows what went wrong writes one sentence into it with fail().
 * Verdicts are not errors: a judgement has a type of its own.
 *
 * A class tells the caller what to do, the text tells a person what happened:
 * what, where, which rule.  No key, PIN or personal data goes into a text.  A
 * rule that programs tell from others has a code, and words for people in
 * Vietnamese; where there is none both are empty.
 *
 * promise() is for what we ourselves guarantee; broken, the process ends, also
 * in a release build: a supervised process that restarts is safer than one that
 * goes on half-initialised.
 */
#pragma once

#include <stdbool.h>

enum err_class {
	ERR_NONE = 0,
	ERR_INPUT,	/* the peer's bytes are malformed           -> 400 */
	ERR_POLICY,	/* well-formed, and we refuse it            -> 403 */
	ERR_ABSENT,	/* no such certificate, key, profile        -> 404 */
	ERR_LIMIT,	/* a stated bound was reached               -> 413 */
	ERR_TOKEN,	/* the token said no; the text names its CKR_ -> 503 */
	ERR_STORE,	/* the database or the disk said no         -> 503 */
	ERR_CONFLICT,	/* changed since you looked; not now        -> 409 */
	ERR_LATER,	/* busy or waiting for something            -> 503 */
	ERR_BUG,	/* a promise of ours is broken              -> 500 */
	ERR_CLASSES
};

struct err {
	enum err_class class;
	char text[256];
	char code[32];		/* "rsa-length" ...: of the rule, or empty */
	char vi[256];		/* the rule's words, or empty */
};

/* sentence: English, NULL where the line that refuses says more than the rule. */
struct err_rule { enum err_class class; const char *sentence, *code, *vi; };

#define must_check __attribute__((warn_unused_result))

/* Fills e and returns false, so that a refusal is one statement.  A text too
 * long is cut at a character boundary. */
bool fail(struct err *e, enum err_class, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same under a rule; fail_by says the rule's own sentence. */
bool fail_rule(struct err *e, const struct err_rule *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool fail_by(struct err *e, const struct err_rule *);
/* Puts the text that e already holds under a rule; returns false. */
bool fail_as(struct err *e, const struct err_rule *);
/* Code and words as they came in a message; NULL: none.  Returns false. */
bool fail_named(struct err *e, const char *code, const char *vi);

/* Puts "where: " before the text that e already holds; returns false. */
bool fail_in(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "input", "policy" ...: the machine-readable word for a class. */
const char *err_word(enum err_class);
/* The class for a word, ERR_BUG for a word that is none. */
enum err_class err_from_word(const char *word);

/* The exit code of the command-line contract: 0, 1, 70 or 75. */
int err_exit(enum err_class);
/* The HTTP status. */
int err_http(enum err_class);

_Noreturn void promise_broken(const char *what, const char *file, int line);
#define promise(cond) ((cond) ? (void)0 : promise_broken(#cond, __FILE__, __LINE__))
