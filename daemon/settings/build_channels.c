/*
 * Partner and channel files made into the directory and into what settings keeps beside it.
 *
 * A file without a usable name is left out: its own fault is told already. A name that leads
 * nowhere is told here, once, where it is written.
 */
#include "settings/load.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "settings/guess.h"
#include "settings/options.h"

static const char *noun_word(enum load_noun noun)
{
	static const char *const words[] = {
		[NOUN_PARTNER] = "partner", [NOUN_CHANNEL] = "channel", [NOUN_AREA] = "area"};
	return words[noun];
}

const void *load_name(const struct load *load, enum load_noun noun, const char *name)
{
	return index_find(load->values->names[noun], name);
}

static void guess_all(const struct directory *directory, enum load_noun noun, struct guess *guess)
{
	for (size_t i = 0; noun == NOUN_PARTNER && i < directory->partner_count; i++) {
		guess_try(guess, directory->partners[i].id);
	}
	for (size_t i = 0; noun == NOUN_CHANNEL && i < directory->channel_count; i++) {
		guess_try(guess, directory->channels[i].name);
	}
	for (size_t i = 0; noun == NOUN_AREA && i < directory->area_count; i++) {
		guess_try(guess, directory->areas[i].id);
	}
}

static bool is_broken(const struct load *load, enum load_noun noun, const char *name)
{
	switch (noun) {
	case NOUN_PARTNER:
		return index_find(load->values->partners.broken, name) != NULL;
	case NOUN_CHANNEL:
		return index_find(load->values->channels.broken, name) != NULL;
	case NOUN_AREA:
		return load->areas.has_broken;
	case NOUN_COUNT:
		break;
	}
	return false;
}

const void *load_find(struct load *load, enum load_noun noun, const char *name, const char *who,
		      struct file_place place)
{
	const struct directory *directory = &load->settings->directory;
	const void *found = load_name(load, noun, name);
	if (found || is_broken(load, noun, name)) {
		return found;
	}
	struct guess guess;
	guess_start(&guess, name);
	guess_all(directory, noun, &guess);
	issues_add(load->walk.issues, "E104", &place, guess_hint(&guess, load->walk.arena),
		   "%s names unknown %s \"%s\"", who, noun_word(noun), name);
	return NULL;
}

size_t build_drop_unnamed(struct sources *sources)
{
	size_t kept = 0;
	for (size_t i = 0; i < sources->count; i++) {
		if (sources->items[i].name[0] != '\0') {
			sources->items[kept++] = sources->items[i];
		}
	}
	sources->count = kept;
	return kept;
}

static void build_person_contacts(struct load *load, const struct object *object,
				  struct settings_partner *partner)
{
	const struct value *list = object_get(object, "contacts");
	struct settings_person_contact *contacts =
		arena_array(load->walk.arena, list->count + 1, sizeof(contacts[0]));
	for (size_t i = 0; i < list->count; i++) {
		contacts[i] = (struct settings_person_contact){
			.name = object_text(&list->items[i], "name"),
			.phone = object_text(&list->items[i], "phone"),
			.hours = object_text(&list->items[i], "hours")};
	}
	partner->contacts = contacts;
	partner->contact_count = list->count;
}

static const char *text_or(const struct object *object, const char *path, const char *other)
{
	const char *text = object_text(object, path);
	return text ? text : other;
}

void build_partners(struct load *load)
{
	struct sources *sources = &load->values->partners;
	struct directory *directory = &load->settings->directory;
	size_t count = build_drop_unnamed(sources);
	struct partner *partners = arena_array(load->walk.arena, count + 1, sizeof(partners[0]));
	struct settings_partner *extra = arena_array(load->walk.arena, count + 1, sizeof(extra[0]));
	struct index *names = index_create(load->walk.arena, count);
	for (size_t i = 0; i < count; i++) {
		const struct object *object = sources->items[i].object;
		const struct words *languages = &object_get(object, "languages")->texts;
		partners[i] = (struct partner){
			.id = sources->items[i].name,
			.name = object_text(object, "name"),
			.role = (enum partner_role)object_number(object, "role"),
			.country = text_or(object, "country", directory->hotline_country),
			.max_tier = (enum tier)object_number(object, "max_tier"),
			.languages = languages->count > 0 ? *languages : directory->languages,
			.timezone = text_or(object, "timezone", directory->timezone),
		};
		extra[i].partner = &partners[i];
		(void)index_add(names, partners[i].id, &partners[i]); /* unique: see name_of */
		build_person_contacts(load, object, &extra[i]);
	}
	load->values->names[NOUN_PARTNER] = names;
	directory->partners = partners;
	directory->partner_count = count;
	load->settings->partners = extra;
}

