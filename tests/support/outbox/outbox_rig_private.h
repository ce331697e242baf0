/* Between the files of the outbox rig. */
#ifndef ASTRAD_TESTS_OUTBOX_RIG_PRIVATE_H
#define ASTRAD_TESTS_OUTBOX_RIG_PRIVATE_H

#include "outbox_rig.h"

void rig_must(bool ok, const struct error *err);
/* The folder of settings, from the spec. */
void rig_write_config(struct outbox_rig *rig);
void rig_write_channel(const struct outbox_rig *rig, const struct rig_channel *channel,
		       const char *key);
/* Two persons and a case. */
void rig_add_case(struct outbox_rig *rig);

#endif
