/* For app*.c: the rooms of a running daemon, in the order they are built. */
#ifndef ASTRAD_APP_PRIVATE_H
#define ASTRAD_APP_PRIVATE_H

#include "app.h"
#include "base/clock_source.h"
#include "base/health.h"
#include "base/list.h"
#include "base/loop.h"
#include "base/runq.h"
#include "casework/casework.h"
#include "channel/plugin.h"
#include "channel/set.h"
#include "escalation/escalation.h"
#include "intake/intake.h"
#include "intake/route.h"
#include "intake/services.h"
#include "intake/tokens.h"
#include "ops/keeping.h"
#include "ops/service.h"
#include "outbox/outbox.h"
#include "settings/settings.h"
#include "store/store.h"

/* What must be there before anybody is let in. */
enum app_part { APP_TOKENS_READY = 1, APP_OUTBOX_READY = 2, APP_ALL_READY = 3 };

struct app {
	const char *config_path;
	unsigned ready;   /* enum app_part bits */
	unsigned drained; /* rooms that have nothing under way any more, while stopping */
	int status;       /* what the process exits with */
	bool is_stopping;
	bool is_cut; /* the graceful stop took too long */

	struct clock_source *clock_source;
	struct loop *loop;
	struct health *health;
	struct service *service;
	struct plugin_set *plugins;
	struct settings *settings;
	struct store *store;
	struct keeping *keeping;
	struct channel_set *channels;
	struct casework *casework;
	struct outbox *outbox;
	struct escalation *escalation;
	struct tokens *tokens;
	struct intake_services services;
	struct intake *intake;
	struct loop_signal *signals[3];
	struct runq_item deadline; /* of a graceful stop */
	struct reload *reload;     /* app_reload.c */
};

const struct astrad_channel *app_find_plugin(const char *dir, const char *name, struct error *err,
					     void *arg);
/* Loads and checks; plugins is made when it is NULL. */
struct settings *app_load(const char *path, struct plugin_set **plugins, struct issues *issues,
			  enum app_what what) MUST_USE;
/* Everything but loop and on_fatal. */
void app_store_config(const struct settings *settings, struct store_config *ret);
/* Instances for every channel of the snapshot; NULL with findings when one refuses. */
struct channel_plan *app_channels_prepare(struct app *app, const struct settings *settings,
					  struct issues *issues) MUST_USE;
/* Instances for some more channels of a snapshot from *next on, refusals into the findings. True:
 * there are more. */
bool app_channels_step(const struct settings *settings, struct channel_plan *plan, size_t *next,
		       struct issues *issues) MUST_USE;
/* The same for `--check`, without a daemon around: only the findings remain. */
/* The channel's secrets are read again; true when one had changed and its new instance sends now.
 */
bool app_channels_renew(struct app *app, const char *name);
void app_channels_check(const struct settings *settings, struct issues *issues);
/* app_wire.c: what each room's events do. */
struct casework_wake app_casework_wake(struct app *app);
struct channel_events app_channel_events(struct app *app);
struct outbox_events app_outbox_events(struct app *app);
/* app_admin.c: what intake's handlers work with. */
struct intake_services app_services(struct app *app);
/* A part is there; with the last one the daemon listens and is ready. */
void app_part_ready(struct app *app, enum app_part part);
/* The rooms that keep a snapshot of their own take the next one. */
void app_use_settings(struct app *app, struct settings *next);
/* Builds the rooms, runs the loop, tears them down. Returns the exit status. */
int app_run(const char *config_path);

#endif
