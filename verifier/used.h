/*
 * verifier/used.h -- what a judgement relied on, for whoever keeps it with the report: the
 * path of the signer's certificate, and which CRL said what of each certificate on it.
 *
 * Octets as they were, in base64; a CRL beyond REPORT_CRL_MAX by its SHA-256.  Pure.
 */
#pragma once

#include "base/json.h"
#include "verifier/evidence.h"
#include "verifier/path.h"

/* {"path","status":[]} (report.h); owned. */
json_t *used_path(const struct path_result *);
void used_status(json_t *used, X509 *cert, const struct revocation *, int64_t as_of);
