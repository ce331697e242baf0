/*
 * The circuit breaker of one endpoint. Pure: the caller gives time and chance, and keeps the text
 * of breaker_encode over restarts. DELIVERY section 3.
 *
 * closed: everything may go. It opens on consecutive failures, or when half or more of at least ten
 * attempts within a minute failed. open: nothing goes until a time; rows wait and lose no attempt.
 * half open: exactly one probe at a time; two successes close it, one failure opens it for twice as
 * long (at most five minutes). Being throttled is no failure unless it happens ten times in a row.
 */
#ifndef ASTRAD_DOMAIN_BREAKER_H
#define ASTRAD_DOMAIN_BREAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"

#define BREAKER_FAILURES     5 /* consecutive; a channel's own in channel_limits */
#define BREAKER_THROTTLES    10
#define BREAKER_WINDOW_S     60
#define BREAKER_WINDOW_LEAST 10 /* attempts in the window before their share counts */
#define BREAKER_SUCCESSES    2
#define BREAKER_OPEN_MS      30000
#define BREAKER_OPEN_MAX_MS  300000
#define BREAKER_DEAD_MS      30000 /* open longer than this: the fallback channel takes over */
#define BREAKER_TEXT_BYTES   160

enum breaker_state { BREAKER_CLOSED = 1, BREAKER_OPEN, BREAKER_HALF_OPEN };

/* What an attempt says about the endpoint (domain/delivery.h decides it). */
enum breaker_event {
	BREAKER_NEUTRAL = 0, /* says nothing: cancelled, this recipient's own fault */
	BREAKER_SUCCESS,
	BREAKER_FAILURE,
	BREAKER_THROTTLE,
};

struct breaker_limits {
	int64_t failures; /* 0 = BREAKER_FAILURES */
	int64_t open_ms;  /* first opening; 0 = BREAKER_OPEN_MS */
};

/* Read state and times; the rest is private. */
struct breaker {
	enum breaker_state state;
	int64_t open_until_utc_ms;   /* BREAKER_OPEN: when a probe may go */
	int64_t opened_utc_ms;       /* when it left closed; 0 while closed */
	int64_t last_success_utc_ms; /* 0 = never */
	int64_t open_ms;             /* length of the present opening, without jitter */
	int failures_in_row;
	int throttles_in_row;
	int successes; /* half open */
	bool is_probing;
	int64_t window_end_s;                /* second of the newest slot */
	uint16_t attempts[BREAKER_WINDOW_S]; /* by second modulo the window */
	uint16_t failures[BREAKER_WINDOW_S];
};

void breaker_init(struct breaker *breaker); /* closed */

enum breaker_gate {
	BREAKER_PASS = 1, /* start as many as you like */
	BREAKER_PROBE,    /* start exactly one, report it with is_probe */
	BREAKER_WAIT,     /* none now: see breaker_due_utc_ms */
};
/* What may start now. BREAKER_PROBE takes the probe: it must be reported or given back. */
enum breaker_gate breaker_ask(struct breaker *breaker, int64_t now_utc_ms);
/* As breaker_ask without taking the probe. */
enum breaker_gate breaker_peek(const struct breaker *breaker, int64_t now_utc_ms);
/* The probe was never started. */
void breaker_give_back(struct breaker *breaker);
/* When breaker_ask may stop answering BREAKER_WAIT; INT64_MAX = when the probe is reported. */
int64_t breaker_due_utc_ms(const struct breaker *breaker);

/* One attempt as it ended. */
struct breaker_report {
	enum breaker_event event;
	bool is_probe;
	int64_t now_utc_ms;
};
/* True when the state changed: persist it and tell who asked. limits may be NULL. */
bool breaker_record(struct breaker *breaker, const struct breaker_report *report,
		    const struct breaker_limits *limits, struct rng *rng);
/* Closes it: an operator resumed the channel, or its secret or address changed. */
void breaker_reset(struct breaker *breaker);
/* Not closed for longer than BREAKER_DEAD_MS. */
bool breaker_is_dead(const struct breaker *breaker, int64_t now_utc_ms);

const char *breaker_state_name(enum breaker_state state) RETURNS_NONNULL;
/* The window of the last minute is not kept. A probe that was out is forgotten. */
void breaker_encode(const struct breaker *breaker, char out[BREAKER_TEXT_BYTES]);
bool breaker_decode(const char *text, struct breaker *ret_breaker) MUST_USE;

#endif
