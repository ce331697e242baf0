#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "rig.h"
#include "settings/file.h"

static void names_are_told_apart(void **state)
{
	static const struct {
		const char *name;
		enum file_kind kind;
	} cases[] = {
		{"a.yaml", FILE_WANTED},
		{"a.b.yaml", FILE_WANTED},
		{".yaml", FILE_LEFTOVER},
		{".a.yaml.swp", FILE_LEFTOVER},
		{".#a.yaml", FILE_LEFTOVER},
		{"#a.yaml#", FILE_LEFTOVER},
		{"a.yaml~", FILE_LEFTOVER},
		{"a.yaml.bak", FILE_LEFTOVER},
		{"a.yaml.dpkg-new", FILE_LEFTOVER},
		{"a.yaml.ucf-dist", FILE_LEFTOVER},
		{"a.yml", FILE_WRONG_SUFFIX},
		{"a.YAML", FILE_OTHER},
		{"README", FILE_OTHER},
		{"yaml", FILE_OTHER},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (file_classify(cases[i].name, ".yaml", ".yml") != cases[i].kind) {
			fail_msg("%s", cases[i].name);
		}
	}
}

static void only_regular_files_within_the_bound(void **state)
{
	struct rig rig;
	AUTO(buf) struct buf small = {.limit = 8};
	AUTO(buf) struct buf text = {0};
	const char *why = NULL;
	(void)state;
	rig_create(&rig);
	assert_false(file_read(rig.path, &small, NULL, &why));
	assert_string_equal(why, "it is too large");
	assert_false(file_read(rig.folder, &text, NULL, &why));
	assert_string_equal(why, "it is not a regular file");
	AUTO(free) char *fifo = xasprintf("%s/fifo", rig.folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_false(file_read(fifo, &text, NULL, &why)); /* and does not wait for a writer */
	assert_true(file_read(rig.path, &text, NULL, &why));
	assert_true(text.len > 0);
	rig_destroy(&rig);
}

static void folders_are_listed_in_order(void **state)
{
	struct rig rig;
	struct file_list list;
	struct arena *arena = arena_create();
	const char *why = NULL;
	(void)state;
	rig_create(&rig);
	AUTO(free) char *path = xasprintf("%s/channels.d", rig.folder);
	assert_true(file_list(arena, path, 10, &list, &why));
	assert_int_equal(list.count, 4);
	for (size_t i = 1; i < list.count; i++) {
		assert_true(strcmp(list.names[i - 1], list.names[i]) < 0);
	}
	assert_false(file_list(arena, path, 3, &list, &why));
	assert_true(file_list(arena, "/nonexistent/folder", 3, &list, &why));
	assert_true(list.is_missing);
	assert_false(file_list(arena, rig.path, 3, &list, &why)); /* a file */
	arena_destroy(&arena);
	rig_destroy(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_told_apart),
		cmocka_unit_test(only_regular_files_within_the_bound),
		cmocka_unit_test(folders_are_listed_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
