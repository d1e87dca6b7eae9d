#include "verifier/report.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>

#define ANSWER_MAX (16u << 10)

void
report_begin(struct report *r)
{
	memset(r, 0, offsetof(struct report, signature[1]));
	r->as_of = INT64_MIN;
	r->from = INT32_MIN;
	r->until = INT32_MAX;
}

void
report_drop(struct report *r)
{
	json_decref(r->permit);
	json_decref(r->files);
	for (size_t i = 0; i < r->nsignatures; i++)
		json_decref(r->signature[i].used);
	memset(r, 0, offsetof(struct report, signature));
}

/*
 * Answers.
 */

static void
date_for(char out[TIME_TEXT], int32_t day, enum lang lang)
{
	static const char *const months[] = { "January", "February", "March", "April", "May", "June", "July", "August",
		"September", "October", "November", "December" };
	char iso[TIME_TEXT];
	int month;

	if (day == INT32_MIN || day == INT32_MAX) {
		strcpy(out, "…");
		return;
	}
	date_text_people(out, day);
	if (lang != LANG_EN)
		return;
	date_text(iso, day);
	month = (iso[5] - '0') * 10 + iso[6] - '0';
	snprintf(out, TIME_TEXT, "%d %s %.4s", (iso[8] - '0') * 10 + iso[9] - '0', months[month - 1], iso);
}

/* The values of one language, as answer_fill takes them. */
struct values { char day[TIME_TEXT], from[TIME_TEXT], until[TIME_TEXT], golive[TIME_TEXT], asof[TIME_TEXT], today[TIME_TEXT],
	time[TIME_TEXT], wait[32], retry[32]; const char *pair[40]; };

static const char *
or_dots(const char *s)
{
	return s == NULL || s[0] == '\0' ? "…" : s;
}

static void
fill_values(struct values *v, const struct answer_facts *f, const struct tier *t, enum lang lang)
{
	static const char *const minutes[LANGS] = { "phút", "minutes", "minutes" }, *const seconds[LANGS] = { "giây", "seconds", "secondes" };
	const char *const pairs[] = { "agency", or_dots(f->agency), "telephone", or_dots(f->telephone), "number", or_dots(f->number),
		"decision", or_dots(f->decision), "replacement", or_dots(f->replacement), "step", or_dots(f->step != NULL ? f->step[lang] : NULL), "host", or_dots(f->host),
		"tier", t == NULL ? "…" : (const char *const []){ t->vi, t->en, t->fr }[lang],
		"day", v->day, "from", v->from, "until", v->until, "golive", v->golive, "asof", v->asof, "today", v->today, "time", v->time,
		"wait", v->wait, "retry", v->retry, NULL };

	date_for(v->day, f->day, lang);
	date_for(v->from, f->from, lang);
	date_for(v->until, f->until, lang);
	date_for(v->golive, f->golive, lang);
	date_for(v->asof, f->as_of == INT64_MIN ? INT32_MIN : day_in_vietnam(f->as_of), lang);
	date_for(v->today, day_in_vietnam(f->at), lang);
	time_of_day_people(v->time, f->at);
	snprintf(v->wait, sizeof(v->wait), "%d %s", f->wait_minutes, minutes[lang]);
	snprintf(v->retry, sizeof(v->retry), "%d %s", f->retry_secs, seconds[lang]);
	_Static_assert(sizeof(pairs) <= sizeof(v->pair), "room for every value");
	memcpy(v->pair, pairs, sizeof(pairs));
}

static json_t *
filled(const char *text, const struct values *v, const char *before)
{
	own_struct(buf) b = buf_new(ANSWER_MAX);

	if (before[0] != '\0')
		buf_printf(&b, "%s. ", before);
	answer_fill(&b, text == NULL ? "" : text, v->pair);
	return json_string(buf_str(&b));
}

/* SMS: no diacritics, whatever the values hold. */
static json_t *
sms_of(const struct answer *a, const struct tier *t, const struct values *v)
{
	own_struct(buf) b = buf_new(ANSWER_MAX), plain = buf_new(ANSWER_MAX);
	struct err e;

	if (a->sms == NULL || a->sms[0] == '\0')
		return json_null();
	if (t != NULL && t->prefix_sms != NULL)
		buf_put_str(&b, t->prefix_sms);
	answer_fill(&b, a->sms, v->pair);
	return text_fold(&plain, buf_span(&b), true, &e) ? json_string(buf_str(&plain)) : json_null();
}

const struct answer *
answer_for(const struct policy *p, const struct answer_case *c, const struct answer_facts *f)
{
	const struct answer *a = answer_pick(p, c);

	if (f->as_of != INT64_MIN || strcmp(a->id, "status-unknown") != 0)
		return a;
	return answer_pick(p, &(struct answer_case){ .way = c->way, .tier = c->tier, .reason = "status-undated" });
}

