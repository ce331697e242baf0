/*
 * The astrad channel ABI, version 1. C99 and libc headers only: this file is all a plugin sees of
 * the daemon.
 *
 * A plugin is a shared object with one const data symbol `astrad_channel` of type struct
 * astrad_channel. Fields are only ever appended; `abi` and `size` come first, so either side can
 * tell what the other knows. Everything is called on the daemon's one event-loop thread and must
 * return within 20 ms: no blocking call, no thread. What takes longer goes through the services
 * (http, watch_fd, timer). Strings are UTF-8, zero-terminated, borrowed until the call returns
 * unless said otherwise. Times are milliseconds. A plugin never renders: the daemon renders for the
 * medium it declares.
 */
#ifndef ASTRAD_CHANNEL_H
#define ASTRAD_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#define ASTRAD_CHANNEL_ABI 1u

enum astrad_medium {
	ASTRAD_MEDIUM_JSON = 1, /* the webhook body of CONTRACT section 5 */
	ASTRAD_MEDIUM_SMS = 2,
	ASTRAD_MEDIUM_EMAIL = 3,
	ASTRAD_MEDIUM_TEXT = 4,
	ASTRAD_MEDIUM_CAP = 5
};

/* How one attempt ended. The daemon decides what follows (retry, hold, fallback): see DELIVERY
 * outcome table in the webhook README. */
enum astrad_outcome {
	ASTRAD_DELIVERED = 1, /* the receiver has it */
	ASTRAD_ACCEPTED = 2,  /* a relay has taken responsibility */
	ASTRAD_RETRY = 3,     /* the receiver cannot have it; counts to the breaker */
	ASTRAD_UNCERTAIN = 4, /* it may have it; is resent under the same id */
	ASTRAD_THROTTLED = 5, /* told to slow down; retry_after_ms if it said how long; not a
				 breaker failure by itself */
	ASTRAD_SLOW_RETRY =
		6,          /* gateway trouble (502, 504): not before 60 s; counts to the breaker */
	ASTRAD_FIXABLE = 7, /* an operator must mend something (401, 403, 404, 3xx ...): few quick
			       tries, then held */
	ASTRAD_GONE = 8,    /* 410: the endpoint is suspended now */
	ASTRAD_SECURITY =
		9, /* certificate, refused address, missing key: fails closed, held at once */
	ASTRAD_REJECTED = 10,       /* this recipient for ever, not the channel's fault */
	ASTRAD_CANCELLED = 11,      /* after cancel(), nothing was written to the wire */
	ASTRAD_CANCELLED_MAYBE = 12 /* after cancel(), something may have arrived */
};

/* Option rows are checked by the daemon like its own settings, with file, line and column. */
enum astrad_option_type {
	ASTRAD_OPTION_STRING = 1,
	ASTRAD_OPTION_INT = 2,
	ASTRAD_OPTION_BOOL = 3,
	ASTRAD_OPTION_DURATION = 4, /* "15s"; the plugin gets milliseconds */
	ASTRAD_OPTION_PATH = 5,     /* resolved against astrad.yaml's folder */
	ASTRAD_OPTION_STRINGS = 6,  /* a list of strings (one string is a list of one) */
	ASTRAD_OPTION_SECRET = 7, /* {file|env|credential: X}; the plugin gets the content without a
				     final newline */
	ASTRAD_OPTION_SECRETS = 8,      /* one or a list of them, newest first */
	ASTRAD_OPTION_URLS = 9,         /* a list of absolute http(s) URLs */
	ASTRAD_OPTION_ENUM = 10,        /* one word of `choices` */
	ASTRAD_OPTION_FILE = 11,        /* as PATH, and the file must be there and readable */
	ASTRAD_OPTION_CERTIFICATES = 12 /* as FILE; a warning when it holds no certificate in PEM
					   that is valid now */
};

struct astrad_option {
	const char *name;
	enum astrad_option_type type;
	int required;
	int64_t min, max; /* INT, DURATION (ms); length of STRING; count of lists. Both 0: the
			     type's own bounds */
	const char *default_value; /* as written in YAML; NULL = none */
	const char *choices;       /* ENUM: words parted by '|' */
	int restart;               /* 1: a change needs a restart; 0: live */
	const char *help;
};

/* The checked value of option i of the plugin's table. Borrowed from the daemon until destroy()
 * returns. */
struct astrad_value {
	int is_set;
	int64_t number;           /* INT, BOOL, DURATION */
	const char *text;         /* STRING, PATH, FILE, CERTIFICATES, ENUM, SECRET */
	const char *const *texts; /* STRINGS, SECRETS, URLS */
	size_t text_count;
};

struct astrad_bytes {
	const void *data;
	size_t len;
};

/* What one HTTP exchange gives. Borrowed until the callback returns. */
struct astrad_http_answer {
	int outcome; /* 0: a complete status line and head came. Else an astrad_outcome: RETRY,
			UNCERTAIN or SECURITY */
	int status;  /* the HTTP status when outcome is 0 */
	int64_t retry_after_ms; /* parsed Retry-After (seconds or HTTP-date), -1 = none */
	int64_t latency_ms;
	struct astrad_bytes body; /* its start, bounded */
	const char *error;        /* short words without personal data when outcome is not 0 */
};

struct astrad_http_request {
	const char *method; /* "POST" */
	const char *url;
	const char *const *headers;                  /* "name: value", NULL-terminated */
	struct astrad_bytes body;                    /* borrowed until the answer */
	const char *ca;                              /* PEM file or NULL = system */
	const char *client_certificate, *client_key; /* PEM file; PEM text; NULL = none */
	int allow_http;
	int64_t connect_timeout_ms, total_timeout_ms; /* 0 = the daemon's defaults (5 s, 15 s) */
};

