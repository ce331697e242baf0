/* The run queue under a fake clock: order, moving, what callbacks may do, and a random model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/runq.h"

struct fixture {
	struct clock_fake clock;
	struct loop *loop;
	struct runq *runq;
	struct buf heard;
};

static int set_up(void **state)
{
	static struct fixture fixture;
	struct error err;

	fixture = (struct fixture){0};
	clock_fake_init(&fixture.clock, 1790000000000);
	fixture.loop = loop_create(&fixture.clock.clock, &err);
	fixture.runq = loop_runq(fixture.loop);
	*state = &fixture;
	return fixture.loop == NULL;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	loop_destroy(&fixture->loop);
	buf_finish(&fixture->heard);
	return 0;
}

struct named {
	struct runq_item item;
	struct fixture *fixture;
	const char *name;
	struct named *other;
};

static void hear(void *arg)
{
	struct named *named = arg;

	buf_add_text(&named->fixture->heard, named->name);
}

static void hear_and_repeat(void *arg)
{
	hear(arg);
	runq_schedule(((struct named *)arg)->fixture->runq, arg, 0);
}

static void hear_and_cancel_other(void *arg)
{
	struct named *named = arg;

	hear(arg);
	runq_cancel(named->fixture->runq, &named->other->item);
}

static void hear_and_forget(void *arg)
{
	hear(arg);
	memset(arg, 0xa5, sizeof(struct named)); /* as if the owner were freed */
}

static void init(struct named *named, struct fixture *fixture, const char *name, loop_fn *fn)
{
	*named = (struct named){.fixture = fixture, .name = name};
	runq_item_init(&named->item, fn, named);
}

static void assert_heard(struct fixture *fixture, const char *text)
{
	assert_string_equal(buf_text(&fixture->heard), text);
	buf_reset(&fixture->heard);
}

static void test_order(void **state)
{
	struct fixture *fixture = *state;
	struct named a, b, c, d;
	int64_t now = clock_boot_ms(&fixture->clock.clock);

	init(&a, fixture, "a", hear);
	init(&b, fixture, "b", hear);
	init(&c, fixture, "c", hear);
	init(&d, fixture, "d", hear);
	assert_false(loop_turn(fixture->loop));
	runq_schedule(fixture->runq, &d.item, now + 100);
	runq_schedule(fixture->runq, &b.item, now + 50);
	runq_schedule(fixture->runq, &c.item, now + 50);
	runq_schedule_in(fixture->runq, &a.item, -5000);
	assert_int_equal(runq_count(fixture->runq), 4);
	assert_true(loop_turn(fixture->loop));
	assert_heard(fixture, "a");
	clock_fake_advance(&fixture->clock, 49);
	assert_false(loop_turn(fixture->loop));
	clock_fake_advance(&fixture->clock, 1);
	assert_true(loop_turn(fixture->loop));
	assert_heard(fixture, "bc");
	assert_true(runq_is_scheduled(&d.item));
	clock_fake_advance(&fixture->clock, 3600000);
	assert_true(loop_turn(fixture->loop));
	assert_heard(fixture, "d");
	assert_false(runq_is_scheduled(&d.item));
	assert_int_equal(runq_count(fixture->runq), 0);
}

static void test_move_and_cancel(void **state)
{
	struct fixture *fixture = *state;
	struct named a, b;

	init(&a, fixture, "a", hear);
	init(&b, fixture, "b", hear);
	runq_cancel(fixture->runq, &a.item);
	runq_schedule_in(fixture->runq, &a.item, 10);
	runq_schedule_in(fixture->runq, &b.item, 20);
	runq_schedule_in(fixture->runq, &a.item, 30); /* moves */
	assert_int_equal(runq_count(fixture->runq), 2);
	clock_fake_advance(&fixture->clock, 20);
	loop_turn(fixture->loop);
	assert_heard(fixture, "b");
	runq_cancel(fixture->runq, &a.item);
	runq_cancel(fixture->runq, &a.item);
	clock_fake_advance(&fixture->clock, 20);
	assert_false(loop_turn(fixture->loop));
	assert_heard(fixture, "");
	runq_schedule_in(fixture->runq, &a.item, INT64_MAX);
	assert_true(runq_is_scheduled(&a.item));
	runq_cancel(fixture->runq, &a.item);
}

