/*
 * Loading recipient lists. A few loads run at a time; each is a chain of store calls:
 *
 *	scanning (a page a turn) -> begin -> same: done
 *	                                  -> paging ... -> finishing ... -> done
 *	any -> failed (bad content), or waiting to be tried again (the store refused)
 *
 * Owner: the outbox. A crash leaves an incomplete generation that nobody pins; the next start loads
 * again.
 */
#include "outbox/lists.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/log.h"
#include "base/runq.h"
#include "settings/recipients.h"
#include "settings/settings.h"
#include "store/list.h"

#define LOADS_MAX 64   /* at once */
#define AGAIN_MS  2000 /* after the store refused */

enum load_state { LOAD_WAITING = 1, LOAD_RUNNING, LOAD_DONE, LOAD_FAILED };

struct load {
	struct list link;
	struct lists *lists;
	struct settings *settings; /* a reference: the channel's strings live in it */
	const struct settings_channel *channel;
	enum load_state state;
	bool is_replaced;                   /* by a newer snapshot: it ends at the next step */
	struct recipients *source;          /* while reading a list */
	bool has_given;                     /* a channel without a list: its one recipient */
	uint8_t hash[SECRET_HASH_BYTES];    /* of the whole list, as scanned */
	uint8_t running[SECRET_HASH_BYTES]; /* of what was read so far */
	int64_t generation;
	int64_t recipients; /* of the newest complete generation; -1 = unknown */
	struct runq_item again;
};

struct lists {
	struct lists_params params;
	struct list loads; /* struct load::link, in the order of the files; ended ones last */
	size_t running;
	size_t open; /* waiting or running, replaced ones too */
	size_t calls;
	bool is_settled, is_stopped, is_starting;
};

static void start_some(struct lists *lists);
static void scan(void *arg);

/* --- the life of a load --- */

static void load_destroy(struct load *load)
{
	struct lists *lists = load->lists;

	if (load->state == LOAD_RUNNING) {
		loop_undefer(lists->params.loop, scan, load);
	}
	lists->open -= load->state == LOAD_WAITING || load->state == LOAD_RUNNING ? 1 : 0;
	runq_cancel(loop_runq(lists->params.loop), &load->again);
	list_remove(&load->link);
	recipients_close(&load->source);
	settings_unref(&load->settings);
	free(load);
}

static void note_health(const struct load *load, const char *why)
{
	struct health *health = load->lists->params.health;
	const char *name = load->channel->channel->name;

	if (health == NULL) {
		return;
	}
	if (why != NULL) {
		health_raise(health, HEALTH_DEGRADED, "list_not_loaded", name, why);
	} else {
		health_clear(health, "list_not_loaded", name);
	}
}

static void settle(struct lists *lists)
{
	if (lists->is_settled || lists->open > 0) {
		return;
	}
	lists->is_settled = true;
	if (lists->params.settled != NULL) {
		lists->params.settled(lists->params.arg);
	}
}

static void load_end(struct load *load, enum load_state state)
{
	struct lists *lists = load->lists;

	lists->running--;
	lists->open--;
	load->state = state;
	recipients_close(&load->source);
	list_remove(&load->link);
	list_append(&lists->loads, &load->link); /* behind those that wait to be started */
	if (load->is_replaced) {
		load_destroy(load);
	}
	start_some(lists);
	settle(lists);
}

/* What is wrong with the list itself waits for an admin and a reload. */
static void load_refused(struct load *load, const struct error *err)
{
	log_error("recipient list refused, the one before stays in use", "channel=%s err=%s",
		  load->channel->channel->name, log_quote(err->text));
	note_health(load, err->text);
	load_end(load, LOAD_FAILED);
}

static void on_again(void *arg)
{
	struct load *load = arg;

	start_some(load->lists);
}

/* The store, or the file system, refused for now. It counts as running until it is tried again:
 * nobody may approve onto a list that is merely late. */
static void load_postponed(struct load *load, const struct error *err)
{
	if (load->is_replaced || load->lists->is_stopped) {
		load_end(load, LOAD_FAILED);
		return;
	}
	log_warning("recipient list not loaded, tried again soon", "channel=%s err=%s",
		    load->channel->channel->name, log_quote(err->text));
	note_health(load, err->text);
	recipients_close(&load->source);
	load->lists->running--;
	load->state = LOAD_WAITING;
	runq_schedule_in(loop_runq(load->lists->params.loop), &load->again, AGAIN_MS);
}

static void load_failed(struct load *load, const struct error *err)
{
	if (err->code == ERROR_TEMPORARY || err->code == ERROR_LIMIT) {
		load_postponed(load, err);
	} else {
		load_refused(load, err);
	}
}

static struct store_call *load_call(struct load *load, const struct store_op *op,
				    void (*done)(struct store_call *call))
{
	load->lists->calls++;
	return store_call_create(load->lists->params.store, op, done, load);
}

