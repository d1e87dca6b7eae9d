#include "verifier/broker.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "verifier/code.h"
#include "verifier/dossier.h"
#include "verifier/gazette.h"
#include "verifier/known.h"
#include "verifier/proto.h"
#include "verifier/report.h"

#define WORK_TIMEOUT_MS 10000
#define RETRY_SECS 20

/*
 * Work for a worker.
 */

static bool
work(struct broker *b, enum zygote_worker kind, struct msg *request, struct msg *reply, struct err *e)
{
	struct nursed *n;
	bool good;

	if (!nursery_zygote(&n, b->nursery, e))
		return false;
	good = zygote_do(nursed_zygote(n), kind, request, reply, VERIFY_MESSAGE_MAX, WORK_TIMEOUT_MS, e);
	nursery_done(b->nursery, n);
	return good;
}

static void
pass_fd(struct msg *request, const struct msg *in)
{
	msg_put_fd(request, msg_take_fd((struct msg *)in, 0));
}

/* Passes the fields and a descriptor on, and the reply back.  What a worker
 * says of a request for a certificate, antin-ca proves itself (csr.h). */
static bool
pass_on(struct broker *b, const struct msg *in, struct msg *out, struct err *e)
{
	enum zygote_worker kind = in->type == GATE_CSR ? ZYGOTE_LASTING : ZYGOTE_OWN;
	own_struct(msg) request = msg_new(in->type, VERIFY_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(0, VERIFY_MESSAGE_MAX);

	for (unsigned i = 0; i < in->n; i++)
		msg_put(&request, msg_span(in, i));
	if (in->nfd > 0)
		pass_fd(&request, in);
	FAULT_POINT("verifier.gate");
	if (!work(b, kind, &request, &reply, e))
		return false;
	FAULT_POINT("verifier.gate done");
	for (unsigned i = 0; i < reply.n; i++)
		msg_put(out, msg_span(&reply, i));
	return true;
}

static bool
on_gate(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	return pass_on(state, in, out, e);
}

/*
 * Answers.
 */

static void
put_json(struct msg *out, const json_t *j)
{
	own_struct(buf) text = buf_new(VERIFY_MESSAGE_MAX);

	json_write(&text, j);
	msg_put(out, buf_span(&text));
}

static struct answer_facts
facts_new(const struct broker *b, int64_t now)
{
	struct answer_facts f = ANSWER_FACTS_NONE;

	f.host = b->host;
	f.golive = b->golive;
	f.at = now;
	f.retry_secs = RETRY_SECS;
	f.telephone = b->telephone;
	return f;
}

/* Of a permit's report: the day of its issue. */
static int32_t
permit_day(const json_t *permit)
{
	int32_t day;
	struct err e;

	return date_parse(&day, json_text(permit, "day"), &e) ? day : INT32_MAX;
}

/* As it was called on the day of what is spoken of. */
static void
facts_agency(struct answer_facts *f, const struct broker *b, const char *id, int32_t day)
{
	const struct agency *a = policy_agency(b->policy, id);

	if (a == NULL)
		return;
	f->agency = agency_brief_on(a, day);
	f->telephone = a->telephone;
}

/* A register that reads from a replica answers as of then, also where it found
 * nothing: what was issued since is not in it yet. */
static int64_t
seen_at(const struct seen *s, int64_t now)
{
	return s->as_of != 0 ? s->as_of : now;
}

static void
say_replica(json_t *answer, const struct seen *s)
{
	char text[TIME_TEXT];

	if (s->as_of == 0)
		return;
	time_text_vn(text, s->as_of);
	json_object_set_new(answer, "replica", json_pack("{s:I, s:s}", "size", (json_int_t)s->size, "as_of", text));
}

/* why: what makes the permit's status what it is (known_in_force). */
static void
facts_known(struct answer_facts *f, const struct known *k, const struct known_change *why)
{
	if (!k->found)
		return;
	f->number = k->number;
	f->day = k->day;
	f->from = known_from(why);
	f->until = known_until(k, why);
	f->decision = why == NULL ? "" : why->decision;
	f->replacement = why == NULL || why->replacement[0] == '\0' ? NULL : why->replacement;
	f->as_of = seen_at(&k->seen, f->at);
}

/* An answer that is no judgement: "code-not-found", "busy" ... */
static json_t *
plain_answer(const struct broker *b, const char *reason, const struct answer_facts *f)
{
	const struct answer_case c = { .way = "code", .tier = "", .reason = reason };

	return json_pack("{s:s, s:o}", "case", reason, "answer", answer_json(answer_pick(b->policy, &c), b->tier, f));
}

/* about: what the register knows (known_json). */
static json_t *
in_force_json(enum in_force answer, const json_t *about, const struct known *k, int64_t now)
{
	const json_t *from = json_object_get(about, "from"), *until = json_object_get(about, "until");
	char text[TIME_TEXT];

	time_text_vn(text, seen_at(&k->seen, now));
	return json_pack("{s:s, s:O, s:O, s:o}", "answer", in_force_word(answer), "from", from == NULL ? json_null() : from,
	    "until", until == NULL ? json_null() : until, "as_of", k->found ? json_string(text) : json_null());
}

/* Of a suspension and a cancellation there are two answers each. */
static const char *
variant(enum in_force status, const struct known *k, const struct known_change *why)
{
	if (status == FORCE_SUSPENDED && known_until(k, why) == LIFE_OPEN)
		return "open";
	return status == FORCE_VOID && (why == NULL || why->replacement[0] == '\0') ? "alone" : NULL;
}

/*
 * VERIFY_FILE.
 */

struct asked { int64_t at, now; int32_t day; const char *way; bool used; };

static bool
read_options(struct asked *a, const char *text, struct err *e)
{
	own(json_t) *j = NULL;
	const char *at, *day;

	a->now = a->at = clock_now();
	a->day = day_in_vietnam(a->now);
	a->way = "file";
	if (!json_read(&j, span_str(text), e))
		return false;
	a->used = json_is_true(json_object_get(j, "evidence"));
	return json_may_str(&at, j, "at", e) && json_may_str(&day, j, "day", e) &&
	    (at == NULL || time_parse(&a->at, at, e)) && (day == NULL || date_parse(&a->day, day, e));
}

static bool
hash_document(unsigned char out[SHA256_LEN], const struct msg *in, struct err *e)
{
	struct span document;

	if (!memfd_map(&document, in->fd[0], VERIFY_DOCUMENT_MAX, e))
		return false;
	sha256(out, document);
	memfd_unmap(document);
	return true;
}

/* to: "reasons" or "remarks". */
static void
say(json_t *report, const char *to, enum said what)
{
	struct reasons one = { .n = 0 };

	reason_add(&one, what, NULL);
	json_array_append_new(json_object_get(report, to), reason_json(&one.at[0]));
}

/* Of what passed alone: nothing is made better of it. */
static void
no_right(json_t *report, struct answer_case *c)
{
	c->verdict = VERDICT_INDETERMINATE;
	c->sub = SUB_SIG_CONSTRAINTS_FAILURE;
	json_object_set_new(report, "verdict", json_string(verdict_word(c->verdict)));
	json_object_set_new(report, "sub", json_string(sub_word(c->sub)));
	json_object_set_new(report, "signature", json_string(verdict_short(VERDICT_FAILED)));
	json_object_set_new(report, "scope", json_string("none"));
	say(report, "reasons", SAID_NO_RIGHT);
}

/* false: the register cannot be asked. */
static bool
look_appointed(struct broker *b, json_t *report, const struct known *k, struct answer_case *c)
{
	bool lacking;
	struct err why;

	if (!k->found)
		return true;
	if (!known_appointed(&lacking, json_object_get(report, "signatures"), b->reg, k, &why)) {
		log_warn("the register could not be asked by what right a permit was signed: %s", why.text);
		return false;
	}
	if (lacking && c->verdict == VERDICT_PASSED)
		no_right(report, c);
	return true;
}

static void
take_verdict(struct answer_case *c, const json_t *report)
{
	if (!verdict_from_word(&c->verdict, json_text(report, "verdict")) || !sub_from_word(&c->sub, json_text(report, "sub")))
		c->verdict = VERDICT_INDETERMINATE;
	if (json_is_true(json_object_get(report, "no_signature")))
		c->reason = "no-signature";
}

/* Of a foreign document, of which the register knows nothing: under whose certification its
 * signature is right, and no more. */
static void
compose_foreign(struct broker *b, json_t *report, const struct asked *a)
{
	const char *id = json_text(report, "tier");
	const struct tier *tier = policy_tier(b->policy, id);
	struct answer_case c = { .way = a->way, .tier = "other" };
	struct answer_facts f = facts_new(b, a->now);

	if (tier == NULL && b->tiers != NULL)
		tier = tier_list_find(b->tiers, id);
	take_verdict(&c, report);
	json_object_set_new(report, "answer", answer_json(answer_pick(b->policy, &c), tier != NULL ? tier : b->tier, &f));
}

/* The first day that a permit can hold for: as it says itself, or else that of its issue. */
static int32_t
first_day(const json_t *permit, const struct known *k)
{
	int32_t day;
	struct err e;

	return date_parse(&day, json_text(permit, "valid_from"), &e) ? day : k->day;
}

/* On that day, as judge_in_force says of a status list. */
static enum in_force
in_force_on(json_t *report, const struct known *k, int32_t day, const struct known_change **why)
{
	enum in_force is = known_in_force(k, day, why);

	if ((is != FORCE_YES && is != FORCE_NOTED) || day >= first_day(json_object_get(report, "permit"), k))
		return is;
	say(report, "remarks", SAID_BEFORE_FIRST_DAY);
	return FORCE_UNKNOWN;
}

/* From when others had the key that made it; INT32_MIN: nothing says so. */
static int32_t
blocked_from(const json_t *report)
{
	const json_t *s;
	struct err e;
	int64_t at;
	size_t i;

	json_array_foreach(json_object_get(report, "signatures"), i, s)
		if (strcmp(json_text(s, "sub"), sub_word(SUB_REVOKED)) == 0 && time_parse(&at, json_text(json_object_get(s, "certificate"), "revoked"), &e))
			return day_in_vietnam(at);
	return INT32_MIN;
}

/* A worker's report, and what the register says of the same bytes. */
static void
compose(struct broker *b, json_t *report, const struct known *k, bool asked_register, const struct asked *a)
{
	const json_t *permit = json_object_get(report, "permit");
	const struct tier *tier = policy_tier(b->policy, json_text(report, "tier"));
	struct answer_case c = { .way = a->way, .tier = json_text(report, "tier") };
	struct answer_facts f = facts_new(b, a->now);
	const struct known_change *why = NULL;
	json_t *about = known_json(k, a->day);

	take_verdict(&c, report);
	asked_register &= look_appointed(b, report, k, &c);
	if (c.verdict == VERDICT_PASSED && k->found) {
		c.in_force = in_force_on(report, k, a->day, &why);
		/* Nobody is told "in force" without the right; what is known to be over is over. */
		if (!asked_register && (c.in_force == FORCE_YES || c.in_force == FORCE_NOTED))
			c.in_force = FORCE_UNKNOWN;
		c.reason = variant(c.in_force, k, why);
	} else if (c.verdict == VERDICT_PASSED && asked_register)
		say(report, "remarks", SAID_OTHER_OCTETS);
	/* Of the permit as issued, which fails for the lost key for ever. */
	if ((c.sub == SUB_REVOKED || c.sub == SUB_REVOKED_NO_POE) && known_reaffirmed(k))
		say(report, "remarks", SAID_REAFFIRMED_COPY);
	if (c.verdict == VERDICT_PASSED && !asked_register)
		say(report, "remarks", SAID_NO_REGISTER);
	facts_agency(&f, b, json_text(permit, "agency"), permit_day(permit));
	f.number = json_text(permit, "number");
	facts_known(&f, k, why);
	if (asked_register)
		f.as_of = seen_at(&k->seen, a->now);
	if (c.verdict == VERDICT_FAILED)
		f.from = blocked_from(report);
	json_object_set_new(report, "register", about);
	say_replica(report, &k->seen);
	json_object_set_new(report, "in_force", in_force_json(c.in_force, about, k, a->now));
	json_object_set_new(report, "answer", answer_json(answer_for(b->policy, &c, &f), tier != NULL ? tier : b->tier, &f));
}

static bool
judge_by(struct nursed *n, json_t **report, struct msg *request, const struct verdict_of *of, bool kept, struct err *e)
{
	enum zygote_worker kind = of->since != 0 ? ZYGOTE_LASTING : ZYGOTE_OWN;
	own_struct(msg) reply = msg_new(0, VERIFY_MESSAGE_MAX);
	int64_t now = clock_mono_ms() / 1000;

	if (!zygote_do(nursed_zygote(n), kind, request, &reply, VERIFY_MESSAGE_MAX, WORK_TIMEOUT_MS, e) || !json_read(report, msg_span(&reply, 0), e))
		return false;
	if (kept && strcmp(json_text(*report, "verdict"), verdict_word(VERDICT_PASSED)) == 0)
		verdicts_keep(nursed_verdicts(n), of, msg_span(&reply, 0), now);
	return true;
}

/* document: given away.  of->since 0: the register does not have it, and it is not
 * Antin's own work. */
static bool
judge(struct broker *b, json_t **report, int document, const struct verdict_of *of, const struct asked *a, struct err *e)
{
	bool kept = of->since != 0 && a->at == a->now && !a->used, good;
	own_struct(msg) request = msg_new(VERIFY_FILE, 4096);
	own_struct(buf) before = buf_new(VERDICTS_LEN_MAX);
	struct nursed *n;

	msg_put_u64(&request, (uint64_t)a->at);
	msg_put_u64(&request, (uint64_t)(int64_t)of->day);
	msg_put_u64(&request, (uint64_t)of->since);
	msg_put_u64(&request, a->used);
	msg_put_fd(&request, document);
	if (!nursery_zygote(&n, b->nursery, e))
		return false;
	if (kept && verdicts_find(&before, nursed_verdicts(n), of, clock_mono_ms() / 1000))
		good = json_read(report, buf_span(&before), e);
	else
		good = judge_by(n, report, &request, of, kept, e);
	nursery_done(b->nursery, n);
	return good;
}

static bool
on_verify(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct broker *b = state;
	own_struct(known) k = { 0 };
	own(json_t) *report = NULL;
	struct verdict_of of;
	struct asked a;
	struct err why;
	bool asked;

	if (!read_options(&a, msg_str(in, 0), e) || !hash_document(of.sha256, in, e))
		return false;
	/* By its hash, before anybody has read it: what the register has is a permit. */
	asked = known_by_bytes(&k, b->reg, "known.by_sha256", "sha256", span_of(of.sha256, SHA256_LEN), &why);
	if (!asked)
		log_warn("the register could not be asked: %s", why.text);
	of.since = asked && k.found ? k.since : 0;
	of.day = a.day;
	if (!judge(b, &report, msg_take_fd((struct msg *)in, 0), &of, &a, e))
		return false;
	if (json_object_get(report, "format") != NULL)
		compose_foreign(b, report, &a);
	else
		compose(b, report, &k, asked, &a);
	put_json(out, report);
	return true;
}

/*
 * VERIFY_LOOKUP.
 */

static const char *const typed_word[] = { [TYPED_UNKNOWN] = "unknown", [TYPED_MISTYPED] = "mistyped", [TYPED_SHORT] = "short",
	[TYPED_VOICE] = "voice", [TYPED_DOSSIER] = "dossier", [TYPED_QR] = "qr", [TYPED_NUMBER] = "number", [TYPED_HASH] = "sha256" };

static bool
is_issued(const struct known *k)
{
	return k->found && strcmp(k->state, "issued") == 0;
}

/* When it is asked, and the day that the answer is to hold for. */
struct when { int64_t now; int32_t day; };

static struct when
when_now(void)
{
	int64_t now = clock_now();

	return (struct when){ now, day_in_vietnam(now) };
}

/* The bytes as issued are judged like a file; the answer is that of a code or a number. */
static bool
answer_permit(struct broker *b, json_t **out, const struct known *k, const char *way, const struct when *w, struct err *e)
{
	const struct asked a = { .at = w->now, .now = w->now, .day = w->day, .way = way };
	struct verdict_of of = { .since = k->since, .day = w->day };
	int document;

	sha256(of.sha256, buf_span(&k->sealed));
	if (!memfd_sealed(&document, buf_span(&k->sealed), e) || !judge(b, out, document, &of, &a, e))
		return false;
	compose(b, *out, k, true, &a);
	return true;
}

/* How far a permit is; it is also the dossier's step where no program reports. */
static const struct { const char *state, *say[LANGS]; } permit_steps[] = {
	{ "draft", { "trình ký", "awaiting signature", "en attente de signature" } },
	{ "signed", { "chờ văn thư cho số", "awaiting its number", "en attente de numéro" } },
	{ "sealing", { "đang đóng dấu", "being sealed", "en cours de scellement" } },
	{ "issued", { "đã cấp", "issued", "délivré" } },
	{ "returned", { "trả lại để sửa", "returned for correction", "renvoyé pour correction" } },
	{ "suspended", { "đã cấp, đang bị đình chỉ", "issued, now suspended", "délivré, suspendu" } },
	{ "withdrawn", { "đã cấp, sau đó thu hồi", "issued, withdrawn later", "délivré, puis retiré" } },
	{ "superseded", { "đã cấp, đã có bản mới thay", "issued, replaced by a newer version", "délivré, puis remplacé" } },
	{ "void", { "đã hủy", "cancelled", "annulé" } },
	{ "expired", { "đã cấp, nay hết hạn", "issued, now expired", "délivré, expiré" } },
};

static const char *const *
permit_say(const char *state)
{
	for (size_t i = 0; i < sizeof(permit_steps) / sizeof(permit_steps[0]); i++)
		if (strcmp(permit_steps[i].state, state) == 0)
			return permit_steps[i].say;
	return NULL;
}

static json_t *
say_json(const char *const *say)
{
	return say == NULL ? json_null() : json_pack("{s:s, s:s, s:s}", "vi", say[LANG_VI], "en", say[LANG_EN], "fr", say[LANG_FR]);
}

static json_t *
kind_json(const struct broker *b, const char *id)
{
	const struct kind *k = id == NULL || id[0] == '\0' ? NULL : policy_kind(b->policy, id);

	return k == NULL ? json_null() : json_pack("{s:s, s:s, s:s, s:s}", "id", k->id, "vi", k->vi, "en", k->en, "fr", k->fr);
}

static json_t *
agency_json(const struct broker *b, const char *id)
{
	const struct agency *a = policy_agency(b->policy, id);

	return json_pack("{s:s, s:s}", "id", id, "name", a == NULL ? id : a->name);
}

/* A dossier's code, and what is known of it. */
struct dossier { const char *code; struct known_dossier d; struct known_permits p; };

static const char *dossier_agency(const struct dossier *x) { return x->d.found ? x->d.agency : x->p.agency; }
static int32_t dossier_since(const struct dossier *x) { return x->d.found ? x->d.since : x->p.since; }
static const char *const *dossier_say(const struct dossier *x) { return x->d.found ? dossier_step_say(x->d.step) : permit_say(x->p.state); }

/* {"code","agency","kind","step","step_say","since","due","permits":[{"kind",
 * "agency","state","state_say","day"}],"as_of"}: no name, no permit's code. */
static json_t *
dossier_json(const struct broker *b, const struct dossier *x, int64_t now)
{
	char since[TIME_TEXT], due[TIME_TEXT] = "", as_of[TIME_TEXT];
	json_t *permit, *j;
	size_t i;

	json_array_foreach(x->p.list, i, permit) {
		json_object_set_new(permit, "state_say", say_json(permit_say(json_text(permit, "state"))));
		json_object_set_new(permit, "agency", agency_json(b, json_text(permit, "agency")));
		json_object_set_new(permit, "kind", kind_json(b, json_text(permit, "kind")));
	}
	date_text(since, dossier_since(x));
	if (x->d.found)
		date_text(due, x->d.due);
	time_text_vn(as_of, seen_at(&x->d.seen, now));
	j = json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:O, s:s}", "code", x->code, "agency", agency_json(b, dossier_agency(x)),
	    "kind", kind_json(b, x->d.kind), "step", x->d.found ? json_string(x->d.step) : json_null(), "step_say", say_json(dossier_say(x)),
	    "since", since, "due", due[0] == '\0' ? json_null() : json_string(due), "permits", x->p.list, "as_of", as_of);
	promise(j != NULL);
	return j;
}

