/* Who gets a connection, and who does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "intake/places.h"

#define TOTAL 10

static const struct principal OPERATOR = {.role = ROLE_OPERATOR, .person = "ana", .token = {{1}}};
static const struct principal PARTNER = {.role = ROLE_PARTNER, .partner = "mup", .token = {{2}}};
static const struct principal STRANGER = {0};

/* 10 in all: 2 kept for the Unix socket, 3 for operators, so 5 guests; 4 an address, 2 a token. */
static struct places *make(void)
{
	struct intake_config config = {.connections_max = TOTAL,
				       .kept_unix = 2,
				       .kept_operators = 3,
				       .per_address_max = 4,
				       .per_token_max = 2};

	return places_create(&config);
}

static struct peer tcp(uint8_t n)
{
	struct peer peer = {.key = {4, n}};

	return peer;
}

static struct peer unix_peer(uid_t uid)
{
	struct peer peer;

	peer_of_uid(uid, &peer);
	return peer;
}

static enum places_result take(struct places *places, struct place *place, struct peer peer)
{
	return places_take(places, place, &peer);
}

static void guests_leave_room_for_operators(void **state)
{
	struct places *places = make();
	struct place place[TOTAL] = {0};
	struct place more = {0};

	(void)state;
	for (uint8_t i = 0; i < 5; i++) {
		assert_int_equal(take(places, &place[i], tcp(i)), PLACES_TAKEN);
	}
	assert_int_equal(take(places, &more, tcp(9)), PLACES_FULL);
	assert_false(more.is_taken);
	/* one shows a person's token: a guest's place is free again */
	assert_true(places_show(places, &place[0], &OPERATOR));
	assert_int_equal(take(places, &place[5], tcp(5)), PLACES_TAKEN);
	/* a partner stays a guest */
	assert_true(places_show(places, &place[1], &PARTNER));
	assert_int_equal(take(places, &more, tcp(9)), PLACES_FULL);
	/* who shows a partner's token afterwards is a guest again */
	assert_true(places_show(places, &place[0], &PARTNER));
	assert_int_equal(places_taken(places), 6);
	for (int i = 0; i < TOTAL; i++) {
		places_leave(places, &place[i]);
	}
	assert_int_equal(places_taken(places), 0);
	places_destroy(&places);
}

static void the_unix_socket_has_its_own(void **state)
{
	struct places *places = make();
	struct place place[TOTAL + 1] = {0};
	struct principal person = OPERATOR;

	(void)state;
	for (uint8_t i = 0; i < 8; i++) {
		assert_int_equal(take(places, &place[i], tcp(i)), PLACES_TAKEN);
		person.token.bytes[1] = i;
		assert_true(places_show(places, &place[i], &person));
	}
	assert_int_equal(take(places, &place[8], tcp(8)), PLACES_TCP_FULL);
	assert_int_equal(take(places, &place[8], unix_peer(1000)), PLACES_TAKEN);
	assert_int_equal(take(places, &place[9], unix_peer(0)), PLACES_TAKEN);
	assert_int_equal(take(places, &place[10], unix_peer(0)), PLACES_FULL);
	for (int i = 0; i <= TOTAL; i++) {
		places_leave(places, &place[i]);
	}
	places_destroy(&places);
}

static void an_address_and_a_token_have_their_share(void **state)
{
	struct places *places = make();
	struct place place[TOTAL] = {0};

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(take(places, &place[i], tcp(1)), PLACES_TAKEN);
	}
	assert_int_equal(take(places, &place[4], tcp(1)), PLACES_ADDRESS_FULL);
	assert_true(places_show(places, &place[0], &PARTNER));
	assert_true(places_show(places, &place[1], &PARTNER));
	assert_true(places_show(places, &place[1], &PARTNER)); /* the same again counts once */
	assert_false(places_show(places, &place[2], &PARTNER));
	assert_true(places_show(places, &place[2], &OPERATOR));
	assert_true(places_show(places, &place[1], &STRANGER)); /* gives the share back */
	assert_true(places_show(places, &place[3], &PARTNER));
	places_leave(places, &place[0]);
	assert_int_equal(take(places, &place[4], tcp(1)), PLACES_TAKEN);
	assert_true(places_show(places, &place[4], &PARTNER));
	for (int i = 0; i < TOTAL; i++) {
		places_leave(places, &place[i]);
	}
	places_destroy(&places);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guests_leave_room_for_operators),
		cmocka_unit_test(the_unix_socket_has_its_own),
		cmocka_unit_test(an_address_and_a_token_have_their_share),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
