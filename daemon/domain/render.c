/*
 * Rendered bodies: inserting what differs per send, and the blob the store seals.
 *
 * Owner: the caller's arena. A blob is one line of numbers, one line a splice, then the bytes as
 * they are; it is read with every bound checked, because a wrong offset would cut a message in two.
 * What is read back differs from what was written only when the store's seal was broken, and then
 * it does not open at all: a blob that does not parse is our own bug.
 */
#include "domain/render.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "domain/compose.h"

#define BLOB_WORD        "rendered1"
#define BLOB_SPLICES_MAX 1024

/* What stands in the preview for what is known only at sending. */
#define PLACEHOLDER_TIME "0000-00-00T00:00:00+00:00"

static int64_t time_of(enum splice_kind kind, const struct splice_values *values)
{
	switch (kind) {
	case SPLICE_TIMESTAMP:
		return values->is_preview ? 0 : values->timestamp_utc_ms;
	case SPLICE_ISSUED_AT:
		return values->is_preview ? 0 : values->issued_utc_ms;
	case SPLICE_END_AT:
		return values->is_preview ? 0 : values->end_utc_ms;
	case SPLICE_EXPIRES_AT:
	case SPLICE_EXPIRES_DATE:
	case SPLICE_EXPIRES_TIME:
		return values->expires_utc_ms;
	case SPLICE_VERSION:
	case SPLICE_SEQ:
	case SPLICE_KIND_COUNT:
		break;
	}
	return 0;
}

/* "2026-11-24T16:31:07+01:00"; a time that is not known yet is the placeholder. */
static void format_time(enum splice_kind kind, const struct splice_values *values, char *out)
{
	int64_t utc_ms = time_of(kind, values);

	if (utc_ms == 0) {
		memcpy(out, PLACEHOLDER_TIME, sizeof(PLACEHOLDER_TIME));
		return;
	}
	/* An unknown zone gives UTC: settings refuses it, an old snapshot must still be sent. */
	(void)clock_format_zone(utc_ms, values->zone, out);
}

static void add_value(enum splice_kind kind, const struct splice_values *values, struct buf *out)
{
	char text[CLOCK_TEXT_BYTES];

	switch (kind) {
	case SPLICE_TIMESTAMP:
	case SPLICE_ISSUED_AT:
	case SPLICE_EXPIRES_AT:
	case SPLICE_END_AT:
		format_time(kind, values, text);
		buf_add_text(out, text);
		return;
	case SPLICE_EXPIRES_DATE:
		format_time(kind, values, text);
		buf_printf(out, "%.2s.%.2s.%.4s", text + 8, text + 5, text);
		return;
	case SPLICE_EXPIRES_TIME:
		format_time(kind, values, text);
		buf_add(out, text + 11, 5);
		return;
	case SPLICE_VERSION:
		buf_printf(out, "%d", values->is_preview ? 0 : values->version);
		return;
	case SPLICE_SEQ:
		if (values->is_preview) {
			buf_add_text(out, "0");
		} else if (values->seq == 0) {
			buf_add_text(out, "null");
		} else {
			buf_printf(out, "%lld", (long long)values->seq);
		}
		return;
	case SPLICE_KIND_COUNT:
		break;
	}
	assert(!"a splice has a kind");
}

void render_splice(const struct rendered *rendered, const struct splice_values *values,
		   struct buf *out)
{
	size_t at = 0;

	for (size_t i = 0; i < rendered->splice_count; i++) {
		const struct splice *splice = &rendered->splices[i];
		buf_add(out, rendered->bytes.data + at, splice->offset - at);
		add_value(splice->kind, values, out);
		at = splice->offset;
	}
	buf_add(out, rendered->bytes.data + at, rendered->bytes.len - at);
}

void render_serialise(const struct rendered *rendered, struct buf *out)
{
	buf_printf(out, BLOB_WORD " %zu %zu\n", rendered->splice_count, rendered->bytes.len);
	for (size_t i = 0; i < rendered->splice_count; i++) {
		buf_printf(out, "%d %zu\n", (int)rendered->splices[i].kind,
			   rendered->splices[i].offset);
	}
	buf_add(out, rendered->bytes.data, rendered->bytes.len);
}

/* What is left of a blob while it is read. */
struct reader {
	const char *at;
	size_t left;
	bool is_bad;
};

static void read_byte(struct reader *reader, char expected)
{
	if (reader->left == 0 || *reader->at != expected) {
		reader->is_bad = true;
		return;
	}
	reader->at++;
	reader->left--;
}

