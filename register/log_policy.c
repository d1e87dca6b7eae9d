#include "register/log_policy.h"

#include "base/clock.h"
#include "base/file.h"

#include <stdlib.h>

#define WORDS_MAX (4 + 2 * LOG_POLICY_MAX)
#define NAME_MAX_ (NOTE_NAME_MAX - 1)

/* A line, cut into words. */
struct words { struct span at[WORDS_MAX]; size_t n; };

struct parsing {
	struct log_policy *p;
	bool member[2 * LOG_POLICY_MAX];	/* of a group already */
	bool quorum;
};

static bool
cut(struct words *w, struct span line, struct err *e)
{
	w->n = 0;
	for (size_t i = 0; i < line.len;) {
		size_t from;

		if (line.ptr[i] == ' ' || line.ptr[i] == '\t') {
			i++;
			continue;
		}
		if (w->n == 0 && line.ptr[i] == '#')
			return true;
		for (from = i; i < line.len && line.ptr[i] != ' ' && line.ptr[i] != '\t';)
			i++;
		if (w->n == WORDS_MAX)
			return fail(e, ERR_LIMIT, "more than %d words", WORDS_MAX);
		w->at[w->n++] = span_of(line.ptr + from, i - from);
	}
	return true;
}

/* The place of a witness or a group; -1 when there is none of this name. */
static int
place_of(const struct log_policy *p, struct span name)
{
	for (size_t i = 0; i < p->nwitnesses; i++)
		if (span_eq_str(name, p->witness[i].name))
			return (int)i;
	for (size_t i = 0; i < p->ngroups; i++)
		if (span_eq_str(name, p->group[i].name))
			return (int)(LOG_POLICY_MAX + i);
	return -1;
}

static bool
copy(char *out, size_t size, struct span s, const char *what, struct err *e)
{
	if (s.len >= size)
		return fail(e, ERR_LIMIT, "a %s of more than %zu bytes", what, size - 1);
	memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
	return true;
}

static bool
new_name(char out[NOTE_NAME_MAX], const struct log_policy *p, struct span name, struct err *e)
{
	if (span_eq_str(name, "none"))
		return fail(e, ERR_INPUT, "the name \"none\" is taken");
	if (place_of(p, name) >= 0)
		return fail(e, ERR_INPUT, "the name %.*s is defined twice", (int)name.len, name.ptr);
	return copy(out, NOTE_NAME_MAX, name, "name", e);
}

static bool
same_key(const struct note_key *a, const struct note_key *b)
{
	return memcmp(a->key, b->key, NOTE_KEY_LEN) == 0;
}

/* log <vkey> [url] */
static bool
on_log(struct parsing *x, const struct words *w, struct err *e)
{
	struct log_policy *p = x->p;
	own_str char *vkey = span_dup_str(w->at[1]);
	size_t n = p->nlogs;

	if (n == LOG_POLICY_MAX)
		return fail(e, ERR_LIMIT, "more than %d logs", LOG_POLICY_MAX);
	if (!note_key_parse(&p->log[n].key, vkey, e) || (w->n == 3 && !copy(p->log[n].url, LOG_POLICY_URL_MAX, w->at[2], "URL", e)))
		return false;
	for (size_t i = 0; i < n; i++)
		if (same_key(&p->log[i].key, &p->log[n].key))
			return fail(e, ERR_INPUT, "the same log key a second time");
	p->nlogs++;
	return true;
}

/* witness <name> <vkey> [url] */
static bool
on_witness(struct parsing *x, const struct words *w, struct err *e)
{
	struct log_policy *p = x->p;
	own_str char *vkey = span_dup_str(w->at[2]);
	size_t n = p->nwitnesses;

	if (n == LOG_POLICY_MAX)
		return fail(e, ERR_LIMIT, "more than %d witnesses", LOG_POLICY_MAX);
	if (!new_name(p->witness[n].name, p, w->at[1], e) || !note_witness_parse(&p->witness[n].key, vkey, e) ||
	    (w->n == 4 && !copy(p->witness[n].url, LOG_POLICY_URL_MAX, w->at[3], "URL", e)))
		return false;
	for (size_t i = 0; i < n; i++)
		if (same_key(&p->witness[i].key, &p->witness[n].key))
			return fail(e, ERR_INPUT, "the same witness key a second time");
	p->nwitnesses++;
	return true;
}

