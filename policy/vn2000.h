/*
 * policy/vn2000.h -- a point in the plane of VN-2000, as the degrees of WGS 84 that
 * maps on the web want (RFC 7946 4).
 *
 * The plane is transverse Mercator over the ellipsoid of WGS 84, which is also that of
 * VN-2000; the datum is shifted by the seven parameters of the Ministry (EPSG:6960, good
 * to one metre).  So the result finds a plot on a map; where its corners lie in law, the
 * plane's own coordinates say, which are always given beside it.
 *
 * Written out, and not PROJ, for one formula: that library brings an SQL database, libtiff
 * and libcurl into a process that holds keys and opens nothing.  In tests PROJ says the
 * same in every province's zone, to a fraction of a millimetre.
 *
 * Pure.
 */
#pragma once

#include "base/bytes.h"

/* "105°45'" -> minutes of arc; -1: not of this form. */
int vn2000_meridian(const char *text);
/* corner: northing, easting, as geometry.h has them; zone: 3 or 6 degrees. */
void vn2000_wgs84(double *longitude, double *latitude, int meridian_minutes, int64_t zone, const double corner[2]);
