/* The secrets of one channel as their files are now: a partner that says 401 may have rotated. */
#ifndef ASTRAD_SETTINGS_REREAD_H
#define ASTRAD_SETTINGS_REREAD_H

#include "settings/settings.h"

/*
 * The channel's options as `now` (those its instance runs with), but with the secrets of `file:`
 * read again. The values live in the arena, which therefore has to wipe. *ret_changed: one differs
 * from `now`. False with err when a file cannot be read. Nothing else of the files on disk is
 * looked at: that is a reload's.
 */
bool settings_reread(const struct settings_channel *channel, const struct astrad_value *now,
		     struct arena *arena, const struct astrad_value **ret_values, bool *ret_changed,
		     struct error *err) MUST_USE;

#endif
