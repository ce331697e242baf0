/* One scalar or list of a file made into the value its row wants. Private to the walk. */
#ifndef ASTRAD_SETTINGS_VALUE_H
#define ASTRAD_SETTINGS_VALUE_H

#include "settings/walk.h"

/* Fills `value`; false when the node does not fit, with every finding told. Not for LIST, MAP, RAW
 * and ABSENT rows. */
bool value_read(struct walker *walk, const struct row *row, const struct node *node,
		struct value *value) MUST_USE;
/* Fills the row's default, if it has one. */
void value_use_default(struct walker *walk, const struct row *row, struct value *value);

#endif
