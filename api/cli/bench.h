/*
 * api/cli/bench.h -- the rows of `antin bench`, a file each.
 *
 * A row measures its figure and, in the same run, the limit that physics, the
 * token, the disk or a peer sets; the ratio is what holds from machine to
 * machine.  Rows print nothing.
 */
#pragma once

#include "api/cli/bench_world.h"
#include "ca/serial.h"
#include "hsm/token.h"

#define BENCH_SECS 2.0

struct runner;

/* A register of a million entries, and what one under load showed (bench_log.c). */
struct bench_log {
	struct bench_dir dir;
	char *database;
	struct runner *runner, *small;
	uint64_t next, small_next;	/* number of the next entry's subject */
	double little_more, draft_more;	/* % */
	struct bench_world loaded;	/* with witnesses */
	double checkpoint_ms, cosigned_ms, memory_mb;
	size_t units;
};
void bench_log_drop(struct bench_log *);

/* An authority with a hundred thousand certificates (bench_city.c). */
#define BENCH_CITY 100000
struct bench_city { struct bench_world world; X509 *issuing; bool founded; };
void bench_city_drop(struct bench_city *);
/* Their serial numbers, n from 0. */
struct serial bench_city_serial(uint64_t n);

/* What rows share: an authority, started when the first row asks for it. */
struct bench {
	struct bench_world world;
	bool started, staffed;
	const char *database;		/* an empty one on a server; NULL: none is at hand */
	struct buf permit;		/* one that was sealed; empty until then */
	double seal_per_sec, prepare_ms;	/* when it was */
	struct bench_many *many;	/* bench_many.c; NULL until then */
	struct bench_dir token_dir;	/* SoftHSM is told once a process where tokens lie */
	struct token *token;
	struct token_key key;
	struct bench_log log;
	struct bench_city city;
};

struct figure {
	double value, limit;
	const char *unit, *limit_is;
	double target;			/* of value / limit; 0: none */
	double beside;			/* a second limit; 0: none */
	const char *beside_is;
	bool at_most;			/* the limit is the target, and less is better */
	char text[96];			/* room for a limit_is with numbers */
};

must_check bool bench_token_sign(struct bench *, struct figure *, struct err *);
must_check bool bench_register_append(struct bench *, struct figure *, struct err *);
must_check bool bench_postgres_append(struct bench *, struct figure *, struct err *);
must_check bool bench_growth_log(struct bench *, struct figure *, struct err *);
must_check bool bench_growth(struct bench *, struct figure *, struct err *);
must_check bool bench_proof(struct bench *, struct figure *, struct err *);
must_check bool bench_checkpoint(struct bench *, struct figure *, struct err *);
must_check bool bench_cosigned(struct bench *, struct figure *, struct err *);
must_check bool bench_register_memory(struct bench *, struct figure *, struct err *);
must_check bool bench_issue(struct bench *, struct figure *, struct err *);
must_check bool bench_ocsp_get(struct bench *, struct figure *, struct err *);
must_check bool bench_issue_stored(struct bench *, struct figure *, struct err *);
must_check bool bench_search(struct bench *, struct figure *, struct err *);
must_check bool bench_start(struct bench *, struct figure *, struct err *);
must_check bool bench_crl(struct bench *, struct figure *, struct err *);
must_check bool bench_seal(struct bench *, struct figure *, struct err *);
must_check bool bench_prepare(struct bench *, struct figure *, struct err *);
must_check bool bench_batch(struct bench *, struct figure *, struct err *);
must_check bool bench_batch_memory(struct bench *, struct figure *, struct err *);
must_check bool bench_event(struct bench *, struct figure *, struct err *);
must_check bool bench_verify_warm(struct bench *, struct figure *, struct err *);
must_check bool bench_verify_cold(struct bench *, struct figure *, struct err *);
must_check bool bench_verify_process(struct bench *, struct figure *, struct err *);
must_check bool bench_verify_memory(struct bench *, struct figure *, struct err *);
must_check bool bench_verify_hostile(struct bench *, struct figure *, struct err *);
must_check bool bench_verify_attacks(struct bench *, struct figure *, struct err *);

/* Starts it, once; staff: with officer, clerk, seal, program and book too. */
must_check bool bench_authority(struct bench *, bool staff, struct err *);
/* Permits sealed, once; the file of one is kept in b->permit. */
must_check bool bench_permit(struct bench *, struct err *);
/* Founds it, once. */
must_check bool bench_city(struct bench *, struct err *);
/* C_Sign of P-256 on this process's own SoftHSM token. */
must_check bool bench_raw_sign(struct bench *, double *per_sec, struct err *);

/* ECDSA verifications that a verdict on one of them truly needs. */
unsigned bench_verdict_needs(void);
/* The i-th permit that is submitted, as JSON in one line. */
void bench_submission(struct buf *, size_t i);

/* Requests over HTTP and orders of BENCH_ORDER on them; how long both took.
 * round: other people than in another. */
#define BENCH_ORDER ORDER_SUBJECTS_MAX
must_check bool bench_issue_some(struct bench_world *, unsigned round, size_t orders, double *secs, struct err *);
/* A daemon of its own, beside the world's: from exec to ready, added to *ms. */
must_check bool bench_daemon(pid_t *, double *ms, const struct bench_world *, const char *program, const char *config, struct err *);
void bench_daemon_end(pid_t);
