/* The journal: one line a delivery, over rotation, full disks and torn lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "rig.h"
#include "temp_dir.h"

extern const struct astrad_channel astrad_channel;

#define HEAD "{\"time\":\"2021-02-25T15:02:10Z\",\"message\":\"m1\",\"delivery\":\"d1\","
#define LINE HEAD "\"recipient\":\"shift-lead\",\"address\":\"desk 1\",\"body\":{\"a\":1}}\n"

struct fixture {
	struct temp_dir dir;
	char path[TEMP_DIR_BYTES + 16];
	struct rig rig;
	struct astrad_value values[1];
	void *channel;
	struct astrad_delivery delivery;
	char text[8192];
};

static void open_channel(struct fixture *fixture, const char *path)
{
	char why[64] = "";

	if (fixture->channel != NULL) {
		astrad_channel.destroy(fixture->channel);
	}
	fixture->values[0] = (struct astrad_value){.is_set = 1, .text = path};
	fixture->channel = astrad_channel.create(&fixture->rig.services, &fixture->rig,
						 fixture->values, why, sizeof(why));
	assert_non_null(fixture->channel);
}

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){.delivery = {.token = 7,
						.message_id = "m1",
						.delivery_ref = "d1",
						.recipient = "shift-lead",
						.address = "desk 1",
						.body = {"{\"a\":1}", 7}}};
	temp_dir_create(&fixture.dir);
	snprintf(fixture.path, sizeof(fixture.path), "%s/journal", fixture.dir.path);
	rig_init(&fixture.rig);
	open_channel(&fixture, fixture.path);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	astrad_channel.destroy(fixture->channel);
	temp_dir_destroy(&fixture->dir);
	return 0;
}

static int send_one(struct fixture *fixture)
{
	fixture->rig.result_count = 0;
	astrad_channel.send(fixture->channel, &fixture->delivery);
	assert_int_equal(fixture->rig.result_count, 1);
	assert_int_equal(fixture->rig.results[0].token, 7);
	return fixture->rig.results[0].result.outcome;
}

static const char *read_file(struct fixture *fixture, const char *path)
{
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	fixture->text[fread(fixture->text, 1, sizeof(fixture->text) - 1, file)] = '\0';
	fclose(file);
	return fixture->text;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void a_line_for_each(void **state)
{
	struct fixture *fixture = *state;
	struct stat st;

	assert_int_equal(send_one(fixture), ASTRAD_DELIVERED);
	assert_int_equal(send_one(fixture), ASTRAD_DELIVERED);
	assert_string_equal(read_file(fixture, fixture->path), LINE LINE);
	assert_int_equal(stat(fixture->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void escapes_texts(void **state)
{
	struct fixture *fixture = *state;

	fixture->delivery.address = "a\"b\\c\nd\x01 \xc4\x91";
	fixture->delivery.body = (struct astrad_bytes){NULL, 0};
	assert_int_equal(send_one(fixture), ASTRAD_DELIVERED);
	assert_string_equal(read_file(fixture, fixture->path),
			    HEAD "\"recipient\":\"shift-lead\",\"address\":\"a\\\"b\\\\c\\u000ad"
				 "\\u0001 \xc4\x91\",\"body\":null}\n");
}

static void long_lines_are_whole(void **state)
{
	struct fixture *fixture = *state;
	static char body[3000];

	memset(body, '1', sizeof(body));
	fixture->delivery.body = (struct astrad_bytes){body, sizeof(body)};
	assert_int_equal(send_one(fixture), ASTRAD_DELIVERED);
	assert_int_equal(send_one(fixture), ASTRAD_DELIVERED);
	assert_int_equal(strlen(read_file(fixture, fixture->path)),
			 2 * (strlen(LINE) - 7 + sizeof(body)));
}

static void follows_a_rotation(void **state)
{
	struct fixture *fixture = *state;
	char old[TEMP_DIR_BYTES + 16];

	snprintf(old, sizeof(old), "%s/old", fixture->dir.path);
	assert_int_equal(send_one(fixture), ASTRAD_DELIVERED);
	assert_int_equal(rename(fixture->path, old), 0);
	assert_int_equal(send_one(fixture), ASTRAD_DELIVERED);
	assert_string_equal(read_file(fixture, fixture->path), LINE);
	assert_string_equal(read_file(fixture, old), LINE);
	assert_int_equal(unlink(fixture->path), 0);
	assert_int_equal(send_one(fixture), ASTRAD_DELIVERED);
	assert_string_equal(read_file(fixture, fixture->path), LINE);
}

static void folder_that_is_gone_is_a_retry(void **state)
{
	struct fixture *fixture = *state;
	char path[TEMP_DIR_BYTES + 32];

	snprintf(path, sizeof(path), "%s/later/journal", fixture->dir.path);
	open_channel(fixture, path);
	assert_int_equal(send_one(fixture), ASTRAD_RETRY);
	path[strlen(path) - strlen("/journal")] = '\0';
	assert_int_equal(mkdir(path, 0700), 0);
	path[strlen(path)] = '/';
	assert_int_equal(send_one(fixture), ASTRAD_DELIVERED);
}

static void full_disk_is_a_retry(void **state)
{
	struct fixture *fixture = *state;

	open_channel(fixture, "/dev/full");
	assert_int_equal(send_one(fixture), ASTRAD_RETRY);
	assert_string_equal(fixture->rig.results[0].detail, "the disk takes no more");
}

/* Writes beyond `bytes` of a file fail; the write that reaches it is short. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void short_write_is_a_retry_and_is_closed(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(send_one(fixture), ASTRAD_DELIVERED);
	signal(SIGXFSZ, SIG_IGN);
	limit_files(strlen(LINE) + 10);
	assert_int_equal(send_one(fixture), ASTRAD_RETRY);
	assert_int_equal(send_one(fixture), ASTRAD_RETRY);
	limit_files(RLIM_INFINITY);
	assert_int_equal(send_one(fixture), ASTRAD_DELIVERED);
	assert_int_equal(send_one(fixture), ASTRAD_DELIVERED);
	assert_string_equal(read_file(fixture, fixture->path), LINE "{\"time\":\"2\n" LINE LINE);
}

/* A power cut left half a line: the next one must not be lost with it. */
static void torn_line_of_before_is_closed(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture->path, LINE "{\"time\":\"20");
	assert_int_equal(send_one(fixture), ASTRAD_DELIVERED);
	assert_string_equal(read_file(fixture, fixture->path), LINE "{\"time\":\"20\n" LINE);
	open_channel(fixture, fixture->path);
	assert_int_equal(send_one(fixture), ASTRAD_DELIVERED);
	assert_string_equal(read_file(fixture, fixture->path), LINE "{\"time\":\"20\n" LINE LINE);
}

static void pipe_without_a_reader_is_a_retry(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkfifo(fixture->path, 0600), 0);
	assert_int_equal(send_one(fixture), ASTRAD_RETRY); /* and does not wait for one */
	int reader = open(fixture->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(reader >= 0);
	assert_int_equal(send_one(fixture), ASTRAD_DELIVERED);
	assert_int_equal(read(reader, fixture->text, sizeof(fixture->text)), strlen(LINE));
	close(reader);
}

static void nothing_to_cancel(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(send_one(fixture), ASTRAD_DELIVERED);
	astrad_channel.cancel(fixture->channel, 7);
	assert_int_equal(fixture->rig.result_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_for_each, set_up, tear_down),
		cmocka_unit_test_setup_teardown(escapes_texts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_lines_are_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(follows_a_rotation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(folder_that_is_gone_is_a_retry, set_up, tear_down),
		cmocka_unit_test_setup_teardown(full_disk_is_a_retry, set_up, tear_down),
		cmocka_unit_test_setup_teardown(short_write_is_a_retry_and_is_closed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(torn_line_of_before_is_closed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pipe_without_a_reader_is_a_retry, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(nothing_to_cancel, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
