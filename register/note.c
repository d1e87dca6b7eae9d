#include "register/note.h"

#include "base/text.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <stdlib.h>

#define ED25519_TYPE 1
#define DASH "\xe2\x80\x94 "	/* em dash, space */

static bool
name_ok(const char *name, struct err *e)
{
	if (*name == '\0' || strlen(name) >= NOTE_NAME_MAX || strpbrk(name, " +\t\r\n") != NULL ||
	    !utf8_check(span_str(name), e))
		return fail(e, ERR_INPUT, "a note's key name is 1 to %d bytes without spaces or '+'", NOTE_NAME_MAX - 1);
	return true;
}

bool
note_key_new(struct note_key *out, const char *name, const unsigned char key[NOTE_KEY_LEN], struct err *e)
{
	own_struct(buf) b = buf_new(256);
	unsigned char digest[32];

	if (!name_ok(name, e))
		return false;
	buf_printf(&b, "%s\n", name);
	buf_put_byte(&b, ED25519_TYPE);
	buf_put(&b, key, NOTE_KEY_LEN);
	promise(EVP_Digest(b.ptr, b.len, digest, NULL, EVP_sha256(), NULL) == 1);
	*out = (struct note_key){ 0 };
	strcpy(out->name, name);
	memcpy(out->id, digest, 4);
	memcpy(out->key, key, NOTE_KEY_LEN);
	return true;
}

bool
note_key_parse(struct note_key *out, const char *vkey, struct err *e)
{
	own_str char *copy = xstrdup(vkey);
	own_struct(buf) key = buf_new(64);
	char *rest = copy;
	char *name = strsep(&rest, "+"), *id = strsep(&rest, "+");
	unsigned char octets[4];

	if (id == NULL || rest == NULL)
		return fail(e, ERR_INPUT, "a log's key is name+id+key");
	if (strpbrk(id, "ABCDEF") != NULL)
		return fail(e, ERR_INPUT, "the id of a log's key is in lower case");
	if (!hex_get_fixed(octets, 4, span_str(id), e) || !base64_get(&key, span_str(rest), e))
		return fail_in(e, "the log's key");
	if (key.len != NOTE_KEY_LEN + 1 || key.ptr[0] != ED25519_TYPE)
		return fail(e, ERR_INPUT, "the log's key is not Ed25519 (type 1)");
	if (!note_key_new(out, name, key.ptr + 1, e))
		return false;
	if (memcmp(out->id, octets, 4) != 0)
		return fail(e, ERR_INPUT, "the log's key does not have the id that it claims");
	return true;
}

void
note_key_text(struct buf *out, const struct note_key *k)
{
	unsigned char typed[NOTE_KEY_LEN + 1] = { ED25519_TYPE };

	memcpy(typed + 1, k->key, NOTE_KEY_LEN);
	buf_printf(out, "%s+", k->name);
	hex_put(out, span_of(k->id, 4));
	buf_put_byte(out, '+');
	base64_put(out, span_of(typed, sizeof(typed)));
}

void
checkpoint_text(struct buf *out, const struct checkpoint *c)
{
	buf_printf(out, "%s\n%llu\n", c->origin, (unsigned long long)c->size);
	base64_put(out, span_of(c->root.octet, HASH_LEN));
	buf_put_byte(out, '\n');
}

/* The next line without its LF; false when there is none. */
static bool
take_line(struct span *text, struct span *line)
{
	const unsigned char *end = text->len == 0 ? NULL : memchr(text->ptr, '\n', text->len);

	if (end == NULL)
		return false;
	*line = span_of(text->ptr, (size_t)(end - text->ptr));
	text->len -= line->len + 1;
	text->ptr = end + 1;
	return true;
}