static bool
needed(size_t *out, struct span word, size_t n, struct err *e)
{
	uint64_t k;

	if (span_eq_str(word, "all") || span_eq_str(word, "any")) {
		*out = span_eq_str(word, "all") ? n : 1;
		return true;
	}
	if (!decimal_get(&k, word, e))
		return fail(e, ERR_INPUT, "a group asks for all, any or a number of its members");
	if (k < 1 || k > n)
		return fail(e, ERR_INPUT, "a group of %zu members cannot ask for %llu", n, (unsigned long long)k);
	*out = (size_t)k;
	return true;
}

/* group <name> all|any|<k> <member>... */
static bool
on_group(struct parsing *x, const struct words *w, struct err *e)
{
	struct log_policy *p = x->p;
	size_t n = p->ngroups;

	if (n == LOG_POLICY_MAX)
		return fail(e, ERR_LIMIT, "more than %d groups", LOG_POLICY_MAX);
	if (!new_name(p->group[n].name, p, w->at[1], e) || !needed(&p->group[n].need, w->at[2], w->n - 3, e))
		return false;
	p->group[n].n = 0;
	for (size_t i = 3; i < w->n; i++) {
		int at = place_of(p, w->at[i]);

		if (at < 0)
			return fail(e, ERR_INPUT, "the member %.*s is not defined before", (int)w->at[i].len, w->at[i].ptr);
		if (x->member[at])
			return fail(e, ERR_INPUT, "%.*s is a member a second time", (int)w->at[i].len, w->at[i].ptr);
		x->member[at] = true;
		p->group[n].member[p->group[n].n++] = at;
	}
	p->ngroups++;
	return true;
}

/* quorum <name>|none */
static bool
on_quorum(struct parsing *x, const struct words *w, struct err *e)
{
	if (x->quorum)
		return fail(e, ERR_INPUT, "a second quorum line");
	x->quorum = true;
	if (span_eq_str(w->at[1], "none")) {
		x->p->quorum = LOG_POLICY_NONE;
		return true;
	}
	x->p->quorum = place_of(x->p, w->at[1]);
	return x->p->quorum >= 0 || fail(e, ERR_INPUT, "the quorum %.*s is not defined before", (int)w->at[1].len, w->at[1].ptr);
}

static const struct {
	const char *word;
	size_t least, most;
	bool (*on)(struct parsing *, const struct words *, struct err *);
} lines[] = {
	{ "log", 2, 3, on_log },
	{ "witness", 3, 4, on_witness },
	{ "group", 4, WORDS_MAX, on_group },
	{ "quorum", 2, 2, on_quorum },
};

static bool
take_policy_line(struct parsing *x, struct span line, struct err *e)
{
	struct words w;

	for (size_t i = 0; i < line.len; i++)
		if ((line.ptr[i] < 0x20 && line.ptr[i] != '\t') || line.ptr[i] == 0x7f)
			return fail(e, ERR_INPUT, "a control character");
	if (!cut(&w, line, e))
		return false;
	if (w.n == 0)
		return true;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (!span_eq_str(w.at[0], lines[i].word))
			continue;
		if (w.n < lines[i].least || w.n > lines[i].most)
			return fail(e, ERR_INPUT, "a %s line of %zu words", lines[i].word, w.n);
		return lines[i].on(x, &w, e);
	}
	return fail(e, ERR_INPUT, "a line begins with log, witness, group or quorum, not %.*s", w.at[0].len < 40 ? (int)w.at[0].len : 40, w.at[0].ptr);
}

bool
log_policy_parse(struct log_policy *out, struct span text, struct err *e)
{
	struct parsing x = { .p = out };
	struct span line;
	unsigned n = 0;

	*out = (struct log_policy){ .quorum = LOG_POLICY_NONE };
	if (text.len > LOG_POLICY_TEXT_MAX)
		return fail(e, ERR_LIMIT, "a log policy of more than %u bytes", LOG_POLICY_TEXT_MAX);
	while (n++, span_take_line(&text, &line))
		if (!take_policy_line(&x, line, e))
			return fail_in(e, "log policy, line %u", n);
	if (text.len > 0)
		return fail(e, ERR_INPUT, "log policy, line %u: it does not end", n);
	return x.quorum || fail(e, ERR_INPUT, "log policy: there is no quorum line");
}

