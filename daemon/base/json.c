/*
 * Writing JSON without a library: nothing here is parsed, every text is escaped by
 * buf_add_json_string.
 */
#include "base/json.h"

#include "base/clock.h"

void json_comma(struct buf *out)
{
	char last = out->len > 0 ? out->data[out->len - 1] : '{';

	if (last != '{' && last != '[' && last != ':') {
		buf_add(out, ",", 1);
	}
}

void json_name(struct buf *out, const char *name)
{
	json_comma(out);
	buf_add_json_string(out, name);
	buf_add(out, ":", 1);
}

void json_text(struct buf *out, const char *name, const char *text)
{
	json_name(out, name);
	if (text == NULL) {
		buf_add_text(out, "null");
	} else {
		buf_add_json_string(out, text);
	}
}

void json_int(struct buf *out, const char *name, int64_t value)
{
	json_name(out, name);
	buf_printf(out, "%lld", (long long)value);
}

void json_bool(struct buf *out, const char *name, bool value)
{
	json_name(out, name);
	buf_add_text(out, value ? "true" : "false");
}

void json_id(struct buf *out, const char *name, const struct id *id)
{
	char text[ID_TEXT_BYTES];

	id_format(id, text);
	json_text(out, name, id_is_none(id) ? NULL : text);
}

void json_time(struct buf *out, const char *name, int64_t utc_ms)
{
	char text[CLOCK_TEXT_BYTES];

	clock_format_utc(utc_ms, false, text);
	json_text(out, name, utc_ms == 0 ? NULL : text);
}

void json_raw(struct buf *out, const char *name, struct bytes json)
{
	json_name(out, name);
	if (json.len == 0) {
		buf_add_text(out, "null");
	} else {
		buf_add(out, json.data, json.len);
	}
}