static void build_channel_limits(struct channel_limits *limits, const struct object *object)
{
	const struct value *schedule = object_get(object, "retry.schedule");
	*limits = (struct channel_limits){
		.rate = object_number(object, "limits.rate"),
		.in_flight = object_number(object, "limits.in_flight"),
		.connect_timeout_ms = object_number(object, "limits.connect_timeout"),
		.timeout_ms = object_number(object, "limits.timeout"),
		.schedule_ms = schedule->is_set ? schedule->numbers : NULL,
		.schedule_count = schedule->is_set ? schedule->count : 0,
		.breaker_failures = object_number(object, "retry.breaker_failures"),
		.breaker_open_ms = object_number(object, "retry.breaker_open"),
	};
}

static void build_channel(struct load *load, const struct source *source, struct channel *channel)
{
	const struct object *object = source->object;
	const char *partner = object_text(object, "partner");
	*channel = (struct channel){
		.name = source->name,
		.plugin = object_text(object, "plugin"),
		.medium = source->plugin ? (enum medium)source->plugin->medium : 0,
		.tier = (enum tier)object_number(object, "tier"),
		.statuses = (unsigned)object_number(object, "statuses"),
		.areas = object_get(object, "areas")->texts,
		.languages = object_get(object, "languages")->texts,
		.mode = (enum channel_mode)object_number(object, "mode"),
		.was = object_text(object, "was"),
		.takes_recipients = source->plugin && source->plugin->takes_recipients,
	};
	if (partner) {
		channel->partner =
			load_find(load, NOUN_PARTNER, partner,
				  arena_printf(load->walk.arena, "channel \"%s\"", source->name),
				  object_place(object, "partner"));
	}
	build_channel_limits(&channel->limits, object);
}

/* Ids of an inline list are unique; both forms at once are one too many. */
static void build_recipients(struct load *load, const struct source *source,
			     struct settings_channel *extra)
{
	const struct value *list = object_get(source->object, "recipients.inline");
	const struct value *csv = object_get(source->object, "recipients.csv");
	struct settings_recipient *items =
		arena_array(load->walk.arena, list->count + 1, sizeof(items[0]));
	struct index *seen = index_create(load->walk.arena, list->count);
	for (size_t i = 0; i < list->count; i++) {
		items[i] = (struct settings_recipient){
			.id = object_text(&list->items[i], "id"),
			.address = object_text(&list->items[i], "address")};
		if (items[i].id && index_add(seen, items[i].id, &items[i])) {
			struct file_place place = object_place(&list->items[i], "id");
			issues_add(load->walk.issues, "E105", &place, NULL,
				   "recipient \"%s\" stands twice", items[i].id);
		}
	}
	extra->recipients = items;
	extra->recipient_count = list->count;
	extra->csv = csv->is_set ? csv->text : NULL;
	if (list->is_set) {
		extra->list = SETTINGS_LIST_INLINE;
	} else if (csv->is_set) {
		extra->list = SETTINGS_LIST_CSV;
	}
}

static void build_fallback(struct load *load, const struct source *source, struct channel *channel)
{
	const char *fallback = object_text(source->object, "fallback");
	if (fallback) {
		channel->fallback =
			load_find(load, NOUN_CHANNEL, fallback,
				  arena_printf(load->walk.arena, "channel \"%s\"", channel->name),
				  object_place(source->object, "fallback"));
	}
}

void build_channels(struct load *load)
{
	struct sources *sources = &load->values->channels;
	struct directory *directory = &load->settings->directory;
	size_t count = build_drop_unnamed(sources);
	struct channel *channels = arena_array(load->walk.arena, count + 1, sizeof(channels[0]));
	struct settings_channel *extra = arena_array(load->walk.arena, count + 1, sizeof(extra[0]));
	struct index *names = index_create(load->walk.arena, count);
	for (size_t i = 0; i < count; i++) {
		const struct source *source = &sources->items[i];
		build_channel(load, source, &channels[i]);
		extra[i].channel = &channels[i];
		(void)index_add(names, channels[i].name, &channels[i]); /* unique: see name_of */
		extra[i].plugin = source->plugin;
		extra[i].place = object_place(source->object, "name");
		if (source->options) {
			extra[i].options = options_values(load->walk.arena, source->options);
			extra[i].secret_files = options_files(load->walk.arena, source->options);
		}
		build_recipients(load, source, &extra[i]);
	}
	load->values->names[NOUN_CHANNEL] = names;
	directory->channels = channels;
	directory->channel_count = count;
	load->settings->channels = extra;
	for (size_t i = 0; i < count; i++) {
		build_fallback(load, &sources->items[i], &channels[i]);
	}
}
