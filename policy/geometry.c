#include "policy/geometry.h"

#include "policy/vn2000.h"

#include <math.h>
#include <stdio.h>

/* Viet Nam lies between 8° and 24° north; at 8° a degree of longitude has 110 km. */
#define NORTH_MIN 880000.0
#define NORTH_MAX 2660000.0
#define EAST_FALSE 500000.0
#define EAST_OF_3 170000.0
#define EAST_OF_6 340000.0

#define AREA_SHARE 0.05		/* how far stated and computed area may be apart */
#define AREA_LEAST 1.0

/* Zones of 6 degrees have the meridians 99, 105, 111, 117; those of 3 degrees the
 * provinces', on quarters of a degree from 102 to 118. */
static bool
check_reference(const struct plot *p, struct field_refusal *r)
{
	int m = vn2000_meridian(p->meridian);
	bool of_6 = m >= 99 * 60 && m <= 117 * 60 && (m - 99 * 60) % 360 == 0, of_3 = m >= 102 * 60 && m <= 118 * 60 && m % 15 == 0;

	return (p->zone == 3 && of_3) || (p->zone == 6 && of_6) || field_refuse(r, FAULT_REFERENCE, p->meridian);
}

static bool
is_north(double x)
{
	return x >= NORTH_MIN && x <= NORTH_MAX;
}

static bool
is_east(double y, int64_t zone)
{
	return fabs(y - EAST_FALSE) <= (zone == 3 ? EAST_OF_3 : EAST_OF_6);
}

static bool
check_corners(const struct plot *p, struct field_refusal *r)
{
	char which[24];

	if (p->n < 3)
		return field_refuse(r, FAULT_CORNERS, "");
	for (size_t i = 0; i < p->n; i++) {
		const double *a = p->corner[i], *next = p->corner[(i + 1) % p->n];

		snprintf(which, sizeof(which), "%zu", i + 1);
		if (is_north(a[1]) && is_east(a[0], p->zone))
			return field_refuse(r, FAULT_AXES, which);
		if (!is_north(a[0]) || !is_east(a[1], p->zone))
			return field_refuse(r, FAULT_OUTSIDE, which);
		if (a[0] == next[0] && a[1] == next[1])
			return field_refuse(r, FAULT_CORNER_TWICE, which);
	}
	return true;
}

/* Which side of the line a-b is c on?  Differences first: the coordinates are large. */
static double
side(const double *a, const double *b, const double *c)
{
	return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

static bool
between(double a, double b, double x)
{
	return a < b ? x >= a && x <= b : x >= b && x <= a;
}

static bool
on_segment(const double *a, const double *b, const double *c)
{
	return side(a, b, c) == 0 && between(a[0], b[0], c[0]) && between(a[1], b[1], c[1]);
}

/* Strictly on either side. */
static bool
parted(double one, double other)
{
	return (one > 0 && other < 0) || (one < 0 && other > 0);
}

/* Touching is meeting. */
static bool
segments_meet(const double *a, const double *b, const double *c, const double *d)
{
	return (parted(side(a, b, c), side(a, b, d)) && parted(side(c, d, a), side(c, d, b))) ||
	    on_segment(a, b, c) || on_segment(a, b, d) || on_segment(c, d, a) || on_segment(c, d, b);
}

static bool
check_crossings(const struct plot *p, struct field_refusal *r)
{
	char which[96];

	for (size_t i = 0; i < p->n; i++) {
		const double *a = p->corner[i], *b = p->corner[(i + 1) % p->n], *c = p->corner[(i + 2) % p->n];

		snprintf(which, sizeof(which), "%zu", (i + 1) % p->n + 1);
		/* Two sides that follow one another share a corner, and no more. */
		if (on_segment(a, b, c) || on_segment(b, c, a))
			return field_refuse(r, FAULT_CROSSED, which);
		for (size_t k = i + 2; k < p->n; k++) {
			if ((k + 1) % p->n == i)
				continue;
			snprintf(which, sizeof(which), "%zu–%zu, %zu–%zu", i + 1, i + 2, k + 1, (k + 1) % p->n + 1);
			if (segments_meet(a, b, p->corner[k], p->corner[(k + 1) % p->n]))
				return field_refuse(r, FAULT_CROSSED, which);
		}
	}
	return true;
}

static double
area_of(const struct plot *p)
{
	double twice = 0;

	for (size_t i = 1; i + 1 < p->n; i++)
		twice += side(p->corner[0], p->corner[i], p->corner[i + 1]);
	return fabs(twice) / 2;
}

static bool
check_area(const struct plot *p, struct field_refusal *r)
{
	double area = area_of(p), apart = fabs(area - p->area);
	char text[32];

	if (p->area < 0 || apart <= AREA_LEAST || apart <= AREA_SHARE * p->area)
		return true;
	snprintf(text, sizeof(text), "%.1f", area);
	return field_refuse(r, FAULT_AREA, text);
}

bool
geometry_check(const struct plot *plot, struct field_refusal *r)
{
	struct plot p = *plot;

	if (p.n > 1 && p.corner[0][0] == p.corner[p.n - 1][0] && p.corner[0][1] == p.corner[p.n - 1][1])
		p.n--;
	return check_reference(&p, r) && check_corners(&p, r) && check_crossings(&p, r) && check_area(&p, r);
}
