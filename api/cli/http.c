#include "api/cli/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>

#define HTTP_TIMEOUT_SECS 120L

OWN_WITH(CURL, curl_easy_cleanup)
typedef struct curl_slist header_list;
OWN_WITH(header_list, curl_slist_free_all)

static bool
read_key(struct secret **out, const char *path, struct err *e)
{
	own_secret struct secret *key = secret_new();
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || key == NULL)
		return fail(e, ERR_ABSENT, "cannot open %s: %s", path, strerror(errno));
	if (!secret_read(key, fd, e))
		return fail_in(e, "%s", path);
	*out = take(&key);
	return true;
}

bool
http_service_open(struct http_service *s, const struct args *a, struct err *e)
{
	const char *key = args_get(a, "api-key-file");

	*s = (struct http_service){ .certificate = args_get(a, "client-certificate"), .key = args_get(a, "client-key"), .ca = args_get(a, "ca") };
	if ((s->certificate == NULL) != (s->key == NULL))
		return fail(e, ERR_INPUT, "--client-certificate and --client-key go together");
	return args_need(a, "api", &s->base, e) && (key == NULL || read_key(&s->api_key, key, e));
}

void
http_service_drop(struct http_service *s)
{
	secret_free(s->api_key);
	s->api_key = NULL;
}

static size_t
take_body(char *p, size_t size, size_t n, void *b)
{
	buf_put(b, p, size * n);
	return ((struct buf *)b)->failed ? 0 : size * n;
}

static void
add_header(header_list **list, const char *fmt, const char *value)
{
	own_str char *line = xprintf(fmt, value);
	header_list *more;

	more = curl_slist_append(*list, line);
	promise(more != NULL);
	*list = more;
}

static header_list *
headers_of(const struct http_request *r)
{
	header_list *list = NULL;

	add_header(&list, "Expect:%s", "");
	if (r->type != NULL)
		add_header(&list, "Content-Type: %s", r->type);
	if (r->accept != NULL)
		add_header(&list, "Accept: %s", r->accept);
	if (r->idempotency != NULL)
		add_header(&list, "Idempotency-Key: %s", r->idempotency);
	if (r->service->api_key != NULL) {
		own_str char *key = span_dup_str(span_of(r->service->api_key->octet, r->service->api_key->len));

		add_header(&list, "Authorization: Bearer %s", key);
		explicit_bzero(key, strlen(key));
	}
	return list;
}

/* problem+json -> class and sentence, and the rule's code and words. */
static bool
refusal(const struct buf *body, long status, json_t **told, struct err *e)
{
	own(json_t) *j = NULL;
	const char *class = NULL, *detail = NULL, *code = NULL;
	struct err ignored;

	if (!json_read(&j, buf_span(body), &ignored) ||
	    !json_take_str(&detail, j, "detail", &ignored))
		return fail(e, status >= 500 ? ERR_LATER : ERR_INPUT, "the service answered %ld", status);
	if (told != NULL)
		*told = json_incref(j);
	if (!json_may_str(&class, j, "class", &ignored) || class == NULL)
		class = status == 409 ? "conflict" : status == 404 ? "absent" : status == 403 ? "policy"
		    : status == 413 ? "limit" : status >= 500 ? "later" : "input";
	(void)!json_may_str(&code, j, "code", &ignored);
	fail(e, err_from_word(class) ?: ERR_BUG, "%s", detail);
	return fail_named(e, code, code == NULL ? NULL : json_string_value(json_object_get(json_object_get(j, "say"), "vi")));
}

static void
put_tls(CURL *c, const struct http_service *s)
{
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (s->certificate != NULL) {
		curl_easy_setopt(c, CURLOPT_SSLCERT, s->certificate);
		curl_easy_setopt(c, CURLOPT_SSLKEY, s->key);
	}
	if (s->ca != NULL) {
		curl_easy_setopt(c, CURLOPT_CAINFO, s->ca);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
}

void
http_put_escaped(struct buf *path, struct span s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != '\0' && strchr(plain, s.ptr[i]) != NULL)
			buf_put_byte(path, s.ptr[i]);
		else
			buf_printf(path, "%%%02X", s.ptr[i]);
}

bool
http_call(struct buf *answer, const struct http_request *r, struct err *e)
{
	own(CURL) *c = curl_easy_init();
	own(header_list) *headers = headers_of(r);
	own_str char *url = xprintf("%s%s", r->service->base, r->path);
	own_struct(buf) body = buf_new(HTTP_ANSWER_MAX);
	CURLcode code;
	long status = 0;

	promise(c != NULL);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, r->method);
	curl_easy_setopt(c, CURLOPT_NOPROXY, "127.0.0.1,localhost,::1");
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, HTTP_TIMEOUT_SECS);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	put_tls(c, r->service);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &body);
	if (r->type != NULL) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body.len > 0 ? (const char *)r->body.ptr : "");
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
	}
	code = curl_easy_perform(c);
	if (body.failed)
		return fail(e, ERR_LIMIT, "%s answered with more than %u bytes", r->path, HTTP_ANSWER_MAX);
	if (code != CURLE_OK)
		return fail(e, ERR_LATER, "%s: %s", url, curl_easy_strerror(code));
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200 || status > 299)
		return refusal(&body, status, r->refused, e);
	buf_put_span(answer, buf_span(&body));
	return buf_ok(answer, "answer", e);
}

bool
http_json(json_t **answer, const struct http_service *service, const char *method, const char *path,
    const json_t *body, struct err *e)
{
	own_struct(buf) out = buf_new(JSON_MAX);
	own_struct(buf) in = buf_new(HTTP_ANSWER_MAX);

	if (body != NULL)
		json_write(&out, body);
	return http_call(&in, &(struct http_request){ .service = service, .method = method, .path = path,
	    .type = body != NULL ? "application/json" : NULL, .body = buf_span(&out),
	    .accept = "application/json" }, e) && json_read(answer, buf_span(&in), e);
}
