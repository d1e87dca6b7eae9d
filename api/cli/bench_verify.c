/*
 * verify-process: `antin verify FILE` as a whole process, from exec to exit; against
 * half of what `xmlsec1 --verify` takes for the same file's seal.  The two take turns.
 *
 * verify-warm, verify-cold: permits judged a second over HTTP, one that the register knows
 * again and again, and such as nobody has seen before (each by a process of its own);
 * against the ECDSA verifications that one truly needs, alone on all cores.  The two take
 * turns.  Beside the former, the same judged anew each time, by lasting workers.
 *
 * verify-memory: the largest resident set of antin-verifier's processes, workers
 * among them, after files were judged over HTTP.
 *
 * verify-attacks: how long the slowest of hostile files is waited for, over HTTP, each
 * alone and RUNS times.
 *
 * verify-hostile: permits judged a second over HTTP while one client in four sends
 * hostile files without pause; against the same clients alone.  The two take turns.
 */
#include "api/cli/bench.h"
#include "api/cli/load.h"

#include "base/clock.h"
#include "base/file.h"
#include "verifier/bench.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define TURNS 4
#define RUNS 10			/* a turn, of each program; of each attack */
#define FILES 1000		/* a turn */
#define HONEST 12
#define HOSTILE 4		/* one client in four */
#define MEMORY_MB 20
#define NESTED 8000
#define ATTACK_MS 50

/*
 * As a process.
 */

static const char verify_words[] = "verify DIR/bench.xml --trust DIR/trust --evidence DIR/public";
static const char xmlsec_words[] = "--verify --id-attr:Id http://www.w3.org/2000/09/xmldsig#:Signature --id-attr:Id urn:antin:permit:1:content "
	"--id-attr:Id urn:antin:permit:1:issuance --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties "
	"--trusted-pem DIR/trust/root.crt --untrusted-pem DIR/issuing.crt --node-xpath //*[local-name()='Signature'][@Id='seal'] DIR/bench.xml";

static bool
run(double *ms, const struct bench_dir *d, const char *program, const char *words, struct err *e)
{
	int64_t begin = clock_mono_ms();

	for (unsigned i = 0; i < RUNS; i++)
		if (!bench_program(d, program, words, e))
			return false;
	*ms += (double)(clock_mono_ms() - begin) / (RUNS * TURNS);
	return true;
}

bool
bench_verify_process(struct bench *b, struct figure *f, struct err *e)
{
	const struct bench_dir *d = &b->world.dir;
	double ours = 0, theirs = 0;
	own_str char *path = NULL;

	if (!bench_permit(b, e))
		return false;
	path = xprintf("%s/bench.xml", d->path);
	if (!file_write(path, buf_span(&b->permit), 0600, e))
		return false;
	for (unsigned turn = 0; turn < TURNS; turn++)
		if (!run(&theirs, d, "xmlsec1", xmlsec_words, e) || !run(&ours, d, "antin", verify_words, e))
			return false;
	*f = (struct figure){ .value = ours, .limit = theirs / 2, .at_most = true, .unit = "ms, antin verify of a permit from exec to exit",
		.limit_is = "ms, half of what xmlsec1 takes for its seal" };
	return true;
}

/*
 * Over HTTP.
 */

/* The permit, altered as attacks alter one (tests/verifier/attacks_test.c). */
static const struct { const char *in, *with; } altered[] = {
	{ "<permit ", "<evil><permit " },
	{ "<permit ", "<!DOCTYPE permit [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><permit " },
	{ "<content ", "<content xmlns=\"urn:antin:permit:1\"/><content " },
	{ "<fields>", "<fields xmlns:x=\"relative\">" },
	{ "<fields>", "<fields><!-- -->" },
	{ "<ds:SignedInfo>", "<ds:SignedInfo></ds:SignedInfo><ds:SignedInfo>" },
	{ "Id=\"seal-props\"", "Id=\"forged\"" },
	{ "URI=\"#content\"", "URI=\"file:///etc/hostname\"" },
	{ "<ds:X509Data>", "<ds:KeyValue/><ds:X509Data>" },
	{ "<ho_ten>", "<ho_ten>x" },
};
#define ALTERED (sizeof(altered) / sizeof(altered[0]))
#define MADE 4			/* those that are made of nothing */

/* A file that the register knows; the same where its verdict is not remembered, because
 * each is asked for another day; each another file that nobody has seen. */
enum file { KNOWN, KNOWN_ANEW, UNSEEN };

struct asking { struct span permit; enum file file; uint32_t asked; struct buf hostile[MADE + ALTERED]; };

static void
repeat(struct buf *out, const char *what, size_t n)
{
	while (n-- > 0)
		buf_put_str(out, what);
}

