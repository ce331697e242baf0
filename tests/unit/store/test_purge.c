/*
 * A purge as a request, over everything a case can have, and its proof: a backup taken before it,
 * opened with the master key and the key file of today, yields nothing of the purged case and
 * everything of another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "domain/release.h"
#include "store/alert.h"
#include "store/audit.h"
#include "store/backup.h"
#include "store/casefile.h"
#include "store/people.h"
#include "store/purge.h"
#include "store/txn.h"
#include "store_rig.h"

#define REPORT                                                                                     \
	"{\"status\":\"exercise\",\"circumstances\":\"Odvojio se.\",\"child\":{\"age\":7,"         \
	"\"clothing\":\"plava jakna\"}}"
#define DRAFT "{\"message\":{\"sr-Latn\":\"Dete u plavoj jakni.\"}}"

struct town {
	struct store_rig rig;
	struct id cases[2], reports[2], alerts[2];
};

static void must(struct store_rig_answer answer)
{
	if (!answer.ok) {
		fail_msg("%s: %s", error_code_name(answer.err.code), answer.err.text);
	}
}

static struct bytes text_bytes(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static int64_t now(const struct town *town)
{
	return town->rig.clock.utc_ms;
}

/* --- what a case can have --- */

static void add_report(struct town *town, int which, bool is_new)
{
	struct store_call *call = store_rig_call(&town->rig, &store_report_create);
	struct store_report_create_in *in = call->in;
	struct store_report_create_out out;
	struct report *decoded = arena_alloc(call->arena, sizeof(*decoded));
	struct problems problems;

	problems_init(&problems, call->arena);
	assert_true(report_decode(text_bytes(REPORT), now(town), call->arena, decoded, &problems));
	in->report_id = town->reports[which] = id_new(&town->rig.clock.clock);
	in->case_id = is_new ? id_new(&town->rig.clock.clock) : town->cases[which];
	in->is_new = is_new;
	in->report = decoded;
	in->body = text_bytes(REPORT);
	in->person = "vera";
	in->ref_year = 2026;
	in->now_utc_ms = now(town);
	must(store_rig_run(&town->rig, call, &out, sizeof(out)));
	town->cases[which] = out.outcome.case_id;
}

static void act(struct town *town, int which, enum store_case_act what, const char *text)
{
	struct store_call *call = store_rig_call(&town->rig, &store_case_act);
	struct store_case_act_in *in = call->in;

	in->act = what;
	in->case_id = town->cases[which];
	in->item_id = id_new(&town->rig.clock.clock);
	in->text = text;
	in->field = RELEASE_CLOTHING;
	in->person = "vera";
	in->now = (struct timer_now){.utc_ms = now(town)};
	call->audit = (struct store_audit){.action = "case.act",
					   .person = "vera",
					   .case_id = town->cases[which],
					   .note = "beleška o detetu"};
	must(store_rig_run(&town->rig, call, NULL, 0));
}

static void add_alert(struct town *town, int which)
{
	struct store_call *call = store_rig_call(&town->rig, &store_alert_create);
	struct store_alert_create_in *in = call->in;
	struct store_alert_create_out out;

	in->alert_id = town->alerts[which] = id_new(&town->rig.clock.clock);
	in->case_id = town->cases[which];
	in->status = STATUS_EXERCISE;
	in->tier = TIER_RESTRICTED;
	in->policy = "restricted";
	in->draft = text_bytes(DRAFT);
	in->person = "vera";
	in->ref_year = 2026;
	in->now_utc_ms = now(town);
	must(store_rig_run(&town->rig, call, &out, sizeof(out)));
}

static void end_alert(struct town *town, int which)
{
	struct store_call *call = store_rig_call(&town->rig, &store_alert_stop);
	struct store_alert_stop_in *in = call->in;

	in->stop = (struct alert_stop){.alert_id = town->alerts[which],
				       .reason = END_RESOLVED,
				       .note = "nađen kod tetke",
				       .person = "vera",
				       .now_utc_ms = now(town)};
	call->audit = (struct store_audit){.action = "alert.end",
					   .person = "vera",
					   .alert_id = town->alerts[which],
					   .note = "nađen kod tetke"};
	must(store_rig_run(&town->rig, call, NULL, 0));
}

/* Retention's part, which is not built yet: the case waits for its purge. */
static bool run_retain(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		       struct error *err)
{
	static const struct sql_text text = {"test_retain",
					     "UPDATE casefile SET state = 10 WHERE id = $1"};
	struct sql_stmt *stmt = sql_use(txn, &text);

	(void)arena;
	(void)out;
	sql_bind_id(stmt, 1, in);
	return sql_run(stmt, err);
}
static const struct store_op op_retain = {"test_retain", STORE_KEEPING, sizeof(struct id), 1,
					  run_retain};

