/*
 * Zone files: the 64-bit block of TZif version 2 and later (RFC 8536) with its footer rule. The C
 * library only knows one zone a process (TZ), and setting that in a threaded daemon is a race.
 *
 * Zones are kept in a list for as long as the process lives; their number is bounded by the files
 * tzdata ships. Each use asks the file's identity (one stat) and reads it again when it changed; a
 * file that cannot be read any more leaves what was read. One mutex guards the list. Nothing to
 * recover after a crash.
 */
#include "base/zone.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/zone_rule.h"

#define ZONE_DIR "/usr/share/zoneinfo"

enum { NAME_BYTES = 64, FILE_BYTES_MAX = 65536, HEAD_BYTES = 44, FOOTER_BYTES = 128 };

struct zone {
	struct zone *next;
	char name[NAME_BYTES];
	struct stat identity;
	char *file; /* owned; at, types and kinds point into it */
	size_t count;
	const char *at;    /* count big-endian 64-bit times of transitions */
	const char *kinds; /* count indexes into types, one byte each */
	const char *types; /* six bytes each: offset (big-endian 32 bits), summer, name */
	size_t type_count;
	bool has_rule;
	struct zone_rule rule;
};

static pthread_mutex_t zones_lock = PTHREAD_MUTEX_INITIALIZER;
static struct zone *zones;

static uint64_t read_big_endian(const char *bytes, size_t count)
{
	uint64_t value = 0;

	for (size_t i = 0; i < count; i++) {
		value = value << 8 | (unsigned char)bytes[i];
	}
	return value;
}

/* A name goes into a path: words of letters, digits, '_', '+', '-' between single slashes. */
static bool is_name(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_+-";
	size_t at = 0;

	if (strlen(name) >= NAME_BYTES) {
		return false;
	}
	for (;;) {
		size_t word = strspn(name + at, plain);

		if (word == 0) {
			return false;
		}
		at += word;
		if (name[at] == '\0') {
			return true;
		}
		if (name[at++] != '/') {
			return false;
		}
	}
}

struct counts {
	size_t utc_flags, standard_flags, leaps, transitions, types, name_bytes;
};

/* The header at `head`, if that many bytes and a known version are there. */
static bool read_head(const char *head, size_t len, struct counts *ret_counts)
{
	if (len < HEAD_BYTES || memcmp(head, "TZif", 4) != 0 || head[4] < '2') {
		return false;
	}
	*ret_counts = (struct counts){
		.utc_flags = read_big_endian(head + 20, 4),
		.standard_flags = read_big_endian(head + 24, 4),
		.leaps = read_big_endian(head + 28, 4),
		.transitions = read_big_endian(head + 32, 4),
		.types = read_big_endian(head + 36, 4),
		.name_bytes = read_big_endian(head + 40, 4),
	};
	return true;
}

static size_t body_bytes(const struct counts *counts, size_t time_bytes)
{
	return counts->transitions * (time_bytes + 1) + counts->types * 6 + counts->name_bytes +
	       counts->leaps * (time_bytes + 4) + counts->standard_flags + counts->utc_flags;
}

/* "\nCET-1CEST,M3.5.0,M10.5.0/3\n"; an empty rule means that the last offset stays for ever. */
static bool read_footer(struct zone *zone, const char *footer, size_t len)
{
	char text[FOOTER_BYTES];

	if (len < 2 || len > sizeof(text) || footer[0] != '\n' || footer[len - 1] != '\n') {
		return false;
	}
	memcpy(text, footer + 1, len - 2);
	text[len - 2] = '\0';
	if (text[0] == '\0') {
		return true;
	}
	zone->has_rule = true;
	return zone_rule_parse(text, &zone->rule);
}

