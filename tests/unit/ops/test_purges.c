/*
 * Purges that were begun are finished, hour by hour under a fake clock: what cannot be done now is
 * told and tried again, and a wrong clock destroys nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ops/purges.h"
#include "store/core.h"
#include "store/purge.h"
#include "store_town.h"

struct place {
	struct store_town town;
	struct health *health;
	struct purges *purges;
	struct id cases[3];
};

/* Retention's part and the route's, which are not built yet. */
static void begin_purge(struct place *place, int which)
{
	struct store_call *call;
	struct error err;
	char sql[160], id[ID_TEXT_BYTES];
	int at = 0;

	for (int i = 0; i < 16; i++) {
		at += snprintf(id + at, sizeof(id) - (size_t)at, "%02x",
			       place->cases[which].bytes[i]);
	}
	(void)snprintf(sql, sizeof(sql), "UPDATE casefile SET state = 10 WHERE id = x'%s'", id);
	assert_true(db_exec(&place->town.rig.store->writer, sql, &err));
	call = store_rig_call(&place->town.rig, &store_purge_begin);
	*(struct store_purge_begin_in *)call->in = (struct store_purge_begin_in){
		place->cases[which], NULL, store_town_now(&place->town)};
	store_town_must(store_rig_run(&place->town.rig, call, NULL, 0));
}

static void make_purges(struct place *place)
{
	place->purges =
		purges_create(place->town.rig.store, &place->town.rig.clock.clock, place->health);
}

static void begin(struct place *place)
{
	memset(place, 0, sizeof(*place));
	store_town_begin(&place->town);
	for (int i = 0; i < 3; i++) {
		place->cases[i] = store_town_report(&place->town, NULL).case_id;
	}
	place->health = health_create();
	make_purges(place);
}

static void end(struct place *place)
{
	purges_stop(place->purges);
	store_rig_close(&place->town.rig);
	purges_destroy(&place->purges);
	assert_null(place->purges);
	health_destroy(&place->health);
	store_town_end(&place->town);
}

static void run(struct place *place)
{
	purges_run(place->purges);
	while (store_pump(place->town.rig.store) > 0) {
	}
}

static int64_t purged(struct place *place)
{
	return store_town_count(&place->town, "SELECT COUNT(*) FROM casefile WHERE state = 11"
					      " AND truth_sealed IS NULL");
}

static void test_what_was_begun_is_finished(void **state)
{
	struct place place;

	(void)state;
	begin(&place);
	run(&place);
	assert_int_equal(purged(&place), 0); /* nothing was begun */
	begin_purge(&place, 0);
	begin_purge(&place, 2);
	run(&place);
	assert_int_equal(purged(&place), 2);
	assert_false(health_is_raised(place.health, "purge_waits", NULL));
	end(&place);
}

static void test_one_that_cannot_go_on_stops_no_other(void **state)
{
	struct place place;
	struct outcome draft;
	char sql[] = "UPDATE alert SET state = 6";
	struct error err;

	(void)state;
	begin(&place);
	draft = store_town_draft(&place.town, &place.cases[0]);
	(void)draft;
	/* its alert was over when the purge was begun, and lives again */
	assert_true(db_exec(&place.town.rig.store->writer, sql, &err));
	begin_purge(&place, 0);
	begin_purge(&place, 1);
	assert_true(db_exec(&place.town.rig.store->writer, "UPDATE alert SET state = 1", &err));
	run(&place);
	assert_int_equal(purged(&place), 1);
	assert_true(health_is_raised(place.health, "purge_waits", NULL));
	assert_true(db_exec(&place.town.rig.store->writer, sql, &err));
	run(&place); /* the next hour */
	assert_int_equal(purged(&place), 2);
	assert_false(health_is_raised(place.health, "purge_waits", NULL));
	end(&place);
}

static void test_a_clock_that_is_behind_destroys_nothing(void **state)
{
	struct place place;

	(void)state;
	begin(&place);
	begin_purge(&place, 0);
	purges_destroy(&place.purges);
	store_rig_reopen(&place.town.rig); /* what the store has seen is known at its opening */
	make_purges(&place);
	place.town.rig.clock.utc_ms -= 3600000;
	run(&place);
	assert_int_equal(purged(&place), 0);
	place.town.rig.clock.utc_ms += 3600000;
	run(&place);
	assert_int_equal(purged(&place), 1);
	end(&place);
}

static void test_a_stop_in_the_middle(void **state)
{
	struct place place;

	(void)state;
	begin(&place);
	begin_purge(&place, 0);
	purges_run(place.purges); /* asked, not answered */
	purges_run(place.purges); /* asks no second time */
	assert_int_equal(store_queued(place.town.rig.store), 1);
	purges_stop(place.purges);
	while (store_pump(place.town.rig.store) > 0) {
	}
	assert_int_equal(purged(&place), 0);
	run(&place);
	assert_int_equal(purged(&place), 0);
	end(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_begun_is_finished),
		cmocka_unit_test(test_one_that_cannot_go_on_stops_no_other),
		cmocka_unit_test(test_a_clock_that_is_behind_destroys_nothing),
		cmocka_unit_test(test_a_stop_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
