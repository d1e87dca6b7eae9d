#include "tests/hsm/softhsm.h"

#include "base/file.h"
#include "tests/base/test.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

/* SoftHSM 2.6.1 loses 37 octets in each C_SignInit with an Ed25519 key. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libsofthsm2.so\n";
}

/* To see whose leak it is, through libraries without frame pointers. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
}

static char folder[] = "/tmp/antin-hsm-XXXXXX";

char *
softhsm_path(const char *name)
{
	return xprintf("%s/%s", folder, name);
}

const char *
softhsm_begin(void)
{
	own_str char *tokens = NULL;
	own_str char *conf = NULL;
	own_str char *text = NULL;
	struct err e;

	assert_non_null(mkdtemp(folder));
	tokens = softhsm_path("tokens");
	conf = softhsm_path("softhsm2.conf");
	assert_int_equal(mkdir(tokens, 0700), 0);
	text = xprintf("directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n"
	    "slots.removable = false\n", tokens);
	assert_done(file_write(conf, span_str(text), 0600, &e), e);
	assert_int_equal(setenv("SOFTHSM2_CONF", conf, 1), 0);
	return folder;
}

struct secret *
secret_of(const char *text)
{
	struct secret *s = secret_new();

	assert_non_null(s);
	s->len = strlen(text);
	memcpy(s->octet, text, s->len);
	return s;
}

void
softhsm_token(const char *label)
{
	own_secret struct secret *so = secret_of(TEST_SO_PIN);
	own_secret struct secret *pin = secret_of(TEST_PIN);
	struct err e;

	assert_done(token_create(TOKEN_SOFTHSM, label, so, pin, &e), e);
}

struct token *
softhsm_open(const char *label)
{
	own_secret struct secret *pin = secret_of(TEST_PIN);
	struct token *t = NULL;
	struct err e;

	assert_done(token_open(&t, TOKEN_SOFTHSM, label, pin, &e), e);
	return t;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	return remove(path);
}

void
softhsm_end(void)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
