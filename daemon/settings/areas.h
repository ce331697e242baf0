/* The geojson files of areas: which areas exist and which contains which. Geometry is not read. */
#ifndef ASTRAD_SETTINGS_AREAS_H
#define ASTRAD_SETTINGS_AREAS_H

#include "domain/directory.h"
#include "settings/walk.h"

struct area_source {
	const char *id;
	const char *parent; /* NULL = top */
	struct place place; /* of the file: JSON gives no lines for a feature */
};

struct area_list {
	struct area_source *items;
	size_t count;
};

#define AREAS_MAX        5000
#define AREAS_FILE_BYTES (32u << 20)

/* Adds the features of one FeatureCollection (or single Feature) to the list, whose items hold
 * AREAS_MAX. */
void areas_read(struct walker *walk, struct bytes text, const char *file, struct area_list *list);
/* Parents resolved, loops and unknown parents told. The areas live in the walk's arena. */
const struct area *areas_link(struct walker *walk, const struct area_list *list);

#endif
