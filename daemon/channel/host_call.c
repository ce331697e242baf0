/*
 * One send, from channel_send to its done callback (states: enum call_state). The plugin is not
 * trusted to keep its promise of exactly one completion: a token is looked up, so a second or
 * invented one finds nothing; a timer ends what never completes. Owners are told from the loop,
 * never from within a call of theirs or of the plugin's.
 *
 * Nothing survives a crash here: the row stands as `sending` in the store.
 */
#include "channel/host_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hook.h"
#include "base/limits.h"

static int64_t now_boot_ms(const struct channel_host *host)
{
	return clock_boot_ms(loop_clock(host->loop));
}

static void misbehaved(struct channel_host *host, const char *what, const char *delivery_ref)
{
	unsigned suppressed = 0;
	host->is_misbehaving = true;
	metric_add(host->misbehaved, 1);
	if (log_limit_pass(&host->misbehaved_limit, now_boot_ms(host), &suppressed)) {
		log_error("plugin misbehaves, its channel goes on without trusting it",
			  "channel=%s plugin=%s what=%s delivery=%s suppressed=%u", host->name,
			  host->plugin->name, log_quote(what), delivery_ref, suppressed);
	}
}

/* A token is the place in the table and a serial number, so a stale one never finds a later call.
 */
static uint64_t token_take(struct channel_host *host, struct channel_call *call)
{
	if (host->token_free_count == 0) {
		size_t room = host->token_room > 0 ? host->token_room * 2 : 16;
		host->by_token = xrealloc(host->by_token, room, sizeof(call));
		host->token_free = xrealloc(host->token_free, room, sizeof(uint32_t));
		for (size_t i = room; i > host->token_room; i--) {
			host->by_token[i - 1] = NULL;
			host->token_free[host->token_free_count++] = (uint32_t)(i - 1);
		}
		host->token_room = room;
	}
	uint32_t place = host->token_free[--host->token_free_count];
	host->by_token[place] = call;
	return (uint64_t)++host->token_serial << 32 | place;
}

static struct channel_call *token_find(const struct channel_host *host, uint64_t token)
{
	size_t place = (size_t)(token & UINT32_MAX);
	struct channel_call *call = place < host->token_room ? host->by_token[place] : NULL;
	return call != NULL && call->delivery.token == token ? call : NULL;
}

static void call_free(struct channel_call *call)
{
	struct channel_host *host = call->host;
	uint32_t place = (uint32_t)(call->delivery.token & UINT32_MAX);
	host->by_token[place] = NULL;
	host->token_free[host->token_free_count++] = place;
	list_remove(&call->link);
	if (call->reply != NULL) {
		secret_wipe(call->reply, call->result.reply.len);
		free(call->reply);
	}
	secret_wipe(call->text, call->text_bytes);
	free(call);
}

static void idle_check(struct channel_host *host)
{
	if (host->is_retired && host->on_idle != NULL && host->counts.in_flight == 0) {
		void (*fn)(struct channel_host * host, void *arg) = host->on_idle;
		host->on_idle = NULL;
		fn(host, host->on_idle_arg);
	}
}

void host_deliver(void *arg)
{
	struct channel_host *host = arg;
	host->is_deliver_deferred = false;
	for (struct list *node; (node = list_take_first(&host->finished)) != NULL;) {
		struct channel_call *call = LIST_ENTRY(node, struct channel_call, link);
		host->counts.in_flight--;
		call->done(&call->result, call->arg);
		if (call->is_let_go) {
			call_free(call);
		} else {
			call->state = CALL_LINGERING;
			list_append(&host->lingering, &call->link);
			host->counts.lingering++;
			gate_linger(host->gate, 1);
		}
	}
	idle_check(host);
}

void host_free_lingering(struct channel_host *host)
{
	for (struct list *node; (node = list_take_first(&host->lingering)) != NULL;) {
		host->counts.lingering--;
		gate_linger(host->gate, -1);
		call_free(LIST_ENTRY(node, struct channel_call, link));
	}
}

