/*
 * A store to be killed.
 *
 * `store_tool write DIR FIRST` makes or opens the store in DIR and keeps 64 cases in the air,
 * numbered from FIRST. It prints "case N" when one is acknowledged, "read N" when an audited read
 * of it is, and for every tenth "purged N" when its key is gone. It ends by SIGKILL.
 *
 * `store_tool verify DIR` reads such lines on stdin and judges: every acknowledged case is there
 * and opens under its key, every purged one does not, every acknowledged read has its audit row,
 * the chain verifies. Exit status 0 = all true.
 *
 * `store_tool backup DIR FILE` makes a backup.
 *
 * What is printed was acknowledged before; nothing else is promised.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "domain/outcome.h"
#include "store/audit.h"
#include "store/backup.h"
#include "store/txn.h"

#define IN_THE_AIR  64
#define NUMBERS_MAX 400000
#define LAST        20000 /* cases of one run: the killer comes long before */
#define PURGE_EVERY 10

/* --- ops --- */

struct number_in {
	int64_t number;
	int64_t now_utc_ms;
};
struct write_out {
	struct outcome outcome;
};
struct read_out {
	bool is_there;
	bool is_gone;
	bool is_right;
};

static const struct sql_text insert_text = {
	"tool_insert",
	"INSERT INTO casefile (id, ref, status, state, category, key_id, etag, truth_sealed, "
	"truth_version, created_utc_ms, updated_utc_ms) "
	"VALUES ($1, $2, 3, 1, 1, $3, 1, $4, 1, $5, $5)"};
static const struct sql_text select_text = {
	"tool_select", "SELECT key_id, truth_sealed, purged_utc_ms FROM casefile WHERE id = $1"};
static const struct sql_text purge_text = {
	"tool_purge", "UPDATE casefile SET purged_utc_ms = $2, truth_sealed = NULL WHERE id = $1 "
		      "RETURNING key_id"};
static const struct sql_text reads_text = {
	"tool_reads", "SELECT COUNT(*) FROM audit WHERE case_id = $1 AND action = 'case.read'"};

static struct id case_id(int64_t number)
{
	struct id id = {0};

	memcpy(id.bytes, "case", 4);
	for (int i = 0; i < 8; i++) {
		id.bytes[8 + i] = (uint8_t)(number >> (8 * i));
	}
	return id;
}

static struct bytes case_text(struct arena *arena, int64_t number)
{
	const char *text = arena_printf(arena, "what is known of case %" PRId64, number);

	return (struct bytes){text, strlen(text)};
}

static bool run_write(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		      struct error *err)
{
	const struct number_in *asked = in;
	struct write_out *answer = out;
	struct id id = case_id(asked->number);
	struct bytes sealed;
	struct sql_stmt *stmt;
	int64_t key_id;

	if (!txn_key_assign(txn, &key_id, err) ||
	    !txn_seal(txn, arena, key_id, &id, "truth", 1, case_text(arena, asked->number), &sealed,
		      err)) {
		return false;
	}
	stmt = sql_use(txn, &insert_text);
	sql_bind_id(stmt, 1, &id);
	sql_bind_text(stmt, 2, arena_printf(arena, "ref-%" PRId64, asked->number));
	sql_bind_int(stmt, 3, key_id);
	sql_bind_blob(stmt, 4, sealed.data, sealed.len);
	sql_bind_int(stmt, 5, asked->now_utc_ms);
	answer->outcome.case_id = id;
	return sql_run(stmt, err);
}

