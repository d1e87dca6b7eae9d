/* What the one-stop shop's programs report of dossiers becomes entries of the
 * log; what permits came of a dossier, for programs that may read
 * (permit_life.h).
 *
 * It judges no event: form is verifier/dossier.c's, order and days are the
 * register's verb's.  Here is who may report for whom. */
#include "signer/permit_life.h"

#include "base/clock.h"
#include "base/crew.h"
#include "base/fault.h"
#include "base/log.h"
#include "verifier/dossier.h"

#include <stdio.h>
#include <stdlib.h>

#define REPORT_CREW 8		/* dossiers at once: they share the register's commits */
#define PERMIT_OF_DOSSIER 9	/* columns of dossier.permits */

/* What became of one event; zeroed: nothing yet. */
struct outcome { bool done, again; int64_t entry; struct err e; };

/* A batch at work.  Events of one dossier are done in their order, by one
 * thread; next[i] is the following event of the same dossier, head the first of
 * each. */
struct reporting {
	const struct service *s;
	const struct program *program;
	int64_t now;
	struct dossier_batch *batch;
	struct outcome outcome[DOSSIER_BATCH_MAX];
	size_t next[DOSSIER_BATCH_MAX], head[DOSSIER_BATCH_MAX], heads;
};
#define LAST SIZE_MAX

/* The dossier that an event is of: as the register has it, or a new one. */
struct dossier { bool known; unsigned char handle[HANDLE_LEN]; char kind[64]; };

static bool
find_dossier(struct dossier *d, const struct reporting *r, const struct dossier_event *x, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("dossier.by_code");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[3];

	*d = (struct dossier){ .known = false };
	reg_text(&read, "code", x->code);
	if (!reg_read(r->s->reg, &read, &rows, e) || !reg_next(&rows, c, 3, &d->known, e))
		return false;
	if (!d->known) {
		snprintf(d->kind, sizeof(d->kind), "%s", x->kind);
		return handle_draw(d->handle, r->now, e);
	}
	if (c[0].s.len != sizeof(d->handle))
		return fail(e, ERR_BUG, "a dossier's handle of %zu octets", c[0].s.len);
	memcpy(d->handle, c[0].s.ptr, sizeof(d->handle));
	snprintf(d->kind, sizeof(d->kind), "%.*s", (int)c[2].s.len, c[2].null ? "" : (const char *)c[2].s.ptr);
	return true;
}

static bool
begins(const struct dossier_event *x)
{
	return strcmp(x->step, "received") == 0 && x->corrects < 0;
}

/* A dossier of no kind of permit is for programs of every kind. */
static bool
in_scope(const struct scope *s, const struct dossier_event *x, const char *kind)
{
	return scope_has_agency(s, x->part.agency) && scope_has_kind(s, kind[0] == '\0' ? "*" : kind);
}

/* What lies outside the program's scope is answered like what is not there. */
static bool
check_may(const struct reporting *r, const struct dossier_event *x, const struct dossier *d, struct err *e)
{
	if (policy_agency(r->s->policy, x->part.agency) == NULL)
		return fail(e, ERR_INPUT, "agency-unknown: the code is of no agency of this city");
	if (x->kind[0] != '\0' && policy_kind(r->s->policy, x->kind) == NULL)
		return fail(e, ERR_INPUT, "kind-unknown: there is no such kind of permit");
	if (!in_scope(&r->program->scope, x, d->kind)) {
		if (!begins(x))
			return fail(e, ERR_ABSENT, "not-received: no such dossier was received here");
		return fail(e, ERR_POLICY, "scope: this program may not report for this agency or this kind");
	}
	if (d->known && x->kind[0] != '\0' && strcmp(d->kind, x->kind) != 0)
		return fail(e, ERR_CONFLICT, "kind-other: this dossier was received with another kind");
	return true;
}

static void
put_text_or_null(struct reg_unit *u, const char *field, const char *text)
{
	if (text != NULL && text[0] != '\0')
		reg_text(u, field, text);
	else
		reg_null(u, field);
}

