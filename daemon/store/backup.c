/*
 * Copies the database by SQLite's backup interface from a reader's snapshot, so the writer goes on.
 * The copy is made under a temporary name, says in meta when it was taken and where the audit trail
 * stood, is synced, and only then gets its name: a file with that name is whole.
 *
 * Crash: leaves NAME.part, which the next backup to that name replaces.
 */
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hook.h"
#include "store/core.h"
#include "store/file.h"
#include "store/meta.h"

#define STEP_PAGES        1024
#define META_BACKUP       "backup_utc_ms"
#define META_BACKUP_AUDIT "backup_audit_seq"

static bool must_end(struct store *store)
{
	bool failed;

	(void)pthread_mutex_lock(&store->lock);
	failed = store->has_failed;
	(void)pthread_mutex_unlock(&store->lock);
	return failed;
}

static bool copy_pages(struct store_txn *txn, struct db *copy, struct error *err)
{
	sqlite3_backup *backup = sqlite3_backup_init(copy->handle, "main", txn->db->handle, "main");
	int rc = SQLITE_OK;

	if (backup == NULL) {
		return db_fail(copy, sqlite3_extended_errcode(copy->handle), "backup", err);
	}
	while (rc == SQLITE_OK && !must_end(txn->store)) {
		rc = sqlite3_backup_step(backup, STEP_PAGES);
	}
	rc = sqlite3_backup_finish(backup) == SQLITE_OK && rc == SQLITE_DONE ? SQLITE_OK : rc;
	if (rc == SQLITE_OK && !must_end(txn->store)) {
		return true;
	}
	return db_fail(copy, rc, "backup", err);
}

/* Marks the copy as what it is, in a transaction of its own. */
static bool sign(struct store_txn *source, struct db *copy, const struct store_backup_in *in,
		 const struct audit_head *head, struct error *err)
{
	struct store_txn txn;
	struct error recorded;
	bool ok;

	if (!db_exec(copy, "PRAGMA journal_mode = DELETE", err) ||
	    !db_exec(copy, "BEGIN IMMEDIATE", err)) {
		return false;
	}
	txn_start(&txn, source->store, copy, true);
	txn_next(&txn, source->arena);
	ok = meta_save_int(&txn, META_BACKUP, in->now_utc_ms, err) &&
	     meta_save_int(&txn, META_BACKUP_AUDIT, head->seq, err);
	if (!txn_end(&txn, &recorded) && ok) {
		*err = recorded;
		ok = false;
	}
	ok = ok && db_exec(copy, "COMMIT", err);
	db_rollback(copy);
	return ok;
}

static bool write_copy(struct store_txn *txn, const char *part, const struct store_backup_in *in,
		       const struct audit_head *head, struct error *err)
{
	struct db copy;
	int fd = file_open(part, O_RDWR | O_CREAT | O_EXCL, err);
	bool ok;

	if (fd < 0) {
		return false;
	}
	file_close(&fd);
	if (!db_open(&copy, part, txn->store->vfs, DB_BACKUP, err)) {
		return false;
	}
	ok = copy_pages(txn, &copy, err) && sign(txn, &copy, in, head, err);
	db_close(&copy);
	return ok;
}

static bool finish_copy(const char *part, const char *path, int64_t *ret_bytes, struct error *err)
{
	struct stat status;
	int fd = file_open(part, O_RDWR, err);
	bool ok;

	if (fd < 0) {
		return false;
	}
	ok = file_sync(fd, err) && fstat(fd, &status) == 0;
	file_close(&fd);
	if (!ok) {
		return false;
	}
	HOOK("store.before_backup_rename");
	if (rename(part, path) != 0) {
		return error_set(err, ERROR_TEMPORARY, "rename: %s", strerror(errno));
	}
	*ret_bytes = status.st_size;
	return file_sync_name(path, err);
}

static bool run_backup(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		       struct error *err)
{
	const struct store_backup_in *asked = in;
	struct store_backup_out *answer = out;
	const char *part = arena_printf(arena, "%s.part", asked->path);
	struct audit_head head;

	if (file_exists(asked->path)) {
		return error_set(err, ERROR_CONFLICT, "%s exists", asked->path);
	}
	(void)unlink(part); /* of a backup that was cut short */
	if (!audit_chain_load(txn, &head, err)) {
		return false;
	}
	if (!write_copy(txn, part, asked, &head, err) ||
	    !finish_copy(part, asked->path, &answer->bytes, err)) {
		(void)unlink(part);
		return error_prefix(err, "%s", asked->path);
	}
	answer->head.seq = head.seq;
	answer->head.at_utc_ms = head.at_utc_ms;
	memcpy(answer->head.hash, head.hash, sizeof(head.hash));
	return true;
}

const struct store_op store_backup = {
	.name = "backup",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_backup_in),
	.out_size = sizeof(struct store_backup_out),
	.run = run_backup,
};
