/*
 * api/dossier.h -- handlers of dossiers: programs report events, anybody asks by
 * the dossier's code.
 *
 * Who asks without being a program learns no permit's code or number: dossier
 * codes run on from one another.  A program with the right to read has them of
 * the permits in its scope.
 */
#pragma once

#include "api/routes.h"

/* POST /v1/dossiers/events */
bool dossier_report_run(struct call *, struct err *);
/* GET /v1/dossiers/{code} */
bool dossier_run(struct call *, struct err *);
