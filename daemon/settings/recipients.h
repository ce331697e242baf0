/*
 * The list of recipients behind one channel, read in order: inline or from a CSV file that may be
 * long and is never held in memory. Settings checks every line of it; whoever makes a generation
 * of it in the store reads it again, page by page.
 *
 * CSV: columns id,address (that header line may stand first), UTF-8, fields may be quoted with "".
 * Blank lines and blanks around a field are passed over.
 */
#ifndef ASTRAD_SETTINGS_RECIPIENTS_H
#define ASTRAD_SETTINGS_RECIPIENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/secret.h"
#include "settings/settings.h"

#define RECIPIENTS_LINE_BYTES 1024 /* a longer line is an error */

struct recipients;

/* Begins at the first one. The channel is borrowed until close. NULL: the file cannot be read. */
struct recipients *recipients_open(const struct settings_channel *channel,
				   struct error *err) MUST_USE;
void recipients_close(struct recipients **recipients); /* NULL is fine; sets NULL */

enum recipients_step {
	RECIPIENTS_ITEM = 1,
	RECIPIENTS_BAD, /* this line is wrong, the next ones can be read: err says why */
	RECIPIENTS_END,
	RECIPIENTS_FAILED, /* the file could not be read on: err says why */
};
/* The next one; `item` is borrowed until the next call. err names the line only by
 * recipients_line. */
enum recipients_step recipients_next(struct recipients *recipients, struct settings_recipient *item,
				     struct error *err);
/* Line of the item that was given last; 0 for an inline list. */
int recipients_line(const struct recipients *recipients);

/* SHA-256 of what the list says: the same list has the same hash, however it is written down. */
bool recipients_hash(const struct settings_channel *channel, uint8_t out[SECRET_HASH_BYTES],
		     struct error *err) MUST_USE;

#endif
