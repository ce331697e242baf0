/*
 * The one table of settings, and look-ups in it.
 *
 * Constant data. Rows of one scope stand together and in the order in which the reference tells
 * them. `live` (no ROW_RESTART) means: the reload swaps it in and the next use has the new value.
 */
#include "settings/rows.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define STATUS_WORDS "actual|exercise|test"
#define TIER_WORDS   "internal|restricted|regional|national"
#define ROLE_WORDS   "police|hotline|hospital|border|media|ngo"
#define SOCKET_BYTES 107 /* sun_path */
#define PATH_BYTES   4095

static const struct row table[] = {
	/* astrad.yaml */
	{SCOPE_ASTRAD, "environment", ROW_ENUM, ROW_REQUIRED | ROW_RESTART,
	 .choices = "production|staging|training",
	 .help = "Outside production an actual alert cannot be created. A store made in another "
		 "environment refuses to start."},
	{SCOPE_ASTRAD, "hotline.name", ROW_STRING, ROW_REQUIRED, 1, 80, .help = "For people."},
	{SCOPE_ASTRAD, "hotline.country", ROW_STRING, ROW_REQUIRED, .format = &format_country,
	 .help = "ISO 3166-1 code."},
	{SCOPE_ASTRAD, "hotline.cap_sender", ROW_STRING, .format = &format_sender,
	 .help = "Sender of CAP messages."},
	{SCOPE_ASTRAD, "public_url", ROW_STRING, ROW_REQUIRED, 1, 512, .format = &format_base_url,
	 .help = "What partners reach this daemon by: the start of every acknowledgement link."},
	{SCOPE_ASTRAD, "timezone", ROW_STRING, ROW_REQUIRED, .format = &format_zone,
	 .help = "Times in messages are told in this zone."},
	{SCOPE_ASTRAD, "languages", ROW_STRINGS, ROW_REQUIRED, 1, 8, .format = &format_language,
	 .help = "Languages of messages; the first is the default."},
	{SCOPE_ASTRAD, "contacts", ROW_MAP, ROW_REQUIRED, 1, 32, .elements = SCOPE_CONTACT,
	 .help = "Who the public may call, by name. An alert's contact is one of these names, and "
		 "no other phone number may stand in its text."},
	{SCOPE_ASTRAD, "listen", ROW_LIST, ROW_RESTART, 0, 8, .elements = SCOPE_LISTEN,
	 .help = "TCP sockets of the HTTP API. None: only the control socket."},
	{SCOPE_ASTRAD, "control.socket", ROW_PATH, ROW_RESTART, 1, SOCKET_BYTES,
	 .default_value = "/run/astrad/control.sock",
	 .help = "Unix socket of the same API, for astractl."},
	{SCOPE_ASTRAD, "store.path", ROW_PATH, ROW_REQUIRED | ROW_RESTART, .help = "The database."},
	{SCOPE_ASTRAD, "store.key_file", ROW_PATH, ROW_REQUIRED | ROW_RESTART,
	 .help = "The wrapped keys of the cases. Never part of a backup of the database."},
	{SCOPE_ASTRAD, "store.key_copy", ROW_PATH, ROW_RESTART,
	 .help = "The one copy of the key file, on another disk. A purge zeroes the key in both."},
	{SCOPE_ASTRAD, "security.master_key", ROW_SECRET,
	 ROW_REQUIRED | ROW_RESTART | ROW_MADE_BY_INIT,
	 .help = "32 bytes in base64; wraps the keys in the key file."},
	{SCOPE_ASTRAD, "security.private_ranges", ROW_STRINGS, 0, 0, 64, .format = &format_network,
	 .help = "Private networks that channels may send to. All others are refused."},
	{SCOPE_ASTRAD, "limits.connections", ROW_INT, ROW_RESTART, 128, 100000,
	 .default_value = "4096", .help = "Connections to the API in total."},
	{SCOPE_ASTRAD, "limits.connections_per_address", ROW_INT, ROW_RESTART, 1, 100000,
	 .default_value = "2048", .help = "From one address. The control socket is not counted."},
	{SCOPE_ASTRAD, "limits.connections_per_token", ROW_INT, ROW_RESTART, 1, 100000,
	 .default_value = "256", .help = "With one token."},
	{SCOPE_ASTRAD, "limits.kept_for_control", ROW_INT, ROW_RESTART, 1, 1000,
	 .default_value = "16", .help = "Of the total: for the control socket alone."},
	{SCOPE_ASTRAD, "limits.kept_for_operators", ROW_INT, ROW_RESTART, 1, 10000,
	 .default_value = "64",
	 .help = "Of the rest: for connections that showed a person's token."},
	{SCOPE_ASTRAD, "limits.head_timeout", ROW_DURATION, ROW_RESTART, SECOND, 5 * MINUTE,
	 .default_value = "10s",
	 .help = "From the first byte of a request to the end of its head."},
	{SCOPE_ASTRAD, "limits.body_timeout", ROW_DURATION, ROW_RESTART, SECOND, 10 * MINUTE,
	 .default_value = "30s", .help = "From the end of the head to the end of the body."},
	{SCOPE_ASTRAD, "limits.idle_timeout", ROW_DURATION, ROW_RESTART, SECOND, HOUR,
	 .default_value = "75s", .help = "Between two requests."},
	{SCOPE_ASTRAD, "limits.in_flight", ROW_INT, ROW_RESTART, 1, 10000, .default_value = "256",
	 .help = "Sends on the wire at once over all channels. After a crash at most so many "
		 "deliveries are sent twice."},
	{SCOPE_ASTRAD, "paths.plugins", ROW_PATH, ROW_RESTART,
	 .help = "Folder of the channel plugins; where this build installs them if not set."},
	{SCOPE_ASTRAD, "paths.partners", ROW_PATH, .default_value = "partners.d",
	 .help = "Folder of the partner files."},
	{SCOPE_ASTRAD, "paths.channels", ROW_PATH, .default_value = "channels.d",
	 .help = "Folder of the channel files."},
	{SCOPE_ASTRAD, "paths.policies", ROW_PATH, .default_value = "policies.d",
	 .help = "Folder of the policy files."},
	{SCOPE_ASTRAD, "paths.areas", ROW_PATH, .default_value = "areas",
	 .help = "Folder of the *.geojson files. A feature's id and its property parent are read, "
		 "its geometry is not."},
	{SCOPE_ASTRAD, "channel_defaults", ROW_RAW,
	 .help = "Plugin name to keys of a channel file; what a channel file does not say itself "
		 "comes from here. Keys marked * below may stand here."},

	{SCOPE_LISTEN, "address", ROW_STRING, ROW_REQUIRED | ROW_RESTART, .format = &format_address,
	 .help = "Loopback only: clear TCP to anywhere else is an error."},
	{SCOPE_LISTEN, "port", ROW_INT, ROW_REQUIRED | ROW_RESTART, 0, 65535,
	 .help = "0: the kernel chooses, the log says which."},
	{SCOPE_LISTEN, "tls", ROW_ABSENT, .help = "TLS on the listener"},

	{SCOPE_CONTACT, "phone", ROW_STRING, ROW_REQUIRED, .format = &format_phone,
	 .help = "As it is to be dialled; quote it."},

	/* partners.d */
	{SCOPE_PARTNER, "id", ROW_STRING, ROW_REQUIRED, .format = &format_name,
	 .help = "Stable: acknowledgements, events and tokens belong to it."},
	{SCOPE_PARTNER, "name", ROW_STRING, ROW_REQUIRED, 1, 120, .help = "For people."},
	{SCOPE_PARTNER, "role", ROW_ENUM, ROW_REQUIRED, .choices = ROLE_WORDS,
	 .help = "Decides whose acknowledgement counts."},
	{SCOPE_PARTNER, "country", ROW_STRING, .format = &format_country,
	 .help = "The hotline's if not set."},
	{SCOPE_PARTNER, "max_tier", ROW_ENUM, ROW_REQUIRED, .choices = TIER_WORDS,
	 .help = "The widest alert that its channels take part in."},
	{SCOPE_PARTNER, "languages", ROW_STRINGS, 0, 1, 8, .format = &format_language,
	 .help = "The hotline's if not set."},
	{SCOPE_PARTNER, "timezone", ROW_STRING, .format = &format_zone,
	 .help = "The hotline's if not set."},
	{SCOPE_PARTNER, "contacts", ROW_LIST, 0, 0, 32, .elements = SCOPE_PERSON,
	 .help = "Whom an operator calls when the machines do not answer."},

	{SCOPE_PERSON, "name", ROW_STRING, ROW_REQUIRED, 1, 120, .help = "Who."},
	{SCOPE_PERSON, "phone", ROW_STRING, ROW_REQUIRED, .format = &format_phone,
	 .help = "Quote it: a leading + or 0 is part of it."},
	{SCOPE_PERSON, "hours", ROW_STRING, 0, 1, 80, .help = "When, for people."},

	/* channels.d */
	{SCOPE_CHANNEL, "name", ROW_STRING, ROW_REQUIRED, .format = &format_name,
	 .help = "Stable: policies, deliveries and breakers belong to it."},
	{SCOPE_CHANNEL, "plugin", ROW_STRING, ROW_REQUIRED, .format = &format_name,
	 .help = "The way out."},
	{SCOPE_CHANNEL, "partner", ROW_STRING, .format = &format_name,
	 .help = "Whose channel it is. Needed where the plugin has no list of recipients."},
	{SCOPE_CHANNEL, "tier", ROW_ENUM, ROW_REQUIRED, .choices = TIER_WORDS,
	 .help = "It takes alerts of this tier and wider; its fields are those released at this "
		 "tier. internal: staff."},
	{SCOPE_CHANNEL, "statuses", ROW_ENUMS, ROW_DEFAULTABLE, 1, 3, .choices = STATUS_WORDS,
	 .default_value = "actual exercise test", .help = "What it may be used for."},
	{SCOPE_CHANNEL, "areas", ROW_STRINGS, ROW_DEFAULTABLE, 0, 1000,
	 .help = "Feature ids; none = everywhere."},
	{SCOPE_CHANNEL, "languages", ROW_STRINGS, ROW_DEFAULTABLE, 0, 8, .format = &format_language,
	 .help = "The partner's, else the hotline's, if not set."},
	{SCOPE_CHANNEL, "mode", ROW_ENUM, .choices = "live|retiring|off", .default_value = "live",
	 .help = "retiring: takes nothing new, still brings the end of what it brought. off: "
		 "nothing."},
	{SCOPE_CHANNEL, "was", ROW_STRING, .format = &format_name,
	 .help = "The name it had before, so that its running alerts follow it."},
	{SCOPE_CHANNEL, "fallback", ROW_STRING, .format = &format_name,
	 .help = "The channel that is used when this one is dead."},
	{SCOPE_CHANNEL, "recipients.inline", ROW_LIST, 0, 0, 1000, .elements = SCOPE_RECIPIENT,
	 .help = "The list, written here."},
	{SCOPE_CHANNEL, "recipients.csv", ROW_PATH,
	 .help = "Or a file with the columns id,address."},
	{SCOPE_CHANNEL, "limits.rate", ROW_INT, ROW_DEFAULTABLE, 0, 100000, .default_value = "0",
	 .help = "Sends a second; 0 = no bound."},
	{SCOPE_CHANNEL, "limits.in_flight", ROW_INT, ROW_DEFAULTABLE, 1, 1000, .default_value = "8",
	 .help = "Sends on the wire at once."},
	{SCOPE_CHANNEL, "limits.connect_timeout", ROW_DURATION, ROW_DEFAULTABLE, 100, MINUTE,
	 .default_value = "5s", .help = "For name, connection and TLS."},
	{SCOPE_CHANNEL, "limits.timeout", ROW_DURATION, ROW_DEFAULTABLE, SECOND, MINUTE,
	 .default_value = "15s", .help = "For one attempt in total."},
	{SCOPE_CHANNEL, "retry.schedule", ROW_DURATIONS, ROW_DEFAULTABLE, 0, 7 * DAY,
	 .help = "Delays before each further attempt, non-decreasing, at most 64. Built in if not "
		 "set: 5s 10s 15s 30s 1m and so on to 76 h for alerts."},
	{SCOPE_CHANNEL, "retry.breaker_failures", ROW_INT, ROW_DEFAULTABLE, 1, 1000,
	 .default_value = "5", .help = "Failures in a row that open the breaker."},
	{SCOPE_CHANNEL, "retry.breaker_open", ROW_DURATION, ROW_DEFAULTABLE, SECOND, 5 * MINUTE,
	 .default_value = "30s", .help = "How long it first stays open; doubles up to 5 m."},
	{SCOPE_CHANNEL, "options", ROW_RAW, ROW_DEFAULTABLE,
	 .help = "The plugin's own, see below."},

	{SCOPE_RECIPIENT, "id", ROW_STRING, ROW_REQUIRED, .format = &format_recipient,
	 .help = "Stable; logs name it. Not a name or an address of a person."},
	{SCOPE_RECIPIENT, "address", ROW_STRING, ROW_REQUIRED, 1, LIMIT_SHORT_TEXT_BYTES,
	 .help = "What the plugin sends to."},

	/* policies.d */
	{SCOPE_POLICY, "id", ROW_STRING, ROW_REQUIRED, .format = &format_name,
	 .help = "What a draft names."},
	{SCOPE_POLICY, "tiers", ROW_ENUMS, ROW_REQUIRED, 1, 4, .choices = TIER_WORDS,
	 .help = "The tiers it is for; never internal."},
	{SCOPE_POLICY, "approvals", ROW_INT, 0, 1, 5, .default_value = "2",
	 .help = "Persons, the author among them. 1 only for restricted alerts whose every "
		 "channel belongs to the police or a hotline."},
	{SCOPE_POLICY, "expires.default", ROW_DURATION, 0, SECOND, 30 * DAY, .default_value = "24h",
	 .help = "When the draft names no end."},
	{SCOPE_POLICY, "expires.max", ROW_DURATION, 0, SECOND, 30 * DAY, .default_value = "48h",
	 .help = "The latest end a draft may name."},
	{SCOPE_POLICY, "ack.roles", ROW_ENUMS, 0, 0, 6, .choices = ROLE_WORDS,
	 .default_value = "police",
	 .help = "Partners whose acknowledgement stops the ladder of an actual alert."},
	{SCOPE_POLICY, "ack.operator", ROW_BOOL, .default_value = "true",
	 .help = "An operator's stops it too."},
	{SCOPE_POLICY, "ack.lease", ROW_DURATION, 0, SECOND, DAY, .default_value = "30m",
	 .help = "An acknowledgement that is not renewed lapses and the ladder goes on."},
	{SCOPE_POLICY, "approval.rungs", ROW_LIST, 0, 1, 32, .elements = SCOPE_RUNG,
	 .help = "Who is told, from submit on, that a draft waits. Internal channels only."},
	{SCOPE_POLICY, "approval.repeat.every", ROW_DURATION, 0, SECOND, DAY,
	 .help = "After the last rung."},
	{SCOPE_POLICY, "approval.repeat.times", ROW_INT, 0, 0, 9, .choices = "until_ack",
	 .help = "How often, or until_ack."},
	{SCOPE_POLICY, "approval.last_resort", ROW_STRINGS, 0, 0, 32, .format = &format_name,
	 .help = "Channels for when nobody has answered."},
	{SCOPE_POLICY, "alert.rungs", ROW_LIST, ROW_REQUIRED, 1, 32, .elements = SCOPE_RUNG,
	 .help = "Who gets the alert, and when, from approve on."},
	{SCOPE_POLICY, "alert.repeat.every", ROW_DURATION, 0, SECOND, DAY,
	 .help = "After the last rung."},
	{SCOPE_POLICY, "alert.repeat.times", ROW_INT, 0, 0, 9, .choices = "until_ack",
	 .help = "How often, or until_ack."},
	{SCOPE_POLICY, "alert.last_resort", ROW_STRINGS, 0, 0, 32, .format = &format_name,
	 .help = "Channels for when nobody has acknowledged."},
	{SCOPE_POLICY, "authority", ROW_ABSENT, .help = "the authority step"},

	{SCOPE_RUNG, "name", ROW_STRING, ROW_REQUIRED, .format = &format_name,
	 .help = "For people."},
	{SCOPE_RUNG, "after", ROW_DURATION, ROW_REQUIRED, 0, 7 * DAY,
	 .help = "From the previous rung's scheduled time; the first from submit or approve."},
	{SCOPE_RUNG, "channels", ROW_STRINGS, ROW_REQUIRED, 1, LIMIT_CHANNELS,
	 .format = &format_name, .help = "Which channels it uses."},
	{SCOPE_RUNG, "when.acks_below", ROW_INT, 0, 1, LIMIT_CHANNELS,
	 .help = "Only when fewer partners than this have acknowledged."},
	{SCOPE_RUNG, "when.of", ROW_STRINGS, 0, 1, LIMIT_CHANNELS, .format = &format_name,
	 .help = "With acks_below: the channels whose partners are counted."},
	{SCOPE_RUNG, "when.no_ack_role", ROW_ENUMS, 0, 1, 6, .choices = ROLE_WORDS,
	 .help = "Only when no partner of this role has acknowledged."},
	{SCOPE_RUNG, "when.dead", ROW_STRINGS, 0, 1, LIMIT_CHANNELS, .format = &format_name,
	 .help = "Only when one of these channels is dead."},
};

