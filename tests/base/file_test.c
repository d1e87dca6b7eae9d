#include "tests/base/test.h"

#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/antin-file-XXXXXX";
static char path[64];

static unsigned
files_in(const char *folder)
{
	DIR *d = opendir(folder);
	unsigned n = 0;

	assert_non_null(d);
	for (struct dirent *x = readdir(d); x != NULL; x = readdir(d))
		n += x->d_name[0] != '.';
	closedir(d);
	return n;
}

static void
test_write_then_read(void **state)
{
	own_struct(buf) b = buf_new(100);
	own_struct(buf) small = buf_new(3);
	struct stat st;
	struct err e;

	assert_done(file_write(path, span_str("one"), 0600, &e), e);
	assert_done(file_write(path, span_str("three"), 0640, &e), e);
	assert_done(file_read(&b, path, &e), e);
	assert_string_equal(buf_str(&b), "three");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(files_in(dir), 1);
	assert_false(file_read(&small, path, &e));
	assert_int_equal(e.class, ERR_LIMIT);
	assert_false(file_read(&b, "/nonexistent/x", &e));
	assert_int_equal(e.class, ERR_ABSENT);
}

/* A disk that is full leaves the old content and nothing beside it. */
static void
test_full_disk_keeps_the_old(void **state)
{
	own_struct(buf) b = buf_new(100);
	char big[8192];
	struct err e;
	pid_t pid;
	int status;

	memset(big, 'x', sizeof(big));
	assert_done(file_write(path, span_str("old"), 0600, &e), e);
	pid = fork();
	if (pid == 0) {
		struct rlimit r = { 4096, 4096 };

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &r);
		_exit(!file_write(path, span_of(big, sizeof(big)), 0600, &e) && e.class == ERR_STORE ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_done(file_read(&b, path, &e), e);
	assert_string_equal(buf_str(&b), "old");
	assert_int_equal(files_in(dir), 1);
}

/* Many at once, in two folders; one that cannot be written is said, and leaves
 * nothing beside the others. */
static void
test_many(void **state)
{
	struct file_new file[20];
	char names[20][100];
	own_str char *folder = xprintf("%s/a", dir), *below = xprintf("%s/b", folder);
	struct err e;

	assert_done(folder_make(below, 0755, &e), e);
	for (int i = 0; i < 20; i++) {
		snprintf(names[i], sizeof(names[i]), "%s/%d", i % 2 ? folder : below, i);
		file[i] = (struct file_new){ names[i], span_str(names[i]) };
	}
	assert_done(files_write(file, 0, 0644, &e), e);
	for (int again = 0; again < 2; again++)
		assert_done(files_write(file, 20, 0644, &e), e);
	assert_int_equal(files_in(folder), 11);
	assert_int_equal(files_in(below), 10);
	for (int i = 0; i < 20; i++) {
		own_struct(buf) b = buf_new(100);

		assert_done(file_read(&b, names[i], &e), e);
		assert_string_equal(buf_str(&b), names[i]);
	}
	file[7].path = "/nonexistent/x";
	assert_false(files_write(file, 20, 0644, &e));
	assert_non_null(strstr(e.text, "/nonexistent/x"));
	assert_int_equal(files_in(folder), 11);
	for (int i = 0; i < 20; i++)
		unlink(names[i]);
	rmdir(below);
	rmdir(folder);
}

static void
test_folders(void **state)
{
	char deep[128];
	struct err e;

	snprintf(deep, sizeof(deep), "%s/a/b/c", dir);
	assert_done(folder_make(deep, 0700, &e), e);
	assert_done(folder_make(deep, 0700, &e), e);
	snprintf(deep, sizeof(deep), "%s/x", path);
	assert_false(folder_make(deep, 0700, &e));
	snprintf(deep, sizeof(deep), "%s/a/b/c", dir);
	rmdir(deep);
	snprintf(deep, sizeof(deep), "%s/a/b", dir);
	rmdir(deep);
	snprintf(deep, sizeof(deep), "%s/a", dir);
	rmdir(deep);
}

static void
test_memory_files_do_not_change(void **state)
{
	struct span s;
	struct err e;
	int fd, open_fd;

	assert_done(memfd_sealed(&fd, span_str("content"), &e), e);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_done(memfd_map(&s, fd, 100, &e), e);
	assert_true(span_eq_str(s, "content"));
	memfd_unmap(s);
	assert_false(memfd_map(&s, fd, 6, &e));
	assert_int_equal(e.class, ERR_LIMIT);
	close(fd);
	open_fd = open(path, O_RDONLY);
	assert_false(memfd_map(&s, open_fd, 100, &e));
	assert_int_equal(e.class, ERR_INPUT);
	close(open_fd);
}

static int
start(void **state)
{
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	return 0;
}

static int
stop(void **state)
{
	unlink(path);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_then_read),
		cmocka_unit_test(test_full_disk_keeps_the_old),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_memory_files_do_not_change),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
