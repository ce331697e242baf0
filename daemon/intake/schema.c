/* The JSON Schema of the webhook, built in from webhook-1.json. */
#include "intake/schema.h"

#include "intake/reply.h"

void schema_on_webhook(struct request *request)
{
	reply_send(request, &(struct reply){
				    .status = 200,
				    .body = {schema_webhook, schema_webhook_len},
				    .content_type = "application/schema+json",
			    });
}
