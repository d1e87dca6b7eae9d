#include "hsm/shares.h"

#include "base/ossl.h"

#include <libgfshare.h>

#include <stdio.h>

#define WORD "antin-share/1"
#define PIN_LEN 24		/* hex digits */
#define PROOF_LEN 8
#define BODY_LEN (PIN_LEN + PROOF_LEN)
#define CHECK_LEN 4

OWN_WITH(gfshare_ctx, gfshare_ctx_free)

/* The PIN and its proof; wiped wherever it stood. */
struct body { unsigned char octet[BODY_LEN]; };

static void
body_drop(struct body *b)
{
	OPENSSL_cleanse(b, sizeof(*b));
}

/* The library cannot hear a refusal. */
static void
fill_random(unsigned char *out, unsigned n)
{
	struct err e;

	promise(random_bytes(out, n, &e));
}

static void
prove(unsigned char out[PROOF_LEN], const struct body *b)
{
	unsigned char digest[SHA256_LEN];

	sha256(digest, span_of(b->octet, PIN_LEN));
	memcpy(out, digest, PROOF_LEN);
	OPENSSL_cleanse(digest, sizeof(digest));
}

static void
check_of(unsigned char out[CHECK_LEN], const struct secret *text, size_t len)
{
	unsigned char digest[SHA256_LEN];

	sha256(digest, span_of(text->octet, len));
	memcpy(out, digest, CHECK_LEN);
}

/*
 * Splitting.
 */

static bool
is_word(const char *token)
{
	return token[0] != '\0' && strlen(token) < sizeof(((struct share_facts *)NULL)->token) && strcspn(token, " \t\r\n") == strlen(token);
}

static void
write_share(struct secret *out, const struct share_facts *f, const struct body *b)
{
	char hex[2 * BODY_LEN + 1], set[2 * SHARE_SET_LEN + 1], check[2 * CHECK_LEN + 1];
	unsigned char sum[CHECK_LEN];
	int n;

	hex_text(hex, span_of(b->octet, BODY_LEN));
	hex_text(set, span_of(f->set, SHARE_SET_LEN));
	n = snprintf((char *)out->octet, SECRET_MAX, WORD " %s %u %u %u %s %s", f->token, f->needed, f->of, f->number, set, hex);
	promise(n > 0 && n + 2 * CHECK_LEN + 1 < SECRET_MAX);
	check_of(sum, out, (size_t)n);
	hex_text(check, span_of(sum, CHECK_LEN));
	out->len = (size_t)(n + snprintf((char *)out->octet + n, SECRET_MAX - (size_t)n, " %s", check));
	OPENSSL_cleanse(hex, sizeof(hex));
}

static bool
draw_pin(struct secret *pin, struct body *b, struct err *e)
{
	unsigned char drawn[PIN_LEN / 2];
	char hex[PIN_LEN + 1];
	bool good = random_bytes(drawn, sizeof(drawn), e);

	if (good) {
		hex_text(hex, span_of(drawn, sizeof(drawn)));
		memcpy(b->octet, hex, PIN_LEN);
		prove(b->octet + PIN_LEN, b);
		memcpy(pin->octet, hex, PIN_LEN);
		pin->len = PIN_LEN;
	}
	OPENSSL_cleanse(drawn, sizeof(drawn));
	OPENSSL_cleanse(hex, sizeof(hex));
	return good;
}

bool
shares_draw(struct secret *pin, struct secret *const text[], unsigned char set[SHARE_SET_LEN], const char *token, unsigned needed, unsigned of, struct err *e)
{
	own_struct(body) secret = { { 0 } };
	own_struct(body) share = { { 0 } };
	own(gfshare_ctx) *ctx = NULL;
	unsigned char numbers[SHARES_MAX];
	struct share_facts f = { .needed = needed, .of = of };

	if (needed < 2 || needed > of || of > SHARES_MAX)
		return fail(e, ERR_INPUT, "custodians: 2 or more are needed, of at most %d", SHARES_MAX);
	if (!is_word(token))
		return fail(e, ERR_INPUT, "a token that is shared has a word of at most 32 octets as its label");
	snprintf(f.token, sizeof(f.token), "%s", token);
	for (unsigned i = 0; i < of; i++)
		numbers[i] = (unsigned char)(i + 1);
	if (!draw_pin(pin, &secret, e) || !random_bytes(f.set, SHARE_SET_LEN, e))
		return false;
	gfshare_fill_rand = fill_random;
	ctx = gfshare_ctx_init_enc(numbers, of, (unsigned char)needed, BODY_LEN);
	promise(ctx != NULL);
	gfshare_ctx_enc_setsecret(ctx, secret.octet);
	for (unsigned i = 0; i < of; i++) {
		f.number = i + 1;
		gfshare_ctx_enc_getshare(ctx, (unsigned char)i, share.octet);
		write_share(text[i], &f, &share);
	}
	memcpy(set, f.set, SHARE_SET_LEN);
	return true;
}

