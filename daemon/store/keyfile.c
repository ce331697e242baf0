/*
 * The key file and its copy (store/keyfile.h; format in keyslot.c). Owned by the store.
 *
 * Writing: slots, sync, then the header that makes them count, sync; first in the file, then in the
 * copy. So the file is never behind its copy: a file with the older generation was put there by
 * somebody, and is refused. A copy with an older generation is brought into step before anything
 * else is written to it. The copy is opened anew each time: it sits on another disk that comes and
 * goes, and it is never created here, for an unmounted disk would leave it beneath the mount point.
 *
 * Crash: slots above the header's mark are not in use and are written again. A purge that was cut
 * between file and copy has not been reported and is asked for again. After a crash the ids of the
 * pool are burnt, after a clean stop none.
 *
 * Locks: `io` for everything that writes, `pool` for the two counters; `io` is taken first.
 */
#include "store/keyfile.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "store/file.h"
#include "store/keyslot.h"

#define POOL_KEYS 1024 /* made at once */
#define POOL_LOW  512  /* fewer left: fill ahead */
#define CHUNK     65536

struct keyfile {
	char *path;
	char *copy; /* NULL = none */
	int fd;
	struct secret_key master;
	struct secret_key root;
	pthread_mutex_t io;
	struct keyslot_header header; /* under io */
	struct error copy_error;      /* under io; code NONE = in step */
	pthread_mutex_t pool;
	int64_t next; /* under pool: the next id to hand out */
	int64_t high; /* under pool: header.high as synced */
};

/* --- headers --- */

static int64_t header_offset(uint64_t generation)
{
	return (int64_t)(generation % KEYSLOT_HEADERS) * KEYSLOT_HEADER_BYTES;
}

static bool write_header(int fd, const struct keyslot_header *header,
			 const struct secret_key *master, struct error *err)
{
	uint8_t block[KEYSLOT_HEADER_BYTES];

	keyslot_header_encode(header, master, block);
	return file_write_at(fd, block, sizeof(block), header_offset(header->generation), err) &&
	       file_sync(fd, err);
}

static bool read_header(int fd, const struct secret_key *master, struct keyslot_header *ret,
			struct error *err)
{
	struct keyslot_header best = {0};
	bool has_best = false;
	bool is_other = false;

	for (int i = 0; i < KEYSLOT_HEADERS; i++) {
		uint8_t block[KEYSLOT_HEADER_BYTES];
		struct keyslot_header header;
		enum keyslot_verdict verdict;

		if (!file_read_at(fd, block, sizeof(block), i * KEYSLOT_HEADER_BYTES, err)) {
			return false;
		}
		verdict = keyslot_header_decode(block, master, &header);
		is_other |= verdict == KEYSLOT_OTHER_MASTER;
		if (verdict == KEYSLOT_GOOD && (!has_best || header.generation > best.generation)) {
			best = header;
			has_best = true;
		}
	}
	if (has_best) {
		*ret = best;
		return true;
	}
	return is_other ? error_set(err, ERROR_DENIED,
				    "it was made with another master key than the configured one")
			: error_set(err, ERROR_DENIED, "it is damaged or not a key file");
}

/* --- the copy --- */

static bool bring_into_step(struct keyfile *keyfile, int copy, struct error *err)
{
	int64_t end = keyslot_offset(keyfile->header.high);

	for (int64_t at = KEYSLOT_START; at < end; at += CHUNK) {
		char block[CHUNK];
		size_t len = (size_t)(end - at < CHUNK ? end - at : CHUNK);

		if (!file_read_at(keyfile->fd, block, len, at, err) ||
		    !file_write_at(copy, block, len, at, err)) {
			return false;
		}
	}
	return file_sync(copy, err) && write_header(copy, &keyfile->header, &keyfile->master, err);
}

static bool check_copy(struct keyfile *keyfile, int copy, struct error *err)
{
	struct keyslot_header header;

	if (!read_header(copy, &keyfile->master, &header, err)) {
		return false;
	}
	if (memcmp(header.file_id, keyfile->header.file_id, sizeof(header.file_id)) != 0) {
		return error_set(err, ERROR_DENIED, "it is the copy of another key file");
	}
	if (header.generation > keyfile->header.generation) {
		return error_set(err, ERROR_DENIED,
				 "it is newer than the key file: put it in the key file's place");
	}
	if (header.generation == keyfile->header.generation) {
		return true;
	}
	return bring_into_step(keyfile, copy, err);
}

