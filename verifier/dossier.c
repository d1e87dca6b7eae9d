#include "verifier/dossier.h"

#include "base/clock.h"
#include "base/ossl.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

static const struct { const char *step, *say[LANGS]; } steps[] = {
	{ "received", { "đã tiếp nhận, đang giải quyết", "received, being processed", "reçu, en cours" } },
	{ "paused", { "tạm dừng, chờ bổ sung", "paused, waiting for something more", "suspendu, dans l’attente d’un complément" } },
	{ "resumed", { "đã bổ sung, đang giải quyết tiếp", "resumed, being processed", "repris, en cours" } },
	{ "returned", { "đã trả lại để sửa và nộp lại", "given back to be corrected and handed in again", "rendu pour correction" } },
	{ "refused", { "đã từ chối giải quyết", "refused", "refusé" } },
	{ "done", { "đã có kết quả", "done, the result is there", "terminé, le résultat est là" } },
};

const char *const *
dossier_step_say(const char *step)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strcmp(steps[i].step, step) == 0)
			return steps[i].say;
	return NULL;
}

/* What the words of refusals say in Vietnamese. */
static const struct { const char *word, *vi; } whys[] = {
	{ "shape", "Sự kiện không đúng dạng." },
	{ "code-form", "Mã hồ sơ không đúng dạng, hoặc ngày trong mã không có thật." },
	{ "day-form", "Ngày không đúng dạng năm-tháng-ngày, hoặc không có thật." },
	{ "reason-text", "Lý do có ký tự không dùng được, hoặc quá dài." },
	{ "key-form", "Khóa chống gửi trùng không đúng dạng." },
	{ "agency-unknown", "Mã hồ sơ không thuộc cơ quan nào của thành phố." },
	{ "kind-unknown", "Không có loại giấy này." },
	{ "kind-other", "Hồ sơ đã được tiếp nhận với loại giấy khác." },
	{ "scope", "Chương trình này không được báo cho cơ quan hoặc loại giấy này." },
	{ "key-used", "Khóa chống gửi trùng này đã dùng cho một sự kiện khác." },
	{ "step-unknown", "Bước phải là received, paused, resumed, returned, refused hoặc done." },
	{ "day-future", "Ngày này chưa đến." },
	{ "day-of-code", "Ngày tiếp nhận phải là ngày ghi trong mã hồ sơ." },
	{ "due-where", "Ngày hẹn trả phải có khi tiếp nhận, có thể có khi giải quyết tiếp, không có ở bước khác." },
	{ "due-before", "Ngày hẹn trả ở trước ngày của bước." },
	{ "received-before", "Hồ sơ này đã được tiếp nhận trước đó." },
	{ "not-received", "Chưa có hồ sơ nào như vậy được tiếp nhận ở đây." },
	{ "step-order", "Từ bước hiện tại, hồ sơ không chuyển được sang bước này." },
	{ "day-order", "Ngày này ở trước ngày của bước trước." },
	{ "corrects-other", "Chỉ sửa được mục đang có hiệu lực của bước cùng tên gần nhất của chính hồ sơ này." },
	{ "corrects-later", "Lúc này bản sửa sẽ bị đọc thành một bước mới; xin gửi sau bước kế tiếp của hồ sơ." },
	{ "day-between", "Ngày sửa phải nằm giữa bước trước và bước sau." },
	{ "inside", "Chưa ghi được; xin gửi lại với cùng khóa." },
};

static const char *
why_vi(const char *word)
{
	for (size_t i = 0; i < sizeof(whys) / sizeof(whys[0]); i++)
		if (strcmp(whys[i].word, word) == 0)
			return whys[i].vi;
	return NULL;
}

bool
dossier_why_known(const char *word)
{
	return why_vi(word) != NULL;
}

/* How this machine is laid out is told to the log, not to programs. */
void
dossier_why(struct dossier_why *w, const struct err *e)
{
	const char *colon = strstr(e->text, ": ");

	snprintf(w->word, sizeof(w->word), "%.*s", colon == NULL ? 0 : (int)(colon - e->text), e->text);
	w->vi = why_vi(w->word);
	w->en = colon != NULL ? colon + 2 : "";
	if (w->vi != NULL)
		return;
	strcpy(w->word, "inside");
	w->vi = why_vi(w->word);
	w->en = "this could not be recorded now; send it again with the same key";
}

/*
 * One event.
 */

void
dossier_event_drop(struct dossier_event *x)
{
	free(x->reason);
	x->reason = NULL;
}

static bool
take_code(struct dossier_event *x, const json_t *j, struct err *e)
{
	const char *code;

	if (!json_take_str(&code, j, "dossier", e))
		return fail_in(e, "shape");
	if (!dossier_code_read(&x->part, code))
		return fail(e, ERR_INPUT, "code-form: this has not the form of a dossier's code, or its date does not exist");
	snprintf(x->code, sizeof(x->code), "%s", code);
	return true;
}

static bool
take_step(struct dossier_event *x, const json_t *j, struct err *e)
{
	const char *step;

	if (!json_take_str(&step, j, "step", e))
		return fail_in(e, "shape");
	if (dossier_step_say(step) == NULL)
		return fail(e, ERR_INPUT, "step-unknown: a step is received, paused, resumed, returned, refused or done");
	snprintf(x->step, sizeof(x->step), "%s", step);
	return true;
}

static bool
take_days(struct dossier_event *x, const json_t *j, struct err *e)
{
	const char *day, *due;

	x->due = INT32_MIN;
	if (!json_take_str(&day, j, "day", e) || !json_may_str(&due, j, "due", e))
		return fail_in(e, "shape");
	return (date_parse(&x->day, day, e) && (due == NULL || date_parse(&x->due, due, e))) || fail_in(e, "day-form");
}

