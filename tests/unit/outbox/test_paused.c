/*
 * An alert that is suspended costs nothing until it goes on: its broadcasts are not kept in memory,
 * not asked about again when others are sent, and all read again at the resume. (A suspended alert
 * with hundreds of channels once delayed every other alert after a start.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/metric.h"
#include "outbox_rig.h"

static const struct rig_channel channels[] = {
	{.name = "log", .recipients = 60, .in_flight = 4},
	{.name = "mup", .partner = "mup"},
};

static int hang(const struct mock_send *send, void *arg)
{
	(void)send;
	(void)arg;
	return 0;
}

static int64_t kept(void)
{
	return metric_value(
		metric_gauge("astrad_outbox_broadcasts", NULL, "Broadcasts in memory."));
}

/* Four of the list and one more are on the wire when it is suspended. */
static void suspend_in_the_middle(struct outbox_rig *rig, struct id *ret_alert)
{
	outbox_rig_init(rig, &(struct rig_spec){channels, ARRAY_LEN(channels), 0});
	rig->ledger.decide = hang;
	rig->ledger.cancelled_as = ASTRAD_DELIVERED; /* they answer just in time */
	*ret_alert = outbox_rig_alert(rig);
	outbox_rig_settle(rig);
	assert_int_equal(rig->ledger.count, 5);
	outbox_rig_suspend(rig, ret_alert);
	rig->ledger.decide = NULL;
	outbox_rig_settle(rig);
	assert_int_equal(rig->ledger.count, 5);
}

static void test_nothing_is_kept_of_it(void **state)
{
	struct outbox_rig rig;
	struct id alert;

	(void)state;
	suspend_in_the_middle(&rig, &alert);
	outbox_rig_crash(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(kept(), 0);
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.count, 5 + 61); /* the other one went out whole */
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM broadcast WHERE state = 1"), 1);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

static void goes_on(bool is_crashed)
{
	struct outbox_rig rig;
	struct id alert;

	suspend_in_the_middle(&rig, &alert);
	if (is_crashed) {
		outbox_rig_crash(&rig);
		outbox_rig_settle(&rig);
	}
	outbox_rig_resume(&rig, &alert);
	outbox_rig_settle(&rig);
	assert_int_equal(rig.ledger.count, 61);
	assert_int_equal(mock_count(&rig.ledger, "log", "r59", NULL), 1);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

static void test_goes_on_at_the_resume(void **state)
{
	(void)state;
	goes_on(false);
	goes_on(true);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_kept_of_it),
		cmocka_unit_test(test_goes_on_at_the_resume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
