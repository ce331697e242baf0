/*
 * Reading cases: pages without gaps or repeats, one state or several, search by folded names, the
 * worklist's kinds. Covers case_search.c and worklist.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "domain/fold.h"
#include "store_town.h"

static struct store_case_list_out list(struct store_town *town, unsigned states,
				       const struct id *after, int limit)
{
	struct store_call *call = store_rig_call(&town->rig, &store_case_list);
	struct store_case_list_out out;

	*(struct store_case_list_in *)call->in = (struct store_case_list_in){
		.states = states, .after = *after, .with_exercise = true, .limit = limit};
	store_town_must(store_rig_run(&town->rig, call, &out, sizeof(out)));
	return out;
}

static void close_case(struct store_town *town, const struct id *case_id, bool is_verified)
{
	struct store_call *call;
	struct store_case_act_in *in = store_town_act(town, &call, CASE_ACT_CLOSE, case_id);

	in->state = CASE_FOUND;
	in->end_reason = END_RESOLVED;
	in->is_verified = is_verified;
	in->text = "{}";
	store_town_must(store_rig_run(&town->rig, call, NULL, 0));
}

static void open_case(struct store_town *town, const struct id *case_id)
{
	struct store_call *call;
	struct store_case_act_in *in = store_town_act(town, &call, CASE_ACT_ASSIGN, case_id);

	in->word = "vera";
	store_town_must(store_rig_run(&town->rig, call, NULL, 0));
}

/* --- pages --- */

#define CASES 13

/* Every case of the states once, newest first, whatever the size of a page. */
static void check_pages(struct store_town *town, const struct id *cases, unsigned states,
			const bool *is_there)
{
	for (int limit = 1; limit <= CASES + 1; limit++) {
		struct id after = {0};
		int at = CASES - 1;
		bool has_more = true;

		while (has_more) {
			struct store_case_list_out page = list(town, states, &after, limit);

			assert_true(page.count <= (size_t)limit);
			for (size_t i = 0; i < page.count; i++) {
				while (at >= 0 && !is_there[at]) {
					at--;
				}
				assert_true(at >= 0);
				assert_true(id_equal(&page.rows[i].id, &cases[at]));
				after = page.rows[i].id;
				at--;
			}
			has_more = page.has_more;
			assert_true(!has_more || page.count == (size_t)limit);
		}
		while (at >= 0) {
			assert_false(is_there[at--]);
		}
	}
}

static void test_pages_of_states(void **state)
{
	static const unsigned masks[] = {
		0,
		1u << CASE_INTAKE,
		1u << CASE_OPEN,
		1u << CASE_FOUND,
		1u << CASE_OPEN | 1u << CASE_FOUND,
		1u << CASE_INTAKE | 1u << CASE_OPEN | 1u << CASE_FOUND,
		1u << CASE_HOAX,
	};
	static const enum case_state states[] = {CASE_INTAKE, CASE_OPEN, CASE_FOUND};
	struct store_town town;
	struct id cases[CASES];

	(void)state;
	store_town_begin(&town);
	for (int i = 0; i < CASES; i++) {
		town.rig.clock.utc_ms += 1000;
		cases[i] = store_town_report(&town, NULL).case_id;
		if (i % 3 > 0) {
			open_case(&town, &cases[i]);
		}
		if (i % 3 > 1) {
			close_case(&town, &cases[i], true);
		}
	}
	for (size_t m = 0; m < ARRAY_LEN(masks); m++) {
		bool is_there[CASES];

		for (int i = 0; i < CASES; i++) {
			is_there[i] = masks[m] == 0 || (masks[m] >> states[i % 3]) % 2 == 1;
		}
		check_pages(&town, cases, masks[m], is_there);
	}
	store_town_end(&town);
}

