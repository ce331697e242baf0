/*
 * What each outcome makes of a row: its state, whether somebody has it, when it is due. And what a
 * store that refuses, or a plugin that gives one id twice, does to results: nothing is lost. Covers
 * watch.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "outbox_rig.h"

static const struct rig_channel channels[] = {{.name = "mup", .partner = "mup"}};
static const struct rig_spec spec = {channels, ARRAY_LEN(channels), 0};

static int outcome_now;

static int as_told(const struct mock_send *send, void *arg)
{
	(void)send;
	(void)arg;
	return outcome_now;
}

static int64_t row(struct outbox_rig *rig, const char *column)
{
	char sql[160];

	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM delivery", column);
	return outbox_rig_sql(rig, sql);
}

static void test_each_outcome(void **state)
{
	static const struct {
		int outcome;
		enum delivery_state state;
		enum reached reached;
		int64_t due_least_ms, due_most_ms; /* 0, 0 = none */
		bool is_paged;
	} rows[] = {
		{ASTRAD_DELIVERED, DELIVERY_DELIVERED, REACHED_YES, 0, 0, false},
		{ASTRAD_ACCEPTED, DELIVERY_ACCEPTED, REACHED_YES, 0, 0, false},
		{ASTRAD_RETRY, DELIVERY_RETRY, REACHED_NONE, 3900, 6000, false},
		{ASTRAD_UNCERTAIN, DELIVERY_UNCERTAIN, REACHED_MAYBE, 3900, 6000, false},
		{ASTRAD_THROTTLED, DELIVERY_RETRY, REACHED_NONE, 3900, 6000, false},
		{ASTRAD_SLOW_RETRY, DELIVERY_RETRY, REACHED_NONE, 59900, 72000, false},
		{ASTRAD_FIXABLE, DELIVERY_RETRY, REACHED_NONE, 3900, 6000, false},
		{ASTRAD_GONE, DELIVERY_HELD, REACHED_NONE, 0, 0, true},
		{ASTRAD_SECURITY, DELIVERY_HELD, REACHED_NONE, 0, 0, true},
		{ASTRAD_REJECTED, DELIVERY_REJECTED, REACHED_NONE, 0, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct outbox_rig rig;
		int64_t due;

		outbox_rig_init(&rig, &spec);
		outcome_now = rows[i].outcome;
		rig.ledger.decide = as_told;
		(void)outbox_rig_alert(&rig);
		outbox_rig_settle(&rig);
		assert_int_equal(rig.ledger.count, 1);
		assert_int_equal(row(&rig, "state"), rows[i].state);
		assert_int_equal(row(&rig, "reached"), rows[i].reached);
		assert_int_equal(row(&rig, "attempts"), 1);
		due = row(&rig, "COALESCE(due_utc_ms, 0)");
		due = due != 0 ? due - rig.store.clock.utc_ms : 0;
		assert_in_range(due, rows[i].due_least_ms > 100 ? rows[i].due_least_ms - 100 : 0,
				rows[i].due_most_ms);
		assert_int_equal(rig.pages, rows[i].is_paged ? 1 : 0);
		assert_int_equal(outbox_rig_sql(&rig, "SELECT outcome FROM attempt"),
				 rows[i].outcome);
		outbox_rig_check(&rig);
		outbox_rig_finish(&rig);
	}
}

/* The same id at every try, attempts count up, the schedule runs to its end: dead, kept, told. */
static void test_down_to_the_end_of_the_schedule(void **state)
{
	struct outbox_rig rig;

	(void)state;
	outbox_rig_init(&rig, &spec);
	outcome_now = ASTRAD_REJECTED; /* the breaker must not stretch the schedule */
	outcome_now = ASTRAD_FIXABLE;
	rig.ledger.decide = as_told;
	(void)outbox_rig_alert(&rig);
	outbox_rig_pass(&rig, 60000);
	assert_int_equal(rig.ledger.count, 3); /* three quick tries, then held */
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(rig.ledger.sends[i].attempt, i + 1);
		assert_string_equal(rig.ledger.sends[i].message_id, rig.ledger.sends[0].message_id);
		assert_string_equal(rig.ledger.sends[i].body, rig.ledger.sends[0].body);
	}
	assert_int_equal(row(&rig, "state"), DELIVERY_HELD);
	assert_true(health_is_raised(rig.health, "deliveries_held", "mup"));
	assert_int_equal(rig.pages, 1);
	assert_string_equal(rig.page_reason, "fixable");
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

