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

/* A load goes through these in order. */
enum stage {
	STAGE_ASTRAD,
	STAGE_FILES,
	STAGE_BUILD,
	STAGE_CHECK_CHANNELS,
	STAGE_CHECK_LISTS,
	STAGE_CHECK_POLICIES,
	STAGE_DONE,
};

struct settings_loading {
	struct load load;
	struct settings_load how; /* a copy: load.how points here */
	struct snapshot *snapshot;
	enum stage stage;
};

struct settings_loading *settings_load_begin(const struct settings_load *how, struct issues *issues)
{
	struct settings_loading *loading = xcalloc(1, sizeof(*loading));
	struct snapshot *snapshot = xcalloc(1, sizeof(*snapshot));
	struct settings *settings = &snapshot->settings;
	snapshot->arena = arena_create();
	snapshot->references = 1;
	settings->values = &snapshot->values;
	settings->config_path = arena_strdup(snapshot->arena, how->path);
	settings->folder = folder_of(snapshot->arena, how->path);
	loading->snapshot = snapshot;
	loading->how = *how;
	loading->how.path = settings->config_path;
	loading->load = (struct load){
		.walk = {.arena = snapshot->arena,
			 .issues = issues,
			 .folder = settings->folder ? settings->folder : "/",
			 .is_check = how->is_check,
			 .is_init = how->is_init},
		.how = &loading->how,
		.settings = settings,
		.values = &snapshot->values,
	};
	return loading;
}

static void build(struct load *load)
{
	build_astrad(load);
	build_partners(load);
	build_channels(load);
	build_policies(load);
	check_astrad(load);
}

/* True while the stage has more to do. */
static bool work(struct load *load, enum stage stage)
{
	switch (stage) {
	case STAGE_FILES:
		return load_files_step(load);
	case STAGE_BUILD:
		build(load);
		return false;
	case STAGE_CHECK_CHANNELS:
		check_channels(load);
		check_paths(load);
		return false;
	case STAGE_CHECK_LISTS:
		return check_lists_step(load);
	case STAGE_CHECK_POLICIES:
		check_policies(load);
		return false;
	case STAGE_ASTRAD:
	case STAGE_DONE:
		break;
	}
	return false;
}

bool settings_load_step(struct settings_loading *loading)
{
	if (loading->stage == STAGE_ASTRAD) {
		loading->stage = load_astrad(&loading->load) ? STAGE_FILES : STAGE_DONE;
	} else if (loading->stage != STAGE_DONE && !work(&loading->load, loading->stage)) {
		loading->stage++;
	}
	return loading->stage != STAGE_DONE;
}

static void finish_digest(struct load *load)
{
	uint8_t hash[SECRET_HASH_BYTES];
	secret_sha256(buf_text(&load->hashes), load->hashes.len, hash);
	secret_hex(hash, sizeof(hash), load->settings->digest);
	buf_finish(&load->hashes);
}

struct settings *settings_load_end(struct settings_loading **loading)
{
	struct settings *settings = &(*loading)->snapshot->settings;
	struct load *load = &(*loading)->load;
	bool is_good = (*loading)->stage == STAGE_DONE && issues_errors(load->walk.issues) == 0;
	check_lists_close(load);
	finish_digest(load);
	free(*loading);
	*loading = NULL;
	if (!is_good) {
		settings_unref(&settings);
	}
	return settings;
}

struct settings *settings_load(const struct settings_load *how, struct issues *issues)
{
	struct settings_loading *loading = settings_load_begin(how, issues);
	while (settings_load_step(loading)) {
	}
	return settings_load_end(&loading);
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
	const struct channel *channel = index_find(settings->values->names[NOUN_CHANNEL], name);
	return channel ? &settings->channels[channel - settings->directory.channels] : NULL;
}

const struct settings_partner *settings_find_partner(const struct settings *settings,
						     const char *id)
{
	const struct partner *partner = index_find(settings->values->names[NOUN_PARTNER], id);
	return partner ? &settings->partners[partner - settings->directory.partners] : NULL;
}
