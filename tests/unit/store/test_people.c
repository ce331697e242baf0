/*
 * Persons and tokens: an id names one human for ever, disabling ends every token, and there are
 * never more than can be kept in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "store/core.h"
#include "store/people.h"
#include "store_town.h"

static struct store_rig_answer person(struct store_town *town, const char *id, const char *name)
{
	struct store_call *call = store_rig_call(&town->rig, &store_person_create);

	*(struct store_person_create_in *)call->in =
		(struct store_person_create_in){id, name, "root", store_town_now(town)};
	return store_rig_run(&town->rig, call, NULL, 0);
}

static struct store_rig_answer disable(struct store_town *town, const char *id, struct outcome *ret)
{
	struct store_call *call = store_rig_call(&town->rig, &store_person_disable);

	*(struct store_person_disable_in *)call->in =
		(struct store_person_disable_in){id, "root", store_town_now(town)};
	return store_rig_run(&town->rig, call, ret, ret == NULL ? 0 : sizeof(*ret));
}

static struct store_token_create_in *token(struct store_town *town, const char *of,
					   struct store_call **ret_call)
{
	struct store_token_create_in *in;

	*ret_call = store_rig_call(&town->rig, &store_token_create);
	in = (*ret_call)->in;
	in->token_id = store_town_id(town);
	in->name = "console";
	in->person = of;
	in->role = ROLE_OPERATOR;
	in->hash[0] = (uint8_t)++town->made;
	in->by = "root";
	in->now_utc_ms = store_town_now(town);
	return in;
}

static struct store_rig_answer revoke(struct store_town *town, const struct id *token_id)
{
	struct store_call *call = store_rig_call(&town->rig, &store_token_revoke);

	*(struct store_token_revoke_in *)call->in =
		(struct store_token_revoke_in){*token_id, "root", store_town_now(town)};
	return store_rig_run(&town->rig, call, NULL, 0);
}

static struct store_people_load_out load(struct store_town *town, bool with_revoked)
{
	struct store_call *call = store_rig_call(&town->rig, &store_people_load);
	struct store_people_load_out out;

	((struct store_people_load_in *)call->in)->with_revoked = with_revoked;
	store_town_must(store_rig_run(&town->rig, call, &out, sizeof(out)));
	return out;
}

static void test_an_id_is_given_once(void **state)
{
	struct store_town town;
	struct store_people_load_out all;

	(void)state;
	store_town_begin(&town);
	assert_int_equal(person(&town, "vera", "another Vera").err.code, ERROR_CONFLICT);
	store_town_must(disable(&town, "vera", NULL));
	assert_int_equal(person(&town, "vera", "another Vera").err.code, ERROR_CONFLICT);
	all = load(&town, true);
	assert_int_equal(all.person_count, 2);
	assert_string_equal(all.persons[0].id, "marko");
	assert_int_equal(all.persons[0].disabled_utc_ms, 0);
	assert_string_equal(all.persons[1].name, "vera");
	assert_int_equal(all.persons[1].disabled_utc_ms, store_town_now(&town));
	store_town_end(&town);
}

static void test_disabling_ends_every_token(void **state)
{
	struct store_town town;
	struct store_call *call;
	struct outcome done;

	(void)state;
	store_town_begin(&town);
	for (int i = 0; i < 3; i++) {
		(void)token(&town, i < 2 ? "vera" : "marko", &call);
		store_town_must(store_rig_run(&town.rig, call, NULL, 0));
	}
	store_town_must(disable(&town, "vera", &done));
	assert_int_equal(done.count, 2);
	assert_int_equal(load(&town, false).token_count, 1);
	assert_int_equal(load(&town, true).token_count, 3);
	assert_int_equal(disable(&town, "vera", NULL).err.code, ERROR_NOT_FOUND);
	assert_int_equal(disable(&town, "nobody", NULL).err.code, ERROR_NOT_FOUND);
	(void)token(&town, "vera", &call); /* none for whom is disabled, or unknown */
	assert_int_equal(store_rig_run(&town.rig, call, NULL, 0).err.code, ERROR_INVALID);
	(void)token(&town, "nobody", &call);
	assert_int_equal(store_rig_run(&town.rig, call, NULL, 0).err.code, ERROR_INVALID);
	store_town_end(&town);
}