/* True when the load goes on. */
static bool load_answered(struct load *load, const struct store_call *call)
{
	struct lists *lists = load->lists;

	if (--lists->calls == 0 && lists->params.idle != NULL) {
		lists->params.idle(lists->params.arg);
	}
	if (load->is_replaced || load->lists->is_stopped) {
		load_end(load, LOAD_FAILED);
		return false;
	}
	if (!call->ok) {
		load_failed(load, &call->err);
		return false;
	}
	return true;
}

/* --- where recipients come from --- */

static bool source_open(struct load *load, struct error *err)
{
	memset(load->running, 0, sizeof(load->running));
	load->has_given = false;
	if (load->channel->list == SETTINGS_LIST_NONE) {
		return true;
	}
	load->source = recipients_open(load->channel, err);
	return load->source != NULL;
}

/* Errors name the line, as the check of settings does. */
static bool bad_line(const struct load *load, enum recipients_step step, struct error *err)
{
	err->code = step == RECIPIENTS_BAD ? ERROR_INVALID : ERROR_TEMPORARY;
	return error_prefix(err, "%s:%d", load->channel->csv, recipients_line(load->source));
}

/* One more recipient; false at the end, and when err says why. */
static bool source_next(struct load *load, struct arena *arena, struct store_list_item *ret,
			struct error *err)
{
	struct settings_recipient item;
	enum recipients_step step;

	if (load->source == NULL) {
		*ret = (struct store_list_item){load->channel->channel->name, ""};
		return !load->has_given && (load->has_given = true);
	}
	step = recipients_next(load->source, &item, err);
	if (step == RECIPIENTS_ITEM) {
		*ret = (struct store_list_item){arena_strdup(arena, item.id),
						arena_strdup(arena, item.address)};
		return true;
	}
	return step != RECIPIENTS_END && bad_line(load, step, err);
}

/* running = SHA-256(running, page): needs no running state of the hash function. */
static void hash_page(struct load *load, const struct store_list_item *items, size_t count)
{
	AUTO(buf) struct buf text = {0};

	buf_add(&text, load->running, sizeof(load->running));
	for (size_t i = 0; i < count; i++) {
		buf_add(&text, items[i].name, strlen(items[i].name) + 1);
		buf_add(&text, items[i].address, strlen(items[i].address) + 1);
	}
	secret_sha256(buf_text(&text), text.len, load->running);
}

/* The next page, hashed; 0 items at the end. */
static bool source_page(struct load *load, struct arena *arena, struct store_list_item **ret_items,
			size_t *ret_count, struct error *err)
{
	struct store_list_item *items = arena_array(arena, LIMIT_STORE_ROWS, sizeof(*items));
	size_t count = 0;

	err->code = ERROR_NONE;
	while (count < LIMIT_STORE_ROWS && source_next(load, arena, &items[count], err)) {
		count++;
	}
	if (err->code != ERROR_NONE) {
		return false;
	}
	if (count > 0) {
		hash_page(load, items, count);
	}
	*ret_items = items;
	*ret_count = count;
	return true;
}

/* --- pages --- */

static void page_submit(struct load *load);
static void finish_submit(struct load *load, const struct store_list_progress *progress);

static void on_finish(struct store_call *call)
{
	struct load *load = call->ctx;
	const struct store_list_finish_out *out = call->out;

	if (!load_answered(load, call)) {
		return;
	}
	if (out->has_more) {
		finish_submit(load, &out->progress);
		return;
	}
	load->recipients = out->progress.recipients;
	log_info("recipient list loaded", "channel=%s generation=%lld recipients=%lld",
		 load->channel->channel->name, (long long)load->generation,
		 (long long)load->recipients);
	note_health(load, NULL);
	if (load->lists->params.changed != NULL) {
		load->lists->params.changed(load->lists->params.arg);
	}
	load_end(load, LOAD_DONE);
}

static void finish_submit(struct load *load, const struct store_list_progress *progress)
{
	struct store_call *call = load_call(load, &store_list_finish, on_finish);
	struct store_list_finish_in *in = call->in;

	in->channel = load->channel->channel->name;
	in->generation = load->generation;
	in->progress = *progress;
	store_submit(call);
}

/* The list's end: what was stored must be what was scanned. */
static void list_end(struct load *load)
{
	struct error err;

	if (memcmp(load->running, load->hash, sizeof(load->hash)) == 0) {
		finish_submit(load, &(struct store_list_progress){0});
		return;
	}
	error_set(&err, ERROR_TEMPORARY, "%s changed while it was read", load->channel->csv);
	load_postponed(load, &err);
}

static void on_page(struct store_call *call)
{
	struct load *load = call->ctx;

	if (load_answered(load, call)) {
		page_submit(load);
	}
}

static void page_submit(struct load *load)
{
	struct store_call *call =
		store_call_create(load->lists->params.store, &store_list_page, on_page, load);
	struct store_list_page_in *in = call->in;
	struct store_list_item *items = NULL;
	struct error err;

	if (!source_page(load, call->arena, &items, &in->count, &err)) {
		store_call_discard(&call);
		load_failed(load, &err);
		return;
	}
	if (in->count == 0) {
		store_call_discard(&call);
		list_end(load);
		return;
	}
	in->channel = load->channel->channel->name;
	in->generation = load->generation;
	in->items = items;
	load->lists->calls++;
	store_submit(call);
}

