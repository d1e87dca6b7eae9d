#include "policy/parcel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMUNE_LEN 5
#define SHEET_LEN 4
#define PARCEL_LEN 5

/* The number of 1 to max digits at the text, not zero; what comes behind it. */
static bool
take_number(unsigned *out, const char **text, size_t max)
{
	size_t n = strspn(*text, "0123456789");

	if (n < 1 || n > max)
		return false;
	*out = (unsigned)strtoul(*text, NULL, 10);
	*text += n;
	return *out > 0;
}

bool
parcel_key(char key[PARCEL_TEXT], const char *text)
{
	const char *p = text + strspn(text, "0123456789");
	unsigned sheet, parcel;

	if (p - text != COMMUNE_LEN || *p++ != '/' || !take_number(&sheet, &p, SHEET_LEN) || *p++ != '/' || !take_number(&parcel, &p, PARCEL_LEN) || *p != '\0')
		return false;
	snprintf(key, PARCEL_TEXT, "%.*s/%0*u/%0*u", COMMUNE_LEN, text, SHEET_LEN, sheet % 10000, PARCEL_LEN, parcel % 100000);
	return true;
}

void
parcel_text(char text[PARCEL_TEXT], const char *key)
{
	unsigned sheet = 0, parcel = 0;

	promise(sscanf(key + COMMUNE_LEN, "/%4u/%5u", &sheet, &parcel) == 2);
	snprintf(text, PARCEL_TEXT, "%.*s/%u/%u", COMMUNE_LEN, key, sheet % 10000, parcel % 100000);
}