static bool
take_reason(struct dossier_event *x, const json_t *j, struct err *e)
{
	own_struct(buf) nfc = buf_new(16 * DOSSIER_REASON_MAX);
	const char *reason;
	bool changed;

	if (!json_may_str(&reason, j, "reason", e))
		return fail_in(e, "shape");
	if (reason == NULL)
		return true;
	if (!text_to_nfc(&nfc, span_str(reason), &changed, e) || !text_check(buf_span(&nfc), false, e) || !buf_ok(&nfc, "reason", e))
		return fail_in(e, "reason-text");
	if (utf8_count(buf_span(&nfc)) > DOSSIER_REASON_MAX)
		return fail(e, ERR_INPUT, "reason-text: a reason has at most %d characters", DOSSIER_REASON_MAX);
	x->reason = xstrdup(buf_str(&nfc));
	return true;
}

static bool
take_key(struct dossier_event *x, const json_t *j, struct err *e)
{
	const char *key, *kind;
	struct span s;

	if (!json_may_str(&key, j, "key", e) || !json_may_str(&kind, j, "kind", e))
		return fail_in(e, "shape");
	s = span_str(key);
	if (key != NULL && (s.len == 0 || s.len > DOSSIER_KEY_MAX || !text_check(s, false, e)))
		return fail(e, ERR_INPUT, "key-form: a key has 1 to %d octets of plain text", DOSSIER_KEY_MAX);
	if (kind != NULL && (kind[0] == '\0' || strlen(kind) >= sizeof(x->kind)))
		return fail(e, ERR_INPUT, "kind-unknown: there is no such kind of permit");
	snprintf(x->key, sizeof(x->key), "%s", key ?: "");
	snprintf(x->kind, sizeof(x->kind), "%s", kind ?: "");
	return true;
}

static bool
take_corrects(struct dossier_event *x, const json_t *j, struct err *e)
{
	x->corrects = -1;
	if (json_object_get(j, "corrects") == NULL)
		return true;
	if (!json_take_int(&x->corrects, j, "corrects", e))
		return fail_in(e, "shape");
	return x->corrects >= 0 || fail(e, ERR_INPUT, "shape: \"corrects\" is the index of an entry");
}

bool
dossier_event_read(struct dossier_event *out, const json_t *j, struct err *e)
{
	static const char *const keys[] = { "dossier", "step", "day", "due", "kind", "reason", "corrects", "key", NULL };
	struct dossier_event x = { .day = 0 };

	if (!json_is_object(j))
		return fail(e, ERR_INPUT, "shape: an event is a JSON object");
	if (!json_only(j, keys, e))
		return fail_in(e, "shape");
	if (!take_code(&x, j, e) || !take_step(&x, j, e) || !take_days(&x, j, e) || !take_key(&x, j, e) || !take_corrects(&x, j, e) || !take_reason(&x, j, e)) {
		dossier_event_drop(&x);
		return false;
	}
	*out = x;
	return true;
}

/*
 * A batch.
 */

void
dossier_batch_drop(struct dossier_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		dossier_event_drop(&b->item[i].event);
	free(b->item);
	*b = (struct dossier_batch){ 0 };
}

/* The hash tells whether a key comes back with the same event: its content,
 * however it was written. */
static void
take_item(struct dossier_item *item, const json_t *j)
{
	own_struct(buf) canonical = buf_new(JSON_MAX);

	json_write(&canonical, j);
	sha256(item->sha256, buf_span(&canonical));
	snprintf(item->code, sizeof(item->code), "%s", json_string_value(json_object_get(j, "dossier")) ?: "");
	item->good = dossier_event_read(&item->event, j, &item->e);
}

/* NULL beyond the last. */
static struct dossier_item *
next_item(struct dossier_batch *b, struct err *e)
{
	if (b->n < DOSSIER_BATCH_MAX)
		return &b->item[b->n++];
	(void)!fail(e, ERR_LIMIT, "a batch has at most %d events", DOSSIER_BATCH_MAX);
	return NULL;
}

static bool
read_array(struct dossier_batch *b, struct span text, struct err *e)
{
	own(json_t) *list = NULL;
	json_t *j;
	size_t i;

	if (!json_read(&list, text, e))
		return false;
	json_array_foreach(list, i, j) {
		struct dossier_item *item = next_item(b, e);

		if (item == NULL)
			return false;
		take_item(item, j);
	}
	return true;
}

static bool
read_lines(struct dossier_batch *b, struct span text, struct err *e)
{
	struct span line;

	while (span_next_line(&text, &line)) {
		own(json_t) *j = NULL;
		struct dossier_item *item;

		if (span_is_blank(line))
			continue;
		item = next_item(b, e);
		if (item == NULL)
			return false;
		if (json_read(&j, line, &item->e))
			take_item(item, j);
		else
			(void)!fail_in(&item->e, "shape");
	}
	return true;
}

bool
dossier_batch_read(struct dossier_batch *out, struct span text, struct err *e)
{
	own_struct(dossier_batch) b = { .item = xalloc(DOSSIER_BATCH_MAX * sizeof(*b.item)) };
	size_t at = 0;

	while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t' || text.ptr[at] == '\r' || text.ptr[at] == '\n'))
		at++;
	if (!(at < text.len && text.ptr[at] == '[' ? read_array(&b, text, e) : read_lines(&b, text, e)))
		return false;
	if (b.n == 0)
		return fail(e, ERR_INPUT, "a batch has at least one event");
	*out = b;
	b = (struct dossier_batch){ 0 };
	return true;
}
