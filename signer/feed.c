#include "signer/feed.h"

#include "base/clock.h"
#include "policy/scope.h"

#include <stdlib.h>
#include <time.h>

#define FEED_COLUMNS 13
#define FEED_SPAN 5000			/* entries a page walks through, at most */
#define FEED_PAGES 8
#define FEED_ITEMS 500			/* of a page, as register/feed_reads.c has it */
#define LOOK_MS 20			/* between two looks at the log's size */
#define WAIT_MAX_MS 2000

/* One line a verb; NULL: the act's or the step's own word. */
static const struct { const char *verb, *word; } words[] = {
	{ "permit.submit", "submitted" },
	{ "permit.officer_signed", "signed" },
	{ "permit.reserve", "numbered" },
	{ "permit.issue", "issued" },
	{ "permit.change", NULL },
	{ "dossier.event", NULL },
	{ "log.reimported", "register-restored" },
};

const char *
feed_word(const char *verb, int64_t act, const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].verb, verb) == 0)
			return words[i].word != NULL ? words[i].word : strcmp(verb, "permit.change") == 0 ? life_word(act) : word;
	return NULL;
}

static json_t *
hex_cell(const struct reg_cell *c)
{
	char text[HANDLE_HEX];

	if (c->null || c->s.len != HANDLE_LEN)
		return json_null();
	hex_text(text, c->s);
	return json_string(text);
}

/* Of a restore: from which entry to which records are lost. */
static void
put_lost(json_t *item, const struct reg_cell c[FEED_COLUMNS])
{
	json_object_set_new(item, "first", json_integer(c[10].i));
	json_object_set_new(item, "last", json_integer(c[11].i));
}

static bool
item_json(json_t **out, const struct reg_cell c[FEED_COLUMNS], struct err *e)
{
	own_str char *verb = span_dup_str(c[1].s);
	own_str char *step = c[3].null ? NULL : span_dup_str(c[3].s);
	const char *what = feed_word(verb, c[2].i, step);
	char time[TIME_TEXT];
	struct entry entry;

	if (what == NULL)
		return fail(e, ERR_BUG, "entry %lld is of no known event", (long long)c[0].i);
	if (!entry_read(&entry, c[12].s, e))
		return fail_in(e, "entry %lld", (long long)c[0].i);
	time_text_vn(time, entry.time);
	*out = json_pack("{s:I, s:s, s:s}", "entry", (json_int_t)c[0].i, "time", time, "what", what);
	if (strcmp(verb, "log.reimported") == 0) {
		put_lost(*out, c);
		return true;
	}
	json_object_set_new(*out, "handle", hex_cell(&c[4]));
	json_object_set_new(*out, "kind", reg_text_json(&c[5]));
	json_object_set_new(*out, "agency", reg_text_json(&c[6]));
	json_object_set_new(*out, "dossier", reg_text_json(&c[7]));
	json_object_set_new(*out, "number", reg_text_json(&c[8]));
	json_object_set_new(*out, "shortcode", reg_text_json(&c[9]));
	json_object_set_new(*out, "effective", reg_day_json(&c[10]));
	json_object_set_new(*out, "until", reg_day_json(&c[11]));
	return true;
}

/* Of a program: what there is behind `after`, of a log of `size` entries. */
struct feeding { const struct service *s; const struct program *asks; int64_t after, size; json_t *items; };

/* " a b ", in which a kind is found with its spaces; null: every kind. */
void
feed_put_kinds(struct reg_unit *read, const struct scope *s)
{
	own_str char *kinds = xprintf(" %s ", s->kinds);

	if (scope_has_kind(s, "*"))
		reg_null(read, "kinds");
	else
		reg_text(read, "kinds", kinds);
}

