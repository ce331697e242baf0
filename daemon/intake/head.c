/*
 * The scan of a head. It sees every byte once, as it comes, so a head that drips in costs no more
 * than one that comes whole, and a head that is wrong is refused at its first wrong byte: a client
 * that ends its lines with bare line feeds gets an answer at once and not at the deadline.
 *
 * The scan knows lines only: CR LF at each end, no control character, no line that starts with a
 * blank (a folded line, RFC 9112 section 5.2), at most LIMIT_HEAD_BYTES and HEAD_FIELDS_MAX. What
 * the lines mean is head_judge's matter (head_judge.c). One empty line before the request line is
 * let pass (RFC 9112, section 2.2). State lives in struct head; nothing survives a crash.
 */
#include "intake/head.h"

#include <string.h>

#include "base/limits.h"

enum { SCAN_LINE_START = 0, SCAN_LINE, SCAN_CR, SCAN_LAST_CR };

void head_init(struct head *head)
{
	*head = (struct head){.raw = {.limit = LIMIT_HEAD_BYTES}, .content_length = -1};
}

void head_finish(struct head *head)
{
	buf_finish(&head->raw);
}

void head_reset(struct head *head)
{
	head_finish(head);
	head_init(head);
}

static bool refuse(struct fault *fault, enum fault_kind kind, const char *detail)
{
	*fault = (struct fault){.kind = kind, .detail = detail};
	return false;
}

/* The first byte of a line. */
static bool scan_start(struct head *head, char c, struct fault *fault)
{
	if (c == '\r') {
		head->scan = SCAN_LAST_CR;
		return true;
	}
	if (c == ' ' || c == '\t') {
		return refuse(fault, FAULT_MALFORMED,
			      "a line starts with a blank; folded lines are not taken");
	}
	if (c == '\n') {
		return refuse(fault, FAULT_MALFORMED, "a line ends without CR");
	}
	if (head->lines > HEAD_FIELDS_MAX) {
		return refuse(fault, FAULT_HEAD_TOO_LARGE, "the head has too many fields");
	}
	head->scan = SCAN_LINE;
	head->is_in_value = false;
	return (unsigned char)c > 0x20 && c != 0x7f
		       ? true
		       : refuse(fault, FAULT_MALFORMED, "the head has a control character");
}

static bool scan_line(struct head *head, char c, struct fault *fault)
{
	if (c == '\r') {
		head->scan = SCAN_CR;
		return true;
	}
	if (c == '\n') {
		return refuse(fault, FAULT_MALFORMED, "a line ends without CR");
	}
	if (c == ':') {
		head->is_in_value = true;
	}
	/* a tab separates words of a value, nothing else (RFC 9110, section 5.5) */
	if (c == '\t' && head->lines > 0 && head->is_in_value) {
		return true;
	}
	return (unsigned char)c >= 0x20 && c != 0x7f
		       ? true
		       : refuse(fault, FAULT_MALFORMED, "the head has a control character");
}

/* One byte; ret_is_end when it ends the head. */
static bool scan(struct head *head, char c, bool *ret_is_end, struct fault *fault)
{
	switch (head->scan) {
	case SCAN_LINE_START:
		return scan_start(head, c, fault);
	case SCAN_LINE:
		return scan_line(head, c, fault);
	default:
		break;
	}
	if (c != '\n') {
		return refuse(fault, FAULT_MALFORMED, "a CR stands within a line");
	}
	if (head->scan == SCAN_LAST_CR) {
		*ret_is_end = true;
	} else {
		head->lines++;
	}
	head->scan = SCAN_LINE_START;
	return true;
}

enum head_result head_feed(struct head *head, struct bytes bytes, size_t *ret_used,
			   struct fault *ret_fault)
{
	size_t start = 0; /* of what is to be kept */
	size_t i = 0;
	bool is_end = false;

	while (i < bytes.len && !is_end) {
		if (!scan(head, bytes.data[i], &is_end, ret_fault)) {
			*ret_used = i;
			return HEAD_REFUSED;
		}
		i++;
		if (is_end && head->lines == 0 && !head->had_empty_line) {
			head->had_empty_line = true;
			is_end = false;
			start = i;
			buf_reset(&head->raw);
		}
	}
	*ret_used = i;
	buf_add(&head->raw, bytes.data + start, i - start);
	if (head->raw.overflow) {
		(void)refuse(ret_fault, FAULT_HEAD_TOO_LARGE,
			     "the head is larger than 16384 bytes");
		return HEAD_REFUSED;
	}
	if (is_end && head->lines == 0) {
		(void)refuse(ret_fault, FAULT_MALFORMED, "there is no request line");
		return HEAD_REFUSED;
	}
	return is_end ? HEAD_DONE : HEAD_MORE;
}

bool head_has_body(const struct head *head)
{
	return head->is_chunked || head->content_length > 0;
}
