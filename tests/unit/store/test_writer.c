/*
 * The law of group commit: whatever SQLite's errors do to a transaction, a call that was answered
 * ok is in the reopened database, and one that was answered failed is not. Faults come from a VFS,
 * from a page limit (the disk is full in the middle of a batch) and from an interrupt. Covers
 * writer.c and fatal.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "fault_vfs.h"
#include "store/core.h"
#include "store_ops.h"
#include "store_rig.h"

#define CALLS       60 /* of a sweep's workload */
#define CALLS_BATCH 12

enum verdict { UNANSWERED, OK, FAILED };

struct ledger {
	enum verdict verdicts[CALLS];
	int answered;
	int ok;
};

struct entry {
	struct ledger *ledger;
	int index;
};

static void on_entry(struct store_call *call)
{
	struct entry *entry = call->ctx;

	assert_int_equal(entry->ledger->verdicts[entry->index], UNANSWERED);
	entry->ledger->verdicts[entry->index] = call->ok ? OK : FAILED;
	entry->ledger->answered++;
	entry->ledger->ok += call->ok;
	assert_true(call->ok || call->err.code != ERROR_NONE);
}

static void submit(struct store_rig *rig, struct ledger *ledger, struct entry *entry,
		   const struct store_op *op)
{
	struct store_call *call = store_call_create(rig->store, op, on_entry, entry);
	struct op_put_in *in = call->in;

	entry->ledger = ledger;
	(void)snprintf(in->name, sizeof(in->name), "call-%d", entry->index);
	(void)snprintf(in->value, sizeof(in->value), "x");
	call->audit = (struct store_audit){.action = "test.put", .person = "ana", .version = 1};
	store_submit(call);
}

/* Batches of CALLS_BATCH calls, every class among them. */
static void run_workload(struct store_rig *rig, struct ledger *ledger, struct entry *entries)
{
	static const struct store_op *const ops[] = {&op_put, &op_put_stop, &op_put_page};

	for (int i = 0; i < CALLS; i++) {
		if (rig->config.is_inline && i % CALLS_BATCH == 0 && rig->fatal_calls == 0) {
			/* so that pages are read again, and reading can fail */
			(void)sqlite3_db_release_memory(rig->store->writer.handle);
		}
		entries[i].index = i;
		submit(rig, ledger, &entries[i], ops[i % 3]);
		if (i % CALLS_BATCH == CALLS_BATCH - 1) {
			store_rig_wait(rig, &ledger->answered, i + 1);
		}
	}
}

static bool is_there(struct store_rig *rig, const char *name)
{
	struct store_call *call = store_rig_call(rig, &op_get);
	struct op_get_in *in = call->in;
	struct op_get_out out;

	(void)snprintf(in->name, sizeof(in->name), "%s", name);
	assert_true(store_rig_run(rig, call, &out, sizeof(out)).ok);
	return out.found;
}

static void check_ledger(struct store_rig *rig, const struct ledger *ledger, bool failed_is_known)
{
	for (int i = 0; i < CALLS; i++) {
		char name[40];
		bool found;

		(void)snprintf(name, sizeof(name), "call-%d", i);
		found = is_there(rig, name);
		assert_int_not_equal(ledger->verdicts[i], UNANSWERED);
		if (ledger->verdicts[i] == OK) {
			assert_true(found);
		} else if (failed_is_known) {
			assert_false(found);
		}
	}
}

struct sweep_row {
	const char *name;
	struct fault_plan plan;
	int last_nth;
	bool is_fatal; /* expected when the fault was hit after the opening */
	bool failed_is_known;
};

static const struct sweep_row sweep[] = {
	{"wal full", {FAULT_WRITE, FAULT_WAL, 0, SQLITE_FULL, false, NULL}, 24, false, true},
	{"wal full for good",
	 {FAULT_WRITE, FAULT_WAL, 0, SQLITE_FULL, true, NULL},
	 20,
	 false,
	 true},
	{"wal write", {FAULT_WRITE, FAULT_WAL, 0, SQLITE_IOERR_WRITE, false, NULL}, 24, true, true},
	{"wal write for good",
	 {FAULT_WRITE, FAULT_WAL, 0, SQLITE_IOERR_WRITE, true, NULL},
	 20,
	 true,
	 true},
	{"wal sync", {FAULT_SYNC, FAULT_WAL, 0, SQLITE_IOERR_FSYNC, false, NULL}, 10, true, true},
	/* nobody can know what a disk holds that never syncs again */
	{"wal sync for good",
	 {FAULT_SYNC, FAULT_WAL, 0, SQLITE_IOERR_FSYNC, true, NULL},
	 10,
	 true,
	 false},
	{"read", {FAULT_READ, FAULT_ANY_FILE, 0, SQLITE_IOERR_READ, false, NULL}, 20, false, true},
	{"log lock",
	 {FAULT_SHM_LOCK, FAULT_ANY_FILE, 0, SQLITE_IOERR_SHMLOCK, false, NULL},
	 30,
	 false,
	 true},
};

