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

#include "policy/file.h"

enum field_type { FIELD_GROUP, FIELD_TEXT, FIELD_DECIMAL, FIELD_INTEGER, FIELD_DATE, FIELD_POINT };
enum field_show { SHOW_PUBLIC, SHOW_MASKED, SHOW_HIDDEN };
enum numbering { NUMBER_BOOK, NUMBER_RUNNING, NUMBER_GIVEN };

struct field {
	char *name, *vi, *en;
	enum field_type type;
	enum field_show show;
	bool optional, many;
	struct field *child;
	size_t nchildren;
};

struct kind {
	char *id, *loai, *vi, *en;
	enum numbering numbering;
	char *book;			/* scope of the numbers */
	char *before, *after;		/* pattern around the number; after may hold {agency} */
	unsigned width;			/* digits, with leading zeros */
	char *given;			/* shape of a given number: 9 a digit, A a capital letter, others themselves */
	bool mst_check;			/* last digit is the MOD-11 check digit of business codes */
	bool numbers_public;
	char *modes;			/* " KT. TM. " with "-" for signing in one's own name */
	char *holder;			/* field whose groups are the holders; "" : the fields themselves */
	char *valid_from, *valid_to;	/* names of date fields, or "" */
	struct field root;		/* a group whose children are the kind's fields */
};

must_check bool kind_load(struct kind *out, const char *path, const char *grammar, struct err *);
void kind_free_members(struct kind *);
/* RELAX NG of the whole <content> element of this kind. */
void kind_grammar(struct buf *out, const struct kind *);
/* "KT.", "" (own name) ...: may an officer sign this kind so? */
bool kind_allows_mode(const struct kind *, const char *mode);
/* Does a given number have the kind's shape (and check digit)? */
must_check bool kind_check_given(const struct kind *, const char *number, struct err *);
const struct field *field_find(const struct field *group, const char *name);
/* "after" with {agency} replaced by the agency's symbol; malloc'd. */
char *kind_after(const struct kind *, const char *symbol);
/* The mask of a masked value: all but the last three characters as dots. */
void field_mask(struct buf *out, const char *value);