/* Opens the copy, in step; -1 with err, which is kept for keyfile_copy_failed. */
static int open_copy(struct keyfile *keyfile, struct error *err)
{
	struct error why = {0};
	int fd = file_open(keyfile->copy, O_RDWR, &why);

	if (fd >= 0 && !check_copy(keyfile, fd, &why)) {
		(void)error_prefix(&why, "%s", keyfile->copy);
		file_close(&fd);
	}
	keyfile->copy_error = why;
	if (fd < 0 && err != NULL) {
		*err = why;
		(void)error_prefix(err, "key copy");
	}
	return fd;
}

static bool note_copy(struct keyfile *keyfile, bool ok, const struct error *why)
{
	if (!ok) {
		keyfile->copy_error = *why;
	}
	return ok;
}

/* Raises generation and mark in the file, then in the copy (-1 = none at hand: it falls behind). */
static bool advance(struct keyfile *keyfile, int copy, int64_t high, struct error *err)
{
	struct keyslot_header header = keyfile->header;
	struct error why;

	header.generation++;
	header.high = high;
	if (!write_header(keyfile->fd, &header, &keyfile->master, err)) {
		return false;
	}
	/* not the whole struct: readers look at the ids without the lock */
	keyfile->header.generation = header.generation;
	keyfile->header.high = header.high;
	if (copy >= 0) {
		(void)note_copy(keyfile, write_header(copy, &header, &keyfile->master, &why), &why);
	}
	return true;
}

/* --- making and opening --- */

static bool make_file(const char *path, const struct keyslot_header *header,
		      const struct secret_key *master, const uint8_t *root_slot, struct error *err)
{
	int fd = file_open(path, O_RDWR | O_CREAT | O_EXCL, err);
	uint8_t empty[KEYSLOT_HEADER_BYTES] = {0};
	bool ok;

	if (fd < 0) {
		return false;
	}
	ok = file_write_at(fd, empty, sizeof(empty), header_offset(header->generation + 1), err) &&
	     file_write_at(fd, root_slot, KEYSLOT_BYTES, keyslot_offset(0), err) &&
	     file_sync(fd, err) && write_header(fd, header, master, err) &&
	     file_sync_name(path, err);
	file_close(&fd);
	if (!ok) {
		(void)error_prefix(err, "%s", path);
		(void)unlink(path); /* ours, and of no use */
	}
	return ok;
}

bool keyfile_create(const struct keyfile_config *config, struct error *err)
{
	struct keyslot_header header = {.generation = 1, .high = 1};
	struct secret_key root;
	uint8_t slot[KEYSLOT_BYTES];

	if (file_exists(config->path) || (config->copy != NULL && file_exists(config->copy))) {
		return error_set(err, ERROR_CONFLICT,
				 "%s or its copy exists: a key file is never made twice",
				 config->path);
	}
	secret_random(header.file_id, sizeof(header.file_id));
	secret_random(root.bytes, sizeof(root.bytes));
	keyslot_master_id(config->master_key, header.master_id);
	keyslot_encode(&header, config->master_key, 0, &root, slot);
	secret_wipe(&root, sizeof(root));
	if (!make_file(config->path, &header, config->master_key, slot, err)) {
		return false;
	}
	if (config->copy != NULL &&
	    !make_file(config->copy, &header, config->master_key, slot, err)) {
		(void)unlink(config->path);
		return false;
	}
	return true;
}

static bool open_file(struct keyfile *keyfile, struct error *err)
{
	uint8_t slot[KEYSLOT_BYTES];

	keyfile->fd = file_open(keyfile->path, O_RDWR, err);
	if (keyfile->fd < 0) {
		return err->code == ERROR_NOT_FOUND
			       ? error_set(err, ERROR_NOT_FOUND,
					   "%s is missing: without it no case can be read; "
					   "restore it from its copy",
					   keyfile->path)
			       : false;
	}
	if (!file_lock(keyfile->fd, keyfile->path, err)) {
		return false;
	}
	if (!read_header(keyfile->fd, &keyfile->master, &keyfile->header, err) ||
	    !file_read_at(keyfile->fd, slot, sizeof(slot), keyslot_offset(0), err) ||
	    !keyslot_decode(slot, &keyfile->header, &keyfile->master, 0, &keyfile->root, err)) {
		return error_prefix(err, "%s", keyfile->path);
	}
	keyfile->next = keyfile->header.high;
	keyfile->high = keyfile->header.high;
	return true;
}

