/* Who is at the other end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/attr.h"
#include "intake/peer.h"

static struct peer peer_of(const char *text)
{
	struct sockaddr_storage address = {0};
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct peer peer;

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		memcpy(&address, &in, sizeof(in));
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
		memcpy(&address, &in6, sizeof(in6));
	}
	peer_of_address((struct sockaddr *)&address, &peer);
	return peer;
}

static void counts_who_is_one(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		bool is_same;
	} ROWS[] = {
		{"127.0.0.1", "127.0.0.1", true},          {"127.0.0.1", "127.0.0.2", false},
		{"127.0.0.1", "::ffff:127.0.0.1", true},   {"2001:db8::1", "2001:db8::ffff", true},
		{"2001:db8::1", "2001:db8:0:1::1", false}, {"::1", "127.0.0.1", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct peer a = peer_of(ROWS[i].a);
		struct peer b = peer_of(ROWS[i].b);

		assert_int_equal(memcmp(a.key, b.key, PEER_KEY_BYTES) == 0, ROWS[i].is_same);
		assert_false(a.is_unix);
	}
	assert_string_equal(peer_of("127.0.0.1").text, "127.0.0.1");
	assert_string_equal(peer_of("2001:db8::1").text, "2001:db8::1");
}

static void knows_the_uid_behind_a_unix_socket(void **state)
{
	struct peer peer;
	struct peer root;
	struct error err;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_true(peer_of_unix(fds[0], &peer, &err));
	assert_true(peer.is_unix);
	assert_int_equal(peer.uid, geteuid());
	(void)close(fds[0]);
	(void)close(fds[1]);
	assert_false(peer_of_unix(fds[0], &peer, &err));
	peer_of_uid(0, &root);
	assert_string_equal(root.text, "uid=0");
	peer_of_uid(1, &peer);
	assert_memory_not_equal(root.key, peer.key, PEER_KEY_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_who_is_one),
		cmocka_unit_test(knows_the_uid_behind_a_unix_socket),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
