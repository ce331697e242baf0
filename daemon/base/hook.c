/*
 * Kill points of the test-hooks build; not compiled in any other. The environment is read at the
 * first passage, the count is atomic: points lie in the store's threads too. Killing is by SIGKILL,
 * so no destructor, no flush and no signal handler makes the crash kinder than a power cut.
 */
#include "base/hook.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static pthread_once_t read_once = PTHREAD_ONCE_INIT;
static char armed[64]; /* "" when no hook is asked for */
static int signal_number;
static atomic_long passages_left;

static bool parse(const char *text)
{
	char action[8] = "kill";
	long count = 0;
	int end = 0;

	if (sscanf(text, "%63[^:]:%ld%n:%7[a-z]%n", armed, &count, &end, action, &end) < 2 ||
	    text[end] != '\0' || count < 1) {
		return false;
	}
	atomic_store(&passages_left, count);
	signal_number = strcmp(action, "stop") == 0 ? SIGSTOP : SIGKILL;
	return signal_number == SIGSTOP || strcmp(action, "kill") == 0;
}

static void read_environment(void)
{
	const char *text = getenv("ASTRAD_HOOK");

	if (text != NULL && !parse(text)) {
		log_error("ASTRAD_HOOK is not name:count[:kill|stop]", "value=%s", log_quote(text));
		abort();
	}
}

void hook_pass(const char *name)
{
	(void)pthread_once(&read_once, read_environment); /* fails for a bad argument only */
	if (strcmp(name, armed) == 0 && atomic_fetch_sub(&passages_left, 1) == 1) {
		(void)kill(getpid(), signal_number); /* cannot fail: our own process */
	}
}
