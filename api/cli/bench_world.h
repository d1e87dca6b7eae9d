/*
 * api/cli/bench_world.h -- a small demonstration authority for one run of
 * `antin bench`: tokens, ceremony and daemons in a folder below /tmp, made by
 * this same executable, removed again.
 *
 * Its people (approver, security officer, officer, clerk) have their keys in
 * this process, so that what is measured is the authority and not the person.
 */
#pragma once

#include "api/cli/bench_witness.h"
#include "api/cli/http.h"
#include "base/ossl.h"
#include "verifier/order.h"

struct bench_dir { char path[64]; };	/* below /tmp; removed with all it holds */
must_check bool bench_dir_make(struct bench_dir *, struct err *);
void bench_dir_drop(struct bench_dir *);

enum bench_who { BENCH_APPROVER, BENCH_SECURITY, BENCH_OFFICER, BENCH_CLERK, BENCH_PEOPLE };

struct bench_world {
	struct bench_dir dir;
	char *url;			/* http://127.0.0.1:port */
	struct http_service api;	/* that, without a key */
	uint16_t port;
	pid_t up;
	struct bench_witness witness;	/* none, unless asked for */
	struct { EVP_PKEY *key; X509 *cert; } who[BENCH_PEOPLE];
	X509 *service;			/* whose tickets are believed */
};

must_check bool bench_world_start(struct bench_world *, bool witnessed, struct err *);
/* Its daemons end; folder and people stay.  And again. */
void bench_world_stop(struct bench_world *);
must_check bool bench_world_again(struct bench_world *, struct err *);
void bench_world_drop(struct bench_world *);

/* Officer and clerk with certificates and appointments, a seal, a book, a
 * program whose key is BENCH_API_KEY. */
#define BENCH_API_KEY "bench-4711"
#define BENCH_AGENCY "H99.17"
must_check bool bench_world_staff(struct bench_world *, struct err *);
must_check bool bench_world_program(struct bench_world *, struct err *);	/* the program alone */

/* An order about subjects; answer may be NULL. */
must_check bool bench_order(json_t **answer, const struct bench_world *, enum bench_who, const char *verb,
    struct order_subject *, size_t n, const json_t *with, struct err *);
/* The signed order alone. */
must_check bool bench_order_cms(struct buf *cms, const struct bench_world *, enum bench_who, const char *verb,
    struct order_subject *, size_t n, const json_t *with, struct err *);
/* As the program that may submit and read; the request's service is the world's. */
must_check bool bench_call(struct buf *out, const struct bench_world *, const struct http_request *, struct err *);
must_check bool bench_json(json_t **answer, const struct bench_world *, const char *path, const json_t *body, struct err *);
must_check bool bench_get(struct buf *out, const struct bench_world *, const char *path, struct err *);
must_check bool bench_sign_digest(unsigned char raw[64], EVP_PKEY *, const unsigned char digest[SHA256_LEN], struct err *);
X509 *bench_self_signed(EVP_PKEY *);
/* PKCS#10 in DER. */
void bench_csr(struct buf *der, EVP_PKEY *key);
/* `antin WORDS...` (one string, words apart by a space); DIR in the words stands
 * for the folder.  bench_self runs it to its end. */
pid_t bench_spawn(const struct bench_dir *, const char *words);
must_check bool bench_self(const struct bench_dir *, const char *words, struct err *);
/* Another program, in the same way. */
must_check bool bench_program(const struct bench_dir *, const char *program, const char *words, struct err *);
/* The greatest VmHWM of the world's processes of this name, in megabytes. */
must_check bool bench_memory(double *mb, const struct bench_world *, const char *daemon, struct err *);
