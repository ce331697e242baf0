/*
 * Answers as bytes. Every answer may hold personal data, so none may be stored on its way
 * (Cache-Control: no-store), and none is ever to be shown as a page of its own (nosniff, an empty
 * content policy). No Server field: it would tell the version to who looks for one. No state.
 */
#include "intake/answer.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <time.h>

#include "base/attr.h"
#include "intake/etag.h"
#include "intake/route.h"

static const struct {
	int status;
	const char *reason;
} REASONS[] = {
	{200, "OK"},
	{201, "Created"},
	{202, "Accepted"},
	{204, "No Content"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{408, "Request Timeout"},
	{409, "Conflict"},
	{410, "Gone"},
	{412, "Precondition Failed"},
	{413, "Content Too Large"},
	{415, "Unsupported Media Type"},
	{417, "Expectation Failed"},
	{422, "Unprocessable Content"},
	{428, "Precondition Required"},
	{429, "Too Many Requests"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{501, "Not Implemented"},
	{503, "Service Unavailable"},
	{505, "HTTP Version Not Supported"},
};

static const char *reason_of(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(REASONS); i++) {
		if (REASONS[i].status == status) {
			return REASONS[i].reason;
		}
	}
	return "Unknown";
}

/* RFC 9110, section 5.6.7; strftime would follow the locale. */
static void add_date(int64_t utc_ms, struct buf *out)
{
	static const char DAYS[] = "SunMonTueWedThuFriSat";
	static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = (time_t)(utc_ms / 1000);
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL) {
		return;
	}
	buf_printf(out, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n", DAYS + 3 * tm.tm_wday,
		   tm.tm_mday, MONTHS + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		   tm.tm_sec);
}

/* A path we made ourselves; still no byte may end the header. */
static bool is_header_safe(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text <= 0x20 || (unsigned char)*text >= 0x7f) {
			return false;
		}
	}
	return true;
}

static void add_fields(const struct answer *answer, struct buf *out)
{
	if (answer->location != NULL) {
		assert(is_header_safe(answer->location));
		buf_printf(out, "Location: %s\r\n", answer->location);
	}
	if (answer->etag != 0) {
		char text[ETAG_TEXT_BYTES];

		etag_format(answer->etag, text);
		buf_printf(out, "ETag: %s\r\n", text);
	}
	if (answer->retry_after_s != 0) {
		buf_printf(out, "Retry-After: %" PRId64 "\r\n", answer->retry_after_s);
	}
	if (answer->allow != 0) {
		buf_add_text(out, "Allow: ");
		route_allow_text(answer->allow, out);
		buf_add_text(out, "\r\n");
	}
	if (answer->challenge != NULL) {
		buf_printf(out, "WWW-Authenticate: %s\r\n", answer->challenge);
	}
	if (answer->is_replayed) {
		buf_add_text(out, "Idempotency-Replayed: true\r\n");
	}
	if (answer->is_key_unquoted) {
		buf_add_text(out, "Warning: 299 astrad \"put Idempotency-Key in quotes\"\r\n");
	}
}

void answer_render(const struct answer *answer, int64_t now_utc_ms, struct buf *out)
{
	buf_printf(out, "HTTP/1.1 %d %s\r\n", answer->status, reason_of(answer->status));
	add_date(now_utc_ms, out);
	add_fields(answer, out);
	if (answer->content_type != NULL) {
		buf_printf(out, "Content-Type: %s\r\n", answer->content_type);
	}
	if (answer->status != 204) {
		buf_printf(out, "Content-Length: %zu\r\n", answer->body.len);
	}
	if (answer->is_closing) {
		buf_add_text(out, "Connection: close\r\n");
	} else if (answer->is_kept_alive_by_word) {
		buf_add_text(out, "Connection: keep-alive\r\n");
	}
	buf_add_text(out, "Cache-Control: no-store\r\n"
			  "X-Content-Type-Options: nosniff\r\n"
			  "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
			  "Referrer-Policy: no-referrer\r\n\r\n");
	if (!answer->is_head && answer->status != 204) {
		buf_add(out, answer->body.data, answer->body.len);
	}
}
