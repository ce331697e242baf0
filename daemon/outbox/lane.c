/*
 * Lanes: one per channel that is configured or has rows. A lane is busy while something may be
 * claimed there; a busy lane waits for the pump. It leaves the busy list when it has asked the
 * store, has nothing to do or its channel takes nothing, and comes back by lane_touch: an answer, a
 * committed result, a due time, the channel's ready event.
 *
 * Owner: the outbox. Nothing here survives a crash or needs to: due times are read from the rows.
 */
#include "outbox/lane.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "channel/set.h"
#include "outbox/channels.h"
#include "outbox/pump.h"
#include "settings/settings.h"

#define RETRY_MS 500 /* after the store refused a claim */

/* The place of the first lane not before name. */
static size_t place_of(const struct outbox *outbox, const char *name)
{
	size_t low = 0, high = outbox->lane_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(outbox->lanes[middle]->name, name) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

struct lane *lane_find(struct outbox *outbox, const char *name)
{
	size_t place = place_of(outbox, name);

	return place < outbox->lane_count && strcmp(outbox->lanes[place]->name, name) == 0
		       ? outbox->lanes[place]
		       : NULL;
}

static void on_timer(void *arg)
{
	struct lane *lane = arg;

	lane_touch(lane);
	lane_arm(lane);
}

static struct lane *lane_create(struct outbox *outbox, const char *name)
{
	struct lane *lane = xcalloc(1, sizeof(*lane));

	lane->outbox = outbox;
	lane->name = xstrdup(name);
	list_init(&lane->busy_link);
	list_init(&lane->walking);
	runq_item_init(&lane->timer, on_timer, lane);
	lane->moved_boot_ms = outbox_boot_ms(outbox);
	lane->state.phase = CHANNEL_CLOSED;
	return lane;
}

struct lane *lane_get(struct outbox *outbox, const char *name)
{
	size_t place = place_of(outbox, name);

	if (place < outbox->lane_count && strcmp(outbox->lanes[place]->name, name) == 0) {
		return outbox->lanes[place];
	}
	outbox->lanes = xrealloc(outbox->lanes, outbox->lane_count + 1, sizeof(*outbox->lanes));
	memmove(&outbox->lanes[place + 1], &outbox->lanes[place],
		(outbox->lane_count - place) * sizeof(*outbox->lanes));
	outbox->lanes[place] = lane_create(outbox, name);
	outbox->lane_count++;
	metric_set(outbox->metrics.lanes, (int64_t)outbox->lane_count);
	return outbox->lanes[place];
}

void lanes_finish(struct outbox *outbox)
{
	for (size_t i = 0; i < outbox->lane_count; i++) {
		struct lane *lane = outbox->lanes[i];

		runq_cancel(loop_runq(outbox->loop), &lane->timer);
		channels_finish(lane);
		free(lane->suspended_by);
		free(lane->name);
		free(lane);
	}
	free(outbox->lanes);
	outbox->lanes = NULL;
	outbox->lane_count = 0;
}

static const struct channel *find_channel(const struct settings *settings, const char *name)
{
	const struct settings_channel *found = settings_find_channel(settings, name);

	if (found != NULL) {
		return found->channel;
	}
	for (size_t i = 0; i < settings->directory.channel_count; i++) {
		const struct channel *channel = &settings->directory.channels[i];

		if (channel->was != NULL && strcmp(channel->was, name) == 0) {
			return channel;
		}
	}
	return NULL;
}

static void look_up(struct lane *lane)
{
	struct outbox *outbox = lane->outbox;

	if (lane->is_known || outbox->settings == NULL) {
		return;
	}
	lane->is_known = true;
	lane->channel = find_channel(outbox->settings, lane->name);
	lane->host = channel_set_find(outbox->channels, lane->name);
	if (lane->host == NULL && lane->channel != NULL) {
		lane->host = channel_set_find(outbox->channels, lane->channel->name);
	}
}

const struct channel *lane_channel(struct lane *lane)
{
	look_up(lane);
	return lane->channel;
}

struct channel_host *lane_host(struct lane *lane)
{
	look_up(lane);
	return lane->host;
}

void lanes_forget(struct outbox *outbox)
{
	for (size_t i = 0; i < outbox->lane_count; i++) {
		outbox->lanes[i]->is_known = false;
		outbox->lanes[i]->host = NULL;
		outbox->lanes[i]->channel = NULL;
	}
}

void lane_touch(struct lane *lane)
{
	struct outbox *outbox = lane->outbox;

	if (lane->ask == NULL && list_is_empty(&lane->busy_link)) {
		list_append(&outbox->busy, &lane->busy_link);
		outbox->busy_count++;
	}
	pump_soon(outbox);
}

/* The earliest not_before of a broadcast that has to wait for it; 0 = none. */
static int64_t next_start_utc_ms(const struct lane *lane)
{
	int64_t now = outbox_utc_ms(lane->outbox);
	int64_t next = 0;

	LIST_FOR_EACH (node, &lane->walking) {
		const struct broadcast *broadcast = LIST_ENTRY(node, struct broadcast, walk_link);
		int64_t start = broadcast->row.not_before_utc_ms;

		if (start > now && (next == 0 || start < next)) {
			next = start;
		}
	}
	return next;
}

void lane_arm(struct lane *lane)
{
	int64_t now_utc_ms = outbox_utc_ms(lane->outbox);
	int64_t now_boot_ms = outbox_boot_ms(lane->outbox);
	int64_t start = next_start_utc_ms(lane);
	int64_t due = lane->due_utc_ms > now_utc_ms ? lane->due_utc_ms : 0;
	struct runq *runq = loop_runq(lane->outbox->loop);

	if (start != 0 && (due == 0 || start < due)) {
		due = start;
	}
	due = due != 0 ? now_boot_ms + (due - now_utc_ms) : 0;
	if (lane->retry_boot_ms > now_boot_ms && (due == 0 || lane->retry_boot_ms < due)) {
		due = lane->retry_boot_ms;
	}
	if (due != 0) {
		runq_schedule(runq, &lane->timer, due);
	} else {
		runq_cancel(runq, &lane->timer);
	}
}

void lane_note_due(struct lane *lane, int64_t due_utc_ms)
{
	if (due_utc_ms == 0) {
		return;
	}
	if (lane->due_utc_ms == 0 || due_utc_ms < lane->due_utc_ms) {
		lane->due_utc_ms = due_utc_ms;
	}
	if (lane->due_utc_ms <= outbox_utc_ms(lane->outbox)) {
		lane_touch(lane);
	}
	lane_arm(lane);
}

void lane_retry(struct lane *lane)
{
	lane->retry_boot_ms = outbox_boot_ms(lane->outbox) + RETRY_MS;
	lane_arm(lane);
}
