/* Facts about the database file, kept as text. */
#include "store/meta.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/sql.h"
#include "store/sql_registry.h"

enum { SQL_LOAD, SQL_SAVE };

const struct sql_text meta_sql[] = {
	[SQL_LOAD] = {"meta_load", "SELECT value FROM meta WHERE name = $1"},
	[SQL_SAVE] = {"meta_save", "INSERT INTO meta (name, value) VALUES ($1, $2) "
				   "ON CONFLICT (name) DO UPDATE SET value = excluded.value"},
};
const size_t meta_sql_count = ARRAY_LEN(meta_sql);

bool meta_load(struct store_txn *txn, const char *name, char **ret_value, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &meta_sql[SQL_LOAD]);

	sql_bind_text(stmt, 1, name);
	*ret_value = sql_step(stmt) ? sql_text(stmt, 0, txn->arena) : NULL;
	return sql_ok(stmt, err);
}

bool meta_save(struct store_txn *txn, const char *name, const char *value, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &meta_sql[SQL_SAVE]);

	sql_bind_text(stmt, 1, name);
	sql_bind_text(stmt, 2, value);
	return sql_run(stmt, err);
}

bool meta_load_int(struct store_txn *txn, const char *name, int64_t *ret_value, struct error *err)
{
	char *text;

	if (!meta_load(txn, name, &text, err)) {
		return false;
	}
	*ret_value = text == NULL ? 0 : strtoll(text, NULL, 10); /* we wrote it ourselves */
	return true;
}

bool meta_save_int(struct store_txn *txn, const char *name, int64_t value, struct error *err)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	return meta_save(txn, name, text, err);
}
