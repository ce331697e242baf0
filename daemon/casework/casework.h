/*
 * Casework: one function per action, no HTTP in it. The domain decides, one typed store call
 * commits, app's callbacks wake the outbox and escalation. All calls and callbacks run in the
 * loop's thread; a done callback comes exactly once, never from within the call that asked for it.
 *
 * Files: cases.h (reports, cases, notes, holds, search), people.h (persons, tokens), alert.h
 * (draft, preview, submit, approve, return, reject, withdraw, update), stop.h (cancel, suspend,
 * close, expire), ack.h.
 */
#ifndef ASTRAD_CASEWORK_CASEWORK_H
#define ASTRAD_CASEWORK_CASEWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/loop.h"
#include "domain/outcome.h"
#include "domain/states.h"
#include "store/store.h"

struct problems; /* domain/problem.h */
struct settings; /* settings/settings.h */

/* Who acts. Rules about two persons compare `person`, across all its tokens. */
struct actor {
	const char *person;  /* person id, "unix:LOGIN"; NULL for a partner */
	const char *partner; /* partner id, or NULL */
	enum role role;
};

/* What every action takes beside its own struct; borrowed until the action returns. */
struct action {
	struct actor actor;
	struct store_idempotency idempotency;
	const char *route; /* for audit entries of reads: "GET /v1/cases/{id}" */
};

/* What every action gives. Borrowed until the done callback returns. */
struct action_result {
	bool ok;
	bool replayed;
	struct error err;                /* when !ok */
	const struct problems *problems; /* field errors of an ERROR_INVALID; may be NULL */
	const struct outcome *outcome;   /* when ok, or for a stored ERROR_CONFLICT */
	struct bytes body; /* for reads: complete JSON; for a page: the array of its items */
	bool is_page;      /* intake answers {items, next} */
	const char *next;  /* of a page: key of the last item when more follow, or NULL */
	int64_t etag;      /* 0 = none */
};

typedef void action_done(const struct action_result *result, void *arg);

/* App's callbacks to the rooms above. Each may be NULL in tests. */
struct casework_wake {
	void (*broadcasts)(void *arg); /* broadcasts were committed: claim pages */
	void (*resumed)(void *arg);    /* a suspended alert goes on: claim what it left */
	void (*timers)(void *arg);     /* timer rows changed: look again for the next due */
	/*
	 * Before a stop is stored: from this turn on no byte of the alert leaves. The mark stays
	 * until stop_settled says the stop is stored; when storing failed it stays and the alarm
	 * sounds.
	 */
	void (*stop_mark)(const struct id *alert, void *arg);
	void (*stop_settled)(const struct id *alert, bool is_stored, void *arg);
	void (*tokens)(void *arg); /* persons or tokens changed: intake's table is stale */
	void *arg;
};

struct casework;

/* Borrows store and loop; they outlive it. */
struct casework *casework_create(struct store *store, struct loop *loop,
				 const struct casework_wake *wake) RETURNS_NONNULL;
void casework_destroy(struct casework **casework); /* no action may be under way */
/* The snapshot new actions decide by; takes a reference. Every preview made by an older one is
 * stale from here. */
void casework_use_settings(struct casework *casework, struct settings *settings);
/* The boot this process runs in (none: timers go by the wall clock alone). */
void casework_use_boot(struct casework *casework, const struct id *boot_id);
size_t casework_under_way(const struct casework *casework);

#endif
