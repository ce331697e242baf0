/*
 * Every line of every CSV list: a recipient whose line is wrong would never be told of an alert.
 *
 * A long list is read once a load, some thousand lines a step, one line in memory; twice the same
 * id is found by sorting 16 bytes a line. Two ids with one 64-bit hash would be called equal: with
 * a million lines the chance is one in ten million, and the finding names a line to look at.
 */
#include <stdlib.h>
#include <string.h>

#include "settings/load.h"
#include "settings/recipients.h"

#define LINES_A_STEP 5000 /* a few milliseconds */

struct seen {
	uint64_t hash;
	int line;
};

static uint64_t hash_id(const char *id)
{
	uint8_t bytes[SECRET_HASH_BYTES];
	uint64_t hash;
	secret_sha256(id, strlen(id), bytes);
	memcpy(&hash, bytes, sizeof(hash));
	return hash;
}

static void remember(struct load_lists_cursor *cursor, const char *id, int line)
{
	if (cursor->seen_count == cursor->seen_room) {
		cursor->seen_room = cursor->seen_room == 0 ? 1024 : cursor->seen_room * 2;
		cursor->seen = xrealloc(cursor->seen, cursor->seen_room, sizeof(cursor->seen[0]));
	}
	cursor->seen[cursor->seen_count++] = (struct seen){.hash = hash_id(id), .line = line};
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

static void tell_twice(struct load *load, const char *file)
{
	struct load_lists_cursor *cursor = &load->lists;
	if (cursor->seen_count > 0) {
		qsort(cursor->seen, cursor->seen_count, sizeof(cursor->seen[0]), compare_seen);
	}
	for (size_t i = 1; i < cursor->seen_count; i++) {
		if (cursor->seen[i].hash == cursor->seen[i - 1].hash) {
			struct file_place place = {
				.file = file, .line = cursor->seen[i].line, .column = 1};
			issues_add(load->walk.issues, "E105", &place, NULL,
				   "the id of this line stands in line %d too",
				   cursor->seen[i - 1].line);
		}
	}
}

/* One line. False at the end of the list. */
static bool check_line(struct load *load, const char *file)
{
	struct load_lists_cursor *cursor = &load->lists;
	struct settings_recipient item;
	struct error err;
	enum recipients_step step = recipients_next(cursor->open, &item, &err);
	struct file_place place = {
		.file = file, .line = recipients_line(cursor->open), .column = 1};
	switch (step) {
	case RECIPIENTS_ITEM:
		remember(cursor, item.id, place.line);
		return true;
	case RECIPIENTS_BAD:
		cursor->has_bad = true;
		issues_add(load->walk.issues, "E112", &place, NULL, "%s", err.text);
		return true;
	case RECIPIENTS_FAILED:
		cursor->has_bad = true;
		issues_add(load->walk.issues, "E001", &place, NULL, "%s", err.text);
		break;
	case RECIPIENTS_END:
		break;
	}
	return false;
}

static void open_list(struct load *load)
{
	size_t i = load->lists.channel;
	const struct settings_channel *channel = &load->settings->channels[i];
	struct error err;
	if (channel->list != SETTINGS_LIST_CSV) {
		return;
	}
	load->lists.open = recipients_open(channel, &err);
	if (!load->lists.open) {
		struct file_place place =
			object_place(load->values->channels.items[i].object, "recipients.csv");
		issues_add(load->walk.issues, "E001", &place, NULL, "%s", err.text);
	}
}

static void finish_list(struct load *load, const char *file)
{
	const struct settings_channel *channel = &load->settings->channels[load->lists.channel];
	if (load->lists.seen_count == 0 && !load->lists.has_bad) {
		load->values->channels.items[load->lists.channel].is_list_empty = true;
		issues_add(load->walk.issues, "W113", &channel->place, NULL,
			   "the list of recipients in %s is empty", file);
	}
	tell_twice(load, file);
	check_lists_close(load);
}

void check_lists_close(struct load *load)
{
	recipients_close(&load->lists.open);
	free(load->lists.seen);
	load->lists = (struct load_lists_cursor){.channel = load->lists.channel};
}

bool check_lists_step(struct load *load)
{
	struct load_lists_cursor *cursor = &load->lists;
	for (size_t lines = 0; lines < LINES_A_STEP;) {
		if (cursor->channel == load->settings->directory.channel_count) {
			return false;
		}
		if (!cursor->open) {
			open_list(load);
		}
		const char *csv = load->settings->channels[cursor->channel].csv;
		const char *file = csv ? load_shown_path(load, csv) : NULL;
		bool has_more = cursor->open != NULL;
		while (has_more && lines++ < LINES_A_STEP) {
			has_more = check_line(load, file);
		}
		if (!has_more) {
			if (cursor->open) {
				finish_list(load, file);
			}
			cursor->channel++;
		}
	}
	return true;
}
