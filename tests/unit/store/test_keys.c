/* What transactions do with keys: sealing is bound to owner, kind and version; keys are never given
 * twice; a purged key opens nothing, whatever else is at hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/core.h"
#include "store_rig.h"

static struct store_rig rig;
static struct arena *arena;
static struct store_txn txn;

static int set_up(void **state)
{
	(void)state;
	store_rig_init(&rig, true);
	arena = arena_create();
	txn_start(&txn, rig.store, &rig.store->writer, true);
	txn_next(&txn, arena);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_destroy(&arena);
	store_rig_finish(&rig);
	return 0;
}

static int64_t assign(void)
{
	struct error err;
	int64_t key_id;

	assert_true(txn_key_assign(&txn, &key_id, &err));
	return key_id;
}

static const struct bytes plain = {"Đorđe Živković", 17};

static struct bytes seal(int64_t key_id, const struct id *owner, const char *kind, int64_t version)
{
	struct bytes sealed;
	struct error err;

	assert_true(txn_seal(&txn, arena, key_id, owner, kind, version, plain, &sealed, &err));
	assert_int_equal(sealed.len, plain.len + SECRET_SEAL_BYTES);
	return sealed;
}

static bool opens(int64_t key_id, const struct id *owner, const char *kind, int64_t version,
		  struct bytes sealed)
{
	struct bytes out;
	struct error err;

	if (!txn_open(&txn, arena, key_id, owner, kind, version, sealed, &out, &err)) {
		return false;
	}
	assert_int_equal(out.len, plain.len);
	assert_memory_equal(out.data, plain.data, plain.len);
	assert_int_equal(out.data[out.len], 0);
	return true;
}

static void test_sealing_is_bound(void **state)
{
	struct id owner = {{1}}, other = {{2}};
	int64_t key_id = assign(), other_key = assign();
	struct bytes sealed = seal(key_id, &owner, "truth", 3);

	assert_int_not_equal(key_id, other_key);
	assert_true(opens(key_id, &owner, "truth", 3, sealed));
	assert_false(opens(other_key, &owner, "truth", 3, sealed));
	assert_false(opens(key_id, &other, "truth", 3, sealed));
	assert_false(opens(key_id, &owner, "report", 3, sealed));
	assert_false(opens(key_id, &owner, "truth", 4, sealed));
	sealed.len = SECRET_SEAL_BYTES - 1;
	assert_false(opens(key_id, &owner, "truth", 3, sealed));
	(void)state;
}

static void test_the_stores_own_key(void **state)
{
	struct bytes sealed = seal(TXN_STORE_KEY, NULL, "address", 0);

	assert_true(opens(TXN_STORE_KEY, NULL, "address", 0, sealed));
	assert_false(opens(assign(), NULL, "address", 0, sealed));
	(void)state;
}

static void test_purged_key(void **state)
{
	struct id owner = {{1}};
	int64_t key_id = assign();
	struct bytes sealed = seal(key_id, &owner, "truth", 1), out;
	struct error err = {0};

	assert_true(txn_key_purge(&txn, key_id, &err));
	assert_true(txn_key_purge(&txn, key_id, &err)); /* runs may be repeated */
	assert_false(opens(key_id, &owner, "truth", 1, sealed));
	assert_false(txn_seal(&txn, arena, key_id, &owner, "truth", 1, plain, &out, &err));
	assert_int_equal(err.code, ERROR_GONE);
	(void)state;
}

static void test_reads_change_no_keys(void **state)
{
	struct store_txn reading;
	struct error err = {0};
	int64_t key_id = assign();

	txn_start(&reading, rig.store, &rig.store->readers[0], false);
	txn_next(&reading, arena);
	assert_false(txn_key_purge(&reading, key_id, &err));
	assert_false(txn_key_assign(&reading, &key_id, &err));
	(void)state;
}

static void test_lookup_hashes(void **state)
{
	uint8_t a[SECRET_HASH_BYTES], b[SECRET_HASH_BYTES];

	txn_hash(&txn, "address", plain, a);
	txn_hash(&txn, "address", plain, b);
	assert_memory_equal(a, b, sizeof(a));
	txn_hash(&txn, "token", plain, b);
	assert_memory_not_equal(a, b, sizeof(a));
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sealing_is_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_stores_own_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_purged_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reads_change_no_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lookup_hashes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
