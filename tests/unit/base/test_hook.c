/* Kill points (test-hooks build): the count-th passage of the named point, and no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/hook.h"

/* A child passes "commit" and "write" in turn, three times; its exit status tells that it survived.
 */
static pid_t start_child(const char *hook)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)close(STDERR_FILENO);
		(void)setenv("ASTRAD_HOOK", hook, 1);
		for (int i = 0; i < 3; i++) {
			HOOK("commit");
			HOOK("write");
		}
		_exit(7);
	}
	return pid;
}

static void test_kill(void **state)
{
	static const struct {
		const char *hook;
		int signal; /* 0: survives */
	} rows[] = {
		{"commit:1", SIGKILL},
		{"commit:3:kill", SIGKILL},
		{"write:3", SIGKILL},
		{"write:4", 0},
		{"comm:1", 0},
		{"commit", SIGABRT},
		{"commit:0", SIGABRT},
		{"commit:x", SIGABRT},
		{"commit:1:explode", SIGABRT},
		{"commit:1:kill:2", SIGABRT},
		{"commit:1kill", SIGABRT},
		{"", SIGABRT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int status;
		pid_t pid = start_child(rows[i].hook);

		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (rows[i].signal == 0) {
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), 7);
		} else {
			assert_true(WIFSIGNALED(status));
			assert_int_equal(WTERMSIG(status), rows[i].signal);
		}
	}
}

static void test_stop(void **state)
{
	int status;
	pid_t pid = start_child("write:2:stop");

	(void)state;
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(WSTOPSIG(status), SIGSTOP);
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
