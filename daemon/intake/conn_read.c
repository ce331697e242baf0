/*
 * The input of a connection: bytes to head, head to request, bytes to body, then the handler. Each
 * step takes what is there and says whether there is more to do; conn_advance repeats it. A handler
 * may answer from inside a step, which changes the state and ends the loop. What the states mean is
 * in conn.c. Nothing here survives a crash.
 */
#include "intake/conn_private.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "intake/gate.h"
#include "intake/reply.h"

/* The next bytes of the input in one piece; false when there are none. */
static bool peek(struct conn *conn, struct bytes *ret_bytes)
{
	struct evbuffer_iovec piece;

	if (evbuffer_peek(bufferevent_get_input(conn->transport), -1, NULL, &piece, 1) < 1 ||
	    piece.iov_len == 0) {
		return false;
	}
	*ret_bytes = (struct bytes){.data = piece.iov_base, .len = piece.iov_len};
	return true;
}

static void run(struct conn *conn)
{
	conn->is_body_read = true;
	conn_enter(conn, CONN_RUNNING);
	gate_run(conn->request);
}

static void begin_body(struct conn *conn)
{
	static const char CONTINUE[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct evbuffer *input = bufferevent_get_input(conn->transport);

	conn_enter(conn, CONN_BODY);
	if (conn->head.wants_continue && evbuffer_get_length(input) == 0) {
		bufferevent_write(conn->transport, CONTINUE, sizeof(CONTINUE) - 1);
	}
}

/* The head is whole. */
static void begin_request(struct conn *conn)
{
	const struct gate_side side = {.peer = &conn->peer, .place = &conn->place};
	struct request *request = request_create(conn->intake);
	struct fault fault;

	conn->request = request;
	request->conn = conn;
	if (!head_judge(&conn->head, &fault)) {
		request->is_head = conn->head.method == METHOD_HEAD;
		conn_refuse(conn, &fault);
		return;
	}
	if (!wire_start(conn->wire, &conn->head)) {
		conn_refuse(conn, &(struct fault){.kind = FAULT_MALFORMED,
						  .detail = "the request can be read in two ways"});
		return;
	}
	conn->is_body_read = !head_has_body(&conn->head);
	if (!gate_admit(request, &conn->head, &side, &fault)) {
		reply_fault(request, &fault);
	} else if (conn->is_body_read) {
		run(conn);
	} else {
		begin_body(conn);
	}
}

static bool read_head(struct conn *conn)
{
	struct fault fault;
	struct bytes bytes;
	size_t used;

	if (!peek(conn, &bytes)) {
		return false;
	}
	switch (head_feed(&conn->head, bytes, &used, &fault)) {
	case HEAD_MORE:
		evbuffer_drain(bufferevent_get_input(conn->transport), used);
		return true;
	case HEAD_REFUSED:
		conn_refuse(conn, &fault);
		return false;
	default:
		evbuffer_drain(bufferevent_get_input(conn->transport), used);
		begin_request(conn);
		return true;
	}
}

static bool read_body(struct conn *conn)
{
	struct bytes bytes;
	enum wire_result result;
	size_t used;

	if (!peek(conn, &bytes)) {
		return false;
	}
	result = wire_body(conn->wire, bytes, &conn->request->body_buf, &used);
	evbuffer_drain(bufferevent_get_input(conn->transport), used);
	switch (result) {
	case WIRE_MORE:
		return true;
	case WIRE_DONE:
		run(conn);
		return true;
	case WIRE_TOO_LARGE:
		conn_refuse(conn, &(struct fault){.kind = FAULT_TOO_LARGE});
		return false;
	default:
		conn_refuse(conn,
			    &(struct fault){.kind = FAULT_MALFORMED,
					    .detail = "the body is not framed as it must be"});
		return false;
	}
}

static bool wake_idle(struct conn *conn)
{
	if (evbuffer_get_length(bufferevent_get_input(conn->transport)) == 0) {
		return false;
	}
	/* its place among those that wait is the one it had: bytes do not make a guest younger */
	conn_enter(conn, CONN_HEAD);
	return true;
}

/* One step; false when there is nothing to do before something happens. */
static bool step(struct conn *conn)
{
	struct evbuffer *input;

	switch (conn->state) {
	case CONN_HEAD:
		return read_head(conn);
	case CONN_BODY:
		return read_body(conn);
	case CONN_IDLE:
		return wake_idle(conn);
	case CONN_LINGERING:
		input = bufferevent_get_input(conn->transport);
		evbuffer_drain(input, evbuffer_get_length(input));
		return false;
	default:
		return false;
	}
}

/* The peer sends no more and all it sent was looked at. */
static void end(struct conn *conn)
{
	switch (conn->state) {
	case CONN_IDLE:
	case CONN_LINGERING:
		conn_close(conn);
		return;
	case CONN_HEAD:
		if (conn->head.raw.len == 0) {
			conn_close(conn);
			return;
		}
		break;
	case CONN_BODY:
		break;
	default:
		return; /* a peer may shut its side and still read its answer */
	}
	conn_refuse(conn, &(struct fault){.kind = FAULT_MALFORMED,
					  .detail = "the connection ended within the request"});
}

void conn_advance(struct conn *conn)
{
	if (conn->is_advancing) {
		return;
	}
	conn->is_advancing = true;
	while (step(conn)) {
	}
	if (conn->has_ended) {
		end(conn);
	}
	conn->is_advancing = false;
}
