/*
 * Notices: messages without an alert version. They hold ids, states and counts, no case data, and
 * are stored in clear as one blob that has the message for every medium. Pure. CONTRACT section 5.
 */
#ifndef ASTRAD_DOMAIN_NOTICE_H
#define ASTRAD_DOMAIN_NOTICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "domain/directory.h"
#include "domain/render.h"
#include "domain/states.h"

enum notice_type {
	NOTICE_APPROVAL_WAITING = 1, /* to channels of tier internal only, without seq */
	NOTICE_ESCALATION,
	NOTICE_CHANNEL_DEAD,
	NOTICE_EXHAUSTED,
	NOTICE_ACKNOWLEDGED, /* alert.acknowledged, alert.ack_expiring: to partners, with seq */
	NOTICE_ACK_EXPIRING,
	NOTICE_PING, /* channel.ping */
};

/* What a notice tells; what does not apply is 0 or NULL. */
struct notice {
	enum notice_type type;
	enum alert_status status; /* of the alert; for a ping what the channel is for */
	const char *alert;        /* id as text */
	const char *ref;
	int version;
	enum tier tier;
	int minutes_waiting; /* since submit or approval */
	const char *reason;  /* a word: rung name, "no_ack", "breaker_open", "gone" */
	const char *channel; /* NOTICE_CHANNEL_DEAD */
	bool is_delayed;     /* fired late because the daemon was down */
	/* NOTICE_ACKNOWLEDGED, NOTICE_ACK_EXPIRING */
	const char *ack;
	const char *partner; /* who has it; NULL = the hotline itself */
	int64_t lease_utc_ms;
};

/* "notice.exhausted"; with "exercise." or "test." in front for the types partners get. */
void notice_type_name(enum notice_type type, enum alert_status status, char out[RENDER_TYPE_BYTES]);
/* Adds the blob. Texts are in the hotline's languages. */
void notice_render(const struct notice *notice, const struct directory *directory, struct buf *out);
/* The message for a medium, from the blob; bytes are borrowed from it. For render_splice. */
bool notice_pick(struct bytes blob, enum medium medium, struct arena *arena,
		 struct rendered *ret_rendered, struct error *err) MUST_USE;

#endif
