/* See store_ops.h. */
#include "store_ops.h"

#include <string.h>

#include "store/txn.h"

int op_put_runs;

static const struct sql_text put_text = {"test_put",
					 "INSERT INTO meta (name, value) VALUES ($1, $2)"};
static const struct sql_text get_text = {"test_get", "SELECT value FROM meta WHERE name = $1"};

static bool run_put(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		    struct error *err)
{
	const struct op_put_in *asked = in;
	struct op_put_out *answer = out;
	struct sql_stmt *stmt = sql_use(txn, &put_text);

	(void)arena;
	op_put_runs++;
	sql_bind_text(stmt, 1, asked->name);
	sql_bind_text(stmt, 2, asked->value);
	if (!sql_run(stmt, err)) {
		return false;
	}
	if (asked->fail_with != 0) {
		return error_set(err, (enum error_code)asked->fail_with, "asked to fail");
	}
	answer->outcome.count = (int)sql_changes(txn);
	return true;
}

#define PUT(op_name, op_class)                                                                     \
	{                                                                                          \
		.name = op_name, .class_of = op_class, .in_size = sizeof(struct op_put_in),        \
		.out_size = sizeof(struct op_put_out), .run = run_put                              \
	}

const struct store_op op_put = PUT("test_put", STORE_OPERATOR);
const struct store_op op_put_stop = PUT("test_put_stop", STORE_STOP);
const struct store_op op_put_page = PUT("test_put_page", STORE_PAGE);

static bool run_get(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		    struct error *err)
{
	const struct op_get_in *asked = in;
	struct op_get_out *answer = out;
	struct sql_stmt *stmt = sql_use(txn, &get_text);

	sql_bind_text(stmt, 1, asked->name);
	answer->found = sql_step(stmt);
	if (answer->found) {
		strncpy(answer->value, sql_text(stmt, 0, arena), sizeof(answer->value) - 1);
	}
	return sql_ok(stmt, err);
}

const struct store_op op_get = {
	.name = "test_get",
	.class_of = STORE_READ,
	.in_size = sizeof(struct op_get_in),
	.out_size = sizeof(struct op_get_out),
	.run = run_get,
};
