#include "register/missing.h"

#include <stdlib.h>

void
missing_drop(struct missing *m)
{
	free(m->range);
	*m = (struct missing){ 0 };
}

static void
put(struct missing *m, size_t at, struct missing_range r)
{
	m->range = xrealloc(m->range, (m->n + 1) * sizeof(*m->range));
	memmove(m->range + at + 1, m->range + at, (m->n - at) * sizeof(*m->range));
	m->range[at] = r;
	m->n++;
}

void
missing_add(struct missing *m, uint64_t idx)
{
	struct missing_range *last = m->n > 0 ? &m->range[m->n - 1] : NULL;

	promise(last == NULL || last->last < idx);
	if (last != NULL && !last->explained && last->last + 1 == idx)
		last->last = idx;
	else
		put(m, m->n, (struct missing_range){ idx, idx, false });
}

static bool
has_all(const struct missing *m, uint64_t first, uint64_t last)
{
	size_t at = 0;

	while (at < m->n && m->range[at].last < first)
		at++;
	if (first > last || at == m->n || m->range[at].first > first)
		return false;
	while (m->range[at].last < last)
		if (++at == m->n || m->range[at].first != m->range[at - 1].last + 1)
			return false;
	return true;
}

/* No range goes across from idx - 1 to idx any more. */
static void
split(struct missing *m, uint64_t idx)
{
	for (size_t at = 0; at < m->n; at++) {
		struct missing_range right = m->range[at];

		if (right.first >= idx || right.last < idx)
			continue;
		right.first = idx;
		m->range[at].last = idx - 1;
		put(m, at + 1, right);
		return;
	}
}

bool
missing_explain(struct missing *m, uint64_t first, uint64_t last, struct err *e)
{
	if (!has_all(m, first, last))
		return fail(e, ERR_STORE, "it says that the records of entries %llu to %llu are missing, and they are not", (unsigned long long)first, (unsigned long long)last);
	split(m, first);
	split(m, last + 1);
	for (size_t at = 0; at < m->n; at++)
		if (m->range[at].first >= first && m->range[at].last <= last)
			m->range[at].explained = true;
	return true;
}

bool
missing_unexplained(const struct missing *m, uint64_t *idx)
{
	for (size_t at = 0; at < m->n; at++)
		if (!m->range[at].explained) {
			*idx = m->range[at].first;
			return true;
		}
	return false;
}
