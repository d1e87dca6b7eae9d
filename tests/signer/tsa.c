#include "tests/signer/tsa.h"

#include "base/file.h"
#include "tests/base/test.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCRIPT SOURCE_DIR "/tests/signer/tsa.py"

char *
tsa_path(const struct tsa *t, const char *name)
{
	return xprintf("%s/%s", t->folder, name);
}

static void
read_text(const struct tsa *t, const char *name, struct buf *out)
{
	own_str char *path = tsa_path(t, name);
	struct err e;

	assert_done(file_read(out, path, &e), e);
}

void
tsa_begin(struct tsa *t)
{
	own_str char *command = NULL, *port = NULL;
	own_struct(buf) text = buf_new(16);

	*t = (struct tsa){ .folder = "/tmp/antin-other-tsa-XXXXXX" };
	assert_non_null(mkdtemp(t->folder));
	command = xprintf("python3 " SCRIPT " make %s", t->folder);
	assert_int_equal(system(command), 0);
	t->server = fork();
	if (t->server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execlp("python3", "python3", SCRIPT, "serve", t->folder, NULL);
		_exit(127);
	}
	port = tsa_path(t, "port");
	for (time_t until = 0; access(port, R_OK) != 0 && wait_more(&until);)
		continue;
	read_text(t, "port", &text);
	t->port = (unsigned)strtoul(buf_str(&text), NULL, 10);
}

void
tsa_end(struct tsa *t)
{
	own_str char *remove = xprintf("rm -r %s", t->folder);

	kill(t->server, SIGTERM);
	waitpid(t->server, NULL, 0);
	assert_int_equal(system(remove), 0);
}

void
tsa_mode(const struct tsa *t, const char *mode)
{
	own_str char *path = tsa_path(t, "mode");
	struct err e;

	assert_done(file_write(path, span_str(mode), 0644, &e), e);
}

unsigned
tsa_heard(const struct tsa *t, const char *word)
{
	own_struct(buf) text = buf_new(1 << 20);
	struct span rest, line;
	unsigned n = 0;

	read_text(t, "heard", &text);
	rest = buf_span(&text);
	while (span_take_line(&rest, &line))
		n += line.len >= strlen(word) && memcmp(line.ptr, word, strlen(word)) == 0;
	return n;
}

unsigned
tsa_imprints(const struct tsa *t)
{
	own_str char *command = xprintf("awk '$1 == \"POST\" { print $2 }' %s/heard | sort -u | wc -l", t->folder);
	FILE *f = popen(command, "r");
	unsigned n = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u", &n), 1);
	pclose(f);
	return n;
}

char *
tsa_section(const struct tsa *t, const char *run, const char *policy, const char *crl, const char *more)
{
	return xprintf("[antin-tsa-outside]\nrun = %s\npolicy = %s\nauthority = thu\nurl = http://127.0.0.1:%u/tsa\n"
	    "crls = http://127.0.0.1:%u/root.crl http://127.0.0.1:%u/%s\n%s", run, policy, t->port, t->port, t->port, crl, more);
}

void
tsa_into_policy(const struct tsa *t, const char *policy)
{
	own_str char *copy = xprintf("cp %s/timestamps.xml %s/timestamps.xml", t->folder, policy);

	assert_int_equal(system(copy), 0);
}
