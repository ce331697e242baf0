/*
 * Every registered statement prepares on the real schema, has a name of its own, is written
 * portably, and reaches its rows along an index: a hotline's tables grow for decades.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/core.h"
#include "store/sql_registry.h"
#include "store_rig.h"

static void test_every_statement_prepares(void **state)
{
	struct store_rig rig;
	int failures = 0;

	store_rig_init(&rig, true);
	for (size_t g = 0; g < sql_registry_count; g++) {
		for (size_t i = 0; i < *sql_registry[g].count; i++) {
			struct error err = {0};

			if (db_stmt(&rig.store->writer, &sql_registry[g].texts[i], &err) == NULL) {
				print_error("%s: %s\n", sql_registry[g].name, err.text);
				failures++;
			}
		}
	}
	assert_int_equal(failures, 0);
	store_rig_finish(&rig);
	(void)state;
}

static void test_names_are_unique(void **state)
{
	for (size_t g = 0; g < sql_registry_count; g++) {
		const struct sql_group *group = &sql_registry[g];

		assert_true(*group->count > 0);
		for (size_t i = 0; i < *group->count; i++) {
			assert_non_null(group->texts[i].name);
			for (size_t j = i + 1; j < *group->count; j++) {
				assert_string_not_equal(group->texts[i].name, group->texts[j].name);
			}
		}
	}
	(void)state;
}

/* One portable text: what PostgreSQL would not take is not written. */
static void test_texts_are_portable(void **state)
{
	static const char *const banned[] = {"::",        "datetime(",  "random(", "strftime(",
					     "OR IGNORE", "OR REPLACE", "rowid",   "IFNULL"};

	for (size_t g = 0; g < sql_registry_count; g++) {
		for (size_t i = 0; i < *sql_registry[g].count; i++) {
			for (size_t b = 0; b < ARRAY_LEN(banned); b++) {
				if (strstr(sql_registry[g].texts[i].sql, banned[b]) != NULL) {
					fail_msg("%s uses %s", sql_registry[g].texts[i].name,
						 banned[b]);
				}
			}
		}
	}
	(void)state;
}

/* --- plans --- */

/*
 * A step of a plan is good when it compares a column that names one thing. Any other step, a walk
 * through a table or through all rows of a state, a channel or a partner, needs a reason here: the
 * rows are few and stay few, or a LIMIT ends the walk.
 */
static const char *const naming[] = {
	"id=?",        "ref=?",          "rowid=?",        "case_id=?", "alert_id=?",
	"owner_id=?",  "notice_id=?",    "name=?",         "hash=?",    "delivery_id=?",
	"recipient=?", "provider_ref=?", "broadcast_id=?", "scope=?",   "seq=?",
};
/* An alert has a delivery a recipient: there its id and its broadcast's name a hundred thousand. */
static const char *const naming_delivery[] = {"rowid=?", "recipient=?", "provider_ref=?"};

static const struct {
	const char *statement; /* how its name begins */
	const char *part;      /* of the step */
	const char *reason;
} allowed[] = {
	/* partial indexes: they hold what is under way, not what is over */
	{"", "INDEX broadcast_open", "broadcasts that are not over"},
	{"", "INDEX delivery_unfinished", "deliveries that are not over"},
	{"", "INDEX delivery_due", "deliveries with a due time"},
	{"", "INDEX ladder_running", "ladders that run"},
	{"", "INDEX note_due", "reminders that are open"},
	{"", "INDEX casefile_purging", "purges that are pending"},
	{"", "INDEX casefile_unverified", "cases that wait for a look"},
	{"", "INDEX timer_due", "times to come, and a LIMIT"},
	/* states that are left soon, and pages along an index */
	{"worklist_", "INDEX alert_by_state (state=?)", "alerts that are not over"},
	{"live_channels", "INDEX alert_by_state (state=?)", "alerts that are not over"},
	{"event_list_current", "INDEX alert_by_state (state=?)", "alerts that are not over"},
	{"worklist_intake", "casefile_by_state (state=?)", "a LIMIT, in the index's order"},
	{"alert_list_page", "alert_by_state (state=? AND id<?)", "a LIMIT, in the index's order"},
	{"case_list_page", "casefile_by_state (state=? AND id<?)", "a LIMIT, in its order"},
	{"case_search_page", "(id<?)", "a LIMIT; every case has to be opened"},
	{"idempotency_expire", "(at_utc_ms<?)", "a LIMIT, in the index's order"},
	{"event_expire", "(partner=? AND seq<?)", "a LIMIT, in the index's order"},
	{"event_first_kept", "event_2 (partner=?)", "up to the first that stays; the rest goes"},
	{"event_list", "(partner=? AND seq>?)", "a LIMIT, in the index's order"},
	{"audit_after", "(chain=? AND seq>?)", "a LIMIT, in the key's order"},
	{"person_page", "(id>?)", "a LIMIT, in the key's order"},
	{"token_page", "(id>?)", "a LIMIT, in the key's order"},
	{"list_", "(channel=? AND recipient>?", "a LIMIT, or up to where one ended"},
	{"outbox_walk_list", "(channel=? AND recipient>?", "a LIMIT, in the index's order"},
	{"outbox_walk_", "delivery_reached (alert_id=? AND channel=? AND id>?)", "a LIMIT"},
	{"delivery_list", "(broadcast_id=? AND recipient<?)", "a LIMIT, in the index's order"},
	/* the first or last entry of an index */
	{"audit_newest", "(chain=?)", "the last one"},
	{"timer_newest_time", "(chain=?)", "the last one"},
	{"timeline_head", "(chain=?)", "the last one"},
	{"event_bounds", "event_2 (partner=?)", "the first one"},
	{"list_recipient_last", "(channel=?)", "the last one"},
	{"outbox_row_next", "SEARCH delivery", "the last one"},
	{"alert_load_ledger", "delivery_reached", "whether there is one"},
	{"fanout_", "delivery_reached", "whether there is one"},
	/* small tables */
	{"", "INDEX sqlite_autoindex_list_1", "a generation for each file that changed"},
	{"alert_standing_fresh", "(channel=?)", "a list that changed while its alert runs"},
	{"", "SCAN channel_state", "a row a channel"},
	{"person_count", "SCAN person", "LIMIT_PEOPLE"},
	{"persons_all", "SCAN person", "LIMIT_PEOPLE"},
	{"token", "SCAN token", "LIMIT_PEOPLE"},
	{"event_bounds", "partner_seq", "a row a partner"},
	{"fanout_seq_get", "partner_seq", "a row a partner"},
	{"event_first_kept", "partner_seq", "a row a partner"},
	/* what is asked for */
	{"delivery_counts", "(broadcast_id=?)", "a summary counts the deliveries of its alert"},
};

