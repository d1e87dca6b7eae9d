/* edxml_write: of whatever a report says, a message is refused or is XML, each value is in it as it
 * was and no element more, and the attachment comes out octet for octet. */
#include "tests/fuzz/target.h"

#include "api/edxml.h"
#include "verifier/xml.h"

#define ELEMENTS 54	/* of every message */

static void
has(const xmlNode *parent, const char *name, const char *value)
{
	const xmlNode *x = xml_child_named(parent, name);
	own_str char *text = x == NULL ? NULL : xml_text_dup(x);

	promise(text != NULL && strcmp(text, value) == 0);
}

static void
check_message(struct span message, const struct edxml *m, const json_t *report)
{
	const json_t *permit = json_object_get(report, "permit");
	own_struct(buf) file = buf_new(1 << 24);
	const xmlNode *envelope, *header, *attachment;
	struct err e;
	struct xml x;

	promise(xml_parse(&x, message, &e));
	promise(x.elements == ELEMENTS);
	envelope = xml_child(x.root);
	header = xml_child(xml_child(envelope));
	has(xml_child_named(header, "From"), "OrganName", json_text(permit, "agency_name"));
	has(xml_child_named(header, "To"), "OrganName", m->to_name);
	has(xml_child_named(header, "PromulgationInfo"), "Place", json_text(permit, "place"));
	has(xml_child_named(header, "DocumentType"), "TypeName", json_text(permit, "kind_vi"));
	attachment = xml_child(xml_next(envelope));
	promise(xml_base64(&file, xml_child_named(attachment, "ContentTransferEncoded"), &e) && span_eq(buf_span(&file), m->file));
	xml_drop(&x);
}

/* A line of JSON, the report; behind it the file. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_struct(buf) out = buf_new(4 << 20);
	own(json_t) *report = NULL;
	struct edxml m = { .to = "H99", .file = span_of(data, size), .now = 1795336920 };
	struct span line;
	struct err e = { ERR_NONE, "" };

	if (!span_take_line(&m.file, &line) || !json_read(&report, line, &e))
		return 0;
	m.to_name = json_text(json_object_get(report, "permit"), "holder");
	if (edxml_write(&out, &m, report, &e))
		check_message(buf_span(&out), &m, report);
	else
		promise(e.class == ERR_INPUT || e.class == ERR_CONFLICT || e.class == ERR_LIMIT);
	return 0;
}
