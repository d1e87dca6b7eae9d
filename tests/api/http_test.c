/* The doors from outside: limits, refusals, and what reaches a daemon.  The
 * daemons are small ones in child processes; server and routes are the real ones. */
#include "tests/base/test.h"

#include "api/routes.h"
#include "base/file.h"
#include "base/json.h"
#include "base/ossl.h"
#include "base/serve.h"
#include "ca/proto.h"
#include "signer/proto.h"
#include "signer/tsa_proto.h"
#include "tests/api/client.h"
#include "verifier/proto.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HANDLE "00112233445566778899aabbccddeeff"

static char dir[] = "/tmp/antin-api-XXXXXX";
static pid_t verifier_pid, signer_pid;
static struct api api;
static struct http *http;
static uint16_t port;

/*
 * The daemons.
 */

static const char permit_answer[] = "{\"in_force\":{\"answer\":\"yes\"},\"answer\":{\"id\":\"in-force-by-code\",\"sign\":\"+\",\"colour\":\"green\","
    "\"word\":{\"vi\":\"CÒN\",\"en\":\"YES\"},\"say\":{\"vi\":\"<Đúng>\",\"en\":\"Right\"},\"act\":{\"vi\":\"So\",\"en\":\"Compare\"},"
    "\"prefix\":{\"vi\":\"THỬ NGHIỆM\",\"en\":\"TEST\"}},\"permit\":{\"number\":\"245/GPXD\",\"kind_vi\":\"Giấy phép xây dựng\","
    "\"agency_name\":\"Ủy ban nhân dân phường <An Phú Đông>\",\"day\":\"2026-11-03\",\"holder\":\"Nguyễn & Trần\","
    "\"shortcode\":\"0123-4567-89BC-F\",\"voicecode\":\"0123456789012\",\"lines\":[{\"vi\":\"Địa điểm\",\"en\":\"Place\",\"value\":\"<b>Số 12/34/5A\",\"depth\":9}]},"
    "\"signatures\":[{\"id\":\"officer-1\",\"claimed\":\"2026-11-03T15:42:07+07:00\",\"signer\":{\"name\":\"Phạm Thị Ngọc Diệp\",\"title\":\"PHÓ CHỦ TỊCH\",\"mode\":\"KT. CHỦ TỊCH\"}}]}";

static bool
on_lookup(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_str char *echo = xprintf("{\"typed\":\"%s\",\"asker\":\"%s\"}", msg_str(in, 0), msg_str(in, 1));

	if (strcmp(msg_str(in, 0), "0123456789012") == 0 || strcmp(msg_str(in, 0), "BCFGHJKMNPR01") == 0)
		msg_put_str(out, permit_answer);
	else if (strcmp(msg_str(in, 0), "many") == 0)
		msg_put_str(out, "{\"answer\":{\"id\":\"too-many-tries\"}}");
	else if (strcmp(msg_str(in, 0), "1111111111111") == 0)
		msg_put_str(out, "{\"answer\":{\"id\":\"too-many-tries\"},\"wait\":77}");
	else if (strcmp(msg_str(in, 0), "no json") == 0)
		msg_put_str(out, "{");
	else
		msg_put_str(out, echo);
	return true;
}

static bool
on_file(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_str char *text = NULL;
	struct span doc;

	if (!memfd_map(&doc, in->fd[0], VERIFY_DOCUMENT_MAX, e))
		return false;
	text = xprintf("{\"len\":%zu,\"options\":%s,\"answer\":{\"id\":\"foreign-unknown\"}}", doc.len, msg_str(in, 0));
	memfd_unmap(doc);
	msg_put_str(out, text);
	return true;
}

/* One agency; of another year, or behind the newest item, there is nothing. */
static bool
on_publications(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	static const char item[] = "{\"entry\":77,\"recorded\":\"2026-11-03T15:42:07+07:00\",\"what\":\"%s\",\"say\":{\"vi\":\"<Cấp>\",\"en\":\"issued\"},"
	    "\"kind\":{\"id\":\"construction\",\"vi\":\"Giấy phép\",\"en\":\"Permit\"},\"number\":\"245/<i>\",\"version\":2,\"day\":\"2026-11-03\",\"from\":\"2026-11-04\","
	    "\"until\":\"2027-12-31\",\"decision\":\"5\\\"1<2>&\",\"state_say\":{\"vi\":\"đã cấp\"},\"lines\":[{\"vi\":\"Địa <điểm>\",\"value\":\"<script>alert(1)</script>\",\"depth\":7}]}";
	own_str char *one = xprintf(item, msg_u64(in, 1) == 2025 ? "withdrawn" : "issued");
	own_str char *text = xprintf("{\"agency\":{\"id\":\"H99.31.07\",\"name\":\"Phường <An>\"},\"items\":[%s],\"next\":%s,\"prefix\":{\"vi\":\"THỬ\",\"en\":\"TEST\"}}",
	    msg_u64(in, 2) > 0 ? "" : one, msg_u64(in, 2) > 0 ? "null" : "77");

	if (strcmp(msg_str(in, 0), "H99.31.07") != 0)
		return fail(e, ERR_ABSENT, "there is no such agency");
	msg_put_str(out, text);
	return true;
}

static bool
on_publishers(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	msg_put_str(out, "{\"agencies\":[{\"id\":\"H99.31.07\",\"name\":\"Phường <An>\",\"ended\":false},{\"id\":\"H99.1\",\"name\":\"Sở\",\"ended\":true}],\"prefix\":{\"vi\":\"THỬ\",\"en\":\"TEST\"}}");
	return true;
}

static bool
on_proof(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	return fail(e, ERR_ABSENT, "no permit %s", msg_str(in, 0));
}

static bool
on_submit(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_str char *text = NULL;
	char asker[2 * SHA256_LEN + 1];

	if (strcmp(msg_str(in, 1), "wrong") == 0) {
		msg_put_str(out, "{\"problems\":[{\"field\":\"a.b\",\"path\":\"/a/b\",\"code\":\"missing\",\"vi\":\"B: c\xc3\xb2n thi\xe1\xba\xbfu\",\"en\":\"B: missing\"},"
		    "{\"field\":\"c\",\"path\":\"/c\",\"code\":\"empty\",\"vi\":\"C: tr\xe1\xbb\x91ng\",\"en\":\"C: empty\"}]}");
		return true;
	}
	hex_text(asker, msg_span(in, 0));
	text = xprintf("{\"program\":\"%s\",\"key\":\"%s\",\"again\":%s}", asker, msg_str(in, 1),
	    strcmp(msg_str(in, 1), "again") == 0 ? "true" : "false");

	msg_put_str(out, text);
	return true;
}

static bool
on_prepare(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_str char *text = xprintf("{\"who\":%zu,\"rest\":%s,\"der\":%zu}", msg_span(in, 0).len, msg_str(in, 1), msg_span(in, 2).len);

	msg_put_str(out, text);
	return true;
}

static bool
on_permit(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_str char *text = xprintf("%zu %s", msg_span(in, 0).len, msg_str(in, 1));

	msg_put_str(out, text);
	return true;
}

