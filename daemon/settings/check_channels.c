/*
 * Checks across astrad.yaml, partners and channels: what each file may say, but not together.
 *
 * Pure. Nothing here stops at a finding.
 */
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "domain/backoff.h"
#include "domain/phrase.h"
#include "settings/load.h"
#include "settings/options.h"

#define DAY_MS INT64_C(86400000)

static bool is_same_socket(const struct settings_listen *a, const struct settings_listen *b)
{
	return a->address && b->address && strcmp(a->address, b->address) == 0 && a->port != 0 &&
	       a->port == b->port;
}

static void check_listen(struct load *load)
{
	const struct value *list = object_get(load->values->astrad, "listen");
	const struct settings_listen *listen = load->settings->listen;
	for (size_t i = 0; i < list->count; i++) {
		const char *address = object_text(&list->items[i], "address");
		for (size_t k = 0; k < i; k++) {
			if (is_same_socket(&listen[k], &listen[i])) {
				struct file_place place = object_place(&list->items[i], "port");
				issues_add(load->walk.issues, "E105", &place, NULL,
					   "listen has %s port %d twice", address, listen[i].port);
			}
		}
		if (address && !format_is_loopback(address)) {
			struct file_place place = object_place(&list->items[i], "address");
			issues_add(load->walk.issues, "E108", &place,
				   "listen on 127.0.0.1 or ::1 behind a TLS proxy",
				   "clear TCP off loopback is refused: reports hold personal data");
		}
	}
}

static bool is_same_folder(const char *a, const char *b)
{
	const char *a_slash = strrchr(a, '/');
	const char *b_slash = strrchr(b, '/');
	size_t a_len = a_slash ? (size_t)(a_slash - a) : 0;
	size_t b_len = b_slash ? (size_t)(b_slash - b) : 0;
	return a_len == b_len && strncmp(a, b, a_len) == 0;
}

static void check_key_copy(struct load *load)
{
	const struct settings_store *store = &load->settings->store;
	struct file_place place = object_place(load->values->astrad, "store.key_copy");
	if (object_get(load->values->astrad, "store.key_copy")->node && !store->key_copy) {
		return; /* written wrongly, and told */
	}
	if (!store->key_copy) {
		issues_add(load->walk.issues, "W208", &place, "set it to a file on another disk",
			   "store.key_copy is missing: without the key file no case can be read");
		return;
	}
	if (store->key_file && strcmp(store->key_file, store->key_copy) != 0 &&
	    is_same_folder(store->key_file, store->key_copy)) {
		issues_add(load->walk.issues, "W210", &place, "use another disk",
			   "store.key_copy lies beside the key file: both are lost together");
	}
}

static void check_ranges(struct load *load)
{
	const struct value *ranges = object_get(load->values->astrad, "security.private_ranges");
	for (size_t i = 0; i < ranges->texts.count; i++) {
		const char *text = ranges->texts.items[i];
		if (strcmp(text + strlen(text) - 2, "/0") == 0) {
			struct file_place place = value_place(load->values->astrad, ranges, i);
			issues_add(load->walk.issues, "W212", &place, "name the partners' networks",
				   "%s is every network: channels could be led to any machine of "
				   "ours",
				   text);
		}
	}
}

static void check_public_url(struct load *load)
{
	const struct directory *directory = &load->settings->directory;
	struct file_place place = object_place(load->values->astrad, "public_url");
	if (directory->environment == ENVIRONMENT_PRODUCTION && directory->public_url &&
	    strncasecmp(directory->public_url, "https:", 6) != 0) {
		issues_add(load->walk.issues, "W213", &place, "use https",
			   "partners would send their tokens to public_url in clear text");
	}
}

