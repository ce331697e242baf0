/* Small ops on the meta table that the store's own tests share. */
#ifndef ASTRAD_TESTS_STORE_OPS_H
#define ASTRAD_TESTS_STORE_OPS_H

#include "domain/outcome.h"
#include "store/store.h"

/* Inserts name = value; a name that exists is ERROR_CONFLICT. */
struct op_put_in {
	char name[40];
	char value[40];
	int fail_with; /* an error code to end with after the insert; 0 = succeed */
};
struct op_put_out {
	struct outcome outcome; /* count = rows */
};
extern const struct store_op op_put, op_put_stop, op_put_page;

struct op_get_in {
	char name[40];
};
struct op_get_out {
	bool found;
	char value[40];
};
extern const struct store_op op_get;

extern int op_put_runs; /* how often a put's run was called; inline stores only */

#endif
