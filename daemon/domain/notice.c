/*
 * Notices: what staff and partners are told about an alert's way, without the alert itself.
 *
 * Owner: the caller's buffer. A notice goes to channels of any medium but is stored once, so its
 * blob has the webhook body first and the plain text after it; both in the hotline's languages.
 */
#include "domain/notice.h"

#include <assert.h>
#include <stdio.h>

#include "base/clock.h"
#include "domain/compose.h"

struct notice_kind {
	const char *name;
	bool is_for_partners; /* prefixed by the alert's status, with seq */
};

static const struct notice_kind kinds[] = {
	[NOTICE_APPROVAL_WAITING] = {"notice.approval_waiting", false},
	[NOTICE_ESCALATION] = {"notice.escalation", false},
	[NOTICE_CHANNEL_DEAD] = {"notice.channel_dead", false},
	[NOTICE_EXHAUSTED] = {"notice.exhausted", false},
	[NOTICE_ACKNOWLEDGED] = {"alert.acknowledged", true},
	[NOTICE_ACK_EXPIRING] = {"alert.ack_expiring", true},
	[NOTICE_PING] = {"channel.ping", true},
};

void notice_type_name(enum notice_type type, enum alert_status status, char out[RENDER_TYPE_BYTES])
{
	assert(type >= NOTICE_APPROVAL_WAITING && type <= NOTICE_PING);
	render_type(kinds[type].is_for_partners ? status : STATUS_ACTUAL, kinds[type].name, out);
}

static void add_text(struct compose *compose, const struct notice *notice, const char *language)
{
	const struct phrase_book *book = phrase_find(language);
	char minutes[32];

	if (book->marks[notice->status]) {
		compose_add(compose, book->marks[notice->status]);
		compose_add(compose, ". ");
	}
	if (notice->ref) {
		compose_add(compose, notice->ref);
		compose_add(compose, ": ");
	}
	compose_add(compose, book->notices[notice->type]);
	const char *words[] = {notice->channel, notice->partner, notice->reason};
	const char *before = ": ";
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (words[i]) {
			compose_add(compose, before);
			compose_add(compose, words[i]);
			before = ", ";
		}
	}
	compose_add(compose, ".");
	if (notice->minutes_waiting > 0) {
		snprintf(minutes, sizeof(minutes), "%d", notice->minutes_waiting);
		compose_add(compose, " ");
		compose_add(compose, book->waiting);
		compose_add(compose, minutes);
		compose_add(compose, book->minutes);
		compose_add(compose, ".");
	}
	if (notice->is_delayed) {
		compose_add(compose, " ");
		compose_add(compose, book->delayed);
	}
}

static void add_ack(struct compose *compose, const struct notice *notice,
		    const struct directory *directory)
{
	char lease[CLOCK_TEXT_BYTES];

	if (!notice->ack) {
		return;
	}
	/* An unknown zone gives UTC, which is right as well. */
	(void)clock_format_zone(notice->lease_utc_ms, directory->timezone, lease);
	compose_key(compose, "ack", false);
	compose_raw(compose, "{");
	compose_key(compose, "id", true);
	buf_add_json_string(&compose->out, notice->ack);
	compose_string(compose, "partner", notice->partner);
	compose_string(compose, "lease_until", notice->lease_utc_ms ? lease : NULL);
	compose_raw(compose, "}");
}

static void add_texts(struct compose *compose, const struct notice *notice,
		      const struct directory *directory)
{
	compose_key(compose, "texts", false);
	compose_raw(compose, "{");
	for (size_t i = 0; i < directory->languages.count; i++) {
		compose_raw(compose, i > 0 ? "," : "");
		buf_add_json_string(&compose->out, directory->languages.items[i]);
		compose_raw(compose, ":\"");
		compose->is_in_json = true;
		add_text(compose, notice, directory->languages.items[i]);
		compose->is_in_json = false;
		compose_raw(compose, "\"");
	}
	compose_raw(compose, "}");
}

static void add_data(struct compose *compose, const struct notice *notice,
		     const struct directory *directory)
{
	compose_key(compose, "schema", true);
	compose_raw(compose, "\"1\"");
	compose_string(compose, "alert", notice->alert);
	compose_string(compose, "ref", notice->ref);
	if (notice->version > 0) {
		compose_number(compose, "version", notice->version);
	}
	compose_string(compose, "status", alert_status_name(notice->status));
	compose_string(compose, "tier", notice->tier ? tier_name(notice->tier) : NULL);
	if (!kinds[notice->type].is_for_partners) {
		compose_number(compose, "minutes_waiting", notice->minutes_waiting);
		compose_string(compose, "reason", notice->reason);
		compose_key(compose, "delayed", false);
		compose_raw(compose, notice->is_delayed ? "true" : "false");
	}
	if (notice->channel) {
		compose_string(compose, "channel", notice->channel);
	}
	add_ack(compose, notice, directory);
	add_texts(compose, notice, directory);
	if (kinds[notice->type].is_for_partners) {
		compose_key(compose, "seq", false);
		compose_splice(compose, SPLICE_SEQ);
	}
}

static void render_json(const struct notice *notice, const struct directory *directory,
			struct arena *arena, struct rendered *ret_rendered)
{
	struct compose compose = {0};
	char type[RENDER_TYPE_BYTES];

	notice_type_name(notice->type, notice->status, type);
	compose_raw(&compose, "{");
	compose_key(&compose, "type", true);
	buf_add_json_string(&compose.out, type);
	compose_time(&compose, "timestamp", SPLICE_TIMESTAMP);
	compose_raw(&compose, ",\"data\":{");
	add_data(&compose, notice, directory);
	compose_raw(&compose, "}}");
	compose_finish(&compose, arena, ret_rendered);
}

static void render_text(const struct notice *notice, const struct directory *directory,
			struct arena *arena, struct rendered *ret_rendered)
{
	struct compose compose = {0};

	for (size_t i = 0; i < directory->languages.count; i++) {
		compose_raw(&compose, i > 0 ? "\n" : "");
		add_text(&compose, notice, directory->languages.items[i]);
	}
	compose_raw(&compose, "\n");
	compose_finish(&compose, arena, ret_rendered);
}

void notice_render(const struct notice *notice, const struct directory *directory, struct buf *out)
{
	AUTO(arena) struct arena *arena = arena_create();
	struct rendered rendered;

	render_json(notice, directory, arena, &rendered);
	render_serialise(&rendered, out);
	render_text(notice, directory, arena, &rendered);
	render_serialise(&rendered, out);
}

bool notice_pick(struct bytes blob, enum medium medium, struct arena *arena,
		 struct rendered *ret_rendered, struct error *err)
{
	struct bytes rest;
	struct rendered json;

	if (!render_parse(blob, arena, &json, &rest, err)) {
		return error_prefix(err, "notice");
	}
	if (medium == MEDIUM_JSON) {
		*ret_rendered = json;
		return true;
	}
	return render_parse(rest, arena, ret_rendered, NULL, err) || error_prefix(err, "notice");
}
