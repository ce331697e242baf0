/*
 * What an operator does to a case: compared with what was read, done once however often it is
 * asked, refused where it makes no sense; closing and its alerts; holds against an approval.
 * Covers case_row.c and case_report.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store_town.h"

static struct store_rig_answer act(struct store_town *town, struct store_call *call,
				   struct store_case_act_out *out)
{
	return store_rig_run(&town->rig, call, out, out == NULL ? 0 : sizeof(*out));
}

static struct store_case_get_out get(struct store_town *town, const struct id *case_id)
{
	struct store_call *call = store_rig_call(&town->rig, &store_case_get);
	struct store_case_get_out out;

	*(struct store_case_get_in *)call->in =
		(struct store_case_get_in){*case_id, NULL, true, store_town_now(town)};
	store_town_must(store_rig_run(&town->rig, call, &out, sizeof(out)));
	return out;
}

static struct store_call *hold(struct store_town *town, const struct id *case_id, int64_t until)
{
	struct store_call *call;
	struct store_case_act_in *in = store_town_act(town, &call, CASE_ACT_HOLD, case_id);

	in->field = RELEASE_CLOTHING;
	in->due_utc_ms = until;
	in->text = "{\"by\":\"tužilac\"}";
	return call;
}

static struct store_call *close_with(struct store_town *town, const struct id *case_id,
				     bool is_verified)
{
	struct store_call *call;
	struct store_case_act_in *in = store_town_act(town, &call, CASE_ACT_CLOSE, case_id);

	in->state = CASE_FOUND;
	in->end_reason = END_RESOLVED;
	in->is_verified = is_verified;
	in->text = "{}";
	return call;
}

static void test_only_what_was_read_is_changed(void **state)
{
	struct store_town town;
	struct store_call *call;
	struct store_case_act_in *in;
	struct store_case_act_out out;
	struct outcome made;
	int64_t etag;

	(void)state;
	store_town_begin(&town);
	made = store_town_report(&town, NULL);
	etag = get(&town, &made.case_id).etag;
	in = store_town_act(&town, &call, CASE_ACT_ASSIGN, &made.case_id);
	in->word = "vera";
	in->if_etag = etag;
	store_town_must(act(&town, call, &out));
	assert_int_equal(out.outcome.case_state, CASE_OPEN); /* somebody has it now */
	assert_true(out.outcome.etag > etag);
	in = store_town_act(&town, &call, CASE_ACT_ASSIGN, &made.case_id);
	in->word = "marko";
	in->if_etag = etag; /* as it was read before vera had it */
	assert_int_equal(act(&town, call, NULL).err.code, ERROR_STALE);
	assert_string_equal(get(&town, &made.case_id).assigned_to, "vera");
	in = store_town_act(&town, &call, CASE_ACT_ASSIGN, &made.case_id);
	in->word = "nobody";
	assert_int_equal(act(&town, call, NULL).err.code, ERROR_INVALID);
	in = store_town_act(&town, &call, CASE_ACT_ASSIGN, &made.report_id); /* no case */
	assert_int_equal(act(&town, call, NULL).err.code, ERROR_NOT_FOUND);
	store_town_end(&town);
}

static void test_a_repetition_is_told_again(void **state)
{
	struct store_town town;
	struct outcome made, told[2];
	struct id notes[2];

	(void)state;
	store_town_begin(&town);
	made = store_town_report(&town, NULL);
	for (int i = 0; i < 2; i++) {
		struct store_call *call;
		struct store_case_act_in *in =
			store_town_act(&town, &call, CASE_ACT_NOTE, &made.case_id);
		struct store_rig_answer answer;

		in->text = "Zvao školu.";
		in->due_utc_ms = store_town_now(&town) + 1000;
		notes[i] = in->item_id;
		call->idempotency.use = true;
		call->idempotency.scope[0] = 1;
		call->idempotency.now_utc_ms = store_town_now(&town);
		answer = store_rig_run(&town.rig, call, &told[i], sizeof(told[i]));
		store_town_must(answer);
		assert_int_equal(answer.replayed, i == 1);
	}
	assert_true(id_equal(&told[1].item_id, &notes[0])); /* the first one's, not its own */
	assert_int_equal(store_town_count(&town, "SELECT COUNT(*) FROM note"), 1);
	assert_int_equal(store_town_count(&town, "SELECT COUNT(*) FROM timer WHERE kind = 5"), 1);
	store_town_end(&town);
}

static void test_holds_end_by_themselves(void **state)
{
	struct store_town town;
	struct outcome made;
	struct store_case_get_out seen;
	struct store_call *call;
	struct store_case_act_in *in;

	(void)state;
	store_town_begin(&town);
	made = store_town_report(&town, NULL);
	store_town_must(act(&town, hold(&town, &made.case_id, store_town_now(&town) + 5000), NULL));
	seen = get(&town, &made.case_id);
	assert_int_equal(seen.hold_count, 1);
	assert_memory_equal(seen.holds[0].why.data, "{\"by\":", 6);
	town.rig.clock.utc_ms += 5000; /* its time has come */
	assert_int_equal(get(&town, &made.case_id).hold_count, 0);
	store_town_must(act(&town, hold(&town, &made.case_id, 0), NULL)); /* put again, no end */
	town.rig.clock.utc_ms += STORE_TOWN_DAY_MS;
	assert_int_equal(get(&town, &made.case_id).hold_count, 1);
	for (int i = 0; i < 2; i++) {
		in = store_town_act(&town, &call, CASE_ACT_RELEASE, &made.case_id);
		in->field = RELEASE_CLOTHING;
		assert_int_equal(act(&town, call, NULL).err.code,
				 i == 0 ? ERROR_NONE : ERROR_NOT_FOUND);
	}
	store_town_end(&town);
}

