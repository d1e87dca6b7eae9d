#include "policy/mailbox.h"

#include "policy/policy.h"

#define LOCAL_MAX 64
#define LABEL_MAX 63
#define MAILBOX_MAX 254
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"
#define ATEXT LOWER UPPER DIGIT "!#$%&'*+-/=?^_`{|}~"	/* RFC 5322 3.2.3 */

static const struct err_rule missing = { ERR_INPUT, NULL, "mail-missing", "Thiếu địa chỉ thư điện tử." };
static const struct err_rule unasked = { ERR_INPUT, NULL, "mail-unasked", "Loại chứng thư này không ghi địa chỉ thư điện tử." };
static const struct err_rule foreign_letters = { ERR_INPUT, NULL, "mail-not-ascii", "Địa chỉ thư điện tử chỉ gồm chữ không dấu (ASCII)." };
static const struct err_rule form = { ERR_INPUT, NULL, "mail-form", "Địa chỉ thư điện tử không đúng dạng tên@tên-miền." };
static const struct err_rule domain = { ERR_POLICY, NULL, "mail-domain", "Địa chỉ thư điện tử không thuộc tên miền của thành phố." };

/* Parts of 1 to max characters out of set, a dot between two; how many, 0: not so. */
static size_t
dotted(const char *s, size_t len, const char *set, size_t max)
{
	size_t parts = 0;

	for (size_t at = 0;; at++) {
		size_t n = strspn(s + at, set);

		if (n > len - at)
			n = len - at;
		if (n == 0 || n > max)
			return 0;
		parts++;
		at += n;
		if (at == len)
			return parts;
		if (s[at] != '.')
			return 0;
	}
}

/* RFC 5890 2.3.1: letters, digits, hyphens within. */
static bool
domain_good(const char *s, size_t len)
{
	if (dotted(s, len, LOWER DIGIT "-", LABEL_MAX) < 2)
		return false;
	for (size_t i = 0; i < len; i++)
		if (s[i] == '-' && (i == 0 || i + 1 == len || s[i - 1] == '.' || s[i + 1] == '.'))
			return false;
	return true;
}

bool
mail_domains_good(const char *domains)
{
	for (const char *s = domains;; s++) {
		size_t n = strcspn(s, " ");

		if (!domain_good(s, n))
			return false;
		s += n;
		if (*s == '\0')
			return true;
	}
}

static bool
is_ascii(const char *s)
{
	while (*s != '\0')
		if ((unsigned char)*s++ >= 0x80)
			return false;
	return true;
}

bool
mailbox_check(const char *mail, const char *domains, struct err *e)
{
	const char *at;

	if (mail == NULL || mail[0] == '\0')
		return fail_rule(e, &missing, "\"mail\" is missing: the mailbox");
	if (!is_ascii(mail))
		return fail_rule(e, &foreign_letters, "\"mail\" is an internationalised mailbox; only ASCII is taken (RFC 5280 4.2.1.6)");
	at = strchr(mail, '@');
	if (at == NULL || strlen(mail) > MAILBOX_MAX || (size_t)(at - mail) > LOCAL_MAX || dotted(mail, (size_t)(at - mail), ATEXT, LOCAL_MAX) == 0 ||
	    !domain_good(at + 1, strlen(at + 1)))
		return fail_rule(e, &form, "\"mail\" is one mailbox, Local-part@Domain (RFC 5280 4.2.1.6)");
	return word_in(domains, at + 1) || fail_rule(e, &domain, "\"mail\": the domain %.100s is none of the policy's (%.80s)", at + 1, domains);
}

bool
mailbox_none(const char *profile, struct err *e)
{
	return fail_rule(e, &unasked, "a certificate of the profile %s names no mailbox", profile);
}

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s += 'a' - 'A';
}

char *
mailbox_lower_domain(const char *mail)
{
	char *out = xstrdup(mail);

	lower(out + strcspn(out, "@"));
	return out;
}

char *
mailbox_lower(const char *mail)
{
	char *out = xstrdup(mail);

	lower(out);
	return out;
}
