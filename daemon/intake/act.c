/*
 * From casework's results to answers, in one place: the shapes of every POST's answer stand here
 * and in openapi.json. An outcome holds ids and states only, so a replay tells the
 * same again.
 */
#include "intake/act.h"

#include <string.h>

#include "base/json.h"
#include "domain/report.h"
#include "intake/page.h"
#include "intake/reply.h"

struct action act_of(const struct request *request)
{
	const struct principal *principal = &request->principal;

	return (struct action){
		.actor =
			{
				.person = principal->person[0] != '\0' ? principal->person : NULL,
				.partner =
					principal->partner[0] != '\0' ? principal->partner : NULL,
				.role = principal->role,
			},
		.idempotency = request->idempotency,
		.route = request->route->pattern,
	};
}

void act_refuse(struct request *request, const struct action_result *result)
{
	if (result->problems != NULL) {
		reply_problems(request, result->problems);
	} else if (result->replayed && result->err.code == ERROR_CONFLICT) {
		reply_fault(request, &(struct fault){.kind = FAULT_CONFLICT,
						     .detail = result->err.text,
						     .is_replayed = true});
	} else {
		reply_error(request, &result->err);
	}
}

/* --- outcomes --- */

static void add_case(struct buf *out, const struct outcome *outcome)
{
	json_name(out, "case");
	buf_add_text(out, "{");
	json_id(out, "id", &outcome->case_id);
	json_text(out, "ref", outcome->case_ref);
	json_text(out, "state", case_state_name(outcome->case_state));
	buf_add_text(out, "}");
}

static void add_alert(struct buf *out, const struct outcome *outcome)
{
	json_id(out, "id", &outcome->alert_id);
	json_id(out, "alert", &outcome->alert_id);
	json_text(out, "ref", outcome->alert_ref);
	json_text(out, "state", alert_state_name(outcome->alert_state));
	json_text(out, "end",
		  outcome->end_reason == END_NONE ? NULL : end_reason_name(outcome->end_reason));
	if (outcome->version != 0) {
		json_int(out, "version", outcome->version);
	}
	if (outcome->version_state != 0) {
		json_text(out, "version_state", version_state_name(outcome->version_state));
		json_text(out, "kind", version_kind_name(outcome->version_kind));
	}
}

void act_add_outcome(struct buf *out, const struct outcome *outcome)
{
	buf_add_text(out, "{");
	if (!id_is_none(&outcome->alert_id)) {
		add_alert(out, outcome);
	}
	if (!id_is_none(&outcome->case_id)) {
		add_case(out, outcome);
	}
	if (!id_is_none(&outcome->item_id)) {
		json_id(out, "item", &outcome->item_id);
	}
	if (outcome->word[0] != '\0') {
		json_text(out, "name", outcome->word);
	}
	if (outcome->count != 0) {
		json_int(out, "count", outcome->count);
	}
	if (outcome->etag != 0) {
		json_int(out, "etag", outcome->etag);
	}
	json_time(out, "at", outcome->at_utc_ms);
	buf_add_text(out, "}");
}

/* The path of what a 201 made: a report or an alert; NULL for what is read with its owner. */
static const char *location_of(const struct request *request, const struct outcome *outcome)
{
	bool is_report = !id_is_none(&outcome->report_id);
	const struct id *id = is_report ? &outcome->report_id : &outcome->alert_id;
	char text[ID_TEXT_BYTES];

	if (outcome->http_status != 201 || id_is_none(id)) {
		return NULL;
	}
	id_format(id, text);
	return arena_printf(request->arena, "/v1/%s/%s", is_report ? "reports" : "alerts", text);
}

static void send_outcome(struct request *request, const struct action_result *result,
			 const struct buf *body)
{
	const struct outcome *outcome = result->outcome;

	reply_send(request,
		   &(struct reply){
			   .status = outcome->http_status != 0 ? outcome->http_status : 200,
			   .body = {buf_text(body), body->len},
			   .location = location_of(request, outcome),
			   .etag = result->etag,
			   .is_replayed = result->replayed,
		   });
}

static void send_page(struct request *request, const struct action_result *result)
{
	AUTO(buf) struct buf body = {0};

	buf_add_text(&body, "{\"items\":");
	buf_add(&body, result->body.data, result->body.len);
	buf_add_text(&body, ",");
	page_add_next(&body, result->next);
	buf_add_text(&body, "}");
	reply_json(request, &body);
}

void act_answer(const struct action_result *result, void *arg)
{
	struct request *request = arg;
	AUTO(buf) struct buf body = {0};

	if (!result->ok) {
		act_refuse(request, result);
	} else if (result->is_page) {
		send_page(request, result);
	} else if (result->outcome != NULL) {
		act_add_outcome(&body, result->outcome);
		send_outcome(request, result, &body);
	} else {
		reply_send(request, &(struct reply){
					    .status = 200,
					    .body = result->body,
					    .etag = result->etag,
				    });
	}
}

