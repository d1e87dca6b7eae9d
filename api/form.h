/*
 * api/form.h -- the fields of a posted form, of both kinds that a page can send:
 * application/x-www-form-urlencoded, and multipart/form-data (RFC 7578), which a form with
 * a file needs.  Of a form with a field twice the first counts.
 *
 * Nothing is believed of a part but its name: neither its type nor a file's name is read.
 */
#pragma once

#include "api/routes.h"

/* As text, FORM_TEXT_MAX octets at most.  Absent: ERR_INPUT; another Content-Type than the
 * two: the reply has 415. */
#define FORM_TEXT_MAX 2000
must_check bool form_text(char **out, struct call *, const char *name, struct err *);
/* Empty where the form has no such field; what cannot be read is refused all the same.  *out of
 * a field lives as long as the request's body and `room`, in which what was encoded stands. */
must_check bool form_field_or_none(struct span *out, struct buf *room, struct call *, const char *name, struct err *);
must_check bool form_text_or_none(char **out, struct call *, const char *name, struct err *);
/* What the two kinds are made of; ERR_ABSENT: no such field. */
must_check bool form_value(struct buf *out, struct span form, const char *name, struct err *);
must_check bool form_part(struct span *out, struct span form, const char *type, const char *name, struct err *);
