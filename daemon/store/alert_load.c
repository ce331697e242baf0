/*
 * Reading alerts: all that a decision about one alert needs on one snapshot, and pages of alerts.
 * Runs on a reader thread. Personal data is opened only when asked for; the caller then sets an
 * audit entry, and the answer waits for it.
 */
#include "domain/plan.h"
#include "store/sql_registry.h"
#include "store/alert_standing.h"
#include "store/outbox_row.h"
#include "store/rows.h"

enum { LOAD_CASES, LOAD_HOLDS, LOAD_PERSONS, LOAD_LISTS, LOAD_LEDGER, LOAD_DUPLICATE, LIST_PAGE };

/* A page of one state, along its index, when the state's bit is asked for. The partner sees only
 * alerts it has an event of. */
#define PAGE_OF(state)                                                                             \
	"SELECT id FROM (SELECT id FROM alert WHERE state = " #state " AND ($1 >> " #state         \
	") % 2 = 1 AND id < $2 AND ($3 IS NULL OR EXISTS (SELECT 1 FROM event e"                   \
	" WHERE e.alert_id = alert.id AND e.partner = $3 AND e.notice_id IS NULL))"                \
	" AND ($4 = 1 OR status = 1) ORDER BY id DESC LIMIT $5) AS of" #state

#define OR_OF(state) " UNION ALL " PAGE_OF(state)
#define PAGES        PAGE_OF(1) OR_OF(2) OR_OF(3) OR_OF(4) OR_OF(5) OR_OF(6) OR_OF(7)

const struct sql_text alert_load_sql[] = {
	[LOAD_CASES] =
		{"alert_load_cases",
		 "SELECT c.id, c.ref, c.state, c.status, c.category, c.truth_version, c.key_id,"
		 " c.truth_sealed, c.closed_utc_ms FROM alert_case a JOIN casefile c ON c.id = "
		 "a.case_id"
		 " WHERE a.alert_id = $1 ORDER BY c.id"},
	[LOAD_HOLDS] = {"alert_load_holds",
			"SELECT field, until_utc_ms FROM hold WHERE case_id = $1"
			" AND (until_utc_ms IS NULL OR until_utc_ms > $2)"},
	[LOAD_PERSONS] = {"alert_load_persons",
			  "SELECT person, did, at_utc_ms FROM version_person"
			  " WHERE alert_id = $1 AND version = $2 ORDER BY at_utc_ms, did"},
	[LOAD_LISTS] = {"alert_load_lists",
			"SELECT l.channel, l.generation, l.recipients FROM list l"
			" WHERE l.is_complete = 1 AND NOT EXISTS (SELECT 1 FROM list n"
			" WHERE n.channel = l.channel AND n.is_complete = 1"
			" AND n.generation > l.generation) ORDER BY l.channel"},
	[LOAD_LEDGER] =
		{"alert_load_ledger",
		 "SELECT DISTINCT b.channel FROM broadcast b WHERE b.alert_id = $1"
		 " AND b.notice_id IS NULL AND EXISTS (SELECT 1 FROM delivery d"
		 " WHERE d.alert_id = b.alert_id AND d.channel = b.channel"
		 " AND d.version > 0 AND (d.reached > 0 OR d.state = 2)) ORDER BY b.channel"},
	[LOAD_DUPLICATE] = {"alert_load_duplicate",
			    "SELECT 1 FROM alert_case k JOIN alert_case o ON o.case_id = k.case_id"
			    " AND o.alert_id <> k.alert_id JOIN alert a ON a.id = o.alert_id"
			    " WHERE k.alert_id = $1 AND a.state <= 5 LIMIT 1"},
	/* + 0: from the alert's events, not from all of the partner's */
	[LIST_PAGE] = {"alert_list_page",
		       "SELECT a.id, a.ref, a.status, a.state, a.tier, a.end_reason, a.policy,"
		       " a.current_version, a.open_version,"
		       " (SELECT v.state FROM version v WHERE v.alert_id = a.id"
		       " AND v.version = a.open_version),"
		       " a.issued_utc_ms, a.expires_utc_ms, a.ended_utc_ms, a.created_utc_ms,"
		       " (SELECT MAX(e.seq + 0) FROM event e WHERE e.alert_id = a.id"
		       " AND e.partner = $3 AND e.notice_id IS NULL), c.id, c.ref"
		       " FROM alert a JOIN casefile c ON c.id = (SELECT MIN(k.case_id)"
		       " FROM alert_case k WHERE k.alert_id = a.id)"
		       " WHERE a.id IN (" PAGES ") ORDER BY a.id DESC LIMIT $5"},
};
const size_t alert_load_sql_count = ARRAY_LEN(alert_load_sql);

