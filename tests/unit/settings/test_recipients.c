/* Covers recipients.c and check_lists.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "rig.h"
#include "settings/recipients.h"

static struct rig rig;

static int set_up(void **state)
{
	(void)state;
	rig_create(&rig);
	rig_change(&rig, "channels.d/log.yaml", "{inline: [{id: shift-lead, address: shift-lead}]}",
		   "{csv: list.csv}");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rig_destroy(&rig);
	return 0;
}

/* "id=address " of each, "!line " of each bad line. */
static void read_all(const char *csv, struct buf *out)
{
	AUTO(free) char *path = xasprintf("%s/list.csv", rig.folder);
	const struct settings_channel channel = {.list = SETTINGS_LIST_CSV, .csv = path};
	struct settings_recipient item;
	struct error err;
	enum recipients_step step;
	rig_write(&rig, "list.csv", csv);
	struct recipients *recipients = recipients_open(&channel, &err);
	assert_non_null(recipients);
	while ((step = recipients_next(recipients, &item, &err)) != RECIPIENTS_END) {
		if (step == RECIPIENTS_ITEM) {
			buf_printf(out, "%s=%s ", item.id, item.address);
		} else {
			buf_printf(out, "!%d ", recipients_line(recipients));
		}
	}
	recipients_close(&recipients);
}

static void csv_as_people_write_it(void **state)
{
	static const struct {
		const char *csv;
		const char *read;
	} cases[] = {
		{"", ""},
		{"id,address\n", ""},
		{"id,address\na,b\n", "a=b "},
		{"a,b", "a=b "},
		{"\xef\xbb\xbfid,address\r\na,b\r\n", "a=b "},
		{"a,b\n\n  \nc,d\n", "a=b c=d "},
		{"a,\"x, y\"\nb,\"say \"\"hi\"\"\"\n", "a=x, y b=say \"hi\" "},
		{"\"a\",b\n", "a=b "},
		{"a,b c\n", "a=b c "},
		{" a , b \n", "a=b "},
		{"\"a\" , \" b\" \n", "a= b "},
		{"ID, Address\na,b\n", "a=b "},
		{"\"id\",\"address\"\na,b\n", "a=b "},
		{"address,id\na,b\n", "!1 a=b "},
		{"id;address\na;b\n", "!1 !2 "},
		{"a\nb,c\n", "!1 b=c "},
		{"a,b,c\n", "!1 "},
		{"a b,c\n", "!1 "},
		{",c\n", "!1 "},
		{"a,\n", "!1 "},
		{"a,\"b\nc,d\n", "!1 c=d "},
		{"a,\"b\"x\n", "!1 "},
		{"a,b\rc\n", "!1 "},
		{"a,\xff\n", "!1 "},
		{"x,y\nid,address\n", "x=y id=address "},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) struct buf out = {0};
		read_all(cases[i].csv, &out);
		assert_string_equal(buf_text(&out), cases[i].read);
	}
}

static void long_lines_are_one_fault(void **state)
{
	AUTO(buf) struct buf csv = {0};
	AUTO(buf) struct buf out = {0};
	(void)state;
	buf_add_text(&csv, "a,");
	for (int i = 0; i < 5000; i++) {
		buf_add_text(&csv, "x");
	}
	buf_add_text(&csv, "\nb,c\n");
	read_all(buf_text(&csv), &out);
	assert_string_equal(buf_text(&out), "!1 b=c ");
}

static void the_hash_is_that_of_the_list(void **state)
{
	uint8_t first[SECRET_HASH_BYTES];
	uint8_t second[SECRET_HASH_BYTES];
	struct error err;
	AUTO(free) char *path = xasprintf("%s/list.csv", rig.folder);
	const struct settings_channel csv = {.list = SETTINGS_LIST_CSV, .csv = path};
	const struct settings_recipient items[] = {{"a", "b"}, {"c", "d"}};
	const struct settings_channel written = {
		.list = SETTINGS_LIST_INLINE, .recipients = items, .recipient_count = 2};
	(void)state;
	rig_write(&rig, "list.csv", "id,address\r\na,\"b\"\nc,d\n");
	assert_true(recipients_hash(&csv, first, &err));
	assert_true(recipients_hash(&written, second, &err));
	assert_memory_equal(first, second, sizeof(first));
	rig_write(&rig, "list.csv", "a,b\nc,e\n");
	assert_true(recipients_hash(&csv, first, &err));
	assert_memory_not_equal(first, second, sizeof(first));
	rig_write(&rig, "list.csv", "a,b\nc\n");
	assert_false(recipients_hash(&csv, first, &err));
	assert_non_null(strstr(err.text, "line 2"));
}

static void the_check_reads_every_line(void **state)
{
	AUTO(buf) struct buf out = {0};
	struct issues *issues = issues_create();
	(void)state;
	rig_write(&rig, "list.csv", "id,address\na,b\nbad\nc,d\na,e\n");
	assert_null(rig_load(&rig, issues));
	issues_print(issues, false, &out);
	assert_non_null(strstr(buf_text(&out), "list.csv:3:1: error E112 the line must be"));
	assert_non_null(strstr(buf_text(&out), "list.csv:5:1: error E105 the id of this line "
					       "stands in line 2 too"));
	assert_int_equal(issues_errors(issues), 2);
	issues_destroy(&issues);
}

static void a_list_that_is_none(void **state)
{
	struct error err;
	AUTO(free) char *path = xasprintf("%s/fifo", rig.folder);
	const struct settings_channel channel = {.list = SETTINGS_LIST_CSV, .csv = path};
	(void)state;
	assert_null(recipients_open(&channel, &err));
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(recipients_open(&channel, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(csv_as_people_write_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_lines_are_one_fault, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_hash_is_that_of_the_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_check_reads_every_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_list_that_is_none, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
