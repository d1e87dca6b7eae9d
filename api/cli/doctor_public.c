/* What the world may copy, read as files: log, CRLs, status list, authorities. */
#include "api/cli/doctor.h"

#include "register/list_entry.h"
#include "register/tile.h"
#include "verifier/cert.h"
#include "verifier/cose.h"
#include "verifier/crl.h"
#include "verifier/status_list.h"

#include <stdio.h>

#define FILE_MAX (16u << 20)

/*
 * The log.
 */

static bool
published_checkpoint(const struct doctor *d, const char *name, struct checkpoint *c, struct err *e)
{
	own_str char *vkey = xprintf("%s/log.vkey", d->conf.public);
	own_struct(buf) note = buf_new(NOTE_MAX);
	struct note_key key;

	return read_public(d, name, &note, e) && note_key_read(&key, vkey, e) && checkpoint_check(c, buf_span(&note), &key, e);
}

/* The entry that the checkpoint ends with, out of its bundle. */
static bool
last_entry_time(const struct doctor *d, uint64_t size, int64_t *out, struct err *e)
{
	uint64_t n = (size - 1) / TILE_WIDTH;
	own_struct(buf) name = buf_new(200), bundle = buf_new(TILE_WIDTH * (2 + ENTRY_MAX));
	struct span rest, entry = SPAN_NONE;
	struct entry x;

	tile_path(&name, TILE_ENTRIES, n, (unsigned)(size - n * TILE_WIDTH));
	if (!read_public(d, buf_str(&name), &bundle, e))
		return false;
	rest = buf_span(&bundle);
	while (rest.len > 0)
		if (!bundle_next(&rest, &entry, e))
			return false;
	if (!entry_read(&x, entry, e))
		return false;
	*out = x.time;
	return true;
}

/* Status lists are made hourly, so a log that lives has an entry of the last two. */
enum health
see_checkpoint(const struct doctor *d, struct buf *says, struct err *e)
{
	struct checkpoint c;
	int64_t t;

	if (!published_checkpoint(d, "checkpoint", &c, e))
		return ALARM;
	if (c.size == 0)
		return well(fail(e, ERR_CONFLICT, "the log has no entry"));
	if (!last_entry_time(d, c.size, &t, e) || !check_age(d, "the log's last entry", t, 2 * HOUR, e))
		return ALARM;
	buf_printf(says, "%llu entries, the last ", (unsigned long long)c.size);
	put_age(says, d, t);
	return WELL;
}

enum health
see_witnessed(const struct doctor *d, struct buf *says, struct err *e)
{
	own_struct(buf) note = buf_new(2 * NOTE_MAX);
	struct checkpoint c;
	struct quorum q;

	if (d->witnesses == NULL)
		return skipped(says, "witness_policy");
	if (!read_public(d, "checkpoint.witnessed", &note, e) || !log_policy_check(&c, &q, d->witnesses, buf_span(&note), e))
		return ALARM;
	if (q.as_of != INT64_MAX && !check_age(d, "the last checkpoint with its quorum of witnesses", q.as_of, 24 * HOUR, e))
		return ALARM;
	buf_printf(says, "%llu entries, ", (unsigned long long)c.size);
	quorum_text(says, d->witnesses, &q);
	return WELL;
}

/* What antin-register says of its witnesses; one that runs says it again and again. */
static bool
split_views(const struct doctor *d, const json_t *j, struct err *e)
{
	const char *time, *sentence;
	json_t *split;
	int64_t t;

	if (!json_take_str(&time, j, "time", e) || !time_parse(&t, time, e) || !json_take_arr(&split, j, "split", e))
		return false;
	if (json_array_size(split) > 0) {
		const json_t *one = json_array_get(split, 0);

		if (!json_take_str(&sentence, one, "sentence", e) || !json_take_str(&time, one, "time", e))
			return false;
		return fail(e, ERR_CONFLICT, "%zu seen; %s: %.180s", json_array_size(split), time, sentence);
	}
	return check_age(d, "witnesses.json", t, HOUR, e);
}

enum health
see_split(const struct doctor *d, struct buf *says, struct err *e)
{
	own_struct(buf) text = buf_new(1u << 20);
	own(json_t) *j = NULL;

	if (!read_public(d, "witnesses.json", &text, e)) {
		if (e->class != ERR_ABSENT || d->witnesses != NULL)
			return ALARM;
		buf_put_str(says, "no witness is asked");
		return SKIPPED;
	}
	if (!json_read(&j, buf_span(&text), e) || !split_views(d, j, e))
		return ALARM;
	buf_put_str(says, "none seen");
	return WELL;
}

/*
 * Certificates and permits.
 */

