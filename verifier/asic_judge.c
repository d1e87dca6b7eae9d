/* A container judged (asic.h): each of its signatures by who judges it alone. */
#include "verifier/asic.h"

#include "verifier/cades.h"
#include "verifier/dsig.h"
#include "verifier/foreign.h"
#include "verifier/signature.h"
#include "verifier/tst_judge.h"

#include <stdio.h>
#include <stdlib.h>

struct judging {
	struct report *out, one;	/* one: of the signature's file that is being judged */
	const struct judge_question *q;
	struct asic a;
	bool too_many;			/* signers */
	bool unknown;			/* what is signed by one that does not hold */
};

/*
 * One file of signatures.
 */

/* What it stands for is known where it holds. */
static void
judge_xades(struct judging *g, struct asic_signature *s, const struct judge_question *q)
{
	struct document_content content[CONTAINER_ENTRIES_MAX];
	size_t covered[CONTAINER_ENTRIES_MAX], place[CONTAINER_ENTRIES_MAX], n = 0;

	for (size_t i = 0; i < g->a.c.n; i++)
		if (asic_is_data(&g->a.c.entry[i])) {
			content[n] = (struct document_content){ g->a.c.entry[i].name, buf_span(&g->a.c.entry[i].octets) };
			place[n++] = i;
		}
	dsig_judge(&g->one, q, content, n, covered);
	for (size_t i = 0; i < n; i++)
		s->covers[place[i]] = covered[i] > 0;
	g->unknown |= g->one.nsignatures == 0;
	for (size_t i = 0; i < g->one.nsignatures; i++)
		g->unknown |= !g->one.signature[i].integrity;
	g->out->partial |= g->one.partial;
}

/* A manifest is signed for the files that it names. */
static void
judge_references(const struct judging *g, const struct asic_signature *s, struct judged *j)
{
	const struct container_entry *altered;

	if (j->out->verdict == VERDICT_FAILED || s->nrefs == 0)
		return;
	for (size_t i = 0; i < s->nrefs; i++)
		if (s->ref[i].digest == NULL)
			return signature_failed(j, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE, "a digest of its manifest");
	if (!asic_references_hold(&g->a, s, &altered)) {
		j->out->integrity = false;
		return signature_failed(j, VERDICT_FAILED, SUB_HASH_FAILURE, altered->name);
	}
	for (size_t i = 0; i < s->nrefs && j->out->verdict == VERDICT_PASSED; i++) {
		j->parts.used[0] = s->ref[i].digest;
		j->parts.nused = 1;
		signature_algorithms(j, g->q);
	}
}

static bool
says(const struct reasons *r, const char *en)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->at[i].en, en) == 0)
			return true;
	return false;
}

/* A file that could not be read is one signature that fails; where the file fails as a
 * whole, as for text beside its signatures, so does each in it.  What it owns goes along. */
static void
take_signature(struct report_signature *o, struct report *one, size_t i)
{
	*o = (struct report_signature)REPORT_SIGNATURE_NONE;
	if (i < one->nsignatures) {
		*o = one->signature[i];
		one->signature[i].used = NULL;
	}
	if (o->verdict == VERDICT_PASSED || one->nsignatures == 0) {
		o->verdict = one->verdict;
		o->sub = one->sub;
		o->reasons = one->verdict == VERDICT_PASSED ? o->reasons : one->reasons;
	}
}

/* Under its file's name. */
static void
take_over(struct judging *g, const struct asic_signature *s)
{
	struct report *r = g->out;

	for (size_t i = 0; i < g->one.nsignatures || (i == 0 && g->one.nsignatures == 0); i++) {
		struct report_signature *o = &r->signature[r->nsignatures];
		struct judged j = { .out = o, .known = g->q->at };

		g->too_many = r->nsignatures == REPORT_SIGNATURES_MAX;
		if (g->too_many)
			return;
		take_signature(o, &g->one, i);
		r->nsignatures++;
		if (s->format != ASIC_XADES || o->id[0] == '\0')
			snprintf(o->id, sizeof(o->id), s->format == ASIC_STAMP ? "time-stamp-%u" : "signer-%u", (unsigned)r->nsignatures);
		snprintf(o->file, sizeof(o->file), "%s", s->entry->name);
		judge_references(g, s, &j);
	}
	for (size_t i = 0; i < g->one.remarks.n && r->remarks.n < REPORT_REASONS_MAX; i++)
		if (!says(&r->remarks, g->one.remarks.at[i].en))
			r->remarks.at[r->remarks.n++] = g->one.remarks.at[i];
}

