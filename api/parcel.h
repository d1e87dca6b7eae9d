/*
 * api/parcel.h -- where permits lie, for programs with the right to read: which touch a
 * parcel of land, and a feed of places for maps (signer/parcel.h says what is there).
 */
#pragma once

#include "api/routes.h"

bool parcel_run(struct call *, struct err *);
bool places_run(struct call *, struct err *);
