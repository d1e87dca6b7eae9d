/*
 * api/cli/ordering.h -- one order about certificates, from a command that has its
 * subjects already: shown, signed with the person's token, sent.
 *
 * The options are those of `antin order` (certificate, token, reason, yes).  The
 * caller has made each subject's hash of what it showed.
 */
#pragma once

#include "api/cli/http.h"
#include "verifier/order.h"

/* Borrows subjects and with. */
must_check bool order_give(const struct args *, const struct http_service *, const char *verb, struct order_subject *, size_t n, json_t *with,
    struct buf *answer, struct err *);
