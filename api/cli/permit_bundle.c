#include "api/cli/permit_bundle.h"

#include "api/cli/archive.h"
#include "api/cli/bundle.h"
#include "api/cli/permit_check.h"
#include "api/cli/permit_story.h"
#include "api/cli/story_page.h"
#include "base/file.h"
#include "register/log_state.h"

#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX (32u << 20)
#define CHECK_MAX (4u << 20)

static void
bundle_free(struct bundle *b)
{
	permit_drop(&b->permit);
	permit_drop(&b->again);
	for (size_t i = 0; i < b->n; i++) {
		free(b->file[i].name);
		buf_drop(&b->file[i].body);
	}
	buf_drop(&b->check);
	buf_drop(&b->note);
	free(b);
}
typedef struct bundle bundle_t;
OWN_WITH(bundle_t, bundle_free)

struct buf *
bundle_add(struct bundle *b, const char *fmt, ...)
{
	struct bundle_file *f = &b->file[b->n++];
	char name[200];
	va_list ap;

	promise(b->n <= BUNDLE_FILES_MAX);
	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	f->name = xstrdup(name);
	f->body = buf_new(FILE_MAX);
	return &f->body;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct bundle_file *)a)->name, ((const struct bundle_file *)b)->name);
}

/* The last but the sums: its sheet names all the others. */
static bool
add_story(struct bundle *b, struct err *e)
{
	own(json_t) *story = NULL;
	struct story_piece piece[BUNDLE_FILES_MAX];
	size_t n;
	int64_t last;

	if (!store_int(b->h->stored->db, "SELECT time FROM log_head", NULL, 0, &last, e) || !story_tell(&story, b->h, day_in_vietnam(last), e))
		return false;
	story_text(bundle_add(b, "story.txt"), story);
	qsort(b->file, b->n, sizeof(b->file[0]), by_name);
	for (n = 0; n < b->n; n++)
		piece[n] = (struct story_piece){ b->file[n].name, buf_span(&b->file[n].body) };
	story_page(bundle_add(b, "story.html"), story, piece, n);
	return true;
}

/* The kind's file as it stands in the policy that the signatures name; another
 * policy's is not brought, as nobody signed under it. */
static bool
add_policy(struct bundle *b, const char *policy_folder, struct err *e)
{
	const struct policy *p = b->h->stored->policy;
	own_str char *path = xprintf("%s/kinds/%s.xml", policy_folder, b->h->kind);
	struct buf *files;
	char hash[2 * SHA256_LEN + 1];

	if (memcmp(b->permit.seal.policy_hash, p->hash, SHA256_LEN) != 0) {
		buf_put_str(&b->check, "\n# Chính sách hiện hành không còn là bản mà con dấu nêu, nên không có trong gói.\n");
		return true;
	}
	hex_text(hash, span_of(p->hash, SHA256_LEN));
	if (!file_read(bundle_add(b, "policy/%s.xml", b->h->kind), path, e))
		return false;
	files = bundle_add(b, "policy/files");
	for (size_t i = 0; i < p->nparts; i++) {
		hex_put(files, span_of(p->part[i].digest, SHA256_LEN));
		buf_printf(files, "  %s\n", p->part[i].name);
	}
	check_add(&b->check, CHECK_POLICY, (const char *const[]){ "id", "seal", "hash", hash, NULL });
	check_add(&b->check, CHECK_POLICY_HASH, (const char *const[]){ "hash", hash, NULL });
	check_add(&b->check, CHECK_POLICY_KIND, (const char *const[]){ "id", b->h->kind, NULL });
	return true;
}

static bool
add_sums(struct bundle *b, struct err *e)
{
	struct buf *sums = bundle_add(b, "SHA256SUMS");

	for (size_t i = 0; i + 1 < b->n; i++) {
		unsigned char digest[SHA256_LEN];

		if (!buf_ok(&b->file[i].body, b->file[i].name, e))
			return false;
		sha256(digest, buf_span(&b->file[i].body));
		hex_put(sums, span_of(digest, sizeof(digest)));
		buf_printf(sums, "  %s\n", b->file[i].name);
	}
	return buf_ok(sums, "SHA256SUMS", e);
}

static bool
add_copy(struct bundle *b, struct err *e)
{
	const struct history *h = b->h;

	if (h->reaffirmed.len == 0)
		return true;
	buf_put_span(bundle_add(b, "reaffirmed.xml"), buf_span(&h->reaffirmed));
	return permit_read(&b->again, buf_span(&h->reaffirmed), h->stored->policy, h->stored->grammars, e);
}

static bool
fill(struct bundle *b, const char *policy_folder, struct err *e)
{
	const struct history *h = b->h;

	buf_put_span(bundle_add(b, "permit.xml"), buf_span(&h->sealed));
	bundle_authority(b);
	if (!bundle_checkpoint(b, e) || !permit_read(&b->permit, buf_span(&h->sealed), h->stored->policy, h->stored->grammars, e) || !add_copy(b, e) ||
	    !bundle_signatures(b, e) || !bundle_reaffirmation(b, e))
		return false;
	for (size_t i = 0; i < h->n; i++)
		if ((h->at[i].order != NULL && !bundle_order(b, &h->at[i], e)) || !bundle_entry(b, &h->at[i], e))
			return false;
	if (!bundle_appointments(b, e) || !add_policy(b, policy_folder, e) || !buf_ok(&b->check, "CHECK.txt", e))
		return false;
	check_write(bundle_add(b, "CHECK.txt"), buf_span(&b->check));
	if (!add_story(b, e))
		return false;
	qsort(b->file, b->n, sizeof(b->file[0]), by_name);
	return add_sums(b, e);
}

bool
bundle_make(struct buf *zip, const struct history *h, const char *policy_folder, const struct log_policy *witnesses, struct err *e)
{
	own(bundle_t) *b = xalloc(sizeof(*b));
	struct archive_file file[BUNDLE_FILES_MAX];

	if (h->sealed.len == 0)
		return fail(e, ERR_CONFLICT, "the permit %s was not issued: antin permit story tells what there is", h->hex);
	b->h = h;
	b->witnesses = witnesses;
	b->check = buf_new(CHECK_MAX);
	b->note = buf_new(2 * NOTE_MAX);
	if (!fill(b, policy_folder, e))
		return fail_in(e, "permit %s", h->hex);
	for (size_t i = 0; i < b->n; i++)
		file[i] = (struct archive_file){ b->file[i].name, buf_span(&b->file[i].body) };
	return archive_write(zip, file, b->n, e);
}
