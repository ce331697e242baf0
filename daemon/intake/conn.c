/*
 * A connection and its states:
 *
 *	head       waiting for a head, or for the rest of one     408 at head_ms
 *	body       waiting for the rest of a body                 408 at body_ms
 *	running    a handler owes the answer
 *	writing    the answer is on its way                       closed when the peer takes nothing
 *	idle       kept alive, not a byte yet                     closed at idle_ms
 *	lingering  answered for the last time: our side is shut, what still comes is thrown away, so
 *	           that the answer is read before a reset        closed at linger_ms
 *	closed     freed in the next turn
 *
 * One deadline at a time, absolute from the start of its state. One request at a time: bytes of the
 * next wait in the input, which is bounded. advance() goes on as long as there is something to do;
 * a handler that answers at once comes back through conn_answer from inside it. Nothing here
 *survives a crash.
 */
#include "intake/conn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/alloc.h"
#include "base/runq.h"
#include "intake/gate.h"
#include "intake/intake_private.h"
#include "intake/reply.h"
#include "intake/traffic.h"
#include "intake/wire.h"

#define INPUT_BYTES 65536 /* of pipelined requests that wait */

enum conn_state {
	CONN_HEAD,
	CONN_BODY,
	CONN_RUNNING,
	CONN_WRITING,
	CONN_IDLE,
	CONN_LINGERING,
	CONN_CLOSED,
	CONN_STATE_COUNT,
};

static const unsigned MAY[CONN_STATE_COUNT] = {
	[CONN_HEAD] = 1u << CONN_BODY | 1u << CONN_RUNNING | 1u << CONN_WRITING | 1u << CONN_CLOSED,
	[CONN_BODY] = 1u << CONN_RUNNING | 1u << CONN_WRITING | 1u << CONN_CLOSED,
	[CONN_RUNNING] = 1u << CONN_WRITING | 1u << CONN_CLOSED,
	[CONN_WRITING] = 1u << CONN_IDLE | 1u << CONN_LINGERING | 1u << CONN_CLOSED,
	[CONN_IDLE] = 1u << CONN_HEAD | 1u << CONN_CLOSED,
	[CONN_LINGERING] = 1u << CONN_CLOSED,
};

struct conn {
	struct intake *intake;
	struct bufferevent *transport;
	struct peer peer;
	struct place place;
	struct list link;         /* intake's conns, then closed */
	struct list waiting_link; /* intake's waiting */
	struct runq_item deadline;
	enum conn_state state;
	struct head head;
	struct wire *wire;
	struct request *request;  /* while body, or running */
	int64_t writing_until_ms; /* boot clock */
	size_t unsent;            /* at the last look */
	bool is_body_read;        /* nothing of the present request is left in the input */
	bool is_closing;          /* after the answer */
	bool has_ended;           /* the peer sends no more */
	bool is_advancing;
};

static void advance(struct conn *conn);

static int64_t now_ms(const struct conn *conn)
{
	return clock_boot_ms(loop_clock(conn->intake->deps.loop));
}

static void set_deadline(struct conn *conn, int64_t delay_ms)
{
	runq_schedule_in(loop_runq(conn->intake->deps.loop), &conn->deadline, delay_ms);
}

static void enter(struct conn *conn, enum conn_state state)
{
	const struct intake_config *config = &conn->intake->config;

	assert((MAY[conn->state] & 1u << state) != 0);
	if (state != CONN_HEAD) {
		list_remove(&conn->waiting_link);
	}
	conn->state = state;
	switch (state) {
	case CONN_HEAD:
		set_deadline(conn, config->head_ms);
		break;
	case CONN_BODY:
		set_deadline(conn, config->body_ms);
		break;
	case CONN_WRITING:
		conn->unsent = evbuffer_get_length(bufferevent_get_output(conn->transport));
		conn->writing_until_ms = now_ms(conn) + config->write_ms;
		set_deadline(conn, config->write_stall_ms);
		break;
	case CONN_IDLE:
		set_deadline(conn, config->idle_ms);
		if (!conn->place.is_operator) {
			list_append(&conn->intake->waiting, &conn->waiting_link);
		}
		break;
	case CONN_LINGERING:
		set_deadline(conn, config->linger_ms);
		break;
	default:
		runq_cancel(loop_runq(conn->intake->deps.loop), &conn->deadline);
		break;
	}
}