static bool load_holds(struct store_txn *txn, struct store_alert_case *item, int64_t now_utc_ms,
		       struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_load_sql[LOAD_HOLDS]);

	sql_bind_id(stmt, 1, &item->id);
	sql_bind_int(stmt, 2, now_utc_ms);
	while (sql_step(stmt)) {
		int64_t until = sql_int(stmt, 1);

		item->held_fields |= UINT64_C(1) << sql_int(stmt, 0);
		if (until != 0 &&
		    (item->held_until_utc_ms == 0 || until < item->held_until_utc_ms)) {
			item->held_until_utc_ms = until;
		}
	}
	return sql_ok(stmt, err);
}

static bool load_cases(struct store_txn *txn, struct arena *arena,
		       const struct store_alert_load_in *in, struct store_alert_load_out *out,
		       struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_load_sql[LOAD_CASES]);
	struct rows rows = {.size = sizeof(struct store_alert_case)};
	struct store_alert_case *item;

	sql_bind_id(stmt, 1, &out->id);
	while (sql_step(stmt)) {
		struct bytes sealed = sql_blob(stmt, 7, arena);

		item = rows_add(&rows, arena);
		*item = (struct store_alert_case){
			.id = sql_id(stmt, 0),
			.state = (enum case_state)sql_int(stmt, 2),
			.status = (enum alert_status)sql_int(stmt, 3),
			.category = (int)sql_int(stmt, 4),
			.truth_version = sql_int(stmt, 5),
		};
		item->is_unverified = !case_state_is_ended(item->state) && !sql_is_null(stmt, 8);
		rows_copy_ref(item->ref, sql_text(stmt, 1, arena));
		if (in->with_personal && sealed.len > 0 &&
		    !txn_open(txn, arena, sql_int(stmt, 6), &item->id, "truth", item->truth_version,
			      sealed, &item->truth, err)) {
			return false;
		}
	}
	if (!sql_ok(stmt, err)) {
		return false;
	}
	for (size_t i = 0; i < rows.count; i++) {
		item = (struct store_alert_case *)rows.data + i;
		if (!load_holds(txn, item, in->now_utc_ms, err)) {
			return false;
		}
	}
	out->cases = rows.data;
	out->case_count = rows.count;
	if (rows.count > 0) {
		txn_about(txn, &out->cases[0].id, NULL);
	}
	return true;
}

static bool load_persons(struct store_txn *txn, struct arena *arena,
			 struct store_alert_load_out *out, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_load_sql[LOAD_PERSONS]);
	struct rows rows = {.size = sizeof(struct store_alert_person)};

	sql_bind_id(stmt, 1, &out->id);
	sql_bind_int(stmt, 2, out->version);
	while (sql_step(stmt)) {
		struct store_alert_person *person = rows_add(&rows, arena);

		person->person = sql_text(stmt, 0, arena);
		person->did = (int)sql_int(stmt, 1);
		person->at_utc_ms = sql_int(stmt, 2);
	}
	out->persons = rows.data;
	out->person_count = rows.count;
	return sql_ok(stmt, err);
}

