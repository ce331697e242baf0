/* The JSON Schema of the webhook, built in from webhook-1.json. */
#include "intake/schema.h"

#include "intake/reply.h"
#include "webhook_schema.h"

void schema_on_webhook(struct request *request)
{
	reply_send(request, &(struct reply){
				    .status = 200,
				    .body = {webhook_schema, sizeof(webhook_schema) - 1},
				    .content_type = "application/schema+json",
			    });
}
