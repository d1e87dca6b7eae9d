/*
 * `antin verify` as a program: which files of the policy a verdict rests upon, and
 * what the program is made of.
 */
#include "tests/base/test.h"
#include "tests/verifier/permit_maker.h"
#include "tests/verifier/pki.h"

#include "base/clock.h"
#include "base/file.h"

#include <stdlib.h>

static struct maker *m;
static char *folder;		/* with permit.xml, trust, evidence and policy */
static char *verify;		/* the command; its words into said.txt */

static int
set_up(void **state)
{
	own_struct(buf) permit = buf_new(XML_SIZE_MAX);
	char at[TIME_TEXT];

	setenv("ASAN_OPTIONS", "detect_leaks=0", 0);	/* the leak checker cannot work in a jail, and a program frees little at its end */
	m = maker_new();
	maker_permit(m, &(struct maker_recipe){ 0 }, &permit);
	folder = pki_folder();
	pki_write(folder, "permit.xml", buf_span(&permit));
	pki_write_cert(folder, "root.crt", m->root.cert);
	pki_write_cert(folder, "issuing.crt", m->issuing.cert);
	pki_write_crl(folder, "root.crl", m->root_crl);
	pki_write_crl(folder, "issuing.crl", m->issuing_crl);
	time_text_utc(at, maker_now);
	verify = xprintf("antin verify permit.xml --trust root.crt --evidence . --policy-folder policy --at %s >said.txt 2>&1", at);
	return pki_run(folder, "cp -r " SOURCE_DIR "/policy policy");
}

static int
tear_down(void **state)
{
	pki_remove(folder);
	free(verify);
	maker_free(m);
	return 0;
}

static int
run(const char *command)
{
	own_str char *whole = xprintf("PATH=" BINARY_DIR "/bin:$PATH; %s", command);

	return pki_run(folder, whole);
}

static bool
said(const char *words)
{
	own_str char *path = xprintf("%s/said.txt", folder);
	own_struct(buf) text = buf_new(1 << 20);
	struct err e;

	assert_done(file_read(&text, path, &e), e);
	return strstr(buf_str(&text), words) != NULL;
}

/* The permit is of the kind construction. */
static const struct { const char *name, *spoil; int exit; const char *says; int exit_json; bool loads; } cases[] = {
	{ "as it is", "true", 0, "TOTAL-PASSED", 0, .loads = true },
	{ "another kind", "sed -i s/TUQ/PT/ policy/kinds/clinic.xml", 0, "TOTAL-PASSED", 0 },
	{ "its kind", "sed -i s/TUQ/PT/ policy/kinds/construction.xml", 1, "policy/kinds/construction.xml, line 5", 1 },
	{ "its kind, in a rule behind the grammar", "sed -i '/<holder/s/chu_dau_tu/ai_do/' policy/kinds/construction.xml", 1, "ai_do is no group", 1 },
	{ "its kind, another's name", "sed -i '/<kind/s/construction/build/' policy/kinds/construction.xml", 1, "is called build.xml", 1 },
	{ "no such kind", "mv policy/kinds/construction.xml policy/kinds/construction", 1, "TOTAL-FAILED / FORMAT_FAILURE", 1, .loads = true },
	{ "a list of codes that its kind names is away", "rm policy/codes/construction-classes.xml", 1, "no list of codes construction-classes", 1 },
	{ "a list of codes", "sed -i s/value=/values=/ policy/codes/sexes.xml", 0, "TOTAL-PASSED", 0 },
	{ "who gives orders", "sed -i s/minutes=/hours=/ policy/roles.xml", 0, "TOTAL-PASSED", 0 },
	{ "what a report says", "sed -i s/colour=/color=/ policy/answers.xml", 0, "TOTAL-PASSED", 1 },
	{ "algorithms", "sed -i s/old-until=/until=/ policy/algorithms.xml", 1, "policy/algorithms.xml, line", 1 },
	{ "a profile", "sed -i s/years=/year=/ policy/profiles/mail.xml", 1, "policy/profiles/mail.xml, line", 1 },
	{ "the grammar of permits", "sed -i s/element/elements/ policy/grammar/permit.rng", 70, "the grammar of permits", 70, .loads = true },
	{ "the grammar of kinds", "sed -i s/element/elements/ policy/grammar/kind.rng", 1, "policy/grammar/kind.rng is not a RELAX NG grammar", 1 },
};

static void
what_a_verdict_rests_upon(void **state)
{
	own_str char *json = xprintf("%s --json", verify);

	for (size_t i = 0; i < COUNT(cases); i++) {
		int code, code_json, code_check;
		bool its_words;

		assert_int_equal(run(cases[i].spoil), 0);
		code = run(verify);
		its_words = said(cases[i].says);
		code_json = run(json);
		code_check = run("antin policy check policy >check.txt 2>&1");
		if (code != cases[i].exit || code_json != cases[i].exit_json || !its_words || (code_check == 0) != cases[i].loads)
			print_error("%s: exit %d, with --json %d, check %d\n", cases[i].name, code, code_json, code_check);
		assert_int_equal(code, cases[i].exit);
		assert_int_equal(code_json, cases[i].exit_json);
		assert_case(cases[i].name, its_words && (code_check == 0) == cases[i].loads);
		assert_int_equal(run("rm -r policy && cp -r " SOURCE_DIR "/policy policy"), 0);
	}
}

/* Strangers' files meet code that has no network, token or database, whatever the other
 * commands need. */
static void
what_it_is_made_of(void **state)
{
	static const char *const none[] = { "libcurl", "libmicrohttpd", "libgnutls", "libpq", "libsqlite3", "libp11", "libssl", "libgfshare" };

	assert_int_equal(run("ldd $(command -v antin) >said.txt"), 0);
	assert_true(said("libxml2"));
	for (size_t i = 0; i < COUNT(none); i++)
		assert_case(none[i], !said(none[i]));
}

static void
every_other_command_is_beside_it(void **state)
{
	own_str char *alone = xprintf("./%s", verify);

	assert_int_equal(run("antin help >said.txt"), 0);
	assert_true(said("\n  verify ") && said("\n  permit "));
	assert_int_equal(run("antin fly >said.txt 2>&1"), 64);
	assert_true(said("there is no command \"fly\""));
	assert_int_equal(run("cp $(command -v antin) . && ./antin help >said.txt 2>&1"), 70);
	assert_true(said("antin-office: No such file"));
	assert_int_equal(run(alone), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_a_verdict_rests_upon), cmocka_unit_test(what_it_is_made_of),
		cmocka_unit_test(every_other_command_is_beside_it) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