static void check_kept(struct load *load)
{
	const struct settings_limits *limits = &load->settings->limits;
	int64_t kept = limits->kept_for_control + limits->kept_for_operators;
	if (limits->connections > 0 && kept >= limits->connections) {
		struct file_place place =
			object_place(load->values->astrad, "limits.kept_for_operators");
		issues_add(load->walk.issues, "E102", &place, NULL,
			   "limits.kept_for_control and limits.kept_for_operators together must be "
			   "less than limits.connections");
	}
}

static void check_languages(struct load *load, const struct object *object)
{
	const struct value *languages = object_get(object, "languages");
	for (size_t i = 0; i < languages->texts.count; i++) {
		if (!phrase_exists(languages->texts.items[i])) {
			struct file_place place = value_place(object, languages, i);
			issues_add(load->walk.issues, "W111", &place, NULL,
				   "there are no phrases in %s: English ones stand around its text",
				   languages->texts.items[i]);
		}
	}
}

void check_astrad(struct load *load)
{
	check_languages(load, load->values->astrad);
	for (size_t i = 0; i < load->values->partners.count; i++) {
		check_languages(load, load->values->partners.items[i].object);
	}
	check_listen(load);
	check_ranges(load);
	check_public_url(load);
	check_key_copy(load);
	check_kept(load);
}

static void tell(struct load *load, const struct source *source, const char *row, const char *code,
		 const char *text)
{
	struct file_place place = object_place(source->object, row);
	issues_add(load->walk.issues, code, &place, NULL, "%s", text);
}

static void check_partner_of(struct load *load, const struct source *source,
			     const struct channel *channel)
{
	const struct partner *partner = channel->partner;
	bool is_written = object_get(source->object, "partner")->node != NULL;
	if (source->plugin && !source->plugin->takes_recipients && !is_written) {
		struct file_place place = object_place(source->object, "partner");
		issues_add(load->walk.issues, "E301", &place, NULL,
			   "a %s channel needs exactly one partner", channel->plugin);
	}
	if (!partner || channel->tier == 0) {
		return;
	}
	bool is_public_only = partner->role == PARTNER_MEDIA || partner->role == PARTNER_NGO;
	if (is_public_only && channel->tier < TIER_REGIONAL) {
		struct file_place place = object_place(source->object, "tier");
		issues_add(load->walk.issues, "E302", &place, "use regional or national",
			   "partner \"%s\" is %s: a channel of tier %s would show it what is not "
			   "public",
			   partner->id, partner_role_name(partner->role), tier_name(channel->tier));
	}
	if (partner->max_tier != 0 && channel->tier > partner->max_tier) {
		struct file_place place = object_place(source->object, "tier");
		issues_add(load->walk.issues, "E303", &place, NULL,
			   "the channel takes %s alerts and wider, its partner none above %s",
			   tier_name(channel->tier), tier_name(partner->max_tier));
	}
	if (channel->tier == TIER_INTERNAL && partner->role != PARTNER_HOTLINE) {
		struct file_place place = object_place(source->object, "tier");
		issues_add(
			load->walk.issues, "W304", &place, NULL,
			"staff notices of an internal channel go to partner \"%s\", which is not "
			"a hotline",
			partner->id);
	}
}

/* "a -> b -> a" when the fallbacks lead from the channel back to it. */
static bool find_loop(const struct channel *channel, struct buf *out)
{
	const struct channel *next = channel->fallback;
	buf_add_text(out, channel->name);
	for (size_t i = 0; next && i < LIMIT_CHANNELS; i++) {
		buf_printf(out, " -> %s", next->name);
		if (next == channel) {
			return true;
		}
		next = next->fallback;
	}
	return false;
}

