/*
 * Included before each file of the daemon that clang-tidy reads. It sees one file at a time and
 * cannot know that error_set and error_prefix always are false; without that, each `return
 * error_set(...)` looks like a success whose results were not written.
 */
#include "base/error.h"

#define error_set(...)    (error_set(__VA_ARGS__), false)
#define error_prefix(...) (error_prefix(__VA_ARGS__), false)
