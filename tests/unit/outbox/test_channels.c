/*
 * Channels that are dead, suspended or mended: the fallback carries, operators are told once, held
 * rows go when there is reason to, and nothing of it is forgotten by a crash. Covers probe.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "outbox_rig.h"

static const struct rig_channel channels[] = {
	{.name = "mup", .partner = "mup", .fallback = "log"},
	{.name = "duty", .partner = "duty"},
	{.name = "log", .recipients = 2},
};
static const struct rig_spec spec = {channels, ARRAY_LEN(channels), 0};

static int mup_outcome;

static int mup_as_told(const struct mock_send *send, void *arg)
{
	(void)arg;
	return strcmp(send->channel, "mup") == 0 ? mup_outcome : ASTRAD_DELIVERED;
}

static void begin(struct outbox_rig *rig, int outcome)
{
	outbox_rig_init(rig, &spec);
	mup_outcome = outcome;
	rig->ledger.decide = mup_as_told;
}

/* The n-th send of a text to mup. */
static const struct mock_send *nth(const struct outbox_rig *rig, const char *text, size_t n)
{
	for (size_t i = 0; i < rig->ledger.count; i++) {
		const struct mock_send *send = &rig->ledger.sends[i];

		if (strcmp(send->channel, "mup") == 0 && strstr(send->body, text) != NULL &&
		    n-- == 0) {
			return send;
		}
	}
	fail_msg("mup was not sent %s so often", text);
	return NULL;
}

