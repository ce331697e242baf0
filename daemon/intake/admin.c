/*
 * What an admin does: the configuration in force (secrets by their source only) and its reload,
 * channels as the files say and as they are, redrive. What other rooms must do goes through app,
 * behind intake_services. No personal data in any answer.
 */
#include "intake/admin.h"

#include <stdio.h>

#include "base/json.h"
#include "casework/deed.h"
#include "casework/deliveries.h"
#include "domain/emptybody.h"
#include "intake/act.h"
#include "intake/page.h"
#include "intake/reply.h"

void admin_on_config(struct request *request)
{
	const struct intake_services *services = request->services;
	AUTO(buf) struct buf body = {0};

	services->print_config(&body, services->app);
	reply_json(request, &body);
}

/* --- channels --- */

void admin_on_channels(struct request *request)
{
	const struct intake_services *services = request->services;
	AUTO(buf) struct buf body = {0};
	const char *after;
	const char *next;
	int limit;

	if (!act_query_page_after(request, &limit, &after)) {
		return;
	}
	buf_add_text(&body, "{\"items\":");
	next = services->print_channels(after, limit, &body, services->app);
	buf_add_text(&body, ",");
	page_add_next(&body, next);
	buf_add_text(&body, "}");
	reply_json(request, &body);
}

/* --- acts outside the store: a reload, and what is done to a channel --- */

/* One from its request to its answer; lives in the request's arena. */
struct act {
	struct request *request;
	const struct act_kind *kind;
	struct deed deed;
	const char *findings; /* of a reload done now */
};

struct act_kind {
	const char *audit; /* NULL: the outbox writes the entry with the channel's new state */
	enum intake_channel_act channel_act;
	void (*run)(struct act *act);
	void (*tell)(const struct act *act, const struct outcome *outcome, struct buf *out);
};

static void tell(struct act *act, const struct action_result *result)
{
	AUTO(buf) struct buf body = {0};

	act->kind->tell(act, result->outcome, &body);
	reply_send(act->request, &(struct reply){
					 .status = 200,
					 .body = {buf_text(&body), body.len},
					 .is_replayed = result->replayed,
				 });
}

static void on_noted(const struct action_result *result, void *arg)
{
	struct act *act = arg;

	if (result->ok) {
		tell(act, result);
	} else {
		act_refuse(act->request, result);
	}
}

/* It is done: noted first, then answered. */
static void finish(struct act *act)
{
	struct action action = act_of(act->request);

	act->deed.audit = act->kind->audit;
	deed_note(act->request->services->casework, &action, &act->deed, on_noted, act);
}

static void run(struct act *act)
{
	struct request *request = act->request;
	struct problems problems;

	problems_init(&problems, request->arena);
	if (emptybody_check(request->body, &problems)) {
		act->kind->run(act);
	} else {
		reply_problems(request, &problems);
	}
}

static void on_found(const struct action_result *result, void *arg)
{
	struct act *act = arg;

	if (!result->ok) {
		act_refuse(act->request, result);
	} else if (result->replayed) {
		tell(act, result);
	} else {
		run(act);
	}
}

static void begin(struct request *request, const struct act_kind *kind)
{
	struct action action = act_of(request);
	struct act *act = arena_alloc(request->arena, sizeof(*act));

	*act = (struct act){.request = request, .kind = kind};
	if (action.idempotency.use) {
		deed_find(request->services->casework, &action, on_found, act);
	} else {
		run(act);
	}
}

/* --- reload --- */

static void on_reload(const struct intake_reloaded *reloaded, void *arg)
{
	struct act *act = arg;
	struct arena *arena = act->request->arena;
	AUTO(buf) struct buf members = {0};

	if (reloaded->ok) {
		act->findings = arena_strdup(arena, buf_text(reloaded->findings));
		act->deed.outcome.count = reloaded->warnings;
		act->deed.detail = arena_printf(arena, "digest=%.16s", reloaded->digest);
		finish(act);
		return;
	}
	buf_add_text(&members, "\"findings\":");
	buf_add(&members, reloaded->findings->data, reloaded->findings->len);
	reply_fault(act->request,
		    &(struct fault){
			    .kind = FAULT_INVALID,
			    .detail = "the files have errors; the old configuration is in force",
			    .members = buf_text(&members),
		    });
}

