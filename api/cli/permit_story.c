#include "api/cli/permit_story.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SENTENCE_MAX (16u << 10)

/* One step as it is told: its sentence and its facts. */
struct telling { const struct history *h; const struct history_entry *x; size_t signatures; json_t *j; struct buf vi; };

static json_t *
text_json(struct span s)
{
	return json_stringn(s.len > 0 ? (const char *)s.ptr : "", s.len);
}

static void
say_text(struct telling *t, const char *key, const char *before, struct span s)
{
	if (s.len == 0)
		return;
	json_object_set_new(t->j, key, text_json(s));
	buf_put_str(&t->vi, before);
	buf_put_span(&t->vi, s);
}

static void
say_day(struct telling *t, const char *key, const char *before, const struct value *v)
{
	char people[TIME_TEXT], day[TIME_TEXT];

	if (v->null)
		return;
	date_text_people(people, (int32_t)v->i);
	date_text(day, (int32_t)v->i);
	json_object_set_new(t->j, key, json_string(day));
	buf_printf(&t->vi, "%s%s", before, people);
}

void
story_time(char out[2 * TIME_TEXT], int64_t time)
{
	char day[TIME_TEXT], rfc[TIME_TEXT];

	date_text_people(day, day_in_vietnam(time));
	time_text_vn(rfc, time);
	snprintf(out, 2 * TIME_TEXT, "%s %.8s", day, rfc + strlen("2026-11-27T"));
}

/*
 * Signatures: the verifier's words of them.
 */

static void
say_signature(struct telling *t, const struct report_signature *s)
{
	char when[2 * TIME_TEXT];

	json_object_set_new(t->j, "signature", json_string(s->id));
	say_text(t, "signer", "", span_str(s->signer));
	say_text(t, "person", ", số hiệu ", span_str(s->person));
	say_text(t, "mode", ", thể thức ", span_str(s->mode));
	say_text(t, "title", ", chức danh ", span_str(s->title));
	if (s->person[0] != '\0')
		say_text(t, "organisation", ", ", span_str(s->organisation));
	say_text(t, "certificate", ", chứng thư ", span_str(s->serial));
	if (s->proof != PROOF_NONE) {
		char rfc[TIME_TEXT];

		story_time(when, s->proven);
		time_text_utc(rfc, s->proven);
		json_object_set_new(t->j, "stamped", json_string(rfc));
		buf_printf(&t->vi, ", dấu thời gian %s", when);
	}
	json_object_set_new(t->j, "verdict", json_string(verdict_word(s->verdict)));
	buf_printf(&t->vi, "; kiểm tra: %s", s->reaffirmed ? "chữ ký tạo trong lúc khóa đã lộ, cơ quan đã xác nhận lại" : s->verdict == VERDICT_PASSED ? "chữ ký đúng" : s->verdict == VERDICT_FAILED ? "CHỮ KÝ SAI" : "CHƯA KẾT LUẬN ĐƯỢC");
}

/* Officers sign in the order of their signatures; the agency's come after them. */
static const struct report_signature *
next_officer(struct telling *t)
{
	const struct report *r = t->h->report;

	while (r != NULL && t->signatures < r->nsignatures) {
		const struct report_signature *s = &r->signature[t->signatures++];

		if (strncmp(s->id, "officer-", 8) == 0)
			return s;
	}
	return NULL;
}

static const struct report_signature *
signature_of(const struct report *r, const char *id)
{
	for (size_t i = 0; r != NULL && i < r->nsignatures; i++)
		if (strcmp(r->signature[i].id, id) == 0)
			return &r->signature[i];
	return NULL;
}

/*
 * Steps, by the verb of their record.
 */

struct named { char name[256]; };

static bool
take_name(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct named *out = ctx;

	stored_text(out->name, sizeof(out->name), &c[0]);
	return true;
}

/* Another permit, by its handle. */
static void
say_permit(struct telling *t, const char *key, const char *before, const struct value *handle)
{
	char hex[2 * HANDLE_LEN + 1] = "";

	if (!handle->null && handle->s.len == HANDLE_LEN)
		hex_text(hex, handle->s);
	say_text(t, key, before, span_str(hex));
}

