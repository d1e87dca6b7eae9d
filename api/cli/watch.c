/*
 * antin watch FOLDER -- submissions of programs that cannot speak HTTP: what is laid into
 * FOLDER/in is handed in, its answer is laid into FOLDER/out under the same name.
 *
 *	in/NAME --taken--> taken/NAME --handed in--> out/NAME, then taken/NAME --> done/KEY-NAME
 *
 * NAME.json is one submission, NAME.jsonl has one a line, handed in by portions (portion.h);
 * up to 16 MiB and 10,000 lines.  An answer may be of any size.  Left alone: every
 * other name, and what begins with a dot (write there, and rename); what is no plain file
 * (one that cannot be read is told of, and waits);
 * what somebody has open for writing, or what changed less than --quiet seconds ago; and a
 * question whose name has an answer that was not taken yet.
 *
 * Text is UTF-8, or UTF-16 with its byte-order mark.  What lies in FOLDER/cp1258/in,
 * FOLDER/tcvn3/in or FOLDER/vni/in, and nothing else, is in that code page, and goes the same
 * way there: nothing is guessed (question.h).  The officer who signs is told, and the answer
 * has the form of the question.
 *
 * Killed at any moment, nothing is lost and nothing submitted twice: what lies in taken/ is
 * handed in again, under an idempotency key that follows from its name and octets.  (An
 * answer that was taken just before the kill may come a second time.)  While the service
 * is away, or does not record, the question waits.
 */
#include "api/cli/command.h"
#include "api/cli/portion.h"
#include "api/cli/question.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/ossl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUESTION_MAX (16u << 20)
#define ANSWER_MAX (3 * HTTP_ANSWER_MAX)	/* two octets of UTF-8 are six in an escape */
#define QUESTION_NAME_MAX 200
#define PASS_SECS 1
#define AWAY_SECS 5
#define KEY_HEX 40

const struct arg_option watch_options[] = {
	SERVICE_OPTIONS,
	{ "quiet", "SECONDS", false, "how long a file must have been left alone (5)" },
	{ "once", NULL, false, "look once, and end: 75 when something waits" },
	{ NULL },
};

static const char *const folders[] = { "in", "taken", "out", "done" };

/* In which form submissions are, by where they lie; and what a clerk is told who laid another
 * there. */
static const struct box { const char *under, *page, *vi; } boxes[] = {
	{ "", NULL, "UTF-8, hoặc UTF-16 có BOM; TCVN3, VNI và 1258 có thư mục riêng (tcvn3, vni, cp1258)" },
	{ "cp1258/", "windows-1258", "bảng mã 1258" }, { "tcvn3/", "TCVN3", "bảng mã TCVN3" }, { "vni/", "VNI", "bảng mã VNI" },
};
#define BOXES (sizeof(boxes) / sizeof(boxes[0]))

struct watch {
	const char *folder;
	const struct box *box;		/* that is looked into */
	const struct http_service *service;
	long quiet;
	bool waits;			/* of this pass: something was not answered, for this reason */
	struct err why;
};

static char *
path_of(const struct watch *w, const char *folder, const char *name)
{
	return xprintf("%s/%s%s/%s", w->folder, w->box->under, folder, name);
}

/*
 * Taking a question.
 */

static bool
ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

static bool
is_question(const char *name)
{
	return name[0] != '.' && strlen(name) <= QUESTION_NAME_MAX && (ends_in(name, ".json") || ends_in(name, ".jsonl"));
}

/* Nobody may write while the lease is held, which closing ends.  Where none can be had for
 * another reason than a writer (another's file, some file systems), time alone decides. */
static bool
has_writer(int fd)
{
	return fcntl(fd, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
}

/* What is no plain file is not looked into, whatever it leads to. */
static bool
open_plain(int *out, const char *path, struct stat *st, struct err *e)
{
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0 && errno != ELOOP && errno != ENXIO)	/* a link, a socket */
		return fail(e, ERR_STORE, "%s cannot be opened: %s", path, strerror(errno));
	if (fd < 0 || fstat(fd, st) != 0 || !S_ISREG(st->st_mode))
		return fail(e, ERR_INPUT, "this is no plain file");
	*out = fd;
	fd = -1;
	return true;
}

