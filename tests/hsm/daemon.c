#include "tests/hsm/daemon.h"

#include "base/clock.h"
#include "base/file.h"
#include "tests/base/test.h"
#include "tests/hsm/softhsm.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_MS 15000

static unsigned count;

struct mock_page *
daemon_page(void)
{
	static struct mock_page *page;
	own_str char *path = softhsm_path("tokens/mock.page");
	own_fd int fd = -1;

	if (page != NULL)
		return page;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, sizeof(*page)), 0);
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(page != MAP_FAILED);
	return page;
}

static char *
write_config(const struct daemon *d, const struct daemon_options *o)
{
	own_str char *tokens = softhsm_path("tokens");
	own_str char *conf = softhsm_path("softhsm2.conf");
	own_str char *run = softhsm_path("run");
	own_str char *name = xprintf("%s.conf", d->name);
	char *path = softhsm_path(name);
	own_str char *module = o->mock ? xprintf("module = %s/tests/hsm_module_mock.so\n", BINARY_DIR) : xstrdup("");
	own_str char *text = xprintf("[%s]\nrun = %s\ntoken = %s\nmodule_config = %s\nwrites = %s\n%s%s\n",
	    d->name, run, o->token, conf, tokens, module, o->more);
	struct err e;

	assert_done(folder_make(run, 0700, &e), e);
	assert_done(file_write(path, span_str(text), 0600, &e), e);
	return path;
}

static int
pin_pipe(const char *pin)
{
	int p[2];

	if (pin == NULL)
		return -1;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], pin, strlen(pin)), strlen(pin));
	close(p[1]);
	return p[0];
}

static _Noreturn void
exec_daemon(const struct daemon *d, const struct daemon_options *o, const char *config, int pin, int ready, int err)
{
	own_str char *fd = xprintf("%d", pin);
	own_str char *ready_fd = xprintf("%d", ready);
	const char *args[16] = { BINARY_DIR "/bin/antin-hsm", "--config", config, "--section", d->name };
	unsigned n = 5;

	if (pin >= 0) {
		args[n++] = "--pin-fd";
		args[n++] = fd;
	}
	if (o->argument != NULL)
		args[n++] = o->argument;
	args[n] = NULL;
	prctl(PR_SET_PDEATHSIG, SIGKILL);	/* a test that fails leaves nothing running */
	setenv("ANTIN_READY_FD", ready_fd, 1);
	dup2(err, 2);
	execv(args[0], (char *const *)args);
	_exit(126);
}

static void
collect(struct daemon *d)
{
	own_str char *name = xprintf("%s.err", d->name);
	own_str char *path = softhsm_path(name);
	struct err e;

	buf_reset(&d->said);
	assert_done(file_read(&d->said, path, &e), e);
}

