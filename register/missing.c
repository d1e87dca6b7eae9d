#include "register/missing.h"

#include <stdlib.h>

void
missing_drop(struct missing *m)
{
	free(m->range);
	*m = (struct missing){ 0 };
}

static void
put(struct missing *m, size_t at, uint64_t first, uint64_t last)
{
	m->range = xrealloc(m->range, (m->n + 1) * sizeof(*m->range));
	memmove(m->range + at + 1, m->range + at, (m->n - at) * sizeof(*m->range));
	m->range[at].first = first;
	m->range[at].last = last;
	m->n++;
}

void
missing_add(struct missing *m, uint64_t idx)
{
	promise(m->n == 0 || m->range[m->n - 1].last < idx);
	if (m->n > 0 && m->range[m->n - 1].last + 1 == idx)
		m->range[m->n - 1].last = idx;
	else
		put(m, m->n, idx, idx);
}

bool
missing_explain(struct missing *m, uint64_t first, uint64_t last, struct err *e)
{
	size_t at = 0;
	uint64_t from, to;

	while (at < m->n && m->range[at].last < first)
		at++;
	if (first > last || at == m->n || m->range[at].first > first || m->range[at].last < last)
		return fail(e, ERR_STORE, "it says that the records of entries %llu to %llu are missing, and they are not", (unsigned long long)first, (unsigned long long)last);
	from = m->range[at].first;
	to = m->range[at].last;
	memmove(m->range + at, m->range + at + 1, (m->n - at - 1) * sizeof(*m->range));
	m->n--;
	if (to > last)
		put(m, at, last + 1, to);
	if (from < first)
		put(m, at, from, first - 1);
	return true;
}
