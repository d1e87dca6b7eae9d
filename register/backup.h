/*
 * register/backup.h -- a copy of the register that can be put back.
 *
 * A folder, readable by its owner alone:
 *
 *	register.db	every row as of one moment; an SQLite file, whatever the
 *			register itself lives in
 *	manifest.json	{"antin":"backup/1","made","schema","log":{"origin","size","root","key"},
 *			"checkpoint","files":[{"name","size","sha256"}],"kept_elsewhere":[...]}
 *
 * "log" is the log as it is in the copy; "checkpoint" the note that was
 * published last when it was made, "key" the key that signed it.  Neither keys
 * nor PINs are in it, nor the keys of programs (of which the register has only
 * hashes); "kept_elsewhere" names what an authority needs besides.
 *
 * The register goes on working while it is made.  Written beside its name,
 * made durable, judged by fsck, renamed: under its name there is a whole backup
 * or nothing, and never another than the first.
 */
#pragma once

#include "register/note.h"

#define BACKUP_DATABASE "register.db"
#define BACKUP_MANIFEST "manifest.json"

struct backup {
	int64_t made, schema;
	struct checkpoint log;		/* origin is empty before anything was published */
	char key[NOTE_NAME_MAX + 128];	/* the log's vkey; may be empty, as the note */
	struct buf note;
	unsigned char sha256[32];	/* of the manifest */
};
void backup_drop(struct backup *);

/* Of a running register or a stopped one.  ERR_CONFLICT when folder exists. */
must_check bool backup_make(struct backup *out, const char *database, const char *folder, int64_t now, struct err *);
/* The manifest alone: how old, how far. */
must_check bool backup_read(struct backup *out, const char *folder, struct err *);
/* And every octet beside it, and the copy judged by fsck. */
must_check bool backup_verify(struct backup *out, const char *folder, struct err *);