static bool
tell_submit(struct telling *t, struct err *e)
{
	static const enum reg_type types[] = { REG_TEXT };
	struct value program = history_field(t->x, "program"), day = history_field(t->x, "received_day");
	struct value version = history_field(t->x, "version"), amends = history_field(t->x, "amends");
	struct values v = { .n = 0 };
	struct named by = { "" };

	values_span(&v, "id", REG_BYTES, program.s);
	if (!program.null && !store_run(t->h->stored->db, "SELECT name FROM program WHERE id = $id", &v, types, 1, take_name, &by, NULL, e))
		return false;
	buf_put_str(&t->vi, "Nộp nội dung");
	say_text(t, "dossier", " của hồ sơ ", history_field(t->x, "dossier").s);
	say_text(t, "program", ", bởi chương trình ", span_str(by.name));
	say_day(t, "received", ", ngày nhận ", &day);
	if (!version.null) {
		json_object_set_new(t->j, "version", json_integer(version.i));
		buf_printf(&t->vi, "; là bản thứ %lld", (long long)version.i);
	}
	say_permit(t, "amends", ", điều chỉnh giấy phép mã ", &amends);
	say_text(t, "converted", ", chuyển từ bảng mã ", history_field(t->x, "converted").s);
	return true;
}

static bool
tell_signed(struct telling *t, struct err *e)
{
	const struct report_signature *s = next_officer(t);
	struct history_appointment by;

	buf_put_str(&t->vi, "Người có thẩm quyền ký: ");
	if (s == NULL) {
		say_text(t, "person", "số hiệu ", history_field(t->x, "person").s);
		buf_put_str(&t->vi, " (chữ ký này không còn trong tệp)");
		return true;
	}
	if (!history_appointment(&by, t->h, s, e))
		return false;
	say_signature(t, s);
	if (by.entry >= 0) {
		say_text(t, "appointment", "; theo quyết định bổ nhiệm, phân công số ", span_str(by.decision));
		json_object_set_new(t->j, "appointment_entry", json_integer(by.entry));
		buf_printf(&t->vi, " (dòng %lld)", (long long)by.entry);
	}
	return true;
}

static bool
tell_order(struct telling *t, struct err *e)
{
	const struct history_order *o = t->x->order;
	const struct order_verb *verb = policy_verb(t->h->stored->policy, o->order.verb);
	char id[2 * ORDER_ID_LEN + 1];

	hex_text(id, span_of(o->order.id, ORDER_ID_LEN));
	json_object_set_new(t->j, "order", json_string(id));
	json_object_set_new(t->j, "verb", json_string(o->order.verb));
	say_text(t, "name", "Lệnh của ", span_str(o->name));
	say_text(t, "person", ", số hiệu ", span_str(o->person));
	buf_printf(&t->vi, ": %s", verb != NULL ? verb->vi : o->order.verb);
	say_text(t, "reason", "; lý do: ", span_str(o->order.reason));
	return true;
}

static void
tell_number(struct telling *t, const char *before)
{
	struct value day = history_field(t->x, "day");

	say_text(t, "number", before, history_field(t->x, "number").s);
	say_text(t, "book", ", sổ ", history_field(t->x, "book").s);
	say_day(t, "day", ", ngày ", &day);
}

static bool
tell_reserve(struct telling *t, struct err *e)
{
	tell_number(t, "Cấp số ");
	return true;
}

static bool
tell_amended(struct telling *t, struct err *e)
{
	tell_number(t, "Giữ nguyên số ");
	return true;
}

static bool
tell_issue(struct telling *t, struct err *e)
{
	const struct report_signature *s = signature_of(t->h->report, "seal");

	buf_put_str(&t->vi, "Đóng dấu và phát hành");
	if (s != NULL) {
		buf_put_str(&t->vi, ": con dấu của ");
		say_signature(t, s);
	}
	return true;
}

static bool
tell_renew(struct telling *t, struct err *e)
{
	struct value until = history_field(t->x, "until");
	char when[2 * TIME_TEXT], rfc[TIME_TEXT];

	buf_put_str(&t->vi, "Thêm dấu thời gian lưu trữ");
	if (!until.null) {
		story_time(when, until.i);
		time_text_utc(rfc, until.i);
		json_object_set_new(t->j, "proven_until", json_string(rfc));
		buf_printf(&t->vi, ", chứng minh được đến %s", when);
	}
	return true;
}