static json_t *
answer_dossier(const struct broker *b, const struct dossier *x, int64_t now)
{
	struct answer_facts f = facts_new(b, now);
	json_t *j;

	facts_agency(&f, b, dossier_agency(x), dossier_since(x));
	f.number = x->code;
	f.from = dossier_since(x);
	f.until = x->d.due;
	f.step = dossier_say(x);
	j = plain_answer(b, x->d.due == INT32_MAX ? "dossier-code-undated" : "dossier-code", &f);
	json_object_set_new(j, "dossier", dossier_json(b, x, now));
	return j;
}

static json_t *
not_found(const struct broker *b, const char *reason, int64_t now)
{
	struct answer_facts f = facts_new(b, now);

	return plain_answer(b, reason, &f);
}

/* found: is there one? */
static bool
look_up_dossier(struct broker *b, json_t **out, bool *found, const char *code, const struct when *w, struct err *e)
{
	own_struct(known_permits) p = { .list = NULL };
	struct dossier x = { .code = code };

	if (!known_dossier(&x.d, b->reg, code, e) || !known_permits(&p, b->reg, code, day_in_vietnam(w->now), e))
		return false;
	x.p = p;
	*found = x.d.found || json_array_size(p.list) > 0;
	*out = *found ? answer_dossier(b, &x, w->now) : not_found(b, "code-not-found", w->now);
	say_replica(*out, &x.d.seen);
	return true;
}

