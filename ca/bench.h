/*
 * ca/bench.h -- how many durable certificates a second: requests sent, approved
 * by signed orders, certificates received, by a client of a running antin-ca.
 *
 * Keys and CSRs are made before the clock runs.  Every certificate that is
 * counted is recorded, on disk, and was verified by antin-ca.
 */
#pragma once

#include "base/msg.h"
#include "base/ossl.h"

struct ca_bench {
	const char *socket;		/* RUN/antin-ca.cli.sock */
	EVP_PKEY *key;			/* of an approver */
	X509 *cert;
	const char *agency;		/* whose officials are made up */
	unsigned connections;		/* requests at once */
	unsigned orders, together;	/* orders, and subjects of each (at most 500) */
};

struct ca_bench_result {
	double requests_per_sec;	/* CSR checked by a worker, request durable */
	double issued_per_sec;		/* order checked, certificates durable and returned */
	double whole_per_sec;		/* both, one after the other */
};

must_check bool ca_bench_issue(struct ca_bench_result *, const struct ca_bench *, struct err *);
