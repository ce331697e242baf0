/* Between a request and casework: who acts, and how a result becomes the answer. */
#ifndef ASTRAD_INTAKE_ACT_H
#define ASTRAD_INTAKE_ACT_H

#include "casework/casework.h"
#include "intake/request.h"
#include "intake/services.h"

/* Borrowed from the request. */
struct action act_of(const struct request *request);
/* An action_done; arg is the request. Outcome, body, page or problem, whatever the result is. */
void act_answer(const struct action_result *result, void *arg);
/* The same for POST /v1/reports. */
void act_answer_report(const struct action_result *result, void *arg);
/* Adds the outcome as a JSON object: `case`, `alert`, ids and states that are set. */
void act_add_outcome(struct buf *out, const struct outcome *outcome);
/* Everything but success: problem+json. */
void act_refuse(struct request *request, const struct action_result *result);

/* Words of a query and the numbers 1..last they stand for. */
struct act_words {
	const char *(*name_of)(int number);
	int last;
};
/* A query's word list "open,found" as bits; false: answered with FAULT_PARAMETER, which names the
 * words there are. */
bool act_query_bits(struct request *request, const char *name, const struct act_words *words,
		    unsigned *ret_bits) MUST_USE;
/* `name=true|false`; absent is false. False: answered. */
bool act_query_flag(struct request *request, const char *name, bool *ret_flag) MUST_USE;
/* A number of 1..18 digits. */
bool act_parse_number(const char *text, int64_t *ret_number) MUST_USE;
/* limit and cursor keyed by id. False: answered. */
bool act_query_page(struct request *request, int *ret_limit, struct id *ret_after) MUST_USE;
/* limit and cursor keyed by a name; NULL on the first page. False: answered. */
bool act_query_page_after(struct request *request, int *ret_limit, const char **ret_after) MUST_USE;
/* limit and cursor keyed by a number; 0 on the first page. False: answered. */
bool act_query_page_at(struct request *request, int *ret_limit, int64_t *ret_after) MUST_USE;
/* limit and cursor keyed by "after.until"; zeroes on the first page. False: answered. */
bool act_query_page_span(struct request *request, int *ret_limit, int64_t *ret_after,
			 int64_t *ret_until) MUST_USE;

#endif
