#include "policy/life.h"

static const struct { enum life_act act; const char *word, *say[LANGS]; } acts[] = {
	{ LIFE_RESUMED, "resumed", { "cho dùng lại", "resumed", "rétabli" } },
	{ LIFE_WITHDRAWN, "withdrawn", { "thu hồi", "withdrawn", "retiré" } },
	{ LIFE_SUSPENDED, "suspended", { "đình chỉ", "suspended", "suspendu" } },
	{ LIFE_SUPERSEDED, "superseded", { "có bản mới thay", "replaced by a newer version", "remplacé" } },
	{ LIFE_VOID, "void", { "hủy vì cấp nhầm", "cancelled, issued in error", "annulé, délivré par erreur" } },
	{ LIFE_RESTORED, "restored", { "hủy quyết định thu hồi", "withdrawal annulled", "retrait annulé" } },
	{ LIFE_NOTED, "noted", { "ghi chú sau khi cấp", "note made after issue", "note inscrite après la délivrance" } },
	{ LIFE_LIFTED, "lifted", { "xóa ghi chú", "note lifted", "note levée" } },
	{ LIFE_REAFFIRMED, "reaffirmed", { "xác nhận lại chữ ký", "signature reaffirmed", "signature confirmée" } },
	{ LIFE_RETURNED, "returned", { "trả lại để sửa", "returned for correction", "renvoyé pour correction" } },
};

const char *
life_word(int64_t act)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (acts[i].act == act)
			return acts[i].word;
	return NULL;
}

const char *const *
life_say(int64_t act)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (acts[i].act == act)
			return acts[i].say;
	return NULL;
}

void
life_begin(struct life *l, int32_t day, int32_t valid_to)
{
	*l = (struct life){ .day = day, .valid_to = valid_to };
}

static void
add_note(struct life *l, const struct life_change *c)
{
	/* More than may be ordered: one of them standing is what counts. */
	if (l->nnotes < LIFE_NOTES_MAX)
		l->note[l->nnotes++] = *c;
}

static void
lift_note(struct life *l, int64_t ends)
{
	for (size_t i = l->nnotes; i-- > 0;)
		if (ends < 0 || l->note[i].entry == ends) {
			l->note[i] = l->note[--l->nnotes];
			return;
		}
}

void
life_add(struct life *l, const struct life_change *c)
{
	if (c->act == LIFE_VOID) {
		l->is_void = true;
		l->void_ = *c;
		return;
	}
	if (c->from > l->day)
		return;
	switch (c->act) {
	case LIFE_RESUMED:
		/* Not one that begins later. */
		if (l->suspended.from <= c->from)
			l->is_suspended = false;
		break;
	case LIFE_WITHDRAWN:
		/* Of two the later one is annulled last. */
		if (!l->is_withdrawn || c->from >= l->withdrawn.from)
			l->withdrawn = *c;
		l->is_withdrawn = true;
		break;
	case LIFE_SUSPENDED:
		l->is_suspended = l->day <= c->until;
		l->suspended = *c;
		break;
	case LIFE_SUPERSEDED:
		l->is_superseded = true;
		l->superseded = *c;
		break;
	case LIFE_RESTORED:
		if (l->withdrawn.from <= c->from)
			l->is_withdrawn = false;
		l->is_superseded = false;
		break;
	case LIFE_NOTED:
		add_note(l, c);
		break;
	case LIFE_LIFTED:
		lift_note(l, c->ends);
		break;
	case LIFE_REAFFIRMED:
		l->is_reaffirmed = true;
		l->reaffirmed = *c;
		break;
	case LIFE_VOID:
	case LIFE_RETURNED:
		break;
	}
}

enum in_force
life_status(const struct life *l, const struct life_change **why)
{
	const struct { bool so; enum in_force status; const struct life_change *why; } facts[] = {
		{ l->is_void, FORCE_VOID, &l->void_ }, { l->is_superseded, FORCE_SUPERSEDED, &l->superseded },
		{ l->is_withdrawn, FORCE_WITHDRAWN, &l->withdrawn }, { l->is_suspended, FORCE_SUSPENDED, &l->suspended },
		{ l->day > l->valid_to, FORCE_EXPIRED, NULL }, { l->nnotes > 0, FORCE_NOTED, l->nnotes > 0 ? &l->note[l->nnotes - 1] : NULL },
		{ l->is_reaffirmed, FORCE_NOTED, &l->reaffirmed },
		{ true, FORCE_YES, NULL },
	};
	size_t i = 0;

	while (!facts[i].so)
		i++;
	if (why != NULL)
		*why = facts[i].why;
	return facts[i].status;
}

unsigned
life_code(const struct life *l)
{
	static const unsigned code[FORCES] = { [FORCE_WITHDRAWN] = 1, [FORCE_VOID] = 1, [FORCE_SUSPENDED] = 2, [FORCE_SUPERSEDED] = 3, [FORCE_NOTED] = 12 };
	struct life forever = *l;

	forever.valid_to = LIFE_OPEN;
	return code[life_status(&forever, NULL)];
}