static bool holds_any(const char *step, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *at = step;

		while ((at = strstr(at, words[i])) != NULL) {
			if (at[-1] == '(' || at[-1] == ' ') {
				return true;
			}
			at++;
		}
	}
	return false;
}

static bool is_delivery(const char *step)
{
	return strstr(step, "INDEX delivery_") != NULL ||
	       strstr(step, "autoindex_delivery_") != NULL;
}

/* SCAN of a subquery that the plan has told before: `seen` holds those lines. */
static bool is_of_subquery(const char *step, const char *seen)
{
	char line[80];

	(void)snprintf(line, sizeof(line), "CO-ROUTINE %s\n", step + strlen("SCAN "));
	return strstr(seen, line) != NULL;
}

static bool names_its_rows(const char *step, const char *seen)
{
	if (strncmp(step, "SCAN ", 5) == 0) {
		return strcmp(step, "SCAN CONSTANT ROW") == 0 || is_of_subquery(step, seen);
	}
	if (strncmp(step, "SEARCH ", 7) != 0) {
		return true;
	}
	return is_delivery(step) ? holds_any(step, naming_delivery, ARRAY_LEN(naming_delivery))
				 : holds_any(step, naming, ARRAY_LEN(naming));
}

static bool is_allowed(const char *statement, const char *step, bool *used)
{
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
		if (strncmp(allowed[i].statement, statement, strlen(allowed[i].statement)) == 0 &&
		    strstr(step, allowed[i].part) != NULL) {
			assert_true(strlen(allowed[i].reason) > 0);
			if (used != NULL) {
				used[i] = true;
			}
			return true;
		}
	}
	return false;
}

/* How many steps are neither good nor allowed; tells them, and which of `allowed` are used, when
 * `used` is there. */
static int judge_plan(sqlite3 *handle, const struct sql_text *text, bool *used)
{
	AUTO(free) char *sql = xasprintf("EXPLAIN QUERY PLAN %s", text->sql);
	AUTO(buf) struct buf seen = {0};
	sqlite3_stmt *stmt = NULL;
	int bad = 0;

	assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(stmt, 3);

		if (!names_its_rows(step, buf_text(&seen)) && !is_allowed(text->name, step, used)) {
			if (used != NULL) {
				print_error("%s: %s\n", text->name, step);
			}
			bad++;
		}
		buf_printf(&seen, "%s\n", step);
	}
	(void)sqlite3_finalize(stmt);
	return bad;
}

static void test_rows_are_reached_by_index(void **state)
{
	struct store_rig rig;
	bool used[ARRAY_LEN(allowed)] = {false};
	int bad = 0;

	(void)state;
	store_rig_init(&rig, true);
	for (size_t g = 0; g < sql_registry_count; g++) {
		for (size_t i = 0; i < *sql_registry[g].count; i++) {
			bad += judge_plan(rig.store->writer.handle, &sql_registry[g].texts[i],
					  used);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
		if (!used[i]) {
			print_error("no longer needed: %s, %s\n", allowed[i].statement,
				    allowed[i].part);
			bad++;
		}
	}
	store_rig_finish(&rig);
	assert_int_equal(bad, 0);
}

/* The judge itself: it would see a table walked and an index used by half. */
static void test_a_bad_plan_is_seen(void **state)
{
	static const struct sql_text bad[] = {
		{"bad_scan", "SELECT id FROM report WHERE person = $1"},
		{"bad_half", "SELECT seq FROM audit WHERE chain = $1 AND seq > $2"},
		{"bad_delivery", "SELECT id FROM delivery WHERE broadcast_id = $1"},
	};
	static const struct sql_text good = {"good", "SELECT id FROM report WHERE case_id = $1"};
	struct store_rig rig;

	(void)state;
	store_rig_init(&rig, true);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(judge_plan(rig.store->writer.handle, &bad[i], NULL), 1);
	}
	assert_int_equal(judge_plan(rig.store->writer.handle, &good, NULL), 0);
	store_rig_finish(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_statement_prepares),
		cmocka_unit_test(test_names_are_unique),
		cmocka_unit_test(test_texts_are_portable),
		cmocka_unit_test(test_rows_are_reached_by_index),
		cmocka_unit_test(test_a_bad_plan_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
