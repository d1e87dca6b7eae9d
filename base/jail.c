#include "base/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* ABI 2: the rights that Debian 12's own kernel knows. */
#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |	\
	LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |			\
	LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK)
#define FS_ALL (FS_READ | FS_WRITE | LANDLOCK_ACCESS_FS_EXECUTE |			\
	LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_FIFO |			\
	LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM |			\
	LANDLOCK_ACCESS_FS_REFER)
#define FS_FILE_ONLY (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE)

void
jail_outward(struct jail_path out[JAIL_OUTWARD_MAX], const char *more)
{
	const char *const wanted[] = { "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf",
		"/etc/ssl", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/usr/lib/ssl", "/dev/urandom", more };
	size_t n = 0;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (wanted[i][0] != '\0' && access(wanted[i], R_OK) == 0)
			out[n++] = (struct jail_path){ wanted[i], false };
	out[n] = (struct jail_path){ NULL, false };
}

static bool
drop_ids(const struct jail *j, struct err *e)
{
	if (j->gid != 0 && (setgroups(0, NULL) != 0 || setresgid(j->gid, j->gid, j->gid) != 0))
		return fail(e, ERR_BUG, "cannot become group %u: %s", j->gid, strerror(errno));
	if (j->uid != 0 && setresuid(j->uid, j->uid, j->uid) != 0)
		return fail(e, ERR_BUG, "cannot become user %u: %s", j->uid, strerror(errno));
	return true;
}

static bool
limit(int what, rlim_t max, const char *name, struct err *e)
{
	struct rlimit r = { max, max };

	if (setrlimit(what, &r) != 0)
		return fail(e, ERR_BUG, "cannot set the limit of %s: %s", name, strerror(errno));
	return true;
}

static bool
set_limits(const struct jail *j, struct err *e)
{
	if (!limit(RLIMIT_CORE, 0, "core files", e))
		return false;
	if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return fail(e, ERR_BUG, "prctl: %s", strerror(errno));
	if (j->files_max != 0 && !limit(RLIMIT_NOFILE, j->files_max, "open files", e))
		return false;
	if (j->cpu_secs != 0 && !limit(RLIMIT_CPU, j->cpu_secs, "processor time", e))
		return false;
	if (j->memory_max != 0 && !SANITIZED && !limit(RLIMIT_AS, j->memory_max, "memory", e))
		return false;
	return true;
}

static bool
allow_path(int ruleset, const struct jail_path *p, struct err *e)
{
	own_fd int fd = open(p->path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = {
		.allowed_access = FS_READ | (p->write ? FS_WRITE | LANDLOCK_ACCESS_FS_REFER : 0),
		.parent_fd = fd,
	};
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return fail(e, ERR_ABSENT, "jail: cannot open %s: %s", p->path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= FS_FILE_ONLY;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		return fail(e, ERR_BUG, "landlock, %s: %s", p->path, strerror(errno));
	return true;
}

static bool
landlock(const struct jail *j, struct err *e)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = FS_ALL };
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	own_fd int ruleset = -1;

	if (abi < 2)
		return fail(e, ERR_BUG, "this kernel has no Landlock (ABI 2 is needed): refusing to run without a jail");
	if (j->abilities & JAIL_EXEC)
		attr.handled_access_fs &= ~(__u64)LANDLOCK_ACCESS_FS_EXECUTE;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return fail(e, ERR_BUG, "landlock: %s", strerror(errno));
	for (const struct jail_path *p = j->paths; p != NULL && p->path != NULL; p++)
		if (!allow_path(ruleset, p, e))
			return false;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		return fail(e, ERR_BUG, "landlock: %s", strerror(errno));
	return true;
}

/*
 * Seccomp: what is allowed, by ability (0: every process).  Any other call
 * fails with EPERM; those in `refused` fail in the way that the libraries that
 * try them expect and live with.
 */
static const struct { int call; unsigned ability; } allowed[] = {
#define ALWAYS(c) { SCMP_SYS(c), 0 }
#define WITH(c, a) { SCMP_SYS(c), a }
	ALWAYS(read), ALWAYS(write), ALWAYS(readv), ALWAYS(writev), ALWAYS(pread64), ALWAYS(pwrite64),
	ALWAYS(close), ALWAYS(lseek), ALWAYS(fstat), ALWAYS(newfstatat), ALWAYS(fcntl), ALWAYS(dup), ALWAYS(dup2), ALWAYS(dup3),
	ALWAYS(mmap), ALWAYS(munmap), ALWAYS(mprotect), ALWAYS(mremap), ALWAYS(madvise), ALWAYS(brk), ALWAYS(mlock), ALWAYS(munlock),
	ALWAYS(exit), ALWAYS(exit_group), ALWAYS(rt_sigreturn), ALWAYS(rt_sigaction), ALWAYS(rt_sigprocmask), ALWAYS(sigaltstack),
	ALWAYS(restart_syscall), ALWAYS(gettid), ALWAYS(getpid), ALWAYS(getppid), ALWAYS(tgkill), ALWAYS(tkill),
	ALWAYS(getuid), ALWAYS(geteuid), ALWAYS(getgid), ALWAYS(getegid), ALWAYS(getrandom), ALWAYS(getrusage), ALWAYS(getrlimit), ALWAYS(prlimit64),
	ALWAYS(clock_gettime), ALWAYS(clock_getres), ALWAYS(clock_nanosleep), ALWAYS(nanosleep), ALWAYS(gettimeofday), ALWAYS(time),
	ALWAYS(futex), ALWAYS(poll), ALWAYS(ppoll), ALWAYS(select), ALWAYS(pselect6), ALWAYS(sched_yield), ALWAYS(sched_getaffinity),
	ALWAYS(epoll_create1), ALWAYS(epoll_ctl), ALWAYS(epoll_wait), ALWAYS(epoll_pwait), ALWAYS(eventfd2), ALWAYS(pipe2),
	ALWAYS(sendmsg), ALWAYS(recvmsg), ALWAYS(sendto), ALWAYS(recvfrom), ALWAYS(shutdown), ALWAYS(getsockopt), ALWAYS(setsockopt),
	ALWAYS(getsockname), ALWAYS(getpeername), ALWAYS(uname), ALWAYS(set_robust_list), ALWAYS(rseq), ALWAYS(membarrier), ALWAYS(sysinfo),
	ALWAYS(prctl), ALWAYS(signalfd4), ALWAYS(timerfd_create), ALWAYS(timerfd_settime), ALWAYS(setitimer), ALWAYS(arch_prctl), ALWAYS(getcwd),
	WITH(clone, JAIL_THREADS | JAIL_FORK), WITH(clone3, JAIL_THREADS | JAIL_FORK), WITH(set_tid_address, JAIL_THREADS | JAIL_FORK),
	WITH(wait4, JAIL_FORK), WITH(waitid, JAIL_FORK), WITH(kill, JAIL_FORK), WITH(vfork, JAIL_FORK), WITH(fork, JAIL_FORK),
	WITH(pidfd_send_signal, JAIL_FORK), WITH(pidfd_open, JAIL_FORK), WITH(socketpair, JAIL_FORK | JAIL_THREADS), WITH(setpgid, JAIL_FORK), WITH(setsid, JAIL_FORK),
	WITH(landlock_create_ruleset, JAIL_FORK), WITH(landlock_add_rule, JAIL_FORK), WITH(landlock_restrict_self, JAIL_FORK), WITH(seccomp, JAIL_FORK),
	WITH(setrlimit, JAIL_FORK), WITH(setpriority, JAIL_FORK), WITH(close_range, JAIL_FORK), WITH(setresuid, JAIL_FORK), WITH(setresgid, JAIL_FORK), WITH(setgroups, JAIL_FORK),
	WITH(connect, JAIL_UNIX | JAIL_CONNECT), WITH(accept4, JAIL_UNIX | JAIL_INET), WITH(accept, JAIL_UNIX | JAIL_INET),
	WITH(sendmmsg, JAIL_CONNECT), WITH(recvmmsg, JAIL_CONNECT), WITH(bind, JAIL_CONNECT), WITH(sendfile, JAIL_INET),
	WITH(open, JAIL_READ | JAIL_WRITE), WITH(openat, JAIL_READ | JAIL_WRITE), WITH(access, JAIL_READ | JAIL_WRITE), WITH(faccessat, JAIL_READ | JAIL_WRITE),
	WITH(faccessat2, JAIL_READ | JAIL_WRITE), WITH(stat, JAIL_READ | JAIL_WRITE), WITH(lstat, JAIL_READ | JAIL_WRITE), WITH(statx, JAIL_READ | JAIL_WRITE),
	WITH(statfs, JAIL_READ | JAIL_WRITE), WITH(fstatfs, JAIL_READ | JAIL_WRITE), WITH(readlink, JAIL_READ | JAIL_WRITE), WITH(readlinkat, JAIL_READ | JAIL_WRITE),
	WITH(getdents64, JAIL_READ | JAIL_WRITE), WITH(fadvise64, JAIL_READ | JAIL_WRITE), WITH(flock, JAIL_READ | JAIL_WRITE),
	WITH(rename, JAIL_WRITE), WITH(renameat, JAIL_WRITE), WITH(renameat2, JAIL_WRITE), WITH(unlink, JAIL_WRITE), WITH(unlinkat, JAIL_WRITE),
	WITH(mkdir, JAIL_WRITE), WITH(mkdirat, JAIL_WRITE), WITH(rmdir, JAIL_WRITE), WITH(fsync, JAIL_WRITE), WITH(fdatasync, JAIL_WRITE), WITH(sync_file_range, JAIL_WRITE),
	WITH(ftruncate, JAIL_WRITE | JAIL_MEMFD), WITH(fallocate, JAIL_WRITE), WITH(fchmod, JAIL_WRITE), WITH(umask, JAIL_WRITE), WITH(fchown, JAIL_WRITE),
	WITH(execve, JAIL_EXEC), WITH(memfd_create, JAIL_MEMFD), WITH(adjtimex, JAIL_CLOCK), WITH(clock_adjtime, JAIL_CLOCK),
#undef ALWAYS
#undef WITH
};

static const struct { int call; int error; } refused[] = {
	{ SCMP_SYS(open), EACCES }, { SCMP_SYS(openat), EACCES }, { SCMP_SYS(access), EACCES }, { SCMP_SYS(stat), EACCES },
	{ SCMP_SYS(lstat), EACCES }, { SCMP_SYS(statx), EACCES }, { SCMP_SYS(readlink), EACCES }, { SCMP_SYS(socket), EACCES },
	{ SCMP_SYS(connect), EACCES }, { SCMP_SYS(truncate), EACCES }, { SCMP_SYS(ioctl), ENOTTY }, { SCMP_SYS(clone3), ENOSYS },
	{ SCMP_SYS(io_uring_setup), ENOSYS }, { SCMP_SYS(mincore), ENOSYS },
	{ SCMP_SYS(get_mempolicy), ENOSYS }, { SCMP_SYS(execve), EACCES },
};

/* Sockets by family: unix for JAIL_UNIX, inet for JAIL_CONNECT. */
static int
allow_sockets(scmp_filter_ctx f, unsigned abilities)
{
	int bad = 0;

	if (abilities & JAIL_UNIX)
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	if (abilities & JAIL_CONNECT) {
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_INET));
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_INET6));
	}
	return bad;
}

