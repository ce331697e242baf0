/*
 * Structured log on stderr: one line an event, `<6>message key=value ...` with the journal's
 * priority prefix when stderr is the journal (JOURNAL_STREAM) and a time stamp and level word
 * otherwise. Thread-safe.
 *
 * `message` is a fixed text; `fmt` makes `key=value` fields: ids, refs, states, sizes. Never a
 * child's name, photo, contact or exact place, never a secret. A value with blanks or quotes is
 * quoted by the caller with log_quote. base, domain and store return errors and log nothing above
 * debug; the room that decides logs once.
 */
#ifndef ASTRAD_BASE_LOG_H
#define ASTRAD_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

void log_set_level(enum log_level level);
/* Lines go to fn instead of stderr; NULL restores stderr. For tests. */
void log_set_sink(void (*fn)(enum log_level level, const char *line, void *arg), void *arg);

void log_write(enum log_level level, const char *message, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)  log_write(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Quotes text as a value: control characters and quotes escaped, cut at 200 bytes. Valid until the
 * 4th next call on this thread. */
const char *log_quote(const char *text) RETURNS_NONNULL;

/* At most one line a second a site: `static struct log_limit limit; if (log_limit_pass(&limit,
 * now_boot_ms, &suppressed)) ...` */
struct log_limit {
	int64_t next_boot_ms;
	unsigned suppressed;
};
bool log_limit_pass(struct log_limit *limit, int64_t now_boot_ms, unsigned *ret_suppressed);

#endif