/* Down for longer than half a minute: the fallback gets the alert, the ladder hears, once. */
static void test_dead_channel_falls_back(void **state)
{
	struct outbox_rig rig;
	struct id alert;

	(void)state;
	begin(&rig, ASTRAD_RETRY);
	alert = outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(mock_count(&rig.ledger, "log", NULL, NULL), 0);
	outbox_rig_pass(&rig, 300000);
	assert_true(health_is_raised(rig.health, "channel_dead", "mup"));
	assert_int_equal(mock_count(&rig.ledger, "log", NULL, "version 1"), 2);
	assert_int_equal(rig.pages, 1);
	assert_string_equal(rig.page_reason, "failures");
	assert_true(rig.deads >= 1);
	assert_int_equal(rig.dead_alerts, 1);
	assert_string_equal(rig.dead_channel, "mup");
	/* it comes back: the waiting row goes, the fallback is not sent again */
	mup_outcome = ASTRAD_DELIVERED;
	outbox_rig_pass(&rig, 600000);
	/* its one row is the first success, the second is a ping */
	assert_false(health_is_raised(rig.health, "channel_dead", "mup"));
	assert_int_equal(outbox_rig_sql(&rig, "SELECT COUNT(*) FROM delivery WHERE state = 4"), 4);
	assert_int_equal(mock_count(&rig.ledger, "log", NULL, "version 1"), 2);
	/* and the end goes to the fallback's recipients too */
	outbox_rig_cancel(&rig, &alert);
	outbox_rig_settle(&rig);
	assert_int_equal(mock_count(&rig.ledger, NULL, NULL, "end resolved"), 4);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

/* An alert that is approved while the channel is dead already. */
static void test_next_alert_on_a_dead_channel(void **state)
{
	struct outbox_rig rig;

	(void)state;
	begin(&rig, ASTRAD_RETRY);
	(void)outbox_rig_alert(&rig);
	outbox_rig_pass(&rig, 300000);
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(mock_count(&rig.ledger, "log", NULL, "version 1"), 4);
	assert_int_equal(rig.pages, 1);
	outbox_rig_pass(&rig, 25 * 3600 * 1000);
	assert_in_range(rig.pages, 2, 3); /* again after a day */
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

/* 410: suspended at once, held, told; stays so over a crash; a good probe does not resume it by
 * itself if a person ordered it. */
static void test_gone(void **state)
{
	struct outbox_rig rig;
	struct outbox_channel_view view;

	(void)state;
	begin(&rig, ASTRAD_GONE);
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	assert_int_equal(mock_count(&rig.ledger, "mup", NULL, NULL), 1);
	assert_int_equal(mock_count(&rig.ledger, "log", NULL, "version 1"), 2);
	assert_true(outbox_view(rig.outbox, "mup", &view));
	assert_string_equal(view.suspended_why, "gone");
	assert_string_equal(view.suspended_by, "system");
	outbox_rig_crash(&rig);
	assert_true(outbox_view(rig.outbox, "mup", &view));
	assert_string_equal(view.suspended_why, "gone");
	mup_outcome = ASTRAD_DELIVERED;
	outbox_rig_pass(&rig, 120000);
	assert_int_equal(mock_count(&rig.ledger, "mup", NULL, NULL), 1);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

struct probed {
	int calls;
	int outcome; /* 0 = refused */
	enum error_code code;
};

static void on_probed(const struct outbox_probe_result *result, const struct error *err, void *arg)
{
	struct probed *probed = arg;

	probed->calls++;
	probed->outcome = result != NULL ? (int)result->outcome : 0;
	probed->code = err != NULL ? err->code : ERROR_NONE;
}

static void test_good_probe_lets_held_rows_go(void **state)
{
	struct outbox_rig rig;
	struct probed probed = {0};

	(void)state;
	begin(&rig, ASTRAD_GONE);
	(void)outbox_rig_alert(&rig);
	outbox_rig_settle(&rig);
	outbox_probe(rig.outbox, "mup", on_probed, &probed);
	outbox_rig_settle(&rig);
	assert_int_equal(probed.calls, 1);
	assert_int_equal(probed.outcome, ASTRAD_GONE);
	assert_int_equal(mock_count(&rig.ledger, "mup", NULL, "version 1"), 1);
	mup_outcome = ASTRAD_DELIVERED;
	outbox_probe(rig.outbox, "mup", on_probed, &probed);
	outbox_rig_settle(&rig);
	assert_int_equal(probed.calls, 2);
	assert_int_equal(probed.outcome, ASTRAD_DELIVERED);
	assert_int_equal(mock_count(&rig.ledger, "mup", NULL, "version 1"), 2);
	assert_string_equal(nth(&rig, "version 1", 0)->message_id,
			    nth(&rig, "version 1", 1)->message_id);
	outbox_rig_pass(&rig, 20000);
	assert_false(health_is_raised(rig.health, "deliveries_held", "mup"));
	outbox_probe(rig.outbox, "nowhere", on_probed, &probed);
	outbox_rig_settle(&rig);
	assert_int_equal(probed.calls, 3);
	assert_int_equal(probed.code, ERROR_NOT_FOUND);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

/* 401: three tries, held; a changed secret lets it go, an unchanged reload does not. */
static void test_reload_lets_held_rows_go(void **state)
{
	struct outbox_rig rig;

	(void)state;
	begin(&rig, ASTRAD_FIXABLE);
	(void)outbox_rig_alert(&rig);
	outbox_rig_pass(&rig, 60000);
	assert_int_equal(mock_count(&rig.ledger, "mup", NULL, NULL), 3);
	outbox_rig_reload(&rig, "mup", "one");
	outbox_rig_pass(&rig, 10000);
	assert_int_equal(mock_count(&rig.ledger, "mup", NULL, NULL), 3);
	mup_outcome = ASTRAD_DELIVERED;
	outbox_rig_reload(&rig, "mup", "two");
	outbox_rig_pass(&rig, 10000);
	assert_int_equal(mock_count(&rig.ledger, "mup", NULL, NULL), 4);
	assert_int_equal(nth(&rig, "version 1", 3)->attempt, 1); /* a new epoch */
	assert_int_equal(outbox_rig_sql(&rig, "SELECT epoch FROM delivery WHERE channel = 'mup'"),
			 1);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

struct acted {
	int calls;
	bool ok;
};

static void on_acted(bool ok, const struct error *err, void *arg)
{
	struct acted *acted = arg;

	(void)err;
	acted->calls++;
	acted->ok = ok;
}

/* By a person: nothing goes, over a crash too, until a person resumes it; a probe may go. */
static void test_suspended_by_a_person(void **state)
{
	struct outbox_rig rig;
	struct acted acted = {0};
	struct probed probed = {0};
	struct outbox_act act = {"mup", "petar", on_acted, &acted};
	struct outbox_channel_view view;

	(void)state;
	begin(&rig, ASTRAD_DELIVERED);
	outbox_suspend(rig.outbox, &act);
	outbox_rig_settle(&rig);
	assert_int_equal(acted.calls, 1);
	assert_true(acted.ok);
	outbox_rig_crash(&rig);
	(void)outbox_rig_alert(&rig);
	outbox_rig_pass(&rig, 60000);
	assert_int_equal(mock_count(&rig.ledger, "mup", NULL, NULL), 0);
	assert_int_equal(mock_count(&rig.ledger, "log", NULL, "version 1"), 2);
	assert_true(outbox_view(rig.outbox, "mup", &view));
	assert_string_equal(view.suspended_by, "petar");
	outbox_probe(rig.outbox, "mup", on_probed, &probed);
	outbox_rig_settle(&rig);
	assert_int_equal(probed.outcome, ASTRAD_DELIVERED);
	assert_int_equal(mock_count(&rig.ledger, "mup", NULL, "version 1"), 0);
	outbox_resume(rig.outbox, &act);
	outbox_rig_settle(&rig);
	assert_int_equal(acted.calls, 2);
	assert_int_equal(mock_count(&rig.ledger, "mup", NULL, "version 1"), 1);
	outbox_rig_check(&rig);
	outbox_rig_finish(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dead_channel_falls_back),
		cmocka_unit_test(test_next_alert_on_a_dead_channel),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_good_probe_lets_held_rows_go),
		cmocka_unit_test(test_reload_lets_held_rows_go),
		cmocka_unit_test(test_suspended_by_a_person),
	};

	log_set_level(LOG_LEVEL_ERROR);
	log_set_sink(NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
