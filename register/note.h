/*
 * register/note.h -- signed notes, checkpoints and their cosignatures
 * (c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature).
 *
 *	note        text LF, an empty line, then lines  "— name base64(id || signature)"
 *	checkpoint  origin LF size LF base64(root) LF
 *	vkey        name+hex(id)+base64(kind || Ed25519 public key)
 *	id          first 4 octets of SHA-256(name LF kind || public key)
 *
 * Two kinds of key: a log's (0x01) signs the text; a witness's (0x04) signs
 * "cosignature/v1 LF time N LF" and the text, and its signature is N as 8
 * octets before the 64 of Ed25519.  A line by an unknown (name, id) is ignored;
 * a line by a known key that does not verify refuses the whole note.  Signing
 * is the caller's (the log key lives on a token): note_line() frames it.
 *
 * Pure, but for note_key_read and note_key_given; open to every level above.
 */
#pragma once

#include "register/merkle.h"

#define NOTE_MAX (16u << 10)
#define NOTE_NAME_MAX 128
#define NOTE_KEY_LEN 32
#define NOTE_SIGNATURES_MAX 64	/* a log's, and those of every witness that a policy may name */

enum note_kind { NOTE_LOG = 1, NOTE_WITNESS = 4 };
struct note_key { enum note_kind kind; char name[NOTE_NAME_MAX]; unsigned char id[4], key[NOTE_KEY_LEN]; };

/* A log's key. */
must_check bool note_key_new(struct note_key *out, const char *name, const unsigned char key[NOTE_KEY_LEN], struct err *);
must_check bool note_key_parse(struct note_key *out, const char *vkey, struct err *);
/* Out of a file that is its vkey (log.vkey); or the vkey itself, else its file. */
must_check bool note_key_read(struct note_key *out, const char *path, struct err *);
must_check bool note_key_given(struct note_key *out, const char *vkey_or_path, struct err *);
/* A witness's. */
must_check bool note_witness_new(struct note_key *out, const char *name, const unsigned char key[NOTE_KEY_LEN], struct err *);
must_check bool note_witness_parse(struct note_key *out, const char *vkey, struct err *);
void note_key_text(struct buf *out, const struct note_key *);	/* the vkey */

struct checkpoint { char origin[NOTE_NAME_MAX]; uint64_t size; struct hash root; };

/* The text that is signed. */
void checkpoint_text(struct buf *out, const struct checkpoint *);
/* Reads the first three lines; extension lines are refused (we make none). */
must_check bool checkpoint_parse(struct checkpoint *out, struct span text, struct err *);
/* The same of a log that may not be ours: extension lines are passed over. */
must_check bool checkpoint_parse_any(struct checkpoint *out, struct span text, struct err *);

/* One signature line for 64 octets of Ed25519 by a log's key; by a witness's,
 * made at time over cosignature_text. */
void note_line(struct buf *out, const struct note_key *, const unsigned char signature[64]);
void cosignature_text(struct buf *out, int64_t time, struct span text);
void cosignature_line(struct buf *out, const struct note_key *, int64_t time, const unsigned char signature[64]);
/* Splits a note at its last empty line; text borrows from note. */
must_check bool note_split(struct span *text, struct span *signatures, struct span note, struct err *);
/* What one key says under a note: nothing, or its line (of several, a witness's
 * newest) and, a witness, when by its own clock.  Refused: a line by it that
 * fails, and what is no note. */
struct note_word { bool there; int64_t time; struct span line; };
must_check bool note_look(struct note_word *out, struct span note, const struct note_key *, struct err *);
/* At least one line by key verifies, and none by it fails. */
must_check bool note_check(struct span note, const struct note_key *, struct err *);
/* Both: a checkpoint of this origin's key (origin = the key's name). */
must_check bool checkpoint_check(struct checkpoint *out, struct span note, const struct note_key *, struct err *);
