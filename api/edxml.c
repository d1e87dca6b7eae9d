#include "api/edxml.h"

#include "api/forward.h"
#include "base/clock.h"
#include "base/ossl.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

#define NAMESPACE "http://www.mic.gov.vn/TBT/QCVN_102_2016"
#define TO_MAX 40
#define TO_NAME_MAX 200			/* characters */
#define DEPTH_MAX 4

/*
 * Elements.
 */

/* text NULL: a group, of the deeper rows that follow. */
struct row { size_t depth; const char *name, *text; };

/* Any text that XML may hold; what came through a permit's grammar is. */
static bool
xml_fits(struct span s, struct err *e)
{
	if (!utf8_check(s, e))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if ((s.ptr[i] < ' ' && s.ptr[i] != '\t' && s.ptr[i] != '\n') || (i + 2 < s.len && memcmp(s.ptr + i, "\xef\xbf", 2) == 0 && s.ptr[i + 2] >= 0xbe))
			return fail(e, ERR_INPUT, "a character that XML has not, at byte %zu", i + 1);
	return true;
}

static bool
put_rows(struct buf *out, const char *prefix, const struct row *row, size_t n, struct err *e)
{
	const char *open[DEPTH_MAX];
	size_t depth = 0;

	for (size_t i = 0; i <= n; i++) {
		while (depth > (i < n ? row[i].depth : 0))
			buf_printf(out, "</%s%s>\n", prefix, open[--depth]);
		if (i == n)
			break;
		promise(row[i].depth == depth && depth < DEPTH_MAX);
		buf_printf(out, "<%s%s>", prefix, row[i].name);
		if (row[i].text == NULL) {
			open[depth++] = row[i].name;
			buf_put_byte(out, '\n');
			continue;
		}
		if (!xml_fits(span_str(row[i].text), e))
			return fail_in(e, "%s", row[i].name);
		text_put_xml(out, span_str(row[i].text));
		buf_printf(out, "</%s%s>\n", prefix, row[i].name);
	}
	return true;
}

#define PUT_ROWS(out, prefix, rows, e) put_rows(out, prefix, rows, sizeof(rows) / sizeof((rows)[0]), e)

/*
 * The message.
 */

/* 2026-11-03T15:42:07+07:00 -> 2026/11/03 15:42:07, which has no zone. */
static void
with_slashes(char *time)
{
	for (char *p = time; *p != '\0'; p++)
		*p = *p == '-' ? '/' : *p == 'T' ? ' ' : *p;
	time[strlen(time) > 19 ? 19 : strlen(time)] = '\0';
}

/* Of several officers the last decides. */
static const json_t *
last_officer(const json_t *report)
{
	const json_t *one, *officer = NULL;
	size_t i;

	json_array_foreach(json_object_get(report, "signatures"), i, one)
		if (strncmp(json_text(one, "id"), "officer", 7) == 0)
			officer = json_object_get(one, "signer");
	return officer;
}

/* What the report says of it today, behind what a demonstration says of itself. */
static char *
content_of(const json_t *report)
{
	const json_t *said = json_object_get(report, "answer");
	const char *prefix = json_text(json_object_get(said, "prefix"), "vi");

	return xprintf("%s%s%s – %s", prefix, prefix[0] != '\0' ? ": " : "", json_text(json_object_get(said, "word"), "vi"), json_text(json_object_get(said, "say"), "vi"));
}

static bool
put_header(struct buf *out, const struct edxml *x, const json_t *report, struct err *e)
{
	const json_t *permit = json_object_get(report, "permit"), *officer = last_officer(report);
	const char *agency = json_text(permit, "agency"), *name = json_text(permit, "agency_name"), *parent = json_text(permit, "parent"), *number = json_text(permit, "number");
	size_t figures = strcspn(number, "/");
	own_str char *code = xprintf("%.*s", (int)figures, number), *content = content_of(report), *day = xstrdup(json_text(permit, "day"));
	own_str char *subject = xprintf("%s số %s", json_text(permit, "kind_vi"), number), *id = NULL;
	char now[TIME_TEXT];

	with_slashes(day);
	time_text_vn(now, x->now);
	with_slashes(now);
	id = xprintf("%s,%s,%s", agency, day, number);
	return PUT_ROWS(out, "edXML:", ((const struct row[]){
		{ 0, "edXMLHeader", NULL },
		{ 1, "MessageHeader", NULL },
		{ 2, "From", NULL },
		{ 3, "OrganId", agency }, { 3, "OrganizationInCharge", parent[0] != '\0' ? parent : name }, { 3, "OrganName", name },
		{ 2, "To", NULL },
		{ 3, "OrganId", x->to }, { 3, "OrganName", x->to_name },
		{ 2, "Code", NULL },
		{ 3, "CodeNumber", code }, { 3, "CodeNotation", number + figures + (number[figures] == '/') },
		{ 2, "PromulgationInfo", NULL },
		{ 3, "Place", json_text(permit, "place") }, { 3, "PromulgationDate", day },
		{ 2, "DocumentType", NULL },
		{ 3, "Type", "0" }, { 3, "TypeDetail", "0" }, { 3, "TypeName", json_text(permit, "kind_vi") },
		{ 2, "Subject", subject },
		{ 2, "Content", content },
		{ 2, "SignerInfo", NULL },
		{ 3, "Competence", json_text(officer, "mode") }, { 3, "Position", json_text(officer, "title") }, { 3, "FullName", json_text(officer, "name") },
		{ 2, "OtherInfo", NULL },
		{ 3, "Priority", "0" }, { 3, "PromulgationAmount", "1" }, { 3, "PageAmount", "1" },
		{ 2, "SteeringType", "0" },
		{ 2, "DocumentId", id },
		{ 1, "TraceHeaderList", NULL },
		{ 2, "TraceHeader", NULL },
		{ 3, "OrganId", agency }, { 3, "Timestamp", now },
		{ 2, "Bussiness", NULL },	/* so spelt */
		{ 3, "BussinessDocType", "0" }, { 3, "Paper", "0" },
	}), e);
}

