/* Compares with a file under GOLDEN_DIR, which the build names. */
#include "golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

static void write_file(const char *path, const char *bytes, size_t len)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fputc('\n', file), '\n');
	assert_int_equal(fclose(file), 0);
}

static char *read_file(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "rb");
	size_t room = 1u << 20;
	char *text = xcalloc(1, room);

	if (!file) {
		free(text);
		fail_msg("there is no golden file %s", path);
	}
	*ret_len = fread(text, 1, room - 1, file);
	assert_int_equal(fclose(file), 0);
	return text;
}

void golden_check(const char *name, const char *bytes, size_t len)
{
	AUTO(free) char *path = xasprintf("%s/%s", GOLDEN_DIR, name);
	const char *update = getenv("UPDATE_GOLDEN");

	if (update && strcmp(update, "1") == 0) {
		write_file(path, bytes, len);
		return;
	}
	size_t expected_len;
	AUTO(free) char *expected = read_file(path, &expected_len);
	if (expected_len != len + 1 || memcmp(expected, bytes, len) != 0) {
		print_message("got:\n%.*s\n", (int)len, bytes);
		fail_msg("differs from %s", name);
	}
}