static void retain(struct town *town, int which)
{
	struct store_call *call = store_rig_call(&town->rig, &op_retain);

	*(struct id *)call->in = town->cases[which];
	must(store_rig_run(&town->rig, call, NULL, 0));
}

static void begin(struct town *town)
{
	memset(town, 0, sizeof(*town));
	store_rig_init(&town->rig, true);
	for (int which = 0; which < 2; which++) {
		add_report(town, which, true);
		act(town, which, CASE_ACT_NOTE, "Zvao školu.");
		act(town, which, CASE_ACT_HOLD, "{\"by\":\"tužilac\"}");
		add_alert(town, which);
	}
}

/* --- purging --- */

static struct store_rig_answer purge_begin(struct town *town, int which)
{
	struct store_call *call = store_rig_call(&town->rig, &store_purge_begin);
	struct store_purge_begin_in *in = call->in;

	in->case_id = town->cases[which];
	in->now_utc_ms = now(town);
	return store_rig_run(&town->rig, call, NULL, 0);
}

static struct store_rig_answer purge_run(struct town *town, int which, bool *ret_is_done)
{
	struct store_call *call = store_rig_call(&town->rig, &store_purge_run);
	struct store_purge_run_in *in = call->in;
	struct store_purge_run_out out;
	struct store_rig_answer answer;

	in->case_id = town->cases[which];
	in->now_utc_ms = now(town);
	answer = store_rig_run(&town->rig, call, &out, sizeof(out));
	*ret_is_done = answer.ok && out.is_done;
	return answer;
}

static size_t pending(struct town *town)
{
	struct store_call *call = store_rig_call(&town->rig, &store_purge_pending);
	struct store_purge_pending_out out;

	((struct store_purge_pending_in *)call->in)->limit = 10;
	must(store_rig_run(&town->rig, call, &out, sizeof(out)));
	return out.count;
}

/* --- what can be read --- */

static struct store_rig_answer read_case(struct town *town, int which,
					 struct store_case_get_out *out)
{
	struct store_call *call = store_rig_call(&town->rig, &store_case_get);
	struct store_case_get_in *in = call->in;

	in->case_id = town->cases[which];
	in->with_truth = true;
	in->now_utc_ms = now(town);
	return store_rig_run(&town->rig, call, out, sizeof(*out));
}

static struct store_rig_answer read_report(struct town *town, int which)
{
	struct store_call *call = store_rig_call(&town->rig, &store_report_get);

	((struct store_report_get_in *)call->in)->report_id = town->reports[which];
	return store_rig_run(&town->rig, call, NULL, 0);
}

static struct store_rig_answer read_alert(struct town *town, int which,
					  struct store_alert_load_out *out)
{
	struct store_call *call = store_rig_call(&town->rig, &store_alert_load);
	struct store_alert_load_in *in = call->in;

	in->alert_id = town->alerts[which];
	in->with_personal = true;
	in->now_utc_ms = now(town);
	return store_rig_run(&town->rig, call, out, sizeof(*out));
}

/* The draft alone, under the alert's own key: an alert's read opens its cases too. */
static bool run_open_draft(struct store_txn *txn, struct arena *arena, const void *in, void *out,
			   struct error *err)
{
	static const struct sql_text text = {"test_draft",
					     "SELECT a.key_id, v.draft_sealed FROM alert a"
					     " JOIN version v ON v.alert_id = a.id WHERE a.id = $1"
					     " AND v.draft_sealed IS NOT NULL"};
	struct sql_stmt *stmt = sql_use(txn, &text);
	struct bytes plain;

	(void)out;
	sql_bind_id(stmt, 1, in);
	return (sql_step(stmt) || error_set(err, ERROR_NOT_FOUND, "no draft")) &&
	       txn_open(txn, arena, sql_int(stmt, 0), in, "draft", 1, sql_blob(stmt, 1, arena),
			&plain, err);
}
static const struct store_op op_open_draft = {"test_open_draft", STORE_READ, sizeof(struct id), 1,
					      run_open_draft};

static enum error_code open_draft(struct town *town, int which)
{
	struct store_call *call = store_rig_call(&town->rig, &op_open_draft);

	*(struct id *)call->in = town->alerts[which];
	return store_rig_run(&town->rig, call, NULL, 0).err.code;
}

