/* asic_is, container_read, container_find, asic_read, asic_is_data, asic_references_hold. */
#include "tests/fuzz/target.h"

#include "verifier/asic.h"

#include <openssl/err.h>
#include <stdlib.h>

static void
look_at(const struct asic *a, const struct asic_signature *s)
{
	const struct container_entry *altered = NULL;

	promise(s->entry >= a->c.entry && s->entry < a->c.entry + a->c.n && !asic_is_data(s->entry) && s->nrefs <= ASIC_REFERENCES_MAX);
	promise((s->content == NULL) == (s->format == ASIC_XADES));
	for (size_t i = 0; i < s->nrefs; i++)
		promise(s->covers[s->ref[i].file] && asic_is_data(&a->c.entry[s->ref[i].file]));
	promise(asic_references_hold(a, s, &altered) || asic_is_data(altered));
}

static void
look_into(const struct asic *a)
{
	size_t inflated = 0;

	promise(a->c.n <= CONTAINER_ENTRIES_MAX && a->nsignatures >= 1 && a->nsignatures <= ASIC_SIGNATURES_MAX);
	for (size_t i = 0; i < a->c.n; i++) {
		promise(container_find(&a->c, a->c.entry[i].name) == &a->c.entry[i]);
		inflated += a->c.entry[i].octets.len;
	}
	promise(inflated <= CONTAINER_INFLATED_MAX);
	for (size_t i = 0; i < a->nsignatures; i++)
		look_at(a, &a->signature[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static policy_t *policy;
	struct asic *a = xalloc(sizeof(*a));
	struct err e;

	if (policy == NULL)
		promise(policy_load(&policy, SOURCE_DIR "/policy", &e));
	if (asic_read(a, span_of(data, size), policy, &e)) {
		promise(asic_is(span_of(data, size)));
		look_into(a);
	}
	asic_drop(a);
	free(a);
	promise(ERR_peek_error() == 0);
	return 0;
}
