#include "verifier/bench.h"

#include "base/clock.h"
#include "base/file.h"
#include "verifier/proto.h"
#include "verifier/worker.h"
#include "verifier/zygote.h"

#include <pthread.h>
#include <unistd.h>

#define THREADS_MAX 64
#define WORKER_MEMORY_MAX (4ull << 30)	/* of address space, much of which the asker had before */

static unsigned
asking(const struct verifier_bench *b)
{
	return b->threads < 1 ? 1 : b->threads > THREADS_MAX ? THREADS_MAX : b->threads;
}

static struct judge_question
question(const struct verifier_bench *b)
{
	return (struct judge_question){ .document = b->permit, .at = b->at, .day = day_in_vietnam(b->at), .policy = b->policy,
		.grammars = b->grammars, .evidence = b->evidence, .no_status_list = true };
}

static bool
check_passes(unsigned *needed, const struct verifier_bench *b, struct err *e)
{
	const struct judge_question q = question(b);
	own_struct(report) r = { .no_signature = false };

	judge_permit(&r, &q);
	if (r.verdict != VERDICT_PASSED)
		return fail(e, ERR_INPUT, "this permit does not pass: %s", sub_word(r.sub));
	*needed = 3 * (unsigned)r.nsignatures + 1;
	return true;
}

struct raw { double secs, per_sec; bool good; struct err e; };

static bool
raw_one(double *per_sec, double secs, struct err *e)
{
	own(EVP_PKEY) *key = EVP_EC_gen("P-256");
	own(EVP_MD_CTX) *md = EVP_MD_CTX_new();
	unsigned char sig[80], digest[SHA256_LEN];
	size_t len = sizeof(sig);
	int64_t begin, end;
	unsigned n = 0;

	if (key == NULL || md == NULL || EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) != 1 || EVP_DigestSign(md, sig, &len, (const unsigned char *)"x", 1) != 1)
		return fail_ossl(e, ERR_BUG, "cannot sign");
	sha256(digest, span_str("x"));
	begin = clock_mono_ms();
	do {
		for (int i = 0; i < 100; i++, n++)
			promise(ecdsa_verify(key, span_of(digest, sizeof(digest)), span_of(sig, len)));
		end = clock_mono_ms();
	} while (end - begin < (int64_t)(secs * 1000));
	*per_sec = n * 1000.0 / (double)(end - begin);
	return true;
}

static void *
raw_thread(void *arg)
{
	struct raw *r = arg;

	r->good = raw_one(&r->per_sec, r->secs, &r->e);
	return NULL;
}

bool
verifier_bench_raw(double *per_sec, unsigned threads, double secs, struct err *e)
{
	struct raw raw[THREADS_MAX];
	pthread_t thread[THREADS_MAX];
	bool good = true;

	promise(threads <= THREADS_MAX);
	for (unsigned i = 0; i < threads; i++) {
		raw[i] = (struct raw){ .secs = secs };
		promise(pthread_create(&thread[i], NULL, raw_thread, &raw[i]) == 0);
	}
	*per_sec = 0;
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(thread[i], NULL);
		*per_sec += raw[i].per_sec;
		if (!raw[i].good)
			*e = raw[i].e;
		good &= raw[i].good;
	}
	return good;
}

struct asker { struct zygote *zygote; enum zygote_worker kind; const struct verifier_bench *bench; int document; unsigned done; bool good; struct err e; };

static bool
ask_once(struct asker *a)
{
	own_struct(msg) request = msg_new(VERIFY_FILE, 4096);
	own_struct(msg) reply = msg_new(0, VERIFY_MESSAGE_MAX);
	int document = dup(a->document);

	msg_put_u64(&request, (uint64_t)a->bench->at);
	msg_put_u64(&request, (uint64_t)(int64_t)day_in_vietnam(a->bench->at));
	msg_put_u64(&request, 0);
	msg_put_u64(&request, 0);
	msg_put_str(&request, "file");
	msg_put_fd(&request, document);
	return zygote_do(a->zygote, a->kind, &request, &reply, VERIFY_MESSAGE_MAX, 10000, &a->e);
}

static void *
ask_all(void *arg)
{
	struct asker *a = arg;
	int64_t begin = clock_mono_ms();

	a->good = true;
	while (a->good && clock_mono_ms() - begin < (int64_t)(a->bench->secs * 1000)) {
		a->good = ask_once(a);
		a->done++;
	}
	return NULL;
}

static bool
worker_rate(double *per_sec, const struct verifier_bench *b, struct zygote *z, enum zygote_worker kind, struct err *e)
{
	struct asker asker[THREADS_MAX];
	pthread_t thread[THREADS_MAX];
	unsigned n = asking(b), done = 0;
	int64_t begin = clock_mono_ms();
	own_fd int document = -1;
	bool good = memfd_sealed(&document, b->permit, e);

	if (!good)
		return false;
	for (unsigned i = 0; i < n; i++) {
		asker[i] = (struct asker){ .zygote = z, .kind = kind, .bench = b, .document = document };
		promise(pthread_create(&thread[i], NULL, ask_all, &asker[i]) == 0);
	}
	for (unsigned i = 0; i < n; i++) {
		pthread_join(thread[i], NULL);
		done += asker[i].done;
		if (!asker[i].good) {
			*e = asker[i].e;
			good = false;
		}
	}
	*per_sec = done * 1000.0 / (double)(clock_mono_ms() - begin);
	return good;
}

bool
verifier_bench(struct verifier_bench_result *out, const struct verifier_bench *b, struct err *e)
{
	struct worker w = { b->policy, b->grammars, b->evidence };
	const struct zygote_settings settings = { .state = &w, .work = worker_run, .memory_max = WORKER_MEMORY_MAX, .cpu_secs = 5 };
	struct zygote *z;
	bool good;

	*out = (struct verifier_bench_result){ 0 };
	if (!check_passes(&out->needed, b, e) || !zygote_start(&z, &settings, e))
		return false;
	good = verifier_bench_raw(&out->raw_per_sec, asking(b), b->secs, e) && worker_rate(&out->warm_per_sec, b, z, ZYGOTE_LASTING, e) && worker_rate(&out->cold_per_sec, b, z, ZYGOTE_OWN, e);
	out->limit_per_sec = out->raw_per_sec / out->needed;
	zygote_stop(z);
	return good;
}
