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

extern const struct sql_text ack_sql[];
extern const size_t ack_sql_count;
extern const struct sql_text alert_decide_sql[];
extern const size_t alert_decide_sql_count;
extern const struct sql_text alert_draft_sql[];
extern const size_t alert_draft_sql_count;
extern const struct sql_text alert_effect_sql[];
extern const size_t alert_effect_sql_count;
extern const struct sql_text alert_load_sql[];
extern const size_t alert_load_sql_count;
extern const struct sql_text alert_row_sql[];
extern const size_t alert_row_sql_count;
extern const struct sql_text alert_standing_sql[];
extern const size_t alert_standing_sql_count;
extern const struct sql_text alert_stop_sql[];
extern const size_t alert_stop_sql_count;
extern const struct sql_text audit_sql[];
extern const size_t audit_sql_count;
extern const struct sql_text case_act_sql[];
extern const size_t case_act_sql_count;
extern const struct sql_text case_read_sql[];
extern const size_t case_read_sql_count;
extern const struct sql_text case_report_sql[];
extern const size_t case_report_sql_count;
extern const struct sql_text case_row_sql[];
extern const size_t case_row_sql_count;
extern const struct sql_text case_search_sql[];
extern const size_t case_search_sql_count;
extern const struct sql_text case_timeline_sql[];
extern const size_t case_timeline_sql_count;
extern const struct sql_text event_keep_sql[];
extern const size_t event_keep_sql_count;
extern const struct sql_text fanout_sql[];
extern const size_t fanout_sql_count;
extern const struct sql_text idempotency_sql[];
extern const size_t idempotency_sql_count;
extern const struct sql_text ladder_sql[];
extern const size_t ladder_sql_count;
extern const struct sql_text ladder_load_sql[];
extern const size_t ladder_load_sql_count;
extern const struct sql_text ladder_turn_sql[];
extern const size_t ladder_turn_sql_count;
extern const struct sql_text list_sql[];
extern const size_t list_sql_count;
extern const struct sql_text live_sql[];
extern const size_t live_sql_count;
extern const struct sql_text meta_sql[];
extern const size_t meta_sql_count;
extern const struct sql_text outbox_channel_sql[];
extern const size_t outbox_channel_sql_count;
extern const struct sql_text outbox_claim_sql[];
extern const size_t outbox_claim_sql_count;
extern const struct sql_text outbox_due_sql[];
extern const size_t outbox_due_sql_count;
extern const struct sql_text outbox_read_sql[];
extern const size_t outbox_read_sql_count;
extern const struct sql_text outbox_result_sql[];
extern const size_t outbox_result_sql_count;
extern const struct sql_text outbox_view_sql[];
extern const size_t outbox_view_sql_count;
extern const struct sql_text people_sql[];
extern const size_t people_sql_count;
extern const struct sql_text people_page_sql[];
extern const size_t people_page_sql_count;
extern const struct sql_text purge_sql[];
extern const size_t purge_sql_count;
extern const struct sql_text timer_sql[];
extern const size_t timer_sql_count;
extern const struct sql_text timer_take_sql[];
extern const size_t timer_take_sql_count;
extern const struct sql_text worklist_sql[];
extern const size_t worklist_sql_count;
extern const struct sql_text writer_sql[];
extern const size_t writer_sql_count;

#endif
