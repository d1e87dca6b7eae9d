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
bool forward_archived(struct call *, struct err *);
bool forward_proof(struct call *, struct err *);
bool forward_verify(struct call *, struct err *);
bool forward_lookup(struct call *, struct err *);
bool forward_hash(struct call *, struct err *);
bool forward_stamp(struct call *, struct err *);

/* What the handlers share.  A text that the daemons' frames take; the header
 * Idempotency-Key, which is needed; a request whose answer, JSON, is the reply's
 * body; an answer's text read, where what is no JSON is our fault; the status
 * that an answer (busy, too-many-tries) is in HTTP. */
must_check bool text_fits(struct span, const char *what, struct err *);
must_check bool idempotency_key(const char **out, struct call *, struct err *);
/* A number as a query or a header has it, 0 to max; NULL: the one that an absent one stands for. */
must_check bool number_read(int64_t *out, const char *text, int64_t absent, int64_t max, const char *name, struct err *);
must_check bool call_json(struct call *, struct peer *, const struct msg *request, struct err *);
must_check bool answer_read(json_t **out, struct span text, struct err *);
void answer_status_put(struct http_reply *, const json_t *answer);

/* One submission to antin-signer, under the key.  Refused for what it says, *more has
 * the problems, in the form of a refusal's own members. */
must_check bool submission_ask(json_t **answer, json_t **more, const struct api *, struct span who, const char *key, struct span text, struct err *);
/* Fresh work is 201, the same once more is 200. */
unsigned submission_status(const json_t *answer);

/* The program that asks, as the daemons know it: its client certificate, or else
 * SHA-256 of the key in "Authorization: Bearer"; empty for whoever gives
 * neither.  caller_need refuses that with 401. */
#define CALLER_MAX (16u << 10)	/* a client certificate */
must_check bool caller_of(struct buf *who, struct call *, struct err *);
must_check bool caller_need(struct buf *who, struct call *, struct err *);
/* Is it a handle, as code_plain gives it?  Handles stand in the public log, so
 * that knowing one gives no right; a code is what the paper's holder has. */
bool is_handle(const char *code);
/* May the program that asks read the permit with this handle?  antin-signer
 * says so; state: the permit's. */
must_check bool may_read(struct buf *state, struct call *, const char *handle, struct err *);
/* The permit file for the program that asks. */
must_check bool permit_fetch(struct msg *reply, struct call *, const char *code, struct err *);
/* The verifier's report on a document. */
struct verify_wish { const char *day; bool evidence, sign; };	/* day: in force on it, NULL today; evidence: with what was relied on; sign: as a JWS */
must_check bool verify_document(const struct api *, struct span document, const struct verify_wish *, struct buf *report, struct err *);
/* A request's body, with its ?day and ?evidence; refused where it is empty. */
must_check bool verify_body(struct call *, bool sign, struct buf *report, struct err *);
/* Reports that are being signed; one of it a process. */
struct seats *signings_new(void);
/* A day as a request writes it, yyyy-mm-dd; whether it exists is the verifier's to say. */
must_check bool day_fits(const char *, struct err *);

/* The SHA-256 of a file as people write it: 64 hexadecimal digits. */
must_check bool hash_fits(const char *, struct err *);

/* The answer of the verifier to what a person typed, as text, counted as a try of
 * the asker; day: that it is to hold for, NULL: today. */
must_check bool lookup_text(struct buf *out, const struct api *, const char *typed, const char *day, const char *asker, struct err *);
/* The answer of the verifier to what a person typed, counted as a try of the
 * asker; the reply has the answer's status.  day: as above.  The caller owns it. */
must_check bool lookup_answer(json_t **out, struct call *, const char *typed, const char *day, struct err *);
/* The answer of the verifier to a permit's code, counted as a try of the asker;
 * refused without a permit in it (then ERR_ABSENT, or 429 and how long to wait
 * already in the reply).  The caller owns it. */
must_check bool lookup_permit(json_t **out, struct call *, const char *code, struct err *);
/* A code or handle from an address, as the daemons keep it: separators gone,
 * letters upper case, a handle's lower case. */
must_check bool code_plain(char out[40], const char *text, struct err *);
