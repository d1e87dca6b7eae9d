#include "verifier/zipped.h"

#include "base/text.h"

#include <zip.h>

static void
archive_drop(zip_t **z)
{
	if (*z != NULL)
		zip_discard(*z);
}

static void
open_file_drop(zip_file_t **f)
{
	if (*f != NULL)
		zip_fclose(*f);
}

static bool
open_archive(zip_t **out, struct span zip, struct err *e)
{
	zip_error_t why;
	zip_source_t *source;

	zip_error_init(&why);
	source = zip_source_buffer_create(zip.ptr, zip.len, 0, &why);
	*out = source == NULL ? NULL : zip_open_from_source(source, ZIP_RDONLY, &why);
	if (*out == NULL) {
		(void)!fail(e, ERR_ABSENT, "not a zip: %.100s", zip_error_strerror(&why));
		if (source != NULL)
			zip_source_free(source);
	}
	zip_error_fini(&why);
	return *out != NULL;
}

static bool
take_name(struct buf *name, zip_t *z, uint64_t index, struct err *e)
{
	const char *given = zip_get_name(z, index, 0);
	size_t n = given == NULL ? 0 : strlen(given);

	if (n == 0 || n > ZIPPED_NAME_MAX || !text_check(span_str(given), false, e))
		return fail(e, ERR_INPUT, "the name of a file in the zip is empty, too long, or no text");
	if (given[n - 1] == '/')
		return fail(e, ERR_INPUT, "a folder of the zip, no file");
	buf_put_str(name, given);
	return buf_ok(name, "the name", e);
}

static bool
may_be_read(size_t *size, zip_t *z, uint64_t index, size_t max, struct err *e)
{
	static const zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_ENCRYPTION_METHOD;
	zip_stat_t s;

	zip_stat_init(&s);
	if (zip_stat_index(z, index, 0, &s) != 0 || (s.valid & needed) != needed)
		return fail(e, ERR_INPUT, "the zip does not tell what this file is");
	if (s.encryption_method != ZIP_EM_NONE)
		return fail(e, ERR_INPUT, "this file of the zip is encrypted");
	if (s.size > max)
		return fail(e, ERR_LIMIT, "this file of the zip is larger than %zu bytes", max);
	*size = (size_t)s.size;
	return true;
}

/* An octet more than it says is one too many. */
static bool
inflate_file(struct buf *octets, zip_t *z, uint64_t index, size_t size, struct err *e)
{
	__attribute__((cleanup(open_file_drop))) zip_file_t *f = zip_fopen_index(z, index, 0);
	unsigned char part[16384];
	zip_int64_t n;

	if (f == NULL)
		return fail(e, ERR_INPUT, "this file of the zip cannot be read: %.100s", zip_strerror(z));
	while ((n = zip_fread(f, part, sizeof(part))) > 0) {
		if ((size_t)n > size - octets->len)
			return fail(e, ERR_INPUT, "this file of the zip is larger than it says");
		buf_put(octets, part, (size_t)n);
	}
	if (n < 0)
		return fail(e, ERR_INPUT, "this file of the zip cannot be read: %.100s", zip_file_strerror(f));
	return (octets->len == size || fail(e, ERR_INPUT, "this file of the zip is shorter than it says")) && buf_ok(octets, "the file", e);
}

bool
zipped_file(size_t *files, struct buf *name, struct buf *octets, struct span zip, uint64_t index, struct err *e)
{
	__attribute__((cleanup(archive_drop))) zip_t *z = NULL;
	zip_int64_t n;
	size_t size = 0;

	if (!open_archive(&z, zip, e))
		return false;
	n = zip_get_num_entries(z, 0);
	if (n > ZIPPED_FILES_MAX)
		return fail(e, ERR_ABSENT, "a zip of more than %d files", ZIPPED_FILES_MAX);
	*files = n < 0 ? 0 : (size_t)n;
	if (index >= *files)
		return fail(e, ERR_ABSENT, "the zip has %zu files", *files);
	return take_name(name, z, index, e) && may_be_read(&size, z, index, octets->max, e) && inflate_file(octets, z, index, size, e);
}
