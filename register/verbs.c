#include "register/verbs.h"

typedef const struct verb *verb_table(void);
typedef const struct read *read_table(void);

static verb_table *const verb_tables[] = { log_verbs, cert_verbs, permit_verbs, dossier_verbs };
static read_table *const read_tables[] = { log_reads, cert_reads, permit_reads, dossier_reads, feed_reads, gazette_reads, parcel_reads };

const struct verb *
verb_find(const char *name)
{
	const struct verb *v;

	for (size_t i = 0; (v = verb_nth(i)) != NULL; i++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

const struct verb *
verb_nth(size_t n)
{
	for (size_t t = 0; t < sizeof(verb_tables) / sizeof(verb_tables[0]); t++)
		for (const struct verb *v = verb_tables[t](); v->name != NULL; v++)
			if (n-- == 0)
				return v;
	return NULL;
}

const struct read *
read_find(const char *name)
{
	for (size_t t = 0; t < sizeof(read_tables) / sizeof(read_tables[0]); t++)
		for (const struct read *r = read_tables[t](); r->name != NULL; r++)
			if (strcmp(r->name, name) == 0)
				return r;
	return NULL;
}
