/*
 * One configured channel as a program, for the tests against real servers: the channel set, the
 * HTTP client and a real plugin, without store and outbox. Driven by lines on stdin, answers with
 * one JSON object a line.
 *
 *   channel_tool plugins=DIR plugin=webhook ranges=127.0.0.0/8 timeout=2000 urls=http://... ...
 *
 * warm=1 is the set's is_warm. A word whose name is an option of the plugin sets it (again: one
 * more of a list). Lines: send ID [BODY]     starts an attempt; its end is a line {"id", "outcome",
 * ...} cancel ID          channel_cancel ranges TEXT        a reload with other private ranges
 *   state              {"phase", "capacity", ..., "lag_ms": the longest turn since the last time}
 * End of input: what is in flight is waited for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/list.h"
#include "base/loop.h"
#include "channel/plugin.h"
#include "channel/set.h"
#include "domain/delivery.h"

#define TEXTS_MAX   16
#define OPTIONS_MAX 64
#define CHANNEL     "under-test"

struct sent {
	struct list link; // in tool.sent
	struct channel_call *call;
	char *id;
};

static struct {
	struct loop *loop;
	struct channel_set *set;
	const struct astrad_channel *plugin;
	struct astrad_value values[OPTIONS_MAX];
	const char *texts[OPTIONS_MAX][TEXTS_MAX];
	struct channel channel;
	struct list sent; // struct sent::link
	struct buf input;
	struct loop_fd *watch;
	bool is_ended;
} tool;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "channel_tool: %s: %s\n", what, why);
	exit(2);
}

/* --- options --- */

static bool set_option(const char *name, const char *text)
{
	for (size_t i = 0; tool.plugin->options[i].name != NULL && i < OPTIONS_MAX; i++) {
		struct astrad_value *value = &tool.values[i];

		if (strcmp(tool.plugin->options[i].name, name) == 0 &&
		    value->text_count < TEXTS_MAX) {
			tool.texts[i][value->text_count++] = text;
			value->is_set = 1;
			value->text = text;
			value->texts = tool.texts[i];
			value->number = strcmp(text, "true") == 0 ? 1 : strtoll(text, NULL, 10);
			return true;
		}
	}
	return false;
}

static bool set_limit(const char *name, const char *text)
{
	const struct {
		const char *name;
		int64_t *number;
	} rows[] = {
		{"in_flight", &tool.channel.limits.in_flight},
		{"rate", &tool.channel.limits.rate},
		{"connect", &tool.channel.limits.connect_timeout_ms},
		{"timeout", &tool.channel.limits.timeout_ms},
		{"failures", &tool.channel.limits.breaker_failures},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].name, name) == 0) {
			*rows[i].number = strtoll(text, NULL, 10);
			return true;
		}
	}
	return false;
}

static const char *find_word(char **words, const char *name)
{
	size_t len = strlen(name);

	for (; *words != NULL; words++) {
		if (strncmp(*words, name, len) == 0 && (*words)[len] == '=') {
			return *words + len + 1;
		}
	}
	return NULL;
}

static void read_words(char **words)
{
	for (; *words != NULL; words++) {
		char *value = strchr(*words, '=');
		AUTO(free) char *name = NULL;

		if (value == NULL) {
			die(*words, "is not name=value");
		}
		name = xstrdup(*words);
		name[value - *words] = '\0';
		if (strcmp(name, "plugins") != 0 && strcmp(name, "plugin") != 0 &&
		    strcmp(name, "ranges") != 0 && strcmp(name, "warm") != 0 &&
		    !set_limit(name, value + 1) && !set_option(name, value + 1)) {
			die(name, "is neither an option nor a limit");
		}
	}
}

static void on_refused(const char *channel, const char *why, void *arg)
{
	(void)channel;
	(void)arg;
	printf("{\"refused\":\"%s\"}\n", why);
}

/* The start, and each reload. */
static void use(const char *ranges)
{
	const struct channel_config config = {
		.channel = &tool.channel, .plugin = tool.plugin, .options = tool.values};
	struct channel_plan *plan =
		channel_set_prepare(tool.set, &config, 1, ranges, on_refused, NULL);

	if (plan == NULL) {
		exit(1);
	}
	channel_set_commit(tool.set, &plan);
}

/* --- sending --- */

static void end_if_done(void)
{
	if (tool.is_ended && list_is_empty(&tool.sent)) {
		loop_quit(tool.loop);
	}
}

static void on_done(const struct channel_result *result, void *arg)
{
	struct sent *sent = arg;
	AUTO(buf) struct buf line = {0};

	buf_add_text(&line, "{\"id\":");
	buf_add_json_string(&line, sent->id);
	buf_printf(&line, ",\"outcome\":\"%s\",\"status\":%d,\"retry_after_ms\":%lld",
		   delivery_outcome_name((enum delivery_outcome)result->outcome), result->status,
		   (long long)result->retry_after_ms);
	buf_printf(&line, ",\"latency_ms\":%lld,\"forced\":%s,\"reply_bytes\":%zu,\"detail\":",
		   (long long)result->latency_ms, result->is_forced ? "true" : "false",
		   result->reply.len);
	buf_add_json_string(&line, result->detail);
	buf_add_text(&line, "}");
	puts(buf_text(&line));
	channel_release(channel_set_find(tool.set, CHANNEL), 1);
	list_remove(&sent->link);
	free(sent->id);
	free(sent);
	end_if_done();
}