static void assert_readable(struct town *town, int which)
{
	struct store_case_get_out seen;
	struct store_alert_load_out alert;

	must(read_case(town, which, &seen));
	assert_non_null(strstr(seen.truth.data, "plava jakna"));
	assert_int_equal(seen.hold_count, 1);
	assert_non_null(strstr(seen.holds[0].why.data, "tužilac"));
	must(read_report(town, which));
	must(read_alert(town, which, &alert));
	assert_non_null(strstr(alert.draft.data, "plavoj jakni"));
}

/* The bytes themselves, which no op would show any more: {what is left, how many}. */
static const struct {
	struct sql_text text;
	int64_t left;
} leftovers[] = {
	{{"left_truth", "SELECT COUNT(*) FROM casefile WHERE truth_sealed IS NOT NULL"}, 1},
	{{"left_report", "SELECT COUNT(*) FROM report WHERE body_sealed IS NOT NULL"}, 1},
	{{"left_note", "SELECT COUNT(*) FROM note WHERE text_sealed IS NOT NULL"}, 1},
	{{"left_hold", "SELECT COUNT(*) FROM hold WHERE why_sealed IS NOT NULL"}, 1},
	{{"left_draft", "SELECT COUNT(*) FROM version WHERE draft_sealed IS NOT NULL"}, 1},
	{{"left_audit", "SELECT COUNT(*) FROM audit WHERE note_sealed IS NOT NULL"}, 2},
	{{"left_word", "SELECT COUNT(*) FROM audit WHERE action = 'case.purge'"}, 1},
};

static bool run_count(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		      struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &leftovers[*(const size_t *)in].text);

	(void)arena;
	*(int64_t *)out = sql_step(stmt) ? sql_int(stmt, 0) : -1;
	return sql_ok(stmt, err);
}
static const struct store_op op_count = {"test_count", STORE_READ, sizeof(size_t), sizeof(int64_t),
					 run_count};

static void assert_only_the_other_is_left(struct town *town)
{
	for (size_t i = 0; i < ARRAY_LEN(leftovers); i++) {
		struct store_call *call = store_rig_call(&town->rig, &op_count);
		int64_t left;

		*(size_t *)call->in = i;
		must(store_rig_run(&town->rig, call, &left, sizeof(left)));
		if (left != leftovers[i].left) {
			fail_msg("%s: %d", leftovers[i].text.name, (int)left);
		}
	}
}

static void finish_purge(struct town *town, int which)
{
	bool is_done = false;

	must(purge_begin(town, which));
	for (int runs = 0; !is_done; runs++) {
		assert_true(runs < 10);
		must(purge_run(town, which, &is_done));
	}
}

/* --- tests --- */

static void test_only_a_retained_case_with_nothing_running(void **state)
{
	struct town town;
	bool is_done;

	(void)state;
	begin(&town);
	assert_int_equal(purge_begin(&town, 0).err.code, ERROR_CONFLICT); /* open */
	retain(&town, 0);
	assert_int_equal(purge_begin(&town, 0).err.code, ERROR_CONFLICT); /* a draft lives */
	end_alert(&town, 0);
	assert_int_equal(purge_run(&town, 0, &is_done).err.code, ERROR_CONFLICT); /* not begun */
	assert_readable(&town, 0);
	must(purge_begin(&town, 0));
	must(purge_begin(&town, 0)); /* asked again */
	assert_int_equal(pending(&town), 1);
	assert_readable(&town, 0);
	/* somebody reopens it: the purge is forgotten */
	act(&town, 0, CASE_ACT_REOPEN, NULL);
	assert_int_equal(pending(&town), 0);
	assert_int_equal(purge_run(&town, 0, &is_done).err.code, ERROR_CONFLICT);
	assert_readable(&town, 0);
	store_rig_finish(&town.rig);
}

static void test_a_purged_case_is_gone_and_the_other_is_not(void **state)
{
	struct town town;
	struct store_case_get_out seen;
	struct store_alert_load_out alert;

	(void)state;
	begin(&town);
	end_alert(&town, 0);
	retain(&town, 0);
	finish_purge(&town, 0);
	assert_int_equal(pending(&town), 0);
	must(read_case(&town, 0, &seen));
	assert_int_equal(seen.state, CASE_PURGED);
	assert_int_equal(seen.purged_utc_ms, now(&town));
	assert_int_equal(seen.truth.len, 0);
	assert_int_equal(seen.alert_count, 1);
	assert_int_equal(read_report(&town, 0).err.code, ERROR_GONE);
	must(read_alert(&town, 0, &alert));
	assert_int_equal(alert.draft.len, 0);
	assert_int_equal(purge_begin(&town, 0).err.code, ERROR_GONE);
	assert_readable(&town, 1);
	assert_only_the_other_is_left(&town);
	store_rig_finish(&town.rig);
}