static bool run_read(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		     struct error *err)
{
	const struct number_in *asked = in;
	struct read_out *answer = out;
	struct id id = case_id(asked->number);
	struct bytes expected = case_text(arena, asked->number);
	struct bytes sealed, plain;
	struct sql_stmt *stmt = sql_use(txn, &select_text);
	int64_t key_id;
	struct error why = {0};

	sql_bind_id(stmt, 1, &id);
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err);
	}
	answer->is_there = true;
	key_id = sql_int(stmt, 0);
	sealed = sql_blob(stmt, 1, arena);
	if (sealed.data == NULL) {
		/* purged: the key must be gone, so that an old backup yields nothing either */
		answer->is_gone =
			!txn_seal(txn, arena, key_id, &id, "truth", 1, expected, &sealed, &why) &&
			why.code == ERROR_GONE;
		return true;
	}
	if (txn_open(txn, arena, key_id, &id, "truth", 1, sealed, &plain, &why)) {
		answer->is_right = plain.len == expected.len &&
				   memcmp(plain.data, expected.data, plain.len) == 0;
	} else {
		answer->is_gone = why.code == ERROR_GONE;
	}
	return true;
}

static bool run_purge(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		      struct error *err)
{
	const struct number_in *asked = in;
	struct id id = case_id(asked->number);
	struct sql_stmt *stmt = sql_use(txn, &purge_text);

	(void)arena;
	(void)out;
	sql_bind_id(stmt, 1, &id);
	sql_bind_int(stmt, 2, asked->now_utc_ms);
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err) && error_set(err, ERROR_NOT_FOUND, "no such case");
	}
	return txn_key_purge(txn, sql_int(stmt, 0), err);
}

static bool run_count_reads(struct store_txn *txn, struct arena *arena, const void *in, void *out,
			    struct error *err)
{
	const struct number_in *asked = in;
	struct id id = case_id(asked->number);
	struct sql_stmt *stmt = sql_use(txn, &reads_text);
	int64_t *count = out;

	(void)arena;
	sql_bind_id(stmt, 1, &id);
	if (sql_step(stmt)) {
		*count = sql_int(stmt, 0);
	}
	return sql_ok(stmt, err);
}

static const struct store_op op_write = {"tool_write", STORE_OPERATOR, sizeof(struct number_in),
					 sizeof(struct write_out), run_write};
static const struct store_op op_read = {"tool_read", STORE_READ, sizeof(struct number_in),
					sizeof(struct read_out), run_read};
static const struct store_op op_check = {"tool_check", STORE_READ, sizeof(struct number_in),
					 sizeof(struct read_out), run_read};
static const struct store_op op_purge = {"tool_purge", STORE_KEEPING, sizeof(struct number_in), 1,
					 run_purge};
static const struct store_op op_count_reads = {
	"tool_count_reads", STORE_READ, sizeof(struct number_in), sizeof(int64_t), run_count_reads};

/* --- the store --- */

struct tool {
	char path[512], key_file[512], key_copy[512];
	struct store_config config;
	struct loop *loop;
	struct store *store;
	int64_t next;
	int64_t left;
	int status;
};

static int die(const char *what, const char *why)
{
	(void)fprintf(stderr, "store_tool: %s: %s\n", what, why);
	return 2;
}

static void on_fatal(const char *why, void *arg)
{
	struct tool *tool = arg;

	tool->status = die("store", why);
	loop_quit(tool->loop);
}

static bool open_tool(struct tool *tool, const char *dir, struct error *err)
{
	(void)snprintf(tool->path, sizeof(tool->path), "%s/astrad.db", dir);
	(void)snprintf(tool->key_file, sizeof(tool->key_file), "%s/cases.key", dir);
	(void)snprintf(tool->key_copy, sizeof(tool->key_copy), "%s/copy.key", dir);
	tool->loop = loop_create(clock_system(), err);
	if (tool->loop == NULL) {
		return false;
	}
	tool->config = (struct store_config){
		.path = tool->path,
		.key_file = tool->key_file,
		.key_copy = tool->key_copy,
		.environment = "training",
		.clock = clock_system(),
		.loop = tool->loop,
		.on_fatal = on_fatal,
		.on_fatal_arg = tool,
	};
	memset(tool->config.master_key.bytes, 0x17, sizeof(tool->config.master_key.bytes));
	if (access(tool->path, F_OK) != 0 && !store_init(&tool->config, err)) {
		return false;
	}
	tool->store = store_open(&tool->config, err);
	return tool->store != NULL;
}

