/* Which channels a reload may not take away: those of alerts that are not over, and those where
 * something is still to be sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/live.h"
#include "store_town.h"

static void assert_live(struct store_town *town, const char *first, const char *second)
{
	struct store_call *call = store_rig_call(&town->rig, &store_live_channels);
	const char *expected[] = {first, second};
	struct store_live_channels_out out;

	store_town_must(store_rig_run(&town->rig, call, &out, sizeof(out)));
	assert_int_equal(out.count, (first != NULL) + (second != NULL));
	for (size_t i = 0; i < out.count; i++) {
		assert_string_equal(out.names[i], expected[i]);
	}
}

static void deliver(struct store_town *town, const struct id *alert, const char *channel)
{
	int64_t broadcast = store_town_broadcast(town, alert, channel).id;
	struct store_outbox_page_out page = store_town_page(town, broadcast, 16);
	int64_t ids[16];
	size_t count = page.count;

	for (size_t i = 0; i < count; i++) {
		ids[i] = page.claims[i].delivery_id;
	}
	for (size_t i = 0; i < count; i++) {
		store_town_result(town, ids[i], broadcast, DELIVERY_DELIVERED, REACHED_YES);
	}
}

static void test_a_channel_lives_as_long_as_it_is_owed(void **state)
{
	struct store_town town;
	struct id alert;

	(void)state;
	store_town_begin(&town);
	assert_live(&town, NULL, NULL);
	alert = store_town_active(&town);
	assert_live(&town, "log", "mup");
	deliver(&town, &alert, "log");
	deliver(&town, &alert, "mup");
	assert_live(&town, "log", "mup"); /* all have it; the alert runs */
	store_town_must(store_town_stop(&town, &alert, NULL));
	assert_live(&town, "log", "mup"); /* the end is to be told */
	deliver(&town, &alert, "log");
	assert_live(&town, "mup", NULL);
	deliver(&town, &alert, "mup");
	assert_live(&town, NULL, NULL);
	store_town_end(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_channel_lives_as_long_as_it_is_owed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