bool
daemon_start(struct daemon *d, const struct daemon_options *o, int *code)
{
	own_str char *config = NULL;
	own_str char *err_name = NULL;
	own_str char *err_path = NULL;
	int pin = pin_pipe(o->pin), ready[2], err, status;
	struct pollfd p;
	char text[6];

	*d = (struct daemon){ .name = xprintf("antin-hsm-%u", count++), .said = buf_new(1 << 20) };
	config = write_config(d, o);
	err_name = xprintf("%s.err", d->name);
	err_path = softhsm_path(err_name);
	err = open(err_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(err >= 0 && pipe(ready) == 0);
	d->pid = fork();
	if (d->pid == 0) {
		close(ready[0]);
		exec_daemon(d, o, config, pin, ready[1], err);
	}
	close(err);
	close(ready[1]);
	if (pin >= 0)
		close(pin);
	p = (struct pollfd){ .fd = ready[0], .events = POLLIN };
	assert_int_equal(poll(&p, 1, READY_MS), 1);
	if (read(ready[0], text, 6) == 6) {
		close(ready[0]);
		return true;
	}
	close(ready[0]);
	assert_int_equal(waitpid(d->pid, &status, 0), d->pid);
	*code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	d->pid = 0;
	collect(d);
	return false;
}

int
daemon_stop(struct daemon *d)
{
	int status;

	assert_int_equal(kill(d->pid, SIGTERM), 0);
	assert_int_equal(waitpid(d->pid, &status, 0), d->pid);
	collect(d);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

char *
daemon_socket(const struct daemon *d, const char *caller)
{
	own_str char *name = xprintf("run/%s.%s.sock", d->name, caller);

	return softhsm_path(name);
}

static bool
is_named(pid_t pid, const char *name)
{
	own_str char *path = xprintf("/proc/%d/comm", pid);
	char text[32] = "";
	FILE *f = fopen(path, "r");
	bool same;

	if (f == NULL)
		return false;
	same = fgets(text, sizeof(text), f) != NULL && strncmp(text, name, strlen(name)) == 0;
	fclose(f);
	return same;
}

pid_t
daemon_child(const struct daemon *d, const char *name)
{
	own_str char *path = xprintf("/proc/%d/task/%d/children", d->pid, d->pid);
	FILE *f = fopen(path, "r");
	pid_t found = 0, pid;

	if (f == NULL)
		return 0;
	while (fscanf(f, "%d", &pid) == 1)
		if (is_named(pid, name))
			found = pid;
	fclose(f);
	return found;
}

pid_t
daemon_next_child(const struct daemon *d, pid_t before)
{
	for (time_t until = 0; wait_more(&until);) {
		pid_t now = daemon_child(d, "hsm-module");

		if (now != 0 && now != before)
			return now;
	}
	return 0;
}

struct token_key daemon_mine, daemon_other;

void
daemon_begin(void)
{
	struct token *t;
	struct err e;

	softhsm_begin();
	softhsm_token("served");
	t = softhsm_open("served");
	assert_done(token_generate(t, HSM_ECDSA_P256, "mine", &daemon_mine, &e), e);
	assert_done(token_generate(t, HSM_ECDSA_P256, "other", &daemon_other, &e), e);
	token_drop(&t);
	daemon_page();
}

bool
daemon_sign(struct hsm *h, const struct token_key *k, struct err *e)
{
	own_struct(buf) raw = buf_new(64);
	own_struct(buf) der = buf_new(80);
	own(EVP_PKEY) *pub = NULL;
	unsigned char digest[32];

	sha256(digest, span_str("signed by another process"));
	if (!hsm_sign(h, k->id, HSM_ECDSA_P256, span_of(digest, 32), &raw, e))
		return false;
	assert_true(raw.len == HSM_SIGNATURE_LEN && ecdsa_raw_to_der(&der, buf_span(&raw), e));
	assert_done(pubkey_from_spki(&pub, span_of(k->spki, k->spki_len), e), *e);
	assert_true(ecdsa_verify(pub, span_of(digest, 32), buf_span(&der)));
	return true;
}

bool
daemon_sign_soon(struct hsm *h, int ms, struct err *e)
{
	int64_t until = clock_mono_ms() + ms;

	while (!daemon_sign(h, &daemon_mine, e)) {
		if (clock_mono_ms() > until)
			return false;
		usleep(20000);
	}
	return true;
}

struct hsm *
daemon_up(struct daemon *d, const char *more, bool mock, const char *caller)
{
	struct daemon_options o = { .token = "served", .pin = TEST_PIN, .mock = mock, .more = more };
	own_str char *socket = NULL;
	int code = 0;

	if (!daemon_start(d, &o, &code)) {
		print_error("exit %d: %s\n", code, buf_str(&d->said));
		assert_true(!"antin-hsm starts");
	}
	socket = daemon_socket(d, caller);
	return hsm_new(socket);
}

void
daemon_down(struct daemon *d, struct hsm *h)
{
	hsm_free(h);
	assert_int_equal(daemon_stop(d), 0);
	assert_null(strstr(buf_str(&d->said), TEST_PIN));
	buf_drop(&d->said);
	free(d->name);
}
