/*
 * Allocation that cannot fail: out of memory ends the process, because all state is in the store
 * and the service manager starts us again. A zero size gives a pointer that can be freed. Arenas
 * are in arena.c. Thread-safe.
 */
#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static NORETURN void die(void)
{
	static const char text[] = "<2>out of memory\n";

	/* nothing can be done about a failed write, we are leaving */
	ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)written;
	abort();
}

void *xcalloc(size_t count, size_t size)
{
	void *ptr = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

	if (ptr == NULL) {
		die();
	}
	return ptr;
}

void *xrealloc(void *ptr, size_t count, size_t size)
{
	void *grown = reallocarray(ptr, count > 0 ? count : 1, size > 0 ? size : 1);

	if (grown == NULL) {
		die();
	}
	return grown;
}

char *xstrdup(const char *text)
{
	return xmemdup(text, strlen(text));
}

void *xmemdup(const void *bytes, size_t len)
{
	char *copy = xrealloc(NULL, len + 1, 1);

	if (len > 0) {
		memcpy(copy, bytes, len);
	}
	copy[len] = '\0';
	return copy;
}

char *xasprintf(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0) {
		die();
	}
	va_end(args);
	return text;
}

void auto_free(void *ptr_to_ptr)
{
	free(take_ptr_raw(ptr_to_ptr));
}

void *take_ptr_raw(void *ptr_to_ptr)
{
	void *ptr;
	void *none = NULL;

	/* by memcpy, so that a `char *` is never read as an object of type `void *` */
	memcpy(&ptr, ptr_to_ptr, sizeof(ptr));
	memcpy(ptr_to_ptr, &none, sizeof(none));
	return ptr;
}
