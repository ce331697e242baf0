/*
 * The driven clock of the test-hooks build; not compiled in any other. Time is the machine's plus
 * an offset while it flows, and a number while it is held; a mutex guards both, because the store's
 * threads ask for the time. One command at a time: the socket is not read again before the answer,
 * which waits for due deadlines, is sent.
 */
#include "base/clock_driven.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/loop_private.h"

enum {
	COMMAND_BYTES = 128,
	ANSWER_BYTES = 384,
	/* a deadline that schedules itself at once must not keep an answer for ever */
	ANSWER_TURNS_MAX = 1000
};

struct driven_state {
	bool is_held;
	bool is_synchronised;
	int64_t utc_ms;  /* held: the time; flowing: what is added to the machine's */
	int64_t boot_ms; /* the same */
};

struct clock_driven {
	struct clock clock; /* first */
	pthread_mutex_t lock;
	struct driven_state state; /* under lock */

	struct sockaddr_un address;
	int fd; /* -1 before it is bound */
	struct loop *loop;
	struct loop_fd *watch;

	struct sockaddr_un asker;
	socklen_t asker_len;
	struct error refusal; /* ERROR_NONE: the command was good */
	int turns_waited;
};

static struct clock_driven *driven_of(const struct clock *clock)
{
	return (struct clock_driven *)(uintptr_t)
		clock; /* first member; the mutex needs it writable */
}

static struct driven_state read_state(struct clock_driven *driven)
{
	struct driven_state state;

	(void)pthread_mutex_lock(&driven->lock); /* cannot fail: a plain mutex, never nested */
	state = driven->state;
	(void)pthread_mutex_unlock(&driven->lock);
	return state;
}

static void write_state(struct clock_driven *driven, const struct driven_state *state)
{
	(void)pthread_mutex_lock(&driven->lock); /* cannot fail, as above */
	driven->state = *state;
	(void)pthread_mutex_unlock(&driven->lock);
}

static int64_t utc_of(const struct driven_state *state)
{
	return state->utc_ms + (state->is_held ? 0 : clock_utc_ms(clock_system()));
}

static int64_t boot_of(const struct driven_state *state)
{
	return state->boot_ms + (state->is_held ? 0 : clock_boot_ms(clock_system()));
}

static int64_t driven_utc_ms(const struct clock *clock)
{
	struct driven_state state = read_state(driven_of(clock));

	return utc_of(&state);
}

static int64_t driven_boot_ms(const struct clock *clock)
{
	struct driven_state state = read_state(driven_of(clock));

	return boot_of(&state);
}

static bool driven_is_synchronised(const struct clock *clock)
{
	return read_state(driven_of(clock)).is_synchronised;
}

static bool driven_is_flowing(const struct clock *clock)
{
	return !read_state(driven_of(clock)).is_held;
}

/* Commands change a copy; false refuses it. */

static bool command_get(struct driven_state *state, int64_t argument)
{
	(void)state;
	(void)argument;
	return true;
}

static bool command_hold(struct driven_state *state, int64_t argument)
{
	(void)argument;
	state->utc_ms = utc_of(state);
	state->boot_ms = boot_of(state);
	state->is_held = true;
	return true;
}

static bool command_flow(struct driven_state *state, int64_t argument)
{
	int64_t utc_ms = utc_of(state);
	int64_t boot_ms = boot_of(state);

	(void)argument;
	state->is_held = false;
	state->utc_ms += utc_ms - utc_of(state);
	state->boot_ms += boot_ms - boot_of(state);
	return true;
}

static bool command_advance(struct driven_state *state, int64_t argument)
{
	state->utc_ms += argument;
	state->boot_ms += argument;
	return true;
}

static bool command_utc(struct driven_state *state, int64_t argument)
{
	state->utc_ms += argument - utc_of(state);
	return true;
}

static bool command_boot(struct driven_state *state, int64_t argument)
{
	state->boot_ms += argument - boot_of(state);
	return true;
}

