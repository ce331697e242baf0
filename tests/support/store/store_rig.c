/* See store_rig.h. The rig's clock stands; waiting is turning the loop, never sleeping for luck. */
#include "store_rig.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

#define START_UTC_MS 1795449600000 /* 2026-11-23T16:00:00Z */
#define WAIT_TURNS   30000

static void on_fatal(const char *why, void *arg)
{
	struct store_rig *rig = arg;

	rig->fatal_calls++;
	(void)snprintf(rig->fatal_why, sizeof(rig->fatal_why), "%s", why);
}

void store_rig_prepare(struct store_rig *rig, bool is_inline)
{
	struct error err;

	memset(rig, 0, sizeof(*rig));
	temp_dir_create(&rig->dir);
	(void)snprintf(rig->path, sizeof(rig->path), "%s/astrad.db", rig->dir.path);
	(void)snprintf(rig->key_file, sizeof(rig->key_file), "%s/cases.key", rig->dir.path);
	(void)snprintf(rig->key_copy, sizeof(rig->key_copy), "%s/copy.key", rig->dir.path);
	clock_fake_init(&rig->clock, START_UTC_MS);
	rig->clock.synchronised = true;
	rig->loop = loop_create(&rig->clock.clock, &err);
	assert(rig->loop != NULL);
	rig->config = (struct store_config){
		.path = rig->path,
		.key_file = rig->key_file,
		.key_copy = rig->key_copy,
		.environment = "training",
		.clock = &rig->clock.clock,
		.loop = rig->loop,
		.is_inline = is_inline,
		.on_fatal = on_fatal,
		.on_fatal_arg = rig,
	};
	memset(rig->config.master_key.bytes, 0x2a, sizeof(rig->config.master_key.bytes));
}

static void must(bool ok, const struct error *err)
{
	if (!ok) {
		(void)fprintf(stderr, "store rig: %s\n", err->text);
		abort();
	}
}

void store_rig_init(struct store_rig *rig, bool is_inline)
{
	struct error err = {0};

	store_rig_prepare(rig, is_inline);
	must(store_init(&rig->config, &err), &err);
	store_rig_open(rig);
}

void store_rig_open(struct store_rig *rig)
{
	struct error err = {0};

	rig->store = store_open(&rig->config, &err);
	must(rig->store != NULL, &err);
}

void store_rig_close(struct store_rig *rig)
{
	store_close(&rig->store);
}

void store_rig_reopen(struct store_rig *rig)
{
	store_rig_close(rig);
	store_rig_open(rig);
}

void store_rig_finish(struct store_rig *rig)
{
	store_close(&rig->store);
	arena_destroy(&rig->kept);
	loop_destroy(&rig->loop);
	temp_dir_destroy(&rig->dir);
}

struct waiting {
	struct store_rig *rig;
	struct store_rig_answer answer;
	void *out;
	size_t out_size;
	int done;
};

static void on_done(struct store_call *call)
{
	struct waiting *waiting = call->ctx;

	waiting->answer = (struct store_rig_answer){call->ok, call->replayed, call->err};
	assert(waiting->out_size <= call->op->out_size);
	if (waiting->out != NULL) {
		memcpy(waiting->out, call->out, waiting->out_size);
	}
	arena_destroy(&waiting->rig->kept);
	waiting->rig->kept = store_call_take_arena(call); /* what out points to outlives it */
	waiting->done = 1;
}

struct store_call *store_rig_call(struct store_rig *rig, const struct store_op *op)
{
	return store_call_create(rig->store, op, on_done, NULL);
}

void store_rig_wait(struct store_rig *rig, const int *flag, int until)
{
	for (int turns = 0; *flag < until; turns++) {
		assert(turns < WAIT_TURNS);
		if (rig->config.is_inline) {
			(void)store_pump(rig->store);
		} else if (!loop_turn(rig->loop)) {
			/* the answer comes from another thread: give it the processor */
			(void)poll(NULL, 0, 1);
		}
	}
}

struct store_rig_answer store_rig_run(struct store_rig *rig, struct store_call *call, void *out,
				      size_t out_size)
{
	struct waiting waiting = {.rig = rig, .out = out, .out_size = out_size};

	call->ctx = &waiting;
	store_submit(call);
	store_rig_wait(rig, &waiting.done, 1);
	return waiting.answer;
}
