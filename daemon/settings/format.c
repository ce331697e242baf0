/*
 * The forms of text values.
 *
 * Stateless and pure but for the zone, which asks tzdata. Each form is as strict as what uses the
 * value needs: a name becomes part of URLs, metrics and log lines, so it is plain ASCII; a URL is
 * taken apart by libcurl later, here only what no URL may have is refused.
 */
#include "settings/format.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

#define NAME_MAX_BYTES      48
#define RECIPIENT_MAX_BYTES 128
#define LOWER               "abcdefghijklmnopqrstuvwxyz"
#define UPPER               "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS              "0123456789"

static bool is_made_of(const char *text, const char *set, size_t max)
{
	size_t len = strlen(text);
	return len > 0 && len <= max && strspn(text, set) == len;
}

static bool fits_name(const char *text)
{
	return is_made_of(text, LOWER DIGITS "._-", NAME_MAX_BYTES) &&
	       strchr(LOWER DIGITS, text[0]) != NULL;
}

static bool fits_recipient(const char *text)
{
	return is_made_of(text, LOWER UPPER DIGITS "._-@+:/", RECIPIENT_MAX_BYTES);
}

static bool fits_country(const char *text)
{
	return strlen(text) == 2 && strspn(text, UPPER) == 2;
}

/* The form of RFC 5646: a language of 2 or 3 letters, then subtags of 2 to 8. */
static bool fits_language(const char *text)
{
	size_t len = strspn(text, LOWER);
	if (len < 2 || len > 3) {
		return false;
	}
	for (text += len; *text == '-'; text += len + 1) {
		len = strspn(text + 1, LOWER UPPER DIGITS);
		if (len < 2 || len > 8) {
			return false;
		}
	}
	return *text == '\0';
}

static bool fits_zone(const char *text)
{
	return is_made_of(text, LOWER UPPER DIGITS "_+-/", 64) && clock_zone_exists(text);
}

static int family_of(const char *address, unsigned char bytes[16])
{
	if (inet_pton(AF_INET, address, bytes) == 1) {
		return AF_INET;
	}
	return inet_pton(AF_INET6, address, bytes) == 1 ? AF_INET6 : 0;
}

static bool fits_address(const char *text)
{
	unsigned char bytes[16];
	return family_of(text, bytes) != 0;
}

static bool has_host_bits(const unsigned char *bytes, int prefix, int width)
{
	for (int bit = prefix; bit < width; bit++) {
		if (bytes[bit / 8] & (0x80 >> (bit % 8))) {
			return true;
		}
	}
	return false;
}

static bool fits_network(const char *text)
{
	char address[INET6_ADDRSTRLEN];
	unsigned char bytes[16];
	int64_t prefix;
	const char *slash = strchr(text, '/');
	if (!slash || (size_t)(slash - text) >= sizeof(address) ||
	    !format_int(slash + 1, &prefix)) {
		return false;
	}
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	int family = family_of(address, bytes);
	int width = family == AF_INET ? 32 : 128;
	return family != 0 && prefix >= 0 && prefix <= width &&
	       !has_host_bits(bytes, (int)prefix, width);
}

static const char *after_scheme(const char *url)
{
	if (strncasecmp(url, "https://", 8) == 0) {
		return url + 8;
	}
	return strncasecmp(url, "http://", 7) == 0 ? url + 7 : NULL;
}

/* host, host:port, [address] or [address]:port; what stands before an @ was looked at before. */
static bool fits_authority(const char *text, size_t len)
{
	const char *end = text + len;
	const char *close = *text == '[' ? memchr(text, ']', len) : NULL;
	const char *port = close ? close + 1 : memchr(text, ':', len);
	size_t host = port ? (size_t)(port - text) : len;
	if (host == 0 || (*text == '[' && !close)) {
		return false;
	}
	if (!port || port == end) {
		return true;
	}
	char digits[8] = "";
	int64_t number;
	size_t count = (size_t)(end - port) - 1;
	if (*port != ':' || count >= sizeof(digits)) {
		return false;
	}
	memcpy(digits, port + 1, count);
	return format_int(digits, &number) && number >= 1 && number <= 65535;
}

static bool fits_url(const char *text)
{
	const char *rest = after_scheme(text);
	if (!rest || !fits_authority(rest, strcspn(rest, "/?#"))) {
		return false;
	}
	for (const unsigned char *c = (const unsigned char *)rest; *c; c++) {
		if (*c <= ' ' || *c >= 0x7f || strchr("\"<>\\^`{|}#", *c)) {
			return false;
		}
	}
	return true;
}

bool format_has_userinfo(const char *url)
{
	const char *rest = after_scheme(url);
	return rest && memchr(rest, '@', strcspn(rest, "/?#")) != NULL;
}

static bool fits_base_url(const char *text)
{
	return fits_url(text) && !strchr(text, '?');
}

/* POSIX: a name of the environment. */
static bool fits_variable(const char *text)
{
	return is_made_of(text, LOWER UPPER DIGITS "_", 255) && !strchr(DIGITS, text[0]);
}

