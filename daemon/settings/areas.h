/* The geojson files of areas: which areas exist and which contains which. Geometry is not read. */
#ifndef ASTRAD_SETTINGS_AREAS_H
#define ASTRAD_SETTINGS_AREAS_H

#include "domain/directory.h"
#include "settings/index.h"
#include "settings/walk.h"

struct area_source {
	const char *id;
	const char *parent;      /* NULL = top */
	struct file_place place; /* of the file: JSON gives no lines for a feature */
};

struct area_list {
	struct area_source *items;
	size_t count;
	struct index *by_id; /* to items */
	bool has_broken;     /* a file or a feature could not be used: which, nobody knows */
};

#define AREAS_MAX        5000
#define AREAS_FILE_BYTES (32u << 20)

/* Room for AREAS_MAX. */
void areas_init(struct walker *walk, struct area_list *list);
/* Adds the features of one FeatureCollection (or single Feature) to the list. False when not all of
 * them could be used, which is told. */
bool areas_read(struct walker *walk, struct bytes text, const char *file, struct area_list *list);
/* Parents resolved, loops and unknown parents told. The areas live in the walk's arena. */
const struct area *areas_link(struct walker *walk, const struct area_list *list);

#endif
