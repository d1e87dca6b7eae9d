#include "verifier/right.h"

#include "policy/policy.h"

#include <stdlib.h>
#include <string.h>

bool
right_covers(const struct right_held *held, const struct right_used *used)
{
	own_str char *agency = span_dup_str(held->agency), *kinds = span_dup_str(held->kinds);

	return span_eq_str(held->person, used->person) && span_eq_str(held->mode, used->mode) && agency_within(used->agency, agency) &&
	    (strcmp(kinds, "*") == 0 || word_in(kinds, used->kind)) && used->day >= held->from && used->day <= held->to && used->day < held->ended && used->day < held->authority_ended;
}
