/*
 * Verifies the whole audit chain of a stopped daemon's store: audit_tool DIR, where DIR is the
 * harness's folder of one daemon (astrad.db, cases.key, copy/cases.key, secrets/master, environment
 * training). Prints "whole N" and exits 0, or says where it is broken and exits 1. It only reads;
 * opening the store recovers its log as the daemon's start does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/loop.h"
#include "store/audit.h"
#include "store/store.h"

struct verdict {
	struct loop *loop;
	struct store *store;
	struct store_audit_verify_out out;
	bool ok;
	struct error err;
	bool is_there;
};

static int die(const char *what, const char *why)
{
	(void)fprintf(stderr, "audit_tool: %s: %s\n", what, why);
	return 1;
}

static bool read_master(const char *folder, struct secret_key *ret_key)
{
	char path[4096];
	AUTO(buf) struct buf key = {0};
	char text[128] = {0};
	size_t len;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/secrets/master", folder);
	file = fopen(path, "re");
	if (file == NULL) {
		return false;
	}
	len = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' ')) {
		len--;
	}
	if (!secret_base64_decode(text, len, &key) || key.len != sizeof(ret_key->bytes)) {
		return false;
	}
	memcpy(ret_key->bytes, key.data, key.len);
	return true;
}

static void on_page(struct store_call *call)
{
	struct verdict *verdict = call->ctx;

	verdict->ok = call->ok;
	verdict->err = call->err;
	verdict->out = *(const struct store_audit_verify_out *)call->out;
	verdict->is_there = true;
}

static bool verify(struct verdict *verdict)
{
	do {
		struct store_call *call =
			store_call_create(verdict->store, &store_audit_verify, on_page, verdict);
		struct store_audit_verify_in *in = call->in;

		in->after = verdict->out.last;
		verdict->is_there = false;
		store_submit(call);
		while (!verdict->is_there) {
			(void)store_pump(verdict->store);
		}
	} while (verdict->ok && !verdict->out.is_broken && !verdict->out.is_done);
	return verdict->ok && !verdict->out.is_broken;
}

static int report(const struct verdict *verdict)
{
	if (!verdict->ok) {
		return die("verify", verdict->err.text);
	}
	if (verdict->out.is_broken) {
		(void)fprintf(stderr, "audit_tool: broken at %lld: %s\n",
			      (long long)verdict->out.broken_seq, verdict->out.why);
		return 1;
	}
	(void)printf("whole %lld\n", (long long)verdict->out.last.seq);
	return 0;
}

int main(int argc, char **argv)
{
	static char path[4096], key_file[4096], key_copy[4096];
	static struct verdict verdict;
	struct store_config config = {
		.path = path,
		.key_file = key_file,
		.key_copy = key_copy,
		.environment = "training",
		.clock = clock_system(),
		.is_inline = true,
	};
	struct error err = {0};

	if (argc != 2) {
		return die("usage", "audit_tool DIR");
	}
	(void)snprintf(path, sizeof(path), "%s/astrad.db", argv[1]);
	(void)snprintf(key_file, sizeof(key_file), "%s/cases.key", argv[1]);
	(void)snprintf(key_copy, sizeof(key_copy), "%s/copy/cases.key", argv[1]);
	if (!read_master(argv[1], &config.master_key)) {
		return die("secrets/master", "no key");
	}
	verdict.loop = config.loop = loop_create(config.clock, &err);
	if (config.loop == NULL) {
		return die("loop", err.text);
	}
	verdict.store = store_open(&config, &err);
	if (verdict.store == NULL) {
		return die("open", err.text);
	}
	(void)verify(&verdict);
	store_close(&verdict.store);
	loop_destroy(&verdict.loop);
	return report(&verdict);
}
