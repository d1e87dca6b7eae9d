#include "verifier/worker.h"

#include "base/fault.h"
#include "base/file.h"
#include "verifier/csr.h"
#include "verifier/document.h"
#include "verifier/proto.h"
#include "verifier/proved.h"
#include "verifier/submission.h"
#include "verifier/zipped.h"

#include <stdlib.h>

#define JSON_TEXT_MAX (8u << 20)

struct mapped { struct span octets; };

static void
mapped_drop(struct mapped *m)
{
	if (m->octets.ptr != NULL)
		memfd_unmap(m->octets);
}

static bool
map_document(struct mapped *out, const struct msg *in, struct err *e)
{
	return memfd_map(&out->octets, in->fd[0], in->type == VERIFY_ENTRY ? VERIFY_ZIP_MAX : VERIFY_DOCUMENT_MAX, e);
}

typedef struct report report_t;

static void
report_free(report_t *r)
{
	report_drop(r);
	free(r);
}
OWN_WITH(report_t, report_free)

static void
put_json(struct msg *out, const json_t *j)
{
	own_struct(buf) text = buf_new(JSON_TEXT_MAX);

	json_write(&text, j);
	msg_put(out, buf_span(&text));
}

static bool
do_verify(const struct worker *w, const struct msg *in, struct msg *out, struct err *e)
{
	own_struct(mapped) doc = { SPAN_NONE };
	own(report_t) *r = xalloc(sizeof(*r));
	own(json_t) *j = NULL;
	struct judge_question q = { .at = (int64_t)msg_u64(in, 0), .day = (int32_t)(int64_t)msg_u64(in, 1), .policy = w->policy,
		.known_since = (int64_t)msg_u64(in, 2), .grammars = w->grammars, .evidence = w->evidence, .used = msg_u64(in, 3) != 0, .tiers = w->tiers, .no_status_list = true };

	FAULT_POINT("verifier.file");
	if (!map_document(&doc, in, e))
		return false;
	q.document = doc.octets;
	document_judge(r, &q, NULL);
	j = report_json(r, w->policy, NULL, q.at);
	put_json(out, j);
	return true;
}

/* Refused is the zip, or one file of it: the others go on. */
static bool
do_entry(const struct worker *w, const struct msg *in, struct msg *out, struct err *e)
{
	own_struct(mapped) zip = { SPAN_NONE };
	own_struct(buf) name = buf_new(ZIPPED_NAME_MAX), octets = buf_new(VERIFY_DOCUMENT_MAX), refusal = buf_new(1024);
	struct err why;
	size_t files;

	if (!map_document(&zip, in, e))
		return false;
	if (!zipped_file(&files, &name, &octets, zip.octets, msg_u64(in, 0), &why)) {
		if (why.class == ERR_ABSENT)
			return fail(e, ERR_INPUT, "%s", why.text);
		cbor_put_refusal(&refusal, &why);
		buf_reset(&octets);
	}
	msg_put_u64(out, files);
	msg_put(out, buf_span(&name));
	msg_put(out, buf_span(&octets));
	msg_put(out, buf_span(&refusal));
	return true;
}

static bool
do_csr(const struct worker *w, const struct msg *in, struct msg *out, struct err *e)
{
	own_struct(buf) found = buf_new(GATE_CSRS_MAX * 1024);
	struct cbor c = cbor_read(msg_span(in, 0));
	struct csr_found f;
	struct span csr;
	struct err why;
	size_t n;

	FAULT_POINT("verifier.csr");
	if (!cbor_check(msg_span(in, 0), e) || !cbor_get_array(&c, &n, "requests", e))
		return false;
	if (n < 1 || n > GATE_CSRS_MAX)
		return fail(e, ERR_LIMIT, "1 to %d requests at once", GATE_CSRS_MAX);
	cbor_put_array(&found, n);
	for (size_t i = 0; i < n; i++) {
		if (!cbor_get_bytes(&c, &csr, "request", e))
			return false;
		if (csr_read(&f, csr, &why))
			csr_found_put(&found, &f);
		else
			cbor_put_refusal(&found, &why);
	}
	msg_put(out, buf_span(&found));
	return buf_ok(&found, "answer", e);
}

static bool
do_submission(const struct worker *w, const struct msg *in, struct msg *out, struct err *e)
{
	own_struct(mapped) doc = { SPAN_NONE };
	own_struct(submission) s = { 0 };
	own(json_t) *j = NULL;
	const struct submission_amended amended = { .version = (int64_t)msg_u64(in, 1), .day = (int32_t)(int64_t)msg_u64(in, 2) };

	FAULT_POINT("verifier.submission");
	if (!map_document(&doc, in, e))
		return false;
	if (msg_u64(in, 0) > INT32_MAX)
		return fail(e, ERR_BUG, "no such day");
	if (submission_read(&s, doc.octets, msg_str(in, 3), (int32_t)msg_u64(in, 0), amended.version > 1 ? &amended : NULL, w->policy, w->grammars, e))
		j = submission_facts(&s);
	else if (json_array_size(s.problems) > 0)
		j = json_pack("{s:O}", "problems", s.problems);
	else
		return false;
	msg_put(out, json_object_get(j, "problems") == NULL ? buf_span(&s.content) : SPAN_NONE);
	put_json(out, j);
	return true;
}

/* Contents that the register gave; one that is not as its kind's grammar says now has
 * no lines, and the others have theirs. */
static bool
do_publications(const struct worker *w, const struct msg *in, struct msg *out, struct err *e)
{
	struct cbor c = cbor_read(msg_span(in, 0));
	own(json_t) *all = json_array();
	struct span content;
	struct err ignored;
	size_t n;

	if (!cbor_check(msg_span(in, 0), e) || !cbor_get_array(&c, &n, "contents", e))
		return false;
	for (size_t i = 0; i < n; i++) {
		json_t *lines = NULL;

		if (!cbor_get_bytes(&c, &content, "content", e))
			return false;
		json_array_append_new(all, permit_content_public(&lines, content, w->grammars, &ignored) ? lines : json_null());
	}
	put_json(out, all);
	return true;
}

static const struct { uint16_t type; const char *shape; bool (*run)(const struct worker *, const struct msg *, struct msg *, struct err *); } work[] = {
	{ VERIFY_FILE, "uuuuF", do_verify }, { VERIFY_ENTRY, "uF", do_entry }, { GATE_CSR, "b", do_csr }, { GATE_SUBMISSION, "uuusF", do_submission },
	{ VERIFY_PUBLICATIONS, "b", do_publications },
};

bool
worker_run(void *state, const struct msg *in, struct msg *out, struct err *e)
{
	for (size_t i = 0; i < sizeof(work) / sizeof(work[0]); i++)
		if (work[i].type == in->type) {
			proved_next_document();
			return msg_shape_ok(in, work[i].shape, "work", e) && work[i].run(state, in, out, e);
		}
	return fail(e, ERR_BUG, "no such work");
}
