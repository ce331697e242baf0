/* What the service manager is told: each word once, and a watchdog that only a turning loop feeds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ops/service.h"
#include "temp_dir.h"

#define WATCHDOG_USEC "20000000"
#define HALF_MS       10000

struct manager {
	struct temp_dir folder;
	struct sockaddr_un address;
	int fd;
	struct clock_fake clock;
	struct loop *loop;
	struct service *service;
};

static int setup(void **state)
{
	static struct manager manager;
	struct error err;

	memset(&manager, 0, sizeof(manager));
	temp_dir_create(&manager.folder);
	manager.address.sun_family = AF_UNIX;
	(void)snprintf(manager.address.sun_path, sizeof(manager.address.sun_path), "%s/notify",
		       manager.folder.path);
	manager.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(
		bind(manager.fd, (struct sockaddr *)&manager.address, sizeof(manager.address)), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", manager.address.sun_path, 1), 0);
	assert_int_equal(setenv("WATCHDOG_USEC", WATCHDOG_USEC, 1), 0);
	assert_int_equal(unsetenv("WATCHDOG_PID"), 0);
	clock_fake_init(&manager.clock, 1795449600000);
	manager.loop = loop_create(&manager.clock.clock, &err);
	assert_non_null(manager.loop);
	manager.service = service_create(manager.loop);
	*state = &manager;
	return 0;
}

static int teardown(void **state)
{
	struct manager *manager = *state;

	service_destroy(&manager->service);
	assert_null(manager->service);
	service_destroy(&manager->service);
	loop_destroy(&manager->loop);
	(void)close(manager->fd);
	temp_dir_destroy(&manager->folder);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	return 0;
}

/* The next word, "" when there is none. */
static const char *heard(const struct manager *manager)
{
	static char text[512];
	ssize_t n = recv(manager->fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void turn_until_idle(const struct manager *manager)
{
	while (loop_turn(manager->loop)) {
	}
}

static void says_each_word(void **state)
{
	const struct manager *manager = *state;

	service_ready(manager->service, "taking reports");
	assert_string_equal(heard(manager), "READY=1\nSTATUS=taking reports");
	assert_string_equal(heard(manager), "WATCHDOG=1");
	service_reloading(manager->service);
	assert_string_equal(heard(manager), "RELOADING=1");
	service_ready(manager->service, "reload failed, see the log");
	assert_string_equal(heard(manager), "READY=1\nSTATUS=reload failed, see the log");
	service_status(manager->service, "degraded");
	assert_string_equal(heard(manager), "STATUS=degraded");
	service_stopping(manager->service, "finishing");
	assert_string_equal(heard(manager), "STOPPING=1\nSTATUS=finishing");
	assert_string_equal(heard(manager), "");
}

static void feeds_at_half_the_period(void **state)
{
	struct manager *manager = *state;

	turn_until_idle(manager);
	assert_string_equal(heard(manager), ""); /* not ready: not yet watched over */
	service_ready(manager->service, "taking reports");
	(void)heard(manager);
	assert_string_equal(heard(manager), "WATCHDOG=1");
	for (int i = 0; i < 3; i++) {
		clock_fake_advance(&manager->clock, HALF_MS - 1);
		turn_until_idle(manager);
		assert_string_equal(heard(manager), "");
		clock_fake_advance(&manager->clock, 1);
		turn_until_idle(manager);
		assert_string_equal(heard(manager), "WATCHDOG=1");
		assert_string_equal(heard(manager), "");
	}
}

static void a_loop_that_stands_is_not_fed(void **state)
{
	struct manager *manager = *state;

	service_ready(manager->service, "taking reports");
	(void)heard(manager);
	(void)heard(manager);
	clock_fake_advance(&manager->clock, INT64_C(10) * HALF_MS);
	assert_string_equal(heard(manager), "");
}

static void without_a_watchdog_none_is_fed(void **state)
{
	struct manager *manager = *state;

	service_destroy(&manager->service);
	assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0); /* meant for another process */
	manager->service = service_create(manager->loop);
	service_ready(manager->service, "taking reports");
	assert_string_equal(heard(manager), "READY=1\nSTATUS=taking reports");
	clock_fake_advance(&manager->clock, INT64_C(10) * HALF_MS);
	turn_until_idle(manager);
	assert_string_equal(heard(manager), "");
}

/* A manager that does not read must not hold the loop; what it missed comes in order. */
static void a_full_manager_is_not_waited_for(void **state)
{
	struct manager *manager = *state;
	char told[32], expected[32];

	for (int i = 0; i < 20; i++) { /* the kernel's queue holds about ten */
		(void)snprintf(told, sizeof(told), "%d", i);
		service_status(manager->service, told);
	}
	for (int i = 0; i < 20; i++) {
		(void)snprintf(expected, sizeof(expected), "STATUS=%d", i);
		assert_string_equal(heard(manager), expected);
		clock_fake_advance(&manager->clock, 1000);
		turn_until_idle(manager);
	}
	assert_string_equal(heard(manager), "");
}

static void a_lost_manager_costs_nothing(void **state)
{
	struct manager *manager = *state;

	(void)close(manager->fd);
	for (int i = 0; i < 1000; i++) {
		service_status(manager->service, "still here");
	}
	turn_until_idle(manager);
	manager->fd = -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(says_each_word, setup, teardown),
		cmocka_unit_test_setup_teardown(feeds_at_half_the_period, setup, teardown),
		cmocka_unit_test_setup_teardown(a_loop_that_stands_is_not_fed, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_watchdog_none_is_fed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_manager_is_not_waited_for, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lost_manager_costs_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
