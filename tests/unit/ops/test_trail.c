/*
 * The audit chain is looked through from its first row to its last, page by page, and a row that
 * was changed behind the daemon's back is told until it is as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/log.h"
#include "ops/trail.h"
#include "store/core.h"
#include "store/keeping.h"
#include "store_rig.h"

struct place {
	struct store_rig rig;
	struct health *health;
	struct trail *trail;
	char verified[256]; /* the last such line */
};

static void on_line(enum log_level level, const char *line, void *arg)
{
	struct place *place = arg;

	(void)level;
	if (strstr(line, "audit trail verified") != NULL) {
		(void)snprintf(place->verified, sizeof(place->verified), "%s", line);
	}
}

static void begin(struct place *place)
{
	memset(place, 0, sizeof(*place));
	store_rig_init(&place->rig, true);
	place->health = health_create();
	place->trail = trail_create(place->rig.store, place->health);
	log_set_sink(on_line, place);
}

static void end(struct place *place)
{
	trail_stop(place->trail);
	store_rig_close(&place->rig);
	log_set_sink(NULL, NULL);
	trail_destroy(&place->trail);
	assert_null(place->trail);
	health_destroy(&place->health);
	store_rig_finish(&place->rig);
}

static void add_rows(struct place *place, int count)
{
	for (int i = 0; i < count; i++) {
		struct store_call *call = store_rig_call(&place->rig, &store_keeping_prove);

		call->audit = (struct store_audit){
			.action = "test.row", .person = "ana", .now_utc_ms = 1000 + i};
		assert_true(store_rig_run(&place->rig, call, NULL, 0).ok);
	}
}

static void run(struct place *place)
{
	trail_run(place->trail);
	while (store_pump(place->rig.store) > 0) {
	}
}

static void change(struct place *place, const char *person)
{
	char sql[240];
	struct error err = {0};

	(void)snprintf(sql, sizeof(sql),
		       "DROP TRIGGER IF EXISTS audit_fixed;"
		       " UPDATE audit SET person = '%s' WHERE seq = 3",
		       person);
	assert_true(db_exec(&place->rig.store->writer, sql, &err));
}

static void assert_verified(const struct place *place, int seq)
{
	char words[40];

	(void)snprintf(words, sizeof(words), "seq=%d", seq);
	assert_non_null(strstr(place->verified, words));
}

static void test_all_of_it_page_by_page(void **state)
{
	struct place place;

	(void)state;
	begin(&place);
	run(&place);
	assert_verified(&place, 0);
	add_rows(&place, LIMIT_STORE_ROWS + 5);
	run(&place);
	assert_verified(&place, LIMIT_STORE_ROWS + 5);
	add_rows(&place, 2);
	run(&place); /* what was added since */
	assert_verified(&place, LIMIT_STORE_ROWS + 7);
	assert_int_equal(health_level(place.health), HEALTH_OK);
	end(&place);
}

static void test_a_changed_row_is_told_until_it_is_back(void **state)
{
	struct place place;

	(void)state;
	begin(&place);
	add_rows(&place, 5);
	change(&place, "bob");
	run(&place);
	assert_true(health_is_raised(place.health, "audit_broken", NULL));
	assert_int_equal(health_level(place.health), HEALTH_DEGRADED);
	assert_string_equal(place.verified, "");
	add_rows(&place, 1);
	run(&place);
	assert_true(health_is_raised(place.health, "audit_broken", NULL));
	change(&place, "ana");
	run(&place);
	assert_false(health_is_raised(place.health, "audit_broken", NULL));
	assert_verified(&place, 6);
	end(&place);
}

static void test_a_stop_in_the_middle(void **state)
{
	struct place place;

	(void)state;
	begin(&place);
	add_rows(&place, 3);
	trail_run(place.trail);
	trail_run(place.trail); /* asks no second time */
	assert_int_equal(store_queued(place.rig.store), 1);
	trail_stop(place.trail);
	run(&place);
	assert_string_equal(place.verified, "");
	end(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_of_it_page_by_page),
		cmocka_unit_test(test_a_changed_row_is_told_until_it_is_back),
		cmocka_unit_test(test_a_stop_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
