#include "hsm/ckr.h"

#include <p11-kit/pkcs11.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#define LOST true

static const struct {
	CK_RV rv;
	const char *name;
	enum err_class class;
	bool lost;
} table[] = {
#define ROW(rv, ...) { rv, #rv, __VA_ARGS__ }
	ROW(CKR_HOST_MEMORY,               ERR_TOKEN, LOST),
	ROW(CKR_SLOT_ID_INVALID,           ERR_ABSENT, LOST),
	ROW(CKR_GENERAL_ERROR,             ERR_TOKEN, LOST),
	ROW(CKR_FUNCTION_FAILED,           ERR_TOKEN, LOST),
	ROW(CKR_ARGUMENTS_BAD,             ERR_BUG, false),
	ROW(CKR_ATTRIBUTE_READ_ONLY,       ERR_TOKEN, false),
	ROW(CKR_ATTRIBUTE_SENSITIVE,       ERR_TOKEN, false),
	ROW(CKR_ATTRIBUTE_TYPE_INVALID,    ERR_TOKEN, false),
	ROW(CKR_ATTRIBUTE_VALUE_INVALID,   ERR_TOKEN, false),
	ROW(CKR_DATA_INVALID,              ERR_INPUT, false),
	ROW(CKR_DATA_LEN_RANGE,            ERR_INPUT, false),
	ROW(CKR_DEVICE_ERROR,              ERR_TOKEN, LOST),
	ROW(CKR_DEVICE_MEMORY,             ERR_TOKEN, LOST),
	ROW(CKR_DEVICE_REMOVED,            ERR_TOKEN, LOST),
	ROW(CKR_FUNCTION_CANCELED,         ERR_TOKEN, false),
	ROW(CKR_FUNCTION_NOT_SUPPORTED,    ERR_TOKEN, false),
	ROW(CKR_KEY_HANDLE_INVALID,        ERR_TOKEN, LOST),
	ROW(CKR_KEY_TYPE_INCONSISTENT,     ERR_TOKEN, false),
	ROW(CKR_KEY_FUNCTION_NOT_PERMITTED, ERR_TOKEN, false),
	ROW(CKR_MECHANISM_INVALID,         ERR_TOKEN, false),
	ROW(CKR_MECHANISM_PARAM_INVALID,   ERR_TOKEN, false),
	ROW(CKR_OBJECT_HANDLE_INVALID,     ERR_TOKEN, LOST),
	ROW(CKR_OPERATION_ACTIVE,          ERR_TOKEN, false),
	ROW(CKR_OPERATION_NOT_INITIALIZED, ERR_TOKEN, LOST),
	ROW(CKR_PIN_INCORRECT,             ERR_POLICY, false),
	ROW(CKR_PIN_INVALID,               ERR_POLICY, false),
	ROW(CKR_PIN_LEN_RANGE,             ERR_POLICY, false),
	ROW(CKR_PIN_EXPIRED,               ERR_POLICY, false),
	ROW(CKR_PIN_LOCKED,                ERR_POLICY, false),
	ROW(CKR_SESSION_CLOSED,            ERR_TOKEN, LOST),
	ROW(CKR_SESSION_COUNT,             ERR_LIMIT, false),
	ROW(CKR_SESSION_HANDLE_INVALID,    ERR_TOKEN, LOST),
	ROW(CKR_SESSION_READ_ONLY,         ERR_TOKEN, false),
	ROW(CKR_SESSION_EXISTS,            ERR_CONFLICT, false),
	ROW(CKR_TEMPLATE_INCOMPLETE,       ERR_TOKEN, false),
	ROW(CKR_TEMPLATE_INCONSISTENT,     ERR_TOKEN, false),
	ROW(CKR_TOKEN_NOT_PRESENT,         ERR_ABSENT, LOST),
	ROW(CKR_TOKEN_NOT_RECOGNIZED,      ERR_TOKEN, LOST),
	ROW(CKR_TOKEN_WRITE_PROTECTED,     ERR_TOKEN, false),
	ROW(CKR_USER_ALREADY_LOGGED_IN,    ERR_CONFLICT, false),
	ROW(CKR_USER_NOT_LOGGED_IN,        ERR_TOKEN, LOST),
	ROW(CKR_USER_PIN_NOT_INITIALIZED,  ERR_POLICY, false),
	ROW(CKR_USER_ANOTHER_ALREADY_LOGGED_IN, ERR_CONFLICT, false),
	ROW(CKR_RANDOM_NO_RNG,             ERR_TOKEN, false),
	ROW(CKR_DOMAIN_PARAMS_INVALID,     ERR_TOKEN, false),
	ROW(CKR_CURVE_NOT_SUPPORTED,       ERR_TOKEN, false),
	ROW(CKR_BUFFER_TOO_SMALL,          ERR_TOKEN, false),
	ROW(CKR_CRYPTOKI_NOT_INITIALIZED,  ERR_TOKEN, LOST),
	ROW(CKR_CRYPTOKI_ALREADY_INITIALIZED, ERR_BUG, false),
#undef ROW
};

#define ROWS (sizeof(table) / sizeof(table[0]))

static size_t
row_of(unsigned long rv)
{
	for (size_t i = 0; i < ROWS; i++)
		if (table[i].rv == rv)
			return i;
	return ROWS;
}

const char *
ckr_name(unsigned long rv)
{
	size_t i = row_of(rv);

	return i < ROWS ? table[i].name : "CKR_?";
}

enum err_class
ckr_class(unsigned long rv)
{
	size_t i = row_of(rv);

	return i < ROWS ? table[i].class : ERR_TOKEN;
}

bool
ckr_is_lost(unsigned long rv)
{
	size_t i = row_of(rv);

	return i < ROWS && table[i].lost;
}

bool
fail_ckr(struct err *e, unsigned long rv, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (row_of(rv) == ROWS)
		return fail(e, ERR_TOKEN, "%s (vendor's return value 0x%lx)", text, rv);
	return fail(e, ckr_class(rv), "%s (%s)", text, ckr_name(rv));
}