const char *
life_state(const char *kept, const struct life *l)
{
	static const char *const words[FORCES] = { [FORCE_WITHDRAWN] = "withdrawn", [FORCE_SUPERSEDED] = "superseded", [FORCE_SUSPENDED] = "suspended", [FORCE_VOID] = "void" };
	const char *word = words[life_status(l, NULL)];

	if (strcmp(kept, "void") == 0)
		return "returned";
	return strcmp(kept, "issued") != 0 || word == NULL ? kept : word;
}

/*
 * What may follow what.
 */

#define IS(status) (1u << FORCE_##status)
#define HOLDS (IS(YES) | IS(NOTED))

static const struct { enum life_act act; unsigned when; struct err_rule rule; } may[] = {
	{ LIFE_SUSPENDED, HOLDS | IS(SUSPENDED), { ERR_CONFLICT, "only a permit in force can be suspended", "suspend-not-in-force", "chỉ đình chỉ được giấy phép đang còn hiệu lực" } },
	{ LIFE_RESUMED, IS(SUSPENDED), { ERR_CONFLICT, "only a permit that is suspended on that day can be resumed", "resume-not-suspended", "chỉ cho dùng lại được giấy phép đang bị đình chỉ vào ngày đó" } },
	{ LIFE_WITHDRAWN, HOLDS | IS(SUSPENDED) | IS(EXPIRED), { ERR_CONFLICT, "only an issued permit can be withdrawn, and once", "withdraw-again", "giấy phép này không thu hồi được nữa: đã thu hồi, đã hủy hoặc đã có bản mới thay" } },
	{ LIFE_RESTORED, IS(WITHDRAWN), { ERR_CONFLICT, "only a permit that is withdrawn on that day can be restored", "restore-not-withdrawn", "chỉ khôi phục được giấy phép đã bị thu hồi vào ngày đó" } },
	{ LIFE_VOID, HOLDS | IS(SUSPENDED) | IS(EXPIRED) | IS(WITHDRAWN) | IS(SUPERSEDED), { ERR_CONFLICT, "this permit is void already", "void-again", "giấy phép này đã hủy rồi" } },
	{ LIFE_NOTED, HOLDS | IS(SUSPENDED) | IS(EXPIRED) | IS(WITHDRAWN), { ERR_CONFLICT, "a permit that is void or replaced takes no note; the newest version does", "note-not-in-book", "giấy phép đã hủy hoặc đã có bản mới thay thì không ghi chú được; ghi vào bản mới nhất" } },
	{ LIFE_LIFTED, HOLDS | IS(SUSPENDED) | IS(EXPIRED) | IS(WITHDRAWN), { ERR_CONFLICT, "the notes of a permit that is void or replaced stay as they are", "lift-not-in-book", "ghi chú của giấy phép đã hủy hoặc đã có bản mới thay thì giữ nguyên" } },
	{ LIFE_REAFFIRMED, HOLDS | IS(SUSPENDED) | IS(EXPIRED), { ERR_CONFLICT, "what is void, replaced or withdrawn is not reaffirmed", "reaffirm-not-standing", "giấy phép đã hủy, đã có bản mới thay hoặc đã thu hồi thì không xác nhận lại" } },
	{ LIFE_SUPERSEDED, HOLDS, { ERR_CONFLICT, "only a permit in force gets a newer version: none that is void, replaced, withdrawn, suspended or expired", "amend-not-in-force", "chỉ điều chỉnh được giấy phép đang còn hiệu lực: chưa hủy, chưa có bản mới thay, không bị thu hồi hay đình chỉ, chưa hết hạn" } },
};

static bool
may_note(const struct life *l, enum life_act act, int64_t ends, struct err *e)
{
	static const struct err_rule full = { ERR_LIMIT, "so many notes stand at once that one must be lifted first", "notes-full", "đã có quá nhiều ghi chú; phải xóa bớt trước" };
	static const struct err_rule none = { ERR_CONFLICT, "no such note stands on that day", "note-absent", "vào ngày đó không có ghi chú này" };

	if (act == LIFE_NOTED)
		return l->nnotes < LIFE_NOTES_MAX || fail_by(e, &full);
	if (act != LIFE_LIFTED)
		return true;
	for (size_t i = 0; i < l->nnotes; i++)
		if (l->note[i].entry == ends)
			return true;
	return fail_by(e, &none);
}

bool
life_may(const struct life *l, enum life_act act, int64_t ends, struct err *e)
{
	enum in_force status = life_status(l, NULL);

	for (size_t i = 0; i < sizeof(may) / sizeof(may[0]); i++)
		if (may[i].act == act)
			return ((may[i].when >> status) & 1) != 0 ? may_note(l, act, ends, e) : fail_by(e, &may[i].rule);
	return fail(e, ERR_BUG, "act %d is none of a permit's life", (int)act);
}
