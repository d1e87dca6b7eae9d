/*
 * register/note.h -- signed notes and checkpoints (c2sp.org/signed-note,
 * c2sp.org/tlog-checkpoint).
 *
 *	note        text LF, an empty line, then lines  "— name base64(id || signature)"
 *	checkpoint  origin LF size LF base64(root) LF
 *	vkey        name+hex(id)+base64(0x01 || Ed25519 public key)
 *	id          first 4 octets of SHA-256(name LF 0x01 || public key)
 *
 * Ed25519 (type 0x01) only.  A line by an unknown (name, id) is ignored; a line
 * by a known key that does not verify refuses the whole note.  Signing is the
 * caller's (the log key lives on a token): note_line() frames a signature.
 *
 * Pure; open to every level above.
 */
#pragma once

#include "register/merkle.h"

#define NOTE_MAX (16u << 10)
#define NOTE_NAME_MAX 128
#define NOTE_KEY_LEN 32
#define NOTE_SIGNATURES_MAX 16

struct note_key { char name[NOTE_NAME_MAX]; unsigned char id[4], key[NOTE_KEY_LEN]; };

must_check bool note_key_new(struct note_key *out, const char *name, const unsigned char key[NOTE_KEY_LEN], struct err *);
must_check bool note_key_parse(struct note_key *out, const char *vkey, struct err *);
void note_key_text(struct buf *out, const struct note_key *);	/* the vkey */

struct checkpoint { char origin[NOTE_NAME_MAX]; uint64_t size; struct hash root; };

/* The text that is signed. */
void checkpoint_text(struct buf *out, const struct checkpoint *);
/* Reads the first three lines; extension lines are refused (we make none). */
must_check bool checkpoint_parse(struct checkpoint *out, struct span text, struct err *);

/* One signature line for 64 octets of Ed25519. */
void note_line(struct buf *out, const struct note_key *, const unsigned char signature[64]);
/* Splits a note at its last empty line; text borrows from note. */
must_check bool note_split(struct span *text, struct span *signatures, struct span note, struct err *);
/* At least one line by key verifies, and none by it fails. */
must_check bool note_check(struct span note, const struct note_key *, struct err *);
/* Both: a checkpoint of this origin's key (origin = the key's name). */
must_check bool checkpoint_check(struct checkpoint *out, struct span note, const struct note_key *, struct err *);
