/* The configuration in force (secrets by their source only) and its reload: app does both, behind
 * intake_services. */
#include "intake/admin.h"

#include "intake/act.h"
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
