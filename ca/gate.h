/*
 * ca/gate.h -- certificate requests on their way to a worker of antin-verifier,
 * which decodes them (verifier/csr.h), and back.
 *
 * Requests that come at the same time share a message.  A request that kills
 * its worker is asked about again alone, so that only its own asker suffers.
 * Nothing that comes back is believed: csr_prove on one's own copy decides.
 *
 * Any number of threads.
 */
#pragma once

#include "verifier/csr.h"

struct gate;
struct gate *gate_new(const char *socket);
must_check bool gate_wait(struct gate *, int timeout_ms, struct err *);
/* csr: DER, at most CSR_MAX octets. */
must_check bool gate_pass(struct gate *, struct csr_found *, struct span csr, struct err *);
