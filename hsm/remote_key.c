#include "hsm/remote_key.h"

#include "base/cbor.h"
#include "hsm/ec_key.h"

#include <stdlib.h>

#define CALL_TIMEOUT_MS 30000	/* longer than a deadline and a restart of the child */

struct hsm { struct peer *peer; };

static const struct msg_type types[] = { HSM_MESSAGES(MSG_TYPE) };

struct hsm *
hsm_new(const char *socket)
{
	struct hsm *h = xalloc(sizeof(*h));

	h->peer = peer_new(socket, types, sizeof(types) / sizeof(types[0]), HSM_MESSAGE_MAX, CALL_TIMEOUT_MS);
	return h;
}

void
hsm_free(struct hsm *h)
{
	if (h == NULL)
		return;
	peer_free(h->peer);
	free(h);
}

bool
hsm_wait(struct hsm *h, int timeout_ms, struct err *e)
{
	return peer_wait(h->peer, timeout_ms, e);
}

/* antin-hsm replaces the process that holds the module without losing its
 * sockets: the second connection reaches the new one. */
static bool
call(struct hsm *h, const struct msg *request, struct msg *reply, struct err *e)
{
	if (peer_call(h->peer, request, reply, e))
		return true;
	return e->class == ERR_LATER && peer_call(h->peer, request, reply, e);
}

/*
 * HSM_KEYS
 */

static bool
read_key(struct hsm_key *out, struct cbor *c, struct err *e)
{
	struct span id, spki, label;
	uint64_t alg;
	size_t items;

	if (!cbor_get_array(c, &items, "key", e))
		return false;
	if (items != 4)
		return fail(e, ERR_BUG, "a key of antin-hsm has 4 items, not %zu", items);
	if (!cbor_get_bytes(c, &id, "key id", e) || !cbor_get_uint(c, &alg, "algorithm", e) ||
	    !cbor_get_bytes(c, &spki, "public key", e) || !cbor_get_text(c, &label, "label", e))
		return false;
	if (id.len != KEY_ID_LEN || spki.len > sizeof(out->spki) || label.len >= sizeof(out->label))
		return fail(e, ERR_BUG, "a key of antin-hsm does not fit");
	*out = (struct hsm_key){ .alg = (enum hsm_alg)alg, .spki_len = spki.len };
	memcpy(out->id, id.ptr, KEY_ID_LEN);
	memcpy(out->spki, spki.ptr, spki.len);
	memcpy(out->label, label.ptr, label.len);
	return true;
}

bool
hsm_keys(struct hsm *h, struct hsm_key out[HSM_KEYS_MAX], size_t *n, struct err *e)
{
	own_struct(msg) request = msg_new(HSM_KEYS, HSM_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(0, 1);
	struct cbor c;
	size_t count;

	if (!call(h, &request, &reply, e) || !cbor_check(msg_span(&reply, 0), e))
		return false;
	c = cbor_read(msg_span(&reply, 0));
	if (!cbor_get_array(&c, &count, "keys", e))
		return false;
	if (count > HSM_KEYS_MAX)
		return fail(e, ERR_LIMIT, "antin-hsm lists more than %d keys", HSM_KEYS_MAX);
	for (size_t i = 0; i < count; i++)
		if (!read_key(&out[i], &c, e))
			return false;
	*n = count;
	return true;
}

/*
 * HSM_SIGN
 */

bool
hsm_sign_many(struct hsm *h, const unsigned char key_id[KEY_ID_LEN], enum hsm_alg alg,
    struct span digests, struct buf *raw, struct err *e)
{
	size_t n = digests.len / SHA256_LEN;

	if (digests.len == 0 || digests.len % SHA256_LEN != 0)
		return fail(e, ERR_INPUT, "digests have %d octets each, these %zu together", SHA256_LEN, digests.len);
	for (size_t at = 0; at < n; at += HSM_BATCH_MAX) {
		size_t now = n - at < HSM_BATCH_MAX ? n - at : HSM_BATCH_MAX;
		own_struct(msg) request = msg_new(HSM_SIGN, HSM_MESSAGE_MAX);
		own_struct(msg) reply = msg_new(0, 1);

		msg_put(&request, span_of(key_id, KEY_ID_LEN));
		msg_put_u64(&request, alg);
		msg_put(&request, span_of(digests.ptr + at * SHA256_LEN, now * SHA256_LEN));
		if (!call(h, &request, &reply, e))
			return false;
		if (msg_span(&reply, 0).len != now * HSM_SIGNATURE_LEN)
			return fail(e, ERR_TOKEN, "%zu octets of signatures came back, not %zu",
			    msg_span(&reply, 0).len, now * HSM_SIGNATURE_LEN);
		buf_put_span(raw, msg_span(&reply, 0));
	}
	return buf_ok(raw, "signatures", e);
}

bool
hsm_sign(struct hsm *h, const unsigned char key_id[KEY_ID_LEN], enum hsm_alg alg,
    struct span digest, struct buf *raw, struct err *e)
{
	if (digest.len != SHA256_LEN)
		return fail(e, ERR_INPUT, "a digest of %zu octets where %d are signed", digest.len, SHA256_LEN);
	return hsm_sign_many(h, key_id, alg, digest, raw, e);
}

static bool
sign_there(void *where, const void *key, struct span digest, struct buf *raw, struct err *e)
{
	return hsm_sign(where, key, HSM_ECDSA_P256, digest, raw, e);
}

bool
remote_key(EVP_PKEY **out, struct hsm *h, struct span spki, struct err *e)
{
	unsigned char id[KEY_ID_LEN];

	sha256(id, spki);
	return ec_key_elsewhere(out, spki, sign_there, h, span_of(id, sizeof(id)), e);
}

bool
remote_key_of_cert(EVP_PKEY **out, struct hsm *h, const X509 *cert, struct err *e)
{
	own_struct(buf) spki = buf_new(4096);
	EVP_PKEY *pub = X509_get0_pubkey(cert);

	if (pub == NULL)
		return fail_ossl(e, ERR_INPUT, "a certificate without a readable key");
	pubkey_to_spki(&spki, pub);
	return buf_ok(&spki, "public key", e) && remote_key(out, h, buf_span(&spki), e);
}
