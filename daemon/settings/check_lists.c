/*
 * Every line of every CSV list: a recipient whose line is wrong would never be told of an alert.
 *
 * A long list is read once a load, one line in memory; twice the same id is found by sorting 16
 * bytes a line. Two ids with one 64-bit hash would be called equal: with a million lines the chance
 * is one in ten million, and the finding names a line to look at.
 */
#include <stdlib.h>
#include <string.h>

#include "settings/load.h"
#include "settings/recipients.h"

struct seen {
	uint64_t hash;
	int line;
};

struct seen_list {
	struct seen *items;
	size_t count;
	size_t room;
};

static uint64_t hash_id(const char *id)
{
	uint8_t bytes[SECRET_HASH_BYTES];
	uint64_t hash;
	secret_sha256(id, strlen(id), bytes);
	memcpy(&hash, bytes, sizeof(hash));
	return hash;
}

static void remember(struct seen_list *list, const char *id, int line)
{
	if (list->count == list->room) {
		list->room = list->room == 0 ? 1024 : list->room * 2;
		list->items = xrealloc(list->items, list->room, sizeof(list->items[0]));
	}
	list->items[list->count++] = (struct seen){.hash = hash_id(id), .line = line};
}

static int compare_seen(const void *left, const void *right)
{
	const struct seen *a = left;
	const struct seen *b = right;
	if (a->hash != b->hash) {
		return a->hash < b->hash ? -1 : 1;
	}
	return (a->line > b->line) - (a->line < b->line);
}

static void tell_twice(struct load *load, struct seen_list *list, const char *file)
{
	if (list->count > 0) {
		qsort(list->items, list->count, sizeof(list->items[0]), compare_seen);
	}
	for (size_t i = 1; i < list->count; i++) {
		if (list->items[i].hash == list->items[i - 1].hash) {
			struct place place = {
				.file = file, .line = list->items[i].line, .column = 1};
			issues_add(load->walk.issues, "E105", &place, NULL,
				   "the id of this line stands in line %d too",
				   list->items[i - 1].line);
		}
	}
}

static void check_list(struct load *load, const struct settings_channel *channel,
		       struct recipients *recipients)
{
	struct seen_list list = {0};
	struct settings_recipient item;
	struct error err;
	enum recipients_step step;
	const char *file = load_shown_path(load, channel->csv);
	while ((step = recipients_next(recipients, &item, &err)) != RECIPIENTS_END) {
		struct place place = {
			.file = file, .line = recipients_line(recipients), .column = 1};
		if (step == RECIPIENTS_ITEM) {
			remember(&list, item.id, place.line);
			continue;
		}
		issues_add(load->walk.issues, "E112", &place, NULL, "%s", err.text);
		if (step == RECIPIENTS_FAILED) {
			break;
		}
	}
	if (list.count == 0) {
		issues_add(load->walk.issues, "W113", &channel->place, NULL,
			   "the list of recipients in %s is empty", file);
	}
	tell_twice(load, &list, file);
	free(list.items);
}

void check_lists(struct load *load)
{
	for (size_t i = 0; i < load->settings->directory.channel_count; i++) {
		const struct settings_channel *channel = &load->settings->channels[i];
		struct error err = {0};
		if (channel->list != SETTINGS_LIST_CSV) {
			continue;
		}
		struct recipients *recipients = recipients_open(channel, &err);
		if (!recipients) {
			struct place place = object_place(load->values->channels.items[i].object,
							  "recipients.csv");
			issues_add(load->walk.issues, "E001", &place, NULL, "%s", err.text);
			continue;
		}
		check_list(load, channel, recipients);
		recipients_close(&recipients);
	}
}
