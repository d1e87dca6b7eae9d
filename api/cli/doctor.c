/*
 * antin doctor -- is the authority whole, fresh, and will it be when the office
 * opens again?
 *
 * A table of checks, one line each, Vietnamese first; exit 0 when none alarms.
 * It believes no daemon: it reads what the world reads, and compares it with
 * what the register holds.
 *
 * --watch looks again and again.  When a line turns bad, and every hour until it
 * is good, it calls the one command that is configured:
 *
 *	COMMAND CHECK SENTENCE
 *
 * A call that fails is made again at the next look.
 */
#include "api/cli/command.h"
#include "api/cli/doctor.h"

#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define AHEAD_DAYS 12
#define COMMAND_SECS 60

const struct arg_option doctor_options[] = {
	{ "config", "FILE", false, "what to look at: its section [antin-doctor]" },
	{ "public", "DIR", false, "what the authority publishes, or a copy of it" },
	{ "policy", "FILE", false, "which witnesses must have cosigned (c2sp.org/tlog-policy)" },
	{ "at", "TIME", false, "as of this time (RFC 3339; now)" },
	{ "watch", NULL, false, "look again and again, and call the configured command" },
	{ "every", "SECONDS", false, "with --watch: between two looks (60)" },
	{ "again", "SECONDS", false, "with --watch: between two calls about one line (3600)" },
	{ NULL },
};

#define FIELD(name) .field = offsetof(struct doctor_conf, name)

static const struct conf_option conf_table[] = {
	{ "public", CONF_STR, FIELD(public), .doc = "what the authority publishes" },
	{ "witness_policy", CONF_STR, FIELD(witness_policy), .def = "", .doc = "which witnesses must have cosigned" },
	{ "database", CONF_STR, FIELD(database), .def = "", .doc = "antin-register's database, read only" },
	{ "site", CONF_STR, FIELD(site), .def = "", .doc = "where the world asks: https://host" },
	{ "policy", CONF_STR, FIELD(policy), .def = "", .doc = "folder of the policy, with the holidays" },
	{ "certificates", CONF_STR, FIELD(certificates), .def = "", .doc = "further certificates in files, such as the site's for TLS" },
	{ "tokens", CONF_STR, FIELD(tokens), .def = "", .doc = "sections of this file (antin-hsm-issuing ...) whose tokens' PIN counters are looked at" },
	{ "unsynchronised_clock", CONF_BOOL, FIELD(unsynchronised), .def = "no", .doc = "the clock need not say that it is synchronised" },
	{ "backups", CONF_STR, FIELD(backups), .def = "", .doc = "folder in which backups lie" },
	{ "backup_hours", CONF_INT, FIELD(backup_hours), .min = 1, .max = 8784, .def = "26", .doc = "how old the newest may be" },
	{ "recheck", CONF_STR, FIELD(recheck), .def = "", .doc = "memory of antin recheck" },
	{ "recheck_hours", CONF_INT, FIELD(recheck_hours), .min = 1, .max = 8784, .def = "26", .doc = "how long ago the last may have ended" },
	{ "outside", CONF_STR, FIELD(outside), .def = "", .doc = "socket of antin-tsa-outside: its run/antin-tsa-outside.cli.sock" },
	{ "command", CONF_STR, FIELD(command), .def = "", .doc = "with --watch: called as COMMAND CHECK SENTENCE" },
	{ NULL },
};

/* vi: what it is; ill: what to do. */
static const struct check { const char *name, *vi, *ill; doctor_check *see; } checks[] = {
	{ "checkpoint", "Sổ công khai", "sổ hỏng hoặc không ghi tiếp: xem antin-register và thẻ khóa của sổ", see_checkpoint },
	{ "log", "Sổ và cơ sở dữ liệu", "cơ sở dữ liệu không có đủ điều đã công bố: dừng antin-register, chạy antin log fsck", see_log },
	{ "witnessed", "Nhân chứng", "thiếu chữ ký của nhân chứng: xem antin-courier, hỏi các nhân chứng", see_witnessed },
	{ "split view", "Hai sổ khác nhau", "có nhân chứng thấy một sổ khác: báo ngay cán bộ an toàn", see_split },
	{ "crl", "Danh sách thu hồi", "cũ, sai hoặc hết hạn trước ngày làm việc tới: xem antin-ca và thẻ khóa", see_crls },
	{ "crl served", "Danh sách thu hồi đang phát", "không phải danh sách mới nhất: xem antin-api và bản sao", see_crl_served },
	{ "ocsp served", "Trả lời trạng thái đang phát", "khác với sổ: xem antin-ca, antin-api", see_ocsp_served },
	{ "status list", "Danh sách trạng thái giấy phép", "cũ hoặc sai: xem antin-signer", see_status_list },
	{ "authority", "Chứng thư gốc và cơ quan cấp", "sắp hết hạn: chuẩn bị lễ tạo khóa", see_authority },
	{ "certificates", "Chứng thư của dịch vụ, con dấu, quản trị", "sắp hết hạn: xin và duyệt chứng thư mới", see_certificates },
	{ "files", "Chứng thư khác", "sắp hết hạn hoặc không đọc được: thay tệp", see_files },
	{ "policy", "Chính sách", "khác chính sách đã ghi vào sổ: tìm ai đã sửa tệp", see_policy },
	{ "approvers", "Người duyệt", "còn quá ít người duyệt: bổ nhiệm thêm, gia hạn chứng thư", see_approvers },
	{ "archive", "Dấu thời gian lưu trữ", "có giấy phép mà dấu thời gian sắp hết giá trị chứng minh: xin chứng thư mới cho antin-tsa, xem antin-signer", see_archive },
	{ "pins", "Mã PIN của thẻ khóa", "bộ đếm không tốt: có người đã nhập sai, xem thẻ", see_pins },
	{ "stamps", "Dấu thời gian của tổ chức khác", "không có hoặc không dùng được: xem antin-tsa-outside, hỏi tổ chức cấp dấu thời gian", see_stamps },
	{ "clock", "Đồng hồ", "chưa đồng bộ: xem chrony", see_clock },
	{ "backup", "Bản sao lưu", "không có hoặc quá cũ: chạy antin backup", see_backup },
	{ "recheck", "Xem lại mọi thứ đã lưu", "có thứ hỏng, hoặc lâu chưa xem lại: chạy antin recheck, đọc câu kèm theo", see_recheck },
	{ "holidays", "Lịch nghỉ", "thiếu: bổ sung policy/holidays", see_holidays },
	{ "disk", "Ổ đĩa", "sắp đầy: thêm chỗ", see_room },
};
#define CHECKS (sizeof(checks) / sizeof(checks[0]))

