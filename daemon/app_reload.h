/*
 * Reload (SIGHUP, POST /v1/reload): everything is read and checked as at start, then swapped all or
 * nothing. A failed reload keeps what runs and is loud: log, metric
 * astrad_config_last_reload_success, /readyz reason reload_failed, the caller's answer.
 */
#ifndef ASTRAD_APP_RELOAD_H
#define ASTRAD_APP_RELOAD_H

struct app;

struct intake_reloaded; /* intake/services.h */

typedef void app_reload_done(const struct intake_reloaded *reloaded, void *arg);

/* done comes once, never from within the call; NULL is fine. A reload asked for while one runs is
 * answered by the next one. */
void app_reload(struct app *app, app_reload_done *done, void *arg);
/* Once, after the first load: its metrics and digest; from now on app_reload works. */
void app_reload_first(struct app *app);
/* Nothing is swapped from now on; one that runs is answered as failed. Before rooms are destroyed.
 */
void app_reload_stop(struct app *app);
/* After the store answered everything. Whoever still waits is not called. */
void app_reload_finish(struct app *app);

#endif
