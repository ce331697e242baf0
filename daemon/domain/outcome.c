/*
 * An outcome as text, for the idempotency record: "1" and then one `key=value` line a member that
 * is set, in the order of the table. Members that are zero are left out, so a record is short and
 * a later version may add members. Decoding is strict: an unknown key, a value that does not fit
 * its member or a broken line refuses the record, for a half-read answer would be a lie.
 *
 * Owns nothing, keeps no state. One table says how each member is written and read.
 */
#include "domain/outcome.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_LINE "1\n"

enum kind { KIND_INT32, KIND_UINT32, KIND_INT64, KIND_ID, KIND_TEXT };

struct member {
	const char *key;
	enum kind kind;
	size_t offset;
	size_t size;
};

#define MEMBER(key, kind, name)                                                                    \
	{                                                                                          \
		key, kind, offsetof(struct outcome, name), sizeof(((struct outcome *)0)->name)     \
	}

/* Keys are stored: never rename one, only append. */
static const struct member members[] = {
	MEMBER("http", KIND_INT32, http_status),
	MEMBER("report", KIND_ID, report_id),
	MEMBER("case", KIND_ID, case_id),
	MEMBER("case_ref", KIND_TEXT, case_ref),
	MEMBER("case_state", KIND_UINT32, case_state),
	MEMBER("alert", KIND_ID, alert_id),
	MEMBER("alert_ref", KIND_TEXT, alert_ref),
	MEMBER("alert_state", KIND_UINT32, alert_state),
	MEMBER("version", KIND_INT32, version),
	MEMBER("version_state", KIND_UINT32, version_state),
	MEMBER("version_kind", KIND_UINT32, version_kind),
	MEMBER("end", KIND_UINT32, end_reason),
	MEMBER("item", KIND_ID, item_id),
	MEMBER("etag", KIND_INT64, etag),
	MEMBER("at", KIND_INT64, at_utc_ms),
	MEMBER("missing", KIND_UINT32, missing),
	MEMBER("count", KIND_INT32, count),
	MEMBER("word", KIND_TEXT, word),
	MEMBER("problem", KIND_TEXT, problem),
	MEMBER("sent", KIND_UINT32, sent),
	MEMBER("took", KIND_INT64, took_ms),
};

_Static_assert(sizeof(enum case_state) == sizeof(uint32_t), "enums are read and written as uint32");
_Static_assert(sizeof(int) == sizeof(int32_t), "int members are read and written as int32");

static bool is_zero(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != 0) {
			return false;
		}
	}
	return true;
}

static void add_text(struct buf *out, const char *text, size_t size)
{
	for (size_t i = 0; i < size && text[i] != '\0'; i++) {
		if (text[i] == '\n') {
			buf_add_text(out, "\\n");
		} else if (text[i] == '\\') {
			buf_add_text(out, "\\\\");
		} else {
			buf_add(out, &text[i], 1);
		}
	}
}

static void add_value(struct buf *out, const struct member *member, const char *at)
{
	int32_t narrow;
	uint32_t natural;
	int64_t wide;
	struct id id;
	char id_text[ID_TEXT_BYTES];

	switch (member->kind) {
	case KIND_INT32:
		memcpy(&narrow, at, sizeof(narrow));
		buf_printf(out, "%" PRId32, narrow);
		break;
	case KIND_UINT32:
		memcpy(&natural, at, sizeof(natural));
		buf_printf(out, "%" PRIu32, natural);
		break;
	case KIND_INT64:
		memcpy(&wide, at, sizeof(wide));
		buf_printf(out, "%" PRId64, wide);
		break;
	case KIND_ID:
		memcpy(&id, at, sizeof(id));
		id_format(&id, id_text);
		buf_add_text(out, id_text);
		break;
	case KIND_TEXT:
		add_text(out, at, member->size);
		break;
	}
}

void outcome_encode(const struct outcome *outcome, struct buf *out)
{
	buf_add_text(out, FORMAT_LINE);
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const char *at = (const char *)outcome + members[i].offset;
		bool is_unset =
			members[i].kind == KIND_TEXT ? *at == '\0' : is_zero(at, members[i].size);

		if (is_unset) {
			continue;
		}
		buf_add_text(out, members[i].key);
		buf_add_text(out, "=");
		add_value(out, &members[i], at);
		buf_add_text(out, "\n");
	}
}

static const struct member *find_member(const char *key, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		if (strlen(members[i].key) == len && memcmp(members[i].key, key, len) == 0) {
			return &members[i];
		}
	}
	return NULL;
}

static bool read_number(const char *text, size_t len, int64_t min, int64_t max, int64_t *ret)
{
	char digits[24];
	char *end;
	int64_t value;

	if (len == 0 || len >= sizeof(digits) || strspn(text, "-0123456789") < len) {
		return false;
	}
	memcpy(digits, text, len);
	digits[len] = '\0';
	errno = 0;
	value = strtoll(digits, &end, 10);
	if (errno != 0 || *end != '\0' || value < min || value > max) {
		return false;
	}
	*ret = value;
	return true;
}

static bool read_text(const char *text, size_t len, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '\\') {
			if (++i == len || (text[i] != 'n' && text[i] != '\\')) {
				return false;
			}
			c = text[i] == 'n' ? '\n' : '\\';
		}
		if (n + 1 >= size) {
			return false;
		}
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

static bool read_value(const struct member *member, const char *text, size_t len, char *at)
{
	int64_t wide;
	int32_t narrow;
	uint32_t natural;
	struct id id;

	switch (member->kind) {
	case KIND_INT32:
		if (!read_number(text, len, INT32_MIN, INT32_MAX, &wide)) {
			return false;
		}
		narrow = (int32_t)wide;
		memcpy(at, &narrow, sizeof(narrow));
		return true;
	case KIND_UINT32:
		if (!read_number(text, len, 0, UINT32_MAX, &wide)) {
			return false;
		}
		natural = (uint32_t)wide;
		memcpy(at, &natural, sizeof(natural));
		return true;
	case KIND_INT64:
		if (!read_number(text, len, INT64_MIN, INT64_MAX, &wide)) {
			return false;
		}
		memcpy(at, &wide, sizeof(wide));
		return true;
	case KIND_ID:
		if (!id_parse(text, len, &id)) {
			return false;
		}
		memcpy(at, &id, sizeof(id));
		return true;
	case KIND_TEXT:
		return read_text(text, len, at, member->size);
	}
	return false;
}

bool outcome_decode(const char *text, struct outcome *ret_outcome)
{
	struct outcome outcome = {0};
	const char *line;

	if (strncmp(text, FORMAT_LINE, strlen(FORMAT_LINE)) != 0) {
		return false;
	}
	line = text + strlen(FORMAT_LINE);
	while (*line != '\0') {
		const char *end = strchr(line, '\n');
		const char *equals = end == NULL ? NULL : memchr(line, '=', (size_t)(end - line));
		const struct member *member;

		if (equals == NULL) {
			return false;
		}
		member = find_member(line, (size_t)(equals - line));
		if (member == NULL || !read_value(member, equals + 1, (size_t)(end - equals - 1),
						  (char *)&outcome + member->offset)) {
			return false;
		}
		line = end + 1;
	}
	*ret_outcome = outcome;
	return true;
}
