/* A permit as an edXML message: what stands where, and what is never written. */
#include "tests/base/test.h"

#include "api/edxml.h"

static const char plain[] = "{\"answer\":{\"word\":{\"vi\":\"CÒN HIỆU LỰC\"},\"say\":{\"vi\":\"Đúng.\"},\"prefix\":{\"vi\":\"THỬ NGHIỆM\"}},"
    "\"permit\":{\"handle\":\"000102030405060708090a0b0c0d0e0f\",\"number\":\"245/GPXD\",\"kind_vi\":\"Giấy phép xây dựng\",\"agency\":\"H99.31.07\","
    "\"agency_name\":\"Phường (thử nghiệm)\",\"parent\":\"Thành phố\",\"day\":\"2026-11-03\",\"place\":\"Hòa Giang\"},"
    "\"signatures\":[{\"id\":\"officer-1\",\"signer\":{\"name\":\"Một\",\"title\":\"CHÁNH VĂN PHÒNG\",\"mode\":\"TL.\"}},"
    "{\"id\":\"officer-2\",\"signer\":{\"name\":\"Hai\",\"title\":\"PHÓ CHỦ TỊCH\",\"mode\":\"KT. CHỦ TỊCH\"}},{\"id\":\"seal\",\"signer\":{\"name\":\"Con dấu\"}}]}";

static json_t *
report_with(const char *key, const char *value, size_t len)
{
	json_t *j = json_loads(plain, 0, NULL);

	assert_non_null(j);
	if (key != NULL)
		json_object_set_new(json_object_get(j, "permit"), key, json_stringn_nocheck(value, len));
	return j;
}

static bool
writes(struct buf *out, const json_t *report, const char *to_name, struct err *e)
{
	const struct edxml x = { .to = "H99.16", .to_name = to_name, .file = span_str("<permit/>"), .now = 1795336920 };

	return edxml_write(out, &x, report, e);
}

/* Each once, in this order. */
static void
stands_in_its_place(void **state)
{
	static const char *const parts[] = {
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<edXML xmlns=\"http://www.mic.gov.vn/TBT/QCVN_102_2016\">\n<edXML:edXMLEnvelope xmlns:edXML=\"http://www.mic.gov.vn/TBT/QCVN_102_2016\">\n",
		"<edXML:From>\n<edXML:OrganId>H99.31.07</edXML:OrganId>\n<edXML:OrganizationInCharge>Thành phố</edXML:OrganizationInCharge>\n<edXML:OrganName>Phường (thử nghiệm)</edXML:OrganName>\n</edXML:From>\n",
		"<edXML:To>\n<edXML:OrganId>H99.16</edXML:OrganId>\n<edXML:OrganName>Sở</edXML:OrganName>\n</edXML:To>\n",
		"<edXML:CodeNumber>245</edXML:CodeNumber>\n<edXML:CodeNotation>GPXD</edXML:CodeNotation>\n",
		"<edXML:Place>Hòa Giang</edXML:Place>\n<edXML:PromulgationDate>2026/11/03</edXML:PromulgationDate>\n",
		"<edXML:TypeName>Giấy phép xây dựng</edXML:TypeName>\n", "<edXML:Subject>Giấy phép xây dựng số 245/GPXD</edXML:Subject>\n",
		"<edXML:Content>THỬ NGHIỆM: CÒN HIỆU LỰC – Đúng.</edXML:Content>\n",
		"<edXML:Competence>KT. CHỦ TỊCH</edXML:Competence>\n<edXML:Position>PHÓ CHỦ TỊCH</edXML:Position>\n<edXML:FullName>Hai</edXML:FullName>\n",
		"<edXML:DocumentId>H99.31.07,2026/11/03,245/GPXD</edXML:DocumentId>\n</edXML:MessageHeader>\n",
		"<edXML:Timestamp>2026/11/22 15:42:00</edXML:Timestamp>\n</edXML:TraceHeader>\n", "</edXML:TraceHeaderList>\n</edXML:edXMLHeader>\n",
		"<edXML:ContentId>cid:000102030405060708090a0b0c0d0e0f</edXML:ContentId>\n", "<edXML:AttachmentName>000102030405060708090a0b0c0d0e0f.xml</edXML:AttachmentName>\n",
		"</edXML:edXMLEnvelope>\n<AttachmentEncoded>\n<Attachment>\n<ContentId>cid:000102030405060708090a0b0c0d0e0f</ContentId>\n",
		"<Description>SHA-256: 2ab0714bd697a7c6524cdfa9cebd2988bc43aeb566afef92ec8290a1010637db</Description>\n",
		"<ContentTransferEncoded>PHBlcm1pdC8+</ContentTransferEncoded>\n</Attachment>\n</AttachmentEncoded>\n</edXML>\n",
	};
	own(json_t) *report = report_with(NULL, NULL, 0);
	own_struct(buf) out = buf_new(1 << 16);
	const char *at;
	struct err e;

	assert_done(writes(&out, report, "Sở", &e), e);
	at = buf_str(&out);
	for (size_t i = 0; i < COUNT(parts); i++) {
		const char *found = strstr(at, parts[i]);

		assert_case(parts[i], found != NULL);
		at = found + strlen(parts[i]);
		assert_case(parts[i], strstr(at, parts[i]) == NULL);
	}
	assert_true(*at == '\0');
}

