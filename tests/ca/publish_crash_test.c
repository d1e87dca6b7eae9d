/* kill -9 of antin-register at every step of publication, then a start: what
 * anybody was shown is a part of what is shown then, all of the log is published
 * and remembered, and fsck finds every file as the log says.
 *
 * The same places in a whole authority, on a file: tests/crash/sweep.py. */
#include "tests/base/test.h"

#include "base/fault.h"
#include "base/file.h"
#include "register/fsck.h"
#include "register/promised.h"
#include "tests/ca/world.h"
#include "tests/register/database.h"

#include <ctype.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef ANTIN_FAULTS
int
main(void)
{
	return 77;		/* a build without fault points */
}
#else

static struct world w;
static struct note_key key;

/* One entry; and where that does, a list that follows from it. */
static void
work(unsigned n, bool list)
{
	own(EVP_PKEY) *own_key = key_new();
	own_struct(buf) csr = buf_new(4096);
	own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
	own_str char *person = xprintf("CB-6%05u", n);
	own_str char *body = NULL;
	own(json_t) *request = NULL;
	struct draft d = { .by = MAI, .verb = "cert.approve" };
	struct err e;

	csr_of(&csr, own_key);
	body = ask_text("official", "H99.14", "Người xin", person, "Chuyên viên", buf_span(&csr));
	assert_done(world_text(&w, CA_REQUEST, body, &text, &e), e);
	if (!list)
		return;
	assert_done(json_read(&request, buf_span(&text), &e), e);
	d.id = json_string_value(json_object_get(request, "id"));
	hash_from_hex(d.hash, request);
	(void)!world_order(&w, &d, NULL, &e);	/* whether it is answered is no matter here */
}

static bool
read_shown(struct checkpoint *c)
{
	own_str char *path = world_path(&w, "public/checkpoint");
	own_struct(buf) note = buf_new(NOTE_MAX);
	struct err e;

	return file_read(&note, path, &e) && checkpoint_check(c, buf_span(&note), &key, &e);
}

static int64_t
number(const char *sql)
{
	return database_int(w.database, sql, NULL, 0);
}

static bool
all_published(void)
{
	struct checkpoint now;

	for (time_t until = 0; wait_more(&until);) {
		int64_t size = number("SELECT size FROM log_head");

		if (read_shown(&now) && (int64_t)now.size == size && number("SELECT size FROM log_published") == size)
			return true;
	}
	return false;
}

static void
check(const char *name)
{
	own_str char *public = world_path(&w, "public");
	own_str char *seen = world_path(&w, "seen");
	own_str char *file = world_path(&w, "seen/checkpoint");
	own_str char *copy = xprintf("mkdir -p %s && rm -f %s && { ! test -e %s/then || mv %s/then %s; }", seen, file, seen, seen, file);
	const struct promised then = { w.database, seen, &key, 0, false };
	struct checkpoint ignored;
	struct store *s = NULL;
	struct fsck f;
	struct err e;

	assert_case(name, system(copy) == 0);
	assert_case(name, all_published());
	assert_done(store_open(&s, w.database, STORE_READ, &e), e);
	assert_done(promised_check(&ignored, &then, s, &e), e);
	store_free(s);
	world_stop(&w.reg, SIGKILL);
	assert_done(fsck_run(&f, w.database, public, &e), e);
	assert_int_equal(f.published, f.entries);
}

/* As base/fault.h names a path: its last three parts, numbers as N. */
static char *
place_of(const char *what, const char *path)
{
	const char *from = path + strlen(path);
	char *name = xprintf("%s %s", what, path), *at = name + strlen(what) + 1;

	for (int parts = 0; from > path && (from[-1] != '/' || ++parts < 3); from--)
		continue;
	for (; *from != '\0'; from++)
		if (!isdigit((unsigned char)*from))
			*at++ = *from;
		else if (at[-1] != 'N')
			*at++ = 'N';
	*at = '\0';
	return name;
}

static void
killed_while_publishing(void **state)
{
	static const struct { const char *what, *path; bool list; } places[] = {
		{ "before rename", "public/tile/entries/000.p/1" }, { "renamed", "public/tile/entries/000.p/1" },
		{ "before rename", "public/tile/0/000.p/1" },	{ "renamed", "public/tile/0/000.p/1" },
		{ "register.sign-checkpoint" },			{ "register.checkpoint-signed" },
		{ "before rename", "public/checkpoint" },	{ "renamed", "public/checkpoint" },
		{ "register.checkpoint-written" },		{ "register.published" },
		{ "before rename", "public/crl/0.crl", true },	{ "renamed", "public/crl/0.crl", true },
	};

	for (unsigned i = 0; i < COUNT(places); i++) {
		own_str char *path = places[i].path != NULL ? world_path(&w, places[i].path) : NULL;
		own_str char *place = path != NULL ? place_of(places[i].what, path) : xstrdup(places[i].what);
		own_str char *fault = xprintf("%s:1", place);
		own_str char *keep = xprintf("mkdir -p %s/seen && cp %s/public/checkpoint %s/seen/then", w.dir, w.dir, w.dir);
		int status;

		/* A list is written again at a start, whether it is ready by then or not. */
		world_start_register_to_end(&w, fault);
		if (!places[i].list)
			work(i, false);
		status = world_wait_register(&w);
		assert_case(place, WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		assert_case(place, system(keep) == 0);
		world_start_register(&w);
		if (places[i].list)
			work(i, true);
		check(place);
	}
	world_start_register(&w);
}

static int
begin(void **state)
{
	own_str char *vkey = NULL;
	struct err e;

	world_begin(&w);
	vkey = world_path(&w, "public/log.vkey");
	assert_done(note_key_read(&key, vkey, &e), e);
	world_stop(&w.reg, SIGTERM);
	return 0;
}

static int
end(void **state)
{
	world_end(&w);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(killed_while_publishing) };

	return cmocka_run_group_tests(tests, begin, end);
}
#endif
