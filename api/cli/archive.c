#include "api/cli/archive.h"

#include <sys/stat.h>

#include <zip.h>

#define FIRST_DAY ((0 << 9) | (1 << 5) | 1)	/* 1980-01-01: the format knows none before */

static bool
fail_zip(struct err *e, const char *name, zip_error_t *why)
{
	return fail(e, ERR_BUG, "the archive's %s: %s", name, zip_error_strerror(why));
}

static bool
add_file(zip_t *z, const struct archive_file *f, struct err *e)
{
	zip_source_t *s = zip_source_buffer(z, f->body.ptr, f->body.len, 0);
	zip_int64_t at = s == NULL ? -1 : zip_file_add(z, f->name, s, ZIP_FL_ENC_UTF_8);

	if (at < 0) {
		zip_source_free(s);
		return fail_zip(e, f->name, zip_get_error(z));
	}
	if (zip_set_file_compression(z, (zip_uint64_t)at, ZIP_CM_STORE, 0) != 0 || zip_file_set_dostime(z, (zip_uint64_t)at, 0, FIRST_DAY, 0) != 0 ||
	    zip_file_set_external_attributes(z, (zip_uint64_t)at, 0, ZIP_OPSYS_UNIX, (zip_uint32_t)(S_IFREG | 0600) << 16) != 0)
		return fail_zip(e, f->name, zip_get_error(z));
	return true;
}

static bool
read_back(struct buf *out, zip_source_t *s, struct err *e)
{
	unsigned char some[1 << 16];
	zip_int64_t n;

	if (zip_source_open(s) != 0)
		return fail_zip(e, "octets", zip_source_error(s));
	while ((n = zip_source_read(s, some, sizeof(some))) > 0)
		buf_put(out, some, (size_t)n);
	zip_source_close(s);
	return n == 0 ? buf_ok(out, "archive", e) : fail_zip(e, "octets", zip_source_error(s));
}

/* z goes with it. */
static bool
fill(zip_t *z, const struct archive_file *file, size_t n, struct err *e)
{
	bool good = true;

	for (size_t i = 0; good && i < n; i++)
		good = add_file(z, &file[i], e);
	if (good && zip_close(z) == 0)
		return true;
	if (good)
		good = fail_zip(e, "end", zip_get_error(z));
	zip_discard(z);
	return false;
}

bool
archive_write(struct buf *out, const struct archive_file *file, size_t n, struct err *e)
{
	zip_error_t why;
	zip_source_t *s;
	zip_t *z;
	bool good;

	zip_error_init(&why);
	s = zip_source_buffer_create(NULL, 0, 0, &why);
	z = s == NULL ? NULL : zip_open_from_source(s, ZIP_TRUNCATE, &why);
	if (z == NULL) {
		zip_source_free(s);
		return fail_zip(e, "beginning", &why);
	}
	zip_source_keep(s);	/* zip_close and zip_discard let go of one */
	good = fill(z, file, n, e) && read_back(out, s, e);
	zip_source_free(s);
	return good;
}
