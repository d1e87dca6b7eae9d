/* note_split, note_check, checkpoint_parse, checkpoint_check. */
#include "tests/fuzz/target.h"

#include "register/note.h"

#define VKEY "xacthuc.hoagiang.example/register+da89c5e4+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span note = span_of(data, size), text, signatures;
	own_struct(buf) again = buf_new(NOTE_MAX);
	struct checkpoint c, seen;
	struct note_key key;
	struct err e;

	promise(note_key_parse(&key, VKEY, &e));
	if (checkpoint_check(&seen, note, &key, &e))
		promise(note_check(note, &key, &e));
	if (!note_split(&text, &signatures, note, &e))
		return 0;
	promise(text.len + 1 + signatures.len == size && text.ptr == data && signatures.ptr == data + text.len + 1);
	if (checkpoint_parse(&c, text, &e)) {
		checkpoint_text(&again, &c);
		promise(span_eq(buf_span(&again), text));
	}
	return 0;
}