static bool load_lists(struct store_txn *txn, struct arena *arena, struct store_alert_load_out *out,
		       struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_load_sql[LOAD_LISTS]);
	struct rows rows = {.size = sizeof(struct store_list_size)};

	while (sql_step(stmt)) {
		struct store_list_size *list = rows_add(&rows, arena);

		list->channel = sql_text(stmt, 0, arena);
		list->generation = sql_int(stmt, 1);
		list->recipients = sql_int(stmt, 2);
	}
	out->lists = rows.data;
	out->list_count = rows.count;
	return sql_ok(stmt, err);
}

static bool load_ledger(struct store_txn *txn, struct arena *arena,
			struct store_alert_load_out *out, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_load_sql[LOAD_LEDGER]);
	struct rows rows = {.size = sizeof(const char *)};

	sql_bind_id(stmt, 1, &out->id);
	while (sql_step(stmt)) {
		const char **channel = rows_add(&rows, arena);

		*channel = sql_text(stmt, 0, arena);
	}
	out->ledger_channels = rows.data;
	out->ledger_count = rows.count;
	return sql_ok(stmt, err);
}

static void fill_alert(const struct alert_row *row, struct store_alert_load_out *out)
{
	out->id = row->id;
	rows_copy_ref(out->ref, row->ref);
	out->status = row->status;
	out->state = row->state;
	out->tier = row->tier;
	out->end_reason = row->end_reason;
	out->policy = row->policy;
	out->etag = row->etag;
	out->current_version = row->current_version;
	out->last_version = row->last_version;
	out->open_version = row->open_version;
	out->created_utc_ms = row->created_utc_ms;
	out->issued_utc_ms = row->issued_utc_ms;
	out->expires_utc_ms = row->expires_utc_ms;
	out->ended_utc_ms = row->ended_utc_ms;
	out->created_by = row->created_by;
}

static void fill_version(const struct version_row *row, struct store_alert_load_out *out)
{
	out->version = row->version;
	out->version_kind = row->kind;
	out->version_state = row->state;
	out->version_etag = row->etag;
	out->narrows = row->narrows;
	out->digest = row->digest;
	out->version_expires_utc_ms = row->expires_utc_ms;
	out->submitted_utc_ms = row->submitted_utc_ms;
	out->decided_utc_ms = row->decided_utc_ms;
}

static bool load_duplicate(struct store_txn *txn, struct store_alert_load_out *out,
			   struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_load_sql[LOAD_DUPLICATE]);

	sql_bind_id(stmt, 1, &out->id);
	out->has_open_duplicate = sql_step(stmt);
	return sql_ok(stmt, err);
}

/* An approved version that says something: its draft, and what it showed of the cases. */
struct content {
	int version; /* 0 = there is none */
	enum version_kind kind;
	struct bytes draft;
	struct bytes shown;
};

/* The newest up to version `from`: ends, resumes and sends have no content of their own. */
static bool load_content(struct store_txn *txn, struct arena *arena, const struct alert_row *row,
			 int from, struct content *content, struct error *err)
{
	struct version_row version;

	*content = (struct content){0};
	for (int number = from; number > 0; number--) {
		if (!version_row_get(txn, arena, &row->id, number, &version, err)) {
			return false;
		}
		if (version.state == VERSION_APPROVED && version.draft_sealed.len > 0 &&
		    version_has_content(version.kind)) {
			content->version = number;
			content->kind = version.kind;
			return alert_row_open(txn, arena, row, "draft", number,
					      version.draft_sealed, &content->draft, err) &&
			       variant_open(txn, arena, &row->id, number, PLAN_SHOWN_VARIANT,
					    &content->shown, err);
		}
	}
	return true;
}

/* The content that stands, and the one before it. */
static bool load_approved(struct store_txn *txn, struct arena *arena, const struct alert_row *row,
			  struct store_alert_load_out *out, struct error *err)
{
	struct content stands, before;

	if (!load_content(txn, arena, row, row->current_version, &stands, err) ||
	    !load_content(txn, arena, row, stands.version - 1, &before, err)) {
		return false;
	}
	out->approved_kind = stands.kind;
	out->approved_draft = stands.draft;
	out->approved_shown = stands.shown;
	out->before_draft = before.draft;
	out->before_shown = before.shown;
	return true;
}

