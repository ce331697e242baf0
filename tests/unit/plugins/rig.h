/*
 * The daemon's side of the ABI for tests of a plugin's own code: services that write down what they
 * are asked and answer when the test says so. Signing is the daemon's real one.
 */
#ifndef ASTRAD_TESTS_PLUGINS_RIG_H
#define ASTRAD_TESTS_PLUGINS_RIG_H

#include "astrad_channel.h"

#define RIG_MAX 16

struct astrad_http {
	int is_open; /* neither answered nor cancelled */
	char url[128];
	char headers[4096]; /* a line each */
	char body[256];
	struct astrad_http_request request; /* pointers are the plugin's */
	void (*fn)(const struct astrad_http_answer *answer, void *arg);
	void *arg;
};

struct rig_result {
	uint64_t token;
	struct astrad_result result;
	char detail[160];
	char reply[64];
};

struct rig {
	struct astrad_services services; /* host: &rig itself */
	int64_t utc_ms;
	int http_refuses; /* http() gives NULL */
	int on_wire;
	int cancel_written;
	struct astrad_http https[RIG_MAX];
	int http_count;
	struct rig_result results[RIG_MAX];
	int result_count;
	int log_count;
};

void rig_init(struct rig *rig);
/* Request i is answered with a status, or has failed. */
void rig_answer(struct rig *rig, int i, int status, const char *body);
void rig_answer_later(struct rig *rig, int i, int status, int64_t retry_after_ms);
void rig_fail(struct rig *rig, int i, int outcome, const char *error);

#endif
