/* tests/hsm/module_mock.h -- the page between a test and module_mock.so: the
 * file TOKENS/mock.page, mapped by both. */
#pragma once

#include <stdatomic.h>

enum mock_command {
	MOCK_NOTHING, MOCK_SIGN_HANGS, MOCK_SIGN_FAILS, MOCK_SIGN_CRASHES, MOCK_SIGN_SHORT,
	MOCK_PIN_LOW, MOCK_PIN_LAST, MOCK_PIN_LOCKED, MOCK_START_HANGS, MOCK_LOGIN_HANGS,
};

struct mock_page { _Atomic int command, logins, signs, spared; };	/* spared: so many signatures go well, whatever the command */
