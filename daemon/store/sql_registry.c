/* The list of all SQL texts. One row a table file. */
#include "store/sql_registry.h"

const struct sql_group sql_registry[] = {
	{"alert_decide", alert_decide_sql, &alert_decide_sql_count},
	{"alert_draft", alert_draft_sql, &alert_draft_sql_count},
	{"alert_load", alert_load_sql, &alert_load_sql_count},
	{"alert_row", alert_row_sql, &alert_row_sql_count},
	{"alert_stop", alert_stop_sql, &alert_stop_sql_count},
	{"audit", audit_sql, &audit_sql_count},
	{"case_act", case_act_sql, &case_act_sql_count},
	{"case_read", case_read_sql, &case_read_sql_count},
	{"case_report", case_report_sql, &case_report_sql_count},
	{"case_row", case_row_sql, &case_row_sql_count},
	{"case_search", case_search_sql, &case_search_sql_count},
	{"fanout", fanout_sql, &fanout_sql_count},
	{"idempotency", idempotency_sql, &idempotency_sql_count},
	{"ladder", ladder_sql, &ladder_sql_count},
	{"list", list_sql, &list_sql_count},
	{"meta", meta_sql, &meta_sql_count},
	{"outbox_channel", outbox_channel_sql, &outbox_channel_sql_count},
	{"outbox_claim", outbox_claim_sql, &outbox_claim_sql_count},
	{"outbox_read", outbox_read_sql, &outbox_read_sql_count},
	{"outbox_result", outbox_result_sql, &outbox_result_sql_count},
	{"outbox_view", outbox_view_sql, &outbox_view_sql_count},
	{"people", people_sql, &people_sql_count},
	{"timer", timer_sql, &timer_sql_count},
	{"worklist", worklist_sql, &worklist_sql_count},
	{"writer", writer_sql, &writer_sql_count},
};
const size_t sql_registry_count = ARRAY_LEN(sql_registry);
