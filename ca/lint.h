/*
 * ca/lint.h -- what a certificate must not look like, asked before it is
 * signed: one row a rule, each with its clause.
 *
 * A certificate that fails a lint is never signed (fail closed): lints guard
 * against our own mistakes, in profiles, names and code.  They read the
 * finished octets, not the plan.
 *
 * Pure; any thread.
 */
#pragma once

#include "ca/certificate.h"

/* What the lints look at; made by lint_tbs. */
struct lint_case { X509 *cert; X509 *issuer; /* NULL: self-signed */ const struct certificate_plan *plan; struct span tbs; };

struct lint {
	const char *id, *clause, *says;		/* says: the refusal's sentence */
	bool (*good)(const struct lint_case *);
};

/* The i-th lint, NULL after the last; for tests and for people. */
const struct lint *lint_nth(size_t i);

/* Decodes the octets and asks every lint.  On success the decoded certificate
 * (its signature is a placeholder) is not kept. */
must_check bool lint_tbs(struct span tbs, const struct certificate_plan *, X509 *issuer, struct err *);
