/*
 * The connection layer of the intake alone, with small handlers of its own, for the tests over raw
 * sockets. It takes `name=value` arguments (the fields of intake_config), listens on a free port
 * and prints it; SIGTERM drains it. Tokens are three fixed words. It holds no state but the
 * requests of /v1/held, which wait until /v1/release answers them.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/loop.h"
#include "intake/intake.h"
#include "intake/page.h"
#include "intake/probe.h"
#include "intake/reply.h"
#include "intake/route.h"

#define HELD_MAX  4096
#define BIG_BYTES (8u << 20)

static const struct {
	const char *token;
	struct principal principal;
} TOKENS[] = {
	{"operator-token", {.role = ROLE_OPERATOR, .person = "ana", .token = {{1}}}},
	{"admin-token", {.role = ROLE_ADMIN, .person = "vesna", .token = {{2}}}},
	{"partner-token", {.role = ROLE_PARTNER, .partner = "mup-ns", .token = {{3}}}},
};

static const struct secret_key TOKEN_KEY = {{7}};
static struct request *held[HELD_MAX];
static size_t held_count;
static struct intake *intake;
static struct loop *loop;
static bool has_tokens = true;

static bool find_token(const uint8_t hash[SECRET_HASH_BYTES], struct principal *ret_principal,
		       void *arg)
{
	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(TOKENS); i++) {
		struct bytes token = {TOKENS[i].token, strlen(TOKENS[i].token)};
		uint8_t known[SECRET_HASH_BYTES];

		auth_token_hash(&TOKEN_KEY, token, known);
		if (memcmp(known, hash, sizeof(known)) == 0) {
			*ret_principal = TOKENS[i].principal;
			return true;
		}
	}
	return false;
}

static bool says_has_tokens(void *arg)
{
	(void)arg;
	return has_tokens;
}

static void echo(struct request *request)
{
	AUTO(buf) struct buf body = {0};
	AUTO(buf) struct buf text = {0};

	buf_add(&text, request->body.data, request->body.len);
	buf_printf(&body,
		   "{\"who\":\"%s\",\"bytes\":%zu,\"body\":", principal_name(&request->principal),
		   request->body.len);
	buf_add_json_string(&body, buf_text(&text));
	buf_add_text(&body, "}");
	reply_json(request, &body);
}

static void make(struct request *request)
{
	static const char BODY[] = "{\"made\":true}";

	reply_send(request, &(struct reply){
				    .status = 201,
				    .body = {BODY, sizeof(BODY) - 1},
				    .location = "/v1/things/1",
				    .etag = 7,
			    });
}

static void show(struct request *request)
{
	AUTO(buf) struct buf body = {0};
	struct page page;
	struct error err;

	if (!page_parse(&request->query, request->arena, &page, &err)) {
		reply_fault(request, &(struct fault){.kind = FAULT_PARAMETER, .detail = err.text});
		return;
	}
	buf_printf(&body, "{\"id\":\"%s\",\"limit\":%d,\"after\":",
		   request->params[0] != NULL ? request->params[0] : "", page.limit);
	buf_add_json_string(&body, page.after != NULL ? page.after : "");
	buf_add_text(&body, ",");
	page_add_next(&body, page.after == NULL ? "đak?>" : NULL);
	buf_add_text(&body, "}");
	reply_json(request, &body);
}

static void change(struct request *request)
{
	if (!etag_matches(&request->if_match, 7)) {
		reply_fault(request, &(struct fault){.kind = FAULT_STALE});
		return;
	}
	echo(request);
}

static void hold(struct request *request)
{
	if (held_count == HELD_MAX) {
		reply_fault(request, &(struct fault){.kind = FAULT_BUSY});
		return;
	}
	held[held_count++] = request;
}

/* Answers what is held, then says how many those were. */
static void release(struct request *request)
{
	AUTO(buf) struct buf body = {0};

	buf_printf(&body, "{\"released\":%zu}", held_count);
	while (held_count > 0) {
		echo(held[--held_count]);
	}
	reply_json(request, &body);
}

static void count_held(struct request *request)
{
	AUTO(buf) struct buf body = {0};

	buf_printf(&body, "{\"held\":%zu,\"connections\":%zu}", held_count,
		   intake_connections(intake));
	reply_json(request, &body);
}

static void send_big(struct request *request)
{
	AUTO(buf) struct buf body = {0};
	AUTO(free) char *text = xcalloc(1, BIG_BYTES + 1);

	memset(text, 'x', BIG_BYTES);
	buf_add_json_string(&body, text);
	reply_json(request, &body);
}

static void fail(struct request *request)
{
	struct error err;

	(void)error_set(&err, ERROR_INTERNAL, "a secret of the house");
	reply_error(request, &err);
}

#define OPERATOR ROLE_BIT(ROLE_OPERATOR)
#define PARTNER  ROLE_BIT(ROLE_PARTNER)
#define ADMIN    ROLE_BIT(ROLE_ADMIN)

