/*
 * policy/field.h -- a field of a kind of permit: its type, its limits, and what
 * is said of a value that does not fit.
 *
 * A type is a row of one table: which form of JSON it takes, how long its text
 * may be, its own check, and what it is called in a refusal.  A field narrows
 * its type by limits from the kind's file (policy/kinds).  What is checked is
 * text as it will be signed; JSON is the caller's (verifier/submission_fields.c).
 *
 * These rules are for what is submitted today.  A permit that was signed is
 * never held against them: the grammar of the kind, which is as wide as ever,
 * says what a signed permit may look like (kind.h).
 *
 * Does not look anything up: whether a person or an enterprise exists nobody
 * here knows.  Pure; any thread.
 */
#pragma once

#include "policy/code_list.h"

enum field_type {
	FIELD_GROUP, FIELD_TEXT, FIELD_LINES, FIELD_INTEGER, FIELD_DECIMAL, FIELD_MONEY, FIELD_DATE, FIELD_DATE_RANGE, FIELD_YEAR, FIELD_BOOLEAN, FIELD_CODE,
	FIELD_PERSONAL_ID, FIELD_TAX_CODE, FIELD_PHONE, FIELD_MAIL, FIELD_ADDRESS, FIELD_UNIT, FIELD_PARCEL, FIELD_POINT, FIELD_DOCUMENT,
	FIELD_TYPES
};
enum field_show { SHOW_PUBLIC, SHOW_MASKED, SHOW_HIDDEN };
/* How a value comes in JSON. */
enum field_form { FORM_GROUP, FORM_TEXT, FORM_NUMBER, FORM_INTEGER, FORM_BOOLEAN, FORM_PAIR };

/* A group that is a plot (geometry.h) names which of its fields are what, and which
 * field beside it states the area; all NULL where it is none. */
struct ring { char *corners, *meridian, *zone, *area; };

/* A group that names a parcel of land (parcel.h), which of its fields are what; all
 * NULL where it names none. */
struct parcel_parts { char *commune, *sheet, *number; };

struct field {
	char *name, *vi, *en, *fr;
	enum field_type type;
	enum field_show show;
	bool optional, many;
	size_t min_length, max_length;	/* characters; the type's where the file says nothing */
	char *min, *max;		/* of numbers, years, dates (or "today"); "": none */
	unsigned decimals;		/* digits after the point; FIELD_DECIMALS_ANY */
	char *unit;			/* for people: "m²"; "": none */
	char *list;			/* of a code, of what a personal ID or a unit begins with; "": none */
	const struct code_list *codes;	/* that list */
	struct ring ring;		/* of a group that is a plot */
	struct parcel_parts parcel;	/* of a group that names a parcel */
	char *shape;			/* of a document number: 9 a digit, A a capital letter; "": any */
	struct field *child;
	size_t nchildren;
};
#define FIELD_DECIMALS_ANY 99u

/* What can be wrong; field_fault_word is the code that programs read. */
enum field_fault {
	FAULT_NONE, FAULT_MISSING, FAULT_UNKNOWN, FAULT_TYPE, FAULT_LIST, FAULT_EMPTY, FAULT_UNREADABLE, FAULT_CHARACTER, FAULT_CONTROL,
	FAULT_SHORT, FAULT_LONG, FAULT_BELOW, FAULT_ABOVE, FAULT_DECIMALS, FAULT_RANGE_ORDER, FAULT_DIGITS, FAULT_BIRTH_YEAR, FAULT_CHECK_DIGIT,
	FAULT_SHAPE, FAULT_CODE, FAULT_CODE_CLOSED, FAULT_BIRTH_PLACE,
	FAULT_REFERENCE, FAULT_CORNERS, FAULT_AXES, FAULT_OUTSIDE, FAULT_CORNER_TWICE, FAULT_CROSSED, FAULT_AREA,
	/* of the head of a submission and of its whole */
	FAULT_ENVELOPE, FAULT_NO_TEXT, FAULT_KIND, FAULT_AGENCY, FAULT_AGENCY_ENDED, FAULT_AGENCY_NOT_YET, FAULT_DOSSIER, FAULT_NUMBER_UNASKED, FAULT_AMENDS, FAULT_CONVERTED, FAULT_HOLDER, FAULT_VALIDITY, FAULT_TERM,
	FIELD_FAULTS
};

/* A refusal: which fault, and what its sentence names. */
struct field_refusal { enum field_fault fault; char what[64]; };
/* Fills it, what cut at a character where it is long; false always. */
bool field_refuse(struct field_refusal *, enum field_fault, const char *what);

enum field_form field_form(enum field_type);
const char *field_type_word(enum field_type);
/* FIELD_TYPES where there is no such type. */
enum field_type field_type_from_word(const char *word);
/* RELAX NG of a value: as wide as signed permits need it. */
const char *field_grammar(enum field_type);
/* Are the limits of this field such as its type can have, and not contrary? */
must_check bool field_limits_good(const struct field *, struct err *);
void field_limits_default(struct field *);

/* Does the text, UTF-8 in NFC and not empty, fit?  today: the day of the submission. */
must_check bool field_check(const struct field *, const char *text, int32_t today, struct field_refusal *);
/* May a line of this field have line breaks? */
bool field_has_lines(const struct field *);

const char *field_fault_word(enum field_fault);
enum field_lang { FIELD_VI, FIELD_EN };
/* The sentence, without the field's name.  f may be NULL for faults of no field. */
void field_say(struct buf *out, enum field_lang, const struct field *f, const struct field_refusal *);

const struct field *field_find(const struct field *group, const char *name);
/* The mask of a masked value: all but the last three characters as dots. */
void field_mask(struct buf *out, const char *value);
/* MOD 11 over the first nine of ten digits, as enterprise codes have had it since 1998. */
bool tax_code_digit_good(const char *ten_digits);
/* Does the text have the shape: 9 a digit, A a capital letter, others themselves? */
bool shape_fits(const char *shape, const char *text);
