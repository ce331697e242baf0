/*
 * Golden files: tests/golden/NAME holds what a test expects, byte for byte. With UPDATE_GOLDEN=1 in
 * the environment the file is written instead of compared; read the diff before committing it.
 */
#ifndef ASTRAD_TESTS_GOLDEN_H
#define ASTRAD_TESTS_GOLDEN_H

#include <stddef.h>

/* Fails the running test when the bytes differ. A final newline is added to the file. */
void golden_check(const char *name, const char *bytes, size_t len);

#endif
