#include "verifier/proved.h"

#include <pthread.h>

#define KEY_MAX (16u << 10)	/* octets of a SubjectPublicKeyInfo; what a longer one signed is not remembered */

/* A few places for each hash: names of one judgement that fall together do not drive
 * each other out in turn. */
#define WAYS 4
#define SETS (PROVED_PLACES / WAYS)

static struct set { struct proved_name name[WAYS]; size_t taken, next; } lasting[SETS], passing[SETS];
static size_t computed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* A hash over hashes of the parts: no octet of one can pass for one of another. */
struct proved_name
proved_name(enum proved_what what, struct span octets, const X509 *by)
{
	unsigned char parts[1 + 2 * SHA256_LEN] = { (unsigned char)what };
	own_struct(buf) key = buf_new(KEY_MAX);
	struct proved_name name = { .passing = what == PROVED_ECDSA || what == PROVED_STAMP };

	cert_spki(&key, by);
	name.unnamed = key.failed;
	sha256(parts + 1, octets);
	sha256(parts + 1 + SHA256_LEN, buf_span(&key));
	sha256(name.octet, span_of(parts, sizeof(parts)));
	return name;
}

static struct set *
set_of(const struct proved_name *n)
{
	return &(n->passing ? passing : lasting)[(size_t)(n->octet[0] << 8 | n->octet[1]) % SETS];
}

/* Under the lock. */
static bool
is_there(const struct set *s, const struct proved_name *n)
{
	for (size_t i = 0; i < s->taken; i++)
		if (memcmp(s->name[i].octet, n->octet, SHA256_LEN) == 0)
			return true;
	return false;
}

bool
proved_before(const struct proved_name *n)
{
	bool found;

	if (n->unnamed)
		return false;
	pthread_mutex_lock(&lock);
	found = is_there(set_of(n), n);
	pthread_mutex_unlock(&lock);
	return found;
}

void
proved_now(const struct proved_name *n)
{
	struct set *s = set_of(n);

	pthread_mutex_lock(&lock);
	computed++;
	if (!n->unnamed && !is_there(s, n)) {
		s->name[s->next] = *n;
		s->next = (s->next + 1) % WAYS;
		s->taken += s->taken < WAYS;
	}
	pthread_mutex_unlock(&lock);
}

void
proved_forget(void)
{
	pthread_mutex_lock(&lock);
	memset(lasting, 0, sizeof(lasting));
	memset(passing, 0, sizeof(passing));
	pthread_mutex_unlock(&lock);
}

void
proved_next_document(void)
{
	pthread_mutex_lock(&lock);
	memset(passing, 0, sizeof(passing));
	pthread_mutex_unlock(&lock);
}

size_t
proved_count(void)
{
	size_t n;

	pthread_mutex_lock(&lock);
	n = computed;
	pthread_mutex_unlock(&lock);
	return n;
}

static bool
remember(const struct proved_name *n, bool holds)
{
	if (holds)
		proved_now(n);
	return holds;
}

/* Named by the digest of its octets. */
bool
proved_cert(X509 *cert, X509 *by)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len;
	struct proved_name n;

	if (X509_get0_pubkey(by) == NULL || X509_digest(cert, EVP_sha256(), digest, &len) != 1)
		return false;
	n = proved_name(PROVED_CERT, span_of(digest, len), by);
	return proved_before(&n) || remember(&n, X509_verify(cert, X509_get0_pubkey(by)) == 1);
}

bool
proved_crl(X509_CRL *crl, X509 *by)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len;
	struct proved_name n;

	if (X509_get0_pubkey(by) == NULL || X509_CRL_digest(crl, EVP_sha256(), digest, &len) != 1)
		return false;
	n = proved_name(PROVED_CRL, span_of(digest, len), by);
	return proved_before(&n) || remember(&n, X509_CRL_verify(crl, X509_get0_pubkey(by)) == 1);
}

bool
proved_ecdsa(struct span digest, struct span sig, X509 *by)
{
	own_struct(buf) octets = buf_new(1 << 10);
	struct proved_name n;

	if (digest.len != SHA256_LEN || X509_get0_pubkey(by) == NULL)
		return false;
	buf_put_span(&octets, digest);
	buf_put_span(&octets, sig);
	if (octets.failed)
		return false;
	n = proved_name(PROVED_ECDSA, buf_span(&octets), by);
	return proved_before(&n) || remember(&n, ecdsa_verify(X509_get0_pubkey(by), digest, sig));
}
