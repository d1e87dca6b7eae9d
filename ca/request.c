#include "ca/request.h"

#include "base/clock.h"
#include "ca/name.h"
#include "policy/mailbox.h"

#include <stdio.h>
#include <stdlib.h>

#define PERSON_MAX 32
#define TOKEN_SERIAL_MAX 32
#define SPKI_MAX 1024
#define CSR_TEXT_MAX (24u << 10)
#define FACTS_MAX 4096

void
request_facts_drop(struct request_facts *f)
{
	buf_drop(&f->text);
	buf_drop(&f->spki);
	json_decref(f->json);
	*f = (struct request_facts){ .profile = NULL };
}

static bool
look_up(struct request_facts *f, const struct policy *p, struct err *e)
{
	const char *profile, *agency;

	if (!json_take_str(&profile, f->json, "profile", e) || !json_take_str(&agency, f->json, "agency", e))
		return false;
	f->profile = policy_profile(p, profile);
	f->agency = policy_agency(p, agency);
	if (f->profile == NULL)
		return fail(e, ERR_ABSENT, "there is no certificate profile %.40s", profile);
	if (f->profile->ca)
		return fail(e, ERR_POLICY, "a certificate of the profile %s comes from a ceremony only", f->profile->id);
	if (f->agency == NULL)
		return fail(e, ERR_ABSENT, "there is no agency %.40s", agency);
	return true;
}

/* From f->json, which is complete. */
static bool
fill(struct request_facts *f, const struct policy *p, struct err *e)
{
	return look_up(f, p, e) && json_take_str(&f->name, f->json, "name", e) && json_take_str(&f->person, f->json, "person", e) &&
	    json_take_str(&f->title, f->json, "title", e) && json_may_str(&f->renews, f->json, "renews", e) && json_may_str(&f->replaces, f->json, "replaces", e) &&
	    json_may_str(&f->token, f->json, "token", e) && json_may_str(&f->mail, f->json, "mail", e);
}

bool
request_facts_read(struct request_facts *out, const struct policy *p, struct span text, struct err *e)
{
	static const char *const keys[] = { "agency", "mail", "name", "person", "profile", "renews", "replaces", "spki", "title", "token", NULL };
	own_struct(request_facts) f = { .text = buf_new(FACTS_MAX), .spki = buf_new(SPKI_MAX) };
	const char *spki;

	buf_put_span(&f.text, text);
	if (!buf_ok(&f.text, "request", e) || !json_read(&f.json, text, e) || !json_only(f.json, keys, e) || !fill(&f, p, e) ||
	    !json_take_str(&spki, f.json, "spki", e) || !base64_get(&f.spki, span_str(spki), e))
		return fail_in(e, "request");
	sha256(f.key_id, buf_span(&f.spki));
	*out = f;
	f = (struct request_facts){ .profile = NULL };
	return true;
}