/* clone3 hides its flags from a filter, so it is refused and libc falls back
 * to clone; threads without JAIL_FORK may only be cloned as threads. */
static int
allow_clone(scmp_filter_ctx f, unsigned abilities)
{
	const scmp_datum_t thread = 0x00010000;	/* CLONE_THREAD */

	if (abilities & JAIL_FORK)
		return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 0);
	if (abilities & JAIL_THREADS)
		return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
	return 0;
}

static bool
is_allowed(int call, unsigned abilities)
{
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (allowed[i].call == call && (allowed[i].ability == 0 || allowed[i].ability & abilities))
			return true;
	return false;
}

static int
add_rules(scmp_filter_ctx f, unsigned abilities)
{
	int bad = allow_sockets(f, abilities) | allow_clone(f, abilities);

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		int call = allowed[i].call;

		if (call == SCMP_SYS(clone) || call == SCMP_SYS(clone3) || !is_allowed(call, abilities))
			continue;
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, call, 0);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		int call = refused[i].call;
		bool conditional = call == SCMP_SYS(socket) || call == SCMP_SYS(clone);

		if (conditional || (call != SCMP_SYS(clone3) && is_allowed(call, abilities)))
			continue;
		bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO((unsigned)refused[i].error), call, 0);
	}
	/* libsanitizer asks the terminal and the memory map for its reports. */
	if (SANITIZED)
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ptrace), 0);
	return bad;
}

