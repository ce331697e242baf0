/*
 * The inside of the store, for its core files only: the threads, what they share, and the path of a
 * call through them: store_submit puts it into the queue; the writer runs it in a batch with one
 * commit, or a reader runs it and, when it is audited, puts it back for the writer; then it is an
 * answer, and the loop calls done.
 *
 * `lock` guards the queue, the answers and the flags. A db handle belongs to one thread. A call
 * belongs to whoever holds it in a list.
 */
#ifndef ASTRAD_STORE_CORE_H
#define ASTRAD_STORE_CORE_H

#include <pthread.h>

#include "base/metric.h"
#include "store/audit_chain.h"
#include "store/keyfile.h"
#include "store/queue.h"
#include "store/reserve.h"
#include "store/sql.h"

#define CORE_READERS 3
#define CORE_THREADS (CORE_READERS + 2)

/* What the store keeps with a call. */
struct request {
	struct store_call call;
	bool is_audit; /* a read that has run: only its audit rows are still to be written */
	struct audit_row *rows;
	int64_t submitted_boot_ms;
};

struct core_metrics {
	struct metric *waiting[STORE_CLASS_COUNT];
	struct metric *answered[STORE_CLASS_COUNT];
	struct metric *failed[STORE_CLASS_COUNT];
	struct metric *commits;
	struct metric *commit_seconds;
	struct metric *batch;
	struct metric *rerun;
	struct metric *checkpoints;
	struct metric *checkpoint_seconds;
	struct metric *wal_bytes;
	struct metric *reserve_held;
};

struct store {
	/* set by store_open, constant afterwards */
	char *path;
	char *vfs;
	const struct clock *clock;
	bool is_inline;
	void (*on_fatal)(const char *why, void *arg);
	void *on_fatal_arg;
	struct keyfile *keyfile;
	struct secret_key audit_key;
	struct secret_key hash_key;
	struct secret_key address_key; /* of which each channel's is made */
	int owner_fd;                  /* the lock that makes us the only daemon on this database */
	int64_t newest_utc_ms;
	struct core_metrics metrics;

	/* the loop's: the arena of the call whose done is running */
	struct arena **delivering;

	/* the writer's */
	struct db writer;
	struct audit_head head;
	struct reserve reserve;
	int64_t key_high; /* as the database knows it */
	int64_t next_reserve_boot_ms;

	/* the readers' and the checkpoint's, one handle a thread */
	struct db readers[CORE_READERS];
	struct db checkpoint;

	/* under lock */
	pthread_mutex_t lock;
	pthread_cond_t write_wake;
	pthread_cond_t read_wake;
	pthread_cond_t checkpoint_wake;
	pthread_cond_t released_wake; /* a reader or the checkpoint has given up its handle */
	struct queue queue;
	struct call_list answers;
	size_t running;    /* taken from the queue, not yet answered */
	bool is_draining;  /* store_drain */
	bool stop_readers; /* finish what is queued, then end */
	bool stop_writer;
	bool is_stopped; /* store_stop; loop thread */
	bool stop_checkpoint;
	bool has_failed; /* a commit failed: nothing runs any more */
	bool fatal_told;
	char fatal_why[256];
	size_t handles_out;    /* handles readers and checkpoint still use */
	bool is_writing;       /* the writer is in a transaction */
	int64_t changes;       /* the writer's handle's, before the attempt under way */
	bool log_claimed;      /* the checkpoint wants the log for itself: no new batch begins */
	int64_t wal_frames;    /* in the log */
	int64_t wal_moved;     /* of them already in the database */
	bool has_written;      /* since the checkpoint last looked */
	bool reserve_is_held;  /* as the writer last said */
	bool fill_failed;      /* no keys could be made ahead; tried again after the next commit */
	char log_trouble[256]; /* why the log could not be moved last time; "" = it was */
	bool can_write;        /* the last write was not refused by the disk */
	char trouble[256];

	/* answers' way to the loop */
	int wake_fd;
	struct loop_fd *watch;

	/* readers, then the checkpoint, then the writer; the first thread_count of them run */
	pthread_t threads[CORE_THREADS];
	size_t thread_count;
};

struct request *core_request(struct store_call *call) RETURNS_NONNULL;

/* --- answers.c: any thread --- */
void answers_add(struct store *store, struct call_list *calls); /* takes the lock */
/* Answers all with err; out is wiped. */
void answers_fail(struct store *store, struct call_list *calls, const struct error *err);
void answers_wake(struct store *store); /* under the lock */
/* Loop thread: runs up to `most` done callbacks; returns how many. */
size_t answers_deliver(struct store *store, size_t most);

/* --- writer.c --- */
/* Runs one batch to its answers. False when the store has failed. */
bool writer_batch(struct store *store, struct call_list *batch);
void *writer_main(void *arg);

/* --- fatal.c --- */
/* A commit or sync failed: stops every thread, closes the database, answers what waits. In the
 * writer's thread (the loop's in inline mode). */
void fatal_stop(struct store *store, const struct error *err);
/* In another thread: marks the store failed, so that the writer stops it. */
void fatal_mark(struct store *store, const struct error *err);
/* A reader or the checkpoint gives up its handle. */
void fatal_release(struct store *store, struct db *db);

/* --- reader.c --- */
/* Runs one read; its answer, or its audit rows' way into the queue, is arranged. */
void reader_run(struct store *store, struct db *db, struct store_call *call);
struct reader_arg {
	struct store *store;
	struct db *db;
};
void *reader_main(void *arg); /* struct reader_arg, owned */

/* --- checkpoint.c --- */
void checkpoint_watch(struct store *store); /* counts the log's frames on the writer's handle */
/* What is due now; `is_idle`: nothing was written for a while. */
void checkpoint_step(struct store *store, struct db *db, bool is_idle);
void *checkpoint_main(void *arg);

/* --- core_metrics.c --- */
void core_metrics_init(struct core_metrics *metrics);
int64_t core_stopwatch_us(void);

#endif
