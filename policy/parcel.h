/*
 * policy/parcel.h -- a parcel of land by its code: commune, map sheet, parcel
 * ("00070/45/1027").
 *
 * Written with zeros before sheet or parcel it is the same parcel ("00070/045/01027").
 * A key has them all, so that every key has one length and keys stand in the order of
 * their numbers.
 *
 * Says nothing of whether there is such a parcel: nobody here knows the cadastre.  A
 * commune's code is that of the day; which commune it belongs to since, nobody here
 * knows either.  Pure.
 */
#pragma once

#include "base/bytes.h"

#define PARCEL_KEY_LEN 16
#define PARCEL_TEXT 17			/* of key or text, with its NUL */

/* "00070/0045/01027"; false: the text has not the form. */
must_check bool parcel_key(char key[PARCEL_TEXT], const char *text);
/* As people write it. */
void parcel_text(char text[PARCEL_TEXT], const char *key);