/* The envelope has its name, what follows the envelope its octets. */
static bool
put_attachment(struct buf *out, const struct edxml *x, const json_t *report, struct err *e)
{
	const char *handle = json_text(json_object_get(report, "permit"), "handle");
	own_str char *id = xprintf("cid:%s", handle), *name = xprintf("%s.xml", handle), *description = NULL;
	unsigned char digest[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	sha256(digest, x->file);
	hex_text(hex, span_of(digest, sizeof(digest)));
	description = xprintf("SHA-256: %s", hex);

	const struct row rows[] = { { 0, "ContentId", id }, { 0, "ContentType", "application/xml" }, { 0, "AttachmentName", name }, { 0, "Description", description } };

	buf_put_str(out, "<edXML:edXMLBody>\n<edXML:edXMLManifest version=\"1.0\">\n<edXML:Reference>\n");
	if (!PUT_ROWS(out, "edXML:", rows, e))
		return false;
	buf_put_str(out, "</edXML:Reference>\n</edXML:edXMLManifest>\n</edXML:edXMLBody>\n</edXML:edXMLEnvelope>\n<AttachmentEncoded>\n<Attachment>\n");
	if (!PUT_ROWS(out, "", rows, e))
		return false;
	buf_put_str(out, "<ContentTransferEncoded>");
	base64_put(out, x->file);
	buf_put_str(out, "</ContentTransferEncoded>\n</Attachment>\n</AttachmentEncoded>\n");
	return true;
}

bool
edxml_write(struct buf *out, const struct edxml *x, const json_t *report, struct err *e)
{
	if (json_text(json_object_get(report, "permit"), "number")[0] == '\0')
		return fail(e, ERR_CONFLICT, "this permit is not issued yet");
	buf_put_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<edXML xmlns=\"" NAMESPACE "\">\n<edXML:edXMLEnvelope xmlns:edXML=\"" NAMESPACE "\">\n");
	if (!put_header(out, x, report, e) || !put_attachment(out, x, report, e))
		return false;
	buf_put_str(out, "</edXML>\n");
	return buf_ok(out, "the message", e);
}

/*
 * The request.
 */

/* An agency's code as the directory of the state has them: letters, digits, dots. */
static bool
take_to(struct edxml *x, const struct call *c, struct err *e)
{
	static const struct err_rule whom = { ERR_INPUT, "to is the code of the agency that receives it (letters, digits, dots), to_name its name, up to 200 characters", "edxml-to",
		"to là mã định danh của cơ quan nhận (chữ, số, dấu chấm); to_name là tên cơ quan, không quá 200 ký tự." };
	struct err ignored;

	x->to = http_query(c->in, "to") ?: "";
	x->to_name = http_query(c->in, "to_name") ?: x->to;
	if (x->to[0] == '\0' || strlen(x->to) > TO_MAX || x->to[strspn(x->to, "0123456789.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] != '\0' ||
	    !text_check(span_str(x->to_name), false, &ignored) || x->to_name[0] == '\0' || utf8_count(span_str(x->to_name)) > TO_NAME_MAX)
		return fail_by(e, &whom);
	return true;
}

bool
edxml_run(struct call *c, struct err *e)
{
	own_struct(msg) file = msg_new(0, HTTP_REPLY_MAX);
	own_struct(buf) text = buf_new(HTTP_REPLY_MAX);
	own(json_t) *report = NULL;
	struct edxml x = { .now = clock_now() };
	char code[40];

	if (!code_plain(code, c->arg, e) || !take_to(&x, c, e) || !permit_fetch(&file, c, code, e))
		return false;
	x.file = msg_span(&file, 0);
	if (!verify_document(c->api, x.file, &(struct verify_wish){ NULL }, &text, e) || !answer_read(&report, buf_span(&text), e))
		return false;
	snprintf(c->out->file_name, sizeof(c->out->file_name), "%s.edxml", code);
	c->out->type = "application/xml";
	return edxml_write(&c->out->body, &x, report, e);
}
