/*
 * Partner events past retention: what is over for long goes, oldest first and without gaps; what an
 * alert in force needs stays, and so does everything after it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "store/event_keep.h"
#include "store_town.h"

static int64_t expire(struct store_town *town)
{
	struct store_call *call = store_rig_call(&town->rig, &store_event_expire);
	struct store_event_expire_out out;

	((struct store_event_expire_in *)call->in)->now_utc_ms = store_town_now(town);
	store_town_must(store_rig_run(&town->rig, call, &out, sizeof(out)));
	return out.deleted;
}

static struct store_event_list_out events(struct store_town *town)
{
	struct store_call *call = store_rig_call(&town->rig, &store_event_list);
	struct store_event_list_out out;

	*(struct store_event_list_in *)call->in =
		(struct store_event_list_in){.partner = "mup", .limit = 10};
	store_town_must(store_rig_run(&town->rig, call, &out, sizeof(out)));
	return out;
}

static void reach_mup(struct store_town *town, const struct id *alert)
{
	int64_t broadcast = store_town_broadcast(town, alert, "mup").id;
	struct store_outbox_page_out page = store_town_page(town, broadcast, 1);

	store_town_result(town, page.claims[0].delivery_id, broadcast, DELIVERY_DELIVERED,
			  REACHED_YES);
}

static void pass_days(struct store_town *town, int days)
{
	clock_fake_advance(&town->rig.clock, days * STORE_TOWN_DAY_MS);
}

static void test_what_is_over_goes(void **state)
{
	struct store_town town;
	struct id first, second;

	(void)state;
	store_town_begin(&town);
	first = store_town_active(&town); /* seq 1 */
	reach_mup(&town, &first);
	second = store_town_active(&town); /* seq 2 */
	reach_mup(&town, &second);
	store_town_must(store_town_stop(&town, &first, NULL)); /* seq 3 */
	pass_days(&town, LIMIT_EVENT_KEEP_DAYS - 1);
	assert_int_equal(expire(&town), 0);
	pass_days(&town, 2);
	assert_int_equal(expire(&town), 1); /* the second alert is in force: 2, and so 3, stay */
	assert_int_equal(expire(&town), 0);
	assert_int_equal(events(&town).oldest_seq, 2);
	assert_int_equal(events(&town).count, 2);
	store_town_must(store_town_stop(&town, &second, NULL)); /* seq 4, now */
	assert_int_equal(expire(&town), 2);
	assert_int_equal(events(&town).oldest_seq, 4);
	pass_days(&town, LIMIT_EVENT_KEEP_DAYS + 1);
	assert_int_equal(expire(&town), 1);
	assert_int_equal(events(&town).count, 0);
	assert_int_equal(events(&town).oldest_seq, 5); /* none is left: who has 4 misses nothing */
	assert_int_equal(events(&town).last_seq, 4);
	store_town_end(&town);
}

/* Numbers go on where they stood. */
static void test_no_number_twice(void **state)
{
	struct store_town town;
	struct id alert;

	(void)state;
	store_town_begin(&town);
	alert = store_town_active(&town);
	store_town_must(store_town_stop(&town, &alert, NULL));
	pass_days(&town, LIMIT_EVENT_KEEP_DAYS + 1);
	assert_int_equal(expire(&town), 1);
	(void)store_town_active(&town);
	assert_int_equal(events(&town).count, 1);
	assert_int_equal(events(&town).rows[0].seq, 2);
	assert_int_equal(events(&town).oldest_seq, 2);
	store_town_end(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_over_goes),
		cmocka_unit_test(test_no_number_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
