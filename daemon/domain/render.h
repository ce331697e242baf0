/*
 * Rendered messages. A body is rendered once per version and variant and stored once; the few
 * values that differ per send (times, numbers) are no part of it but are inserted at recorded byte
 * offsets when it is sent. Offsets, not tokens: no text an operator types can forge one. At every
 * retry the values are equal, so the bytes are equal.
 *
 * Pure. CONTRACT section 5, EXAMPLES.
 */
#ifndef ASTRAD_DOMAIN_RENDER_H
#define ASTRAD_DOMAIN_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/id.h"
#include "domain/directory.h"
#include "domain/message.h"
#include "domain/states.h"

/* Stored: never renumber, only append. Times are in the receiver's zone. */
enum splice_kind {
	SPLICE_TIMESTAMP = 1, /* of the event, RFC 3339 */
	SPLICE_ISSUED_AT,     /* when the alert was first issued */
	SPLICE_EXPIRES_AT,
	SPLICE_END_AT,
	SPLICE_VERSION,      /* of a stop: known only when somebody stops */
	SPLICE_SEQ,          /* a number, or null for a channel without partner */
	SPLICE_EXPIRES_DATE, /* in texts: 24.11.2026 */
	SPLICE_EXPIRES_TIME, /* in texts: 16:31 */
	SPLICE_KIND_COUNT,
};

struct splice {
	size_t offset; /* the value goes before this byte; rising */
	enum splice_kind kind;
};

struct rendered {
	struct bytes bytes;
	const struct splice *splices;
	size_t splice_count;
};

struct splice_values {
	int64_t timestamp_utc_ms; /* of the event: equal at every retry */
	int64_t issued_utc_ms;
	int64_t expires_utc_ms;
	int64_t end_utc_ms;
	int version;
	int64_t seq;      /* 0 = null */
	const char *zone; /* the partner's timezone, else the hotline's */
	/* For the preview: timestamp, issued_at, end.at, a stop's version and seq stand as fixed
	 * placeholders, and so does an expiry that counts from approval (expires_utc_ms 0). */
	bool is_preview;
};

/* Adds the complete body. */
void render_splice(const struct rendered *rendered, const struct splice_values *values,
		   struct buf *out);

/* One blob, for the store to seal; several may be written one after the other. */
void render_serialise(const struct rendered *rendered, struct buf *out);
/* Reads one blob from the start of `blob`; bytes are borrowed from it, splices are the arena's.
 * ret_rest is what follows (may be NULL when nothing must follow). */
bool render_parse(struct bytes blob, struct arena *arena, struct rendered *ret_rendered,
		  struct bytes *ret_rest, struct error *err) MUST_USE;

/* --- what an alert says --- */

/* One case of the alert as this variant releases it: release_project's object. */
struct render_case {
	const char *ref;
	struct bytes released;
};

struct render_text {
	const char *language;
	const char *typed; /* the operator's text; NULL or "" = only the built-in phrases */
};

struct render_alert {
	const struct directory *directory;
	const char *alert; /* id as text */
	const char *ref;
	int version; /* ignored in an end: it is spliced */
	enum version_kind kind;
	enum alert_status status;
	enum tier tier;
	enum message message;            /* MESSAGE_VERSION or one of the ends */
	bool is_public;                  /* the variant's fields may be published */
	const struct render_case *cases; /* an end tells none */
	size_t case_count;
	uint64_t changed;
	uint64_t retracted;
	const struct render_text *texts; /* one a language of the variant, in its order */
	size_t text_count;
	const struct contact *contact; /* or NULL */
	struct words areas;
};

/* For MEDIUM_JSON the whole webhook body, else the texts as plain text. Memory is the arena's. */
void render_alert(const struct render_alert *alert, enum medium medium, struct arena *arena,
		  struct rendered *ret_rendered);

/* "exercise.alert.issued": what a webhook's `type` says. */
#define RENDER_TYPE_BYTES 64
void render_type(enum alert_status status, const char *type, char out[RENDER_TYPE_BYTES]);
/* alert.issued, alert.updated or alert.ended. */
const char *render_alert_type(enum version_kind kind, enum message message) RETURNS_NONNULL;

/*
 * What an older event shows after a newer version, an end or a purge: no case, no text, so that a
 * replay can never restart a dead alert.
 */
struct render_tombstone {
	enum alert_status status;
	const char *type; /* render_alert_type */
	const char *alert;
	const char *ref;
	int version;
	int64_t seq;
	int superseded_by;          /* 0 = not */
	enum end_reason end_reason; /* END_NONE = not ended */
};
void render_tombstone(const struct render_tombstone *tombstone, struct buf *out);

#endif
