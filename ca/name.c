#include "ca/name.h"

#include "base/text.h"

static const struct err_rule missing = { ERR_INPUT, NULL, "name-missing", "Thiếu tên hoặc chức danh." };
static const struct err_rule character = { ERR_INPUT, NULL, "name-character",
	"Tên hoặc chức danh có ký tự không được dùng: ký tự điều khiển, đảo chiều, vô hình hoặc dễ nhầm với chữ khác." };
static const struct err_rule space = { ERR_INPUT, NULL, "name-space", "Tên hoặc chức danh có dấu cách ở đầu, ở cuối, hoặc dấu cách không thông thường." };
static const struct err_rule form = { ERR_INPUT, NULL, "name-form", "Tên hoặc chức danh không ở dạng chuẩn NFC của Unicode." };
static const struct err_rule length = { ERR_LIMIT, NULL, "name-length", "Tên hoặc chức danh dài quá 64 ký tự." };

bool
name_check(const char *what, const char *text, struct err *e)
{
	struct span s = span_str(text);

	if (s.len == 0)
		return fail_rule(e, &missing, "\"%s\" is missing", what);
	if (!text_check(s, false, e))
		return fail_in(e, "\"%s\"", what) || fail_as(e, &character);
	if (text[0] == ' ' || text[s.len - 1] == ' ')
		return fail_rule(e, &space, "\"%s\" begins or ends with a space", what);
	if (text_has_other_space(s))
		return fail_rule(e, &space, "\"%s\" has a space that is none of U+0020", what);
	if (!text_is_nfc(s))
		return fail_rule(e, &form, "\"%s\" is not in Unicode's normal form C", what);
	if (utf8_count(s) > NAME_CHARS_MAX)
		return fail_rule(e, &length, "\"%s\" has more than %d characters (RFC 5280 A.1)", what, NAME_CHARS_MAX);
	return true;
}

bool
name_to_nfc(json_t *object, const char *key, struct err *e)
{
	own_struct(buf) nfc = buf_new(JSON_MAX);
	const char *text;
	bool changed;

	if (!json_may_str(&text, object, key, e))
		return false;
	if (text == NULL)
		return true;
	if (!text_to_nfc(&nfc, span_str(text), &changed, e))
		return fail_in(e, "\"%s\"", key);
	return !changed || json_object_set_new(object, key, json_string(buf_str(&nfc))) == 0 || fail(e, ERR_BUG, "\"%s\"", key);
}
