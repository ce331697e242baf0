/*
 * What the store claims, asked directly, without a sweep or an outbox beside it: nothing of a dead
 * version or a suspended alert, by page or by due row, ever; and what is given back is due again
 * and lets the end go that waited for it. Covers the store's outbox_claim.c, outbox_due.c and
 * outbox_result.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "outbox_rig.h"
#include "store/outbox.h"

static const struct rig_channel channels[] = {{.name = "list", .recipients = 5}};
static const struct rig_spec spec = {channels, ARRAY_LEN(channels), 0};

/* Lists are loaded, then the outbox is gone: the test is alone with the store. */
static struct id begin(struct outbox_rig *rig)
{
	outbox_rig_init(rig, &spec);
	outbox_rig_stop(rig);
	store_rig_reopen(&rig->store);
	return outbox_rig_alert(rig);
}

static void must(struct store_rig_answer answer)
{
	if (!answer.ok) {
		fail_msg("%s", answer.err.text);
	}
}

static struct store_outbox_page_out page(struct outbox_rig *rig, int64_t broadcast, int limit)
{
	struct store_call *call = store_rig_call(&rig->store, &store_outbox_page);
	struct store_outbox_page_in *in = call->in;
	struct store_outbox_page_out out;

	in->broadcast_id = broadcast;
	in->limit = limit;
	in->now_utc_ms = rig->store.clock.utc_ms;
	must(store_rig_run(&rig->store, call, &out, sizeof(out)));
	return out;
}

static struct store_outbox_due_out due(struct outbox_rig *rig)
{
	struct store_call *call = store_rig_call(&rig->store, &store_outbox_due);
	struct store_outbox_due_in *in = call->in;
	struct store_outbox_due_out out;

	in->channel = "list";
	in->limit = 10;
	in->now_utc_ms = rig->store.clock.utc_ms;
	must(store_rig_run(&rig->store, call, &out, sizeof(out)));
	return out;
}

static void unclaim(struct outbox_rig *rig, int64_t delivery)
{
	struct store_call *call = store_rig_call(&rig->store, &store_outbox_unclaim);
	struct store_outbox_unclaim_in *in = call->in;
	int64_t *ids = arena_array(call->arena, 1, sizeof(*ids));

	ids[0] = delivery;
	in->delivery_ids = ids;
	in->count = 1;
	in->now_utc_ms = rig->store.clock.utc_ms;
	must(store_rig_run(&rig->store, call, NULL, 0));
}

static void result(struct outbox_rig *rig, int64_t delivery, enum delivery_state state,
		   enum reached reached)
{
	struct store_call *call = store_rig_call(&rig->store, &store_outbox_results);
	struct store_outbox_results_in *in = call->in;
	struct store_result *one = arena_array(call->arena, 1, sizeof(*one));

	one->delivery_id = delivery;
	one->broadcast_id = 1;
	one->attempt = 1;
	one->outcome = OUTCOME_RETRY;
	one->verdict.state = state;
	one->verdict.reached = reached;
	one->due_utc_ms = state == DELIVERY_RETRY ? rig->store.clock.utc_ms : 0;
	in->results = one;
	in->count = 1;
	in->now_utc_ms = rig->store.clock.utc_ms;
	must(store_rig_run(&rig->store, call, NULL, 0));
}

static void test_page_of_a_dead_version(void **state)
{
	struct outbox_rig rig;
	struct id alert;

	(void)state;
	alert = begin(&rig);
	assert_int_equal(page(&rig, 1, 2).count, 2);
	outbox_rig_store_cancel(&rig, &alert);
	assert_int_equal(page(&rig, 1, 2).state, PAGE_STALE);
	assert_int_equal(page(&rig, 1, 2).count, 0);
	/* two rows are on the wire: it is not over before they are */
	assert_int_equal(outbox_rig_sql(&rig, "SELECT state FROM broadcast WHERE id = 1"),
			 BROADCAST_WALKED);
	outbox_rig_finish(&rig);
}

static void test_due_of_a_dead_version(void **state)
{
	struct outbox_rig rig;
	struct id alert;
	int64_t first;

	(void)state;
	alert = begin(&rig);
	first = page(&rig, 1, 2).claims[0].delivery_id;
	result(&rig, first, DELIVERY_RETRY, REACHED_NONE);
	result(&rig, first + 1, DELIVERY_RETRY, REACHED_NONE);
	outbox_rig_store_cancel(&rig, &alert);
	assert_int_equal(due(&rig).count, 0);
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM delivery WHERE state = 10"), 2);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

/* The end is whole on one recipient more than a page: the walk knows its end without another. */
static void test_page_knows_its_end(void **state)
{
	struct outbox_rig rig;

	(void)state;
	(void)begin(&rig);
	assert_int_equal(page(&rig, 1, 4).state, PAGE_MORE);
	assert_int_equal(page(&rig, 1, 1).state, PAGE_END);
	assert_int_equal(page(&rig, 1, 1).count, 0);
	outbox_rig_finish(&rig);
}

/* Two on the wire when the stop comes: the one that is given back is owed no end, the one that may
 * have arrived is. */
static void test_given_back_after_the_stop(void **state)
{
	struct outbox_rig rig;
	struct id alert;
	int64_t first;
	struct store_outbox_page_out ends;
	struct store_outbox_due_out owed;

	(void)state;
	alert = begin(&rig);
	first = page(&rig, 1, 2).claims[0].delivery_id;
	outbox_rig_store_cancel(&rig, &alert);
	ends = page(&rig, 2, 10);
	assert_int_equal(ends.count, 2);
	assert_true(ends.claims[0].is_waiting);
	assert_true(ends.claims[1].is_waiting);
	assert_int_equal(due(&rig).count, 0);
	unclaim(&rig, first);
	result(&rig, first + 1, DELIVERY_UNCERTAIN, REACHED_MAYBE);
	owed = due(&rig);
	assert_int_equal(owed.count, 1);
	assert_string_equal(owed.claims[0].name, "r1");
	assert_int_equal(owed.claims[0].broadcast_id, 2);
	clock_fake_advance(&rig.store.clock, 120000);
	assert_int_equal(due(&rig).count, 0); /* r0's end is settled, it does not come late */
	outbox_rig_finish(&rig);
}

/* Neither page nor due row while it is suspended, and no false next due time. */
static void test_suspended(void **state)
{
	struct outbox_rig rig;
	struct id alert;
	struct store_call *call;
	struct store_alert_suspend_in *in;
	int64_t first;

	(void)state;
	alert = begin(&rig);
	first = page(&rig, 1, 2).claims[0].delivery_id;
	result(&rig, first, DELIVERY_RETRY, REACHED_NONE);
	call = store_rig_call(&rig.store, &store_alert_suspend);
	in = call->in;
	in->alert_id = alert;
	in->person = "vera";
	in->now_utc_ms = rig.store.clock.utc_ms;
	must(store_rig_run(&rig.store, call, NULL, 0));
	assert_int_equal(page(&rig, 1, 2).state, PAGE_PAUSED);
	assert_int_equal(due(&rig).count, 0);
	assert_int_equal(due(&rig).next_due_utc_ms, 0);
	outbox_rig_finish(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_of_a_dead_version),
		cmocka_unit_test(test_due_of_a_dead_version),
		cmocka_unit_test(test_page_knows_its_end),
		cmocka_unit_test(test_given_back_after_the_stop),
		cmocka_unit_test(test_suspended),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
