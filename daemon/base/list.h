/*
 * Intrusive doubly linked list. A list head and a node are the same struct; the type of the
 * elements is told by a comment: `struct list timers; // struct timer::link`. A node that is in no
 * list points to itself after list_init.
 */
#ifndef ASTRAD_BASE_LIST_H
#define ASTRAD_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct list {
	struct list *prev;
	struct list *next;
};

void list_init(struct list *list);
bool list_is_empty(const struct list *list);
void list_append(struct list *head, struct list *node);
void list_prepend(struct list *head, struct list *node);
void list_remove(
	struct list *node); /* the node points to itself afterwards; removing it twice is fine */
/* The first element, taken out of the list; NULL when the list is empty. */
struct list *list_take_first(struct list *head);

#define LIST_ENTRY(node, type, member) CONTAINER_OF(node, type, member)
/* The body may remove `node` itself, nothing else. */
#define LIST_FOR_EACH(node, head)                                                                  \
	for (struct list *node = (head)->next, *node##_next = node->next; node != (head);          \
	     node = node##_next, node##_next = node->next)

#endif
