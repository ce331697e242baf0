/* Who is asking: tokens, and peers of the Unix socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "base/attr.h"
#include "intake/caller.h"
#include "intake/route.h"
#include "rig.h"

static const struct route ADMIN = {.roles = ROLE_BIT(ROLE_ADMIN)};
static const struct route FIRST = {.roles = ROLE_BIT(ROLE_ADMIN), .flags = ROUTE_FIRST_ADMIN};
static const struct route OPERATOR = {.roles = ROLE_BIT(ROLE_OPERATOR)};

enum who { TCP, ROOT, OWN, OTHER };

static const struct {
	const char *name;
	const struct route *route;
	enum who who;
	const char *field; /* Authorization */
	bool has_tokens;
	int status; /* 0 = let through */
	const char *person;
} ROWS[] = {
	{"token", &OPERATOR, TCP, "Bearer operator-token", true, 0, "ana"},
	{"any case of the scheme", &OPERATOR, TCP, "bEARER  operator-token", true, 0, "ana"},
	{"token over the Unix socket", &OPERATOR, OTHER, "Bearer operator-token", true, 0, "ana"},
	{"a token outranks root", &ADMIN, ROOT, "Bearer operator-token", true, 0, "ana"},
	{"a wrong token outranks root", &ADMIN, ROOT, "Bearer wrong", true, 401, NULL},
	{"wrong token", &OPERATOR, TCP, "Bearer operator-tokeN", true, 401, NULL},
	{"nothing behind the scheme", &OPERATOR, TCP, "Bearer ", true, 401, NULL},
	{"no scheme", &OPERATOR, TCP, "operator-token", true, 401, NULL},
	{"other scheme", &OPERATOR, TCP, "Basic operator-token", true, 401, NULL},
	{"no token", &OPERATOR, TCP, NULL, true, 401, NULL},
	{"root is admin", &ADMIN, ROOT, NULL, true, 0, "unix:root"},
	{"root is admin everywhere", &OPERATOR, ROOT, NULL, true, 0, "unix:root"},
	{"another uid is nobody", &ADMIN, OTHER, NULL, true, 401, NULL},
	{"our own uid is nobody", &ADMIN, OWN, NULL, false, 401, NULL},
	{"our own uid makes the first admin", &FIRST, OWN, NULL, false, 0, "unix:self"},
	{"and no second one", &FIRST, OWN, NULL, true, 401, NULL},
	{"another uid makes none", &FIRST, OTHER, NULL, false, 401, NULL},
};

static struct peer peer_for(enum who who)
{
	struct peer peer = {.text = "192.0.2.1"};

	switch (who) {
	case ROOT:
		peer_of_uid(0, &peer);
		break;
	case OWN:
		peer_of_uid(4242, &peer);
		break;
	case OTHER:
		peer_of_uid(4243, &peer);
		break;
	default:
		break;
	}
	return peer;
}

static void knows_callers(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, NULL);
	rig.intake->own_uid = 4242;
	(void)snprintf(rig.intake->own_name, sizeof(rig.intake->own_name), "unix:self");
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct peer peer = peer_for(ROWS[i].who);
		struct bytes field = {ROWS[i].field,
				      ROWS[i].field != NULL ? strlen(ROWS[i].field) : 0};
		struct principal principal = {0};
		struct fault fault = {0};
		bool is_known;

		rig.has_tokens = ROWS[i].has_tokens;
		is_known = caller_identify(rig.intake, ROWS[i].route, &peer, field, &principal,
					   &fault);
		if (is_known != (ROWS[i].status == 0) ||
		    (!is_known && fault_status(fault.kind) != ROWS[i].status)) {
			fail_msg("%s", ROWS[i].name);
		}
		assert_int_equal(principal.role == ROLE_ADMIN,
				 is_known && strcmp(ROWS[i].person, "ana") != 0);
		assert_string_equal(principal_name(&principal),
				    is_known ? ROWS[i].person : "nobody");
	}
	rig_close(&rig);
}

static void makes_tokens_nobody_guesses(void **state)
{
	static const struct secret_key KEYS[2] = {{{1}}, {{2}}};
	char tokens[2][AUTH_TOKEN_BYTES];
	uint8_t hashes[2][SECRET_HASH_BYTES];

	(void)state;
	for (int i = 0; i < 2; i++) {
		auth_token_make(tokens[i]);
		assert_int_equal(strlen(tokens[i]), AUTH_TOKEN_BYTES - 1);
		assert_memory_equal(tokens[i], "astrad_", 7);
		assert_int_equal(strspn(tokens[i], "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
						   "uvwxyz0123456789-_"),
				 AUTH_TOKEN_BYTES - 1);
	}
	assert_string_not_equal(tokens[0], tokens[1]);
	for (int i = 0; i < 2; i++) {
		auth_token_hash(&KEYS[i], (struct bytes){tokens[0], AUTH_TOKEN_BYTES - 1},
				hashes[i]);
	}
	assert_memory_not_equal(hashes[0], hashes[1], SECRET_HASH_BYTES);
}

static void names_uids(void **state)
{
	char name[AUTH_NAME_BYTES];

	(void)state;
	caller_unix_name(0, name);
	assert_string_equal(name, "unix:root");
	caller_unix_name(4000000000u, name);
	assert_string_equal(name, "unix:4000000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_callers),
		cmocka_unit_test(makes_tokens_nobody_guesses),
		cmocka_unit_test(names_uids),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