static bool
read_crl(const struct doctor *d, const char *crl, const char *issuer, struct crl_facts *f, struct err *e)
{
	own_struct(buf) der = buf_new(FILE_MAX), cert = buf_new(FILE_MAX);
	own(X509_CRL) *list = NULL;
	own(X509) *ca = NULL;

	return read_public(d, crl, &der, e) && crl_from_any(&list, buf_span(&der), e) && read_public(d, issuer, &cert, e) &&
	    cert_from_any(&ca, buf_span(&cert), e) && crl_check(f, list, ca, e);
}

static bool
see_one_crl(const struct doctor *d, const char *crl, const char *issuer, int64_t max_secs, int64_t until, struct buf *says, struct err *e)
{
	struct crl_facts f;
	char text[TIME_TEXT];

	if (!read_crl(d, crl, issuer, &f, e) || (max_secs > 0 && !check_age(d, crl, f.this_update, max_secs, e)))
		return false;
	if (!check_lasts(crl, f.next_update, until, e))
		return false;
	time_text_utc(text, f.next_update);
	buf_printf(says, "%s%s number %llu, good until %s", says->len > 0 ? "; " : "", crl, (unsigned long long)f.number, text);
	return true;
}

void
doctor_issuing(char name[ISSUING_NAME], int64_t generation)
{
	snprintf(name, ISSUING_NAME, generation == 1 ? "ca/issuing.crt" : "ca/issuing-%d.crt", (int)generation);
}

/* Without a register: as many as are public. */
bool
doctor_generations(const struct doctor *d, int64_t *n, struct err *e)
{
	if (d->db != NULL)
		return store_int(d->db, "SELECT 1 + count(*) FROM policy_adopted WHERE what = 'roll-over'", NULL, 1, n, e);
	for (*n = 1;; ++*n) {
		own_struct(buf) text = buf_new(FILE_MAX);
		char name[ISSUING_NAME];

		doctor_issuing(name, *n + 1);
		if (!read_public(d, name, &text, e))
			return e->class == ERR_ABSENT;
	}
}

#define ROOT_CRL_DAYS 60	/* what people need to come together for the yearly ceremony */

/* Each issuing key's is made anew each day; the root's at ceremonies, by people. */
enum health
see_crls(const struct doctor *d, struct buf *says, struct err *e)
{
	int64_t n;

	if (!doctor_generations(d, &n, e))
		return ALARM;
	for (int64_t i = 1; i <= n; i++) {
		own_str char *crl = xprintf("crl/%d.crl", (int)i - 1);
		char issuing[ISSUING_NAME];

		doctor_issuing(issuing, i);
		if (!see_one_crl(d, crl, issuing, 25 * HOUR, d->shut, says, e))
			return ALARM;
	}
	return well(see_one_crl(d, ROOT_CRL_PATH, "ca/root.crt", 0, d->ahead + ROOT_CRL_DAYS * DAY_SECS, says, e));
}

/* Its times alone: whoever relies on the list checks the signature. */
enum health
see_status_list(const struct doctor *d, struct buf *says, struct err *e)
{
	own_struct(buf) cwt = buf_new(STATUS_LIST_MAX);
	struct status_list l;
	struct cose c;
	bool good;

	if (!read_public(d, "status/1.cwt", &cwt, e) || !cose_read(&c, buf_span(&cwt), e) || !status_list_read_payload(&l, c.payload, e))
		return ALARM;
	good = check_age(d, "the status list", l.issued, 2 * HOUR, e) && check_lasts("the status list", l.expires, d->shut, e);
	buf_put_str(says, "made ");
	put_age(says, d, l.issued);
	status_list_drop(&l);
	return well(good);
}

#define CEREMONY_DAYS 90	/* what people need to come together for one */

static bool
see_one_authority(const struct doctor *d, const char *name, struct buf *says, struct err *e)
{
	own_struct(buf) text = buf_new(FILE_MAX);
	own(X509) *cert = NULL;
	char until[TIME_TEXT];
	int64_t end;

	if (!read_public(d, name, &text, e) || !cert_from_any(&cert, buf_span(&text), e))
		return fail_in(e, "%s", name);
	end = asn1_time_secs(X509_get0_notAfter(cert));
	if (!check_lasts(name, end, d->ahead + CEREMONY_DAYS * DAY_SECS, e))
		return false;
	time_text_utc(until, end);
	buf_printf(says, "%s%s until %s", says->len > 0 ? "; " : "", name, until);
	return true;
}

enum health
see_authority(const struct doctor *d, struct buf *says, struct err *e)
{
	char newest[ISSUING_NAME];
	int64_t n;

	/* Older issuing certificates end, as they should. */
	if (!doctor_generations(d, &n, e))
		return ALARM;
	doctor_issuing(newest, n);
	return well(see_one_authority(d, "ca/root.crt", says, e) && see_one_authority(d, newest, says, e));
}