static void
alter(struct buf *out, struct span permit, const char *in, const char *with)
{
	const unsigned char *at = memmem(permit.ptr, permit.len, in, strlen(in));

	promise(at != NULL);
	buf_put(out, permit.ptr, (size_t)(at - permit.ptr));
	buf_put_str(out, with);
	buf_put(out, at + strlen(in), (size_t)(permit.ptr + permit.len - at) - strlen(in));
}

/* Deep, wide, declaring entities, cut off in its middle; then the altered ones. */
static void
make_hostile(struct asking *a)
{
	for (size_t i = 0; i < MADE + ALTERED; i++)
		a->hostile[i] = buf_new(1 << 20);
	repeat(&a->hostile[0], "<a>", NESTED);
	buf_put_str(&a->hostile[1], "<permit xmlns=\"urn:antin:permit:1\">");
	repeat(&a->hostile[1], "<content Id=\"content\" x=\"1\"/>", NESTED);
	buf_put_str(&a->hostile[1], "</permit>");
	buf_put_str(&a->hostile[2], "<!DOCTYPE permit [<!ENTITY a \"aaaaaaaaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><permit>&b;&b;&b;&b;</permit>");
	buf_put(&a->hostile[3], a->permit.ptr, a->permit.len / 2);
	for (size_t i = 0; i < ALTERED; i++)
		alter(&a->hostile[MADE + i], a->permit, altered[i].in, altered[i].with);
}

static void
drop_hostile(struct asking *a)
{
	for (size_t i = 0; i < MADE + ALTERED; i++)
		buf_drop(&a->hostile[i]);
}

static bool
passed(struct span report)
{
	return memmem(report.ptr, report.len, "\"TOTAL-PASSED\"", 14) != NULL;
}

/* Behind the root no signature covers blanks, and nothing else may stand there: the file's
 * number, written in them. */
static void
put_number(struct buf *out, uint32_t n)
{
	for (int bit = 0; bit < 32; bit++)
		buf_put_str(out, n >> bit & 1 ? "\t" : " ");
}

static void
put_permit(void *state, size_t i, struct buf *out)
{
	struct asking *a = state;
	own_struct(buf) document = buf_new(1 << 20);
	char path[64] = "/v1/verify";
	uint32_t n = a->asked++;

	buf_put_span(&document, a->permit);
	if (a->file == UNSEEN)
		put_number(&document, n);
	if (a->file == KNOWN_ANEW)
		snprintf(path, sizeof(path), "/v1/verify?day=2027-%02u-%02u", n % 12 + 1, n / 12 % 28 + 1);
	load_post(out, path, "application/xml", buf_span(&document));
}

static bool
take_passed(void *state, size_t i, unsigned status, struct span body, struct err *e)
{
	return (status == 200 && passed(body)) || fail(e, ERR_BUG, "a good file was answered %u: %.*s", status, (int)(body.len < 200 ? body.len : 200), (const char *)body.ptr);
}

static void
put_hostile(void *state, size_t i, struct buf *out)
{
	load_post(out, "/v1/verify", "application/xml", buf_span(&((const struct asking *)state)->hostile[i % (MADE + ALTERED)]));
}

static bool
take_refusal(void *state, size_t i, unsigned status, struct span body, struct err *e)
{
	return (status < 500 && !passed(body)) || fail(e, ERR_BUG, "a hostile file was answered %u", status);
}

/* The clients of ill will, until they are ended. */
static pid_t
begin_hostile(const struct bench *b, struct asking *a)
{
	const struct load load = { .port = b->world.port, .connections = HOSTILE, .n = SIZE_MAX / 2, .request = put_hostile, .answer = take_refusal, .state = a };
	pid_t pid = fork();
	double secs;
	struct err e;

	if (pid == 0)
		_exit(load_run(&secs, &load, &e) ? 0 : 1);
	return pid;
}

/* Whether they were at it to the end. */
static bool
end_hostile(pid_t pid, struct err *e)
{
	int status = 0;

	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	return (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) || fail(e, ERR_BUG, "a hostile file was not refused");
}

static bool
ask(double *secs, const struct bench *b, struct asking *a, struct err *e)
{
	const struct load load = { .port = b->world.port, .connections = HONEST, .n = FILES, .request = put_permit, .answer = take_passed, .state = a };
	double took;

	if (!load_run(&took, &load, e))
		return false;
	*secs += took;
	return true;
}

static bool
ask_beside(double *secs, const struct bench *b, struct asking *a, struct err *e)
{
	pid_t pid = begin_hostile(b, a);
	struct err why;
	bool good;

	if (pid < 0)
		return fail(e, ERR_LATER, "cannot fork");
	good = ask(secs, b, a, e);
	if (!end_hostile(pid, &why) && good)
		good = fail(e, ERR_BUG, "%s", why.text);
	return good;
}

