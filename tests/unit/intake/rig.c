/*
 * The rig. Everything goes through the loop as in the daemon, only that turns and time are the
 * test's: no test waits for anything.
 */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/bufferevent.h>

#include "base/log.h"
#include "base/loop_native.h"
#include "intake/conn.h"
#include "intake/probe.h"
#include "intake/reply.h"

#define START_UTC_MS INT64_C(1795448667000)

static struct rig *the_rig;
static char text[262144]; /* what came and was not yet told */
static size_t text_len;
static char answer[65536];

static const struct secret_key TOKEN_KEY = {{7}};

static bool find_token(const uint8_t hash[SECRET_HASH_BYTES], struct principal *ret_principal,
		       void *arg)
{
	uint8_t known[SECRET_HASH_BYTES];

	(void)arg;
	auth_token_hash(&TOKEN_KEY, (struct bytes){"operator-token", 14}, known);
	if (memcmp(known, hash, sizeof(known)) != 0) {
		return false;
	}
	*ret_principal = (struct principal){.role = ROLE_OPERATOR, .person = "ana", .token = {{1}}};
	return true;
}

static bool has_tokens(void *arg)
{
	(void)arg;
	return the_rig->has_tokens;
}

static void echo(struct request *request)
{
	reply_send(request, &(struct reply){.status = 200, .body = request->body});
}

static void send_big(struct request *request)
{
	char *body = arena_alloc(request->arena, RIG_BIG_BYTES);

	reply_send(request, &(struct reply){.status = 200, .body = {body, RIG_BIG_BYTES}});
}

static void hold(struct request *request)
{
	assert_true(the_rig->held_count < RIG_HELD);
	the_rig->held[the_rig->held_count++] = request;
}

static const struct route ROUTES[] = {
	{METHOD_GET, "/open", echo, .flags = ROUTE_OPEN},
	{METHOD_GET, "/big", send_big, .flags = ROUTE_OPEN},
	{METHOD_GET, "/readyz", probe_ready, .flags = ROUTE_OPEN | ROUTE_QUIET},
	{METHOD_POST, "/echo", echo, ROLE_BIT(ROLE_OPERATOR), 65536},
	{METHOD_POST, "/held", hold, ROLE_BIT(ROLE_OPERATOR), 1024, ROUTE_BODY_OPTIONAL},
	{METHOD_POST, "/admin", echo, ROLE_BIT(ROLE_ADMIN), 1024, ROUTE_BODY_OPTIONAL},
	{METHOD_POST, "/first", echo, ROLE_BIT(ROLE_ADMIN), 1024,
	 ROUTE_BODY_OPTIONAL | ROUTE_FIRST_ADMIN},
};

void rig_open(struct rig *rig, const struct intake_config *config)
{
	struct intake_config numbers = {0};
	struct intake_deps deps = {
		.routes = ROUTES,
		.route_count = ARRAY_LEN(ROUTES),
		.auth = {.key = TOKEN_KEY, .find = find_token, .has_tokens = has_tokens},
		.idempotency_key = {{9}},
	};
	struct error err;

	intake_config_defaults(&numbers);
	*rig = (struct rig){.has_tokens = true};
	clock_fake_init(&rig->clock, START_UTC_MS);
	rig->loop = loop_create(&rig->clock.clock, &err);
	assert_non_null(rig->loop);
	rig->health = health_create();
	deps.loop = rig->loop;
	deps.health = rig->health;
	rig->intake = intake_create(config != NULL ? config : &numbers, &deps);
	the_rig = rig;
	log_set_level(LOG_LEVEL_WARNING);
	text_len = 0;
}

void rig_close(struct rig *rig)
{
	intake_destroy(&rig->intake);
	rig_release(rig);
	health_destroy(&rig->health);
	loop_destroy(&rig->loop);
}

int rig_connect_as(struct rig *rig, const struct peer *peer)
{
	struct place place = {0};
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
	assert_int_equal(places_take(rig->intake->places, &place, peer), PLACES_TAKEN);
	(void)conn_create(
		rig->intake,
		bufferevent_socket_new(loop_native(rig->loop), fds[0], BEV_OPT_CLOSE_ON_FREE), peer,
		&place);
	return fds[1];
}

int rig_connect(struct rig *rig, uint8_t address)
{
	struct peer peer = {.key = {4, address}, .text = "192.0.2.1"};

	return rig_connect_as(rig, &peer);
}

void rig_turn(struct rig *rig)
{
	int idle = 0;

	/* bytes that bufferevents move without calling us the loop does not see */
	while (idle < 4) {
		idle = loop_turn(rig->loop) ? 0 : idle + 1;
	}
}

void rig_send(struct rig *rig, int fd, const char *bytes)
{
	size_t len = strlen(bytes);

	assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
	rig_turn(rig);
}

void rig_advance(struct rig *rig, int64_t ms)
{
	clock_fake_advance(&rig->clock, ms);
	rig_turn(rig);
}

/* Moves the first answer of the text to `answer`; false when it is not whole. */
static bool take_answer(void)
{
	static const char LENGTH[] = "Content-Length: ";
	char *end;
	char *length;
	size_t bytes;

	text[text_len] = '\0';
	end = strstr(text, "\r\n\r\n");
	if (end == NULL) {
		return false;
	}
	bytes = (size_t)(end + 4 - text);
	length = strstr(text, LENGTH);
	if (length != NULL && length < end) {
		bytes += strtoul(length + sizeof(LENGTH) - 1, NULL, 10);
	}
	if (bytes > text_len) {
		return false;
	}
	assert_true(bytes < sizeof(answer));
	memcpy(answer, text, bytes);
	answer[bytes] = '\0';
	text_len -= bytes;
	memmove(text, text + bytes, text_len);
	return true;
}

int rig_status(struct rig *rig, int fd)
{
	ssize_t got;

	answer[0] = '\0';
	do {
		rig_turn(rig);
		got = recv(fd, text + text_len, sizeof(text) - text_len - 1, 0);
		text_len += got > 0 ? (size_t)got : 0;
	} while (got > 0);
	if (take_answer()) {
		return (int)strtol(answer + sizeof("HTTP/1.1 ") - 1, NULL, 10);
	}
	return got == 0 || (got < 0 && errno != EAGAIN) ? -1 : 0;
}

const char *rig_text(void)
{
	return answer;
}

int rig_ask(struct rig *rig, int fd, const char *bytes)
{
	rig_send(rig, fd, bytes);
	return rig_status(rig, fd);
}

void rig_release(struct rig *rig)
{
	while (rig->held_count > 0) {
		echo(rig->held[--rig->held_count]);
	}
}