/* A hold between reading and approving: one approves what one read. */
static void test_a_hold_stales_an_approval(void **state)
{
	struct store_town town;
	struct outcome made;

	(void)state;
	store_town_begin(&town);
	made = store_town_report(&town, NULL);
	made = store_town_draft(&town, &made.case_id);
	store_town_must(store_town_submit(&town, &made.alert_id, NULL));
	/* store_town_approve reads first: what it sends is put beside what it read */
	{
		struct store_call *call = store_rig_call(&town.rig, &store_alert_approve);
		struct store_alert_approve_in *in = call->in;
		struct store_alert_load_out seen;
		int64_t version;

		store_town_must(store_town_load(&town, &made.alert_id, &seen));
		version = seen.cases[0].truth_version;
		in->alert_id = made.alert_id;
		in->version = 1;
		in->digest = "sha256:one";
		in->basis = (struct store_alert_basis){seen.version_etag, &version, 1, 0};
		in->approvals = 2;
		in->effect.tier = TIER_RESTRICTED;
		in->effect.policy = "restricted";
		in->effect.person = "marko";
		in->effect.now = store_town_clock(&town);
		store_town_must(act(&town, hold(&town, &made.case_id, 0), NULL));
		assert_int_equal(store_rig_run(&town.rig, call, NULL, 0).err.code, ERROR_CONFLICT);
	}
	assert_int_equal(store_town_count(&town, "SELECT COUNT(*) FROM broadcast"), 0);
	assert_int_equal(store_town_count(&town, "SELECT state FROM alert"), ALERT_PENDING);
	store_town_end(&town);
}

static void test_a_verified_close_ends_its_alerts(void **state)
{
	struct store_town town;
	struct store_case_act_out out;
	struct id alert;
	struct id case_id;
	struct store_alert_load_out seen;
	struct store_call *call;

	(void)state;
	store_town_begin(&town);
	alert = store_town_active(&town);
	store_town_must(store_town_load(&town, &alert, &seen));
	case_id = seen.cases[0].id;
	/* not verified: not found, the alert rests and somebody is reminded */
	store_town_must(act(&town, close_with(&town, &case_id, false), &out));
	assert_int_equal(out.outcome.case_state, CASE_OPEN);
	assert_int_equal(out.alert_count, 1);
	assert_int_equal(store_town_count(&town, "SELECT state FROM alert"), ALERT_SUSPENDED);
	assert_int_equal(store_town_count(&town, "SELECT COUNT(*) FROM timer WHERE kind = 6"), 1);
	store_town_must(act(&town, close_with(&town, &case_id, true), &out));
	assert_int_equal(out.outcome.case_state, CASE_FOUND);
	assert_int_equal(out.outcome.count, 1);
	assert_true(id_equal(&out.alerts[0], &alert));
	assert_int_equal(store_town_count(&town, "SELECT state FROM alert"), ALERT_ENDED);
	assert_int_equal(store_town_count(&town, "SELECT COUNT(*) FROM timer"), 0);
	assert_int_equal(act(&town, close_with(&town, &case_id, true), NULL).err.code,
			 ERROR_CONFLICT);
	(void)store_town_act(&town, &call, CASE_ACT_REOPEN, &case_id);
	store_town_must(act(&town, call, &out));
	assert_int_equal(out.outcome.case_state, CASE_OPEN);
	assert_int_equal(store_town_count(&town, "SELECT state FROM alert"), ALERT_ENDED);
	store_town_end(&town);
}

/* What a caller said lies sealed, and opens as the case it is of, only. */
static void test_nothing_said_lies_open(void **state)
{
	struct store_town town;
	struct outcome made;
	struct store_call *call;
	struct store_case_act_in *in;

	(void)state;
	store_town_begin(&town);
	made = store_town_report(&town, NULL);
	in = store_town_act(&town, &call, CASE_ACT_NOTE, &made.case_id);
	in->text = "Odvojio se kod reke.";
	store_town_must(act(&town, call, NULL));
	assert_int_equal(store_town_count(&town, "SELECT COUNT(*) FROM note"
						 " WHERE instr(text_sealed, 'Odvojio') > 0"),
			 0);
	assert_int_equal(store_town_count(&town, "SELECT COUNT(*) FROM report"
						 " WHERE instr(body_sealed, 'Odvojio') > 0"),
			 0);
	assert_int_equal(store_town_count(&town, "SELECT COUNT(*) FROM casefile"
						 " WHERE instr(truth_sealed, 'Odvojio') > 0"),
			 0);
	assert_non_null(strstr(get(&town, &made.case_id).truth.data, "Odvojio"));
	store_town_end(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_what_was_read_is_changed),
		cmocka_unit_test(test_a_repetition_is_told_again),
		cmocka_unit_test(test_holds_end_by_themselves),
		cmocka_unit_test(test_a_hold_stales_an_approval),
		cmocka_unit_test(test_a_verified_close_ends_its_alerts),
		cmocka_unit_test(test_nothing_said_lies_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