static void test_the_chain_verifies_after_a_purge(void **state)
{
	struct town town;
	struct store_audit_verify_out out;
	struct store_call *call;

	(void)state;
	begin(&town);
	end_alert(&town, 0);
	retain(&town, 0);
	finish_purge(&town, 0);
	call = store_rig_call(&town.rig, &store_audit_verify);
	must(store_rig_run(&town.rig, call, &out, sizeof(out)));
	assert_true(out.is_done);
	assert_false(out.is_broken);
	store_rig_finish(&town.rig);
}

static void test_an_absent_copy_leaves_the_purge_pending(void **state)
{
	struct town town;
	char away[120];
	bool is_done;

	(void)state;
	begin(&town);
	end_alert(&town, 0);
	retain(&town, 0);
	must(purge_begin(&town, 0));
	(void)snprintf(away, sizeof(away), "%s.away", town.rig.key_copy);
	store_rig_close(&town.rig);
	assert_int_equal(rename(town.rig.key_copy, away), 0);
	store_rig_open(&town.rig);
	assert_int_equal(purge_run(&town, 0, &is_done).err.code, ERROR_TEMPORARY);
	assert_int_equal(pending(&town), 1);
	assert_readable(&town, 0);
	store_rig_close(&town.rig);
	assert_int_equal(rename(away, town.rig.key_copy), 0);
	store_rig_open(&town.rig);
	assert_int_equal(pending(&town), 1); /* also after a restart */
	must(purge_run(&town, 0, &is_done));
	assert_true(is_done);
	assert_int_equal(read_report(&town, 0).err.code, ERROR_GONE);
	store_rig_finish(&town.rig);
}

static void test_more_rows_than_one_request_may_touch(void **state)
{
	struct town town;
	bool is_done;

	(void)state;
	begin(&town);
	for (int i = 0; i < LIMIT_STORE_ROWS; i++) {
		act(&town, 0, CASE_ACT_NOTE, "n");
	}
	end_alert(&town, 0);
	retain(&town, 0);
	must(purge_begin(&town, 0));
	must(purge_run(&town, 0, &is_done));
	assert_false(is_done);
	finish_purge(&town, 0);
	assert_int_equal(read_report(&town, 0).err.code, ERROR_GONE);
	store_rig_finish(&town.rig);
}

static void back_up(struct town *town, const char *path)
{
	struct store_call *call = store_rig_call(&town->rig, &store_backup);
	struct store_backup_in *in = call->in;

	in->path = path;
	in->now_utc_ms = now(town);
	must(store_rig_run(&town->rig, call, NULL, 0));
}

static void assert_backup_yields_nothing(bool is_from_copy)
{
	struct town town;
	struct store_case_get_out seen;
	struct store_alert_load_out alert;
	char path[112];

	begin(&town);
	end_alert(&town, 0);
	retain(&town, 0);
	(void)snprintf(path, sizeof(path), "%s/backup.db", town.rig.dir.path);
	back_up(&town, path);
	finish_purge(&town, 0);
	store_rig_close(&town.rig);
	assert_int_equal(rename(path, town.rig.path), 0);
	if (is_from_copy) { /* the key file's disk is lost too: its copy takes its place */
		assert_int_equal(rename(town.rig.key_copy, town.rig.key_file), 0);
	}
	store_rig_open(&town.rig);

	assert_int_equal(read_case(&town, 0, &seen).err.code, ERROR_GONE);
	assert_int_equal(read_report(&town, 0).err.code, ERROR_GONE);
	assert_int_equal(read_alert(&town, 0, &alert).err.code, ERROR_GONE);
	assert_int_equal(open_draft(&town, 0), ERROR_GONE);
	assert_int_equal(open_draft(&town, 1), ERROR_NONE);
	assert_readable(&town, 1);
	store_rig_finish(&town.rig);
}

/* With the master key and the key file of today, and with the key file's copy as well. */
static void test_a_backup_from_before_yields_nothing_of_it(void **state)
{
	(void)state;
	assert_backup_yields_nothing(false);
	assert_backup_yields_nothing(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_a_retained_case_with_nothing_running),
		cmocka_unit_test(test_a_purged_case_is_gone_and_the_other_is_not),
		cmocka_unit_test(test_the_chain_verifies_after_a_purge),
		cmocka_unit_test(test_an_absent_copy_leaves_the_purge_pending),
		cmocka_unit_test(test_more_rows_than_one_request_may_touch),
		cmocka_unit_test(test_a_backup_from_before_yields_nothing_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