static void submit(struct tool *tool, const struct store_op *op, int64_t number,
		   void (*done)(struct store_call *call))
{
	struct store_call *call = store_call_create(tool->store, op, done, tool);
	struct number_in *in = call->in;

	in->number = number;
	in->now_utc_ms = clock_utc_ms(clock_system());
	call->audit = (struct store_audit){
		.action = op == &op_read    ? "case.read"
			  : op == &op_write ? "case.write"
					    : NULL,
		.person = "tool",
		.case_id = case_id(number),
		.note = op == &op_write ? "a note" : NULL,
		.now_utc_ms = in->now_utc_ms,
	};
	if (op == &op_write) {
		call->idempotency.use = true;
		call->idempotency.now_utc_ms = in->now_utc_ms;
		memcpy(call->idempotency.scope, &number, sizeof(number));
	}
	store_submit(call);
}

/* --- write --- */

static void say(const char *word, const struct store_call *call)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%s %" PRId64 "\n", word,
			   ((const struct number_in *)call->in)->number);

	if (write(STDOUT_FILENO, line, (size_t)len) != len) {
		_exit(3);
	}
}

static void write_next(struct tool *tool);

static void on_purged(struct store_call *call)
{
	struct tool *tool = call->ctx;

	if (call->ok) {
		say("purged", call);
	} else {
		on_fatal(call->err.text, tool);
	}
	write_next(tool);
}

static void on_read(struct store_call *call)
{
	struct tool *tool = call->ctx;
	int64_t number = ((const struct number_in *)call->in)->number;

	if (!call->ok) {
		on_fatal(call->err.text, tool);
		return;
	}
	say("read", call);
	if (number % PURGE_EVERY == 0) {
		submit(tool, &op_purge, number, on_purged);
	} else {
		write_next(tool);
	}
}

static void on_written(struct store_call *call)
{
	struct tool *tool = call->ctx;

	if (!call->ok) {
		on_fatal(call->err.text, tool);
		return;
	}
	say("case", call);
	submit(tool, &op_read, ((const struct number_in *)call->in)->number, on_read);
}

static void write_next(struct tool *tool)
{
	if (--tool->left < 0) {
		loop_quit(tool->loop);
		return;
	}
	submit(tool, &op_write, tool->next++, on_written);
}

static int run_writes(struct tool *tool, int64_t first)
{
	tool->next = first;
	tool->left = LAST;
	for (int i = 0; i < IN_THE_AIR; i++) {
		write_next(tool);
	}
	loop_run(tool->loop);
	return tool->status;
}

/* --- verify --- */

#define ASKED_AT_ONCE 1000

enum { SAID_CASE = 1, SAID_READ = 2, SAID_PURGED = 4 };

struct check {
	struct tool tool; /* first: a call's ctx is the tool */
	unsigned char said[NUMBERS_MAX];
	int64_t next;
	int64_t waiting;
	int64_t wrong;
};

static void ask_more(struct check *check);

static void judge(struct store_call *call, bool right, const char *what, int64_t number)
{
	struct check *check = call->ctx;

	if (!right) {
		(void)fprintf(stderr, "store_tool: %" PRId64 ": %s (%s)\n", number, what,
			      call->ok ? "" : call->err.text);
		check->wrong++;
	}
	check->waiting--;
	ask_more(check);
}

static void on_checked(struct store_call *call)
{
	const struct check *check = call->ctx;
	const struct read_out *out = call->out;
	int64_t number = ((const struct number_in *)call->in)->number;

	if (!call->ok || !out->is_there) {
		judge(call, false, "case was acknowledged and is lost", number);
	} else if ((check->said[number] & SAID_PURGED) != 0) {
		judge(call, out->is_gone, "case was purged and its key is there", number);
	} else {
		/* a purge may have gone through without being acknowledged */
		judge(call, out->is_right || (out->is_gone && number % PURGE_EVERY == 0),
		      "case does not open", number);
	}
}

