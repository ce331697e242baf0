/*
 * Settings: YAML files -> node trees with line and column (tree.h) -> ONE table of settings
 * (rows.h) -> this immutable snapshot. The same load serves the start, `astrad --check` and every
 * reload, so what check accepts the daemon accepts. CONTRACT section 4, EXAMPLES.
 *
 * A snapshot is counted: whoever keeps it beyond a call takes a reference, so a reload swaps the
 * current one while transfers still use the old. Everything it points to lives in it and is wiped
 * with it. Loop thread only.
 */
#ifndef ASTRAD_SETTINGS_SETTINGS_H
#define ASTRAD_SETTINGS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/secret.h"
#include "domain/directory.h"
#include "settings/issues.h"

struct astrad_channel; /* plugins/astrad_channel.h */
struct astrad_value;
struct settings_values; /* private to this room */

/* One listening TCP socket: always loopback while TLS on the listener does not exist. */
struct settings_listen {
	const char *address; /* numeric: 127.0.0.1, ::1 */
	int port;            /* 0 = the kernel chooses; the daemon logs which */
};

struct settings_recipient {
	const char *id;
	const char *address;
};

/* Where a channel's list comes from. */
enum settings_list { SETTINGS_LIST_NONE = 0, SETTINGS_LIST_INLINE, SETTINGS_LIST_CSV };

/* What a channel file holds beyond struct channel. */
struct settings_channel {
	const struct channel *channel;       /* in settings->directory */
	const struct astrad_channel *plugin; /* what settings_plugins gave */
	const struct astrad_value *options;  /* one a row of plugin->options, in its order */
	const struct words *secret_files;    /* one a row: where each text of a secret may be read
						again;    NULL = nowhere */
	enum settings_list list;
	const struct settings_recipient *recipients; /* SETTINGS_LIST_INLINE */
	size_t recipient_count;
	const char *csv; /* SETTINGS_LIST_CSV: the path; read it with settings/recipients.h */
	struct file_place place; /* of the channel's name, for findings of later rooms */
};

struct settings_person_contact {
	const char *name;
	const char *phone;
	const char *hours; /* "24/7" or NULL */
};

/* What a partner file holds beyond struct partner. Order of settings->directory.partners. */
struct settings_partner {
	const struct partner *partner;
	const struct settings_person_contact *contacts;
	size_t contact_count;
};

struct settings_store {
	const char *path;
	const char *key_file;
	const char *key_copy; /* NULL = none */
};

struct settings_security {
	bool has_master_key;          /* false only while .is_init or .is_check cannot read it */
	struct secret_key master_key; /* its file holds 32 bytes in base64 */
	const char *master_key_path; /* the file behind `file:` or `credential:`; NULL for `env:` */
	const char *private_ranges;  /* "127.0.0.0/8 10.1.0.0/16": channel_set's form; "" = none */
};

/* Bounds of the listener and of sending, for the whole daemon. */
struct settings_limits {
	int64_t connections;             /* in total */
	int64_t connections_per_address; /* the Unix socket is not counted here */
	int64_t connections_per_token;
	int64_t kept_for_control;   /* of the total: for the Unix socket alone */
	int64_t kept_for_operators; /* of the rest: for connections that showed a person's token */
	int64_t head_timeout_ms;
	int64_t body_timeout_ms;
	int64_t idle_timeout_ms;
	int64_t in_flight; /* sends on the wire at once, over all channels */
};

struct settings_paths {
	const char *plugins; /* NULL = where this build installs its plugins */
	const char *areas;
};

struct settings {
	struct directory directory;
	const char *config_path; /* as given */
	const char *folder;      /* astrad.yaml's, absolute */
	char digest[65];         /* SHA-256 over every file read, in hex: two equal digests are the
				    same files (secrets are not in it) */
	const struct settings_listen *listen;
	size_t listen_count;
	const char *control_socket;
	struct settings_store store;
	struct settings_security security;
	struct settings_limits limits;
	struct settings_paths paths;
	const struct settings_channel *channels; /* order of directory.channels */
	const struct settings_partner *partners; /* order of directory.partners */
	const struct settings_values *values;    /* all rows with their places: for settings_diff */
};

/* How the channel room's plugins are found while channel files are checked. The answer must live as
 * long as any snapshot. dir: `paths.plugins` or NULL. */
struct settings_plugins {
	const struct astrad_channel *(*find)(const char *dir, const char *name, struct error *err,
					     void *arg);
	void *arg;
};

struct settings_load {
	const char *path; /* astrad.yaml */
	const struct settings_plugins *plugins;
	bool is_check; /* `--check` from a shell: a secret that only the service manager gives
			  (credential:, env:) is a warning, not an error */
	bool is_init;  /* `--init`: the master key's file may not exist yet */
};

/*
 * Reads and checks everything. Findings of all files go to `issues`, warnings and notes also when
 * it succeeds. NULL when there is any error. The caller holds one reference to the answer.
 */
struct settings *settings_load(const struct settings_load *how, struct issues *issues) MUST_USE;

/*
 * The same in steps of a few milliseconds, for a reload while the daemon works: begin, step while
 * it gives true (from a timer, not in a row), end. end before that gives up and returns NULL.
 * issues and plugins are borrowed until end.
 */
struct settings_loading;
struct settings_loading *settings_load_begin(const struct settings_load *how,
					     struct issues *issues) RETURNS_NONNULL;
bool settings_load_step(struct settings_loading *loading) MUST_USE;
struct settings *settings_load_end(struct settings_loading **loading) MUST_USE; /* sets NULL */

struct settings *settings_ref(struct settings *settings) RETURNS_NONNULL;
void settings_unref(struct settings **settings); /* NULL is fine; sets NULL */

/* NULL when there is none. */
const struct settings_channel *settings_find_channel(const struct settings *settings,
						     const char *name);
const struct settings_partner *settings_find_partner(const struct settings *settings,
						     const char *id);

/*
 * May `next` take the place of `now` without a restart? Adds an error for each restart-only setting
 * that changed and for each channel of `live` (names of the channels that an unended alert has used
 * or may use) that is gone without `was:` or `mode: retiring`. True when it may.
 */
bool settings_diff(const struct settings *now, const struct settings *next,
		   const struct words *live, struct issues *issues) MUST_USE;

/* Every setting as it stands, defaults filled in, secrets by their source only: {"astrad": {...},
 * "partners": [...], "channels": [...], "policies": [...]}, for GET /v1/config. */
void settings_print(const struct settings *settings, struct buf *out);
/* One channel's file in the same way; `channel` is the snapshot's. */
void settings_print_channel(const struct settings *settings, const struct settings_channel *channel,
			    struct buf *out);

/* The reference of config/README.md in Markdown, from the table of rows. */
void settings_reference(struct buf *out);
/* The same for the options of one plugin. */
void settings_reference_plugin(const struct astrad_channel *plugin, struct buf *out);

#endif
