#include "tests/register/tiles.h"

#include "base/file.h"
#include "tests/base/test.h"

#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <unistd.h>

bool
tiles_of_leaves(void *leaves, unsigned level, uint64_t index, struct hash *out, struct err *e)
{
	const struct hash *leaf = leaves;
	struct merkle_edge edge = { 0 };

	for (uint64_t i = index << level; i < (index + 1) << level; i++)
		merkle_append(&edge, &leaf[i]);
	merkle_root(out, &edge);
	return true;
}

char *
tiles_path(const struct tiles *t, const char *name)
{
	return xprintf("%s/%s", t->dir, name);
}

static void
write_file(const struct tiles *t, const char *name, struct span content)
{
	own_str char *path = tiles_path(t, name);
	own_str char *copy = xstrdup(path);
	struct err e;
	int fd;

	assert_done(folder_make(dirname(copy), 0755, &e), e);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_done(fd_write(fd, content, &e), e);
	close(fd);
}

void
tiles_begin(struct tiles *t)
{
	own_struct(buf) vkey = buf_new(300);
	unsigned char public[NOTE_KEY_LEN];
	size_t n = sizeof(public);
	struct err e;

	*t = (struct tiles){ .dir = "/tmp/antin-tiles-XXXXXX", .bundle = buf_new(1 << 20) };
	assert_non_null(mkdtemp(t->dir));
	t->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	assert_int_equal(EVP_PKEY_get_raw_public_key(t->key, public, &n), 1);
	assert_done(note_key_new(&t->known, TILES_ORIGIN, public, &e), e);
	note_key_text(&vkey, &t->known);
	buf_put_byte(&vkey, '\n');
	write_file(t, "log.vkey", buf_span(&vkey));
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	return remove(path);
}

void
tiles_end(struct tiles *t)
{
	nftw(t->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	EVP_PKEY_free(t->key);
	buf_drop(&t->bundle);
}

static void
write_tile(const struct tiles *t, int level, uint64_t n, unsigned width, struct span content)
{
	own_struct(buf) name = buf_new(200);

	tile_path(&name, level, n, width);
	write_file(t, buf_str(&name), content);
}

/* A full tile is written, and its root is a place of the level above. */
static void
put_hash(struct tiles *t, unsigned level, struct hash h)
{
	struct merkle_edge edge = { 0 };

	assert_true(level < TILES_LEVELS);
	t->level[level].hash[t->level[level].width++] = h;
	if (t->level[level].width < TILE_WIDTH)
		return;
	write_tile(t, (int)level, t->level[level].n, TILE_WIDTH, span_of(t->level[level].hash, sizeof(t->level[level].hash)));
	for (unsigned i = 0; i < TILE_WIDTH; i++)
		merkle_append(&edge, &t->level[level].hash[i]);
	t->level[level].n++;
	t->level[level].width = 0;
	put_hash(t, level + 1, edge.node[0]);
}

void
tiles_octets(struct tiles *t, struct span octets)
{
	struct hash leaf;

	merkle_leaf(&leaf, octets);
	merkle_append(&t->edge, &leaf);
	bundle_put(&t->bundle, octets);
	if (t->edge.size % TILE_WIDTH == 0) {
		write_tile(t, TILE_ENTRIES, t->edge.size / TILE_WIDTH - 1, TILE_WIDTH, buf_span(&t->bundle));
		buf_reset(&t->bundle);
	}
	put_hash(t, 0, leaf);
}

void
tiles_put(struct tiles *t, struct entry x)
{
	own_struct(buf) octets = buf_new(ENTRY_MAX);
	struct err e;

	memset(x.commit, (int)(t->edge.size & 0xff), sizeof(x.commit));
	assert_done(entry_write(&octets, &x, &e), e);
	tiles_octets(t, buf_span(&octets));
}

void
tiles_event(struct tiles *t, unsigned type, int64_t time, const char *org, const char *category, const unsigned char *handle, struct span public_)
{
	tiles_put(t, (struct entry){ .type = type, .time = time, .org = span_str(org), .category = span_str(category),
		.handle = handle != NULL ? span_of(handle, HANDLE_LEN) : SPAN_NONE, .prev = -1, .public_ = public_ });
}

void
tiles_root(struct hash *out, const struct tiles *t)
{
	merkle_root(out, &t->edge);
}

void
tiles_publish(struct tiles *t)
{
	struct checkpoint c = { .origin = TILES_ORIGIN, .size = t->edge.size };
	own(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	own_struct(buf) note = buf_new(NOTE_MAX);
	unsigned char signature[64];
	size_t n = sizeof(signature);

	for (unsigned level = 0; level < TILES_LEVELS; level++)
		if (t->level[level].width > 0)
			write_tile(t, (int)level, t->level[level].n, t->level[level].width, span_of(t->level[level].hash, t->level[level].width * sizeof(struct hash)));
	if (t->bundle.len > 0)
		write_tile(t, TILE_ENTRIES, t->edge.size / TILE_WIDTH, (unsigned)(t->edge.size % TILE_WIDTH), buf_span(&t->bundle));
	tiles_root(&c.root, t);
	checkpoint_text(&note, &c);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, t->key), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &n, note.ptr, note.len), 1);
	buf_put_byte(&note, '\n');
	note_line(&note, &t->known, signature);
	write_file(t, "checkpoint", buf_span(&note));
}
