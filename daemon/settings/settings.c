/*
 * The snapshot: made by one load, counted, wiped when the last reference goes.
 *
 * Owner: its references. Nothing in it changes after settings_load has returned it, so readers need
 * no lock and a reload is a swap of one pointer. A crash loses nothing: the files are the truth.
 * Rejected: one settings object updated in place, because a transfer that began under one file
 * would end under another.
 */
#include "settings/settings.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "settings/load.h"

struct snapshot {
	struct settings settings; /* first: a pointer to it is a pointer to the snapshot */
	struct settings_values values;
	struct arena *arena;
	unsigned references;
};

/* The folder that relative paths start at. NULL when it does not exist. */
static const char *folder_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *folder = slash ? arena_memdup(arena, path, (size_t)(slash - path)) : ".";
	char resolved[PATH_MAX];
	if (!realpath(folder[0] ? folder : "/", resolved)) {
		return NULL;
	}
	return arena_strdup(arena, resolved);
}

static void finish_digest(struct load *load)
{
	uint8_t hash[SECRET_HASH_BYTES];
	secret_sha256(buf_text(&load->hashes), load->hashes.len, hash);
	secret_hex(hash, sizeof(hash), load->settings->digest);
	buf_finish(&load->hashes);
}

static void run(struct load *load)
{
	if (!load_files(load)) {
		return;
	}
	build_astrad(load);
	build_partners(load);
	build_channels(load);
	build_policies(load);
	check_astrad(load);
	check_channels(load);
	check_lists(load);
	check_policies(load);
}

struct settings *settings_load(const struct settings_load *how, struct issues *issues)
{
	struct snapshot *snapshot = xcalloc(1, sizeof(*snapshot));
	snapshot->arena = arena_create();
	snapshot->references = 1;
	struct settings *settings = &snapshot->settings;
	settings->values = &snapshot->values;
	settings->config_path = arena_strdup(snapshot->arena, how->path);
	settings->folder = folder_of(snapshot->arena, how->path);
	struct load load = {
		.walk = {.arena = snapshot->arena,
			 .issues = issues,
			 .folder = settings->folder ? settings->folder : "/",
			 .is_check = how->is_check,
			 .is_init = how->is_init},
		.how = how,
		.settings = settings,
		.values = &snapshot->values,
	};
	run(&load);
	finish_digest(&load);
	if (issues_errors(issues) > 0) {
		settings_unref(&settings);
	}
	return settings;
}

static struct snapshot *snapshot_of(struct settings *settings)
{
	return (struct snapshot *)settings;
}

struct settings *settings_ref(struct settings *settings)
{
	snapshot_of(settings)->references++;
	return settings;
}

void settings_unref(struct settings **settings)
{
	struct snapshot *snapshot = *settings ? snapshot_of(*settings) : NULL;
	*settings = NULL;
	if (!snapshot) {
		return;
	}
	assert(snapshot->references > 0);
	if (--snapshot->references > 0) {
		return;
	}
	secret_wipe(&snapshot->settings.security, sizeof(snapshot->settings.security));
	arena_destroy(&snapshot->arena); /* wipes the secrets it holds */
	free(snapshot);
}

const struct settings_channel *settings_find_channel(const struct settings *settings,
						     const char *name)
{
	const struct channel *channel = directory_find_channel(&settings->directory, name);
	return channel ? &settings->channels[channel - settings->directory.channels] : NULL;
}

const struct settings_partner *settings_find_partner(const struct settings *settings,
						     const char *id)
{
	const struct partner *partner = directory_find_partner(&settings->directory, id);
	return partner ? &settings->partners[partner - settings->directory.partners] : NULL;
}
