#include "verifier/tier_list.h"

#include "base/clock.h"
#include "base/cms.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME_OCTETS_MAX 200
#define ID_MAX 40
#define CERTIFICATE_MAX (16u << 10)
#define SEEN_MAX 200

void
tier_list_drop(struct tier_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct tier *t = &l->tier[i].is;

		free(t->id);
		free(t->vi);
		free(t->en);
		free(t->fr);
		cert_list_free(l->tier[i].anchors);
	}
	*l = (struct tier_list){ 0 };
}

/*
 * The content.
 */

static bool
take_name(char **out, const json_t *j, const char *key, struct err *e)
{
	const char *text;

	if (!json_take_str(&text, j, key, e))
		return false;
	if (text[0] == '\0' || strlen(text) > NAME_OCTETS_MAX || !text_check(span_str(text), false, e) || !text_is_nfc(span_str(text)))
		return fail(e, ERR_INPUT, "\"%s\" of a tier is 1 to %d octets of text, composed", key, NAME_OCTETS_MAX);
	*out = xstrdup(text);
	return true;
}

/* One of ours is named in policy alone. */
static bool
check_id(const struct tier_list *l, const struct listed_tier *t, const struct policy *p, struct err *e)
{
	const char *id = t->is.id;

	if (strlen(id) > ID_MAX || strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(id))
		return fail(e, ERR_INPUT, "the id of a tier is 1 to %d letters, digits and hyphens", ID_MAX);
	if (policy_tier(p, id) != NULL || strcmp(id, "own") == 0 || strcmp(id, "other") == 0)
		return fail(e, ERR_POLICY, "\"%s\" is the name of a tier of our own", id);
	for (const struct listed_tier *other = l->tier; other < t; other++)
		if (strcmp(other->is.id, id) == 0)
			return fail(e, ERR_INPUT, "the tier \"%s\" stands twice", id);
	return true;
}

static bool
holds(const cert_list *all, X509 *cert)
{
	for (int i = 0; i < sk_X509_num(all); i++)
		if (X509_cmp(sk_X509_value(all, i), cert) == 0)
			return true;
	return false;
}

static bool
take_anchor(const struct tier_list *l, struct listed_tier *t, const json_t *j, struct err *e)
{
	static const char *const keys[] = { "sha256", "certificate", NULL };
	own_struct(buf) der = buf_new(CERTIFICATE_MAX);
	own(X509) *cert = NULL;
	unsigned char said[SHA256_LEN], is[SHA256_LEN];
	const char *text;

	if (!json_only(j, keys, e) || !json_take_hex(said, sizeof(said), j, "sha256", e) || !json_take_str(&text, j, "certificate", e) ||
	    !base64_get(&der, span_str(text), e) || !buf_ok(&der, "an anchor", e) || !cert_from_der(&cert, buf_span(&der), e))
		return false;
	sha256(is, buf_span(&der));
	if (memcmp(said, is, sizeof(is)) != 0)
		return fail(e, ERR_INPUT, "an anchor is not the certificate whose SHA-256 stands beside it");
	for (const struct listed_tier *other = l->tier; other <= t; other++)
		if (holds(other->anchors, cert))
			return fail(e, ERR_INPUT, "an anchor stands twice (%s, %s)", other->is.id, t->is.id);
	promise(sk_X509_push(t->anchors, cert) > 0);
	(void)take(&cert);
	return true;
}

static bool
take_tier(struct tier_list *l, const json_t *j, const struct policy *p, struct err *e)
{
	static const char *const keys[] = { "id", "vi", "en", "fr", "anchors", NULL };
	static char nothing[] = "";
	struct listed_tier *t = &l->tier[l->n++];
	json_t *anchors, *anchor;
	size_t i;

	*t = (struct listed_tier){ .is = { .legal = true, .policy = nothing, .formerly = nothing, .mark = nothing, .prefix = { nothing, nothing, nothing }, .prefix_sms = nothing }, .anchors = sk_X509_new_null() };
	promise(t->anchors != NULL);
	if (!json_only(j, keys, e) || !take_name(&t->is.id, j, "id", e) || !take_name(&t->is.vi, j, "vi", e) || !take_name(&t->is.en, j, "en", e) ||
	    !take_name(&t->is.fr, j, "fr", e) || !check_id(l, t, p, e) || !json_take_arr(&anchors, j, "anchors", e))
		return false;
	if (json_array_size(anchors) < 1 || json_array_size(anchors) > TIER_ANCHORS_MAX)
		return fail(e, ERR_LIMIT, "a tier has 1 to %d anchors", TIER_ANCHORS_MAX);
	json_array_foreach(anchors, i, anchor)
		if (!take_anchor(l, t, anchor, e))
			return fail_in(e, "%s", t->is.id);
	return true;
}

static bool
take_time(int64_t *out, const json_t *j, const char *key, struct err *e)
{
	const char *text;

	return json_take_str(&text, j, key, e) && (time_parse(out, text, e) || fail_in(e, "\"%s\"", key));
}