static bool
look_up_permit(struct broker *b, json_t **out, bool *found, const char *code, const struct when *w, struct err *e)
{
	own_struct(known) k = { 0 };

	if (!known_by_text(&k, b->reg, "known.by_code", "code", code, e))
		return false;
	*found = is_issued(&k);
	if (*found)
		return answer_permit(b, out, &k, "code", w, e);
	*out = not_found(b, "code-not-found", w->now);
	say_replica(*out, &k.seen);
	return true;
}

/* Of a permit whose very octets have that hash, and no word of its content: a hash is told to
 * many who have no right to the paper. */
static bool
answer_hash(struct broker *b, json_t **out, const struct known *k, const char *hash, const struct when *w, struct err *e)
{
	struct reasons checked = { .n = 0 };
	own(json_t) *report = NULL;

	if (!answer_permit(b, &report, k, "hash", w, e))
		return false;
	if (strcmp(json_text(report, "sha256"), hash) != 0)
		return fail(e, ERR_BUG, "the register has other octets than those with this hash");
	reason_add(&checked, SAID_SAME_OCTETS, NULL);
	/* It begins with the number, and nobody asks by a hash from a telephone. */
	json_object_set_new(json_object_get(report, "answer"), "sms", json_null());
	*out = json_pack("{s:O, s:O, s:O, s:O, s:s, s:o}", "answer", json_object_get(report, "answer"), "in_force", json_object_get(report, "in_force"),
	    "verdict", json_object_get(report, "verdict"), "sub", json_object_get(report, "sub"), "sha256", hash, "checked", reason_json(&checked.at[0]));
	promise(*out != NULL);
	return true;
}

