/* note_key_parse, note_witness_parse. */
#include "tests/fuzz/target.h"

#include "register/note.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_str char *text = span_dup_str(span_of(data, size));
	own_struct(buf) again = buf_new(1 << 20);
	struct note_key key;
	struct err e;

	if (note_key_parse(&key, text, &e)) {
		note_key_text(&again, &key);
		promise(strcmp(buf_str(&again), text) == 0);
	}
	if (note_witness_parse(&key, text, &e)) {
		note_key_text(&again, &key);
		promise(strcmp(buf_str(&again), text) == 0);
	}
	return 0;
}
