/*
 * The key file and its copy: ids that never repeat, a purge that is true in both, refusals that say
 * what to do. Covers keyfile.c, keyslot.c and file.c.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "store/file.h"
#include "store/keyfile.h"
#include "store/keyslot.h"
#include "temp_dir.h"

struct keys {
	struct temp_dir dir;
	char path[96];
	char copy[96];
	char aside[96];
	struct secret_key master;
	struct keyfile_config config;
	struct keyfile *file;
};

static void open_keys(struct keys *keys)
{
	struct error err = {0};

	keys->file = keyfile_open(&keys->config, &err);
	if (keys->file == NULL) {
		fail_msg("%s", err.text);
	}
}

static void make_keys(struct keys *keys)
{
	struct error err = {0};

	memset(keys, 0, sizeof(*keys));
	temp_dir_create(&keys->dir);
	(void)snprintf(keys->path, sizeof(keys->path), "%s/cases.key", keys->dir.path);
	(void)snprintf(keys->copy, sizeof(keys->copy), "%s/copy.key", keys->dir.path);
	(void)snprintf(keys->aside, sizeof(keys->aside), "%s/aside.key", keys->dir.path);
	memset(keys->master.bytes, 7, sizeof(keys->master.bytes));
	keys->config = (struct keyfile_config){keys->path, keys->copy, &keys->master};
	assert_true(keyfile_create(&keys->config, &err));
	open_keys(keys);
}

static void reopen_keys(struct keys *keys)
{
	keyfile_close(&keys->file);
	open_keys(keys);
}

static void drop_keys(struct keys *keys)
{
	keyfile_close(&keys->file);
	temp_dir_destroy(&keys->dir);
}

static void copy_file(const char *from, const char *to)
{
	char bytes[4096];
	struct error err;
	struct stat status;
	int in = file_open(from, O_RDONLY, &err);
	int out = file_open(to, O_RDWR | O_CREAT | O_TRUNC, &err);

	assert_true(in >= 0 && out >= 0);
	assert_int_equal(fstat(in, &status), 0);
	for (int64_t at = 0; at < status.st_size; at += (int64_t)sizeof(bytes)) {
		size_t len = (size_t)(status.st_size - at);

		len = len < sizeof(bytes) ? len : sizeof(bytes);
		assert_true(file_read_at(in, bytes, len, at, &err));
		assert_true(file_write_at(out, bytes, len, at, &err));
	}
	file_close(&in);
	file_close(&out);
}

static int64_t take(struct keys *keys)
{
	struct error err;
	int64_t id;

	assert_true(keyfile_take(keys->file, &id, &err));
	return id;
}

static void refuse_open(struct keys *keys, enum error_code code, const char *word)
{
	struct error err = {0};

	assert_null(keyfile_open(&keys->config, &err));
	assert_int_equal(err.code, code);
	if (strstr(err.text, word) == NULL) {
		fail_msg("\"%s\" does not say \"%s\"", err.text, word);
	}
}

static void test_keys_stay_the_same(void **state)
{
	struct keys keys;
	struct secret_key before, after, root;
	struct error err;
	int64_t id;

	make_keys(&keys);
	root = *keyfile_root(keys.file);
	id = take(&keys);
	assert_true(keyfile_load(keys.file, id, &before, &err));
	reopen_keys(&keys);
	assert_true(keyfile_load(keys.file, id, &after, &err));
	assert_memory_equal(&before, &after, sizeof(before));
	assert_memory_equal(&root, keyfile_root(keys.file), sizeof(root));
	assert_true(keyfile_load(keys.file, take(&keys), &after, &err));
	assert_memory_not_equal(&before, &after, sizeof(before));
	drop_keys(&keys);
	(void)state;
}

static void test_ids_never_repeat(void **state)
{
	struct keys keys;
	int64_t last = 0;

	make_keys(&keys);
	for (int turn = 0; turn < 4; turn++) {
		for (int i = 0; i < 700; i++) { /* past the pool's end */
			int64_t id = take(&keys);

			assert_true(id > last);
			last = id;
		}
		reopen_keys(&keys);
		assert_int_equal(take(&keys), ++last); /* a clean stop burns none */
		/* as a crash leaves it: the mark on disk is what counts */
		copy_file(keys.path, keys.aside);
		keyfile_close(&keys.file);
		copy_file(keys.aside, keys.path);
		copy_file(keys.aside, keys.copy);
		open_keys(&keys);
	}
	drop_keys(&keys);
	(void)state;
}