static bool
look_up_hash(struct broker *b, json_t **out, bool *found, const char *hash, const struct when *w, struct err *e)
{
	own_struct(known) k = { 0 };
	unsigned char octets[SHA256_LEN];

	if (!hex_get_fixed(octets, sizeof(octets), span_str(hash), e) || !known_by_bytes(&k, b->reg, "known.by_sha256", "sha256", span_of(octets, sizeof(octets)), e))
		return false;
	*found = is_issued(&k);
	if (!*found)
		*out = not_found(b, "hash-unknown", w->now);
	else if (!answer_hash(b, out, &k, hash, w, e))
		return false;
	say_replica(*out, &k.seen);
	return true;
}

/* What is looked up, and how. */
static bool (*const look_up[])(struct broker *, json_t **, bool *found, const char *plain, const struct when *, struct err *) = {
	[TYPED_SHORT] = look_up_permit, [TYPED_VOICE] = look_up_permit, [TYPED_DOSSIER] = look_up_dossier, [TYPED_HASH] = look_up_hash };

/* The answer for whoever must wait so many seconds; NULL for whoever need not. */
static json_t *
must_wait(const struct broker *b, const char *reason, int wait, int64_t now)
{
	struct answer_facts f = facts_new(b, now);
	json_t *j;

	if (wait <= 0)
		return NULL;
	f.wait_minutes = (wait + 59) / 60;
	j = plain_answer(b, reason, &f);
	json_object_set_new(j, "wait", json_integer(wait));
	return j;
}