static void test_past_expiry_nothing_is_retried(void **state)
{
	struct outbox_rig rig;
	size_t sends;

	(void)state;
	outbox_rig_init(&rig, &spec);
	outcome_now = ASTRAD_UNCERTAIN;
	rig.ledger.decide = as_told;
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	clock_fake_advance(&rig.store.clock, 86400000 - 10000);
	outbox_rig_settle(&rig);
	sends = rig.ledger.count;
	outbox_rig_pass(&rig, 600000);
	assert_in_range(rig.ledger.count, sends, sends + 2);
	for (size_t i = 0; i < rig.ledger.count; i++) {
		assert_int_equal(rig.ledger.sends[i].attempt, i + 1);
	}
	outbox_rig_finish(&rig);
}

/* A gateway that gives the same id for two rows does not stop the results of either. */
static void test_one_provider_id_for_all(void **state)
{
	static const struct rig_channel crowd[] = {{.name = "list", .recipients = 20}};
	struct outbox_rig rig;

	(void)state;
	outbox_rig_init(&rig, &(struct rig_spec){crowd, 1, 0});
	rig.ledger.provider_ref = "gateway-1";
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(row(&rig, "SUM(state = 4)"), 20);
	assert_int_equal(row(&rig, "SUM(provider_ref = 'gateway-1')"), 1);
	assert_int_equal(rig.ledger.count, 20);
	outbox_rig_finish(&rig);
}

/* A crowd whose gateway refuses our secret: said once a second, not once a row; other refusals say
 * nothing of it. */
static void test_refused_secret_is_told(void **state)
{
	static const struct rig_channel crowd[] = {{.name = "list", .recipients = 20}};
	static const struct {
		int status, denials;
	} rows[] = {{401, 1}, {535, 1}, {403, 0}, {200, 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct outbox_rig rig;

		outbox_rig_init(&rig, &(struct rig_spec){crowd, 1, 0});
		outcome_now = ASTRAD_FIXABLE;
		rig.ledger.decide = as_told;
		rig.ledger.status = rows[i].status;
		(void)outbox_rig_alert(&rig);
		outbox_rig_settle(&rig);
		assert_int_equal(rig.ledger.count, 20);
		assert_int_equal(rig.denials, rows[i].denials);
		outbox_rig_finish(&rig);
	}
}

/* No way to the store: results wait in memory with their slots, nothing is sent twice. */
static void test_full_store_keeps_results(void **state)
{
	struct outbox_rig rig;

	(void)state;
	outbox_rig_init(&rig, &spec);
	outcome_now = 0;
	rig.ledger.decide = as_told;
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM attempt"), 0);
	assert_int_equal(row(&rig, "state"), DELIVERY_SENDING);
	mock_end_all(&rig.ledger, ASTRAD_DELIVERED);
	(void)loop_turn(rig.store.loop);
	assert_int_equal(row(&rig, "state"), DELIVERY_SENDING); /* decided, not committed */
	outbox_rig_settle(&rig);
	assert_int_equal(row(&rig, "state"), DELIVERY_DELIVERED);
	outbox_rig_pass(&rig, 60000);
	assert_int_equal(rig.ledger.count, 1);
	outbox_rig_finish(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_outcome),
		cmocka_unit_test(test_down_to_the_end_of_the_schedule),
		cmocka_unit_test(test_past_expiry_nothing_is_retried),
		cmocka_unit_test(test_one_provider_id_for_all),
		cmocka_unit_test(test_refused_secret_is_told),
		cmocka_unit_test(test_full_store_keeps_results),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