static void command_send(const char *id, const char *body)
{
	struct channel_host *host = channel_set_find(tool.set, CHANNEL);
	struct sent *sent = xcalloc(1, sizeof(*sent));
	const struct channel_send send = {
		.message_id = id,
		.delivery_ref = id,
		.recipient = CHANNEL,
		.address = "",
		.variant = "v",
		.body = {body, strlen(body)},
		.attempt = 1,
	};

	sent->id = xstrdup(id);
	list_append(&tool.sent, &sent->link);
	channel_claim(host, 1);
	sent->call = channel_send(host, &send, on_done, sent);
}

static void command_cancel(const char *id)
{
	LIST_FOR_EACH (node, &tool.sent) {
		struct sent *sent = LIST_ENTRY(node, struct sent, link);

		if (strcmp(sent->id, id) == 0) {
			channel_cancel(sent->call);
		}
	}
}

static void command_state(void)
{
	struct channel_host *host = channel_set_find(tool.set, CHANNEL);
	struct channel_state state;
	struct channel_counts counts;

	channel_get_state(host, &state);
	channel_get_counts(host, &counts);
	printf("{\"phase\":\"%s\",\"cause\":\"%s\",\"capacity\":%zu,\"in_flight\":%zu,"
	       "\"claimed\":%zu,\"lag_ms\":%lld}\n",
	       channel_phase_name(state.phase), channel_cause_name(state.cause),
	       channel_capacity(host, MESSAGE_CRITICAL), counts.in_flight, counts.claimed,
	       (long long)loop_take_max_lag_ms(tool.loop));
}

/* --- input --- */

static void run_line(char *line)
{
	char *rest = line;
	const char *verb = strsep(&rest, " ");

	if (strcmp(verb, "send") == 0 && rest != NULL) {
		const char *id = strsep(&rest, " ");
		command_send(id, rest != NULL ? rest : "{}");
	} else if (strcmp(verb, "cancel") == 0 && rest != NULL) {
		command_cancel(rest);
	} else if (strcmp(verb, "ranges") == 0) {
		use(rest != NULL ? rest : "");
	} else if (strcmp(verb, "state") == 0) {
		command_state();
	} else {
		die(verb, "is no command");
	}
}

static void on_input(int fd, int what, void *arg)
{
	char bytes[65536];
	ssize_t n = read(fd, bytes, sizeof(bytes));
	char *end;

	(void)what;
	(void)arg;
	if (n <= 0) {
		loop_fd_destroy(&tool.watch);
		tool.is_ended = true;
		end_if_done();
		return;
	}
	buf_add(&tool.input, bytes, (size_t)n);
	while (tool.input.len > 0 &&
	       (end = memchr(tool.input.data, '\n', tool.input.len)) != NULL) {
		AUTO(free) char *line = xmemdup(tool.input.data, (size_t)(end - tool.input.data));

		buf_drop_front(&tool.input, (size_t)(end - tool.input.data) + 1);
		run_line(line);
	}
}

int main(int argc, char **argv)
{
	struct channel_set_params params = {.seed = 1};
	struct plugin_set *plugins;
	struct error err;

	(void)argc;
	setvbuf(stdout, NULL, _IOLBF, 0);
	list_init(&tool.sent);
	tool.loop = loop_create(clock_system(), &err);
	if (tool.loop == NULL) {
		die("loop", err.text);
	}
	plugins = plugin_set_create(find_word(argv + 1, "plugins"));
	tool.plugin = plugin_find(plugins, find_word(argv + 1, "plugin"), &err);
	if (tool.plugin == NULL) {
		die("plugin", err.text);
	}
	tool.channel = (struct channel){.name = CHANNEL,
					.plugin = tool.plugin->name,
					.tier = TIER_RESTRICTED,
					.mode = CHANNEL_LIVE,
					.limits = {.in_flight = 64}};
	read_words(argv + 1);
	params.loop = tool.loop;
	params.is_warm = find_word(argv + 1, "warm") != NULL;
	params.private_ranges = find_word(argv + 1, "ranges");
	tool.set = channel_set_create(&params, &err);
	if (tool.set == NULL) {
		die("channel set", err.text);
	}
	use(NULL);
	tool.watch = loop_fd_create(tool.loop, STDIN_FILENO, LOOP_READ, on_input, NULL);
	loop_run(tool.loop);
	channel_set_destroy(&tool.set);
	plugin_set_destroy(&plugins);
	buf_finish(&tool.input);
	loop_destroy(&tool.loop);
	return 0;
}
