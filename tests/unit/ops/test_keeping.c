/* The look at store and loop, and the hourly work, hour by hour under a fake clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>

#include "base/log.h"
#include "base/metric.h"
#include "fault_vfs.h"
#include "ops/keeping.h"
#include "store/keeping.h"
#include "store_rig.h"

#define LOOK_MS 10000
#define HOUR_MS 3600000

struct place {
	struct store_rig rig;
	struct health *health;
	struct keeping *keeping;
	int heads;
	char head[256];
};

static void on_line(enum log_level level, const char *line, void *arg)
{
	struct place *place = arg;

	(void)level;
	if (strstr(line, "audit head") != NULL) {
		place->heads++;
		(void)snprintf(place->head, sizeof(place->head), "%s", line);
	}
}

static void open_place(struct place *place)
{
	memset(place, 0, sizeof(*place));
	fault_vfs_register();
	store_rig_prepare(&place->rig, true);
	place->rig.config.vfs = FAULT_VFS;
	assert_true(store_init(&place->rig.config, &(struct error){0}));
	store_rig_open(&place->rig);
	place->health = health_create();
	log_set_sink(on_line, place);
	place->keeping = keeping_create(&(struct keeping_params){
		.loop = place->rig.loop, .store = place->rig.store, .health = place->health});
}

static void close_place(struct place *place)
{
	fault_vfs_disarm();
	keeping_stop(place->keeping);
	store_rig_close(&place->rig);
	while (loop_turn(place->rig.loop)) {
	}
	keeping_destroy(&place->keeping);
	assert_null(place->keeping);
	keeping_destroy(&place->keeping);
	log_set_sink(NULL, NULL);
	health_destroy(&place->health);
	store_rig_finish(&place->rig);
}

static void settle(struct place *place)
{
	bool is_busy;

	do {
		is_busy = loop_turn(place->rig.loop);
		is_busy = store_pump(place->rig.store) > 0 || is_busy;
	} while (is_busy);
}

static void pass(struct place *place, int64_t ms)
{
	clock_fake_advance(&place->rig.clock, ms);
	settle(place);
}

/* A commit that may not write; its failure is what the store remembers. */
static void write_something(struct place *place)
{
	struct store_call *call = store_rig_call(&place->rig, &store_keeping_prove);

	(void)store_rig_run(&place->rig, call, NULL, 0);
}

static void all_is_well(void **state)
{
	struct place place;

	(void)state;
	open_place(&place);
	settle(&place);
	assert_int_equal(health_level(place.health), HEALTH_OK);
	assert_int_equal(metric_value(metric_gauge("astrad_store_can_write", NULL, "")), 1);
	assert_int_equal(metric_value(metric_gauge("astrad_health_level", NULL, "")), HEALTH_OK);
	close_place(&place);
}

static void a_full_disk_is_down_until_a_write_succeeds(void **state)
{
	struct place place;
	const struct fault_plan full = {.point = FAULT_WRITE,
					.file = FAULT_ANY_FILE,
					.nth = 1,
					.rc = SQLITE_FULL,
					.is_lasting = true};

	(void)state;
	open_place(&place);
	settle(&place);
	fault_vfs_arm(&full);
	write_something(&place);
	pass(&place, LOOK_MS);
	assert_int_equal(health_level(place.health), HEALTH_DOWN);
	assert_true(health_is_raised(place.health, "store_cannot_write", NULL));
	/* it goes on asking, and does not believe a commit that wrote nothing */
	pass(&place, HOUR_MS);
	assert_true(health_is_raised(place.health, "store_cannot_write", NULL));
	fault_vfs_disarm();
	pass(&place, LOOK_MS);
	assert_int_equal(health_level(place.health), HEALTH_OK);
	close_place(&place);
}

static void audit_something(struct place *place)
{
	struct store_call *call = store_rig_call(&place->rig, &store_keeping_prove);

	call->audit = (struct store_audit){
		.action = "person.create", .person = "root", .now_utc_ms = place->rig.clock.utc_ms};
	assert_true(store_rig_run(&place->rig, call, NULL, 0).ok);
}

static void the_audit_head_is_told_each_hour(void **state)
{
	struct place place;

	(void)state;
	open_place(&place);
	settle(&place);
	assert_int_equal(place.heads, 0); /* a new store has none */
	audit_something(&place);
	pass(&place, HOUR_MS - 1);
	assert_int_equal(place.heads, 0);
	pass(&place, 1);
	assert_int_equal(place.heads, 1);
	assert_non_null(strstr(place.head, "seq=1 "));
	assert_null(strstr(place.head, "at=1970"));
	pass(&place, HOUR_MS);
	assert_int_equal(place.heads, 2);
	close_place(&place);
}

static void stopped_it_does_nothing_more(void **state)
{
	struct place place;

	(void)state;
	open_place(&place);
	audit_something(&place);
	settle(&place);
	keeping_stop(place.keeping);
	place.heads = 0;
	pass(&place, 3 * HOUR_MS);
	assert_int_equal(place.heads, 0);
	close_place(&place);
}

static void a_lost_copy_degrades(void **state)
{
	struct place place;

	(void)state;
	open_place(&place);
	settle(&place);
	store_rig_close(&place.rig);
	keeping_destroy(&place.keeping);
	assert_int_equal(remove(place.rig.key_copy), 0);
	store_rig_open(&place.rig);
	place.keeping = keeping_create(&(struct keeping_params){
		.loop = place.rig.loop, .store = place.rig.store, .health = place.health});
	settle(&place);
	assert_int_equal(health_level(place.health), HEALTH_DEGRADED);
	assert_true(health_is_raised(place.health, "key_copy_behind", NULL));
	close_place(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_well),
		cmocka_unit_test(a_full_disk_is_down_until_a_write_succeeds),
		cmocka_unit_test(the_audit_head_is_told_each_hour),
		cmocka_unit_test(stopped_it_does_nothing_more),
		cmocka_unit_test(a_lost_copy_degrades),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