static bool
read_content(struct tier_list *l, const json_t *j, const struct policy *p, struct err *e)
{
	static const char *const keys[] = { "antin", "version", "made", "until", "tiers", NULL };
	json_t *tiers, *tier;
	const char *what;
	size_t i;

	if (!json_only(j, keys, e) || !json_take_str(&what, j, "antin", e))
		return false;
	if (strcmp(what, "tiers/1") != 0)
		return fail(e, ERR_INPUT, "not a tier list (\"antin\" is not \"tiers/1\")");
	if (!json_take_int(&l->version, j, "version", e) || !take_time(&l->made, j, "made", e) || !take_time(&l->until, j, "until", e) || !json_take_arr(&tiers, j, "tiers", e))
		return false;
	if (l->version < 1 || l->made >= l->until)
		return fail(e, ERR_INPUT, "a tier list has a version from 1 on and ends after it was made");
	if (json_array_size(tiers) < 1 || json_array_size(tiers) > TIERS_MAX)
		return fail(e, ERR_LIMIT, "a tier list has 1 to %d tiers", TIERS_MAX);
	json_array_foreach(tiers, i, tier)
		if (!take_tier(l, tier, p, e))
			return false;
	return true;
}

bool
tier_list_parse(struct tier_list *out, struct span json, const struct policy *p, struct err *e)
{
	own_struct(tier_list) l = { 0 };
	own(json_t) *j = NULL;

	if (!json_read(&j, json, e) || !read_content(&l, j, p, e))
		return false;
	*out = l;
	l = (struct tier_list){ 0 };
	return true;
}

/*
 * Its signature, its time.
 */

static bool
open_signed(struct buf *content, struct span octets, const cert_list *anchors, struct err *e)
{
	own(CMS_ContentInfo) *cms = NULL;
	int64_t claimed;
	struct err why;

	if (!cms_read(&cms, octets, e))
		return false;
	for (int i = 0; i < sk_X509_num(anchors); i++) {
		buf_reset(content);
		if (cms_open(content, &claimed, cms, sk_X509_value(anchors, i), &why))
			return true;
	}
	return fail(e, ERR_POLICY, "the tier list is not signed by an anchor of this installation");
}

static bool
others_alone(const struct tier_list *l, const cert_list *anchors, struct err *e)
{
	for (size_t i = 0; i < l->n; i++)
		for (int k = 0; k < sk_X509_num(l->tier[i].anchors); k++)
			if (holds(anchors, sk_X509_value(l->tier[i].anchors, k)))
				return fail(e, ERR_POLICY, "an anchor of our own stands in the tier %s", l->tier[i].is.id);
	return true;
}

static bool
in_force(const struct tier_list *l, int64_t now, struct err *e)
{
	if (now > l->until)
		return fail(e, ERR_POLICY, "the tier list is over");
	return now >= l->made || fail(e, ERR_POLICY, "the tier list is made later than now");
}

bool
tier_list_open(struct tier_list *out, struct span cms, const cert_list *anchors, const struct policy *p, int64_t now, struct err *e)
{
	own_struct(buf) content = buf_new(TIER_LIST_MAX);
	own_struct(tier_list) l = { 0 };

	if (!open_signed(&content, cms, anchors, e) || !tier_list_parse(&l, buf_span(&content), p, e) || !others_alone(&l, anchors, e) || !in_force(&l, now, e))
		return false;
	sha256(l.sha256, cms);
	*out = l;
	l = (struct tier_list){ 0 };
	return true;
}

/*
 * What was seen.
 */

struct seen { int64_t version; char sha256[2 * SHA256_LEN + 1]; };

static bool
read_seen(struct seen *s, const char *path, struct err *e)
{
	own_struct(buf) text = buf_new(SEEN_MAX);
	unsigned char hash[SHA256_LEN];
	char more;

	*s = (struct seen){ .version = 0 };
	if (!file_read(&text, path, e))
		return e->class == ERR_ABSENT;
	if (sscanf(buf_str(&text), "%" SCNd64 " %64[0-9a-f]\n%c", &s->version, s->sha256, &more) != 2 || s->version < 1 ||
	    !hex_get_fixed(hash, sizeof(hash), span_str(s->sha256), e))
		return fail(e, ERR_STORE, "%s does not tell which tier list was seen last", path);
	return true;
}

bool
tier_list_seen(const struct tier_list *l, const char *path, struct err *e)
{
	own_str char *text = NULL;
	char hex[2 * SHA256_LEN + 1];
	struct seen s;

	hex_text(hex, span_of(l->sha256, sizeof(l->sha256)));
	if (!read_seen(&s, path, e))
		return false;
	if (l->version < s.version)
		return fail(e, ERR_POLICY, "the tier list has version %" PRId64 ", and %" PRId64 " was seen", l->version, s.version);
	if (l->version == s.version)
		return strcmp(hex, s.sha256) == 0 || fail(e, ERR_POLICY, "another tier list of version %" PRId64 " was seen", l->version);
	text = xprintf("%" PRId64 " %s\n", l->version, hex);
	return file_write(path, span_str(text), 0644, e);
}

const struct tier *
tier_list_find(const struct tier_list *l, const char *id)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->tier[i].is.id, id) == 0)
			return &l->tier[i].is;
	return NULL;
}
