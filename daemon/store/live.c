/* Channels in use, from the plans and broadcasts of alerts that are active or suspended. One
 * indexed query. */
#include "store/live.h"

#include "store/rows.h"
#include "store/sql_registry.h"
#include "store/txn.h"

enum { LIVE_CHANNELS };

const struct sql_text live_sql[] = {
	[LIVE_CHANNELS] = {"live_channels",
			   "SELECT p.channel FROM plan p JOIN alert a ON a.id = p.alert_id"
			   " WHERE a.state IN (4, 5) UNION SELECT b.channel FROM broadcast b"
			   " JOIN alert a ON a.id = b.alert_id WHERE a.state IN (4, 5)"
			   " UNION SELECT channel FROM broadcast WHERE state < 3"
			   " AND alert_id IS NOT NULL ORDER BY 1"},
};
const size_t live_sql_count = ARRAY_LEN(live_sql);

static bool run_live(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	struct store_live_channels_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &live_sql[LIVE_CHANNELS]);
	struct rows rows = {.size = sizeof(const char *)};

	(void)in_any; /* all of them are meant */
	while (sql_step(stmt)) {
		*(const char **)rows_add(&rows, arena) = sql_text(stmt, 0, arena);
	}
	out->names = rows.data;
	out->count = rows.count;
	return sql_ok(stmt, err);
}

const struct store_op store_live_channels = {
	.name = "live_channels",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_live_channels_in),
	.out_size = sizeof(struct store_live_channels_out),
	.run = run_live,
};
