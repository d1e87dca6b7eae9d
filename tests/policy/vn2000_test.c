/* Points of VN-2000 on the map of the world, each beside what PROJ says of it, which
 * has the parameters from EPSG's own register. */
#include "tests/base/test.h"

#include "policy/vn2000.h"

#include <math.h>
#include <stdlib.h>

/* Hundredths of a millimetre, in degrees. */
#define NEAR 1e-10

/* The provinces' zones and the two of 6 degrees, by EPSG's codes. */
static const struct { const char *epsg, *meridian; int64_t zone; } zones[] = {
	{ "5896", "102°00'", 3 }, { "9205", "103°00'", 3 }, { "9206", "104°00'", 3 }, { "9207", "104°30'", 3 }, { "9208", "104°45'", 3 }, { "5897", "105°00'", 3 },
	{ "9209", "105°30'", 3 }, { "9210", "105°45'", 3 }, { "9211", "106°00'", 3 }, { "9212", "106°15'", 3 }, { "9213", "106°30'", 3 }, { "9214", "107°00'", 3 },
	{ "9215", "107°15'", 3 }, { "9216", "107°30'", 3 }, { "5899", "107°45'", 3 }, { "5898", "108°00'", 3 }, { "9217", "108°15'", 3 }, { "9218", "108°30'", 3 },
	{ "3405", "105°00'", 6 }, { "3406", "111°00'", 6 },
};

/* South and north, the middle and both sides, as far as geometry.c lets a corner be. */
static const double northing[] = { 880000, 1195001.12, 1634567.891, 2660000 };
static const double easting[2][5] = { { 330000, 499999.999, 500000, 602334.87, 670000 }, { 160000, 400000, 500000, 702334.87, 840000 } };

static FILE *
ask_proj(const char *epsg, const double east[5])
{
	own_struct(buf) points = buf_new(4096);

	for (size_t n = 0; n < COUNT(northing); n++)
		for (size_t i = 0; i < 5; i++)
			buf_printf(&points, "%.3f %.3f\\n", east[i], northing[n]);
	/* Offshore cs2cs would choose other parameters by itself. */
	own_str char *command = xprintf("printf '%s' | cct -d 13 -z 0 -t 0 $(projinfo -q -o PROJ --single-line -s EPSG:%s -t EPSG:4326)", buf_str(&points), epsg);
	FILE *f = popen(command, "r");

	assert_non_null(f);
	return f;
}

static void
as_proj_has_it(void **state)
{
	for (size_t z = 0; z < COUNT(zones); z++) {
		const double *east = easting[zones[z].zone == 6];
		int meridian = vn2000_meridian(zones[z].meridian);
		FILE *f = ask_proj(zones[z].epsg, east);

		assert_true(meridian > 0);
		for (size_t n = 0; n < COUNT(northing); n++)
			for (size_t i = 0; i < 5; i++) {
				const double corner[2] = { northing[n], east[i] };
				double lon, lat, want_lon, want_lat;

				assert_case("proj-bin is there, and knows the zone", fscanf(f, "%lf %lf %*f %*f", &want_lat, &want_lon) == 2);
				vn2000_wgs84(&lon, &lat, meridian, zones[z].zone, corner);
				if (fabs(lon - want_lon) > NEAR || fabs(lat - want_lat) > NEAR)
					print_error("EPSG:%s, %.3f %.3f: %.11f %.11f, and PROJ has %.11f %.11f\n", zones[z].epsg, corner[0], corner[1], lat, lon, want_lat, want_lon);
				assert_true(fabs(lon - want_lon) <= NEAR && fabs(lat - want_lat) <= NEAR);
			}
		assert_int_equal(pclose(f), 0);
	}
}

static void
meridians(void **state)
{
	static const struct { const char *text; int minutes; } cases[] = {
		{ "105°45'", 6345 }, { "100°00'", 6000 }, { "117°00'", 7020 },
		{ "", -1 }, { "105", -1 }, { "105°", -1 }, { "105°45", -1 }, { "105°45''", -1 }, { "105°60'", -1 }, { "105°5'", -1 }, { "99°45'", -1 }, { "099°45'", -1 },
		{ "1050°45'", -1 }, { "105 45'", -1 }, { "105°-5'", -1 }, { "105.75", -1 }, { "105°45' ", -1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		assert_case(cases[i].text, vn2000_meridian(cases[i].text) == cases[i].minutes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_proj_has_it),
		cmocka_unit_test(meridians),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
