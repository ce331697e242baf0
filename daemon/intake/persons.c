/*
 * Persons, tokens, /v1/me. A token's secret is made here, told in this one answer and kept only as
 * a hash. The answer waits until the token table in memory knows the change, so a token works when
 * its answer arrives and a revoked one is dead.
 */
#include "intake/persons.h"

#include <string.h>

#include "base/json.h"
#include "casework/people.h"
#include "intake/act.h"
#include "intake/intake_private.h"
#include "intake/reply.h"

/* An answer that waits for the token table; lives in the request's arena. */
struct late {
	struct request *request;
	struct outcome outcome;
	bool is_replayed;
	bool is_token;                /* the answer has a member `token` */
	char token[AUTH_TOKEN_BYTES]; /* "" = none was made now */
};

/* A person: its id is a word. A token: its id and its name. */
static void add_outcome(struct buf *out, const struct outcome *outcome)
{
	buf_add_text(out, "{");
	if (id_is_none(&outcome->item_id)) {
		json_text(out, "id", outcome->word);
	} else {
		json_id(out, "id", &outcome->item_id);
		json_text(out, "name", outcome->word);
	}
	if (outcome->count != 0) {
		json_int(out, "tokens_revoked", outcome->count);
	}
	json_time(out, "at", outcome->at_utc_ms);
	buf_add_text(out, "}");
}

static void answer_late(void *arg)
{
	struct late *late = arg;
	AUTO(buf) struct buf body = {0};

	add_outcome(&body, &late->outcome);
	if (late->is_token) {
		body.len--; /* opens the object again: the secret is its last member */
		json_text(&body, "token", late->token[0] != '\0' ? late->token : NULL);
		buf_add_text(&body, "}");
	}
	secret_wipe(late->token, sizeof(late->token));
	reply_send(
		late->request,
		&(struct reply){
			.status = late->outcome.http_status != 0 ? late->outcome.http_status : 200,
			.body = {buf_text(&body), body.len},
			.is_replayed = late->is_replayed,
		});
}

static void on_change(const struct action_result *result, void *arg)
{
	struct late *late = arg;

	if (!result->ok) {
		act_refuse(late->request, result);
		return;
	}
	late->outcome = *result->outcome;
	late->is_replayed = result->replayed;
	if (result->replayed) { /* the one made now is nobody's; the one made then is a hash */
		secret_wipe(late->token, sizeof(late->token));
	}
	tokens_when_fresh(late->request->services->tokens, answer_late, late);
}

static struct late *late_create(struct request *request)
{
	struct late *late = arena_alloc(request->arena, sizeof(*late));

	late->request = request;
	return late;
}

void persons_on_create(struct request *request)
{
	struct action action = act_of(request);

	people_create(request->services->casework, &action, request->body, on_change,
		      late_create(request));
}

void persons_on_list(struct request *request)
{
	struct action action = act_of(request);
	struct people_list list = {0};

	if (act_query_page_after(request, &list.limit, &list.after)) {
		people_list(request->services->casework, &action, &list, act_answer, request);
	}
}

void persons_on_tokens(struct request *request)
{
	struct action action = act_of(request);
	struct people_list list = {0};

	if (act_query_page(request, &list.limit, &list.after_token)) {
		people_list_tokens(request->services->casework, &action, &list, act_answer,
				   request);
	}
}

void persons_on_disable(struct request *request)
{
	struct action action = act_of(request);

	people_disable(request->services->casework, &action, request->params[0], request->body,
		       on_change, late_create(request));
}

void persons_on_token(struct request *request)
{
	struct action action = act_of(request);
	struct people_token token = {.body = request->body};
	struct late *late = late_create(request);

	late->is_token = true;
	auth_token_make(late->token);
	auth_token_hash(&request->intake->deps.auth.key,
			(struct bytes){late->token, strlen(late->token)}, token.hash);
	/* the daemon's own uid gets here without a token only while there is none: asked again in
	 * the store */
	token.only_first = id_is_none(&request->principal.token) && !request->principal.is_root;
	people_token_create(request->services->casework, &action, &token, on_change, late);
}

void persons_on_revoke(struct request *request)
{
	struct action action = act_of(request);

	people_token_revoke(request->services->casework, &action, request->params[0], on_change,
			    late_create(request));
}

void persons_on_me(struct request *request)
{
	const struct principal *principal = &request->principal;
	AUTO(buf) struct buf body = {0};

	buf_add_text(&body, "{");
	json_text(&body, "person", principal->person[0] != '\0' ? principal->person : NULL);
	json_text(&body, "partner", principal->partner[0] != '\0' ? principal->partner : NULL);
	json_text(&body, "role", role_name(principal->role));
	json_id(&body, "token", &principal->token);
	buf_add_text(&body, "}");
	reply_json(request, &body);
}