static bool fits_phone(const char *text)
{
	return is_made_of(text, DIGITS "+ ()/-", 32) && strpbrk(text, DIGITS) != NULL;
}

static bool fits_sender(const char *text)
{
	return strlen(text) > 0 && strlen(text) <= 128 && strpbrk(text, " ,<&\t\n") == NULL;
}

const struct format format_name = {
	"1 to 48 of a-z, 0-9, dot, underscore and dash, starting with a letter or digit",
	fits_name};
const struct format format_recipient = {"1 to 128 letters, digits and . _ - @ + : /",
					fits_recipient};
const struct format format_country = {"a country code of two capital letters (RS)", fits_country};
const struct format format_language = {"a language tag (sr-Latn)", fits_language};
const struct format format_zone = {"a time zone of the IANA data base (Europe/Belgrade)",
				   fits_zone};
const struct format format_address = {"a numeric address (127.0.0.1 or ::1)", fits_address};
const struct format format_network = {
	"a network such as 10.1.0.0/16, without bits after the prefix", fits_network};
const struct format format_url = {"an absolute http or https URL without blanks or fragment",
				  fits_url};
const struct format format_base_url = {
	"an absolute http or https URL without query, fragment and blanks", fits_base_url};
const struct format format_variable = {"letters, digits and _, not starting with a digit",
				       fits_variable};
const struct format format_phone = {"a phone number", fits_phone};
const struct format format_sender = {"a CAP sender: no blanks, commas, < or &", fits_sender};

struct unit {
	const char *name;
	int64_t ms;
};

/* Longest first, and "ms" before "m". */
static const struct unit units[] = {
	{"d", 86400000}, {"h", 3600000}, {"ms", 1}, {"m", 60000}, {"s", 1000}};

static const struct unit *find_unit(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strncmp(text, units[i].name, strlen(units[i].name)) == 0) {
			return &units[i];
		}
	}
	return NULL;
}

bool format_duration(const char *text, int64_t *ret_ms)
{
	int64_t total = 0;
	int64_t last_unit_ms = INT64_MAX;
	if (*text == '\0') {
		return false;
	}
	while (*text) {
		size_t digits = strspn(text, DIGITS);
		const struct unit *unit = find_unit(text + digits);
		/* nine digits of days still fit into 64 bits of milliseconds */
		if (digits == 0 || digits > 9 || !unit || unit->ms >= last_unit_ms) {
			return false;
		}
		total += strtoll(text, NULL, 10) * unit->ms;
		last_unit_ms = unit->ms;
		text += digits + strlen(unit->name);
	}
	*ret_ms = total;
	return true;
}

void format_duration_text(int64_t ms, char *out)
{
	static const struct unit descending[] = {
		{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
	size_t used = 0;
	if (ms == 0) {
		(void)snprintf(out, FORMAT_DURATION_BYTES, "0s");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(descending) && ms > 0; i++) {
		int64_t n = ms / descending[i].ms;
		if (n > 0) {
			used += (size_t)snprintf(out + used, FORMAT_DURATION_BYTES - used, "%lld%s",
						 (long long)n, descending[i].name);
		}
		ms %= descending[i].ms;
	}
}

bool format_int(const char *text, int64_t *ret_number)
{
	const char *digits = *text == '-' ? text + 1 : text;
	size_t count = strspn(digits, DIGITS);
	if (count == 0 || count > 18 || digits[count] != '\0') {
		return false;
	}
	*ret_number = strtoll(text, NULL, 10);
	return true;
}

bool format_bool(const char *text, bool *ret_flag)
{
	static const struct {
		const char *word;
		bool flag;
	} words[] = {{"true", true},   {"yes", true}, {"on", true},
		     {"false", false}, {"no", false}, {"off", false}};
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcasecmp(text, words[i].word) == 0) {
			*ret_flag = words[i].flag;
			return true;
		}
	}
	return false;
}

bool format_is_loopback(const char *address)
{
	unsigned char bytes[16];
	switch (family_of(address, bytes)) {
	case AF_INET:
		return bytes[0] == 127;
	case AF_INET6:
		return memcmp(bytes, &in6addr_loopback, sizeof(bytes)) == 0;
	default:
		return false;
	}
}

bool format_is_clear(const char *url)
{
	char host[64] = "";
	const char *rest = strncasecmp(url, "http://", 7) == 0 ? url + 7 : NULL;
	if (!rest) {
		return false;
	}
	bool is_bracketed = *rest == '[';
	rest += is_bracketed;
	size_t len = strcspn(rest, is_bracketed ? "]" : ":/?");
	if (len >= sizeof(host)) {
		return true;
	}
	memcpy(host, rest, len);
	return strcasecmp(host, "localhost") != 0 && !format_is_loopback(host);
}

bool format_has_control(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c < ' ' || *c == 0x7f) {
			return true;
		}
	}
	return false;
}
