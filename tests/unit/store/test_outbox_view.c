/*
 * What is read of sending: pages of deliveries without gaps or repeats, counts, and a partner's
 * events: complete while current, a tombstone afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store_town.h"

static struct store_rig_answer deliveries(struct store_town *town,
					  const struct store_delivery_list_in *in,
					  struct store_delivery_list_out *out)
{
	struct store_call *call = store_rig_call(&town->rig, &store_delivery_list);

	*(struct store_delivery_list_in *)call->in = *in;
	return store_rig_run(&town->rig, call, out, sizeof(*out));
}

/* Claims and delivers everything of a channel's open broadcast. */
static void send_all(struct store_town *town, const struct id *alert, const char *channel)
{
	int64_t broadcast = store_town_broadcast(town, alert, channel).id;
	struct store_outbox_page_out page;
	int64_t ids[16];

	assert_true(broadcast > 0);
	page = store_town_page(town, broadcast, 16);
	assert_true(page.count <= ARRAY_LEN(ids));
	for (size_t i = 0; i < page.count; i++) {
		ids[i] = page.claims[i].delivery_id;
	}
	for (size_t i = 0, count = page.count; i < count; i++) {
		store_town_result(town, ids[i], broadcast, DELIVERY_DELIVERED, REACHED_YES);
	}
}

/* All rows of `in`'s alert, a page of `limit` at a time; returns how many. */
static int walk(struct store_town *town, struct store_delivery_list_in in, int limit, int64_t *ids)
{
	struct store_delivery_list_out out;
	int count = 0;

	in.limit = limit;
	do {
		store_town_must(deliveries(town, &in, &out));
		assert_true(out.count > 0 || !out.has_more);
		for (size_t i = 0; i < out.count; i++) {
			ids[count++] = out.rows[i].id;
			in.before_id = out.rows[i].id;
		}
		assert_true(count < 32);
	} while (out.has_more);
	return count;
}

static void test_pages_of_deliveries(void **state)
{
	struct store_town town;
	struct store_delivery_list_in in = {0};
	int64_t all[32], paged[32];
	int count;

	(void)state;
	store_town_begin(&town);
	in.alert_id = store_town_active(&town);
	send_all(&town, &in.alert_id, "log");
	send_all(&town, &in.alert_id, "mup");
	store_town_must(store_town_stop(&town, &in.alert_id, NULL));
	send_all(&town, &in.alert_id, "log"); /* the end */
	send_all(&town, &in.alert_id, "mup");
	count = walk(&town, in, 100, all);
	assert_int_equal(count, 12);
	for (int limit = 1; limit <= 13; limit++) {
		assert_int_equal(walk(&town, in, limit, paged), count);
		assert_memory_equal(paged, all, (size_t)count * sizeof(*all));
	}
	in.channel = "mup";
	assert_int_equal(walk(&town, in, 1, paged), 2);
	in.channel = "none";
	assert_int_equal(walk(&town, in, 1, paged), 0);
	in.channel = NULL;
	in.states = 1u << DELIVERY_HELD;
	assert_int_equal(walk(&town, in, 3, paged), 0);
	in.states = 1u << DELIVERY_DELIVERED | 1u << DELIVERY_HELD;
	assert_int_equal(walk(&town, in, 3, paged), 12);
	store_town_end(&town);
}

static void test_one_alerts_deliveries_alone(void **state)
{
	struct store_town town;
	struct store_delivery_list_in in = {.limit = 10};
	struct store_delivery_list_out out;
	struct id first;
	int64_t rows[32];

	(void)state;
	store_town_begin(&town);
	first = store_town_active(&town);
	send_all(&town, &first, "log");
	in.alert_id = store_town_active(&town);
	send_all(&town, &in.alert_id, "mup");
	assert_int_equal(walk(&town, in, 2, rows), 1);
	in.alert_id = first;
	assert_int_equal(walk(&town, in, 2, rows), 5);
	in.before_id = rows[0] + 1; /* the other alert's, or nobody's */
	assert_int_equal(deliveries(&town, &in, &out).err.code, ERROR_INVALID);
	store_town_end(&town);
}

static void test_counts(void **state)
{
	struct store_town town;
	struct store_call *call;
	struct store_delivery_counts_out out;
	struct id alert;

	(void)state;
	store_town_begin(&town);
	alert = store_town_active(&town);
	send_all(&town, &alert, "log");
	call = store_rig_call(&town.rig, &store_delivery_counts);
	((struct store_delivery_counts_in *)call->in)->alert_id = alert;
	store_town_must(store_rig_run(&town.rig, call, &out, sizeof(out)));
	assert_int_equal(out.count, 2);
	assert_string_equal(out.rows[0].channel, "log");
	assert_int_equal(out.rows[0].by_state[DELIVERY_DELIVERED], 5);
	assert_int_equal(out.rows[0].recipients, 5);
	assert_int_equal(out.rows[0].first_utc_ms, store_town_now(&town));
	assert_string_equal(out.rows[1].channel, "mup");
	assert_int_equal(out.rows[1].recipients, 0); /* walked by nobody yet */
	store_town_end(&town);
}

/* --- events --- */

static struct store_event_list_out events(struct store_town *town, int64_t after, bool only_current)
{
	struct store_call *call = store_rig_call(&town->rig, &store_event_list);
	struct store_event_list_out out;

	*(struct store_event_list_in *)call->in = (struct store_event_list_in){
		.partner = "mup", .after_seq = after, .only_current = only_current, .limit = 2};
	store_town_must(store_rig_run(&town->rig, call, &out, sizeof(out)));
	return out;
}

static void test_events_of_a_partner(void **state)
{
	struct store_town town;
	struct store_event_list_out out;
	struct id alerts[3];

	(void)state;
	store_town_begin(&town);
	for (int i = 0; i < 3; i++) {
		town.rig.clock.utc_ms += 1000;
		alerts[i] = store_town_active(&town);
	}
	store_town_must(store_town_stop(&town, &alerts[1], NULL));
	out = events(&town, 0, false);
	assert_int_equal(out.count, 2);
	assert_true(out.has_more);
	assert_int_equal(out.rows[0].seq, 1);
	assert_true(out.rows[0].is_current);
	assert_memory_equal(out.rows[0].body.data, "body one", 8);
	assert_false(out.rows[1].is_current); /* ended: told without its body */
	assert_int_equal(out.rows[1].body.len, 0);
	out = events(&town, 2, false);
	assert_int_equal(out.rows[0].seq, 3);
	assert_int_equal(out.last_seq, 3);
	assert_int_equal(out.oldest_seq, 1);

	out = events(&town, 0, true); /* the alerts that run, each by its newest message */
	assert_int_equal(out.count, 2);
	assert_false(out.has_more);
	assert_true(id_equal(&out.rows[0].alert_id, &alerts[0]));
	assert_true(id_equal(&out.rows[1].alert_id, &alerts[2]));
	out = events(&town, 1, true);
	assert_int_equal(out.count, 1);
	assert_int_equal(out.rows[0].seq, 3);
	store_town_end(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages_of_deliveries),
		cmocka_unit_test(test_one_alerts_deliveries_alone),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_events_of_a_partner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
