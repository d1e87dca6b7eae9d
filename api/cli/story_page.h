/*
 * api/cli/story_page.h -- a permit's story (permit_story.h) as one sheet to print, HTML.
 *
 * One file: its style stands in it, it has no script and asks nobody for anything, and
 * says so to the browser.  It is XML as well, so that any parser reads it.  Each step
 * has its sentence, in large type, and its facts under their names, Vietnamese and
 * English; of a fact that has no name here the key is shown: none is left out.
 *
 * Within a bundle the sheet lists the other pieces with their SHA-256, so that the
 * paper names what it was printed with.
 */
#pragma once

#include "base/json.h"

/* One piece that lies beside the sheet. */
struct story_piece { const char *name; struct span octets; };

/* The same story and pieces make the same octets; pieces sorted by name, may be NULL. */
void story_page(struct buf *out, const json_t *story, const struct story_piece *pieces, size_t n);

extern const char story_css[];	/* story.css */