static void
put_event(struct reg_unit *u, const struct reporting *r, const struct dossier_item *item, const struct dossier *d)
{
	const struct dossier_event *x = &item->event;

	reg_verb(u, "dossier.event");
	reg_bytes(u, "handle", span_of(d->handle, sizeof(d->handle)));
	reg_text(u, "agency", x->part.agency);
	put_text_or_null(u, "kind", d->kind);
	reg_text(u, "code", x->code);
	reg_int(u, "code_day", x->part.day);
	reg_text(u, "running", x->part.running);
	reg_text(u, "step", x->step);
	reg_int(u, "day", x->day);
	if (x->due != INT32_MIN)
		reg_int(u, "due", x->due);
	else
		reg_null(u, "due");
	put_text_or_null(u, "reason", x->reason);
	if (x->corrects >= 0)
		reg_int(u, "corrects", x->corrects);
	else
		reg_null(u, "corrects");
	reg_bytes(u, "program", span_of(r->program->id, sizeof(r->program->id)));
	reg_text(u, "key", x->key);
	reg_bytes(u, "sha256", span_of(item->sha256, sizeof(item->sha256)));
}

/* The same event again: the entry that it has. */
static bool
reported_before(struct outcome *out, const struct reporting *r, const struct dossier_item *item, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("dossier.reported");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[2];

	reg_bytes(&read, "program", span_of(r->program->id, sizeof(r->program->id)));
	reg_text(&read, "key", item->event.key);
	if (!reg_read(r->s->reg, &read, &rows, e) || !reg_next(&rows, c, 2, &out->again, e))
		return false;
	if (!out->again)
		return true;
	out->entry = c[1].i;
	return span_eq(c[0].s, span_of(item->sha256, sizeof(item->sha256))) ||
	    fail(e, ERR_CONFLICT, "key-used: this idempotency key was used for another event");
}

static bool
report_one(struct outcome *out, const struct reporting *r, const struct dossier_item *item, struct err *e)
{
	own_struct(reg_results) results = { .reply = msg_new(0, 1) };
	own_struct(reg_unit) u = reg_unit_new();
	struct dossier d;

	if (!item->good) {
		*e = item->e;
		return false;
	}
	if (!reported_before(out, r, item, e))
		return false;
	if (out->again)
		return true;
	if (!find_dossier(&d, r, &item->event, e) || !check_may(r, &item->event, &d, e))
		return false;
	put_event(&u, r, item, &d);
	FAULT_POINT("signer.dossier");
	if (reg_run(r->s->reg, &u, &results, e))
		return reg_result_int(&results, 0, "entry", &out->entry, e);
	/* The same event may have been quicker on another connection. */
	return e->class == ERR_CONFLICT && reported_before(out, r, item, e) && out->again;
}

static void
report_chain(void *state, size_t piece)
{
	struct reporting *r = state;

	for (size_t i = r->head[piece]; i != LAST; i = r->next[i]) {
		struct outcome *out = &r->outcome[i];

		out->done = report_one(out, r, &r->batch->item[i], &out->e);
	}
}

static void
chain(struct reporting *r)
{
	size_t *tail = xalloc(DOSSIER_BATCH_MAX * sizeof(*tail));

	for (size_t i = 0; i < r->batch->n; i++) {
		size_t h = 0;

		while (h < r->heads && strcmp(r->batch->item[r->head[h]].code, r->batch->item[i].code) != 0)
			h++;
		if (h == r->heads)
			r->head[r->heads++] = i;
		else
			r->next[tail[h]] = i;
		tail[h] = i;
		r->next[i] = LAST;
	}
	free(tail);
}

static json_t *
text_json(const char *s)
{
	json_t *j = s[0] == '\0' ? NULL : json_string(s);	/* no UTF-8: not repeated */

	return j != NULL ? j : json_null();
}

static json_t *
outcome_json(const struct outcome *o, const struct dossier_item *item, size_t i)
{
	json_t *j = json_pack("{s:i, s:o, s:b}", "index", (int)i, "dossier", text_json(item->code), "done", o->done);
	struct dossier_why why;

	promise(j != NULL);
	if (o->done) {
		json_object_set_new(j, "entry", json_integer(o->entry));
		json_object_set_new(j, "again", json_boolean(o->again));
		return j;
	}
	dossier_why(&why, &o->e);
	if (strcmp(why.word, "inside") == 0)
		log_warn("a dossier's event: %s", o->e.text);
	json_object_set_new(j, "class", json_string(err_word(o->e.class)));
	json_object_set_new(j, "code", json_string(why.word));
	json_object_set_new(j, "vi", json_string(why.vi));
	json_object_set_new(j, "en", text_json(why.en));
	return j;
}