static void run_sweep_step(const struct sweep_row *row, int nth, bool is_inline, int *hits)
{
	struct store_rig rig;
	struct ledger ledger = {0};
	struct entry entries[CALLS] = {0};
	struct fault_plan plan = row->plan;

	plan.nth = nth;
	store_rig_prepare(&rig, is_inline);
	rig.config.vfs = FAULT_VFS;
	assert_true(store_init(&rig.config, &(struct error){0}));
	store_rig_open(&rig);
	fault_vfs_arm(&plan);
	run_workload(&rig, &ledger, entries);
	*hits += fault_vfs_hits();
	if (row->is_fatal && fault_vfs_hits() > 0) {
		store_rig_wait(&rig, &rig.fatal_calls, 1);
	}
	assert_int_equal(rig.fatal_calls, row->is_fatal && fault_vfs_hits() > 0);
	store_rig_close(&rig);
	fault_vfs_disarm();
	store_rig_open(&rig);
	check_ledger(&rig, &ledger, row->failed_is_known);
	store_rig_finish(&rig);
}

static void test_no_error_makes_the_store_lie(void **state)
{
	fault_vfs_register();
	for (size_t i = 0; i < ARRAY_LEN(sweep); i++) {
		int hits = 0;

		for (int nth = 1; nth <= sweep[i].last_nth; nth++) {
			run_sweep_step(&sweep[i], nth, true, &hits);
		}
		for (int nth = 1; nth <= sweep[i].last_nth; nth += 7) {
			run_sweep_step(&sweep[i], nth, false, &hits);
		}
		print_message("%s: %d faults\n", sweep[i].name, hits);
		assert_true(hits > 0);
	}
	(void)state;
}

/* --- errors in the middle of a request --- */

enum trouble {
	TROUBLE_FULL,      /* SQLite rolls back the whole transaction */
	TROUBLE_FULL_WIDE, /* it rolls back the statement only */
	TROUBLE_INTERRUPT,
	TROUBLE_UNPREPARED,
	TROUBLE_UNSEEN,
	TROUBLES,
};

struct op_trouble_in {
	enum trouble trouble;
};

static const struct sql_text put_text = {"trouble_put",
					 "INSERT INTO meta (name, value) VALUES ($1, $2)"};
static const struct sql_text big_text = {
	"trouble_big", "INSERT INTO meta (name, value) VALUES ($1, hex(zeroblob(3000)))"};
static const struct sql_text wide_text = {
	"trouble_wide",
	"INSERT INTO meta (name, value) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL "
	"SELECT i + 1 FROM n WHERE i < 400) SELECT $1 || i, hex(zeroblob(3000)) FROM n"};
static const struct sql_text broken_text = {"trouble_broken", "SELECT 1 FROM no_such_table"};

static void put(struct store_txn *txn, const struct sql_text *text, const char *name)
{
	struct sql_stmt *stmt = sql_use(txn, text);

	sql_bind_text(stmt, 1, name);
	if (text == &put_text) {
		sql_bind_text(stmt, 2, "y");
	}
	(void)sql_step(stmt); /* nobody looks */
}

static int interrupt(void *arg)
{
	(void)arg;
	return 1;
}

static void make_trouble(struct store_txn *txn, enum trouble trouble)
{
	switch (trouble) {
	case TROUBLE_FULL:
		for (int i = 0; i < 400; i++) {
			char name[16];

			(void)snprintf(name, sizeof(name), "big-%d", i);
			put(txn, &big_text, name);
		}
		break;
	case TROUBLE_FULL_WIDE:
		put(txn, &wide_text, "wide");
		break;
	case TROUBLE_INTERRUPT:
		sqlite3_progress_handler(txn->db->handle, 10, interrupt, NULL);
		put(txn, &wide_text, "wide");
		sqlite3_progress_handler(txn->db->handle, 0, NULL, NULL);
		break;
	case TROUBLE_UNPREPARED:
		(void)sql_step(sql_use(txn, &broken_text));
		break;
	default:
		put(txn, &put_text, "trouble"); /* a conflict */
		break;
	}
}