/* --- begin --- */

static void on_begin(struct store_call *call)
{
	struct load *load = call->ctx;
	const struct store_list_begin_out *out = call->out;
	struct error err;

	if (!load_answered(load, call)) {
		return;
	}
	load->generation = out->generation;
	if (out->is_same) {
		load->recipients = out->recipients;
		note_health(load, NULL);
		load_end(load, LOAD_DONE);
		return;
	}
	if (!source_open(load, &err)) {
		load_failed(load, &err);
		return;
	}
	page_submit(load);
}

static void begin_submit(struct load *load)
{
	struct store_call *call = load_call(load, &store_list_begin, on_begin);
	struct store_list_begin_in *in = call->in;

	in->channel = load->channel->channel->name;
	memcpy(in->source_hash, load->hash, sizeof(in->source_hash));
	in->now_utc_ms = clock_utc_ms(loop_clock(load->lists->params.loop));
	store_submit(call);
}

/* --- scanning --- */

static void scan(void *arg)
{
	AUTO(arena) struct arena *arena = arena_create();
	struct load *load = arg;
	struct store_list_item *items;
	size_t count;
	struct error err;

	if (load->is_replaced || load->lists->is_stopped) {
		load_end(load, LOAD_FAILED);
	} else if (!source_page(load, arena, &items, &count, &err)) {
		load_failed(load, &err);
	} else if (count > 0) {
		loop_defer(load->lists->params.loop, scan, load);
	} else {
		memcpy(load->hash, load->running, sizeof(load->hash));
		recipients_close(&load->source);
		begin_submit(load);
	}
}

/* --- all of them --- */

static void load_start(struct load *load)
{
	struct error err;

	load->state = LOAD_RUNNING;
	load->lists->running++;
	if (source_open(load, &err)) {
		loop_defer(load->lists->params.loop, scan, load);
	} else {
		load_failed(load, &err);
	}
}

static void start_some(struct lists *lists)
{
	if (lists->is_stopped || lists->is_starting) {
		return;
	}
	lists->is_starting = true; /* a load that fails at once comes back here */
	LIST_FOR_EACH (node, &lists->loads) {
		struct load *load = LIST_ENTRY(node, struct load, link);

		if (lists->running == LOADS_MAX || load->state == LOAD_DONE ||
		    load->state == LOAD_FAILED) {
			break;
		}
		if (load->state == LOAD_WAITING && !load->is_replaced &&
		    !runq_is_scheduled(&load->again)) {
			load_start(load);
		}
	}
	lists->is_starting = false;
}

struct lists *lists_create(const struct lists_params *params)
{
	struct lists *lists = xcalloc(1, sizeof(*lists));

	lists->params = *params;
	list_init(&lists->loads);
	return lists;
}

/* Those that run end by themselves at their next step. */
static void replace_all(struct lists *lists)
{
	LIST_FOR_EACH (node, &lists->loads) {
		struct load *load = LIST_ENTRY(node, struct load, link);

		load->is_replaced = true;
		if (load->state != LOAD_RUNNING) {
			load_destroy(load);
		}
	}
}

void lists_destroy(struct lists **lists)
{
	if (*lists == NULL) {
		return;
	}
	LIST_FOR_EACH (node, &(*lists)->loads) {
		load_destroy(LIST_ENTRY(node, struct load, link));
	}
	free(*lists);
	*lists = NULL;
}

void lists_use(struct lists *lists, struct settings *settings)
{
	replace_all(lists);
	lists->is_settled = false;
	for (size_t i = 0; i < settings->directory.channel_count; i++) {
		struct load *load;

		if (settings->channels[i].channel->mode == CHANNEL_OFF) {
			continue;
		}
		load = xcalloc(1, sizeof(*load));
		load->lists = lists;
		load->settings = settings_ref(settings);
		load->channel = &settings->channels[i];
		load->state = LOAD_WAITING;
		load->recipients = -1;
		runq_item_init(&load->again, on_again, load);
		list_append(&lists->loads, &load->link);
		lists->open++;
	}
	start_some(lists);
	settle(lists); /* there may be none */
}

bool lists_are_settled(const struct lists *lists)
{
	return lists->is_settled;
}

size_t lists_under_way(const struct lists *lists)
{
	return lists->calls;
}

void lists_stop(struct lists *lists)
{
	lists->is_stopped = true;
}

int64_t lists_recipients(const struct lists *lists, const char *channel)
{
	LIST_FOR_EACH (node, &lists->loads) {
		const struct load *load = LIST_ENTRY(node, struct load, link);

		if (!load->is_replaced && strcmp(load->channel->channel->name, channel) == 0) {
			return load->recipients;
		}
	}
	return -1;
}
