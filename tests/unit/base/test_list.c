/* Lists: order, removal twice, removal of the node at hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

struct item {
	int number;
	struct list link;
};

static int digits_of(struct list *head)
{
	int digits = 0;

	LIST_FOR_EACH (node, head) {
		digits = digits * 10 + LIST_ENTRY(node, struct item, link)->number;
	}
	return digits;
}

static void test_order(void **state)
{
	struct list head; /* struct item::link */
	struct item items[4];

	(void)state;
	list_init(&head);
	assert_true(list_is_empty(&head));
	assert_null(list_take_first(&head));
	for (int i = 0; i < 4; i++) {
		items[i].number = i + 1;
		list_init(&items[i].link);
	}
	list_append(&head, &items[1].link);
	list_append(&head, &items[2].link);
	list_prepend(&head, &items[0].link);
	list_append(&head, &items[3].link);
	assert_int_equal(digits_of(&head), 1234);
	list_remove(&items[2].link);
	list_remove(&items[2].link);
	assert_true(list_is_empty(&items[2].link));
	assert_int_equal(digits_of(&head), 124);
	assert_ptr_equal(list_take_first(&head), &items[0].link);
	assert_true(list_is_empty(&items[0].link));
	assert_int_equal(digits_of(&head), 24);
}

static void test_remove_in_loop(void **state)
{
	struct list head; /* struct item::link */
	struct item items[5];
	int seen = 0;

	(void)state;
	list_init(&head);
	for (int i = 0; i < 5; i++) {
		items[i].number = i + 1;
		list_append(&head, &items[i].link);
	}
	LIST_FOR_EACH (node, &head) {
		seen++;
		if (LIST_ENTRY(node, struct item, link)->number % 2 == 1) {
			list_remove(node);
		}
	}
	assert_int_equal(seen, 5);
	assert_int_equal(digits_of(&head), 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_remove_in_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