static bool run_trouble(struct store_txn *txn, struct arena *arena, const void *in, void *out,
			struct error *err)
{
	const struct op_trouble_in *asked = in;

	(void)arena;
	(void)out;
	(void)err;
	put(txn, &put_text, "trouble");
	make_trouble(txn, asked->trouble);
	/* a request that goes on after an error must not get this into the database by itself */
	put(txn, &put_text, "late");
	return true; /* a lie: the store must not believe it */
}

static const struct store_op op_trouble = {
	.name = "test_trouble",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct op_trouble_in),
	.out_size = 1,
	.run = run_trouble,
};

static struct store_call *make_trouble_call(struct store_rig *rig, enum trouble trouble)
{
	struct store_call *call = store_rig_call(rig, &op_trouble);
	struct op_trouble_in *in = call->in;

	in->trouble = trouble;
	return call;
}

static void run_trouble_batch(enum trouble trouble)
{
	struct store_rig rig;
	struct ledger ledger = {0};
	struct entry entries[9] = {0};
	struct store_call *call;

	store_rig_init(&rig, true);
	assert_int_equal(sqlite3_exec(rig.store->writer.handle, "PRAGMA max_page_count = 200", NULL,
				      NULL, NULL),
			 SQLITE_OK);
	for (int i = 0; i < 9; i++) {
		entries[i].index = i;
		submit(&rig, &ledger, &entries[i], &op_put);
		if (i == 4) {
			call = make_trouble_call(&rig, trouble);
			call->done = NULL;
			store_submit(call);
		}
	}
	store_rig_wait(&rig, &ledger.answered, 9);
	assert_int_equal(ledger.ok, 9);
	assert_false(store_rig_run(&rig, make_trouble_call(&rig, trouble), NULL, 0).ok);
	assert_int_equal(rig.fatal_calls, 0);
	store_rig_reopen(&rig);
	for (int i = 0; i < 9; i++) {
		char name[40];

		(void)snprintf(name, sizeof(name), "call-%d", i);
		assert_true(is_there(&rig, name));
	}
	assert_false(is_there(&rig, "trouble"));
	assert_false(is_there(&rig, "late"));
	store_rig_finish(&rig);
}

static void test_error_within_a_request(void **state)
{
	for (enum trouble trouble = 0; trouble < TROUBLES; trouble++) {
		run_trouble_batch(trouble);
	}
	(void)state;
}

/* --- the last resort --- */

static void test_failed_sync_ends_the_store(void **state)
{
	static const struct fault_plan plan = {FAULT_SYNC,         FAULT_WAL, 1,
					       SQLITE_IOERR_FSYNC, false,     NULL};

	fault_vfs_register();
	for (int is_inline = 0; is_inline < 2; is_inline++) {
		struct store_rig rig;
		struct store_status status;
		struct ledger ledger = {0};
		struct entry entries[CALLS] = {0};

		store_rig_prepare(&rig, is_inline);
		rig.config.vfs = FAULT_VFS;
		assert_true(store_init(&rig.config, &(struct error){0}));
		store_rig_open(&rig);
		fault_vfs_arm(&plan);
		for (int i = 0; i < CALLS; i++) {
			entries[i].index = i;
			submit(&rig, &ledger, &entries[i], &op_put);
		}
		store_rig_wait(&rig, &rig.fatal_calls, 1);
		assert_int_equal(ledger.answered, CALLS);
		assert_int_equal(ledger.ok, 0);
		fault_vfs_disarm();
		/* the disk works again, the store does not: it is never retried in place */
		assert_int_equal(
			store_rig_run(&rig, store_rig_call(&rig, &op_get), NULL, 0).err.code,
			ERROR_TEMPORARY);
		store_get_status(rig.store, &status);
		assert_true(status.has_failed);
		assert_false(status.can_write);
		store_rig_finish(&rig);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_error_makes_the_store_lie),
		cmocka_unit_test(test_error_within_a_request),
		cmocka_unit_test(test_failed_sync_ends_the_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