static bool holds_key(const char *path, int64_t id)
{
	static const uint8_t zeros[KEYSLOT_BYTES - 16];
	uint8_t slot[KEYSLOT_BYTES];
	struct error err;
	int fd = file_open(path, O_RDONLY, &err);
	bool ok;

	assert_true(fd >= 0);
	ok = file_read_at(fd, slot, sizeof(slot), keyslot_offset(id), &err);
	file_close(&fd);
	assert_true(ok);
	return memcmp(slot + 16, zeros, sizeof(zeros)) != 0;
}

static void test_purge_zeroes_both(void **state)
{
	struct keys keys;
	struct secret_key key;
	struct error err = {0};
	int64_t id, other;

	make_keys(&keys);
	id = take(&keys);
	other = take(&keys);
	assert_true(holds_key(keys.path, id) && holds_key(keys.copy, id));
	for (int again = 0; again < 2; again++) {
		assert_true(keyfile_purge(keys.file, id, &err));
		assert_false(holds_key(keys.path, id) || holds_key(keys.copy, id));
		assert_false(keyfile_load(keys.file, id, &key, &err));
		assert_int_equal(err.code, ERROR_GONE);
		assert_true(keyfile_load(keys.file, other, &key, &err));
		reopen_keys(&keys);
	}
	drop_keys(&keys);
	(void)state;
}

static void test_purge_waits_for_the_copy(void **state)
{
	struct keys keys;
	struct secret_key key;
	struct error err = {0};
	int64_t id;

	make_keys(&keys);
	id = take(&keys);
	assert_false(keyfile_copy_failed(keys.file, &err));
	assert_int_equal(rename(keys.copy, keys.aside), 0);
	assert_false(keyfile_purge(keys.file, id, &err));
	assert_int_equal(err.code, ERROR_TEMPORARY);
	assert_true(keyfile_copy_failed(keys.file, &err));
	assert_true(keyfile_load(keys.file, id, &key, &err)); /* nothing was purged */
	for (int i = 0; i < 3000; i++) {
		id = take(&keys); /* new cases go on without the copy */
	}
	assert_int_equal(access(keys.copy, F_OK), -1); /* never made where a mount is missing */
	assert_int_equal(rename(keys.aside, keys.copy), 0);
	assert_true(keyfile_purge(keys.file, id, &err));
	assert_false(keyfile_copy_failed(keys.file, &err));
	assert_false(holds_key(keys.path, id) || holds_key(keys.copy, id));
	assert_true(holds_key(keys.copy, id - 1)); /* in step again */
	drop_keys(&keys);
	(void)state;
}

static void test_the_copy_takes_the_files_place(void **state)
{
	struct keys keys;
	struct secret_key before, after;
	struct error err;
	int64_t id;

	make_keys(&keys);
	id = take(&keys);
	assert_true(keyfile_load(keys.file, id, &before, &err));
	keyfile_close(&keys.file);
	assert_int_equal(unlink(keys.path), 0);
	refuse_open(&keys, ERROR_NOT_FOUND, "restore it from its copy");
	copy_file(keys.copy, keys.path);
	open_keys(&keys);
	assert_true(keyfile_load(keys.file, id, &after, &err));
	assert_memory_equal(&before, &after, sizeof(before));
	drop_keys(&keys);
	(void)state;
}

static void test_an_old_file_is_refused(void **state)
{
	struct keys keys;
	struct error err;

	make_keys(&keys);
	copy_file(keys.path, keys.aside);
	assert_true(keyfile_purge(keys.file, take(&keys), &err));
	keyfile_close(&keys.file);
	copy_file(keys.aside, keys.path); /* it would bring the purged key back */
	refuse_open(&keys, ERROR_DENIED, "older than its copy");
	temp_dir_destroy(&keys.dir);
	(void)state;
}

static void test_another_master_key_is_refused(void **state)
{
	struct keys keys;

	make_keys(&keys);
	keyfile_close(&keys.file);
	keys.master.bytes[0] ^= 1;
	refuse_open(&keys, ERROR_DENIED, "another master key");
	temp_dir_destroy(&keys.dir);
	(void)state;
}