/* What became of it. */
static void
tell_act(struct telling *t, int64_t act)
{
	struct value from = history_field(t->x, "from"), until = history_field(t->x, "until"), other = history_field(t->x, "other");
	const char *const *say = life_say(act);

	json_object_set_new(t->j, "act", json_string(life_word(act) ?: ""));
	buf_printf(&t->vi, "Ghi nhận: %s", say != NULL ? say[LANG_VI] : t->x->verb->name);
	say_text(t, "decision", ", theo quyết định số ", history_field(t->x, "decision").s);
	say_day(t, "from", ", từ ngày ", &from);
	say_day(t, "until", " đến hết ngày ", &until);
	say_permit(t, "other", ", thay bằng giấy phép mã ", &other);
	say_text(t, "note", "; ghi chú: ", history_field(t->x, "note").s);
	say_text(t, "reason", "; lý do: ", history_field(t->x, "reason").s);
}

static bool
tell_return(struct telling *t, struct err *e)
{
	tell_act(t, LIFE_RETURNED);
	return true;
}

static bool
tell_reserve_reaffirm(struct telling *t, struct err *e)
{
	buf_put_str(&t->vi, "Ghi nhận việc xác nhận lại chữ ký, chờ đóng dấu");
	say_text(t, "decision", ", theo quyết định số ", history_field(t->x, "decision").s);
	return true;
}

static bool
tell_reaffirm(struct telling *t, struct err *e)
{
	const struct report_signature *s = signature_of(t->h->report, "reaffirm");

	tell_act(t, LIFE_REAFFIRMED);
	if (s != NULL) {
		buf_put_str(&t->vi, "; con dấu của ");
		say_signature(t, s);
	}
	return true;
}

/* Every act has its number in the record; what has none is not guessed at. */
static bool
tell_rest(struct telling *t, struct err *e)
{
	struct value status = history_field(t->x, "status");

	if (status.null)
		buf_printf(&t->vi, "Bản ghi %s", t->x->verb->name);
	else
		tell_act(t, status.i);
	return true;
}

static bool
tell_lost(struct telling *t, struct err *e)
{
	json_object_set_new(t->j, "type", json_integer((json_int_t)t->x->entry.type));
	buf_printf(&t->vi, "(dòng loại %" PRIu64 "; bản ghi không còn, chỉ còn phần công khai trong nhật ký)", t->x->entry.type);
	return true;
}

static const struct { const char *verb; bool (*tell)(struct telling *, struct err *); } verbs[] = {
	{ "permit.submit", tell_submit }, { "permit.officer_signed", tell_signed },
	{ "permit.reserve_allotted", tell_reserve }, { "permit.reserve_given", tell_reserve }, { "permit.reserve_amended", tell_amended }, { "permit.issue", tell_issue },
	{ "permit.renew", tell_renew }, { "permit.reserve_reaffirm", tell_reserve_reaffirm }, { "permit.reaffirm", tell_reaffirm },
	{ "permit.return", tell_return }, { NULL, tell_rest },
};

static bool
tell_step(struct telling *t, const char **what, struct err *e)
{
	size_t i = 0;

	*what = t->x->order != NULL ? "order" : t->x->verb == NULL ? "lost" : t->x->verb->name;
	if (t->x->order != NULL)
		return tell_order(t, e);
	if (t->x->verb == NULL)
		return tell_lost(t, e);
	while (verbs[i].verb != NULL && strcmp(verbs[i].verb, t->x->verb->name) != 0)
		i++;
	return verbs[i].tell(t, e);
}

