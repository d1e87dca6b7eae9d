/*
 * tests/ca/left.h -- what a world made stays behind when the world goes:
 * certificates, CRLs, OCSP packs and permits, in a folder of the build's `left`,
 * where tests/opinion asks others about them.
 *
 * Certificates and CRLs are taken from the register, every one that was ever
 * signed, and so are sealed permits and their later copies, unless the test changed
 * rows itself, with the authorities of others for time stamps; of OCSP batches what is published when this is called.  A file's name
 * is its content's hash: to take a thing twice is to take it once.
 */
#pragma once

#include "tests/ca/world.h"

/* The register need not run. */
void left_take(const struct world *);
