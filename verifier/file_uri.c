#include "verifier/file_uri.h"

#include "base/text.h"

static const char elsewhere[] = "a reference to elsewhere is not followed", none[] = "its URI is none";

/* One octet of the name; *uri: behind it. */
static const char *
take_octet(struct buf *name, const char **uri)
{
	unsigned char octet = (unsigned char)**uri;
	struct err ignored;

	if (octet == '%') {
		if (strlen(*uri) < 3 || !hex_get_fixed(&octet, 1, span_of(*uri + 1, 2), &ignored))
			return none;
		*uri += 2;
	} else if (strchr(":?#\\", octet) != NULL) {
		return elsewhere;
	}
	*uri += 1;
	buf_put_byte(name, octet);
	return octet == '\0' || octet == '\\' ? none : NULL;
}

static bool
goes_up(const char *name)
{
	while (strncmp(name, "..", 2) != 0 || (name[2] != '/' && name[2] != '\0')) {
		name = strchr(name, '/');
		if (name == NULL)
			return false;
		name++;
	}
	return true;
}

static const char *
read_name(struct buf *name, const char *uri)
{
	const char *why = NULL;
	struct err ignored;

	while (*uri != '\0' && why == NULL)
		why = take_octet(name, &uri);
	if (why != NULL)
		return why;
	if (name->failed || name->len == 0)
		return "its URI is empty or too long";
	if (!text_check(buf_span(name), false, &ignored))
		return "its URI has characters that are not seen, or is not UTF-8";
	return buf_str(name)[0] == '/' || goes_up(buf_str(name)) ? elsewhere : NULL;
}

char *
file_uri_name(const char *uri, const char **why)
{
	own_struct(buf) name = buf_new(FILE_URI_NAME_MAX);

	*why = read_name(&name, uri);
	return *why == NULL ? xstrdup(buf_str(&name)) : NULL;
}
