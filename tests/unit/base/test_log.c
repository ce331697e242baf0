/* Log lines: levels, the journal's prefix, one line an event whatever the fields hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/utf8.h"

struct caught {
	int count;
	enum log_level level;
	char line[4096];
};

static void catch_line(enum log_level level, const char *line, void *arg)
{
	struct caught *caught = arg;

	caught->count++;
	caught->level = level;
	(void)snprintf(caught->line, sizeof(caught->line), "%s", line);
}

static void test_fields_and_levels(void **state)
{
	struct caught caught = {0};

	(void)state;
	log_set_sink(catch_line, &caught);
	log_info("alert approved", "alert=%s version=%d", "26-0147-T", 2);
	assert_string_equal(caught.line, "alert approved alert=26-0147-T version=2");
	assert_int_equal(caught.level, LOG_LEVEL_INFO);
	log_debug("hidden", "x=%d", 1);
	assert_int_equal(caught.count, 1);
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("shown", "x=%d", 1);
	assert_int_equal(caught.count, 2);
	log_set_level(LOG_LEVEL_ERROR);
	log_warning("hidden", "x=%d", 1);
	log_error("shown", "x=%d", 1);
	assert_int_equal(caught.count, 3);
	assert_int_equal(caught.level, LOG_LEVEL_ERROR);
	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(NULL, NULL);
}

static void test_no_forged_lines(void **state)
{
	struct caught caught = {0};
	char text[5000];

	(void)state;
	log_set_sink(catch_line, &caught);
	log_info("got", "path=%s", "a\n<2>forged\r\x1b[31m");
	assert_string_equal(caught.line, "got path=a?<2>forged??[31m");
	for (size_t i = 0; i + 1 < sizeof(text); i += 2) {
		memcpy(text + i, "đ", 2);
	}
	text[4998] = '\0';
	log_info("long", "text=%s", text);
	assert_true(strlen(caught.line) < 2048);
	assert_true(utf8_is_valid(caught.line, strlen(caught.line)));
	log_set_sink(NULL, NULL);
}

static void test_quote(void **state)
{
	static const struct {
		const char *text, *quoted;
	} rows[] = {
		{NULL, "\"\""},
		{"", "\"\""},
		{"a b", "\"a b\""},
		{"a\"b\\", "\"a\\\"b\\\\\""},
		{"\n\x7f", "\"\\x0a\\x7f\""},
		{"Đorđe", "\"Đorđe\""},
		{"\xff\xc4", "\"\\xff\\xc4\""},
	};
	char text[301];
	const char *first, *fourth;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_string_equal(log_quote(rows[i].text), rows[i].quoted);
	}
	memset(text, 1, 300);
	text[300] = '\0';
	assert_int_equal(strlen(log_quote(text)), 2 + 4 * 200 + 3);
	first = log_quote("1");
	(void)log_quote("2");
	(void)log_quote("3");
	fourth = log_quote("4");
	assert_string_equal(first, "\"1\"");
	assert_string_equal(fourth, "\"4\"");
}

static void test_limit(void **state)
{
	struct log_limit limit = {0};
	unsigned suppressed = 99;

	(void)state;
	assert_true(log_limit_pass(&limit, 5000, &suppressed));
	assert_int_equal(suppressed, 0);
	assert_false(log_limit_pass(&limit, 5001, &suppressed));
	assert_false(log_limit_pass(&limit, 5999, &suppressed));
	assert_true(log_limit_pass(&limit, 6000, &suppressed));
	assert_int_equal(suppressed, 2);
	assert_false(log_limit_pass(&limit, 6001, &suppressed));
}

/* In a child: whether stderr is the journal is asked once a process. */
static void run_child(int fd, const char *stream)
{
	struct stat err_stat;

	if (dup2(fd, STDERR_FILENO) < 0 || fstat(fd, &err_stat) != 0) {
		_exit(2);
	}
	if (stream == NULL) {
		char own[64];

		(void)snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)err_stat.st_dev,
			       (unsigned long long)err_stat.st_ino);
		(void)setenv("JOURNAL_STREAM", own, 1);
	} else {
		(void)setenv("JOURNAL_STREAM", stream, 1);
	}
	log_warning("disk fills", "free_mib=%d", 12);
	_exit(0);
}

static void read_child(const char *stream, char *out, size_t room)
{
	int ends[2];
	int status;
	ssize_t got;
	size_t len = 0;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		run_child(ends[1], stream);
	}
	(void)close(ends[1]);
	while ((got = read(ends[0], out + len, room - 1 - len)) > 0) {
		len += (size_t)got;
	}
	out[len] = '\0';
	(void)close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_stderr(void **state)
{
	char out[256];
	int year, matched = 0;

	(void)state;
	read_child(NULL, out, sizeof(out));
	assert_string_equal(out, "<4>disk fills free_mib=12\n");
	read_child("1:2", out, sizeof(out)); /* redirected since: not the journal */
	assert_int_equal(
		sscanf(out, "%d-%*d-%*dT%*d:%*d:%*d.%*dZ warning disk fills%n", &year, &matched),
		1);
	assert_true(matched > 0 && year >= 2024);
	assert_string_equal(out + matched, " free_mib=12\n");
}

enum { THREADS = 4, LINES = 500 };

static void count_line(enum log_level level, const char *line, void *arg)
{
	(void)level;
	assert_true(strncmp(line, "tick n=", 7) == 0);
	++*(int *)arg; /* the sink is called by one thread at a time */
}

static void *write_lines(void *arg)
{
	(void)arg;
	for (int i = 0; i < LINES; i++) {
		log_info("tick", "n=%d q=%s", i, log_quote("a\"b"));
	}
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t threads[THREADS];
	int count = 0;

	(void)state;
	log_set_sink(count_line, &count);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines, NULL), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	}
	log_set_sink(NULL, NULL);
	assert_int_equal(count, THREADS * LINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_and_levels),
		cmocka_unit_test(test_no_forged_lines),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_stderr),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