/* A copy newer than the file means that the file is an old one: keys would be given twice. */
static bool refuse_older_than_copy(struct keyfile *keyfile, struct error *err)
{
	struct keyslot_header header;
	int fd;
	bool is_older;

	if (keyfile->copy == NULL || (fd = file_open(keyfile->copy, O_RDONLY, NULL)) < 0) {
		return true;
	}
	is_older = read_header(fd, &keyfile->master, &header, NULL) &&
		   memcmp(header.file_id, keyfile->header.file_id, KEYSLOT_ID_BYTES) == 0 &&
		   header.generation > keyfile->header.generation;
	file_close(&fd);
	if (is_older) {
		return error_set(err, ERROR_DENIED,
				 "%s is older than its copy %s: put the copy in its place",
				 keyfile->path, keyfile->copy);
	}
	return true;
}

static void destroy(struct keyfile **keyfile)
{
	struct keyfile *gone = take_ptr(keyfile);

	file_close(&gone->fd);
	(void)pthread_mutex_destroy(&gone->io);
	(void)pthread_mutex_destroy(&gone->pool);
	free(gone->path);
	free(gone->copy);
	secret_wipe(gone, sizeof(*gone));
	free(gone);
}

struct keyfile *keyfile_open(const struct keyfile_config *config, struct error *err)
{
	struct keyfile *keyfile = xcalloc(1, sizeof(*keyfile));
	struct error unused;
	bool filled;

	keyfile->path = xstrdup(config->path);
	keyfile->copy = config->copy == NULL ? NULL : xstrdup(config->copy);
	keyfile->fd = -1;
	keyfile->master = *config->master_key;
	(void)pthread_mutex_init(&keyfile->io, NULL);
	(void)pthread_mutex_init(&keyfile->pool, NULL);
	if (!open_file(keyfile, err) || !refuse_older_than_copy(keyfile, err)) {
		destroy(&keyfile);
		return NULL;
	}
	filled = keyfile_fill(keyfile, &unused);
	(void)filled; /* a full disk: new cases are refused for as long, stops are not */
	return keyfile;
}

void keyfile_close(struct keyfile **keyfile)
{
	struct error unused;
	int copy;

	if (*keyfile == NULL) {
		return;
	}
	copy = (*keyfile)->copy == NULL ? -1 : open_copy(*keyfile, NULL);
	if ((*keyfile)->next < (*keyfile)->high) {
		/* failing only burns the ids of the pool */
		(void)advance(*keyfile, copy, (*keyfile)->next, &unused);
	}
	file_close(&copy);
	destroy(keyfile);
}

void keyfile_format_id(const struct keyfile *keyfile, char out[KEYFILE_ID_TEXT_BYTES])
{
	secret_hex(keyfile->header.file_id, KEYSLOT_ID_BYTES, out);
}

const struct secret_key *keyfile_root(const struct keyfile *keyfile)
{
	return &keyfile->root;
}

int64_t keyfile_high(struct keyfile *keyfile)
{
	int64_t high;

	(void)pthread_mutex_lock(&keyfile->pool);
	high = keyfile->high;
	(void)pthread_mutex_unlock(&keyfile->pool);
	return high;
}

/* --- the pool --- */

static int64_t left(struct keyfile *keyfile)
{
	int64_t count;

	(void)pthread_mutex_lock(&keyfile->pool);
	count = keyfile->high - keyfile->next;
	(void)pthread_mutex_unlock(&keyfile->pool);
	return count;
}

bool keyfile_wants_fill(struct keyfile *keyfile)
{
	return left(keyfile) < POOL_LOW;
}

static void make_slots(const struct keyfile *keyfile, int64_t first, uint8_t *out)
{
	for (int64_t i = 0; i < POOL_KEYS; i++) {
		struct secret_key key;

		secret_random(key.bytes, sizeof(key.bytes));
		keyslot_encode(&keyfile->header, &keyfile->master, first + i, &key,
			       out + i * KEYSLOT_BYTES);
		secret_wipe(&key, sizeof(key));
	}
}

static bool fill_locked(struct keyfile *keyfile, struct error *err)
{
	int64_t first = keyfile->header.high;
	size_t len = POOL_KEYS * KEYSLOT_BYTES;
	AUTO(free) uint8_t *slots = NULL;
	struct error why;
	int copy = keyfile->copy == NULL ? -1 : open_copy(keyfile, NULL);
	bool ok;

	if (left(keyfile) >= POOL_LOW) {
		file_close(&copy);
		return true;
	}
	slots = xcalloc(POOL_KEYS, KEYSLOT_BYTES);
	make_slots(keyfile, first, slots);
	ok = file_write_at(keyfile->fd, slots, len, keyslot_offset(first), err) &&
	     file_sync(keyfile->fd, err);
	if (ok && copy >= 0 &&
	    !note_copy(keyfile,
		       file_write_at(copy, slots, len, keyslot_offset(first), &why) &&
			       file_sync(copy, &why),
		       &why)) {
		file_close(&copy); /* it falls behind and is brought into step later */
	}
	ok = ok && advance(keyfile, copy, first + POOL_KEYS, err);
	file_close(&copy);
	return ok;
}

