/*
 * The store: all SQL and all database threads of the daemon. Other rooms hand it typed calls and
 * get typed answers in the loop's thread; they never see SQL, SQLite or a thread.
 *
 * A call is one struct store_op (a const in the header of the room's table file, e.g.
 * store_report_create in store/casefile.h) with its `in` and `out` structs beside it.
 * store_call_create gives a call whose `in` is zeroed: fill it with memory from call->arena, and
 * store_submit it; from then on the store owns it. Its `done` is called in the loop's thread,
 * exactly once, never from within store_submit: look at call->ok and call->out there; the call is
 * freed when done returns.
 *
 * Writes: one writer thread drains the queue by class, runs every waiting request in one
 * transaction, syncs once and posts all answers in one wake-up. `ok` means committed and synced. An
 * op's run function is pure: its input and the database decide; it may run twice; no clock, no
 * chance (both come in `in`). A failed run takes back what it wrote and nothing else; refuse before
 * the first write, for after it the whole batch runs again, each call in a savepoint. When SQLite
 * rolled back the whole transaction (sqlite3_get_autocommit), each request re-runs alone. A failed
 * COMMIT answers ERROR_TEMPORARY to the whole batch, closes the database and calls on_fatal: it is
 * never retried in place. The exception is a full disk: nothing was written, the batch is told, and
 * stops, acknowledgements and audited reads are stored on the reserve.
 *
 * Reads: ops with class STORE_READ run on reader threads, each with its own read-only handle, on a
 * snapshot. A read that opens personal data carries `audit`: its row joins the next batch and the
 * answer waits for it.
 */
#ifndef ASTRAD_STORE_STORE_H
#define ASTRAD_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/loop.h"
#include "base/secret.h"

struct store;
struct store_txn;

/* Queue classes, most urgent first; each has a share of a batch so that none starves. */
enum store_class {
	STORE_STOP, /* stops and acknowledgements: may use the reserve file when the disk is full */
	STORE_OPERATOR, /* what a person waits for */
	STORE_RESULT,   /* outcomes of sending */
	STORE_PAGE,     /* pages of a broadcast */
	STORE_KEEPING,  /* sweeps, retention, purge */
	STORE_READ,     /* reader threads */
	STORE_CLASS_COUNT,
};

struct store_op {
	const char *name; /* metric label and log word: "report_create" */
	enum store_class class_of;
	size_t in_size;
	size_t out_size;
	/* Runs in a store thread. `out` is zeroed before each run; memory of `out` comes from
	 * `arena`. */
	bool (*run)(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		    struct error *err);
	/* At most how many rows a call with this `in` is about, up to LIMIT_STORE_ROWS: a batch is
	 * planned by it. NULL = as its class is. */
	size_t (*rows)(const void *in);
};

/*
 * Idempotency-Key of a POST. The record {fingerprint, outcome} is written with what the
 * request writes and kept 72 h. Set `use` and the store looks for the record first: the same
 * fingerprint answers again with the stored outcome (replayed = true, run is not called), another
 * one fails with ERROR_REUSED. Kept for success and ERROR_CONFLICT, nothing else.
 */
struct store_idempotency {
	bool use;
	uint8_t scope[SECRET_HASH_BYTES];       /* HMAC of person, method, path, key */
	uint8_t fingerprint[SECRET_HASH_BYTES]; /* HMAC of the body */
	int64_t now_utc_ms;
};

/* What an audit row says. Text is ids, enums and hashes only; `note` is free text and is sealed
 * under note_case's key. */
struct store_audit {
	const char *action; /* "report.create", "alert.approve", "case.read" ... NULL = no entry */
	const char *person; /* person id, partner id, or "system" */
	struct id case_id;
	struct id alert_id;
	int version;
	const char *detail; /* ids and states: "route=GET /v1/cases/{id}" */
	const char *note;   /* sealed; needs case_id or alert_id */
	int64_t now_utc_ms;
};

