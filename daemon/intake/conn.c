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
 * next wait in the input, which is bounded. conn_advance goes on as long as there is something to
 *do; a handler that answers at once comes back through conn_answer from inside it. Nothing here
 *survives a crash.
 */
#include "intake/conn_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/alloc.h"
#include "base/loop_native.h"
#include "intake/reply.h"
#include "intake/traffic.h"

#define INPUT_BYTES 65536 /* of pipelined requests that wait */

static const unsigned MAY[CONN_STATE_COUNT] = {
	[CONN_HEAD] = 1u << CONN_BODY | 1u << CONN_RUNNING | 1u << CONN_WRITING | 1u << CONN_CLOSED,
	[CONN_BODY] = 1u << CONN_RUNNING | 1u << CONN_WRITING | 1u << CONN_CLOSED,
	[CONN_RUNNING] = 1u << CONN_WRITING | 1u << CONN_CLOSED,
	[CONN_WRITING] = 1u << CONN_IDLE | 1u << CONN_LINGERING | 1u << CONN_CLOSED,
	[CONN_IDLE] = 1u << CONN_HEAD | 1u << CONN_CLOSED,
	[CONN_LINGERING] = 1u << CONN_CLOSED,
};

static int64_t now_ms(const struct conn *conn)
{
	return clock_boot_ms(loop_clock(conn->intake->deps.loop));
}

static void set_deadline(struct conn *conn, int64_t delay_ms)
{
	runq_schedule_in(loop_runq(conn->intake->deps.loop), &conn->deadline, delay_ms);
}

void conn_enter(struct conn *conn, enum conn_state state)
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

void conn_close(struct conn *conn)
{
	struct intake *intake = conn->intake;

	if (conn->state == CONN_CLOSED) {
		return;
	}
	conn_enter(conn, CONN_CLOSED);
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
	conn_enter(conn, CONN_WRITING);
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

static void on_readable(struct bufferevent *transport, void *arg)
{
	struct conn *conn = arg;

	(void)transport;
	loop_native_enter(conn->intake->deps.loop);
	conn_advance(conn);
}

/* The whole answer is with the kernel. */
static void on_written(struct bufferevent *transport, void *arg)
{
	struct conn *conn = arg;

	loop_native_enter(conn->intake->deps.loop);
	if (conn->state != CONN_WRITING) {
		return; /* a 100 Continue */
	}
	if (!conn->is_closing) {
		head_reset(&conn->head);
		conn_enter(conn, CONN_IDLE);
	} else if (conn->has_ended) {
		conn_close(conn);
		return;
	} else {
		conn_enter(conn, CONN_LINGERING);
		(void)shutdown(bufferevent_getfd(transport),
			       SHUT_WR); /* gone anyway when it fails */
	}
	conn_advance(conn);
}

static void on_event(struct bufferevent *transport, short what, void *arg)
{
	struct conn *conn = arg;

	(void)transport;
	loop_native_enter(conn->intake->deps.loop);
	if ((what & BEV_EVENT_EOF) != 0) {
		conn->has_ended = true;
		conn_advance(conn);
	} else if ((what & BEV_EVENT_ERROR) != 0) {
		conn_close(conn);
	}
}

/* Closes with a reset: what the peer did not take would else stay in the kernel for minutes. */
static void cut(struct conn *conn)
{
	const struct linger at_once = {.l_onoff = 1};

	(void)setsockopt(bufferevent_getfd(conn->transport), SOL_SOCKET, SO_LINGER, &at_once,
			 sizeof(at_once)); /* without it the kernel gives up later by itself */
	conn_close(conn);
}

/* The peer may be slow, but it has to take something. */
static void on_write_deadline(struct conn *conn)
{
	size_t unsent = evbuffer_get_length(bufferevent_get_output(conn->transport));
	int64_t left = conn->writing_until_ms - now_ms(conn);

	if (unsent >= conn->unsent || left <= 0) {
		cut(conn);
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
	conn_close(conn);
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

static bool helps(const struct conn *guest, enum places_result why, const struct peer *newcomer)
{
	switch (why) {
	case PLACES_TCP_FULL:
		return !guest->peer.is_unix;
	case PLACES_ADDRESS_FULL:
		return memcmp(guest->peer.key, newcomer->key, PEER_KEY_BYTES) == 0;
	default:
		return true;
	}
}

bool conn_evict_guest(struct intake *intake, enum places_result why, const struct peer *newcomer)
{
	LIST_FOR_EACH (node, &intake->waiting) {
		struct conn *conn = LIST_ENTRY(node, struct conn, waiting_link);

		if (helps(conn, why, newcomer)) {
			traffic_refused(intake->traffic, "evicted");
			conn_close(conn);
			return true;
		}
	}
	return false;
}

static void drain(struct conn *conn)
{
	conn->is_closing = true;
	if (conn->state == CONN_IDLE || (conn->state == CONN_HEAD && conn->head.raw.len == 0)) {
		conn_close(conn);
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
		conn_close(LIST_ENTRY(node, struct conn, link));
	}
	loop_undefer(intake->deps.loop, reap, intake);
	reap(intake);
}
