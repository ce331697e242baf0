/*
 * A folder of settings for one test: the good configuration of tests/bad_config/base, copied to a
 * temporary place where the test changes it.
 */
#ifndef ASTRAD_TESTS_SETTINGS_RIG_H
#define ASTRAD_TESTS_SETTINGS_RIG_H

#include <stdbool.h>

#include "base/buf.h"
#include "settings/issues.h"
#include "settings/settings.h"

struct rig {
	char folder[64];
	char path[96]; /* of astrad.yaml */
};

void rig_create(struct rig *rig);
void rig_destroy(struct rig *rig);
/* Writes a file of the folder; content NULL removes it. */
void rig_write(const struct rig *rig, const char *file, const char *content);
/* Replaces the only place of `from` in a file. */
void rig_change(const struct rig *rig, const char *file, const char *from, const char *to);
struct settings *rig_load(const struct rig *rig, struct issues *issues);
/* As above, and there must be no error. */
struct settings *rig_load_good(const struct rig *rig);
bool rig_has_code(struct issues *issues, const char *code);

#endif
