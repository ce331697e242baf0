/* Two plugins for tests of settings: option tables and a check, nothing that sends. */
#ifndef ASTRAD_TESTS_SETTINGS_PLUGINS_H
#define ASTRAD_TESTS_SETTINGS_PLUGINS_H

#include "astrad_channel.h"
#include "settings/settings.h"

extern const struct astrad_channel mock_webhook;   /* json, needs a partner */
extern const struct astrad_channel mock_journal;   /* text, takes recipients */
extern const struct settings_plugins mock_plugins; /* finds both */

#endif
