/*
 * May a new snapshot take the place of the running one?
 *
 * Pure. Restart rows are compared wherever they stand, by value: a file that says the same in other
 * words is the same. Channels are compared by name and `was`, because deliveries, breakers and
 * acknowledgements of running alerts belong to the name.
 */
#include <string.h>

#include "settings/load.h"

static bool equal_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool equal_words(const struct words *a, const struct words *b)
{
	bool is_equal = a->count == b->count;
	for (size_t i = 0; is_equal && i < a->count; i++) {
		is_equal = equal_text(a->items[i], b->items[i]);
	}
	return is_equal;
}

static bool equal_values(const struct value *a, const struct value *b);

static bool equal_objects(const struct object *a, const struct object *b)
{
	bool is_equal = equal_text(a->key, b->key) && a->rows.count == b->rows.count;
	for (size_t i = 0; is_equal && i < a->rows.count; i++) {
		is_equal = equal_values(&a->values[i], &b->values[i]);
	}
	return is_equal;
}

/* RAW values are compared by what is made of them (options), not here. */
static bool equal_values(const struct value *a, const struct value *b)
{
	bool is_equal = a->is_set == b->is_set && a->number == b->number &&
			equal_text(a->text, b->text) && equal_words(&a->texts, &b->texts) &&
			a->count == b->count;
	for (size_t i = 0; is_equal && a->items && i < a->count; i++) {
		is_equal = equal_objects(&a->items[i], &b->items[i]);
	}
	for (size_t i = 0; is_equal && a->numbers && i < a->count; i++) {
		is_equal = a->numbers[i] == b->numbers[i];
	}
	return is_equal;
}

/* Rows of both are those of one scope, or of one plugin. */
static void diff_restart(const struct object *now, const struct object *next, struct issues *issues)
{
	for (size_t i = 0; i < next->rows.count && i < now->rows.count; i++) {
		const struct row *row = &next->rows.items[i];
		if ((row->flags & ROW_RESTART) &&
		    !equal_values(&now->values[i], &next->values[i])) {
			struct file_place place = object_place(next, row->path);
			issues_add(issues, "E501", &place, "restart astrad, or take it back",
				   "%s changes only by a restart", row->path);
		}
	}
}

static const struct channel *find(const struct settings *settings, const char *name)
{
	return index_find(settings->values->names[NOUN_CHANNEL], name);
}

static const struct source *source_of(const struct settings *settings,
				      const struct channel *channel)
{
	return &settings->values->channels.items[channel - settings->directory.channels];
}

/* The channel that carries on what `name` was: itself, or the one that `was` it. */
static const struct channel *successor(const struct settings *next, const char *name)
{
	const struct channel *same = find(next, name);
	for (size_t i = 0; !same && i < next->directory.channel_count; i++) {
		if (equal_text(next->directory.channels[i].was, name)) {
			same = &next->directory.channels[i];
		}
	}
	return same;
}

static void diff_live(const struct settings *now, const struct settings *next, const char *name,
		      struct issues *issues)
{
	const struct settings_channel *old = settings_find_channel(now, name);
	const struct channel *new = successor(next, name);
	if (!old) {
		return; /* it was gone before: an alert of long ago */
	}
	if (!new || new->mode == CHANNEL_OFF) {
		struct file_place place = new ? settings_find_channel(next, new->name)->place
					      : (struct file_place){.file = old->place.file};
		issues_add(issues, "E502", &place, "use mode: retiring, or was: for a new name",
			   "channel \"%s\" is %s while an alert uses it", name,
			   new ? "off" : "gone");
		return;
	}
	const char *old_partner = old->channel->partner ? old->channel->partner->id : NULL;
	const char *new_partner = new->partner ? new->partner->id : NULL;
	if (!equal_text(old_partner, new_partner) || old->channel->medium != new->medium ||
	    old->channel->takes_recipients != new->takes_recipients) {
		issues_add(issues, "E503", &settings_find_channel(next, new->name)->place,
			   "make it a new channel and set this one to mode: retiring",
			   "channel \"%s\" has another %s while an alert uses it", name,
			   equal_text(old_partner, new_partner) ? "plugin" : "partner");
	}
}

static void diff_was(const struct settings *now, const struct settings *next, struct issues *issues)
{
	for (size_t i = 0; i < next->directory.channel_count; i++) {
		const struct channel *channel = &next->directory.channels[i];
		bool is_new = !find(now, channel->name);
		if (is_new && channel->was && !find(now, channel->was)) {
			issues_add(issues, "W504", &next->channels[i].place, NULL,
				   "\"%s\", which channel \"%s\" was, did not exist", channel->was,
				   channel->name);
		}
	}
}

bool settings_diff(const struct settings *now, const struct settings *next,
		   const struct words *live, struct issues *issues)
{
	size_t before = issues_errors(issues);
	diff_restart(now->values->astrad, next->values->astrad, issues);
	for (size_t i = 0; i < next->directory.channel_count; i++) {
		const struct channel *channel = &next->directory.channels[i];
		const struct channel *same = find(now, channel->name);
		const struct source *source = source_of(next, channel);
		if (same && source_of(now, same)->plugin == source->plugin) {
			diff_restart(source_of(now, same)->options, source->options, issues);
		}
	}
	for (size_t i = 0; live && i < live->count; i++) {
		diff_live(now, next, live->items[i], issues);
	}
	diff_was(now, next, issues);
	return issues_errors(issues) == before;
}