struct store_call {
	struct store *store;
	const struct store_op *op;
	struct arena *arena; /* in, out and everything they point to */
	void *in;
	void *out;
	bool ok;
	bool replayed; /* answered from an idempotency record: `out` holds only its `struct outcome`
			*/
	struct error err; /* when !ok */
	struct store_idempotency idempotency;
	struct store_audit audit;
	void (*done)(struct store_call *call);
	void *ctx;               /* the caller's */
	struct store_call *next; /* private to the store */
};

struct store_call *store_call_create(struct store *store, const struct store_op *op,
				     void (*done)(struct store_call *call),
				     void *ctx) RETURNS_NONNULL;
/* Takes the call. A full queue answers ERROR_LIMIT through done, as every other failure. */
void store_submit(struct store_call *call);
/* Within done only: the call's memory (the call itself lives in it) outlives done; the caller
 * destroys the arena. */
struct arena *store_call_take_arena(struct store_call *call) RETURNS_NONNULL;
/* For a call that was created and never submitted. */
void store_call_discard(struct store_call **call);

struct store_config {
	const char *path; /* the SQLite file */
	const char *vfs;  /* NULL = default; a test names its own */
	const char *key_file;
	const char *key_copy;    /* NULL = none (settings check warns) */
	const char *environment; /* production | staging | training */
	struct secret_key master_key;
	const struct clock *clock;
	struct loop *loop; /* answers are posted here */
	bool is_inline;    /* no threads: store_submit queues, store_pump runs; for replay tests */
	/* COMMIT or sync failed: every waiting call was answered ERROR_TEMPORARY, the daemon must
	 * exit non-zero. Loop thread. */
	void (*on_fatal)(const char *why, void *arg);
	void *on_fatal_arg;
};

/* --init: makes key file (and copy) and an empty database; refuses when any of them exists. */
bool store_init(const struct store_config *config, struct error *err) MUST_USE;
/*
 * Opens and checks: the environment, schema (migrates an older one, refuses a newer), a foreign or
 * corrupt file, the key file and its master key id, the audit head. Clear text on refusal.
 */
struct store *store_open(const struct store_config *config, struct error *err) MUST_USE;
/*
 * Finishes what is queued, commits, checkpoints, stops the threads and closes the files; every call
 * is answered before it returns. The store can still be asked: what is submitted from now on is
 * refused with ERROR_TEMPORARY, through done, from the loop. So rooms that hold it are destroyed
 * after this and before store_close. NULL is fine, and so is a second time.
 */
void store_stop(struct store *store);
/* store_stop if it was not called, then frees. Whoever holds the store is gone. NULL is fine. */
void store_close(struct store **store);
/* Inline mode: runs what is queued as the threads would and delivers the answers. Returns the
 * number of calls answered. */
size_t store_pump(struct store *store);
/* Sub-key for other rooms' HMACs (idempotency, tokens), derived from the master key. */
void store_derive_key(const struct store *store, const char *label, struct secret_key *ret_key);

/* Ends writer's acceptance of new work except STORE_STOP and STORE_RESULT (graceful stop). */
void store_drain(struct store *store);
size_t store_queued(const struct store *store);

/* For /readyz and the hourly log line. */
struct store_status {
	bool can_write;  /* the last write was not refused by the disk: reports can be stored */
	bool has_failed; /* a commit failed; on_fatal was or will be called */
	bool reserve_is_held;
	char trouble[256];     /* why not, for the operator */
	char log_trouble[256]; /* why the log grows and is not moved; "" = it is moved */
	bool copy_is_behind;   /* the key file's copy is absent: purges wait */
	char copy_trouble[256];
};
void store_get_status(struct store *store, struct store_status *ret_status);
/* The newest time the store held when it was opened: a wall clock before it is wrong. */
int64_t store_newest_utc_ms(const struct store *store);

#endif