static void test_callbacks(void **state)
{
	struct fixture *fixture = *state;
	struct named again, canceller, victim, gone;

	init(&again, fixture, "r", hear_and_repeat);
	init(&canceller, fixture, "c", hear_and_cancel_other);
	init(&victim, fixture, "v", hear);
	init(&gone, fixture, "g", hear_and_forget);
	canceller.other = &victim;
	runq_schedule_in(fixture->runq, &again.item, 0);
	runq_schedule_in(fixture->runq, &canceller.item, 0);
	runq_schedule_in(fixture->runq, &victim.item, 0);
	runq_schedule_in(fixture->runq, &gone.item, 0);
	loop_turn(fixture->loop);
	/* the repeated one waits for the next turn though its time is past */
	assert_heard(fixture, "rcg");
	clock_fake_advance(&fixture->clock, 5);
	loop_turn(fixture->loop);
	assert_heard(fixture, "r");
	runq_cancel(fixture->runq, &again.item);
}

/* Many items, moved, cancelled and run at random, against the plainest model: an array. */
enum { ITEMS = 200, STEPS = 20000 };

struct model {
	struct runq_item item;
	bool scheduled;
	int64_t due;
	uint64_t order;
	struct model *all;
	int *ran;
};

static void check_is_first(void *arg)
{
	struct model *self = arg;

	assert_true(self->scheduled);
	for (int i = 0; i < ITEMS; i++) {
		const struct model *other = &self->all[i];

		if (other != self && other->scheduled) {
			assert_true(self->due < other->due ||
				    (self->due == other->due && self->order < other->order));
		}
	}
	self->scheduled = false;
	++*self->ran;
}

static void step_model(struct fixture *fixture, struct model *model, struct rng *rng,
		       uint64_t *order)
{
	int64_t now = clock_boot_ms(&fixture->clock.clock);

	if (rng_between(rng, 0, 2) == 0) {
		runq_cancel(fixture->runq, &model->item);
		model->scheduled = false;
		return;
	}
	model->due = now + rng_between(rng, -3, 40);
	runq_schedule(fixture->runq, &model->item, model->due);
	model->due = model->due > now ? model->due : now;
	model->order = (*order)++;
	model->scheduled = true;
}

static void test_random(void **state)
{
	struct fixture *fixture = *state;
	static struct model models[ITEMS];
	struct rng rng;
	uint64_t order = 0;
	size_t left = 0;
	int ran = 0;

	rng_seed(&rng, 1);
	for (int i = 0; i < ITEMS; i++) {
		models[i] = (struct model){.all = models, .ran = &ran};
		runq_item_init(&models[i].item, check_is_first, &models[i]);
	}
	for (int i = 0; i < STEPS; i++) {
		step_model(fixture, &models[rng_between(&rng, 0, ITEMS - 1)], &rng, &order);
		if (i % 7 == 0) {
			clock_fake_advance(&fixture->clock, 1);
			loop_turn(fixture->loop);
		}
	}
	for (int i = 0; i < ITEMS; i++) {
		assert_int_equal(models[i].scheduled, runq_is_scheduled(&models[i].item));
		assert_true(!models[i].scheduled ||
			    models[i].due > clock_boot_ms(&fixture->clock.clock) - 7);
		left += models[i].scheduled;
	}
	assert_int_equal(runq_count(fixture->runq), left);
	assert_true(ran > 1000);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order),
		TEST(test_move_and_cancel),
		TEST(test_callbacks),
		TEST(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