/*
 * Joining.
 */

static bool
read_share(struct share_facts *f, struct body *b, const struct secret *text, struct err *e)
{
	char line[SECRET_MAX + 1], set[16], hex[80], check[16], word[16];
	unsigned char want[CHECK_LEN], have[CHECK_LEN];
	int end = 0, body = 0;
	bool good;

	promise(text->len <= SECRET_MAX);
	memcpy(line, text->octet, text->len);
	line[text->len] = '\0';
	good = sscanf(line, "%15s %32s %2u %2u %2u %15s %79s%n %15s%n", word, f->token, &f->needed, &f->of, &f->number, set, hex, &body, check, &end) == 8 &&
	    (size_t)end == text->len && strcmp(word, WORD) == 0 && hex_get_fixed(f->set, SHARE_SET_LEN, span_str(set), e) &&
	    hex_get_fixed(b->octet, BODY_LEN, span_str(hex), e) && hex_get_fixed(have, CHECK_LEN, span_str(check), e);
	if (good)
		check_of(want, text, (size_t)body);
	OPENSSL_cleanse(line, sizeof(line));
	OPENSSL_cleanse(hex, sizeof(hex));
	if (!good || f->needed < 2 || f->needed > f->of || f->of > SHARES_MAX || f->number < 1 || f->number > f->of)
		return fail(e, ERR_INPUT, "a share is not of its one form (hsm/shares.h)");
	return memcmp(want, have, CHECK_LEN) == 0 || fail(e, ERR_INPUT, "share %u has a typing error: its check does not fit", f->number);
}

bool
share_read(struct share_facts *out, const struct secret *text, struct err *e)
{
	own_struct(body) b = { { 0 } };

	return read_share(out, &b, text, e);
}

static bool
fits(const struct share_facts *f, const struct share_facts *first, const unsigned char *numbers, size_t n, const char *token, struct err *e)
{
	if (strcmp(f->token, token) != 0)
		return fail(e, ERR_POLICY, "share %u is of the token %s, not of %s", f->number, f->token, token);
	if (memcmp(f->set, first->set, SHARE_SET_LEN) != 0 || f->needed != first->needed || f->of != first->of)
		return fail(e, ERR_POLICY, "share %u is of another splitting", f->number);
	if (memchr(numbers, (int)f->number, n) != NULL)
		return fail(e, ERR_POLICY, "share %u was given twice", f->number);
	return true;
}

static bool
join(struct secret *pin, unsigned char *numbers, struct body *share, size_t n, struct err *e)
{
	own(gfshare_ctx) *ctx = NULL;
	own_struct(body) secret = { { 0 } };
	unsigned char proof[PROOF_LEN];

	gfshare_fill_rand = fill_random;	/* the library wipes with it */
	ctx = gfshare_ctx_init_dec(numbers, (unsigned)n, BODY_LEN);
	promise(ctx != NULL);
	for (size_t i = 0; i < n; i++)
		gfshare_ctx_dec_giveshare(ctx, (unsigned char)i, share[i].octet);
	gfshare_ctx_dec_extract(ctx, secret.octet);
	prove(proof, &secret);
	if (!span_eq_secret(span_of(proof, PROOF_LEN), span_of(secret.octet + PIN_LEN, PROOF_LEN)))
		return fail(e, ERR_POLICY, "these shares do not give the PIN: one of them was altered");
	memcpy(pin->octet, secret.octet, PIN_LEN);
	pin->len = PIN_LEN;
	return true;
}

bool
shares_join(struct secret *pin, const char *token, struct secret *const text[], size_t n, struct err *e)
{
	struct body share[SHARES_MAX] = { { { 0 } } };
	struct share_facts f, first = { .needed = 0 };
	unsigned char numbers[SHARES_MAX];
	bool good = (n >= 1 && n <= SHARES_MAX) || fail(e, ERR_INPUT, "1 to %d shares", SHARES_MAX);

	for (size_t i = 0; good && i < n; i++) {
		good = read_share(&f, &share[i], text[i], e);
		if (i == 0)
			first = f;
		good = good && fits(&f, &first, numbers, i, token, e);
		numbers[i] = (unsigned char)f.number;
	}
	if (good && n != first.needed)
		good = fail(e, ERR_POLICY, "%u shares are needed, %zu were given", first.needed, n);
	good = good && join(pin, numbers, share, n, e);
	OPENSSL_cleanse(share, sizeof(share));
	return good;
}