bool
person_check(const char *person, struct err *e)
{
	size_t n = strlen(person);

	if (n == 0)
		return fail(e, ERR_INPUT, "\"person\" is missing: the staff number");
	if (n > PERSON_MAX || strspn(person, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != n)
		return fail(e, ERR_INPUT, "\"person\" is a staff number: at most %d capital letters, digits and hyphens", PERSON_MAX);
	if (n == 12 && strspn(person, "0123456789") == n)
		return fail(e, ERR_POLICY, "\"person\" looks like a citizen's ID number; a certificate is public, give the staff number");
	return true;
}

bool
token_serial_check(const char *serial, struct err *e)
{
	size_t n = strlen(serial);

	return (n > 0 && n <= TOKEN_SERIAL_MAX && strspn(serial, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == n) ||
	    fail(e, ERR_INPUT, "a token's serial number has 1 to %d letters, digits and hyphens", TOKEN_SERIAL_MAX);
}

/* The profile says what a subject has. */
static bool
check_subject(const struct request_ask *ask, const struct profile *f, const struct agency *agency, struct err *e)
{
	if (ask->token != NULL && !token_serial_check(ask->token, e))
		return false;
	if (f->mail_domains[0] != '\0' ? !mailbox_check(ask->mail, f->mail_domains, e) : ask->mail != NULL && !mailbox_none(f->id, e))
		return false;
	if (f->person)
		return name_check("name", ask->name, e) && name_check("title", ask->title, e) && person_check(ask->person, e);
	if (ask->person[0] != '\0' || ask->title[0] != '\0')
		return fail(e, ERR_INPUT, "a certificate of the profile %s names no person", f->id);
	if (ask->token != NULL)
		return fail(e, ERR_INPUT, "a certificate of the profile %s is on no person's token", f->id);
	if (strcmp(f->subject, "agency") != 0)
		return name_check("name", ask->name, e);
	return ask->name[0] == '\0' || strcmp(ask->name, agency->name) == 0 ||
	    fail(e, ERR_INPUT, "a certificate of the profile %s bears the agency's own name", f->id);
}

/* A seal need not be named: it has the agency's name. */
static const char *
name_or_agency(const struct policy *p, const struct request_ask *ask)
{
	const struct profile *f = policy_profile(p, ask->profile);
	const struct agency *agency = policy_agency(p, ask->agency);

	return ask->name[0] == '\0' && f != NULL && agency != NULL && strcmp(f->subject, "agency") == 0 ? agency->name : ask->name;
}

bool
request_facts_make(struct request_facts *out, const struct policy *p, const struct request_ask *ask, struct err *e)
{
	own_struct(request_facts) f = { .text = buf_new(FACTS_MAX), .spki = buf_new(SPKI_MAX) };
	own_struct(buf) key = buf_new(2 * SPKI_MAX);

	buf_put_span(&f.spki, ask->spki);
	base64_put(&key, ask->spki);
	if (!buf_ok(&f.spki, "key", e) || !buf_ok(&key, "key", e))
		return false;
	f.json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s*, s:s*, s:s*, s:s*}", "agency", ask->agency, "name", name_or_agency(p, ask), "person", ask->person,
	    "profile", ask->profile, "spki", buf_str(&key), "title", ask->title,
	    "renews", ask->renews, "replaces", ask->replaces, "token", ask->token, "mail", ask->mail);
	if (f.json == NULL)
		return fail(e, ERR_INPUT, "request: a text is not UTF-8");
	json_write(&f.text, f.json);
	if (!buf_ok(&f.text, "request", e) || !fill(&f, p, e) || !check_subject(ask, f.profile, f.agency, e))
		return fail_in(e, "request");
	sha256(f.key_id, ask->spki);
	*out = f;
	f = (struct request_facts){ .profile = NULL };
	return true;
}

bool
request_agency_there(const struct request_facts *f, int64_t now, struct err *e)
{
	static const struct err_rule rule = { ERR_POLICY, NULL, "agency-ended", "Cơ quan này không hoạt động vào ngày này nên không được cấp chứng thư số mới." };

	return agency_on(f->agency, day_in_vietnam(now)) || fail_rule(e, &rule, "agency %.40s is not there on this day; it gets no new certificate", f->agency->id);
}

static void
put_mailbox(struct reg_unit *u, const char *mail)
{
	own_str char *one = mail == NULL ? NULL : mailbox_lower(mail);

	if (one != NULL)
		reg_text(u, "mail", one);
	else
		reg_null(u, "mail");
}

bool
request_put(struct reg_unit *u, unsigned char id[REQUEST_ID_LEN], const struct request_facts *f, struct span csr, int64_t now, struct err *e)
{
	if (!handle_draw(id, now, e))
		return false;
	reg_verb(u, "request.submit");
	reg_bytes(u, "id", span_of(id, REQUEST_ID_LEN));
	reg_text_span(u, "facts", buf_span(&f->text));
	reg_bytes(u, "csr", csr);
	reg_bytes(u, "key_id", span_of(f->key_id, KEY_ID_LEN));
	reg_text(u, "profile", f->profile->id);
	if (f->person[0] != '\0')
		reg_text(u, "person", f->person);
	else
		reg_null(u, "person");
	reg_text(u, "agency", f->agency->id);
	if (f->token != NULL)
		reg_text(u, "token", f->token);
	else
		reg_null(u, "token");
	put_mailbox(u, f->mail);
	return true;
}

bool
request_same(struct authority *a, const struct request_facts *f, bool *found, unsigned char id[REQUEST_ID_LEN], char state[16], struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("request.same");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[9];
	bool more;

	*found = false;
	reg_bytes(&ask, "key_id", span_of(f->key_id, KEY_ID_LEN));
	reg_text_span(&ask, "facts", buf_span(&f->text));
	if (!reg_read(a->reg, &ask, &rows, e) || !reg_next(&rows, c, 9, &more, e))
		return false;
	while (more) {
		if (!span_eq_str(c[7].s, "rejected") && c[0].s.len == REQUEST_ID_LEN) {
			*found = true;
			memcpy(id, c[0].s.ptr, REQUEST_ID_LEN);
			snprintf(state, 16, "%.*s", (int)c[7].s.len, (const char *)c[7].s.ptr);
		}
		if (!reg_next(&rows, c, 9, &more, e))
			return false;
	}
	return true;
}

/* A worker says where the CSR's parts are; that its maker has the key is seen
 * here, on our own copy. */