static void test_exercises_stay_out(void **state)
{
	struct store_town town;
	struct store_call *call;
	struct store_case_list_out out;

	(void)state;
	store_town_begin(&town);
	(void)store_town_report(&town, NULL);
	call = store_rig_call(&town.rig, &store_case_list);
	((struct store_case_list_in *)call->in)->limit = 10;
	store_town_must(store_rig_run(&town.rig, call, &out, sizeof(out)));
	assert_int_equal(out.count, 0);
	store_town_end(&town);
}

/* --- search --- */

#define NAMED                                                                                      \
	"{\"status\":\"exercise\",\"circumstances\":\"x\",\"child\":{\"names\":[{\"script\":"      \
	"\"Cyrl\",\"given\":\"Ђорђе\",\"family\":\"Живковић\"}]}}"

static size_t found(struct store_town *town, const char *words, bool with_exercise, struct id *next)
{
	struct store_call *call = store_rig_call(&town->rig, &store_case_search);
	struct store_case_search_in *in = call->in;
	struct store_case_search_out out;
	struct fold_query *query = arena_alloc(call->arena, sizeof(*query));

	fold_query_init(query, store_town_bytes(words));
	*in = (struct store_case_search_in){
		.query = query,
		.after = *next,
		.statuses = STATUS_BIT(STATUS_ACTUAL) |
			    (with_exercise ? STATUS_BIT(STATUS_EXERCISE) : 0),
		.limit = 2,
	};
	store_town_must(store_rig_run(&town->rig, call, &out, sizeof(out)));
	*next = out.next;
	return out.count;
}

static void test_search_folds(void **state)
{
	static const struct {
		const char *words;
		size_t count;
	} rows[] = {
		{"Ђорђе", 1},    {"Đorđe", 1},         {"djordje", 1}, {"dorde", 1},
		{"živkovic", 1}, {"ZIVKOVIC djor", 1}, {"Petar", 0},
	};
	struct store_town town;

	(void)state;
	store_town_begin(&town);
	(void)store_town_report(&town, NAMED);
	(void)store_town_report(&town, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct id next = {0};

		if (found(&town, rows[i].words, true, &next) != rows[i].count) {
			fail_msg("%s", rows[i].words);
		}
		assert_int_equal(found(&town, rows[i].words, false, &next), 0);
	}
	store_town_end(&town);
}

static void test_search_goes_on_where_it_ended(void **state)
{
	struct store_town town;
	struct id next = {0};
	size_t total = 0;
	int pages = 0;

	(void)state;
	store_town_begin(&town);
	for (int i = 0; i < 5; i++) {
		town.rig.clock.utc_ms += 1000;
		(void)store_town_report(&town, NAMED);
	}
	do {
		total += found(&town, "dorde", true, &next);
		pages++;
	} while (!id_is_none(&next) && pages < 10);
	assert_int_equal(total, 5);
	assert_int_equal(pages, 3);
	store_town_end(&town);
}

/* --- the worklist --- */

static bool is_listed(struct store_town *town, enum store_work_kind kind)
{
	struct store_call *call = store_rig_call(&town->rig, &store_worklist);
	struct store_worklist_out out;

	*(struct store_worklist_in *)call->in =
		(struct store_worklist_in){true, store_town_now(town), 50};
	store_town_must(store_rig_run(&town->rig, call, &out, sizeof(out)));
	for (size_t i = 0; i < out.count; i++) {
		if (out.rows[i].kind == kind) {
			return true;
		}
	}
	return false;
}

static void test_work_of_a_case(void **state)
{
	struct store_town town;
	struct store_call *call;
	struct store_case_act_in *in;
	struct outcome made;

	(void)state;
	store_town_begin(&town);
	made = store_town_report(&town, NULL);
	assert_true(is_listed(&town, WORK_CASE_INTAKE));
	in = store_town_act(&town, &call, CASE_ACT_NOTE, &made.case_id);
	in->text = "Zvati školu.";
	in->due_utc_ms = store_town_now(&town) + 2 * 3600000;
	store_town_must(store_rig_run(&town.rig, call, NULL, 0));
	assert_false(is_listed(&town, WORK_NOTE_DUE)); /* in two hours */
	town.rig.clock.utc_ms += 2 * 3600000;
	assert_true(is_listed(&town, WORK_NOTE_DUE));
	open_case(&town, &made.case_id);
	assert_false(is_listed(&town, WORK_CASE_INTAKE));
	close_case(&town, &made.case_id, false);
	assert_true(is_listed(&town, WORK_UNVERIFIED));
	close_case(&town, &made.case_id, true);
	assert_false(is_listed(&town, WORK_UNVERIFIED));
	store_town_end(&town);
}

