/*
 * A channel set under a clock that stands, with mock plugins (mock.h): what the tests of gate, host
 * and set share. Nothing waits; rig_step moves time and runs what is due.
 */
#ifndef ASTRAD_TESTS_CHANNEL_RIG_H
#define ASTRAD_TESTS_CHANNEL_RIG_H

#include "base/clock.h"
#include "base/health.h"
#include "base/loop.h"
#include "channel/set.h"
#include "mock.h"

#define RIG_UTC_MS INT64_C(1795447867000)

struct rig {
	struct clock_fake clock;
	struct loop *loop;
	struct health *health;
	struct channel_set *set;
	struct channel channel;
	int changes; /* events of the set */
	int readies;
	char changed_name[32];
	struct channel_state changed;
};

/* What became of one send. */
struct rig_end {
	int count; /* done callbacks: 1 when all is well */
	enum astrad_outcome outcome;
	int status;
	int64_t retry_after_ms;
	int64_t latency_ms;
	bool is_forced;
	char detail[200];
	char provider_ref[200];
	size_t reply_bytes;
};

/* cmocka setup and teardown; *state is a struct rig with the channel "mup" in place. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* A reload to exactly rig->channel with this plugin. */
void rig_use(struct rig *rig, const struct astrad_channel *plugin);
struct channel_host *rig_host(struct rig *rig);
/* Claims a slot and sends. The slot stays claimed: see channel_release. */
struct channel_call *rig_send(struct rig *rig, struct rig_end *end);
/* Turns until nothing is left to do. */
void rig_turn(struct rig *rig);
/* Moves the clock and turns. */
void rig_step(struct rig *rig, int64_t ms);
/* Claims, sends and ends n sends with the outcome, and gives the slots back. */
void rig_fail(struct rig *rig, int n, int outcome);
struct channel_state rig_state(struct rig *rig);

#endif
