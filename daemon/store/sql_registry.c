/* The list of all SQL texts. One row a table file. */
#include "store/sql_registry.h"

const struct sql_group sql_registry[] = {
	{"audit", audit_sql, &audit_sql_count},
	{"idempotency", idempotency_sql, &idempotency_sql_count},
	{"meta", meta_sql, &meta_sql_count},
	{"writer", writer_sql, &writer_sql_count},
};
const size_t sql_registry_count = ARRAY_LEN(sql_registry);