static void reap(void *arg)
{
	struct intake *intake = arg;

	LIST_FOR_EACH (node, &intake->closed) {
		struct conn *conn = LIST_ENTRY(node, struct conn, link);

		list_remove(&conn->link);
		head_finish(&conn->head);
		wire_destroy(&conn->wire);
		free(conn);
	}
}

static void close_conn(struct conn *conn)
{
	struct intake *intake = conn->intake;

	if (conn->state == CONN_CLOSED) {
		return;
	}
	enter(conn, CONN_CLOSED);
	if (conn->request != NULL && conn->request->is_running) {
		conn->request->conn = NULL;
	} else {
		request_destroy(&conn->request);
	}
	conn->request = NULL;
	bufferevent_free(conn->transport);
	conn->transport = NULL;
	traffic_disconnected(intake->traffic, conn->peer.is_unix);
	intake->unplaced -= !conn->place.is_taken;
	places_leave(intake->places, &conn->place);
	intake->conn_count--;
	list_remove(&conn->link);
	if (list_is_empty(&intake->closed)) {
		loop_defer(intake->deps.loop, reap, intake);
	}
	list_append(&intake->closed, &conn->link);
}

const struct peer *conn_peer(const struct conn *conn)
{
	return &conn->peer;
}

void conn_answer(struct conn *conn, struct answer *answer)
{
	AUTO(buf) struct buf bytes = {0};
	const struct head *head = &conn->head;

	conn->request = NULL;
	conn->is_closing |= !head->is_kept_alive || !conn->is_body_read ||
			    conn->intake->is_draining ||
			    (conn->has_ended &&
			     evbuffer_get_length(bufferevent_get_input(conn->transport)) == 0);
	answer->is_closing = conn->is_closing;
	answer->is_kept_alive_by_word = head->minor == 0;
	answer_render(answer, clock_utc_ms(loop_clock(conn->intake->deps.loop)), &bytes);
	assert(!bytes.overflow);
	bufferevent_write(conn->transport, bytes.data, bytes.len);
	enter(conn, CONN_WRITING);
}

void conn_refuse(struct conn *conn, const struct fault *fault)
{
	if (conn->request == NULL) {
		conn->request = request_create(conn->intake);
		conn->request->conn = conn;
	}
	conn->is_closing = true;
	reply_fault(conn->request, fault);
}

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
	enter(conn, CONN_RUNNING);
	gate_run(conn->request);
}

