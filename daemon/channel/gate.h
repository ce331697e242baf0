/*
 * The gate in front of a channel's endpoint: slots in flight, rate, breaker and suspension, kept by
 * the channel's name over every instance of it. The pure parts are domain/breaker.h, domain/rate.h
 * and domain/delivery.h; this file gives them time, chance and a wake-up. Meaning of each call: see
 * the channel_* functions of channel/host.h that pass through.
 */
#ifndef ASTRAD_CHANNEL_GATE_H
#define ASTRAD_CHANNEL_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/loop.h"
#include "channel/host.h"
#include "domain/breaker.h"
#include "domain/directory.h"
#include "domain/message.h"

struct gate;

struct gate_events {
	/* Both come from the loop, never from within a call of this header. */
	void (*changed)(struct gate *gate, void *arg);
	void (*ready)(struct gate *gate, void *arg);
	void *arg;
};

/* rng and loop outlive the gate. */
struct gate *gate_create(const char *name, struct loop *loop, struct rng *rng,
			 const struct gate_events *events) RETURNS_NONNULL;
void gate_destroy(struct gate **gate);
/* The arg of its events. */
void *gate_owner(const struct gate *gate);
const char *gate_name(const struct gate *gate) RETURNS_NONNULL;
void gate_rename(struct gate *gate, const char *name);

/* A new instance's limits count from now on. batch_max: the plugin's, 0 = none. */
void gate_configure(struct gate *gate, const struct channel_limits *limits, size_t batch_max);
void gate_restore(struct gate *gate, const struct channel_state *state);

size_t gate_capacity(struct gate *gate, enum message_class class_of);
int64_t gate_next_boot_ms(struct gate *gate, enum message_class class_of);
void gate_claim(struct gate *gate, size_t n);
void gate_release(struct gate *gate, size_t n);
size_t gate_claimed(const struct gate *gate);

/* A claimed send starts. True: it is the breaker's probe. */
bool gate_start(struct gate *gate);
/* It ended. */
void gate_record(struct gate *gate, enum astrad_outcome outcome, bool is_probe);
/* Sends the host gave up and the plugin still holds take their slots with them. */
void gate_linger(struct gate *gate, ptrdiff_t change);

void gate_suspend(struct gate *gate, enum channel_cause cause);
void gate_resume(struct gate *gate);
void gate_get_state(const struct gate *gate, struct channel_state *ret_state);

#endif
