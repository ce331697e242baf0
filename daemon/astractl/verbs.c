/* The table. A verb that is not here does not exist; the API has the same names (CONTRACT sections
 * 1 and 2). */
#include "astractl/verbs.h"

#define NONE                                                                                       \
	{                                                                                          \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}
#define ALERT_DECISION                                                                             \
	{                                                                                          \
		{"version", "version", FIELD_INT}, {"digest", "digest", FIELD_TEXT},               \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}
#define REASON                                                                                     \
	{                                                                                          \
		{"reason", "reason", FIELD_TEXT},                                                  \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}

const struct verb verbs[] = {
	{"me", "", "GET", "/v1/me", BODY_NONE, NONE, 0, "who the daemon takes you for"},
	{"person",
	 "create",
	 "POST",
	 "/v1/persons",
	 BODY_FIELDS,
	 {{"id", "id", FIELD_TEXT}, {"name", "name", FIELD_TEXT}, {0}},
	 0,
	 "a human behind tokens"},
	{"person", "list", "GET", "/v1/persons", BODY_NONE, NONE, 0, "persons and their tokens"},
	{"person", "disable", "POST", "/v1/persons/{}/disable", BODY_NONE, NONE, 0,
	 "ends all tokens of the person"},
	{"token",
	 "create",
	 "POST",
	 "/v1/tokens",
	 BODY_FIELDS,
	 {{"name", "name", FIELD_TEXT},
	  {"person", "person", FIELD_TEXT},
	  {"role", "role", FIELD_TEXT},
	  {"partner", "partner", FIELD_TEXT},
	  {"expires", "expires_at", FIELD_TEXT}},
	 0,
	 "printed once, kept as a hash"},
	{"token", "revoke", "DELETE", "/v1/tokens/{}", BODY_NONE, NONE, 0, "ends a token at once"},
	{"report", "create", "POST", "/v1/reports", BODY_FILE, NONE, 0,
	 "takes a report from a JSON file or - for standard input"},
	{"report", "show", "GET", "/v1/reports/{}", BODY_NONE, NONE, 0, "a report as received"},
	{"case", "list", "GET", "/v1/cases?exercise=true", BODY_NONE, NONE, 0, "newest first"},
	{"case", "show", "GET", "/v1/cases/{}", BODY_NONE, NONE, 0, "what is known (audited)"},
	{"case", "change", "PATCH", "/v1/cases/{}", BODY_FILE, NONE, 1,
	 "merge patch with a reason, from a file or -"},
	{"case", "search", "POST", "/v1/cases/search", BODY_FILE, NONE, 0, "{query, statuses[]}"},
	{"case",
	 "note",
	 "POST",
	 "/v1/cases/{}/notes",
	 BODY_FIELDS,
	 {{"text", "text", FIELD_TEXT}, {"due", "due_at", FIELD_TEXT}, {0}},
	 0,
	 "a note"},
	{"case",
	 "assign",
	 "POST",
	 "/v1/cases/{}/assign",
	 BODY_FIELDS,
	 {{"person", "person", FIELD_TEXT}, {0}},
	 0,
	 "gives the case to a person"},
	{"case",
	 "close",
	 "POST",
	 "/v1/cases/{}/close",
	 BODY_FIELDS,
	 {{"outcome", "outcome", FIELD_TEXT},
	  {"verified-name", "verified_by.name", FIELD_TEXT},
	  {"verified-unit", "verified_by.unit", FIELD_TEXT},
	  {"verified-how", "verified_by.how", FIELD_TEXT},
	  {"verified-at", "verified_by.at", FIELD_TEXT},
	  {"note", "note", FIELD_TEXT}},
	 0,
	 "found, returned, deceased, aged_out, withdrawn, hoax; ends its alerts when verified"},
	{"case", "reopen", "POST", "/v1/cases/{}/reopen", BODY_FIELDS, REASON, 0, "open again"},
	{"alert", "draft", "POST", "/v1/cases/{}/alerts", BODY_FILE, NONE, 0,
	 "a draft for a case, from a JSON file or -"},
	{"alert", "edit", "PATCH", "/v1/alerts/{}/draft", BODY_FILE, NONE, 1, "merge patch"},
	{"alert", "list", "GET", "/v1/alerts?exercise=true", BODY_NONE, NONE, 0, "newest first"},
	{"alert", "show", "GET", "/v1/alerts/{}", BODY_NONE, NONE, 0, "states, versions, persons"},
	{"alert", "preview", "GET", "/v1/alerts/{}/preview", BODY_NONE, NONE, 0,
	 "the exact bytes, who gets them, and the digest to submit and approve with"},
	{"alert", "submit", "POST", "/v1/alerts/{}/submit", BODY_FIELDS, ALERT_DECISION, 0,
	 "asks for approval of what you read"},
	{"alert", "approve", "POST", "/v1/alerts/{}/approve", BODY_FIELDS, ALERT_DECISION, 0,
	 "sends what you read; another person than the author"},
	{"alert", "return", "POST", "/v1/alerts/{}/return", BODY_FIELDS, REASON, 0, "back to edit"},
	{"alert", "reject", "POST", "/v1/alerts/{}/reject", BODY_FIELDS, REASON, 0, "final"},
	{"alert", "withdraw", "POST", "/v1/alerts/{}/withdraw", BODY_FIELDS, REASON, 0,
	 "nothing was sent, nothing is"},
	{"alert", "update", "POST", "/v1/alerts/{}/updates", BODY_FILE, NONE, 0,
	 "a further version, from a file or -"},
	{"alert",
	 "cancel",
	 "POST",
	 "/v1/alerts/{}/cancel",
	 BODY_FIELDS,
	 {{"reason", "reason", FIELD_TEXT}, {"note", "note", FIELD_TEXT}, {0}},
	 0,
	 "stops now: resolved, withdrawn or issued_in_error"},
	{"alert", "suspend", "POST", "/v1/alerts/{}/suspend", BODY_FIELDS, REASON, 0,
	 "pauses all sends now"},
	{"alert", "resume", "POST", "/v1/alerts/{}/resume", BODY_FIELDS, REASON, 0,
	 "asks to go on; another person approves"},
	{"worklist", "", "GET", "/v1/worklist?exercise=true", BODY_NONE, NONE, 0,
	 "what needs a human now"},
	{"config", "show", "GET", "/v1/config", BODY_NONE, NONE, 0, "what is in force"},
	{"channel", "list", "GET", "/v1/channels?limit=200", BODY_NONE, NONE, 0,
	 "each channel's file and how it is"},
	{"channel", "suspend", "POST", "/v1/channels/{}/suspend", BODY_NONE, NONE, 0,
	 "nothing is sent there until resumed"},
	{"channel", "resume", "POST", "/v1/channels/{}/resume", BODY_NONE, NONE, 0,
	 "sends again, closes the breaker"},
	{"channel", "probe", "POST", "/v1/channels/{}/probe", BODY_NONE, NONE, 0,
	 "a ping now; a good answer closes the breaker"},
	{"delivery", "redrive", "POST", "/v1/deliveries/{}/redrive", BODY_NONE, NONE, 0,
	 "sends it again under the same id"},
	{"reload", "", "POST", "/v1/reload", BODY_NONE, NONE, 0,
	 "reads the files again, all or nothing"},
	{"status", "", "GET", "/readyz", BODY_NONE, NONE, 0, "is the daemon well"},
};
const size_t verb_count = sizeof(verbs) / sizeof(verbs[0]);