static void check_fallback(struct load *load, const struct source *source,
			   const struct channel *channel)
{
	const struct channel *fallback = channel->fallback;
	AUTO(buf) struct buf loop = {.limit = 512};
	if (!fallback) {
		return;
	}
	struct file_place place = object_place(source->object, "fallback");
	if (find_loop(channel, &loop)) {
		issues_add(load->walk.issues, "E305", &place, NULL,
			   "fallbacks lead in a circle: %s", buf_text(&loop));
		return;
	}
	const char *why = NULL;
	if (fallback->mode != 0 && fallback->mode != CHANNEL_LIVE) {
		why = "it is not live";
	} else if (channel->tier != 0 && fallback->tier > channel->tier) {
		why = "it takes wider alerts only";
	} else if ((channel->statuses & ~fallback->statuses) != 0) {
		why = "it does not take every status that this channel takes";
	}
	if (why) {
		issues_add(load->walk.issues, "W306", &place, NULL,
			   "fallback \"%s\" cannot stand in for this channel: %s", fallback->name,
			   why);
	}
}

static void check_recipients(struct load *load, const struct source *source)
{
	bool has_inline = object_get(source->object, "recipients.inline")->node != NULL;
	bool has_csv = object_get(source->object, "recipients.csv")->node != NULL;
	const char *row = has_csv ? "recipients.csv" : "recipients.inline";
	if (has_inline && has_csv) {
		tell(load, source, row, "E307", "recipients are either inline or csv, not both");
	}
	if (!source->plugin) {
		return;
	}
	bool has_list = has_inline || has_csv;
	if (has_list && !source->plugin->takes_recipients) {
		tell(load, source, row, "E307",
		     "this plugin has no recipients: its partner is the one recipient");
	} else if (!has_list && source->plugin->takes_recipients) {
		tell(load, source, row, "E307", "recipients is missing: inline or csv");
	}
}

/* `was` maps each name that was given up to the channel that has it. */
static void check_was(struct load *load, const struct source *source, const struct channel *channel,
		      struct index *was)
{
	struct file_place place = object_place(source->object, "was");
	const struct channel *before = channel->was ? index_add(was, channel->was, channel) : NULL;
	if (channel->was && load_name(load, NOUN_CHANNEL, channel->was)) {
		issues_add(load->walk.issues, "E308", &place, NULL,
			   "\"%s\" is still the name of a channel", channel->was);
	} else if (before) {
		issues_add(load->walk.issues, "E308", &place, NULL,
			   "channel \"%s\" was \"%s\" already: an alert can follow one only",
			   before->name, channel->was);
	}
}

/* The partners that channels lead to; NULL when a channel may lead to one that cannot be told. */
static struct index *index_led_to(const struct load *load)
{
	const struct directory *directory = &load->settings->directory;
	struct index *led = index_create(load->walk.arena, directory->partner_count);
	for (size_t i = 0; i < directory->channel_count; i++) {
		const struct source *source = &load->values->channels.items[i];
		const struct partner *partner = directory->channels[i].partner;
		if (partner) {
			(void)index_add(led, partner->id, partner); /* twice is once */
		} else if (object_get(source->object, "partner")->node) {
			return NULL;
		}
	}
	bool is_whole = directory->channel_count > 0 && load->values->channels.broken_count == 0;
	return is_whole ? led : NULL;
}

/* Somebody meant it to be told of alerts. */
static void check_partners_are_used(struct load *load)
{
	const struct directory *directory = &load->settings->directory;
	const struct index *led = index_led_to(load);
	for (size_t i = 0; led && i < directory->partner_count; i++) {
		const struct partner *partner = &directory->partners[i];
		if (!index_find(led, partner->id)) {
			const struct source *source = &load->values->partners.items[i];
			struct file_place place = object_place(source->object, "id");
			issues_add(load->walk.issues, "W312", &place, NULL,
				   "no channel leads to partner \"%s\": it is told of no alert",
				   partner->id);
		}
	}
}

static void check_schedule(struct load *load, const struct source *source,
			   const struct channel *channel)
{
	const struct channel_limits *limits = &channel->limits;
	if (!limits->schedule_ms) {
		return;
	}
	if (!backoff_is_valid(limits->schedule_ms, limits->schedule_count)) {
		tell(load, source, "retry.schedule", "E309",
		     "retry.schedule must not decrease: a later delay is smaller than the one "
		     "before");
	} else if (backoff_span_ms(limits->schedule_ms, limits->schedule_count) < DAY_MS) {
		tell(load, source, "retry.schedule", "W310",
		     "retry.schedule ends before 24 h: an alert is given up while it runs");
	}
}