static const struct route ROUTES[] = {
	{METHOD_GET, "/healthz", probe_alive, .flags = ROUTE_OPEN | ROUTE_QUIET},
	{METHOD_GET, "/readyz", probe_ready, .flags = ROUTE_OPEN | ROUTE_QUIET},
	{METHOD_GET, "/metrics", probe_metrics, .flags = ROUTE_OPEN | ROUTE_QUIET},
	{METHOD_POST, "/v1/echo", echo, OPERATOR | PARTNER, 1024},
	{METHOD_POST, "/v1/optional", echo, OPERATOR, 1024, ROUTE_BODY_OPTIONAL},
	{METHOD_POST, "/v1/things", make, OPERATOR, 1024, ROUTE_KEY_REQUIRED},
	{METHOD_GET, "/v1/things", show, OPERATOR, .query = "limit after"},
	{METHOD_GET, "/v1/things/{id}", show, OPERATOR | PARTNER, .query = "limit after"},
	{METHOD_PATCH, "/v1/things/{id}", change, OPERATOR, 1024, ROUTE_IF_MATCH},
	{METHOD_POST, "/v1/things/search", echo, OPERATOR, 1024},
	{METHOD_POST, "/v1/held", hold, OPERATOR, 1024},
	{METHOD_GET, "/v1/held", count_held, .flags = ROUTE_OPEN},
	{METHOD_POST, "/v1/release", release, OPERATOR},
	{METHOD_GET, "/v1/big", send_big, OPERATOR},
	{METHOD_GET, "/v1/broken", fail, OPERATOR},
	{METHOD_POST, "/v1/persons", echo, ADMIN, 1024, ROUTE_FIRST_ADMIN},
	{METHOD_GET, "/v1/persons", show, ADMIN, .query = "limit after"},
};

/* Fields of the config by their names. */
static const struct {
	const char *name;
	size_t offset;
} FIELDS[] = {
	{"head_ms", offsetof(struct intake_config, head_ms)},
	{"body_ms", offsetof(struct intake_config, body_ms)},
	{"idle_ms", offsetof(struct intake_config, idle_ms)},
	{"write_stall_ms", offsetof(struct intake_config, write_stall_ms)},
	{"write_ms", offsetof(struct intake_config, write_ms)},
	{"linger_ms", offsetof(struct intake_config, linger_ms)},
	{"connections_max", offsetof(struct intake_config, connections_max)},
	{"per_address_max", offsetof(struct intake_config, per_address_max)},
	{"per_token_max", offsetof(struct intake_config, per_token_max)},
	{"kept_unix", offsetof(struct intake_config, kept_unix)},
	{"kept_operators", offsetof(struct intake_config, kept_operators)},
	{"auth_failures_max", offsetof(struct intake_config, auth_failures_max)},
};

static void set_descriptors(rlim_t count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = count < limit.rlim_max ? count : limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit); /* the test sees it when it failed */
	}
}

static bool read_argument(const char *text, struct intake_config *config)
{
	size_t len = strcspn(text, "=");
	const char *value = text + len + (text[len] == '=');

	if (strncmp(text, "control", len) == 0) {
		config->control_path = value;
		return true;
	}
	if (strncmp(text, "nofile", len) == 0) {
		set_descriptors((rlim_t)strtoul(value, NULL, 10));
		return true;
	}
	if (strncmp(text, "no_tokens", len) == 0) {
		has_tokens = false;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(FIELDS); i++) {
		if (strlen(FIELDS[i].name) == len && memcmp(FIELDS[i].name, text, len) == 0) {
			int64_t number = strtoll(value, NULL, 10);

			/* int64_t and size_t alike on every machine this runs on */
			memcpy((char *)config + FIELDS[i].offset, &number, sizeof(number));
			return true;
		}
	}
	return false;
}

static void on_turn(void *arg)
{
	(void)arg;
	if (intake_is_idle(intake)) {
		loop_quit(loop);
	}
}

static void on_stop(void *arg)
{
	(void)arg;
	intake_drain(intake);
	loop_on_turn(loop, on_turn, NULL);
	on_turn(NULL);
}

int main(int argc, char **argv)
{
	static const struct intake_address ADDRESS = {"127.0.0.1", 0};
	struct intake_config config = {.listen = &ADDRESS, .listen_count = 1};
	struct intake_deps deps = {
		.routes = ROUTES,
		.route_count = ARRAY_LEN(ROUTES),
		.auth = {.key = TOKEN_KEY, .find = find_token, .has_tokens = says_has_tokens},
		.idempotency_key = {{9}},
	};
	struct error err;
	struct loop_signal *stop;

	set_descriptors(65536);
	intake_config_defaults(&config);
	for (int i = 1; i < argc; i++) {
		if (!read_argument(argv[i], &config)) {
			(void)fprintf(stderr, "unknown argument: %s\n", argv[i]);
			return 2;
		}
	}
	loop = loop_create(clock_system(), &err);
	if (loop == NULL) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	deps.loop = loop;
	deps.health = health_create();
	intake = intake_create(&config, &deps);
	if (!intake_listen(intake, &err)) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	stop = loop_signal_create(loop, SIGTERM, on_stop, NULL);
	(void)printf("%u\n", intake_port(intake, 0));
	(void)fflush(stdout);
	loop_run(loop);
	intake_destroy(&intake);
	while (held_count > 0) {
		echo(held[--held_count]); /* a late answer only frees the request */
	}
	loop_signal_destroy(&stop);
	health_destroy(&deps.health);
	loop_destroy(&loop);
	return 0;
}