static void
judge_one(struct judging *g, struct asic_signature *s)
{
	struct judge_question q = *g->q;
	struct span content = s->content != NULL ? buf_span(&s->content->octets) : SPAN_NONE;

	q.document = buf_span(&s->entry->octets);
	g->one = (struct report){ 0 };
	if (s->format == ASIC_CADES)
		cades_judge(&g->one, &q, &content);
	else if (s->format == ASIC_STAMP)
		tst_judge(&g->one, &q, &content);
	else
		judge_xades(g, s, &q);
	take_over(g, s);
	report_drop(&g->one);
}

/*
 * The whole.
 */

/* Whatever its signatures are worth; the first failure gives the sub-indication. */
static void
fails(struct report *r, enum sub_indication sub, enum said what, const char *value)
{
	if (r->verdict != VERDICT_FAILED) {
		r->verdict = VERDICT_FAILED;
		r->sub = sub;
		r->reasons.n = 0;
	}
	reason_add(&r->reasons, what, value, NULL);
}

/* Which signatures stand for it. */
static json_t *
signed_in(const struct asic *a, size_t file)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->nsignatures; i++)
		if (a->signature[i].covers[file])
			json_array_append_new(list, json_string(a->signature[i].entry->name));
	return list;
}

/* A time stamp is everybody's to have: beside signatures it stands for no file. */
static bool
is_signed(const struct asic *a, size_t file)
{
	bool stamped = false, others = false;

	for (size_t i = 0; i < a->nsignatures; i++) {
		if (a->signature[i].format != ASIC_STAMP && a->signature[i].covers[file])
			return true;
		stamped |= a->signature[i].covers[file];
		others |= a->signature[i].format != ASIC_STAMP;
	}
	return stamped && !others;
}

static void
name_files(struct judging *g)
{
	struct report *r = g->out;

	r->files = json_array();
	for (size_t i = 0; i < g->a.c.n; i++) {
		const struct container_entry *n = &g->a.c.entry[i];
		json_t *by = asic_is_data(n) ? signed_in(&g->a, i) : NULL;
		unsigned char hash[SHA256_LEN];
		char hex[2 * SHA256_LEN + 1];

		if (by != NULL && is_signed(&g->a, i)) {
			sha256(hash, buf_span(&n->octets));
			hex_text(hex, span_of(hash, SHA256_LEN));
			r->partial |= json_array_size(by) < g->a.nsignatures;
			json_array_append_new(r->files, json_pack("{s:s, s:s, s:O}", "name", n->name, "sha256", hex, "signed_in", by));
		} else if (by != NULL && !g->unknown) {
			fails(r, SUB_FORMAT_FAILURE, SAID_ENTRY_UNSIGNED, n->name);
		}
		json_decref(by);
	}
}

static bool
is_inside(const struct asic *a, struct span content)
{
	for (size_t i = 0; i < a->c.n; i++)
		if (asic_is_data(&a->c.entry[i]) && span_eq(buf_span(&a->c.entry[i].octets), content))
			return true;
	return false;
}

static void
judge_all(struct judging *g, const struct span *given)
{
	g->out->format = g->a.extended ? "ASiC-E" : "ASiC-S";
	for (size_t i = 0; i < g->a.nsignatures && !g->too_many; i++)
		judge_one(g, &g->a.signature[i]);
	foreign_combine(g->out);
	if (g->too_many)
		fails(g->out, SUB_FORMAT_FAILURE, SAID_TOO_MANY_SIGNERS, NULL);
	name_files(g);
	if (given != NULL && !is_inside(&g->a, *given))
		fails(g->out, SUB_HASH_FAILURE, SAID_CONTENT_NOT_INSIDE, NULL);
	if (g->out->verdict == VERDICT_PASSED && g->out->partial)
		reason_add(&g->out->remarks, SAID_ENTRIES_PARTLY_SIGNED, NULL);
	if (g->a.passed_over > 0)
		reason_add(&g->out->remarks, SAID_ARCHIVE_PASSED_OVER, NULL);
}

void
asic_judge(struct report *out, const struct judge_question *q, const struct span *given)
{
	struct judging *g = xalloc(sizeof(*g));
	struct err why = { ERR_NONE, "" };

	foreign_begin(out, q, "ASiC");
	g->out = out;
	g->q = q;
	if (asic_read(&g->a, q->document, q->policy, &why))
		judge_all(g, given);
	else
		foreign_refused(out, "ASiC", &why);
	asic_drop(&g->a);
	free(g);
}