/* Of two handles: may read one that is issued and one that is a draft. */
static bool
on_may_read(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	if (msg_span(in, 0).len != SHA256_LEN || strncmp(msg_str(in, 1), "0011", 4) != 0)
		return fail(e, ERR_ABSENT, "the signer says no");
	msg_put_str(out, strcmp(msg_str(in, 1), HANDLE) == 0 ? "issued" : "draft");
	return true;
}

static bool
on_list(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_str char *text = xprintf("{\"who\":%zu,\"asked\":%s}", msg_span(in, 0).len, msg_str(in, 1));

	msg_put_str(out, text);
	return true;
}

static bool
on_conflict(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	return fail(e, ERR_CONFLICT, "changed since you looked");
}

static const struct serve_route verifier_routes[] = {
	{ { VERIFY_LOOKUP, "VERIFY_LOOKUP", CALLER_API, "sss", "s" }, on_lookup },
	{ { VERIFY_FILE, "VERIFY_FILE", CALLER_API, "sF", "s" }, on_file },
	{ { VERIFY_PROOF, "VERIFY_PROOF", CALLER_API, "s", "s" }, on_proof },
	{ { VERIFY_PUBLICATIONS, "VERIFY_PUBLICATIONS", CALLER_API, "suu", "s" }, on_publications },
	{ { VERIFY_PUBLISHERS, "VERIFY_PUBLISHERS", CALLER_API, "", "s" }, on_publishers },
};
static const struct serve_route signer_routes[] = {
	{ { SIGNER_SUBMIT, "SIGNER_SUBMIT", CALLER_API, "bss", "s" }, on_submit },
	{ { SIGNER_PREPARE, "SIGNER_PREPARE", CALLER_API, "bsb", "s" }, on_prepare },
	{ { SIGNER_PERMIT, "SIGNER_PERMIT", CALLER_API, "bs", "b" }, on_permit },
	{ { SIGNER_MAY_READ, "SIGNER_MAY_READ", CALLER_API, "bs", "s" }, on_may_read },
	{ { SIGNER_LIST, "SIGNER_LIST", CALLER_API, "bs", "s" }, on_list },
	{ { SIGNER_ORDER, "SIGNER_ORDER", CALLER_API, "b", "s" }, on_conflict },
};

static pid_t
daemon_start(const char *name, const struct serve_route *routes, size_t n)
{
	struct place place = { dir, 0 };
	struct serve *serve;
	struct err e;
	pid_t pid = fork();

	if (pid == 0) {
		if (!serve_new(&serve, &place, name, routes, n, VERIFY_MESSAGE_MAX, 16, &e) || !serve_run(serve, NULL, &e))
			_exit(1);
		_exit(0);
	}
	return pid;
}

static void
write_public(const char *name, const char *text)
{
	own_str char *path = xprintf("%s/public/%s", dir, name);
	struct err e;

	assert_done(file_write(path, span_str(text), 0644, &e), e);
}

static bool
public_make(struct err *e)
{
	static const char *const folders[] = { "public/tile/0", "public/crl", "public/ca", "public/status" };

	for (size_t i = 0; i < COUNT(folders); i++) {
		own_str char *path = xprintf("%s/%s", dir, folders[i]);

		if (!folder_make(path, 0755, e))
			return false;
	}
	return true;
}

static const struct http_limits limits = { .header_max = 16 << 10, .bodies_max = 16 << 20, .threads = 2,
	.connections = 32, .per_address = 8, .idle_secs = 2, .request_secs = 5 };

/* The server of all tests believes the loopback address; the rows below say what that means. */
static const char proxied[] = "127.0.0.1";

static int
setup(void **state)
{
	const struct http_site site = routes_site(&api, proxied);
	struct err e;
	int door;

	if (mkdtemp(dir) == NULL || !public_make(&e))
		return -1;
	verifier_pid = daemon_start("antin-verifier", verifier_routes, COUNT(verifier_routes));
	signer_pid = daemon_start("antin-signer", signer_routes, COUNT(signer_routes));
	api = (struct api){ .public = xprintf("%s/public", dir), .host = "xacthuc.hoagiang.example", .site = "Xác thực" };
	api_peers(&api, dir);
	if (!peer_wait(api.verifier, 5000, &e) || !peer_wait(api.signer, 5000, &e))
		return -1;
	write_public("checkpoint", "cp");
	write_public("tile/0/000", "tile");
	write_public("crl/0.crl", "crl");
	write_public("../secret", "secret");
	signal(SIGPIPE, SIG_IGN);
	if (!http_listen(&door, &port, "127.0.0.1:0", &e) || !http_start(&http, door, &limits, &site, NULL, &e))
		return -1;
	return 0;
}

static int
teardown(void **state)
{
	pid_t pid;

	http_stop(http);
	kill(verifier_pid, SIGTERM);
	kill(signer_pid, SIGTERM);
	waitpid(verifier_pid, NULL, 0);
	waitpid(signer_pid, NULL, 0);
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", dir, (char *)NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	return 0;
}

/*
 * The client: octets out, octets back.
 */

static int
talk(struct buf *answer, struct span request)
{
	own_fd int fd = client_dial(port);

	client_put(fd, request);
	return client_answer(answer, fd);
}