static bool
take_size(struct span line, uint64_t *out)
{
	uint64_t v = 0;

	if (line.len == 0 || line.len > 19 || (line.len > 1 && line.ptr[0] == '0'))
		return false;
	for (size_t i = 0; i < line.len; i++) {
		if (line.ptr[i] < '0' || line.ptr[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(line.ptr[i] - '0');
	}
	*out = v;
	return true;
}

bool
checkpoint_parse(struct checkpoint *out, struct span text, struct err *e)
{
	struct span origin, size, root;
	own_struct(buf) hash = buf_new(64);
	struct checkpoint c = { 0 };

	if (!take_line(&text, &origin) || !take_line(&text, &size) || !take_line(&text, &root))
		return fail(e, ERR_INPUT, "a checkpoint has three lines");
	if (text.len != 0)
		return fail(e, ERR_INPUT, "a checkpoint with more than three lines");
	if (origin.len == 0 || origin.len >= NOTE_NAME_MAX)
		return fail(e, ERR_INPUT, "a checkpoint's origin has 1 to %d bytes", NOTE_NAME_MAX - 1);
	if (!take_size(size, &c.size))
		return fail(e, ERR_INPUT, "a checkpoint's size is a decimal number");
	if (!base64_get(&hash, root, e) || hash.len != HASH_LEN)
		return fail(e, ERR_INPUT, "a checkpoint's root is base64 of 32 bytes");
	memcpy(c.origin, origin.ptr, origin.len);
	memcpy(c.root.octet, hash.ptr, HASH_LEN);
	*out = c;
	return true;
}

void
note_line(struct buf *out, const struct note_key *k, const unsigned char signature[64])
{
	unsigned char octets[68];

	memcpy(octets, k->id, 4);
	memcpy(octets + 4, signature, 64);
	buf_printf(out, DASH "%s ", k->name);
	base64_put(out, span_of(octets, sizeof(octets)));
	buf_put_byte(out, '\n');
}

bool
note_split(struct span *text, struct span *signatures, struct span note, struct err *e)
{
	size_t at = note.len;

	if (note.len > NOTE_MAX)
		return fail(e, ERR_LIMIT, "a note of more than %u bytes", NOTE_MAX);
	if (!utf8_check(note, e))
		return fail_in(e, "note");
	for (size_t i = 0; i < note.len; i++)
		if (note.ptr[i] < 0x20 && note.ptr[i] != '\n')
			return fail(e, ERR_INPUT, "a note with a control byte");
	while (at >= 2 && !(note.ptr[at - 1] == '\n' && note.ptr[at - 2] == '\n'))
		at--;
	if (at < 2 || at == note.len || note.ptr[note.len - 1] != '\n')
		return fail(e, ERR_INPUT, "not a signed note");
	*text = span_of(note.ptr, at - 1);
	*signatures = span_of(note.ptr + at, note.len - at);
	return true;
}

static bool
ed25519_good(const unsigned char key[NOTE_KEY_LEN], struct span text, const unsigned char sig[64])
{
	EVP_PKEY *k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, NOTE_KEY_LEN);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = k != NULL && ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k) == 1 &&
	    EVP_DigestVerify(ctx, sig, 64, text.ptr, text.len) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(k);
	ERR_clear_error();
	return good;
}

enum line_fate { LINE_BAD = 0, LINE_OTHER, LINE_GOOD };

static enum line_fate
check_line(struct span line, struct span text, const struct note_key *k, struct err *e)
{
	own_struct(buf) sig = buf_new(8192);
	size_t dash = strlen(DASH), name = strlen(k->name);
	const unsigned char *space;

	if (line.len < dash || memcmp(line.ptr, DASH, dash) != 0) {
		fail(e, ERR_INPUT, "a signature line of a note begins with an em dash");
		return LINE_BAD;
	}
	line = span_of(line.ptr + dash, line.len - dash);
	space = memchr(line.ptr, ' ', line.len);
	if (space == NULL || !base64_get(&sig, span_of(space + 1, (size_t)(line.ptr + line.len - space - 1)), e) || sig.len < 5) {
		fail(e, ERR_INPUT, "a signature line of a note is not name and base64");
		return LINE_BAD;
	}
	if ((size_t)(space - line.ptr) != name || memcmp(line.ptr, k->name, name) != 0 || memcmp(sig.ptr, k->id, 4) != 0)
		return LINE_OTHER;
	if (sig.len != 68 || !ed25519_good(k->key, text, sig.ptr + 4)) {
		fail(e, ERR_INPUT, "the note's signature by %s does not verify", k->name);
		return LINE_BAD;
	}
	return LINE_GOOD;
}

bool
note_check(struct span note, const struct note_key *k, struct err *e)
{
	struct span text, rest, line;
	unsigned lines = 0;
	bool good = false;

	if (!note_split(&text, &rest, note, e))
		return false;
	while (take_line(&rest, &line)) {
		enum line_fate fate;

		if (++lines > NOTE_SIGNATURES_MAX)
			return fail(e, ERR_LIMIT, "a note with more than %d signatures", NOTE_SIGNATURES_MAX);
		fate = check_line(line, text, k, e);
		if (fate == LINE_BAD)
			return false;
		good |= fate == LINE_GOOD;
	}
	return good || fail(e, ERR_INPUT, "the note is not signed by %s", k->name);
}

bool
checkpoint_check(struct checkpoint *out, struct span note, const struct note_key *k, struct err *e)
{
	struct span text, signatures;
	struct checkpoint c;

	if (!note_check(note, k, e) || !note_split(&text, &signatures, note, e) || !checkpoint_parse(&c, text, e))
		return false;
	if (strcmp(c.origin, k->name) != 0)
		return fail(e, ERR_INPUT, "the checkpoint is of another log (%.60s)", c.origin);
	*out = c;
	return true;
}
