/* Metrics by route and status, and what an access line holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/log.h"
#include "base/metric.h"
#include "rig.h"

static char lines[4][1024];
static enum log_level levels[4];
static size_t line_count;

static void keep_line(enum log_level level, const char *line, void *arg)
{
	(void)arg;
	if (line_count < ARRAY_LEN(lines)) {
		levels[line_count] = level;
		(void)snprintf(lines[line_count++], sizeof(lines[0]), "%s", line);
	}
}

static int64_t count_of(const char *labels)
{
	return metric_value(
		metric_counter("astrad_intake_requests_total", labels, "Requests answered."));
}

static void counts_and_tells(void **state)
{
	static const char ECHO[] = "method=\"POST\",route=\"/echo\",status=\"200\"";
	static const char NONE[] = "method=\"none\",route=\"none\",status=\"404\"";
	struct rig rig;
	int fd;

	(void)state;
	rig_open(&rig, NULL);
	line_count = 0;
	log_set_level(LOG_LEVEL_DEBUG);
	log_set_sink(keep_line, NULL);
	fd = rig_connect(&rig, 1);
	assert_int_equal(rig_ask(&rig, fd, RIG_POST("/echo") "Content-Length: 7\r\n\r\n\"Petar\""),
			 200);
	assert_int_equal(rig_ask(&rig, fd, "GET /Petar?a=Petar HTTP/1.1\r\nHost: a\r\n\r\n"), 404);
	assert_int_equal(rig_ask(&rig, fd, "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
	log_set_sink(NULL, NULL);
	assert_int_equal(line_count, 3);
	for (size_t i = 0; i < line_count; i++) {
		assert_null(strstr(lines[i], "Petar"));
		assert_null(strstr(lines[i], "operator-token"));
		assert_int_equal(levels[i], i == 2 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	}
	assert_non_null(strstr(lines[0], "method=POST route=/echo target=- status=200"));
	assert_non_null(strstr(lines[0], "who=ana peer=192.0.2.1"));
	assert_non_null(strstr(lines[1], "method=GET route=none target=- status=404"));
	assert_int_equal(count_of(ECHO), 1);
	assert_int_equal(count_of(NONE), 1);
	(void)close(fd);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_and_tells),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