/* Once for the workers to be there; then in turns. */
static bool
ask_both(double *alone, double *beside, struct bench *b, struct err *e)
{
	struct asking a = { .file = KNOWN_ANEW };	/* a remembered verdict needs no worker, which is what the hostile take */
	double ignored = 0;
	bool good = bench_permit(b, e);

	*alone = *beside = 0;
	a.permit = buf_span(&b->permit);
	if (good)
		make_hostile(&a);
	good = good && ask_beside(&ignored, b, &a, e);
	for (unsigned turn = 0; good && turn < TURNS; turn++)
		good = ask(alone, b, &a, e) && ask_beside(beside, b, &a, e);
	drop_hostile(&a);
	return good;
}

bool
bench_verify_hostile(struct bench *b, struct figure *f, struct err *e)
{
	double alone, beside;

	if (!ask_both(&alone, &beside, b, e))
		return false;
	*f = (struct figure){ .value = TURNS * FILES / beside, .limit = TURNS * FILES / alone, .target = 0.9,
		.unit = "permits judged/s over HTTP beside hostile clients, one in four", .limit_is = "the same clients alone" };
	return true;
}

bool
bench_verify_memory(struct bench *b, struct figure *f, struct err *e)
{
	double alone, beside, mb;

	if (!ask_both(&alone, &beside, b, e) || !bench_memory(&mb, &b->world, "antin-verifier", e))
		return false;
	*f = (struct figure){ .value = mb, .limit = MEMORY_MB, .at_most = true, .unit = "MB resident at most, antin-verifier and its workers", .limit_is = "MB asked for" };
	return true;
}

static void
put_one(void *state, size_t i, struct buf *out)
{
	load_post(out, "/v1/verify", "application/xml", *(const struct span *)state);
}

bool
bench_verify_attacks(struct bench *b, struct figure *f, struct err *e)
{
	struct asking a = { SPAN_NONE };
	double slowest = 0, secs;
	bool good = bench_permit(b, e);

	a.permit = buf_span(&b->permit);
	if (good)
		make_hostile(&a);
	for (size_t i = 0; good && i < MADE + ALTERED; i++) {
		struct span one = buf_span(&a.hostile[i]);
		const struct load load = { .port = b->world.port, .connections = 1, .n = RUNS, .request = put_one, .answer = take_refusal, .state = &one };

		good = load_run(&secs, &load, e);
		slowest = fmax(slowest, secs * 1000 / RUNS);
	}
	drop_hostile(&a);
	*f = (struct figure){ .value = slowest, .limit = ATTACK_MS, .at_most = true, .unit = "ms, the slowest of hostile files over HTTP", .limit_is = "ms asked for" };
	return good;
}

/* Raw verifications and verdicts in turns; once before for the workers to be there. */
static bool
judge_in_turns(double *raw, double *per_sec, struct bench *b, enum file file, struct err *e)
{
	struct asking a = { .file = file };
	unsigned cores = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	double secs = 0, ignored = 0, once = 0;
	bool good = bench_permit(b, e);

	*raw = 0;
	a.permit = buf_span(&b->permit);
	good = good && ask(&ignored, b, &a, e);
	for (unsigned turn = 0; good && turn < TURNS; turn++, *raw += once / TURNS)
		good = verifier_bench_raw(&once, cores > 64 ? 64 : cores, BENCH_SECS / TURNS, e) && ask(&secs, b, &a, e);
	*per_sec = TURNS * FILES / secs;
	return good;
}

static bool
judged_row(struct bench *b, struct figure *f, enum file file, struct err *e)
{
	double raw;

	if (!judge_in_turns(&raw, &f->value, b, file, e))
		return false;
	f->limit = raw / bench_verdict_needs();
	snprintf(f->text, sizeof(f->text), "ECDSA P-256 verifications/s on all cores, by the %u that one needs", bench_verdict_needs());
	f->limit_is = f->text;
	return true;
}

bool
bench_verify_warm(struct bench *b, struct figure *f, struct err *e)
{
	double ignored;

	f->unit = "permits judged/s over HTTP, a known one again and again";
	f->target = 0.5;
	f->beside_is = "the same where no verdict is remembered";
	return judged_row(b, f, KNOWN, e) && judge_in_turns(&ignored, &f->beside, b, KNOWN_ANEW, e);
}

bool
bench_verify_cold(struct bench *b, struct figure *f, struct err *e)
{
	f->unit = "permits judged/s over HTTP, never seen before, a process each";
	f->target = 0.3;
	return judged_row(b, f, UNSEEN, e);
}