struct rows rows_of(enum row_scope scope)
{
	struct rows rows = {0};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (table[i].scope == scope) {
			rows.items = rows.count == 0 ? &table[i] : rows.items;
			rows.count++;
		}
	}
	return rows;
}

const struct row *rows_find(struct rows rows, const char *path)
{
	for (size_t i = 0; i < rows.count; i++) {
		if (strcmp(rows.items[i].path, path) == 0) {
			return &rows.items[i];
		}
	}
	return NULL;
}

bool rows_has_below(struct rows rows, const char *path)
{
	size_t len = strlen(path);
	for (size_t i = 0; i < rows.count; i++) {
		if (strncmp(rows.items[i].path, path, len) == 0 && rows.items[i].path[len] == '.') {
			return true;
		}
	}
	return false;
}

int rows_choice(const char *choices, const char *word)
{
	size_t word_len = strlen(word);
	for (int place = 0; choices; place++) {
		size_t len = strcspn(choices, "|");
		if (len == word_len && strncmp(choices, word, len) == 0) {
			return place;
		}
		choices = choices[len] == '|' ? choices + len + 1 : NULL;
	}
	return -1;
}

void rows_choice_word(const char *choices, int place, char *out, size_t size)
{
	for (; choices && place > 0; place--) {
		choices = strchr(choices, '|');
		choices = choices ? choices + 1 : NULL;
	}
	int len = choices && place == 0 ? (int)strcspn(choices, "|") : 0;
	(void)snprintf(out, size, "%.*s", len > 0 ? len : 1, len > 0 ? choices : "?");
}
