/* A submission becomes a draft: the one unsigned act, which makes a draft and
 * nothing else (permit_life.h). */
#include "signer/amend.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "signer/proto.h"
#include "verifier/proto.h"

#include <stdlib.h>

/* The worker's answer: canonical content, and facts as JSON. */
static bool
ask_gate(const struct service *s, struct span submission, const char *handle, const struct amendment *becomes, int64_t now, struct msg *reply, struct err *e)
{
	own_struct(msg) ask = msg_new(GATE_SUBMISSION, 256);
	int fd;

	if (!memfd_sealed(&fd, submission, e))
		return false;
	msg_put_u64(&ask, (uint64_t)day_in_vietnam(now));
	msg_put_u64(&ask, (uint64_t)becomes->version);
	msg_put_u64(&ask, (uint64_t)(int64_t)becomes->day);
	msg_put_str(&ask, handle);
	msg_put_fd(&ask, fd);
	return peer_call(s->verifier, &ask, reply, e);
}

static bool
in_scope(const struct program *p, const char *agency, const char *kind, struct err *e)
{
	if (!scope_has_agency(&p->scope, agency))
		return fail(e, ERR_POLICY, "this program may not submit for agency %.60s", agency);
	return scope_has_kind(&p->scope, kind) || fail(e, ERR_POLICY, "this program may not submit permits of kind %.60s", kind);
}

/* The same key again: the same draft when the octets are the same. */
static bool
seen_before(json_t **out, bool *seen, const struct service *s, struct span program, const char *key, const unsigned char digest[SHA256_LEN], struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.submitted");
	own_struct(reg_rows) rows = { .left = 0 };
	char handle[HANDLE_HEX];
	struct reg_cell c[2];
	bool more;

	reg_bytes(&read, "program", program);
	reg_text(&read, "key", key);
	*seen = false;
	if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, 2, &more, e))
		return false;
	if (!more)
		return true;
	if (!span_eq(c[1].s, span_of(digest, SHA256_LEN)))
		return fail(e, ERR_CONFLICT, "this idempotency key was used for another submission");
	hex_text(handle, c[0].s);
	*seen = true;
	*out = json_pack("{s:s, s:b}", "handle", handle, "again", 1);
	return true;
}

static void
put_amendment(struct reg_unit *u, const struct amendment *becomes)
{
	if (becomes->version == 0) {
		reg_null(u, "version");
		reg_null(u, "amends");
		return;
	}
	reg_int(u, "version", becomes->version);
	reg_bytes(u, "amends", span_of(becomes->handle, HANDLE_LEN));
}

static void
put_text_or_null(struct reg_unit *u, const char *name, const json_t *text)
{
	if (json_is_string(text))
		reg_text(u, name, json_string_value(text));
	else
		reg_null(u, name);
}

/* Which parcels it names, and where it lies. */
static bool
put_place(struct reg_unit *u, const json_t *facts, struct err *e)
{
	const json_t *plots = json_object_get(facts, "plots");
	own_struct(buf) text = buf_new(SIGNER_MESSAGE_MAX);

	put_text_or_null(u, "parcels", json_object_get(facts, "parcels"));
	if (json_is_array(plots)) {
		json_write(&text, plots);
		reg_text(u, "plots", buf_str(&text));
	} else {
		reg_null(u, "plots");
	}
	return buf_ok(&text, "where it lies", e);
}

/* What the worker said of a submission that amends another permit is held against
 * that one; then it writes the content of the version which it becomes. */
static bool
ask_amended(struct msg *reply, struct amendment *becomes, const struct service *s, const struct program *asks, struct span submission, const char *handle, const json_t *facts, int64_t now, struct err *e)
{
	const char *given = json_string_value(json_object_get(facts, "given"));
	struct amending by = { .given = given == NULL ? SPAN_NONE : span_str(given) };

	if (!json_take_str(&by.kind, facts, "kind", e) || !json_take_str(&by.agency, facts, "agency", e) ||
	    !amend_submission(becomes, s, asks, json_string_value(json_object_get(facts, "amends")), &by, day_in_vietnam(now), e))
		return false;
	msg_drop(reply);
	*reply = msg_new(0, 1);
	return ask_gate(s, submission, handle, becomes, now, reply, e);
}

