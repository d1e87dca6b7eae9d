#include "api/cli/stored.h"

#include "base/clock.h"
#include "register/verbs.h"

#include <stdio.h>

void
stored_text(char *out, size_t size, const struct value *v)
{
	snprintf(out, size, "%.*s", (int)(v->null ? 0 : v->s.len), v->null ? "" : (const char *)v->s.ptr);
}

/*
 * Evidence.
 */

static bool
add_publication(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	own_str char *path = span_dup_str(c[0].s);

	return evidence_add(ctx, path, c[1].s, span_eq_str(c[0].s, "ca/root.crt"), e);
}

static bool
gather(struct stored *s, enum stored_evidence which, struct err *e)
{
	static const enum reg_type types[] = { REG_TEXT, REG_BYTES };
	static const char *const sql[] = {
		[STORED_THEN] = "SELECT path, body FROM publication WHERE path LIKE 'ca/%.crt' ORDER BY path",
		[STORED_TODAY] = "SELECT path, body FROM publication WHERE path LIKE 'ca/%.crt' OR path LIKE 'crl/%.crl' ORDER BY path",
	};

	s->evidence = evidence_new();
	if (!store_run(s->db, sql[which], NULL, types, 2, add_publication, s->evidence, NULL, e))
		return false;
	if (sk_X509_num(s->evidence->anchors) == 0)
		return fail(e, ERR_STORE, "the register publishes no root certificate: no ceremony was recorded in it");
	evidence_settle(s->evidence);
	return true;
}

bool
stored_open(struct stored *out, const char *database, const char *policy_folder, enum stored_evidence which, struct err *e)
{
	struct stored s = { NULL };

	if (!policy_load(&s.policy, policy_folder, e) || !permit_grammars_load(&s.grammars, s.policy, e) ||
	    !store_open(&s.db, database, STORE_READ, e) || !gather(&s, which, e)) {
		stored_drop(&s);
		return false;
	}
	*out = s;
	return true;
}

void
stored_drop(struct stored *s)
{
	if (s->evidence != NULL)
		evidence_free(s->evidence);
	if (s->db != NULL)
		store_free(s->db);
	if (s->grammars != NULL)
		permit_grammars_free(s->grammars);
	if (s->policy != NULL)
		policy_free(s->policy);
	*s = (struct stored){ NULL };
}

/*
 * Permits.
 */

bool
stored_file(struct buf *out, const struct stored_permit *p, struct err *e)
{
	if (p->file.len == 0)
		return permit_write(out, p->content, p->officers, SPAN_NONE, SPAN_NONE, e);
	buf_put_span(out, p->file);
	return buf_ok(out, "permit", e);
}

void
stored_judge(struct report *out, const struct stored *s, const struct stored_permit *p, struct span file, int64_t at, int64_t known_since)
{
	judge_permit(out, &(struct judge_question){ .document = file, .at = at, .day = day_in_vietnam(at), .policy = s->policy, .grammars = s->grammars,
	    .evidence = s->evidence, .known_since = known_since, .no_status_list = true, .unsealed = p->file.len == 0 });
}

/* Whatever the day: void, replaced, or withdrawn; and the latter two not restored. */
#define NOT_RESTORED(act) "EXISTS (SELECT 1 FROM permit_change w WHERE w.handle = permit.handle AND w.act = " #act " AND NOT EXISTS " \
	"(SELECT 1 FROM permit_change r WHERE r.handle = w.handle AND r.act = 5 AND r.entry > w.entry))"
#define WHAT_IT_IS \
	"CASE WHEN EXISTS (SELECT 1 FROM permit_change v WHERE v.handle = permit.handle AND v.act = 4) THEN 'void' " \
	"WHEN " NOT_RESTORED(3) " THEN 'superseded' WHEN " NOT_RESTORED(1) " THEN 'withdrawn' ELSE state END"

struct page { stored_each *each; void *ctx; unsigned char *after; };

static bool
take_permit(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct page *page = ctx;
	struct stored_permit p = { .handle = c[0].s, .state = c[1].s, .number = c[2].s, .agency = c[3].s, .kind = c[4].s, .content = c[5].s,
		.officers = c[6].s, .file = c[7].s, .sha256 = c[8].s, .recorded = INT64_MIN };
	struct entry entry;

	if (p.handle.len != HANDLE_LEN)
		return fail(e, ERR_STORE, "permit: a handle of %zu octets", p.handle.len);
	if (!c[9].null && !entry_read(&entry, c[9].s, e))
		return fail_in(e, "the entry of a permit's file");
	if (!c[9].null)
		p.recorded = entry.time;
	memcpy(page->after, p.handle.ptr, HANDLE_LEN);
	return page->each(page->ctx, &p, e);
}

#define PAGE(file, sha256, entry) "SELECT handle, " WHAT_IT_IS ", number, agency, kind, content, officers, " file ", " sha256 ", " \
	"(SELECT entry FROM log_entry WHERE idx = " entry ") FROM permit WHERE handle > $after AND officers IS NOT NULL ORDER BY handle LIMIT 64"	/* STORED_PAGE */
#define RENEWED(column, issued) "coalesce((SELECT r." column " FROM permit_renewal r WHERE r.handle = permit.handle ORDER BY r.n DESC LIMIT 1), " issued ")"

bool
stored_page(const struct stored *s, enum stored_copy which, unsigned char after[HANDLE_LEN], stored_each *each, void *ctx, uint64_t *n, struct err *e)
{
	static const enum reg_type types[] = { REG_BYTES, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_BYTES, REG_BYTES, REG_BYTES, REG_BYTES, REG_BYTES };
	static const char *const sql[] = {
		[STORED_ISSUED] = PAGE("sealed", "sha256", "issued_entry"),
		[STORED_NEWEST] = PAGE(RENEWED("sealed", "sealed"), RENEWED("sha256", "sha256"), RENEWED("entry", "issued_entry")),
	};
	unsigned char began[HANDLE_LEN];
	struct page page = { each, ctx, after };
	struct values v = { .n = 0 };

	memcpy(began, after, HANDLE_LEN);
	values_span(&v, "after", REG_BYTES, span_of(began, HANDLE_LEN));
	return store_run(s->db, sql[which], &v, types, 10, take_permit, &page, n, e);
}

/*
 * By what right.
 */

static int64_t
day_or_none(const struct value *c)
{
	return c->null ? INT64_MAX : c->i;
}

struct rights { stored_right_each *each; void *ctx; };

static bool
take_right(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	const struct rights *rights = ctx;
	const struct stored_right r = { .n = c[0].i, .held = { .person = c[1].s, .agency = c[2].s, .mode = c[3].s, .kinds = c[4].s, .from = c[5].i,
		.to = day_or_none(&c[6]), .ended = day_or_none(&c[7]), .authority_ended = day_or_none(&c[8]) },
		.entry = c[9].null ? -1 : c[9].i, .decision = c[10].s, .title = c[11].s };

	return rights->each(rights->ctx, &r, e);
}

bool
stored_rights(const struct stored *s, const unsigned char handle[HANDLE_LEN], stored_right_each *each, void *ctx, struct err *e)
{
	const struct read *read = read_find("known.appointed");
	struct rights rights = { each, ctx };
	struct values v = { .n = 0 };

	values_span(&v, "handle", REG_BYTES, span_of(handle, HANDLE_LEN));
	return store_run(s->db, read->sql, &v, read->out, read->columns, take_right, &rights, NULL, e);
}