/* A filter as the kernel takes it: compiled once, loaded by any number of children. */
#define PROGRAM_MAX 2048
static struct { bool ready; unsigned abilities; unsigned short n; struct sock_filter at[PROGRAM_MAX]; } program;

/* libseccomp writes the program to a descriptor only. */
static bool
take_program(scmp_filter_ctx f, unsigned abilities)
{
	own_fd int read_end = -1;
	own_fd int write_end = -1;
	int ends[2];
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	read_end = ends[0];
	write_end = ends[1];
	if (seccomp_export_bpf(f, write_end) != 0)
		return false;
	n = read(read_end, program.at, sizeof(program.at));
	if (n <= 0 || (size_t)n == sizeof(program.at))
		return false;
	program.n = (unsigned short)((size_t)n / sizeof(program.at[0]));
	program.abilities = abilities;
	program.ready = true;
	return true;
}

bool
jail_prepare(unsigned abilities, struct err *e)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool good;

	if (f == NULL)
		return fail(e, ERR_BUG, "seccomp: no memory");
	/* 2: a tree instead of a list; the kernel walks it for every call number. */
	good = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 && add_rules(f, abilities) == 0 && take_program(f, abilities);
	seccomp_release(f);
	return good || fail(e, ERR_BUG, "seccomp: the filter could not be made");
}