static const struct { const char *en, *vi; } health_word[] = { [ALARM] = { "ALARM", "BÁO ĐỘNG" }, [WELL] = { "well", "tốt" }, [SKIPPED] = { "skipped", "bỏ qua" } };

/*
 * What checks share (doctor.h).
 */

enum health
well(bool good)
{
	return good ? WELL : ALARM;
}

enum health
skipped(struct buf *says, const char *key)
{
	buf_printf(says, "%s is not configured", key);
	return SKIPPED;
}

bool
read_public(const struct doctor *d, const char *name, struct buf *out, struct err *e)
{
	own_str char *path = xprintf("%s/%s", d->conf.public, name);

	return file_read(out, path, e);
}

void
put_age(struct buf *says, const struct doctor *d, int64_t t)
{
	char text[TIME_TEXT];

	time_text_utc(text, t);
	buf_printf(says, "%s, %lld minutes ago", text, (long long)((d->now - t) / 60));
}

bool
check_age(const struct doctor *d, const char *what, int64_t t, int64_t max_secs, struct err *e)
{
	char text[TIME_TEXT];

	time_text_utc(text, t);
	if (t > d->now + 300)
		return fail(e, ERR_CONFLICT, "%s is of %s, which is still to come", what, text);
	return d->now - t <= max_secs || fail(e, ERR_CONFLICT, "%s is of %s, older than %lld hours", what, text, (long long)(max_secs / HOUR));
}

bool
check_lasts(const char *what, int64_t not_after, int64_t until, struct err *e)
{
	char end[TIME_TEXT], day[TIME_TEXT];

	time_text_utc(end, not_after);
	time_text_utc(day, until);
	return not_after > until || fail(e, ERR_CONFLICT, "%s ends on %s; it must last beyond %s", what, end, day);
}

/*
 * One look.
 */

struct found { enum health health; struct buf says; };

static void
look_ahead(struct doctor *d)
{
	int32_t today = day_in_vietnam(d->now);

	d->ahead = day_start_vietnam(day_worked(&d->holidays, today + AHEAD_DAYS) + 1);
	d->shut = day_start_vietnam(day_worked(&d->holidays, today + 1) + 1);
}

/* Every check, whatever the one before said.  found[i].says is for one who asks. */
static bool
see_all(struct doctor *d, struct found found[CHECKS])
{
	bool good = true;

	look_ahead(d);
	d->db = NULL;
	if (d->conf.database[0] != '\0' && !store_open(&d->db, d->conf.database, STORE_READ, &d->db_error))
		d->db = NULL;
	for (size_t i = 0; i < CHECKS; i++) {
		struct err e = { ERR_NONE, "" };

		found[i].says = buf_new(4096);
		found[i].health = checks[i].see(d, &found[i].says, &e);
		if (found[i].health == ALARM) {
			buf_reset(&found[i].says);
			buf_put_str(&found[i].says, e.text);
		}
		good &= found[i].health != ALARM;
	}
	if (d->db != NULL)
		store_free(d->db);
	return good;
}

static void
tell(const struct args *a, struct found found[CHECKS])
{
	own(json_t) *list = json_array();

	for (size_t i = 0; i < CHECKS; i++) {
		const struct check *c = &checks[i];
		bool ill = found[i].health == ALARM;

		if (a->json)
			json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "check", c->name, "health", health_word[found[i].health].en, "says",
			    buf_str(&found[i].says), "vi", c->vi, "do", ill ? c->ill : ""));
		else
			printf("%s  %s%s%s [%s: %s]\n", health_word[found[i].health].vi, c->vi, ill ? ": " : "", ill ? c->ill : "", c->name, buf_str(&found[i].says));
	}
	if (a->json)
		command_print_json(list);
	fflush(stdout);
}

