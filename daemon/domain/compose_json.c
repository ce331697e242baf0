/*
 * The webhook body: every member of CONTRACT section 5, in the order of EXAMPLES, so that a golden
 * file reads like the example. Written by hand rather than by a JSON library because the offsets of
 * the spliced values must be known to the byte.
 *
 * Owner: the caller's compose. cap_url, photo_url and takedown_url are null until they exist.
 */
#include <string.h>

#include "domain/release.h"
#include "domain/compose.h"

static bool is_end(const struct render_alert *alert)
{
	return alert->message != MESSAGE_VERSION;
}

static const char *kind_name(const struct render_alert *alert)
{
	if (is_end(alert)) {
		return version_kind_name(VERSION_END);
	}
	if (alert->kind == VERSION_ISSUE || alert->kind == VERSION_CORRECTION) {
		return version_kind_name(alert->kind);
	}
	/* resume, repolicy, send, reopen: our own reasons; to a partner it is news. */
	return version_kind_name(VERSION_UPDATE);
}

static void add_end(struct compose *compose, const struct render_alert *alert)
{
	compose_key(compose, "end", false);
	if (!is_end(alert)) {
		compose_raw(compose, "null");
		return;
	}
	buf_printf(&compose->out, "{\"reason\":\"%s\"",
		   end_reason_name((enum end_reason)alert->message));
	compose_time(compose, "at", SPLICE_END_AT);
	compose_raw(compose, "}");
}

/* An exercise or a test is never for the public. */
static void add_handling(struct compose *compose, const struct render_alert *alert)
{
	bool publish = alert->is_public && alert->status == STATUS_ACTUAL && !is_end(alert);

	compose_key(compose, "handling", false);
	buf_printf(&compose->out, "{\"scope\":\"%s\",\"publish\":%s}",
		   alert->is_public ? "public" : "restricted", publish ? "true" : "false");
}

static void add_names(struct compose *compose, const char *key, uint64_t set)
{
	compose_key(compose, key, false);
	release_render_names(set, &compose->out);
}

static void add_cases(struct compose *compose, const struct render_alert *alert)
{
	compose_key(compose, "cases", false);
	compose_raw(compose, "[");
	for (size_t i = 0; i < alert->case_count && !is_end(alert); i++) {
		const struct render_case *one = &alert->cases[i];

		compose_raw(compose, i > 0 ? ",{\"ref\":" : "{\"ref\":");
		buf_add_json_string(&compose->out, one->ref);
		/* released is an object: its members follow the ref. */
		if (one->released.len > strlen("{}")) {
			compose_raw(compose, ",");
		}
		buf_add(&compose->out, one->released.data + 1, one->released.len - 1);
	}
	compose_raw(compose, "]");
}

static void add_texts(struct compose *compose, const struct render_alert *alert)
{
	compose_key(compose, "texts", false);
	compose_raw(compose, "{");
	for (size_t i = 0; i < alert->text_count; i++) {
		compose_raw(compose, i > 0 ? "," : "");
		buf_add_json_string(&compose->out, alert->texts[i].language);
		compose_raw(compose, ":\"");
		compose->is_in_json = true;
		compose_alert_text(compose, alert, &alert->texts[i]);
		compose->is_in_json = false;
		compose_raw(compose, "\"");
	}
	compose_raw(compose, "}");
}

static void add_contact(struct compose *compose, const struct render_alert *alert)
{
	compose_key(compose, "contact", false);
	if (!alert->contact) {
		compose_raw(compose, "null");
		return;
	}
	compose_raw(compose, "{");
	compose_key(compose, "name", true);
	buf_add_json_string(&compose->out, alert->contact->name);
	compose_string(compose, "phone", alert->contact->phone);
	compose_raw(compose, "}");
}

static void add_languages(struct compose *compose, const struct render_alert *alert)
{
	compose_key(compose, "languages", false);
	compose_raw(compose, "[");
	for (size_t i = 0; i < alert->text_count; i++) {
		compose_raw(compose, i > 0 ? "," : "");
		buf_add_json_string(&compose->out, alert->texts[i].language);
	}
	compose_raw(compose, "]");
}

/* Nobody acknowledges an end. */
static void add_ack_url(struct compose *compose, const struct render_alert *alert)
{
	const char *base = alert->directory->public_url;

	if (is_end(alert) || !base) {
		compose_string(compose, "ack_url", NULL);
		return;
	}
	size_t len = strlen(base);
	len -= len > 0 && base[len - 1] == '/';
	AUTO(buf) struct buf url = {0};
	buf_printf(&url, "%.*s/v1/alerts/%s/acks", (int)len, base, alert->alert);
	compose_string(compose, "ack_url", buf_text(&url));
}

static void add_data(struct compose *compose, const struct render_alert *alert)
{
	compose_key(compose, "schema", true);
	compose_raw(compose, "\"1\"");
	compose_string(compose, "alert", alert->alert);
	compose_string(compose, "ref", alert->ref);
	if (is_end(alert)) {
		compose_key(compose, "version", false);
		compose_splice(compose, SPLICE_VERSION);
	} else {
		compose_number(compose, "version", alert->version);
	}
	compose_string(compose, "kind", kind_name(alert));
	compose_string(compose, "status", alert_status_name(alert->status));
	compose_string(compose, "state",
		       alert_state_name(is_end(alert) ? ALERT_ENDED : ALERT_ACTIVE));
	add_end(compose, alert);
	compose_string(compose, "tier", tier_name(alert->tier));
	add_handling(compose, alert);
	compose_time(compose, "issued_at", SPLICE_ISSUED_AT);
	compose_time(compose, "expires_at", SPLICE_EXPIRES_AT);
	add_names(compose, "changed", is_end(alert) ? 0 : alert->changed);
	add_names(compose, "retracted", is_end(alert) ? 0 : alert->retracted);
	add_cases(compose, alert);
	add_texts(compose, alert);
	add_contact(compose, alert);
	compose_words(compose, "areas", &alert->areas);
	add_languages(compose, alert);
	compose_string(compose, "cap_url", NULL);
	compose_string(compose, "photo_url", NULL);
	add_ack_url(compose, alert);
	compose_string(compose, "takedown_url", NULL);
	compose_key(compose, "seq", false);
	compose_splice(compose, SPLICE_SEQ);
}

void compose_json_alert(struct compose *compose, const struct render_alert *alert)
{
	char type[RENDER_TYPE_BYTES];

	render_type(alert->status, render_alert_type(alert->kind, alert->message), type);
	compose_raw(compose, "{");
	compose_key(compose, "type", true);
	buf_add_json_string(&compose->out, type);
	compose_time(compose, "timestamp", SPLICE_TIMESTAMP);
	compose_raw(compose, ",\"data\":{");
	add_data(compose, alert);
	compose_raw(compose, "}}");
}
