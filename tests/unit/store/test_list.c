/*
 * Recipient lists: a number is kept for ever, what a newer file lacks is removed when the load
 * ends, page by page, and a generation that did not end is never pinned.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "store/list.h"
#include "store_town.h"

static struct store_list_begin_out begin(struct store_town *town, uint8_t hash)
{
	struct store_call *call = store_rig_call(&town->rig, &store_list_begin);
	struct store_list_begin_in *in = call->in;
	struct store_list_begin_out out;

	in->channel = "log";
	in->source_hash[0] = hash;
	in->now_utc_ms = store_town_now(town);
	store_town_must(store_rig_run(&town->rig, call, &out, sizeof(out)));
	return out;
}

/* Names prefix<first> .. prefix<end - 1>. */
static struct store_rig_answer add(struct store_town *town, int64_t generation, int first, int end)
{
	struct store_call *call = store_rig_call(&town->rig, &store_list_page);
	struct store_list_page_in *in = call->in;
	size_t count = (size_t)(end - first);
	struct store_list_item *items = arena_array(call->arena, count, sizeof(*items));

	for (size_t i = 0; i < count; i++) {
		items[i].name = arena_printf(call->arena, "r%d", first + (int)i);
		items[i].address = "somewhere";
	}
	*in = (struct store_list_page_in){"log", generation, items, count};
	return store_rig_run(&town->rig, call, NULL, 0);
}

static void load(struct store_town *town, int64_t generation, int first, int end)
{
	for (; first < end; first += LIMIT_STORE_ROWS) {
		int page = end - first < LIMIT_STORE_ROWS ? end - first : LIMIT_STORE_ROWS;

		store_town_must(add(town, generation, first, first + page));
	}
}

/* The chain to its end; returns how many requests it took. */
static int finish(struct store_town *town, int64_t generation, struct store_list_finish_out *out)
{
	int requests = 0;

	memset(out, 0, sizeof(*out));
	do {
		struct store_call *call = store_rig_call(&town->rig, &store_list_finish);
		struct store_list_finish_in *in = call->in;

		*in = (struct store_list_finish_in){"log", generation, out->progress};
		store_town_must(store_rig_run(&town->rig, call, out, sizeof(*out)));
		requests++;
		assert_true(requests < 20);
	} while (out->has_more);
	return requests;
}

static int64_t number_of(struct store_town *town, int name)
{
	char sql[120];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT recipient FROM recipient WHERE channel = 'log' AND name = 'r%d'",
		       name);
	return store_town_count(town, sql);
}

#define HERE "SELECT COUNT(*) FROM recipient WHERE removed_generation IS NULL"

static void test_a_number_is_kept(void **state)
{
	struct store_town town;
	struct store_list_finish_out done;
	struct store_list_begin_out begun;

	(void)state;
	store_town_begin(&town);
	begun = begin(&town, 1);
	assert_int_equal(begun.generation, 1);
	load(&town, 1, 0, 5);
	assert_int_equal(finish(&town, 1, &done), 1);
	assert_int_equal(done.progress.recipients, 5);
	assert_int_equal(done.progress.last, 5);
	begun = begin(&town, 1); /* the same file */
	assert_true(begun.is_same);
	assert_int_equal(begun.generation, 1);
	assert_int_equal(begun.recipients, 5);

	begun = begin(&town, 2); /* r0 and r1 are gone, r5 is new */
	assert_false(begun.is_same);
	load(&town, 2, 2, 6);
	(void)finish(&town, 2, &done);
	assert_int_equal(done.progress.recipients, 4);
	assert_int_equal(number_of(&town, 4), 5);
	assert_int_equal(number_of(&town, 5), 6);
	assert_int_equal(store_town_count(&town, HERE), 4);

	begun = begin(&town, 3); /* r0 is back, as who it was */
	load(&town, 3, 0, 1);
	(void)finish(&town, 3, &done);
	assert_int_equal(number_of(&town, 0), 1);
	assert_int_equal(store_town_count(&town, HERE), 1);
	assert_int_equal(done.progress.last, 1);
	store_town_end(&town);
}

/* A finish once walked the whole list in one request, and counted it in another. */
static void test_a_finish_goes_page_by_page(void **state)
{
	struct store_town town;
	struct store_list_finish_out done;

	(void)state;
	store_town_begin(&town);
	(void)begin(&town, 1);
	load(&town, 1, 0, 2500);
	assert_int_equal(finish(&town, 1, &done), 3);
	assert_int_equal(done.progress.recipients, 2500);
	assert_int_equal(done.progress.last, 2500);
	(void)begin(&town, 2);
	load(&town, 2, 900, 2000); /* exactly two pages of what there was are touched */
	assert_int_equal(finish(&town, 2, &done), 3);
	assert_int_equal(done.progress.recipients, 1100);
	assert_int_equal(done.progress.last, 2000);
	assert_int_equal(store_town_count(&town, HERE), 1100);
	(void)begin(&town, 3);
	assert_int_equal(finish(&town, 3, &done), 3); /* an empty file */
	assert_int_equal(done.progress.recipients, 0);
	assert_int_equal(store_town_count(&town, HERE), 0);
	store_town_end(&town);
}

static void test_an_unfinished_generation_is_nobodys(void **state)
{
	struct store_town town;
	struct store_list_finish_out done;

	(void)state;
	store_town_begin(&town);
	(void)begin(&town, 1);
	load(&town, 1, 0, 3);
	assert_int_equal(store_town_count(&town, "SELECT COUNT(*) FROM list WHERE is_complete = 1"),
			 0);
	/* the daemon died; the same file again is another generation, not `same` */
	assert_int_equal(begin(&town, 1).generation, 2);
	load(&town, 2, 0, 3);
	(void)finish(&town, 2, &done);
	assert_int_equal(done.progress.recipients, 3);
	assert_int_equal(
		store_town_count(&town, "SELECT generation FROM list WHERE is_complete = 1"), 2);
	store_town_end(&town);
}

static void test_a_name_twice_is_refused(void **state)
{
	struct store_town town;
	struct store_rig_answer answer;

	(void)state;
	store_town_begin(&town);
	(void)begin(&town, 1);
	load(&town, 1, 0, 3);
	answer = add(&town, 1, 2, 4);
	assert_int_equal(answer.err.code, ERROR_INVALID);
	assert_int_equal(store_town_count(&town, "SELECT COUNT(*) FROM recipient"), 3);
	store_town_end(&town);
}

static void test_addresses_are_sealed(void **state)
{
	struct store_town town;

	(void)state;
	store_town_begin(&town);
	(void)begin(&town, 1);
	load(&town, 1, 0, 2);
	assert_int_equal(store_town_count(&town, "SELECT COUNT(*) FROM recipient"
						 " WHERE instr(address_sealed, 'somewhere') > 0"),
			 0);
	assert_int_equal(/* the keyed hash finds equal ones */
			 store_town_count(&town,
					  "SELECT COUNT(DISTINCT address_hash) FROM recipient"),
			 1);
	store_town_end(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_number_is_kept),
		cmocka_unit_test(test_a_finish_goes_page_by_page),
		cmocka_unit_test(test_an_unfinished_generation_is_nobodys),
		cmocka_unit_test(test_a_name_twice_is_refused),
		cmocka_unit_test(test_addresses_are_sealed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