static bool
tell_steps(json_t *steps, const struct history *h, struct err *e)
{
	struct telling t = { .h = h };

	for (size_t i = 0; i < h->n; i++) {
		own(json_t) *j = json_object();
		own_struct(buf) vi = buf_new(SENTENCE_MAX);
		char when[TIME_TEXT];
		const char *what;
		bool good;

		t.x = &h->at[i];
		t.j = j;
		t.vi = vi;
		good = tell_step(&t, &what, e);
		vi = t.vi;
		if (!good || !buf_ok(&vi, "step", e))
			return fail_in(e, "entry %lld", (long long)t.x->index);
		time_text_utc(when, t.x->entry.time);
		json_object_set_new(j, "entry", json_integer(t.x->index));
		json_object_set_new(j, "time", json_string(when));
		json_object_set_new(j, "what", json_string(what));
		json_object_set_new(j, "vi", json_string(buf_str(&vi)));
		json_array_append_new(steps, take(&j));
	}
	return true;
}

/*
 * Whose it is, and what it is on that day.
 */

/* Before the seal there is a state and no status. */
static json_t *
status_of(const struct history *h, const struct life *l)
{
	static const struct { const char *state, *vi; } waiting[] = {
		{ "draft", "chưa ký" }, { "signed", "đã ký, chờ cấp số và đóng dấu" }, { "sealing", "đã cấp số, chờ đóng dấu" }, { "returned", "đã trả lại để sửa, không được cấp" },
	};
	const char *state = life_state(h->state, l);
	enum in_force status = life_status(l, NULL);
	char day[TIME_TEXT];
	const struct answer *a;

	date_text(day, l->day);
	for (size_t i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++)
		if (strcmp(waiting[i].state, state) == 0)
			return json_pack("{s:s, s:s, s:s}", "word", state, "vi", waiting[i].vi, "day", day);
	a = answer_pick(h->stored->policy, &(struct answer_case){ .verdict = h->report->verdict, .sub = h->report->sub, .in_force = status, .way = "file",
	    .tier = h->report->tier != NULL ? h->report->tier->id : "" });
	return json_pack("{s:s, s:s, s:s, s:s}", "word", in_force_word(status), "vi", a->word[LANG_VI], "day", day, "verdict", verdict_word(h->report->verdict));
}

bool
story_tell(json_t **out, const struct history *h, int32_t day, struct err *e)
{
	const struct kind *kind = policy_kind(h->stored->policy, h->kind);
	const struct agency *agency = policy_agency(h->stored->policy, h->agency);
	json_t *steps = json_array();
	own(json_t) *j = NULL;
	struct life l;

	j = json_pack("{s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s}, s:o}", "permit", "handle", h->hex, "kind", h->kind, "kind_vi", kind != NULL ? kind->vi : h->kind,
	    "agency", h->agency, "agency_vi", agency != NULL ? agency_name_on(agency, day_in_vietnam(h->at[0].entry.time)) : h->agency,
	    "dossier", h->dossier, "number", h->number, "steps", steps);
	promise(j != NULL);
	if (!tell_steps(steps, h, e) || !history_life(&l, h, day, e))
		return false;
	json_object_set_new(j, "status", status_of(h, &l));
	*out = take(&j);
	return true;
}

static const char *
str(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key)) ?: "";
}

void
story_text(struct buf *out, const json_t *story)
{
	const json_t *permit = json_object_get(story, "permit"), *status = json_object_get(story, "status"), *step;
	char when[2 * TIME_TEXT] = "";
	int32_t day;
	int64_t t;
	struct err not;
	size_t i;

	buf_printf(out, "LỊCH SỬ MỘT GIẤY PHÉP\n\nLoại:      %s\nSố:        %s\nCơ quan:   %s (%s)\nHồ sơ:     %s\nMã:        %s\n\n", str(permit, "kind_vi"),
	    str(permit, "number")[0] != '\0' ? str(permit, "number") : "-", str(permit, "agency_vi"), str(permit, "agency"), str(permit, "dossier"), str(permit, "handle"));
	json_array_foreach(json_object_get(story, "steps"), i, step) {
		if (time_parse(&t, str(step, "time"), &not))
			story_time(when, t);
		buf_printf(out, "%2zu. %s  dòng %lld\n    %s\n", i + 1, when, (long long)json_integer_value(json_object_get(step, "entry")), str(step, "vi"));
	}
	if (date_parse(&day, str(status, "day"), &not))
		date_text_people(when, day);
	buf_printf(out, "\nTình trạng ngày %s: %s\n", when, str(status, "vi"));
}
