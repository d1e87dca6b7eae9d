/*
 * base/own.h -- who frees what.
 *
 * An owner is declared own(TYPE) and initialised on the same line; leaving the
 * block by any path calls TYPE_drop on it.  take() hands it over:
 *
 *	own(X509) *cert = X509_new();
 *	...
 *	*out = take(&cert);
 *
 * own(T) calls T##_drop(T **) for pointer types; for structs held by value
 * (struct buf) use own_struct(buf), which calls buf_drop(struct buf *).
 */
#pragma once

#define own(T) __attribute__((cleanup(T##_drop))) T
#define own_struct(T) __attribute__((cleanup(T##_drop))) struct T
#define take(pp) ({ __typeof__(*(pp)) v_ = *(pp); *(pp) = NULL; v_; })

/* Defines T##_drop for a type with a free function that accepts NULL. */
#define OWN_WITH(T, free_fn) \
	static inline __attribute__((unused)) void T##_drop(T **p) { if (*p) free_fn(*p); *p = NULL; }

/* A file descriptor: own_fd int fd = -1; */
#define own_fd __attribute__((cleanup(fd_drop)))
void fd_drop(int *fd);

/* A malloc'd string: own_str char *s = NULL; */
#define own_str __attribute__((cleanup(str_drop)))
void str_drop(char **s);
