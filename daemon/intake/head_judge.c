/*
 * What the lines of a head mean, and which of them we do not take. The rules are stricter than RFC
 * 9112 wherever two readers could disagree about where a request ends: exactly one Host, at most
 * one Content-Length of digits only, `chunked` and nothing else as Transfer-Encoding, never both,
 * no blank before a colon, origin-form targets only. No state.
 */
#include "intake/head.h"

#include <string.h>
#include <strings.h>

#define FIELD(name)                                                                                \
	{                                                                                          \
		name, name " came twice: once is what it may"                                      \
	}

static const struct {
	const char *name;
	const char *twice;
} FIELDS[HEAD_FIELD_COUNT] = {
	[HEAD_HOST] = FIELD("Host"),
	[HEAD_CONTENT_LENGTH] = FIELD("Content-Length"),
	[HEAD_TRANSFER_ENCODING] = FIELD("Transfer-Encoding"),
	[HEAD_EXPECT] = FIELD("Expect"),
	[HEAD_AUTHORIZATION] = FIELD("Authorization"),
	[HEAD_CONTENT_TYPE] = FIELD("Content-Type"),
	[HEAD_CONTENT_ENCODING] = FIELD("Content-Encoding"),
	[HEAD_IF_MATCH] = FIELD("If-Match"),
	[HEAD_IDEMPOTENCY_KEY] = FIELD("Idempotency-Key"),
};

static bool refuse(struct fault *fault, enum fault_kind kind, const char *detail)
{
	*fault = (struct fault){.kind = kind, .detail = detail};
	return false;
}

static bool equals(struct bytes text, const char *word)
{
	return text.len == strlen(word) && strncasecmp(text.data, word, text.len) == 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 9110, section 5.6.2 */
static bool is_token(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (!is_digit(c) && !is_letter(c) &&
		    (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL)) {
			return false;
		}
	}
	return text.len > 0;
}

/* RFC 3986, sections 3.3 and 3.4: the characters of a path and a query. */
static bool is_target_text(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (!is_digit(c) && !is_letter(c) &&
		    (c == '\0' || strchr("/?:@!$&'()*+,;=-._~%", c) == NULL)) {
			return false;
		}
	}
	return true;
}

static bool judge_version(struct head *head, struct bytes text, struct fault *fault)
{
	if (text.len != 8 || memcmp(text.data, "HTTP/", 5) != 0 || !is_digit(text.data[5]) ||
	    text.data[6] != '.' || !is_digit(text.data[7])) {
		return refuse(fault, FAULT_MALFORMED, "the request line does not end in a version");
	}
	if (text.data[5] != '1' || text.data[7] > '1') {
		return refuse(fault, FAULT_VERSION, NULL);
	}
	head->minor = text.data[7] - '0';
	head->is_kept_alive = head->minor == 1;
	return true;
}

static bool judge_target(struct head *head, struct bytes text, struct fault *fault)
{
	const char *mark;

	if (text.len == 0 || text.data[0] != '/') {
		return refuse(fault, FAULT_MALFORMED,
			      "the target is not a path that starts with /");
	}
	if (!is_target_text(text)) {
		return refuse(fault, FAULT_MALFORMED,
			      "the target has a character that must be percent-encoded");
	}
	mark = memchr(text.data, '?', text.len);
	head->path = text;
	head->query = (struct bytes){.data = text.data + text.len};
	if (mark != NULL) {
		head->path.len = (size_t)(mark - text.data);
		head->query =
			(struct bytes){.data = mark + 1, .len = text.len - head->path.len - 1};
	}
	return true;
}

static bool judge_request_line(struct head *head, struct bytes line, struct fault *fault)
{
	const char *first = memchr(line.data, ' ', line.len);
	const char *last = memrchr(line.data, ' ', line.len);
	struct bytes method;
	struct bytes target;
	struct bytes version;

	if (first == NULL || first == last) {
		return refuse(fault, FAULT_MALFORMED,
			      "the request line is not method, target and version");
	}
	method = (struct bytes){.data = line.data, .len = (size_t)(first - line.data)};
	target = (struct bytes){.data = first + 1, .len = (size_t)(last - first - 1)};
	version =
		(struct bytes){.data = last + 1, .len = (size_t)(line.data + line.len - last - 1)};
	if (!is_token(method)) {
		return refuse(fault, FAULT_MALFORMED, "the method is not a word");
	}
	head->method = method_parse(method.data, method.len);
	/* the version decides how the rest is to be read, so it is judged first */
	if (!judge_version(head, version, fault)) {
		return false;
	}
	if (head->method == METHOD_UNKNOWN) {
		return refuse(fault, FAULT_NOT_IMPLEMENTED, "the method is not known");
	}
	return judge_target(head, target, fault);
}

/* Takes the next word of a comma-separated list, blanks cut; false at the end. */
static bool next_word(struct bytes *list, struct bytes *ret_word)
{
	const char *comma;
	size_t len;

	if (list->len == 0) {
		return false;
	}
	comma = memchr(list->data, ',', list->len);
	len = comma != NULL ? (size_t)(comma - list->data) : list->len;
	*ret_word = (struct bytes){.data = list->data, .len = len};
	list->data += comma != NULL ? len + 1 : len;
	list->len -= comma != NULL ? len + 1 : len;
	while (ret_word->len > 0 && strchr(" \t", ret_word->data[0]) != NULL) {
		ret_word->data++;
		ret_word->len--;
	}
	while (ret_word->len > 0 && strchr(" \t", ret_word->data[ret_word->len - 1]) != NULL) {
		ret_word->len--;
	}
	return true;
}

