/* A refusal that was decided outside: the earlier answer of the same key comes first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/refusal.h"
#include "store_ops.h"
#include "store_rig.h"

static void use_key(struct store_call *call, uint8_t key, uint8_t body)
{
	call->idempotency.use = true;
	memset(call->idempotency.scope, key, sizeof(call->idempotency.scope));
	memset(call->idempotency.fingerprint, body, sizeof(call->idempotency.fingerprint));
	call->idempotency.now_utc_ms = 1000;
}

static struct store_rig_answer refuse(struct store_rig *rig, enum error_code code, uint8_t key,
				      uint8_t body, struct store_refusal_out *out)
{
	struct store_call *call = store_rig_call(rig, &store_refusal);
	struct store_refusal_in *in = call->in;

	(void)error_set(&in->err, code, "no: %d", code);
	use_key(call, key, body);
	return store_rig_run(rig, call, out, sizeof(*out));
}

static struct store_rig_answer put(struct store_rig *rig, const char *name, uint8_t key)
{
	struct store_call *call = store_rig_call(rig, &op_put);
	struct op_put_in *in = call->in;

	(void)snprintf(in->name, sizeof(in->name), "%s", name);
	use_key(call, key, 1);
	return store_rig_run(rig, call, NULL, 0);
}

static void test_what_succeeded_before_is_told_instead(void **state)
{
	struct store_rig rig;
	struct store_refusal_out out;
	struct store_rig_answer answer;

	(void)state;
	store_rig_init(&rig, true);
	assert_true(put(&rig, "a", 1).ok);
	answer = refuse(&rig, ERROR_CONFLICT, 1, 1, &out);
	assert_true(answer.ok && answer.replayed);
	assert_int_equal(out.outcome.count, 1);
	assert_int_equal(refuse(&rig, ERROR_CONFLICT, 1, 2, &out).err.code, ERROR_REUSED);
	store_rig_finish(&rig);
}

static void test_only_a_conflict_is_kept(void **state)
{
	static const struct {
		enum error_code code;
		bool is_kept;
	} rows[] = {{ERROR_CONFLICT, true},
		    {ERROR_INVALID, false},
		    {ERROR_DENIED, false},
		    {ERROR_NOT_FOUND, false},
		    {ERROR_STALE, false}};
	struct store_refusal_out out;
	struct store_rig rig;

	(void)state;
	store_rig_init(&rig, true);
	for (uint8_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *const names[] = {"a", "b", "c", "d", "e"};
		struct store_rig_answer answer = refuse(&rig, rows[i].code, i, 1, &out);

		assert_int_equal(answer.err.code, rows[i].code);
		assert_false(answer.replayed);
		answer = put(&rig, names[i], i); /* the same key again: would it succeed now? */
		assert_int_equal(answer.replayed, rows[i].is_kept);
		assert_int_equal(answer.ok, !rows[i].is_kept);
	}
	store_rig_finish(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_succeeded_before_is_told_instead),
		cmocka_unit_test(test_only_a_conflict_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
