#include "api/cli/bundle.h"

#include "api/cli/permit_check.h"
#include "register/log_state.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * The log.
 */

struct covering { struct buf *note; int64_t beyond; bool found; };

static bool
take_note(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct covering *k = ctx;

	if (k->found || c[0].i <= k->beyond)
		return true;
	k->found = true;
	buf_put_span(k->note, c[1].s);
	return buf_ok(k->note, "checkpoint", e);
}

/* Cosigned where that covers all; else the newest that the log alone signed. */
static bool
find_checkpoint(struct bundle *b, struct err *e)
{
	static const enum reg_type types[] = { REG_INT, REG_TEXT };
	struct covering k = { &b->note, b->h->at[b->h->n - 1].index, false };
	struct span text, signatures;

	if (!store_run(b->h->stored->db, "SELECT size, note FROM log_witnessed", NULL, types, 2, take_note, &k, NULL, e) ||
	    !store_run(b->h->stored->db, "SELECT size, note FROM log_published", NULL, types, 2, take_note, &k, NULL, e))
		return false;
	if (!k.found)
		return fail(e, ERR_LATER, "entry %lld of the log is not published yet", (long long)k.beyond);
	return note_split(&text, &signatures, buf_span(&b->note), e) && checkpoint_parse(&b->head, text, e);
}

/* Of each witness of the policy that has cosigned it. */
static bool
add_witnesses(struct bundle *b, struct err *e)
{
	const struct log_policy *p = b->witnesses;
	struct quorum q;

	if (p == NULL)
		return true;
	if (!log_policy_quorum(&q, p, buf_span(&b->note), e))
		return false;
	if (!q.met)
		return fail(e, ERR_LATER, "the checkpoint of %llu entries is not cosigned as the policy of witnesses asks", (unsigned long long)b->head.size);
	for (size_t i = 0; i < p->nwitnesses; i++) {
		own_struct(buf) key = buf_new(1 << 10), quoted = buf_new(1 << 10);
		char gmt[TIME_TEXT];

		if (!q.by[i])
			continue;
		note_key_text(&key, &p->witness[i].key);
		check_quote(&quoted, buf_str(&key));
		bundle_gmt(gmt, q.time[i]);
		check_add(&b->check, CHECK_COSIGNED, (const char *const[]){ "who", p->witness[i].key.name, "gmt", gmt, "key", buf_str(&key), "quoted", buf_str(&quoted), NULL });
	}
	return true;
}

static bool
take_key(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	buf_put_span(ctx, c[0].s);
	return true;
}

bool
bundle_checkpoint(struct bundle *b, struct err *e)
{
	static const enum reg_type types[] = { REG_TEXT };
	struct buf *key = bundle_add(b, "log/log.vkey");
	own_struct(buf) text = buf_new(1 << 10);
	struct note_key k;
	own_struct(buf) quoted = buf_new(1 << 10);
	char size[24];

	if (!find_checkpoint(b, e) || !store_run(b->h->stored->db, "SELECT key FROM log_published", NULL, types, 1, take_key, &text, NULL, e) ||
	    !note_key_parse(&k, buf_str(&text), e) || !note_check(buf_span(&b->note), &k, e))
		return fail_in(e, "the log's checkpoint");
	buf_printf(key, "%s\n", buf_str(&text));
	buf_put_span(bundle_add(b, "log/checkpoint"), buf_span(&b->note));
	snprintf(size, sizeof(size), "%llu", (unsigned long long)b->head.size);
	check_quote(&quoted, buf_str(&text));
	check_add(&b->check, CHECK_LOG_KEY, (const char *const[]){ "key", buf_str(&text), "quoted", buf_str(&quoted), NULL });
	check_add(&b->check, CHECK_CHECKPOINT, (const char *const[]){ "size", size, NULL });
	return add_witnesses(b, e);
}