static bool
is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* in/NAME -> taken/NAME; *taken is false when it is left alone.  One that cannot be read
 * waits for whoever mends that, and the next one's turn comes. */
static bool
take_question(struct watch *w, const char *name, bool *taken, struct err *e)
{
	own_str char *in = path_of(w, "in", name), *held = path_of(w, "taken", name), *out = path_of(w, "out", name);
	own_fd int fd = -1;
	struct stat st;
	struct err why;

	*taken = false;
	if (!open_plain(&fd, in, &st, &why)) {
		if (why.class != ERR_INPUT && is_there(in))
			w->waits = !fail(&w->why, ERR_LATER, "%s", why.text);
		return true;
	}
	if (clock_now() - st.st_mtime < w->quiet || has_writer(fd) || is_there(out) || is_there(held))
		return true;
	if (rename(in, held) != 0)
		return fail(e, ERR_STORE, "%s cannot be taken: %s", in, strerror(errno));
	*taken = true;
	return true;
}

/*
 * Handing it in.
 */

/* Of box, name and octets. */
static void
key_of(char key[KEY_HEX + 1], const struct watch *w, const char *name, struct span octets)
{
	own_struct(buf) all = buf_new(QUESTION_MAX + QUESTION_NAME_MAX + 16);
	unsigned char digest[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	buf_put_str(&all, w->box->under);
	buf_put(&all, name, strlen(name) + 1);
	buf_put_span(&all, octets);
	sha256(digest, buf_span(&all));
	hex_text(hex, span_of(digest, sizeof(digest)));
	snprintf(key, KEY_HEX + 1, "%.*s", KEY_HEX, hex);
}

static bool
read_question(struct buf *octets, const char *path, struct err *e)
{
	own_fd int fd = -1;
	struct stat st;

	return open_plain(&fd, path, &st, e) && fd_read(octets, fd, path, e);
}

/*
 * Answers, in the form of the question, as they come.
 */

struct telling { int fd; const struct watch *watch; struct question question; };

static bool
tell(const struct telling *t, const json_t *answer, struct err *e)
{
	own_struct(buf) utf8 = buf_new(HTTP_ANSWER_MAX), text = buf_new(ANSWER_MAX);

	json_write(&utf8, answer);
	buf_put_byte(&utf8, '\n');
	question_tell(&text, &t->question, buf_span(&utf8));
	return buf_ok(&utf8, "an answer", e) && buf_ok(&text, "an answer", e) && fd_write(t->fd, buf_span(&text), e);
}

/* What is no submission for a reason seen here already. */
static bool
tell_refused(const struct telling *t, const struct err *why, struct err *e)
{
	own_str char *vi = why->vi[0] != '\0' ? xstrdup(why->vi) : xprintf("Tệp này không đọc được như một hồ sơ nộp: cần JSON viết bằng %s.", t->watch->box->vi);
	own(json_t) *j = json_pack("{s:i, s:i, s:s, s:s, s:{s:s, s:s}}", "line", 1, "status", err_http(why->class), "class", err_word(why->class), "detail", why->text,
	    "say", "vi", vi, "en", why->text);

	promise(j != NULL);
	if (why->code[0] != '\0')
		json_object_set_new(j, "code", json_string(why->code));
	return tell(t, j, e);
}

/* A line that was not recorded for reasons of the service's own has its file wait. */
static bool
tell_line(void *ctx, json_t *answer, struct err *e)
{
	if (json_integer_value(json_object_get(answer, "status")) >= 500)
		return fail_rule(e, &portion_again, "the service does not record this now: %s", json_text(answer, "detail"));
	return tell(ctx, answer, e);
}

static bool
hand_in(struct telling *t, const struct watch *w, const char *key, struct span lines, struct err *e)
{
	struct portions all = { .service = w->service, .key = key, .rest = lines, .answered = tell_line, .ctx = t };

	while (all.rest.len > 0)
		if (!portion_send(&all, e))
			return false;
	return true;
}

/* All that there is to tell of taken/NAME, or why that is not known yet. */
static bool
tell_all(struct telling *t, char key[KEY_HEX + 1], const struct watch *w, const char *name, struct err *e)
{
	own_str char *held = path_of(w, "taken", name);
	own_struct(buf) octets = buf_new(QUESTION_MAX), lines = buf_new(QUESTION_MAX), mark = buf_new(8);
	struct err why;
	bool read = read_question(&octets, held, &why);

	if (!read && why.class != ERR_LIMIT && why.class != ERR_INPUT) {
		*e = why;
		return false;
	}
	if (!read)
		buf_reset(&octets);
	key_of(key, w, name, buf_span(&octets));
	read = read && question_lines(&lines, &t->question, buf_span(&octets), ends_in(name, ".jsonl"), &why);
	question_mark(&mark, &t->question);
	if (!fd_write(t->fd, buf_span(&mark), e))
		return false;
	return read ? hand_in(t, w, key, buf_span(&lines), e) : tell_refused(t, &why, e);
}

static bool
folder_sync(const struct watch *w, const char *folder, struct err *e)
{
	own_str char *path = path_of(w, folder, "");
	own_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return (fd >= 0 && fsync(fd) == 0) || fail(e, ERR_STORE, "cannot make %s durable: %s", path, strerror(errno));
}

/* Only when the answer is there for good is the question put away. */
static bool
put_away(const struct watch *w, const char *name, const char *key, const char *written, int fd, struct err *e)
{
	own_str char *done_name = xprintf("%.16s-%s", key, name);
	own_str char *held = path_of(w, "taken", name), *out = path_of(w, "out", name), *done = path_of(w, "done", done_name);

	if (fchmod(fd, 0640) != 0 || fsync(fd) != 0)
		return fail(e, ERR_STORE, "cannot make %s durable: %s", written, strerror(errno));
	if (rename(written, out) != 0)
		return fail(e, ERR_STORE, "%s cannot be laid there: %s", out, strerror(errno));
	return folder_sync(w, "out", e) && (rename(held, done) == 0 || fail(e, ERR_STORE, "%s cannot be put away: %s", held, strerror(errno)));
}

/* Written beside the question, where nobody looks, and moved whole: in out/ there is at no
 * moment a piece of an answer. */
static bool
write_answer(const struct watch *w, const char *name, struct err *e)
{
	own_str char *hidden = xprintf(".%s", name), *written = path_of(w, "taken", hidden);
	own_fd int fd = open(written, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct telling t = { .fd = fd, .watch = w, .question = { .page = w->box->page } };
	char key[KEY_HEX + 1];

	if (fd < 0)
		return fail(e, errno == ENOSPC || errno == EDQUOT ? ERR_LATER : ERR_STORE, "%s cannot be written: %s", written, strerror(errno));
	if (tell_all(&t, key, w, name, e) && put_away(w, name, key, written, fd, e))
		return true;
	unlink(written);
	return false;
}

/* Where it alone was not answered, it waits, and the next one's turn comes. */
static bool
answer_question(struct watch *w, const char *name, struct err *e)
{
	if (write_answer(w, name, e))
		return true;
	if (strcmp(e->code, portion_again.code) != 0)
		return false;
	w->waits = true;
	w->why = *e;
	return true;
}

/*
 * Passes.
 */

static int
questions(const struct dirent *d)
{
	return is_question(d->d_name);
}

/* What a kill left of an answer that was being written. */
static int
remains(const struct dirent *d)
{
	return d->d_name[0] == '.' && strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static bool
remove_remains(struct watch *w, const char *name, struct err *e)
{
	own_str char *path = path_of(w, "taken", name);

	return unlink(path) == 0 || fail(e, ERR_STORE, "%s cannot be removed: %s", path, strerror(errno));
}

/* Each name of the folder, in their order, until one fails. */
static bool
each(struct watch *w, const char *folder, int (*pick)(const struct dirent *), bool (*act)(struct watch *, const char *, struct err *), struct err *e)
{
	own_str char *path = path_of(w, folder, "");
	struct dirent **list = NULL;
	int n = scandir(path, &list, pick, alphasort);
	bool good = n >= 0 || fail(e, ERR_STORE, "%s cannot be read: %s", path, strerror(errno));

	for (int i = 0; i < n; i++) {
		good = good && act(w, list[i]->d_name, e);
		free(list[i]);
	}
	free(list);
	return good;
}

static bool
take_and_answer(struct watch *w, const char *name, struct err *e)
{
	bool taken;

	return take_question(w, name, &taken, e) && (!taken || answer_question(w, name, e) || fail_in(e, "%s%s", w->box->under, name));
}

/* What was taken before comes first. */
static bool
box_pass(struct watch *w, struct err *e)
{
	return each(w, "taken", questions, answer_question, e) && each(w, "in", questions, take_and_answer, e);
}

static bool
each_box(struct watch *w, bool (*act)(struct watch *, struct err *), struct err *e)
{
	for (w->box = boxes; w->box < boxes + BOXES; w->box++)
		if (!act(w, e))
			return false;
	return true;
}

static bool
pass(struct watch *w, struct err *e)
{
	w->waits = false;
	if (!each_box(w, box_pass, e))
		return false;
	if (w->waits)
		*e = w->why;
	return !w->waits;
}

/* Goes on for ever, but for what waiting does not mend: no right, no folder. */
static bool
watch_on(struct watch *w, struct err *e)
{
	bool away = false;

	for (;;) {
		bool good = pass(w, e);

		if (!good && err_exit(e->class) != err_exit(ERR_LATER))
			return false;
		if (!good && !away)
			fprintf(stderr, "antin: questions wait: %s\n", e->text);
		away = !good;
		sleep(good ? PASS_SECS : AWAY_SECS);
	}
}

static bool
box_make(struct watch *w, struct err *e)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		own_str char *path = path_of(w, folders[i], "");

		path[strlen(path) - 1] = '\0';
		if (!folder_make(path, 0770, e))
			return false;
	}
	return true;
}

static bool
box_tidy(struct watch *w, struct err *e)
{
	return each(w, "taken", remains, remove_remains, e);
}

/* One watches a folder; the lock ends with the process. */
static bool
folder_lock(const struct watch *w, struct err *e)
{
	int fd = open(w->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) || fail(e, ERR_CONFLICT, "%s cannot be locked: is it watched already?", w->folder);
}

int
command_watch(const struct args *a)
{
	own_struct(http_service) service = { .base = NULL };
	struct watch w = { .service = &service };
	char *end = NULL;
	struct err e;

	w.quiet = strtol(args_get(a, "quiet") ?: "5", &end, 10);
	if (a->nwords != 1 || *end != '\0' || w.quiet < 0 || w.quiet > 3600) {
		fail(&e, ERR_INPUT, "antin watch FOLDER --api URL --api-key-file FILE [--quiet 0 to 3600]");
		return command_usage(a, &e);
	}
	w.folder = a->word[0];
	signal(SIGIO, SIG_IGN);		/* somebody would write to what a lease is held on: that waits */
	if (!http_service_open(&service, a, &e) || !each_box(&w, box_make, &e) || !folder_lock(&w, &e) || !each_box(&w, box_tidy, &e))
		return command_refuse(a, &e);
	if (args_has(a, "once") ? pass(&w, &e) : watch_on(&w, &e))
		return 0;
	return command_refuse(a, &e);
}