static bool
seccomp_enter(unsigned abilities, struct err *e)
{
	struct sock_fprog p = { .filter = program.at };

	if (!(program.ready && program.abilities == abilities) && !jail_prepare(abilities, e))
		return false;
	p.len = program.n;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) != 0)
		return fail(e, ERR_BUG, "seccomp: the filter could not be loaded: %s", strerror(errno));
	return true;
}

/* What libsanitizer asks at the end: its leak checker cannot work in a jail. */
static bool entered;
int __lsan_is_turned_off(void);
int
__lsan_is_turned_off(void)
{
	return entered;
}

bool
jail_enter(const struct jail *j, struct err *e)
{
	entered = true;
	return drop_ids(j, e) && set_limits(j, e) && landlock(j, e) && seccomp_enter(j->abilities, e);
}

static bool
is_kept(int fd, const int *keep, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (keep[i] == fd)
			return true;
	return false;
}

void
jail_close_others(const int *keep, size_t n)
{
	long max = sysconf(_SC_OPEN_MAX);
	int highest = 2;

	for (size_t i = 0; i < n; i++)
		if (keep[i] > highest)
			highest = keep[i];
	for (int fd = 3; fd < highest; fd++)
		if (!is_kept(fd, keep, n))
			close(fd);
	if (close_range((unsigned)highest + 1, ~0u, 0) != 0)
		for (int fd = highest + 1; fd < max; fd++)
			close(fd);
}

void
jail_die_with_parent(void)
{
	promise(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
}
