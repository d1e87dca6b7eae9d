#include "hsm/log_memory.h"

#include "base/fault.h"
#include "base/file.h"

#include <stdlib.h>
#include <unistd.h>

#define HEAD "antin log memory 1\n"
#define MEMORY_MAX 1024

static char *
path_in(const char *folder)
{
	return xprintf("%s/last-checkpoint", folder);
}

static bool
save(const char *path, const unsigned char key_id[KEY_ID_LEN], const struct checkpoint *c, struct err *e)
{
	own_struct(buf) text = buf_new(MEMORY_MAX);

	buf_put_str(&text, HEAD);
	hex_put(&text, span_of(key_id, KEY_ID_LEN));
	buf_put_byte(&text, '\n');
	checkpoint_text(&text, c);
	return buf_ok(&text, "memory of the log's key", e) && file_write(path, buf_span(&text), 0600, e);
}

static bool
parse_any(unsigned char id[KEY_ID_LEN], struct checkpoint *last, struct span text, struct err *e)
{
	size_t head = strlen(HEAD), key = 2 * KEY_ID_LEN;

	if (text.len < head + key + 1 || memcmp(text.ptr, HEAD, head) != 0 || text.ptr[head + key] != '\n')
		return fail(e, ERR_STORE, "not a memory of the log's key");
	return hex_get_fixed(id, KEY_ID_LEN, span_of(text.ptr + head, key), e) &&
	    checkpoint_parse(last, span_of(text.ptr + head + key + 1, text.len - head - key - 1), e);
}

static bool
parse(struct log_memory *m, struct span text, struct err *e)
{
	unsigned char id[KEY_ID_LEN];

	if (!parse_any(id, &m->last, text, e))
		return false;
	return memcmp(id, m->key_id, sizeof(id)) == 0 || fail(e, ERR_CONFLICT, "it belongs to another key");
}

bool
log_memory_read(struct checkpoint *last, const char *path, struct err *e)
{
	own_struct(buf) text = buf_new(MEMORY_MAX);
	unsigned char id[KEY_ID_LEN];

	return file_read(&text, path, e) && (parse_any(id, last, buf_span(&text), e) || fail_in(e, "%s", path));
}

bool
log_memory_open(struct log_memory *m, const char *folder, const unsigned char key_id[KEY_ID_LEN],
    const char *origin, struct err *e)
{
	own_struct(buf) text = buf_new(MEMORY_MAX);
	own_str char *path = path_in(folder);

	*m = (struct log_memory){ .path = NULL };
	memcpy(m->key_id, key_id, KEY_ID_LEN);
	if (!file_read(&text, path, e)) {
		if (e->class == ERR_ABSENT)
			return fail(e, ERR_CONFLICT, "%s is missing: the log's key does not sign without knowing what it "
			    "signed last (for a new log: --begin-log)", path);
		return false;
	}
	if (!parse(m, buf_span(&text), e))
		return fail_in(e, "%s", path);
	if (strcmp(m->last.origin, origin) != 0)
		return fail(e, ERR_CONFLICT, "%s belongs to the log %s, not to %s", path, m->last.origin, origin);
	m->path = take(&path);
	return true;
}

bool
log_memory_begin(const char *folder, const unsigned char key_id[KEY_ID_LEN], const char *origin, struct err *e)
{
	own_str char *path = path_in(folder);
	struct checkpoint none = { .size = 0 };
	struct log_memory m;

	if (strlen(origin) >= sizeof(none.origin) || origin[0] == '\0' || strpbrk(origin, "\n+") != NULL)
		return fail(e, ERR_INPUT, "a log's origin has 1 to %zu characters, none of them + or a line feed", sizeof(none.origin) - 1);
	if (access(path, F_OK) == 0) {
		if (!log_memory_open(&m, folder, key_id, origin, e))
			return false;
		free(m.path);
		if (m.last.size == 0)
			return true;
		return fail(e, ERR_CONFLICT, "%s: this log has %llu entries, it is not new", path, (unsigned long long)m.last.size);
	}
	strcpy(none.origin, origin);
	merkle_empty(&none.root);
	return save(path, key_id, &none, e);
}

bool
log_memory_allows(const struct log_memory *m, const struct checkpoint *next, struct span proof, struct err *e)
{
	struct hash hashes[MERKLE_PROOF_MAX];
	const struct checkpoint *last = &m->last;
	unsigned long long size = next->size, before = last->size;

	if (strcmp(next->origin, last->origin) != 0)
		return fail(e, ERR_POLICY, "this key signs for the log %s only", last->origin);
	if (size < before)
		return fail(e, ERR_POLICY, "size %llu is smaller than %llu, which is signed already", size, before);
	if (size == before) {
		if (!hash_eq(&next->root, &last->root))
			return fail(e, ERR_POLICY, "another root for size %llu, which is signed already", size);
		if (proof.len != 0)
			return fail(e, ERR_POLICY, "a proof beside a checkpoint that has not grown");
		return true;
	}
	if (proof.len % HASH_LEN != 0 || proof.len > sizeof(hashes))
		return fail(e, ERR_INPUT, "a proof of %zu octets", proof.len);
	if (before == 0) {
		if (proof.len != 0)
			return fail(e, ERR_POLICY, "nothing was signed yet, so there is nothing to prove");
		return true;
	}
	if (proof.len > 0)
		memcpy(hashes, proof.ptr, proof.len);
	if (!merkle_check_consistency(before, size, &last->root, &next->root, hashes, proof.len / HASH_LEN, e)) {
		e->class = ERR_POLICY;
		return fail_in(e, "size %llu is not proven to continue size %llu", size, before);
	}
	return true;
}

bool
log_memory_advance(struct log_memory *m, const struct checkpoint *next, struct err *e)
{
	if (next->size == m->last.size)
		return true;
	if (!save(m->path, m->key_id, next, e))
		return false;
	FAULT_POINT("hsm.log.remembered");
	m->last = *next;
	return true;
}
