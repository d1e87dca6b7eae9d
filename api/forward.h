/*
 * api/forward.h -- handlers that pass a request on to a daemon and its answer
 * back.  Text is checked to be UTF-8 without NUL, since the daemons' frames
 * take no other; nothing else is looked into.
 */
#pragma once

#include "api/routes.h"
#include "base/json.h"

bool forward_request(struct call *, struct err *);
bool forward_order_ca(struct call *, struct err *);
bool forward_order_signer(struct call *, struct err *);
bool forward_list_ca(struct call *, struct err *);
bool forward_list_permits(struct call *, struct err *);
bool forward_certificate(struct call *, struct err *);
bool forward_submit(struct call *, struct err *);
bool forward_prepare(struct call *, struct err *);
bool forward_finish(struct call *, struct err *);
bool forward_permit(struct call *, struct err *);
bool forward_proof(struct call *, struct err *);
bool forward_verify(struct call *, struct err *);
bool forward_lookup(struct call *, struct err *);
bool forward_stamp(struct call *, struct err *);

/* The answer of the verifier to what a person typed, counted as a try of the
 * asker; the reply has the answer's status.  The caller owns it. */
must_check bool lookup_answer(json_t **out, struct call *, const char *typed, struct err *);
/* The answer of the verifier to a permit's code, counted as a try of the asker;
 * refused without a permit in it (then ERR_ABSENT, or 429 and how long to wait
 * already in the reply).  The caller owns it. */
must_check bool lookup_permit(json_t **out, struct call *, const char *code, struct err *);
/* A code or handle from an address, as the daemons keep it: separators gone,
 * letters upper case, a handle's lower case. */
must_check bool code_plain(char out[40], const char *text, struct err *);
