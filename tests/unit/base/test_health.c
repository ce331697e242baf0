/* Health: levels, rendering, and a callback that hears each change once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/health.h"

static void write_change(enum health_level level, const char *reason, const char *subject,
			 bool raised, void *arg)
{
	buf_printf(arg, "%c%d %s %s;", raised ? '+' : '-', (int)level, reason,
		   subject != NULL ? subject : "NULL");
}

static void test_life(void **state)
{
	struct health *health = health_create();
	AUTO(buf) struct buf heard = {0};
	AUTO(buf) struct buf out = {0};

	(void)state;
	health_render(health, &out);
	assert_string_equal(buf_text(&out), "{\"status\":\"ready\",\"reasons\":[]}");
	assert_int_equal(health_level(health), HEALTH_OK);
	health_on_change(health, write_change, &heard);
	health_raise(health, HEALTH_DEGRADED, "channel_dead", "mup-ns", "no \"route\"");
	health_raise(health, HEALTH_DOWN, "store_closed", NULL, NULL);
	health_raise(health, HEALTH_DEGRADED, "channel_dead", "dom-bg", "401");
	health_raise(health, HEALTH_DEGRADED, "channel_dead", "mup-ns", "2 in a row");
	assert_string_equal(buf_text(&heard),
			    "+1 channel_dead mup-ns;+2 store_closed NULL;+1 channel_dead dom-bg;");
	buf_reset(&out);
	health_render(health, &out);
	assert_string_equal(
		buf_text(&out),
		"{\"status\":\"down\",\"reasons\":["
		"{\"reason\":\"channel_dead\",\"subject\":\"dom-bg\",\"level\":\"degraded\","
		"\"detail\":\"401\"},"
		"{\"reason\":\"channel_dead\",\"subject\":\"mup-ns\",\"level\":\"degraded\","
		"\"detail\":\"2 in a row\"},"
		"{\"reason\":\"store_closed\",\"subject\":null,\"level\":\"down\",\"detail\":\"\"}"
		"]}");
	buf_reset(&heard);
	health_clear(health, "store_closed", "x");
	health_clear(health, "store_closed", NULL);
	health_clear(health, "store_closed", NULL);
	assert_string_equal(buf_text(&heard), "-2 store_closed NULL;");
	assert_int_equal(health_level(health), HEALTH_DEGRADED);
	assert_true(health_is_raised(health, "channel_dead", "mup-ns"));
	assert_false(health_is_raised(health, "channel_dead", NULL));
	assert_false(health_is_raised(health, "store_closed", NULL));
	health_destroy(&health);
	assert_null(health);
	health_destroy(&health);
}

static void test_level_change_is_news(void **state)
{
	struct health *health = health_create();
	AUTO(buf) struct buf heard = {0};

	(void)state;
	health_on_change(health, write_change, &heard);
	health_raise(health, HEALTH_DEGRADED, "timer_late", NULL, "31 s");
	health_raise(health, HEALTH_DOWN, "timer_late", NULL, "40 s");
	health_raise(health, HEALTH_DOWN, "timer_late", NULL, "50 s");
	health_clear(health, "timer_late", NULL);
	assert_string_equal(buf_text(&heard),
			    "+1 timer_late NULL;+2 timer_late NULL;-2 timer_late NULL;");
	assert_int_equal(health_level(health), HEALTH_OK);
	health_destroy(&health);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_level_change_is_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