void act_answer_report(const struct action_result *result, void *arg)
{
	struct request *request = arg;
	const struct outcome *outcome = result->outcome;
	AUTO(buf) struct buf body = {0};

	if (!result->ok) {
		act_refuse(request, result);
		return;
	}
	buf_add_text(&body, "{\"report\":{");
	json_id(&body, "id", &outcome->report_id);
	buf_add_text(&body, "}");
	add_case(&body, outcome);
	json_name(&body, "missing_for_alert");
	release_render_names(report_gap_fields(outcome->missing), &body);
	json_time(&body, "received_at", outcome->at_utc_ms);
	buf_add_text(&body, "}");
	send_outcome(request, result, &body);
}

/* --- queries --- */

static void refuse_parameter(struct request *request, const char *detail)
{
	reply_fault(request, &(struct fault){.kind = FAULT_PARAMETER, .detail = detail});
}

static void refuse_word(struct request *request, const char *name, const struct act_words *words)
{
	AUTO(buf) struct buf text = {0};

	buf_printf(&text, "%s: a word is not known; known:", name);
	for (int i = 1; i <= words->last; i++) {
		buf_printf(&text, "%s %s", i > 1 ? "," : "", words->name_of(i));
	}
	refuse_parameter(request, buf_text(&text));
}

/* 0 when there is no such word. */
static int find_word(const struct act_words *words, const char *text, size_t len)
{
	for (int i = 1; i <= words->last; i++) {
		const char *name = words->name_of(i);

		if (strlen(name) == len && memcmp(name, text, len) == 0) {
			return i;
		}
	}
	return 0;
}

bool act_query_bits(struct request *request, const char *name, const struct act_words *words,
		    unsigned *ret_bits)
{
	const char *text = query_get(&request->query, name);
	unsigned bits = 0;

	while (text != NULL && *text != '\0') {
		size_t len = strcspn(text, ",");
		int number = find_word(words, text, len);

		if (number == 0) {
			refuse_word(request, name, words);
			return false;
		}
		bits |= 1u << number;
		text += len + (text[len] == ',' ? 1 : 0);
	}
	*ret_bits = bits;
	return true;
}

bool act_query_flag(struct request *request, const char *name, bool *ret_flag)
{
	const char *text = query_get(&request->query, name);

	if (text != NULL && strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
		refuse_parameter(request,
				 arena_printf(request->arena, "%s is true or false", name));
		return false;
	}
	*ret_flag = text != NULL && strcmp(text, "true") == 0;
	return true;
}

bool act_parse_number(const char *text, int64_t *ret_number)
{
	int64_t number = 0;
	size_t len = strlen(text);

	if (len == 0 || len > 18) {
		return false; /* 18 digits always fit */
	}
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9') {
			return false;
		}
		number = number * 10 + (text[i] - '0');
	}
	*ret_number = number;
	return true;
}

bool act_query_page(struct request *request, int *ret_limit, struct id *ret_after)
{
	struct error err;

	if (page_parse_id(&request->query, request->arena, ret_limit, ret_after, &err)) {
		return true;
	}
	refuse_parameter(request, err.text);
	return false;
}

bool act_query_page_after(struct request *request, int *ret_limit, const char **ret_after)
{
	struct page page;
	struct error err;

	if (!page_parse(&request->query, request->arena, &page, &err)) {
		refuse_parameter(request, err.text);
		return false;
	}
	*ret_limit = page.limit;
	*ret_after = page.after;
	return true;
}

bool act_query_page_at(struct request *request, int *ret_limit, int64_t *ret_after)
{
	const char *text;
	int64_t after = 0;

	if (!act_query_page_after(request, ret_limit, &text)) {
		return false;
	}
	if (text != NULL && !act_parse_number(text, &after)) {
		refuse_parameter(request, "after belongs to another list");
		return false;
	}
	*ret_after = after;
	return true;
}

bool act_query_page_span(struct request *request, int *ret_limit, int64_t *ret_after,
			 int64_t *ret_until)
{
	const char *text;
	const char *dot;

	*ret_after = 0;
	*ret_until = 0;
	if (!act_query_page_after(request, ret_limit, &text)) {
		return false;
	}
	if (text == NULL) {
		return true;
	}
	dot = strchr(text, '.');
	if (dot != NULL && act_parse_number(dot + 1, ret_until) &&
	    act_parse_number(arena_printf(request->arena, "%.*s", (int)(dot - text), text),
			     ret_after)) {
		return true;
	}
	refuse_parameter(request, "after belongs to another list");
	return false;
}
