/*
 * Every line of every CSV list: a recipient whose line is wrong would never be told of an alert.
 *
 * A long list is read once a load, some thousand lines a step, one line in memory; twice the same
 * id is found by a hash of each (settings/seen.h).
 */
#include "settings/load.h"
#include "settings/recipients.h"
#include "settings/seen.h"

#define LINES_A_STEP 5000 /* a few milliseconds */

static void remember(struct load *load, const char *id, struct file_place place)
{
	int before = seen_add(load->lists.seen, id, place.line);
	load->lists.has_ids = true;
	if (before != 0) {
		issues_add(load->walk.issues, "E105", &place, NULL,
			   "the id of this line stands in line %d too", before);
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
		remember(load, item.id, place);
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
	load->lists.seen = seen_create();
	if (!load->lists.open) {
		struct file_place place =
			object_place(load->values->channels.items[i].object, "recipients.csv");
		issues_add(load->walk.issues, "E001", &place, NULL, "%s", err.text);
	}
}

static void finish_list(struct load *load, const char *file)
{
	const struct settings_channel *channel = &load->settings->channels[load->lists.channel];
	if (!load->lists.has_ids && !load->lists.has_bad) {
		load->values->channels.items[load->lists.channel].is_list_empty = true;
		issues_add(load->walk.issues, "W113", &channel->place, NULL,
			   "the list of recipients in %s is empty", file);
	}
	check_lists_close(load);
}

void check_lists_close(struct load *load)
{
	recipients_close(&load->lists.open);
	seen_destroy(&load->lists.seen);
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
