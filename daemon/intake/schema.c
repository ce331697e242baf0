/* Documents for machines, built in: the schema of the webhook and the API itself. */
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

void schema_on_openapi(struct request *request)
{
	reply_send(request, &(struct reply){
				    .status = 200,
				    .body = {schema_openapi, schema_openapi_len},
			    });
}
