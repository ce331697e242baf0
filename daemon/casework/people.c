/* Persons and tokens: decode, one store call, then intake's table is told to load itself again. */
#include "casework/people.h"

#include <string.h>

#include "casework/casework_private.h"
#include "domain/emptybody.h"
#include "domain/person.h"
#include "store/people.h"

static void on_change(struct store_call *call)
{
	const struct doing *doing = call->ctx;

	if (call->ok && doing->casework->wake.tokens != NULL) {
		doing->casework->wake.tokens(doing->casework->wake.arg);
	}
	doing_answer_field(call, "/person"); /* the store asks whether the person of a token is */
}

void people_create(struct casework *casework, const struct action *action, struct bytes body,
		   action_done *done, void *arg)
{
	struct store_call *call =
		doing_begin(casework, action, &store_person_create, on_change, done, arg);
	struct store_person_create_in *in = call->in;
	struct person_request person;
	struct problems problems;

	problems_init(&problems, call->arena);
	if (!person_decode(body, call->arena, &person, &problems)) {
		doing_discard(&call, &problems, NULL);
		return;
	}
	in->id = person.id;
	in->name = person.name;
	in->by = call->audit.person;
	in->now_utc_ms = call->audit.now_utc_ms;
	call->audit.action = "person.create";
	call->audit.detail = arena_printf(call->arena, "person=%s", person.id);
	store_submit(call);
}

void people_disable(struct casework *casework, const struct action *action, const char *id,
		    struct bytes body, action_done *done, void *arg)
{
	struct store_call *call =
		doing_begin(casework, action, &store_person_disable, on_change, done, arg);
	struct store_person_disable_in *in = call->in;
	struct problems problems;

	problems_init(&problems, call->arena);
	if (!emptybody_check(body, &problems)) {
		doing_discard(&call, &problems, NULL);
		return;
	}
	in->id = arena_strdup(call->arena, id);
	in->by = call->audit.person;
	in->now_utc_ms = call->audit.now_utc_ms;
	call->audit.action = "person.disable";
	call->audit.detail = arena_printf(call->arena, "person=%s", id);
	store_submit(call);
}

static bool token_check(const struct casework *casework, const struct person_token_request *token,
			struct problems *problems)
{
	if (token->partner != NULL &&
	    directory_find_partner(&casework->settings->directory, token->partner) == NULL) {
		problems_add(problems, "/partner", "no such partner in partners.d");
		return false;
	}
	return true;
}

void people_token_create(struct casework *casework, const struct action *action,
			 const struct people_token *token, action_done *done, void *arg)
{
	struct store_call *call =
		doing_begin(casework, action, &store_token_create, on_change, done, arg);
	struct store_token_create_in *in = call->in;
	struct person_token_request request;
	struct problems problems;

	problems_init(&problems, call->arena);
	if (!person_decode_token(token->body, clock_utc_ms(casework->clock), call->arena, &request,
				 &problems) ||
	    !token_check(casework, &request, &problems)) {
		doing_discard(&call, &problems, NULL);
		return;
	}
	in->token_id = id_new(casework->clock);
	in->name = request.name;
	in->person = request.person;
	in->partner = request.partner;
	in->role = request.role;
	in->expires_utc_ms = request.expires_utc_ms;
	in->only_first = token->only_first;
	memcpy(in->hash, token->hash, sizeof(in->hash));
	in->by = call->audit.person;
	in->now_utc_ms = call->audit.now_utc_ms;
	call->audit.action = "token.create";
	call->audit.detail = arena_printf(call->arena, "for=%s role=%s",
					  request.person != NULL ? request.person : request.partner,
					  role_name(request.role));
	store_submit(call);
}

void people_token_revoke(struct casework *casework, const struct action *action, const char *id,
			 action_done *done, void *arg)
{
	struct store_token_revoke_in *in;
	struct store_call *call;
	struct error err;
	struct id token;

	if (!id_parse(id, strlen(id), &token)) {
		error_set(&err, ERROR_NOT_FOUND, "a token is named by its id");
		doing_refuse(casework, NULL, &err, done, arg);
		return;
	}
	call = doing_begin(casework, action, &store_token_revoke, on_change, done, arg);
	in = call->in;
	in->token_id = token;
	in->by = call->audit.person;
	in->now_utc_ms = call->audit.now_utc_ms;
	call->audit.action = "token.revoke";
	call->audit.detail = arena_printf(call->arena, "token=%s", id);
	store_submit(call);
}

/* --- lists --- */

static void add_token(struct buf *body, const struct store_token_row *token)
{
	json_comma(body);
	buf_add_text(body, "{");
	json_id(body, "id", &token->id);
	json_text(body, "name", token->name);
	json_text(body, "person", token->person);
	json_text(body, "partner", token->partner);
	json_text(body, "role", role_name(token->role));
	json_time(body, "created_at", token->created_utc_ms);
	json_time(body, "expires_at", token->expires_utc_ms);
	json_time(body, "revoked_at", token->revoked_utc_ms);
	buf_add_text(body, "}");
}

static void on_persons(struct store_call *call)
{
	const struct store_person_page_out *out = call->out;
	AUTO(buf) struct buf body = {0};
	size_t t = 0; /* tokens stand in the order of persons */

	if (!call->ok) {
		doing_answer_error(call->ctx, &call->err);
		return;
	}
	buf_add_text(&body, "[");
	for (size_t i = 0; i < out->person_count; i++) {
		const struct store_person_row *person = &out->persons[i];

		json_comma(&body);
		buf_add_text(&body, "{");
		json_text(&body, "id", person->id);
		json_text(&body, "name", person->name);
		json_time(&body, "created_at", person->created_utc_ms);
		json_time(&body, "disabled_at", person->disabled_utc_ms);
		json_name(&body, "tokens");
		buf_add_text(&body, "[");
		while (t < out->token_count && strcmp(out->tokens[t].person, person->id) == 0) {
			add_token(&body, &out->tokens[t++]);
		}
		buf_add_text(&body, "]}");
	}
	buf_add_text(&body, "]");
	doing_answer_page_after(call->ctx, &body,
				out->has_more ? out->persons[out->person_count - 1].id : NULL);
}

void people_list(struct casework *casework, const struct action *action,
		 const struct people_list *list, action_done *done, void *arg)
{
	struct store_call *call =
		doing_begin(casework, action, &store_person_page, on_persons, done, arg);
	struct store_person_page_in *in = call->in;

	in->after = arena_strdup(call->arena, list->after);
	in->limit = list->limit;
	store_submit(call);
}

static void on_tokens(struct store_call *call)
{
	const struct store_token_page_out *out = call->out;
	AUTO(buf) struct buf body = {0};
	struct id next = {0};

	if (!call->ok) {
		doing_answer_error(call->ctx, &call->err);
		return;
	}
	buf_add_text(&body, "[");
	for (size_t i = 0; i < out->token_count; i++) {
		add_token(&body, &out->tokens[i]);
	}
	buf_add_text(&body, "]");
	if (out->has_more) {
		next = out->tokens[out->token_count - 1].id;
	}
	doing_answer_page(call->ctx, &body, &next);
}

void people_list_tokens(struct casework *casework, const struct action *action,
			const struct people_list *list, action_done *done, void *arg)
{
	struct store_call *call =
		doing_begin(casework, action, &store_token_page, on_tokens, done, arg);
	struct store_token_page_in *in = call->in;

	in->after = list->after_token;
	in->limit = list->limit;
	store_submit(call);
}
