/*
 * tests/fuzz/target.h -- what every fuzz target includes.
 *
 * A target is fuzz/NOUN_fuzz.c with its seeds in fuzz/NOUN.in/; it opens with
 * the functions that it targets.  Besides not falling over, what was read and
 * accepted must be written again as the same octets, where there is a writer:
 * promise() says so.  Preset fuzz makes libFuzzer programs of them
 * (tests/long/fuzz.sh); every other build runs them over their seeds (driver.c).
 */
#pragma once

#include "base/bytes.h"
#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
