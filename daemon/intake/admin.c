/*
 * What an admin does: the configuration in force (secrets by their source only) and its reload,
 * channels as the files say and as they are, redrive. What other rooms must do goes through app,
 * behind intake_services. No personal data in any answer.
 */
#include "intake/admin.h"

#include "casework/deliveries.h"
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

static void on_reload(bool ok, const struct buf *findings, void *arg)
{
	struct request *request = arg;
	AUTO(buf) struct buf members = {0};

	if (ok) {
		reply_json(request, findings);
		return;
	}
	buf_add_text(&members, "\"findings\":");
	buf_add(&members, findings->data, findings->len);
	reply_fault(request,
		    &(struct fault){
			    .kind = FAULT_INVALID,
			    .detail = "the files have errors; the old configuration is in force",
			    .members = buf_text(&members),
		    });
}

void admin_on_reload(struct request *request)
{
	const struct intake_services *services = request->services;

	services->reload(on_reload, request, services->app);
}

/* --- channels --- */

void admin_on_channels(struct request *request)
{
	const struct intake_services *services = request->services;
	AUTO(buf) struct buf body = {0};
	struct page page;
	struct error err;
	const char *next;

	if (!page_parse(&request->query, request->arena, &page, &err)) {
		reply_fault(request, &(struct fault){.kind = FAULT_PARAMETER, .detail = err.text});
		return;
	}
	buf_add_text(&body, "{\"items\":");
	next = services->print_channels(page.after, page.limit, &body, services->app);
	buf_add_text(&body, ",");
	page_add_next(&body, next);
	buf_add_text(&body, "}");
	reply_json(request, &body);
}

static void on_acted(const struct buf *body, const struct error *err, void *arg)
{
	struct request *request = arg;

	if (body != NULL) {
		reply_json(request, body);
	} else {
		reply_error(request, err);
	}
}

static void act_on_channel(struct request *request, enum intake_channel_act act)
{
	const struct intake_services *services = request->services;

	services->act_on_channel(&(struct intake_channel_ask){.act = act,
							      .channel = request->params[0],
							      .person = request->principal.person,
							      .done = on_acted,
							      .arg = request},
				 services->app);
}

void admin_on_suspend(struct request *request)
{
	act_on_channel(request, INTAKE_SUSPEND);
}

void admin_on_resume(struct request *request)
{
	act_on_channel(request, INTAKE_RESUME);
}

void admin_on_probe(struct request *request)
{
	act_on_channel(request, INTAKE_PROBE);
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
	deliveries_redrive(request->services->casework, &action, delivery, act_answer, request);
}