bool keyfile_fill(struct keyfile *keyfile, struct error *err)
{
	bool ok;

	(void)pthread_mutex_lock(&keyfile->io);
	ok = fill_locked(keyfile, err);
	if (ok) {
		(void)pthread_mutex_lock(&keyfile->pool);
		keyfile->high = keyfile->header.high;
		(void)pthread_mutex_unlock(&keyfile->pool);
	}
	(void)pthread_mutex_unlock(&keyfile->io);
	return ok || error_prefix(err, "key file");
}

static bool take_ready(struct keyfile *keyfile, int64_t *ret_key_id)
{
	bool ok;

	(void)pthread_mutex_lock(&keyfile->pool);
	ok = keyfile->next < keyfile->high;
	if (ok) {
		*ret_key_id = keyfile->next++;
	}
	(void)pthread_mutex_unlock(&keyfile->pool);
	return ok;
}

bool keyfile_take(struct keyfile *keyfile, int64_t *ret_key_id, struct error *err)
{
	while (!take_ready(keyfile, ret_key_id)) {
		if (!keyfile_fill(keyfile, err)) {
			return false;
		}
	}
	return true;
}

/* --- keys --- */

static bool is_given(struct keyfile *keyfile, int64_t key_id)
{
	return key_id >= 1 && key_id < keyfile_high(keyfile);
}

bool keyfile_load(struct keyfile *keyfile, int64_t key_id, struct secret_key *ret_key,
		  struct error *err)
{
	uint8_t slot[KEYSLOT_BYTES];
	struct secret_key key;

	if (!is_given(keyfile, key_id)) {
		return error_set(err, ERROR_INTERNAL, "the key file has no key %lld",
				 (long long)key_id);
	}
	if (!file_read_at(keyfile->fd, slot, sizeof(slot), keyslot_offset(key_id), err)) {
		return error_prefix(err, "key file");
	}
	/* the header's ids never change while the file is open */
	if (!keyslot_decode(slot, &keyfile->header, &keyfile->master, key_id, &key, err)) {
		return false;
	}
	*ret_key = key;
	secret_wipe(&key, sizeof(key));
	return true;
}

static bool zero_slot(int fd, const uint8_t *slot, int64_t key_id, struct error *err)
{
	return file_write_at(fd, slot, KEYSLOT_BYTES, keyslot_offset(key_id), err) &&
	       file_sync(fd, err);
}

static bool purge_locked(struct keyfile *keyfile, int64_t key_id, struct error *err)
{
	uint8_t slot[KEYSLOT_BYTES];
	int copy = -1;
	bool ok;

	if (keyfile->copy != NULL && (copy = open_copy(keyfile, err)) < 0) {
		err->code = ERROR_TEMPORARY;
		return error_prefix(err, "nothing was purged");
	}
	keyslot_encode(&keyfile->header, &keyfile->master, key_id, NULL, slot);
	ok = zero_slot(keyfile->fd, slot, key_id, err) &&
	     (copy < 0 || note_copy(keyfile, zero_slot(copy, slot, key_id, err), err)) &&
	     advance(keyfile, copy, keyfile->header.high, err);
	file_close(&copy);
	return ok;
}

bool keyfile_purge(struct keyfile *keyfile, int64_t key_id, struct error *err)
{
	bool ok;

	if (!is_given(keyfile, key_id)) {
		return error_set(err, ERROR_INTERNAL, "the key file has no key %lld",
				 (long long)key_id);
	}
	(void)pthread_mutex_lock(&keyfile->io);
	ok = purge_locked(keyfile, key_id, err);
	(void)pthread_mutex_unlock(&keyfile->io);
	return ok;
}

bool keyfile_copy_failed(struct keyfile *keyfile, struct error *ret_why)
{
	bool failed;

	(void)pthread_mutex_lock(&keyfile->io);
	failed = keyfile->copy_error.code != ERROR_NONE;
	if (failed) {
		*ret_why = keyfile->copy_error;
	}
	(void)pthread_mutex_unlock(&keyfile->io);
	return failed;
}
