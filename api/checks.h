/*
 * api/checks.h -- many documents and codes judged in one request, for banks, insurers and
 * whoever else checks thousands: JSON Lines or a zip in, JSON Lines out.
 *
 *	POST /v1/verify/batch
 *
 * A line is {"code": what is printed} or {"document": base64}, each with ?"day" and ?"name"
 * (anything, given back); of a zip every file is a document, in the order of its directory, and a
 * folder or a file that cannot be read is a line that is refused.  Each is answered by a line of its
 * own, in that order, as POST /v1/verify and GET /v1/codes/{typed} answer, cut down to what
 * a program compares (report_brief); with ?full=1 the whole report.  One that is refused is
 * refused alone.
 *
 * Lines are read and answered some at a time, like a batch of submissions (groups.h).  A zip is
 * kept, sealed, and is never opened here: a process of its own takes out each file
 * (verifier/zipped.h).  Codes that are wrong are counted by address, as everywhere.
 *
 * Nothing is kept of what was judged.
 */
#pragma once

#include "api/routes.h"

#define CHECKS_LINES_MAX 10000
#define CHECKS_LINE_OCTETS_MAX (3u << 20)	/* a document of 2 MiB; a larger one goes alone */
#define CHECKS_MAX 4			/* at once */
#define CHECKS_OF_ASKER 1

extern const struct route_pieces checks_pieces;
bool checks_run(struct call *, struct err *);

/* Those that are open; one of it a process. */
struct seats *checks_new(void);
