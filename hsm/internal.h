/*
 * hsm/internal.h -- an open token as the files of hsm/ see it.
 *
 * Sessions are taken for one call each and given back; one that failed is
 * closed instead.  The first session, `home`, keeps the login alive.
 */
#pragma once

#include "hsm/ckr.h"
#include "hsm/module.h"

#include <p11-kit/pkcs11.h>
#include <pthread.h>

#define TOKEN_SESSIONS 64

struct token {
	struct module_token at;
	CK_FUNCTION_LIST *fn;
	CK_SESSION_HANDLE home;
	pthread_mutex_t lock;
	CK_SESSION_HANDLE idle[TOKEN_SESSIONS];
	unsigned nidle;
};

must_check bool session_take(struct token *, CK_SESSION_HANDLE *, struct err *);
void session_give(struct token *, CK_SESSION_HANDLE);
void session_close(struct token *, CK_SESSION_HANDLE);

/* At most max objects that match; *n of them. */
must_check bool objects_find(struct token *, CK_SESSION_HANDLE, CK_ATTRIBUTE *match, CK_ULONG nmatch,
    CK_OBJECT_HANDLE *out, CK_ULONG max, CK_ULONG *n, struct err *);
/* The SubjectPublicKeyInfo (DER) of the public half with this CKA_ID; ERR_ABSENT
 * for a kind that Antin does not use. */
must_check bool public_half(struct token *, CK_SESSION_HANDLE, struct span cka_id,
    struct token_key *out, struct err *);
