/*
 * --init: makes the key file with its copy and an empty database that belongs to it. It refuses
 * when any of them exists: a key file that is made anew takes every case with it. What it made is
 * removed again when it cannot finish; a crash leaves files that the next --init refuses by name.
 */
#include <fcntl.h>
#include <unistd.h>

#include "store/core.h"
#include "store/file.h"
#include "store/meta.h"
#include "store/migrate.h"

static bool make_database(struct db *db, const struct store_config *config,
			  const struct keyfile *keyfile, struct error *err)
{
	struct arena *arena = arena_create();
	struct store_txn txn;
	struct error recorded;
	char key_file[KEYFILE_ID_TEXT_BYTES];
	bool ok;

	keyfile_format_id(keyfile, key_file);
	ok = migrate_run(db, err) && db_exec(db, "BEGIN IMMEDIATE", err);
	if (ok) {
		txn_start(&txn, NULL, db, true);
		txn_next(&txn, arena);
		ok = meta_save(&txn, META_ENVIRONMENT, config->environment, err) &&
		     meta_save(&txn, META_KEY_FILE, key_file, err);
		if (!txn_end(&txn, &recorded) && ok) {
			*err = recorded;
			ok = false;
		}
		/* last: until then it is nobody's database */
		ok = ok && db_exec(db, "PRAGMA application_id = 0x41535452", err) &&
		     db_exec(db, "COMMIT", err);
		db_rollback(db);
	}
	arena_destroy(&arena);
	return ok;
}

static void remove_database(const char *path)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		AUTO(free) char *name = xasprintf("%s%s", path, suffixes[i]);

		(void)unlink(name);
	}
}

static bool init_database(const struct store_config *config, const struct keyfile *keyfile,
			  struct error *err)
{
	struct db db;
	int fd = file_open(config->path, O_RDWR | O_CREAT | O_EXCL, err);
	bool ok;

	if (fd < 0) {
		return false;
	}
	file_close(&fd); /* made for its mode; SQLite has not seen it yet */
	ok = db_open(&db, config->path, config->vfs, DB_CREATE, err);
	if (ok) {
		ok = make_database(&db, config, keyfile, err);
		db_close(&db);
	}
	ok = ok && file_sync_name(config->path, err);
	if (!ok) {
		remove_database(config->path);
	}
	return ok;
}

static bool init_locked(const struct store_config *config, struct error *err)
{
	struct keyfile_config keys = {config->key_file, config->key_copy, &config->master_key};
	struct keyfile *keyfile;
	bool ok;

	if (file_exists(config->path)) {
		return error_set(err, ERROR_CONFLICT, "%s exists: nothing was changed",
				 config->path);
	}
	if (!keyfile_create(&keys, err)) {
		return false;
	}
	keyfile = keyfile_open(&keys, err);
	ok = keyfile != NULL && init_database(config, keyfile, err);
	keyfile_close(&keyfile);
	if (!ok) {
		(void)unlink(config->key_file);
		if (config->key_copy != NULL) {
			(void)unlink(config->key_copy);
		}
	}
	return ok;
}

bool store_init(const struct store_config *config, struct error *err)
{
	int owner;
	bool ok;

	if (!file_lock_beside(config->path, &owner, err)) {
		return false;
	}
	ok = init_locked(config, err);
	file_close(&owner);
	return ok;
}
