/* zipped_file: each of its files, and whether the zip itself is refused, every time alike. */
#include "tests/fuzz/target.h"

#include "base/text.h"
#include "verifier/zipped.h"

#define OCTETS_MAX (1u << 20)	/* of a file; verifier/worker.c gives 8 MiB */
#define LOOKED_AT_MAX 40

/* true: the zip itself was read. */
static bool
look_at(struct span zip, uint64_t index, size_t *files)
{
	own_struct(buf) name = buf_new(ZIPPED_NAME_MAX), octets = buf_new(OCTETS_MAX);
	struct err e = { ERR_NONE, "" };

	*files = 0;
	if (!zipped_file(files, &name, &octets, zip, index, &e)) {
		promise(e.class == ERR_ABSENT || e.class == ERR_INPUT || e.class == ERR_LIMIT);
		return e.class != ERR_ABSENT;
	}
	promise(index < *files && *files <= ZIPPED_FILES_MAX && octets.len <= OCTETS_MAX);
	promise(name.len > 0 && name.len <= ZIPPED_NAME_MAX && name.ptr[name.len - 1] != '/' && memchr(name.ptr, 0, name.len) == NULL && utf8_check(buf_span(&name), &e));
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span zip = span_of(data, size);
	size_t files, each;

	if (!look_at(zip, 0, &files))
		return 0;
	promise(!look_at(zip, files, &each) && each == files);
	for (size_t i = 1; i < files && i < LOOKED_AT_MAX; i++)
		promise(look_at(zip, i, &each) && each == files);
	return 0;
}