static bool command_synchronised(struct driven_state *state, int64_t argument)
{
	state->is_synchronised = argument == 1;
	return argument <= 1;
}

static const struct command {
	const char *word;
	bool has_argument;
	bool sets_clock; /* the daemon is told as by the kernel */
	bool is_for_start;
	bool (*run)(struct driven_state *state, int64_t argument);
} COMMANDS[] = {
	{"get", false, false, false, command_get},
	{"hold", false, false, false, command_hold},
	{"flow", false, false, false, command_flow},
	{"advance", true, false, false, command_advance},
	{"suspend", true, true, false, command_advance},
	{"utc", true, true, false, command_utc},
	{"boot", true, false, true, command_boot},
	{"synchronised", true, false, false, command_synchronised},
};

/* Up to 15 digits: a sum of two can never overflow. */
static bool parse_argument(const char *text, bool is_wanted, int64_t *ret_argument)
{
	size_t digits = strspn(text, "0123456789");

	*ret_argument = 0;
	if (!is_wanted) {
		return text[0] == '\0';
	}
	if (digits == 0 || digits > 15 || text[digits] != '\0') {
		return false;
	}
	*ret_argument = strtoll(text, NULL, 10);
	return true;
}

static const struct command *find_command(const char *text, size_t word)
{
	for (size_t i = 0; i < ARRAY_LEN(COMMANDS); i++) {
		if (strlen(COMMANDS[i].word) == word && memcmp(COMMANDS[i].word, text, word) == 0) {
			return &COMMANDS[i];
		}
	}
	return NULL;
}

static bool run_command(struct clock_driven *driven, const char *text, bool *ret_sets_clock,
			struct error *err)
{
	struct driven_state state = read_state(driven);
	size_t word = strcspn(text, " ");
	const struct command *command = find_command(text, word);
	int64_t argument;

	if (command == NULL) {
		return error_set(err, ERROR_INVALID, "unknown command '%s'", text);
	}
	if (!parse_argument(text + word + (text[word] == ' '), command->has_argument, &argument)) {
		return error_set(err, ERROR_INVALID, "'%s' takes %s", command->word,
				 command->has_argument ? "one whole number" : "nothing");
	}
	if (command->is_for_start && driven->loop != NULL) {
		return error_set(err, ERROR_INVALID, "'%s' is for the start only", command->word);
	}
	if (!command->run(&state, argument)) {
		return error_set(err, ERROR_INVALID, "'%s' is out of range", text);
	}
	write_state(driven, &state);
	*ret_sets_clock = command->sets_clock;
	return true;
}

static bool run_spec(struct clock_driven *driven, const char *spec, struct error *err)
{
	while (*spec == ';') {
		size_t len = strcspn(++spec, ";");
		char text[COMMAND_BYTES];
		bool sets_clock;

		if (len >= sizeof(text)) {
			return error_set(err, ERROR_INVALID, "a command is too long");
		}
		memcpy(text, spec, len);
		text[len] = '\0';
		if (!run_command(driven, text, &sets_clock, err)) {
			return false;
		}
		spec += len;
	}
	return true;
}

static bool bind_socket(struct clock_driven *driven, const char *spec, size_t path_len,
			struct error *err)
{
	struct sockaddr *address = (struct sockaddr *)&driven->address;

	if (path_len == 0 || path_len >= sizeof(driven->address.sun_path)) {
		return error_set(err, ERROR_INVALID, "the socket's path is empty or too long");
	}
	driven->address.sun_family = AF_UNIX;
	memcpy(driven->address.sun_path, spec, path_len);
	driven->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	(void)unlink(driven->address.sun_path); /* of a process that was killed, or not there */
	if (driven->fd < 0 || bind(driven->fd, address, sizeof(driven->address)) != 0) {
		return error_set(err, ERROR_INVALID, "cannot bind the socket %s: %s",
				 driven->address.sun_path, strerror(errno));
	}
	return true;
}

