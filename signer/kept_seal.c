#include "signer/permit_life.h"

#include <stdlib.h>

#define KEPT_MAX 4096
#define RAW_LEN 64			/* r and s of P-256 */

struct kept { unsigned char digest[SHA256_LEN], raw[RAW_LEN]; struct kept *next; };

struct kept_seals { pthread_mutex_t lock; struct kept *first; size_t n; };

struct kept_seals *
kept_seals_new(void)
{
	struct kept_seals *k = xalloc(sizeof(*k));

	pthread_mutex_init(&k->lock, NULL);
	return k;
}

/* Where it hangs, or the end of the list. */
static struct kept **
find(struct kept_seals *k, const unsigned char digest[SHA256_LEN])
{
	struct kept **at = &k->first;

	while (*at != NULL && memcmp((*at)->digest, digest, SHA256_LEN) != 0)
		at = &(*at)->next;
	return at;
}

void
kept_seal_get(struct kept_seals *k, const unsigned char digest[SHA256_LEN], struct buf *raw)
{
	const struct kept *x;

	pthread_mutex_lock(&k->lock);
	x = *find(k, digest);
	if (x != NULL)
		buf_put(raw, x->raw, RAW_LEN);
	pthread_mutex_unlock(&k->lock);
}

void
kept_seal_put(struct kept_seals *k, const unsigned char digest[SHA256_LEN], struct span raw)
{
	struct kept **at;

	promise(raw.len == RAW_LEN);
	pthread_mutex_lock(&k->lock);
	at = find(k, digest);
	/* Beyond the bound it is made anew each time, as if there were no memory. */
	if (*at == NULL && k->n < KEPT_MAX) {
		*at = xalloc(sizeof(**at));
		**at = (struct kept){ .next = NULL };
		memcpy((*at)->digest, digest, SHA256_LEN);
		memcpy((*at)->raw, raw.ptr, RAW_LEN);
		k->n++;
	}
	pthread_mutex_unlock(&k->lock);
}

void
kept_seal_drop(struct kept_seals *k, const unsigned char digest[SHA256_LEN])
{
	struct kept **at, *x;

	pthread_mutex_lock(&k->lock);
	at = find(k, digest);
	x = *at;
	if (x != NULL) {
		*at = x->next;
		free(x);
		k->n--;
	}
	pthread_mutex_unlock(&k->lock);
}