static bool
pass_gate(struct authority *a, struct span csr, struct span *spki, struct err *e)
{
	struct csr_found found;

	return (gate_pass(a->gate, &found, csr, e) && csr_prove(spki, &found, csr, e)) || fail_in(e, "certificate request");
}

struct parsed { json_t *json; struct request_ask ask; struct buf csr; };

static void
parsed_drop(struct parsed *p)
{
	json_decref(p->json);
	buf_drop(&p->csr);
}

static bool
take_or_empty(const char **out, const json_t *j, const char *key, struct err *e)
{
	if (!json_may_str(out, j, key, e))
		return false;
	if (*out == NULL)
		*out = "";
	return true;
}

/* Domains have no case (RFC 5321 2.4); one spelling is recorded. */
static bool
mail_lower_domain(json_t *j, struct err *e)
{
	own_str char *lower = NULL;
	const char *mail;

	if (!json_may_str(&mail, j, "mail", e))
		return false;
	if (mail == NULL)
		return true;
	lower = mailbox_lower_domain(mail);
	return json_object_set_new(j, "mail", json_string(lower)) == 0 || fail(e, ERR_BUG, "\"mail\"");
}

static bool
parse(struct parsed *p, const char *text, struct err *e)
{
	static const char *const keys[] = { "profile", "agency", "name", "person", "title", "token", "mail", "csr", NULL };
	const char *csr;

	p->csr = buf_new(CSR_TEXT_MAX);
	if (!json_read(&p->json, span_str(text), e) || !json_only(p->json, keys, e) || !name_to_nfc(p->json, "name", e) || !name_to_nfc(p->json, "title", e) || !mail_lower_domain(p->json, e) ||
	    !json_take_str(&p->ask.profile, p->json, "profile", e) || !json_take_str(&p->ask.agency, p->json, "agency", e) ||
	    !take_or_empty(&p->ask.name, p->json, "name", e) || !take_or_empty(&p->ask.person, p->json, "person", e) ||
	    !take_or_empty(&p->ask.title, p->json, "title", e) || !json_may_str(&p->ask.token, p->json, "token", e) || !json_may_str(&p->ask.mail, p->json, "mail", e) || !json_take_str(&csr, p->json, "csr", e) ||
	    !base64_get(&p->csr, span_str(csr), e))
		return fail_in(e, "request");
	p->ask.csr = buf_span(&p->csr);
	return true;
}

/* Who asks the same again (or at the same moment) is refused by the register,
 * and then finds what is there. */
static bool
submit_once(struct authority *a, const struct request_facts *f, struct span csr, int64_t now, unsigned char id[REQUEST_ID_LEN], char state[16], struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	struct err conflict;
	bool found;

	snprintf(state, 16, "pending");
	if (!request_put(&u, id, f, csr, now, e))
		return false;
	if (authority_run(a, "request", &u, NULL, e))
		return true;
	conflict = *e;
	if (conflict.class != ERR_CONFLICT || !request_same(a, f, &found, id, state, e))
		return false;
	*e = conflict;
	return found;
}

/* Canonical JSON, its keys in order; the facts are such already. */
static void
put_answer(struct buf *out, const unsigned char id[REQUEST_ID_LEN], const char *state, const struct request_facts *f)
{
	unsigned char hash[SHA256_LEN];
	char id_text[2 * REQUEST_ID_LEN + 1], hash_text[2 * SHA256_LEN + 1], key_text[2 * KEY_ID_LEN + 1];

	sha256(hash, buf_span(&f->text));
	hex_text(id_text, span_of(id, REQUEST_ID_LEN));
	hex_text(hash_text, span_of(hash, SHA256_LEN));
	hex_text(key_text, span_of(f->key_id, KEY_ID_LEN));
	buf_put_str(out, "{\"facts\":");
	buf_put_span(out, buf_span(&f->text));
	buf_printf(out, ",\"hash\":\"%s\",\"id\":\"%s\",\"key\":\"%s\",\"state\":\"%s\"}", hash_text, id_text, key_text, state);
}

bool
request_submit(struct authority *a, const char *json, int64_t now, struct buf *answer, struct err *e)
{
	own_struct(parsed) p = { .json = NULL };
	own_struct(request_facts) f = { .profile = NULL };
	unsigned char id[REQUEST_ID_LEN];
	char state[16];

	if (!parse(&p, json, e) || !pass_gate(a, p.ask.csr, &p.ask.spki, e) || !request_facts_make(&f, a->policy, &p.ask, e) ||
	    !request_agency_there(&f, now, e) || !submit_once(a, &f, p.ask.csr, now, id, state, e))
		return false;
	put_answer(answer, id, state, &f);
	return buf_ok(answer, "answer", e);
}