struct clock_driven *clock_driven_create(const char *spec, struct error *err)
{
	struct clock_driven *driven = xcalloc(1, sizeof(*driven));
	size_t path_len = strcspn(spec, ";");
	int failed = pthread_mutex_init(&driven->lock, NULL);

	assert(failed == 0);
	(void)failed;
	driven->clock = (struct clock){
		.utc_ms = driven_utc_ms,
		.boot_ms = driven_boot_ms,
		.is_synchronised = driven_is_synchronised,
		.is_flowing = driven_is_flowing,
	};
	driven->state.is_synchronised = true;
	driven->fd = -1;
	if (!run_spec(driven, spec + path_len, err) || !bind_socket(driven, spec, path_len, err)) {
		clock_driven_destroy(&driven);
	}
	return driven;
}

void clock_driven_destroy(struct clock_driven **driven)
{
	struct clock_driven *gone = take_ptr(driven);

	if (gone == NULL) {
		return;
	}
	assert(gone->watch == NULL);
	if (gone->fd >= 0) {
		(void)close(gone->fd); /* a socket of tests: nothing can be lost */
		(void)unlink(gone->address.sun_path);
	}
	(void)pthread_mutex_destroy(&gone->lock); /* nobody holds it any more */
	free(gone);
}

const struct clock *clock_driven_clock(const struct clock_driven *driven)
{
	return &driven->clock;
}

static void make_answer(struct clock_driven *driven, char *out, size_t room)
{
	struct driven_state state = read_state(driven);
	int64_t due = runq_next_due(loop_runq(driven->loop));
	char due_text[24] = "none";

	if (driven->refusal.code != ERROR_NONE) {
		(void)snprintf(out, room, "error %s", driven->refusal.text); /* room for both */
		return;
	}
	if (due != LOOP_NEVER) {
		(void)snprintf(due_text, sizeof(due_text), "%lld", (long long)due);
	}
	(void)snprintf(out, room,
		       "ok utc_ms=%lld boot_ms=%lld flowing=%d synchronised=%d next_due_boot_ms=%s",
		       (long long)utc_of(&state), (long long)boot_of(&state), !state.is_held,
		       state.is_synchronised, due_text);
}

static void answer(void *arg)
{
	struct clock_driven *driven = arg;
	char text[ANSWER_BYTES];

	if (runq_is_due(loop_runq(driven->loop)) && driven->turns_waited++ < ANSWER_TURNS_MAX) {
		loop_defer(driven->loop, answer, driven);
		return;
	}
	make_answer(driven, text, sizeof(text));
	/* the asker may be gone, or never had a name to answer to */
	(void)sendto(driven->fd, text, strlen(text), 0, (struct sockaddr *)&driven->asker,
		     driven->asker_len);
	loop_fd_set(driven->watch, LOOP_READ);
}

static void on_command(int fd, int what, void *arg)
{
	struct clock_driven *driven = arg;
	char text[COMMAND_BYTES];
	bool sets_clock = false;
	ssize_t len;

	(void)what;
	driven->asker_len = sizeof(driven->asker);
	len = recvfrom(fd, text, sizeof(text) - 1, 0, (struct sockaddr *)&driven->asker,
		       &driven->asker_len);
	if (len < 0) {
		return;
	}
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	driven->turns_waited = 0;
	driven->refusal = (struct error){0};
	if (run_command(driven, text, &sets_clock, &driven->refusal) && sets_clock) {
		loop_clock_was_set(driven->loop);
	}
	loop_fd_set(driven->watch, 0);
	loop_defer(driven->loop, answer, driven);
}

void clock_driven_attach(struct clock_driven *driven, struct loop *loop)
{
	assert(driven->watch == NULL && loop_clock(loop) == &driven->clock);
	driven->loop = loop;
	driven->watch = loop_fd_create(loop, driven->fd, LOOP_READ, on_command, driven);
}

void clock_driven_detach(struct clock_driven *driven)
{
	if (driven->loop != NULL) {
		loop_undefer(driven->loop, answer, driven);
	}
	loop_fd_destroy(&driven->watch);
	driven->loop = NULL;
}