static void finish(struct channel_call *call, enum astrad_outcome outcome)
{
	struct channel_host *host = call->host;
	call->state = CALL_DONE;
	call->result.outcome = outcome;
	call->result.latency_ms = now_boot_ms(host) - call->started_boot_ms;
	runq_cancel(loop_runq(host->loop), &call->timer);
	if (!call->is_ping) {
		metric_add(host_outcome_metric(host, outcome), 1);
		metric_observe_us(host->latency, call->result.latency_ms * 1000);
	}
	gate_record(host->gate, outcome, call->is_breaker_probe);
	list_remove(&call->link);
	list_append(&host->finished, &call->link);
	if (!host->is_deliver_deferred) {
		host->is_deliver_deferred = true;
		loop_defer(host->loop, host_deliver, host);
	}
}

static void set_detail(struct channel_call *call, const char *text)
{
	snprintf(call->detail, sizeof(call->detail), "%s", text != NULL ? text : "");
	for (char *c = call->detail; *c != '\0'; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f) {
			*c = ' ';
		}
	}
	call->result.detail = call->detail;
}

static void keep_result(struct channel_call *call, const struct astrad_result *result)
{
	bool is_status = result->status > 0 && result->status < 1000;
	call->result.status = is_status ? result->status : 0;
	call->result.retry_after_ms = result->retry_after_ms;
	set_detail(call, result->detail);
	if (result->provider_ref != NULL) {
		snprintf(call->provider_ref, sizeof(call->provider_ref), "%s",
			 result->provider_ref);
		call->result.provider_ref = call->provider_ref;
	}
	size_t len =
		result->reply.len < LIMIT_RESPONSE_BYTES ? result->reply.len : LIMIT_RESPONSE_BYTES;
	if (result->reply.data != NULL && len > 0) {
		call->reply = xmemdup(result->reply.data, len);
		call->result.reply = (struct bytes){call->reply, len};
	}
}

/* What the plugin says, if it may say so. */
static enum astrad_outcome outcome_of(struct channel_call *call, int said)
{
	bool is_stopped = call->state == CALL_CUTTING;
	bool is_cancelled = said == ASTRAD_CANCELLED || said == ASTRAD_CANCELLED_MAYBE;
	if (said >= ASTRAD_DELIVERED && said <= ASTRAD_CANCELLED_MAYBE &&
	    (is_stopped || !is_cancelled)) {
		return (enum astrad_outcome)said;
	}
	call->host->counts.bad_results++;
	misbehaved(call->host, "an outcome that cannot be; taken as uncertain",
		   call->delivery.delivery_ref);
	return ASTRAD_UNCERTAIN;
}

/* A completion of a call that has ended: the host ended it and the plugin lets go at last, or it is
 * a second one. */
static void done_again(struct channel_host *host, struct channel_call *call)
{
	if (call != NULL && call->state == CALL_LINGERING) {
		host->counts.lingering--;
		gate_linger(host->gate, -1);
		call_free(call);
		return;
	}
	if (call != NULL && !call->is_let_go) {
		call->is_let_go = true;
		return;
	}
	host->counts.completed_twice++;
	misbehaved(host, "it completed a send twice; ignored",
		   call != NULL ? call->delivery.delivery_ref : "-");
}

void host_done(void *arg, uint64_t token, const struct astrad_result *result)
{
	struct channel_host *host = arg;
	struct channel_call *call = token_find(host, token);
	if (call == NULL || call->state >= CALL_DONE) {
		done_again(host, call);
		return;
	}
	call->is_let_go = true;
	if (call->state != CALL_FORCING) {
		keep_result(call, result);
		finish(call, outcome_of(call, result->outcome));
	}
}

