/*
 * Every SQL text of the store, by table file, so that a test prepares each one. A table file
 * declares its array here and adds a row in sql_registry.c.
 */
#ifndef ASTRAD_STORE_SQL_REGISTRY_H
#define ASTRAD_STORE_SQL_REGISTRY_H

#include <stddef.h>

#include "store/txn.h"

struct sql_group {
	const char *name;
	const struct sql_text *texts;
	const size_t *count;
};

extern const struct sql_group sql_registry[];
extern const size_t sql_registry_count;

extern const struct sql_text audit_sql[];
extern const size_t audit_sql_count;
extern const struct sql_text idempotency_sql[];
extern const size_t idempotency_sql_count;
extern const struct sql_text meta_sql[];
extern const size_t meta_sql_count;
extern const struct sql_text writer_sql[];
extern const size_t writer_sql_count;

#endif
