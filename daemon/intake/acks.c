/* Acknowledgements: decode the path, call casework, answer {ack, alert}. No rule is decided here.
 */
#include "intake/acks.h"

#include "base/json.h"
#include "casework/ack.h"
#include "intake/act.h"
#include "intake/reply.h"

/* {ack: {id, by, lease_until}, alert: {...}}: all of it from the outcome, so a replay is the same.
 */
static void add_ack(struct buf *body, const struct outcome *outcome)
{
	struct outcome alert = *outcome;

	alert.item_id = (struct id){0};
	alert.word[0] = '\0';
	alert.at_utc_ms = 0;
	buf_add_text(body, "{\"ack\":{");
	json_id(body, "id", &outcome->item_id);
	json_text(body, "by", outcome->word[0] != '\0' ? outcome->word : NULL);
	json_time(body, "lease_until", outcome->at_utc_ms);
	buf_add_text(body, "}");
	json_name(body, "alert");
	act_add_outcome(body, &alert);
	buf_add_text(body, "}");
}

static void on_created(const struct action_result *result, void *arg)
{
	struct request *request = arg;
	AUTO(buf) struct buf body = {0};

	if (!result->ok) {
		act_refuse(request, result);
		return;
	}
	add_ack(&body, result->outcome);
	reply_send(request, &(struct reply){
				    .status = result->outcome->http_status != 0
						      ? result->outcome->http_status
						      : 200,
				    .body = {buf_text(&body), body.len},
				    .is_replayed = result->replayed,
			    });
}

void acks_on_create(struct request *request)
{
	struct action action = act_of(request);

	ack_create(request->services->casework, &action, request->params[0], request->body,
		   on_created, request);
}

void acks_on_release(struct request *request)
{
	struct action action = act_of(request);

	ack_release(request->services->casework, &action, request->params[0], request->params[1],
		    act_answer, request);
}
