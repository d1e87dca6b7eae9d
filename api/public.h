/*
 * api/public.h -- handlers that read: the files inside the program, and the
 * folder `public`, which antin-register writes and the world may copy.
 *
 * A path is letters, digits, '-', '_', '.' and '/', no segment begins with a
 * dot, no link is followed at its end; the jail allows nothing else anyway.
 */
#pragma once

#include "api/routes.h"

/* The citizen's page in the language that ?lang= asks for. */
bool page_home(struct call *, struct err *);
bool page_file(struct call *, struct err *);
bool page_health(struct call *, struct err *);
bool public_file(struct call *, struct err *);
/* The body is there: the ETag of what it says, and 304 for who has it already. */
void etag_put(struct call *, struct span what);
/* The body, for everybody but search engines; sent again only where it has changed. */
must_check bool public_unindexed(struct call *, const char *type, struct err *);
bool public_reports(struct call *, struct err *);