static bool
answer_code(struct broker *b, json_t **out, enum typed what, const char *code, const char *asker, const struct when *w, struct err *e)
{
	bool found = false;

	*out = must_wait(b, "too-many-tries", misses_wait(b->misses, asker, w->now), w->now);
	if (*out != NULL)
		return true;
	if (!look_up[what](b, out, &found, code, w, e))
		return false;
	misses_note(b->misses, asker, found, w->now);
	return true;
}

/* plain: what typed_what made of it. */
static void
put_answer(struct broker *b, enum typed what, const char *plain, const char *asker, const struct when *w, struct msg *out)
{
	struct answer_facts f = facts_new(b, w->now);
	own(json_t) *j = NULL;
	struct err why;

	if (look_up[what] == NULL) {
		j = plain_answer(b, "code-mistyped", &f);
	} else if (!answer_code(b, &j, what, plain, asker, w, &why)) {
		log_warn("a code could not be looked up: %s", why.text);
		j = plain_answer(b, "busy", &f);
	}
	json_object_set_new(j, "typed", json_string(typed_word[what]));
	put_json(out, j);
}

static bool
on_lookup(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_struct(buf) plain = buf_new(TYPED_MAX * 2);
	enum typed what = typed_what(msg_span(in, 0), &plain);
	struct when w = when_now();

	if (msg_span(in, 2).len > 0 && !date_parse(&w.day, msg_str(in, 2), e))
		return false;
	put_answer(state, what, buf_str(&plain), msg_str(in, 1), &w, out);
	return true;
}