static int
ask(struct buf *answer, const char *method, const char *path, const char *headers, const char *body)
{
	own_struct(buf) r = buf_new(32 << 20);

	buf_printf(&r, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s", method, path, headers);
	if (body != NULL)
		buf_printf(&r, "Content-Length: %zu\r\n", strlen(body));
	buf_put_str(&r, "\r\n");
	buf_put_str(&r, body != NULL ? body : "");
	/* A connection that was closed unheard, right after an overload on a busy
	 * machine, says nothing about the request. */
	for (int i = 0; i < 20; i++) {
		int status = talk(answer, buf_span(&r));

		if (status != 0)
			return status;
		usleep(50000);
	}
	return 0;
}

#define KEY "Authorization: Bearer k1\r\n"
#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"
#define IDEM "Idempotency-Key: a\r\n"

#define PARTS "Content-Type: multipart/form-data; boundary=bound\r\n"
#define PART(name) "--bound\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define MORE_PART "\r\n"
#define LAST_PART "\r\n--bound--\r\n"
#define TEN "1234567890"
#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* What is asked, the status, and a piece of the answer. */
static const struct { const char *name, *method, *path, *headers, *body; int status; const char *piece; } cases[] = {
	{ "page", "GET", "/", "", NULL, 200, "<!doctype html>" },
	{ "page, policy", "GET", "/", "", NULL, 200, "Content-Security-Policy: default-src 'self';" },
	{ "page, nosniff", "GET", "/page.js", "", NULL, 200, "X-Content-Type-Options: nosniff" },
	{ "head", "HEAD", "/style.css", "", NULL, 200, "text/css" },
	{ "alive", "GET", "/healthz", "", NULL, 200, "{\"alive\":true}" },
	{ "no such address", "GET", "/admin", "", NULL, 404, "\"class\":\"absent\"" },
	{ "problem type", "GET", "/admin", "", NULL, 404, "application/problem+json" },
	{ "no such page", "GET", "/page.h", "", NULL, 404, "absent" },
	{ "wrong method", "DELETE", "/v1/permits", "", NULL, 405, "Allow: POST" },
	{ "wrong method, get", "POST", "/checkpoint", "", "x", 405, "Allow: GET, HEAD" },
	{ "a body where none is taken", "GET", "/healthz", "", "x", 413, "\"class\":\"limit\"" },

	{ "checkpoint", "GET", "/checkpoint", "", NULL, 200, "\r\n\r\ncp" },
	{ "tile for ever", "GET", "/tile/0/000", "", NULL, 200, "immutable" },
	{ "CRL type", "GET", "/crl/0.crl", "", NULL, 200, "application/pkix-crl" },
	{ "up", "GET", "/tile/../../secret", "", NULL, 404, "no such file" },
	{ "up, encoded", "GET", "/tile/%2e%2e/%2e%2e/secret", "", NULL, 404, "no such file" },
	{ "up, slashes encoded", "GET", "/tile/..%2f..%2fsecret", "", NULL, 404, "no such file" },
	{ "up, twice encoded", "GET", "/tile/%252e%252e/secret", "", NULL, 404, "no such file" },
	{ "hidden", "GET", "/tile/.git", "", NULL, 404, "no such file" },
	{ "two slashes", "GET", "/tile//etc/passwd", "", NULL, 404, "no such file" },
	{ "a folder", "GET", "/tile/0", "", NULL, 404, "no such file" },
	{ "a folder with slash", "GET", "/tile/0/", "", NULL, 404, "no such file" },
	{ "a backslash", "GET", "/tile/..%5csecret", "", NULL, 404, "no such file" },
	{ "a link", "GET", "/ca/link", "", NULL, 404, "no such file" },

	{ "typed", "GET", "/v1/codes/245%2FGPXD", "", NULL, 200, "{\"typed\":\"245/GPXD\",\"asker\":\"127.0.0.1\"}" },
	{ "typed, spaces", "GET", "/v1/codes/AB%20007", "", NULL, 200, "\"AB 007\"" },
	{ "asker behind the proxy", "GET", "/v1/codes/a", "X-Forwarded-For: 198.51.100.7, 203.0.113.9\r\n", NULL, 200, "\"203.0.113.9\"" },
	{ "asker of IPv6", "GET", "/v1/codes/a", "X-Forwarded-For: 2001:db8:1:2:3:4:5:6\r\n", NULL, 200, "\"2001:db8:1:2::/64\"" },
	{ "asker, mapped", "GET", "/v1/codes/a", "X-Forwarded-For: ::ffff:203.0.113.9\r\n", NULL, 200, "\"203.0.113.9\"" },
	{ "asker, no address", "GET", "/v1/codes/a", "X-Forwarded-For: me\r\n", NULL, 200, "\"127.0.0.1\"" },
	{ "asker, markup", "GET", "/v1/codes/a", "X-Forwarded-For: 203.0.113.9\"\r\n", NULL, 200, "\"127.0.0.1\"" },
	{ "typed, not UTF-8", "GET", "/v1/codes/%ff%fe", "", NULL, 400, "the code" },
	{ "typed, nothing", "GET", "/v1/codes/", "", NULL, 404, "nothing at this address" },
	{ "too many tries", "GET", "/v1/codes/many", "", NULL, 429, "Retry-After: 300" },
	{ "the daemon's answer is no JSON", "GET", "/v1/codes/no%20json", "", NULL, 500, "problem+json" },

	{ "a document", "POST", "/v1/verify?day=2026-11-22", "", "<permit/>", 200, "{\"len\":9,\"options\":{\"day\":\"2026-11-22\",\"way\":\"file\"},\"answer\"" },
	{ "no document", "POST", "/v1/verify", "", "", 400, "empty" },
	{ "a day of another form", "POST", "/v1/verify?day=22/11/2026", "", "x", 400, "yyyy-mm-dd" },
	{ "a day too long", "POST", "/v1/verify?day=2026-11-223", "", "x", 400, "yyyy-mm-dd" },

	{ "without JavaScript", "POST", "/answer", FORM, "code=0123456789012", 200, "<section id=\"answer\" class=\"said green\"" },
	{ "without JavaScript, escaped", "POST", "/answer", FORM, "code=0123456789012", 200, "&lt;b&gt;" },
	{ "without JavaScript, in Vietnamese", "POST", "/answer", FORM, "code=0123456789012", 200, "<html lang=\"vi\">" },
	{ "without JavaScript, in English", "POST", "/answer", FORM, "code=0123456789012&lang=en", 200, "<p class=\"act\">Compare</p>" },
	{ "without JavaScript, in French: what has none is English, and says so", "POST", "/answer", FORM, "code=0123456789012&lang=fr", 200, "<p class=\"act\"><span lang=\"en\">Compare</span></p>" },
	{ "without JavaScript, in a language that is none", "POST", "/answer", FORM, "code=0123456789012&lang=%3Cb%3E", 200, "<html lang=\"vi\">" },
	{ "without JavaScript, of a day", "POST", "/answer", FORM, "code=0123456789012&day=2026-10-05", 200, "Câu trả lời này là cho ngày 05/10/2026." },
	{ "without JavaScript, of a day as people write it", "POST", "/answer", FORM, "code=0123456789012&day=05/10/2026", 200, "cho ngày 05/10/2026." },
	{ "without JavaScript, of no day", "POST", "/answer", FORM, "code=0123456789012&day=", 200, "class=\"said green\"" },
	{ "without JavaScript, of a day that is none", "POST", "/answer", FORM, "code=0123456789012&day=5.10.2026", 400, "dd/mm/yyyy" },
	{ "without JavaScript, of half a day", "POST", "/answer", FORM, "code=0123456789012&day=05/1x/2026", 400, "data-id=\"refused\"" },
	{ "without JavaScript, the report", "POST", "/answer", FORM, "code=0123456789012&as=json", 200, "filename=\"report.json\"" },
	{ "a form with a code", "POST", "/answer", PARTS, PART("code") "0123456789012" LAST_PART, 200, "class=\"said green\"" },
	{ "a form with a code and an empty file", "POST", "/answer", PARTS, PART("file\"; filename=\"") MORE_PART PART("code") "0123456789012" LAST_PART, 200, "class=\"said green\"" },
	{ "a form with a file", "POST", "/answer", PARTS, PART("file\"; filename=\"a.xml") "<x/>" LAST_PART, 200, "id=\"result\"" },
	{ "a form with a file that has blank lines", "POST", "/answer", PARTS, PART("file") "a\r\n\r\nb\r\n--c" LAST_PART, 200, "id=\"result\"" },
	{ "a form without either", "POST", "/answer", PARTS, PART("lang") "en" LAST_PART, 400, "NOTHING TO CHECK YET" },
	{ "a form whose parts end nowhere", "POST", "/answer", PARTS, PART("code") "0123456789012", 400, "cut off" },
	{ "a form of a part without a head", "POST", "/answer", PARTS, "--bound\r\n\r\n--bound--\r\n", 400, "cut off" },
	{ "a form that begins otherwise", "POST", "/answer", PARTS, "x" PART("code") "0123456789012" LAST_PART, 400, "begin with its boundary" },
	{ "a form with another boundary", "POST", "/answer", "Content-Type: multipart/form-data; boundary=other\r\n", PART("code") "1" LAST_PART, 400, "begin with its boundary" },
	{ "a form without a boundary", "POST", "/answer", "Content-Type: multipart/form-data\r\n", PART("code") "1" LAST_PART, 400, "names no boundary" },
	{ "a form whose boundary is too long", "POST", "/answer", "Content-Type: multipart/form-data; boundary=" TEN TEN TEN TEN TEN TEN TEN "1\r\n", PART("code") "1" LAST_PART, 400, "1 to 70" },
	{ "a form with a boundary in quotes", "POST", "/answer", "Content-Type: multipart/form-data; boundary=\"bound\"\r\n", PART("code") "0123456789012" LAST_PART, 200, "class=\"said green\"" },
	{ "a form with a NUL in its code", "POST", "/answer", FORM, "code=1%00", 400, "NUL" },
	{ "the page", "GET", "/", "", NULL, 200, "<html lang=\"vi\">" },
	{ "the page in English", "GET", "/?lang=en", "", NULL, 200, "<html lang=\"en\">" },
	{ "the page in French, its form too", "GET", "/?lang=fr", "", NULL, 200, "id=\"lang\" value=\"fr\"" },
	{ "the page in a language that is none", "GET", "/?lang=%22%3E", "", NULL, 200, "id=\"lang\" value=\"vi\"" },
	{ "a file by its hash", "GET", "/v1/files/" HASH, "", NULL, 200, "{\"typed\":\"" HASH "\"" },
	{ "a file by its hash, of a day", "GET", "/v1/files/" HASH "?day=2026-10-05", "", NULL, 200, HASH },
	{ "a file by its hash, of a day that is none", "GET", "/v1/files/" HASH "?day=today", "", NULL, 400, "yyyy-mm-dd" },
	{ "a hash too short", "GET", "/v1/files/0123", "", NULL, 400, "64 hexadecimal digits" },
	{ "a hash too long", "GET", "/v1/files/" HASH "0", "", NULL, 400, "64 hexadecimal digits" },
	{ "a hash that is a code", "GET", "/v1/files/0123456789012", "", NULL, 400, "64 hexadecimal digits" },
	{ "a hash with other letters", "GET", "/v1/files/g" TEN TEN TEN TEN TEN TEN "123", "", NULL, 400, "64 hexadecimal digits" },
	{ "no hash", "GET", "/v1/files/", "", NULL, 404, "nothing at this address" },
	{ "a file sent where its hash belongs", "POST", "/v1/files/" HASH, "", "<x/>", 405, "takes GET" },
	{ "a form with a hash", "POST", "/answer", FORM, "code=&hash=" HASH "&as=json", 200, "\"typed\":\"" HASH "\"" },
	{ "a form with a hash between blanks", "POST", "/answer", FORM, "hash=+" HASH "++&as=json", 200, "\"typed\":\"" HASH "\"" },
	{ "a form with a hash that is none", "POST", "/answer", FORM, "hash=0123&lang=en", 400, "NOT A SHA-256" },
	{ "a form with a code and a hash that nobody asked about", "POST", "/answer", FORM, "code=0123456789012&hash=x", 200, "245/GPXD" },
	{ "a form with a code, and asked about its hash", "POST", "/answer", FORM, "code=0123456789012&hash=x&as=hash", 400, "MÃ BĂM" },
	{ "a form asked about a hash that is not there", "POST", "/answer", FORM, "code=0123456789012&hash=&as=hash&lang=en", 400, "NOTHING" },
	{ "a code, of a day", "GET", "/v1/codes/0123456789012?day=2026-10-05", "", NULL, 200, "in-force-by-code" },
	{ "a code, of a day that is none", "GET", "/v1/codes/0123456789012?day=5.10.2026", "", NULL, 400, "yyyy-mm-dd" },
	{ "without JavaScript, the day", "POST", "/answer", FORM, "code=0123456789012", 200, "<dd>03/11/2026</dd>" },
	{ "without JavaScript, written with %", "POST", "/answer", FORM, "a=b&code=01234567890%312&c=d", 200, "245/GPXD" },
	{ "without JavaScript, charset", "POST", "/answer", "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n", "code=0123456789012", 200, "245/GPXD" },
	{ "without JavaScript, an answer without words", "POST", "/answer", FORM, "code=1", 500, "class=\"said grey\"" },
	{ "without JavaScript, too many tries", "POST", "/answer", FORM, "code=many", 429, "Retry-After: 300" },
	{ "form, no field", "POST", "/answer", FORM, "mode=1", 400, "CHƯA CÓ GÌ" },
	{ "form, a field that ends the same", "POST", "/answer", FORM, "xcode=1", 400, "CHƯA CÓ GÌ" },
	{ "form, no value", "POST", "/answer", FORM, "code", 400, "CHƯA CÓ GÌ" },
	{ "form, empty value", "POST", "/answer", FORM, "code=", 400, "CHƯA CÓ GÌ" },
	{ "form, half a %", "POST", "/answer", FORM, "code=%4", 400, "hexadecimal" },
	{ "form, no hexadecimal", "POST", "/answer", FORM, "code=%zz", 400, "hexadecimal" },
	{ "form, a NUL", "POST", "/answer", FORM, "code=1%002", 400, "NUL" },
	{ "form, not UTF-8", "POST", "/answer", FORM, "code=%ff", 400, "the code" },
	{ "form, of another type", "POST", "/answer", "Content-Type: text/plain\r\n", "code=1", 415, "a form is needed" },
	{ "form, of no type", "POST", "/answer", "", "code=1", 415, "a form is needed" },
	{ "form, asked for", "GET", "/answer", "", NULL, 405, "Allow: POST" },

	{ "proof, daemon refuses", "GET", "/v1/permits/" HANDLE "/proof", KEY, NULL, 404, "no permit " HANDLE },
	{ "proof, the signer refuses", "GET", "/v1/permits/ff112233445566778899aabbccddeeff/proof", KEY, NULL, 404, "the signer says no" },
	{ "proof by handle, no key", "GET", "/v1/permits/" HANDLE "/proof", "", NULL, 401, "WWW-Authenticate: Bearer" },
	{ "permit by handle", "GET", "/v1/permits/00112233445566778899AABBCCDDEEFF", KEY, NULL, 200, "\r\n\r\n32 " HANDLE },
	{ "permit by handle, no key", "GET", "/v1/permits/" HANDLE, "", NULL, 401, "WWW-Authenticate: Bearer" },
	{ "permit by handle, other scheme", "GET", "/v1/permits/" HANDLE, "Authorization: Basic eDp5\r\n", NULL, 401, "API key" },
	{ "permit by handle, no ASCII", "GET", "/v1/permits/" HANDLE, "Authorization: Bearer \xc3\xa1\r\n", NULL, 400, "ASCII" },
	{ "a code needs no key and shows none", "GET", "/v1/permits/BCFGHJKMNPR01", KEY, NULL, 200, "\r\n\r\n0 BCFG" },
	{ "sheet by handle, no key", "GET", "/v1/permits/" HANDLE "/sheet", "", NULL, 401, "WWW-Authenticate: Bearer" },
	{ "sheet by handle, the signer refuses", "GET", "/v1/permits/ff112233445566778899aabbccddeeff/sheet", KEY, NULL, 404, "the signer says no" },
	{ "sheet of a draft", "GET", "/v1/permits/00112233445566778899aabbccddee00/sheet", KEY, NULL, 409, "not issued yet" },
	{ "sheet by handle, no permit in the report", "GET", "/v1/permits/" HANDLE "/sheet", KEY, NULL, 404, "no permit to print" },
	{ "edXML by handle, no key", "GET", "/v1/permits/" HANDLE "/edxml?to=H99", "", NULL, 401, "WWW-Authenticate: Bearer" },
	{ "edXML, to nobody", "GET", "/v1/permits/" HANDLE "/edxml", KEY, NULL, 400, "edxml-to" },
	{ "edXML, to somebody with a slash", "GET", "/v1/permits/" HANDLE "/edxml?to=../x", KEY, NULL, 400, "edxml-to" },
	{ "edXML, no permit in the report", "GET", "/v1/permits/" HANDLE "/edxml?to=H99", KEY, NULL, 409, "not issued yet" },
	{ "edXML, posted", "POST", "/v1/permits/" HANDLE "/edxml?to=H99", KEY, "", 405, "Allow: GET, HEAD" },
	{ "list", "POST", "/v1/list/permits", KEY, "{\"state\":\"issued\"}", 200, "{\"who\":32,\"asked\":{\"state\":\"issued\"}}" },
	{ "list, no key", "POST", "/v1/list/permits", "", "{\"state\":\"issued\"}", 401, "WWW-Authenticate: Bearer" },
	{ "permit by short code", "GET", "/v1/permits/bcfg-hjkm-npr0-1", "", NULL, 200, "filename=\"BCFGHJKMNPR01.xml\"" },
	{ "permit by a code of none", "GET", "/v1/permits/BCFGHJKMNPR02", "", NULL, 404, "no permit with this code" },
	{ "permit, too many tries", "GET", "/v1/permits/1111111111111", "", NULL, 429, "Retry-After: 77" },
	{ "proof by a code of none", "GET", "/v1/permits/BCFGHJKMNPR02/proof", "", NULL, 404, "no permit with this code" },
	{ "permit, too short", "GET", "/v1/permits/123", "", NULL, 400, "13 signs" },
	{ "permit, too long", "GET", "/v1/permits/" HANDLE "0", "", NULL, 400, "short code" },
	{ "permit, 32 of other letters", "GET", "/v1/permits/zz112233445566778899aabbccddeeff", "", NULL, 400, "hexadecimal" },
	{ "permit, a sign", "GET", "/v1/permits/%3Cscript%3E12345", "", NULL, 400, "short code" },
	{ "permit, a slash", "GET", "/v1/permits/12345/67890123", "", NULL, 404, "nothing at this address" },

	{ "submit", "POST", "/v1/permits", KEY IDEM, "{}", 201,
	    "\"key\":\"a\",\"program\":\"6ab9f1eb8f7d3388f4f9d586f66e99fd54080df2c446f0e58668b09c08a16dd0\"" },
	{ "submit again", "POST", "/v1/permits", KEY "Idempotency-Key: again\r\n", "{}", 200, "true" },
	{ "submit, refused", "POST", "/v1/permits", KEY "Idempotency-Key: wrong\r\n", "{}", 400, "application/problem+json" },
	{ "submit, refused: all problems", "POST", "/v1/permits", KEY "Idempotency-Key: wrong\r\n", "{}", 400, "{\"code\":\"empty\",\"en\":\"C: empty\",\"field\":\"c\",\"path\":\"/c\"" },
	{ "submit, refused: the first one said", "POST", "/v1/permits", KEY "Idempotency-Key: wrong\r\n", "{}", 400, "\"say\":{\"en\":\"a.b: B: missing (and others: 1)\"" },
	{ "submit, no key", "POST", "/v1/permits", IDEM, "{}", 401, "WWW-Authenticate: Bearer" },
	{ "submit, other scheme", "POST", "/v1/permits", "Authorization: Basic eDp5\r\n" IDEM, "{}", 401, "API key" },
	{ "submit, empty key", "POST", "/v1/permits", "Authorization: Bearer  \r\n" IDEM, "{}", 400, "API key" },
	{ "submit, no idempotency", "POST", "/v1/permits", KEY, "{}", 400, "Idempotency-Key" },
	{ "submit, idempotency not UTF-8", "POST", "/v1/permits", KEY "Idempotency-Key: \xff\r\n", "{}", 400, "Idempotency-Key" },
	{ "submit, body not UTF-8", "POST", "/v1/permits", KEY IDEM, "{\"a\":\"\xc3\"}", 400, "the body" },
	{ "submit, no body", "POST", "/v1/permits", KEY IDEM, "", 400, "empty" },

	{ "prepare, no key", "POST", "/v1/permits/prepare", "", "{\"handles\":[\"a\"],\"certificate\":\"MAA=\"}", 401, "WWW-Authenticate: Bearer" },
	{ "prepare", "POST", "/v1/permits/prepare", KEY, "{\"handles\":[\"a\"],\"certificate\":\"MAA=\"}", 200, "{\"who\":32,\"rest\":{\"handles\":[\"a\"]},\"der\":2}" },
	{ "prepare, bad base64", "POST", "/v1/permits/prepare", KEY, "{\"handles\":[],\"certificate\":\"MA=\"}", 400, "certificate" },
	{ "prepare, no certificate", "POST", "/v1/permits/prepare", KEY, "{\"handles\":[]}", 400, "certificate" },
	{ "prepare, one key more", "POST", "/v1/permits/prepare", KEY, "{\"handles\":[],\"certificate\":\"MAA=\",\"pin\":\"1\"}", 400, "pin" },
	{ "prepare, key twice", "POST", "/v1/permits/prepare", KEY, "{\"handles\":[],\"handles\":[],\"certificate\":\"MAA=\"}", 400, "\"class\":\"input\"" },
	{ "prepare, no JSON", "POST", "/v1/permits/prepare", KEY, "hello", 400, "\"class\":\"input\"" },

	{ "order, daemon refuses", "POST", "/v1/orders/signer", "", "cms", 409, "changed since you looked" },
	{ "order, empty", "POST", "/v1/orders/signer", "", "", 400, "empty" },
	{ "daemon away", "POST", "/v1/orders/ca", "", "cms", 503, "a part of the service does not answer now" },
	{ "daemon away, when to retry", "POST", "/v1/list/ca", "", "{}", 503, "Retry-After: 20" },
	{ "serial, capitals", "GET", "/v1/certificates/ABCD", "", NULL, 400, "lower case" },
	{ "serial, too long", "GET", "/v1/certificates/00112233445566778899001122334455667788990", "", NULL, 400, "40 hexadecimal" },

	{ "stamp, TSA away", "POST", "/v1/timestamps", "Content-Type: application/timestamp-query\r\n", "0", 200, "application/timestamp-reply" },
	{ "stamp, wrong type", "POST", "/v1/timestamps", "Content-Type: text/plain\r\n", "0", 200, "application/timestamp-reply" },

	{ "publications", "GET", "/v1/publications?agency=H99.31.07", "", NULL, 200, "\"next\":77" },
	{ "publications, not to be kept by search engines", "GET", "/v1/publications?agency=H99.31.07", "", NULL, 200, "X-Robots-Tag: noindex, nofollow" },
	{ "publications, asked each time", "GET", "/v1/publications?agency=H99.31.07", "", NULL, 200, "Cache-Control: no-cache" },
	{ "publications, the next page", "GET", "/v1/publications?agency=H99.31.07&after=77&year=2026", "", NULL, 200, "\"items\":[],\"next\":null" },
	{ "publications of whom?", "GET", "/v1/publications", "", NULL, 400, "\\\"agency\\\" is needed" },
	{ "publications of nobody", "GET", "/v1/publications?agency=", "", NULL, 400, "the agency is empty" },
	{ "publications, unknown agency", "GET", "/v1/publications?agency=H99.99", "", NULL, 404, "no such agency" },
	{ "publications, not UTF-8", "GET", "/v1/publications?agency=%ff", "", NULL, 400, "the agency" },
	{ "publications, a long name", "GET", "/v1/publications?agency=01234567890123456789012345678901234567890123456789012345678901234", "", NULL, 404, "no such agency" },
	{ "publications, a cursor of letters", "GET", "/v1/publications?agency=H99.31.07&after=x", "", NULL, 400, "\\\"after\\\" is a number" },
	{ "publications, a cursor below zero", "GET", "/v1/publications?agency=H99.31.07&after=-1", "", NULL, 400, "\\\"after\\\" is a number" },
	{ "publications, no cursor", "GET", "/v1/publications?agency=H99.31.07&after=", "", NULL, 400, "\\\"after\\\" is a number" },
	{ "publications, a cursor of nothing", "GET", "/v1/publications?agency=H99.31.07&after=0", "", NULL, 400, "\\\"after\\\" begins at 1" },
	{ "publications, a cursor too long", "GET", "/v1/publications?agency=H99.31.07&after=1234567890123456789", "", NULL, 400, "\\\"after\\\" is a number" },
	{ "publications, a year of letters", "GET", "/v1/publications?agency=H99.31.07&year=2o26", "", NULL, 400, "\\\"year\\\" is a number" },
	{ "publications, no year", "GET", "/v1/publications?agency=H99.31.07&year=0", "", NULL, 400, "\\\"year\\\" begins at 1000" },
	{ "publications, a year of three digits", "GET", "/v1/publications?agency=H99.31.07&year=999", "", NULL, 400, "\\\"year\\\" begins at 1000" },
	{ "publications, a year too far", "GET", "/v1/publications?agency=H99.31.07&year=10000", "", NULL, 400, "0 to 9999" },
	{ "publications, handed in", "POST", "/v1/publications", "", "x", 405, "Allow: GET, HEAD" },
	{ "the agencies' page", "GET", "/cong-khai", "", NULL, 200, "<li><a href=\"/cong-khai/H99.31.07\">Phường &lt;An&gt;</a></li>" },
	{ "the agencies' page, one that has ended", "GET", "/cong-khai", "", NULL, 200, "Sở</a> (đã kết thúc hoạt động)" },
	{ "the agencies' page, robots", "GET", "/cong-khai", "", NULL, 200, "X-Robots-Tag: noindex, nofollow" },
	{ "no kind that is looked up: nothing to choose", "GET", "/tra-cuu", "", NULL, 200, "không loại giấy nào tra được theo số" },
	{ "an agency's page", "GET", "/cong-khai/H99.31.07", "", NULL, 200, "<h1>Công khai giấy phép – Phường &lt;An&gt;</h1>" },
	{ "an agency's page, demonstration", "GET", "/cong-khai/H99.31.07", "", NULL, 200, "<p id=\"demonstration\" role=\"note\">THỬ" },
	{ "an agency's page, heading escaped", "GET", "/cong-khai/H99.31.07", "", NULL, 200, "<h2>Giấy phép số 245/&lt;i&gt;: &lt;Cấp&gt;</h2>" },
	{ "an agency's page, line escaped", "GET", "/cong-khai/H99.31.07", "", NULL, 200, "depth3\"><dt>Địa &lt;điểm&gt;</dt><dd>&lt;script&gt;alert" },
	{ "an agency's page, version", "GET", "/cong-khai/H99.31.07", "", NULL, 200, "<dt>Bản thứ</dt><dd>2</dd>" },
	{ "an agency's page, end of an issue", "GET", "/cong-khai/H99.31.07", "", NULL, 200, "<dt>Có hiệu lực đến hết</dt><dd>31/12/2027</dd>" },
	{ "an agency's page, days of a decision", "GET", "/cong-khai/H99.31.07?year=2025", "", NULL, 200, "<dt>Kể từ ngày</dt><dd>04/11/2026</dd>" },
	{ "an agency's page, the next", "GET", "/cong-khai/H99.31.07?year=2025", "", NULL, 200, "href=\"?year=2025&amp;after=77\"" },
	{ "an agency's page, robots", "GET", "/cong-khai/H99.31.07", "", NULL, 200, "<meta name=\"robots\" content=\"noindex, nofollow\">" },
	{ "an agency's page, the form left empty", "GET", "/cong-khai/H99.31.07?year=", "", NULL, 200, "value=\"\"" },
	{ "an agency's page, nothing", "GET", "/cong-khai/H99.31.07?after=1", "", NULL, 200, "Chưa có gì được công khai" },
	{ "an agency's page, unknown", "GET", "/cong-khai/H99", "", NULL, 404, "no such agency" },
	{ "an agency's page, bad cursor", "GET", "/cong-khai/H99.31.07?after=%22%3E", "", NULL, 400, "is a number" },
	{ "an agency's page, bad year", "GET", "/cong-khai/H99.31.07?year=%3Cb%3E", "", NULL, 400, "is a number" },
	{ "an agency's page, a slash", "GET", "/cong-khai/H99.31.07/x", "", NULL, 404, "nothing at this address" },
	{ "an agency's page, no agency", "GET", "/cong-khai/", "", NULL, 404, "nothing at this address" },
	{ "a feed", "GET", "/cong-khai/H99.31.07/atom", "", NULL, 200, "application/atom+xml" },
	{ "a feed, its item", "GET", "/cong-khai/H99.31.07/atom", "", NULL, 200,
	    "<id>https://xacthuc.hoagiang.example/cong-khai/H99.31.07#m77</id><title>Giấy phép số 245/&lt;i>: &lt;Cấp></title>" },
	{ "a feed, escaped", "GET", "/cong-khai/H99.31.07/atom", "", NULL, 200, "<summary>5&quot;1&lt;2>&amp;</summary>" },
	{ "a feed, unknown agency", "GET", "/cong-khai/H99/atom", "", NULL, 404, "no such agency" },
	{ "a header through an agency", "GET", "/cong-khai/H99%0d%0aX-Evil:%201", "", NULL, 404, "no such agency" },

	{ "a header through a serial", "GET", "/v1/certificates/ab%0d%0aX-Evil:%201", "", NULL, 400, "lower case" },
	{ "a header through a code", "GET", "/v1/permits/0123456789012%0d%0aX-Evil:%201", "", NULL, 400, "short code" },
	{ "a header through a proof", "GET", "/v1/permits/0123456789012%0aX-Evil:%201/proof", "", NULL, 400, "short code" },
	{ "a header through a file", "GET", "/crl/0.crl%0d%0aX-Evil:%201", "", NULL, 404, "no such file" },
	{ "a header through an ETag", "GET", "/checkpoint", "If-None-Match: \"a%0d%0aX-Evil: 1\"\r\n", NULL, 200, "\r\n\r\ncp" },
	{ "a NUL in the address", "GET", "/crl/0.crl%00.html", "", NULL, 200, "\r\n\r\ncrl" },

	{ "sheet", "GET", "/v1/permits/0123456789012/sheet", "", NULL, 200, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" },
	{ "sheet, escaped", "GET", "/v1/permits/0123456789012/sheet", "", NULL, 200, "phường &lt;An Phú Đông&gt;" },
	{ "sheet, line escaped", "GET", "/v1/permits/0123456789012/sheet", "", NULL, 200, "depth3\"><dt>Địa điểm</dt><dd>&lt;b&gt;Số 12" },
	{ "sheet, day", "GET", "/v1/permits/0123456789012/sheet", "", NULL, 200, "ngày 03 tháng 11 năm 2026" },
	{ "sheet, short code", "GET", "/v1/permits/0123456789012/sheet", "", NULL, 200, ">0123-4567-89BC-F<" },
	{ "sheet, bar code", "GET", "/v1/permits/0123456789012/sheet", "", NULL, 200, "class=\"code128\"" },
	{ "sheet, QR", "GET", "/v1/permits/0123456789012/sheet", "", NULL, 200, "class=\"qr\"" },
	{ "sheet, demonstration", "GET", "/v1/permits/0123456789012/sheet", "", NULL, 200, "THỬ NGHIỆM" },
	{ "sheet, officer", "GET", "/v1/permits/0123456789012/sheet", "", NULL, 200, "KT. CHỦ TỊCH" },
	{ "sheet of nothing", "GET", "/v1/permits/0123456789999/sheet", "", NULL, 404, "no permit with this code" },
	{ "sheet, too many tries", "GET", "/v1/permits/1111111111111/sheet", "", NULL, 429, "Retry-After: 77" },
};

static void
test_cases(void **state)
{
	own_struct(buf) answer = buf_new(32 << 20);
	own_str char *link = xprintf("%s/public/ca/link", dir);
	int status;

	assert_int_equal(symlink("../../secret", link), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		status = ask(&answer, cases[i].method, cases[i].path, cases[i].headers, cases[i].body);
		if (status != cases[i].status)
			print_error("%s: %d\n%.600s\n", cases[i].name, status, buf_str(&answer));
		assert_case(cases[i].name, status == cases[i].status);
		if (strstr(buf_str(&answer), cases[i].piece) == NULL)
			print_error("%s\n", buf_str(&answer));
		assert_case(cases[i].name, strstr(buf_str(&answer), cases[i].piece) != NULL);
		assert_case(cases[i].name, strstr(buf_str(&answer), dir) == NULL);
		assert_case(cases[i].name, strstr(buf_str(&answer), "\nX-Evil") == NULL);
	}
}

/* RFC 9457, with the class and a sentence in both languages, whatever was wrong. */
static void
test_problem_shape(void **state)
{
	static const char *const keys[] = { "type", "title", "detail", "class" };
	own_struct(buf) answer = buf_new(32 << 20);
	size_t seen = 0;

	for (size_t i = 0; i < COUNT(cases); i++) {
		own(json_t) *j = NULL;
		const char *body;
		struct err e;

		if (cases[i].status < 400 || strcmp(cases[i].path, "/answer") == 0 || strncmp(cases[i].path, "/v1/codes/", 10) == 0)
			continue;
		ask(&answer, cases[i].method, cases[i].path, cases[i].headers, cases[i].body);
		assert_case(cases[i].name, strstr(buf_str(&answer), "application/problem+json") != NULL);
		assert_case(cases[i].name, strstr(buf_str(&answer), "Cache-Control: no-store") != NULL);
		body = strstr(buf_str(&answer), "\r\n\r\n") + 4;
		assert_done(json_read(&j, span_str(body), &e), e);
		for (size_t k = 0; k < COUNT(keys); k++)
			assert_case(cases[i].name, json_string_length(json_object_get(j, keys[k])) > 0);
		assert_int_equal(json_integer_value(json_object_get(j, "status")), cases[i].status);
		assert_case(cases[i].name, json_string_length(json_object_get(json_object_get(j, "say"), "vi")) > 0);
		assert_case(cases[i].name, json_string_length(json_object_get(json_object_get(j, "say"), "en")) > 0);
		seen++;
	}
	assert_true(seen > 30);
}

/* Either of the server's threads may still be taking dead connections in: waits until ten are answered in a row. */
static bool
settled(void)
{
	own_struct(buf) answer = buf_new(1 << 20);
	unsigned row = 0;

	for (unsigned i = 0; i < 300 && row < 10; i++) {
		row = ask(&answer, "POST", "/v1/verify", "", "<permit/>") == 200 ? row + 1 : 0;
		if (row == 0)
			usleep(20000);
	}
	return row == 10;
}

/* Six addresses with seven connections each: not more than `connections` are
 * answered, and when they are gone the next one is. */
static void
test_connections(void **state)
{
	static const char request[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
	unsigned answered = 0;
	int fd[42];
	char c;

	for (unsigned i = 0; i < COUNT(fd); i++)
		fd[i] = client_dial_from(2 + i / 7, port);
	for (unsigned i = 0; i < COUNT(fd); i++)
		(void)!send(fd[i], request, sizeof(request) - 1, MSG_NOSIGNAL);
	usleep(1000000);	/* less than idle_secs: those that wait are not let in yet */
	for (unsigned i = 0; i < COUNT(fd); i++)
		answered += recv(fd[i], &c, 1, MSG_DONTWAIT) == 1;
	for (unsigned i = 0; i < COUNT(fd); i++)
		close(fd[i]);
	assert_in_range(answered, limits.connections / 2, limits.connections);
	assert_true(settled());
}

/* One hangs up in the middle of a body, again and again: nothing is kept for it. */
static void
test_gone_in_the_middle(void **state)
{
	static const char head[] = "POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";
	own_struct(buf) part = buf_new(1 << 20);

	buf_put_str(&part, head);
	(void)!buf_extend(&part, 500000);
	for (int i = 0; i < 40; i++) {
		own_fd int fd = client_dial(port);

		(void)!send(fd, part.ptr, part.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	assert_true(settled());
}

/* More requests than there are threads wait for a daemon that has stopped: what waits for
 * nobody is answered, and they are when it goes on.  Each from an address of its own, as
 * those who hung up in the tests before may still be counted. */
static void
test_daemon_away(void **state)
{
	static const char head[] = "POST /v1/verify HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\n<permit/>";
	own_struct(buf) answer = buf_new(1 << 20);
	int fd[5];

	int status[COUNT(fd)] = { 0 };
	unsigned spoke = 0, answered = 0;

	assert_int_equal(kill(verifier_pid, SIGSTOP), 0);
	assert_int_equal(waitid(P_PID, (id_t)verifier_pid, &(siginfo_t){ 0 }, WSTOPPED), 0);	/* its other threads run on until then */
	for (unsigned i = 0; i < COUNT(fd); i++) {
		fd[i] = client_dial_from(100 + i, port);
		client_put(fd[i], span_of(head, sizeof(head) - 1));
	}
	usleep(300000);
	for (int i = 0; i < 10; i++)
		answered += ask(&answer, "GET", i % 2 == 0 ? "/checkpoint" : "/healthz", "", NULL) == 200;
	for (unsigned i = 0; i < COUNT(fd); i++)
		spoke += recv(fd[i], &(char){ 0 }, 1, MSG_DONTWAIT) != -1;
	assert_int_equal(kill(verifier_pid, SIGCONT), 0);	/* before anything is found wrong */
	for (unsigned i = 0; i < COUNT(fd); i++) {
		status[i] = client_answer(&answer, fd[i]);
		close(fd[i]);
	}
	assert_int_equal(answered, 10);
	assert_int_equal(spoke, 0);
	for (unsigned i = 0; i < COUNT(fd); i++)
		assert_int_equal(status[i], 200);
}

/* One after the other from one address, more than may be at once: each is let in. */
static void
test_one_after_the_other(void **state)
{
	own_struct(buf) answer = buf_new(1 << 20);

	for (unsigned i = 0; i < 20 * limits.per_address; i++)
		assert_int_equal(ask(&answer, "POST", "/v1/verify", "", "<permit/>"), 200);
}

static void
test_etag(void **state)
{
	own_struct(buf) answer = buf_new(1 << 20);
	own_str char *again = NULL;
	const char *tag;

	assert_int_equal(ask(&answer, "GET", "/checkpoint", "", NULL), 200);
	tag = strstr(buf_str(&answer), "ETag: ");
	assert_non_null(tag);
	again = xprintf("If-None-Match: %.66s\r\n", tag + 6);
	assert_int_equal(ask(&answer, "GET", "/checkpoint", again, NULL), 304);
	assert_null(strstr(buf_str(&answer), "cp"));
}

/* Too large is said from the header alone: the body never comes. */
static void
test_length_announced(void **state)
{
	own_struct(buf) answer = buf_new(1 << 20);

	assert_int_equal(ask(&answer, "POST", "/v1/verify", "Content-Length: 8388609\r\nExpect: 100-continue\r\n", NULL), 413);
	assert_int_equal(ask(&answer, "POST", "/v1/orders/ca", "Content-Length: 300000\r\nExpect: 100-continue\r\n", NULL), 413);
	assert_int_equal(ask(&answer, "POST", "/v1/verify", "Content-Length: 99999999999999999999999\r\n", NULL), 413);
}

/* In pieces without a length: counted as they come. */
static void
test_length_hidden(void **state)
{
	own_struct(buf) answer = buf_new(1 << 20), request = buf_new(1 << 20);

	buf_put_str(&request, "POST /v1/timestamps HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 20; i++) {
		buf_put_str(&request, "400\r\n");
		memset(buf_extend(&request, 1024), 'x', 1024);
		buf_put_str(&request, "\r\n");
	}
	buf_put_str(&request, "0\r\n\r\n");
	assert_int_equal(talk(&answer, buf_span(&request)), 413);
}

static void
test_headers_too_long(void **state)
{
	own_struct(buf) answer = buf_new(1 << 20), request = buf_new(1 << 20);
	int status;

	buf_put_str(&request, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ");
	memset(buf_extend(&request, 20 << 10), 'x', 20 << 10);
	buf_put_str(&request, "\r\n\r\n");
	status = talk(&answer, buf_span(&request));
	assert_true(status == 431 || status == 413 || status == 0);
}

static void
test_not_http(void **state)
{
	static const char *const rubbish[] = { "\r\n\r\n\r\n", "hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
		"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"POST /v1/verify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" };
	own_struct(buf) answer = buf_new(1 << 20);

	for (size_t i = 0; i < COUNT(rubbish); i++) {
		int status = talk(&answer, span_str(rubbish[i]));

		assert_case(rubbish[i], status == 0 || status >= 400);
	}
	assert_int_equal(ask(&answer, "GET", "/healthz", "", NULL), 200);
}

/* Beyond eight, connections of an address are dropped; when they end there is room again. */
static void
test_per_address(void **state)
{
	own_struct(buf) answer = buf_new(1 << 20);
	int fd[12];

	sleep(limits.idle_secs + 1);	/* those of the tests before are forgotten: of who hung up in the middle the library learns no sooner */
	for (size_t i = 0; i < COUNT(fd); i++) {
		fd[i] = client_dial(port);
		assert_int_equal(send(fd[i], "GET", 3, MSG_NOSIGNAL), 3);
	}
	nanosleep(&(struct timespec){ 0, 200000000 }, NULL);
	assert_int_equal(ask(&answer, "GET", "/healthz", "", NULL), 0);
	for (size_t i = 0; i < COUNT(fd); i++)
		close(fd[i]);
	nanosleep(&(struct timespec){ 0, 300000000 }, NULL);
	assert_int_equal(ask(&answer, "GET", "/healthz", "", NULL), 200);
}

/* Who says nothing is let go. */
static void
test_idle(void **state)
{
	time_t began = time(NULL);
	own_fd int fd = client_dial(port);
	char c;

	assert_int_equal(send(fd, "GET /", 5, MSG_NOSIGNAL), 5);
	while (recv(fd, &c, 1, 0) > 0)
		;
	assert_true(time(NULL) - began <= 8);
}

/* Who drips a body is let go too, though never silent. */
static void
test_drip(void **state)
{
	static const char head[] = "POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";
	time_t began = time(NULL);
	own_fd int fd = client_dial(port);

	assert_int_equal(send(fd, head, sizeof(head) - 1, MSG_NOSIGNAL), (ssize_t)sizeof(head) - 1);
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1 && time(NULL) - began < 12)
		nanosleep(&(struct timespec){ 0, 500000000 }, NULL);
	assert_true(time(NULL) - began < 12);
}

static const struct { const char *name, *where; } bad_listen[] = {
	{ "nothing", "" }, { "no port", "127.0.0.1" }, { "no address", ":8080" }, { "a name", "localhost:80" },
	{ "port too large", "127.0.0.1:65536" }, { "letters", "127.0.0.1:80x" }, { "negative", "127.0.0.1:-1" },
	{ "IPv6 without brackets", "::1:80" }, { "two of it", "127.0.0.1:1:2" }, { "not ours", "192.0.2.1:0" },
};

static void
test_listen(void **state)
{
	struct err e;
	uint16_t got;
	int fd;

	for (size_t i = 0; i < COUNT(bad_listen); i++)
		assert_case(bad_listen[i].name, !http_listen(&fd, &got, bad_listen[i].where, &e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases), cmocka_unit_test(test_problem_shape),
		cmocka_unit_test(test_gone_in_the_middle), cmocka_unit_test(test_connections), cmocka_unit_test(test_daemon_away), cmocka_unit_test(test_one_after_the_other), cmocka_unit_test(test_etag),
		cmocka_unit_test(test_length_announced), cmocka_unit_test(test_length_hidden), cmocka_unit_test(test_headers_too_long),
		cmocka_unit_test(test_not_http), cmocka_unit_test(test_per_address), cmocka_unit_test(test_idle),
		cmocka_unit_test(test_drip), cmocka_unit_test(test_listen) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
