/* Listening, and what cannot be listened on. Covers listener.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/attr.h"
#include "intake/listener.h"
#include "rig.h"
#include "temp_dir.h"

static struct rig rig;
static struct temp_dir folder;

static int setup(void **state)
{
	(void)state;
	temp_dir_create(&folder);
	rig_open(&rig, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_close(&rig);
	temp_dir_destroy(&folder);
	return 0;
}

/* A client's end of a connection to the port. */
static int dial(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(port),
				      .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		(void)close(fd);
		return -1;
	}
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static int dial_unix(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static void refuses_other_addresses(void **state)
{
	static const char *const ADDRESSES[] = {
		"0.0.0.0", "192.0.2.1", "::", "localhost", "", "127.0.0.1:80"};
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ADDRESSES); i++) {
		struct intake_address address = {ADDRESSES[i], 0};

		err.code = ERROR_NONE;
		assert_null(listener_open_tcp(rig.intake, &address, &err));
		assert_int_equal(err.code, ERROR_INVALID);
	}
}

static void serves_and_stops(void **state)
{
	struct intake_address address = {"127.0.0.1", 0};
	struct error err;
	struct listener *listener = listener_open_tcp(rig.intake, &address, &err);
	struct intake_address taken = {"127.0.0.1", 0};
	int fd;

	(void)state;
	assert_non_null(listener);
	fd = dial(listener_port(listener));
	assert_int_equal(rig_ask(&rig, fd, RIG_GET), 200);
	(void)close(fd);
	taken.port = listener_port(listener);
	assert_null(listener_open_tcp(rig.intake, &taken, &err));
	assert_non_null(strstr(err.text, "127.0.0.1"));
	listener_close(&listener);
	assert_null(listener);
	assert_int_equal(dial(taken.port), -1);
}

static void a_socket_file_is_taken_only_when_dead(void **state)
{
	char path[sizeof(folder.path) + 16];
	char long_path[200] = "";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct listener *listener;
	struct stat status;
	struct error err;
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/socket", folder.path);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	/* a file that is no socket */
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	(void)close(fd);
	assert_null(listener_open_unix(rig.intake, path, &err));
	assert_int_equal(unlink(path), 0);
	/* a dead socket */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	(void)close(fd);
	listener = listener_open_unix(rig.intake, path, &err);
	assert_non_null(listener);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0666);
	/* a live one */
	assert_null(listener_open_unix(rig.intake, path, &err));
	assert_non_null(strstr(err.text, path));
	fd = dial_unix(path);
	assert_int_equal(rig_ask(&rig, fd, RIG_GET), 200);
	(void)close(fd);
	listener_close(&listener);
	assert_int_equal(stat(path, &status), -1);
	memset(long_path, 'x', sizeof(long_path) - 1);
	assert_null(listener_open_unix(rig.intake, long_path, &err));
	assert_int_equal(err.code, ERROR_INVALID);
}

static void all_or_none_listen(void **state)
{
	static const struct intake_address ADDRESSES[2] = {{"127.0.0.1", 0}, {"192.0.2.1", 0}};
	struct intake_config config = {.listen = ADDRESSES, .listen_count = 2};
	struct intake_deps deps = rig.intake->deps;
	struct intake *intake;
	struct error err;

	(void)state;
	intake_config_defaults(&config);
	intake = intake_create(&config, &deps);
	assert_false(intake_listen(intake, &err));
	assert_int_equal(intake->listener_count, 0);
	intake_destroy(&intake);

	config.listen_count = 1;
	intake = intake_create(&config, &deps);
	assert_true(intake_listen(intake, &err));
	assert_true(intake_port(intake, 0) > 0);
	intake_drain(intake);
	assert_int_equal(intake->listener_count, 0);
	intake_destroy(&intake);
	intake_destroy(&intake);
	intake_drain(intake);
	assert_true(intake_is_idle(intake));
	assert_int_equal(intake_connections(intake), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refuses_other_addresses),
		TEST(serves_and_stops),
		TEST(a_socket_file_is_taken_only_when_dead),
		TEST(all_or_none_listen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
