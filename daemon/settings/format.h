/* What a text value may look like: one row of the table names one of these. Pure. */
#ifndef ASTRAD_SETTINGS_FORMAT_H
#define ASTRAD_SETTINGS_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct format {
	const char *what; /* completes "must be ..." */
	bool (*fits)(const char *text);
};

extern const struct format format_name;      /* of a channel, partner, policy, rung */
extern const struct format format_recipient; /* a recipient's id */
extern const struct format format_country;
extern const struct format format_language;
extern const struct format format_zone;
extern const struct format format_address; /* numeric IPv4 or IPv6 */
extern const struct format format_network; /* CIDR */
extern const struct format format_url;
extern const struct format format_base_url; /* links are made by adding a path */
extern const struct format format_variable; /* of the environment */
extern const struct format format_phone;
extern const struct format format_sender; /* CAP 1.2, element sender */

/* "30s", "1h30m", "500ms" in milliseconds. Units ms, s, m, h, d. */
bool format_duration(const char *text, int64_t *ret_ms) MUST_USE;
/* The shortest such text; `out` holds FORMAT_DURATION_BYTES. */
#define FORMAT_DURATION_BYTES 48
void format_duration_text(int64_t ms, char *out);
bool format_int(const char *text, int64_t *ret_number) MUST_USE;
/* true, yes, on, false, no, off in any case, as YAML 1.1. */
bool format_bool(const char *text, bool *ret_flag) MUST_USE;
/* True for 127.0.0.0/8 and ::1. */
bool format_is_loopback(const char *address);
/* True when a URL is http to another machine. A name is believed when it is localhost. */
bool format_is_clear(const char *url);
/* True when a text holds a line break or another control character. */
bool format_has_control(const char *text);
/* True when a URL carries a user name or password. */
bool format_has_userinfo(const char *url);

#endif