static json_t *
results_json(const struct reporting *r)
{
	json_t *results = json_array();
	size_t done = 0;

	for (size_t i = 0; i < r->batch->n; i++) {
		done += r->outcome[i].done;
		json_array_append_new(results, outcome_json(&r->outcome[i], &r->batch->item[i], i));
	}
	return json_pack("{s:o, s:i, s:i}", "results", results, "done", (int)done, "refused", (int)(r->batch->n - done));
}

bool
dossier_report(json_t **out, const struct service *s, struct span who, const char *key, struct span events, int64_t now, struct err *e)
{
	own_struct(program) program = { .id = { 0 } };
	own_struct(dossier_batch) batch = { .n = 0 };
	struct reporting *r;

	if (key[0] == '\0' || strlen(key) > DOSSIER_KEY_MAX - 5)
		return fail(e, ERR_INPUT, "a batch has an Idempotency-Key of 1 to %d characters", DOSSIER_KEY_MAX - 5);
	if (!program_find(&program, s, who, RIGHT_REPORT, now, e) || !dossier_batch_read(&batch, events, e))
		return false;
	for (size_t i = 0; i < batch.n; i++)
		if (batch.item[i].good && batch.item[i].event.key[0] == '\0')
			snprintf(batch.item[i].event.key, sizeof(batch.item[i].event.key), "%s/%zu", key, i);
	r = xalloc(sizeof(*r));
	r->s = s;
	r->program = &program;
	r->now = now;
	r->batch = &batch;
	chain(r);
	crew_run(REPORT_CREW, r->heads, report_chain, r);
	*out = results_json(r);
	free(r);
	return true;
}

/*
 * The permits of a dossier.
 */

static json_t *
cell_json(const struct reg_cell *c)
{
	return c->null ? json_null() : json_stringn((const char *)c->s.ptr, c->s.len);
}

/* As of today. */
static bool
dossier_permit_json(json_t **out, const struct service *s, const struct reg_cell c[PERMIT_OF_DOSSIER], int64_t now, struct err *e)
{
	struct permit_row p = { .handle = c[0].s, .valid_to = c[7].null ? INT64_MAX : c[7].i, .changes = c[8].i };
	char handle[HANDLE_HEX], day[TIME_TEXT];
	const char *word;

	snprintf(p.state, sizeof(p.state), "%.*s", (int)c[3].s.len, (const char *)c[3].s.ptr);
	if (!permit_word(&word, s, &p, day_in_vietnam(now), e))
		return false;
	hex_text(handle, c[0].s);
	date_text(day, (int32_t)c[6].i);
	*out = json_pack("{s:s, s:o, s:o, s:s, s:o, s:o, s:o}", "handle", handle, "kind", cell_json(&c[1]), "agency", cell_json(&c[2]), "state", word,
	    "number", cell_json(&c[4]), "shortcode", cell_json(&c[5]), "day", c[6].null ? json_null() : json_string(day));
	return true;
}

static bool
sees(const struct program *p, const struct reg_cell c[PERMIT_OF_DOSSIER])
{
	own_str char *kind = span_dup_str(c[1].s);
	own_str char *agency = span_dup_str(c[2].s);

	return scope_has_agency(&p->scope, agency) && scope_has_kind(&p->scope, kind);
}

bool
dossier_permits(json_t **out, const struct service *s, struct span who, const char *code, int64_t now, struct err *e)
{
	own_struct(program) program = { .id = { 0 } };
	own_struct(reg_unit) read = reg_read_new("dossier.permits");
	own_struct(reg_rows) rows = { .left = 0 };
	own(json_t) *permits = json_array();
	struct reg_cell c[PERMIT_OF_DOSSIER];
	bool more;

	if (!program_find(&program, s, who, RIGHT_READ, now, e))
		return false;
	reg_text(&read, "code", code);
	if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, PERMIT_OF_DOSSIER, &more, e))
		return false;
	while (more) {
		json_t *permit;

		if (sees(&program, c)) {
			if (!dossier_permit_json(&permit, s, c, now, e))
				return false;
			json_array_append_new(permits, permit);
		}
		if (!reg_next(&rows, c, PERMIT_OF_DOSSIER, &more, e))
			return false;
	}
	*out = json_pack("{s:O}", "permits", permits);
	return true;
}
