/*
 * Probes. Asked by an operator: a channel.ping whatever the breaker says; a good answer closes the
 * breaker, ends a suspension that no person ordered and lets held rows go again. By the auditor: a
 * breaker that would let one send pass, while there is none, gets a ping, or the channel would be
 * called dead until the next alert. A probe is no delivery: no row, nothing to recover.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "channel/set.h"
#include "domain/notice.h"
#include "outbox/channels.h"
#include "outbox/lane.h"
#include "settings/settings.h"

struct probe {
	struct list link;      /* struct outbox::probes */
	struct outbox *outbox; /* NULL: it is gone, the channel ends the probe into nothing */
	struct lane *lane;
	outbox_probe_fn *done; /* NULL: the auditor's */
	void *arg;
	struct error err;
	bool is_sent;
};

static void probe_free(struct probe *probe)
{
	list_remove(&probe->link);
	free(probe);
}

static void refuse(void *arg)
{
	struct probe *probe = arg;

	probe->done(NULL, &probe->err, probe->arg);
	probe_free(probe);
}

void probes_finish(struct outbox *outbox)
{
	LIST_FOR_EACH (node, &outbox->probes) {
		struct probe *probe = LIST_ENTRY(node, struct probe, link);

		loop_undefer(outbox->loop, refuse, probe);
		list_remove(&probe->link);
		probe->outbox = NULL;
		if (!probe->is_sent) {
			free(probe);
		}
	}
}

static void after_good(struct lane *lane)
{
	struct channel_host *host = lane_host(lane);
	struct channel_state state;

	if (host == NULL) {
		return;
	}
	channel_get_state(host, &state);
	if (state.phase != CHANNEL_CLOSED && state.cause != CHANNEL_CAUSE_OPERATOR) {
		channel_resume(host);
	}
	channels_redrive(lane);
}

static void on_answer(const struct channel_result *result, void *arg)
{
	struct probe *probe = arg;
	struct outbox *outbox = probe->outbox;
	struct channel_host *host = outbox != NULL ? lane_host(probe->lane) : NULL;
	struct outbox_probe_result told = {
		.outcome = (enum delivery_outcome)result->outcome,
		.status = result->status,
		.latency_ms = result->latency_ms,
		.detail = result->detail,
	};

	if (outbox == NULL) {
		free(probe);
		return;
	}
	if (host != NULL) {
		channel_release(host, 1);
	}
	channels_answered(probe->lane, told.status);
	if (probe->done != NULL) {
		if (told.outcome == OUTCOME_DELIVERED || told.outcome == OUTCOME_ACCEPTED) {
			after_good(probe->lane);
		}
		probe->done(&told, NULL, probe->arg);
	}
	probe->lane->is_probing = false;
	probe_free(probe);
	outbox_check_drained(outbox);
}

/* What the channel is for decides the ping's prefix: never `actual` where only exercises go. */
static enum alert_status status_for(const struct channel *channel)
{
	if ((channel->statuses & STATUS_BIT(STATUS_ACTUAL)) != 0) {
		return STATUS_ACTUAL;
	}
	return (channel->statuses & STATUS_BIT(STATUS_EXERCISE)) != 0 ? STATUS_EXERCISE
								      : STATUS_TEST;
}

static bool render_ping(struct outbox *outbox, const struct channel *channel, struct buf *out,
			struct error *err)
{
	AUTO(arena) struct arena *arena = arena_create();
	AUTO(buf) struct buf blob = {0};
	struct notice notice = {
		.type = NOTICE_PING,
		.status = status_for(channel),
		.channel = channel->name,
	};
	struct splice_values values = {
		.timestamp_utc_ms = outbox_utc_ms(outbox),
		.zone = channel->partner != NULL && channel->partner->timezone != NULL
				? channel->partner->timezone
				: outbox->settings->directory.timezone,
	};
	struct rendered rendered;

	notice_render(&notice, &outbox->settings->directory, &blob);
	if (!notice_pick((struct bytes){blob.data, blob.len}, channel->medium, arena, &rendered,
			 err)) {
		return false;
	}
	render_splice(&rendered, &values, out);
	return true;
}

static bool probe_send(struct probe *probe, struct channel_host *host,
		       const struct channel *channel)
{
	AUTO(buf) struct buf body = {0};
	struct id id = id_new(loop_clock(probe->outbox->loop));
	char message_id[ID_TEXT_BYTES];
	struct channel_send send = {
		.message_id = message_id,
		.delivery_ref = "probe",
		.recipient = channel->name,
		.address = "",
		.variant = "",
		.attempt = 1,
		.is_probe = true,
	};

	if (!render_ping(probe->outbox, channel, &body, &probe->err)) {
		return false;
	}
	id_format(&id, message_id);
	send.body = (struct bytes){buf_text(&body), body.len};
	channel_claim(host, 1);
	probe->is_sent = true;
	(void)channel_send(host, &send, on_answer, probe); /* nothing cancels a probe */
	return true;
}

void outbox_probe(struct outbox *outbox, const char *name, outbox_probe_fn *done, void *arg)
{
	struct probe *probe = xcalloc(1, sizeof(*probe));
	struct lane *lane = lane_find(outbox, name);
	struct channel_host *host = lane != NULL ? lane_host(lane) : NULL;
	const struct channel *channel = lane != NULL ? lane_channel(lane) : NULL;

	*probe = (struct probe){.outbox = outbox, .lane = lane, .done = done, .arg = arg};
	list_append(&outbox->probes, &probe->link);
	if (host == NULL || channel == NULL) {
		error_set(&probe->err, ERROR_NOT_FOUND, "there is no live channel %s", name);
	} else if (outbox->is_draining) {
		error_set(&probe->err, ERROR_TEMPORARY, "the daemon is stopping");
	} else if (probe_send(probe, host, channel)) {
		return;
	}
	loop_defer(outbox->loop, refuse, probe);
}

/* Nothing of the channel's own could be the probe. */
static bool is_idle(const struct lane *lane)
{
	return lane->flights == 0 && lane->walking_count == 0 && lane->ask == NULL &&
	       (lane->due_utc_ms == 0 || lane->due_utc_ms > outbox_utc_ms(lane->outbox)) &&
	       !lane->is_probing;
}

void probe_idle(struct lane *lane)
{
	struct outbox *outbox = lane->outbox;
	struct channel_host *host = lane_host(lane);
	const struct channel *channel = lane_channel(lane);
	struct channel_state state;
	struct probe *probe;

	if (host == NULL || channel == NULL || channel->takes_recipients || outbox->is_draining ||
	    !is_idle(lane)) {
		return;
	}
	channel_get_state(host, &state);
	if ((state.phase != CHANNEL_OPEN && state.phase != CHANNEL_HALF_OPEN) ||
	    channel_capacity(host, MESSAGE_CLASS_NOTICE) == 0) {
		return;
	}
	probe = xcalloc(1, sizeof(*probe));
	probe->outbox = outbox;
	probe->lane = lane;
	list_append(&outbox->probes, &probe->link);
	lane->is_probing = true;
	if (!probe_send(probe, host, channel)) {
		lane->is_probing = false;
		probe_free(probe);
	}
}
