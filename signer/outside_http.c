#include "signer/outside_http.h"

#include <curl/curl.h>

#include <strings.h>

struct outside_http { const struct outside_way *way; CURL *curl; struct curl_slist *headers; };

/* An address that cannot be used may have a password in it, and is not told. */
bool
outside_url(const char *url, struct err *e)
{
	const char *host = strncmp(url, "http://", 7) == 0 ? url + 7 : strncmp(url, "https://", 8) == 0 ? url + 8 : NULL;

	if (host == NULL)
		return fail(e, ERR_INPUT, "an address of http or https is wanted");
	return host[strcspn(host, "@/?#")] != '@' || fail(e, ERR_INPUT, "an address with a user's name or password in it; \"authorization\" names a file with what the authority wants to hear");
}

bool
outside_url_keeps(const char *url)
{
	static const char *const here[] = { "127.0.0.1", "[::1]", "localhost" };
	const char *host = url + strlen("http://");

	if (strncmp(url, "http://", 7) != 0)
		return true;
	for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
		size_t len = strlen(here[i]);

		if (strncmp(host, here[i], len) == 0 && (host[len] == '\0' || strchr(":/?#", host[len]) != NULL))
			return true;
	}
	return false;
}

void
outside_http_begin(void)
{
	promise(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

static size_t
take_body(char *p, size_t size, size_t n, void *b)
{
	buf_put(b, p, size * n);
	return ((struct buf *)b)->failed ? 0 : size * n;
}

static struct curl_slist *
stamp_headers(const struct outside_way *w)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/timestamp-query");
	own_str char *authorization = xprintf("Authorization: %s", w->authorization);

	headers = curl_slist_append(headers, "Accept: application/timestamp-reply");
	headers = curl_slist_append(headers, "Expect:");
	if (w->authorization[0] != '\0')
		headers = curl_slist_append(headers, authorization);
	promise(headers != NULL);
	return headers;
}

struct outside_http *
outside_http_new(const struct outside_way *w)
{
	struct outside_http *h = xalloc(sizeof(*h));

	*h = (struct outside_http){ .way = w, .curl = curl_easy_init(), .headers = stamp_headers(w) };
	promise(h->curl != NULL);
	return h;
}

/* Of every request, whatever the one before it was. */
static void
set_bounds(struct outside_http *h, const char *url, struct buf *out)
{
	const struct outside_way *w = h->way;

	curl_easy_reset(h->curl);
	curl_easy_setopt(h->curl, CURLOPT_URL, url);
	curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h->curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h->curl, CURLOPT_PROXY, w->proxy);	/* "": none, whatever the environment says */
	curl_easy_setopt(h->curl, CURLOPT_CONNECTTIMEOUT_MS, w->connect_ms);
	curl_easy_setopt(h->curl, CURLOPT_TIMEOUT_MS, w->whole_ms);
	curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, out);
	if (w->ca[0] != '\0') {
		curl_easy_setopt(h->curl, CURLOPT_CAINFO, w->ca);
		curl_easy_setopt(h->curl, CURLOPT_CAPATH, NULL);
	}
}

/* type: NULL, any. */
static bool
perform(struct outside_http *h, const char *type, const struct buf *out, struct err *e)
{
	CURLcode code = curl_easy_perform(h->curl);
	const char *told = NULL;
	long status = 0;

	if (out->failed)
		return fail(e, ERR_LIMIT, "the answer has more than %zu bytes", out->max);
	if (code != CURLE_OK)
		return fail(e, ERR_LATER, "%s", curl_easy_strerror(code));
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(h->curl, CURLINFO_CONTENT_TYPE, &told);
	if (status != 200)
		return fail(e, ERR_LATER, "the answer is HTTP %ld", status);
	return type == NULL || (told != NULL && strncasecmp(told, type, strlen(type)) == 0) || fail(e, ERR_INPUT, "the answer is something else than %s", type);
}

bool
outside_http_stamp(struct outside_http *h, const char *url, struct span request, struct buf *out, struct err *e)
{
	set_bounds(h, url, out);
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, (const char *)request.ptr);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request.len);
	return perform(h, "application/timestamp-reply", out, e);
}

bool
outside_http_get(struct outside_http *h, const char *url, struct buf *out, struct err *e)
{
	set_bounds(h, url, out);
	curl_easy_setopt(h->curl, CURLOPT_HTTPGET, 1L);
	return perform(h, NULL, out, e);
}