static bool parse_file(struct zone *zone, size_t len)
{
	struct counts counts;
	const char *block;
	size_t skipped;

	if (!read_head(zone->file, len, &counts)) {
		return false;
	}
	skipped = HEAD_BYTES + body_bytes(&counts, 4);
	if (skipped > len || !read_head(zone->file + skipped, len - skipped, &counts)) {
		return false;
	}
	skipped += HEAD_BYTES;
	if (body_bytes(&counts, 8) > len - skipped || counts.types == 0) {
		return false;
	}
	block = zone->file + skipped;
	zone->count = counts.transitions;
	zone->at = block;
	zone->kinds = block + counts.transitions * 8;
	zone->types = zone->kinds + counts.transitions;
	zone->type_count = counts.types;
	for (size_t i = 0; i < zone->count; i++) {
		if ((unsigned char)zone->kinds[i] >= zone->type_count) {
			return false;
		}
	}
	skipped += body_bytes(&counts, 8);
	return read_footer(zone, zone->file + skipped, len - skipped);
}

static void zone_destroy(struct zone **zone)
{
	struct zone *gone = take_ptr(zone);

	if (gone != NULL) {
		free(gone->file);
		free(gone);
	}
}

static bool read_file(struct zone *zone, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = -1;

	if (fd < 0) {
		return false;
	}
	if (fstat(fd, &zone->identity) == 0 && S_ISREG(zone->identity.st_mode) &&
	    zone->identity.st_size < FILE_BYTES_MAX) {
		zone->file = xcalloc(FILE_BYTES_MAX, 1);
		len = read(fd, zone->file, FILE_BYTES_MAX);
	}
	(void)close(fd); /* read only: nothing can be lost */
	return len == zone->identity.st_size && parse_file(zone, (size_t)len);
}

/* NULL when there is no such file or it is not a zone. */
static struct zone *zone_load(const char *name, const char *path)
{
	struct zone *zone = xcalloc(1, sizeof(*zone));

	memcpy(zone->name, name, strlen(name) + 1);
	if (!read_file(zone, path)) {
		zone_destroy(&zone);
	}
	return zone;
}

static bool is_changed(const struct zone *zone, const char *path)
{
	struct stat now;

	if (stat(path, &now) != 0) {
		return false; /* in the middle of a package upgrade; what was read is still right */
	}
	return now.st_ino != zone->identity.st_ino || now.st_dev != zone->identity.st_dev ||
	       now.st_mtim.tv_sec != zone->identity.st_mtim.tv_sec ||
	       now.st_size != zone->identity.st_size;
}

/* Under the lock. */
static const struct zone *find_zone(const char *name)
{
	char path[sizeof(ZONE_DIR) + NAME_BYTES + 1];
	struct zone **link = &zones;
	struct zone *fresh;

	(void)snprintf(path, sizeof(path), ZONE_DIR "/%s", name); /* fits: is_name bounds it */
	while (*link != NULL && strcmp((*link)->name, name) != 0) {
		link = &(*link)->next;
	}
	if (*link != NULL && !is_changed(*link, path)) {
		return *link;
	}
	fresh = zone_load(name, path);
	if (fresh == NULL) {
		return *link;
	}
	if (*link != NULL) {
		fresh->next = (*link)->next;
		zone_destroy(link);
	}
	*link = fresh;
	return fresh;
}

static int type_offset(const struct zone *zone, size_t type)
{
	return (int32_t)(uint32_t)read_big_endian(zone->types + type * 6, 4);
}

static int offset_at(const struct zone *zone, int64_t utc_seconds)
{
	size_t low = 0;
	size_t high = zone->count;

	/* low becomes the number of transitions at or before the time */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((int64_t)read_big_endian(zone->at + middle * 8, 8) <= utc_seconds) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low == zone->count && zone->has_rule) {
		return zone_rule_offset(&zone->rule, utc_seconds);
	}
	return type_offset(zone, low == 0 ? 0 : (unsigned char)zone->kinds[low - 1]);
}

bool zone_offset(const char *zone, int64_t utc_seconds, int *ret_offset)
{
	const struct zone *found;

	if (!is_name(zone)) {
		return false;
	}
	(void)pthread_mutex_lock(&zones_lock); /* cannot fail: a plain mutex, never nested */
	found = find_zone(zone);
	if (found != NULL) {
		*ret_offset = offset_at(found, utc_seconds);
	}
	(void)pthread_mutex_unlock(&zones_lock);
	return found != NULL;
}
