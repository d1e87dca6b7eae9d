#include "tests/ca/left.h"

#include "base/file.h"
#include "base/text.h"
#include "register/store.h"
#include "tests/base/test.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <sys/stat.h>

/* tests/ca/crl_large_test.c asks about its long lists itself: certtool's time
 * grows with the square of their entries. */
#define LEFT_MAX (1 << 18)

struct left { char folder[512]; const char *ext; };

static void
put(const struct left *l, const char *ext, struct span content)
{
	unsigned char hash[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];
	own_str char *path = NULL;
	FILE *f;

	sha256(hash, content);
	hex_text(hex, span_of(hash, sizeof(hash)));
	path = xprintf("%s/%.16s%s", l->folder, hex, ext);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(content.ptr, 1, content.len, f), content.len);
	assert_int_equal(fclose(f), 0);
}

static bool
put_row(void *ctx, const struct value *columns, unsigned n, struct err *e)
{
	const struct left *l = ctx;

	put(l, l->ext, columns[0].s);
	return true;
}

static void
take_rows(struct left *l, const struct world *w)
{
	static const enum reg_type types[] = { REG_BYTES };
	struct store *s = NULL;
	struct err e;

	assert_done(store_open(&s, w->database, STORE_READ, &e), e);
	l->ext = ".crt";
	assert_done(store_run(s, "SELECT der FROM certificate WHERE der IS NOT NULL", NULL, types, 1, put_row, l, NULL, &e), e);
	l->ext = ".crl";
	assert_done(store_run(s, "SELECT der FROM crl WHERE length(der) <= 262144", NULL, types, 1, put_row, l, NULL, &e), e);
	l->ext = ".xml";
	if (!w->broken)
		assert_done(store_run(s, "SELECT sealed FROM permit WHERE sealed IS NOT NULL UNION ALL SELECT sealed FROM permit_renewal", NULL, types, 1, put_row, l, NULL, &e), e);
	store_free(s);
}

static void
take_files(const struct left *l, const struct world *w, const char *pattern)
{
	own_str char *path = world_path(w, pattern);
	glob_t found;

	if (glob(path, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		own_struct(buf) content = buf_new(64 << 20);
		struct err e;

		assert_done(file_read(&content, found.gl_pathv[i], &e), e);
		if (content.len <= LEFT_MAX)
			put(l, strrchr(found.gl_pathv[i], '.'), buf_span(&content));
	}
	globfree(&found);
}

void
left_take(const struct world *w)
{
	static const char *const patterns[] = { "root.crt", "root.crl", "issuing.crt", "public/ca/*.crt", "public/crl/*.crl", "public/ocsp*/*.pack",
		"policy/timestamps.xml" };
	struct left l;

	assert_true(mkdir(BINARY_DIR "/left", 0755) == 0 || errno == EEXIST);
	snprintf(l.folder, sizeof(l.folder), BINARY_DIR "/left/%s-%s", program_invocation_short_name, w->dir + strlen(w->dir) - 6);
	assert_true(mkdir(l.folder, 0755) == 0 || errno == EEXIST);
	take_rows(&l, w);
	for (size_t i = 0; i < COUNT(patterns); i++)
		take_files(&l, w, patterns[i]);
}
