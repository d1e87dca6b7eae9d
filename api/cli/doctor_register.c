/* What the register says of itself and of its people. */
#include "api/cli/doctor.h"

#include "base/ossl.h"
#include "policy/policy.h"
#include "register/promised.h"

#include <string.h>

/* True when there is a register to ask; else what the check is, in *h. */
static bool
can_ask(const struct doctor *d, enum health *h, struct buf *says, struct err *e)
{
	if (d->db != NULL)
		return true;
	if (d->conf.database[0] == '\0') {
		*h = skipped(says, "database");
		return false;
	}
	*e = d->db_error;
	*h = ALARM;
	return false;
}

/* Whatever was published, cosigned or signed is a prefix of what the database has. */
enum health
see_log(const struct doctor *d, struct buf *says, struct err *e)
{
	own_str char *vkey = xprintf("%s/log.vkey", d->conf.public);
	struct note_key key;
	struct checkpoint c;
	int64_t size;
	enum health h;

	if (!can_ask(d, &h, says, e))
		return h;
	if (!note_key_read(&key, vkey, e) || !promised_check(&c, &(struct promised){ d->conf.database, d->conf.public, &key }, d->db, e) ||
	    !store_int(d->db, "SELECT size FROM log_head", NULL, -1, &size, e))
		return ALARM;
	buf_printf(says, "%llu entries published of %lld", (unsigned long long)c.size, (long long)size);
	return WELL;
}

/*
 * Certificates of services, seals and administrators: those whose end is the
 * authority's own business.  One that has a successor beyond `ahead` may end.
 */

#define GONE_SECS (30 * DAY_SECS)	/* ended longer ago: nobody misses it */

struct ending { struct buf *names; unsigned n; };

static bool
put_ending(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct ending *x = ctx;
	char day[TIME_TEXT];

	date_text(day, day_in_vietnam(c[2].i));
	if (x->n++ < 3)
		buf_printf(x->names, "%s%.*s of %.*s on %s", x->n > 1 ? ", " : "", (int)c[0].s.len, (const char *)c[0].s.ptr, (int)c[1].s.len, (const char *)c[1].s.ptr, day);
	return true;
}

enum health
see_certificates(const struct doctor *d, struct buf *says, struct err *e)
{
	static const enum reg_type types[] = { REG_TEXT, REG_TEXT, REG_INT };
	own_struct(buf) names = buf_new(1024);
	struct ending x = { &names, 0 };
	struct values v = { .n = 0 };
	enum health h;

	if (!can_ask(d, &h, says, e))
		return h;
	values_int(&v, "ahead", d->ahead);
	values_int(&v, "gone", d->now - GONE_SECS);
	if (!store_run(d->db, "SELECT profile, agency, not_after FROM certificate c WHERE state IN ('active', 'held') AND (person IS NULL OR profile = 'administrator') "
	    "AND not_after BETWEEN $gone AND $ahead AND NOT EXISTS (SELECT 1 FROM certificate n WHERE n.profile = c.profile AND n.agency = c.agency AND n.name = c.name "
	    "AND n.person IS NOT DISTINCT FROM c.person AND (c.profile <> 'ocsp' OR n.generation = c.generation) AND n.state = 'active' AND n.not_after > $ahead) ORDER BY not_after, serial", &v, types, 3, put_ending, &x, NULL, e))
		return ALARM;
	if (x.n > 0)
		return well(fail(e, ERR_CONFLICT, "%u end too soon: %.140s", x.n, buf_str(&names)));
	buf_put_str(says, "none ends too soon");
	return WELL;
}

/*
 * The policy in force.
 */

struct adopted { bool any, same; const unsigned char *hash; };

static bool
take_adopted(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct adopted *x = ctx;

	x->any = true;
	x->same = span_eq(c[0].s, span_of(x->hash, SHA256_LEN));
	return true;
}

enum health
see_policy(const struct doctor *d, struct buf *says, struct err *e)
{
	static const enum reg_type types[] = { REG_BYTES };
	char hex[2 * SHA256_LEN + 1];
	own(policy_t) *p = NULL;
	struct adopted x = { false, false, NULL };
	enum health h;

	if (!can_ask(d, &h, says, e))
		return h;
	if (d->conf.policy[0] == '\0')
		return skipped(says, "policy");
	if (!policy_load(&p, d->conf.policy, e))
		return ALARM;
	x.hash = p->hash;
	if (!store_run(d->db, "SELECT hash FROM policy_adopted WHERE what = 'policy' ORDER BY entry DESC LIMIT 1", NULL, types, 1, take_adopted, &x, NULL, e))
		return ALARM;
	if (!x.same)
		return well(fail(e, ERR_CONFLICT, "%s is not the policy that the log says is in force%s", d->conf.policy, x.any ? "" : ": it says none"));
	hex_text(hex, span_of(p->hash, SHA256_LEN));
	buf_printf(says, "%.16s, as logged", hex);
	return WELL;
}

/* Archive time stamps (signer/renew.h): half of the days in which they are made are gone,
 * and still they are not. */
#define OVERDUE_SECS (90 * DAY_SECS)

enum health
see_archive(const struct doctor *d, struct buf *says, struct err *e)
{
	struct values v = { .n = 0 };
	char day[TIME_TEXT];
	enum health h;
	int64_t first, n;

	if (!can_ask(d, &h, says, e))
		return h;
	values_int(&v, "before", d->now + OVERDUE_SECS);
	if (!store_int(d->db, "SELECT min(proven_until) FROM permit WHERE issued_entry IS NOT NULL", NULL, INT64_MAX, &first, e) ||
	    !store_int(d->db, "SELECT count(*) FROM permit WHERE issued_entry IS NOT NULL AND proven_until < $before", &v, 0, &n, e))
		return ALARM;
	date_text(day, first == INT64_MAX ? 0 : day_in_vietnam(first));
	if (n > 0)
		return well(fail(e, ERR_CONFLICT, "the proofs of %lld permits end within %d days, the first on %s", (long long)n, (int)(OVERDUE_SECS / DAY_SECS), day));
	if (first == INT64_MAX)
		buf_put_str(says, "no permit yet");
	else
		buf_printf(says, "every permit is proven until %s at least", day);
	return WELL;
}

/* With one alone nobody can approve what that one asks for, nor stand in. */
#define APPROVERS_MIN 2

enum health
see_approvers(const struct doctor *d, struct buf *says, struct err *e)
{
	struct values v = { .n = 0 };
	enum health h;
	int64_t n;

	if (!can_ask(d, &h, says, e))
		return h;
	values_int(&v, "ahead", d->ahead);
	values_int(&v, "today", day_in_vietnam(d->now));
	values_int(&v, "day", day_in_vietnam(d->ahead));
	if (!store_int(d->db, "SELECT count(DISTINCT person) FROM appointment a WHERE role = 'approver' AND from_day <= $today AND (to_day IS NULL OR to_day >= $day) "
	    "AND (ended_day IS NULL OR ended_day > $day) AND EXISTS (SELECT 1 FROM certificate c WHERE c.person = a.person AND c.state = 'active' AND c.not_after > $ahead)", &v, 0, &n, e))
		return ALARM;
	if (n < APPROVERS_MIN)
		return well(fail(e, ERR_CONFLICT, "%lld %s, with appointment and certificate that last; there must be %d", (long long)n, n == 1 ? "approver" : "approvers", APPROVERS_MIN));
	buf_printf(says, "%lld", (long long)n);
	return WELL;
}
