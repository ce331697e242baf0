/*
 * Intrusive doubly linked list, circular with the head as sentinel, so that no operation has a
 * special case. Owns nothing. One thread at a time.
 */
#include "base/list.h"

static void insert_between(struct list *node, struct list *prev, struct list *next)
{
	node->prev = prev;
	node->next = next;
	prev->next = node;
	next->prev = node;
}

void list_init(struct list *list)
{
	list->prev = list;
	list->next = list;
}

bool list_is_empty(const struct list *list)
{
	return list->next == list;
}

void list_append(struct list *head, struct list *node)
{
	insert_between(node, head->prev, head);
}

void list_prepend(struct list *head, struct list *node)
{
	insert_between(node, head, head->next);
}

void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

struct list *list_take_first(struct list *head)
{
	struct list *first = head->next;

	if (first == head) {
		return NULL;
	}
	list_remove(first);
	return first;
}