/* What else it is, by its name. */
static const char *const not_a_dossier[] = { [TYPED_UNKNOWN] = "this is no code of a dossier", [TYPED_MISTYPED] = "this is no code of a dossier, but a mistyped code of a permit",
	[TYPED_SHORT] = "this is a permit's short code, not a dossier's code", [TYPED_VOICE] = "this is a permit's voice code, not a dossier's code",
	[TYPED_QR] = "this is the text of a QR code, not a dossier's code", [TYPED_HASH] = "this is the SHA-256 of a file, not a dossier's code", [TYPED_NUMBER] = "this has not the form of a dossier's code, or its date does not exist" };

static bool
on_dossier(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_struct(buf) plain = buf_new(TYPED_MAX * 2);
	enum typed what = typed_what(msg_span(in, 0), &plain);
	const struct when w = when_now();

	if (what != TYPED_DOSSIER)
		return fail(e, ERR_INPUT, "%s", not_a_dossier[what]);
	put_answer(state, what, buf_str(&plain), msg_str(in, 1), &w, out);
	return true;
}

/*
 * VERIFY_PROOF: by handle or by a code of the permit.
 */

static bool
find_permit(struct broker *b, struct known *k, const char *text, struct err *e)
{
	own_struct(buf) plain = buf_new(TYPED_MAX * 2);
	unsigned char handle[HANDLE_LEN];
	struct err not_hex;
	enum typed what;

	if (hex_get_fixed(handle, sizeof(handle), span_str(text), &not_hex))
		return known_by_bytes(k, b->reg, "known.by_handle", "handle", span_of(handle, sizeof(handle)), e);
	what = typed_what(span_str(text), &plain);
	if (what != TYPED_SHORT && what != TYPED_VOICE)
		return fail(e, ERR_INPUT, "this is neither a handle nor a permit's code");
	return known_by_text(k, b->reg, "known.by_code", "code", buf_str(&plain), e);
}

