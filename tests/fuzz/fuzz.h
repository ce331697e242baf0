/* What every fuzz target includes: the one function it defines. Returns 0. */
#ifndef ASTRAD_FUZZ_H
#define ASTRAD_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
