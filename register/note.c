#include "register/note.h"

#include "base/file.h"
#include "base/text.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <stdlib.h>

#define VKEY_MAX 1024

#define TIME_LEN 8
#define SIGNATURE_LEN 64
#define DASH "\xe2\x80\x94 "	/* em dash, space */

static bool
name_ok(const char *name, struct err *e)
{
	if (*name == '\0' || strlen(name) >= NOTE_NAME_MAX || strpbrk(name, " +\t\r\n") != NULL ||
	    !utf8_check(span_str(name), e))
		return fail(e, ERR_INPUT, "a note's key name is 1 to %d bytes without spaces or '+'", NOTE_NAME_MAX - 1);
	return true;
}

static const char *
owner(enum note_kind kind)
{
	return kind == NOTE_LOG ? "log" : "witness";
}

static bool
key_new(struct note_key *out, enum note_kind kind, const char *name, const unsigned char key[NOTE_KEY_LEN], struct err *e)
{
	own_struct(buf) b = buf_new(256);
	unsigned char digest[32];

	if (!name_ok(name, e))
		return false;
	buf_printf(&b, "%s\n", name);
	buf_put_byte(&b, (unsigned char)kind);
	buf_put(&b, key, NOTE_KEY_LEN);
	promise(EVP_Digest(b.ptr, b.len, digest, NULL, EVP_sha256(), NULL) == 1);
	*out = (struct note_key){ .kind = kind };
	strcpy(out->name, name);
	memcpy(out->id, digest, 4);
	memcpy(out->key, key, NOTE_KEY_LEN);
	return true;
}

static bool
key_parse(struct note_key *out, enum note_kind kind, const char *vkey, struct err *e)
{
	own_str char *copy = xstrdup(vkey);
	own_struct(buf) key = buf_new(64);
	char *rest = copy;
	char *name = strsep(&rest, "+"), *id = strsep(&rest, "+");
	unsigned char octets[4];
	struct note_key k;

	if (id == NULL || rest == NULL)
		return fail(e, ERR_INPUT, "a %s's key is name+id+key", owner(kind));
	if (strpbrk(id, "ABCDEF") != NULL)
		return fail(e, ERR_INPUT, "the id of a %s's key is in lower case", owner(kind));
	if (!hex_get_fixed(octets, 4, span_str(id), e) || !base64_get(&key, span_str(rest), e))
		return fail_in(e, "the %s's key", owner(kind));
	if (key.len != NOTE_KEY_LEN + 1 || key.ptr[0] != kind)
		return fail(e, ERR_INPUT, "the %s's key is not Ed25519 of type %d", owner(kind), kind);
	if (!key_new(&k, kind, name, key.ptr + 1, e))
		return false;
	if (memcmp(k.id, octets, 4) != 0)
		return fail(e, ERR_INPUT, "the %s's key does not have the id that it claims", owner(kind));
	*out = k;
	return true;
}

bool
note_key_new(struct note_key *out, const char *name, const unsigned char key[NOTE_KEY_LEN], struct err *e)
{
	return key_new(out, NOTE_LOG, name, key, e);
}

bool
note_key_parse(struct note_key *out, const char *vkey, struct err *e)
{
	return key_parse(out, NOTE_LOG, vkey, e);
}

bool
note_key_read(struct note_key *out, const char *path, struct err *e)
{
	own_struct(buf) line = buf_new(VKEY_MAX);

	if (!file_read(&line, path, e))
		return false;
	if (line.len > 0 && line.ptr[line.len - 1] == '\n')
		line.len--;
	if (memchr(line.ptr != NULL ? (const char *)line.ptr : "", 0, line.len) != NULL)
		return fail(e, ERR_INPUT, "%s is not the line of a key", path);
	return note_key_parse(out, buf_str(&line), e) || fail_in(e, "%s", path);
}

bool
note_key_given(struct note_key *out, const char *vkey_or_path, struct err *e)
{
	struct err ignored;

	return note_key_parse(out, vkey_or_path, &ignored) || note_key_read(out, vkey_or_path, e);
}

bool
note_witness_new(struct note_key *out, const char *name, const unsigned char key[NOTE_KEY_LEN], struct err *e)
{
	return key_new(out, NOTE_WITNESS, name, key, e);
}

bool
note_witness_parse(struct note_key *out, const char *vkey, struct err *e)
{
	return key_parse(out, NOTE_WITNESS, vkey, e);
}