json_t *
answer_json(const struct answer *a, const struct tier *t, const struct answer_facts *f)
{
	static const char *const words[LANGS] = { "vi", "en", "fr" };
	json_t *j = json_pack("{s:s, s:s, s:s, s:{}, s:{}, s:{}, s:{}, s:{}}", "id", a->id, "sign", a->sign, "colour", a->colour,
	    "word", "say", "act", "line", "prefix");
	struct values v;

	promise(j != NULL);
	for (int l = LANGS - 1; l >= 0; l--) {
		const char *prefix = t != NULL && t->prefix[l] != NULL ? t->prefix[l] : "";

		fill_values(&v, f, t, (enum lang)l);
		json_object_set_new(json_object_get(j, "word"), words[l], json_string(a->word[l]));
		json_object_set_new(json_object_get(j, "say"), words[l], filled(a->say[l], &v, ""));
		json_object_set_new(json_object_get(j, "act"), words[l], filled(a->act[l], &v, ""));
		json_object_set_new(json_object_get(j, "line"), words[l], filled(a->say[l], &v, prefix));
		json_object_set_new(json_object_get(j, "prefix"), words[l], json_string(prefix));
	}
	json_object_set_new(j, "sms", sms_of(a, t, &v));	/* v: Vietnamese, the last filled */
	return j;
}

/*
 * The report.
 */

static json_t *
time_or_null(int64_t t)
{
	char text[TIME_TEXT];

	if (t == INT64_MIN || t == INT64_MAX)
		return json_null();
	time_text_vn(text, t);
	return json_string(text);
}

static json_t *
day_or_null(int32_t day)
{
	char text[TIME_TEXT];

	if (day == INT32_MIN || day == INT32_MAX)
		return json_null();
	date_text(text, day);
	return json_string(text);
}

static json_t *
signature_json(const struct report_signature *s)
{
	static const char *const proofs[] = { "none", "time-stamp", "log" };
	json_t *j = json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s}, s:s, s:o, s:o, s:s, s:o, s:b, s:b, s:{s:s, s:o, s:o, s:o}, s:o, s:o}",
	    "id", s->id, "verdict", verdict_word(s->verdict), "sub", sub_word(s->sub),
	    "signer", "name", s->signer, "title", s->title, "mode", s->mode, "person", s->person, "unit", s->organisation, "agency", s->agency,
	    "issuer", s->issuer, "claimed", time_or_null(s->claimed), "proven", time_or_null(s->proven), "proof", proofs[s->proof], "archived", time_or_null(s->archived),
	    "integrity", s->integrity, "valid_then", s->valid_then,
	    "certificate", "serial", s->serial, "from", time_or_null(s->not_before), "to", time_or_null(s->not_after), "revoked", time_or_null(s->revoked),
	    "tier", s->tier == NULL ? json_null() : json_string(s->tier->id), "reasons", reasons_json(&s->reasons));

	promise(j != NULL);
	if (s->file[0] != '\0')
		json_object_set_new(j, "file", json_string(s->file));
	if (s->reaffirmed)
		json_object_set_new(j, "reaffirmed", json_true());
	if (s->used != NULL)
		json_object_set(j, "used", s->used);
	return j;
}

/* Nobody is shown content that anybody could have written. */
static bool
may_show(const struct report *r)
{
	for (size_t i = 0; i < r->nsignatures; i++)
		if (!r->signature[i].integrity || r->signature[i].tier == NULL)
			return false;
	return r->permit != NULL && r->nsignatures > 0;
}

static const char *
signature_word(const struct report *r)
{
	if (r->no_signature || r->sub == SUB_SIG_CONSTRAINTS_FAILURE)
		return verdict_short(VERDICT_FAILED);
	return verdict_short(r->verdict);
}

/* Since when it is in force, or from when others had the key that made it. */
static int32_t
from_day(const struct report *r)
{
	for (size_t i = 0; r->verdict == VERDICT_FAILED && i < r->nsignatures; i++)
		if (r->signature[i].sub == SUB_REVOKED && r->signature[i].revoked != INT64_MAX)
			return day_in_vietnam(r->signature[i].revoked);
	return r->in_force == FORCE_YES ? r->from : INT32_MIN;
}

