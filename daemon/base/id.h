/*
 * Ids: UUID version 7 (RFC 9562, section 5.7), ordered by time within a process, and the short ref
 * that is spoken on the phone: "26-0147-T" (year, number, check letter).
 */
#ifndef ASTRAD_BASE_ID_H
#define ASTRAD_BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"

#define ID_TEXT_BYTES  37 /* 36 characters and the zero */
#define REF_TEXT_BYTES 16

/* All-zero means "none". Compared with id_equal; stored as 16 bytes. */
struct id {
	uint8_t bytes[16];
};

/* A new UUIDv7 at the clock's time; later calls of one process give greater ids. Thread-safe. */
struct id id_new(const struct clock *clock);
/* As id_new at a given time with 74 given random bits: for replay. */
struct id id_make(int64_t utc_ms, const uint8_t random[10]);
bool id_is_none(const struct id *id);
bool id_equal(const struct id *a, const struct id *b);
void id_format(const struct id *id, char out[ID_TEXT_BYTES]);
/* Reads the 36-character form, any case. */
bool id_parse(const char *text, size_t len, struct id *ret_id) MUST_USE;
int64_t id_utc_ms(const struct id *id);

/* ref: letter = (YY followed by the number, read as one decimal) mod 23 in ABCDEFGHJKLMNPQRSTUVWXY;
 * number has at least 4 digits. */
void ref_format(int year, int64_t number, char out[REF_TEXT_BYTES]);
/* True when text has the form and the right letter (any case); writes the canonical upper-case
 * form. */
bool ref_parse(const char *text, size_t len, char out[REF_TEXT_BYTES]) MUST_USE;

#endif
