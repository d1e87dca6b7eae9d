/* tests/hsm/softhsm.h -- a folder with SoftHSM tokens of its own, for one test
 * program: SoftHSM reads its configuration once a process. */
#pragma once

#include "hsm/token.h"

#define TEST_PIN "4711-test"
#define TEST_SO_PIN "security-4711"

/* Makes the folder and sets SOFTHSM2_CONF; the path, which lives on. */
const char *softhsm_begin(void);
/* DIR/name, malloc'd; one folder holds the tokens ("tokens"). */
char *softhsm_path(const char *name);
/* A token, its PIN TEST_PIN. */
void softhsm_token(const char *label);
/* An open token with that label. */
struct token *softhsm_open(const char *label);
struct secret *secret_of(const char *text);
/* Removes the folder. */
void softhsm_end(void);