static void begin_body(struct conn *conn)
{
	static const char CONTINUE[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct evbuffer *input = bufferevent_get_input(conn->transport);

	enter(conn, CONN_BODY);
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
	enter(conn, CONN_HEAD);
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
		close_conn(conn);
		return;
	case CONN_HEAD:
		if (conn->head.raw.len == 0) {
			close_conn(conn);
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

static void advance(struct conn *conn)
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

static void on_readable(struct bufferevent *transport, void *arg)
{
	(void)transport;
	advance(arg);
}

/* The whole answer is with the kernel. */
static void on_written(struct bufferevent *transport, void *arg)
{
	struct conn *conn = arg;

	if (conn->state != CONN_WRITING) {
		return; /* a 100 Continue */
	}
	if (!conn->is_closing) {
		head_reset(&conn->head);
		enter(conn, CONN_IDLE);
	} else if (conn->has_ended) {
		close_conn(conn);
		return;
	} else {
		enter(conn, CONN_LINGERING);
		(void)shutdown(bufferevent_getfd(transport),
			       SHUT_WR); /* gone anyway when it fails */
	}
	advance(conn);
}

static void on_event(struct bufferevent *transport, short what, void *arg)
{
	struct conn *conn = arg;

	(void)transport;
	if ((what & BEV_EVENT_EOF) != 0) {
		conn->has_ended = true;
		advance(conn);
	} else if ((what & BEV_EVENT_ERROR) != 0) {
		close_conn(conn);
	}
}

/* The peer may be slow, but it has to take something. */
static void on_write_deadline(struct conn *conn)
{
	size_t unsent = evbuffer_get_length(bufferevent_get_output(conn->transport));
	int64_t left = conn->writing_until_ms - now_ms(conn);

	if (unsent >= conn->unsent || left <= 0) {
		close_conn(conn);
		return;
	}
	conn->unsent = unsent;
	set_deadline(conn, left < conn->intake->config.write_stall_ms
				   ? left
				   : conn->intake->config.write_stall_ms);
}

static void on_deadline(void *arg)
{
	struct conn *conn = arg;

	switch (conn->state) {
	case CONN_WRITING:
		on_write_deadline(conn);
		return;
	case CONN_BODY:
		conn_refuse(conn, &(struct fault){.kind = FAULT_TIMEOUT,
						  .detail = "the body did not come in time"});
		return;
	case CONN_HEAD:
		if (conn->head.raw.len > 0) {
			conn_refuse(conn,
				    &(struct fault){.kind = FAULT_TIMEOUT,
						    .detail = "the head did not come in time"});
			return;
		}
		break;
	default:
		break;
	}
	close_conn(conn);
}

struct conn *conn_create(struct intake *intake, struct bufferevent *transport,
			 const struct peer *peer, const struct place *place)
{
	struct conn *conn = xcalloc(1, sizeof(*conn));

	conn->intake = intake;
	conn->transport = transport;
	conn->peer = *peer;
	conn->place = *place;
	conn->state = CONN_HEAD;
	conn->wire = wire_create();
	head_init(&conn->head);
	list_init(&conn->link);
	list_init(&conn->waiting_link);
	list_append(&intake->conns, &conn->link);
	intake->conn_count++;
	intake->unplaced += !place->is_taken;
	traffic_connected(intake->traffic, peer->is_unix);
	runq_item_init(&conn->deadline, on_deadline, conn);
	set_deadline(conn, intake->config.head_ms);
	if (place->is_taken && !place->is_operator) {
		list_append(&intake->waiting, &conn->waiting_link);
	}
	bufferevent_setcb(transport, on_readable, on_written, on_event, conn);
	bufferevent_setwatermark(transport, EV_READ, 0, INPUT_BYTES);
	bufferevent_enable(transport, EV_READ | EV_WRITE);
	return conn;
}

bool conn_evict_guest(struct intake *intake, const uint8_t *key)
{
	LIST_FOR_EACH (node, &intake->waiting) {
		struct conn *conn = LIST_ENTRY(node, struct conn, waiting_link);

		if (key != NULL && memcmp(conn->place.address, key, PEER_KEY_BYTES) != 0) {
			continue;
		}
		traffic_refused(intake->traffic, "evicted");
		close_conn(conn);
		return true;
	}
	return false;
}

static void drain(struct conn *conn)
{
	conn->is_closing = true;
	if (conn->state == CONN_IDLE || (conn->state == CONN_HEAD && conn->head.raw.len == 0)) {
		close_conn(conn);
	}
}

void conn_drain_all(struct intake *intake)
{
	LIST_FOR_EACH (node, &intake->conns) {
		drain(LIST_ENTRY(node, struct conn, link));
	}
}

void conn_close_all(struct intake *intake)
{
	LIST_FOR_EACH (node, &intake->conns) {
		close_conn(LIST_ENTRY(node, struct conn, link));
	}
	loop_undefer(intake->deps.loop, reap, intake);
	reap(intake);
}