static bool
page(struct feeding *f, struct err *e)
{
	int64_t upto = f->size - 1 - f->after > FEED_SPAN ? f->after + FEED_SPAN : f->size - 1;
	own_struct(reg_unit) read = reg_read_new("feed");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[FEED_COLUMNS];
	size_t n = 0;
	bool more;

	reg_int(&read, "after", f->after);
	reg_int(&read, "upto", upto);
	reg_agencies(&read, f->asks->scope.agencies);
	feed_put_kinds(&read, &f->asks->scope);
	if (!reg_read(f->s->reg, &read, &rows, e) || !reg_next(&rows, c, FEED_COLUMNS, &more, e))
		return false;
	while (more) {
		json_t *item = NULL;

		if (!item_json(&item, c, e))
			return false;
		json_array_append_new(f->items, item);
		f->after = c[0].i;
		n++;
		if (!reg_next(&rows, c, FEED_COLUMNS, &more, e))
			return false;
	}
	/* A full page may have left some of its span behind. */
	if (n < FEED_ITEMS)
		f->after = upto;
	return true;
}

static bool
head_read(struct feed_head *h, const struct service *s, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("log.head");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[3];

	if (!reg_one(s->reg, &read, &rows, c, 3, "head of the log", e))
		return false;
	*h = (struct feed_head){ c[0].i, rows.size, rows.as_of };
	return true;
}

static bool
put_restored(json_t *out, const struct service *s, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("feed.restored");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[1];
	bool found;

	if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, 1, &found, e))
		return false;
	json_object_set_new(out, "restored", found ? json_integer(c[0].i) : json_null());
	return true;
}

static bool
put_replica(json_t *out, const struct feed_head *h)
{
	char text[TIME_TEXT];

	if (h->as_of == 0)
		return true;
	time_text_vn(text, h->as_of);
	return json_object_set_new(out, "replica", json_pack("{s:I, s:s}", "size", (json_int_t)h->replica_size, "as_of", text)) == 0;
}

static const struct err_rule ahead = { ERR_CONFLICT, "the log does not reach as far as this cursor: it was restored; begin from an earlier entry", "cursor-ahead",
	"Sổ chưa có đến mục này: sổ đã được khôi phục; hãy đọc lại từ một mục trước đó." };

bool
feed_head(struct feed_head *h, const struct service *s, uint64_t from, struct err *e)
{
	return head_read(h, s, e) && (from <= (uint64_t)h->size || fail_by(e, &ahead));
}

bool
feed_put_state(json_t *answer, const struct service *s, const struct feed_head *h, struct err *e)
{
	return put_restored(answer, s, e) && put_replica(answer, h);
}

bool
feed(json_t **out, const struct service *s, struct span who, uint64_t from, int64_t now, struct err *e)
{
	own_struct(program) asks = { .id = { 0 } };
	own(json_t) *items = json_array();
	own(json_t) *j = NULL;
	struct feeding f = { .s = s, .asks = &asks, .items = items };
	struct feed_head head;

	if (!program_find(&asks, s, who, RIGHT_READ, now, e) || !feed_head(&head, s, from, e))
		return false;
	f.after = (int64_t)from - 1;
	f.size = head.size;
	for (size_t i = 0; i < FEED_PAGES && json_array_size(items) == 0 && f.after < f.size - 1; i++)
		if (!page(&f, e))
			return false;
	j = json_pack("{s:O, s:I}", "items", items, "next", (json_int_t)f.after);
	if (!feed_put_state(j, s, &head, e))
		return false;
	*out = take(&j);
	return true;
}

bool
feed_wait(uint64_t *size, const struct service *s, uint64_t known, uint64_t ms, struct err *e)
{
	int64_t until = clock_mono_ms() + (int64_t)(ms < WAIT_MAX_MS ? ms : WAIT_MAX_MS);
	struct feed_head head;

	for (;;) {
		if (!head_read(&head, s, e))
			return false;
		*size = (uint64_t)head.size;
		if (*size != known || clock_mono_ms() >= until)
			return true;
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_MS * 1000000 }, NULL);
	}
}
