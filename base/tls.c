#include "base/tls.h"

#include "base/file.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEM_MAX (256u << 10)

const char tls_priorities[] = "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:"
    "-CIPHER-ALL:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:%SERVER_PRECEDENCE";

/* From one descriptor: what was looked at is what is read. */
static bool
read_key(struct buf *out, const char *path, struct err *e)
{
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return fail(e, ERR_INPUT, "tls_key: cannot open %s: %s", path, strerror(errno));
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return fail(e, ERR_INPUT, "tls_key: %s can be read by others; chmod 600", path);
	return fd_read(out, fd, path, e);
}

static gnutls_datum_t
datum(const struct buf *b)
{
	return (gnutls_datum_t){ b->ptr, (unsigned)b->len };
}

/* GnuTLS says what the server would say, before anything is shut. */
static bool
check_site(const struct tls_site *s, struct err *e)
{
	gnutls_datum_t certificate = datum(&s->certificate), key = datum(&s->key), ca = datum(&s->client_ca);
	gnutls_certificate_credentials_t c;
	int r;

	promise(gnutls_certificate_allocate_credentials(&c) == 0);
	r = gnutls_certificate_set_x509_key_mem(c, &certificate, &key, GNUTLS_X509_FMT_PEM);
	if (r < 0)
		fail(e, ERR_INPUT, "tls_certificate and tls_key: %s", gnutls_strerror(r));
	else if ((r = gnutls_certificate_set_x509_trust_mem(c, &ca, GNUTLS_X509_FMT_PEM)) <= 0)
		fail(e, ERR_INPUT, "client_ca: %s", r == 0 ? "there is no certificate in it" : gnutls_strerror(r));
	gnutls_certificate_free_credentials(c);
	return r > 0;
}

bool
tls_site_read(struct tls_site *s, const char *certificate, const char *key, const char *client_ca, struct err *e)
{
	*s = (struct tls_site){ buf_new(PEM_MAX), buf_new(PEM_MAX), buf_new(PEM_MAX) };
	if (!file_read(&s->certificate, certificate, e) || !read_key(&s->key, key, e) || !file_read(&s->client_ca, client_ca, e) || !check_site(s, e)) {
		tls_site_drop(s);
		return false;
	}
	/* The server takes texts that end with a NUL. */
	(void)buf_str(&s->certificate);
	(void)buf_str(&s->key);
	(void)buf_str(&s->client_ca);
	return true;
}

void
tls_site_drop(struct tls_site *s)
{
	if (s->key.ptr != NULL)
		explicit_bzero(s->key.ptr, s->key.len);
	buf_drop(&s->certificate);
	buf_drop(&s->key);
	buf_drop(&s->client_ca);
}

static bool
check_chain(gnutls_session_t session, struct err *e)
{
	gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT };
	gnutls_datum_t why = { NULL, 0 };
	unsigned status = 0;
	int r = gnutls_certificate_verify_peers(session, &purpose, 1, &status);

	if (r < 0)
		return fail(e, ERR_POLICY, "the client's certificate cannot be checked: %s", gnutls_strerror(r));
	if (status == 0)
		return true;
	r = gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &why, 0);
	fail(e, ERR_POLICY, "the client's certificate is not accepted: %s", r == 0 ? (char *)why.data : "it does not lead to the authority");
	gnutls_free(why.data);
	return false;
}

bool
tls_peer(struct buf *der, void *session, struct err *e)
{
	const gnutls_datum_t *list;
	unsigned n = 0;

	list = gnutls_certificate_get_peers(session, &n);
	if (list == NULL || n == 0)
		return true;
	if (!check_chain(session, e))
		return false;
	buf_put(der, list[0].data, list[0].size);
	return buf_ok(der, "the client's certificate", e);
}