static json_t *
answer_of(const struct report *r, const struct policy *p, const char *way, int64_t at)
{
	const struct answer_case c = { .verdict = r->verdict, .sub = r->sub, .in_force = r->in_force, .way = way,
		.tier = r->tier == NULL ? "" : r->tier->id, .reason = r->no_signature ? "no-signature" : NULL };
	const struct agency *a = r->agency[0] == '\0' ? NULL : policy_agency(p, r->agency);
	struct answer_facts f = ANSWER_FACTS_NONE;
	const char *day = json_string_value(json_object_get(r->permit, "day"));
	struct err e;

	f.telephone = a == NULL ? NULL : a->telephone;
	f.number = r->number;
	f.from = from_day(r);
	f.until = r->until;
	f.at = at;
	f.as_of = r->as_of;
	if (day == NULL || !date_parse(&f.day, day, &e))
		f.day = INT32_MIN;
	f.agency = a == NULL ? NULL : agency_brief_on(a, f.day == INT32_MIN ? INT32_MAX : f.day);
	return answer_json(answer_for(p, &c, &f), r->tier, &f);
}

static void
put_under(json_t *j, const struct report *r)
{
	char hash[2 * SHA256_LEN + 1];
	json_t *tiers = json_array();

	for (size_t i = 0; i < r->nunder; i++) {
		const struct report_under *u = &r->under[i];
		const struct tier *t = u->tier;

		json_array_append_new(tiers, json_pack("{s:s, s:s, s:s, s:s, s:s}", "tier", t != NULL ? t->id : "own",
		    "vi", t != NULL ? t->vi : "chứng thực của hệ thống này", "en", t != NULL ? t->en : "this installation's own authority", "verdict", verdict_word(u->verdict), "sub", sub_word(u->sub)));
	}
	hex_text(hash, span_of(r->list_sha256, SHA256_LEN));
	json_object_set_new(j, "tiers", tiers);
	json_object_set_new(j, "tier_list", json_pack("{s:I, s:o, s:s}", "version", (json_int_t)r->list_version, "until", time_or_null(r->list_until), "sha256", hash));
}

/* By which rules: SHA-256 as the log's entries have it (policy.h). */
static json_t *
policy_json(const struct policy *p)
{
	char hash[2 * SHA256_LEN + 1];

	hex_text(hash, span_of(p->hash, sizeof(p->hash)));
	return json_pack("{s:s, s:s}", "id", "urn:antin:policy:1", "sha256", hash);
}

json_t *
report_json(const struct report *r, const struct policy *p, const char *way, int64_t at)
{
	char hash[2 * SHA256_LEN + 1];
	json_t *signatures = json_array(), *j;

	hex_text(hash, span_of(r->sha256, SHA256_LEN));
	for (size_t i = 0; i < r->nsignatures; i++)
		json_array_append_new(signatures, signature_json(&r->signature[i]));
	j = json_pack("{s:s, s:s, s:s, s:{s:s, s:o, s:o, s:o}, s:o, s:s, s:o, s:o, s:o, s:s, s:b, s:b, s:o}",
	    "verdict", verdict_word(r->verdict), "sub", sub_word(r->sub), "signature", signature_word(r),
	    "in_force", "answer", in_force_word(r->in_force), "as_of", time_or_null(r->as_of), "from", day_or_null(r->from), "until", day_or_null(r->until),
	    "tier", r->tier == NULL ? json_null() : json_string(r->tier->id),
	    "scope", r->verdict != VERDICT_PASSED ? "none" : r->partial ? "partial" : "full",
	    "reasons", reasons_json(&r->reasons), "remarks", reasons_json(&r->remarks), "signatures", signatures, "sha256", hash,
	    "insecure_no_revocation", r->insecure_no_revocation, "no_signature", r->no_signature,
	    "answer", r->format != NULL || way == NULL ? json_null() : answer_of(r, p, way, at));
	promise(j != NULL);
	if (r->nunder > 0)
		put_under(j, r);
	json_object_set_new(j, "policy", policy_json(p));
	json_object_set_new(j, "judged", time_or_null(at));
	if (r->format != NULL)
		json_object_set_new(j, "format", json_string(r->format));
	if (r->files != NULL)
		json_object_set_new(j, "files", json_incref(r->files));
	json_object_set_new(j, "permit", may_show(r) ? json_incref(r->permit) : json_null());
	return j;
}

int
report_exit(const struct report *r, bool with_in_force)
{
	static const int code[VERDICTS] = { [VERDICT_INDETERMINATE] = 2, [VERDICT_FAILED] = 1, [VERDICT_PASSED] = 0 };
	int signature = r->no_signature || r->sub == SUB_SIG_CONSTRAINTS_FAILURE ? 1 : code[r->verdict];
	int force = r->in_force == FORCE_YES ? 0 : r->in_force == FORCE_UNKNOWN ? 2 : 1;

	if (!with_in_force)
		return signature;
	return signature == 1 || force == 1 ? 1 : signature == 2 || force == 2 ? 2 : 0;
}
