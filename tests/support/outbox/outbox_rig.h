/*
 * A whole sending side for tests: an inline store on a temporary database, real settings read from
 * files, the real channel set with mock plugins, and the outbox, under a fake clock. Alerts are
 * made with the store's own ops; their bodies say which version they are ("version 1", "end
 * resolved").
 *
 * A crash is a copy of the database's files as they stand, opened by a fresh daemon: what was not
 * committed is lost, what was on the wire stays in the mock's ledger.
 */
#ifndef ASTRAD_TESTS_OUTBOX_RIG_H
#define ASTRAD_TESTS_OUTBOX_RIG_H

#include "base/health.h"
#include "channel/plugin.h"
#include "channel/set.h"
#include "mock_channel.h"
#include "outbox/outbox.h"
#include "settings/settings.h"
#include "store/alert.h"
#include "store_rig.h"

#define RIG_CHANNELS_MAX 600

struct rig_channel {
	const char *name;
	size_t recipients;   /* 0 = `mock`; else `mocklist` with so many: r0, r1 ... */
	const char *partner; /* or NULL */
	int in_flight;       /* 0 = 8 */
	const char *fallback;
};

struct rig_spec {
	const struct rig_channel *channels;
	size_t channel_count;
	int in_flight; /* of the daemon; 0 = 256 */
};

struct outbox_rig {
	struct store_rig store;
	struct rig_spec spec;
	char config[96]; /* folder */
	struct plugin_set *plugins;
	struct channel_set *set;
	struct settings *settings;
	struct health *health;
	struct outbox *outbox;
	struct mock_ledger ledger;
	struct id case_id;
	int64_t truth_version;
	int ready, pages, denials, deads, drained;
	char page_reason[64];
	char dead_channel[64];
	size_t dead_alerts;
};

/* Everything up to outbox_start and ready. */
void outbox_rig_init(struct outbox_rig *rig, const struct rig_spec *spec);
/* Store and files without the sending side; then start and stop it. */
void outbox_rig_prepare(struct outbox_rig *rig, const struct rig_spec *spec);
void outbox_rig_open(struct outbox_rig *rig); /* as far as outbox_start, no turn yet */
void outbox_rig_start(struct outbox_rig *rig);
void outbox_rig_stop(struct outbox_rig *rig); /* gracefully */
/* The graceful stop begins; rig->drained says when it is through. */
void outbox_rig_drain(struct outbox_rig *rig);
void outbox_rig_finish(struct outbox_rig *rig);

/* Turns until nothing happens any more. */
void outbox_rig_settle(struct outbox_rig *rig);
/* Moves the clock in steps of at most a second, settling after each. */
void outbox_rig_pass(struct outbox_rig *rig, int64_t ms);
/* One turn of loop and store; false when nothing was done. */
bool outbox_rig_turn(struct outbox_rig *rig);
/* The daemon is gone without a word and starts again on what was committed. */
void outbox_rig_crash(struct outbox_rig *rig);
/* Rewrites a channel's file with another value of option `key` and reloads. */
void outbox_rig_reload(struct outbox_rig *rig, const char *channel, const char *key);

/* An alert approved for every channel of the spec (but fallbacks), then woken. */
struct id outbox_rig_alert(struct outbox_rig *rig);
/* Its next version, to the same channels. */
void outbox_rig_update(struct outbox_rig *rig, const struct id *alert, int version);
/* Marks, stores and settles. */
void outbox_rig_cancel(struct outbox_rig *rig, const struct id *alert);
void outbox_rig_suspend(struct outbox_rig *rig, const struct id *alert);
void outbox_rig_resume(struct outbox_rig *rig, const struct id *alert);
/* The store's part of the above, without the outbox. */
void outbox_rig_store_cancel(struct outbox_rig *rig, const struct id *alert);

/* Rows of the database by an SQL text that gives one number. */
int64_t outbox_rig_sql(struct outbox_rig *rig, const char *sql);
/* Changes the database behind the store's back. */
void outbox_rig_run_sql(struct outbox_rig *rig, const char *sql);
/* What must hold in every database, whatever happened to it. */
void outbox_rig_check(struct outbox_rig *rig);

#endif
