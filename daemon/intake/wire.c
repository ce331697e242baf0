/*
 * llhttp, kept small. Built with LLHTTP_STRICT_MODE: without it llhttp 8 takes a chunk size that
 * ends in a lone CR and skips two bytes of whatever comes after a chunk. Even in that mode it takes
 * the last line of a chunked body without its CR, so the last four bytes are looked at here.
 *
 * One parser a connection, used for one request after the other; it is paused at the end of each,
 * so that pipelined bytes stay where they are. Nothing survives a crash.
 */
#include "intake/wire.h"

#include <stdlib.h>
#include <string.h>

#include <llhttp.h>

#include "base/alloc.h"

/* What chunk sizes and line ends may weigh beside the body itself: one byte a chunk is the worst a
 * simple client does. */
#define FRAMING_FACTOR 6
#define FRAMING_BYTES  1024

struct wire {
	llhttp_t parser;
	llhttp_settings_t settings;
	struct buf *out; /* during wire_body */
	size_t raw_bytes;
	char tail[4]; /* the last bytes of the request */
	bool is_chunked;
	bool is_head_done;
	bool is_done;
	bool agrees;
	const struct head *head; /* during wire_start */
};

static struct wire *wire_of(llhttp_t *parser)
{
	return parser->data;
}

static int on_headers_complete(llhttp_t *parser)
{
	struct wire *wire = wire_of(parser);
	const struct head *head = wire->head;
	bool is_chunked = (parser->flags & F_CHUNKED) != 0;
	bool has_length = (parser->flags & F_CONTENT_LENGTH) != 0;
	const char *method = llhttp_method_name((llhttp_method_t)parser->method);

	wire->is_head_done = true;
	wire->agrees = strcmp(method, method_name(head->method)) == 0 && parser->http_major == 1 &&
		       parser->http_minor == head->minor && is_chunked == head->is_chunked &&
		       has_length == (head->content_length >= 0) &&
		       (!has_length || parser->content_length == (uint64_t)head->content_length);
	/* Upgrade is not offered here; a request that asks for it is an ordinary one (RFC 9110,
	 * section 7.8) */
	parser->upgrade = 0;
	return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
	struct wire *wire = wire_of(parser);

	buf_add(wire->out, at, len);
	return wire->out->overflow ? HPE_USER : 0;
}

static int on_message_complete(llhttp_t *parser)
{
	wire_of(parser)->is_done = true;
	return HPE_PAUSED;
}

static int refuse_data(llhttp_t *parser, const char *at, size_t len)
{
	(void)parser;
	(void)at;
	(void)len;
	return HPE_USER;
}

/* A field after the head is a trailer. */
static int on_field(llhttp_t *parser, const char *at, size_t len)
{
	(void)at;
	(void)len;
	return wire_of(parser)->is_head_done ? HPE_USER : 0;
}

struct wire *wire_create(void)
{
	struct wire *wire = xcalloc(1, sizeof(*wire));

	llhttp_settings_init(&wire->settings);
	wire->settings.on_headers_complete = on_headers_complete;
	wire->settings.on_header_field = on_field;
	wire->settings.on_body = on_body;
	wire->settings.on_message_complete = on_message_complete;
	wire->settings.on_chunk_extension_name = refuse_data;
	wire->settings.on_chunk_extension_value = refuse_data;
	return wire;
}

void wire_destroy(struct wire **wire)
{
	free(*wire);
	*wire = NULL;
}

bool wire_start(struct wire *wire, const struct head *head)
{
	llhttp_errno_t result;

	llhttp_init(&wire->parser, HTTP_REQUEST, &wire->settings);
	wire->parser.data = wire;
	wire->head = head;
	wire->is_chunked = head->is_chunked;
	wire->is_head_done = false;
	wire->is_done = false;
	wire->agrees = false;
	wire->raw_bytes = 0;
	memset(wire->tail, 0, sizeof(wire->tail));
	result = llhttp_execute(&wire->parser, head->raw.data, head->raw.len);
	wire->head = NULL;
	if (!wire->agrees || wire->is_done == head_has_body(head)) {
		return false;
	}
	return result == (wire->is_done ? HPE_PAUSED : HPE_OK);
}

static void keep_tail(struct wire *wire, const char *bytes, size_t len)
{
	size_t taken = len < sizeof(wire->tail) ? len : sizeof(wire->tail);

	memmove(wire->tail, wire->tail + taken, sizeof(wire->tail) - taken);
	memcpy(wire->tail + sizeof(wire->tail) - taken, bytes + len - taken, taken);
}

enum wire_result wire_body(struct wire *wire, struct bytes bytes, struct buf *out, size_t *ret_used)
{
	llhttp_errno_t result;
	size_t used = bytes.len;

	wire->out = out;
	result = llhttp_execute(&wire->parser, bytes.data, bytes.len);
	wire->out = NULL;
	if (result == HPE_PAUSED) {
		used = (size_t)(llhttp_get_error_pos(&wire->parser) - bytes.data);
	}
	*ret_used = used;
	wire->raw_bytes += used;
	if (out->overflow || wire->raw_bytes > out->limit * FRAMING_FACTOR + FRAMING_BYTES) {
		return WIRE_TOO_LARGE;
	}
	if (result != HPE_OK && result != HPE_PAUSED) {
		return WIRE_REFUSED;
	}
	keep_tail(wire, bytes.data, used);
	if (!wire->is_done) {
		return WIRE_MORE;
	}
	if (wire->is_chunked && memcmp(wire->tail, "\r\n\r\n", sizeof(wire->tail)) != 0) {
		return WIRE_REFUSED;
	}
	return WIRE_DONE;
}