static size_t read_number(struct reader *reader)
{
	size_t number = 0;
	size_t digits = 0;

	for (; reader->left > 0 && *reader->at >= '0' && *reader->at <= '9' && digits < 10;
	     digits++) {
		number = number * 10 + (size_t)(*reader->at - '0');
		reader->at++;
		reader->left--;
	}
	reader->is_bad |= digits == 0;
	return number;
}

static void read_word(struct reader *reader, const char *word)
{
	for (; *word && !reader->is_bad; word++) {
		read_byte(reader, *word);
	}
}

static bool read_splices(struct reader *reader, struct splice *splices, size_t count)
{
	for (size_t i = 0; i < count && !reader->is_bad; i++) {
		size_t kind = read_number(reader);
		read_byte(reader, ' ');
		splices[i].offset = read_number(reader);
		read_byte(reader, '\n');
		if (kind == 0 || kind >= SPLICE_KIND_COUNT ||
		    (i > 0 && splices[i].offset < splices[i - 1].offset)) {
			reader->is_bad = true;
		}
		splices[i].kind = (enum splice_kind)kind;
	}
	return !reader->is_bad;
}

bool render_parse(struct bytes blob, struct arena *arena, struct rendered *ret_rendered,
		  struct bytes *ret_rest, struct error *err)
{
	struct reader reader = {.at = blob.data, .left = blob.len};

	read_word(&reader, BLOB_WORD " ");
	size_t count = read_number(&reader);
	read_byte(&reader, ' ');
	size_t len = read_number(&reader);
	read_byte(&reader, '\n');
	if (reader.is_bad || count > BLOB_SPLICES_MAX) {
		return error_set(err, ERROR_INTERNAL, "a stored message has no valid head");
	}
	struct splice *splices = arena_array(arena, count ? count : 1, sizeof(*splices));
	if (!read_splices(&reader, splices, count) || reader.left < len ||
	    (count > 0 && splices[count - 1].offset > len) || (!ret_rest && reader.left != len)) {
		return error_set(err, ERROR_INTERNAL, "a stored message is cut or damaged");
	}
	*ret_rendered = (struct rendered){{reader.at, len}, splices, count};
	if (ret_rest) {
		*ret_rest = (struct bytes){reader.at + len, reader.left - len};
	}
	return true;
}

void render_type(enum alert_status status, const char *type, char out[RENDER_TYPE_BYTES])
{
	static const char *const prefixes[] = {
		[STATUS_ACTUAL] = "",
		[STATUS_EXERCISE] = "exercise.",
		[STATUS_TEST] = "test.",
	};

	assert(status >= STATUS_ACTUAL && status <= STATUS_TEST);
	snprintf(out, RENDER_TYPE_BYTES, "%s%s", prefixes[status], type);
}

const char *render_alert_type(enum version_kind kind, enum message message)
{
	if (message != MESSAGE_VERSION || kind == VERSION_END) {
		return "alert.ended";
	}
	return kind == VERSION_ISSUE ? "alert.issued" : "alert.updated";
}

void render_alert(const struct render_alert *alert, enum medium medium, struct arena *arena,
		  struct rendered *ret_rendered)
{
	struct compose compose = {0};

	if (medium == MEDIUM_JSON) {
		compose_json_alert(&compose, alert);
	} else {
		for (size_t i = 0; i < alert->text_count; i++) {
			compose_raw(&compose, i > 0 ? "\n\n" : "");
			compose_alert_text(&compose, alert, &alert->texts[i]);
		}
		compose_raw(&compose, "\n");
	}
	compose_finish(&compose, arena, ret_rendered);
}

void render_tombstone(const struct render_tombstone *tombstone, struct buf *out)
{
	char type[RENDER_TYPE_BYTES];

	render_type(tombstone->status, tombstone->type, type);
	buf_printf(out,
		   "{\"type\":\"%s\",\"alert\":\"%s\",\"ref\":\"%s\",\"version\":%d,\"seq\":%lld,",
		   type, tombstone->alert, tombstone->ref, tombstone->version,
		   (long long)tombstone->seq);
	if (tombstone->end_reason != END_NONE) {
		buf_printf(out, "\"ended\":{\"reason\":\"%s\"}}",
			   end_reason_name(tombstone->end_reason));
	} else {
		buf_printf(out, "\"superseded_by\":%d}", tombstone->superseded_by);
	}
}