static void test_a_token_is_kept_as_it_was_made(void **state)
{
	struct store_town town;
	struct store_call *call;
	struct store_token_create_in *in;
	struct store_people_load_out all;
	struct id id;

	(void)state;
	store_town_begin(&town);
	in = token(&town, NULL, &call);
	in->partner = "mup";
	in->role = ROLE_PARTNER;
	in->expires_utc_ms = 12345;
	id = in->token_id;
	store_town_must(store_rig_run(&town.rig, call, NULL, 0));
	all = load(&town, false);
	assert_int_equal(all.token_count, 1);
	assert_true(id_equal(&all.tokens[0].id, &id));
	assert_string_equal(all.tokens[0].partner, "mup");
	assert_null(all.tokens[0].person);
	assert_int_equal(all.tokens[0].role, ROLE_PARTNER);
	assert_int_equal(all.tokens[0].expires_utc_ms, 12345);
	assert_int_equal(all.tokens[0].hash[0], town.made);
	in = token(&town, "vera", &call); /* the same secret twice is somebody's mistake */
	in->hash[0] = (uint8_t)(town.made - 1);
	assert_int_equal(store_rig_run(&town.rig, call, NULL, 0).err.code, ERROR_CONFLICT);
	store_town_must(revoke(&town, &id));
	assert_int_equal(revoke(&town, &id).err.code, ERROR_NOT_FOUND);
	assert_int_equal(load(&town, false).token_count, 0);
	store_town_end(&town);
}

/* The daemon's own uid makes the first token and no other; a revoked one was the first all the
 * same. */
static void test_only_the_first(void **state)
{
	struct store_town town;
	struct store_call *call;
	struct id id;

	(void)state;
	store_town_begin(&town);
	for (int i = 0; i < 2; i++) {
		struct store_token_create_in *in = token(&town, "vera", &call);

		in->only_first = true;
		id = in->token_id;
		assert_int_equal(store_rig_run(&town.rig, call, NULL, 0).err.code,
				 i == 0 ? ERROR_NONE : ERROR_DENIED);
		if (i == 0) {
			store_town_must(revoke(&town, &id));
		}
	}
	store_town_end(&town);
}

/* Too many persons was once told as "exists already". */
static void test_no_more_than_can_be_kept(void **state)
{
	struct store_town town;
	struct store_call *call;
	struct error err;
	char sql[400];

	(void)state;
	store_town_begin(&town);
	(void)snprintf(
		sql, sizeof(sql),
		"WITH RECURSIVE n (i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
		" INSERT INTO person (id, name, created_utc_ms) SELECT 'p' || i, 'x', 1 FROM n",
		LIMIT_PEOPLE);
	assert_true(db_exec(&town.rig.store->writer, sql, &err));
	assert_int_equal(person(&town, "one-more", "x").err.code, ERROR_LIMIT);
	assert_int_equal(person(&town, "vera", "x").err.code, ERROR_CONFLICT);
	assert_int_equal(store_town_count(&town, "SELECT COUNT(*) FROM person"), LIMIT_PEOPLE);
	(void)snprintf(
		sql, sizeof(sql),
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
		" INSERT INTO token (id, name, person, role, hash, created_by, created_utc_ms)"
		" SELECT CAST(i AS BLOB), 'x', 'vera', 1, CAST(i AS BLOB), 'root', 1 FROM n",
		LIMIT_PEOPLE);
	assert_true(db_exec(&town.rig.store->writer, sql, &err));
	(void)token(&town, "vera", &call);
	assert_int_equal(store_rig_run(&town.rig, call, NULL, 0).err.code, ERROR_LIMIT);
	store_town_end(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_id_is_given_once),
		cmocka_unit_test(test_disabling_ends_every_token),
		cmocka_unit_test(test_a_token_is_kept_as_it_was_made),
		cmocka_unit_test(test_only_the_first),
		cmocka_unit_test(test_no_more_than_can_be_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