static void reload_run(struct act *act)
{
	const struct intake_services *services = act->request->services;

	services->reload(on_reload, act, services->app);
}

/* The findings name files, so they are not kept: told again are the counts. */
static void reload_tell(const struct act *act, const struct outcome *outcome, struct buf *out)
{
	if (act->findings != NULL) {
		buf_add_text(out, act->findings);
		return;
	}
	buf_add_text(out, "{");
	json_bool(out, "ok", true);
	json_int(out, "errors", 0);
	json_int(out, "warnings", outcome->count);
	buf_add_text(out, "}");
}

void admin_on_reload(struct request *request)
{
	static const struct act_kind RELOAD = {
		.audit = "config.reload",
		.run = reload_run,
		.tell = reload_tell,
	};

	begin(request, &RELOAD);
}

/* --- one channel --- */

static void on_acted(const struct intake_probed *probed, const struct error *err, void *arg)
{
	struct act *act = arg;
	struct outcome *outcome = &act->deed.outcome;
	const char *channel = act->request->params[0];

	if (err != NULL) {
		reply_error(act->request, err);
		return;
	}
	(void)snprintf(outcome->word, sizeof(outcome->word), "%s", channel);
	if (probed != NULL) {
		outcome->sent = probed->outcome;
		outcome->count = probed->status;
		outcome->took_ms = probed->latency_ms;
		(void)snprintf(outcome->problem, sizeof(outcome->problem), "%s",
			       probed->detail != NULL ? probed->detail : "");
		act->deed.detail = arena_printf(act->request->arena, "channel=%s outcome=%s",
						channel, delivery_outcome_name(probed->outcome));
	}
	finish(act);
}

static void channel_run(struct act *act)
{
	struct request *request = act->request;
	const struct intake_services *services = request->services;

	services->act_on_channel(
		&(struct intake_channel_ask){
			.act = act->kind->channel_act,
			.channel = request->params[0],
			.person = request->principal.person,
			.done = on_acted,
			.arg = act,
		},
		services->app);
}

/* As it is now, also when told again: an old state would mislead who looks. */
static void channel_tell(const struct act *act, const struct outcome *outcome, struct buf *out)
{
	const struct intake_services *services = act->request->services;

	services->print_channel(outcome->word, out, services->app);
}

static void probe_tell(const struct act *act, const struct outcome *outcome, struct buf *out)
{
	(void)act; /* all of it is in the outcome */
	buf_add_text(out, "{");
	json_text(out, "channel", outcome->word);
	json_text(out, "outcome", delivery_outcome_name(outcome->sent));
	json_int(out, "status", outcome->count);
	json_int(out, "latency_ms", outcome->took_ms);
	json_text(out, "detail", outcome->problem);
	json_time(out, "at", outcome->at_utc_ms);
	buf_add_text(out, "}");
}

void admin_on_suspend(struct request *request)
{
	static const struct act_kind SUSPEND = {NULL, INTAKE_SUSPEND, channel_run, channel_tell};

	begin(request, &SUSPEND);
}

void admin_on_resume(struct request *request)
{
	static const struct act_kind RESUME = {NULL, INTAKE_RESUME, channel_run, channel_tell};

	begin(request, &RESUME);
}

void admin_on_probe(struct request *request)
{
	static const struct act_kind PROBE = {"channel.probe", INTAKE_PROBE, channel_run,
					      probe_tell};

	begin(request, &PROBE);
}

/* --- redrive --- */

void admin_on_redrive(struct request *request)
{
	struct action action = act_of(request);
	int64_t delivery;

	if (!act_parse_number(request->params[0], &delivery) || delivery == 0) {
		reply_fault(request,
			    &(struct fault){.kind = FAULT_NOT_FOUND, .detail = "no such delivery"});
		return;
	}
	deliveries_redrive(request->services->casework, &action, delivery, request->body,
			   act_answer, request);
}