static bool
record_draft(const struct service *s, const unsigned char handle[HANDLE_LEN], struct span program, const char *key,
    const unsigned char digest[SHA256_LEN], struct span content, const json_t *facts, const struct amendment *becomes, int64_t now, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	const char *kind, *agency, *dossier, *holder;
	const json_t *given = json_object_get(facts, "given"), *valid_to = json_object_get(facts, "valid_to");
	int32_t last = 0;

	if (!json_take_str(&kind, facts, "kind", e) || !json_take_str(&agency, facts, "agency", e) ||
	    !json_take_str(&dossier, facts, "dossier", e) || !json_take_str(&holder, facts, "holder", e))
		return false;
	if (content.len == 0)
		return fail(e, ERR_BUG, "the worker gave no content");
	if (json_is_string(valid_to) && !date_parse(&last, json_string_value(valid_to), e))
		return false;
	reg_verb(&u, "permit.submit");
	reg_bytes(&u, "handle", span_of(handle, HANDLE_LEN));
	reg_text(&u, "kind", kind);
	reg_text(&u, "agency", agency);
	reg_text(&u, "dossier", dossier);
	reg_text(&u, "holder", holder);
	put_text_or_null(&u, "given", given);
	put_text_or_null(&u, "converted", json_object_get(facts, "converted"));
	if (json_is_string(valid_to))
		reg_int(&u, "valid_to", last);
	else
		reg_null(&u, "valid_to");
	reg_bytes(&u, "content", content);
	reg_bytes(&u, "program", program);
	reg_text(&u, "key", key);
	reg_bytes(&u, "sha256", span_of(digest, SHA256_LEN));
	reg_int(&u, "received_day", day_in_vietnam(now));
	put_amendment(&u, becomes);
	if (!put_place(&u, facts, e))
		return false;
	FAULT_POINT("signer.submit");
	return reg_run(s->reg, &u, NULL, e);
}

bool
submit(json_t **out, const struct service *s, struct span who, const char *key, const char *submission, int64_t now, struct err *e)
{
	own_struct(msg) reply = msg_new(0, 1);
	own(json_t) *facts = NULL;
	unsigned char handle[HANDLE_LEN], digest[SHA256_LEN];
	char handle_text[HANDLE_HEX];
	own_struct(program) program = { .id = { 0 } };
	struct span id = span_of(program.id, sizeof(program.id));
	struct amendment becomes = { .version = 0 };
	const char *kind, *agency;
	bool seen;

	if (key[0] == '\0' || strlen(key) > 100)
		return fail(e, ERR_INPUT, "a submission has an Idempotency-Key of 1 to 100 characters");
	sha256(digest, span_str(submission));
	if (!program_find(&program, s, who, RIGHT_SUBMIT, now, e) || !seen_before(out, &seen, s, id, key, digest, e))
		return false;
	if (seen)
		return true;
	if (!handle_draw(handle, now, e))
		return false;
	hex_text(handle_text, span_of(handle, HANDLE_LEN));
	if (!ask_gate(s, span_str(submission), handle_text, &becomes, now, &reply, e) || !json_read(&facts, msg_span(&reply, 1), e))
		return false;
	if (json_object_get(facts, "problems") != NULL) {
		*out = take(&facts);
		return true;
	}
	if (!json_take_str(&kind, facts, "kind", e) || !json_take_str(&agency, facts, "agency", e) || !in_scope(&program, agency, kind, e))
		return false;
	if (json_is_string(json_object_get(facts, "amends")) && !ask_amended(&reply, &becomes, s, &program, span_str(submission), handle_text, facts, now, e))
		return false;
	if (!record_draft(s, handle, id, key, digest, msg_span(&reply, 0), facts, &becomes, now, e))
		/* The same key may have been quicker on another connection. */
		return e->class == ERR_CONFLICT && seen_before(out, &seen, s, id, key, digest, e) && seen;
	json_object_del(facts, "parcels");
	json_object_del(facts, "plots");
	json_object_set_new(facts, "handle", json_string(handle_text));
	json_object_set_new(facts, "version", json_integer(becomes.version == 0 ? 1 : becomes.version));
	json_object_set_new(facts, "again", json_false());
	*out = take(&facts);
	return true;
}