static bool
on_proof(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct broker *b = state;
	own_struct(buf) proof = buf_new((4u << 20));
	own_struct(known) k = { 0 };

	if (!find_permit(b, &k, msg_str(in, 0), e) || !known_proof(&proof, b->reg, b->tiles, &k, e))
		return false;
	msg_put(out, buf_span(&proof));
	return true;
}

/*
 * VERIFY_PUBLICATIONS, VERIFY_DAY, VERIFY_PUBLISHERS.
 */

/* What stands above everything that this installation says. */
static json_t *
prefix_json(const struct broker *b)
{
	return json_pack("{s:s, s:s, s:s}", "vi", b->tier->prefix[LANG_VI] ?: "", "en", b->tier->prefix[LANG_EN] ?: "", "fr", b->tier->prefix[LANG_FR] ?: "");
}

/* Contents are octets that Antin made. */
static bool
read_contents(struct broker *b, struct gazette *g, struct err *e)
{
	own_struct(msg) request = msg_new(VERIFY_PUBLICATIONS, VERIFY_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(0, VERIFY_MESSAGE_MAX);
	own_struct(buf) contents = buf_new(VERIFY_MESSAGE_MAX);

	cbor_put_array(&contents, g->nshown);
	buf_put_span(&contents, buf_span(&g->contents));
	msg_put(&request, buf_span(&contents));
	return work(b, ZYGOTE_LASTING, &request, &reply, e) && gazette_put_lines(g, msg_span(&reply, 0), e);
}

static void
say_states(json_t *items)
{
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
		json_object_set_new(item, "state_say", say_json(permit_say(json_text(item, "state"))));
}

static bool
on_day(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	const struct gazette_day q = { (int32_t)msg_u64(in, 0), msg_u64(in, 1) };
	struct broker *b = state;
	own_struct(gazette) g = { .items = NULL };
	own(json_t) *answer = NULL;

	if (msg_u64(in, 0) > INT32_MAX - 1)
		return fail(e, ERR_INPUT, "a day that no calendar has");
	if (!gazette_of_day(&g, b->reg, b->policy, &q, day_in_vietnam(clock_now()), e) || (g.nshown > 0 && !read_contents(b, &g, e)))
		return false;
	say_states(g.items);
	answer = json_pack("{s:O, s:o, s:o}", "items", g.items, "next", g.next == 0 ? json_null() : json_integer(g.next), "prefix", prefix_json(b));
	put_json(out, answer);
	return true;
}

static bool
on_publications(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	const struct gazette_question q = { msg_str(in, 0), msg_u64(in, 1), msg_u64(in, 2) };
	struct broker *b = state;
	own_struct(gazette) g = { .items = NULL };
	own(json_t) *answer = NULL;

	if (!gazette_read(&g, b->reg, b->policy, &q, day_in_vietnam(clock_now()), e) || (g.nshown > 0 && !read_contents(b, &g, e)))
		return false;
	say_states(g.items);
	answer = json_pack("{s:o, s:O, s:o, s:o}", "agency", agency_json(b, q.agency), "items", g.items, "next", g.next == 0 ? json_null() : json_integer(g.next),
	    "prefix", prefix_json(b));
	say_replica(answer, &g.seen);
	put_json(out, answer);
	return true;
}

/*
 * VERIFY_NUMBER.
 */

/* What the list makes public of it and no more: neither code nor file, no masked field. */
static bool
answer_number(struct broker *b, json_t **out, struct gazette *g, const unsigned char handle[HANDLE_LEN], int64_t now, struct err *e)
{
	own_struct(known) k = { 0 };
	own(json_t) *report = NULL;
	json_t *item = json_array_get(g->items, 0);
	bool expired;

	if (!known_by_bytes(&k, b->reg, "known.by_handle", "handle", span_of(handle, HANDLE_LEN), e) || !answer_permit(b, &report, &k, "number", &(struct when){ now, day_in_vietnam(now) }, e) ||
	    (g->nshown > 0 && !read_contents(b, g, e)))
		return false;
	expired = strcmp(json_text(json_object_get(report, "in_force"), "answer"), in_force_word(FORCE_EXPIRED)) == 0;
	json_object_set_new(item, "state_say", say_json(permit_say(expired ? "expired" : json_text(item, "state"))));
	*out = json_pack("{s:O, s:O, s:O}", "answer", json_object_get(report, "answer"), "in_force", json_object_get(report, "in_force"), "permit", item);
	return true;
}

static bool
look_up_number(struct broker *b, json_t **out, bool *found, const struct gazette_lookup *q, int64_t now, struct err *e)
{
	own_struct(gazette) g = { .items = NULL };
	unsigned char handle[HANDLE_LEN];
	struct answer_facts f = facts_new(b, now);

	if (!gazette_find(&g, found, handle, b->reg, b->policy, q, day_in_vietnam(now), e))
		return false;
	if (!*found)
		*out = plain_answer(b, "number-not-found", &f);
	else if (!answer_number(b, out, &g, handle, now, e))
		return false;
	say_replica(*out, &g.seen);
	return true;
}

static bool
answer_lookup(struct broker *b, json_t **out, const struct gazette_lookup *q, const char *asker, int64_t now, struct err *e)
{
	bool found = false, good;

	*out = must_wait(b, "too-many-numbers", misses_take(b->numbers, asker, now), now);
	if (*out != NULL)
		return true;
	good = look_up_number(b, out, &found, q, now, e);
	if (!good || found)
		misses_take_back(b->numbers, asker, now);
	return good;
}

static bool
on_number(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	const struct gazette_lookup q = { msg_str(in, 0), msg_str(in, 1), msg_str(in, 2) };
	struct broker *b = state;
	int64_t now = clock_now();
	struct answer_facts f = facts_new(b, now);
	own(json_t) *j = NULL;
	struct err why;

	if (!gazette_lookup_check(b->policy, &q, e))
		return false;
	if (!answer_lookup(b, &j, &q, msg_str(in, 3), now, &why)) {
		log_warn("a number could not be looked up: %s", why.text);
		j = plain_answer(b, "busy", &f);
	}
	put_json(out, j);
	return true;
}

static bool
on_publishers(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	const struct broker *b = state;
	int32_t today = day_in_vietnam(clock_now());
	own(json_t) *answer = json_pack("{s:[], s:[], s:o}", "agencies", "lookups", "prefix", prefix_json(b));

	for (const struct agency *a = b->policy->agency; a < b->policy->agency + b->policy->nagencies; a++)
		json_array_append_new(json_object_get(answer, "agencies"),
		    json_pack("{s:s, s:s, s:b}", "id", a->id, "name", a->name, "ended", (int)(a->to < today)));
	for (const struct kind *k = b->policy->kind; k < b->policy->kind + b->policy->nkinds; k++)
		if (k->looked_up)
			json_array_append_new(json_object_get(answer, "lookups"), kind_json(b, k->id));
	put_json(out, answer);
	return true;
}

#define ROUTE(name, callers, in, out) { { name, #name, callers, in, out }, route_##name },
#define route_VERIFY_FILE on_verify
#define route_VERIFY_LOOKUP on_lookup
#define route_GATE_CSR on_gate
#define route_GATE_SUBMISSION on_gate
#define route_VERIFY_ENTRY on_gate
#define route_VERIFY_PROOF on_proof
#define route_VERIFY_DOSSIER on_dossier
#define route_VERIFY_PUBLICATIONS on_publications
#define route_VERIFY_PUBLISHERS on_publishers
#define route_VERIFY_DAY on_day
#define route_VERIFY_NUMBER on_number
static const struct serve_route routes[] = { VERIFY_MESSAGES(ROUTE) };

const struct serve_route *
broker_routes(size_t *n)
{
	*n = sizeof(routes) / sizeof(routes[0]);
	return routes;
}
