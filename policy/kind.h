/*
 * policy/kind.h -- a kind of permit, as data: policy/kinds/<id>.xml.
 *
 * The table of fields is the one source: it tells what a submission may hold
 * (verifier/submission.c), how the fields are called in Vietnamese and English,
 * which of them everybody may see, and it is rendered as RELAX NG for the
 * content of a permit (kind_grammar), the second and silent net.
 *
 * Numbering: book (allotted; per agency, book and year), running (allotted,
 * never restarts) or given (comes with the submission).
 */
#pragma once

#include "policy/field.h"
#include "policy/file.h"

/* One of the officers who sign, and the days of issue on which one does: what is
 * asked of a kind may change, and what was issued before is judged as of then. */
struct turn {
	char *modes;			/* " KT. TM. " with "-" for signing in one's own name */
	int32_t from, to;
};
#define KIND_TURNS_MAX 8
#define KIND_VERSION_MAX 999		/* of one permit, as kind_grammar has it */

enum numbering { NUMBER_BOOK, NUMBER_RUNNING, NUMBER_GIVEN };

struct kind {
	char *id, *loai, *vi, *en, *fr;
	enum numbering numbering;
	char *book;			/* scope of the numbers */
	char *before, *after;		/* pattern around the number; after may hold {agency} */
	unsigned width;			/* digits, with leading zeros */
	char *given;			/* shape of a given number: 9 a digit, A a capital letter, others themselves */
	bool mst_check;			/* last digit is the MOD-11 check digit of business codes */
	bool numbers_public;
	struct turn *turn; size_t nturns;	/* the officers, in the order in which they sign */
	char *holder;			/* field whose groups are the holders; "" : the fields themselves */
	char *valid_from, *valid_to;	/* names of date fields, or "" */
	int64_t term_years;		/* from valid_from to valid_to at most; 0: no bound */
	int64_t keep_years;		/* how long the dossier is kept; 0: for ever */
	bool published;			/* its permits, and the decisions about them, are made public */
	int64_t publish_years;		/* from the issue, for how long with public fields; 0: while it stands */
	int64_t publish_within;		/* working days in which that is to happen; 0: no rule */
	bool looked_up;			/* by its number and its holder's name, by anybody */
	struct field root;		/* a group whose children are the kind's fields */
};

/* codes: the lists that fields may name; they outlive the kind. */
must_check bool kind_read(struct kind *out, const struct policy_file *, const struct code_list *codes, size_t ncodes, struct err *);
void kind_free_members(struct kind *);
void kind_free(struct kind *);
typedef struct kind kind_t;
OWN_WITH(kind_t, kind_free)
/* RELAX NG of the whole <content> element of this kind. */
void kind_grammar(struct buf *out, const struct kind *);
/* Of those who sign what is issued on this day the n-th, 0 the first; NULL: there are not so many. */
const struct turn *kind_turn(const struct kind *, size_t n, int32_t day);
/* "KT.", "" (own name) ...: may an officer sign so? */
bool turn_allows_mode(const struct turn *, const char *mode);
/* Does a given number have the kind's shape (and check digit)? */
must_check bool kind_check_given(const struct kind *, const char *number, struct err *);
/* Of a permit that was issued on this day: are its public fields still made public
 * today, as far as the kind goes?  The day on which the years are full is the last. */
bool kind_publishes_fields(const struct kind *, int32_t issued, int32_t today);
/* "after" with {agency} replaced by the agency's symbol; malloc'd. */
char *kind_after(const struct kind *, const char *symbol);
