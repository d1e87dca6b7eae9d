/*
 * policy/geometry.h -- a plot of land or of works as corners in the plane of
 * VN-2000: is it one that can be?
 *
 * The reference system is named by central meridian and width of the zone (3 or
 * 6 degrees); X is the northing, Y the easting with 500 km added, in metres, in
 * this order: the opposite of GeoJSON's.  The ring goes from the last corner to
 * the first; a first corner that stands again at the end is the same ring.
 *
 * Plausible is all that is said: nobody here knows the cadastre.  Pure.
 */
#pragma once

#include "policy/field.h"

struct plot {
	const char *meridian;		/* "105°45'" */
	int64_t zone;			/* degrees */
	double (*corner)[2];		/* northing, easting */
	size_t n;
	double area;			/* as stated, m²; below 0: it is not */
};

must_check bool geometry_check(const struct plot *, struct field_refusal *);
