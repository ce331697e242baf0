/*
 * What a finished transfer means for the delivery (DELIVERY section 3). Pure. The one question that
 * matters after a failure is whether the receiver can have the request: it cannot before the last
 * byte was written, it may after. Whatever casts doubt on who is at the other end is a matter of
 * security and is never tried again by itself.
 */
#include <string.h>
#include <strings.h>

#include "channel/http_private.h"

#define RETRY_AFTER_SECONDS_MAX 604800 /* a week; what is longer is cut */

static const CURLcode security_codes[] = {
	CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,       CURLE_SSL_CACERT_BADFILE,
	CURLE_SSL_ISSUER_ERROR,         CURLE_SSL_CRL_BADFILE,       CURLE_SSL_PINNEDPUBKEYNOTMATCH,
	CURLE_SSL_INVALIDCERTSTATUS,    CURLE_SSL_CLIENTCERT,        CURLE_URL_MALFORMAT,
	CURLE_SSL_ENGINE_NOTFOUND,      CURLE_SSL_ENGINE_INITFAILED, CURLE_LOGIN_DENIED,
};

/*
 * The receiver refused our client certificate. TLS 1.3 tells it only after the request was sent, as
 * a read error, and libcurl has no code of its own for it: OpenSSL's name of the alert is all
 * there is. Alerts of RFC 8446, section 6.2.
 */
static const char *const certificate_alerts[] = {
	"alert certificate", "alert bad certificate", "alert unsupported certificate",
	"alert unknown ca",  "alert access denied",   "alert unknown",
};

static bool is_certificate_alert(const char *words)
{
	for (size_t i = 0; i < ARRAY_LEN(certificate_alerts); i++) {
		if (strcasestr(words, certificate_alerts[i]) != NULL) {
			return true;
		}
	}
	return false;
}

static bool is_security(const struct http_call *call, CURLcode code, bool is_written)
{
	for (size_t i = 0; i < ARRAY_LEN(security_codes); i++) {
		if (code == security_codes[i]) {
			return true;
		}
	}
	switch (code) {
	case CURLE_COULDNT_CONNECT:
		return call->refusal != NULL && !call->is_allowed;
	case CURLE_ABORTED_BY_CALLBACK:
		return call->refusal != NULL;
	case CURLE_UNSUPPORTED_PROTOCOL: /* also: an answer that is not HTTP/1 */
		return !is_written;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return is_certificate_alert(call->error);
	default:
		return false;
	}
}

enum astrad_outcome http_outcome(const struct http_call *call, CURLcode code, bool is_written)
{
	if (is_security(call, code, is_written)) {
		return ASTRAD_SECURITY;
	}
	return is_written ? ASTRAD_UNCERTAIN : ASTRAD_RETRY;
}

static int64_t seconds_of(const char *text)
{
	int64_t seconds = 0;
	for (; *text >= '0' && *text <= '9'; text++) {
		seconds = seconds * 10 + (*text - '0');
		if (seconds > RETRY_AFTER_SECONDS_MAX) {
			seconds = RETRY_AFTER_SECONDS_MAX;
		}
	}
	return *text == '\0' ? seconds : -1;
}

int64_t http_retry_after_ms(const char *value, size_t len, int64_t now_utc_ms)
{
	char text[64];
	while (len > 0 && strchr(" \t\r\n", value[len - 1]) != NULL) {
		len--;
	}
	while (len > 0 && (*value == ' ' || *value == '\t')) {
		value++;
		len--;
	}
	if (len == 0 || len >= sizeof(text)) {
		return -1;
	}
	memcpy(text, value, len);
	text[len] = '\0';
	if (text[0] >= '0' && text[0] <= '9') {
		int64_t seconds = seconds_of(text);
		return seconds < 0 ? -1 : seconds * 1000;
	}
	time_t at = curl_getdate(text, NULL);
	if (at == -1) {
		return -1;
	}
	/* In seconds first: a year 999999999 in milliseconds is no int64_t. */
	int64_t now_seconds = now_utc_ms / 1000;
	if (at <= now_seconds) {
		return 0;
	}
	if (at > now_seconds + RETRY_AFTER_SECONDS_MAX) {
		return (int64_t)RETRY_AFTER_SECONDS_MAX * 1000;
	}
	return (int64_t)at * 1000 - now_utc_ms;
}