/* watch_fd: wanted, and what came. */
enum { ASTRAD_READ = 1, ASTRAD_WRITE = 2 };

struct astrad_timer;
struct astrad_watch;
struct astrad_http;

/* One thing to send. Borrowed until done() is called for it. */
struct astrad_delivery {
	uint64_t token;           /* names this attempt in done() and cancel() */
	const char *message_id;   /* stable over retries, URLs, channels: the receiver's idempotency
				     key (UUID) */
	const char *delivery_ref; /* this row, for logs */
	const char *recipient;    /* stable id of the recipient in its list */
	const char *address;
	struct astrad_bytes
		body;        /* rendered for the medium, per-recipient parts already spliced in */
	const char *variant; /* id of the rendered variant */
	int attempt;         /* 1.. */
	int is_probe;        /* 1: a channel.ping */
};

struct astrad_result {
	int outcome;               /* enum astrad_outcome */
	int status;                /* protocol status (HTTP) or 0 */
	int64_t retry_after_ms;    /* -1 = none */
	const char *provider_ref;  /* the gateway's id of it, or NULL */
	const char *detail;        /* short words for the operator, no personal data */
	struct astrad_bytes reply; /* start of the reply, bounded by the daemon; may be empty */
};

/* What the daemon does for a plugin. `host` is the handle given to create(). */
struct astrad_services {
	uint32_t abi, size;
	void (*log)(void *host, int level,
		    const char *text); /* level 3 error .. 7 debug; no personal data */
	int64_t (*now_utc_ms)(void *host);
	int64_t (*now_boot_ms)(void *host);
	void (*random)(void *host, void *out, size_t len);
	struct astrad_timer *(*timer)(void *host, int64_t delay_ms, void (*fn)(void *arg),
				      void *arg);
	void (*timer_cancel)(void *host, struct astrad_timer *timer);
	struct astrad_watch *(*watch_fd)(void *host, int fd, int what,
					 void (*fn)(int fd, int what, void *arg), void *arg);
	void (*watch_cancel)(void *host, struct astrad_watch *watch);
	/* The answer comes exactly once, never from within this call, unless cancelled. NULL: the
	 * plugin holds too many timers, watches and requests already; no answer comes. The same
	 * goes for timer and watch_fd. */
	struct astrad_http *(*http)(void *host, const struct astrad_http_request *request,
				    void (*fn)(const struct astrad_http_answer *answer, void *arg),
				    void *arg);
	/* 1: something may have been written to the wire; 0: nothing was. The callback does not
	 * come. */
	int (*http_cancel)(void *host, struct astrad_http *http);
	void (*hmac_sha256)(void *host, struct astrad_bytes key, const struct astrad_bytes *parts,
			    size_t count, uint8_t out[32]);
	int (*ed25519)(void *host, const uint8_t seed[32], struct astrad_bytes text,
		       uint8_t out[64]); /* 0 = signed */
	/* Ends one send(). Everything in `result` is copied. Exactly once per token; a second call
	 * is contained, counted and logged. May be called from within send(). */
	void (*done)(void *host, uint64_t token, const struct astrad_result *result);
	/* 1: the whole request has left and its answer is awaited: see on_wire below. After 1 it is
	 * not written again, not even on another connection. */
	int (*http_on_wire)(void *host, const struct astrad_http *http);
	/* Reserved for inbound receipts (SMS, mail). */
	void (*receipt)(void *host, const char *provider_ref, int outcome);
};

struct astrad_channel {
	uint32_t abi;        /* ASTRAD_CHANNEL_ABI */
	uint32_t size;       /* sizeof(struct astrad_channel) */
	const char *name;    /* the word after `plugin:` */
	const char *summary; /* one line for the reference */
	enum astrad_medium medium;
	const struct astrad_option *options; /* ends with a row whose name is NULL */
	int takes_recipients; /* 1: the channel file has `recipients:`; 0: the plugin is one
				 recipient itself (its partner) */
	/* A configured channel. Returns NULL and writes why (for file:line output) when the options
	 * cannot work together. */
	void *(*create)(const struct astrad_services *services, void *host,
			const struct astrad_value *options, char *why, size_t why_size);
	void (*destroy)(
		void *channel); /* every send was done or cancelled before; NULL is never given */
	/* Starts one attempt; ends in services->done(), at the latest after limits.timeout plus the
	 * connect timeout for each URL of the channel's longest URLS option (one if it has none)
	 * and 5 s: then the daemon ends it as UNCERTAIN and marks the plugin as misbehaving.
	 * `delivery` stays valid until done() all the same. */
	void (*send)(void *channel, const struct astrad_delivery *delivery);
	/* Stop this attempt now; done(CANCELLED or CANCELLED_MAYBE) must follow within the call. */
	void (*cancel)(void *channel, uint64_t token);
	unsigned batch_max; /* sends the daemon may start in one turn; 0 = no bound of its own */
	/* Optional: refuses or accepts options before anything runs (no I/O); NULL = create
	 * decides. 0 = fine. */
	int (*check)(const struct astrad_value *options, char *why, size_t why_size);
	/* Optional, asked at a stop: 1 when all of this attempt is with the receiver's side and
	 * only its answer is awaited, so that the stop may wait a second for the truth; 0 when it
	 * must be cut now, before more bytes leave. After 1 the plugin sends nothing more for this
	 * attempt, whatever the answer is. NULL = 0. */
	int (*on_wire)(void *channel, uint64_t token);
};

/* The one symbol of a plugin; seen from outside also where it is built with hidden visibility. */
__attribute__((visibility("default"))) extern const struct astrad_channel astrad_channel;

#endif