/* Told to stop, the plugin has to complete within the call. */
static void cut(struct channel_call *call)
{
	struct channel_host *host = call->host;
	call->state = CALL_CUTTING;
	host->plugin->cancel(host->instance, call->delivery.token);
	if (call->state == CALL_CUTTING) {
		call->result.is_forced = true;
		set_detail(call, "the plugin did not stop it");
		finish(call, ASTRAD_CANCELLED_MAYBE);
		host->counts.never_completed++;
		misbehaved(host, "it did not stop a send; given up", call->delivery.delivery_ref);
	}
}

static void force(struct channel_call *call)
{
	struct channel_host *host = call->host;
	call->state = CALL_FORCING;
	host->plugin->cancel(host->instance, call->delivery.token);
	call->result.is_forced = true;
	set_detail(call, "the plugin never completed it");
	finish(call, ASTRAD_UNCERTAIN);
	host->counts.never_completed++;
	misbehaved(host, "it never completed a send; taken as uncertain",
		   call->delivery.delivery_ref);
}

static void on_timer(void *arg)
{
	struct channel_call *call = arg;
	if (call->state == CALL_WAITING) {
		cut(call);
	} else {
		force(call);
	}
}

static char *put_text(char **end, const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;
	char *at = *end;
	memcpy(at, text != NULL ? text : "", len + 1);
	*end += len + 1;
	return at;
}

static size_t room_for(const char *text)
{
	return (text != NULL ? strlen(text) : 0) + 1;
}

static struct channel_call *call_create(struct channel_host *host, const struct channel_send *send)
{
	size_t bytes = room_for(send->message_id) + room_for(send->delivery_ref) +
		       room_for(send->recipient) + room_for(send->address) +
		       room_for(send->variant) + send->body.len + 1;
	struct channel_call *call = xcalloc(1, sizeof(*call) + bytes);
	char *end = call->text;
	call->host = host;
	call->state = CALL_SENDING;
	call->started_boot_ms = now_boot_ms(host);
	call->text_bytes = bytes;
	call->is_ping = send->is_probe;
	call->result.retry_after_ms = -1;
	call->result.detail = "";
	/* One statement a field: each put_text moves `end`. */
	struct astrad_delivery *delivery = &call->delivery;
	delivery->token = token_take(host, call);
	delivery->message_id = put_text(&end, send->message_id);
	delivery->delivery_ref = put_text(&end, send->delivery_ref);
	delivery->recipient = put_text(&end, send->recipient);
	delivery->address = put_text(&end, send->address);
	delivery->variant = put_text(&end, send->variant);
	delivery->body = (struct astrad_bytes){.data = end, .len = send->body.len};
	delivery->attempt = send->attempt;
	delivery->is_probe = send->is_probe;
	if (send->body.len > 0) {
		memcpy(end, send->body.data, send->body.len);
	}
	runq_item_init(&call->timer, on_timer, call);
	list_append(&host->calls, &call->link);
	return call;
}

struct channel_call *channel_send(struct channel_host *host, const struct channel_send *send,
				  channel_done_fn *done, void *arg)
{
	struct channel_call *call = call_create(host, send);
	call->done = done;
	call->arg = arg;
	call->is_breaker_probe = gate_start(host->gate);
	runq_schedule_in(loop_runq(host->loop), &call->timer, host->budget_ms);
	host->counts.in_flight++;
	host->counts.sends++;
	HOOK("channel.send");
	host->plugin->send(host->instance, &call->delivery);
	return call;
}

void channel_cancel(struct channel_call *call)
{
	struct channel_host *host = call->host;
	if (call->state != CALL_SENDING) {
		return;
	}
	if (host->plugin->on_wire != NULL &&
	    host->plugin->on_wire(host->instance, call->delivery.token) == 1) {
		call->state = CALL_WAITING;
		runq_schedule_in(loop_runq(host->loop), &call->timer, LIMIT_CANCEL_MS);
		return;
	}
	cut(call);
}

void host_cut_all(struct channel_host *host)
{
	/* From the front each time: a plugin may let go of more than the one it was told to stop.
	 */
	while (!list_is_empty(&host->calls)) {
		cut(LIST_ENTRY(host->calls.next, struct channel_call, link));
	}
}