static bool load_version(struct store_txn *txn, struct arena *arena,
			 const struct store_alert_load_in *in, const struct alert_row *row,
			 struct store_alert_load_out *out, struct error *err)
{
	int number = in->version != 0
			     ? in->version
			     : (row->open_version != 0 ? row->open_version : row->current_version);
	struct version_row version;

	if (number == 0) {
		number = row->last_version; /* never approved and decided: the last one tells why */
	}
	if (!version_row_get(txn, arena, &row->id, number, &version, err)) {
		return false;
	}
	fill_version(&version, out);
	if (!in->with_personal) {
		return true;
	}
	return alert_row_open(txn, arena, row, "draft", number, version.draft_sealed, &out->draft,
			      err) &&
	       alert_row_open(txn, arena, row, "request", number, version.request_sealed,
			      &out->request, err) &&
	       load_approved(txn, arena, row, out, err);
}

static bool run_load(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	const struct store_alert_load_in *in = in_any;
	struct store_alert_load_out *out = out_any;
	struct alert_row row;

	if (!alert_row_get(txn, arena, &in->alert_id, in->alert_ref, &row, err)) {
		return false;
	}
	fill_alert(&row, out);
	return load_version(txn, arena, in, &row, out, err) &&
	       load_cases(txn, arena, in, out, err) && load_persons(txn, arena, out, err) &&
	       load_lists(txn, arena, out, err) && load_ledger(txn, arena, out, err) &&
	       alert_standing_load(txn, arena, out, err) && load_duplicate(txn, out, err);
}

const struct store_op store_alert_load = {
	.name = "alert_load",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_alert_load_in),
	.out_size = sizeof(struct store_alert_load_out),
	.run = run_load,
};

static void read_list_row(struct sql_stmt *stmt, struct arena *arena, struct store_alert_row *row)
{
	*row = (struct store_alert_row){
		.id = sql_id(stmt, 0),
		.status = (enum alert_status)sql_int(stmt, 2),
		.state = (enum alert_state)sql_int(stmt, 3),
		.tier = (enum tier)sql_int(stmt, 4),
		.end_reason = (enum end_reason)sql_int(stmt, 5),
		.policy = sql_text(stmt, 6, arena),
		.current_version = (int)sql_int(stmt, 7),
		.open_version = (int)sql_int(stmt, 8),
		.open_state = (enum version_state)sql_int(stmt, 9),
		.issued_utc_ms = sql_int(stmt, 10),
		.expires_utc_ms = sql_int(stmt, 11),
		.ended_utc_ms = sql_int(stmt, 12),
		.created_utc_ms = sql_int(stmt, 13),
		.partner_seq = sql_int(stmt, 14),
		.case_id = sql_id(stmt, 15),
	};
	rows_copy_ref(row->ref, sql_text(stmt, 1, arena));
	rows_copy_ref(row->case_ref, sql_text(stmt, 16, arena));
}

static bool run_list(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	const struct store_alert_list_in *in = in_any;
	struct store_alert_list_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &alert_load_sql[LIST_PAGE]);
	struct rows rows = {.size = sizeof(struct store_alert_row)};

	sql_bind_int(stmt, 1, in->states != 0 ? in->states : ~0u);
	sql_bind_before(stmt, 2, &in->after);
	sql_bind_text(stmt, 3, in->partner);
	sql_bind_int(stmt, 4, in->with_exercise ? 1 : 0);
	sql_bind_int(stmt, 5, in->limit + 1);
	while (sql_step(stmt)) {
		read_list_row(stmt, arena, rows_add(&rows, arena));
	}
	out->has_more = rows.count > (size_t)in->limit;
	out->rows = rows.data;
	out->count = out->has_more ? (size_t)in->limit : rows.count;
	return sql_ok(stmt, err);
}

const struct store_op store_alert_list = {
	.name = "alert_list",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_alert_list_in),
	.out_size = sizeof(struct store_alert_list_out),
	.run = run_list,
};
