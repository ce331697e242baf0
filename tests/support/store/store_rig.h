/*
 * A store in a fresh directory under a fake clock, for tests of the store's ops and of rooms above.
 *
 *	struct store_rig rig;
 *	store_rig_init(&rig, true);          inline: no threads, deterministic
 *	struct store_call *call = store_rig_call(&rig, &store_x);
 *	fill call->in ...
 *	struct store_rig_answer answer = store_rig_run(&rig, call, &out, sizeof(out));
 *	store_rig_finish(&rig);
 *
 * `out` is a copy of the op's out struct; what it points to lives until the next run of the rig or
 * its end.
 */
#ifndef ASTRAD_TESTS_STORE_RIG_H
#define ASTRAD_TESTS_STORE_RIG_H

#include "base/clock.h"
#include "store/store.h"
#include "temp_dir.h"

struct store_rig {
	struct temp_dir dir;
	char path[96];
	char key_file[96];
	char key_copy[96];
	struct clock_fake clock;
	struct loop *loop;
	struct store_config config; /* change it before store_rig_open */
	struct store *store;
	struct arena *kept; /* of the last answer */
	int fatal_calls;
	char fatal_why[256];
};

struct store_rig_answer {
	bool ok;
	bool replayed;
	struct error err;
};

/* Directory, clock, key file, database, and the store opened. Aborts on failure. */
void store_rig_init(struct store_rig *rig, bool is_inline);
/* The same without making or opening anything. */
void store_rig_prepare(struct store_rig *rig, bool is_inline);
void store_rig_open(struct store_rig *rig);
void store_rig_close(struct store_rig *rig);
void store_rig_reopen(struct store_rig *rig);
void store_rig_finish(struct store_rig *rig); /* removes the directory */

struct store_call *store_rig_call(struct store_rig *rig, const struct store_op *op);
/* Submits and waits for the answer. */
struct store_rig_answer store_rig_run(struct store_rig *rig, struct store_call *call, void *out,
				      size_t out_size);
/* Turns the loop (or pumps) until *flag reaches `until`; aborts after half a minute. */
void store_rig_wait(struct store_rig *rig, const int *flag, int until);

#endif