static void
found_drop(struct found found[CHECKS])
{
	for (size_t i = 0; i < CHECKS; i++)
		buf_drop(&found[i].says);
}

/*
 * --watch.
 */

/* Its own exit code 0 says that somebody was told. */
static bool
call_command(const char *command, const char *check, const char *sentence)
{
	char *const argv[] = { (char *)command, (char *)check, (char *)sentence, NULL };
	int64_t deadline = clock_mono_ms() + COMMAND_SECS * 1000;
	int status = -1, code;
	pid_t pid, ended;

	code = posix_spawn(&pid, command, NULL, NULL, argv, environ);
	if (code != 0) {
		log_warn("%s cannot be called: %s", command, strerror(code));
		return false;
	}
	while ((ended = waitpid(pid, &status, WNOHANG)) == 0 && clock_mono_ms() < deadline)
		usleep(20000);
	if (ended == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	log_warn("%s did not tell anybody of \"%s\"; it is called again", command, check);
	return false;
}

/* next[i]: when to call about check i, on the clock that never goes back; 0: it was good. */
static void
call_if_due(const struct doctor *d, struct found found[CHECKS], int64_t next[CHECKS], int64_t again_ms)
{
	for (size_t i = 0; i < CHECKS; i++) {
		if (found[i].health != ALARM) {
			next[i] = 0;
			continue;
		}
		if (next[i] > clock_mono_ms())
			continue;
		log_warn("%s: %s", checks[i].name, buf_str(&found[i].says));
		if (d->conf.command[0] == '\0' || call_command(d->conf.command, checks[i].name, buf_str(&found[i].says)))
			next[i] = clock_mono_ms() + again_ms;
	}
}

static bool
take_secs(const struct args *a, const char *name, unsigned fallback, uint64_t *out, struct err *e)
{
	const char *text = args_get(a, name);

	*out = fallback;
	if (text == NULL)
		return true;
	return (decimal_get(out, span_str(text), e) && *out >= 1 && *out <= 86400) || fail(e, ERR_INPUT, "--%s is from 1 to 86400 seconds", name);
}

/* Ends with a signal. */
static int
watch(const struct args *a, struct doctor *d)
{
	static struct found found[CHECKS];
	int64_t next[CHECKS] = { 0 };
	uint64_t every, again;
	struct err e;

	if (!take_secs(a, "every", 60, &every, &e) || !take_secs(a, "again", HOUR, &again, &e))
		return command_usage(a, &e);
	for (;; sleep((unsigned)every)) {
		d->now = clock_now();
		see_all(d, found);
		call_if_due(d, found, next, (int64_t)again * 1000);
		found_drop(found);
	}
}

/*
 * The command.
 */

static bool
take_conf(struct doctor *d, const struct args *a, struct err *e)
{
	static const char bare[] = "[antin-doctor]\npublic =\nunsynchronised_clock = yes\n";
	const char *public = args_get(a, "public"), *witnesses = args_get(a, "policy");

	d->config = args_get(a, "config");
	if (d->config == NULL ? !conf_parse(&d->conf, conf_table, span_str(bare), "the command line", "antin-doctor", e)
	    : !conf_read(&d->conf, conf_table, d->config, "antin-doctor", e))
		return false;
	if (public != NULL)
		d->conf.public = xstrdup(public);
	if (witnesses != NULL)
		d->conf.witness_policy = xstrdup(witnesses);
	return d->conf.public[0] != '\0' || fail(e, ERR_INPUT, "--public DIR or --config FILE is needed");
}

static bool
read_files(struct doctor *d, struct err *e)
{
	own_str char *holidays = xprintf("%s/holidays", d->conf.policy);
	struct err told;	/* by the row of its own */

	if (d->conf.policy[0] != '\0' && !holidays_read(&d->holidays, holidays, &told))
		log_warn("%s", told.text);
	if (d->conf.witness_policy[0] == '\0')
		return true;
	d->witnesses = xalloc(sizeof(*d->witnesses));
	return log_policy_read(d->witnesses, d->conf.witness_policy, e);
}

int
command_doctor(const struct args *a)
{
	static struct doctor d;		/* texts of a configuration live as long as the process */
	static struct found found[CHECKS];
	struct err e;
	bool good;

	log_open("antin doctor", LOG_INFO_);
	if (!args_time(a, "at", clock_now(), &d.now, &e) || !take_conf(&d, a, &e))
		return command_usage(a, &e);
	if (!read_files(&d, &e))
		return command_refuse(a, &e);
	if (args_has(a, "watch"))
		return watch(a, &d);
	good = see_all(&d, found);
	tell(a, found);
	found_drop(found);
	free(d.witnesses);
	return good ? 0 : 1;
}
