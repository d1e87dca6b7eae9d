/* note_split, note_check, note_look, checkpoint_parse, checkpoint_parse_any, checkpoint_check. */
#include "tests/fuzz/target.h"

#include "register/note.h"

#define VKEY "xacthuc.hoagiang.example/register+da89c5e4+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define WITNESS "witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN"

/* What a witness says under it stands in it. */
static void
look(struct span note)
{
	struct note_word word;
	struct note_key key;
	struct err e;

	promise(note_witness_parse(&key, WITNESS, &e));
	if (note_look(&word, note, &key, &e) && word.there)
		promise(word.time >= 0 && word.line.ptr > note.ptr && word.line.ptr + word.line.len < note.ptr + note.len);
}

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
	look(note);
	if (!note_split(&text, &signatures, note, &e))
		return 0;
	promise(text.len + 1 + signatures.len == size && text.ptr == data && signatures.ptr == data + text.len + 1);
	if (checkpoint_parse(&c, text, &e)) {
		promise(checkpoint_parse_any(&seen, text, &e) && seen.size == c.size && hash_eq(&seen.root, &c.root));
		checkpoint_text(&again, &c);
		promise(span_eq(buf_span(&again), text));
	}
	return 0;
}
