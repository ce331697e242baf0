/*
 * Plugins that do just what a test tells them. mock_obedient and its like are registered with
 * plugin_register or given to the set directly; the shared modules mock_abi.c .. are for the
 * loader.
 */
#ifndef ASTRAD_TESTS_CHANNEL_MOCK_H
#define ASTRAD_TESTS_CHANNEL_MOCK_H

#include "astrad_channel.h"

enum mock_send {
	MOCK_KEEPS, /* does nothing: the test completes it, or nobody */
	MOCK_DONE,  /* completes within send() */
	MOCK_DONE_TWICE,
	MOCK_DONE_BY_TIMER,
	MOCK_BAD_OUTCOME,
};

enum mock_cancel {
	MOCK_STOPS, /* done(CANCELLED) within cancel() */
	MOCK_STOPS_MAYBE,
	MOCK_IGNORES,
};

#define MOCK_SENDS_MAX 64

/* One for all instances; mock_reset before each test. */
struct mock {
	enum mock_send send;
	enum mock_cancel cancel;
	int outcome; /* of MOCK_DONE, MOCK_DONE_TWICE, MOCK_DONE_BY_TIMER */
	int on_wire;
	int refuses; /* create() */
	/* what happened */
	const struct astrad_services *services;
	void *host; /* of the newest instance */
	const struct astrad_value *values;
	int created, destroyed, sends, cancels;
	const struct astrad_delivery *deliveries[MOCK_SENDS_MAX];
	void *hosts[MOCK_SENDS_MAX]; /* the instance each went to */
	int leaves_timer;            /* destroy() forgets a timer and a watch */
};

extern struct mock mock;
extern const struct astrad_channel mock_channel;
/* The same without on_wire. */
extern const struct astrad_channel mock_plain;

void mock_reset(void);
/* Completes the i-th send. */
void mock_done(int i, int outcome);

#endif
