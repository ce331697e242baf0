/* Which calls make a batch: urgency, shares, bounds. Pure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "store/queue.h"

#define CALLS (STORE_CLASS_COUNT * LIMIT_STORE_QUEUE)

static struct store_call calls[CALLS + 1];
static struct store_op ops[STORE_CLASS_COUNT];

static void fill(struct queue *queue, const int waiting[STORE_CLASS_COUNT])
{
	size_t next = 0;

	memset(queue, 0, sizeof(*queue));
	for (unsigned c = 0; c < STORE_CLASS_COUNT; c++) {
		ops[c].class_of = c;
		for (int i = 0; i < waiting[c]; i++) {
			calls[next].op = &ops[c];
			assert_true(queue_push(queue, c, &calls[next++]));
		}
	}
}

struct batch_row {
	const char *name;
	int waiting[STORE_CLASS_COUNT]; /* stop, operator, result, page, keeping, read */
	int taken[STORE_CLASS_COUNT];
};

static const struct batch_row batches[] = {
	{"nothing", {0}, {0}},
	{"reads are not written", {0, 0, 0, 0, 0, 9}, {0}},
	{"a few of each", {1, 2, 1, 1, 1, 1}, {1, 2, 1, 1, 1, 0}},
	{"one class may use all", {0, 900, 0, 0, 0, 0}, {0, 512, 0, 0, 0, 0}},
	{"stops may use all", {900, 0, 0, 0, 0, 0}, {512, 0, 0, 0, 0, 0}},
	{"pages are dear", {0, 0, 0, 100, 0, 0}, {0, 0, 0, 8, 0, 0}},
	{"a flood of reports leaves room", {0, 900, 9, 9, 9, 0}, {0, 320, 4, 1, 1, 0}},
	{"a flood of stops starves none", {900, 900, 900, 900, 900, 0}, {192, 128, 4, 1, 1, 0}},
	{"what is left goes to the urgent", {900, 1, 0, 0, 0, 0}, {511, 1, 0, 0, 0, 0}},
};

static void test_batches(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(batches); i++) {
		struct queue queue;
		struct call_list batch;
		int taken[STORE_CLASS_COUNT] = {0};
		enum store_class before = STORE_STOP;

		fill(&queue, batches[i].waiting);
		queue_take_batch(&queue, &batch);
		assert_true(batch.count <= LIMIT_STORE_BATCH);
		for (const struct store_call *call = batch.first; call; call = call->next) {
			assert_true(call->op->class_of >= before); /* most urgent first */
			before = call->op->class_of;
			taken[before]++;
		}
		for (unsigned c = 0; c < STORE_CLASS_COUNT; c++) {
			if (taken[c] != batches[i].taken[c]) {
				fail_msg("%s: %d of class %s, not %d", batches[i].name, taken[c],
					 queue_class_name(c), batches[i].taken[c]);
			}
			assert_int_equal(queue_count(&queue, c) + (size_t)taken[c],
					 batches[i].waiting[c]);
		}
	}
	(void)state;
}

static size_t rows_of(const void *in)
{
	return *(const size_t *)in;
}

/* Five hundred webhooks are five hundred pages of one row: they share a commit or two. */
static void test_a_page_costs_its_rows(void **state)
{
	static const int waiting[STORE_CLASS_COUNT] = {[STORE_OPERATOR] = 10, [STORE_PAGE] = 600};
	static const struct {
		size_t rows;
		size_t taken;
	} pages[] = {{1, 502}, {15, 502}, {16, 251}, {1000, 7}};
	struct queue queue;
	struct call_list batch;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		size_t rows = pages[i].rows;

		fill(&queue, waiting);
		ops[STORE_PAGE].rows = rows_of;
		for (struct store_call *call = queue.classes[STORE_PAGE].first; call != NULL;
		     call = call->next) {
			call->in = &rows;
		}
		queue_take_batch(&queue, &batch);
		assert_int_equal(batch.count, 10 + pages[i].taken);
	}
	ops[STORE_PAGE].rows = NULL;
}

static void test_a_class_keeps_its_order(void **state)
{
	static const int waiting[STORE_CLASS_COUNT] = {[STORE_OPERATOR] = 700};
	struct queue queue;
	size_t expected = 0;

	fill(&queue, waiting);
	while (queue_writes(&queue) > 0) {
		struct call_list batch;
		struct store_call *call;

		queue_take_batch(&queue, &batch);
		while ((call = call_list_take(&batch)) != NULL) {
			assert_ptr_equal(call, &calls[expected++]);
		}
	}
	assert_int_equal(expected, 700);
	(void)state;
}

static void test_a_flood_refuses_its_own_class_only(void **state)
{
	static const int waiting[STORE_CLASS_COUNT] = {[STORE_OPERATOR] = LIMIT_STORE_QUEUE};
	struct queue queue;

	fill(&queue, waiting);
	assert_false(queue_push(&queue, STORE_OPERATOR, &calls[CALLS]));
	assert_true(queue_push(&queue, STORE_STOP, &calls[CALLS]));
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_a_page_costs_its_rows),
		cmocka_unit_test(test_a_class_keeps_its_order),
		cmocka_unit_test(test_a_flood_refuses_its_own_class_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