static void judge_connection(struct head *head, struct bytes value)
{
	struct bytes word;

	while (next_word(&value, &word)) {
		head->says_close |= equals(word, "close");
		head->is_kept_alive |= equals(word, "keep-alive");
	}
	head->is_kept_alive &= !head->says_close;
}

static bool judge_field(struct head *head, struct bytes line, struct fault *fault)
{
	const char *colon = memchr(line.data, ':', line.len);
	struct bytes name;
	struct bytes value;

	if (colon == NULL) {
		return refuse(fault, FAULT_MALFORMED, "a field has no colon");
	}
	name = (struct bytes){.data = line.data, .len = (size_t)(colon - line.data)};
	value = (struct bytes){.data = colon + 1, .len = line.len - name.len - 1};
	if (!is_token(name)) {
		return refuse(fault, FAULT_MALFORMED,
			      "a field name is not one word with its colon right behind it");
	}
	while (value.len > 0 && strchr(" \t", value.data[0]) != NULL) {
		value.data++;
		value.len--;
	}
	while (value.len > 0 && strchr(" \t", value.data[value.len - 1]) != NULL) {
		value.len--;
	}
	if (equals(name, "connection")) {
		judge_connection(head, value);
	}
	for (int i = 0; i < HEAD_FIELD_COUNT; i++) {
		if (!equals(name, FIELDS[i].name)) {
			continue;
		}
		if (head->fields[i].data != NULL) {
			return refuse(fault, FAULT_MALFORMED, FIELDS[i].twice);
		}
		head->fields[i] = value;
	}
	return true;
}

static bool judge_host(const struct head *head, struct fault *fault)
{
	struct bytes host = head->fields[HEAD_HOST];

	if (host.data == NULL) {
		return refuse(fault, FAULT_MALFORMED, "Host is missing");
	}
	for (size_t i = 0; i < host.len; i++) {
		char c = host.data[i];

		if (!is_digit(c) && !is_letter(c) &&
		    (c == '\0' || strchr(".-_~:[]%!$&'()*+;=", c) == NULL)) {
			return refuse(fault, FAULT_MALFORMED, "Host is not a name with a port");
		}
	}
	return host.len > 0 ? true : refuse(fault, FAULT_MALFORMED, "Host is empty");
}

static bool judge_length(struct head *head, struct fault *fault)
{
	struct bytes text = head->fields[HEAD_CONTENT_LENGTH];
	int64_t length = 0;

	if (text.data == NULL) {
		return true;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (!is_digit(text.data[i])) {
			return refuse(fault, FAULT_MALFORMED, "Content-Length is not a number");
		}
	}
	if (text.len == 0) {
		return refuse(fault, FAULT_MALFORMED, "Content-Length is empty");
	}
	if (text.len > 18) {
		return refuse(fault, FAULT_TOO_LARGE, NULL);
	}
	for (size_t i = 0; i < text.len; i++) {
		length = length * 10 + (text.data[i] - '0');
	}
	head->content_length = length;
	return true;
}

/* `gzip, chunked` is well-formed and not done here; anything else hides where the body ends. */
static bool ends_in_chunked(struct bytes list)
{
	struct bytes word;
	bool is_last = false;

	while (next_word(&list, &word)) {
		if (is_last || !is_token(word)) {
			return false;
		}
		is_last = equals(word, "chunked");
	}
	return is_last;
}

static bool judge_coding(struct head *head, struct fault *fault)
{
	struct bytes value = head->fields[HEAD_TRANSFER_ENCODING];

	if (value.data == NULL) {
		return true;
	}
	if (head->fields[HEAD_CONTENT_LENGTH].data != NULL) {
		return refuse(fault, FAULT_MALFORMED,
			      "Content-Length and Transfer-Encoding contradict each other");
	}
	if (head->minor == 0) {
		return refuse(fault, FAULT_MALFORMED, "HTTP/1.0 has no Transfer-Encoding");
	}
	if (equals(value, "chunked")) {
		head->is_chunked = true;
		return true;
	}
	if (ends_in_chunked(value)) {
		return refuse(fault, FAULT_NOT_IMPLEMENTED,
			      "only the transfer coding chunked is known");
	}
	return refuse(fault, FAULT_MALFORMED, "Transfer-Encoding is not chunked");
}

static bool judge_expect(struct head *head, struct fault *fault)
{
	struct bytes value = head->fields[HEAD_EXPECT];

	/* RFC 9110, section 10.1.1: an HTTP/1.0 client cannot wait for a 100 */
	if (value.data == NULL || head->minor == 0) {
		return true;
	}
	if (!equals(value, "100-continue")) {
		return refuse(fault, FAULT_EXPECTATION, "only 100-continue is known");
	}
	head->wants_continue = true;
	return true;
}

bool head_judge(struct head *head, struct fault *ret_fault)
{
	const char *at = head->raw.data;
	size_t left = head->raw.len;

	for (int line = 0; line < head->lines; line++) {
		const char *end = memchr(at, '\r', left);
		struct bytes text = {.data = at, .len = (size_t)(end - at)};

		if (!(line == 0 ? judge_request_line(head, text, ret_fault)
				: judge_field(head, text, ret_fault))) {
			return false;
		}
		left -= text.len + 2;
		at = end + 2;
	}
	return judge_host(head, ret_fault) && judge_length(head, ret_fault) &&
	       judge_coding(head, ret_fault) && judge_expect(head, ret_fault);
}
