/*
 * tests/hsm/module_mock.c -- a PKCS#11 module for failures that no real token
 * gives when asked: SoftHSM behind a table of functions of which four obey the
 * page that a test shares with it.
 */
#include "tests/hsm/module_mock.h"

#include <p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REAL "/usr/lib/softhsm/libsofthsm2.so"

static CK_FUNCTION_LIST *real, ours;
static struct mock_page *page;

/* The page lies beside the tokens, whose folder SoftHSM's configuration names. */
static void
map_page(void)
{
	const char *conf = getenv("SOFTHSM2_CONF");
	FILE *f = conf != NULL ? fopen(conf, "r") : NULL;
	char line[512], folder[400], path[512];
	int fd;

	if (f == NULL)
		abort();
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "directories.tokendir = %399s", folder) == 1)
			break;
	fclose(f);
	snprintf(path, sizeof(path), "%s/mock.page", folder);
	fd = open(path, O_RDWR);
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (page == MAP_FAILED)
		abort();
}

static void
hang_if(enum mock_command c)
{
	while (atomic_load(&page->command) == (int)c)
		usleep(10000);
}

static CK_RV
mock_initialize(void *args)
{
	hang_if(MOCK_START_HANGS);
	return real->C_Initialize(args);
}

static CK_RV
mock_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	CK_RV rv = real->C_GetTokenInfo(slot, info);

	switch (atomic_load(&page->command)) {
	case MOCK_PIN_LOW:	info->flags |= CKF_USER_PIN_COUNT_LOW; break;
	case MOCK_PIN_LAST:	info->flags |= CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY; break;
	case MOCK_PIN_LOCKED:	info->flags |= CKF_USER_PIN_LOCKED; break;
	}
	return rv;
}

static CK_RV
mock_login(CK_SESSION_HANDLE s, CK_USER_TYPE type, CK_UTF8CHAR *pin, CK_ULONG len)
{
	atomic_fetch_add(&page->logins, 1);
	hang_if(MOCK_LOGIN_HANGS);
	return real->C_Login(s, type, pin, len);
}

static CK_RV
mock_sign(CK_SESSION_HANDLE s, CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	CK_RV rv;

	if (atomic_fetch_add(&page->signs, 1) < atomic_load(&page->spared))
		return real->C_Sign(s, data, len, out, out_len);
	hang_if(MOCK_SIGN_HANGS);
	switch (atomic_load(&page->command)) {
	case MOCK_SIGN_FAILS:	return CKR_DEVICE_ERROR;
	case MOCK_SIGN_CRASHES:	abort();
	}
	rv = real->C_Sign(s, data, len, out, out_len);
	if (atomic_load(&page->command) == MOCK_SIGN_SHORT)
		*out_len = 63;
	return rv;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out);

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **out)
{
	void *lib = dlopen(REAL, RTLD_NOW | RTLD_LOCAL);
	CK_C_GetFunctionList get;
	void *symbol;

	if (lib == NULL || (symbol = dlsym(lib, "C_GetFunctionList")) == NULL)
		return CKR_GENERAL_ERROR;
	memcpy(&get, &symbol, sizeof(get));
	if (real == NULL) {
		map_page();
		if (get(&real) != CKR_OK)
			return CKR_GENERAL_ERROR;
	}
	ours = *real;
	ours.C_Initialize = mock_initialize;
	ours.C_GetTokenInfo = mock_token_info;
	ours.C_Login = mock_login;
	ours.C_Sign = mock_sign;
	*out = &ours;
	return CKR_OK;
}