static void decline(struct store_town *town, const struct id *alert, enum version_did did)
{
	struct store_call *call = store_rig_call(&town->rig, &store_alert_decline);

	*(struct store_alert_decline_in *)call->in = (struct store_alert_decline_in){
		*alert, 1, did, "opis odeće", "marko", store_town_now(town)};
	store_town_must(store_rig_run(&town->rig, call, NULL, 0));
}

static void test_work_of_an_alert(void **state)
{
	struct store_town town;
	struct outcome made;
	struct store_outbox_page_out page;
	int64_t broadcast;

	(void)state;
	store_town_begin(&town);
	(void)store_town_list(&town, "log", 3);
	made = store_town_report(&town, NULL);
	made = store_town_draft(&town, &made.case_id);
	store_town_must(store_town_submit(&town, &made.alert_id, NULL));
	assert_true(is_listed(&town, WORK_APPROVAL));
	decline(&town, &made.alert_id, DID_RETURN);
	assert_false(is_listed(&town, WORK_APPROVAL));
	assert_true(is_listed(&town, WORK_RETURNED));
	store_town_must(store_town_submit(&town, &made.alert_id, NULL));
	store_town_must(store_town_approve(&town, &made.alert_id, "marko", NULL));
	assert_false(is_listed(&town, WORK_RETURNED));
	assert_true(is_listed(&town, WORK_NO_ACK));
	assert_false(is_listed(&town, WORK_HELD));
	broadcast = store_town_broadcast(&town, &made.alert_id, "log").id;
	page = store_town_page(&town, broadcast, 1);
	store_town_result(&town, page.claims[0].delivery_id, broadcast, DELIVERY_HELD,
			  REACHED_NONE);
	assert_true(is_listed(&town, WORK_HELD));
	assert_false(is_listed(&town, WORK_EXPIRING));
	town.rig.clock.utc_ms += STORE_TOWN_DAY_MS - 1800000;
	assert_true(is_listed(&town, WORK_EXPIRING));
	store_town_must(store_town_stop(&town, &made.alert_id, NULL));
	assert_false(is_listed(&town, WORK_NO_ACK));
	assert_false(is_listed(&town, WORK_EXPIRING));
	store_town_end(&town);
}

static void test_the_worklist_is_bounded(void **state)
{
	struct store_town town;
	struct store_call *call;
	struct store_worklist_out out;

	(void)state;
	store_town_begin(&town);
	for (int i = 0; i < 4; i++) {
		town.rig.clock.utc_ms += 1000;
		(void)store_town_report(&town, NULL);
	}
	call = store_rig_call(&town.rig, &store_worklist);
	*(struct store_worklist_in *)call->in =
		(struct store_worklist_in){true, store_town_now(&town), 3};
	store_town_must(store_rig_run(&town.rig, call, &out, sizeof(out)));
	assert_int_equal(out.count, 3);
	assert_true(out.has_more);
	assert_true(out.rows[0].since_utc_ms < out.rows[1].since_utc_ms); /* who waits longest */
	store_town_end(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages_of_states),
		cmocka_unit_test(test_exercises_stay_out),
		cmocka_unit_test(test_search_folds),
		cmocka_unit_test(test_search_goes_on_where_it_ended),
		cmocka_unit_test(test_work_of_a_case),
		cmocka_unit_test(test_work_of_an_alert),
		cmocka_unit_test(test_the_worklist_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