static void test_one_process_at_a_time(void **state)
{
	struct keys keys;

	make_keys(&keys);
	refuse_open(&keys, ERROR_CONFLICT, "another astrad");
	drop_keys(&keys);
	(void)state;
}

static void test_never_made_twice(void **state)
{
	struct keys keys;
	struct error err = {0};

	make_keys(&keys);
	assert_false(keyfile_create(&keys.config, &err));
	assert_int_equal(unlink(keys.path), 0);
	assert_false(keyfile_create(&keys.config, &err)); /* the copy may be the last one */
	assert_int_equal(err.code, ERROR_CONFLICT);
	drop_keys(&keys);
	(void)state;
}

static void overwrite(const char *path, int64_t at, size_t len)
{
	AUTO(free) char *noise = xcalloc(len, 1);
	struct error err;
	int fd = file_open(path, O_RDWR, &err);

	memset(noise, 0xee, len);
	assert_true(fd >= 0 && file_write_at(fd, noise, len, at, &err));
	file_close(&fd);
}

static void test_damage_is_found(void **state)
{
	struct keys keys;
	struct secret_key key;
	struct error err = {0};
	int64_t id;

	make_keys(&keys);
	id = take(&keys);
	overwrite(keys.path, keyslot_offset(id) + 40, 4);
	assert_false(keyfile_load(keys.file, id, &key, &err));
	assert_int_equal(err.code, ERROR_INTERNAL);
	assert_false(keyfile_load(keys.file, id + 100000, &key, &err));
	assert_int_equal(err.code, ERROR_INTERNAL);
	keyfile_close(&keys.file);
	/* a torn header leaves the other one; both torn is the end */
	overwrite(keys.copy, 0, KEYSLOT_HEADER_BYTES * 2);
	overwrite(keys.path, 0, KEYSLOT_HEADER_BYTES);
	open_keys(&keys);
	keyfile_close(&keys.file);
	overwrite(keys.path, 0, KEYSLOT_HEADER_BYTES * 2);
	refuse_open(&keys, ERROR_DENIED, "damaged");
	temp_dir_destroy(&keys.dir);
	(void)state;
}

/* A slot opens in its own place and file only. */
static void test_slots_are_bound(void **state)
{
	struct keyslot_header header = {.generation = 5, .high = 9}, other, read;
	struct secret_key master = {{1}}, key = {{2}}, out;
	uint8_t block[KEYSLOT_HEADER_BYTES], slot[KEYSLOT_BYTES];
	struct error err;

	keyslot_master_id(&master, header.master_id);
	header.file_id[0] = 3;
	other = header;
	other.file_id[0] = 4;
	keyslot_header_encode(&header, &master, block);
	assert_int_equal(keyslot_header_decode(block, &master, &read), KEYSLOT_GOOD);
	assert_memory_equal(&header, &read, sizeof(header));
	block[60] ^= 1;
	assert_int_equal(keyslot_header_decode(block, &master, &read), KEYSLOT_BAD);
	keyslot_encode(&header, &master, 8, &key, slot);
	assert_true(keyslot_decode(slot, &header, &master, 8, &out, &err));
	assert_memory_equal(&key, &out, sizeof(key));
	assert_false(keyslot_decode(slot, &header, &master, 9, &out, &err));
	assert_false(keyslot_decode(slot, &other, &master, 8, &out, &err));
	keyslot_encode(&header, &master, 8, NULL, slot);
	assert_false(keyslot_decode(slot, &header, &master, 8, &out, &err));
	assert_int_equal(err.code, ERROR_GONE);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_stay_the_same),
		cmocka_unit_test(test_ids_never_repeat),
		cmocka_unit_test(test_purge_zeroes_both),
		cmocka_unit_test(test_purge_waits_for_the_copy),
		cmocka_unit_test(test_the_copy_takes_the_files_place),
		cmocka_unit_test(test_an_old_file_is_refused),
		cmocka_unit_test(test_another_master_key_is_refused),
		cmocka_unit_test(test_one_process_at_a_time),
		cmocka_unit_test(test_never_made_twice),
		cmocka_unit_test(test_damage_is_found),
		cmocka_unit_test(test_slots_are_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