static void on_reads_counted(struct store_call *call)
{
	const int64_t *count = call->out;

	judge(call, call->ok && *count > 0, "read has no audit row",
	      ((const struct number_in *)call->in)->number);
}

static void check_chain(struct check *check, struct store_audit_head_out after);

static void on_chain(struct store_call *call)
{
	const struct store_audit_verify_out *out = call->out;

	if (call->ok && !out->is_broken && !out->is_done) {
		check_chain(call->ctx, out->last);
		return;
	}
	judge(call, call->ok && !out->is_broken, "audit chain is broken", out->broken_seq);
}

static void check_chain(struct check *check, struct store_audit_head_out after)
{
	struct store_call *call =
		store_call_create(check->tool.store, &store_audit_verify, on_chain, check);
	struct store_audit_verify_in *in = call->in;

	in->after = after;
	store_submit(call);
}

static void read_said(struct check *check)
{
	char word[16];
	int64_t number;

	while (scanf("%15s %" SCNd64, word, &number) == 2) {
		if (number >= 0 && number < NUMBERS_MAX) {
			check->said[number] |= strcmp(word, "case") == 0   ? SAID_CASE
					       : strcmp(word, "read") == 0 ? SAID_READ
									   : SAID_PURGED;
		}
	}
}

static void ask_more(struct check *check)
{
	for (; check->next < NUMBERS_MAX && check->waiting < ASKED_AT_ONCE; check->next++) {
		if ((check->said[check->next] & SAID_CASE) != 0) {
			check->waiting++;
			submit(&check->tool, &op_check, check->next, on_checked);
		}
		if ((check->said[check->next] & SAID_READ) != 0) {
			check->waiting++;
			submit(&check->tool, &op_count_reads, check->next, on_reads_counted);
		}
	}
	if (check->waiting == 0) {
		loop_quit(check->tool.loop);
	}
}

static int run_verify(struct check *check)
{
	read_said(check);
	check->waiting = 1; /* the chain */
	check_chain(check, (struct store_audit_head_out){0});
	ask_more(check);
	loop_run(check->tool.loop);
	return check->wrong == 0 && check->tool.status == 0 ? 0 : 1;
}

/* --- backup --- */

static void on_backup(struct store_call *call)
{
	struct tool *tool = call->ctx;

	if (!call->ok) {
		on_fatal(call->err.text, tool);
	}
	loop_quit(tool->loop);
}

static int run_backup(struct tool *tool, const char *path)
{
	struct store_call *call = store_call_create(tool->store, &store_backup, on_backup, tool);

	*(struct store_backup_in *)call->in =
		(struct store_backup_in){path, clock_utc_ms(clock_system())};
	store_submit(call);
	loop_run(tool->loop);
	return tool->status;
}

int main(int argc, char **argv)
{
	static struct check check;
	struct tool *tool = &check.tool;
	struct error err = {0};
	int status = 2;

	if (argc < 3) {
		return die("usage", "store_tool write DIR FIRST | verify DIR | backup DIR FILE");
	}
	if (!open_tool(tool, argv[2], &err)) {
		return die("open", err.text);
	}
	if (strcmp(argv[1], "write") == 0 && argc > 3) {
		status = run_writes(tool, strtoll(argv[3], NULL, 10));
	} else if (strcmp(argv[1], "backup") == 0 && argc > 3) {
		status = run_backup(tool, argv[3]);
	} else if (strcmp(argv[1], "verify") == 0) {
		status = run_verify(&check);
	}
	store_close(&tool->store);
	loop_destroy(&tool->loop);
	return status;
}
