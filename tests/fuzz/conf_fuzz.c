/* conf_parse, settings_parse: the section of a signing module, the one with most rules. */
#include "tests/fuzz/target.h"

#include "hsm/settings.h"

#include <stdlib.h>

#define SECTION "antin-hsm-issuing"

/* conf.h leaves strings to the process. */
static void
drop(struct settings *s)
{
	for (const struct conf_option *o = settings_table; o->key != NULL; o++)
		if (o->type == CONF_STR)
			free(*(char **)((char *)s + o->field));
	free((char *)s->name);
}

static void
write(struct buf *out, const struct settings *s)
{
	buf_put_str(out, "[" SECTION "]\n");
	for (const struct conf_option *o = settings_table; o->key != NULL; o++) {
		const void *at = (const char *)s + o->field;

		if (o->type == CONF_INT)
			buf_printf(out, "%s=%lld\n", o->key, (long long)*(const int64_t *)at);
		else
			buf_printf(out, "%s=%s\n", o->key, *(char *const *)at);
	}
}

/* Every octet of what was read is text: what a person sees is what the program reads. */
static void
check(const struct settings *s, struct span text)
{
	own_struct(buf) one = buf_new(1 << 20);
	own_struct(buf) two = buf_new(1 << 20);
	struct settings again;
	struct err e;

	promise(memchr(text.ptr, '\0', text.len) == NULL);
	promise(s->callers != 0 && s->deadline_ms >= 50 && s->connections >= 1 && s->connections <= 128);
	for (size_t i = 0; i < CALLERS; i++)
		promise(s->acl[i].n <= ACL_KEYS_MAX && !(s->acl[i].all && s->acl[i].n > 0));
	write(&one, s);
	promise(settings_parse(&again, buf_span(&one), SECTION, &e));
	write(&two, &again);
	promise(span_eq(buf_span(&one), buf_span(&two)) && again.callers == s->callers && memcmp(again.acl, s->acl, sizeof(again.acl)) == 0);
	drop(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings s;
	struct err e = { .class = ERR_BUG };

	if (settings_parse(&s, span_of(data, size), SECTION, &e))
		check(&s, span_of(data, size));
	else
		promise(e.text[0] != '\0' && e.class != ERR_BUG);
	drop(&s);
	return 0;
}
