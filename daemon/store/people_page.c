/* Persons and tokens in pages, for who administers them. Hashes stay where they are. */
#include "store/people.h"

#include "store/rows.h"
#include "store/sql_registry.h"
#include "store/txn.h"

enum { PERSON_PAGE, TOKENS_OF_PAGE, TOKEN_PAGE };

#define TOKEN_COLUMNS                                                                              \
	"id, name, person, partner, role, created_utc_ms, expires_utc_ms, revoked_utc_ms"

const struct sql_text people_page_sql[] = {
	[PERSON_PAGE] = {"person_page",
			 "SELECT id, name, created_utc_ms, disabled_utc_ms FROM person"
			 " WHERE id > $1 ORDER BY id LIMIT $2"},
	[TOKENS_OF_PAGE] = {"tokens_of_page",
			    "SELECT " TOKEN_COLUMNS " FROM token"
			    " WHERE person >= $1 AND person <= $2 ORDER BY person, id"},
	[TOKEN_PAGE] = {"token_page", "SELECT " TOKEN_COLUMNS " FROM token"
				      " WHERE id > $1 ORDER BY id LIMIT $2"},
};
const size_t people_page_sql_count = ARRAY_LEN(people_page_sql);

static void read_token(struct sql_stmt *stmt, struct arena *arena, struct store_token_row *row)
{
	row->id = sql_id(stmt, 0);
	row->name = sql_text(stmt, 1, arena);
	row->person = sql_text(stmt, 2, arena);
	row->partner = sql_text(stmt, 3, arena);
	row->role = (enum role)sql_int(stmt, 4);
	row->created_utc_ms = sql_int(stmt, 5);
	row->expires_utc_ms = sql_int(stmt, 6);
	row->revoked_utc_ms = sql_int(stmt, 7);
}

/* The tokens of every person of the page, in the order of persons. */
static bool load_tokens(struct store_txn *txn, struct arena *arena,
			struct store_person_page_out *out, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &people_page_sql[TOKENS_OF_PAGE]);
	struct rows rows = {.size = sizeof(struct store_token_row)};

	sql_bind_text(stmt, 1, out->persons[0].id);
	sql_bind_text(stmt, 2, out->persons[out->person_count - 1].id);
	while (sql_step(stmt)) {
		read_token(stmt, arena, rows_add(&rows, arena));
	}
	out->tokens = rows.data;
	out->token_count = rows.count;
	return sql_ok(stmt, err);
}

static bool run_person_page(struct store_txn *txn, struct arena *arena, const void *in_any,
			    void *out_any, struct error *err)
{
	const struct store_person_page_in *in = in_any;
	struct store_person_page_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &people_page_sql[PERSON_PAGE]);
	struct rows rows = {.size = sizeof(struct store_person_row)};

	sql_bind_text(stmt, 1, in->after != NULL ? in->after : "");
	sql_bind_int(stmt, 2, in->limit + 1);
	while (sql_step(stmt)) {
		struct store_person_row *row = rows_add(&rows, arena);

		row->id = sql_text(stmt, 0, arena);
		row->name = sql_text(stmt, 1, arena);
		row->created_utc_ms = sql_int(stmt, 2);
		row->disabled_utc_ms = sql_int(stmt, 3);
	}
	if (!sql_ok(stmt, err)) {
		return false;
	}
	out->persons = rows.data;
	out->has_more = rows.count > (size_t)in->limit;
	out->person_count = out->has_more ? (size_t)in->limit : rows.count;
	return out->person_count == 0 || load_tokens(txn, arena, out, err);
}

const struct store_op store_person_page = {
	.name = "person_page",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_person_page_in),
	.out_size = sizeof(struct store_person_page_out),
	.run = run_person_page,
};

static bool run_token_page(struct store_txn *txn, struct arena *arena, const void *in_any,
			   void *out_any, struct error *err)
{
	const struct store_token_page_in *in = in_any;
	struct store_token_page_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &people_page_sql[TOKEN_PAGE]);
	struct rows rows = {.size = sizeof(struct store_token_row)};

	sql_bind_blob(stmt, 1, in->after.bytes, sizeof(in->after.bytes)); /* all zero: the first */
	sql_bind_int(stmt, 2, in->limit + 1);
	while (sql_step(stmt)) {
		read_token(stmt, arena, rows_add(&rows, arena));
	}
	out->tokens = rows.data;
	out->has_more = rows.count > (size_t)in->limit;
	out->token_count = out->has_more ? (size_t)in->limit : rows.count;
	return sql_ok(stmt, err);
}

const struct store_op store_token_page = {
	.name = "token_page",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_token_page_in),
	.out_size = sizeof(struct store_token_page_out),
	.run = run_token_page,
};