static void
other_numbers(void **state)
{
	static const struct { const char *number, *written; } rows[] = {
		{ "245/GPXD-UBND/2", "<edXML:CodeNumber>245</edXML:CodeNumber>\n<edXML:CodeNotation>GPXD-UBND/2</edXML:CodeNotation>" },
		{ "0312345678", "<edXML:CodeNumber>0312345678</edXML:CodeNumber>\n<edXML:CodeNotation></edXML:CodeNotation>" },
		{ "/x", "<edXML:CodeNumber></edXML:CodeNumber>\n<edXML:CodeNotation>x</edXML:CodeNotation>" },
		{ "1<&>\"'", "<edXML:CodeNumber>1&lt;&amp;&gt;\"'</edXML:CodeNumber>" },
		{ "]]>", "<edXML:CodeNumber>]]&gt;</edXML:CodeNumber>" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(json_t) *report = report_with("number", rows[i].number, strlen(rows[i].number));
		own_struct(buf) out = buf_new(1 << 16);
		struct err e;

		assert_done(writes(&out, report, "Sở", &e), e);
		assert_case(rows[i].number, strstr(buf_str(&out), rows[i].written) != NULL);
	}
}

static void
is_not_written(void **state)
{
	static const struct { const char *name, *key, *value; size_t len; enum err_class class; } rows[] = {
		{ "without its number", "number", "", 0, ERR_CONFLICT }, { "a control", "place", "a\x01", 2, ERR_INPUT }, { "a carriage return", "agency_name", "a\r", 2, ERR_INPUT },
		{ "an escape", "kind_vi", "\x1b[2J", 4, ERR_INPUT }, { "U+FFFE", "parent", "\xef\xbf\xbe", 3, ERR_INPUT }, { "U+FFFF", "agency", "a\xef\xbf\xbf", 4, ERR_INPUT },
		{ "a surrogate", "handle", "\xed\xa0\x80", 3, ERR_INPUT }, { "half a character", "day", "\xe1\xba", 2, ERR_INPUT },
	};
	own(json_t) *nothing = json_object();
	own_struct(buf) small = buf_new(1000), text = buf_new(1000);
	own(json_t) *report = report_with(NULL, NULL, 0);
	struct err e;

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(json_t) *other = report_with(rows[i].key, rows[i].value, rows[i].len);
		own_struct(buf) out = buf_new(1 << 16);

		assert_case(rows[i].name, !writes(&out, other, "Sở", &e));
		assert_case(rows[i].name, e.class == rows[i].class);
	}
	assert_false(writes(&text, nothing, "Sở", &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_false(writes(&small, report, "Sở", &e));
	assert_int_equal(e.class, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(stands_in_its_place), cmocka_unit_test(other_numbers), cmocka_unit_test(is_not_written) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
