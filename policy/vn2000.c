#include "policy/vn2000.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define AXIS 6378137.0
#define FLATTENING (1 / 298.257223563)
#define EAST_FALSE 500000.0
#define SCALE_OF_3 0.9999
#define SCALE_OF_6 0.9996

#define DEGREE (M_PI / 180)
#define SECOND (DEGREE / 3600)

int
vn2000_meridian(const char *text)
{
	static const char degree[] = "°";
	char *end;
	long degrees = strtol(text, &end, 10), minutes;

	if (end != text + 3 || strncmp(end, degree, strlen(degree)) != 0)
		return -1;
	text = end + strlen(degree);
	minutes = strtol(text, &end, 10);
	if (end != text + 2 || strcmp(end, "'") != 0 || degrees < 100 || minutes < 0 || minutes > 59)
		return -1;
	return (int)(degrees * 60 + minutes);
}

/* Out of the plane: Krüger's series to the fourth power of n, as EPSG's guidance note 7-2
 * has it (3.5.3.1); longitude from the central meridian. */
static void
unproject(double *longitude, double *latitude, double northing, double easting, double scale)
{
	const double n = FLATTENING / (2 - FLATTENING), n2 = n * n, n3 = n2 * n, n4 = n3 * n;
	const double back[] = { n / 2 - n2 * 2 / 3 + n3 * 37 / 96 - n4 / 360, n2 / 48 + n3 / 15 - n4 * 437 / 1440, n3 * 17 / 480 - n4 * 37 / 840, n4 * 4397 / 161280 };
	const double widen[] = { n * 2 - n2 * 2 / 3 - n3 * 2 + n4 * 116 / 45, n2 * 7 / 3 - n3 * 8 / 5 - n4 * 227 / 45, n3 * 56 / 15 - n4 * 136 / 35, n4 * 4279 / 630 };
	const double radius = AXIS / (1 + n) * (1 + n2 / 4 + n4 / 64);
	double xi = northing / (scale * radius), eta = (easting - EAST_FALSE) / (scale * radius), x = xi, y = eta, conformal;

	for (int j = 0; j < 4; j++) {
		x -= back[j] * sin(2 * (j + 1) * xi) * cosh(2 * (j + 1) * eta);
		y -= back[j] * cos(2 * (j + 1) * xi) * sinh(2 * (j + 1) * eta);
	}
	conformal = asin(sin(x) / cosh(y));
	*latitude = conformal;
	for (int j = 0; j < 4; j++)
		*latitude += widen[j] * sin(2 * (j + 1) * conformal);
	*longitude = atan2(sinh(y), cos(x));
}

/* EPSG:6960, a coordinate frame rotation, of a point on the ellipsoid. */
static void
shift(double *longitude, double *latitude)
{
	const double e2 = FLATTENING * (2 - FLATTENING), s = 1 + 0.252906278e-6;
	const double rx = -0.00928836 * SECOND, ry = 0.01975479 * SECOND, rz = -0.00427372 * SECOND;
	double v = AXIS / sqrt(1 - e2 * sin(*latitude) * sin(*latitude));
	double x = v * cos(*latitude) * cos(*longitude), y = v * cos(*latitude) * sin(*longitude), z = v * (1 - e2) * sin(*latitude);
	double to_x = s * (x + rz * y - ry * z) - 191.90441429, to_y = s * (-rz * x + y + rx * z) - 39.30318279, to_z = s * (ry * x - rx * y + z) - 111.45032835;
	double across = hypot(to_x, to_y), phi = atan2(to_z, across * (1 - e2));

	/* Each turn is more than a hundred times nearer. */
	for (int i = 0; i < 6; i++)
		phi = atan2(to_z + e2 * AXIS / sqrt(1 - e2 * sin(phi) * sin(phi)) * sin(phi), across);
	*latitude = phi;
	*longitude = atan2(to_y, to_x);
}

void
vn2000_wgs84(double *longitude, double *latitude, int meridian_minutes, int64_t zone, const double corner[2])
{
	double lon, lat;

	unproject(&lon, &lat, corner[0], corner[1], zone == 3 ? SCALE_OF_3 : SCALE_OF_6);
	lon += meridian_minutes / 60.0 * DEGREE;
	shift(&lon, &lat);
	*longitude = lon / DEGREE;
	*latitude = lat / DEGREE;
}