void
note_key_text(struct buf *out, const struct note_key *k)
{
	unsigned char typed[NOTE_KEY_LEN + 1] = { (unsigned char)k->kind };

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

bool
checkpoint_parse_any(struct checkpoint *out, struct span text, struct err *e)
{
	struct span origin, size, root, extension;
	own_struct(buf) hash = buf_new(64);
	struct checkpoint c = { 0 };

	if (!span_take_line(&text, &origin) || !span_take_line(&text, &size) || !span_take_line(&text, &root))
		return fail(e, ERR_INPUT, "a checkpoint has three lines");
	if (origin.len == 0 || origin.len >= NOTE_NAME_MAX)
		return fail(e, ERR_INPUT, "a checkpoint's origin has 1 to %d bytes", NOTE_NAME_MAX - 1);
	if (!decimal_get(&c.size, size, e))
		return fail_in(e, "a checkpoint's size");
	if (c.size > INT64_MAX)
		return fail(e, ERR_INPUT, "a checkpoint of more than 2^63 - 1 entries");
	if (!base64_get(&hash, root, e) || hash.len != HASH_LEN)
		return fail(e, ERR_INPUT, "a checkpoint's root is base64 of 32 bytes");
	while (span_take_line(&text, &extension))
		if (extension.len == 0)
			return fail(e, ERR_INPUT, "a checkpoint with an empty line");
	if (text.len > 0)
		return fail(e, ERR_INPUT, "a checkpoint's last line does not end");
	memcpy(c.origin, origin.ptr, origin.len);
	memcpy(c.root.octet, hash.ptr, HASH_LEN);
	*out = c;
	return true;
}

bool
checkpoint_parse(struct checkpoint *out, struct span text, struct err *e)
{
	struct checkpoint c;
	unsigned lines = 0;

	if (!checkpoint_parse_any(&c, text, e))
		return false;
	for (size_t i = 0; i < text.len; i++)
		lines += text.ptr[i] == '\n';
	if (lines != 3)
		return fail(e, ERR_INPUT, "a checkpoint with more than three lines");
	*out = c;
	return true;
}

static void
put_line(struct buf *out, const struct note_key *k, struct span signature)
{
	own_struct(buf) octets = buf_new(4 + TIME_LEN + SIGNATURE_LEN);

	buf_put(&octets, k->id, 4);
	buf_put_span(&octets, signature);
	buf_printf(out, DASH "%s ", k->name);
	base64_put(out, buf_span(&octets));
	buf_put_byte(out, '\n');
}

void
note_line(struct buf *out, const struct note_key *k, const unsigned char signature[64])
{
	put_line(out, k, span_of(signature, SIGNATURE_LEN));
}

void
cosignature_text(struct buf *out, int64_t time, struct span text)
{
	buf_printf(out, "cosignature/v1\ntime %lld\n", (long long)time);
	buf_put_span(out, text);
}

void
cosignature_line(struct buf *out, const struct note_key *k, int64_t time, const unsigned char signature[64])
{
	own_struct(buf) timed = buf_new(TIME_LEN + SIGNATURE_LEN);

	buf_put_u64(&timed, (uint64_t)time);
	buf_put(&timed, signature, SIGNATURE_LEN);
	put_line(out, k, buf_span(&timed));
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

/* What stands behind the id: a signature, with a witness after its time. */
static bool
signature_good(const struct note_key *k, struct span text, struct span s, int64_t *time)
{
	own_struct(buf) timed = buf_new(NOTE_MAX + 64);
	uint64_t t;

	*time = 0;
	if (k->kind == NOTE_LOG)
		return s.len == SIGNATURE_LEN && ed25519_good(k->key, text, s.ptr);
	if (s.len != TIME_LEN + SIGNATURE_LEN)
		return false;
	t = get_u64(s.ptr);
	if (t > INT64_MAX)
		return false;
	*time = (int64_t)t;
	cosignature_text(&timed, *time, text);
	return !timed.failed && ed25519_good(k->key, buf_span(&timed), s.ptr + TIME_LEN);
}

/* One line: by another key, or by this one and good, or the note is refused. */
static bool
look_at_line(struct note_word *out, struct span line, struct span text, const struct note_key *k, struct err *e)
{
	own_struct(buf) sig = buf_new(8192);
	size_t dash = strlen(DASH), name = strlen(k->name);
	struct note_word w = { .there = true, .line = line };
	const unsigned char *space;

	if (line.len < dash || memcmp(line.ptr, DASH, dash) != 0)
		return fail(e, ERR_INPUT, "a signature line of a note begins with an em dash");
	line = span_of(line.ptr + dash, line.len - dash);
	space = memchr(line.ptr, ' ', line.len);
	if (space == NULL || !base64_get(&sig, span_of(space + 1, (size_t)(line.ptr + line.len - space - 1)), e) || sig.len < 5)
		return fail(e, ERR_INPUT, "a signature line of a note is not name and base64");
	if ((size_t)(space - line.ptr) != name || memcmp(line.ptr, k->name, name) != 0 || memcmp(sig.ptr, k->id, 4) != 0)
		return true;
	if (!signature_good(k, text, span_of(sig.ptr + 4, sig.len - 4), &w.time))
		return fail(e, ERR_INPUT, "the note's signature by %s does not verify", k->name);
	if (!out->there || w.time > out->time)
		*out = w;
	return true;
}

bool
note_look(struct note_word *out, struct span note, const struct note_key *k, struct err *e)
{
	struct span text, rest, line;
	struct note_word w = { .there = false };
	unsigned lines = 0;

	if (!note_split(&text, &rest, note, e))
		return false;
	while (span_take_line(&rest, &line)) {
		if (++lines > NOTE_SIGNATURES_MAX)
			return fail(e, ERR_LIMIT, "a note with more than %d signatures", NOTE_SIGNATURES_MAX);
		if (!look_at_line(&w, line, text, k, e))
			return false;
	}
	*out = w;
	return true;
}

bool
note_check(struct span note, const struct note_key *k, struct err *e)
{
	struct note_word w;

	return note_look(&w, note, k, e) && (w.there || fail(e, ERR_INPUT, "the note is not signed by %s", k->name));
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