static bool
put_path(struct bundle *b, struct buf *out, const struct history_entry *x, struct err *e)
{
	struct tile_source source = { log_tile_get, b->h->stored->db };
	struct hash path[MERKLE_PROOF_MAX], leaf;
	size_t n;

	merkle_leaf(&leaf, buf_span(&x->octets));
	if (!merkle_prove_inclusion(path, &n, (uint64_t)x->index, b->head.size, tile_node, &source, e) ||
	    !merkle_check_inclusion(&leaf, (uint64_t)x->index, b->head.size, path, n, &b->head.root, e))
		return fail_in(e, "entry %lld", (long long)x->index);
	for (size_t i = 0; i < n; i++) {
		hex_put(out, span_of(path[i].octet, HASH_LEN));
		buf_put_byte(out, '\n');
	}
	return true;
}

/* Whose record names one of the files. */
static const struct { const char *verb; enum check_step step; } recorded[] = {
	{ "permit.issue", CHECK_RECORDS_PERMIT }, { "permit.reserve_reaffirm", CHECK_RECORDS_BASE }, { "permit.reaffirm", CHECK_RECORDS_COPY },
};

bool
bundle_entry(struct bundle *b, const struct history_entry *x, struct err *e)
{
	char id[24];
	const char *what = x->order != NULL ? x->order->order.verb : x->verb != NULL ? x->verb->name : "bản ghi không còn";
	const char *const values[] = { "id", id, "what", what, "handle", b->h->hex, NULL };

	snprintf(id, sizeof(id), "%lld", (long long)x->index);
	buf_put_span(bundle_add(b, "log/%s.entry", id), buf_span(&x->octets));
	if (!put_path(b, bundle_add(b, "log/%s.path", id), x, e))
		return false;
	check_add(&b->check, CHECK_IN_LOG, values);
	if (span_eq(x->entry.handle, span_of(b->h->handle, HANDLE_LEN)))
		check_add(&b->check, CHECK_ABOUT, values);
	if (x->verb == NULL)
		return true;
	buf_put_span(bundle_add(b, "log/%s.record", id), buf_span(&x->record));
	buf_put_span(bundle_add(b, "log/%s.salt", id), span_of(x->salt, SALT_LEN));
	check_add(&b->check, CHECK_MEANS, values);
	if (x->order != NULL)
		check_add(&b->check, CHECK_RECORDS_ORDER, values);
	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++)
		if (strcmp(x->verb->name, recorded[i].verb) == 0)
			check_add(&b->check, recorded[i].step, values);
	return true;
}

/*
 * By what right the officers signed.
 */

static void
tells_step(struct bundle *b, enum check_step s, int64_t entry, const char *text)
{
	own_struct(buf) quoted = buf_new(1 << 12);
	char id[24];

	snprintf(id, sizeof(id), "%lld", (long long)entry);
	check_quote(&quoted, text);
	check_add(&b->check, s, (const char *const[]){ "id", id, "who", text, "quoted", buf_str(&quoted), NULL });
}

static bool
has_file(const struct bundle *b, const char *name)
{
	for (size_t i = 0; i < b->n; i++)
		if (strcmp(b->file[i].name, name) == 0)
			return true;
	return false;
}

/* Its entry, once; its record may be lost. */
static bool
add_appointment(struct bundle *b, const struct report_signature *s, struct err *e)
{
	own_struct(history_entry) x = { .index = -1 };
	own_str char *name = NULL;
	struct history_appointment by;

	if (!history_appointment(&by, b->h, s, e))
		return false;
	name = xprintf("log/%lld.entry", (long long)by.entry);
	if (by.entry < 0 || has_file(b, name))
		return true;
	if (!history_entry_read(&x, b->h, by.entry, e) || !bundle_entry(b, &x, e))
		return false;
	if (x.verb != NULL) {
		tells_step(b, CHECK_APPOINTED, by.entry, s->person);
		tells_step(b, CHECK_DECIDED, by.entry, by.decision);
	}
	return true;
}

bool
bundle_appointments(struct bundle *b, struct err *e)
{
	for (size_t i = 0; i < b->permit.nofficers; i++)
		if (!add_appointment(b, &b->h->report->signature[i], e))
			return false;
	return true;
}
