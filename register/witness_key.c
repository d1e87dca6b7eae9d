#include "register/witness_key.h"

#include "base/file.h"
#include "base/ossl.h"

#include <openssl/pem.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEM_MAX 4096

struct witness_key { EVP_PKEY *key; struct note_key name; };

typedef struct buf wiped_buf;

static void
wiped_buf_drop(wiped_buf *b)
{
	if (b->ptr != NULL)
		explicit_bzero(b->ptr, b->cap);
	buf_drop(b);
}

static bool
key_pem(BIO *pem, EVP_PKEY *key, const char *path, struct err *e)
{
	own_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char *octets;
	long n;

	if (fd < 0)
		return fail(e, errno == EEXIST ? ERR_CONFLICT : ERR_STORE, "cannot make the key file %s: %s", path, strerror(errno));
	if (PEM_write_bio_PKCS8PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) != 1)
		return fail_ossl(e, ERR_BUG, "the new key");
	n = BIO_get_mem_data(pem, &octets);
	return fd_write(fd, span_of(octets, (size_t)n), e) && (fsync(fd) == 0 || fail(e, ERR_STORE, "%s: %s", path, strerror(errno)));
}

bool
witness_key_make(const char *path, struct err *e)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	BIO *pem = BIO_new(BIO_s_secmem());
	bool good = key != NULL && pem != NULL ? key_pem(pem, key, path, e) : fail_ossl(e, ERR_BUG, "a new key");

	BIO_free(pem);
	EVP_PKEY_free(key);
	return good;
}

/* From one descriptor: what was looked at is what is read. */
static bool
read_pem(struct buf *out, const char *path, struct err *e)
{
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return fail(e, ERR_ABSENT, "cannot open the key file %s: %s", path, strerror(errno));
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return fail(e, ERR_POLICY, "the key file %s can be read by others; chmod 600", path);
	return fd_read(out, fd, path, e);
}

static bool
take_key(struct witness_key *k, struct span pem, const char *name, struct err *e)
{
	BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	unsigned char public[NOTE_KEY_LEN];
	size_t n = sizeof(public);

	k->key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	BIO_free(in);
	if (k->key == NULL || EVP_PKEY_get_id(k->key) != EVP_PKEY_ED25519 || EVP_PKEY_get_raw_public_key(k->key, public, &n) != 1)
		return fail_ossl(e, ERR_INPUT, "the key file holds no Ed25519 key");
	return note_witness_new(&k->name, name, public, e);
}

bool
witness_key_read(struct witness_key **out, const char *path, const char *name, struct err *e)
{
	__attribute__((cleanup(wiped_buf_drop))) wiped_buf pem = buf_new(PEM_MAX);
	own(witness_key_t) *k = xalloc(sizeof(*k));

	if (!read_pem(&pem, path, e) || !take_key(k, buf_span(&pem), name, e))
		return false;
	*out = take(&k);
	return true;
}

void
witness_key_free(struct witness_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->key);
	free(k);
}

const struct note_key *
witness_key_name(const struct witness_key *k)
{
	return &k->name;
}

bool
witness_key_cosign(struct buf *out, const struct witness_key *k, int64_t time, struct span text, struct err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	own_struct(buf) timed = buf_new(NOTE_MAX + 64);
	unsigned char signature[64];
	size_t n = sizeof(signature);
	bool good;

	cosignature_text(&timed, time, text);
	good = ctx != NULL && !timed.failed && EVP_DigestSignInit(ctx, NULL, NULL, NULL, k->key) == 1 &&
	    EVP_DigestSign(ctx, signature, &n, timed.ptr, timed.len) == 1;
	EVP_MD_CTX_free(ctx);
	if (!good)
		return fail_ossl(e, ERR_BUG, "cosigning");
	cosignature_line(out, &k->name, time, signature);
	return buf_ok(out, "cosignature", e);
}