bool
log_policy_read(struct log_policy *out, const char *path, struct err *e)
{
	own_struct(buf) text = buf_new(LOG_POLICY_TEXT_MAX);

	return file_read(&text, path, e) && (log_policy_parse(out, buf_span(&text), e) || fail_in(e, "%s", path));
}

static int
newest_first(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x < y) - (x > y);
}

/* Since when a place is satisfied; INT64_MIN: it is not.  Members stand before
 * their group in the file, so this ends. */
static int64_t
as_of(const struct log_policy *p, const struct quorum *q, int place)
{
	int64_t at[2 * LOG_POLICY_MAX];
	size_t g = (size_t)place - LOG_POLICY_MAX;

	if (place == LOG_POLICY_NONE)
		return INT64_MAX;
	if (place < LOG_POLICY_MAX)
		return q->by[place] ? q->time[place] : INT64_MIN;
	for (size_t i = 0; i < p->group[g].n; i++)
		at[i] = as_of(p, q, p->group[g].member[i]);
	qsort(at, p->group[g].n, sizeof(at[0]), newest_first);
	return at[p->group[g].need - 1];
}

bool
log_policy_quorum(struct quorum *out, const struct log_policy *p, struct span note, struct err *e)
{
	struct quorum q = { .met = false };

	for (size_t i = 0; i < p->nwitnesses; i++) {
		struct note_word w;

		if (!note_look(&w, note, &p->witness[i].key, e))
			return false;
		q.by[i] = w.there;
		q.time[i] = w.time;
	}
	q.as_of = as_of(p, &q, p->quorum);
	q.met = q.as_of != INT64_MIN;
	*out = q;
	return true;
}

bool
log_policy_enough(const struct log_policy *p, const bool by[LOG_POLICY_MAX])
{
	struct quorum q = { .met = false };

	memcpy(q.by, by, sizeof(q.by));
	return as_of(p, &q, p->quorum) != INT64_MIN;
}

bool
log_policy_check(struct checkpoint *out, struct quorum *quorum, const struct log_policy *p, struct span note, struct err *e)
{
	own_struct(buf) who = buf_new(16u << 10);
	struct span text, signatures;
	struct checkpoint c;
	struct quorum q;
	bool known = false;

	if (!note_split(&text, &signatures, note, e) || !checkpoint_parse(&c, text, e))
		return false;
	for (size_t i = 0; i < p->nlogs; i++) {
		struct note_word w;

		if (strcmp(p->log[i].key.name, c.origin) != 0)
			continue;
		if (!note_look(&w, note, &p->log[i].key, e))
			return false;
		known |= w.there;
	}
	if (!known)
		return fail(e, ERR_POLICY, "the checkpoint is not signed by a log of the policy");
	if (!log_policy_quorum(&q, p, note, e))
		return false;
	*quorum = q;
	*out = c;
	if (q.met)
		return true;
	quorum_text(&who, p, &q);
	return fail(e, ERR_POLICY, "the checkpoint of size %llu lacks its quorum: it is cosigned by %.120s", (unsigned long long)c.size, buf_str(&who));
}

void
quorum_text(struct buf *out, const struct log_policy *p, const struct quorum *q)
{
	char when[TIME_TEXT];
	size_t n = 0;

	for (size_t i = 0; i < p->nwitnesses; i++)
		n += q->by[i];
	buf_printf(out, "%zu of %zu witnesses", n, p->nwitnesses);
	for (size_t i = 0, told = 0; i < p->nwitnesses; i++)
		if (q->by[i])
			buf_printf(out, "%s%s", told++ == 0 ? " (" : ", ", p->witness[i].name);
	buf_put_str(out, n > 0 ? ")" : "");
	if (!q->met || q->as_of == INT64_MAX)
		return;
	time_text_utc(when, q->as_of);
	buf_printf(out, " as of %s", when);
}