static void check_timeouts(struct load *load, const struct source *source,
			   const struct channel *channel)
{
	const struct channel_limits *limits = &channel->limits;
	if (limits->timeout_ms > 0 && limits->connect_timeout_ms > limits->timeout_ms) {
		tell(load, source, "limits.connect_timeout", "E102",
		     "limits.connect_timeout must not be above limits.timeout");
	}
}

static void check_areas(struct load *load, const struct source *source,
			const struct channel *channel)
{
	const struct value *areas = object_get(source->object, "areas");
	const char *who = arena_printf(load->walk.arena, "channel \"%s\"", channel->name);
	for (size_t i = 0; i < channel->areas.count; i++) {
		(void)load_find(load, NOUN_AREA, channel->areas.items[i], who,
				value_place(source->object, areas, i));
	}
}

/* A URL that would carry an alert in clear text. A plugin may allow http for what runs here. */
static void check_urls(struct load *load, const struct source *source)
{
	bool is_production = load->settings->directory.environment == ENVIRONMENT_PRODUCTION;
	size_t count = source->options ? source->options->rows.count : 0;
	for (size_t i = 0; i < count; i++) {
		const struct row *row = &source->options->rows.items[i];
		const struct value *value = &source->options->values[i];
		size_t urls = row->format == &format_url && value->is_set ? value->texts.count : 0;
		for (size_t k = 0; k < urls; k++) {
			if (format_is_clear(value->texts.items[k])) {
				struct file_place place = value_place(source->options, value, k);
				issues_add(load->walk.issues, is_production ? "E314" : "W315",
					   &place, "http is for receivers on this machine",
					   "alerts would leave this machine in clear text");
			}
		}
	}
}

/* The plugin's own word on options that are right one by one. */
static void check_options(struct load *load, const struct source *source,
			  const struct settings_channel *extra)
{
	bool is_right = source->options != NULL && extra->options != NULL;
	for (size_t i = 0; is_right && i < source->options->rows.count; i++) {
		const struct value *value = &source->options->values[i];
		bool is_wrong = value->node && !value->is_set;
		bool is_missing = (value->row->flags & ROW_REQUIRED) && !value->is_set;
		is_right = !is_wrong && !is_missing;
	}
	if (is_right) {
		options_ask_plugin(&load->walk, source->plugin, extra->options,
				   object_place(source->object, "options"));
	}
}

void check_channels(struct load *load)
{
	const struct directory *directory = &load->settings->directory;
	struct file_place folder = {.file = "channels.d/"};
	if (directory->channel_count > LIMIT_CHANNELS) {
		issues_add(load->walk.issues, "E107", &folder, NULL, "more than %d channels",
			   LIMIT_CHANNELS);
	}
	if (load->values->channels.count + load->values->channels.broken_count == 0) {
		issues_add(load->walk.issues, "W311", &folder, NULL,
			   "there is no channel: no alert can leave");
	}
	struct index *was = index_create(load->walk.arena, directory->channel_count);
	check_partners_are_used(load);
	for (size_t i = 0; i < directory->channel_count; i++) {
		const struct source *source = &load->values->channels.items[i];
		const struct channel *channel = &directory->channels[i];
		const struct settings_channel *extra = &load->settings->channels[i];
		check_partner_of(load, source, channel);
		check_fallback(load, source, channel);
		check_recipients(load, source);
		check_was(load, source, channel, was);
		check_schedule(load, source, channel);
		check_timeouts(load, source, channel);
		check_areas(load, source, channel);
		check_languages(load, source->object);
		check_options(load, source, extra);
		check_urls(load, source);
	}
}
